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
    "action_attempt_ids": "Only these action attempts.",
    "after": "Only what happened after this time.",
    "allow_external_modification": "Older name of `is_external_modification_allowed`.",
    "attempt_for_offline_device": "`false` refuses the code while the lock is offline. Otherwise "
    "it is sent when the lock is back.",
    "auto_lock_delay_seconds": "After how many seconds the door locks itself, 1 to 60; left "
    "out, 30.",
    "auto_lock_enabled": "Whether the door locks itself.",
    "backup_access_code_pool_enabled": "Whether spare codes are kept ready on this lock.",
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
    "custom_metadata": "Pairs to set: text, `true` or `false`; null removes a pair, and those not "
    "named stay. At most 50, with keys of 40 and texts of 500 characters.",
    "custom_metadata_has": "Only locks that carry all of these pairs.",
    "device_id": "The lock.",
    "device_ids": "Only these locks; an empty list finds nothing.",
    "devices": "What is known of each lock: `device_id`, and `ultraloq_metadata`, "
    "`schlage_metadata` or `omnitec_metadata` with its `time_zone`, such as `Europe/Berlin`.",
    "device_type": "Only locks of this type, such as `schlage_lock`.",
    "device_types": "Only locks of these types.",
    "ends_at": "Last moment. Needs `starts_at`, lies after it and ahead.",
    "event_id": "The event.",
    "event_ids": "Only these events.",
    "event_type": "Only events of this type.",
    "event_types": "Only events of these types.",
    "exclude_if": "Only locks on which none of these flags is true.",
    "force": "Changes nothing: no other workspace is known here.",
    "include_if": "Only locks on which all of these flags are true.",
    "is_expired": "Whether the lock's paid plan ends; `false`: it begins again.",
    "is_external_modification_allowed": "Whether a change in the lock's app stays. Otherwise it "
    "is put back.",
    "is_managed": "Must be `true`.",
    "is_offline_access_code": "The lock's maker computes the PIN and nothing is sent to the lock. "
    "Needs dates, takes no `code`.",
    "is_one_time_use": "An offline code that opens once.",
    "limit": "How many at most.",
    "manufacturer": "Only locks of this maker, in lower case.",
    "max_code_length": "How many digits a PIN may have at most; left out, 20.",
    "max_time_rounding": "How far the dates of an offline code may be rounded outwards to what "
    "the lock offers: an hour, or a day.",
    "min_code_length": "How many digits a PIN must have at least; left out, 4.",
    "name": "A name for people, such as the guest's and the booking's.",
    "page_cursor": "`next_page_cursor` of the page before, with the same filters.",
    "prefer_native_scheduling": "`false` puts the code on the lock shortly before its start, even "
    "where the lock keeps a timetable.",
    "preferred_code_length": "How many digits a drawn PIN has. Another length than the lock takes "
    "becomes its shortest.",
    "properties": 'Older place of `name`: `{"name": …}`.',
    "provider_category": "Only services of this category.",
    "search": "Only what has this text in its name or id.",
    "since": "Only events written after this time.",
    "starts_at": "First moment. Left out with `ends_at`, the code works until it is deleted.",
    "status": "Only what stands like this.",
    "supported_code_lengths": "All lengths that a PIN may have, instead of a shortest and a "
    "longest.",
    "sync": "Accepted, and changes nothing: ask for the attempt instead.",
    "type": "`ongoing` takes the dates away, `time_bound` needs both.",
    "unstable_offset": "How many to leave out in front.",
    "url": "Where to: an https address of a public host, at most 500 characters. It cannot be "
    "changed later.",
    "use_backup_access_code_pool": "Keeps spare codes ready on this lock, for codes with dates.",
    "use_offline_access_code": "Older name of `is_offline_access_code`.",
    "webhook_delivery_id": "The delivery to send again, instead of `webhook_id`.",
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
    ("ActionAttemptsListRequest", "device_id"): "Only attempts on this lock.",
    ("DeliveriesListRequest", "webhook_id"): "Only deliveries of this webhook.",
    ("DeliveriesRetryRequest", "webhook_id"): "The webhook: everything of it that failed or was "
    "stopped is sent again.",
    ("DevicesGetRequest", "name"): "The name under which the lock is shown.",
    ("DevicesUpdateRequest", "is_managed"): "`false` leaves the lock alone from now on. Refused "
    "while a code of ours may be on it.",
    ("DevicesUpdateRequest", "name"): "The name to show; null for the one in the maker's app.",
    ("EventsGetRequest", "device_id"): "The newest event of this lock.",
    ("EventsGetRequest", "event_type"): "The newest event of this type.",
    ("EventsListRequest", "access_code_id"): "Only events of this code.",
    ("EventsListRequest", "device_id"): "Only events of this lock.",
    ("KeypadCodeEntryRequest", "code"): "The digits to type.",
    ("SimulateUnmanagedRequest", "code"): "The PIN that somebody sets in the lock's app.",
    ("SimulateUnmanagedRequest", "name"): "The name that it gets there.",
    ("UnmanagedDevicesUpdateRequest", "is_managed"): "`true` lets Locksite look after the lock.",
    ("UnmanagedGetRequest", "code"): "The PIN, together with `device_id`.",
    ("UnmanagedListRequest", "search"): "Only codes with this text in their name or id, or with "
    "exactly this PIN.",
    ("WebhooksCreateRequest", "event_types"): 'Which types are sent; left out, or `["*"]`: all.',
    ("WebhooksUpdateRequest", "event_types"): 'Which types are sent from now on, `["*"]` for all.',
}


