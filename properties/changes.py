"""What happened between two reports about a lock, as the wire's `device.…` events. Pure.

Nobody picks events by hand: they follow from how the lock was and how it is now.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from properties.stamps import read_stamp

LOW: Final = frozenset({"low", "critical"})
KEYPAD_LOW: Final = "accessory_keypad_low_battery"
REMOVED: Final = "device_removed"
# Errors that say why a lock went offline, the widest reach first.
CUT_OFF: Final = ("account_disconnected", "hub_disconnected", "device_disconnected")
# Problem → what is said when it appears and when it is gone.
ANNOUNCED: Final[Mapping[str, tuple[str, str]]] = {
    "device_has_flaky_connection": (
        "device.connection_became_flaky",
        "device.connection_stabilized",
    ),
    "subscription_required": (
        "device.error.subscription_required",
        "device.error.subscription_required.resolved",
    ),
    "third_party_integration_detected": (
        "device.third_party_integration_detected",
        "device.third_party_integration_no_longer_detected",
    ),
    "salto_ks_privacy_mode": (
        "device.salto.privacy_mode_activated",
        "device.salto.privacy_mode_deactivated",
    ),
}
# Properties that decide which codes a lock takes.
DECIDING: Final = (
    "online",
    "supported_code_lengths",
    "code_constraints",
    "max_active_codes_supported",
    "online_time_frame_options",
    "offline_time_frame_options",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A lock as one report described it, in the shapes of the wire."""

    name: str
    flags: Mapping[str, bool]
    properties: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Mapping[str, Any]] = ()
    capability_facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_online(self) -> bool:
        """Return the last known connectivity."""
        return bool(self.properties.get("online"))

    @property
    def keypad_is_connected(self) -> bool | None:
        """Return whether the accessory keypad is connected; ``None`` where the lock has none."""
        keypad = self.properties.get("accessory_keypad")
        return None if keypad is None else bool(keypad.get("is_connected"))

    @property
    def keypad_battery(self) -> float | None:
        """Return the charge of the accessory keypad's battery, 0 to 1, if known."""
        level = self.properties.get("accessory_keypad", {}).get("battery", {}).get("level")
        return None if level is None else float(level)

    @property
    def problems(self) -> dict[str, Mapping[str, Any]]:
        """Return code → item, errors and warnings together."""
        found = {str(item["warning_code"]): item for item in self.warnings}
        return found | {str(item["error_code"]): item for item in self.errors}


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something to tell. `occurred_at` is ``None`` where the report does not say when."""

    event_type: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


def matter_for_codes(before: Seen | None, after: Seen) -> bool:
    """Return whether the engine should look at the lock again: what it takes may have changed."""
    return before is None or _deciding(before) != _deciding(after)


def _deciding(seen: Seen) -> tuple[Any, ...]:
    return (
        dict(seen.flags),
        [seen.properties.get(name) for name in DECIDING],
        seen.keypad_is_connected,
        sorted(seen.problems),
        dict(seen.capability_facts),
    )


def device_events(before: Seen | None, after: Seen) -> list[DeviceEvent]:
    """Return what happened to a lock between two reports; `before` is ``None`` at first sight."""
    if before is None:
        first = [DeviceEvent("device.added")]
        return [*first, DeviceEvent("device.connected")] if after.is_online else first
    return [
        *_connection(before, after),
        *_keypad(before, after),
        *_battery(before, after),
        *_announced(before, after),
        *_name(before, after),
    ]


def events_of_unmanaged(events: Iterable[DeviceEvent]) -> list[DeviceEvent]:
    """Return what is told of a lock that we do not manage, under the names it has there.

    Of its batteries and its keypad nothing is: whoever wants to know manages it.
    """
    names = {
        "device.added": "device.added",
        "device.removed": "device.removed",
        "device.connected": "device.unmanaged.connected",
        "device.disconnected": "device.unmanaged.disconnected",
    }
    return [
        replace(event, event_type=names[event.event_type])
        for event in events
        if event.event_type in names
    ]


def _connection(before: Seen, after: Seen) -> Iterator[DeviceEvent]:
    if REMOVED in after.problems and REMOVED not in before.problems:
        yield DeviceEvent("device.removed", {}, _since(after, REMOVED))
    elif REMOVED in before.problems and REMOVED not in after.problems:
        yield DeviceEvent("device.added")
    if after.is_online and not before.is_online:
        yield DeviceEvent("device.connected")
    if before.is_online and not after.is_online:
        cause = next((code for code in CUT_OFF if code in after.problems), "device_disconnected")
        payload = {"error_code": cause} | _problem_lists(after)
        yield DeviceEvent("device.disconnected", payload, _since(after, cause))


def _keypad(before: Seen, after: Seen) -> Iterator[DeviceEvent]:
    if after.keypad_is_connected and before.keypad_is_connected is False:
        yield DeviceEvent("device.accessory_keypad_connected")
    if before.keypad_is_connected and after.keypad_is_connected is False:
        yield DeviceEvent("device.accessory_keypad_disconnected", _problem_lists(after))


def _battery(before: Seen, after: Seen) -> Iterator[DeviceEvent]:
    was, battery = before.properties.get("battery"), after.properties.get("battery")
    if was and battery and battery["status"] != was["status"]:
        level, status = battery["level"], battery["status"]
        if status in LOW and (was["status"] not in LOW or status == "critical"):
            yield DeviceEvent("device.low_battery", {"battery_level": level})
        yield DeviceEvent(
            "device.battery_status_changed", {"battery_level": level, "battery_status": status}
        )
    if KEYPAD_LOW in after.problems and KEYPAD_LOW not in before.problems:
        # The wire has no event of its own for the second battery; one more field tells them apart.
        yield DeviceEvent(
            "device.low_battery",
            {"battery_level": after.keypad_battery, "battery_of": "accessory_keypad"},
            _since(after, KEYPAD_LOW),
        )


def _announced(before: Seen, after: Seen) -> Iterator[DeviceEvent]:
    for code, (appears, disappears) in ANNOUNCED.items():
        if code in after.problems and code not in before.problems:
            yield DeviceEvent(appears, _problem_lists(after), _since(after, code))
        if code in before.problems and code not in after.problems:
            yield DeviceEvent(disappears)


def _name(before: Seen, after: Seen) -> Iterator[DeviceEvent]:
    if before.name != after.name:
        yield DeviceEvent("device.name_changed", {"device_name": after.name})


def _since(seen: Seen, code: str) -> datetime | None:
    """Return since when a problem has been there, if its item says so."""
    text = seen.problems.get(code, {}).get("created_at")
    return None if text is None else read_stamp(str(text))


def _problem_lists(seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """Return the four lists that the wire wants with a device event."""
    of_account = [item for item in seen.errors if item.get("is_connected_account_error")]
    of_device = [item for item in seen.errors if not item.get("is_connected_account_error")]
    return {
        "device_errors": [_item(item, "error_code") for item in of_device],
        "device_warnings": [_item(item, "warning_code") for item in seen.warnings],
        "connected_account_errors": [_item(item, "error_code") for item in of_account],
        "connected_account_warnings": [],
    }


def _item(item: Mapping[str, Any], code: str) -> dict[str, Any]:
    return {key: item[key] for key in (code, "message", "created_at") if key in item}
