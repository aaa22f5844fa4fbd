"""The client of Seam against servers that answer well, badly, slowly and not at all."""

import json
import logging
import time
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from locksite.http import BODY_LIMIT
from locksite.masked import Pin
from properties.providers.base import (
    AccountProblem,
    ProviderError,
    Refused,
    Retry,
    Unreachable,
)
from properties.providers.seam import client as client_module
from properties.providers.seam.client import (
    EVENTS_AT_ONCE,
    Rejected,
    SeamClient,
    endpoint_problem,
)
from properties.providers.seam.values import SeamWish
from tests.clock import START, Clock
from tests.loopback import Loopback
from tests.properties.providers.seam.samples import body, recorded
from tests.properties.providers.seam.servers import (
    KEY,
    answering,
    asked,
    client_of,
    error,
    header,
    whole,
)

PIN = "73829164"
WISH = SeamWish(name="Ana Prado", pin=Pin(PIN))
WORKSPACE = whole(200, body("workspaces_get"))
PATIENCE = 5.0
"""How long a call with a short deadline may take on a machine that is busy."""


def failure(*answers, seconds=20.0, call=lambda client: client.create_access_code("lock", WISH)):
    """Return what a call raises that is answered like this."""
    with answering(*answers) as server, pytest.raises(ProviderError) as caught:
        call(client_of(server, seconds=seconds))
    return caught.value


def code(number, device="lock", **more):
    return {"access_code_id": f"code-{number}", "device_id": device, "is_managed": True, **more}


def page(key, items, cursor=None):
    pages = {"has_next_page": cursor is not None, "next_page_cursor": cursor}
    return whole(200, {key: items, "pagination": pages, "ok": True})


# ---- What is sent


def test_a_call_is_a_post_with_the_key_and_a_json_body():
    with answering(whole(200, body("access_codes_create_ongoing"))) as server:
        client_of(server).create_access_code("lock-7", WISH)

        [(path, sent)] = asked(server)
        [raw] = server.requests
    assert path == "/access_codes/create"
    assert (sent["device_id"], sent["code"]) == ("lock-7", PIN)
    assert header(raw, "Authorization") == f"Bearer {KEY}"
    assert header(raw, "Content-Type") == "application/json"


def test_an_endpoint_may_end_in_a_path():
    with answering(WORKSPACE) as server:
        client_of(f"{server.url}/behind/").get_workspace()

        assert asked(server) == [("/behind/workspaces/get", {})]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://connect.getseam.com",
        "https://connect.getseam.com/",
        "https://locks.example.com:8443/seam",
        "https://[2001:db8::7]/",
        "http://localhost:8000",
        "http://127.0.0.1:8000/api",
        "http://127.8.8.8",
        "http://[::1]:8000",
    ],
)
def test_servers_that_are_called(endpoint):
    assert endpoint_problem(endpoint) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "connect.getseam.com",
        "ftp://connect.getseam.com",
        "http://connect.getseam.com",
        "http://10.0.0.7",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://localhost.example.com",
        "http://2130706433",
        "http://localhost@example.com",
        "https://key@connect.getseam.com",
        "https://connect.getseam.com?key=1",
        "https://connect.getseam.com#key",
        "https://a.example\\@127.0.0.1/",
        "https://connect.getseam.com:99999",
        "https://connect.getseam.com:0",
        "https://[::g]/",
        "https://[1.2.3]/",
        "https://connect getseam.com",
        "https://connect.getseam.com\r\nX: 1",
        "https://connect.getseam.com\n",
        "https://b\u00fccher.example",
        "https://",
    ],
)
def test_servers_that_are_not_called(endpoint):
    assert endpoint_problem(endpoint) is not None
    with pytest.raises(AccountProblem):
        SeamClient(endpoint, Pin(KEY), Clock().doors())


# ---- A clear no


