"""Times in forms: read however they are written, shown by the clock that a person prefers."""

from datetime import time

import pytest
from django.urls import reverse

from locksite.local_time import Telling, as_clock, read_clock, told_as
from tests.desk.html import fields, words


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("15:00", time(15)),
        ("9:05", time(9, 5)),
        ("15.30", time(15, 30)),
        ("3 pm", time(15)),
        ("3PM", time(15)),
        ("3:05 p.m.", time(15, 5)),
        ("12 am", time(0)),
        ("12:30 pm", time(12, 30)),
        (" 14:00:30.500 ", time(14, 0, 30, 500_000)),
        ("2:00:30.500 pm", time(14, 0, 30, 500_000)),
        ("", None),
        ("3", None),
        ("25:00", None),
        ("10:60", None),
        ("13 pm", None),
        ("0 am", None),
        ("soon", None),
        ("٣ pm", None),
    ],
)
def test_a_time_is_read_in_either_clock(text, read):
    assert read_clock(text) == read


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ("15:00", "15:00", "3:00 pm"),
        ("3 pm", "15:00", "3:00 pm"),
        ("00:05", "00:05", "12:05 am"),
        ("12:00", "12:00", "12:00 pm"),
        ("14:00:30.500", "14:00:30.500", "2:00:30.500 pm"),
        ("soon", "soon", "soon"),
        ("", "", ""),
    ],
)
def test_it_is_shown_by_the_clock_that_is_preferred_and_read_back_the_same(text, long, short):
    with told_as(Telling(twelve_hours=True)):
        twelve = as_clock(text)

    assert (as_clock(text), twelve) == (long, short)
    assert read_clock(twelve) == read_clock(text)


@pytest.mark.django_db
def test_a_form_shows_and_takes_the_preferred_clock_and_keeps_what_was_mistyped(desk, world):
    desk.post(reverse("preferences"), {"theme": "", "clock": "12", "has_shortcuts": "on"})
    where = reverse("code-issue", args=[world.property.slug, world.device().uid])
    form = fields(desk.get(where))
    page = desk.get(where).content.decode()
    dates = {"kind": "time_bound", "start_date": "2026-11-26", "end_date": "2026-11-29"}
    typed = {**form, **dates, "name": "Lena", "end_time": "11 am"}

    wrong = desk.post(where, {**typed, "start_time": "15 pm"})
    right = desk.post(where, {**typed, "start_time": "3 pm"})

    assert form["start_time"].endswith((" am", " pm"))
    assert 'data-end-time="11:00 am"' in page
    assert 'type="time"' not in page
    assert wrong.status_code == 422
    assert "Enter a time such as 3:00 pm." in words(wrong, "when-feedback")
    assert fields(wrong)["start_time"] == "15 pm"
    assert right.status_code == 302
    assert "Thu 3:00 pm to" in words(desk.get(right["Location"]), "code-head")
