"""Codes on a lock that are not ours: noticed, left alone, taken over or removed when asked."""

from datetime import timedelta

import pytest

from accesscodes import attempts, services, takeover
from accesscodes.choices import Kind, Placement, Status
from accesscodes.models import AccessCode, Installation, LockCommand, Transition, UnmanagedCode
from accesscodes.services import CodeSpec
from accesscodes.simulation import make_foreign_code
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device, VirtualLock
from properties.providers.virtual.people import (
    add_foreign_code,
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
    switch_fault,
)
from properties.providers.virtual.store import memory_of
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db

NATIVE, JUST_IN_TIME, HIDES_PINS = "schlage", "lockly", "wyze"


def world_with(make=NATIVE, *, digits="735162", name="Cleaner", **window):
    """A lock with one code from its app, which Locksite has seen."""
    world = World(make)
    add_foreign_code(world.locks[0], Pin(digits), name, now=world.now, **window)
    world.run(seconds=1)
    return world


def the_row():
    return UnmanagedCode.objects.live().get()


def entry_on(world):
    [entry] = memory_of(VirtualLock.objects.get(), world.now).values()
    return entry


def events(row):
    rows = Event.objects.filter(access_code_uid=row.uid).order_by("id")
    return [event.event_type.removeprefix("access_code.") for event in rows]


def convert(world, row=None, **options):
    return takeover.convert_to_managed(
        row or the_row(), actor=world.actor, now=world.now, **options
    )


def remove(world, row=None):
    return takeover.remove_unmanaged(row or the_row(), actor=world.actor, now=world.now)


# ---- Noticing


def test_a_code_from_the_locks_app_is_noticed_with_all_that_the_lock_shows():
    world = World(NATIVE)
    ends_at = world.now + timedelta(days=2)
    slot = add_foreign_code(
        world.locks[0], Pin("735162"), "Cleaner", now=world.now, ends_at=ends_at
    )

    world.run(seconds=1)

    row = the_row()
    assert (row.slot, row.name, row.starts_at, row.ends_at) == (slot, "Cleaner", None, ends_at)
    assert row.pin.open(bound_to=row.uid).digits == "735162"
    assert events(row) == ["unmanaged.created"]


def test_where_pins_are_hidden_the_code_is_noticed_without_one():
    world_with(HIDES_PINS)

    row = the_row()

    assert (row.name, row.pin, row.pin_index) == ("Cleaner", None, None)


def test_a_settled_lock_makes_no_more_events_and_writes_no_row():
    world = world_with()
    count, seen_at = Event.objects.count(), the_row().seen_at

    world.run(minutes=50)

    assert (Event.objects.count(), the_row().seen_at) == (count, seen_at)


def test_a_code_that_is_gone_is_told():
    world = world_with()
    row = the_row()

    erase_at_keypad(world.locks[0], row.slot, now=world.now)
    world.run(minutes=6)

    row.refresh_from_db()
    assert row.gone_at is not None
    assert events(row) == ["unmanaged.created", "unmanaged.removed"]


def test_a_code_that_was_changed_in_the_app_is_another_one():
    world = world_with()
    old = the_row()

    edit_at_keypad(world.locks[0], old.slot, now=world.now, pin=Pin("481599"))
    world.run(minutes=6)

    new = the_row()
    assert new.uid != old.uid
    assert new.pin.open(bound_to=new.uid).digits == "481599"
    assert events(old) == ["unmanaged.created", "unmanaged.removed"]


def test_a_code_that_an_empty_list_hid_for_a_while_is_the_same_when_it_is_back():
    world = world_with()
    row = the_row()
    switch_fault(world.locks[0], Fault.EMPTY_LIST, True, now=world.now)
    world.run(minutes=6)
    row.refresh_from_db()
    assert row.gone_at is not None

    switch_fault(world.locks[0], Fault.EMPTY_LIST, False, now=world.now)
    world.run(minutes=6)

    assert the_row() == row


def test_its_slot_counts_and_its_pin_is_not_drawn_for_others():
    world = world_with()

    device = world.device()

    assert services.pin_in_use(device, Pin("735162"), starts_at=None, ends_at=None, now=world.now)


def test_a_code_that_it_keeps_off_the_lock_names_it():
    world = world_with()
    code = services.issue_code(
        world.device(),
        CodeSpec(name="Lena", pin=Pin("735162")),
        actor=world.actor,
        now=world.now,
    )

    world.run(minutes=2)

    code.refresh_from_db()
    [error] = code.errors
    assert error["error_code"] == "duplicate_code_on_device"
    assert error["unmanaged_access_code_id"] == str(the_row().uid)


def test_it_stays_byte_for_byte_as_it_is():
    world = world_with()
    before = entry_on(world)
    code = services.issue_code(
        world.device(), CodeSpec(name="Lena"), actor=world.actor, now=world.now
    )
    world.run(minutes=2)

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(hours=2)

    assert entry_on(world) == before