@pytest.mark.parametrize(
    ("status", "kind", "more", "error_code", "retry"),
    [
        (409, "duplicate_access_code", {}, "duplicate_code_on_device", Retry.ON_LOCK_CHANGE),
        (404, "device_not_found", {}, "device_removed", Retry.ON_LOCK_CHANGE),
        (404, "access_code_not_found", {}, "access_code_not_found", Retry.BACKOFF),
        (404, "backup_access_code_not_found", {}, "empty_backup_access_code_pool", Retry.BACKOFF),
        (
            400,
            "invalid_input",
            {"validation_errors": {"_errors": [], "code": {"_errors": ["Too short."]}}},
            "code_constraints_violated",
            Retry.ON_WISH,
        ),
        (400, "invalid_input", {}, "provider_issue", Retry.ON_LOCK_CHANGE),
        (400, "invalid_input", {"validation_errors": 7}, "provider_issue", Retry.ON_LOCK_CHANGE),
        (405, "method_not_allowed", {}, "provider_issue", Retry.ON_LOCK_CHANGE),
        (404, "not_found", {}, "provider_issue", Retry.ON_LOCK_CHANGE),
        (422, "something_new", {}, "provider_issue", Retry.ON_LOCK_CHANGE),
    ],
)
def test_a_no_in_seams_form_is_a_refusal(status, kind, more, error_code, retry):
    refused = failure(whole(status, error(kind, **more)))

    assert isinstance(refused, Rejected)
    assert (refused.error_code, refused.retry) == (error_code, retry)
    assert (refused.kind, refused.status) == (kind, status)


def test_a_code_that_cannot_be_got_is_not_there_whatever_it_is_called():
    refused = failure(
        whole(404, error("not_found")), call=lambda client: client.get_access_code("c")
    )

    assert refused.error_code == "access_code_not_found"


def test_the_words_of_a_refusal_reach_staff():
    refused = failure(whole(400, error("invalid_input", "The lock has no keypad.")))

    assert refused.sentence == "Seam refused: The lock has no keypad."


def test_the_words_of_a_refusal_fit_into_any_database():
    refused = failure(whole(400, error("something_new", "half \ud800, nothing \0" + "." * 600)))

    assert refused.sentence.encode().startswith(b"Seam refused: half , nothing ...")
    assert len(refused.sentence) < 600


@pytest.mark.parametrize(
    ("name", "error_type", "error_code"),
    [
        ("sparse_access_codes_create_duplicate_409", Rejected, "duplicate_code_on_device"),
        ("sparse_error_400_bad_json", Unreachable, "provider_issue"),
        ("sparse_error_400_content_type", Rejected, "provider_issue"),
        ("sparse_error_400_fields", Rejected, "code_constraints_violated"),
        ("sparse_error_400_rule", Rejected, "provider_issue"),
        ("sparse_error_401_bad_key", AccountProblem, "account_disconnected"),
        ("sparse_error_401_no_header", AccountProblem, "account_disconnected"),
        ("sparse_error_404_access_code", Rejected, "access_code_not_found"),
        ("sparse_error_404_device", Rejected, "device_removed"),
        ("sparse_error_404_unknown_path", Unreachable, "provider_issue"),
    ],
)
def test_recorded_errors(name, error_type, error_code):
    answer = recorded(name)

    raised = failure(whole(answer["status"], answer["body"], content_type=answer["content_type"]))

    assert (type(raised), raised.error_code) == (error_type, error_code)


# ---- The key


@pytest.mark.parametrize("answer", [whole(401, b"Go away"), whole(401, error("unauthorized"))])
def test_a_key_that_is_not_known_is_the_accounts_problem(answer):
    problem = failure(answer)

    assert isinstance(problem, AccountProblem)
    assert problem.error_code == "account_disconnected"


def test_a_key_that_may_not_is_the_accounts_problem_only_if_seam_says_so():
    of_seam = failure(whole(403, error("workspace_suspended")))
    of_something_between = failure(whole(403, b"<h1>Blocked</h1>", content_type="text/html"))

    assert isinstance(of_seam, AccountProblem)
    assert isinstance(of_something_between, Unreachable)


