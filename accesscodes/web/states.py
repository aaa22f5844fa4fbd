"""What the desk says of a code: label, tone, sentence and next action. Pure.

`code_state` is the only place that decides a label. The table is read from the top and the first
row that fits wins, so a row may rely on all rows above it not having fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from math import ceil

from accesscodes import due
from accesscodes.choices import Placement, Status
from accesscodes.lifecycle import pending_mutations
from accesscodes.values import Installed, LockTerms, Summary, Wish
from accesscodes.web import wall_time
from properties.capabilities import Cause, LockVerdict, Verdict
from properties.lock_causes import LISTED as OF_LOCKS

SLOW_AFTER = timedelta(minutes=10)
"""Sending or removing for longer than this counts as slow."""

LATE_AFTER = timedelta(minutes=5)
"""A code whose start is longer ago than this and which waits still is late."""

START_GRACE = timedelta(minutes=3)
"""How long after its start a preloaded code may go without a new reading."""

TURN_OF_A_LOCK = timedelta(minutes=1)
"""How long a lock that was just read may take to come to one of its codes."""


class Tone(StrEnum):
    """The role of a colour; never shown without icon and words."""

    OK = "ok"
    GO = "go"
    WARN = "warn"
    BAD = "bad"
    IDLE = "idle"
    OUT = "out"


class Action(StrEnum):
    """Something that may be done about a code."""

    NONE = "none"
    HAND_OVER = "hand_over"
    UNDO = "undo"
    REMOVE_NOW = "remove_now"
    RETRY = "retry"
    CHANGE_PIN = "change_pin"
    CHANGE_DATES = "change_dates"
    RENAME = "rename"
    USE_BACKUP = "use_backup"
    SHOW_BACKUP = "show_backup"
    RESTORE = "restore"
    ACCEPT = "accept"
    REMOVE_CLASH = "remove_clash"
    FREE_A_SLOT = "free_a_slot"
    SEE_FIX = "see_fix"
    OPEN_LOCK = "open_lock"
    CHECK_AGAIN = "check_again"
    ISSUE_AGAIN = "issue_again"


@dataclass(frozen=True, slots=True)
class CodeState:
    """What is said of one code now. `sentence` is whole and holds no PIN.

    `action` is the one best next step; what else helps stands in `fixes`.
    """

    key: str
    label: str
    tone: Tone
    icon: str
    sentence: str
    action: Action
    spins: bool = False


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What is known of one code when its state is asked for. `zone` is the property's.

    `pin_changed_at`: when it got another PIN, if ever. `read_at`: when its lock was last read.
    """

    wish: Wish
    installed: Installed
    summary: Summary
    terms: LockTerms
    zone: tzinfo
    is_backup: bool = False
    pin_changed_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class _View:
    """The facts of one moment, under names that the table can use."""

    code: CodeFacts
    lock: LockVerdict
    now: datetime

    @property
    def status(self) -> Status:
        return self.code.summary.status

    @cached_property
    def errors(self) -> set[str]:
        errors = {str(error["error_code"]) for error in self.code.summary.errors}
        errors |= self.warnings & FAILED_AS_WARNING
        # What is wrong with the lock stands beside the lock; a code that is on it stays on it.
        return errors - OF_LOCKS if self.status is Status.SET else errors

    @cached_property
    def warnings(self) -> set[str]:
        return {str(warning["warning_code"]) for warning in self.code.summary.warnings}

    @cached_property
    def message(self) -> str:
        """Return what the lock or its maker said, the first problem first."""
        problems = (*self.code.summary.errors, *self.code.summary.warnings)
        return str(problems[0]["message"]) if problems else ""

    @cached_property
    def mutations(self) -> set[str]:
        facts = self.code
        return {
            mutation.mutation_code
            for mutation in pending_mutations(
                facts.wish, facts.installed, facts.terms, facts.summary, self.now
            )
        }

    @property
    def starts_ahead(self) -> bool:
        return not self.code.wish.has_started(self.now)

    @property
    def is_due_soon(self) -> bool:
        starts_at = self.code.wish.starts_at
        return starts_at is None or starts_at - self.now < due.DUE_WITHIN

    @cached_property
    def is_current(self) -> bool:
        return self.code.installed.is_current(self.code.wish, self.code.terms)

    @property
    def pin_may_be_on_lock(self) -> bool:
        return due.holds_pin(self.code.wish, self.code.installed)

    @property
    def differs_for(self) -> timedelta:
        since = self.code.summary.diverged_since
        return timedelta(0) if since is None else self.now - since

    @property
    def start_is_past_by(self) -> timedelta:
        starts_at = self.code.wish.starts_at
        return timedelta(0) if starts_at is None else self.now - starts_at

    @cached_property
    def blocked_by(self) -> Cause | None:
        """Return what about the lock keeps the PIN off it, or ``None``."""
        if self.pin_may_be_on_lock or self.code.wish.is_offline:
            return None
        if not self.lock.takes_online and self.lock.verdict is not Verdict.STALE:
            return self.lock.headline_cause
        return self.lock.silence if self.is_due_soon else None

    @cached_property
    def shut_by(self) -> Cause | None:
        """Return why no PIN opens the door now, whatever is on the lock, or ``None``."""
        return next((cause for cause in self.lock.causes if cause.key in SHUTS), None)

    def time(self, at: datetime | None) -> str:
        return "" if at is None else wall_time.moment(at, self.code.zone, self.now)

    def ago(self, at: datetime | None) -> str:
        return "" if at is None else wall_time.span(self.now - at)


