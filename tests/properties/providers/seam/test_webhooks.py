"""Webhooks of Seam: whose they are, and what they hint at; signed by another program's code."""

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from svix.webhooks import Webhook

from locksite.masked import Pin
from properties.providers.seam.mapping import hint_of
from properties.providers.seam.webhooks import (
    LARGEST,
    Doubt,
    Doubtful,
    Notice,
    read_notice,
)
from tests.properties.providers.seam.samples import body

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret, just as long, ok").decode()
EVENT = body("events_list")["events"][0]
BODY = json.dumps(EVENT, indent=1).encode()
ID = "msg_2Lh9KRb0pzN4LePd3XiA4v12Axj"


def signed(content=BODY, secret=SECRET, at=NOW, sender="svix", message_id=ID):
    """Return the headers that Svix's own library sends with a body."""
    signature = Webhook(secret).sign(message_id, at, content.decode())
    return {
        f"{sender}-id": message_id,
        f"{sender}-timestamp": str(int(at.timestamp())),
        f"{sender}-signature": signature,
    }


def read(content=BODY, headers=None, secrets=(SECRET,), now=NOW):
    headers = signed(content) if headers is None else headers
    return read_notice(content, headers, [Pin(secret) for secret in secrets], now)


def doubt(**options):
    found = read(**options)
    return found.reason if isinstance(found, Doubtful) else None


def test_a_webhook_that_is_seams_hints_at_what_happened():
    assert read() == Notice(message_id=ID, sent_at=NOW, hint=hint_of(EVENT))


@pytest.mark.parametrize("sender", ["svix", "webhook"])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_headers_count_under_both_names_and_in_any_case(sender, case):
    headers = {case(name): value for name, value in signed(sender=sender).items()}

    assert isinstance(read(headers=headers), Notice)


def test_svixs_names_count_before_the_others():
    wrong = dict.fromkeys(("webhook-id", "webhook-signature"), "v1,d3Jvbmc=")

    assert isinstance(read(headers={**wrong, "webhook-timestamp": "1", **signed()}), Notice)


@pytest.mark.parametrize("gone", ["svix-id", "svix-timestamp", "svix-signature"])
def test_a_header_that_is_missing_or_empty_is_refused(gone):
    headers = {name: value for name, value in signed().items() if name != gone}

    assert doubt(headers=headers) is Doubt.HEADERS_MISSING
    assert doubt(headers={**headers, gone: ""}) is Doubt.HEADERS_MISSING


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (0, None),
        (-299, None),
        (-300, None),
        (-301, Doubt.TOO_OLD),
        (299, None),
        (300, None),
        (301, Doubt.TOO_NEW),
        (-31 * 86400, Doubt.TOO_OLD),
    ],
)
def test_a_webhook_counts_for_five_minutes_either_way(seconds, reason):
    headers = signed(at=NOW + timedelta(seconds=seconds))

    assert doubt(headers=headers) is reason


@pytest.mark.parametrize(
    "text", ["now", "1.5", "-1", "\uff11\uff17", " 1", "9" * 12, "9" * 400, "0x1"]
)
def test_a_time_that_is_none_is_refused(text):
    reason = doubt(headers={**signed(), "svix-timestamp": text})

    assert reason in {Doubt.TIME_UNREADABLE, Doubt.TOO_NEW}


def test_a_body_that_was_written_anew_is_not_signed():
    again = json.dumps(json.loads(BODY)).encode()

    assert doubt(content=again, headers=signed()) is Doubt.NOT_SIGNED


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp"])
def test_the_id_and_the_time_are_signed_too(name):
    later = signed(at=NOW + timedelta(seconds=1), message_id="msg_other")

    assert doubt(headers={**signed(), name: later[name]}) is Doubt.NOT_SIGNED


def test_one_bit_is_enough_to_refuse():
    draw = random.Random(7)
    headers = signed()
    accepted = 0
    for _ in range(300):
        content = bytearray(BODY)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        accepted += doubt(content=bytes(content), headers=headers) is not Doubt.NOT_SIGNED

    assert accepted == 0


