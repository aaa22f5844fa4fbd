"""What the form says before anything is saved, and one code for several doors."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, words
from tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(clock):
    """Two doors with the same rules."""
    world = World("schlage", "schlage", clock=clock)
    for number, lock in enumerate(world.locks, start=101):
        Device.objects.filter(remote_id=str(lock.uid)).update(nickname=f"Room {number}")
    return world


def path(world, name="code-issue"):
    return reverse(name, args=[world.property.slug, world.device(world.locks[0]).uid])


def form_for_both(world, desk, **changes):
    form = fields(desk.get(path(world)))
    second = world.device(world.locks[1])
    return {**form, "name": "Nora Haas", "pin_length": "6", "doors": [str(second.uid)], **changes}


def test_one_form_makes_linked_codes_with_one_pin(desk, world):
    form = form_for_both(world, desk)

    first, again = desk.post(path(world), form), desk.post(path(world), form)

    codes = list(AccessCode.objects.order_by("device_id"))
    assert len(codes) == 2
    assert len({code.common_code_key for code in codes}) == 1
    assert codes[0].common_code_key
    assert len({code.pin.open(bound_to=code.uid).digits for code in codes}) == 1
    assert first.url == again.url  # sent twice, made once
    assert str(codes[0].uid) in first.url


def test_a_chosen_pin_serves_all_doors(desk, world):
    desk.post(path(world), form_for_both(world, desk, pin_mode="choose", pin="482915"))

    codes = AccessCode.objects.all()
    assert {code.pin.open(bound_to=code.uid).digits for code in codes} == {"482915"}
    assert codes.values("common_code_key").distinct().count() == 1


def test_a_clash_at_another_door_names_the_door_and_not_the_guest(desk, world):
    taken = CodeSpec(name="Lena Okafor", pin=Pin("482915"))
    issue_code(world.device(world.locks[1]), taken, actor=SYSTEM, now=world.now)

    answer = desk.post(path(world), form_for_both(world, desk, pin_mode="choose", pin="482915"))

    assert answer.status_code == 422
    assert "This PIN is in use on Room 102." in words(answer)
    assert "Lena Okafor" not in words(answer, "pin-feedback")
    assert AccessCode.objects.count() == 1  # all or nothing


def test_doors_without_a_common_length_say_why_no_pin_suits(desk, world):
    other = world.device(world.locks[1])
    Device.objects.filter(pk=other.pk).update(
        properties={**other.properties, "supported_code_lengths": [9]}
    )

    answer = desk.post(path(world), form_for_both(world, desk))

    assert answer.status_code == 422
    assert "No PIN suits all of these doors: Room 101 takes" in words(answer, "error-summary")
    assert "Room 102 takes 9 digits" in words(answer, "error-summary")
    assert not AccessCode.objects.exists()


def test_a_blocked_door_among_several_is_named_and_nothing_is_made(desk, world):
    form = form_for_both(world, desk)
    switch_fault(world.locks[1], Fault.SUBSCRIPTION_REQUIRED, True, now=world.now)
    world.refresh()

    answer = desk.post(path(world), form)

    assert answer.status_code == 422
    assert "Room 102:" in words(answer, "error-summary")
    assert not AccessCode.objects.exists()


def test_a_door_of_another_house_issues_nothing(desk, world):
    stranger = DeviceFactory()

    page = desk.post(
        path(world), form_for_both(world, desk, doors=[str(stranger.uid), "nonsense"])
    )

    assert page.status_code == 422
    assert "A door that was ticked is no longer here." in page.content.decode()
    assert not AccessCode.objects.exists()


def test_a_walk_in_starts_now_and_ends_at_tomorrows_check_out(desk, world):
    form = fields(desk.get(path(world)))

    page = desk.post(path(world), {**form, "stay": "walk-in"})

    local = world.now.astimezone(world.property.zone)
    filled = fields(page)
    assert filled["start_date"] == local.date().isoformat()
    assert filled["start_time"] == f"{local:%H:%M}"
    assert filled["end_date"] == (local.date() + timedelta(days=1)).isoformat()
    assert filled["end_time"] == "11:00"
    assert "autofocus" in attributes(page, "id_name")
    assert not AccessCode.objects.exists()


def test_the_plan_says_how_much_room_there_is_on_the_dates(desk, world):
    device = world.device(world.locks[0])
    Device.objects.update(capability_facts={**device.capability_facts, "max_codes": 1})

    free = words(desk.get(path(world)), "plan")
    issue_code(device, CodeSpec(name="Cleaning"), actor=SYSTEM, now=world.now)
    full = words(desk.get(path(world)), "plan")

    assert "The lock has room on these dates: 1 of 1 code slots, with this code." in free
    assert "The lock's 1 slots are all taken from" in full


def test_nothing_is_claimed_of_a_lock_without_history_and_measured_times_later(desk, world):
    before = words(desk.get(path(world)), "plan")
    for number in range(3):
        issue_code(
            world.device(world.locks[0]), CodeSpec(name=f"G {number}"), actor=SYSTEM, now=world.now
        )
        world.run(minutes=1)
    after = words(desk.get(path(world)), "plan")

    assert "Usually" not in before
    assert "Usually on the lock within" in after
    assert "(last 3 codes)" in after


def test_a_door_that_picks_its_own_pins_cannot_be_ticked_and_says_so(sign_in, clock):
    doors = World("schlage", "salto", clock=clock)
    desk = sign_in(Role.FRONT_DESK, doors.property)

    page = desk.get(path(doors))

    assert "Picks its own PINs" in words(page, "id_doors")
    assert 'name="doors" value="' + str(doors.device(doors.locks[1]).uid) + '" disabled' in (
        page.content.decode()
    )
