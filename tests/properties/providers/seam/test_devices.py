"""Seam's devices as reports of locks, and the desk's page of such a lock."""

import pytest
from django.urls import reverse
from django.utils import timezone

from properties.choices import Proof, ProviderKind, Role
from properties.models import Device
from properties.providers.base import Capabilities, DeviceReport
from properties.providers.seam.devices import device_of
from properties.sync import mirror_one
from tests.desk.html import words
from tests.factories import AccountFactory, DeviceFactory, MembershipFactory
from tests.properties.providers.seam.samples import body, found, leaves

REMOTE = "11111111-1111-1111-1111-444444444444"


def device(**changes):
    return device_of({**body("devices_get")["device"], **changes})


def properties(**changes):
    """Return what is left of these properties of an otherwise plain lock."""
    return device(properties={"name": "Room 12", **changes}).report.properties


def test_a_lock_as_a_report():
    raw = body("devices_get")["device"]

    found = device_of(raw)

    assert found.report == DeviceReport(
        remote_id=REMOTE,
        name="Room 12",
        device_type="august_lock",
        capabilities=Capabilities(keeps_window=True, max_codes=250),
        flags={
            "can_program_online_access_codes": True,
            "can_remotely_lock": True,
            "can_remotely_unlock": True,
            "can_unlock_with_code": True,
        },
        properties=raw["properties"],
        errors=(),
        warnings=(),
        time_zone="Europe/Berlin",
        manufacturer={"manufacturer": "august", "display_name": "August"},
        provider={
            "device_provider_name": "august",
            "display_name": "August",
            "provider_category": "stable",
        },
    )
    assert (found.is_managed, found.is_lock) == (True, True)
    assert found.connected_account_id == "cac74c00-0000-4000-8000-000000000002"
    assert found.others == {
        "nickname": "Room 12",
        "capabilities_supported": ["access_code", "lock"],
        "location": {"location_name": "Main house", "time_zone": "Europe/Berlin"},
        "workspace_id": "398d80b7-0000-4000-8000-000000000001",
        "space_ids": [],
        "custom_metadata": {},
    }


def test_a_lock_whose_keypad_is_missing():
    report = device_of(body("devices_get_keypad_missing")["device"]).report

    assert report.flags["can_program_online_access_codes"] is False
    assert report.properties["accessory_keypad"] == {
        "is_connected": False,
        "battery": {"level": 0.02},
    }
    assert report.errors == (
        {
            "error_code": "device_disconnected",
            "message": "The lock cannot be reached.",
            "is_device_error": True,
            "created_at": "2026-11-22T08:00:00.000Z",
        },
    )
    assert [warning["warning_code"] for warning in report.warnings] == [
        "device_has_flaky_connection"
    ]


@pytest.mark.parametrize("raw", found("device") + found("devices"))
def test_nothing_that_is_told_of_a_device_is_lost(raw):
    assert leaves(raw) - leaves(device_of(raw)) == set()


def test_what_a_device_may_lack_counts_as_not_told():
    found = device_of({"device_id": "d"})

    assert found.report == DeviceReport(
        remote_id="d",
        name="Unknown",
        device_type="unknown",
        capabilities=Capabilities(),
        flags={},
        properties={"name": "Unknown", "appearance": {"name": "Unknown"}},
        errors=(),
        warnings=(),
    )
    assert (found.is_managed, found.is_lock) == (True, False)


@pytest.mark.parametrize("raw", [None, [], "d", {}, {"device_id": ""}, {"device_id": 7}])
def test_a_device_that_nobody_can_tell_apart_is_none(raw):
    assert device_of(raw) is None


@pytest.mark.parametrize("value", [None, "true", 1, 0, [], {}])
def test_a_flag_that_is_neither_true_nor_false_is_left_out(value):
    report = device(can_program_online_access_codes=value).report

    assert "can_program_online_access_codes" not in report.flags
    assert report.flags["can_remotely_lock"] is True


