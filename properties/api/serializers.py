"""Locks as the partner API shows them, and what their endpoints read. The wire, field by field."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
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
    TextMap,
    Timestamp,
    TimestampOut,
    Whole,
    Word,
    WorkspaceIdOut,
)
from locksite.wire.filters import ListRequest
from locksite.wire.pagination import Pagination
from properties.api.filters import FLAGS
from properties.capabilities import lock_verdict
from properties.explanation import FlagExplanation, explain
from properties.models import Device
from properties.past import past_of
from properties.providers.base import ServiceReport
from properties.stamps import stamp

LIST_LIMIT = 500
CATEGORIES = (
    *("stable", "consumer_smartlocks", "beta", "thermostats", "noise_sensors"),
    *("access_control_systems", "cameras", "connectors"),
)


def capabilities(device: Device) -> list[str]:
    """Return the older, coarser form of the flags."""
    takes_codes = any(name.startswith("can_program_") for name in device.flags)
    return ["access_code", "lock"] if takes_codes else ["lock"]


def location(device: Device) -> dict[str, str]:
    """Return the house and the lock's own zone, each only where it is known."""
    house = device.property
    known = {"location_name": house.name} if house else {}
    return known | ({"time_zone": device.time_zone} if device.time_zone else {})


# ---- Resources ----------------------------------------------------------------------------------


class EvidenceBody(ResponseShape):
    """One thing that was looked at: what, how it stands, the field behind it, as of when."""

    what = serializers.CharField()
    said = serializers.CharField()
    field = serializers.CharField()
    at = TimestampOut(allow_null=True)


class FlagExplanationBody(ResponseShape):
    """Why one flag is not true, on what evidence, and what to do next."""

    reported = serializers.SerializerMethodField()
    cause = serializers.CharField()
    reason = serializers.CharField()
    likely_cause = serializers.CharField()
    next_steps = serializers.ListField(child=serializers.CharField())
    since = TimestampOut(allow_null=True)
    codes = serializers.ListField(child=serializers.CharField())
    evidence = EvidenceBody(many=True)

    def get_reported(self, explained: FlagExplanation) -> str:
        """Return `false` (not now) or `absent` (the model cannot)."""
        return "absent" if explained.is_absent else "false"


class ExplanationBody(ResponseShape):
    """Why flags are false or absent, by flag; empty where all are true.

    `checked_at`: when the account last told of the lock; `age_seconds`: how long ago that is.
    """

    checked_at = TimestampOut(allow_null=True)
    age_seconds = serializers.IntegerField(allow_null=True)
    flags = serializers.DictField(child=FlagExplanationBody())


