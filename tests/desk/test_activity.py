"""What happened, who did what, what is open; the handover of a shift."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.choices import Severity
from accesscodes.models import Problem
from accesscodes.services import CodeSpec, issue_code, reveal_pin
from locksite.actors import Actor
from locksite.journal.models import Event
from locksite.masked import Pin
from tests.accesscodes.world import World
from tests.desk.html import attributes, ids, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MARA = Actor(kind="staff", label="mara", property_ids=None, ip=None)


def path(world, name="activity"):
    return reverse(name, args=[world.property.slug])


def issue(world, name="Lena", actor=MARA, pin="482915"):
    code = issue_code(
        world.device(), CodeSpec(name=name, pin=Pin(pin)), actor=actor, now=world.now
    )
    world.run(minutes=1)
    return code


def problem(world, sentence="It is blind.", **parts):
    return Problem.objects.create(
        device=world.device(),
        cause=parts.pop("cause", "lock_blind"),
        severity=Severity.BAD,
        sentence=sentence,
        next_step="Look at the door.",
        evidence=[{"what": "Lock battery", "said": "9 %", "at": None}],
        since=world.now - timedelta(hours=2),
        opened_at=world.now,
        **parts,
    )


def test_events_and_what_people_did_stand_in_one_list_newest_first(desk, world):
    code = issue(world)
    reveal_pin(code, actor=MARA, now=world.now)

    page = desk.get(path(world))
    listed = words(page, "activity-list")

    door = world.device().display_name
    assert listed.index("PIN shown to mara") < listed.index("On the lock")
    assert listed.index("On the lock") < listed.index("Issued by mara")
    assert f"On the lock · Lena , {door}" in listed
    assert "Created" not in listed
    assert "482915" not in page.content.decode()


def test_the_list_is_filtered_by_kind_and_by_door(desk, world):
    issue(world)
    other = World("schlage", clock=world.clock)
    other.device().__class__.objects.filter(pk=other.device().pk).update(property=world.property)

    staff = desk.get(path(world), {"kind": "staff"})
    codes = desk.get(path(world), {"kind": "codes"})
    here = desk.get(path(world), {"lock": str(world.device().uid)})
    there = desk.get(path(world), {"lock": str(other.device().uid)})
    nonsense = desk.get(path(world), {"kind": "x", "lock": "y", "show": "z"})

    assert "Issued by mara" in words(staff, "activity-list")
    assert "On the lock" not in words(staff, "activity-list")
    assert "Issued by mara" not in words(codes, "activity-list")
    assert "Issued by mara" in words(here, "activity-list")
    assert "Lena" not in words(there, "activity-list")
    assert nonsense.status_code == 200


def test_fifty_lines_are_shown_and_more_on_request(desk, world, django_assert_num_queries):
    for _ in range(60):
        Event.objects.append(
            "device.connected",
            occurred_at=world.now,
            now=world.now,
            property_id=world.property.pk,
            device_uid=world.device().uid,
        )
    page = desk.get(path(world), {"kind": "locks"})

    more = desk.get(attributes(page, "activity-more")["href"])

    assert words(page, "activity-list").count("Lock online") == 50
    assert words(more, "activity-list").count("Lock online") == 60
    assert "activity-more" not in ids(more)
    # session, user, roles, properties; how things stand; arrivals; problems; doors;
    # events, deeds, names of codes, of others' codes, of doors
    with django_assert_num_queries(13):
        desk.get(path(world))


def test_the_list_follows_by_itself(desk, world):
    page = desk.get(path(world))
    issue(world)

    heard = desk.get(attributes(page, "live")["hx-get"], headers=HTMX)

    assert "Issued by mara" in words(heard, "activity-list")


def test_open_problems_stand_on_top_with_evidence_and_next_step(desk, world):
    problem(world)

    shown = words(desk.get(path(world)), "open-problems")

    assert shown.startswith(
        f"Open problems 1 {world.device().display_name} It is blind. For 2 h. Next step. "
        "Look at the door. Since today 09:00 ."
    )
    assert shown.endswith("Lock battery: 9 %")
