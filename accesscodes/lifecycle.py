"""What we say of a code: its status, its errors, what differs and what is on its way.

Pure decisions: `now` is always a parameter. What is believed of the entry on the lock comes from
`entries`, what to do next from `planning`; the ledger writes what `summarise` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accesscodes.choices import AttemptStatus, Status
from accesscodes.values import Content, Installed, LockTerms, Summary, Wish
from properties.stamps import stamp

DELAYED_AFTER = timedelta(minutes=10)
"""Divergence after which the wire shows a delay as a warning."""


FAILED_AFTER = timedelta(minutes=30)
"""Divergence after which the wire shows a failure as an error."""


EDGES: frozenset[tuple[str, str]] = frozenset(
    {
        ("", Status.UNSET),
        ("", Status.SETTING),
        ("", Status.SET),  # an offline code whose window is open
        ("", Status.UNKNOWN),  # issued while the account is disconnected
        (Status.UNSET, Status.SETTING),
        (Status.UNSET, Status.SET),
        (Status.UNSET, Status.REMOVING),
        (Status.UNSET, Status.GONE),
        (Status.SETTING, Status.SET),
        (Status.SETTING, Status.UNSET),
        (Status.SETTING, Status.REMOVING),
        (Status.SETTING, Status.GONE),
        (Status.SET, Status.SETTING),
        (Status.SET, Status.UNSET),
        (Status.SET, Status.REMOVING),
        (Status.SET, Status.GONE),  # an offline code ends by the clock
        (Status.REMOVING, Status.GONE),
        # a clock that had jumped ahead was set right
        *((Status.REMOVING, known) for known in (Status.UNSET, Status.SETTING, Status.SET)),
        *((known, Status.UNKNOWN) for known in (Status.UNSET, Status.SETTING, Status.SET)),
        *((Status.UNKNOWN, known) for known in (Status.UNSET, Status.SETTING, Status.SET)),
        (Status.UNKNOWN, Status.REMOVING),
        (Status.REMOVING, Status.UNKNOWN),
        (Status.UNKNOWN, Status.GONE),
    }
)
"""Every allowed change of status; the empty text stands for a code that did not exist."""


def public_status(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> Status:
    """Return the one word for a code, from what is wanted, what is known and the time.

    `set` needs a reading that showed the entry as wanted, for a window the lock keeps one taken
    after its start; `gone` needs a reading that showed it missing, unless nothing was ever sent.
    An offline code goes by the clock alone, once its PIN is known.
    """
    unwanted = wish.unwanted_since(now)
    if unwanted is not None:
        is_proven_absent = installed.absent_at is not None and installed.absent_at >= unwanted
        if not installed.is_on_lock and (not installed.was_ever_sent or is_proven_absent):
            return Status.GONE
        return Status.REMOVING if terms.is_account_connected else Status.UNKNOWN
    if wish.is_offline:
        if not wish.has_started(now):
            return Status.UNSET
        return Status.SETTING if wish.awaits_computing else Status.SET
    if not terms.is_account_connected:
        return Status.UNKNOWN
    decide = _status_as_told if terms.capabilities.schedules_itself else _wanted_status
    return decide(wish, installed, terms, now)


def _wanted_status(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> Status:
    is_current = installed.is_current(wish, terms)
    if installed.is_left_alone(wish) and not (
        is_current and installed.content is not None and _opens(installed.content, now)
    ):
        return Status.UNSET  # others took it out of force, and that is let be
    if wish.has_started(now):
        return (
            Status.SET
            if is_current and not _awaits_start_proof(wish, installed, terms)
            else Status.SETTING
        )
    if is_current:
        return Status.UNSET if installed.keeps_window else Status.SET
    if installed.content is not None and installed.is_on_lock and _opens(installed.content, now):
        return Status.SETTING  # the old dates still open the door
    if (
        not wish.puts_window_on(terms)
        and wish.load_from(terms) <= now
        and not installed.waits(now)
    ):
        return Status.SETTING
    return Status.UNSET


def _status_as_told(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> Status:
    """Return the word for a code that a cloud keeps on its lock: the cloud's own, where it is old.

    The cloud is believed about the lock, as there is nobody else to ask, and about nothing else:
    it says `set` of what it holds, which has to be what is wanted. An unknown word says nothing.
    """
    if installed.is_current(wish, terms) and installed.word is not None:
        told = installed.word.status
        if told in {Status.SET, Status.UNKNOWN}:
            return Status(told)
        if wish.has_started(now) or told == Status.SETTING:
            return Status.SETTING
        return Status.UNSET
    content = installed.content
    opens_already = installed.is_on_lock and content is not None and _opens(content, now)
    return Status.SETTING if wish.has_started(now) or opens_already else Status.UNSET


def _is_as_wanted(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> bool:
    """Return whether the entry holds what is wanted, and its cloud, if any, has it on the lock."""
    if not installed.is_current(wish, terms):
        return False
    if not terms.capabilities.schedules_itself or not wish.has_started(now):
        return True
    return installed.word is not None and installed.word.status == Status.SET


def _claims_presence(wish: Wish, installed: Installed, status: Status, terms: LockTerms) -> bool:
    """Return whether this word says that the code is on a lock that could be asked."""
    says_so = status is Status.SET or (
        status is Status.UNSET and installed.is_current(wish, terms)
    )
    return says_so and terms.capabilities.can_be_read and not wish.is_offline


def _awaits_start_proof(wish: Wish, installed: Installed, terms: LockTerms) -> bool:
    """Return whether a preloaded code has started without a reading since its start."""
    return (
        wish.starts_at is not None
        and installed.keeps_window
        and terms.capabilities.can_be_read
        and not terms.capabilities.schedules_itself  # its own word says it
        and (installed.seen_at is None or installed.seen_at < wish.starts_at)
    )


def _opens(content: Content, now: datetime) -> bool:
    return (content.starts_at is None or content.starts_at <= now) and (
        content.ends_at is None or now < content.ends_at
    )


def divergence(
    wish: Wish, installed: Installed, terms: LockTerms, now: datetime
) -> datetime | None:
    """Return the earliest moment from which wanted and known can differ, else ``None``.

    The caller keeps an earlier moment that it has on record: an edit does not restart this clock.
    """
    unwanted = wish.unwanted_since(now)
    if unwanted is not None:
        return None if public_status(wish, installed, terms, now) is Status.GONE else unwanted
    if wish.is_offline:
        return wish.created_at if wish.awaits_computing else None
    is_early = not wish.belongs_on_lock(terms, now)
    if is_early or installed.waits(now):
        return now if is_early and installed.is_on_lock else None
    if not installed.is_current(wish, terms):
        return max(
            wish.load_from(terms), wish.created_at, installed.waits_until or wish.created_at
        )
    awaits_proof = _awaits_start_proof(wish, installed, terms)
    is_as_wanted = _is_as_wanted(wish, installed, terms, now) or installed.is_left_alone(wish)
    if wish.has_started(now) and (awaits_proof or not is_as_wanted):
        return wish.starts_at or wish.created_at
    return None


def summarise(
    wish: Wish,
    installed: Installed,
    terms: LockTerms,
    before: Summary | None,
    now: datetime,
    *,
    is_new_wish: bool = False,
    is_seen: bool = True,
) -> Summary:
    """Return what we say of a code now.

    `before` is what we said last, ``None`` for a new code; `is_new_wish` says that the wish has
    changed since then, `is_seen` that a good reading is behind it. A code that is gone stays gone,
    whatever turns up on the lock later.
    """
    if before is not None and before.status is Status.GONE:
        return before
    if terms.holds_ends and wish.ends_at is not None and wish.ends_at <= now:
        now = wish.ends_at - timedelta(microseconds=1)
    status = public_status(wish, installed, terms, now)
    is_believed = is_seen or not _claims_presence(wish, installed, status, terms)
    if before is not None and before.status is Status.UNKNOWN and not is_believed:
        status = Status.UNKNOWN  # the account is back; what is on the lock is still to be seen
    diverged_since = _diverged_since(wish, installed, terms, before, now, is_new_wish=is_new_wish)
    if status is Status.SET and before and before.status is not status and not is_believed:
        # Wanted again as it was there before: whether it still is, is to be seen.
        status, diverged_since = Status.SETTING, before.diverged_since or now
    errors, warnings = _with_theirs(
        installed, status, *_problems(wish, installed, status, diverged_since, now)
    )
    if status is not Status.GONE and wish.is_to_be_used_early(terms):
        warnings = (*warnings, _use_early(wish))
    is_current = installed.is_current(wish, terms)
    return Summary(
        status=status,
        errors=errors,
        warnings=warnings,
        diverged_since=diverged_since,
        is_scheduled_on_device=is_current
        and installed.keeps_window
        and not wish.has_started(now)
        and (installed.word is None or installed.word.is_scheduled),
        proven_at=installed.seen_at if is_current else before.proven_at if before else None,
        gone_at=now if status is Status.GONE else None,
    )


USE_EARLY = "igloo_algopin_must_be_used_within_24_hours"
"""The wire's warning for a PIN that never opens if it is not used soon after its start."""


