"""The virtual driver: what its locks do when all is well, and under each of their faults."""

from datetime import timedelta

import pytest
from django.db import transaction

from locksite.masked import Pin
from properties.choices import Fault
from properties.models import VirtualSlot
from properties.providers.base import (
    AccountProblem,
    LockReading,
    LockRef,
    Receipt,
    Refused,
    Retry,
    SeenCode,
    SlotWrite,
    Unreachable,
)
from properties.providers.virtual.driver import VirtualDriver
from properties.providers.virtual.keypad import Opening, Reason
from properties.providers.virtual.people import (
    add_foreign_code,
    contents,
    edit_at_keypad,
    fail_next_calls,
    switch_fault,
    type_pin,
)
from tests.clock import START
from tests.factories import AccountFactory, VirtualLockFactory

pytestmark = pytest.mark.django_db

PIN, OTHER = Pin("739258"), Pin("846372")
END = START + timedelta(days=2)


def a_lock(**columns):
    return VirtualLockFactory(**columns)


def an_account():
    return AccountFactory()


class Rig:
    """One lock, its driver, and the truth about it."""

    def __init__(self, clock, make="yale", **columns):
        self.clock = clock
        self.lock = a_lock(make=make, **columns)
        self.driver = VirtualDriver(self.lock.account, clock.doors())
        self.ref = LockRef(device_uid=self.lock.uid, remote_id=str(self.lock.uid))

    def program(self, slot=1, pin=PIN, name="Lena Okafor", **window):
        return self.driver.program(self.ref, SlotWrite(slot, pin, name, **window))

    def remove(self, slot=1):
        return self.driver.remove(self.ref, slot)

    def read(self):
        return self.driver.read(self.ref)

    def seen(self):
        return [(code.slot, code.pin) for code in self.read().codes]

    @property
    def holds(self):
        return {slot: one.pin for slot, one in contents(self.lock, now=self.clock()).items()}

    def switch(self, fault, on=True):
        switch_fault(self.lock, fault, on, now=self.clock())

    def next(self, fault, calls=1):
        fail_next_calls(self.lock, fault, calls)


@pytest.fixture
def rig(clock):
    return Rig(clock)


# ---- All is well ----


def test_a_reading_shows_slot_pin_name_and_dates(rig):
    rig.program(1, PIN, "Ana", starts_at=START, ends_at=END)
    rig.program(2, OTHER, "Emil")

    assert rig.read() == LockReading(
        at=START,
        codes=(SeenCode(1, PIN, "Ana", START, END), SeenCode(2, OTHER, "Emil")),
    )


def test_a_lock_that_hides_its_pins_shows_the_slot_alone(clock):
    rig = Rig(clock, "wyze")
    rig.program(1, PIN, "Ana")

    assert rig.read().codes == (SeenCode(1, None, "Ana"),)
    assert rig.holds == {1: PIN}


def test_a_lock_without_timetable_and_names_shows_neither(clock):
    rig = Rig(clock, "lockly")
    rig.program(1, PIN, "Ana", starts_at=START, ends_at=END)

    assert rig.read().codes == (SeenCode(1, PIN, None),)


def test_a_natively_scheduled_code_starts_and_stops_with_no_process_running(clock):
    rig = Rig(clock, "nuki")
    rig.program(1, PIN, "Ana", starts_at=START + timedelta(hours=1), ends_at=END)

    assert type_pin(rig.lock, PIN, now=START).opened is False
    assert type_pin(rig.lock, PIN, now=START + timedelta(hours=1)).opened is True
    assert type_pin(rig.lock, PIN, now=END).opened is False


def test_an_answer_takes_as_long_as_the_lock_says(clock):
    rig = Rig(clock, answer_min=1, answer_max=3)

    spans = []
    for _ in range(50):
        before = clock()
        assert rig.read().at == clock()
        spans.append((clock() - before).total_seconds())

    assert 1 <= min(spans) < 1.5
    assert 2.5 < max(spans) <= 3


def test_a_refusal_changes_nothing(rig):
    rig.program(1, PIN)

    with pytest.raises(Refused) as refused:
        rig.program(2, PIN)

    assert (refused.value.error_code, refused.value.retry) == (
        "duplicate_code_on_device",
        Retry.ON_LOCK_CHANGE,
    )
    assert rig.holds == {1: PIN}


