"""The handover of a shift: what broke, who did what, what to watch, and notes of the staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accesscodes import shift_notes
from accesscodes.choices import Status
from accesscodes.models import ShiftNote
from accesscodes.web import activity, arrivals, problems, reading, shell, wall_time
from accesscodes.web.access import NOT_ALLOWED, Desk, at_desk, only_if
from accesscodes.web.activity import Line
from accesscodes.web.arrival_groups import Group
from accesscodes.web.arrival_views import start_words
from accesscodes.web.lock_presenters import LockRow
from accesscodes.web.presenters import CodeCard, Stamp
from accesscodes.web.problems import Trouble
from locksite.errors import RuleBroken
from locksite.htmx import HtmxHttpRequest

SHIFT = timedelta(hours=12)
"""How far the handover looks back, and ahead."""

DEEDS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Expected:
    """An arrival in the next shift that is not ready."""

    uid: UUID
    time: str
    name: str
    door: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class LowBattery:
    """A door with a battery to be changed."""

    uid: UUID
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A problem as the handover tells it, once. `again`: that it came more than once, or ""."""

    trouble: Trouble
    again: str


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is wrong since this shift began, what was wrong before it, and what no longer is."""

    new: tuple[Told, ...]
    known: tuple[Told, ...]
    fixed: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note for the next shift. `done` is empty while something is left to do."""

    uid: UUID
    text: str
    author: str
    at: Stamp
    done: str


@dataclass(frozen=True, slots=True)
class Handover:
    """All that the next shift has to know."""

    notes: tuple[NoteLine, ...]
    troubles: Troubles
    deeds: tuple[Line, ...]
    expected: tuple[Expected, ...]
    batteries: tuple[LowBattery, ...]
    shut: tuple[LockRow, ...]
    late: tuple[CodeCard, ...]

    @property
    def is_quiet(self) -> bool:
        """Return whether nothing has to be watched."""
        return not (self.expected or self.batteries or self.shut or self.late)


def shift_handover(desk: Desk, everybody: list[arrivals.Arrival]) -> Handover:
    """Return what the records say of the last 12 hours and of the next. Nine queries at most."""
    since = desk.now - SHIFT
    locks = reading.known_locks(reading.devices_with_figures(desk), desk.now)
    rows = reading.rows_of(desk, locks)
    removing = reading.with_entries(reading.live_codes(desk).filter(status=Status.REMOVING))
    cards = [card for _, card in reading.cards_of(removing, locks, desk.now)]
    return Handover(
        notes=tuple(_note_line(desk, note) for note in ShiftNote.objects.since(desk.house, since)),
        troubles=told_once(problems.troubles_since(desk, since), since),
        deeds=tuple(activity.lines(desk, "staff", None, DEEDS_SHOWN, since=since)),
        expected=tuple(
            _expected(desk, arrival)
            for arrival in everybody
            if arrival.group is not Group.READY and arrival.starts_at <= desk.now + SHIFT
        ),
        batteries=tuple(
            LowBattery(row.uid, row.name, fact.text)
            for row in rows
            for fact in row.health
            if fact.tone in {"bad", "warn"} and "%" in fact.text
        ),
        shut=tuple(row for row in rows if not row.may_issue),
        late=tuple(card for card in cards if card.state.key in {"stuck_remove", "slow_remove"}),
    )


def told_once(troubles: Iterable[Trouble], since: datetime) -> Troubles:
    """Tell each problem once, however often it came and went since the shift began. Pure.

    One that is open is told as open; of one that was fixed, the last time counts. Known are those
    that were open before the shift began and never closed since. A guest's problem that only went
    over into another one was not fixed: the guest still stands at a closed door.
    """
    troubles = tuple(troubles)
    unsolved = {each.code for each in troubles if each.closed is None and each.code is not None}
    by_topic: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        by_topic.setdefault(trouble.topic, []).append(trouble)
    new: list[Told] = []
    known: list[Told] = []
    fixed: list[Told] = []
    for same in by_topic.values():
        still = next((each for each in same if each.closed is None), None)
        if still is None:
            if same[0].code in unsolved:
                continue
            last = max(same, key=lambda each: each.opened_at)
            again = f"It happened {len(same)} times." if len(same) > 1 else ""
            fixed.append(Told(last, again))
            continue
        times = len(same) - 1
        again = f"It was fixed {_times(times)} in this shift and came back." if times else ""
        (known if still.opened_at < since else new).append(Told(still, again))
    return Troubles(tuple(new), tuple(known), tuple(fixed))


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _note_line(desk: Desk, note: ShiftNote) -> NoteLine:
    done = ""
    if note.done_at is not None:
        done = f"Done by {note.done_by}, {wall_time.moment(note.done_at, desk.zone, desk.now)}."
    at = Stamp.of(note.created_at, wall_time.moment(note.created_at, desk.zone, desk.now))
    return NoteLine(note.uid, note.text, note.author, at, done)


def _expected(desk: Desk, arrival: arrivals.Arrival) -> Expected:
    time, when = start_words(arrival.starts_at, desk.zone, desk.now)
    return Expected(
        arrival.code.uid,
        f"{time}, {when}",
        arrival.code.name,
        arrival.code.device.display_name,
        arrival.state.label,
        arrival.state.sentence,
    )


@require_GET
@at_desk
def shift(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """The handover, to be read or printed."""
    return _page(request, desk)


@require_http_methods(["GET", "POST"])
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def leave_note(request: HtmxHttpRequest, desk: Desk) -> HttpResponse:
    """Leave a note for the next shift; one with a PIN in it comes back to be changed."""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            shift_notes.leave_note(desk.house, text, actor=desk.actor, now=desk.now)
        except RuleBroken as broken:
            return _page(request, desk, text=text, error=broken.message)
        messages.success(request, "Note left for the next shift.")
    return _to_notes(desk)


@require_POST
@at_desk
@only_if(lambda desk: desk.may_issue, instead=NOT_ALLOWED)
def note_done(request: HtmxHttpRequest, desk: Desk, note: UUID) -> HttpResponse:
    """Mark a note as done; it stays in the handover of this shift."""
    row = ShiftNote.objects.filter(property=desk.house, uid=note).first()
    if row is None:
        raise Http404("no such note")
    shift_notes.mark_done(row, actor=desk.actor, now=desk.now)
    return _to_notes(desk)


def _to_notes(desk: Desk) -> HttpResponse:
    return redirect(f"{reverse('shift', args=[desk.house.slug])}#notes")


def _page(
    request: HtmxHttpRequest, desk: Desk, *, text: str = "", error: str = ""
) -> HttpResponse:
    everybody = arrivals.arrivals(desk)
    context = {
        "handover": shift_handover(desk, everybody),
        "made": wall_time.full_moment(desk.now, desk.zone, desk.now),
        "since": wall_time.moment(desk.now - SHIFT, desk.zone, desk.now),
        "until": wall_time.moment(desk.now + SHIFT, desk.zone, desk.now),
        "who": desk.actor.label,
        "may_write": desk.may_issue,
        "text": text,
        "text_limit": shift_notes.TEXT_LIMIT,
        "error_list": [("id_text", error)] if error else [],
    }
    return shell.page(
        request,
        desk,
        "accesscodes/shift.html",
        "activity",
        context,
        status=422 if error else 200,
    )
