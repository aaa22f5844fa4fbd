"""Partner API: doors that are locked and unlocked, from afar and at their keypads."""

from typing import Any, ClassVar

from rest_framework import serializers

from accesscodes import attempts, bolts
from accesscodes.api.serializers import ActionAttemptBody, attempt_values
from accesscodes.api.views import reached_device
from accesscodes.openings import lock_at_keypad
from locksite.wire.fields import Flag, Id, RequestShape, ResponseShape, Whole
from locksite.wire.views import CREATE, Call, RpcView


class MoveBoltRequest(RequestShape):
    """The door. `sync` is taken and changes nothing: no door is waited for in a request."""

    device_id = Id(required=True)
    sync = Flag()


class ConfigureAutoLockRequest(RequestShape):
    """The door, and whether and when it locks itself."""

    device_id = Id(required=True)
    auto_lock_enabled = Flag(required=True)
    auto_lock_delay_seconds = Whole(least=1, most=60, is_limit=True)
    sync = Flag()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a delay for a door that shall not lock itself."""
        if not attrs["auto_lock_enabled"] and "auto_lock_delay_seconds" in attrs:
            raise serializers.ValidationError(
                {"auto_lock_delay_seconds": "Only where auto_lock_enabled is true."}
            )
        return attrs


class ManualLockRequest(RequestShape):
    """The virtual lock at which somebody presses the key that locks."""

    device_id = Id(required=True)


class AttemptResponse(ResponseShape):
    """The attempt."""

    action_attempt = ActionAttemptBody()


class _AtDoor(RpcView):
    verbs = CREATE
    changes_something = True
    request_shape = MoveBoltRequest
    response_shape = AttemptResponse
    action_type: ClassVar[str]

    def answer(self, call: Call) -> dict[str, Any]:
        """Ask for it once; an engine does it within seconds, or it has failed."""
        attempt = bolts.ask(reached_device(call), self.action_type, actor=call.actor, now=call.now)
        return {"action_attempt": attempt_values(attempt)}


class LockDoor(_AtDoor):
    """`/locks/lock_door`."""

    action_type = bolts.LOCK


class UnlockDoor(_AtDoor):
    """`/locks/unlock_door`."""

    action_type = bolts.UNLOCK


class ConfigureAutoLock(RpcView):
    """`/locks/configure_auto_lock`."""

    verbs = CREATE
    changes_something = True
    request_shape = ConfigureAutoLockRequest
    response_shape = AttemptResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Ask for it once, as for a door that is to be locked."""
        after = call.params.get("auto_lock_delay_seconds", bolts.AUTO_LOCK_AFTER)
        attempt = bolts.ask(
            reached_device(call),
            bolts.AUTO_LOCK,
            actor=call.actor,
            now=call.now,
            auto_lock_after=after if call.params["auto_lock_enabled"] else None,
        )
        return {"action_attempt": attempt_values(attempt)}


class SimulateManualLock(RpcView):
    """`/locks/simulate/manual_lock_via_keypad`: on virtual locks alone."""

    verbs = CREATE
    changes_something = True
    request_shape = ManualLockRequest
    response_shape = AttemptResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Press the key. Where nobody can press it, the attempt has failed."""
        device = reached_device(call)
        reason = lock_at_keypad(device, actor=call.actor, now=call.now)
        attempt = attempts.final(
            attempts.SIMULATE_MANUAL_LOCK,
            device,
            now=call.now,
            error=(reason, "Nobody can press a key at this lock now.") if reason else None,
        )
        return {"action_attempt": attempt_values(attempt, attempts.state(attempt, call.now))}
