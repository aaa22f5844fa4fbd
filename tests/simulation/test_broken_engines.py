"""The checker is checked: engines that are broken in one rule each, and every one is caught."""

import pytest

from tests.simulation import scratch
from tests.simulation.broken import BROKEN, caught

# Which invariant catches it may change with the schedules; that one does may not.
PATIENCE = 40


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_engine_is_caught(name, django_db_blocker):
    with django_db_blocker.unblock(), scratch.own_database():
        found = caught(name, patience=PATIENCE)

    assert found is not None, f"{name}: {PATIENCE} schedules, and nothing was noticed"
