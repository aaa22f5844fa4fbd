"""Whether codes are sent and removed at all: one answer for the desk and for monitors.

Judged from rows alone. An engine that gives signs of life and takes no work is no better than one
that stands still, so both are asked: who lives, and does a lock wait that nobody takes?
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, Q, Subquery
from django.db.models.expressions import BaseExpression

from accesscodes.models import CLOCKS_DIFFER_BY, EngineBeat
from properties.models import Device

TAKEN_WITHIN = timedelta(minutes=2)
"""How long a lock that is due may wait for an engine before they count as not keeping up."""


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


def figures(now: datetime) -> dict[str, BaseExpression]:
    """Return what `health_from` judges, as annotations for a query over any row there is."""
    alive = EngineBeat.objects.alive(now)
    known = EngineBeat.objects.filter(beat_at__lte=now + CLOCKS_DIFFER_BY).order_by("-beat_at")
    waiting = (
        Device.objects.managed()
        .filter(Q(lease_owner=None) | Q(lease_until__lte=now), due_at__lte=now - TAKEN_WITHIN)
        .order_by("due_at")
    )
    return {
        "engine_seen_at": Subquery(known.values("beat_at")[:1]),
        "engine_lives": Exists(alive),
        "engine_doubts_clock": Exists(alive.exclude(clock_off_by=None)),
        "engine_awaited_since": Subquery(waiting.values("due_at")[:1]),
    }


def health_from(found: Mapping[str, Any]) -> EngineHealth:
    """Return how the engines stand by what `figures` found; without any, there was never one."""
    if not found.get("engine_lives"):
        return EngineHealth(EngineState.STOPPED, found.get("engine_seen_at"))
    if found["engine_doubts_clock"]:
        return EngineHealth(EngineState.CLOCK)
    if found["engine_awaited_since"] is not None:
        return EngineHealth(EngineState.BEHIND, found["engine_awaited_since"])
    return EngineHealth(EngineState.RUNNING)


def engine_health(now: datetime) -> EngineHealth:
    """Return how the engines stand. One query; raises `DatabaseError`."""
    asked = figures(now)
    return health_from(EngineBeat.objects.annotate(**asked).values(*asked).first() or {})
