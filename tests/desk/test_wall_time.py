"""Local times: those that do not exist, those that happen twice, and times in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accesscodes.web import wall_time
from accesscodes.web.wall_time import Exact, Skipped, Twice, at_wall

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)  # a Monday, 14:32 in Hamburg


def written_as(*parts: int) -> datetime:
    """Return a time as it stands on a form: without a zone."""
    return datetime(*parts)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written", "zone", "meant"),
    [
        ((2026, 11, 26, 15, 0), BERLIN, Exact(datetime(2026, 11, 26, 14, 0, tzinfo=UTC))),
        ((2026, 7, 1, 15, 0), BERLIN, Exact(datetime(2026, 7, 1, 13, 0, tzinfo=UTC))),
        ((2026, 3, 29, 1, 59), BERLIN, Exact(datetime(2026, 3, 29, 0, 59, tzinfo=UTC))),
        ((2026, 3, 29, 3, 0), BERLIN, Exact(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))),
        ((2026, 3, 8, 3, 0), NEW_YORK, Exact(datetime(2026, 3, 8, 7, 0, tzinfo=UTC))),
    ],
)
def test_an_ordinary_time_names_one_instant(written, zone, meant):
    assert at_wall(written_as(*written), zone) == meant


@pytest.mark.parametrize(
    ("written", "zone", "resumes"),
    [
        ((2026, 3, 29, 2, 0), "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ((2026, 3, 29, 2, 30), "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ((2026, 3, 8, 2, 30), "America/New_York", "2026-03-08T03:00:00-04:00"),
        # half an hour only
        ((2026, 10, 4, 2, 15), "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"),
        # a whole day
        ((2011, 12, 30, 12, 0), "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_time_that_clocks_skip_says_when_they_go_on(written, zone, resumes):
    meant = at_wall(written_as(*written), ZoneInfo(zone))

    assert meant == Skipped(datetime.fromisoformat(resumes).astimezone(ZoneInfo(zone)))
    assert meant.resumes_at.isoformat() == resumes


def test_a_time_that_happens_twice_asks_which_one():
    written = written_as(2026, 10, 25, 2, 30)

    asked = at_wall(written, BERLIN)
    first, second = at_wall(written, BERLIN, 0), at_wall(written, BERLIN, 1)

    assert isinstance(asked, Twice)
    assert (asked.first.utcoffset(), asked.second.utcoffset()) == (
        timedelta(hours=2),
        timedelta(hours=1),
    )
    assert first == Exact(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert second == Exact(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


@given(
    st.datetimes(written_as(2020, 1, 1), written_as(2031, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sampled_from([None, 0, 1]),
)
def test_what_is_accepted_reads_back_as_it_was_written(written, name, fold):
    zone = ZoneInfo(name)

    meant = at_wall(written, zone, fold)

    match meant:
        case Exact(at):
            assert at.astimezone(zone).replace(tzinfo=None) == written
        case Skipped(resumes_at):
            assert resumes_at.replace(tzinfo=None) > written
        case Twice(first, second):
            assert fold is None
            assert second - first.astimezone(UTC) > timedelta(0)


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
        ("Last read {at}.", datetime(2026, 11, 1, 9, 0, tzinfo=UTC), "Last read on 1 Nov."),
        ("Last read {at}.", None, "Last read."),
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


def test_an_offset_has_a_name():
    assert wall_time.offset_name(datetime(2026, 7, 1, tzinfo=BERLIN)) == "UTC+2"
    assert wall_time.offset_name(datetime(2026, 7, 1, tzinfo=NEW_YORK)) == "UTC-4"
    assert wall_time.offset_name(datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Kolkata"))) == (
        "UTC+5:30"
    )
