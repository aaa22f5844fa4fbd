"""Calls over HTTP that always end: in time, and with an answer that fits in memory.

    sessions = bounded_sessions()
    answer = sessions().post("https://…", json={…})

The timeouts of `requests` count per read, so an answer that comes drop by drop runs for ever. Here
one deadline covers connecting, TLS, sending, headers and body, redirects included; `timeout` and
`stream` of a call are not looked at, and the body is whole when the call returns. Looking up a
name is the system's, which has limits of its own.

A call that does not end well raises a `CallFailed`, whose message names the host and never an
address, header or body, as those may hold keys and PINs.
"""

import io
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError

DEADLINE: Final = timedelta(seconds=20)
BODY_LIMIT: Final = 1024 * 1024
LONGEST_PAUSE: Final = timedelta(minutes=15)
_HEAD_LIMIT: Final = 64 * 1024
_PIECE: Final = 16 * 1024


class CallFailed(Exception):  # noqa: N818
    """A call brought no answer that can be used. It may have arrived, unless it was never made."""


class DeadlinePassed(CallFailed):
    """The answer was not whole in time."""


class TooLarge(CallFailed):
    """The answer is larger than anything that we expect."""


class Broken(CallFailed):
    """No connection, a connection that broke, or an answer that is no HTTP."""


class Forbidden(CallFailed):
    """The host may not be called; no connection was made."""


AddressInfo = tuple[int, int, int, str, Any]
"""One address of a host, as `socket.getaddrinfo` gives it."""

LookUp = Callable[[str, int], Sequence[AddressInfo]]
"""From a host and a port to the addresses that are called, in their order. Raises `OSError` where
there are none, `Forbidden` where they may not be called."""


def system_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """Return what the system knows. Raises `OSError`."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return how long a `Retry-After` header asks us to wait, 15 min at most.

    It holds seconds or a date (RFC 9110, 10.2.3). What is past, or negative, is no wait at all;
    ``None``: there is no such header, or nobody can read it.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", text, re.ASCII):
        wait = timedelta(seconds=max(0.0, min(float(text), LONGEST_PAUSE.total_seconds())))
    else:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        if at.tzinfo is None:  # "-0000" says UTC and no place
            at = at.replace(tzinfo=UTC)
        wait = at - now
    return min(max(wait, timedelta(0)), LONGEST_PAUSE)


def bounded_sessions(
    *,
    deadline: timedelta = DEADLINE,
    body_limit: int = BODY_LIMIT,
    redirects: int = 0,
    pool: int = 16,
    look_up: LookUp = system_addresses,
    reads_bodies: bool = True,
) -> Callable[[], requests.Session]:
    """Return a maker of sessions that share their connections and nothing else.

    `deadline` is for a whole call, `body_limit` in bytes after decompression. An answer 3xx is
    returned as it is unless `redirects` allows so many of them. `pool`: how many idle connections
    are kept, for as many hosts. `look_up` is asked once for each connection, and no other address
    is called than one that it gave. Without `reads_bodies` a call ends with the headers, the body
    of its answer is empty, and its connection is closed. Nothing is tried twice, cookies are
    dropped, and the environment's proxies and passwords (`.netrc`) do not count.
    """
    adapter = _Adapter(body_limit, pool, look_up, reads_bodies)
    return lambda: _Session(adapter, deadline.total_seconds(), redirects)


# ---- One call -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Call:
    """What is left to a call under way."""

    ends_at: float
    bytes_left: int
    look_up: LookUp

    def seconds_left(self) -> float:
        """Return how long a socket may still be waited for. Raises `TimeoutError` at the end."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def has_run_out(self) -> bool:
        # A socket's own clock may be a little ahead of ours.
        return self.ends_at - time.monotonic() < 0.05


_call: ContextVar[_Call] = ContextVar("_call")


