"""The rows of virtual locks, read into values and written: all that touches their memory.

`refuse_transactions` guards it: a lock does not forget what it did because somebody's transaction
was rolled back, so its memory is never written, nor read by a driver, inside one.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection

from locksite.pins import seal
from properties.choices import Fault
from properties.models import VirtualLock, VirtualOfflineUse, VirtualSlot
from properties.providers.base import DeviceReport, SlotWrite
from properties.providers.virtual.acceptance import stored
from properties.providers.virtual.assigning import assigned_pin
from properties.providers.virtual.body import Body, differing
from properties.providers.virtual.memory import Entry, Write, memory_at
from properties.providers.virtual.offline import Grant, Kind
from properties.providers.virtual.report import report
from properties.stamps import read_stamp

# How long a write that was replaced is kept: history for tests and for a lock that shows stale
# lists.
HISTORY: Final = timedelta(days=1)


def refuse_transactions() -> None:
    """Raise `RuntimeError` inside a transaction, as Django's own durable blocks do.

    The block that Django's `TestCase` (and pytest's `db` fixture) wraps around every test does not
    count; Django marks it for this very purpose.
    """
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("a virtual lock is never called inside a transaction")


def body_of(row: VirtualLock) -> Body:
    """Return the lock as a value. Raises `KeyError` for an unknown make or fault."""
    traits = row.traits
    return Body(
        uid=str(row.uid),
        make=differing(row.make, traits),
        name=row.name,
        made_at=row.created_at,
        time_zone=row.time_zone,
        faults=frozenset(Fault(name) for name in row.faults),
        since={name: read_stamp(text) for name, text in row.since.items()},
        battery=row.battery_level,
        keypad_battery=row.keypad_battery_level,
        is_locked=row.is_locked,
        auto_lock_after=row.auto_lock_after,
        has_keypad=traits.get("accessory_keypad", True),
        has_hub=traits.get("has_bridge", True),
        keypad_is_linked=traits.get("keypad_is_linked", True),
        clock_offset=timedelta(seconds=traits.get("clock_offset_s", 7200)),
        wake_every=timedelta(seconds=traits.get("wake_every_s", 4 * 3600)),
    )


def secret_of(row: VirtualLock) -> bytes:
    """Return 32 bytes that nobody knows who has the database alone, and that never change.

    From them the maker of the lock computes the PINs that it chooses, and those of offline codes.
    """
    key = settings.LOCKSITE_PIN_INDEX_KEY.encode()
    return hmac.new(key, b"secret of virtual lock " + row.uid.bytes, hashlib.sha256).digest()


def memory_of(row: VirtualLock, now: datetime) -> dict[int, Entry]:
    """Return slot → entry, in one query."""
    writes = [
        Write(slot.slot, slot.effective_at, slot.pk, None if slot.pin is None else slot)
        for slot in VirtualSlot.objects.filter(lock=row)
    ]
    return {number: _entry(slot) for number, slot in memory_at(writes, now).items()}


def _entry(slot: VirtualSlot) -> Entry:
    if slot.pin is None:
        raise ValueError("an erasure is no entry")
    return Entry(
        pin=slot.pin.open(bound_to=slot.uid),
        name=slot.name,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        is_enabled=slot.is_enabled,
        is_foreign=slot.is_foreign,
    )


def entry_for(
    row: VirtualLock, body: Body, memory: Mapping[int, Entry], write: SlotWrite
) -> Entry | None:
    """Return what the lock puts into the slot for `write`, its maker's PIN where it has none.

    ``None``: the maker has no PIN left for it.
    """
    pin = write.pin
    if pin is None:
        wish = f"{write.name}/{write.starts_at}/{write.ends_at}"
        pin = assigned_pin(body.make, secret_of(row), write.slot, wish, memory)
    return None if pin is None else stored(body, write, pin)


def codes_held(rows: Iterable[VirtualLock], now: datetime) -> dict[int, int]:
    """Return primary key → number of codes, for many locks in one query, opening no PIN."""
    writes: dict[int, list[Write[bool]]] = {row.pk: [] for row in rows}
    found = VirtualSlot.objects.filter(lock_id__in=list(writes), effective_at__lte=now)
    for lock, slot, at, order, pin in found.values_list(
        "lock_id", "slot", "effective_at", "pk", "pin"
    ):
        writes[lock].append(Write(slot, at, order, None if pin is None else True))
    return {lock: len(memory_at(of_one, now)) for lock, of_one in writes.items()}


def reported(rows: Sequence[VirtualLock], now: datetime) -> list[DeviceReport]:
    """Return the locks as their account describes them at this moment, in one query."""
    held = codes_held(rows, now)
    return [
        report(replace(body_of(row), is_locked=row.is_locked_at(now)), held[row.pk])
        for row in rows
    ]


def put(row: VirtualLock, slot: int, entry: Entry | None, effective_at: datetime) -> None:
    """Write `entry` into a slot, or erase it, from `effective_at` on; drop outdated history.

    One row says it all, so a slot is never seen half overwritten.
    """
    write = VirtualSlot(lock=row, slot=slot, effective_at=effective_at)
    if entry is not None:
        write.pin = seal(entry.pin, bound_to=write.uid)
        write.name = entry.name
        write.starts_at = entry.starts_at
        write.ends_at = entry.ends_at
        write.is_enabled = entry.is_enabled
        write.is_foreign = entry.is_foreign
    write.save(force_insert=True)
    old = VirtualSlot.objects.filter(
        lock=row, slot=slot, effective_at__lt=effective_at - HISTORY
    ).order_by("-effective_at", "-id")
    outdated = list(old.values_list("pk", flat=True)[1:])
    if outdated:
        VirtualSlot.objects.filter(pk__in=outdated).delete()


def offline_uses(row: VirtualLock) -> dict[Grant, datetime]:
    """Return which offline PINs have opened the lock, and when each did first; in one query."""
    return {
        Grant(Kind(use.kind), use.start, use.length, use.ordinal): use.used_at
        for use in VirtualOfflineUse.objects.filter(lock=row).order_by("pk")
    }


def note_offline_use(row: VirtualLock, grant: Grant, used_at: datetime) -> None:
    """Remember that this PIN has opened the lock; a second time changes nothing."""
    VirtualOfflineUse.objects.get_or_create(
        lock=row,
        kind=grant.kind,
        start=grant.start,
        length=grant.length,
        ordinal=grant.ordinal,
        defaults={"used_at": used_at},
    )
