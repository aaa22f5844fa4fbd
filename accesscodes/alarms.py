"""What is wrong with a code, a lock or an account, in words for the desk. Pure.

The watchdog freezes rows into facts and keeps what comes out of here as Problems. An alarm says
since when, on what evidence, how much it matters, and what to do next. The words stand in
`alarm_causes`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accesscodes.alarm_causes import CAUSES, CHANGE_IN_EFFECT, REPORTED
from accesscodes.alarm_facts import Seen, WatchedAccount, WatchedCode, WatchedLock
from accesscodes.choices import Severity, Status
from accesscodes.due import DUE_WITHIN
from accesscodes.entries import CHANGED_OUTSIDE, SWITCHED_OFF
from accesscodes.lifecycle import divergence
from accesscodes.values import LockTerms
from properties.capabilities import Cause, CheckState, refusal
from properties.lock_causes import SILENT
from properties.stamps import read_stamp

ALARM_AFTER = timedelta(minutes=4)
"""Divergence after which staff are told; with the watchdog's own period, five minutes at most."""

BLIND_AFTER = timedelta(seconds=400)
"""How long a lock with codes may go unread; longer for locks that sleep between contacts."""

NEAR = DUE_WITHIN
"""A code that starts within this time makes a problem urgent."""

WARN_AHEAD = timedelta(minutes=15)
"""A code that starts so soon on a lock that cannot take it is told of without delay."""

LONGEST = 300
"""How long a sentence may be, in characters."""


_CLOCKWORK = frozenset({"failed_to_set_on_device", "failed_to_remove_from_device"})
"""Errors that say no more than that time went by."""

_KEYPAD = frozenset({"keypad_gone", "keypad_never"})
_SHUT = frozenset({"privacy", "office"})
_CLOCK = frozenset({"time_offset", "clock"})
"""Causes of the lock's verdict: nobody can type, PINs are ignored, its clock is wrong."""


# ---- Alarms ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong now. `cause` is a stable key; times are aware UTC."""

    cause: str
    severity: Severity
    sentence: str
    next_step: str
    since: datetime
    evidence: tuple[Seen, ...] = field(default=())


# ---- Codes --------------------------------------------------------------------------------------


def alarm_clock(code: WatchedCode, terms: LockTerms, now: datetime) -> datetime | None:
    """Return since when a code is not as wanted, or ``None``.

    The earliest of what is on record, what an open problem says, and what window and clock say
    now: neither an engine that stands still nor an edit keeps the alarm from ringing. Window and
    clock say nothing of a wish that was changed, or came true once: it would have been late from
    its first day.
    """
    computed = divergence(code.wish, code.installed, terms, now)
    if computed is None or code.wish.unwanted_since(now) is not None:
        return computed
    known = [at for at in (code.summary.diverged_since, code.open_since) if at is not None]
    is_first_wish = code.wish.revision == 1 and code.summary.proven_at is None
    if is_first_wish or code.summary.diverged_since is None:
        known.append(computed)
    return min(known)


