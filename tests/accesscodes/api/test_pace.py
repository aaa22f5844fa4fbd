"""How often a lock may be asked for something within a minute, as Seam limits it."""

import pytest

from accesscodes import services
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec
from locksite.actors import Actor
from tests.api import Partner, error
from tests.factories import DeviceFactory

STAFF = Actor(kind="staff", label="mara", property_ids=None)


def refusal(most):
    return (
        429,
        error("rate_limit_exceeded", f"One lock takes {most} requests of this kind a minute."),
    )


@pytest.fixture
def create(partner, lock):
    def one(by=partner, **changed):
        return by.post("/access_codes/create", **({"device_id": lock} | changed))

    return one


def test_ten_creations_a_minute_for_one_lock(partner, world, lock, create, clock):
    for _ in range(5):
        assert create()[0] == 200
    clock.move(seconds=20)
    for _ in range(5):
        assert create(Partner(world.property))[0] == 200

    refused = create()

    assert refused == refusal(10)
    assert partner.last["Retry-After"] == "40"
    assert AccessCode.objects.count() == 10
    assert create(device_id=str(DeviceFactory(property=world.property).uid))[0] == 200
    clock.move(seconds=40)
    assert [create()[0] for _ in range(6)] == [200] * 5 + [429]


def test_ten_changes_a_minute_for_one_lock(partner, create):
    code = create()[1]["access_code"]["access_code_id"]
    path = "/access_codes/update"
    for number in range(10):
        assert partner.post(path, access_code_id=code, name=f"Guest {number}")[0] == 200

    assert partner.post(path, access_code_id=code, name="One more") == refusal(10)
    assert AccessCode.objects.get().name == "Guest 9"


def test_twenty_removals_a_minute_for_one_lock(partner, world, create, clock):
    codes = []
    for _ in range(3):
        codes += [create()[1]["access_code"]["access_code_id"] for _ in range(10)]
        clock.move(minutes=1)
    path = "/access_codes/delete"
    answers = [partner.post(path, access_code_id=code) for code in codes[:21]]

    assert [status for status, _ in answers] == [200] * 20 + [429]
    assert answers[-1] == refusal(20)
    # A removal that was acknowledged may be repeated at any time.
    assert partner.post(path, access_code_id=codes[0]) == answers[0]


def test_codes_for_several_locks_count_for_each(partner, world, lock, create):
    doors = [lock, str(DeviceFactory(property=world.property).uid)]
    for _ in range(9):
        create()
    path = "/access_codes/create_multiple"

    assert partner.post(path, device_ids=doors)[0] == 200
    assert partner.post(path, device_ids=doors) == refusal(10)
    assert AccessCode.objects.count() == 11
    key = AccessCode.objects.exclude(common_code_key=None).first().common_code_key
    changes = [
        partner.post("/access_codes/update_multiple", common_code_key=key, name=f"Guest {number}")
        for number in range(11)
    ]
    assert [status for status, _ in changes] == [200] * 10 + [429]


def test_the_desk_is_not_held_up(world, lock, create):
    device = world.device()
    for number in range(15):
        services.issue_code(device, CodeSpec(name=f"{number}"), actor=STAFF, now=world.now)

    assert [create()[0] for _ in range(11)] == [200] * 10 + [429]
    services.issue_code(device, CodeSpec(name="One more"), actor=STAFF, now=world.now)


def test_a_refusal_is_not_kept_for_the_idempotency_key(partner, lock, create, clock):
    for _ in range(10):
        create()

    def send():
        body = f'{{"device_id": "{lock}"}}'
        return partner.send("POST", "/access_codes/create", body, HTTP_IDEMPOTENCY_KEY="a")[0]

    first = send()
    clock.move(minutes=1)

    assert (first, send()) == (429, 200)


def test_the_limits_can_be_switched_off(create, settings):
    settings.LOCKSITE_DEVICE_LIMITS = False

    assert [create()[0] for _ in range(12)] == [200] * 12


def test_a_wrong_clock_does_not_close_a_lock(create, clock):
    clock.move(days=1)
    for _ in range(10):
        create()
    clock.move(days=-1)

    assert create()[0] == 200
