"""The engine's process: one bad lock stops nothing, and bad options end in one line."""

import threading
import uuid
from concurrent.futures import Future
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError

from accesscodes import ledger
from accesscodes.engine import lease as leases
from accesscodes.engine import worker as worker_module
from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.lease import Answers
from accesscodes.engine.worker import Worker
from accesscodes.ledger import LEASE_TIME, LeaseLost
from accesscodes.models import EngineBeat
from properties.models import Device
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db


def worker(world, work_on):
    return Worker(
        world.engine_id,
        doors=world.doors,
        stop=threading.Event(),
        work_on=work_on,
        jobs=[],
        threads=1,
        clock=ClockGuard(world.doors, lambda: None),
    )


def test_a_lock_whose_work_fails_is_due_again_after_a_minute(caplog):
    world = World("schlage")
    device = world.device()

    def poisoned(lease):
        raise ZeroDivisionError("a row that always raises")

    worker(world, poisoned).take_and_work(device.pk)

    device.refresh_from_db()
    assert (device.lease_owner, device.due_at) == (None, world.now + timedelta(minutes=1))
    assert f"work on lock {device.pk} failed" in caplog.text


def test_a_lock_whose_work_lost_the_database_is_due_again_at_once(caplog):
    world = World("schlage")
    device = world.device()

    def cut_off(lease):
        raise InterfaceError("the connection is closed")

    worker(world, cut_off).take_and_work(device.pk)

    device.refresh_from_db()
    assert (device.lease_owner, device.due_at) == (None, world.now + timedelta(seconds=2))
    assert f"work on lock {device.pk} lost the database" in caplog.text


def test_a_failure_that_cannot_be_written_down_for_want_of_a_database_keeps_no_lock(monkeypatch):
    world = World("schlage")
    device = world.device()

    def poisoned(lease):
        raise ZeroDivisionError("a row that always raises")

    def outage(lease, now):
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(ledger, "record_crash", outage)

    worker(world, poisoned).take_and_work(device.pk)

    device.refresh_from_db()
    assert (device.lease_owner, device.due_at) == (None, world.now + timedelta(seconds=2))


def test_a_lock_is_given_back_as_soon_as_the_database_is_there_again(monkeypatch):
    world = World("schlage")
    device = world.device()
    began, give_back, tries = world.now, leases.give_back, []

    def after_an_outage(lease, wake_at):
        tries.append(world.now - began)
        if len(tries) < 4:
            raise OperationalError("the server is starting up")
        give_back(lease, wake_at)

    monkeypatch.setattr(leases, "give_back", after_an_outage)
    # The transaction of this test would go with its connection.
    monkeypatch.setattr(worker_module, "close_old_connections", lambda: None)

    worker(world, lambda lease: world.now + timedelta(minutes=5)).take_and_work(device.pk)

    device.refresh_from_db()
    assert tries == [timedelta(seconds=seconds) for seconds in (0, 2, 4, 6)]
    assert (device.lease_owner, device.due_at) == (None, began + timedelta(minutes=5))


def test_an_engine_does_not_wait_for_the_database_longer_than_its_lease_lasts(monkeypatch):
    world = World("schlage")
    device = world.device()
    began = world.now

    def outage(lease, wake_at):
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(leases, "give_back", outage)

    with pytest.raises(OperationalError):
        worker(world, lambda lease: world.now).take_and_work(device.pk)

    assert world.now - began == LEASE_TIME


def test_a_lock_whose_work_fails_again_and_again_waits_ever_longer():
    world = World("schlage")
    device = world.device()

    def poisoned(lease):
        raise ZeroDivisionError("a row that always raises")

    pauses = []
    for _ in range(7):
        worker(world, poisoned).take_and_work(device.pk)
        device.refresh_from_db()
        assert device.due_at is not None
        pauses.append((device.due_at - world.now) / timedelta(minutes=1))
        world.clock.now = device.due_at

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert device.failing_since is not None


def test_an_engine_whose_clock_is_off_says_so_with_each_sign_of_life():
    world = World("schlage")
    clock = ClockGuard(world.doors, lambda: world.now - timedelta(minutes=10))
    engine = Worker(
        uuid.uuid4(),
        doors=world.doors,
        stop=set_event(),
        work_on=lambda lease: world.now,
        jobs=[],
        threads=1,
        clock=clock,
    )

    engine.run()

    assert EngineBeat.objects.get(stopped_at__isnull=False).clock_off_by == timedelta(minutes=10)


def set_event():
    event = threading.Event()
    event.set()
    return event


def test_silent_locks_leave_the_threads_of_the_others_free(monkeypatch):
    world = World(*["schlage"] * 6)
    silent = [world.device(lock) for lock in world.locks[:5]]
    Device.objects.filter(pk__in=[device.pk for device in silent]).update(failures=1)
    engine = Worker(
        world.engine_id,
        doors=world.doors,
        stop=threading.Event(),
        work_on=lambda lease: world.now,
        jobs=[],
        threads=4,
        clock=ClockGuard(world.doors, lambda: None),
    )
    asked = {Answers.YES: Hands(), Answers.NO: Hands()}

    engine._take_up(Answers.YES, asked[Answers.YES], 4)
    engine._take_up(Answers.NO, asked[Answers.NO], 1)
    engine._take_up(Answers.NO, asked[Answers.NO], 1)

    assert [pk for _, pk in asked[Answers.YES].given] == [world.device(world.locks[5]).pk]
    assert len(asked[Answers.NO].given) == 1


class Hands:
    """A pool whose work never ends."""

    def __init__(self):
        self.given = []

    def submit(self, _, work, argument):
        self.given.append((work, argument))
        return Future()


def test_a_lock_that_was_taken_over_is_left_to_its_new_holder():
    world = World("schlage")
    device = world.device()

    def overtaken(lease):
        raise LeaseLost("too slow")

    worker(world, overtaken).take_and_work(device.pk)

    device.refresh_from_db()
    assert device.lease_owner == world.engine_id


def test_an_engine_without_threads_is_refused_in_one_line():
    with pytest.raises(CommandError, match=r"^--threads must be at least 1\.$"):
        call_command("run_engine", "--threads", "0")
