"""A change of a code for several doors: for all of them, or for the one of the page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accesscodes import services
from accesscodes.linked import issue_codes
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Role
from properties.models import Device
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, ids, words

pytestmark = pytest.mark.django_db

CHANGES = ("code-change-pin", "code-dates", "code-rename", "code-delete")


@pytest.fixture
def world(clock):
    return World(*["schlage"] * 4, clock=clock)


def doors_of(world, number):
    for place, lock in enumerate(world.locks, start=101):
        Device.objects.filter(remote_id=str(lock.uid)).update(nickname=f"Room {place}")
    return [world.device(lock) for lock in world.locks[:number]]


def issue(world, number=3, key="stay-1", pin="482915"):
    spec = CodeSpec(name="Lena", pin=Pin(pin), common_code_key=key)
    return issue_codes(doors_of(world, number), spec, actor=SYSTEM, now=world.now)


def path(world, code, name="code-detail"):
    return reverse(name, args=[world.property.slug, code.uid])


def rows():
    return AccessCode.objects.order_by("device_id")


def pins(world):
    return [world.digits(code) for code in rows()]


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("code-change-pin", "The old PIN stays in force at Room 101 and Room 103."),
        ("code-dates", "The old dates stay in force at Room 101 and Room 103."),
        ("code-rename", "The old name stays at Room 101 and Room 103."),
        ("code-delete", "The same PIN goes on opening Room 101 and Room 103."),
    ],
)
def test_a_change_is_meant_for_all_doors_unless_somebody_says_for_this_one(
    desk, world, name, stays
):
    code = issue(world)[1]

    page = desk.get(path(world, code, name))

    assert words(page, "scope") == (
        f"For which doors? All 3 doors Room 101, Room 102 and Room 103 Room 102 only {stays}"
    )
    assert fields(page)["doors"] == "all"


@pytest.mark.parametrize("name", CHANGES)
def test_a_code_for_one_door_is_not_asked_about(desk, world, name):
    [code] = issue(world, 1)

    assert "scope" not in ids(desk.get(path(world, code, name)))


@pytest.mark.parametrize("name", [*CHANGES, "code-detail"])
def test_more_doors_cost_no_more_queries(desk, world, name):
    counts = []
    for number in (2, 4):
        code = issue(world, number, key=f"stay-{number}", pin=f"48291{number}")[0]
        desk.get(path(world, code, name))  # the first look remembers where somebody was
        with CaptureQueriesContext(connection) as asked:
            desk.get(path(world, code, name))
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_another_pin_goes_to_all_doors_and_stays_one(desk, world):
    code = issue(world)[0]
    form = fields(desk.get(path(world, code, "code-change-pin")))

    done = desk.post(
        path(world, code, "code-change-pin"), {**form, "pin_length": "5"}, follow=True
    )
    world.run(minutes=2)

    [pin] = set(pins(world))
    assert (len(pin), pin == "482915") == (5, False)
    assert {code.common_code_key for code in rows()} == {"stay-1"}
    assert {code.status for code in rows()} == {"set"}
    assert words(done, "toast") == (
        "PIN changed at 3 doors. The old one stops working when the new one is on the lock."
    )


def test_another_pin_for_this_door_only_leaves_the_others(desk, world):
    code = issue(world)[0]

    desk.post(
        path(world, code, "code-change-pin"),
        {"pin_mode": "choose", "pin": "703611", "doors": "one"},
    )

    assert pins(world) == ["703611", "482915", "482915"]
    assert [code.common_code_key for code in rows()] == [None, "stay-1", "stay-1"]


def test_a_form_that_does_not_say_for_which_doors_means_this_one(desk, world):
    code = issue(world)[0]

    desk.post(path(world, code, "code-change-pin"), {"pin_mode": "choose", "pin": "703611"})

    assert pins(world) == ["703611", "482915", "482915"]


def test_the_door_that_refuses_a_pin_is_named_with_a_pin_that_suits_all(desk, world):
    code = issue(world)[0]
    other = CodeSpec(name="Bea", pin=Pin("703611"))
    issue_code(world.device(world.locks[2]), other, actor=SYSTEM, now=world.now)

    answer = desk.post(
        path(world, code, "code-change-pin"),
        {"pin_mode": "choose", "pin": "703611", "doors": "all"},
    )

    said = words(answer, "pin-feedback")
    assert answer.status_code == 422
    assert said.startswith("Room 103: This PIN is in use on this lock. Try ")
    assert set(pins(world)) == {"482915", "703611"}
    suggestion = said.split()[-1]
    desk.post(
        path(world, code, "code-change-pin"),
        {"pin_mode": "choose", "pin": suggestion, "doors": "all"},
    )
    assert [world.digits(code) for code in rows().filter(name="Lena")] == [suggestion] * 3


def test_where_no_pin_suits_all_doors_the_change_is_for_this_one(desk, world):
    code = issue(world, 2)[0]
    there = world.device(world.locks[1])
    Device.objects.filter(pk=there.pk).update(
        properties={**there.properties, "supported_code_lengths": [9]}
    )

    page = desk.get(path(world, code, "code-change-pin"))

    assert "No PIN suits all of these doors" in words(page, "scope")
    assert fields(page)["doors"] == "one"


def test_dates_are_changed_at_all_doors(desk, world):
    code = issue(world)[0]
    form = fields(desk.get(path(world, code, "code-dates")))
    dates = {
        "kind": "time_bound",
        "start_date": "2026-11-26",
        "start_time": "15:00",
        "end_date": "2026-11-29",
        "end_time": "11:00",
    }

    done = desk.post(path(world, code, "code-dates"), {**form, **dates}, follow=True)

    assert words(done, "toast") == "Dates changed at 3 doors."
    assert {code.ends_at.date().isoformat() for code in rows()} == {"2026-11-29"}


def test_a_door_with_dates_of_its_own_is_named_before_all_get_the_same(desk, world):
    code = issue(world)[0]
    form = fields(desk.get(path(world, code, "code-dates")))
    dates = {"start_date": "2026-11-26", "end_date": "2026-11-29"}
    times = {"start_time": "15:00", "end_time": "11:00"}
    before = words(desk.get(path(world, code, "code-dates")), "scope")

    desk.post(
        path(world, code, "code-dates"),
        {**form, "kind": "time_bound", **dates, **times, "doors": "one"},
    )

    after = words(desk.get(path(world, code, "code-dates")), "scope")
    assert "Other dates" not in before
    assert "Other dates now: Room 102 and Room 103." in after


def test_a_name_is_changed_at_all_doors_or_at_this_one(desk, world):
    code = issue(world)[0]

    desk.post(path(world, code, "code-rename"), {"name": "Lena Okafor", "doors": "all"})
    desk.post(path(world, code, "code-rename"), {"name": "Bea", "doors": "one"})

    assert [code.name for code in rows()] == ["Bea", "Lena Okafor", "Lena Okafor"]


def test_a_delete_for_all_doors_is_undone_for_all(desk, world):
    code, other, _ = issue(world)
    world.run(minutes=1)

    done = desk.post(path(world, code, "code-delete"), {"doors": "all"}, follow=True)
    waiting = [code.withdrawn_at for code in rows()]
    world.clock.move(seconds=5)
    undone = desk.post(path(world, other, "code-undo"), follow=True)
    world.run(minutes=5)

    assert words(done, "toast") == ("Codes for Lena are being removed from 3 locks. Undo")
    assert waiting == [waiting[0]] * 3
    assert words(undone, "toast") == "Nothing was deleted. The codes of all doors stay."
    assert [(code.status, code.withdrawn_at) for code in rows()] == [("set", None)] * 3


def test_a_delete_for_all_doors_that_nobody_undoes_empties_all_locks(desk, world):
    code = issue(world)[0]
    world.run(minutes=1)

    desk.post(path(world, code, "code-delete"), {"doors": "all"})
    desk.post(path(world, code, "code-delete"), {"now": "1"})
    world.run(minutes=1)

    assert {code.status for code in rows()} == {"gone"}


def test_to_remove_one_door_now_leaves_the_others(desk, world):
    code = issue(world)[0]

    desk.post(path(world, code, "code-delete"), {"doors": "one"})
    desk.post(path(world, code, "code-delete"), {"now": "1"})

    assert [code.withdrawn_at is None for code in rows()] == [False, True, True]


def test_who_may_not_delete_every_code_deletes_for_this_door_only(sign_in, world):
    client = sign_in(Role.FRONT_DESK, world.property)
    mine, _ = issue(world, 2)
    AccessCode.objects.filter(pk=mine.pk).update(created_by="mara", created_by_kind="staff")

    page = client.get(path(world, mine, "code-delete"))
    client.post(path(world, mine, "code-delete"), {"doors": "all"})

    assert "Somebody else made the code for Room 102." in words(page, "scope")
    assert fields(page)["doors"] == "one"
    assert [code.withdrawn_at is None for code in rows()] == [False, True]


def test_who_may_not_delete_every_code_undoes_and_hurries_no_delete_of_all(sign_in, world):
    client = sign_in(Role.FRONT_DESK, world.property)
    mine, theirs = issue(world, 2)
    AccessCode.objects.filter(pk=mine.pk).update(created_by="mara", created_by_kind="staff")
    for code in (mine, theirs):
        services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)

    answers = [
        client.post(path(world, mine, "code-undo")),
        client.post(path(world, mine, "code-delete"), {"now": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert {code.withdrawn_at for code in rows()} == {world.now + services.UNDO_FOR}


def test_the_dialog_on_the_page_of_a_code_asks_too(desk, world):
    code = issue(world)[0]

    page = desk.get(path(world, code))

    assert words(page, "scope").startswith("For which doors? All 3 doors")
    assert attributes(page, "delete-form")["action"] == path(world, code, "code-delete")
