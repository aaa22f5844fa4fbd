"""Seam's codes, events and the rest as values of ours, and wishes as bodies."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from locksite.masked import Pin
from properties.providers.seam.mapping import (
    attempt_of,
    code_of,
    create_body,
    hint_of,
    pin_of,
    update_body,
    webhook_of,
    workspace_of,
)
from properties.providers.seam.values import (
    SeamAttempt,
    SeamCode,
    SeamHint,
    SeamWebhook,
    SeamWish,
    SeamWorkspace,
)
from tests.properties.providers.seam.samples import body, found, leaves

LOCK = "11111111-1111-1111-1111-444444444444"
CODE = "11111111-1111-1111-1111-555555555555"
WORKSPACE = "398d80b7-0000-4000-8000-000000000001"
MADE = datetime(2026, 11, 23, 10, tzinfo=UTC)
ARRIVAL = datetime(2027, 1, 1, 16, tzinfo=UTC)
DEPARTURE = datetime(2027, 1, 22, 12, tzinfo=UTC)


# ---- Codes


def changing(**change):
    """Return a code of a stay that is on its lock, with a change on its way there."""
    code = body("access_codes_create_time_bound")["access_code"]
    return code_of({**code, "status": "set", "code": "1234", "pending_mutations": [change]})


def test_a_change_on_its_way_to_the_lock_is_what_the_cloud_holds():
    pin = changing(
        mutation_code="updating_code", **{"from": {"code": "1234"}}, to={"code": "5678"}
    )
    name = changing(mutation_code="updating_name", to={"name": "Lena and Tom"})
    later = "2027-01-25T12:00:00.000Z"
    dates = changing(mutation_code="updating_time_frame", to={"ends_at": later})
    endless = changing(
        mutation_code="updating_time_frame", to={"starts_at": None, "ends_at": None}
    )

    assert (pin.pin, pin.status) == (Pin("5678"), "setting")
    assert (name.name, name.pin, name.status) == ("Lena and Tom", Pin("1234"), "setting")
    assert dates.ends_at == datetime(2027, 1, 25, 12, tzinfo=UTC)
    assert dates.starts_at is not None
    assert (endless.type, endless.starts_at, endless.ends_at) == ("ongoing", None, None)


def test_other_mutations_and_odd_ones_change_nothing():
    for change in (
        {"mutation_code": "deleting"},
        {"mutation_code": "updating_code", "to": None},
        {"mutation_code": "updating_code", "to": {"name": "Ana"}},
        {"mutation_code": ["updating_code"], "to": {"code": "5678"}},
        {"mutation_code": "painting", "to": {"code": "5678"}},
    ):
        code = changing(**change)
        assert (code.pin, code.status) == (Pin("1234"), "set"), change


def test_a_code_without_a_window():
    code = code_of(body("access_codes_create_ongoing")["access_code"])

    assert code == SeamCode(
        remote_id=CODE,
        device_remote_id=LOCK,
        name="my ongoing code",
        pin=Pin("1234"),
        type="ongoing",
        starts_at=None,
        ends_at=None,
        status="setting",
        pending=("creating",),
        created_at=MADE,
        others={
            "workspace_id": WORKSPACE,
            "display_status": "Programming",
            "pending_mutations": [
                {
                    "mutation_code": "creating",
                    "message": "Programming the code on the lock.",
                    "created_at": "2026-11-23T10:00:00.000Z",
                }
            ],
        },
    )


def test_a_code_with_a_window():
    code = code_of(body("access_codes_create_time_bound")["access_code"])

    assert (code.type, code.starts_at, code.ends_at) == ("time_bound", ARRIVAL, DEPARTURE)
    assert (code.status, code.pending, code.is_scheduled_on_device) == (
        "unset",
        ("deferring_creation",),
        False,
    )


def test_a_code_with_problems_of_its_own():
    code = code_of(body("access_codes_get_with_problems")["access_code"])

    assert code.errors == (
        {
            "error_code": "duplicate_code_on_device",
            "message": "This PIN is already on the lock.",
            "is_access_code_error": True,
            "created_at": "2026-11-23T10:01:00.000Z",
            "unmanaged_access_code_id": "11111111-1111-1111-1111-999999999999",
        },
    )
    assert [warning["warning_code"] for warning in code.warnings] == ["delay_in_setting_on_device"]


def test_errors_of_the_lock_are_repeated_on_the_code_and_are_not_its_own():
    raw = body("access_codes_get_with_problems")["access_code"]
    of_the_lock = {
        "error_code": "device_disconnected",
        "message": "Offline.",
        "is_device_error": True,
    }
    of_the_account = {
        "error_code": "account_disconnected",
        "message": "Logged out.",
        "is_connected_account_error": True,
        "is_device_error": False,
    }

    code = code_of({**raw, "errors": [of_the_lock, *raw["errors"], of_the_account]})

    assert len(code.errors) == 3
    assert [error["error_code"] for error in code.own_errors] == ["duplicate_code_on_device"]


def test_a_spare_code():
    code = code_of(body("access_codes_pull_backup")["backup_access_code"])

    assert (code.is_backup, code.pin, code.ends_at) == (True, Pin("1234"), DEPARTURE)


def test_a_code_that_was_not_made_here():
    code = code_of(body("access_codes_unmanaged_list")["access_codes"][0])

    assert (code.is_managed, code.status, code.pin) == (False, "set", Pin("7777"))
    assert (code.can_be_converted, code.can_be_deleted) == (True, True)


def test_a_code_that_stays_its_makers():
    raw = body("access_codes_unmanaged_list")["access_codes"][0]

    code = code_of({**raw, "cannot_be_managed": True, "cannot_delete_unmanaged_access_code": True})

    assert (code.can_be_converted, code.can_be_deleted) == (False, False)


@pytest.mark.parametrize("raw", found("access_code") + found("access_codes"))
def test_nothing_that_is_told_of_a_code_is_lost(raw):
    assert leaves(raw) - leaves(code_of(raw)) == set()


@pytest.mark.parametrize(
    "hidden",
    [None, "", "****", "12a4", 1234, 1234.0, True, ["1234"], "1" * 21, "\uff11\uff12\uff13\uff14"],
)
def test_what_is_no_pin_is_a_pin_that_is_not_shown(hidden):
    assert pin_of(hidden) is None


def test_a_pin_keeps_its_zeros():
    assert pin_of("0042") == Pin("0042")


@pytest.mark.parametrize("status", ["paused", "", None, 3, ["set"], {}])
def test_a_status_that_is_new_reads_as_unknown(status):
    raw = body("access_codes_create_ongoing")["access_code"]

    assert code_of({**raw, "status": status}).status == "unknown"


def test_what_a_code_may_lack_counts_as_not_told():
    assert code_of({"access_code_id": "c", "device_id": "d"}) == SeamCode(
        remote_id="c",
        device_remote_id="d",
        name=None,
        pin=None,
        type="ongoing",
        starts_at=None,
        ends_at=None,
        status="unknown",
    )


def test_a_code_without_its_type_has_a_window_if_it_ends():
    raw = {"access_code_id": "c", "device_id": "d", "ends_at": "2027-01-22T12:00:00Z"}

    assert (code_of(raw).type, code_of(raw).ends_at) == ("time_bound", DEPARTURE)


def test_times_that_an_ongoing_code_still_names_mean_nothing():
    raw = {"access_code_id": "c", "device_id": "d", "type": "ongoing"}

    assert code_of({**raw, "ends_at": "2027-01-22T12:00:00Z"}).ends_at is None


@pytest.mark.parametrize(
    "raw",
    [None, [], "text", 7, {}, {"access_code_id": "c"}, {"device_id": "d"}]
    + [{"access_code_id": bad, "device_id": "d"} for bad in ("", None, 5, "x" * 201)],
)
def test_a_code_that_nobody_can_tell_apart_is_none(raw):
    assert code_of(raw) is None


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_edge_of_the_calendar_is_not_told(at):
    raw = {"access_code_id": "c", "device_id": "d", "type": "time_bound", "ends_at": at}

    assert code_of(raw).ends_at is None


def test_a_pin_is_in_no_other_field():
    raw = {
        **body("access_codes_get_with_problems")["access_code"],
        "code": "738291",
        "errors": [
            {
                "error_code": "conflicting_external_modification",
                "message": "PIN 738291 was changed to 55-61-77.",
                "is_access_code_error": True,
                "modified_fields": [{"field": "code", "from": "738291", "to": "556177"}],
            }
        ],
        "pending_mutations": [
            {
                "mutation_code": "updating_code",
                "message": "738291 to 556177",
                "from": {"code": "738291"},
                "to": {"code": "556177"},
            }
        ],
        "appearance": {"name": "Loft 738291", "code": "738291", "number": 738291},
        "history": ["738291", {"pin": "738291"}],
    }

    code = code_of(raw)

    shown = repr(replace(code, pin=None))
    assert code.pin == Pin("556177")
    assert code.pending == ("updating_code",)
    assert "738291" not in repr(code)
    assert not any(secret in shown for secret in ("738291", "556177", "55-61-77"))
    assert code.errors[0]["message"] == "PIN •••• was changed to ••••."
    assert code.others["appearance"]["name"] == "Loft ••••"


# ---- Wishes


WISH = SeamWish(name="Ana Prado", pin=Pin("0482"))


def test_the_body_for_a_code_without_a_window():
    assert create_body(LOCK, WISH) == {
        "device_id": LOCK,
        "name": "Ana Prado",
        "code": "0482",
        "prefer_native_scheduling": True,
        "is_external_modification_allowed": False,
    }


def test_the_body_for_a_code_with_a_window_and_all_preferences():
    wish = replace(
        WISH,
        starts_at=ARRIVAL,
        ends_at=DEPARTURE,
        prefers_native=False,
        allows_outside_changes=True,
        uses_backup_pool=True,
        common_code_key="stay-7",
    )

    assert create_body(LOCK, wish) == {
        "device_id": LOCK,
        "name": "Ana Prado",
        "code": "0482",
        "starts_at": "2027-01-01T16:00:00.000Z",
        "ends_at": "2027-01-22T12:00:00.000Z",
        "prefer_native_scheduling": False,
        "is_external_modification_allowed": True,
        "use_backup_access_code_pool": True,
        "common_code_key": "stay-7",
    }


def test_the_body_for_an_offline_code_holds_no_pin():
    wish = replace(
        WISH,
        starts_at=ARRIVAL,
        ends_at=DEPARTURE,
        is_offline=True,
        is_one_time=True,
        max_time_rounding="1d",
    )

    asked = create_body(LOCK, wish)

    assert "code" not in asked
    assert asked["is_offline_access_code"] is True
    assert asked["is_one_time_use"] is True
    assert asked["max_time_rounding"] == "1d"


def test_a_pin_that_the_maker_chooses_is_not_asked_for():
    assert "code" not in create_body(LOCK, replace(WISH, pin=None))


def test_the_body_that_changes_a_code_says_its_kind():
    bound = replace(WISH, starts_at=ARRIVAL, ends_at=DEPARTURE)

    assert update_body(CODE, WISH) == {
        "access_code_id": CODE,
        "type": "ongoing",
        "name": "Ana Prado",
        "code": "0482",
        "prefer_native_scheduling": True,
        "is_external_modification_allowed": False,
    }
    assert update_body(CODE, bound) == update_body(CODE, WISH) | {
        "type": "time_bound",
        "starts_at": "2027-01-01T16:00:00.000Z",
        "ends_at": "2027-01-22T12:00:00.000Z",
        "use_backup_access_code_pool": False,
    }


def test_a_wish_does_not_show_its_pin():
    assert "0482" not in repr(WISH)


# ---- Events, commands, the rest


def test_an_event_hints_at_a_code_and_keeps_no_pin():
    hint = hint_of(body("events_list")["events"][0])

    assert hint == SeamHint(
        event_id="22222222-0000-4000-8000-000000000001",
        event_type="access_code.set_on_device",
        device_remote_id=LOCK,
        code_remote_id=CODE,
        connected_account_id="cac74c00-0000-4000-8000-000000000002",
        occurred_at=datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 10, 0, 31, 120_000, tzinfo=UTC),
    )


def test_an_opening_says_how_the_door_was_opened():
    hint = hint_of(body("events_list")["events"][3])

    assert (hint.event_type, hint.method) == ("lock.unlocked", "keycode")


@pytest.mark.parametrize("raw", found("event") + found("events"))
def test_every_recorded_event_is_a_hint(raw):
    hint = hint_of(raw)

    assert (hint.event_id, hint.event_type) == (raw["event_id"], raw["event_type"])
    assert (hint.device_remote_id, hint.code_remote_id) == (
        raw.get("device_id"),
        raw.get("access_code_id"),
    )


@pytest.mark.parametrize("raw", [None, {}, {"event_id": "e"}, {"event_type": "t"}, [1]])
def test_what_is_no_event_hints_at_nothing(raw):
    assert hint_of(raw) is None


def test_how_a_command_goes():
    pending = attempt_of(body("locks_unlock_door_pending")["action_attempt"])
    done = attempt_of(body("action_attempts_get_success")["action_attempt"])
    failed = attempt_of(body("action_attempts_get_error")["action_attempt"])
    remote_id = "11111111-2222-3333-4444-555555555555"

    assert pending == SeamAttempt(remote_id, "UNLOCK_DOOR", "pending")
    assert done == SeamAttempt(remote_id, "UNLOCK_DOOR", "success", is_confirmed=True)
    assert failed == SeamAttempt(
        remote_id,
        "UNLOCK_DOOR",
        "error",
        error_type="uncategorized_error",
        sentence="The lock did not answer.",
    )


@pytest.mark.parametrize("raw", [None, {}, {"action_attempt_id": "a", "status": "odd"}])
def test_a_command_without_a_state_is_none(raw):
    assert attempt_of(raw) is None


def test_a_workspace():
    assert workspace_of(body("workspaces_get")["workspace"]) == SeamWorkspace(
        WORKSPACE, "Seaside Apartments", "Seaside Apartments"
    )
    assert workspace_of(body("sparse_workspaces_get")["workspace"]).is_sandbox is True
    assert workspace_of({"name": "Nobody's"}) is None


def test_a_webhook_and_its_secret():
    webhook = webhook_of(body("webhooks_create")["webhook"])

    assert webhook == SeamWebhook(
        remote_id="33333333-0000-4000-8000-000000000001",
        url="https://hooks.example.com/seam",
        event_types=("*",),
        secret=Pin("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert "whsec_" not in repr(webhook)
    assert webhook_of({"webhook_id": "w"}) is None
