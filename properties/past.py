"""What happened to locks lately, as evidence for how they stand."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, F, JSONField, OuterRef, Subquery, Window
from django.db.models.functions import JSONArray, RowNumber

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


class _JSONList(Aggregate):
    """Every row of a group as one JSON list, in no order."""

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **extra)


def past_in_row(uid: str = "uid") -> Subquery:
    """Return what `past_of` finds as an annotation, for `past_from`.

    `uid` leads from the rows that are asked for to the lock's public id.
    """
    newest = (
        Event.objects.filter(device_uid=OuterRef(OuterRef(uid)), event_type__startswith="device.")
        .newest_first()
        .values("pk")[:RECENT_EVENTS]
    )
    return Subquery(
        Event.objects.filter(pk__in=newest)
        .order_by()
        .values("device_uid")
        .annotate(all=_JSONList(JSONArray("pk", "event_type", "occurred_at", "payload")))
        .values("all")
    )


def past_from(found: list[list[Any]] | None) -> tuple[PastEvent, ...]:
    """Return the events that `past_in_row` found, newest first."""
    rows = sorted(found or (), key=lambda row: row[0], reverse=True)
    return tuple(PastEvent(kind, _moment(at), _payload(what)) for _, kind, at, what in rows)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)  # as SQLite keeps times


def _payload(found: Any) -> Any:
    return json.loads(found) if isinstance(found, str) else found  # as SQLite keeps JSON
