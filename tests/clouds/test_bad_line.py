"""Two Locksites with a bad line between them: in the end each code is there once, as wanted."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.clouds.bad_line import FAULTS, BadLine
from tests.clouds.houses import Houses
from tests.processes import wait_until

pytestmark = pytest.mark.processes

# Each seed is a lock of its own, and what people want there.
SEEDS = range(200 if os.environ.get("LOCKSITE_TEST_LONG") == "1" else 12)
DEEDS = 5


def lock_of(seed):
    return f"Schlage {seed}"


def live_through(houses, seed):
    """Let people issue, change and delete codes of one lock; return what they want in the end."""
    rand = random.Random(seed)
    desk = houses.desk
    wanted: dict[str, tuple[str, str, datetime]] = {}
    now = datetime.now(UTC).replace(microsecond=0)
    for step in range(DEEDS):
        deed = rand.choice(["issue", "issue", "change", "extend", "delete"])
        pin = f"{410000 + seed * 10 + step}"
        if deed == "issue" or not wanted:
            ends_at = now + timedelta(days=rand.randint(1, 5))
            window = {
                "starts_at": (now - timedelta(hours=1)).isoformat(),
                "ends_at": ends_at.isoformat(),
            }
            code = desk.issue(lock_of(seed), pin, f"Guest {step}", **window)
            wanted[code] = (f"Guest {step}", pin, ends_at)
            continue
        code = rand.choice(sorted(wanted))
        name, old_pin, ends_at = wanted[code]
        if deed == "change":
            desk("access_codes/update", access_code_id=code, code=pin)
            wanted[code] = (name, pin, ends_at)
        elif deed == "extend":
            later = ends_at + timedelta(days=1)
            desk("access_codes/update", access_code_id=code, ends_at=later.isoformat())
            wanted[code] = (name, old_pin, later)
        else:
            desk("access_codes/delete", access_code_id=code)
            del wanted[code]
    return wanted


def shown(desk, seed):
    return sorted(
        (code["name"], code["code"], datetime.fromisoformat(code["ends_at"]), code["status"])
        for code in desk.codes(lock_of(seed))
    )


def test_whatever_the_line_does_each_code_is_there_once(tmp_path_factory):
    houses = Houses(tmp_path_factory.mktemp("houses"), *(lock_of(seed) for seed in SEEDS))
    try:
        with (
            BadLine(houses.upstream_site.url, seed=1) as line,
            BadLine(houses.desk_site.url, seed=2) as back,
        ):
            houses.move_account(line.url, hooks=back.url)
            line.is_bad = back.is_bad = True
            with ThreadPoolExecutor(4) as people:
                wanted = list(people.map(lambda seed: live_through(houses, seed), SEEDS))
            wait_until(
                lambda: (
                    line.counts.keys() >= FAULTS.keys()
                    and line.counts.total() - line.counts["none"] >= 2 * len(SEEDS)
                ),
                "enough went wrong",
                seconds=300,
            )
            line.is_bad = back.is_bad = False
            # Calls that nobody waits for any more may still do something.
            wait_until(lambda: not line.under_way, "calls have arrived", seconds=90)

            def is_settled(seed: int) -> bool:
                expected = sorted((*facts, "set") for facts in wanted[seed].values())
                both = [shown(house, seed) for house in (houses.desk, houses.upstream)]
                return both == [expected, expected]

            for seed in SEEDS:
                wait_until(
                    partial(is_settled, seed),
                    f"seed {seed} is as wanted on both sides",
                    seconds=400,
                )
        for what, counts in (("asked", line.counts), ("told", back.counts)):
            print(what, dict(counts.most_common()))  # noqa: T201  (for those who run it by hand)
    finally:
        houses.stop()
