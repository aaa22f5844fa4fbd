"""How a virtual lock appears in its account."""

from datetime import timedelta

import pytest

from properties.choices import Fault, Proof
from properties.providers.base import Capabilities, DeviceReport
from properties.providers.virtual.body import Body, differing
from properties.providers.virtual.makes import MAKES
from properties.providers.virtual.report import battery_status, report
from tests.clock import START

MADE = "2026-11-23T10:00:00.000Z"


def body(make, *faults, traits=None, **facts):
    return Body(
        uid="3f1c",
        make=differing(make, traits or {}),
        name="Apartment 104",
        made_at=START,
        faults=frozenset(faults),
        **facts,
    )


def codes_of(items):
    return [item.get("error_code") or item.get("warning_code") for item in items]


def test_a_healthy_lock_in_full():
    assert report(body("august", time_zone="Europe/Berlin"), 3) == DeviceReport(
        remote_id="3f1c",
        name="Apartment 104",
        device_type="august_lock",
        capabilities=Capabilities(keeps_window=True, max_codes=250, max_name=20),
        flags={
            "can_remotely_lock": True,
            "can_remotely_unlock": True,
            "can_unlock_with_code": True,
            "can_program_online_access_codes": True,
            "can_simulate_connection": False,
            "can_simulate_disconnection": True,
            "can_simulate_removal": True,
            "can_simulate_paid_subscription": True,
            "can_simulate_hub_connection": False,
            "can_simulate_hub_disconnection": True,
        },
        properties={
            "name": "Apartment 104",
            "appearance": {"name": "Apartment 104"},
            "online": True,
            "manufacturer": "august",
            "locked": True,
            "has_native_entry_events": True,
            "battery_level": 0.9,
            "battery": {"level": 0.9, "status": "full"},
            "model": {
                "display_name": "Smart Lock Pro",
                "manufacturer_display_name": "August",
                "has_built_in_keypad": False,
                "can_connect_accessory_keypad": True,
            },
            "accessory_keypad": {"is_connected": True, "battery": {"level": 0.9}},
            "supported_code_lengths": [4, 5, 6],
            "max_active_codes_supported": 250,
            "code_constraints": [
                {"constraint_type": "no_triple_consecutive_ints"},
                {"constraint_type": "name_length", "min_length": 1, "max_length": 20},
            ],
            "supports_backup_access_code_pool": True,
        },
        errors=[],
        warnings=[],
        time_zone="Europe/Berlin",
        manufacturer={"manufacturer": "august", "display_name": "August"},
        provider={
            "device_provider_name": "august",
            "display_name": "August",
            "provider_category": "stable",
        },
    )


def can(told):
    """Return the flags of a lock without those for what can be simulated."""
    flags = told.flags.items()
    return {flag: value for flag, value in flags if not flag.startswith("can_simulate_")}


@pytest.mark.parametrize("make", MAKES)
def test_a_healthy_lock_of_any_make_takes_codes_and_complains_of_nothing(make):
    healthy = report(body(make, time_zone="Europe/Berlin"), 0)

    expected = {
        "can_unlock_with_code": True,
        **({"can_remotely_unlock": True} if make != "oracode" else {}),
        **({"can_remotely_lock": True} if make not in {"oracode", "salto", "two_n"} else {}),
        **(
            {"can_configure_auto_lock": True}
            if make
            in {
                *("kwikset", "lockly", "nuki", "schlage", "tedee", "ttlock", "ultraloq", "yale"),
            }
            else {}
        ),
        **({"can_program_online_access_codes": True} if make != "oracode" else {}),
        **(
            {"can_program_offline_access_codes": True}
            if make in {"igloohome", "lockly", "oracode"}
            else {}
        ),
    }
    assert can(healthy) == expected
    assert (list(healthy.errors), list(healthy.warnings)) == ([], [])


