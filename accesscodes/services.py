"""What people and partners may ask of a code: issue, change, withdraw, reveal.

Each function checks the rules, writes the wish, lets the ledger say what follows, and pokes the
lock, in one transaction. None of them talks to a lock: that is the engine's work. Rules that say
no raise `RuleBroken` with the wire's name of the input; nothing is written then.

Order of the checks (Seam, PIN rules): capability, PIN, window, name, duplicates.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q

from accesscodes import ledger, offline, pin_rules
from accesscodes.choices import Kind
from accesscodes.models import (
    AccessCode,
    Installation,
    UnmanagedCode,
    slots_used,
    slots_yielding,
)
from accesscodes.pin_rules import NoPinLeft, PinRules
from accesscodes.values import Content, Installed
from locksite.actors import Actor
from locksite.database import hold_word, write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.local_time import clock
from locksite.masked import Pin
from locksite.pins import index_of, seal
from properties.capabilities import Cause, lock_verdict, refusal
from properties.lock_facts import LockFacts
from properties.models import Device
from properties.stamps import stamp

NAME_LIMIT = 200
PIN_RESTS_FOR = timedelta(days=30)
"""How long a PIN that left a lock is not drawn again for the same lock."""

UNDO_FOR = timedelta(seconds=10)
"""How long a delete at the desk can be undone before it counts."""

HOUSE_LOOKUPS = 20
"""How many PINs at most are looked for on all locks of a house, to draw one for more doors."""


class Keep(Enum):
    """The type of `KEEP`."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""Leave this part of the wish as it is; `None` would say something else."""


@dataclass(frozen=True, slots=True)
class CodeSpec:
    """What somebody wants of a new code, in the wire's words. Times are aware; both or neither.

    `pin` ``None``: one is drawn, or chosen by the lock's maker. `max_time_rounding`: how far
    either end of an offline code may be moved to a time that the maker offers. `refuse_weak`: say
    no to PINs that a stranger would try early, as the desk does; partners may choose them unless
    the installation forbids it. `uid`: the public id that the code gets, for a form that draws it
    beforehand and may be sent twice; a second code of the same id raises `IntegrityError`.
    """

    name: str
    pin: Pin | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    preferred_code_length: int | None = None
    prefer_native_scheduling: bool = True
    is_external_modification_allowed: bool = False
    use_backup_access_code_pool: bool = False
    is_offline_access_code: bool = False
    is_one_time_use: bool = False
    is_backup: bool = False
    max_time_rounding: timedelta = offline.ROUNDING
    common_code_key: str | None = None
    attempt_for_offline_device: bool = True
    refuse_weak: bool = False
    for_desk: bool = False
    uid: UUID | None = None


@dataclass(frozen=True, slots=True)
class CodeChanges:
    """What somebody wants changed; everything else stays. `kind` ongoing clears the dates.

    `common_code_key`: what links the codes that get this same `pin`; without it, a code that gets
    another PIN is linked no more.
    """

    name: str | Keep = KEEP
    pin: Pin | Keep = KEEP
    kind: Kind | Keep = KEEP
    starts_at: datetime | Keep = KEEP
    ends_at: datetime | Keep = KEEP
    preferred_code_length: int | Keep = KEEP
    prefer_native_scheduling: bool | Keep = KEEP
    is_external_modification_allowed: bool | Keep = KEEP
    use_backup_access_code_pool: bool | Keep = KEEP
    attempt_for_offline_device: bool = True
    refuse_weak: bool = False
    common_code_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def kind(self) -> Kind:
        return Kind.ONGOING if self.starts_at is None else Kind.TIME_BOUND

    def days(self, device: Device) -> list[date]:
        """Return the first and the last day, by the calendar of the lock's house."""
        zone = _zone_of(device)
        return [
            at.astimezone(zone).date() for at in (self.starts_at, self.ends_at) if at is not None
        ]


