"""How likely a lock is to get its next code late, by how it did with the last ones. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

LAST = 20
"""How many of the newest codes count."""

ENOUGH = 3
"""Fewer codes than this say nothing."""

LATE = timedelta(minutes=5)
"""Longer than this from the first try until the lock showed the code is late."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How one code got on the lock; `took` ``None``: it did not, or not in the time looked at."""

    took: timedelta | None

    @property
    def is_late(self) -> bool:
        """Return whether a guest would have noticed."""
        return self.took is None or self.took > LATE


@dataclass(frozen=True, slots=True)
class Chance:
    """What the last codes tell. `usual`: within this, nine of ten that were not late were set."""

    codes: int
    late: int
    usual: timedelta | None


def chance_of(settings: Sequence[Setting]) -> Chance | None:
    """Return what the newest settings tell, newest first; ``None`` where they are too few."""
    known = settings[:LAST]
    if len(known) < ENOUGH:
        return None
    in_time = sorted(each.took for each in known if each.took is not None and not each.is_late)
    usual = in_time[-(-len(in_time) * 9 // 10) - 1] if in_time else None
    return Chance(len(known), len(known) - len(in_time), usual)
