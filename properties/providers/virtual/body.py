"""One virtual lock as a value: its make, how it differs from it, what is wrong with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from properties.choices import Fault, Proof
from properties.providers.base import Capabilities
from properties.providers.virtual.keypad import Reason
from properties.providers.virtual.makes import MAKES, Make, TimeSlot

LOW_BATTERY: Final = 0.25
CRITICAL_BATTERY: Final = 0.1
FLAT: Final = 0.02
# The name in `since` for when the battery of the keypad became low: no fault, so `Fault` has none.
KEYPAD_BATTERY_LOW: Final = "keypad_battery_low"
# How long a lock that wakes rarely stays awake, and how long a link that comes and goes does each.
AWAKE_FOR: Final = timedelta(minutes=1)
FLAKY_FOR: Final = timedelta(minutes=1)
# A summer hour: by so much a lock gets an end wrong around a clock change.
STRETCH: Final = timedelta(hours=1)

OF_THE_MAKE: Final = frozenset(item.name for item in fields(Make)) - {"key"}


@dataclass(frozen=True, slots=True)
class Body:
    """What there is to know about one virtual lock, its memory left out.

    `has_keypad`: an accessory keypad was paired at some time (of no meaning where it is built
    in). `keypad_is_linked`: that keypad is linked to the bridge. `since` says when each condition
    began, and falls back to `made_at`. `auto_lock_after`: in how many
    seconds after unlocking it locks itself; ``None``: not at all. `clock_offset`: how far its
    clock is ahead while it is wrong. `wake_every`: how long it sleeps between two contacts while
    it wakes rarely.
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
    auto_lock_after: int | None = None
    has_keypad: bool = True
    has_hub: bool = True
    keypad_is_linked: bool = True
    clock_offset: timedelta = timedelta(hours=2)
    wake_every: timedelta = timedelta(hours=4)

    def began(self, condition: str) -> datetime:
        """Return when a condition began."""
        return self.since.get(condition, self.made_at)

    def clock(self, now: datetime) -> datetime:
        """Return the time on the lock's own clock."""
        return now + self.clock_offset if Fault.WRONG_CLOCK in self.faults else now

    @property
    def zone(self) -> tzinfo:
        """Return the zone by which the lock counts hours and days; UTC where none is set."""
        return ZoneInfo(self.time_zone) if self.time_zone else UTC

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
    def keeps_window(self) -> bool:
        """Return whether it starts and stops codes by itself now."""
        return self.make.keeps_window and Fault.CANNOT_SCHEDULE not in self.faults

    @property
    def has_zone(self) -> bool:
        """Return whether it knows its time zone; most makes take it from their account."""
        is_left_unset = self.make.needs_zone and not self.time_zone
        return Fault.TIME_ZONE_UNKNOWN not in self.faults and not is_left_unset

    @property
    def refuses_duplicates(self) -> bool:
        """Return whether it says no to a PIN that it already holds."""
        return self.make.refuses_duplicates or Fault.REFUSES_DUPLICATES in self.faults

    @property
    def wants_unique_names(self) -> bool:
        """Return whether it says no to a name that it already holds."""
        return self.make.unique_names or Fault.REFUSES_NAMES in self.faults

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
    def shut_keypad(self) -> Reason | None:
        """Return why nothing can be typed at this moment, ``None`` where one can type."""
        is_off = Fault.OFFICE_MODE in self.faults
        return self.dead_keypad or (Reason.OFFICE_MODE if is_off else None)

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
            keeps_window=self.keeps_window,
            proof=self.proof,
            wake_every=self.wake_every if self.wakes_rarely else timedelta(0),
            shows_names=self.make.shows_names,
            max_codes=self.make.usable_codes,
            max_name=self.make.name_max,
            computes_offline=self.make.computes_offline,
            offline_per_start=self.make.offline_per_start,
            offers_one_time=self.make.offers_one_time,
            one_time_per_start=self.make.one_time_per_start,
            one_time_lasts=self.make.one_time_lasts,
            first_use_within=self.make.first_use_within,
            assigns_pins=self.make.assigns_pins,
            needs_future_start=self.make.needs_future_start,
            adopts_foreign=self.make.adopts_foreign,
        )

    @property
    def wakes_rarely(self) -> bool:
        """Return whether it sleeps most of the time."""
        return Fault.WAKES_RARELY in self.faults

    def sleeps_until(self, now: datetime) -> datetime | None:
        """Return when it wakes next; ``None`` while it is awake: a minute of each `wake_every`.

        It is awake when the fault begins.
        """
        if not self.wakes_rarely:
            return None
        asleep_for = (now - self.began(Fault.WAKES_RARELY)) % self.wake_every
        return None if asleep_for < AWAKE_FOR else now - asleep_for + self.wake_every

    def link_is_down(self, now: datetime) -> bool:
        """Return whether a link that comes and goes is gone now: every second minute it is.

        It is gone first when the fault begins.
        """
        if Fault.FLAKY not in self.faults:
            return False
        return (now - self.began(Fault.FLAKY)) // FLAKY_FOR % 2 == 0


def differing(make: str, traits: Mapping[str, Any]) -> Make:
    """Return the make called `make`, with those of its fields replaced that `traits` names.

    Raises `KeyError` for an unknown make.
    """
    changes = {name: value for name, value in traits.items() if name in OF_THE_MAKE}
    if "proof" in changes:
        changes["proof"] = Proof(changes["proof"])
    if changes.get("time_slots"):
        changes["time_slots"] = [TimeSlot(**slot) for slot in changes["time_slots"]]
    return replace(MAKES[make], **changes)
