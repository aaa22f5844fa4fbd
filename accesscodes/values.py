"""The values that decisions about codes are made from: frozen, without a clock or a database.

Every time is an aware UTC instant. PINs never come here in the clear; equal PINs are told by their
keyed index. Rows are frozen into these values by `models`, readings by the engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from accesscodes.choices import Kind, Placement, Status
from accesscodes.pin_rules import name_on_lock
from properties.providers.base import Capabilities, CloudWord

NATIVE_PRELOAD = timedelta(hours=72)
"""How early a lock with a timetable of its own is given a code (Seam's documented limit)."""


@dataclass(frozen=True, slots=True)
class LockTerms:
    """What is fixed about one lock while we plan for it.

    `lead`: how early a code is put on a lock that keeps no timetable. `is_account_connected`:
    whether the account lets us in at all. `holds_ends`: the clock is in doubt, so no code counts
    as over because of the time; one past its end is judged as it was just before.
    """

    capabilities: Capabilities
    lead: timedelta = timedelta(minutes=60)
    is_account_connected: bool = True
    holds_ends: bool = False


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
    """One entry that a reading showed; its PIN is ``None`` where the lock hides PINs.

    `remote_id` and `word` are a cloud's (see `SeenCode`).
    """

    slot: int
    content: Content
    is_enabled: bool = True
    remote_id: str = ""
    word: CloudWord | None = None


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
    allows_outside_changes: bool = False
    withdrawn_at: datetime | None = None

    @property
    def awaits_computing(self) -> bool:
        """Return whether this is an offline code of which the maker has not told the PIN yet."""
        return self.is_offline and self.pin_index is None

    def is_to_be_used_early(self, terms: LockTerms) -> bool:
        """Return whether the PIN opens only if it is typed soon after its start."""
        within = terms.capabilities.first_use_within
        if not self.is_offline or within is None or self.starts_at is None or self.ends_at is None:
            return False
        return self.ends_at - self.starts_at > within

    def unwanted_since(self, now: datetime) -> datetime | None:
        """Return since when nobody wants the code any more, or ``None`` while it is wanted."""
        past = [at for at in (self.withdrawn_at, self.ends_at) if at is not None and at <= now]
        return min(past, default=None)

    def is_withdrawn(self, now: datetime) -> bool:
        """Return whether somebody took the code back."""
        return self.withdrawn_at is not None and self.withdrawn_at <= now

    def has_started(self, now: datetime) -> bool:
        """Return whether the window is open or there is none."""
        return self.starts_at is None or self.starts_at <= now

    def puts_window_on(self, terms: LockTerms) -> bool:
        """Return whether the lock, or its cloud, is to start and stop this code."""
        can = terms.capabilities
        keeps_it = can.schedules_itself or (self.prefers_native and can.keeps_window)
        return self.starts_at is not None and keeps_it

    def load_from(self, terms: LockTerms) -> datetime:
        """Return when the code may go on the lock: 72 h ahead with a timetable, else the lead.

        A cloud is told at once, and decides by itself.
        """
        if self.starts_at is None or terms.capabilities.schedules_itself:
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
    indexes of every PIN we ever sent to this slot, `known_names` the names. `seen_at` and
    `absent_at` are the readings that showed the entry, and showed it missing.

    `refused_revision` is the wish that was refused for good, `refused_generation` the lock's
    generation when it was refused for its state. `waits_until`: another guest has the PIN till
    then, as planned. `restores` are the moments within a day at which
    ours was found changed or removed by others, to be put back; `left_alone` is the wish for which
    such a change stays in force. `remote_id` is the code's id at its cloud, and `word` what the
    cloud last said of it.
    """

    placement: Placement = Placement.ABSENT
    slot: int | None = None
    keeps_window: bool = False
    revision: int = 0
    content: Content | None = None
    sent: Content | None = None
    is_acknowledged: bool = False
    known_pins: frozenset[str] = frozenset()
    known_names: frozenset[str] = frozenset()
    seen_at: datetime | None = None
    absent_at: datetime | None = None
    audit_until: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    refused_revision: int = 0
    refused_generation: int | None = None
    waits_until: datetime | None = None
    restores: tuple[datetime, ...] = ()
    left_alone: int = 0
    error_code: str = ""
    error_message: str = ""
    error_since: datetime | None = None
    remote_id: str = ""
    word: CloudWord | None = None

    @property
    def is_on_lock(self) -> bool:
        """Return whether the entry is, or may be, on the lock."""
        return self.placement is not Placement.ABSENT

    @property
    def is_being_removed(self) -> bool:
        """Return whether a cloud says that it takes the code off."""
        return self.word is not None and self.word.status == Status.REMOVING

    def waits(self, now: datetime) -> bool:
        """Return whether the code has to wait, as planned, for the guest before with its PIN."""
        return self.waits_until is not None and self.waits_until > now

    @property
    def was_ever_sent(self) -> bool:
        """Return whether a write ever left for the lock."""
        return self.sent is not None or bool(self.known_pins)

    def is_left_alone(self, wish: Wish) -> bool:
        """Return whether what others made of the entry stays as it is, until the wish changes."""
        return self.left_alone == wish.revision

    def is_current(self, wish: Wish, terms: LockTerms) -> bool:
        """Return whether the entry was last proven to hold what is wanted, or what is let be."""
        return (
            self.placement is Placement.PRESENT
            and self.content is not None
            and (
                self.is_left_alone(wish) or same_content(self.content, wish.content(terms), terms)
            )
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


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a reading showed of one code's entry (see `drift.match`).

    `entry` is ``None`` where it is missing. `is_slot_taken`: something foreign is in its slot.
    `is_ours_as_sent`: the PIN is the wanted one, or the maker's own choice, or is hidden and the
    last write of it was acknowledged. `is_altered`: it is ours, yet holds neither what was proven
    nor what was sent. `is_superseded`: an older entry of ours, for another code, is in its slot.
    `is_recalled`: it is in a slot that the code had left, where an older write of ours landed.
    """

    entry: Seen | None = None
    is_slot_taken: bool = False
    is_ours_as_sent: bool = False
    is_altered: bool = False
    is_superseded: bool = False
    is_recalled: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """A wish and what we believe of it."""

    wish: Wish
    installed: Installed = field(default_factory=Installed)


def same_content(one: Content, other: Content, terms: LockTerms) -> bool:
    """Return whether two contents are equal in all that this kind of lock shows.

    An unknown PIN equals any: what a lock hides is not thereby different.
    """
    return (
        (None in (one.pin_index, other.pin_index) or one.pin_index == other.pin_index)
        and (one.starts_at, one.ends_at) == (other.starts_at, other.ends_at)
        and (not terms.capabilities.shows_names or one.name == other.name)
    )


ENDS_STRETCH_BY = timedelta(hours=1)
"""Around a change of the clocks some locks keep a code for an hour longer than they were told."""


def holds(seen: Content, sent: Content, terms: LockTerms) -> bool:
    """Return whether an entry is what the lock made of `sent`: equal, or kept a little longer.

    A longer end does no harm: each code is taken off at its end by command as well. Writing it
    again would have the same result, over and over.
    """
    if sent.ends_at is not None and seen.ends_at == sent.ends_at + ENDS_STRETCH_BY:
        seen = replace(seen, ends_at=sent.ends_at)
    return same_content(seen, sent, terms)


def _whole_seconds(at: datetime | None) -> datetime | None:
    return at and at.replace(microsecond=0)
