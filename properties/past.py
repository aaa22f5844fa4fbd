"""What happened to locks lately, as evidence for how they stand."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from locksite.journal.models import Event
from properties.capabilities import PastEvent
from properties.models import Device

RECENT_EVENTS = 20
"""How many events of one lock are looked at for the reason of its state."""


def past_of(device_uids: Iterable[UUID]) -> dict[UUID, tuple[PastEvent, ...]]:
    """Return the newest ``device.`` events of these locks, newest first. One query."""
    rows = (
        Event.objects.filter(device_uid__in=list(device_uids), event_type__startswith="device.")
        .annotate(place=Window(RowNumber(), partition_by=F("device_uid"), order_by=F("id").desc()))
        .filter(place__lte=RECENT_EVENTS)
        .order_by("-id")
        .values_list("device_uid", "event_type", "occurred_at", "payload")
    )
    past: dict[UUID, tuple[PastEvent, ...]] = {}
    for uid, event_type, occurred_at, payload in rows:
        if uid is not None:
            past[uid] = (*past.get(uid, ()), PastEvent(event_type, occurred_at, payload))
    return past


def with_past(devices: Sequence[Device]) -> Sequence[Device]:
    """Return the same locks, each with its `past` filled in. One query for all of them."""
    past = past_of([device.uid for device in devices])
    for device in devices:
        device.past = past.get(device.uid, ())
    return devices
