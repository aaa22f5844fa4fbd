"""Send many malformed requests: `python -m tests.fuzz --requests 100000 --seed 7`."""

import argparse
import os
import sys

import django


def main() -> int:
    """Print what came of it; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.pop("LOCKSITE_TEST_DATABASE_URL", None)
    django.setup()

    from tests.fuzz.run import hush, run
    from tests.simulation.scratch import own_database

    hush()
    with own_database():
        outcome = run(options.seed, options.requests)
    for fault in outcome.faults[:20]:
        sys.stdout.write(f"{fault}\n")
    counts = [f"{status}: {count}" for status, count in sorted(outcome.statuses.items())]
    sys.stdout.write(
        f"{options.requests} requests, seed {options.seed}: {len(outcome.faults)} faults; "
        f"99th percentile {outcome.p99:.1f} ms; memory grew by {outcome.grown:.1f} MiB\n"
        f"{', '.join(counts)}\n"
    )
    return int(bool(outcome.faults) or outcome.grown > 50)


if __name__ == "__main__":
    sys.exit(main())
