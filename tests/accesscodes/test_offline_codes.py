"""Offline codes from wish to door: asked for by the engine, never sent, ended by the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from accesscodes.choices import Status
from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode, Installation, LockCommand, Problem
from accesscodes.services import (
    CodeChanges,
    CodeSpec,
    change_code,
    issue_code,
    reveal_pin,
    withdraw_code,
)
from locksite.errors import RuleBroken
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import fail_next_calls, switch_fault
from tests.accesscodes.world import World
from tests.clock import START

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(clock):
    return World("igloohome", clock=clock)


def issue(world, starts=HOUR, lasts=20 * HOUR, **spec):
    return issue_code(
        world.device(),
        CodeSpec(
            name=spec.pop("name", "Lena Okafor"),
            starts_at=START + starts,
            ends_at=START + starts + lasts,
            is_offline_access_code=True,
            **spec,
        ),
        actor=world.actor,
        now=world.now,
    )


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def events(code):
    rows = Event.objects.filter(access_code_uid=code.uid).order_by("id")
    return [event.event_type.removeprefix("access_code.") for event in rows]


def refused(error):
    return (error.value.code, error.value.message, error.value.field)


def test_a_code_has_no_pin_until_the_engine_has_asked_for_it(world):
    code = issue(world)
    waiting = (code.status, code.pin, [one.mutation_code for one in code.pending_mutations(START)])

    with pytest.raises(RuleBroken) as not_yet:
        reveal_pin(code, actor=world.actor, now=world.now)
    world.work()

    known = fresh(code)
    assert waiting == (Status.UNSET, None, ["creating"])
    assert not_yet.value.message == "The PIN is not known yet."
    assert (known.status, known.diverged_since, known.pending_mutations(START)) == (
        Status.UNSET,
        None,
        (),
    )
    assert len(world.digits(code)) == 10
    assert events(code) == ["created", "mutations_requested", "changed", "code_changed"]


@pytest.mark.one_database
def test_it_opens_the_door_in_its_window_and_goes_by_the_clock(world):
    code = issue(world)
    world.run(minutes=59)
    digits = world.digits(code)
    early = (fresh(code).status, world.type(digits).opened)

    world.run(minutes=2)
    inside = (fresh(code).status, world.type(digits).opened)
    world.run(hours=20)
    over = (fresh(code).status, world.type(digits).opened)

    assert (early, inside, over) == (
        (Status.UNSET, False),
        (Status.SET, True),
        (Status.GONE, False),
    )
    assert events(code)[-1] == "deleted"
    assert "removed_from_device" not in events(code)
    assert world.on_lock() == set()
    assert LockCommand.objects.count() == 0
    assert Problem.objects.count() == 0


@pytest.mark.parametrize("fault", [Fault.OFFLINE, Fault.HUB_DISCONNECTED, Fault.CANNOT_LIST])
def test_a_lock_that_cannot_be_reached_makes_no_difference(world, fault):
    switch_fault(world.locks[0], fault, on=True, now=world.now)
    world.refresh()

    code = issue(world, starts=timedelta(0), attempt_for_offline_device=False)
    world.run(minutes=30)
    watch(world.now)

    assert fresh(code).status == Status.SET
    assert world.type(world.digits(code)).opened
    assert not Problem.objects.filter(code=code).exists()


def test_a_window_that_is_open_reads_setting_until_the_pin_is_known(world):
    code = issue(world, starts=-10 * timedelta(minutes=1))
    before = code.status
    world.work()

    assert (before, fresh(code).status) == (Status.SETTING, Status.SET)
    assert world.type(world.digits(code)).opened


def test_a_disconnected_account_gives_no_pin_and_staff_are_told(world):
    code = issue(world)
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=True, now=world.now)
    world.run(minutes=5)
    watch(world.now)
    waiting = (fresh(code).pin, [problem.sentence for problem in Problem.objects.open()])

    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=False, now=world.now)
    world.run(minutes=5)
    watch(world.now)

    assert waiting == (None, ["The code has no PIN yet, so there is nothing to send."])
    assert fresh(code).pin is not None
    assert Problem.objects.open().count() == 0


def test_a_refusal_by_the_maker_is_an_error_on_the_code_and_its_end_clears_it(world):
    code = issue(world)
    switch_fault(world.locks[0], Fault.TIME_ZONE_UNKNOWN, on=True, now=world.now)
    world.run(minutes=1)
    [error] = fresh(code).errors

    switch_fault(world.locks[0], Fault.TIME_ZONE_UNKNOWN, on=False, now=world.now)
    world.run(minutes=10)

    assert (error["error_code"], error["message"]) == (
        "time_zone_unknown",
        "The time zone of the lock is not set.",
    )
    assert (fresh(code).errors, fresh(code).pin is None) == ([], False)
    assert Installation.objects.get().error_code == ""


def test_a_lost_answer_is_asked_for_again_and_uses_up_one_pin_only(world):
    fail_next_calls(world.locks[0], Fault.DOES_THEN_FAILS)
    codes = [issue(world) for _ in range(3)]
    world.run(minutes=2)

    digits = [world.digits(code) for code in codes]
    world.run(hours=1)
    assert len(set(digits)) == 3
    assert all(world.type(each).opened for each in digits)


def test_a_code_that_opens_once_opens_once_and_stays_until_its_end(world):
    code = issue(world, starts=HOUR, lasts=DAY, is_one_time_use=True)
    world.run(hours=2)
    digits = world.digits(code)

    assert [world.type(digits).opened for _ in range(2)] == [True, False]
    assert (fresh(code).is_one_time_use, fresh(code).status) == (True, Status.SET)


def test_the_window_is_rounded_to_what_the_maker_offers(world):
    code = issue(world, starts=10 * timedelta(minutes=1), lasts=90 * timedelta(minutes=1))
    month = issue(world, lasts=30 * DAY - 2 * HOUR, max_time_rounding=DAY)

    assert [(one.starts_at, one.ends_at) for one in (code, month)] == [
        (START, START + 2 * HOUR),
        (START + HOUR, START + HOUR + 30 * DAY),
    ]


def test_a_long_stay_carries_the_warning_that_its_pin_must_be_used_early(world):
    short, long = issue(world, lasts=24 * HOUR), issue(world, lasts=25 * HOUR)
    world.work()

    assert [one["warning_code"] for one in fresh(long).warnings] == [
        "igloo_algopin_must_be_used_within_24_hours"
    ]
    assert fresh(short).warnings == []
    assert events(long) == events(short)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"pin": Pin("482915")},
            ("The lock's maker computes the PIN of an offline code; none can be given.", "code"),
        ),
        (
            {"common_code_key": "family"},
            (
                "The lock's maker chooses the PIN, so it cannot be shared with other codes.",
                "common_code_key",
            ),
        ),
        (
            {"use_backup_access_code_pool": True},
            ("Offline codes have no backup codes.", "use_backup_access_code_pool"),
        ),
        (
            {"lasts": 40 * DAY + 5 * HOUR},
            (
                "This lock offers offline codes for 1 hour to 28 days, or 29 to 367 days at the "
                "same time of day.",
                "ends_at",
            ),
        ),
        (
            {"lasts": 5 * HOUR, "is_one_time_use": True},
            ("A one-time code on this lock works for 24 hours from its start.", "ends_at"),
        ),
    ],
)
def test_what_the_maker_does_not_offer_is_refused_at_once(world, spec, expected):
    with pytest.raises(RuleBroken) as error:
        issue(world, **spec)

    assert refused(error) == ("invalid_input", *expected)
    assert AccessCode.objects.count() == 0


def test_an_offline_code_needs_a_window(world):
    with pytest.raises(RuleBroken) as error:
        issue_code(
            world.device(),
            CodeSpec(name="Lena Okafor", is_offline_access_code=True),
            actor=world.actor,
            now=world.now,
        )

    assert refused(error) == (
        "invalid_input",
        "An offline code needs both starts_at and ends_at.",
        None,
    )


def test_only_offline_codes_open_once(world):
    with pytest.raises(RuleBroken) as error:
        issue_code(
            world.device(),
            CodeSpec(name="Lena Okafor", is_one_time_use=True),
            actor=world.actor,
            now=world.now,
        )

    assert refused(error) == (
        "invalid_input",
        "Only offline codes can be one-time codes.",
        "is_one_time_use",
    )


@pytest.mark.parametrize(
    ("most", "spec", "sentence"),
    [
        (
            3,
            {},
            "3 offline codes start in this hour already, and the lock's maker gives no more.",
        ),
        (
            5,
            {"lasts": DAY, "is_one_time_use": True},
            "5 one-time codes start in this hour already, and the lock's maker gives no more.",
        ),
        (
            3,
            {"lasts": 30 * DAY},
            "3 offline codes start on this day already, and the lock's maker gives no more.",
        ),
    ],
)
def test_the_maker_gives_only_so_many_that_start_together(world, most, spec, sentence):
    codes = [issue(world, **spec) for _ in range(most)]

    with pytest.raises(RuleBroken) as error:
        issue(world, **spec)
    another_start = issue(world, starts=26 * HOUR, **spec)
    world.run(minutes=1)

    assert refused(error) == ("invalid_input", sentence, "starts_at")
    assert len({world.digits(code) for code in (*codes, another_start)}) == most + 1


def test_a_code_that_was_withdrawn_without_a_pin_makes_room(world):
    for _ in range(2):
        issue(world)
    doomed = issue(world)
    withdraw_code(doomed, actor=world.actor, now=world.now)

    last = issue(world)
    world.run(minutes=1)

    assert fresh(doomed).status == Status.GONE
    assert fresh(doomed).pin is None
    assert len(world.digits(last)) == 10


def test_a_known_pin_can_be_neither_changed_nor_taken_back(world):
    code = issue(world)
    world.work()

    with pytest.raises(RuleBroken) as no_change:
        change_code(code, CodeChanges(name="Bea"), actor=world.actor, now=world.now)
    with pytest.raises(RuleBroken) as no_withdrawal:
        withdraw_code(code, actor=world.actor, now=world.now)

    assert (refused(no_change), refused(no_withdrawal)) == (
        ("invalid_input", "An offline code cannot be changed.", "access_code_id"),
        ("invalid_input", "An offline code cannot be deleted.", "access_code_id"),
    )


def test_a_lock_without_such_a_maker_takes_none(clock):
    world = World("schlage", clock=clock)

    with pytest.raises(RuleBroken) as error:
        issue(world)

    assert (error.value.code, error.value.field) == ("device_cannot_take_codes", "device_id")


def test_hours_are_those_of_the_lock_s_own_zone(world):
    world.locks[0].time_zone = "Asia/Kolkata"
    world.locks[0].save()
    world.refresh()

    code = issue_code(
        world.device(),
        CodeSpec(
            name="Lena Okafor",
            starts_at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),  # half past four in India
            ends_at=datetime(2026, 11, 23, 12, 30, tzinfo=UTC),
            is_offline_access_code=True,
        ),
        actor=world.actor,
        now=world.now,
    )
    world.run(hours=1)

    assert (code.starts_at, code.ends_at) == (
        datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
        datetime(2026, 11, 23, 12, 30, tzinfo=UTC),
    )
    assert world.type(world.digits(code)).opened


def test_a_lock_with_online_and_offline_codes_gets_both(world):
    offline = issue(world, starts=timedelta(0))
    online = issue_code(
        world.device(),
        CodeSpec(name="Bea", pin=Pin("482915")),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=2)

    assert world.on_lock() == {"482915"}
    assert [fresh(code).status for code in (offline, online)] == [Status.SET, Status.SET]
    assert Device.objects.get().failing_since is None


@pytest.mark.one_database
def test_a_lock_with_fixed_times_and_no_online_codes_at_all(clock):
    world = World("oracode", clock=clock)
    code = issue(world, starts=5.5 * HOUR, lasts=42.5 * HOUR)  # half past three to ten
    world.run(hours=6)

    assert (code.starts_at, code.ends_at) == (START + 5 * HOUR, START + 49 * HOUR)
    assert (fresh(code).status, fresh(code).errors) == (Status.SET, [])
    assert world.type(world.digits(code)).opened
    world.run(hours=44)
    assert fresh(code).status == Status.GONE
    with pytest.raises(RuleBroken) as error:
        issue(world, starts=59 * HOUR, lasts=HOUR)
    assert error.value.message == (
        "This lock offers offline codes for 15:00 to 11:00, 09:00 to 18:00 or 12:00 to 12:00, "
        "up to 31 days."
    )


@pytest.mark.one_database
def test_a_lock_that_names_no_windows_takes_any_number_of_hours(clock):
    world = World("lockly", clock=clock)
    stay = issue(world, starts=timedelta(0), lasts=70 * HOUR)
    visit = issue(world, starts=timedelta(0), lasts=3 * HOUR, is_one_time_use=True)
    world.run(hours=2)

    assert [world.type(world.digits(code)).opened for code in (stay, visit, visit)] == [
        True,
        True,
        False,
    ]
    world.run(hours=60)
    assert world.type(world.digits(stay)).opened
    assert fresh(stay).warnings == []
