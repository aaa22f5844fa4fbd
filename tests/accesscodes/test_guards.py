"""What the engine does not believe at once, and what one bad row or clock must not do."""

import uuid
from datetime import timedelta

import pytest

from accesscodes import ledger, lifecycle, services
from accesscodes.choices import CommandAction, Outcome, Status
from accesscodes.engine import lease as leases
from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.reconcile import reconcile
from accesscodes.engine.watchdog import watch
from accesscodes.models import (
    AccessCode,
    EngineBeat,
    LockCommand,
    LockReading,
    Problem,
    Transition,
    UnmanagedCode,
)
from accesscodes.planning import BUDGET
from accesscodes.services import CodeChanges, CodeSpec
from locksite.masked import Pin
from locksite.pins import SealedPin
from properties.choices import Fault, Proof
from properties.models import Device, VirtualLock
from properties.providers.virtual.people import (
    add_foreign_code,
    erase_at_keypad,
    fail_next_calls,
    switch_fault,
)
from properties.providers.virtual.store import memory_of
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db


def issue(world, count=1, lock=None, **spec):
    return [
        services.issue_code(
            world.device(lock),
            CodeSpec(name=f"Guest {number}", **spec),
            actor=world.actor,
            now=world.now,
        )
        for number in range(count)
    ]


def statuses():
    return list(AccessCode.objects.order_by("id").values_list("status", flat=True))


def commands(**chosen):
    return LockCommand.objects.filter(**chosen).count()


# ---- an empty list ------------------------------------------------------------------------------


@pytest.fixture
def held():
    """Return a world whose one lock holds four codes, all settled."""
    world = World("schlage")
    issue(world, 4)
    world.run(minutes=1)
    assert statuses() == [Status.SET] * 4
    return world


def test_one_empty_list_changes_nothing(held):
    fail_next_calls(held.locks[0], Fault.EMPTY_LIST, 1)
    before = LockCommand.objects.count(), Transition.objects.count()

    held.run(minutes=10)

    assert LockReading.objects.filter(error_code="list_empty").count() == 1
    assert (LockCommand.objects.count(), Transition.objects.count()) == before
    assert statuses() == [Status.SET] * 4


def test_the_only_code_of_a_lock_is_missing_only_if_two_looks_say_so():
    world = World("schlage")
    issue(world)
    world.work()
    erase_at_keypad(world.locks[0], 1, now=world.now)

    world.clock.move(minutes=6)
    world.work()
    assert statuses() == [Status.SET]
    world.run(minutes=1)

    assert [path.to_status for path in Transition.objects.order_by("id")] == [
        Status.SETTING,
        Status.SET,
        Status.SETTING,
        Status.SET,
    ]


def test_a_removal_that_was_refused_is_not_proven_by_one_empty_list():
    world = World("schlage")
    [code] = issue(world)
    world.work()
    services.withdraw_code(code, actor=world.actor, now=world.now)
    fail_next_calls(world.locks[0], Fault.RATE_LIMITED, 1)

    world.work()
    fail_next_calls(world.locks[0], Fault.EMPTY_LIST, 1)
    world.clock.move(minutes=1)
    world.work()

    assert statuses() == [Status.REMOVING]
    assert world.type(world.digits(code)).opened


def test_a_list_that_stays_empty_costs_one_code_a_rewrite_and_no_other_anything(held):
    pins = held.on_lock()
    switch_fault(held.locks[0], Fault.EMPTY_LIST, on=True, now=held.now)

    held.run(minutes=20)

    assert statuses() == [Status.SETTING, Status.SET, Status.SET, Status.SET]
    assert held.on_lock() == pins
    assert set(
        LockCommand.objects.filter(action=CommandAction.UPDATE).values_list("slot", flat=True)
    ) == {1}
    switch_fault(held.locks[0], Fault.EMPTY_LIST, on=False, now=held.now)
    held.run(minutes=6)
    assert statuses() == [Status.SET] * 4


def test_the_second_look_at_an_empty_list_comes_as_soon_as_it_counts():
    world = World("schlage")
    issue(world)
    world.work()
    world.clock.move(minutes=6)
    erase_at_keypad(world.locks[0], 1, now=world.now)
    began = world.now

    world.work()
    world.clock.move(seconds=25)
    world.run(seconds=20)

    looks = LockReading.objects.filter(at__gte=began).order_by("id")[:3]
    assert [(look.at - began).seconds for look in looks] == [0, 25, 30]
    assert [look.is_good for look in looks] == [False, False, True]


