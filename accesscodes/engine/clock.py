"""Whether the clock that an engine goes by can be trusted.

A clock that jumps a day ahead ends every code of a house at once. So an engine holds its clock
against one that nobody sets, and against the database's where that is another machine's. While it
is in doubt, nothing is taken off a lock because of the time; what people withdraw still is.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from locksite.doors import Doors

log = logging.getLogger(__name__)

TOLERATED = timedelta(seconds=60)
"""By how much the clock may leave the others before it is in doubt."""


class ClockGuard:
    """Compares one engine's clock with others; safe to use from threads.

    `database_now` returns the database's time, or ``None`` where that is the same clock. A clock
    that jumped is trusted again when it has come back. One that was set right for good is trusted
    by an engine that starts after that.
    """

    def __init__(self, doors: Doors, database_now: Callable[[], datetime | None]) -> None:
        self._doors = doors
        self._database_now = database_now
        self._lock = threading.Lock()
        self._base = doors.now() - timedelta(seconds=doors.monotonic())
        self._from_database = timedelta(0)
        self._was_trusted = True

    @property
    def off_by(self) -> timedelta:
        """Return how far the clock is off; positive: it is ahead."""
        return self._off_by(self._doors.now())

    def _off_by(self, now: datetime) -> timedelta:
        jumped = now - timedelta(seconds=self._doors.monotonic()) - self._base
        return max(jumped, self._from_database, key=abs)

    def is_right(self, now: datetime) -> bool:
        """Return whether `now`, just read off the clock, may take codes off that end by it."""
        return abs(self._off_by(now)) <= TOLERATED

    @property
    def is_trusted(self) -> bool:
        """Return whether codes may be taken off because of the time."""
        off_by = self.off_by
        is_trusted = abs(off_by) <= TOLERATED
        with self._lock:
            if is_trusted is not self._was_trusted:
                self._was_trusted = is_trusted
                if is_trusted:
                    log.warning("the clock is right again")
                else:
                    log.error("the clock is off by %s; codes stay past their end", off_by)
        return is_trusted

    def ask_database(self) -> None:
        """Compare with the database's clock; raises `DatabaseError`."""
        asked_at = self._doors.now()
        theirs = self._database_now()
        ours = self._doors.now()
        if theirs is not None and ours - asked_at < TOLERATED:  # else we stood still in between
            self._from_database = ours - theirs
