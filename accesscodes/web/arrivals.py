"""Who arrives, and what is said of their codes: read from the database. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from accesscodes.choices import Kind
from accesscodes.models import AccessCode, AccessCodeQuerySet
from accesscodes.near_names import Guest, near_guests
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
        _expected(desk, AccessCode.objects.with_spares())
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


def _expected(desk: Desk, rows: AccessCodeQuerySet) -> AccessCodeQuerySet:
    now = desk.now
    return (
        rows.for_actor(desk.actor)
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
    )


def near_names(desk: Desk) -> dict[UUID, str]:
    """Return what is said of arrivals whose names are easily confused, by code. One query."""
    rows = _expected(desk, AccessCode.objects.all()).order_by("starts_at", "name", "pk")
    names = rows.values_list(
        "uid", "name", "common_code_key", "device__nickname", "device__reported_name"
    )
    return _near(
        [
            (Guest(uid, name, link or None), nickname or reported)
            for uid, name, link, nickname, reported in names
        ]
    )


def near_names_among(everybody: list[Arrival]) -> dict[UUID, str]:
    """Return the same of arrivals that were read already."""
    return _near(
        [
            (
                Guest(code.uid, code.name, code.common_code_key or None),
                code.device.display_name,
            )
            for code in (arrival.code for arrival in everybody)
        ]
    )


def _near(guests: list[tuple[Guest, str]]) -> dict[UUID, str]:
    doors = {guest.key: door for guest, door in guests}
    said = {}
    for uid, others in near_guests([guest for guest, _ in guests]).items():
        first = others[0]
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        said[cast("UUID", uid)] = f"{first.name}, {doors[first.key]}{more}"
    return said


def urgent(everybody: list[Arrival]) -> int:
    """Return how many of them somebody has to act on now."""
    return sum(arrival.group is Group.ACT for arrival in everybody)
