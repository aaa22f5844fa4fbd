"""Whole sites as processes: what the tests that use them rely on."""

import os

import pytest

from tests.processes import DidNotStart, Site

pytestmark = [pytest.mark.processes, pytest.mark.touches_database]


def services(site):
    states = (site.health() or {})["service_health_statuses"]
    return {each["service"]: each["status"] for each in states}


def test_a_site_runs_survives_its_engine_and_leaves_nothing_behind(tmp_path):
    with Site(tmp_path) as site:
        web, first = site.web, site.engine
        assert services(site) == {"database": "healthy", "engine": "healthy"}

        site.kill_engine()
        assert not first.is_running
        site.start_engine()

        second = site.engine
        assert second.pid != first.pid
        assert services(site)["database"] == "healthy"
        assert site.run("print(6 * 7)") == "42\n"
        assert site.rows("SELECT count(*) FROM partners_apikey") == [(0,)]
        site.api_key()
        assert site.rows("SELECT count(*) FROM partners_apikey") == [(1,)]

    for process in (web, first, second):
        assert not process.is_running
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)  # nobody is left in its group


def test_a_setting_that_is_wrong_is_told_and_nothing_is_left(tmp_path):
    site = Site(tmp_path, engine=False, settings={"LOCKSITE_LOG_LEVEL": "LOUD"})

    with pytest.raises((DidNotStart, AssertionError), match="LOUD"):
        site.start()

    assert site.web is None


def test_the_environment_of_the_tests_is_not_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCKSITE_WORKSPACE_NAME", "From outside")

    site = Site(tmp_path, engine=False)

    assert "LOCKSITE_WORKSPACE_NAME" not in site.env
