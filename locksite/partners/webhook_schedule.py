"""When a delivery is tried, and how long an endpoint may fail; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

DELAYS: Final[Sequence[timedelta]] = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""How long each attempt waits, counted from the failure of the one before: 27.6 hours in all."""

ATTEMPTS: Final = len(DELAYS)

DEADLINE: Final = timedelta(seconds=15)
"""How long an endpoint has for its answer."""

LEASE: Final = timedelta(seconds=60)
"""How long one attempt may take, looking up the host's name included, before another engine may
try as well."""

CLOCKS_DIFFER_BY: Final = timedelta(minutes=1)
"""How far the clocks of two engines may be apart."""

SWITCH_OFF_AFTER: Final = timedelta(days=5)
"""How long an endpoint may do nothing but fail."""

BOTH_SECRETS_FOR: Final = timedelta(hours=24)
"""How long deliveries are signed with an old secret as well as with the new one."""

KEEP_FOR: Final = timedelta(days=30)
"""How long deliveries that are over are kept."""


def next_attempt_at(failures: int, failed_at: datetime) -> datetime | None:
    """Return when a delivery that has failed so often is tried again, ``None``: never."""
    return failed_at + DELAYS[failures] if failures < ATTEMPTS else None


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Return whether an endpoint has failed for too long, without one success."""
    return failing_since is not None and now - failing_since >= SWITCH_OFF_AFTER
