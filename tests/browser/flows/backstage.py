"""What happens behind the desk while somebody works at it: houses, guests, trouble at locks.

    with Backstage(site) as backstage:
        backstage.build()
        backstage.build_house(way="wide-first")
        backstage.guest(name="Ana Prado", door="Room 1")
        backstage.code(name="Ana Prado")["status"]

A process of its own in the site's settings and database, asked over a pipe: to start one for each
question would take longer than the flows. Every function below that is not private can be called
by its name, and so can those of `storm`; arguments and answers go through JSON.
"""

import json
import subprocess
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.browser.flows.words import (
    KEY_BOX,
    NEXT_DOOR,
    PASSWORD,
    STORM,
    ZONE,
    house_of,
    username_of,
)
from tests.processes import ROOT, Site

if TYPE_CHECKING:
    from accesscodes.models import AccessCode
    from properties.models import Device, VirtualLock


class WentWrong(AssertionError):  # noqa: N818
    """Something behind the desk failed; the message is its traceback."""


class Backstage:
    """The process behind the desk. Raises `WentWrong` where what it was asked for fails."""

    def __init__(self, site: Site):
        self._site = site

    def __enter__(self) -> "Backstage":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.flows.backstage"],
            cwd=ROOT,
            env=self._site.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=15)

    def __getattr__(self, name: str) -> Any:
        def ask(**facts: Any) -> Any:
            self._process.stdin.write(json.dumps([name, facts]) + "\n")
            self._process.stdin.flush()
            answer, error = json.loads(self._process.stdout.readline())
            if error:
                raise WentWrong(error)
            return answer

        return ask


# ---- In the site --------------------------------------------------------------------------------

DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "Room 1": ("schlage", {}),
    "Room 2": ("schlage", {}),
    "Room 3": ("nuki", {"faults": ["keypad_battery_flat"]}),
    "Room 4": ("yale", {}),
    "Room 5": ("schlage", {}),
    "Room 6": ("igloohome", {"traits": {"has_bridge": False}}),
}
"""Every door of a house: its make and what is wrong with it."""

PLAN_B = "The bakery next door keeps a key."

STAFF = {"harriet": "manager", "frida": "front_desk", "hugo": "housekeeping"}

_here: dict[str, str] = {}
"""The house that doors are meant of."""


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def build() -> None:
    """Build two houses that are empty."""
    from locksite.actors import SYSTEM
    from locksite.masked import Pin
    from properties.models import Property
    from properties.services import set_key_box

    Property.objects.create(slug=NEXT_DOOR, name="Pier House", city="Kiel")
    storm = Property.objects.create(slug=STORM, name="Storm House", city="Kiel", plan_b=PLAN_B)
    set_key_box(storm, Pin(KEY_BOX), actor=SYSTEM, now=_now())


def build_house(way: str) -> None:
    """Build the house that is looked at in this way, with its locks and its staff; enter it.

    A lock takes nine codes a minute, and the maker of one gives three offline codes an hour: in a
    house for all, one way would wait for what another did.
    """
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password

    from accesscodes import pool
    from locksite.actors import SYSTEM
    from locksite.doors import real_doors
    from locksite.masked import Pin
    from properties.models import Membership, Property, ProviderAccount, VirtualLock
    from properties.services import set_key_box
    from properties.sync import refresh_account

    now = _now()
    house = Property.objects.create(
        slug=house_of(way),
        name="Quay House",
        city="Kiel",
        time_zone=ZONE,
        plan_b=PLAN_B,
        keypad_hint="Press the check key after the PIN.",
    )
    set_key_box(house, Pin(KEY_BOX), actor=SYSTEM, now=now)
    others = list(Property.objects.filter(slug__in=[NEXT_DOOR, STORM]))
    password = make_password(PASSWORD)  # once for all: it is slow on purpose
    for name, role in STAFF.items():
        username = username_of(name, way)
        user = get_user_model().objects.create(username=username, password=password)
        for each in (house, *others) if role == "manager" else (house,):
            Membership.objects.create(user=user, property=each, role=role)
    account = ProviderAccount.objects.create(kind="virtual", name=f"Locks, {way}")
    for door, (make, facts) in DOORS.items():
        VirtualLock.objects.create(
            account=account,
            make=make,
            name=door,
            time_zone=ZONE,
            answer_min=0,
            answer_max=0,
            **facts,
        )
    refresh_account(account, doors=real_doors())
    account.devices.update(property=house)
    enter(way)
    pool.switch_on(_device("Room 5"), actor=SYSTEM, now=now)


def enter(way: str) -> None:
    """Mean the doors of this house from now on."""
    _here["slug"] = house_of(way)


def _device(door: str) -> "Device":
    from properties.models import Device

    return Device.objects.get(property__slug=_here["slug"], reported_name=door)


def _lock(device: "Device") -> "VirtualLock":
    from properties.models import VirtualLock

    return VirtualLock.objects.get(uid=device.remote_id)


def _poke(device: "Device") -> None:
    from properties.models import Device

    Device.objects.filter(pk=device.pk).poke(_now())


def _row(name: str) -> "AccessCode":
    from accesscodes.models import AccessCode

    return AccessCode.objects.select_related("device").filter(name=name).latest("pk")