BLOCKING_WORDS = {
    "account": "account",
    "removed": "lock removed",
    "unmanaged": "not managed",
    "rights": "not allowed",
    "subscription": "subscription",
    "bridge_server": "bridge",
    "hub_off": "hub",
    "hub_needed": "no hub",
    "lock_offline": "lock offline",
    "keypad_gone": "keypad",
    "keypad_never": "no keypad",
    "keypad_setup": "keypad",
    "no_keypad": "no keypad",
    "zone": "time zone",
    "full": "lock full",
    "support_lost": "lock",
}

SHUTS = frozenset(
    {"keypad_gone", "keypad_never", "keypad_setup", "no_keypad", "privacy", "office"}
)
"""Causes of the lock's verdict for which no PIN opens its door: nobody can type one, or it is
ignored."""

DUPLICATE = frozenset(
    {
        "duplicate_code_on_device",
        "conflicting_unmanaged_access_code_id",
        "duplicate_code_attempt_prevented",
        "kwikset_unable_to_confirm_code",
        "wyze_potential_duplicate_code",
    }
)
FULL = frozenset(
    {
        "no_space_for_access_code_on_device",
        "august_device_slots_full",
        "smartthings_no_free_slots_available",
        "hubitat_no_free_positions_available",
    }
)
REFUSED = frozenset({"august_lock_bad_access_code_format", "august_lock_invalid_code_length"})
ABOUT_PIN = DUPLICATE | REFUSED
"""Errors that another PIN ends."""

ABOUT_NAME = frozenset({"wyze_duplicate_code_name"})
"""Errors that another name ends."""

NOT_ACCEPTED = ABOUT_NAME | {"code_constraints_violated", "dormakaba_oracode_invalid_time_range"}
INACTIVE = frozenset({"access_code_inactive", "ultraloq_access_code_disabled"})
CHANGED = frozenset({"conflicting_external_modification", "code_modified_external_to_seam"})
EXTERNAL_KEPT = frozenset({"external_modification_in_effect", "code_modified_external_to_seam"})
"""Warnings of a change made in the lock's app that is let stand."""

STUCK = frozenset(
    {
        "failed_to_remove_from_device",
        "failed_to_remove",
        "failed_to_delete",
        "failed_to_expire",
        "kwikset_unable_to_confirm_deletion",
    }
)
ON_ITS_WAY = frozenset(
    {
        "august_device_programming_delay",
        "hubitat_device_programming_delay",
        "august_lock_temporarily_offline",
        "igloohome_bridge_too_many_pending_jobs",
    }
)
"""Reported as errors, and no more than a delay: the lock's account has the code and goes on."""

