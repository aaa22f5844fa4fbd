"""What others change at the lock is put back, or let be where that is allowed."""

from datetime import timedelta

import pytest

from accesscodes import services
from accesscodes.choices import Outcome, Placement, Status
from accesscodes.models import AccessCode, LockCommand
from accesscodes.services import CodeChanges, CodeSpec
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.registry import driver_for
from properties.providers.virtual.people import (
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
)
from properties.stamps import stamp
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db

CHANGED = "conflicting_external_modification"
LET_BE = "external_modification_in_effect"


@pytest.fixture
def world():
    return World("schlage")


def issue(world, **spec):
    code = services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", pin=Pin("482915"), **spec),
        actor=world.actor,
        now=world.now,
    )
    world.work()
    return code


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def look_again(world, **later):
    world.clock.move(**(later or {"minutes": 6}))
    world.work()


def problems(code):
    row = fresh(code)
    return [error["error_code"] for error in row.errors], [
        warning["warning_code"] for warning in row.warnings
    ]


def events(code):
    rows = Event.objects.filter(access_code_uid=code.uid).order_by("id")
    return [row.event_type.removeprefix("access_code.") for row in rows]


def erase_and_look(world):
    """Let somebody erase the code; an empty list is believed only the second time."""
    erase_at_keypad(world.locks[0], 1, now=world.now)
    world.run(minutes=6)


def test_a_code_is_put_back_three_times_a_day_and_then_a_person_decides(world):
    code = issue(world)

    for _ in range(3):
        erase_and_look(world)
        assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    erase_and_look(world)
    look_again(world, hours=25)
    look_again(world)

    row = fresh(code)
    assert (row.status, world.on_lock()) == (Status.SETTING, set())
    assert [error["message"] for error in row.errors] == [
        "The code was removed from the lock outside Locksite. "
        "It was put back 3 times in a day: decide what holds."
    ]
    assert events(code).count("deleted_external_to_seam") == 4


def test_whoever_decides_for_ours_gets_it_back(world):
    code = issue(world)
    for _ in range(4):
        erase_and_look(world)

    services.restore_code(code, actor=world.actor, now=world.now)
    look_again(world, seconds=1)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    assert problems(code) == ([], [])


def test_changes_of_another_day_do_not_count(world):
    code = issue(world)
    for _ in range(3):
        erase_and_look(world)
    look_again(world, hours=25)

    erase_and_look(world)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})


def test_a_change_that_is_allowed_stays_and_shows_as_a_warning(world):
    code = issue(world, is_external_modification_allowed=True)

    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("735162"))
    world.run(hours=2)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"735162"})
    assert problems(code) == ([], [LET_BE])
    assert fresh(code).warnings[0]["change_type"] == "modified"
    assert events(code).count("modified_external_to_seam") == 1
    assert LockCommand.objects.count() == 1


def test_a_removal_that_is_allowed_is_let_be_and_does_not_pass_for_set(world):
    code = issue(world, is_external_modification_allowed=True)

    erase_and_look(world)
    world.run(hours=2)

    assert (fresh(code).status, world.on_lock()) == (Status.UNSET, set())
    assert fresh(code).warnings[0]["change_type"] == "removed"
    assert events(code).count("deleted_external_to_seam") == 1
    assert fresh(code).diverged_since is not None
    assert LockCommand.objects.count() == 1


def test_a_change_that_is_let_be_ends_with_the_next_change_of_ours(world):
    code = issue(world, is_external_modification_allowed=True)
    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("735162"))
    look_again(world)

    services.change_code(code, CodeChanges(name="Ana Prado"), actor=world.actor, now=world.now)
    look_again(world, seconds=1)

    assert (fresh(code).status, world.on_lock()) == (Status.SET, {"482915"})
    assert problems(code) == ([], [])


def test_what_was_let_be_is_as_wanted_again_once_it_is_back(world):
    code = issue(world, is_external_modification_allowed=True)
    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("735162"))
    look_again(world)

    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("482915"))
    look_again(world)

    assert fresh(code).status == Status.SET
    assert problems(code) == ([], [])


