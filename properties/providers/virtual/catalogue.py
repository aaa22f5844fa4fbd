"""The faults in words: what each does, for people who switch it on, and what it can be tuned by.

Words alone; what a fault really does follows from `body`, `acceptance`, `mishaps` and `keypad`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from properties.choices import Fault


class Group(StrEnum):
    """How long a fault lasts, and who causes it."""

    CONDITION = "Conditions: they last"
    CALL = "Single calls"
    PEOPLE = "People at the lock"


@dataclass(frozen=True, slots=True)
class About:
    """One fault. `parameters` are names of the lock's traits that tune it."""

    group: Group
    help: str
    parameters: tuple[str, ...] = ()


def _condition(text: str, *parameters: str) -> About:
    return About(Group.CONDITION, text, parameters)


def _call(text: str, *parameters: str) -> About:
    return About(Group.CALL, text, (*parameters, "fault_share", "next_calls"))


def _people(text: str) -> About:
    return About(Group.PEOPLE, text, ("fault_share", "next_calls"))


CATALOGUE: Final[Mapping[Fault, About]] = {
    Fault.OFFLINE: _condition(
        "No call gets through and the account shows the lock as offline. Codes on it keep opening."
    ),
    Fault.HUB_DISCONNECTED: _condition(
        "As offline, and the account blames the hub. Codes on the lock keep opening."
    ),
    Fault.FLAKY: _condition(
        "One minute no call gets through, the next all do. The account calls the link unsteady."
    ),
    Fault.WAKES_RARELY: _condition(
        "It sleeps to save its battery and answers for one minute after waking. Each answer in "
        "between says when it wakes.",
        "wake_every_s",
    ),
    Fault.SLOW: _condition(
        "Each answer takes five times as long; one of more than 20 seconds is not waited for."
    ),
    Fault.ACCOUNT_DISCONNECTED: _condition(
        "The account lets nobody in: its locks are not listed, read or written. Concerns all its "
        "locks."
    ),
    Fault.REMOVED: _condition(
        "The account no longer lists the lock, and no call gets through. Codes on it keep opening."
    ),
    Fault.SUBSCRIPTION_REQUIRED: _condition(
        "New codes are refused, the account asks for a paid plan. Codes can be read and removed."
    ),
    Fault.INSUFFICIENT_PERMISSIONS: _condition(
        "Our login may look, and may neither put codes on the lock nor take them off."
    ),
    Fault.SUPPORT_LOST: _condition(
        "After a reset the lock takes no new PINs. Those on it open, and can be removed."
    ),
    Fault.POWER_SAVING: _condition(
        "It can be read; commands are refused until somebody switches power saving off."
    ),
    Fault.KEYPAD_DISCONNECTED: _condition(
        "Nobody can type. A lock with a separate keypad takes no new codes meanwhile."
    ),
    Fault.KEYPAD_BATTERY_FLAT: _condition(
        "As a keypad that is disconnected, with its battery shown at 2 %."
    ),
    Fault.BATTERY_LOW: _condition("The lock's battery is shown at 18 %. Nothing else happens."),
    Fault.BATTERY_CRITICAL: _condition(
        "The lock's battery is shown at 4 %. Nothing else happens."
    ),
    Fault.TIME_ZONE_UNKNOWN: _condition(
        "A lock with a timetable refuses codes with dates. Those without dates are taken."
    ),
    Fault.WRONG_CLOCK: _condition(
        "Its clock is ahead: a lock with a timetable starts and stops codes too early.",
        "clock_offset_s",
    ),
    Fault.CANNOT_SCHEDULE: _condition(
        "A lock with a timetable loses it: it refuses dates and forgets those of the codes on it, "
        "which open at once and keep opening."
    ),
    Fault.STRETCHES_ENDS: _condition(
        "The end of each new code is stored an hour late, as some locks do around a clock change."
    ),
    Fault.PRIVACY_MODE: _condition("The keypad works, and no PIN opens."),
    Fault.OFFICE_MODE: _condition("The keypad is switched off: no PIN is even heard."),
    Fault.MEMORY_FULL: _condition(
        "New codes are refused for want of room. Codes on the lock can be changed and removed."
    ),
    Fault.REFUSES_DUPLICATES: _condition("A PIN that another slot holds is refused."),
    Fault.REFUSES_NAMES: _condition("A name that another slot holds is refused."),
    Fault.MASKS_PINS: _condition("A reading shows which slots are filled, and no PIN."),
    Fault.LIES: _call("A command is answered with OK and not carried out."),
    Fault.LATE: _call(
        "A command is answered with OK and carried out later, over whatever came in between.",
        "late_by_s",
    ),
    Fault.LOSES_CODES: _call(
        "A code is put on the lock and is gone a while later.", "lost_after_s"
    ),
    Fault.DOES_THEN_FAILS: _call("A command is carried out and answered with an error."),
    Fault.FAILS_BEFORE: _call("A command is answered with an error and not carried out."),
    Fault.HALF_OPEN: _call(
        "The call is taken, a command is carried out, and no answer comes: after 20 seconds "
        "nobody waits any longer."
    ),
    Fault.DRIPS: _call(
        "The call goes through so slowly that nobody waits for its end; a command is carried out "
        "once it has arrived.",
        "drips_for_s",
    ),
    Fault.GARBAGE: _call(
        "A command is carried out; what comes back, to a reading as well, makes no sense."
    ),
    Fault.RATE_LIMITED: _call(
        "A command is refused with the request to wait a while.", "rate_limit_s"
    ),
    Fault.CANNOT_LIST: _call("A reading fails."),
    Fault.STALE_LIST: _call("A reading shows the lock as it was a while ago.", "stale_by_s"),
    Fault.EMPTY_LIST: _call("A reading shows no code at all."),
    Fault.MEDDLED_WITH: _people(
        "Before one reading in twenty, somebody changes, switches off or erases one of our codes "
        "at the keypad."
    ),
    Fault.FOREIGN_CODES: _people(
        "Before one reading in twenty, somebody makes a code in the maker's app; five at most."
    ),
}