def _use_early(wish: Wish) -> Mapping[str, Any]:
    return {
        "warning_code": USE_EARLY,
        "message": "The PIN must be used within 24 hours of its start, or it will never work.",
        "created_at": stamp(wish.created_at),
    }


def _diverged_since(
    wish: Wish,
    installed: Installed,
    terms: LockTerms,
    before: Summary | None,
    now: datetime,
    *,
    is_new_wish: bool,
) -> datetime | None:
    since = divergence(wish, installed, terms, now)
    unwanted = wish.unwanted_since(now)
    if since is None or unwanted is not None:
        return since  # absence is a new thing to want: its own clock
    if before is not None and before.diverged_since is not None:
        return min(before.diverged_since, now)
    was_settled = before is not None and (
        before.status is Status.SET or before.is_scheduled_on_device
    )
    if is_new_wish or (was_settled and not _is_as_wanted(wish, installed, terms, now)):
        return now
    return since


Problems = tuple[Mapping[str, Any], ...]


def _problems(
    wish: Wish,
    installed: Installed,
    status: Status,
    diverged_since: datetime | None,
    now: datetime,
) -> tuple[Problems, Problems]:
    """Return the wire's errors and warnings of a code: refusals at once, slowness by the clock."""
    if status in {Status.GONE, Status.UNKNOWN}:
        return (), ()
    if installed.error_code and diverged_since is not None:
        since = installed.error_since or now
        return (_error(installed.error_code, installed.error_message, since),), ()
    if installed.is_left_alone(wish):
        return (), (_left_alone(installed, now),)
    if diverged_since is None or status is Status.UNSET:
        return (), ()  # its time has not come; the watchdog speaks of it on the desk
    return _slowness(wish, diverged_since, now, is_removing=status is Status.REMOVING)


