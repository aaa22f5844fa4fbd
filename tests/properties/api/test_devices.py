"""`/devices/get`, `/devices/list` and their older twins: whole bodies, filters, pages, reach."""

import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from properties.models import Device
from tests.api import UNKNOWN, Partner, error
from tests.clock import START
from tests.factories import AccountFactory, DeviceFactory, PropertyFactory

pytestmark = pytest.mark.django_db

LOCK = "11111111-1111-4111-8111-444444444444"
ACCOUNT = "cac74c00-0000-4000-8000-000000000002"
FLAGS = {
    "can_program_online_access_codes": True,
    "can_remotely_lock": True,
    "can_remotely_unlock": True,
    "can_unlock_with_code": True,
}
REPORTED = {
    "name": "Room 12",
    "appearance": {"name": "Room 12"},
    "online": True,
    "manufacturer": "august",
    "locked": True,
    "accessory_keypad": {"is_connected": True, "battery": {"level": 0.64}},
    "model": {
        "display_name": "Smart Lock Pro",
        "manufacturer_display_name": "August",
        "has_built_in_keypad": False,
        "can_connect_accessory_keypad": True,
    },
    "supported_code_lengths": [4, 5, 6],
    "code_constraints": [{"constraint_type": "no_triple_consecutive_ints"}],
    "max_active_codes_supported": 250,
}
NO_PAGES = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}


@pytest.fixture
def partner(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: START)
    return Partner()


def lock(at=START, **columns):
    device = DeviceFactory(**columns)
    Device.objects.filter(pk=device.pk).update(created_at=at)
    return device


@pytest.fixture
def room_12():
    return lock(
        uid=LOCK,
        account=AccountFactory(uid=ACCOUNT),
        property=PropertyFactory(name="Main house"),
        nickname="Sea view",
        reported_name="Room 12",
        flags=FLAGS,
        properties=REPORTED,
        manufacturer={"manufacturer": "august", "display_name": "August"},
        provider={
            "device_provider_name": "august",
            "display_name": "August",
            "provider_category": "stable",
        },
        time_zone="Europe/Berlin",
    )


ROOM_12 = {
    "device_id": LOCK,
    "device_type": "august_lock",
    "display_name": "Sea view",
    "nickname": "Sea view",
    "capabilities_supported": ["access_code", "lock"],
    "can_program_online_access_codes": True,
    "can_remotely_lock": True,
    "can_remotely_unlock": True,
    "can_unlock_with_code": True,
    "properties": REPORTED,
    "location": {"location_name": "Main house", "time_zone": "Europe/Berlin"},
    "device_manufacturer": {"manufacturer": "august", "display_name": "August"},
    "device_provider": {
        "device_provider_name": "august",
        "display_name": "August",
        "provider_category": "stable",
    },
    "connected_account_id": ACCOUNT,
    "workspace_id": "10c45173-0000-4000-8000-000000000001",
    "space_ids": [],
    "custom_metadata": {},
    "errors": [],
    "warnings": [],
    "created_at": "2026-11-23T10:00:00.000Z",
    "is_managed": True,
    "explanation": {
        "checked_at": "2026-11-23T10:00:00.000Z",
        "age_seconds": 0,
        "flags": {
            flag: {
                "reported": "absent",
                "cause": "",
                "reason": reason,
                "likely_cause": "",
                "next_steps": [step],
                "since": None,
                "codes": [],
                "evidence": [
                    {
                        "what": "Flag",
                        "said": "Reported as absent",
                        "field": f"{flag}: absent",
                        "at": "2026-11-23T10:00:00.000Z",
                    }
                ],
            }
            for flag, reason, step in (
                (
                    "can_program_offline_access_codes",
                    "This model offers no offline codes.",
                    "Create an online code.",
                ),
                (
                    "can_configure_auto_lock",
                    "This model's auto-lock cannot be set from afar.",
                    "Use a lock of another model where this is needed.",
                ),
            )
        },
    },
}


def test_devices_get(partner, room_12):
    assert partner.post("/devices/get", device_id=LOCK) == (
        200,
        {"device": ROOM_12, "lock": ROOM_12, "ok": True},
    )


def test_locks_get_answers_the_same(partner, room_12):
    assert partner.get("/locks/get", f"device_id={LOCK}") == partner.get(
        "/devices/get", f"device_id={LOCK}"
    )


def test_devices_list(partner, room_12):
    assert partner.post("/devices/list") == (
        200,
        {"devices": [ROOM_12], "pagination": NO_PAGES, "ok": True},
    )


def test_locks_list(partner, room_12):
    assert partner.get("/locks/list") == (
        200,
        {"devices": [ROOM_12], "locks": [ROOM_12], "ok": True},
    )