@pytest.mark.parametrize(
    ("make", "capabilities"),
    [
        ("nuki", Capabilities(keeps_window=True, max_codes=100, max_name=20)),
        ("wyze", Capabilities(keeps_window=True, proof=Proof.SLOT_ONLY, max_codes=20)),
        (
            "lockly",
            Capabilities(
                keeps_window=False,
                shows_names=False,
                max_codes=50,
                computes_offline=True,
                offers_one_time=True,
            ),
        ),
        ("schlage_connect", Capabilities(max_codes=27, adopts_foreign=False)),
        ("smartthings", Capabilities(max_codes=20, adopts_foreign=False)),
        (
            "kwikset",
            Capabilities(
                keeps_window=True,
                max_codes=250,
                max_name=14,
                needs_future_start=True,
                adopts_foreign=False,
            ),
        ),
        ("salto", Capabilities(keeps_window=True, max_codes=100, assigns_pins=True)),
        (
            "oracode",
            Capabilities(
                keeps_window=True,
                proof=Proof.NONE,
                shows_names=False,
                max_codes=1000,
                computes_offline=True,
                assigns_pins=True,
            ),
        ),
        ("zwave", Capabilities(proof=Proof.ACK, shows_names=False, max_codes=30)),
        ("zigbee", Capabilities(proof=Proof.SLOT_ONLY, shows_names=False, max_codes=30)),
        (
            "igloohome",
            Capabilities(
                keeps_window=True,
                max_codes=199,
                computes_offline=True,
                adopts_foreign=False,
                offline_per_start=3,
                offers_one_time=True,
                one_time_per_start=5,
                one_time_lasts=timedelta(hours=24),
                first_use_within=timedelta(hours=24),
            ),
        ),
    ],
)
def test_what_the_engine_is_told_of_a_make(make, capabilities):
    assert report(body(make), 0).capabilities == capabilities


@pytest.mark.parametrize(
    ("lock", "online", "offline"),
    [
        (body("nuki"), True, None),
        (body("nuki", Fault.OFFLINE), True, None),
        (body("tedee", Fault.HUB_DISCONNECTED), True, None),
        (body("nuki", Fault.KEYPAD_DISCONNECTED), False, None),
        (body("nuki", Fault.KEYPAD_BATTERY_FLAT), False, None),
        (body("nuki", has_keypad=False), False, None),
        (body("yale", Fault.KEYPAD_BATTERY_FLAT), True, None),
        (body("yale", Fault.SUBSCRIPTION_REQUIRED), False, None),
        (body("yale", Fault.TIME_ZONE_UNKNOWN), True, None),
        (body("yale", Fault.MEMORY_FULL), True, None),
        (body("august", has_hub=False), False, None),
        (body("august", keypad_is_linked=False), False, None),
        (body("nuki", keypad_is_linked=False), True, None),
        (body("ttlock", keypad_is_linked=False), True, None),
        (body("nuki", traits={"takes_accessory_keypad": False}), None, None),
        (body("igloohome"), True, True),
        (body("igloohome", has_hub=False), False, True),
        (body("yale", Fault.INSUFFICIENT_PERMISSIONS), False, None),
        (body("yale", Fault.SUPPORT_LOST), False, None),
        (body("yale", Fault.POWER_SAVING), True, None),
        (body("igloohome", Fault.SUPPORT_LOST), False, True),
        (body("igloohome", Fault.INSUFFICIENT_PERMISSIONS), False, False),
        (body("lockly", has_hub=False), False, True),
        (body("oracode"), None, True),
        (body("oracode", traits={"time_slots": []}), None, False),
        (body("ultraloq"), True, None),
    ],
)
def test_the_flags_say_absent_false_and_true_apart(lock, online, offline):
    flags = report(lock, 0).flags

    assert flags.get("can_program_online_access_codes") is online
    assert flags.get("can_program_offline_access_codes") is offline


@pytest.mark.parametrize(
    ("lock", "errors", "warnings"),
    [
        (body("nuki", Fault.OFFLINE), ["device_disconnected"], []),
        (body("tedee", Fault.HUB_DISCONNECTED), ["hub_disconnected"], []),
        (body("tedee", Fault.HUB_DISCONNECTED, Fault.OFFLINE), ["hub_disconnected"], []),
        (body("yale", Fault.SUBSCRIPTION_REQUIRED), ["subscription_required"], []),
        (body("yale", Fault.TIME_ZONE_UNKNOWN), [], ["time_zone_unknown"]),
        (body("yale", Fault.PRIVACY_MODE), [], ["privacy_mode"]),
        (body("yale", Fault.SLOW), [], ["device_has_flaky_connection"]),
        (body("yale", Fault.BATTERY_LOW), [], []),
        (
            body("ttlock", has_hub=False),
            ["ttlock_lock_not_paired_to_gateway"],
            ["hub_required_for_additional_capabilities"],
        ),
        (
            body("igloohome", has_hub=False),
            [],
            ["hub_required_for_additional_capabilities"],
        ),
        (body("tedee", keypad_is_linked=False), [], ["accessory_keypad_setup_required"]),
        (body("nuki", keypad_battery=0.25), [], ["accessory_keypad_low_battery"]),
        (body("nuki", keypad_battery=0.26), [], []),
        (body("nuki", Fault.KEYPAD_BATTERY_FLAT), [], ["accessory_keypad_low_battery"]),
        (body("nuki", keypad_battery=0.08, has_keypad=False), [], []),
        (body("yale", keypad_battery=0.08), [], []),
        (body("salto", Fault.PRIVACY_MODE), [], ["salto_ks_privacy_mode"]),
        (body("salto", Fault.OFFICE_MODE), [], ["salto_ks_office_mode"]),
        (body("yale", Fault.WRONG_CLOCK), [], ["time_zone_mismatch"]),
        (body("lockly", Fault.WRONG_CLOCK), [], []),
        (body("lockly", Fault.TIME_ZONE_UNKNOWN), [], ["lockly_time_zone_not_configured"]),
        (body("ultraloq"), [], ["ultraloq_time_zone_unknown"]),
        (body("ultraloq", time_zone="Europe/Berlin"), [], []),
        (body("two_n"), [], ["two_n_device_missing_timezone"]),
        (body("yale", Fault.SLOW, Fault.FLAKY), [], ["device_has_flaky_connection"]),
    ],
)
def test_the_evidence_for_what_is_wrong(lock, errors, warnings):
    told = report(lock, 0)

    assert (codes_of(told.errors), codes_of(told.warnings)) == (errors, warnings)


