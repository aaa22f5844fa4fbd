"""The ledger's book about entries that are not ours: seen, gone, asked to go.

Called by `ledger` alone, inside its transactions and with the lock's row held. What somebody wants
of such an entry is written by `takeover`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from accesscodes.choices import EventType, ForeignWish
from accesscodes.entries import AUDIT_AFTER_GONE, refusal_pause, retry_after
from accesscodes.foreign import is_same
from accesscodes.models import UnmanagedCode
from accesscodes.values import Seen
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.pins import seal
from properties.models import Device
from properties.stamps import stamp

SEEN_EVERY = timedelta(hours=1)
"""How often it is written down that an entry was seen once more."""


def keep(
    device: Device,
    foreign: Sequence[Seen],
    pins: Mapping[str, Pin],
    now: datetime,
    *,
    is_overtaken: bool,
) -> list[UnmanagedCode]:
    """Bring the rows in line with a good reading; return those of what is there, by slot.

    One that something overtook is believed in what it shows, not in what it does not show.
    """
    known = {row.slot: row for row in UnmanagedCode.objects.live().filter(device=device)}
    there = {entry.slot: entry for entry in foreign}
    for slot, row in known.items():
        if slot not in there and is_overtaken:
            continue
        if slot not in there or not is_same(row.content(), there[slot].content):
            _gone(row, device, now)
    rows = []
    for slot, entry in sorted(there.items()):
        old = known.get(slot)
        if old is not None and old.gone_at is None:
            _seen_again(old, entry, now)
        else:
            old = found(entry, device, pins, now)
        rows.append(old)
    return rows


def _seen_again(row: UnmanagedCode, entry: Seen, now: datetime) -> None:
    if row.remote_id != entry.remote_id:  # a cloud made it anew, with another id
        row.remote_id = entry.remote_id
        row.save(update_fields=["remote_id"])
    if row.is_enabled != entry.is_enabled or now - row.seen_at >= SEEN_EVERY:
        row.is_enabled, row.seen_at = entry.is_enabled, now
        row.save(update_fields=["is_enabled", "seen_at"])


def found(entry: Seen, device: Device, pins: Mapping[str, Pin], now: datetime) -> UnmanagedCode:
    """Return the row of an entry that was not there at the last look.

    One that was missing for minutes only is the same one: a list came back short, or a write that
    had timed out landed late. What was wanted of it is wanted still.
    """
    content = entry.content
    last = UnmanagedCode.objects.filter(device=device, slot=entry.slot).order_by("-id").first()
    if (
        last is not None
        and last.code_id is None
        and last.gone_at is not None
        and last.gone_at > now - AUDIT_AFTER_GONE
        and is_same(last.content(), content)
    ):
        row = last
        row.gone_at, row.retry_at = None, None
    else:
        row = UnmanagedCode(
            device=device,
            slot=entry.slot,
            name=content.name or "",
            pin_index=content.pin_index,
            starts_at=content.starts_at,
            ends_at=content.ends_at,
            first_seen_at=now,
        )
        pin = pins.get(content.pin_index or "")
        row.pin = None if pin is None else seal(pin, bound_to=row.uid)
    row.is_enabled, row.seen_at, row.remote_id = entry.is_enabled, now, entry.remote_id
    row.save()
    tell(row, device, EventType.UNMANAGED_CREATED, now)
    return row


def _gone(row: UnmanagedCode, device: Device, now: datetime) -> None:
    if row.wish == ForeignWish.CONVERT:
        failed(row, device, "The code is no longer on the lock.", now)
    row.gone_at = now
    row.save(update_fields=["gone_at"])
    tell(row, device, EventType.UNMANAGED_REMOVED, now)


def failed(row: UnmanagedCode, device: Device, message: str, now: datetime) -> None:
    """Write that the entry cannot become ours; the wish is over with that."""
    row.wish = ""
    row.error_code, row.error_message, row.error_since = "failed_to_convert", message, now
    row.save(update_fields=["wish", "error_code", "error_message", "error_since"])
    error = {"error_code": row.error_code, "message": message, "created_at": stamp(now)}
    lists: dict[str, list[Any]] = {
        "access_code_errors": [error],
        "access_code_warnings": [],
        "device_errors": [],
        "device_warnings": [],
        "connected_account_errors": [],
        "connected_account_warnings": [],
    }
    tell(row, device, EventType.FAILED_TO_CONVERT, now, lists)


def asked_for(row: UnmanagedCode, now: datetime) -> None:
    """Write that a removal, or a request to a cloud to make it ours, is about to leave."""
    row.attempts += 1
    row.retry_at = now + retry_after(row.attempts)
    row.save(update_fields=["attempts", "retry_at"])


def was_not_done(
    row: UnmanagedCode,
    error_code: str,
    message: str,
    wait: timedelta | None,
    now: datetime,
    *,
    is_refusal: bool,
) -> None:
    """Write that what was asked failed. It is tried again: ever more slowly once the lock said no.

    `wait` is how long the far side asked us to wait, heeded up to 15 min.
    """
    pause = refusal_pause(row.attempts) if is_refusal else retry_after(row.attempts)
    row.retry_at = now + max(pause, min(wait or timedelta(0), timedelta(minutes=15)))
    if is_refusal:
        row.error_code, row.error_message = error_code, message
        row.error_since = row.error_since or now
    row.save(update_fields=["retry_at", "error_code", "error_message", "error_since"])


def tell(
    row: UnmanagedCode,
    device: Device,
    event_type: EventType,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Write an event about the entry."""
    Event.objects.append(
        event_type,
        occurred_at=now,
        now=now,
        property_id=device.property_id,
        device_uid=device.uid,
        access_code_uid=row.uid,
        connected_account_uid=device.account.uid,
        payload=payload,
    )
