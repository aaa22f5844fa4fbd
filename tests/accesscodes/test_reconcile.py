"""The engine on virtual locks: codes go on, prove it, and come off again."""

from datetime import timedelta

import pytest

from accesscodes import services
from accesscodes.choices import Kind, Placement, Status
from accesscodes.models import AccessCode, LockCommand, Problem, Transition
from accesscodes.services import CodeChanges, CodeSpec
from locksite.errors import RuleBroken
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import VirtualLock
from properties.providers.virtual.people import (
    add_foreign_code,
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
    switch_fault,
)
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db

NATIVE, JUST_IN_TIME, HIDES_PINS = "schlage", "lockly", "wyze"


def issue(world, *, digits="482915", lock=None, **spec):
    return services.issue_code(
        world.device(lock),
        CodeSpec(name="Lena Okafor", pin=Pin(digits), **spec),
        actor=world.actor,
        now=world.now,
    )


def window(world, starts_in: timedelta, lasts: timedelta = timedelta(days=2)) -> dict:
    return {"starts_at": world.now + starts_in, "ends_at": world.now + starts_in + lasts}


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def path(code):
    return [
        (row.from_status, row.to_status)
        for row in Transition.objects.filter(code=code).order_by("id")
    ]


def events(code):
    rows = Event.objects.filter(access_code_uid=code.uid).order_by("id")
    return [row.event_type.removeprefix("access_code.") for row in rows]


def test_an_ongoing_code_is_set_only_after_a_reading_showed_it():
    world = World(NATIVE)

    code = issue(world)
    assert fresh(code).status == Status.SETTING
    world.work()

    assert fresh(code).status == Status.SET
    assert world.on_lock() == {"482915"}
    assert world.type("482915").opened
    assert path(code) == [("", "setting"), ("setting", "set")]
    assert Transition.objects.get(code=code, to_status="set").reading is not None
    assert events(code) == ["created", "mutations_requested", "set_on_device"]


def test_a_deleted_code_is_gone_only_after_a_reading_showed_it_missing():
    world = World(NATIVE)
    code = issue(world)
    world.work()

    services.withdraw_code(code, actor=world.actor, now=world.now)
    assert fresh(code).status == Status.REMOVING
    world.clock.move(seconds=1)
    world.work()

    assert fresh(code).status == Status.GONE
    assert world.on_lock() == set()
    assert not world.type("482915").opened
    assert events(code)[-3:] == ["mutations_requested", "removed_from_device", "deleted"]


def test_a_code_that_was_never_sent_is_gone_at_once():
    world = World(NATIVE)
    code = issue(world, **window(world, timedelta(days=30)))
    assert fresh(code).status == Status.UNSET

    services.withdraw_code(code, actor=world.actor, now=world.now)

    assert fresh(code).status == Status.GONE
    assert path(code) == [("", "unset"), ("unset", "gone")]
    assert "removed_from_device" not in events(code)
    assert events(code)[-1] == "deleted"


def test_deletion_while_setting_never_brings_the_code_back():
    world = World(NATIVE)
    code = issue(world)

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(hours=1)

    assert fresh(code).status == Status.GONE
    assert world.on_lock() == set()


def test_a_native_code_is_preloaded_72_hours_ahead_stays_unset_and_is_set_at_its_start():
    world = World(NATIVE)
    code = issue(world, **window(world, timedelta(days=5)))

    world.clock.move(timedelta(days=2) - timedelta(minutes=1))
    world.run(seconds=30)
    assert world.on_lock() == set()
    world.run(minutes=2)
    assert (fresh(code).status, fresh(code).is_scheduled_on_device) == (Status.UNSET, True)
    assert world.on_lock() == {"482915"}
    assert not world.type("482915").opened
    world.clock.move(timedelta(days=3) - timedelta(minutes=6))
    world.run(minutes=10)

    assert fresh(code).status == Status.SET
    assert world.type("482915").opened
    assert path(code) == [("", "unset"), ("unset", "set")]
    assert events(code) == [
        "created",
        "mutations_requested",
        "scheduled_on_device",
        "set_on_device",
    ]


