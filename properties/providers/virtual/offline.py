"""PINs that open a virtual lock without its ever having been told of them. Pure.

Maker and lock share a secret and the time. The second half of the digits proves the window, the
first tells how long it is, masked so that nobody else can read it. The lock only has to try the
hours in which a code can have started. Nothing is sent, nothing can be taken back, and the lock
remembers only what was typed at it: a PIN that opens once stays used, and where a make wants PINs
to be used early, one that was counts on.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from locksite.masked import Pin
from properties.offline_windows import (
    DAY,
    HOUR,
    LONGEST,
    Frame,
    days_between,
    days_later,
    frames_of,
    slot_of,
    slot_start,
)
from properties.providers.base import OfflineWindow, Refused, Retry
from properties.providers.virtual.keypad import Reason
from properties.providers.virtual.makes import Make

MOST_PER_START: Final = 10
# Both halves of a PIN have so many digits; they bound how long a window may be.
_HALF: Final = 5
_HALVES: Final = 10**_HALF


class Kind(StrEnum):
    """How the length of a window is counted."""

    HOURLY = "hourly"
    DAILY = "daily"
    ONE_TIME = "one_time"


@dataclass(frozen=True, slots=True)
class Grant:
    """What is folded into the digits of one PIN: all that the lock learns from them.

    `start` numbers the hour in which it begins; `length` is in hours, for daily ones in days.
    """

    kind: Kind
    start: int
    length: int
    ordinal: int

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return from when to when it opens the lock (aware UTC)."""
        begins = slot_start(self.start, zone)
        if self.kind is Kind.DAILY:
            return begins, days_later(begins, self.length, zone)
        return begins, begins + self.length * HOUR


def granted(make: Make, window: OfflineWindow, zone: tzinfo) -> Grant:
    """Return what the maker folds into the PIN for `window`. Raises `Refused`, with the rule."""
    if not make.computes_offline:
        raise _no("The maker of this lock computes no offline codes.")
    start = slot_of(window.starts_at, zone)
    if slot_start(start, zone) != window.starts_at:
        raise _no("An offline code starts on a full hour.")
    limit = make.one_time_per_start if window.is_one_time else make.offline_per_start
    if window.is_one_time and not make.offers_one_time:
        raise _no("The maker of this lock computes no one-time codes.")
    if window.ordinal > min(MOST_PER_START, limit or MOST_PER_START):
        raise _no("As many offline codes as the lock takes start then already.")
    kind, length = _length(make, window, zone)
    return Grant(kind, start, length, window.ordinal)


def _length(make: Make, window: OfflineWindow, zone: tzinfo) -> tuple[Kind, int]:
    lasts = window.ends_at - window.starts_at
    hours, rest = divmod(lasts, HOUR)
    if window.is_one_time:
        if rest or lasts > LONGEST or make.one_time_lasts not in {None, lasts}:
            raise _no("The lock takes no one-time codes of this length.")
        return Kind.ONE_TIME, hours
    for frame in _frames(make):
        days = days_between(window.starts_at, window.ends_at, zone)
        if frame.is_daily and days is not None and frame.takes(days * DAY):
            return Kind.DAILY, days
        if frame.is_daily or rest or not frame.takes(lasts):
            continue
        if frame.keeps_times(window.starts_at, window.ends_at, zone):
            return Kind.HOURLY, hours
    raise _no("The lock takes no offline codes of this length.")


def pin_of(secret: bytes, grant: Grant) -> Pin:
    """Return the PIN of a grant on the lock with this secret: ten digits."""
    proof = _proof(secret, grant)
    told = grant.length * MOST_PER_START + grant.ordinal - 1
    head = (told + _mask(secret, grant.kind, grant.start, proof)) % _HALVES
    return Pin(f"{head:0{_HALF}}{proof:0{_HALF}}")


def _read(secret: bytes, kind: Kind, start: int, pin: Pin) -> Grant | None:
    """Return the grant that these digits are, if it is one of this kind and hour."""
    head, proof = int(pin.digits[:_HALF]), int(pin.digits[_HALF:])
    told = (head - _mask(secret, kind, start, proof)) % _HALVES
    length, number = divmod(told, MOST_PER_START)
    grant = Grant(kind, start, length, number + 1)
    return grant if _proof(secret, grant) == proof else None


def _proof(secret: bytes, grant: Grant) -> int:
    return _number(secret, f"proof:{grant.kind}:{grant.start}:{grant.length}:{grant.ordinal}")


def _mask(secret: bytes, kind: Kind, start: int, proof: int) -> int:
    return _number(secret, f"mask:{kind}:{start}:{proof}")


def _number(secret: bytes, text: str) -> int:
    """Return a number below a half's reach that only who has the secret can tell."""
    return int.from_bytes(hmac.digest(secret, text.encode(), "sha256")[:8]) % _HALVES


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the lock makes of typed digits: why it stays shut (``None``: it opens), which grant."""

    reason: Reason | None
    grant: Grant | None = None


def judge(
    make: Make,
    secret: bytes,
    pin: Pin,
    now: datetime,
    zone: tzinfo,
    *,
    used: Mapping[Grant, datetime],
) -> Attempt:
    """Return what happens when `pin` is typed at `now`: the time on the lock's own clock, in UTC.

    `used` says what has opened this lock before, and when for the first time.
    """
    for grant in used:
        if pin_of(secret, grant) == pin:
            begins, ends = grant.bounds(zone)
            is_open = begins <= now < ends and grant.kind is not Kind.ONE_TIME
            return Attempt(None if is_open else Reason.EXPIRED_CODE, grant)
    grant_now = _unused(make, secret, pin, now, zone)
    return Attempt(Reason.UNKNOWN_CODE if grant_now is None else None, grant_now)


def _unused(make: Make, secret: bytes, pin: Pin, now: datetime, zone: tzinfo) -> Grant | None:
    """Return the grant that these digits are, if it is open and may still be used first now."""
    if not (pin.digits.isascii() and pin.digits.isdigit() and len(pin.digits) == 2 * _HALF):
        return None
    current, reach = slot_of(now, zone), make.first_use_within or _longest(make)
    for start in range(current, current - reach // HOUR - 1, -1):
        for kind in Kind:
            grant = _read(secret, kind, start, pin)
            if grant is not None and _is_offered(make, grant, zone):
                begins, ends = grant.bounds(zone)
                is_in_time = now - begins < reach
                if is_in_time and begins <= now < ends:
                    return grant
    return None


def _is_offered(make: Make, grant: Grant, zone: tzinfo) -> bool:
    begins, ends = grant.bounds(zone)
    window = OfflineWindow("", begins, ends, grant.kind is Kind.ONE_TIME, grant.ordinal)
    try:
        return granted(make, window, zone) == grant
    except Refused:
        return False


def _frames(make: Make) -> tuple[Frame, ...]:
    """Return what the make offers, in the shape in which its locks report it."""
    frames = frames_of({"offline_time_frame_options": make.offline_time_frames})
    if make.time_slots is None:
        return frames
    pairs = frames_of({"offline_time_frame_options": [{"time_pairs": make.time_pairs}]})
    return tuple(replace(frame, pairs=one.pairs) for frame in frames for one in pairs)


def _longest(make: Make) -> timedelta:
    return max((frame.longest for frame in _frames(make)), default=HOUR)


def _no(sentence: str) -> Refused:
    return Refused("code_constraints_violated", sentence, Retry.ON_WISH)
