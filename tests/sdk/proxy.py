"""A proxy on the loopback interface that passes everything on and remembers what went through.

with Proxy("http://127.0.0.1:8000") as proxy:
    Seam(endpoint=proxy.url, ...)
proxy.calls
"""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

# Of one connection, not of a message.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}


def _without_hops(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _HOP}


@dataclass(frozen=True, slots=True)
class Call:
    """One request and what was answered to it."""

    verb: str
    path: str
    status: int
    headers: dict[str, str]
    body: Any


class Proxy:
    """Passes requests on to `target`; an answer that is no JSON is remembered as `None`."""

    def __init__(self, target: str):
        self.calls: list[Call] = []
        self._target = target
        self._session = requests.Session()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                proxy._answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing: the calls are remembered."""

        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{verb}", Handler._pass_on)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        answer = self._session.request(
            request.command,
            f"{self._target}{request.path}",
            data=request.rfile.read(length) if length else None,
            headers={
                name: value for name, value in request.headers.items() if name.lower() not in _HOP
            },
            timeout=60,
            allow_redirects=False,
        )
        self._remember(request, answer)
        request.send_response(answer.status_code)
        for name, value in _without_hops(answer.headers.items()).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.content)))
        request.end_headers()
        request.wfile.write(answer.content)

    def _remember(self, request: BaseHTTPRequestHandler, answer: requests.Response) -> None:
        try:
            body = answer.json()
        except json.JSONDecodeError:
            body = None
        path = request.path.partition("?")[0]
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self.calls.append(Call(request.command, path, answer.status_code, headers, body))
