"""The list of doors, the page of one, and checking again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.choices import Severity
from accesscodes.models import EngineBeat, Problem
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Fault
from properties.models import Device, ProviderAccount
from properties.providers.virtual.people import add_foreign_code, switch_fault
from properties.stamps import stamp
from tests.accesscodes.world import World
from tests.desk.html import attributes, ids, links, words
from tests.factories import DeviceFactory, PropertyFactory

pytestmark = pytest.mark.django_db


def lock_path(world, name="lock-detail", lock=None):
    return reverse(name, args=[world.property.slug, world.device(lock).uid])


def list_path(world):
    return reverse("lock-list", args=[world.property.slug])


@pytest.fixture
def hotel(clock):
    """Four doors: one fine, one whose keypad died, one with a weak battery, one never read."""
    world = World("schlage", "nuki", "yale", "schlage", clock=clock)
    names = ("Room 10", "Room 9", "Room 8", "Room 7")
    for lock, name in zip(world.locks, names, strict=True):
        world.device(lock)
        Device.objects.filter(remote_id=str(lock.uid)).update(nickname=name)
    switch_fault(world.locks[1], Fault.KEYPAD_BATTERY_FLAT, True, now=world.now)
    switch_fault(world.locks[1], Fault.KEYPAD_DISCONNECTED, True, now=world.now)
    switch_fault(world.locks[2], Fault.BATTERY_LOW, True, now=world.now)
    world.refresh()
    Device.objects.filter(remote_id=str(world.locks[3].uid)).update(
        reported_at=world.now - timedelta(hours=1)
    )
    return world


def test_doors_are_listed_with_what_needs_somebody_first(sign_in, hotel):
    desk = sign_in(None, None)

    page = desk.get(list_path(hotel))

    rows = [element for element in ids(page) if element.startswith("lock-") and len(element) == 41]
    names = {f"lock-{device.uid}": device.display_name for device in Device.objects.all()}
    assert [names[row] for row in rows] == ["Room 9", "Room 8", "Room 7", "Room 10"]
    assert words(page, "lock-chips") == (
        "All 4 Can't take codes 1 Check soon 1 No fresh report 1 Takes codes 1"
    )


def test_a_door_says_its_reason_its_health_and_one_thing_to_do(sign_in, hotel):
    desk = sign_in(None, None)
    dead, weak, good = (hotel.device(hotel.locks[number]) for number in (1, 2, 0))

    page = desk.get(list_path(hotel))

    assert words(page, f"lock-{dead.uid}") == (
        "Room 9 Nuki Smart Lock Pro Can't take codes Its keypad disconnected today at 11:00. The "
        "keypad battery was at 2 %. The lock itself is online. Online Lock 90 % Keypad "
        "disconnected No stay planned 0 of 100 codes See fix for Room 9"
    )
    assert words(page, f"lock-{weak.uid}") == (
        "Room 8 Yale Assure Lock 2 Takes codes, check soon Lock battery 18 %. Online Lock 18 % "
        "Built-in keypad No stay planned 0 of 250 codes Issue code for Room 8"
    )
    assert words(page, f"lock-{good.uid}") == (
        "Room 10 Schlage Encode Takes codes Online Lock 90 % Built-in keypad No stay planned "
        "0 of 100 codes Issue code for Room 10"
    )


def test_filters_and_search_narrow_the_list(sign_in, hotel):
    desk = sign_in(None, None)
    path = list_path(hotel)

    blocked = desk.get(path, {"state": "blocked"})
    found = desk.get(path, {"q": "encode"})
    both = desk.get(path, {"state": "takes", "q": "yale"})
    nothing = desk.get(path, {"q": "Penthouse"})

    assert "Room 9" in words(blocked, "lock-list")
    assert "Room 8" not in words(blocked, "lock-list")
    assert "All 2 No fresh report 1 Takes codes 1" in words(found, "lock-chips")
    assert words(both, "lock-list").startswith("Nothing found for “yale”.")
    assert words(nothing, "lock-list") == (
        "Nothing found for “Penthouse”. Search looks at doors and models. Show all doors"
    )


def test_a_filter_by_htmx_gets_fragments_only(sign_in, hotel):
    desk = sign_in(None, None)

    answer = desk.get(list_path(hotel), {"q": "9"}, headers={"HX-Request": "true"})

    assert b"<html" not in answer.content
    assert {"lock-list", "lock-chips", "engine-note", "live"} <= set(ids(answer))
    assert "Room 9" in words(answer, "lock-list")


def test_a_property_without_locks_says_what_to_do(sign_in, hotel):
    empty = PropertyFactory()
    desk = sign_in(None, None)

    page = desk.get(reverse("lock-list", args=[empty.slug]))

    assert words(page, "lock-list") == (
        "No locks here yet. An administrator connects an account in Admin."
    )


@pytest.mark.parametrize("doors", [1, 12])
def test_the_list_costs_the_same_however_many_doors(
    sign_in, world, doors, django_assert_num_queries
):
    desk = sign_in(None, None)
    for _ in range(doors):
        device = DeviceFactory(property=world.property, account=world.account)
        issue_code(device, CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    desk.get(list_path(world))

    # session, user, properties; how things stand; locks; arrivals; webhooks
    with django_assert_num_queries(7):
        desk.get(list_path(world))


def test_a_dead_keypad_is_explained_with_reason_steps_and_evidence(sign_in, hotel):
    desk = sign_in(None, None)

    page = desk.get(lock_path(hotel, lock=hotel.locks[1]))

    assert words(page, "verdict") == (
        "This lock can't take codes right now Its keypad disconnected today at 11:00. The keypad "
        "battery was at 2 %. The lock itself is online. An empty keypad battery is the likely "
        "cause. Put new batteries in the keypad. Press any key on the keypad. It should light up. "
        "Choose Check again. Check again Room 9 Send to maintenance Plan B"
    )
    checks = words(page, "checks")
    assert "Keypad Disconnected since 11:00. Accessory keypad, none built in" in checks
    assert "can_program_online_access_codes: false" in checks
    assert attributes(page, "to-issue") == {
        "class": "btn",
        "id": "to-issue",
        "role": "link",
        "tabindex": "0",
        "aria-disabled": "true",
        "aria-describedby": "no-issue",
    }


def test_the_next_guest_whom_the_trouble_touches_is_named(sign_in, clock):
    world = World("nuki", clock=clock)
    spec = CodeSpec(
        name="Jonas Weber",
        starts_at=world.now + timedelta(hours=2),
        ends_at=world.now + timedelta(days=2),
    )
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, True, now=world.now)
    world.refresh()
    desk = sign_in(None, None)

    page = desk.get(lock_path(world))

    assert (
        "Jonas Weber is expected today at 13:00, in 2 h. The code waits and is sent as soon as "
        "the lock takes codes again."
    ) in words(page, "verdict")


@pytest.fixture
def out_of_reach(clock):
    """One door that nothing reaches, with nothing to tell it."""
    world = World("schlage", clock=clock)
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)
    world.refresh()
    return world


def stay(world, starts_in, **parts):
    starts_at = world.now + starts_in
    spec = CodeSpec(
        name="Jonas Weber",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=2),
        attempt_for_offline_device=True,
        **parts,
    )
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


def test_a_door_out_of_reach_is_a_caution_while_no_code_is_due(sign_in, out_of_reach):
    world = out_of_reach
    stay(world, timedelta(hours=40))
    desk = sign_in(None, None)

    page = desk.get(list_path(world))
    door = desk.get(lock_path(world))
    arrivals = desk.get(reverse("arrivals", args=[world.property.slug]))

    assert words(page, "lock-chips") == "All 1 Check soon 1"
    assert "Takes codes, check soon" in words(page, f"lock-{world.device().uid}")
    assert words(door, "verdict").startswith("This lock takes codes, check it soon")
    assert "Blocked" not in words(arrivals, "arrivals")
    assert "Watch" in words(arrivals, "arrivals")


def test_every_page_says_the_same_of_a_door_out_of_reach_with_a_code_due(sign_in, out_of_reach):
    world = out_of_reach
    code = stay(world, timedelta(hours=2))
    desk = sign_in(None, None)
    row = f"lock-{world.device().uid}"

    page = desk.get(list_path(world))
    chosen = desk.get(list_path(world), {"state": "offline_due"})
    door = desk.get(lock_path(world))
    arrivals = desk.get(reverse("arrivals", args=[world.property.slug]))
    choice = desk.get(reverse("choose-door", args=[world.property.slug]))

    why = "The lock is offline since 11:00. Codes already on it keep working; new ones are sent "
    assert words(page, "lock-chips") == "All 1 Offline, code due 1"
    assert words(page, row).endswith("See fix for " + world.device().display_name)
    assert (
        f"Lock offline, code due {why}when it is back. 1 code has to be put on it within a day."
        in (words(page, row))
    )
    assert row in ids(chosen)
    assert words(door, "verdict").startswith(f"This lock is offline, and a code is due {why}")
    assert (
        "Jonas Weber is expected today at 13:00, in 2 h. 1 code has to be put on it within a day."
    ) in words(door, "verdict")
    assert "Blocked: lock offline" in words(arrivals, f"arrival-{code.uid}")
    assert "Lock offline, code due" in words(choice, "main")


def test_a_code_that_has_to_come_off_makes_an_offline_door_urgent(sign_in, clock):
    world = World("schlage", clock=clock)
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)
    world.refresh()
    desk = sign_in(None, None)

    before = desk.get(lock_path(world))
    withdraw_code(code, actor=SYSTEM, now=world.now)
    after = desk.get(lock_path(world))

    assert words(before, "verdict").startswith("This lock takes codes, check it soon")
    assert words(after, "verdict").startswith("This lock is offline, and a code is due")
    assert "1 code has to be taken off it within a day." in words(after, "verdict")


@pytest.mark.parametrize("codes", [1, 12])
def test_what_is_due_on_doors_out_of_reach_costs_one_query(
    sign_in, out_of_reach, codes, django_assert_num_queries
):
    world = out_of_reach
    for number in range(codes):
        stay(world, timedelta(hours=number + 1))
    desk = sign_in(None, None)
    desk.get(list_path(world))

    # as above; the codes that are due, for doors and arrivals alike
    with django_assert_num_queries(8):
        desk.get(list_path(world))


def test_a_door_that_is_fine_takes_one_line_and_shows_its_codes(desk, world):
    issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    page = desk.get(lock_path(world))

    assert words(page, "verdict").startswith("Takes codes. Check again")
    assert words(page, "lock-codes") == "Lena On the lock Until removed"
    assert words(page, "lock-usage") == "1 of 100 codes"
    assert words(page, "lock-events").startswith("Recent events Lena: on the lock")


def test_codes_made_in_the_lock_s_app_are_listed_last(desk, world):
    add_foreign_code(world.locks[0], Pin("907156"), "Owner", now=world.now)
    Device.objects.all().poke(world.now)
    world.run(minutes=1)

    page = desk.get(lock_path(world))

    assert words(page, "lock-foreign") == (
        "Owner Until removed Made in the lock's app Take over Owner Remove Owner"
    )
    assert b"907156" not in page.content
    assert words(page, "lock-usage") == "1 of 100 codes"


def test_open_problems_of_a_door_are_shown(desk, world):
    Problem.objects.create(
        device=world.device(),
        cause="blind",
        severity=Severity.BAD,
        sentence="The lock could not be read.",
        next_step="Check its hub.",
        evidence=[
            {
                "what": "Codes read",
                "said": "",
                "at": stamp(world.now - timedelta(hours=1, minutes=2)),
            },
            {"what": "Lock battery", "said": "9 %", "at": None},
        ],
        since=world.now - timedelta(hours=1),
        opened_at=world.now,
    )

    page = desk.get(lock_path(world))

    assert words(page, "lock-problems") == (
        "The lock could not be read. Check its hub. Since today 10:00 . Codes read: today "
        "09:58 (1 h 2 min ago) Lock battery: 9 %"
    )


def test_check_again_pokes_the_lock_and_its_account_and_shows_the_answer(desk, world):
    Device.objects.update(due_at=None)
    ProviderAccount.objects.update(due_at=None)

    asked = desk.post(lock_path(world, "lock-check"), headers={"HX-Request": "true"})
    device = world.device()
    account = ProviderAccount.objects.get()

    assert (device.due_at, device.generation > 0) == (world.now, True)
    assert account.due_at == world.now
    assert "Checking now…" in words(asked, "verdict")
    assert attributes(asked, "live")["hx-trigger"] == "every 1s, refresh"

    world.clock.move(seconds=2)
    world.refresh()
    heard = desk.get(attributes(asked, "live")["hx-get"], headers={"HX-Request": "true"})

    assert "Account reported again at 11:00:02: takes codes." in words(heard, "verdict")
    assert words(heard, "announce") == "Account reported again at 11:00:02: takes codes."


def test_check_again_works_without_javascript(desk, world):
    answer = desk.post(lock_path(world, "lock-check"), follow=True)

    assert answer.redirect_chain[0][0].startswith(f"{lock_path(world)}?asked=")
    assert "Takes codes. Check" in words(answer, "verdict")


def test_no_answer_for_half_a_minute_is_said(desk, world):
    asked = desk.post(lock_path(world, "lock-check"), headers={"HX-Request": "true"})
    world.clock.move(seconds=31)

    heard = desk.get(attributes(asked, "live")["hx-get"], headers={"HX-Request": "true"})

    assert "No new answer yet. We keep asking." in words(heard, "verdict")


def test_a_page_says_when_no_engine_runs(desk, world):
    fine = desk.get(list_path(world))
    EngineBeat.objects.update(beat_at=world.now - timedelta(minutes=20))
    dead = desk.get(list_path(world))
    EngineBeat.objects.all().delete()
    never = desk.get(list_path(world))

    assert words(fine, "engine-note") == ""
    assert words(dead, "engine-note") == (
        "The engine is not running. Codes are neither sent nor removed until an administrator "
        "starts it. It was last seen today at 10:40."
    )
    assert words(never, "engine-note") == (
        "The engine is not running. Codes are neither sent nor removed until an administrator "
        "starts it."
    )


def test_the_page_of_a_door_costs_a_fixed_number_of_queries(
    sign_in, world, django_assert_num_queries
):
    desk = sign_in(None, None)
    for number in range(6):
        issue_code(world.device(), CodeSpec(name=f"Lena {number}"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    path = lock_path(world)
    desk.get(path)

    # session, user, roles, properties; how things stand; lock; codes; last events, their names;
    # others' codes; problems; arrivals
    with django_assert_num_queries(12):
        desk.get(path)


def test_every_link_of_a_page_leads_somewhere(desk, world):
    issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    pages = [desk.get(list_path(world)), desk.get(lock_path(world))]

    found = {
        link.partition("#")[0]
        for page in pages
        for link in links(page)
        if link.startswith("/p/") and not link.endswith(("/check/", "/door/"))
    }

    assert len(found) > 8
    assert {link: desk.get(link).status_code for link in found if "/live/" not in link} == {
        link: 200 for link in found if "/live/" not in link
    }
