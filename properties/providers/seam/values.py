"""What Seam tells and is told, as values; times are aware UTC, ids are Seam's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from locksite.masked import Pin
from properties.providers.base import DeviceReport

Json = Mapping[str, Any]

STATUSES: Final = frozenset({"unset", "setting", "set", "removing", "unknown"})


@dataclass(frozen=True, slots=True)
class SeamDevice:
    """A device of a workspace.

    `report` is what Locksite keeps of a lock. `is_lock`: anything about it says so; a workspace
    may hold thermostats and phones as well. `others` are the fields that have no place elsewhere.
    """

    report: DeviceReport
    is_managed: bool
    is_lock: bool
    connected_account_id: str | None
    created_at: datetime | None
    others: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeamCode:
    """A code as Seam holds it, managed or not.

    `pin` is ``None`` where it is hidden or not chosen yet. Times are aware UTC; a code without a
    window has neither. `status` is one of `STATUSES`: a word that is new reads as ``unknown``.
    `errors` and `warnings` have the shape of the wire; `own_errors` leaves out those of the lock
    and its account, which Seam repeats here. `pending` names the changes that are not on the lock
    yet. `others` are the fields that have no place elsewhere, without digits that may be a PIN's.
    """

    remote_id: str
    device_remote_id: str
    name: str | None
    pin: Pin | None
    type: str
    starts_at: datetime | None
    ends_at: datetime | None
    status: str
    errors: tuple[Json, ...] = ()
    warnings: tuple[Json, ...] = ()
    pending: tuple[str, ...] = ()
    is_managed: bool = True
    is_scheduled_on_device: bool = False
    is_waiting_for_pin: bool = False
    is_backup: bool = False
    is_backup_access_code_available: bool = False
    pulled_backup_id: str | None = None
    is_external_modification_allowed: bool = False
    common_code_key: str | None = None
    is_offline: bool = False
    is_one_time: bool = False
    can_be_converted: bool = True
    can_be_deleted: bool = True
    created_at: datetime | None = None
    others: Json = field(default_factory=dict)

    @property
    def own_errors(self) -> tuple[Json, ...]:
        """Return the errors of the code itself."""
        return tuple(each for each in self.errors if not is_of_the_lock(each))


@dataclass(frozen=True, slots=True)
class SeamWish:
    """What Seam is to keep on a lock.

    Both times aware UTC, or none: until it is deleted. `pin` is ``None`` where the maker of the
    lock chooses it, or Seam. `max_time_rounding` is a word of the wire, such as ``1d``. Spare
    codes are for codes with a window only, one opening and rounding for offline codes only.
    """

    name: str
    pin: Pin | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    prefers_native: bool = True
    allows_outside_changes: bool = False
    uses_backup_pool: bool = False
    is_offline: bool = False
    is_one_time: bool = False
    max_time_rounding: str | None = None
    common_code_key: str | None = None


@dataclass(frozen=True, slots=True)
class SeamHint:
    """An event: something happened, look there. It holds no PIN and proves nothing.

    `method` is how a door was opened or locked, where `event_type` is about that.
    """

    event_id: str
    event_type: str
    device_remote_id: str | None = None
    code_remote_id: str | None = None
    connected_account_id: str | None = None
    occurred_at: datetime | None = None
    created_at: datetime | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class SeamAttempt:
    """A command that Seam carries out: `status` is ``pending``, ``success`` or ``error``.

    `is_confirmed`: the lock itself said so. `error_type` and `sentence` are Seam's.
    """

    remote_id: str
    action_type: str
    status: str
    is_confirmed: bool = False
    error_type: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SeamWorkspace:
    """What a key opens."""

    remote_id: str
    name: str
    company_name: str = ""
    is_sandbox: bool = False
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class SeamWebhook:
    """Where Seam sends events; `secret` is what they are signed with, in a wrapping of PINs."""

    remote_id: str
    url: str
    event_types: tuple[str, ...] = ()
    secret: Pin | None = None


def is_of_the_lock(item: Json) -> bool:
    """Return whether an error of a code is its lock's, or that of the lock's account."""
    return any(
        item.get(key) is True
        for key in ("is_device_error", "is_connected_account_error", "is_bridge_error")
    )
