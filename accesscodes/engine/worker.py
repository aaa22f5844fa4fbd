"""The engine's process: threads that take due locks, and jobs that run by the clock.

It knows how to run work, not what the work is: what to do with a lock and which jobs there are is
handed in by the command that starts it. Nothing here has to be right for correctness, which comes
from rows and leases alone; a worker that dies is missed and nothing more.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import (
    Error,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)

from accesscodes import ledger
from accesscodes.engine import lease as leases
from accesscodes.engine.clock import ClockGuard
from accesscodes.entries import refusal_pause
from accesscodes.ledger import LEASE_TIME, Lease, LeaseLost
from accesscodes.models import EngineBeat
from locksite.database import write_transaction
from locksite.doors import Doors

log = logging.getLogger(__name__)

TICK = timedelta(milliseconds=250)
BEATS = 4
"""How many signs of life an engine gives in the time after which it counts as dead."""

AFTER_AN_OUTAGE = timedelta(seconds=2)
"""How long after the database was lost it is tried again."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that runs by the clock, at least `every` apart, one run at a time."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


class Worker:
    """Runs until `stop` is set; then finishes what is under way and returns."""

    def __init__(
        self,
        engine_id: UUID,
        *,
        doors: Doors,
        stop: threading.Event,
        work_on: Callable[[Lease], datetime],
        jobs: Sequence[Job],
        threads: int,
        clock: ClockGuard,
    ) -> None:
        self._engine_id = engine_id
        self._doors = doors
        self._stop = stop
        self._work_on = work_on
        self._jobs = jobs
        self._threads = threads
        self._clock = clock
        self._locks: dict[int, Future[None]] = {}
        self._running: dict[str, Future[None]] = {}
        self._next_run: dict[str, datetime] = {}

    def run(self) -> None:
        """Work until `stop` is set."""
        self._beat(is_first=True)
        pulse = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        pulse.start()
        with (
            ThreadPoolExecutor(self._threads, "lock") as locks,
            ThreadPoolExecutor(len(self._jobs) or 1, "job") as clockwork,
        ):
            while not self._stop.is_set():
                try:
                    self._tick(locks, clockwork)
                except Error:
                    log.exception("the database does not answer; trying again")
                    close_old_connections()
                self._doors.sleep(TICK)
        pulse.join()
        self._say_goodbye()

    def _tick(self, locks: ThreadPoolExecutor, clockwork: ThreadPoolExecutor) -> None:
        now = self._doors.now()
        self._locks = {pk: job for pk, job in self._locks.items() if not job.done()}
        free = self._threads - len(self._locks)
        if free > 0:
            for pk in leases.due_locks(now, free + len(self._locks)):
                if pk not in self._locks and len(self._locks) < self._threads:
                    self._locks[pk] = locks.submit(self._guarded, self.take_and_work, pk)
        for job in self._jobs:
            under_way = self._running.get(job.name)
            if (under_way is None or under_way.done()) and self._next_run.get(
                job.name, now
            ) <= now:
                self._next_run[job.name] = now + job.every
                self._running[job.name] = clockwork.submit(self._guarded, job.run, now)

    def take_and_work(self, pk: int) -> None:
        """Work on one lock, if nobody else has it; a failure is logged and tried again later."""
        lease = leases.take(pk, self._engine_id, self._doors.now())
        if lease is None:
            return
        try:
            wake_at = self._work_on(lease)
        except LeaseLost:
            log.warning("lock %s was taken over by another engine", pk)
            return
        except (OperationalError, InterfaceError):
            log.exception("work on lock %s lost the database", pk)
            wake_at = self._doors.now() + AFTER_AN_OUTAGE
        except Exception:
            log.exception("work on lock %s failed", pk)
            try:
                failures = ledger.record_crash(lease, self._doors.now())
            except LeaseLost:
                return
            wake_at = self._doors.now() + refusal_pause(failures)
        self._give_back(lease, wake_at)

    def _give_back(self, lease: Lease, wake_at: datetime) -> None:
        """End the lease, if need be after an outage: nobody else may take the lock before."""
        give_up_at = self._doors.now() + LEASE_TIME
        while True:
            try:
                leases.give_back(lease, wake_at)
            except (OperationalError, InterfaceError):
                close_old_connections()
                if self._stop.is_set() or self._doors.now() >= give_up_at:
                    raise
                self._doors.sleep(AFTER_AN_OUTAGE)
            else:
                return

    def _guarded(self, work: Callable[[Any], object], argument: object) -> None:
        """Run one piece of work with a fresh connection; nothing it raises ends the engine."""
        close_old_connections()
        try:
            work(argument)
        except Exception:
            log.exception("a piece of work failed")
        finally:
            connections.close_all()

    # ---- signs of life --------------------------------------------------------------------------

    def _keep_beating(self) -> None:
        while not self._stop.wait(EngineBeat.dead_after().total_seconds() / BEATS):
            try:
                self._beat()
            except Error:
                log.exception("no sign of life could be written")
                close_old_connections()
        connections.close_all()

    def _beat(self, *, is_first: bool = False) -> None:
        now = self._doors.now()
        self._clock.ask_database()
        clock_off_by = None if self._clock.is_trusted else self._clock.off_by
        with write_transaction():
            if is_first:
                EngineBeat.objects.create(
                    engine_id=self._engine_id,
                    host=socket.gethostname()[:100],
                    pid=os.getpid(),
                    started_at=now,
                    beat_at=now,
                    clock_off_by=clock_off_by,
                )
                EngineBeat.objects.filter(beat_at__lt=now - timedelta(days=7)).delete()
            else:
                EngineBeat.objects.filter(pk=self._engine_id).update(
                    beat_at=now, clock_off_by=clock_off_by
                )

    def _say_goodbye(self) -> None:
        with write_transaction():
            EngineBeat.objects.filter(pk=self._engine_id).update(stopped_at=self._doors.now())
