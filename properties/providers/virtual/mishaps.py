"""What befalls a call to a virtual lock under each fault of single calls. Pure.

Which faults strike a call is chance, or was ordered; that is the driver's matter. What follows
from them is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from properties.choices import Fault


class Answer(StrEnum):
    """What the caller hears."""

    YES = "yes"
    ERROR = "error"  # the maker's service failed
    TOO_MANY = "too_many"  # later, please
    GARBAGE = "garbage"
    SILENCE = "silence"


# What comes back instead of the lock's own words, so that a refusal is not heard either.
UNHEARD: Final = frozenset({Answer.GARBAGE, Answer.SILENCE})

# Faults that befall commands, and those that befall readings.
OF_COMMANDS: Final = frozenset(
    {
        Fault.LIES,
        Fault.LATE,
        Fault.LOSES_CODES,
        Fault.DOES_THEN_FAILS,
        Fault.FAILS_BEFORE,
        Fault.HALF_OPEN,
        Fault.DRIPS,
        Fault.GARBAGE,
        Fault.RATE_LIMITED,
    }
)
OF_READINGS: Final = frozenset(
    {
        Fault.HALF_OPEN,
        Fault.DRIPS,
        Fault.GARBAGE,
        Fault.CANNOT_LIST,
        Fault.STALE_LIST,
        Fault.EMPTY_LIST,
    }
)
BY_PEOPLE: Final = frozenset({Fault.MEDDLED_WITH, Fault.FOREIGN_CODES})


@dataclass(frozen=True, slots=True)
class Delays:
    """How long the delays of one lock are.

    `late_by`: a late command takes so long. `lost_after`: a code is lost after so long.
    `stale_by`: so old is a stale list. `drips_for`: so long it takes a call in drips to arrive.
    `rate_limit`: so long the far side asks to wait.
    """

    late_by: timedelta = timedelta(minutes=5)
    lost_after: timedelta = timedelta(minutes=1)
    stale_by: timedelta = timedelta(minutes=2)
    drips_for: timedelta = timedelta(minutes=1)
    rate_limit: timedelta = timedelta(seconds=30)

    @classmethod
    def from_traits(cls, traits: Mapping[str, Any]) -> "Delays":
        """Read them from a lock's traits, where they stand in seconds: `late_by_s`."""
        return cls(
            **{
                name: timedelta(seconds=traits[f"{name}_s"])
                for name in cls.__dataclass_fields__
                if f"{name}_s" in traits
            }
        )


@dataclass(frozen=True, slots=True)
class Course:
    """How a command goes: done after `done_after` (``None``: never), undone after `lost_after`.

    `lost_after` counts from when it was done; ``None``: it lasts.
    """

    done_after: timedelta | None = timedelta(0)
    lost_after: timedelta | None = None
    answer: Answer = Answer.YES


@dataclass(frozen=True, slots=True)
class View:
    """How a reading goes: it shows the lock as it was `age` ago, or nothing (`is_empty`)."""

    age: timedelta = timedelta(0)
    is_empty: bool = False
    answer: Answer = Answer.YES


def course_of(struck: frozenset[Fault], delays: Delays) -> Course:
    """Return what becomes of a command that these faults befall."""
    if Fault.FAILS_BEFORE in struck:
        return Course(done_after=None, answer=Answer.ERROR)
    if Fault.RATE_LIMITED in struck:
        return Course(done_after=None, answer=Answer.TOO_MANY)
    answer = _answer(struck)
    if Fault.LIES in struck:
        return Course(done_after=None, answer=answer)
    done_after = timedelta(0)
    if Fault.LATE in struck:
        done_after += delays.late_by
    if Fault.DRIPS in struck:
        done_after += delays.drips_for
    lost_after = delays.lost_after if Fault.LOSES_CODES in struck else None
    return Course(done_after, lost_after, answer)


def view_of(struck: frozenset[Fault], delays: Delays) -> View:
    """Return what a reading shows that these faults befall."""
    if Fault.CANNOT_LIST in struck:
        return View(answer=Answer.ERROR)
    return View(
        age=delays.stale_by if Fault.STALE_LIST in struck else timedelta(0),
        is_empty=Fault.EMPTY_LIST in struck,
        answer=_answer(struck),
    )


def _answer(struck: frozenset[Fault]) -> Answer:
    if struck & {Fault.HALF_OPEN, Fault.DRIPS}:
        return Answer.SILENCE
    if Fault.GARBAGE in struck:
        return Answer.GARBAGE
    return Answer.ERROR if Fault.DOES_THEN_FAILS in struck else Answer.YES
