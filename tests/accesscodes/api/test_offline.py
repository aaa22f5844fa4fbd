"""Codes whose PIN the lock's maker chooses, over the API: created, waited for, refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscodes.models import AccessCode, ActionAttempt
from locksite.journal.models import Event
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.accesscodes.world import World
from tests.api import error

WINDOW = {"starts_at": "2026-11-26T14:00:00Z", "ends_at": "2026-11-29T10:00:00Z"}
LONG = "igloo_algopin_must_be_used_within_24_hours"


@pytest.fixture
def world(db, clock, monkeypatch):
    """A lock whose maker computes PINs, with the real engine behind it."""
    monkeypatch.setattr(timezone, "now", clock)
    return World("igloohome", clock=clock)


def create(partner, lock, **params):
    return partner.post(
        "/access_codes/create",
        device_id=lock,
        **{"name": "my offline code", "is_offline_access_code": True, **WINDOW, **params},
    )


def get(partner, body):
    _, found = partner.post(
        "/access_codes/get", access_code_id=body["access_code"]["access_code_id"]
    )
    return found["access_code"]


def test_an_offline_code_waits_for_its_pin(partner, lock):
    status, body = create(partner, lock)

    assert status == 200
    assert body == {
        "access_code": {
            "access_code_id": str(AccessCode.objects.get().uid),
            "device_id": lock,
            "workspace_id": "10c45173-0000-4000-8000-000000000001",
            "name": "my offline code",
            "code": None,
            "type": "time_bound",
            "status": "unset",
            "display_status": "Scheduled",
            "starts_at": "2026-11-26T14:00:00.000Z",
            "ends_at": "2026-11-29T10:00:00.000Z",
            "created_at": "2026-11-23T10:00:00.000Z",
            "errors": [],
            "warnings": [
                {
                    "warning_code": LONG,
                    "message": (
                        "The PIN must be used within 24 hours of its start, or it will never work."
                    ),
                    "created_at": "2026-11-23T10:00:00.000Z",
                }
            ],
            "pending_mutations": [
                {
                    "mutation_code": "creating",
                    "message": "The lock's maker computes the PIN.",
                    "created_at": "2026-11-23T10:00:00.000Z",
                }
            ],
            "is_managed": True,
            "common_code_key": None,
            "is_external_modification_allowed": False,
            "is_offline_access_code": True,
            "is_one_time_use": False,
            "is_scheduled_on_device": False,
            "is_waiting_for_code_assignment": True,
            "is_backup_access_code_available": False,
            "pulled_backup_access_code_id": None,
            "confidence": {
                "about": "presence",
                "level": "requested",
                "means": "Asked for; the lock's maker has not computed the PIN yet.",
                "at": "2026-11-23T10:00:00.000Z",
            },
        },
        "action_attempt": {
            "action_attempt_id": str(ActionAttempt.objects.get().uid),
            "action_type": "CREATE_ACCESS_CODE",
            "status": "pending",
            "result": None,
            "error": None,
        },
        "ok": True,
    }


def test_then_it_has_one_and_goes_by_the_clock(world, partner, lock):
    _, body = create(partner, lock, ends_at="2026-11-27T10:00:00Z")
    world.work()
    known = get(partner, body)
    _, attempt = partner.post(
        "/action_attempts/get", action_attempt_id=body["action_attempt"]["action_attempt_id"]
    )
    world.clock.now += timedelta(days=3, hours=4)
    world.run(hours=1)
    inside = get(partner, body)
    world.clock.now += timedelta(hours=23)
    world.run(hours=1)
    status, _ = partner.post(
        "/access_codes/get", access_code_id=body["access_code"]["access_code_id"]
    )

    assert (known["status"], len(known["code"]), known["pending_mutations"]) == ("unset", 10, [])
    assert "is_waiting_for_code_assignment" not in known
    assert attempt["action_attempt"]["status"] == "success"
    assert (inside["status"], inside["code"]) == ("set", known["code"])
    assert status == 404


def test_the_events_say_that_a_pin_was_chosen_without_naming_it(world, partner, lock):
    create(partner, lock)
    world.work()

    told = list(
        Event.objects.filter(event_type__in=["access_code.changed", "access_code.code_changed"])
        .order_by("id")
        .values_list("payload", flat=True)
    )
    assert told == [
        {"changed_properties": [{"property": "code", "from": None, "to": None}]},
        {
            "description": "The lock's maker chose the PIN.",
            "from": {"code": None},
            "to": {"code": None},
        },
    ]


@pytest.mark.parametrize("name", ["is_offline_access_code", "use_offline_access_code"])
def test_the_older_name_is_taken_too(partner, lock, name):
    _, body = partner.post("/access_codes/create", device_id=lock, **WINDOW, **{name: True})

    assert body["access_code"]["is_offline_access_code"] is True


@pytest.mark.parametrize("rounding", ["1day", "1d"])
def test_a_daily_code_is_asked_for_by_its_rounding(partner, lock, rounding):
    _, body = create(partner, lock, ends_at="2026-12-30T10:00:00Z", max_time_rounding=rounding)

    assert body["access_code"]["ends_at"] == "2026-12-30T14:00:00.000Z"


def test_a_one_time_code(world, partner, lock):
    _, body = create(partner, lock, ends_at="2026-11-27T14:00:00Z", is_one_time_use=True)
    world.work()

    code = get(partner, body)
    assert (code["is_offline_access_code"], code["is_one_time_use"], code["warnings"]) == (
        True,
        True,
        [],
    )


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        (
            {"code": "482915"},
            "code",
            "The lock's maker computes the PIN of an offline code; none can be given.",
        ),
        (
            {"ends_at": "2026-12-30T10:00:00Z"},
            "ends_at",
            "This lock offers offline codes for 1 hour to 28 days, or 29 to 367 days at the same "
            "time of day.",
        ),
        (
            {"is_one_time_use": True},
            "ends_at",
            "A one-time code on this lock works for 24 hours from its start.",
        ),
        (
            {"is_offline_access_code": False, "is_one_time_use": True},
            "is_one_time_use",
            "Only offline codes can be one-time codes.",
        ),
        (
            {"common_code_key": "family"},
            "common_code_key",
            "The lock's maker chooses the PIN, so it cannot be shared with other codes.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(partner, lock, params, field, message):
    assert create(partner, lock, **params) == (
        400,
        error("invalid_input", message, **{field: [message]}),
    )
    assert not AccessCode.objects.exists()


def test_an_offline_code_without_a_window_is_refused(partner, lock):
    status, body = partner.post(
        "/access_codes/create", device_id=lock, is_offline_access_code=True
    )

    assert (status, body["error"]["type"], body["error"]["message"]) == (
        400,
        "invalid_input",
        "An offline code needs both starts_at and ends_at.",
    )


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("/access_codes/update", {"name": "Bea"}, "An offline code cannot be changed."),
        ("/access_codes/delete", {}, "An offline code cannot be deleted."),
    ],
)
def test_a_known_pin_cannot_be_changed_or_taken_back(world, partner, lock, path, params, message):
    _, body = create(partner, lock)
    world.work()

    answer = partner.post(path, access_code_id=body["access_code"]["access_code_id"], **params)

    assert answer == (400, error("invalid_input", message, access_code_id=[message]))


def test_a_lock_that_is_offline_takes_it_even_if_it_must_not_wait(world, partner, lock):
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()

    status, body = create(partner, lock, attempt_for_offline_device=False)
    world.work()

    assert status == 200
    assert len(get(partner, body)["code"]) == 10


def test_a_lock_whose_maker_chooses_takes_no_pin_and_tells_it_later(partner, lock):
    device = Device.objects.get()
    device.properties["code_constraints"] = [{"constraint_type": "cannot_specify_pin_code"}]
    device.save()

    refused = partner.post("/access_codes/create", device_id=lock, code="482915")
    _, body = partner.post("/access_codes/create", device_id=lock)

    message = "The lock picks the PIN. You see it after saving."
    assert refused == (400, error("invalid_input", message, code=[message]))
    assert (body["access_code"]["code"], body["access_code"]["status"]) == (None, "setting")
    assert body["access_code"]["is_waiting_for_code_assignment"] is True
