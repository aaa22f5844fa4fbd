"""One request and one answer for each endpoint, a note where one helps, and its own errors.

Tests hold the requests against the shapes that read them, and the answers against our description
of the API and the published one. Every identifier and PIN here is made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """`errors`: the types beyond those that any endpoint answers. `note`: what to know as well."""

    request: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    note: str = ""


# ---- Things -------------------------------------------------------------------------------------

_LOCK = "3d8f6a52-4b1e-4c7f-9a60-5b2f0c7d1e11"
_SECOND = "a0c4e9d7-2f3b-4d18-8c55-6e7f1b2a3c22"
_CODE = "7c1b2a90-8d4e-4f6a-b3c5-0d9e8f7a6b33"
_SPARE = "5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a844"
_THEIRS = "91a2b3c4-d5e6-4f70-8192-a3b4c5d6e755"
_ATTEMPT = "2b3c4d5e-6f70-4182-93a4-b5c6d7e8f966"
_EVENT = "c8d9e0f1-a2b3-4c4d-9e5f-60718293a477"
_ACCOUNT = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e88"
_WEBHOOK = "6b7c8d9e-0f1a-4b2c-8d3e-4f5a6b7c8d99"
_DELIVERY = "d4e5f6a7-b8c9-4d0e-9f1a-2b3c4d5e6faa"
_WORKSPACE = "10c45173-0000-4000-8000-000000000001"
_MADE_AT = "2027-05-03T09:12:44.381Z"
_NO_PAGES = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}

_MISSING_KEYPAD = {
    "reported": "false",
    "cause": "keypad_gone",
    "reason": "Its keypad disconnected 2027-05-03 08:14 UTC. The keypad battery was at 8 %. "
    "The lock itself is online.",
    "likely_cause": "An empty keypad battery is the likely cause.",
    "next_steps": [
        "Put new batteries in the keypad.",
        "Press any key on the keypad. It should light up.",
    ],
    "since": "2027-05-03T08:14:00.000Z",
    "codes": [],
    "evidence": [
        {
            "what": "Flag",
            "said": "Reported as false",
            "field": "can_program_online_access_codes: false",
            "at": "2027-05-03T09:12:30.000Z",
        },
        {
            "what": "Keypad",
            "said": "Disconnected since 2027-05-03 08:14 UTC. Accessory keypad, none built in",
            "field": "accessory_keypad.is_connected: false",
            "at": "2027-05-03T08:14:00.000Z",
        },
    ],
}
DEVICE: Mapping[str, Any] = {
    "device_id": _LOCK,
    "device_type": "nuki_lock",
    "display_name": "Apartment 104",
    "capabilities_supported": ["access_code", "lock"],
    "can_program_online_access_codes": False,
    "can_remotely_lock": True,
    "can_remotely_unlock": True,
    "can_unlock_with_code": True,
    "can_configure_auto_lock": True,
    "can_program_offline_access_codes": True,
    "properties": {
        "name": "Apartment 104",
        "appearance": {"name": "Apartment 104"},
        "online": True,
        "manufacturer": "nuki",
        "locked": True,
        "battery": {"level": 0.71, "status": "full"},
        "accessory_keypad": {"is_connected": False, "battery": {"level": 0.08}},
        "model": {
            "display_name": "Smart Lock Pro",
            "manufacturer_display_name": "Nuki",
            "has_built_in_keypad": False,
            "can_connect_accessory_keypad": True,
        },
        "supported_code_lengths": [6],
        "max_active_codes_supported": 100,
        "code_constraints": [
            {"constraint_type": "no_zeros"},
            {"constraint_type": "cannot_start_with_12"},
        ],
    },
    "location": {"location_name": "Harbour House", "time_zone": "Europe/Berlin"},
    "device_manufacturer": {"manufacturer": "nuki", "display_name": "Nuki"},
    "device_provider": {
        "device_provider_name": "nuki",
        "display_name": "Nuki",
        "provider_category": "stable",
    },
    "connected_account_id": _ACCOUNT,
    "workspace_id": _WORKSPACE,
    "space_ids": [],
    "custom_metadata": {},
    "errors": [],
    "warnings": [],
    "created_at": "2027-01-12T10:00:00.000Z",
    "is_managed": True,
    "explanation": {
        "checked_at": "2027-05-03T09:12:30.000Z",
        "age_seconds": 14,
        "flags": {"can_program_online_access_codes": _MISSING_KEYPAD},
    },
}
_ALONE = {
    **{
        name: DEVICE[name]
        for name in (
            *("device_type", "capabilities_supported", "location", "connected_account_id"),
            *("workspace_id", "custom_metadata", "errors", "warnings", "created_at"),
            *("can_program_online_access_codes", "can_remotely_lock", "can_remotely_unlock"),
        )
    },
    "device_id": _SECOND,
    "properties": {
        name: DEVICE["properties"][name] for name in ("online", "manufacturer", "battery", "model")
    }
    | {"name": "Boiler room"},
    "is_managed": False,
}
_SERVICE = {
    "device_provider_name": "nuki",
    "display_name": "Nuki",
    "image_url": "https://locksite.example/static/lock.svg",
    "provider_categories": ["stable", "consumer_smartlocks"],
    "can_configure_auto_lock": True,
    "can_program_online_access_codes": True,
    "can_remotely_lock": True,
    "can_remotely_unlock": True,
    "can_unlock_with_code": True,
}
CODE: Mapping[str, Any] = {
    "access_code_id": _CODE,
    "device_id": _LOCK,
    "workspace_id": _WORKSPACE,
    "name": "Ana Prado",
    "code": "482915",
    "type": "ongoing",
    "status": "set",
    "display_status": "Active",
    "created_at": _MADE_AT,
    "errors": [],
    "warnings": [],
    "pending_mutations": [],
    "is_managed": True,
    "common_code_key": None,
    "is_external_modification_allowed": False,
    "is_offline_access_code": False,
    "is_one_time_use": False,
    "is_backup_access_code_available": False,
    "pulled_backup_access_code_id": None,
    "confidence": {
        "about": "presence",
        "level": "read_back",
        "means": "Read back from the lock, PIN included.",
        "at": "2027-05-03T09:12:49.020Z",
    },
}
_NEW = {
    **CODE,
    "status": "setting",
    "display_status": "Programming",
    "pending_mutations": [
        {
            "mutation_code": "creating",
            "message": "Programming the code on the lock.",
            "created_at": _MADE_AT,
        }
    ],
    "confidence": {
        "about": "presence",
        "level": "requested",
        "means": "Written down; not sent to the lock yet.",
        "at": None,
    },
}
_DATES = {"starts_at": "2027-05-07T13:00:00.000Z", "ends_at": "2027-05-09T09:00:00.000Z"}
_BACKUP = {
    **CODE,
    **_DATES,
    "access_code_id": _SPARE,
    "name": "Backup 5e6f7a8b (Locksite)",
    "code": "739164",
    "type": "time_bound",
    "is_backup": True,
    "is_scheduled_on_device": False,
}
_UNMANAGED = {
    "access_code_id": _THEIRS,
    "device_id": _LOCK,
    "workspace_id": _WORKSPACE,
    "name": "Cleaner",
    "code": "906428",
    "type": "ongoing",
    "status": "set",
    "display_status": "Active",
    "created_at": "2027-04-30T16:20:00.000Z",
    "errors": [],
    "warnings": [],
    "is_managed": False,
}
_SET_EVENT = {
    "event_id": _EVENT,
    "event_type": "access_code.set_on_device",
    "workspace_id": _WORKSPACE,
    "device_id": _LOCK,
    "connected_account_id": _ACCOUNT,
    "created_at": "2027-05-03T09:12:49.031Z",
    "occurred_at": "2027-05-03T09:12:49.020Z",
    "access_code_id": _CODE,
    "code": "482915",
}
_THE_WEBHOOK = {
    "webhook_id": _WEBHOOK,
    "url": "https://partner.example/locksite",
    "event_types": ["access_code.set_on_device", "access_code.removed_from_device"],
    "secret": "whsec_bWFkZSB1cCBmb3IgdGhpcyBwYWdlLCBub3QgcmVhbCE=",
}
_FAILING = {
    "webhook_delivery_id": _DELIVERY,
    "webhook_id": _WEBHOOK,
    "message_id": f"msg_{_DELIVERY.replace('-', '')}",
    "event_id": _EVENT,
    "event_type": "access_code.set_on_device",
    "status": "pending",
    "attempt_count": 3,
    "created_at": "2027-05-03T09:12:49.031Z",
    "next_attempt_at": "2027-05-03T09:48:10.812Z",
    "last_attempt_at": "2027-05-03T09:18:10.640Z",
    "last_status_code": 502,
    "last_failure": "answer",
}
_THE_WORKSPACE = {
    "workspace_id": _WORKSPACE,
    "name": "Locksite",
    "company_name": "Locksite",
    "is_sandbox": False,
    "is_suspended": False,
    "is_publishable_key_auth_enabled": False,
    "connect_partner_name": None,
    "connect_webview_customization": {},
    "organization_id": None,
}


def _attempt(action_type: str, status: str = "pending", result: Any = None) -> dict[str, Any]:
    return {
        "action_attempt_id": _ATTEMPT,
        "action_type": action_type,
        "status": status,
        "result": result,
        "error": None,
    }


def _attempted(action_type: str) -> dict[str, Any]:
    return {"action_attempt": _attempt(action_type), "ok": True}


_OK: Mapping[str, Any] = {"ok": True}
_LOCK_ERROR = ("device_not_found",)
_CODE_ERROR = ("access_code_not_found",)
_WEBHOOK_ERROR = ("webhook_not_found",)
_PAGE_ERROR = ("mismatched_page_parameters",)


def _simulated(what: str, flag: str) -> Example:
    return Example(
        {"device_id": _LOCK},
        _OK,
        _LOCK_ERROR,
        f"{what} On virtual locks alone, and only while `{flag}` is `true`.",
    )


_AT_DOOR = (
    "The lock is asked once, within four seconds, or never: a door that moved late would move "
    "for somebody else. Ask `/action_attempts/get` what became of it. `timed_out` says whether "
    "the door may have moved."
)

# ---- Endpoints ----------------------------------------------------------------------------------

EXAMPLES: Mapping[str, Example] = {
    "/devices/get": Example(
        {"device_id": _LOCK},
        {"device": DEVICE, "lock": DEVICE, "ok": True},
        _LOCK_ERROR,
        "Look at `can_program_online_access_codes` before you create a code. If it is not "
        "`true`, `explanation` says why and what to do next.",
    ),
    "/devices/list": Example(
        {"search": "Apartment", "limit": 20},
        {"devices": [DEVICE], "pagination": _NO_PAGES, "ok": True},
        _PAGE_ERROR,
        "Oldest first. Send the cursor with the same filters until `has_next_page` is `false`.",
    ),
    "/devices/update": Example(
        {"device_id": _LOCK, "name": "Sea view", "custom_metadata": {"floor": "1", "old": None}},
        _OK,
        _LOCK_ERROR,
        "All changes or none. What is left out stays as it is. A lock that is left alone "
        "(`is_managed` `false`) moves to `/devices/unmanaged/…`.",
    ),
    "/devices/list_device_providers": Example(
        {"provider_category": "stable"},
        {"device_providers": [_SERVICE], "ok": True},
        note="Not in pages. A flag that no lock of a service has is absent.",
    ),
    "/devices/report_provider_metadata": Example(
        {"devices": [{"device_id": _LOCK, "schlage_metadata": {"time_zone": "Europe/Berlin"}}]},
        _OK,
        _LOCK_ERROR,
        "For makers whose locks do not tell their zone: the dates of codes count in it. All locks "
        "or none.",
    ),
    "/devices/unmanaged/get": Example(
        {"device_id": _SECOND}, {"device": _ALONE, "ok": True}, _LOCK_ERROR
    ),
    "/devices/unmanaged/list": Example(
        {"limit": 20},
        {"devices": [_ALONE], "pagination": _NO_PAGES, "ok": True},
        _PAGE_ERROR,
        "Takes the filters of `/devices/list`.",
    ),
    "/devices/unmanaged/update": Example(
        {"device_id": _SECOND, "is_managed": True},
        _OK,
        _LOCK_ERROR,
        "The lock is looked at at once, then it stands in `/devices/list`.",
    ),
    "/devices/simulate/connect": _simulated(
        "The lock is online again.", "can_simulate_connection"
    ),
    "/devices/simulate/disconnect": _simulated(
        "The lock goes offline.", "can_simulate_disconnection"
    ),
    "/devices/simulate/connect_to_hub": _simulated(
        "The lock's hub is online again.", "can_simulate_hub_connection"
    ),
    "/devices/simulate/disconnect_from_hub": _simulated(
        "The lock's hub goes offline.", "can_simulate_hub_disconnection"
    ),
    "/devices/simulate/remove": _simulated(
        "The lock disappears from its account.", "can_simulate_removal"
    ),
    "/devices/simulate/paid_subscription": Example(
        {"device_id": _LOCK, "is_expired": True},
        _OK,
        _LOCK_ERROR,
        "Without its paid plan the lock takes no codes. On virtual locks alone, and only while "
        "`can_simulate_paid_subscription` is `true`.",
    ),
    "/locks/get": Example(
        {"device_id": _LOCK},
        {"device": DEVICE, "lock": DEVICE, "ok": True},
        _LOCK_ERROR,
        "The older twin of `/devices/get`.",
    ),
    "/locks/list": Example(
        {"include_if": ["can_unlock_with_code"]},
        {"devices": [DEVICE], "locks": [DEVICE], "ok": True},
        note="The older form of `/devices/list`. It has no pages.",
    ),
    "/locks/lock_door": Example(
        {"device_id": _LOCK}, _attempted("LOCK_DOOR"), _LOCK_ERROR, _AT_DOOR
    ),
    "/locks/unlock_door": Example(
        {"device_id": _LOCK}, _attempted("UNLOCK_DOOR"), _LOCK_ERROR, _AT_DOOR
    ),
    "/locks/configure_auto_lock": Example(
        {"device_id": _LOCK, "auto_lock_enabled": True, "auto_lock_delay_seconds": 45},
        _attempted("CONFIGURE_AUTO_LOCK"),
        _LOCK_ERROR,
        "The lock is asked once, as it is for `/locks/lock_door`.",
    ),
    "/locks/simulate/manual_lock_via_keypad": Example(
        {"device_id": _LOCK},
        {
            "action_attempt": _attempt("SIMULATE_MANUAL_LOCK_VIA_KEYPAD", "success", {}),
            "ok": True,
        },
        _LOCK_ERROR,
        "Somebody presses the key that locks; `lock.locked` tells of it. On virtual locks alone. "
        "Where no key can be pressed now, the attempt ends in `error`.",
    ),
    "/access_codes/create": Example(
        {"device_id": _LOCK, "name": "Ana Prado", "code": "482915"},
        {
            "access_code": _NEW,
            "action_attempt": _attempt("CREATE_ACCESS_CODE"),
            "ok": True,
        },
        ("device_not_found", "duplicate_access_code"),
        "The answer comes at once, with `status` `setting`, or `unset` before the time has come. "
        "Ask `/access_codes/get` until it is `set`, or wait for the event "
        "`access_code.set_on_device`. `starts_at` and `ends_at` together make it a code with "
        "dates.",
    ),
    "/access_codes/get": Example(
        {"access_code_id": _CODE},
        {"access_code": CODE, "ok": True},
        _CODE_ERROR,
        "A code that has ended is answered until a reading proves it off the lock; then it is "
        "not found.",
    ),
    "/access_codes/list": Example(
        {"device_id": _LOCK},
        {"access_codes": [CODE], "pagination": _NO_PAGES, "ok": True},
        _PAGE_ERROR,
        "At most 5,000 in one answer.",
    ),
    "/access_codes/update": Example(
        {"access_code_id": _CODE, "name": "Ana Prado, booking 7741", "code": "593026"},
        _attempted("UPDATE_ACCESS_CODE"),
        ("access_code_not_found", "duplicate_access_code"),
        "Until the lock has the change, the old PIN and dates hold: `pending_mutations` shows "
        "both. Offline codes cannot be changed.",
    ),
    "/access_codes/delete": Example(
        {"access_code_id": _CODE},
        _attempted("DELETE_ACCESS_CODE"),
        _CODE_ERROR,
        "`status` is `removing` until a reading shows that the code is off the lock. Deleting "
        "twice is harmless. Offline codes cannot be taken back.",
    ),
    "/access_codes/generate_code": Example(
        {"device_id": _LOCK},
        {"generated_code": {"device_id": _LOCK, "code": "638417"}, "ok": True},
        _LOCK_ERROR,
    ),
    "/access_codes/get_timeline": Example(
        {"access_code_id": _CODE, "limit": 20},
        {
            "timeline_events": [
                {
                    "timeline_event_id": _EVENT,
                    "event_type": "access_code.set_on_device",
                    "occurred_at": "2027-05-03T09:12:49.020Z",
                    "description": "The code is on the lock and works.",
                    "actor": {"type": "system"},
                    "related_resource_ids": {"event_id": _EVENT},
                }
            ],
            "pagination": {"has_more": False, "next_cursor": None, "prev_cursor": None},
            "ok": True,
        },
        _CODE_ERROR,
        "Newest first, also after the code is gone. Send `next_cursor` as `before` for what is "
        "older.",
    ),
    "/access_codes/report_device_constraints": Example(
        {"device_id": _LOCK, "supported_code_lengths": [4, 6]},
        _OK,
        _LOCK_ERROR,
        "What is told here counts more than what the lock's account reports. Codes that are on "
        "the lock stay.",
    ),
    "/access_codes/create_multiple": Example(
        {"device_ids": [_LOCK, _SECOND], "name": "Night guard"},
        {
            "access_codes": [
                {
                    **_NEW,
                    "name": "Night guard",
                    "common_code_key": f"auto_set_by_create_multiple_{_CODE}",
                },
                {
                    **_NEW,
                    "access_code_id": _SPARE,
                    "device_id": _SECOND,
                    "name": "Night guard",
                    "common_code_key": f"auto_set_by_create_multiple_{_CODE}",
                },
            ],
            "ok": True,
        },
        ("device_not_found", "duplicate_access_code"),
        "All locks or none. Without `code` they get one PIN that fits all of them, and a key "
        "that links them.",
    ),
    "/access_codes/update_multiple": Example(
        {"common_code_key": f"auto_set_by_create_multiple_{_CODE}", "name": "Night guard, June"},
        _OK,
        _CODE_ERROR,
    ),
    "/access_codes/pull_backup_access_code": Example(
        {"access_code_id": _CODE},
        {"access_code": _BACKUP, "backup_access_code": _BACKUP, "ok": True},
        (
            "access_code_not_found",
            "access_code_not_time_bound",
            "backup_access_code_not_found",
        ),
        "For a guest at the door whose code does not work: a spare that is on the lock already. "
        "Asked again, it is the same one.",
    ),
    "/access_codes/unmanaged/get": Example(
        {"access_code_id": _THEIRS}, {"access_code": _UNMANAGED, "ok": True}, _CODE_ERROR
    ),
    "/access_codes/unmanaged/list": Example(
        {"device_id": _LOCK},
        {"access_codes": [_UNMANAGED], "pagination": _NO_PAGES, "ok": True},
        _PAGE_ERROR,
    ),
    "/access_codes/unmanaged/convert_to_managed": Example(
        {"access_code_id": _THEIRS},
        _attempted("CONVERT_ACCESS_CODE_TO_MANAGED"),
        _CODE_ERROR,
        "Nothing is written to the lock: the next reading takes the code over as it is.",
    ),
    "/access_codes/unmanaged/update": Example(
        {"access_code_id": _THEIRS, "is_managed": True},
        _OK,
        _CODE_ERROR,
        "The older way to call `/access_codes/unmanaged/convert_to_managed`.",
    ),
    "/access_codes/unmanaged/delete": Example(
        {"access_code_id": _THEIRS}, _attempted("DELETE_UNMANAGED_ACCESS_CODE"), _CODE_ERROR
    ),
    "/access_codes/simulate/create_unmanaged_access_code": Example(
        {"device_id": _LOCK, "name": "Cleaner", "code": "906428"},
        {"access_code": _UNMANAGED, "ok": True},
        _LOCK_ERROR,
    ),
    "/locks/simulate/keypad_code_entry": Example(
        {"device_id": _LOCK, "code": "482915"},
        {
            "action_attempt": _attempt("SIMULATE_KEYPAD_CODE_ENTRY", "success", {}),
            "ok": True,
        },
        _LOCK_ERROR,
        "The attempt succeeds when the digits were typed. Whether the door opened tells an event: "
        "`lock.unlocked` or `lock.access_denied`.",
    ),
    "/action_attempts/get": Example(
        {"action_attempt_id": _ATTEMPT},
        {"action_attempt": _attempt("DELETE_ACCESS_CODE", "success", {}), "ok": True},
        ("action_attempt_not_found",),
    ),
    "/action_attempts/list": Example(
        {"device_id": _LOCK, "limit": 20},
        {
            "action_attempts": [_attempt("DELETE_ACCESS_CODE", "success", {})],
            "pagination": _NO_PAGES,
            "ok": True,
        },
        _PAGE_ERROR,
        "Each as it stands now. At most 500 in one answer.",
    ),
    "/events/get": Example(
        {"event_id": _EVENT}, {"event": _SET_EVENT, "ok": True}, ("event_not_found",)
    ),
    "/events/list": Example(
        {"since": "2027-05-03T00:00:00Z", "event_types": ["access_code.set_on_device"]},
        {"events": [_SET_EVENT], "ok": True},
        note="Newest first, at most 500. Needs `since` or `between`, or `event_ids` alone.",
    ),
    "/webhooks/create": Example(
        {
            "url": "https://partner.example/locksite",
            "event_types": ["access_code.set_on_device", "access_code.removed_from_device"],
        },
        {"webhook": _THE_WEBHOOK, "ok": True},
        ("invalid_event_types",),
        "Keep the `secret`: it proves that a message is ours. The host must be on the public "
        "internet. A key may have 25 webhooks. Made twice, it is told everything twice: send an "
        "`Idempotency-Key`.",
    ),
    "/webhooks/get": Example(
        {"webhook_id": _WEBHOOK}, {"webhook": _THE_WEBHOOK, "ok": True}, _WEBHOOK_ERROR
    ),
    "/webhooks/list": Example(
        {},
        {"webhooks": [_THE_WEBHOOK], "ok": True},
        note="Oldest first, not in pages. Those of other keys are not shown.",
    ),
    "/webhooks/update": Example(
        {"webhook_id": _WEBHOOK, "event_types": ["*"]},
        _OK,
        ("webhook_not_found", "invalid_event_types"),
        "What waits to be sent of a type that is no longer listed is dropped. For another address "
        "make another webhook.",
    ),
    "/webhooks/delete": Example(
        {"webhook_id": _WEBHOOK}, _OK, _WEBHOOK_ERROR, "What waits to be sent is dropped."
    ),
    "/webhooks/rotate_secret": Example(
        {"webhook_id": _WEBHOOK},
        {"webhook": _THE_WEBHOOK, "ok": True},
        _WEBHOOK_ERROR,
        "For 24 hours every message carries two signatures, so put the new secret in place "
        "within that time. Not part of Seam's API.",
    ),
    "/webhooks/deliveries/list": Example(
        {"webhook_id": _WEBHOOK, "status": "pending"},
        {"webhook_deliveries": [_FAILING], "pagination": _NO_PAGES, "ok": True},
        _PAGE_ERROR,
        "Oldest first, at most 500 in one answer. Not part of Seam's API.",
    ),
    "/webhooks/deliveries/retry": Example(
        {"webhook_id": _WEBHOOK},
        {"retried_count": 12, "ok": True},
        ("webhook_not_found", "webhook_delivery_not_found"),
        "Send either parameter, not both. Each gets all its attempts anew, with the same id and "
        "the same bytes. Not part of Seam's API.",
    ),
    "/workspaces/get": Example({}, {"workspace": _THE_WORKSPACE, "ok": True}),
    "/workspaces/list": Example({}, {"workspaces": [_THE_WORKSPACE], "ok": True}),
}