def test_a_lock_of_another_account_is_not_reached(rig, clock):
    stranger = VirtualDriver(Rig(clock).lock.account, clock.doors())

    with pytest.raises(Refused) as refused:
        stranger.read(rig.ref)

    assert refused.value.error_code == "device_removed"


def test_the_account_lists_its_own_locks_in_two_queries(clock, django_assert_num_queries):
    account = an_account()
    locks = [a_lock(account=account, name=name) for name in ("101", "102", "103")]
    Rig(clock)
    driver = VirtualDriver(locks[0].account, clock.doors())

    with django_assert_num_queries(2):
        reports = driver.list_devices()

    assert [(one.name, one.remote_id) for one in reports] == [
        (lock.name, str(lock.uid)) for lock in locks
    ]


def test_an_account_without_locks_lists_none(clock):
    assert VirtualDriver(an_account(), clock.doors()).list_devices() == []


# ---- Transactions ----


@pytest.mark.parametrize(
    "call",
    [Rig.program, Rig.remove, Rig.read, lambda rig: rig.driver.list_devices()],
    ids=["program", "remove", "read", "list_devices"],
)
def test_no_call_runs_inside_a_transaction(rig, call):
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        call(rig)

    assert rig.holds == {}


@pytest.mark.django_db(transaction=True)
def test_calls_run_in_autocommit_where_no_test_wraps_them(clock):
    rig = Rig(clock)

    rig.program(1, PIN)

    assert rig.holds == {1: PIN}
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        rig.remove(1)


def test_a_write_that_was_replaced_is_kept_for_a_day(rig, clock):
    for hours in (0, 2, 4, 23):
        clock.move(hours=hours)
        rig.program(1, PIN)
    rows = VirtualSlot.objects.filter(lock=rig.lock).order_by("effective_at")
    ages = [clock() - row.effective_at for row in rows]

    assert ages == [timedelta(hours=27), timedelta(hours=23), timedelta(0)]
    assert contents(rig.lock, now=clock() - timedelta(hours=24)) != {}


# ---- Faults that last ----


@pytest.mark.parametrize(
    ("fault", "error_code"),
    [
        (Fault.OFFLINE, "device_disconnected"),
        (Fault.HUB_DISCONNECTED, "hub_disconnected"),
    ],
)
def test_nothing_reaches_a_lock_that_is_cut_off(rig, fault, error_code):
    rig.program(1, PIN)
    rig.switch(fault)

    for call in (rig.read, rig.remove, lambda: rig.program(2, OTHER)):
        with pytest.raises(Unreachable) as unreachable:
            call()
        assert unreachable.value.error_code == error_code

    assert rig.holds == {1: PIN}
    [listed] = rig.driver.list_devices()
    assert (listed.properties["online"], listed.errors[0]["error_code"]) == (False, error_code)


def test_a_lock_that_is_cut_off_opens_all_the_same(rig):
    rig.program(1, PIN)
    rig.switch(Fault.OFFLINE)

    assert type_pin(rig.lock, PIN, now=START).opened is True


def test_a_fault_that_is_over_leaves_no_trace(rig):
    rig.switch(Fault.OFFLINE)
    rig.switch(Fault.OFFLINE, on=False)

    rig.program(1, PIN)

    assert rig.seen() == [(1, PIN)]
    assert rig.driver.list_devices()[0].errors == []


def test_a_disconnected_account_stops_every_one_of_its_locks(rig, clock):
    neighbour = a_lock(account=rig.lock.account)
    rig.switch(Fault.ACCOUNT_DISCONNECTED)
    driver = VirtualDriver(rig.lock.account, clock.doors())

    for call in (
        driver.list_devices,
        rig.read,
        lambda: driver.read(LockRef(neighbour.uid, str(neighbour.uid))),
    ):
        with pytest.raises(AccountProblem) as problem:
            call()
        assert problem.value.error_code == "account_disconnected"