DELAYS = frozenset({"delay_in_setting_on_device", "delay_in_issuing", "schlage_creation_outage"})
FAILED_AS_WARNING = frozenset(
    {
        "kwikset_unable_to_confirm_code",
        "smartthings_failed_to_set_access_code",
        "ultraloq_access_code_disabled",
    }
)
"""Warnings that say of a code what the error of the same name says."""

NEEDS_NO_DATES = frozenset(
    {
        "time_zone_unknown",
        "ultraloq_time_zone_unknown",
        "lockly_time_zone_not_configured",
        "two_n_device_missing_timezone",
    }
)
"""Errors of a lock that refuses dates and takes the same code without any."""

WANTS_A_SLOT = frozenset({"full", "waits_for_slot"})
"""States of codes that another one has to make room for."""

MEDDLED = frozenset({"changed", "ext_ok", "inactive"})
"""States of codes that others changed, removed or switched off at the lock."""

WARNING_SENTENCES = {
    "code_rotates_periodically": "The PIN changes at each renewal. Show it fresh each time.",
    "time_frame_adjusted_for_unknown_time_zone": (
        "The lock's time zone is unknown, so it works up to 1 hour longer."
    ),
    "third_party_integration_detected": (
        "Another system also manages this lock and may overwrite codes."
    ),
    "management_transferred": "This code is now managed in another workspace.",
    "schlage_detected_duplicate": (
        "The lock found another code with this PIN. If one of them is deleted, check the other."
    ),
    "igloo_algopin_must_be_used_within_24_hours": (
        "The guest must use it within 24 hours of its start, or it never works."
    ),
}


STILL_OPENS = frozenset({"code_rotates_periodically", "time_frame_adjusted_for_unknown_time_zone"})
"""Warnings under which the PIN opens the door all the same."""


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    when: Callable[[_View], bool]
    label: str | Callable[[_View], str]
    tone: Tone | Callable[[_View], Tone]
    icon: str
    sentence: str | Callable[[_View], str]
    action: Action | Callable[[_View], Action] = Action.NONE
    spins: bool = False


def _has_ended(view: _View) -> bool:
    """Return whether an offline code is over: nobody removed it, its time is up."""
    return view.code.wish.is_offline and not view.code.wish.awaits_computing


def _gone(view: _View) -> str:
    if _has_ended(view):
        return f"Ended {view.time(view.code.wish.ends_at)}."
    if not view.code.installed.was_ever_sent:
        return "Removed before it was sent to the lock."
    at = view.code.summary.gone_at or view.now
    return f"Removed from the lock {wall_time.in_sentence(at, view.code.zone, view.now)}."


def _seconds_left(view: _View) -> int:
    at = view.code.wish.withdrawn_at or view.now
    return ceil((at - view.now).total_seconds())


def _withdrawal_waits(view: _View) -> bool:
    at = view.code.wish.withdrawn_at
    return at is not None and at > view.now


def _blocking_word(view: _View) -> str:
    cause = view.blocked_by
    return "lock" if cause is None else BLOCKING_WORDS.get(cause.key, "lock")


def _blocked_sentence(view: _View) -> str:
    cause = view.blocked_by
    if cause is None:
        return "The lock can't take codes right now."
    return wall_time.with_time(cause.sentence, cause.at, view.code.zone, view.now)


def _is_loaded(view: _View) -> bool:
    return (
        view.is_current
        and view.code.installed.keeps_window
        and view.code.wish.starts_at is not None
        and (view.starts_ahead or view.start_is_past_by <= START_GRACE)
        and view.status is not Status.SET
    )


def _is_loaded_unseen(view: _View) -> bool:
    return (
        view.status is Status.SETTING
        and view.is_current
        and view.code.installed.keeps_window
        and view.code.wish.starts_at is not None
        and view.start_is_past_by > START_GRACE
    )


def _is_shut(view: _View) -> bool:
    """Return whether the code is where it has to be, and its door does not open for it now."""
    is_ready = view.code.wish.is_offline or view.status is Status.SET or _is_loaded(view)
    is_wanted = view.code.wish.unwanted_since(view.now) is None and not view.code.is_backup
    return is_ready and is_wanted and view.is_due_soon and view.shut_by is not None


