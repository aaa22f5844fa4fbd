"""The frame around every page of the desk: where, who, and whether the engine runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accesscodes.choices import Severity
from accesscodes.engine_health import EngineHealth, EngineState
from accesscodes.web import arrivals, live, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.arrivals import Arrival
from accesscodes.web.live import Board, Live, Part
from accesscodes.web.news import AccountTrouble, news_of
from accesscodes.web.states import Tone
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
            reverse("arrivals", args=[house.slug]),
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


@dataclass(frozen=True, slots=True)
class AccountNote:
    """That all locks of an account are out of reach: said once, not at each of them."""

    tone: Tone
    sentence: str
    next_step: str


ENGINE_NOTE = "engine-note"


def notes(desk: Desk) -> tuple[Part, Part]:
    """Return what concerns the whole page: the engine, the accounts. One query without news."""
    news = news_of(desk.house, desk.now) if desk.news is None else desk.news
    return _engine_part(desk, news.engine), _account_part(desk, news.account)


def engine_part(desk: Desk) -> Part:
    """Return the note on the engine. One query without news."""
    return notes(desk)[0]


def _account_part(desk: Desk, trouble: AccountTrouble | None) -> Part:
    note = None
    if trouble is not None:
        since = wall_time.in_sentence(trouble.since, desk.zone, desk.now)
        accounts = "one more account" if trouble.more == 1 else f"{trouble.more} more accounts"
        more = f" The same of {accounts}." if trouble.more else ""
        note = AccountNote(
            Tone.BAD if trouble.severity == Severity.BAD else Tone.WARN,
            f"{trouble.sentence}{more}",
            f"Since {since.removeprefix('on ')}. {trouble.next_step}",
        )
    return Part("account-note", "components/_account_note.html", {"account": note})


def _engine_part(desk: Desk, health: EngineHealth) -> Part:
    since = (
        "" if health.since is None else wall_time.in_sentence(health.since, desk.zone, desk.now)
    )
    note = EngineNote(_ENGINE_SENTENCES[health.state](since))
    return Part(ENGINE_NOTE, "components/_engine_note.html", {"engine": note})


def frame_parts(desk: Desk, everybody: list[Arrival] | None = None) -> tuple[Part, ...]:
    """Return what may change on every page. One query.

    Whether codes are sent and removed at all, which account is out of reach, and how many arrivals
    need somebody now; the page that has them already hands in `everybody`.
    """
    if everybody is None:
        everybody = arrivals.arrivals(desk)
    return (
        *notes(desk),
        Part(
            "nav-count",
            "components/_nav_count.html",
            {"urgent": arrivals.urgent(everybody)},
        ),
    )


_ENGINE_SENTENCES: Mapping[EngineState, Callable[[str], str]] = {
    EngineState.RUNNING: lambda _: "",
    EngineState.STOPPED: lambda since: (
        "The engine is not running. Codes are neither sent nor removed until an administrator "
        "starts it." + (f" It was last seen {since}." if since else "")
    ),
    EngineState.BEHIND: lambda since: (
        "The engine is not keeping up. Codes are sent and removed late: a lock has been waiting "
        f"since {since.removeprefix('on ')}. Tell an administrator."
    ),
    EngineState.CLOCK: lambda _: (
        "The engine's clock is wrong. Codes stay on their locks past their end until an "
        "administrator sets it right."
    ),
}


def frame_board(desk: Desk) -> Board:
    """Return what may change on a page that otherwise stays as it is, such as a form."""
    return Board(parts=frame_parts(desk), query={"scope": "frame"}, seconds=live.IDLE)


def live_element(desk: Desk, board: Board) -> Live:
    """Return the element by which a page keeps itself up to date."""
    path = reverse("live", args=[desk.house.slug])
    engine = next(part.mark for part in board.parts if part.id == ENGINE_NOTE)
    seen = live.seen_mark(desk.marks, engine, live.turn_of(board), desk.now)
    return board.element(path, clock(desk.now, desk.zone), seen)


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
    """Render a whole page; `board` keeps it up to date, without one only its frame is."""
    values: dict[str, Any] = {**shared(desk, section), **context}
    board = board or frame_board(desk)
    for part in (*board.parts, *([board.whole] if board.whole is not None else [])):
        values |= part.context
    values["live"] = live_element(desk, board)
    return render(request, template, values, status=status)


def found_by_words(
    request: HtmxHttpRequest,
    desk: Desk,
    section: str,
    template: str,
    board: Board,
    url: str,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer words that were typed above a list and sent by POST.

    `url` is the address under which the same list is found again, or empty: the words may not
    stand in one. Then the list is shown once; it does not ask for news by its address.
    """
    shown = board if url else replace(board, seconds=None)
    if request.htmx:
        answer = list_fragments(request, desk, section, shown)
        answer["HX-Push-Url"] = url or "false"
        return answer
    if url:
        return redirect(url)
    return page(request, desk, template, section, context or {}, board=shown)


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
