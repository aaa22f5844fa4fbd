"""Reading, listing, changing and deleting codes, and asking after attempts."""

from datetime import timedelta

import pytest

from accesscodes.models import AccessCode, ActionAttempt
from properties.models import Device
from tests.api import UNKNOWN, Partner, error
from tests.factories import AccessCodeFactory

NO_CODE = (404, error("access_code_not_found", "There is no such access code."))
NO_PAGES = {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}


def create(partner, lock, **params):
    status, body = partner.post("/access_codes/create", device_id=lock, **params)
    assert status == 200, body
    return body["access_code"]["access_code_id"]


def get(partner, code_id):
    status, body = partner.post("/access_codes/get", access_code_id=code_id)
    assert status == 200, body
    return body["access_code"]


def delete(partner, code_id):
    return partner.send("DELETE", f"/access_codes/delete?access_code_id={code_id}&_strict=true")


def stay(world, starts_in, lasts):
    starts_at = world.now + starts_in
    return {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + lasts).isoformat(),
    }


# ---- get ----


def test_access_codes_get(world, partner, lock):
    code_id = create(partner, lock, name="my ongoing code", code="1234")
    world.run(minutes=1)

    assert partner.get("/access_codes/get", f"access_code_id={code_id}&_strict=true") == (
        200,
        {
            "access_code": {
                "access_code_id": code_id,
                "device_id": lock,
                "workspace_id": "10c45173-0000-4000-8000-000000000001",
                "name": "my ongoing code",
                "code": "1234",
                "type": "ongoing",
                "status": "set",
                "display_status": "Active",
                "created_at": "2026-11-23T10:00:00.000Z",
                "errors": [],
                "warnings": [],
                "pending_mutations": [],
                "is_managed": True,
                "common_code_key": None,
                "is_external_modification_allowed": False,
                "is_offline_access_code": False,
                "is_one_time_use": False,
                "is_backup_access_code_available": False,
                "pulled_backup_access_code_id": None,
                "confidence": {
                    "about": "presence",
                    "level": "read_back",
                    "means": "Read back from the lock, PIN included.",
                    "at": "2026-11-23T10:00:00.000Z",
                },
            },
            "ok": True,
        },
    )


def test_a_code_is_found_by_lock_and_pin(partner, lock):
    code_id = create(partner, lock, code="482915")
    create(partner, lock, code="482916")

    by_post = partner.post("/access_codes/get", device_id=lock, code="482915")
    by_query = partner.get("/access_codes/get", f"code=482915&device_id={lock}&_strict=true")

    assert by_post[1]["access_code"]["access_code_id"] == code_id
    assert by_query == by_post
    assert partner.post("/access_codes/get", device_id=lock, code="482917") == NO_CODE


def test_of_two_stays_with_one_pin_the_earlier_is_found(world, partner, lock):
    day = timedelta(days=1)
    later = create(partner, lock, code="482915", **stay(world, 5 * day, day))
    earlier = create(partner, lock, code="482915", **stay(world, 2 * day, day))

    _, body = partner.post("/access_codes/get", device_id=lock, code="482915")

    assert body["access_code"]["access_code_id"] == earlier != later


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "Send access_code_id, or device_id and code."),
        (("device_id",), "Send access_code_id, or device_id and code."),
        (("code",), "Send access_code_id, or device_id and code."),
        (("access_code_id", "code"), "Send access_code_id or code, not both."),
        (("access_code_id", "device_id", "code"), "Send access_code_id or code, not both."),
    ],
)
def test_a_request_that_names_no_code_or_two_is_refused(partner, lock, names, message):
    given = {"access_code_id": UNKNOWN, "device_id": lock, "code": "482915"}

    answer = partner.post("/access_codes/get", **{name: given[name] for name in names})

    assert answer == (400, error("invalid_input", message, _errors=[message]))


def test_a_code_with_problems(world, partner, lock):
    code_id = create(partner, lock, code="482915")
    AccessCode.objects.update(
        errors=[
            {
                "error_code": "duplicate_code_on_device",
                "message": "Another code on the lock already uses this PIN.",
                "is_access_code_error": True,
                "created_at": "2026-11-23T10:01:00.000Z",
            }
        ],
        warnings=[
            {
                "warning_code": "delay_in_setting_on_device",
                "message": "This is taking longer than usual. We keep trying.",
                "created_at": "2026-11-23T10:10:00.000Z",
            }
        ],
    )
    offline = {
        "error_code": "device_disconnected",
        "message": "The lock is offline.",
        "is_device_error": True,
        "created_at": "2026-11-23T09:00:00.000Z",
    }
    Device.objects.update(errors=[offline])

    code = get(partner, code_id)

    assert code["errors"] == [
        {
            "error_code": "duplicate_code_on_device",
            "message": "Another code on the lock already uses this PIN.",
            "is_access_code_error": True,
            "created_at": "2026-11-23T10:01:00.000Z",
        },
        offline,
    ]
    assert code["warnings"] == [
        {
            "warning_code": "delay_in_setting_on_device",
            "message": "This is taking longer than usual. We keep trying.",
            "created_at": "2026-11-23T10:10:00.000Z",
        }
    ]


