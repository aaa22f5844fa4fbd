"""The demo hotel: what a newcomer finds, and that it is built once, and only where it belongs."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command

from accesscodes.engine.reconcile import reconcile
from accesscodes.management.commands import seed_demo
from accesscodes.management.commands._demo_hotel import DOORS, HOUSES, PEOPLE
from accesscodes.management.commands.seed_demo import build, next_quarter
from accesscodes.models import AccessCode, slots_used
from locksite.journal.models import AuditEntry, Event
from locksite.partners.auth import caller_for_key
from properties.capabilities import PastEvent, lock_verdict
from properties.models import Device, Membership, Property, ProviderAccount, VirtualLock
from properties.providers.registry import driver_for
from properties.providers.virtual.makes import MAKES
from tests.accesscodes.world import World
from tests.clock import START

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def seed():
    """Run the command; return what it said."""
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def row_counts():
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def device_at(door):
    return Device.objects.select_related("account", "property").get(reported_name=door)


def verdict_of(device, now):
    events = Event.objects.filter(
        device_uid=device.uid, event_type__startswith="device."
    ).order_by("-id")
    past = [PastEvent(event.event_type, event.occurred_at, event.payload) for event in events]
    return lock_verdict(
        device.facts(codes_used=slots_used(device), recent=past),
        now,
        stale_after=timedelta(minutes=15),
    )


class Hotel(World):
    """The demo hotel in place of a world of one's own."""

    def __init__(self, clock):
        build(clock())
        self.clock, self.doors = clock, clock.doors()
        self.driver_for, self.reconcile = driver_for, reconcile
        self.new_engine()


def test_it_says_what_is_there_and_how_to_get_in(caplog):
    said = seed().splitlines()

    assert said[:4] == [
        "The demo hotel is ready: 2 houses, 29 doors, 20 codes.",
        "  Front desk, Hamburg     frontdesk / harbour-lights",
        "  Manager, both houses    manager / harbour-lights",
        "  Administrator           admin / harbour-lights",
    ]
    assert caplog.messages == []
    [key_line] = said[4:]
    caller = caller_for_key(key_line.split()[-1], now=datetime.now(UTC), ip=None)
    assert (caller.actor.property_ids, caller.scope.value) == (None, "write")


def test_a_second_run_changes_nothing_and_says_so():
    seed()
    before = row_counts()

    said = seed()

    assert said.splitlines() == [
        "The demo hotel is already here; nothing was changed.",
        "  Front desk, Hamburg     frontdesk / harbour-lights",
        "  Manager, both houses    manager / harbour-lights",
        "  Administrator           admin / harbour-lights",
    ]
    assert row_counts() == before


def test_it_is_not_made_where_visitors_come_over_https(settings):
    settings.LOCKSITE_HTTPS = True
    before = row_counts()

    with pytest.raises(CommandError, match="only with LOCKSITE_HTTPS=0"):
        seed()

    assert row_counts() == before


def test_it_is_not_mixed_with_something_else():
    Property.objects.create(slug="house", name="A house")
    before = row_counts()

    with pytest.raises(CommandError, match="needs an empty one"):
        seed()

    assert row_counts() == before


