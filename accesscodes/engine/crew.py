"""Threads that each do one thing to one row, so that none of the rows waits for another."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import close_old_connections, connections

log = logging.getLogger(__name__)


class Crew:
    """Calls `work` with the keys that it is given, each on a thread; what fails is logged.

    A key that is being worked on is not taken up a second time.
    """

    def __init__(self, name: str, work: Callable[[int], None], threads: int) -> None:
        self._name = name
        self._work = work
        self._pool = ThreadPoolExecutor(threads, name)
        self._under_way: dict[int, Future[None]] = {}

    def take_up(self, keys: Iterable[int]) -> None:
        """Begin with these; returns at once."""
        self._under_way = {key: job for key, job in self._under_way.items() if not job.done()}
        for key in keys:
            if key not in self._under_way:
                self._under_way[key] = self._pool.submit(self._guarded, key)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _guarded(self, key: int) -> None:
        close_old_connections()
        try:
            self._work(key)
        except Exception:
            log.exception("%s %s failed", self._name, key)
        finally:
            connections.close_all()
