"""A guest who is inside gets in at every second, whatever is changed about the code meanwhile.

Asked second by second at the virtual keypad, which answers from the lock's own memory and clock.
"""

from datetime import timedelta

import pytest

from accesscodes import services
from accesscodes.models import AccessCode
from accesscodes.services import CodeChanges, CodeSpec
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import VirtualLock
from properties.providers.virtual.people import fail_next_calls, type_pin
from tests.accesscodes.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

# With a timetable, without one, with hidden PINs, with a hub between.
MAKES = ("schlage", "lockly", "wyze", "ttlock")
TROUBLE = (None, Fault.FAILS_BEFORE, Fault.DOES_THEN_FAILS, Fault.LATE, "kill")
OLD, NEW = "482915", "735162"


class Stay:
    """A guest inside, on a lock that answers after one to three seconds."""

    def __init__(self, make: str, trouble):
        self.world = World(make)
        VirtualLock.objects.update(answer_min=1, answer_max=3)
        now = self.world.now
        self.code = services.issue_code(
            self.world.device(),
            CodeSpec(
                name="Lena Okafor",
                pin=Pin(OLD),
                starts_at=now - timedelta(minutes=1),
                ends_at=now + timedelta(minutes=30),
            ),
            actor=self.world.actor,
            now=now,
        )
        self.world.run(minutes=2)
        assert self.world.type(OLD).opened
        if trouble == "kill":
            self.world.die_after_next("program")
        elif trouble is not None:
            fail_next_calls(self.world.locks[0], trouble, 2)
        self.since = self.world.now

    def change(self, **changes) -> None:
        services.change_code(
            self.code, CodeChanges(**changes), actor=self.world.actor, now=self.world.now
        )

    def shut_out(self, *pins: str) -> list[int]:
        """Return the seconds since the change at which none of these PINs opened the door."""
        lock = VirtualLock.objects.get(pk=self.world.locks[0].pk)
        seconds = int((self.world.now - self.since).total_seconds())
        return [
            second
            for second in range(seconds)
            if not any(
                type_pin(lock, Pin(pin), now=self.since + timedelta(seconds=second)).opened
                for pin in pins
            )
        ]


@pytest.fixture(params=MAKES)
def make(request):
    return request.param


@pytest.fixture(params=TROUBLE, ids=str)
def stay(make, request):
    return Stay(make, request.param)


def test_a_new_pin_takes_over_from_the_old_one_in_the_same_second(stay):
    stay.change(pin=Pin(NEW))
    stay.world.run(minutes=12)

    assert stay.shut_out(OLD, NEW) == []
    assert (stay.world.type(OLD).opened, stay.world.type(NEW).opened) == (False, True)


def test_a_longer_stay_opens_past_its_old_end(stay):
    stay.change(ends_at=stay.since + timedelta(minutes=90))
    stay.world.run(minutes=40)

    assert stay.shut_out(OLD) == []


def test_a_renamed_code_opens_throughout(stay):
    stay.change(name="Ana Prado")
    stay.world.run(minutes=12)

    assert stay.shut_out(OLD) == []
    if stay.world.device().capabilities.shows_names:
        assert AccessCode.objects.get().installed().content.name == "Ana Prado"


def test_the_seconds_of_a_guest_who_is_shut_out_would_be_counted(make):
    stay = Stay(make, None)
    services.withdraw_code(stay.code, actor=stay.world.actor, now=stay.world.now)

    stay.world.run(minutes=2)

    assert 60 < len(stay.shut_out(OLD)) <= 120
