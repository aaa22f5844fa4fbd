"""Pages about codes: the list, one code, its PIN, and changing or deleting it."""

from collections.abc import Callable
from dataclasses import dataclass
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
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.pin_rules import PinRules, length_for
from accesscodes.services import CodeChanges
from accesscodes.web import happenings, live, presenters, progress, reading, shell, wall_time
from accesscodes.web.access import Desk, at_desk, only_if, refused
from accesscodes.web.feedback import NameFeedback, PinFeedback, WhenFeedback, name_hint
from accesscodes.web.forms import NameForm, PinForm, WhenForm
from accesscodes.web.live import Board, Part
from accesscodes.web.lock_views import Chip, code_part
from accesscodes.web.presenters import CodeCard
from accesscodes.web.states import CodeState, Handover, Tone, code_state, handover
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.masked import Pin
from properties.capabilities import LockVerdict

PAGE = 50
EVENTS_SHOWN = 50
GONE_SHOWN = 200
NOT_ALLOWED = "Housekeeping sees whether doors are ready, and no PINs. Ask the front desk."

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
class CodeList:
    """The list of codes as it is shown."""

    cards: tuple[CodeCard, ...]
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
        try:
            lock = UUID(query.get("lock", ""))
        except ValueError:
            lock = None
        try:
            shown = min(max(int(query.get("show", PAGE)), PAGE), 1000)
        except ValueError:
            shown = PAGE
        known = state if state in GROUPS or state == GONE else ""
        return cls(known, query.get("q", "").strip(), lock, shown)

    def query(self, **changes: str) -> dict[str, str]:
        values = {
            "state": self.state,
            "q": self.search,
            "lock": "" if self.lock is None else str(self.lock),
            "show": "" if self.shown == PAGE else str(self.shown),
            **changes,
        }
        return {name: value for name, value in values.items() if value}


def _code_list(desk: Desk, asked: _Asked) -> tuple[CodeList, list[AccessCode]]:
    live_rows, gone_rows = reading.live_codes(desk), reading.gone_codes(desk)
    if asked.lock is not None:
        live_rows = live_rows.filter(device__uid=asked.lock)
        gone_rows = gone_rows.filter(device__uid=asked.lock)
    devices = list(reading.devices_at(desk))
    words = asked.search.casefold().split()

    def is_found(name: str, door: str) -> bool:
        text = f"{name} {door}".casefold()
        return all(word in text for word in words)

    gone: list[tuple[AccessCode, CodeCard]] = []
    if asked.state == GONE:
        gone = [
            pair
            for pair in reading.cards_of(gone_rows[:GONE_SHOWN], devices, desk.now)
            if is_found(pair[1].name, pair[1].door)
        ]
        gone_count = len(gone)
    else:
        gone_count = sum(
            is_found(name, door) for name, door in reading.names_and_doors(gone_rows[:GONE_SHOWN])
        )
    alive = [
        pair
        for pair in reading.cards_of(live_rows, devices, desk.now)
        if is_found(pair[1].name, pair[1].door)
    ]
    alive.sort(key=lambda pair: _order(pair[1], desk.now))
    path = reverse("code-list", args=[desk.house.slug])

    def chip(key: str, label: str, icon: str, tone: str, count: int) -> Chip:
        query = asked.query(state=key, show="")
        url = f"{path}?{urlencode(query)}" if query else path
        return Chip(key, label, icon, tone, count, url, asked.state == key)

    chips = [chip("", "All", "", "", len(alive))]
    for key, (label, icon, tone, fits) in GROUPS.items():
        count = sum(fits(card.state) for _, card in alive)
        if count or asked.state == key:
            chips.append(chip(key, label, icon, tone, count))
    if gone_count or asked.state == GONE:
        chips.append(chip(GONE, "Removed", "circle-minus", "idle", gone_count))
    if asked.state == GONE:
        pairs = gone
    elif asked.state:
        pairs = [pair for pair in alive if GROUPS[asked.state][3](pair[1].state)]
    else:
        pairs = alive
    shown = pairs[: asked.shown]
    more = ""
    if len(pairs) > len(shown):
        more = f"{path}?{urlencode(asked.query(show=str(asked.shown + PAGE)))}"
    return (
        CodeList(
            tuple(card for _, card in shown),
            tuple(chips),
            asked.state,
            asked.search,
            "" if asked.lock is None else str(asked.lock),
            len(alive) + gone_count,
            more,
            desk.may_issue,
        ),
        [code for code, _ in shown],
    )


def _order(card: CodeCard, now: datetime) -> tuple[Any, ...]:
    rank = {Tone.BAD: 0, Tone.WARN: 1, Tone.OUT: 2, Tone.GO: 3}.get(card.state.tone, 4)
    start = now if card.starts_at is None else card.starts_at
    return rank, card.starts_at is None, start, card.name.casefold()