def test_a_lock_without_a_timetable_gets_the_code_60_minutes_ahead():
    world = World(JUST_IN_TIME)
    code = issue(world, **window(world, timedelta(hours=5)))

    world.run(timedelta(hours=4) - timedelta(minutes=1))
    assert (fresh(code).status, world.on_lock()) == (Status.UNSET, set())
    world.run(minutes=2)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    assert path(code) == [("", "unset"), ("unset", "setting"), ("setting", "set")]


@pytest.mark.parametrize("make", [NATIVE, JUST_IN_TIME, HIDES_PINS])
def test_a_code_with_dates_is_taken_off_at_its_end(make):
    world = World(make)
    code = issue(world, **window(world, timedelta(minutes=5), timedelta(hours=2)))

    world.run(hours=1)
    assert fresh(code).status == Status.SET
    world.run(hours=2)

    assert fresh(code).status == Status.GONE
    assert world.on_lock() == set()
    assert path(code)[-2:] == [("set", "removing"), ("removing", "gone")]


def test_a_preloaded_code_whose_lock_is_silent_at_its_start_is_setting_until_it_is_seen():
    world = World(NATIVE)
    code = issue(world, **window(world, timedelta(hours=1)))
    world.run(minutes=30)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)

    world.run(minutes=32)
    assert fresh(code).status == Status.SETTING
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)
    world.run(minutes=5)

    assert fresh(code).status == Status.SET
    assert path(code) == [("", "unset"), ("unset", "setting"), ("setting", "set")]


@pytest.mark.parametrize("fault", [Fault.LIES, Fault.FAILS_BEFORE, Fault.DOES_THEN_FAILS])
def test_a_lock_that_misleads_is_believed_only_by_what_it_shows(fault):
    world = World(NATIVE)
    fail_next_calls(world.locks[0], fault, 2)
    code = issue(world)

    world.work()
    status_after_one_pass = fresh(code).status
    world.run(minutes=2)

    expected = Status.SET if fault is Fault.DOES_THEN_FAILS else Status.SETTING
    assert status_after_one_pass == expected
    assert fresh(code).status == Status.SET
    assert world.on_lock() == {"482915"}


def test_a_lie_about_a_removal_does_not_make_the_code_gone():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    fail_next_calls(world.locks[0], Fault.LIES, 1)

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.work()
    assert fresh(code).status == Status.REMOVING
    world.run(minutes=2)

    assert (fresh(code).status, world.on_lock()) == (Status.GONE, set())


def test_a_code_erased_at_the_keypad_is_put_back_and_said_so():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    [slot] = LockCommand.objects.values_list("slot", flat=True)

    erase_at_keypad(world.locks[0], slot, now=world.now)
    world.run(minutes=10)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    assert path(code)[-2:] == [("set", "setting"), ("setting", "set")]
    assert events(code)[-2:] == ["deleted_external_to_seam", "set_on_device"]


def test_a_code_edited_at_the_lock_is_put_right():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    [slot] = LockCommand.objects.values_list("slot", flat=True)

    edit_at_keypad(world.locks[0], slot, now=world.now, pin=Pin("735162"))
    world.run(minutes=10)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    assert "modified_external_to_seam" in events(code)
    assert "code_changed" not in events(code)


def test_the_pin_that_was_seen_in_our_slot_is_kept_sealed():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    [slot] = LockCommand.objects.values_list("slot", flat=True)
    seen = []

    def look_into_the_row():
        row = code.installations.get()
        seen.append(row.pin.open(bound_to=row.uid).digits)

    edit_at_keypad(world.locks[0], slot, now=world.now, pin=Pin("735162"))
    world.do_during_next("program", look_into_the_row)
    world.run(minutes=10)
    look_into_the_row()

    assert seen == ["735162", "482915"]


