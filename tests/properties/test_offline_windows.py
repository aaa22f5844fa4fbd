"""How a wanted window becomes one that a maker can fold into a PIN."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.offline_windows import (
    Frame,
    Window,
    days_between,
    fit,
    fit_one_time,
    frames_of,
    offer_of,
    slot_bounds,
    slot_of,
    slot_start,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
IGLOOHOME = (
    Frame(HOUR, 672 * HOUR),
    Frame(29 * DAY, 367 * DAY, is_daily=True),
)
REPORTED = {
    "offline_time_frame_options": [
        {"display_name": "Hourly", "min_duration": "PT1H", "max_duration": "PT672H"},
        {
            "display_name": "Daily",
            "min_duration": "P29D",
            "max_duration": "P367D",
            "matching_start_end_time": True,
        },
    ]
}
ZONES = st.sampled_from(
    [UTC, BERLIN, KOLKATA, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]
)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=1461)).map(
    lambda span: datetime(2026, 1, 1, tzinfo=UTC) + span
)


def at(year, month, day, hour=0, minute=0, *, zone=UTC):
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


def test_what_a_lock_reports_is_read():
    assert frames_of(REPORTED) == IGLOOHOME


@pytest.mark.parametrize(
    ("properties", "frames"),
    [
        ({}, (Frame(),)),
        ({"offline_time_frame_options": []}, (Frame(),)),
        ({"offline_time_frame_options": [{"min_duration": 7, "max_duration": "x"}]}, (Frame(),)),
        ({"offline_time_frame_options": [{"time_pairs": [{"start_time": "15:00"}]}, "?"]}, ()),
        ({"offline_time_frame_options": [{"time_pairs": [{"start_time": "15:30"}, 7]}]}, ()),
        ({"offline_time_frame_options": [{"time_pairs": "15:00"}]}, ()),
    ],
)
def test_malformed_options_say_nothing_and_odd_times_are_left_out(properties, frames):
    assert frames_of(properties) == frames


@pytest.mark.parametrize(
    ("asked", "zone", "most", "window"),
    [
        # whole hours already
        (
            (at(2026, 11, 26, 14), at(2026, 11, 29, 10)),
            BERLIN,
            HOUR,
            Window(at(2026, 11, 26, 14), at(2026, 11, 29, 10)),
        ),
        # earlier start, later end
        (
            (at(2026, 11, 26, 14, 20), at(2026, 11, 29, 10, 1)),
            BERLIN,
            HOUR,
            Window(at(2026, 11, 26, 14), at(2026, 11, 29, 11)),
        ),
        # hours of the lock's own zone: 15:00 in India is half past nine in UTC
        (
            (at(2026, 11, 26, 15, zone=KOLKATA), at(2026, 11, 26, 17, 10, zone=KOLKATA)),
            KOLKATA,
            HOUR,
            Window(at(2026, 11, 26, 9, 30), at(2026, 11, 26, 12, 30)),
        ),
        # shorter than an hour
        (
            (at(2026, 11, 26, 14), at(2026, 11, 26, 14, 5)),
            UTC,
            HOUR,
            Window(at(2026, 11, 26, 14), at(2026, 11, 26, 15)),
        ),
        # too long for hours, and the times of day differ by more than an hour
        ((at(2026, 11, 1, 14), at(2026, 12, 6, 10)), UTC, HOUR, None),
        (
            (at(2026, 11, 1, 14), at(2026, 12, 6, 10)),
            UTC,
            DAY,
            Window(at(2026, 11, 1, 14), at(2026, 12, 6, 14), is_daily=True),
        ),
        # between the two
        ((at(2026, 11, 1, 14), at(2026, 11, 29, 15)), UTC, HOUR, None),
        (
            (at(2026, 11, 1, 14), at(2026, 11, 29, 15)),
            UTC,
            DAY,
            Window(at(2026, 11, 1, 14), at(2026, 11, 30, 14), is_daily=True),
        ),
        # the clocks change in between: the same time of day, an hour less
        (
            (at(2027, 3, 1, 15, zone=BERLIN), at(2027, 4, 5, 15, zone=BERLIN)),
            BERLIN,
            HOUR,
            Window(at(2027, 3, 1, 14), at(2027, 4, 5, 13), is_daily=True),
        ),
        ((at(2026, 11, 1, 14), at(2028, 11, 1, 14)), UTC, DAY, None),
        ((at(2026, 11, 1, 14), at(9999, 12, 31, 23, 59)), BERLIN, DAY, None),
    ],
)
def test_a_window_is_made_to_fit(asked, zone, most, window):
    starts_at, ends_at = asked

    assert fit(starts_at, ends_at, IGLOOHOME, zone, most=most) == window


@given(
    MOMENTS, st.timedeltas(timedelta(minutes=1), 500 * DAY), ZONES, st.sampled_from([HOUR, DAY])
)
def test_a_window_that_fits_covers_what_was_asked_for_and_is_offered(
    starts_at, length, zone, most
):
    ends_at = starts_at + length

    window = fit(starts_at, ends_at, IGLOOHOME, zone, most=most)

    if window is None:
        return
    assert timedelta(0) <= starts_at - window.starts_at < HOUR
    assert timedelta(0) <= window.ends_at - ends_at <= most
    assert window.starts_at == slot_start(slot_of(window.starts_at, zone), zone)
    assert fit(window.starts_at, window.ends_at, IGLOOHOME, zone, most=timedelta(0)) == window
    if window.is_daily:
        assert days_between(window.starts_at, window.ends_at, zone) in range(29, 368)
    else:
        assert HOUR <= window.ends_at - window.starts_at <= 672 * HOUR


@given(MOMENTS, st.integers(1, 672), ZONES)
def test_every_number_of_hours_up_to_28_days_fits_within_an_hour(starts_at, hours, zone):
    # From one full hour to another it may take an hour more than the guest stays.
    stays = (hours - 1) * HOUR or HOUR / 60
    window = fit(starts_at, starts_at + stays, IGLOOHOME, zone, most=HOUR)

    assert window is not None


@given(MOMENTS, ZONES)
def test_an_hour_of_the_lock_starts_on_the_full_hour_of_its_zone(moment, zone):
    start = slot_start(slot_of(moment, zone), zone)

    assert timedelta(0) <= moment - start < HOUR
    assert start.astimezone(zone).minute == 0


@pytest.mark.parametrize(
    ("asked", "lasts", "most", "window"),
    [
        ((14, 38), 24, HOUR, (14, 38)),
        ((14.5, 38), 24, HOUR, (14, 38)),
        ((14, 20), 24, HOUR, None),  # would open for 18 hours longer than asked
        ((14, 20), 24, DAY, (14, 38)),
        ((14, 39), 24, DAY, None),  # would stop before the end that was asked for
        ((14.5, 20.5), None, HOUR, (14, 21)),
    ],
)
def test_a_code_that_opens_once_waits_as_long_as_the_maker_says(asked, lasts, most, window):
    midnight = at(2026, 11, 26)

    found = fit_one_time(
        midnight + asked[0] * HOUR,
        midnight + asked[1] * HOUR,
        UTC,
        lasts=None if lasts is None else lasts * HOUR,
        most=most,
    )

    assert found == (
        None
        if window is None
        else Window(midnight + window[0] * HOUR, midnight + window[1] * HOUR)
    )


@pytest.mark.parametrize(
    ("asked", "window"),
    [
        # a stay, as it is set up
        ((15, 35), (15, 35)),
        ((15.5, 34.5), (15, 35)),
        # an hour early and an hour longer is all that may be added
        ((16.5, 35), None),
        ((15, 33.5), None),
        # another pair, on one day
        ((9.5, 18), (9, 18)),
        # no start of one pair with the end of another
        ((15, 42), None),
        ((9, 9.5), None),
    ],
)
def test_where_times_of_day_are_fixed_a_window_keeps_to_one_pair(asked, window):
    [frame] = frames_of(
        {
            "offline_time_frame_options": [
                {
                    "max_duration": "P31D",
                    "time_pairs": [
                        {"start_time": "15:00", "end_time": "11:00"},
                        {"start_time": "09:00", "end_time": "18:00"},
                    ],
                }
            ]
        }
    )
    midnight = at(2026, 11, 26, zone=BERLIN)

    found = fit(midnight + asked[0] * HOUR, midnight + asked[1] * HOUR, [frame], BERLIN, most=HOUR)

    assert found == (
        None
        if window is None
        else Window(midnight + window[0] * HOUR, midnight + window[1] * HOUR)
    )
    assert offer_of([frame]) == "15:00 to 11:00 or 09:00 to 18:00, up to 31 days"


def test_codes_of_one_hour_are_counted_together_and_daily_ones_by_their_day():
    hourly = Window(at(2026, 11, 26, 14), at(2026, 11, 27, 14))
    daily = Window(at(2026, 11, 26, 14), at(2027, 1, 26, 14), is_daily=True)

    assert slot_bounds(hourly, BERLIN) == (at(2026, 11, 26, 14), at(2026, 11, 26, 15))
    assert slot_bounds(daily, BERLIN) == (at(2026, 11, 25, 23), at(2026, 11, 26, 23))


def test_what_a_lock_offers_is_put_into_words():
    assert [offer_of(IGLOOHOME), offer_of((Frame(),))] == [
        "1 hour to 28 days, or 29 to 367 days at the same time of day",
        "1 hour to 367 days",
    ]
