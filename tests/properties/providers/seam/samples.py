"""Answers of Seam as they were recorded, or composed to pass its published schemas.

Those named `sparse_…` come from a server in memory: they are poorer than the real ones.
"""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from locksite.masked import Pin
from properties.stamps import stamp

FOLDER = Path(__file__).parent / "samples"


def recorded(name: str) -> dict[str, Any]:
    """Return an answer: `status`, `content_type` and `body`."""
    answer: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return answer


def body(name: str) -> Any:
    return recorded(name)["body"]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def found(key: str) -> list[Any]:
    """Return every object that stands under this key of an answer, alone or in a list."""
    values = [body(name).get(key) for name in names() if isinstance(body(name), dict)]
    return [
        one for value in values if value for one in (value if isinstance(value, list) else [value])
    ]


def leaves(value: Any) -> set[Any]:
    """Return every text and number in a value of ours or of JSON, as JSON has them.

    Nothing, true and false say too little to be looked for.
    """
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return leaves([getattr(value, field.name) for field in fields])
    if isinstance(value, Mapping):
        return leaves(list(value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(leaves(one) for one in value))
    if isinstance(value, Pin):
        return {value.digits}
    if isinstance(value, datetime):
        return {stamp(value)}
    return set() if value is None or isinstance(value, bool) or value == "" else {value}
