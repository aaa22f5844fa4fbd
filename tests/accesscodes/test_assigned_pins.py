"""Locks whose maker chooses the PIN: written without one, learnt from the reading after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accesscodes.choices import Placement, Status
from accesscodes.models import AccessCode
from accesscodes.services import (
    CodeChanges,
    CodeSpec,
    change_code,
    issue_code,
    withdraw_code,
)
from locksite.errors import RuleBroken
from locksite.journal.models import Event
from locksite.masked import Pin
from locksite.pins import index_of
from properties.choices import Fault
from properties.models import Device
from properties.providers.registry import driver_for
from properties.providers.virtual.people import (
    add_foreign_code,
    contents,
    edit_at_keypad,
    erase_at_keypad,
    fail_next_calls,
    switch_fault,
)
from tests.accesscodes.world import Killed, World

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CHOSEN = ["739258", "846372", "593864", "264915"]


class ChoosingDriver:
    """A virtual lock whose maker chooses: each write gets the next PIN of a list."""

    def __init__(self, driver, pins):
        self._driver, self._pins = driver, pins

    def __getattr__(self, name):
        return getattr(self._driver, name)

    def program(self, lock, write):
        assert write.pin is None
        return self._driver.program(lock, replace(write, pin=Pin(self._pins.pop(0))))


class ChoosingWorld(World):
    """A world with one lock whose maker chooses the PINs."""

    def __init__(self, make="yale", pins=CHOSEN, **rest):
        super().__init__(make, **rest)
        self.pins = list(pins)
        self.driver_for = lambda account, doors: ChoosingDriver(
            driver_for(account, doors), self.pins
        )
        device = Device.objects.get()
        device.properties["code_constraints"] = [{"constraint_type": "cannot_specify_pin_code"}]
        device.capability_facts["assigns_pins"] = True
        device.save()

    def issue(self, **spec):
        return issue_code(
            self.device(),
            CodeSpec(name=spec.pop("name", "Lena Okafor"), **spec),
            actor=self.actor,
            now=self.now,
        )


@pytest.fixture
def world(clock):
    return ChoosingWorld(clock=clock)


def fresh(code):
    return AccessCode.objects.get(pk=code.pk)


def events(code):
    rows = Event.objects.filter(access_code_uid=code.uid).order_by("id")
    return [event.event_type.removeprefix("access_code.") for event in rows]


def test_the_code_waits_without_a_pin_and_takes_over_the_one_that_the_reading_shows(world):
    code = world.issue()
    waiting = (code.status, code.pin, code.pin_index)

    world.run(minutes=1)

    known = fresh(code)
    assert waiting == (Status.SETTING, None, None)
    assert (known.status, world.digits(code)) == (Status.SET, "739258")
    assert known.pin_index == index_of(known.device.uid, Pin("739258"))
    assert (known.revision, known.errors, known.pending_mutations(world.now)) == (1, [], ())
    assert known.installation.pin.open(bound_to=known.installation.uid).digits == "739258"
    assert events(code) == [
        "created",
        "mutations_requested",
        "changed",
        "code_changed",
        "set_on_device",
    ]
    assert world.type("739258").opened


def test_a_settled_code_is_not_written_again(world):
    world.issue()
    world.run(hours=6)

    assert world.pins == CHOSEN[1:]


def test_a_code_with_dates_is_loaded_ahead_and_known_from_then_on(world):
    code = world.issue(starts_at=world.now + 73 * HOUR, ends_at=world.now + 75 * HOUR)
    world.run(minutes=30)
    before = fresh(code)
    world.run(hours=1)

    assert (before.status, before.pin) == (Status.UNSET, None)
    assert (fresh(code).status, fresh(code).is_scheduled_on_device) == (Status.UNSET, True)
    assert world.digits(code) == "739258"
    world.clock.now = code.ends_at - HOUR
    world.run(hours=2)
    assert fresh(code).status == Status.GONE
    assert world.on_lock() == set()


def test_a_rename_keeps_whatever_pin_the_maker_gives_it(world):
    code = world.issue()
    world.run(minutes=1)
    change_code(fresh(code), CodeChanges(name="Bea"), actor=world.actor, now=world.now)
    world.run(minutes=1)

    assert (fresh(code).status, world.digits(code), fresh(code).errors) == (
        Status.SET,
        "846372",
        [],
    )
    assert world.on_lock() == {"846372"}
    assert events(code)[-5:] == [
        "mutations_requested",
        "changed",
        "code_changed",
        "set_on_device",
        "name_changed",
    ]


def test_a_code_that_somebody_erased_is_put_back_and_its_new_pin_is_told(world):
    code = world.issue()
    world.run(minutes=1)
    erase_at_keypad(world.locks[0], 1, now=world.now)
    world.run(minutes=10)

    assert (fresh(code).status, world.digits(code)) == (Status.SET, "846372")


@pytest.mark.parametrize("fault", [Fault.DOES_THEN_FAILS, Fault.FAILS_BEFORE, Fault.LIES])
def test_a_lost_answer_leaves_one_code_with_the_pin_that_is_there(world, fault):
    fail_next_calls(world.locks[0], fault)
    code = world.issue()
    world.run(minutes=5)

    assert fresh(code).status == Status.SET
    assert world.on_lock() == {world.digits(code)}


@pytest.mark.parametrize("call", ["program", "read"])
def test_an_engine_that_dies_leaves_one_code(world, call):
    code = world.issue()
    plain = world.driver_for
    waiting = [1]

    class Dying:
        def __init__(self, driver):
            self._driver = driver

        def __getattr__(self, name):
            deed = getattr(self._driver, name)

            def done(*args):
                answer = deed(*args)
                if name == call and waiting:
                    waiting.pop()
                    raise Killed
                return answer

            return done

    world.driver_for = lambda account, doors: Dying(plain(account, doors))
    world.run(minutes=5)

    assert fresh(code).status == Status.SET
    assert world.on_lock() == {world.digits(code)}


def test_a_lock_without_names_knows_its_own_by_slot_and_answer(clock):
    world = ChoosingWorld("lockly", clock=clock)
    add_foreign_code(world.locks[0], Pin("111222"), "Owner", now=world.now)

    code = world.issue()
    world.run(minutes=2)
    other = world.issue(name="Bea")
    world.run(minutes=2)

    assert [world.digits(one) for one in (code, other)] == ["739258", "846372"]
    assert world.on_lock() == {"111222", "739258", "846372"}
    assert [fresh(one).installed().slot for one in (code, other)] == [2, 3]


def test_what_another_wrote_into_our_slot_is_not_ours(clock):
    world = ChoosingWorld("lockly", clock=clock)
    code = world.issue()
    world.run(minutes=2)
    edit_at_keypad(world.locks[0], 1, now=world.now, pin=Pin("111222"))
    world.run(minutes=10)

    assert (fresh(code).status, world.digits(code)) == (Status.SET, "846372")
    assert world.on_lock() == {"111222", "846372"}


def test_a_pin_that_another_code_still_holds_is_not_taken_over(clock):
    world = ChoosingWorld(
        "ttlock", ["739258", "739258", "846372"], clock=clock
    )  # a lock that takes a PIN twice
    first = world.issue()
    world.run(minutes=1)
    second = world.issue(name="Bea")
    world.run(seconds=2)
    between = fresh(second)
    world.run(minutes=30)

    assert (between.status, between.pin, [one["error_code"] for one in between.errors]) == (
        Status.SETTING,
        None,
        ["duplicate_code_on_device"],
    )
    assert [world.digits(code) for code in (first, second)] == ["739258", "846372"]
    assert [fresh(code).status for code in (first, second)] == [Status.SET, Status.SET]
    assert fresh(second).errors == []


def test_a_code_withdrawn_before_its_pin_was_known_leaves_the_lock(world):
    code = world.issue()
    world.do_during_next("program", lambda: None)
    fail_next_calls(world.locks[0], Fault.CANNOT_LIST, 2)
    world.driver_for = lambda account, doors: ChoosingDriver(
        driver_for(account, doors), world.pins
    )
    world.work()
    withdraw_code(fresh(code), actor=world.actor, now=world.now)
    removing = fresh(code).status
    world.run(minutes=10)

    assert fresh(code).status == Status.GONE
    assert world.on_lock() == set()
    assert removing in {Status.REMOVING, Status.GONE}


@pytest.mark.parametrize(
    ("spec", "message", "field"),
    [
        ({"pin": Pin("482915")}, "The lock picks the PIN. You see it after saving.", "code"),
        (
            {"common_code_key": "family"},
            "The lock's maker chooses the PIN, so it cannot be shared with other codes.",
            "common_code_key",
        ),
    ],
)
def test_nobody_else_may_choose(world, spec, message, field):
    with pytest.raises(RuleBroken) as error:
        world.issue(**spec)

    assert (error.value.code, error.value.message, error.value.field) == (
        "invalid_input",
        message,
        field,
    )


def test_two_codes_wait_at_the_same_time(world):
    codes = [world.issue(name=name) for name in ("Lena Okafor", "Bea", "Caro")]
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.run(minutes=3)
    waiting = [fresh(code).pin for code in codes]
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)
    world.run(minutes=3)

    assert waiting == [None, None, None]
    assert [world.digits(code) for code in codes] == CHOSEN[:3]
    assert len(contents(world.locks[0], now=world.now)) == 3
    assert [fresh(code).installation.placement for code in codes] == [Placement.PRESENT] * 3


@pytest.mark.one_database
def test_a_make_whose_maker_chooses_goes_through_the_whole_life_of_a_code(clock):
    world = World("salto", clock=clock)
    code = issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", starts_at=world.now, ends_at=world.now + 20 * HOUR),
        actor=world.actor,
        now=world.now,
    )
    world.run(minutes=2)
    digits = world.digits(code)
    opened = world.type(digits).opened

    change_code(
        fresh(code), CodeChanges(ends_at=world.now + 40 * HOUR), actor=world.actor, now=world.now
    )
    world.run(minutes=2)
    longer = fresh(code)

    assert opened
    assert (longer.status, longer.errors) == (Status.SET, [])
    assert world.on_lock() == {world.digits(code)}
    world.run(hours=41)
    assert (fresh(code).status, world.on_lock()) == (Status.GONE, set())
