"""The single writer of facts about codes.

Every change of what we know goes through here: facts about the entry on the lock, the summary, the
transition and the events, in one transaction, or nothing at all. The wish is written by
`services`, except for a PIN that the lock's maker chooses.

Rows are locked in one order everywhere: the lock, then the code.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from accesscodes import entries as beliefs
from accesscodes import unmanaged
from accesscodes.choices import (
    CommandAction,
    EventType,
    ForeignWish,
    Kind,
    Outcome,
    Placement,
    Status,
)
from accesscodes.events import NewEvent, Snapshot, events_between
from accesscodes.foreign import obstacle
from accesscodes.lifecycle import EDGES, summarise
from accesscodes.models import (
    AccessCode,
    Installation,
    LockCommand,
    LockReading,
    Transition,
    UnmanagedCode,
    not_ahead,
    terms_of,
)
from accesscodes.planning import Blocked
from accesscodes.values import Installed, LockTerms, Seen, Summary
from locksite.actors import SYSTEM
from locksite.database import DATABASE_IS_AWAY, write_transaction
from locksite.journal.models import Event, new_event
from locksite.masked import Pin
from locksite.pins import index_of, seal
from properties.models import Device

log = logging.getLogger(__name__)

LEASE_TIME = timedelta(seconds=90)


class StaleRow(Exception):  # noqa: N818
    """The row changed since it was read: drop what you knew and look again."""


class LeaseLost(Exception):  # noqa: N818
    """Another engine has taken the lock over: nothing was written."""


def at_any_time(now: datetime) -> bool:
    """Trust the clock, as whoever works on one lock by hand does."""
    return True


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one lock; `token` grows, so an old holder is told apart.

    `is_right` says of a time that the holder just read whether its clock can be trusted; while it
    cannot, no code counts as over because of the time.
    """

    device_id: int
    token: int
    engine_id: UUID
    generation: int
    is_right: Callable[[datetime], bool] = at_any_time


@dataclass(frozen=True, slots=True)
class Finding:
    """New facts about one code, to be recorded.

    `assigned`: the PIN that the maker turned out to have chosen, where that is news.
    """

    code: AccessCode
    installed: Installed
    assigned: Pin | None = None


def hold(device_id: int, lease: Lease | None) -> Device:
    """Lock the lock's row for this transaction and return it, with its property and account.

    Raises `LeaseLost` when `lease` is no longer the newest.
    """
    device = (
        Device.objects.select_for_update(of=("self",))
        .select_related("property", "account")
        .get(pk=device_id)
    )
    if lease is not None and device.lease_token != lease.token:
        raise LeaseLost(f"lock {device_id}: lease {lease.token} is over")
    return device


def terms_under(lease: Lease | None, device: Device, now: datetime) -> LockTerms:
    """Return what is fixed about a lock for whoever holds this lease and reads `now`."""
    terms = terms_of(device)
    return terms if lease is None else replace(terms, holds_ends=not lease.is_right(now))


def snapshot(code: AccessCode) -> Snapshot:
    """Return all that is known of a code now."""
    return Snapshot(code.wish(), code.installed(), code.summary())


def record_new(code: AccessCode, device: Device, *, now: datetime) -> None:
    """Write a new code, together with what follows from its wish, in one row.

    `code` is not in the database yet; `device` is what `hold` returned in this transaction.
    """
    _record(code, terms=terms_of(device), device=device, now=now)
    code.has_no_installations()


def record(
    code: AccessCode,
    *,
    now: datetime,
    before: Snapshot | None = None,
    lease: Lease | None = None,
    installed: Installed | None = None,
    reading: LockReading | None = None,
    command: LockCommand | None = None,
) -> None:
    """Write new facts about `code`, and everything that follows from them, or nothing at all.

    Without `installed` nothing new is known and only the summary is brought up to date: after a
    changed wish, with `before` taken ahead of the change, or because the clock went on. A code
    whose `version` is 0 is new. Raises `StaleRow` when the row changed since it was read,
    `LeaseLost` when `lease` is over; the caller drops what it knew and looks again.
    """
    with write_transaction():
        device = hold(code.device_id, lease)
        _record(
            code,
            terms=terms_under(lease, device, now),
            device=device,
            now=now,
            before=before,
            installed=installed,
            reading=reading,
            command=command,
        )


