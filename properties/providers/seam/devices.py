"""Seam's devices as reports of locks. Pure.

Whatever arrives, nothing here raises: what is missing or of another kind counts as not told.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from properties.choices import Proof
from properties.providers.base import Capabilities, DeviceReport
from properties.providers.seam.fields import (
    LONGEST_NAME,
    LONGEST_WORD,
    as_id,
    as_instant,
    as_list,
    as_object,
    as_text,
    as_texts,
    as_word,
    clean,
    problems,
)
from properties.providers.seam.values import Json, SeamDevice

# What Seam says of the makers: who keeps a timetable in the lock, whose codes stay theirs, whose
# offline codes may be for one opening.
_KEEP_WINDOWS: Final = frozenset(
    {
        *("two_n_intercom", "august_lock", "igloo_lock", "igloohome_lock", "kwikset_lock"),
        *("nuki_lock", "salto_lock", "schlage_lock", "tedee_lock", "ttlock_lock"),
        *("wyze_lock", "yale_lock"),
    }
)
_KEEP_THEIR_CODES: Final = frozenset(
    {"igloo_lock", "igloohome_lock", "kwikset_lock", "smartthings_lock"}
)
_HIDE_PINS: Final = frozenset({"wyze_lock"})
_OFFER_ONE_TIME: Final = frozenset({"igloo_lock", "igloohome_lock", "lockly_lock"})

_LOCK_FLAGS: Final = frozenset(
    {
        *("can_program_online_access_codes", "can_program_offline_access_codes"),
        *("can_remotely_lock", "can_remotely_unlock", "can_unlock_with_code"),
        "can_configure_auto_lock",
    }
)


def device_of(data: Any) -> SeamDevice | None:
    """Return a device, managed or not; ``None`` where it has no id."""
    data = as_object(clean(data))
    remote_id = as_id(data.get("device_id"))
    if remote_id is None:
        return None
    device_type = as_word(data.get("device_type")) or "unknown"
    properties = _properties(as_object(data.get("properties")))
    name = _name(data, properties, device_type)
    properties.setdefault("name", name)
    properties.setdefault("appearance", {"name": name})
    flags = {
        flag: value
        for flag, value in data.items()
        # What can be simulated at Seam cannot be through Locksite.
        if flag.startswith("can_") and isinstance(value, bool) and "_simulate_" not in flag
    }
    return SeamDevice(
        report=DeviceReport(
            remote_id=remote_id,
            name=name,
            device_type=device_type,
            capabilities=_capabilities(device_type, flags, properties),
            flags=flags,
            properties=properties,
            errors=problems(data.get("errors"), "error_code"),
            warnings=problems(data.get("warnings"), "warning_code"),
            time_zone=_zone(data, properties),
            manufacturer=as_texts(data.get("device_manufacturer")),
            provider=as_texts(data.get("device_provider")),
        ),
        is_managed=data.get("is_managed") is not False,
        is_lock=_is_lock(device_type, flags),
        connected_account_id=as_id(data.get("connected_account_id")),
        created_at=as_instant(data.get("created_at")),
        others={
            key: value
            for key, value in data.items()
            if key not in _DEVICE_FIELDS and key not in flags
        },
    )


_DEVICE_FIELDS: Final = frozenset(
    {
        *("device_id", "device_type", "display_name", "properties", "errors", "warnings"),
        *("device_manufacturer", "device_provider", "is_managed", "connected_account_id"),
        "created_at",
    }
)


def _name(data: Json, properties: Json, device_type: str) -> str:
    names = (
        data.get("display_name"),
        data.get("nickname"),
        as_object(properties.get("appearance")).get("name"),
        properties.get("name"),
    )
    found = next((name for name in map(as_text, names) if name), None)
    return (found or device_type.replace("_", " ").capitalize())[:LONGEST_NAME]


def _is_lock(device_type: str, flags: Json) -> bool:
    """Return whether a device is a lock; the older list of abilities says so of anything."""
    return device_type.endswith("_lock") or not _LOCK_FLAGS.isdisjoint(flags)


def _capabilities(device_type: str, flags: Json, properties: Json) -> Capabilities:
    """Return what Seam's documents and this device's rules say; sizes only where they are told.

    Names are not cut: Seam keeps them whole, whatever the lock shows.
    """
    constraints = {item["constraint_type"] for item in properties.get("code_constraints", ())}
    computes_offline = "can_program_offline_access_codes" in flags
    return Capabilities(
        keeps_window=device_type in _KEEP_WINDOWS,
        proof=Proof.SLOT_ONLY if device_type in _HIDE_PINS else Proof.READBACK,
        max_codes=properties.get("max_active_codes_supported"),
        computes_offline=computes_offline,
        offers_one_time=computes_offline and device_type in _OFFER_ONE_TIME,
        assigns_pins="cannot_specify_pin_code" in constraints,
        needs_future_start="start_date_in_future" in constraints,
        adopts_foreign=device_type not in _KEEP_THEIR_CODES,
    )


def _zone(data: Json, properties: Json) -> str | None:
    """Return the lock's zone: that of its place, else what its maker's details say."""
    location = as_object(data.get("location"))
    told = [location.get("time_zone"), location.get("timezone")]
    for key, details in properties.items():
        if key.endswith("_metadata"):
            told += [details.get("time_zone"), details.get("iana_timezone")]
    return next((zone for zone in told if _is_zone(zone)), None)


def _is_zone(name: Any) -> bool:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_WORD:
        return False
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # no such zone; no name of a zone; a folder of zones
        return False
    return True


# ---- Properties: those that Locksite reads, each in the shape it counts on ----------------------

_Reader = Callable[[Any], Any]


def _properties(data: Json) -> dict[str, Any]:
    """Return the properties; known ones that are of another kind are left out, others stay."""
    read = {}
    for key, value in data.items():
        reader = _PROPERTIES.get(key) or (_filled if key.endswith("_metadata") else _as_it_is)
        found = reader(value)
        if found is not None:
            read[key] = found
    if "battery" not in read and "battery_level" not in read:
        # A charge without its word, or the other way round, is no `battery` of the wire.
        level = _share(as_object(data.get("battery")).get("level"))
        if level is not None:
            read["battery_level"] = level
    return read


def _as_it_is(value: Any) -> Any:
    return value


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _share(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return min(value, 1)


def _count(value: Any) -> int | None:
    """Return a whole number of at least 1; JSON does not tell 4 from 4.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value >= 1 and value == int(value) else None


