"""Codes whose PIN the lock's maker chooses, at the desk: the form's other variant, the waiting."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accesscodes.models import AccessCode
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, ids, words

pytestmark = pytest.mark.django_db

DATES = {
    "start_date": "2026-11-26",
    "start_time": "15:00",
    "end_date": "2026-11-27",
    "end_time": "11:00",
}


@pytest.fixture
def world(db, clock):
    """A lock that has no bridge, so it takes offline codes alone."""
    return World("igloohome", clock=clock, traits={"has_bridge": False})


def path(world, name="code-issue"):
    return reverse(name, args=[world.property.slug, world.device().uid])


def filled(world, desk, query="", **changes):
    form = fields(desk.get(path(world) + query))
    form.pop("q", None)
    form.pop("one_time", None)
    return {**form, "name": "Nora Haas", **DATES, **changes}


def issue(world, desk, **changes):
    desk.post(path(world), filled(world, desk, **changes))
    return AccessCode.objects.latest("id")


def page_of(desk, code):
    return desk.get(reverse("code-detail", args=[code.device.property.slug, code.uid]))


def test_a_lock_that_takes_offline_codes_only_has_the_form_for_them(desk, world):
    page = desk.get(path(world))

    assert words(page, "offline-note") == (
        "Only offline codes work here. Needs a hub or bridge for online codes. "
        "An offline code can't be changed or taken back once it is issued. "
        "Its PIN works without internet, inside its dates."
    )
    assert {"id_one_time", "id_kind"} <= set(ids(page))
    assert not {"id_pin", "id_pin_length", "to-online", "to-offline"} & set(ids(page))
    assert attributes(page, "id_kind")["type"] == "hidden"
    assert fields(page)["rounding"] == "hours"


def test_the_door_can_be_chosen_and_its_page_leads_to_the_form(desk, world):
    lock = desk.get(path(world, "lock-detail"))
    doors = desk.get(reverse("choose-door", args=[world.property.slug]))

    assert attributes(lock, "to-issue")["href"] == path(world)
    assert path(world) in doors.content.decode()


def test_an_offline_code_is_issued_and_its_pin_follows(desk, world):
    answer = desk.post(path(world), filled(world, desk), follow=True)
    code = AccessCode.objects.get()

    world.work()
    ready = page_of(desk, code)

    assert words(answer, "toast") == "Code for Nora Haas created. Its PIN follows in a moment."
    assert words(answer, "code-badge") == "Waiting for the PIN"
    assert words(answer, "handover") == "The PIN is not known yet."
    assert "appears here as soon as it is known" in words(answer, "pin")
    assert (code.is_offline, code.is_one_time_use, code.starts_at, code.ends_at) == (
        True,
        False,
        datetime(2026, 11, 26, 14, 0, tzinfo=UTC),
        datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
    )
    assert words(ready, "code-badge") == "Offline code ready"
    assert "PIN chosen by the lock's maker" in words(ready, "code-events")
    assert words(ready, "handover") == ("Ready to hand over. It opens the door from Thu 15:00.")
    assert world.digits(code) not in ready.content.decode()


def test_the_page_is_told_when_the_pin_is_known(desk, world):
    code = issue(world, desk)
    url = attributes(page_of(desk, code), "live")["hx-get"]
    world.work()

    fragments = desk.get(url, headers={"HX-Request": "true"})

    assert {"pin", "handover", "code-head"} <= set(ids(fragments))
    assert "pin-show" in ids(fragments)
    assert world.digits(code) not in fragments.content.decode()


def test_a_known_pin_can_be_neither_changed_nor_deleted_and_the_page_says_why(desk, world):
    code = issue(world, desk)
    waiting = set(ids(page_of(desk, code)))
    world.work()
    page = page_of(desk, code)

    buttons = {"to-dates", "to-rename", "to-pin", "to-delete"}
    assert buttons & waiting == {"to-delete"}
    assert not buttons & set(ids(page))
    assert words(page, "code-manage") == (
        "Manage Print guest slip An offline code can't be changed or deleted: the lock can't be "
        "told. It ends by itself."
    )


def test_the_plan_says_how_long_it_works_after_rounding_before_anything_is_issued(desk, world):
    page = desk.post(
        path(world, "code-validate"),
        filled(world, desk, start_time="15:20", end_date="2026-11-29", end_time="10:10"),
        headers={"HX-Request": "true"},
    )

    said = words(page, "plan")
    assert "Works Thu 26 Nov 15:00 to Sun 29 Nov 11:00" in said
    assert "Rounded to what this lock offers: it works Thu 15:00 to Sun 11:00." in said
    assert "The guest must use it within 24 hours of its start, or it never works." in said
    assert "Never: nothing is sent to the lock" in said
    assert "pin-feedback" not in ids(page)
    assert AccessCode.objects.count() == 0


def test_a_code_that_opens_once_lasts_as_long_as_its_maker_says(desk, world):
    code = issue(world, desk, one_time="on")

    assert (code.is_one_time_use, code.ends_at - code.starts_at) == (
        True,
        datetime(2026, 11, 27, 14, 0, tzinfo=UTC) - datetime(2026, 11, 26, 14, 0, tzinfo=UTC),
    )
    assert "offline, opens once" in words(page_of(desk, code), "code-facts")


def test_a_long_stay_is_rounded_to_whole_days_where_that_is_chosen(desk, world):
    dates = {"end_date": "2026-12-30"}
    refused = desk.post(path(world), filled(world, desk, **dates))
    code = issue(world, desk, rounding="days", **dates)

    assert refused.status_code == 422
    assert words(refused, "error-summary").endswith(
        "This lock offers offline codes for 1 hour to 28 days, or 29 to 367 days at the same "
        "time of day."
    )
    assert code.ends_at == datetime(2026, 12, 30, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "ongoing"}, "An offline code needs dates."),
        (
            {"one_time": "on", "end_date": "2026-11-29"},
            "A one-time code on this lock works for 24 hours from its start.",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(desk, world, changes, error):
    answer = desk.post(path(world), filled(world, desk, **changes))

    assert answer.status_code == 422
    assert error in words(answer, "error-summary")
    assert AccessCode.objects.count() == 0


def test_when_too_many_start_together_the_form_says_so(desk, world):
    for _ in range(3):
        issue(world, desk)

    answer = desk.post(path(world), filled(world, desk))

    assert answer.status_code == 422
    assert (
        "3 offline codes start in this hour already, and the lock's maker gives no more."
        in words(answer)
    )
    assert AccessCode.objects.count() == 3


def test_where_both_kinds_work_the_online_one_comes_first_and_the_other_is_a_click_away(
    sign_in, clock
):
    world = World("igloohome", clock=clock)
    desk = sign_in(None, world.property)

    online = desk.get(path(world))
    offline = desk.get(attributes(online, "to-offline")["href"])
    desk.post(path(world), filled(world, desk, "?offline=1"))

    assert "id_pin" in ids(online)
    assert "id_pin" not in ids(offline)
    assert words(offline, "offline-note").startswith("An offline code can't be changed")
    assert attributes(offline, "to-online")["href"] == path(world)
    assert AccessCode.objects.get().is_offline


def test_an_offline_code_cannot_be_had_where_the_lock_takes_none(sign_in, clock):
    world = World("schlage", clock=clock)
    desk = sign_in(None, world.property)

    page = desk.get(path(world) + "?offline=1")

    assert "id_pin" in ids(page)
    assert "offline-note" not in ids(page)


def test_a_dead_account_stops_offline_codes_as_well(desk, world):
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, on=True, now=world.now)
    world.refresh()

    page = desk.get(path(world))

    assert "No code can be issued here now" in words(page)


def test_a_lock_that_picks_its_pins_shows_them_after_saving(sign_in, clock):
    world = World("schlage", clock=clock)
    desk = sign_in(None, world.property)
    device = Device.objects.get()
    device.properties["code_constraints"] = [{"constraint_type": "cannot_specify_pin_code"}]
    device.save()

    page = desk.get(path(world))
    answer = desk.post(path(world), filled(world, desk), follow=True)

    assert "The lock picks the PIN. You see it after saving." in words(page)
    assert AccessCode.objects.get().pin is None
    assert words(answer, "handover") == "The PIN is not known yet."
