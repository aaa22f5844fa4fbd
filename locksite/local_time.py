"""From a wall clock to an instant, and back. Pure, but for how the one who reads likes a clock.

Two things can be wrong with a written time: on the day when clocks go forward it may not exist,
when they go back it may happen twice. So a time is never guessed: it is exact, or refused with the
next one that exists, or asked back. What is shown says which of two equal times is meant.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Exact:
    """The time names one instant; `at` is aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """Clocks jump over this time. `resumes_at`: the first instant after the jump, in the zone."""

    resumes_at: datetime


@dataclass(frozen=True, slots=True)
class Twice:
    """Clocks show this time twice; both instants, in the zone."""

    first: datetime
    second: datetime


WallTime = Exact | Skipped | Twice


@dataclass(frozen=True, slots=True)
class Written:
    """An instant as it is written in a zone.

    `time` is "15:00", with seconds only where there are some. `fold` says which of two equal times
    is meant (0 the first, 1 the second); ``None``: it happens once.
    """

    day: date
    time: str
    fold: int | None


@dataclass(frozen=True, slots=True)
class Telling:
    """How somebody likes times to be told. `shows_utc`: with the same in UTC beside it."""

    twelve_hours: bool = False
    shows_utc: bool = False


_telling: ContextVar[Telling | None] = ContextVar("telling", default=None)


def telling() -> Telling:
    """Return how times are told here: plainly, outside of `told_as`."""
    return _telling.get() or Telling()


@contextmanager
def told_as(how: Telling) -> Iterator[None]:
    """Tell times this way in one request for a page. Nothing else ever comes in here."""
    token = _telling.set(how)
    try:
        yield
    finally:
        _telling.reset(token)


def at_wall(written: datetime, zone: tzinfo, fold: int | None = None) -> WallTime:
    """Return what a naive local time means in `zone`.

    `fold` is the answer to "which of the two": 0 the first, 1 the second, ``None`` not asked yet.
    It is ignored for times that happen once. Raises `OverflowError` at the ends of the calendar.
    """
    first = written.replace(tzinfo=zone, fold=0)
    second = written.replace(tzinfo=zone, fold=1)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != written:
        return Skipped(_end_of_gap(first, second, zone))
    if first.utcoffset() == second.utcoffset() or fold == 0:
        return Exact(first.astimezone(UTC))
    if fold == 1:
        return Exact(second.astimezone(UTC))
    return Twice(first, second)


def as_written(at: datetime, zone: tzinfo) -> Written:
    """Return how `at` is written in `zone`; `at_wall` reads it back, to the millisecond.

    A time field of a page takes no finer ones, and partners' times have no more.
    """
    local = at.astimezone(zone)
    if local.microsecond >= 1000:
        precision = "milliseconds"
    else:
        precision = "seconds" if local.second else "minutes"
    return Written(
        local.date(),
        local.time().isoformat(precision),
        local.fold if happens_twice(local) else None,
    )


def clock(at: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """Return "15:00", or "15:00:09"; "02:30 UTC+2" where clocks show the same time twice.

    Within `told_as` it is "3:00 pm" for those who like that better.
    """
    local = at.astimezone(zone)
    if telling().twelve_hours:
        text = f"{local:%I:%M:%S}" if seconds else f"{local:%I:%M}"
        text = f"{text.lstrip('0')} {'am' if local.hour < 12 else 'pm'}"
    else:
        text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{text} {offset_name(local)}" if happens_twice(local) else text


_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,6}))?)?)?"
    r"\s*(?P<half>[ap]\.?m?\.?)?",
    re.ASCII | re.IGNORECASE,
)


def read_clock(text: str) -> time | None:
    """Return the time of day that `text` means: "15:00", "3 pm", "12 am"; ``None`` for none.

    Hours alone need "am" or "pm": "3" may be a slip.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None or not (match["minute"] or match["half"]):
        return None
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    part = int((match["part"] or "").ljust(6, "0"))
    try:
        return time(hour, int(match["minute"] or 0), int(match["second"] or 0), part)
    except ValueError:
        return None


def as_clock(text: str) -> str:
    """Return a written time of day as its reader likes it: "15:00", or "3:00 pm" within `told_as`.

    Seconds stay where there are some. What is no time stays as it is.
    """
    at = read_clock(text)
    if at is None:
        return text
    precision = "milliseconds" if at.microsecond else "seconds" if at.second else "minutes"
    written = at.isoformat(precision)
    if not telling().twelve_hours:
        return written
    return f"{at.hour % 12 or 12}{written[2:]} {'am' if at.hour < 12 else 'pm'}"


def happens_twice(local: datetime) -> bool:
    """Return whether an aware time that exists in its zone is shown there a second time."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def offset_name(at: datetime) -> str:
    """Return "UTC+2" or "UTC+5:30" for an aware time."""
    offset = at.utcoffset() or timedelta(0)
    sign = "-" if offset < timedelta(0) else "+"
    hours, rest = divmod(abs(int(offset.total_seconds())), 3600)
    return f"UTC{sign}{hours}" + (f":{rest // 60:02d}" if rest else "")


def _end_of_gap(first: datetime, second: datetime, zone: tzinfo) -> datetime:
    """Return the instant of the jump, to the second; the folds of a skipped time lie around it."""
    origin = second.astimezone(UTC).replace(microsecond=0)
    before, after = 0, int((first.astimezone(UTC) - origin).total_seconds()) + 1
    offset_before = origin.astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if (origin + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset_before:
            before = middle
        else:
            after = middle
    return (origin + timedelta(seconds=after)).astimezone(zone)
