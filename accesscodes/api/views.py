"""Partner API: access codes, action attempts and events, in the order of the reference."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F

from accesscodes import attempts, bolts, pool, services
from accesscodes.api import serializers as wire
from accesscodes.api.filters import filtered_attempts, filtered_codes, filtered_events
from accesscodes.choices import Kind
from accesscodes.models import AccessCode, AccessCodeQuerySet, ActionAttempt
from accesscodes.openings import type_at_keypad
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import Actor
from locksite.database import only_row
from locksite.pins import index_of
from locksite.wire.errors import WireError, not_found
from locksite.wire.pagination import page
from locksite.wire.views import CHANGE, CREATE, REMOVE, Call, RpcView
from properties.event_reach import events_within
from properties.models import Device, DeviceQuerySet

DEFAULT_NAME = "Access code"
CREATE_MULTIPLE_AGAIN = timedelta(minutes=10)
# What the wire calls as the services do.
_OPTIONS = (
    "preferred_code_length",
    "prefer_native_scheduling",
    "is_external_modification_allowed",
    "use_backup_access_code_pool",
)
_AT_CREATION = (
    "starts_at",
    "ends_at",
    "common_code_key",
    "is_offline_access_code",
    "is_one_time_use",
    "attempt_for_offline_device",
)


def reached_device(call: Call) -> Device:
    """Return the lock that was named. Raises 404 for one that is not there or out of reach."""
    return _device(call, Device.objects.select_related("account"))


def _device(call: Call, devices: DeviceQuerySet) -> Device:
    reached = devices.for_actor(call.actor).managed().filter(uid=call.params["device_id"])
    device = only_row(reached)
    if device is None:
        raise not_found("device", "There is no such device.")
    return device


def _no_code() -> WireError:
    return not_found("access_code", "There is no such access code.")


def _codes(actor: Actor) -> AccessCodeQuerySet:
    return AccessCode.objects.for_actor(actor).filter(device__is_managed=True).for_list()


def _code(call: Call, codes: AccessCodeQuerySet) -> AccessCode:
    """Return the code with the id that was sent, on the lock that was sent if any."""
    found = codes.filter(uid=call.params["access_code_id"])
    if "device_id" in call.params:
        found = found.filter(device__uid=call.params["device_id"])
    code = only_row(found)
    if code is None:
        raise _no_code()
    return code


class AccessCodesCreate(RpcView):
    """`/access_codes/create`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.AccessCodesCreateRequest
    response_shape = wire.AccessCodesCreateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Issue the code; the engine puts it on the lock."""
        params = call.params
        options = {name: params[name] for name in _OPTIONS + _AT_CREATION if name in params}
        if "max_time_rounding" in params:
            options["max_time_rounding"] = wire.ROUNDINGS[params["max_time_rounding"]]
        name = params.get("name") or DEFAULT_NAME
        spec = CodeSpec(name=name, pin=params.get("code"), **options)
        # The service reads the lock anew, once it holds it.
        device = _device(call, Device.objects.only("pk"))
        code, attempt = attempts.issue(device, spec, actor=call.actor, now=call.now)
        return {"access_code": code, "action_attempt": wire.attempt_values(attempt)}


class AccessCodesGet(RpcView):
    """`/access_codes/get`."""

    request_shape = wire.AccessCodesGetRequest
    response_shape = wire.AccessCodesGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the code, as long as it is not proven gone."""
        codes = _codes(call.actor).with_openings().live()
        if "access_code_id" in call.params:
            return {"access_code": _code(call, codes)}
        device_uid, pin = call.params["device_id"], call.params["code"]
        holders = codes.filter(device__uid=device_uid, pin_index=index_of(device_uid, pin))
        # Of two stays that share a PIN one after the other, the earlier.
        code = holders.order_by(F("starts_at").asc(nulls_first=True), "pk").first()
        if code is None:
            raise _no_code()
        return {"access_code": code}


