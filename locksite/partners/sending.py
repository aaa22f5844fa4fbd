"""Threads that send what is due, so that an endpoint that hangs keeps nobody waiting.

Nothing here has to be right for correctness, which comes from rows and leases alone. An endpoint
has a few threads at a time, and after a failure one, among threads that are only for those that
fail.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import count
from typing import Final

import requests
from django.db import connections

from locksite.partners import deliveries
from locksite.partners.webhook_network import call, webhook_sessions

log = logging.getLogger(__name__)

THREADS: Final = 32
THREADS_FOR_FAILING: Final = 16
PER_ENDPOINT: Final = 4
TURN: Final = 25
"""How many deliveries a thread sends to one endpoint before it looks at the others."""


class Sender:
    """Sends deliveries; `now` gives aware UTC, `sessions` what calls go through."""

    def __init__(
        self,
        now: Callable[[], datetime],
        sessions: Callable[[], requests.Session] | None = None,
        *,
        pool: Callable[[int, str], Executor] = ThreadPoolExecutor,
        let_go: Callable[[], None] = connections.close_all,
    ) -> None:
        self._now = now
        self._sessions = sessions or webhook_sessions()
        self._let_go = let_go
        self._well = _Lane(pool(THREADS, "webhook"), THREADS, PER_ENDPOINT)
        self._failing = _Lane(pool(THREADS_FOR_FAILING, "failing"), THREADS_FOR_FAILING, 1)

    def send_due(self, now: datetime) -> None:
        """Hand what is due to free threads and return; nothing is waited for."""
        deliveries.stop_what_goes_nowhere(now)
        work = deliveries.endpoints_with_work(now)
        for lane, is_failing in ((self._well, False), (self._failing, True)):
            serve = partial(self._serve, lets_go=is_failing)
            lane.start([pk for pk, fails in work if fails is is_failing], serve)

    def close(self) -> None:
        """Take nothing up any more, and wait for what is under way: 15 s at most."""
        self._well.close()
        self._failing.close()

    def _serve(self, endpoint_pk: int, *, lets_go: bool) -> None:
        """Send to one endpoint, for a turn at most, and until something fails.

        With `lets_go` no connection to the database is held while the partner takes its time;
        where answers come at once, opening another each time would cost a third of the work.
        """
        try:
            for _ in range(TURN):
                if self._well.is_closed or not self._send_one(endpoint_pk, lets_go):
                    return
        except Exception:
            log.exception("sending to webhook %s failed", endpoint_pk)
        finally:
            self._let_go()

    def _send_one(self, endpoint_pk: int, lets_go: bool) -> bool:
        """Send what is next; return whether there was something and it arrived."""
        parcel = deliveries.take(endpoint_pk, self._now())
        if parcel is None:
            return False
        if lets_go:
            self._let_go()
        outcome = call(parcel, self._sessions(), self._now())
        deliveries.end(parcel.pk, parcel.leased_until, outcome, self._now())
        return outcome.failure is None


class _Lane:
    """Threads for one kind of endpoint, and who has them."""

    def __init__(self, pool: Executor, threads: int, per_endpoint: int) -> None:
        self._pool = pool
        self._threads = threads
        self._per_endpoint = per_endpoint
        self._running: list[tuple[int, Future[None]]] = []
        self._turns: dict[int, int] = {}
        self._next_turn = count(1)
        self.is_closed = False

    def start(self, endpoints: list[int], serve: Callable[[int], None]) -> None:
        """Give free threads to endpoints, first to the one that has waited longest for one."""
        self._running = [(pk, job) for pk, job in self._running if not job.done()]
        self._turns = {pk: self._turns.get(pk, 0) for pk in endpoints}
        for _ in range(self._per_endpoint):
            for pk in sorted(endpoints, key=self._turns.__getitem__):
                at_work = sum(pk == other for other, _ in self._running)
                if len(self._running) < self._threads and at_work < self._per_endpoint:
                    self._turns[pk] = next(self._next_turn)
                    self._running.append((pk, self._pool.submit(serve, pk)))

    def close(self) -> None:
        self.is_closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
