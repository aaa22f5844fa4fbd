"""What the address of a page asks for. What makes no sense there is left out, never an error."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from accesscodes.digits import possible_pins

WORDS_LIMIT = 200


def words_in(query: Mapping[str, str]) -> str:
    """Return what somebody typed into a search field."""
    return query.get("q", "").strip()[:WORDS_LIMIT]


def for_address(words: str) -> str:
    """Return these words where they may stand in an address, else "".

    Digits that could be a PIN may not: addresses are kept by browsers, proxies and logs. They are
    sent by POST and looked for all the same, for doors and guests have numbers, too.
    """
    return "" if possible_pins(words) else words


def uid_in(query: Mapping[str, str], name: str) -> UUID | None:
    """Return the id that stands under `name`, ``None`` where there is none."""
    try:
        return UUID(query.get(name, ""))
    except ValueError:
        return None


def shown_in(query: Mapping[str, str], page: int, most: int) -> int:
    """Return how many rows are to be shown: a page at least, `most` at most."""
    try:
        return min(max(int(query.get("show", page)), page), most)
    except ValueError:
        return page


def instant_in(text: str, now: datetime) -> datetime | None:
    """Return when "Check again" was pressed, as a page carries it along: seconds since 1970."""
    try:
        asked = datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return asked if asked <= now else None
