"""The locks as they physically are, and the driver through which engines reach them.

A lock here is a memory of slots with a past, behind a cloud that misbehaves. What it refuses is
decided by the virtual provider's own pure rules (`acceptance`); everything else is kept apart from
it on purpose: no rows, no ciphertext, so that hours of traffic cost little and the truth is not in
the database that the engine under test writes to.

A command is on its way independently of who sent it: an engine that dies while it waits for an
answer does not call its command back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from locksite.masked import Pin
from properties.choices import Fault, Proof
from properties.providers.base import (
    AccountProblem,
    DeviceReport,
    LockReading,
    LockRef,
    ProviderError,
    Receipt,
    Refused,
    Retry,
    SeenCode,
    SlotWrite,
    Unreachable,
)
from properties.providers.virtual.acceptance import refusal, stored
from properties.providers.virtual.body import Body, differing
from properties.providers.virtual.memory import Entry
from properties.providers.virtual.report import report

if TYPE_CHECKING:
    from tests.simulation.world import Engine, World

CALL_DEADLINE = timedelta(seconds=20)
"""How long a call takes that gets no answer."""


INTERRUPTED = 0.02
"""During how many calls somebody changes or issues a code, besides all that people do anyway."""

DEFECT = "a defect in the driver"
"""What is logged, and may be, where a driver breaks down at one code."""


@dataclass(slots=True)
class Held:
    """What is in one slot. Replaced when it changes, so that the past keeps what was.

    `is_ours`: the slot was last written by an engine, or by people changing such an entry.
    `is_typed`: people put this PIN there. `was_shown`: a reading that was answered had it.
    `is_late`: the lock wrote it long after it was told to.
    """

    entry: Entry
    is_ours: bool
    is_typed: bool
    since: datetime
    was_shown: bool = False
    is_late: bool = False


@dataclass(slots=True)
class Lock:
    """One lock: what it is, what it holds, what it ever held."""

    body: Body
    slots: dict[int, Held] = field(default_factory=dict)
    past: list[tuple[datetime, int, Held | None]] = field(default_factory=list)
    pk: int = 0
    """Primary key of its `Device` row, known once the account was listed."""
    changes: int = 0
    slow: float = 1.0

    @property
    def uid(self) -> str:
        return self.body.uid

    @property
    def hides_pins(self) -> bool:
        return self.body.proof is not Proof.READBACK

    def memory(self) -> dict[int, Entry]:
        return {slot: held.entry for slot, held in self.slots.items()}

    def put(self, slot: int, held: Held | None, now: datetime) -> None:
        """Let the slot hold something else from now on; `None` empties it."""
        if held is None:
            if self.slots.pop(slot, None) is None:
                return
        else:
            self.slots[slot] = held
        self.past.append((now, slot, held))
        self.changes += 1

    def slots_at(self, moment: datetime) -> dict[int, Held]:
        """Return what was in the slots at a moment."""
        slots: dict[int, Held] = {}
        for at, slot, held in self.past:
            if at > moment:
                break
            if held is None:
                slots.pop(slot, None)
            else:
                slots[slot] = held
        return slots

    def opening(self, now: datetime) -> dict[str, bool]:
        """Return each PIN that opens the door now, and whether people put it there."""
        keeps = self.body.make.keeps_window
        pins: dict[str, bool] = {}
        for held in self.slots.values():
            if opens(held.entry, now, keeps_window=keeps):
                digits = held.entry.pin.digits
                pins[digits] = pins.get(digits, False) or held.is_typed
        return pins

    def is_cut_off(self) -> bool:
        return bool(self.body.cut_off_by) or Fault.ACCOUNT_DISCONNECTED in self.body.faults

    def switch(self, fault: Fault, *, on: bool) -> None:
        faults = self.body.faults | {fault} if on else self.body.faults - {fault}
        self.body = replace(self.body, faults=faults)


def opens(entry: Entry, now: datetime, *, keeps_window: bool) -> bool:
    """Return whether an entry opens the door: the lock's own rule, written down once more."""
    if not entry.is_enabled:
        return False
    if not keeps_window:
        return True
    return (entry.starts_at is None or entry.starts_at <= now) and (
        entry.ends_at is None or now < entry.ends_at
    )


