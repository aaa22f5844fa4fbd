"""What people do at a virtual lock, and what is left of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from locksite.errors import RuleBroken
from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.virtual.keypad import Reason
from properties.providers.virtual.memory import Entry
from properties.providers.virtual.people import (
    add_foreign_code,
    contents,
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
    happen_by,
    set_batteries,
    set_traits,
    switch_fault,
    type_pin,
)
from properties.providers.virtual.store import put
from tests.clock import START
from tests.factories import VirtualLockFactory

pytestmark = pytest.mark.django_db

PIN, OTHER, THIRD = Pin("739258"), Pin("846372"), Pin("593864")
LATER = START + timedelta(minutes=10)


def a_lock(**columns):
    return VirtualLockFactory(**columns)


@pytest.fixture
def lock():
    return a_lock(make="nuki")


def stored(lock):
    return type(lock).objects.get(pk=lock.pk)


def test_a_foreign_code_takes_the_lowest_free_slot(lock):
    slots = [add_foreign_code(lock, pin, "Owner", now=START) for pin in (PIN, OTHER)]
    erase_at_keypad(lock, 1, now=START)

    again = add_foreign_code(lock, THIRD, "Cleaner", now=START, ends_at=LATER)

    assert (slots, again) == ([1, 2], 1)
    assert contents(lock, now=START) == {
        1: Entry(THIRD, "Cleaner", None, LATER, is_foreign=True),
        2: Entry(OTHER, "Owner", is_foreign=True),
    }


def test_the_lock_refuses_people_as_well(lock):
    with pytest.raises(RuleBroken) as broken:
        add_foreign_code(lock, Pin("12"), "Owner", now=START)

    assert (broken.value.code, broken.value.message) == (
        "code_constraints_violated",
        "The lock does not take a PIN of this length.",
    )
    assert contents(lock, now=START) == {}


def test_a_code_is_edited_from_then_on(lock):
    add_foreign_code(lock, PIN, "Owner", now=START)

    edit_at_keypad(lock, 1, pin=OTHER, is_enabled=False, now=LATER)

    assert contents(lock, now=START) == {1: Entry(PIN, "Owner", is_foreign=True)}
    assert contents(lock, now=LATER) == {
        1: Entry(OTHER, "Owner", is_enabled=False, is_foreign=True)
    }


def test_a_code_is_erased_from_then_on(lock):
    add_foreign_code(lock, PIN, "Owner", now=START)

    erase_at_keypad(lock, 1, now=LATER)

    assert contents(lock, now=START) == {1: Entry(PIN, "Owner", is_foreign=True)}
    assert contents(lock, now=LATER) == {}


def test_there_is_nothing_to_do_in_an_empty_slot(lock):
    with pytest.raises(KeyError):
        erase_at_keypad(lock, 1, now=START)
    with pytest.raises(KeyError):
        edit_at_keypad(lock, 1, name="Owner", now=START)


def test_a_fault_keeps_the_moment_it_began(lock):
    switch_fault(lock, Fault.OFFLINE, True, now=START)
    switch_fault(lock, Fault.SLOW, True, now=LATER)
    switch_fault(lock, Fault.OFFLINE, True, now=LATER)

    assert (lock.faults, lock.since) == (
        ["offline", "slow"],
        {"offline": "2026-11-23T10:00:00.000Z", "slow": "2026-11-23T10:10:00.000Z"},
    )
    assert (stored(lock).faults, stored(lock).since) == (lock.faults, lock.since)

    switch_fault(lock, Fault.OFFLINE, False, now=LATER)

    assert (lock.faults, lock.since) == (["slow"], {"slow": "2026-11-23T10:10:00.000Z"})


def test_a_switched_fault_has_the_account_listed_at_once(lock):
    switch_fault(lock, Fault.OFFLINE, True, now=LATER)

    lock.account.refresh_from_db()
    assert lock.account.due_at == LATER


def test_a_disconnected_account_concerns_all_of_its_locks_and_no_other(lock):
    neighbour, stranger = a_lock(account=lock.account), a_lock()

    switch_fault(lock, Fault.ACCOUNT_DISCONNECTED, True, now=START)

    assert stored(neighbour).faults == stored(lock).faults == ["account_disconnected"]
    assert stored(stranger).faults == []


def test_batteries_run_down_and_are_changed(lock):
    set_batteries(lock, keypad=0.2, battery=0.5, now=START)
    set_batteries(lock, keypad=0.08, now=LATER)

    assert (lock.battery_level, lock.keypad_battery_level) == (0.5, 0.08)
    assert lock.since == {"keypad_battery_low": "2026-11-23T10:00:00.000Z"}

    set_batteries(lock, keypad=0.25, now=LATER)

    assert lock.since == {"keypad_battery_low": "2026-11-23T10:00:00.000Z"}

    set_batteries(lock, keypad=1, now=LATER)

    assert (lock.keypad_battery_level, lock.since) == (1, {})


def test_ordered_faults_are_kept_per_fault(lock):
    fail_next_calls(lock, Fault.LIES, 3)
    fail_next_calls(lock, Fault.LATE)

    assert lock.traits == {"next_calls": {"lies": 3, "late": 1}}


@pytest.mark.parametrize(
    ("faults", "traits", "reason"),
    [
        (["keypad_disconnected"], {}, Reason.KEYPAD_DISCONNECTED),
        (["keypad_battery_flat"], {}, Reason.KEYPAD_BATTERY_FLAT),
        (["keypad_battery_flat", "keypad_disconnected"], {}, Reason.KEYPAD_BATTERY_FLAT),
        ([], {"accessory_keypad": False}, Reason.NO_KEYPAD),
    ],
)
def test_nobody_can_type_where_there_is_no_living_keypad(faults, traits, reason):
    lock = a_lock(make="nuki", faults=faults, traits=traits)

    assert type_pin(lock, PIN, now=START).reason == reason


def test_a_flat_battery_kills_a_built_in_keypad_too():
    lock = a_lock(make="yale", faults=["keypad_battery_flat"])

    assert type_pin(lock, PIN, now=START).reason == Reason.KEYPAD_BATTERY_FLAT


def test_typing_changes_nothing(lock):
    add_foreign_code(lock, PIN, "Owner", now=START)

    assert type_pin(lock, PIN, now=START).opened is True
    assert type_pin(lock, OTHER, now=START).reason == Reason.UNKNOWN_CODE
    assert contents(lock, now=START) == {1: Entry(PIN, "Owner", is_foreign=True)}


def test_a_code_made_without_a_pin_gets_one_that_the_lock_takes(lock):
    slots = [add_foreign_code(lock, None, f"Guest {n}", now=START) for n in range(20)]

    pins = {entry.pin.digits for entry in contents(lock, now=START).values()}
    assert slots == list(range(1, 21))
    assert len(pins) == 20
    assert all(len(pin) == 6 and "0" not in pin and pin[:2] != "12" for pin in pins)


def test_in_the_app_of_a_maker_that_chooses_pins_none_can_be_given():
    lock = a_lock(make="salto")

    with pytest.raises(RuleBroken):
        add_foreign_code(lock, PIN, "Owner", now=START)

    assert add_foreign_code(lock, None, "Owner", now=START) == 1


def test_a_fault_that_befalls_no_call_cannot_be_ordered_for_calls(lock):
    with pytest.raises(ValueError, match="offline befalls no single call"):
        fail_next_calls(lock, Fault.OFFLINE)


def test_traits_are_given_and_taken_one_by_one(lock):
    fail_next_calls(lock, Fault.LIES)
    set_traits(lock, {"fault_share": 0.5, "late_by_s": 60})
    set_traits(lock, {"late_by_s": None, "max_codes": 7})

    assert stored(lock).traits == {"next_calls": {"lies": 1}, "fault_share": 0.5, "max_codes": 7}


def test_a_trait_that_no_lock_can_live_with_is_refused(lock):
    with pytest.raises(RuleBroken) as broken:
        set_traits(lock, {"late_by_s": 60, "fault_share": 2})

    assert (broken.value.field, broken.value.message) == ("fault_share", "Between 0 and 1.")
    assert stored(lock).traits == {}


def test_only_our_codes_are_meddled_with(lock, clock):
    add_foreign_code(lock, PIN, "Owner", now=START)
    theirs = contents(lock, now=START)
    for _ in range(20):
        happen_by(lock, Fault.MEDDLED_WITH, doors=clock.doors(), now=START)
    assert contents(lock, now=START) == theirs

    deeds = set()
    for seed in range(20):
        ours = Entry(OTHER, "Ana")
        put(lock, 2, ours, START)
        happen_by(lock, Fault.MEDDLED_WITH, doors=clock.doors(seed), now=START)
        left = contents(lock, now=START)
        assert left.pop(1) == theirs[1]
        deeds.add(
            "erased"
            if not left
            else "switched off"
            if left == {2: replace(ours, is_enabled=False)}
            else "changed"
            if left == {2: replace(ours, pin=left[2].pin)} and left[2].pin != OTHER
            else "nothing"
        )

    assert deeds == {"erased", "switched off", "changed"}


def test_others_make_five_codes_at_most(lock, clock):
    for minutes in range(8):
        now = START + timedelta(minutes=minutes)
        happen_by(lock, Fault.FOREIGN_CODES, doors=clock.doors(), now=now)

    held = contents(lock, now=LATER)
    assert list(held) == [1, 2, 3, 4, 5]
    assert all(entry.is_foreign for entry in held.values())