def test_a_code_that_was_switched_off_does_not_pass_for_set_and_is_switched_on(world):
    code = issue(world)
    edit_at_keypad(world.locks[0], 1, now=world.now, is_enabled=False)
    assert not world.type("482915").opened

    look_again(world)

    assert fresh(code).status == Status.SET
    assert world.type("482915").opened
    assert [path.to_status for path in code.transitions.order_by("id")] == [
        "setting",
        "set",
        "setting",
        "set",
    ]


def test_one_change_counts_once_however_often_putting_it_back_is_refused(world):
    code = issue(world)
    edit_at_keypad(world.locks[0], 1, now=world.now, is_enabled=False)
    refusals = 5
    for _ in range(refusals):
        world.clock.move(minutes=6)
        world.do_during_next(
            "read", lambda: fail_next_calls(world.locks[0], Fault.RATE_LIMITED, 1)
        )
        world.work()
    assert LockCommand.objects.filter(outcome=Outcome.REFUSED).count() == refusals

    world.driver_for = driver_for
    world.run(minutes=20)

    assert fresh(code).status == Status.SET
    assert len(fresh(code).installation.restores) == 1


def test_a_code_that_may_be_switched_off_stays_off_and_says_so(world):
    code = issue(world, is_external_modification_allowed=True)
    edit_at_keypad(world.locks[0], 1, now=world.now, is_enabled=False)

    world.run(hours=1)

    assert fresh(code).status == Status.UNSET
    assert problems(code) == (["access_code_inactive"], [])
    assert not world.type("482915").opened


def test_dates_changed_at_the_lock_are_put_right_without_a_false_set(world):
    starts_at = world.now + timedelta(hours=1)
    code = issue(world, starts_at=starts_at, ends_at=starts_at + timedelta(days=2))
    edit_at_keypad(world.locks[0], 1, now=world.now, ends_at=starts_at + timedelta(days=9))

    look_again(world)

    entry = fresh(code).installation
    assert entry.placement == Placement.PRESENT
    assert entry.content["ends_at"] == fresh(code).ends_at.isoformat()
    assert events(code).count("modified_external_to_seam") == 1


def test_a_change_that_others_made_can_be_accepted(world):
    starts_at = world.now + timedelta(hours=1)
    code = issue(
        world,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=2),
        is_external_modification_allowed=True,
    )
    later = starts_at + timedelta(days=3)
    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("735162"), ends_at=later)
    look_again(world)

    services.accept_outside_change(code, actor=world.actor, now=world.now)
    world.run(minutes=80)

    row = fresh(code)
    assert (row.status, row.ends_at, world.digits(code)) == (Status.SET, later, "735162")
    assert problems(code) == ([], [])
    assert LockCommand.objects.count() == 1
    detail = AuditEntry.objects.get(action="access_code.accept_outside_change").detail
    assert detail["changed"] == ["ends_at", "pin"]
    assert (detail["from"], detail["to"]) == (
        {"ends_at": stamp(starts_at + timedelta(days=2))},
        {"ends_at": stamp(later)},
    )


def test_a_change_made_too_often_ends_when_it_is_accepted(world):
    code = issue(world)
    for digits in ("735162", "904718", "618320", "735162"):
        edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin(digits))
        look_again(world)
    assert problems(code) == ([CHANGED], [])

    services.accept_outside_change(code, actor=world.actor, now=world.now)
    look_again(world)

    assert (fresh(code).status, world.digits(code)) == (Status.SET, "735162")
    assert problems(code) == ([], [])


def test_a_removal_that_others_made_is_accepted_by_withdrawing_the_code(world):
    code = issue(world, is_external_modification_allowed=True)
    erase_and_look(world)

    services.accept_outside_change(code, actor=world.actor, now=world.now)
    world.run(minutes=2)

    assert fresh(code).status == Status.GONE


def test_a_change_that_the_lock_hides_cannot_be_accepted():
    world = World("wyze")
    code = issue(world)
    edit_at_keypad(world.locks[0], 1, now=world.now, name="Somebody", is_enabled=True)
    AccessCode.objects.get().installations.update(
        content={**fresh(code).installation.content, "pin_index": "not ours"}, pin=None
    )

    with pytest.raises(RuleBroken, match="does not show the new PIN"):
        services.accept_outside_change(code, actor=world.actor, now=world.now)
