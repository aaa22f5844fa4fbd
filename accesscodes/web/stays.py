"""The usual stays, as buttons and as the first values of a form. Pure; local times throughout.

Nights are days of the calendar: a stay keeps its check-out time over a change of clocks, and lasts
an hour less or more.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from accesscodes.choices import Kind


@dataclass(frozen=True, slots=True)
class Stay:
    """A button that fills in the dates."""

    key: str
    label: str
    start_date: str
    start_time: str
    end_date: str
    end_time: str

    def values(self) -> dict[str, str]:
        """Return the fields it fills in."""
        return {
            "kind": str(Kind.TIME_BOUND),
            "start_date": self.start_date,
            "start_time": self.start_time,
            "end_date": self.end_date,
            "end_time": self.end_time,
            "start_fold": "",
            "end_fold": "",
        }


def quick_stays(
    now: datetime, zone: tzinfo, check_in: time, check_out: time, *, is_ahead: bool = False
) -> tuple[Stay, ...]:
    """Return the usual stays, by the property's check-in and check-out times; tonight first.

    A stay from today begins at check-in, or now where that is past. `is_ahead`: the lock takes
    only what begins in the future, so that "now" is the next full five minutes.
    """
    local = (now + timedelta(minutes=5) if is_ahead else now).astimezone(zone)
    today = local.date()
    five_minutes = local.time().replace(minute=local.minute - local.minute % 5, second=0)
    from_now = max(check_in, five_minutes.replace(microsecond=0))

    def stay(key: str, label: str, nights: int, first: date = today) -> Stay:
        return Stay(
            key,
            label,
            first.isoformat(),
            f"{from_now if first == today else check_in:%H:%M}",
            (first + timedelta(days=nights)).isoformat(),
            f"{check_out:%H:%M}",
        )

    weekday = today.weekday()  # Monday is 0
    friday = today + timedelta(days=max(4 - weekday, 0))
    weekend_nights = min(2, max(6 - weekday, 1))
    return (
        stay("tonight", "Tonight", 1),
        stay("two", "2 nights", 2),
        stay("weekend", "Weekend", weekend_nights, friday),
        stay("week", "1 week", 7),
        replace(
            stay("walk-in", "Walk-in now", 1),
            start_time=f"{five_minutes.replace(microsecond=0):%H:%M}",
        ),
    )
