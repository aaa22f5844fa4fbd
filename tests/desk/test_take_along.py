"""Files that managers take along: what is in them, how they open, and that they were taken."""

import csv
import io
import json

import pytest
from django.urls import reverse

from accesscodes.models import LockCommand
from accesscodes.services import CodeChanges, CodeSpec, change_code, issue_code, reveal_pin
from accesscodes.web import files
from locksite.actors import Actor
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Role
from tests.desk.html import ids, words

pytestmark = pytest.mark.django_db
MARA = Actor(kind="staff", label="mara", property_ids=None, ip=None)


def issue(world, name="Lena", pin="482915"):
    code = issue_code(world.device(), CodeSpec(name=name, pin=Pin(pin)), actor=MARA, now=world.now)
    world.run(minutes=1)
    return code


def activity(world):
    return reverse("activity-export", args=[world.property.slug])


def record(world, code):
    return reverse("code-record", args=[world.property.slug, code.uid])


def table(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def taken():
    rows = AuditEntry.objects.filter(action__contains="export").order_by("id")
    return [(row.action, row.actor_label, row.detail) for row in rows]


def test_managers_take_along_what_is_shown_without_pins(desk, world):
    code = issue(world, name="Søren")
    reveal_pin(code, actor=MARA, now=world.now)

    answer = desk.get(activity(world), {"kind": "staff"})
    rows = table(answer)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbftime,")
    assert rows[0] == ["time", "time in UTC", "what", "detail", "code", "door"]
    assert [row[2:5] for row in rows[1:]] == [
        ["PIN shown to mara", "", "Søren"],
        ["Issued by mara", "", "Søren"],
    ]
    assert "482915" not in answer.content.decode()


def test_activity_is_taken_along_as_json_too(desk, world):
    issue(world)

    answer = desk.get(activity(world), {"kind": "staff", "format": "json"})
    body = json.loads(answer.content)

    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="activity-{world.property.slug}-2026-11-23.json"'
    )
    assert [entry["what"] for entry in body["entries"]] == ["Issued by mara"]
    assert set(body["entries"][0]) == {"time", "time in UTC", "what", "detail", "code", "door"}


def test_who_took_what_along_when_and_how_much_is_written_down(desk, world):
    code = issue(world)
    lines = len(table(desk.get(activity(world)))) - 1
    desk.get(activity(world), {"kind": "staff", "lock": str(world.device().uid)})
    inside = len(json.loads(desk.get(record(world, code), {"format": "json"}).content)["entries"])

    assert taken() == [
        ("property.export_activity", "mara", {"format": "csv", "rows": lines}),
        (
            "property.export_activity",
            "mara",
            {"format": "csv", "rows": 1, "kind": "staff", "lock": str(world.device().uid)},
        ),
        ("access_code.export_record", "mara", {"format": "json", "rows": inside}),
    ]
    assert AuditEntry.objects.filter(action="access_code.export_record").get().at == world.now
    page = desk.get(reverse("activity", args=[world.property.slug]))
    assert "Activity taken along by mara" in words(page, "activity-list")
    assert f"CSV, {lines} lines." in words(page, "activity-list")
    assert "CSV, 1 line." in words(page, "activity-list")


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.HOUSEKEEPING])
def test_others_take_nothing_along_and_nothing_is_written_down(sign_in, world, role):
    code = issue(world)
    client = sign_in(role, world.property, username="clerk")

    answers = [
        client.get(activity(world)),
        client.get(record(world, code), {"format": "csv"}),
        client.get(record(world, code), {"format": "json"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert taken() == []
    assert "to-csv" not in ids(client.get(record(world, code)))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_becomes_a_formula(start):
    text = files.as_csv(["a"], [[f"{start}1+1"], ["1=1"]])

    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows == [["a"], [f"'{start}1+1"], ["1=1"]]


def test_no_file_is_begun_by_what_a_guest_is_called(desk, world):
    code = issue(world, name="=HYPERLINK(1)")
    change_code(code, CodeChanges(name="@SUM(1)"), actor=MARA, now=world.now)

    cells = [
        cell
        for answer in (desk.get(activity(world)), desk.get(record(world, code), {"format": "csv"}))
        for row in table(answer)
        for cell in row
    ]

    assert "'@SUM(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_pin_that_a_lock_or_a_partner_wrote_somewhere_is_masked(desk, world):
    code = issue(world, name="Lena 70-36-11")
    change_code(code, CodeChanges(pin=Pin("703611")), actor=MARA, now=world.now)
    world.run(minutes=1)
    LockCommand.objects.filter(installation__code=code).update(
        outcome="refused", error_message="PIN 482915 is bad, 482916 is not"
    )

    answers = [
        desk.get(activity(world)),
        desk.get(activity(world), {"format": "json"}),
        desk.get(record(world, code), {"format": "csv"}),
        desk.get(record(world, code), {"format": "json"}),
    ]

    for answer in answers:
        text = answer.content.decode()
        assert "482915" not in text
        assert "70-36-11" not in text
        assert "703611" not in text
    assert "Lena ••••••••" in answers[0].content.decode()
    assert "PIN •••••• is bad, 482916 is not" in answers[2].content.decode()
