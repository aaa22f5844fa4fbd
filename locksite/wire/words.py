"""What each parameter and each field of an answer means, in a sentence for readers.

`/api/schema` and the reference show these texts; a test misses what has none. A parameter means
the same wherever it stands, except where its shape has its own text.
"""

from collections.abc import Mapping

FINDS_NOTHING = "Locksite has no such thing: always finds nothing."

PARAMETERS: Mapping[str, str] = {
    "access_code_id": "The code.",
    "access_code_ids": "Only these codes.",
    "action_attempt_id": "The action attempt.",
    "action_attempt_ids": "Only these attempts.",
    "after": "Only what happened after this time.",
    "allow_external_modification": "Older name of `is_external_modification_allowed`.",
    "attempt_for_offline_device": "`false` refuses the code while the lock is offline. Otherwise "
    "it is sent when the lock is back.",
    "auto_lock_delay_seconds": "How long after the door was opened, in seconds.",
    "auto_lock_enabled": "Whether the door locks by itself.",
    "backup_access_code_pool_enabled": "Whether spare codes are kept ready on the lock.",
    "before": "Only what happened before this time.",
    "behavior_when_code_cannot_be_shared": "What to do where no PIN fits all locks: `throw` "
    "refuses, `create_random_code` gives each lock its own.",
    "between": "Two times: only events written after the first and before the second.",
    "code": "The PIN, as text: leading zeros count. 4 to 12 digits, as the lock allows. Left out, "
    "a PIN is drawn that fits the lock and is free on it.",
    "common_code_key": "Codes with the same key always have the same PIN.",
    "connected_account_id": "Only what belongs to this account.",
    "connected_account_ids": "Only what belongs to these accounts.",
    "created_before": "Only what was there before this time.",
    "custom_metadata": "Pairs to keep on the lock; null under a key removes it.",
    "custom_metadata_has": "Only locks that carry all of these pairs.",
    "device_id": "The lock.",
    "device_ids": "Only these locks; an empty list finds nothing.",
    "device_type": "Only locks of this type, such as `schlage_lock`.",
    "device_types": "Only locks of these types.",
    "devices": "The locks, each with `device_id` and what is known of it.",
    "ends_at": "Last moment. Needs `starts_at`, lies after it and ahead.",
    "event_id": "The event.",
    "event_ids": "Only these events.",
    "event_type": "Only events of this type.",
    "event_types": "Only events of these types.",
    "exclude_if": "Only locks on which none of these flags is true.",
    "force": "Changes nothing: no other workspace is known here.",
    "include_if": "Only locks on which all of these flags are true.",
    "is_expired": "Whether the lock maker's subscription has run out.",
    "is_external_modification_allowed": "Whether a change in the lock's app stays. Otherwise it "
    "is put back.",
    "is_managed": "Must be `true`.",
    "is_offline_access_code": "The lock's maker computes the PIN and nothing is sent to the lock. "
    "Needs dates, takes no `code`.",
    "is_one_time_use": "An offline code that opens once.",
    "limit": "How many at most.",
    "manufacturer": "Only locks of this maker, in lower case.",
    "max_code_length": "The longest PIN that the lock takes; together with the shortest.",
    "max_time_rounding": "How far the dates of an offline code may be rounded outwards to what "
    "the lock offers: an hour, or a day.",
    "min_code_length": "The shortest PIN that the lock takes.",
    "name": "A name for people, such as the guest's and the booking's.",
    "page_cursor": "`next_page_cursor` of the page before, with the same filters.",
    "prefer_native_scheduling": "`false` puts the code on the lock shortly before its start, even "
    "where the lock keeps a timetable.",
    "preferred_code_length": "How many digits a drawn PIN has. Another length than the lock takes "
    "becomes its shortest.",
    "properties": "Older form of `name`: an object with `name`.",
    "provider_category": "Only services of this category.",
    "search": "Only what has this text in its name or id.",
    "since": "Only events written after this time.",
    "starts_at": "First moment. Left out with `ends_at`, the code works until it is deleted.",
    "status": "Only what stands like this.",
    "supported_code_lengths": "Every length of PIN that the lock takes.",
    "sync": "Accepted, and changes nothing: ask for the attempt instead.",
    "type": "`ongoing` takes the dates away, `time_bound` needs both.",
    "unstable_offset": "How many to leave out in front.",
    "url": "Where events are sent: https, and a host on the public internet.",
    "use_backup_access_code_pool": "Keeps spare codes ready on this lock, for codes with dates.",
    "use_offline_access_code": "Older name of `is_offline_access_code`.",
    "webhook_delivery_id": "The delivery.",
    "webhook_id": "The webhook.",
}

