"""`/events/get`, `/events/list`, and typing at a virtual keypad."""

import pytest

from accesscodes.models import AccessCode, ActionAttempt
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from tests.api import UNKNOWN, Partner, error
from tests.clock import START
from tests.factories import DeviceFactory


@pytest.fixture
def quiet(world):
    """No events but those that a test writes."""
    Event.objects.all().delete()
    return world


def happen(world, event_type="access_code.created", **fields):
    device = world.device()
    fields.setdefault("property_id", world.property.pk)
    fields.setdefault("device_uid", device.uid)
    fields.setdefault("connected_account_uid", device.account.uid)
    return Event.objects.append(event_type, occurred_at=START, now=world.now, **fields)


def types(answer):
    status, body = answer
    assert status == 200, body
    return [each["event_type"] for each in body["events"]]


CODE = "11111111-1111-4111-8111-555555555555"


def test_events_list(quiet, partner, lock):
    account = str(quiet.account.uid)
    first = happen(quiet, "access_code.set_on_device", access_code_uid=CODE, pin=Pin("1234"))
    quiet.clock.move(milliseconds=31_120)
    problems: dict[str, list] = {"access_code_errors": [], "access_code_warnings": []}
    second = happen(
        quiet, "access_code.failed_to_set_on_device", access_code_uid=CODE, payload=problems
    )
    shared = {
        "workspace_id": "10c45173-0000-4000-8000-000000000001",
        "device_id": lock,
        "connected_account_id": account,
        "occurred_at": "2026-11-23T10:00:00.000Z",
        "access_code_id": CODE,
    }

    assert partner.post("/events/list", since="2026-11-23T09:00:00Z") == (
        200,
        {
            "events": [
                {
                    "event_id": str(second.uid),
                    "event_type": "access_code.failed_to_set_on_device",
                    "created_at": "2026-11-23T10:00:31.120Z",
                    **shared,
                    **problems,
                },
                {
                    "event_id": str(first.uid),
                    "event_type": "access_code.set_on_device",
                    "created_at": "2026-11-23T10:00:00.000Z",
                    **shared,
                    "code": "1234",
                },
            ],
            "ok": True,
        },
    )


def test_events_get(quiet, partner, lock):
    event = happen(quiet, "lock.unlocked", payload={"method": "manual"})

    assert partner.get("/events/get", f"event_id={event.uid}&_strict=true") == (
        200,
        {
            "event": {
                "event_id": str(event.uid),
                "event_type": "lock.unlocked",
                "workspace_id": "10c45173-0000-4000-8000-000000000001",
                "device_id": lock,
                "connected_account_id": str(quiet.account.uid),
                "created_at": "2026-11-23T10:00:00.000Z",
                "occurred_at": "2026-11-23T10:00:00.000Z",
                "method": "manual",
            },
            "ok": True,
        },
    )


def test_the_newest_event_of_a_type_or_a_lock_is_found(quiet, partner, lock):
    happen(quiet, "lock.unlocked")
    newest = happen(quiet, "lock.unlocked")
    happen(quiet, "lock.locked")

    _, body = partner.post("/events/get", event_type="lock.unlocked", device_id=lock)

    assert body["event"]["event_id"] == str(newest.uid)
    assert partner.post("/events/get")[0] == 400
    assert partner.post("/events/get", event_id=UNKNOWN) == (
        404,
        error("event_not_found", "There is no such event."),
    )


def test_bounds_are_exclusive(quiet, partner):
    for n in range(3):
        happen(quiet, f"n.{n}")
        quiet.clock.move(minutes=1)

    def listed(**params):
        return types(partner.post("/events/list", **params))

    assert listed(since="2026-11-23T10:00:00Z") == ["n.2", "n.1"]
    assert listed(since="2026-11-23T09:59:59.999Z") == ["n.2", "n.1", "n.0"]
    assert listed(between=["2026-11-23T10:00:00Z", "2026-11-23T10:02:00Z"]) == ["n.1"]
    query = "between=2026-11-23T10:00:00Z&between=2026-11-23T10:02:00Z&_strict=true"
    assert types(partner.get("/events/list", query)) == ["n.1"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Send since or between."),
        ({"event_type": "lock.locked"}, "Send since or between."),
        ({"since": "2026-01-01", "between": ["2026-01-01", "2027-01-01"]},
         "Send since or between, not both."),
        ({"between": ["2026-01-01"]}, "between: Send two times."),
        ({"between": []}, "between: Send two times."),
        ({"since": "yesterday"}, "since: Expected a time such as 2027-01-31T15:00:00Z."),
    ],
)  # fmt: skip
def test_a_list_needs_one_span_of_time(partner, params, message):
    status, body = partner.post("/events/list", **params)

    assert (status, body["error"]["type"], body["error"]["message"]) == (
        400,
        "invalid_input",
        message,
    )


