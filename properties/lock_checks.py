"""What was looked at to judge a lock, line by line, with the field behind each. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from properties.lock_causes import Cause, Severity
from properties.lock_facts import (
    BATTERY_CRITICAL,
    BATTERY_LOW,
    OFFLINE_FLAG,
    ONLINE_FLAG,
    LockFacts,
    battery_level,
    keypad_is_off,
    keypad_left,
    keypad_level,
    keypad_was_there,
    percent,
)


class CheckState(StrEnum):
    """How one line of "What we checked" stands."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"  # not reported, or not part of this model


@dataclass(frozen=True, slots=True)
class Check:
    """One line of "What we checked". `at`: since or as of when. `raw`: the field behind it."""

    key: str
    label: str
    state: CheckState
    value: str
    at: datetime | None
    raw: str


def _flag(facts: LockFacts, name: str) -> str:
    value = facts.flags.get(name)
    return f"{name}: {'absent' if value is None else str(value).lower()}"


def _online_check(facts: LockFacts, causes: tuple[Cause, ...]) -> Check:
    stop = next(
        (c for c in causes if c.severity in {Severity.BLOCKS, Severity.OFFLINE_ONLY}), None
    )
    if facts.takes_online and stop is None:
        state, value = CheckState.OK, "Yes"
    elif ONLINE_FLAG not in facts.flags and facts.reported_at is None:
        state, value = CheckState.NONE, "Not reported yet"
    elif ONLINE_FLAG not in facts.flags and (stop is None or stop.key == "offline_model"):
        state, value = CheckState.NONE, "This model does not offer them"
    else:
        state, value = CheckState.BAD, "No" if stop is None else f"No. {stop.headline}"
    raw = _flag(facts, ONLINE_FLAG)
    return Check("online_codes", "Online codes", state, value, facts.reported_at, raw)


def _offline_check(facts: LockFacts, causes: tuple[Cause, ...]) -> Check:
    is_blocked = any(cause.severity is Severity.BLOCKS for cause in causes)
    match facts.flags.get(OFFLINE_FLAG):
        case True if not is_blocked:
            state, value = CheckState.OK, "Yes"
        case None:
            state, value = CheckState.NONE, "This model does not offer them"
        case _:
            state, value = CheckState.WARN, "Not now"
    raw = _flag(facts, OFFLINE_FLAG)
    return Check("offline_codes", "Offline codes", state, value, facts.reported_at, raw)


def _keypad_check(facts: LockFacts, _: tuple[Cause, ...]) -> Check:
    connected = facts.at("accessory_keypad.is_connected")
    at = facts.reported_at
    raw = "accessory_keypad: absent"
    if connected is not None:
        raw = f"accessory_keypad.is_connected: {str(connected).lower()}"
    if facts.at("model.has_built_in_keypad") is True:
        state, value, raw = CheckState.OK, "Built in", "model.has_built_in_keypad: true"
    elif connected is True:
        state, value = CheckState.OK, "Connected"
    elif keypad_is_off(facts) and keypad_was_there(facts):
        event = keypad_left(facts)
        state, value = CheckState.BAD, "Disconnected. Accessory keypad, none built in"
        if event is not None:
            value = "Disconnected since {at}. Accessory keypad, none built in"
            at = event.occurred_at
    elif facts.at("model.can_connect_accessory_keypad") is True:
        state, value = CheckState.BAD, "None connected. This model needs a separate one"
    elif facts.at("model.can_connect_accessory_keypad") is False:
        state, value = CheckState.NONE, "This model has none"
        raw = "model.has_built_in_keypad: false"
    else:
        state, value = CheckState.NONE, "Not reported"
    return Check("keypad", "Keypad", state, value, at, raw)


def _level_state(level: float, status: Any = None) -> CheckState:
    if status == "critical" or level <= BATTERY_CRITICAL:
        return CheckState.BAD
    if status == "low" or (status is None and level <= BATTERY_LOW):
        return CheckState.WARN
    return CheckState.OK


