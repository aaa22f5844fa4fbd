"""Where events are sent, and what became of them. For managers.

Of an address the host alone is shown: the rest may be as good as a password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from accesscodes.web import shell, wall_time
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.presenters import Stamp
from accesscodes.web.states import Tone
from locksite.htmx import HtmxHttpRequest
from locksite.partners import webhooks
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import (
    ApiKey,
    WebhookDelivery,
    WebhookDeliveryQuerySet,
    WebhookEndpoint,
    WebhookEndpointQuerySet,
)
from locksite.partners.webhook_schedule import ATTEMPTS

FOR_MANAGERS = "Webhooks tell partners what happens to codes. Ask a manager."
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Badge:
    """How something stands."""

    label: str
    tone: Tone
    icon: str


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """One endpoint: whose, where, how it stands."""

    partner: str
    host: str
    badge: Badge
    sentence: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery. `can_be_sent`: there is something to send, and somewhere to send it."""

    uid: UUID
    event_type: str
    partner: str
    at: Stamp
    badge: Badge
    sentence: str
    can_be_sent: bool
    is_waiting: bool


STATES = {
    DeliveryState.PENDING: Badge("Waiting", Tone.GO, "clock"),
    DeliveryState.DELIVERED: Badge("Delivered", Tone.OK, "circle-check"),
    DeliveryState.FAILED: Badge("Failed", Tone.BAD, "octagon-alert"),
    DeliveryState.STOPPED: Badge("Stopped", Tone.IDLE, "circle-slash"),
}
RETRYING = Badge("Trying again", Tone.WARN, "refresh-cw")


def endpoints_at(desk: Desk) -> WebhookEndpointQuerySet:
    """Return the endpoints of the keys that reach this house."""
    keys = ApiKey.objects.reaching([desk.house.pk])
    return WebhookEndpoint.objects.for_actor(desk.actor).filter(api_key__in=keys)


def _deliveries_at(desk: Desk) -> WebhookDeliveryQuerySet:
    rows = WebhookDelivery.objects.for_actor(desk.actor)
    return rows.filter(property_id=desk.house.pk)


def switched_off_note(desk: Desk) -> str:
    """Return what managers are told of endpoints that are off, on the start page; one query."""
    if not desk.may_manage:
        return ""
    off = endpoints_at(desk).filter(disabled_at__isnull=False, failing_since__isnull=False)
    hosts = [row.host for row in off.order_by("-disabled_at")[:3]]
    if not hosts:
        return ""
    return (
        f"Events are no longer sent to {', '.join(hosts)}: nothing has arrived there for days. "
        "Tell the partner; an administrator can switch it on again."
    )


def _endpoint_line(
    row: WebhookEndpoint, waiting: int, failed: int, desk: Desk, usable: frozenset[int]
) -> EndpointLine:
    if row.disabled_at is not None:
        badge = Badge("Switched off", Tone.BAD, "circle-slash")
        sentence = f"Off since {_time(row.disabled_at, desk)}. An administrator can switch it on."
    elif row.api_key_id not in usable:
        badge = Badge("Key ended", Tone.IDLE, "circle-slash")
        sentence = "Its API key was revoked or has expired, so nothing is sent."
    elif row.failing_since is not None:
        badge = Badge("Failing", Tone.WARN, "triangle-alert")
        sentence = (
            f"Nothing has arrived since {_time(row.failing_since, desk)}. "
            "After five days it is switched off."
        )
    else:
        badge, sentence = Badge("In use", Tone.OK, "circle-check"), ""
    counts = [f"{waiting} waiting"] if waiting else []
    counts += [f"{failed} failed"] if failed else []
    told = f"{wall_time.capital(', '.join(counts))}." if counts else ""
    return EndpointLine(row.api_key.name, row.host, badge, f"{sentence} {told}".strip())


def _endpoint_lines(desk: Desk) -> Sequence[EndpointLine]:
    """Return every endpoint of this house, with what waits and failed here. Three queries."""
    rows = list(endpoints_at(desk).select_related("api_key").order_by("api_key__name", "pk"))
    of_state = _deliveries_at(desk).order_by().values_list("endpoint")
    counts = {
        endpoint: (waiting, failed)
        for endpoint, waiting, failed in of_state.annotate(
            waiting=Count("pk", filter=Q(state=DeliveryState.PENDING)),
            failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
        )
    }
    usable = frozenset(ApiKey.objects.usable(desk.now).values_list("pk", flat=True))
    return [_endpoint_line(row, *counts.get(row.pk, (0, 0)), desk, usable) for row in rows]


def _delivery_line(row: WebhookDelivery, desk: Desk) -> DeliveryLine:
    state = DeliveryState(row.state)
    is_retrying = state is DeliveryState.PENDING and row.attempts > 0
    return DeliveryLine(
        row.uid,
        row.event_type,
        row.endpoint.api_key.name,
        Stamp.of(row.created_at, wall_time.short_moment(row.created_at, desk.zone, desk.now)),
        RETRYING if is_retrying else STATES[state],
        _sentence(row, state, desk),
        webhooks.can_be_sent_again(row),
        state is DeliveryState.PENDING,
    )


def _sentence(row: WebhookDelivery, state: DeliveryState, desk: Desk) -> str:
    if state is DeliveryState.DELIVERED:
        return "" if row.attempts == 1 else f"At attempt {row.attempts}."
    parts = [_reason(row)] if row.last_failure else []
    if state is DeliveryState.FAILED:
        parts.append(f"Given up after {row.attempts} attempts.")
    elif state is DeliveryState.PENDING and row.attempts and row.due_at is not None:
        is_later = row.due_at > desk.now
        due = wall_time.in_sentence(row.due_at, desk.zone, desk.now) if is_later else "now"
        parts.append(f"Attempt {row.attempts + 1} of {ATTEMPTS} {due}.")
    return " ".join(parts)


def _reason(row: WebhookDelivery) -> str:
    """Return why the last attempt failed, as a sentence."""
    if row.last_failure == Failure.ANSWER:
        return f"Answered {row.last_status}."
    return f"{Failure(row.last_failure).label}."


def _time(at: datetime, desk: Desk) -> str:
    return wall_time.short_moment(at, desk.zone, desk.now)


@require_GET
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
@only_if(lambda desk: desk.may_manage, instead=FOR_MANAGERS)
def webhook_list(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """The endpoints of this house and the last deliveries to them."""
    rows = _deliveries_at(desk).select_related("endpoint__api_key").order_by("-pk")[:SHOWN]
    context = {
        "endpoints": _endpoint_lines(desk),
        "deliveries": [_delivery_line(row, desk) for row in rows],
    }
    return shell.page(request, desk, "accesscodes/webhooks.html", "webhooks", context)


@require_POST
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
@only_if(lambda desk: desk.may_manage, instead=FOR_MANAGERS)
def webhook_send_again(request: HtmxHttpRequest, desk: Desk, delivery: UUID) -> HttpResponse:
    """Send one delivery once more."""
    chosen = _deliveries_at(desk).filter(uid=delivery)
    if not chosen.exists():
        raise Http404("no such delivery")
    if webhooks.send_again(chosen, now=desk.now):
        messages.success(request, "It is being sent again.")
    else:
        messages.info(request, "It cannot be sent again: it has arrived or was dropped meanwhile.")
    return redirect("webhook-list", desk.house.slug)
