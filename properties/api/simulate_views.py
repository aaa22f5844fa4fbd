"""Partner API: what partners let happen to virtual locks, and what they know of locks."""

from typing import Any, ClassVar

from locksite.wire.errors import invalid_input, not_found
from locksite.wire.views import CREATE, Call, RpcView
from properties import simulation
from properties.api import serializers as wire
from properties.models import Device
from properties.simulation import Happening


def _device(call: Call, uid: Any) -> Device:
    devices = Device.objects.for_actor(call.actor).managed().select_related("account")
    device = devices.filter(uid=uid).first()
    if device is None:
        raise not_found("device", "There is no such device.")
    return device


class ReportMetadata(RpcView):
    """`/devices/report_provider_metadata`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.ReportMetadataRequest
    response_shape = wire.ReportMetadataResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Tell locks their time zones, all or none."""
        zones = [
            (_device(call, known["device_id"]), maker, known[maker]["time_zone"])
            for known in call.params["devices"]
            for maker in simulation.ZONED
            if "time_zone" in known.get(maker, {})
        ]
        if not zones:
            raise invalid_input("Send the time_zone of at least one device.", "devices")
        simulation.report_time_zones(zones, actor=call.actor, now=call.now)
        return {}


class _Simulate(RpcView):
    """Something that happens to a virtual lock, and is seen at once."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.SimulateRequest
    response_shape = wire.SimulateResponse
    happening: ClassVar[Happening]

    def answer(self, call: Call) -> dict[str, Any]:
        """Let it happen, on virtual locks alone; the flag of the lock says whether it can."""
        device = _device(call, call.params["device_id"])
        simulation.simulate(device, self.chosen(call), actor=call.actor, now=call.now)
        return {}

    def chosen(self, call: Call) -> Happening:
        """Return what happens."""
        return self.happening


class SimulateConnect(_Simulate):
    """`/devices/simulate/connect`."""

    happening = simulation.CONNECT


class SimulateDisconnect(_Simulate):
    """`/devices/simulate/disconnect`."""

    happening = simulation.DISCONNECT


class SimulateRemove(_Simulate):
    """`/devices/simulate/remove`."""

    happening = simulation.REMOVE


class SimulateConnectToHub(_Simulate):
    """`/devices/simulate/connect_to_hub`."""

    happening = simulation.CONNECT_TO_HUB


class SimulateDisconnectFromHub(_Simulate):
    """`/devices/simulate/disconnect_from_hub`."""

    happening = simulation.DISCONNECT_FROM_HUB


class SimulatePaidSubscription(_Simulate):
    """`/devices/simulate/paid_subscription`."""

    request_shape = wire.SimulatePlanRequest

    def chosen(self, call: Call) -> Happening:
        """Return whether the plan ends or begins."""
        return simulation.PLAN_ENDS if call.params["is_expired"] else simulation.PLAN_BEGINS
