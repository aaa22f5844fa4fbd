"""PINs computed on one side and recognised on the other, with nothing but a secret in common."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locksite.masked import Pin
from properties.offline_windows import days_later, slot_of, slot_start
from properties.providers.base import OfflineWindow, Refused, Retry
from properties.providers.virtual.keypad import Reason
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.offline import Attempt, Grant, Kind, granted, judge, pin_of

MAKE = MAKES["igloohome"]
ANY = replace(
    MAKE,
    offline_time_frames=(),
    one_time_lasts=None,
    one_time_per_start=None,
    first_use_within=None,
)
SECRET, OTHER_SECRET = b"one lock" * 4, b"no other" * 4
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
START = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)

ZONES = st.sampled_from([UTC, BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")])
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=1461)).map(
    lambda span: datetime(2026, 1, 1, tzinfo=UTC) + span
)


def window(hours=48, *, starts_at=START, ordinal=1, is_one_time=False):
    return OfflineWindow("Lena Okafor", starts_at, starts_at + hours * HOUR, is_one_time, ordinal)


def pin(asked, make=MAKE, zone=BERLIN):
    return pin_of(SECRET, granted(make, asked, zone))


def typed(digits, at, used=None, *, make=MAKE, secret=SECRET, zone=BERLIN):
    return judge(make, secret, digits, at, zone, used=used or {})


@st.composite
def windows(draw):
    """Return a zone and a window that igloohome's maker computes a PIN for."""
    zone = draw(ZONES)
    start = slot_start(slot_of(draw(MOMENTS), zone), zone)
    kind = draw(st.sampled_from(Kind))
    if kind is Kind.ONE_TIME:
        asked = OfflineWindow("", start, start + DAY, True, draw(st.integers(1, 5)))
    elif kind is Kind.DAILY:
        ends_at = days_later(start, draw(st.integers(29, 367)), zone)
        asked = OfflineWindow("", start, ends_at, False, draw(st.integers(1, 3)))
    else:
        ends_at = start + draw(st.integers(1, 672)) * HOUR
        asked = OfflineWindow("", start, ends_at, False, draw(st.integers(1, 3)))
    return zone, asked


@given(windows(), st.integers(0, 999))
def test_a_pin_opens_the_lock_inside_its_window_and_says_which_it_was(case, share):
    zone, asked = case
    grant = granted(MAKE, asked, zone)
    digits = pin_of(SECRET, grant)
    first = min(asked.ends_at - asked.starts_at, DAY)
    moment = asked.starts_at + share * first / 1000

    assert grant.bounds(zone) == (asked.starts_at, asked.ends_at)
    assert len(digits.digits) == 10
    assert typed(digits, moment, zone=zone) == Attempt(None, grant)


@given(windows())
def test_it_opens_neither_before_nor_after_nor_another_lock(case):
    zone, asked = case
    digits = pin(asked, zone=zone)
    used = {granted(MAKE, asked, zone): asked.starts_at}

    def reason(at, **rest):
        return typed(digits, at, zone=zone, **rest).reason

    assert [
        reason(asked.starts_at - SECOND),
        reason(asked.starts_at - SECOND, used=used),
        reason(asked.ends_at),
        reason(asked.ends_at, used=used),
        reason(asked.starts_at, secret=OTHER_SECRET),
    ] == [
        Reason.UNKNOWN_CODE,
        Reason.EXPIRED_CODE,
        Reason.UNKNOWN_CODE,
        Reason.EXPIRED_CODE,
        Reason.UNKNOWN_CODE,
    ]


@given(windows(), windows())
def test_two_windows_have_two_pins_and_one_has_one(one, other):
    pins = {pin(asked, zone=zone) for zone, asked in (one, other)}
    grants = {granted(MAKE, asked, zone) for zone, asked in (one, other)}

    assert len(pins) == len(grants)
    assert pin(one[1], zone=one[0]) == pin(replace(one[1], name="Somebody else"), zone=one[0])


def test_each_ordinal_of_a_slot_has_a_pin_of_its_own():
    pins = [pin(window(ordinal=ordinal)) for ordinal in (1, 2, 3)]
    once = [pin(window(24, is_one_time=True, ordinal=ordinal)) for ordinal in (1, 2, 3, 4, 5)]

    assert len({*pins, *once}) == 8
    assert [typed(each, START).grant.ordinal for each in (*pins, *once)] == [
        1,
        2,
        3,
        1,
        2,
        3,
        4,
        5,
    ]