def assign_pin(code: AccessCode, pin: Pin, *, lease: Lease, now: datetime) -> None:
    """Write the PIN that the maker computed for an offline code, and all that follows from it.

    This, and a reading that shows a PIN of the maker's choice, are the only changes of a wish that
    `services` does not write. Where another code of the lock has this PIN at the same time, that
    is written as an error in its place. Raises `StaleRow` or `LeaseLost`.
    """
    with write_transaction():
        device = hold(code.device_id, lease)
        _record(
            code,
            terms=terms_of(device),
            device=device,
            now=now,
            installed=beliefs.after_computing(code.installed()),
            assigned=pin,
        )


def record_reading(
    device_id: int,
    findings: Sequence[Finding],
    *,
    entries: Sequence[Seen],
    foreign: Sequence[Seen],
    pins: Mapping[str, Pin],
    lease: Lease,
    now: datetime,
    asked_at: int,
) -> Sequence[UnmanagedCode]:
    """Write what one good look at a lock showed, and what follows for each of its codes.

    `pins` are the PINs that the lock showed, by their index; empty where it hides them. A code
    whose row changed meanwhile is left out: its lock has been poked and is looked at again.
    `asked_at` is the lock's generation when it was asked. If it has grown since, somebody may have
    put an entry on the lock that this look came too early for: nothing of others is gone by it.
    Return the codes on the lock that are not ours.
    """
    with write_transaction():
        device = hold(device_id, lease)
        reading = LockReading.objects.create(
            device=device,
            at=now,
            is_good=True,
            digest=digest_of(entries),
            entries=len(entries),
        )
        Device.objects.filter(pk=device_id).update(
            last_read_at=now, failing_since=None, failures=0
        )
        is_overtaken = device.generation != asked_at
        foreign = _take_over(foreign, device, pins, reading, now)
        others = unmanaged.keep(device, foreign, pins, now, is_overtaken=is_overtaken)
        words = {entry.slot: entry for entry in foreign}
        for row in others:
            entry = words.get(row.slot)
            is_told = entry is None or entry.word is None or entry.word.is_managed
            if row.wish == ForeignWish.CONVERT and is_told:
                _adopt(row, device, reading, now, entry)
            elif _was_made_ours(row, entry):
                row.is_external_modification_allowed = True
                row.wished_by, row.wished_by_kind = device.account.name[:150], SYSTEM.kind
                _adopt(row, device, reading, now, entry)
        _record_all(findings, lease=lease, device=device, now=now, reading=reading, pins=pins)
    return [row for row in others if row.gone_at is None]


def record_stranger(
    device_id: int, entry: Seen, pin: Pin | None, *, now: datetime
) -> UnmanagedCode:
    """Write down an entry that is not ours ahead of the next reading, and return it."""
    with write_transaction():
        device = hold(device_id, None)
        known = UnmanagedCode.objects.live().filter(device=device, slot=entry.slot).first()
        pins = {} if pin is None else {str(entry.content.pin_index): pin}
        return known or unmanaged.found(entry, device, pins, now)


def record_clock(
    device_id: int, findings: Sequence[Finding], *, lease: Lease, now: datetime
) -> None:
    """Bring the codes of a lock that cannot be read up to date with the clock."""
    with write_transaction():
        device = hold(device_id, lease)
        _record_all(findings, lease=lease, device=device, now=now, reading=None)


