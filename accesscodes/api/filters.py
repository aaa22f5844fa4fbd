"""Which codes, attempts and events a list shows."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from accesscodes.models import AccessCodeQuerySet, ActionAttemptQuerySet
from locksite.journal.models import EventQuerySet
from locksite.masked import Pin
from locksite.pins import index_of
from locksite.wire.filters import finds_nothing, id_holds
from locksite.wire.views import Call
from properties.models import Device

_WHOLE_PIN = re.compile(r"\d{4,12}", re.ASCII)


def filtered_codes(codes: AccessCodeQuerySet, call: Call) -> AccessCodeQuerySet:
    """Return the codes for which all filters hold."""
    params = call.params
    if finds_nothing(params):
        return codes.none()
    if "device_id" in params:
        codes = codes.filter(device__uid=params["device_id"])
    if "access_code_ids" in params:
        codes = codes.filter(uid__in=params["access_code_ids"])
    if params.get("search"):
        codes = codes.filter(matching(params["search"], call))
    return codes


def matching(text: str, call: Call) -> Q:
    """Return the condition for codes whose name or id holds this text, or whose whole PIN it is.

    PINs lie there sealed: a part of one cannot be looked for. The index differs from lock to lock.
    """
    found = Q(name__icontains=text) | id_holds(text)
    if _WHOLE_PIN.fullmatch(text):
        devices = Device.objects.for_actor(call.actor).managed().values_list("uid", flat=True)
        found |= Q(pin_index__in=[index_of(uid, Pin(text)) for uid in devices])
    return found


def filtered_attempts(
    attempts: ActionAttemptQuerySet, params: Mapping[str, Any]
) -> ActionAttemptQuerySet:
    """Return the attempts for which all filters hold."""
    if finds_nothing(params):
        return attempts.none()
    if "action_attempt_ids" in params:
        attempts = attempts.filter(uid__in=params["action_attempt_ids"])
    if "device_id" in params:
        attempts = attempts.filter(device__uid=params["device_id"])
    return attempts


_EVENTS_EQUAL = {
    "since": "created_at__gt",
    "event_ids": "uid__in",
    "event_type": "event_type",
    "event_types": "event_type__in",
    "device_id": "device_uid",
    "device_ids": "device_uid__in",
    "access_code_id": "access_code_uid",
    "access_code_ids": "access_code_uid__in",
    "connected_account_id": "connected_account_uid",
}


def filtered_events(events: EventQuerySet, params: Mapping[str, Any]) -> EventQuerySet:
    """Return the events for which all filters hold; bounds of time are exclusive."""
    if finds_nothing(params):
        return events.none()
    if "between" in params:
        first, last = params["between"]
        events = events.filter(created_at__gt=first, created_at__lt=last)
    return events.filter(
        **{lookup: params[name] for name, lookup in _EVENTS_EQUAL.items() if name in params}
    )
