"""What people do: at the desk, through the API, at the keypad and in the lock's own app.

Keeps the shadow log: every wish that was acknowledged, written down here and nowhere else. The
checker holds everything against this log and never asks the engine what is wanted.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from accesscodes import services
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.masked import Pin
from locksite.pins import index_of
from properties.models import Device
from properties.providers.base import SlotWrite
from properties.providers.virtual.acceptance import refusal, stored
from properties.providers.virtual.memory import Entry
from tests.simulation.locks import Held, Lock

if TYPE_CHECKING:
    from tests.simulation.world import World

MINUTE = timedelta(minutes=1)
LEAD = timedelta(minutes=60)
PRELOAD = timedelta(hours=72)
SAID_NO = {"invalid_input", "duplicate_access_code", "device_cannot_take_codes"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish as it was acknowledged at `at`."""

    at: datetime
    digits: str
    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    prefers_native: bool


@dataclass(slots=True)
class Intent:
    """All that was ever acknowledged about one code."""

    pk: int
    uid: str
    lock: Lock
    asked: list[Asked]
    withdrawn_at: datetime | None = None
    pin_indexes: dict[str, str] = field(default_factory=dict)
    was_shown: bool = False
    is_new: bool = True
    """Whether no reading has shown it yet as it is asked for now."""
    times_missed: int = 0

    @property
    def now(self) -> Asked:
        return self.asked[-1]

    def as_of(self, moment: datetime) -> Asked:
        """Return the newest wish acknowledged by then."""
        return next((ask for ask in reversed(self.asked) if ask.at <= moment), self.asked[0])

    def pins(self) -> set[str]:
        """Return every PIN that was ever wished for this code."""
        return {ask.digits for ask in self.asked}

    def is_wanted(self, now: datetime) -> bool:
        """Return whether anybody still wants it; it may be early."""
        ends_at = self.now.ends_at
        return self.withdrawn_at is None and (ends_at is None or now < ends_at)

    def has_started(self, now: datetime) -> bool:
        return self.now.starts_at is None or self.now.starts_at <= now

    def may_open(self, now: datetime) -> bool:
        """Return whether its PIN may open the door now: inside its window, or a little early."""
        ask = self.now
        return self.is_wanted(now) and (ask.starts_at is None or ask.starts_at - LEAD <= now)

    def is_native(self) -> bool:
        """Return whether the lock itself starts and stops it."""
        ask = self.now
        keeps = self.lock.body.make.keeps_window
        return ask.starts_at is not None and ask.prefers_native and keeps

    def load_at(self) -> datetime:
        """Return from when it has to be on its lock."""
        ask = self.now
        if ask.starts_at is None:
            return self.asked[0].at
        return ask.starts_at - (PRELOAD if self.is_native() else LEAD)

    def belongs(self, now: datetime) -> bool:
        """Return whether the lock has to hold it now."""
        return self.is_wanted(now) and self.load_at() <= now


