"""Deliveries over real sockets: signed, tried again for a day, and nobody waits for another."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from seam.seam_webhook import SeamWebhook
from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from accesscodes.api.serializers import event_text
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.partners import deliveries, webhooks
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import WebhookDelivery, WebhookEndpoint
from locksite.partners.sending import Sender
from locksite.partners.webhook_network import webhook_sessions
from locksite.partners.webhook_schedule import DELAYS
from tests.clock import START, Clock
from tests.factories import WEBHOOK_SECRET, WebhookDeliveryFactory, WebhookEndpointFactory
from tests.loopback import Loopback
from tests.partners.receiving import Inline, Post, answering, only_on_postgresql, signature

pytestmark = pytest.mark.django_db


def happen(now=START, event_type="access_code.set_on_device", **fields):
    return Event.objects.append(event_type, occurred_at=now, now=now, property_id=None, **fields)


def row():
    return WebhookDelivery.objects.get()


def until_over(post):
    """Go from one attempt to the next until there is none any more."""
    while due := WebhookDelivery.objects.exclude(due_at=None).order_by("due_at").first():
        post.clock.now = max(post.now, due.due_at)
        post.work()


def hours_of(post, span, step=timedelta(minutes=1)):
    """Let time pass, and do the work at every step."""
    until = post.now + span
    while post.now < until:
        post.clock.move(step)
        post.work()


# ---- What arrives


def test_a_delivery_is_signed_as_the_standard_says(post, receiver):
    server = receiver(answering())
    WebhookEndpointFactory(url=server.hook)
    event = happen(pin=Pin("482915"))

    post.work()

    [message] = server.messages
    assert message.line == "POST /hooks HTTP/1.1"
    assert message.body == event_text(event).encode()
    assert message.headers["content-type"] == "application/json"
    assert message.headers["svix-id"] == row().message_id
    assert message.headers["svix-timestamp"] == str(int(START.timestamp()))
    assert message.headers["svix-signature"] == signature(WEBHOOK_SECRET, message)
    assert (row().state, row().body, row().due_at) == (DeliveryState.DELIVERED, None, None)
    assert (row().delivered_at, row().last_status, row().attempts) == (START, 200, 1)


def test_every_verifier_takes_a_delivery_and_refuses_a_changed_one(db, receiver):
    post = Post(Clock(datetime.now(UTC)), event_text)
    server = receiver(answering())
    WebhookEndpointFactory(url=server.hook)
    event = happen(post.now, pin=Pin("482915"), payload={"name": "Zoë"})
    post.work()
    [message] = server.messages
    body = message.body.decode()

    seen = SeamWebhook(WEBHOOK_SECRET).verify(body, message.headers)
    assert (seen.event_id, seen.event_type, seen.code) == (
        str(event.uid),
        "access_code.set_on_device",
        "482915",
    )
    assert SvixWebhook(WEBHOOK_SECRET).verify(message.body, message.headers) == message.event
    standard = {
        name.replace("svix-", "webhook-"): value for name, value in message.headers.items()
    }
    assert StandardWebhook(WEBHOOK_SECRET).verify(message.body, standard) == message.event
    with pytest.raises(Exception, match="No matching signature"):
        SvixWebhook(WEBHOOK_SECRET).verify(body.replace("482915", "482916"), message.headers)


def test_for_a_day_both_secrets_sign(post, receiver):
    server = receiver(answering())
    endpoint = WebhookEndpointFactory(url=server.hook)
    webhooks.rotate_secret(endpoint, actor=SYSTEM, now=START)
    new = endpoint.secret.open(bound_to=endpoint.uid).digits

    for wait in (timedelta(0), timedelta(hours=24)):
        post.clock.move(wait)
        happen(post.now)
        post.work()

    first, later = server.messages
    assert first.headers["svix-signature"].split(" ") == [
        signature(new, first),
        signature(WEBHOOK_SECRET, first),
    ]
    assert later.headers["svix-signature"] == signature(new, later)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_delivered(post, receiver, status):
    WebhookEndpointFactory(url=receiver(answering(status)).hook)
    happen()

    post.work()

    assert (row().state, row().last_status) == (DeliveryState.DELIVERED, status)


# ---- What fails


@pytest.mark.parametrize("status", [300, 302, 307, 400, 404, 410, 429, 500, 503])
def test_everything_else_is_tried_again(post, receiver, status):
    server = receiver(answering(status))
    WebhookEndpointFactory(url=server.hook)
    happen()

    post.work()

    assert (row().state, row().last_status, row().last_failure, row().attempts) == (
        DeliveryState.PENDING,
        status,
        Failure.ANSWER,
        1,
    )
    assert row().due_at == START + timedelta(seconds=5)
    post.clock.move(seconds=5)
    post.work()
    assert row().state == DeliveryState.DELIVERED


def test_nobody_at_the_address_is_a_failure(post, settings):
    with Loopback(lambda peer: None) as closed:
        url = closed.url
    settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = [url.removeprefix("http://")]
    WebhookEndpointFactory(url=f"{url}/hooks")
    happen()

    post.work()

    assert (row().last_failure, row().last_status) == (Failure.CONNECTION, None)


def test_an_answer_that_is_cut_off_is_a_failure(post, receiver):
    WebhookEndpointFactory(url=receiver(lambda peer: None).hook)
    happen()

    post.work()

    assert (row().last_failure, row().last_status) == (Failure.CONNECTION, None)


def test_an_answer_that_comes_late_is_a_failure(post, receiver, monkeypatch):
    monkeypatch.setattr("locksite.partners.webhook_network.DEADLINE", timedelta(seconds=0.3))
    post.sender = Sender(post.clock, pool=lambda *_: Inline(), let_go=lambda: None)
    WebhookEndpointFactory(url=receiver(lambda peer: peer.pause()).hook)
    happen()

    post.work()

    assert row().last_failure == Failure.TIMEOUT


def test_an_endless_answer_with_a_good_status_is_delivered(post, receiver):
    def endless(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b" " * 65536)

    WebhookEndpointFactory(url=receiver(endless).hook)
    happen()

    post.work()

    assert row().state == DeliveryState.DELIVERED


def test_a_fault_of_our_own_is_logged_and_tried_again(db, clock, caplog):
    def session():
        class Faulty:
            def post(self, *_, **__):
                raise RuntimeError("out of luck")

        return Faulty()

    post = Post(clock, event_text)
    post.sender = Sender(clock, session, pool=lambda *_: Inline(), let_go=lambda: None)
    WebhookEndpointFactory(url="https://8.8.8.8/hooks")
    happen()

    post.work()

    assert (row().last_failure, row().state) == (Failure.INTERNAL, DeliveryState.PENDING)
    assert "could not be sent" in caplog.text


# ---- The schedule


def test_it_is_tried_eight_times_in_a_day_under_one_id_and_with_the_same_bytes(post, receiver):
    server = receiver(answering(*[500] * 8))
    WebhookEndpointFactory(url=server.hook)
    happen()

    post.fan_out()
    until_over(post)

    messages = server.messages
    sent = [
        int(message.headers["svix-timestamp"]) - int(START.timestamp()) for message in messages
    ]
    exact = [sum(DELAYS[: n + 1], timedelta(0)).total_seconds() for n in range(8)]
    assert sent == exact
    assert exact[-1] == timedelta(hours=27, minutes=35, seconds=5).total_seconds()
    assert len({message.id for message in messages}) == 1
    assert len({message.body for message in messages}) == 1
    assert len({message.headers["svix-signature"] for message in messages}) == 8
    assert all(
        message.headers["svix-signature"] == signature(WEBHOOK_SECRET, message)
        for message in messages
    )
    assert (row().state, row().attempts, row().due_at) == (DeliveryState.FAILED, 8, None)
    assert row().body is not None


def test_an_endpoint_that_is_down_for_hours_misses_nothing_and_gets_nothing_twice(post, receiver):
    down = [True]

    def answer(peer):
        peer.sendall(b"HTTP/1.1 %d So\r\n\r\n" % (503 if down else 200))

    server = receiver(answer)
    WebhookEndpointFactory(url=server.hook)
    events = []
    for _ in range(12):
        events.append(happen(post.now))
        hours_of(post, timedelta(minutes=30), timedelta(minutes=5))
    down.clear()
    before = len(server.messages)
    hours_of(post, timedelta(hours=11), timedelta(minutes=5))

    arrived = server.messages[before:]
    assert sorted(message.event["event_id"] for message in arrived) == sorted(
        str(event.uid) for event in events
    )
    ids = {message.event["event_id"]: message.id for message in arrived}
    assert all(ids[message.event["event_id"]] == message.id for message in server.messages)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_what_failed_for_good_is_sent_again_by_hand(post, receiver):
    server = receiver(answering(*[500] * 8))
    WebhookEndpointFactory(url=server.hook)
    happen()
    post.fan_out()
    until_over(post)
    assert row().state == DeliveryState.FAILED

    assert webhooks.send_again(WebhookDelivery.objects.all(), now=post.now) == 1
    post.work()

    assert (row().state, row().attempts) == (DeliveryState.DELIVERED, 1)
    assert len({(message.id, message.body) for message in server.messages}) == 1


def test_a_kill_between_making_and_sending_loses_nothing(post, receiver):
    server = receiver(answering())
    WebhookEndpointFactory(url=server.hook)
    happen()
    post.fan_out()

    Post(post.clock, event_text).work()

    assert len(server.messages) == 1


def test_a_kill_in_the_middle_of_sending_sends_it_again_and_no_more(post, receiver, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    server = receiver(answering())
    WebhookEndpointFactory(url=server.hook)
    happen()
    with monkeypatch.context() as killed:
        killed.setattr(deliveries, "end", die)
        with pytest.raises(Killed):
            post.work()
    post.clock.move(seconds=59)
    post.work()
    assert len(server.messages) == 1

    post.clock.move(seconds=1)
    post.work()
    hours_of(post, timedelta(hours=1))

    first, second = server.messages
    assert (first.id, first.body) == (second.id, second.body)


# ---- Giving up


def test_after_five_days_of_nothing_but_failures_an_endpoint_is_switched_off(
    post, receiver, caplog
):
    server = receiver(answering(*[500] * 1000))
    endpoint = WebhookEndpointFactory(url=server.hook)
    for _ in range(5):
        happen(post.now)
        hours_of(post, timedelta(hours=24), timedelta(minutes=30))
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, START + timedelta(minutes=30))

    happen(post.now)
    hours_of(post, timedelta(hours=1), timedelta(minutes=30))

    endpoint.refresh_from_db()
    assert endpoint.disabled_at == START + timedelta(days=5, minutes=30)
    assert "was switched off: nothing has arrived there since" in caplog.text
    audited = AuditEntry.objects.latest("pk")
    assert (audited.action, audited.actor_kind) == ("webhook.switched_off", "system")
    assert not WebhookDelivery.objects.filter(due_at__isnull=False).exists()
    sent = len(server.messages)
    happen(post.now)
    hours_of(post, timedelta(hours=1), timedelta(minutes=30))
    assert len(server.messages) == sent


def test_one_success_starts_the_five_days_anew(post, receiver):
    server = receiver(answering(500, 200))
    endpoint = WebhookEndpointFactory(url=server.hook)
    happen()
    post.work()
    endpoint.refresh_from_db()
    assert endpoint.failing_since == START

    post.clock.move(seconds=5)
    post.work()

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_an_endpoint_that_is_switched_on_again_gets_what_happens_from_then_on(post, receiver):
    server = receiver(answering())
    endpoint = WebhookEndpointFactory(url=server.hook)
    webhooks.switch_off(endpoint, actor=SYSTEM, now=post.now)
    happen(post.now)
    post.work()

    assert webhooks.switch_on(endpoint, actor=SYSTEM, now=post.now) is True
    after = happen(post.now)
    post.work()

    assert [message.event["event_id"] for message in server.messages] == [str(after.uid)]


# ---- Nobody waits for another


@pytest.mark.django_db(transaction=True)
@only_on_postgresql
def test_an_endpoint_that_hangs_holds_up_nobody(receiver):
    let_go = threading.Event()
    arrived = threading.Semaphore(0)

    def hang(peer):
        let_go.wait(20)

    def well(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        arrived.release()

    sick, healthy = receiver(hang), receiver(well)
    for server in (sick, healthy):
        endpoint = WebhookEndpointFactory(url=server.hook)
        for _ in range(30):
            WebhookDeliveryFactory(endpoint=endpoint)
    sender = Sender(lambda: START)
    try:
        began = time.monotonic()
        sender.send_due(START)
        sender.send_due(START)
        for _ in range(30):
            assert arrived.acquire(timeout=10), "the healthy endpoint waits"
            sender.send_due(START)
        took = time.monotonic() - began
    finally:
        let_go.set()
        sender.close()

    assert took < 8
    assert sick.connections <= 4


@pytest.mark.django_db(transaction=True)
@only_on_postgresql
def test_an_endpoint_that_fails_gets_one_thread_among_those_that_fail(receiver):
    server = receiver(answering(*[500] * 100))
    endpoint = WebhookEndpointFactory(url=server.hook, failing_since=START)
    for _ in range(10):
        WebhookDeliveryFactory(endpoint=endpoint)
    sender = Sender(lambda: START)

    sender.send_due(START)
    sender.close()

    assert len(server.messages) == 1


def test_the_next_turn_goes_to_who_has_waited_longest(post, receiver):
    order: list[int] = []

    class Queue(Inline):
        def submit(self, fn, /, *args, **kwargs):
            order.extend(args)
            return super().submit(lambda: None)

    rows = [WebhookDeliveryFactory() for _ in range(3)]
    WebhookEndpoint.objects.update(failing_since=START)
    sender = Sender(post.clock, pool=lambda *_: Queue(), let_go=lambda: None)
    sender._failing._threads = 2

    for _ in range(3):
        sender.send_due(START)

    one, two, three = (row.endpoint_id for row in rows)
    assert order == [one, two, three, one, two, three]


def test_looking_for_work_costs_the_same_however_much_there_is(post, django_assert_num_queries):
    for _ in range(3):
        endpoint = WebhookEndpointFactory(disabled_at=None)
        for _ in range(10):
            WebhookDeliveryFactory(endpoint=endpoint, due_at=START + timedelta(hours=1))

    with django_assert_num_queries(2):
        post.send()


def test_sessions_for_webhooks_are_bounded_by_fifteen_seconds():
    session: Any = webhook_sessions()()

    assert session._seconds == 15
