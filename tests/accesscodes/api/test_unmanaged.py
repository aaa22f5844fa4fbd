"""`/access_codes/unmanaged/…`: whole bodies, and everything that is refused."""

import pytest

from accesscodes.models import AccessCode, ActionAttempt, UnmanagedCode
from locksite.masked import Pin
from properties.providers.virtual.people import add_foreign_code
from tests.accesscodes.world import World
from tests.api import UNKNOWN, Partner, error
from tests.factories import DeviceFactory

WORKSPACE = "10c45173-0000-4000-8000-000000000001"


@pytest.fixture
def stranger(world):
    """A code that somebody made in the lock's app."""
    add_foreign_code(world.locks[0], Pin("735162"), "Cleaner", now=world.now)
    world.run(seconds=1)
    return UnmanagedCode.objects.get()


def body_of(row, **changes):
    return {
        "access_code_id": str(row.uid),
        "device_id": str(row.device.uid),
        "workspace_id": WORKSPACE,
        "name": "Cleaner",
        "code": "735162",
        "type": "ongoing",
        "status": "set",
        "display_status": "Active",
        "created_at": "2026-11-23T10:00:00.000Z",
        "errors": [],
        "warnings": [],
        "is_managed": False,
        **changes,
    }


def attempt_body(action_type, status="pending", **changes):
    return {
        "action_attempt": {
            "action_attempt_id": str(ActionAttempt.objects.latest("pk").uid),
            "action_type": action_type,
            "status": status,
            "result": None,
            "error": None,
            **changes,
        },
        "ok": True,
    }


def test_get_by_id_and_by_lock_and_pin(partner, stranger):
    lock = str(stranger.device.uid)

    by_id = partner.post("/access_codes/unmanaged/get", access_code_id=str(stranger.uid))
    by_pin = partner.post("/access_codes/unmanaged/get", device_id=lock, code="735162")

    assert by_id == by_pin == (200, {"access_code": body_of(stranger), "ok": True})


def test_a_code_that_is_ours_is_not_served_here(partner, lock, stranger):
    _, made = partner.post("/access_codes/create", device_id=lock)
    ours = made["access_code"]["access_code_id"]

    unknown = (404, error("access_code_not_found", "There is no such access code."))
    for path, code_id in (("unmanaged/get", ours), ("get", str(stranger.uid))):
        assert partner.post(f"/access_codes/{path}", access_code_id=code_id) == unknown


def test_list_in_pages_and_searched(partner, world, lock, stranger):
    add_foreign_code(world.locks[0], Pin("481599"), "Owner", now=world.now)
    world.run(minutes=6)
    path = "/access_codes/unmanaged/list"

    _, first = partner.post(path, device_id=lock, limit=1)
    cursor = first["pagination"]["next_page_cursor"]
    _, second = partner.post(path, device_id=lock, limit=1, page_cursor=cursor)
    _, found = partner.post(path, device_id=lock, search="735162")

    assert first["access_codes"] == found["access_codes"] == [body_of(stranger)]
    assert [code["name"] for code in second["access_codes"]] == ["Owner"]
    assert second["pagination"]["has_next_page"] is False


def test_list_wants_a_lock(partner):
    status, _ = partner.post("/access_codes/unmanaged/list")

    assert status == 400


def test_where_pins_are_hidden_it_says_that_the_code_cannot_be_managed(clock, world):
    other = World("wyze", clock=clock)
    add_foreign_code(other.locks[0], Pin("735162"), "Cleaner", now=other.now)
    other.run(seconds=1)
    row = UnmanagedCode.objects.get()
    partner = Partner()

    shown = partner.post("/access_codes/unmanaged/get", access_code_id=str(row.uid))
    refused = partner.post(
        "/access_codes/unmanaged/convert_to_managed", access_code_id=str(row.uid)
    )

    assert shown == (
        200,
        {"access_code": body_of(row, code=None, cannot_be_managed=True), "ok": True},
    )
    sentence = "The lock does not show the PIN of this code, so it cannot be taken over."
    assert refused == (400, error("invalid_input", sentence, access_code_id=[sentence]))


