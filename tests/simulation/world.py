"""Engines, locks and people on one stage, and the doors between the engines and the rest.

The engine, the models and the SQL are the real ones. Every door that an engine goes through
(`now`, a call to a lock, an answer) is a place where its process may end or stand still; that none
of them lies inside a transaction is asserted at every door.
"""

import random
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from greenlet import greenlet

from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.lease import Answers
from accesscodes.engine.reconcile import reconcile
from accesscodes.engine.watchdog import watch
from accesscodes.engine.worker import Worker
from accesscodes.ledger import LEASE_TIME, Lease
from accesscodes.models import CLOCKS_DIFFER_BY, EngineBeat
from locksite.doors import Doors
from properties import sync
from properties.models import Device, DeviceQuerySet, Property, ProviderAccount
from properties.providers.base import LockRef
from tests.simulation import rows
from tests.simulation.checker import Checker
from tests.simulation.locks import Driver, Lock, Source
from tests.simulation.people import People
from tests.simulation.stage import Stage
from tests.simulation.trouble import Trouble

WATCH_EVERY = timedelta(seconds=60)
LIST_EVERY = timedelta(minutes=10)
"""How often the account is listed without a reason; where something changed, within a minute."""


class Killed(BaseException):
    """The engine's process ends here."""


class Thread:
    """One piece of work of one engine: it has a lock, or the list of the account, in hand."""

    def __init__(self, engine: "Engine", name: str, work: Callable[[], object]) -> None:
        self.engine = engine
        self.name = name
        self.lease: Lease | None = None
        self.stands_still = False
        self.greenlet: greenlet = engine.world.stage.greenlet(lambda: self._run(work))

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Killed:
            pass
        finally:
            self.engine.threads.pop(self.name, None)

    def resume(self) -> None:
        """Go on, unless the process has ended; later, if it stands still."""
        world, engine = self.engine.world, self.engine
        if self.greenlet.dead or not engine.is_alive:
            return
        if engine.frozen_until > world.stage.now:
            world.stage.at(engine.frozen_until, self.resume)
            return
        world.turn(self)


class Engine:
    """One process: a real `Worker`, whose threads are greenlets on the stage."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.uid = uuid.uuid4()
        self.is_alive = True
        self.frozen_until = world.stage.now
        self.beat_at = world.stage.now
        self.threads: dict[str, Thread] = {}
        self.doors = Doors(
            now=self._now,
            monotonic=world.monotonic,
            sleep=world.wait,
            http=_no_network,
            rand=random.Random(world.rand.random()),
        )
        self._clock = ClockGuard(self.doors, lambda: None)
        self._driver = Driver(world, self)
        self.worker = Worker(
            self.uid,
            doors=self.doors,
            stop=threading.Event(),
            work_on=self._work_on,
            jobs=(),
            threads=8,
            clock=self._clock,
        )
        EngineBeat.objects.create(
            engine_id=self.uid,
            host="simulation",
            pid=1,
            started_at=world.stage.now,
            beat_at=world.stage.now,
        )

    @property
    def is_running(self) -> bool:
        return self.is_alive and self.frozen_until <= self.world.stage.now

    def can_take_up(self, lock_pk: int) -> bool:
        """Return whether this process has no call to the lock in hand that stands still."""
        thread = self.threads.get(f"lock {lock_pk}")
        return thread is None or not thread.stands_still

    def _now(self) -> datetime:
        self.world.door("now")
        return self.world.clock()

    def _work_on(self, lease: Lease) -> datetime:
        thread = self.world.thread
        assert thread is not None
        thread.lease = lease
        self.world.door("take up")
        wake_at = reconcile(
            lease,
            self.doors,
            lambda account, doors: self._driver,
            is_right=self._clock.is_right,
        )
        self.world.door("give back")
        return wake_at

    def take_due(self, kinds: set[Answers]) -> None:
        """Let the worker hand out what is due; its threads are ours.

        `kinds` are those of which a lock is due: asking for the others finds nothing, and only
        clears away what is done.
        """
        at_work = self.worker._at_work
        for answers in Answers:
            at_work[answers] = {pk: job for pk, job in at_work[answers].items() if not job.done()}
        for answers in Answers:
            if answers in kinds:
                self.worker._take_up(answers, Pool(self), 8)

    def list_account(self) -> None:
        account = self.world.account
        self.start(
            "account",
            lambda: sync.refresh_account(
                ProviderAccount.objects.get(pk=account.pk), doors=self.doors
            ),
        )

    def start(self, name: str, work: Callable[[], object]) -> None:
        if name not in self.threads:
            thread = Thread(self, name, work)
            self.threads[name] = thread
            self.world.turn(thread)


class Pool:
    """Stands for the worker's thread pool: each piece of work becomes a greenlet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit(self, guarded: Any, work: Callable[[int], object], pk: int) -> "Job":
        self._engine.start(f"lock {pk}", lambda: work(pk))
        return Job(self._engine, f"lock {pk}")


