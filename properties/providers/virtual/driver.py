"""A provider over virtual locks: the full contract, and every way in which a real one fails it.

It waits as long as a lock would, through the doors it was given, and its locks' memory is rows.
It is the one provider that may open a transaction of its own (for the instant of a write, never
around a wait), and it refuses to run inside somebody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from locksite.database import write_transaction
from locksite.doors import Doors
from properties.choices import Fault, Proof
from properties.models import ProviderAccount, VirtualLock
from properties.providers.base import (
    AccountProblem,
    DeviceReport,
    LockReading,
    LockRef,
    Receipt,
    Refused,
    Retry,
    SeenCode,
    SlotWrite,
    Unreachable,
)
from properties.providers.virtual.acceptance import refusal, stored
from properties.providers.virtual.body import Body
from properties.providers.virtual.memory import Entry
from properties.providers.virtual.report import report
from properties.providers.virtual.store import (
    body_of,
    codes_held,
    memory_of,
    put,
    refuse_transactions,
)

LATE_BY: Final = timedelta(minutes=5)
LOST_AFTER: Final = timedelta(minutes=1)
STALE_BY: Final = timedelta(minutes=2)
RATE_LIMIT: Final = timedelta(seconds=30)
SLOW_FACTOR: Final = 10


@dataclass(frozen=True, slots=True)
class VirtualDriver:
    """`LockDriver` and `DeviceSource` for the virtual locks of one account.

    Traits of a lock that steer its faults: `fault_share` (0 to 1, default 1: how many calls a
    fault of single calls befalls) and `next_calls` (fault → how many of the next calls it befalls
    for certain); `late_by_s` and `lost_after_s` stretch the two delays.
    """

    account: ProviderAccount
    doors: Doors

    def read(self, lock: LockRef) -> LockReading:
        """Return what the lock shows: PINs, names and dates only as far as its make does."""
        row, body, now = self._reach(lock)
        if body.hub_is_missing:
            raise Unreachable(body.make.hub_error, "The lock is not paired with a bridge.")
        if self._strikes(row, Fault.CANNOT_LIST):
            raise Unreachable("provider_issue", "The list of codes could not be read.")
        if self._strikes(row, Fault.EMPTY_LIST):
            return LockReading(at=now, codes=())
        shown = now - STALE_BY if self._strikes(row, Fault.STALE_LIST) else now
        memory = memory_of(row, shown)
        return LockReading(
            at=now, codes=tuple(_seen(body, slot, entry) for slot, entry in memory.items())
        )

    def program(self, lock: LockRef, write: SlotWrite) -> Receipt:
        """Put an entry into a slot, unless the lock refuses it."""
        row, _, now = self._reach(lock)
        if self._fails_before(row):
            return Receipt(at=now)
        effective_at = self._effective_at(row, now)
        with write_transaction():
            # One hand at a time: what was checked below must still hold when it is written.
            row = VirtualLock.objects.select_for_update().get(pk=row.pk)
            body = body_of(row)
            refused = refusal(body, memory_of(row, now), write)
            if refused is None:
                put(row, write.slot, stored(body, write), effective_at)
        if refused is not None:
            raise refused
        if self._strikes(row, Fault.LOSES_CODES):
            lost_after = timedelta(seconds=row.traits.get("lost_after_s", LOST_AFTER.seconds))
            with write_transaction():
                put(row, write.slot, None, effective_at + lost_after)
        return self._answer(row, now)

    def remove(self, lock: LockRef, slot: int) -> Receipt:
        """Empty a slot. An empty one is no error, and a removal needs no keypad."""
        row, body, now = self._reach(lock)
        if body.hub_is_missing:
            raise Refused(
                body.make.hub_error,
                "The lock is not paired with a bridge.",
                Retry.ON_LOCK_CHANGE,
            )
        if self._fails_before(row):
            return Receipt(at=now)
        effective_at = self._effective_at(row, now)
        with write_transaction():
            row = VirtualLock.objects.select_for_update().get(pk=row.pk)
            if slot in memory_of(row, now):
                put(row, slot, None, effective_at)
        return self._answer(row, now)

    def list_devices(self) -> Sequence[DeviceReport]:
        """Return every lock of the account, in two queries and the time of one answer."""
        refuse_transactions()
        rows = list(self.account.virtual_locks.order_by("pk"))
        if rows:
            self._wait(rows[0], factor=1)
        _refuse_account(rows)
        held = codes_held(rows, self.doors.now())
        return [report(body_of(row), held[row.pk]) for row in rows]

    def _reach(self, lock: LockRef) -> tuple[VirtualLock, Body, datetime]:
        """Wait for the lock to answer. Raises `AccountProblem`, `Unreachable` or `Refused`."""
        refuse_transactions()
        row = self.account.virtual_locks.filter(uid=UUID(lock.remote_id)).first()
        if row is None:
            raise Refused("device_removed", "The lock is no longer in its account.")
        self._wait(row, factor=SLOW_FACTOR if Fault.SLOW in row.faults else 1)
        _refuse_account([row])
        body, now = body_of(row), self.doors.now()
        if body.cut_off_by:
            raise Unreachable(body.cut_off_by, "The lock does not answer.")
        wakes_at = body.sleeps_until(now)
        if wakes_at is not None:
            raise Unreachable("device_disconnected", "The lock is asleep.", wakes_at - now)
        return row, body, now

    def _wait(self, row: VirtualLock, *, factor: int) -> None:
        seconds = self.doors.rand.uniform(row.answer_min, row.answer_max) * factor
        self.doors.sleep(timedelta(seconds=seconds))

    def _fails_before(self, row: VirtualLock) -> bool:
        """Raise, or return True where the lock says OK and does nothing."""
        if self._strikes(row, Fault.FAILS_BEFORE):
            raise Unreachable("provider_issue", "The maker's service answered with an error.")
        if self._strikes(row, Fault.RATE_LIMITED):
            raise Refused(
                "provider_issue",
                "The maker's service asks for fewer requests.",
                Retry.BACKOFF,
                RATE_LIMIT,
            )
        return self._strikes(row, Fault.LIES)

    def _effective_at(self, row: VirtualLock, now: datetime) -> datetime:
        if self._strikes(row, Fault.LATE):
            return now + timedelta(seconds=row.traits.get("late_by_s", LATE_BY.seconds))
        return now

    def _answer(self, row: VirtualLock, now: datetime) -> Receipt:
        if self._strikes(row, Fault.DOES_THEN_FAILS):
            raise Unreachable("provider_issue", "The maker's service answered with an error.")
        return Receipt(at=now)

    def _strikes(self, row: VirtualLock, fault: Fault) -> bool:
        """Return whether `fault` befalls this call; a call that was ordered is used up by it."""
        if row.traits.get("next_calls", {}).get(fault.value, 0) > 0:
            return _use_up(row, fault)
        if fault not in row.faults:
            return False
        share = row.traits.get("fault_share", 1)
        return bool(share >= 1 or self.doors.rand.random() < share)


def _use_up(row: VirtualLock, fault: Fault) -> bool:
    with write_transaction():
        fresh = VirtualLock.objects.select_for_update().get(pk=row.pk)
        ordered = dict(fresh.traits.get("next_calls", {}))
        left = ordered.pop(fault.value, 0)
        if left > 1:
            ordered[fault.value] = left - 1
        fresh.traits = {**fresh.traits, "next_calls": ordered}
        fresh.save(update_fields=["traits"])
    return bool(left > 0)


def _refuse_account(rows: Sequence[VirtualLock]) -> None:
    if any(Fault.ACCOUNT_DISCONNECTED in row.faults for row in rows):
        raise AccountProblem("account_disconnected", "The account no longer lets Locksite in.")


def _seen(body: Body, slot: int, entry: Entry) -> SeenCode:
    return SeenCode(
        slot=slot,
        pin=entry.pin if body.proof is Proof.READBACK else None,
        name=entry.name if body.make.shows_names else None,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        is_enabled=entry.is_enabled,
    )
