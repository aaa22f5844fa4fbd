"""What is known of a code, a lock and an account when the watchdog looks: frozen values. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accesscodes.values import Installed, LockTerms, Summary, Wish
from properties.capabilities import Cause, LockVerdict


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was seen or done: what, in words, and when; ``None``: no instant known."""

    what: str
    said: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedReading:
    """The newest look at a lock, which failed."""

    error_code: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WatchedLock:
    """What is known of one lock.

    `codes` counts its online codes that are not gone, `due` those of them that are wanted now or
    within a day, `held` the entries of ours that are, or may be, in its memory. `failure` is
    ``None`` while the lock can be read, `account_silent_since` while its account answers. Times
    are aware UTC.
    """

    terms: LockTerms
    verdict: LockVerdict
    known_since: datetime
    last_read_at: datetime | None = None
    failing_since: datetime | None = None
    failure: FailedReading | None = None
    codes: int = 0
    due: int = 0
    held: int = 0
    account_silent_since: datetime | None = None

    @property
    def is_removed(self) -> bool:
        """Return whether its account no longer lists it."""
        return any(cause.key == "removed" for cause in self.verdict.causes)

    @property
    def is_told_of_account(self) -> bool:
        """Return whether one problem of its account stands for this lock and all its codes."""
        return not self.terms.is_account_connected or self.account_silent_since is not None

    @property
    def is_told_elsewhere(self) -> bool:
        """Return whether one problem, of the account or of the lock, stands for all its codes."""
        return self.is_told_of_account or (self.is_removed and self.codes > 0)

    def cause(self, keys: Iterable[str]) -> Cause | None:
        """Return the first cause of its verdict with one of these keys."""
        wanted = set(keys)
        return next((cause for cause in self.verdict.causes if cause.key in wanted), None)


@dataclass(frozen=True, slots=True)
class WatchedCode:
    """What is known of one code.

    `open_since`: since when an open problem says that it is not on its lock. `last_command`: what
    its lock was asked last. `twin`: an entry of the lock that is not ours and has the same PIN.
    """

    wish: Wish
    installed: Installed
    summary: Summary
    open_since: datetime | None = None
    last_command: Seen | None = None
    twin: Seen | None = None


@dataclass(frozen=True, slots=True)
class WatchedAccount:
    """An account that does not let us in: since when, what it said, what waits for it.

    `is_silent`: it does not answer at all, and so may let us in as before.
    """

    name: str
    said: str
    since: datetime
    last_listed_at: datetime | None = None
    is_silent: bool = False
    codes: int = 0
    due: int = 0
