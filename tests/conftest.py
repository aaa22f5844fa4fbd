"""What every test shares: which ones touch the database, and a clock that is moved by hand."""

import os
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.test import TransactionTestCase

from locksite.journal import triggers
from tests import fake_seam as fake
from tests.clock import Clock
from tests.node_modules import NoNpm, installed

# A busy machine is no reason to fail. Where services are required, the same examples come again.
hypothesis.settings.register_profile(
    "locksite",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=os.environ.get("LOCKSITE_REQUIRE_SERVICES") == "1",
)
hypothesis.settings.load_profile("locksite")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "client", "django_db_setup"}


def pytest_collection_modifyitems(config, items):
    """Mark the tests that use the database: `make test` runs those a second time on PostgreSQL.

    Not so long stories whose every query other tests ask there, too. Tests that take minutes are
    left out unless they are asked for.
    """
    if os.environ.get("LOCKSITE_TEST_LONG") != "1":
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    for item in items:
        if item.get_closest_marker("one_database"):
            continue
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(item.fixturenames):
            item.add_marker("touches_database")


def service(name: str) -> str:
    """Return the setting `LOCKSITE_TEST_<name>`, or skip; fail instead where services are
    required."""
    value = os.environ.get(f"LOCKSITE_TEST_{name}", "")
    if not value:
        message = f"LOCKSITE_TEST_{name} is not set"
        if os.environ.get("LOCKSITE_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{message}, and services are required here")
        pytest.skip(message)
    return value


@pytest.fixture(scope="session")
def node_modules():
    """Return the folder with the packages of `tests/node`, or skip where npm is missing."""
    try:
        return installed()
    except NoNpm as missing:
        if os.environ.get("LOCKSITE_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{missing}, and services are required here")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def fake_seam(node_modules, tmp_path_factory):
    """Return the address of Seam's fake server."""
    with fake.running(node_modules, tmp_path_factory.mktemp("fake-seam")) as url:
        yield url


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(autouse=True, scope="session")
def _emptying_the_test_database_may_drop_audit_entries():
    """Lift the triggers on audit entries while a test database is emptied between two tests."""
    case: Any = TransactionTestCase
    flush = case._fixture_teardown

    def flush_without_triggers(self):
        triggers.remove(connection)
        try:
            flush(self)
        finally:
            triggers.install(connection)

    case._fixture_teardown = flush_without_triggers
    yield
    case._fixture_teardown = flush
