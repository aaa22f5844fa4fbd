"""The page of webhooks: where events go, what became of each, and sending again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import WebhookDelivery
from properties.choices import Role
from tests.desk.html import ids, links, words
from tests.factories import (
    ApiKeyFactory,
    PropertyFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db
URL = "https://hooks.partner.example/as-good-as-a-key"


def page_of(world):
    return reverse("webhook-list", args=[world.property.slug])


def endpoint(world, name="Channel manager", **fields):
    key = ApiKeyFactory(name=name, is_unlimited=False, **fields.pop("key", {}))
    key.properties.add(world.property)
    return WebhookEndpointFactory(api_key=key, url=URL, **fields)


def delivery(world, to, **fields):
    return WebhookDeliveryFactory(
        **{
            "endpoint": to,
            "property_id": world.property.pk,
            "created_at": world.now,
            "due_at": world.now,
            **fields,
        }
    )


def test_endpoints_say_how_they_stand(desk, world):
    now, hour = world.now, timedelta(hours=1)
    fine = endpoint(world, "Alpha")
    endpoint(world, "Bravo", failing_since=now - hour)
    endpoint(world, "Charlie", failing_since=now - 5 * hour, disabled_at=now - hour)
    endpoint(world, "Delta", key={"revoked_at": now})
    endpoint(world, "Echo", deleted_at=now)
    delivery(world, fine)
    delivery(world, fine)
    delivery(world, fine, state=DeliveryState.FAILED, due_at=None)

    assert words(desk.get(page_of(world)), "webhook-endpoints") == (
        "Alpha In use hooks.partner.example 2 waiting, 1 failed. "
        "Bravo Failing hooks.partner.example Nothing has arrived since 10:00. "
        "After five days it is switched off. "
        "Charlie Switched off hooks.partner.example Off since 10:00. "
        "An administrator can switch it on. "
        "Delta Key ended hooks.partner.example Its API key was revoked or has expired, "
        "so nothing is sent."
    )


def test_deliveries_say_what_became_of_them_newest_first(desk, world):
    to = endpoint(world)
    over = {"due_at": None, "tried_at": world.now}
    rows = [
        delivery(
            world,
            to,
            state=DeliveryState.DELIVERED,
            body=None,
            delivered_at=world.now,
            attempts=1,
            **over,
        ),
        delivery(
            world,
            to,
            attempts=3,
            due_at=world.now + timedelta(minutes=30),
            last_failure=Failure.ANSWER,
            last_status=503,
        ),
        delivery(
            world,
            to,
            state=DeliveryState.FAILED,
            attempts=8,
            last_failure=Failure.TIMEOUT,
            **over,
        ),
        delivery(world, to, event_type="device.disconnected"),
    ]

    page = desk.get(page_of(world))

    shown = [each for each in ids(page) if each.startswith("delivery-")]
    assert shown == [f"delivery-{row.uid}" for row in reversed(rows)]
    kind = "access_code.set_on_device 11:00 · Channel manager"
    assert [words(page, f"delivery-{row.uid}") for row in rows] == [
        f"{kind} Delivered",
        f"{kind} Trying again Answered 503. Attempt 4 of 8 today at 11:30. "
        "Send now access_code.set_on_device of 11:00",
        f"{kind} Failed No answer in time. Given up after 8 attempts. "
        "Send again access_code.set_on_device of 11:00",
        "device.disconnected 11:00 · Channel manager Waiting "
        "Send now device.disconnected of 11:00",
    ]
    assert "as-good-as-a-key" not in page.content.decode()


def test_a_delivery_is_sent_again(desk, world):
    failed = delivery(world, endpoint(world), state=DeliveryState.FAILED, due_at=None, attempts=8)
    path = reverse("webhook-send-again", args=[world.property.slug, failed.uid])

    page = desk.post(path, follow=True)

    failed.refresh_from_db()
    assert (failed.state, failed.due_at, failed.attempts) == ("pending", world.now, 0)
    assert words(page, "toast").startswith("It is being sent again.")


def test_what_arrived_meanwhile_is_not_sent_again(desk, world):
    arrived = delivery(
        world,
        endpoint(world),
        state=DeliveryState.DELIVERED,
        due_at=None,
        body=None,
        delivered_at=world.now,
    )
    path = reverse("webhook-send-again", args=[world.property.slug, arrived.uid])

    page = desk.post(path, follow=True)

    assert words(page, "toast").startswith("It cannot be sent again")
    assert WebhookDelivery.objects.get().state == "delivered"


def test_of_a_key_that_reaches_several_houses_each_sees_its_own_events(desk, world):
    to = WebhookEndpointFactory(url=URL)
    elsewhere = PropertyFactory()
    mine = delivery(world, to)
    theirs = delivery(world, to, property_id=elsewhere.pk)
    of_an_account = delivery(world, to, property_id=None)

    page = desk.get(page_of(world))

    assert f"delivery-{mine.uid}" in ids(page)
    for foreign in (theirs, of_an_account):
        assert f"delivery-{foreign.uid}" not in ids(page)
        path = reverse("webhook-send-again", args=[world.property.slug, foreign.uid])
        assert desk.post(path).status_code == 404
    assert words(page, "webhook-endpoints").endswith("1 waiting.")


def test_a_house_without_webhooks_says_so(desk, world):
    other = ApiKeyFactory(is_unlimited=False)
    other.properties.add(PropertyFactory())
    WebhookEndpointFactory(api_key=other)

    assert "No webhooks." in words(desk.get(page_of(world)), "main")


def test_only_managers_are_offered_the_page(sign_in, world):
    manager = sign_in(Role.MANAGER, world.property)
    start = reverse("lock-list", args=[world.property.slug])
    assert page_of(world) in links(manager.get(start))

    front_desk = sign_in(Role.FRONT_DESK, world.property, "mo")
    assert page_of(world) not in links(front_desk.get(start))
    refused = front_desk.get(page_of(world))
    assert refused.status_code == 403
    assert "Webhooks tell partners what happens to codes. Ask a manager." in words(refused)


def test_managers_are_told_on_the_start_page_when_an_endpoint_was_switched_off(sign_in, world):
    endpoint(world, failing_since=world.now, disabled_at=world.now)
    start = reverse("lock-list", args=[world.property.slug])

    assert words(sign_in(Role.MANAGER, world.property).get(start), "webhook-note") == (
        "Events are no longer sent to hooks.partner.example: nothing has arrived there for days. "
        "Tell the partner; an administrator can switch it on again. Show webhooks"
    )
    assert "webhook-note" not in ids(sign_in(Role.FRONT_DESK, world.property, "mo").get(start))


def test_the_page_costs_a_fixed_number_of_queries(desk, world, django_assert_num_queries):
    for number in range(6):
        to = endpoint(world, f"Partner {number}")
        for _ in range(5):
            delivery(world, to)
    desk.get(page_of(world))

    with django_assert_num_queries(10):
        desk.get(page_of(world))