def issue_code(device: Device, spec: CodeSpec, *, actor: Actor, now: datetime) -> AccessCode:
    """Write down a new code for this lock and return it; the engine does the rest.

    Raises `RuleBroken`: `device_cannot_take_codes` (with the reason), `invalid_input` for what the
    lock or the rules of windows and names forbid, `duplicate_access_code` for a PIN that another
    code of the lock has in an overlapping window.

    Where the lock's maker chooses the PIN, the code has none before the engine has learnt it. The
    window of an offline code is made to fit what the maker offers.
    """
    with write_transaction():
        if spec.common_code_key:
            hold_word(spec.common_code_key)
        device = ledger.hold(device.pk, None)
        if not device.is_managed:  # any more
            raise RuleBroken("device_not_found", "There is no such device.", "device_id")
        window = _Window(spec.starts_at, spec.ends_at)
        _check_capability(device, window, spec, now)
        rules = PinRules.from_properties(device.properties)
        if spec.is_offline_access_code:
            _check_offline_options(spec)
        elif rules.assigns_pins and spec.common_code_key:
            raise RuleBroken("invalid_input", _NOT_SHARED, "common_code_key")
        if spec.pin is not None:
            _check_pin(device, spec.pin, rules, window, refuse_weak=spec.refuse_weak)
        _check_window(window, rules, now)
        _check_options(device, spec, window)
        if spec.is_offline_access_code:
            window = _offline_window(device, spec, window)
        name = _checked_name(spec.name, device, rules, ignore=None)
        code = AccessCode(
            uid=spec.uid or uuid4(),
            device=device,
            created_at=now,
            name=name,
            kind=window.kind,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            is_offline=spec.is_offline_access_code,
            is_one_time_use=spec.is_one_time_use,
            prefer_native_scheduling=spec.prefer_native_scheduling,
            is_external_modification_allowed=spec.is_external_modification_allowed,
            use_backup_access_code_pool=spec.use_backup_access_code_pool,
            is_backup=spec.is_backup,
            common_code_key=spec.common_code_key,
            created_by=actor.label,
            created_by_kind=actor.kind,
        )
        if not (spec.is_offline_access_code or rules.assigns_pins):
            linked = _shared_pin(spec.common_code_key, actor)
            pin = spec.pin or linked
            if linked is not None and linked != pin:
                raise RuleBroken(
                    "invalid_input", "The codes with this key have another PIN.", "common_code_key"
                )
            if pin is None:
                pin = _drawn_pin(
                    device,
                    rules,
                    window,
                    now,
                    length=spec.preferred_code_length,
                    for_desk=spec.for_desk,
                    for_more_doors=spec.common_code_key is not None,
                )
            _check_duplicate(device, pin, window, now, ignore=None)
            _give_pin(code, device, pin)
        ledger.record_new(code, device, now=now)
        _note(actor, "access_code.issue", code, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return code


def change_code(
    code: AccessCode, changes: CodeChanges, *, actor: Actor, now: datetime
) -> AccessCode:
    """Write down a changed wish and return the code; what the lock holds follows later.

    The old PIN and dates stay in force until the lock has the new ones. Raises `RuleBroken` as
    `issue_code` does, and `invalid_input` for a code that is withdrawn, over or computed offline.
    """
    with write_transaction():
        device, code = _held(code)
        _check_changeable(code, now)
        if not changes.attempt_for_offline_device:
            _check_online(device)
        before, was = ledger.snapshot(code), _values(code)
        window = _changed_window(code, changes)
        rules = PinRules.from_properties(device.properties)
        if isinstance(changes.pin, Pin):
            _check_pin(device, changes.pin, rules, window, refuse_weak=changes.refuse_weak)
        if (window.starts_at, window.ends_at) != (code.starts_at, code.ends_at):
            _check_capability(device, window, None, now)
            _check_window(
                window, rules, now, is_started_allowed=code.starts_at == window.starts_at
            )
        if changes.name is not KEEP:
            code.name = _checked_name(changes.name, device, rules, ignore=code)
        code.kind, code.starts_at, code.ends_at = window.kind, window.starts_at, window.ends_at
        for name in (
            "prefer_native_scheduling",
            "is_external_modification_allowed",
            "use_backup_access_code_pool",
        ):
            if (value := getattr(changes, name)) is not KEEP:
                setattr(code, name, value)
        if code.use_backup_access_code_pool:
            _check_pool(device, window)
            if changes.use_backup_access_code_pool is True:
                _keep_spares(device)
        pin = changes.pin if isinstance(changes.pin, Pin) else None
        if pin is None and changes.preferred_code_length is not KEEP:
            pin = _drawn_pin(device, rules, window, now, length=changes.preferred_code_length)
        current = pin or _opened(code)
        if current is not None:
            _check_duplicate(device, current, window, now, ignore=code)
        if pin is not None:
            if pin != _opened(code):
                code.common_code_key = changes.common_code_key  # linked codes share one PIN
                code.pin_changed_at = now
            _give_pin(code, device, pin)
        code.revision += 1
        code.save(update_fields=_WISH_COLUMNS)
        ledger.record(code, now=now, before=before)
        _let_spare_follow(code, now)
        _note(actor, "access_code.change", code, device, now, _differences(was, code))
        Device.objects.filter(pk=device.pk).poke(now)
    return code


def withdraw_code(
    code: AccessCode, *, actor: Actor, now: datetime, wait: timedelta = timedelta(0)
) -> AccessCode:
    """Write down that nobody wants the code any more; a second time changes nothing.

    A code that was never sent to its lock is gone at once; any other is `removing` until a reading
    shows that it is off the lock. With `wait` the wish counts from then: until that moment all
    stays as it is, and `undo_withdrawal` takes it back; withdrawing again, without a wait or with
    a shorter one, brings the moment forward. Raises `RuleBroken` for an offline code whose PIN is
    known: the lock cannot be told to refuse it.
    """
    with write_transaction():
        device, code = _held(code)
        if code.is_offline and code.pin_index is not None:
            raise RuleBroken(
                "invalid_input", "An offline code cannot be deleted.", "access_code_id"
            )
        counts_from = now + wait
        earlier = code.withdrawn_at
        if code.gone_at is not None or (earlier is not None and earlier <= counts_from):
            return code
        before = ledger.snapshot(code)
        code.withdrawn_at = counts_from
        code.withdrawn_by = actor.label
        if not wait:  # while it can be undone, what is on the lock stays in force as it is
            code.revision += 1
        code.save(update_fields=["withdrawn_at", "withdrawn_by", "revision"])
        ledger.record(code, now=now, before=before, installed=_without_pause(code))
        action = "access_code.delete" if earlier is None else "access_code.delete_now"
        _note(actor, action, code, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
        if code.pulled_backup is not None:
            withdraw_code(code.pulled_backup, actor=actor, now=now, wait=wait)
    return code


def undo_withdrawal(code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
    """Want the code again, as if it had never been withdrawn, while the wait is not over.

    A spare that is used in its place is wanted again with it. Raises `RuleBroken` when it is too
    late: the code counts as withdrawn, or is gone. A code that nobody withdrew stays as it is.
    """
    with write_transaction():
        device, code = _held(code)
        if code.gone_at is not None or code.wish().is_withdrawn(now):
            message = "It is too late to undo this. The code is being removed."
            raise RuleBroken("invalid_input", message, "access_code_id")
        if code.withdrawn_at is None:
            return code
        before = ledger.snapshot(code)
        code.withdrawn_at = None
        code.withdrawn_by = ""
        code.save(update_fields=["withdrawn_at", "withdrawn_by"])
        ledger.record(code, now=now, before=before)
        _note(actor, "access_code.undo_delete", code, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
        spare = code.pulled_backup
        if spare is not None and spare.withdrawn_at == before.wish.withdrawn_at:
            undo_withdrawal(spare, actor=actor, now=now)
    return code


def _without_pause(code: AccessCode) -> Installed:
    """Return what is believed of its entry, with nothing that holds the next try up."""
    return replace(code.installed(), attempts=0, retry_at=None)


def retry_code(code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
    """Let the lock be told about this code again at once, whatever it said before.

    Changes nothing of the wish. Raises `RuleBroken` for a code that is gone.
    """
    with write_transaction():
        device, code = _held(code)
        if code.gone_at is not None:
            raise RuleBroken("invalid_input", "This code is off the lock.", "access_code_id")
        freed = replace(
            code.installed(),
            attempts=0,
            retry_at=None,
            refused_revision=0,
            refused_generation=None,
        )
        ledger.record(code, now=now, installed=freed)
        _note(actor, "access_code.retry", code, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return code


def restore_code(code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
    """Want the code anew, just as it is, and return it: what others made of it is undone.

    It is put on the lock even where that is allowed to others, or was done too often to go on by
    itself. Raises `RuleBroken` for a code that is withdrawn, over or computed offline.
    """
    with write_transaction():
        device, code = _held(code)
        _check_changeable(code, now)
        before = ledger.snapshot(code)
        code.revision += 1
        code.save(update_fields=["revision"])
        ledger.record(code, now=now, before=before)
        _note(actor, "access_code.restore", code, device, now)
        Device.objects.filter(pk=device.pk).poke(now)
    return code


def accept_outside_change(code: AccessCode, *, actor: Actor, now: datetime) -> AccessCode:
    """Want of the code what others made of it at the lock, and return it. Nothing is sent there.

    Its PIN, name and dates become those that the lock showed last; a code that others removed is
    withdrawn. Raises `RuleBroken` for a code that is withdrawn, over or computed offline, for a
    lock that does not show the PIN, and for a PIN that another code has.
    """
    with write_transaction():
        device, code = _held(code)
        _check_changeable(code, now)
        entry, installed = code.installation, code.installed()
        if entry is None or installed.content is None or not installed.is_on_lock:
            return withdraw_code(code, actor=actor, now=now)
        before, was = ledger.snapshot(code), _values(code)
        _take_from_lock(code, device, entry, installed.content, now)
        code.revision += 1
        code.save(update_fields=_WISH_COLUMNS)
        ledger.record(code, now=now, before=before)
        detail = _differences(was, code)
        _note(actor, "access_code.accept_outside_change", code, device, now, detail)
        Device.objects.filter(pk=device.pk).poke(now)
    return code


def _take_from_lock(
    code: AccessCode, device: Device, entry: Installation, content: Content, now: datetime
) -> None:
    window = _Window(code.starts_at, code.ends_at)
    if device.capabilities.keeps_window:
        window = _Window(content.starts_at, content.ends_at)
        _check_window(window, PinRules.from_properties(device.properties), now)
    if content.pin_index not in {None, code.pin_index}:
        if entry.pin is None:
            raise RuleBroken("invalid_input", "The lock does not show the new PIN.", "code")
        pin = entry.pin.open(bound_to=entry.uid)
        _check_duplicate(device, pin, window, now, ignore=code)
        _give_pin(code, device, pin)
    if content.name and content.name != code.wish().content(code.terms()).name:
        code.name = content.name
    code.kind, code.starts_at, code.ends_at = window.kind, window.starts_at, window.ends_at


def reveal_pin(code: AccessCode, *, actor: Actor, now: datetime, how: str = "shown") -> Pin:
    """Return the PIN for showing it to `actor`, and write down who saw it and `how`.

    `how` is ``shown``, ``copied`` or ``printed``. Raises `RuleBroken` where there is no PIN yet.
    """
    with write_transaction():
        if code.pin is None:
            raise RuleBroken("invalid_input", "The PIN is not known yet.", "code")
        _note(actor, "access_code.reveal_pin", code, code.device, now, {"how": how})
        return code.pin.open(bound_to=code.uid)


def free_pin(
    device: Device,
    *,
    now: datetime,
    length: int | None = None,
    for_desk: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Pin:
    """Return a PIN that the lock accepts and that is free on it in this window; nothing is kept.

    Raises `RuleBroken` when there is none left, or the maker chooses the PIN.
    """
    rules = PinRules.from_properties(device.properties)
    window = _Window(starts_at, ends_at)
    return _drawn_pin(device, rules, window, now, length=length, for_desk=for_desk)


def taken_pins(device: Device, now: datetime) -> set[str]:
    """Return the indexes of the PINs that are not to be drawn for this lock; see `taken_on`."""
    return taken_on([device], now)[device.pk]


def taken_on(devices: Collection[Device], now: datetime) -> dict[int, set[str]]:
    """Return the indexes of the PINs that are not to be drawn for each of these locks, by key.

    Those on it, ours and others', those that will be, and those that left it not long ago. Two
    queries for any number of locks.
    """
    taken: dict[int, set[str]] = {device.pk: set() for device in devices}
    ours = AccessCode.objects.filter(Q(gone_at=None) | Q(gone_at__gt=now - PIN_RESTS_FOR))
    for rows in (ours, UnmanagedCode.objects.live()):
        known = rows.filter(device__in=taken, pin_index__isnull=False)
        for pk, pin_index in known.values_list("device_id", "pin_index"):
            taken[pk].add(str(pin_index))
    return taken


def pin_in_use(
    device: Device,
    pin: Pin,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> bool:
    """Return whether the PIN is in use on this lock in this window, by our codes or by others."""
    return bool(pin_in_use_at([device], pin, starts_at=starts_at, ends_at=ends_at, now=now))


def pin_in_use_at(
    devices: Collection[Device],
    pin: Pin,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> set[int]:
    """Return the keys of the locks on which the PIN is in use in this window; see `pin_in_use`.

    Two queries for any number of locks.
    """
    indexes = {device.pk: index_of(device.uid, pin) for device in devices}
    ours = AccessCode.objects.holding_any(
        indexes, starts_at=starts_at, ends_at=ends_at, now=now
    ).values_list("device_id", flat=True)
    others = UnmanagedCode.objects.live().filter(
        device__in=indexes, pin_index__in=indexes.values()
    )
    return {*ours, *others.values_list("device_id", flat=True)}


def days_of(
    devices: Iterable[Device], starts_at: datetime | None, ends_at: datetime | None
) -> list[date]:
    """Return the first and the last day of a window, by the calendars of these locks' houses."""
    window = _Window(starts_at, ends_at)
    return [day for device in devices for day in window.days(device)]


# ---- rules --------------------------------------------------------------------------------------

_WISH_COLUMNS = [
    "name",
    "pin",
    "pin_index",
    "kind",
    "starts_at",
    "ends_at",
    "prefer_native_scheduling",
    "is_external_modification_allowed",
    "use_backup_access_code_pool",
    "common_code_key",
    "revision",
    "pin_changed_at",
]


def _held(code: AccessCode) -> tuple[Device, AccessCode]:
    """Lock the lock's row and return it with the code as it is now."""
    device = ledger.hold(code.device_id, None)
    fresh = AccessCode.objects.for_list().get(pk=code.pk)
    return device, fresh


def _check_capability(
    device: Device, window: _Window, spec: CodeSpec | None, now: datetime
) -> None:
    is_offline = spec is not None and spec.is_offline_access_code

    def no(facts: LockFacts) -> Cause | None:
        stale_after = timedelta(minutes=settings.LOCKSITE_STALE_MINUTES)
        verdict = lock_verdict(facts, now, stale_after=stale_after)
        return refusal(verdict, is_time_bound=window.starts_at is not None, is_offline=is_offline)

    used = slots_used(device)
    cause = no(device.facts(codes_used=used))
    if cause is not None:  # it may be full of codes that give way: rare enough to ask last
        cause = no(device.facts(codes_used=used, codes_yielding=slots_yielding(device, now)))
    if cause is not None:
        raise RuleBroken("device_cannot_take_codes", _spoken(cause, device), "device_id")
    if spec is None:
        return
    if is_offline:
        return  # nothing is sent to the lock, so it need not be within reach
    if not spec.attempt_for_offline_device:
        _check_online(device)


def _check_online(device: Device) -> None:
    if not device.properties.get("online", True):
        raise RuleBroken("device_cannot_take_codes", "The lock is offline.", "device_id")


def _spoken(cause: Cause, device: Device) -> str:
    """Return the reason as one sentence, with its moment in the time of the house."""
    if cause.at is None:
        return cause.sentence
    zone = _zone_of(device)
    at = f"{cause.at.astimezone(zone):%a %d %b} {clock(cause.at, zone)}"
    return cause.sentence.replace("{at}", at)


def _zone_of(device: Device) -> tzinfo:
    return device.property.zone if device.property else UTC


def _check_options(device: Device, spec: CodeSpec, window: _Window) -> None:
    if spec.is_one_time_use and not spec.is_offline_access_code:
        message = "Only offline codes can be one-time codes."
        raise RuleBroken("invalid_input", message, "is_one_time_use")
    if spec.use_backup_access_code_pool:
        _check_pool(device, window)
        _keep_spares(device)


_NOT_SHARED = "The lock's maker chooses the PIN, so it cannot be shared with other codes."


def _check_offline_options(spec: CodeSpec) -> None:
    if spec.pin is not None:
        message = "The lock's maker computes the PIN of an offline code; none can be given."
        raise RuleBroken("invalid_input", message, "code")
    if spec.common_code_key:
        raise RuleBroken("invalid_input", _NOT_SHARED, "common_code_key")
    if spec.use_backup_access_code_pool:
        message = "Offline codes have no backup codes."
        raise RuleBroken("invalid_input", message, "use_backup_access_code_pool")


def _offline_window(device: Device, spec: CodeSpec, window: _Window) -> _Window:
    """Return the window as the lock's maker offers it: it covers the one that is wished for."""
    if window.starts_at is None or window.ends_at is None:
        raise RuleBroken("invalid_input", "An offline code needs both starts_at and ends_at.")
    fitted = offline.Offer.of(device).window(
        window.starts_at,
        window.ends_at,
        is_one_time=spec.is_one_time_use,
        most=spec.max_time_rounding,
    )
    offline.check_room(device, fitted, is_one_time=spec.is_one_time_use)
    return _Window(fitted.starts_at, fitted.ends_at)


def _check_pool(device: Device, window: _Window) -> None:
    field = "use_backup_access_code_pool"
    if window.starts_at is None:
        raise RuleBroken("invalid_input", "Backup codes are for codes with dates.", field)
    if not device.properties.get("supports_backup_access_code_pool"):
        raise RuleBroken("invalid_input", "This lock keeps no backup codes.", field)


def _keep_spares(device: Device) -> None:
    """Let spare codes be kept ready on this lock from now on."""
    if not device.keeps_backup_codes:
        Device.objects.filter(pk=device.pk).update(keeps_backup_codes=True)
        device.keeps_backup_codes = True


def _let_spare_follow(code: AccessCode, now: datetime) -> None:
    """Let the spare that is used in place of this code end when the code does."""
    spare = code.pulled_backup
    if spare is None or spare.ends_at == code.ends_at or spare.gone_at is not None:
        return
    spare = AccessCode.objects.for_list().get(pk=spare.pk)
    before = ledger.snapshot(spare)
    if code.ends_at is None:
        spare.kind, spare.starts_at = Kind.ONGOING, None
    elif spare.starts_at is None:
        spare.kind, spare.starts_at = Kind.TIME_BOUND, min(now, code.ends_at)
    spare.ends_at = code.ends_at
    spare.revision += 1
    spare.save(update_fields=["kind", "starts_at", "ends_at", "revision"])
    ledger.record(spare, now=now, before=before)


def _check_pin(
    device: Device, pin: Pin, rules: PinRules, window: _Window, *, refuse_weak: bool
) -> None:
    broken = pin_rules.first_broken(pin.digits, rules)
    if broken is not None:
        raise RuleBroken("invalid_input", broken.message, "code")
    if (refuse_weak or settings.LOCKSITE_REFUSE_WEAK_PINS) and pin_rules.is_weak(
        pin, dates=window.days(device)
    ):
        raise RuleBroken("invalid_input", "This PIN is easy to guess. Choose another.", "code")


def _check_window(
    window: _Window, rules: PinRules, now: datetime, *, is_started_allowed: bool = False
) -> None:
    starts_at, ends_at = window.starts_at, window.ends_at
    if (starts_at is None) != (ends_at is None):
        raise RuleBroken("invalid_input", "Both starts_at and ends_at must be provided if one is")
    if starts_at is None or ends_at is None:
        return
    if ends_at <= starts_at:
        raise RuleBroken("invalid_input", "End must be after start.", "ends_at")
    if ends_at <= now:
        raise RuleBroken("invalid_input", "End is already past.", "ends_at")
    if rules.needs_future_start and starts_at <= now and not is_started_allowed:
        raise RuleBroken("invalid_input", "This lock needs a start in the future.", "starts_at")


def _checked_name(name: str, device: Device, rules: PinRules, ignore: AccessCode | None) -> str:
    """Return the name as it is kept: composed, without control and direction marks, trimmed."""
    composed = unicodedata.normalize("NFC", name)
    cleaned = "".join(
        letter for letter in composed if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
    ).strip()
    if len(cleaned) > NAME_LIMIT:
        raise RuleBroken("invalid_input", f"Use at most {NAME_LIMIT} characters.", "name")
    others: AbstractSet[str] = frozenset()
    if rules.name_must_be_unique:
        rows = AccessCode.objects.live().filter(device=device)
        if ignore is not None:
            rows = rows.exclude(pk=ignore.pk)
        others = set(rows.values_list("name", flat=True))
    for check in pin_rules.check_name(cleaned, rules, others=others):
        if check.state is not pin_rules.RuleState.MET:
            raise RuleBroken("invalid_input", check.message, "name")
    return cleaned


def _changed_window(code: AccessCode, changes: CodeChanges) -> _Window:
    if changes.kind == Kind.ONGOING:
        return _Window(None, None)
    starts_at = code.starts_at if changes.starts_at is KEEP else changes.starts_at
    ends_at = code.ends_at if changes.ends_at is KEEP else changes.ends_at
    if changes.kind == Kind.TIME_BOUND and (starts_at is None or ends_at is None):
        raise RuleBroken("invalid_input", "A code with dates needs both starts_at and ends_at")
    if (starts_at is None) != (ends_at is None):
        raise RuleBroken("invalid_input", "Both starts_at and ends_at must be provided if one is")
    return _Window(starts_at, ends_at)


def _check_changeable(code: AccessCode, now: datetime) -> None:
    if code.is_offline:
        raise RuleBroken("invalid_input", "An offline code cannot be changed.", "access_code_id")
    if code.wish().unwanted_since(now) is not None:
        raise RuleBroken(
            "invalid_input", "This code is being removed and cannot be changed.", "access_code_id"
        )


# ---- PINs ---------------------------------------------------------------------------------------


def _opened(code: AccessCode) -> Pin | None:
    return None if code.pin is None else code.pin.open(bound_to=code.uid)


def _give_pin(code: AccessCode, device: Device, pin: Pin) -> None:
    code.pin = seal(pin, bound_to=code.uid)
    code.pin_index = index_of(device.uid, pin)


def _shared_pin(common_code_key: str | None, actor: Actor) -> Pin | None:
    """Return the PIN of the codes that are linked by this key, if there are any within reach."""
    if not common_code_key:
        return None
    linked = (
        AccessCode.objects.for_actor(actor)
        .live()
        .filter(common_code_key=common_code_key, pin__isnull=False)
        .order_by("id")
        .first()
    )
    return None if linked is None else _opened(linked)


def _drawn_pin(
    device: Device,
    rules: PinRules,
    window: _Window,
    now: datetime,
    *,
    length: int | None,
    for_desk: bool = False,
    for_more_doors: bool = False,
) -> Pin:
    if rules.assigns_pins:
        raise RuleBroken(
            "invalid_input", "The maker of this lock chooses its PINs; none can be drawn.", "code"
        )
    taken = taken_pins(device, now)
    asked = iter(range(HOUSE_LOOKUPS if for_more_doors else 0))

    def is_taken(pin: Pin) -> bool:
        if index_of(device.uid, pin) in taken:
            return True
        return next(asked, None) is not None and _is_held_in_the_house(device, pin)

    try:
        return pin_rules.generate(
            rules,
            length=pin_rules.length_for(rules, length, for_desk=for_desk),
            is_taken=is_taken,
            dates=window.days(device),
        )
    except NoPinLeft:
        raise RuleBroken("invalid_input", "No free PIN is left on this lock.", "code") from None


def _is_held_in_the_house(device: Device, pin: Pin) -> bool:
    """Return whether a live code of any lock of the same house has the PIN, whenever it is valid.

    A PIN that more doors are to share had better be free on all of them: which ones come later is
    not known yet.
    """
    doors = dict(
        Device.objects.managed().filter(property=device.property_id).values_list("pk", "uid")
    )
    indexes = [index_of(uid, pin) for uid in doors.values()]
    return AccessCode.objects.live().filter(device__in=doors, pin_index__in=indexes).exists()


def _check_duplicate(
    device: Device, pin: Pin, window: _Window, now: datetime, ignore: AccessCode | None
) -> None:
    if _is_held(device, index_of(device.uid, pin), window, now, ignore):
        raise RuleBroken("duplicate_access_code", "This PIN is in use on this lock.", "code")


def _is_held(
    device: Device, pin_index: str, window: _Window, now: datetime, ignore: AccessCode | None
) -> bool:
    """Return whether one of our codes holds the PIN in an overlapping window; touching is free."""
    holders = AccessCode.objects.holding(
        device, pin_index, starts_at=window.starts_at, ends_at=window.ends_at, now=now
    )
    if ignore is not None:
        holders = holders.exclude(pk=ignore.pk)
    return holders.exists()


def _values(code: AccessCode) -> dict[str, Any]:
    """Return what of a code can be changed, as the audit trail keeps it; of the PIN its index."""
    return {
        "name": code.name,
        "starts_at": code.starts_at and stamp(code.starts_at),
        "ends_at": code.ends_at and stamp(code.ends_at),
        "prefer_native_scheduling": code.prefer_native_scheduling,
        "is_external_modification_allowed": code.is_external_modification_allowed,
        "use_backup_access_code_pool": code.use_backup_access_code_pool,
        "pin": code.pin_index,
    }


def _differences(was: Mapping[str, Any], code: AccessCode) -> dict[str, Any]:
    """Return what became of `was`: the names of what changed, its old values and its new ones.

    Of a PIN it says that there is another, and nothing by which it could be found.
    """
    values = _values(code)
    changed = [name for name in values if values[name] != was[name]]
    shown = [name for name in changed if name != "pin"]
    detail: dict[str, Any] = {"changed": changed}
    if shown:
        detail["from"] = {name: was[name] for name in shown}
        detail["to"] = {name: values[name] for name in shown}
    return detail


def _note(
    actor: Actor,
    action: str,
    code: AccessCode,
    device: Device,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=device.property_id,
        object_type="access_code",
        object_uid=code.uid,
        detail=detail,
    )
