"""Codes, action attempts and events as the partner API shows and reads them, field by field."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accesscodes.attempts import AttemptState
from accesscodes.choices import AttemptStatus, Kind, Status
from accesscodes.confidence import confidence
from accesscodes.lifecycle import Mutation, pending_mutations
from accesscodes.models import AccessCode
from locksite.journal.models import Event
from locksite.pins import SealedPin
from locksite.wire.fields import (
    Flag,
    Id,
    ListOf,
    PinText,
    RequestShape,
    ResponseShape,
    Text,
    Timestamp,
    TimestampOut,
    Whole,
    Word,
    WorkspaceIdOut,
)
from locksite.wire.filters import ListRequest
from locksite.wire.pagination import Pagination
from locksite.wire.views import json_text
from properties.stamps import stamp

# 5,000 codes take about two seconds; clients give up after thirty. Whoever has more turns pages.
CODES_LIMIT = 5_000
EVENTS_LIMIT = 500
ATTEMPTS_LIMIT = 500


# ---- Resources ----------------------------------------------------------------------------------


class ConfidenceBody(ResponseShape):
    """How sure we are of a code, what that means for its lock, and since when where it is known.

    `level`: `requested`, `accepted`, `acknowledged`, `read_back`, `used`. `about`: `presence`, or
    `removal` of a code that is on its way off the lock.
    """

    about = serializers.CharField()
    level = serializers.CharField()
    means = serializers.CharField()
    at = TimestampOut(allow_null=True)


class AccessCodeBody(ResponseShape):
    """One code. Wants `now` in the context, and a row from `AccessCode.objects.for_list`.

    `code` is null until a maker that chooses its PINs has done so. The window, and whether the
    lock has it loaded, stand there only for codes that have one.
    """

    absent_when_empty = frozenset({"starts_at", "ends_at"})
    on_some = {
        "is_scheduled_on_device": {"type": "boolean"},
        "is_waiting_for_code_assignment": {"type": "boolean", "enum": [True]},
        "is_backup": {"type": "boolean", "enum": [True]},
    }

    access_code_id = serializers.UUIDField(source="uid")
    device_id = serializers.UUIDField(source="device.uid")
    workspace_id = WorkspaceIdOut()
    name = serializers.CharField()
    code = serializers.SerializerMethodField()
    type = serializers.CharField(source="kind")
    status = serializers.CharField()
    display_status = serializers.SerializerMethodField()
    created_at = TimestampOut()
    errors = serializers.SerializerMethodField()  # type: ignore[assignment]
    warnings = serializers.SerializerMethodField()
    pending_mutations = serializers.SerializerMethodField()
    is_managed = serializers.SerializerMethodField()
    common_code_key = serializers.CharField(allow_null=True)
    is_external_modification_allowed = serializers.BooleanField()
    is_offline_access_code = serializers.BooleanField(source="is_offline")
    is_one_time_use = serializers.BooleanField()
    is_backup_access_code_available = serializers.BooleanField(source="has_backup")
    pulled_backup_access_code_id = serializers.SerializerMethodField()
    starts_at = TimestampOut()
    ends_at = TimestampOut()
    confidence = serializers.SerializerMethodField()

    def to_representation(self, instance: AccessCode) -> dict[str, Any]:
        """Return the body with the fields that only some codes have."""
        # Wanted by more than one field below, and not cheap.
        self._facts = instance.wish(), instance.installed(), instance.terms()
        body = super().to_representation(instance)
        if instance.kind == Kind.TIME_BOUND:
            body["is_scheduled_on_device"] = instance.is_scheduled_on_device
        if instance.pin is None:
            body["is_waiting_for_code_assignment"] = True
        if instance.is_backup:
            body["is_backup"] = True
        return body

    def get_code(self, code: AccessCode) -> str | None:
        """Return the digits: here a PIN leaves in the clear."""
        return _digits(code.pin, code)

    def get_display_status(self, code: AccessCode) -> str:
        """Return the status in words for people."""
        return str(Status(code.status).label)

    def get_errors(self, code: AccessCode) -> list[dict[str, Any]]:
        """Return what is wrong with the code, then what is wrong with its lock."""
        return [*code.errors, *code.device.errors]

    def get_warnings(self, code: AccessCode) -> list[dict[str, Any]]:
        """Return what is odd about the code, and that a spare is used in its place."""
        spare = code.backup_in_use
        if spare is None:
            return list(code.warnings)
        using = {
            "warning_code": "using_backup_access_code",
            "message": "A backup code is used in place of this one.",
            "created_at": stamp(spare.starts_at or spare.created_at),
        }
        return [*code.warnings, using]

    def get_pending_mutations(self, code: AccessCode) -> list[dict[str, Any]]:
        """Return what is on its way to the lock."""
        pending = pending_mutations(*self._facts, code.summary(), self.context["now"])
        return [_mutation(each, code) for each in pending]

    def get_is_managed(self, code: AccessCode) -> bool:
        """Return true: codes that are not ours are not served here."""
        return True

    @extend_schema_field(ConfidenceBody)
    def get_confidence(self, code: AccessCode) -> dict[str, Any]:
        """Return how sure we are of it."""
        wish, installed, terms = self._facts
        # A code that never left has opened no door: nothing to ask.
        may_have_opened = installed.was_ever_sent or (code.is_offline and code.pin is not None)
        found = confidence(
            wish,
            installed,
            terms,
            self.context["now"],
            opened_at=code.opened_at if may_have_opened else None,
        )
        return ConfidenceBody.show(found)

    def get_pulled_backup_access_code_id(self, code: AccessCode) -> str | None:
        """Return the id of the spare that was pulled for it."""
        return None if code.pulled_backup is None else str(code.pulled_backup.uid)


def _digits(pin: SealedPin | None, owner: Any) -> str | None:
    return None if pin is None else pin.open(bound_to=owner.uid).digits


def _mutation(mutation: Mutation, code: AccessCode) -> dict[str, Any]:
    body: dict[str, Any] = {
        "mutation_code": mutation.mutation_code,
        "message": mutation.message,
        "created_at": stamp(mutation.created_at),
    }
    if mutation.scheduled_at is not None:
        body["scheduled_at"] = stamp(mutation.scheduled_at)
    if mutation.mutation_code == "updating_code":
        entry = code.installation
        body["from"] = {"code": None if entry is None else _digits(entry.pin, entry)}
        body["to"] = {"code": _digits(code.pin, code)}
    elif mutation.before is not None and mutation.after is not None:
        body["from"] = _plain(mutation.before)
        body["to"] = _plain(mutation.after)
    return body


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: stamp(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


class ActionAttemptBody(ResponseShape):
    """What was asked for and how it stands: all five are always there. Takes `attempt_values`."""

    action_attempt_id = serializers.UUIDField()
    action_type = serializers.CharField()
    status = serializers.CharField()
    result = serializers.DictField(allow_null=True)
    error = serializers.DictField(allow_null=True)


def attempt_values(attempt: Any, state: AttemptState | None = None) -> dict[str, Any]:
    """Return the values of `ActionAttemptBody`; without a state the attempt has just begun."""
    state = state or AttemptState(AttemptStatus.PENDING)
    error = None
    if state.status is AttemptStatus.ERROR:
        error = {"type": state.error_type, "message": state.error_message}
    return {
        "action_attempt_id": attempt.uid,
        "action_type": attempt.action_type,
        "status": state.status,
        "result": state.result,
        "error": error,
    }


class EventBody(ResponseShape):
    """Something that happened, with the fields of its type."""

    absent_when_empty = frozenset(
        {"device_id", "connected_account_id", "access_code_id", "action_attempt_id"}
    )

    event_id = serializers.UUIDField(source="uid")
    event_type = serializers.CharField()
    workspace_id = WorkspaceIdOut()
    device_id = serializers.UUIDField(source="device_uid")
    connected_account_id = serializers.UUIDField(source="connected_account_uid")
    created_at = TimestampOut()
    occurred_at = TimestampOut()
    access_code_id = serializers.UUIDField(source="access_code_uid")
    action_attempt_id = serializers.UUIDField(source="action_attempt_uid")

    def to_representation(self, instance: Event) -> dict[str, Any]:
        """Return the event; the PIN, where its type carries one, leaves in the clear here."""
        body = {**super().to_representation(instance), **instance.payload}
        if instance.pin is not None:
            body["code"] = _digits(instance.pin, instance)
        return body


def event_text(event: Event) -> str:
    """Return the event as `/events/get` shows it, byte by byte: the body of a webhook."""
    return json_text(EventBody.show(event))


# ---- /access_codes/create ----


ROUNDINGS = {
    "1hour": timedelta(hours=1),
    "1day": timedelta(days=1),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}


class _Options(RequestShape):
    """What create and update have in common; older names of the same thing at the end."""

    code = PinText()
    preferred_code_length = Whole(least=0, most=100)
    prefer_native_scheduling = Flag()
    is_external_modification_allowed = Flag()
    use_backup_access_code_pool = Flag()
    is_offline_access_code = Flag()
    is_one_time_use = Flag()
    attempt_for_offline_device = Flag()
    max_time_rounding = Word(words=tuple(ROUNDINGS))
    sync = Flag()
    allow_external_modification = Flag()
    use_offline_access_code = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Move the older names to the newer ones, which win."""
        for old, new in (
            ("allow_external_modification", "is_external_modification_allowed"),
            ("use_offline_access_code", "is_offline_access_code"),
        ):
            if old in attrs:
                attrs.setdefault(new, attrs.pop(old))
        return attrs


