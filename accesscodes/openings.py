"""Typing a PIN at a virtual lock: does the door open, and whose code was it?

The answer comes from the lock's own memory and clock. What Locksite believes of the lock is asked
only afterwards, to say which code the lock's slot belongs to.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accesscodes import ledger
from accesscodes.models import UNLOCKED, AccessCode, Installation
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.pins import index_of
from properties import sync
from properties.models import Device
from properties.providers.virtual import people
from properties.providers.virtual.keypad import UNHEARD, Reason

# What the wire says beside its reason codes.
MESSAGES: Final = {
    Reason.UNKNOWN_CODE: "No code on the lock has this PIN.",
    Reason.EXPIRED_CODE: "The code has ended.",
    Reason.CREDENTIAL_ERROR: "The code has not started, or is switched off.",
    Reason.BLOCKED_BY_PRIVACY_MODE: "Privacy mode is on.",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What happened at the door.

    `reason` is empty when it opened; else a reason code of the wire's `lock.access_denied`, or a
    word for why nobody can type: ``keypad_disconnected``, ``keypad_battery_flat``, ``no_keypad``.
    `code` is our code in the slot that the PIN met, or our offline code of this PIN, if there is
    one.
    """

    opened: bool
    reason: str
    code: AccessCode | None


def type_at_keypad(device: Device, pin: Pin, *, actor: Actor, now: datetime) -> Opening:
    """Type `pin` at the virtual lock behind `device`; write down what the lock would tell of it.

    A lock tells nothing of what it did not hear (a dead keypad) or cannot send (it is offline).
    Raises `RuleBroken` for a lock that is not virtual.
    """
    lock = people.lock_behind(device.account, device.remote_id)
    if lock is None:
        raise RuleBroken("invalid_input", "Only virtual locks can be typed at.", "device_id")
    result = people.type_pin(lock, pin, now=now)
    code = _offline(device, pin, now)
    if result.slot is not None:
        code = _ours(device, result.slot, pin, now)
    is_told = result.reason not in UNHEARD and people.can_tell(lock)
    if result.opened:
        people.turn_bolt(lock, locked=False, now=now)
    with write_transaction():
        if is_told:
            if result.opened:
                sync.note(ledger.hold(device.pk, None), locked=False)
            _tell(device, code, pin, result.reason, now)
        AuditEntry.objects.append(
            actor,
            "lock.type_at_keypad",
            now=now,
            property_id=device.property_id,
            object_type="device",
            object_uid=device.uid,
            detail={"opened": result.opened},
        )
    return Opening(opened=result.opened, reason=result.reason or "", code=code)


def lock_at_keypad(device: Device, *, actor: Actor, now: datetime) -> str:
    """Press the key at the keypad that locks the door; return why that failed, or nothing.

    Raises `RuleBroken` for a lock that is not virtual.
    """
    lock = people.lock_behind(device.account, device.remote_id)
    if lock is None:
        raise RuleBroken("invalid_input", "Only virtual locks can be locked so.", "device_id")
    reason = people.lock_by_hand(lock, now=now)
    with write_transaction():
        if reason is None and people.can_tell(lock):
            sync.note(ledger.hold(device.pk, None), locked=True)
            Event.objects.append(
                "lock.locked",
                occurred_at=now,
                now=now,
                property_id=device.property_id,
                device_uid=device.uid,
                connected_account_uid=device.account.uid,
                payload={"method": "manual"},
            )
        AuditEntry.objects.append(
            actor,
            "lock.lock_at_keypad",
            now=now,
            property_id=device.property_id,
            object_type="device",
            object_uid=device.uid,
        )
    return "" if reason is None else reason.value


def _ours(device: Device, slot: int, pin: Pin, now: datetime) -> AccessCode | None:
    """Return our code in this slot: one of which we sent this very PIN there."""
    index = index_of(device.uid, pin)
    entries = Installation.objects.on_lock(device, now).filter(slot=slot).select_related("code")
    mine = [entry for entry in entries if index in entry.known_pins]
    return mine[-1].code if mine else None


def _offline(device: Device, pin: Pin, now: datetime) -> AccessCode | None:
    """Return our offline code of this PIN; of several over time, the one that started last."""
    codes = AccessCode.objects.filter(device=device, is_offline=True, starts_at__lte=now)
    return codes.filter(pin_index=index_of(device.uid, pin)).order_by("starts_at").last()


def _tell(
    device: Device, code: AccessCode | None, pin: Pin, reason: Reason | None, now: datetime
) -> None:
    payload: dict[str, Any]
    if reason is None:
        event_type = UNLOCKED
        payload = {"method": "keycode"}
        if code is not None:
            payload["access_code_is_managed"] = True
    else:
        event_type = "lock.access_denied"
        payload = {"reason": {"reason_code": reason.value, "message": MESSAGES[reason]}}
    Event.objects.append(
        event_type,
        occurred_at=now,
        now=now,
        property_id=device.property_id,
        device_uid=device.uid,
        access_code_uid=None if code is None else code.uid,
        connected_account_uid=device.account.uid,
        payload=payload,
        # Only for our own codes: a PIN that somebody mistyped, or another's, is nobody's business.
        pin=pin if reason is None and code is not None else None,
    )