def _shut_sentence(view: _View) -> str:
    cause = view.shut_by
    if cause is None:
        return "No PIN opens this door now."
    said = wall_time.with_time(cause.sentence, cause.at, view.code.zone, view.now)
    return said if cause.key in {"privacy", "office"} else f"Nobody can type the PIN now. {said}"


def _is_slow(view: _View) -> bool:
    if view.warnings & DELAYS or view.errors & ON_ITS_WAY:
        return True
    if view.status is Status.UNSET:
        return not view.starts_ahead and view.start_is_past_by > LATE_AFTER
    return view.status is Status.SETTING and view.differs_for > SLOW_AFTER


def _sends_new_pin(view: _View) -> bool:
    """Return whether what is held against the code is about the PIN that it had before."""
    changed_at, installed = view.code.pin_changed_at, view.code.installed
    if changed_at is None or view.is_current or view.now - changed_at > SLOW_AFTER:
        return False
    if not view.errors and not _is_slow(view):
        return False  # nothing is: the rows below know what happens to it
    if installed.sent is not None and installed.sent.pin_index == view.code.wish.pin_index:
        return installed.placement is Placement.WRITING and installed.attempts <= 1
    read_at = view.code.read_at
    is_unread = read_at is None or read_at <= changed_at
    return is_unread or view.now - changed_at <= TURN_OF_A_LOCK


def _new_pin_sentence(view: _View) -> str:
    installed = view.code.installed
    if installed.is_on_lock and installed.content is not None:
        then = "Until it is there, the old one may still open the door."
    else:
        then = "It opens the door once it is there."
    return f"The new PIN is being sent to the lock. {then}"


def _change_sentence(view: _View) -> str:
    if "updating_code" in view.mutations:
        return _new_pin_sentence(view)
    return "Old details stay valid until the change is done."


def _since_sentence(view: _View) -> str:
    since = view.code.summary.diverged_since or view.now
    if view.now - since < timedelta(seconds=10):
        return "Started just now."
    return f"Started {view.ago(since)} ago."


def _failed_sentence(view: _View) -> str:
    if "failed_to_update" in view.errors:
        return f"The lock did not take the change and keeps the old details. “{view.message}”"
    return f"The lock did not accept the code. “{view.message}”"


def _warning_sentence(view: _View) -> str:
    for code, sentence in WARNING_SENTENCES.items():
        if code in view.warnings:
            return sentence
    return f"The lock's account reports: “{view.message}”"


def _set_sentence(view: _View) -> str:
    proven_at = view.code.summary.proven_at
    if proven_at is None:
        return "Accepted by the lock."
    return f"Confirmed {wall_time.in_sentence(proven_at, view.code.zone, view.now)}."


def _urgent(view: _View) -> Tone:
    return Tone.BAD if view.is_due_soon else Tone.WARN


