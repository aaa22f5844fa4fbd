"""Making, changing and ending the webhooks of partners, and sending what failed again."""

import base64
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.http import LookUp, system_addresses
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.partners import webhook_types
from locksite.partners.choices import DeliveryState
from locksite.partners.models import (
    ApiKey,
    WebhookDelivery,
    WebhookDeliveryQuerySet,
    WebhookEndpoint,
)
from locksite.partners.webhook_network import check_url
from locksite.partners.webhook_schedule import BOTH_SECRETS_FOR
from locksite.pins import SealedPin, seal

MOST_PER_KEY = 25
"""How many webhooks one key may have: each costs a delivery for every event."""

SECRET_BYTES = 32

ASKED_AGAIN_WITHIN = timedelta(minutes=10)


def create(
    key: ApiKey,
    url: str,
    event_types: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    look_up: LookUp = system_addresses,
) -> WebhookEndpoint:
    """Make a webhook of this key; it is sent what happens from `now` on.

    Raises `RuleBroken`: `invalid_event_types`, `invalid_url` for an address that we do not call,
    `too_many_webhooks`.
    """
    chosen = webhook_types.checked(event_types)
    check_url(url, look_up=look_up)
    if WebhookEndpoint.objects.filter(api_key=key, deleted_at=None).count() >= MOST_PER_KEY:
        raise RuleBroken(
            "too_many_webhooks",
            f"This key has {MOST_PER_KEY} webhooks, the most that are allowed. Delete one first.",
        )
    endpoint_uid = uuid.uuid4()
    with write_transaction():
        endpoint = WebhookEndpoint.objects.create(
            uid=endpoint_uid,
            api_key=key,
            url=url,
            event_types=chosen,
            secret=_new_secret(endpoint_uid),
            created_at=now,
        )
        _audit(endpoint, "webhook.created", actor, now)
    return endpoint


def change_types(
    endpoint: WebhookEndpoint, event_types: Sequence[str], *, actor: Actor, now: datetime
) -> None:
    """Send other types from now on; what waits to be sent of a type that left is dropped.

    Raises `RuleBroken` (`invalid_event_types`).
    """
    chosen = webhook_types.checked(event_types)
    with write_transaction():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(event_types=chosen)
        endpoint.event_types = chosen
        _audit(endpoint, "webhook.updated", actor, now)
    if webhook_types.ALL not in chosen:
        _drop(WebhookDelivery.objects.filter(endpoint=endpoint).exclude(event_type__in=chosen))


def delete(endpoint: WebhookEndpoint, *, actor: Actor, now: datetime) -> None:
    """Send nothing more there, what is waiting included; to everybody it is gone at once."""
    with write_transaction():
        if WebhookEndpoint.objects.filter(pk=endpoint.pk, deleted_at=None).update(deleted_at=now):
            _audit(endpoint, "webhook.deleted", actor, now)
    _drop(WebhookDelivery.objects.filter(endpoint=endpoint))


def was_just_deleted(endpoint_uid: uuid.UUID, actor: Actor, now: datetime) -> bool:
    """Return whether this key deleted the webhook in the last ten minutes.

    A client whose answer was lost asks again, and what it wants is done.
    """
    return WebhookEndpoint.objects.filter(
        uid=endpoint_uid, api_key__key_id=actor.label, deleted_at__gt=now - ASKED_AGAIN_WITHIN
    ).exists()


def _drop(deliveries: WebhookDeliveryQuerySet) -> None:
    """Stop what is waiting and forget what it said.

    In a transaction of its own: whoever ends an attempt locks the delivery and then the endpoint.
    """
    with write_transaction():
        deliveries.filter(due_at__isnull=False).update(
            state=DeliveryState.STOPPED, due_at=None, body=None
        )


def rotate_secret(endpoint: WebhookEndpoint, *, actor: Actor, now: datetime) -> None:
    """Make a new secret; for a day everything is signed with the old one as well.

    An older one that still counted counts no more.
    """
    with write_transaction():
        endpoint.old_secret = endpoint.secret
        endpoint.old_secret_until = now + BOTH_SECRETS_FOR
        endpoint.secret = _new_secret(endpoint.uid)
        endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _audit(endpoint, "webhook.secret_rotated", actor, now)


def switch_off(endpoint: WebhookEndpoint, *, actor: Actor, now: datetime) -> bool:
    """Send nothing there until it is switched on again; return whether anything changed."""
    with write_transaction():
        standing = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None)
        if not standing.update(disabled_at=now):
            return False
        _audit(endpoint, "webhook.switched_off", actor, now)
    return True


def switch_on(endpoint: WebhookEndpoint, *, actor: Actor, now: datetime) -> bool:
    """Send what happens from now on; return whether anything changed.

    What it missed is not sent by itself: that can be a lot, and old.
    """
    with write_transaction():
        off = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at__isnull=False)
        if not off.update(disabled_at=None, failing_since=None):
            return False
        _audit(endpoint, "webhook.switched_on", actor, now)
    return True


def hand_over(old_key: ApiKey, new_key: ApiKey, *, actor: Actor, now: datetime) -> int:
    """Let the webhooks of one key belong to another that takes its place; return how many.

    Secrets, ids and what is waiting stay as they are. Both keys should reach the same: from now
    on the new key's reach says which events are sent.
    """
    with write_transaction():
        endpoints = list(WebhookEndpoint.objects.filter(api_key=old_key, deleted_at=None))
        WebhookEndpoint.objects.filter(api_key=old_key).update(api_key=new_key)
        for endpoint in endpoints:
            endpoint.api_key = new_key
            _audit(endpoint, "webhook.handed_over", actor, now)
    return len(endpoints)


# ---- Sending again ------------------------------------------------------------------------------


def can_be_sent_again(delivery: WebhookDelivery) -> bool:
    """Return whether there still is something to send, and somewhere to send it."""
    return delivery.body is not None and delivery.endpoint.disabled_at is None


def send_again(deliveries: WebhookDeliveryQuerySet, *, now: datetime) -> int:
    """Send these once more, with all attempts before them; return how many that are.

    Left out is what arrived, what has no body any more, and what goes to a webhook that is
    switched off. What is waiting for its next attempt gets it now.
    """
    chosen = deliveries.filter(body__isnull=False, endpoint__disabled_at=None)
    with write_transaction():
        keys = list(chosen.values_list("pk", flat=True))
        rows = WebhookDelivery.objects.filter(pk__in=keys, body__isnull=False)
        again = rows.filter(~Q(state=DeliveryState.PENDING)).update(
            state=DeliveryState.PENDING, due_at=now, attempts=0
        )
        sooner = rows.filter(state=DeliveryState.PENDING, due_at__gt=now).update(due_at=now)
    return again + sooner


# ---- Secrets ------------------------------------------------------------------------------------


def _new_secret(endpoint_uid: uuid.UUID) -> SealedPin:
    """Return 256 random bits in the form in which the standard writes them, sealed."""
    text = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return seal(Pin(text), bound_to=endpoint_uid)


def _audit(endpoint: WebhookEndpoint, action: str, actor: Actor, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=None,
        object_type="webhook",
        object_uid=endpoint.uid,
        detail={
            "host": endpoint.host,
            "event_types": list(endpoint.event_types),
            "key_id": endpoint.api_key.key_id,
        },
    )
