"""Pages about doors: the list, one door, and asking a door how it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accesscodes.models import AccessCode
from accesscodes.web import (
    arrivals,
    happenings,
    live,
    lock_help,
    lock_presenters,
    presenters,
    reading,
    shell,
)
from accesscodes.web.access import Desk, at_desk
from accesscodes.web.asked import for_address, instant_in, words_in
from accesscodes.web.live import Board, Part
from accesscodes.web.lock_presenters import VERDICTS, LockRow
from accesscodes.web.presenters import CodeCard
from accesscodes.web.states import WANTS_A_SLOT
from accesscodes.web.webhook_views import switched_off_note
from locksite import ages
from locksite.htmx import HtmxHttpRequest, render_fragments
from properties.capabilities import LockVerdict, Verdict
from properties.choices import ProviderKind
from properties.models import Device, ProviderAccount

LAST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter with its count."""

    key: str
    label: str
    icon: str
    tone: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class LockList:
    """The list of doors as it is shown."""

    rows: tuple[LockRow, ...]
    total: int
    chips: tuple[Chip, ...]
    state: str
    search: str
    may_issue: bool


def _lock_list(desk: Desk, everything: list[LockRow], state: str, search: str) -> LockList:
    words = search.casefold().split()
    found = [
        row
        for row in everything
        if all(word in f"{row.name} {row.model}".casefold() for word in words)
    ]
    path = reverse("lock-list", args=[desk.house.slug])
    known = state if state in set(Verdict) else ""

    def url(key: str) -> str:
        query = {
            name: value for name, value in (("state", key), ("q", for_address(search))) if value
        }
        return f"{path}?{urlencode(query)}" if query else path

    chips = [Chip("", "All", "", "", len(found), url(""), not known)]
    for verdict, shown in VERDICTS.items():
        count = sum(row.verdict is verdict for row in found)
        if count or known == verdict:
            chips.append(
                Chip(
                    verdict.value,
                    shown.chip,
                    shown.icon,
                    shown.tone,
                    count,
                    url(verdict.value),
                    known == verdict,
                )
            )
    rows = tuple(row for row in found if known in {"", row.verdict})
    return LockList(rows, len(everything), tuple(chips), known, search, desk.may_issue)


def _kept(state: str) -> tuple[tuple[str, str], ...]:
    """Return the filters that a search keeps."""
    return (("state", state),) if state else ()


def list_board(desk: Desk, state: str, search: str) -> Board:
    """Return what may change on the list of doors."""
    known = reading.known_locks(reading.devices_with_figures(desk), desk.now)
    locks = _lock_list(desk, reading.rows_of(desk, known), state, search)
    query = {"scope": "locks", "state": locks.state, "q": for_address(search)}
    is_moving = any("being sent" in row.why for row in locks.rows)
    return Board(
        parts=(
            *shell.frame_parts(desk, arrivals.arrivals(desk, known)),
            Part(
                "lock-chips",
                "accesscodes/_lock_chips.html",
                {"chips": locks.chips, "kept": _kept(locks.state)},
            ),
        ),
        rows=tuple(
            Part(
                f"lock-{row.uid}",
                "accesscodes/_lock_row.html",
                {"row": row, "may_issue": locks.may_issue},
                letter=live.letter_of_lock(list(Verdict).index(row.verdict)),
                announcement=f"{row.name}: {row.words.label}.",
            )
            for row in locks.rows
        ),
        whole=Part(
            "lock-list",
            "accesscodes/_lock_list.html",
            {"locks": locks, "may_issue": locks.may_issue},
        ),
        query={name: value for name, value in query.items() if value},
        seconds=live.QUICK if is_moving else live.IDLE,
    )