class Job:
    """Stands for the future of a piece of work."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self._name = engine, name

    def done(self) -> bool:
        return self._name not in self._engine.threads


class World:
    """Everything that one schedule has, from its seed."""

    def __init__(
        self, seed: int, start: datetime, variant: str, *, is_verbose: bool = False
    ) -> None:
        self.variant = variant
        self.has_clock_steps = variant == "clock step"
        self.rand = random.Random(seed)
        self.stage = Stage(start)
        self.stage.after_each = self._after_each
        self.thread: Thread | None = None
        self.story: list[tuple[Any, ...]] = []
        self.is_verbose = is_verbose
        self.counts: dict[str, int] = {}
        self.log_lines: list[str] = []
        self.locks: list[Lock] = []
        self.engines: list[Engine] = []
        self.checker = Checker(self)
        self.trouble = Trouble(self)
        self.people = People(self)
        self.clock_is_off_by = timedelta(0)
        self.paused = 0
        """Calls that stand still, and will leave for their locks however late."""
        self._tick_at: datetime | None = None
        self._last_tick: datetime | None = None
        self._changes_seen = -1
        self._listing_due = False

    def open(self, locks: list[Lock], time_zone: str) -> None:
        """Put up the house: rows for property, account and locks, and two engines."""
        now = self.stage.now
        self.locks = locks
        self.property = Property.objects.create(slug="house", name="House", time_zone=time_zone)
        self.account = ProviderAccount.objects.create(
            kind="virtual", name="Locks", due_at=now, created_at=now
        )
        self.engines = [Engine(self), Engine(self)]
        self.trouble.is_on = False
        sync.refresh_account(self.account, doors=self._quiet_doors())
        Device.objects.update(property=self.property, created_at=now)
        pks = dict(Device.objects.values_list("remote_id", "pk"))
        self.uids = dict(Device.objects.values_list("pk", "uid"))
        for lock in locks:
            lock.pk = pks[lock.uid]
        self.lock_by_pk = {lock.pk: lock for lock in locks}
        self._by_uid = {lock.uid: lock for lock in locks}
        self._watch()
        self._list_now_and_then()
        self._look_now_and_then()

    def _quiet_doors(self) -> Doors:
        return Doors(
            now=self.clock,
            monotonic=self.monotonic,
            sleep=lambda span: None,
            http=_no_network,
            rand=self.rand,
        )

    def monotonic(self) -> float:
        """Return seconds that no change of the clock touches."""
        return self.stage.now.timestamp()

    def clock(self) -> datetime:
        """Return the time that the engines' machine shows: wrong for a while in some schedules."""
        return self.stage.now + self.clock_is_off_by

    def source_for(self, account: ProviderAccount, doors: Doors) -> Source:
        return Source(self)

    def lock_of(self, ref: LockRef) -> Lock:
        return self._by_uid[ref.remote_id]

    def tell(self, *what: Any) -> None:
        """Write down one step of the schedule; equal seeds have equal stories."""
        self.story.append((self.stage.now, *what))
        if self.is_verbose:
            self.show(what)

    def show(self, what: tuple[Any, ...]) -> None:
        """Print a step, and what the locks hold after it."""
        held = "  ".join(
            f"[{lock.pk}{'!' if lock.is_cut_off() else ''}: "
            + " ".join(
                f"{slot}={'' if each.is_ours else '~'}{each.entry.pin.digits}"
                for slot, each in sorted(lock.slots.items())
            )
            + "]"
            for lock in self.locks
        )
        words = " ".join(str(each) for each in what)
        sys.stdout.write(f"{self.stage.now:%d %H:%M:%S.%f} {words:<70} {held}\n")

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # ---- turns and doors ------------------------------------------------------------------------

    def turn(self, thread: Thread) -> None:
        """Let a piece of work go on to its next wait; see that a stale holder writes nothing."""
        is_stale, before = self.checker.is_stale(thread), rows.changes()
        self.thread = thread
        thread.greenlet.switch()
        self.thread = None
        if is_stale and rows.changes() != before:
            self.checker.found("I8", f"{thread.name}: a stale holder wrote to the database")

    def wait(self, span: timedelta) -> None:
        """Let the piece of work that has the turn wait for simulated time."""
        thread = self.thread
        assert thread is not None, "only an engine waits"
        self.stage.after(span, thread.resume)
        self.stage.leave()

    def door(self, name: str) -> None:
        """Go through a door: here a process may end, or stand still past its lease."""
        assert not _in_transaction(), f"door {name!r} was opened inside a transaction"
        thread = self.thread
        if thread is None:
            return
        what = self.trouble.at_door()
        if what == "kill":
            self.kill(thread.engine, f"at {name}")
            raise Killed
        if what == "pause":
            self.count("pauses")
            span = timedelta(seconds=self.rand.uniform(60, 400))
            is_whole = self.rand.random() < 0.5
            self.tell("pause", thread.name, name, "process" if is_whole else "call", span)
            if is_whole:
                thread.engine.frozen_until = self.stage.now + span
            self.paused += 1
            thread.stands_still = True
            try:
                self.wait(span)
            finally:
                thread.stands_still = False
                self.paused -= 1

    def kill(self, engine: Engine, where: str) -> None:
        """End a process at once; another one starts after 1 to 30 s."""
        if not engine.is_alive:
            return
        self.count("kills")
        self.tell("kill", self.engines.index(engine), where, sorted(engine.threads))
        engine.is_alive = False
        self.stage.at(self.stage.now, lambda: self._bury(engine))
        place = self.engines.index(engine)
        self.stage.after(
            timedelta(seconds=self.rand.uniform(1, 30)), lambda: self._start_again(place)
        )

    def _bury(self, engine: Engine) -> None:
        for thread in list(engine.threads.values()):
            if not thread.greenlet.dead:
                thread.greenlet.throw(Killed)

    def _start_again(self, place: int) -> None:
        if self.clock_is_off_by:
            self.stage.after(timedelta(seconds=5), lambda: self._start_again(place))
            return
        self.engines[place] = Engine(self)
        self._plan_tick(force=True)

    def close(self) -> None:
        """End every process, so that nothing is left waiting."""
        for engine in self.engines:
            engine.is_alive = False
            self._bury(engine)

    def running(self) -> list[Engine]:
        return [engine for engine in self.engines if engine.is_running]

    # ---- jobs by the clock ----------------------------------------------------------------------

    def _watch(self) -> None:
        self.stage.after(WATCH_EVERY, self._watch)
        if self.running():
            self._beat()
            watch(self.clock())
            self.checker.problems_changed = True

    def list_soon(self) -> None:
        """Let the account be listed within a minute: something about a lock has changed."""
        if not self._listing_due:
            self._listing_due = True
            self.stage.after(timedelta(seconds=self.rand.uniform(3, 60)), self._list)

    def _list(self) -> None:
        self._listing_due = False
        engines = self.running()
        if engines:
            self.rand.choice(engines).list_account()
        else:
            self.list_soon()

    def _list_now_and_then(self) -> None:
        self.stage.after(LIST_EVERY, self._list_now_and_then)
        self.list_soon()

    def _look_now_and_then(self) -> None:
        self.stage.after(timedelta(seconds=30), self._look_now_and_then)
        self.checker.look()

    # ---- which lock is due ----------------------------------------------------------------------

    def _after_each(self) -> None:
        changes = rows.changes()
        if changes != self._changes_seen or changes < 0:
            self._changes_seen = changes
            self.checker.rows_changed()
            self._plan_tick()
        self.checker.look_if_moved()

    def _beat(self) -> None:
        """Write the signs of life of the processes that run, at most every 5 s."""
        now = self.stage.now
        for engine in self.engines:
            if not engine.is_running:
                continue
            if self.has_clock_steps:
                engine.worker._beat()
            if now - engine.beat_at >= timedelta(seconds=5):
                engine.beat_at = now
                rows.execute(
                    "UPDATE accesscodes_enginebeat SET beat_at = %s WHERE engine_id = %s",
                    (
                        rows.written(self.clock()),
                        engine.uid.hex if rows.is_sqlite() else engine.uid,
                    ),
                )

    def beat_anew(self) -> None:
        """Let the signs of life follow a clock that was set."""
        for engine in self.engines:
            engine.beat_at = min(engine.beat_at, self.stage.now - timedelta(seconds=5))
        self._beat()

    def _plan_tick(self, *, force: bool = False) -> None:
        """Plan the moment at which a process will find a lock due."""
        now = self.stage.now
        due = min((self._due_at(row) for row in rows.locks()), default=None)
        if due is None:
            return
        if due <= now and not force and self._last_tick == now:
            due = now + timedelta(seconds=1)  # just looked, and it is still not to be had
        due = max(due, now) + timedelta(milliseconds=self.rand.randrange(5, 250))
        if force or self._tick_at is None or self._tick_at <= now or due < self._tick_at:
            self._tick_at = due
            self.stage.at(due, lambda: self._tick(due))

    def _due_at(self, row: tuple[Any, ...]) -> datetime:
        """Return when a process that asks all the time, as they really do, would find it due.

        What is dated further ahead than anything is counts as past: a clock was wrong.
        """
        _, due_at, owner, until, _ = row
        due, clock = rows.moment(due_at), self.clock()
        if due is None:
            return self.stage.now + timedelta(days=1)
        if due > clock + DeviceQuerySet.LONGEST_REST:
            due = clock
        if owner is not None:
            free_at = rows.moment(until) or due
            if free_at > clock + LEASE_TIME + CLOCKS_DIFFER_BY:
                free_at = clock
            if not any(_same(e.uid, owner) and e.is_running for e in self.engines):
                silent_since = rows.last_beat(owner)
                if silent_since is None or silent_since > clock + CLOCKS_DIFFER_BY:
                    silent_since = clock - EngineBeat.dead_after()
                free_at = min(free_at, silent_since + EngineBeat.dead_after())
            due = max(due, free_at)
        return due - self.clock_is_off_by

    def _tick(self, planned: datetime) -> None:
        if planned != self._tick_at:
            return
        self._tick_at, self._last_tick = None, planned
        engines = self.running()
        self.rand.shuffle(engines)
        self._beat()
        kinds = {
            Answers.NO if row[4] else Answers.YES
            for row in rows.locks()
            if self._due_at(row) <= planned
        }
        for engine in engines[: 1 if self.rand.random() < 0.8 else 2]:
            engine.take_due(kinds)
        if not engines:
            return  # the next one to start plans anew
        self._changes_seen = -2


def _same(uid: uuid.UUID, value: Any) -> bool:
    return bool(value == (uid.hex if rows.is_sqlite() else uid))


def _in_transaction() -> bool:
    blocks = connection.atomic_blocks
    return bool(blocks) and not getattr(blocks[-1], "_from_testcase", False)


def _no_network() -> Any:
    raise AssertionError("a simulated engine opens no connection")
