"""The list of codes, the page of one, its PIN, and changing or deleting it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accesscodes.choices import Kind, Severity
from accesscodes.models import AccessCode, Problem
from accesscodes.services import CodeSpec, issue_code, withdraw_code
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Fault
from properties.providers.virtual.people import add_foreign_code, switch_fault
from tests.desk.html import attributes, fields, ids, words

pytestmark = pytest.mark.django_db


def path(world, code, name="code-detail"):
    return reverse(name, args=[world.property.slug, code.uid])


def list_path(world):
    return reverse("code-list", args=[world.property.slug])


def issue(world, name="Lena", pin="482915", **parts):
    spec = CodeSpec(name=name, pin=pin and Pin(pin), **parts)
    return issue_code(world.device(), spec, actor=SYSTEM, now=world.now)


STAY = {
    "starts_at": datetime(2026, 11, 26, 14, tzinfo=UTC),
    "ends_at": datetime(2026, 11, 29, 10, tzinfo=UTC),
}


@pytest.fixture
def code(world):
    code = issue(world)
    world.run(minutes=1)
    return code


def test_a_code_on_its_lock_may_be_handed_over(desk, world, code):
    page = desk.get(path(world, code))

    assert words(page, "code-head").startswith("Locks ")
    assert words(page, "code-badge") == "On the lock"
    assert words(page, "handover") == "Ready to hand over."
    assert words(page, "code-progress") == (
        "Progress Created , done 11:00 Sending , done 11:00 On the lock , done 11:00 "
        "Removed , to come"
    )
    assert words(page, "code-facts").startswith(
        "Kind Until removed, online Issued by Locksite, today 11:00 Proof Read back from the "
        "lock today 11:00 PIN shown Never Code ID "
    )
    assert attributes(page, "code-panel")["hidden"] is None
    assert words(page, "pin").startswith("Show the PIN of Lena")
    assert "482915" not in page.content.decode()


def test_what_a_lock_refused_does_not_pass_for_unanswered(desk, world):
    switch_fault(world.locks[0], Fault.TIME_ZONE_UNKNOWN, True, now=world.now)
    code = issue(world, starts_at=world.now + timedelta(hours=4), ends_at=STAY["ends_at"])
    world.run(minutes=1)

    assert "Proof Refused by the lock" in words(desk.get(path(world, code)), "code-facts")


def test_a_stay_ahead_shows_its_window_and_when_it_loads(desk, world):
    code = issue(world, **{key: at + timedelta(days=7) for key, at in STAY.items()})
    world.run(minutes=1)

    page = desk.get(path(world, code))

    assert words(page, "code-badge") == "Scheduled"
    assert words(page, "code-progress") == (
        "Progress Created , done 11:00 Scheduled , now 30 Nov Sending , to come On the lock , to "
        "come Removed , to come 6 Dec Created today 11:00 Now Opens Thu 3 Dec 15:00 Stops Sun 6 "
        "Dec 11:00"
    )
    assert words(page, "handover").startswith("You can hand it over. It opens the door from")
    assert 'aria-label="Works from Thu 3 Dec 15:00 to Sun 6 Dec 11:00."' in page.content.decode()
    assert "style=" not in page.content.decode()


def test_a_code_that_the_lock_refuses_says_why_and_what_to_do(desk, world):
    add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    code = issue(world, starts_at=world.now + timedelta(hours=4), ends_at=STAY["ends_at"])
    world.run(minutes=1)

    page = desk.get(path(world, code))

    assert words(page, "code-badge") == "Not on the lock"
    assert words(page, "code-panel") == (
        "The PIN is not on the lock yet Another code on the lock already uses this PIN. It is "
        "“Owner”, made in the lock's app. It is wanted today at 15:00, in 3 h 59 min. Change PIN "
        "Remove the other code Try again Open the lock “Change PIN” draws a free one. The old PIN "
        "stops working when the new one is on the lock. “Try again” sends the same PIN again."
    )
    assert words(page, "handover") == "Don't hand this PIN over yet. It does not open the door."
    assert "Sending , in trouble" in words(page, "code-progress")
    assert words(page, "code-events").startswith(
        "Events Live Couldn't be set on the lock 11:00 Another code on the lock already uses "
        "this PIN. Issued by "
    )


def test_open_problems_are_shown_with_the_code(desk, world, code):
    Problem.objects.create(
        device=world.device(),
        code=code,
        cause="lost",
        severity=Severity.WARN,
        sentence="The code was lost twice today.",
        next_step="Look at the lock.",
        since=world.now,
        opened_at=world.now,
    )

    page = desk.get(path(world, code))

    assert words(page, "code-panel") == (
        "The code was lost twice today. Look at the lock. Since today 11:01 ."
    )


def test_the_pin_is_shown_by_post_alone_and_written_down(desk, world, code):
    before = desk.get(path(world, code, "code-pin"))
    shown = desk.post(path(world, code, "code-pin"), headers={"HX-Request": "true"})
    entry = AuditEntry.objects.get(action="access_code.reveal_pin")
    after = desk.get(path(world, code))

    assert "482915" not in before.content.decode()
    assert ids(shown)[:4] == ["pin", "pin-show", "pin-hide", "pin-copy"]
    assert words(shown, "pin").startswith("482915 Show")
    assert 'aria-label="PIN 4 8 2 9 1 5"' in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert (entry.actor_label, entry.object_uid, entry.ip) == ("mara", code.uid, "127.0.0.1")
    assert "482915" not in str(entry.detail)
    assert "482915" not in after.content.decode()
    assert "PIN shown mara, today 11:01" in words(after, "code-facts")
    assert "PIN shown to mara" in words(after, "code-events")


def test_without_javascript_the_pin_is_shown_on_a_page_of_its_own(desk, world, code):
    page = desk.post(path(world, code, "code-pin"))

    assert words(page, "pin").startswith("482915")
    assert words(page, "code-badge") == "On the lock"
    assert page["Cache-Control"] == "no-store"
    assert "482915" not in page.content.decode().partition("</title>")[0]


def test_copying_gives_the_digits_alone_and_is_written_down_too(desk, world, code):
    answer = desk.post(path(world, code, "code-pin"), {"copy": "1"})

    assert (answer.content, answer["Content-Type"]) == (b"482915", "text/plain; charset=utf-8")
    assert AuditEntry.objects.filter(action="access_code.reveal_pin").count() == 1


def test_a_code_is_deleted_after_one_question_and_the_keypad_refuses_it(desk, world, code):
    page = desk.get(path(world, code))
    question = desk.get(path(world, code, "code-delete"))
    answer = desk.post(path(world, code, "code-delete"), follow=True)
    world.run(minutes=1)
    gone = desk.get(path(world, code))

    assert "Delete the code for Lena?" in words(page, "delete-dialog")
    assert words(question, "main").endswith(
        "The PIN stops opening the door as soon as it is off the lock. Cancel Delete code"
    )
    assert words(answer, "code-badge") == "Removing in 10 s"
    assert words(answer, "toast") == "Code for Lena is being removed from the lock. Undo"
    assert gone.status_code == 410
    assert words(gone, "code-badge") == "Removed"
    assert words(gone, "code-gone").startswith("This code was removed. Removed from the lock ")
    assert "Deleted by mara" in words(gone, "code-events")
    assert {"to-again", "to-record"} <= set(ids(gone))
    assert "pin" not in ids(gone)
    assert world.type("482915").opened is False
    assert "hx-get" not in attributes(gone, "live")


def test_deleting_during_the_stay_says_so(desk, world):
    code = issue(world, starts_at=world.now, ends_at=world.now + timedelta(hours=3))

    question = desk.get(path(world, code, "code-delete"))

    assert ("The stay is running until today 14:00. The PIN stops opening the door.") in words(
        question, "main"
    )


def test_renaming(desk, world, code):
    empty = desk.post(path(world, code, "code-rename"), {"name": " "})
    done = desk.post(path(world, code, "code-rename"), {"name": "Lena Okafor"}, follow=True)

    assert empty.status_code == 422
    assert words(empty, "error-summary") == "Check 1 thing Enter who the code is for."
    assert words(done, "toast") == "Renamed."
    code.refresh_from_db()
    assert code.name == "Lena Okafor"


def test_a_stay_is_extended(desk, world):
    code = issue(world, **STAY)
    form = fields(desk.get(path(world, code, "code-dates")))

    wrong = desk.post(path(world, code, "code-dates"), {**form, "end_date": "2026-11-25"})
    done = desk.post(
        path(world, code, "code-dates"), {**form, "end_date": "2026-11-30"}, follow=True
    )

    assert (form["kind"], form["start_date"], form["start_time"], form["end_time"]) == (
        "time_bound",
        "2026-11-26",
        "15:00",
        "11:00",
    )
    assert wrong.status_code == 422
    assert "End must be after start." in words(wrong, "error-summary")
    assert words(done, "toast") == "Dates changed."
    code.refresh_from_db()
    assert code.ends_at == datetime(2026, 11, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "starts_at",
    [
        datetime(2026, 11, 26, 14, 0, 30, 500000, tzinfo=UTC),  # as partners may
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # the first 02:30 of that night
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),  # and the second
    ],
)
def test_extending_a_stay_leaves_its_start_as_it_is_to_the_millisecond(desk, world, starts_at):
    code = issue(world, starts_at=starts_at, ends_at=starts_at + timedelta(days=2))
    form = fields(desk.get(path(world, code, "code-dates")))

    answer = desk.post(path(world, code, "code-dates"), {**form, "end_date": "2027-11-30"})

    assert answer.status_code == 302
    code.refresh_from_db()
    assert code.starts_at == starts_at
    assert code.ends_at.date().isoformat() == "2027-11-30"


def test_a_stay_becomes_a_code_until_removed(desk, world):
    code = issue(world, **STAY)

    desk.post(path(world, code, "code-dates"), {"kind": "ongoing"})

    code.refresh_from_db()
    assert (code.kind, code.starts_at, code.ends_at) == (Kind.ONGOING, None, None)


@pytest.mark.parametrize(
    ("form", "kept"),
    [({"pin_mode": "generate", "pin_length": "7"}, 7), ({"pin_mode": "choose", "pin": "9064"}, 4)],
)
def test_the_pin_is_changed_and_the_old_one_goes_when_the_new_one_is_there(
    form, kept, desk, world, code
):
    done = desk.post(path(world, code, "code-change-pin"), form, follow=True)
    badge = words(done, "code-badge")
    world.run(minutes=2)

    code.refresh_from_db()
    digits = world.digits(code)
    assert badge == "Changing"
    assert words(done, "toast") == (
        "PIN changed. The old one stops working when the new one is on the lock."
    )
    assert (len(digits), digits == "482915") == (kept, False)
    assert world.on_lock() == {digits}


def test_a_weak_or_used_pin_is_refused_with_a_better_one(desk, world, code):
    issue(world, name="Other", pin="906437")

    answers = [
        desk.post(path(world, code, "code-change-pin"), {"pin_mode": "choose", "pin": pin})
        for pin in ("123456", "906437")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert words(answers[0], "pin-feedback").startswith("This PIN is easy to guess. Choose ")
    assert words(answers[1], "pin-feedback").startswith("This PIN is in use on this lock. Try ")


def test_a_code_that_is_leaving_cannot_be_changed(desk, world, code):
    withdraw_code(code, actor=SYSTEM, now=world.now)

    answers = [
        desk.post(path(world, code, "code-rename"), {"name": "Nora"}),
        desk.post(path(world, code, "code-dates"), {"kind": "ongoing"}),
        desk.post(path(world, code, "code-change-pin"), {"pin_mode": "generate"}),
    ]

    sentence = "This code is being removed and cannot be changed."
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert [sentence in words(answer, "error-summary") for answer in answers] == [True] * 3


# ---- The list


def test_the_list_shows_what_needs_somebody_first_and_counts(desk, world, code):
    add_foreign_code(world.locks[0], Pin("906437"), "Owner", now=world.now)
    issue(world, name="Jonas", pin="906437")
    issue(world, name="Ana", pin=None, **{key: at + timedelta(days=9) for key, at in STAY.items()})
    gone = issue(world, name="Old", pin=None)
    world.run(minutes=1)
    withdraw_code(gone, actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    page = desk.get(list_path(world))
    removed = desk.get(list_path(world), {"state": "gone"})
    found = desk.get(list_path(world), {"q": "ana"})

    assert words(page, "code-chips") == (
        "All 4 Needs attention 1 Scheduled 1 On the lock 1 Removed 1"
    )
    names = {f"code-{row.uid}": row.name for row in AccessCode.objects.all()}
    assert [names[each] for each in ids(page) if each in names] == ["Jonas", "Ana", "Lena"]
    assert [names[each] for each in ids(removed) if each in names] == ["Old"]
    assert [names[each] for each in ids(found) if each in names] == ["Ana"]


def test_the_list_of_one_door_says_so(desk, world, code):
    page = desk.get(list_path(world), {"lock": str(world.device().uid)})
    nonsense = desk.get(list_path(world), {"lock": "x", "show": "y", "state": "z"})

    assert words(page, "code-list").startswith("Only the codes of one door.")
    assert "Lena" in words(nonsense, "code-list")


def test_long_lists_are_loaded_in_steps(desk, world):
    for number in range(55):
        issue(world, name=f"Guest {number:02}", pin=None)

    page = desk.get(list_path(world))
    more = desk.get(list_path(world), {"show": "100"})

    assert words(page, "code-list").count("Guest ") == 50
    assert "Load more" in words(page, "code-list")
    assert words(more, "code-list").count("Guest ") == 55
    assert "Load more" not in words(more, "code-list")


@pytest.mark.parametrize("codes", [1, 15])
def test_the_list_costs_the_same_however_many_codes(desk, world, codes, django_assert_num_queries):
    for number in range(codes):
        issue(world, name=f"Guest {number}", pin=None)
    world.run(minutes=1)
    where = list_path(world)
    desk.get(where)

    # session, user, roles, properties; how things stand; locks, codes, others' codes
    with django_assert_num_queries(8):
        desk.get(where)


def test_the_page_of_a_code_costs_a_fixed_number_of_queries(
    desk, world, code, django_assert_num_queries
):
    where = path(world, code)
    desk.get(where)

    # session, user, roles, properties; how things stand; code; events, deeds, commands, problems;
    # arrivals
    with django_assert_num_queries(11):
        desk.get(where)


def test_an_account_that_is_out_is_named(desk, world, code):
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, True, now=world.now)
    world.refresh()
    world.run(minutes=5)

    page = desk.get(path(world, code))

    assert words(page, "code-badge") == "Blocked: account"
    assert words(page, "code-panel").startswith("The lock's account is disconnected")