def _with_theirs(
    installed: Installed, status: Status, errors: Problems, warnings: Problems
) -> tuple[Problems, Problems]:
    """Return the problems with those that a cloud tells of the code; its words go before ours.

    Its own delay says more than ours, which is by the clock alone.
    """
    if installed.word is None or status is Status.GONE:
        return errors, warnings
    their_errors, their_warnings = installed.word.errors, installed.word.warnings
    told = {error.get("error_code") for error in their_errors}
    warned = {warning.get("warning_code") for warning in their_warnings}
    return (
        (*their_errors, *(error for error in errors if error["error_code"] not in told)),
        (*their_warnings, *(one for one in warnings if one["warning_code"] not in warned)),
    )


def _slowness(
    wish: Wish, diverged_since: datetime, now: datetime, *, is_removing: bool
) -> tuple[Problems, Problems]:
    failed_at = diverged_since + FAILED_AFTER
    if not is_removing and wish.starts_at is not None:
        failed_at = min(failed_at, max(wish.starts_at, diverged_since + DELAYED_AFTER))
    if now >= failed_at:
        code, what = (
            ("failed_to_remove_from_device", "take the code off")
            if is_removing
            else ("failed_to_set_on_device", "put the code on")
        )
        message = f"We have not been able to {what} the lock. We keep trying."
        return (_error(code, message, failed_at),), ()
    if now >= diverged_since + DELAYED_AFTER:
        doing = "removing_from_device" if is_removing else "setting_on_device"
        warning = {
            "warning_code": f"delay_in_{doing}",
            "message": "This is taking longer than usual. We keep trying.",
            "created_at": stamp(diverged_since + DELAYED_AFTER),
        }
        return (), (warning,)
    return (), ()


