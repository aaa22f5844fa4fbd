"""From a wall clock to an instant, and back into words. Pure.

People at the desk read and write the time of their property. Two things can be wrong with a
written time: on the day when clocks go forward it may not exist, when they go back it may happen
twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

# ---- A written time -----------------------------------------------------------------------------


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


def at_wall(written: datetime, zone: tzinfo, fold: int | None = None) -> WallTime:
    """Return what a naive local time means in `zone`.

    `fold` is the answer to "which of the two": 0 the first, 1 the second, ``None`` not asked yet.
    It is ignored for times that happen once.
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


def _end_of_gap(first: datetime, second: datetime, zone: tzinfo) -> datetime:
    """Return the instant of the jump: the two folds of a skipped time lie on its two sides."""
    before, after = second.astimezone(UTC), first.astimezone(UTC)
    offset_before = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset_before:
            before = middle
        else:
            after = middle
    return (after + timedelta(milliseconds=500)).replace(microsecond=0).astimezone(zone)


def offset_name(at: datetime) -> str:
    """Return "UTC+2" or "UTC+5:30" for an aware time."""
    offset = at.utcoffset() or timedelta(0)
    sign = "-" if offset < timedelta(0) else "+"
    hours, rest = divmod(abs(int(offset.total_seconds())), 3600)
    return f"UTC{sign}{hours}" + (f":{rest // 60:02d}" if rest else "")


# ---- Words --------------------------------------------------------------------------------------


def clock(at: datetime, zone: tzinfo) -> str:
    """Return "15:00"."""
    return f"{at.astimezone(zone):%H:%M}"


def day_and_month(day: date, today: date) -> str:
    """Return "26 Nov", with the year where it is not this one."""
    text = f"{day.day} {day:%b}"
    return text if day.year == today.year else f"{text} {day.year}"


def day(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return "today", "tomorrow", "yesterday", "Thu" within six days, else "Thu 26 Nov"."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    days = (local - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    if abs(days) <= 6:
        return f"{local:%a}"
    return f"{local:%a} {day_and_month(local, today)}"


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return "today 15:00", "Thu 15:00" or "Thu 26 Nov 15:00"."""
    return f"{day(at, zone, now)} {clock(at, zone)}"


def full_moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return "Thu 26 Nov 15:00", whatever the day."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    return f"{local:%a} {day_and_month(local, today)} {clock(at, zone)}"


def short_moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return what fits beside an event: "09:14" today, "Sun 18:20" this week, else "2 Nov"."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return clock(at, zone)
    if abs((local - today).days) <= 6:
        return f"{local:%a} {clock(at, zone)}"
    return day_and_month(local, today)


def in_sentence(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return the time inside a sentence: "today at 09:14", "on Sun at 18:20", "on 2 Nov"."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return f"today at {clock(at, zone)}"
    days = (local - today).days
    if days in {-1, 1}:
        return f"{day(at, zone, now)} at {clock(at, zone)}"
    if abs(days) <= 6:
        return f"on {local:%a} at {clock(at, zone)}"
    return f"on {day_and_month(local, today)}"


def with_time(sentence: str, at: datetime | None, zone: tzinfo, now: datetime) -> str:
    """Return the sentence with ``{at}`` in words: "since 08:51", "disconnected today at 09:14"."""
    if at is None:
        return sentence.replace(" {at}", "").replace("{at}", "")
    since = short_moment(at, zone, now)
    return sentence.replace("since {at}", f"since {since}").replace(
        "{at}", in_sentence(at, zone, now)
    )


def window(
    starts_at: datetime | None, ends_at: datetime | None, zone: tzinfo, now: datetime
) -> str:
    """Return "today 15:00 to Fri 11:00", or "until removed" where there is no window."""
    if starts_at is None or ends_at is None:
        return "until removed"
    return f"{moment(starts_at, zone, now)} to {moment(ends_at, zone, now)}"


def nights(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> str:
    """Return "1 night", "4 nights", or "" for a stay within one day."""
    number = (ends_at.astimezone(zone).date() - starts_at.astimezone(zone).date()).days
    if number < 1:
        return ""
    return "1 night" if number == 1 else f"{number} nights"


def span(length: timedelta) -> str:
    """Return "12 s", "2 min", "1 h 28 min" or "3 days"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        rest = minutes - 60 * hours
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


def capital(text: str) -> str:
    """Return the text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """Return the text with its first letter small, unless it begins with a word like PIN."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
