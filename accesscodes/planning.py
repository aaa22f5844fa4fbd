"""What to do next on one lock, and when to look at it again. Pure.

`plan_lock` is for locks that we program ourselves: it owns time, slots and the order of things.
`within_budget` says how much of a plan may leave now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from accesscodes.choices import CommandAction, Placement, Status
from accesscodes.foreign import ConvertForeign, RemoveForeign
from accesscodes.lifecycle import DELAYED_AFTER, FAILED_AFTER
from accesscodes.values import Content, Installed, LockTerms, Seen, Summary, Tracked, Wish

LOOK_WITH_WORK = timedelta(seconds=45)
"""How often a lock is looked at while something on it is not as wanted."""


LOOK_IDLE = timedelta(minutes=5)
"""How often a settled lock is looked at."""


LONGEST_PAUSE = timedelta(minutes=35)
"""Longer than anything ever waits for its next turn."""

BUDGET: Final[Mapping[CommandAction, int]] = {
    CommandAction.PROGRAM: 8,
    CommandAction.UPDATE: 8,
    CommandAction.REMOVE: 16,
    CommandAction.CONVERT: 8,
}
"""Commands that one lock is sent within `BUDGET_SPAN`; Seam allows 10, 10 and 20."""

BUDGET_SPAN = timedelta(minutes=1)

ENDED_LONG_AGO = timedelta(hours=1)
"""A code that should have come off longer ago than this was missed, or the clock is wrong."""


@dataclass(frozen=True, slots=True)
class Program:
    """Write the code into this slot; `is_update`: over an entry of the same code."""

    code_id: int
    slot: int
    is_update: bool = False

    @property
    def action(self) -> CommandAction:
        """Return what kind of command it is."""
        return CommandAction.UPDATE if self.is_update else CommandAction.PROGRAM


@dataclass(frozen=True, slots=True)
class Remove:
    """Empty the slot that holds the code."""

    code_id: int
    slot: int

    @property
    def action(self) -> CommandAction:
        """Return what kind of command it is."""
        return CommandAction.REMOVE


@dataclass(frozen=True, slots=True)
class Blocked:
    """The code belongs on the lock, and something else on the lock is in the way.

    `until`: the guest before has its PIN until then, as planned; nothing is wrong, and
    `error_code` is empty.
    """

    code_id: int
    error_code: str = ""
    message: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compute:
    """Ask the maker for the PIN of an offline code."""

    code_id: int


Step = Program | Remove | RemoveForeign | ConvertForeign | Blocked


def plan_computing(codes: Iterable[Tracked], now: datetime) -> list[Compute]:
    """Return the offline codes whose PINs are to be asked for; needs no reading of the lock."""
    return [
        Compute(code.wish.code_id)
        for code in codes
        if code.wish.awaits_computing
        and code.wish.withdrawn_at is None  # also while a delete can be undone
        and code.wish.unwanted_since(now) is None
        and code.installed.refused_revision != code.wish.revision
        and _may_try(code.installed, now)
    ]


def plan_lock(
    codes: Sequence[Tracked],
    entries: Iterable[Seen],
    terms: LockTerms,
    now: datetime,
    *,
    out_of_sight: Mapping[int, str | None] = MappingProxyType({}),
) -> list[Step]:
    """Return what is to be done on one lock, in order, judged from a reading that is fresh.

    Removals come first, so that a slot or a PIN freed by one code can serve the next: while there
    is anything to remove, nothing is written; the caller reads back and asks again. A live code is
    never moved to another slot, an entry that is not ours is never touched, and no PIN is written
    while another entry of the lock holds it. Codes that open the door now go before those that
    start later; where all slots are taken, the code that starts last yields to one that starts
    earlier. `out_of_sight` are the slots in which others' entries were seen a moment ago, with
    their PINs: a list that does not show them any more may be an old one, so both count as taken,
    even where it shows a code of ours.
    """
    removals: list[Step] = [
        Remove(code.wish.code_id, code.installed.slot)
        for code in codes
        if code.installed.slot is not None
        and code.installed.slot not in out_of_sight
        and code.installed.is_on_lock
        and _is_to_go(code.wish, terms, now)
        and _may_try(code.installed, now)
        and not code.installed.is_being_removed
    ]
    if removals:
        return removals
    lock = _Occupancy(codes, entries, terms, out_of_sight)
    waiting = sorted(
        (code for code in codes if _wants_writing(code, terms, now)),
        key=lambda code: (_is_pin_refused(code), *_order(code.wish)),
    )
    steps = [step for code in waiting if (step := lock.place(code, now)) is not None]
    yielding = lock.yielding(now)
    return steps if yielding is None else [yielding]


def overdue(codes: Iterable[Tracked], now: datetime) -> list[Tracked]:
    """Return the codes on the lock whose dates ended long ago, and that nobody withdrew.

    A few were missed while no engine ran; many at once may as well mean that the clock is wrong.
    """
    return [
        code
        for code in codes
        if code.installed.is_on_lock
        and not code.wish.is_withdrawn(now)
        and code.wish.ends_at is not None
        and code.wish.ends_at < now - ENDED_LONG_AGO
    ]


@dataclass(frozen=True, slots=True)
class Sent:
    """A command that left for the lock, and when."""

    action: CommandAction
    at: datetime


def probe(codes: Sequence[Tracked], terms: LockTerms, now: datetime) -> list[Step]:
    """Return what shows whether a lock whose list is empty holds nothing: see the engine's doubts.

    The removals that are due, else one code written once more into its own slot, always the same
    one, so that no other is touched. A removal that the lock said yes to is not asked for again:
    no list that is empty could ever confirm it.
    """
    removals: list[Step] = [
        Remove(code.wish.code_id, code.installed.slot)
        for code in codes
        if code.installed.slot is not None
        and code.installed.is_on_lock
        and code.wish.is_withdrawn(now)
        and not (code.installed.placement is Placement.ERASING and code.installed.is_acknowledged)
        and _may_try(code.installed, now)
    ]
    if removals:
        return removals
    wanted = [
        code
        for code in codes
        if code.installed.slot is not None
        and code.installed.content is not None
        and code.wish.pin_index is not None
        and code.wish.belongs_on_lock(terms, now)
    ]
    first = min(
        wanted,
        key=lambda code: (code.installed.placement is Placement.PRESENT, code.wish.code_id),
        default=None,
    )
    if first is None or first.installed.slot is None or not _may_try(first.installed, now):
        return []
    return [Program(first.wish.code_id, first.installed.slot, is_update=True)]


def within_budget(
    steps: Sequence[Step], sent: Iterable[Sent], now: datetime
) -> tuple[list[Step], datetime | None]:
    """Return the steps that may leave now, and when the first of the others may, if there are any.

    `sent` are the commands of the last `BUDGET_SPAN`, older ones do not count.
    """
    times: dict[CommandAction, list[datetime]] = {action: [] for action in BUDGET}
    for command in sent:
        if command.at > now - BUDGET_SPAN:
            times[command.action].append(command.at)
    allowed: list[Step] = []
    free_at: list[datetime] = []
    for step in steps:
        if isinstance(step, Blocked):
            allowed.append(step)
        elif len(times[step.action]) < BUDGET[step.action]:
            times[step.action].append(now)
            allowed.append(step)
        else:
            free_at.append(min(times[step.action]) + BUDGET_SPAN)
    return allowed, min(free_at, default=None)


def _is_to_go(wish: Wish, terms: LockTerms, now: datetime) -> bool:
    if terms.holds_ends and not wish.is_withdrawn(now) and wish.unwanted_since(now) is not None:
        return False
    return not wish.belongs_on_lock(terms, now)


def _order(wish: Wish) -> tuple[datetime, int]:
    """Return by what codes go first: the one that opens, or opens next."""
    return (wish.starts_at or wish.created_at, wish.code_id)


def _may_try(installed: Installed, now: datetime) -> bool:
    """Return whether no pause is left; one that is longer than any was dated by a wrong clock."""
    at = installed.retry_at
    return at is None or at <= now or at > now + LONGEST_PAUSE


def _wants_writing(code: Tracked, terms: LockTerms, now: datetime) -> bool:
    """Return whether the lock is to be told about the code, now or after a pause."""
    wish, installed = code.wish, code.installed
    return (
        (wish.pin_index is not None or terms.capabilities.assigns_pins)
        and wish.withdrawn_at is None  # while a delete can be undone, all stays as it is
        and wish.belongs_on_lock(terms, now)
        and not installed.is_current(wish, terms)
        and not installed.is_left_alone(wish)
        and installed.refused_revision != wish.revision
    )


def _ends_before(ends_at: datetime | None, starts_at: datetime | None) -> bool:
    return ends_at is not None and starts_at is not None and ends_at <= starts_at


def _is_pin_refused(code: Tracked) -> bool:
    """Return whether the lock refuses this very PIN, because a code that it hides has it.

    Such a code may be refused for as long as it is wanted; so it is the last to take a slot that
    another needs, and nobody yields one to it.
    """
    installed = code.installed
    return (
        installed.error_code == "duplicate_code_on_device"
        and installed.retry_at is not None  # tried, and not only planned around
        and not installed.is_on_lock
        and installed.sent is not None
        and installed.sent.pin_index == code.wish.pin_index
    )


class _Occupancy:
    """Who holds which slot and which PIN on one lock, kept up to date while a plan grows."""

    def __init__(
        self,
        codes: Sequence[Tracked],
        entries: Iterable[Seen],
        terms: LockTerms,
        out_of_sight: Mapping[int, str | None],
    ) -> None:
        self._terms = terms
        self._out_of_sight = out_of_sight
        self._codes = {code.wish.code_id: code for code in codes}
        self._shown: dict[int, Content] = {}
        self._claims = {
            code.installed.slot: code.wish.code_id
            for code in codes
            if code.installed.is_on_lock and code.installed.slot is not None
        }
        # Every PIN that may be in a slot: what was seen there, and what was or will be sent, which
        # may land late or not at all.
        self._pins: dict[int, set[str]] = {}
        hidden = set()
        for entry in entries:
            self._shown[entry.slot] = entry.content
            self._add_pin(entry.slot, entry.content.pin_index)
            if entry.content.pin_index is None:
                hidden.add(entry.slot)
        self._seen = set(self._pins)
        for gone_from, pin_index in out_of_sight.items():
            if gone_from not in self._claims:
                self._add_pin(gone_from, pin_index)
        for code in codes:
            slot, sent = code.installed.slot, code.installed.sent
            is_anothers = self._claims.get(slot or 0, code.wish.code_id) != code.wish.code_id
            may_hold_it = code.installed.is_on_lock or (slot in hidden and not is_anothers)
            if slot is not None and sent is not None and may_hold_it:
                self._add_pin(slot, sent.pin_index)
        self._under_audit = {
            code.installed.slot for code in codes if not code.installed.is_on_lock
        }
        self._without_slot: list[Tracked] = []
        self._giving_way: list[Tracked] = []

    def place(self, code: Tracked, now: datetime) -> Step | None:
        """Return the step for one code that wants writing, ``None`` when it only has to wait.

        A code that waits out a pause keeps a slot meanwhile: one that starts later must not take
        it.
        """
        wish = code.wish
        holders = [
            slot
            for slot, pins in self._pins.items()
            if wish.pin_index in pins
            and self._claims.get(slot) != wish.code_id
            and not self._is_kept_apart(slot, wish, now)
        ]
        if holders:
            return self._wait_for_pin(code, holders[0], now)
        slot_for_it = self._slot_for(code)
        if slot_for_it is None and _is_pin_refused(code):
            return None  # what is on record against it is nearer than the missing slot
        if slot_for_it is None:
            self._without_slot.append(code)
            return self._blocked(
                code,
                "no_space_for_access_code_on_device",
                "The lock has no free code slot.",
                now,
            )
        self._claims[slot_for_it] = wish.code_id
        self._add_pin(slot_for_it, wish.pin_index)
        if not _may_try(code.installed, now) or slot_for_it in self._out_of_sight:
            return None
        return Program(wish.code_id, slot_for_it, is_update=code.installed.content is not None)

    def _wait_for_pin(self, code: Tracked, slot: int, now: datetime) -> Step | None:
        """Return what to say of a code whose PIN is in another slot, ``None``: nothing new."""
        holder = self._codes.get(self._claims.get(slot, -1))
        if holder is not None and self._gives_way(holder, code, now):
            self._giving_way.append(holder)
            return None
        until = None if holder is None else self._leaves_before(holder, code.wish, now)
        if until is None:
            return self._blocked(
                code,
                "duplicate_code_on_device",
                "Another code on the lock already uses this PIN.",
                now,
            )
        is_on_record = until == code.installed.waits_until and not code.installed.error_code
        return None if is_on_record else Blocked(code.wish.code_id, until=until)

    def _is_kept_apart(self, slot: int, wish: Wish, now: datetime) -> bool:
        """Return whether a cloud may be given both codes with this PIN, one stay after another.

        Clouds know when each of them opens; a lock that we program holds a PIN once.
        """
        if not self._terms.capabilities.schedules_itself:
            return False
        holder = self._codes.get(self._claims.get(slot, -1))
        other: Wish | Content | None = self._shown.get(slot) if holder is None else holder.wish
        if other is None or (holder is not None and holder.wish.unwanted_since(now) is not None):
            return False
        return _ends_before(other.ends_at, wish.starts_at) or _ends_before(
            wish.ends_at, other.starts_at
        )

    def yielding(self, now: datetime) -> Remove | None:
        """Return the removal of a code that gives way to one that starts before it.

        It holds the PIN of the other, as a later guest may; or the other found no slot, and it
        starts last of all. It is written again, in its turn, as soon as it can be.
        """
        ready = [code for code in self._without_slot if _may_try(code.installed, now)]
        if not self._giving_way and not ready:
            return None
        last = next(iter(self._giving_way), None)
        if last is None:
            first = min(ready, key=lambda code: _order(code.wish))
            later = [code for code in self._codes.values() if self._gives_way(code, first, now)]
            last = max(later, key=lambda code: _order(code.wish), default=None)
        if last is None or last.installed.slot is None or not _may_try(last.installed, now):
            return None
        if last.installed.slot in self._out_of_sight:
            return None
        return Remove(last.wish.code_id, last.installed.slot)

    def _gives_way(self, holder: Tracked, code: Tracked, now: datetime) -> bool:
        """Return whether a code on the lock starts later than another, and has not started."""
        return (
            holder.installed.placement is Placement.PRESENT
            and holder.wish.unwanted_since(now) is None
            and not holder.wish.has_started(now)
            and _order(holder.wish) > _order(code.wish)
        )

    def _leaves_before(self, holder: Tracked, wish: Wish, now: datetime) -> datetime | None:
        """Return when the guest leaves who has the PIN, if that is before the other comes."""
        ends_at = holder.wish.ends_at
        if holder.wish.unwanted_since(now) is not None or ends_at is None:
            return None
        return ends_at if wish.starts_at is not None and ends_at <= wish.starts_at else None

    def _add_pin(self, slot: int, pin_index: str | None) -> None:
        self._pins.setdefault(slot, set()).update({pin_index} if pin_index else ())

    def _blocked(
        self, code: Tracked, error_code: str, message: str, now: datetime
    ) -> Blocked | None:
        if not _may_try(code.installed, now):
            return None
        return Blocked(code.wish.code_id, error_code, message)

    def _slot_for(self, code: Tracked) -> int | None:
        own = code.installed.slot
        is_ours = self._claims.get(own or 0, code.wish.code_id) == code.wish.code_id
        if own is not None and is_ours and (code.installed.is_on_lock or own not in self._seen):
            return own
        taken = self._seen | self._claims.keys() | self._out_of_sight.keys()
        last = self._terms.capabilities.max_codes or max([0, *taken]) + 1
        free = [slot for slot in range(1, last + 1) if slot not in taken]
        if not self._terms.capabilities.can_be_read:
            free.reverse()  # people fill a lock from its first slot, and we cannot see theirs
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
            for at in (
                wish.load_from(terms),
                installed.waits_until,
                wish.starts_at,
                wish.ends_at,
                wish.withdrawn_at,
            )
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
