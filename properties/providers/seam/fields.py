"""The fields of Seam's JSON, one kind at a time; whatever is there, nothing raises. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from properties.providers.seam.values import Json
from properties.stamps import read_stamp, stamp

LONGEST_ID: Final = 200
LONGEST_NAME: Final = 200
LONGEST_MESSAGE: Final = 500
LONGEST_WORD: Final = 60
_DEEPEST: Final = 12
_LARGEST_NUMBER: Final = 2**53


# ---- Kinds of values ----------------------------------------------------------------------------


def clean(value: Any, depth: int = 0) -> Any:
    """Return JSON that any database takes: no NUL, no half characters, no endless numbers.

    What is nested deeper than anything that we expect is left out.
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode()
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {clean(str(key)): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list) and depth < _DEEPEST:
        return [clean(item, depth + 1) for item in value]
    is_number = isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER
    return value if is_number else None


def as_object(value: Any) -> Json:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> Sequence[Any]:
    """Return a list; an empty one for anything else."""
    return value if isinstance(value, list) else ()


def as_text(value: Any) -> str | None:
    """Return a text that says something."""
    return value if isinstance(value, str) and value.strip() else None


def as_id(value: Any) -> str | None:
    """Return what names something, if it fits into a column."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


def as_word(value: Any) -> str | None:
    """Return a word of the wire, known or not."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_WORD else None


def as_words(values: Iterable[Any]) -> tuple[str, ...]:
    """Return the words of the wire among these values."""
    return tuple(word for word in map(as_word, values) if word is not None)


def as_texts(value: Any) -> dict[str, str]:
    """Return the texts of an object."""
    return {key: item for key, item in as_object(value).items() if as_text(item) is not None}


def as_instant(value: Any) -> datetime | None:
    """Return an instant, aware and in UTC."""
    if not isinstance(value, str):
        return None
    try:
        return read_stamp(value)
    except (ValueError, OverflowError):  # no instant; the edge of the calendar
        return None


# ---- Errors and warnings ------------------------------------------------------------------------


def problems(items: Any, code_key: str) -> tuple[dict[str, Any], ...]:
    """Return the items that name their code, or at least say something."""
    found = []
    for data in map(as_object, as_list(items)):
        code, message = as_word(data.get(code_key)), as_text(data.get("message"))
        if code is None and message is None:
            continue
        item = {
            key: without_digits(key, value)
            for key, value in data.items()
            if key not in {code_key, "message", "created_at"}
        }
        item |= {code_key: code or "provider_issue", "message": hushed(message or "")}
        since = as_instant(data.get("created_at"))
        if since is not None:
            item["created_at"] = stamp(since)
        found.append(item)
    return tuple(found)


_DIGITS: Final = re.compile(r"\d(?:[\s.,-]?\d){3,}")


def hushed(text: str) -> str:
    """Return a sentence of the far side without digits that may be a PIN's, cut to size."""
    return _DIGITS.sub("••••", text)[:LONGEST_MESSAGE]


def without_digits(key: str, value: Any) -> Any:
    """Return a field that we do not know, without what may be a PIN; ids and times stay."""
    if key in {"code", "pin", "from", "to"}:
        return None
    if isinstance(value, Mapping):
        return {name: without_digits(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_digits(key, item) for item in value]
    if isinstance(value, str):
        is_safe = (key.endswith("_id") and _UUID.fullmatch(value)) or (
            key.endswith("_at") and as_instant(value) is not None
        )
        return value if is_safe else hushed(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number and not key.endswith("_count") and abs(value) >= 1000 else value


_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
