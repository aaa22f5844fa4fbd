"""Offline PINs through the maker's server and at the keypad: the lock hears of none of them."""

from datetime import timedelta

import pytest

from locksite.masked import Pin
from properties.choices import Fault
from properties.models import VirtualOfflineUse
from properties.providers.base import (
    AccountProblem,
    LockRef,
    OfflineWindow,
    Refused,
    Retry,
    Unreachable,
)
from properties.providers.registry import offline_for
from properties.providers.virtual.keypad import Opening, Reason
from properties.providers.virtual.memory import Entry
from properties.providers.virtual.people import (
    contents,
    edit_at_keypad,
    fail_next_calls,
    switch_fault,
    type_pin,
)
from properties.providers.virtual.store import put
from tests.clock import START
from tests.factories import VirtualLockFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
OPENS = Opening(opened=True, slot=None, reason=None)


def shut(reason):
    return Opening(opened=False, slot=None, reason=reason)


class Maker:
    """The maker's server, and a lock of it."""

    def __init__(self, clock, make="igloohome", **columns):
        self.clock, self.lock = clock, VirtualLockFactory(make=make, **columns)
        self.codes = offline_for(self.lock.account, clock.doors())
        self.ref = LockRef(device_uid=self.lock.uid, remote_id=str(self.lock.uid))

    def compute(self, hours=24, **rest):
        return self.codes.compute(
            self.ref, OfflineWindow("Lena Okafor", START, START + hours * HOUR, **rest)
        )

    def type(self, pin, at=START, lock=None):
        return type_pin(lock or self.lock, pin, now=at)

    def switch(self, fault):
        switch_fault(self.lock, fault, True, now=START)


@pytest.fixture
def maker(clock):
    return Maker(clock)


def test_a_computed_pin_opens_its_lock_inside_its_window_and_nothing_is_in_its_memory(maker):
    pin = maker.compute()
    other = VirtualLockFactory(make="igloohome", account=maker.lock.account)

    assert contents(maker.lock, now=START) == {}
    assert maker.type(pin, START - HOUR) == shut(Reason.UNKNOWN_CODE)
    assert maker.type(pin) == OPENS
    assert maker.type(pin, START + 23 * HOUR) == OPENS
    assert maker.type(pin, START + 24 * HOUR) == shut(Reason.EXPIRED_CODE)
    assert maker.type(pin, lock=other) == shut(Reason.UNKNOWN_CODE)
    assert maker.type(Pin("4829153721")) == shut(Reason.UNKNOWN_CODE)


@pytest.mark.parametrize("fault", [Fault.OFFLINE, Fault.HUB_DISCONNECTED, Fault.SLOW])
def test_the_lock_need_not_be_reached_for_any_of_it(maker, fault):
    maker.switch(fault)

    pin = maker.compute()

    assert maker.type(pin) == OPENS


def test_asked_twice_the_maker_gives_the_same_pin(maker):
    assert maker.compute() == maker.compute()
    assert maker.compute() != maker.compute(ordinal=2)


def test_a_pin_that_opens_once_opens_once(maker):
    pin = maker.compute(is_one_time=True)

    assert [maker.type(pin, START + hours * HOUR) for hours in (1, 1, 2)] == [
        OPENS,
        shut(Reason.EXPIRED_CODE),
        shut(Reason.EXPIRED_CODE),
    ]
    assert VirtualOfflineUse.objects.count() == 1


def test_a_long_stay_must_begin_within_a_day(maker):
    used, unused = maker.compute(100), maker.compute(100, ordinal=2)
    maker.type(used, START + 23 * HOUR)

    assert maker.type(used, START + 99 * HOUR) == OPENS
    assert maker.type(unused, START + 24 * HOUR) == shut(Reason.UNKNOWN_CODE)


def test_the_lock_goes_by_its_own_clock(maker):
    pin = maker.compute(1)
    maker.switch(Fault.WRONG_CLOCK)  # two hours ahead

    assert maker.type(pin) == shut(Reason.UNKNOWN_CODE)
    assert maker.type(pin, START - 2 * HOUR) == OPENS


def test_privacy_mode_and_a_dead_keypad_shut_out_these_too_and_use_nothing_up(clock):
    maker = Maker(clock, traits={"has_built_in_keypad": False, "takes_accessory_keypad": True})
    pin = maker.compute(is_one_time=True)
    maker.switch(Fault.PRIVACY_MODE)
    private = maker.type(pin)
    maker.switch(Fault.KEYPAD_BATTERY_FLAT)

    assert private == shut(Reason.BLOCKED_BY_PRIVACY_MODE)
    assert maker.type(pin) == shut(Reason.KEYPAD_BATTERY_FLAT)
    assert VirtualOfflineUse.objects.count() == 0


def test_what_is_in_the_memory_of_the_lock_goes_first(maker):
    pin = maker.compute()
    put(maker.lock, 1, Entry(pin, "Owner"), START)
    edit_at_keypad(maker.lock, 1, now=START, is_enabled=False)

    assert maker.type(pin) == Opening(opened=False, slot=1, reason=Reason.CREDENTIAL_ERROR)


def test_only_makes_that_compute_pins_look_for_them(clock):
    maker = Maker(clock, "schlage")

    with pytest.raises(Refused) as refused:
        maker.compute()

    assert refused.value.sentence == "The maker of this lock computes no offline codes."
    assert maker.type(Pin("4829153721")) == shut(Reason.UNKNOWN_CODE)


@pytest.mark.parametrize(
    ("fault", "error", "error_code"),
    [
        (Fault.ACCOUNT_DISCONNECTED, AccountProblem, "account_disconnected"),
        (Fault.TIME_ZONE_UNKNOWN, Refused, "time_zone_unknown"),
        (Fault.SUBSCRIPTION_REQUIRED, Refused, "subscription_required"),
        (Fault.INSUFFICIENT_PERMISSIONS, Refused, "insufficient_permissions"),
    ],
)
def test_what_stops_the_maker(maker, fault, error, error_code):
    maker.switch(fault)

    with pytest.raises(error) as raised:
        maker.compute()

    assert raised.value.error_code == error_code


@pytest.mark.parametrize("fault", [Fault.FAILS_BEFORE, Fault.DOES_THEN_FAILS])
def test_a_maker_whose_answer_is_lost_gives_the_same_pin_when_asked_again(maker, fault):
    fail_next_calls(maker.lock, fault)

    with pytest.raises(Unreachable):
        maker.compute()

    assert maker.type(maker.compute()) == OPENS


def test_a_maker_that_is_asked_too_often_says_how_long_to_wait(maker):
    fail_next_calls(maker.lock, Fault.RATE_LIMITED)

    with pytest.raises(Refused) as refused:
        maker.compute()

    assert (refused.value.retry, refused.value.retry_after) == (
        Retry.BACKOFF,
        timedelta(seconds=30),
    )


def test_a_lock_that_left_its_account_is_refused(maker):
    maker.ref = LockRef(device_uid=maker.lock.uid, remote_id=str(maker.lock.account.uid))

    with pytest.raises(Refused) as refused:
        maker.compute()

    assert refused.value.error_code == "device_removed"