def _error(code: str, message: str, since: datetime) -> Mapping[str, Any]:
    return {
        "error_code": code,
        "message": message,
        "created_at": stamp(since),
        "is_access_code_error": True,
    }


def _left_alone(installed: Installed, now: datetime) -> Mapping[str, Any]:
    return {
        "warning_code": "external_modification_in_effect",
        "message": "The code was changed outside Locksite, and the change is in effect.",
        "created_at": stamp(installed.error_since or now),
        "change_type": "modified" if installed.is_on_lock else "removed",
    }


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change that was accepted and is not on the lock yet, in the wire's words.

    `before` and `after` hold names or times; for `updating_code` they are ``None`` and whoever
    shows the mutation opens the two PINs.
    """

    mutation_code: str
    message: str
    created_at: datetime
    scheduled_at: datetime | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def pending_mutations(
    wish: Wish, installed: Installed, terms: LockTerms, summary: Summary, now: datetime
) -> tuple[Mutation, ...]:
    """Return what is on its way to the lock."""
    since = summary.diverged_since or wish.created_at
    if wish.unwanted_since(now) is not None:
        if summary.status is Status.GONE:
            return ()
        return (Mutation("deleting", "Taking the code off the lock.", since),)
    if wish.is_offline or installed.is_current(wish, terms) or installed.is_left_alone(wish):
        computing = Mutation("creating", "The lock's maker computes the PIN.", since)
        return (computing,) if wish.awaits_computing else ()
    if installed.content is not None and installed.revision:
        return _updates(wish, installed.content, terms, since)
    if not wish.belongs_on_lock(terms, now) or installed.waits(now):
        load_from = wish.load_from(terms)
        return (
            Mutation(
                "deferring_creation",
                "Waiting until nearer the start.",
                wish.created_at,
                scheduled_at=max(load_from, installed.waits_until or load_from),
            ),
        )
    return (Mutation("creating", "Programming the code on the lock.", since),)


def _updates(
    wish: Wish, content: Content, terms: LockTerms, since: datetime
) -> tuple[Mutation, ...]:
    wanted = wish.content(terms)
    updates = []
    if content.pin_index != wanted.pin_index:
        updates.append(Mutation("updating_code", "Changing the PIN on the lock.", since))
    if terms.capabilities.shows_names and content.name != wanted.name:
        updates.append(
            Mutation(
                "updating_name",
                "Changing the name on the lock.",
                since,
                before={"name": content.name},
                after={"name": wanted.name},
            )
        )
    if (content.starts_at, content.ends_at) != (wanted.starts_at, wanted.ends_at):
        updates.append(
            Mutation(
                "updating_time_frame",
                "Changing the dates on the lock.",
                since,
                before={"starts_at": content.starts_at, "ends_at": content.ends_at},
                after={"starts_at": wish.starts_at, "ends_at": wish.ends_at},
            )
        )
    return tuple(updates) or (Mutation("creating", "Programming the code on the lock.", since),)


def attempt_state(
    action_type: str, summary: Summary, *, is_on_its_way: bool
) -> tuple[AttemptStatus, str, str]:
    """Return how an action attempt about a code stands: status, error type and error message.

    `is_on_its_way` says whether the lock still has to be told something (`pending_mutations`, less
    a deferred creation). The last two are empty unless the status is `error`.
    """
    is_done = summary.status is Status.GONE or (
        action_type != "DELETE_ACCESS_CODE" and not is_on_its_way
    )
    if is_done:
        return AttemptStatus.SUCCESS, "", ""
    if summary.errors:
        error = summary.errors[0]
        return AttemptStatus.ERROR, str(error["error_code"]), str(error["message"])
    return AttemptStatus.PENDING, "", ""
