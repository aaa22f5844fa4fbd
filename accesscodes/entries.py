"""What we believe of a code's entry on its lock, after a reading and around a command.

Pure: the belief before, and what happened, give the belief after. A provider's yes is remembered
and proves nothing; only a reading moves an entry to `present` or `absent`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from accesscodes.choices import Placement
from accesscodes.planning import LOOK_IDLE, Blocked
from accesscodes.values import Installed, LockTerms, Seen, Sighting, Wish, holds, same_content
from properties.providers.base import Retry

AUDIT_AFTER_GONE = timedelta(minutes=15)
"""How long a removed code is still looked for: a command that timed out may land that late."""

WENT_WRONG = "Something went wrong inside Locksite. Its log tells an administrator more."

MOST_RESTORES = 3
"""How often within `RESTORES_COUNT_FOR` a code is put back; after that a person decides."""

RESTORES_COUNT_FOR = timedelta(hours=24)

KEEPS_ITS_OWN_AFTER = 6
"""So many tries that a cloud said yes to, and kept something else, are enough: some minutes."""

CHANGED_OUTSIDE = "conflicting_external_modification"
SWITCHED_OFF = "access_code_inactive"


def after_reading(
    wish: Wish,
    installed: Installed,
    sighting: Sighting,
    terms: LockTerms,
    at: datetime,
) -> Installed:
    """Return what we believe of an entry after a reading at `at` that showed `sighting` of it."""
    if sighting.is_superseded:
        return _overtaken(installed)
    if sighting.entry is None:
        return _found_missing(wish, installed, sighting, terms, at)
    wanted = wish.content(terms)
    seen = sighting.entry.content
    present = replace(
        installed,
        placement=Placement.PRESENT,
        slot=sighting.entry.slot,
        known_pins=installed.known_pins | ({seen.pin_index or ""} - {""}),
        seen_at=at,
        absent_at=None,
        remote_id=sighting.entry.remote_id or installed.remote_id,
        word=sighting.entry.word,
    )
    was_so_before = installed.content is not None and installed.content.ends_at == seen.ends_at
    is_stretched = not was_so_before and installed.sent == wanted and holds(seen, wanted, terms)
    is_right = same_content(seen, wanted, terms) or is_stretched
    if sighting.is_ours_as_sent and is_right:
        right = replace(
            present,
            revision=wish.revision,
            content=wanted,
            keeps_window=wish.puts_window_on(terms),
        )
        return _settled(right) if wish.belongs_on_lock(terms, at) else right
    if seen.pin_index is None:
        # The lock hides the PIN: it is the one last acknowledged, or nobody knows.
        is_known = installed.is_acknowledged and installed.sent is not None
        seen = replace(
            seen, pin_index=installed.sent.pin_index if is_known and installed.sent else ""
        )
    # An entry that is switched off opens nothing: it holds nothing that could be wanted.
    believed = replace(present, content=seen if sighting.entry.is_enabled else None)
    if wish.unwanted_since(at) is not None:
        return believed
    return _not_as_wanted(wish, believed, sighting, sighting.entry, terms, at)


def _not_as_wanted(
    wish: Wish,
    believed: Installed,
    sighting: Sighting,
    entry: Seen,
    terms: LockTerms,
    at: datetime,
) -> Installed:
    """Return what we believe of our entry, which holds something else than is wanted."""
    if _keeps_its_own(wish, believed, terms):
        keeps = "The cloud keeps other values, whatever we ask for: decide what holds."
        asks = replace(believed, revision=0, refused_revision=wish.revision)
        return _marked(asks, CHANGED_OUTSIDE, keeps, at)
    if sighting.is_altered:
        return _altered(wish, believed, entry, terms, at)
    return believed


def _keeps_its_own(wish: Wish, installed: Installed, terms: LockTerms) -> bool:
    """Return whether a cloud said yes often enough and kept something else, a rounded date say."""
    return (
        terms.capabilities.schedules_itself
        and installed.is_acknowledged
        and installed.sent == wish.content(terms)
        and installed.attempts >= KEEPS_ITS_OWN_AFTER
        and not wish.allows_outside_changes
    )


def _overtaken(installed: Installed) -> Installed:
    """Return an entry in whose slot an older one of ours was seen, of a code that had it before.

    The reading is old, or an old write landed late, over ours. Nobody else did anything; writing
    ours again puts it right.
    """
    if installed.placement is not Placement.PRESENT:
        return installed
    return replace(installed, placement=Placement.WRITING, content=None, revision=0)


def _altered(
    wish: Wish, installed: Installed, entry: Seen, terms: LockTerms, at: datetime
) -> Installed:
    if not entry.is_enabled:
        return _not_as_we_left_it(
            wish, installed, SWITCHED_OFF, "The code was switched off in the lock's app.", at
        )
    has_window = entry.content.starts_at is not None and terms.capabilities.keeps_window
    installed = replace(installed, keeps_window=has_window)
    changed = "The code was changed outside Locksite."
    return _not_as_we_left_it(wish, installed, CHANGED_OUTSIDE, changed, at)


def _not_as_we_left_it(
    wish: Wish, installed: Installed, error_code: str, message: str, at: datetime
) -> Installed:
    """Return the entry marked with what others did, to be put back unless that is let be.

    It is put back `MOST_RESTORES` times a day. Whoever changes it again then means it, and a
    person has to decide whose change holds: by changing the wish, or by taking it back.
    """
    was_as_left = installed.revision > 0
    installed = replace(installed, revision=0)
    if wish.allows_outside_changes:
        alone = replace(_settled(installed), left_alone=wish.revision)
        is_off = error_code == SWITCHED_OFF
        return _marked(alone, error_code if is_off else "", message if is_off else "", at)
    if installed.error_code == error_code:
        return installed  # being put back
    putting_back = f"{message} We are putting it back."
    if installed.restores and not was_as_left:
        # The same change, which a write that the lock refused did not end; its pause holds.
        same = _marked(installed, error_code, putting_back, at)
        return replace(same, retry_at=installed.retry_at)
    recent = tuple(moment for moment in installed.restores if moment > at - RESTORES_COUNT_FOR)
    if len(recent) >= MOST_RESTORES:
        again = f"{message} It was put back {MOST_RESTORES} times in a day: decide what holds."
        return _marked(
            replace(installed, restores=recent, refused_revision=wish.revision),
            error_code,
            again,
            at,
        )
    return _marked(
        replace(installed, restores=(*recent, at)),
        error_code,
        putting_back,
        at,
    )


def _settled(installed: Installed) -> Installed:
    return replace(
        installed,
        attempts=0,
        retry_at=None,
        refused_revision=0,
        refused_generation=None,
        left_alone=0,
        error_code="",
        error_message="",
        error_since=None,
    )


def _found_missing(
    wish: Wish, installed: Installed, sighting: Sighting, terms: LockTerms, at: datetime
) -> Installed:
    was_proven = installed.placement is Placement.PRESENT
    gone = replace(
        installed,
        placement=Placement.ABSENT,
        slot=None if sighting.is_slot_taken else installed.slot,
        content=None,
        absent_at=at,
        word=None,
    )
    if was_proven and wish.belongs_on_lock(terms, at):
        return _not_as_we_left_it(
            wish,
            gone,
            CHANGED_OUTSIDE,
            "The code was removed from the lock outside Locksite.",
            at,
        )
    gone = replace(gone, revision=0)
    if wish.unwanted_since(at) is not None and installed.was_ever_sent:
        return replace(_settled(gone), audit_until=installed.audit_until or at + AUDIT_AFTER_GONE)
    if not wish.belongs_on_lock(terms, at):
        return _settled(gone)  # taken off because it is to come later
    return gone


def _marked(installed: Installed, code: str, message: str, at: datetime) -> Installed:
    since = installed.error_since if installed.error_code == code else None
    return replace(
        installed, error_code=code, error_message=message, error_since=since or at, retry_at=None
    )


def before_computing(installed: Installed, now: datetime) -> Installed:
    """Return the (empty) entry of an offline code once its maker is being asked for a PIN."""
    attempts = installed.attempts + 1
    return replace(installed, attempts=attempts, retry_at=now + retry_after(attempts))


def after_computing(installed: Installed) -> Installed:
    """Return the (empty) entry of an offline code once its PIN is known: nothing is left to do."""
    return _settled(installed)


def after_assignment(installed: Installed, pin_index: str) -> Installed:
    """Return the entry with the PIN that the maker turned out to have chosen for it."""
    return replace(
        installed,
        sent=installed.sent and replace(installed.sent, pin_index=pin_index),
        known_pins=installed.known_pins | {pin_index},
    )


def before_program(
    wish: Wish, installed: Installed, slot: int, terms: LockTerms, now: datetime
) -> Installed:
    """Return what we believe once a write of `wish` into `slot` is about to leave."""
    sent = wish.content(terms)
    is_same_slot = installed.slot in {None, slot}
    pins = installed.known_pins if is_same_slot else frozenset()
    names = installed.known_names if is_same_slot else frozenset()
    return replace(
        installed,
        placement=Placement.WRITING,
        slot=slot,
        keeps_window=wish.puts_window_on(terms),
        sent=sent,
        is_acknowledged=False,
        known_pins=pins | ({sent.pin_index} if sent.pin_index else set()),
        known_names=names | ({sent.name} if sent.name else set()),
        remote_id=installed.remote_id if is_same_slot else "",
        absent_at=None,
        waits_until=None,
        attempts=installed.attempts + 1,
        retry_at=now + retry_after(installed.attempts + 1),
    )


def before_remove(installed: Installed, now: datetime) -> Installed:
    """Return what we believe once a removal is about to leave."""
    return replace(
        installed,
        placement=Placement.ERASING,
        is_acknowledged=False,
        absent_at=None,
        attempts=installed.attempts + 1,
        retry_at=now + retry_after(installed.attempts + 1),
    )


def after_acceptance(
    wish: Wish, installed: Installed, terms: LockTerms, at: datetime
) -> Installed:
    """Return what we believe after the provider said yes to what was sent for `wish`.

    Where the lock can be read, its yes proves nothing: it may not have done it. Where it cannot,
    the yes is the best there will ever be, and counts as a look at the entry.
    """
    if terms.capabilities.can_be_read:
        return replace(installed, is_acknowledged=True)
    if installed.placement is Placement.ERASING:
        return _settled(
            replace(
                installed,
                placement=Placement.ABSENT,
                content=None,
                revision=0,
                is_acknowledged=True,
                absent_at=at,
            )
        )
    return _settled(
        replace(
            installed,
            placement=Placement.PRESENT,
            content=installed.sent,
            revision=wish.revision,
            is_acknowledged=True,
            seen_at=at,
            absent_at=None,
        )
    )


def asked_to_wait(installed: Installed, wait: timedelta, now: datetime) -> Installed:
    """Return the entry with a pause as long as the far side asked for, up to 15 min."""
    until = now + min(max(wait, timedelta(0)), timedelta(minutes=15))
    return replace(installed, retry_at=max(until, installed.retry_at or until))


def after_block(installed: Installed, step: Blocked, now: datetime) -> Installed:
    """Return the entry with the reason why it cannot be written now, and until when it waits."""
    since = installed.error_since if installed.error_code == step.error_code else now
    return replace(
        installed,
        error_code=step.error_code,
        error_message=step.message,
        error_since=since if step.error_code else None,
        retry_at=None,
        waits_until=step.until,
    )


def after_refusal(
    wish: Wish,
    installed: Installed,
    *,
    retry: Retry,
    error_code: str,
    message: str,
    wait: timedelta | None,
    generation: int,
    now: datetime,
) -> Installed:
    """Return what we believe after the lock said no: the entry is as it was before.

    A refusal `on_wish` waits for a changed wish; all others are tried again: when the far side
    asked for it, else after a minute and then ever more slowly, at most every 30 minutes. One
    `on_lock_change` is tried again at once when the lock is another than it was; `generation`
    tells the two apart (see `after_lock_change`).
    """
    pause = refusal_pause(installed.attempts)
    if wait is not None:  # the far side knows better how long, within reason
        pause = min(max(wait, timedelta(seconds=1)), timedelta(minutes=15))
    was_there = installed.content is not None or installed.placement is Placement.ERASING
    return replace(
        installed,
        placement=Placement.PRESENT if was_there else Placement.ABSENT,
        retry_at=now + pause,
        refused_revision=wish.revision if retry is Retry.ON_WISH else 0,
        refused_generation=generation if retry is Retry.ON_LOCK_CHANGE else None,
        error_code=error_code,
        error_message=message,
        error_since=(installed.error_since if installed.error_code == error_code else None) or now,
    )


def after_crash(installed: Installed, error_code: str, now: datetime) -> Installed:
    """Return what we believe after work on a code failed inside Locksite itself.

    Nobody knows how far it came: the next reading tells. It waits 1 min, doubling up to 30, and
    never gives up; the other codes of the lock go on.
    """
    return replace(
        _marked(
            installed,
            error_code,
            WENT_WRONG,
            now,
        ),
        retry_at=now + refusal_pause(installed.attempts),
    )


def after_lock_change(installed: Installed, generation: int, *, memory_changed: bool) -> Installed:
    """Return the entry free to be tried again, where the lock refused it for what it was like.

    The lock is another one when somebody or its account reported a change since (`generation`), or
    when its memory differs from the last reading: a keypad is back, a slot is free.
    """
    refused_then = installed.refused_generation
    if refused_then is None or (refused_then == generation and not memory_changed):
        return installed
    return replace(installed, retry_at=None, refused_generation=None)


def retry_after(attempts: int) -> timedelta:
    """Return the pause after `attempts` tries without an answer: 5 s, doubling, up to 5 min."""
    return min(timedelta(seconds=5 * 2 ** min(attempts - 1, 10)), timedelta(minutes=5))


def refusal_pause(attempts: int) -> timedelta:
    """Return the pause after refusal number `attempts`: 1 min, doubling, at most 30 min."""
    return min(timedelta(minutes=2 ** min(max(attempts, 1) - 1, 10)), timedelta(minutes=30))


def look_again_after(
    failures: int, *, has_work: bool, asked_to_wait: timedelta | None = None
) -> timedelta:
    """Return the pause after `failures` readings in a row that failed.

    A far side that says when to come again is taken at its word, but looked at every 5 min at
    least: a lock that wakes for a minute in hours is met in that minute.
    """
    if asked_to_wait is not None:
        return min(max(asked_to_wait, timedelta(seconds=1)), LOOK_IDLE)
    longest = timedelta(minutes=2) if has_work else LOOK_IDLE
    return min(timedelta(seconds=10 * 2 ** min(max(failures, 1) - 1, 10)), longest)
