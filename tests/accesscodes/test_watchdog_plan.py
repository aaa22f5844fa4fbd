"""The watchdog asks the same few questions however large the house, and each by an index."""

import re
from datetime import timedelta

import pytest
from django.db import connection

from accesscodes.choices import Kind, Status
from accesscodes.engine.watchdog import suspects, watch
from accesscodes.models import AccessCode, Problem
from accesscodes.services import CodeSpec, issue_code
from properties.choices import Fault
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.clock import START
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db

OURS = {
    "accesscode_awaited",
    "accesscode_diverged",
    "accesscode_ending",
    "accesscode_pin_holders",
    "accesscode_withdrawn",
    "installation_back",
    "installation_left_alone",
    "unmanagedcode_slot_once",
}


def test_the_codes_of_many_years_are_never_read_through():
    device = DeviceFactory()
    AccessCode.objects.bulk_create(
        AccessCode(
            device=device,
            created_at=START - timedelta(days=number),
            name="Gone",
            kind=Kind.TIME_BOUND,
            starts_at=START - timedelta(days=number),
            ends_at=START - timedelta(days=number - 1),
            withdrawn_at=START - timedelta(days=number - 1),
            status=Status.GONE,
            gone_at=START - timedelta(days=number - 1),
            created_by="mara",
            created_by_kind="staff",
        )
        for number in range(1, 3000)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accesscodes_accesscode")

    plan = suspects(START).explain()

    assert not re.search(r"(SCAN|Seq Scan on) accesscodes_accesscode", plan), plan
    if connection.vendor == "sqlite":
        assert set(re.findall(r"INDEX (\w+)", plan)) == OURS


@pytest.mark.parametrize("locks", [1, 8])
def test_a_round_costs_the_same_for_any_number_of_locks_and_codes(
    locks, django_assert_num_queries
):
    world = World(*["schlage"] * locks)
    for lock in world.locks:
        for number in range(2):
            spec = CodeSpec(name=f"Guest {number}")
            issue_code(world.device(lock), spec, actor=world.actor, now=world.now)
        switch_fault(lock, Fault.OFFLINE, True, now=world.now)
    world.refresh()
    world.run(minutes=8)
    watch(world.now)
    assert Problem.objects.open().count() == 2 * locks

    # open problems; codes, entries, those of others, failed readings, locks, their events;
    # engines; accounts; suspects, others with their PINs, their rows, their entries, last commands
    with django_assert_num_queries(14):
        watch(world.now)


def test_a_round_that_finds_nothing_asks_no_more_than_it_must(django_assert_num_queries):
    world = World("schlage", "lockly")
    for lock in world.locks:
        issue_code(world.device(lock), CodeSpec(name="Ana"), actor=world.actor, now=world.now)
    world.run(minutes=2)

    # open problems; codes, entries, those of others, locks; engines; accounts; suspects
    with django_assert_num_queries(8):
        watch(world.now)