def code_alarm(code: WatchedCode, lock: WatchedLock, now: datetime) -> Alarm | None:
    """Return what staff must know of one code, ``None`` when nothing, or not yet.

    While its account is gone, or its lock, one problem there stands for all.
    """
    if lock.is_told_elsewhere:
        return None
    if code.summary.status is Status.GONE:
        return _back_after_gone(code, lock)
    since = alarm_clock(code, lock.terms, now)
    if since is None:
        return (
            _blocked_ahead(code, lock, now)
            or _outside_change(code, lock, now)
            or _shared_pin(code, lock, now)
        )
    found = _unwanted(code, lock, now) if _is_unwanted(code, now) else _missing(code, lock, now)
    is_time = (
        now - since >= ALARM_AFTER
        or found.is_sure
        or code.open_since is not None
        or _starts_soon_on_a_stuck_lock(code, lock, now)
    )
    return found.alarm(since, _evidence(code, lock, now)) if is_time else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A cause, and what its table leaves to the moment."""

    cause: str
    severity: Severity
    sentence: str
    step: str
    is_sure: bool = False

    def alarm(self, since: datetime, evidence: tuple[Seen, ...]) -> Alarm:
        """Return the alarm."""
        return Alarm(self.cause, self.severity, self.sentence, self.step, since, evidence)


def _found(
    cause: str, *, is_due: bool, sentence: str = "", step: str = "", message: str = ""
) -> _Found:
    words = CAUSES.get(cause, REPORTED)
    told = sentence or words.sentence
    if not told:
        told = f"The lock did not accept the code: “{message}”" if message else _UNEXPLAINED
    return _Found(
        cause,
        words.due if is_due else words.later,
        _cut(told),
        _cut(step or words.step),
        words.is_sure,
    )


_UNEXPLAINED = "The lock did not accept the code and gave no reason."


def _is_unwanted(code: WatchedCode, now: datetime) -> bool:
    return code.wish.unwanted_since(now) is not None


def _is_due(code: WatchedCode, now: datetime) -> bool:
    starts_at = code.wish.starts_at
    return starts_at is None or starts_at - now < NEAR


def _missing(code: WatchedCode, lock: WatchedLock, now: datetime) -> _Found:
    """Return why a code that is wanted is not as wanted: the nearest reason first."""
    is_due = _is_due(code, now)
    cause = _needs_no_lock(code, lock, now)
    if cause:
        return _found(cause, is_due=is_due)
    reported, stop = _reported(code), _stop(code, lock, is_due=is_due)
    if reported is not None:
        cause, message = reported
        if cause not in CAUSES and stop is not None:
            return replace(stop, is_sure=True)  # the lock itself knows better why it said no
        is_left = code.installed.refused_revision == code.wish.revision
        if cause in {CHANGED_OUTSIDE, SWITCHED_OFF} and is_left:
            cause = "restored_too_often"
        return _found(cause, is_due=is_due, message=message)
    return stop or _found("not_on_lock", is_due=is_due)


def _needs_no_lock(code: WatchedCode, lock: WatchedLock, now: datetime) -> str:
    """Return the cause that can be told without asking what the lock says, or ""."""
    if code.wish.awaits_computing:
        return "no_pin_yet"
    if not code.wish.belongs_on_lock(lock.terms, now):
        return "too_early"
    if code.installed.is_left_alone(code.wish):
        return "removal_in_effect"
    return "start_unconfirmed" if code.installed.is_current(code.wish, lock.terms) else ""


def _reported(code: WatchedCode) -> tuple[str, str] | None:
    """Return code and message of what the lock, or the plan for it, has against the code."""
    for error in code.summary.errors:
        if error["error_code"] not in _CLOCKWORK:
            return str(error["error_code"]), str(error["message"])
    installed = code.installed
    return (installed.error_code, installed.error_message) if installed.error_code else None


def _stop(code: WatchedCode, lock: WatchedLock, *, is_due: bool) -> _Found | None:
    """Return what about the lock keeps the code off it, if anything does."""
    cause = lock.cause(SILENT)
    if cause is None:
        refused = refusal(
            lock.verdict, is_time_bound=code.wish.starts_at is not None, is_offline=False
        )
        if refused is not None:
            return _told_by("lock_cannot_take", refused, is_due=is_due)
    if cause is not None:
        return _told_by("lock_silent", cause, is_due=is_due)
    if lock.failing_since is None:
        return None
    said = "" if lock.failure is None else f"{lock.failure.message} The code waits."
    return _found("lock_silent", is_due=is_due, sentence=said)


def _told_by(key: str, cause: Cause, *, is_due: bool) -> _Found:
    sentence = f"{_undated(cause.sentence)} {cause.likely}".strip()
    return _found(key, is_due=is_due, sentence=sentence, step=next(iter(cause.steps), ""))


def _stopped_since(lock: WatchedLock, now: datetime) -> datetime:
    """Return since when a lock that stops codes has done so, as far as anybody knows."""
    known = [lock.failing_since, *(cause.at for cause in lock.verdict.causes)]
    return min((at for at in known if at is not None), default=now)


def _starts_soon_on_a_stuck_lock(code: WatchedCode, lock: WatchedLock, now: datetime) -> bool:
    starts_at = code.wish.starts_at
    return (
        starts_at is not None
        and not _is_unwanted(code, now)
        and starts_at - now <= WARN_AHEAD
        and not code.installed.is_current(code.wish, lock.terms)
        and _stop(code, lock, is_due=True) is not None
    )


def _blocked_ahead(code: WatchedCode, lock: WatchedLock, now: datetime) -> Alarm | None:
    """Return the warning before it hurts: the code is due soon and its lock will not take it."""
    wish = code.wish
    if (
        wish.starts_at is None
        or wish.has_started(now)
        or wish.is_offline
        or _is_unwanted(code, now)
        or wish.starts_at - now >= NEAR
        or code.installed.is_current(wish, lock.terms)
        or code.installed.waits(now)  # the guest before leaves it slot and PIN
    ):
        return None
    stop = _stop(code, lock, is_due=False)
    if stop is None:
        return None
    since = _stopped_since(lock, now)
    if code.open_since is not None:
        since = min(since, code.open_since)
    elif now - since < ALARM_AFTER and wish.starts_at - now > WARN_AHEAD:
        return None
    return stop.alarm(since, _evidence(code, lock, now))


def _outside_change(code: WatchedCode, lock: WatchedLock, now: datetime) -> Alarm | None:
    for warning in code.summary.warnings:
        if warning["warning_code"] == CHANGE_IN_EFFECT:
            since = read_stamp(str(warning["created_at"])) if warning.get("created_at") else now
            found = _found(CHANGE_IN_EFFECT, is_due=_is_due(code, now))
            return found.alarm(since, _evidence(code, lock, now))
    return None


def _shared_pin(code: WatchedCode, lock: WatchedLock, now: datetime) -> Alarm | None:
    """Return the warning that a PIN goes on opening when ours is off: others have it as well.

    Ours was written before any list showed theirs, or theirs was made since.
    """
    if code.twin is None or not code.installed.is_on_lock:
        return None
    found = _found("pin_shared", is_due=_is_due(code, now))
    return found.alarm(code.twin.at or now, (code.twin, *_evidence(code, lock, now)))


def _unwanted(code: WatchedCode, lock: WatchedLock, now: datetime) -> _Found:
    """Return what to say of a code that should be gone.

    Where the lock itself stopped it at its end, only the entry is left: no guest is let in.
    """
    content = code.installed.content
    withdrawn_at = code.wish.withdrawn_at
    is_stopped = (
        content is not None
        and code.installed.keeps_window
        and content.ends_at is not None
        and content.ends_at <= now
        and (withdrawn_at is None or withdrawn_at >= content.ends_at)
        and lock.cause(_CLOCK) is None
    )
    sentence = ""
    if is_stopped:
        sentence = "The code has ended and the lock has stopped it; its entry is still there."
    cause = lock.cause(SILENT)
    step = next(iter(cause.steps), "") if cause is not None else ""
    return _found("still_on_lock", is_due=not is_stopped, sentence=sentence, step=step)


def _back_after_gone(code: WatchedCode, lock: WatchedLock) -> Alarm | None:
    if not code.installed.is_on_lock:
        return None
    since = code.installed.seen_at or code.summary.gone_at
    if since is None:
        return None
    evidence = tuple(_read_evidence(lock))
    return _found("back_after_gone", is_due=True).alarm(since, evidence)


# ---- Locks, accounts, engines -------------------------------------------------------------------


def blind_after(terms: LockTerms) -> timedelta:
    """Return how long a lock with codes may go unread."""
    return max(BLIND_AFTER, 1.5 * terms.capabilities.wake_every)


def lock_alarms(lock: WatchedLock, now: datetime) -> Iterator[Alarm]:
    """Yield what staff must know of one lock on which there are codes."""
    if not lock.codes or lock.is_told_of_account:
        return
    is_due = lock.due > 0
    evidence = (*_read_evidence(lock), *_check_evidence(lock))
    removed = lock.cause({"removed"})
    if removed is not None:
        yield _found("lock_removed", is_due=is_due).alarm(removed.at or now, evidence)
        return
    blind = _blindness(lock, now)
    if blind is not None:
        yield blind.alarm(_blind_since(lock), evidence)
    for key, causes in (("keypad_dead", _KEYPAD), ("codes_shut", _SHUT)):
        cause = lock.cause(causes) if lock.held else None
        if cause is not None and (cause.at is None or now - cause.at >= ALARM_AFTER):
            yield _told_by(key, cause, is_due=is_due).alarm(cause.at or now, evidence)
    clock = lock.cause(_CLOCK)
    if clock is not None:
        yield _told_by("lock_clock", clock, is_due=is_due).alarm(clock.at or now, evidence)


def _blind_since(lock: WatchedLock) -> datetime:
    return lock.last_read_at or lock.known_since


def _blindness(lock: WatchedLock, now: datetime) -> _Found | None:
    failure, failing_since = lock.failure, lock.failing_since
    if (
        failure is not None
        and failure.error_code == "list_empty"
        and failing_since is not None
        and now - failing_since >= ALARM_AFTER
    ):
        return _found("lock_list_empty", is_due=lock.due > 0)
    if not lock.terms.capabilities.can_be_read or not (lock.held or lock.due):
        return None
    if now - _blind_since(lock) < blind_after(lock.terms):
        return None
    sentence = "" if lock.last_read_at else "The codes on the lock were never read."
    return _found("lock_blind", is_due=lock.due > 0, sentence=sentence)


def account_alarm(account: WatchedAccount) -> Alarm:
    """Return what stands for all locks and codes of an account that we cannot use."""
    if account.is_silent:
        return _silent_account(account)
    counted = _count(account.codes, "code")
    sentence = f"Locksite is no longer allowed to control the locks of {account.name}. " + (
        f"{counted} there can be neither sent nor removed." if account.codes else "They are empty."
    )
    evidence = [Seen("Account", account.said or "Disconnected", account.since)]
    if account.last_listed_at is not None:
        evidence.append(Seen("Account reported", "", account.last_listed_at))
    if account.due:
        evidence.append(Seen("Wanted within a day", _count(account.due, "code")))
    found = _found("account_disconnected", is_due=account.due > 0, sentence=sentence)
    return found.alarm(account.since, tuple(evidence))


def _silent_account(account: WatchedAccount) -> Alarm:
    sentence = (
        f"{account.name} does not answer. Codes that are on its locks keep working; changes wait "
        "until it is back, and are then made by themselves."
    )
    evidence = [Seen("No answer", "", account.since)]
    if account.last_listed_at is not None:
        evidence.append(Seen("Last answered", "", account.last_listed_at))
    if account.due:
        evidence.append(Seen("Wanted within a day", _count(account.due, "code")))
    found = _found("account_silent", is_due=account.due > 0, sentence=sentence)
    return found.alarm(account.since, tuple(evidence))


def clock_alarm(doubts: Iterable[tuple[str, timedelta, datetime]], now: datetime) -> Alarm | None:
    """Return the alarm for engines that doubt their clock: host, how far it is off, and when said.

    Positive: it is ahead.
    """
    said = tuple(
        Seen(
            f"Engine on {host}",
            f"its clock is {abs(off_by).total_seconds():.0f} s "
            + ("ahead" if off_by > timedelta(0) else "behind"),
            at,
        )
        for host, off_by, at in doubts
    )
    return _found("engine_clock", is_due=True).alarm(now, said) if said else None


# ---- Evidence -----------------------------------------------------------------------------------


def _evidence(code: WatchedCode, lock: WatchedLock, now: datetime) -> tuple[Seen, ...]:
    wish, installed = code.wish, code.installed
    unwanted = wish.unwanted_since(now)
    found = []
    if unwanted is not None:
        found.append(Seen("Unwanted since", "", unwanted))
    elif wish.starts_at is not None:
        found.append(Seen("Wanted from", "", wish.starts_at))
    if installed.content is not None and installed.seen_at is not None:
        found.append(Seen("Last seen on the lock", "", installed.seen_at))
    if code.last_command is not None:
        found.append(code.last_command)
    if installed.error_message:
        found.append(Seen("Reported", installed.error_message, installed.error_since))
    return (*found, *_read_evidence(lock), *_check_evidence(lock))


def _read_evidence(lock: WatchedLock) -> Iterator[Seen]:
    yield Seen("Codes read", "" if lock.last_read_at else "never", lock.last_read_at)
    if lock.failure is not None:
        yield Seen("Reading them failed", lock.failure.message, lock.failure.at)


_TELLING = ("connection", "lock_battery", "keypad", "keypad_battery", "code_slots")


def _check_evidence(lock: WatchedLock) -> Iterator[Seen]:
    """Yield what the lock's account reports that is not as it should be, with its age."""
    for check in lock.verdict.checks:
        if check.key in _TELLING and check.state in {CheckState.WARN, CheckState.BAD}:
            yield Seen(check.label, _undated(check.value), check.at)


def _undated(sentence: str) -> str:
    """Return the sentence of a cause without its instant, which stands in the evidence."""
    return sentence.replace(" since {at}", "").replace(" {at}", "").replace("{at}", "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
