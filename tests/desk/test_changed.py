"""What was changed: old → new on every page that tells of it, a PIN only as changed."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.services import CodeChanges, CodeSpec, change_code, issue_code
from accesscodes.web.changed import what_changed
from locksite.actors import Actor
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.services import rename
from tests.desk.html import words

MARA = Actor(kind="staff", label="mara", property_ids=None, ip=None)
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
FRIDAY, SATURDAY = "2026-11-27T10:00:00.000Z", "2026-11-28T10:00:00.000Z"
NONE = {"starts_at": None, "ends_at": None}
STAY = {"starts_at": "2026-11-23T14:00:00.000Z", "ends_at": FRIDAY}


def change(old, new, *changed):
    return {"changed": [*new, *changed], "from": old, "to": new}


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ({}, ""),
        ({"how": "shown"}, ""),
        ({"changed": []}, ""),
        ({"changed": ["name", "kind"]}, "name, kind"),
        ({"changed": ["pin"]}, "PIN changed."),
        (
            change({"ends_at": FRIDAY}, {"ends_at": SATURDAY}),
            "Until: Fri 11:00 → Sat 11:00.",
        ),
        (
            change({"name": "Ana"}, {"name": "Anna"}, "pin"),
            "Name: Ana → Anna. PIN changed.",
        ),
        (change({"door": "101"}, {"door": "204"}), "Door: 101 → 204."),
        (change(STAY, NONE), "Dates: today 15:00 to Fri 11:00 → until removed."),
        (change(NONE, STAY), "Dates: until removed → today 15:00 to Fri 11:00."),
        (
            change({"starts_at": STAY["starts_at"]}, {"starts_at": "2026-11-24T14:00:00.000Z"}),
            "From: today 15:00 → tomorrow 15:00.",
        ),
        (
            change({"use_backup_access_code_pool": False}, {"use_backup_access_code_pool": True}),
            "Backup codes: no → yes.",
        ),
    ],
)
def test_a_detail_is_told_as_old_and_new(detail, text):
    assert what_changed(detail, BERLIN, MONDAY) == text


def test_what_is_read_on_another_day_has_its_dates():
    detail = change({"ends_at": FRIDAY}, {"ends_at": SATURDAY})

    text = what_changed(detail, BERLIN, MONDAY, in_full=True)

    assert text == "Until: Fri 27 Nov 11:00 → Sat 28 Nov 11:00."


@pytest.fixture
def code(world):
    spec = CodeSpec(
        name="Lena",
        pin=Pin("482915"),
        starts_at=world.now,
        ends_at=world.now + timedelta(days=1),
    )
    code = issue_code(world.device(), spec, actor=MARA, now=world.now)
    world.run(minutes=1)
    return code


def detail_of(code):
    return AuditEntry.objects.filter(object_uid=code.uid).latest("id").detail


def test_the_audit_trail_keeps_what_really_changed_and_never_a_pin(world, code):
    later = world.now + timedelta(days=2)
    changes = CodeChanges(
        name="Lena O.",
        pin=Pin("703611"),
        kind=Kind.TIME_BOUND,
        starts_at=code.starts_at,
        ends_at=later,
        use_backup_access_code_pool=False,
    )
    change_code(code, changes, actor=MARA, now=world.now)

    detail = detail_of(code)

    assert detail == {
        "changed": ["name", "ends_at", "pin"],
        "from": {"name": "Lena", "ends_at": "2026-11-24T10:00:00.000Z"},
        "to": {"name": "Lena O.", "ends_at": "2026-11-25T10:01:00.000Z"},
    }
    kept = AccessCode.objects.get().pin_index
    assert str(kept) not in json.dumps(detail)


def test_a_change_to_what_it_was_says_that_nothing_changed(world, code):
    change_code(code, CodeChanges(name="Lena", pin=Pin("482915")), actor=MARA, now=world.now)

    assert detail_of(code) == {"changed": []}


def test_it_stands_in_activity_handover_record_and_the_page_of_the_code(desk, world, code):
    changes = CodeChanges(name="Lena O.", pin=Pin("703611"))
    change_code(code, changes, actor=MARA, now=world.now)
    rename(world.device(), "Suite 7", actor=MARA, now=world.now)
    slug = world.property.slug
    at_code = [slug, code.uid]

    pages = [
        desk.get(reverse("activity", args=[slug])),
        desk.get(reverse("shift", args=[slug])),
        desk.get(reverse("code-record", args=at_code)),
        desk.get(reverse("code-detail", args=at_code)),
    ]

    for page in pages:
        assert "Name: Lena → Lena O. PIN changed." in words(page)
        assert "703611" not in page.content.decode()
        assert "482915" not in page.content.decode()
    assert "→ Suite 7." in words(pages[0])


def test_a_file_tells_it_with_dates(desk, world, code):
    later = world.now + timedelta(days=2)
    change_code(code, CodeChanges(ends_at=later), actor=MARA, now=world.now)

    answer = desk.get(reverse("activity-export", args=[world.property.slug]), {"kind": "staff"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert rows[0]["detail"] == "Until: Tue 24 Nov 11:00 → Wed 25 Nov 11:01."
