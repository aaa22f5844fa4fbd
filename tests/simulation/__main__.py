"""Run schedules from the command line: one step by step, or many in parallel.

`python -m tests.simulation --seed 4711 --verbose` replays one schedule. `--seeds 10000 --jobs 2`
runs many and prints what was injected and what was found; the exit code is 1 when anything was.
`--broken` takes the engines that are broken on purpose and says what caught each.
"""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import django


def main() -> int:
    """Do what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one schedule")
    parser.add_argument("--verbose", action="store_true", help="print every step of it")
    parser.add_argument("--seeds", type=int, default=500, help="how many schedules")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    parser.add_argument("--broken", action="store_true", help="try the broken engines as well")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.pop("LOCKSITE_TEST_DATABASE_URL", None)
    django.setup()
    if options.seed is not None:
        return replay(options.seed, is_verbose=options.verbose)
    found = many(options.first, options.seeds, options.jobs)
    if options.broken:
        found |= broken_ones(options.jobs)
    return int(found)


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def replay(seed: int, *, is_verbose: bool) -> int:
    """Run one schedule and print it."""
    from tests.simulation import schedule, scratch

    with scratch.own_database():
        outcome = schedule.run(seed, is_verbose=is_verbose)
    for invariant, what in outcome.violations:
        say(f"{invariant}: {what}")
    say(f"seed {seed}: {len(outcome.violations)} violations, digest {outcome.digest[:16]}")
    say(", ".join(f"{what} {number}" for what, number in sorted(outcome.counts.items())))
    return int(bool(outcome.violations))


def _share(seeds: list[int]) -> tuple[Counter[str], list[tuple[int, str, str]], float]:
    from tests.simulation import schedule, scratch

    counts: Counter[str] = Counter()
    found = []
    began = time.process_time()
    with scratch.own_database():
        for seed in seeds:
            outcome = schedule.run(seed)
            counts.update(outcome.counts)
            found += [(seed, invariant, what) for invariant, what in outcome.violations]
    return counts, found, time.process_time() - began


def many(first: int, number: int, jobs: int) -> bool:
    """Run many schedules in parallel; return whether any was violated."""
    from tests.simulation.known import FAILED_ONCE

    seeds = [*FAILED_ONCE, *range(first, first + number)]
    parcels = [seeds[at : at + 25] for at in range(0, len(seeds), 25)]
    counts: Counter[str] = Counter()
    by_invariant: dict[str, list[int]] = {}
    began, spent, done = time.monotonic(), 0.0, 0
    with ProcessPoolExecutor(jobs) as pool:
        for parcel, (some, found, seconds) in zip(parcels, pool.map(_share, parcels), strict=True):
            counts.update(some)
            spent += seconds
            done += len(parcel)
            for seed, invariant, what in found:
                by_invariant.setdefault(invariant, []).append(seed)
                say(f"seed {seed}: {invariant}: {what}")
            if done % 250 < 25 or done == len(seeds):
                rate = (time.monotonic() - began) / done
                say(f"{done} of {len(seeds)} schedules, {rate:.2f} s each")
    each = f"{spent / len(seeds):.2f} s of one core each"
    say(f"{len(seeds)} schedules in {time.monotonic() - began:.0f} s, {each}")
    for what, amount in sorted(counts.items()):
        say(f"  {what}: {amount}")
    for invariant, hit in sorted(by_invariant.items()):
        say(f"{invariant} violated in {len(set(hit))} schedules: {sorted(set(hit))[:20]}")
    return bool(by_invariant)


def broken_ones(jobs: int) -> bool:
    """Try every broken engine; return whether one of them was not caught."""
    from tests.simulation.broken import BROKEN, hunt

    missed = False
    with ProcessPoolExecutor(jobs) as pool:
        for name, caught in zip(BROKEN, pool.map(hunt, BROKEN), strict=True):
            if caught is None:
                say(f"{name}: NOT CAUGHT")
                missed = True
            else:
                say(f"{name}: {caught.invariant} in schedule {caught.seed}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
