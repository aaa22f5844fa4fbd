"""What people do at, and to, a virtual lock: codes made in its app, batteries, faults, typing.

Not a provider: nothing here waits, and none of it is something that Locksite could do to a real
lock.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from locksite.database import write_transaction
from locksite.doors import Doors
from locksite.errors import RuleBroken
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import ProviderAccount, VirtualLock
from properties.providers.base import SeenCode, SlotWrite
from properties.providers.virtual.acceptance import no_pin_left, refusal, stored
from properties.providers.virtual.assigning import assigned_pin
from properties.providers.virtual.body import KEYPAD_BATTERY_LOW, LOW_BATTERY, Body
from properties.providers.virtual.keypad import Opening, Reason, opens
from properties.providers.virtual.memory import Entry
from properties.providers.virtual.offline import judge
from properties.providers.virtual.report import shown
from properties.providers.virtual.store import (
    body_of,
    memory_of,
    note_offline_use,
    offline_uses,
    put,
    secret_of,
)
from properties.providers.virtual.traits import STRIKING, problems_of
from properties.stamps import stamp

# What `happen_by` makes at most: one person who tries things out, no crowd.
FOREIGN_AT_MOST: Final = 5
DEEDS: Final = ("erase", "switch off", "change")


def add_foreign_code(
    lock: VirtualLock,
    pin: Pin | None,
    name: str,
    *,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> int:
    """Make a code in the maker's app; return its slot, the lowest free one.

    Without a PIN it is one that the lock takes; where the maker chooses PINs, there is no other
    way. Raises `RuleBroken` with the reason of the lock when it refuses.
    """
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        memory, body = memory_of(row, now), body_of(row)
        slot = next(number for number in range(1, len(memory) + 2) if number not in memory)
        own = pin or assigned_pin(body.make, secret_of(row), slot, f"{name}/{now}", memory)
        asked = pin if body.make.assigns_pins else own
        write = SlotWrite(slot, asked, name, starts_at, ends_at)
        refused = no_pin_left() if own is None else refusal(body, memory, write, now)
        if refused is not None:
            raise RuleBroken(refused.error_code, refused.sentence)
        if own is not None:
            put(row, slot, replace(stored(body, write, own), is_foreign=True), now)
    return slot


def erase_at_keypad(lock: VirtualLock, slot: int, *, now: datetime) -> None:
    """Erase what is in a slot, whoever put it there. Raises `KeyError` for an empty slot."""
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        if slot not in memory_of(row, now):
            raise KeyError(slot)
        put(row, slot, None, now)


def edit_at_keypad(lock: VirtualLock, slot: int, *, now: datetime, **changes: Any) -> None:
    """Change fields of the `Entry` in a slot: `pin`, `name`, `starts_at`, `ends_at`, `is_enabled`.

    No rule is checked: people manage to do what they should not. Raises `KeyError` for an empty
    slot.
    """
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        put(row, slot, replace(memory_of(row, now)[slot], **changes), now)


def happen_by(lock: VirtualLock, fault: Fault, *, doors: Doors, now: datetime) -> None:
    """Let somebody be at the lock who does what `fault` says, as far as there is anything to do.

    Of the codes on the lock only ours are meddled with.
    """
    if fault is Fault.FOREIGN_CODES:
        held = contents(lock, now=now)
        if sum(entry.is_foreign for entry in held.values()) < FOREIGN_AT_MOST:
            with suppress(RuleBroken):
                add_foreign_code(lock, None, f"Made in the app {now:%H:%M:%S}", now=now)
        return
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        memory = memory_of(row, now)
        ours = [slot for slot, entry in memory.items() if not entry.is_foreign]
        if ours:
            slot = doors.rand.choice(ours)
            put(row, slot, _meddled(row, memory, slot, doors.rand.choice(DEEDS), now), now)


def _meddled(
    row: VirtualLock, memory: Mapping[int, Entry], slot: int, deed: str, now: datetime
) -> Entry | None:
    """Return what somebody leaves in the slot; ``None``: nothing."""
    if deed == "erase":
        return None
    if deed == "switch off":
        return replace(memory[slot], is_enabled=False)
    pin = assigned_pin(body_of(row).make, secret_of(row), slot, f"meddled with/{now}", memory)
    return None if pin is None else replace(memory[slot], pin=pin)


def switch_fault(lock: VirtualLock, fault: Fault, on: bool, *, now: datetime) -> None:
    """Switch a fault on or off, and let the account be listed again soon.

    The moment it began is kept for as long as it lasts. A disconnected account concerns all its
    locks.
    """
    whole_account = fault is Fault.ACCOUNT_DISCONNECTED
    with write_transaction():
        rows = VirtualLock.objects.select_for_update().order_by("pk")
        for row in (
            rows.filter(account=lock.account_id) if whole_account else rows.filter(pk=lock.pk)
        ):
            if (fault.value in row.faults) is not on:
                row.faults = sorted(
                    {*row.faults, fault.value} if on else {*row.faults} - {fault.value}
                )
                row.since = {k: v for k, v in row.since.items() if k != fault.value}
                if on:
                    row.since[fault.value] = stamp(now)
                row.save(update_fields=["faults", "since"])
        _list_again(lock, now)
    lock.refresh_from_db(fields=["faults", "since"])


def fail_next_calls(lock: VirtualLock, fault: Fault, calls: int = 1) -> None:
    """Let `fault` befall the next `calls` calls that it can befall, and none after them.

    Raises `ValueError` for a fault that befalls no single call.
    """
    if fault not in STRIKING:
        raise ValueError(f"{fault.value} befalls no single call")
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        ordered = {**row.traits.get("next_calls", {}), fault.value: calls}
        row.traits = {**row.traits, "next_calls": ordered}
        row.save(update_fields=["traits"])
    lock.refresh_from_db(fields=["traits"])


def set_traits(lock: VirtualLock, changes: Mapping[str, Any]) -> None:
    """Give the lock these traits; ``None`` takes one away, and what is not named stays.

    Raises `RuleBroken`, with the trait as its field, for a value that no lock can live with.
    """
    for name, sentence in problems_of({k: v for k, v in changes.items() if v is not None}):
        raise RuleBroken("invalid_input", sentence, name)
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        row.traits = {
            name: value for name, value in {**row.traits, **changes}.items() if value is not None
        }
        row.save(update_fields=["traits"])
    lock.refresh_from_db(fields=["traits"])


def turn_bolt(lock: VirtualLock, *, locked: bool, now: datetime) -> None:
    """Move the bolt; a door that locks itself does so some time after it was unlocked."""
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        row.is_locked = locked
        row.relocks_at = None
        if not locked and row.auto_lock_after is not None:
            row.relocks_at = now + timedelta(seconds=row.auto_lock_after)
        row.save(update_fields=["is_locked", "relocks_at"])


def set_auto_lock(lock: VirtualLock, after: int | None) -> None:
    """Let the door lock itself so many seconds after it is unlocked; ``None``: not at all."""
    VirtualLock.objects.filter(pk=lock.pk).update(auto_lock_after=after, relocks_at=None)


def lock_by_hand(lock: VirtualLock, *, now: datetime) -> Reason | None:
    """Press the key that locks; return why that cannot be done, or ``None``: it is locked."""
    reason = body_of(lock).shut_keypad
    if reason is None:
        turn_bolt(lock, locked=True, now=now)
    return reason


def set_time_zone(lock: VirtualLock, zone: str, *, now: datetime) -> None:
    """Tell the lock, or its maker's service, in which zone it hangs."""
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        row.time_zone = zone
        row.faults = [fault for fault in row.faults if fault != Fault.TIME_ZONE_UNKNOWN]
        row.since = {k: v for k, v in row.since.items() if k != Fault.TIME_ZONE_UNKNOWN}
        row.save(update_fields=["time_zone", "faults", "since"])
        _list_again(lock, now)
    lock.refresh_from_db(fields=["time_zone", "faults", "since"])


