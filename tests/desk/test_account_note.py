"""A whole account that is out of reach is one note on every page, not a red row for each lock."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.engine.watchdog import watch
from accesscodes.models import EngineBeat, Problem
from accesscodes.services import CodeSpec, issue_code
from accesscodes.web.news import news_of
from locksite.actors import SYSTEM
from properties.choices import AccountState
from properties.models import Device, ProviderAccount
from tests.desk.html import attributes, ids, words
from tests.factories import AccountFactory, DeviceFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGES = ["arrivals", "lock-list", "code-list", "activity", "choose-door"]


@pytest.fixture
def arrivals(world):
    """Let a dozen guests arrive tomorrow, whose codes are on the lock already."""
    codes = [
        issue_code(
            world.device(),
            CodeSpec(
                name=f"Guest {number}",
                starts_at=world.now + timedelta(hours=20 + number),
                ends_at=world.now + timedelta(days=3),
            ),
            actor=SYSTEM,
            now=world.now,
        )
        for number in range(12)
    ]
    world.run(minutes=10)
    return codes


def go_silent(world, **columns):
    """Let the account be out of reach for five minutes, and the watchdog look."""
    since = world.now
    world.clock.move(minutes=5)
    ProviderAccount.objects.update(**(columns or {"silent_since": since}))
    EngineBeat.objects.update(beat_at=world.now)
    Device.objects.update(due_at=None)
    watch(world.now)


def open_page(desk, world, name):
    return desk.get(reverse(name, args=[world.property.slug]))


def test_an_account_that_does_not_answer_is_one_note_on_every_page(desk, world, arrivals):
    go_silent(world)

    for name in PAGES:
        page = open_page(desk, world, name)
        said = words(page, "account-note")
        assert (name, said.count("does not answer.")) == (name, 1)
        assert "Codes that are on its locks keep working" in said
        assert "Since today at 11:10." in said
    page = open_page(desk, world, "arrivals")
    assert [found for found in ids(page) if found.startswith("arrival-")]
    assert words(page, "nav-count") == "0 to act on now"


def test_it_comes_and_goes_by_itself_on_a_page_that_is_open(desk, world, arrivals):
    page = open_page(desk, world, "lock-list")
    assert words(page, "account-note") == ""
    go_silent(world)

    heard = desk.get(attributes(page, "live")["hx-get"], headers=HTMX)
    assert "does not answer." in words(heard, "account-note")

    ProviderAccount.objects.update(silent_since=None)
    watch(world.now)
    healed = desk.get(attributes(heard, "live")["hx-get"], headers=HTMX)
    assert words(healed, "account-note") == ""
    assert "account-note" in ids(healed)


def test_an_account_that_lets_nobody_in_comes_before_one_that_is_slow(desk, world, arrivals):
    other = AccountFactory(name="Second cloud", silent_since=world.now)
    DeviceFactory(account=other, property=world.property)
    issue_code(other.devices.get(), CodeSpec(name="Zoe"), actor=SYSTEM, now=world.now)
    world.clock.move(minutes=5)
    ProviderAccount.objects.exclude(pk=other.pk).update(state=AccountState.DISCONNECTED)
    EngineBeat.objects.update(beat_at=world.now)
    watch(world.now)
    assert set(Problem.objects.open().exclude(account=None).values_list("cause", flat=True)) == {
        "account_disconnected",
        "account_silent",
    }

    said = words(open_page(desk, world, "arrivals"), "account-note")

    assert "no longer allowed to control the locks" in said
    assert "The same of one more account." in said
    assert "reconnects the account in Admin" in said


def test_an_account_of_another_house_is_none_of_ours(world, arrivals):
    go_silent(world)
    elsewhere = DeviceFactory().property

    assert news_of(elsewhere, world.now).account is None
    assert news_of(world.property, world.now).account is not None
