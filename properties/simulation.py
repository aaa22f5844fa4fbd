"""What partners may let happen to virtual locks: for training, and for their own tests.

What is simulated is seen at once: the lock is mirrored without waiting for its account's turn. Its
account is not asked for that, so nothing here waits, and no lock that is real is ever touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from properties import sync
from properties.choices import Fault
from properties.models import Device, VirtualLock, validate_time_zone
from properties.providers.virtual import people
from properties.providers.virtual.store import reported


@dataclass(frozen=True, slots=True)
class Happening:
    """A fault that begins or ends; `flag` is the wire's word for whether that can be asked for."""

    fault: Fault
    begins: bool
    flag: str


CONNECT: Final = Happening(Fault.OFFLINE, False, "can_simulate_connection")
DISCONNECT: Final = Happening(Fault.OFFLINE, True, "can_simulate_disconnection")
REMOVE: Final = Happening(Fault.REMOVED, True, "can_simulate_removal")
CONNECT_TO_HUB: Final = Happening(Fault.HUB_DISCONNECTED, False, "can_simulate_hub_connection")
DISCONNECT_FROM_HUB: Final = Happening(
    Fault.HUB_DISCONNECTED, True, "can_simulate_hub_disconnection"
)
PLAN_ENDS: Final = Happening(Fault.SUBSCRIPTION_REQUIRED, True, "can_simulate_paid_subscription")
PLAN_BEGINS: Final = Happening(
    Fault.SUBSCRIPTION_REQUIRED, False, "can_simulate_paid_subscription"
)

# Whose locks take their zone from us: the wire's word for the maker's details → type of lock.
ZONED: Final[Mapping[str, str]] = {
    "ultraloq_metadata": "ultraloq_lock",
    "schlage_metadata": "schlage_lock",
    "omnitec_metadata": "omnitec_lock",
}


def simulate(device: Device, happening: Happening, *, actor: Actor, now: datetime) -> None:
    """Let something happen to a virtual lock.

    Raises `RuleBroken` for a lock that is not virtual, or whose flag is not true: it cannot be
    removed twice, nor come back when it was not away.
    """
    lock = people.lock_behind(device.account, device.remote_id)
    if lock is None:
        raise RuleBroken("invalid_input", "This can be simulated on virtual locks only.")
    if device.flags.get(happening.flag) is not True:
        raise RuleBroken("invalid_input", f"The lock's {happening.flag} is not true now.")
    people.switch_fault(lock, happening.fault, happening.begins, now=now)
    _mirror(device, lock, now)
    _note(device, "lock.simulate", actor, now, {happening.fault.value: happening.begins})


def report_time_zones(
    zones: Sequence[tuple[Device, str, str]], *, actor: Actor, now: datetime
) -> None:
    """Set the zone of some locks, all or none: lock, the wire's word for its maker, IANA zone.

    Raises `RuleBroken` for an unknown zone, and for a lock of another maker or with a zone of its
    own.
    """
    locks = [(device, _zoned(device, maker, zone), zone) for device, maker, zone in zones]
    for device, lock, zone in locks:
        people.set_time_zone(lock, zone, now=now)
        _mirror(device, lock, now)
        _note(device, "device.report_time_zone", actor, now, {"time_zone": zone})


def _zoned(device: Device, maker: str, zone: str) -> VirtualLock:
    try:
        validate_time_zone(zone)
    except ValidationError:
        raise RuleBroken("invalid_input", "There is no such time zone.", "devices") from None
    lock = people.lock_behind(device.account, device.remote_id)
    if lock is None or device.device_type != ZONED[maker]:
        raise RuleBroken("invalid_input", f"The lock takes no {maker}.", "devices")
    return lock


def _mirror(device: Device, lock: VirtualLock, now: datetime) -> None:
    if Fault.ACCOUNT_DISCONNECTED in lock.faults:
        return  # the account tells nothing of its locks
    if Fault.REMOVED in lock.faults:
        sync.mirror_removal(device, now)
    else:
        sync.mirror_one(device, reported([lock], now)[0], now)


def _note(
    device: Device, action: str, actor: Actor, now: datetime, detail: Mapping[str, object]
) -> None:
    with write_transaction():
        AuditEntry.objects.append(
            actor,
            action,
            now=now,
            property_id=device.property_id,
            object_type="device",
            object_uid=device.uid,
            detail=detail,
        )
