"""Activity: what happened and who did what, what is still open, and the same as a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accesscodes.known_pins import KnownPins
from accesscodes.web import activity as journal
from accesscodes.web import files, live, problems, reading, shell
from accesscodes.web.access import Desk, at_desk, only_if
from accesscodes.web.activity import KINDS, Line
from accesscodes.web.asked import shown_in, uid_in
from accesscodes.web.live import Board, Part
from locksite.htmx import HtmxHttpRequest

PAGE = 50
MOST = 1000
EXPORTED = 20_000
"""How many lines the file holds at most, the newest."""

COLUMNS = ("time", "time in UTC", "what", "detail", "code", "door")


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
    exports: tuple[tuple[str, str], ...]


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
    exports = []
    if desk.may_manage:
        to_file = reverse("activity-export", args=[desk.house.slug])
        exports = [
            (kind.upper(), asked.url(to_file, show="", format=kind)) for kind in files.KINDS
        ]
    return Activity(
        tuple(lines[: asked.shown]),
        tuple(
            KindChip(key, label, icon, asked.url(path, kind=key, show=""), asked.kind == key)
            for key, (label, icon) in kinds.items()
        ),
        asked.kind,
        "" if asked.lock is None else str(asked.lock),
        more,
        tuple(exports),
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
    """The same lines as a file: CSV, or JSON with `format`. It holds no PINs."""
    asked = _Asked.of(request.GET)
    kind = "json" if request.GET.get("format") == "json" else "csv"
    hide = KnownPins.of(desk.house).masked_in
    lines = journal.lines(desk, asked.kind, asked.lock, EXPORTED, in_full=True)
    rows = [tuple(_cells(desk, line, hide)) for line in lines]
    if kind == "csv":
        text = files.as_csv(COLUMNS, rows)
    else:
        entries = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        text = files.as_json({"property": desk.house.name, "entries": entries})
    return files.handed_out(
        desk,
        text,
        f"activity-{desk.house.slug}-{desk.now.astimezone(desk.zone):%Y-%m-%d}",
        kind,
        action="property.export_activity",
        about=("property", desk.house.seal_id),
        rows=len(rows),
        chosen=asked.query(show=""),
    )


def _cells(desk: Desk, line: Line, hide: Callable[[str], str]) -> Iterable[str]:
    local = line.at.astimezone(desk.zone)
    yield local.isoformat(" ", "seconds")
    yield f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    yield hide(line.what.text)
    yield hide(line.what.more)
    yield hide(line.name)
    yield line.door
