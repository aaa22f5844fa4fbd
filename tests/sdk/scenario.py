"""A walk through every endpoint, told once for all clients.

A step calls one endpoint. `$NAME` in its parameters is what an earlier step kept, or what the walk
began with; `keep` says where in the answer's thing a value stands (`0.event_id`: of the first in a
list). `until` repeats the call until the thing holds these values. Each client brings the verbs
and the spelling of its own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One call. `thing` is the key of the answer that SDKs give to their callers, if any."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    thing: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    until: Mapping[str, Any] = field(default_factory=dict)


_CODE = {"access_code_id": "$CODE"}
_STAY = {"access_code_id": "$STAY"}
_THEIRS = {"access_code_id": "$THEIRS"}
_LOCK = {"device_id": "$LOCK"}
_HAS_SPARE = {"is_backup_access_code_available": True}
_KEEP_THEIRS = {"THEIRS": "access_code_id"}


def _somebody_makes(pin: str) -> Step:
    return Step(
        "/access_codes/simulate/create_unmanaged_access_code",
        {**_LOCK, "name": f"Cleaner {pin[:2]}", "code": pin},
        "access_code",
        _KEEP_THEIRS,
    )


_HOOK = {"webhook_id": "$HOOK"}
_THIRD = {"device_id": "$THIRD"}


def _becomes(happens: str, flag: str, **params: Any) -> tuple[Step, Step]:
    """Let something happen to the third lock, and wait until its flag tells so."""
    return (
        Step(f"/devices/simulate/{happens}", {**_THIRD, **params}),
        Step("/devices/get", _THIRD, "device", until={flag: True}),
    )


SCENARIO: tuple[Step, ...] = (
    Step("/workspaces/get", {}, "workspace"),
    Step("/workspaces/list", {}, "workspaces"),
    # the discard port: nothing listens there
    Step(
        "/webhooks/create",
        {"url": "http://127.0.0.1:9/hook", "event_types": ["access_code.set_on_device"]},
        "webhook",
        {"HOOK": "webhook_id"},
    ),
    Step("/webhooks/list", {}, "webhooks"),
    Step("/webhooks/get", _HOOK, "webhook"),
    Step("/webhooks/update", {**_HOOK, "event_types": ["access_code.created"]}),
    Step("/devices/list_device_providers", {}, "device_providers"),
    # a lock that is played with, left alone, and taken back
    *_becomes("disconnect", "can_simulate_connection"),
    *_becomes("connect", "can_simulate_disconnection"),
    *_becomes("disconnect_from_hub", "can_simulate_hub_connection"),
    *_becomes("connect_to_hub", "can_simulate_hub_disconnection"),
    Step("/devices/simulate/paid_subscription", {**_THIRD, "is_expired": True}),
    Step("/devices/simulate/paid_subscription", {**_THIRD, "is_expired": False}),
    Step("/devices/update", {**_THIRD, "name": "Cellar", "is_managed": False}),
    Step("/devices/unmanaged/list", {"device_ids": ["$THIRD"]}, "devices"),
    Step("/devices/unmanaged/get", _THIRD, "device"),
    Step("/devices/unmanaged/update", {**_THIRD, "is_managed": True}),
    Step("/devices/simulate/remove", _THIRD),
    Step("/devices/list", {"device_ids": ["$LOCK"]}, "devices"),
    Step("/devices/get", _LOCK, "device"),
    Step("/locks/list", {}, "devices"),
    Step("/locks/get", _LOCK, "device"),
    Step(
        "/devices/report_provider_metadata",
        {"devices": [{**_LOCK, "schlage_metadata": {"time_zone": "Europe/Berlin"}}]},
    ),
    Step(
        "/access_codes/report_device_constraints",
        {**_LOCK, "supported_code_lengths": [4, 5, 6, 7, 8]},
    ),
    Step("/locks/unlock_door", _LOCK, "action_attempt"),
    Step("/locks/lock_door", _LOCK, "action_attempt"),
    Step(
        "/locks/configure_auto_lock",
        {**_LOCK, "auto_lock_enabled": True, "auto_lock_delay_seconds": 30},
        "action_attempt",
    ),
    Step("/locks/simulate/manual_lock_via_keypad", _LOCK, "action_attempt"),
    Step("/action_attempts/list", _LOCK, "action_attempts"),
    # codes of others, while the engine has nothing to write on the lock
    _somebody_makes("90642"),
    Step("/access_codes/unmanaged/list", _LOCK, "access_codes"),
    Step("/access_codes/unmanaged/get", _THEIRS, "access_code"),
    Step("/access_codes/unmanaged/convert_to_managed", _THEIRS),
    Step(
        "/access_codes/list",
        {"access_code_ids": ["$THEIRS"]},
        "access_codes",
        until={"0.access_code_id": "$THEIRS"},
    ),
    _somebody_makes("80531"),
    Step("/access_codes/unmanaged/update", {**_THEIRS, "is_managed": True}),
    _somebody_makes("70429"),
    Step("/access_codes/unmanaged/delete", _THEIRS),
    # a code without dates
    Step("/access_codes/generate_code", _LOCK, "generated_code", {"PIN": "code"}),
    Step(
        "/access_codes/create",
        {**_LOCK, "name": "Ana Prado", "code": "$PIN"},
        "access_code",
        {"CODE": "access_code_id"},
    ),
    Step("/access_codes/get", _CODE, "access_code", until={"status": "set"}),
    Step("/access_codes/list", _LOCK, "access_codes"),
    Step(
        "/locks/simulate/keypad_code_entry",
        {**_LOCK, "code": "$PIN"},
        "action_attempt",
        {"ATTEMPT": "action_attempt_id"},
    ),
    Step("/action_attempts/get", {"action_attempt_id": "$ATTEMPT"}, "action_attempt"),
    Step(
        "/events/list",
        {"since": "2026-01-01T00:00:00Z", "access_code_id": "$CODE"},
        "events",
        {"EVENT": "0.event_id"},
    ),
    Step("/events/get", {"event_id": "$EVENT"}, "event"),
    Step("/access_codes/update", {**_CODE, "name": "Ana Prado, 2 guests"}),
    Step("/access_codes/get", _CODE, "access_code", until={"status": "set"}),
    Step("/access_codes/get_timeline", _CODE, "timeline_events"),
    Step("/access_codes/delete", _CODE),
    # one code for two doors, with dates, and a spare for it
    Step(
        "/access_codes/create_multiple",
        {
            "device_ids": ["$LOCK", "$OTHER"],
            "name": "Night guard",
            "starts_at": "$NOW",
            "ends_at": "$TOMORROW",
            "use_backup_access_code_pool": True,
        },
        "access_codes",
        {"STAY": "0.access_code_id", "KEY": "0.common_code_key"},
    ),
    Step("/access_codes/update_multiple", {"common_code_key": "$KEY", "name": "Guard"}),
    Step(
        "/access_codes/get", _STAY, "access_code", until={"is_backup_access_code_available": True}
    ),
    Step("/access_codes/pull_backup_access_code", _STAY, "access_code"),
    Step("/webhooks/deliveries/list", _HOOK, "webhook_deliveries"),
    Step("/webhooks/deliveries/retry", _HOOK, "retried_count"),
    Step("/webhooks/rotate_secret", _HOOK, "webhook"),
    Step("/webhooks/delete", _HOOK),
)


def as_json() -> list[dict[str, Any]]:
    """Return the walk for a client that is another program."""
    return [asdict(step) for step in SCENARIO]


def filled(value: Any, kept: Mapping[str, Any]) -> Any:
    """Return parameters with what was kept put in."""
    if isinstance(value, str) and value.startswith("$"):
        return kept[value[1:]]
    if isinstance(value, list | tuple):
        return [filled(each, kept) for each in value]
    if isinstance(value, Mapping):
        return {name: filled(each, kept) for name, each in value.items()}
    return value


def found_at(thing: Any, path: str) -> Any:
    """Return what stands at a path such as `0.event_id`; `None`: nothing does."""
    for part in path.split("."):
        if part.isdigit():
            thing = thing[int(part)] if len(thing) > int(part) else None
        elif isinstance(thing, Mapping):
            thing = thing.get(part)
        else:
            thing = getattr(thing, part, None)
    return thing


def fits(thing: Any, step: Step, kept: Mapping[str, Any]) -> bool:
    """Return whether the thing holds what the step waits for."""
    wanted = filled(step.until, kept)
    return all(found_at(thing, path) == value for path, value in wanted.items())
