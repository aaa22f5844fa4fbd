"""A guest is at the door now: the ways in, the fastest that is safe first."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accesscodes import bolts
from accesscodes.choices import AttemptStatus
from accesscodes.models import AccessCode, ActionAttempt
from accesscodes.web import (
    door_facts,
    door_ladder,
    live,
    lock_presenters,
    reading,
    shell,
    wall_time,
)
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.asked import instant_in
from accesscodes.web.code_page import Known, known_code, pin_card_of
from accesscodes.web.door_facts import DoorFacts
from accesscodes.web.door_ladder import AtTheDoor, Step, Way
from accesscodes.web.live import Board, Part
from accesscodes.web.lock_views import ask_again
from accesscodes.web.states import SHUTS, CodeState, Tone
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest

TOLD_FOR = timedelta(minutes=10)
"""How long the page tells how opening the door from here went."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step with where it is done. `is_post`: its button acts; else it leads to a page."""

    way: str
    title: str
    reason: str
    wait: str
    icon: str
    label: str
    url: str
    is_post: bool


@dataclass(frozen=True, slots=True)
class NowHead:
    """Who stands at which door, and how the code is."""

    name: str
    door: str
    state: CodeState


@dataclass(frozen=True, slots=True)
class Tried:
    """How opening the door from here went last."""

    tone: Tone
    icon: str
    sentence: str


_BUTTONS: dict[Way, tuple[str, str]] = {
    Way.START_NOW: ("calendar-clock", "Change the dates"),
    Way.UNDO: ("undo-2", "Undo"),
    Way.SHOW_BACKUP: ("archive-restore", "Open the backup code"),
    Way.USE_BACKUP: ("archive-restore", "Use backup code"),
    Way.OPEN: ("door-open", "Open the door"),
    Way.RETRY: ("refresh-cw", "Try again"),
    Way.CHANGE_PIN: ("grid-3x3", "Change PIN"),
    Way.RESTORE: ("refresh-cw", "Put back"),
    Way.ISSUE: ("plus", "Issue code"),
    Way.OFFLINE: ("plus", "Issue offline code"),
    Way.WAIT: ("refresh-cw", "Look again"),
    Way.PLAN_B: ("key-round", "Plan B"),
}


def _situation(desk: Desk, known: Known, *, is_proven: bool) -> AtTheDoor:
    code, lock = known.code, known.verdict
    shut = next((cause for cause in lock.causes if cause.key in SHUTS), None)
    installed = code.installed()
    content = installed.content
    is_online = code.device.properties.get("online", True) is True
    return AtTheDoor(
        known.state.key,
        code.starts_at,
        desk.now,
        desk.zone,
        code.device.display_name,
        has_pin=code.pin is not None,
        is_offline_code=code.is_offline,
        is_shut=shut is not None,
        shut_by=""
        if shut is None
        else wall_time.with_time(shut.sentence, shut.at, desk.zone, desk.now),
        is_reached=is_online and lock.takes_online,
        still_opens=installed.is_on_lock
        and installed.revision > 0  # what others put in its place is no PIN of this guest
        and content is not None
        and content.pin_index not in {None, "", code.pin_index}
        and code.wish().unwanted_since(desk.now) is None
        and (content.starts_at is None or content.starts_at <= desk.now)
        and (content.ends_at is None or desk.now < content.ends_at),
        has_backup=code.has_backup and code.backup_in_use is None,
        is_backup_in_use=code.backup_in_use is not None,
        can_open=is_online and code.device.flags.get("can_remotely_unlock") is True,
        takes_offline=lock.takes_offline,
        has_plan_b=desk.house.has_plan_b,
        how_to_type=desk.house.keypad_hint,
        is_proven=is_proven,
        usual=door_ladder.usual_wait(reading.answer_times(code.device)),
    )


def _rung(desk: Desk, code: AccessCode, step: Step) -> Rung | None:
    """Return the step with its button; showing the PIN has a place of its own on the page."""
    if step.way in {Way.SHOW_PIN, Way.OLD_PIN}:
        return Rung(str(step.way), step.title, step.reason, step.wait, "", "", "", is_post=False)
    slug = desk.house.slug
    backup = code.backup_in_use
    issue = reverse("code-issue", args=[slug, code.device.uid])
    lock = reverse("lock-detail", args=[slug, code.device.uid])
    urls = {
        Way.START_NOW: reverse("code-dates", args=[slug, code.uid]),
        Way.UNDO: reverse("code-undo", args=[slug, code.uid]),
        Way.SHOW_BACKUP: "" if backup is None else reverse("code-detail", args=[slug, backup.uid]),
        Way.USE_BACKUP: reverse("code-backup", args=[slug, code.uid]),
        Way.OPEN: reverse("code-open", args=[slug, code.uid]),
        Way.RETRY: reverse("code-retry", args=[slug, code.uid]),
        Way.CHANGE_PIN: reverse("code-change-pin", args=[slug, code.uid]),
        Way.RESTORE: reverse("code-restore", args=[slug, code.uid]),
        Way.ISSUE: f"{issue}?{urlencode({'name': code.name})}",
        Way.OFFLINE: f"{issue}?{urlencode({'name': code.name})}",
        Way.WAIT: reverse("code-now", args=[slug, code.uid]),
        Way.PLAN_B: f"{lock}#plan-b",
    }
    icon, label = _BUTTONS[step.way]
    return Rung(
        str(step.way),
        step.title,
        step.reason,
        step.wait,
        icon,
        label,
        urls[step.way],
        is_post=step.way in {Way.RETRY, Way.RESTORE, Way.UNDO},
    )


