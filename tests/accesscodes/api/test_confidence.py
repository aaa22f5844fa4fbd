"""How sure we are of a code: one row per state of knowledge, and its way through the API."""

from dataclasses import replace

import pytest

from accesscodes.choices import Placement
from accesscodes.confidence import About, Level, confidence
from accesscodes.values import LockTerms
from properties.choices import Proof
from properties.providers.base import Capabilities
from tests.accesscodes.test_lifecycle import (
    ABSENT,
    HOUR,
    JUST_IN_TIME,
    NATIVE,
    dated,
    on_lock,
    ongoing,
)
from tests.clock import START

HIDES = LockTerms(Capabilities(keeps_window=True, proof=Proof.SLOT_ONLY, max_codes=3))
SAYS_YES = LockTerms(Capabilities(proof=Proof.ACK, max_codes=3))
MUTE = LockTerms(Capabilities(proof=Proof.NONE, max_codes=3))
SENT = replace(on_lock(ongoing()), placement=Placement.WRITING, content=None, seen_at=None)
OFFLINE = dated(-HOUR, is_offline=True)


def level(wish, installed, terms=NATIVE, opened_at=None):
    found = confidence(wish, installed, terms, START, opened_at=opened_at)
    return found.about, found.level, found.at


@pytest.mark.parametrize(
    ("wish", "installed", "terms", "found", "at"),
    [
        (ongoing(), ABSENT, NATIVE, Level.REQUESTED, None),
        (ongoing(), replace(SENT, is_acknowledged=False), NATIVE, Level.REQUESTED, None),
        (ongoing(), SENT, NATIVE, Level.ACCEPTED, None),
        (ongoing(), on_lock(ongoing()), NATIVE, Level.READ_BACK, START),
        (ongoing(), on_lock(ongoing(), HIDES), HIDES, Level.ACKNOWLEDGED, START),
        (ongoing(), on_lock(ongoing(), SAYS_YES), SAYS_YES, Level.ACKNOWLEDGED, START),
        (ongoing(), on_lock(ongoing(), MUTE), MUTE, Level.ACCEPTED, START),
        # preloaded: the lock has it, days before its start
        (dated(48 * HOUR), on_lock(dated(48 * HOUR)), NATIVE, Level.READ_BACK, START),
        # a new PIN is wanted and the lock still holds the old one
        (ongoing(pin_index="new"), on_lock(ongoing()), NATIVE, Level.REQUESTED, None),
        # others changed the PIN, and that is let be
        (ongoing(), on_lock(ongoing(pin_index="x"), left_alone=1), NATIVE, Level.REQUESTED, None),
        (replace(OFFLINE, pin_index=None), ABSENT, NATIVE, Level.REQUESTED, OFFLINE.created_at),
        (OFFLINE, ABSENT, NATIVE, Level.ACCEPTED, None),
    ],
)
def test_each_state_of_knowledge_has_its_level(wish, installed, terms, found, at):
    assert level(wish, installed, terms) == (About.PRESENCE, found, at)


def test_a_code_that_opened_the_door_is_used():
    assert level(ongoing(), on_lock(ongoing()), opened_at=START)[1:] == (Level.USED, START)
    assert level(OFFLINE, ABSENT, opened_at=START)[1:] == (Level.USED, START)


def test_an_opening_says_nothing_of_a_pin_that_is_on_its_way():
    wish = ongoing(pin_index="new")

    assert level(wish, on_lock(ongoing()), opened_at=START)[1] == Level.REQUESTED


def test_a_code_that_is_taken_back_is_judged_by_its_removal():
    withdrawn = ongoing(withdrawn_at=START - HOUR)
    erasing = on_lock(ongoing(), placement=Placement.ERASING)
    unanswered = replace(erasing, is_acknowledged=False)
    about = About.REMOVAL

    for installed in (on_lock(ongoing()), unanswered):
        assert level(withdrawn, installed, JUST_IN_TIME, START) == (
            about,
            Level.REQUESTED,
            START - HOUR,
        )
    assert level(withdrawn, erasing) == (about, Level.ACCEPTED, None)


def test_a_guest_at_the_door_is_the_best_proof_until_the_pin_changes(world, partner, lock):
    made = partner.post("/access_codes/create", device_id=lock, code="482915")[1]["access_code"]

    def now():
        _, body = partner.post("/access_codes/get", access_code_id=made["access_code_id"])
        return body["access_code"]["confidence"]["level"]

    levels = [made["confidence"]["level"], now()]
    world.run(minutes=1)
    levels.append(now())
    partner.post("/locks/simulate/keypad_code_entry", device_id=lock, code="482915")
    levels.append(now())
    opened_at = partner.post("/access_codes/list")[1]["access_codes"][0]["confidence"]["at"]
    partner.post("/access_codes/update", access_code_id=made["access_code_id"], code="593026")
    levels.append(now())
    world.run(minutes=1)
    levels.append(now())

    assert levels == ["requested", "requested", "read_back", "used", "requested", "read_back"]
    assert opened_at == "2026-11-23T10:01:00.000Z"


@pytest.mark.parametrize("read", ["get", "list"])
def test_openings_cost_no_query_of_their_own(
    world, partner, lock, django_assert_num_queries, read
):
    for _ in range(3):
        _, body = partner.post("/access_codes/create", device_id=lock)
    world.run(minutes=2)
    which = {"access_code_id": body["access_code"]["access_code_id"]} if read == "get" else {}

    with django_assert_num_queries(4):  # the key, its properties, codes with locks, entries
        assert partner.post(f"/access_codes/{read}", **which)[0] == 200