STATES: tuple[_Row, ...] = (
    _Row(
        "gone",
        lambda view: view.status is Status.GONE,
        lambda view: "Ended" if _has_ended(view) else "Removed",
        Tone.IDLE,
        "circle-minus",
        _gone,
        Action.ISSUE_AGAIN,
    ),
    _Row(
        "undo",
        _withdrawal_waits,
        lambda view: f"Removing in {_seconds_left(view)} s",
        Tone.OUT,
        "undo-2",
        "You can still undo.",
        Action.UNDO,
    ),
    _Row(
        "stuck_remove",
        lambda view: (
            bool(view.errors & STUCK) or (view.status is Status.REMOVING and bool(view.errors))
        ),
        "Still on the lock",
        Tone.BAD,
        "octagon-alert",
        "This PIN may still open the door although it should not.",
        Action.RETRY,
    ),
    _Row(
        "slow_remove",
        lambda view: (
            "delay_in_removing_from_device" in view.warnings
            or (view.status is Status.REMOVING and view.differs_for > SLOW_AFTER)
        ),
        "Removal delayed",
        Tone.WARN,
        "hourglass",
        "Taking longer than usual. We keep trying. The PIN may still work.",
        Action.OPEN_LOCK,
    ),
    _Row(
        "removing",
        lambda view: (
            view.status is Status.REMOVING
            or "being_deleted" in view.warnings
            or view.code.wish.withdrawn_at is not None
        ),
        "Removing",
        Tone.OUT,
        "circle-minus",
        "Being removed. It may work until this is done.",
    ),
    _Row(
        "account",
        lambda view: (
            not view.code.wish.is_offline
            and (not view.code.terms.is_account_connected or "account_disconnected" in view.errors)
        ),
        "Blocked: account",
        Tone.BAD,
        "unplug",
        "The account that controls this lock is disconnected.",
        Action.SEE_FIX,
    ),
    _Row(
        "blocked",
        lambda view: view.blocked_by is not None and not view.code.is_backup,
        lambda view: f"Blocked: {_blocking_word(view)}",
        _urgent,
        "octagon-alert",
        _blocked_sentence,
        Action.SEE_FIX,
    ),
    _Row(
        "loaded_unseen",
        _is_loaded_unseen,
        "Loaded, not confirmed",
        Tone.WARN,
        "triangle-alert",
        lambda view: (
            f"It was on the lock {wall_time.in_sentence(seen_at, view.code.zone, view.now)}; "
            "the lock has not answered since. It very likely opens."
            if (seen_at := view.code.installed.seen_at) is not None
            else "The lock has not answered since it was loaded. It very likely opens."
        ),
        Action.CHECK_AGAIN,
    ),
    _Row(
        "new_pin",
        _sends_new_pin,
        "Sending the new PIN",
        Tone.GO,
        "loader-circle",
        _new_pin_sentence,
        spins=True,
    ),
    _Row(
        "duplicate",
        lambda view: bool(view.errors & DUPLICATE),
        "Not on the lock",
        Tone.BAD,
        "octagon-alert",
        "Another code on the lock already uses this PIN.",
        Action.CHANGE_PIN,
    ),
    _Row(
        "waits_for_slot",
        lambda view: bool(view.errors & FULL) and not view.is_due_soon,
        "Waiting for a slot",
        Tone.WARN,
        "hourglass",
        "Arrivals before this one use all code slots. It goes on the lock when one is free.",
        Action.FREE_A_SLOT,
    ),
    _Row(
        "full",
        lambda view: bool(view.errors & FULL),
        "Not on the lock",
        Tone.BAD,
        "octagon-alert",
        "The lock has no free code slot. Delete a code that is not used.",
        Action.FREE_A_SLOT,
    ),
    _Row(
        "refused",
        lambda view: bool(view.errors & REFUSED),
        "PIN not accepted",
        Tone.BAD,
        "circle-x",
        lambda view: f"This lock does not accept this PIN: {view.message}",
        Action.CHANGE_PIN,
    ),
    _Row(
        "not_accepted",
        lambda view: bool(view.errors & NOT_ACCEPTED),
        "Not accepted",
        Tone.BAD,
        "circle-x",
        lambda view: f"This lock does not accept the code as it is: {view.message}",
        lambda view: Action.RENAME if view.errors & ABOUT_NAME else Action.CHANGE_DATES,
    ),
    _Row(
        "inactive",
        lambda view: bool(view.errors & INACTIVE),
        "Switched off",
        Tone.BAD,
        "circle-slash",
        "The code exists but was switched off in the lock's app. Switch it on there.",
        Action.ISSUE_AGAIN,
    ),
    _Row(
        "changed",
        lambda view: bool(view.errors & CHANGED),
        "Changed elsewhere",
        Tone.BAD,
        "triangle-alert",
        "Someone changed or removed it in the lock's app. We are putting ours back.",
        Action.RESTORE,
    ),
    _Row(
        "no_pin",
        lambda view: view.code.wish.awaits_computing and bool(view.errors),
        "No PIN yet",
        Tone.BAD,
        "octagon-alert",
        lambda view: f"The lock's maker gives no PIN: “{view.message}”",
        Action.RETRY,
    ),
    _Row(
        "failed",
        lambda view: bool(view.errors - ON_ITS_WAY),
        "Not on the lock",
        Tone.BAD,
        "octagon-alert",
        _failed_sentence,
        lambda view: Action.CHANGE_DATES if view.errors & NEEDS_NO_DATES else Action.USE_BACKUP,
    ),
    _Row(
        "ext_ok",
        lambda view: bool(view.warnings & EXTERNAL_KEPT),
        "Changed in app",
        Tone.WARN,
        "pencil",
        "Dates or PIN were changed in the lock's app and are in effect.",
        Action.ACCEPT,
    ),
    _Row(
        "backup",
        lambda view: "using_backup_access_code" in view.warnings,
        "Backup in use",
        Tone.WARN,
        "archive-restore",
        "A backup code replaces this one. Give the guest the new PIN.",
        Action.SHOW_BACKUP,
    ),
    _Row(
        "slow_pin",
        lambda view: view.code.wish.awaits_computing and view.differs_for > SLOW_AFTER,
        "No PIN yet",
        Tone.WARN,
        "hourglass",
        "The lock's maker has not given the PIN yet. It is asked again and again.",
        Action.RETRY,
    ),
    _Row(
        "computing",
        lambda view: view.code.wish.awaits_computing,
        "Waiting for the PIN",
        Tone.GO,
        "loader-circle",
        "The lock's maker computes it. That takes a moment.",
        spins=True,
    ),
    _Row(
        "set_shut",
        _is_shut,
        lambda view: "Offline code, check" if view.code.wish.is_offline else "On the lock, check",
        Tone.WARN,
        "triangle-alert",
        _shut_sentence,
        Action.SEE_FIX,
    ),
    _Row(
        "offline_ok",
        lambda view: view.code.wish.is_offline and view.code.wish.unwanted_since(view.now) is None,
        "Offline code ready",
        Tone.OK,
        "circle-check",
        "Works without internet, inside its dates.",
        Action.HAND_OVER,
    ),
    _Row(
        "expired",
        lambda view: view.code.wish.ends_at is not None and view.code.wish.ends_at <= view.now,
        "Ended",
        Tone.IDLE,
        "circle-minus",
        lambda view: f"Ended {view.time(view.code.wish.ends_at)}.",
        Action.ISSUE_AGAIN,
    ),
    _Row(
        "loaded",
        _is_loaded,
        "Loaded, starts later",
        Tone.OK,
        "calendar-check",
        lambda view: f"Already on the lock. Opens from {view.time(view.code.wish.starts_at)}.",
        Action.HAND_OVER,
    ),
    _Row(
        "slow_set",
        _is_slow,
        "Taking longer",
        Tone.WARN,
        "hourglass",
        lambda view: (
            "Usually done within 3 min. "
            f"Started {view.ago(view.code.summary.diverged_since or view.now)} ago."
        ),
        Action.USE_BACKUP,
    ),
    _Row(
        "updating",
        lambda view: bool(
            view.mutations & {"updating_code", "updating_name", "updating_time_frame"}
        ),
        "Changing",
        Tone.GO,
        "refresh-cw",
        _change_sentence,
        spins=True,
    ),
    _Row(
        "setting",
        lambda view: view.status is Status.SETTING or "creating" in view.mutations,
        "Sending to lock",
        Tone.GO,
        "loader-circle",
        _since_sentence,
        spins=True,
    ),
    _Row(
        "reserve",
        lambda view: view.code.is_backup,
        "In reserve",
        Tone.IDLE,
        "archive-restore",
        "Kept on the lock for emergencies.",
    ),
    _Row(
        "set_early",
        lambda view: view.status is Status.SET and view.starts_ahead,
        "On the lock, opens already",
        Tone.OK,
        "circle-check",
        lambda view: (
            "This lock keeps no timetable: the PIN opens from now, not only from "
            f"{view.time(view.code.wish.starts_at)}."
        ),
        Action.HAND_OVER,
    ),
    _Row(
        "scheduled",
        lambda view: view.status is Status.UNSET,
        "Scheduled",
        Tone.IDLE,
        "clock",
        lambda view: f"Will be sent before {view.time(view.code.wish.starts_at)}.",
    ),
    _Row(
        "set_warn",
        lambda view: view.status is Status.SET and bool(view.warnings),
        "On the lock, check",
        Tone.WARN,
        "triangle-alert",
        _warning_sentence,
        lambda view: Action.HAND_OVER if view.warnings & STILL_OPENS else Action.CHECK_AGAIN,
    ),
    _Row(
        "set",
        lambda view: view.status is Status.SET,
        "On the lock",
        Tone.OK,
        "circle-check",
        _set_sentence,
        Action.HAND_OVER,
    ),
    _Row(
        "unknown",
        lambda _: True,
        "Not confirmed",
        Tone.WARN,
        "circle-question-mark",
        "We lost sight of this code. The account may be disconnected.",
        Action.CHECK_AGAIN,
    ),
)


