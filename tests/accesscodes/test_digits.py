"""Digits in what people write that could be a PIN."""

import pytest

from accesscodes.digits import masked, possible_pins


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("Room 104", set()),
        ("Room 1204", {"1204"}),
        ("PIN:482915!", {"482915"}),
        ("48 29 15", {"4829", "2915", "482915"}),
        ("4829-15", {"4829", "482915"}),
        ("4829, 7", {"4829", "48297"}),
        ("4829   7", {"4829"}),
        ("1234567890123", set()),
        ("\uff14\uff18\uff12\uff19", {"4829"}),
        ("7 at 3, 4829", {"4829", "34829"}),
    ],
)
def test_runs_of_four_to_twelve_digits_are_found_also_in_groups(text, found):
    assert possible_pins(text) == found


def test_a_long_text_of_digits_is_searched_in_a_moment():
    assert len(possible_pins(" ".join("8" * 250))) == 9


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("no digits", "no digits"),
        ("4829 and 1234", "•••• and 1234"),
        ("48-29, 4829", "•••••, ••••"),
        ("\uff14\uff18\uff12\uff19", "••••"),
        ("14829", "14829"),
    ],
)
def test_only_the_digits_that_are_a_pin_are_masked(text, hidden):
    assert masked(text, {"4829"}.__contains__) == hidden
