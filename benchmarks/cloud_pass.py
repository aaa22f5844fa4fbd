"""How much a cloud is asked, and how long it takes, to mirror all its locks and codes once.

`python -m benchmarks.cloud_pass` serves 1,000 locks with 10 codes each from memory, over real
sockets, and takes them up on a SQLite database made for it: the list of locks, then one look at
every lock. The first pass makes the rows, the second finds everything as it was.
"""

import benchmarks._settings  # noqa: F401  (before anything of Django)

# isort: split

import argparse
import json
import sys
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from accesscodes.engine import lease as leases
from accesscodes.engine.cloud import driver_for
from accesscodes.engine.reconcile import reconcile
from accesscodes.models import AccessCode, EngineBeat
from locksite.doors import real_doors
from locksite.masked import Pin
from locksite.pins import seal
from properties.choices import ProviderKind
from properties.models import Device, Property, ProviderAccount
from properties.sync import refresh_account

ARGUMENTS = argparse.ArgumentParser(description=__doc__)
ARGUMENTS.add_argument("--locks", type=int, default=1000)
ARGUMENTS.add_argument("--codes", type=int, default=10, help="per lock")
OPTIONS = ARGUMENTS.parse_args()

ASKED: Counter[str] = Counter()
CREATED = "2026-01-05T10:00:00.000Z"


def lock(number: int) -> dict[str, Any]:
    """Return one lock as the wire has it."""
    return {
        "device_id": f"lock-{number}",
        "device_type": "schlage_lock",
        "can_program_online_access_codes": True,
        "capabilities_supported": ["access_code", "lock"],
        "properties": {"name": f"Room {number}", "online": True, "locked": True},
        "errors": [],
        "warnings": [],
        "is_managed": True,
        "created_at": CREATED,
    }


def codes(device_id: str) -> list[dict[str, Any]]:
    """Return the codes of one lock as the wire has them."""
    return [
        {
            "access_code_id": f"{device_id}-code-{place}",
            "device_id": device_id,
            "name": f"Guest {place}",
            "code": f"{482_100 + place}",
            "type": "ongoing",
            "status": "set",
            "is_managed": True,
            "errors": [],
            "warnings": [],
            "created_at": CREATED,
        }
        for place in range(OPTIONS.codes)
    ]


class Cloud(BaseHTTPRequestHandler):
    """Answers what a mirror asks for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one list."""
        ASKED[self.path] += 1
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        match self.path:
            case "/devices/list":
                first = int(asked.get("page_cursor") or 0)
                last = min(first + 100, OPTIONS.locks)
                answer: dict[str, Any] = {
                    "devices": [lock(number) for number in range(first, last)],
                    "pagination": {
                        "has_next_page": last < OPTIONS.locks,
                        "next_page_cursor": str(last) if last < OPTIONS.locks else None,
                        "next_page_url": None,
                    },
                }
            case "/devices/unmanaged/list":
                answer = {"devices": []}
            case "/access_codes/list":
                answer = {"access_codes": codes(asked["device_id"])}
            case "/events/list":
                answer = {"events": []}
            case _:
                answer = {"access_codes": []}
        body = json.dumps({**answer, "ok": True}).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def mirror(account: ProviderAccount, engine_id: uuid.UUID) -> None:
    """Read the list of locks, and look at every lock once."""
    doors = real_doors()
    account.refresh_from_db()
    refresh_account(account, doors=doors)
    Device.objects.update(property=Property.objects.get(), due_at=timezone.now())
    for pk in Device.objects.values_list("pk", flat=True):
        EngineBeat.objects.filter(pk=engine_id).update(beat_at=timezone.now())
        lease = leases.take(pk, engine_id, doors.now())
        if lease is None:
            raise SystemExit(f"lock {pk} is taken")
        leases.give_back(lease, reconcile(lease, doors, driver_for))


def main() -> None:
    """Measure two passes and print what they cost."""
    call_command("migrate", verbosity=0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Property.objects.create(slug="grand", name="Grand", time_zone="Europe/Berlin")
    account = ProviderAccount(
        kind=ProviderKind.SEAM,
        name="Seam",
        endpoint=f"http://127.0.0.1:{server.server_port}",
    )
    account.credentials = seal(Pin("seam_bench"), bound_to=account.uid)
    account.save()
    engine_id, now = uuid.uuid4(), timezone.now()
    EngineBeat.objects.create(
        engine_id=engine_id, host="bench", pid=1, started_at=now, beat_at=now
    )
    for what in ("first pass, rows are made", "second pass, nothing is new"):
        ASKED.clear()
        began = time.perf_counter()
        mirror(account, engine_id)
        seconds = time.perf_counter() - began
        sys.stdout.write(
            f"{what}: {seconds:.1f} s, {ASKED.total()} requests for {OPTIONS.locks} locks and "
            f"{AccessCode.objects.live().count()} codes; one thread\n"
        )
    sys.stdout.write(", ".join(f"{path} {number}" for path, number in sorted(ASKED.items())))
    sys.stdout.write("\n")
    server.shutdown()


main()
