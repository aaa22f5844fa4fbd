"""The page on which a door is chosen: who is in the room, and who arrives tonight."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code, withdraw_code
from accesscodes.web.door_choice import Guest, door_of
from accesscodes.web.lock_presenters import Usage, lock_row
from locksite.actors import SYSTEM
from tests.desk.html import words
from tests.desk.test_states import GOOD, NATIVE
from tests.factories import DeviceFactory

NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)  # 14:32 in Hamburg
ZONE = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LENA = Guest("Lena Okafor", NOW - DAY, NOW + 2 * HOUR)
BEN = Guest("Ben Adeyemi", NOW - HOUR, NOW + 2 * DAY)
JONAS = Guest("Jonas Weber", NOW + 3 * HOUR, NOW + 3 * DAY)
NIGHT = Guest("Mei Tanaka", NOW + 11 * HOUR, NOW + 3 * DAY)
FRIDAY = Guest("Oskar Braun", NOW + 4 * DAY, NOW + 5 * DAY)


@pytest.mark.parametrize(
    ("guests", "stays"),
    [
        ([], ("No stay planned",)),
        ([FRIDAY], ("No stay planned",)),
        ([LENA], ("Lena Okafor, until today 16:32",)),
        ([BEN, LENA], ("Ben Adeyemi and Lena Okafor, until Wed 14:32",)),
        ([LENA, JONAS], ("Lena Okafor, until today 16:32", "Jonas Weber arrives today 17:32")),
        (
            [JONAS, NIGHT],
            ("Jonas Weber arrives today 17:32", "Mei Tanaka arrives tomorrow 01:32"),
        ),
    ],
)
def test_a_door_names_who_is_in_the_room_and_who_arrives_next(guests, stays):
    row = SimpleNamespace(stay="No stay planned")

    assert door_of(row, guests, ZONE, NOW).stays == stays


@pytest.mark.parametrize(
    ("next_start", "stay"),
    [
        (None, "Leaves today 16:32"),
        (NOW + 3 * HOUR, "Leaves today 16:32, next arrives today 17:32"),
        (NOW + 2 * DAY, "Leaves today 16:32"),
    ],
)
def test_a_taken_room_does_not_hide_who_arrives_tonight(next_start, stay):
    device = SimpleNamespace(
        uid=None,
        display_name="Apartment 101",
        properties={},
        device_type="august_lock",
        capabilities=NATIVE.capabilities,
    )
    usage = Usage(running_end=NOW + 2 * HOUR, next_start=next_start)

    assert lock_row(device, GOOD, usage, ZONE, NOW).stay == stay


def issue(world, name, starts_in, ends_in):
    spec = CodeSpec(name=name, starts_at=world.now + starts_in, ends_at=world.now + ends_in)
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


@pytest.mark.django_db
@pytest.mark.parametrize("doors", [1, 8])
def test_the_page_names_guests_at_a_fixed_price(desk, world, doors, django_assert_num_queries):
    for _ in range(doors):
        DeviceFactory(property=world.property, account=world.account)
    issue(world, "Lena Okafor", timedelta(0), HOUR)
    issue(world, "Jonas Weber", 2 * HOUR, DAY)
    issue(world, "Next Week", 6 * DAY, 7 * DAY)
    withdraw_code(issue(world, "Gone Again", 30 * HOUR, 40 * HOUR), actor=SYSTEM, now=world.now)
    path = reverse("choose-door", args=[world.property.slug])
    desk.get(path)

    # session, user, roles, properties; how things stand; locks; guests; arrivals
    with django_assert_num_queries(8):
        page = desk.get(path)

    text = words(page, "main")
    assert "Lena Okafor, until today 12:00 Jonas Weber arrives today 13:00" in text
    assert "Next Week" not in text
    assert "Gone Again" not in text
