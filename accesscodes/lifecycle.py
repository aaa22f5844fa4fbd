"""The life of a code, as pure decisions: facts in, the next step or the right word out.

No clock, no database, no network: `now` is always a parameter, and every time is aware UTC. PINs
never come here in the clear; equal PINs are told by their keyed index. The engine carries out what
`plan_lock` returns, the ledger writes what `summarise` says, and nothing else decides about the
life of a code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from accesscodes.choices import AttemptStatus, Kind, Placement, Status
from accesscodes.pin_rules import name_on_lock
from properties.providers.base import Capabilities, Retry

NATIVE_PRELOAD = timedelta(hours=72)
"""How early a lock with a timetable of its own is given a code (Seam's documented limit)."""

DELAYED_AFTER = timedelta(minutes=10)
"""Divergence after which the wire shows a delay as a warning."""

FAILED_AFTER = timedelta(minutes=30)
"""Divergence after which the wire shows a failure as an error."""

AUDIT_AFTER_GONE = timedelta(minutes=15)
"""How long a removed code is still looked for: a command that timed out may land that late."""

LOOK_WITH_WORK = timedelta(seconds=45)
"""How often a lock is looked at while something on it is not as wanted."""

LOOK_IDLE = timedelta(minutes=5)
"""How often a settled lock is looked at."""

EDGES: frozenset[tuple[str, str]] = frozenset(
    {
        ("", Status.UNSET),
        ("", Status.SETTING),
        ("", Status.SET),  # an offline code whose window is open
        ("", Status.UNKNOWN),  # issued while the account is disconnected
        (Status.UNSET, Status.SETTING),
        (Status.UNSET, Status.SET),
        (Status.UNSET, Status.REMOVING),
        (Status.UNSET, Status.GONE),
        (Status.SETTING, Status.SET),
        (Status.SETTING, Status.UNSET),
        (Status.SETTING, Status.REMOVING),
        (Status.SETTING, Status.GONE),
        (Status.SET, Status.SETTING),
        (Status.SET, Status.UNSET),
        (Status.SET, Status.REMOVING),
        (Status.SET, Status.GONE),  # an offline code ends by the clock
        (Status.REMOVING, Status.GONE),
        *((known, Status.UNKNOWN) for known in (Status.UNSET, Status.SETTING, Status.SET)),
        *((Status.UNKNOWN, known) for known in (Status.UNSET, Status.SETTING, Status.SET)),
        (Status.UNKNOWN, Status.REMOVING),
        (Status.REMOVING, Status.UNKNOWN),
        (Status.UNKNOWN, Status.GONE),
    }
)
"""Every allowed change of status; the empty text stands for a code that did not exist."""


# ---- Values -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockTerms:
    """What is fixed about one lock while we plan for it.

    `lead`: how early a code is put on a lock that keeps no timetable. `is_account_connected`:
    whether the account lets us in at all.
    """

    capabilities: Capabilities
    lead: timedelta = timedelta(minutes=60)
    is_account_connected: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What one entry on a lock holds. Times are cut to whole seconds, as locks keep them."""

    pin_index: str | None
    name: str | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return a form for a JSON column; `from_json` reads it back."""
        return {
            "pin_index": self.pin_index,
            "name": self.name,
            "starts_at": self.starts_at and self.starts_at.isoformat(),
            "ends_at": self.ends_at and self.ends_at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Content":
        """Read what `as_json` wrote."""
        return cls(
            pin_index=data["pin_index"],
            name=data["name"],
            starts_at=data["starts_at"] and datetime.fromisoformat(data["starts_at"]),
            ends_at=data["ends_at"] and datetime.fromisoformat(data["ends_at"]),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry that a reading showed; its PIN is ``None`` where the lock hides PINs."""

    slot: int
    content: Content
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one code."""

    code_id: int
    revision: int
    name: str
    pin_index: str | None
    kind: Kind
    created_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    prefers_native: bool = True
    is_offline: bool = False
    withdrawn_at: datetime | None = None

    def unwanted_since(self, now: datetime) -> datetime | None:
        """Return since when nobody wants the code any more, or ``None`` while it is wanted."""
        past = [at for at in (self.withdrawn_at, self.ends_at) if at is not None and at <= now]
        return min(past, default=None)

    def has_started(self, now: datetime) -> bool:
        """Return whether the window is open or there is none."""
        return self.starts_at is None or self.starts_at <= now

    def puts_window_on(self, terms: LockTerms) -> bool:
        """Return whether the lock itself is to start and stop this code."""
        return (
            self.starts_at is not None and self.prefers_native and terms.capabilities.keeps_window
        )

    def load_from(self, terms: LockTerms) -> datetime:
        """Return when the code may go on the lock: 72 h ahead with a timetable, else the lead."""
        if self.starts_at is None:
            return self.created_at
        return self.starts_at - (NATIVE_PRELOAD if self.puts_window_on(terms) else terms.lead)

    def belongs_on_lock(self, terms: LockTerms, now: datetime) -> bool:
        """Return whether the lock should hold this code now; an offline code never does."""
        return (
            not self.is_offline
            and self.unwanted_since(now) is None
            and self.load_from(terms) <= now
        )

    def content(self, terms: LockTerms) -> Content:
        """Return what the entry on the lock should hold."""
        has_window = self.puts_window_on(terms)
        return Content(
            pin_index=self.pin_index,
            name=name_on_lock(self.name, terms.capabilities.max_name),
            starts_at=_whole_seconds(self.starts_at) if has_window else None,
            ends_at=_whole_seconds(self.ends_at) if has_window else None,
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """What we believe of a code's entry on its lock; the default is "never was there".

    `content` is what the entry was last proven to hold (``None``: never proven), `sent` what we
    last asked for, `is_acknowledged` whether the provider said yes to that. `known_pins` are the
    indexes of every PIN we ever sent to this slot. `seen_at` and `absent_at` are the readings that
    showed the entry, and showed it missing.
    """

    placement: Placement = Placement.ABSENT
    slot: int | None = None
    keeps_window: bool = False
    revision: int = 0
    content: Content | None = None
    sent: Content | None = None
    is_acknowledged: bool = False
    known_pins: frozenset[str] = frozenset()
    seen_at: datetime | None = None
    absent_at: datetime | None = None
    audit_until: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    refused_revision: int = 0
    error_code: str = ""
    error_message: str = ""
    error_since: datetime | None = None

    @property
    def is_on_lock(self) -> bool:
        """Return whether the entry is, or may be, on the lock."""
        return self.placement is not Placement.ABSENT

    @property
    def was_ever_sent(self) -> bool:
        """Return whether a write ever left for the lock."""
        return bool(self.known_pins)

    def is_current(self, wish: Wish, terms: LockTerms) -> bool:
        """Return whether the entry was last proven to hold just what is wanted."""
        return (
            self.placement is Placement.PRESENT
            and self.content is not None
            and same_content(self.content, wish.content(terms), terms)
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What we say of a code."""

    status: Status
    errors: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    diverged_since: datetime | None = None
    is_scheduled_on_device: bool = False
    proven_at: datetime | None = None
    gone_at: datetime | None = None


def _whole_seconds(at: datetime | None) -> datetime | None:
    return at and at.replace(microsecond=0)


def same_content(one: Content, other: Content, terms: LockTerms) -> bool:
    """Return whether two contents are equal in all that this kind of lock shows.

    An unknown PIN equals any: what a lock hides is not thereby different.
    """
    return (
        (None in (one.pin_index, other.pin_index) or one.pin_index == other.pin_index)
        and (one.starts_at, one.ends_at) == (other.starts_at, other.ends_at)
        and (not terms.capabilities.shows_names or one.name == other.name)
    )


# ---- What we say --------------------------------------------------------------------------------


def public_status(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> Status:
    """Return the one word for a code, from what is wanted, what is known and the time.

    `set` needs a reading that showed the entry as wanted, for a window the lock keeps one taken
    after its start; `gone` needs a reading that showed it missing, unless nothing was ever sent.
    """
    unwanted = wish.unwanted_since(now)
    if unwanted is not None:
        is_proven_absent = installed.absent_at is not None and installed.absent_at >= unwanted
        if not installed.is_on_lock and (not installed.was_ever_sent or is_proven_absent):
            return Status.GONE
        return Status.REMOVING if terms.is_account_connected else Status.UNKNOWN
    if wish.is_offline:
        return Status.SET if wish.has_started(now) else Status.UNSET
    if not terms.is_account_connected:
        return Status.UNKNOWN
    return _wanted_status(wish, installed, terms, now)


def _wanted_status(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> Status:
    is_current = installed.is_current(wish, terms)
    if wish.has_started(now):
        return (
            Status.SET
            if is_current and not _awaits_start_proof(wish, installed)
            else Status.SETTING
        )
    if is_current:
        return Status.UNSET if installed.keeps_window else Status.SET
    if installed.content is not None and installed.is_on_lock and _opens(installed.content, now):
        return Status.SETTING  # the old dates still open the door
    if not wish.puts_window_on(terms) and wish.load_from(terms) <= now:
        return Status.SETTING
    return Status.UNSET


def _awaits_start_proof(wish: Wish, installed: Installed) -> bool:
    """Return whether a preloaded code has started without a reading since its start."""
    return (
        wish.starts_at is not None
        and installed.keeps_window
        and (installed.seen_at is None or installed.seen_at < wish.starts_at)
    )


def _opens(content: Content, now: datetime) -> bool:
    return (content.starts_at is None or content.starts_at <= now) and (
        content.ends_at is None or now < content.ends_at
    )


def divergence(
    wish: Wish, installed: Installed, terms: LockTerms, now: datetime
) -> datetime | None:
    """Return the earliest moment from which wanted and known can differ, else ``None``.

    The caller keeps an earlier moment that it has on record: an edit does not restart this clock.
    """
    unwanted = wish.unwanted_since(now)
    if unwanted is not None:
        return None if public_status(wish, installed, terms, now) is Status.GONE else unwanted
    if wish.is_offline:
        return None
    if not wish.belongs_on_lock(terms, now):
        return now if installed.is_on_lock else None
    if not installed.is_current(wish, terms):
        return max(wish.load_from(terms), wish.created_at)
    if wish.has_started(now) and _awaits_start_proof(wish, installed):
        return wish.starts_at
    return None


def summarise(
    wish: Wish,
    installed: Installed,
    terms: LockTerms,
    before: Summary | None,
    now: datetime,
    *,
    is_new_wish: bool = False,
) -> Summary:
    """Return what we say of a code now.

    `before` is what we said last, ``None`` for a new code; `is_new_wish` says that the wish has
    changed since then. A code that is gone stays gone, whatever turns up on the lock later.
    """
    if before is not None and before.status is Status.GONE:
        return before
    status = public_status(wish, installed, terms, now)
    diverged_since = _diverged_since(wish, installed, terms, before, now, is_new_wish=is_new_wish)
    errors, warnings = _problems(wish, installed, status, diverged_since, now)
    is_current = installed.is_current(wish, terms)
    return Summary(
        status=status,
        errors=errors,
        warnings=warnings,
        diverged_since=diverged_since,
        is_scheduled_on_device=is_current and installed.keeps_window and not wish.has_started(now),
        proven_at=installed.seen_at if is_current else before.proven_at if before else None,
        gone_at=now if status is Status.GONE else None,
    )


def _diverged_since(
    wish: Wish,
    installed: Installed,
    terms: LockTerms,
    before: Summary | None,
    now: datetime,
    *,
    is_new_wish: bool,
) -> datetime | None:
    since = divergence(wish, installed, terms, now)
    unwanted = wish.unwanted_since(now)
    if since is None or unwanted is not None:
        return since  # absence is a new thing to want: its own clock
    if before is not None and before.diverged_since is not None:
        return before.diverged_since
    was_settled = before is not None and (
        before.status is Status.SET or before.is_scheduled_on_device
    )
    if is_new_wish or (was_settled and not installed.is_current(wish, terms)):
        return now
    return since


def _problems(
    wish: Wish,
    installed: Installed,
    status: Status,
    diverged_since: datetime | None,
    now: datetime,
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """Return the wire's errors and warnings of a code: refusals at once, slowness by the clock."""
    if diverged_since is None or status in {Status.GONE, Status.UNKNOWN}:
        return (), ()
    is_removing = status is Status.REMOVING
    doing, verb = (
        ("removing_from_device", "remove_from")
        if is_removing
        else (
            "setting_on_device",
            "set_on",
        )
    )
    if installed.error_code:
        errors = (
            {
                "error_code": installed.error_code,
                "message": installed.error_message,
                "created_at": wire_time(installed.error_since or now),
                "is_access_code_error": True,
            },
        )
        return errors, ()
    if status is Status.UNSET:
        return (), ()  # its time has not come; the watchdog speaks of it on the desk
    failed_at = diverged_since + FAILED_AFTER
    if not is_removing and wish.starts_at is not None:
        failed_at = min(failed_at, max(wish.starts_at, diverged_since + DELAYED_AFTER))
    if now >= failed_at:
        what = "take the code off" if is_removing else "put the code on"
        errors = (
            {
                "error_code": f"failed_to_{verb}_device",
                "message": f"We have not been able to {what} the lock. We keep trying.",
                "created_at": wire_time(failed_at),
                "is_access_code_error": True,
            },
        )
        return errors, ()
    if now >= diverged_since + DELAYED_AFTER:
        warnings = (
            {
                "warning_code": f"delay_in_{doing}",
                "message": "This is taking longer than usual. We keep trying.",
                "created_at": wire_time(diverged_since + DELAYED_AFTER),
            },
        )
        return (), warnings
    return (), ()


def wire_time(at: datetime) -> str:
    """Return an instant as the wire writes it: UTC, three digits of a second, Z."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


# ---- What a reading shows -----------------------------------------------------------------------


def after_reading(
    wish: Wish,
    installed: Installed,
    sighting: "Sighting",
    terms: LockTerms,
    at: datetime,
) -> Installed:
    """Return what we believe of an entry after a reading at `at` that showed `sighting` of it."""
    if sighting.entry is None:
        return _found_missing(wish, installed, sighting, terms, at)
    wanted = wish.content(terms)
    seen = sighting.entry.content
    present = replace(installed, placement=Placement.PRESENT, seen_at=at, absent_at=None)
    if sighting.is_ours_as_sent and same_content(seen, wanted, terms):
        right = replace(
            present,
            revision=wish.revision,
            content=wanted,
            keeps_window=wish.puts_window_on(terms),
        )
        return _settled(right) if wish.belongs_on_lock(terms, at) else right
    if seen.pin_index is None:
        # The lock hides the PIN: it is the one last acknowledged, or nobody knows.
        is_known = installed.is_acknowledged and installed.sent is not None
        seen = replace(
            seen, pin_index=installed.sent.pin_index if is_known and installed.sent else ""
        )
    believed = replace(present, content=seen)
    if wish.unwanted_since(at) is None and sighting.is_altered:
        return _marked(
            replace(believed, revision=0),
            "conflicting_external_modification",
            "The code was changed outside Locksite. We are putting it back.",
            at,
        )
    return believed


def _settled(installed: Installed) -> Installed:
    return replace(
        installed, attempts=0, retry_at=None, error_code="", error_message="", error_since=None
    )


def _found_missing(
    wish: Wish, installed: Installed, sighting: "Sighting", terms: LockTerms, at: datetime
) -> Installed:
    was_proven = installed.placement is Placement.PRESENT
    gone = replace(
        installed,
        placement=Placement.ABSENT,
        slot=None if sighting.is_slot_taken else installed.slot,
        content=None,
        revision=0,
        absent_at=at,
    )
    if was_proven and wish.belongs_on_lock(terms, at):
        return _marked(
            gone,
            "conflicting_external_modification",
            "The code was removed from the lock outside Locksite. We are putting it back.",
            at,
        )
    if wish.unwanted_since(at) is not None and installed.was_ever_sent:
        return replace(_settled(gone), audit_until=installed.audit_until or at + AUDIT_AFTER_GONE)
    if not wish.belongs_on_lock(terms, at):
        return _settled(gone)  # taken off because it is to come later
    return gone


def _marked(installed: Installed, code: str, message: str, at: datetime) -> Installed:
    since = installed.error_since if installed.error_code == code else None
    return replace(
        installed, error_code=code, error_message=message, error_since=since or at, retry_at=None
    )


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a reading showed of one code's entry (see `drift.match`).

    `entry` is ``None`` where it is missing. `is_slot_taken`: something foreign is in its slot.
    `is_ours_as_sent`: the PIN is the wanted one, or is hidden and the last write of it was
    acknowledged. `is_altered`: it is ours, yet holds neither what was proven nor what was sent.
    """

    entry: Seen | None = None
    is_slot_taken: bool = False
    is_ours_as_sent: bool = False
    is_altered: bool = False


# ---- What happens to a command ------------------------------------------------------------------


def before_program(
    wish: Wish, installed: Installed, slot: int, terms: LockTerms, now: datetime
) -> Installed:
    """Return what we believe once a write of `wish` into `slot` is about to leave."""
    sent = wish.content(terms)
    known = installed.known_pins if installed.slot in {None, slot} else frozenset()
    return replace(
        installed,
        placement=Placement.WRITING,
        slot=slot,
        keeps_window=wish.puts_window_on(terms),
        sent=sent,
        is_acknowledged=False,
        known_pins=known | ({sent.pin_index} if sent.pin_index else set()),
        absent_at=None,
        attempts=installed.attempts + 1,
        retry_at=now + retry_after(installed.attempts + 1),
    )


def before_remove(installed: Installed, now: datetime) -> Installed:
    """Return what we believe once a removal is about to leave."""
    return replace(
        installed,
        placement=Placement.ERASING,
        absent_at=None,
        attempts=installed.attempts + 1,
        retry_at=now + retry_after(installed.attempts + 1),
    )


def after_acceptance(installed: Installed) -> Installed:
    """Return what we believe after the provider said yes; the lock may not have done it."""
    return replace(installed, is_acknowledged=True)


def asked_to_wait(installed: Installed, wait: timedelta, now: datetime) -> Installed:
    """Return the entry with a pause as long as the far side asked for, up to 15 min."""
    until = now + min(max(wait, timedelta(0)), timedelta(minutes=15))
    return replace(installed, retry_at=max(until, installed.retry_at or until))


def after_block(installed: Installed, step: "Blocked", now: datetime) -> Installed:
    """Return the entry with the reason why it cannot be written now."""
    return _marked(installed, step.error_code, step.message, now)


def after_refusal(
    wish: Wish,
    installed: Installed,
    *,
    retry: Retry,
    error_code: str,
    message: str,
    wait: timedelta | None,
    now: datetime,
) -> Installed:
    """Return what we believe after the lock said no: the entry is as it was before.

    A refusal `on_wish` waits for a changed wish; all others are tried again, after a minute and
    then ever more slowly, at most every 30 minutes.
    """
    pause = max(
        refusal_pause(installed.attempts), min(wait or timedelta(0), timedelta(minutes=15))
    )
    was_there = installed.content is not None or installed.placement is Placement.ERASING
    return replace(
        installed,
        placement=Placement.PRESENT if was_there else Placement.ABSENT,
        retry_at=now + pause,
        refused_revision=wish.revision if retry is Retry.ON_WISH else 0,
        error_code=error_code,
        error_message=message,
        error_since=(installed.error_since if installed.error_code == error_code else None) or now,
    )


def retry_after(attempts: int) -> timedelta:
    """Return the pause after `attempts` tries without an answer: 5 s, doubling, up to 5 min."""
    return min(timedelta(seconds=5 * 2 ** min(attempts - 1, 10)), timedelta(minutes=5))


def refusal_pause(attempts: int) -> timedelta:
    """Return the pause after refusal number `attempts`: 1 min, doubling, at most 30 min."""
    return min(timedelta(minutes=2 ** min(max(attempts, 1) - 1, 10)), timedelta(minutes=30))


def look_again_after(failures: int, *, has_work: bool) -> timedelta:
    """Return the pause after `failures` readings in a row that failed."""
    longest = timedelta(minutes=2) if has_work else LOOK_IDLE
    return min(timedelta(seconds=10 * 2 ** min(max(failures, 1) - 1, 10)), longest)


# ---- What to do next ----------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Tracked:
    """A wish and what we believe of it."""

    wish: Wish
    installed: Installed = field(default_factory=Installed)


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


# ---- What is on its way, for the wire -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change that was accepted and is not on the lock yet, in the wire's words.

    `before` and `after` hold names or times; for `updating_code` they are ``None`` and whoever
    shows the mutation opens the two PINs.
    """

    mutation_code: str
    message: str
    created_at: datetime
    scheduled_at: datetime | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def pending_mutations(
    wish: Wish, installed: Installed, terms: LockTerms, summary: Summary, now: datetime
) -> tuple[Mutation, ...]:
    """Return what is on its way to the lock."""
    since = summary.diverged_since or wish.created_at
    if wish.unwanted_since(now) is not None:
        if summary.status is Status.GONE:
            return ()
        return (Mutation("deleting", "Taking the code off the lock.", since),)
    if wish.is_offline or installed.is_current(wish, terms):
        return ()
    if installed.content is not None and installed.revision:
        return _updates(wish, installed.content, terms, since)
    if not wish.belongs_on_lock(terms, now):
        return (
            Mutation(
                "deferring_creation",
                "Waiting until nearer the start.",
                wish.created_at,
                scheduled_at=wish.load_from(terms),
            ),
        )
    return (Mutation("creating", "Programming the code on the lock.", since),)


def _updates(
    wish: Wish, content: Content, terms: LockTerms, since: datetime
) -> tuple[Mutation, ...]:
    wanted = wish.content(terms)
    updates = []
    if content.pin_index != wanted.pin_index:
        updates.append(Mutation("updating_code", "Changing the PIN on the lock.", since))
    if terms.capabilities.shows_names and content.name != wanted.name:
        updates.append(
            Mutation(
                "updating_name",
                "Changing the name on the lock.",
                since,
                before={"name": content.name},
                after={"name": wanted.name},
            )
        )
    if (content.starts_at, content.ends_at) != (wanted.starts_at, wanted.ends_at):
        updates.append(
            Mutation(
                "updating_time_frame",
                "Changing the dates on the lock.",
                since,
                before={"starts_at": content.starts_at, "ends_at": content.ends_at},
                after={"starts_at": wish.starts_at, "ends_at": wish.ends_at},
            )
        )
    return tuple(updates) or (Mutation("creating", "Programming the code on the lock.", since),)


def attempt_state(
    action_type: str, summary: Summary, *, is_on_its_way: bool
) -> tuple[AttemptStatus, str, str]:
    """Return how an action attempt about a code stands: status, error type and error message.

    `is_on_its_way` says whether the lock still has to be told something (`pending_mutations`, less
    a deferred creation). The last two are empty unless the status is `error`.
    """
    is_done = summary.status is Status.GONE or (
        action_type != "DELETE_ACCESS_CODE" and not is_on_its_way
    )
    if is_done:
        return AttemptStatus.SUCCESS, "", ""
    if summary.errors:
        error = summary.errors[0]
        return AttemptStatus.ERROR, str(error["error_code"]), str(error["message"])
    return AttemptStatus.PENDING, "", ""
