"""What is known of one lock, frozen, and what can be read off it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

ONLINE_FLAG = "can_program_online_access_codes"
OFFLINE_FLAG = "can_program_offline_access_codes"

# Shares of a full battery: worth a warning, a likely reason for silence, change it today.
BATTERY_LOW = 0.25
BATTERY_LIKELY_EMPTY = 0.15
BATTERY_CRITICAL = 0.10


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event about the lock. `occurred_at` is aware UTC."""

    event_type: str
    occurred_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LockFacts:
    """What is known about one lock.

    `flags` holds only the flags that the model has. `errors` and `warnings` are the items of the
    wire. `codes_used` counts the codes that hold a slot, `codes_yielding` those among them that
    give it up to an earlier arrival. `recent` are the lock's
    ``device.`` events, newest first. `account_state` is our own knowledge and never stale.
    """

    flags: Mapping[str, bool]
    properties: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]
    reported_at: datetime | None
    codes_used: int
    max_codes: int | None
    codes_yielding: int = 0
    recent: tuple[PastEvent, ...] = ()
    account_state: str = "connected"
    account_name: str = ""
    account_problem: str = ""

    @cached_property
    def reported(self) -> Mapping[str, Mapping[str, Any]]:
        """Return errors and warnings by code; an error hides the warning of the same code."""
        by_code = {str(item.get("warning_code", "")): item for item in self.warnings}
        by_code |= {str(item.get("error_code", "")): item for item in self.errors}
        return {code: item for code, item in by_code.items() if code}

    @property
    def takes_online(self) -> bool:
        """Return whether online codes are reported as possible; a missing flag counts as no."""
        return self.flags.get(ONLINE_FLAG) is True

    @property
    def takes_offline(self) -> bool:
        """Return whether offline codes are reported as possible; a missing flag counts as no."""
        return self.flags.get(OFFLINE_FLAG) is True

    @property
    def provider(self) -> str:
        """Return who reports all this, for sentences."""
        return self.account_name or "The account"

    def at(self, path: str) -> Any:
        """Return the property at a dotted path, or ``None``."""
        value: Any = self.properties
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    def share(self, *paths: str) -> float | None:
        """Return the first number at these paths that can be a share, at most 1."""
        for path in paths:
            value = self.at(path)
            if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                return float(min(value, 1))
        return None

    def last(self, *event_types: str) -> PastEvent | None:
        """Return the newest event of one of these types."""
        found = [event for event in self.recent if event.event_type in event_types]
        return max(found, key=lambda event: event.occurred_at, default=None)


def percent(share: float) -> str:
    """Return 0.08 as "8 %"."""
    return f"{round(share * 100)} %"


def keypad_level(facts: LockFacts) -> float | None:
    """Return the charge of an accessory keypad's battery."""
    return facts.share("accessory_keypad.battery.level", "keypad_battery.level")


def battery_level(facts: LockFacts) -> float | None:
    """Return the charge of the lock's own battery."""
    return facts.share("battery.level", "battery_level")


def keypad_is_off(facts: LockFacts) -> bool:
    """Return whether the lock needs an accessory keypad and none answers."""
    if facts.at("model.has_built_in_keypad") is True:
        return False
    connected = facts.at("accessory_keypad.is_connected")
    if connected is None:
        hints = [facts.at("nuki_metadata.keypad_paired"), facts.at("august_metadata.has_keypad")]
        return (
            "august_lock_missing_keypad" in facts.reported
            or False in hints
            or (
                facts.at("model.can_connect_accessory_keypad") is True
                and True not in hints
                and not facts.takes_online
            )
        )
    return connected is False


def keypad_left(facts: LockFacts) -> PastEvent | None:
    """Return the event of the keypad's going, unless it came back since."""
    newest = facts.last(
        "device.accessory_keypad_disconnected", "device.accessory_keypad_connected"
    )
    if newest is None or newest.event_type == "device.accessory_keypad_connected":
        return None
    return newest


def keypad_was_there(facts: LockFacts) -> bool:
    """Return whether anything tells of an accessory keypad, now or before."""
    return (
        facts.last("device.accessory_keypad_disconnected", "device.accessory_keypad_connected")
        is not None
        or keypad_level(facts) is not None
    )