def of_parameter(shape: str, name: str) -> str:
    """Return what a parameter means, by the class name of its shape; empty: nobody said."""
    return OF_SHAPE.get((shape, name)) or PARAMETERS.get(name, "")


RESOURCES: Mapping[str, str] = {
    "AccessCodeBody": "A PIN that we keep on one lock, and how it stands.",
    "ActionAttemptBody": "What was asked for and how it stands. It begins `pending` and ends as "
    "`success` or `error`.",
    "ConfidenceBody": "How sure we are of a code: what the claim in `status` rests on.",
    "DeliveryBody": "One event on its way to one webhook.",
    "DeviceBody": "A lock. Its `can_…` flags have three values: `true`; `false` for not now; "
    "absent where the model cannot. None is ever null.",
    "DeviceProviderBody": "A maker's service that this installation can reach. Its flags are "
    "those that some of its locks have.",
    "EventBody": "Something that happened. Each type brings fields of its own besides these.",
    "EvidenceBody": "One thing that was looked at.",
    "ExplanationBody": "Why capability flags are false or absent.",
    "FlagExplanationBody": "Why one flag is not true, on what evidence, and what to do next.",
    "GeneratedCodeBody": "A PIN that fits a lock. Nothing is kept.",
    "Pagination": "Where a list goes on.",
    "TimelineEventBody": "Something in the life of a code.",
    "UnmanagedAccessCodeBody": "A code on a lock that Locksite did not put there.",
    "UnmanagedDeviceBody": "A lock that Locksite leaves alone. Its codes are neither kept nor "
    "read.",
    "WebhookBody": "Where events are sent. It belongs to the key that made it.",
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
    "can_simulate_hub_connection": "Virtual locks: their hub can be connected again.",
    "can_simulate_hub_disconnection": "Virtual locks: their hub can be disconnected.",
    "can_simulate_paid_subscription": "Virtual locks: their paid plan can end and begin.",
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
    **_FLAGS,
    "capabilities_supported": "Older, coarser form of the flags.",
    "connected_account_id": "The account through which the lock is reached.",
    "created_at": "When Locksite first saw it.",
    "custom_metadata": "Pairs that partners keep on it.",
    "device_id": "The lock.",
    "device_type": "Such as `schlage_lock`.",
    "errors": "What stops it: `error_code`, `message`, `created_at`.",
    "is_managed": "Whether Locksite looks after it.",
    "location": "`location_name` is the property, `time_zone` the lock's own zone.",
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
        "delivered_at": "When it arrived; only then.",
        "event_id": "The event, for `/events/get`.",
        "event_type": "Such as `access_code.set_on_device`.",
        "last_attempt_at": "When it was tried last; only once it was.",
        "last_failure": "Why the last attempt failed: `answer`, `timeout`, `connection`, "
        "`address` (not allowed) or `internal`; only where one failed.",
        "last_status_code": "The status of the last answer; only where there was one.",
        "message_id": "The `svix-id` of the message, the same at every attempt.",
        "next_attempt_at": "When it is tried next; only while it waits.",
        "status": "`pending`, `delivered`, `failed` after the last attempt, or `stopped` because "
        "the webhook was changed, switched off or deleted.",
        "webhook_delivery_id": "The delivery, for `/webhooks/deliveries/retry`.",
        "webhook_id": "Its webhook.",
    },
    "DeviceBody": {
        **_DEVICE,
        "device_manufacturer": "Its maker: `manufacturer`, `display_name`.",
        "device_provider": "Who connects it: `device_provider_name`, `display_name`, "
        "`provider_category`.",
        "display_name": "The name to show: the nickname, else the one in the maker's app.",
        "explanation": "Why flags are false or absent. Not part of Seam's API.",
        "nickname": "The name given to it here; only where there is one.",
        "properties": "What its account reports, such as `online`, `battery`, `model`, "
        "`accessory_keypad`, `supported_code_lengths`, `code_constraints`, "
        "`max_active_codes_supported`.",
        "space_ids": "Always empty: there are no spaces here.",
    },
    "DeviceProviderBody": {
        **_FLAGS,
        "device_provider_name": "Its name for programs.",
        "display_name": "Its name for people.",
        "image_url": "A picture of a lock.",
        "provider_categories": "Such as `stable` and `consumer_smartlocks`.",
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
    "TimelineEventBody": {
        "actor": "Who did it: `api_key` with the public part of its key, `console_user` at "
        "the desk, `external` for others at the lock, else `system`.",
        "description": "A sentence for people.",
        "event_type": "Such as `access_code.set_on_device`, or "
        "`internal.access_code.programming_started` for a command to the lock.",
        "occurred_at": "When it happened.",
        "related_resource_ids": "The event of which `/events/get` tells more, if there is one.",
        "timeline_event_id": "This entry.",
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
    "UnmanagedDeviceBody": {
        **_DEVICE,
        "properties": "A part of what its account reports: `name`, `online`, `manufacturer`, "
        "`battery`, `model`, `accessory_keypad`.",
    },
    "WebhookBody": {
        "disabled_at": "Since when it is switched off; only then.",
        "event_types": "The types that are sent; `*` is all.",
        "secret": "What its messages are signed with. Keep it like a key.",
        "url": "Where events are sent.",
        "webhook_id": "The webhook.",
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
