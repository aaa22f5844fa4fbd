"""Digits typed into a search field may be a PIN: they get into no address, title or log."""

import logging
import re

import pytest
from django.test import Client
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from tests.desk.html import attributes, links, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGES = ("search", "code-list", "lock-list")
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
APART = r"(?:\W|%20)*"
DIGITS = ("482915", "48 29 15", "guest 482915")


@pytest.fixture
def house(world):
    spec = CodeSpec(name="Guest 482915", pin=Pin("703611"))
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    device = world.device()
    device.nickname = "Guest 482915 door"
    device.save(update_fields=["nickname"])
    world.run(minutes=1)
    return world.property


def path(house, name):
    return reverse(name, args=[house.slug])


def holds(text):
    """Return whether the digits stand in a text, apart or not; an id may have them by chance."""
    return re.search(f"4{APART}8{APART}2{APART}9", re.sub(ID, "", text)) is not None


@pytest.mark.parametrize("typed", DIGITS)
@pytest.mark.parametrize("name", PAGES)
def test_they_are_looked_for_and_stand_in_no_address_title_header_or_log(
    desk, house, name, typed, caplog
):
    caplog.set_level(logging.DEBUG)

    page = desk.post(path(house, name), {"q": typed})
    part = desk.post(path(house, name), {"q": typed}, headers=HTMX)

    assert (page.status_code, part.status_code) == (200, 200)
    assert part.get("HX-Push-Url", "false") == "false"
    assert page["Cache-Control"] == part["Cache-Control"] == "no-store"
    [title] = re.findall("<title>(.*)</title>", page.content.decode())
    assert not holds(title)
    for answer in (page, part):
        if typed != "48 29 15":
            assert "Guest 482915" in words(answer)
        assert not [link for link in links(answer) if holds(link)]
        assert not [value for key, value in answer.headers.items() if holds(value)]
    assert not [record for record in caplog.records if typed in record.getMessage()]


@pytest.mark.parametrize("name", PAGES)
def test_an_address_that_has_them_is_left_at_once(desk, house, name):
    answer = desk.get(path(house, name), {"q": "482915"})

    assert (answer.status_code, answer["Location"]) == (302, path(house, name))


@pytest.mark.parametrize("name", PAGES)
def test_other_words_have_an_address_with_and_without_javascript(desk, house, name):
    plain = desk.post(path(house, name), {"q": "guest"})
    found = desk.get(plain["Location"])

    assert plain["Location"] == f"{path(house, name)}?q=guest"
    assert "Guest 482915" in words(found)


@pytest.mark.parametrize("name", ["code-list", "lock-list"])
def test_a_list_tells_the_browser_its_new_address_and_keeps_its_filters(desk, house, name):
    state = {"code-list": "on_lock", "lock-list": "takes"}[name]

    answer = desk.post(path(house, name), {"q": "guest", "state": state}, headers=HTMX)

    assert sorted(answer["HX-Push-Url"].partition("?")[2].split("&")) == [
        "q=guest",
        f"state={state}",
    ]
    assert "q=guest" in str(attributes(answer, "live")["hx-get"])


@pytest.mark.parametrize("name", ["code-list", "lock-list"])
def test_a_list_found_by_digits_does_not_ask_for_news_by_its_address(desk, house, name):
    answer = desk.post(path(house, name), {"q": "482915"}, headers=HTMX)

    assert "hx-get" not in attributes(answer, "live")


@pytest.mark.parametrize("name", PAGES)
def test_every_field_sends_by_post_with_its_token(desk, house, name):
    page = desk.get(path(house, name)).content.decode()
    forms = re.findall(r'<form class="find[^>]*>.*?</form>', page, re.DOTALL)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies

    assert len(forms) == 2
    for form in forms:
        assert 'method="post"' in form
        assert "hx-get" not in form
        assert 'name="csrfmiddlewaretoken"' in form
    assert strict.post(path(house, name), {"q": "482915"}).status_code == 403
