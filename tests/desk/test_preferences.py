"""How one person likes the desk."""

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from properties.choices import Role
from properties.models import Preference
from tests.desk.html import fields, ids, words

pytestmark = pytest.mark.django_db
PLAIN = {"theme": "", "clock": "24", "has_shortcuts": "on"}


def save(client, **chosen):
    answer = client.post(reverse("preferences"), {**PLAIN, **chosen})
    assert answer.status_code == 302


def page(client, world, name="lock-list"):
    return client.get(reverse(name, args=[world.property.slug]))


def test_a_theme_is_set_on_every_page_and_follows_the_system_without_one(desk, world):
    assert b"data-theme" not in page(desk, world).content

    save(desk, theme="dark")

    assert b'<html lang="en" data-theme="dark">' in page(desk, world).content
    assert b'<html lang="en" data-theme="dark">' in desk.get(reverse("preferences")).content


def test_a_choice_is_kept_for_the_person_and_for_nobody_else(sign_in, world):
    mara = sign_in(Role.FRONT_DESK, world.property)
    save(mara, theme="dark")
    mara.logout()
    sign_in(Role.FRONT_DESK, world.property, username="tom")

    assert b"data-theme" not in page(mara, world).content
    mara.force_login(Preference.objects.get().user)
    assert b'data-theme="dark"' in page(mara, world).content


def test_times_are_told_in_twelve_hours_or_with_utc(desk, world):
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    where = reverse("code-detail", args=[world.property.slug, code.uid])
    assert "today 11:00" in words(desk.get(where), "code-facts")

    save(desk, clock="12", shows_utc="on")

    told = desk.get(where)
    assert "today 11:00 am" in words(told, "code-facts")
    assert "UTC)" in words(told, "code-events")


def test_shortcuts_can_be_switched_off(desk, world):
    assert b"js/keys.js" in page(desk, world).content
    assert "shortcuts" in ids(page(desk, world))

    desk.post(reverse("preferences"), {"theme": "", "clock": "24"})

    assert b"js/keys.js" not in page(desk, world).content
    assert "shortcuts" not in ids(page(desk, world))


def test_nonsense_is_sent_back(desk):
    answer = desk.post(reverse("preferences"), {"theme": "pink", "clock": "13"})

    assert (answer.status_code, Preference.objects.count()) == (422, 0)
    assert "Choose one of what is offered." in words(answer)


def test_the_page_shows_what_was_chosen(desk):
    save(desk, theme="light", clock="12")

    shown = fields(desk.get(reverse("preferences")))

    assert (shown["theme"], shown["clock"], "shows_utc" in shown) == ("light", "12", False)


def test_preferences_are_for_people_who_are_signed_in(client):
    assert client.get(reverse("preferences")).status_code == 302


def test_a_page_asks_for_preferences_once_in_a_session(desk, world, django_assert_max_num_queries):
    page(desk, world)

    with django_assert_max_num_queries(12) as queries:
        page(desk, world)

    assert not [query for query in queries if "properties_preference" in query["sql"]]
