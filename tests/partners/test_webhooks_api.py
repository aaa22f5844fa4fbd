"""`/webhooks/…`: making, changing and ending webhooks, and looking at what was sent."""

import base64
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscodes.choices import EventType
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from locksite.partners import webhooks
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import Scope, WebhookDelivery, WebhookEndpoint
from locksite.partners.webhook_network import check_url
from locksite.partners.webhook_types import EVENT_TYPES
from tests.api import UNKNOWN, Partner, error
from tests.clock import START
from tests.factories import ApiKeyFactory, WebhookDeliveryFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db
URL = "https://partner.example/hooks?to=1"


@pytest.fixture(autouse=True)
def _no_names_are_looked_up(monkeypatch):
    def nobody_knows(host, port):
        raise socket.gaierror

    monkeypatch.setattr(
        webhooks, "check_url", lambda url, **_: check_url(url, look_up=nobody_knows)
    )


@pytest.fixture(autouse=True)
def _the_web_reads_the_hand_moved_clock(clock, monkeypatch):
    monkeypatch.setattr(timezone, "now", clock)


@pytest.fixture
def partner():
    return Partner()


def made(partner, **params: Any) -> dict[str, Any]:
    status, body = partner.post("/webhooks/create", **{"url": URL, **params})
    assert status == 200, body
    webhook: dict[str, Any] = body["webhook"]
    return webhook


def test_webhooks_create(partner):
    answer = partner.post("/webhooks/create", url=URL)

    endpoint = WebhookEndpoint.objects.get()
    secret = endpoint.secret.open(bound_to=endpoint.uid).digits
    assert answer == (
        200,
        {
            "webhook": {
                "webhook_id": str(endpoint.uid),
                "url": URL,
                "event_types": ["*"],
                "secret": secret,
            },
            "ok": True,
        },
    )
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert (endpoint.api_key, endpoint.created_at) == (partner.row, START)
    assert made(partner)["secret"] != secret


def test_webhooks_get_and_list(partner):
    first = made(partner)
    second = made(partner, event_types=["lock.locked", "access_code.created", "lock.locked"])

    assert partner.get("/webhooks/get", f"webhook_id={first['webhook_id']}&_strict=true") == (
        200,
        {"webhook": first, "ok": True},
    )
    assert partner.get("/webhooks/list") == (200, {"webhooks": [first, second], "ok": True})
    assert second["event_types"] == ["lock.locked", "access_code.created"]


def test_webhooks_update(partner):
    webhook = made(partner)
    one = {"webhook_id": webhook["webhook_id"]}

    answer = partner.send(
        "PUT", "/webhooks/update", f'{{"webhook_id":"{one["webhook_id"]}","event_types":["*"]}}'
    )
    assert answer == (200, {"ok": True})
    assert partner.post("/webhooks/update", **one, event_types=["lock.locked"])[0] == 200

    _, body = partner.post("/webhooks/get", **one)
    assert body["webhook"] == {**webhook, "event_types": ["lock.locked"]}


def test_what_waits_of_a_type_that_left_is_dropped(partner):
    webhook = made(partner)
    endpoint = WebhookEndpoint.objects.get()
    WebhookDeliveryFactory(endpoint=endpoint, event_type="lock.locked")
    WebhookDeliveryFactory(endpoint=endpoint, event_type="access_code.created")

    partner.post("/webhooks/update", webhook_id=webhook["webhook_id"], event_types=["lock.locked"])

    rows = WebhookDelivery.objects.order_by("pk").values_list("event_type", "state", "body")
    assert [(event_type, state, body is None) for event_type, state, body in rows] == [
        ("lock.locked", "pending", False),
        ("access_code.created", "stopped", True),
    ]