@pytest.mark.parametrize("fault", [Fault.KEYPAD_DISCONNECTED, Fault.KEYPAD_BATTERY_FLAT])
def test_without_its_keypad_a_lock_takes_no_code_and_still_gives_codes_back(clock, fault):
    rig = Rig(clock, "nuki")
    rig.program(1, PIN)
    rig.switch(fault)

    with pytest.raises(Refused) as refused:
        rig.program(2, OTHER)

    assert refused.value.retry is Retry.ON_LOCK_CHANGE
    assert rig.seen() == [(1, PIN)]
    assert type_pin(rig.lock, PIN, now=START).opened is False
    rig.remove(1)
    assert rig.holds == {}


def test_the_keypad_battery_takes_a_separate_keypad_with_it(clock):
    rig = Rig(clock, "nuki")
    rig.switch(Fault.KEYPAD_BATTERY_FLAT)

    [listed] = rig.driver.list_devices()

    assert listed.flags["can_program_online_access_codes"] is False
    assert listed.properties["accessory_keypad"] == {
        "is_connected": False,
        "battery": {"level": 0.02},
    }


def test_without_a_bridge_nothing_can_be_asked(clock):
    rig = Rig(clock, "igloohome", traits={"has_bridge": False})

    with pytest.raises(Unreachable):
        rig.read()
    for call in (rig.program, rig.remove):
        with pytest.raises(Refused) as refused:
            call()
        assert (refused.value.error_code, refused.value.retry) == (
            "igloohome_bridge_offline",
            Retry.ON_LOCK_CHANGE,
        )


def test_a_memory_that_counts_as_full_refuses_new_codes_only(rig):
    rig.program(1, PIN)
    rig.switch(Fault.MEMORY_FULL)

    with pytest.raises(Refused) as refused:
        rig.program(2, OTHER)
    rig.program(1, OTHER)

    assert refused.value.error_code == "no_space_for_access_code_on_device"
    assert rig.holds == {1: OTHER}


def test_the_list_of_locks_counts_what_is_in_their_memory_now(clock):
    rig = Rig(clock, traits={"max_codes": 2})

    def full():
        return [
            warning["active_access_code_count"]
            for warning in rig.driver.list_devices()[0].warnings
        ]

    rig.program(1, PIN)
    assert full() == []
    rig.program(2, OTHER)
    assert full() == [2]
    rig.remove(1)
    assert full() == []


def test_a_wrong_clock_starts_codes_too_early(clock):
    rig = Rig(clock, "nuki", traits={"clock_offset_s": 3600})
    rig.program(1, PIN, starts_at=START + timedelta(minutes=59), ends_at=END)
    assert type_pin(rig.lock, PIN, now=START).opened is False

    rig.switch(Fault.WRONG_CLOCK)

    assert type_pin(rig.lock, PIN, now=START).opened is True


def test_a_lock_without_its_timetable_says_so_and_forgets_the_dates_it_had(clock):
    rig = Rig(clock, "nuki")
    rig.program(1, PIN, starts_at=START + timedelta(hours=1), ends_at=END)

    rig.switch(Fault.CANNOT_SCHEDULE)

    assert rig.driver.list_devices()[0].capabilities.keeps_window is False
    assert type_pin(rig.lock, PIN, now=START).opened is True
    assert type_pin(rig.lock, PIN, now=END).opened is True


def test_in_office_mode_the_keypad_hears_nothing(rig):
    rig.program(1, PIN)
    rig.switch(Fault.OFFICE_MODE)

    assert type_pin(rig.lock, PIN, now=START) == Opening(False, None, Reason.OFFICE_MODE)


def test_in_privacy_mode_no_pin_opens(rig):
    rig.program(1, PIN)
    rig.switch(Fault.PRIVACY_MODE)

    assert type_pin(rig.lock, PIN, now=START).reason == "blocked_by_privacy_mode"


def test_masked_pins_are_hidden_and_still_there(rig):
    rig.program(1, PIN)
    rig.switch(Fault.MASKS_PINS)

    assert rig.seen() == [(1, None)]
    assert rig.holds == {1: PIN}


