"""Waiting for something that a live engine does."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def poll(look: Callable[[], Seen], until: Callable[[Seen], bool], seconds: float = 60) -> Seen:
    """Look again and again until what is seen is right; return it, or fail with the last look."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        pause.wait(0.05)
    return seen
