"""Partner API: webhooks, in the order of the reference; then what we add to it."""

from typing import Any

from locksite.errors import RuleBroken
from locksite.partners import webhooks
from locksite.partners.api import webhook_serializers as wire
from locksite.partners.choices import DeliveryState
from locksite.partners.models import ApiKey, WebhookDelivery, WebhookEndpoint
from locksite.wire.errors import WireError, not_found
from locksite.wire.pagination import page
from locksite.wire.views import CHANGE, CREATE, REMOVE, Call, RpcView


def _endpoint(call: Call) -> WebhookEndpoint:
    """Return the webhook that was named. Raises 404 for one that is not there or not the key's."""
    endpoints = WebhookEndpoint.objects.for_actor(call.actor).select_related("api_key")
    endpoint = endpoints.filter(uid=call.params["webhook_id"]).first()
    if endpoint is None:
        raise _no_webhook()
    return endpoint


def _no_webhook() -> WireError:
    return not_found("webhook", "There is no such webhook.")


class WebhooksCreate(RpcView):
    """`/webhooks/create`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.WebhooksCreateRequest
    response_shape = wire.WebhookResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Make a webhook. What happens from now on, within reach of the key, is sent there."""
        endpoint = webhooks.create(
            ApiKey.objects.get(key_id=call.actor.label),
            call.params["url"],
            call.params["event_types"],
            actor=call.actor,
            now=call.now,
        )
        return {"webhook": endpoint}


class WebhooksGet(RpcView):
    """`/webhooks/get`."""

    request_shape = wire.WebhookRequest
    response_shape = wire.WebhookResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return a webhook that this key made."""
        return {"webhook": _endpoint(call)}


class WebhooksList(RpcView):
    """`/webhooks/list`."""

    response_shape = wire.WebhooksListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return the webhooks that this key made."""
        return {"webhooks": list(WebhookEndpoint.objects.for_actor(call.actor).order_by("pk"))}


class WebhooksUpdate(RpcView):
    """`/webhooks/update`."""

    verbs = CHANGE
    changes_something = True
    request_shape = wire.WebhooksUpdateRequest
    response_shape = wire.WebhooksUpdateResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Send other types of events from now on."""
        webhooks.change_types(
            _endpoint(call), call.params["event_types"], actor=call.actor, now=call.now
        )
        return {}


class WebhooksDelete(RpcView):
    """`/webhooks/delete`."""

    verbs = REMOVE
    changes_something = True
    request_shape = wire.WebhookRequest
    response_shape = wire.WebhooksDeleteResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Send nothing more there. Asked again within ten minutes, it says the same."""
        if not webhooks.was_just_deleted(call.params["webhook_id"], call.actor, call.now):
            webhooks.delete(_endpoint(call), actor=call.actor, now=call.now)
        return {}


# ---- Beyond the reference -----------------------------------------------------------------------


class WebhooksRotateSecret(RpcView):
    """`/webhooks/rotate_secret`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.WebhookRequest
    response_shape = wire.WebhookResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Make a new secret. For 24 hours deliveries are signed with the old one as well."""
        endpoint = _endpoint(call)
        webhooks.rotate_secret(endpoint, actor=call.actor, now=call.now)
        return {"webhook": endpoint}


class DeliveriesList(RpcView):
    """`/webhooks/deliveries/list`."""

    request_shape = wire.DeliveriesListRequest
    response_shape = wire.DeliveriesListResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Return what was sent, what waits and what failed in the last 30 days."""
        rows = WebhookDelivery.objects.for_actor(call.actor).select_related("endpoint")
        if "webhook_id" in call.params:
            rows = rows.filter(endpoint__uid=call.params["webhook_id"])
        if "status" in call.params:
            rows = rows.filter(state=call.params["status"])
        limit = call.params.get("limit", wire.DELIVERIES_LIMIT)
        found, pagination = page(rows, call, limit=limit)
        return {"webhook_deliveries": found, "pagination": pagination}


class DeliveriesRetry(RpcView):
    """`/webhooks/deliveries/retry`."""

    verbs = CREATE
    changes_something = True
    request_shape = wire.DeliveriesRetryRequest
    response_shape = wire.DeliveriesRetryResponse

    def answer(self, call: Call) -> dict[str, Any]:
        """Send one delivery again, or all of a webhook that failed or were stopped.

        One that arrived is not sent again: read its event with `/events/get`.
        """
        rows = WebhookDelivery.objects.for_actor(call.actor)
        if "webhook_id" in call.params:
            over = [DeliveryState.FAILED, DeliveryState.STOPPED]
            rows = rows.filter(endpoint=_endpoint(call), state__in=over)
            return {"retried_count": webhooks.send_again(rows, now=call.now)}
        one = rows.filter(uid=call.params["webhook_delivery_id"])
        delivery = one.select_related("endpoint").first()
        if delivery is None:
            raise not_found("webhook_delivery", "There is no such delivery.")
        if not webhooks.can_be_sent_again(delivery):
            raise RuleBroken(
                "webhook_delivery_is_over",
                "This delivery cannot be sent again: it arrived, was dropped, or its webhook is "
                "switched off. Read its event with /events/get.",
                "webhook_delivery_id",
            )
        return {"retried_count": webhooks.send_again(one, now=call.now)}
