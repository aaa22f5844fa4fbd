"""Problems of a property as pages list them: where, what, since when, and for how long. Reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accesscodes.models import Problem
from accesscodes.web import presenters, wall_time
from accesscodes.web.access import Desk
from accesscodes.web.presenters import ProblemNote, Stamp
from properties.models import Device


@dataclass(frozen=True, slots=True)
class Trouble:
    """One problem with what it concerns. `closed` is ``None`` while it is open.

    `topic` is the same each time that the same thing is wrong; `opened_at`: aware UTC.
    """

    key: str
    topic: str
    opened_at: datetime
    note: ProblemNote
    where: str
    lock: UUID | None
    code: UUID | None
    closed: Stamp | None
    lasted: str


def open_troubles(desk: Desk) -> tuple[Trouble, ...]:
    """Return what is open at this property, worst first, then oldest. One query."""
    return _troubles(desk, Q(closed_at=None))


def troubles_since(desk: Desk, since: datetime) -> tuple[Trouble, ...]:
    """Return what is open, was opened or was closed since then. One query."""
    return _troubles(desk, Q(closed_at=None) | Q(opened_at__gte=since) | Q(closed_at__gte=since))


def _troubles(desk: Desk, which: Q) -> tuple[Trouble, ...]:
    here = Device.objects.filter(property=desk.house, is_managed=True)
    rows = (
        Problem.objects.for_actor(desk.actor)
        .touching(here)
        .filter(which)
        .select_related("device", "code", "account")
        .order_by("severity", "since", "pk")
    )
    return tuple(sorted(_all(desk, rows), key=lambda each: each.note.tone != "bad"))


def _all(desk: Desk, rows: Iterable[Problem]) -> Iterable[Trouble]:
    for problem in rows:
        (note,) = presenters.problem_notes([problem], desk.zone, desk.now)
        ended = problem.closed_at
        where = "Locksite"
        if problem.account is not None:
            where = problem.account.name
        elif problem.device is not None:
            where = problem.device.display_name
            if problem.code is not None:
                where = f"{problem.code.name}, {where}"
        closed = None
        if ended is not None:
            closed = Stamp.of(ended, wall_time.moment(ended, desk.zone, desk.now))
        yield Trouble(
            str(problem.uid),
            f"{problem.cause} {problem.account_id} {problem.device_id} {problem.code_id}",
            problem.opened_at,
            note,
            where,
            None if problem.device is None else problem.device.uid,
            None if problem.code is None else problem.code.uid,
            closed,
            _lasted((ended or desk.now) - problem.since),
        )


def _lasted(length: timedelta) -> str:
    return "less than a minute" if length < timedelta(minutes=1) else wall_time.span(length)
