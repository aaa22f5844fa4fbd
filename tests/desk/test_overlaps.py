"""What every door of a form says while it is filled in: loading, room, other guests."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accesscodes.linked import issue_codes
from accesscodes.models import AccessCode, LockCommand
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, words

pytestmark = pytest.mark.django_db

DATES = {
    "kind": "time_bound",
    "start_date": "2026-11-26",
    "start_time": "15:00",
    "end_date": "2026-11-29",
    "end_time": "11:00",
}
ARRIVES = datetime(2026, 11, 26, 14, tzinfo=UTC)


@pytest.fixture
def world(clock):
    """Four doors with the same rules."""
    world = World(*["schlage"] * 4, clock=clock)
    for number, lock in enumerate(world.locks, start=101):
        Device.objects.filter(remote_id=str(lock.uid)).update(nickname=f"Room {number}")
    return world


def door(world, number):
    return world.device(world.locks[number - 101])


def stay(world, number, name, *, after=0, nights=3, pin=None):
    """Issue a code that starts some days after the usual arrival."""
    starts_at = ARRIVES + timedelta(days=after)
    spec = CodeSpec(
        name=name, pin=pin, starts_at=starts_at, ends_at=starts_at + timedelta(days=nights)
    )
    return issue_code(door(world, number), spec, actor=SYSTEM, now=world.now)


def look(world, desk, *doors, **changes):
    """Return the answer to a form for Room 101 and these doors."""
    path = [world.property.slug, door(world, 101).uid]
    form = fields(desk.get(reverse("code-issue", args=path)))
    more = [str(door(world, number).uid) for number in doors]
    return desk.post(
        reverse("code-validate", args=path),
        {**form, "name": "Nora", **DATES, "doors": more, **changes},
    )


def fill_up(world, number):
    device = door(world, number)
    facts = {**device.capability_facts, "max_codes": 1}
    Device.objects.filter(pk=device.pk).update(capability_facts=facts)
    issue_code(device, CodeSpec(name="Cleaning"), actor=SYSTEM, now=world.now)


def test_a_door_without_room_is_named_among_several(desk, world):
    fill_up(world, 103)

    plan = words(look(world, desk, 102, 103), "plan")

    assert "Room 103: The lock's 1 slots are all taken from" in plan
    assert "Room 101:" not in plan
    assert "room on these dates" not in plan


def test_doors_that_all_have_room_say_so_once(desk, world):
    plan = words(look(world, desk, 102, 103), "plan")

    assert plan.count("All of these locks have room on these dates.") == 1
    assert "Doors Room 101, Room 102 and Room 103 Guest" in plan


def test_a_door_that_is_offline_is_named_among_several(desk, world):
    switch_fault(world.locks[1], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()

    plan = words(look(world, desk, 102), "plan")

    assert "Room 102: The lock is offline." in plan
    assert "Room 101: You can hand over the PIN now." in plan


def test_doors_that_load_at_different_times_say_when_each_does(sign_in, clock):
    doors = World("schlage", "august", clock=clock)
    for number, lock in enumerate(doors.locks, start=101):
        Device.objects.filter(remote_id=str(lock.uid)).update(nickname=f"Room {number}")
    loads = {device.nickname: device.capabilities.keeps_window for device in Device.objects.all()}
    Device.objects.filter(nickname="Room 102").update(
        capability_facts={
            **door(doors, 102).capability_facts,
            "keeps_window": not loads["Room 101"],
        }
    )
    client = sign_in(None, doors.property)

    plan = words(look(doors, client, 102, end_date="2026-12-09", start_date="2026-12-05"), "plan")

    assert "Room 101: from Wed 2 Dec 15:00, 72 h early; Room 102: from Sat 5 Dec 14:" in plan


def test_a_door_whose_codes_came_late_is_named(desk, world):
    for number in range(3):
        spec = CodeSpec(name=f"G {number}")
        issue_code(door(world, 102), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    LockCommand.objects.update(asked_at=F("asked_at") - timedelta(minutes=10))

    plan = words(look(world, desk, 102), "plan")

    assert "Room 102: 3 of the last 3 codes came late to this lock." in plan


def test_other_guests_are_told_at_their_door(desk, world):
    stay(world, 101, "Ana Prado", after=9)
    stay(world, 102, "Bea Lang")

    answer = look(world, desk, 102, 103)

    assert words(answer, "overlap") == (
        "Overlaps other guests. Continue if they share the door. "
        "Room 102: Bea Lang, Thu 15:00 to Sun 15:00"
    )
    assert "Bea Lang Room 102 Thu 15:00 to Sun 15:00" in words(answer, "plan")


def test_up_to_three_guests_are_named_and_the_rest_counted(desk, world):
    for day, name in enumerate(["Ana", "Bea", "Cem", "Dan", "Eva"]):
        stay(world, 101, name, after=day / 4, nights=0.25)

    assert words(look(world, desk), "overlap") == (
        "Overlaps Ana (Thu 15:00 to Thu 21:00), Bea (Thu 21:00 to Fri 03:00), "
        "Cem (Fri 03:00 to Fri 09:00) and 2 more. Continue if they share the door."
    )


def test_a_guest_whose_code_is_deleted_overlaps_nobody(desk, world):
    code = stay(world, 101, "Ana")
    withdraw_code(code, actor=SYSTEM, now=world.now, wait=timedelta(seconds=10))

    assert words(look(world, desk), "overlap") == ""


def test_the_pin_is_looked_for_at_every_door(desk, world):
    for number in (102, 104):
        stay(world, number, "Bea", pin=Pin("482915"))

    answer = look(world, desk, 102, 103, 104, pin_mode="choose", pin="482915", touched="pin")

    assert "This PIN is in use on Room 102 and Room 104." in words(answer, "pin-feedback")


def test_four_doors_cost_as_many_queries_as_one_and_nothing_is_saved(desk, world):
    for number in (101, 102, 103, 104):
        stay(world, number, f"Guest {number}", pin=Pin("482915"))
    chosen = {"pin_mode": "choose", "pin": "482915", "touched": "pin"}
    counts = []
    for doors in ((), (102, 103, 104)):
        path = [world.property.slug, door(world, 101).uid]
        form = fields(desk.get(reverse("code-issue", args=path)))
        more = [str(door(world, number).uid) for number in doors]
        with CaptureQueriesContext(connection) as asked:
            desk.post(
                reverse("code-validate", args=path),
                {**form, **DATES, "name": "Nora", "doors": more, **chosen},
            )
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert AccessCode.objects.count() == 4


# ---- Dates of a code that is there --------------------------------------------------------------


def dates(world, desk, code, **changes):
    form = fields(desk.get(dates_path(world, code, "code-dates")))
    return desk.post(dates_path(world, code), {**form, **changes})


def dates_path(world, code, name="code-dates-validate"):
    return reverse(name, args=[world.property.slug, code.uid])


def test_nights_are_counted_and_the_next_guest_is_named_while_dates_are_typed(desk, world):
    code = stay(world, 101, "Lena")
    stay(world, 101, "Ana Prado", after=4)
    stay(world, 102, "Somebody at another door", after=3)
    form = desk.get(dates_path(world, code, "code-dates"))

    longer = dates(world, desk, code, end_date="2026-12-02")

    assert attributes(form, "dates-form")["hx-post"] == dates_path(world, code)
    assert (words(form, "end-hint"), words(form, "overlap")) == ("3 nights", "")
    assert words(longer, "end-hint") == "6 nights"
    assert words(longer, "overlap") == (
        "Overlaps Ana Prado, Mon 30 Nov 15:00 to Thu 3 Dec 15:00. Continue if they share the door."
    )
    code.refresh_from_db()
    assert code.ends_at == ARRIVES + timedelta(days=3)


def test_dates_for_all_doors_name_the_door_at_which_others_stay(desk, world):
    spec = CodeSpec(
        name="Lena",
        pin=Pin("482915"),
        common_code_key="stay-1",
        starts_at=ARRIVES,
        ends_at=ARRIVES + timedelta(days=3),
    )
    devices = [door(world, 101), door(world, 102)]
    here, _ = issue_codes(devices, spec, actor=SYSTEM, now=world.now)
    stay(world, 102, "Ana Prado", after=4)

    for_all = dates(world, desk, here, end_date="2026-12-02")
    for_one = dates(world, desk, here, end_date="2026-12-02", doors="one")

    assert "the door. Room 102: Ana Prado, Mon 30 Nov" in words(for_all, "overlap")
    assert words(for_one, "overlap") == ""


def test_dates_in_error_are_told_once_their_field_was_left(desk, world):
    code = stay(world, 101, "Lena")

    typing = dates(world, desk, code, end_date="2026-11-25")
    left = dates(world, desk, code, end_date="2026-11-25", touched="end_date")

    assert words(typing, "when-feedback") == ""
    assert words(left, "when-feedback") == "End must be after start."


def test_looking_through_dates_costs_the_same_for_any_number_of_doors(desk, world):
    counts = []
    for number in (2, 4):
        spec = CodeSpec(
            name="Lena",
            pin=Pin(f"48291{number}"),
            common_code_key=f"stay-{number}",
            starts_at=ARRIVES,
            ends_at=ARRIVES + timedelta(days=3),
        )
        devices = [door(world, 101 + place) for place in range(number)]
        code = issue_codes(devices, spec, actor=SYSTEM, now=world.now)[0]
        form = fields(desk.get(dates_path(world, code, "code-dates")))
        with CaptureQueriesContext(connection) as asked:
            desk.post(dates_path(world, code), form)
        counts.append(len(asked))

    assert counts[0] == counts[1]
