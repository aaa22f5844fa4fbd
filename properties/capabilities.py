"""Can this lock take codes, and if not, why not and what to do. Pure.

The flags that the account reports decide; errors, warnings, properties and past events explain.
Causes that follow from no flag are the few that stop everything whatever the flags say: the
account is gone, the lock was removed, its memory is full. A lock that is merely offline still
takes codes: they are sent when it is back. What that means depends on whether one is due, which
`with_codes_due` decides for every page alike.

The facts stand in `lock_facts`, the causes in `lock_causes`, what was looked at in `lock_checks`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from locksite import ages
from properties.lock_causes import CHECK_AGAIN, SILENT, Cause, Severity, causes_of
from properties.lock_checks import Check, CheckState, checks_of
from properties.lock_facts import LockFacts, PastEvent

__all__ = [
    "Cause",
    "Check",
    "CheckState",
    "CodesDue",
    "LockFacts",
    "LockVerdict",
    "PastEvent",
    "Severity",
    "Verdict",
    "lock_verdict",
    "refusal",
    "with_codes_due",
]


class Verdict(StrEnum):
    """What can be said about codes on one lock."""

    TAKES = "takes"
    TAKES_CHECK = "takes_check"  # takes codes, and something wants attention
    OFFLINE_ONLY = "offline_only"
    BLOCKED = "blocked"
    OFFLINE_DUE = "offline_due"  # nothing reaches it, and it has to be told of codes soon
    NO_OPEN = "no_open"  # codes can be made and do not open the door now
    STALE = "stale"  # what the account reported last is too old to say


@dataclass(frozen=True, slots=True)
class CodesDue:
    """How many codes a lock has to be told of soon: to be put on it, and to be taken off it."""

    put_on: int = 0
    take_off: int = 0

    @property
    def sentence(self) -> str:
        """Return what has to happen, or "" where nothing has to."""
        parts = [
            f"{'1 code has' if number == 1 else f'{number} codes have'} to be {done} it"
            for number, done in ((self.put_on, "put on"), (self.take_off, "taken off"))
            if number
        ]
        return f"{' and '.join(parts)} within a day." if parts else ""


@dataclass(frozen=True, slots=True)
class LockVerdict:
    """The answer for one lock: causes worst first, and everything that was looked at."""

    verdict: Verdict
    causes: tuple[Cause, ...]
    checks: tuple[Check, ...]
    reported_at: datetime | None
    takes_online: bool
    takes_offline: bool
    due: CodesDue = CodesDue()

    @property
    def headline_cause(self) -> Cause | None:
        """Return the cause to name first; ``None`` when all is well."""
        return self.causes[0] if self.causes else None

    @property
    def silence(self) -> Cause | None:
        """Return why nothing reaches the lock; ``None`` where it is reached, or not known now."""
        if self.verdict is Verdict.STALE:
            return None
        return next((cause for cause in self.causes if cause.key in SILENT), None)


def _unreported(facts: LockFacts, now: datetime, stale_after: timedelta) -> Cause | None:
    if facts.reported_at is None:
        sentence = f"{ages.NEVER_REPORTED}."
    elif now - facts.reported_at > stale_after:
        reported = ages.account_reported(facts.reported_at, now)
        sentence = f"{reported}. What is shown here is from then."
    else:
        return None
    return Cause(
        "stale",
        Severity.NOTE,
        "No fresh report",
        sentence,
        steps=(CHECK_AGAIN,),
        at=facts.reported_at,
    )


def lock_verdict(facts: LockFacts, now: datetime, *, stale_after: timedelta) -> LockVerdict:
    """Return whether this lock takes codes, every reason against it, and what was checked.

    `now` is aware UTC. A reading older than `stale_after` makes the verdict "stale", except
    where the account is known to be disconnected. Never raises: malformed reports count as
    missing.
    """
    causes = causes_of(facts, now)
    severities = {cause.severity for cause in causes}
    is_blocked = Severity.BLOCKS in severities

    verdict = Verdict.TAKES
    if is_blocked:
        verdict = Verdict.BLOCKED
    elif Severity.NO_OPEN in severities:
        verdict = Verdict.NO_OPEN
    elif Severity.OFFLINE_ONLY in severities:
        verdict = Verdict.OFFLINE_ONLY
    elif severities:
        verdict = Verdict.TAKES_CHECK
    unreported = _unreported(facts, now, stale_after)
    if unreported is not None and not any(cause.key == "account" for cause in causes):
        verdict = Verdict.STALE
        causes.insert(0, unreported)

    return LockVerdict(
        verdict=verdict,
        causes=tuple(causes),
        checks=checks_of(facts, tuple(causes)),
        reported_at=facts.reported_at,
        takes_online=facts.takes_online and not is_blocked,
        takes_offline=facts.takes_offline and not is_blocked,
    )


def with_codes_due(verdict: LockVerdict, due: CodesDue) -> LockVerdict:
    """Return the verdict in view of the codes that the lock has to be told of soon.

    A lock that nothing reaches is a caution while there is nothing to tell it, and somebody's
    trouble as soon as there is. Verdicts that say worse, or that nothing is known, stay.
    """
    silence = verdict.silence
    if verdict.verdict is not Verdict.TAKES_CHECK or silence is None or due == CodesDue():
        return verdict
    others = tuple(cause for cause in verdict.causes if cause is not silence)
    checks = tuple(
        replace(check, state=CheckState.BAD)
        if check.key == "connection" and check.state is CheckState.WARN
        else check
        for check in verdict.checks
    )
    return replace(
        verdict,
        verdict=Verdict.OFFLINE_DUE,
        causes=(silence, *others),
        checks=checks,
        due=due,
    )


def refusal(verdict: LockVerdict, *, is_time_bound: bool, is_offline: bool) -> Cause | None:
    """Return why a code of this kind cannot be issued now; ``None``: it can.

    A lock that is only offline, or not read for a while, refuses nothing.
    """
    stops = {Severity.BLOCKS} if is_offline else {Severity.BLOCKS, Severity.OFFLINE_ONLY}
    takes = verdict.takes_offline if is_offline else verdict.takes_online
    if not takes:
        found = next((cause for cause in verdict.causes if cause.severity in stops), None)
        return found or (_NO_OFFLINE if is_offline else verdict.headline_cause)
    if is_time_bound:
        return next((cause for cause in verdict.causes if cause.key == "zone"), None)
    return None


_NO_OFFLINE = Cause(
    "no_offline",
    Severity.BLOCKS,
    "No offline codes",
    "This lock does not offer offline codes.",
    steps=("Issue an online code.",),
)
