"""What the last codes of a lock say about its next one: a table."""

from datetime import timedelta

import pytest

from accesscodes.lateness import Chance, Setting, chance_of


def took(*seconds):
    return [Setting(None if s is None else timedelta(seconds=s)) for s in seconds]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (took(), None),
        (took(10, 20), None),  # too few to claim anything
        (took(10, 20, 40), Chance(3, 0, timedelta(seconds=40))),
        (took(*range(1, 21)), Chance(20, 0, timedelta(seconds=18))),
        (took(*[30] * 20, *[None] * 20), Chance(20, 0, timedelta(seconds=30))),  # old ones: out
        (took(30, 30, None), Chance(3, 1, timedelta(seconds=30))),
        (took(300, 301, 9), Chance(3, 1, timedelta(seconds=300))),  # five minutes are in time
        (took(None, None, None), Chance(3, 3, None)),
    ],
)
def test_the_chance_follows_from_the_newest_codes(settings, expected):
    assert chance_of(settings) == expected