# ---- Asked for too often


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (["Retry-After: 7"], timedelta(seconds=7)),
        (["Retry-After: Mon, 23 Nov 2026 10:02:00 GMT"], timedelta(minutes=2)),
        (["Retry-After: Mon, 23 Nov 2026 09:00:00 GMT"], timedelta(0)),
        (["Retry-After: -5"], timedelta(0)),
        (["Retry-After: 1000000000"], timedelta(minutes=15)),
        (["Retry-After: soon"], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("content", [b"slow down", error("rate_limit_exceeded")])
def test_too_many_requests_are_a_refusal_with_a_wait(headers, wait, content):
    refused = failure(whole(429, content, *headers))

    assert type(refused) is Refused
    assert (refused.retry, refused.retry_after) == (Retry.BACKOFF, wait)


def test_a_server_that_is_down_may_say_for_how_long():
    raised = failure(whole(503, b"", "Retry-After: 30"))

    assert isinstance(raised, Unreachable)
    assert raised.retry_after == timedelta(seconds=30)


# ---- No clear answer


@pytest.mark.parametrize(
    "answer",
    [
        whole(500, error("internal_server_error")),
        whole(502, b"<h1>Bad gateway</h1>", content_type="text/html"),
        whole(504, b""),
        whole(408, error("request_timeout")),
        whole(400, b"Invalid JSON", content_type="text/plain"),
        whole(404, b"404", content_type="text/plain"),
        whole(404, {"message": "Not Found"}),
        whole(404, {"error": "not_found"}),
        whole(404, {"error": {"type": "access_code_not_found"}}),
        whole(404, json.dumps(error("access_code_not_found")).encode(), content_type="text/html"),
        whole(301, b"", "Location: /elsewhere"),
        whole(307, b"", "Location: /elsewhere"),
        whole(204, b""),
        whole(200, b""),
        whole(200, b"<h1>Hotel Wi-Fi: sign in</h1>", content_type="text/html"),
        whole(200, json.dumps(body("access_codes_create_ongoing")).encode(), content_type="x/y"),
        whole(200, b'{"access_code": {"access_code_id": "c", "dev'),
        whole(200, b'{"access_code": {"access_code_id": "c", "device_id": "d", "x": NaN}}'),
        whole(200, b"[" * 100_000),
        whole(200, b'{"a":' * 100_000),
        whole(200, b"\xff\xfe{}"),
        whole(200, b"9" * 5000),
        whole(200, []),
        whole(200, None),
        whole(200, {"ok": True}),
        whole(200, {"access_code": None}),
        whole(200, {"access_code": [code(1)]}),
        whole(200, {"access_code": {"access_code_id": "c"}}),
        whole(200, {"access_code": code(1), "ok": False}),
    ],
)
def test_an_answer_that_is_not_clear_leaves_open_whether_it_was_done(answer):
    raised = failure(answer)

    assert type(raised) is Unreachable
    assert raised.error_code == "provider_issue"


def hang(peer):
    peer.pause()


def close_at_once(peer):
    pass


def drip(peer):
    peer.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    )
    for _ in range(900):
        peer.sendall(b" ")
        peer.pause(0.1)


def stop_within_the_body(peer):
    peer.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
    )


def talk_nonsense(peer):
    peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize(
    "answer", [hang, close_at_once, drip, stop_within_the_body, talk_nonsense]
)
def test_a_server_that_does_not_answer_well_costs_only_the_time_of_a_call(answer):
    with Loopback(answer) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client_of(server, seconds=0.5).delete_access_code("c")
        took = time.monotonic() - began

        assert len(server.requests) == 1, "nothing is tried twice"
    assert took < PATIENCE


def test_a_connection_that_the_server_has_closed_is_not_used_again():
    """A stale one would leave open whether a command was carried out."""
    ended = WORKSPACE.replace(b"Connection: close", b"Connection: keep-alive")
    with answering(ended) as server:
        client = client_of(server)
        for _ in range(3):
            client.get_workspace()
            server.closed.acquire(timeout=PATIENCE)

        assert server.connections == 3


def test_a_connection_that_stays_open_is_used_again():
    def answer(peer):
        peer.sendall(kept)
        while peer.receive():
            peer.sendall(kept)

    kept = WORKSPACE.replace(b"Connection: close", b"Connection: keep-alive")
    with Loopback(answer) as server:
        client = client_of(server)
        for _ in range(3):
            client.get_workspace()

        assert (len(server.requests), server.connections) == (3, 1)


def test_an_answer_that_is_too_large_is_not_read():
    raised = failure(whole(200, b'{"access_codes": "' + b"x" * BODY_LIMIT + b'"}'))

    assert isinstance(raised, Unreachable)
    assert raised.sentence == "Seam's answer is larger than anything we expect."


def test_a_server_that_is_not_there():
    with answering(WORKSPACE) as server:
        url = server.url

    with pytest.raises(Unreachable, match="could not be reached"):
        client_of(url).get_workspace()


# ---- Nothing secret


