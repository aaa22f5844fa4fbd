"""Can this lock take codes, and if not, why: one row per cause, and the rules between them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from properties.capabilities import (
    Cause,
    Check,
    CheckState,
    CodesDue,
    LockFacts,
    PastEvent,
    Severity,
    Verdict,
    lock_verdict,
    refusal,
    with_codes_due,
)
from tests.clock import START
from tests.factories import AccountFactory, DeviceFactory

STALE_AFTER = timedelta(minutes=15)
MORNING = datetime(2026, 11, 23, 8, 14, tzinfo=UTC)
BUILT_IN = {"has_built_in_keypad": True, "can_connect_accessory_keypad": False}
ACCESSORY = {"has_built_in_keypad": False, "can_connect_accessory_keypad": True}
NEITHER = {"has_built_in_keypad": False, "can_connect_accessory_keypad": False}
YES = {"can_program_online_access_codes": True}
NO = {"can_program_online_access_codes": False}
OFFLINE_YES = {"can_program_offline_access_codes": True}


def facts(flags=YES, *, errors=(), warnings=(), events=(), **other):
    """A healthy lock, less what a test takes away. Codes are reported as of 08:14."""
    at = "2026-11-23T08:14:00.000Z"
    properties = {"online": True, "model": BUILT_IN, "battery": {"level": 0.71, "status": "good"}}
    healthy = LockFacts(
        flags=flags,
        properties=properties | other.pop("properties", {}),
        errors=[{"error_code": c, "message": f"About {c}.", "created_at": at} for c in errors],
        warnings=[
            {"warning_code": c, "message": f"About {c}.", "created_at": at} for c in warnings
        ],
        recent=tuple(PastEvent(name, MORNING) for name in events),
        reported_at=START,
        codes_used=3,
        max_codes=100,
    )
    return replace(healthy, **other)


def judge(given_facts, now=START):
    return lock_verdict(given_facts, now, stale_after=STALE_AFTER)


def refused(verdict, **wanted):
    cause = refusal(verdict, **wanted)
    return None if cause is None else cause.key


def keypad(connected, level=None):
    accessory = {"is_connected": connected}
    if level is not None:
        accessory["battery"] = {"level": level}
    return {"model": ACCESSORY, "accessory_keypad": accessory}


# ---- A lock that is well


def test_a_healthy_lock_takes_codes_and_has_nothing_to_say():
    verdict = judge(facts())

    assert verdict.verdict is Verdict.TAKES
    assert verdict.causes == ()
    assert verdict.headline_cause is None
    assert (verdict.takes_online, verdict.takes_offline) == (True, False)
    assert refusal(verdict, is_time_bound=True, is_offline=False) is None


def test_what_was_checked_on_a_healthy_lock():
    model_has_none = "This model does not offer them"

    assert judge(facts()).checks == (
        Check(
            "online_codes",
            "Online codes",
            CheckState.OK,
            "Yes",
            START,
            "can_program_online_access_codes: true",
        ),
        Check(
            "offline_codes",
            "Offline codes",
            CheckState.NONE,
            model_has_none,
            START,
            "can_program_offline_access_codes: absent",
        ),
        Check(
            "keypad", "Keypad", CheckState.OK, "Built in", START, "model.has_built_in_keypad: true"
        ),
        Check(
            "keypad_battery",
            "Keypad battery",
            CheckState.NONE,
            "Not reported",
            START,
            "accessory_keypad.battery: absent",
        ),
        Check("lock_battery", "Lock battery", CheckState.OK, "71 %", START, "battery.level: 0.71"),
        Check("connection", "Connection", CheckState.OK, "Online", START, "online: true"),
        Check("account", "Account", CheckState.OK, "Connected", START, "account: connected"),
        Check(
            "code_slots",
            "Code slots",
            CheckState.OK,
            "3 of 100 used",
            START,
            "max_active_codes_supported: 100",
        ),
        Check(
            "errors_warnings",
            "Errors and warnings",
            CheckState.OK,
            "None",
            START,
            "errors: [], warnings: []",
        ),
    )


# ---- The keypad that fell off: the case with the most to explain


def keypad_missing():
    """A device as its account reports it after the keypad's battery died."""
    return LockFacts(
        flags={
            "can_program_online_access_codes": False,
            "can_remotely_lock": True,
            "can_remotely_unlock": True,
            "can_unlock_with_code": True,
        },
        properties={
            "name": "Room 7",
            "online": True,
            "manufacturer": "yale",
            "battery_level": 0.71,
            "battery": {"level": 0.71, "status": "good"},
            "accessory_keypad": {"is_connected": False, "battery": {"level": 0.08}},
            "model": {"display_name": "Linus", "manufacturer_display_name": "Yale"} | ACCESSORY,
            "supported_code_lengths": [4, 5, 6],
            "max_active_codes_supported": 250,
            "code_constraints": [{"constraint_type": "no_all_same_digits"}],
        },
        errors=[],
        warnings=[
            {
                "warning_code": "accessory_keypad_low_battery",
                "message": "The keypad battery is low.",
                "created_at": "2026-11-23T07:58:00.000Z",
            }
        ],
        reported_at=START - timedelta(seconds=12),
        codes_used=3,
        max_codes=250,
        recent=(
            PastEvent("device.accessory_keypad_disconnected", MORNING),
            PastEvent("device.accessory_keypad_connected", MORNING - timedelta(days=30)),
        ),
        account_name="Harbour Yale account",
    )