def test_no_answer_is_waited_for_longer_than_twenty_seconds(clock):
    rig = Rig(clock, answer_min=19, answer_max=19)
    rig.program(1, PIN)
    rig.switch(Fault.SLOW)

    for call in (rig.read, rig.remove, lambda: rig.program(2, OTHER)):
        before = clock()
        with pytest.raises(Unreachable) as unreachable:
            call()
        assert unreachable.value.error_code == "provider_issue"
        assert clock() - before == timedelta(seconds=20)

    assert rig.holds == {2: OTHER}


def test_a_list_of_locks_is_not_waited_for_longer_either(clock):
    rig = Rig(clock, answer_min=21, answer_max=21)

    with pytest.raises(Unreachable):
        rig.driver.list_devices()

    assert clock() - START == timedelta(seconds=20)


def test_a_refusal_is_not_heard_where_no_answer_is(rig):
    rig.program(1, PIN)
    rig.switch(Fault.HALF_OPEN)

    with pytest.raises(Unreachable):
        rig.program(2, PIN)

    assert rig.holds == {1: PIN}


def test_a_call_in_drips_is_carried_out_once_it_has_arrived(clock):
    rig = Rig(clock, traits={"drips_for_s": 90})
    rig.switch(Fault.DRIPS)

    with pytest.raises(Unreachable):
        rig.program(1, PIN)

    assert clock() - START == timedelta(seconds=20)
    clock.move(seconds=69)
    assert rig.holds == {}
    clock.move(seconds=1)
    assert rig.holds == {1: PIN}


def test_a_link_that_comes_and_goes_is_there_every_second_minute(rig, clock):
    rig.switch(Fault.FLAKY)

    answered = []
    for _ in range(4):
        try:
            rig.read()
        except Unreachable:
            answered.append(False)
        else:
            answered.append(True)
        clock.move(minutes=1)

    assert answered == [False, True, False, True]


def test_a_lock_that_sleeps_answers_only_for_a_minute_after_waking(clock):
    rig = Rig(clock, traits={"wake_every_s": 4 * 3600})
    assert rig.driver.list_devices()[0].capabilities.wake_every == timedelta(0)
    rig.switch(Fault.WAKES_RARELY)

    assert rig.read().at == START
    clock.move(hours=1)
    with pytest.raises(Unreachable) as asleep:
        rig.read()
    clock.move(hours=3)
    assert rig.read().at == START + timedelta(hours=4)

    assert asleep.value.retry_after == timedelta(hours=3)
    assert rig.driver.list_devices()[0].capabilities.wake_every == timedelta(hours=4)


# ---- Faults of single calls ----


def test_a_liar_says_ok_and_does_nothing(rig):
    rig.program(1, PIN)
    rig.switch(Fault.LIES)

    assert rig.program(2, OTHER) == Receipt(at=START)
    assert rig.remove(1) == Receipt(at=START)

    assert rig.holds == {1: PIN}


def test_an_error_before_the_deed_leaves_the_lock_as_it_was(rig):
    rig.program(1, PIN)
    rig.switch(Fault.FAILS_BEFORE)

    for call in (lambda: rig.program(2, OTHER), rig.remove):
        with pytest.raises(Unreachable):
            call()

    assert rig.holds == {1: PIN}


def test_an_error_after_the_deed_leaves_it_done(rig):
    rig.program(1, PIN)
    rig.switch(Fault.DOES_THEN_FAILS)

    for call in (lambda: rig.program(2, OTHER), rig.remove):
        with pytest.raises(Unreachable):
            call()

    assert rig.holds == {2: OTHER}


def test_a_late_command_lands_minutes_later_even_over_what_came_in_between(rig, clock):
    rig.next(Fault.LATE)
    rig.program(1, PIN)
    assert rig.holds == {}

    clock.move(minutes=1)
    rig.program(1, OTHER)
    rig.remove(1)
    clock.move(minutes=3, seconds=59)
    assert rig.holds == {}

    clock.move(seconds=1)
    assert rig.holds == {1: PIN}


def test_a_removal_can_be_late_as_well(rig, clock):
    rig.program(1, PIN)
    rig.next(Fault.LATE)
    rig.remove(1)

    assert rig.holds == {1: PIN}
    clock.move(minutes=5)
    assert rig.holds == {}


