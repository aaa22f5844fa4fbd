"""A guest stands at the door: what to do, the fastest that is safe first. Pure.

A step is offered only where it can work for the cause at hand: what is typed does not help at a
dead keypad, what is sent does not help with a lock that cannot be reached.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from statistics import median

from accesscodes.web import wall_time
from accesscodes.web.states import MEDDLED

SECONDS = "A few seconds"
MINUTE = "About a minute"
NOW = "At once"
USUALLY = timedelta(minutes=3)
"""What is said of a lock that has never been timed."""


class Way(StrEnum):
    """A way to get the guest in."""

    START_NOW = "start_now"
    UNDO = "undo"
    SHOW_PIN = "show_pin"
    OLD_PIN = "old_pin"
    SHOW_BACKUP = "show_backup"
    USE_BACKUP = "use_backup"
    OPEN = "open"
    RETRY = "retry"
    CHANGE_PIN = "change_pin"
    RESTORE = "restore"
    ISSUE = "issue"
    OFFLINE = "offline"
    WAIT = "wait"
    PLAN_B = "plan_b"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: what to do, why it works here, how long it takes."""

    way: Way
    title: str
    reason: str
    wait: str


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """What is known when somebody asks.

    `key` is that of the code's state. `is_shut`: whatever is typed, no PIN opens this door now,
    for the reason `shut_by`. `is_reached`: the lock is online and takes codes. `still_opens`: the
    lock holds an older PIN of this code that works until the new one is there. `usual` is how long
    the lock takes for a code, from its history; ``None``: not known. `can_open`: the bolt can be
    moved from afar. `how_to_type` is the house's own sentence for guests. `is_proven`: the lock
    was seen to hold what is wanted, so that nothing needs to be sent. Times are aware UTC.
    """

    key: str
    starts_at: datetime | None
    now: datetime
    zone: tzinfo
    door: str
    has_pin: bool = True
    is_offline_code: bool = False
    is_shut: bool = False
    shut_by: str = ""
    is_reached: bool = True
    still_opens: bool = False
    has_backup: bool = False
    is_backup_in_use: bool = False
    can_open: bool = False
    takes_offline: bool = False
    has_plan_b: bool = False
    usual: timedelta | None = None
    how_to_type: str = ""
    is_proven: bool = False


OPENS = frozenset({"set", "set_early", "set_warn", "loaded", "loaded_unseen", "offline_ok"})
"""States in which the PIN opens the door, or very likely does."""

LEAVING = frozenset({"gone", "removing", "slow_remove", "stuck_remove", "expired"})
"""States of codes whose guest is to get in no more: nobody opens the door from afar for one."""

UNDER_WAY = frozenset({"setting", "new_pin", "updating", "slow_set", "scheduled"})
OTHER_PIN = frozenset({"duplicate", "refused"})
FRUITLESS = OTHER_PIN | {"full", "waits_for_slot", "not_accepted", "no_pin", "slow_pin"}
"""States in which sending the same once more ends the same."""


def ladder(door: AtTheDoor) -> tuple[Step, ...]:
    """Return the ways in, best first. There is always one: the last is to go and open."""
    return tuple(_steps(door))


def usual_wait(answers: Iterable[timedelta]) -> timedelta | None:
    """Return how long a lock takes in the middle of its last answers, ``None`` without any."""
    lengths = [answer.total_seconds() for answer in answers]
    return timedelta(seconds=median(lengths)) if lengths else None


def _steps(door: AtTheDoor) -> Iterator[Step]:
    if not door.is_shut:
        yield from _with_a_pin_that_is_there(door)
    if door.can_open and door.key not in LEAVING:
        yield Step(
            Way.OPEN,
            f"Open {door.door} from here",
            "The lock moves its bolt when it is told to. Make sure that the right guest is there.",
            SECONDS,
        )
    if not door.is_shut:
        yield from _with_a_pin_that_is_sent(door)
    yield _plan_b(door)