def record_blindness(
    device_id: int,
    findings: Sequence[Finding],
    *,
    error_code: str,
    message: str,
    lease: Lease,
    now: datetime,
) -> int:
    """Write that a lock could not be read, and bring its codes up to date with the clock.

    Return how many readings in a row have failed.
    """
    with write_transaction():
        device = hold(device_id, lease)
        LockReading.objects.create(
            device=device, at=now, is_good=False, error_code=error_code, error_message=message
        )
        Device.objects.filter(pk=device_id).update(
            failing_since=_since(device.failing_since, now),
            last_read_at=not_ahead(device.last_read_at, now),
            failures=F("failures") + 1,
        )
        _record_all(findings, lease=lease, device=device, now=now, reading=None)
    return device.failures + 1


def record_crash(lease: Lease, now: datetime) -> int:
    """Write that work on a lock failed inside Locksite; return how many looks in a row failed."""
    with write_transaction():
        device = hold(lease.device_id, lease)
        Device.objects.filter(pk=device.pk).update(
            failing_since=_since(device.failing_since, now),
            last_read_at=not_ahead(device.last_read_at, now),
            failures=F("failures") + 1,
        )
    return device.failures + 1


def _since(moment: datetime | None, now: datetime) -> datetime:
    """Return since when, for a row: `now` where nothing is on record, or only a future."""
    return not_ahead(moment, now) or now


def hold_ends(lease: Lease, since: datetime | None) -> None:
    """Write since when a lock keeps codes past their end for a second look, if it does."""
    with write_transaction():
        hold(lease.device_id, lease)
        Device.objects.filter(pk=lease.device_id).update(ends_held_since=since)


def begin(
    code: AccessCode,
    installed: Installed,
    action: CommandAction,
    *,
    lease: Lease,
    now: datetime,
) -> LockCommand:
    """Write down a command before it leaves, with the slot it goes to, and renew the lease.

    Raises `StaleRow` or `LeaseLost`; then nothing may be sent.
    """
    if installed.slot is None:
        raise ValueError("a command goes to a slot")
    with write_transaction():
        device = hold(code.device_id, lease)
        _record(
            code,
            terms=terms_under(lease, device, now),
            device=device,
            now=now,
            installed=installed,
        )
        entry = code.installation
        if entry is None:
            raise StaleRow(code.pk)
        return _write_command(
            device,
            lease,
            now,
            installation=entry,
            action=action,
            slot=installed.slot,
            revision=code.revision,
            pin_index=code.pin_index or "",
        )


def finish(
    command: LockCommand,
    code: AccessCode,
    installed: Installed,
    outcome: Outcome,
    *,
    lease: Lease,
    now: datetime,
    error_code: str = "",
    message: str = "",
) -> None:
    """Write how a command ended; raises `LeaseLost`, and then the next look will tell.

    The wish may have changed while the lock was busy. What the lock answered is a fact all the
    same, so it is written beside the wish as it is now; only the pause after a failure no longer
    counts.
    """
    with write_transaction():
        device = hold(code.device_id, lease)
        _close(command, outcome, now, error_code, message)
        fresh = AccessCode.objects.for_list().get(pk=code.pk)
        if fresh.revision != code.revision:
            installed = replace(installed, attempts=0, retry_at=None)
        _record(
            fresh,
            terms=terms_under(lease, device, now),
            device=device,
            now=now,
            installed=installed,
            command=command,
        )


def begin_sweep(
    installation: Installation, slot: int, pin_index: str, *, lease: Lease, now: datetime
) -> LockCommand:
    """Write down that a slot is about to be emptied of what we once wrote there and forgot.

    Nothing is said of the code by it. Raises `LeaseLost`; then nothing may be sent.
    """
    with write_transaction():
        device = hold(installation.device_id, lease)
        return _write_command(
            device,
            lease,
            now,
            installation=installation,
            action=CommandAction.REMOVE,
            slot=slot,
            revision=installation.revision,
            pin_index=pin_index,
        )


