"""Digits in what people write, and whether they could be a PIN. Pure."""

import re
from collections.abc import Callable, Iterator

SHORTEST, LONGEST = 4, 12
"""How many digits a PIN has, on any lock."""

_GAP = re.compile(r"[ .,/_\u00a0\u2010-\u2015-]{1,2}")
_GROUPS = re.compile(rf"\d+(?:{_GAP.pattern}\d+)*")
_GROUP = re.compile(r"\d+")


def possible_pins(text: str) -> frozenset[str]:
    """Return all digits in `text` that could be a PIN, also written in groups: "48 29 15".

    Digits of every script count as those on a keypad. A longer run, such as a telephone number
    without gaps, is none.
    """
    return frozenset(digits for _, _, digits in _found(text))


def masked(text: str, is_pin: Callable[[str], bool]) -> str:
    """Return `text` with dots in place of the digits of which `is_pin` says yes."""
    hidden = [(start, end) for start, end, digits in _found(text) if is_pin(digits)]
    for start, end in sorted(hidden, reverse=True):
        text = text[:start] + "•" * (end - start) + text[end:]
    return text


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    plain = "".join(str(int(each)) if each.isdecimal() else each for each in text)
    for match in _GROUPS.finditer(plain):
        groups = list(_GROUP.finditer(plain, *match.span()))
        for first, group in enumerate(groups):
            digits = ""
            for last in groups[first:]:
                digits += last[0]
                if len(digits) > LONGEST:
                    break
                if len(digits) >= SHORTEST:
                    yield group.start(), last.end(), digits