def test_half_a_demo_is_not_taken_for_a_whole_one(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(seed_demo, "create_key", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seed()
    monkeypatch.undo()

    with pytest.raises(CommandError, match="half a demo"):
        seed()


def test_without_tables_it_says_one_line_and_fails(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "seed_demo"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "locksite.settings",
            "LOCKSITE_DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "CommandError: The database has no tables yet, or does not answer."
        " Run manage.py migrate first.\n"
    )


def test_the_logins_work_and_reach_what_their_roles_say(clock):
    build(clock())

    for person in PEOPLE:
        user = get_user_model().objects.get(username=person.username)
        assert user.check_password(person.password)
        validate_password(person.password, user)
    assert {
        (one.user.get_username(), one.property.name, one.role)
        for one in Membership.objects.select_related("user", "property")
    } == {
        ("frontdesk", "Hafen Suites", "front_desk"),
        ("manager", "Hafen Suites", "manager"),
        ("manager", "Mercer Street Lofts", "manager"),
    }
    assert list(
        get_user_model().objects.filter(is_superuser=True).values_list("username", flat=True)
    ) == ["admin"]


def test_two_houses_in_two_zones_and_some_thirty_doors_of_many_makes(clock):
    build(clock())

    assert list(Property.objects.order_by("pk").values_list("name", "city", "time_zone")) == [
        ("Hafen Suites", "Hamburg", "Europe/Berlin"),
        ("Mercer Street Lofts", "New York", "America/New_York"),
    ]
    assert Counter(Device.objects.values_list("property__slug", flat=True)) == {
        "hafen-suites": 17,
        "mercer-street-lofts": 12,
    }
    shown = set(VirtualLock.objects.values_list("make", flat=True))
    assert set(MAKES) - shown == {"akiles", "smartthings", "ultraloq", "zigbee", "zwave"}
    assert set(VirtualLock.objects.values_list("answer_min", "answer_max")) == {(1.0, 3.0)}


VERDICTS = {
    "Apartment 101": ("takes", None),
    "Apartment 102": ("takes", None),
    "Apartment 103": ("takes_check", "lock_battery"),
    "Apartment 104": ("blocked", "keypad_gone"),
    "Apartment 105": ("blocked", "keypad_never"),
    "Apartment 201": ("offline_only", "hub_needed"),
    "Apartment 202": ("takes", None),
    "Apartment 203": ("takes_check", "lock_offline"),
    "Apartment 204": ("takes_check", "weak_link"),
    "Apartment 205": ("blocked", "full"),
    "Apartment 206": ("blocked", "hub_needed"),
    "Apartment 207": ("takes", None),
    "Apartment 208": ("blocked", "keypad_setup"),
    "Luggage room": ("blocked", "no_keypad"),
    "Main entrance": ("takes", None),
    "Courtyard gate": ("takes", None),
    "Meeting room": ("takes", None),
    "Loft 1": ("takes", None),
    "Loft 2": ("takes_check", "zone"),
    "Loft 3": ("takes", None),
    "Loft 4": ("takes", None),
    "Loft 5": ("takes_check", "hub_off"),
    "Loft 6": ("no_open", "privacy"),
    "Loft 7": ("blocked", "subscription"),
    "Loft 8": ("takes", None),
    "Loft 9": ("takes", None),
    "Loft 10": ("offline_only", "offline_model"),
    "Annex 1": ("blocked", "account"),
    "Annex 2": ("blocked", "account"),
}


def test_every_common_reason_why_a_lock_takes_no_codes_has_a_door(clock):
    build(clock())

    verdicts = {
        device.reported_name: verdict_of(device, clock())
        for device in Device.objects.select_related("account", "property")
    }

    assert {
        door: (one.verdict.value, one.headline_cause and one.headline_cause.key)
        for door, one in verdicts.items()
    } == VERDICTS


def test_the_keypad_that_died_left_its_times(clock):
    build(clock())
    device = device_at("Apartment 104")

    events = Event.objects.filter(device_uid=device.uid, event_type__startswith="device.")
    told = [
        (event.event_type, event.occurred_at, event.payload)
        for event in events.filter(occurred_at__gt=START - timedelta(days=1)).order_by("id")
    ]

    low = START - timedelta(hours=5, minutes=34)
    gone = START - timedelta(hours=5, minutes=18)
    assert [(kind, at) for kind, at, _ in told] == [
        ("device.low_battery", low),
        ("device.accessory_keypad_disconnected", gone),
    ]
    assert told[0][2] == {"battery_level": 0.08, "battery_of": "accessory_keypad"}
    assert device.properties["accessory_keypad"] == {
        "is_connected": False,
        "battery": {"level": 0.02},
    }
    assert verdict_of(device, clock()).headline_cause.at == gone


def test_every_list_is_fresh_but_that_of_the_account_that_is_logged_out(clock):
    build(clock())

    ages = {
        account.name: clock() - account.refreshed_at for account in ProviderAccount.objects.all()
    }

    assert ages == {
        "Virtual locks, Hamburg": timedelta(0),
        "Virtual locks, New York": timedelta(0),
        "Virtual locks, annex": timedelta(hours=15),
    }


def test_no_code_is_on_a_lock_before_the_engine_has_put_it_there(clock):
    build(clock())

    foreign = Counter(lock.name for lock in VirtualLock.objects.all() for _ in lock.slots.all())
    assert foreign == {
        "Main entrance": 2,
        "Apartment 101": 1,
        "Loft 1": 1,
        "Apartment 205": 5,
    }
    assert set(AccessCode.objects.values_list("status", flat=True)) == {
        "unset",
        "setting",
        "gone",
    }


STATES = {
    "Nadia Brooks": ("unknown", False, []),
    "Ida Holm": ("gone", False, []),
    "Oskar Braun": ("unset", False, ["no_space_for_access_code_on_device"]),
    "Sofia Lindqvist": ("unset", False, []),
    "Jonas Weber": ("unset", False, ["failed_to_set_on_device"]),
    "Ruth Adler": ("unset", False, ["subscription_required"]),
    "Owen Pratt": ("unset", False, []),
    "Lena Okafor": ("unset", False, ["duplicate_code_on_device"]),
    "Mei Tanaka": ("set", False, []),
    "Tomás Ferreira": ("unset", True, []),
    "Priya Nair": ("set", False, []),
    "Ana Prado": ("unset", True, []),
    "Emil Sørensen": ("unset", False, []),
    "Paul Brandt": ("set", False, []),
    "Grace Kim": ("set", False, []),
    "Handyman": ("set", False, []),
    "Daniel Ortiz": ("set", False, []),
    "Hannah Cole": ("unset", True, []),
    "Marcus Reed": ("set", False, []),
    "Cleaning team": ("set", False, []),
}


def test_a_day_of_arrivals_in_every_state_once_the_engine_has_worked(clock):
    hotel = Hotel(clock)

    hotel.run(minutes=4)

    assert {
        code.name: (
            code.status,
            code.is_scheduled_on_device,
            [error["error_code"] for error in code.errors],
        )
        for code in AccessCode.objects.all()
    } == STATES


def test_the_guest_who_leaves_is_off_the_lock_soon_after(clock):
    hotel = Hotel(clock)

    hotel.run(minutes=13)

    assert AccessCode.objects.get(name="Paul Brandt").status == "gone"


def test_what_staff_did_carries_their_names(clock):
    build(clock())

    assert set(AccessCode.objects.values_list("device__property__slug", "created_by")) == {
        ("hafen-suites", "frontdesk"),
        ("mercer-street-lofts", "manager"),
    }
    assert AuditEntry.objects.filter(action="access_code.issue").count() == 21


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 28, 23, 50, tzinfo=UTC),  # Hamburg loses an hour in the night
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # Hamburg is given one
        datetime(2026, 11, 1, 5, 59, 59, 999_999, tzinfo=UTC),  # and New York
        datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 10, 0, tzinfo=UTC),
    ],
)
def test_it_can_be_built_at_any_time(now):
    build(now)

    assert Device.objects.count() == len(DOORS)
    assert {door.account for door in DOORS} == {"hafen-suites", "mercer-street-lofts", "annex"}
    for code in AccessCode.objects.exclude(ends_at=None):
        assert code.ends_at > now
    for house in HOUSES:
        check_outs = AccessCode.objects.filter(device__property__slug=house.slug).exclude(
            name="Paul Brandt"
        )
        zone = Property.objects.get(slug=house.slug).zone
        ends = {one.ends_at.astimezone(zone).time() for one in check_outs if one.ends_at}
        assert ends == {house.check_out}


@pytest.mark.parametrize(
    ("at", "quarter"),
    [
        (START, START),
        (START + timedelta(microseconds=1), START + timedelta(minutes=15)),
        (START + timedelta(minutes=15), START + timedelta(minutes=15)),
        (START + timedelta(minutes=59, seconds=1), START + timedelta(hours=1)),
    ],
)
def test_the_next_quarter_of_an_hour(at, quarter):
    assert next_quarter(at) == quarter