def test_codes_that_are_not_ours_are_never_touched():
    world = World(NATIVE)
    add_foreign_code(world.locks[0], Pin("735162"), "old cleaner", now=world.now)
    code = issue(world)
    world.run(minutes=10)

    services.withdraw_code(code, actor=world.actor, now=world.now)
    world.run(minutes=10)

    assert world.on_lock() == {"735162"}


def test_a_pin_that_a_foreign_code_uses_is_reported_as_a_duplicate_and_not_written():
    world = World(NATIVE)
    add_foreign_code(world.locks[0], Pin("482915"), "old cleaner", now=world.now)

    code = issue(world)
    world.run(minutes=5)

    [error] = fresh(code).errors
    assert error["error_code"] == "duplicate_code_on_device"
    assert LockCommand.objects.count() == 0


def test_a_full_lock_is_reported_and_the_code_follows_when_a_slot_is_free():
    world = World(NATIVE, traits={"max_codes": 1})
    first = issue(world, digits="482915")
    second = issue(world, digits="735162")

    world.run(minutes=2)
    assert fresh(second).errors[0]["error_code"] == "no_space_for_access_code_on_device"
    services.withdraw_code(first, actor=world.actor, now=world.now)
    world.run(minutes=2)

    assert (fresh(second).status, world.on_lock()) == (Status.SET, {"735162"})
    assert fresh(second).errors == []


def test_a_full_lock_is_refused_with_its_reason():
    world = World(NATIVE, traits={"max_codes": 1})
    issue(world)
    world.work()

    with pytest.raises(RuleBroken) as caught:
        issue(world, digits="735162")

    assert caught.value.code == "device_cannot_take_codes"
    assert caught.value.message == "All 1 code slots are used."


def test_a_new_pin_replaces_the_old_one_in_the_same_slot():
    world = World(NATIVE)
    code = issue(world)
    world.work()

    services.change_code(code, CodeChanges(pin=Pin("735162")), actor=world.actor, now=world.now)
    assert fresh(code).status == Status.SETTING
    assert world.on_lock() == {"482915"}
    world.clock.move(seconds=1)
    world.work()

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"735162"})
    assert set(LockCommand.objects.values_list("action", "slot")) == {
        ("program", 1),
        ("update", 1),
    }
    assert events(code)[-4:] == ["changed", "mutations_requested", "set_on_device", "code_changed"]


def test_a_rename_travels_to_a_lock_that_shows_names():
    world = World(NATIVE)
    code = issue(world)
    world.work()

    services.change_code(code, CodeChanges(name="Lena O."), actor=world.actor, now=world.now)
    world.run(minutes=1)

    assert fresh(code).status == Status.SET
    assert events(code)[-1] == "name_changed"


def test_a_longer_stay_on_a_lock_without_a_timetable_changes_no_status():
    world = World(JUST_IN_TIME)
    code = issue(world, **window(world, timedelta(minutes=1)))
    world.run(minutes=5)
    writes = LockCommand.objects.count()

    services.change_code(
        code,
        CodeChanges(ends_at=world.now + timedelta(days=9)),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=5)

    assert path(code)[-1] == ("setting", "set")
    assert LockCommand.objects.count() == writes
    assert events(code)[-1] == "time_frame_changed"


def test_a_start_moved_later_takes_the_code_off_a_lock_without_a_timetable():
    world = World(JUST_IN_TIME)
    code = issue(world, **window(world, timedelta(minutes=30)))
    world.run(minutes=1)
    assert world.on_lock() == {"482915"}

    services.change_code(
        code, CodeChanges(**window(world, timedelta(days=3))), actor=world.actor, now=world.now
    )
    world.run(minutes=1)

    assert (fresh(code).status, world.on_lock()) == (Status.UNSET, set())
    assert fresh(code).gone_at is None


