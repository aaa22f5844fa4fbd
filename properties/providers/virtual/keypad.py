"""Whether a PIN typed at a virtual lock opens the door, from its memory and its clock. Pure.

It asks nobody: not what we believe is on the lock, not the cloud, not whether a process runs. A
lock that keeps a timetable starts and stops its codes here, by its own clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from locksite.masked import Pin
from properties.providers.virtual.memory import Entry


class Reason(StrEnum):
    """Why a door stayed shut.

    The first four are reason codes of the wire's `lock.access_denied`. The others mean that
    nobody could type: the lock never heard of it.
    """

    UNKNOWN_CODE = "unknown_code"
    EXPIRED_CODE = "expired_code"
    CREDENTIAL_ERROR = "credential_error"
    BLOCKED_BY_PRIVACY_MODE = "blocked_by_privacy_mode"
    KEYPAD_DISCONNECTED = "keypad_disconnected"
    KEYPAD_BATTERY_FLAT = "keypad_battery_flat"
    NO_KEYPAD = "no_keypad"
    OFFICE_MODE = "office_mode"


# The lock heard nothing, so there is nothing that it could report.
UNHEARD = frozenset(
    {
        Reason.KEYPAD_DISCONNECTED,
        Reason.KEYPAD_BATTERY_FLAT,
        Reason.NO_KEYPAD,
        Reason.OFFICE_MODE,
    }
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What happened. `slot` is the entry that the PIN met, also where that entry did not open."""

    opened: bool
    slot: int | None
    reason: Reason | None


def opens(
    memory: Mapping[int, Entry],
    pin: Pin,
    now: datetime,
    *,
    keeps_window: bool,
    dead_keypad: Reason | None = None,
    privacy_mode: bool = False,
) -> Opening:
    """Return whether `pin` opens the door at `now`: the time on the lock's own clock, in UTC.

    `dead_keypad` says why nobody can type, if nobody can. Without `keeps_window` dates are
    ignored. Where several entries hold the PIN, one that opens wins, then the lowest slot.
    """
    if dead_keypad is not None:
        return Opening(opened=False, slot=None, reason=dead_keypad)
    met = {slot: entry for slot, entry in memory.items() if entry.pin == pin}
    if not met:
        return Opening(opened=False, slot=None, reason=Reason.UNKNOWN_CODE)
    judged = {slot: _why_not(entry, now, keeps_window=keeps_window) for slot, entry in met.items()}
    slot = min(judged, key=lambda slot: (judged[slot] is not None, slot))
    reason = judged[slot]
    if reason is None and privacy_mode:
        reason = Reason.BLOCKED_BY_PRIVACY_MODE
    return Opening(opened=reason is None, slot=slot, reason=reason)


def _why_not(entry: Entry, now: datetime, *, keeps_window: bool) -> Reason | None:
    if not entry.is_enabled:
        return Reason.CREDENTIAL_ERROR
    if keeps_window and entry.ends_at is not None and now >= entry.ends_at:
        return Reason.EXPIRED_CODE
    if keeps_window and entry.starts_at is not None and now < entry.starts_at:
        return Reason.CREDENTIAL_ERROR
    return None
