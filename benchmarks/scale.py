"""How much a request costs in a large house, beside the same request in a small one.

`python -m benchmarks.scale` starts two processes, each with a database of its own: one with 1,000
codes, one with 100,000. Half of them are gone; of the others twenty are on each lock. Both do the
same work in turn, round by round, through the whole handler. The ratio is the median of the ratios
within a round; 1.00 says that a request does not notice how many codes there are.
"""

import benchmarks._settings  # noqa: F401  (before anything of Django)

# isort: split

import argparse
import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import RequestFactory

from benchmarks._rows import fill, lay_out

ON_A_LOCK = 20
WORKS = ("create", "get", "list a lock", "list a page", "update", "delete")


class House:
    """A house with so many codes, and requests to it. Served in a process of its own."""

    def __init__(self, codes: int) -> None:
        call_command("migrate", verbosity=0)
        self.locks, self.key = lay_out(codes // 2 // ON_A_LOCK)
        self.codes = fill(codes)
        self.handler = WSGIHandler()
        self.chance = random.Random(7)
        self.made: list[str] = []

    def round(self, work: str, requests: int) -> float:
        """Return the CPU milliseconds that one request took on average."""
        gc.collect()
        ask = getattr(self, work.replace(" ", "_"))
        took: float = sum(ask() for _ in range(requests))
        return 1000 * took / requests

    def create(self) -> float:
        """Make a code on some lock."""
        took, body = self._call("create", device_id=self.chance.choice(self.locks), name="New")
        self.made.append(body["access_code"]["access_code_id"])
        return took

    def get(self) -> float:
        """Read some code."""
        return self._call("get", access_code_id=self.chance.choice(self.codes))[0]

    def list_a_lock(self) -> float:
        """Read the codes of some lock."""
        return self._call("list", device_id=self.chance.choice(self.locks))[0]

    def list_a_page(self) -> float:
        """Read the first twenty codes of all."""
        return self._call("list", limit=ON_A_LOCK)[0]

    def update(self) -> float:
        """Give some code another name."""
        code = self.chance.choice(self.codes)
        return self._call("update", access_code_id=code, name=f"Guest {self.chance.random()}")[0]

    def delete(self) -> float:
        """Withdraw a code that was made before."""
        return self._call("delete", access_code_id=self.made.pop())[0]

    def _call(self, endpoint: str, **params: Any) -> tuple[float, Any]:
        request = RequestFactory().post(
            f"/access_codes/{endpoint}",
            json.dumps(params),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.key}", "host": "localhost"},
        )
        begun = time.process_time()
        content = b"".join(self.handler(request.environ, _ignore_start))
        took = time.process_time() - begun
        body = json.loads(content)
        if not body.get("ok"):
            raise SystemExit(f"{endpoint}: {body}")
        return took, body


def _ignore_start(*_: Any) -> Callable[[bytes], object]:
    return lambda _: None


def serve(codes: int) -> None:
    """Do the rounds that are asked for on standard input."""
    house = House(codes)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        work, requests = json.loads(line)
        sys.stdout.write(f"{house.round(work, requests)}\n")
        sys.stdout.flush()


class Server:
    """A house in a process of its own."""

    def __init__(self, codes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scale", "--serve", str(codes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> str:
        """Return the next line that it says."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def round(self, work: str, requests: int) -> float:
        """Return the milliseconds of a request, on average over a round."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([work, requests]) + "\n")
        self._process.stdin.flush()
        return float(self.answer())

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main(arguments: list[str]) -> int:
    """Measure and print; return 1 where a request costs more than `--most` times as much."""
    parser = argparse.ArgumentParser(description="What a request costs in a large house.")
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=20, help="in each round")
    parser.add_argument("--most", type=float, default=1.2)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(options.serve)
        return 0
    small, large = Server(options.small), Server(options.large)
    for server in (small, large):
        if server.answer() != "ready":
            return 1
    print(f"{options.small} and {options.large} codes; CPU of a request")
    print("work           small ms  large ms  ratio")
    worst = 0.0
    for work in WORKS:
        for server in (small, large):  # what is loaded and prepared once
            server.round(work, 1) if work != "delete" else None
        took = [
            tuple(server.round(work, options.requests) for server in (small, large))
            for _ in range(options.rounds)
        ]
        ratio = median(after / before for before, after in took)
        worst = max(worst, ratio)
        first, second = (median(column) for column in zip(*took, strict=True))
        print(f"{work:15}{first:8.2f}{second:10.2f}{ratio:7.2f}", flush=True)
    small.stop()
    large.stop()
    return 0 if worst <= options.most else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
