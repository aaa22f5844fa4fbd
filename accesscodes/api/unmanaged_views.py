"""Partner API: codes that are not ours, in the order of the reference."""

from typing import Any

from django.db.models import F

from accesscodes import attempts, takeover
from accesscodes.api import unmanaged_wire as wire
from accesscodes.api.filters import matching
from accesscodes.api.serializers import CODES_LIMIT, attempt_values
from accesscodes.api.views import reached_device
from accesscodes.models import UnmanagedCode, UnmanagedCodeQuerySet
from accesscodes.simulation import make_foreign_code
from locksite.actors import Actor
from locksite.pins import index_of
from locksite.wire.errors import not_found
from locksite.wire.filters import finds_nothing
from locksite.wire.pagination import page
from locksite.wire.views import CHANGE, CREATE, REMOVE, Call, RpcView


def _rows(actor: Actor) -> UnmanagedCodeQuerySet:
    rows = UnmanagedCode.objects.for_actor(actor).live().filter(device__is_managed=True)
    return rows.select_related("device")


def _row(call: Call) -> UnmanagedCode:
    rows = _rows(call.actor)
    if "access_code_id" in call.params:
        row = rows.filter(uid=call.params["access_code_id"]).first()
    else:
        device_uid, pin = call.params["device_id"], call.params["code"]
        found = rows.filter(device__uid=device_uid, pin_index=index_of(device_uid, pin))
        row = found.order_by("pk").first()
    if row is None:
        raise not_found("access_code", "There is no such access code.")
    return row


def _options(call: Call) -> dict[str, Any]:
    name = "is_external_modification_allowed"
    return {name: call.params[name]} if name in call.params else {}


class UnmanagedGet(RpcView):
    """`/access_codes/unmanaged/get`."""

    request_shape = wire.UnmanagedGetRequest
    response_shape = wire.UnmanagedGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the code, as long as the last reading showed it."""
        return {"access_code": _row(call)}


class UnmanagedList(RpcView):
    """`/access_codes/unmanaged/list`."""

    request_shape = wire.UnmanagedListRequest
    response_shape = wire.UnmanagedListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return one page of what the last reading of the lock showed."""
        rows = _rows(call.actor).filter(device__uid=call.params["device_id"])
        if finds_nothing(call.params):
            rows = rows.none()
        if call.params.get("search"):
            rows = rows.filter(matching(call.params["search"], call))
        limit = call.params.get("limit", CODES_LIMIT)
        found, pagination = page(rows.annotate(created_at=F("first_seen_at")), call, limit=limit)
        return {"access_codes": found, "pagination": pagination}


class UnmanagedConvert(RpcView):
    """`/access_codes/unmanaged/convert_to_managed`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.UnmanagedConvertRequest
    response_shape = wire.UnmanagedConvertResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Ask for it; the next reading decides."""
        attempt = attempts.convert(_row(call), actor=call.actor, now=call.now, **_options(call))
        return {"action_attempt": attempt_values(attempt)}


class UnmanagedUpdate(RpcView):
    """`/access_codes/unmanaged/update`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.UnmanagedUpdateRequest
    response_shape = wire.UnmanagedUpdateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Ask for the same as `convert_to_managed`."""
        takeover.convert_to_managed(_row(call), actor=call.actor, now=call.now, **_options(call))
        return {}


class UnmanagedDelete(RpcView):
    """`/access_codes/unmanaged/delete`."""

    verbs = REMOVE
    changes_something = True
    request_shape = wire.UnmanagedDeleteRequest
    response_shape = wire.UnmanagedDeleteResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Ask for it; the engine removes just this entry."""
        attempt = attempts.remove_unmanaged(_row(call), actor=call.actor, now=call.now)
        return {"action_attempt": attempt_values(attempt)}


class SimulateUnmanaged(RpcView):
    """`/access_codes/simulate/create_unmanaged_access_code`: on virtual locks alone."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.SimulateUnmanagedRequest
    response_shape = wire.SimulateUnmanagedResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Make the code in the lock's app."""
        row = make_foreign_code(
            reached_device(call),
            call.params["code"],
            call.params["name"],
            actor=call.actor,
            now=call.now,
        )
        return {"access_code": row}
