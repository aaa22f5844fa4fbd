"""`manage.py seed_demo`: build the demo hotel, once.

A day passes there in a second: the clock is moved by hand, locks get into trouble one after the
other, and the mirror writes down what it sees, so that every event has the time at which it
happened. Putting the guests' codes on the locks is left to the engine. Nothing here knows a
shortcut into a lock.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import randbelow
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from accesscodes.management.commands._demo_hotel import (
    ACCOUNTS,
    DOORS,
    HAFEN,
    HOUSES,
    MERCER,
    PEOPLE,
)
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM, Actor
from locksite.doors import real_doors
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.partners.services import create_key
from properties.choices import AccountState, Fault, ProviderKind
from properties.models import Device, Membership, Property, ProviderAccount, VirtualLock
from properties.providers.virtual.people import add_foreign_code, set_batteries, switch_fault
from properties.services import set_key_box
from properties.staff import actor_of
from properties.sync import refresh_account

SEEDED: Final = "demo.seeded"
DEMO: Final = UUID("5eed0000-0000-4000-8000-000000000001")
QUARTER: Final = timedelta(minutes=15)


class Command(BaseCommand):
    help = "Build the demo hotel: two houses, their locks, a day of arrivals, three logins."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LOCKSITE_HTTPS:
            raise CommandError(
                "The demo has logins that everybody knows. It is made only with LOCKSITE_HTTPS=0."
            )
        try:
            is_seeded = AuditEntry.objects.filter(action=SEEDED).exists()
            is_in_use = Property.objects.exists() or ProviderAccount.objects.exists()
        except (OperationalError, ProgrammingError):
            raise CommandError(
                "The database has no tables yet, or does not answer. Run manage.py migrate first."
            ) from None
        if is_seeded:
            self.stdout.write("The demo hotel is already here; nothing was changed.")
            self._say_logins()
            return
        if is_in_use:
            raise CommandError(
                "This database holds something else, or half a demo. The demo needs an empty one."
            )
        with _unlogged():
            key = build(timezone.now())
        self.stdout.write(
            f"The demo hotel is ready: {len(HOUSES)} houses, {len(DOORS)} doors,"
            f" {AccessCode.objects.live().count()} codes."
        )
        self._say_logins()
        self.stdout.write(f"  {'API key, shown once':24}{key}")

    def _say_logins(self) -> None:
        for person in PEOPLE:
            self.stdout.write(f"  {person.title:24}{person.username} / {person.password}")


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep the mirror's warnings back: the trouble in the demo is meant."""
    log = logging.getLogger("properties.sync")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def build(now: datetime) -> str:
    """Build the whole hotel as it is at `now` (aware UTC); return the text of an API key."""
    houses = _houses()
    for house in houses.values():
        set_key_box(house, Pin(f"{randbelow(10_000):04}"), actor=SYSTEM, now=now)
    staff = _people(houses)
    day = Day(now, staff)
    day.build_locks()
    day.pass_by()
    _, key = create_key("Demo", None, actor=SYSTEM, now=now)
    # The last thing written: without it, the demo is not whole.
    AuditEntry.objects.append(
        SYSTEM, SEEDED, now=now, property_id=None, object_type="demo", object_uid=DEMO
    )
    return key


def _houses() -> dict[str, Property]:
    return {
        house.slug: Property.objects.create(
            slug=house.slug,
            name=house.name,
            city=house.city,
            address=house.address,
            time_zone=house.time_zone,
            check_in_time=house.check_in,
            check_out_time=house.check_out,
            plan_b=house.plan_b,
            phone=house.phone,
            keypad_hint=house.keypad_hint,
            guest_page_url=house.guest_page_url,
        )
        for house in HOUSES
    }


def _people(houses: Mapping[str, Property]) -> dict[str, Actor]:
    """Make the logins; return each as the actor that it will be at the desk."""
    users = get_user_model().objects
    actors = {}
    for person in PEOPLE:
        make = users.create_user if person.roles else users.create_superuser
        user = make(person.username, password=person.password, first_name=person.first_name)
        Membership.objects.bulk_create(
            Membership(user=user, property=houses[slug], role=role)
            for slug, role in person.roles.items()
        )
        actors[person.username] = actor_of(user)
    return actors