def test_what_can_be_simulated_at_seam_is_left_out():
    report = device(can_simulate_removal=True, can_hvac_cool=False).report

    assert "can_simulate_removal" not in report.flags
    assert report.flags["can_hvac_cool"] is False


@pytest.mark.parametrize(
    ("raw", "is_lock"),
    [
        ({"device_type": "nuki_lock"}, True),
        ({"device_type": "genie_door", "can_remotely_unlock": True}, True),
        ({"device_type": "two_n_intercom", "can_unlock_with_code": False}, True),
        ({"device_type": "ecobee_thermostat", "can_hvac_cool": True}, False),
        ({"device_type": "minut_sensor", "capabilities_supported": ["access_code"]}, False),
    ],
)
def test_whether_a_device_is_a_lock(raw, is_lock):
    assert device_of({"device_id": "d", **raw}).is_lock is is_lock


@pytest.mark.parametrize(
    ("device_type", "capabilities"),
    [
        ("schlage_lock", Capabilities(keeps_window=True)),
        ("smartthings_lock", Capabilities(adopts_foreign=False)),
        ("wyze_lock", Capabilities(keeps_window=True, proof=Proof.SLOT_ONLY)),
        ("kwikset_lock", Capabilities(keeps_window=True, adopts_foreign=False)),
    ],
)
def test_what_the_maker_tells_of_a_lock(device_type, capabilities):
    raw = {"device_id": "d", "device_type": device_type}

    assert device_of(raw).report.capabilities == capabilities


def test_what_the_rules_tell_of_a_lock():
    found = device(
        device_type="igloohome_lock",
        can_program_offline_access_codes=False,
        properties={
            "code_constraints": [
                {"constraint_type": "cannot_specify_pin_code"},
                {"constraint_type": "start_date_in_future"},
            ]
        },
    )

    assert found.report.capabilities == Capabilities(
        keeps_window=True,
        computes_offline=True,
        offers_one_time=True,
        assigns_pins=True,
        needs_future_start=True,
        adopts_foreign=False,
    )


def test_a_memory_whose_size_is_not_told_has_none():
    assert device(properties={}).report.capabilities.max_codes is None


@pytest.mark.parametrize(
    ("location", "zone"),
    [
        ({"time_zone": "Europe/Berlin"}, "Europe/Berlin"),
        ({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"time_zone": None, "timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"time_zone": "Nowhere/At_All"}, None),
        ({"time_zone": "../../etc/passwd"}, None),
        ({"time_zone": "Europe"}, None),
        ({"time_zone": ""}, None),
        ({"time_zone": 3}, None),
        (None, None),
        ("Berlin", None),
    ],
)
def test_the_zone_of_a_lock(location, zone):
    assert device(location=location, properties={}).report.time_zone == zone


def test_the_zone_of_a_lock_may_stand_in_its_makers_details():
    details = {"dormakaba_oracode_metadata": {"iana_timezone": "America/Denver"}}

    assert device(location=None, properties=details).report.time_zone == "America/Denver"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("online", "yes", None),
        ("battery_level", 1.4, 1),
        ("battery_level", -1, None),
        ("battery_level", True, None),
        ("battery", {"level": 0.5, "status": "good"}, {"level": 0.5, "status": "good"}),
        ("battery", {"level": "half", "status": "good"}, None),
        ("battery", [0.5], None),
        ("accessory_keypad", {"is_connected": None}, None),
        ("accessory_keypad", True, None),
        ("accessory_keypad", {"is_connected": True, "battery": 1}, {"is_connected": True}),
        ("keypad_battery", {"level": 0.3}, {"level": 0.3}),
        ("keypad_battery", {}, None),
        ("model", "Pro", None),
        ("model", {"display_name": 7, "has_built_in_keypad": "no", "extra": 1}, {"extra": 1}),
        ("supported_code_lengths", [4, 6.0, "8", None, True, -1, 4.5], [4, 6]),
        ("supported_code_lengths", "4-6", None),
        ("max_active_codes_supported", 100.0, 100),
        ("max_active_codes_supported", 0, None),
        ("max_active_codes_supported", "many", None),
        ("offline_time_frame_options", [{"min_duration": "PT1H"}, 5], [{"min_duration": "PT1H"}]),
        ("offline_time_frame_options", {}, None),
        ("nuki_metadata", ["paired"], None),
        ("something_new", {"a": [1, "b"]}, {"a": [1, "b"]}),
        ("something_new", 1e999, None),
        ("something_new", "a\0b\ud800c", "abc"),
    ],
)
def test_properties_that_are_read_have_the_shape_that_their_readers_count_on(name, value, kept):
    assert properties(**{name: value}).get(name) == kept


