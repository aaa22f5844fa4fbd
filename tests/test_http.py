"""Calls to providers: whatever the far side does, they end in time and say nothing secret."""

import gzip
import json
import time
import traceback
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import requests

from locksite.doors import real_doors
from locksite.http import (
    BODY_LIMIT,
    DEADLINE,
    Broken,
    CallFailed,
    DeadlinePassed,
    Forbidden,
    TooLarge,
    bounded_sessions,
    retry_after,
    system_addresses,
)
from tests.loopback import Loopback

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SHORT = timedelta(seconds=0.6)
PATIENCE = 5.0
"""How long a call with a short deadline may take on a machine that is busy."""


def session(deadline=timedelta(seconds=20), **options):
    return bounded_sessions(deadline=deadline, **options)()


def whole(body: bytes, *headers: bytes, status=b"200 OK") -> bytes:
    lines = [
        b"HTTP/1.1 " + status,
        *headers,
        b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def accept_and_never_answer(peer):
    peer.pause()


def drip_the_headers(peer):
    for number in range(1000):
        peer.sendall(b"H" if number else HEAD)
        peer.pause(0.05)


def drip_the_body(peer):
    peer.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        peer.sendall(b" ")
        peer.pause(0.2)


def drip_chunks(peer):
    peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):
        peer.sendall(chunked(b" "))
        peer.pause(0.05)


def stop_within_the_body(peer):
    peer.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b" " * 500)
    peer.pause()


def continue_for_ever(peer):
    for _ in range(1000):
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.pause(0.05)


# ---- In time


@pytest.mark.parametrize(
    "answer",
    [
        accept_and_never_answer,
        drip_the_headers,
        drip_the_body,
        drip_chunks,
        stop_within_the_body,
        continue_for_ever,
    ],
)
def test_a_call_ends_at_its_deadline_however_slowly_it_is_answered(answer):
    with Loopback(answer) as server:
        began = time.monotonic()
        with pytest.raises(DeadlinePassed, match=r"^No whole answer of 127\.0\.0\.1 in 0\.6 s\.$"):
            session(SHORT).get(server.url)
        took = time.monotonic() - began

    assert 0.5 < took < PATIENCE


def test_a_request_that_nobody_reads_ends_at_the_deadline():
    with Loopback(accept_and_never_answer, reads_first=False) as server:
        began = time.monotonic()
        with pytest.raises(DeadlinePassed):
            session(SHORT).post(server.url, data=b" " * 50_000_000)
        took = time.monotonic() - began

    assert took < PATIENCE


def test_the_deadline_is_for_all_redirects_together():
    def slowly_elsewhere(peer):
        while peer.receive():
            peer.pause(0.25)
            peer.sendall(whole(b"", b"Location: /next", status=b"302 Found"))

    with Loopback(slowly_elsewhere, reads_first=False) as server:
        with pytest.raises(DeadlinePassed):
            session(SHORT, redirects=30).get(server.url)

        assert 1 < len(server.requests) < 6


def test_a_call_that_failed_takes_nothing_from_the_next():
    def answer(peer):
        if len(server.requests) == 1:
            peer.pause()
        peer.sendall(whole(b"{}"))

    with Loopback(answer) as server:
        one = session(SHORT)
        with pytest.raises(DeadlinePassed):
            one.get(server.url)

        assert one.get(server.url).json() == {}


# ---- In memory


def endless_body(peer):
    peer.sendall(HEAD + b"\r\n")
    while True:
        peer.sendall(b" " * 65536)


def endless_chunks(peer):
    peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.sendall(chunked(b" " * 65536))


def endless_size_of_a_chunk(peer):
    peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.sendall(b"0" * 65536)


def endless_headers(peer):
    peer.sendall(HEAD + b"X: ")
    for number in range(1000):
        peer.sendall(b"x" * 60_000 + b"\r\nX-%d: " % number)


def endless_gzip_of_nothing(peer):
    packer = zlib.compressobj(wbits=31)
    peer.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n" + packer.compress(b""))
    while True:
        peer.sendall(packer.flush(zlib.Z_FULL_FLUSH) * 1000 or b"")
        peer.sendall(packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH))


def gzip_bomb(peer):
    peer.sendall(whole(gzip.compress(b"0" * 50_000_000), b"Content-Encoding: gzip"))


@pytest.mark.parametrize(
    "answer",
    [
        endless_body,
        endless_chunks,
        endless_headers,
        endless_gzip_of_nothing,
        gzip_bomb,
        lambda peer: peer.sendall(whole(b" " * (BODY_LIMIT + 1))),
    ],
    ids=lambda answer: answer.__name__.strip("<>"),
)
def test_an_answer_that_is_too_large_is_left_unread(answer):
    with (
        Loopback(answer) as server,
        pytest.raises(TooLarge, match=r"^The answer of 127\.0\.0\.1 is too large\.$"),
    ):
        session().get(server.url)


