"""Codes that belong together: one wish for several doors, one PIN that all of them share.

Linked codes have the same `common_code_key`, and then the same PIN. Locks are locked in one order,
by primary key, so two who ask for the same doors never wait for each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from accesscodes import ledger, pin_rules, services
from accesscodes.models import AccessCode
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
    rules = pin_rules.shared([PinRules.from_properties(device.properties) for device in devices])
    if rules is None or rules.assigns_pins:
        return None
    taken = {device.uid: services.taken_pins(device, now) for device in devices}
    try:
        return pin_rules.generate(
            rules,
            length=pin_rules.length_for(rules, spec.preferred_code_length, for_desk=spec.for_desk),
            is_taken=lambda pin: any(index_of(uid, pin) in taken[uid] for uid in taken),
            dates=[at.date() for at in (spec.starts_at, spec.ends_at) if at is not None],
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
