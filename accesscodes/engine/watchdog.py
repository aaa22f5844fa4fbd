"""Opens, updates and closes Problems, from the database alone.

It takes no lease and talks to no lock, so nothing that stops the engine's hands can stop the
alarm. What is wrong, and in which words, is decided by `alarms`; here are the rows. A problem
follows the facts while it is open, and closes by itself when its reason is gone.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from accesscodes.alarm_causes import CHANGE_IN_EFFECT
from accesscodes.alarm_facts import (
    FailedReading,
    Seen,
    WatchedAccount,
    WatchedCode,
    WatchedLock,
)
from accesscodes.alarms import (
    NEAR,
    Alarm,
    account_alarm,
    clock_alarm,
    code_alarm,
    lock_alarms,
)
from accesscodes.choices import CommandAction, Outcome, Placement
from accesscodes.models import (
    NOT_THERE,
    AccessCode,
    EngineBeat,
    Installation,
    LockCommand,
    LockReading,
    Problem,
    UnmanagedCode,
    not_ahead,
    terms_of,
)
from accesscodes.values import NATIVE_PRELOAD
from locksite.database import write_transaction
from properties.capabilities import lock_verdict
from properties.choices import AccountState
from properties.models import Device, ProviderAccount
from properties.past import past_of
from properties.stamps import stamp

log = logging.getLogger(__name__)

KEEP_READINGS = timedelta(days=1)

AT_ONCE = 2000
"""How many codes are held in memory, and how many rows are written, at a time."""

_NOT_MISSING = frozenset({"still_on_lock", "back_after_gone", CHANGE_IN_EFFECT, "pin_shared"})
"""Problems of a code that say nothing of how long it has been missing."""

T = TypeVar("T")

Key = tuple[int | None, int | None, int | None, str]
"""Lock, code, account and cause: what makes two alarms the same problem."""


SILENT_AFTER = timedelta(minutes=2)
"""How long an account may give no answer before that is one problem for all of its locks."""

A_FEW = 3
"""Of so many locks a cloud that lists them says nothing before that is its own problem."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """An alarm and the rows it concerns."""

    alarm: Alarm
    device_id: int | None = None
    code_id: int | None = None
    account_id: int | None = None

    @property
    def key(self) -> Key:
        return (self.device_id, self.code_id, self.account_id, self.alarm.cause)

    def columns(self) -> dict[str, Any]:
        alarm = self.alarm
        return {
            "severity": alarm.severity,
            "sentence": alarm.sentence,
            "next_step": alarm.next_step,
            "evidence": [
                {"what": seen.what, "said": seen.said, "at": seen.at and stamp(seen.at)}
                for seen in alarm.evidence
            ],
            "since": alarm.since,
        }


def watch(now: datetime) -> tuple[int, int]:
    """Compare what is wrong with the open Problems; return how many were opened and closed.

    The number of queries does not depend on how many codes and locks there are, apart from one
    round more for each `AT_ONCE` codes of which something might be wrong.
    """
    known = {_key_of(problem): problem for problem in Problem.objects.open()}
    found = {placed.key: placed for placed in _all_alarms(known.values(), now)}
    closed = _close([problem for key, problem in known.items() if key not in found], now)
    _update([(problem, found[key]) for key, problem in known.items() if key in found])
    opened = _open([placed for key, placed in found.items() if key not in known], now)
    return opened, closed


def _key_of(problem: Problem) -> Key:
    return (problem.device_id, problem.code_id, problem.account_id, problem.cause)


def _close(problems: Sequence[Problem], now: datetime) -> int:
    closed = 0
    for some in _batches(problems):
        with write_transaction():
            closed += Problem.objects.filter(
                pk__in=[problem.pk for problem in some], closed_at=None
            ).update(closed_at=now)
    return closed


def _update(pairs: Iterable[tuple[Problem, _Placed]]) -> None:
    """Let open problems say what is so now; the moment since when never moves forward."""
    changed = []
    for problem, placed in pairs:
        columns = placed.columns()
        columns["since"] = min(columns["since"], problem.since)
        if any(getattr(problem, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(problem, name, value)
            changed.append(problem)
    for some in _batches(changed):
        with write_transaction():
            Problem.objects.bulk_update(
                some, ["severity", "sentence", "next_step", "evidence", "since"]
            )


def _open(alarms: Sequence[_Placed], now: datetime) -> int:
    """Open problems; return how many were ours to open: another engine may watch as well."""
    opened = 0
    for some in _batches(alarms):
        rows = [
            Problem(
                device_id=placed.device_id,
                code_id=placed.code_id,
                account_id=placed.account_id,
                cause=placed.alarm.cause,
                opened_at=now,
                **placed.columns(),
            )
            for placed in some
        ]
        with write_transaction():
            Problem.objects.bulk_create(rows, ignore_conflicts=True)
            opened += Problem.objects.filter(uid__in=[row.uid for row in rows]).count()
        for placed in some:
            log.warning(
                "problem on lock %s, code %s, account %s: %s",
                placed.device_id,
                placed.code_id,
                placed.account_id,
                placed.alarm.cause,
            )
    return opened


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def thin_readings(now: datetime) -> int:
    """Drop readings older than a day on which nothing rests; return how many.

    The newest good reading of each lock stays, because the next one is held against it.
    """
    newest = LockReading.objects.filter(device=OuterRef("device")).order_by("-id")
    old = (
        LockReading.objects.filter(at__lt=now - KEEP_READINGS, transitions=None)
        .annotate(newest=Subquery(newest.filter(is_good=True).values("pk")[:1]))
        .exclude(pk=F("newest"))
    )
    doomed = list(old.values_list("pk", flat=True)[:5000])
    with write_transaction():
        return LockReading.objects.filter(pk__in=doomed).delete()[0]


# ---- What is wrong now --------------------------------------------------------------------------


def _all_alarms(known: Iterable[Problem], now: datetime) -> Iterator[_Placed]:
    locks = _watched_locks(now)
    missing_since = _missing_since(known)
    yield from _about_engines(now)
    yield from _about_accounts(locks, now)
    for pk, (lock, _) in locks.items():
        for alarm in lock_alarms(lock, now):
            yield _Placed(alarm, device_id=pk)
    for some in _batches(sorted(pk for (pk,) in suspects(now))):
        yield from _about_codes(some, locks, missing_since, now)


def _missing_since(known: Iterable[Problem]) -> dict[int, datetime]:
    """Return since when open problems say that a code is not on its lock."""
    since: dict[int, datetime] = {}
    for problem in known:
        if problem.code_id is not None and problem.cause not in _NOT_MISSING:
            known_since = since.get(problem.code_id, problem.since)
            since[problem.code_id] = min(known_since, problem.since)
    return since


def suspects(now: datetime) -> QuerySet[AccessCode, Any]:
    """Return the primary keys of the codes that may be worth an alarm.

    One query of several parts, each with an index of its own: codes that are gone stay in the
    table for good, so it must never be read through.
    """
    live = AccessCode.objects.live().order_by().values_list("pk")
    awaited = live.filter(status__in=NOT_THERE)
    entries = Installation.objects.order_by().values_list("code")
    parts = (
        AccessCode.objects.filter(diverged_since__isnull=False).order_by().values_list("pk"),
        live.filter(ends_at__lte=now),
        live.filter(withdrawn_at__lte=now),
        awaited.filter(starts_at__lte=now),
        awaited.filter(starts_at__lte=now + NATIVE_PRELOAD, is_scheduled_on_device=False),
        awaited.filter(starts_at=None),
        entries.filter(audit_until__isnull=False).exclude(placement=Placement.ABSENT),
        entries.filter(left_alone__gt=0),
        _with_twins().order_by().values_list("device__codes"),
    )
    return parts[0].union(*parts[1:])


def _with_twins(**which: Any) -> QuerySet[UnmanagedCode, Any]:
    """Return the entries that are not ours and have the PIN of a live code of their lock.

    That code is `device__codes`; `which` narrows it down.
    """
    return UnmanagedCode.objects.live().filter(
        pin_index__isnull=False,
        device__codes__pin_index=F("pin_index"),
        device__codes__gone_at=None,
        **which,
    )


def _twins(code_ids: Sequence[int]) -> dict[int, Seen]:
    """Return by code the entry that is not ours and has its PIN. One query."""
    rows = _with_twins(device__codes__in=code_ids).order_by("-id")
    return {
        code_id: Seen("The other code", f"slot {slot}" + (f", “{name}”" if name else ""), seen_at)
        for code_id, slot, name, seen_at in rows.values_list(
            "device__codes", "slot", "name", "first_seen_at"
        )
    }


def _about_codes(
    code_ids: Sequence[int],
    locks: Mapping[int, "_Known"],
    missing_since: Mapping[int, datetime],
    now: datetime,
) -> Iterator[_Placed]:
    """Yield the alarms of some codes. What explains an alarm is read for those that have one."""
    ringing = []
    # A spare that is nobody's yet keeps no guest out; the lock itself tells of an empty pool.
    waiting_spare = Q(is_backup=True, backs_up=None, withdrawn_at=None)
    chosen = AccessCode.objects.filter(pk__in=code_ids).exclude(waiting_spare)
    rows = chosen.prefetch_related("installations")
    twins = _twins(code_ids)
    for code in rows.order_by("pk"):
        lock, device = locks.get(code.device_id, (None, None))
        if lock is None or device is None:
            continue  # not managed any more: nothing of it is ours
        watched = WatchedCode(
            code.wish(),
            code.installed(),
            code.summary(),
            missing_since.get(code.pk),
            twin=twins.get(code.pk),
        )
        if code_alarm(watched, lock, now) is not None:
            ringing.append((code, watched, lock))
    if not ringing:
        return
    commands = _last_commands([code.pk for code, _, _ in ringing])
    for code, watched, lock in ringing:
        alarm = code_alarm(replace(watched, last_command=commands.get(code.pk)), lock, now)
        if alarm is not None:
            yield _Placed(alarm, device_id=code.device_id, code_id=code.pk)


_ASKED = {
    CommandAction.PROGRAM: "asked to take the code",
    CommandAction.UPDATE: "asked to change the code",
    CommandAction.REMOVE: "asked to drop the code",
}
_ANSWERED = {
    "": "no answer yet",
    Outcome.ACCEPTED: "it said yes",
    Outcome.REFUSED: "it said no",
    Outcome.UNREACHABLE: "no clear answer",
    Outcome.LOST: "the engine ended before the answer",
    Outcome.CRASHED: "it could not be sent",
}


def _last_commands(code_ids: Sequence[int]) -> dict[int, Seen]:
    """Return what was asked last for each of these codes, and the answer. One query."""
    newest = (
        LockCommand.objects.filter(installation__code__in=code_ids)
        .values("installation__code")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    rows = LockCommand.objects.filter(pk__in=newest).values_list(
        "installation__code", "action", "outcome", "error_message", "asked_at", "answered_at"
    )
    return {
        code_id: Seen(
            "Last command",
            f"{_ASKED[CommandAction(action)]}: {_ANSWERED[outcome]}"
            + (f" (“{message}”)" if message else ""),
            answered_at or asked_at,
        )
        for code_id, action, outcome, message, asked_at, answered_at in rows
    }


_Known = tuple[WatchedLock, Device]


def _watched_locks(now: datetime) -> dict[int, _Known]:
    """Return every managed lock with what is known of it."""
    is_wanted = (Q(withdrawn_at=None) | Q(withdrawn_at__gt=now)) & (
        Q(ends_at=None) | Q(ends_at__gt=now)
    )
    is_due = is_wanted & (Q(starts_at=None) | Q(starts_at__lt=now + NEAR))
    codes = {
        device_id: (codes, due)
        for device_id, codes, due in AccessCode.objects.live()
        .filter(is_offline=False)
        .values("device_id")
        .annotate(codes=Count("pk"), due=Count("pk", filter=is_due))
        .order_by()
        .values_list("device_id", "codes", "due")
    }
    held = dict(
        Installation.objects.exclude(placement=Placement.ABSENT)
        .values("device_id")
        .annotate(held=Count("pk"))
        .order_by()
        .values_list("device_id", "held")
    )
    of_others = dict(
        UnmanagedCode.objects.live()
        .values("device_id")
        .annotate(number=Count("pk"))
        .order_by()
        .values_list("device_id", "number")
    )
    devices = list(Device.objects.managed().select_related("property", "account"))
    failures = _failures([device for device in devices if device.failing_since is not None])
    odd = [device for device in devices if _is_odd(device)]
    past = past_of(device.uid for device in odd) if odd else {}
    stale_after = timedelta(minutes=settings.LOCKSITE_STALE_MINUTES)
    silences = _silences(devices, failures, codes.keys() | held.keys(), now)
    locks = {}
    for device in devices:
        facts = device.facts(
            codes_used=held.get(device.pk, 0) + of_others.get(device.pk, 0),
            recent=past.get(device.uid, ()),
        )
        number, due = codes.get(device.pk, (0, 0))
        lock = WatchedLock(
            terms=terms_of(device),
            verdict=lock_verdict(facts, now, stale_after=stale_after),
            known_since=device.created_at,
            last_read_at=not_ahead(device.last_read_at, now),
            failing_since=device.failing_since,
            failure=failures.get(device.pk) if device.failing_since else None,
            codes=number,
            due=due,
            held=held.get(device.pk, 0),
            account_silent_since=silences.get(device.account_id),
        )
        locks[device.pk] = (lock, device)
    return locks


def _failures(failing_devices: Sequence[Device]) -> dict[int, FailedReading]:
    """Return the newest reading of each of these locks, which fail. At most one query."""
    if not failing_devices:
        return {}
    newest = LockReading.objects.filter(device=OuterRef("pk")).order_by("-id")
    failing = Device.objects.filter(pk__in=[device.pk for device in failing_devices]).annotate(
        newest=Subquery(newest.values("pk")[:1])
    )
    rows = LockReading.objects.filter(pk__in=failing.values("newest"), is_good=False)
    return {
        row.device_id: FailedReading(row.error_code, row.error_message, row.at) for row in rows
    }


def _is_odd(device: Device) -> bool:
    """Return whether past events may explain how the lock is now."""
    takes = device.flags.get("can_program_online_access_codes") is True
    return not takes or bool(device.errors) or device.properties.get("online") is not True


def silent_since(account: ProviderAccount, now: datetime) -> datetime | None:
    """Return since when an account gives no list, if that is so for `SILENT_AFTER`."""
    since = not_ahead(account.silent_since, now)
    return None if since is None or now - since < SILENT_AFTER else since


def _silences(
    devices: Sequence[Device],
    failures: Mapping[int, FailedReading],
    used: AbstractSet[int],
    now: datetime,
) -> dict[int, datetime]:
    """Return since when accounts are silent, by account, of those that are for `SILENT_AFTER`.

    An account is silent that gives no list of its locks, and a cloud that lists its locks and
    fails for most of those in `used` (at least `A_FEW`): what its locks would say is not known.
    """
    silences: dict[int, datetime] = {}
    mute: dict[int, list[datetime]] = {}
    of_cloud: Counter[int] = Counter()
    for device in devices:
        account_since = silent_since(device.account, now)
        if account_since is not None:
            silences[device.account_id] = account_since
        failure, since = failures.get(device.pk), not_ahead(device.failing_since, now)
        if not device.capabilities.schedules_itself or (device.pk not in used and since is None):
            continue
        of_cloud[device.account_id] += 1
        is_mute = failure is not None and failure.error_code == "provider_issue"
        if is_mute and since is not None and now - since >= SILENT_AFTER:
            mute.setdefault(device.account_id, []).append(since)
    for account_id, since_when in mute.items():
        if len(since_when) >= A_FEW and 2 * len(since_when) > of_cloud[account_id]:
            silences.setdefault(account_id, min(since_when))
    return silences


def _about_accounts(locks: Mapping[int, _Known], now: datetime) -> Iterator[_Placed]:
    """Yield one alarm for each account that does not let us in, or does not answer."""
    silences = {
        device.account_id: lock.account_silent_since
        for lock, device in locks.values()
        if lock.account_silent_since is not None
    }
    is_out_of_order = (
        ~Q(state=AccountState.CONNECTED) | Q(silent_since__isnull=False) | Q(pk__in=silences)
    )
    for account in ProviderAccount.objects.filter(is_out_of_order):
        is_connected = account.state == AccountState.CONNECTED
        silent = silences.get(account.pk) or silent_since(account, now)
        if is_connected and silent is None:
            continue
        mine = [
            (lock, device) for lock, device in locks.values() if device.account_id == account.pk
        ]
        refused = [
            cause.at
            for lock, _ in mine
            if (cause := lock.cause({"account"})) is not None and cause.at is not None
        ]
        watched = WatchedAccount(
            name=account.name,
            said=account.problem,
            since=(silent if is_connected else None)
            or min(refused, default=account.refreshed_at or account.created_at),
            is_silent=is_connected,
            last_listed_at=account.refreshed_at,
            codes=sum(lock.codes for lock, _ in mine),
            due=sum(lock.due for lock, _ in mine),
        )
        yield _Placed(account_alarm(watched), account_id=account.pk)


def _about_engines(now: datetime) -> Iterator[_Placed]:
    """Yield the alarm for engines that cannot trust their clock."""
    doubts = EngineBeat.objects.alive(now).filter(clock_off_by__isnull=False)
    rows = doubts.order_by("host", "pid").values_list("host", "clock_off_by", "beat_at")
    said = [(host, off_by, at) for host, off_by, at in rows if off_by is not None]
    alarm = clock_alarm(said, now)
    if alarm is not None:
        yield _Placed(alarm)