class Day:
    """The day before, and up to, `end`. Its clock is moved by `at`."""

    def __init__(self, end: datetime, staff: Mapping[str, Actor]) -> None:
        self.end = self.now = end
        self.staff = staff
        self.doors = replace(real_doors(), now=lambda: self.now, sleep=lambda span: None)
        self.accounts: dict[str, ProviderAccount] = {}
        self.locks: dict[str, VirtualLock] = {}

    def at(self, **ago: float) -> None:
        """Move the clock to so long before the end of the day; the mirror looks at everything.

        What could be read then had been: in a house that has run for a month, no lock is new.
        """
        self.now = self.end - timedelta(**ago)
        for key in self.accounts:
            self.look(key)
        well = Device.objects.filter(
            account__state=AccountState.CONNECTED, properties__online=True
        )
        well.update(last_read_at=self.now)

    def build_locks(self) -> None:
        """Put up the locks a month ago, find them through their accounts, give each its house."""
        self.at(days=30)
        for fact in ACCOUNTS:
            self.accounts[fact.key] = ProviderAccount.objects.create(
                kind=ProviderKind.VIRTUAL, name=fact.name
            )
        zones = {house.slug: house.time_zone for house in HOUSES}
        places = {fact.key: fact.house for fact in ACCOUNTS}
        for door in DOORS:
            self.locks[door.name] = VirtualLock.objects.create(
                account=self.accounts[door.account],
                make=door.make,
                name=door.name,
                time_zone=zones[places[door.account]],
                battery_level=door.battery,
                keypad_battery_level=door.keypad_battery,
                traits=dict(door.traits),
            )
        VirtualLock.objects.update(created_at=self.now)
        switch_fault(self.locks["Loft 2"], Fault.TIME_ZONE_UNKNOWN, True, now=self.now)
        for key, account in self.accounts.items():
            self.look(key)
            account.devices.update(
                property=Property.objects.get(slug=places[key]), created_at=self.now
            )

    # ---- what happens ----

    def look(self, key: str) -> None:
        """List the locks of an account, as the engine does every few seconds."""
        refresh_account(self.accounts[key], doors=self.doors)

    def trouble(self, door: str, fault: Fault) -> None:
        """Let something go wrong with a lock, and be seen."""
        switch_fault(self.locks[door], fault, True, now=self.now)
        self.seen(door)

    def run_down(self, door: str, **levels: float) -> None:
        """Let a battery run down, and be seen."""
        set_batteries(self.locks[door], now=self.now, **levels)
        self.seen(door)

    def foreign(self, door: str, *codes: tuple[str, str]) -> None:
        """Let people make codes in the maker's app: name and PIN."""
        for name, digits in codes:
            add_foreign_code(self.locks[door], Pin(digits), name, now=self.now)
        self.seen(door)

    def seen(self, door: str) -> None:
        """Let the mirror see a lock."""
        lock = self.locks[door]
        self.look(next(key for key, one in self.accounts.items() if one.pk == lock.account_id))

    def guest(
        self, door: str, name: str, starts_at: datetime, *, nights: int = 2, pin: str | None = None
    ) -> AccessCode:
        """Issue a code from `starts_at` to the check-out time so many nights later."""
        device = self._device(door)
        house = _house(device)
        leaves = starts_at.astimezone(house.zone).date() + timedelta(days=nights)
        ends_at = datetime.combine(leaves, house.check_out_time, house.zone)
        return self._issue(device, name, starts_at, ends_at, pin)

    def visit(self, door: str, name: str, starts_at: datetime, ends_at: datetime) -> AccessCode:
        """Issue a code for just that window."""
        return self._issue(self._device(door), name, starts_at, ends_at, None)

    def colleague(self, door: str, name: str) -> AccessCode:
        """Issue a code without dates."""
        return self._issue(self._device(door), name, None, None, None)

    def _issue(
        self,
        device: Device,
        name: str,
        starts_at: datetime | None,
        ends_at: datetime | None,
        pin: str | None,
    ) -> AccessCode:
        spec = CodeSpec(
            name=name,
            pin=None if pin is None else Pin(pin),
            starts_at=starts_at,
            ends_at=ends_at,
            for_desk=True,
        )
        return issue_code(device, spec, actor=self._at_desk(device), now=self.now)

    def _at_desk(self, device: Device) -> Actor:
        return self.staff["frontdesk" if _house(device).slug == HAFEN else "manager"]

    def _device(self, door: str) -> Device:
        return Device.objects.select_related("property").get(remote_id=str(self.locks[door].uid))

    def _tomorrow(self, slug: str) -> datetime:
        """Return tomorrow's check-in time of a house."""
        house = Property.objects.get(slug=slug)
        day = self.end.astimezone(house.zone).date() + timedelta(days=1)
        return datetime.combine(day, house.check_in_time, house.zone)

    # ---- the day ----

    def pass_by(self) -> None:
        """Let the day pass: trouble first, in order, then what is issued right now."""
        soon = next_quarter(self.end)
        hafen_tomorrow, mercer_tomorrow = self._tomorrow(HAFEN), self._tomorrow(MERCER)

        self.at(hours=26)
        self.foreign("Main entrance", ("Owner", "580274"), ("Lift service", "916035"))
        self.foreign("Apartment 101", ("Housekeeping app", "473391"))
        self.foreign("Loft 1", ("Owner", "6402"))
        self.at(hours=20)
        self.run_down("Apartment 103", battery=0.18)

        # The account of the annex is logged out while a guest is expected there.
        self.at(hours=16)
        self.guest("Annex 1", "Nadia Brooks", soon + timedelta(hours=2))
        self.at(hours=15)
        self.trouble("Annex 1", Fault.ACCOUNT_DISCONNECTED)

        self.at(hours=8)
        cancelled = self.guest("Apartment 202", "Ida Holm", hafen_tomorrow)
        self.at(hours=7)
        withdraw_code(cancelled, actor=self.staff["frontdesk"], now=self.now)

        # A guest's code is issued, and then people fill the lock's memory from its app.
        self.at(hours=6, minutes=10)
        self.guest("Apartment 205", "Oskar Braun", soon + timedelta(hours=3))
        self.at(hours=6)
        self.foreign(
            "Apartment 205",
            ("Owner", "318642"),
            ("Janitor", "705918"),
            ("Electrician", "264853"),
            ("Gardener", "937106"),
            ("Spare", "581420"),
        )

        self.at(hours=5, minutes=45)
        self.guest("Apartment 203", "Sofia Lindqvist", soon + timedelta(hours=5))
        self.at(hours=5, minutes=41)
        self.trouble("Apartment 203", Fault.OFFLINE)

        # The keypad of 104: its battery runs low, a guest's code is issued, the keypad drops off.
        self.at(hours=5, minutes=34)
        self.run_down("Apartment 104", keypad=0.08)
        self.at(hours=5, minutes=20)
        self.guest("Apartment 104", "Jonas Weber", soon + timedelta(minutes=90), nights=4)
        self.at(hours=5, minutes=18)
        self.trouble("Apartment 104", Fault.KEYPAD_BATTERY_FLAT)

        self.at(hours=5)
        self.guest("Loft 7", "Ruth Adler", mercer_tomorrow)
        self.at(hours=4)
        self.trouble("Loft 7", Fault.SUBSCRIPTION_REQUIRED)
        self.at(hours=3, minutes=10)
        self.guest("Loft 5", "Owen Pratt", soon + timedelta(hours=1))
        self.at(hours=3)
        self.trouble("Loft 5", Fault.HUB_DISCONNECTED)
        self.at(hours=2)
        self.trouble("Loft 6", Fault.PRIVACY_MODE)
        self.at(minutes=45)
        self.trouble("Apartment 204", Fault.SLOW)

        self.at()
        self._issue_now(soon, hafen_tomorrow, mercer_tomorrow)

    def _issue_now(
        self, soon: datetime, hafen_tomorrow: datetime, mercer_tomorrow: datetime
    ) -> None:
        """Issue what the engine will send while people watch."""
        hour = timedelta(hours=1)
        self.colleague("Main entrance", "Cleaning team")
        self.colleague("Apartment 102", "Cleaning team")
        # Another code on the lock, made in its app, has this very PIN.
        self.guest("Apartment 101", "Lena Okafor", soon + 2 * QUARTER, nights=3, pin="473391")
        self.guest("Apartment 103", "Mei Tanaka", soon - 2 * hour)
        self.guest("Apartment 202", "Tomás Ferreira", soon + 3 * hour, nights=3)
        self.guest("Apartment 204", "Priya Nair", soon - 2 * QUARTER)
        self.guest("Apartment 102", "Ana Prado", hafen_tomorrow, nights=3)
        self.guest("Apartment 207", "Emil Sørensen", hafen_tomorrow)
        # Leaves in a few minutes: a removal to watch.
        self.visit(
            "Apartment 202", "Paul Brandt", self.end - 43 * hour, self.end + timedelta(minutes=10)
        )
        self.guest("Loft 1", "Grace Kim", soon - 3 * QUARTER)
        self.colleague("Loft 2", "Handyman")
        self.guest("Loft 3", "Daniel Ortiz", soon - 3 * hour)
        self.guest("Loft 4", "Hannah Cole", mercer_tomorrow, nights=5)
        self.guest("Loft 6", "Marcus Reed", soon - hour)


def next_quarter(at: datetime) -> datetime:
    """Return the next full quarter of an hour, `at` itself included."""
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at if not over else at - over + QUARTER


def _house(device: Device) -> Property:
    if device.property is None:
        raise ValueError("a door of the demo is in a house")
    return device.property
