"""Calls to Seam, or to a server that speaks its protocol: one method for each, HTTP and no more.

Everything is a POST with a JSON body, which servers of every generation take. A call ends within
20 s and 1 MiB (`locksite.http`), a list within 60 s; nothing is tried twice. What goes wrong is
told by what it means: `Unreachable` where nobody knows whether it was done, `Rejected` where it
was not, `AccountProblem` where the key opens nothing any more. A list is whole or it is an error.
Neither the key nor a PIN is in any message.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from locksite.doors import Doors
from locksite.http import DEADLINE, CallFailed, DeadlinePassed, TooLarge, retry_after
from locksite.masked import Pin
from properties.providers.base import NOT_THERE, AccountProblem, Refused, Retry, Unreachable
from properties.providers.seam.devices import device_of
from properties.providers.seam.fields import as_word, clean, hushed
from properties.providers.seam.mapping import (
    attempt_of,
    code_of,
    create_body,
    hint_of,
    update_body,
    webhook_of,
    workspace_of,
)
from properties.providers.seam.values import (
    SeamAttempt,
    SeamCode,
    SeamDevice,
    SeamHint,
    SeamWebhook,
    SeamWish,
    SeamWorkspace,
)
from properties.stamps import stamp

PAGE: Final = 100
EVENTS_AT_ONCE: Final = 250
LIST_WITHIN: Final = timedelta(seconds=60)
MOST_ITEMS: Final = 20_000
"""More devices than this, or codes of a lock, are no list but an error."""

LOCK_NOT_THERE: Final = "device_removed"

_T = TypeVar("_T")


class Rejected(Refused):
    """Seam said no. `kind` is its own word for why, `status` that of HTTP."""

    def __init__(
        self,
        error_code: str,
        sentence: str,
        retry: Retry = Retry.BACKOFF,
        retry_after: timedelta | None = None,
        *,
        kind: str,
        status: int,
    ) -> None:
        super().__init__(error_code, sentence, retry, retry_after)
        self.kind = kind
        self.status = status


@dataclass(frozen=True, slots=True)
class SeamEvents:
    """What happened, the oldest first. `is_whole`: there were no more than could be told."""

    hints: tuple[SeamHint, ...]
    is_whole: bool


_ENDPOINT: Final = re.compile(
    r"(?P<scheme>https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~-]+)*/?",
    re.ASCII,
)


def endpoint_problem(endpoint: str) -> str | None:
    """Return why we do not call a server at this address, as a sentence; ``None``: we do.

    Keys and PINs go there, so it takes TLS, except for a server on this very machine.
    """
    found = _ENDPOINT.fullmatch(endpoint)
    try:
        host = urlsplit(endpoint).hostname if found else None
        port_is_well = found is not None and urlsplit(endpoint).port != 0
    except ValueError:  # no address within the brackets, a port beyond the last one
        host = None
    if found is None or host is None or not port_is_well:
        return "Use an address such as https://connect.getseam.com."
    if found["scheme"] == "http" and not _is_this_machine(host):
        return "Use https: keys and PINs would travel in the clear."
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SeamClient:
    """One workspace, reached with one key. All ids are Seam's, all times aware UTC.

    Every method may raise `Unreachable`, `Rejected`, `Refused` (asked for too often: wait) or
    `AccountProblem`. `endpoint` may end in a path. `page`: how many items a list is asked for at
    once; `on_items` is told after each page how many there are so far.
    """

    def __init__(
        self,
        endpoint: str,
        key: Pin,
        doors: Doors,
        *,
        page: int = PAGE,
        on_items: Callable[[int], None] = lambda number: None,
    ) -> None:
        problem = endpoint_problem(endpoint)
        if problem is not None:
            raise AccountProblem("provider_issue", problem)
        if re.fullmatch(r"[!-~]+", key.digits) is None:  # no header holds it
            raise AccountProblem("account_disconnected", "This is not a key of Seam's.")
        self._endpoint = endpoint.rstrip("/")
        self._key = key
        self._doors = doors
        self._page = page
        self._on_items = on_items
        self._session = doors.http()

    def __repr__(self) -> str:
        return f"SeamClient({self._endpoint!r})"

    # ---- The workspace and its devices

    def get_workspace(self) -> SeamWorkspace:
        """Return what the key opens."""
        return _one(self._post("/workspaces/get", {}), "workspace", workspace_of)

    def list_devices(self) -> tuple[SeamDevice, ...]:
        """Return every managed device, locks or not."""
        return self._devices("/devices/list", is_managed=True)

    def list_unmanaged_devices(self) -> tuple[SeamDevice, ...]:
        """Return every device that Seam knows and does not manage."""
        return self._devices("/devices/unmanaged/list", is_managed=False)

    def get_device(self, device_remote_id: str) -> SeamDevice:
        """Return one managed device. Raises `Rejected` (`LOCK_NOT_THERE`) where there is none."""
        answer = self._post("/devices/get", {"device_id": device_remote_id})
        return _one(answer, "device", device_of)

    def manage_device(self, device_remote_id: str) -> None:
        """Have a device managed from now on."""
        body = {"device_id": device_remote_id, "is_managed": True}
        self._post("/devices/unmanaged/update", body)

    # ---- Codes

    def list_access_codes(self, device_remote_id: str | None = None) -> tuple[SeamCode, ...]:
        """Return every managed code of a lock, or of all locks in one list.

        A server that does not list all at once raises `Rejected` (its `kind` is
        ``invalid_input``).
        """
        body = {} if device_remote_id is None else {"device_id": device_remote_id}
        found = self._whole("/access_codes/list", body, "access_codes", code_of)
        return _of_lock(found, device_remote_id, is_managed=True)

    def list_access_codes_by_id(self, remote_ids: Sequence[str]) -> tuple[SeamCode, ...]:
        """Return those of these managed codes that are there, whatever locks they are on."""
        found: dict[str, SeamCode] = {}
        began = self._doors.monotonic()
        for first in range(0, len(remote_ids), PAGE):
            body = {"access_code_ids": list(remote_ids[first : first + PAGE])}
            for item in self._pages("/access_codes/list", body, "access_codes", began):
                code = _read(item, code_of)
                found[code.remote_id] = code
        wanted = set(remote_ids)
        return tuple(code for code in found.values() if code.remote_id in wanted)

    def list_unmanaged_access_codes(self, device_remote_id: str) -> tuple[SeamCode, ...]:
        """Return every code of a lock that was not made here."""
        body = {"device_id": device_remote_id}
        found = self._whole("/access_codes/unmanaged/list", body, "access_codes", code_of)
        return _of_lock(found, device_remote_id, is_managed=False)

    def get_access_code(self, remote_id: str) -> SeamCode:
        """Return a managed code. Raises `Rejected` (`NOT_THERE`) where there is none."""
        answer = self._post("/access_codes/get", {"access_code_id": remote_id})
        return _one(answer, "access_code", code_of)

    def create_access_code(self, device_remote_id: str, wish: SeamWish) -> SeamCode:
        """Have a new code kept on a lock. After `Unreachable` it may be there all the same."""
        answer = self._post("/access_codes/create", create_body(device_remote_id, wish))
        return _one(answer, "access_code", code_of)

    def update_access_code(self, remote_id: str, wish: SeamWish) -> None:
        """Have a code kept as it is wished now."""
        self._post("/access_codes/update", update_body(remote_id, wish))

    def delete_access_code(self, remote_id: str) -> None:
        """Have a managed code taken off its lock."""
        self._post("/access_codes/delete", {"access_code_id": remote_id})

    def delete_unmanaged_access_code(self, remote_id: str) -> None:
        """Have a code that was not made here taken off its lock."""
        self._post("/access_codes/unmanaged/delete", {"access_code_id": remote_id})

    def convert_access_code(
        self, remote_id: str, *, allows_outside_changes: bool = False, force: bool = False
    ) -> None:
        """Have an unmanaged code managed from now on; it takes effect later.

        `force`: also where another workspace keeps it.
        """
        # The older of the two calls for it: each server knows this one, and names the same twice.
        body = {
            "access_code_id": remote_id,
            "is_managed": True,
            "is_external_modification_allowed": allows_outside_changes,
            "allow_external_modification": allows_outside_changes,
            "force": force,
        }
        self._post("/access_codes/unmanaged/update", body)

    def pull_backup_access_code(self, remote_id: str) -> SeamCode:
        """Return the spare code that opens in place of this one; the same each time."""
        answer = self._post("/access_codes/pull_backup_access_code", {"access_code_id": remote_id})
        key = "access_code" if "access_code" in answer else "backup_access_code"
        return _one(answer, key, code_of)

    # ---- The door

    def lock_door(self, device_remote_id: str) -> SeamAttempt:
        """Have the door locked; `get_action_attempt` tells how it goes."""
        return self._attempt("/locks/lock_door", {"device_id": device_remote_id})

    def unlock_door(self, device_remote_id: str) -> SeamAttempt:
        """Have the door unlocked; `get_action_attempt` tells how it goes."""
        return self._attempt("/locks/unlock_door", {"device_id": device_remote_id})

    def configure_auto_lock(self, device_remote_id: str, *, after: int | None) -> SeamAttempt:
        """Let the door lock itself after so many seconds, 1 to 60; ``None``: not at all."""
        body: dict[str, Any] = {
            "device_id": device_remote_id,
            "auto_lock_enabled": after is not None,
        }
        if after is not None:
            body["auto_lock_delay_seconds"] = after
        return self._attempt("/locks/configure_auto_lock", body)

    def get_action_attempt(self, remote_id: str) -> SeamAttempt:
        """Return how far a command is."""
        return self._attempt("/action_attempts/get", {"action_attempt_id": remote_id})

    # ---- Events and webhooks

    def list_events(self, since: datetime) -> SeamEvents:
        """Return what was written down after `since`; of very much only the newest."""
        body = {"since": stamp(since), "limit": EVENTS_AT_ONCE}
        items = _items(self._post("/events/list", body), "events")
        hints = [hint for hint in map(hint_of, items) if hint is not None]
        return SeamEvents(
            hints=tuple(sorted(hints, key=lambda hint: hint.created_at or since)),
            is_whole=len(items) < EVENTS_AT_ONCE,
        )

    def create_webhook(self, url: str, event_types: Sequence[str] = ("*",)) -> SeamWebhook:
        """Have events sent to an address from now on."""
        body = {"url": url, "event_types": list(event_types)}
        return _one(self._post("/webhooks/create", body), "webhook", webhook_of)

    def list_webhooks(self) -> tuple[SeamWebhook, ...]:
        """Return where events are sent now."""
        items = _items(self._post("/webhooks/list", {}), "webhooks")
        return tuple(_read(item, webhook_of) for item in items)

    def delete_webhook(self, remote_id: str) -> None:
        """Send nothing there any more."""
        self._post("/webhooks/delete", {"webhook_id": remote_id})

    # ---- One call

    def _devices(self, path: str, *, is_managed: bool) -> tuple[SeamDevice, ...]:
        found = self._whole(path, {}, "devices", device_of)
        by_id = {device.report.remote_id: device for device in found}
        return tuple(device for device in by_id.values() if device.is_managed is is_managed)

    def _attempt(self, path: str, body: Mapping[str, Any]) -> SeamAttempt:
        return _one(self._post(path, body), "action_attempt", attempt_of)

    def _whole(
        self, path: str, body: Mapping[str, Any], key: str, read: Callable[[Any], _T | None]
    ) -> list[_T]:
        began = self._doors.monotonic()
        return [_read(item, read) for item in self._pages(path, body, key, began)]

    def _pages(self, path: str, body: Mapping[str, Any], key: str, began: float) -> Iterator[Any]:
        """Yield the items of all pages. The last page is asked for in time to end within 60 s."""
        last_start = began + (LIST_WITHIN - DEADLINE).total_seconds()
        limit, items = self._page, 0
        page = {**body, "limit": limit}
        seen = set()
        while True:
            if self._doors.monotonic() > last_start:
                raise Unreachable("provider_issue", "Seam did not tell the whole list in time.")
            try:
                answer = self._post(path, page)
            except _AnswerTooLarge:
                if limit == 1:
                    raise
                limit //= 2
                page["limit"] = limit
                continue
            found = _items(answer, key)
            items += len(found)
            if items > MOST_ITEMS:
                raise Unreachable("provider_issue", "Seam's list does not end.")
            self._on_items(items)
            yield from found
            cursor = _next_cursor(answer)
            if cursor is None:
                return
            if cursor in seen:
                raise _makes_no_sense()
            seen.add(cursor)
            page = {**body, "limit": limit, "page_cursor": cursor}

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body of a good answer. Raises for every other."""
        answer = self._send(path, body)
        status, pause, data = answer.status, answer.pause, answer.data
        if status == 401:
            raise AccountProblem("account_disconnected", "Seam no longer accepts the key.")
        if status == 429:
            sentence = "Seam asks for fewer requests."
            raise Refused("provider_issue", sentence, Retry.BACKOFF, pause)
        if status == 200 and data is not None and data.get("ok") is not False:
            return data
        if 400 <= status < 500 and status != 408:
            error = _error(data)
            if error is not None:
                raise _refusal(path, status, error, pause, self._key)
        if status >= 500:
            raise Unreachable("provider_issue", "Seam answered with an error.", pause)
        # An answer that is not Seam's, of whatever status: something stands in between.
        raise _makes_no_sense(pause)

    def _send(self, path: str, body: Mapping[str, Any]) -> "_Answer":
        headers = {"Authorization": f"Bearer {self._key.digits}", "User-Agent": "Locksite"}
        kind: type[Unreachable] = Unreachable
        try:
            response = self._session.post(self._endpoint + path, json=body, headers=headers)
        except DeadlinePassed:
            sentence = "Seam did not answer in time."
        except TooLarge:
            kind, sentence = _AnswerTooLarge, "Seam's answer is larger than anything we expect."
        except CallFailed as failure:
            sentence = f"Seam could not be reached: {failure}"
        else:
            return _Answer(
                status=response.status_code,
                data=_json(response.headers.get("Content-Type", ""), response.content),
                pause=retry_after(response.headers.get("Retry-After"), self._doors.now()),
            )
        # Raised out here, so that nothing of the call travels along.
        raise kind("provider_issue", sentence)


