"""The guide's code in each language, step by step. The texts lie in `guides/`; tests run them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("guides")
_STEP = re.compile(r"^=== (\w+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Guide:
    """One language. `install` and `change` say how a program comes from Seam to Locksite."""

    slug: str
    name: str
    install: str
    change: str
    steps: Mapping[str, str]


_LANGUAGES = (
    ("javascript", "JavaScript", "npm install seam"),
    ("curl", "cURL", ""),
    ("python", "Python", "pip install seam"),
    ("ruby", "Ruby", "gem install seam"),
    ("php", "PHP", "composer require seamapi/seam"),
    ("csharp", "C#", "dotnet add package Seam"),
)
STEPS = ("client", "device", "ongoing", "poll", "stay", "webhook")


def steps_of(text: str) -> dict[str, str]:
    """Return the pieces of a text by the names on the lines `=== name` before them."""
    parts = _STEP.split(text)
    return {name: code.strip("\n") for name, code in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def guides() -> tuple[Guide, ...]:
    """Return all languages, in the order of the page."""
    found = []
    for slug, name, install in _LANGUAGES:
        steps = steps_of((_FOLDER / f"{slug}.txt").read_text())
        found.append(Guide(slug, name, install, steps.pop("change"), steps))
    return tuple(found)