def code_state(code: CodeFacts, lock: LockVerdict, now: datetime) -> CodeState:
    """Return what is said of `code` on a lock of which `lock` is known. Always finds a row."""
    view = _View(code, lock, now)
    row = next(row for row in STATES if row.when(view))
    return CodeState(
        key=row.key,
        label=row.label if isinstance(row.label, str) else row.label(view),
        tone=row.tone if isinstance(row.tone, Tone) else row.tone(view),
        icon=row.icon,
        sentence=row.sentence if isinstance(row.sentence, str) else row.sentence(view),
        action=row.action if isinstance(row.action, Action) else row.action(view),
        spins=row.spins,
    )


# ---- May the PIN be given to the guest? ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handover:
    """Whether the PIN may be handed over.

    `is_safe` is false where the desk asks once more, and says `why` not; empty: there is no more
    to say.
    """

    tone: Tone
    icon: str
    sentence: str
    is_safe: bool
    why: str = ""

    @property
    def whole(self) -> str:
        """Return the sentence with its reason."""
        return f"{self.sentence} {self.why}".rstrip()


_NOT_FOR_CERTAIN = frozenset(
    {
        "new_pin",
        "setting",
        "slow_set",
        "updating",
        "loaded_unseen",
        "set_warn",
        "unknown",
        "ext_ok",
        "changed",
    }
)
_LEAVING = frozenset({"undo", "removing", "slow_remove", "stuck_remove", "expired"})
_READY = frozenset({"set", "set_early", "offline_ok", "loaded"})


