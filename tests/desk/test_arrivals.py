"""The start page: who gets in, who does not, and what to do about it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from accesscodes.web.actions import offers
from accesscodes.web.arrival_groups import Group, group_of, summary
from accesscodes.web.states import STATES, Action, CodeState, Tone
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.capabilities import Cause, LockVerdict, Severity, Verdict
from properties.choices import Fault, Role
from properties.providers.virtual.people import add_foreign_code, erase_at_keypad, switch_fault
from tests.accesscodes.world import World
from tests.clock import START
from tests.desk.html import attributes, ids, links, words
from tests.desk.test_fixes import ALL
from tests.factories import PropertyFactory

HTMX = {"HX-Request": "true"}


def state(key, tone=Tone.IDLE, action=Action.NONE):
    return CodeState(key, "", tone, "", "", action)


def lock(verdict=Verdict.TAKES, *causes):
    found = [Cause(key, Severity.CAUTION, "", "") for key in causes]
    return LockVerdict(verdict, tuple(found), (), START, takes_online=True, takes_offline=False)


# ---- Which group: pure --------------------------------------------------------------------------

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SOON = lock(Verdict.TAKES_CHECK, "keypad_battery")
TABLE = [
    # state, tone, lock, start from now, group
    ("duplicate", Tone.BAD, lock(), 30 * HOUR, Group.ACT),
    ("blocked", Tone.BAD, lock(Verdict.BLOCKED), HOUR, Group.ACT),
    ("blocked", Tone.WARN, lock(Verdict.BLOCKED), 40 * HOUR, Group.ACT),
    ("set_shut", Tone.WARN, lock(Verdict.NO_OPEN), HOUR, Group.ACT),
    ("slow_set", Tone.WARN, lock(), -6 * MINUTE, Group.ACT),
    ("setting", Tone.GO, lock(), -6 * MINUTE, Group.ACT),
    ("setting", Tone.GO, lock(), -5 * MINUTE, Group.WATCH),
    ("setting", Tone.GO, lock(), 2 * HOUR, Group.WATCH),
    ("setting", Tone.GO, lock(), 2 * HOUR + MINUTE, Group.READY),
    ("setting", Tone.GO, lock(Verdict.TAKES_CHECK, "hub_off"), 30 * HOUR, Group.WATCH),
    ("setting", Tone.GO, SOON, 30 * HOUR, Group.READY),
    ("updating", Tone.GO, lock(), -6 * MINUTE, Group.WATCH),
    ("slow_set", Tone.WARN, lock(), HOUR, Group.WATCH),
    ("loaded_unseen", Tone.WARN, lock(), -HOUR, Group.WATCH),
    ("backup", Tone.WARN, lock(), -HOUR, Group.WATCH),
    ("scheduled", Tone.IDLE, lock(), 5 * HOUR, Group.READY),
    ("scheduled", Tone.IDLE, SOON, 5 * HOUR, Group.WATCH),
    ("scheduled", Tone.IDLE, lock(Verdict.TAKES_CHECK, "backup_low"), 5 * HOUR, Group.READY),
    ("scheduled", Tone.IDLE, lock(Verdict.STALE, "stale"), 5 * HOUR, Group.WATCH),
    ("set", Tone.OK, SOON, HOUR, Group.READY),
    ("loaded", Tone.OK, lock(), HOUR, Group.READY),
    ("offline_ok", Tone.OK, lock(Verdict.OFFLINE_ONLY), HOUR, Group.READY),
]


@pytest.mark.parametrize(("key", "tone", "on", "start", "group"), TABLE)
def test_an_arrival_belongs_to_the_group_that_says_what_to_do(key, tone, on, start, group, clock):
    assert group_of(state(key, tone), on, clock.now + start, clock.now) is group


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"act": 2, "watch": 1, "ready": 4},
            (
                Tone.WARN,
                "2 of 7 arrivals won't get in as things stand.",
                "1 more needs watching, 4 are ready.",
            ),
        ),
        ({"act": 1}, (Tone.WARN, "The one arrival won't get in as things stand.", "")),
        ({"watch": 2, "ready": 1}, (Tone.IDLE, "2 of 3 arrivals need watching.", "1 is ready.")),
        ({"ready": 7}, (Tone.OK, "All 7 arrivals are ready.", "")),
        ({"ready": 1}, (Tone.OK, "The one arrival is ready.", "")),
    ],
)
def test_one_sentence_says_how_the_day_stands(counts, said):
    assert summary({Group(key): number for key, number in counts.items()}) == said


# ---- Which buttons: pure ------------------------------------------------------------------------

CAN = replace(ALL, has_clash=False)
BARE = replace(CAN, has_backup=False)
OFFERS = [
    (Group.ACT, "duplicate", CAN, ["Change PIN", "Use backup"]),
    (Group.ACT, "duplicate", BARE, ["Change PIN", "Other ways in"]),
    (Group.ACT, "blocked", CAN, ["See fix", "Plan B"]),
    (Group.ACT, "blocked", replace(CAN, may_issue=False), []),
    (Group.ACT, "failed", CAN, ["Use backup", "Try again"]),
    (Group.ACT, "failed", BARE, ["Try again", "Change PIN"]),
    (Group.READY, "set", CAN, ["Slip", "Copy PIN"]),
    (Group.READY, "set", replace(CAN, may_issue=False), []),
    (Group.WATCH, "setting", CAN, ["Open"]),
]


def action_of(key):
    found = next(row.action for row in STATES if row.key == key)
    return found if isinstance(found, Action) else Action.NONE


@pytest.mark.parametrize(("group", "key", "can", "labels"), OFFERS)
def test_a_row_offers_the_best_step_and_one_fallback(group, key, can, labels):
    found = offers(
        group,
        state(key, action=action_of(key)),
        can,
        may_reveal=True,
        is_safe=True,
        has_plan_b=key == "blocked",
    )

    assert [offer.label for offer in found] == labels
    assert [offer.is_primary for offer in found][1:] == [False] * len(found[1:])


def test_where_only_the_lock_is_in_doubt_the_row_leads_to_it():
    found = offers(
        Group.WATCH,
        state("scheduled"),
        CAN,
        may_reveal=True,
        is_safe=True,
        has_plan_b=False,
        is_lock_in_doubt=True,
    )

    assert [offer.label for offer in found] == ["See fix"]


def test_a_pin_that_is_not_safe_is_neither_copied_nor_printed():
    found = offers(
        Group.READY,
        state("setting", Tone.GO),
        CAN,
        may_reveal=True,
        is_safe=False,
        has_plan_b=False,
    )

    assert [offer.label for offer in found] == ["Open"]


# ---- The page -----------------------------------------------------------------------------------


def path(world, name="arrivals"):
    return reverse(name, args=[world.property.slug])


def issue(world, name="Lena", hours=1, pin=None, **parts):
    spec = CodeSpec(
        name=name,
        pin=pin and Pin(pin),
        starts_at=world.now + timedelta(hours=hours),
        ends_at=world.now + timedelta(hours=hours + 48),
        **parts,
    )
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


@pytest.mark.django_db
def test_a_house_without_arrivals_says_so(desk, world):
    page = desk.get(path(world))

    assert words(page, "arrivals") == "No codes start in the next 48 hours. Issue code"
    assert words(page, "arrivals-head") == ""
    assert attributes(page, "nav-arrivals")["aria-current"] == "page"


@pytest.mark.django_db
def test_those_who_arrive_stand_in_their_groups_by_time(desk, world):
    add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    world.run(minutes=1)
    clash = issue(world, "Lena", hours=3, pin="482915")
    later, sooner = issue(world, "Nora", hours=30), issue(world, "Mei", hours=2)
    issue(world, "Far away", hours=49)
    world.run(minutes=2)

    page = desk.get(path(world))

    assert words(page, "arrivals-head") == (
        "1 of 3 arrivals won't get in as things stand. 2 are ready."
    )
    rows = [
        each for each in ids(page) if each in {f"arrival-{c.uid}" for c in (clash, later, sooner)}
    ]
    assert rows == [f"arrival-{one.uid}" for one in (clash, sooner, later)]
    assert words(page, f"arrival-{clash.uid}").startswith("14:01 in 2 h 58 min Lena ")
    assert "Another code on the lock already uses this PIN." in words(page, f"arrival-{clash.uid}")
    assert "Account reported 3 min ago." in words(page, f"arrival-{clash.uid}")
    assert "Seen on the lock" in words(page, f"arrival-{sooner.uid}")
    assert "Change PIN" in words(page, f"arrival-{clash.uid}-change_pin")
    assert words(page, "nav-count") == "1 to act on now"
    for name in ("lock-list", "code-list"):
        assert words(desk.get(path(world, name)), "nav-count") == "1 to act on now"
    assert "Far away" not in words(page)
    assert "482915" not in page.content.decode()


@pytest.mark.django_db
def test_one_click_changes_a_pin_that_is_taken_and_the_row_moves_to_ready(desk, world):
    add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    world.run(minutes=1)
    code = issue(world, "Lena", hours=3, pin="482915")
    world.run(minutes=1)
    page = desk.get(path(world))
    where = reverse("code-change-pin", args=[world.property.slug, code.uid])
    assert where in links(page)

    done = desk.post(where, {"pin_mode": "generate", "pin_length": "6"})
    world.run(minutes=1)
    heard = desk.get(attributes(page, "live")["hx-get"], headers=HTMX)

    assert done.status_code == 302
    assert words(heard, "arrivals").startswith("Ready 1 PIN confirmed")
    assert words(heard, "announce") == (
        f"{world.device().display_name}: code for Lena is on the lock."
    )
    assert words(heard, "arrivals-head") == "The one arrival is ready."
    assert "hidden" in attributes(heard, "nav-count")


@pytest.mark.django_db
def test_a_row_moves_by_itself_when_what_was_in_the_way_is_gone(desk, world):
    slot = add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    world.run(minutes=1)
    issue(world, "Lena", hours=3, pin="482915")
    world.run(minutes=1)
    page = desk.get(path(world))
    assert words(page, "arrivals").startswith("Act now 1 1 guest would stand at a closed door")

    erase_at_keypad(world.locks[0], slot, now=world.now)
    world.run(minutes=40)
    heard = desk.get(attributes(page, "live")["hx-get"], headers=HTMX)

    assert words(heard, "arrivals").startswith("Ready 1")
    assert "code for Lena is on the lock" in words(heard, "announce")


@pytest.mark.django_db
def test_a_code_that_waits_for_a_doubtful_lock_says_what_is_wrong_with_it(sign_in, clock):
    world = World("lockly", clock=clock)  # keeps no timetable: its codes wait for their start
    desk = sign_in(Role.MANAGER, world.property)
    switch_fault(world.locks[0], Fault.BATTERY_CRITICAL, True, now=world.now)
    world.refresh()
    code = issue(world, hours=30)
    world.run(minutes=2)

    page = desk.get(path(world))

    assert words(page, "arrivals").startswith("Watch 1 Should work, not confirmed yet")
    assert "Scheduled Lock battery 4 %. Will be sent" in words(page, f"arrival-{code.uid}")
    fix = attributes(page, f"arrival-{code.uid}-see_fix")["href"]
    assert fix == reverse("lock-detail", args=[world.property.slug, world.device().uid])


@pytest.mark.django_db
def test_ready_rows_are_printed_all_at_once(desk, world):
    codes = [issue(world, f"Guest {number}", hours=2 + number) for number in range(2)]
    world.run(minutes=2)

    page = desk.get(path(world))
    slips = desk.get(attributes(page, "print-slips")["href"])

    assert slips.status_code == 200
    assert all(code.name in words(slips) for code in codes)
    copied = desk.post(
        reverse("code-pin", args=[world.property.slug, codes[0].uid]), {"copy": "1"}
    )
    assert (
        copied.content.decode()
        == AccessCode.objects.get(pk=codes[0].pk).pin.open(bound_to=codes[0].uid).digits
    )


@pytest.mark.django_db
def test_housekeeping_sees_who_arrives_and_no_buttons(sign_in, world):
    code = issue(world)
    world.run(minutes=2)

    page = sign_in(Role.HOUSEKEEPING, world.property).get(path(world))

    assert "Lena" in words(page, "arrivals")
    assert not [
        each for each in ids(page) if each.startswith(f"arrival-{code.uid}-") and "copy" in each
    ]
    assert "print-slips" not in ids(page)


@pytest.mark.django_db
def test_every_row_leads_to_the_ways_in_for_a_guest_at_the_door_once(desk, sign_in, world):
    add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    world.run(minutes=1)
    codes = [issue(world, "Lena", pin="482915"), issue(world, "Mei", hours=2)]
    world.run(minutes=2)

    page = desk.get(path(world))
    seen_by_housekeeping = sign_in(Role.HOUSEKEEPING, world.property, "otto").get(path(world))

    ways = [reverse("code-now", args=[world.property.slug, code.uid]) for code in codes]
    assert [links(page).count(way) for way in ways] == [1, 1]
    assert not set(ways) & set(links(seen_by_housekeeping))


@pytest.mark.django_db
def test_nobody_sees_who_arrives_elsewhere(desk, sign_in, world):
    issue(world)
    other = PropertyFactory()

    page = sign_in(Role.MANAGER, other, username="eve").get(reverse("arrivals", args=[other.slug]))

    assert "Lena" not in words(page)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 50])
def test_the_page_costs_the_same_however_many_arrive(
    desk, world, number, django_assert_num_queries
):
    for each in range(number):
        issue(world, f"Guest {each}", hours=2)
    world.run(minutes=3)
    desk.get(path(world))

    # session, user, roles, properties; how things stand; arrivals with their doors
    with django_assert_num_queries(6):
        desk.get(path(world))
