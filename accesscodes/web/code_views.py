"""Pages about codes: the list, one code, its PIN."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from accesscodes import services
from accesscodes.models import AccessCode
from accesscodes.web import arrivals, live, reading, shell, wall_time
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.arrivals import Arrival
from accesscodes.web.asked import for_address, shown_in, uid_in, words_in
from accesscodes.web.code_page import code_page, gone_page, pin_card_of
from accesscodes.web.live import Board, Part
from accesscodes.web.lock_views import Chip, code_part
from accesscodes.web.presenters import IN_THE_APP, CodeCard, Maker
from accesscodes.web.states import CodeState, Tone
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest, render_fragments

PAGE = 50
MOST = 1000
"""How many codes are shown at once, at first and at most."""
GONE_SHOWN = 200

# ---- The list -----------------------------------------------------------------------------------

GROUPS: dict[str, tuple[str, str, str, Callable[[CodeState], bool]]] = {
    "attention": (
        "Needs attention",
        "octagon-alert",
        "bad",
        lambda state: state.tone in {Tone.BAD, Tone.WARN},
    ),
    "sending": ("On its way", "loader-circle", "go", lambda state: state.tone is Tone.GO),
    "scheduled": ("Scheduled", "clock", "idle", lambda state: state.key == "scheduled"),
    "on_lock": ("On the lock", "circle-check", "ok", lambda state: state.tone is Tone.OK),
    "removing": ("Removing", "circle-minus", "out", lambda state: state.tone is Tone.OUT),
}
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stranger:
    """A code that was made outside Locksite, as a reading showed it on its lock."""

    uid: UUID
    name: str
    door: str
    lock_uid: UUID
    window: str
    maker: Maker


@dataclass(frozen=True, slots=True)
class CodeList:
    """The list of codes as it is shown; `strangers` below it, where all are asked for."""

    cards: tuple[CodeCard, ...]
    strangers: tuple[Stranger, ...]
    chips: tuple[Chip, ...]
    state: str
    search: str
    lock: str
    total: int
    more_url: str
    may_issue: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters of the list, as they stand in its address."""

    state: str
    search: str
    lock: UUID | None
    shown: int

    @classmethod
    def of(cls, query: Any) -> "_Asked":
        state = query.get("state", "")
        known = state if state in GROUPS or state == GONE else ""
        return cls(
            known,
            words_in(query),
            uid_in(query, "lock"),
            shown_in(query, PAGE, MOST),
        )

    def query(self, **changes: str) -> dict[str, str]:
        values = {
            "state": self.state,
            "q": for_address(self.search),
            "lock": "" if self.lock is None else str(self.lock),
            "show": "" if self.shown == PAGE else str(self.shown),
            **changes,
        }
        return {name: value for name, value in values.items() if value}


def _code_list(
    desk: Desk,
    asked: _Asked,
    found: Iterable[tuple[AccessCode, CodeCard]],
    everybody: list[Arrival],
) -> tuple[CodeList, list[AccessCode]]:
    words = asked.search.casefold().split()

    def is_found(name: str, door: str) -> bool:
        text = f"{name} {door}".casefold()
        return all(word in text for word in words)

    alive: list[tuple[AccessCode, CodeCard]] = []
    gone: list[tuple[AccessCode, CodeCard]] = []
    for code, card in found:
        if asked.lock in {None, card.lock_uid} and is_found(card.name, card.door):
            (alive if code.gone_at is None else gone).append((code, card))
    alive.sort(key=lambda pair: _order(pair[1], desk.now))
    gone.sort(key=lambda pair: (pair[0].gone_at or desk.now, pair[0].pk), reverse=True)
    path = reverse("code-list", args=[desk.house.slug])

    def chip(key: str, label: str, icon: str, tone: str, count: int) -> Chip:
        query = asked.query(state=key, show="")
        url = f"{path}?{urlencode(query)}" if query else path
        return Chip(key, label, icon, tone, count, url, asked.state == key)

    strangers = [row for row in _strangers(desk, asked) if is_found(row.name, row.door)]
    chips = [chip("", "All", "", "", len(alive) + len(strangers))]
    for key, (label, icon, tone, fits) in GROUPS.items():
        count = sum(fits(card.state) for _, card in alive)
        if count or asked.state == key:
            chips.append(chip(key, label, icon, tone, count))
    if gone or asked.state == GONE:
        chips.append(chip(GONE, "Removed", "circle-minus", "idle", len(gone)))
    if asked.state == GONE:
        pairs = gone
    elif asked.state:
        pairs = [pair for pair in alive if GROUPS[asked.state][3](pair[1].state)]
    else:
        pairs = alive
    near = arrivals.near_names_among(everybody)
    shown = [
        (code, replace(card, near=near.get(card.uid, ""))) for code, card in pairs[: asked.shown]
    ]
    more = ""
    if len(pairs) > len(shown) and asked.search == for_address(asked.search):
        more = f"{path}?{urlencode(asked.query(show=str(asked.shown + PAGE)))}"
    return (
        CodeList(
            tuple(card for _, card in shown),
            () if asked.state else tuple(strangers[:MOST]),
            tuple(chips),
            asked.state,
            asked.search,
            "" if asked.lock is None else str(asked.lock),
            len(alive) + len(gone) + len(strangers),
            more,
            desk.may_issue,
        ),
        [code for code, _ in shown],
    )


