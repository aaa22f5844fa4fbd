"""An account of Seam, or of a server that speaks its protocol, behind the provider's protocols.

Translates between `properties.providers.base` and the client, and decides nothing: what shall be
on a lock is the engine's business, when and how it gets there is Seam's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from locksite.doors import Doors
from locksite.masked import Pin
from properties.models import ProviderAccount
from properties.providers.base import (
    AccountProblem,
    BoltMoved,
    CloudWord,
    DeviceReport,
    Hint,
    Hints,
    LockRef,
    OfflineWindow,
    Receipt,
    Refused,
    RemoteCode,
    RemoteWish,
    Retry,
    Unreachable,
)
from properties.providers.seam.client import SeamClient
from properties.providers.seam.values import SeamAttempt, SeamCode, SeamDevice, SeamWish

UNMANAGED: Final = "device_unmanaged"
"""The error of a lock that its workspace knows and does not manage."""

BOLT_WITHIN: Final = timedelta(seconds=15)
"""No answer is waited for any more after this; one that is under way may take its 20 s."""

ASK_EVERY: Final = timedelta(milliseconds=500)


class SeamProvider:
    """`DeviceSource`, `CodeScheduler`, `BoltDriver` and `OfflineCodes` of one account."""

    def __init__(self, account: ProviderAccount, doors: Doors) -> None:
        self._account = account
        self._doors = doors

    @cached_property
    def client(self) -> SeamClient:
        """Return what calls Seam. Raises `AccountProblem` for an account without a key."""
        return SeamClient(self._account.endpoint, key_of(self._account), self._doors)

    # ---- Locks

    def list_devices(self) -> Sequence[DeviceReport]:
        """Return the locks of the workspace; those that it does not manage take no codes."""
        managed = [device for device in self.client.list_devices() if device.is_lock]
        known = {device.report.remote_id for device in managed}
        others = [
            device
            for device in self.client.list_unmanaged_devices()
            if device.is_lock and device.report.remote_id not in known
        ]
        return [
            *(_as_report(device) for device in managed),
            *(_not_managed(_as_report(device)) for device in others),
        ]

    def hints_since(self, since: datetime) -> Hints:
        """Return at which locks something happened after `since`."""
        found = self.client.list_events(since)
        return Hints(
            hints=tuple(
                Hint(hint.device_remote_id, hint.event_type)
                for hint in found.hints
                if hint.device_remote_id is not None
            ),
            is_whole=found.is_whole,
        )

    # ---- Codes

    def list_codes(self, lock: LockRef) -> Sequence[RemoteCode]:
        """Return the codes of a lock that are, or are to be, in its memory.

        Those of others are asked for first: one that becomes ours meanwhile is seen twice, and
        not missed; the later word counts. Offline codes are in no memory, and spare codes that
        Seam keeps are nobody's yet.
        """
        others = self.client.list_unmanaged_access_codes(lock.remote_id)
        ours = self.client.list_access_codes(lock.remote_id)
        codes = {code.remote_id: code for code in (*others, *ours)}
        return [
            _as_code(code) for code in codes.values() if not code.is_offline and not code.is_backup
        ]

    def create(self, lock: LockRef, wish: RemoteWish) -> str:
        """Have a new code kept on a lock; return its id."""
        return self.client.create_access_code(lock.remote_id, _as_wish(wish)).remote_id

    def update(self, lock: LockRef, remote_id: str, wish: RemoteWish) -> None:
        """Have a code kept as it is wanted now."""
        self.client.update_access_code(remote_id, _as_wish(wish))

    def withdraw(self, lock: LockRef, remote_id: str, *, is_managed: bool) -> None:
        """Have a code taken off the lock."""
        if is_managed:
            self.client.delete_access_code(remote_id)
        else:
            self.client.delete_unmanaged_access_code(remote_id)

    def convert(self, lock: LockRef, remote_id: str, *, allows_outside_changes: bool) -> None:
        """Have a code that others made kept for us from now on."""
        self.client.convert_access_code(remote_id, allows_outside_changes=allows_outside_changes)

    # ---- PINs that the maker computes

    def compute(self, lock: LockRef, window: OfflineWindow) -> Pin:
        """Return the PIN of an offline code, of one that was made before if there is one.

        Seam makes a new code each time it is asked, so an answer that was lost is looked for
        first. What tells the codes of one slot apart is their name.
        """
        name = window.name if window.ordinal == 1 else f"{window.name} ({window.ordinal})"
        wanted = (name, window.starts_at, window.ends_at, window.is_one_time)
        made = next(
            (
                code
                for code in self.client.list_access_codes(lock.remote_id)
                if code.is_offline
                and (code.name, code.starts_at, code.ends_at, code.is_one_time) == wanted
            ),
            None,
        )
        if made is None:
            made = self.client.create_access_code(
                lock.remote_id,
                SeamWish(
                    name=name,
                    starts_at=window.starts_at,
                    ends_at=window.ends_at,
                    is_offline=True,
                    is_one_time=window.is_one_time,
                ),
            )
        if made.pin is None:
            raise Unreachable("provider_issue", "The lock's maker has not told the PIN yet.")
        return made.pin

    # ---- The door

    def move_bolt(self, lock: LockRef, *, locked: bool) -> BoltMoved:
        """Lock the door, or unlock it."""
        until = self._patience()
        move = self.client.lock_door if locked else self.client.unlock_door
        attempt = self._finished(move(lock.remote_id), until)
        return BoltMoved(self._doors.now(), attempt.is_confirmed)

    def set_auto_lock(self, lock: LockRef, *, after: int | None) -> Receipt:
        """Let the door lock itself so many seconds after it was unlocked; ``None``: not at all."""
        until = self._patience()
        self._finished(self.client.configure_auto_lock(lock.remote_id, after=after), until)
        return Receipt(self._doors.now())

    def _patience(self) -> float:
        return self._doors.monotonic() + BOLT_WITHIN.total_seconds()

    def _finished(self, attempt: SeamAttempt, until: float) -> SeamAttempt:
        """Wait for a command's end. Raises `Unreachable` when it takes too long."""
        while attempt.status == "pending":
            if self._doors.monotonic() >= until:
                raise Unreachable("provider_issue", "The lock has not answered in time.")
            self._doors.sleep(ASK_EVERY)
            attempt = self.client.get_action_attempt(attempt.remote_id)
        if attempt.status == "error":
            sentence = attempt.sentence or "The lock did not do it."
            raise Refused(attempt.error_type or "provider_issue", sentence, Retry.ON_WISH)
        return attempt


