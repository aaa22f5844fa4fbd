"""Simulated time: a heap of moments, and pieces of work that wait for theirs as greenlets.

Nothing here knows locks or codes. Time goes from one moment to the next; two things due at the
same moment happen in the order in which they were planned.
"""

import contextvars
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from greenlet import getcurrent, greenlet

Deed = Callable[[], object]


class Stage:
    """The clock and what is planned. `after_each` is called after every single happening."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.after_each: Deed = lambda: None
        self._plan: list[tuple[datetime, int, Deed]] = []
        self._order = count()
        self._main = getcurrent()

    def at(self, moment: datetime, deed: Deed) -> None:
        """Let `deed` happen at `moment`; at once where that is past."""
        heappush(self._plan, (max(moment, self.now), next(self._order), deed))

    def after(self, span: timedelta, deed: Deed) -> None:
        """Let `deed` happen after `span`."""
        self.at(self.now + span, deed)

    def run_until(self, end: datetime, is_over: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen that is planned before `end`, or until `is_over`."""
        while self._plan and self._plan[0][0] < end:
            self.now, _, deed = heappop(self._plan)
            deed()
            self.after_each()
            if is_over():
                return
        self.now = max(self.now, end)

    def is_main(self) -> bool:
        """Return whether the caller is the stage itself and not a piece of work."""
        return getcurrent() is self._main

    def greenlet(self, work: Deed) -> greenlet:
        """Return `work` as something that can be switched to."""
        made = greenlet(work, parent=self._main)
        # Where a browser of other tests is open, Django keeps its connection in the context.
        made.gr_context = contextvars.copy_context()
        return made

    def leave(self) -> None:
        """Give the turn back to the stage; returns when this piece of work is switched to."""
        self._main.switch()
