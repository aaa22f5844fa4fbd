"""One schedule from its seed: the house, the trouble, the quiet, and what came of it."""

import gc
import hashlib
import logging
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from properties import sync
from tests.simulation import scratch
from tests.simulation.chance import seeded_bytes
from tests.simulation.locks import Lock, new_lock
from tests.simulation.prepared import prepared_queries
from tests.simulation.quick import quick_columns
from tests.simulation.world import World

TROUBLE = timedelta(minutes=45)
QUIET = timedelta(minutes=60)
STAYS_SETTLED = timedelta(minutes=11)

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CLOCK_CHANGES = (
    datetime(2026, 3, 29, 0, 40, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
)
"""Shortly before summer time begins and ends in the house."""

VARIANTS = {"": 14, "clock change": 2, "clock step": 2, "poison": 1, "hopeless lock": 1}
"""What is special about a schedule, and in how many of twenty."""

MAKES = ("schlage", "lockly", "wyze", "august", "ttlock", "nuki", "yale", "tedee")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one schedule: violations as (invariant, sentence), and what really happened."""

    seed: int
    violations: tuple[tuple[str, str], ...]
    counts: dict[str, int]
    digest: str


def run(seed: int, *, is_verbose: bool = False) -> Outcome:
    """Live through one schedule and return what came of it."""
    with seeded_bytes(seed), quick_columns(), prepared_queries():
        return _run(seed, is_verbose=is_verbose)


def _run(seed: int, *, is_verbose: bool) -> Outcome:
    if scratch.is_sqlite():
        scratch.wipe()
    rand = random.Random(f"house {seed}")
    (variant,) = rand.choices(list(VARIANTS), list(VARIANTS.values()))
    start = START + timedelta(seconds=rand.randrange(86400))
    if variant == "clock change":
        start = rand.choice(CLOCK_CHANGES) - timedelta(seconds=rand.randrange(1800))
    world = World(seed, start, variant, is_verbose=is_verbose)
    world.count(f"variant {variant}".strip())
    with _listening(world), _reached_through(world):
        world.open(
            [_lock(rand, start) for _ in range(rand.choice((1, 2, 2, 2, 3)))], "Europe/Berlin"
        )
        try:
            _live(world)
        finally:
            world.close()
    world.checker.finish()
    return Outcome(seed, tuple(world.checker.violations), world.counts, digest_of(world.story))


def _lock(rand: random.Random, start: datetime) -> Lock:
    traits: dict[str, Any] = {}
    if rand.random() < 0.15:
        traits["max_codes"] = rand.choice((3, 5))
    return new_lock(str(uuid.UUID(int=rand.getrandbits(128))), rand.choice(MAKES), start, traits)


def _live(world: World) -> None:
    world.trouble.is_on = True
    world.trouble.plan(TROUBLE)
    world.trouble.strike_special(world.variant, TROUBLE)
    world.people.plan(TROUBLE)
    world.stage.run_until(world.stage.now + TROUBLE + timedelta(seconds=1))
    _calm_down(world)


def _calm_down(world: World) -> None:
    """Wait until all is as wanted and stays so; what is not after an hour is lost."""
    end = world.stage.now + QUIET
    settled_at, commands, wanted = None, 0, world.people.wanted()
    before = wanted
    # What begins or ends in the last minute has its minute, too.
    while world.stage.now < end or before != wanted:
        world.stage.run_until(world.stage.now + timedelta(seconds=60))
        differences = world.checker.differences()
        before, wanted = wanted, world.people.wanted()
        on_their_way = world.trouble.in_flight + world.paused
        if differences or on_their_way or before != wanted:
            settled_at = None
        elif settled_at is None:
            settled_at, commands = world.stage.now, world.checker.commands
            world.tell("settled")
        if settled_at and world.checker.commands != commands:
            world.checker.found("I9", "a settled lock was written to")
            commands = world.checker.commands
        if settled_at and world.stage.now - settled_at > STAYS_SETTLED:
            world.checker.look_for_idle_alarms()
            return
    for invariant, what in world.checker.differences():
        world.checker.found(invariant, what)


def digest_of(story: list[tuple[Any, ...]]) -> str:
    """Return what tells two runs apart."""
    return hashlib.sha256(repr(story).encode()).hexdigest()


@contextmanager
def _reached_through(world: World) -> Iterator[None]:
    """Let the account be listed from the simulated locks."""
    module: Any = sync
    kept = module.source_for
    module.source_for = world.source_for
    try:
        yield
    finally:
        module.source_for = kept


class _Ear(logging.Handler):
    """Keeps every line that the product logs; errors are complaints."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self._world.log_lines.append(line)
        if record.levelno >= logging.ERROR:
            self._world.checker.complaints.append(line)


@contextmanager
def _listening(world: World) -> Iterator[None]:
    ear = _Ear(world)
    loggers = [logging.getLogger(name) for name in ("accesscodes", "properties", "locksite")]
    kept = [(logger.level, logger.propagate) for logger in loggers]
    was_collecting = gc.isenabled()
    gc.disable()
    for logger in loggers:
        logger.addHandler(ear)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, kept, strict=True):
            logger.removeHandler(ear)
            logger.setLevel(level)
            logger.propagate = propagate
        if was_collecting:
            gc.enable()