def _with_a_pin_that_is_there(door: AtTheDoor) -> Iterator[Step]:
    if door.key in OPENS and door.has_pin and (not _is_early(door) or door.key == "set_early"):
        doubt = {
            "loaded_unseen": "It very likely opens: the lock had it when it was last heard.",
            "set_warn": "It is on the lock. There is a warning, so try it at once.",
            "offline_ok": "The lock knows this PIN by its own clock.",
        }.get(door.key, "It is on the lock.")
        reason = f"{doubt} {door.how_to_type}".rstrip()
        yield Step(Way.SHOW_PIN, "Show the PIN and say how to type it", reason, NOW)
    if door.key == "undo":
        yield Step(Way.UNDO, "Undo the delete", "The code is still on the lock, for seconds.", NOW)
    if door.still_opens:
        yield Step(
            Way.OLD_PIN,
            "Let the guest use the PIN from before the change",
            "It opens until the lock has the new one.",
            NOW,
        )
    if door.is_backup_in_use:
        yield Step(
            Way.SHOW_BACKUP,
            "Give the guest the PIN of the backup code",
            "A backup code was taken for this guest and is on the lock.",
            NOW,
        )
    elif door.has_backup and door.key not in LEAVING and door.key != "offline_ok":
        yield Step(
            Way.USE_BACKUP,
            "Use a backup code",
            "A spare PIN is on this lock already and opens even while the lock is offline.",
            SECONDS,
        )


def _with_a_pin_that_is_sent(door: AtTheDoor) -> Iterator[Step]:
    if door.is_reached and not door.is_offline_code:
        yield from _on_the_way(door)
    if door.takes_offline and door.key != "offline_ok":
        yield Step(
            Way.OFFLINE,
            "Issue an offline code",
            "The lock's maker computes it. Nothing has to reach the lock.",
            MINUTE,
        )


def _on_the_way(door: AtTheDoor) -> Iterator[Step]:
    if _is_early(door):
        if door.key in OPENS | UNDER_WAY and door.key != "set_early":
            yield Step(
                Way.START_NOW,
                "Let the stay begin now",
                f"The PIN opens the door only from {_start(door)}.",
                _sent(door),
            )
    elif door.key in OTHER_PIN:
        yield Step(
            Way.CHANGE_PIN,
            "Give the code a free PIN",
            "This PIN cannot go on the lock; another one can.",
            _sent(door),
        )
    elif door.key in MEDDLED:
        yield Step(
            Way.RESTORE,
            "Put the code back on the lock",
            "It was changed in the lock's app. The lock gets the PIN that stands here.",
            _sent(door),
        )
    elif door.key in {"setting", "new_pin", "updating"}:
        yield Step(
            Way.WAIT, "Wait for the lock", "The PIN is on its way to the lock now.", _sent(door)
        )
    elif (
        door.key not in OPENS | LEAVING | FRUITLESS | {"undo"}
        and door.has_pin
        and not door.is_proven
    ):
        yield Step(
            Way.RETRY,
            "Try again",
            "Sends the same PIN again, without waiting for the next try.",
            _sent(door),
        )
    if door.key not in OPENS | UNDER_WAY | {"full", "waits_for_slot", "undo"}:
        yield Step(
            Way.ISSUE,
            "Issue a new code for this door",
            "A code of its own does not depend on this one.",
            _sent(door),
        )


def _is_early(door: AtTheDoor) -> bool:
    return door.starts_at is not None and door.starts_at > door.now


def _start(door: AtTheDoor) -> str:
    return "" if door.starts_at is None else wall_time.moment(door.starts_at, door.zone, door.now)


def _sent(door: AtTheDoor) -> str:
    """Return how long it takes until the lock has what it is sent."""
    if door.usual is None:
        return f"Usually within {wall_time.span(USUALLY)}"
    return f"This lock usually takes {wall_time.span(max(door.usual, timedelta(seconds=1)))}"


def _plan_b(door: AtTheDoor) -> Step:
    reason = door.shut_by if door.is_shut else "It works whatever is wrong with lock and code."
    if door.has_plan_b:
        return Step(Way.PLAN_B, "Go by Plan B", reason, "As long as the way there")
    return Step(
        Way.PLAN_B,
        "Let the guest in yourself",
        f"{reason} No Plan B is written down for this property.",
        "As long as the way there",
    )