def test_a_code_whose_pin_the_maker_has_not_chosen_yet(world, partner, lock):
    code = AccessCodeFactory(device=world.device(), digits="")

    shown = get(partner, str(code.uid))

    assert shown["code"] is None
    assert shown["is_waiting_for_code_assignment"] is True


def test_a_code_on_its_way_through_a_stay(world, partner, lock):
    code_id = create(
        partner, lock, code="482915", **stay(world, timedelta(days=4), timedelta(days=2))
    )

    seen = [get(partner, code_id)]
    for days in (1, 3):
        world.clock.move(days=days)
        world.run(minutes=1)
        seen.append(get(partner, code_id))
    world.clock.move(days=2)
    world.run(minutes=1)

    assert [(each["status"], each["is_scheduled_on_device"]) for each in seen] == [
        ("unset", False),
        ("unset", True),
        ("set", False),
    ]
    assert [each["display_status"] for each in seen] == ["Scheduled", "Scheduled", "Active"]
    assert [len(each["pending_mutations"]) for each in seen] == [1, 0, 0]
    assert partner.post("/access_codes/get", access_code_id=code_id) == NO_CODE


# ---- list ----


def test_access_codes_list(world, partner, lock):
    ongoing = create(partner, lock, name="ongoing", code="1234")
    world.clock.move(seconds=1)
    dated = create(
        partner, lock, name="dated", **stay(world, timedelta(days=9), timedelta(days=1))
    )

    status, body = partner.get("/access_codes/list", f"device_id={lock}&_strict=true")

    assert (status, body) == (
        200,
        {
            "access_codes": [get(partner, ongoing), get(partner, dated)],
            "pagination": NO_PAGES,
            "ok": True,
        },
    )


def test_lists_are_filtered(world, partner, lock):
    one = create(partner, lock, name="Lena Okafor", code="482915")
    two = create(partner, lock, name="Mara", code="482916")
    AccessCodeFactory(device=world.device(), status="gone", gone_at=world.now, digits="77331")

    def listed(**params):
        _, body = partner.post("/access_codes/list", **params)
        return [each["access_code_id"] for each in body["access_codes"]]

    assert listed() == [one, two]
    assert listed(device_id=UNKNOWN) == []
    assert listed(access_code_ids=[two, "zzz"]) == [two]
    assert listed(access_code_ids=[]) == []
    assert listed(search="okaf") == [one]
    assert listed(search=two[:13]) == [two]
    assert listed(search="482915") == [one]
    assert listed(search="48291") == []
    assert listed(search="77331") == []
    assert listed(customer_key="guest") == []
    assert listed(access_grant_id=UNKNOWN) == []


def test_codes_come_in_pages(world, partner, lock):
    codes = [create(partner, lock, name=f"Guest {n}") for n in range(5)]

    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        _, body = partner.post("/access_codes/list", device_id=lock, limit=2, **cursor)
        seen += [each["access_code_id"] for each in body["access_codes"]]
        cursor = {"page_cursor": body["pagination"]["next_page_cursor"]}

    assert seen == codes
    assert body["pagination"] == NO_PAGES


def test_a_search_never_comes_back_in_an_address(partner, lock):
    for name in ("Guest 482915", "Guest 482915 b"):
        create(partner, lock, name=name)

    _, body = partner.post("/access_codes/list", search="482915", limit=1)

    assert body["pagination"]["has_next_page"] is True
    assert body["pagination"]["next_page_url"] is None
    assert "482915" not in body["pagination"]["next_page_cursor"]


def test_reading_costs_the_same_however_many_there_are(
    world, partner, lock, django_assert_num_queries
):
    first = create(partner, lock)
    for _ in range(9):
        create(partner, lock)
    world.run(minutes=2)

    with django_assert_num_queries(4):  # the key, its properties, codes with locks, entries
        assert len(partner.post("/access_codes/list")[1]["access_codes"]) == 10
    with django_assert_num_queries(4):
        get(partner, first)
    with django_assert_num_queries(3):
        assert partner.post("/events/list", since="2026-01-01")[1]["events"]


# ---- update ----