class AccessCodesList(RpcView):
    """`/access_codes/list`."""

    request_shape = wire.AccessCodesListRequest
    response_shape = wire.AccessCodesListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return one page of the codes within reach that are not proven gone."""
        codes = filtered_codes(_codes(call.actor).with_spares().with_openings().live(), call)
        limit = call.params.get("limit", wire.CODES_LIMIT)
        found, pagination = page(codes, call, limit=limit)
        return {"access_codes": found, "pagination": pagination}


class AccessCodesUpdate(RpcView):
    """`/access_codes/update`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.AccessCodesUpdateRequest
    response_shape = wire.AccessCodesUpdateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Write the change down; until the lock has it, the old PIN and dates hold."""
        params = call.params
        changed: dict[str, Any] = {
            name: params[name]
            for name in (
                *_OPTIONS,
                *("name", "starts_at", "ends_at", "attempt_for_offline_device"),
            )
            if name in params
        }
        if "code" in params:
            changed["pin"] = params["code"]
        if "type" in params:
            changed["kind"] = Kind(params["type"])
        code = _code(call, _codes(call.actor).live())
        changes = CodeChanges(**changed)
        _, attempt = attempts.change(code, changes, actor=call.actor, now=call.now)
        return {"action_attempt": wire.attempt_values(attempt)}


class AccessCodesDelete(RpcView):
    """`/access_codes/delete`."""

    verbs = REMOVE
    changes_something = True
    request_shape = wire.AccessCodesDeleteRequest
    response_shape = wire.AccessCodesDeleteResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Withdraw the code. Clients repeat a delete whose answer was lost: nothing changes."""
        code = _code(call, _codes(call.actor))
        is_gone = code.gone_at is not None
        if is_gone and not attempts.is_repeated_delete(code, call.actor, call.now):
            raise _no_code()
        attempt = attempts.withdraw(code, actor=call.actor, now=call.now)
        return {"action_attempt": wire.attempt_values(attempt)}


class AccessCodesCreateMultiple(RpcView):
    """`/access_codes/create_multiple`."""

    verbs = (*CREATE, "PUT")
    changes_something = True
    request_shape = wire.AccessCodesCreateMultipleRequest
    response_shape = wire.AccessCodesCreateMultipleResponse
    repeated_within = {"PUT": CREATE_MULTIPLE_AGAIN}

    def still_holds(self, body: Mapping[str, Any]) -> bool:
        """Return whether every code that was made then is still wanted."""
        made = [code["access_code_id"] for code in body["access_codes"]]
        wanted = AccessCode.objects.live().filter(uid__in=made, withdrawn_at=None)
        return wanted.count() == len(made)

    def answer(self, call: Call) -> dict[str, Any]:
        """Issue the codes; the engine puts each on its lock."""
        params = call.params
        options = {name: params[name] for name in _OPTIONS + _AT_CREATION if name in params}
        name = params.get("name") or DEFAULT_NAME
        codes = attempts.issue_linked(
            _devices(call),
            CodeSpec(name=name, pin=params.get("code"), **options),
            actor=call.actor,
            now=call.now,
            may_differ=params.get("behavior_when_code_cannot_be_shared") == "create_random_code",
        )
        return {"access_codes": codes}


def _devices(call: Call) -> list[Device]:
    """Return the locks that were named, in that order; one that is out of reach is not there."""
    uids = call.params["device_ids"]
    devices = Device.objects.for_actor(call.actor).managed().filter(uid__in=uids)
    by_uid = {device.uid: device for device in devices}
    if not by_uid.keys() >= set(uids):
        raise not_found("device", "There is no such device.")
    return [by_uid[uid] for uid in uids]


class AccessCodesUpdateMultiple(RpcView):
    """`/access_codes/update_multiple`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.AccessCodesUpdateMultipleRequest
    response_shape = wire.AccessCodesUpdateMultipleResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Write the change down for all codes with the key."""
        params = dict(call.params)
        key = params.pop("common_code_key")
        attempts.change_linked(key, CodeChanges(**params), actor=call.actor, now=call.now)
        return {}


