"""A cloud that keeps codes on locks by itself, spoken to as if it were a lock with numbered slots.

The engine knows an entry by its slot, which is on record before the first command leaves. A cloud
knows codes by ids of its own, which are known only after it answered. So every code of a cloud is
given a number here, once, and that number is its slot: one engine works for both kinds of locks,
and what holds for slots (one command at a time, a lost answer, a code that others changed) holds
for ids too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, Q

from accesscodes.choices import Placement
from accesscodes.models import Installation, UnmanagedCode
from accesscodes.values import Content
from locksite.doors import Doors
from locksite.pins import index_of
from properties.models import ProviderAccount
from properties.providers import registry
from properties.providers.base import (
    NOT_THERE,
    CodeScheduler,
    LockDriver,
    LockReading,
    LockRef,
    Receipt,
    Refused,
    RemoteCode,
    RemoteWish,
    Retry,
    SeenCode,
    SlotWrite,
)


def driver_for(account: ProviderAccount, doors: Doors) -> LockDriver:
    """Return what programs the locks of `account`. Raises `AccountProblem` for an unknown kind."""
    scheduler = registry.scheduler_for(account, doors)
    if scheduler is None:
        return registry.driver_for(account, doors)
    return CloudDriver(scheduler, doors.now)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A creation whose answer was lost: the slot it was meant for, and what it was to hold."""

    slot: int
    sent: Content

    def may_be(self, code: "Listed") -> bool:
        """Return whether this made a code. A PIN that is hidden, or the maker's choice, fits."""
        sent, found = self.sent, code.content
        if sent.pin_index is None or found.pin_index is None:
            found = replace(found, pin_index=sent.pin_index)
        return code.is_managed and sent == found


@dataclass(frozen=True, slots=True)
class Listed:
    """A code as a cloud lists it."""

    remote_id: str
    content: Content
    is_managed: bool = True


def number(
    codes: Sequence[Listed],
    known: Mapping[str, int],
    awaited: Iterable[Awaited],
    first_free: int,
) -> dict[str, int]:
    """Return a slot for each id that a cloud lists. Pure.

    `known` are the slots of ids that are on record. An id that nobody has heard of, kept for us
    with what we asked for without an answer, is that creation; any other gets the next number from
    `first_free` on. No slot is given twice, whatever the record says.
    """
    slots: dict[str, int] = {}
    taken: set[int] = set()
    for code in codes:
        slot = known.get(code.remote_id)
        if slot is not None and slot not in taken:
            slots[code.remote_id] = slot
            taken.add(slot)
    waiting = [one for one in awaited if one.slot not in taken]
    for code in codes:
        if code.remote_id in slots:
            continue
        ours = next((one for one in waiting if one.may_be(code)), None)
        if ours is not None:
            waiting.remove(ours)
            slot = ours.slot
        else:
            while first_free in taken:
                first_free += 1
            slot = first_free
        slots[code.remote_id] = slot
        taken.add(slot)
    return slots


