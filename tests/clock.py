"""A clock that is moved by hand, and doors that use it."""

import random
from datetime import UTC, datetime, timedelta

from locksite.doors import Doors

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Clock:
    """Time that stands still until somebody moves it."""

    def __init__(self, now: datetime = START):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, span: timedelta | None = None, **parts) -> datetime:
        """Go forward by `span`, or by `timedelta(**parts)`; return the new time."""
        self.now += span if span is not None else timedelta(**parts)
        return self.now

    def monotonic(self) -> float:
        """Return seconds on a clock that nobody sets; here it agrees with the other."""
        return self.now.timestamp()

    def doors(self, seed: int = 0) -> Doors:
        """Return doors on this clock: sleeping moves it, the network is shut."""

        def no_network():
            raise AssertionError("this test opens no connection")

        def sleep(span):
            self.move(span)

        return Doors(
            now=self,
            sleep=sleep,
            http=no_network,
            rand=random.Random(seed),
            monotonic=self.monotonic,
        )
