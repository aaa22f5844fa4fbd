"""Two reports about a lock → what happened in between."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from properties.changes import DeviceEvent, Seen, device_events, matter_for_codes

AT_0851 = datetime(2026, 11, 23, 8, 51, tzinfo=UTC)

LOCK = Seen(
    name="Apartment 104",
    flags={"can_program_online_access_codes": True},
    properties={
        "online": True,
        "battery": {"level": 0.86, "status": "full"},
        "accessory_keypad": {"is_connected": True, "battery": {"level": 0.64}},
        "supported_code_lengths": [6],
    },
    capability_facts={"keeps_window": True},
)
NO_PROBLEMS: dict[str, list] = {
    "device_errors": [],
    "device_warnings": [],
    "connected_account_errors": [],
    "connected_account_warnings": [],
}


def with_properties(seen=LOCK, **properties):
    return replace(seen, properties={**seen.properties, **properties})


def error(code, **extra):
    return {"error_code": code, "message": "…", "created_at": "2026-11-23T08:51:00.000Z", **extra}


def warning(code):
    return {"warning_code": code, "message": "…", "created_at": "2026-11-23T08:51:00.000Z"}


def offline(*errors):
    return replace(with_properties(online=False), errors=errors)


def battery(level, status):
    return with_properties(battery={"level": level, "status": status})


def test_nothing_happened():
    assert device_events(LOCK, LOCK) == []
    assert matter_for_codes(LOCK, LOCK) is False


def test_a_lock_seen_first_while_online_was_added_and_connected():
    assert device_events(None, LOCK) == [
        DeviceEvent("device.added"),
        DeviceEvent("device.connected"),
    ]


def test_a_lock_seen_first_while_offline_was_only_added():
    assert device_events(None, offline()) == [DeviceEvent("device.added")]


@pytest.mark.parametrize(
    ("errors", "cause"),
    [
        ([error("device_disconnected")], "device_disconnected"),
        ([error("hub_disconnected")], "hub_disconnected"),
        ([error("device_disconnected"), error("hub_disconnected")], "hub_disconnected"),
        (
            [
                error("device_disconnected"),
                error("account_disconnected", is_connected_account_error=True),
            ],
            "account_disconnected",
        ),
    ],
)
def test_the_widest_cause_of_being_offline_is_named_with_its_time(errors, cause):
    [event] = device_events(LOCK, offline(*errors))

    assert (event.event_type, event.payload["error_code"], event.occurred_at) == (
        "device.disconnected",
        cause,
        AT_0851,
    )


def test_without_a_reason_the_lock_itself_counts_as_the_cause_and_no_time_is_known():
    assert device_events(LOCK, offline()) == [
        DeviceEvent("device.disconnected", {"error_code": "device_disconnected"} | NO_PROBLEMS)
    ]


def test_errors_of_the_account_stand_in_a_list_of_their_own():
    of_account = error("account_disconnected", is_connected_account_error=True)
    after = offline(error("device_disconnected", is_device_error=True), of_account)

    [event] = device_events(LOCK, after)

    assert event.payload == {
        "error_code": "account_disconnected",
        "device_errors": [error("device_disconnected")],
        "device_warnings": [],
        "connected_account_errors": [error("account_disconnected")],
        "connected_account_warnings": [],
    }


def test_back_online():
    assert device_events(offline(error("device_disconnected")), LOCK) == [
        DeviceEvent("device.connected")
    ]


GONE = with_properties(accessory_keypad={"is_connected": False, "battery": {"level": 0.08}})


def test_the_keypad_went_and_came_back():
    assert device_events(LOCK, GONE) == [
        DeviceEvent("device.accessory_keypad_disconnected", NO_PROBLEMS)
    ]
    assert device_events(GONE, LOCK) == [DeviceEvent("device.accessory_keypad_connected")]


def test_a_lock_that_only_now_reports_on_keypads_lost_none():
    never = replace(LOCK, properties={"online": True})

    assert device_events(never, GONE) == []


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (
            (0.86, "full"),
            (0.6, "good"),
            [("battery_status_changed", {"battery_level": 0.6, "battery_status": "good"})],
        ),
        (
            (0.6, "good"),
            (0.18, "low"),
            [
                ("low_battery", {"battery_level": 0.18}),
                ("battery_status_changed", {"battery_level": 0.18, "battery_status": "low"}),
            ],
        ),
        (
            (0.18, "low"),
            (0.04, "critical"),
            [
                ("low_battery", {"battery_level": 0.04}),
                ("battery_status_changed", {"battery_level": 0.04, "battery_status": "critical"}),
            ],
        ),
        (
            (0.09, "critical"),
            (0.15, "low"),
            [("battery_status_changed", {"battery_level": 0.15, "battery_status": "low"})],
        ),
        ((0.18, "low"), (0.17, "low"), []),
    ],
)
def test_the_battery_is_told_when_its_word_changes(before, after, events):
    assert device_events(battery(*before), battery(*after)) == [
        DeviceEvent(f"device.{kind}", payload) for kind, payload in events
    ]


def test_a_weak_keypad_battery_is_told_once():
    weak = replace(
        with_properties(accessory_keypad={"is_connected": True, "battery": {"level": 0.08}}),
        warnings=[warning("accessory_keypad_low_battery")],
    )

    assert device_events(LOCK, weak) == [
        DeviceEvent(
            "device.low_battery",
            {"battery_level": 0.08, "battery_of": "accessory_keypad"},
            AT_0851,
        )
    ]
    assert device_events(weak, weak) == []


@pytest.mark.parametrize(
    ("problem", "appears", "disappears"),
    [
        (
            {"warnings": [warning("device_has_flaky_connection")]},
            "device.connection_became_flaky",
            "device.connection_stabilized",
        ),
        (
            {"errors": [error("subscription_required")]},
            "device.error.subscription_required",
            "device.error.subscription_required.resolved",
        ),
    ],
)
def test_some_problems_are_told_when_they_come_and_when_they_go(problem, appears, disappears):
    troubled = replace(LOCK, **problem)

    [came] = device_events(LOCK, troubled)
    [went] = device_events(troubled, LOCK)

    assert (came.event_type, came.occurred_at) == (appears, AT_0851)
    assert went == DeviceEvent(disappears)


def test_a_removed_lock_and_its_return():
    removed = offline(error("device_removed"))

    assert [event.event_type for event in device_events(LOCK, removed)] == [
        "device.removed",
        "device.disconnected",
    ]
    assert device_events(removed, LOCK) == [
        DeviceEvent("device.added"),
        DeviceEvent("device.connected"),
    ]


def test_a_new_name():
    assert device_events(LOCK, replace(LOCK, name="Tower")) == [
        DeviceEvent("device.name_changed", {"device_name": "Tower"})
    ]


@pytest.mark.parametrize(
    "after",
    [
        replace(LOCK, name="Tower"),
        battery(0.1, "critical"),
        with_properties(locked=False),
        with_properties(accessory_keypad={"is_connected": True, "battery": {"level": 0.3}}),
    ],
)
def test_what_does_not_decide_which_codes_a_lock_takes(after):
    assert matter_for_codes(LOCK, after) is False


@pytest.mark.parametrize(
    "after",
    [
        replace(LOCK, flags={"can_program_online_access_codes": False}),
        replace(LOCK, flags={}),
        offline(),
        GONE,
        replace(LOCK, errors=[error("subscription_required")]),
        replace(LOCK, warnings=[warning("time_zone_unknown")]),
        with_properties(supported_code_lengths=[4, 6]),
        with_properties(max_active_codes_supported=7),
        with_properties(code_constraints=[{"constraint_type": "no_zeros"}]),
        replace(LOCK, capability_facts={"keeps_window": False}),
    ],
)
def test_what_decides_which_codes_a_lock_takes(after):
    assert matter_for_codes(LOCK, after) is True
    assert matter_for_codes(after, LOCK) is True
    assert matter_for_codes(None, after) is True