def test_webhooks_delete(partner, clock):
    webhook = made(partner)
    one = {"webhook_id": webhook["webhook_id"]}
    WebhookDeliveryFactory(endpoint=WebhookEndpoint.objects.get())
    query = f"webhook_id={one['webhook_id']}"

    assert partner.send("DELETE", f"/webhooks/delete?{query}") == (200, {"ok": True})

    gone = (404, error("webhook_not_found", "There is no such webhook."))
    assert partner.post("/webhooks/get", **one) == gone
    assert partner.get("/webhooks/list") == (200, {"webhooks": [], "ok": True})
    assert WebhookDelivery.objects.values("state", "body", "due_at").get() == {
        "state": "stopped",
        "body": None,
        "due_at": None,
    }
    # A client that lost the answer asks again.
    clock.move(minutes=9)
    assert partner.post("/webhooks/delete", **one) == (200, {"ok": True})
    clock.move(minutes=2)
    assert partner.post("/webhooks/delete", **one) == gone


def test_what_was_done_to_a_webhook_is_audited_without_its_secret(partner, clock):
    webhook = made(partner)
    one = {"webhook_id": webhook["webhook_id"]}
    partner.post("/webhooks/update", **one, event_types=["lock.locked"])
    partner.post("/webhooks/rotate_secret", **one)
    partner.post("/webhooks/delete", **one)

    rows = AuditEntry.objects.filter(object_uid=webhook["webhook_id"]).order_by("pk")
    assert [(row.action, row.actor_label) for row in rows] == [
        ("webhook.created", partner.row.key_id),
        ("webhook.updated", partner.row.key_id),
        ("webhook.secret_rotated", partner.row.key_id),
        ("webhook.deleted", partner.row.key_id),
    ]
    assert "whsec_" not in repr([row.detail for row in rows])
    assert "/hooks" not in repr([row.detail for row in rows])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"event_types": []}, 'Name at least one event type, or "*".'),
        ({"event_types": ["*", "lock.fly"]}, "There are no such event types: lock.fly."),
        ({"event_types": ["access_code.*"]}, "There are no such event types: access_code.*."),
        ({"event_types": [""]}, "There are no such event types: ."),
    ],
)
def test_unknown_event_types_are_refused(partner, params, message):
    refused = (400, error("invalid_event_types", message))

    assert partner.post("/webhooks/create", url=URL, **params) == refused
    webhook = made(partner)
    assert partner.post("/webhooks/update", webhook_id=webhook["webhook_id"], **params) == refused
    assert WebhookEndpoint.objects.get().event_types == ["*"]


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({"url": None}, "url", "Required."),
        ({"url": 7}, "url", "Expected text, received a number."),
        ({"url": "x" * 501}, "url", "At most 500 characters."),
        ({"url": "partner.example/hooks"}, "url",
         "Send an absolute address such as https://example.com/hooks."),
        ({"url": "http://partner.example/hooks"}, "url",
         "Use an address that begins with https://."),
        ({"url": "https://10.0.0.1/hooks"}, "url", "This host is not on the public internet."),
        ({"url": "https://partner.example:8080/"}, "url",
         "Port 8080 is not allowed here; allowed: 443."),
        ({"event_types": "*"}, "event_types", "Expected a list, received text."),
        ({"event_types": [1]}, "event_types", "Expected text, received a number."),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field(partner, params, field, message):
    status, body = partner.post("/webhooks/create", **{"url": URL, **params})

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    assert body["error"]["validation_errors"] == {"_errors": [], field: {"_errors": [message]}}
    assert not WebhookEndpoint.objects.exists()


def test_an_unknown_webhook_is_not_found(partner):
    gone = (404, error("webhook_not_found", "There is no such webhook."))

    for path, more in (
        ("get", {}),
        ("update", {"event_types": ["*"]}),
        ("delete", {}),
        ("rotate_secret", {}),
    ):
        for name in (UNKNOWN, "nonsense"):
            assert partner.post(f"/webhooks/{path}", webhook_id=name, **more) == gone


def test_a_key_has_a_limited_number_of_webhooks(partner):
    for _ in range(webhooks.MOST_PER_KEY):
        WebhookEndpointFactory(api_key=partner.row)
    WebhookEndpointFactory()

    status, body = partner.post("/webhooks/create", url=URL)

    assert (status, body["error"]["type"], body["error"]["message"]) == (
        400,
        "invalid_input",
        "This key has 25 webhooks, the most that are allowed. Delete one first.",
    )


