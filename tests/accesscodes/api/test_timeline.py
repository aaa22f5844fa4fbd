"""`/access_codes/get_timeline`: the life of a code, newest first, in pages by time."""

import pytest

from accesscodes import services, timeline
from accesscodes.models import AccessCode
from locksite.actors import Actor
from properties.choices import Fault
from properties.providers.virtual.people import erase_at_keypad, switch_fault
from tests.api import UNKNOWN, Partner, error
from tests.factories import DeviceFactory

PATH = "/access_codes/get_timeline"


def made(partner, lock, **params):
    answer = partner.post("/access_codes/create", device_id=lock, code="482915", **params)
    return answer[1]["access_code"]["access_code_id"]


def life(partner, code_id, **params):
    status, body = partner.post(PATH, access_code_id=code_id, **params)
    assert status == 200, body
    return body


def types(body):
    return [each["event_type"].rpartition(".")[2] for each in body["timeline_events"]]


def test_the_life_of_a_code_is_told_from_its_issue_to_its_end(partner, world, lock):
    code_id = made(partner, lock)
    world.clock.move(seconds=1)
    world.run(minutes=1)
    partner.post("/access_codes/delete", access_code_id=code_id)
    world.clock.move(seconds=1)
    world.run(minutes=1)

    body = life(partner, code_id)

    assert types(body) == [
        *("deleted", "removed_from_device", "programming_finished", "programming_started"),
        *("mutations_requested", "set_on_device", "programming_finished", "programming_started"),
        *("mutations_requested", "created"),
    ]
    assert body["pagination"] == {"has_more": False, "next_cursor": None, "prev_cursor": None}
    issued = next(each for each in body["timeline_events"] if "created" in each["event_type"])
    event = partner.post("/events/get", event_type="access_code.created")[1]["event"]
    assert issued == {
        "timeline_event_id": event["event_id"],
        "event_type": "access_code.created",
        "occurred_at": "2026-11-23T10:00:00.000Z",
        "description": "The code was issued.",
        "actor": {
            "type": "api_key",
            "id": partner.row.key_id,
            "display_name": partner.row.key_id,
        },
        "related_resource_ids": {"event_id": event["event_id"]},
    }
    asked = next(
        each for each in body["timeline_events"] if each["event_type"] == timeline.STARTED
    )
    assert (asked["description"], asked["actor"], asked["related_resource_ids"]) == (
        "The lock was asked to drop the code.",
        {"type": "system"},
        {},
    )
    assert "482915" not in str(body)


def test_staff_are_not_named_and_what_others_did_at_the_lock_is_theirs(partner, world, lock):
    code_id = made(partner, lock)
    world.run(minutes=1)
    mara = Actor(kind="staff", label="mara", property_ids=None)
    code = AccessCode.objects.get()
    services.change_code(code, services.CodeChanges(name="New"), actor=mara, now=world.now)
    world.clock.move(seconds=1)
    world.run(minutes=1)
    erase_at_keypad(world.locks[0], 1, now=world.now)
    world.run(minutes=6)

    told = {
        each["event_type"]: each["actor"] for each in life(partner, code_id)["timeline_events"]
    }

    assert told["access_code.changed"] == {"type": "console_user"}
    assert told["access_code.deleted_external_to_seam"] == {"type": "external"}
    assert told["access_code.name_changed"] == {"type": "system"}


def test_what_a_lock_answered_is_told(partner, world, lock):
    switch_fault(world.locks[0], Fault.SUBSCRIPTION_REQUIRED, True, now=world.now)
    code_id = made(partner, lock)
    world.run(seconds=10)

    body = life(partner, code_id, event_types=[timeline.FINISHED])

    assert [each["description"] for each in body["timeline_events"]] == ["The lock said no."]


def test_pages_hold_everything_once_and_keep_a_millisecond_together(partner, world, lock):
    code_id = made(partner, lock)
    for number in range(4):
        world.run(minutes=1)
        partner.post("/access_codes/update", access_code_id=code_id, name=f"Name {number}")
    world.run(minutes=1)
    whole = life(partner, code_id)["timeline_events"]

    seen: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        body = life(partner, code_id, limit=3, **cursor)
        seen += body["timeline_events"]
        pages += 1
        assert (body["pagination"]["prev_cursor"] is None) is (pages == 1)
        if not body["pagination"]["has_more"]:
            break
        cursor = {"before": body["pagination"]["next_cursor"]}

    assert pages > 2
    assert seen == whole
    newest = life(partner, code_id, after=body["pagination"]["prev_cursor"])["timeline_events"]
    assert newest == [each for each in whole if each["occurred_at"] > "2026-11-23T10:00:00.000Z"]


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"limit": 201}, "limit", "The most is 200."),
        ({"limit": 0}, "limit", "The least is 1."),
        ({"after": "yesterday"}, "after", "Expected a time such as 2027-01-31T15:00:00Z."),
    ],
)
def test_what_cannot_be_asked_is_refused(partner, lock, sent, field, message):
    code_id = made(partner, lock)

    assert partner.post(PATH, access_code_id=code_id, **sent) == (
        400,
        error("invalid_input", f"{field}: {message}", **{field: [message]}),
    )
    assert partner.post(PATH, access_code_id=code_id, event_types=["x"])[0] == 400
    assert life(partner, code_id, event_types=[])["timeline_events"] == []


def test_an_unknown_code_has_no_life_and_no_key_sees_another_house_s(partner, world, lock):
    code_id = made(partner, lock)
    nothing = (404, error("access_code_not_found", "There is no such access code."))

    assert partner.post(PATH, access_code_id=UNKNOWN) == nothing
    assert Partner(DeviceFactory().property).post(PATH, access_code_id=code_id) == nothing


def test_a_long_life_costs_as_much_as_a_short_one(partner, world, lock, django_assert_num_queries):
    code_id = made(partner, lock)
    world.run(minutes=1)
    with django_assert_num_queries(7):  # key, its houses, code, three sources, who did it
        life(partner, code_id)
    for number in range(4):
        partner.post("/access_codes/update", access_code_id=code_id, name=f"Name {number}")
        world.run(minutes=1)

    with django_assert_num_queries(7):
        life(partner, code_id)
