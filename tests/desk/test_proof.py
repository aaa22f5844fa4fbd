"""What stands behind a badge: requested, accepted, acknowledged, read back, used."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accesscodes.choices import CommandAction, Outcome
from accesscodes.confidence import About, Confidence, Level
from accesscodes.openings import type_at_keypad
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from accesscodes.web.proof import Times, Told, accepted_at, first_try, ladder
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Proof
from tests.desk.html import words

NOW = datetime(2026, 11, 24, 13, 32, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
TIMES = Times(NOW - 9 * MINUTE, NOW - 8 * MINUTE, NOW - 7 * MINUTE, None)


def rungs(level, proof, *, about=About.PRESENCE, at=None, times=TIMES, is_offline=False):
    known = Confidence(about, level, "Means.", at)
    found = ladder(known, proof, times, ZONE, NOW, is_offline=is_offline)
    return [(rung.label, str(rung.standing), rung.at and rung.at.text) for rung in found.rungs]


def test_a_lock_that_reads_back_can_reach_the_top():
    assert rungs(Level.USED, Proof.READBACK, at=NOW) == [
        ("Requested", "done", "today 14:23"),
        ("Accepted", "done", "today 14:24"),
        ("Acknowledged by the lock", "done", "today 14:25"),
        ("Read back from the lock", "done", "today 14:25"),
        ("Used at the door", "done", "today 14:32"),
    ]


@pytest.mark.parametrize("proof", [Proof.SLOT_ONLY, Proof.ACK])
def test_a_lock_that_hides_its_pins_never_claims_to_have_been_read_back(proof):
    found = rungs(Level.ACKNOWLEDGED, proof)

    assert found[2] == ("Acknowledged by the lock", "done", "today 14:25")
    assert found[3] == ("Accepted, can't be read back", "never", None)
    assert found[4] == ("Used at the door", "open", None)


def test_a_lock_without_answers_gets_no_further_than_accepted():
    found = rungs(Level.ACCEPTED, Proof.NONE)

    assert [standing for _, standing, _ in found] == ["done", "done", "never", "never", "open"]


def test_a_used_code_on_a_lock_that_hides_pins_was_still_not_read_back():
    found = rungs(Level.USED, Proof.ACK, at=NOW)

    assert [standing for _, standing, _ in found] == ["done", "done", "done", "never", "done"]


def test_what_has_not_happened_has_no_time():
    assert rungs(Level.REQUESTED, Proof.READBACK)[1:] == [
        ("Accepted", "open", None),
        ("Acknowledged by the lock", "open", None),
        ("Read back from the lock", "open", None),
        ("Used at the door", "open", None),
    ]


def test_a_removal_ends_with_a_reading_that_shows_it_gone():
    under_way = rungs(Level.ACCEPTED, Proof.READBACK, about=About.REMOVAL)
    gone = Times(NOW - 9 * MINUTE, NOW - 8 * MINUTE, None, NOW)
    over = rungs(Level.REQUESTED, Proof.READBACK, about=About.REMOVAL, times=gone)

    assert [standing for _, standing, _ in under_way] == ["done", "done", "open"]
    assert over[-1] == ("Seen gone", "done", "today 14:32")


def test_commands_tell_when_the_lock_was_asked_and_said_yes():
    told = [
        Told(CommandAction.PROGRAM, NOW - 5 * MINUTE, NOW - 4 * MINUTE, Outcome.REFUSED),
        Told(CommandAction.PROGRAM, NOW - 3 * MINUTE, NOW - 2 * MINUTE, Outcome.ACCEPTED),
        Told(CommandAction.REMOVE, NOW, None, None),
    ]

    assert first_try(told) == NOW - 5 * MINUTE
    assert accepted_at(told, About.PRESENCE) == NOW - 2 * MINUTE
    assert accepted_at(told, About.REMOVAL) is None
    assert first_try([]) is None


# ---- On the page --------------------------------------------------------------------------------


@pytest.fixture
def code(world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


def proof_of(desk, world, code):
    page = desk.get(reverse("code-detail", args=[world.property.slug, code.uid]))
    return words(page, "code-proof")


@pytest.mark.django_db
def test_it_is_one_click_from_the_badge_and_grows_with_the_evidence(desk, world, code):
    assert "Requested , done today 11:00 Accepted , not yet" in proof_of(desk, world, code)

    world.run(minutes=1)
    seen = proof_of(desk, world, code)
    assert "Read back from the lock , done today 11:00" in seen
    assert "Used at the door , not yet" in seen

    type_at_keypad(world.device(), Pin("482915"), actor=SYSTEM, now=world.now)
    assert "Used at the door , done today 11:01" in proof_of(desk, world, code)

    withdraw_code(code, actor=SYSTEM, now=world.now)
    assert "Removal requested , done today 11:01" in proof_of(desk, world, code)
