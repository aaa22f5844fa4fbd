"""Codes that belong together: one wish for several doors, one PIN that all of them share.

Linked codes have the same `common_code_key`, and then the same PIN. Locks are locked in one order,
by primary key, so two who ask for the same doors never wait for each other.

Partners name the codes by their key, wherever these are within reach. People at the desk start
from one code, and mean the doors of its house.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from accesscodes import ledger, pin_rules, services
from accesscodes.models import AccessCode, AccessCodeQuerySet
from accesscodes.pin_rules import NoPinLeft, PinRules
from accesscodes.services import CodeChanges, CodeSpec
from locksite.actors import Actor
from locksite.database import hold_word, write_transaction
from locksite.errors import RuleBroken
from locksite.masked import Pin
from locksite.pins import index_of
from properties.models import Device


def issue_codes(
    devices: Sequence[Device],
    spec: CodeSpec,
    *,
    actor: Actor,
    now: datetime,
    may_differ: bool = False,
) -> list[AccessCode]:
    """Issue one code per door, all or none, and return them in the order of `devices`.

    Without a PIN one is drawn that all doors accept and that is free on all, and the codes are
    linked; a PIN that is given is for all of them, and `spec` links them by its key. `spec.uid` is
    the id of the first door's code. With `may_differ`, where one PIN cannot serve all, a door gets
    one of its own; doors that do not share their PIN are not linked. Raises `RuleBroken` as
    `services.issue_code` does.
    """
    if len({device.pk for device in devices}) != len(devices) or not devices:
        raise RuleBroken("invalid_input", "Name each lock once, and at least one.", "device_ids")
    with write_transaction():
        held = [ledger.hold(pk, None) for pk in sorted(device.pk for device in devices)]
        if spec.pin is None:
            spec = _with_shared_pin(held, spec, now, may_differ=may_differ)
        first, later = devices[0].pk, replace(spec, uid=None)
        codes = {
            device.pk: _issue(
                device,
                spec if device.pk == first else later,
                actor=actor,
                now=now,
                may_differ=may_differ,
            )
            for device in held
        }
    return [codes[device.pk] for device in devices]


def new_key() -> str:
    """Return a fresh key that links codes."""
    return f"auto_set_by_create_multiple_{uuid4()}"


def change_codes(
    key: str, changes: CodeChanges, *, actor: Actor, now: datetime
) -> list[AccessCode]:
    """Change name and dates of all codes within reach that are linked by `key`; return them.

    All or none. Raises `RuleBroken` `access_code_not_found` where nothing wanted has the key, and
    what `services.change_code` raises.
    """
    with write_transaction():
        hold_word(key)
        codes = [
            code
            for code in AccessCode.objects.for_actor(actor)
            .live()
            .filter(common_code_key=key, device__is_managed=True)
            .order_by("device_id", "pk")
            if code.wish().unwanted_since(now) is None
        ]
        if not codes:
            raise RuleBroken("access_code_not_found", "No access code has this key.")
        for pk in sorted({code.device_id for code in codes}):
            ledger.hold(pk, None)
        return [services.change_code(code, changes, actor=actor, now=now) for code in codes]


def together(code: AccessCode, now: datetime) -> list[AccessCode]:
    """Return the codes of a house that share the PIN of this one and are wanted, by lock.

    This one is always among them. One query, or none for a code that is for one door.
    """
    if not code.common_code_key:
        return [code]
    codes = [
        row
        for row in _of_house(code)
        if row.pk == code.pk
        or (row.withdrawn_at is None and row.wish().unwanted_since(now) is None)
    ]
    return codes if code in codes else [code]


def change_all(
    code: AccessCode, changes: CodeChanges, *, actor: Actor, now: datetime
) -> list[AccessCode]:
    """Change name and dates of a code at all of its doors, or at none; return the codes.

    Raises what `services.change_code` raises, with the name of the door that says no.
    """
    with _all_doors(code):
        codes = _held_together(code, now)
        return [_change(row, changes, codes, actor=actor, now=now) for row in codes]


def change_pin(
    code: AccessCode,
    pin: Pin | None,
    *,
    actor: Actor,
    now: datetime,
    length: int | None = None,
) -> list[AccessCode]:
    """Give a code another PIN at all of its doors, or at none; return the codes, still linked.

    Without a `pin`, one is drawn that all doors accept and that is free on all, of this `length`
    where they take it. PINs that are easy to guess are refused. Raises as `change_all` does, and
    `RuleBroken` where no PIN suits all doors.
    """
    with _all_doors(code):
        codes = _held_together(code, now)
        drawn = pin or free_pin(codes, now, length=length)
        if drawn is None:
            message = "No PIN that is free on all of these doors suits them all."
            raise RuleBroken("invalid_input", message, "code")
        changes = CodeChanges(pin=drawn, refuse_weak=True, common_code_key=_key_for(codes))
        return [_change(row, changes, codes, actor=actor, now=now) for row in codes]


def free_pin(codes: Sequence[AccessCode], now: datetime, *, length: int | None) -> Pin | None:
    """Return a PIN that would do for all of these codes, if there is one; nothing is kept."""
    days = [
        day
        for code in codes
        for day in services.days_of([code.device], code.starts_at, code.ends_at)
    ]
    return _drawn([code.device for code in codes], days, now, length=length, for_desk=True)


def withdraw_all(
    code: AccessCode, *, actor: Actor, now: datetime, wait: timedelta = timedelta(0)
) -> list[AccessCode]:
    """Withdraw a code at all of its doors, as `services.withdraw_code` does; return the codes."""
    with _all_doors(code):
        codes = _held_together(code, now)
        return [services.withdraw_code(row, actor=actor, now=now, wait=wait) for row in codes]


def deleted_together(code: AccessCode) -> list[AccessCode]:
    """Return the codes that were withdrawn in the same act as this one, itself among them.

    One query, or none for a code that is for one door or that nobody withdrew.
    """
    if not code.common_code_key or code.withdrawn_at is None:
        return [code]
    return list(_of_house(code).filter(withdrawn_at=code.withdrawn_at)) or [code]


def withdraw_now(code: AccessCode, *, actor: Actor, now: datetime) -> list[AccessCode]:
    """Drop the wait of a withdrawal at all doors that it was meant for; return the codes."""
    with _all_doors(code):
        codes = _held(deleted_together(_as_it_is(code)))
        return [services.withdraw_code(row, actor=actor, now=now) for row in codes]


def undo_all(code: AccessCode, *, actor: Actor, now: datetime) -> list[AccessCode]:
    """Want a code again at all doors that its withdrawal was meant for; return the codes.

    Doors at which it was withdrawn by another act stay so. Raises as `services.undo_withdrawal`.
    """
    with _all_doors(code):
        codes = _held(deleted_together(_as_it_is(code)))
        return [services.undo_withdrawal(row, actor=actor, now=now) for row in codes]


@contextmanager
def _all_doors(code: AccessCode) -> Iterator[None]:
    """Open a transaction in which nobody else adds a door to this code."""
    with write_transaction():
        if code.common_code_key:
            hold_word(code.common_code_key)
        yield


def _of_house(code: AccessCode) -> AccessCodeQuerySet:
    """Return the live codes that are linked with this one and stand in the same house."""
    return (
        AccessCode.objects.live()
        .select_related("device__property")
        .filter(
            common_code_key=code.common_code_key,
            device__property=code.device.property_id,
            device__is_managed=True,
        )
        .order_by("device_id", "pk")
    )


def _as_it_is(code: AccessCode) -> AccessCode:
    return AccessCode.objects.for_list().get(pk=code.pk)


def _held_together(code: AccessCode, now: datetime) -> list[AccessCode]:
    return _held(together(code, now))


def _held(codes: list[AccessCode]) -> list[AccessCode]:
    """Lock the rows of these codes' locks, in the one order, and return the codes."""
    for pk in sorted({code.device_id for code in codes}):
        ledger.hold(pk, None)
    return codes


