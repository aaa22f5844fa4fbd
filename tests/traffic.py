"""Partners who issue, change and delete codes all the time, and what they were promised.

    with Traffic(hotel, live=60, per_second=5) as traffic:
        ...
    traffic.promises

Whatever an answer acknowledged is a promise. A request whose answer was lost, or that was answered
by 5xx, leaves it open what is to come, and its code is left alone from then on.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.evidence import Promise
from tests.hotel import Hotel


@dataclass(slots=True)
class Known:
    """One code that we know, and the PIN that it has."""

    uid: str
    door: str
    pin: str
    promise: int


class Traffic:
    """Keeps about `live` codes alive and asks for something `per_second` times, from one thread.

    PINs are chosen here and never used twice, so each entry on a lock can be told.
    """

    def __init__(self, hotel: Hotel, *, live: int, per_second: float, seed: int = 0):
        self._hotel = hotel
        self._live = live
        self._pause = 1 / per_second
        self._rand = random.Random(seed)
        self._pins = self._fresh_pins()
        self._known: list[Known] = []
        self._promises: list[tuple[str, Promise]] = []
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._run: Future[None] | None = None
        self.answers: Counter[str] = Counter()
        self.refusals: list[str] = []

    def __enter__(self) -> "Traffic":
        self._run = self._pool.submit(self._go_on)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        if self._run is not None:
            self._run.result()

    @property
    def acknowledged(self) -> int:
        """Return how many requests were answered by 200."""
        return self.answers["acknowledged"]

    def promises(self, door: str) -> list[Promise]:
        """Return what was promised of one lock."""
        return [promise for name, promise in self._promises if name == door]

    def promised_codes(self) -> dict[str, bool]:
        """Return the codes of which we are sure: id and whether it is to be there."""
        return {
            known.uid: None not in self._promises[known.promise][1].may_be for known in self._known
        }

    def _fresh_pins(self) -> Iterator[str]:
        for number in self._rand.sample(range(100_000, 1_000_000), 20_000):
            if len(set(str(number))) > 2:
                yield str(number)

    def _go_on(self) -> None:
        while not self._stop.wait(self._pause):
            usable = [known for known in self._known if known.pin]
            if len(usable) < self._live and self._rand.random() < (0.6 if usable else 1):
                self._create()
            elif self._rand.random() < 0.5 or len(usable) >= self._live:
                self._delete(self._rand.choice(usable))
            else:
                self._change(self._rand.choice(usable))

    def _create(self) -> None:
        door = self._rand.choice(sorted(self._hotel.devices))
        pin = next(self._pins)
        answer = self._ask(
            "/access_codes/create",
            device_id=self._hotel.devices[door],
            code=pin,
            name=f"Guest {len(self._promises)}",
        )
        self._promises.append((door, Promise(frozenset({pin} if answer else {pin, None}))))
        if answer:
            uid = answer["access_code"]["access_code_id"]
            self._known.append(Known(uid, door, pin, len(self._promises) - 1))

    def _change(self, code: Known) -> None:
        if self._rand.random() < 0.3:
            name = f"Guest {self._rand.randrange(1000)}"
            if self._ask("/access_codes/update", access_code_id=code.uid, name=name) is None:
                self._leave_alone(code)
            return
        pin = next(self._pins)
        answer = self._ask("/access_codes/update", access_code_id=code.uid, code=pin)
        self._promise(code, pin, is_sure=answer is not None)

    def _delete(self, code: Known) -> None:
        answer = self._ask("/access_codes/delete", access_code_id=code.uid)
        self._promise(code, None, is_sure=answer is not None)

    def _promise(self, code: Known, pin: str | None, *, is_sure: bool) -> None:
        may_be = frozenset({pin} if is_sure else {pin, code.pin})
        self._promises[code.promise] = code.door, Promise(may_be)
        code.pin = pin or ""
        if not is_sure:
            self._leave_alone(code)

    def _leave_alone(self, code: Known) -> None:
        self._known.remove(code)

    def _ask(self, path: str, **body: Any) -> dict[str, Any] | None:
        """Return the answer, `None` where there is none or it does not tell."""
        try:
            answer = self._hotel.call(path, **body)
        except requests.RequestException:
            self.answers["lost"] += 1
            return None
        if answer.status_code >= 500:
            self.answers[str(answer.status_code)] += 1
            return None
        if answer.status_code != 200:
            self.refusals.append(f"{path}: {answer.text[:200]}")
            return None
        self.answers["acknowledged"] += 1
        whole: dict[str, Any] = answer.json()
        return whole
