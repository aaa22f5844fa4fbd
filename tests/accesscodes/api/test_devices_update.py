"""`/devices/update`, `/access_codes/report_device_constraints`: what partners change of a lock."""

import pytest

from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.partners.models import Scope
from properties.choices import Fault
from properties.models import Device
from properties.providers.virtual.people import add_foreign_code, switch_fault
from properties.sync import mirror_removal
from tests.accesscodes.world import World
from tests.api import UNKNOWN, Partner, error

OK = (200, {"ok": True})
ALONE = ("Delete what is there and wait until it is gone; spare codes go when "
         "backup_access_code_pool_enabled is set to false.")  # fmt: skip
HELD = "on this lock, on the way to it, or about to be taken off it."


def told(after=0):
    rows = Event.objects.filter(pk__gt=after).order_by("pk")
    return [(event.event_type, event.payload) for event in rows]


def last_event():
    return Event.objects.latest("pk").pk


def noted():
    entry = AuditEntry.objects.latest("pk")
    return (entry.action, entry.actor_kind, entry.detail)


def refused(message, field):
    return 400, error("invalid_input", message, **{field: [message]})


# ---- The name ----


def test_a_name_is_shown_told_and_taken_back(partner, world, lock):
    start = last_event()

    given = partner.send(
        "PATCH", "/devices/update", f'{{"device_id": "{lock}", "name": " Sea  1"}}'
    )
    shown = partner.post("/devices/get", device_id=lock)[1]["device"]
    noted_then = noted()
    again = partner.post("/devices/update", device_id=lock, properties={"name": "Sea 1"})
    back = partner.post("/devices/update", device_id=lock, name=None)
    reported = partner.post("/devices/get", device_id=lock)[1]["device"]

    assert given == again == back == OK
    assert (shown["display_name"], shown["nickname"]) == ("Sea 1", "Sea 1")
    assert "nickname" not in reported
    assert told(start) == [
        ("device.name_changed", {"device_name": "Sea 1"}),
        ("device.name_changed", {"device_name": reported["display_name"]}),
    ]
    assert noted_then == (
        "device.rename",
        "key",
        {"from": {"name": reported["display_name"]}, "to": {"name": "Sea 1"}},
    )


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"name": "x" * 101}, "name", "At most 100 characters."),
        ({"name": 7}, "name", "Expected text, received a number."),
        ({"properties": "x"}, "properties", "Expected an object, received text."),
        ({"is_managed": "no"}, "is_managed", "Expected true or false, received text."),
        ({"custom_metadata": {"a": 1}}, "custom_metadata",
         "Expected text, true, false or null under every key."),
        ({"custom_metadata": {"k" * 41: "1"}}, "custom_metadata",
         "Keys have at most 40 letters."),
        ({"custom_metadata": {"k": "1" * 501}}, "custom_metadata",
         "Texts have at most 500 letters."),
        ({"custom_metadata": {f"k{n}": "1" for n in range(51)}}, "custom_metadata",
         "There is room for 50 keys."),
    ],
)  # fmt: skip
def test_what_is_no_change_of_a_lock_is_refused_and_nothing_is_kept(
    partner, world, lock, sent, field, message
):
    before = Device.objects.values().get()

    status, body = partner.post("/devices/update", device_id=lock, **{"name": "New", **sent})

    prefix = "" if body["error"]["message"] == message else f"{field}: "
    assert (status, body) == (
        400,
        error("invalid_input", f"{prefix}{message}", **{field: [message]}),
    )
    assert Device.objects.values().get() == before


def test_a_nested_mistake_is_named_where_it_is(partner, lock):
    status, body = partner.post("/devices/update", device_id=lock, properties={"name": 7})

    assert status == 400
    assert body["error"]["validation_errors"] == {
        "_errors": [],
        "properties": {
            "_errors": [],
            "name": {"_errors": ["Expected text, received a number."]},
        },
    }


# ---- Metadata ----


def test_metadata_is_merged_and_null_removes_a_key(partner, lock):
    first = {"floor": "1", "is_suite": True, "wing": "east"}

    partner.post("/devices/update", device_id=lock, custom_metadata=first)
    answer = partner.post(
        "/devices/update", device_id=lock, custom_metadata={"floor": "2", "wing": None, "no": None}
    )

    assert answer == OK
    device = partner.post("/devices/get", device_id=lock)[1]["device"]
    assert device["custom_metadata"] == {"floor": "2", "is_suite": True}
    assert noted() == ("device.set_metadata", "key", {"keys": ["floor", "no", "wing"]})
    found = partner.post("/devices/list", custom_metadata_has={"floor": "2"})[1]["devices"]
    assert found == [device]


