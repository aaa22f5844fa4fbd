"""What goes wrong, and how often.

Faults of single calls befall a quarter of them. Conditions last: a lock is offline, its memory is
full, the account is disconnected. Processes end or stand still at any door. All of it stops when
the trouble is over; what was on its way then still arrives.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from properties.choices import Fault
from tests.simulation.locks import Held, Lock

if TYPE_CHECKING:
    from tests.simulation.world import World

FAULTY_CALLS = 0.25
KILL_AT_DOOR = 0.004
PAUSE_AT_DOOR = 0.0015

READ_FAULTS = {"limited": 3, "fails": 6, "silence": 2, "stale": 5, "empty": 3}
WRITE_FAULTS = {
    "limited": 3,
    "fails": 4,
    "silence": 2,
    "done_then_fails": 5,
    "done_then_silence": 3,
    "lies": 4,
    "late": 3,
    "loses": 2,
}
# Of a lock that hides its PINs nobody, not even staff in the maker's app, can tell that it still
# holds the old PIN after a change: so it neither says yes and does nothing, nor does it later.
HIDDEN_WRITE_FAULTS = {
    fault: weight for fault, weight in WRITE_FAULTS.items() if fault not in {"lies", "late"}
}


class Trouble:
    """Draws the trouble of one schedule; `is_on` ends it."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.is_on = True
        self.in_flight = 0
        self.hopeless: set[str] = set()
        """Locks (by uid) every call to which fails."""
        self.lied_about_removals: set[str] = set()
        """Locks (by uid) that have shown no true list since they did."""
        self._empty_at: dict[str, datetime] = {}
        self.seemed_empty: set[str] = set()
        """Locks (by uid) that wrongly showed nothing, and no list since."""
        self.poisoned: set[str] = set()
        """PINs at which the driver itself breaks down."""

    def befalls(self, lock: Lock, kind: str) -> str:
        """Return the fault of one call, or nothing."""
        rand = self.world.rand
        if not self.is_on:
            return ""
        if lock.uid in self.hopeless:
            return "fails"
        if rand.random() >= FAULTY_CALLS:
            return ""
        faults = READ_FAULTS
        if kind == "write":
            faults = HIDDEN_WRITE_FAULTS if lock.hides_pins else WRITE_FAULTS
        (fault,) = rand.choices(list(faults), list(faults.values()))
        if fault == "empty" and not self._may_seem_empty(lock):
            fault = "stale"
        self.world.count(f"call {fault}")
        self.world.tell("fault", lock.pk, kind, fault)
        return fault

    def _may_seem_empty(self, lock: Lock) -> bool:
        """Return whether the lock may wrongly show nothing, as it may not twice in a row.

        Of one or two codes a second look decides. Of more it does
        not, so a lock that holds more may show nothing for as long as it likes. None may show
        nothing right after it said yes to a removal and did not do it: that one cannot be told
        from a lock that did.
        """
        if lock.uid in self.lied_about_removals:
            return False
        now, before = self.world.stage.now, self._empty_at.get(lock.uid)
        self._empty_at[lock.uid] = now
        is_in_a_row = lock.uid in self.seemed_empty  # silence in between, however long, is no list
        self.seemed_empty.add(lock.uid)
        holds_many = sum(held.is_ours for held in lock.slots.values()) > 3
        is_long_ago = before is None or now - before > timedelta(minutes=10)
        return holds_many or (is_long_ago and not is_in_a_row)

    def at_door(self) -> str:
        """Return whether the process that goes through a door ends there, or stands still."""
        if not self.is_on:
            return ""
        draw = self.world.rand.random()
        if draw < KILL_AT_DOOR and not self.world.clock_is_off_by:
            return "kill"
        if draw < KILL_AT_DOOR + PAUSE_AT_DOOR and len(self.world.running()) > 1:
            return "pause"
        return ""

    # ---- what comes later -----------------------------------------------------------------------

    def land_late(self, arrive: Callable[[], None]) -> None:
        """Let a command reach its lock 20 to 900 s from now, though it was answered."""
        self.in_flight += 1

        def land() -> None:
            self.in_flight -= 1
            self.world.tell("lands late")
            arrive()

        self.world.stage.after(timedelta(seconds=self.world.rand.uniform(20, 900)), land)

    def lose_soon(self, lock: Lock, slot: int, held: Held) -> None:
        """Let a code vanish a short while after it was written."""
        self.in_flight += 1

        def lose() -> None:
            self.in_flight -= 1
            if lock.slots.get(slot) is held:
                self.world.tell("loses", lock.pk, slot)
                lock.put(slot, None, self.world.stage.now)

        self.world.stage.after(timedelta(seconds=self.world.rand.uniform(2, 120)), lose)

    # ---- conditions -----------------------------------------------------------------------------

    def plan(self, span: timedelta) -> None:
        """Plan the conditions, losses and deaths of a time of trouble that begins now."""
        world, rand = self.world, self.world.rand
        total = span.total_seconds()
        for lock in world.locks:
            for _ in range(rand.choice((0, 1, 1, 2))):
                fault = Fault.HUB_DISCONNECTED if rand.random() < 0.3 else Fault.OFFLINE
                self._for_a_while(lock, fault, rand.uniform(0, total), rand.uniform(60, 2400))
            if rand.random() < 0.1:
                self._for_a_while(
                    lock, Fault.MEMORY_FULL, rand.uniform(0, total), rand.uniform(120, 1500)
                )
            lock.slow = rand.choice((1, 1, 1, 4))
        if rand.random() < 0.2:
            began, lasts = rand.uniform(0, total), rand.uniform(60, 900)
            for lock in world.locks:
                self._for_a_while(lock, Fault.ACCOUNT_DISCONNECTED, began, lasts)
        for _ in range(4):
            world.stage.after(timedelta(seconds=rand.uniform(120, total)), self._loss)
        for _ in range(rand.randrange(3, 8)):
            world.stage.after(timedelta(seconds=rand.uniform(0, total)), self._death)
        world.stage.after(span, self.end)

    def strike_special(self, variant: str, span: timedelta) -> None:
        """Plan the one thing that is special about this schedule."""
        world, rand = self.world, self.world.rand
        if variant == "hopeless lock" and len(world.locks) > 1:
            self.hopeless.add(rand.choice(world.locks).uid)
        elif variant == "clock step":
            step = rand.choice((timedelta(days=1), timedelta(hours=-1)))
            begin = rand.uniform(300, span.total_seconds() * 0.7)
            world.stage.after(timedelta(seconds=begin), lambda: self._set_clock(step))
            back = begin + rand.uniform(60, 400)
            world.stage.after(timedelta(seconds=back), lambda: self._set_clock(timedelta(0)))

    def _set_clock(self, off_by: timedelta) -> None:
        """Set the clock of the engines' machine wrong, or right.

        No process starts while it is wrong: one that never saw the right time cannot know.
        """
        self.world.tell("clock", off_by)
        self.world.count("clock steps")
        self.world.clock_is_off_by = off_by
        self.world.beat_anew()

    def _for_a_while(self, lock: Lock, fault: Fault, began: float, lasts: float) -> None:
        stage = self.world.stage
        stage.after(timedelta(seconds=began), lambda: self._switch(lock, fault, on=True))
        stage.after(timedelta(seconds=began + lasts), lambda: self._switch(lock, fault, on=False))

    def _switch(self, lock: Lock, fault: Fault, *, on: bool) -> None:
        if on is (fault in lock.body.faults) or (on and not self.is_on):
            return
        if on:
            self.world.count(f"spans {fault.value}")
        self.world.tell("condition", lock.pk, fault.value, on)
        self.world.checker.look()
        lock.switch(fault, on=on)
        self.world.list_soon()

    def _loss(self) -> None:
        """Let a lock lose one of our codes without any reason."""
        rand = self.world.rand
        lock = rand.choice(self.world.locks)
        ours = sorted(slot for slot, held in lock.slots.items() if held.is_ours)
        if ours:
            slot = rand.choice(ours)
            self.world.count("losses")
            self.world.tell("loss", lock.pk, slot)
            lock.put(slot, None, self.world.stage.now)

    def _death(self) -> None:
        engines = self.world.running()
        if engines and self.is_on and not self.world.clock_is_off_by:
            self.world.kill(self.world.rand.choice(engines), "anywhere")

    def end(self) -> None:
        """End all trouble; what is on its way still arrives."""
        self.is_on = False
        self.hopeless.clear()
        self.world.tell("quiet")
        for lock in self.world.locks:
            for fault in sorted(lock.body.faults):
                self._switch(lock, fault, on=False)
            lock.slow = 1