def test_a_keypad_that_came_off_is_explained_with_time_battery_and_steps():
    verdict = judge(keypad_missing())

    assert verdict.verdict is Verdict.BLOCKED
    assert len(verdict.causes) == 1
    assert verdict.headline_cause == Cause(
        key="keypad_gone",
        severity=Severity.BLOCKS,
        headline="Keypad disconnected",
        sentence="Its keypad disconnected {at}. The keypad battery was at 8 %. "
        "The lock itself is online.",
        likely="An empty keypad battery is the likely cause.",
        steps=(
            "Put new batteries in the keypad.",
            "Press any key on the keypad. It should light up.",
            "Choose Check again.",
        ),
        at=MORNING,
        codes=(),
    )
    shown = [(check.label, check.state.value, check.value) for check in verdict.checks]
    assert shown == [
        ("Online codes", "bad", "No. Keypad disconnected"),
        ("Offline codes", "none", "This model does not offer them"),
        ("Keypad", "bad", "Disconnected since {at}. Accessory keypad, none built in"),
        ("Keypad battery", "bad", "8 %"),
        ("Lock battery", "ok", "71 %"),
        ("Connection", "ok", "Online"),
        ("Account", "ok", "Harbour Yale account: connected"),
        ("Code slots", "ok", "3 of 250 used"),
        ("Errors and warnings", "warn", "1 warning"),
    ]
    assert verdict.checks[2].at == MORNING
    assert verdict.checks[2].raw == "accessory_keypad.is_connected: false"
    assert verdict.checks[-1].raw == "accessory_keypad_low_battery"


def test_a_keypad_with_a_good_battery_may_be_out_of_range():
    [cause] = judge(facts(NO, properties=keypad(False, 0.6))).causes

    assert cause.sentence == (
        "Its keypad is disconnected. The keypad battery was at 60 %. The lock itself is online."
    )
    assert cause.likely == "It may be out of range or taken down."


def test_a_keypad_that_came_back_is_no_cause():
    came_back = facts(
        properties=keypad(True, 0.9),
        events=["device.accessory_keypad_connected"],
    )

    assert judge(came_back).causes == ()


def test_an_older_connection_does_not_hide_that_the_keypad_left_since():
    given_facts = facts(NO, properties=keypad(False))
    recent = (
        PastEvent("device.accessory_keypad_connected", MORNING - timedelta(days=1)),
        PastEvent("device.accessory_keypad_disconnected", MORNING),
    )
    given_facts = replace(given_facts, recent=recent)

    assert judge(given_facts).headline_cause.at == MORNING


