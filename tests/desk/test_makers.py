"""The list of codes shows everything that opens a door, and who made what the desk did not."""

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import Actor
from locksite.masked import Pin
from properties.providers.virtual.people import add_foreign_code
from tests.desk.html import attributes, ids, words
from tests.factories import AccessCodeFactory

pytestmark = pytest.mark.django_db
PARTNER = Actor("key", "ls_12345678", None)
MARA = Actor(kind="staff", label="mara", property_ids=None)


@pytest.fixture
def house(world):
    for name, pin, actor in (("Lena", "482915", MARA), ("Ana", "703611", PARTNER)):
        issue_code(world.device(), CodeSpec(name=name, pin=Pin(pin)), actor=actor, now=world.now)
    add_foreign_code(world.locks[0], Pin("907156"), "Cleaner", now=world.now)
    world.run(minutes=1)
    AccessCodeFactory(name="Elsewhere", created_by_kind="key", created_by="ls_87654321")
    return world.property


def page(desk, house, **query):
    return desk.get(reverse("code-list", args=[house.slug]), query)


def test_all_codes_stand_in_the_list_with_who_made_them(desk, world, house):
    shown = page(desk, house)
    door = world.device().display_name

    assert "All 3" in words(shown, "code-chips")
    assert words(shown, "code-list").count("Made by API key ls_12345678") == 1
    assert "Made by" not in words(shown, "code-list").split("Lena")[1].split("Ana")[0]
    assert words(shown, "code-strangers") == (
        f"Not from Locksite 1 Cleaner {door} Until removed Made in the lock's app"
    )
    assert "ls_87654321" not in words(shown)
    assert "907156" not in shown.content.decode()


def test_filters_and_the_search_hold_for_them_too(desk, house):
    by_state, found, lost = (
        page(desk, house, state="on_lock"),
        page(desk, house, q="cleaner"),
        page(desk, house, q="lena"),
    )

    assert attributes(by_state, "code-strangers").get("hidden", "no") is None
    assert "Cleaner" in words(found, "code-strangers")
    assert "Nothing found" not in words(found)
    assert "Lena" not in words(found, "code-list")
    assert "Cleaner" not in words(lost)


def test_it_appears_on_the_open_page_when_a_lock_shows_it(desk, world, house):
    shown = page(desk, house)
    add_foreign_code(world.locks[0], Pin("613849"), "Owner", now=world.now)
    world.run(minutes=10)

    heard = desk.get(attributes(shown, "live")["hx-get"], headers={"HX-Request": "true"})

    assert "code-strangers" in ids(heard)
    assert "Owner" in words(heard, "code-strangers")