# ---- Spare codes ----


def test_spare_codes_are_switched_on_and_off(partner, world, lock):
    on = partner.post("/devices/update", device_id=lock, backup_access_code_pool_enabled=True)
    world.run(minutes=1)
    kept = AccessCode.objects.spares().count()
    is_on = partner.post("/devices/get", device_id=lock)[1]["device"]["properties"]
    off = partner.post("/devices/update", device_id=lock, backup_access_code_pool_enabled=False)
    world.run(minutes=3)

    assert (on, off) == (OK, OK)
    assert kept > 0
    assert is_on["backup_access_code_pool_enabled"] is True
    assert world.on_lock() == set()
    is_off = partner.post("/devices/get", device_id=lock)[1]["device"]["properties"]
    assert is_off["backup_access_code_pool_enabled"] is False


def test_a_lock_that_keeps_no_spare_codes_says_so(clock, world):
    salto = World("salto", clock=clock)
    lock = str(salto.device().uid)

    answer = Partner().post(
        "/devices/update", device_id=lock, backup_access_code_pool_enabled=True
    )

    assert answer == refused("This lock keeps no backup codes.", "backup_access_code_pool_enabled")


# ---- Managed or not ----


def test_a_lock_that_holds_nothing_of_ours_is_left_alone(partner, world, lock):
    start = last_event()

    answer = partner.post("/devices/update", device_id=lock, is_managed=False)

    assert answer == OK
    assert told(start) == [("device.converted_to_unmanaged", {})]
    assert noted() == ("device.stop_managing", "key", {})
    assert partner.post("/devices/get", device_id=lock)[0] == 404
    assert partner.post("/devices/unmanaged/get", device_id=lock)[0] == 200
    assert partner.post("/access_codes/create", device_id=lock) == (
        404,
        error("device_not_found", "There is no such device."),
    )
    Device.objects.poke(world.now)
    assert world.work() == 0


def test_a_lock_with_a_code_of_ours_stays_managed_until_the_code_is_gone(partner, world, lock):
    _, made = partner.post("/access_codes/create", device_id=lock, code="482915")
    code_id = made["access_code"]["access_code_id"]
    on_its_way = partner.post("/devices/update", device_id=lock, is_managed=False, name="New")
    world.run(minutes=1)
    on_the_lock = partner.post("/devices/update", device_id=lock, is_managed=False)
    partner.post("/access_codes/delete", access_code_id=code_id)
    being_removed = partner.post("/devices/update", device_id=lock, is_managed=False)
    world.run(minutes=1)

    sentence = f"1 access code is {HELD} {ALONE}"
    assert on_its_way == on_the_lock == being_removed == refused(sentence, "is_managed")
    assert Device.objects.get().nickname == ""
    assert world.on_lock() == set()
    assert partner.post("/devices/update", device_id=lock, is_managed=False) == OK


def test_a_code_of_others_that_shall_go_counts_and_one_that_may_stay_does_not(
    partner, world, lock
):
    add_foreign_code(world.locks[0], Pin("735162"), "Cleaner", now=world.now)
    add_foreign_code(world.locks[0], Pin("481599"), "Owner", now=world.now)
    world.run(seconds=1)
    _, listed = partner.post("/access_codes/unmanaged/list", device_id=lock)
    unwanted = listed["access_codes"][0]["access_code_id"]
    partner.post("/access_codes/unmanaged/delete", access_code_id=unwanted)

    while_it_is_there = partner.post("/devices/update", device_id=lock, is_managed=False)
    world.run(minutes=1)

    assert while_it_is_there == refused(f"1 access code is {HELD} {ALONE}", "is_managed")
    assert world.on_lock() == {"481599"}
    assert partner.post("/devices/update", device_id=lock, is_managed=False) == OK


def test_offline_codes_end_by_themselves_and_keep_no_lock_managed(clock, world):
    igloo = World("igloohome", clock=clock)
    lock, partner = str(igloo.device().uid), Partner()
    window = {"starts_at": "2026-11-24T10:00:00Z", "ends_at": "2026-11-25T10:00:00Z"}
    partner.post("/access_codes/create", device_id=lock, is_offline_access_code=True, **window)
    before_its_pin_is_known = partner.post("/devices/update", device_id=lock, is_managed=False)
    igloo.run(minutes=1)

    assert before_its_pin_is_known[0] == 400
    assert partner.post("/devices/update", device_id=lock, is_managed=False) == OK