def test_rules_without_a_type_are_left_out():
    rules = [
        {"constraint_type": "name_length", "min_length": "2", "max_length": 14.0},
        {"min_length": 3},
        "no_zeros",
        {"constraint_type": "something_new", "detail": 5},
    ]

    assert properties(code_constraints=rules)["code_constraints"] == [
        {"constraint_type": "name_length", "max_length": 14},
        {"constraint_type": "something_new", "detail": 5},
    ]


def test_the_charge_of_a_battery_without_a_word_for_it_is_kept():
    assert properties(battery={"level": 0.5, "status": "so so"})["battery_level"] == 0.5


def test_a_problem_without_a_code_is_still_told():
    errors = [{"message": "Something is wrong."}, {}, None, {"error_code": "new_one"}]

    assert device(errors=errors).report.errors == (
        {"error_code": "provider_issue", "message": "Something is wrong."},
        {"error_code": "new_one", "message": ""},
    )


def test_the_counts_of_a_full_memory_are_kept_and_digits_that_may_be_a_pin_are_not():
    warning = {
        "warning_code": "max_access_codes_reached",
        "message": "No room for code 738291.",
        "created_at": "yesterday",
        "active_access_code_count": 1000,
        "max_active_access_code_count": 1000,
        "number": 738291,
    }

    assert device(warnings=[warning]).report.warnings == (
        {
            "warning_code": "max_access_codes_reached",
            "message": "No room for code ••••.",
            "active_access_code_count": 1000,
            "max_active_access_code_count": 1000,
            "number": None,
        },
    )


# ---- The desk


@pytest.fixture
def show(client, clock, monkeypatch):
    """Return a function that mirrors a device into a lock and shows a page of it."""
    monkeypatch.setattr(timezone, "now", clock)

    def page(raw, name):
        account = AccountFactory(kind=ProviderKind.SEAM, name="Seam")
        lock = DeviceFactory(account=account, remote_id=raw["device_id"], reported_at=clock())
        mirror_one(lock, device_of(raw).report, clock())
        client.force_login(MembershipFactory(property=lock.property, role=Role.MANAGER).user)
        return client.get(reverse(name, args=[lock.property.slug, lock.uid]))

    return page


@pytest.mark.django_db
@pytest.mark.parametrize("raw", found("device") + found("devices"))
@pytest.mark.parametrize("name", ["lock-detail", "code-issue"])
def test_every_recorded_lock_has_its_pages(name, raw, show):
    assert show(raw, name).status_code == 200


@pytest.mark.django_db
def test_the_page_of_a_lock_without_its_keypad_says_so(show):
    page = show(body("devices_get_keypad_missing")["device"], "lock-detail")

    assert "Room 12" in page.content.decode()
    assert "keypad" in words(page, "verdict").lower()


@pytest.mark.django_db
def test_what_is_mirrored_is_what_was_reported(show):
    raw = body("devices_get")["device"]

    show(raw, "lock-detail")

    row = Device.objects.get()
    assert (row.reported_name, row.time_zone) == ("Room 12", "Europe/Berlin")
    assert row.properties == raw["properties"]
    assert row.capabilities.max_codes == 250
