"""How old what is shown is, in the same words on every page. Pure.

Two things grow old apart from each other: what an account reports of a lock (connection, battery,
what it can do), and the codes that were read from the lock itself. A lock may be reported every
minute and not have been read for hours.
"""

from datetime import datetime, timedelta

NEVER_REPORTED = "Account has not reported yet"
NEVER_READ = "Codes never read"


def span(length: timedelta) -> str:
    """Return "12 s", "2 min", "1 h 28 min" or "3 days"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        rest = minutes - 60 * hours
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


def ago(at: datetime, now: datetime) -> str:
    """Return "just now" or "5 min ago", in whole minutes: no page is sent anew each second."""
    age = now - at
    return "just now" if age < timedelta(minutes=1) else f"{span(age)} ago"


def account_reported(at: datetime | None, now: datetime) -> str:
    """Return how old what the account reports of a lock is; `at` ``None``: it never did."""
    return NEVER_REPORTED if at is None else f"Account reported {ago(at, now)}"


def codes_read(at: datetime | None, now: datetime) -> str:
    """Return how old what was read from the lock itself is; `at` ``None``: it never was."""
    return NEVER_READ if at is None else f"Codes read {ago(at, now)}"
