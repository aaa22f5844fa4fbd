"""PINs that the maker of a lock chooses: drawn from a secret of the lock, not from chance. Pure.

The same wish for the same slot gives the same PIN again, so a command that is repeated is
harmless; without the secret nobody can tell which it is.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from locksite.masked import Pin
from properties.providers.virtual.acceptance import keeps_rules
from properties.providers.virtual.makes import Make
from properties.providers.virtual.memory import Entry

# How many PINs are looked at. A rule of any make leaves far more than one PIN in a hundred.
_TRIES: Final = 2_000
# No maker hands out 111111 or 123456.
_NEVER: Final = ("at_least_three_unique_digits", "no_ascending_or_descending_sequence")


def assigned_pin(
    make: Make, secret: bytes, slot: int, wish: str, memory: Mapping[int, Entry]
) -> Pin | None:
    """Return the PIN that the maker gives to `wish`, a text that says all that is wanted.

    It keeps the rules of the make and is in no other slot. A slot that was given a PIN for this
    wish keeps it. ``None``: no PIN is left.
    """
    candidates = list(islice(_candidates(make, secret, f"{slot}/{wish}"), 1 + len(memory)))
    held = memory.get(slot)
    if held is not None and held.pin in candidates:
        return held.pin
    others = {entry.pin for number, entry in memory.items() if number != slot}
    return next((pin for pin in candidates if pin not in others), None)


def _candidates(make: Make, secret: bytes, wish: str) -> Iterator[Pin]:
    for attempt in range(_TRIES):
        digest = hmac.new(secret, f"{attempt}/{wish}".encode(), hashlib.sha256).digest()
        length = make.code_lengths[digest[0] % len(make.code_lengths)]
        digits = f"{int.from_bytes(digest[1:], 'big') % 10**length:0{length}d}"
        if keeps_rules((*make.digit_rules, *_NEVER), digits):
            yield Pin(digits)
