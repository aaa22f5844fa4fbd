"""Writing to the database from threads, on either kind of database, and finding one row."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, models, transaction

Row = TypeVar("Row", bound=models.Model)

DATABASE_IS_AWAY = (OperationalError, InterfaceError)
"""What the database raises when it cannot be reached or written: no row is to blame."""

# SQLite lets one writer in at a time and is unfair to those who wait: sixteen writers gave a 99th
# percentile of 230 ms. Threads of one process queue here, in order, before they ask SQLite.
_one_writer = threading.RLock()


@contextmanager
def write_transaction() -> Iterator[None]:
    """Open a transaction that will write; on SQLite only one thread of this process at a time.

    Never call a provider inside: a transaction is not held open across the network.
    """
    if connection.vendor == "sqlite":
        with _one_writer, transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


def only_row(rows: models.QuerySet[Row]) -> Row | None:
    """Return the one row that a unique value can name, or nothing.

    Unlike `first` it asks for no order, which costs more than to find the row.
    """
    return next(iter(rows[:1]), None)


def database_now() -> datetime | None:
    """Return the time of the database's machine; ``None`` for SQLite, which goes by ours."""
    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def hold_word(word: str) -> None:
    """Let only one transaction at a time go on that names this word; inside `write_transaction`.

    For what has no row yet that could be locked. SQLite lets in one writer at a time anyhow.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [word])


def try_hold_word(word: str) -> bool:
    """Do what `hold_word` does, but return whether that was possible at once, and never wait.

    On SQLite always true: who has come this far is the only writer.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [word])
        is_held: bool = cursor.fetchone()[0]
    return is_held
