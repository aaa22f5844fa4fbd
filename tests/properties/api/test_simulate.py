"""`/devices/simulate/…` and `/devices/report_provider_metadata`, with the real engine behind."""

import pytest
from django.utils import timezone

from locksite.journal.models import AuditEntry, Event
from locksite.partners.models import Scope
from properties.models import Device
from tests.accesscodes.world import World
from tests.api import UNKNOWN, Partner, error
from tests.factories import DeviceFactory

OK = (200, {"ok": True})


@pytest.fixture
def partner(db, clock, monkeypatch):
    monkeypatch.setattr(timezone, "now", clock)
    return Partner()


def lock_of(make, clock):
    world = World(make, clock=clock)
    return world, str(world.device().uid)


def told(device_id):
    rows = Event.objects.filter(device_uid=device_id, event_type__startswith="device.")
    return [event.event_type for event in rows.order_by("pk")][2:]  # added, connected


def shown(partner, lock):
    device = partner.post("/devices/get", device_id=lock)[1]["device"]
    errors = [each["error_code"] for each in device["errors"]]
    return device["properties"]["online"], errors, device


@pytest.mark.parametrize(
    ("make", "there", "back", "code"),
    [
        ("schlage", "disconnect", "connect", "device_disconnected"),
        ("ttlock", "disconnect_from_hub", "connect_to_hub", "hub_disconnected"),
    ],
)
def test_a_lock_goes_offline_and_comes_back_and_both_are_seen_at_once(
    partner, clock, make, there, back, code
):
    _, lock = lock_of(make, clock)

    went = partner.post(f"/devices/simulate/{there}", device_id=lock)
    online, errors, away = shown(partner, lock)
    clock.move(minutes=1)
    came = partner.post(f"/devices/simulate/{back}", device_id=lock)

    assert (went, came) == (OK, OK)
    assert (online, errors) == (False, [code])
    assert away["can_program_online_access_codes"] is True
    assert shown(partner, lock)[:2] == (True, [])
    assert told(lock) == ["device.disconnected", "device.connected"]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.detail) == (
        "lock.simulate",
        {"offline" if make == "schlage" else "hub_disconnected": False},
    )


def test_a_paid_plan_ends_and_begins(partner, clock):
    _, lock = lock_of("schlage", clock)
    path = "/devices/simulate/paid_subscription"

    ended = partner.post(path, device_id=lock, is_expired=True)
    _, errors, device = shown(partner, lock)
    begun = partner.post(path, device_id=lock, is_expired=False)

    assert (ended, begun) == (OK, OK)
    assert errors == ["subscription_required"]
    assert device["can_program_online_access_codes"] is False
    assert shown(partner, lock)[1] == []
    assert told(lock) == [
        "device.error.subscription_required",
        "device.error.subscription_required.resolved",
    ]
    assert partner.post(path, device_id=lock)[0] == 400


def test_a_removed_lock_says_so_and_its_codes_are_not_said_to_be_gone(partner, clock):
    world, lock = lock_of("schlage", clock)
    code = partner.post("/access_codes/create", device_id=lock, code="482915")[1]["access_code"]
    world.run(minutes=1)

    answer = partner.post("/devices/simulate/remove", device_id=lock)
    world.run(minutes=1)
    world.refresh()

    online, errors, device = shown(partner, lock)
    assert answer == OK
    assert (online, errors) == (False, ["device_removed"])
    assert {flag for flag, value in device.items() if flag.startswith("can_") and value} == {
        "can_unlock_with_code"
    }
    assert told(lock) == ["device.removed", "device.disconnected"]
    # Whoever took the lock out of the account took no PIN off it.
    assert world.type("482915").opened is True
    still = partner.post("/access_codes/get", access_code_id=code["access_code_id"])[1]
    assert [each["error_code"] for each in still["access_code"]["errors"]] == ["device_removed"]
    assert partner.post("/access_codes/create", device_id=lock)[0] == 400


@pytest.mark.parametrize(
    ("path", "flag"),
    [
        ("connect", "can_simulate_connection"),
        ("connect_to_hub", "can_simulate_hub_connection"),
        ("disconnect_from_hub", "can_simulate_hub_disconnection"),
    ],
)
def test_what_the_flag_does_not_allow_is_refused(partner, clock, path, flag):
    _, lock = lock_of("schlage", clock)
    message = f"The lock's {flag} is not true now."

    assert partner.post(f"/devices/simulate/{path}", device_id=lock) == (
        400,
        error("invalid_input", message, _errors=[message]),
    )
    assert told(lock) == []


