"""Who works on which lock."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection

from accesscodes.engine import lease as leases
from accesscodes.engine.lease import Answers
from accesscodes.models import EngineBeat
from properties.models import Device
from tests.clock import START
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    return DeviceFactory(due_at=START)


def engine(beat_at=START):
    return EngineBeat.objects.create(
        engine_id=uuid.uuid4(), host="test", pid=1, started_at=START, beat_at=beat_at
    ).engine_id


def test_a_due_lock_is_taken_once(device):
    first, second = engine(), engine()

    lease = leases.take(device.pk, first, START)

    assert (lease.token, lease.engine_id) == (1, first)
    assert leases.due_locks(START, 10) == []
    assert leases.take(device.pk, second, START) is None


def test_locks_wait_in_the_order_in_which_they_fell_due(device):
    earlier = DeviceFactory(due_at=START - timedelta(minutes=1))
    DeviceFactory(due_at=START + timedelta(minutes=1))
    DeviceFactory(due_at=None)

    assert leases.due_locks(START, 10) == [earlier.pk, device.pk]


def test_locks_that_did_not_answer_are_told_from_those_that_did(device):
    silent = DeviceFactory(due_at=START, failures=3)

    assert leases.due_locks(START, 10, answers=Answers.YES) == [device.pk]
    assert leases.due_locks(START, 10, answers=Answers.NO) == [silent.pk]


def test_a_lease_runs_out_after_90_seconds(device):
    owner = engine()
    leases.take(device.pk, owner, START)
    late = START + timedelta(seconds=90)
    EngineBeat.objects.update(beat_at=late)

    assert leases.take(device.pk, engine(late), late - timedelta(seconds=1)) is None
    assert leases.take(device.pk, engine(late), late).token == 2


def test_the_locks_of_an_engine_without_a_sign_of_life_are_free_after_20_seconds(device):
    leases.take(device.pk, engine(), START)

    assert leases.due_locks(START + timedelta(seconds=19), 10) == []
    assert leases.due_locks(START + timedelta(seconds=20), 10) == [device.pk]


def test_a_lock_given_back_is_due_again_at_its_time(device):
    lease = leases.take(device.pk, engine(), START)

    leases.give_back(lease, START + timedelta(minutes=5))

    device.refresh_from_db()
    assert (device.due_at, device.lease_owner) == (START + timedelta(minutes=5), None)


def test_a_wish_that_changes_during_the_work_is_not_slept_through(device):
    lease = leases.take(device.pk, engine(), START)
    Device.objects.filter(pk=device.pk).poke(START + timedelta(seconds=1))

    leases.give_back(lease, START + timedelta(minutes=5))

    device.refresh_from_db()
    assert device.due_at == START + timedelta(seconds=1)
    assert device.lease_owner is None


def test_an_old_holder_cannot_give_back_what_another_holds(device):
    old = leases.take(device.pk, engine(), START)
    late = START + timedelta(minutes=2)
    leases.take(device.pk, engine(late), late)

    leases.give_back(old, START + timedelta(days=1))

    device.refresh_from_db()
    assert device.lease_owner is not None
    assert device.due_at == START


def test_the_question_for_due_locks_is_answered_by_its_index():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Device.objects.managed().due(START).explain()

    assert "device_due" in plan