class AccessCodesCreateRequest(_Options):
    """A new code; without a window it is ongoing, without a PIN one is drawn."""

    device_id = Id(required=True)
    name = Text()
    starts_at = Timestamp()
    ends_at = Timestamp()
    common_code_key = Text()


class AccessCodesCreateResponse(ResponseShape):
    """The code as it stands at once, and the attempt to put it on the lock."""

    access_code = AccessCodeBody()
    action_attempt = ActionAttemptBody()


# ---- /access_codes/get ----


class AccessCodesGetRequest(RequestShape):
    """The id alone, or the lock and the PIN together."""

    access_code_id = Id()
    device_id = Id()
    code = PinText()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a request that names no code, or names it in two ways."""
        has_id, has_pair = "access_code_id" in attrs, {"device_id", "code"} <= attrs.keys()
        if has_id and "code" in attrs:
            raise serializers.ValidationError("Send access_code_id or code, not both.")
        if not has_id and not has_pair:
            raise serializers.ValidationError("Send access_code_id, or device_id and code.")
        return attrs


class AccessCodesGetResponse(ResponseShape):
    """The code."""

    access_code = AccessCodeBody()


# ---- /access_codes/list ----


class AccessCodesListRequest(ListRequest):
    """Filters; all of them must hold. Without any: all codes within reach."""

    device_id = Id()
    access_code_ids = ListOf(Id())
    search = Text()
    limit = Whole(most=CODES_LIMIT)
    page_cursor = Text(max_length=500)


class AccessCodesListResponse(ResponseShape):
    """One page of codes, oldest first."""

    access_codes = AccessCodeBody(many=True)
    pagination = Pagination()


# ---- /access_codes/update ----


class AccessCodesUpdateRequest(_Options):
    """What shall change; absent is unchanged, and null for both times clears them."""

    access_code_id = Id(required=True)
    device_id = Id()
    name = Text()
    starts_at = Timestamp(allow_null=True)
    ends_at = Timestamp(allow_null=True)
    type = Word(words=("ongoing", "time_bound"))
    is_managed = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to give a code out of hand, and times for a code that shall have none."""
        times = [attrs[name] for name in ("starts_at", "ends_at") if name in attrs]
        if attrs.get("is_managed") is False:
            raise serializers.ValidationError(
                {"is_managed": "Codes cannot be given out of Locksite's hands."}
            )
        for name in ("is_offline_access_code", "use_offline_access_code", "is_one_time_use"):
            if attrs.get(name):
                raise serializers.ValidationError(
                    {name: "Chosen when a code is made; issue another one."}
                )
        if attrs.get("type") == "ongoing" and any(times):
            raise serializers.ValidationError("An ongoing code has no starts_at and ends_at.")
        if times == [None, None]:
            attrs["type"] = "ongoing"
        elif None in times:
            raise serializers.ValidationError("Clear both starts_at and ends_at, or neither.")
        return super().validate(attrs)