class _AnswerTooLarge(Unreachable):
    """A list may be asked for in smaller pages then."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back. `data` is ``None`` where it is no JSON object; `pause` as it was asked."""

    status: int
    data: Mapping[str, Any] | None
    pause: timedelta | None


# ---- Good answers -------------------------------------------------------------------------------


def _makes_no_sense(pause: timedelta | None = None) -> Unreachable:
    return Unreachable("provider_issue", "The answer of Seam makes no sense.", pause)


def _read(item: Any, read: Callable[[Any], _T | None]) -> _T:
    """Return an item as a value; a list with one that cannot be told apart is no list."""
    found = read(item)
    if found is None:
        raise _makes_no_sense()
    return found


def _one(answer: Mapping[str, Any], key: str, read: Callable[[Any], _T | None]) -> _T:
    return _read(answer.get(key), read)


def _items(answer: Mapping[str, Any], key: str) -> list[Any]:
    items = answer.get(key)
    if not isinstance(items, list):
        raise _makes_no_sense()
    return items


def _next_cursor(answer: Mapping[str, Any]) -> str | None:
    """Return where the next page begins; servers that do not page say nothing of pages."""
    pages = answer.get("pagination")
    if pages is None:
        return None
    if not isinstance(pages, Mapping) or not isinstance(pages.get("has_next_page"), bool):
        raise _makes_no_sense()
    cursor = pages.get("next_page_cursor")
    if not pages["has_next_page"]:
        return None
    if not isinstance(cursor, str) or not cursor:
        raise _makes_no_sense()
    return cursor


