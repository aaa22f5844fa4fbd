"""Send malformed requests through the whole WSGI handler and look at every answer."""

import io
import json
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from locksite.wire.fallback import NAMESPACES
from tests.fuzz.grammar import Grammar, Sent
from tests.fuzz.house import build


@dataclass
class Outcome:
    """What came of it: answers by status, what was wrong, how long they took, memory in MiB."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    grown: float = 0.0

    @property
    def p99(self) -> float:
        """Return the 99th percentile in milliseconds."""
        return 1000 * quantiles(self.took, n=100)[-1]


def run(seed: int, requests: int) -> Outcome:
    """Send so many requests to a house that is made in the database at hand."""
    house, outcome = build(), Outcome()
    grammar, handler = Grammar(seed, house.known), WSGIHandler()
    settled = 0.0
    for number in range(requests):
        if number == min(requests // 2, 5000):  # by then everything is loaded
            settled = memory()
        sent = grammar.request()
        began = time.perf_counter()
        status, headers, body = answer(handler, sent, house.keys[sent.role])
        outcome.took.append(time.perf_counter() - began)
        outcome.statuses[status] += 1
        fault = wrong_with(sent, status, headers, body)
        if fault:
            outcome.faults.append(f"request {number} of seed {seed}: {fault}\n  {sent!r:.1500}")
    outcome.grown = memory() - settled
    return outcome


def answer(handler: WSGIHandler, sent: Sent, key: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body; what the handler raises is a status of 599."""
    environ = {
        "REQUEST_METHOD": sent.verb,
        "PATH_INFO": sent.path,
        "QUERY_STRING": sent.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {key}" if key else "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.errors": io.StringIO(),
        **sent.headers,
    }
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        started[:] = [int(status[:3]), {name.lower(): value for name, value in headers}]

    try:
        response = handler(environ, start)
        body = b"".join(response)
        response.close()
    except Exception as error:
        return 599, {}, repr(error).encode()
    return started[0], started[1], body


def wrong_with(sent: Sent, status: int, headers: dict[str, str], body: bytes) -> str:
    """Return what is wrong with an answer, if anything."""
    if status >= 500:
        return f"{status} {body[:300]!r}"
    if sent.path.strip("/").partition("/")[0] not in NAMESPACES:
        return ""
    if not headers.get("content-type", "").startswith("application/json"):
        return f"{status} is no JSON: {headers.get('content-type')}"
    if not headers.get("seam-request-id"):
        return f"{status} without seam-request-id"
    if sent.verb == "HEAD":
        return ""
    try:
        said = json.loads(body)
    except ValueError:
        return f"{status} cannot be read: {body[:300]!r}"
    if said.get("ok") is not (status == 200):
        return f"{status} says ok: {said.get('ok')}"
    if status != 200 and not (said["error"]["type"] and said["error"]["message"]):
        return f"{status} does not say why"
    return ""


def memory() -> float:
    """Return how many MiB this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def hush() -> None:
    """Log nothing: a refusal is no news here, and a fault is shown at the end."""
    logging.disable(logging.CRITICAL)