def finish_sweep(
    command: LockCommand,
    outcome: Outcome,
    *,
    lease: Lease,
    now: datetime,
    error_code: str = "",
    message: str = "",
) -> None:
    """Write how it ended; the next reading tells. Raises `LeaseLost`."""
    with write_transaction():
        hold(command.device_id, lease)
        _close(command, outcome, now, error_code, message)


def begin_on_foreign(
    row: UnmanagedCode, slot: int, action: CommandAction, *, lease: Lease, now: datetime
) -> LockCommand | None:
    """Write down that an entry that is not ours is about to be removed, or made ours by its cloud.

    Renews the lease.

    Returns ``None`` when nobody wants that any more. Raises `LeaseLost`; then, too, nothing may be
    sent.
    """
    with write_transaction():
        device = hold(row.device_id, lease)
        row.refresh_from_db()
        one = row.stranger()
        is_wanted = one.is_unwanted if action == CommandAction.REMOVE else one.is_to_be_asked_for
        if not is_wanted:
            return None
        unmanaged.asked_for(row, now)
        return _write_command(
            device,
            lease,
            now,
            unmanaged_code=row,
            action=action,
            slot=slot,
            revision=0,
            pin_index=row.pin_index or "",
        )


def finish_on_foreign(
    command: LockCommand,
    row: UnmanagedCode,
    outcome: Outcome,
    *,
    lease: Lease,
    now: datetime,
    error_code: str = "",
    message: str = "",
    wait: timedelta | None = None,
) -> None:
    """Write how a command about an entry that is not ours ended; a reading shows what came of it.

    A cloud that refuses to make a code ours has the last word. Raises `LeaseLost`.
    """
    with write_transaction():
        device = hold(row.device_id, lease)
        _close(command, outcome, now, error_code, message)
        if outcome == Outcome.REFUSED and command.action == CommandAction.CONVERT:
            unmanaged.failed(row, device, message, now)
        elif outcome != Outcome.ACCEPTED:
            unmanaged.was_not_done(
                row, error_code, message, wait, now, is_refusal=outcome != Outcome.UNREACHABLE
            )


def close_lost_commands(device_id: int, *, lease: Lease, now: datetime) -> int:
    """Close the commands that a dead engine left open; a reading will show what became of them.

    That the engine died is not the lock's failure: the try does not count, and the next may come
    soon. It counts where the try before was cut off as well, for then the code may be what ends
    the engines.
    """
    left_open = LockCommand.objects.filter(device_id=device_id, outcome="")
    if not left_open.exists():
        return 0  # as nearly always: no reason to lock anything
    with write_transaction():
        hold(device_id, lease)
        for command in left_open.select_related("installation", "unmanaged_code"):
            _forget_try(command, now)
        return left_open.update(outcome=Outcome.LOST, answered_at=now)


def close_crashed_commands(device_id: int, *, lease: Lease, now: datetime) -> int:
    """Close the commands whose answer could not be written down; they count as tries."""
    with write_transaction():
        hold(device_id, lease)
        return LockCommand.objects.filter(device_id=device_id, outcome="").update(
            outcome=Outcome.CRASHED, answered_at=now
        )


def _forget_try(command: LockCommand, now: datetime) -> None:
    """Undo what writing this command down did to the pauses of its entry."""
    entry, other = command.installation, command.unmanaged_code
    row: Installation | UnmanagedCode | None = other
    if entry is not None:
        # The sweep of a slot that the code has left says nothing of the code.
        is_about_it = entry.placement in {Placement.WRITING, Placement.ERASING}
        row = entry if is_about_it and entry.slot == command.slot else None
    if row is None:
        return
    before = row.commands.exclude(pk=command.pk).order_by("-id").first()
    if before is not None and before.outcome == Outcome.LOST:
        return
    row.attempts = max(row.attempts - 1, 0)
    if row.retry_at is not None:
        row.retry_at = min(row.retry_at, now + beliefs.retry_after(1))
    row.save(update_fields=["attempts", "retry_at"])


