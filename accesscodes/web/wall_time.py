"""Instants in words, in the time of the property. Pure.

How a wall clock is read, and which of two equal times is meant, stands in `locksite.local_time`.
"""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from locksite import ages
from locksite.local_time import clock

span = ages.span


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


def days_between(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> int:
    """Return the days of the calendar from one to the other: 1 from evening to next morning."""
    return (ends_at.astimezone(zone).date() - starts_at.astimezone(zone).date()).days


def nights(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> str:
    """Return "1 night", "4 nights", or "" for a stay within one day."""
    number = days_between(starts_at, ends_at, zone)
    if number < 1:
        return ""
    return "1 night" if number == 1 else f"{number} nights"


def capital(text: str) -> str:
    """Return the text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """Return the text with its first letter small, unless it begins with a word like PIN."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def in_words(names: Sequence[str], *, most: int | None = None) -> str:
    """Return "A, B and C"; with `most`, no more names than that: "A, B, C and 2 more"."""
    shown = list(names if most is None else names[:most])
    if len(shown) < len(names):
        shown.append(f"{len(names) - len(shown)} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