def new_lock(uid: str, make: str, made_at: datetime, traits: Mapping[str, Any]) -> Lock:
    """Return an empty lock of a make from the catalogue, with some of its traits changed."""
    body = Body(
        uid=uid,
        make=differing(make, traits),
        name=f"Door {uid[:4]}",
        made_at=made_at,
        time_zone="Europe/Berlin",
    )
    return Lock(body)


def pin_in(write: SlotWrite) -> Pin:
    """Return the PIN of a write; none of these makes chooses PINs itself."""
    assert write.pin is not None
    return write.pin


@dataclass(frozen=True, slots=True)
class Driver:
    """`LockDriver` over the simulated locks, as one engine reaches them."""

    world: "World"
    engine: "Engine"

    def read(self, lock: LockRef) -> LockReading:
        """Return what the lock shows: now, or a while ago, or wrongly nothing."""
        world = self.world
        target = world.lock_of(lock)
        world.door("read")
        world.checker.note_read(target)
        fault = world.trouble.befalls(target, "read")
        shown: list[dict[int, Held] | ProviderError] = []

        def arrive() -> None:
            cut_off = target.is_cut_off()
            shown.append(_cut_off(target) if cut_off else self._shown(target, fault))

        self._exchange(target, arrive, fault)
        if fault in {"limited", "fails", "silence"}:
            raise _no_answer(fault)
        if isinstance(shown[0], ProviderError):
            raise shown[0]
        for held in shown[0].values():
            held.was_shown = True
        world.checker.note_shown(target, shown[0])
        if shown[0]:
            world.trouble.seemed_empty.discard(target.uid)
        if not fault:
            world.trouble.lied_about_removals.discard(target.uid)
        return LockReading(
            at=world.stage.now,
            codes=tuple(
                _seen(target.body, slot, held.entry) for slot, held in sorted(shown[0].items())
            ),
        )

    def program(self, lock: LockRef, write: SlotWrite) -> Receipt:
        """Put an entry into a slot, unless something goes wrong on the way."""
        target = self.world.lock_of(lock)
        self.world.door("program")
        self.world.checker.note_command(target, "program", write.slot, write)
        fault = self.world.trouble.befalls(target, "write")
        if pin_in(write).digits in self.world.trouble.poisoned:
            raise RuntimeError(DEFECT)
        answers: list[ProviderError | None] = []

        def arrive() -> None:
            answers.append(self._write(target, write, fault))

        return self._command(target, arrive, answers, fault)

    def remove(self, lock: LockRef, slot: int) -> Receipt:
        """Empty a slot, unless something goes wrong on the way; an empty one is no error."""
        target = self.world.lock_of(lock)
        self.world.door("remove")
        self.world.checker.note_command(target, "remove", slot, None)
        fault = self.world.trouble.befalls(target, "write")
        if fault in {"lies", "late"}:
            self.world.trouble.lied_about_removals.add(target.uid)
        answers: list[ProviderError | None] = []

        def arrive() -> None:
            answers.append(self._erase(target, slot, fault))

        return self._command(target, arrive, answers, fault)

    # ---- what happens at the lock ---------------------------------------------------------------

    def _shown(self, target: Lock, fault: str) -> dict[int, Held]:
        if fault == "empty":
            return {}
        if fault == "stale":
            age = timedelta(seconds=self.world.rand.uniform(5, 120))
            return target.slots_at(self.world.stage.now - age)
        return dict(target.slots)

    def _write(self, target: Lock, write: SlotWrite, fault: str) -> ProviderError | None:
        if target.is_cut_off():
            return _cut_off(target)
        now, pin = self.world.stage.now, pin_in(write)
        refused = refusal(target.body, target.memory(), write, now)
        if refused is not None:
            return refused
        is_late = fault == "late"
        self.world.checker.note_landing(target, write.slot, pin.digits, is_late=is_late)
        held = Held(
            stored(target.body, write, pin),
            is_ours=True,
            is_typed=False,
            since=now,
            is_late=is_late,
        )
        target.put(write.slot, held, now)
        if fault == "loses":
            self.world.trouble.lose_soon(target, write.slot, held)
        return None

    def _erase(self, target: Lock, slot: int, fault: str) -> ProviderError | None:
        if target.is_cut_off():
            return _cut_off(target)
        self.world.checker.note_landing(target, slot, None, is_late=fault == "late")
        target.put(slot, None, self.world.stage.now)
        return None

    # ---- the way there and back -----------------------------------------------------------------

    def _command(
        self,
        target: Lock,
        arrive: Callable[[], None],
        answers: list[ProviderError | None],
        fault: str,
    ) -> Receipt:
        if fault == "late":
            self.world.trouble.land_late(arrive)
        is_sent = fault not in {"limited", "fails", "silence", "lies", "late"}
        self._exchange(target, arrive if is_sent else _nothing, fault)
        if fault in {"limited", "fails", "silence"}:
            raise _no_answer(fault, is_write=True)
        if is_sent and answers[0] is not None:
            raise answers[0]
        if not is_sent and target.is_cut_off():
            raise _cut_off(target)
        if fault in {"done_then_fails", "done_then_silence"}:
            raise Unreachable("provider_issue", "The maker's service answered with an error.")
        return Receipt(at=self.world.stage.now)

    def _exchange(self, target: Lock, arrive: Callable[[], None], fault: str) -> None:
        """Let a call travel, arrive and be answered; the engine waits for as long."""
        world = self.world
        there = timedelta(milliseconds=int(world.rand.uniform(50, 900) * target.slow))
        back = timedelta(milliseconds=int(world.rand.uniform(50, 900) * target.slow))
        if fault in {"silence", "done_then_silence"}:
            back = CALL_DEADLINE - there
        if arrive is not _nothing:
            world.stage.after(there, arrive)
        if world.trouble.is_on and world.rand.random() < INTERRUPTED:
            world.stage.after(there, world.rand.choice((world.people.change, world.people.issue)))
        world.wait(there + back)
        world.door("answer")