def digest_of(entries: Iterable[Seen]) -> str:
    """Return a digest (64 hex digits) of all that is on a lock."""
    lines = sorted(
        f"{entry.slot}|{entry.content.as_json()}|{entry.is_enabled}" for entry in entries
    )
    return sha256("\n".join(lines).encode()).hexdigest()


# ---- inside -------------------------------------------------------------------------------------


def _write_command(device: Device, lease: Lease, now: datetime, **what: Any) -> LockCommand:
    """Write a command down before it leaves, and renew the lease for the time that it takes."""
    Device.objects.filter(pk=device.pk).update(lease_until=now + LEASE_TIME)
    return LockCommand.objects.create(device=device, lease_token=lease.token, asked_at=now, **what)


def _close(
    command: LockCommand, outcome: Outcome, now: datetime, error_code: str, message: str
) -> None:
    command.outcome = outcome
    command.answered_at = now
    command.error_code = error_code
    command.error_message = message
    command.save(update_fields=["outcome", "answered_at", "error_code", "error_message"])


def _take_over(
    foreign: Sequence[Seen],
    device: Device,
    pins: Mapping[str, Pin],
    reading: LockReading,
    now: datetime,
) -> list[Seen]:
    """Make ours what a cloud keeps for us although we never asked for it; return the others.

    Such codes were made in the same workspace, by hand or by other software, which may go on
    changing them: what is done to them from outside is let be. One that cannot be ours, because
    its PIN is hidden or ours already, or it is over, is shown as one of others.
    """
    others = []
    for entry in foreign:
        pin = pins.get(entry.content.pin_index or "")
        is_ours = entry.word is not None and entry.word.is_managed
        if not is_ours or pin is None or not _may_be_ours(entry, device, now):
            others.append(entry)
            continue
        code = AccessCode(
            uid=uuid4(),
            device=device,
            name=entry.content.name or f"Code {entry.slot}",
            pin_index=entry.content.pin_index,
            is_external_modification_allowed=True,
            created_by=device.account.name[:150],
            created_by_kind=SYSTEM.kind,
        )
        code.pin = seal(pin, bound_to=code.uid)
        _begin_as_found(code, entry, device, reading, now, [NewEvent(EventType.CREATED)])
    return others


def _was_made_ours(row: UnmanagedCode, entry: Seen | None) -> bool:
    """Return whether somebody let a cloud keep for us what was shown as one of others."""
    is_ours = entry is not None and entry.word is not None and entry.word.is_managed
    return is_ours and not row.wish and not row.error_code


def _may_be_ours(entry: Seen, device: Device, now: datetime) -> bool:
    content = entry.content
    if content.ends_at is not None and content.ends_at <= now:
        return False
    if entry.word is not None and entry.word.status == Status.REMOVING:
        return False
    if UnmanagedCode.objects.live().filter(device=device, remote_id=entry.remote_id).exists():
        return False  # somebody asked for it: it keeps its public id
    return not AccessCode.objects.holding(
        device,
        content.pin_index or "",
        starts_at=content.starts_at,
        ends_at=content.ends_at,
        now=now,
    ).exists()


def _adopt(
    row: UnmanagedCode, device: Device, reading: LockReading, now: datetime, entry: Seen | None
) -> None:
    """Make an entry that a reading showed ours, as it is: nothing is written to the lock.

    The code keeps the entry's public id. Where it cannot be ours, that is written and told.
    """
    message = obstacle(row.stranger(), device.capabilities, now)
    if not message and row.pin is None:
        message = "The lock did not show the PIN of this code."
    if not message and AccessCode.objects.holding(
        device, row.pin_index or "", starts_at=row.starts_at, ends_at=row.ends_at, now=now
    ):
        message = "One of our codes has the same PIN. Delete that first."
    if message or row.pin is None:
        unmanaged.failed(row, device, message, now)
        return
    code = AccessCode(
        uid=row.uid,
        device=device,
        name=row.name or f"Slot {row.slot}",
        pin=seal(row.pin.open(bound_to=row.uid), bound_to=row.uid),
        pin_index=row.pin_index,
        is_external_modification_allowed=row.is_external_modification_allowed,
        created_by=row.wished_by,
        created_by_kind=row.wished_by_kind,
    )
    seen = Seen(row.slot, replace(row.content(), name=row.name))
    if entry is not None:
        seen = replace(seen, remote_id=entry.remote_id, word=entry.word)
    _begin_as_found(
        code,
        seen,
        device,
        reading,
        now,
        [NewEvent(EventType.CONVERTED_TO_MANAGED)],
        first_seen_at=row.first_seen_at,
    )
    row.code, row.gone_at, row.wish = code, now, ""
    row.save(update_fields=["code", "gone_at", "wish"])