class DeviceBody(ResponseShape):
    """One lock.

    Its `can_…` flags stand among the other fields, and only those that it has: a missing flag says
    "this model cannot", `false` says "not now", and none is ever null. Wants `now` in the context;
    a row that did not go through `with_past` costs a query.
    """

    absent_when_empty = frozenset(
        {"nickname", "location", "device_manufacturer", "device_provider"}
    )
    on_some = {flag: {"type": "boolean"} for flag in sorted(FLAGS)}

    device_id = serializers.UUIDField(source="uid")
    device_type = serializers.CharField()
    display_name = serializers.CharField()
    nickname = serializers.CharField()
    capabilities_supported = serializers.SerializerMethodField()
    properties = serializers.SerializerMethodField()
    location = serializers.SerializerMethodField()
    device_manufacturer = serializers.JSONField(source="manufacturer")
    device_provider = serializers.JSONField(source="provider")
    connected_account_id = serializers.UUIDField(source="account.uid")
    workspace_id = WorkspaceIdOut()
    space_ids = serializers.SerializerMethodField()
    custom_metadata = serializers.JSONField()
    errors = serializers.JSONField(source="all_errors")  # type: ignore[assignment]
    warnings = serializers.JSONField(source="all_warnings")
    created_at = TimestampOut()
    is_managed = serializers.BooleanField()
    explanation = serializers.SerializerMethodField()

    def to_representation(self, instance: Device) -> dict[str, Any]:
        """Return the body with the flags of this lock."""
        return {**super().to_representation(instance), **instance.flags}

    def get_capabilities_supported(self, device: Device) -> list[str]:
        """Return the older, coarser form of the flags."""
        return capabilities(device)

    def get_properties(self, device: Device) -> dict[str, Any]:
        """Return what the account reports, with what a reader may count on."""
        name = device.reported_name
        body = {"name": name, "appearance": {"name": name}, "online": False, **device.properties}
        if body.get("supports_backup_access_code_pool"):
            body["backup_access_code_pool_enabled"] = device.keeps_backup_codes
        return body

    def get_location(self, device: Device) -> dict[str, str]:
        """Return the house and the lock's own zone, each only where it is known."""
        return location(device)

    def get_space_ids(self, device: Device) -> list[str]:
        """Return nothing: locks are not grouped into spaces here."""
        return []

    @extend_schema_field(ExplanationBody)
    def get_explanation(self, device: Device) -> dict[str, Any]:
        """Return why flags are false or absent."""
        now: datetime = self.context["now"]
        past = device.past
        if past is None:
            past = past_of([device.uid]).get(device.uid, ())
        # Slots are not counted here: a full lock keeps its flags.
        facts = device.facts(codes_used=0, recent=past)
        stale_after = timedelta(minutes=settings.LOCKSITE_STALE_MINUTES)
        verdict = lock_verdict(facts, now, stale_after=stale_after)
        at = device.reported_at
        return {
            "checked_at": at and stamp(at),
            "age_seconds": at and max(0, int((now - at).total_seconds())),
            "flags": {
                explained.flag: FlagExplanationBody.show(explained)
                for explained in explain(facts, verdict)
            },
        }


class UnmanagedDeviceBody(ResponseShape):
    """A lock that we leave alone: what its account says of it, the rules for codes left out."""

    absent_when_empty = frozenset({"location"})
    on_some = DeviceBody.on_some

    device_id = serializers.UUIDField(source="uid")
    device_type = serializers.CharField()
    capabilities_supported = serializers.SerializerMethodField()
    properties = serializers.SerializerMethodField()
    location = serializers.SerializerMethodField()
    connected_account_id = serializers.UUIDField(source="account.uid")
    workspace_id = WorkspaceIdOut()
    custom_metadata = serializers.JSONField()
    errors = serializers.JSONField()  # type: ignore[assignment]
    warnings = serializers.JSONField()
    created_at = TimestampOut()
    is_managed = serializers.BooleanField()

    def to_representation(self, instance: Device) -> dict[str, Any]:
        """Return the body with the flags of this lock."""
        return {**super().to_representation(instance), **instance.flags}

    def get_capabilities_supported(self, device: Device) -> list[str]:
        """Return the older, coarser form of the flags."""
        return capabilities(device)

    def get_properties(self, device: Device) -> dict[str, Any]:
        """Return the part of what the account reports that is told of such a lock."""
        model = {"display_name": device.device_type, "manufacturer_display_name": ""}
        known = {"name": device.reported_name, "online": False, "model": model}
        told = {name: device.properties[name] for name in _TOLD if name in device.properties}
        return known | told

    def get_location(self, device: Device) -> dict[str, str]:
        """Return the house and the lock's own zone, each only where it is known."""
        return location(device)


_TOLD = (
    *("name", "online", "manufacturer", "image_url", "image_alt_text", "battery"),
    *("battery_level", "model", "accessory_keypad"),
)


# ---- /devices/get, /locks/get ----


