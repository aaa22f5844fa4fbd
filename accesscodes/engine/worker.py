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

from django.db import Error, close_old_connections, connections

from accesscodes import ledger
from accesscodes.engine import lease as leases
from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.lease import Answers
from accesscodes.entries import refusal_pause
from accesscodes.ledger import LEASE_TIME, Lease, LeaseLost
from accesscodes.models import EngineBeat
from locksite.database import DATABASE_IS_AWAY, write_transaction
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
        self._at_work: dict[Answers, dict[int, Future[None]]] = {kind: {} for kind in Answers}
        self._running: dict[str, Future[None]] = {}
        self._next_run: dict[str, datetime] = {}

    def run(self) -> None:
        """Work until `stop` is set."""
        self._beat(is_first=True)
        pulse = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        pulse.start()
        with (
            ThreadPoolExecutor(self._threads, "lock") as answering,
            ThreadPoolExecutor(self._threads_for_silent, "silent") as silent,
            ThreadPoolExecutor(len(self._jobs) or 1, "job") as clockwork,
        ):
            while not self._stop.is_set():
                try:
                    self._take_up(Answers.YES, answering, self._threads)
                    self._take_up(Answers.NO, silent, self._threads_for_silent)
                    self._run_jobs(clockwork)
                except Error:
                    log.exception("the database does not answer; trying again")
                    close_old_connections()
                self._doors.sleep(TICK)
        pulse.join()
        self._say_goodbye()

    @property
    def _threads_for_silent(self) -> int:
        """Return how many silent locks are worked on at once; each costs little but waiting."""
        return max(1, self._threads // 4)

    def _take_up(self, answers: Answers, pool: ThreadPoolExecutor, threads: int) -> None:
        """Hand due locks to the free threads of their pool.

        Locks that did not answer last time have threads of their own, so that a house whose hub is
        down does not keep the others waiting.
        """
        running = {pk: job for pk, job in self._at_work[answers].items() if not job.done()}
        self._at_work[answers] = running
        if len(running) >= threads:
            return
        at_work = {pk for jobs in self._at_work.values() for pk in jobs}
        for pk in leases.due_locks(self._doors.now(), threads + len(at_work), answers=answers):
            if pk not in at_work and len(running) < threads:
                running[pk] = pool.submit(self._guarded, self.take_and_work, pk)

    def _run_jobs(self, clockwork: ThreadPoolExecutor) -> None:
        now = self._doors.now()
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
            wake_at = self._wake_after_work(lease)
        except LeaseLost:
            log.warning("lock %s was taken over by another engine", pk)
            return
        except DATABASE_IS_AWAY:
            log.exception("work on lock %s lost the database", pk)
            wake_at = self._doors.now() + AFTER_AN_OUTAGE
        self._give_back(lease, wake_at)

    def _wake_after_work(self, lease: Lease) -> datetime:
        """Work on a lock and return when to look again; work that fails waits ever longer."""
        try:
            return self._work_on(lease)
        except (LeaseLost, *DATABASE_IS_AWAY):
            raise
        except Exception:
            log.exception("work on lock %s failed", lease.device_id)
        failures = ledger.record_crash(lease, self._doors.now())
        return self._doors.now() + refusal_pause(failures)

    def _give_back(self, lease: Lease, wake_at: datetime) -> None:
        """End the lease, if need be after an outage: nobody else may take the lock before."""
        give_up_at = self._doors.now() + LEASE_TIME
        while True:
            try:
                leases.give_back(lease, wake_at)
            except DATABASE_IS_AWAY:
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
