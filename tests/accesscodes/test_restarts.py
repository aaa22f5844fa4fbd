"""Restarting the engine over locks that are as wanted: nothing is sent, and little is read."""

from datetime import timedelta

import pytest

from accesscodes.choices import Status
from accesscodes.engine import lease as leases
from accesscodes.models import AccessCode, LockCommand, LockReading
from accesscodes.services import CodeSpec, issue_code
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.hotel import Hotel
from tests.processes import Site, wait_until

LOCKS, CODES, RESTARTS = 50, 10, 5


def is_dead_in_the_middle(world: World) -> None:
    """Let the engine take every lock, when all are due, and die with them in its hands."""
    dues = [device.due_at for device in Device.objects.all() if device.due_at is not None]
    world.clock.now = max(world.now, *dues)
    world.beat()
    for pk in leases.due_locks(world.now, LOCKS):
        assert leases.take(pk, world.engine_id, world.now) is not None


@pytest.mark.django_db
def test_five_restarts_over_settled_locks_send_nothing_and_read_each_lock_once():
    world = World(*["schlage"] * LOCKS)
    for lock in world.locks[::2]:
        switch_fault(lock, Fault.MASKS_PINS, True, now=world.now)
    world.refresh()
    for device in Device.objects.all():
        for number in range(CODES):
            issue_code(device, CodeSpec(name=f"Guest {number}"), actor=world.actor, now=world.now)
    world.run(minutes=10)
    assert set(AccessCode.objects.values_list("status", flat=True)) == {Status.SET}
    sent, held = LockCommand.objects.count(), [world.on_lock(lock) for lock in world.locks]
    assert sent == LOCKS * CODES

    for number in range(RESTARTS):
        if number % 2:
            is_dead_in_the_middle(world)
        looked = LockReading.objects.count()
        world.clock.move(seconds=30)
        world.new_engine()
        world.run(minutes=1)

        assert LockCommand.objects.count() == sent
        assert LockReading.objects.count() - looked <= LOCKS
        per_lock = LockReading.objects.filter(at__gt=world.now - timedelta(minutes=2))
        assert max(per_lock.filter(device=device).count() for device in Device.objects.all()) <= 1

    assert LockReading.objects.filter(is_good=False).count() == 0
    assert [world.on_lock(lock) for lock in world.locks] == held


def wait_until_all_are_looked_at(site: Site, query: str) -> None:
    wait_until(lambda: len(site.rows(query)) == LOCKS, "every lock is looked at")


@pytest.mark.long
@pytest.mark.processes
@pytest.mark.touches_database
def test_five_restarts_of_a_real_engine_send_nothing_and_read_each_lock_once(tmp_path, capsys):
    with Site(tmp_path, settings={"LOCKSITE_ENGINE_DEAD_SECONDS": "3"}) as site:
        hotel = Hotel(site, locks=LOCKS, answers=(0.01, 0.05), half_masked=True)
        for device_id in hotel.devices.values():
            for _ in range(CODES):
                hotel.call("/access_codes/create", device_id=device_id)
        hotel.wait_for("set", LOCKS * CODES, seconds=600)
        held = hotel.memory()
        [(sent,)] = site.rows("SELECT count(*) FROM accesscodes_lockcommand")

        for number in range(RESTARTS):
            [(newest,)] = site.rows("SELECT max(id) FROM accesscodes_lockreading")
            site.kill_engine() if number % 2 else site.stop_engine()
            site.start_engine()
            # Every lock is due now: what a restart makes of it is seen at once.
            site.run(
                "from properties.models import Device\n"
                "from datetime import UTC, datetime\n"
                "Device.objects.update(due_at=datetime.now(UTC))"
            )
            looked_at = (
                "SELECT device_id, count(*) FROM accesscodes_lockreading "
                f"WHERE id > {newest} GROUP BY device_id"
            )
            wait_until_all_are_looked_at(site, looked_at)

            assert {count for _, count in site.rows(looked_at)} == {1}
        assert site.rows("SELECT count(*) FROM accesscodes_lockcommand") == [(sent,)]
        assert hotel.memory() == held
        with capsys.disabled():
            print(  # noqa: T201
                f"\n  {RESTARTS} restarts over {LOCKS} locks with {CODES} codes: 0 commands, "
                "one look per lock and restart"
            )