def test_a_lock_that_really_lost_everything_is_found_out_and_filled_again(held):
    pins = held.on_lock()
    for slot in (1, 2, 3, 4):
        erase_at_keypad(held.locks[0], slot, now=held.now)

    held.run(minutes=10)

    assert held.on_lock() == pins
    assert statuses() == [Status.SET] * 4


def test_a_code_withdrawn_while_the_list_is_empty_is_gone_only_once_it_was_told_to_go(held):
    switch_fault(held.locks[0], Fault.EMPTY_LIST, on=True, now=held.now)
    for code in AccessCode.objects.all():
        services.withdraw_code(code, actor=held.actor, now=held.now)

    held.work()
    assert statuses() == [Status.REMOVING] * 4
    held.run(minutes=10)

    assert statuses() == [Status.GONE] * 4
    assert commands(action=CommandAction.REMOVE) == 4
    assert held.on_lock() == set()


# ---- many codes past their end ------------------------------------------------------------------


def stays(world, count, *, lasts, lock=None):
    return issue(
        world,
        count,
        lock=lock,
        starts_at=world.now - timedelta(minutes=1),
        ends_at=world.now + lasts,
    )


def test_many_codes_that_ended_long_ago_come_off_after_a_second_look():
    world = World("lockly")
    stays(world, 7, lasts=timedelta(hours=1))
    issue(world)
    world.run(minutes=3)
    world.clock.move(hours=4)

    world.work()
    assert (len(world.on_lock()), commands(action=CommandAction.REMOVE)) == (8, 0)
    assert world.device().ends_held_since == world.now
    world.run(minutes=3)

    assert len(world.on_lock()) == 1
    assert world.device().ends_held_since is None


def test_a_morning_of_departures_is_nothing_to_doubt():
    world = World("lockly")
    stays(world, 7, lasts=timedelta(hours=1))
    world.run(minutes=3)

    world.run(minutes=59)

    assert world.on_lock() == set()
    assert world.device().ends_held_since is None


def test_a_few_that_were_missed_are_nothing_to_doubt():
    world = World("lockly")
    stays(world, 5, lasts=timedelta(hours=1))
    world.run(minutes=3)
    world.clock.move(hours=4)

    world.work()

    assert world.on_lock() == set()


def test_while_the_clock_is_in_doubt_codes_stay_past_their_end_and_withdrawn_ones_go():
    world = World("lockly")
    ended, withdrawn = stays(world, 2, lasts=timedelta(minutes=10))
    world.run(minutes=3)
    services.withdraw_code(withdrawn, actor=world.actor, now=world.now)
    world.reconcile = lambda *args: reconcile(*args, is_right=lambda now: False)

    world.run(hours=2)
    assert world.on_lock() == {world.digits(ended)}
    world.reconcile = reconcile
    world.run(minutes=6)

    assert world.on_lock() == set()


def test_a_clock_that_is_ahead_for_a_while_ends_nothing_and_leaves_no_trace():
    """Codes for tomorrow, on the lock and not, are as before when the clock is right again."""
    world = World("schlage")
    [on_it] = stays(world, 1, lasts=timedelta(hours=5))
    later = world.now + timedelta(hours=80)
    [to_come] = issue(world, starts_at=later, ends_at=later + timedelta(hours=5))
    world.run(minutes=3)
    right_now = world.now

    world.clock.now = right_now + timedelta(days=10)
    world.reconcile = lambda *args: reconcile(*args, is_right=lambda now: False)
    world.run(hours=1)
    assert statuses() == [Status.SET, Status.SETTING]
    world.clock.now = right_now + timedelta(minutes=1)
    world.new_engine()
    world.reconcile = reconcile
    world.run(minutes=10)

    assert statuses() == [Status.SET, Status.UNSET]
    assert world.type(world.digits(on_it)).opened
    assert not world.type(world.digits(to_come)).opened


def test_a_clock_that_jumps_while_a_lock_is_read_ends_nothing():
    world = World("schlage")
    never_sent = world.now + timedelta(hours=80)
    issue(world, starts_at=never_sent, ends_at=never_sent + timedelta(hours=5))
    stays(world, 1, lasts=timedelta(hours=5))
    world.run(minutes=3)
    guard, steady = ClockGuard(world.doors, lambda: None), world.doors.monotonic()
    world.reconcile = lambda *args: reconcile(*args, is_right=guard.is_right)
    object.__setattr__(world.doors, "monotonic", lambda: steady)
    Device.objects.update(due_at=world.now)

    world.do_during_next("read", lambda: world.clock.move(days=10))
    world.work()

    assert not {Status.GONE, Status.REMOVING} & set(statuses())
    assert len(world.on_lock()) == 1


