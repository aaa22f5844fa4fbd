"""How a virtual lock appears in its account: flags, properties, errors and warnings. Pure."""

from datetime import datetime
from typing import Any

from properties.choices import Fault
from properties.providers.base import DeviceReport
from properties.providers.virtual.body import (
    CRITICAL_BATTERY,
    KEYPAD_BATTERY_LOW,
    LOW_BATTERY,
    Body,
)
from properties.stamps import stamp

_CUT_OFF = {
    "device_disconnected": "The lock is offline.",
    "hub_disconnected": "The hub of the lock is offline.",
}
# Those of the makes' errors that stand on the lock itself, not only on a code that could not be
# sent.
_REPORTED_WITHOUT_HUB = frozenset(
    {
        "august_lock_missing_bridge",
        "ttlock_lock_not_paired_to_gateway",
        "lockly_missing_wifi_bridge",
    }
)


def report(body: Body, codes_held: int) -> DeviceReport:
    """Return the lock as its account describes it, with so many codes in its memory."""
    make = body.make
    brand = make.brand.lower()
    return DeviceReport(
        remote_id=body.uid,
        name=body.name,
        device_type=make.device_type,
        capabilities=body.capabilities,
        flags=_flags(body),
        properties=_properties(body),
        errors=_errors(body),
        warnings=_warnings(body, codes_held),
        time_zone=None if Fault.TIME_ZONE_UNKNOWN in body.faults else body.time_zone or None,
        manufacturer={"manufacturer": brand, "display_name": make.brand},
        provider={
            "device_provider_name": brand,
            "display_name": make.brand,
            "provider_category": "stable",
        },
    )


def _flags(body: Body) -> dict[str, bool]:
    """Return the flags the model has, as far as a provider of Locksite can act on them.

    Being offline changes none of them: codes are sent when the lock is back.
    """
    flags = {}
    if body.can_ever_take_codes:
        linked = body.keypad_is_linked or not (body.make.needs_hub and _is_accessory(body))
        flags["can_unlock_with_code"] = body.keypad_is_connected
        flags["can_program_online_access_codes"] = (
            body.keypad_is_connected
            and linked
            and not body.hub_is_missing
            and Fault.SUBSCRIPTION_REQUIRED not in body.faults
        )
    if body.make.computes_offline:
        flags["can_program_offline_access_codes"] = body.keypad_is_connected
    return flags


def _is_accessory(body: Body) -> bool:
    return body.make.takes_accessory_keypad and not body.make.has_built_in_keypad


def _properties(body: Body) -> dict[str, Any]:
    make = body.make
    level = body.battery_level
    properties: dict[str, Any] = {
        "name": body.name,
        "appearance": {"name": body.name},
        "online": not body.cut_off_by,
        "manufacturer": make.brand.lower(),
        "locked": body.is_locked,
        "has_native_entry_events": True,
        "battery_level": level,
        "battery": {"level": level, "status": battery_status(level)},
        "model": {
            "display_name": make.model,
            "manufacturer_display_name": make.brand,
            "has_built_in_keypad": make.has_built_in_keypad,
            "can_connect_accessory_keypad": make.takes_accessory_keypad,
        },
    }
    if _is_accessory(body):
        properties["accessory_keypad"] = _accessory_keypad(body)
    elif Fault.KEYPAD_BATTERY_FLAT in body.faults:
        properties["keypad_battery"] = {"level": body.keypad_battery_level}
    if body.can_ever_take_codes:
        properties |= {
            "supported_code_lengths": list(make.code_lengths),
            "max_active_codes_supported": make.max_codes,
            "code_constraints": make.code_constraints,
            "supports_backup_access_code_pool": True,
        }
    if make.offline_time_frames:
        properties["offline_time_frame_options"] = [dict(one) for one in make.offline_time_frames]
    return properties | _metadata(body)


