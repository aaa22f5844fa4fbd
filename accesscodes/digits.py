"""Digits in what people write, and whether they could be a PIN. Pure."""

import re

SHORTEST, LONGEST = 4, 12
"""How many digits a PIN has, on any lock."""

_SPLIT = re.compile(r"[ .,/_\u00a0\u2010-\u2015-]{1,2}")
_GROUPS = re.compile(rf"\d+(?:{_SPLIT.pattern}\d+)*")


def possible_pins(text: str) -> frozenset[str]:
    """Return all digits in `text` that could be a PIN, also written in groups: "48 29 15".

    Digits of every script count as those on a keypad. A longer run, such as a telephone number
    without gaps, is none.
    """
    plain = "".join(str(int(each)) if each.isdecimal() else each for each in text)
    found = set()
    for match in _GROUPS.finditer(plain):
        groups = _SPLIT.split(match[0])
        for first in range(len(groups)):
            digits = ""
            for group in groups[first:]:
                digits += group
                if len(digits) > LONGEST:
                    break
                if len(digits) >= SHORTEST:
                    found.add(digits)
    return frozenset(found)
