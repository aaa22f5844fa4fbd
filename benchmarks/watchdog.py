"""How long one round of the watchdog takes in a large house: 500 locks, 20,000 live codes.

`python -m benchmarks.watchdog` builds the house on a SQLite database made for it (or, with
`--database postgres://…`, in a database that it creates on that server and drops), and prints
milliseconds and queries for a quiet round, a bad day, and the round in which all goes wrong.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ARGUMENTS = argparse.ArgumentParser(description=__doc__)
ARGUMENTS.add_argument("--locks", type=int, default=500)
ARGUMENTS.add_argument("--codes", type=int, default=40, help="per lock")
ARGUMENTS.add_argument("--database", default="")
OPTIONS = ARGUMENTS.parse_args()

FOLDER = tempfile.TemporaryDirectory(prefix="locksite-bench-")
(Path(FOLDER.name) / "static").mkdir()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "locksite.settings",
    "DATABASE_URL": OPTIONS.database or f"sqlite:///{Path(FOLDER.name) / 'bench.sqlite3'}",
    "LOCKSITE_DATA_DIR": FOLDER.name,
    "LOCKSITE_ENV_FILE": "none",
    "LOCKSITE_SECRET_KEY": "measurements-only",
    "LOCKSITE_PIN_KEYS": "bWVhc3VyZW1lbnRzLW9ubHktbWVhc3VyZW1lbnRzLTE=",
    "LOCKSITE_PIN_INDEX_KEY": "measurements-only",
    "LOCKSITE_HTTPS": "0",
    "LOCKSITE_DEBUG": "0",
    "LOCKSITE_LOG_LEVEL": "ERROR",
}

import django  # noqa: E402  (settings are read when Django is set up)

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accesscodes.choices import Kind, Placement, Status  # noqa: E402
from accesscodes.engine.watchdog import watch  # noqa: E402
from accesscodes.models import AccessCode, Installation, Problem, terms_of  # noqa: E402
from properties.choices import AccountState  # noqa: E402
from properties.models import Device, Property, ProviderAccount  # noqa: E402
from properties.providers.base import Capabilities  # noqa: E402

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
PROPERTIES = {
    "online": True,
    "battery": {"level": 0.8, "status": "full"},
    "model": {"has_built_in_keypad": True, "can_connect_accessory_keypad": False},
    "supported_code_lengths": [4, 5, 6],
}


def build() -> None:
    """Make the locks and their codes, as they stand on a quiet morning."""
    house = Property.objects.create(slug="grand", name="Grand", time_zone="Europe/Berlin")
    account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
    devices = Device.objects.bulk_create(
        Device(
            property=house,
            account=account,
            remote_id=f"lock-{number}",
            reported_name=f"Room {number}",
            device_type="schlage_lock",
            flags={"can_program_online_access_codes": True},
            properties=PROPERTIES,
            capability_facts=Capabilities(keeps_window=True, max_codes=100).as_json(),
            reported_at=NOW,
            last_read_at=NOW - timedelta(minutes=2),
        )
        for number in range(OPTIONS.locks)
    )
    codes = AccessCode.objects.bulk_create(
        [_code(device, place) for device in devices for place in range(OPTIONS.codes)],
        batch_size=2000,
    )
    for code, device in zip(
        codes, (each for each in devices for _ in range(OPTIONS.codes)), strict=True
    ):
        code.device = device
    Installation.objects.bulk_create(
        [entry for code in codes if (entry := _entry(code)) is not None], batch_size=2000
    )


def _code(device: Device, place: int) -> AccessCode:
    """Return one code: four in ten run, three are loaded, three are for later."""
    starts_in = {0: -1, 1: -1, 2: -1, 3: -1, 4: 1, 5: 1, 6: 2}.get(place % 10, 10 + place)
    starts_at = NOW + timedelta(days=starts_in, hours=3)
    is_running, is_loaded = starts_in < 0, 0 < starts_in <= 2
    return AccessCode(
        device=device,
        created_at=NOW - timedelta(days=20),
        name=f"Guest {place}",
        kind=Kind.TIME_BOUND,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=3),
        created_by="bench",
        created_by_kind="staff",
        pin_index=f"{device.pk}-{place}",
        status=Status.SET if is_running else Status.UNSET,
        is_scheduled_on_device=is_loaded,
        proven_at=NOW if is_running or is_loaded else None,
        version=1,
    )


def _entry(code: AccessCode) -> Installation | None:
    if code.proven_at is None:
        return None
    content = code.wish().content(terms_of(code.device)).as_json()
    return Installation(
        code=code,
        device=code.device,
        slot=code.pk % OPTIONS.codes + 1,
        placement=Placement.PRESENT,
        keeps_window=True,
        revision=1,
        content=content,
        sent=content,
        is_acknowledged=True,
        known_pins=[code.pin_index],
        seen_at=NOW,
    )


def measure(what: str, now: datetime) -> None:
    """Print how long one round took, what it did and how many queries it cost."""
    with CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        opened, closed = watch(now)
        took = (time.perf_counter() - begun) * 1000
    sys.stdout.write(
        f"{what:<34}{took:8.0f} ms {len(queries):4} queries  {opened} opened, {closed} closed\n"
    )


def run() -> None:
    """Build the house and go through the day."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        build()
        sys.stdout.write(
            f"{connection.vendor}: {Device.objects.count()} locks, "
            f"{AccessCode.objects.count()} codes, {Installation.objects.count()} entries\n"
        )
        measure("a quiet round", NOW)
        measure("again", NOW)
        some = list(Device.objects.order_by("pk").values_list("pk", flat=True)[:20])
        Device.objects.filter(pk__in=some).update(failing_since=NOW - timedelta(minutes=30))
        AccessCode.objects.filter(device__in=some, status=Status.SET).update(
            status=Status.SETTING, diverged_since=NOW - timedelta(minutes=20)
        )
        Installation.objects.filter(device__in=some).update(content=None)
        measure("20 locks fail", NOW)
        measure("they still fail", NOW + timedelta(seconds=30))
        AccessCode.objects.update(ends_at=NOW - timedelta(minutes=5), starts_at=NOW - NEARLY)
        measure("every stay ended 5 min ago", NOW)
        measure("they still have", NOW)
        ProviderAccount.objects.update(state=AccountState.DISCONNECTED)
        measure("the account is gone", NOW)
        measure("it still is", NOW)
        sys.stdout.write(f"open at the end: {Problem.objects.open().count()}\n")
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


NEARLY = timedelta(days=3)

if __name__ == "__main__":
    run()
