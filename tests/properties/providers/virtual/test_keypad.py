"""Does a typed PIN open the door: from the lock's memory and clock alone."""

from datetime import timedelta

import pytest

from locksite.masked import Pin
from properties.providers.virtual.keypad import Opening, Reason, opens
from properties.providers.virtual.memory import Entry
from tests.clock import START

PIN = Pin("482915")
HOUR = timedelta(hours=1)
ALWAYS = Entry(PIN)
STAY = Entry(PIN, starts_at=START, ends_at=START + 3 * HOUR)
OFF = Entry(PIN, is_enabled=False)


def opened(slot):
    return Opening(opened=True, slot=slot, reason=None)


def shut(reason, slot=None):
    return Opening(opened=False, slot=slot, reason=reason)


@pytest.mark.parametrize(
    ("memory", "at", "opening"),
    [
        ({}, START, shut(Reason.UNKNOWN_CODE)),
        ({1: Entry(Pin("482916"))}, START, shut(Reason.UNKNOWN_CODE)),
        ({4: ALWAYS}, START, opened(4)),
        ({4: OFF}, START, shut(Reason.CREDENTIAL_ERROR, 4)),
        ({4: STAY}, START - timedelta(seconds=1), shut(Reason.CREDENTIAL_ERROR, 4)),
        ({4: STAY}, START, opened(4)),
        ({4: STAY}, START + 3 * HOUR - timedelta(seconds=1), opened(4)),
        ({4: STAY}, START + 3 * HOUR, shut(Reason.EXPIRED_CODE, 4)),
        ({1: OFF, 2: ALWAYS, 3: ALWAYS}, START, opened(2)),
        ({1: OFF, 2: OFF}, START, shut(Reason.CREDENTIAL_ERROR, 1)),
    ],
)
def test_a_lock_with_a_timetable(memory, at, opening):
    assert opens(memory, PIN, at, keeps_window=True) == opening


@pytest.mark.parametrize("at", [START - HOUR, START, START + 4 * HOUR])
def test_a_lock_without_a_timetable_ignores_dates(at):
    assert opens({4: STAY}, PIN, at, keeps_window=False) == opened(4)


def test_an_entry_that_is_switched_off_does_not_open_a_lock_without_a_timetable():
    assert opens({4: OFF}, PIN, START, keeps_window=False) == shut(Reason.CREDENTIAL_ERROR, 4)


@pytest.mark.parametrize(
    "reason", [Reason.KEYPAD_DISCONNECTED, Reason.KEYPAD_BATTERY_FLAT, Reason.NO_KEYPAD]
)
def test_nobody_can_type_at_a_dead_keypad(reason):
    opening = opens({4: ALWAYS}, PIN, START, keeps_window=True, dead_keypad=reason)

    assert opening == shut(reason)


def test_privacy_mode_keeps_a_door_shut_that_would_open():
    blocked = opens({4: ALWAYS}, PIN, START, keeps_window=True, privacy_mode=True)
    unknown = opens({}, PIN, START, keeps_window=True, privacy_mode=True)

    assert blocked == shut(Reason.BLOCKED_BY_PRIVACY_MODE, 4)
    assert unknown == shut(Reason.UNKNOWN_CODE)
