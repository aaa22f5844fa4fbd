"""What a virtual lock remembers: a fold over the writes that reached it. Pure; knows no rows.

A write counts from `effective_at` on, which may lie ahead: so a command that a lock carries out
minutes later is a write like any other, and nothing has to run for it to take effect.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from locksite.masked import Pin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one slot holds. Times are aware UTC; both ``None``: it works until it is erased.

    `is_foreign`: it was made in the maker's app or at the keypad, not by a command of ours.
    """

    pin: Pin
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_enabled: bool = True
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Write(Generic[T]):
    """One write to one slot; `content` is ``None`` for an erasure. `order` breaks ties in time."""

    slot: int
    effective_at: datetime
    order: int
    content: T | None


def memory_at(writes: Iterable[Write[T]], now: datetime) -> dict[int, T]:
    """Return slot → content at `now`, in order: the newest write in force, no erased slots."""
    newest: dict[int, Write[T]] = {}
    for write in writes:
        if write.effective_at <= now:
            held = newest.get(write.slot)
            if held is None or _age(write) > _age(held):
                newest[write.slot] = write
    in_order = ((slot, newest[slot].content) for slot in sorted(newest))
    return {slot: content for slot, content in in_order if content is not None}


def _age(write: Write[T]) -> tuple[datetime, int]:
    return write.effective_at, write.order
