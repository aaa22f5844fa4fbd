"""A guest is at the door: the ways in, in the order in which they should be tried."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accesscodes import bolts
from accesscodes.models import AccessCode, ActionAttempt
from accesscodes.openings import type_at_keypad
from accesscodes.services import CodeChanges, CodeSpec, change_code, issue_code, withdraw_code
from accesscodes.web.door_ladder import AtTheDoor, Way, ladder, usual_wait
from accesscodes.web.states import STATES
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.models import Device
from properties.providers.virtual.people import edit_at_keypad, switch_fault
from tests.desk.html import attributes, ids, links, words

NOW = datetime(2026, 11, 24, 13, 32, tzinfo=UTC)
DOOR = AtTheDoor("set", None, NOW, ZoneInfo("Europe/Berlin"), "Apartment 101", has_plan_b=True)
EARLY = NOW + timedelta(hours=2)
EVERYTHING = {"has_backup": True, "can_open": True, "takes_offline": True}


def at(key, **facts):
    return replace(DOOR, key=key, **facts)


def ways(door):
    return [str(step.way) for step in ladder(door)]


@pytest.mark.parametrize(
    ("door", "order"),
    [
        # The PIN is there: say how to type it.
        (at("set"), ["show_pin", "plan_b"]),
        (at("set", **EVERYTHING), ["show_pin", "use_backup", "open", "offline", "plan_b"]),
        (at("set_warn"), ["show_pin", "plan_b"]),
        (at("loaded_unseen", is_reached=False), ["show_pin", "plan_b"]),
        (at("offline_ok", is_offline_code=True), ["show_pin", "plan_b"]),
        (at("set_early", starts_at=EARLY), ["show_pin", "plan_b"]),
        # The guest is early.
        (at("loaded", starts_at=EARLY), ["start_now", "plan_b"]),
        (at("scheduled", starts_at=EARLY, can_open=True), ["open", "start_now", "plan_b"]),
        (at("loaded", starts_at=EARLY, is_reached=False), ["plan_b"]),
        (at("offline_ok", starts_at=EARLY, is_offline_code=True), ["plan_b"]),
        # Early, and this code would not open at its start either: one of its own, from now.
        (at("duplicate", starts_at=EARLY), ["issue", "plan_b"]),
        # An old PIN works until the new one is there.
        (at("updating", still_opens=True), ["old_pin", "wait", "plan_b"]),
        # It is on its way.
        (at("setting"), ["wait", "plan_b"]),
        (at("setting", has_backup=True), ["use_backup", "wait", "plan_b"]),
        (at("slow_set", can_open=True), ["open", "retry", "plan_b"]),
        (at("failed"), ["retry", "issue", "plan_b"]),
        # The lock holds it already: nothing is sent only to be seen to do something.
        (at("failed", is_proven=True), ["issue", "plan_b"]),
        (
            at("failed", **EVERYTHING),
            ["use_backup", "open", "retry", "issue", "offline", "plan_b"],
        ),
        (at("unknown"), ["retry", "issue", "plan_b"]),
        # This PIN will never do.
        (at("duplicate"), ["change_pin", "issue", "plan_b"]),
        (at("refused"), ["change_pin", "issue", "plan_b"]),
        (at("changed"), ["restore", "issue", "plan_b"]),
        (at("inactive"), ["restore", "issue", "plan_b"]),
        # No slot is free, so nothing new goes on either.
        (at("full", takes_offline=True), ["offline", "plan_b"]),
        # Nothing can be sent.
        (at("blocked", is_reached=False), ["plan_b"]),
        (at("blocked", is_reached=False, has_backup=True), ["use_backup", "plan_b"]),
        (at("account", is_reached=False, takes_offline=True), ["offline", "plan_b"]),
        # A backup was taken already.
        (at("backup", is_backup_in_use=True), ["show_backup", "retry", "issue", "plan_b"]),
        # Nobody can type: no PIN is offered, whichever it is.
        (
            at("set_shut", is_shut=True, shut_by="Its keypad disconnected.", **EVERYTHING),
            ["open", "plan_b"],
        ),
        (at("set_shut", is_shut=True, shut_by="Privacy mode is on."), ["plan_b"]),
        # The stay is over, or somebody deleted the code.
        (at("expired", has_backup=True), ["issue", "plan_b"]),
        (at("removing", has_backup=True, can_open=True), ["issue", "plan_b"]),
        (at("undo"), ["undo", "plan_b"]),
        (at("no_pin", has_pin=False, is_offline_code=True, can_open=True), ["open", "plan_b"]),
    ],
)
def test_the_ways_in_come_in_the_order_of_speed_and_fit_the_cause(door, order):
    assert ways(door) == order


@pytest.mark.parametrize("key", [row.key for row in STATES])
@pytest.mark.parametrize("facts", [{}, EVERYTHING, {"is_shut": True, "shut_by": "No keypad."}])
def test_there_is_always_a_way_in_and_each_says_why_and_how_long(key, facts):
    steps = ladder(at(key, **facts))

    assert steps[-1].way is Way.PLAN_B
    assert len({step.way for step in steps}) == len(steps)
    assert all(step.title and step.reason and step.wait for step in steps)
    if facts.get("is_shut"):
        assert not {Way.SHOW_PIN, Way.USE_BACKUP, Way.RETRY, Way.ISSUE} & {
            step.way for step in steps
        }


def test_how_long_it_takes_comes_from_what_the_lock_did():
    answers = [timedelta(seconds=length) for length in (2, 41, 3)]
    assert usual_wait(answers) == timedelta(seconds=3)
    assert usual_wait([]) is None

    timed = ladder(at("setting", usual=timedelta(seconds=3)))[0]
    unknown = ladder(at("setting"))[0]
    assert timed.wait == "This lock usually takes 3 s"
    assert unknown.wait == "Usually within 3 min"


def test_without_a_plan_b_the_page_says_so():
    last = ladder(at("blocked", is_reached=False, has_plan_b=False))[-1]

    assert last.title == "Let the guest in yourself"
    assert "No Plan B is written down" in last.reason


# ---- The page -----------------------------------------------------------------------------------


@pytest.fixture
def code(world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    return code


def path(world, code, name="code-now"):
    return reverse(name, args=[world.property.slug, code.uid])


@pytest.mark.django_db
def test_a_code_on_its_lock_is_shown_here_by_post_and_not_before(desk, world, code):
    world.property.keypad_hint = "Press the check key after the PIN."
    world.property.save()

    page = desk.get(path(world, code))

    assert words(page, "way-show_pin").startswith(
        "1. Show the PIN and say how to type it It is on the lock. Press the check key after the "
        "PIN."
    )
    assert {"pin-show", "handover"} <= set(ids(page))
    assert "482915" not in page.content.decode()
    assert path(world, code, "code-pin") in links(page)


@pytest.mark.django_db
def test_a_changed_pin_leaves_the_old_one_in_force_and_the_page_says_so(desk, world, code):
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    change_code(code, CodeChanges(pin=Pin("703611")), actor=SYSTEM, now=world.now)

    page = desk.get(path(world, code))

    assert "Let the guest use the PIN from before the change" in words(page, "way-old_pin")
    assert world.type("482915").opened


@pytest.mark.django_db
def test_a_pin_that_others_put_in_its_place_is_no_old_pin_of_the_guest(desk, world, code):
    edit_at_keypad(world.locks[0], 1, pin=Pin("999123"), now=world.now)
    switch_fault(world.locks[0], Fault.POWER_SAVING, on=True, now=world.now)
    world.run(minutes=5)

    page = desk.get(path(world, code))

    assert world.type("999123").opened
    assert "way-old_pin" not in ids(page)


@pytest.mark.django_db
def test_where_no_pin_opens_the_door_none_is_offered(desk, world, code):
    switch_fault(world.locks[0], Fault.PRIVACY_MODE, on=True, now=world.now)
    world.refresh()

    page = desk.get(path(world, code))

    assert "way-show_pin" not in ids(page)
    assert "while privacy mode is on" in words(page, "way-plan_b")
    assert f"{reverse('lock-detail', args=[world.property.slug, world.device().uid])}#plan-b" in (
        links(page)
    )


@pytest.mark.django_db
def test_the_door_is_opened_from_afar_after_one_question_and_the_page_tells_how_it_went(
    desk, world, code
):
    Device.objects.update(flags={**world.device().flags, "can_remotely_unlock": True})
    assert "do-open" in ids(desk.get(path(world, code)))
    question = desk.get(path(world, code, "code-open"))
    assert "The door opens for whoever stands there." in words(question, "main")
    assert not ActionAttempt.objects.exists()

    asked = desk.post(path(world, code, "code-open"), follow=True)
    assert words(asked, "tried").startswith("Asked to open")
    [entry] = AuditEntry.objects.filter(action="lock.unlock_door")
    assert entry.actor_label == "mara"

    world.clock.move(seconds=5)  # no engine took it up
    late = desk.get(path(world, code))
    assert words(late, "tried").startswith("It did not open")
    assert "The door was not moved." in words(late, "tried")


@pytest.mark.django_db
def test_a_lock_that_cannot_be_moved_is_not_asked(desk, world, code):
    Device.objects.update(flags={**world.device().flags, "can_remotely_unlock": False})

    page = desk.get(path(world, code))
    answer = desk.post(path(world, code, "code-open"), follow=True)

    assert "do-open" not in ids(page)
    assert bolts.NEEDS[bolts.UNLOCK][1] in words(answer, "toast")
    assert not ActionAttempt.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["code-now", "code-open", "code-pin"])
def test_nobody_gets_in_by_a_code_that_is_gone(desk, world, code, name):
    withdraw_code(code, actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    answer = desk.post(path(world, code, name), follow=True)
    shown = desk.get(path(world, code, name), follow=True)

    assert answer.status_code in {405, 410}
    assert shown.status_code == 410
    assert "482915" not in answer.content.decode()
    assert not ActionAttempt.objects.exists()


@pytest.mark.django_db
def test_the_page_changes_nothing(desk, world, code):
    before = AccessCode.objects.get().version

    desk.get(path(world, code))

    assert AccessCode.objects.get().version == before
    assert not ActionAttempt.objects.exists()
    assert not AuditEntry.objects.filter(actor_label="mara").exists()


# ---- The door, and having it looked at again ----------------------------------------------------


@pytest.mark.django_db
def test_of_a_code_on_its_lock_the_page_says_when_it_was_seen_and_that_sending_is_no_help(
    desk, world, code
):
    world.clock.move(minutes=2)

    card = words(desk.get(path(world, code)), "door-facts")

    assert "This code It is on the lock, seen there today" in card
    assert "ago. Sending it again would change nothing." in card
    assert "way-retry" not in ids(desk.get(path(world, code)))


@pytest.mark.django_db
def test_of_a_code_that_is_not_there_the_page_says_how_far_it_is(desk, world):
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    waiting = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    world.refresh()

    card = words(desk.get(path(world, waiting)), "door-facts")

    assert "This code Written down; not sent to the lock yet." in card
    assert "Sending it again" not in card
    assert "Connection Offline since" in card
    assert "contact" not in card


@pytest.mark.django_db
def test_keypad_batteries_and_the_age_of_all_this_stand_on_the_page(desk, world, code):
    card = words(desk.get(path(world, code)), "door-facts")

    for label in ("Keypad", "Keypad battery", "Lock battery", "Connection Online"):
        assert label in card
    assert "Account reported Today" in card


@pytest.mark.django_db
def test_the_last_opening_with_this_code_is_told(desk, world, code):
    before = words(desk.get(path(world, code)), "door-facts")
    type_at_keypad(world.device(), Pin("482915"), actor=SYSTEM, now=world.now)

    after = words(desk.get(path(world, code)), "door-facts")

    assert "Last opening with this code None that we know of" in before
    assert "Last opening with this code Today" in after


@pytest.mark.django_db
def test_the_lock_is_looked_at_again_and_the_page_hears_of_the_answer(desk, world, code):
    world.clock.move(minutes=2)
    generation = world.device().generation

    asked = desk.post(path(world, code), follow=True)
    live = attributes(asked, "live")
    world.clock.move(seconds=5)
    world.work()
    world.refresh()
    heard = desk.get(live["hx-get"], headers={"HX-Request": "true"})

    assert words(asked, "door-facts").endswith("Check the lock now Checking now…")
    assert live["hx-trigger"].startswith("every 1s")
    assert world.device().generation > generation
    assert "Account reported again at" in words(heard, "door-facts")
    assert b"<html" not in heard.content


@pytest.mark.django_db
def test_looking_for_news_asks_for_no_pin_and_is_not_for_housekeeping(desk, sign_in, world, code):
    live = attributes(desk.get(path(world, code)), "live")["hx-get"]
    asked = live.partition("&t=")[0]

    whole = desk.get(asked)
    housekeeping = sign_in(Role.HOUSEKEEPING, world.property, "otto").get(asked)

    assert "482915" not in whole.content.decode()
    assert (whole.status_code, housekeeping.status_code) == (200, 404)


@pytest.mark.django_db
def test_the_page_costs_a_fixed_number_of_queries(desk, world, code):
    counts = []
    for number in range(2):
        issue_code(world.device(), CodeSpec(name=f"G {number}"), actor=SYSTEM, now=world.now)
        world.run(minutes=1)
        desk.get(path(world, code))
        with CaptureQueriesContext(connection) as asked:
            desk.get(path(world, code))
        counts.append(len(asked))

    assert counts[0] == counts[1]