# ---- One row per cause: what is reported → verdict, key, severity, sentence

ROWS = [
    # account and rights
    (
        facts(NO, errors=["account_disconnected"]),
        ("blocked", "account", "blocks"),
        "Locksite is no longer allowed to control this lock. "
        "The account: “About account_disconnected.”",
    ),
    (
        facts(account_state="disconnected", account_name="Seam", account_problem="Key refused."),
        ("blocked", "account", "blocks"),
        "Locksite is no longer allowed to control this lock. Seam: “Key refused.”",
    ),
    (
        facts(NO, errors=["device_removed"]),
        ("blocked", "removed", "blocks"),
        "This lock was removed from its account.",
    ),
    (
        facts(NO, errors=["device_unmanaged"]),
        ("blocked", "unmanaged", "blocks"),
        "The lock's workspace knows this lock and does not manage it.",
    ),
    (
        facts(events=["device.removed"]),
        ("blocked", "removed", "blocks"),
        "This lock was removed from its account.",
    ),
    *(
        (
            facts(NO, errors=[code]),
            ("blocked", "rights", "blocks"),
            "Locksite is no longer allowed to control this lock.",
        )
        for code in (
            "insufficient_permissions",
            "missing_device_credentials",
            "august_lock_not_authorized",
        )
    ),
    # plan
    *(
        (
            given_facts,
            ("blocked", "subscription", "blocks"),
            "The lock maker's subscription has run out or is full.",
        )
        for given_facts in (
            facts(NO, errors=["subscription_required"]),
            facts(NO, errors=["salto_ks_subscription_limit_exceeded"]),
            facts(NO, events=["device.error.subscription_required"]),
            facts(NO, properties={"salto_ks_metadata": {"has_custom_pin_subscription": False}}),
        )
    ),
    # bridge
    *(
        (
            facts(NO, errors=[code]),
            ("blocked", "bridge_server", "blocks"),
            "The on-site bridge does not answer.",
        )
        for code in ("bridge_disconnected", "dormakaba_sites_disconnected")
    ),
    (
        facts(NO, errors=["hub_disconnected"]),
        ("blocked", "hub_off", "blocks"),
        "The hub for this lock lost its connection {at}.",
    ),
    (
        facts(errors=["hub_disconnected"]),
        ("takes_check", "hub_off", "caution"),
        "The hub for this lock lost its connection {at}.",
    ),
    *(
        (
            given_facts,
            ("blocked", "hub_needed", "blocks"),
            "Needs a hub or bridge for online codes.",
        )
        for given_facts in (
            facts(NO, warnings=["hub_required_for_additional_capabilities"]),
            facts(NO, warnings=["functional_offline_device"]),
            facts(NO, errors=["august_lock_missing_bridge"]),
            facts(NO, errors=["ttlock_lock_not_paired_to_gateway"]),
            facts(NO, errors=["lockly_missing_wifi_bridge"]),
            facts(NO, warnings=["wyze_device_missing_gateway"]),
            facts(NO, properties={"ttlock_metadata": {"has_gateway": False}}),
            facts(NO, properties={"igloohome_metadata": {"keypad_id": "k"}}),
        )
    ),
    (
        facts(NO | OFFLINE_YES, warnings=["hub_required_for_additional_capabilities"]),
        ("offline_only", "hub_needed", "offline_only"),
        "Needs a hub or bridge for online codes.",
    ),
    # keypad
    (
        facts(NO, properties=keypad(False), events=["device.accessory_keypad_disconnected"]),
        ("blocked", "keypad_gone", "blocks"),
        "Its keypad disconnected {at}. The lock itself is online.",
    ),
    (
        facts(properties=keypad(False, 0.02) | {"online": True}),
        ("takes_check", "keypad_gone", "caution"),
        "Its keypad is disconnected. The keypad battery was at 2 %. The lock itself is online.",
    ),
    *(
        (
            given_facts,
            ("blocked", "keypad_never", "blocks"),
            "This lock needs a separate keypad and none is connected.",
        )
        for given_facts in (
            facts(NO, properties={"model": ACCESSORY}),
            facts(NO, properties=keypad(False)),
            facts(NO, properties={"model": ACCESSORY, "nuki_metadata": {"keypad_paired": False}}),
            facts(NO, properties={"model": ACCESSORY}, errors=["august_lock_missing_keypad"]),
        )
    ),
    *(
        (
            given_facts,
            ("blocked", "keypad_setup", "blocks"),
            "The keypad is not linked to its bridge.",
        )
        for given_facts in (
            facts(NO, warnings=["accessory_keypad_setup_required"]),
            facts(
                NO,
                properties={
                    "igloohome_metadata": {
                        "bridge_id": "b",
                        "is_accessory_keypad_linked_to_bridge": False,
                    }
                },
            ),
        )
    ),
    (
        facts({}, properties={"model": NEITHER}),
        ("blocked", "no_keypad", "blocks"),
        "This model has no keypad, so it cannot use PINs.",
    ),
    *(
        (
            facts(NO, warnings=[code]),
            ("blocked", "support_lost", "blocks"),
            "The lock no longer reports PIN support.",
        )
        for code in ("salto_ks_lock_access_code_support_removed", "keynest_unsupported_locker")
    ),
    # the door's own modes
    *(
        (
            facts(warnings=[code]),
            ("no_open", "privacy", "no_open"),
            "Codes can be made but do not open the door while privacy mode is on.",
        )
        for code in ("privacy_mode", "salto_ks_privacy_mode")
    ),
    (
        facts(warnings=["salto_ks_office_mode"]),
        ("no_open", "office", "no_open"),
        "Codes can be made but do not open the door while office mode is on.",
    ),
    # batteries
    (
        facts(properties=keypad(True, 0.2)),
        ("takes_check", "keypad_battery", "caution"),
        "Keypad battery 20 %.",
    ),
    (
        facts(properties={"keypad_battery": {"level": 0.25}}),
        ("takes_check", "keypad_battery", "caution"),
        "Keypad battery 25 %.",
    ),
    (
        facts(warnings=["accessory_keypad_low_battery"]),
        ("takes_check", "keypad_battery", "caution"),
        "Keypad battery low.",
    ),
    (
        facts(properties={"nuki_metadata": {"keypad_battery_critical": True}}),
        ("takes_check", "keypad_battery", "caution"),
        "Keypad battery nearly empty.",
    ),
    (
        facts(properties={"battery": {"level": 0.18, "status": "low"}}),
        ("takes_check", "lock_battery", "caution"),
        "Lock battery 18 %.",
    ),
    (
        facts(properties={"battery": None}, events=["device.low_battery"]),
        ("takes_check", "lock_battery", "caution"),
        "Lock battery low.",
    ),
    # zone and memory
    *(
        (
            facts(warnings=[code]),
            ("takes_check", "zone", "caution"),
            "The lock's time zone is not set, so dated codes can't be made. "
            "Until-removed codes work.",
        )
        for code in (
            "time_zone_unknown",
            "ultraloq_time_zone_unknown",
            "lockly_time_zone_not_configured",
            "two_n_device_missing_timezone",
        )
    ),
    (
        facts(warnings=["max_access_codes_reached"]),
        ("blocked", "full", "blocks"),
        "All 100 code slots are used.",
    ),
    (
        facts(codes_used=20, max_codes=20),
        ("blocked", "full", "blocks"),
        "All 20 code slots are used.",
    ),
    # the link
    *(
        (
            given_facts,
            ("takes_check", "lock_offline", "caution"),
            "The lock is offline since {at}. Codes already on it keep working; new ones are sent "
            "when it is back.",
        )
        for given_facts in (
            facts(errors=["device_disconnected"], properties={"online": False}),
            facts(errors=["device_offline"]),
            facts(events=["device.disconnected"], properties={"online": False}),
        )
    ),
    (
        facts(properties={"online": False}),
        ("takes_check", "lock_offline", "caution"),
        "The lock is offline. Codes already on it keep working; new ones are sent when it is "
        "back.",
    ),
    *(
        (
            facts(warnings=[code]),
            ("takes_check", "weak_link", "caution"),
            "Connection is unsteady. Sending may take longer.",
        )
        for code in (
            "device_has_flaky_connection",
            "device_communication_degraded",
            "ttlock_weak_gateway_signal",
            "power_saving_mode",
            "unreliable_online_status",
        )
    ),
    *(
        (
            facts(warnings=[code]),
            ("takes_check", "outage", "caution"),
            f"The lock maker's service is down or in maintenance. “About {code}.”",
        )
        for code in ("scheduled_maintenance_window", "provider_service_unavailable")
    ),
    (
        facts(errors=["empty_backup_access_code_pool"]),
        ("takes_check", "backup_empty", "caution"),
        "No backup codes left.",
    ),
    *(
        (
            facts(warnings=[code]),
            ("takes_check", "backup_low", "caution"),
            "Few backup codes left.",
        )
        for code in ("partial_backup_access_code_pool", "many_active_backup_codes")
    ),
    (
        facts(warnings=["third_party_integration_detected"]),
        ("takes_check", "other_system", "caution"),
        "Another system manages this lock too.",
    ),
    (
        facts(warnings=["time_zone_mismatch"]),
        ("takes_check", "time_offset", "caution"),
        "The lock's clock zone differs. Dated codes may start at the wrong hour.",
    ),
    *(
        (
            facts(warnings=[code]),
            ("takes_check", "account_soon", "caution"),
            f"The account behind this lock needs attention soon. “About {code}.”",
        )
        for code in (
            "account_reauthorization_requested",
            "setup_required",
            "dormakaba_sites_unapproved",
            "salto_ks_subscription_limit_almost_reached",
            "unknown_issue_with_connected_account",
        )
    ),
    (
        facts(events=["device.tampered"]),
        ("takes_check", "tamper", "caution"),
        "The lock reported tampering {at}.",
    ),
    # what nobody told us about
    (
        facts(warnings=["moon_phase_wrong"], account_name="Seam"),
        ("takes_check", "unlisted", "caution"),
        "Seam says: “About moon_phase_wrong.”",
    ),
    (
        facts(NO, account_name="Seam"),
        ("blocked", "unexplained", "blocks"),
        "Seam reports that this lock can't take codes and gives no reason.",
    ),
    (
        facts({}),
        ("blocked", "unexplained", "blocks"),
        "The account reports that this lock can't take codes and gives no reason.",
    ),
    (
        facts(NO | OFFLINE_YES),
        ("offline_only", "unexplained", "offline_only"),
        "The account reports that this lock can't take online codes and gives no reason.",
    ),
    (
        facts(OFFLINE_YES),
        ("offline_only", "offline_model", "offline_only"),
        "This model takes offline codes only. Their PINs work without a connection, inside their "
        "dates.",
    ),
]


