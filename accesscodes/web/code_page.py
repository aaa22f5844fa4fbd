"""The page of one code: what stands on it, and what of it may change while it is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from django.http import HttpResponse

from accesscodes.confidence import confidence
from accesscodes.models import AccessCode, Problem, UnmanagedCode
from accesscodes.pin_rules import PinRules
from accesscodes.web import (
    arrivals,
    fixes,
    happenings,
    live,
    presenters,
    progress,
    proof,
    reading,
    shell,
)
from accesscodes.web.access import Desk
from accesscodes.web.code_buttons import buttons
from accesscodes.web.fixes import Possible
from accesscodes.web.live import Board, Part
from accesscodes.web.scope import deletion_of
from accesscodes.web.states import (
    ABOUT_PIN,
    SHUTS,
    Action,
    CodeState,
    Handover,
    Tone,
    code_state,
    handover,
)
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
    may_print: bool
    may_use_backup: bool
    backup_uid: UUID | None


@dataclass(frozen=True, slots=True)
class OtherDoor:
    """Another door that the same PIN is for. `may_retry`: its code is in trouble."""

    uid: UUID
    door: str
    state: CodeState
    may_retry: bool


@dataclass(frozen=True, slots=True)
class PinCard:
    """The PIN's place on the page. It holds no digits.

    `message` is what a guest may be sent: the browser puts the digits in for ``{PIN}``. `which`
    is another one as soon as the code has another PIN.
    """

    uid: UUID
    name: str
    is_known: bool
    may_reveal: bool
    message: str
    which: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """One code with all that its page is made of."""

    code: AccessCode
    state: CodeState
    verdict: LockVerdict
    handover: Handover


def known_code(desk: Desk, code: AccessCode) -> Known:
    """Return a code with what is said of it now. The queries of `reading.known_locks`."""
    return known_codes(desk, [code])[0]


def known_codes(desk: Desk, codes: Sequence[AccessCode]) -> list[Known]:
    """Return codes with what is said of them now, in their order. As many queries as for one."""
    devices = {code.device_id: code.device for code in codes}
    locks = reading.known_locks(list(devices.values()), desk.now)
    found = []
    for code in codes:
        verdict, facts = locks[code.device_id].verdict, presenters.code_facts(code)
        state = code_state(facts, verdict, desk.now)
        found.append(Known(code, state, verdict, handover(state, facts, verdict, desk.now)))
    return found


def possible_for(desk: Desk, known: Known, clash: UnmanagedCode | None) -> Possible:
    """Return what can be done with this code by this person."""
    code = known.code
    is_shut = any(cause.key in SHUTS for cause in known.verdict.causes)
    return Possible(
        may_issue=desk.may_issue,
        may_delete=desk.may_issue and desk.may_delete(code),
        is_wanted=code.wish().unwanted_since(desk.now) is None and code.withdrawn_at is None,
        is_gone=code.gone_at is not None,
        is_fixed=code.is_offline,
        has_backup=code.has_backup and not is_shut,
        is_backup_in_use=code.backup_in_use is not None,
        has_clash=clash is not None and desk.may_manage,
        picks_pins=not PinRules.from_properties(code.device.properties).assigns_pins,
    )


def _manage(desk: Desk, known: Known, can: Possible) -> Manage:
    code = known.code
    is_computed = code.is_offline and code.pin_index is not None
    may_delete = can.may_delete and not is_computed
    why_not = ""
    if can.is_wanted and not may_delete:
        why_not = "Ask a manager to delete this code."
        if is_computed:
            why_not = (
                "An offline code can't be changed or deleted: the lock can't be told. "
                "It ends by itself."
            )
    is_deletable = can.is_wanted or (code.withdrawn_at is None and code.gone_at is None)
    return Manage(
        code.uid,
        code.name,
        code.device.uid,
        may_change=can.is_wanted and desk.may_issue and not code.is_offline,
        may_delete=is_deletable and may_delete,
        why_not_delete=why_not if desk.may_issue else "",
        may_issue=desk.may_issue,
        may_print=desk.may_reveal and code.pin is not None and code.gone_at is None,
        may_use_backup=Action.USE_BACKUP in fixes.possible(can),
        backup_uid=None if code.backup_in_use is None else code.backup_in_use.uid,
    )


def _other_doors(desk: Desk, code: AccessCode) -> tuple[OtherDoor, ...]:
    """Return the other doors of a code that is for several, worst first. Two queries at most."""
    rows = reading.linked_codes(desk, code)
    locks = reading.known_locks([row.device for row in rows], desk.now)
    cards = reading.cards_of(rows, locks, desk.now)
    doors = [
        OtherDoor(
            row.uid,
            card.door,
            card.state,
            may_retry=desk.may_issue and card.is_trouble,
        )
        for row, card in cards
    ]
    return tuple(sorted(doors, key=lambda door: (not door.may_retry, door.door)))


def _proof(desk: Desk, code: AccessCode, told: proof.Told) -> proof.Ladder:
    wish, terms, installed = code.wish(), code.terms(), code.installed()
    known = confidence(wish, installed, terms, desk.now, opened_at=code.opened_at)
    requested_at = wish.unwanted_since(desk.now) or code.created_at
    times = proof.Times(
        requested_at, told.accepted_at(known.about), installed.seen_at, code.gone_at
    )
    return proof.ladder(
        known, terms.capabilities.proof, times, desk.zone, desk.now, is_offline=code.is_offline
    )


def _problems(desk: Desk, code: AccessCode, state: CodeState) -> list[Problem]:
    """Return what is open on the code, less what another PIN has ended.

    The watchdog closes that when it comes round next.
    """
    errors = set() if state.key == "new_pin" else {error["error_code"] for error in code.errors}
    return [
        problem
        for problem in reading.code_problems(desk, code)
        if problem.cause not in ABOUT_PIN or problem.cause in errors
    ]


def code_board(desk: Desk, code: AccessCode) -> Board:
    """Return what may change on the page of one code."""
    known = known_code(desk, code)
    facts = presenters.code_facts(code)
    state, zone, now = known.state, desk.zone, desk.now
    events = reading.code_events(desk, code, EVENTS_SHOWN)
    deeds = reading.code_deeds(desk, code, EVENTS_SHOWN)
    told = reading.told_of(code)
    track = progress.track_of(
        facts,
        [(event.event_type, event.occurred_at) for event in events],
        told.first_try_at,
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
    clash = reading.clash_of(code) if state.key == "duplicate" else None
    can = possible_for(desk, known, clash)
    everybody = arrivals.arrivals(desk)
    near = arrivals.near_names_among(everybody).get(code.uid, "")
    found = fixes.fixes(state, can)
    manage = _manage(desk, known, can)
    panel = presenters.code_panel(
        code, state, zone, now, clash="" if clash is None else clash.name
    )
    return Board(
        parts=(
            *shell.frame_parts(desk, everybody),
            Part(
                "code-head",
                "accesscodes/_code_head.html",
                {"head": presenters.code_head(code, state, zone, now, near=near)},
                letter=live.letter_of(state),
                announcement=live.announcement_of(state, code.device.display_name, code.name),
            ),
            Part(
                "code-more",
                "accesscodes/_code_more.html",
                {"proof": _proof(desk, code, told), "manage": manage},
            ),
            Part(
                "code-panel",
                "accesscodes/_code_panel.html",
                {
                    "panel": panel,
                    "buttons": buttons(desk, code, found, clash),
                    "hints": fixes.hints(found),
                    "problems": presenters.problem_notes(_problems(desk, code, state), zone, now),
                },
            ),
            Part(
                "code-doors",
                "accesscodes/_code_doors.html",
                {"doors": _other_doors(desk, code), "code_uid": code.uid},
            ),
            Part(
                "code-progress",
                "accesscodes/_code_progress.html",
                {
                    "steps": progress.steps(facts, state, track, now),
                    "timeline": line,
                    "state": state,
                    "is_explained": panel is not None,
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
    message = presenters.guest_message(code, desk.zone, desk.now)
    # The index of a PIN is keyed already; a digest with the code's id compares with no other code.
    which = blake2b(f"{code.uid} {code.pin_index}".encode(), digest_size=6).hexdigest()
    return PinCard(code.uid, code.name, code.pin is not None, desk.may_reveal, message, which)


def _around(desk: Desk, code: AccessCode) -> dict[str, object]:
    """Return what the page needs beside its board. One query for a code of several doors."""
    return {
        "effect": presenters.delete_effect(code, desk.zone, desk.now),
        "scope": deletion_of(desk, code),
    }


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


def gone_page(request: HtmxHttpRequest, desk: Desk, code: AccessCode) -> HttpResponse:
    """Render the page of a code that is gone: 410, with its history; nothing on it changes."""
    context = {"has_ended": code.is_offline and code.pin_index is not None}
    board = code_board(desk, code)
    return shell.page(
        request, desk, "accesscodes/code_gone.html", "codes", context, board=board, status=410
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
