"""Every code and word of the wire has words at the desk; what nobody knows is shown politely.

docs/words.md shows all of them at a glance.
"""

import re
from types import SimpleNamespace

import pytest

from accesscodes import bolts
from accesscodes.choices import EventType, Status
from accesscodes.web import states
from accesscodes.web.happenings import ACTIONS, SILENT, WORDS, happening
from accesscodes.web.states import Action, Tone
from properties.lock_causes import LISTED
from tests.desk import wire_words as wire
from tests.desk.test_states import GOOD, NOW, ZONE, facts, on_lock, wish
from tests.processes import ROOT

SENTENCE = re.compile(r"[A-Z“].*[.”]", re.DOTALL)


def test_the_document_shows_what_the_desk_says():
    assert wire.DOCUMENT.read_text() == wire.document(), "python -m tests.desk"


@pytest.mark.parametrize("code", wire.CODE_ERRORS)
def test_an_error_of_a_code_is_trouble_with_a_sentence_and_a_next_step(code):
    state = wire.code_says(wire.status_with(code, is_error=True), error=code)

    assert state.tone in {Tone.BAD, Tone.WARN}
    assert SENTENCE.fullmatch(state.sentence)
    assert state.action is not Action.NONE


@pytest.mark.parametrize("code", wire.CODE_WARNINGS)
def test_a_warning_of_a_code_changes_what_is_said(code):
    status = wire.status_with(code, is_error=False)
    state = wire.code_says(status, warning=code)

    assert SENTENCE.fullmatch(state.sentence)
    # A code that is being deleted is said to be: that is all the warning means.
    assert (state != wire.code_says(status)) is (code != "being_deleted")


@pytest.mark.parametrize("code", [*wire.LOCK_ERRORS, *wire.LOCK_WARNINGS])
def test_a_code_of_a_lock_has_a_cause_of_its_own(code):
    # The maker's own trouble: nothing is known but its message.
    assert (code in LISTED) is (code != "provider_issue")


@pytest.mark.parametrize("name", ["CODE_ERRORS", "CODE_WARNINGS", "LOCK_ERRORS", "LOCK_WARNINGS"])
def test_no_code_is_listed_twice(name):
    listed = getattr(wire, name)

    assert len(listed) == len(set(listed)) > 15


def test_the_lists_hold_every_code_that_the_desk_has_words_for():
    known = set(wire.CODE_ERRORS + wire.CODE_WARNINGS + wire.LOCK_ERRORS + wire.LOCK_WARNINGS)
    named = states.DUPLICATE | states.FULL | states.REFUSED | states.NOT_ACCEPTED | states.INACTIVE
    named |= states.CHANGED | states.STUCK | states.ON_ITS_WAY | states.DELAYS
    named |= states.FAILED_AS_WARNING | states.EXTERNAL_KEPT | set(states.WARNING_SENTENCES)

    assert named | LISTED <= known
    assert set(WORDS) | SILENT == set(wire.EVENTS)
    assert set(EventType) <= set(wire.EVENTS)


@pytest.mark.parametrize("status", Status)
def test_every_status_alone_has_a_badge(status):
    state = wire.code_says(status)

    assert state.label
    assert SENTENCE.fullmatch(state.sentence)
    assert (state.key == "unknown") is (status is Status.UNKNOWN)


@pytest.mark.parametrize("constraint", wire.CONSTRAINTS)
def test_every_rule_has_a_sentence(constraint):
    _, sentence = wire.constraint_says(constraint)

    assert sentence


# ---- What nobody knows


def test_an_unknown_error_is_quoted_and_never_shown_raw():
    state = wire.code_says(Status.SETTING, error="flux_capacitor_low")

    assert (state.label, state.tone) == ("Not on the lock", Tone.BAD)
    assert state.sentence == "The lock did not accept the code. “Says the lock.”"


def test_an_unknown_warning_is_quoted():
    state = wire.code_says(Status.SET, warning="flux_capacitor_low")

    assert (state.label, state.tone) == ("On the lock, check", Tone.WARN)
    assert state.sentence == "The lock's account reports: “Says the lock.”"


def test_an_unknown_code_of_a_lock_is_quoted_with_who_says_it():
    cause = wire.lock_says(error="flux_capacitor_low").causes[0]

    assert cause.sentence == "Virtual locks says: “Says the maker.”"
    assert cause.steps == ("Choose Check again.",)


def test_an_unknown_event_shows_its_type_to_be_set_in_monospace():
    event = SimpleNamespace(
        event_type="device.levitated", occurred_at=NOW, payload={}, access_code_uid=None
    )

    line = happening(event, {}, ZONE, NOW)

    assert (line.text, line.is_raw, line.tone) == ("device.levitated", True, Tone.IDLE)


# ---- Between a lock's trouble and a code's


def test_a_code_that_is_on_the_lock_stays_so_while_its_lock_is_in_trouble():
    assert wire.code_says(Status.SET, error="device_offline").key == "set"
    assert wire.code_says(Status.SETTING, error="device_offline").key == "failed"


def test_a_delay_that_a_maker_reports_as_an_error_is_a_delay():
    state = wire.code_says(Status.SETTING, error="august_device_programming_delay")

    assert (state.key, state.tone) == ("slow_set", Tone.WARN)


def test_a_refused_change_says_that_the_old_details_stand():
    code = facts(Status.SETTING, installed=on_lock(wish()), errors=("failed_to_update",))

    sentence = states.code_state(code, GOOD, NOW).sentence

    assert (
        sentence == "The lock did not take the change and keeps the old details. “Says the lock.”"
    )


WRITTEN = re.compile(r'"((?:access_code|device|lock|property)\.[a-z_]+)"')


def test_whatever_a_person_does_has_words_in_the_activity():
    """Every such name in the code is either an event of the wire or a deed."""
    names = set()
    for app in ("accesscodes", "properties"):
        for file in (ROOT / app).rglob("*.py"):
            if file.name not in {"happenings.py", "styleguide_views.py"}:
                names |= set(WRITTEN.findall(file.read_text()))
    deeds = names - set(wire.EVENTS) - {"device.uid"}
    deeds |= {f"lock.{action.lower()}" for action in bolts.NEEDS}

    assert len(deeds) > 25
    assert deeds <= set(ACTIONS)
    assert all("{who}" in words.text for words in ACTIONS.values())