class People:
    """Draws the deeds of one schedule and keeps the log of what was acknowledged."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.intents: dict[int, Intent] = {}
        self.changes = 0
        self.pins_typed: set[str] = set()
        self._names = 0

    def plan(self, span: timedelta) -> None:
        """Plan what people do in a time that begins now: half of the codes come early on."""
        rand = self.world.rand
        total = span.total_seconds()
        for number in range(14):
            until = 240 if number < 6 else total * 0.95
            self._later(rand.uniform(0, until), self.issue)
        for _ in range(12):
            deed = self.change if rand.random() < 0.6 else self.withdraw
            self._later(rand.uniform(60, total), deed)
        for _ in range(rand.randrange(1, 4)):
            self._later(rand.uniform(0, total), self.add_in_app)
        for _ in range(rand.randrange(0, 4)):
            deeds = (self.edit_at_keypad, self.erase_at_keypad, self.remove_in_app)
            self._later(rand.uniform(60, total), rand.choice(deeds))

    def _later(self, seconds: float, deed: Callable[[], object]) -> None:
        self.world.stage.after(timedelta(seconds=seconds), deed)

    def wanted(self) -> list[tuple[int, bool, bool]]:
        """Return which codes have to be on their locks now, and which have begun."""
        now = self.world.stage.now
        return [
            (pk, intent.belongs(now), intent.has_started(now))
            for pk, intent in self.intents.items()
        ]

    # ---- at the desk and through the API --------------------------------------------------------

    def issue(self) -> None:
        """Issue a code: until removed, or with dates near and far."""
        if self.world.clock_is_off_by:
            return  # the desk's clock is as wrong; what it would promise is no measure
        rand, now = self.world.rand, self.world.stage.now
        lock = rand.choice(self.world.locks)
        starts_at = ends_at = None
        if rand.random() < 0.65:
            starts_at = now + rand.choice((-5, 0.5, 5, 20, 50, 65, 90, 400, 7000)) * MINUTE
            ends_at = starts_at + rand.choice((6, 12, 20, 40, 120, 2000)) * MINUTE
        pin = None
        if rand.random() < 0.2:
            pin, starts_at, ends_at = self._a_known_pin(lock, rand, starts_at, ends_at)
        spec = CodeSpec(
            name=self._name(),
            pin=pin,
            starts_at=starts_at,
            ends_at=ends_at,
            preferred_code_length=6,
            prefer_native_scheduling=rand.random() < 0.85,
        )
        code = self._ask(
            "issue",
            lock,
            lambda: services.issue_code(self._device(lock), spec, actor=SYSTEM, now=now),
        )
        if code is not None:
            self.intents[code.pk] = Intent(code.pk, str(code.uid), lock, [])
            self._acknowledge(code)
            if self.world.variant == "poison" and not self.world.trouble.poisoned:
                self.world.trouble.poisoned.add(self.intents[code.pk].now.digits)

    def change(self) -> None:
        """Change the PIN, the name, the dates or the kind of a code."""
        intent = self._some_code()
        if intent is None or self.world.clock_is_off_by:
            return
        rand, now = self.world.rand, self.world.stage.now
        what = rand.choice(("pin", "pin", "name", "window", "window", "longer", "ongoing", "end"))
        starts_at = now + rand.choice((-10, 2, 30, 70, 300)) * MINUTE
        if what == "pin":
            changes = CodeChanges(pin=self._fresh_pin())
        elif what == "name":
            changes = CodeChanges(name=self._name())
        elif what == "ongoing":
            changes = CodeChanges(kind=Kind.ONGOING)
        elif what == "window" or intent.now.ends_at is None:
            changes = CodeChanges(
                kind=Kind.TIME_BOUND,
                starts_at=starts_at,
                ends_at=starts_at + rand.choice((15, 45, 240, 3000)) * MINUTE,
            )
        else:
            shift = rand.choice((10, 60, 1500)) if what == "longer" else -rand.choice((5, 30))
            changes = CodeChanges(ends_at=intent.now.ends_at + shift * MINUTE)
        row = AccessCode.objects.get(pk=intent.pk)
        code = self._ask(
            f"change {what}",
            intent.lock,
            lambda: services.change_code(row, changes, actor=SYSTEM, now=now),
        )
        if code is not None:
            self._acknowledge(code)

    def withdraw(self) -> None:
        """Delete a code."""
        intent = self._some_code()
        if intent is None or self.world.clock_is_off_by:
            return
        now = self.world.stage.now
        row = AccessCode.objects.get(pk=intent.pk)
        code = self._ask(
            "withdraw",
            intent.lock,
            lambda: services.withdraw_code(row, actor=SYSTEM, now=now),
        )
        if code is not None:
            intent.withdrawn_at = now
            self.changes += 1
            self.world.checker.note_wish(intent.lock)
            self.world.tell("acknowledged", "withdraw", intent.pk)

    def _ask(self, what: str, lock: Lock, act: Callable[[], AccessCode]) -> AccessCode | None:
        self.world.count(what.partition(" ")[0])
        try:
            return act()
        except RuleBroken as refused:
            if refused.code not in SAID_NO:
                self.world.checker.found("I6", f"{what}: {refused}")
            self.world.tell("refused", what, lock.pk, refused.code)
            return None
        except AssertionError as broken:
            self.world.checker.found("I6", f"{what}: {broken}")
            return None

    def _acknowledge(self, code: AccessCode) -> None:
        """Write down what was just agreed. The digits are the only thing taken from the answer."""
        assert code.pin is not None
        intent = self.intents[code.pk]
        pin = code.pin.open(bound_to=code.uid)
        intent.pin_indexes[pin.digits] = index_of(self.world.uids[intent.lock.pk], pin)
        ask = Asked(
            at=self.world.stage.now,
            digits=pin.digits,
            name=code.name,
            starts_at=code.starts_at,
            ends_at=code.ends_at,
            prefers_native=code.prefer_native_scheduling,
        )
        if intent.asked and replace(ask, at=intent.now.at) != intent.now:
            # A changed wish is a new one: what others did to the old one counts no more.
            intent.times_missed, intent.is_new = 0, True
        intent.asked.append(ask)
        self.changes += 1
        self.world.checker.note_wish(intent.lock)
        self.world.tell(
            "acknowledged", intent.pk, intent.lock.pk, ask.digits, ask.starts_at, ask.ends_at
        )

    # ---- at the lock ----------------------------------------------------------------------------

    def add_in_app(self) -> None:
        """Make a code in the lock's own app: it is not ours, and stays."""
        lock = self.world.rand.choice(self.world.locks)
        free = next(slot for slot in range(1, 999) if slot not in lock.slots)
        self._names += 1
        pin = self._fresh_pin()
        write = SlotWrite(free, pin, f"app {self._names}")
        if refusal(lock.body, lock.memory(), write, self.world.stage.now) is None:
            self.pins_typed.add(pin.digits)
            self._put(lock, free, stored(lock.body, write, pin), is_ours=False, is_typed=True)
            self.world.tell("app", lock.pk, free, pin.digits)
            self.world.count("app codes")

    def remove_in_app(self) -> None:
        """Remove a code that is not ours, in the lock's own app."""
        lock, slot = self._some_slot(is_ours=False)
        if slot:
            self.world.tell("app removes", lock.pk, slot)
            lock.put(slot, None, self.world.stage.now)

    def erase_at_keypad(self) -> None:
        """Erase one of our codes at the keypad."""
        lock, slot = self._some_slot(is_ours=True)
        if slot:
            self.world.tell("keypad erases", lock.pk, slot)
            self.world.count("keypad")
            lock.put(slot, None, self.world.stage.now)

    def edit_at_keypad(self) -> None:
        """Change one of our codes at the keypad: another PIN, other dates, switched off."""
        rand, now = self.world.rand, self.world.stage.now
        lock, slot = self._some_slot(is_ours=True)
        if not slot:
            return
        held = lock.slots[slot]
        # Nobody can see another PIN on a lock that hides them; see `trouble` on lies.
        what = rand.choice(("off", "dates") if lock.hides_pins else ("pin", "off", "dates"))
        entry, is_typed = held.entry, held.is_typed
        if what == "pin":
            pin, is_typed = self._fresh_pin(), True
            self.pins_typed.add(pin.digits)
            entry = replace(entry, pin=pin)
        elif what == "off":
            entry = replace(entry, is_enabled=False)
        elif lock.body.make.keeps_window:
            entry = replace(entry, starts_at=now - MINUTE, ends_at=now + 90 * MINUTE)
        self.world.tell("keypad edits", lock.pk, slot, what)
        self.world.count("keypad")
        self._put(lock, slot, entry, is_ours=True, is_typed=is_typed)

    def _put(self, lock: Lock, slot: int, entry: Entry, *, is_ours: bool, is_typed: bool) -> None:
        now = self.world.stage.now
        lock.put(slot, Held(entry, is_ours=is_ours, is_typed=is_typed, since=now), now)

    # ---- drawing --------------------------------------------------------------------------------

    def _some_slot(self, *, is_ours: bool) -> tuple[Lock, int]:
        lock = self.world.rand.choice(self.world.locks)
        slots = sorted(slot for slot, held in lock.slots.items() if held.is_ours is is_ours)
        return lock, self.world.rand.choice(slots) if slots else 0

    def _some_code(self) -> Intent | None:
        now = self.world.stage.now
        live = [intent for intent in self.intents.values() if intent.is_wanted(now)]
        return self.world.rand.choice(live) if live else None

    def _name(self) -> str:
        self._names += 1
        return f"Guest {self._names}"

    def _fresh_pin(self) -> Pin:
        """Return six digits that no make's rules forbid, never used before in this schedule."""
        while True:
            digits = "".join(self.world.rand.sample("345689", 4))
            digits += "".join(self.world.rand.sample("1345689", 2))
            if digits not in self.pins_typed and not self._is_used(digits):
                return Pin(digits)

    def _is_used(self, digits: str) -> bool:
        return any(digits in intent.pins() for intent in self.intents.values())

    def _a_known_pin(
        self,
        lock: Lock,
        rand: random.Random,
        starts_at: datetime | None,
        ends_at: datetime | None,
    ) -> tuple[Pin | None, datetime | None, datetime | None]:
        """Return a PIN that is, or was, in use: the stay after another, or one of the app's."""
        before = [intent for intent in self.intents.values() if intent.lock is lock]
        if before and rand.random() < 0.7:
            guest = rand.choice(before)
            if guest.now.ends_at is not None and guest.now.ends_at > self.world.stage.now:
                starts_at = guest.now.ends_at
                ends_at = starts_at + rand.choice((10, 60, 600)) * MINUTE
            return Pin(guest.now.digits), starts_at, ends_at
        typed = sorted(held.entry.pin.digits for held in lock.slots.values() if held.is_typed)
        return (Pin(rand.choice(typed)) if typed else None), starts_at, ends_at

    def _device(self, lock: Lock) -> Device:
        return Device.objects.get(pk=lock.pk)
