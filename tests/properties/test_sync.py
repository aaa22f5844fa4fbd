"""The mirror of an account's locks: what it writes, what it tells, and what it leaves alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from locksite.actors import SYSTEM
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.pins import seal
from properties import simulation
from properties.choices import AccountState, Fault, ProviderKind
from properties.models import Device, ProviderAccount
from properties.providers.base import (
    AccountProblem,
    Capabilities,
    DeviceReport,
    Hint,
    Hints,
    Refused,
    Retry,
    Unreachable,
)
from properties.providers.registry import source_for
from properties.providers.virtual.people import set_batteries, switch_fault
from properties.sync import refresh_account
from tests.clock import START
from tests.factories import AccountFactory, DeviceFactory, PropertyFactory, VirtualLockFactory

pytestmark = pytest.mark.django_db


def a_lock(**columns):
    return VirtualLockFactory(**columns)


def an_account(**columns):
    return AccountFactory(**columns)


def told(device=None):
    """Return (type, payload) of the events so far, in order."""
    events = Event.objects.order_by("id")
    if device is not None:
        events = events.filter(device_uid=device.uid)
    return [(event.event_type, event.payload) for event in events]


def event_types():
    return [event_type for event_type, _ in told()]


@pytest.fixture
def lock():
    return a_lock(make="august", name="Apartment 104", time_zone="Europe/Berlin")


@pytest.fixture
def mirror(lock, clock):
    """List the account now, and return the mirrored row."""

    def again():
        refresh_account(lock.account, doors=clock.doors())
        lock.account.refresh_from_db()
        return Device.objects.get(remote_id=str(lock.uid))

    return again


def settled(device):
    """Let the engine be done with a lock, so that a poke shows; forget the events."""
    Device.objects.filter(pk=device.pk).update(due_at=None)
    Event.objects.all().delete()


def test_a_lock_seen_for_the_first_time_becomes_a_row_without_a_property(mirror, lock):
    device = mirror()

    assert (device.property, device.reported_name, device.device_type) == (
        None,
        "Apartment 104",
        "august_lock",
    )
    assert device.flags["can_program_online_access_codes"] is True
    assert device.capabilities.keeps_window is True
    assert device.time_zone == "Europe/Berlin"
    assert (device.reported_at, device.due_at) == (START, START)
    assert told(device) == [("device.added", {}), ("device.connected", {})]


def test_the_first_list_of_an_account_is_told_once(mirror, clock):
    mirror()
    clock.move(seconds=15)
    mirror()

    assert [kind for kind in event_types() if kind.startswith("connected_account")] == [
        "connected_account.connected",
        "connected_account.completed_first_sync",
    ]


def test_a_list_without_news_changes_only_the_time_of_the_report(mirror, clock):
    before = mirror()
    settled(before)

    clock.move(minutes=1)
    after = mirror()

    assert after.reported_at == START + timedelta(minutes=1)
    assert (after.due_at, after.generation) == (None, 0)
    assert told() == []


def test_the_next_list_of_virtual_locks_is_due_in_fifteen_seconds(mirror, lock):
    mirror()

    assert lock.account.refreshed_at == START
    assert lock.account.due_at == START + timedelta(seconds=15)


def test_a_lock_that_went_offline_is_told_with_its_time_and_poked(mirror, lock, clock):
    settled(mirror())
    switch_fault(lock, Fault.OFFLINE, True, now=clock())
    clock.move(seconds=15)

    device = mirror()

    error = {
        "error_code": "device_disconnected",
        "message": "The lock is offline.",
        "created_at": "2026-11-23T10:00:00.000Z",
    }
    assert device.properties["online"] is False
    assert device.flags["can_program_online_access_codes"] is True
    assert device.errors == [error | {"is_device_error": True}]
    assert (device.due_at, device.generation) == (clock(), 1)
    [event] = Event.objects.all()
    assert (event.event_type, event.occurred_at, event.created_at) == (
        "device.disconnected",
        START,
        clock(),
    )
    assert event.payload == {
        "error_code": "device_disconnected",
        "device_errors": [error],
        "device_warnings": [],
        "connected_account_errors": [],
        "connected_account_warnings": [],
    }


def test_a_lock_that_is_back_is_told_and_poked(mirror, lock, clock):
    switch_fault(lock, Fault.OFFLINE, True, now=clock())
    settled(mirror())
    switch_fault(lock, Fault.OFFLINE, False, now=clock())

    device = mirror()

    assert (device.properties["online"], device.errors) == (True, [])
    assert (device.due_at, device.generation) == (START, 1)
    assert told() == [("device.connected", {})]


def test_a_keypad_that_came_off_makes_the_flag_false(mirror, lock, clock):
    settled(mirror())
    switch_fault(lock, Fault.KEYPAD_DISCONNECTED, True, now=clock())

    device = mirror()

    assert device.flags["can_program_online_access_codes"] is False
    assert device.properties["accessory_keypad"] == {
        "is_connected": False,
        "battery": {"level": 0.9},
    }
    assert (device.due_at, event_types()) == (START, ["device.accessory_keypad_disconnected"])


def test_a_keypad_that_is_back_is_told(mirror, lock, clock):
    switch_fault(lock, Fault.KEYPAD_DISCONNECTED, True, now=clock())
    settled(mirror())
    switch_fault(lock, Fault.KEYPAD_DISCONNECTED, False, now=clock())

    assert mirror().flags["can_program_online_access_codes"] is True
    assert told() == [("device.accessory_keypad_connected", {})]


def test_a_weak_battery_is_told_and_does_not_trouble_the_engine(mirror, lock, clock):
    settled(mirror())
    set_batteries(lock, battery=0.18, now=clock())

    device = mirror()

    assert device.properties["battery"] == {"level": 0.18, "status": "low"}
    assert (device.due_at, device.generation) == (None, 0)
    assert told() == [
        ("device.low_battery", {"battery_level": 0.18}),
        ("device.battery_status_changed", {"battery_level": 0.18, "battery_status": "low"}),
    ]


def test_a_weak_keypad_battery_is_told_apart_from_the_lock_s_own(mirror, lock, clock):
    settled(mirror())
    set_batteries(lock, keypad=0.08, now=clock())
    clock.move(seconds=15)

    mirror()

    [event] = Event.objects.all()
    assert (event.event_type, event.occurred_at, event.payload) == (
        "device.low_battery",
        START,
        {"battery_level": 0.08, "battery_of": "accessory_keypad"},
    )


def test_a_new_name_is_told_and_does_not_trouble_the_engine(mirror, lock):
    settled(mirror())
    lock.name = "Apartment 4"
    lock.save()

    device = mirror()

    assert (device.reported_name, device.due_at) == ("Apartment 4", None)
    assert told() == [("device.name_changed", {"device_name": "Apartment 4"})]


def test_what_staff_wrote_on_a_lock_stays(mirror, lock):
    house = PropertyFactory()
    device = mirror()
    Device.objects.filter(pk=device.pk).update(nickname="Tower", property=house)
    lock.name = "Apartment 4"
    lock.save()

    device = mirror()

    assert (device.nickname, device.property, device.display_name) == ("Tower", house, "Tower")
    assert Event.objects.get(event_type="device.name_changed").property_id == house.pk


def test_an_account_that_does_not_let_us_in_is_disconnected_once(mirror, lock, clock):
    settled(mirror())
    switch_fault(lock, Fault.ACCOUNT_DISCONNECTED, True, now=clock())

    mirror()
    clock.move(seconds=15)
    device = mirror()

    assert (lock.account.state, lock.account.problem) == (
        AccountState.DISCONNECTED,
        "The account no longer lets Locksite in.",
    )
    assert (lock.account.refreshed_at, lock.account.due_at) == (
        START,
        clock() + timedelta(seconds=15),
    )
    assert device.errors == [
        {
            "error_code": "account_disconnected",
            "message": "The account no longer lets Locksite in.",
            "created_at": "2026-11-23T10:00:00.000Z",
            "is_connected_account_error": True,
            "is_device_error": False,
        }
    ]
    assert (device.properties["online"], device.reported_at) == (False, START)
    assert (device.due_at, device.generation) == (START, 1)
    assert event_types() == ["connected_account.disconnected", "device.disconnected"]
    assert told(device)[0][1]["error_code"] == "account_disconnected"


def test_an_account_that_is_back_says_so(mirror, lock, clock):
    mirror()
    switch_fault(lock, Fault.ACCOUNT_DISCONNECTED, True, now=clock())
    settled(mirror())
    switch_fault(lock, Fault.ACCOUNT_DISCONNECTED, False, now=clock())

    device = mirror()

    assert (lock.account.state, lock.account.problem) == (AccountState.CONNECTED, "")
    assert (device.errors, device.properties["online"]) == ([], True)
    assert event_types() == [
        "connected_account.connected",
        "connected_account.completed_first_sync_after_reconnection",
        "device.connected",
    ]


def test_an_account_of_a_kind_without_a_provider_says_so_and_stops_nothing(clock):
    account = an_account(kind="carrier-pigeon")

    refresh_account(account, doors=clock.doors())

    account.refresh_from_db()
    assert account.state == AccountState.DISCONNECTED
    assert account.problem == (
        "This installation cannot reach accounts of the kind carrier-pigeon."
    )


def test_a_lock_missing_from_one_list_keeps_everything_but_the_time(mirror, lock, clock):
    settled(mirror())
    other = a_lock(account=lock.account)
    lock.delete()
    clock.move(minutes=9)

    refresh_account(other.account, doors=clock.doors())

    device = Device.objects.exclude(remote_id=str(other.uid)).get()
    assert (device.reported_at, device.errors, device.due_at) == (START, [], None)


def test_a_lock_missing_for_ten_minutes_counts_as_removed_and_is_told_once(mirror, lock, clock):
    device = mirror()
    settled(device)
    other = a_lock(account=lock.account)
    lock.delete()

    for _ in range(3):
        clock.move(minutes=10)
        refresh_account(other.account, doors=clock.doors())

    device.refresh_from_db()
    assert device.errors == [
        {
            "error_code": "device_removed",
            "message": "The lock is no longer in its account.",
            "created_at": "2026-11-23T10:10:00.000Z",
            "is_device_error": True,
        }
    ]
    assert device.flags["can_program_online_access_codes"] is False
    assert (device.properties["online"], device.reported_at) == (False, START)
    assert [kind for kind, _ in told(device)] == ["device.removed", "device.disconnected"]


def test_the_locks_of_other_accounts_are_left_alone(mirror):
    foreign = DeviceFactory()

    mirror()

    foreign.refresh_from_db()
    assert foreign.reported_at == START
    assert foreign.errors == []


@pytest.mark.parametrize("locks", [1, 40])
def test_listing_costs_the_same_number_of_queries_for_any_number_of_locks(
    locks, clock, django_assert_num_queries
):
    account = an_account()
    for number in range(locks):
        a_lock(account=account, name=f"Door {number}")
    refresh_account(account, doors=clock.doors())
    clock.move(seconds=15)

    # times of reports; locks, their memory; savepoint; account, its devices; time of the report;
    # account; release
    with django_assert_num_queries(9):
        refresh_account(account, doors=clock.doors())


def test_only_the_columns_that_changed_are_written(mirror, lock, clock):
    mirror()
    set_batteries(lock, battery=0.5, now=clock())

    with CaptureQueriesContext(connection) as queries:
        mirror()

    [update] = [
        query["sql"]
        for query in queries
        if query["sql"].startswith('UPDATE "properties_device"')
        and "reported_at" not in query["sql"]
    ]
    assert '"properties" =' in update
    assert '"flags"' not in update
    assert '"nickname"' not in update


class Listing:
    """A source that lists what it is told to."""

    def __init__(self, *reports):
        self.reports = reports

    def list_devices(self):
        return self.reports


def test_a_lock_that_is_listed_twice_becomes_one_row(lock, clock, monkeypatch):
    [report] = source_for(lock.account, clock.doors()).list_devices()
    monkeypatch.setattr(
        "properties.sync.source_for", lambda account, doors: Listing(report, report)
    )

    refresh_account(lock.account, doors=clock.doors())

    assert Device.objects.count() == 1


def test_a_list_under_way_takes_nothing_back_of_what_was_reported_of_one_lock(
    mirror, lock, clock, monkeypatch
):
    device = mirror()
    began = clock.move(seconds=14)
    before = source_for(lock.account, clock.doors()).list_devices()

    class Slow:
        def list_devices(self):
            simulation.simulate(device, simulation.DISCONNECT, actor=SYSTEM, now=began)
            clock.move(seconds=2)
            return before

    monkeypatch.setattr("properties.sync.source_for", lambda account, doors: Slow())
    clock.move(seconds=1)

    after = mirror()

    assert after.properties["online"] is False
    assert after.reported_at == began
    monkeypatch.undo()
    clock.move(seconds=15)
    assert mirror().reported_at == START + timedelta(seconds=32)


def test_an_account_that_gives_no_answer_keeps_everything_as_it_was(
    mirror, lock, clock, monkeypatch
):
    class Silent:
        def list_devices(self):
            raise Unreachable("provider_issue", "No answer.")

    settled(mirror())
    monkeypatch.setattr("properties.sync.source_for", lambda account, doors: Silent())
    clock.move(minutes=30)

    device = mirror()

    assert (lock.account.state, lock.account.problem) == (AccountState.CONNECTED, "")
    assert (lock.account.refreshed_at, lock.account.due_at) == (
        START,
        clock() + timedelta(seconds=15),
    )
    assert (device.reported_at, device.errors, device.due_at) == (START, [], None)
    assert told() == []


class Cloud:
    """An account of a cloud with one lock, in memory."""

    def __init__(self, report):
        self.report, self.hints, self.asked_since = report, Hints((), is_whole=True), []
        self.failure = self.hints_failure = None
        self.meanwhile = lambda: None

    def list_devices(self):
        if self.failure is not None:
            raise self.failure
        self.meanwhile()
        return [self.report]

    def hints_since(self, since):
        self.asked_since.append(since)
        if self.hints_failure is not None:
            raise self.hints_failure
        return self.hints


@pytest.fixture
def cloud(monkeypatch):
    report = DeviceReport(
        remote_id="far-1",
        name="Apartment 1",
        device_type="august_lock",
        capabilities=Capabilities(schedules_itself=True),
        flags={"can_program_online_access_codes": True},
        properties={"online": True},
    )
    cloud = Cloud(report)
    for provider in ("source_for", "hints_for"):
        monkeypatch.setattr(f"properties.sync.{provider}", lambda account, doors: cloud)
    return cloud


@pytest.fixture
def far_account():
    return AccountFactory(kind=ProviderKind.SEAM)


def test_an_account_is_asked_what_happened_since_it_last_told_with_an_overlap(
    cloud, far_account, clock
):
    refresh_account(far_account, doors=clock.doors())
    assert cloud.asked_since == []
    far_account.refresh_from_db()
    settled(Device.objects.get())
    cloud.hints = Hints((Hint("far-1", "access_code.set_on_device"),), is_whole=True)
    clock.move(minutes=1)

    refresh_account(far_account, doors=clock.doors())

    assert cloud.asked_since == [START - timedelta(minutes=2)]
    assert Device.objects.get().due_at == clock()
    far_account.refresh_from_db()
    assert far_account.hinted_at == clock()


@pytest.mark.parametrize(("is_whole", "is_poked"), [(True, False), (False, True)])
def test_where_too_much_happened_to_be_told_every_lock_is_looked_at(
    cloud, far_account, clock, is_whole, is_poked
):
    refresh_account(far_account, doors=clock.doors())
    far_account.refresh_from_db()
    settled(Device.objects.get())
    cloud.hints = Hints((Hint("far-2", "lock.unlocked"),), is_whole=is_whole)

    refresh_account(far_account, doors=clock.doors())

    assert (Device.objects.get().due_at is not None) is is_poked


@pytest.mark.parametrize(
    "failure",
    [
        Unreachable("provider_issue", "502"),
        Refused("provider_issue", "Too often.", Retry.BACKOFF, timedelta(minutes=1)),
    ],
)
def test_an_account_that_does_not_tell_what_happened_is_listed_and_asked_again(
    cloud, far_account, clock, failure
):
    refresh_account(far_account, doors=clock.doors())
    far_account.refresh_from_db()
    cloud.hints_failure = failure
    clock.move(minutes=1)

    refresh_account(far_account, doors=clock.doors())

    far_account.refresh_from_db()
    assert (far_account.hinted_at, far_account.silent_since) == (START, None)
    assert far_account.refreshed_at == clock()
    assert Device.objects.get().reported_at == clock()


@pytest.mark.parametrize(
    "problem",
    [
        None,
        AccountProblem("account_disconnected", "No."),
        Unreachable("provider_issue", "No answer.", timedelta(minutes=10)),
    ],
)
def test_what_was_asked_with_a_key_that_is_gone_meanwhile_counts_no_more(
    cloud, far_account, clock, problem
):
    far_account.credentials = seal(Pin("seam_a_key"), bound_to=far_account.uid)
    far_account.save(update_fields=["credentials"])
    known = ProviderAccount.objects.filter(pk=far_account.pk)

    def disconnect():
        known.update(credentials=None, state=AccountState.DISCONNECTED, problem="Disconnected.")
        if problem is not None:
            raise problem

    cloud.meanwhile = disconnect

    refresh_account(far_account, doors=clock.doors())

    far_account.refresh_from_db()
    assert (far_account.state, far_account.problem) == ("disconnected", "Disconnected.")
    assert (far_account.silent_since, far_account.hinted_at, far_account.due_at) == (None,) * 3
    assert not Device.objects.exists()


def test_since_when_an_account_is_silent_is_kept_until_it_answers(cloud, far_account, clock):
    refresh_account(far_account, doors=clock.doors())
    cloud.failure = Unreachable("provider_issue", "No answer.", timedelta(minutes=5))
    for _ in range(2):
        clock.move(minutes=1)
        refresh_account(far_account, doors=clock.doors())

    far_account.refresh_from_db()
    assert far_account.silent_since == START + timedelta(minutes=1)
    assert far_account.due_at == clock() + timedelta(minutes=5)
    cloud.failure = None
    refresh_account(far_account, doors=clock.doors())
    far_account.refresh_from_db()
    assert far_account.silent_since is None


def test_a_problem_without_a_time_is_dated_by_when_it_was_first_told(cloud, far_account, clock):
    cloud.report = replace(
        cloud.report,
        errors=[{"error_code": "device_unmanaged", "message": "x", "is_device_error": True}],
    )

    refresh_account(far_account, doors=clock.doors())
    clock.move(minutes=1)
    refresh_account(far_account, doors=clock.doors())

    [error] = Device.objects.get().errors
    assert error["created_at"] == "2026-11-23T10:00:00.000Z"
