"""Issuing a code at the desk: both kinds, both ways to a PIN, every error beside its field."""

import re
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accesscodes import services
from accesscodes.choices import Kind
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, ids, words

pytestmark = pytest.mark.django_db


def path(world, name="code-issue", lock=None):
    return reverse(name, args=[world.property.slug, world.device(lock).uid])


def filled(world, desk, **changes):
    """Return the form as it opens, with some fields filled in."""
    form = fields(desk.get(path(world)))
    form.pop("q", None)
    return {**form, "name": "Nora Haas", "pin_length": "6", **changes}


DATES = {
    "kind": "time_bound",
    "start_date": "2026-11-26",
    "start_time": "15:00",
    "end_date": "2026-11-29",
    "end_time": "11:00",
}


def test_the_form_opens_with_a_stay_from_check_in_today_to_check_out_tomorrow(desk, world):
    page = desk.get(path(world))

    form = fields(page)
    assert {name: form[name] for name in ("kind", *DATES, "pin_mode")} == {
        "kind": "time_bound",
        "start_date": "2026-11-23",
        "start_time": "15:00",
        "end_date": "2026-11-24",
        "end_time": "11:00",
        "pin_mode": "generate",
    }
    assert attributes(page, "id_name")["autocomplete"] == "off"
    assert "autofocus" in attributes(page, "id_name")
    assert "field__error" not in page.content.decode()


def test_after_check_in_time_the_stay_starts_now(desk, world):
    world.clock.move(hours=7, minutes=38)

    form = fields(desk.get(path(world)))

    assert (form["start_date"], form["start_time"]) == ("2026-11-23", "18:35")


def test_a_code_with_dates_is_issued_in_the_property_s_time(desk, world):
    answer = desk.post(path(world), filled(world, desk, **DATES), follow=True)

    code = AccessCode.objects.get()
    assert answer.redirect_chain == [
        (reverse("code-detail", args=[world.property.slug, code.uid]), 302)
    ]
    assert (code.name, code.kind, code.starts_at, code.ends_at) == (
        "Nora Haas",
        Kind.TIME_BOUND,
        datetime(2026, 11, 26, 14, 0, tzinfo=UTC),
        datetime(2026, 11, 29, 10, 0, tzinfo=UTC),
    )
    assert (code.created_by, code.created_by_kind) == ("mara", "staff")
    assert words(answer, "toast") == (
        "Code for Nora Haas created. It is put on the lock before it starts."
    )


def test_a_code_until_removed_is_sent_at_once_and_its_pin_is_in_no_page(desk, world):
    answer = desk.post(path(world), filled(world, desk, kind="ongoing"), follow=True)
    world.run(minutes=1)

    code = AccessCode.objects.get()
    digits = world.digits(code)
    pages = [
        answer,
        desk.get(answer.redirect_chain[0][0]),
        desk.get(path(world, "lock-detail")),
        desk.get(reverse("code-list", args=[world.property.slug])),
    ]
    assert words(answer, "toast") == "Code for Nora Haas created. Sending to the lock."
    assert (code.kind, len(digits)) == (Kind.ONGOING, 6)
    assert world.on_lock() == {digits}
    assert words(pages[1], "code-badge") == "On the lock"
    assert [digits in page.content.decode() for page in pages] == [False] * 4


