"""How many spare codes a lock keeps, and what is said of a pool that falls short. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from properties.stamps import stamp

SPARES = 3
"""How many spare codes a lock keeps where its slots allow."""

HEADROOM = 2
"""Slots that spares leave free for codes that people want."""

MANY = 3
"""So many pulled spares at once say that something is wrong with the lock."""

SHORT_FOR = timedelta(minutes=10)
"""How long a pool may be short before it is said: filling it takes a moment."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The spares of one lock.

    `ready`: proven on the lock and nobody's; `kept`: these, and those on their way; `pulled`: in
    use by guests. `others` are slots that are, or soon will be, taken by anything but spares that
    are kept. `max_codes` ``None``: not known.
    """

    ready: int
    kept: int
    pulled: int
    others: int
    max_codes: int | None

    @property
    def wanted(self) -> int:
        """Return how many spares the lock should keep: they yield to everything else."""
        if self.max_codes is None:
            return SPARES
        return max(0, min(SPARES, self.max_codes - HEADROOM - self.others))


def signals(pool: Pool, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what is to be said of the pool, in the shape of the wire.

    `before` is what this function returned last, `{}` at first: `short_since` says since when
    fewer spares than three are ready.
    """
    if pool.ready >= SPARES:
        said: dict[str, Any] = {}
    else:
        said = {"short_since": before.get("short_since") or stamp(now)}
    is_known = "short_since" in said and stamp(now - SHORT_FOR) >= said["short_since"]
    errors, warnings = [], []
    if is_known and not pool.ready:
        errors.append(
            {
                "error_code": "empty_backup_access_code_pool",
                "message": "No backup code is ready on this lock.",
                "created_at": said["short_since"],
                "is_device_error": True,
            }
        )
    elif is_known:
        warnings.append(
            {
                "warning_code": "partial_backup_access_code_pool",
                "message": f"Only {pool.ready} of {SPARES} backup codes are ready.",
                "created_at": said["short_since"],
            }
        )
    if pool.pulled >= MANY:
        said["many_since"] = before.get("many_since") or stamp(now)
        warnings.append(
            {
                "warning_code": "many_active_backup_codes",
                "message": f"{pool.pulled} backup codes of this lock are in use.",
                "created_at": said["many_since"],
            }
        )
    return said | {"errors": errors, "warnings": warnings} if said else {}