def list_board(desk: Desk, query: Any) -> Board:
    """Return what may change on the list of codes."""
    asked = _Asked.of(query)
    codes, rows = _code_list(desk, asked)
    return Board(
        parts=(
            shell.engine_part(desk),
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


@require_GET
@at_desk
def code_list(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Every code of the property, what needs somebody first."""
    board = list_board(desk, request.GET)
    if request.htmx and not request.htmx.history_restore_request:
        return shell.list_fragments(request, desk, "codes", board)
    return shell.page(request, desk, "accesscodes/codes.html", "codes", {}, board=board)


# ---- One code -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manage:
    """What may be done with a code now, by this person."""

    uid: UUID
    name: str
    lock_uid: UUID
    may_change: bool
    may_delete: bool
    why_not_delete: str
    may_issue: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class PinCard:
    """The PIN's place on the page. It holds no digits, only how many there are to mask."""

    uid: UUID
    name: str
    is_known: bool
    may_reveal: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """One code with all that its page is made of."""

    code: AccessCode
    state: CodeState
    verdict: LockVerdict
    handover: Handover


def _known(desk: Desk, code: AccessCode) -> _Known:
    verdict = reading.known_locks([code.device], desk.now)[code.device_id].verdict
    facts = presenters.code_facts(code)
    state = code_state(facts, verdict, desk.now)
    return _Known(code, state, verdict, handover(state, facts, verdict, desk.now))


def _manage(desk: Desk, known: _Known) -> Manage:
    code = known.code
    is_wanted = code.wish().unwanted_since(desk.now) is None and code.withdrawn_at is None
    may_delete = desk.may_delete(code) and not code.is_offline
    why_not = ""
    if is_wanted and not may_delete:
        why_not = "Ask a manager to delete this code."
        if code.is_offline:
            why_not = "The lock can't be told to refuse an offline code. It ends by itself."
    is_deletable = is_wanted or (code.withdrawn_at is None and code.gone_at is None)
    return Manage(
        code.uid,
        code.name,
        code.device.uid,
        may_change=is_wanted and desk.may_issue and not code.is_offline,
        may_delete=is_deletable and may_delete,
        why_not_delete=why_not if desk.may_issue else "",
        may_issue=desk.may_issue,
        is_over=code.gone_at is not None,
    )


def code_board(desk: Desk, code: AccessCode) -> Board:
    """Return what may change on the page of one code."""
    known = _known(desk, code)
    facts = presenters.code_facts(code)
    state, zone, now = known.state, desk.zone, desk.now
    events = reading.code_events(desk, code, EVENTS_SHOWN)
    deeds = reading.code_deeds(desk, code, EVENTS_SHOWN)
    track = progress.track_of(
        facts,
        [(event.event_type, event.occurred_at) for event in events],
        reading.first_try_at(code),
    )
    reveals = [entry for entry in deeds if entry.action == "access_code.reveal_pin"]
    line = progress.timeline(
        code.starts_at,
        code.ends_at,
        zone,
        now,
        created_at=code.created_at,
        first_try_at=track.first_try_at,
        is_late=state.tone in {Tone.BAD, Tone.WARN} and track.on_lock_at is None,
    )
    manage = _manage(desk, known)
    return Board(
        parts=(
            shell.engine_part(desk),
            Part(
                "code-head",
                "accesscodes/_code_head.html",
                {"head": presenters.code_head(code, state, zone, now)},
                letter=live.letter_of(state),
                announcement=live.announcement_of(state, code.device.display_name, code.name),
            ),
            Part(
                "code-panel",
                "accesscodes/_code_panel.html",
                {
                    "panel": presenters.code_panel(code, state, zone, now),
                    "problems": presenters.problem_notes(
                        reading.code_problems(desk, code), zone, now
                    ),
                    "manage": manage,
                },
            ),
            Part(
                "code-progress",
                "accesscodes/_code_progress.html",
                {
                    "steps": progress.steps(facts, state, track, now),
                    "timeline": line,
                    "state": state,
                },
            ),
            Part(
                "code-events",
                "accesscodes/_code_events.html",
                {"events": happenings.merged(events, deeds, zone, now)},
            ),
            Part("handover", "accesscodes/_handover.html", {"handover": known.handover}),
            Part("code-manage", "accesscodes/_code_manage.html", {"manage": manage}),
            Part(
                "code-facts",
                "accesscodes/_facts.html",
                {
                    "facts": presenters.code_fact_lines(
                        code,
                        zone,
                        now,
                        last_reveal=(reveals[0].actor_label, reveals[0].at) if reveals else None,
                    )
                },
            ),
        ),
        query={"scope": f"code:{code.uid}"},
        seconds=None
        if code.gone_at is not None
        else live.pace([state], [live.changed_at(code)], now),
    )


def _pin_card(desk: Desk, code: AccessCode) -> PinCard:
    return PinCard(code.uid, code.name, code.pin is not None, desk.may_reveal)


def _code_page(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, *, revealed: Pin | None = None
) -> HttpResponse:
    board = code_board(desk, code)
    return shell.page(
        request,
        desk,
        "accesscodes/code.html",
        "codes",
        {
            "pin_card": _pin_card(desk, code),
            "revealed": "" if revealed is None else revealed.digits,
            "effect": delete_effect(desk, code),
        },
        board=board,
    )


@require_GET
@at_desk
def code_detail(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """One code: does it open the door, how far is it, what happened."""
    return _code_page(request, desk, reading.code_or_404(desk, code))


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_reveal, instead=NOT_ALLOWED)
def code_pin(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Show the PIN: asked for by POST, written down, and never part of an address.

    With `copy` it answers the digits alone, for the clipboard.
    """
    row = reading.code_or_404(desk, code)
    if request.method == "GET":
        return _code_page(request, desk, row)
    try:
        pin = services.reveal_pin(row, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
        return redirect("code-detail", desk.house.slug, code)
    if "copy" in request.POST:
        return HttpResponse(pin.digits, content_type="text/plain; charset=utf-8")
    if request.htmx:
        values = {"pin_card": _pin_card(desk, row), "revealed": pin.digits}
        return render_fragments(
            request, ("accesscodes/_pin.html", {**shell.shared(desk, "codes"), **values})
        )
    return _code_page(request, desk, row, revealed=pin)


# ---- Deleting -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What deleting a code does to its guest now."""

    tone: Tone
    icon: str
    text: str


def delete_effect(desk: Desk, code: AccessCode) -> Effect:
    """Return what is said before a code is deleted."""
    if code.starts_at is not None and code.ends_at is not None:
        if code.starts_at <= desk.now < code.ends_at:
            ends = wall_time.moment(code.ends_at, desk.zone, desk.now)
            text = f"The stay is running until {ends}. The PIN stops opening the door."
            return Effect(Tone.BAD, "octagon-alert", text)
        if code.starts_at > desk.now:
            text = "The PIN will not open the door on arrival."
            return Effect(Tone.WARN, "triangle-alert", text)
    text = "The PIN stops opening the door as soon as it is off the lock."
    return Effect(Tone.WARN, "triangle-alert", text)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_delete(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Ask once, then take the code off its lock."""
    row = reading.code_or_404(desk, code)
    if not desk.may_delete(row):
        return refused(request, "Somebody else made this code. Ask a manager to delete it.")
    if request.method == "GET":
        context = {"code": row, "effect": delete_effect(desk, row), "window": _window(desk, row)}
        return shell.page(request, desk, "accesscodes/code_delete.html", "codes", context)
    try:
        services.withdraw_code(row, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
    else:
        messages.success(request, f"Code for {row.name} is being removed from the lock.")
    return redirect("code-detail", desk.house.slug, code)


# ---- Changing -----------------------------------------------------------------------------------


def _change(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, changes: CodeChanges, done: str
) -> HttpResponse:
    services.change_code(code, changes, actor=desk.actor, now=desk.now)
    messages.success(request, done)
    return redirect("code-detail", desk.house.slug, code.uid)


def _form_page(
    request: HtmxHttpRequest,
    desk: Desk,
    template: str,
    context: dict[str, Any],
    *,
    has_errors: bool = False,
) -> HttpResponse:
    status = 422 if has_errors else 200
    return shell.page(request, desk, template, "codes", context, status=status)


def _window(desk: Desk, code: AccessCode) -> str:
    return presenters.window_words(code, desk.zone, desk.now)


def _errors(form: Any) -> list[tuple[str, str]]:
    """Return each error once with the id of its field; "" for what belongs to the whole form."""
    return [
        ("" if field == "__all__" else f"id_{field}", str(text))
        for field, texts in form.errors.items()
        for text in list(texts)[:1]
    ]


def _names_beside(code: AccessCode) -> list[str]:
    rows = AccessCode.objects.live().filter(device=code.device).exclude(pk=code.pk)
    return list(rows.values_list("name", flat=True))


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_rename(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Give the code another name."""
    row = reading.code_or_404(desk, code)
    rules = PinRules.from_properties(row.device.properties)
    form = NameForm(
        request.POST if request.method == "POST" else {"name": row.name},
        rules=rules,
        others=_names_beside(row) if rules.name_must_be_unique else (),
    )
    if request.method == "POST" and form.is_valid():
        try:
            changes = CodeChanges(name=form.cleaned_data["name"])
            return _change(request, desk, row, changes, "Renamed.")
        except RuleBroken as broken:
            form.take(broken)
    is_sent = request.method == "POST"
    context = {
        "code": row,
        "v": form.data,
        "name_hint": name_hint(rules),
        "name_feedback": NameFeedback.of(form, shown=is_sent),
        "error_list": _errors(form) if is_sent else [],
    }
    return _form_page(request, desk, "accesscodes/code_rename.html", context, has_errors=is_sent)


def _when_of(code: AccessCode, desk: Desk) -> dict[str, str]:
    """Return the dates of a code as its form shows them."""
    if code.starts_at is None or code.ends_at is None:
        return {"kind": Kind.ONGOING}
    values = {"kind": str(Kind.TIME_BOUND)}
    for side, at in (("start", code.starts_at), ("end", code.ends_at)):
        local = at.astimezone(desk.zone)
        values |= {
            f"{side}_date": f"{local:%Y-%m-%d}",
            f"{side}_time": f"{local:%H:%M}",
            f"{side}_fold": str(local.fold),
        }
    return values


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_dates(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Extend or shorten the stay, or let the code work until it is removed."""
    row = reading.code_or_404(desk, code)
    is_sent = request.method == "POST"
    form = WhenForm(request.POST if is_sent else _when_of(row, desk), zone=desk.zone, now=desk.now)
    if is_sent and form.is_valid():
        try:
            return _change(request, desk, row, _new_dates(form), "Dates changed.")
        except RuleBroken as broken:
            form.take(broken)
    form.is_valid()
    context = {
        "code": row,
        "v": form.data,
        "window": _window(desk, row),
        "when_feedback": WhenFeedback.of(form, None if is_sent else frozenset()),
        "zone_name": place(desk),
        "error_list": _errors(form) if is_sent else [],
    }
    return _form_page(request, desk, "accesscodes/code_dates.html", context, has_errors=is_sent)


def _new_dates(form: WhenForm) -> CodeChanges:
    if form.starts_at is None or form.ends_at is None:
        return CodeChanges(kind=Kind.ONGOING)
    return CodeChanges(kind=Kind.TIME_BOUND, starts_at=form.starts_at, ends_at=form.ends_at)


def place(desk: Desk) -> str:
    """Return the name of the time that is written here: "Hamburg time"."""
    zone = desk.house.time_zone.rpartition("/")[2].replace("_", " ")
    return f"{desk.house.city or zone} time"


def _pin_feedback(desk: Desk, code: AccessCode, form: PinForm) -> PinFeedback:
    """Return what stands below a PIN that was refused, with one that would do."""
    errors = list(form.errors.get("pin", []))
    if not errors:
        return PinFeedback()
    wanted = len(form.typed_pin)
    try:
        pin = services.free_pin(
            code.device,
            now=desk.now,
            length=wanted if wanted in form.rules.supported else None,
            for_desk=True,
            starts_at=code.starts_at,
            ends_at=code.ends_at,
        )
    except RuleBroken:
        return PinFeedback(str(errors[0]))
    return PinFeedback(str(errors[0]), (), pin.digits)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_change_pin(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Put another PIN in place of this one."""
    row = reading.code_or_404(desk, code)
    rules = PinRules.from_properties(row.device.properties)
    is_sent = request.method == "POST"
    length = length_for(rules, None, for_desk=True)
    form = PinForm(
        request.POST if is_sent else {"pin_mode": "generate", "pin_length": str(length)},
        rules=rules,
    )
    if "take_pin" in request.POST:
        taken = {"pin_mode": "choose", "pin": request.POST["take_pin"], "pin_length": str(length)}
        form, is_sent = PinForm(taken, rules=rules), False
    if is_sent and form.is_valid():
        try:
            pin = form.cleaned_data["pin"] or services.free_pin(
                row.device,
                now=desk.now,
                length=form.cleaned_data["pin_length"],
                for_desk=True,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            changes = CodeChanges(pin=pin, refuse_weak=True)
            done = "PIN changed. The old one stops working when the new one is on the lock."
            return _change(request, desk, row, changes, done)
        except RuleBroken as broken:
            form.take(broken)
    context = {
        "code": row,
        "v": form.data,
        "lengths": [(str(length), f"{length} digits") for length in rules.supported],
        "pin_feedback": _pin_feedback(desk, row, form) if is_sent else PinFeedback(),
        "error_list": _errors(form) if is_sent else [],
    }
    return _form_page(
        request, desk, "accesscodes/code_change_pin.html", context, has_errors=is_sent
    )
