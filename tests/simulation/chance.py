"""Chance from a seed, for everything that draws: uuids, PINs, keys, and the schedule itself.

`uuid4`, `secrets` and the ciphers all ask the operating system for random bytes. While a schedule
runs they get seeded ones, so that the same seed gives the same ids, the same PINs and so the same
run.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def seeded_bytes(seed: int) -> Iterator[None]:
    """Let this process draw its random bytes from `seed` for a while; never outside of tests."""
    source = random.Random(f"bytes of {seed}")
    chance: Any = random
    kept = os.urandom, chance._urandom
    os.urandom = chance._urandom = source.randbytes
    try:
        yield
    finally:
        os.urandom, chance._urandom = kept