def test_an_answer_may_be_as_large_as_the_limit():
    with Loopback(lambda peer: peer.sendall(whole(b" " * BODY_LIMIT))) as server:
        assert len(session().get(server.url).content) == BODY_LIMIT


# ---- Whole


def close_at_once(peer):
    """Close without a word."""


def close_within_the_body(peer):
    peer.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b" " * 500)


def close_within_the_chunks(peer):
    peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"{"))


def close_within_the_gzip(peer):
    half = gzip.compress(b"{}" * 500)[:-9]
    peer.sendall(whole(half, b"Content-Encoding: gzip"))


@pytest.mark.parametrize(
    "answer",
    [
        close_at_once,
        endless_size_of_a_chunk,
        close_within_the_body,
        close_within_the_chunks,
        close_within_the_gzip,
        lambda peer: peer.sendall(whole(b"no gzip at all", b"Content-Encoding: gzip")),
        lambda peer: peer.sendall(whole(b"{}", b"Content-Encoding: br")),
        lambda peer: peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
    ],
)
def test_half_an_answer_is_none(answer):
    with Loopback(answer) as server, pytest.raises(Broken, match=r"^The call to 127\.0\.0\.1"):
        session().get(server.url)


def test_nobody_at_the_address_is_told_apart_from_silence():
    with Loopback(accept_and_never_answer) as server:
        url = server.url

    with pytest.raises(Broken):
        session().get(url)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((b"Transfer-Encoding: chunked",), chunked(b'{"ok"', b": tr", b"ue}") + b"0\r\n\r\n"),
        ((b"Content-Encoding: gzip",), gzip.compress(b'{"ok": true}')),
        ((b"Content-Encoding: deflate",), zlib.compress(b'{"ok": true}')),
        ((b"Content-Encoding: identity",), b'{"ok": true}'),
    ],
    ids=["chunked", "gzip", "deflate", "identity"],
)
def test_a_good_answer_is_read_in_every_form_it_comes_in(headers, body):
    def answer(peer):
        peer.sendall(b"\r\n".join([b"HTTP/1.1 200 OK", *headers]) + b"\r\n\r\n" + body)

    with Loopback(answer) as server:
        assert session().get(server.url).json() == {"ok": True}


def test_a_request_arrives_as_it_was_meant():
    received = []

    def answer(peer):
        received.append(peer.receive())
        peer.sendall(whole(b"", status=b"204 No Content"))

    with Loopback(answer, reads_first=False) as server:
        one = session()
        one.headers["Authorization"] = "Bearer key"
        done = one.post(f"{server.url}/locks/list", json={"a": 1})

    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /locks/list HTTP/1.1"
    assert b"Authorization: Bearer key" in head.splitlines()
    assert json.loads(body) == {"a": 1}
    assert (done.status_code, done.content) == (204, b"")


def test_a_redirect_is_an_answer_unless_it_is_asked_for():
    def elsewhere(peer):
        while (request := peer.receive()).startswith(b"GET"):
            moved = request.startswith(b"GET / ")
            peer.sendall(
                whole(b"", b"Location: /there", status=b"307 Elsewhere") if moved else whole(b"{}")
            )

    with Loopback(elsewhere, reads_first=False) as server:
        stayed = session().get(server.url)
        followed = session(redirects=1).get(server.url)

        assert (stayed.status_code, stayed.headers["Location"]) == (307, "/there")
        assert (followed.status_code, followed.url) == (200, f"{server.url}/there")
        assert len(server.requests) == 3


def test_redirects_without_end_break_off():
    def onwards(peer):
        while peer.receive():
            peer.sendall(whole(b"", b"Location: /", status=b"302 Found"))

    with Loopback(onwards, reads_first=False) as server:
        with pytest.raises(Broken):
            session(redirects=3).get(server.url)

        assert len(server.requests) == 4


# ---- Sessions


def test_sessions_share_connections_and_nothing_else():
    def answer(peer):
        while peer.receive():
            peer.sendall(whole(b"{}", b"Set-Cookie: id=1"))

    with Loopback(answer, reads_first=False) as server:
        sessions = bounded_sessions()
        with sessions() as one:
            one.headers["Authorization"] = "Bearer one"
            one.get(server.url)
        sessions().get(server.url)
        sessions().get(server.url)

        assert server.connections == 1
        assert [b"Bearer one" in request for request in server.requests] == [True, False, False]
        assert not any(b"Cookie" in request for request in server.requests)


def test_a_connection_that_was_closed_meanwhile_is_made_anew():
    with Loopback(lambda peer: peer.sendall(whole(b"{}"))) as server:
        one = session()
        for _ in range(3):
            assert one.get(server.url).json() == {}
            assert server.closed.acquire(timeout=PATIENCE)

        assert server.connections == 3