class AccessCodesPullBackup(RpcView):
    """`/access_codes/pull_backup_access_code`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.AccessCodesPullBackupRequest
    response_shape = wire.AccessCodesPullBackupResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Hand out a spare; a second time the same one."""
        code = _code(call, _codes(call.actor).live())
        spare = pool.pull(code, actor=call.actor, now=call.now).spare
        return {"access_code": spare, "backup_access_code": spare}


class AccessCodesGenerateCode(RpcView):
    """`/access_codes/generate_code`."""

    request_shape = wire.AccessCodesGenerateCodeRequest
    response_shape = wire.AccessCodesGenerateCodeResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return a PIN that the lock would take now; it is not reserved."""
        device = reached_device(call)
        pin = services.free_pin(device, now=call.now)
        return {"generated_code": {"device_id": device.uid, "code": pin.digits}}


class ActionAttemptsGet(RpcView):
    """`/action_attempts/get`."""

    request_shape = wire.ActionAttemptsGetRequest
    response_shape = wire.ActionAttemptsGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return how the attempt stands, judged from its code."""
        attempts_here = ActionAttempt.objects.for_actor(call.actor).for_list()
        attempt = attempts_here.filter(uid=call.params["action_attempt_id"]).first()
        if attempt is None:
            raise not_found("action_attempt", "There is no such action attempt.")
        bolts.settle(attempt, call.now)
        state = attempts.state(attempt, call.now)
        return {"action_attempt": wire.attempt_values(attempt, state)}


class ActionAttemptsList(RpcView):
    """`/action_attempts/list`."""

    request_shape = wire.ActionAttemptsListRequest
    response_shape = wire.ActionAttemptsListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return one page of the attempts within reach, each as it stands now."""
        rows = filtered_attempts(
            ActionAttempt.objects.for_actor(call.actor).for_list(), call.params
        )
        limit = call.params.get("limit", wire.ATTEMPTS_LIMIT)
        found, pagination = page(rows, call, limit=limit)
        for row in found:
            bolts.settle(row, call.now)
        shown = [wire.attempt_values(row, attempts.state(row, call.now)) for row in found]
        return {"action_attempts": shown, "pagination": pagination}


class EventsGet(RpcView):
    """`/events/get`."""

    request_shape = wire.EventsGetRequest
    response_shape = wire.EventsGetResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the newest event that fits."""
        names = {"event_id": "uid", "event_type": "event_type", "device_id": "device_uid"}
        chosen = {names[name]: value for name, value in call.params.items()}
        event = events_within(call.actor).filter(**chosen).newest_first().first()
        if event is None:
            raise not_found("event", "There is no such event.")
        return {"event": event}


class EventsList(RpcView):
    """`/events/list`."""

    request_shape = wire.EventsListRequest
    response_shape = wire.EventsListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the newest events that fit."""
        start = call.params.get("unstable_offset", 0)
        end = start + call.params.get("limit", wire.EVENTS_LIMIT)
        events = filtered_events(events_within(call.actor), call.params)
        return {"events": list(events.newest_first()[start:end])}


class SimulateKeypadCodeEntry(RpcView):
    """`/locks/simulate/keypad_code_entry`: for training and tests, on virtual locks alone."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.KeypadCodeEntryRequest
    response_shape = wire.KeypadCodeEntryResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Type the PIN. Whether it opened, an event tells, as it does for a real door."""
        device = reached_device(call)
        type_at_keypad(device, call.params["code"], actor=call.actor, now=call.now)
        attempt = attempts.final(attempts.SIMULATE_ENTRY, device, now=call.now)
        return {"action_attempt": wire.attempt_values(attempt, attempts.state(attempt, call.now))}