# ---- Secrets


def test_while_a_secret_is_changed_both_count():
    assert isinstance(read(secrets=[OTHER, SECRET]), Notice)
    assert isinstance(read(secrets=[SECRET, OTHER]), Notice)
    assert doubt(secrets=[OTHER]) is Doubt.NOT_SIGNED


def test_one_of_several_signatures_is_enough():
    ours, theirs = signed(), signed(secret=OTHER)
    both = f"{theirs['svix-signature']} {ours['svix-signature']}"

    assert isinstance(read(headers={**ours, "svix-signature": both}), Notice)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("v1,", "v2,"),
        lambda text: text.replace("v1,", "v1a,"),
        lambda text: text.removeprefix("v1,"),
        lambda text: text.replace("v1,", "v1 ,"),
        lambda text: text[:-2],
        lambda text: "v1,",
        lambda text: ",",
        lambda text: "v1,\u00e9",
        lambda text: "v1," + "A" * 100_000,
        lambda text: " ".join(["v1,d3Jvbmc="] * 100_000) + " " + text,
    ],
)
def test_a_signature_in_another_form_is_none(change):
    headers = signed()
    headers["svix-signature"] = change(headers["svix-signature"])

    assert doubt(headers=headers) is Doubt.NOT_SIGNED


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_!!!!",
        "whsec_c2hvcnQ=",
        "whsec_\u00e9\u00e9\u00e9\u00e9",
        "fake_secret_c3fc12000a129fae2419c3795d86d930",
        SECRET.removeprefix("whsec_"),
    ],
)
def test_a_secret_that_is_none_or_too_short_signs_nothing(secret):
    assert doubt(secrets=[secret]) is Doubt.NO_SECRET
    assert isinstance(read(secrets=[secret, SECRET]), Notice)


def test_without_a_secret_nothing_counts():
    assert doubt(secrets=[]) is Doubt.NO_SECRET


def test_a_secret_may_lack_its_padding():
    assert SECRET.endswith("=")
    assert isinstance(read(secrets=[SECRET.rstrip("=")]), Notice)


# ---- Bodies


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b"{}",
        b'{"event_id": "e"}',
        b'{"event_id": "", "event_type": "t"}',
        b'{"event_id": 5, "event_type": "t"}',
        b'{"event": {"event_id": "e", "event_type": "t"}}',
        b"[" * 100_000,
    ],
)
def test_a_good_signature_under_no_event_is_refused(content):
    assert doubt(content=content) is Doubt.NO_EVENT


def test_a_body_of_any_size_is_not_read():
    assert doubt(content=b" " * (LARGEST + 1), headers=signed()) is Doubt.TOO_LARGE


def test_an_id_that_fits_nowhere_is_refused():
    assert doubt(headers=signed(message_id="m" * 201)) is Doubt.HEADERS_MISSING
    assert doubt(headers={**signed(), "svix-id": "msg\u00e9"}) is Doubt.HEADERS_MISSING


def test_an_event_of_a_type_that_is_new_is_a_notice():
    content = b'{"event_id": "e", "event_type": "garden.gate_painted", "code": "7382"}'

    notice = read(content=content)

    assert notice.hint.event_type == "garden.gate_painted"
    assert "7382" not in repr(notice)


@given(
    content=st.binary(max_size=200),
    headers=st.dictionaries(
        st.sampled_from(["svix-id", "svix-timestamp", "svix-signature", "webhook-id", "x"]),
        st.text(max_size=30) | st.sampled_from([str(int(NOW.timestamp())), "v1,", "v1,AAAA v1"]),
    ),
    secrets=st.lists(st.text(max_size=60) | st.just(SECRET), max_size=3),
)
def test_whatever_comes_is_refused_and_nothing_raises(content, headers, secrets):
    assert isinstance(read(content=content, headers=headers, secrets=secrets), Doubtful)
