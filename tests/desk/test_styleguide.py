"""The style guide shows all there is, and only where somebody asked for it."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.urls import reverse

from accesscodes.web import specimens, styleguide_views
from accesscodes.web.states import STATES
from properties.capabilities import Verdict
from tests.desk.html import words

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ALL = [each for group in styleguide_views.groups().values() for each in group]


@pytest.fixture
def page(client, settings):
    settings.LOCKSITE_STYLEGUIDE = True
    return client.get(reverse("styleguide"))


def test_it_is_there_only_where_a_setting_says_so(client, settings, page):
    settings.LOCKSITE_STYLEGUIDE = False

    assert page.status_code == 200
    assert client.get(reverse("styleguide")).status_code == 404


def test_it_asks_the_database_nothing(page):
    # No `db` fixture: any query would have failed.
    assert "Every component in every state" in words(page, "main")


def test_every_state_of_a_code_is_shown():
    assert [code.state.key for code in specimens.codes()] == [row.key for row in STATES]


def test_every_verdict_is_shown_and_is_what_it_says():
    assert {key: lock.verdict for key, lock in specimens.VERDICTS.items()} == {
        verdict: verdict for verdict in Verdict
    }


def test_every_component_is_shown():
    there = {f"components/{path.name}" for path in (TEMPLATES / "components").glob("*.html")}

    assert there - {each.template for each in ALL} == set()


def test_every_part_of_the_page_of_a_guest_at_the_door_is_shown():
    page = (TEMPLATES / "accesscodes" / "code_now.html").read_text()
    parts = set(re.findall(r'{% include "([^"]+)"', page)) - {"accesscodes/_code_crumbs.html"}

    assert len(parts) == 4
    assert parts - {each.template for each in ALL} == set()


def test_every_specimen_is_on_the_page_under_its_title(page):
    text, shown = page.content.decode(), words(page, "main")

    assert len(ALL) > 200
    for each in ALL:
        get_template(each.template)
        assert each.title in shown
    assert "hx-" not in text


def test_no_two_things_have_one_id(page):
    ids = re.findall(r'\sid="([^"]+)"', page.content.decode())

    assert len(ids) == len(set(ids))


def test_no_pin_of_a_lock_is_on_it(page):
    assert specimens.INVENTED_PIN in words(page, "main")
    assert len(set(specimens.INVENTED_PIN)) == 1
