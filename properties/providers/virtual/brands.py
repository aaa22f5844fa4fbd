"""The services through which virtual locks are reached, as a partner may choose among. Pure."""

from datetime import UTC, datetime

from properties.providers.base import ServiceReport
from properties.providers.virtual.body import Body
from properties.providers.virtual.makes import MAKES, Make
from properties.providers.virtual.report import report

CATEGORIES = ("stable", "consumer_smartlocks")


def services() -> tuple[ServiceReport, ...]:
    """Return every service once, in the order of the makes, with what one of its locks can do."""
    makes: dict[tuple[str, str], list[Make]] = {}
    for make in MAKES.values():
        makes.setdefault(make.provided_by, []).append(make)
    return tuple(
        ServiceReport(
            name=name,
            display_name=display_name,
            categories=CATEGORIES,
            flags=frozenset(flag for make in those for flag in _flags(make)),
        )
        for (name, display_name), those in makes.items()
    )


def _flags(make: Make) -> list[str]:
    """Return the flags of a new lock of this make; which of them are true now does not count."""
    new = Body(uid="", make=make, name=make.model, made_at=datetime(2000, 1, 1, tzinfo=UTC))
    return list(report(new, codes_held=0).flags)
