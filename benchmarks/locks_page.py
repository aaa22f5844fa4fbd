"""How long the server takes for the list of doors of a large house: 200 locks, 2,000 codes.

`python -m benchmarks.locks_page` builds the house on a SQLite database made for it and prints the
milliseconds and queries of the list, and of the page of one door.
"""

import benchmarks._settings  # noqa: F401  (before anything of Django)

# isort: split

import argparse
import sys
import time
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscodes.choices import Kind, Status
from accesscodes.models import AccessCode
from properties.models import Device, Property, ProviderAccount
from properties.providers.base import Capabilities

ARGUMENTS = argparse.ArgumentParser(description=__doc__)
ARGUMENTS.add_argument("--locks", type=int, default=200)
ARGUMENTS.add_argument("--codes", type=int, default=10, help="per lock")
OPTIONS = ARGUMENTS.parse_args()

PROPERTIES = {
    "online": True,
    "battery": {"level": 0.8, "status": "full"},
    "model": {"has_built_in_keypad": True, "can_connect_accessory_keypad": False},
    "supported_code_lengths": [4, 5, 6],
}


def build() -> str:
    """Make the locks and their codes; return the public id of one lock."""
    now = timezone.now()
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
            reported_at=now,
            last_read_at=now,
        )
        for number in range(OPTIONS.locks)
    )
    AccessCode.objects.bulk_create(
        AccessCode(
            device=device,
            created_at=now,
            name=f"Guest {place}",
            kind=Kind.TIME_BOUND,
            status=Status.UNSET,
            starts_at=now + timedelta(days=place + 1),
            ends_at=now + timedelta(days=place + 2),
            created_by="bench",
            created_by_kind="staff",
        )
        for device in devices
        for place in range(OPTIONS.codes)
    )
    return str(devices[0].uid)


def measure(client: Client, what: str, path: str) -> None:
    """Print the median of nine requests."""
    client.get(path)
    taken = []
    for _ in range(9):
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            answer = client.get(path)
            taken.append(1000 * (time.perf_counter() - started))
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
    print(f"{what}: {sorted(taken)[4]:.0f} ms, {len(queries)} queries")


def run() -> None:
    """Build and measure."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    lock = build()
    client = Client(headers={"host": "localhost"})
    user = get_user_model().objects.create_superuser("bench", password=None)
    client.force_login(user)
    doors = f"{OPTIONS.locks} locks, {OPTIONS.locks * OPTIONS.codes} codes"
    measure(client, f"list of doors ({doors})", "/p/grand/locks/")
    measure(client, "page of a door", f"/p/grand/locks/{lock}/")
    measure(client, "form for a code", f"/p/grand/locks/{lock}/issue/")


if __name__ == "__main__":
    run()