def test_a_lock_that_is_out_of_its_account_may_be_left_alone_and_comes_back_with_its_codes(
    partner, world, lock
):
    _, made = partner.post("/access_codes/create", device_id=lock, code="482915")
    code_id = made["access_code"]["access_code_id"]
    world.run(minutes=1)
    switch_fault(world.locks[0], Fault.REMOVED, True, now=world.now)
    mirror_removal(world.device(), world.now)

    left = partner.post("/devices/update", device_id=lock, is_managed=False)
    unseen = partner.post("/access_codes/get", access_code_id=code_id)[0]
    switch_fault(world.locks[0], Fault.REMOVED, False, now=world.now)
    world.refresh()
    partner.post("/devices/unmanaged/update", device_id=lock, is_managed=True)
    world.run(minutes=1)

    assert (left, unseen) == (OK, 404)
    code = partner.post("/access_codes/get", access_code_id=code_id)[1]["access_code"]
    assert (code["status"], code["errors"]) == ("set", [])


def test_a_key_that_may_only_read_changes_nothing(world, lock):
    reader = Partner(world.property, scope=Scope.READ)

    for path, params in (
        ("/devices/update", {"name": "New"}),
        ("/access_codes/report_device_constraints", {"supported_code_lengths": [6]}),
    ):
        assert reader.post(path, device_id=lock, **params) == (
            403,
            error("forbidden", "This API key may read and not change anything."),
        )


# ---- Lengths of PINs ----


def report(partner, lock, **params):
    return partner.post("/access_codes/report_device_constraints", device_id=lock, **params)


def lengths(partner, lock):
    device = partner.post("/devices/get", device_id=lock)[1]["device"]
    return device["properties"]["supported_code_lengths"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"supported_code_lengths": [7, 6, 7]}, [6, 7]),
        ({"min_code_length": 5, "max_code_length": 7}, [5, 6, 7]),
        ({"max_code_length": 5}, [4, 5]),
    ],
)
def test_what_a_partner_says_of_lengths_counts_more_than_what_the_lock_reports(
    partner, world, lock, sent, expected
):
    assert lengths(partner, lock) == [4, 5, 6, 7, 8]

    assert report(partner, lock, **sent) == OK

    assert lengths(partner, lock) == expected
    world.clock.move(hours=1)
    world.refresh()
    assert lengths(partner, lock) == expected
    assert noted() == ("device.report_code_lengths", "key", {"lengths": expected})


def test_new_codes_obey_the_lengths(partner, lock):
    report(partner, lock, supported_code_lengths=[7])

    status, _ = partner.post("/access_codes/create", device_id=lock, code="482915")
    _, drawn = partner.post("/access_codes/create", device_id=lock)

    assert status == 400
    assert len(drawn["access_code"]["code"]) == 7


TWO_FORMS = "Send supported_code_lengths, or min_code_length and max_code_length."


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({}, "_errors", TWO_FORMS),
        ({"supported_code_lengths": [6], "min_code_length": 4}, "_errors", TWO_FORMS),
        ({"supported_code_lengths": []}, "supported_code_lengths", "Name at least one length."),
        ({"supported_code_lengths": [21]}, "supported_code_lengths", "The most is 20."),
        ({"min_code_length": 3}, "min_code_length", "The least is 4."),
        ({"min_code_length": 7, "max_code_length": 5}, "max_code_length",
         "Less than min_code_length."),
        ({"min_code_length": 13}, "min_code_length", "Locksite takes PINs of 4 to 12 digits."),
    ],
)  # fmt: skip
def test_what_is_no_length_is_refused(partner, lock, sent, field, message):
    status, body = report(partner, lock, **sent)

    assert status == 400
    assert body["error"]["message"] in {message, f"{field}: {message}"}
    found = body["error"]["validation_errors"]
    assert (found["_errors"] if field == "_errors" else found[field]["_errors"]) == [message]
    assert lengths(partner, lock) == [4, 5, 6, 7, 8]


def test_an_unknown_lock_is_not_found(partner):
    for path, params in (
        ("/devices/update", {"name": "New"}),
        ("/access_codes/report_device_constraints", {"supported_code_lengths": [6]}),
    ):
        assert partner.post(path, device_id=UNKNOWN, **params) == (
            404,
            error("device_not_found", "There is no such device."),
        )


def test_a_code_that_comes_while_a_lock_is_given_up_is_refused(partner, world, lock):
    """The lock was managed when the code was asked for, and not any more when it is written."""
    device = world.device()
    partner.post("/devices/update", device_id=lock, is_managed=False)

    with pytest.raises(RuleBroken, match="There is no such device"):
        issue_code(device, CodeSpec(name="Late"), actor=world.actor, now=world.now)