OF_SHAPE: Mapping[tuple[str, str], str] = {
    ("AccessCodesCreateMultipleRequest", "device_ids"): "The locks.",
    ("AccessCodesGetRequest", "code"): "The PIN, together with `device_id`.",
    ("AccessCodesListRequest", "device_id"): "Only codes on this lock.",
    ("AccessCodesListRequest", "search"): "Only codes with this text in their name or id, or with "
    "exactly this PIN.",
    ("AccessCodesUpdateMultipleRequest", "common_code_key"): "The key of the codes to change.",
    ("AccessCodesUpdateRequest", "code"): "The new PIN, as text.",
    ("AccessCodesUpdateRequest", "is_managed"): "`false` is refused: codes cannot be given out of "
    "Locksite's hands.",
    ("AccessCodesUpdateRequest", "device_id"): "The lock that the code is on; else not found.",
    ("AccessCodesDeleteRequest", "device_id"): "The lock that the code is on; else not found.",
    ("AccessCodesUpdateRequest", "starts_at"): "First moment; null for both takes the dates away.",
    ("AccessCodesUpdateRequest", "ends_at"): "Last moment; null for both takes the dates away.",
    ("DevicesGetRequest", "name"): "The name under which the lock is shown.",
    ("DeliveriesListRequest", "webhook_id"): "Only deliveries of this webhook.",
    ("DeliveriesRetryRequest", "webhook_id"): "All of its deliveries that failed or were stopped.",
    ("DevicesUpdateRequest", "name"): "The name to show; null takes it away.",
    ("DevicesUpdateRequest", "is_managed"): "`false` leaves the lock alone from now on.",
    ("ActionAttemptsListRequest", "device_id"): "Only attempts on this lock.",
    ("EventsGetRequest", "device_id"): "The newest event of this lock.",
    ("EventsGetRequest", "event_type"): "The newest event of this type.",
    ("EventsListRequest", "access_code_id"): "Only events of this code.",
    ("EventsListRequest", "device_id"): "Only events of this lock.",
    ("KeypadCodeEntryRequest", "code"): "The digits to type.",
    ("SimulateUnmanagedRequest", "code"): "The PIN that somebody sets in the lock's app.",
    ("SimulateUnmanagedRequest", "name"): "The name that it gets there.",
    ("TimelineRequest", "event_types"): "Only these kinds of entries.",
    ("UnmanagedGetRequest", "code"): "The PIN, together with `device_id`.",
    ("WebhooksCreateRequest", "event_types"): "Which events; left out, all of them.",
    ("WebhooksUpdateRequest", "event_types"): "Which events from now on; `*` for all.",
    ("UnmanagedListRequest", "search"): "Only codes with this text in their name or id, or with "
    "exactly this PIN.",
}


def of_parameter(shape: str, name: str) -> str:
    """Return what a parameter means, by the class name of its shape; empty: nobody said."""
    return OF_SHAPE.get((shape, name)) or PARAMETERS.get(name, "")


RESOURCES: Mapping[str, str] = {
    "AccessCodeBody": "A PIN that we keep on one lock, and how it stands.",
    "ActionAttemptBody": "What was asked for and how it stands. It begins `pending` and ends as "
    "`success` or `error`.",
    "ConfidenceBody": "How sure we are of a code: what the claim in `status` rests on.",
    "DeliveryBody": "One event on its way to one webhook. Not part of Seam's API.",
    "DeviceProviderBody": "A maker's service through which locks are reached.",
    "DeviceBody": "A lock. Its `can_…` flags have three values: `true`; `false` for not now; "
    "absent where the model cannot. None is ever null.",
    "EventBody": "Something that happened. Each type brings fields of its own besides these.",
    "EvidenceBody": "One thing that was looked at.",
    "ExplanationBody": "Why capability flags are false or absent.",
    "FlagExplanationBody": "Why one flag is not true, on what evidence, and what to do next.",
    "GeneratedCodeBody": "A PIN that fits a lock. Nothing is kept.",
    "Pagination": "Where a list goes on.",
    "TimelineEventBody": "Something in the life of a code.",
    "TimelinePagination": "Where a timeline goes on: `next_cursor` as `before` for what is older, "
    "`prev_cursor` as `after` for what is newer.",
    "UnmanagedDeviceBody": "A lock that Locksite sees and leaves alone.",
    "WebhookBody": "Where events are sent.",
    "UnmanagedAccessCodeBody": "A code on a lock that Locksite did not put there.",
    "WorkspaceBody": "The one workspace that this installation is.",
}

