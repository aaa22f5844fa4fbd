"""Answers that the walk of all clients does not see, against the OpenAPI that Seam publishes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.openapi import validator
from tests.sdk.waiting import poll

pytestmark = [pytest.mark.sdk, pytest.mark.processes]


@pytest.fixture(scope="module")
def call(live, published):
    """Return a function that calls an endpoint and holds the answer against the schema."""
    validators: dict[str, Any] = {}

    def answer(path: str, verb: str = "POST", /, **params: Any) -> Any:
        response = requests.request(
            verb,
            f"{live.url}{path}",
            json=params,
            headers={"Authorization": f"Bearer {live.key}"},
            timeout=30,
        )
        body = response.json()
        assert response.status_code == 200, body
        if path not in validators:
            validators[path] = validator(published, path)
        validators[path].validate(body)
        return body

    return answer


def test_answers_pass_the_published_schema(live, call):
    for lock in live.locks.values():
        call("/devices/get", device_id=lock)
        call("/locks/get", device_id=lock)
    call("/devices/list")
    call("/locks/list")
    call("/workspaces/get")


def test_the_life_of_a_code_passes_the_published_schema(live, call):
    lock = live.locks["native"]
    made = call("/access_codes/create", device_id=lock, name="my ongoing code")
    code_id = made["access_code"]["access_code_id"]
    attempt_id = made["action_attempt"]["action_attempt_id"]

    def status():
        return call("/access_codes/get", access_code_id=code_id)["access_code"]["status"]

    poll(status, lambda seen: seen == "set")
    call("/access_codes/update", access_code_id=code_id, code="83051", name="other")
    mutations = call("/access_codes/get", access_code_id=code_id)["access_code"]
    poll(status, lambda seen: seen == "set")
    call("/access_codes/list", device_id=lock)
    call("/access_codes/delete", access_code_id=code_id)
    attempt = call("/action_attempts/get", action_attempt_id=attempt_id)["action_attempt"]

    assert mutations["code"] == "83051"
    assert attempt["status"] == "success"


def test_an_offline_code_passes_the_published_schema(live, call):
    tomorrow = datetime.now(UTC).replace(minute=0, second=0) + timedelta(days=1)

    made = call(
        "/access_codes/create",
        device_id=live.locks["offline"],
        starts_at=tomorrow.isoformat(),
        ends_at=(tomorrow + timedelta(days=2)).isoformat(),
        is_offline_access_code=True,
    )["access_code"]
    code_id = made["access_code_id"]
    poll(
        lambda: call("/access_codes/get", access_code_id=code_id)["access_code"],
        lambda seen: seen["code"] is not None,
    )

    assert made["is_waiting_for_code_assignment"] is True


def test_events_and_the_keypad_pass_the_published_schema(live, call):
    call("/locks/simulate/keypad_code_entry", device_id=live.locks["native"], code="999999")
    events = call("/events/list", since="2026-01-01T00:00:00Z")["events"]

    by_type = {event["event_type"]: event for event in events}
    assert "lock.access_denied" in by_type
    for event in by_type.values():
        call("/events/get", event_id=event["event_id"])