def _change(
    code: AccessCode,
    changes: CodeChanges,
    codes: Sequence[AccessCode],
    *,
    actor: Actor,
    now: datetime,
) -> AccessCode:
    """Change one of these codes; where it is one of several and a rule says no, name its door."""
    try:
        return services.change_code(code, changes, actor=actor, now=now)
    except RuleBroken as broken:
        if len(codes) == 1:
            raise
        message = f"{code.device.display_name}: {broken.message}"
        raise RuleBroken(broken.code, message, broken.field) from None


def _key_for(codes: Sequence[AccessCode]) -> str | None:
    """Return what links these codes when they get another PIN.

    It is their key, unless another code keeps both that and the old PIN: one that is being
    removed, or is in another house. A key never has two PINs.
    """
    key = codes[0].common_code_key
    others = AccessCode.objects.live().filter(common_code_key=key)
    if not key or not others.exclude(pk__in=[code.pk for code in codes]).exists():
        return key
    return new_key()


def _with_shared_pin(
    devices: Sequence[Device], spec: CodeSpec, now: datetime, *, may_differ: bool
) -> CodeSpec:
    pin = shared_pin(devices, spec, now)
    if pin is not None:
        return replace(spec, pin=pin, common_code_key=new_key())
    if may_differ:
        return spec
    raise RuleBroken("invalid_input", "No PIN suits all of these locks.", "device_ids")


def shared_pin(devices: Sequence[Device], spec: CodeSpec, now: datetime) -> Pin | None:
    """Return a PIN that all doors accept and that is free on all of them, if there is one."""
    days = services.days_of(devices, spec.starts_at, spec.ends_at)
    length = spec.preferred_code_length
    return _drawn(devices, days, now, length=length, for_desk=spec.for_desk)


def _drawn(
    devices: Sequence[Device],
    days: Sequence[date],
    now: datetime,
    *,
    length: int | None,
    for_desk: bool,
) -> Pin | None:
    """Draw a PIN for these doors that does not tell one of these days. Two queries."""
    rules = pin_rules.shared([PinRules.from_properties(device.properties) for device in devices])
    if rules is None or rules.assigns_pins:
        return None
    taken = services.taken_on(devices, now)
    try:
        return pin_rules.generate(
            rules,
            length=pin_rules.length_for(rules, length, for_desk=for_desk),
            is_taken=lambda pin: any(
                index_of(device.uid, pin) in taken[device.pk] for device in devices
            ),
            dates=days,
        )
    except NoPinLeft:
        return None


def _issue(
    device: Device, spec: CodeSpec, *, actor: Actor, now: datetime, may_differ: bool
) -> AccessCode:
    """Issue one code; where this very PIN is the trouble, and it may differ, with another."""
    try:
        return services.issue_code(device, spec, actor=actor, now=now)
    except RuleBroken as broken:
        if not may_differ or broken.field != "code":
            raise
    own = replace(spec, pin=None, common_code_key=None)
    return services.issue_code(device, own, actor=actor, now=now)
