"""What there is while malformed requests arrive: two houses, virtual locks, codes, keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accesscodes import attempts
from accesscodes.models import ActionAttempt
from accesscodes.services import CodeSpec
from locksite.actors import SYSTEM
from locksite.doors import real_doors
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.partners.models import Scope
from locksite.partners.services import create_key
from properties.models import Device, Property, ProviderAccount, VirtualLock
from properties.providers.virtual.people import add_foreign_code
from properties.sync import refresh_account


@dataclass(frozen=True)
class House:
    """The keys by role, and what there is by the names that parameters have."""

    keys: Mapping[str, str]
    known: Mapping[str, Sequence[Any]]


def build() -> House:
    """Make everything in the database at hand."""
    now = datetime.now(UTC)
    mine, _ = (Property.objects.create(slug=slug, name=slug) for slug in ("mine", "theirs"))
    account = ProviderAccount.objects.create(kind="virtual", name="Virtual locks")
    locks = [
        VirtualLock.objects.create(account=account, make=make, name=f"{make} door")
        for make in ("schlage", "lockly", "igloohome", "salto", "wyze", "nuki")
    ]
    refresh_account(account, doors=real_doors())
    devices = list(Device.objects.order_by("pk"))
    Device.objects.filter(pk__in=[device.pk for device in devices[::2]]).update(property=mine)
    for lock in locks[:2]:
        add_foreign_code(lock, Pin("735162"), "Cleaner", now=now)
    codes = []
    for number, device in enumerate(devices[:2] * 3):
        dates = {"starts_at": now, "ends_at": now + timedelta(days=2)} if number % 2 else {}
        spec = CodeSpec(f"Guest {number}", pin=Pin(f"48291{number}"), **dates)
        code, _ = attempts.issue(device, spec, actor=SYSTEM, now=now)
        codes.append(code)
    keys = {
        "write": create_key("write", None, actor=SYSTEM, now=now)[1],
        "read": create_key("read", None, actor=SYSTEM, now=now, scope=Scope.READ)[1],
        "limited": create_key("limited", [mine], actor=SYSTEM, now=now)[1],
        "nobody": "",
        "unknown": "seam_ls_zzzzzzzz_nothing",
    }
    known: dict[str, list[Any]] = {
        "device_id": [str(device.uid) for device in devices],
        "access_code_id": [str(code.uid) for code in codes],
        "action_attempt_id": [str(row.uid) for row in ActionAttempt.objects.all()],
        "event_id": [str(row.uid) for row in Event.objects.all()[:20]],
        "connected_account_id": [str(account.uid)],
        "code": ["482910", "482911", "1234", "735162"],
        "name": ["Lena Okafor", devices[0].display_name],
        "since": ["2020-01-01"],
    }
    several = {f"{name}s": values for name, values in known.items() if name.endswith("_id")}
    return House(keys, known | several)