def test_a_key_that_may_only_read_makes_none():
    reader = Partner(scope=Scope.READ)

    assert reader.post("/webhooks/create", url=URL)[0] == 403
    assert reader.post("/webhooks/list") == (200, {"webhooks": [], "ok": True})


def test_the_list_costs_the_same_however_many(partner, django_assert_num_queries):
    for _ in range(5):
        WebhookEndpointFactory(api_key=partner.row)

    with django_assert_num_queries(2):
        partner.post("/webhooks/list")


def test_a_switched_off_webhook_says_so(partner):
    made(partner)
    webhooks.switch_off(WebhookEndpoint.objects.get(), actor=SYSTEM, now=START)

    [webhook] = partner.post("/webhooks/list")[1]["webhooks"]

    assert webhook["disabled_at"] == "2026-11-23T10:00:00.000Z"


# ---- secrets


def test_webhooks_rotate_secret(partner):
    webhook = made(partner)

    status, body = partner.post("/webhooks/rotate_secret", webhook_id=webhook["webhook_id"])

    endpoint = WebhookEndpoint.objects.get()
    new = body["webhook"]["secret"]
    assert status == 200
    assert body["webhook"] == {**webhook, "secret": new}
    assert new != webhook["secret"]
    day = timedelta(hours=24)
    old = Pin(webhook["secret"])
    assert endpoint.secrets(START + day - timedelta(seconds=1)) == (Pin(new), old)
    assert endpoint.secrets(START + day) == (Pin(new),)


# ---- deliveries


def test_webhooks_deliveries_list(partner):
    endpoint = WebhookEndpointFactory(api_key=partner.row)
    waiting = WebhookDeliveryFactory(
        endpoint=endpoint,
        attempts=2,
        due_at=START + timedelta(minutes=5),
        tried_at=START,
        last_status=503,
        last_failure=Failure.ANSWER,
    )
    arrived = WebhookDeliveryFactory(
        endpoint=endpoint,
        state=DeliveryState.DELIVERED,
        attempts=1,
        due_at=None,
        body=None,
        tried_at=START,
        delivered_at=START,
        last_status=204,
    )
    shared = {
        "webhook_id": str(endpoint.uid),
        "event_type": "access_code.set_on_device",
        "created_at": "2026-11-23T10:00:00.000Z",
        "last_attempt_at": "2026-11-23T10:00:00.000Z",
    }
    none = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}

    answer = partner.post("/webhooks/deliveries/list")

    assert answer == (
        200,
        {
            "webhook_deliveries": [
                {
                    "webhook_delivery_id": str(waiting.uid),
                    "message_id": f"msg_{waiting.uid.hex}",
                    "event_id": str(waiting.event_uid),
                    "status": "pending",
                    "attempt_count": 2,
                    "next_attempt_at": "2026-11-23T10:05:00.000Z",
                    "last_status_code": 503,
                    "last_failure": "answer",
                    **shared,
                },
                {
                    "webhook_delivery_id": str(arrived.uid),
                    "message_id": f"msg_{arrived.uid.hex}",
                    "event_id": str(arrived.event_uid),
                    "status": "delivered",
                    "attempt_count": 1,
                    "last_status_code": 204,
                    "delivered_at": "2026-11-23T10:00:00.000Z",
                    **shared,
                },
            ],
            "pagination": none,
            "ok": True,
        },
    )


def test_deliveries_are_filtered_and_come_in_pages(partner, django_assert_num_queries):
    one, other = (WebhookEndpointFactory(api_key=partner.row) for _ in range(2))
    rows = [WebhookDeliveryFactory(endpoint=each) for each in (one, other, one)]
    failed = WebhookDeliveryFactory(endpoint=one, state=DeliveryState.FAILED, due_at=None)
    WebhookDeliveryFactory()

    def listed(**params):
        status, body = partner.post("/webhooks/deliveries/list", **params)
        assert status == 200, body
        return [each["webhook_delivery_id"] for each in body["webhook_deliveries"]]

    with django_assert_num_queries(2):
        assert listed() == [str(row.uid) for row in (*rows, failed)]
    assert listed(webhook_id=str(one.uid)) == [str(row.uid) for row in (rows[0], rows[2], failed)]
    assert listed(status="failed") == [str(failed.uid)]
    assert partner.post("/webhooks/deliveries/list", status="lost")[0] == 400
    _, first = partner.post("/webhooks/deliveries/list", limit=3)
    cursor = first["pagination"]["next_page_cursor"]
    assert listed(limit=3, page_cursor=cursor) == [str(failed.uid)]