@pytest.mark.parametrize("path", ["convert_to_managed", "update"])
def test_taking_over_keeps_the_id(partner, world, stranger, path):
    code_id = str(stranger.uid)
    managed = {"is_managed": True} if path == "update" else {}

    answer = partner.post(
        f"/access_codes/unmanaged/{path}",
        access_code_id=code_id,
        is_external_modification_allowed=True,
        **managed,
    )
    expected = {"ok": True} if managed else attempt_body("CONVERT_ACCESS_CODE_TO_MANAGED")
    world.run(seconds=1)
    _, now_ours = partner.post("/access_codes/get", access_code_id=code_id)

    assert answer == (200, expected)
    code = now_ours["access_code"]
    assert (code["code"], code["status"], code["is_managed"]) == ("735162", "set", True)
    assert code["is_external_modification_allowed"] is True
    assert partner.post("/access_codes/unmanaged/get", access_code_id=code_id)[0] == 404
    if not managed:
        told = partner.post(
            "/action_attempts/get",
            action_attempt_id=answer[1]["action_attempt"]["action_attempt_id"],
        )
        assert told == (
            200,
            attempt_body("CONVERT_ACCESS_CODE_TO_MANAGED", "success", result={}),
        )


def test_update_only_takes_over(partner, stranger):
    status, body = partner.post(
        "/access_codes/unmanaged/update", access_code_id=str(stranger.uid), is_managed=False
    )

    assert status == 400
    assert "is_managed" in body["error"]["validation_errors"]


def test_delete_removes_it_from_the_lock(partner, world, stranger):
    code_id = str(stranger.uid)

    answer = partner.post("/access_codes/unmanaged/delete", access_code_id=code_id)
    expected = attempt_body("DELETE_UNMANAGED_ACCESS_CODE")
    world.run(minutes=1)
    told = partner.post(
        "/action_attempts/get", action_attempt_id=answer[1]["action_attempt"]["action_attempt_id"]
    )

    assert answer == (200, expected)
    assert world.on_lock() == set()
    assert told == (200, attempt_body("DELETE_UNMANAGED_ACCESS_CODE", "success", result={}))
    assert partner.post("/access_codes/unmanaged/get", access_code_id=code_id)[0] == 404


def test_an_unknown_code_is_answered_so(partner):
    unknown = (404, error("access_code_not_found", "There is no such access code."))
    for path in ("get", "convert_to_managed", "delete"):
        assert partner.post(f"/access_codes/unmanaged/{path}", access_code_id=UNKNOWN) == unknown


def test_a_code_can_be_made_in_the_app_of_a_virtual_lock(partner, world, lock):
    answer = partner.post(
        "/access_codes/simulate/create_unmanaged_access_code",
        device_id=lock,
        name="Cleaner",
        code="735162",
    )
    row = UnmanagedCode.objects.get()
    world.run(minutes=6)

    assert answer == (200, {"access_code": body_of(row), "ok": True})
    assert world.on_lock() == {"735162"}
    assert UnmanagedCode.objects.get() == row
    assert not AccessCode.objects.exists()


def test_a_hub_that_hides_the_pins_of_others_hides_this_one_as_well(clock, world):
    hub = World("smartthings", clock=clock)

    _, made = Partner().post(
        "/access_codes/simulate/create_unmanaged_access_code",
        device_id=str(hub.device().uid),
        name="Cleaner",
        code="735162",
    )
    row = UnmanagedCode.objects.get()
    hub.run(minutes=6)

    assert made["access_code"] == body_of(row, code=None, cannot_be_managed=True)
    assert UnmanagedCode.objects.get() == row


def test_no_code_is_made_in_the_app_of_a_real_lock(world):
    device = DeviceFactory()

    status, body = Partner().post(
        "/access_codes/simulate/create_unmanaged_access_code",
        device_id=str(device.uid),
        name="Cleaner",
        code="735162",
    )

    assert (status, body["error"]["message"]) == (
        400,
        "Codes are made so on virtual locks only.",
    )