# ---- Taking over


@pytest.mark.parametrize("make", [NATIVE, JUST_IN_TIME])
def test_a_code_is_taken_over_without_a_write_to_the_lock(make):
    world = world_with(make)
    row, before = the_row(), entry_on(world)

    convert(world)
    world.run(minutes=10)

    code = AccessCode.objects.get(uid=row.uid)
    assert (code.kind, code.status, code.errors) == (Kind.ONGOING, Status.SET, [])
    assert world.digits(code) == "735162"
    assert events(row) == ["unmanaged.created", "unmanaged.converted_to_managed"]
    assert not UnmanagedCode.objects.live().exists()
    assert [(one.from_status, one.to_status) for one in Transition.objects.all()] == [
        ("", Status.SET)
    ]
    if make == NATIVE:
        assert code.name == "Cleaner"
        assert not LockCommand.objects.exists()
        assert entry_on(world) == before


@pytest.mark.one_database
def test_a_code_with_dates_is_taken_over_with_them():
    world = World(NATIVE)
    starts_at, ends_at = world.now + timedelta(hours=1), world.now + timedelta(days=2)
    add_foreign_code(
        *(world.locks[0], Pin("735162"), "Guest"),
        now=world.now,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    world.run(seconds=1)

    convert(world)
    world.run(seconds=1)
    code = AccessCode.objects.get()
    assert (code.status, code.is_scheduled_on_device) == (Status.UNSET, True)
    world.run(days=3)

    code.refresh_from_db()
    assert (code.kind, code.starts_at, code.ends_at) == (Kind.TIME_BOUND, starts_at, ends_at)
    assert (code.status, world.on_lock()) == (Status.GONE, set())


def test_what_was_taken_over_is_ours_and_can_be_deleted():
    world = world_with()
    convert(world)
    world.run(seconds=1)
    code = AccessCode.objects.get()

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(minutes=1)

    code.refresh_from_db()
    assert (code.status, world.on_lock()) == (Status.GONE, set())


def test_a_takeover_fails_when_the_code_is_not_there_any_more():
    world = world_with()
    row = convert(world)
    attempt = attempts.convert(row, actor=world.actor, now=world.now)

    erase_at_keypad(world.locks[0], row.slot, now=world.now)
    world.run(minutes=1)

    attempt.refresh_from_db()
    state = attempts.state(attempt, world.now)
    assert (state.status, state.error_message) == ("error", "The code is no longer on the lock.")
    assert not AccessCode.objects.exists()
    assert events(row) == [
        "unmanaged.created",
        "unmanaged.failed_to_convert_to_managed",
        "unmanaged.removed",
    ]


def test_a_takeover_fails_when_one_of_our_codes_has_the_pin_by_then():
    world = world_with()
    row = convert(world)

    services.issue_code(
        world.device(),
        CodeSpec(name="Lena", pin=Pin("735162")),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=1)

    assert the_row() == row
    assert events(row)[-1] == "unmanaged.failed_to_convert_to_managed"
    assert AccessCode.objects.get().name == "Lena"


def test_what_the_lock_hides_or_its_maker_keeps_is_not_taken_over():
    sentences = []
    for make in (HIDES_PINS, "igloohome"):
        world = world_with(make)
        row = UnmanagedCode.objects.get(device=world.device())
        with pytest.raises(RuleBroken) as refused:
            convert(world, row)
        sentences.append(refused.value.message)

    assert sentences == [
        "The lock does not show the PIN of this code, so it cannot be taken over.",
        "The maker of this lock does not let codes be taken over.",
    ]


def test_what_has_ended_or_is_switched_off_is_not_taken_over():
    world = world_with(ends_at=World(NATIVE).now + timedelta(minutes=5))
    world.run(minutes=6)
    with pytest.raises(RuleBroken, match="has ended"):
        convert(world)
    edit_at_keypad(world.locks[0], 1, now=world.now, ends_at=None, is_enabled=False)
    world.run(minutes=6)

    with pytest.raises(RuleBroken, match="switched off"):
        convert(world)

    assert not AccessCode.objects.exists()


def test_a_pin_of_ours_is_not_taken_over_a_second_time():
    world = world_with()
    services.issue_code(
        world.device(),
        CodeSpec(name="Lena", pin=Pin("735162")),
        actor=world.actor,
        now=world.now,
    )

    with pytest.raises(RuleBroken) as refused:
        convert(world)

    assert refused.value.code == "duplicate_access_code"


# ---- Removing


@pytest.mark.parametrize("make", [NATIVE, JUST_IN_TIME, HIDES_PINS, "igloohome"])
def test_a_code_that_somebody_wants_gone_is_removed_and_proven_gone(make):
    world = world_with(make)
    row = remove(world)
    attempt = attempts.remove_unmanaged(row, actor=world.actor, now=world.now)

    world.run(minutes=1)

    row.refresh_from_db()
    attempt.refresh_from_db()
    assert (world.on_lock(), row.gone_at is not None) == (set(), True)
    assert events(row) == ["unmanaged.created", "unmanaged.removed"]
    assert attempts.state(attempt, world.now).status == "success"
    [command] = LockCommand.objects.all()
    assert (command.action, command.outcome, command.installation) == ("remove", "accepted", None)
    assert command.unmanaged_code == row
    assert AuditEntry.objects.filter(action="access_code.remove_unmanaged").count() == 1


def test_only_what_was_meant_is_removed():
    world = world_with()
    row = remove(world)

    edit_at_keypad(world.locks[0], row.slot, now=world.now, pin=Pin("481599"))
    world.run(minutes=10)

    assert world.on_lock() == {"481599"}
    assert not LockCommand.objects.exists()


@pytest.mark.parametrize("fault", [Fault.LIES, Fault.FAILS_BEFORE, Fault.DOES_THEN_FAILS])
def test_a_removal_that_went_wrong_is_tried_until_a_reading_shows_it(fault):
    world = world_with()
    row = remove(world)
    fail_next_calls(world.locks[0], fault, 2)

    world.run(minutes=5)

    row.refresh_from_db()
    assert (world.on_lock(), row.gone_at is not None) == (set(), True)


def test_a_removal_that_an_engine_left_half_done_is_finished_by_the_next():
    world = world_with()
    row = remove(world)
    world.die_after_next("remove")

    world.run(minutes=5)

    row.refresh_from_db()
    assert (world.on_lock(), row.gone_at is not None) == (set(), True)
    assert [command.outcome for command in LockCommand.objects.all()] == ["lost"]


def test_the_pin_that_becomes_free_serves_the_code_that_waited_for_it():
    world = world_with()
    code = services.issue_code(
        world.device(),
        CodeSpec(name="Lena", pin=Pin("735162")),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=2)

    remove(world)
    world.run(minutes=2)

    code.refresh_from_db()
    assert (code.status, code.errors, world.on_lock()) == (Status.SET, [], {"735162"})
    assert Installation.objects.get().placement == Placement.PRESENT


# ---- Made while the lock is being read


class MadeMeanwhile:
    """A driver whose answer is on its way when somebody makes a code on the lock."""

    def __init__(self, world, driver):
        self._world, self._driver = world, driver

    def __getattr__(self, name):
        return getattr(self._driver, name)

    def read(self, lock):
        reading = self._driver.read(lock)
        world = self._world
        if not UnmanagedCode.objects.filter(name="Gardener").exists():
            make_foreign_code(
                world.device(), Pin("482915"), "Gardener", actor=world.actor, now=world.now
            )
        return reading


def test_a_reading_that_began_before_a_code_was_made_does_not_say_that_it_is_gone():
    world = world_with(digits="735162")  # an empty list would not be believed anyway
    driver_for = world.driver_for
    world.driver_for = lambda account, doors: MadeMeanwhile(world, driver_for(account, doors))
    Device.objects.poke(world.now)

    world.work()

    made = UnmanagedCode.objects.live().get(name="Gardener")
    assert events(made) == ["unmanaged.created"]
    erase_at_keypad(world.locks[0], made.slot, now=world.now)
    world.run(minutes=1)
    assert events(made) == ["unmanaged.created", "unmanaged.removed"]


def test_the_slot_of_a_code_that_such_a_reading_does_not_show_yet_is_not_written_to():
    world = world_with(digits="735162")
    driver_for = world.driver_for
    world.driver_for = lambda account, doors: MadeMeanwhile(world, driver_for(account, doors))
    ours = services.issue_code(
        world.device(), CodeSpec(name="Ana", pin=Pin("593026")), actor=world.actor, now=world.now
    )

    world.run(minutes=1)

    theirs = UnmanagedCode.objects.live().get(name="Gardener")
    assert ours.installations.get().slot not in {None, theirs.slot}
    assert events(theirs) == ["unmanaged.created"]


def test_our_own_code_in_a_slot_that_an_old_list_showed_as_anothers_is_not_a_strangers():
    world = World(HIDES_PINS)
    world.work()
    lock = world.locks[0]
    slot = add_foreign_code(lock, Pin("735162"), "Cleaner", now=world.now)
    world.clock.move(minutes=3)
    fail_next_calls(lock, Fault.EMPTY_LIST, 1)
    code = services.issue_code(
        world.device(), CodeSpec(name="Ana"), actor=world.actor, now=world.now
    )
    switch_fault(lock, Fault.STALE_LIST, on=True, now=world.now)
    world.work()
    switch_fault(lock, Fault.STALE_LIST, on=False, now=world.now)

    world.run(minutes=5)

    code.refresh_from_db()
    assert (entry_on(world).name, code.installation.slot, code.status) == ("Ana", slot, Status.SET)
    assert not UnmanagedCode.objects.live().exists()