def test_dates_can_be_dropped_and_given_again():
    world = World(NATIVE)
    code = issue(world, **window(world, timedelta(days=1)))
    world.run(minutes=1)

    services.change_code(code, CodeChanges(kind=Kind.ONGOING), actor=world.actor, now=world.now)
    world.run(minutes=1)
    assert fresh(code).status == Status.SET
    assert world.type("482915").opened
    services.change_code(
        code, CodeChanges(**window(world, timedelta(days=1))), actor=world.actor, now=world.now
    )
    assert fresh(code).status == Status.SETTING
    world.run(minutes=1)

    assert fresh(code).status == Status.UNSET
    assert not world.type("482915").opened


def test_a_lock_that_hides_pins_is_not_written_again_after_a_restart():
    world = World(HIDES_PINS)
    issue(world)
    world.run(minutes=5)
    writes = LockCommand.objects.count()

    for _ in range(5):
        world.new_engine()
        world.run(minutes=11)

    assert LockCommand.objects.count() == writes == 1


def test_a_guest_after_a_guest_with_the_same_pin_is_written_when_the_first_is_gone():
    world = World(NATIVE)
    first = issue(world, **window(world, timedelta(minutes=1), timedelta(hours=2)))
    second = issue(world, **window(world, timedelta(hours=2, minutes=1)))

    world.run(hours=1)
    assert (fresh(first).status, fresh(second).status) == (Status.SET, Status.UNSET)
    assert fresh(second).errors == []
    world.run(hours=2)

    assert (fresh(first).status, fresh(second).status) == (Status.GONE, Status.SET)
    assert world.type("482915").opened


def test_the_same_pin_in_an_overlapping_window_is_refused():
    world = World(NATIVE)
    issue(world)

    with pytest.raises(RuleBroken) as caught:
        issue(world)

    assert (caught.value.code, caught.value.field) == ("duplicate_access_code", "code")
    assert AccessCode.objects.count() == 1


def test_a_code_past_its_end_that_may_still_open_holds_its_pin():
    world = World(NATIVE)
    issue(world, **window(world, timedelta(minutes=1), timedelta(hours=1)))
    world.run(minutes=30)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.run(hours=2)

    with pytest.raises(RuleBroken) as caught:
        issue(world)

    assert caught.value.code == "duplicate_access_code"


def test_a_silent_lock_opens_a_problem_within_five_minutes_that_closes_by_itself():
    world = World(NATIVE)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()
    code = issue(world)

    world.settle(timedelta(minutes=5))
    [problem] = Problem.objects.open()
    assert (problem.code, problem.cause, problem.since) == (code, "lock_silent", code.created_at)
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)
    world.settle(timedelta(minutes=5))

    assert not Problem.objects.open().exists()
    assert fresh(code).status == Status.SET


def test_slowness_becomes_a_warning_after_10_minutes_and_an_error_after_30():
    world = World(NATIVE)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    code = issue(world)

    world.run(minutes=11)
    warning = [item["warning_code"] for item in fresh(code).warnings]
    world.run(minutes=20)
    error = [item["error_code"] for item in fresh(code).errors]

    assert (warning, error) == (["delay_in_setting_on_device"], ["failed_to_set_on_device"])
    assert events(code)[-2:] == ["delay_in_setting_on_device", "failed_to_set_on_device"]


def test_an_engine_that_dies_after_the_lock_did_it_leaves_a_code_that_is_adopted():
    world = World(NATIVE)
    code = issue(world)
    world.die_after_next("program")

    world.work()
    assert world.on_lock() == {"482915"}
    assert LockCommand.objects.get().outcome == ""
    world.run(minutes=3)

    assert fresh(code).status == Status.SET
    assert [row.outcome for row in LockCommand.objects.all()] == ["lost"]
    assert code.installations.get().placement == Placement.PRESENT