def test_readings_dated_by_a_wrong_clock_do_not_keep_a_lock_unread():
    world = World("schlage")
    issue(world)
    world.work()
    erase_at_keypad(world.locks[0], 1, now=world.now)
    Device.objects.update(
        last_read_at=world.now + timedelta(days=1), failing_since=world.now + timedelta(days=1)
    )

    world.run(minutes=8)

    assert len(world.on_lock()) == 1
    assert statuses() == [Status.SET]


def test_others_codes_alone_are_missed_after_a_second_look():
    world = World("schlage")
    for slot, digits in enumerate(("735162", "904718", "618320"), start=1):
        add_foreign_code(world.locks[0], Pin(digits), f"app {slot}", now=world.now)
    world.run(minutes=1)
    for slot in (1, 2, 3):
        erase_at_keypad(world.locks[0], slot, now=world.now)

    world.run(minutes=8)

    assert not UnmanagedCode.objects.live().exists()


def test_a_code_waits_as_planned_for_the_guest_before_with_its_pin():
    world = World("lockly")
    [first] = stays(world, 1, lasts=timedelta(hours=2))
    world.run(minutes=1)
    pin = Pin(world.digits(first))
    second = services.issue_code(
        world.device(),
        CodeSpec(
            name="Next",
            pin=pin,
            starts_at=world.now + timedelta(hours=2, minutes=10),
            ends_at=world.now + timedelta(hours=9),
        ),
        actor=world.actor,
        now=world.now,
    )

    world.run(hours=1, minutes=40)
    watch(world.now)
    waits = AccessCode.objects.get(pk=second.pk)
    assert (waits.status, waits.errors) == (Status.UNSET, [])
    assert not Problem.objects.exists()
    world.run(minutes=30)

    assert statuses() == [Status.GONE, Status.SET]


def test_rows_dated_by_a_wrong_clock_keep_no_lock_asleep():
    world = World("schlage")
    world.clock.move(days=1)
    assert leases.take(world.device().pk, world.engine_id, world.now) is not None
    EngineBeat.objects.update(beat_at=world.now)
    Device.objects.update(due_at=world.now)
    world.clock.move(days=-1)

    lease = leases.take(world.device().pk, uuid.uuid4(), world.now)

    assert lease.token == 2


class Clocks:
    """Two clocks of one machine that can be moved apart, and one of a database."""

    def __init__(self, world):
        self.doors = world.doors
        self.database = None
        self.wall, self.steady = timedelta(0), 0.0
        object.__setattr__(self.doors, "now", lambda: world.now + self.wall)
        object.__setattr__(self.doors, "monotonic", lambda: self.steady)


@pytest.fixture
def clocks():
    return Clocks(World("schlage"))


def test_a_clock_that_jumps_is_in_doubt_until_it_comes_back(clocks):
    guard = ClockGuard(clocks.doors, lambda: None)
    assert guard.is_trusted

    for step in (timedelta(days=1), timedelta(hours=-1), timedelta(seconds=61)):
        clocks.wall = step
        assert (guard.is_trusted, guard.off_by) == (False, step)

    clocks.wall = timedelta(seconds=60)
    assert guard.is_trusted


def test_a_clock_that_is_not_the_databases_is_in_doubt(clocks):
    guard = ClockGuard(clocks.doors, lambda: clocks.doors.now() - timedelta(minutes=10))
    assert guard.is_trusted

    guard.ask_database()

    assert (guard.is_trusted, guard.off_by) == (False, timedelta(minutes=10))


def test_an_engine_that_starts_after_the_clock_was_set_right_trusts_it(clocks):
    clocks.wall = timedelta(days=1)

    assert ClockGuard(clocks.doors, lambda: None).is_trusted


# ---- poison rows --------------------------------------------------------------------------------


def test_a_code_whose_pin_cannot_be_opened_keeps_back_no_other():
    world = World("schlage")
    poisoned, *others = issue(world, 3)
    AccessCode.objects.filter(pk=poisoned.pk).update(pin=SealedPin("not a token"))

    world.run(minutes=5)

    assert statuses() == [Status.SETTING, Status.SET, Status.SET]
    assert world.on_lock() == {world.digits(code) for code in others}
    row = AccessCode.objects.get(pk=poisoned.pk)
    assert [error["error_code"] for error in row.errors] == ["failed_to_set_on_device"]
    assert set(
        LockCommand.objects.filter(installation__code=poisoned).values_list("outcome", flat=True)
    ) == {Outcome.CRASHED}