def test_a_lock_that_loses_codes_holds_them_for_a_minute(rig, clock):
    rig.switch(Fault.LOSES_CODES)
    rig.program(1, PIN)

    assert rig.holds == {1: PIN}
    clock.move(minutes=1)
    assert rig.holds == {}


def test_too_many_requests_come_with_a_time_to_wait(rig):
    rig.switch(Fault.RATE_LIMITED)

    with pytest.raises(Refused) as refused:
        rig.program(1, PIN)

    assert (refused.value.retry, refused.value.retry_after) == (
        Retry.BACKOFF,
        timedelta(seconds=30),
    )
    assert rig.holds == {}


def test_a_list_that_fails_is_not_an_empty_list(rig):
    rig.program(1, PIN)
    rig.switch(Fault.CANNOT_LIST)

    with pytest.raises(Unreachable):
        rig.read()


def test_a_list_can_come_back_empty_by_mistake(rig):
    rig.program(1, PIN)
    rig.switch(Fault.EMPTY_LIST)

    assert rig.seen() == []
    assert rig.holds == {1: PIN}


def test_a_stale_list_shows_what_was_there_two_minutes_ago(rig, clock):
    rig.program(1, PIN)
    clock.move(minutes=2)
    rig.program(1, OTHER)
    rig.switch(Fault.STALE_LIST)

    assert rig.seen() == [(1, PIN)]
    clock.move(minutes=2)
    assert rig.seen() == [(1, OTHER)]


def test_a_fault_can_be_ordered_for_the_next_calls_and_is_used_up(rig):
    rig.next(Fault.LIES, calls=2)

    rig.program(1, PIN)
    rig.read()
    rig.program(1, PIN)
    assert rig.holds == {}

    rig.program(1, PIN)
    assert rig.holds == {1: PIN}
    rig.lock.refresh_from_db()
    assert rig.lock.traits == {"next_calls": {}}


def test_a_fault_can_befall_a_share_of_the_calls(clock):
    rig = Rig(clock, traits={"fault_share": 0.25})
    rig.switch(Fault.FAILS_BEFORE)

    failed = 0
    for _ in range(200):
        try:
            rig.remove(1)
        except Unreachable:
            failed += 1

    assert 30 <= failed <= 70


# ---- PINs that are not given, and not shown ----


def test_a_maker_chooses_a_pin_and_a_reading_shows_it(clock):
    rig = Rig(clock, "salto")

    rig.program(1, None, "Ana", starts_at=START, ends_at=END)

    [(slot, pin)] = rig.seen()
    assert (slot, {slot: pin}) == (1, rig.holds)
    assert type_pin(rig.lock, pin, now=START).opened is True


def test_the_same_wish_for_the_same_slot_keeps_its_pin_and_another_gets_another(clock):
    rig, other = Rig(clock, "salto"), Rig(clock, "salto")

    def pin_of(rig, **window):
        rig.program(1, None, "Ana", **window)
        return rig.holds[1]

    first = pin_of(rig, ends_at=END)
    rig.next(Fault.LATE)
    assert pin_of(rig, ends_at=END) == first
    rig.remove(1)
    assert pin_of(rig, ends_at=END) == first
    assert pin_of(rig, ends_at=END + timedelta(days=1)) != first
    assert pin_of(other, ends_at=END) != first


def test_a_maker_without_a_pin_left_refuses(clock):
    rig = Rig(clock, "salto", traits={"code_lengths": [1]})

    with pytest.raises(Refused) as refused:
        rig.program(1, None)

    assert (refused.value.error_code, refused.value.retry) == (
        "no_space_for_access_code_on_device",
        Retry.ON_LOCK_CHANGE,
    )
    assert rig.holds == {}


def test_a_hub_shows_the_pins_that_it_wrote_and_hides_those_made_elsewhere(clock):
    rig = Rig(clock, "smartthings")
    rig.program(1, PIN, "Ana")
    add_foreign_code(rig.lock, OTHER, "Owner", now=clock())

    assert rig.seen() == [(1, PIN), (2, None)]
    assert rig.holds == {1: PIN, 2: OTHER}
    edit_at_keypad(rig.lock, 1, pin=Pin("593864"), now=clock())
    assert rig.seen() == [(1, Pin("593864")), (2, None)]