class DevicesGetRequest(RequestShape):
    """One of the two is needed."""

    device_id = Id()
    name = Text()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a request that names no lock."""
        if not attrs:
            raise serializers.ValidationError("Send device_id or name.")
        return attrs


class DevicesGetResponse(ResponseShape):
    """The lock, under the name of today and under the one of `/locks/get`."""

    device = DeviceBody()
    lock = DeviceBody()


# ---- /devices/list_device_providers ----


class DeviceProviderBody(ResponseShape):
    """A maker's service. Its flags are those that some of its locks have."""

    on_some = {flag: {"type": "boolean"} for flag in sorted(FLAGS)}

    device_provider_name = serializers.CharField(source="name")
    display_name = serializers.CharField()
    image_url = serializers.CharField()
    provider_categories = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with the flags."""
        return {**super().to_representation(instance), **dict.fromkeys(instance["flags"], True)}


def service_values(service: ServiceReport, image_url: str) -> dict[str, Any]:
    """Return the values of `DeviceProviderBody`."""
    return {
        "name": service.name,
        "display_name": service.display_name,
        "image_url": image_url,
        "provider_categories": service.categories,
        "flags": sorted(service.flags),
    }


class DeviceProvidersRequest(RequestShape):
    """Those of one category; without it all."""

    provider_category = Word(words=CATEGORIES)


class DeviceProvidersResponse(ResponseShape):
    """The services that this installation can reach."""

    device_providers = DeviceProviderBody(many=True)


# ---- /devices/list, /locks/list ----


class DevicesListRequest(ListRequest):
    """Filters; all of them must hold."""

    device_ids = ListOf(Id())
    connected_account_id = Id()
    connected_account_ids = ListOf(Id())
    device_type = Text()
    device_types = ListOf(Text())
    manufacturer = Text()
    search = Text()
    custom_metadata_has = TextMap()
    include_if = ListOf(Text())
    exclude_if = ListOf(Text())
    created_before = Timestamp()
    limit = Whole(most=LIST_LIMIT)
    page_cursor = Text(max_length=500)


class DevicesListResponse(ResponseShape):
    """One page of locks, oldest first."""

    devices = DeviceBody(many=True)
    pagination = Pagination()


class LocksListResponse(ResponseShape):
    """All locks, under the name of today and under the older one; not in pages."""

    devices = DeviceBody(many=True)
    locks = DeviceBody(many=True)


# ---- /devices/unmanaged/get ----


class UnmanagedDevicesGetResponse(ResponseShape):
    """The lock."""

    device = UnmanagedDeviceBody()


# ---- /devices/unmanaged/list ----


class UnmanagedDevicesListResponse(ResponseShape):
    """One page of locks, oldest first."""

    devices = UnmanagedDeviceBody(many=True)
    pagination = Pagination()


# ---- /devices/unmanaged/update ----


class UnmanagedDevicesUpdateRequest(RequestShape):
    """What shall change of a lock that we leave alone."""

    device_id = Id(required=True)
    is_managed = Flag()
    custom_metadata = MetadataChanges()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to ask for what is so already."""
        if attrs.get("is_managed") is False:
            raise serializers.ValidationError({"is_managed": "Only true can be asked for."})
        return attrs


class UnmanagedDevicesUpdateResponse(ResponseShape):
    """Nothing beyond `ok`."""


# ---- /devices/report_provider_metadata ----


class _Zone(RequestShape):
    """What is known of a lock in its maker's app."""

    time_zone = Text(max_length=60)


class _Known(RequestShape):
    """A lock and what is known of it; each maker has a key of its own."""

    device_id = Id(required=True)
    ultraloq_metadata = Nested(_Zone)
    schlage_metadata = Nested(_Zone)
    omnitec_metadata = Nested(_Zone)


class ReportMetadataRequest(RequestShape):
    """What partners know of locks and their makers' services do not tell."""

    devices = ListOf(Nested(_Known), required=True)


class ReportMetadataResponse(ResponseShape):
    """Nothing beyond `ok`."""


# ---- /devices/simulate/… ----


class SimulateRequest(RequestShape):
    """The virtual lock that something shall happen to."""

    device_id = Id(required=True)


class SimulatePlanRequest(SimulateRequest):
    """The virtual lock, and whether its paid plan has ended."""

    is_expired = Flag(required=True)


class SimulateResponse(ResponseShape):
    """Nothing beyond `ok`."""