def set_batteries(
    lock: VirtualLock, *, now: datetime, battery: float | None = None, keypad: float | None = None
) -> None:
    """Set the charge of the batteries, 0 to 1; since when the keypad's is low is kept."""
    with write_transaction():
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        if battery is not None:
            row.battery_level = battery
        if keypad is not None:
            row.keypad_battery_level = keypad
            if keypad > LOW_BATTERY:
                row.since = {k: v for k, v in row.since.items() if k != KEYPAD_BATTERY_LOW}
            else:
                row.since = {KEYPAD_BATTERY_LOW: stamp(now), **row.since}
        row.save(update_fields=["battery_level", "keypad_battery_level", "since"])
        _list_again(lock, now)
    lock.refresh_from_db(fields=["battery_level", "keypad_battery_level", "since"])


def type_pin(lock: VirtualLock, pin: Pin, *, now: datetime) -> Opening:
    """Return what happens when somebody types `pin` at the lock at `now`.

    All that may change is which offline PINs the lock has seen used.
    """
    body = body_of(lock)
    opening = opens(
        memory_of(lock, now),
        pin,
        body.clock(now),
        keeps_window=body.keeps_window,
        dead_keypad=body.shut_keypad,
        privacy_mode=Fault.PRIVACY_MODE in body.faults,
    )
    if opening.reason is Reason.UNKNOWN_CODE and body.make.computes_offline:
        return _type_offline_pin(lock, body, pin, now)
    return opening


def _type_offline_pin(lock: VirtualLock, body: Body, pin: Pin, now: datetime) -> Opening:
    """Return what the lock makes of a PIN that is in none of its slots."""
    with write_transaction():
        # One hand at a time: a PIN that opens once opens for one of two who type it together.
        row = VirtualLock.objects.select_for_update().get(pk=lock.pk)
        attempt = judge(
            body.make,
            secret_of(row),
            pin,
            body.clock(now),
            body.zone,
            used=offline_uses(row),
        )
        reason = attempt.reason
        if reason is None and Fault.PRIVACY_MODE in body.faults:
            reason = Reason.BLOCKED_BY_PRIVACY_MODE
        if reason is None and attempt.grant is not None:
            note_offline_use(row, attempt.grant, now)
    return Opening(opened=reason is None, slot=None, reason=reason)


def can_tell(lock: VirtualLock) -> bool:
    """Return whether the lock can send word of what happens at it."""
    body = body_of(lock)
    return not body.cut_off_by and not body.hub_is_missing


def lock_behind(account: ProviderAccount, remote_id: str) -> VirtualLock | None:
    """Return the virtual lock that the account knows by this id, if it is one."""
    try:
        uid = UUID(remote_id)
    except ValueError:
        return None
    return VirtualLock.objects.filter(account=account, uid=uid).first()


def shown_in(lock: VirtualLock, slot: int, *, now: datetime) -> SeenCode:
    """Return what is in a slot as a reading would show it. Raises `KeyError` for an empty slot."""
    return shown(body_of(lock), slot, memory_of(lock, now)[slot])


def contents(lock: VirtualLock, *, now: datetime) -> dict[int, Entry]:
    """Return slot → entry: the ground truth, for tests and training, never for the engine."""
    return memory_of(lock, now)


def _list_again(lock: VirtualLock, now: datetime) -> None:
    ProviderAccount.objects.filter(pk=lock.account_id).update(due_at=now)