def test_a_chosen_pin_is_taken(desk, world):
    desk.post(path(world), filled(world, desk, kind="ongoing", pin_mode="choose", pin="482915"))

    assert world.digits(AccessCode.objects.get()) == "482915"


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"name": "  "}, "name", "Enter who the code is for."),
        ({"pin_mode": "choose", "pin": ""}, "pin", "Enter a PIN, or let Locksite generate one."),
        ({"pin_mode": "choose", "pin": "48a915"}, "pin", "Use digits only."),
        (
            {"pin_mode": "choose", "pin": "482"},
            "pin",
            "This lock needs 4 to 8 digits. You entered 3.",
        ),
        ({"pin_mode": "choose", "pin": "777777"}, "pin", "Don't repeat one digit."),
        (
            {"pin_mode": "choose", "pin": "123456"},
            "pin",
            "This PIN is easy to guess. Choose another.",
        ),
        ({**DATES, "end_date": "2026-11-26"}, "end_date", "End must be after start."),
        (
            {**DATES, "start_date": "2026-11-20", "end_date": "2026-11-22"},
            "end_date",
            "End is already past.",
        ),
        ({**DATES, "start_date": ""}, "start_date", "Choose the date of the start."),
        ({**DATES, "end_time": "25:00"}, "end_time", "Enter a time such as 15:00."),
        (
            {**DATES, "start_date": "2027-03-28", "start_time": "02:30", "end_date": "2027-03-29"},
            "start_time",
            "02:30 does not exist on 28 March (clocks go forward). Use 03:00.",
        ),
        (
            {**DATES, "start_date": "2027-10-31", "start_time": "02:30", "end_date": "2027-11-01"},
            "start_time",
            "02:30 happens twice on 31 October. Choose which one is meant.",
        ),
        ({**DATES, "start_date": "9999-12-31", "start_time": "23:59"}, "start_date", None),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(
    changes, field, error, desk, world
):
    form = filled(world, desk, **{"kind": "ongoing", **changes})

    page = desk.post(path(world), form)

    assert page.status_code == 422
    assert AccessCode.objects.count() == 0
    assert page.content.decode().count("<title>Error: ") == 1
    if error is not None:
        assert error in words(page, "error-summary")
        assert f'href="#id_{field}"' in page.content.decode()
        assert error in words(page, "main").replace(words(page, "error-summary"), "", 1)
    kept = fields(page)
    assert {name: kept.get(name, "") for name in changes} == changes


def test_a_change_of_clocks_is_told_on_the_clock_that_its_reader_likes(desk, world):
    desk.post(reverse("preferences"), {"theme": "", "clock": "12"})
    skipped = {
        **DATES,
        "start_date": "2027-03-28",
        "start_time": "02:30",
        "end_date": "2027-03-29",
    }
    twice = {**DATES, "start_date": "2027-10-31", "start_time": "02:30", "end_date": "2027-11-01"}

    spring = desk.post(path(world), filled(world, desk, **skipped))
    autumn = desk.post(path(world), filled(world, desk, **twice))

    assert "2:30 am does not exist on 28 March (clocks go forward). Use 3:00 am." in words(
        spring, "error-summary"
    )
    assert "2:30 am happens twice on 31 October. Which one?" in words(autumn, "when-feedback")


def test_a_code_that_is_sent_at_once_is_handed_over_when_it_is_there(desk, world):
    form = filled(world, desk, **{**DATES, "start_date": "2026-11-23"})

    answer = desk.post(path(world, "code-validate"), form, headers={"HX-Request": "true"})

    assert "Loads At once" in words(answer, "plan")
    assert "Hand the PIN over when it is on the lock." in words(answer, "plan")
    assert "You can hand over the PIN now" not in words(answer, "plan")