@pytest.mark.parametrize(("given_facts", "expected", "sentence"), ROWS)
def test_each_cause_gives_its_verdict_and_its_sentence(given_facts, expected, sentence):
    verdict = judge(given_facts)

    [cause] = verdict.causes
    assert (verdict.verdict.value, cause.key, cause.severity.value) == expected
    assert cause.sentence == sentence
    assert ("{at}" in cause.sentence) <= (cause.at is not None)
    assert len(cause.steps) <= 3


@pytest.mark.parametrize(
    "code",
    [
        "ttlock_lock_gateway_unlocking_not_enabled",
        "auxiliary_heat_running",
        "temperature_threshold_exceeded",
        "unknown_issue_with_phone",
    ],
)
def test_what_is_no_matter_of_codes_is_listed_and_changes_nothing(code):
    verdict = judge(facts(warnings=[code]))

    assert verdict.verdict is Verdict.TAKES
    assert verdict.causes == ()
    assert verdict.checks[-1].value == "1 warning"
    assert verdict.checks[-1].raw == code


# ---- Between causes


def test_causes_stand_worst_first_and_in_the_agreed_order():
    wreck = facts(
        NO,
        errors=[
            "device_disconnected",
            "hub_disconnected",
            "subscription_required",
            "insufficient_permissions",
            "device_removed",
            "account_disconnected",
        ],
        warnings=["device_has_flaky_connection", "max_access_codes_reached", "time_zone_unknown"],
        properties=keypad(False, 0.02)
        | {"online": False, "battery": {"level": 0.05, "status": "critical"}},
    )

    assert [cause.key for cause in judge(wreck).causes] == [
        "account",
        "removed",
        "rights",
        "subscription",
        "hub_off",
        "keypad_gone",
        "full",
        "lock_battery",
        "zone",
        "lock_offline",
        "weak_link",
    ]