class CloudDriver:
    """`LockDriver` over a `CodeScheduler`, for one pass over one lock.

    Reads which id has which slot from the rows that the ledger keeps, and writes nothing.
    """

    def __init__(self, scheduler: CodeScheduler, now: Callable[[], datetime]) -> None:
        self._scheduler = scheduler
        self._now = now
        self._listed: dict[int, RemoteCode] = {}

    def read(self, lock: LockRef) -> LockReading:
        """Return every code that the cloud has for the lock, by its slot."""
        codes = [_in_whole_seconds(code) for code in self._scheduler.list_codes(lock)]
        # An id that is listed twice, because the list moved while it was read, is one code.
        by_id = {code.remote_id: code for code in codes}
        slots = self._numbered(lock, by_id)
        self._listed = {slots[remote_id]: code for remote_id, code in by_id.items()}
        return LockReading(
            at=self._now(),
            codes=tuple(_as_seen(slot, code) for slot, code in sorted(self._listed.items())),
        )

    def program(self, lock: LockRef, write: SlotWrite) -> Receipt:
        """Have the code of a slot kept as `write` says, as the code that is known there if any."""
        wish = RemoteWish(
            name=write.name,
            pin=write.pin,
            starts_at=write.starts_at,
            ends_at=write.ends_at,
            prefers_native=write.prefers_native,
            allows_outside_changes=write.allows_outside_changes,
        )
        remote_id = self._id_in(lock, write.slot)
        if remote_id:
            try:
                self._scheduler.update(lock, remote_id, wish)
            except Refused as refusal:
                if refusal.error_code != NOT_THERE:
                    raise
            else:
                return Receipt(self._now(), remote_id)
        return Receipt(self._now(), self._scheduler.create(lock, wish))

    def remove(self, lock: LockRef, slot: int) -> Receipt:
        """Have the code of a slot taken off; none there is no error."""
        remote_id = self._id_in(lock, slot)
        if remote_id:
            listed = self._listed.get(slot)
            is_managed = listed is None or listed.word.is_managed
            try:
                self._scheduler.withdraw(lock, remote_id, is_managed=is_managed)
            except Refused as refusal:
                if refusal.error_code != NOT_THERE:
                    raise
        return Receipt(self._now(), remote_id)

    def convert(self, lock: LockRef, slot: int, row: UnmanagedCode) -> None:
        """Have the code of a slot, which others made, kept for us from now on."""
        listed = self._listed.get(slot)
        if listed is None:
            gone = "The code is no longer on the lock."
            raise Refused(NOT_THERE, gone, Retry.ON_WISH)
        self._scheduler.convert(
            lock,
            listed.remote_id,
            allows_outside_changes=row.is_external_modification_allowed,
        )

    def _id_in(self, lock: LockRef, slot: int) -> str:
        """Return the id of what is in a slot: as listed, else as our own code had it."""
        listed = self._listed.get(slot)
        if listed is not None:
            return listed.remote_id
        rows = Installation.objects.filter(
            device__uid=lock.device_uid, slot=slot, placement__in=Placement.on_lock()
        )
        return rows.values_list("remote_id", flat=True).first() or ""

    def _numbered(self, lock: LockRef, codes: Mapping[str, RemoteCode]) -> dict[str, int]:
        ours = Installation.objects.filter(device__uid=lock.device_uid)
        others = UnmanagedCode.objects.filter(device__uid=lock.device_uid)
        # A slot may have served several codes: what holds it now goes before what has left it.
        now_there: dict[str, int] = {}
        was_there: dict[str, int] = {}
        held: set[int] = set()
        awaited = []
        for remote_id, slot, gone_at in others.filter(remote_id__in=codes).values_list(
            "remote_id", "slot", "gone_at"
        ):
            (now_there if gone_at is None else was_there)[remote_id] = slot
        # Those of codes that are gone as well, while what was sent for them may still turn up.
        for row in ours.filter(
            Q(remote_id__in=codes) | Q(code__gone_at=None) | Q(audit_until__gt=self._now())
        ):
            installed = row.installed()
            if installed.slot is None:
                continue
            if installed.is_on_lock:
                held.add(installed.slot)
            if installed.remote_id in codes:
                place = now_there if installed.is_on_lock else was_there
                place[installed.remote_id] = installed.slot
            elif installed.sent is not None and installed.placement is not Placement.PRESENT:
                awaited.append(Awaited(installed.slot, installed.sent))
        held.update(now_there.values())
        left = {remote_id: slot for remote_id, slot in was_there.items() if slot not in held}
        last = max(
            ours.aggregate(last=Max("slot"))["last"] or 0,
            others.aggregate(last=Max("slot"))["last"] or 0,
        )
        listed = [
            Listed(remote_id, _content(lock, code), code.word.is_managed)
            for remote_id, code in sorted(codes.items())
        ]
        return number(listed, {**left, **now_there}, awaited, last + 1)


def _content(lock: LockRef, code: RemoteCode) -> Content:
    return Content(
        pin_index=None if code.pin is None else index_of(lock.device_uid, code.pin),
        name=code.name,
        starts_at=code.starts_at,
        ends_at=code.ends_at,
    )


def _in_whole_seconds(code: RemoteCode) -> RemoteCode:
    """Return the code with its times as our own contents have them."""
    return replace(
        code,
        starts_at=code.starts_at and code.starts_at.replace(microsecond=0),
        ends_at=code.ends_at and code.ends_at.replace(microsecond=0),
    )


def _as_seen(slot: int, code: RemoteCode) -> SeenCode:
    return SeenCode(
        slot=slot,
        pin=code.pin,
        name=code.name,
        starts_at=code.starts_at,
        ends_at=code.ends_at,
        remote_id=code.remote_id,
        word=code.word,
    )
