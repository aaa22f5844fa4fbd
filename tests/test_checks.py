"""What must hold before Locksite starts."""

import os
import subprocess
import sys
import zoneinfo
from pathlib import Path

import pytest
from django.core.checks import run_checks

from locksite import checks, first_keys

ROOT = Path(__file__).resolve().parent.parent


def ids(messages):
    return [message.id for message in messages]


def test_the_tests_own_settings_pass():
    assert [message for message in run_checks() if message.is_serious()] == []


@pytest.mark.parametrize("keys", [["short"], ["not base64 at all!"], []])
def test_pin_keys_of_a_wrong_form_stop_the_start(settings, keys):
    settings.LOCKSITE_PIN_KEYS = keys

    assert ids(checks.pin_keys(None)) == ["locksite.E001"]


def test_a_short_index_key_is_warned_of_on_deployment_only(settings):
    settings.LOCKSITE_PIN_INDEX_KEY = "x" * 31

    assert ids(checks.index_key_strength(None)) == ["locksite.W001"]
    assert "locksite.W001" not in ids(run_checks())
    assert "locksite.W001" in ids(run_checks(include_deployment_checks=True))


def test_a_machine_without_zones_is_found_out(monkeypatch):
    def nothing(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(checks, "ZoneInfo", nothing)

    assert ids(checks.time_zones(None)) == ["locksite.E004"]


# ---- As the command line runs it


def check(tmp_path, *arguments, settings_module="locksite.settings", **environment):
    keys = tmp_path / "locksite.env"
    first_keys.main([str(keys)])
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path),
            "LOCKSITE_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": settings_module,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_new_installation_with_keys_of_its_own_is_clean_for_deployment(tmp_path):
    done = check(tmp_path, "--deploy", "--fail-level", "WARNING")

    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert done.returncode == 0


def test_a_database_that_would_lose_writes_stops_the_start(tmp_path):
    (tmp_path / "careless.py").write_text(
        "from locksite.settings import *\n"
        "DATABASES['default']['OPTIONS'] = {'init_command': 'PRAGMA synchronous=NORMAL'}\n"
    )

    done = check(tmp_path, settings_module="careless")

    assert done.returncode == 1
    assert "locksite.E003" in done.stderr
    assert "journal_mode=delete and synchronous=1" in done.stderr


def test_a_database_that_cannot_be_opened_is_said_in_a_sentence(tmp_path):
    done = check(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/db.sqlite3")

    assert done.returncode == 1
    assert "locksite.E002) The database cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_key_ends_in_one_line(tmp_path):
    done = check(tmp_path, LOCKSITE_PIN_KEYS="")

    assert done.returncode == 1
    assert done.stderr.startswith("Locksite cannot start: LOCKSITE_PIN_KEYS is not set")
    assert done.stderr.count("\n") == 1
