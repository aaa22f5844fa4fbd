"""Times in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accesscodes.web import wall_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)  # a Monday, 14:32 in Hamburg


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "today 15:00"),
        (datetime(2026, 11, 24, 14, 0, tzinfo=UTC), "tomorrow 15:00"),
        (datetime(2026, 11, 22, 17, 20, tzinfo=UTC), "yesterday 18:20"),
        (datetime(2026, 11, 26, 14, 0, tzinfo=UTC), "Thu 15:00"),
        (datetime(2026, 11, 30, 14, 0, tzinfo=UTC), "Mon 30 Nov 15:00"),
        (datetime(2027, 1, 4, 14, 0, tzinfo=UTC), "Mon 4 Jan 2027 15:00"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "tomorrow 00:30"),  # by the house's own day
        # clocks go back: one of two equal times
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "Sun 31 Oct 2027 02:30 UTC+2"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "Sun 31 Oct 2027 02:30 UTC+1"),
    ],
)
def test_a_moment_is_as_short_as_it_can_be(at, words):
    assert wall_time.moment(at, BERLIN, NOW) == words


@pytest.mark.parametrize(
    ("sentence", "at", "words"),
    [
        (
            "Its keypad disconnected {at}.",
            datetime(2026, 11, 23, 8, 14, tzinfo=UTC),
            "Its keypad disconnected today at 09:14.",
        ),
        (
            "The lock is offline since {at}. Codes stay.",
            datetime(2026, 11, 22, 17, 20, tzinfo=UTC),
            "The lock is offline since Sun 18:20. Codes stay.",
        ),
        ("It left {at}.", datetime(2026, 11, 1, 9, 0, tzinfo=UTC), "It left on 1 Nov."),
        ("It left {at}.", None, "It left."),
        ("The lock says: “{x}”", NOW, "The lock says: “{x}”"),
    ],
)
def test_a_time_is_put_into_a_sentence(sentence, at, words):
    assert wall_time.with_time(sentence, at, BERLIN, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (5280, "1 h 28 min"),
        (86400, "1 day"),
        (259200, "3 days"),
    ],
)
def test_a_length_of_time_in_words(seconds, words):
    assert wall_time.span(timedelta(seconds=seconds)) == words


def test_nights_are_counted_by_the_house_s_own_days():
    starts, ends = (
        datetime(2026, 11, 26, 14, tzinfo=UTC),
        datetime(2026, 11, 29, 10, tzinfo=UTC),
    )

    assert wall_time.nights(starts, ends, BERLIN) == "3 nights"
    assert wall_time.nights(starts, starts + timedelta(hours=20), BERLIN) == "1 night"
    assert wall_time.nights(starts, starts + timedelta(hours=2), BERLIN) == ""


def test_days_are_counted_by_the_calendar_whatever_the_clocks_do():
    starts = datetime(2026, 10, 1, 13, tzinfo=UTC)  # 15:00 in summer
    ends = datetime(2027, 4, 1, 13, tzinfo=UTC)

    assert wall_time.days_between(starts, ends, BERLIN) == 182
    # 15:00 to 15:00 over the change in spring is an hour short of whole days
    assert (
        wall_time.days_between(
            datetime(2027, 3, 1, 14, tzinfo=UTC), datetime(2027, 4, 1, 13, tzinfo=UTC), BERLIN
        )
        == 31
    )
