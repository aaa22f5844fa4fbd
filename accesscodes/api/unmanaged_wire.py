"""Codes that are not ours, as the partner API shows and reads them, field by field."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accesscodes.api.serializers import CODES_LIMIT, AccessCodesGetRequest, ActionAttemptBody
from accesscodes.choices import ForeignWish, Kind, Status
from accesscodes.foreign import is_convertible
from accesscodes.models import UnmanagedCode
from locksite.wire.fields import (
    Flag,
    Id,
    PinText,
    RequestShape,
    ResponseShape,
    Text,
    TimestampOut,
    Whole,
    WorkspaceIdOut,
)
from locksite.wire.filters import ListRequest
from locksite.wire.pagination import Pagination
from properties.stamps import stamp

# ---- Resource -----------------------------------------------------------------------------------


class UnmanagedAccessCodeBody(ResponseShape):
    """One code that is not ours. Wants `now` in the context, and its lock.

    `code` is null where the lock hides PINs. `cannot_be_managed` stands there only when it is so.
    """

    absent_when_empty = frozenset({"starts_at", "ends_at"})
    on_some = {"cannot_be_managed": {"type": "boolean", "enum": [True]}}

    access_code_id = serializers.UUIDField(source="uid")
    device_id = serializers.UUIDField(source="device.uid")
    workspace_id = WorkspaceIdOut()
    name = serializers.SerializerMethodField()
    code = serializers.SerializerMethodField()
    type = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    display_status = serializers.SerializerMethodField()
    created_at = TimestampOut(source="first_seen_at")
    errors = serializers.SerializerMethodField()  # type: ignore[assignment]
    warnings = serializers.SerializerMethodField()
    is_managed = serializers.SerializerMethodField()
    starts_at = TimestampOut()
    ends_at = TimestampOut()

    def to_representation(self, instance: UnmanagedCode) -> dict[str, Any]:
        """Return the body with the field that only some codes have."""
        body = super().to_representation(instance)
        if not is_convertible(instance.stranger(), instance.device.capabilities):
            body["cannot_be_managed"] = True
        return body

    def get_name(self, row: UnmanagedCode) -> str | None:
        """Return the name, if the lock keeps one."""
        return row.name or None

    def get_code(self, row: UnmanagedCode) -> str | None:
        """Return the digits: here a PIN leaves in the clear."""
        return None if row.pin is None else row.pin.open(bound_to=row.uid).digits

    def get_type(self, row: UnmanagedCode) -> str:
        """Return whether the entry has dates."""
        has_dates = row.starts_at is not None or row.ends_at is not None
        return (Kind.TIME_BOUND if has_dates else Kind.ONGOING).value

    def get_status(self, row: UnmanagedCode) -> str:
        """Return `set` while the lock opens for it, else `unset`."""
        now: datetime = self.context["now"]
        return (Status.SET if row.opens_at(now) else Status.UNSET).value

    def get_display_status(self, row: UnmanagedCode) -> str:
        """Return the status in words for people."""
        return str(Status(self.get_status(row)).label)

    def get_errors(self, row: UnmanagedCode) -> list[dict[str, Any]]:
        """Return what is wrong with a removal that was asked for, then with the lock."""
        errors: list[dict[str, Any]] = []
        if row.wish == ForeignWish.REMOVE and row.error_code:
            errors.append(
                {
                    "error_code": "failed_to_remove_from_device",
                    "message": row.error_message,
                    "created_at": stamp(row.error_since or row.seen_at),
                    "is_access_code_error": True,
                }
            )
        return [*errors, *row.device.errors]

    def get_warnings(self, row: UnmanagedCode) -> list[dict[str, Any]]:
        """Return none: all that is known of such a code is its entry."""
        return []

    def get_is_managed(self, row: UnmanagedCode) -> bool:
        """Return false."""
        return False


class _AttemptResponse(ResponseShape):
    """The attempt."""

    action_attempt = ActionAttemptBody()


class _CodeResponse(ResponseShape):
    """The code."""

    access_code = UnmanagedAccessCodeBody()


# ---- /access_codes/unmanaged/get ----


class UnmanagedGetRequest(AccessCodesGetRequest):
    """The id alone, or the lock and the PIN together."""


class UnmanagedGetResponse(_CodeResponse):
    """The code."""


# ---- /access_codes/unmanaged/list ----


class UnmanagedListRequest(ListRequest):
    """The lock whose codes are wanted, and filters."""

    device_id = Id(required=True)
    search = Text()
    limit = Whole(most=CODES_LIMIT)
    page_cursor = Text(max_length=500)


class UnmanagedListResponse(ResponseShape):
    """One page of codes, the one seen first in front."""

    access_codes = UnmanagedAccessCodeBody(many=True)
    pagination = Pagination()


# ---- /access_codes/unmanaged/convert_to_managed ----


class _Convert(RequestShape):
    access_code_id = Id(required=True)
    is_external_modification_allowed = Flag()
    force = Flag()
    sync = Flag()
    allow_external_modification = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Move the older name to the newer one, which wins."""
        if "allow_external_modification" in attrs:
            older = attrs.pop("allow_external_modification")
            attrs.setdefault("is_external_modification_allowed", older)
        return attrs


class UnmanagedConvertRequest(_Convert):
    """The code to take over. `force` changes nothing: no other workspace is known here."""


class UnmanagedConvertResponse(_AttemptResponse):
    """The attempt; it succeeds when a reading shows that the code is still there."""


# ---- /access_codes/unmanaged/update ----


class UnmanagedUpdateRequest(_Convert):
    """The older way to take a code over."""

    is_managed = Flag(required=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse everything but taking it over."""
        if attrs["is_managed"] is not True:
            raise serializers.ValidationError({"is_managed": "Only true can be asked for."})
        return super().validate(attrs)


class UnmanagedUpdateResponse(ResponseShape):
    """Nothing beyond `ok`."""


# ---- /access_codes/unmanaged/delete ----


class UnmanagedDeleteRequest(RequestShape):
    """The code to remove."""

    access_code_id = Id(required=True)
    sync = Flag()


class UnmanagedDeleteResponse(_AttemptResponse):
    """The attempt; it succeeds when a reading shows that the code is gone."""


# ---- /access_codes/simulate/create_unmanaged_access_code ----


class SimulateUnmanagedRequest(RequestShape):
    """A code that somebody makes in the app of a virtual lock."""

    device_id = Id(required=True)
    name = Text(required=True)
    code = PinText(required=True)


class SimulateUnmanagedResponse(_CodeResponse):
    """The code as it is on the lock."""
