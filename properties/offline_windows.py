"""When a PIN may work that a maker computes offline: hours, days, and how times are rounded. Pure.

A lock reports what it offers in `properties.offline_time_frame_options`. Codes start on a full
hour of the lock's own zone and last for whole hours, for whole days at equal times of day, or from
one fixed time of day to another. A window that was asked for is made to fit by starting earlier
and ending later, never the other way round: the guest gets in for all the time asked for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=367)
"""How long a code may work where the lock names no limit."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# By the zone's offset then, so that its slots stay where they are however its clocks change.
_REFERENCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_FULL_HOUR: Final = re.compile(r"([01]\d|2[0-3]):00(?::00)?")
_DURATION: Final = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?")


@dataclass(frozen=True, slots=True)
class Frame:
    """One kind of window that a lock offers.

    `is_daily`: it starts and ends at the same time of day. `pairs`: it starts and ends at one of
    these pairs of times, on any two days; empty: at any full hour.
    """

    shortest: timedelta = HOUR
    longest: timedelta = LONGEST
    is_daily: bool = False
    pairs: tuple[tuple[time, time], ...] = ()

    def takes(self, length: timedelta) -> bool:
        """Return whether a window may last this long."""
        return self.shortest <= length <= self.longest

    def keeps_times(self, starts_at: datetime, ends_at: datetime, zone: tzinfo) -> bool:
        """Return whether a window starts and ends at times of day that are offered."""
        times = (starts_at.astimezone(zone).time(), ends_at.astimezone(zone).time())
        return not self.pairs or times in self.pairs


@dataclass(frozen=True, slots=True)
class Window:
    """A window as the lock offers it, in aware UTC."""

    starts_at: datetime
    ends_at: datetime
    is_daily: bool = False


def frames_of(properties: Mapping[str, Any]) -> tuple[Frame, ...]:
    """Return what a lock offers; a lock that reports nothing takes any number of hours.

    Fixed times of day that are no full hours are left out: no PIN starts then.
    """
    options = properties.get("offline_time_frame_options")
    if not options:
        return (Frame(),)
    return tuple(
        Frame(
            shortest=_duration(option.get("min_duration"), HOUR),
            longest=_duration(option.get("max_duration"), LONGEST),
            is_daily=option.get("matching_start_end_time") is True,
            pairs=_pairs(option.get("time_pairs") or ()),
        )
        for option in options
        if isinstance(option, Mapping)
        and (not option.get("time_pairs") or _pairs(option["time_pairs"]))
    )


def fit(
    starts_at: datetime,
    ends_at: datetime,
    frames: Sequence[Frame],
    zone: tzinfo,
    *,
    most: timedelta,
) -> Window | None:
    """Return the window a lock offers that covers the wanted one and differs from it the least.

    Neither end is moved by more than `most`; ``None``: there is no such window.
    """
    try:
        found = [
            window
            for frame in frames
            for window in (
                [_from_pair(starts_at, ends_at, frame, pair, zone) for pair in frame.pairs]
                or [_covering(starts_at, ends_at, frame, zone)]
            )
        ]
    except OverflowError:  # the end of the calendar
        return None
    fitting = [
        window
        for window in found
        if window is not None
        and starts_at - window.starts_at <= most
        and window.ends_at - ends_at <= most
    ]
    return min(fitting, key=lambda window: window.ends_at - window.starts_at, default=None)


def fit_one_time(
    starts_at: datetime,
    ends_at: datetime,
    zone: tzinfo,
    *,
    lasts: timedelta | None,
    most: timedelta,
) -> Window | None:
    """Return the window of a code that opens once; `lasts` as in `Capabilities.one_time_lasts`."""
    start = slot_start(slot_of(starts_at, zone), zone)
    end = start + (lasts or _hours_up(ends_at - start))
    if end < ends_at or starts_at - start > most or end - ends_at > most:
        return None
    return Window(start, end)


def offer_of(frames: Sequence[Frame]) -> str:
    """Return what a lock offers: "1 hour to 28 days, or 29 to 60 days at the same time of day"."""
    return ", or ".join(
        f"{_times(frame.pairs)}, up to {_words(frame.longest)}"
        if frame.pairs
        else f"{frame.shortest // DAY} to {frame.longest // DAY} days at the same time of day"
        if frame.is_daily
        else f"{_words(frame.shortest)} to {_words(frame.longest)}"
        for frame in frames
    )


