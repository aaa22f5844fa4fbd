"""One virtual lock as a value: its make, how it differs from it, what is wrong with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from properties.choices import Fault, Proof
from properties.providers.base import Capabilities
from properties.providers.virtual.keypad import Reason
from properties.providers.virtual.makes import MAKES, Make

LOW_BATTERY: Final = 0.25
CRITICAL_BATTERY: Final = 0.1
FLAT: Final = 0.02
# The name in `since` for when the battery of the keypad became low: no fault, so `Fault` has none.
KEYPAD_BATTERY_LOW: Final = "keypad_battery_low"

_OF_THE_MAKE: Final = frozenset(item.name for item in fields(Make)) - {"key"}


@dataclass(frozen=True, slots=True)
class Body:
    """What there is to know about one virtual lock, its memory left out.

    `has_keypad`: an accessory keypad was paired at some time (of no meaning where it is built
    in). `keypad_is_linked`: that keypad is linked to the bridge. `since` says when each condition
    began, and falls back to `made_at`. `clock_offset`: how far its clock is ahead while it is
    wrong.
    """

    uid: str
    make: Make
    name: str
    made_at: datetime
    time_zone: str = ""
    faults: frozenset[Fault] = frozenset()
    since: Mapping[str, datetime] = field(default_factory=dict)
    battery: float = 0.9
    keypad_battery: float = 0.9
    is_locked: bool = True
    has_keypad: bool = True
    has_hub: bool = True
    keypad_is_linked: bool = True
    clock_offset: timedelta = timedelta(hours=2)
    wake_every: timedelta = timedelta(0)

    def began(self, condition: str) -> datetime:
        """Return when a condition began."""
        return self.since.get(condition, self.made_at)

    def clock(self, now: datetime) -> datetime:
        """Return the time on the lock's own clock."""
        return now + self.clock_offset if Fault.WRONG_CLOCK in self.faults else now

    @property
    def cut_off_by(self) -> str:
        """Return the public error code for why nothing reaches the lock, or nothing."""
        if Fault.HUB_DISCONNECTED in self.faults:
            return "hub_disconnected"
        if Fault.OFFLINE in self.faults:
            return "device_disconnected"
        return ""

    @property
    def can_ever_take_codes(self) -> bool:
        """Return whether this model has, or can be given, a keypad."""
        return self.make.has_built_in_keypad or self.make.takes_accessory_keypad

    @property
    def dead_keypad(self) -> Reason | None:
        """Return why nobody can type at this lock, or ``None`` when one can."""
        if not self.make.has_built_in_keypad and not (
            self.make.takes_accessory_keypad and self.has_keypad
        ):
            return Reason.NO_KEYPAD
        if Fault.KEYPAD_BATTERY_FLAT in self.faults:
            return Reason.KEYPAD_BATTERY_FLAT
        if Fault.KEYPAD_DISCONNECTED in self.faults:
            return Reason.KEYPAD_DISCONNECTED
        return None

    @property
    def keypad_is_connected(self) -> bool:
        """Return whether the lock sees its keypad: one that is built in it always sees."""
        return self.make.has_built_in_keypad or self.dead_keypad is None

    @property
    def hub_is_missing(self) -> bool:
        """Return whether the lock needs a bridge or gateway and has none."""
        return self.make.needs_hub and not self.has_hub

    @property
    def battery_level(self) -> float:
        """Return the charge of the lock's battery as it shows it, 0 to 1."""
        if Fault.BATTERY_CRITICAL in self.faults:
            return min(self.battery, 0.04)
        return min(self.battery, 0.18) if Fault.BATTERY_LOW in self.faults else self.battery

    @property
    def keypad_battery_level(self) -> float:
        """Return the charge of the keypad's battery as last shown, 0 to 1."""
        flat = Fault.KEYPAD_BATTERY_FLAT in self.faults
        return min(self.keypad_battery, FLAT) if flat else self.keypad_battery

    @property
    def proof(self) -> Proof:
        """Return the best evidence it gives now."""
        hides = Fault.MASKS_PINS in self.faults and self.make.proof is Proof.READBACK
        return Proof.SLOT_ONLY if hides else self.make.proof

    @property
    def capabilities(self) -> Capabilities:
        """Return what the engine may know."""
        return Capabilities(
            keeps_window=self.make.keeps_window,
            proof=self.proof,
            wake_every=self.wake_every,
            shows_names=self.make.shows_names,
            max_codes=self.make.max_codes,
            max_name=self.make.name_max,
            computes_offline=self.make.computes_offline,
        )

    def sleeps_until(self, now: datetime) -> datetime | None:
        """Return when it wakes next; ``None`` while it is awake: a minute of each `wake_every`."""
        if not self.wake_every:
            return None
        asleep_for = (now - self.made_at) % self.wake_every
        return None if asleep_for < timedelta(minutes=1) else now - asleep_for + self.wake_every


def differing(make: str, traits: Mapping[str, Any]) -> Make:
    """Return the make called `make`, with those of its fields replaced that `traits` names.

    Raises `KeyError` for an unknown make.
    """
    changes = {name: value for name, value in traits.items() if name in _OF_THE_MAKE}
    if "proof" in changes:
        changes["proof"] = Proof(changes["proof"])
    return replace(MAKES[make], **changes)
