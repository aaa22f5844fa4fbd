"""Spare codes on locks: kept ready, handed out when a guest's own code does not work.

A spare is a code like any other, until it is pulled of nobody's. It is ready once a reading has
shown it on the lock, so it opens even when the lock cannot be reached any more. `tend` keeps the
pools full: it looks at how things are, so it may run as often, and on as many engines, as it
likes.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db.models import Count, Q

from accesscodes import ledger, pool_rules, services
from accesscodes.choices import EventType, Kind, Placement
from accesscodes.models import AccessCode, UnmanagedCode
from accesscodes.pool_rules import Pool
from accesscodes.services import CodeSpec
from accesscodes.values import NATIVE_PRELOAD
from locksite.actors import SYSTEM, Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from properties.models import Device

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A code and the spare that is used in its place."""

    code: AccessCode
    spare: AccessCode


def pull(code: AccessCode, *, actor: Actor, now: datetime) -> Pulled:
    """Take a spare for a code whose PIN does not work; again for the same code, the same spare.

    The spare opens at once and ends with the code. Raises `RuleBroken`:
    `access_code_not_time_bound` for a code without dates, `backup_access_code_not_found` when none
    is ready, `invalid_input` for a code that is over, withdrawn, or a spare itself.
    """
    with write_transaction():
        device = ledger.hold(code.device_id, None)
        code = AccessCode.objects.for_list().get(pk=code.pk)
        _check(code, now)
        spare = code.pulled_backup
        if spare is not None and spare.wish().unwanted_since(now) is None:
            return Pulled(code, AccessCode.objects.for_list().get(pk=spare.pk))
        spare = (
            AccessCode.objects.ready_spares()
            .filter(device=device)
            .for_list()
            .order_by("id")
            .first()
        )
        if spare is None:
            raise RuleBroken(
                "backup_access_code_not_found", "No backup code is ready on this lock."
            )
        before = ledger.snapshot(spare)
        spare.kind, spare.starts_at, spare.ends_at = Kind.TIME_BOUND, now, code.ends_at
        # Its entry on the lock stays as it is: a lock that is pulled from is in trouble already,
        # and a write would put the one PIN at risk that is known to open.
        spare.prefer_native_scheduling = False
        spare.revision += 1
        spare.save(
            update_fields=["kind", "starts_at", "ends_at", "prefer_native_scheduling", "revision"]
        )
        code.pulled_backup = spare
        code.save(update_fields=["pulled_backup"])
        ledger.record(spare, now=now, before=before)
        Event.objects.append(
            EventType.BACKUP_PULLED,
            occurred_at=now,
            now=now,
            property_id=device.property_id,
            device_uid=device.uid,
            access_code_uid=code.uid,
            connected_account_uid=device.account.uid,
            payload={"backup_access_code_id": str(spare.uid)},
        )
        _note(actor, "access_code.pull_backup", device, code, now)
        _fill(device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return Pulled(code, spare)


def switch_off(device: Device, *, actor: Actor, now: datetime) -> None:
    """Keep no spares on this lock any more; those in use stay until they end."""
    with write_transaction():
        device = ledger.hold(device.pk, None)
        if not device.keeps_backup_codes:
            return
        Device.objects.filter(pk=device.pk).update(keeps_backup_codes=False, pool_signals={})
        for spare in AccessCode.objects.spares().filter(device=device).order_by("id"):
            services.withdraw_code(spare, actor=actor, now=now)
        _note(actor, "device.backup_pool_off", device, None, now)


def switch_on(device: Device, *, actor: Actor, now: datetime) -> None:
    """Keep spares on this lock from now on. Raises `RuleBroken` where it cannot keep any."""
    with write_transaction():
        device = ledger.hold(device.pk, None)
        if device.keeps_backup_codes:
            return
        if not device.properties.get("supports_backup_access_code_pool"):
            raise RuleBroken(
                "invalid_input",
                "This lock keeps no backup codes.",
                "backup_access_code_pool_enabled",
            )
        Device.objects.filter(pk=device.pk).update(keeps_backup_codes=True)
        device.keeps_backup_codes = True
        _note(actor, "device.backup_pool_on", device, None, now)
        _fill(device, now)


def tend(now: datetime) -> int:
    """Bring the pools of all locks to what they should be; return at how many there was work.

    A lock that takes no codes now gets its spares when it does.
    """
    worked = 0
    for device in Device.objects.managed().filter(keeps_backup_codes=True).order_by("pk"):
        pool = pool_of(device, now)
        said = pool_rules.signals(pool, device.pool_signals, now)
        if pool.kept == pool.wanted and said == device.pool_signals:
            continue
        worked += 1
        with write_transaction():
            held = ledger.hold(device.pk, None)
            if held.keeps_backup_codes:
                _fill(held, now)
                said = pool_rules.signals(pool_of(held, now), held.pool_signals, now)
                Device.objects.filter(pk=held.pk).update(pool_signals=said)
    return worked


def pool_of(device: Device, now: datetime) -> Pool:
    """Return how the pool of a lock stands."""
    spares = AccessCode.objects.spares().filter(device=device)
    codes = AccessCode.objects.live().filter(device=device)
    soon = Q(starts_at=None) | Q(starts_at__lte=now + NATIVE_PRELOAD)
    on_lock = Q(installations__placement__in=set(Placement) - {Placement.ABSENT})
    is_kept = Q(is_backup=True, backs_up=None, withdrawn_at=None)
    counted = codes.aggregate(
        pulled=Count("pk", filter=Q(backs_up__isnull=False), distinct=True),
        others=Count(
            "pk", filter=~is_kept & Q(is_offline=False) & (soon | on_lock), distinct=True
        ),
    )
    reported = device.properties.get("max_active_codes_supported")
    return Pool(
        ready=AccessCode.objects.ready_spares().filter(device=device).count(),
        kept=spares.count(),
        pulled=counted["pulled"],
        others=counted["others"] + UnmanagedCode.objects.live().filter(device=device).count(),
        max_codes=reported if isinstance(reported, int) else device.capabilities.max_codes,
    )


# ---- inside -------------------------------------------------------------------------------------


def _check(code: AccessCode, now: datetime) -> None:
    if code.is_backup:
        raise RuleBroken("invalid_input", "This is a backup code itself.", "access_code_id")
    if code.kind != Kind.TIME_BOUND:
        raise RuleBroken(
            "access_code_not_time_bound", "Backup codes are for codes with dates.", None
        )
    if code.withdrawn_at is not None or code.wish().unwanted_since(now) is not None:
        raise RuleBroken("invalid_input", "This code is over or being removed.", "access_code_id")


def _fill(device: Device, now: datetime) -> None:
    """Issue the spares that are missing, or take back those that are too many; lock is held."""
    pool = pool_of(device, now)
    for _ in range(pool.wanted - pool.kept):
        uid = uuid4()
        spec = CodeSpec(
            name=f"Backup {str(uid)[:8]} (Locksite)", is_backup=True, for_desk=True, uid=uid
        )
        try:
            services.issue_code(device, spec, actor=SYSTEM, now=now)
        except RuleBroken as broken:
            log.info("lock %s takes no spare code: %s", device.uid, broken.code)
            return
    too_many = max(0, pool.kept - pool.wanted)
    # Those that are not on the lock yet go first.
    spares = AccessCode.objects.spares().filter(device=device).order_by("proven_at", "-id")
    for spare in sorted(spares, key=lambda row: row.proven_at is not None)[:too_many]:
        services.withdraw_code(spare, actor=SYSTEM, now=now)


def _note(
    actor: Actor, action: str, device: Device, code: AccessCode | None, now: datetime
) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=device.property_id,
        object_type="device" if code is None else "access_code",
        object_uid=device.uid if code is None else code.uid,
    )
