"""How one person likes the desk: kept in a row, and carried along by the session.

The row outlives a session, so that a choice made on one shift holds on the next, on any computer.
The session spares every page the query.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from properties.choices import Theme
from properties.models import Preference

SESSION_KEY = "preferences"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose. An empty `theme` follows the system."""

    theme: str = Theme.SYSTEM
    has_shortcuts: bool = True
    twelve_hours: bool = False
    shows_utc: bool = False


_NAMES = tuple(field.name for field in fields(Preferences))


def preferences_of(user_id: int, session: Any, *, may_keep: bool = True) -> Preferences:
    """Return what this person chose. One query in each session, none after that.

    `may_keep` is false for requests that must not touch the session, such as looks for news.
    """
    kept: Mapping[str, Any] | None = session.get(SESSION_KEY)
    if kept is not None and set(kept) == set(_NAMES):
        return Preferences(**kept)
    row = Preference.objects.filter(user_id=user_id).values(*_NAMES).first()
    found = Preferences(**row) if row is not None else Preferences()
    if may_keep:
        session[SESSION_KEY] = asdict(found)
    return found


def keep_preferences(user_id: int, session: Any, chosen: Preferences) -> None:
    """Keep what this person chose."""
    Preference.objects.update_or_create(user_id=user_id, defaults=asdict(chosen))
    session[SESSION_KEY] = asdict(chosen)
