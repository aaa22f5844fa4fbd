"""Spare codes: kept ready where slots allow, pulled by one guest and nobody after."""

from datetime import timedelta

import pytest

from accesscodes import pool, services
from accesscodes.choices import Kind, Status
from accesscodes.engine.watchdog import watch
from accesscodes.models import AccessCode, LockCommand, Problem
from accesscodes.pool_rules import HEADROOM, Pool, signals
from accesscodes.services import CodeChanges, CodeSpec
from locksite.errors import RuleBroken
from locksite.journal.models import Event
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from properties.stamps import stamp
from tests.accesscodes.world import World
from tests.clock import START

NATIVE = "schlage"


# ---- How many, and what is said of too few


@pytest.mark.parametrize(
    ("max_codes", "others", "wanted"),
    [(None, 400, 3), (100, 10, 3), (10, 5, 3), (10, 6, 2), (10, 8, 0), (10, 12, 0)],
)
def test_spares_never_take_the_last_free_slots(max_codes, others, wanted):
    pool_now = Pool(ready=0, kept=0, pulled=0, others=others, max_codes=max_codes)

    assert pool_now.wanted == wanted
    assert max_codes is None or wanted == 0 or others + wanted + HEADROOM <= max_codes


def test_a_pool_that_is_being_filled_is_not_called_empty_before_ten_minutes():
    empty = Pool(ready=0, kept=3, pulled=0, others=0, max_codes=100)

    soon = signals(empty, {}, START)
    later = signals(empty, soon, START + timedelta(minutes=10))

    assert soon == {"short_since": stamp(START), "errors": [], "warnings": []}
    assert later == {
        "short_since": stamp(START),
        "errors": [
            {
                "error_code": "empty_backup_access_code_pool",
                "message": "No backup code is ready on this lock.",
                "created_at": stamp(START),
                "is_device_error": True,
            }
        ],
        "warnings": [],
    }


def test_a_partial_pool_and_many_pulled_spares_are_warnings():
    pool_now = Pool(ready=1, kept=3, pulled=3, others=3, max_codes=100)
    before = signals(pool_now, {}, START)

    said = signals(pool_now, before, START + timedelta(hours=1))

    assert said["errors"] == []
    assert [(one["warning_code"], one["message"]) for one in said["warnings"]] == [
        ("partial_backup_access_code_pool", "Only 1 of 3 backup codes are ready."),
        ("many_active_backup_codes", "3 backup codes of this lock are in use."),
    ]


def test_of_a_full_pool_nothing_is_said():
    full = Pool(ready=3, kept=3, pulled=0, others=5, max_codes=100)

    assert signals(full, {"short_since": stamp(START), "errors": [], "warnings": []}, START) == {}


# ---- On virtual locks


def stay(world, *, name="Lena", nights=2, **spec):
    spec.setdefault("use_backup_access_code_pool", True)
    return services.issue_code(
        world.device(),
        CodeSpec(
            name=name,
            starts_at=world.now + timedelta(minutes=1),
            ends_at=world.now + timedelta(days=nights),
            **spec,
        ),
        actor=world.actor,
        now=world.now,
    )


def filled(make=NATIVE, **options):
    """A lock with a stay and, where it has room, its spares ready."""
    world = World(make, **options)
    code = stay(world)
    tend(world)
    return world, code


def tend(world):
    pool.tend(world.now)
    world.run(minutes=5)
    pool.tend(world.now)


def spares():
    return list(AccessCode.objects.spares().order_by("id"))


def pull(world, code):
    return pool.pull(code, actor=world.actor, now=world.now)


