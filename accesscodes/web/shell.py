"""The frame around every page of the desk: where, who, and whether the engine runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accesscodes.web import reading, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.live import Board, Live, Part
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.local_time import clock


@dataclass(frozen=True, slots=True)
class HouseLink:
    """One property in the switcher."""

    url: str
    name: str
    place: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header shows. `section` names the part of the desk that the page belongs to."""

    prop: str
    house: str
    place: str
    houses: tuple[HouseLink, ...]
    username: str
    role: str
    section: str
    may_issue: bool


def frame(desk: Desk, section: str) -> Frame:
    """Return what the header shows."""
    links = tuple(
        HouseLink(
            reverse("desk", args=[house.slug]),
            house.name,
            f"{house.city} {clock(desk.now, house.zone)}".strip(),
            house.pk == desk.house.pk,
        )
        for house in desk.houses
    )
    here = next(link for link in links if link.is_here)
    return Frame(
        desk.house.slug,
        desk.house.name,
        here.place,
        links,
        desk.actor.label,
        desk.role_name,
        section,
        desk.may_issue,
    )


@dataclass(frozen=True, slots=True)
class EngineNote:
    """Whether codes are being sent and removed at all; an empty sentence where they are."""

    sentence: str


def engine_part(desk: Desk) -> Part:
    """Return the banner that says when no engine runs. One query."""
    is_alive, last = reading.engine_seen(desk.now)
    sentence = ""
    if not is_alive:
        seen = ""
        if last is not None:
            seen = f" It was last seen {wall_time.in_sentence(last, desk.zone, desk.now)}."
        sentence = (
            "The engine is not running. Codes are neither sent nor removed until an "
            f"administrator starts it.{seen}"
        )
    return Part("engine-note", "components/_engine_note.html", {"engine": EngineNote(sentence)})


def live_element(desk: Desk, board: Board) -> Live:
    """Return the element by which a page keeps itself up to date."""
    path = reverse("live", args=[desk.house.slug])
    return board.element(path, clock(desk.now, desk.zone))


def shared(desk: Desk, section: str) -> dict[str, Any]:
    """Return what every template of the desk may use."""
    return {"desk": desk, "frame": frame(desk, section), "prop": desk.house.slug}


def page(
    request: HtmxHttpRequest,
    desk: Desk,
    template: str,
    section: str,
    context: Mapping[str, Any],
    *,
    board: Board | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a whole page; `board` keeps it up to date."""
    values: dict[str, Any] = {**shared(desk, section), **context}
    if board is None:
        values |= engine_part(desk).context
    else:
        for part in (*board.parts, *([board.whole] if board.whole is not None else [])):
            values |= part.context
        values["live"] = live_element(desk, board)
    return render(request, template, values, status=status)


def list_fragments(
    request: HtmxHttpRequest, desk: Desk, section: str, board: Board
) -> HttpResponse:
    """Answer a filter or a search: the list anew, with everything around it that depends on it."""
    values = shared(desk, section)
    whole = board.whole
    return render_fragments(
        request,
        None if whole is None else (whole.template, {**values, **whole.context}),
        *((part.template, {**values, **part.context}) for part in board.parts),
        ("components/_live.html", {"live": live_element(desk, board)}),
    )
