"""Webhooks in the admin: switched off and on, given new secrets, deliveries sent again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from locksite.journal.models import AuditEntry
from locksite.partners.choices import DeliveryState
from locksite.partners.models import WebhookDelivery, WebhookEndpoint
from tests.clock import START
from tests.factories import (
    WEBHOOK_SECRET,
    UserFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db
ENDPOINTS = "admin:partners_webhookendpoint_changelist"
DELIVERIES = "admin:partners_webhookdelivery_changelist"


@pytest.fixture
def boss(client, clock, monkeypatch):
    client.force_login(UserFactory(username="ada", is_staff=True, is_superuser=True))
    monkeypatch.setattr(timezone, "now", clock)
    return client


def act(client, page, action, *rows):
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(page), body, follow=True).content.decode()


def test_an_endpoint_is_switched_off_and_on(boss):
    endpoint = WebhookEndpointFactory(failing_since=START)

    assert "Switched off: 1." in act(boss, ENDPOINTS, "switch_off", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at == START
    assert "Switched off: 0." in act(boss, ENDPOINTS, "switch_off", endpoint)

    assert "Switched on: 1." in act(boss, ENDPOINTS, "switch_on", endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, None)
    audited = AuditEntry.objects.filter(object_type="webhook").order_by("pk")
    assert [(row.action, row.actor_label) for row in audited] == [
        ("webhook.switched_off", "ada"),
        ("webhook.switched_on", "ada"),
    ]


def test_a_new_secret_is_made_and_shown_nowhere(boss):
    endpoint = WebhookEndpointFactory()

    page = act(boss, ENDPOINTS, "rotate_secret", endpoint)

    endpoint.refresh_from_db()
    new, old = endpoint.secrets(START)
    assert "New secret: 1." in page
    assert "whsec_" not in page
    assert old.digits == WEBHOOK_SECRET != new.digits
    assert endpoint.old_secret_until == START + timedelta(hours=24)


def test_a_deleted_endpoint_is_left_alone(boss):
    endpoint = WebhookEndpointFactory(deleted_at=START)

    assert "Switched off: 0." in act(boss, ENDPOINTS, "switch_off", endpoint)


def test_deliveries_are_sent_again(boss):
    failed = WebhookDeliveryFactory(state=DeliveryState.FAILED, due_at=None, attempts=8)
    arrived = WebhookDeliveryFactory(
        state=DeliveryState.DELIVERED, due_at=None, body=None, delivered_at=START
    )

    page = act(boss, DELIVERIES, "send_again", failed, arrived)

    assert "Sent again: 1." in page
    assert "Left out: 1." in page
    assert list(WebhookDelivery.objects.order_by("pk").values_list("state", "attempts")) == [
        ("pending", 0),
        ("delivered", 0),
    ]


@pytest.mark.parametrize(
    ("page", "action"),
    [(ENDPOINTS, "switch_off"), (ENDPOINTS, "rotate_secret"), (DELIVERIES, "send_again")],
)
def test_who_may_only_look_does_nothing(client, page, action):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_webhook"))
    client.force_login(looker)
    row = WebhookDeliveryFactory(state=DeliveryState.FAILED, due_at=None)

    act(client, page, action, row.endpoint if page == ENDPOINTS else row)

    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED
    assert WebhookEndpoint.objects.values("disabled_at", "old_secret").get() == {
        "disabled_at": None,
        "old_secret": None,
    }


def test_the_rest_of_an_address_is_not_in_the_list_of_deliveries(boss):
    WebhookDeliveryFactory(endpoint__url="https://partner.example/hooks/as-good-as-a-key")

    page = boss.get(reverse(DELIVERIES)).content.decode()

    assert "partner.example" in page
    assert "as-good-as" not in page
