"""Partner API: what partners change about locks that concerns their codes."""

from typing import Any

from accesscodes.api import device_wire as wire
from accesscodes.api.views import reached_device
from accesscodes.devices import DeviceChanges, change_device
from locksite.wire.views import CHANGE, CREATE, Call, RpcView
from properties import services


class DevicesUpdate(RpcView):
    """`/devices/update`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.DevicesUpdateRequest
    response_shape = wire.DevicesUpdateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Make all changes or none. A lock that may hold a code of ours stays managed."""
        params = call.params
        changes = DeviceChanges(
            name=(params["name"] or "") if "name" in params else None,
            custom_metadata=params.get("custom_metadata"),
            keeps_backup_codes=params.get("backup_access_code_pool_enabled"),
            is_managed=params.get("is_managed"),
        )
        change_device(reached_device(call), changes, actor=call.actor, now=call.now)
        return {}


class ReportConstraints(RpcView):
    """`/access_codes/report_device_constraints`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.ReportConstraintsRequest
    response_shape = wire.ReportConstraintsResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Go by these lengths from now on, whatever the lock's account reports."""
        params = call.params
        field = "supported_code_lengths"
        lengths = params.get(field)
        if lengths is None:
            field = "max_code_length" if "max_code_length" in params else "min_code_length"
            shortest = params.get("min_code_length", wire.SHORTEST)
            lengths = range(shortest, params.get("max_code_length", wire.LONGEST) + 1)
        services.report_code_lengths(
            reached_device(call), lengths, field=field, actor=call.actor, now=call.now
        )
        return {}