def test_a_poisoned_code_is_tried_ever_more_slowly_and_heals_when_its_row_does():
    world = World("schlage")
    [poisoned] = issue(world)
    right = AccessCode.objects.get(pk=poisoned.pk).pin
    AccessCode.objects.filter(pk=poisoned.pk).update(pin=SealedPin("not a token"))

    world.run(hours=2)
    tries = commands()
    assert 5 <= tries <= 9
    AccessCode.objects.filter(pk=poisoned.pk).update(pin=right)
    world.run(minutes=31)

    assert statuses() == [Status.SET]


def test_a_row_that_cannot_be_understood_keeps_back_no_other():
    world = World("schlage")
    poisoned, *_ = issue(world, 3)
    world.run(minutes=1)
    poisoned.installations.update(content={"nonsense": True})
    issue(world)

    world.run(minutes=6)

    assert statuses()[1:] == [Status.SET] * 3


def test_a_finding_that_cannot_be_written_keeps_back_no_other(monkeypatch):
    world = World("schlage")
    poisoned, *_ = issue(world, 3)
    honest = lifecycle.summarise

    def poisonous(wish, *args, **options):
        if wish.code_id == poisoned.pk and args[0].is_on_lock:
            raise ZeroDivisionError("a row that always raises")
        return honest(wish, *args, **options)

    monkeypatch.setattr(ledger, "summarise", poisonous)

    world.run(minutes=5)

    assert statuses() == [Status.SETTING, Status.SET, Status.SET]
    assert commands(installation__code=poisoned) == 0


# ---- the budget ---------------------------------------------------------------------------------


def test_twenty_codes_are_put_on_one_lock_eight_a_minute():
    world = World("schlage")
    issue(world, 20)

    world.run(seconds=50)
    assert len(world.on_lock()) == BUDGET[CommandAction.PROGRAM]
    world.run(minutes=2)

    assert len(world.on_lock()) == 20
    asked = list(LockCommand.objects.order_by("asked_at").values_list("asked_at", flat=True))
    most = max(sum(at <= other < at + timedelta(minutes=1) for other in asked) for at in asked)
    assert most == BUDGET[CommandAction.PROGRAM]


# ---- locks that cannot be read ------------------------------------------------------------------


@pytest.fixture
def unreadable():
    """Return a world whose lock says yes or no and nothing more."""
    world = World("schlage", traits={"proof": Proof.ACK.value})
    switch_fault(world.locks[0], Fault.CANNOT_LIST, on=True, now=world.now)
    assert world.device().capabilities.can_be_read is False
    return world


def test_a_lock_that_cannot_be_read_is_believed_by_its_yes(unreadable):
    [code] = issue(unreadable)

    unreadable.work()
    assert statuses() == [Status.SET]
    assert unreadable.type(unreadable.digits(code)).opened
    assert Transition.objects.get(to_status=Status.SET).command is not None
    services.withdraw_code(code, actor=unreadable.actor, now=unreadable.now)
    unreadable.clock.move(seconds=1)
    unreadable.work()

    assert statuses() == [Status.GONE]
    assert unreadable.on_lock() == set()
    assert not LockReading.objects.exists()


def test_a_lock_that_cannot_be_read_is_told_again_until_it_says_yes(unreadable):
    fail_next_calls(unreadable.locks[0], Fault.DOES_THEN_FAILS, 3)
    issue(unreadable)

    unreadable.work()
    assert statuses() == [Status.SETTING]
    unreadable.run(minutes=2)

    assert statuses() == [Status.SET]
    assert commands() == 4


def test_the_clock_goes_on_for_codes_on_a_lock_that_cannot_be_read(unreadable):
    starts_at = unreadable.now + timedelta(minutes=30)
    issue(unreadable, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))

    unreadable.run(minutes=1)
    assert statuses() == [Status.UNSET]
    unreadable.run(minutes=30)
    assert statuses() == [Status.SET]
    unreadable.run(minutes=31)

    assert statuses() == [Status.GONE]
    assert Device.objects.get().failing_since is None


# ---- writes that land late, in a slot that was given up -----------------------------------------


