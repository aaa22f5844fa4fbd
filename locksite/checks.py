"""What must hold before Locksite starts: every command but a few looks at these first."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from locksite.pins import box

# PRAGMA synchronous reads back as a number.
FULL = 2


def pin_keys(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start with keys that could seal nothing."""
    try:
        box()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="locksite.E001")]
    return []


def sqlite_durability(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Read back that SQLite keeps what it acknowledged even when the power fails.

    A file system without shared memory (some network drives) silently stays out of WAL.
    """
    found: list[checks.CheckMessage] = []
    for connection in connections.all():
        if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]
            continue
        try:
            with connection.cursor() as cursor:
                journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
                synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        except DatabaseError as error:
            found.append(
                checks.Error(
                    f"The database cannot be opened: {error}.",
                    hint="Make sure that its folder exists and can be written to.",
                    id="locksite.E002",
                )
            )
            continue
        if (journal, synchronous) != ("wal", FULL):
            found.append(
                checks.Error(
                    f"SQLite runs with journal_mode={journal} and synchronous={synchronous}; "
                    "a power failure could lose codes that were acknowledged.",
                    hint="Put the database on a local disk, or use PostgreSQL by DATABASE_URL.",
                    id="locksite.E003",
                )
            )
    return found


def time_zones(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start where no wall time can be read."""
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return [
            checks.Error(
                "There is no time zone data on this machine.",
                hint="Install the package tzdata, from PyPI or of the system.",
                id="locksite.E004",
            )
        ]
    return []


def index_key_strength(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of a key that could be guessed together with all short PINs."""
    if len(settings.LOCKSITE_PIN_INDEX_KEY) >= 32:
        return []
    return [
        checks.Warning(
            "LOCKSITE_PIN_INDEX_KEY is shorter than 32 characters.",
            hint="`python -m locksite.first_keys PATH` makes a good one for a new installation.",
            id="locksite.W001",
        )
    ]