def test_webhooks_deliveries_retry(partner, clock):
    endpoint = WebhookEndpointFactory(api_key=partner.row)
    failed = WebhookDeliveryFactory(
        endpoint=endpoint, state=DeliveryState.FAILED, due_at=None, attempts=8
    )
    clock.move(days=1)

    answer = partner.post("/webhooks/deliveries/retry", webhook_delivery_id=str(failed.uid))

    assert answer == (200, {"retried_count": 1, "ok": True})
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.due_at) == ("pending", 0, clock.now)


def test_all_that_failed_is_sent_again_at_once(partner):
    endpoint = WebhookEndpointFactory(api_key=partner.row)
    over = {"endpoint": endpoint, "due_at": None}
    for state in (DeliveryState.FAILED, DeliveryState.STOPPED):
        WebhookDeliveryFactory(state=state, **over)
    WebhookDeliveryFactory(state=DeliveryState.STOPPED, body=None, **over)
    WebhookDeliveryFactory(state=DeliveryState.DELIVERED, body=None, delivered_at=START, **over)
    WebhookDeliveryFactory(endpoint=endpoint)
    WebhookDeliveryFactory(state=DeliveryState.FAILED, due_at=None)

    answer = partner.post("/webhooks/deliveries/retry", webhook_id=str(endpoint.uid))

    assert answer == (200, {"retried_count": 2, "ok": True})


def test_what_waits_is_tried_at_once_when_asked_and_keeps_its_count(partner):
    later = WebhookDeliveryFactory(
        endpoint=WebhookEndpointFactory(api_key=partner.row),
        attempts=5,
        due_at=START + timedelta(hours=5),
    )

    answer = partner.post("/webhooks/deliveries/retry", webhook_delivery_id=str(later.uid))

    later.refresh_from_db()
    assert answer == (200, {"retried_count": 1, "ok": True})
    assert (later.attempts, later.due_at) == (5, START)


def test_what_cannot_be_sent_again_is_refused_with_the_reason(partner):
    arrived = WebhookDeliveryFactory(
        endpoint=WebhookEndpointFactory(api_key=partner.row),
        state=DeliveryState.DELIVERED,
        due_at=None,
        body=None,
        delivered_at=START,
    )
    off = WebhookDeliveryFactory(
        endpoint=WebhookEndpointFactory(api_key=partner.row, disabled_at=START),
        state=DeliveryState.STOPPED,
        due_at=None,
    )

    for row in (arrived, off):
        status, body = partner.post("/webhooks/deliveries/retry", webhook_delivery_id=str(row.uid))
        assert (status, body["error"]["type"]) == (400, "invalid_input")
        assert body["error"]["message"].startswith("This delivery cannot be sent again")
    assert partner.post("/webhooks/deliveries/retry") == (
        400,
        error(
            "invalid_input",
            "Send either webhook_delivery_id or webhook_id.",
            _errors=["Send either webhook_delivery_id or webhook_id."],
        ),
    )
    assert partner.post("/webhooks/deliveries/retry", webhook_delivery_id=UNKNOWN)[0] == 404


# ---- keys


def test_webhooks_go_with_their_key_when_it_is_replaced(partner):
    made(partner)
    delivery = WebhookDeliveryFactory(endpoint=WebhookEndpoint.objects.get())
    new = ApiKeyFactory()

    assert webhooks.hand_over(partner.row, new, actor=SYSTEM, now=START) == 1

    delivery.endpoint.refresh_from_db()
    assert (delivery.endpoint.api_key, delivery.state) == (new, "pending")
    assert partner.post("/webhooks/list") == (200, {"webhooks": [], "ok": True})
    assert AuditEntry.objects.latest("pk").detail["key_id"] == new.key_id


# ---- types


def test_every_type_that_we_write_can_be_asked_for():
    assert set(EventType.values) <= EVENT_TYPES
