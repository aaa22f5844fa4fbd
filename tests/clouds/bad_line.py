"""A bad line between two servers: a proxy that loses, delays, doubles and mangles what passes.

What happens to a call is drawn from a seed and its number. Calls of both directions pass: what a
desk asks a cloud, and the webhooks that the cloud sends back.
"""

import contextlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import requests

FAULTS = {
    "lost": 3,  # never arrives
    "unanswered": 4,  # arrives, and the answer is lost
    "done much later": 3,  # not answered, and arrives when nobody expects it any more
    "502 after it was done": 4,
    "502 and not done": 3,
    "429": 2,
    "late": 3,
    "in drips": 3,
    "cut in half": 3,
    "twice": 3,
    "no JSON": 2,
}
DROPPED = {"Host", "Connection", "Content-Length", "Accept-Encoding", "Transfer-Encoding"}


class BadLine:
    """Stands before a server; `share` of all calls go wrong while `is_bad`.

    `under_way`: how many calls are still to arrive whose callers are gone.
    """

    def __init__(self, target: str, seed: int, share: float = 0.35):
        self.counts: Counter[str] = Counter()
        self.is_bad = False
        self.under_way = 0
        self._target = target
        self._rand = random.Random(seed)
        self._share = share
        self._lock = threading.Lock()
        self._is_over = threading.Event()  # cuts every delay short
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError, requests.RequestException):
                    line._pass_on(self)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, call: BaseHTTPRequestHandler) -> None:
        fault = self._drawn()
        body = call.rfile.read(int(call.headers.get("Content-Length", 0)))
        if fault == "lost":
            return
        if fault in {"502 and not done", "429"}:
            status = 502 if fault.startswith("502") else 429
            self._answer(call, status, b"Bad gateway", {"Retry-After": "1"})
            return
        if fault == "done much later":
            # The caller hears nothing from now on; what it asked is still under way.
            call.connection.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self.under_way += 1
            self._is_over.wait(self._rand.uniform(5, 40))
        if fault == "late":
            self._is_over.wait(1.5)
        try:
            answer = self._forward(call, body)
        finally:
            if fault == "done much later":
                with self._lock:
                    self.under_way -= 1
        if fault == "twice":
            self._forward(call, body)
        if fault in {"unanswered", "done much later"}:
            return
        if fault == "502 after it was done":
            self._answer(call, 502, b"Bad gateway", {})
        elif fault == "no JSON":
            self._answer(call, 200, b"<html>Please sign in</html>", {})
        else:
            self._answer(call, answer.status_code, answer.content, answer.headers, fault)

    def _drawn(self) -> str:
        with self._lock:
            fault = "none"
            if self.is_bad and self._rand.random() < self._share:
                [fault] = self._rand.choices(list(FAULTS), list(FAULTS.values()))
            self.counts[fault] += 1
            return fault

    def _forward(self, call: BaseHTTPRequestHandler, body: bytes) -> requests.Response:
        headers = {name: value for name, value in call.headers.items() if name not in DROPPED}
        return requests.post(self._target + call.path, data=body, headers=headers, timeout=15)

    def _answer(
        self,
        call: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        headers: Mapping[str, str],
        fault: str = "none",
    ) -> None:
        call.send_response_only(status)
        for name in ("Content-Type", "Retry-After"):
            if name in headers:
                call.send_header(name, headers[name])
        call.send_header("Content-Length", str(len(body)))
        call.send_header("Connection", "close")
        call.end_headers()
        if fault == "cut in half":
            call.wfile.write(body[: len(body) // 2])
            return
        pieces = 8 if fault == "in drips" else 1
        step = len(body) // pieces + 1
        for first in range(0, len(body), step):
            call.wfile.write(body[first : first + step])
            if pieces > 1:
                call.wfile.flush()
                self._is_over.wait(0.05)
