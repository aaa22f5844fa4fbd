"""Who arrives, and what is said of their codes: read from the database. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.web import presenters, reading
from accesscodes.web.access import Desk
from accesscodes.web.arrival_groups import AHEAD, BEHIND, Group, group_of
from accesscodes.web.states import CodeState, Handover, code_state, handover
from properties.capabilities import LockVerdict


@dataclass(frozen=True, slots=True)
class Arrival:
    """One guest who is expected, with what is said of the code and of its door."""

    code: AccessCode
    starts_at: datetime
    group: Group
    state: CodeState
    verdict: LockVerdict
    handover: Handover


def arrivals(desk: Desk) -> list[Arrival]:
    """Return who arrives from 12 h ago to 48 h ahead, by start. Six queries, one if nobody does.

    A code that is withdrawn, or has ended, brings nobody any more.
    """
    now = desk.now
    codes = list(
        AccessCode.objects.with_spares()
        .for_actor(desk.actor)
        .live()
        .filter(
            device__property=desk.house,
            device__is_managed=True,
            withdrawn_at=None,
            kind=Kind.TIME_BOUND,
            is_backup=False,
            starts_at__gt=now - BEHIND,
            starts_at__lte=now + AHEAD,
            ends_at__gt=now,
        )
        .select_related("pulled_backup")
        .prefetch_related("installations")
        .order_by("starts_at", "name", "pk")
    )
    if not codes:
        return []
    used = {code.device_id for code in codes}
    locks = reading.known_locks(list(reading.devices_at(desk).filter(pk__in=used)), now)
    found = []
    for code in codes:
        starts_at = code.starts_at
        if starts_at is None:
            continue
        lock = locks[code.device_id]
        code.device = lock.device
        facts = presenters.code_facts(code)
        state = code_state(facts, lock.verdict, now)
        found.append(
            Arrival(
                code,
                starts_at,
                group_of(state, lock.verdict, starts_at, now),
                state,
                lock.verdict,
                handover(state, facts, lock.verdict, now),
            )
        )
    return found


def urgent(everybody: list[Arrival]) -> int:
    """Return how many of them somebody has to act on now."""
    return sum(arrival.group is Group.ACT for arrival in everybody)