def test_access_codes_update(world, partner, lock):
    code_id = create(partner, lock, name="before", code="482915")
    world.run(minutes=1)

    status, body = partner.send(
        "PATCH",
        "/access_codes/update",
        f'{{"access_code_id": "{code_id}", "name": "after", "code": "593026"}}',
    )

    attempt = ActionAttempt.objects.get(action_type="UPDATE_ACCESS_CODE")
    assert (status, body) == (
        200,
        {
            "action_attempt": {
                "action_attempt_id": str(attempt.uid),
                "action_type": "UPDATE_ACCESS_CODE",
                "status": "pending",
                "result": None,
                "error": None,
            },
            "ok": True,
        },
    )
    changed = get(partner, code_id)
    assert (changed["name"], changed["code"], changed["status"]) == ("after", "593026", "setting")
    since = "2026-11-23T10:01:00.000Z"
    assert changed["pending_mutations"] == [
        {
            "mutation_code": "updating_code",
            "message": "Changing the PIN on the lock.",
            "created_at": since,
            "from": {"code": "482915"},
            "to": {"code": "593026"},
        },
        {
            "mutation_code": "updating_name",
            "message": "Changing the name on the lock.",
            "created_at": since,
            "from": {"name": "before"},
            "to": {"name": "after"},
        },
    ]

    world.run(minutes=1)

    assert get(partner, code_id)["pending_mutations"] == []
    assert world.on_lock() == {"593026"}


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "POST"])
def test_update_is_served_on_the_verbs_of_all_sdks(partner, lock, verb):
    code_id = create(partner, lock)

    status, _ = partner.send(
        verb, "/access_codes/update", f'{{"access_code_id": "{code_id}", "name": "new"}}'
    )

    assert (status, get(partner, code_id)["name"]) == (200, "new")


def test_an_ongoing_code_gets_dates_and_loses_them_again(world, partner, lock):
    code_id = create(partner, lock, code="482915")
    dates = stay(world, timedelta(days=1), timedelta(days=1))

    partner.post("/access_codes/update", access_code_id=code_id, **dates)
    dated = get(partner, code_id)
    partner.post("/access_codes/update", access_code_id=code_id, type="ongoing")
    ongoing = get(partner, code_id)
    partner.post("/access_codes/update", access_code_id=code_id, type="time_bound", **dates)
    partner.post("/access_codes/update", access_code_id=code_id, starts_at=None, ends_at=None)
    again = get(partner, code_id)

    assert (dated["type"], dated["starts_at"], dated["ends_at"]) == (
        "time_bound",
        "2026-11-24T10:00:00.000Z",
        "2026-11-25T10:00:00.000Z",
    )
    for code in (ongoing, again):
        assert code["type"] == "ongoing"
        assert code.keys().isdisjoint({"starts_at", "ends_at", "is_scheduled_on_device"})


def test_one_end_of_a_stay_can_be_moved_alone(world, partner, lock):
    code_id = create(partner, lock, **stay(world, timedelta(days=1), timedelta(days=1)))

    partner.post("/access_codes/update", access_code_id=code_id, ends_at="2026-11-27T10:00:00Z")

    code = get(partner, code_id)
    assert (code["starts_at"], code["ends_at"]) == (
        "2026-11-24T10:00:00.000Z",
        "2026-11-27T10:00:00.000Z",
    )


@pytest.mark.parametrize(
    "params",
    [
        {"access_code_id": None},
        {"type": "time_bound"},
        {"type": "weekly"},
        {"type": "ongoing", "starts_at": "2027-01-01", "ends_at": "2027-01-02"},
        {"starts_at": "2027-01-01"},
        {"starts_at": None, "ends_at": "2027-01-02"},
        {"is_managed": False},
        {"is_offline_access_code": True},
        {"is_one_time_use": True},
        {"code": 482915},
        {"code": "123456789"},
    ],
)
def test_changes_that_make_no_sense_are_refused(partner, lock, params):
    code_id = create(partner, lock)
    before = get(partner, code_id)

    status, body = partner.post("/access_codes/update", **{"access_code_id": code_id, **params})

    assert (status, body["error"]["type"]) == (400, "invalid_input")
    assert get(partner, code_id) == before


def test_a_change_to_a_pin_that_is_in_use_is_refused(partner, lock):
    create(partner, lock, code="482915")
    code_id = create(partner, lock)

    answer = partner.post("/access_codes/update", access_code_id=code_id, code="482915")

    assert answer == (409, error("duplicate_access_code", "This PIN is in use on this lock."))


# ---- delete ----


def test_access_codes_delete(world, partner, lock):
    code_id = create(partner, lock)
    world.run(minutes=1)

    status, body = delete(partner, code_id)

    attempt = ActionAttempt.objects.get(action_type="DELETE_ACCESS_CODE")
    assert (status, body) == (
        200,
        {
            "action_attempt": {
                "action_attempt_id": str(attempt.uid),
                "action_type": "DELETE_ACCESS_CODE",
                "status": "pending",
                "result": None,
                "error": None,
            },
            "ok": True,
        },
    )
    leaving = get(partner, code_id)
    assert leaving["status"] == "removing"
    assert [each["mutation_code"] for each in leaving["pending_mutations"]] == ["deleting"]

    world.run(minutes=1)

    assert world.on_lock() == set()
    assert partner.post("/access_codes/get", access_code_id=code_id) == NO_CODE


