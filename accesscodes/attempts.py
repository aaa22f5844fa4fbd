"""What partners asked for, as something they can ask about again by id.

An attempt is written in the transaction of the wish it is about. How it stands is never stored: it
is computed from the code when somebody asks, so the two cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from accesscodes import linked, services, takeover
from accesscodes.choices import AttemptStatus, ForeignWish
from accesscodes.lifecycle import attempt_state
from accesscodes.models import AccessCode, ActionAttempt, UnmanagedCode
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import TooOften
from locksite.journal.models import Event
from properties.models import Device

CREATE = "CREATE_ACCESS_CODE"
UPDATE = "UPDATE_ACCESS_CODE"
DELETE = "DELETE_ACCESS_CODE"
CONVERT = "CONVERT_ACCESS_CODE_TO_MANAGED"
DELETE_UNMANAGED = "DELETE_UNMANAGED_ACCESS_CODE"
SIMULATE_ENTRY = "SIMULATE_KEYPAD_CODE_ENTRY"
SIMULATE_MANUAL_LOCK = "SIMULATE_MANUAL_LOCK_VIA_KEYPAD"
TOLD = frozenset({"LOCK_DOOR", "UNLOCK_DOOR", SIMULATE_ENTRY, SIMULATE_MANUAL_LOCK})
"""The kinds of attempts whose end is an event."""

MINUTE = timedelta(minutes=1)
PER_MINUTE: Final = {CREATE: 10, UPDATE: 10, DELETE: 20}
"""How often something may be asked of one lock within a minute (Seam, rate limits). What people do
at the desk does not count: they leave no attempts."""

REPEATED_DELETE_FOR = timedelta(minutes=10)
"""How long a delete may be repeated after the code is gone; clients do if an answer was lost."""


@dataclass(frozen=True, slots=True)
class AttemptState:
    """How an attempt stands. `result` is set on success alone, the two errors on error alone."""

    status: AttemptStatus
    result: dict[str, Any] | None = None
    error_type: str = ""
    error_message: str = ""


def issue(
    device: Device, spec: CodeSpec, *, actor: Actor, now: datetime
) -> tuple[AccessCode, ActionAttempt]:
    """Issue a code as `services.issue_code` does, with an attempt. Raises `TooOften`."""
    with write_transaction():
        code = services.issue_code(device, spec, actor=actor, now=now)
        return code, _attempt(CREATE, code, now)


def issue_linked(
    devices: Sequence[Device],
    spec: CodeSpec,
    *,
    actor: Actor,
    now: datetime,
    may_differ: bool = False,
) -> list[AccessCode]:
    """Issue codes as `linked.issue_codes` does, each with an attempt. Raises `TooOften`."""
    with write_transaction():
        codes = linked.issue_codes(devices, spec, actor=actor, now=now, may_differ=may_differ)
        for code in codes:
            _attempt(CREATE, code, now)
    return codes


def change_linked(key: str, changes: CodeChanges, *, actor: Actor, now: datetime) -> None:
    """Change codes as `linked.change_codes` does, each with an attempt. Raises `TooOften`."""
    with write_transaction():
        for code in linked.change_codes(key, changes, actor=actor, now=now):
            _attempt(UPDATE, code, now)


def change(
    code: AccessCode, changes: CodeChanges, *, actor: Actor, now: datetime
) -> tuple[AccessCode, ActionAttempt]:
    """Change a code as `services.change_code` does, with an attempt. Raises `TooOften`."""
    with write_transaction():
        code = services.change_code(code, changes, actor=actor, now=now)
        return code, _attempt(UPDATE, code, now)


def withdraw(code: AccessCode, *, actor: Actor, now: datetime) -> ActionAttempt:
    """Withdraw a code as `services.withdraw_code` does; a repeated call gets the first attempt.

    Raises `TooOften`.
    """
    with write_transaction():
        code = services.withdraw_code(code, actor=actor, now=now)
        earlier = (
            ActionAttempt.objects.filter(code=code, action_type=DELETE).order_by("id").first()
        )
        return earlier or _attempt(DELETE, code, now)


def convert(
    row: UnmanagedCode,
    *,
    actor: Actor,
    now: datetime,
    is_external_modification_allowed: bool = False,
) -> ActionAttempt:
    """Take a code over as `takeover.convert_to_managed` does, with an attempt."""
    with write_transaction():
        row = takeover.convert_to_managed(
            row,
            actor=actor,
            now=now,
            is_external_modification_allowed=is_external_modification_allowed,
        )
        return _attempt_on(CONVERT, row, now)


def remove_unmanaged(row: UnmanagedCode, *, actor: Actor, now: datetime) -> ActionAttempt:
    """Remove a code as `takeover.remove_unmanaged` does, with an attempt."""
    with write_transaction():
        row = takeover.remove_unmanaged(row, actor=actor, now=now)
        return _attempt_on(DELETE_UNMANAGED, row, now)


def is_repeated_delete(code: AccessCode, actor: Actor, now: datetime) -> bool:
    """Return whether `actor` deletes again what it has deleted, shortly after it was gone."""
    return (
        code.gone_at is not None
        and code.gone_at > now - REPEATED_DELETE_FOR
        and code.withdrawn_at is not None
        and code.withdrawn_by == actor.label
    )


def final(
    action_type: str, device: Device, *, now: datetime, error: tuple[str, str] | None = None
) -> ActionAttempt:
    """Write an attempt that is over already: with `error`, a type and a sentence, it failed."""
    with write_transaction():
        attempt = ActionAttempt.objects.create(
            action_type=action_type,
            device=device,
            status=AttemptStatus.SUCCESS if error is None else AttemptStatus.ERROR,
            result={} if error is None else None,
            error_type="" if error is None else error[0],
            error_message="" if error is None else error[1],
            created_at=now,
        )
        tell(attempt, device, now)
    return attempt


def tell(attempt: ActionAttempt, device: Device, now: datetime) -> None:
    """Write the event that an attempt is over, where its kind has one."""
    if attempt.action_type not in TOLD:
        return
    end = "succeeded" if attempt.status == AttemptStatus.SUCCESS else "failed"
    Event.objects.append(
        f"action_attempt.{attempt.action_type.lower()}.{end}",
        occurred_at=now,
        now=now,
        property_id=device.property_id,
        device_uid=device.uid,
        connected_account_uid=device.account.uid,
        action_attempt_uid=attempt.uid,
        payload={"action_type": attempt.action_type, "status": attempt.status},
    )


def state(attempt: ActionAttempt, now: datetime) -> AttemptState:
    """Return how the attempt stands now; wants its code as `for_list` gives codes."""
    code = attempt.code
    if attempt.unmanaged_code is not None:
        return _state_on(attempt.action_type, attempt.unmanaged_code)
    if code is None or attempt.status != AttemptStatus.PENDING:
        return AttemptState(
            AttemptStatus(attempt.status),
            attempt.result,
            attempt.error_type,
            attempt.error_message,
        )
    if code.installed().revision >= attempt.revision:
        return AttemptState(AttemptStatus.SUCCESS, {})  # proven, whatever was wanted since
    on_its_way = any(
        mutation.mutation_code != "deferring_creation" for mutation in code.pending_mutations(now)
    )
    status, error_type, message = attempt_state(
        attempt.action_type, code.summary(), is_on_its_way=on_its_way
    )
    result: dict[str, Any] | None = {} if status is AttemptStatus.SUCCESS else None
    return AttemptState(status, result, error_type, message)


def _state_on(action_type: str, row: UnmanagedCode) -> AttemptState:
    """Return how an attempt about a code that was not ours stands."""
    wish = ForeignWish.CONVERT if action_type == CONVERT else ForeignWish.REMOVE
    is_done = row.code_id is not None if wish is ForeignWish.CONVERT else row.gone_at is not None
    if is_done:
        return AttemptState(AttemptStatus.SUCCESS, {})
    if row.error_code or row.wish != wish:
        message = row.error_message or "Something else was asked for since."
        return AttemptState(
            AttemptStatus.ERROR, None, row.error_code or "uncategorized_error", message
        )
    return AttemptState(AttemptStatus.PENDING)


def _attempt_on(action_type: str, row: UnmanagedCode, now: datetime) -> ActionAttempt:
    return ActionAttempt.objects.create(
        action_type=action_type, device_id=row.device_id, unmanaged_code=row, created_at=now
    )


def _attempt(action_type: str, code: AccessCode, now: datetime) -> ActionAttempt:
    """Write an attempt about a code whose lock is held. Raises `TooOften`."""
    if settings.LOCKSITE_DEVICE_LIMITS:
        _check_pace(action_type, code.device_id, now)
    return ActionAttempt.objects.create(
        action_type=action_type,
        device_id=code.device_id,
        code=code,
        revision=code.revision,
        created_at=now,
    )


def _check_pace(action_type: str, device_id: int, now: datetime) -> None:
    most = PER_MINUTE[action_type]
    recent = ActionAttempt.objects.filter(
        device=device_id,
        action_type=action_type,
        created_at__gt=now - MINUTE,
        created_at__lte=now,
    ).order_by("-created_at")
    # With `most` of them within the minute, the oldest of those has to pass first.
    oldest = recent.values_list("created_at", flat=True)[most - 1 : most].first()
    if oldest is not None:
        raise TooOften(
            f"One lock takes {most} requests of this kind a minute.", oldest + MINUTE - now
        )
