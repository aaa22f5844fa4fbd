"""How a virtual lock appears in its account: flags, properties, errors and warnings. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from properties.choices import Fault, Proof
from properties.providers.base import DeviceReport, SeenCode
from properties.providers.virtual.body import (
    CRITICAL_BATTERY,
    KEYPAD_BATTERY_LOW,
    LOW_BATTERY,
    Body,
)
from properties.providers.virtual.memory import Entry
from properties.stamps import stamp

_CUT_OFF = {
    "device_disconnected": "The lock is offline.",
    "hub_disconnected": "The hub of the lock is offline.",
}
# Conditions that the wire knows by the very words of `Fault`.
_ERRORS = {
    Fault.SUBSCRIPTION_REQUIRED: "The maker of the lock wants a paid plan.",
    Fault.INSUFFICIENT_PERMISSIONS: "Our login may not change codes on the lock.",
}
# What stops new codes, and what stops even those that need no connection.
_FORBIDDING_ALL = frozenset({Fault.INSUFFICIENT_PERMISSIONS, Fault.SUBSCRIPTION_REQUIRED})
_FORBIDDING = _FORBIDDING_ALL | {Fault.SUPPORT_LOST}
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
    provider, display_name = make.provided_by
    return DeviceReport(
        remote_id=body.uid,
        name=body.name,
        device_type=make.device_type,
        capabilities=body.capabilities,
        flags=_flags(body),
        properties=_properties(body),
        errors=_errors(body),
        warnings=_warnings(body, codes_held),
        time_zone=_zone(body),
        manufacturer={"manufacturer": brand, "display_name": make.brand},
        provider={
            "device_provider_name": provider,
            "display_name": display_name,
            "provider_category": "stable",
        },
    )


def _flags(body: Body) -> dict[str, bool]:
    """Return the flags the model has, as far as a provider of Locksite can act on them.

    Being offline changes none of them: codes are sent when the lock is back.
    """
    flags = {}
    is_allowed = not body.faults & _FORBIDDING
    if body.can_ever_take_codes:
        flags["can_unlock_with_code"] = body.keypad_is_connected
    if body.can_ever_take_codes and body.make.takes_online_codes:
        linked = body.keypad_is_linked or not (body.make.needs_hub and _is_accessory(body))
        flags["can_program_online_access_codes"] = (
            body.keypad_is_connected and linked and not body.hub_is_missing and is_allowed
        )
    if body.make.computes_offline:
        has_windows = body.make.time_slots is None or bool(body.make.time_slots)
        flags["can_program_offline_access_codes"] = (
            body.keypad_is_connected and has_windows and not body.faults & _FORBIDDING_ALL
        )
    return flags | _bolt_flags(body) | _simulation_flags(body)


def _bolt_flags(body: Body) -> dict[str, bool]:
    """Return what can be done with the door from afar; being offline changes none of it."""
    make = body.make
    is_able = not body.hub_is_missing and not body.faults & _FORBIDDING_ALL
    flags = {
        "can_remotely_lock": make.locks_remotely,
        "can_remotely_unlock": make.unlocks_remotely,
        "can_configure_auto_lock": make.has_auto_lock,
    }
    return {flag: is_able for flag, has_it in flags.items() if has_it}


def _simulation_flags(body: Body) -> dict[str, bool]:
    """Return what partners may let happen to the lock now."""
    flags = {
        "can_simulate_connection": Fault.OFFLINE in body.faults,
        "can_simulate_disconnection": Fault.OFFLINE not in body.faults,
        "can_simulate_removal": True,
        "can_simulate_paid_subscription": True,
    }
    if body.make.needs_hub and body.has_hub:
        flags["can_simulate_hub_connection"] = Fault.HUB_DISCONNECTED in body.faults
        flags["can_simulate_hub_disconnection"] = Fault.HUB_DISCONNECTED not in body.faults
    return flags


def _zone(body: Body) -> str | None:
    return (body.time_zone or None) if body.has_zone else None


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
    if make.has_auto_lock:
        properties["auto_lock_enabled"] = body.auto_lock_after is not None
        if body.auto_lock_after is not None:
            properties["auto_lock_delay_seconds"] = body.auto_lock_after
    if body.can_ever_take_codes:
        properties |= {
            "supported_code_lengths": list(make.code_lengths),
            "max_active_codes_supported": make.usable_codes,
            "code_constraints": make.code_constraints,
            "supports_backup_access_code_pool": make.has_backup_pool,
        }
    frames = _offline_frames(body)
    if frames:
        properties["offline_time_frame_options"] = frames
    return properties | _metadata(body)


def _offline_frames(body: Body) -> list[dict[str, Any]]:
    """Return the windows for offline codes: those of the make, or those that were set up."""
    make = body.make
    if make.time_slots is None:
        return [dict(one) for one in make.offline_time_frames]
    if not make.time_slots:
        return []
    pairs = make.time_pairs
    zone = _zone(body)
    return [
        {**one, "time_pairs": pairs, **({"time_zone": zone} if zone else {})}
        for one in make.offline_time_frames
    ]


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


def _slots(body: Body) -> list[dict[str, Any]]:
    zone = _zone(body)
    suffix = f"[{zone}]" if zone else ""
    return [
        {
            "name": slot.name,
            "check_in_time": f"{slot.starts}:00{suffix}",
            "check_out_time": f"{slot.ends}:00{suffix}",
            "is_24_hour": slot.is_24_hours,
            "is_biweekly_mode": False,
            "is_master": False,
            "is_one_shot": False,
        }
        for slot in body.make.time_slots or ()
    ]


EVIDENCE: Final[Mapping[str, Callable[[Body], Any]]] = {
    "uid": lambda body: body.uid,
    "name": lambda body: body.name,
    "model": lambda body: body.make.model,
    "time_zone": _zone,
    "has_hub": lambda body: body.has_hub,
    "hub_id": lambda body: f"bridge-of-{body.uid}" if body.has_hub else None,
    "hub_name": lambda body: "Bridge" if body.has_hub else None,
    "has_plan": lambda body: Fault.SUBSCRIPTION_REQUIRED not in body.faults,
    "keypad_was_paired": lambda body: body.has_keypad,
    "keypad_battery_is_critical": lambda body: (
        body.has_keypad and body.keypad_battery_level <= CRITICAL_BATTERY
    ),
    "time_slots": _slots,
}
"""What a make may tell in the brand's own details; ``None``: it leaves the field out."""