def _keypad_battery_check(facts: LockFacts, _: tuple[Cause, ...]) -> Check:
    level = keypad_level(facts)
    raw = "keypad_battery.level"
    if facts.share("accessory_keypad.battery.level") is not None:
        raw = "accessory_keypad.battery.level"
    if level is not None:
        state, value, raw = _level_state(level), percent(level), f"{raw}: {level:g}"
    elif facts.at("nuki_metadata.keypad_battery_critical") is True:
        state, value = CheckState.BAD, "Nearly empty"
        raw = "nuki_metadata.keypad_battery_critical: true"
    elif "accessory_keypad_low_battery" in facts.reported:
        state, value, raw = CheckState.WARN, "Low", "accessory_keypad_low_battery"
    else:
        state, value, raw = CheckState.NONE, "Not reported", "accessory_keypad.battery: absent"
    return Check("keypad_battery", "Keypad battery", state, value, facts.reported_at, raw)


def _lock_battery_check(facts: LockFacts, _: tuple[Cause, ...]) -> Check:
    level, status = battery_level(facts), facts.at("battery.status")
    if facts.at("has_direct_power") is True:
        state, value, raw = CheckState.OK, "Wired", "has_direct_power: true"
    elif level is not None:
        state, value = _level_state(level, status), percent(level)
        raw = f"battery.level: {level:g}"
    else:
        state, value, raw = CheckState.NONE, "Not reported", "battery: absent"
    return Check("lock_battery", "Lock battery", state, value, facts.reported_at, raw)


def _connection_check(facts: LockFacts, causes: tuple[Cause, ...]) -> Check:
    online = facts.at("online")
    raw = "online: absent" if online is None else f"online: {str(online).lower()}"
    silent = next((c for c in causes if c.key in {"lock_offline", "hub_off"}), None)
    at = facts.reported_at
    if silent is not None or online is False:
        state, value = CheckState.WARN, "Offline"
        if silent is not None and silent.at is not None:
            value, at = "Offline since {at}", silent.at
    elif online is None:
        state, value = CheckState.NONE, "Not reported"
    elif any(cause.key == "weak_link" for cause in causes):
        state, value = CheckState.WARN, "Online, unsteady"
    else:
        state, value = CheckState.OK, "Online"
    return Check("connection", "Connection", state, value, at, raw)


def _account_check(facts: LockFacts, causes: tuple[Cause, ...]) -> Check:
    name = f"{facts.account_name}: " if facts.account_name else ""
    state, value, at = CheckState.OK, f"{name}connected", facts.reported_at
    found = next((c for c in causes if c.key in {"account", "rights", "account_soon"}), None)
    if found is not None and found.severity is Severity.BLOCKS:
        state, value, at = CheckState.BAD, f"{name}{found.headline.lower()}", found.at
    elif found is not None:
        state, value, at = CheckState.WARN, f"{name}needs attention", found.at
    raw = ", ".join(found.codes) if found and found.codes else f"account: {facts.account_state}"
    return Check("account", "Account", state, value[:1].upper() + value[1:], at, raw)


def _slots_check(facts: LockFacts, causes: tuple[Cause, ...]) -> Check:
    raw = "max_active_codes_supported: absent"
    if facts.max_codes is None:
        state, value = CheckState.NONE, f"{facts.codes_used} used, size not reported"
    else:
        state, value = CheckState.OK, f"{facts.codes_used} of {facts.max_codes} used"
        raw = f"max_active_codes_supported: {facts.max_codes}"
    if any(cause.key == "full" for cause in causes):
        state = CheckState.BAD
    return Check("code_slots", "Code slots", state, value, facts.reported_at, raw)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _reports_check(facts: LockFacts, _: tuple[Cause, ...]) -> Check:
    errors, warnings = len(facts.errors), len(facts.warnings)
    parts = [
        _count(number, word)
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    state = CheckState.BAD if errors else CheckState.WARN if warnings else CheckState.OK
    return Check(
        "errors_warnings",
        "Errors and warnings",
        state,
        ", ".join(parts) or "None",
        facts.reported_at,
        ", ".join(facts.reported) or "errors: [], warnings: []",
    )


def checks_of(facts: LockFacts, causes: tuple[Cause, ...]) -> tuple[Check, ...]:
    """Return the lines of "What we checked", in their order."""
    return tuple(
        check(facts, causes)
        for check in (
            _online_check,
            _offline_check,
            _keypad_check,
            _keypad_battery_check,
            _lock_battery_check,
            _connection_check,
            _account_check,
            _slots_check,
            _reports_check,
        )
    )