def key_of(account: ProviderAccount) -> Pin:
    """Return the key of an account. Raises `AccountProblem` where it has none."""
    if account.credentials is None:
        raise AccountProblem("account_disconnected", "This account has no API key.")
    return account.credentials.open(bound_to=account.uid)


def _as_report(device: SeamDevice) -> DeviceReport:
    can = replace(device.report.capabilities, schedules_itself=True)
    return replace(device.report, capabilities=can)


def _not_managed(report: DeviceReport) -> DeviceReport:
    error: dict[str, Any] = {
        "error_code": UNMANAGED,
        "message": "The lock is not managed in its Seam workspace.",
        "is_device_error": True,
    }
    others = [each for each in report.errors if each.get("error_code") != UNMANAGED]
    return replace(report, errors=[*others, error], flags=dict.fromkeys(report.flags, False))


def _as_code(code: SeamCode) -> RemoteCode:
    return RemoteCode(
        remote_id=code.remote_id,
        pin=code.pin,
        name=code.name,
        starts_at=code.starts_at,
        ends_at=code.ends_at,
        word=CloudWord(
            status=code.status,
            errors=code.own_errors,
            warnings=code.warnings,
            is_scheduled=code.is_scheduled_on_device,
            is_managed=code.is_managed,
        ),
    )


def _as_wish(wish: RemoteWish) -> SeamWish:
    """Return the wish for the client. Raises `Refused` where the PIN is none: Seam takes it."""
    digits = "" if wish.pin is None else wish.pin.digits
    if digits and not (digits.isascii() and digits.isdigit()):
        raise Refused("code_constraints_violated", "The lock takes digits only.", Retry.ON_WISH)
    return SeamWish(
        name=wish.name,
        pin=wish.pin,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        prefers_native=wish.prefers_native,
        allows_outside_changes=wish.allows_outside_changes,
    )
