"""The handover of a shift, from the records: what broke, who did what, what to watch."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accesscodes.choices import Status
from accesscodes.web import activity, arrivals, problems, reading, shell, wall_time
from accesscodes.web.access import Desk, at_desk
from accesscodes.web.activity import Line
from accesscodes.web.arrival_groups import Group
from accesscodes.web.arrival_views import start_words
from accesscodes.web.lock_presenters import LockRow
from accesscodes.web.presenters import CodeCard
from accesscodes.web.problems import Trouble
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
class Handover:
    """All that the next shift has to know."""

    broke: tuple[Trouble, ...]
    fixed: tuple[Trouble, ...]
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
    """Return what the records say of the last 12 hours and of the next. Ten queries at most."""
    since = desk.now - SHIFT
    troubles = problems.troubles_since(desk, since)
    rows = reading.lock_rows(desk)
    removing = reading.live_codes(desk).filter(status=Status.REMOVING)
    cards = [card for _, card in reading.cards_of(removing, reading.devices_at(desk), desk.now)]
    return Handover(
        broke=tuple(each for each in troubles if each.closed is None),
        fixed=tuple(each for each in troubles if each.closed is not None),
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
    everybody = arrivals.arrivals(desk)
    context = {
        "handover": shift_handover(desk, everybody),
        "made": wall_time.full_moment(desk.now, desk.zone, desk.now),
        "since": wall_time.moment(desk.now - SHIFT, desk.zone, desk.now),
        "until": wall_time.moment(desk.now + SHIFT, desk.zone, desk.now),
        "who": desk.actor.label,
    }
    return shell.page(request, desk, "accesscodes/shift.html", "activity", context)
