"""What every lock driver promises, whatever the lock: one suite over every kind of account.

Those are all virtual makes, a blind driver, and a lock of Seam's cloud behind numbered slots,
served by Seam's own fake. `holds` looks past the driver at what is physically on the lock, or in
the cloud; through it even a driver that can read nothing back is held to its word. What a lock
cannot do is told by its capabilities, never by its name.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from accesscodes.choices import Placement
from accesscodes.engine import cloud
from accesscodes.models import Installation
from locksite.actors import SYSTEM
from locksite.http import bounded_sessions
from locksite.masked import Pin
from properties import connecting
from properties.choices import Proof
from properties.providers.base import (
    Capabilities,
    LockReading,
    LockRef,
    Receipt,
    Refused,
    Retry,
    SlotWrite,
    Unreachable,
)
from properties.providers.registry import bolt_for, driver_for, scheduler_for, source_for
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.people import contents
from tests.clock import START
from tests.factories import AccessCodeFactory, PropertyFactory, VirtualLockFactory
from tests.fake_seam import KEY

pytestmark = pytest.mark.django_db

PINS = ["739258", "846372", "593864"]  # accepted by every make
WINDOW = {"starts_at": START + timedelta(hours=1), "ends_at": START + timedelta(days=2)}


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
    """A driver, a lock, what it can do, and a look at the lock itself."""

    def __init__(self, driver, ref, holds, capabilities):
        self.driver, self.ref, self.holds = driver, ref, holds
        self.capabilities = capabilities

    def program(self, slot, digits, name="Lena Okafor", **window):
        """Wish for a code; where the maker chooses PINs, no PIN is sent."""
        pin = None if self.capabilities.assigns_pins else Pin(digits)
        return self.driver.program(self.ref, SlotWrite(slot, pin, name, **window))

    def expects(self, entries):
        """Return what the lock should hold; an assigned PIN counts as whatever is there."""
        if not self.capabilities.assigns_pins:
            return entries
        return {slot: self.holds().get(slot) for slot in entries}


class CloudRig(Rig):
    """A lock in a cloud, and the record that the engine keeps of which code has which slot."""

    def __init__(self, device, doors):
        super().__init__(
            cloud.driver_for(device.account, doors),
            LockRef(device_uid=device.uid, remote_id=device.remote_id),
            self._held,
            device.capabilities,
        )
        self._device = device
        self._scheduler = scheduler_for(device.account, doors)
        for code in self._scheduler.list_codes(self.ref):  # left there by other tests
            is_managed = code.word.is_managed
            self._scheduler.withdraw(self.ref, code.remote_id, is_managed=is_managed)

    def program(self, slot, digits, name="Lena Okafor", **window):
        receipt = super().program(slot, digits, name, **window)
        on_record = {"remote_id": receipt.remote_id, "placement": Placement.PRESENT}
        rows = Installation.objects.filter(device=self._device, slot=slot)
        if not rows.update(**on_record):
            code = AccessCodeFactory(device=self._device, digits=f"{480000 + slot}")
            rows.create(device=self._device, slot=slot, code=code, **on_record)
        return receipt

    def _held(self):
        slots = dict(Installation.objects.values_list("remote_id", "slot"))
        return {
            slots[code.remote_id]: code.pin.digits for code in self._scheduler.list_codes(self.ref)
        }


def a_cloud_rig(url, clock):
    doors = replace(clock.doors(), http=bounded_sessions())
    account = connecting.connect(
        "Fake", url, Pin(KEY), PropertyFactory(), actor=SYSTEM, doors=doors
    ).account
    return CloudRig(account.devices.get(remote_id="schlage_device_id"), doors)


def a_lock(**columns):
    return VirtualLockFactory(time_zone="Europe/Berlin", **columns)


def a_rig(request, clock):
    name = request.param
    if name == "seam":
        return a_cloud_rig(request.getfixturevalue("fake_seam"), clock)
    if name == "blind":
        blind = BlindDriver(clock)
        ref = LockRef(device_uid=uuid4(), remote_id="blind")
        return Rig(blind, ref, lambda: dict(blind.slots), Capabilities(proof=Proof.ACK))
    row = a_lock(make=name)
    [listed] = source_for(row.account, clock.doors()).list_devices()
    return Rig(
        driver_for(row.account, clock.doors()),
        LockRef(device_uid=row.uid, remote_id=str(row.uid)),
        lambda: {slot: one.pin.digits for slot, one in contents(row, now=clock()).items()},
        listed.capabilities,
    )


def makes_that(can):
    return [key for key, make in MAKES.items() if can(make)]


# A real server, so a real process.
SEAM = pytest.param("seam", marks=pytest.mark.processes)


@pytest.fixture(params=[*MAKES, "blind", SEAM])
def any_rig(request, clock):
    return a_rig(request, clock)


@pytest.fixture(params=[*makes_that(lambda make: make.takes_online_codes), "blind", SEAM])
def rig(request, clock):
    return a_rig(request, clock)


@pytest.fixture(params=[*makes_that(lambda make: not make.assigns_pins), "blind", SEAM])
def choosing(request, clock):
    """Return a lock that takes the PIN that it is given."""
    return a_rig(request, clock)


@pytest.fixture(
    params=makes_that(lambda make: make.assigns_pins and make.takes_online_codes),
)
def assigning(request, clock):
    """Return a lock whose maker chooses the PIN."""
    return a_rig(request, clock)


@pytest.fixture(params=makes_that(lambda make: not make.takes_online_codes))
def offline_only(request, clock):
    return a_rig(request, clock)


def test_a_programmed_pin_is_on_the_lock(choosing):
    receipt = choosing.program(3, PINS[0])

    assert choosing.holds() == {3: PINS[0]}
    assert receipt.at == START


def test_writing_the_same_slot_twice_is_harmless(rig):
    rig.program(3, PINS[0])
    once = rig.holds()
    rig.program(3, PINS[0])

    assert set(once) == {3}
    assert rig.holds() == once


def test_a_write_replaces_what_was_in_the_slot(rig):
    rig.program(3, PINS[0], name="Ana")
    before = rig.holds()
    rig.program(3, PINS[1], name="Emil")

    assert rig.holds() == rig.expects({3: PINS[1]})
    assert rig.holds() != before


def test_a_removed_slot_is_empty_and_the_others_stay(rig):
    rig.program(1, PINS[0], name="Ana")
    rig.program(2, PINS[1], name="Emil")
    before = rig.holds()

    rig.driver.remove(rig.ref, 1)

    assert rig.holds() == {2: before[2]}


def test_removing_an_empty_slot_is_no_error(any_rig):
    assert any_rig.driver.remove(any_rig.ref, 9) == Receipt(at=START)
    assert any_rig.holds() == {}


def test_a_slot_can_be_filled_again_after_it_was_emptied(rig):
    rig.program(1, PINS[0], name="Ana")
    rig.driver.remove(rig.ref, 1)
    rig.program(1, PINS[2], name="Emil")

    assert set(rig.holds()) == {1}
    assert rig.holds() == rig.expects({1: PINS[2]})


def test_what_is_no_pin_is_refused_for_good_and_changes_nothing(choosing):
    with pytest.raises(Refused) as refused:
        choosing.program(1, "73a258")

    assert (refused.value.error_code, refused.value.retry) == (
        "code_constraints_violated",
        Retry.ON_WISH,
    )
    assert "73a258" not in str(refused.value)
    assert choosing.holds() == {}


def test_a_maker_that_chooses_pins_takes_none_and_gives_each_slot_another(assigning):
    with pytest.raises(Refused) as refused:
        assigning.driver.program(assigning.ref, SlotWrite(1, Pin(PINS[0]), "Ana"))
    for slot in range(1, 6):
        assigning.program(slot, None, name="Ana", **WINDOW)

    assert (refused.value.error_code, refused.value.retry) == (
        "code_constraints_violated",
        Retry.ON_WISH,
    )
    assert len(set(assigning.holds().values())) == 5


def test_a_lock_for_offline_codes_alone_takes_no_other(offline_only):
    with pytest.raises(Refused) as refused:
        offline_only.program(1, PINS[0])

    assert refused.value.retry is Retry.ON_LOCK_CHANGE
    assert offline_only.holds() == {}
    assert offline_only.driver.read(offline_only.ref) == LockReading(at=START, codes=())


def test_a_reading_shows_every_entry_as_far_as_the_lock_can(rig):
    can = rig.capabilities
    rig.program(1, PINS[0], name="Ana")
    rig.program(2, PINS[1], name="Emil", **WINDOW)

    if can.proof in {Proof.ACK, Proof.NONE}:
        with pytest.raises(Unreachable):
            rig.driver.read(rig.ref)
        return
    reading = rig.driver.read(rig.ref)

    assert isinstance(reading, LockReading)
    assert reading.at == START
    assert [code.slot for code in reading.codes] == [1, 2]
    held = [Pin(digits) for digits in rig.holds().values()]
    shown = held if can.proof is Proof.READBACK else [None, None]
    assert [code.pin for code in reading.codes] == shown
    assert [code.name for code in reading.codes] == (
        ["Ana", "Emil"] if can.shows_names else [None, None]
    )
    dated = (WINDOW["starts_at"], WINDOW["ends_at"]) if can.keeps_window else (None, None)
    assert [(code.starts_at, code.ends_at) for code in reading.codes] == [(None, None), dated]


# ---- Doors ----


@pytest.mark.parametrize("make", makes_that(lambda make: make.unlocks_remotely))
def test_a_bolt_moves_when_asked_and_moving_it_again_is_no_error(make, clock):
    row = a_lock(make=make)
    driver = bolt_for(row.account, clock.doors())
    ref = LockRef(device_uid=row.uid, remote_id=str(row.uid))

    def bolt_after(locked):
        moved = driver.move_bolt(ref, locked=locked)
        assert moved.at == START
        row.refresh_from_db()
        return row.is_locked

    assert [bolt_after(locked) for locked in (False, False, True, True)] == [
        *(False, False, True, True)
    ]
    assert driver.move_bolt(ref, locked=False).is_confirmed is (
        MAKES[make].proof not in {Proof.ACK, Proof.NONE}
    )


def test_a_bolt_that_is_out_of_reach_raises_and_stays(clock):
    row = a_lock(make="yale", faults=["offline"])
    driver = bolt_for(row.account, clock.doors())

    with pytest.raises(Unreachable):
        driver.move_bolt(LockRef(device_uid=row.uid, remote_id=str(row.uid)), locked=False)
    with pytest.raises(Unreachable):
        driver.set_auto_lock(LockRef(device_uid=row.uid, remote_id=str(row.uid)), after=9)

    row.refresh_from_db()
    assert (row.is_locked, row.auto_lock_after) == (True, None)
