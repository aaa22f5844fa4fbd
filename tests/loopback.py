"""A server on the loopback interface that answers byte by byte as a test says, in threads.

    with Loopback(answer) as server:
        requests.get(server.url)

What it was sent is kept in `server.requests`.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Self

Answer = Callable[["Peer"], None]


class Peer:
    """One connection, as the server sees it."""

    def __init__(self, server: "Loopback", sock: socket.socket):
        self._server = server
        self._sock = sock

    def sendall(self, data: bytes) -> None:
        self._sock.sendall(data)

    def receive(self) -> bytes:
        """Return the next request, head and body, `b""` when there is none any more."""
        received, missing = b"", 1
        while missing > 0:
            piece = self._sock.recv(65536)
            if not piece:
                return b""
            received += piece
            head, end, body = received.partition(b"\r\n\r\n")
            if end:
                length = re.search(rb"^Content-Length: (\d+)", head, re.MULTILINE)
                missing = int(length[1] if length else 0) - len(body)
        self._server.requests.append(received)
        return received

    def pause(self, seconds: float = 60) -> None:
        """Do nothing for a while; the end of the test ends it."""
        if self._server.is_over.wait(seconds):
            raise ConnectionError("the test is over")


class Loopback:
    """Hands every connection to `answer`, each in a thread of its own, and then closes it.

    Without `reads_first` the request is left for `answer` to read. `closed` counts the connections
    that are over.
    """

    def __init__(self, answer: Answer, *, reads_first: bool = True):
        self._answer = answer
        self._reads_first = reads_first
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.is_over = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)

    @property
    def url(self) -> str:
        """Return the address, without a slash at the end."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._open.append(sock)
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        peer = Peer(self, sock)
        with sock, contextlib.suppress(OSError):
            if self._reads_first:
                peer.receive()
            self._answer(peer)
        self.closed.release()