def test_codes_are_unknown_while_their_account_is_disconnected_and_come_back():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=True, now=world.now)
    world.refresh()

    world.run(minutes=6)
    assert fresh(code).status == Status.UNKNOWN
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=False, now=world.now)
    world.refresh()
    world.run(minutes=6)

    assert fresh(code).status == Status.SET
    assert path(code)[-2:] == [("set", "unknown"), ("unknown", "set")]
    assert LockCommand.objects.count() == 1


def test_a_code_stays_unknown_after_its_account_is_back_until_its_lock_was_seen():
    world = World(NATIVE)
    code = issue(world)
    world.work()
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=True, now=world.now)
    world.refresh()
    world.run(minutes=2)
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=False, now=world.now)
    world.refresh()

    world.run(minutes=5)
    assert fresh(code).status == Status.UNKNOWN
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)
    world.run(minutes=5)

    assert fresh(code).status == Status.SET


def test_a_code_refused_for_a_missing_keypad_is_sent_as_soon_as_the_keypad_is_back():
    world = World("nuki")
    code = issue(world, digits="482915")
    switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, on=True, now=world.now)
    world.refresh()
    world.run(minutes=20)
    assert fresh(code).status == Status.SETTING
    assert code.installations.get().retry_at > world.now + timedelta(minutes=5)

    switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, on=False, now=world.now)
    world.refresh()
    world.run(seconds=5)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})


def test_a_refused_code_is_tried_again_when_the_lock_holds_something_else():
    world = World(NATIVE)
    foreign = add_foreign_code(world.locks[0], Pin("735162"), "old cleaner", now=world.now)
    switch_fault(world.locks[0], Fault.MEMORY_FULL, on=True, now=world.now)
    code = issue(world)
    world.run(minutes=20)
    writes = LockCommand.objects.count()
    assert fresh(code).errors[0]["error_code"] == "no_space_for_access_code_on_device"
    VirtualLock.objects.update(faults=[])

    erase_at_keypad(world.locks[0], foreign, now=world.now)
    world.run(minutes=1)

    assert fresh(code).status == Status.SET
    assert LockCommand.objects.count() == writes + 1


def test_a_refused_code_is_tried_at_once_when_somebody_asks_for_it():
    world = World(NATIVE)
    switch_fault(world.locks[0], Fault.RATE_LIMITED, on=True, now=world.now)
    code = issue(world)
    world.run(minutes=1)
    VirtualLock.objects.update(faults=[])
    assert code.installations.get().retry_at > world.now + timedelta(seconds=1)

    services.retry_code(code, actor=world.actor, now=world.now)
    world.run(seconds=1)

    assert (fresh(code).status, fresh(code).revision) == (Status.SET, code.revision)


def test_a_change_made_while_the_lock_is_written_is_neither_lost_nor_stumbled_over():
    world = World(NATIVE)
    first = issue(world, digits="482915")
    second = issue(world, digits="735162")

    def rename_at_work():
        services.change_code(first, CodeChanges(name="Bea"), actor=world.actor, now=world.now)

    world.do_during_next("program", rename_at_work)
    world.work()
    assert set(LockCommand.objects.values_list("outcome", flat=True)) == {"accepted"}
    world.run(minutes=1)

    assert {fresh(first).status, fresh(second).status} == {Status.SET}
    assert first.installations.get().content["name"] == "Bea"
    assert LockCommand.objects.count() == 3


def test_a_code_deleted_while_the_lock_is_written_comes_off_again():
    world = World(NATIVE)
    code = issue(world)

    def delete_at_work():
        services.withdraw_code(code, actor=world.actor, now=world.now)

    world.do_during_next("program", delete_at_work)
    world.run(minutes=1)

    assert (fresh(code).status, world.on_lock()) == (Status.GONE, set())
    assert path(code) == [("", "setting"), ("setting", "removing"), ("removing", "gone")]
