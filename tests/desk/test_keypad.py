"""The keypad of a virtual lock: the truth that all badges can be held against."""

import pytest
from django.urls import reverse

from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.choices import Fault, ProviderKind
from properties.models import ProviderAccount
from properties.providers.virtual.people import switch_fault
from tests.desk.html import attributes, ids, links, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(world):
    return reverse("keypad", args=[world.property.slug, world.device().uid])


def test_a_pin_on_the_lock_opens_the_door(desk, world, path):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    page = desk.post(path, {"pin": "482915"})
    fragment = desk.post(path, {"pin": "482915"}, headers={"HX-Request": "true"})

    assert words(page, "keypad-answer") == "The door opens Unlocked with the code for Lena."
    assert ids(fragment) == ["keypad-answer"]
    assert b"482915" not in page.content
    assert Event.objects.filter(event_type="lock.unlocked").count() == 2


def test_any_other_pin_leaves_it_shut(desk, path):
    page = desk.post(path, {"pin": "111222"})

    assert words(page, "keypad-answer") == (
        "The door stays shut No code on the lock has this PIN."
    )


def test_a_dead_keypad_hears_nothing(desk, world, path):
    switch_fault(world.locks[0], Fault.PRIVACY_MODE, True, now=world.now)
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    page = desk.post(path, {"pin": "482915"})

    assert words(page, "keypad-answer").startswith("The door stays shut Privacy mode is on.")


def test_the_pin_travels_in_the_body_alone(desk, path):
    page = desk.get(path, {"pin": "482915"})

    assert attributes(page, "id_pin").get("value") is None
    assert words(page, "keypad-answer") == ""
    assert not [link for link in links(page) if "482915" in link]


def test_the_page_of_a_virtual_lock_leads_to_its_keypad(desk, world, path):
    page = desk.get(reverse("lock-detail", args=[world.property.slug, world.device().uid]))

    assert attributes(page, "to-keypad")["href"] == path


def test_a_lock_that_is_real_has_none(desk, world, path):
    ProviderAccount.objects.update(kind=ProviderKind.SEAM)

    page = desk.get(reverse("lock-detail", args=[world.property.slug, world.device().uid]))

    assert "to-keypad" not in ids(page)
    assert desk.get(path).status_code == 404
