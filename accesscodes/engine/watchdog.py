"""Opens and closes Problems, from the database alone.

It takes no lease and talks to no lock, so nothing that stops the engine's hands can stop the
alarm. A problem closes by itself when its reason is gone.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import F, OuterRef, Q, Subquery

from accesscodes.choices import Placement, Severity, Status
from accesscodes.lifecycle import divergence
from accesscodes.models import AccessCode, LockReading, Problem
from accesscodes.values import NATIVE_PRELOAD
from locksite.database import write_transaction
from properties.models import Device
from properties.stamps import stamp

log = logging.getLogger(__name__)

ALARM_AFTER = timedelta(minutes=4)
"""Divergence after which staff are told; with the watchdog's own period, five minutes at most."""

BLIND_AFTER = timedelta(seconds=400)
"""How long a lock with codes may go unread; longer for locks that sleep between contacts."""

NEAR = timedelta(hours=24)
"""A code that starts within this time makes a problem urgent."""

KEEP_READINGS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong now; `code` is `None` where it concerns the whole lock."""

    device: Device
    code: AccessCode | None
    cause: str
    severity: Severity
    sentence: str
    next_step: str
    since: datetime
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int | None, str]:
        """Return what makes two alarms the same problem."""
        return (self.device.pk, None if self.code is None else self.code.pk, self.cause)


def watch(now: datetime) -> tuple[int, int]:
    """Compare what is wrong with the open Problems; return how many were opened and closed."""
    alarms = {alarm.key: alarm for alarm in (*_about_codes(now), *_about_locks(now))}
    opened = closed = 0
    for problem in Problem.objects.open():
        key = (problem.device_id, problem.code_id, problem.cause)
        alarm = alarms.pop(key, None)
        if alarm is None:
            with write_transaction():
                closed += Problem.objects.filter(pk=problem.pk, closed_at=None).update(
                    closed_at=now
                )
        elif (problem.severity, problem.sentence) != (alarm.severity, alarm.sentence):
            with write_transaction():
                Problem.objects.filter(pk=problem.pk).update(
                    severity=alarm.severity,
                    sentence=alarm.sentence,
                    next_step=alarm.next_step,
                    evidence=alarm.evidence,
                )
    for alarm in alarms.values():
        opened += _open(alarm, now)
    return opened, closed


def _open(alarm: Alarm, now: datetime) -> bool:
    """Open a problem; return whether it was ours to open: another engine may watch as well."""
    try:
        with write_transaction():
            Problem.objects.create(
                device=alarm.device,
                code=alarm.code,
                cause=alarm.cause,
                severity=alarm.severity,
                sentence=alarm.sentence,
                next_step=alarm.next_step,
                evidence=alarm.evidence,
                since=alarm.since,
                opened_at=now,
            )
    except IntegrityError:
        return False
    log.warning("problem on lock %s: %s", alarm.device.uid, alarm.cause)
    return True


def thin_readings(now: datetime) -> int:
    """Drop readings older than a day on which nothing rests; return how many.

    The newest good reading of each lock stays, because the next one is held against it.
    """
    newest = LockReading.objects.filter(device=OuterRef("device")).order_by("-at", "-id")
    old = (
        LockReading.objects.filter(at__lt=now - KEEP_READINGS, transitions=None)
        .annotate(newest=Subquery(newest.filter(is_good=True).values("pk")[:1]))
        .exclude(pk=F("newest"))
    )
    doomed = list(old.values_list("pk", flat=True)[:5000])
    with write_transaction():
        return LockReading.objects.filter(pk__in=doomed).delete()[0]


def _about_codes(now: datetime) -> Iterator[Alarm]:
    """Yield the codes that have not been as wanted for too long, or that a lock refuses."""
    suspects = Q(diverged_since__isnull=False) | Q(ends_at__lte=now) | Q(withdrawn_at__lte=now)
    unproven = Q(starts_at=None) | Q(starts_at__lte=now + NATIVE_PRELOAD)
    suspects |= unproven & ~Q(status=Status.SET) & Q(is_scheduled_on_device=False)
    suspects |= Q(starts_at__lte=now) & ~Q(status=Status.SET)
    # A spare that is nobody's yet keeps no guest out; the lock itself tells of an empty pool.
    waiting_spare = Q(is_backup=True, backs_up=None, withdrawn_at=None)
    rows = AccessCode.objects.live().filter(suspects).exclude(waiting_spare)
    for code in rows.for_list().order_by("id"):
        since = _alarm_clock(code, now)
        if since is not None and (code.errors or now - since >= ALARM_AFTER):
            yield _code_alarm(code, since, now)


def _alarm_clock(code: AccessCode, now: datetime) -> datetime | None:
    """Return since when the code is not as wanted, or `None`.

    The earlier of what is on record and what window and clock say now: an engine that does not run
    cannot keep the alarm from ringing.
    """
    computed = divergence(code.wish(), code.installed(), code.terms(), now)
    if computed is None:
        return None
    return min(computed, code.diverged_since or computed)


def _code_alarm(code: AccessCode, since: datetime, now: datetime) -> Alarm:
    is_unwanted = code.wish().unwanted_since(now) is not None
    is_near = code.starts_at is None or code.starts_at - now < NEAR
    error = code.errors[0] if code.errors else None
    lock = code.device
    if is_unwanted:
        cause, sentence = (
            "still_on_lock",
            "The code should be gone and may still open the door.",
        )
        step = "Look in the lock's app whether it is really there, and remove it by hand."
    elif error is not None:
        cause, sentence = str(error["error_code"]), str(error["message"])
        step = _NEXT_STEPS.get(cause, "Open the lock to see what it reports.")
    elif code.wish().awaits_computing:
        cause = "pin_unknown"
        sentence = "The lock's maker has not given the PIN of the code yet."
        step = "Check the lock's account; the maker is asked again and again."
    elif lock.failing_since is not None:
        cause, sentence = "lock_silent", "The lock does not answer, so the code waits."
        step = "Check the lock's power and connection; the code is sent when it is back."
    else:
        cause, sentence = "not_on_lock", "The code is not on the lock yet."
        step = "Open the lock to see what it reports, or use another way in."
    return Alarm(
        device=lock,
        code=code,
        cause=cause,
        severity=Severity.BAD if is_near or is_unwanted else Severity.WARN,
        sentence=sentence,
        next_step=step,
        since=since,
        evidence={
            "status": code.status,
            "last_read_at": lock.last_read_at and stamp(lock.last_read_at),
        },
    )


_NEXT_STEPS = {
    "duplicate_code_on_device": "Change the PIN, or remove the other code in the lock's app.",
    "no_space_for_access_code_on_device": "Delete codes that are no longer used.",
    "code_constraints_violated": "Change the PIN.",
    "conflicting_external_modification": "Agree that nobody changes codes in the lock's app.",
}


def _about_locks(now: datetime) -> Iterable[Alarm]:
    """Yield the locks that hold codes and could not be read for too long."""
    with_codes = (
        Device.objects.managed()
        .filter(
            codes__gone_at=None,
            codes__installations__placement__in=[
                Placement.WRITING,
                Placement.PRESENT,
                Placement.ERASING,
            ],
        )
        .distinct()
    )
    for device in with_codes:
        seen = device.last_read_at or device.created_at
        patience = max(BLIND_AFTER, 1.5 * device.capabilities.wake_every)
        if now - seen < patience:
            continue
        yield Alarm(
            device=device,
            code=None,
            cause="lock_blind",
            severity=Severity.WARN,
            sentence="The lock has not been read for a while; what is shown may be old.",
            next_step="Check the lock's power and connection, then choose Check again.",
            since=seen,
            evidence={"last_read_at": device.last_read_at and stamp(device.last_read_at)},
        )