def _metadata(body: Body) -> dict[str, Any]:
    """Return the brand's own details, where its make tells any."""
    make = body.make
    if not make.metadata_name:
        return {}
    told = {field: EVIDENCE[word](body) for field, word in make.metadata.items()}
    return {make.metadata_name: {field: one for field, one in told.items() if one is not None}}


def _errors(body: Body) -> list[dict[str, Any]]:
    errors = []
    if body.cut_off_by:
        fault = Fault.OFFLINE if body.cut_off_by == "device_disconnected" else body.cut_off_by
        errors.append(_error(body.cut_off_by, _CUT_OFF[body.cut_off_by], body.began(fault)))
    errors += [
        _error(fault.value, message, body.began(fault))
        for fault, message in _ERRORS.items()
        if fault in body.faults
    ]
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
    warnings += [_warning(code, message, since) for code, message, since in _conditions(body)]
    if Fault.MEMORY_FULL in body.faults or codes_held >= make.usable_codes:
        warnings.append(
            _warning(
                "max_access_codes_reached",
                "The memory of the lock is full.",
                body.began(Fault.MEMORY_FULL),
            )
            | {
                "active_access_code_count": codes_held,
                "max_active_access_code_count": make.usable_codes,
            }
        )
    return warnings


def _conditions(body: Body) -> Iterator[tuple[str, str, datetime]]:
    """Yield code, message and beginning of each condition that the account warns of."""
    if not body.has_zone:
        began = body.began(Fault.TIME_ZONE_UNKNOWN)
        yield body.make.zone_error, "The time zone of the lock is not set.", began
    if Fault.WRONG_CLOCK in body.faults and body.keeps_window:
        began = body.began(Fault.WRONG_CLOCK)
        yield "time_zone_mismatch", "The clock of the lock is wrong.", began
    links = [fault for fault in (Fault.FLAKY, Fault.SLOW) if fault in body.faults]
    if links:
        began = min(body.began(fault) for fault in links)
        yield "device_has_flaky_connection", "The link to the lock is weak.", began
    for fault, code, message in (
        (
            Fault.PRIVACY_MODE,
            body.make.privacy_warning,
            "PINs do not open while privacy mode is on.",
        ),
        (Fault.OFFICE_MODE, "salto_ks_office_mode", "PINs do not open while office mode is on."),
        (Fault.POWER_SAVING, "power_saving_mode", "The lock saves power and takes no commands."),
        (
            Fault.SUPPORT_LOST,
            "salto_ks_lock_access_code_support_removed",
            "The lock no longer takes PINs.",
        ),
    ):
        if fault in body.faults:
            yield code, message, body.began(fault)


def _error(code: str, message: str, since: datetime) -> dict[str, Any]:
    return {
        "error_code": code,
        "message": message,
        "created_at": stamp(since),
        "is_device_error": True,
    }


def _warning(code: str, message: str, since: datetime) -> dict[str, Any]:
    return {"warning_code": code, "message": message, "created_at": stamp(since)}


def shown(body: Body, slot: int, entry: Entry) -> SeenCode:
    """Return an entry as a reading shows it."""
    is_hidden = entry.is_foreign and body.make.hides_foreign_pins
    return SeenCode(
        slot=slot,
        pin=entry.pin if body.proof is Proof.READBACK and not is_hidden else None,
        name=entry.name if body.make.shows_names else None,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        is_enabled=entry.is_enabled,
    )
