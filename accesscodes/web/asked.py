"""What the address of a list asks for. What makes no sense there is left out, never an error."""

from collections.abc import Mapping
from uuid import UUID


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
