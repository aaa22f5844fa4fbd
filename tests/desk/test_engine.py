"""Staff see on the page they look at that codes are not sent, without loading it anew."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.engine.watchdog import watch
from accesscodes.engine_health import EngineHealth, EngineState, engine_health
from accesscodes.models import EngineBeat
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.desk.html import attributes, ids, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}

STOPPED = (
    "The engine is not running. Codes are neither sent nor removed until an administrator starts "
    "it. It was last seen today at 10:59."
)


@pytest.fixture
def code(world):
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    world.run(minutes=10)
    world.clock.now -= timedelta(minutes=10)
    EngineBeat.objects.update(beat_at=world.now)
    Device.objects.update(due_at=None)
    return code


def every_page(world, code):
    """Return the address of every page of the desk."""
    house, lock = world.property.slug, world.device().uid
    return [
        reverse("lock-list", args=[house]),
        reverse("code-list", args=[house]),
        reverse("lock-detail", args=[house, lock]),
        reverse("keypad", args=[house, lock]),
        reverse("code-issue", args=[house, lock]),
        reverse("choose-door", args=[house]),
        *(
            reverse(name, args=[house, code.uid])
            for name in (
                "code-detail",
                "code-dates",
                "code-rename",
                "code-change-pin",
                "code-delete",
            )
        ),
    ]


def test_every_page_hears_within_two_minutes_that_the_engine_stopped(desk, world, code):
    for path in every_page(world, code):
        page = desk.get(path)
        assert (path, words(page, "engine-note")) == (path, "")
        live = attributes(page, "live")
        waits = int(live["hx-trigger"].removeprefix("every ").partition("s")[0])
        assert EngineBeat.dead_after() + timedelta(seconds=waits) < timedelta(minutes=2)

        EngineBeat.objects.update(beat_at=world.now - timedelta(seconds=20))
        heard = desk.get(live["hx-get"], headers=HTMX)
        EngineBeat.objects.update(beat_at=world.now)

        assert (path, words(heard, "engine-note")) == (path, STOPPED)
        assert b"<html" not in heard.content


def test_a_form_is_left_alone_by_the_news(desk, world, code):
    page = desk.get(reverse("code-issue", args=[world.property.slug, world.device().uid]))
    EngineBeat.objects.update(beat_at=world.now - timedelta(minutes=1))

    heard = desk.get(attributes(page, "live")["hx-get"], headers=HTMX)

    assert set(ids(heard)) == {"live", "engine-note"}


def test_engines_that_take_no_work_are_told_although_they_beat(desk, world, code):
    Device.objects.update(due_at=world.now - timedelta(minutes=2))

    page = desk.get(reverse("lock-list", args=[world.property.slug]))

    assert words(page, "engine-note") == (
        "The engine is not keeping up. Codes are sent and removed late: a lock has been waiting "
        "since today at 10:58. Tell an administrator."
    )


def test_the_page_says_that_an_engine_doubts_its_clock(desk, world, code):
    EngineBeat.objects.update(clock_off_by=timedelta(hours=1))

    page = desk.get(reverse("lock-list", args=[world.property.slug]))

    assert words(page, "engine-note") == (
        "The engine's clock is wrong. Codes stay on their locks past their end until an "
        "administrator sets it right."
    )


def health_of(world, **columns):
    Device.objects.update(**columns)
    return engine_health(world.now)


def test_a_lock_that_an_engine_holds_is_not_waiting(world, code):
    before = world.now - timedelta(minutes=10)
    running = EngineHealth(EngineState.RUNNING)

    assert health_of(world, due_at=before + timedelta(minutes=8, seconds=1)) == running
    assert health_of(world, due_at=before) == EngineHealth(EngineState.BEHIND, before)
    held = {"lease_owner": world.engine_id, "lease_until": world.now + timedelta(seconds=90)}
    assert health_of(world, **held) == running
    assert health_of(world, lease_until=world.now) == EngineHealth(EngineState.BEHIND, before)
    assert health_of(world, is_managed=False) == running


def test_one_engine_of_several_is_enough(world, code):
    EngineBeat.objects.update(beat_at=world.now - timedelta(hours=1))
    assert engine_health(world.now).state is EngineState.STOPPED

    world.new_engine()

    assert engine_health(world.now) == EngineHealth(EngineState.RUNNING)


def test_an_engine_that_said_goodbye_is_not_running(world, code):
    EngineBeat.objects.update(stopped_at=world.now)

    assert engine_health(world.now) == EngineHealth(EngineState.STOPPED, world.now)


def test_what_concerns_the_account_stands_on_each_of_its_locks_and_codes(desk, world):
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, True, now=world.now)
    world.refresh()
    watch(world.now)
    sentence = (
        "Locksite is no longer allowed to control the locks of Virtual locks. 1 code there can be "
        "neither sent nor removed."
    )

    lock = desk.get(reverse("lock-detail", args=[world.property.slug, world.device().uid]))
    page = desk.get(reverse("code-detail", args=[world.property.slug, code.uid]))

    assert words(lock, "lock-problems").startswith(sentence)
    assert sentence in words(page, "code-panel")


def test_a_sign_of_life_from_the_future_says_nothing(world, code):
    EngineBeat.objects.update(beat_at=world.now + timedelta(minutes=2))

    assert engine_health(world.now) == EngineHealth(EngineState.STOPPED)
