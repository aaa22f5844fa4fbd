"""When the codes that are planned for a lock need more slots than it has. Pure.

A code holds its slot from when it may be put on the lock, which is before its start.
Times are aware; an `until` of ``None`` means until somebody removes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """One slot that is held, or will be."""

    since: datetime
    until: datetime | None = None


def first_overflow(stays: Iterable[Stay], size: int | None) -> datetime | None:
    """Return when the stays first need more than `size` slots; ``None``: never, or not known."""
    if size is None:
        return None
    return next((at for at, held in _counts(stays) if held > size), None)


def most_at_once(stays: Iterable[Stay], since: datetime, until: datetime | None) -> int:
    """Return how many slots are held at the busiest moment of a window."""
    inside = (
        Stay(max(stay.since, since), stay.until)
        for stay in stays
        if (until is None or stay.since < until) and (stay.until is None or stay.until > since)
    )
    return max((held for _, held in _counts(inside)), default=0)


def _counts(stays: Iterable[Stay]) -> Iterator[tuple[datetime, int]]:
    """Yield each moment at which a slot is taken, with how many are held then.

    A slot that is given up serves the next at the same moment.
    """
    steps = []
    for stay in stays:
        if stay.until is not None and stay.until <= stay.since:
            continue
        steps.append((stay.since, 1))
        if stay.until is not None:
            steps.append((stay.until, -1))
    held = 0
    for at, step in sorted(steps):
        held += step
        if step > 0:
            yield at, held
