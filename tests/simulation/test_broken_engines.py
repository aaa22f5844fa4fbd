"""The checker is checked: engines that are broken in one rule each, and every one is caught."""

import pytest

from tests.simulation.broken import BROKEN, PATIENCE, hunt


# Which invariant catches it, and in which schedule, may change; that one does may not.
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_engine_is_caught(name, django_db_blocker):
    with django_db_blocker.unblock():
        found = hunt(name)

    assert found is not None, f"{name}: {PATIENCE} schedules, and nothing was noticed"
