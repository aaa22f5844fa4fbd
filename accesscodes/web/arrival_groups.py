"""Which arrivals need somebody: act now, watch, or ready. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accesscodes.web.states import LATE_AFTER, CodeState, Tone
from properties.capabilities import Cause, LockVerdict, Verdict

AHEAD = timedelta(hours=48)
"""An arrival is listed this long before the code starts."""

BEHIND = timedelta(hours=12)
"""An arrival stays listed this long after the code started."""

SENT_BY = timedelta(hours=2)
"""A code that is still on its way this shortly before its start is worth a look."""


class Group(StrEnum):
    """What an arrival asks of the desk, most urgent first."""

    ACT = "act"
    WATCH = "watch"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class GroupWords:
    """How a group is headed."""

    label: str
    tone: Tone
    icon: str
    hint: str


GROUPS: Mapping[Group, GroupWords] = {
    Group.ACT: GroupWords("Act now", Tone.BAD, "octagon-alert", ""),
    Group.WATCH: GroupWords(
        "Watch", Tone.WARN, "triangle-alert", "Should work, not confirmed yet"
    ),
    Group.READY: GroupWords(
        "Ready", Tone.OK, "circle-check", "PIN confirmed on the lock or safely scheduled"
    ),
}

OPENS = frozenset(
    {
        "set",
        "set_early",
        "set_warn",
        "loaded",
        "loaded_unseen",
        "offline_ok",
        "updating",
        "ext_ok",
        "backup",
    }
)
"""States in which the guest has a PIN on the lock, perhaps with a doubt."""

SHUT_OUT = frozenset({"blocked", "set_shut"})
"""States in which the lock itself keeps the guest out, however far away the start is."""

HARMLESS = frozenset({"backup_low", "backup_empty"})
"""Cautions of a lock that cannot hurt a code which is still to be sent."""


def group_of(state: CodeState, lock: LockVerdict, starts_at: datetime, now: datetime) -> Group:
    """Return what this arrival asks of the desk.

    A code on a door that no PIN opens now counts as shut out too: its guest would stand there.
    """
    is_late = now - starts_at > LATE_AFTER and state.key not in OPENS
    if state.tone is Tone.BAD or state.key in SHUT_OUT or is_late:
        return Group.ACT
    if state.tone is Tone.WARN:
        return Group.WATCH
    if state.tone is Tone.GO and (starts_at - now <= SENT_BY or lock.silence is not None):
        return Group.WATCH
    if state.key == "scheduled" and _may_fail(lock):
        return Group.WATCH
    return Group.READY


def _may_fail(lock: LockVerdict) -> bool:
    if lock.verdict is Verdict.TAKES_CHECK:
        return worst_doubt(lock) is not None
    return lock.verdict is not Verdict.TAKES


def worst_doubt(lock: LockVerdict) -> Cause | None:
    """Return the worst that is known of a lock and can hurt a code which is still to be sent."""
    return next((cause for cause in lock.causes if cause.key not in HARMLESS), None)


def summary(counts: Mapping[Group, int]) -> tuple[Tone, str, str]:
    """Return the tone and the sentence above the list, its weighty part first."""
    act, watch, ready = (counts.get(group, 0) for group in Group)
    total = act + watch + ready
    if act:
        lead = f"{act} of {_arrivals(total)} won't get in as things stand."
        if total == 1:
            lead = "The one arrival won't get in as things stand."
        rest = [
            *([f"{watch} more {'needs' if watch == 1 else 'need'} watching"] if watch else []),
            *([f"{ready} {'is' if ready == 1 else 'are'} ready"] if ready else []),
        ]
        return Tone.WARN, lead, f"{', '.join(rest)}." if rest else ""
    if watch:
        needs = "needs" if watch == 1 else "need"
        lead = f"{watch} of {_arrivals(total)} {needs} watching."
        if total == 1:
            lead = "The one arrival needs watching."
        return Tone.IDLE, lead, f"{ready} {'is' if ready == 1 else 'are'} ready." if ready else ""
    if total == 1:
        return Tone.OK, "The one arrival is ready.", ""
    return Tone.OK, f"All {total} arrivals are ready.", ""


def _arrivals(total: int) -> str:
    return "1 arrival" if total == 1 else f"{total} arrivals"
