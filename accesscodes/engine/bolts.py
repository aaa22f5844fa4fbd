"""The engine's hands at doors: a job that takes up, many at a time, what was asked for just now.

Apart from the passes over locks: a door must not wait for a pass that reads and writes codes, and
a pass not for a door.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.db import close_old_connections, connections

from accesscodes import bolts
from accesscodes.bolts import BoltFor
from locksite.doors import Doors

log = logging.getLogger(__name__)


class Hands:
    """Carries out attempts at doors; `run` is called again and again by the engine's clock."""

    def __init__(self, doors: Doors, bolt_for: BoltFor, threads: int = 8) -> None:
        self._doors = doors
        self._bolt_for = bolt_for
        self._pool = ThreadPoolExecutor(threads, "door")
        self._under_way: dict[int, Future[None]] = {}

    def run(self, now: datetime) -> None:
        """Take up what waits, and write down what waited for too long."""
        self._under_way = {pk: job for pk, job in self._under_way.items() if not job.done()}
        for pk in bolts.waiting(now):
            if pk not in self._under_way:
                self._under_way[pk] = self._pool.submit(self._guarded, pk)
        bolts.give_up(now)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _guarded(self, pk: int) -> None:
        close_old_connections()
        try:
            attempt = bolts.take(pk, self._doors.now())
            if attempt is not None:
                bolts.carry_out(attempt, self._doors, self._bolt_for)
        except Exception:
            log.exception("attempt %s was not carried out", pk)
        finally:
            connections.close_all()