def test_a_lock_that_cannot_take_codes_now_says_why(partner):
    problem = {
        "error_code": "device_disconnected",
        "message": "The lock cannot be reached.",
        "is_device_error": True,
        "created_at": "2026-11-22T08:00:00.000Z",
    }
    device = lock(flags={"can_program_online_access_codes": False}, errors=[problem])

    _, body = partner.post("/devices/get", device_id=str(device.uid))

    assert body["device"]["can_program_online_access_codes"] is False
    assert body["device"]["errors"] == [problem]


def test_what_a_model_cannot_do_is_absent_and_not_false_or_null(partner):
    device = lock(
        property=None, flags={"can_remotely_unlock": False}, properties={}, reported_name="Door"
    )

    _, body = partner.post("/devices/get", device_id=str(device.uid))

    explanation = body["device"].pop("explanation")
    assert {flag: each["reported"] for flag, each in explanation["flags"].items()} == {
        "can_program_online_access_codes": "absent",
        "can_program_offline_access_codes": "absent",
        "can_unlock_with_code": "absent",
        "can_remotely_unlock": "false",
        "can_remotely_lock": "absent",
        "can_configure_auto_lock": "absent",
    }
    assert body["device"] == {
        "device_id": str(device.uid),
        "device_type": "august_lock",
        "display_name": "Door",
        "capabilities_supported": ["lock"],
        "can_remotely_unlock": False,
        "properties": {"name": "Door", "appearance": {"name": "Door"}, "online": False},
        "connected_account_id": str(device.account.uid),
        "workspace_id": "10c45173-0000-4000-8000-000000000001",
        "space_ids": [],
        "custom_metadata": {},
        "errors": [],
        "warnings": [],
        "created_at": "2026-11-23T10:00:00.000Z",
        "is_managed": True,
    }


def test_a_lock_is_found_by_the_name_that_is_shown(partner, room_12):
    assert partner.post("/devices/get", name="Sea view")[0] == 200
    assert partner.post("/devices/get", name="Room 12") == (
        404,
        error("device_not_found", "There is no such device."),
    )


def test_a_request_that_names_no_lock_is_refused(partner):
    for params in ({}, {"device_id": None}):
        assert partner.post("/devices/get", **params) == (
            400,
            error("invalid_input", "Send device_id or name.", _errors=["Send device_id or name."]),
        )


def test_an_unmanaged_lock_is_not_there(partner):
    device = lock(is_managed=False)

    assert partner.post("/devices/get", device_id=str(device.uid))[0] == 404
    assert partner.post("/devices/list")[1]["devices"] == []


def test_a_lock_out_of_reach_answers_exactly_like_one_that_does_not_exist():
    own, foreign, unassigned = lock(), lock(), lock(property=None)
    partner = Partner(own.property)

    unknown = partner.post("/devices/get", device_id=UNKNOWN)

    assert unknown == (404, error("device_not_found", "There is no such device."))
    for device in (foreign, unassigned):
        assert partner.post("/devices/get", device_id=str(device.uid)) == unknown
        assert partner.post("/locks/get", device_id=str(device.uid)) == unknown
        assert partner.post("/devices/get", name=device.display_name) == unknown
    for path in ("/devices/list", "/locks/list"):
        everything = partner.post(path)[1]["devices"]
        asked_for = partner.post(path, device_ids=[str(foreign.uid)])[1]["devices"]
        assert [each["device_id"] for each in everything] == [str(own.uid)]
        assert asked_for == []


def names(answer):
    status, body = answer
    assert status == 200, body
    return [each["display_name"] for each in body["devices"]]


def test_filters_hold_together(partner):
    house = PropertyFactory()
    one = lock(property=house, reported_name="Alpha", custom_metadata={"floor": "1", 'a"b': True})
    two = lock(
        START + timedelta(hours=1),
        property=house,
        reported_name="Beta",
        device_type="nuki_lock",
        manufacturer={"manufacturer": "nuki"},
        flags={"can_remotely_unlock": True},
    )
    ids = [str(one.uid), str(two.uid)]

    def listed(**params):
        return names(partner.post("/devices/list", **params))

    assert listed(device_ids=ids) == ["Alpha", "Beta"]
    assert listed(device_ids=[]) == []
    assert listed(device_ids=["zzz"]) == []
    assert listed(device_type="nuki_lock") == ["Beta"]
    assert listed(device_types=["nuki_lock", "august_lock"]) == ["Alpha", "Beta"]
    assert listed(manufacturer="nuki") == ["Beta"]
    assert listed(connected_account_id=str(one.account.uid)) == ["Alpha"]
    assert listed(connected_account_ids=[str(two.account.uid), "x"]) == ["Beta"]
    assert listed(created_before="2026-11-23T10:30:00Z") == ["Alpha"]
    assert listed(search="LPH") == ["Alpha"]
    assert listed(search=str(two.uid)[:13]) == ["Beta"]
    assert listed(search="%") == []
    assert listed(custom_metadata_has={"floor": "1"}) == ["Alpha"]
    assert listed(custom_metadata_has={'a"b': True, "floor": "1"}) == ["Alpha"]
    assert listed(custom_metadata_has={"floor": "2"}) == []
    assert listed(include_if=["can_remotely_unlock"]) == ["Beta"]
    assert listed(exclude_if=["can_remotely_unlock"]) == ["Alpha"]
    assert listed(include_if=["can_fly"]) == []
    assert listed(search="a", device_type="nuki_lock", manufacturer="august") == []
    assert names(partner.get("/devices/list", "device_ids=")) == []
    assert names(partner.get("/devices/list", "custom_metadata_has.floor=1&_strict=true")) == [
        "Alpha"
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("space_id", "customer_key", "user_identifier_key", "connect_webview_id"),
        "unstable_location_id",
    ],
)
def test_a_filter_on_something_we_do_not_have_finds_nothing(partner, room_12, name):
    assert names(partner.post("/devices/list", **{name: "guest-7"})) == []


