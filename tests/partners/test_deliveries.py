"""Fan-out: each event to each endpoint that may have it and wants it, once; and its lease."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction

from locksite.actors import SYSTEM
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.partners import deliveries, webhooks
from locksite.partners.choices import DeliveryState, Failure
from locksite.partners.models import WebhookDelivery, WebhookEndpoint
from locksite.partners.services import revoke_key
from locksite.partners.webhook_network import Outcome
from tests.api import Partner
from tests.clock import START, Clock
from tests.factories import (
    ApiKeyFactory,
    DeviceFactory,
    PropertyFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.partners.receiving import Post, only_on_postgresql

pytestmark = pytest.mark.django_db


def happen(now=START, event_type="access_code.created", house=None, **fields):
    fields.setdefault("property_id", None if house is None else house.pk)
    return Event.objects.append(event_type, occurred_at=now, now=now, **fields)


def told(endpoint=None):
    """Return the ids of the events of which there is a delivery."""
    rows = WebhookDelivery.objects.order_by("pk")
    if endpoint is not None:
        rows = rows.filter(endpoint=endpoint)
    return list(rows.values_list("event_uid", flat=True))


def at_once(work, times):
    """Do the same in several threads, which begin together."""
    start = Barrier(times)

    def run():
        start.wait(10)
        work()
        connections.close_all()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


# ---- What is sent


def test_the_body_is_the_event_as_the_api_shows_it_byte_by_byte(post):
    WebhookEndpointFactory()
    device = DeviceFactory()
    event = happen(
        event_type="access_code.set_on_device",
        house=device.property,
        device_uid=device.uid,
        payload={"name": "Zoë Ünal"},
        pin=Pin("0482915"),
    )

    post.fan_out()

    body = WebhookDelivery.objects.get().body_text().digits.encode()
    partner = Partner()
    partner.post("/events/get", event_id=str(event.uid))
    assert partner.last.content == b'{"event":' + body + b',"ok":true}'
    assert b'"code":"0482915"' in body


def test_a_body_is_sealed_while_it_waits(post):
    WebhookEndpointFactory()
    happen(pin=Pin("48291537"))

    post.fan_out()

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM partners_webhookdelivery")
        [(stored,)] = cursor.fetchall()
    assert "48291537" not in stored
    assert "event_id" not in stored


def test_only_what_happened_since_the_endpoint_was_made_is_sent(post):
    happen(START - timedelta(milliseconds=1))
    WebhookEndpointFactory(created_at=START)
    since = happen(START)

    assert post.fan_out() == 1
    assert told() == [since.uid]


def test_only_the_types_that_are_wanted_are_sent(post):
    everything = WebhookEndpointFactory()
    some = WebhookEndpointFactory(event_types=["lock.locked", "lock.unlocked"])
    created, locked = happen(), happen(event_type="lock.locked")

    post.fan_out()

    assert told(everything) == [created.uid, locked.uid]
    assert told(some) == [locked.uid]


def test_only_what_the_key_reaches_is_sent_as_the_event_list_has_it(post):
    device, other = DeviceFactory(), DeviceFactory()
    key = Partner(device.property)
    endpoint = WebhookEndpointFactory(api_key=key.row)
    happen(house=device.property)
    happen(house=other.property)
    happen(connected_account_uid=device.account.uid)
    happen(connected_account_uid=other.account.uid)
    happen(device_uid=device.uid, connected_account_uid=device.account.uid)

    post.fan_out()

    listed = key.post("/events/list", since="2026-01-01")[1]["events"]
    assert len(listed) == 2
    assert [str(uid) for uid in told(endpoint)] == [each["event_id"] for each in listed][::-1]


@pytest.mark.parametrize(
    "end",
    [
        lambda row, now: webhooks.switch_off(row, actor=SYSTEM, now=now),
        lambda row, now: webhooks.delete(row, actor=SYSTEM, now=now),
        lambda row, now: revoke_key(row.api_key, actor=SYSTEM, now=now),
        lambda row, now: type(row.api_key).objects.update(expires_at=now),
    ],
    ids=["switched off", "deleted", "key revoked", "key expired"],
)
def test_nothing_is_made_for_an_endpoint_that_is_over_and_what_waits_is_stopped(post, end):
    endpoint = WebhookEndpointFactory()
    happen()
    post.fan_out()

    end(endpoint, post.now)
    happen()
    post.fan_out()
    deliveries.stop_what_goes_nowhere(post.now)

    [row] = WebhookDelivery.objects.all()
    assert (row.state, row.due_at) == (DeliveryState.STOPPED, None)
    assert deliveries.take(endpoint.pk, post.now) is None
    assert deliveries.endpoints_with_work(post.now) == []


# ---- Once, and all of them


def test_an_event_is_handed_on_once_however_often_one_looks(post):
    WebhookEndpointFactory()
    happen()

    assert [post.fan_out() for _ in range(3)] == [1, 0, 0]


def test_many_events_cost_a_fixed_number_of_queries_a_batch(post, django_assert_num_queries):
    house = PropertyFactory()
    limited = ApiKeyFactory(is_unlimited=False)
    limited.properties.add(house)
    for key in (limited, limited, ApiKeyFactory()):
        WebhookEndpointFactory(api_key=key)
    for _ in range(deliveries.BATCH):
        happen(house=house)
    # The ids, a savepoint and its end, the events, the endpoints, the houses of their keys, what
    # each of two keys reaches, the deliveries (several statements on SQLite), the mark; and a last
    # look.
    inserts = -(-3 * deliveries.BATCH // connection.ops.bulk_batch_size(_FIELDS, [0] * 600))

    with django_assert_num_queries(10 + inserts):
        assert post.fan_out() == 3 * deliveries.BATCH


_FIELDS = [field for field in WebhookDelivery._meta.concrete_fields if not field.primary_key]


def test_a_second_batch_follows_the_first_at_once(post, monkeypatch):
    monkeypatch.setattr(deliveries, "BATCH", 2)
    WebhookEndpointFactory()
    events = [happen() for _ in range(5)]

    assert post.fan_out() == 5
    assert told() == [event.uid for event in events]


def test_an_event_that_cannot_be_written_out_keeps_back_no_other(post, caplog):
    WebhookEndpointFactory()
    broken, fine = happen(pin=Pin("4829")), happen()
    write = post.body_of

    def body_of(event):
        if event.pk == broken.pk:
            raise RuntimeError("no key opens this")
        return write(event)

    post.body_of = body_of
    assert post.fan_out() == 1
    assert told() == [fine.uid]
    assert f"event {broken.uid} could not be written out" in caplog.text

    post.body_of = write
    assert post.fan_out() == 1
    assert set(told()) == {broken.uid, fine.uid}


def test_a_new_event_is_found_by_an_index(post):
    with connection.cursor() as cursor:
        query = str(Event.objects.not_fanned_out().values_list("pk")[:200].query)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {query}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = repr(cursor.fetchall())

    assert "event_not_fanned_out" in plan


@pytest.mark.django_db(transaction=True)
@only_on_postgresql
def test_an_event_that_is_committed_after_a_later_one_is_not_passed_by():
    post = Post(Clock(), lambda event: "{}")
    WebhookEndpointFactory()
    number_taken, may_commit = Barrier(2), Barrier(2)
    early = []

    def slowly():
        with transaction.atomic():
            early.append(happen())
            number_taken.wait(10)
            may_commit.wait(10)
        connections.close_all()

    slow = Thread(target=slowly)
    slow.start()
    number_taken.wait(10)
    late = happen()

    assert post.fan_out() == 1
    may_commit.wait(10)
    slow.join(10)
    assert early[0].pk < late.pk
    assert post.fan_out() == 1
    assert told() == [late.uid, early[0].uid]


@pytest.mark.django_db(transaction=True)
@only_on_postgresql
def test_two_engines_hand_every_event_on_once():
    endpoints = [WebhookEndpointFactory() for _ in range(2)]
    events = [happen() for _ in range(3 * deliveries.BATCH)]
    made = []

    at_once(lambda: made.append(deliveries.fan_out(START, lambda event: "{}")), 2)

    assert sum(made) == len(events) * len(endpoints)
    for endpoint in endpoints:
        assert sorted(told(endpoint)) == sorted(event.uid for event in events)
    assert not Event.objects.not_fanned_out().exists()


def test_an_endpoint_that_is_made_while_events_are_read_misses_none_that_follow(post, monkeypatch):
    happen()
    wanted = deliveries._wanted

    def when_the_events_are_read(events, now):
        WebhookEndpointFactory()
        return wanted(events, now)

    monkeypatch.setattr(deliveries, "_wanted", when_the_events_are_read)

    assert post.fan_out() == 1


# ---- Taking and ending


def test_a_delivery_has_one_sender_at_a_time():
    endpoint = WebhookDeliveryFactory().endpoint

    parcel = deliveries.take(endpoint.pk, START)

    assert parcel is not None
    assert deliveries.take(endpoint.pk, START) is None
    assert deliveries.take(endpoint.pk, START + timedelta(seconds=59)) is None


@pytest.mark.django_db(transaction=True)
@only_on_postgresql
def test_of_those_who_take_at_once_each_gets_another():
    endpoint = WebhookEndpointFactory()
    for _ in range(20):
        WebhookDeliveryFactory(endpoint=endpoint)
    taken = []

    def take_all():
        while (parcel := deliveries.take(endpoint.pk, START)) is not None:
            taken.append(parcel.message_id)

    at_once(take_all, 4)

    assert sorted(taken) == sorted(row.message_id for row in WebhookDelivery.objects.all())


def test_after_a_kill_in_the_middle_it_is_taken_again_under_the_same_id():
    row = WebhookDeliveryFactory()

    first = deliveries.take(row.endpoint_id, START)
    again = deliveries.take(row.endpoint_id, START + timedelta(seconds=60))

    assert (first.message_id, first.body) == (again.message_id, again.body)
    row.refresh_from_db()
    assert row.attempts == 0


def test_who_was_too_slow_changes_nothing_any_more():
    row = WebhookDeliveryFactory()
    slow = deliveries.take(row.endpoint_id, START)
    fast = deliveries.take(row.endpoint_id, START + timedelta(seconds=61))
    later = START + timedelta(seconds=62)

    deliveries.end(row.pk, slow.leased_until, Outcome(Failure.TIMEOUT), later)
    row.refresh_from_db()
    assert (row.attempts, row.leased_until) == (0, fast.leased_until)

    deliveries.end(row.pk, fast.leased_until, Outcome(None, 200), later)
    row.refresh_from_db()
    assert (row.attempts, row.state, row.delivered_at) == (1, "delivered", later)


def test_what_was_stopped_while_it_was_sent_still_arrives_and_is_not_tried_again():
    arrived, failed = WebhookDeliveryFactory(), WebhookDeliveryFactory()
    parcels = [deliveries.take(row.endpoint_id, START) for row in (arrived, failed)]
    WebhookEndpoint.objects.update(disabled_at=START)
    deliveries.stop_what_goes_nowhere(START)

    outcomes = (Outcome(None, 200), Outcome(Failure.TIMEOUT))
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        deliveries.end(parcel.pk, parcel.leased_until, outcome, START)

    states = WebhookDelivery.objects.order_by("pk").values_list("state", "due_at", "attempts")
    assert list(states) == [("delivered", None, 1), ("stopped", None, 1)]


def test_leases_and_times_of_a_clock_that_was_wrong_hold_nothing_up():
    row = WebhookDeliveryFactory(
        due_at=START + timedelta(days=400), leased_until=START + timedelta(days=400)
    )

    assert deliveries.take(row.endpoint_id, START) is not None


def test_a_house_that_the_key_lost_is_not_told_of_any_more():
    house = PropertyFactory()
    key = ApiKeyFactory(is_unlimited=False)
    key.properties.add(house)
    endpoint = WebhookEndpointFactory(api_key=key)
    kept = WebhookDeliveryFactory(endpoint=endpoint, property_id=house.pk)
    lost = WebhookDeliveryFactory(endpoint=endpoint, property_id=house.pk + 1)

    assert deliveries.take(endpoint.pk, START).message_id == kept.message_id
    assert deliveries.take(endpoint.pk, START) is None
    lost.refresh_from_db()
    assert (lost.state, lost.body) == ("stopped", None)


def test_a_delivery_that_cannot_be_opened_is_no_fault_of_the_endpoint(settings, caplog):
    row = WebhookDeliveryFactory()
    settings.LOCKSITE_PIN_KEYS = ["b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="]

    assert deliveries.take(row.endpoint_id, START) is None

    row.refresh_from_db()
    assert (row.last_failure, row.due_at) == (Failure.INTERNAL, START + timedelta(seconds=5))
    assert row.endpoint.failing_since is None


# ---- Tidying up


def test_deliveries_that_are_over_go_after_thirty_days(post):
    now = START + timedelta(days=30, seconds=1)
    over = {"due_at": None, "created_at": START}
    WebhookDeliveryFactory(state=DeliveryState.DELIVERED, body=None, delivered_at=START, **over)
    WebhookDeliveryFactory(state=DeliveryState.FAILED, **over)
    waiting = WebhookDeliveryFactory(created_at=START)
    young = WebhookDeliveryFactory(
        state=DeliveryState.FAILED, due_at=None, created_at=START + timedelta(seconds=2)
    )
    gone = WebhookEndpointFactory(deleted_at=START)
    waiting.endpoint.old_secret = waiting.endpoint.secret
    waiting.endpoint.old_secret_until = START
    waiting.endpoint.save()

    assert deliveries.prune(now) == 2

    assert set(WebhookDelivery.objects.all()) == {waiting, young}
    assert not WebhookEndpoint.objects.filter(pk=gone.pk).exists()
    waiting.endpoint.refresh_from_db()
    assert (waiting.endpoint.old_secret, waiting.endpoint.old_secret_until) == (None, None)