class AccessCodesUpdateResponse(ResponseShape):
    """The attempt to bring the change to the lock."""

    action_attempt = ActionAttemptBody()


# ---- /access_codes/delete ----


class AccessCodesDeleteRequest(RequestShape):
    """The code to remove."""

    access_code_id = Id(required=True)
    device_id = Id()
    sync = Flag()


class AccessCodesDeleteResponse(ResponseShape):
    """The attempt to take it off the lock."""

    action_attempt = ActionAttemptBody()


# ---- /access_codes/create_multiple ----


class AccessCodesCreateMultipleRequest(RequestShape):
    """One code for several locks, all of them or none."""

    device_ids = ListOf(Id(), required=True)
    name = Text()
    code = PinText()
    preferred_code_length = Whole(least=0, most=100)
    starts_at = Timestamp()
    ends_at = Timestamp()
    behavior_when_code_cannot_be_shared = Word(words=("throw", "create_random_code"))
    prefer_native_scheduling = Flag()
    is_external_modification_allowed = Flag()
    use_backup_access_code_pool = Flag()
    attempt_for_offline_device = Flag()
    allow_external_modification = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Move the older name to the newer one, which wins."""
        if "allow_external_modification" in attrs:
            older = attrs.pop("allow_external_modification")
            attrs.setdefault("is_external_modification_allowed", older)
        return attrs


class AccessCodesCreateMultipleResponse(ResponseShape):
    """The codes, in the order of the locks."""

    access_codes = AccessCodeBody(many=True)


# ---- /access_codes/update_multiple ----


class AccessCodesUpdateMultipleRequest(RequestShape):
    """What shall change of all codes that are linked by a key."""

    common_code_key = Text(required=True)
    name = Text()
    starts_at = Timestamp()
    ends_at = Timestamp()


class AccessCodesUpdateMultipleResponse(ResponseShape):
    """Nothing beyond `ok`."""


# ---- /access_codes/pull_backup_access_code ----


class AccessCodesPullBackupRequest(RequestShape):
    """The code in whose place a spare is wanted."""

    access_code_id = Id(required=True)


class AccessCodesPullBackupResponse(ResponseShape):
    """The spare, under the name of today and under the older one."""

    access_code = AccessCodeBody()
    backup_access_code = AccessCodeBody()


# ---- /access_codes/generate_code ----


class AccessCodesGenerateCodeRequest(RequestShape):
    """The lock that a PIN is wanted for."""

    device_id = Id(required=True)


class GeneratedCodeBody(ResponseShape):
    """A PIN that fits a lock; nothing is kept."""

    device_id = serializers.UUIDField()
    code = serializers.CharField()


class AccessCodesGenerateCodeResponse(ResponseShape):
    """The PIN."""

    generated_code = GeneratedCodeBody()


# ---- /action_attempts/get ----


class ActionAttemptsGetRequest(RequestShape):
    """The attempt to ask about."""

    action_attempt_id = Id(required=True)


class ActionAttemptsGetResponse(ResponseShape):
    """How it stands now."""

    action_attempt = ActionAttemptBody()


# ---- /action_attempts/list ----


class ActionAttemptsListRequest(ListRequest):
    """Filters; all of them must hold."""

    action_attempt_ids = ListOf(Id())
    device_id = Id()
    limit = Whole(most=ATTEMPTS_LIMIT)
    page_cursor = Text(max_length=500)


class ActionAttemptsListResponse(ResponseShape):
    """One page of attempts, oldest first."""

    action_attempts = ActionAttemptBody(many=True)
    pagination = Pagination()


# ---- /events/get, /events/list ----


class EventsGetRequest(RequestShape):
    """One event by its id, or the newest of a type, of a lock, or of both."""

    event_id = Id()
    event_type = Text()
    device_id = Id()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a request that names no event."""
        if not attrs:
            raise serializers.ValidationError("Send event_id, event_type or device_id.")
        return attrs