def test_a_write_that_lands_in_a_slot_its_code_has_left_is_taken_off():
    world = World("schlage", traits={"late_by_s": 600})
    fail_next_calls(world.locks[0], Fault.LATE, 1)
    [code] = issue(world)
    world.work()
    add_foreign_code(world.locks[0], Pin("735162"), "app", now=world.now)
    world.run(minutes=9)
    assert AccessCode.objects.get().installation.slot == 2

    world.run(minutes=5)

    assert {slot: entry.pin.digits for slot, entry in contents(world).items()} == {
        2: world.digits(code)
    }
    assert statuses() == [Status.SET]
    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(minutes=5)
    assert world.on_lock() == set()


def test_a_code_that_lost_its_entry_takes_over_its_late_write():
    world = World("schlage", traits={"late_by_s": 600})
    fail_next_calls(world.locks[0], Fault.LATE, 1)
    [code] = issue(world)
    world.work()
    add_foreign_code(world.locks[0], Pin("735162"), "app", now=world.now)
    world.run(minutes=2)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.run(minutes=8)
    erase_at_keypad(world.locks[0], 2, now=world.now)
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)

    world.run(minutes=6)

    assert statuses() == [Status.SET]
    assert list(contents(world)) == [1]
    assert world.type(world.digits(code)).opened


def test_what_others_make_anew_after_a_code_of_ours_has_long_left_is_theirs():
    world = World("schlage")
    [code] = issue(world)
    world.work()
    pin = Pin(world.digits(code))
    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(minutes=70)
    assert world.on_lock() == set()

    add_foreign_code(world.locks[0], pin, "Cleaner", now=world.now)
    world.run(minutes=12)

    assert world.on_lock() == {pin.digits}
    assert [(row.slot, row.name) for row in UnmanagedCode.objects.live()] == [(1, "Cleaner")]
    assert commands(action=CommandAction.REMOVE) == 1


def contents(world):
    return memory_of(VirtualLock.objects.get(), world.now)


# ---- a full lock --------------------------------------------------------------------------------


def test_a_near_arrival_gets_the_slot_of_the_farthest_one_which_follows_when_there_is_room():
    world = World("schlage", traits={"max_codes": 3})
    world.refresh()
    far = [
        issue(world, starts_at=world.now + timedelta(hours=hours), ends_at=late(world))[0]
        for hours in (30, 60, 50)
    ]
    world.run(minutes=2)
    assert world.on_lock() == {world.digits(code) for code in far}

    near = issue(world, starts_at=world.now + timedelta(hours=1), ends_at=late(world))[0]
    world.run(minutes=2)

    assert world.on_lock() == {world.digits(code) for code in (near, far[0], far[2])}
    waits = AccessCode.objects.get(pk=far[1].pk)
    assert (waits.status, waits.is_scheduled_on_device) == (Status.UNSET, False)
    assert [error["error_code"] for error in waits.errors] == [
        "no_space_for_access_code_on_device"
    ]
    services.withdraw_code(far[0], actor=world.actor, now=world.now)
    world.run(minutes=2)
    assert world.on_lock() == {world.digits(code) for code in (near, far[1], far[2])}
    assert AccessCode.objects.get(pk=far[1].pk).errors == []


def late(world):
    return world.now + timedelta(hours=90)


# ---- locks that do as they are told in their own way --------------------------------------------


def test_an_end_that_the_lock_stretches_is_not_written_again_and_again():
    world = World("schlage")
    switch_fault(world.locks[0], Fault.STRETCHES_ENDS, on=True, now=world.now)
    stays(world, 1, lasts=timedelta(hours=5))

    world.run(hours=4)
    assert (statuses(), commands()) == ([Status.SET], 1)
    world.run(hours=1, minutes=2)

    assert (statuses(), world.on_lock()) == ([Status.GONE], set())


def test_a_stay_cut_short_is_written_to_the_lock():
    world = World("schlage")
    [code] = stays(world, 1, lasts=timedelta(hours=5))
    world.run(minutes=1)

    services.change_code(
        code,
        CodeChanges(ends_at=world.now + timedelta(hours=4, minutes=30)),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=1)

    assert commands(action=CommandAction.UPDATE) == 1


@pytest.mark.one_database
def test_a_lock_that_wakes_for_a_minute_in_four_hours_is_met_in_that_minute():
    world = World("schlage", traits={"wake_every_s": 4 * 3600})
    switch_fault(world.locks[0], Fault.WAKES_RARELY, on=True, now=world.now)
    world.refresh()
    world.clock.move(minutes=10)
    issue(world)

    world.run(hours=3, minutes=49)
    assert statuses() == [Status.SETTING]
    world.run(minutes=2)

    assert statuses() == [Status.SET]
