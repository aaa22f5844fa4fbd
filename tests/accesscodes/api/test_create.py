"""`/access_codes/create`: whole bodies, and everything that is refused."""

import pytest

from accesscodes.models import AccessCode, ActionAttempt
from locksite.journal.models import Event
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from tests.api import UNKNOWN, error
from tests.factories import DeviceFactory

WORKSPACE = "10c45173-0000-4000-8000-000000000001"


def test_an_ongoing_code(partner, lock):
    status, body = partner.post(
        "/access_codes/create", device_id=lock, name="my ongoing code", code="1234"
    )

    assert status == 200
    assert body == {
        "access_code": {
            "access_code_id": str(AccessCode.objects.get().uid),
            "device_id": lock,
            "workspace_id": WORKSPACE,
            "name": "my ongoing code",
            "code": "1234",
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
            "common_code_key": None,
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


def test_a_time_bound_code(partner, lock):
    status, body = partner.post(
        "/access_codes/create",
        device_id=lock,
        name="my time-bound code",
        code="2345",
        starts_at="2027-01-01T16:00:00Z",
        ends_at="2027-01-22T13:00:00+01:00",
    )

    assert status == 200
    assert body == {
        "access_code": {
            "access_code_id": str(AccessCode.objects.get().uid),
            "device_id": lock,
            "workspace_id": WORKSPACE,
            "name": "my time-bound code",
            "code": "2345",
            "type": "time_bound",
            "status": "unset",
            "display_status": "Scheduled",
            "created_at": "2026-11-23T10:00:00.000Z",
            "errors": [],
            "warnings": [],
            "pending_mutations": [
                {
                    "mutation_code": "deferring_creation",
                    "message": "Waiting until nearer the start.",
                    "created_at": "2026-11-23T10:00:00.000Z",
                    "scheduled_at": "2026-12-29T16:00:00.000Z",
                }
            ],
            "is_managed": True,
            "common_code_key": None,
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
            "starts_at": "2027-01-01T16:00:00.000Z",
            "ends_at": "2027-01-22T12:00:00.000Z",
            "is_scheduled_on_device": False,
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


@pytest.mark.parametrize(("asked", "length"), [(None, 4), (6, 6), (7.0, 7), (99, 4), (0, 4)])
def test_a_pin_is_drawn_in_the_length_asked_for_if_the_lock_takes_it(partner, lock, asked, length):
    _, body = partner.post("/access_codes/create", device_id=lock, preferred_code_length=asked)

    assert len(body["access_code"]["code"]) == length
    assert body["access_code"]["name"] == "Access code"


def test_a_pin_keeps_its_leading_zeros(partner, lock):
    _, body = partner.post("/access_codes/create", device_id=lock, code="00482")

    assert body["access_code"]["code"] == "00482"


def test_options_are_kept_and_older_names_mean_the_same(partner, lock):
    _, newer = partner.post(
        "/access_codes/create",
        device_id=lock,
        is_external_modification_allowed=True,
        prefer_native_scheduling=False,
        common_code_key="family",
        attempt_for_offline_device=True,
        max_time_rounding="1h",
        sync=True,
    )
    _, older = partner.post(
        "/access_codes/create", device_id=lock, allow_external_modification=True
    )

    code = AccessCode.objects.order_by("id")[0]
    assert newer["access_code"]["is_external_modification_allowed"] is True
    assert newer["access_code"]["common_code_key"] == "family"
    assert code.prefer_native_scheduling is False
    assert older["access_code"]["is_external_modification_allowed"] is True


def test_null_means_the_same_as_leaving_out(partner, lock):
    status, body = partner.post(
        "/access_codes/create",
        device_id=lock,
        name=None,
        code=None,
        starts_at=None,
        ends_at=None,
        preferred_code_length=None,
        common_code_key=None,
        is_offline_access_code=None,
    )

    assert (status, body["access_code"]["type"]) == (200, "ongoing")


HALF = "Both starts_at and ends_at must be provided if one is"


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({"device_id": None}, {"device_id": ["Required."]}),
        ({"code": 1234}, {"code": ["Expected text, received a number."]}),
        ({"code": "12"}, {"code": ["Use 4 to 12 digits."]}),
        ({"code": "12three"}, {"code": ["Use 4 to 12 digits."]}),
        ({"code": ""}, {"code": ["Use 4 to 12 digits."]}),
        ({"starts_at": "soon"}, {"starts_at": ["Expected a time such as 2027-01-31T15:00:00Z."]}),
        ({"name": 7}, {"name": ["Expected text, received a number."]}),
        ({"name": "x" * 201}, {"name": ["At most 200 characters."]}),
        (
            {"is_one_time_use": "yes"},
            {"is_one_time_use": ["Expected true or false, received text."]},
        ),
        (
            {"max_time_rounding": "2h"},
            {"max_time_rounding": ["Expected one of: 1hour, 1day, 1h, 1d."]},
        ),
    ],
)
def test_a_parameter_of_the_wrong_shape_is_refused(partner, lock, params, fields):
    given = {"device_id": lock, **params}

    [(name, [message])] = fields.items()
    assert partner.post("/access_codes/create", **given) == (
        400,
        error("invalid_input", f"{name}: {message}", **fields),
    )
    assert not AccessCode.objects.exists()


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({"starts_at": "2027-01-01T16:00:00Z"}, "_errors", HALF),
        ({"ends_at": "2027-01-01T16:00:00Z"}, "_errors", HALF),
        (
            {"starts_at": "2027-01-02T16:00:00Z", "ends_at": "2027-01-01T16:00:00Z"},
            "ends_at",
            "End must be after start.",
        ),
        (
            {"starts_at": "2027-01-01T16:00:00Z", "ends_at": "2027-01-01T16:00:00Z"},
            "ends_at",
            "End must be after start.",
        ),
        (
            {"starts_at": "2025-01-01T16:00:00Z", "ends_at": "2025-01-22T12:00:00Z"},
            "ends_at",
            "End is already past.",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_under_its_name(partner, lock, params, field, message):
    status, body = partner.post("/access_codes/create", device_id=lock, **params)

    assert status == 400
    assert body == error("invalid_input", message, **{field: [message]})
    assert not AccessCode.objects.exists()
    assert not ActionAttempt.objects.exists()


@pytest.mark.parametrize("name", ["is_offline_access_code", "use_offline_access_code"])
def test_an_offline_code_on_a_lock_that_computes_none_is_refused(partner, lock, name):
    status, body = partner.post("/access_codes/create", device_id=lock, **{name: True})

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    assert list(body["error"]["validation_errors"]) == ["_errors", "device_id"]


def test_a_pin_of_a_length_that_the_lock_does_not_take_is_refused(partner, lock):
    status, body = partner.post("/access_codes/create", device_id=lock, code="123456789")

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    assert list(body["error"]["validation_errors"]) == ["_errors", "code"]
    assert "123456789" not in str(body)


def test_the_same_pin_twice_at_one_time_is_refused_without_naming_it(partner, lock):
    partner.post("/access_codes/create", device_id=lock, code="482915")

    again = partner.post("/access_codes/create", device_id=lock, code="482915", name="again")

    assert again == (409, error("duplicate_access_code", "This PIN is in use on this lock."))


def test_the_same_pin_one_stay_after_the_other_is_accepted(partner, lock):
    for starts, ends in (("01", "03"), ("03", "05")):
        status, _ = partner.post(
            "/access_codes/create",
            device_id=lock,
            code="482915",
            starts_at=f"2027-01-{starts}T15:00:00Z",
            ends_at=f"2027-01-{ends}T15:00:00Z",
        )
        assert status == 200


def test_a_lock_that_cannot_take_codes_refuses_with_the_reason(world, partner, lock):
    Device.objects.update(flags={"can_program_online_access_codes": False})

    status, body = partner.post("/access_codes/create", device_id=lock)

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    [reason] = body["error"]["validation_errors"]["device_id"]["_errors"]
    assert reason
    assert body["error"]["message"] == reason


def test_an_offline_lock_takes_the_code_unless_the_caller_says_not(world, partner, lock):
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    world.refresh()

    status, body = partner.post("/access_codes/create", device_id=lock)
    refused, refusal = partner.post(
        "/access_codes/create", device_id=lock, attempt_for_offline_device=False
    )

    assert (status, body["access_code"]["status"]) == (200, "setting")
    assert [each["error_code"] for each in body["access_code"]["errors"]] == [
        "device_disconnected"
    ]
    assert refused == 400
    assert refusal["error"]["validation_errors"]["device_id"]["_errors"] == [
        "The lock is offline."
    ]


def test_a_lock_out_of_reach_answers_exactly_like_one_that_does_not_exist(world, partner):
    foreign = DeviceFactory()

    unknown = partner.post("/access_codes/create", device_id=UNKNOWN)

    assert unknown == (404, error("device_not_found", "There is no such device."))
    assert partner.post("/access_codes/create", device_id=str(foreign.uid)) == unknown
    assert not AccessCode.objects.exists()


def test_everything_is_written_together_or_not_at_all(world, partner, lock, monkeypatch):
    def fail(**_):
        raise RuntimeError

    monkeypatch.setattr(ActionAttempt.objects, "create", fail)

    status, _ = partner.post("/access_codes/create", device_id=lock, code="482915")

    assert status == 500
    assert not AccessCode.objects.exists()
    assert not Event.objects.filter(event_type__startswith="access_code.").exists()