def test_a_missing_flag_counts_as_false():
    absent, false = judge(facts({})), judge(facts(NO))

    assert absent.verdict is false.verdict is Verdict.BLOCKED
    assert (absent.takes_online, false.takes_online) == (False, False)
    assert absent.checks[0].raw == "can_program_online_access_codes: absent"


def test_being_offline_alone_never_blocks():
    offline = judge(facts(errors=["device_disconnected"], properties={"online": False}))

    assert offline.verdict is Verdict.TAKES_CHECK
    assert offline.takes_online
    assert refusal(offline, is_time_bound=True, is_offline=False) is None


def test_an_offline_lock_with_an_empty_battery_has_a_likely_cause():
    given_facts = facts(
        errors=["device_disconnected"],
        properties={"online": False, "battery": {"level": 0.06, "status": "critical"}},
    )

    by_key = {cause.key: cause for cause in judge(given_facts).causes}

    assert by_key["lock_offline"].likely == "Battery was 6 %, likely empty."


def test_a_lock_behind_a_dead_hub_is_not_reported_twice():
    behind = facts(errors=["hub_disconnected"], properties={"online": False})

    assert [cause.key for cause in judge(behind).causes] == ["hub_off"]


@pytest.mark.parametrize(
    ("level", "step"),
    [(0.25, "this week"), (0.11, "this week"), (0.10, "today"), (0.0, "today")],
)
def test_how_soon_a_battery_wants_changing(level, step):
    on_keypad = judge(facts(properties=keypad(True, level))).headline_cause
    on_lock = judge(facts(properties={"battery": {"level": level}})).headline_cause

    assert on_keypad.steps == (f"Replace the keypad batteries {step}.",)
    assert on_lock.steps == (f"Replace the lock's batteries {step}.",)


