"""What to do next on one lock, and when to look at it again. Pure.

`plan_lock` is for locks that we program ourselves: it owns time, slots and the order of things.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accesscodes.choices import Status
from accesscodes.lifecycle import DELAYED_AFTER, FAILED_AFTER
from accesscodes.values import Installed, LockTerms, Seen, Summary, Tracked

LOOK_WITH_WORK = timedelta(seconds=45)
"""How often a lock is looked at while something on it is not as wanted."""


LOOK_IDLE = timedelta(minutes=5)
"""How often a settled lock is looked at."""


@dataclass(frozen=True, slots=True)
class Program:
    """Write the code into this slot."""

    code_id: int
    slot: int


@dataclass(frozen=True, slots=True)
class Remove:
    """Empty the slot that holds the code."""

    code_id: int
    slot: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """The code belongs on the lock, and something else on the lock is in the way."""

    code_id: int
    error_code: str
    message: str


Step = Program | Remove | Blocked


def plan_lock(
    codes: Sequence[Tracked], entries: Iterable[Seen], terms: LockTerms, now: datetime
) -> list[Step]:
    """Return what is to be done on one lock, in order, judged from a reading that is fresh.

    Removals come first, so that a slot or a PIN freed by one code can serve the next: while there
    is anything to remove, nothing is written; the caller reads back and asks again. A live code is
    never moved to another slot, an entry that is not ours is never touched, and no PIN is written
    while another entry of the lock holds it. Codes that open the door now go before those that
    start later.
    """
    removals: list[Step] = [
        Remove(code.wish.code_id, code.installed.slot)
        for code in codes
        if code.installed.slot is not None
        and code.installed.is_on_lock
        and not code.wish.belongs_on_lock(terms, now)
        and _may_try(code.installed, now)
    ]
    if removals:
        return removals
    lock = _Occupancy(codes, entries, terms)
    wanted = sorted(
        (code for code in codes if _wants_writing(code, terms, now)),
        key=lambda code: (code.wish.starts_at or code.wish.created_at, code.wish.code_id),
    )
    return [step for code in wanted if (step := lock.place(code, now)) is not None]


def _may_try(installed: Installed, now: datetime) -> bool:
    return installed.retry_at is None or installed.retry_at <= now


def _wants_writing(code: Tracked, terms: LockTerms, now: datetime) -> bool:
    wish, installed = code.wish, code.installed
    return (
        wish.pin_index is not None
        and wish.belongs_on_lock(terms, now)
        and not installed.is_current(wish, terms)
        and installed.refused_revision != wish.revision
        and _may_try(installed, now)
    )


class _Occupancy:
    """Who holds which slot and which PIN on one lock, kept up to date while a plan grows."""

    def __init__(
        self, codes: Sequence[Tracked], entries: Iterable[Seen], terms: LockTerms
    ) -> None:
        self._terms = terms
        self._claims = {
            code.installed.slot: code.wish.code_id
            for code in codes
            if code.installed.is_on_lock and code.installed.slot is not None
        }
        self._wishes = {code.wish.code_id: code.wish for code in codes}
        self._seen = {entry.slot: entry.content.pin_index for entry in entries}
        for code in codes:  # where the lock hides a PIN, the one we last sent is in the slot
            slot, sent = code.installed.slot, code.installed.sent
            if slot in self._seen and self._seen[slot] is None and sent is not None:
                self._seen[slot] = sent.pin_index
        self._under_audit = {
            code.installed.slot for code in codes if not code.installed.is_on_lock
        }

    def place(self, code: Tracked, now: datetime) -> Step | None:
        """Return the step for one code that wants writing, ``None`` when it only has to wait."""
        wish = code.wish
        holders = [
            slot
            for slot, pin_index in self._seen.items()
            if pin_index == wish.pin_index and self._claims.get(slot) != wish.code_id
        ]
        for slot in holders:
            owner = self._wishes.get(self._claims.get(slot, -1))
            if (
                owner is not None
                and owner.unwanted_since(now) is None
                and owner.ends_at is not None
            ):
                return None  # the guest before has it until then; this is as planned
            return Blocked(
                wish.code_id,
                "duplicate_code_on_device",
                "Another code on the lock already uses this PIN.",
            )
        free = self._slot_for(code)
        if free is None:
            return Blocked(
                wish.code_id,
                "no_space_for_access_code_on_device",
                "The lock has no free code slot.",
            )
        self._claims[free] = wish.code_id
        self._seen[free] = wish.pin_index
        return Program(wish.code_id, free)

    def _slot_for(self, code: Tracked) -> int | None:
        own = code.installed.slot
        is_ours = self._claims.get(own or 0, code.wish.code_id) == code.wish.code_id
        if own is not None and is_ours and (code.installed.is_on_lock or own not in self._seen):
            return own
        last = self._terms.capabilities.max_codes or max([0, *self._seen, *self._claims]) + 1
        taken = self._seen.keys() | self._claims.keys()
        free = [slot for slot in range(1, last + 1) if slot not in taken]
        fresh = [slot for slot in free if slot not in self._under_audit]
        return next(iter(fresh or free), None)


def next_look(
    codes: Sequence[Tracked],
    summaries: Mapping[int, Summary],
    terms: LockTerms,
    now: datetime,
) -> datetime:
    """Return when the lock must be looked at again: the clock's next edge, or the next audit."""
    edges = [now + LOOK_IDLE]
    for code in codes:
        wish, installed = code.wish, code.installed
        summary = summaries.get(wish.code_id)
        edges += [
            at
            for at in (wish.load_from(terms), wish.starts_at, wish.ends_at, wish.withdrawn_at)
            if at is not None and at > now
        ]
        if summary is None or summary.diverged_since is None or summary.status is Status.GONE:
            continue
        edges.append(now + LOOK_WITH_WORK)
        edges += [
            at
            for at in (
                installed.retry_at,
                summary.diverged_since + DELAYED_AFTER,
                summary.diverged_since + FAILED_AFTER,
            )
            if at is not None and at > now
        ]
    return min(edges)