def _of_lock(
    codes: Sequence[SeamCode], device_remote_id: str | None, *, is_managed: bool
) -> tuple[SeamCode, ...]:
    """Return the codes that were asked for, each once: some servers tell more."""
    by_id = {code.remote_id: code for code in codes}
    return tuple(
        code
        for code in by_id.values()
        if code.is_managed is is_managed and device_remote_id in (None, code.device_remote_id)
    )


# ---- Others -------------------------------------------------------------------------------------


def _json(content_type: str, content: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object of an answer; ``None`` where it holds anything else."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, Mapping) else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _error(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return an error in Seam's own form."""
    error = clean((data or {}).get("error"))
    if not isinstance(error, Mapping) or not isinstance(error.get("message"), str):
        return None
    return error if as_word(error.get("type")) else None


def _refusal(
    path: str, status: int, error: Mapping[str, Any], pause: timedelta | None, key: Pin
) -> Rejected | AccountProblem:
    """Return what a clear no means: in words of ours where we know it, else in Seam's."""
    kind = error["type"]
    if status == 403:
        return AccountProblem("account_disconnected", "Seam no longer lets this key in.")
    code_is_gone = kind == NOT_THERE or (kind, path) == ("not_found", "/access_codes/get")
    said = hushed(error["message"].replace(key.digits, "••••"))
    if code_is_gone:
        found = (NOT_THERE, "The code is not at Seam any more.", Retry.BACKOFF)
    elif kind == "device_not_found":
        found = (LOCK_NOT_THERE, "The lock is no longer in its account.", Retry.ON_LOCK_CHANGE)
    elif kind == "duplicate_access_code":
        sentence = "Another code on the lock has this PIN."
        found = ("duplicate_code_on_device", sentence, Retry.ON_LOCK_CHANGE)
    elif kind == "backup_access_code_not_found":
        found = ("empty_backup_access_code_pool", "No spare code is left.", Retry.BACKOFF)
    elif kind == "invalid_input" and _is_about(error, "code", "preferred_code_length"):
        sentence = f"Seam does not take this PIN: {said}"
        found = ("code_constraints_violated", sentence, Retry.ON_WISH)
    else:
        # A lock that cannot take codes now is an invalid input as well: it may be able to later.
        found = ("provider_issue", f"Seam refused: {said}", Retry.ON_LOCK_CHANGE)
    error_code, sentence, retry = found
    return Rejected(error_code, sentence, retry, pause, kind=kind, status=status)


def _is_about(error: Mapping[str, Any], *names: str) -> bool:
    fields = error.get("validation_errors")
    return isinstance(fields, Mapping) and any(name in fields for name in names)
