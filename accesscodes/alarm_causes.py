"""Every cause of an alarm as a table: what is said, what to do, how much it matters. Pure.

A new cause is one line in `CAUSES`. An error code without a line of its own is told in the words
of whoever reported it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accesscodes.choices import Severity
from accesscodes.entries import MOST_RESTORES

CHANGE_IN_EFFECT = "external_modification_in_effect"


@dataclass(frozen=True, slots=True)
class Words:
    """How one cause is told, and how much it matters.

    `due`: the severity where the code is wanted now or within a day, or should be gone; `later`:
    otherwise. `is_sure`: told at once, because waiting a moment does not help.
    """

    sentence: str
    step: str
    due: Severity = Severity.BAD
    later: Severity = Severity.WARN
    is_sure: bool = False


_BAD, _WARN = Severity.BAD, Severity.WARN
_LOOK = "Open the lock to see what it reports, or use another way in."
_APP = "Look in the lock's app whether it is really there, and remove it by hand."

CAUSES: Mapping[str, Words] = {
    # ---- a code that should be on its lock
    "not_on_lock": Words("The code is not on the lock yet.", _LOOK),
    "no_pin_yet": Words(
        "The code has no PIN yet, so there is nothing to send.",
        "If none comes, delete the code and issue it again.",
    ),
    "lock_silent": Words(
        "The lock does not answer, so the code waits.",
        "Check the lock's power and connection; the code is sent when it is back.",
    ),
    "lock_cannot_take": Words("The lock can't take codes, so the code waits.", _LOOK),
    "start_unconfirmed": Words(
        "It was on the lock before its start; the lock has not answered since. It very likely "
        "opens.",
        "Check the lock's power and connection, or try the PIN at the door.",
        due=_WARN,
    ),
    "too_early": Words(
        "The code is on the lock before its time and may open the door already.",
        "Check the lock's power and connection; it is taken off as soon as the lock answers.",
        due=_WARN,
    ),
    "duplicate_code_on_device": Words(
        "Another code on the lock already uses this PIN.",
        "Change the PIN, or remove the other code in the lock's app.",
        is_sure=True,
    ),
    "no_space_for_access_code_on_device": Words(
        "The lock has no free code slot.", "Delete codes that are no longer used.", is_sure=True
    ),
    "code_constraints_violated": Words(
        "", "Change what the lock does not accept: the PIN, or the name.", is_sure=True
    ),
    "time_zone_unknown": Words(
        "The lock's time zone is not set, so it refuses codes with dates.",
        "An administrator sets the time zone in the lock's app.",
        is_sure=True,
    ),
    "provider_issue": Words("", "Wait a little, it is tried again; meanwhile use another way in."),
    "conflicting_external_modification": Words(
        "Somebody changed or removed the code outside Locksite, and it is not back yet.",
        "Agree that nobody changes codes in the lock's app.",
    ),
    "access_code_inactive": Words(
        "The code was switched off in the lock's app, and is not on again yet.",
        "Agree that nobody changes codes in the lock's app.",
    ),
    "restored_too_often": Words(
        f"The code was changed at the lock again after it had been put back {MOST_RESTORES} times "
        "within a day. It is left as it is.",
        "Find out who or what changes it; then change the code here to write it anew, or delete "
        "it.",
        later=_BAD,
        is_sure=True,
    ),
    CHANGE_IN_EFFECT: Words(
        "Dates or PIN were changed in the lock's app and are in effect.",
        "Look at the dates, and tell the guest where the PIN is another one.",
        due=_WARN,
        is_sure=True,
    ),
    "removal_in_effect": Words(
        "The code was removed or switched off in the lock's app, and that is in effect.",
        "Change the code here to write it anew, or delete it.",
        due=_WARN,
        is_sure=True,
    ),
    "pin_shared": Words(
        "Another code on the lock, made in its app, has the same PIN: the door will open for it "
        "after this one has ended, too.",
        "Change the PIN here, or remove the other code in the lock's app.",
        due=_WARN,
        is_sure=True,
    ),
    # ---- a code that should be gone
    "still_on_lock": Words("The code should be gone and may still open the door.", _APP),
    "back_after_gone": Words(
        "A code that was removed is on the lock again and may open the door.",
        _APP,
        later=_BAD,
        is_sure=True,
    ),
    # ---- a lock
    "lock_blind": Words(
        "The codes on the lock were not read for a while; what is said of them may be old.",
        "Check the lock's power and connection, then choose Check again.",
        due=_WARN,
    ),
    "lock_list_empty": Words(
        "The lock shows no codes at all, although it held several. Nothing is changed on it "
        "until it shows them again.",
        "Try a PIN at the door. If it does not open, the lock may have been reset.",
    ),
    "lock_removed": Words(
        "The lock was removed from its account, and there are codes on it.",
        "An administrator adds the lock to its account again, or stops managing it.",
        is_sure=True,
    ),
    "keypad_dead": Words(
        "Nobody can type a PIN at this door: its keypad does not answer.",
        "Put new batteries in the keypad and press a key on it.",
    ),
    "codes_shut": Words(
        "PINs do not open this door now.", "Switch the mode off at the door.", due=_WARN
    ),
    "lock_clock": Words(
        "The lock's clock is wrong: codes with dates may start and stop at the wrong time.",
        "An administrator corrects the time zone or clock in the lock's app.",
        due=_WARN,
        is_sure=True,
    ),
    # ---- more than a lock
    "account_disconnected": Words(
        "The account no longer lets Locksite in: codes on its locks are neither sent nor removed.",
        "An administrator reconnects the account in Admin.",
        is_sure=True,
    ),
    "account_silent": Words(
        "The account does not answer: codes on its locks keep working, changes wait.",
        "Wait a little. Guests who arrive meanwhile need another way in; if it lasts, an "
        "administrator looks at the maker's status page.",
        is_sure=True,
    ),
    "engine_clock": Words(
        "The clock of the machine that keeps the locks is wrong. Codes stay on their locks past "
        "their end until it is right.",
        "An administrator sets the clock by a time server and starts the engine again.",
        later=_BAD,
        is_sure=True,
    ),
}

REPORTED = Words("", "Open the lock to see what it reports.", is_sure=True)
"""For an error code without a line of its own."""
