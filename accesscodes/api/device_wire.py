"""What partners change about locks that concerns their codes, field by field."""

from typing import Any

from rest_framework import serializers

from locksite.wire.fields import (
    Flag,
    Id,
    ListOf,
    MetadataChanges,
    Nested,
    RequestShape,
    ResponseShape,
    Text,
    Whole,
)
from properties.services import NAME_LIMIT

SHORTEST, LONGEST = 4, 20


# ---- /devices/update ----


class _Properties(RequestShape):
    """The older place of the name."""

    name = Text(max_length=NAME_LIMIT, allow_null=True)


class DevicesUpdateRequest(RequestShape):
    """What shall change of a lock; absent is unchanged, and a name of null is the reported one."""

    device_id = Id(required=True)
    name = Text(max_length=NAME_LIMIT, allow_null=True)
    properties = Nested(_Properties)
    is_managed = Flag()
    custom_metadata = MetadataChanges()
    backup_access_code_pool_enabled = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Move the older name to the newer one, which wins."""
        older = attrs.pop("properties", {})
        return {**older, **attrs}


class DevicesUpdateResponse(ResponseShape):
    """Nothing beyond `ok`."""


# ---- /access_codes/report_device_constraints ----


class ReportConstraintsRequest(RequestShape):
    """How long PINs of a lock may be: a list of lengths, or the shortest and the longest."""

    device_id = Id(required=True)
    supported_code_lengths = ListOf(Whole(least=SHORTEST, most=LONGEST, is_limit=True))
    min_code_length = Whole(least=SHORTEST, most=LONGEST, is_limit=True)
    max_code_length = Whole(least=SHORTEST, most=LONGEST, is_limit=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both forms together, neither, and a range without a length."""
        has_list = "supported_code_lengths" in attrs
        has_range = not attrs.keys().isdisjoint({"min_code_length", "max_code_length"})
        if has_list == has_range:
            raise serializers.ValidationError(
                "Send supported_code_lengths, or min_code_length and max_code_length."
            )
        if has_list and not attrs["supported_code_lengths"]:
            raise serializers.ValidationError(
                {"supported_code_lengths": "Name at least one length."}
            )
        if attrs.get("min_code_length", SHORTEST) > attrs.get("max_code_length", LONGEST):
            raise serializers.ValidationError({"max_code_length": "Less than min_code_length."})
        return attrs


class ReportConstraintsResponse(ResponseShape):
    """Nothing beyond `ok`."""