def test_a_wired_lock_has_no_battery_to_change():
    wired = judge(facts(properties={"has_direct_power": True, "battery": {"level": 0.0}}))

    assert wired.verdict is Verdict.TAKES
    assert wired.checks[4].value == "Wired"


def test_tampering_counts_for_a_day():
    tampered = facts(events=["device.tampered"], reported_at=MORNING + timedelta(hours=24))

    keys = [
        [cause.key for cause in judge(tampered, MORNING + timedelta(hours=hours)).causes]
        for hours in (23, 24)
    ]

    assert keys == [["tamper"], []]


def test_an_item_without_a_readable_time_has_none():
    given_facts = facts(errors=["hub_disconnected"])
    given_facts.errors[0]["created_at"] = "soon"

    [cause] = judge(given_facts).causes

    assert cause.at is None
    assert cause.sentence == "The hub for this lock lost its connection."


# ---- Readings grow old


@pytest.mark.parametrize(
    ("due", "sentence"),
    [
        (CodesDue(), ""),
        (CodesDue(put_on=1), "1 code has to be put on it within a day."),
        (CodesDue(take_off=2), "2 codes have to be taken off it within a day."),
        (
            CodesDue(put_on=2, take_off=1),
            "2 codes have to be put on it and 1 code has to be taken off it within a day.",
        ),
    ],
)
def test_what_a_lock_has_to_be_told_is_one_sentence(due, sentence):
    assert due.sentence == sentence


