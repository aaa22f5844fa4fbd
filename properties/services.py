"""What people and partners may set about a lock: its name, its metadata, whether it is managed.

Each function checks the rules and writes the change, its events and who made it, in one
transaction. Rules that say no raise `RuleBroken` with the wire's name of the input; nothing is
written then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.pins import seal
from properties.changes import REMOVED
from properties.models import Device, Property

NAME_LIMIT: Final = 100
METADATA_PAIRS: Final = 50
METADATA_KEY: Final = 40
METADATA_TEXT: Final = 500
CODE_LENGTHS: Final = range(4, 13)
"""The lengths of PINs that Locksite can carry."""


def rename(device: Device, name: str | None, *, actor: Actor, now: datetime) -> None:
    """Show the lock under this name; ``None`` or nothing: under the one its account reports."""
    nickname = " ".join((name or "").split())
    if len(nickname) > NAME_LIMIT:
        raise RuleBroken("invalid_input", f"Use at most {NAME_LIMIT} characters.", "name")
    with write_transaction():
        device = _held(device)
        if device.nickname == nickname:
            return
        shown = device.display_name
        device.nickname = nickname
        device.save(update_fields=["nickname"])
        detail = None
        if device.display_name != shown:
            _tell(device, "device.name_changed", now, {"device_name": device.display_name})
            detail = {"from": {"name": shown}, "to": {"name": device.display_name}}
        _note(device, "device.rename", actor, now, detail)


def set_metadata(
    device: Device, changes: Mapping[str, str | bool | None], *, actor: Actor, now: datetime
) -> None:
    """Set these pairs and leave the others as they are; ``None`` removes a key.

    Raises `RuleBroken` beyond 50 pairs, 40 characters of a key and 500 of a text.
    """
    field = "custom_metadata"
    for key, value in changes.items():
        if len(key) > METADATA_KEY:
            raise RuleBroken("invalid_input", f"Keys have at most {METADATA_KEY} letters.", field)
        if isinstance(value, str) and len(value) > METADATA_TEXT:
            raise RuleBroken(
                "invalid_input", f"Texts have at most {METADATA_TEXT} letters.", field
            )
    with write_transaction():
        device = _held(device)
        merged = {
            key: value
            for key, value in {**device.custom_metadata, **changes}.items()
            if value is not None
        }
        if len(merged) > METADATA_PAIRS:
            raise RuleBroken("invalid_input", f"There is room for {METADATA_PAIRS} keys.", field)
        if merged == device.custom_metadata:
            return
        device.custom_metadata = merged
        device.save(update_fields=["custom_metadata"])
        _note(device, "device.set_metadata", actor, now, {"keys": sorted(changes)})


def stop_managing(device: Device, *, actor: Actor, now: datetime) -> None:
    """Leave the lock alone from now on.

    Raises `RuleBroken` while there is anything of ours that only we would take off it: nobody
    would afterwards. Not so for a lock that is no longer in its account, which we cannot reach
    anyhow, and for offline codes, which no lock can be told to refuse and which end by themselves.
    """
    with write_transaction():
        device = _held(device)
        if not device.is_managed:
            return
        codes = _still_ours(device)
        if codes:
            counted = "1 access code is" if codes == 1 else f"{codes} access codes are"
            raise RuleBroken(
                "invalid_input",
                f"{counted} on this lock, on the way to it, or about to be taken off it. Delete "
                "what is there and wait until it is gone; spare codes go when "
                "backup_access_code_pool_enabled is set to false.",
                "is_managed",
            )
        device.is_managed = False
        device.save(update_fields=["is_managed"])
        _tell(device, "device.converted_to_unmanaged", now)
        _note(device, "device.stop_managing", actor, now)


def manage(device: Device, *, actor: Actor, now: datetime) -> None:
    """Manage the lock from now on; the engine looks at it at once."""
    with write_transaction():
        device = _held(device)
        if device.is_managed:
            return
        device.is_managed = True
        device.save(update_fields=["is_managed"])
        Device.objects.filter(pk=device.pk).poke(now)
        _tell(device, "device.unmanaged.converted_to_managed", now)
        _note(device, "device.manage", actor, now)


def report_code_lengths(
    device: Device, lengths: Sequence[int], *, field: str, actor: Actor, now: datetime
) -> None:
    """Write down how long PINs of this lock may be; that counts more than what it reports.

    `field` is the wire's name of the input. Raises `RuleBroken` for lengths of which Locksite can
    carry none.
    """
    if not set(lengths).intersection(CODE_LENGTHS):
        raise RuleBroken("invalid_input", "Locksite takes PINs of 4 to 12 digits.", field)
    told = sorted(set(lengths))
    with write_transaction():
        device = _held(device)
        if device.told_code_lengths == told:
            return
        device.told_code_lengths = told
        device.properties = {**device.properties, "supported_code_lengths": told}
        device.save(update_fields=["told_code_lengths", "properties"])
        Device.objects.filter(pk=device.pk).poke(now)
        _note(device, "device.report_code_lengths", actor, now, {"lengths": told})


def _still_ours(device: Device) -> int:
    """Return how many codes would be left on the lock, or not be taken off it as was asked."""
    if any(error.get("error_code") == REMOVED for error in device.errors):
        return 0
    ends_by_itself = Q(is_offline=True, pin_index__isnull=False)
    codes = device.codes.filter(gone_at=None).exclude(ends_by_itself).count()
    return codes + device.unmanaged_codes.filter(gone_at=None).exclude(wish="").count()


def _held(device: Device) -> Device:
    """Lock the lock's row and return it as it is now."""
    rows = Device.objects.select_for_update(of=("self",)).select_related("account")
    return rows.get(pk=device.pk)


def set_key_box(house: Property, code: Pin | None, *, actor: Actor, now: datetime) -> None:
    """Keep the code of the property's key box sealed; ``None`` forgets it."""
    with write_transaction():
        house.key_box = None if code is None else seal(code, bound_to=house.seal_id)
        house.save(update_fields=["key_box"])
        AuditEntry.objects.append(
            actor,
            "property.set_key_box" if code else "property.forget_key_box",
            now=now,
            property_id=house.pk,
            object_type="property",
            object_uid=house.seal_id,
        )


def reveal_plan_b(device: Device, *, actor: Actor, now: datetime) -> Pin:
    """Return the code of the key box of the lock's property, and write down who saw it.

    Raises `RuleBroken` where the property has none.
    """
    with write_transaction():
        house = device.property
        if house is None or house.key_box is None:
            raise RuleBroken("invalid_input", "This property keeps no key-box code.")
        _note(device, "property.reveal_key_box", actor, now)
        return house.key_box.open(bound_to=house.seal_id)


def _tell(
    device: Device, event_type: str, now: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    Event.objects.append(
        event_type,
        occurred_at=now,
        now=now,
        property_id=device.property_id,
        device_uid=device.uid,
        connected_account_uid=device.account.uid,
        payload=payload,
    )


def _note(
    device: Device,
    action: str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=device.property_id,
        object_type="device",
        object_uid=device.uid,
        detail=detail,
    )