class EventsGetResponse(ResponseShape):
    """The event."""

    event = EventBody()


class EventsListRequest(ListRequest):
    """A span of time by when events were written, both bounds exclusive, and filters."""

    since = Timestamp()
    between = ListOf(Timestamp())
    event_ids = ListOf(Id())
    event_type = Text()
    event_types = ListOf(Text())
    device_id = Id()
    device_ids = ListOf(Id())
    access_code_id = Id()
    access_code_ids = ListOf(Id())
    connected_account_id = Id()
    limit = Whole(most=EVENTS_LIMIT)
    unstable_offset = Whole(least=0, most=1_000_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse no span, two spans, and a span of anything but two times."""
        spans = attrs.keys() & {"since", "between"}
        if len(spans) > 1:
            raise serializers.ValidationError("Send since or between, not both.")
        if not spans and "event_ids" not in attrs:
            raise serializers.ValidationError("Send since or between.")
        if "between" in attrs and len(attrs["between"]) != 2:
            raise serializers.ValidationError({"between": "Send two times."})
        return attrs


class EventsListResponse(ResponseShape):
    """Events, newest first; not in pages."""

    events = EventBody(many=True)


# ---- /locks/simulate/keypad_code_entry ----


class KeypadCodeEntryRequest(RequestShape):
    """A PIN typed at the keypad of a virtual lock."""

    device_id = Id(required=True)
    code = PinText(required=True)
    sync = Flag()


class KeypadCodeEntryResponse(ResponseShape):
    """The attempt, which is over already."""

    action_attempt = ActionAttemptBody()