@pytest.mark.parametrize("silent", ["device_offline", "hub_disconnected", "bridge_disconnected"])
def test_a_lock_that_nothing_reaches_is_urgent_once_a_code_is_due(silent):
    found = judge(facts(errors=[silent], properties={"online": False, "battery": {"level": 0.05}}))

    urgent = with_codes_due(found, CodesDue(put_on=1))

    assert found.verdict is Verdict.TAKES_CHECK
    assert "lock_battery" in {cause.key for cause in found.causes}
    assert with_codes_due(found, CodesDue()) == found
    assert (urgent.verdict, urgent.headline_cause) == (Verdict.OFFLINE_DUE, urgent.silence)
    assert {cause.key for cause in urgent.causes} == {cause.key for cause in found.causes}
    assert urgent.takes_online


def test_a_report_that_is_too_old_is_not_made_urgent():
    found = judge(facts(errors=["device_offline"]), START + timedelta(hours=1))

    assert with_codes_due(found, CodesDue(put_on=1)).verdict is Verdict.STALE


def test_a_reading_older_than_the_limit_makes_the_verdict_not_checked():
    at_limit = judge(facts(), START + STALE_AFTER)
    beyond = judge(facts(), START + STALE_AFTER + timedelta(seconds=1))

    assert at_limit.verdict is Verdict.TAKES
    assert beyond.verdict is Verdict.STALE
    assert beyond.headline_cause == Cause(
        key="stale",
        severity=Severity.NOTE,
        headline="No fresh report",
        sentence="Account reported 15 min ago. What is shown here is from then.",
        steps=("Choose Check again.",),
        at=START,
    )
    assert refusal(beyond, is_time_bound=True, is_offline=False) is None


def test_an_old_reading_keeps_the_causes_it_showed():
    old = judge(facts(NO), START + timedelta(hours=1))

    assert [cause.key for cause in old.causes] == ["stale", "unexplained"]
    assert refused(old, is_time_bound=False, is_offline=False) == "unexplained"


def test_a_lost_account_is_said_even_though_its_readings_grow_old():
    lost = judge(facts(account_state="disconnected"), START + timedelta(hours=3))

    assert lost.verdict is Verdict.BLOCKED
    assert lost.headline_cause.key == "account"


def test_a_lock_that_was_never_read_says_so():
    new = judge(facts({}, reported_at=None, properties={"online": None, "model": {}}))

    assert new.verdict is Verdict.STALE
    assert [cause.sentence for cause in new.causes] == ["Account has not reported yet."]
    assert refused(new, is_time_bound=False, is_offline=False) == "stale"


# ---- Refusals


@pytest.mark.parametrize(
    ("given_facts", "ongoing", "dated", "offline"),
    [
        (facts(), None, None, "no_offline"),
        (facts(YES | OFFLINE_YES), None, None, None),
        (facts(NO), "unexplained", "unexplained", "unexplained"),
        (facts(NO | OFFLINE_YES), "unexplained", "unexplained", None),
        (facts(OFFLINE_YES), "offline_model", "offline_model", None),
        (facts(codes_used=9, max_codes=9), "full", "full", "full"),
        (facts(YES | OFFLINE_YES, errors=["account_disconnected"]), *("account",) * 3),
        (facts(warnings=["time_zone_unknown"]), None, "zone", "no_offline"),
        (facts(warnings=["privacy_mode"]), None, None, "no_offline"),
        (facts(properties=keypad(True, 0.01)), None, None, "no_offline"),
    ],
)
def test_why_a_code_cannot_be_issued(given_facts, ongoing, dated, offline):
    verdict = judge(given_facts)

    assert refused(verdict, is_time_bound=False, is_offline=False) == ongoing
    assert refused(verdict, is_time_bound=True, is_offline=False) == dated
    assert refused(verdict, is_time_bound=True, is_offline=True) == offline


