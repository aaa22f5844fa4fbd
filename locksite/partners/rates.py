"""How many requests a key may make within a minute, whichever web process they reach.

What was taken stands in one row per key. A process takes many requests from it at once, so that
hardly any request writes, and hands them out from memory. What it has taken and not handed out is
lost to the others for a minute: with two processes the limit is kept to within a twentieth.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from locksite.database import write_transaction
from locksite.errors import TooOften
from locksite.partners.models import ApiKey, RequestWindow

WINDOW = 60.0
TAKINGS = 20
"""A process takes at most this part of the limit at once."""

CLOCKS_DIFFER_BY = 5.0

Taken = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Taking:
    """What a process got: how many requests, or how many seconds there are none.

    `taken` is what the row holds then.
    """

    granted: int
    wait: float
    taken: Taken


def take(taken: Taken, limit: int, now: float) -> Taking:
    """Return what a process gets at `now` (seconds since 1970) of `limit` requests a minute.

    Pure. What was taken a minute ago is free again; what a wrong clock has dated ahead, too. The
    less there is left, the less is given at once, so that little lies idle at the end.
    """
    recent = [pair for pair in taken if now - WINDOW < pair[0] <= now + CLOCKS_DIFFER_BY]
    left = limit - sum(count for _, count in recent)
    if left <= 0:
        free_at = min(at for at, _ in recent) + WINDOW
        return Taking(0, free_at - now, recent)
    granted = max(1, min(limit // TAKINGS, left // 4))
    return Taking(granted, 0.0, [*recent, (now, granted)])


@dataclass(slots=True)
class _Purse:
    """What this process holds for one key."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    good_until: float = 0.0
    none_until: float = 0.0


_purses: dict[object, _Purse] = {}


def count_request(key: ApiKey, *, now: datetime) -> None:
    """Count one request of this key. Raises `TooOften` when it was one too many."""
    limit = settings.LOCKSITE_RATE_LIMIT if key.rate_limit is None else key.rate_limit
    if limit == 0:
        return
    purse = _purses.setdefault(key.uid, _Purse())
    seconds = now.timestamp()
    with purse.lock:
        if purse.left == 0 or not seconds < purse.good_until <= seconds + WINDOW:
            _fill(purse, key, limit, seconds)
        purse.left -= 1


def _fill(purse: _Purse, key: ApiKey, limit: int, now: float) -> None:
    if not now < purse.none_until <= now + WINDOW:
        taking = _take_from_row(key, limit, now)
        purse.left, purse.good_until = taking.granted, now + WINDOW
        purse.none_until = now + taking.wait
    if now < purse.none_until:
        raise TooOften(
            f"This API key may make {limit} requests a minute.",
            timedelta(seconds=purse.none_until - now),
        )


def _take_from_row(key: ApiKey, limit: int, now: float) -> Taking:
    with write_transaction():
        rows = RequestWindow.objects.select_for_update().filter(pk=key.pk)
        row = rows.first()
        if row is None:  # two processes may come here at once
            RequestWindow.objects.bulk_create([RequestWindow(api_key=key)], ignore_conflicts=True)
            row = rows.get()
        taking = take([(at, count) for at, count in row.taken], limit, now)
        row.taken = list(taking.taken)
        row.save(update_fields=["taken"])
    return taking
