"""Every client calls every endpoint that it offers; every answer passes the published schema.

What was measured is kept in `locksite/reference/conformance.json`, which the reference shows.
`LOCKSITE_TEST_WRITE_CONFORMANCE=1` writes it anew.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from jsonschema.exceptions import best_match

from locksite.reference.conformance import FILE, NOTES
from locksite.wire.endpoints import endpoints
from tests.openapi import validator
from tests.sdk.clients import Where, clients
from tests.sdk.proxy import Call, Proxy
from tests.sdk.scenario import SCENARIO

pytestmark = [pytest.mark.sdk, pytest.mark.processes]


@dataclass(frozen=True)
class Walked:
    """What one client did: every call of it, and what it cannot call."""

    calls: tuple[Call, ...]
    missing: tuple[str, ...]


@pytest.fixture(scope="module")
def walked(live, node_modules, tmp_path_factory):
    """All clients walk at the same time, each at two doors of its own."""
    now = datetime.now(UTC)

    def walk(number, client):
        kept = {
            "LOCK": live.locks[f"door_{number}a"],
            "OTHER": live.locks[f"door_{number}b"],
            "THIRD": live.locks[f"door_{number}c"],
            "NOW": now.isoformat(),
            "TOMORROW": (now + timedelta(days=1)).isoformat(),
        }
        with Proxy(live.url) as proxy:
            where = Where(proxy.url, live.key, kept, tmp_path_factory.mktemp("client"))
            missing = client(where)
        return Walked(tuple(proxy.calls), tuple(missing))

    table = clients(node_modules)
    with ThreadPoolExecutor(len(table)) as pool:
        runs = {
            name: pool.submit(walk, number, client)
            for number, (name, client) in enumerate(table.items())
        }
        return {name: run.result() for name, run in runs.items()}


def test_the_walk_goes_past_every_endpoint():
    assert {step.path for step in SCENARIO} == {f"/{path}" for path, _ in endpoints()}


def test_every_call_of_every_client_went_well(walked):
    failed = {
        f"{name} {call.verb} {call.path}: {call.body}"
        for name, run in walked.items()
        for call in run.calls
        if call.status != 200
    }

    assert failed == set()


def test_every_answer_passes_the_published_schema(walked, published):
    seen: set[str] = set()
    checks: dict[str, Any] = {}
    complaints: dict[str, list[str]] = {}
    for name, run in walked.items():
        for call in run.calls:
            if call.path not in published["paths"]:
                continue
            if (text := json.dumps([call.path, call.body])) in seen:
                continue
            seen.add(text)
            if call.path not in checks:
                checks[call.path] = validator(published, call.path)
            try:
                checks[call.path].validate(call.body)
            except jsonschema.ValidationError as error:
                found = best_match([error])
                text = f"{name} {found.json_path}: {found.message[:200]}"
                complaints.setdefault(call.path, []).append(text)
            assert call.headers["seam-request-id"]

    assert {path: told for path, told in complaints.items() if path not in NOTES} == {}
    assert complaints.keys() == NOTES.keys()  # what is said to differ does
    assert len(checks) > 20


def test_the_schema_is_really_held_against_the_answers(published):
    with pytest.raises(jsonschema.ValidationError):
        validator(published, "/access_codes/get").validate({"access_code": {}, "ok": True})


def test_the_table_in_the_reference_is_what_was_measured(walked):
    found = {
        "clients": list(walked),
        "endpoints": {
            path: {
                name: " ".join(sorted({call.verb for call in run.calls if call.path == path}))
                for name, run in walked.items()
                if path not in run.missing
            }
            for path in sorted({step.path for step in SCENARIO})
        },
    }
    if os.environ.get("LOCKSITE_TEST_WRITE_CONFORMANCE") == "1":
        FILE.write_text(json.dumps(found, indent=1) + "\n")

    assert json.loads(FILE.read_text()) == found
