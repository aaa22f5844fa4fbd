"""One field that finds doors, guests and codes."""

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM
from properties.choices import Role
from properties.models import Device
from tests.desk.html import ids, words
from tests.factories import PropertyFactory

pytestmark = pytest.mark.django_db


def search(client, house, text, **headers):
    return client.get(reverse("search", args=[house.slug]), {"q": text}, headers=headers)


def issue(world, name="Emil Sørensen"):
    return issue_code(world.device(), CodeSpec(name=name), actor=SYSTEM, now=world.now)


def test_a_guest_is_found_by_any_words_in_any_case(desk, world):
    issue(world)
    world.run(minutes=1)

    for text in ("emil", "SØRENSEN", "ren emil"):
        page = search(desk, world.property, text)
        assert words(page, "results").startswith("Codes Emil Sørensen"), text


def test_a_door_is_found_with_its_codes(desk, world):
    issue(world)
    world.run(minutes=1)
    # Four digits in a name would be taken for a PIN, which no address holds.
    Device.objects.update(nickname="Garden door")

    found = words(search(desk, world.property, "garden"), "results")

    assert found.startswith("Doors Garden door")
    assert "Takes codes" in found
    assert "Codes Emil Sørensen" in found


def test_codes_that_ended_are_found_and_marked(desk, world):
    code = issue(world)
    world.run(minutes=1)
    withdraw_code(code, actor=SYSTEM, now=world.now)
    world.run(minutes=2)

    found = words(search(desk, world.property, "emil"), "results")

    assert found.startswith("Ended codes Emil Sørensen")
    assert "Removed" in found


def test_nothing_found_says_where_was_looked(desk, world):
    page = search(desk, world.property, " zzz ")

    assert words(page, "results") == (
        "Nothing found for “zzz”. Search looks at doors, guests and code names."
    )


def test_htmx_gets_the_results_alone(desk, world):
    issue(world)

    answer = search(desk, world.property, "emil", **{"HX-Request": "true"})

    assert ids(answer)[0] == "results"
    assert b"<html" not in answer.content


def test_nobody_finds_guests_of_another_house(sign_in, world):
    issue(world)
    other = PropertyFactory()

    page = search(sign_in(Role.MANAGER, other), other, "emil")

    assert "Nothing found" in words(page, "results")


@pytest.mark.parametrize("number", [1, 40])
def test_a_search_costs_the_same_however_much_there_is(
    desk, world, number, django_assert_num_queries
):
    for each in range(number):
        issue(world, f"Emil {each}")
    search(desk, world.property, "emil")

    # session, user, roles, properties; how things stand; arrivals; doors; names, arrivals' names,
    # codes
    with django_assert_num_queries(10):
        search(desk, world.property, "emil")
