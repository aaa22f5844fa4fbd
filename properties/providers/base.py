"""The whole contract between Locksite and a kind of lock: values, protocols, three errors.

A provider translates and nothing more. It keeps no state, retries nothing, decides nothing about
the life of a code and opens no transaction. It reaches the world through the `Doors` it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from locksite.masked import Pin
from properties.choices import Proof

_SPANS = frozenset({"wake_every", "one_time_lasts", "first_use_within"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the engine must know about one lock to plan for it.

    `keeps_window`: the lock itself starts and stops a code by its dates. `proof`: the best
    evidence it gives. `wake_every`: how long it sleeps between two contacts (zero: always awake).
    `shows_names`: entries read back carry their name. `max_codes`: slots, numbered from 1;
    ``None`` = not known. `max_name`: longest name the lock stores; longer ones are cut.
    `computes_offline`: the maker computes PINs that need no connection; `offline_per_start`: how
    many that start in the same hour, or on the same day where they last for whole days (``None``:
    no limit). `offers_one_time`: also such that open once, `one_time_per_start` of them by hour;
    `one_time_lasts`: how long they wait to be used (``None``: as long as asked).
    `first_use_within`: a PIN must be typed so soon after its start, else it never opens (``None``:
    at any time of its window).
    `assigns_pins`: the maker chooses the PINs of codes that are sent to the lock.
    `needs_future_start`: a new entry with dates is taken only before it starts.
    `adopts_foreign`: a code that others made may become ours.
    `schedules_itself`: the lock is programmed by a cloud on its own timetable, which is told of a
    code as soon as it is wanted and says itself how far it is (see `CodeScheduler`).
    """

    keeps_window: bool = False
    proof: Proof = Proof.READBACK
    wake_every: timedelta = timedelta(0)
    shows_names: bool = True
    max_codes: int | None = None
    max_name: int | None = None
    computes_offline: bool = False
    offline_per_start: int | None = None
    offers_one_time: bool = False
    one_time_per_start: int | None = None
    one_time_lasts: timedelta | None = None
    first_use_within: timedelta | None = None
    assigns_pins: bool = False
    needs_future_start: bool = False
    adopts_foreign: bool = True
    schedules_itself: bool = False

    @property
    def can_be_read(self) -> bool:
        """Return whether the lock can be asked what is on it; else its yes is all there is."""
        return self.proof in {Proof.READBACK, Proof.SLOT_ONLY}

    def as_json(self) -> dict[str, Any]:
        """Return a form for a JSON column; `from_json` reads it back."""
        data = asdict(self)
        for name in _SPANS:
            data[name] = None if data[name] is None else data[name].total_seconds()
        data["proof"] = self.proof.value
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Capabilities":
        """Read what `as_json` wrote; missing keys get the defaults, unknown ones are left out."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in _SPANS & known.keys():
            if known[name] is not None:
                known[name] = timedelta(seconds=known[name])
        if "proof" in known:
            known["proof"] = Proof(known["proof"])
        return cls(**known)


@dataclass(frozen=True, slots=True)
class LockRef:
    """Which lock is meant: our public id, and the name under which the provider knows it."""

    device_uid: UUID
    remote_id: str


@dataclass(frozen=True, slots=True)
class CloudWord:
    """How far a cloud says it is with a code.

    `status` is a word of the wire (``unset``, ``setting``, ``set``, ``removing``, ``unknown``, or
    one that is new), `errors` and `warnings` are items of the wire's shape about the code itself.
    `is_scheduled`: the lock holds the code already and starts it by itself. `is_managed`: the
    cloud keeps the code on the lock for us; else somebody else made it, and it is only shown.
    """

    status: str
    errors: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    is_scheduled: bool = False
    is_managed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return a form for a JSON column; `from_json` reads it back."""
        return {
            "status": self.status,
            "errors": [dict(error) for error in self.errors],
            "warnings": [dict(warning) for warning in self.warnings],
            "is_scheduled": self.is_scheduled,
            "is_managed": self.is_managed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CloudWord":
        """Read what `as_json` wrote."""
        return cls(
            status=data["status"],
            errors=tuple(data["errors"]),
            warnings=tuple(data["warnings"]),
            is_scheduled=data["is_scheduled"],
            is_managed=data["is_managed"],
        )


@dataclass(frozen=True, slots=True)
class SeenCode:
    """One entry as a lock reported it. `pin` is ``None`` where the lock hides it, never empty.

    `name` is ``None`` where the lock keeps none. Times are aware UTC; both ``None``: no window.
    `remote_id` and `word` are a cloud's: under which id it knows the code, and how far it is.
    """

    slot: int
    pin: Pin | None
    name: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_enabled: bool = True
    remote_id: str = ""
    word: CloudWord | None = None


@dataclass(frozen=True, slots=True)
class LockReading:
    """Everything that one look at a lock showed, entries that are not ours included."""

    at: datetime
    codes: tuple[SeenCode, ...]


@dataclass(frozen=True, slots=True)
class SlotWrite:
    """What shall be in one slot. Without a window the entry works until it is removed.

    `pin` is ``None`` where the maker of the lock chooses it: a reading shows which it is, and
    writing the same slot again with the same wish leaves it as it is. The last two are for clouds:
    see `RemoteWish`.
    """

    slot: int
    pin: Pin | None
    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    prefers_native: bool = True
    allows_outside_changes: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider says it took the command. That is no proof that the lock has done it.

    `remote_id`: under which id a cloud knows the code from now on.
    """

    at: datetime
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class RemoteWish:
    """What a cloud is to keep on a lock. Both times aware UTC, or none: until it is withdrawn.

    `pin` is ``None`` where the maker chooses it. `prefers_native`: the lock may start and stop the
    code by itself. `allows_outside_changes`: the cloud does not undo what others do to it.
    """

    name: str
    pin: Pin | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    prefers_native: bool = True
    allows_outside_changes: bool = False


@dataclass(frozen=True, slots=True)
class RemoteCode:
    """A code as a cloud holds it. `pin` is ``None`` where it is hidden or not chosen yet."""

    remote_id: str
    pin: Pin | None
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    word: CloudWord


@dataclass(frozen=True, slots=True)
class OfflineWindow:
    """What a PIN that the maker computes shall open: the lock from `starts_at` to `ends_at`.

    Times are aware UTC and already such as the lock offers (see `properties.offline_windows`).
    `ordinal` counts the codes of one slot from 1: asked twice with the same values, the maker
    gives the same PIN, and another for each ordinal.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    is_one_time: bool = False
    ordinal: int = 1


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A lock as its account describes it.

    `flags` holds only the ``can_…`` flags that the model has: a missing one means "this model
    cannot". `properties`, `errors` and `warnings` have the shape of the wire; items of the two
    lists carry `created_at` as text in the wire's form, or none where nobody knows since when.
    """

    remote_id: str
    name: str
    device_type: str
    capabilities: Capabilities
    flags: Mapping[str, bool]
    properties: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Mapping[str, Any]] = ()
    time_zone: str | None = None
    manufacturer: Mapping[str, Any] = field(default_factory=dict)
    provider: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """A maker's service that this installation can reach; the wire's `device_provider`.

    `categories` are words of the wire; `flags` those ``can_…`` flags that some lock of it has.
    """

    name: str
    display_name: str
    categories: tuple[str, ...]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class BoltMoved:
    """The provider says that the bolt has moved; `is_confirmed`: the lock itself said so."""

    at: datetime
    is_confirmed: bool


class LockDriver(Protocol):
    """A lock that Locksite programs slot by slot. Writing the same slot twice is harmless.

    Every method may raise `Unreachable`, `Refused` or `AccountProblem`.
    """

    def read(self, lock: LockRef) -> LockReading:
        """Return everything on the lock now."""

    def program(self, lock: LockRef, write: SlotWrite) -> Receipt:
        """Put an entry into a slot; what was in the slot is replaced."""

    def remove(self, lock: LockRef, slot: int) -> Receipt:
        """Empty a slot; an empty slot is no error."""


class CodeScheduler(Protocol):
    """A cloud that keeps codes on locks by itself: it is told what, and mirrors what it says.

    Every method may raise `Unreachable`, `Refused` or `AccountProblem`; `Refused` with the code
    `NOT_THERE` says that the cloud does not know the code, or no longer.
    """

    def list_codes(self, lock: LockRef) -> Sequence[RemoteCode]:
        """Return all codes of a lock, those that others made included."""

    def create(self, lock: LockRef, wish: RemoteWish) -> str:
        """Have a new code kept on a lock; return its id."""

    def update(self, lock: LockRef, remote_id: str, wish: RemoteWish) -> None:
        """Have a code kept as it is wanted now."""

    def withdraw(self, lock: LockRef, remote_id: str, *, is_managed: bool) -> None:
        """Have a code taken off the lock."""

    def convert(self, lock: LockRef, remote_id: str, *, allows_outside_changes: bool) -> None:
        """Have a code that others made kept for us from now on."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened at a lock: look there. It proves nothing."""

    device_remote_id: str
    event_type: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What happened in an account. `is_whole`: nothing was left out, so all other locks rest."""

    hints: tuple[Hint, ...]
    is_whole: bool


class HintSource(Protocol):
    """An account that tells what happened since a moment, also to those who were away."""

    def hints_since(self, since: datetime) -> Hints:
        """Return what was written down after `since`. Raises `Unreachable` or `AccountProblem`."""


NOT_THERE = "access_code_not_found"
"""The `error_code` of a refusal because the far side does not know the code."""


class BoltDriver(Protocol):
    """A lock whose bolt can be moved from afar.

    Nothing here is asked twice: a door that is unlocked late stands open for somebody else. Every
    method may raise `Unreachable`, `Refused` or `AccountProblem`, and returns within 35 s.
    """

    def move_bolt(self, lock: LockRef, *, locked: bool) -> BoltMoved:
        """Lock the door, or unlock it."""

    def set_auto_lock(self, lock: LockRef, *, after: int | None) -> Receipt:
        """Let the door lock itself so many seconds after it was unlocked; ``None``: not at all."""


class OfflineCodes(Protocol):
    """A maker that computes PINs which the lock accepts without having heard of them.

    Nothing is sent to the lock, so it need not be reachable, and a PIN once computed can be
    neither changed nor taken back.
    """

    def compute(self, lock: LockRef, window: OfflineWindow) -> Pin:
        """Return the PIN for a window. Raises `Unreachable`, `Refused` or `AccountProblem`."""


class DeviceSource(Protocol):
    """Lists the locks of an account."""

    def list_devices(self) -> Sequence[DeviceReport]:
        """Return every lock of the account. Raises `Unreachable` or `AccountProblem`."""


class Retry(StrEnum):
    """When a refused command may be tried again."""

    ON_WISH = "on_wish"  # only when somebody changes what is wanted
    ON_LOCK_CHANGE = "on_lock_change"  # when something on the lock changes, and at times anyway
    BACKOFF = "backoff"  # after a while


class ProviderError(Exception):
    """A call did not do what was asked. `error_code` is public; `sentence` may be shown to staff.

    `retry_after` is what the far side asked us to wait, if it did.
    """

    def __init__(
        self, error_code: str, sentence: str, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(f"{error_code}: {sentence}")
        self.error_code = error_code
        self.sentence = sentence
        self.retry_after = retry_after


class Unreachable(ProviderError):  # noqa: N818
    """No clear answer. The command may or may not have arrived: only a reading will tell."""


class Refused(ProviderError):  # noqa: N818
    """The lock or its cloud said no, and nothing was changed."""

    def __init__(
        self,
        error_code: str,
        sentence: str,
        retry: Retry = Retry.BACKOFF,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(error_code, sentence, retry_after)
        self.retry = retry


class AccountProblem(ProviderError):  # noqa: N818
    """The account does not let us in: stop for all of its locks."""
