"""The handover of a shift: what broke and what is known, each once, and notes of the staff."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.choices import Severity
from accesscodes.models import Problem, ShiftNote
from accesscodes.services import CodeChanges, CodeSpec, change_code, issue_code, withdraw_code
from accesscodes.shift_notes import leave_note
from locksite.actors import SYSTEM, Actor
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.providers.virtual.people import add_foreign_code, switch_fault
from tests.desk.html import ids, words

pytestmark = pytest.mark.django_db
MARA = Actor(kind="staff", label="mara", property_ids=None, ip=None)
HOUR = timedelta(hours=1)


def path(world, name="shift", *more):
    return reverse(name, args=[world.property.slug, *more])


def problem(world, sentence="It is blind.", cause="lock_blind", opened=-2 * HOUR, closed=None):
    return Problem.objects.create(
        device=world.device(),
        cause=cause,
        severity=Severity.BAD,
        sentence=sentence,
        next_step="Look at the door.",
        since=world.now + opened,
        opened_at=world.now + opened,
        closed_at=None if closed is None else world.now + closed,
    )


def issue(world, name="Lena", pin="482915", **parts):
    return issue_code(
        world.device(), CodeSpec(name=name, pin=Pin(pin), **parts), actor=MARA, now=world.now
    )


def test_the_handover_tells_from_the_records_what_broke_and_what_to_watch(desk, world):
    issue(world)
    world.run(minutes=1)
    problem(world)
    problem(world, "The keypad was off.", "keypad", closed=-HOUR / 2)
    problem(world, "Long ago.", "old", opened=-14 * HOUR, closed=-13 * HOUR)

    page = desk.get(path(world))

    assert words(page, "to-watch") == "To watch until today 23:01 Nothing needs watching."
    assert "It is blind." in words(page, "broke")
    assert words(page, "fixed").endswith("It lasted 1 h 30 min, since today 09:01 .")
    assert "Long ago." not in words(page)
    assert "Issued by mara" in words(page, "deeds")


def test_the_handover_names_an_arrival_that_is_not_ready(desk, world):
    issue(world, "Owner")
    world.run(minutes=1)
    issue(world, pin="593026", starts_at=world.now + 3 * HOUR, ends_at=world.now + 9 * HOUR)
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, True, now=world.now)
    world.refresh()

    page = desk.get(path(world))

    assert "Lena" in words(page, "to-watch")
    assert world.device().display_name in words(page, "to-watch")


def test_a_problem_that_came_back_is_told_once_as_broken(desk, world):
    problem(world, opened=-5 * HOUR, closed=-4 * HOUR)
    problem(world, opened=-3 * HOUR, closed=-2 * HOUR)
    problem(world, opened=-HOUR)

    page = desk.get(path(world))

    assert words(page).count("It is blind.") == 1
    assert "It was fixed twice in this shift and came back." in words(page, "broke")
    assert words(page, "fixed").endswith("No problem was closed.")


def test_a_problem_that_was_fixed_more_than_once_is_told_once_with_its_last_time(desk, world):
    problem(world, opened=-5 * HOUR, closed=-4 * HOUR)
    problem(world, opened=-3 * HOUR, closed=-HOUR)
    problem(world, "Another thing.", "other", opened=-HOUR, closed=-HOUR / 2)

    fixed = words(desk.get(path(world)), "fixed")

    assert fixed.count("It is blind.") == 1
    assert "It lasted 2 h, since today 08:00 . It happened 2 times." in fixed
    assert "Another thing." in fixed


def test_a_guest_whose_problem_only_got_another_cause_is_not_told_as_fixed(desk, world):
    code = issue(world)
    Problem.objects.filter(pk=problem(world, closed=-HOUR).pk).update(code=code)
    Problem.objects.filter(pk=problem(world, "It is full.", "full").pk).update(code=code)
    problem(world, "The keypad was off.", "keypad", closed=-HOUR / 2)

    page = desk.get(path(world))

    assert "It is full." in words(page, "broke")
    assert "The keypad was off." in words(page, "fixed")
    assert "It is blind." not in words(page, "fixed")


def test_what_was_broken_before_the_shift_stands_apart_from_what_is_new(desk, world):
    problem(world, "For days.", "old", opened=-40 * HOUR)
    problem(world, "Since tonight.", "new", opened=-HOUR)

    page = desk.get(path(world))

    assert "For days." in words(page, "known")
    assert "For days." not in words(page, "broke")
    assert "Since tonight." in words(page, "broke")
    assert "Since tonight." not in words(page, "known")


def test_nothing_is_said_to_be_known_where_nothing_is(desk, world):
    problem(world)

    assert "known" not in ids(desk.get(path(world)))


def test_a_note_is_left_shown_and_marked_done(desk, world):
    sent = desk.post(path(world, "shift-note"), {"text": " Towels for 104.\r\nAsk Ana. "})
    note = ShiftNote.objects.get()
    left = words(desk.get(path(world)), "notes")
    done = desk.post(path(world, "shift-note-done", note.uid))
    desk.post(path(world, "shift-note-done", note.uid))
    ticked = words(desk.get(path(world)), "notes")
    ShiftNote.objects.update(done_at=world.now - 13 * HOUR)

    assert sent["Location"] == done["Location"] == f"{path(world)}#notes"
    assert note.text == "Towels for 104.\nAsk Ana."
    assert "Towels for 104. Ask Ana. today 11:00 mara. Mark done" in left
    assert "Towels for 104. Ask Ana. today 11:00 mara. Done by mara, today 11:00." in ticked
    assert "Nobody has left a note." in words(desk.get(path(world)), "notes")
    kept = AuditEntry.objects.filter(object_uid=note.uid).order_by("id")
    assert [(row.action, row.actor_label, row.detail) for row in kept] == [
        ("shift_note.leave", "mara", {}),
        ("shift_note.done", "mara", {}),
    ]
    assert "Note for the next shift left by mara" in words(desk.get(path(world, "activity")))


@pytest.mark.parametrize(
    "text",
    ["PIN 482915", "it is 48 29 15.", "4829-15", "\u0664\u0668\u0662\u0669\u0661\u0665"],
)
def test_a_pin_of_the_house_is_refused_next_to_the_field_and_what_was_typed_stays(
    desk, world, text
):
    issue(world)

    page = desk.post(path(world, "shift-note"), {"text": text})

    assert page.status_code == 422
    message = "A PIN of a code stands in this note. Leave it out; name the code instead."
    assert words(page, "text-error") == message
    assert words(page, "id_text") == text
    assert message in words(page, "error-summary")
    assert not ShiftNote.objects.exists()
    assert not AuditEntry.objects.filter(action="shift_note.leave").exists()


def test_whatever_opens_a_door_of_the_house_counts_as_its_pin(world):
    changed = issue(world)
    world.run(minutes=1)
    change_code(changed, CodeChanges(pin=Pin("593026")), actor=MARA, now=world.now)
    add_foreign_code(world.locks[0], Pin("907156"), "Owner", now=world.now)
    world.run(seconds=0)

    def is_refused(text):
        try:
            leave_note(world.property, text, actor=MARA, now=world.now)
        except RuleBroken as broken:
            return broken.field == "text" and "PIN" in broken.message
        return False

    # the old one still opens the door, the new one is about to, the third is not ours
    assert [is_refused(pin) for pin in ("482915", "593026", "907156")] == [True] * 3
    assert [is_refused(text) for text in ("Call 0404829157", "Room 1204", "604715")] == [False] * 3


def test_a_pin_that_left_its_lock_may_be_named(world):
    code = issue(world)
    world.run(minutes=1)
    withdraw_code(code, actor=MARA, now=world.now)
    world.run(minutes=10)

    assert leave_note(world.property, "It was 482915.", actor=MARA, now=world.now).pk


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n ", "Write what the next shift has to know."),
        ("x" * 501, "Use at most 500 characters. These are 501."),
    ],
)
def test_an_empty_or_a_long_note_is_refused(desk, world, text, message):
    page = desk.post(path(world, "shift-note"), {"text": text})

    assert page.status_code == 422
    assert words(page, "text-error") == message


def test_housekeeping_reads_notes_and_leaves_none(sign_in, world):
    leave_note(world.property, "Towels for 104.", actor=MARA, now=world.now)
    maid = sign_in(Role.HOUSEKEEPING, world.property, username="maid")

    page = maid.get(path(world))

    assert "Towels for 104." in words(page, "notes")
    assert "Mark done" not in words(page, "notes")
    assert "id_text" not in ids(page)


def test_notes_of_another_house_are_neither_shown_nor_marked(desk, world):
    other = world.property.__class__.objects.create(slug="other", name="Other", time_zone="UTC")
    note = leave_note(other, "Not yours.", actor=SYSTEM, now=world.now)

    answer = desk.post(path(world, "shift-note-done", note.uid))

    assert answer.status_code == 404
    assert "Not yours." not in words(desk.get(path(world)))


def test_the_handover_costs_a_fixed_number_of_queries(desk, world, django_assert_num_queries):
    desk.get(path(world))
    for number in range(5):
        issue(world, f"Guest {number}", pin=f"48291{number}")
        problem(world, cause=f"cause {number}")
        leave_note(world.property, f"Note {number}", actor=MARA, now=world.now)
    world.run(minutes=1)

    with django_assert_num_queries(15):
        desk.get(path(world))
