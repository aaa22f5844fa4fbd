"""What every lock driver promises, whatever the lock: one suite over all makes and a blind driver.

`holds` looks past the driver at what is physically on the lock; through it even a driver that can
read nothing back is held to its word.
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from locksite.masked import Pin
from properties.choices import Proof
from properties.providers.base import (
    LockReading,
    LockRef,
    Receipt,
    Refused,
    Retry,
    SlotWrite,
    Unreachable,
)
from properties.providers.registry import driver_for
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.people import contents
from tests.clock import START
from tests.factories import VirtualLockFactory

pytestmark = pytest.mark.django_db

PINS = ["739258", "846372", "593864"]  # accepted by every make


class BlindDriver:
    """A lock behind a one-way radio: takes commands and shows nothing."""

    def __init__(self, clock):
        self.clock, self.slots = clock, {}

    def read(self, lock):
        raise Unreachable("provider_issue", "This lock cannot be read.")

    def program(self, lock, write):
        if not write.pin.digits.isdigit():
            raise Refused("code_constraints_violated", "Digits only.", Retry.ON_WISH)
        self.slots[write.slot] = write.pin.digits
        return Receipt(at=self.clock())

    def remove(self, lock, slot):
        self.slots.pop(slot, None)
        return Receipt(at=self.clock())


class Rig:
    """A driver, a lock, and a look at the lock itself."""

    def __init__(self, driver, ref, holds, proof):
        self.driver, self.ref, self.holds, self.proof = driver, ref, holds, proof

    def program(self, slot, digits, name="Lena Okafor", **window):
        return self.driver.program(self.ref, SlotWrite(slot, Pin(digits), name, **window))


def a_lock(**columns):
    return VirtualLockFactory(**columns)


@pytest.fixture(params=[*MAKES, "blind"])
def rig(request, clock):
    if request.param == "blind":
        driver = BlindDriver(clock)
        ref = LockRef(device_uid=uuid4(), remote_id="blind")
        return Rig(driver, ref, lambda: dict(driver.slots), Proof.NONE)
    row = a_lock(make=request.param)
    return Rig(
        driver_for(row.account, clock.doors()),
        LockRef(device_uid=row.uid, remote_id=str(row.uid)),
        lambda: {slot: one.pin.digits for slot, one in contents(row, now=clock()).items()},
        MAKES[request.param].proof,
    )


def test_a_programmed_pin_is_on_the_lock(rig):
    receipt = rig.program(3, PINS[0])

    assert rig.holds() == {3: PINS[0]}
    assert receipt == Receipt(at=START)


def test_writing_the_same_slot_twice_is_harmless(rig):
    rig.program(3, PINS[0])
    rig.program(3, PINS[0])

    assert rig.holds() == {3: PINS[0]}


def test_a_write_replaces_what_was_in_the_slot(rig):
    rig.program(3, PINS[0])
    rig.program(3, PINS[1])

    assert rig.holds() == {3: PINS[1]}


def test_a_removed_slot_is_empty_and_the_others_stay(rig):
    rig.program(1, PINS[0], name="Ana")
    rig.program(2, PINS[1], name="Emil")

    rig.driver.remove(rig.ref, 1)

    assert rig.holds() == {2: PINS[1]}


def test_removing_an_empty_slot_is_no_error(rig):
    assert rig.driver.remove(rig.ref, 9) == Receipt(at=START)
    assert rig.holds() == {}


def test_a_slot_can_be_filled_again_after_it_was_emptied(rig):
    rig.program(1, PINS[0])
    rig.driver.remove(rig.ref, 1)
    rig.program(1, PINS[2])

    assert rig.holds() == {1: PINS[2]}


def test_what_is_no_pin_is_refused_for_good_and_changes_nothing(rig):
    with pytest.raises(Refused) as refused:
        rig.program(1, "73a258")

    assert (refused.value.error_code, refused.value.retry) == (
        "code_constraints_violated",
        Retry.ON_WISH,
    )
    assert "73a258" not in str(refused.value)
    assert rig.holds() == {}


def test_a_reading_shows_every_entry_as_far_as_the_lock_can(rig):
    ends_at = START + timedelta(days=2)
    rig.program(1, PINS[0], name="Ana")
    rig.program(2, PINS[1], name="Emil", starts_at=START, ends_at=ends_at)

    if rig.proof is Proof.NONE:
        with pytest.raises(Unreachable):
            rig.driver.read(rig.ref)
        return
    reading = rig.driver.read(rig.ref)

    assert isinstance(reading, LockReading)
    assert reading.at == START
    assert [code.slot for code in reading.codes] == [1, 2]
    shown = [Pin(PINS[0]), Pin(PINS[1])] if rig.proof is Proof.READBACK else [None, None]
    assert [code.pin for code in reading.codes] == shown
