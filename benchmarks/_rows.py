"""Rows for measurements: locks, a key, and codes that are on their locks."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from accesscodes.choices import Placement
from accesscodes.models import AccessCode, ActionAttempt, Installation, Transition
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.partners.services import create_key
from locksite.pins import index_of, seal
from properties.models import Device, Property, ProviderAccount
from properties.providers.base import Capabilities

BATCH = 5000


def lay_out(locks: int) -> tuple[list[str], str]:
    """Make so many locks in one house, and a key; return the ids of the locks, and the key."""
    now = datetime.now(UTC)
    house = Property.objects.create(slug="bench", name="Bench")
    account = ProviderAccount.objects.create(kind="virtual", name="Bench")
    devices = Device.objects.bulk_create(
        (
            Device(
                property=house,
                account=account,
                remote_id=str(number),
                reported_name=f"Door {number}",
                device_type="schlage_lock",
                flags={"can_program_online_access_codes": True},
                properties={"online": True, "supported_code_lengths": [4, 5, 6, 7, 8]},
                capability_facts=Capabilities(keeps_window=True, max_codes=250).as_json(),
                reported_at=now,
            )
            for number in range(locks)
        ),
        batch_size=BATCH,
    )
    _, key = create_key("bench", None, actor=SYSTEM, now=now)
    return [str(device.uid) for device in devices], key


def fill(codes: int, *, gone: float = 0.5) -> list[str]:
    """Make so many ongoing codes, on the locks in turn, with all that came of them.

    The oldest, the part `gone`, are gone; return the ids of the others. Each has its entry,
    transitions, events, attempt and audit entry. They were made within the last 30 days.
    """
    devices = list(Device.objects.select_related("account").order_by("pk"))
    first = datetime.now(UTC) - timedelta(days=30)
    made: list[str] = []
    for start in range(0, codes, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, codes)):
            at = first + timedelta(days=29) * number / codes
            is_gone = number < codes * gone
            rows.append(_code(devices[number % len(devices)], number, at, is_gone=is_gone))
        AccessCode.objects.bulk_create(rows)
        _write_what_came_of(rows)
        made += [str(row.uid) for row in rows if row.gone_at is None]
    return made


def _code(device: Device, number: int, at: datetime, *, is_gone: bool) -> AccessCode:
    uid, pin = uuid4(), Pin(str(1_000_000 + number))
    return AccessCode(
        uid=uid,
        device=device,
        created_at=at,
        name=f"Guest {number}",
        pin=seal(pin, bound_to=uid),
        pin_index=index_of(device.uid, pin),
        kind="ongoing",
        created_by="bench",
        created_by_kind="key",
        status="gone" if is_gone else "set",
        withdrawn_at=at if is_gone else None,
        gone_at=at if is_gone else None,
        proven_at=at,
        version=4,
    )


def _write_what_came_of(codes: list[AccessCode]) -> None:
    Installation.objects.bulk_create(_entry(code) for code in codes)
    Transition.objects.bulk_create(
        Transition(code=code, from_status=before, to_status=after, at=code.created_at, revision=1)
        for code in codes
        for before, after in (("", "setting"), ("setting", "set"))
    )
    Event.objects.bulk_create(
        Event(
            event_type=event_type,
            occurred_at=code.created_at,
            created_at=code.created_at,
            property_id=code.device.property_id,
            device_uid=code.device.uid,
            access_code_uid=code.uid,
            connected_account_uid=code.device.account.uid,
        )
        for code in codes
        for event_type in ("access_code.created", "access_code.set_on_device")
    )
    ActionAttempt.objects.bulk_create(
        ActionAttempt(
            action_type="CREATE_ACCESS_CODE",
            device=code.device,
            code=code,
            revision=1,
            created_at=code.created_at,
        )
        for code in codes
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=code.created_at,
            actor_kind="key",
            actor_label="bench",
            action="access_code.issue",
            property_id=code.device.property_id,
            object_type="access_code",
            object_uid=code.uid,
        )
        for code in codes
    )


def _entry(code: AccessCode) -> Installation:
    uid, content = uuid4(), code.wish().content(code.terms()).as_json()
    return Installation(
        uid=uid,
        code=code,
        device=code.device,
        slot=code.pk,
        placement=Placement.PRESENT if code.gone_at is None else Placement.ABSENT,
        keeps_window=True,
        revision=1,
        pin=code.pin and seal(code.pin.open(bound_to=code.uid), bound_to=uid),
        content=content,
        sent=content,
        is_acknowledged=True,
        known_pins=[code.pin_index],
        seen_at=code.created_at,
    )
