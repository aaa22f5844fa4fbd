"""Partner API: devices and locks, in the order of the reference."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import Q, QuerySet

from locksite.wire.errors import not_found
from locksite.wire.pagination import page
from locksite.wire.views import Call, RpcView
from properties.api.filters import filtered
from properties.api.serializers import (
    LIST_LIMIT,
    DeviceProvidersRequest,
    DeviceProvidersResponse,
    DevicesGetRequest,
    DevicesGetResponse,
    DevicesListRequest,
    DevicesListResponse,
    LocksListResponse,
    service_values,
)
from properties.models import Device
from properties.past import with_past
from properties.providers import registry


def _devices(call: Call) -> QuerySet[Device]:
    return Device.objects.for_actor(call.actor).managed().select_related("property", "account")


def _named(devices: QuerySet[Device], name: str) -> QuerySet[Device]:
    """Return the locks that are shown under this name."""
    return devices.filter(Q(nickname=name) | Q(nickname="", reported_name=name))


def one_of(devices: QuerySet[Device], call: Call) -> Device:
    """Return the lock with this id, or the oldest one with this name. Raises 404."""
    if "device_id" in call.params:
        devices = devices.filter(uid=call.params["device_id"])
    if "name" in call.params:
        devices = _named(devices, call.params["name"])
    device = devices.order_by("created_at", "pk").first()
    if device is None:
        raise not_found("device", "There is no such device.")
    return device


class DevicesGet(RpcView):
    """`/devices/get`, and its older twin `/locks/get`."""

    request_shape = DevicesGetRequest
    response_shape = DevicesGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the lock with this id, or the oldest one with this name."""
        device = one_of(_devices(call), call)
        with_past([device])
        return {"device": device, "lock": device}


class DeviceProviders(RpcView):
    """`/devices/list_device_providers`."""

    request_shape = DeviceProvidersRequest
    response_shape = DeviceProvidersResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the makers' services that this installation can reach, and what they can."""
        category = call.params.get("provider_category")
        # Not by the name with a hash: partners keep the address for longer than we keep a release.
        picture = urljoin(call.url, f"{settings.STATIC_URL}lock.svg")
        return {
            "device_providers": [
                service_values(service, picture)
                for service in registry.services()
                if category is None or category in service.categories
            ]
        }


class DevicesList(RpcView):
    """`/devices/list`."""

    request_shape = DevicesListRequest
    response_shape = DevicesListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return one page of the locks within reach."""
        limit = call.params.get("limit", LIST_LIMIT)
        devices, pagination = page(filtered(_devices(call), call.params), call, limit=limit)
        return {"devices": with_past(devices), "pagination": pagination}


class LocksList(RpcView):
    """`/locks/list`: the older form of `/devices/list`."""

    request_shape = DevicesListRequest
    response_shape = LocksListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the locks within reach, under both names."""
        devices = filtered(_devices(call), call.params).order_by("created_at", "pk")
        found = with_past(list(devices[: call.params.get("limit", LIST_LIMIT)]))
        return {"devices": found, "locks": found}