def test_nothing_happens_to_a_lock_that_is_real(partner):
    device = DeviceFactory(flags={"can_simulate_removal": True})
    message = "This can be simulated on virtual locks only."

    assert partner.post("/devices/simulate/remove", device_id=str(device.uid)) == (
        400,
        error("invalid_input", message, _errors=[message]),
    )


def test_an_unknown_lock_and_a_key_that_may_only_read(partner, clock):
    world, lock = lock_of("schlage", clock)
    reader = Partner(world.property, scope=Scope.READ)

    assert partner.post("/devices/simulate/remove", device_id=UNKNOWN) == (
        404,
        error("device_not_found", "There is no such device."),
    )
    assert reader.post("/devices/simulate/remove", device_id=lock) == (
        403,
        error("forbidden", "This API key may read and not change anything."),
    )
    assert told(lock) == []


def test_of_a_lock_that_is_left_alone_only_coming_and_going_is_told(partner, clock):
    world, lock = lock_of("schlage", clock)
    partner.post("/devices/simulate/disconnect", device_id=lock)
    partner.post("/devices/update", device_id=lock, is_managed=False)
    world.locks[0].faults = ["battery_critical"]
    world.locks[0].save()

    world.refresh()

    assert told(lock) == [
        "device.disconnected",
        "device.converted_to_unmanaged",
        "device.unmanaged.connected",
    ]


# ---- Time zones ----


def known(lock, zone="Europe/Berlin", maker="ultraloq_metadata"):
    return {"device_id": lock, maker: {"time_zone": zone}}


def report(partner, *devices):
    return partner.post("/devices/report_provider_metadata", devices=list(devices))


def test_a_time_zone_that_is_told_lets_the_lock_take_codes_with_dates(partner, clock):
    world, lock = lock_of("ultraloq", clock)
    window = {"starts_at": "2026-11-23T10:00:00Z", "ends_at": "2026-11-25T10:00:00Z"}
    before = partner.post("/access_codes/create", device_id=lock, **window)[0]
    warned = partner.post("/devices/get", device_id=lock)[1]["device"]["warnings"]

    answer = report(partner, known(lock))

    device = partner.post("/devices/get", device_id=lock)[1]["device"]
    assert (before, answer) == (400, OK)
    assert [each["warning_code"] for each in warned] == ["ultraloq_time_zone_unknown"]
    assert device["warnings"] == []
    assert device["properties"]["ultraloq_metadata"]["time_zone"] == "Europe/Berlin"
    assert device["location"]["time_zone"] == "Europe/Berlin"
    world.clock.move(minutes=1)
    world.refresh()
    code = partner.post("/access_codes/create", device_id=lock, **window)[1]["access_code"]
    world.run(minutes=1)
    code = partner.post("/access_codes/get", access_code_id=code["access_code_id"])[1]
    assert code["access_code"]["status"] == "set"


def test_of_several_locks_all_get_their_zone_or_none(partner, clock):
    _, ultraloq = lock_of("ultraloq", clock)
    _, schlage = lock_of("schlage", clock)
    before = list(Device.objects.order_by("pk").values())

    wrong_zone = report(partner, known(ultraloq), known(schlage, "Mars/Base", "schlage_metadata"))
    wrong_maker = report(partner, known(ultraloq), known(schlage))
    unknown = report(partner, known(ultraloq), known(UNKNOWN))
    nothing = report(partner, {"device_id": ultraloq})

    assert wrong_zone == (
        400,
        error(
            "invalid_input", "There is no such time zone.", devices=["There is no such time zone."]
        ),
    )
    message = "The lock takes no ultraloq_metadata."
    assert wrong_maker == (400, error("invalid_input", message, devices=[message]))
    assert unknown[0] == 404
    assert nothing[0] == 400
    assert list(Device.objects.order_by("pk").values()) == before


def test_a_zone_that_is_no_text_is_named_where_it_is(partner, clock):
    _, lock = lock_of("ultraloq", clock)

    status, body = report(partner, known(lock, 7))

    assert status == 400
    assert body["error"]["validation_errors"]["devices"]["ultraloq_metadata"] == {
        "_errors": [],
        "time_zone": {"_errors": ["Expected text, received a number."]},
    }
