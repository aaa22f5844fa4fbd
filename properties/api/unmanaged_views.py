"""Partner API: locks that we leave alone, in the order of the reference."""

from typing import Any

from django.db.models import QuerySet

from locksite.database import write_transaction
from locksite.wire.errors import not_found
from locksite.wire.pagination import page
from locksite.wire.views import CHANGE, Call, RpcView
from properties import services
from properties.api import serializers as wire
from properties.api.filters import filtered
from properties.api.views import one_of
from properties.models import Device


def _devices(call: Call) -> QuerySet[Device]:
    rows = Device.objects.for_actor(call.actor).filter(is_managed=False)
    return rows.select_related("property", "account")


class UnmanagedDevicesGet(RpcView):
    """`/devices/unmanaged/get`."""

    request_shape = wire.DevicesGetRequest
    response_shape = wire.UnmanagedDevicesGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the lock with this id, or the oldest one with this name."""
        return {"device": one_of(_devices(call), call)}


class UnmanagedDevicesList(RpcView):
    """`/devices/unmanaged/list`."""

    request_shape = wire.DevicesListRequest
    response_shape = wire.UnmanagedDevicesListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return one page of the locks within reach."""
        limit = call.params.get("limit", wire.LIST_LIMIT)
        devices, pagination = page(filtered(_devices(call), call.params), call, limit=limit)
        return {"devices": devices, "pagination": pagination}


class UnmanagedDevicesUpdate(RpcView):
    """`/devices/unmanaged/update`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.UnmanagedDevicesUpdateRequest
    response_shape = wire.UnmanagedDevicesUpdateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Make all changes or none; a lock that becomes managed is looked at at once."""
        device = _devices(call).filter(uid=call.params["device_id"]).first()
        if device is None:
            raise not_found("device", "There is no such device.")
        with write_transaction():
            if "custom_metadata" in call.params:
                services.set_metadata(
                    device, call.params["custom_metadata"], actor=call.actor, now=call.now
                )
            if "is_managed" in call.params:
                services.manage(device, actor=call.actor, now=call.now)
        return {}
