"""Webhooks and their deliveries as the partner API shows and reads them, field by field."""

from typing import Any

from rest_framework import serializers

from locksite.partners.choices import DeliveryState
from locksite.partners.models import WebhookEndpoint
from locksite.partners.webhook_types import ALL
from locksite.partners.webhook_urls import LONGEST
from locksite.wire.fields import (
    Id,
    ListOf,
    RequestShape,
    ResponseShape,
    Text,
    TimestampOut,
    Whole,
    Word,
)
from locksite.wire.pagination import Pagination

DELIVERIES_LIMIT = 500
SECRET = {"type": "string", "description": "whsec_ and base64; deliveries are signed with it."}


class WebhookBody(ResponseShape):
    """Where events are sent. `disabled_at` is there while it is switched off."""

    absent_when_empty = frozenset({"disabled_at"})
    on_some = {"secret": SECRET}

    webhook_id = serializers.UUIDField(source="uid")
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    disabled_at = TimestampOut()

    def to_representation(self, instance: WebhookEndpoint) -> dict[str, Any]:
        """Return the webhook; its secret leaves in the clear here, to the key that made it."""
        secret = instance.secret.open(bound_to=instance.uid)
        return {**super().to_representation(instance), "secret": secret.digits}


class DeliveryBody(ResponseShape):
    """One event on its way. `next_attempt_at` is there while it waits, the others once tried."""

    absent_when_empty = frozenset(
        {"next_attempt_at", "last_attempt_at", "delivered_at", "last_status_code", "last_failure"}
    )

    webhook_delivery_id = serializers.UUIDField(source="uid")
    webhook_id = serializers.UUIDField(source="endpoint.uid")
    message_id = serializers.CharField()
    event_id = serializers.UUIDField(source="event_uid")
    event_type = serializers.CharField()
    status = serializers.CharField(source="state")
    attempt_count = serializers.IntegerField(source="attempts")
    created_at = TimestampOut()
    next_attempt_at = TimestampOut(source="due_at")
    last_attempt_at = TimestampOut(source="tried_at")
    last_status_code = serializers.IntegerField(source="last_status")
    last_failure = serializers.CharField()
    delivered_at = TimestampOut()


# ---- Requests and answers -----------------------------------------------------------------------


class WebhooksCreateRequest(RequestShape):
    """Where events go, and which; without types, all of them."""

    url = Text(required=True, max_length=LONGEST)
    event_types = ListOf(Text(), default=[ALL])


class WebhookRequest(RequestShape):
    """One webhook."""

    webhook_id = Id(required=True)


class WebhooksUpdateRequest(WebhookRequest):
    """Other types. The address of a webhook cannot be changed."""

    event_types = ListOf(Text(), required=True)


class WebhookResponse(ResponseShape):
    """The webhook, with its secret."""

    webhook = WebhookBody()


class WebhooksUpdateResponse(ResponseShape):
    """Nothing beyond `ok`."""


class WebhooksDeleteResponse(ResponseShape):
    """Nothing beyond `ok`."""


class WebhooksListResponse(ResponseShape):
    """All webhooks of the key, oldest first."""

    webhooks = WebhookBody(many=True)


class DeliveriesListRequest(RequestShape):
    """Deliveries of one webhook or of all, in one state or in any; in pages."""

    webhook_id = Id()
    status = Word(words=tuple(DeliveryState.values))
    limit = Whole(most=DELIVERIES_LIMIT)
    page_cursor = Text()


class DeliveriesListResponse(ResponseShape):
    """Deliveries, oldest first."""

    webhook_deliveries = DeliveryBody(many=True)
    pagination = Pagination()


class DeliveriesRetryRequest(RequestShape):
    """One delivery, or all of a webhook that failed or were stopped."""

    webhook_delivery_id = Id()
    webhook_id = Id()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either webhook_delivery_id or webhook_id.")
        return attrs


class DeliveriesRetryResponse(ResponseShape):
    """How many are sent again."""

    retried_count = serializers.IntegerField()