def test_of_a_time_that_happens_twice_the_chosen_one_counts(desk, world):
    twice = {**DATES, "start_date": "2027-10-31", "start_time": "02:30", "end_date": "2027-11-01"}

    asked = desk.post(path(world), filled(world, desk, **twice))
    desk.post(path(world), filled(world, desk, **twice, start_fold="1"))

    assert "02:30 happens twice on 31 October. Which one? First, UTC+2 Second, UTC+1" in words(
        asked, "when-feedback"
    )
    assert AccessCode.objects.get().starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_pin_in_use_is_refused_with_one_that_is_free(desk, world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    form = filled(world, desk, kind="ongoing", pin_mode="choose", pin="482915")

    page = desk.post(path(world), form)

    said = words(page, "pin-feedback")
    assert said.startswith("This PIN is in use on this door. Try ")
    assert "Lena" not in said
    [free] = re.findall(r"Try (\d{6}) ", said)
    taken = desk.post(path(world), {**form, "take_pin": free})
    assert fields(taken)["pin"] == free
    assert AccessCode.objects.count() == 1
    assert desk.post(path(world), {**form, "pin": free}).status_code == 302


def test_the_same_form_twice_makes_one_code(desk, world):
    form = filled(world, desk, kind="ongoing")

    first = desk.post(path(world), form)
    second = desk.post(path(world), form, follow=True)

    assert AccessCode.objects.count() == 1
    assert second.redirect_chain[0][0] == first["Location"]
    assert words(second, "toast") == "This form was sent before. It made the code for Nora Haas."


def test_two_forms_at_the_same_moment_make_one_code(desk, world, monkeypatch):
    form = filled(world, desk, kind="ongoing")
    issue = services.issue_code

    def late(device, spec, **rest):
        # The other request came in between the look and the write.
        issue(device, spec, **rest)
        raise IntegrityError

    monkeypatch.setattr(services, "issue_code", late)
    answer = desk.post(path(world), form, follow=True)

    assert AccessCode.objects.count() == 1
    assert words(answer, "toast") == "This form was sent before. It made the code for Nora Haas."


def test_a_new_form_makes_a_new_code(desk, world):
    for _ in range(2):
        desk.post(path(world), filled(world, desk, kind="ongoing"))

    assert AccessCode.objects.count() == 2


def test_a_token_of_another_lock_does_not_count(sign_in, clock):
    world = World("schlage", "yale", clock=clock)
    desk = sign_in(Role.MANAGER, world.property)
    form = filled(world, desk, kind="ongoing")

    desk.post(path(world, lock=world.locks[1]), form)
    desk.post(path(world), form)

    assert AccessCode.objects.count() == 2


def test_typing_is_answered_and_nothing_is_saved(desk, world):
    form = filled(world, desk, **DATES, pin_mode="choose", pin="77")

    answer = desk.post(
        path(world, "code-validate"), {**form, "name": ""}, headers={"HX-Request": "true"}
    )

    assert AccessCode.objects.count() == 0
    assert ids(answer)[:2] == ["name-feedback", "when-feedback"]
    assert {"end-hint", "pin-feedback", "plan", "plan-line"} <= set(ids(answer))
    assert words(answer, "name-feedback") == ""
    assert words(answer, "end-hint") == "3 nights"
    assert words(answer, "pin-feedback") == (
        "4 to 8 digits : open Not all the same : open Not easy to guess : open "
        "Not already on this lock : open"
    )
    assert words(answer, "plan").startswith(
        "What will happen Now Opens Thu 15:00 Stops Sun 11:00 Door "
    )
    assert (
        "Works Thu 26 Nov 15:00 to Sun 29 Nov 11:00 Loads From today 15:00, 72 h early"
        in words(answer, "plan")
    )
    assert "You can hand over the PIN now. It opens the door only inside the dates." in words(
        answer, "plan"
    )


def test_a_field_that_was_left_is_told_what_is_wrong_with_it(desk, world):
    form = filled(world, desk, **DATES, pin_mode="choose", pin="7777")
    form |= {"name": "", "touched": ["name", "pin"]}

    answer = desk.post(path(world, "code-validate"), form, headers={"HX-Request": "true"})

    assert words(answer, "name-feedback") == "Enter who the code is for."
    assert words(answer, "pin-feedback").startswith("Don't repeat one digit. Try ")
    assert "Not all the same : not met" in words(answer, "pin-feedback")


def test_the_plan_names_other_guests_and_warns_of_an_overlap(desk, world):
    spec = CodeSpec(
        name="Ana Prado",
        starts_at=datetime(2026, 11, 24, 14, tzinfo=UTC),
        ends_at=datetime(2026, 11, 26, 10, tzinfo=UTC),
    )
    issue_code(world.device(), spec, actor=SYSTEM, now=world.now)

    def answer(**changes):
        form = filled(world, desk, **{**DATES, **changes})
        return desk.post(path(world, "code-validate"), form)

    after, beside = answer(), answer(start_date="2026-11-25")
    assert "Ana Prado tomorrow 15:00 to Thu 11:00 No overlap with another guest." in (
        words(after, "plan")
    )
    assert words(after, "overlap") == ""
    assert words(beside, "overlap") == (
        "Overlaps Ana Prado, tomorrow 15:00 to Thu 11:00. Continue if they share the door."
    )
    assert "No overlap" not in words(beside, "plan")


def test_a_name_too_long_for_the_lock_is_noted_and_kept(desk, world):
    form = filled(world, desk, kind="ongoing", name="Nora Haas-Lindqvist")

    answer = desk.post(path(world, "code-validate"), form)
    desk.post(path(world), form)

    assert words(answer, "name-feedback") == "The lock will show “Nora Haas-Li”."
    assert AccessCode.objects.get().name == "Nora Haas-Lindqvist"


def test_a_very_long_stay_is_asked_about(desk, world):
    form = filled(world, desk, **{**DATES, "end_date": "2027-11-29"})

    answer = desk.post(path(world, "code-validate"), form)

    assert words(answer, "when-feedback") == "That is 368 days. Is the end date right?"


def test_quick_stays_fill_the_dates_without_javascript(desk, world):
    form = filled(world, desk, **DATES, stay="weekend")

    page = desk.post(path(world), form)

    kept = fields(page)
    assert page.status_code == 200
    assert {name: kept[name] for name in DATES} == {
        "kind": "time_bound",
        "start_date": "2026-11-27",
        "start_time": "15:00",
        "end_date": "2026-11-29",
        "end_time": "11:00",
    }
    assert kept["name"] == "Nora Haas"
    assert AccessCode.objects.count() == 0


def test_a_lock_that_takes_no_codes_says_so_instead_of_a_form(sign_in, clock):
    world = World("nuki", clock=clock)
    switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, True, now=world.now)
    world.refresh()
    desk = sign_in(Role.MANAGER, world.property)

    page = desk.get(path(world))
    sent = desk.post(path(world), {"name": "Nora", "kind": "ongoing", "pin_mode": "generate"})

    assert "No code can be issued here now Its keypad disconnected today at 11:00." in words(
        page, "main"
    )
    assert "issue-form" not in ids(page)
    assert sent.status_code == 422
    assert AccessCode.objects.count() == 0


