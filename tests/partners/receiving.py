"""A partner's endpoint on the loopback interface, and a sender that works in the test's thread."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from locksite.partners import deliveries
from locksite.partners.sending import Sender
from tests.loopback import Loopback, Peer

only_on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite in memory is not for several threads"
)


@dataclass(frozen=True)
class Message:
    """One request as it arrived; names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def id(self) -> str:
        return self.headers["svix-id"]


def read(request: bytes) -> Message:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    pairs = (each.partition(": ") for each in rest)
    return Message(line, {name.lower(): value for name, _, value in pairs}, body)


def signature(secret: str, message: Message) -> str:
    """Return the one right signature, worked out by the words of the standard alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message.id}.{message.headers['svix-timestamp']}.".encode() + message.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def answering(*statuses: int) -> Callable[[Peer], None]:
    """Return an endpoint that gives these answers one after the other, and then 200."""
    left = iter(statuses)

    def answer(peer: Peer) -> None:
        status = next(left, 200)
        peer.sendall(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


class Receiver(Loopback):
    """Keeps what it was sent; `url` is allowed by the fixture `receiver`."""

    @property
    def messages(self) -> list[Message]:
        return [read(request) for request in self.requests]

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks"


class Inline(Executor):
    """Does everything at once, in the thread that asks."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Post:
    """Events go out, at the time of a clock that is moved by hand."""

    def __init__(self, clock: Any, body_of: Callable[[Any], str]):
        self.clock = clock
        self.body_of = body_of
        self.sender = Sender(clock, pool=lambda *_: Inline(), let_go=lambda: None)

    @property
    def now(self) -> datetime:
        now: datetime = self.clock.now
        return now

    def fan_out(self) -> int:
        return deliveries.fan_out(self.now, self.body_of)

    def send(self) -> None:
        self.sender.send_due(self.now)

    def work(self) -> None:
        self.fan_out()
        self.send()