def guest(
    name: str,
    door: str,
    more_doors: Sequence[str] = (),
    starts_in: float | None = -60,
    lasts: float = 2880,
    pin: str | None = None,
    issued_ago: float = 0,
    **options: Any,
) -> str:
    """Issue a code, one for each door; return the id of the first.

    Minutes; `starts_in` ``None``: until removed.
    """
    from accesscodes.linked import issue_codes
    from accesscodes.services import CodeSpec
    from locksite.actors import SYSTEM
    from locksite.masked import Pin

    now = _now()
    start = None if starts_in is None else now + timedelta(minutes=starts_in)
    spec = CodeSpec(
        name=name,
        pin=None if pin is None else Pin(pin),
        starts_at=start,
        ends_at=None if start is None else start + timedelta(minutes=lasts),
        for_desk=True,
        **options,
    )
    devices = [_device(each) for each in (door, *more_doors)]
    issued_at = now - timedelta(minutes=issued_ago)
    return str(issue_codes(devices, spec, actor=SYSTEM, now=issued_at)[0].uid)


def code(name: str) -> dict[str, Any]:
    """Return what the database holds of the newest code of this name."""
    return _facts(_row(name))


def codes(name: str) -> list[dict[str, Any]]:
    """Return the same of all codes of this name, by door."""
    from accesscodes.models import AccessCode

    rows = AccessCode.objects.select_related("device").filter(name=name)
    return sorted(map(_facts, rows), key=lambda facts: facts["door"])


def _facts(row: "AccessCode") -> dict[str, Any]:
    pin = row.pin
    return {
        "uid": str(row.uid),
        "door": row.device.display_name,
        "kind": str(row.kind),
        "status": str(row.status),
        "starts_at": row.starts_at and row.starts_at.isoformat(),
        "ends_at": row.ends_at and row.ends_at.isoformat(),
        "pin": None if pin is None else pin.open(bound_to=row.uid).digits,
        "is_wanted": row.withdrawn_at is None,
        "is_gone": row.gone_at is not None,
        "is_offline": row.is_offline,
        "version": row.version,
        "backup": row.pulled_backup and str(row.pulled_backup.uid),
    }


def count(name: str) -> int:
    """Return how many codes of this name there are, gone ones included."""
    from accesscodes.models import AccessCode

    return AccessCode.objects.filter(name=name).count()


def pins() -> list[str]:
    """Return every PIN that the site keeps, that of the key box included."""
    from accesscodes.models import AccessCode, UnmanagedCode

    rows: list[Any] = [
        *AccessCode.objects.exclude(pin=None),
        *UnmanagedCode.objects.exclude(pin=None),
    ]
    return [KEY_BOX, *(row.pin.open(bound_to=row.uid).digits for row in rows)]


def deeds(name: str) -> list[list[str]]:
    """Return who did what with the newest code of this name, oldest first."""
    from locksite.journal.models import AuditEntry

    rows = AuditEntry.objects.filter(object_uid=_row(name).uid).order_by("pk")
    return [[row.actor_label, row.action] for row in rows]


def reveals_of_key_box() -> int:
    """Return how often somebody saw the code of the key box."""
    from locksite.journal.models import AuditEntry

    return AuditEntry.objects.filter(action="property.reveal_key_box").count()


def on_lock(door: str) -> list[str]:
    """Return the PINs that are physically on a lock."""
    from properties.providers.virtual.people import contents

    return [entry.pin.digits for entry in contents(_lock(_device(door)), now=_now()).values()]


def foreign(name: str, door: str) -> None:
    """Let somebody make a code in the lock's app."""
    from properties.providers.virtual.people import add_foreign_code

    device = _device(door)
    add_foreign_code(_lock(device), None, name, now=_now())
    _poke(device)


def foreign_names(door: str) -> list[str]:
    """Return the names of the codes on a lock that are known and not ours."""
    from accesscodes.models import UnmanagedCode

    rows = UnmanagedCode.objects.live().filter(device=_device(door))
    return sorted(rows.values_list("name", flat=True))


def edit(name: str, pin: str) -> None:
    """Let somebody give this code another PIN in the lock's app."""
    from locksite.masked import Pin
    from properties.providers.virtual.people import contents, edit_at_keypad

    row = _row(name)
    lock, digits = _lock(row.device), row.pin.open(bound_to=row.uid).digits
    slots = contents(lock, now=_now())
    slot = next(slot for slot, entry in slots.items() if entry.pin.digits == digits)
    edit_at_keypad(lock, slot, now=_now(), pin=Pin(pin))
    _poke(row.device)


def spares(door: str) -> int:
    """Return how many spare codes are ready on a lock."""
    from accesscodes.models import AccessCode

    return AccessCode.objects.ready_spares().filter(device=_device(door)).count()


def preferences(username: str) -> dict[str, Any]:
    """Return how somebody likes the desk."""
    from properties.models import Preference

    return dict(Preference.objects.filter(user__username=username).values().first() or {})


def serve() -> None:
    """Answer one line of standard input after the other, until it ends."""
    import django

    django.setup()
    from tests.browser.flows import storm

    for line in sys.stdin:
        name, facts = json.loads(line)
        answer, error = None, ""
        try:
            deed = getattr(storm, name, None) or globals()[name]
            answer = deed(**facts)
        except Exception:
            error = traceback.format_exc()
        sys.stdout.write(json.dumps([answer, error]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
