"""Activity: what happened and who did what, what is still open, and the same as a file."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accesscodes.web import activity as journal
from accesscodes.web import live, problems, reading, shell
from accesscodes.web.access import Desk, at_desk, only_if
from accesscodes.web.activity import KINDS, Line
from accesscodes.web.asked import shown_in, uid_in
from accesscodes.web.live import Board, Part
from locksite.htmx import HtmxHttpRequest

PAGE = 50
MOST = 1000
EXPORTED = 20_000
"""How many lines the file holds at most, the newest."""


@dataclass(frozen=True, slots=True)
class KindChip:
    """One filter of the list."""

    key: str
    label: str
    icon: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """The list as it is shown."""

    lines: tuple[Line, ...]
    chips: tuple[KindChip, ...]
    kind: str
    lock: str
    more_url: str
    export_url: str


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    lock: UUID | None
    shown: int

    @classmethod
    def of(cls, query: Any) -> "_Asked":
        kind = query.get("kind", "")
        known = kind if kind in KINDS else ""
        return cls(known, uid_in(query, "lock"), shown_in(query, PAGE, MOST))

    def query(self, **changes: str) -> dict[str, str]:
        values = {
            "kind": self.kind,
            "lock": "" if self.lock is None else str(self.lock),
            "show": "" if self.shown == PAGE else str(self.shown),
            **changes,
        }
        return {name: value for name, value in values.items() if value}

    def url(self, path: str, **changes: str) -> str:
        query = self.query(**changes)
        return f"{path}?{urlencode(query)}" if query else path


def _activity(desk: Desk, asked: _Asked) -> Activity:
    path = reverse("activity", args=[desk.house.slug])
    lines = journal.lines(desk, asked.kind, asked.lock, asked.shown + 1)
    more = ""
    if len(lines) > asked.shown and asked.shown < MOST:
        more = asked.url(path, show=str(asked.shown + PAGE))
    kinds = {"": ("Everything", ""), **KINDS}
    export = ""
    if desk.may_manage:
        export = asked.url(reverse("activity-export", args=[desk.house.slug]), show="")
    return Activity(
        tuple(lines[: asked.shown]),
        tuple(
            KindChip(key, label, icon, asked.url(path, kind=key, show=""), asked.kind == key)
            for key, (label, icon) in kinds.items()
        ),
        asked.kind,
        "" if asked.lock is None else str(asked.lock),
        more,
        export,
    )


def activity_board(desk: Desk, query: Any) -> Board:
    """Return what may change on the page of activity."""
    asked = _Asked.of(query)
    return Board(
        parts=(
            *shell.frame_parts(desk),
            Part(
                "open-problems",
                "accesscodes/_troubles.html",
                {"troubles": problems.open_troubles(desk)},
            ),
            Part(
                "activity-list",
                "accesscodes/_activity_list.html",
                {"activity": _activity(desk, asked)},
            ),
        ),
        query={"scope": "activity", **asked.query()},
        seconds=live.QUICK,
    )


@require_GET
@at_desk
def activity(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """What happened at this property and who did what, newest first, below what is open."""
    doors = sorted((device.display_name, str(device.uid)) for device in reading.devices_at(desk))
    return shell.page(
        request,
        desk,
        "accesscodes/activity.html",
        "activity",
        {"doors": doors},
        board=activity_board(desk, request.GET),
    )


@require_GET
@at_desk
@only_if(lambda desk: desk.may_manage, instead="Ask a manager to export activity.")
def activity_export(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """The same lines as a file of comma-separated values. It holds no PINs."""
    asked = _Asked.of(request.GET)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"activity-{desk.house.slug}-{desk.now.astimezone(desk.zone):%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["time", "time in UTC", "what", "detail", "code", "door"])
    for line in journal.lines(desk, asked.kind, asked.lock, EXPORTED, in_full=True):
        writer.writerow(_plain(_cells(desk, line)))
    return response


def _cells(desk: Desk, line: Line) -> Iterable[str]:
    local = line.at.astimezone(desk.zone)
    yield local.isoformat(" ", "seconds")
    yield f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    yield line.what.text
    yield line.what.more
    yield line.name
    yield line.door


def _plain(cells: Iterable[str]) -> list[str]:
    """Return the cells so that no table program takes a guest's name for a formula."""
    return [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in cells]
