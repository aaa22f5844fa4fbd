"""Whether codes are sent and removed at all: one answer for the desk and for monitors.

Judged from rows alone. An engine that gives signs of life and takes no work is no better than one
that stands still, so both are asked: who lives, and does a lock wait that nobody takes?
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, Subquery

from accesscodes.models import CLOCKS_DIFFER_BY, EngineBeat
from properties.models import Device

TAKEN_WITHIN = timedelta(minutes=2)
"""How long a lock that is due may wait for an engine before they count as not keeping up."""

_LOOKED_AT = 20


class EngineState(StrEnum):
    """How the engines stand, taken together."""

    RUNNING = "running"
    BEHIND = "behind"  # they live, and locks wait
    CLOCK = "clock"  # one cannot trust its clock, so codes stay past their end
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How the engines stand, and since when; ``None`` where that is not known or all is well."""

    state: EngineState
    since: datetime | None = None


def engine_health(now: datetime) -> EngineHealth:
    """Return how the engines stand. One query; raises `DatabaseError`."""
    waiting = (
        Device.objects.managed()
        .filter(Q(lease_owner=None) | Q(lease_until__lte=now), due_at__lte=now - TAKEN_WITHIN)
        .order_by("due_at")
        .values("due_at")[:1]
    )
    beats = list(
        EngineBeat.objects.filter(beat_at__lte=now + CLOCKS_DIFFER_BY)
        .annotate(waiting=Subquery(waiting))
        .order_by("-beat_at")
        .values_list("beat_at", "stopped_at", "clock_off_by", "waiting")[:_LOOKED_AT]
    )
    alive = [
        (off_by, waiting_since)
        for beat_at, stopped_at, off_by, waiting_since in beats
        if stopped_at is None and beat_at > now - EngineBeat.dead_after()
    ]
    if not alive:
        return EngineHealth(EngineState.STOPPED, beats[0][0] if beats else None)
    if any(off_by is not None for off_by, _ in alive):
        return EngineHealth(EngineState.CLOCK)
    waiting_since = alive[0][1]
    if waiting_since is not None:
        return EngineHealth(EngineState.BEHIND, waiting_since)
    return EngineHealth(EngineState.RUNNING)