def _filled(value: Any) -> dict[str, Any] | None:
    return dict(value) if isinstance(value, Mapping) else None


def _battery(value: Any) -> dict[str, Any] | None:
    data = as_object(value)
    level, status = _share(data.get("level")), data.get("status")
    if level is None or status not in ("critical", "low", "good", "full"):
        return None
    return {**data, "level": level}


def _charge(value: Any) -> dict[str, Any] | None:
    level = _share(as_object(value).get("level"))
    return None if level is None else {**as_object(value), "level": level}


def _keypad(value: Any) -> dict[str, Any] | None:
    data = as_object(value)
    if not isinstance(data.get("is_connected"), bool):
        return None
    battery = _charge(data.get("battery"))
    others = {key: item for key, item in data.items() if key != "battery"}
    return others if battery is None else {**others, "battery": battery}


def _model(value: Any) -> dict[str, Any] | None:
    data = _filled(value)
    if data is None:
        return None
    return {
        key: item
        for key, item in data.items()
        if _MODEL.get(key, _as_it_is)(item) is not None or key not in _MODEL
    }


def _appearance(value: Any) -> dict[str, Any] | None:
    return _filled(value) if as_text(as_object(value).get("name")) else None


def _lengths(value: Any) -> list[int] | None:
    found = [length for length in map(_count, as_list(value)) if length is not None]
    return found or None


def _constraints(value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    found = []
    for item in map(as_object, value):
        if as_word(item.get("constraint_type")) is not None:
            limits = {key: _count(item.get(key)) for key in ("min_length", "max_length")}
            others = {key: each for key, each in item.items() if key not in limits}
            found.append(others | {key: each for key, each in limits.items() if each is not None})
    return found


def _frames(value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    return [dict(option) for option in value if isinstance(option, Mapping)]


_MODEL: Final[Mapping[str, _Reader]] = {
    "display_name": as_text,
    "manufacturer_display_name": as_text,
    "has_built_in_keypad": _flag,
    "can_connect_accessory_keypad": _flag,
}
_PROPERTIES: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("name", "manufacturer", "serial_number", "image_url"), as_text),
    **dict.fromkeys(
        (
            *("online", "locked", "door_open", "has_direct_power", "has_native_entry_events"),
            *("supports_backup_access_code_pool", "backup_access_code_pool_enabled"),
            "auto_lock_enabled",
        ),
        _flag,
    ),
    **dict.fromkeys(("max_active_codes_supported", "auto_lock_delay_seconds"), _count),
    **dict.fromkeys(("online_time_frame_options", "offline_time_frame_options"), _frames),
    "appearance": _appearance,
    "model": _model,
    "battery": _battery,
    "battery_level": _share,
    "keypad_battery": _charge,
    "accessory_keypad": _keypad,
    "supported_code_lengths": _lengths,
    "code_constraints": _constraints,
}