def handover(state: CodeState, code: CodeFacts, lock: LockVerdict, now: datetime) -> Handover:
    """Return the verdict that stands beside the PIN."""
    starts_at = code.wish.starts_at
    opens = "" if starts_at is None else wall_time.moment(starts_at, code.zone, now)
    if code.wish.pin_index is None and state.key != "gone":
        return Handover(Tone.IDLE, "info", "The PIN is not known yet.", is_safe=False)
    if state.key == "gone":
        text = "This PIN no longer opens the door."
        return Handover(Tone.IDLE, "circle-minus", text, is_safe=False)
    if state.key == "scheduled" and lock.takes_online:
        text = (
            f"You can hand it over. It opens the door from {opens}. "
            "Locksite says so here if it does not load."
        )
        return Handover(Tone.GO, "info", text, is_safe=True)
    if state.key in _READY:
        is_ahead = state.key != "set_early" and starts_at is not None and starts_at > now
        text = f" It opens the door from {opens}." if is_ahead else ""
        if code.wish.is_to_be_used_early(code.terms):
            text = f"{text} The guest must use it within 24 hours of its start, or it never works."
        return Handover(Tone.OK, "circle-check", f"Ready to hand over.{text}", is_safe=True)
    text = "Don't hand this PIN over yet. It does not open the door."
    if state.key in _LEAVING:
        text = "Don't hand this PIN over. It is being taken off the lock."
    elif state.key in _NOT_FOR_CERTAIN:
        text = "Don't hand this PIN over yet. It may not open the door."
    why = f"{state.label}. {state.sentence}"
    return Handover(Tone.WARN, "triangle-alert", text, is_safe=False, why=why)