def test_filters_hold_together(quiet, partner, lock):
    other_code = "22222222-1111-4111-8111-555555555555"
    one = happen(quiet, "access_code.created", access_code_uid=CODE)
    happen(quiet, "access_code.deleted", access_code_uid=other_code)
    happen(quiet, "device.removed")

    def listed(**params):
        return types(partner.post("/events/list", since="2026-01-01", **params))

    assert listed(event_type="device.removed") == ["device.removed"]
    assert listed(event_types=["access_code.created", "x"]) == ["access_code.created"]
    assert listed(access_code_id=CODE) == ["access_code.created"]
    assert listed(access_code_ids=[CODE, other_code]) == [
        "access_code.deleted",
        "access_code.created",
    ]
    assert len(listed(device_id=lock)) == len(listed(device_ids=[lock])) == 3
    assert len(listed(connected_account_id=str(quiet.account.uid))) == 3
    assert listed(access_code_id=CODE, event_type="device.removed") == []
    assert listed(customer_key="guest") == []
    assert listed(access_grant_ids=["x"]) == []
    assert listed(limit=1) == ["device.removed"]
    assert listed(limit=1, unstable_offset=1) == ["access_code.deleted"]
    assert types(partner.post("/events/list", event_ids=[str(one.uid)])) == ["access_code.created"]


def test_events_of_an_account_go_to_keys_that_reach_a_lock_of_it(quiet, partner):
    stranger = Partner(DeviceFactory().property)
    happen(quiet, "connected_account.disconnected", property_id=None, device_uid=None)
    happen(quiet, "device.added", property_id=None)

    def listed(who):
        return types(who.post("/events/list", since="2026-01-01"))

    assert listed(partner) == ["connected_account.disconnected"]
    assert listed(stranger) == []
    assert listed(Partner()) == ["device.added", "connected_account.disconnected"]


def test_the_life_of_a_code_reads_as_events(world, partner, lock):
    _, body = partner.post("/access_codes/create", device_id=lock, code="482915")
    code_id = body["access_code"]["access_code_id"]
    world.run(minutes=1)
    partner.post("/access_codes/delete", access_code_id=code_id)
    world.run(minutes=1)

    _, body = partner.post("/events/list", since="2026-01-01", access_code_id=code_id)

    told = [(each["event_type"], each.get("code", "-")) for each in body["events"]]
    assert told[::-1] == [
        ("access_code.created", "-"),
        ("access_code.mutations_requested", "-"),
        ("access_code.set_on_device", "482915"),
        ("access_code.mutations_requested", "-"),
        ("access_code.removed_from_device", "-"),
        ("access_code.deleted", None),
    ]


# ---- the virtual keypad ----


def type_in(partner, lock, digits):
    return partner.post("/locks/simulate/keypad_code_entry", device_id=lock, code=digits)


def test_locks_simulate_keypad_code_entry(world, partner, lock):
    partner.post("/access_codes/create", device_id=lock, code="482915")
    world.run(minutes=1)

    answer = type_in(partner, lock, "482915")

    attempt = ActionAttempt.objects.get(action_type="SIMULATE_KEYPAD_CODE_ENTRY")
    assert answer == (
        200,
        {
            "action_attempt": {
                "action_attempt_id": str(attempt.uid),
                "action_type": "SIMULATE_KEYPAD_CODE_ENTRY",
                "status": "success",
                "result": {},
                "error": None,
            },
            "ok": True,
        },
    )
    query = f"action_attempt_id={attempt.uid}"
    assert partner.get("/action_attempts/get", query) == answer
    _, body = partner.post("/events/list", since="2026-01-01", event_type="lock.unlocked")
    [event] = body["events"]
    assert event["method"] == "keycode"
    assert event["access_code_id"] == str(AccessCode.objects.get().uid)


def test_a_pin_that_opens_nothing_is_told_without_being_repeated(world, partner, lock):
    status, _ = type_in(partner, lock, "593026")

    _, body = partner.post("/events/list", since="2026-01-01", event_type="lock.access_denied")
    [event] = body["events"]
    assert (status, event["reason"]["reason_code"]) == (200, "unknown_code")
    assert "593026" not in str(event)
    assert AuditEntry.objects.filter(action="lock.type_at_keypad").exists()


def test_only_virtual_locks_can_be_typed_at(world):
    real = DeviceFactory(account__kind="seam")

    status, body = type_in(Partner(), str(real.uid), "482915")

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    assert list(body["error"]["validation_errors"]) == ["_errors", "device_id"]
    assert not ActionAttempt.objects.exists()


@pytest.mark.parametrize("params", [{"code": 482915}, {"code": None}, {"device_id": None}])
def test_typing_needs_a_lock_and_digits(world, partner, lock, params):
    given = {"device_id": lock, "code": "482915", **params}

    assert partner.post("/locks/simulate/keypad_code_entry", **given)[0] == 400
