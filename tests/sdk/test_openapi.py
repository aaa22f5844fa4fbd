"""Answers that the walk of all clients does not see, against the OpenAPI that Seam publishes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from locksite.partners.webhook_types import EVENT_TYPES
from locksite.reference.conformance import NOTES
from locksite.reference.examples import EXAMPLES
from properties.choices import Fault
from properties.providers.virtual.body import Body
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.report import report
from tests.clock import START
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


def words_of(schema, key):
    """Return the words that a schema lists for a key, wherever in it."""
    found = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}).get(key, {}).get("enum", ()))
        for each in schema.values():
            found |= words_of(each, key)
    elif isinstance(schema, list):
        for each in schema:
            found |= words_of(each, key)
    return found


def test_these_words_for_problems_are_not_in_the_published_lists(published):
    """Seam's own words, most of them older; ARCHITECTURE.md says why they are kept."""
    device, code = (published["components"]["schemas"][name] for name in ("device", "access_code"))
    bodies = [
        Body(uid="1", make=make, name="1", made_at=START, faults=frozenset({fault}), has_hub=hub)
        for make in MAKES.values()
        for fault in Fault
        for hub in (True, False)
    ]
    reports = [report(body, codes_held=0) for body in bodies]
    told = [each for one in reports for each in (*one.errors, *one.warnings)]
    # What makes say of one code; the rest of a code's errors are words of the engine.
    of_codes = {
        word
        for make in MAKES.values()
        for word in (make.keypad_error, make.hub_error, make.duplicate_name_error)
    }

    unlisted = {
        "device errors": {each["error_code"] for each in told if "error_code" in each}
        - words_of(device["properties"]["errors"], "error_code"),
        "device warnings": {each["warning_code"] for each in told if "warning_code" in each}
        - words_of(device["properties"]["warnings"], "warning_code"),
        "code errors": of_codes - words_of(code["properties"]["errors"], "error_code"),
    }

    assert unlisted == {
        "device errors": {
            *("august_lock_missing_bridge", "lockly_missing_wifi_bridge"),
            *("ttlock_lock_not_paired_to_gateway", "insufficient_permissions"),
        },
        "device warnings": {"accessory_keypad_low_battery"},
        "code errors": {
            *("august_lock_missing_bridge", "august_lock_missing_keypad"),
            *("ttlock_lock_not_paired_to_gateway", "lockly_missing_wifi_bridge"),
            *("igloohome_bridge_offline", "wyze_device_missing_gateway"),
            *("code_constraints_violated", "wyze_duplicate_code_name"),
        },
    }


def test_answers_pass_the_published_schema(live, call):
    for lock in live.locks.values():
        call("/devices/get", device_id=lock)
        call("/locks/get", device_id=lock)
    call("/devices/list")
    call("/locks/list")
    call("/workspaces/get")


def test_every_published_type_of_event_can_be_asked_for_and_no_other(published):
    def types(node):
        if isinstance(node, list):
            return {each for part in node for each in types(part)}
        if not isinstance(node, dict):
            return set()
        own = node.get("event_type")
        named = own.get("enum", []) if isinstance(own, dict) else []
        return {*named, *(each for part in node.values() for each in types(part))}

    assert types(published["components"]["schemas"]["event"]) == EVENT_TYPES


def test_the_life_of_a_code_passes_the_published_schema(live, call):
    lock = live.locks["life"]
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
    life = call("/access_codes/get_timeline", access_code_id=code_id)["timeline_events"]

    assert life[-1]["event_type"].startswith(("access_code.", "internal.access_code."))
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
    call("/locks/simulate/keypad_code_entry", device_id=live.locks["life"], code="999999")
    events = call("/events/list", since="2026-01-01T00:00:00Z")["events"]

    by_type = {event["event_type"]: event for event in events}
    assert "lock.access_denied" in by_type
    for event in by_type.values():
        call("/events/get", event_id=event["event_id"])


def test_doors_pass_the_published_schema(live, call):
    lock = live.locks["just_in_time"]
    made = [
        call("/locks/unlock_door", device_id=lock),
        call("/locks/lock_door", device_id=lock),
        call("/locks/configure_auto_lock", device_id=lock, auto_lock_enabled=True),
        call("/locks/simulate/manual_lock_via_keypad", device_id=lock),
    ]

    def statuses():
        ids = [answer["action_attempt"]["action_attempt_id"] for answer in made]
        seen = [call("/action_attempts/get", action_attempt_id=each) for each in ids]
        return {each["action_attempt"]["status"] for each in seen}

    poll(statuses, lambda seen: seen == {"success"}, seconds=10)
    call("/action_attempts/list", device_id=lock)
    call("/devices/get", device_id=lock)
    events = call("/events/list", device_id=lock, since="2026-01-01T00:00:00Z")["events"]

    assert {"lock.unlocked", "lock.locked", "action_attempt.unlock_door.succeeded"} <= {
        event["event_type"] for event in events
    }


def test_the_example_of_each_endpoint_is_what_the_published_description_says(published):
    compared = [path for path in EXAMPLES if path in published["paths"] and path not in NOTES]

    assert len(compared) > 40
    for path in compared:
        validator(published, path).validate(dict(EXAMPLES[path].answer))