@pytest.mark.parametrize(
    "answer",
    [
        whole(409, error("duplicate_access_code", f"Cannot set duplicate access code {PIN}")),
        whole(400, error("something_new", f"PIN {PIN}, key {KEY}, {PIN[:4]} {PIN[4:]}")),
        whole(400, error("invalid_input", PIN, validation_errors={"code": {"_errors": [PIN]}})),
        whole(500, error("internal_server_error", f"{PIN} {KEY}")),
        whole(401, error("unauthorized", KEY)),
        whole(403, error("forbidden", KEY)),
        whole(200, {"access_code": {"code": PIN}}),
        whole(200, f"{PIN} {KEY}".encode()),
    ],
)
def test_neither_the_key_nor_a_pin_shows_when_a_call_fails(answer, caplog):
    caplog.set_level(logging.DEBUG)

    raised = failure(answer)

    links = []
    link: BaseException | None = raised
    while link is not None:
        links.append(link)
        link = link.__cause__ or link.__context__
    said = [*map(repr, links), *map(str, links), raised.sentence, caplog.text]
    said += traceback.format_exception(raised)
    assert not [text for text in said if PIN in text or KEY in text or PIN[:4] in text]


@pytest.mark.parametrize("rest", ["\r\nX-Other: 1", " and", "ü", "🔑"])
def test_a_key_that_fits_into_no_header_is_none_and_does_not_show_either(rest, caplog):
    caplog.set_level(logging.DEBUG)
    with answering(WORKSPACE) as server, pytest.raises(AccountProblem) as caught:
        client_of(server, key=f"{KEY}{rest}")

    assert server.requests == []
    said = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert KEY not in said


def test_a_client_shows_where_it_calls_and_not_with_which_key():
    client = client_of("https://connect.getseam.com")

    assert repr(client) == "SeamClient('https://connect.getseam.com')"
    assert KEY not in str(vars(client))


# ---- Lists


def test_a_list_is_read_page_by_page_with_the_same_filters():
    pages = [
        page("access_codes", [code(1), code(2)], "next-1"),
        page("access_codes", [code(3)], "next-2"),
        page("access_codes", []),
    ]
    with answering(*pages) as server:
        codes = client_of(server, page=2).list_access_codes("lock")

        assert [one.remote_id for one in codes] == ["code-1", "code-2", "code-3"]
        assert asked(server) == [
            ("/access_codes/list", {"device_id": "lock", "limit": 2}),
            ("/access_codes/list", {"device_id": "lock", "limit": 2, "page_cursor": "next-1"}),
            ("/access_codes/list", {"device_id": "lock", "limit": 2, "page_cursor": "next-2"}),
        ]


def test_a_page_holds_a_hundred_items():
    with answering(page("devices", [])) as server:
        client_of(server).list_devices()

        assert asked(server) == [("/devices/list", {"limit": 100})]


def test_pages_that_are_too_large_are_asked_for_again_and_smaller():
    large = whole(200, b'{"devices": "' + b"x" * BODY_LIMIT + b'"}')
    pages = [large, large, page("devices", [], "next-1"), page("devices", [])]
    with answering(*pages) as server:
        assert client_of(server, page=8).list_devices() == ()

        assert [body for _, body in asked(server)] == [
            {"limit": 8},
            {"limit": 4},
            {"limit": 2},
            {"limit": 2, "page_cursor": "next-1"},
        ]


def test_a_device_that_is_too_large_by_itself_is_an_error():
    large = whole(200, b'{"devices": "' + b"x" * BODY_LIMIT + b'"}')
    with answering(large) as server, pytest.raises(Unreachable) as raised:
        client_of(server, page=2).list_devices()

    assert raised.value.sentence == "Seam's answer is larger than anything we expect."


def test_a_list_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(client_module, "MOST_ITEMS", 5)
    pages = [page("access_codes", [code(n), code(n + 1)], f"next-{n}") for n in range(0, 10, 2)]
    with answering(*pages) as server, pytest.raises(Unreachable) as raised:
        client_of(server, page=2).list_access_codes("lock")

    assert raised.value.sentence == "Seam's list does not end."


def test_a_server_that_does_not_page_tells_everything_at_once():
    with answering(whole(200, {"access_codes": [code(1)], "ok": True})) as server:
        assert len(client_of(server).list_access_codes("lock")) == 1


@pytest.mark.parametrize(
    "second",
    [
        whole(500, error("internal_server_error")),
        whole(200, {"ok": True}),
        whole(200, {"access_codes": {}, "ok": True}),
        whole(200, {"access_codes": None, "ok": True}),
        page("access_codes", [{"name": "A code without an id"}]),
        page("access_codes", [None]),
        page("access_codes", [], "next"),  # the same page for ever
        whole(200, {"access_codes": [], "pagination": {"has_next_page": True}}),
        whole(200, {"access_codes": [], "pagination": {"has_next_page": "no"}}),
        whole(200, {"access_codes": [], "pagination": {}}),
        whole(200, {"access_codes": [], "pagination": []}),
        whole(
            200,
            {"access_codes": [], "pagination": {"has_next_page": True, "next_page_cursor": ""}},
        ),
    ],
)
def test_a_list_that_is_not_whole_is_no_list(second):
    raised = failure(
        page("access_codes", [code(1)], "next"),
        second,
        call=lambda client: client.list_access_codes("lock"),
    )

    assert type(raised) is Unreachable


