"""A provider over virtual locks: the full contract, and every way in which a real one fails it.

It waits as long as a lock would, through the doors it was given, and its locks' memory is rows.
It is the one provider that may open a transaction of its own (for the instant of a write, never
around a wait), and it refuses to run inside somebody else's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn, assert_never
from uuid import UUID

from locksite.database import write_transaction
from locksite.doors import Doors
from locksite.masked import Pin
from properties.choices import Fault, Proof
from properties.models import ProviderAccount, VirtualLock
from properties.providers.base import (
    AccountProblem,
    BoltMoved,
    DeviceReport,
    LockReading,
    LockRef,
    OfflineWindow,
    Receipt,
    Refused,
    Retry,
    SlotWrite,
    Unreachable,
)
from properties.providers.virtual import people
from properties.providers.virtual.acceptance import (
    computing_refusal,
    no_pin_left,
    refusal,
    removal_refusal,
)
from properties.providers.virtual.body import Body
from properties.providers.virtual.mishaps import (
    BY_PEOPLE,
    OF_COMMANDS,
    OF_READINGS,
    UNHEARD,
    Answer,
    Course,
    Delays,
    course_of,
    view_of,
)
from properties.providers.virtual.offline import granted, pin_of
from properties.providers.virtual.report import shown
from properties.providers.virtual.store import (
    body_of,
    entry_for,
    memory_of,
    put,
    refuse_transactions,
    reported,
    secret_of,
)

# No call takes longer, whatever the lock does: who waits for an answer would wait with it.
DEADLINE: Final = timedelta(seconds=20)
SLOW_FACTOR: Final = 5
# How many readings find that somebody was at the lock, unless its traits say otherwise.
NOW_AND_THEN: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Contact:
    """A call that has reached its lock at `at`, and may wait `left` longer for the answer.

    `is_heard` is false where the answer takes longer than anybody waits.
    """

    row: VirtualLock
    body: Body
    at: datetime
    left: timedelta
    is_heard: bool


@dataclass(frozen=True, slots=True)
class VirtualDriver:
    """`LockDriver`, `OfflineCodes` and `DeviceSource` for the virtual locks of one account.

    Traits of a lock that steer its faults: `fault_share` (0 to 1: how many calls a fault of single
    calls befalls) and `next_calls` (fault → how many of the next calls it befalls for certain);
    `mishaps.Delays` has the others.
    """

    account: ProviderAccount
    doors: Doors

    def read(self, lock: LockRef) -> LockReading:
        """Return what the lock shows: PINs, names and dates only as far as its make does."""
        contact = self._reach(lock)
        row, body, now = contact.row, contact.body, contact.at
        if body.hub_is_missing:
            raise Unreachable(body.make.hub_error, "The lock is not paired with a bridge.")
        if body.make.takes_online_codes and body.proof in {Proof.ACK, Proof.NONE}:
            raise Unreachable("provider_issue", "This lock cannot be read.")
        # Before a reading alone: what is done between a reading and a write nobody could see.
        for deed in sorted(self._struck(row, BY_PEOPLE)):
            people.happen_by(row, deed, doors=self.doors, now=now)
        view = view_of(self._struck(row, OF_READINGS), Delays.from_traits(row.traits))
        self._answer(contact, view.answer)
        if view.is_empty:
            return LockReading(at=now, codes=())
        memory = memory_of(row, now - view.age)
        return LockReading(
            at=now, codes=tuple(shown(body, slot, entry) for slot, entry in memory.items())
        )

    def program(self, lock: LockRef, write: SlotWrite) -> Receipt:
        """Put an entry into a slot, unless the lock refuses it."""
        contact = self._reach(lock)
        course = self._course(contact.row)
        refused = None
        if course.done_after is not None:
            refused = _carry_out(contact, write, course, course.done_after)
        return self._end(contact, course, refused)

    def remove(self, lock: LockRef, slot: int) -> Receipt:
        """Empty a slot. An empty one is no error, and a removal needs no keypad."""
        contact = self._reach(lock)
        course = self._course(contact.row)
        refused = removal_refusal(contact.body)
        if course.done_after is not None and refused is None:
            with write_transaction():
                row = VirtualLock.objects.select_for_update().get(pk=contact.row.pk)
                if slot in memory_of(row, contact.at):
                    put(row, slot, None, contact.at + course.done_after)
        return self._end(contact, course, refused if course.done_after is not None else None)

    def move_bolt(self, lock: LockRef, *, locked: bool) -> BoltMoved:
        """Lock or unlock. A command that would arrive late moves nothing: none is kept."""
        contact = self._reach(lock)
        course = self._course(contact.row)
        refused = removal_refusal(contact.body)
        if course.done_after == timedelta(0) and refused is None:
            people.turn_bolt(contact.row, locked=locked, now=contact.at)
        self._end(contact, course, refused if course.done_after is not None else None)
        is_confirmed = contact.body.proof not in {Proof.ACK, Proof.NONE}
        return BoltMoved(at=contact.at, is_confirmed=is_confirmed)

    def set_auto_lock(self, lock: LockRef, *, after: int | None) -> Receipt:
        """Let the door lock itself after so many seconds."""
        contact = self._reach(lock)
        course = self._course(contact.row)
        refused = removal_refusal(contact.body)
        if course.done_after == timedelta(0) and refused is None:
            people.set_auto_lock(contact.row, after)
        return self._end(contact, course, refused if course.done_after is not None else None)

    def compute(self, lock: LockRef, window: OfflineWindow) -> Pin:
        """Return the PIN for a window, as the maker's server does: the lock is not asked."""
        contact = self._at_maker(lock)
        self._answer(contact, self._course(contact.row).answer)
        body = contact.body
        refused = computing_refusal(body)
        if refused is not None:
            raise refused
        return pin_of(secret_of(contact.row), granted(body.make, window, body.zone))

    def list_devices(self) -> Sequence[DeviceReport]:
        """Return every lock of the account, in two queries and the time of one answer."""
        refuse_transactions()
        rows = list(self.account.virtual_locks.order_by("pk"))
        if rows and not self._wait(rows[0], factor=1)[1]:
            _give_up()
        _refuse_account(rows)
        listed = [row for row in rows if Fault.REMOVED not in row.faults]
        return reported(listed, self.doors.now())

    def _at_maker(self, lock: LockRef) -> _Contact:
        """Wait for the maker's service. Raises `AccountProblem` or `Refused`."""
        refuse_transactions()
        row = self.account.virtual_locks.filter(uid=UUID(lock.remote_id)).first()
        if row is None or Fault.REMOVED in row.faults:
            raise Refused("device_removed", "The lock is no longer in its account.")
        left, is_heard = self._wait(row, factor=SLOW_FACTOR if Fault.SLOW in row.faults else 1)
        _refuse_account([row])
        return _Contact(row, body_of(row), self.doors.now(), left, is_heard)

    def _reach(self, lock: LockRef) -> _Contact:
        """Wait for the lock to answer. Raises `AccountProblem`, `Unreachable` or `Refused`."""
        contact = self._at_maker(lock)
        body, now = contact.body, contact.at
        if body.cut_off_by:
            raise Unreachable(body.cut_off_by, "The lock does not answer.")
        if body.link_is_down(now):
            raise Unreachable("device_disconnected", "The lock does not answer.")
        wakes_at = body.sleeps_until(now)
        if wakes_at is not None:
            raise Unreachable("device_disconnected", "The lock is asleep.", wakes_at - now)
        return contact

    def _wait(self, row: VirtualLock, *, factor: int) -> tuple[timedelta, bool]:
        """Wait for an answer; return what is left until the deadline, and whether it came."""
        span = timedelta(seconds=self.doors.rand.uniform(row.answer_min, row.answer_max) * factor)
        self.doors.sleep(min(span, DEADLINE))
        return max(DEADLINE - span, timedelta(0)), span <= DEADLINE

    def _course(self, row: VirtualLock) -> Course:
        return course_of(self._struck(row, OF_COMMANDS), Delays.from_traits(row.traits))

    def _end(self, contact: _Contact, course: Course, refused: Refused | None) -> Receipt:
        """Return the lock's yes, or raise what the caller hears instead."""
        is_masked = course.answer in UNHEARD or not contact.is_heard
        if refused is not None and not is_masked:
            raise refused
        self._answer(contact, course.answer)
        return Receipt(at=contact.at)

    def _answer(self, contact: _Contact, answer: Answer) -> None:
        """Return where the lock's own words are heard, else raise what is heard instead."""
        if answer is Answer.SILENCE or not contact.is_heard:
            self.doors.sleep(contact.left)
            _give_up()
        match answer:
            case Answer.YES:
                return
            case Answer.ERROR:
                sentence = "The maker's service answered with an error."
                raise Unreachable("provider_issue", sentence)
            case Answer.GARBAGE:
                raise Unreachable("provider_issue", "The answer makes no sense.")
            case Answer.TOO_MANY:
                raise Refused(
                    "provider_issue",
                    "The maker's service asks for fewer requests.",
                    Retry.BACKOFF,
                    Delays.from_traits(contact.row.traits).rate_limit,
                )
            case _:
                assert_never(answer)

    def _struck(self, row: VirtualLock, faults: Collection[Fault]) -> frozenset[Fault]:
        """Return which of these faults befall this call, in an order that chance can repeat."""
        return frozenset(fault for fault in sorted(faults) if self._strikes(row, fault))

    def _strikes(self, row: VirtualLock, fault: Fault) -> bool:
        """Return whether `fault` befalls this call; a call that was ordered is used up by it."""
        if row.traits.get("next_calls", {}).get(fault.value, 0) > 0:
            return _use_up(row, fault)
        if fault not in row.faults:
            return False
        share = row.traits.get("fault_share", NOW_AND_THEN if fault in BY_PEOPLE else 1)
        return bool(share >= 1 or self.doors.rand.random() < share)


def _carry_out(
    contact: _Contact, write: SlotWrite, course: Course, done_after: timedelta
) -> Refused | None:
    """Write into the lock's memory; return why the lock refused, if it did."""
    effective_at = contact.at + done_after
    with write_transaction():
        # One hand at a time: what was checked must still hold when it is written.
        row = VirtualLock.objects.select_for_update().get(pk=contact.row.pk)
        body, memory = body_of(row), memory_of(row, contact.at)
        refused = refusal(body, memory, write, contact.at)
        if refused is None:
            entry = entry_for(row, body, memory, write)
            if entry is None:
                return no_pin_left()
            put(row, write.slot, entry, effective_at)
            if course.lost_after is not None:
                put(row, write.slot, None, effective_at + course.lost_after)
    return refused


def _give_up() -> NoReturn:
    raise Unreachable("provider_issue", "The lock did not answer in time.")


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