def _nothing() -> None:
    """Nothing arrives at the lock."""


def _no_answer(fault: str, *, is_write: bool = False) -> ProviderError:
    if fault != "limited":
        return Unreachable("provider_issue", "The maker's service gave no answer.")
    wait, sentence = timedelta(seconds=30), "The maker's service asks for fewer requests."
    if is_write:
        return Refused("provider_issue", sentence, Retry.BACKOFF, wait)
    return Unreachable("provider_issue", sentence, wait)


def _cut_off(lock: Lock) -> ProviderError:
    if Fault.ACCOUNT_DISCONNECTED in lock.body.faults:
        return AccountProblem("account_disconnected", "The account no longer lets Locksite in.")
    return Unreachable(lock.body.cut_off_by or "device_disconnected", "The lock does not answer.")


def _seen(body: Body, slot: int, entry: Entry) -> SeenCode:
    return SeenCode(
        slot=slot,
        pin=entry.pin if body.proof is Proof.READBACK else None,
        name=entry.name if body.make.shows_names else None,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        is_enabled=entry.is_enabled,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """`DeviceSource` over the simulated locks of the one account."""

    world: "World"

    def list_devices(self) -> list[DeviceReport]:
        """Return every lock as its account describes it."""
        if any(Fault.ACCOUNT_DISCONNECTED in lock.body.faults for lock in self.world.locks):
            raise AccountProblem("account_disconnected", "The account no longer lets us in.")
        return [report(lock.body, len(lock.slots)) for lock in self.world.locks]