def test_a_delete_can_be_repeated_for_ten_minutes_after_the_code_is_gone(world, partner, lock):
    code_id = create(partner, lock)
    world.run(minutes=1)

    first = delete(partner, code_id)
    while_leaving = delete(partner, code_id)
    world.run(minutes=1)
    gone_at = AccessCode.objects.get().gone_at
    assert gone_at is not None
    world.clock.now = gone_at + timedelta(minutes=9, seconds=59)
    still = delete(partner, code_id)
    foreign = delete(Partner(), code_id)
    world.clock.now = gone_at + timedelta(minutes=10)
    too_late = delete(partner, code_id)

    assert first == while_leaving == still
    assert first[0] == 200
    assert foreign == too_late == NO_CODE
    assert ActionAttempt.objects.filter(action_type="DELETE_ACCESS_CODE").count() == 1


def test_a_code_that_was_never_sent_is_gone_at_once(world, partner, lock):
    code_id = create(partner, lock, **stay(world, timedelta(days=9), timedelta(days=1)))

    status, _ = partner.post("/access_codes/delete", access_code_id=code_id)

    assert status == 200
    assert partner.post("/access_codes/get", access_code_id=code_id) == NO_CODE


def test_a_lock_that_is_named_must_be_the_right_one(world, partner, lock):
    code_id = create(partner, lock)

    for path in ("/access_codes/get", "/access_codes/update", "/access_codes/delete"):
        assert partner.post(path, access_code_id=code_id, device_id=UNKNOWN) == NO_CODE
        assert partner.post(path, access_code_id=code_id, device_id=lock)[0] == 200


# ---- generate ----


def test_access_codes_generate_code(partner, lock):
    status, body = partner.get("/access_codes/generate_code", f"device_id={lock}&_strict=true")

    code = body["generated_code"]["code"]
    assert (status, body) == (
        200,
        {"generated_code": {"device_id": lock, "code": code}, "ok": True},
    )
    assert len(code) == 4
    assert code.isdigit()
    assert not AccessCode.objects.exists()


# ---- action attempts ----


def attempt(partner, attempt_id):
    status, body = partner.get("/action_attempts/get", f"action_attempt_id={attempt_id}")
    assert status == 200, body
    return body


def test_action_attempts_get(world, partner, lock):
    _, body = partner.post("/access_codes/create", device_id=lock)
    attempt_id = body["action_attempt"]["action_attempt_id"]
    code_id = body["access_code"]["access_code_id"]
    shared = {"action_attempt_id": attempt_id, "action_type": "CREATE_ACCESS_CODE"}

    pending = attempt(partner, attempt_id)
    world.run(minutes=1)
    done = attempt(partner, attempt_id)
    deletion = delete(partner, code_id)[1]["action_attempt"]["action_attempt_id"]
    leaving = attempt(partner, deletion)
    proven = attempt(partner, attempt_id)
    world.run(minutes=1)
    gone = attempt(partner, deletion)

    assert pending == {
        "action_attempt": {**shared, "status": "pending", "result": None, "error": None},
        "ok": True,
    }
    assert done == {
        "action_attempt": {**shared, "status": "success", "result": {}, "error": None},
        "ok": True,
    }
    assert leaving["action_attempt"]["status"] == "pending"
    assert proven == done  # what has come true stays true
    assert gone["action_attempt"]["status"] == "success"


def test_an_attempt_that_fails_says_why(world, partner, lock):
    AccessCode.objects.all().delete()
    _, body = partner.post("/access_codes/create", device_id=lock)
    AccessCode.objects.update(
        errors=[{"error_code": "failed_to_set_on_device", "message": "The lock refused."}]
    )

    state = attempt(partner, body["action_attempt"]["action_attempt_id"])["action_attempt"]

    assert (state["status"], state["result"], state["error"]) == (
        "error",
        None,
        {"type": "failed_to_set_on_device", "message": "The lock refused."},
    )


def test_a_change_that_may_not_wait_for_an_offline_lock_is_refused(partner, world, lock):
    code_id = create(partner, lock)
    partner.post("/devices/simulate/disconnect", device_id=lock)
    change = {"access_code_id": code_id, "name": "Bea"}

    refused = partner.post("/access_codes/update", attempt_for_offline_device=False, **change)
    name = get(partner, code_id)["name"]
    accepted = partner.post("/access_codes/update", attempt_for_offline_device=True, **change)

    message = "The lock is offline."
    assert refused == (400, error("invalid_input", message, device_id=[message]))
    assert name != "Bea"
    assert accepted[0] == 200