def _begin_as_found(
    code: AccessCode,
    entry: Seen,
    device: Device,
    reading: LockReading,
    now: datetime,
    events: Sequence[NewEvent],
    *,
    first_seen_at: datetime | None = None,
) -> None:
    """Write a code of ours for an entry that a reading showed, with the window that it has."""
    content = entry.content
    code.starts_at = content.starts_at or (content.ends_at and (first_seen_at or now))
    code.ends_at = content.ends_at
    code.kind = Kind.ONGOING if code.starts_at is None else Kind.TIME_BOUND
    code.created_at, code.status = now, Status.UNSET
    code.save()
    installed = Installed(
        placement=Placement.PRESENT,
        slot=entry.slot,
        keeps_window=content.starts_at is not None,
        revision=code.revision,
        content=content,
        known_pins=frozenset({str(content.pin_index)}),
        known_names=frozenset({content.name or ""} - {""}),
        seen_at=now,
        remote_id=entry.remote_id,
        word=entry.word,
    )
    _record(
        code,
        terms=terms_of(device),
        device=device,
        now=now,
        installed=installed,
        reading=reading,
        events=events,
    )
    Device.objects.filter(pk=device.pk).poke(now)


def _record_all(
    findings: Sequence[Finding],
    *,
    lease: Lease,
    device: Device,
    now: datetime,
    reading: LockReading | None,
    pins: Mapping[str, Pin] | None = None,
) -> None:
    """Record all findings about one lock; one that cannot be recorded keeps back no other.

    A code whose row changed since it was read is left out: its lock is due again.
    """
    if not findings:
        return
    terms = terms_under(lease, device, now)
    # Whoever leaves a slot goes first: a slot is written down for one code at a time.
    unchanged = sorted(_unchanged(findings), key=lambda finding: finding.installed.is_on_lock)

    def write(finding: Finding) -> None:
        _record(
            finding.code,
            terms=terms,
            device=device,
            now=now,
            installed=finding.installed,
            reading=reading,
            pins=pins,
            assigned=finding.assigned,
        )

    try:
        with transaction.atomic():
            for finding in unchanged:
                write(finding)
    except (*DATABASE_IS_AWAY, StaleRow):
        raise
    except Exception:
        log.exception("lock %s: a finding cannot be written; trying each alone", device.uid)
    else:
        return
    for finding in unchanged:
        finding.code.refresh_from_db()
        finding.code.read_installations()
        try:
            with transaction.atomic():
                write(finding)
        except (*DATABASE_IS_AWAY, StaleRow):
            raise
        except Exception:
            log.exception("code %s: what was found of it is not written", finding.code.uid)