def _accessory_keypad(body: Body) -> dict[str, Any]:
    """Return the keypad; its battery only where one was ever paired."""
    keypad: dict[str, Any] = {"is_connected": body.keypad_is_connected}
    if body.has_keypad:
        keypad["battery"] = {"level": body.keypad_battery_level}
    return keypad


def battery_status(level: float) -> str:
    """Return the wire's word for a charge of 0 to 1."""
    if level <= CRITICAL_BATTERY:
        return "critical"
    if level <= LOW_BATTERY:
        return "low"
    return "good" if level < 0.75 else "full"


def _metadata(body: Body) -> dict[str, Any]:
    """Return the brand's own details where they are evidence for whether codes can be taken."""
    common = {"device_id": body.uid, "device_name": body.name}
    if body.make.key == "nuki":
        return {
            "nuki_metadata": {
                **common,
                "keypad_paired": body.has_keypad,
                "keypad_battery_critical": body.has_keypad
                and body.keypad_battery_level <= CRITICAL_BATTERY,
            }
        }
    if body.make.key == "igloohome":
        bridge = {"bridge_id": f"bridge-of-{body.uid}", "bridge_name": "Bridge"}
        return {"igloohome_metadata": common | (bridge if body.has_hub else {})}
    return {}


def _errors(body: Body) -> list[dict[str, Any]]:
    errors = []
    if body.cut_off_by:
        fault = Fault.OFFLINE if body.cut_off_by == "device_disconnected" else body.cut_off_by
        errors.append(_error(body.cut_off_by, _CUT_OFF[body.cut_off_by], body.began(fault)))
    if Fault.SUBSCRIPTION_REQUIRED in body.faults:
        errors.append(
            _error(
                "subscription_required",
                "The maker of the lock wants a paid plan.",
                body.began(Fault.SUBSCRIPTION_REQUIRED),
            )
        )
    if body.hub_is_missing and body.make.hub_error in _REPORTED_WITHOUT_HUB:
        errors.append(
            _error(body.make.hub_error, "The lock is not paired with a bridge.", body.made_at)
        )
    return errors


def _warnings(body: Body, codes_held: int) -> list[dict[str, Any]]:
    make = body.make
    warnings = []
    if body.hub_is_missing:
        warnings.append(
            _warning(
                "hub_required_for_additional_capabilities",
                "Codes cannot be sent without a bridge.",
                body.made_at,
            )
        )
    if _is_accessory(body) and body.has_keypad:
        if make.needs_hub and not body.keypad_is_linked:
            warnings.append(
                _warning(
                    "accessory_keypad_setup_required",
                    "The keypad is not linked to its bridge.",
                    body.made_at,
                )
            )
        if body.keypad_battery_level <= LOW_BATTERY:
            warnings.append(
                _warning(
                    "accessory_keypad_low_battery",
                    "The battery of the keypad is low.",
                    body.began(KEYPAD_BATTERY_LOW),
                )
            )
    for fault, code, message in (
        (Fault.TIME_ZONE_UNKNOWN, "time_zone_unknown", "The time zone of the lock is not set."),
        (Fault.PRIVACY_MODE, "privacy_mode", "PINs do not open while privacy mode is on."),
        (Fault.SLOW, "device_has_flaky_connection", "The link to the lock is weak."),
    ):
        if fault in body.faults:
            warnings.append(_warning(code, message, body.began(fault)))
    if Fault.MEMORY_FULL in body.faults or codes_held >= make.max_codes:
        warnings.append(
            _warning(
                "max_access_codes_reached",
                "The memory of the lock is full.",
                body.began(Fault.MEMORY_FULL),
            )
            | {
                "active_access_code_count": codes_held,
                "max_active_access_code_count": make.max_codes,
            }
        )
    return warnings


def _error(code: str, message: str, since: datetime) -> dict[str, Any]:
    return {
        "error_code": code,
        "message": message,
        "created_at": stamp(since),
        "is_device_error": True,
    }


def _warning(code: str, message: str, since: datetime) -> dict[str, Any]:
    return {"warning_code": code, "message": message, "created_at": stamp(since)}
