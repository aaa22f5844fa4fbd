"""How old what is shown is, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from locksite.ages import account_reported, ago, codes_read

NOW = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (5 * 3600 + 41 * 60, "5 h 41 min ago"),
        (50 * 3600, "2 days ago"),
    ],
)
def test_an_age_is_told_in_whole_minutes(seconds, words):
    at = NOW - timedelta(seconds=seconds)

    assert ago(at, NOW) == words
    assert account_reported(at, NOW) == f"Account reported {words}"
    assert codes_read(at, NOW) == f"Codes read {words}"


def test_what_never_happened_has_no_age():
    assert account_reported(None, NOW) == "Account has not reported yet"
    assert codes_read(None, NOW) == "Codes never read"
