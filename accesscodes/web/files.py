"""Files that people take along: how they are written, and that they were taken."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse

from accesscodes.web.access import Desk
from locksite.journal.models import AuditEntry

KINDS: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}

_BYTE_ORDER_MARK = "\ufeff"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a line of headings, as a table program opens it by itself.

    The mark in front tells it that this is UTF-8. What a guest, a lock or a partner wrote cannot
    become a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([_as_text(cell) for cell in row] for row in rows)
    return _BYTE_ORDER_MARK + out.getvalue()


def as_json(body: Mapping[str, Any]) -> str:
    """Return a body as JSON that people can read."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell


def handed_out(
    desk: Desk,
    text: str,
    name: str,
    kind: str,
    *,
    action: str,
    about: tuple[str, UUID],
    rows: int,
    chosen: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the file `name` for download, and write down who took it.

    `about`: the type and the public id of the thing that it tells of; `rows`: how many lines it
    has; `chosen`: by what they were chosen. The entry is there before the file is sent.
    """
    object_type, object_uid = about
    AuditEntry.objects.append(
        desk.actor,
        action,
        now=desk.now,
        property_id=desk.house.pk,
        object_type=object_type,
        object_uid=object_uid,
        detail={"format": kind, "rows": rows, **(chosen or {})},
    )
    response = HttpResponse(text, content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