class _Session(requests.Session):
    """A session whose calls end."""

    def __init__(self, adapter: "_Adapter", seconds: float, redirects: int) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "gzip"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.max_redirects = redirects
        self._seconds = seconds
        self._bounded = adapter
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Make a request ready to be sent. Raises `Broken` for one that cannot be sent."""
        try:
            return super().prepare_request(request)
        except (requests.RequestException, ValueError) as error:
            reason = type(error).__name__
        # Raised out here, so that the library's own words, with the address, do not travel along.
        raise Broken(f"The request could not be made ({reason}).")

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and return the whole answer. Raises `CallFailed`."""
        if _call.get(None) is not None:  # a redirect: part of the call that is under way
            return super().send(request, **kwargs)
        call = self._bounded.new_call(self._seconds)
        before = _call.set(call)
        host = urlsplit(request.url or "").hostname or "nobody"
        try:
            return super().send(request, **kwargs)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            UnicodeError,  # a header that no header can be
        ) as error:
            if call.bytes_left < 0:
                failure: CallFailed = TooLarge(f"The answer of {host} is too large.")
            elif call.has_run_out():
                failure = DeadlinePassed(f"No whole answer of {host} in {self._seconds:g} s.")
            else:
                failure = Broken(f"The call to {host} broke off ({type(error).__name__}).")
        finally:
            _call.reset(before)
        raise failure

    def resolve_redirects(self, *args: Any, **kwargs: Any) -> Iterator[requests.Response]:
        """Follow redirects where they are allowed at all."""
        return super().resolve_redirects(*args, **kwargs) if self.max_redirects else iter(())

    def close(self) -> None:
        """Leave the connections open: other sessions use them as well."""


class _Adapter(HTTPAdapter):
    """Sends requests over bounded connections and reads their answers to the end."""

    def __init__(self, body_limit: int, pool: int, look_up: LookUp, reads_bodies: bool) -> None:
        self._body_limit = body_limit
        self._look_up = look_up
        self._reads_bodies = reads_bodies
        super().__init__(pool_connections=pool, pool_maxsize=pool, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def new_call(self, seconds: float) -> _Call:
        """Return the bounds of a call that begins now; headers and framing need some room."""
        bytes_left = 2 * self._body_limit + _HEAD_LIMIT
        return _Call(time.monotonic() + seconds, bytes_left, self._look_up)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        call = _call.get()
        response = super().send(request, True, call.seconds_left(), *args, **kwargs)
        if not self._reads_bodies:
            response.close()
            response._content = b""
            response._content_consumed = True  # type: ignore[attr-defined]
            return response
        try:
            response._content = self._body(response, call)
        except BaseException:
            response.close()
            raise
        response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def _body(self, response: requests.Response, call: _Call) -> bytes:
        unpack = _unpacker(response.headers.get("Content-Encoding", ""))
        packed, body = 0, bytearray()
        for piece in response.raw.stream(_PIECE, decode_content=False):
            packed += len(piece)
            body += piece if unpack is None else _unpacked(unpack, piece, self._body_limit + 1)
            if max(packed, len(body)) > self._body_limit:
                call.bytes_left = -1
                raise OSError("the body is over its limit")
        if packed and unpack is not None and (not unpack.eof or unpack.unused_data):
            raise ContentDecodingError
        return bytes(body)


def _unpacker(encoding: str) -> Any:
    """Return what decompresses a body, ``None`` for a plain one."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # by its header: gzip or zlib
    raise ContentDecodingError


def _unpacked(unpack: Any, piece: bytes, limit: int) -> bytes:
    """Return what a piece expands to, up to `limit` bytes: a bomb goes no further."""
    try:
        return bytes(unpack.decompress(piece, limit))
    except zlib.error:
        raise ContentDecodingError from None


# ---- Connections --------------------------------------------------------------------------------


class _Reader(io.RawIOBase):
    """Reads a socket, each time for no longer than the call has left."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        # Keeps the socket open until it is closed itself, though the connection may be before.
        self._raw: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        call = _call.get()
        self._sock.settimeout(call.seconds_left())
        number: int | None = self._raw.readinto(buffer)
        call.bytes_left -= number or 0
        if call.bytes_left < 0:
            raise OSError("the answer is over its limit")
        return number

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Socket:
    """A connected socket, plain or TLS, that a call uses for no longer than it has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, *args: Any, **kwargs: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock))

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(_call.get().seconds_left())
        self._sock.sendall(data)


class _Connecting:
    """What a connection does differently: whatever it waits for, it asks the call how long."""

    sock: Any
    port: int
    socket_options: Any
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        """Try the host's addresses in order, each for its share of the time that is left."""
        found = _call.get().look_up(self._dns_host, self.port)
        failure = OSError("the host has no address")
        for tried, (family, kind, protocol, _, address) in enumerate(found):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(_call.get().seconds_left() / (len(found) - tried))
                sock.connect(address)
                sock.settimeout(_call.get().seconds_left())  # for the TLS handshake
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock = _Socket(self.sock)


class _Connection(_Connecting, urllib3.connection.HTTPConnection):
    """Without TLS."""


class _TlsConnection(_Connecting, urllib3.connection.HTTPSConnection):
    """With TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
