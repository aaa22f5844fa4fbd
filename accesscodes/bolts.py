"""Locking and unlocking doors from afar, and whether they lock by themselves.

A door is not brought to a wanted state again and again, as codes are: one that opens late, or a
second time, opens for somebody else. So each request is an action attempt that an engine takes up
once, within seconds, or never; whoever notices that it was not taken up in time writes so.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from accesscodes import attempts, ledger
from accesscodes.choices import AttemptStatus
from accesscodes.models import ActionAttempt
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.doors import Doors
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from properties import sync
from properties.models import Device, ProviderAccount
from properties.providers.base import BoltDriver, ProviderError

log = logging.getLogger(__name__)

BoltFor = Callable[[ProviderAccount, Doors], BoltDriver]

LOCK: Final = "LOCK_DOOR"
UNLOCK: Final = "UNLOCK_DOOR"
AUTO_LOCK: Final = "CONFIGURE_AUTO_LOCK"
# What is asked for → the flag that must be true, and what is said otherwise.
NEEDS: Final = {
    LOCK: ("can_remotely_lock", "This lock cannot be locked from afar now."),
    UNLOCK: ("can_remotely_unlock", "This lock cannot be unlocked from afar now."),
    AUTO_LOCK: ("can_configure_auto_lock", "This lock's auto-lock cannot be set from afar now."),
}
AUTO_LOCK_AFTER: Final = 30
"""After how many seconds a door locks itself, unless somebody says otherwise."""

TAKEN_WITHIN: Final = timedelta(seconds=4)
"""How soon an engine takes an attempt up, or nobody does; clients wait for five seconds."""

ANSWERED_WITHIN: Final = timedelta(seconds=30)
"""After how long an engine that took one up and said nothing counts as dead; calls end before."""

AHEAD_BY: Final = timedelta(seconds=2)
"""By how much the clock of the web may be ahead of an engine that takes its attempts up."""


def ask(
    device: Device,
    action_type: str,
    *,
    actor: Actor,
    now: datetime,
    auto_lock_after: int | None = None,
) -> ActionAttempt:
    """Ask for a door to be locked or unlocked once, or its auto-lock set; return the attempt.

    `auto_lock_after`: seconds from unlocking, ``None``: it does not lock by itself. Raises
    `RuleBroken` where the lock's flag for it is not true.
    """
    flag, sentence = NEEDS[action_type]
    if device.flags.get(flag) is not True:
        raise RuleBroken("invalid_input", sentence, "device_id")
    with write_transaction():
        attempt = ActionAttempt.objects.create(
            action_type=action_type,
            device=device,
            wanted={"auto_lock_after": auto_lock_after} if action_type == AUTO_LOCK else None,
            created_at=now,
        )
        AuditEntry.objects.append(
            actor,
            f"lock.{action_type.lower()}",
            now=now,
            property_id=device.property_id,
            object_type="device",
            object_uid=device.uid,
        )
    return attempt


# ---- The engine's part --------------------------------------------------------------------------


def waiting(now: datetime) -> Sequence[int]:
    """Return the attempts to take up now, the oldest of each lock that none is under way on."""
    rows = ActionAttempt.objects.bolts().order_by("id").values_list("pk", "device", "taken_at")
    first: dict[int, int] = {}
    busy = set()
    for pk, device, taken_at in rows:
        if taken_at is None:
            first.setdefault(device, pk)
        else:
            busy.add(device)
    return [pk for device, pk in first.items() if device not in busy]


def take(pk: int, now: datetime) -> ActionAttempt | None:
    """Take an attempt up, or return `None` where somebody else did, or it is too late."""
    with write_transaction():
        fresh = ActionAttempt.objects.bolts().filter(
            pk=pk,
            taken_at=None,
            created_at__gt=now - TAKEN_WITHIN,
            created_at__lt=now + AHEAD_BY,
        )
        if not fresh.update(taken_at=now):
            return None
    return ActionAttempt.objects.select_related("device__account").get(pk=pk)


def carry_out(attempt: ActionAttempt, doors: Doors, bolt_for: BoltFor) -> None:
    """Do what was asked for, once, and write down how it ended. Call outside any transaction."""
    device = attempt.device
    driver = bolt_for(device.account, doors)
    try:
        if attempt.action_type == AUTO_LOCK:
            driver.set_auto_lock(device.ref, after=(attempt.wanted or {})["auto_lock_after"])
            result: dict[str, Any] = {}
        else:
            moved = driver.move_bolt(device.ref, locked=attempt.action_type == LOCK)
            result = {"was_confirmed_by_device": moved.is_confirmed}
    except ProviderError as error:
        log.info("attempt %s failed: %s", attempt.uid, error.error_code)
        _end(attempt, doors.now(), error=(error.error_code, error.sentence))
    except Exception:
        log.exception("attempt %s failed", attempt.uid)
        message = "Something went wrong on our side; the door may have moved."
        _end(attempt, doors.now(), error=("uncategorized_error", message))
    else:
        _end(attempt, doors.now(), result=result)


def give_up(now: datetime) -> int:
    """Write down which attempts nobody took up in time, or did not finish; return how many."""
    late = [attempt for attempt in ActionAttempt.objects.bolts() if _is_late(attempt, now)]
    for attempt in late:
        settle(attempt, now)
    return len(late)


def settle(attempt: ActionAttempt, now: datetime) -> None:
    """Write that the attempt failed, if it is one that has waited too long; bring it up to date.

    The door has not moved then, unless an engine took the attempt up and died.
    """
    if not _is_late(attempt, now):
        return
    message = (
        "Nobody took this up in time. The door was not moved."
        if attempt.taken_at is None
        else "The engine ended before the lock's answer. The door may have moved."
    )
    _end(attempt, now, error=("timed_out", message))
    attempt.refresh_from_db(fields=["status", "result", "error_type", "error_message"])


def _is_late(attempt: ActionAttempt, now: datetime) -> bool:
    if attempt.action_type not in NEEDS or attempt.status != AttemptStatus.PENDING:
        return False
    if attempt.taken_at is None:
        return attempt.created_at <= now - TAKEN_WITHIN
    return attempt.taken_at <= now - ANSWERED_WITHIN


def _end(
    attempt: ActionAttempt,
    now: datetime,
    *,
    result: dict[str, Any] | None = None,
    error: tuple[str, str] = ("", ""),
) -> None:
    """Write how an attempt ended, unless that is written already; a bolt that moved is told."""
    with write_transaction():
        device = ledger.hold(attempt.device_id, None)
        open_still = ActionAttempt.objects.bolts().filter(pk=attempt.pk, taken_at=attempt.taken_at)
        is_ours = open_still.update(
            status=AttemptStatus.ERROR if result is None else AttemptStatus.SUCCESS,
            result=result,
            error_type=error[0],
            error_message=error[1],
        )
        if result is not None:
            _tell_of_bolt(attempt, device, now)
        if is_ours:
            attempt.refresh_from_db(fields=["status"])
            attempts.tell(attempt, device, now)


def _tell_of_bolt(attempt: ActionAttempt, device: Device, now: datetime) -> None:
    if attempt.action_type == AUTO_LOCK:
        after = (attempt.wanted or {})["auto_lock_after"]
        sync.note(device, auto_lock_enabled=after is not None, auto_lock_delay_seconds=after)
        return
    is_locked = attempt.action_type == LOCK
    sync.note(device, locked=is_locked)
    Event.objects.append(
        "lock.locked" if is_locked else "lock.unlocked",
        occurred_at=now,
        now=now,
        property_id=device.property_id,
        device_uid=device.uid,
        connected_account_uid=device.account.uid,
        action_attempt_uid=attempt.uid,
        payload={"method": "remote"},
    )
