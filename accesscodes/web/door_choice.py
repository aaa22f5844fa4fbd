"""The choice of a door for a new code: what it can take, who is in the room, who is to come. Pure.

A room may be taken and given away again on the same day: both stand there, by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from accesscodes.web import wall_time
from accesscodes.web.lock_presenters import NEXT_NIGHT, LockRow


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody with a code for a door, from when to when (aware)."""

    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Door:
    """A door to choose. `stays`: who is in the room and who arrives; else when somebody does."""

    row: LockRow
    stays: tuple[str, ...]


def door_of(row: LockRow, guests: Sequence[Guest], zone: tzinfo, now: datetime) -> Door:
    """Return a door with its guests, who are given in the order in which they arrive."""
    inside = [guest for guest in guests if guest.starts_at <= now < guest.ends_at]
    coming = [guest for guest in guests if now < guest.starts_at <= now + NEXT_NIGHT]
    stays = []
    if inside:
        ends = wall_time.moment(max(guest.ends_at for guest in inside), zone, now)
        stays.append(f"{_names(inside)}, until {ends}")
    stays += [
        f"{guest.name} arrives {wall_time.moment(guest.starts_at, zone, now)}" for guest in coming
    ]
    return Door(row, tuple(stays) or (row.stay,))


def _names(guests: Sequence[Guest]) -> str:
    *first, last = [guest.name for guest in guests]
    return f"{', '.join(first)} and {last}" if first else last
