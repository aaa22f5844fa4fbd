"""The engine's process: one bad lock stops nothing, and bad options end in one line."""

import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.worker import Worker
from accesscodes.ledger import LeaseLost
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
