"""Who arrives, and what is said of their codes: read from the database. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from accesscodes.choices import Kind
from accesscodes.models import AccessCode, AccessCodeQuerySet
from accesscodes.near_names import Guest, near_guests
from accesscodes.web import presenters, reading
from accesscodes.web.access import Desk
from accesscodes.web.arrival_groups import AHEAD, BEHIND, Group, group_of, worst_doubt
from accesscodes.web.reading import KnownLock
from accesscodes.web.states import CodeState, Handover, code_state, handover
from properties.capabilities import Cause, LockVerdict


@dataclass(frozen=True, slots=True)
class Arrival:
    """One guest who is expected, with what is said of the code and of its door."""

    code: AccessCode
    starts_at: datetime
    group: Group
    state: CodeState
    verdict: LockVerdict
    handover: Handover

    @property
    def doubt(self) -> Cause | None:
        """Return what of its lock has to be watched although nothing is wrong with the code."""
        if self.group is Group.WATCH and self.state.key == "scheduled":
            return worst_doubt(self.verdict)
        return None


def arrivals(desk: Desk, locks: Mapping[int, KnownLock] | None = None) -> list[Arrival]:
    """Return who arrives from 12 h ago to 48 h ahead, by start.

    One query, and one more where a door is out of reach; `locks`, where they are known already,
    spare the latter.
    """
    now = desk.now
    rows = _expected(desk, AccessCode.objects.with_spares()).select_related("pulled_backup")
    if locks is not None:
        return among(reading.with_entries(rows), locks, now)
    codes = reading.codes_with_locks(rows, now)
    return among(codes, reading.known_locks([code.device for code in codes], now), now)


def _is_expected(code: AccessCode, now: datetime) -> bool:
    """Return whether somebody arrives with this code; not if it is withdrawn, or has ended."""
    return (
        code.gone_at is None
        and code.withdrawn_at is None
        and code.kind == Kind.TIME_BOUND
        and not code.is_backup
        and code.starts_at is not None
        and code.ends_at is not None
        and now - BEHIND < code.starts_at <= now + AHEAD
        and code.ends_at > now
    )


def among(
    codes: Iterable[AccessCode], locks: Mapping[int, KnownLock], now: datetime
) -> list[Arrival]:
    """Return those of these codes with which somebody arrives, by start. No query."""
    found = []
    for code in codes:
        starts_at, lock = code.starts_at, locks[code.device_id]
        if starts_at is None or not _is_expected(code, now):
            continue
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
    return sorted(found, key=lambda each: (each.starts_at, each.code.name, each.code.pk))


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
