"""Webhooks that a cloud sends: believed when signed, stored once, and taken for a hint to look."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from svix.webhooks import Webhook

from locksite.masked import Pin
from locksite.pins import seal
from properties import notices
from properties.choices import AccountState, ProviderKind
from properties.models import Device, InboundNotice, ProviderAccount
from tests.clock import START
from tests.factories import AccountFactory, DeviceFactory

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret, just as long, ok").decode()


@pytest.fixture
def account():
    account = AccountFactory(kind=ProviderKind.SEAM)
    account.webhook_secrets = seal(Pin(f"{SECRET}, {OTHER}"), bound_to=account.uid)
    account.save()
    return account


@pytest.fixture
def lock(account):
    return DeviceFactory(account=account, remote_id="far-1")


def event(event_type="access_code.set_on_device", **more):
    return {
        "event_id": "5c1d9a02-0000-4000-8000-000000000001",
        "event_type": event_type,
        "device_id": "far-1",
        "occurred_at": "2026-11-23T10:00:00.000Z",
        **more,
    }


def send(client, account, content=None, *, message_id="msg_1", secret=SECRET, uid=None):
    body = json.dumps(event() if content is None else content)
    now = timezone.now()
    headers = {
        "svix-id": message_id,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": Webhook(secret).sign(message_id, now, body),
    }
    path = f"/hooks/{uid or account.uid}"
    return client.post(path, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_a_signed_notice_is_stored_and_its_lock_is_looked_at(client, account, lock, secret):
    assert send(client, account, secret=secret).status_code == 204

    [notice] = InboundNotice.objects.all()
    assert (notice.message_id, notice.event_type, notice.device_remote_id) == (
        "msg_1",
        "access_code.set_on_device",
        "far-1",
    )
    assert Device.objects.get().generation == 1


def test_one_that_comes_twice_is_believed_and_does_nothing(client, account, lock):
    for _ in range(2):
        assert send(client, account).status_code == 204

    assert InboundNotice.objects.count() == 1
    assert Device.objects.get().generation == 1


def test_one_that_is_not_signed_by_us_says_nothing(client, account, lock, caplog):
    stranger = "whsec_" + base64.b64encode(b"a secret that nobody here knows.").decode()

    assert send(client, account, secret=stranger).status_code == 401

    assert InboundNotice.objects.count() == 0
    assert Device.objects.get().generation == 0
    assert "not_signed" in caplog.text
    assert stranger not in caplog.text


def test_an_account_that_does_not_exist_answers_as_a_wrong_signature(client, account):
    answer = send(client, account, uid="00000000-0000-4000-8000-000000000000")

    assert (answer.status_code, answer.content) == (401, b"")


def test_only_post_is_taken(client, account):
    assert client.get(f"/hooks/{account.uid}").status_code == 405


@pytest.mark.parametrize(
    "content",
    [
        event("device.disconnected"),
        event("something.new"),
        event("access_code.created", device_id="a-lock-that-is-new"),
        event("connected_account.disconnected", device_id=None),
    ],
)
def test_what_is_about_a_lock_or_the_account_has_the_list_read(client, account, lock, content):
    account.due_at = timezone.now() + timedelta(minutes=1)
    account.save(update_fields=["due_at"])

    assert send(client, account, content).status_code == 204

    account.refresh_from_db()
    is_about_codes = content["event_type"] == "something.new"
    assert (account.due_at <= timezone.now()) is not is_about_codes
    assert InboundNotice.objects.get().event_type == content["event_type"]


@pytest.mark.parametrize(
    ("refreshed", "silent_since", "due"),
    [
        (timedelta(minutes=5), None, timedelta(0)),
        (timedelta(seconds=5), None, timedelta(seconds=10)),  # 15 s from list to list
        (timedelta(minutes=5), START, timedelta(minutes=9)),  # it asked for a pause
    ],
)
def test_a_busy_house_has_its_list_read_no_more_often_and_a_pause_holds(
    account, lock, refreshed, silent_since, due
):
    ProviderAccount.objects.update(
        refreshed_at=START - refreshed,
        silent_since=silent_since,
        due_at=START + timedelta(minutes=9),
    )
    body = json.dumps(event("lock.unlocked")).encode()
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(int(START.timestamp())),
        "svix-signature": Webhook(SECRET).sign("msg_1", START, body.decode()),
    }
    account.refresh_from_db()

    assert notices.receive(account, headers, body, START)

    account.refresh_from_db()
    assert account.due_at == START + due


def test_an_account_that_lets_us_in_no_more_is_not_asked_for_every_notice(client, account, lock):
    later = timezone.now() + timedelta(minutes=1)
    ProviderAccount.objects.update(state=AccountState.DISCONNECTED, due_at=later)

    assert send(client, account, event("device.connected")).status_code == 204

    account.refresh_from_db()
    assert account.due_at == later


def test_notices_are_kept_for_a_week(account):
    for number, days in enumerate((6, 8)):
        InboundNotice.objects.create(
            account=account, message_id=f"m{number}", received_at=START - timedelta(days=days)
        )

    assert notices.prune(START) == 1
    assert InboundNotice.objects.get().message_id == "m0"


def test_the_time_of_a_notice_is_judged_by_the_clock(account, lock):
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    body = json.dumps(event()).encode()
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(int(at.timestamp())),
        "svix-signature": Webhook(SECRET).sign("msg_1", at, body.decode()),
    }

    assert not notices.receive(account, headers, body, at + timedelta(minutes=6))
    assert notices.receive(account, headers, body, at + timedelta(minutes=4))