def _tried(desk: Desk, code: AccessCode) -> Tried | None:
    """Return how the newest try to open the door from here went; writes that it is over if so."""
    attempt = (
        ActionAttempt.objects.filter(
            device=code.device, action_type=bolts.UNLOCK, created_at__gt=desk.now - TOLD_FOR
        )
        .order_by("-id")
        .first()
    )
    if attempt is None:
        return None
    bolts.settle(attempt, desk.now)
    at = wall_time.moment(attempt.created_at, desk.zone, desk.now)
    if attempt.status == AttemptStatus.SUCCESS:
        return Tried(Tone.OK, "circle-check", f"The lock says that it opened ({at}).")
    if attempt.status == AttemptStatus.ERROR:
        return Tried(Tone.BAD, "circle-x", f"It did not open ({at}). {attempt.error_message}")
    return Tried(Tone.GO, "loader-circle", f"Asked to open ({at}). The lock answers in seconds.")


def now_board(desk: Desk, code: AccessCode, asked: str) -> Board:
    """Return what may change while somebody looks for a way in. `asked`: as in its address."""
    known = known_code(desk, code)
    sure = door_facts.sure_of(desk, known)
    proven = door_facts.proven_words(desk, known, sure)
    words, is_asking = lock_presenters.check_words(
        known.verdict, instant_in(asked, desk.now), desk.zone, desk.now
    )
    facts = DoorFacts(door_facts.lines(desk, known, sure, proven), words, is_asking)
    steps = door_ladder.ladder(_situation(desk, known, is_proven=bool(proven)))
    tried = _tried(desk, code)
    is_moving = is_asking or (tried is not None and tried.tone is Tone.GO)
    pace = live.pace([known.state], [live.changed_at(code)], desk.now)
    return Board(
        parts=(
            *shell.frame_parts(desk),
            Part(
                "now-head",
                "accesscodes/_now_head.html",
                {"head": NowHead(code.name, code.device.display_name, known.state)},
                letter=live.letter_of(known.state),
                announcement=live.announcement_of(
                    known.state, code.device.display_name, code.name
                ),
            ),
            Part("tried", "accesscodes/_tried.html", {"tried": tried}),
            Part(
                "ladder",
                "accesscodes/_ladder.html",
                {
                    "rungs": tuple(_rung(desk, code, step) for step in steps),
                    "pin_card": pin_card_of(desk, code),
                    "handover": known.handover,
                },
            ),
            Part(
                "door-facts",
                "accesscodes/_door_facts.html",
                {"door_facts": facts, "code_uid": code.uid},
            ),
        ),
        query={"scope": f"now:{code.uid}", "asked": asked},
        seconds=live.QUICK if is_moving else pace,
    )


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_now(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Show how to get the guest of this code in, now; a POST has the lock looked at again."""
    row = reading.code_or_404(desk, code)
    if row.gone_at is not None:
        return redirect("code-detail", desk.house.slug, code)
    if request.method == "POST":
        query = urlencode({"asked": ask_again(desk, row.device)})
        return redirect(f"{reverse('code-now', args=[desk.house.slug, code])}?{query}#door-facts")
    board = now_board(desk, row, request.GET.get("asked", ""))
    return shell.page(
        request, desk, "accesscodes/code_now.html", "codes", {"code": row}, board=board
    )


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def code_open(request: HtmxHttpRequest, desk: Desk, code: UUID) -> HttpResponse:
    """Ask once, then open the door of this code from afar."""
    row = reading.code_or_404(desk, code)
    if row.gone_at is not None:
        return redirect("code-detail", desk.house.slug, code)
    if request.method == "GET":
        return shell.page(request, desk, "accesscodes/code_open.html", "codes", {"code": row})
    try:
        bolts.ask(row.device, bolts.UNLOCK, actor=desk.actor, now=desk.now)
    except RuleBroken as broken:
        messages.info(request, broken.message)
    return redirect("code-now", desk.house.slug, code)
