"""A clean database for every schedule.

On SQLite: a database in memory that no other test sees, brought back to the freshly migrated
state by copying pages, which takes a millisecond. On PostgreSQL a schedule runs inside the
transaction of its test, which is rolled back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.core.management import call_command
from django.db import connection


def is_sqlite() -> bool:
    """Return whether the schedules can have a database of their own."""
    return connection.vendor == "sqlite"


@contextmanager
def own_database() -> Iterator[None]:
    """Put a private database in place of the configured one; SQLite only."""
    kept, name = connection.connection, connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = ":memory:"
    connection.connection = None
    connection.connect()
    try:
        migrated().backup(connection.connection)
        yield
    finally:
        connection.connection.close()
        connection.connection, connection.settings_dict["NAME"] = kept, name


def wipe() -> None:
    """Bring the private database back to its first state."""
    migrated().backup(connection.connection)


@lru_cache(maxsize=1)
def migrated() -> sqlite3.Connection:
    """Return an empty, migrated database; made once per process, on the connection in place."""
    call_command("migrate", verbosity=0)
    copy = sqlite3.connect(":memory:")
    connection.connection.backup(copy)
    return copy
