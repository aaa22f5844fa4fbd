"""The alarm rings from what the database says, whether or not an engine runs."""

from datetime import timedelta

import pytest

from accesscodes import services
from accesscodes.choices import Severity
from accesscodes.engine.watchdog import thin_readings, watch
from accesscodes.models import LockReading, Problem
from accesscodes.services import CodeSpec
from locksite.masked import Pin
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World("schlage")


def issue(world, **spec):
    return services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", pin=Pin("482915"), **spec),
        actor=world.actor,
        now=world.now,
    )


def open_problems():
    return list(Problem.objects.open().values_list("cause", "severity"))


def test_a_code_without_an_engine_is_a_problem_within_five_minutes(world):
    issue(world)

    watch(world.clock.move(minutes=3, seconds=59))
    assert open_problems() == []
    assert watch(world.clock.move(seconds=61)) == (1, 0)

    assert open_problems() == [("not_on_lock", Severity.BAD)]


def test_a_preloaded_code_that_nobody_saw_start_is_a_problem(world):
    issue(
        world,
        starts_at=world.now + timedelta(hours=1),
        ends_at=world.now + timedelta(hours=9),
    )
    world.run(minutes=1)

    watch(world.clock.move(hours=1, minutes=5))

    assert ("not_on_lock", Severity.BAD) in open_problems()


def test_a_code_past_its_end_that_nobody_took_off_is_a_problem(world):
    issue(world, starts_at=world.now, ends_at=world.now + timedelta(hours=1))
    world.work()

    watch(world.clock.move(hours=1, minutes=5))

    assert ("still_on_lock", Severity.BAD) in open_problems()


def test_a_code_for_next_month_is_no_problem(world):
    issue(
        world,
        starts_at=world.now + timedelta(days=30),
        ends_at=world.now + timedelta(days=31),
    )

    watch(world.clock.move(days=1))

    assert open_problems() == []


def test_a_lock_with_codes_that_was_not_read_for_400_seconds_is_a_problem(world):
    services.withdraw_code(issue(world), actor=world.actor, now=world.now)
    issue(world)
    world.work()

    watch(world.clock.move(seconds=399))
    assert open_problems() == []
    watch(world.clock.move(seconds=1))

    assert open_problems() == [("lock_blind", Severity.WARN)]


def test_a_problem_is_opened_once_and_closes_by_itself(world):
    issue(world)
    watch(world.clock.move(minutes=5))

    assert watch(world.clock.move(minutes=1)) == (0, 0)
    world.work()
    assert watch(world.now) == (0, 1)

    assert open_problems() == []
    assert Problem.objects.get().closed_at == world.now


def test_two_engines_that_watch_at_once_open_a_problem_once(world, monkeypatch):
    issue(world)
    watch(world.clock.move(minutes=5))
    seen_before = Problem.objects.none()
    monkeypatch.setattr(type(Problem.objects), "open", lambda _: seen_before, raising=False)

    assert watch(world.now) == (0, 0)

    assert Problem.objects.count() == 1


def test_readings_are_thinned_after_a_day_unless_something_rests_on_them(world):
    code = issue(world)
    world.run(minutes=30)
    proof = code.transitions.get(to_status="set").reading
    newest = LockReading.objects.newest_good(world.device())

    thin_readings(world.clock.move(days=2))

    assert set(LockReading.objects.all()) == {proof, newest}