def test_a_lock_without_a_time_zone_takes_codes_until_removed_only(sign_in, clock):
    world = World("schlage", clock=clock)
    switch_fault(world.locks[0], Fault.TIME_ZONE_UNKNOWN, True, now=world.now)
    world.refresh()
    desk = sign_in(Role.MANAGER, world.property)

    page = desk.get(path(world))
    dated = desk.post(path(world), filled(world, desk, **DATES))
    ongoing = desk.post(path(world), filled(world, desk, kind="ongoing"))

    assert fields(page)["kind"] == "ongoing"
    assert "dated codes can't be made. Until-removed codes work." in words(page, "issue-form")
    assert dated.status_code == 422
    assert "dated codes can't be made" in words(dated, "error-summary")
    assert ongoing.status_code == 302


def test_an_offline_lock_takes_the_code_and_the_plan_warns(desk, world):
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)
    world.refresh()

    page = desk.get(path(world))
    sent = desk.post(path(world), filled(world, desk, kind="ongoing"), follow=True)

    assert "The lock is offline. The code is sent as soon as it is back." in words(page, "plan")
    assert words(sent, "code-badge") == "Blocked: lock offline"


def test_choosing_the_door_first_leads_to_its_form(desk, world):
    page = desk.get(reverse("choose-door", args=[world.property.slug]))
    chosen = desk.get(
        reverse("choose-door", args=[world.property.slug]), {"door": str(world.device().uid)}
    )

    assert f'href="{path(world)}"' in page.content.decode()
    assert chosen["Location"] == path(world)


def test_looking_through_a_form_takes_no_lock_row_and_stays_cheap(
    desk, world, django_assert_max_num_queries
):
    form = filled(world, desk, **DATES, pin_mode="choose", pin="482915")
    validate = path(world, "code-validate")
    generation = Device.objects.get().generation

    with django_assert_max_num_queries(14):
        desk.post(validate, form)

    assert Device.objects.get().generation == generation