def test_a_condition_is_dated_from_when_it_began_else_from_the_making_of_the_lock():
    began = {Fault.OFFLINE.value: START - timedelta(minutes=69)}

    [dated] = report(body("nuki", Fault.OFFLINE, since=began), 0).errors
    [undated] = report(body("nuki", Fault.OFFLINE), 0).errors

    assert dated == {
        "error_code": "device_disconnected",
        "message": "The lock is offline.",
        "created_at": "2026-11-23T08:51:00.000Z",
        "is_device_error": True,
    }
    assert undated["created_at"] == MADE


def test_a_hub_that_is_down_is_dated_by_its_own_beginning():
    began = {Fault.HUB_DISCONNECTED.value: START - timedelta(minutes=69)}

    [error] = report(body("tedee", Fault.HUB_DISCONNECTED, since=began), 0).errors

    assert error["created_at"] == "2026-11-23T08:51:00.000Z"


def test_a_full_memory_is_told_with_its_numbers():
    full = body("wyze", traits={"max_codes": 5})

    assert report(full, 4).warnings == []
    assert report(full, 5).warnings == [
        {
            "warning_code": "max_access_codes_reached",
            "message": "The memory of the lock is full.",
            "created_at": MADE,
            "active_access_code_count": 5,
            "max_active_access_code_count": 5,
        }
    ]


@pytest.mark.parametrize(
    ("lock", "keypad"),
    [
        (body("nuki"), {"is_connected": True, "battery": {"level": 0.9}}),
        (body("nuki", has_keypad=False), {"is_connected": False}),
        (
            body("nuki", Fault.KEYPAD_DISCONNECTED, keypad_battery=0.08),
            {"is_connected": False, "battery": {"level": 0.08}},
        ),
        (
            body("nuki", Fault.KEYPAD_BATTERY_FLAT),
            {"is_connected": False, "battery": {"level": 0.02}},
        ),
        (body("yale"), None),
    ],
)
def test_the_accessory_keypad(lock, keypad):
    assert report(lock, 0).properties.get("accessory_keypad") == keypad


def test_a_built_in_keypad_shows_its_battery_once_that_is_flat():
    assert "keypad_battery" not in report(body("yale"), 0).properties
    assert report(body("yale", Fault.KEYPAD_BATTERY_FLAT), 0).properties["keypad_battery"] == {
        "level": 0.02
    }


def test_a_model_without_any_keypad_says_nothing_of_codes():
    bare = report(body("nuki", traits={"takes_accessory_keypad": False}), 0)

    assert bare.properties["model"] == {
        "display_name": "Smart Lock Pro",
        "manufacturer_display_name": "Nuki",
        "has_built_in_keypad": False,
        "can_connect_accessory_keypad": False,
    }
    assert {"accessory_keypad", "supported_code_lengths", "code_constraints"}.isdisjoint(
        bare.properties
    )


def test_what_a_make_takes_is_told_in_the_words_of_the_wire():
    told = {make: report(body(make), 0).properties for make in MAKES}

    assert told["kwikset"]["code_constraints"] == [
        {"constraint_type": "start_date_in_future"},
        {"constraint_type": "name_length", "min_length": 2, "max_length": 14},
    ]
    assert told["salto"]["code_constraints"] == [{"constraint_type": "cannot_specify_pin_code"}]
    assert told["salto"]["supported_code_lengths"] == [6, 7, 8, 9, 10]
    assert {make for make, of in told.items() if not of["supports_backup_access_code_pool"]} == {
        "salto",
        "oracode",
    }
    assert told["smartthings"]["max_active_codes_supported"] == 20


def test_a_lock_behind_a_hub_of_another_brand_keeps_its_own():
    connect = report(body("schlage_connect"), 0)

    assert connect.device_type == "smartthings_lock"
    assert connect.manufacturer == {"manufacturer": "schlage", "display_name": "Schlage"}
    assert connect.provider == {
        "device_provider_name": "smartthings",
        "display_name": "SmartThings",
        "provider_category": "stable",
    }


