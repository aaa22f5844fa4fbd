"""Rows, read past the ORM: the simulation asks often, and for little."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection


def is_sqlite() -> bool:
    """Return whether the schedule runs on SQLite."""
    return connection.vendor == "sqlite"


def execute(sql: str, values: tuple[Any, ...] = ()) -> Any:
    """Run one statement; returns what can be fetched from."""
    if is_sqlite():
        return connection.connection.execute(sql.replace("%s", "?"), values)
    cursor = connection.cursor()
    cursor.execute(sql, values)
    return cursor


def fetch(sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of one question."""
    found: list[tuple[Any, ...]] = execute(sql, values).fetchall()
    return found


def token_of(device_id: int) -> int:
    """Return the newest lease token of a lock."""
    token: int = fetch("SELECT lease_token FROM properties_device WHERE id = %s", (device_id,))[0][
        0
    ]
    return token


def locks() -> list[tuple[Any, ...]]:
    """Return of each lock: id, when it is due, who holds it until when, failures in a row."""
    return fetch(
        "SELECT id, due_at, lease_owner, lease_until, failures FROM properties_device ORDER BY id"
    )


def last_beat(engine_id: Any) -> datetime | None:
    """Return the last sign of life of an engine, by its id as the database gives it."""
    found = fetch("SELECT beat_at FROM accesscodes_enginebeat WHERE engine_id = %s", (engine_id,))
    return moment(found[0][0]) if found else None


def written(moment: datetime) -> Any:
    """Return a moment as the database keeps it."""
    return str(moment.replace(tzinfo=None)) if is_sqlite() else moment


def moment(value: Any) -> datetime | None:
    """Read a moment as the database gives it: SQLite without its zone."""
    if value is None or value.tzinfo is not None:
        found: datetime | None = value
        return found
    aware: datetime = value.replace(tzinfo=UTC)
    return aware


def changes() -> int:
    """Return a figure that grows with every row changed; -1 where the database tells none."""
    return connection.connection.total_changes if is_sqlite() else -1
