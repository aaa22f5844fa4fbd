"""Guests who would stand before a shut door, one for each reason: rows as the engine leaves them.

Each has a door and an account of its own, at which no engine looks until somebody asks for it. So
what is wrong stays as it is until the desk does something, and what the desk does is carried out
by the engine on a lock that is there.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accesscodes import pool
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.pool_rules import SPARES
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.doors import real_doors
from locksite.masked import Pin
from properties.models import Device, Property, ProviderAccount, VirtualLock
from properties.providers.virtual.people import contents, edit_at_keypad
from properties.stamps import stamp
from properties.sync import REMOVED_AFTER, refresh_account
from tests.browser.flows.words import STORM, door_of
from tests.factories import AccessCodeFactory
from tests.processes import wait_until


def put_up(
    name: str,
    make: str = "schlage",
    has_spares: bool = False,
    traits: dict[str, Any] | None = None,
) -> None:
    """Put up the door of this guest; nothing is wrong with it but what its `traits` say."""
    account = ProviderAccount.objects.create(kind="virtual", name=f"Account of {name}")
    VirtualLock.objects.create(
        account=account,
        make=make,
        name=door_of(name),
        time_zone="Europe/Berlin",
        answer_min=0,
        answer_max=0,
        traits=traits or {},
    )
    _look(name)
    house = Property.objects.get(slug=STORM)
    _devices(name).update(property=house, last_read_at=timezone.now())
    if has_spares:
        pool.switch_on(_devices(name).get(), actor=SYSTEM, now=timezone.now())


def befall(name: str, faults: Sequence[str] = (), traits: dict[str, Any] | None = None) -> None:
    """Let these faults befall the door of this guest; the account has told of them."""
    lock, now = _lock(name), timezone.now()
    lock.faults, lock.since = list(faults), {fault: stamp(now) for fault in faults}
    lock.traits = traits or {}
    lock.save()
    # Only a lock that was not listed for a while counts as removed.
    _devices(name).update(reported_at=now - REMOVED_AFTER)
    _look(name)


def mend(name: str) -> None:
    """Let somebody repair the lock; nobody has told of it yet."""
    VirtualLock.objects.filter(pk=_lock(name).pk).update(faults=[], since={}, traits={})


def _devices(name: str) -> Any:
    return Device.objects.filter(reported_name=door_of(name))


def _lock(name: str) -> VirtualLock:
    return VirtualLock.objects.get(name=door_of(name))


def _look(name: str) -> None:
    """Let the account list its lock once."""
    account = ProviderAccount.objects.get(name=f"Account of {name}")
    refresh_account(account, doors=real_doors())
    ProviderAccount.objects.filter(pk=account.pk).update(due_at=None)
    _rest(name)


def _rest(name: str) -> None:
    """Let no engine look at the lock any more, once the one that does is done."""

    def is_left_alone() -> bool:
        return bool(_devices(name).filter(lease_owner=None).update(due_at=None))

    wait_until(is_left_alone, f"no engine looks at the door of {name}")


def stranded(
    name: str,
    starts_in: float = -2,
    status: str = "setting",
    ago: float = 0,
    errors: Sequence[str] = (),
    warnings: Sequence[str] = (),
    is_offline: bool = False,
) -> None:
    """Write a code as it stands once this went wrong with it; `starts_in` and `ago` in minutes.

    An offline code begins on the hour and has no PIN yet.
    """
    now = timezone.now()
    starts_at = now + timedelta(minutes=starts_in)
    if is_offline:
        starts_at = now.replace(minute=0, second=0, microsecond=0)
    at = {"message": "So it was said.", "created_at": stamp(now)}
    AccessCodeFactory(
        device=_devices(name).get(),
        name=name,
        digits="" if is_offline else "694173",
        kind=Kind.TIME_BOUND,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=3),
        status=status,
        created_at=now - timedelta(minutes=ago),
        diverged_since=None if status == "set" else now - timedelta(minutes=ago),
        errors=[{"error_code": code, "is_access_code_error": True, **at} for code in errors],
        warnings=[{"warning_code": code, **at} for code in warnings],
        is_offline=is_offline,
    )


def issued(name: str, guest: str = "", starts_in: float = -2, **options: Any) -> None:
    """Issue a code at the door of `name`, for that guest or another, as people do."""
    now = timezone.now()
    spec = CodeSpec(
        name=guest or name,
        pin=Pin("735519" if guest else "516283"),
        starts_at=now + timedelta(minutes=starts_in),
        ends_at=now + timedelta(days=3),
        for_desk=True,
        **options,
    )
    issue_code(_devices(name).get(), spec, actor=SYSTEM, now=now)


def _on_its_lock(row: AccessCode) -> bool:
    return row.status == "set" or row.is_scheduled_on_device or (row.is_offline and bool(row.pin))


def _codes_of(name: str) -> list[AccessCode]:
    rows = AccessCode.objects.live().filter(device__reported_name=door_of(name))
    return list(rows.order_by("name"))


def settle(name: str) -> bool:
    """Let no engine look any more once all codes of this door are on it; return whether so."""
    codes = _codes_of(name)
    device = _devices(name).get()
    if device.keeps_backup_codes and len(codes) < SPARES:
        return False
    if not all(_on_its_lock(row) for row in codes):
        return False
    _rest(name)
    return True


def ready_codes(name: str) -> list[str]:
    """Return for whom codes are on this door, spares apart."""
    rows = _codes_of(name)
    return [row.name for row in rows if not row.is_backup and _on_its_lock(row)]


def edited(name: str) -> None:
    """Let somebody give this guest's code another PIN in the lock's app, and be seen."""
    now = timezone.now()
    [slot] = contents(_lock(name), now=now)
    edit_at_keypad(_lock(name), slot, now=now, pin=Pin("846153"))
    Device.objects.poke(now, [_devices(name).get().pk])


def warned(name: str) -> bool:
    """Return whether something is said of the guest's code."""
    return bool(AccessCode.objects.get(name=name).warnings)


def lost(name: str) -> None:
    """Let nobody know any more whether the code is on its lock."""
    AccessCode.objects.filter(name=name).update(status="unknown")


def shared(name: str) -> None:
    """Let another system be seen that manages the lock as well."""
    warning = {
        "warning_code": "third_party_integration_detected",
        "message": "Another system.",
        "created_at": stamp(timezone.now()),
    }
    AccessCode.objects.filter(name=name).update(warnings=[warning])


def began(name: str) -> None:
    """Let the stay begin a while ago, and nobody have heard of the lock since before that."""
    row = AccessCode.objects.get(name=name)
    entry = row.installations.get()
    assert row.starts_at is not None
    starts_at = row.starts_at - timedelta(minutes=60)
    changes = {"starts_at": starts_at, "status": "setting", "is_scheduled_on_device": False}
    AccessCode.objects.filter(pk=row.pk).update(**changes, diverged_since=starts_at)
    for held in (entry.content, entry.sent):
        if held:
            held["starts_at"] = starts_at.replace(microsecond=0).isoformat()
    entry.save(update_fields=["content", "sent"])


def spare_is_taken(name: str) -> None:
    """Let the desk have taken a spare for this guest."""
    with transaction.atomic():  # no engine looks in between
        pool.pull(AccessCode.objects.get(name=name), actor=SYSTEM, now=timezone.now())
        _devices(name).update(due_at=None)


def went_home(name: str) -> None:
    """Take the door of this guest out of sight."""
    _devices(name).update(is_managed=False, due_at=None)