def _unchanged(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings about rows that are as they were when they were read."""
    versions = dict(
        AccessCode.objects.filter(pk__in=[finding.code.pk for finding in findings]).values_list(
            "pk", "version"
        )
    )
    return [
        finding for finding in findings if versions.get(finding.code.pk) == finding.code.version
    ]


def _record(
    code: AccessCode,
    *,
    terms: LockTerms,
    device: Device,
    now: datetime,
    before: Snapshot | None = None,
    installed: Installed | None = None,
    reading: LockReading | None = None,
    command: LockCommand | None = None,
    pins: Mapping[str, Pin] | None = None,
    events: Sequence[NewEvent] | None = None,
    assigned: Pin | None = None,
) -> None:
    row = code.installation
    known = Installed() if row is None else row.installed()
    old = None
    if code.version > 0:
        old = before or Snapshot(code.wish(), known, code.summary())
    if assigned is not None and _is_held_elsewhere(code, assigned, now):
        installed, assigned = _blocked_by_duplicate(code, known, now), None
    if assigned is not None:
        code.pin = seal(assigned, bound_to=code.uid)
        code.pin_index = index_of(device.uid, assigned)
    is_news = installed is not None and _is_worth_writing(known, installed, code.starts_at)
    new_installed = installed if is_news and installed is not None else known
    is_new_wish = old is not None and old.wish.revision != code.revision
    if is_new_wish:  # trying again at once is right
        new_installed = replace(
            new_installed, attempts=0, retry_at=None, waits_until=None, restores=()
        )
    after = Snapshot(
        code.wish(),
        new_installed,
        _with_holder(
            code,
            summarise(
                code.wish(),
                new_installed,
                terms,
                None if old is None else old.summary,
                now,
                is_new_wish=is_new_wish,
                is_seen=reading is not None,
            ),
        ),
    )
    if new_installed != known:
        _write_installed(code, row, new_installed, pins or {})
    if old == after and before is None:
        return
    if not _write_summary(code, after, has_new_pin=assigned is not None):
        raise StaleRow(code.pk)
    old_status = "" if old is None else old.summary.status
    if old_status != after.summary.status:
        _log_transition(code, old_status, after, now, reading, command)
    if events is None:
        events = events_between(old, after, terms)
    _append_events(code, events, device, now)


def _with_holder(code: AccessCode, summary: Summary) -> Summary:
    """Return the summary with the id of the unmanaged code that has the same PIN, if one has."""
    if code.pin_index is None or all(
        error["error_code"] != "duplicate_code_on_device" for error in summary.errors
    ):
        return summary
    holder = (
        UnmanagedCode.objects.live()
        .filter(device_id=code.device_id, pin_index=code.pin_index)
        .order_by("id")
        .first()
    )
    if holder is None:
        return summary
    errors = tuple(
        {**error, "unmanaged_access_code_id": str(holder.uid)}
        if error["error_code"] == "duplicate_code_on_device"
        else error
        for error in summary.errors
    )
    return replace(summary, errors=errors)


def _is_worth_writing(known: Installed, new: Installed, starts_at: datetime | None) -> bool:
    """Return whether the entry's row must be written.

    That a settled entry was seen once more is not: the lock's own row says when it was last read.
    """
    if known == new:
        return False
    return any(
        getattr(known, name) != getattr(new, name)
        for name in (column.name for column in fields(Installed))
        if name not in {"seen_at", "absent_at"}
    ) or _times_matter(known, new, starts_at)


def _times_matter(known: Installed, new: Installed, starts_at: datetime | None) -> bool:
    if known.seen_at is None or (known.absent_at is None) != (new.absent_at is None):
        return True
    # The start as it was asked for: the lock's is cut to a second, and one seen within that
    # second is not yet seen after its start.
    return (
        new.absent_at != known.absent_at
        or new.seen_at is None
        or (starts_at is not None and known.seen_at < starts_at <= new.seen_at)
        or new.seen_at - known.seen_at >= timedelta(hours=1)
    )


def _write_installed(
    code: AccessCode, row: Installation | None, installed: Installed, pins: Mapping[str, Pin]
) -> None:
    is_first = row is None
    row = row or Installation(code=code, device_id=code.device_id)
    content, old_content = installed.content, row.content
    row.placement = installed.placement
    row.slot = installed.slot
    row.keeps_window = installed.keeps_window
    row.revision = installed.revision
    row.content = content and content.as_json()
    row.sent = installed.sent and installed.sent.as_json()
    row.is_acknowledged = installed.is_acknowledged
    row.known_pins = sorted(installed.known_pins)
    row.known_names = sorted(installed.known_names)
    row.seen_at = installed.seen_at
    row.absent_at = installed.absent_at
    row.audit_until = installed.audit_until
    row.attempts = installed.attempts
    row.retry_at = installed.retry_at
    row.refused_revision = installed.refused_revision
    row.refused_generation = installed.refused_generation
    row.restores = [at.isoformat() for at in installed.restores]
    row.left_alone = installed.left_alone
    row.waits_until = installed.waits_until
    row.error_code = installed.error_code
    row.error_message = installed.error_message
    row.error_since = installed.error_since
    row.remote_id = installed.remote_id
    row.word = installed.word and installed.word.as_json()
    if content is not None and (old_content or {}).get("pin_index") != content.pin_index:
        seen = pins.get(content.pin_index or "")
        if seen is None and code.pin is not None and content.pin_index == code.pin_index:
            seen = code.pin.open(bound_to=code.uid)
        row.pin = None if seen is None else seal(seen, bound_to=row.uid)
    row.save()
    if is_first:
        code.read_installations()


def _is_held_elsewhere(code: AccessCode, pin: Pin, now: datetime) -> bool:
    """Return whether another code of the lock has this PIN in an overlapping window."""
    holders = AccessCode.objects.holding(
        code.device,
        index_of(code.device.uid, pin),
        starts_at=code.starts_at,
        ends_at=code.ends_at,
        now=now,
    )
    return holders.exclude(pk=code.pk).exists()


def _blocked_by_duplicate(code: AccessCode, known: Installed, now: datetime) -> Installed:
    block = Blocked(
        code.pk,
        "duplicate_code_on_device",
        "The lock's maker chose a PIN that another code on the lock already uses.",
    )
    return replace(beliefs.after_block(known, block, now), retry_at=known.retry_at)


def _write_summary(code: AccessCode, after: Snapshot, *, has_new_pin: bool) -> bool:
    summary = after.summary
    columns: dict[str, Any] = {
        "status": summary.status,
        "errors": [dict(error) for error in summary.errors],
        "warnings": [dict(warning) for warning in summary.warnings],
        "diverged_since": summary.diverged_since,
        "is_scheduled_on_device": summary.is_scheduled_on_device,
        "proven_at": summary.proven_at,
        "gone_at": summary.gone_at,
        "version": code.version + 1,
    }
    if has_new_pin:
        columns |= {"pin": code.pin, "pin_index": code.pin_index}
    is_new = code.pk is None
    mine = AccessCode.objects.filter(pk=code.pk, version=code.version)
    if not is_new and not mine.update(**columns):
        return False
    for name, value in columns.items():
        setattr(code, name, value)
    if is_new:
        code.save(force_insert=True)
    return True


def _log_transition(
    code: AccessCode,
    old_status: str,
    after: Snapshot,
    now: datetime,
    reading: LockReading | None,
    command: LockCommand | None,
) -> None:
    status: Status = after.summary.status
    if (old_status, status) not in EDGES:
        raise AssertionError(f"code {code.pk}: {old_status or 'new'} → {status} is not allowed")
    Transition.objects.create(
        code=code,
        from_status=old_status,
        to_status=status,
        at=now,
        revision=code.revision,
        reading=reading,
        command=command,
    )


def _append_events(
    code: AccessCode, events: Iterable[NewEvent], device: Device, now: datetime
) -> None:
    rows = []
    for event in events:
        pin = None
        if event.carries_pin and code.pin is not None:
            pin = code.pin.open(bound_to=code.uid)
        rows.append(
            new_event(
                event.event_type,
                occurred_at=now,
                now=now,
                property_id=device.property_id,
                device_uid=device.uid,
                access_code_uid=code.uid,
                connected_account_uid=device.account.uid,
                payload=event.payload,
                pin=pin,
            )
        )
    if rows:
        Event.objects.bulk_create(rows)