def test_the_passwords_of_the_machine_are_not_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    with Loopback(lambda peer: peer.sendall(whole(b"{}"))) as server:
        assert requests.Request("GET", server.url).prepare().headers.get("Authorization") is None
        session().get(server.url)

        assert b"Authorization" not in server.requests[0]


def test_a_running_process_hands_out_bounded_sessions():
    one, other = real_doors().http(), real_doors().http()

    assert timedelta(seconds=20) == DEADLINE
    assert BODY_LIMIT == 1024 * 1024
    assert type(one) is type(session())
    assert one is not other


# ---- Nothing secret


@pytest.mark.parametrize(
    "answer",
    [
        accept_and_never_answer,
        close_at_once,
        endless_body,
        lambda peer: peer.sendall(b"482915\r\n"),
        lambda peer: peer.sendall(whole(b"482915", b"Content-Encoding: gzip")),
    ],
)
def test_a_failure_tells_the_host_and_neither_address_nor_headers_nor_bodies(answer):
    with Loopback(answer) as server, pytest.raises(CallFailed) as caught:
        session(SHORT).post(
            f"{server.url}/codes/482915?code=482915",
            json={"code": "482915"},
            headers={"X-Code": "482915"},
        )

    told = "".join(traceback.format_exception(caught.value))
    assert "127.0.0.1" in str(caught.value)
    assert [part for part in (str(caught.value), repr(caught.value)) if "482915" in part] == []
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "/codes/" not in told.replace('f"{server.url}/codes/482915?code=482915"', "")


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "no-scheme/482915?code=482915"},
        {"url": "http://[482915/"},
        {"url": "http://127.0.0.1/", "headers": {"X-Code": "482915\n"}},
        {"url": "http://127.0.0.1/", "json": {"482915": float("nan")}},
        {"url": "ftp://127.0.0.1/482915"},
    ],
)
def test_a_request_that_cannot_be_sent_tells_nothing_either(request_):
    with pytest.raises(Broken) as caught:
        session().post(**request_)

    assert "482915" not in repr(caught.value)
    assert caught.value.__context__ is None


# ---- How long to wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)),
        ("30", timedelta(seconds=30)),
        (" 30 ", timedelta(seconds=30)),
        ("1.5", timedelta(seconds=1.5)),
        ("-30", timedelta(0)),
        ("901", timedelta(minutes=15)),
        ("1000000000", timedelta(minutes=15)),
        ("9" * 400, timedelta(minutes=15)),
        ("Mon, 23 Nov 2026 10:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 11:02:00 +0100", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 10:02:00 -0000", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 09:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(minutes=15)),
        (None, None),
        ("", None),
        ("soon", None),
        ("٣٠", None),
        ("1e3", None),
        ("nan", None),
        ("30 seconds", None),
        ("Mon, 99 Nov 2026 10:02:00 GMT", None),
        ("\x00", None),
    ],
)
def test_how_long_the_far_side_asks_to_wait(header, wait):
    assert retry_after(header, NOW) == wait


# ---- Where to, and how much of the answer


def test_no_other_address_is_called_than_one_that_the_look_up_gives():
    asked = []

    with Loopback(lambda peer: peer.sendall(whole(b"{}"))) as server:
        port = int(server.url.rpartition(":")[2])

        def look_up(host, port):
            asked.append((host, port))
            return system_addresses("127.0.0.1", port)

        answer = session(look_up=look_up).get(f"http://nowhere.example:{port}/")

        assert (answer.status_code, asked) == (200, [("nowhere.example", port)])
        assert f"Host: nowhere.example:{port}".encode() in server.requests[0]


def test_a_look_up_that_forbids_makes_no_connection():
    def look_up(host, port):
        raise Forbidden(f"{host} is not to be called.")

    with Loopback(lambda peer: None) as server:
        with pytest.raises(Forbidden, match=r"^127\.0\.0\.1 is not to be called\.$"):
            session(look_up=look_up).get(server.url)

        assert server.connections == 0


@pytest.mark.parametrize("answer", [endless_body, drip_the_body, gzip_bomb, endless_chunks])
def test_a_call_that_reads_no_body_ends_with_the_headers(answer):
    with Loopback(answer) as server:
        began = time.monotonic()
        done = session(reads_bodies=False).get(server.url)
        took = time.monotonic() - began

    assert (done.status_code, done.content) == (200, b"")
    assert took < PATIENCE


def test_a_call_that_reads_no_body_still_has_to_be_answered_in_time():
    with Loopback(accept_and_never_answer) as server, pytest.raises(DeadlinePassed):
        session(SHORT, reads_bodies=False).get(server.url)


def test_calls_that_read_no_body_share_no_connection():
    def answer(peer):
        while peer.receive():
            peer.sendall(whole(b""))

    with Loopback(answer, reads_first=False) as server:
        one = session(reads_bodies=False)
        for _ in range(3):
            assert one.get(server.url).status_code == 200

        assert server.connections == 3
