"""What people and partners may ask of entries that are not ours: take them over, remove them.

Writes the wish and pokes the lock; the engine does the rest at its next look, where it sees that
the entry is still what was meant. Nothing on a lock is touched without such a wish. Rules that say
no raise `RuleBroken`.
"""

from datetime import datetime

from accesscodes import foreign, ledger
from accesscodes.choices import ForeignWish
from accesscodes.models import AccessCode, UnmanagedCode
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from properties.models import Device


def convert_to_managed(
    row: UnmanagedCode,
    *,
    actor: Actor,
    now: datetime,
    is_external_modification_allowed: bool = False,
) -> UnmanagedCode:
    """Write down that the entry shall become ours, as it is; a second time changes nothing.

    Nothing is written to the lock. Raises `RuleBroken` `invalid_input` where the lock or its maker
    does not allow it, or the entry has ended, is switched off, gone or about to go; and
    `duplicate_access_code` where a code of ours has its PIN.
    """
    with write_transaction():
        device, row = _held(row)
        if row.code_id is not None or row.wish == ForeignWish.CONVERT:
            return row
        message = foreign.obstacle(row.stranger(), device.capabilities, now)
        if row.gone_at is not None:
            message = "The code is no longer on the lock."
        elif row.wish == ForeignWish.REMOVE:
            message = "The code is being removed."
        if message:
            raise RuleBroken("invalid_input", message, "access_code_id")
        if AccessCode.objects.holding(
            device, row.pin_index or "", starts_at=row.starts_at, ends_at=row.ends_at, now=now
        ).exists():
            raise RuleBroken(
                "duplicate_access_code", "One of our codes has the same PIN. Delete that first."
            )
        row.is_external_modification_allowed = is_external_modification_allowed
        _wish(row, ForeignWish.CONVERT, actor)
        _note(actor, "access_code.convert", row, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return row


def remove_unmanaged(row: UnmanagedCode, *, actor: Actor, now: datetime) -> UnmanagedCode:
    """Write down that the entry shall go from the lock; a second time changes nothing.

    Just this entry is removed: if somebody changes it before, it is another one and stays. Raises
    `RuleBroken` for an entry that has become ours.
    """
    with write_transaction():
        device, row = _held(row)
        if row.code_id is not None:
            raise RuleBroken("invalid_input", "This code is managed by now.", "access_code_id")
        if row.gone_at is not None or row.wish == ForeignWish.REMOVE:
            return row
        _wish(row, ForeignWish.REMOVE, actor)
        _note(actor, "access_code.remove_unmanaged", row, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return row


def _held(row: UnmanagedCode) -> tuple[Device, UnmanagedCode]:
    """Lock the lock's row and return it with the entry as it is now."""
    device = ledger.hold(row.device_id, None)
    fresh = UnmanagedCode.objects.select_related("device").get(pk=row.pk)
    return device, fresh


def _wish(row: UnmanagedCode, wish: ForeignWish, actor: Actor) -> None:
    row.wish = wish
    row.wished_by, row.wished_by_kind = actor.label, actor.kind
    row.attempts, row.retry_at = 0, None
    row.error_code, row.error_message, row.error_since = "", "", None
    row.save(
        update_fields=[
            *("wish", "wished_by", "wished_by_kind", "is_external_modification_allowed"),
            *("attempts", "retry_at", "error_code", "error_message", "error_since"),
        ]
    )


def _note(actor: Actor, action: str, row: UnmanagedCode, device: Device, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=device.property_id,
        object_type="access_code",
        object_uid=row.uid,
    )
