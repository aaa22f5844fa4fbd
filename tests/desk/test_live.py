"""Live badges: one small request, answered by what changed and nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.models import EngineBeat
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.virtual.people import switch_fault
from tests.desk.html import attributes, ids, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)
SIGNING_IN = 4
"""Queries of each request: session, person, roles, properties."""


def issue(world, name="Lena", pin="482915", **parts):
    spec = CodeSpec(name=name, pin=pin and Pin(pin), **parts)
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


def next_look(page):
    return attributes(page, "live")["hx-get"]


def interval(page):
    return attributes(page, "live").get("hx-trigger")


def test_nothing_new_is_answered_with_nothing(desk, world):
    issue(world)
    world.run(minutes=10)
    for name, thing in (("lock-list", []), ("code-list", []), ("lock-detail", [world.device()])):
        page = desk.get(reverse(name, args=[world.property.slug, *(one.uid for one in thing)]))

        answer = desk.get(next_look(page), headers=HTMX)

        assert (answer.status_code, answer.content) == (204, b"")


def test_the_badge_of_a_code_follows_it_on_to_the_lock_and_off_again(desk, world):
    code = issue(world)
    page = desk.get(reverse("code-detail", args=[world.property.slug, code.uid]))
    assert words(page, "code-badge") == "Sending to lock"
    assert interval(page) == "every 1s, refresh"

    world.run(seconds=20)
    there = desk.get(next_look(page), headers=HTMX)
    assert words(there, "code-badge") == "On the lock"
    assert words(there, "handover") == "Ready to hand over."
    assert words(there, "announce") == (
        f"{world.device().display_name}: code for Lena is on the lock."
    )
    assert b"<html" not in there.content
    assert "pin" not in ids(there)

    withdraw_code(code, actor=SYSTEM, now=world.now)
    leaving = desk.get(next_look(there), headers=HTMX)
    assert words(leaving, "code-badge") == "Removing"

    world.run(minutes=1)
    gone = desk.get(next_look(leaving), headers=HTMX)
    assert gone.status_code == 286
    assert words(gone, "code-badge") == "Removed"
    assert interval(gone) is None


def test_only_the_rows_that_changed_are_sent(desk, world):
    first, second = issue(world), issue(world, name="Nora", pin="906437")
    world.run(minutes=10)
    page = desk.get(reverse("code-list", args=[world.property.slug]))

    withdraw_code(second, actor=SYSTEM, now=world.now)
    answer = desk.get(next_look(page), headers=HTMX)

    sent = [each for each in ids(answer) if each in {f"code-{first.uid}", f"code-{second.uid}"}]
    assert sent == [f"code-{second.uid}"]
    assert attributes(answer, f"code-{second.uid}")["hx-swap-oob"] == "true"
    assert words(answer, f"code-{second.uid}").endswith(
        "Removing Being removed. It may work until this is done."
    )


def test_a_list_whose_rows_are_others_is_sent_as_a_whole(desk, world):
    page = desk.get(reverse("code-list", args=[world.property.slug]))
    issue(world)

    answer = desk.get(next_look(page), headers=HTMX)

    assert attributes(answer, "code-list")["hx-swap-oob"] == "true"
    assert "Lena" in words(answer, "code-list")
    assert desk.get(next_look(answer), headers=HTMX).status_code == 204


def test_the_codes_of_a_door_follow_too(desk, world):
    code = issue(world)
    page = desk.get(reverse("lock-detail", args=[world.property.slug, world.device().uid]))

    world.run(seconds=20)
    answer = desk.get(next_look(page), headers=HTMX)

    assert words(answer, f"code-{code.uid}") == "Lena On the lock Until removed"
    assert "lock-usage" in ids(answer)
    assert "verdict" not in ids(answer)


def test_looks_are_quick_after_a_change_and_rare_when_all_is_quiet(desk, world):
    code = issue(world)
    path = reverse("code-detail", args=[world.property.slug, code.uid])
    world.run(seconds=20)
    quick = desk.get(path)
    world.run(minutes=3)
    quiet = desk.get(path)

    assert interval(quick) == "every 1s, refresh"
    assert interval(quiet) == "every 2s, refresh"


def test_the_page_hears_that_the_engine_stopped(desk, world):
    page = desk.get(reverse("lock-list", args=[world.property.slug]))
    EngineBeat.objects.update(beat_at=world.now - timedelta(minutes=1))

    answer = desk.get(next_look(page), headers=HTMX)

    assert words(answer, "engine-note").startswith("The engine is not running.")


@pytest.mark.parametrize(
    "query", ["", "scope=", "scope=lock:x", "scope=code:1", "scope=door", "scope=lock"]
)
def test_nonsense_is_not_found(desk, world, query):
    answer = desk.get(f"{reverse('live', args=[world.property.slug])}?{query}", headers=HTMX)

    assert answer.status_code == 404


@pytest.mark.parametrize("shown", ["", "A", "x" * 4000, "\x00"])
def test_a_mark_that_makes_no_sense_gets_everything(desk, world, shown):
    issue(world)
    path = reverse("live", args=[world.property.slug])

    answer = desk.get(path, {"scope": "codes", "v": shown}, headers=HTMX)

    assert answer.status_code == 200
    assert {"live", "code-list", "code-chips", "engine-note"} <= set(ids(answer))


@pytest.mark.parametrize("number", [1, 50])
@pytest.mark.parametrize(
    "name", ["arrivals", "lock-list", "code-list", "lock-detail", "code-detail"]
)
def test_a_look_where_nothing_changed_costs_one_query(
    name, number, desk, world, django_assert_num_queries
):
    for each in range(number):
        code = issue(
            world,
            name=f"Guest {each}",
            pin=None,
            starts_at=world.now + timedelta(hours=1),
            ends_at=world.now + timedelta(hours=2),
        )
    world.run(minutes=4)
    thing = {"lock-detail": [world.device().uid], "code-detail": [code.uid]}.get(name, [])
    where = next_look(desk.get(reverse(name, args=[world.property.slug, *thing])))

    with django_assert_num_queries(SIGNING_IN + 1):  # how things stand
        answer = desk.get(where, headers=HTMX)

    assert answer.status_code == 204


COSTS = {
    "arrivals": 2,  # how things stand; arrivals with their doors
    "code-issue": 2,  # the same: of a form its frame alone is kept up to date
    "lock-list": 3,  # the same, and the doors
    "code-list": 4,  # how things stand; doors; codes, arrivals among them; others' codes
    "code-detail": 7,  # the first two; the code with its door, commands, events, deeds, problems
    "activity": 8,  # the first two; problems, events, deeds, and names of three kinds of things
    # the first two; the door, its codes, events and their names, others' codes, problems, and
    # when it was last moved from here
    "lock-detail": 9,
}
"""Queries of a look that finds a change, by page."""


@pytest.mark.parametrize("number", [1, 12])
def test_a_look_that_finds_a_change_costs_the_same_however_much_there_is(
    number, desk, world, django_assert_num_queries
):
    for each in range(number):
        code = issue(
            world,
            name=f"Guest {each}",
            pin=None,
            starts_at=world.now + timedelta(hours=1),
            ends_at=world.now + timedelta(hours=2),
        )
    world.run(minutes=4)
    lock = world.device()
    things = {"lock-detail": [lock.uid], "code-issue": [lock.uid], "code-detail": [code.uid]}
    looks = {
        name: next_look(desk.get(reverse(name, args=[world.property.slug, *things.get(name, [])])))
        for name in COSTS
    }
    withdraw_code(code, actor=SYSTEM, now=world.now, wait=timedelta(seconds=10))

    for name, cost in COSTS.items():
        with django_assert_num_queries(SIGNING_IN + cost):
            answer = desk.get(looks[name], headers=HTMX)

        assert (name, answer.status_code) == (name, 200)


def test_words_that_tell_an_age_turn_although_nothing_else_changed(desk, world):
    code = issue(world, starts_at=world.now + timedelta(minutes=28), ends_at=world.now + DAY)
    world.run(minutes=5)
    page = desk.get(reverse("arrivals", args=[world.property.slug]))
    assert "in 23 min" in words(page, f"arrival-{code.uid}")
    world.clock.move(minutes=1)
    world.beat()

    answer = desk.get(next_look(page), headers=HTMX)

    assert "in 22 min" in words(answer, f"arrival-{code.uid}")


def test_the_seconds_left_to_undo_are_counted_down(desk, world):
    code = issue(world)
    world.run(minutes=4)
    withdraw_code(code, actor=SYSTEM, now=world.now, wait=timedelta(seconds=10))
    page = desk.get(reverse("code-detail", args=[world.property.slug, code.uid]))
    before = words(page, "code-badge")
    world.clock.move(seconds=2)

    answer = desk.get(next_look(page), headers=HTMX)

    assert before.startswith("Removing in")
    assert words(answer, "code-badge").startswith("Removing in")
    assert words(answer, "code-badge") != before


def test_a_lock_to_be_checked_soon_is_not_taken_for_a_code_that_is_counted_down(desk, world):
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)
    world.refresh()
    for name, thing in (("lock-list", []), ("lock-detail", [world.device().uid])):
        page = desk.get(reverse(name, args=[world.property.slug, *thing]))
        assert "check" in words(page, "main").lower()
        world.clock.move(seconds=2)

        assert "t=1-" not in next_look(page)
        assert desk.get(next_look(page), headers=HTMX).status_code == 204


def test_an_answer_to_an_action_takes_the_place_of_what_looks_for_news(desk, world):
    code = issue(world)
    world.run(minutes=1)
    prop = world.property.slug
    filtered = desk.get(reverse("code-list", args=[prop]), {"q": "lena"}, headers=HTMX)
    checked = desk.post(reverse("lock-check", args=[prop, world.device().uid]), headers=HTMX)
    retried = desk.post(reverse("code-retry", args=[prop, code.uid]), headers=HTMX)

    for answer in (filtered, checked, retried):
        assert attributes(answer, "live")["hx-swap-oob"] == "true"


def test_looking_does_not_keep_a_session_alive(desk, world):
    where = next_look(desk.get(reverse("lock-list", args=[world.property.slug])))

    answer = desk.get(where, headers=HTMX)

    assert answer.cookies == {}