def _strangers(desk: Desk, asked: _Asked) -> list[Stranger]:
    return [
        Stranger(
            row.uid,
            row.name or f"Slot {row.slot}",
            row.device.display_name,
            row.device.uid,
            wall_time.capital(wall_time.window(row.starts_at, row.ends_at, desk.zone, desk.now)),
            IN_THE_APP,
        )
        for row in reading.strangers_at(desk)
        if asked.lock in {None, row.device.uid}
    ]


def _order(card: CodeCard, now: datetime) -> tuple[Any, ...]:
    rank = {Tone.BAD: 0, Tone.WARN: 1, Tone.OUT: 2, Tone.GO: 3}.get(card.state.tone, 4)
    start = now if card.starts_at is None else card.starts_at
    return rank, card.starts_at is None, start, card.name.casefold()


def list_board(desk: Desk, query: Any) -> Board:
    """Return what may change on the list of codes."""
    asked = _Asked.of(query)
    everything = reading.live_and_gone(desk, asked.lock, GONE_SHOWN)
    devices = reading.devices_with_figures(desk)
    locks = reading.known_locks(devices, desk.now, codes=everything)
    pairs = reading.cards_of(everything, locks, desk.now)
    everybody = arrivals.among(everything, locks, desk.now)
    codes, rows = _code_list(desk, asked, pairs, everybody)
    return Board(
        parts=(
            *shell.frame_parts(desk, everybody),
            Part(
                "code-chips",
                "accesscodes/_code_chips.html",
                {
                    "chips": codes.chips,
                    "kept": tuple(
                        (name, value)
                        for name, value in (("state", codes.state), ("lock", codes.lock))
                        if value
                    ),
                },
            ),
            Part(
                "code-strangers",
                "accesscodes/_code_strangers.html",
                {"strangers": codes.strangers},
            ),
        ),
        rows=tuple(code_part(card, "accesscodes/_code_row.html") for card in codes.cards),
        whole=Part("code-list", "accesscodes/_code_list.html", {"codes": codes}),
        query={"scope": "codes", **asked.query()},
        seconds=live.pace(
            [card.state for card in codes.cards],
            [live.changed_at(code) for code in rows],
            desk.now,
        ),
    )


@require_http_methods(["GET", "POST"])
@at_desk
def code_list(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Every code of the property, what needs somebody first; by POST those of some words."""
    path = reverse("code-list", args=[desk.house.slug])
    if request.method == "POST":
        asked = _Asked.of(request.POST)
        url = f"{path}?{urlencode(asked.query())}" if asked.query() else path
        return shell.found_by_words(
            request,
            desk,
            "codes",
            "accesscodes/codes.html",
            list_board(desk, request.POST),
            url if asked.search == for_address(asked.search) else "",
        )
    if words_in(request.GET) != for_address(words_in(request.GET)):
        return redirect(path)
    board = list_board(desk, request.GET)
    if request.htmx and not request.htmx.history_restore_request:
        return shell.list_fragments(request, desk, "codes", board)
    return shell.page(request, desk, "accesscodes/codes.html", "codes", {}, board=board)


# ---- One code -----------------------------------------------------------------------------------


@require_GET
@at_desk
def code_detail(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """One code: does it open the door, how far is it, what happened.

    One that is gone answers 410 with its history.
    """
    row = reading.code_or_404(desk, code)
    if row.gone_at is not None:
        return gone_page(request, desk, row)
    return code_page(request, desk, row)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_reveal, instead=NOT_ALLOWED)
def code_pin(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Show the PIN: asked for by POST, written down, and never part of an address.

    With `copy` it answers the digits alone, for the clipboard.
    """
    row = reading.code_or_404(desk, code)
    if row.gone_at is not None:
        return gone_page(request, desk, row)
    if request.method == "GET":
        return code_page(request, desk, row)
    try:
        how = "copied" if "copy" in request.POST else "shown"
        pin = services.reveal_pin(row, actor=desk.actor, now=desk.now, how=how)
    except RuleBroken as broken:
        messages.info(request, broken.message)
        return redirect("code-detail", desk.house.slug, code)
    if "copy" in request.POST:
        return HttpResponse(pin.digits, content_type="text/plain; charset=utf-8")
    if request.htmx:
        values = {"pin_card": pin_card_of(desk, row), "revealed": pin.digits}
        return render_fragments(
            request, ("accesscodes/_pin.html", {**shell.shared(desk, "codes"), **values})
        )
    return code_page(request, desk, row, revealed=pin)
