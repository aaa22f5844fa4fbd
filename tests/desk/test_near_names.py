"""Two arrivals with names that are easily confused say so wherever a PIN is looked for."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from tests.desk.html import words

pytestmark = pytest.mark.django_db


def arrive(world, name, pin, hours=2, **parts):
    spec = CodeSpec(
        name=name,
        pin=Pin(pin),
        starts_at=world.now + timedelta(hours=hours),
        ends_at=world.now + timedelta(hours=hours + 20),
        **parts,
    )
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


def pages(desk, world, code):
    slug = world.property.slug
    return [
        words(desk.get(reverse("arrivals", args=[slug]))),
        words(desk.get(reverse("code-list", args=[slug]))),
        words(desk.get(reverse("search", args=[slug]), {"q": "lena"})),
        words(desk.get(reverse("code-detail", args=[slug, code.uid])), "code-head"),
    ]


def test_each_names_the_other_on_rows_results_and_its_page(desk, world):
    lena = arrive(world, "Lena Meier", "482915")
    arrive(world, "Lena Meyer", "703611")
    arrive(world, "Jonas Weber", "593026")
    door = world.device().display_name

    told = pages(desk, world, lena)

    assert [text.count(f"Similar name: Lena Meyer, {door}") for text in told] == [1, 1, 1, 1]
    assert [text.count("Similar name:") for text in told] == [2, 2, 2, 1]


def test_more_than_one_are_counted(desk, world):
    lena = arrive(world, "Lena Meier", "482915")
    arrive(world, "Ute Meier", "703611", hours=3)
    arrive(world, "Jo Meier", "593026", hours=4)

    head = pages(desk, world, lena)[-1]

    assert f"Similar name: Ute Meier, {world.device().display_name} and 1 more" in head


def test_who_arrives_another_week_or_is_another_door_of_the_same_guest_is_not_named(desk, world):
    lena = arrive(world, "Lena Meier", "482915", common_code_key="one guest")
    arrive(world, "Lena Meier", "482915", hours=90, common_code_key="one guest")
    arrive(world, "Lena Meyer", "703611", hours=200)

    assert [text.count("Similar name") for text in pages(desk, world, lena)] == [0] * 4
