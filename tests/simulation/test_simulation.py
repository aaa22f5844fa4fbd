"""Whatever goes wrong on the way, the promises hold: hours of trouble by seed, in milliseconds.

`LOCKSITE_TEST_SEEDS=5000` runs more schedules; a single one runs with `pytest -k "seed-17"`, or
step by step with `python -m tests.simulation --seed 17 --verbose`.
"""

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest
from django.db import connection

from tests.simulation import schedule, scratch
from tests.simulation.known import FAILED_ONCE

# So many fit into a run of all tests; `make bench-faults` lives through 10,000. On PostgreSQL a
# few stand for all: what differs there are locks and races, not decisions.
ON_POSTGRES = os.environ.get("LOCKSITE_TEST_DATABASE_URL", "").startswith("postgres")
SEEDS = int(os.environ.get("LOCKSITE_TEST_SEEDS", "10" if ON_POSTGRES else "100"))
ONCE = () if ON_POSTGRES else FAILED_ONCE


@pytest.fixture
def database(request):
    """A clean database for one schedule."""
    if ON_POSTGRES:
        request.getfixturevalue("db")
        yield
    else:
        with request.getfixturevalue("django_db_blocker").unblock(), scratch.own_database():
            yield


@pytest.mark.touches_database
@pytest.mark.parametrize("seed", dict.fromkeys([*ONCE, *range(SEEDS)]), ids="seed-{}".format)
def test_every_promise_holds_through_trouble_and_quiet(database, seed):
    outcome = schedule.run(seed)

    assert outcome.violations == ()


def test_the_same_seed_is_the_same_run(database):
    first, second = schedule.run(4711), schedule.run(4711)

    assert first == second


def statements_of(seed):
    """Return what came of a schedule, and every statement that it sent, with its parameters.

    Left out is what differs between any two runs: names of savepoints, the time inside of what is
    encrypted, and when the house was made by the clock on the wall.
    """
    sent = []

    def note(execute, text, params, many, context):
        known = [each for each in params or () if not str(each).startswith("gAAAA")]
        if "SAVEPOINT" in text:
            sent.append(text.partition('"')[0])
        elif 'INTO "properties_' in text:
            sent.append(text)
        else:
            sent.append((text, known))
        return execute(text, params, many, context)

    with connection.execute_wrapper(note):
        outcome = schedule.run(seed)
    return outcome, sent


@pytest.mark.skipif(ON_POSTGRES, reason="on PostgreSQL nothing is prepared")
def test_what_is_spared_django_sends_the_same_statements_to_the_letter(database, monkeypatch):
    quickly = statements_of(4711)

    monkeypatch.setattr(schedule, "quick_columns", nullcontext)
    monkeypatch.setattr(schedule, "prepared_queries", nullcontext)

    assert statements_of(4711) == quickly


def test_another_process_with_another_order_of_sets_lives_through_the_same():
    lines = set()
    for hash_seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "4711"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=False,
        )
        lines.add(answer.stdout)

    assert len(lines) == 1
    assert "digest" in lines.pop()
