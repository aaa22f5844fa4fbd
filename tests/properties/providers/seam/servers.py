"""Servers that answer as a test says, over real sockets, and clients for them."""

import json
import re
from dataclasses import replace
from datetime import timedelta

from locksite.http import bounded_sessions
from locksite.masked import Pin
from properties.providers.seam.client import SeamClient
from tests.clock import Clock
from tests.loopback import Loopback

KEY = "seam_test_3fNq8sWcXb2Lr7Tz"


def whole(status, body, *headers, content_type="application/json; charset=utf-8"):
    """Return an answer as bytes; `body` is JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def error(kind, message="Nothing in particular.", **more):
    """Return an error in Seam's form."""
    return {"error": {"type": kind, "message": message, **more}, "ok": False}


def answering(*answers):
    """Return a server that gives these answers one after the other, the last one for ever."""
    left = list(answers)

    def answer(peer):
        peer.sendall(left.pop(0) if len(left) > 1 else left[0])

    return Loopback(answer)


def client_of(server, *, clock=None, seconds=20.0, page=100, key=KEY):
    """Return a client of a server, or of an address, whose calls end after so many seconds."""
    sessions = bounded_sessions(deadline=timedelta(seconds=seconds))
    doors = replace((clock or Clock()).doors(), http=sessions)
    return SeamClient(getattr(server, "url", server), Pin(key), doors, page=page)


def asked(server):
    """Return what a server was asked: path and body of each request."""
    requests = []
    for raw in server.requests:
        head, _, content = raw.partition(b"\r\n\r\n")
        method, path, _ = head.decode().split(" ", 2)
        assert method == "POST"
        requests.append((path, json.loads(content)))
    return requests


def header(raw, name):
    found = re.search(rf"^{name}: (.*?)\r$", raw.decode(), re.MULTILINE | re.IGNORECASE)
    return found and found[1]
