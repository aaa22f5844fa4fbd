"""`/access_codes/create_multiple`, `update_multiple`, `pull_backup_access_code`."""

from datetime import timedelta

import pytest

from accesscodes import pin_rules, pool
from accesscodes.models import AccessCode
from locksite.masked import Pin
from tests.api import UNKNOWN, error
from tests.factories import DeviceFactory

WORKSPACE = "10c45173-0000-4000-8000-000000000001"


@pytest.fixture
def doors(world, lock):
    return [lock, str(DeviceFactory(property=world.property).uid)]


def code_body(code, device, **changes):
    return {
        "access_code_id": str(code.uid),
        "device_id": device,
        "workspace_id": WORKSPACE,
        "name": "Lena Okafor",
        "code": code.pin.open(bound_to=code.uid).digits,
        "type": "ongoing",
        "status": "setting",
        "display_status": "Programming",
        "created_at": "2026-11-23T10:00:00.000Z",
        "errors": [],
        "warnings": [],
        "pending_mutations": [
            {
                "mutation_code": "creating",
                "message": "Programming the code on the lock.",
                "created_at": "2026-11-23T10:00:00.000Z",
            }
        ],
        "is_managed": True,
        "common_code_key": code.common_code_key,
        "is_external_modification_allowed": False,
        "is_offline_access_code": False,
        "is_one_time_use": False,
        "is_backup_access_code_available": False,
        "pulled_backup_access_code_id": None,
        "confidence": {
            "about": "presence",
            "level": "requested",
            "means": "Written down; not sent to the lock yet.",
            "at": None,
        },
        **changes,
    }


def test_one_code_for_several_locks(partner, doors):
    answer = partner.post(
        "/access_codes/create_multiple", device_ids=doors[::-1], name="Lena Okafor"
    )

    by_door = {str(code.device.uid): code for code in AccessCode.objects.all()}
    assert answer == (
        200,
        {"access_codes": [code_body(by_door[door], door) for door in doors[::-1]], "ok": True},
    )
    first, second = answer[1]["access_codes"]
    assert first["code"] == second["code"]
    assert first["common_code_key"] == second["common_code_key"] is not None


def test_a_pin_that_one_lock_has_is_refused_for_all_or_replaced_there(partner, doors):
    partner.post("/access_codes/create", device_id=doors[1], code="482915")
    wanted = {"device_ids": doors, "name": "Lena Okafor", "code": "482915"}

    refused = partner.post("/access_codes/create_multiple", **wanted)
    _, made = partner.post(
        "/access_codes/create_multiple",
        **wanted,
        behavior_when_code_cannot_be_shared="create_random_code",
    )

    assert refused == (409, error("duplicate_access_code", "This PIN is in use on this lock."))
    first, second = made["access_codes"]
    assert (first["code"], first["common_code_key"]) == ("482915", None)
    assert second["code"] != "482915"


def test_an_unknown_lock_among_them_stops_all(partner, doors):
    answer = partner.post("/access_codes/create_multiple", device_ids=[*doors, UNKNOWN])

    assert answer == (404, error("device_not_found", "There is no such device."))
    assert not AccessCode.objects.exists()


def test_name_and_dates_of_linked_codes_are_changed_together(partner, doors):
    _, made = partner.post("/access_codes/create_multiple", device_ids=doors)
    key = made["access_codes"][0]["common_code_key"]

    answer = partner.post(
        "/access_codes/update_multiple",
        common_code_key=key,
        name="Bea",
        starts_at="2026-11-24T15:00:00Z",
        ends_at="2026-11-26T11:00:00Z",
    )
    unknown = partner.post("/access_codes/update_multiple", common_code_key="none", name="Bea")

    assert answer == (200, {"ok": True})
    assert set(AccessCode.objects.values_list("name", "kind")) == {("Bea", "time_bound")}
    assert unknown == (404, error("access_code_not_found", "No access code has this key."))


# ---- Backup codes


@pytest.fixture
def stay(partner, world, lock):
    """A stay on a lock whose spares are ready."""
    _, made = partner.post(
        "/access_codes/create",
        device_id=lock,
        name="Lena Okafor",
        starts_at=(world.now + timedelta(minutes=1)).isoformat(),
        ends_at=(world.now + timedelta(days=2)).isoformat(),
        use_backup_access_code_pool=True,
    )
    pool.tend(world.now)
    world.run(minutes=5)
    return made["access_code"]["access_code_id"]


def test_a_spare_is_handed_out_once_and_the_same_one_again(partner, world, lock, stay):
    path = "/access_codes/pull_backup_access_code"
    _, before = partner.post("/access_codes/get", access_code_id=stay)

    first = partner.post(path, access_code_id=stay)
    again = partner.post(path, access_code_id=stay)
    _, after = partner.post("/access_codes/get", access_code_id=stay)

    spare = AccessCode.objects.get(backs_up__uid=stay)
    body = code_body(
        *(spare, lock),
        name=f"Backup {str(spare.uid)[:8]} (Locksite)",
        type="time_bound",
        status="set",
        display_status="Active",
        pending_mutations=[],
        is_backup=True,
        is_scheduled_on_device=False,
        starts_at="2026-11-23T10:05:00.000Z",
        ends_at="2026-11-25T10:00:00.000Z",
        confidence=first[1]["access_code"]["confidence"],
    )
    assert body["confidence"]["level"] == "read_back"
    assert first == again == (200, {"access_code": body, "backup_access_code": body, "ok": True})
    assert before["access_code"]["is_backup_access_code_available"] is True
    assert before["access_code"]["pulled_backup_access_code_id"] is None
    assert after["access_code"]["pulled_backup_access_code_id"] == str(spare.uid)
    assert after["access_code"]["warnings"] == [
        {
            "warning_code": "using_backup_access_code",
            "message": "A backup code is used in place of this one.",
            "created_at": "2026-11-23T10:05:00.000Z",
        }
    ]


def test_a_code_without_dates_and_one_without_a_spare_get_none(partner, lock, world):
    _, ongoing = partner.post("/access_codes/create", device_id=lock)
    _, stay = partner.post(
        "/access_codes/create",
        device_id=lock,
        starts_at=world.now.isoformat(),
        ends_at=(world.now + timedelta(days=1)).isoformat(),
    )
    path = "/access_codes/pull_backup_access_code"

    answers = [
        partner.post(path, access_code_id=made["access_code"]["access_code_id"])
        for made in (ongoing, stay)
    ]

    assert answers == [
        (400, error("access_code_not_time_bound", "Backup codes are for codes with dates.")),
        (404, error("backup_access_code_not_found", "No backup code is ready on this lock.")),
    ]


def test_a_device_tells_whether_its_pool_is_on(partner, lock, stay):
    _, body = partner.post("/devices/get", device_id=lock)

    assert body["device"]["properties"]["backup_access_code_pool_enabled"] is True


def test_a_pin_drawn_for_a_key_is_free_on_every_lock_of_the_house(partner, doors, monkeypatch):
    partner.post("/access_codes/create", device_id=doors[1], code="482915")
    offered = [Pin("482915"), Pin("593026")]
    monkeypatch.setattr(
        pin_rules,
        "generate",
        lambda rules, *, is_taken, **_: next(pin for pin in offered if not is_taken(pin)),
    )

    first = {"device_id": doors[0]}
    _, shared = partner.post("/access_codes/create", **first, common_code_key="family")
    _, single = partner.post("/access_codes/create", **first)

    assert shared["access_code"]["code"] == "593026"
    assert single["access_code"]["code"] == "482915"
