"""`/devices/unmanaged/…` and `/devices/list_device_providers`: whole bodies, refusals, pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from locksite.journal.models import AuditEntry, Event
from locksite.partners.models import Scope
from properties.models import Device
from tests.api import UNKNOWN, Partner, error
from tests.clock import START
from tests.factories import AccountFactory, DeviceFactory, PropertyFactory

pytestmark = pytest.mark.django_db

LOCK = "11111111-1111-4111-8111-444444444444"
ACCOUNT = "cac74c00-0000-4000-8000-000000000002"
MODEL = {"display_name": "Encode", "manufacturer_display_name": "Schlage"}
ALONE = {
    "device_id": LOCK,
    "device_type": "schlage_lock",
    "capabilities_supported": ["access_code", "lock"],
    "can_program_online_access_codes": True,
    "properties": {"name": "Room 12", "online": True, "model": MODEL, "battery_level": 0.5},
    "location": {"location_name": "Main house", "time_zone": "Europe/Berlin"},
    "connected_account_id": ACCOUNT,
    "workspace_id": "10c45173-0000-4000-8000-000000000001",
    "custom_metadata": {"floor": "1"},
    "errors": [],
    "warnings": [],
    "created_at": "2026-11-23T10:00:00.000Z",
    "is_managed": False,
}
NO_PAGES = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}
NOT_FOUND = (404, error("device_not_found", "There is no such device."))


@pytest.fixture
def partner():
    return Partner()


def alone(at=START, **columns):
    device = DeviceFactory(is_managed=False, **columns)
    Device.objects.filter(pk=device.pk).update(created_at=at)
    return device


@pytest.fixture
def room_12():
    return alone(
        uid=LOCK,
        account=AccountFactory(uid=ACCOUNT),
        property=PropertyFactory(name="Main house"),
        reported_name="Room 12",
        device_type="schlage_lock",
        properties={
            "name": "Room 12",
            "online": True,
            "model": MODEL,
            "battery_level": 0.5,
            "supported_code_lengths": [4, 5],
        },
        time_zone="Europe/Berlin",
        custom_metadata={"floor": "1"},
    )


def test_get(partner, room_12):
    assert partner.post("/devices/unmanaged/get", device_id=LOCK) == (
        200,
        {"device": ALONE, "ok": True},
    )
    assert partner.get("/devices/unmanaged/get", "name=Room+12&_strict=true")[0] == 200


def test_a_lock_of_which_nothing_is_known_has_what_a_reader_counts_on(partner):
    device = alone(property=None, properties={}, reported_name="Door", flags={})

    _, body = partner.post("/devices/unmanaged/get", device_id=str(device.uid))

    assert body["device"]["properties"] == {
        "name": "Door",
        "online": False,
        "model": {"display_name": "august_lock", "manufacturer_display_name": ""},
    }
    assert "location" not in body["device"]


def test_a_managed_lock_is_not_there(partner):
    managed = str(DeviceFactory().uid)

    assert partner.post("/devices/unmanaged/get", device_id=managed) == NOT_FOUND
    assert partner.post("/devices/unmanaged/update", device_id=managed) == NOT_FOUND
    assert partner.post("/devices/unmanaged/list")[1]["devices"] == []


def test_list_filtered_and_in_pages(partner, room_12):
    alone(START + timedelta(hours=1), reported_name="Door")

    def listed(**params):
        return partner.post("/devices/unmanaged/list", **params)

    whole = listed(custom_metadata_has={"floor": "1"})
    first = listed(limit=1)[1]
    second = listed(limit=1, page_cursor=first["pagination"]["next_page_cursor"])[1]

    assert whole == (200, {"devices": [ALONE], "pagination": NO_PAGES, "ok": True})
    assert first["devices"] == [ALONE]
    assert [each["properties"]["name"] for each in second["devices"]] == ["Door"]
    assert second["pagination"] == NO_PAGES


def test_a_list_costs_the_same_however_long_it_is(django_assert_num_queries):
    house = PropertyFactory()
    partner = Partner(house)
    for _ in range(4):
        alone(property=house)

    with django_assert_num_queries(3):  # the key, its properties, the locks
        assert len(partner.post("/devices/unmanaged/list")[1]["devices"]) == 4


def test_a_lock_is_managed_again_and_looked_at_at_once(partner, room_12, clock, monkeypatch):
    monkeypatch.setattr(timezone, "now", clock)
    Device.objects.update(due_at=None)

    answer = partner.send(
        "PATCH",
        "/devices/unmanaged/update",
        f'{{"device_id": "{LOCK}", "is_managed": true, "custom_metadata": {{"floor": null}}}}',
    )

    device = Device.objects.get()
    assert answer == (200, {"ok": True})
    assert (device.is_managed, device.due_at, device.custom_metadata) == (True, START, {})
    event = Event.objects.get()
    assert (event.event_type, str(event.device_uid)) == (
        "device.unmanaged.converted_to_managed",
        LOCK,
    )
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")][-2:] == [
        "device.set_metadata",
        "device.manage",
    ]
    assert partner.post("/devices/get", device_id=LOCK)[0] == 200


def test_only_that_it_be_managed_can_be_asked_for(partner, room_12):
    message = "Only true can be asked for."

    assert partner.post("/devices/unmanaged/update", device_id=LOCK, is_managed=False) == (
        400,
        error("invalid_input", f"is_managed: {message}", is_managed=[message]),
    )
    assert partner.post("/devices/unmanaged/update", device_id=UNKNOWN) == NOT_FOUND


def test_a_key_that_may_only_read_changes_nothing(room_12):
    reader = Partner(room_12.property, scope=Scope.READ)

    assert reader.post("/devices/unmanaged/update", device_id=LOCK, is_managed=True) == (
        403,
        error("forbidden", "This API key may read and not change anything."),
    )
    assert Device.objects.get().is_managed is False


# ---- Makers' services ----


def test_each_service_is_listed_once_with_what_its_locks_can_do(partner):
    status, body = partner.post("/devices/list_device_providers")

    services = {one["device_provider_name"]: one for one in body["device_providers"]}
    assert status == 200
    assert list(services) == [
        *("nuki", "august", "yale", "schlage", "ttlock", "tedee", "igloohome", "wyze", "lockly"),
        *("smartthings", "kwikset", "salto_ks", "ultraloq", "my_2n", "akiles"),
        "dormakaba_oracode",
    ]
    assert services["igloohome"] == {
        "device_provider_name": "igloohome",
        "display_name": "igloohome",
        "image_url": "http://testserver/static/lock.svg",
        "provider_categories": ["stable", "consumer_smartlocks"],
        "can_program_offline_access_codes": True,
        "can_program_online_access_codes": True,
        "can_remotely_lock": True,
        "can_remotely_unlock": True,
        "can_simulate_connection": True,
        "can_simulate_disconnection": True,
        "can_simulate_hub_connection": True,
        "can_simulate_hub_disconnection": True,
        "can_simulate_paid_subscription": True,
        "can_simulate_removal": True,
        "can_unlock_with_code": True,
    }
    assert "can_program_online_access_codes" not in services["dormakaba_oracode"]


def test_services_of_a_category(partner):
    path = "/devices/list_device_providers"

    assert len(partner.get(path, "provider_category=stable")[1]["device_providers"]) == 16
    assert partner.post(path, provider_category="cameras") == (
        200,
        {"device_providers": [], "ok": True},
    )
    assert partner.post(path, provider_category="bicycles")[0] == 400
