"""Instants as text in the wire's form, for JSON columns; a leaf."""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """Return `at` (aware) as UTC with exactly three decimals: 2026-11-23T10:00:00.000Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_stamp(text: str) -> datetime:
    """Return the instant, aware and in UTC. Raises `ValueError` for anything else."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return at.astimezone(UTC)