@require_http_methods(["GET", "POST"])
@at_desk
def lock_list(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Every door of the property, what needs somebody first; by POST those of some words."""
    asked = request.POST if request.method == "POST" else request.GET
    search = words_in(asked)
    board = list_board(desk, asked.get("state", ""), search)
    path, query = reverse("lock-list", args=[desk.house.slug]), dict(board.query)
    query.pop("scope")
    url = f"{path}?{urlencode(query)}" if query else path
    is_for_address = search == for_address(search)
    if request.method == "POST":
        return shell.found_by_words(
            request,
            desk,
            "locks",
            "accesscodes/locks.html",
            board,
            url if is_for_address else "",
            {"webhook_note": switched_off_note(desk)},
        )
    if not is_for_address:
        return redirect(path)
    if request.htmx and not request.htmx.history_restore_request:
        return shell.list_fragments(request, desk, "locks", board)
    context = {"webhook_note": switched_off_note(desk)}
    return shell.page(request, desk, "accesscodes/locks.html", "locks", context, board=board)


# ---- One door -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockHead:
    """The heading of a door's page."""

    uid: UUID
    name: str
    model: str
    source: str
    reported: str
    read: str
    is_stale: bool
    is_virtual: bool
    may_issue: bool
    no_issue: str


def codes_on(desk: Desk, device: Device) -> list[AccessCode]:
    """Return the codes of one lock that are not proven gone."""
    rows = reading.live_codes(desk).filter(device=device)
    codes = reading.with_entries(rows.order_by("starts_at", "pk"))
    for code in codes:
        code.device = device
    return codes


def cards_on(desk: Desk, device: Device, verdict: LockVerdict) -> list[CodeCard]:
    """Return the cards of one lock's codes, what needs somebody first."""
    return _cards(codes_on(desk, device), verdict, desk.now)


def _cards(codes: Sequence[AccessCode], verdict: LockVerdict, now: datetime) -> list[CodeCard]:
    return sorted((presenters.code_card(code, verdict, now) for code in codes), key=_card_order)


def lock_board(desk: Desk, device: Device, asked: str) -> Board:
    """Return what may change on the page of one door."""
    lock = reading.known_locks([device], desk.now)[device.pk]
    codes = codes_on(desk, device)
    cards = _cards(codes, lock.verdict, desk.now)
    asked_at = instant_in(asked, desk.now)
    panel = lock_presenters.verdict_panel(
        lock.verdict, cards, desk.zone, desk.now, asked_at=asked_at
    )
    deletable = _deletable(desk, codes, cards, lock.verdict)
    events = reading.lock_events(desk, device, LAST_EVENTS)
    head = LockHead(
        device.uid,
        device.display_name,
        lock_presenters.model_name(device),
        device.account.name,
        ages.account_reported(lock.verdict.reported_at, desk.now),
        ages.codes_read(device.last_read_at, desk.now) if device.capabilities.can_be_read else "",
        panel.verdict is Verdict.STALE,
        device.account.kind == ProviderKind.VIRTUAL,
        panel.may_issue,
        f"No code can be issued now: {panel.refusal}." if panel.refusal else "",
    )
    usage = lock_presenters.usage_words(lock.usage.used, device.capabilities.max_codes)
    strangers = reading.foreign_codes(device)
    gauge = lock_help.gauge_of(
        lock.usage.used,
        device.capabilities.max_codes,
        reading.planned_stays(device, codes, len(strangers), desk.now),
        desk.zone,
        desk.now,
    )
    bolt = lock_help.bolt_of(desk, device)
    states = [card.state for card in cards]
    seconds = live.pace(states, [live.changed_at(code) for code in codes], desk.now)
    foreign = lock_presenters.foreign_entries(strangers, desk.zone, desk.now)
    return Board(
        parts=(
            *shell.frame_parts(desk),
            Part(
                "lock-head",
                "accesscodes/_lock_head.html",
                {"head": head},
            ),
            Part(
                "verdict",
                "accesscodes/_verdict.html",
                # Of the heading only whose it is: its ages would send the panel again and again.
                {"panel": panel, "head": {"uid": head.uid}, "may_issue": desk.may_issue},
                letter=live.letter_of_lock(
                    2 * list(Verdict).index(panel.verdict) + int(panel.is_asking)
                ),
                announcement=panel.asked or f"{head.name}: {panel.words.label}.",
            ),
            Part(
                "lock-problems",
                "accesscodes/_problems.html",
                {
                    "problems": presenters.problem_notes(
                        reading.lock_problems(desk, device), desk.zone, desk.now
                    ),
                    "problems_id": "lock-problems",
                },
            ),
            Part(
                "checks",
                "accesscodes/_checks.html",
                {
                    "checks": lock_presenters.check_lines(
                        lock.verdict.checks, desk.zone, desk.now
                    ),
                    "head": head,
                },
            ),
            Part("lock-usage", "accesscodes/_lock_usage.html", {"usage": usage}),
            Part("lock-slots", "accesscodes/_lock_slots.html", {"gauge": gauge}),
            Part(
                "plan-b",
                "accesscodes/_plan_b.html",
                {"plan_b": lock_help.plan_b_of(desk, device, panel)},
            ),
            Part("bolt", "accesscodes/_bolt.html", {"bolt": bolt}),
            Part(
                "lock-foreign",
                "accesscodes/_lock_foreign.html",
                {"foreign": foreign, "may_manage": desk.may_manage},
            ),
            Part(
                "lock-events",
                "accesscodes/_lock_events.html",
                {
                    "events": happenings.happenings(
                        events, reading.names_of(events), desk.zone, desk.now
                    )
                },
            ),
        ),
        rows=tuple(
            code_part(card, "accesscodes/_code_mini.html", deletable=deletable) for card in cards
        ),
        whole=Part(
            "lock-codes",
            "accesscodes/_lock_codes.html",
            {
                "cards": tuple(cards),
                "deletable": deletable,
                "head": head,
                "panel": panel,
                "may_issue": desk.may_issue,
            },
        ),
        query={
            "scope": f"lock:{device.uid}",
            **({"asked": asked} if asked_at is not None else {}),
        },
        seconds=live.QUICK if panel.is_asking or (bolt and bolt.is_waiting) else seconds,
    )


def _deletable(
    desk: Desk, codes: Sequence[AccessCode], cards: Sequence[CodeCard], verdict: LockVerdict
) -> tuple[UUID, ...]:
    """Return the codes that can be deleted beside their names: all that may, on a full lock.

    Not those that wait for a slot themselves: without them their guests have no code at all.
    """
    is_full = any(cause.key == "full" for cause in verdict.causes)
    if not (is_full or any(card.state.key in WANTS_A_SLOT for card in cards)):
        return ()
    waiting = {card.uid for card in cards if card.state.key in WANTS_A_SLOT | {"blocked"}}
    return tuple(
        code.uid
        for code in codes
        if code.withdrawn_at is None
        and not code.is_offline
        and code.uid not in waiting
        and desk.may_delete(code)
    )


def code_part(card: CodeCard, template: str, **more: Any) -> Part:
    """Return one code of a list as a part of its page."""
    return Part(
        f"code-{card.uid}",
        template,
        {"card": card, **more},
        letter=live.letter_of(card.state),
        announcement=live.announcement_of(card.state, card.door, card.name),
    )


_CARD_RANK = {"bad": 0, "warn": 1, "out": 2, "go": 3}


def _card_order(card: CodeCard) -> tuple[int, str, str]:
    """Sort what needs somebody first, then by start, then by name."""
    start = "" if card.starts_at is None else card.starts_at.isoformat()
    return _CARD_RANK.get(card.state.tone, 4), start or "~", card.name


@require_GET
@at_desk
def lock_detail(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """One door: can it take codes, why not, what to do, what is on it."""
    device = reading.device_or_404(desk, lock)
    board = lock_board(desk, device, request.GET.get("asked", ""))
    return shell.page(
        request, desk, "accesscodes/lock.html", "locks", {"lock_uid": device.uid}, board=board
    )


def ask_again(desk: Desk, device: Device) -> str:
    """Let the engine look at this lock and its account now; return when, for the address."""
    Device.objects.for_actor(desk.actor).poke(desk.now, [device.pk])
    ProviderAccount.objects.filter(pk=device.account_id).update(due_at=desk.now)
    return f"{desk.now.timestamp():.6f}"


@require_POST
@at_desk
def lock_check(request: HtmxHttpRequest, desk: Desk, lock: UUID) -> HttpResponse:
    """Ask the engine to look at this door and its account now; the answer comes to the page."""
    device = reading.device_or_404(desk, lock)
    asked = ask_again(desk, device)
    if not request.htmx:
        query = urlencode({"asked": asked})
        return redirect(f"{reverse('lock-detail', args=[desk.house.slug, lock])}?{query}")
    board = lock_board(desk, device, asked)
    shared = shell.shared(desk, "locks")
    verdict = next(part for part in board.parts if part.id == "verdict")
    return render_fragments(
        request,
        (verdict.template, {**shared, **verdict.context}),
        ("components/_live.html", {"live": shell.live_element(desk, board)}),
    )
