"""Pages of a list: stable, because they are cut by `created_at` and primary key and not by number.

The cursor is opaque to callers. It names the last row of a page and, keyed, the filters with which
the page was cut; it holds nothing secret and works only with the same filters.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework import serializers

from locksite.wire.errors import WireError, invalid_input
from locksite.wire.fields import ResponseShape
from locksite.wire.views import Call

# Not part of what a list shows, so they may change from page to page.
_CONTROLS = {"limit", "page_cursor"}


class Pagination(ResponseShape):
    """Where the list goes on; all three are always there."""

    has_next_page = serializers.BooleanField()
    next_page_cursor = serializers.CharField(allow_null=True)
    next_page_url = serializers.CharField(allow_null=True)


def page(rows: QuerySet, call: Call, *, limit: int) -> tuple[list[Any], dict[str, Any]]:
    """Return one page of `rows`, oldest first, and the values of `Pagination`.

    Raises `WireError`: `mismatched_page_parameters` for a cursor of a list with other filters.
    """
    filters = {name: call.given[name] for name in call.params if name not in _CONTROLS}
    cursor = call.params.get("page_cursor")
    if cursor:
        created_at, pk = _read(cursor, _mark(call.url, filters))
        rows = rows.filter(Q(created_at__gt=created_at) | Q(created_at=created_at, pk__gt=pk))
    found = list(rows.order_by("created_at", "pk")[: limit + 1])
    if len(found) <= limit:
        none = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}
        return found, none
    shown = found[:limit]
    following = _write(shown[-1], _mark(call.url, filters))
    return shown, {
        "has_next_page": True,
        "next_page_cursor": following,
        "next_page_url": _url(call, filters, following),
    }


def _mark(url: str, filters: Mapping[str, Any]) -> str:
    path = url.partition("://")[2].partition("/")[2]
    text = json.dumps([path, filters], sort_keys=True)
    return salted_hmac("locksite.wire.pagination", text, algorithm="sha256").hexdigest()[:16]


def _write(row: Model, mark: str) -> str:
    created_at: datetime = row.created_at  # type: ignore[attr-defined]
    text = json.dumps([mark, created_at.isoformat(), row.pk])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, mark: str) -> tuple[datetime, int]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        theirs, created_at, pk = json.loads(base64.urlsafe_b64decode(padded))
        at = datetime.fromisoformat(created_at)
        position = at.astimezone(UTC), int(pk)
        is_ours = at.tzinfo is not None and 0 < position[1] < 2**63
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        is_ours = False
    if not is_ours:
        raise invalid_input("This is not a cursor that we have given out.", "page_cursor")
    if not constant_time_compare(str(theirs), mark):
        raise WireError(
            400,
            "mismatched_page_parameters",
            "Send the next page's cursor with the same filters as the page before.",
        )
    return position


def _url(call: Call, filters: Mapping[str, Any], cursor: str) -> str | None:
    """Return the address of the next page; none with a search, which may be for a PIN."""
    if "search" in filters:
        return None
    pairs: list[tuple[str, str]] = []
    for name, value in sorted({**filters, **_limit(call), "page_cursor": cursor}.items()):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                pairs += [(f"{name}.{key}", _text(one)) for key, one in each.items()]
            else:
                pairs.append((name, _text(each)))
    return f"{call.url}?{urlencode([*pairs, ('_strict', 'true')])}"


def _limit(call: Call) -> dict[str, Any]:
    return {"limit": call.given["limit"]} if call.given.get("limit") is not None else {}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
