"""From events to deliveries, and what becomes of each; times are aware UTC.

An event's own row is the outbox. It is marked in the transaction that makes its deliveries, so an
event is handed on once, whenever it becomes visible: a transaction that took its number early and
ends late is found by its mark that is missing, where a cursor would have passed it by.

Sending is at least once. The lease keeps two engines from sending the same at the same time; the
one that dies in the middle leaves a delivery that is sent again when its lease is over.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from locksite.actors import SYSTEM
from locksite.database import write_transaction
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.partners import webhooks
from locksite.partners.auth import actor_of
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import WebhookDelivery, WebhookEndpoint
from locksite.partners.webhook_network import Outcome, Parcel
from locksite.partners.webhook_schedule import (
    ATTEMPTS,
    KEEP_FOR,
    LEASE,
    is_given_up,
    next_attempt_at,
)
from locksite.partners.webhook_types import wants
from locksite.pins import PinUnreadable, seal
from properties.event_reach import events_within

log = logging.getLogger(__name__)

BATCH = 200
PRUNED_AT_ONCE = 1000

# ---- From events to deliveries ------------------------------------------------------------------


def fan_out(now: datetime, body_of: Callable[[Event], str]) -> int:
    """Make a delivery of every new event for every endpoint that wants it; return how many.

    `body_of` gives the event as `/events/get` shows it. What happened before an endpoint was made,
    what is out of its key's reach, and what happens while it is off or its key is not usable, is
    not for it. An event whose text cannot be made keeps no other back, and stays to be done.
    """
    made, last = 0, 0
    while True:
        # Looking costs no lock on SQLite; most of the time there is nothing.
        waiting = Event.objects.not_fanned_out().filter(pk__gt=last)
        ids = list(waiting.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return made
        with write_transaction():
            made += _fan_out_some(ids, now, body_of)
        last = ids[-1]


def _fan_out_some(ids: Sequence[int], now: datetime, body_of: Callable[[Event], str]) -> int:
    # Events before endpoints: whoever made an endpoint before one of these events was written is
    # then among the endpoints, also where each statement sees what was committed last.
    events = list(
        Event.objects.not_fanned_out().filter(pk__in=ids).select_for_update(skip_locked=True)
    )
    wanted = _wanted(events, now)
    deliveries, done = [], []
    for event in events:
        endpoints = wanted.get(event.pk, [])
        try:
            text = Pin(body_of(event)) if endpoints else None
        except Exception:
            log.exception("event %s could not be written out for webhooks", event.uid)
            continue
        done.append(event.pk)
        if text is not None:
            deliveries += [_delivery(event, endpoint, text, now) for endpoint in endpoints]
    WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Event.objects.filter(pk__in=done).update(fanned_out_at=now)
    return len(deliveries)


def _wanted(events: Sequence[Event], now: datetime) -> dict[int, list[WebhookEndpoint]]:
    """Return for each event, by primary key, the endpoints that it is for."""
    found: dict[int, list[WebhookEndpoint]] = {}
    reached: dict[int, set[int]] = {}
    endpoints = WebhookEndpoint.objects.sending(now).select_related("api_key")
    for endpoint in endpoints.prefetch_related("api_key__properties").order_by("pk"):
        fit = [
            event.pk
            for event in events
            if event.created_at >= endpoint.created_at
            and wants(endpoint.event_types, event.event_type)
        ]
        key = endpoint.api_key
        if fit and key.pk not in reached:
            within = events_within(actor_of(key)).filter(pk__in=[event.pk for event in events])
            reached[key.pk] = set(within.values_list("pk", flat=True))
        for pk in fit:
            if pk in reached[key.pk]:
                found.setdefault(pk, []).append(endpoint)
    return found


def _delivery(
    event: Event, endpoint: WebhookEndpoint, text: Pin, now: datetime
) -> WebhookDelivery:
    delivery_uid = uuid.uuid4()
    return WebhookDelivery(
        uid=delivery_uid,
        endpoint=endpoint,
        event_uid=event.uid,
        event_type=event.event_type,
        property_id=event.property_id,
        body=seal(text, bound_to=delivery_uid),
        due_at=now,
        created_at=now,
    )


# ---- Taking and ending --------------------------------------------------------------------------


def endpoints_with_work(now: datetime) -> Sequence[tuple[int, bool]]:
    """Return (primary key, whether it is failing) of the endpoints to which something is due."""
    due = WebhookDelivery.objects.due(now).filter(endpoint=OuterRef("pk"))
    endpoints = WebhookEndpoint.objects.sending(now).filter(Exists(due)).order_by("pk")
    return [
        (pk, failing_since is not None)
        for pk, failing_since in endpoints.values_list("pk", "failing_since")
    ]


def stop_what_goes_nowhere(now: datetime) -> int:
    """Stop what waits for an endpoint that is off, or whose key is not usable; return how many."""
    sending = WebhookEndpoint.objects.sending(now)
    lost = WebhookDelivery.objects.filter(due_at__isnull=False).exclude(endpoint__in=sending)
    if not lost.exists():
        return 0
    with write_transaction():
        return lost.update(state=DeliveryState.STOPPED, due_at=None)


def take(endpoint_pk: int, now: datetime) -> Parcel | None:
    """Take the next delivery of an endpoint that is due; ``None``: nothing, or nobody to send to.

    Nobody else takes it until its lease is over. What the endpoint wants no more is stopped.
    """
    endpoint = (
        WebhookEndpoint.objects.sending(now)
        .select_related("api_key")
        .filter(pk=endpoint_pk)
        .first()
    )
    if endpoint is None:
        return None
    reach = endpoint.api_key.reach()
    due = WebhookDelivery.objects.due(now).filter(endpoint=endpoint_pk).order_by("due_at", "pk")
    with write_transaction():
        while True:
            row = due.select_for_update(skip_locked=True).first()
            if row is None:
                return None
            is_out_of_reach = (
                reach is not None and row.property_id is not None and row.property_id not in reach
            )
            if wants(endpoint.event_types, row.event_type) and not is_out_of_reach:
                break
            row.state, row.due_at, row.body = DeliveryState.STOPPED, None, None
            row.save(update_fields=["state", "due_at", "body"])
        row.leased_until = now + LEASE
        row.save(update_fields=["leased_until"])
    try:
        return Parcel(
            pk=row.pk,
            message_id=row.message_id,
            url=endpoint.url,
            secrets=endpoint.secrets(now),
            body=row.body_text(),
            leased_until=row.leased_until,
        )
    except PinUnreadable:
        log.exception("delivery %s cannot be opened", row.message_id)
        end(row.pk, row.leased_until, Outcome(Failure.INTERNAL), now)
        return None


def end(pk: int, leased_until: datetime, outcome: Outcome, now: datetime) -> None:
    """Write down how an attempt ended at `now`, and when the next one is.

    Does nothing where the lease ran out and somebody else tries by now.
    """
    with write_transaction():
        row = (
            WebhookDelivery.objects.select_for_update(of=("self",))
            .select_related("endpoint__api_key")
            .filter(pk=pk, leased_until=leased_until)
            .first()
        )
        if row is None:
            return
        endpoint = row.endpoint
        row.attempts += 1
        row.tried_at, row.last_status = now, outcome.status
        row.last_failure = outcome.failure or ""
        row.leased_until = None
        if outcome.failure is None:
            row.state, row.due_at, row.delivered_at = DeliveryState.DELIVERED, None, now
            row.body = None
        elif row.state == DeliveryState.PENDING:  # and was not stopped meanwhile
            row.due_at = next_attempt_at(row.attempts, now)
            row.state = DeliveryState.FAILED if row.due_at is None else DeliveryState.PENDING
        row.save(
            update_fields=[
                *("attempts", "tried_at", "last_status", "last_failure", "leased_until"),
                *("state", "due_at", "delivered_at", "body"),
            ]
        )
        same = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        if outcome.failure is None:
            if endpoint.failing_since is not None:
                same.update(failing_since=None)
            return
        log.info(
            "webhook %s: attempt %d of %d for %s failed (%s)",
            *(endpoint.uid, row.attempts, ATTEMPTS, row.message_id, _reason(outcome)),
        )
        if outcome.failure is Failure.INTERNAL:  # our fault, not the endpoint's
            return
        if endpoint.failing_since is None:
            same.filter(failing_since=None).update(failing_since=now)
        if is_given_up(endpoint.failing_since, now) and webhooks.switch_off(
            endpoint, actor=SYSTEM, now=now
        ):
            log.warning(
                "webhook %s to %s was switched off: nothing has arrived there since %s",
                *(endpoint.uid, endpoint.host, endpoint.failing_since),
            )


def _reason(outcome: Outcome) -> str:
    return str(outcome.failure) if outcome.status is None else f"status {outcome.status}"


# ---- Tidying up ---------------------------------------------------------------------------------


def prune(now: datetime) -> int:
    """Drop deliveries that are over and older than 30 days; return how many.

    With them go endpoints that were deleted before, and secrets that count no more.
    """
    old = now - KEEP_FOR
    over = WebhookDelivery.objects.filter(created_at__lt=old, due_at=None)
    dropped = 0
    while keys := list(over.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        with write_transaction():
            WebhookDelivery.objects.filter(pk__in=keys).delete()
        dropped += len(keys)
    with write_transaction():
        WebhookEndpoint.objects.filter(old_secret_until__lte=now).update(
            old_secret=None, old_secret_until=None
        )
        gone = WebhookEndpoint.objects.filter(deleted_at__lt=old)
        gone.exclude(Exists(WebhookDelivery.objects.filter(endpoint=OuterRef("pk")))).delete()
    return dropped
