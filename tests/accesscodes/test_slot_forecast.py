"""When a lock runs out of slots: a table of stays."""

from datetime import UTC, datetime

import pytest

from accesscodes.slot_forecast import Stay, first_overflow, most_at_once


def day(number):
    return datetime(2026, 12, number, 12, tzinfo=UTC)


def stays(*pairs):
    return [Stay(day(a), None if b is None else day(b)) for a, b in pairs]


@pytest.mark.parametrize(
    ("size", "planned", "expected"),
    [
        (2, (), None),
        (2, ((1, 5), (2, 6)), None),
        (2, ((1, 5), (2, 6), (4, 7)), 4),
        (2, ((4, 7), (2, 6), (1, 5)), 4),  # the order of the stays does not matter
        (1, ((1, 5), (5, 9)), None),  # a slot serves the next at the same moment
        (1, ((1, None), (3, 4)), 3),
        (1, ((1, None), (3, None), (2, 2)), 3),  # what lasts no time holds nothing
        (0, ((3, 4),), 3),
        (None, ((1, 5), (1, 5)), None),  # the size is not known
    ],
)
def test_the_first_moment_without_a_slot(size, planned, expected):
    at = first_overflow(stays(*planned), size)

    assert at == (None if expected is None else day(expected))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(1, 2, 1), (2, 4, 2), (5, 9, 1), (6, 8, 1), (1, None, 2), (20, 21, 1)],
)
def test_the_busiest_moment_of_a_window(since, until, expected):
    planned = stays((1, 5), (3, 4), (5, None))

    end = None if until is None else day(until)
    assert most_at_once(planned, day(since), end) == expected