@pytest.mark.django_db
class TestOnLocks:
    def test_the_first_code_that_asks_for_it_gives_its_lock_three_spares(self):
        world, _ = filled()

        found = spares()

        assert [spare.status for spare in found] == [Status.SET] * 3
        assert {spare.name for spare in found} == {
            f"Backup {str(spare.uid)[:8]} (Locksite)" for spare in found
        }
        assert {len(world.digits(spare)) for spare in found} == {6}
        assert {spare.kind for spare in found} == {Kind.ONGOING}
        assert {world.digits(spare) for spare in found} < world.on_lock()

    def test_a_lock_without_such_a_code_has_none(self):
        world = World(NATIVE)
        stay(world, use_backup_access_code_pool=False)

        tend(world)

        assert spares() == []

    def test_tending_a_full_pool_again_changes_nothing(self):
        world, _ = filled()
        before = (Event.objects.count(), AccessCode.objects.count())

        assert pool.tend(world.now) == 0

        assert (Event.objects.count(), AccessCode.objects.count()) == before

    @pytest.mark.one_database
    def test_a_pulled_spare_opens_at_once_without_a_write_and_ends_with_the_stay(self):
        world, code = filled()
        writes = LockCommand.objects.count()
        switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)

        pulled = pull(world, code)

        digits = world.digits(pulled.spare)
        assert world.type(digits).reason is None
        assert (pulled.spare.status, pulled.spare.ends_at) == (Status.SET, code.ends_at)
        assert pulled.code.pulled_backup == pulled.spare
        world.run(minutes=5)
        assert LockCommand.objects.count() == writes
        switch_fault(world.locks[0], Fault.OFFLINE, False, now=world.now)
        world.run(days=3)
        pulled.spare.refresh_from_db()
        assert (pulled.spare.status, digits in world.on_lock()) == (Status.GONE, False)
        event = Event.objects.get(event_type="access_code.backup_access_code_pulled")
        assert (event.access_code_uid, event.payload) == (
            code.uid,
            {"backup_access_code_id": str(pulled.spare.uid)},
        )

    def test_a_second_pull_gives_the_same_spare_and_the_pool_fills_up(self):
        world, code = filled()
        first = pull(world, code).spare

        second = pull(world, code).spare
        world.run(minutes=5)

        assert second == first
        assert first not in spares()
        assert [spare.status for spare in spares()] == [Status.SET] * 3

    def test_a_spare_is_never_given_to_a_second_guest(self):
        world, code = filled()
        other = stay(world, name="Bea")
        world.run(minutes=5)

        taken = {pull(world, one).spare.pk for one in (code, other)}

        assert len(taken) == 2

    def test_only_a_spare_that_is_proven_on_the_lock_is_handed_out(self):
        world = World(NATIVE)
        code = stay(world)
        pool.tend(world.now)
        assert len(spares()) == 3

        with pytest.raises(RuleBroken) as refused:
            pull(world, code)

        assert refused.value.code == "backup_access_code_not_found"

    def test_a_code_without_dates_gets_none(self):
        world, _ = filled()
        code = services.issue_code(
            world.device(), CodeSpec(name="Cleaner"), actor=world.actor, now=world.now
        )

        with pytest.raises(RuleBroken) as refused:
            pull(world, code)

        assert refused.value.code == "access_code_not_time_bound"

    def test_deleting_the_code_takes_its_spare_along(self):
        world, code = filled()
        spare = pull(world, code).spare

        services.withdraw_code(code, actor=world.actor, now=world.now)
        world.run(minutes=2)

        spare.refresh_from_db()
        assert (spare.status, world.digits(spare) in world.on_lock()) == (Status.GONE, False)

    def test_a_longer_stay_lengthens_its_spare(self):
        world, code = filled()
        spare = pull(world, code).spare
        ends_at = code.ends_at + timedelta(days=1)

        services.change_code(code, CodeChanges(ends_at=ends_at), actor=world.actor, now=world.now)

        spare.refresh_from_db()
        assert spare.ends_at == ends_at

    def test_spares_yield_to_codes_that_people_want(self):
        world, _ = filled(traits={"max_codes": 8})
        assert len(spares()) == 3
        guests = [stay(world, name=f"Guest {number}") for number in range(4)]

        tend(world)

        assert len(spares()) == 1
        for guest in guests:
            guest.refresh_from_db()
        assert {guest.status for guest in guests} == {Status.SET}

    def test_a_small_lock_keeps_none_and_says_so(self):
        world, _ = filled(traits={"max_codes": 3})
        world.run(minutes=10)

        pool.tend(world.now)

        assert spares() == []
        [error] = world.device().all_errors
        assert error["error_code"] == "empty_backup_access_code_pool"

    def test_switching_it_off_takes_the_unused_spares_away_and_leaves_the_pulled_one(self):
        world, code = filled()
        spare = pull(world, code).spare
        world.run(minutes=5)

        pool.switch_off(world.device(), actor=world.actor, now=world.now)
        world.run(minutes=5)
        tend(world)

        assert spares() == []
        assert world.on_lock() == {world.digits(code), world.digits(spare)}
        assert not Device.objects.get().keeps_backup_codes

    def test_a_spare_that_is_not_on_the_lock_alarms_nobody(self):
        world = World(NATIVE)
        code = stay(world, nights=9)
        pool.tend(world.now)
        switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, True, now=world.now)
        world.run(hours=1)

        watch(world.now)

        assert set(Problem.objects.exclude(code=None).values_list("code", flat=True)) <= {code.pk}
