"""Whether a webhook is Seam's, and what it hints at. Pure: the view hands in bytes and headers.

The scheme is Svix's, which equals Standard Webhooks: HMAC-SHA256 over id, time and the body as it
came. A good notice is still a hint and no more: late, doubled and reordered ones must do no harm,
so whoever gets one looks at the lock and keeps the id.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from locksite.masked import Pin
from properties.providers.seam.fields import LONGEST_ID
from properties.providers.seam.mapping import hint_of
from properties.providers.seam.values import SeamHint

TOLERANCE: Final = timedelta(minutes=5)
LARGEST: Final = 256 * 1024
SHORTEST_SECRET: Final = 24
_PREFIX: Final = "whsec_"
# A rotation sends two signatures; more than this is somebody trying.
_MOST_SIGNATURES: Final = 10
_SENDERS: Final = ("svix", "webhook")


class Doubt(StrEnum):
    """Why a webhook counts for nothing."""

    TOO_LARGE = "too_large"
    HEADERS_MISSING = "headers_missing"
    TIME_UNREADABLE = "time_unreadable"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    NO_SECRET = "no_secret"  # noqa: S105  (a word, no secret)
    NOT_SIGNED = "not_signed"
    NO_EVENT = "no_event"


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook that is Seam's. `message_id` is the same each time that it is sent.

    `sent_at`: of this attempt, aware UTC.
    """

    message_id: str
    sent_at: datetime
    hint: SeamHint


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A webhook to be thrown away. `reason` is for the log; the sender is told nothing of it."""

    reason: Doubt


def read_notice(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[Pin], now: datetime
) -> Notice | Doubtful:
    """Return what a request says, if one of `secrets` signed it within five minutes of `now`.

    `body` as it came, not parsed and written again. Names of headers are in any case. `secrets`:
    those in force, the old one too while a new one takes its place; each begins ``whsec_``, and
    one that is malformed or too short signs nothing. Never raises.
    """
    if len(body) > LARGEST:
        return Doubtful(Doubt.TOO_LARGE)
    found = _headers(headers)
    if found is None:
        return Doubtful(Doubt.HEADERS_MISSING)
    message_id, seconds, signatures = found
    sent_at = _instant(seconds)
    if sent_at is None:
        return Doubtful(Doubt.TIME_UNREADABLE)
    content = f"{message_id}.{seconds}.".encode() + body
    doubt = _age_doubt(sent_at, now) or _signature_doubt(content, signatures, secrets)
    if doubt is not None:
        return Doubtful(doubt)
    hint = hint_of(_json(body))
    return Doubtful(Doubt.NO_EVENT) if hint is None else Notice(message_id, sent_at, hint)


def _age_doubt(sent_at: datetime, now: datetime) -> Doubt | None:
    if abs(sent_at - now) <= TOLERANCE:
        return None
    return Doubt.TOO_OLD if sent_at < now else Doubt.TOO_NEW


def _signature_doubt(content: bytes, signatures: str, secrets: Sequence[Pin]) -> Doubt | None:
    keys = [key for key in map(_key, secrets) if key is not None]
    if not keys:
        return Doubt.NO_SECRET
    return None if _is_signed(content, signatures, keys) else Doubt.NOT_SIGNED


def _headers(headers: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return id, time and signatures, all of one sender's names; Svix's own count first."""
    by_name = {name.lower(): value for name, value in headers.items()}
    for sender in _SENDERS:
        names = (f"{sender}-id", f"{sender}-timestamp", f"{sender}-signature")
        values = [by_name.get(name, "") for name in names]
        if all(values):
            message_id, seconds, signatures = values
            is_plain = message_id.isascii() and message_id.isprintable()
            is_well = is_plain and len(message_id) <= LONGEST_ID
            return (message_id, seconds, signatures) if is_well else None
    return None


def _instant(seconds: str) -> datetime | None:
    if not re.fullmatch(r"\d{1,12}", seconds, re.ASCII):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return None


def _key(secret: Pin) -> bytes | None:
    text = secret.digits
    if not text.startswith(_PREFIX):
        return None
    coded = text.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= SHORTEST_SECRET else None


def _is_signed(content: bytes, signatures: str, keys: Sequence[bytes]) -> bool:
    """Return whether any signature is that of any key, each pair compared in constant time."""
    wanted = [hmac.new(key, content, hashlib.sha256).digest() for key in keys]
    given = _given(signatures)
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _given(signatures: str) -> Iterator[bytes]:
    """Yield the signatures of the one version that we know."""
    for entry in signatures.split(" ")[:_MOST_SIGNATURES]:
        version, _, coded = entry.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(coded, validate=True)
            except (binascii.Error, ValueError):
                continue


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