def test_a_pin_for_longer_than_a_day_counts_only_when_it_was_used_within_a_day_of_its_start():
    digits, grant = pin(window(49)), granted(MAKE, window(49), BERLIN)
    in_time, late = START + 24 * HOUR - SECOND, START + 24 * HOUR

    assert typed(digits, in_time) == Attempt(None, grant)
    assert typed(digits, late) == Attempt(Reason.UNKNOWN_CODE)
    assert typed(digits, late, {grant: in_time}) == Attempt(None, grant)
    assert typed(digits, START + 49 * HOUR - SECOND, {grant: in_time}) == Attempt(None, grant)


def test_a_pin_that_opens_once_opens_once():
    asked = window(24, is_one_time=True)
    digits, grant = pin(asked), granted(MAKE, asked, BERLIN)

    assert typed(digits, START + 23 * HOUR) == Attempt(None, grant)
    assert typed(digits, START + 23 * HOUR, {grant: START}) == Attempt(Reason.EXPIRED_CODE, grant)


def test_the_lock_goes_by_its_own_zone():
    asked = OfflineWindow("", START, START + HOUR)  # half past seven in the evening in India

    with pytest.raises(Refused) as refused:
        granted(MAKE, asked, ZoneInfo("Asia/Kolkata"))

    assert refused.value.sentence == "An offline code starts on a full hour."


@pytest.mark.parametrize(
    ("make", "asked", "sentence"),
    [
        (MAKES["schlage"], window(), "The maker of this lock computes no offline codes."),
        (MAKE, window(starts_at=START + SECOND), "An offline code starts on a full hour."),
        (MAKE, window(673), "The lock takes no offline codes of this length."),
        (MAKE, window(28 * 24 + 1), "The lock takes no offline codes of this length."),
        (MAKE, window(368 * 24), "The lock takes no offline codes of this length."),
        (MAKE, window(1.5), "The lock takes no offline codes of this length."),
        (MAKE, window(23, is_one_time=True), "The lock takes no one-time codes of this length."),
        (MAKE, window(ordinal=4), "As many offline codes as the lock takes start then already."),
        (
            MAKE,
            window(24, is_one_time=True, ordinal=6),
            "As many offline codes as the lock takes start then already.",
        ),
        (
            replace(MAKE, offers_one_time=False),
            window(24, is_one_time=True),
            "The maker of this lock computes no one-time codes.",
        ),
    ],
)
def test_what_the_maker_does_not_offer_it_refuses_with_the_rule(make, asked, sentence):
    with pytest.raises(Refused) as refused:
        granted(make, asked, BERLIN)

    assert (refused.value.error_code, refused.value.sentence, refused.value.retry) == (
        "code_constraints_violated",
        sentence,
        Retry.ON_WISH,
    )


def test_a_make_without_fixed_windows_takes_any_number_of_hours():
    stay = window(700, ordinal=1)
    visit = window(5, is_one_time=True)

    assert typed(pin(stay, ANY), START, make=ANY).grant == Grant(
        Kind.HOURLY, slot_of(START, BERLIN), 700, 1
    )
    assert typed(pin(stay, ANY), START + 700 * HOUR - SECOND, make=ANY).reason is None
    assert typed(pin(visit, ANY), START + 5 * HOUR - SECOND, make=ANY).reason is None
    assert typed(pin(visit, ANY), START + 5 * HOUR, make=ANY).reason is Reason.UNKNOWN_CODE


def test_a_lock_with_fixed_times_takes_a_pin_for_those_times_at_any_time_of_its_stay():
    make = MAKES["oracode"]  # 15:00 to 11:00, among others
    stay = window(20 + 5 * 24)  # five more nights; 15:00 in Berlin
    digits = pin(stay, make)

    assert typed(digits, START, make=make).reason is None
    assert typed(digits, START + 100 * HOUR, make=make).reason is None
    assert typed(digits, stay.ends_at, make=make).reason is Reason.UNKNOWN_CODE
    for asked in (window(21), window(20, starts_at=START + HOUR), window(20 + 31 * 24)):
        with pytest.raises(Refused):
            pin(asked, make)


@pytest.mark.parametrize("digits", ["", "1", "48291", "abcdefghij", "4829153721", "٤٨٢٩١٥٣٧٢١"])
def test_what_is_no_such_pin_is_unknown(digits):
    assert typed(Pin(digits), START) == Attempt(Reason.UNKNOWN_CODE)
