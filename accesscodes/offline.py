"""Offline codes: which windows a lock's maker computes PINs for, and how many of them are left.

The window that is wished for is rounded when the code is issued, so what people see is what the
PIN does. Asking the maker is the engine's work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from accesscodes.models import AccessCode
from locksite.errors import RuleBroken
from properties.models import Device
from properties.offline_windows import (
    DAY,
    HOUR,
    Frame,
    Window,
    days_between,
    fit,
    fit_one_time,
    frames_of,
    offer_of,
    slot_bounds,
)
from properties.providers.base import OfflineWindow

ROUNDING: Final = HOUR
"""How far a window may be stretched at either end, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the maker of one lock computes PINs for, in the lock's own zone."""

    frames: Sequence[Frame]
    zone: tzinfo
    has_one_time: bool
    one_time_lasts: timedelta | None

    @classmethod
    def of(cls, device: Device) -> "Offer":
        """Return what this lock's maker offers."""
        return cls(
            frames=frames_of(device.properties),
            zone=_zone(device),
            has_one_time=device.capabilities.offers_one_time,
            one_time_lasts=device.capabilities.one_time_lasts,
        )

    @property
    def has_days(self) -> bool:
        """Return whether it tells codes of whole days from codes of hours."""
        return any(frame.is_daily for frame in self.frames)

    def window(
        self, starts_at: datetime, ends_at: datetime, *, is_one_time: bool, most: timedelta
    ) -> Window:
        """Return the window that a PIN gets which is wished for from `starts_at` to `ends_at`.

        It covers the wish, and neither end is moved by more than `most`. Raises `RuleBroken`.
        """
        if not is_one_time:
            found = fit(starts_at, ends_at, self.frames, self.zone, most=most)
            if found is None:
                raise _no(f"This lock offers offline codes for {offer_of(self.frames)}.")
            return found
        if not self.has_one_time:
            message = "This lock offers no one-time codes."
            raise RuleBroken("invalid_input", message, "is_one_time_use")
        found = fit_one_time(starts_at, ends_at, self.zone, lasts=self.one_time_lasts, most=most)
        if found is None:
            hours = "" if self.one_time_lasts is None else f"{self.one_time_lasts // HOUR} "
            raise _no(f"A one-time code on this lock works for {hours}hours from its start.")
        return found


def check_room(device: Device, window: Window, *, is_one_time: bool) -> None:
    """Raise `RuleBroken` where as many offline codes as the maker computes start then already."""
    limit = _limit(device, is_one_time=is_one_time)
    if limit is not None and len(_beside(device, window, is_one_time=is_one_time)) >= limit:
        what = "one-time codes" if is_one_time else "offline codes"
        slot = "on this day" if window.is_daily else "in this hour"
        raise RuleBroken(
            "invalid_input",
            f"{limit} {what} start {slot} already, and the lock's maker gives no more.",
            "starts_at",
        )


def asked_of_maker(code: AccessCode) -> OfflineWindow:
    """Return what the maker is asked for this code.

    Its ordinal is the first that no other code of the slot has used up: a PIN that was computed
    and not written down is computed again.
    """
    if code.starts_at is None or code.ends_at is None:
        raise ValueError("an offline code has a window")
    window = _window_of(code)
    computed = [
        other
        for other in _beside(code.device, window, is_one_time=code.is_one_time_use)
        if other.pin_index is not None and other.pk != code.pk
    ]
    return OfflineWindow(
        name=code.name,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        is_one_time=code.is_one_time_use,
        ordinal=len(computed) + 1,
    )


def _limit(device: Device, *, is_one_time: bool) -> int | None:
    can = device.capabilities
    return can.one_time_per_start if is_one_time else can.offline_per_start


def _beside(device: Device, window: Window, *, is_one_time: bool) -> list[AccessCode]:
    """Return the codes that are counted together with one of this window."""
    first, end = slot_bounds(window, _zone(device))
    rows = AccessCode.objects.offline_within(device, first, end).filter(
        is_one_time_use=is_one_time
    )
    return [
        row for row in rows.select_related("device") if _window_of(row).is_daily is window.is_daily
    ]


def _window_of(code: AccessCode) -> Window:
    """Return the window of an offline code, which was rounded when it was issued."""
    if code.starts_at is None or code.ends_at is None:
        raise ValueError("an offline code has a window")
    days = days_between(code.starts_at, code.ends_at, _zone(code.device))
    is_daily = (
        not code.is_one_time_use
        and days is not None
        and any(
            frame.is_daily and frame.takes(days * DAY)
            for frame in frames_of(code.device.properties)
        )
    )
    return Window(code.starts_at, code.ends_at, is_daily)


def _zone(device: Device) -> tzinfo:
    return ZoneInfo(device.time_zone) if device.time_zone else UTC


def _no(sentence: str) -> RuleBroken:
    return RuleBroken("invalid_input", sentence, "ends_at")
