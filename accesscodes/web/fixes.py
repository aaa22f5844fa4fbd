"""What can be done about a code in trouble: the best step first, then what else helps. Pure.

Which step is best is said by the code's state; here stands what else helps with it, and which of
all that is possible for this code and this person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accesscodes.web.states import Action, CodeState

FALLBACKS: Mapping[str, tuple[Action, ...]] = {
    "undo": (Action.REMOVE_NOW,),
    "stuck_remove": (Action.OPEN_LOCK,),
    "slow_remove": (Action.RETRY,),
    "account": (Action.USE_BACKUP,),
    "blocked": (Action.USE_BACKUP,),
    "loaded_unseen": (Action.USE_BACKUP, Action.OPEN_LOCK),
    "duplicate": (Action.USE_BACKUP, Action.REMOVE_CLASH, Action.RETRY, Action.OPEN_LOCK),
    "waits_for_slot": (Action.OPEN_LOCK,),
    "full": (Action.USE_BACKUP, Action.RETRY, Action.OPEN_LOCK),
    "refused": (Action.USE_BACKUP, Action.RETRY, Action.OPEN_LOCK),
    "not_accepted": (Action.CHANGE_PIN, Action.ISSUE_AGAIN, Action.OPEN_LOCK),
    "inactive": (Action.RESTORE, Action.USE_BACKUP, Action.OPEN_LOCK),
    "changed": (Action.ACCEPT, Action.USE_BACKUP, Action.RETRY, Action.OPEN_LOCK),
    "no_pin": (Action.ISSUE_AGAIN, Action.OPEN_LOCK),
    "failed": (
        Action.USE_BACKUP,
        Action.RETRY,
        Action.CHANGE_PIN,
        Action.ISSUE_AGAIN,
        Action.OPEN_LOCK,
    ),
    "ext_ok": (Action.RESTORE, Action.CHANGE_DATES),
    "backup": (Action.RETRY, Action.OPEN_LOCK),
    "slow_pin": (Action.ISSUE_AGAIN, Action.OPEN_LOCK),
    "set_shut": (),
    "slow_set": (Action.RETRY, Action.OPEN_LOCK),
    "set_warn": (Action.OPEN_LOCK,),
    "unknown": (Action.RETRY, Action.OPEN_LOCK),
}

ICONS: Mapping[Action, tuple[str, str]] = {
    Action.UNDO: ("undo-2", "Undo"),
    Action.REMOVE_NOW: ("trash-2", "Remove now"),
    Action.RETRY: ("refresh-cw", "Try again"),
    Action.CHANGE_PIN: ("grid-3x3", "Change PIN"),
    Action.CHANGE_DATES: ("calendar-clock", "Extend or shorten"),
    Action.RENAME: ("pencil", "Rename"),
    Action.USE_BACKUP: ("archive-restore", "Use backup code"),
    Action.SHOW_BACKUP: ("archive-restore", "Open the backup code"),
    Action.RESTORE: ("refresh-cw", "Put ours back"),
    Action.ACCEPT: ("check", "Accept the change"),
    Action.REMOVE_CLASH: ("trash-2", "Remove the other code"),
    Action.FREE_A_SLOT: ("key-round", "See the codes on this lock"),
    Action.SEE_FIX: ("door-closed", "See fix"),
    Action.OPEN_LOCK: ("door-closed", "Open the lock"),
    Action.CHECK_AGAIN: ("refresh-cw", "Check again"),
    Action.ISSUE_AGAIN: ("plus", "Issue again"),
}
"""Icon and words of each action; to hand a PIN over is done where the PIN stands."""

HINTS: Mapping[Action, str] = {
    Action.RETRY: "“Try again” sends the same PIN again.",
    Action.CHANGE_PIN: "“Change PIN” draws a free one. The old PIN stops working when the new one "
    "is on the lock.",
    Action.RESTORE: "“Put ours back” gives the lock the PIN and the dates that stand here.",
    Action.ACCEPT: "“Accept the change” takes over what the lock holds, and sends nothing.",
}


@dataclass(frozen=True, slots=True)
class Possible:
    """What can be done with this code by this person.

    `may_issue`: people who may do anything at all. `is_wanted`: it is neither withdrawn nor over;
    `is_fixed`: it is an offline code, which nobody can change. `has_backup`: a spare is ready,
    and its PIN would open the door. `has_clash`: the code in its way is known, and this person
    may remove it.
    """

    may_issue: bool
    may_delete: bool
    is_wanted: bool
    is_gone: bool
    is_fixed: bool
    has_backup: bool
    is_backup_in_use: bool
    has_clash: bool
    picks_pins: bool


@dataclass(frozen=True, slots=True)
class Fix:
    """One button."""

    action: Action
    icon: str
    label: str
    is_primary: bool


def possible(can: Possible) -> frozenset[Action]:
    """Return everything that could be done with the code, whatever is said of it."""
    changes = can.may_issue and can.is_wanted and not can.is_fixed
    answers = {
        Action.UNDO: can.may_delete,
        Action.REMOVE_NOW: can.may_delete,
        Action.RETRY: can.may_issue and not can.is_gone,
        Action.CHANGE_PIN: changes and can.picks_pins,
        Action.CHANGE_DATES: changes,
        Action.RENAME: changes,
        Action.USE_BACKUP: can.may_issue
        and can.is_wanted
        and can.has_backup
        and not can.is_backup_in_use,
        Action.SHOW_BACKUP: can.is_backup_in_use,
        Action.RESTORE: changes,
        Action.ACCEPT: changes,
        Action.REMOVE_CLASH: can.has_clash,
        Action.FREE_A_SLOT: True,
        Action.SEE_FIX: True,
        Action.OPEN_LOCK: True,
        Action.CHECK_AGAIN: True,
        Action.ISSUE_AGAIN: can.may_issue,
    }
    return frozenset(action for action, is_possible in answers.items() if is_possible)


def actions(state: CodeState, can: Possible) -> tuple[Action, ...]:
    """Return what helps and is possible, best first."""
    named = dict.fromkeys((state.action, *FALLBACKS.get(state.key, ())))
    known = possible(can)
    return tuple(action for action in named if action in known)


def fixes(state: CodeState, can: Possible) -> tuple[Fix, ...]:
    """Return the buttons of the panel, the first one being what to do."""
    return tuple(
        Fix(action, *ICONS[action], is_primary=place == 0)
        for place, action in enumerate(actions(state, can))
    )


def hints(buttons: tuple[Fix, ...]) -> tuple[str, ...]:
    """Return what has to be known of these buttons before they are pressed."""
    return tuple(HINTS[fix.action] for fix in buttons if fix.action in HINTS)