_FLAGS = {
    "can_configure_auto_lock": "Auto-lock can be set from afar.",
    "can_program_offline_access_codes": "Offline codes can be created now.",
    "can_program_online_access_codes": "Codes can be created now. A lock that is only offline "
    "keeps it `true`: they are sent when it is back.",
    "can_remotely_lock": "The door can be locked from afar.",
    "can_remotely_unlock": "The door can be unlocked from afar.",
    "can_simulate_connection": "Virtual locks: can be connected again.",
    "can_simulate_disconnection": "Virtual locks: can be disconnected.",
    "can_simulate_hub_connection": "Virtual locks: the hub can be connected again.",
    "can_simulate_hub_disconnection": "Virtual locks: the hub can be disconnected.",
    "can_simulate_paid_subscription": "Virtual locks: the maker's subscription can be changed.",
    "can_simulate_removal": "Virtual locks: can be removed.",
    "can_unlock_with_code": "A PIN can be typed at the door.",
}
_CODE = {
    "access_code_id": "The code.",
    "cannot_be_managed": "There and `true` where Locksite cannot take the code over.",
    "code": "The PIN; null while the maker has not chosen it, or where the lock hides it.",
    "common_code_key": "Shared by codes that always have the same PIN; else null.",
    "confidence": "How sure we are. Not part of Seam's API.",
    "created_at": "When it was asked for, or first seen.",
    "device_id": "Its lock.",
    "display_status": "The status in words for people. Never branch on it.",
    "ends_at": "Last moment; only with dates.",
    "errors": "What keeps it from working: `error_code`, `message`, `created_at`. Those of its "
    "lock stand here too.",
    "is_backup": "There and `true` on spare codes.",
    "is_backup_access_code_available": "Whether a spare is ready for it.",
    "is_external_modification_allowed": "Whether a change in the lock's app stays.",
    "is_managed": "Whether Locksite looks after it.",
    "is_offline_access_code": "Whether the maker computed it and nothing is sent to the lock.",
    "is_one_time_use": "Whether it opens once.",
    "is_scheduled_on_device": "Whether the lock has it loaded and starts it by itself; only with "
    "dates.",
    "is_waiting_for_code_assignment": "There and `true` while the maker has not chosen the PIN.",
    "name": "The name given to it; may be null on codes of others.",
    "pending_mutations": "What was asked for and is not on the lock yet: `mutation_code`, "
    "`message`, `created_at`, and `from` and `to` of a change.",
    "pulled_backup_access_code_id": "The spare that is used in its place; else null.",
    "starts_at": "First moment; only with dates.",
    "status": "`unset` its time has not come, `setting` on its way, `set` on the lock, `removing` "
    "on its way off, `unknown` the account is disconnected.",
    "type": "`ongoing`, or `time_bound` with dates.",
    "warnings": "What is odd about it: `warning_code`, `message`, `created_at`.",
    "workspace_id": "This installation.",
}
_DEVICE = {
    "capabilities_supported": "Older, coarser form of the flags.",
    "connected_account_id": "The account through which the lock is reached.",
    "created_at": "When Locksite first saw it.",
    "custom_metadata": "Pairs that partners keep on it.",
    "device_id": "The lock.",
    "device_manufacturer": "Its maker: `manufacturer`, `display_name`.",
    "device_provider": "Who connects it: `device_provider_name`, `display_name`, "
    "`provider_category`.",
    "device_type": "Such as `schlage_lock`.",
    "display_name": "The name to show: the nickname, else the one in the maker's app.",
    "errors": "What stops it: `error_code`, `message`, `created_at`.",
    "explanation": "Why flags are false or absent. Not part of Seam's API.",
    "is_managed": "Whether Locksite looks after it.",
    "location": "`location_name` is the property, `time_zone` the lock's own zone.",
    "nickname": "The name given to it here; only where there is one.",
    "properties": "What its account reports, such as `online`, `battery`, `model`, "
    "`accessory_keypad`, `supported_code_lengths`, `code_constraints`, "
    "`max_active_codes_supported`.",
    "space_ids": "Always empty: there are no spaces here.",
    "warnings": "What is odd about it: `warning_code`, `message`, `created_at`.",
    "workspace_id": "This installation.",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "AccessCodeBody": _CODE,
    "UnmanagedAccessCodeBody": _CODE,
    "ActionAttemptBody": {
        "action_attempt_id": "The attempt, for `/action_attempts/get`.",
        "action_type": "What was asked for, such as `CREATE_ACCESS_CODE`.",
        "error": "`type` and `message` where it failed; else null.",
        "result": "What came of it where it succeeded; else null.",
        "status": "`pending`, `success` or `error`.",
    },
    "ConfidenceBody": {
        "about": "`presence`, or `removal` for a code on its way off the lock.",
        "at": "When that was found out; null where it is not known.",
        "level": "`requested`, `accepted`, `acknowledged`, `read_back` or `used`.",
        "means": "The same in a sentence, for this kind of lock.",
    },
    "DeliveryBody": {
        "attempt_count": "How often it was tried.",
        "created_at": "When it was written down.",
        "delivered_at": "When it was taken; only then.",
        "event_id": "The event, as in `/events/get`.",
        "event_type": "Its type.",
        "last_attempt_at": "When it was tried last.",
        "last_failure": "Why that failed, in words.",
        "last_status_code": "What was answered last.",
        "message_id": "The `svix-id` of every try.",
        "next_attempt_at": "When it is tried next; only while it waits.",
        "status": "`pending`, `delivered`, `failed` or `stopped`.",
        "webhook_delivery_id": "The delivery.",
        "webhook_id": "Its webhook.",
    },
    "DeviceBody": {**_FLAGS, **_DEVICE},
    "UnmanagedDeviceBody": {**_FLAGS, **_DEVICE},
    "DeviceProviderBody": {
        **_FLAGS,
        "device_provider_name": "Its name for programs.",
        "display_name": "Its name for people.",
        "image_url": "A picture.",
        "provider_categories": "What it is for.",
    },
    "TimelineEventBody": {
        "actor": "Who did it: `type`, and for an API key its id. A person is not named.",
        "description": "What happened, in a sentence.",
        "event_type": "What kind of entry it is.",
        "occurred_at": "When it happened.",
        "related_resource_ids": "`event_id`, where `/events/get` tells more.",
        "timeline_event_id": "The entry.",
    },
    "TimelinePagination": {
        "has_more": "Whether there is more in the direction asked for.",
        "next_cursor": "For `before`: what is older; else null.",
        "prev_cursor": "For `after`: what is newer; else null.",
    },
    "WebhookBody": {
        "disabled_at": "Since when it is switched off; only then.",
        "event_types": "Which events; `*` for all.",
        "secret": "What its messages are signed with. Shown to the key that made it.",
        "url": "Where events are sent.",
        "webhook_id": "The webhook.",
    },
    "EventBody": {
        "access_code_id": "The code that it is about, if any.",
        "action_attempt_id": "The attempt that it is about, if any.",
        "connected_account_id": "The account that it is about, if any.",
        "created_at": "When it was written down.",
        "device_id": "The lock that it is about, if any.",
        "event_id": "The event. The same in a webhook and in each repetition of it.",
        "event_type": "Such as `access_code.set_on_device`.",
        "occurred_at": "When it happened.",
        "workspace_id": "This installation.",
    },
    "EvidenceBody": {
        "at": "As of when; null where it is not known.",
        "field": "The field behind it, with its value.",
        "said": "How it stands.",
        "what": "What was looked at.",
    },
    "ExplanationBody": {
        "age_seconds": "How old that is.",
        "checked_at": "When the account last told of the lock; null: never.",
        "flags": "By flag, for those that are false or absent.",
    },
    "FlagExplanationBody": {
        "cause": "A word for the cause, for programs; empty where none is known.",
        "codes": "Error and warning codes behind it.",
        "evidence": "What was looked at.",
        "likely_cause": "What it probably is; empty where there is no guess.",
        "next_steps": "What to do, in order.",
        "reason": "Why, in a sentence.",
        "reported": "`false` (not now) or `absent` (the model cannot).",
        "since": "Since when; null where it is not known.",
    },
    "GeneratedCodeBody": {
        "code": "The PIN.",
        "device_id": "The lock that it fits.",
    },
    "Pagination": {
        "has_next_page": "Whether there is more.",
        "next_page_cursor": "For `page_cursor` of the next request; else null.",
        "next_page_url": "The whole address of the next page; null after a search.",
    },
    "WorkspaceBody": {
        "company_name": "Its name again.",
        "connect_partner_name": "Always null.",
        "connect_webview_customization": "Always empty.",
        "is_publishable_key_auth_enabled": "Always `false`.",
        "is_sandbox": "Whether its locks are virtual and may be played with.",
        "is_suspended": "Always `false`.",
        "name": "Its name.",
        "organization_id": "Always null.",
        "workspace_id": "Its id.",
    },
}


def of_field(body: str, name: str) -> str:
    """Return what a field of a resource means, by the class name of its shape."""
    return FIELDS.get(body, {}).get(name, "")
