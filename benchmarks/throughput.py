"""How many requests a second Locksite answers, beside the fake server that Seam publishes.

`python -m benchmarks.throughput` starts, on this machine and in turn, Locksite with one web
process and with two (granian, SQLite, as `make run` does), and `@seamapi/fake-seam-connect`, which
keeps everything in the memory of one Node process. Each gets the same requests over real HTTP from
the same eight clients, first with few codes, then with many.

They do not do the same work: Locksite writes to disk before it answers, checks the lock's rules,
and writes events and an audit trail; the fake keeps nothing. No engine runs beside either. Lists
are not compared: the fake's list of one lock shows the codes of all. Without npm the fake is left
out.
"""

import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.node_modules import NoNpm, folder, installed, node
from tests.processes import Site

PINS = Path(__file__).resolve().parent / "node"
ON_A_LOCK = 20
WORKS = ("create", "get", "update")

SEED = """
import json
from benchmarks._rows import fill, lay_out
locks, key = lay_out({locks})
print(json.dumps({{"key": key, "locks": locks, "codes": fill({codes}, gone=0)}}))
"""


@dataclass(frozen=True)
class Server:
    """A server to ask; `codes` are there already, on `locks`."""

    name: str
    port: int
    key: str
    locks: list[str]
    codes: list[str]


@contextmanager
def locksite(codes: int, processes: int) -> Iterator[Server]:
    """Run Locksite with so many codes and web processes."""
    with tempfile.TemporaryDirectory(prefix="locksite-bench-") as temporary:
        site = Site(
            Path(temporary),
            database_url="sqlite",
            engine=False,
            web_processes=processes,
            settings={"LOCKSITE_LOG_LEVEL": "ERROR"},
        )
        with site:
            known = json.loads(site.run(SEED.format(locks=codes // ON_A_LOCK, codes=codes)))
            plural = "es" if processes > 1 else ""
            yield Server(f"Locksite, {processes} process{plural}", site.port, **known)


@contextmanager
def fake(codes: int) -> Iterator[Server]:
    """Run Seam's fake with so many codes. Raises `NoNpm`."""
    modules = installed(PINS, folder().with_name("node-bench"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [node(modules), "fake.mjs", str(codes), str(codes // ON_A_LOCK), str(port)],
        cwd=modules.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        # The fake itself says where it listens before; ours is the line of JSON.
        line = next(line for line in process.stdout if line.startswith('{"key"'))
        threading.Thread(target=process.stdout.read, daemon=True).start()  # it must not fill up
        yield Server("Seam's fake", port, **json.loads(line))
    finally:
        process.kill()
        process.wait()


def request_of(server: Server, work: str, number: int, chance: random.Random) -> dict[str, Any]:
    """Return the parameters of one more request."""
    if work == "create":
        lock = server.locks[number % len(server.locks)]
        return {"device_id": lock, "name": "New", "code": str(10_000_000 + number)}
    code = {"access_code_id": chance.choice(server.codes)}
    return code if work == "get" else {**code, "name": f"Guest {number}"}


class Client(threading.Thread):
    """Asks again and again over one connection until the time is up."""

    def __init__(self, server: Server, work: str, seat: int, seats: int, until: float):
        super().__init__()
        self.server, self.work, self.seat, self.seats, self.until = (
            *(server, work, seat, seats),
            until,
        )
        self.took: list[float] = []
        self.failed = ""

    def run(self) -> None:
        """Ask; remember how long each answer took."""
        chance = random.Random(self.seat)
        headers = {
            "Authorization": f"Bearer {self.server.key}",
            "Content-Type": "application/json",
        }
        # Numbers that no other client and no earlier round used: PINs differ.
        number = self.seat + int(self.until) % 10_000 * 1000 * self.seats
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        while time.monotonic() < self.until:
            params = request_of(self.server, self.work, number, chance)
            number += self.seats
            begun = time.perf_counter()
            link.request("POST", f"/access_codes/{self.work}", json.dumps(params), headers)
            answer = link.getresponse()
            content = answer.read()
            self.took.append(time.perf_counter() - begun)
            if answer.status != 200:
                self.failed = f"{answer.status} {content[:200]!r}"
                return


def measure(server: Server, work: str, *, seconds: float, clients: int) -> tuple[float, ...]:
    """Return requests a second, and the median and the 99th percentile in milliseconds."""
    until = time.monotonic() + seconds
    crowd = [Client(server, work, seat, clients, until) for seat in range(clients)]
    for client in crowd:
        client.start()
    for client in crowd:
        client.join()
        if client.failed:
            raise SystemExit(f"{server.name}, {work}: {client.failed}")
    took = [each for client in crowd for each in client.took]
    slow = quantiles(took, n=100)[-1] if len(took) > 1 else took[0]
    return len(took) / seconds, 1000 * median(took), 1000 * slow


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Requests a second beside Seam's fake.")
    parser.add_argument("--codes", type=int, nargs="+", default=[1_000, 30_000])
    parser.add_argument("--seconds", type=float, default=4.0, help="for each figure")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args(arguments)
    print(f"{options.clients} clients, {options.seconds:g} s for each figure: requests a second")
    print(
        f"(median, 99th percentile in ms)\n{'codes':>6}  {'':24}"
        + "".join(f"{work:>24}" for work in WORKS)
    )
    for codes in options.codes:
        for start in (lambda n: locksite(n, 1), lambda n: locksite(n, 2), fake):
            try:
                with start(codes) as server:
                    cells = []
                    for work in WORKS:
                        measure(server, work, seconds=0.5, clients=options.clients)  # warm up
                        rate, middle, slow = measure(
                            server, work, seconds=options.seconds, clients=options.clients
                        )
                        cells.append(f"{rate:8.0f} ({middle:.1f}, {slow:.0f})")
            except NoNpm as missing:
                print(f"{codes:>6}  Seam's fake was left out: {missing}")
                continue
            line = f"{codes:>6}  {server.name:24}" + "".join(f"{cell:>24}" for cell in cells)
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
