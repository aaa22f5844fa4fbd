"""The world outside a decision, handed in: time, waiting, the network and chance.

Nothing in the engine or the providers reads a clock, sleeps, draws a random number or opens a
connection by itself; it asks the `Doors` it was given. Tests hand in doors of their own and so
replay hours in milliseconds.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import requests

from locksite.http import bounded_sessions


@dataclass(frozen=True, slots=True)
class Doors:
    """Five ways out.

    `now` returns an aware UTC datetime. `monotonic` returns seconds that no change of the clock
    touches, and that go on while the machine sleeps. `sleep` waits for a time span and returns
    early when the process is asked to stop. `http` returns a session for calls to a provider,
    which end in time (`locksite.http`). `rand` is a source of chance that is *not* fit for
    secrets; PINs and keys are drawn from `secrets`.
    """

    now: Callable[[], datetime]
    sleep: Callable[[timedelta], None]
    http: Callable[[], requests.Session]
    rand: random.Random
    monotonic: Callable[[], float]


def real_doors(stop: threading.Event | None = None) -> Doors:
    """Return the doors of a running process; `stop`, when set, cuts every sleep short."""

    def sleep(span: timedelta) -> None:
        if stop is None:
            time.sleep(span.total_seconds())
        else:
            stop.wait(span.total_seconds())

    return Doors(
        now=lambda: datetime.now(UTC),
        sleep=sleep,
        http=bounded_sessions(),
        rand=random.Random(),  # noqa: S311  (jitter only)
        monotonic=_monotonic,
    )


# Plain `time.monotonic` stands still while a laptop sleeps, on Linux and on macOS.
_COUNTS_SLEEP: Final = getattr(time, "CLOCK_BOOTTIME", None) or getattr(
    time, "CLOCK_MONOTONIC_RAW", None
)


def _monotonic() -> float:
    return time.monotonic() if _COUNTS_SLEEP is None else time.clock_gettime(_COUNTS_SLEEP)