def test_offline_codes_do_not_work_around_a_blocked_lock():
    blocked = judge(facts(YES | OFFLINE_YES, errors=["device_removed"]))

    assert (blocked.takes_online, blocked.takes_offline) == (False, False)
    assert [check.value for check in blocked.checks[:2]] == ["No. Lock removed", "Not now"]


# ---- Whatever is reported

scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
inner_names = st.sampled_from(
    [
        "level",
        "status",
        "battery",
        "is_connected",
        "has_built_in_keypad",
        "can_connect_accessory_keypad",
        "bridge_id",
        "keypad_paired",
        "keypad_battery_critical",
        "has_gateway",
    ]
)
json_values = (
    scalars
    | st.lists(scalars, max_size=2)
    | st.dictionaries(
        inner_names, scalars | st.dictionaries(inner_names, scalars, max_size=2), max_size=3
    )
)
property_names = st.sampled_from(
    [
        "online",
        "model",
        "battery",
        "battery_level",
        "accessory_keypad",
        "keypad_battery",
        "has_direct_power",
        "nuki_metadata",
        "igloohome_metadata",
        "salto_ks_metadata",
    ]
)
items = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "error_code": json_values,
            "warning_code": st.sampled_from(["privacy_mode", "max_access_codes_reached", ""]),
            "message": json_values,
            "created_at": json_values,
        },
    ),
    max_size=3,
)


@example(flags={}, properties={"battery": {"status": []}}, errors=[], warnings=[], max_codes=None)
@given(
    flags=st.dictionaries(
        st.sampled_from([*YES, *OFFLINE_YES]), st.booleans() | st.none(), max_size=2
    ),
    properties=st.dictionaries(property_names, json_values, max_size=6),
    errors=items,
    warnings=items,
    max_codes=st.none() | st.integers(0, 5),
)
def test_nothing_that_an_account_reports_can_break_the_verdict(
    flags, properties, errors, warnings, max_codes
):
    verdict = judge(
        LockFacts(
            flags=flags,
            properties=properties,
            errors=errors,
            warnings=warnings,
            reported_at=START,
            codes_used=3,
            max_codes=max_codes,
        )
    )

    assert verdict.takes_online <= (flags.get("can_program_online_access_codes") is True)
    assert (verdict.verdict is Verdict.TAKES) == (verdict.causes == ())
    assert len(verdict.checks) == 9


# ---- From the row


@pytest.mark.django_db
def test_a_row_and_its_account_freeze_into_facts():
    account = AccountFactory(name="Harbour", state="disconnected", problem="Key refused.")
    device = DeviceFactory(
        account=account,
        properties={"online": True, "max_active_codes_supported": 7},
        errors=[{"error_code": "device_offline"}],
        warnings=[{"warning_code": "privacy_mode"}],
    )
    event = PastEvent("device.connected", MORNING)

    assert device.facts(codes_used=2, recent=[event]) == LockFacts(
        flags={"can_program_online_access_codes": True},
        properties={"online": True, "max_active_codes_supported": 7},
        errors=[{"error_code": "device_offline"}],
        warnings=[{"warning_code": "privacy_mode"}],
        reported_at=START,
        codes_used=2,
        max_codes=7,
        recent=(event,),
        account_state="disconnected",
        account_name="Harbour",
        account_problem="Key refused.",
    )


@pytest.mark.django_db
def test_a_lock_that_does_not_report_its_size_has_that_of_its_kind():
    assert DeviceFactory().facts(codes_used=0).max_codes == 20


def test_a_lock_full_of_codes_that_start_later_takes_a_near_arrival():
    full = facts(codes_used=20, max_codes=20, codes_yielding=1)

    seen = judge(full)

    assert (seen.verdict, [cause.key for cause in seen.causes]) == (
        Verdict.TAKES_CHECK,
        ["full_for_later"],
    )
    assert refused(seen, is_time_bound=True, is_offline=False) is None