def test_windows_that_an_installer_set_up_are_shown_with_the_zone_of_the_lock():
    properties = report(body("oracode", time_zone="Europe/Berlin"), 0).properties

    assert properties["offline_time_frame_options"] == [
        {
            "display_name": "Stay",
            "max_duration": "P31D",
            "time_pairs": [
                {"display_name": "Guest stay", "start_time": "15:00", "end_time": "11:00"},
                {"display_name": "Day use", "start_time": "09:00", "end_time": "18:00"},
                {"display_name": "Whole days", "start_time": "12:00", "end_time": "12:00"},
            ],
            "time_zone": "Europe/Berlin",
        }
    ]
    metadata = properties["dormakaba_oracode_metadata"]
    assert metadata["iana_timezone"] == "Europe/Berlin"
    assert metadata["predefined_time_slots"][2] == {
        "name": "Whole days",
        "check_in_time": "12:00:00[Europe/Berlin]",
        "check_out_time": "12:00:00[Europe/Berlin]",
        "is_24_hour": True,
        "is_biweekly_mode": False,
        "is_master": False,
        "is_one_shot": False,
    }


def test_without_windows_set_up_none_are_shown():
    properties = report(body("oracode", traits={"time_slots": []}), 0).properties

    assert "offline_time_frame_options" not in properties
    assert properties["dormakaba_oracode_metadata"]["predefined_time_slots"] == []


def test_offline_windows_are_shown_by_the_make_that_computes_codes():
    assert report(body("igloohome"), 0).properties["offline_time_frame_options"] == [
        {"display_name": "Hourly", "min_duration": "PT1H", "max_duration": "PT672H"},
        {
            "display_name": "Daily",
            "min_duration": "P29D",
            "max_duration": "P367D",
            "matching_start_end_time": True,
        },
    ]


@pytest.mark.parametrize(
    ("lock", "metadata"),
    [
        (body("nuki"), {"keypad_paired": True, "keypad_battery_critical": False}),
        (
            body("nuki", keypad_battery=0.1),
            {"keypad_paired": True, "keypad_battery_critical": True},
        ),
        (
            body("nuki", has_keypad=False),
            {"keypad_paired": False, "keypad_battery_critical": False},
        ),
        (body("igloohome"), {"bridge_id": "bridge-of-3f1c", "bridge_name": "Bridge"}),
        (body("igloohome", has_hub=False), {}),
        (body("ultraloq"), {}),
        (body("ultraloq", time_zone="Europe/Berlin"), {"time_zone": "Europe/Berlin"}),
    ],
)
def test_the_brands_own_evidence(lock, metadata):
    shown = report(lock, 0).properties[f"{lock.make.key}_metadata"]

    assert shown == {"device_id": "3f1c", "device_name": "Apartment 104", **metadata}


def test_plan_and_gateway_are_evidence_where_the_brand_tells_of_them():
    def details(lock):
        return report(lock, 0).properties[lock.make.metadata_name]

    assert details(body("salto"))["has_custom_pin_subscription"] is True
    ended = body("salto", Fault.SUBSCRIPTION_REQUIRED)
    assert details(ended)["has_custom_pin_subscription"] is False
    assert details(body("ttlock", has_hub=False))["has_gateway"] is False


@pytest.mark.parametrize(
    ("level", "status"),
    [
        (0, "critical"),
        (0.1, "critical"),
        (0.11, "low"),
        (0.25, "low"),
        (0.26, "good"),
        (0.74, "good"),
        (0.75, "full"),
        (1, "full"),
    ],
)
def test_words_for_a_battery(level, status):
    assert battery_status(level) == status


def test_batteries_that_run_down_by_a_fault():
    low, critical = body("yale", Fault.BATTERY_LOW), body("yale", Fault.BATTERY_CRITICAL)

    assert report(low, 0).properties["battery"] == {"level": 0.18, "status": "low"}
    assert report(critical, 0).properties["battery"] == {"level": 0.04, "status": "critical"}


def test_a_lock_that_hides_pins_by_a_fault_gives_less_proof():
    assert report(body("yale", Fault.MASKS_PINS), 0).capabilities.proof is Proof.SLOT_ONLY
    assert report(body("yale"), 0).capabilities.proof is Proof.READBACK


def test_without_a_known_zone_none_is_reported():
    assert report(body("yale", time_zone="Europe/Berlin"), 0).time_zone == "Europe/Berlin"
    assert (
        report(body("yale", Fault.TIME_ZONE_UNKNOWN, time_zone="Europe/Berlin"), 0).time_zone
        is None
    )
