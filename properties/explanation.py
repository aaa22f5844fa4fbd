"""Why a lock cannot do something now, flag by flag, for readers of the API. Pure.

The same causes and checks as the desk's: `lock_verdict` finds them, this module only says which of
them answers for which flag.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from locksite import ages
from properties.capabilities import CheckState, LockVerdict, Severity
from properties.lock_causes import CHECK_AGAIN, Cause
from properties.lock_facts import OFFLINE_FLAG, ONLINE_FLAG, LockFacts

# What is said of a flag that the account does not report: the model is not made for it.
ABSENT: Mapping[str, str] = {
    ONLINE_FLAG: "This model takes no codes over its connection.",
    OFFLINE_FLAG: "This model offers no offline codes.",
    "can_unlock_with_code": "This model has nothing to type a PIN at.",
    "can_remotely_unlock": "This model cannot be unlocked from afar.",
    "can_remotely_lock": "This model cannot be locked from afar.",
    "can_configure_auto_lock": "This model's auto-lock cannot be set from afar.",
}
_BY_THE_MODEL = {"no_keypad", "offline_model", "support_lost"}
_KEYPAD = {"keypad_gone", "keypad_never", "keypad_setup", "no_keypad"}
_NO_ACCESS = {"account", "removed", "unmanaged", "rights", "subscription"}
_NO_LINK = {"bridge_server", "hub_off", "hub_needed", "lock_offline", "outage"}
_STOPS = {Severity.BLOCKS, Severity.OFFLINE_ONLY}
# Lines that say what the flags say, or what is not known where this is asked.
_NO_EVIDENCE = {"online_codes", "offline_codes", "code_slots"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at: what, how it stands, the field behind it, as of when."""

    what: str
    said: str
    field: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FlagExplanation:
    """Why one flag is not true. `cause` is a word for programs, empty where none is known."""

    flag: str
    is_absent: bool
    cause: str
    reason: str
    likely_cause: str
    next_steps: tuple[str, ...]
    since: datetime | None
    codes: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def explain(facts: LockFacts, verdict: LockVerdict) -> tuple[FlagExplanation, ...]:
    """Return an explanation for each flag that is false or absent, in the order of `ABSENT`."""
    return tuple(
        _explained(flag, facts, verdict) for flag in ABSENT if facts.flags.get(flag) is not True
    )


def _explained(flag: str, facts: LockFacts, verdict: LockVerdict) -> FlagExplanation:
    is_absent = flag not in facts.flags
    cause = _cause(flag, verdict, is_absent=is_absent)
    if cause is not None:
        reason = _in_utc(cause.sentence, cause.at)
    elif facts.reported_at is None:
        reason = f"{ages.NEVER_REPORTED}."
    elif is_absent:
        reason = ABSENT[flag]
    else:
        reason = f"{facts.provider} reports that this is not possible now and gives no reason."
    steps = tuple(step for step in cause.steps if step != CHECK_AGAIN) if cause else ()
    return FlagExplanation(
        flag=flag,
        is_absent=is_absent,
        cause="" if cause is None else cause.key,
        reason=reason,
        likely_cause="" if cause is None else cause.likely,
        next_steps=steps or _otherwise(flag, facts, is_absent=is_absent),
        since=None if cause is None else cause.at,
        codes=() if cause is None else cause.codes,
        evidence=_evidence(flag, facts, verdict, is_absent=is_absent),
    )


def _cause(flag: str, verdict: LockVerdict, *, is_absent: bool) -> Cause | None:
    """Return the worst cause that answers for this flag."""
    for cause in verdict.causes:
        if is_absent:
            answers = flag == ONLINE_FLAG and cause.key in _BY_THE_MODEL
        elif flag == ONLINE_FLAG:
            answers = cause.severity in _STOPS and cause.key != "full"
        elif flag == OFFLINE_FLAG:
            answers = cause.key in _KEYPAD | _NO_ACCESS | {"support_lost"}
        elif flag == "can_unlock_with_code":
            answers = cause.key in _KEYPAD | {"privacy", "office", "support_lost"}
        else:
            answers = cause.key in _NO_ACCESS | _NO_LINK
        if answers:
            return cause
    return None


def _otherwise(flag: str, facts: LockFacts, *, is_absent: bool) -> tuple[str, ...]:
    if flag == ONLINE_FLAG and facts.takes_offline:
        return ("Create an offline code: is_offline_access_code.",)
    if not is_absent or facts.reported_at is None:
        return ("Ask again in a few minutes.",)
    if flag == OFFLINE_FLAG and facts.takes_online:
        return ("Create an online code.",)
    return ("Use a lock of another model where this is needed.",)


def _evidence(
    flag: str, facts: LockFacts, verdict: LockVerdict, *, is_absent: bool
) -> tuple[Evidence, ...]:
    reported = "absent" if is_absent else "false"
    found = [Evidence("Flag", f"Reported as {reported}", f"{flag}: {reported}", facts.reported_at)]
    for check in verdict.checks:
        if check.key not in _NO_EVIDENCE and check.state in {CheckState.WARN, CheckState.BAD}:
            said = _in_utc(check.value, check.at)
            found.append(Evidence(check.label, said, check.raw, check.at))
    return tuple(found)


def _in_utc(sentence: str, at: datetime | None) -> str:
    """Return a sentence with its instant put in: a reader of the API knows no house's zone."""
    return sentence.replace("{at}", f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "")