def test_a_list_ends_within_a_minute(clock):
    calls = []

    def slowly(peer):
        calls.append(clock())
        clock.move(seconds=19)
        peer.sendall(page("access_codes", [code(len(calls))], f"next-{len(calls)}"))

    with Loopback(slowly) as server, pytest.raises(Unreachable, match="in time"):
        client_of(server, clock=clock).list_access_codes()

    assert calls == [START + timedelta(seconds=19 * number) for number in range(3)]
    assert clock() - START <= timedelta(seconds=60)


def test_codes_that_were_not_asked_for_are_left_out():
    told = [
        code(1),
        code(2, "another lock"),
        code(3, is_managed=False),
        code(1, name="once more"),
    ]
    with answering(whole(200, {"access_codes": told})) as server:
        client = client_of(server)

        assert [one.remote_id for one in client.list_access_codes("lock")] == ["code-1"]
        assert [one.remote_id for one in client.list_access_codes()] == ["code-1", "code-2"]
        assert [one.remote_id for one in client.list_unmanaged_access_codes("lock")] == ["code-3"]


def test_codes_of_all_locks_are_listed_without_a_filter():
    with answering(page("access_codes", [code(1), code(2, "another lock")])) as server:
        client_of(server).list_access_codes()

        assert asked(server) == [("/access_codes/list", {"limit": 100})]


def test_codes_are_looked_up_by_the_hundred():
    ids = [f"code-{number}" for number in range(250)]
    with answering(
        whole(200, {"access_codes": [code(number) for number in range(90)]}),
        whole(200, {"access_codes": [code(120), code(999)]}),
        whole(200, {"access_codes": []}),
    ) as server:
        codes = client_of(server).list_access_codes_by_id(ids)

        sent = [request["access_code_ids"] for _, request in asked(server)]
    assert sent == [ids[:100], ids[100:200], ids[200:]]
    assert [one.remote_id for one in codes] == [*ids[:90], "code-120"]


def test_no_code_is_looked_up_without_a_call():
    with answering(WORKSPACE) as server:
        assert client_of(server).list_access_codes_by_id([]) == ()
        assert server.requests == []


# ---- Events


def event(number, minute=0):
    return {
        "event_id": f"event-{number}",
        "event_type": "device.connected",
        "created_at": f"2026-11-23T10:{minute:02}:00.000Z",
    }


def test_events_are_told_oldest_first_and_what_is_none_is_passed_over():
    told = [event(1, minute=5), {"event_type": "odd"}, event(2, minute=3), None]
    with answering(whole(200, {"events": told})) as server:
        events = client_of(server).list_events(datetime(2026, 11, 23, 9, tzinfo=UTC))

        assert asked(server) == [
            ("/events/list", {"since": "2026-11-23T09:00:00.000Z", "limit": EVENTS_AT_ONCE})
        ]
    assert [hint.event_id for hint in events.hints] == ["event-2", "event-1"]
    assert events.is_whole


def test_very_many_events_may_not_be_all():
    told = [event(number) for number in range(EVENTS_AT_ONCE)]
    with answering(whole(200, {"events": told})) as server:
        events = client_of(server).list_events(START)

    assert len(events.hints) == EVENTS_AT_ONCE
    assert not events.is_whole


# ---- The door


def test_auto_lock_is_set_and_switched_off():
    with answering(whole(200, body("locks_unlock_door_pending"))) as server:
        client = client_of(server)
        client.configure_auto_lock("lock", after=30)
        client.configure_auto_lock("lock", after=None)

        assert asked(server) == [
            (
                "/locks/configure_auto_lock",
                {"device_id": "lock", "auto_lock_enabled": True, "auto_lock_delay_seconds": 30},
            ),
            ("/locks/configure_auto_lock", {"device_id": "lock", "auto_lock_enabled": False}),
        ]


def test_a_foreign_code_is_deleted_by_a_call_of_its_own():
    with answering(whole(200, body("sparse_access_codes_delete"))) as server:
        client_of(server).delete_unmanaged_access_code("code-7")

        assert asked(server) == [("/access_codes/unmanaged/delete", {"access_code_id": "code-7"})]
