"""The page of one code: what stands on it, and what of it may change while it is open."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse

from accesscodes.models import AccessCode
from accesscodes.web import happenings, live, presenters, progress, reading, shell
from accesscodes.web.access import Desk
from accesscodes.web.live import Board, Part
from accesscodes.web.states import CodeState, Handover, Tone, code_state, handover
from locksite.htmx import HtmxHttpRequest, render_fragments
from locksite.masked import Pin
from properties.capabilities import LockVerdict

EVENTS_SHOWN = 50


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
    may_use_backup: bool
    backup_uid: UUID | None


@dataclass(frozen=True, slots=True)
class PinCard:
    """The PIN's place on the page. It holds no digits, only how many there are to mask."""

    uid: UUID
    name: str
    is_known: bool
    may_reveal: bool


@dataclass(frozen=True, slots=True)
class Known:
    """One code with all that its page is made of."""

    code: AccessCode
    state: CodeState
    verdict: LockVerdict
    handover: Handover


def known_code(desk: Desk, code: AccessCode) -> Known:
    """Return a code with what is said of it now. Three queries."""
    verdict = reading.known_locks([code.device], desk.now)[code.device_id].verdict
    facts = presenters.code_facts(code)
    state = code_state(facts, verdict, desk.now)
    return Known(code, state, verdict, handover(state, facts, verdict, desk.now))


def _manage(desk: Desk, known: Known) -> Manage:
    code = known.code
    is_wanted = code.wish().unwanted_since(desk.now) is None and code.withdrawn_at is None
    is_fixed = code.is_offline and code.pin_index is not None
    may_delete = desk.may_delete(code) and not is_fixed
    why_not = ""
    if is_wanted and not may_delete:
        why_not = "Ask a manager to delete this code."
        if is_fixed:
            why_not = (
                "An offline code can't be changed or deleted: the lock can't be told. "
                "It ends by itself."
            )
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
        may_use_backup=is_wanted
        and desk.may_issue
        and code.backup_in_use is None
        and code.has_backup,
        backup_uid=None if code.backup_in_use is None else code.backup_in_use.uid,
    )


def code_board(desk: Desk, code: AccessCode) -> Board:
    """Return what may change on the page of one code."""
    known = known_code(desk, code)
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
            *shell.frame_parts(desk),
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
            Part("pin", "accesscodes/_pin.html", {"pin_card": pin_card_of(desk, code)}),
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


def pin_card_of(desk: Desk, code: AccessCode) -> PinCard:
    """Return the PIN's place on the page, without the PIN."""
    return PinCard(code.uid, code.name, code.pin is not None, desk.may_reveal)


def _around(desk: Desk, code: AccessCode) -> dict[str, object]:
    """Return what the page needs beside its board."""
    return {"effect": presenters.delete_effect(code, desk.zone, desk.now)}


def code_page(
    request: HtmxHttpRequest, desk: Desk, code: AccessCode, *, revealed: Pin | None = None
) -> HttpResponse:
    """Render the whole page of a code; `revealed` is its PIN where somebody asked for it."""
    board = code_board(desk, code)
    return shell.page(
        request,
        desk,
        "accesscodes/code.html",
        "codes",
        {
            "revealed": "" if revealed is None else revealed.digits,
            **_around(desk, code),
        },
        board=board,
    )


def code_main(request: HtmxHttpRequest, desk: Desk, code: AccessCode) -> HttpResponse:
    """Answer an action with the page's main part anew, and with what goes along with it."""
    board = code_board(desk, code)
    values = {**shell.shared(desk, "codes"), **_around(desk, code)}
    for part in board.parts:
        values |= part.context
    return render_fragments(
        request,
        ("accesscodes/_code_main.html", values),
        *((part.template, {**values, **part.context}) for part in shell.frame_parts(desk)),
        ("components/_live.html", {"live": shell.live_element(desk, board)}),
        ("components/_toast.html", {}),
    )