def slot_of(at: datetime, zone: tzinfo) -> int:
    """Return the number of the hour, in the lock's zone, in which `at` lies."""
    return (at - _EPOCH + _phase(zone)) // HOUR


def slot_start(slot: int, zone: tzinfo) -> datetime:
    """Return when the hour of this number begins (aware UTC)."""
    return _EPOCH + slot * HOUR - _phase(zone)


def slot_bounds(window: Window, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the stretch of time within which the starts of codes are counted together.

    The hour in which the window starts, or its whole local day where it lasts for days.
    """
    if not window.is_daily:
        return window.starts_at, window.starts_at + HOUR
    midnight = window.starts_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC), (midnight + DAY).astimezone(UTC)


def days_later(starts_at: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the same time of day in the lock's zone so many days later (aware UTC)."""
    return (starts_at.astimezone(zone) + days * DAY).astimezone(UTC)


def days_between(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> int | None:
    """Return how many days lie between two equal times of day; ``None``: they are not equal."""
    days = (ends_at.astimezone(zone).date() - starts_at.astimezone(zone).date()).days
    return days if days_later(starts_at, days, zone) == ends_at else None


def _covering(starts_at: datetime, ends_at: datetime, frame: Frame, zone: tzinfo) -> Window | None:
    start = slot_start(slot_of(starts_at, zone), zone)
    if not frame.is_daily:
        length = max(_hours_up(ends_at - start), frame.shortest)
        return Window(start, start + length) if frame.takes(length) else None
    days = max(
        (ends_at.astimezone(zone).date() - start.astimezone(zone).date()).days,
        frame.shortest // DAY,
    )
    if not frame.takes(days * DAY):
        return None
    if days_later(start, days, zone) < ends_at:
        days += 1
    if not frame.takes(days * DAY):
        return None
    return Window(start, days_later(start, days, zone), is_daily=True)


def _from_pair(
    starts_at: datetime,
    ends_at: datetime,
    frame: Frame,
    pair: tuple[time, time],
    zone: tzinfo,
) -> Window | None:
    """Return the window between these times of day that covers the wanted one most closely."""
    start = _at_time(starts_at, pair[0], zone, days=0)
    if start > starts_at:
        start = _at_time(starts_at, pair[0], zone, days=-1)
    end = _at_time(ends_at, pair[1], zone, days=0)
    if end < ends_at:
        end = _at_time(ends_at, pair[1], zone, days=1)
    is_whole = end > start and not (end - start) % HOUR
    return Window(start, end) if is_whole and frame.takes(end - start) else None


def _at_time(at: datetime, clock: time, zone: tzinfo, *, days: int) -> datetime:
    day = at.astimezone(zone).date() + days * DAY
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _pairs(found: Any) -> tuple[tuple[time, time], ...]:
    pairs = []
    for pair in found if isinstance(found, Sequence) else ():
        times = (
            [_clock(pair.get(key)) for key in ("start_time", "end_time")]
            if isinstance(pair, Mapping)
            else []
        )
        if len(times) == 2 and times[0] is not None and times[1] is not None:
            pairs.append((times[0], times[1]))
    return tuple(pairs)


def _clock(text: Any) -> time | None:
    """Return a time of day that is a full hour, else ``None``."""
    found = _FULL_HOUR.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else time(int(found[1]))


def _times(pairs: Sequence[tuple[time, time]]) -> str:
    words = [f"{start:%H:%M} to {end:%H:%M}" for start, end in pairs]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _hours_up(length: timedelta) -> timedelta:
    return -(-length // HOUR) * HOUR


def _phase(zone: tzinfo) -> timedelta:
    """Return by how much the zone's hours are ahead of UTC's: 30 min in India, mostly nothing."""
    return (_REFERENCE.astimezone(zone).utcoffset() or timedelta(0)) % HOUR


def _duration(text: Any, otherwise: timedelta) -> timedelta:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return otherwise
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _words(span: timedelta) -> str:
    count, unit = (
        (span // DAY, "day") if span >= DAY and not span % DAY else (span // HOUR, "hour")
    )
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
