"""What is offered beside one arrival: the best step, and one fallback. Pure.

What helps with a state, and what of it is possible, is decided in `fixes`. Here two of them are
chosen for a line that has room for no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accesscodes.web import fixes
from accesscodes.web.arrival_groups import Group
from accesscodes.web.fixes import Possible
from accesscodes.web.states import Action, CodeState

PLAN_B = "plan_b"
WAYS_IN = "ways_in"
OPEN = "open"
SLIP = "slip"
COPY = "copy_pin"

SHORTER = {Action.USE_BACKUP: "Use backup", Action.SHOW_BACKUP: "Show backup"}
"""Words that are shorter here than on the page of the code."""

_NO_SPARE_HELPS = frozenset({"blocked", "set_shut", "account"})
"""States in which another PIN on the same lock would help nobody for certain."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One button of a row. `key` is an `Action`, or one of the words above."""

    key: str
    label: str
    icon: str
    is_primary: bool = False


def offers(
    group: Group,
    state: CodeState,
    can: Possible,
    *,
    may_reveal: bool,
    is_safe: bool,
    has_plan_b: bool,
    is_lock_in_doubt: bool = False,
) -> tuple[Offer, ...]:
    """Return at most two buttons, the best first; none for people who may only look.

    `is_safe`: the PIN may be handed over, so that slip and copy are in place. `has_plan_b`: the
    page of the lock tells how to get in without it. `is_lock_in_doubt`: nothing is wrong with the
    code itself, its lock is what needs watching.
    """
    if not can.may_issue:
        return ()
    if group is Group.READY:
        if not may_reveal or not is_safe:
            return (Offer(OPEN, "Open", ""),)
        return Offer(SLIP, "Slip", "printer"), Offer(COPY, "Copy PIN", "copy")
    helpful = [action for action in fixes.actions(state, can) if action is not Action.HAND_OVER]
    rest = helpful[1:]
    first = Offer(OPEN, "Open", "")
    if is_lock_in_doubt:
        first = _offer(Action.SEE_FIX)
    elif helpful:
        first = _offer(helpful[0], is_primary=group is Group.ACT)
    if group is Group.ACT:
        return first, _fallback(state, rest, has_plan_b=has_plan_b)
    return (first, _offer(rest[0])) if rest else (first,)


def _fallback(state: CodeState, rest: Sequence[Action], *, has_plan_b: bool) -> Offer:
    """Return what gets the guest in when the best step does not.

    That is a spare, else Plan B, else the page on which all ways in stand.
    """
    if Action.USE_BACKUP in rest and state.key not in _NO_SPARE_HELPS:
        return _offer(Action.USE_BACKUP)
    if state.key == "failed" and rest:
        return _offer(rest[0])
    if has_plan_b:
        return Offer(PLAN_B, "Plan B", "life-buoy")
    return Offer(WAYS_IN, "Other ways in", "life-buoy")


def _offer(action: Action, *, is_primary: bool = False) -> Offer:
    icon, label = fixes.ICONS[action]
    return Offer(action, SHORTER.get(action, label), icon, is_primary)