def test_pages_hold_every_lock_once_also_when_rows_share_their_time(partner):
    for n in range(7):
        lock(START + timedelta(minutes=n // 3), reported_name=f"Door {n}")

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, body = partner.post("/devices/list", limit=2, **cursor)
        assert status == 200
        seen += names((status, body))
        if not body["pagination"]["has_next_page"]:
            break
        cursor = {"page_cursor": body["pagination"]["next_page_cursor"]}
        lock(START - timedelta(days=1), reported_name="Added behind")

    assert seen == [f"Door {n}" for n in range(7)]
    assert body["pagination"] == NO_PAGES


def test_the_address_of_the_next_page_can_be_called_as_it_is(partner):
    for n in range(3):
        lock(START + timedelta(minutes=n), reported_name=f"Door {n}")

    _, first = partner.get("/devices/list", "limit=2&device_types=august_lock&_strict=true")
    url = first["pagination"]["next_page_url"]

    assert url.startswith("http://testserver/devices/list?device_types=august_lock&limit=2&page")
    assert names(partner.send("GET", url.removeprefix("http://testserver"))) == ["Door 2"]


def test_a_cursor_works_only_with_the_filters_it_was_made_for(partner):
    for _ in range(2):
        lock()
    _, body = partner.post("/devices/list", limit=1)
    cursor = body["pagination"]["next_page_cursor"]

    assert partner.post("/devices/list", limit=5, page_cursor=cursor)[0] == 200
    assert partner.post("/devices/list", page_cursor=cursor, manufacturer="nuki") == (
        400,
        error(
            "mismatched_page_parameters",
            "Send the next page's cursor with the same filters as the page before.",
        ),
    )


def test_a_cursor_that_was_not_given_out_is_refused(partner):
    for _ in range(2):
        lock()
    _, body = partner.post("/devices/list", limit=1)
    cursor = body["pagination"]["next_page_cursor"]
    mark, at, pk = json.loads(base64.urlsafe_b64decode(cursor + "=="))

    def forged(*parts):
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()

    assert partner.post("/devices/list", page_cursor=forged(mark, at, pk))[0] == 200
    for wrong in (
        cursor + "AAAA",
        "ä",
        "",
        forged(mark, at),
        forged(mark, "0001-01-01T00:00:00+14:00", pk),
        forged(mark, "9999-12-31T23:59:59-14:00", pk),
        forged(mark, "2026-11-23T10:00:00", pk),
        forged(mark, 1e300, pk),
        forged(mark, at, 2**64),
        forged(mark, at, -1),
        forged(mark, at, "x"),
        forged([], at, pk),
    ):
        status, body = partner.post("/devices/list", page_cursor=wrong, limit=1)

        assert status == (200 if wrong == "" else 400), wrong


def test_what_is_null_or_unknown_does_not_get_into_the_next_page(partner):
    for n in range(2):
        lock(START + timedelta(minutes=n), reported_name=f"Door {n}")

    _, body = partner.post("/devices/list", limit=1, device_ids=None, colour="red")
    url = body["pagination"]["next_page_url"]

    assert "device_ids" not in url
    assert "colour" not in url
    assert names(partner.send("GET", url.removeprefix("http://testserver"))) == ["Door 1"]


def test_a_list_costs_the_same_however_long_it_is(django_assert_num_queries):
    house = PropertyFactory()
    partner = Partner(house)
    for number in range(5):
        lock(property=house, nickname=f"Door {number}")

    # The key, its properties, the locks, what happened to them.
    with django_assert_num_queries(4):
        assert len(partner.post("/devices/list")[1]["devices"]) == 5
    with django_assert_num_queries(4):
        assert len(partner.post("/locks/list")[1]["locks"]) == 5
    with django_assert_num_queries(4):
        assert partner.post("/devices/get", name="Door 3")[0] == 200
