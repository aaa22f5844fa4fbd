"""What is said of codes that belong together: one PIN for several doors. Pure.

The worst door counts: a guest who stands before a closed one is not helped by the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from accesscodes.choices import Status
from accesscodes.values import Summary

WORST_FIRST: Final = (
    Status.SETTING,
    Status.UNKNOWN,
    Status.REMOVING,
    Status.UNSET,
    Status.SET,
    Status.GONE,
)
"""How little a status promises of the door, without regard to errors."""


@dataclass(frozen=True, slots=True)
class Door:
    """One code of a group, with what is said of it."""

    code_id: int
    summary: Summary

    @property
    def lags(self) -> bool:
        """Return whether the door is not as wanted, or something is wrong with its code."""
        return self.summary.diverged_since is not None or bool(self.summary.errors)


@dataclass(frozen=True, slots=True)
class Group:
    """What is said of all together: `worst` is the door that counts, `lagging` are all that lag.

    Both name codes by their primary key.
    """

    status: Status
    worst: int
    lagging: tuple[int, ...]
    has_error: bool


def of_doors(doors: Iterable[Door]) -> Group:
    """Return what is said of a group of at least one door.

    A door with an error is worse than any without; of equals the one that lags longest is the
    worst. Raises `ValueError` for a group of none.
    """
    known = list(doors)
    worst = min(known, key=_rank)
    return Group(
        status=worst.summary.status,
        worst=worst.code_id,
        lagging=tuple(door.code_id for door in sorted(known, key=_rank) if door.lags),
        has_error=bool(worst.summary.errors),
    )


def _rank(door: Door) -> tuple[bool, int, bool, float, int]:
    summary = door.summary
    since = summary.diverged_since
    return (
        not summary.errors,
        WORST_FIRST.index(summary.status),
        since is None,
        0.0 if since is None else since.timestamp(),
        door.code_id,
    )
