"""Typing at a virtual lock: the lock decides, and what it would tell is written down."""

from datetime import timedelta

import pytest

from accesscodes.openings import Opening, type_at_keypad
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import Actor
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.virtual.people import (
    add_foreign_code,
    edit_at_keypad,
    erase_at_keypad,
    switch_fault,
)
from tests.accesscodes.world import World
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db

MARA = Actor(kind="staff", label="mara", property_ids=None)
PIN, OTHER = Pin("739258"), Pin("846372")


@pytest.fixture
def world():
    return World("yale")


def issued(world, pin=PIN, **window):
    code = issue_code(
        world.device(), CodeSpec(name="Lena Okafor", pin=pin, **window), actor=MARA, now=world.now
    )
    world.run(minutes=5)
    Event.objects.all().delete()
    return code


def type_at(world, pin=PIN):
    return type_at_keypad(world.device(), pin, actor=MARA, now=world.now)


def shut(reason, code=None):
    return Opening(opened=False, reason=reason, code=code)


def told():
    """Return what the lock told: type, code, payload, and the PIN in the clear."""
    return [
        (
            event.event_type,
            event.access_code_uid,
            event.payload,
            event.pin and event.pin.open(bound_to=event.uid),
        )
        for event in Event.objects.filter(event_type__startswith="lock.").order_by("id")
    ]


def test_our_code_opens_and_the_lock_names_it(world):
    code = issued(world)

    opening = type_at(world)

    assert opening == Opening(opened=True, reason="", code=code)
    assert told() == [
        ("lock.unlocked", code.uid, {"method": "keycode", "access_code_is_managed": True}, PIN)
    ]
    [event] = Event.objects.filter(event_type="lock.unlocked")
    device = world.device()
    assert (event.device_uid, event.property_id, event.occurred_at) == (
        device.uid,
        world.property.pk,
        world.now,
    )


def test_a_code_from_the_maker_s_app_opens_and_is_nobody_s_business(world):
    add_foreign_code(world.locks[0], PIN, "Owner", now=world.now)

    opening = type_at(world)

    assert opening == Opening(opened=True, reason="", code=None)
    assert told() == [("lock.unlocked", None, {"method": "keycode"}, None)]


def test_an_unknown_pin_is_denied_and_written_nowhere(world):
    issued(world)

    opening = type_at(world, OTHER)

    assert opening == shut("unknown_code")
    assert told() == [
        (
            "lock.access_denied",
            None,
            {
                "reason": {
                    "reason_code": "unknown_code",
                    "message": "No code on the lock has this PIN.",
                }
            },
            None,
        )
    ]


def test_a_code_of_the_past_is_denied_by_the_lock_alone(world):
    code = issued(
        world, starts_at=world.now + timedelta(hours=1), ends_at=world.now + timedelta(hours=2)
    )
    too_early = type_at(world)
    world.clock.move(hours=2)
    too_late = type_at(world)

    assert (too_early, too_late) == (
        shut("credential_error", code),
        shut("expired_code", code),
    )
    assert [(kind, uid) for kind, uid, _, _ in told()] == [("lock.access_denied", code.uid)] * 2


def test_what_locksite_believes_does_not_open_a_door(world):
    code = issued(world)
    erase_at_keypad(world.locks[0], 1, now=world.now)

    code.refresh_from_db()
    assert code.status == "set"
    assert type_at(world) == shut("unknown_code")


def test_a_withdrawn_code_opens_until_it_is_off_the_lock(world):
    code = issued(world)
    withdraw_code(code, actor=MARA, now=world.now)

    assert type_at(world).opened is True
    world.run(minutes=5)
    assert type_at(world) == shut("unknown_code")


def test_a_pin_that_somebody_put_into_our_slot_is_not_ours(world):
    issued(world)
    edit_at_keypad(world.locks[0], 1, pin=OTHER, now=world.now)

    assert type_at(world, OTHER) == Opening(opened=True, reason="", code=None)


def test_in_privacy_mode_our_code_is_denied(world):
    code = issued(world)
    switch_fault(world.locks[0], Fault.PRIVACY_MODE, True, now=world.now)

    assert type_at(world) == shut("blocked_by_privacy_mode", code)


@pytest.mark.parametrize(
    ("fault", "opening"),
    [
        (Fault.KEYPAD_BATTERY_FLAT, shut("keypad_battery_flat")),
        (Fault.KEYPAD_DISCONNECTED, shut("keypad_disconnected")),
    ],
)
def test_a_dead_keypad_hears_nothing_and_tells_nothing(world, fault, opening):
    issued(world)
    switch_fault(world.locks[0], fault, True, now=world.now)

    assert type_at(world) == opening
    assert told() == []


def test_a_lock_that_is_offline_opens_and_tells_nothing(world):
    code = issued(world)
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)

    assert type_at(world) == Opening(opened=True, reason="", code=code)
    assert told() == []


def test_who_typed_is_in_the_audit_trail_without_the_pin(world):
    issued(world)
    before = AuditEntry.objects.count()

    type_at(world)

    [entry] = AuditEntry.objects.order_by("id")[before:]
    assert (entry.actor_label, entry.action, entry.object_uid, entry.detail) == (
        "mara",
        "lock.type_at_keypad",
        world.device().uid,
        {"opened": True},
    )


@pytest.mark.parametrize("remote_id", ["lock-7", "11111111-1111-1111-1111-444444444444"])
def test_a_lock_that_is_not_virtual_cannot_be_typed_at(remote_id, clock):
    device = DeviceFactory(remote_id=remote_id)

    with pytest.raises(RuleBroken) as broken:
        type_at_keypad(device, PIN, actor=MARA, now=clock())

    assert (broken.value.code, broken.value.field) == ("invalid_input", "device_id")
    assert (Event.objects.count(), AuditEntry.objects.count()) == (0, 0)
