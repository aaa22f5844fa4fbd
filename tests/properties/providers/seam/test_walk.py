"""Every method of the client against the fake that Seam publishes of its server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from locksite.masked import Pin
from properties.providers.base import AccountProblem, Unreachable
from properties.providers.seam.client import Rejected
from properties.providers.seam.values import SeamWish
from tests.fake_seam import KEY
from tests.properties.providers.seam.servers import client_of

pytestmark = pytest.mark.processes

LOCK, OTHER_LOCK = "august_device_1", "schlage_device_id"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ARRIVAL = datetime(2040, 1, 1, 16, tzinfo=UTC)
DEPARTURE = ARRIVAL + timedelta(days=3)
STAY = SeamWish(name="Ana Prado", starts_at=ARRIVAL, ends_at=DEPARTURE)


@pytest.fixture
def seam(fake_seam):
    return client_of(fake_seam, key=KEY)


@pytest.fixture
def pins():
    """Return PINs that no other test of this server uses."""
    return (Pin(f"{number:06}") for number in _numbers)


_numbers = iter(range(482_913, 999_999, 7))


@pytest.fixture
def foreign(fake_seam):
    """Return a function that lets somebody make a code at the maker's app."""

    def make(pin):
        answer = requests.post(
            f"{fake_seam}/access_codes/simulate/create_unmanaged_access_code",
            json={"device_id": LOCK, "name": "Cleaner", "code": pin.digits},
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=20,
        )
        return answer.json()["access_code"]["access_code_id"]

    return make


def ids(items):
    return {item.remote_id for item in items}


def test_a_key_opens_its_workspace(seam):
    workspace = seam.get_workspace()

    assert (workspace.remote_id, workspace.name) == ("seed_workspace_1", "My Workspace")
    assert workspace.is_sandbox


def test_a_key_that_is_not_known(fake_seam):
    with pytest.raises(AccountProblem):
        client_of(fake_seam, key="seam_unknownkey").list_devices()


def test_devices_are_listed_over_pages(fake_seam):
    devices = client_of(fake_seam, key=KEY, page=2).list_devices()

    assert {device.report.remote_id: device.is_lock for device in devices} == {
        LOCK: True,
        "august_device_2": True,
        "ecobee_device_1": False,
        "minut_device_1": False,
        OTHER_LOCK: True,
    }


def test_one_device(seam):
    device = seam.get_device(LOCK)

    assert device.report.device_type == "august_lock"
    assert device.report.flags["can_program_online_access_codes"] is True
    with pytest.raises(Rejected) as caught:
        seam.get_device("nobody's")
    assert caught.value.error_code == "device_removed"


def test_a_device_is_managed_when_it_is_told_so(fake_seam, seam):
    requests.post(
        f"{fake_seam}/devices/update",
        json={"device_id": "august_device_2", "is_managed": False},
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=20,
    )
    [device] = seam.list_unmanaged_devices()
    assert device.report.remote_id == "august_device_2"
    assert not device.is_managed

    seam.manage_device("august_device_2")

    assert seam.list_unmanaged_devices() == ()
    assert "august_device_2" in {device.report.remote_id for device in seam.list_devices()}


def test_the_life_of_a_code(seam, pins):
    wish = SeamWish(name="Night porter", pin=next(pins))

    code = seam.create_access_code(LOCK, wish)

    assert (code.name, code.pin, code.type, code.is_managed) == (
        "Night porter",
        wish.pin,
        "ongoing",
        True,
    )
    assert seam.get_access_code(code.remote_id) == code
    assert code.remote_id in ids(seam.list_access_codes(LOCK))
    assert code.remote_id not in ids(seam.list_access_codes(OTHER_LOCK))
    assert ids(seam.list_access_codes_by_id([code.remote_id, "nobody's"])) == {code.remote_id}

    changed = replace(STAY, pin=next(pins))
    seam.update_access_code(code.remote_id, changed)

    code = seam.get_access_code(code.remote_id)
    assert (code.name, code.pin) == ("Ana Prado", changed.pin)
    assert (code.type, code.starts_at, code.ends_at) == ("time_bound", ARRIVAL, DEPARTURE)

    seam.update_access_code(code.remote_id, replace(changed, starts_at=None, ends_at=None))

    assert seam.get_access_code(code.remote_id).type == "ongoing"

    seam.delete_access_code(code.remote_id)

    assert code.remote_id not in ids(seam.list_access_codes(LOCK))
    for call in (seam.get_access_code, seam.delete_access_code):
        with pytest.raises(Rejected) as caught:
            call(code.remote_id)
        assert caught.value.error_code == "access_code_not_found"


def test_codes_of_all_locks_are_listed_where_the_server_does(seam):
    with pytest.raises(Rejected) as caught:
        seam.list_access_codes()

    assert caught.value.kind == "invalid_input"


def test_a_pin_that_is_on_the_lock_already(seam, pins):
    wish = replace(STAY, pin=next(pins))
    seam.create_access_code(LOCK, wish)

    with pytest.raises(Rejected) as caught:
        seam.create_access_code(LOCK, wish)

    assert caught.value.error_code == "duplicate_code_on_device"
    assert wish.pin.digits not in str(caught.value)


def test_a_code_whose_pin_the_server_chooses(seam):
    assert seam.create_access_code(LOCK, STAY).pin is not None


def test_a_code_that_others_made_becomes_ours(seam, foreign, pins):
    pin = next(pins)
    remote_id = foreign(pin)
    [code] = [one for one in seam.list_unmanaged_access_codes(LOCK) if one.remote_id == remote_id]
    assert (code.pin, code.is_managed) == (pin, False)
    assert remote_id not in ids(seam.list_access_codes(LOCK))

    seam.convert_access_code(remote_id, allows_outside_changes=True)

    code = seam.get_access_code(remote_id)
    assert (code.is_managed, code.is_external_modification_allowed) == (True, True)
    assert remote_id not in ids(seam.list_unmanaged_access_codes(LOCK))


def test_a_call_that_the_server_does_not_know_is_no_answer(seam, foreign, pins):
    with pytest.raises(Unreachable):
        seam.delete_unmanaged_access_code(foreign(next(pins)))


def test_a_spare_code_is_the_same_each_time(seam, pins):
    wish = replace(STAY, pin=next(pins), uses_backup_pool=True)
    code = seam.create_access_code(LOCK, wish)

    spare = seam.pull_backup_access_code(code.remote_id)

    assert spare.is_backup
    assert spare.pin is not None
    assert seam.pull_backup_access_code(code.remote_id).remote_id == spare.remote_id
    assert seam.get_access_code(code.remote_id).pulled_backup_id == spare.remote_id


@pytest.mark.parametrize("name", ["lock_door", "unlock_door"])
def test_a_door_is_moved(name, seam):
    attempt = getattr(seam, name)(LOCK)

    assert (attempt.action_type, attempt.status) == (name.upper(), "pending")
    assert seam.get_action_attempt(attempt.remote_id).status == "success"


def test_events_tell_what_happened(seam, pins):
    code = seam.create_access_code(LOCK, replace(STAY, pin=next(pins)))

    events = seam.list_events(LONG_AGO)

    [made] = [hint for hint in events.hints if hint.code_remote_id == code.remote_id]
    assert (made.event_type, made.device_remote_id) == ("access_code.created", LOCK)
    assert events.is_whole
    assert seam.list_events(made.created_at + timedelta(days=1)).hints == ()


def test_a_webhook_is_made_and_ended(seam):
    webhook = seam.create_webhook("https://hooks.example.com/seam", ["access_code.created"])

    assert webhook.event_types == ("access_code.created",)
    assert webhook.secret is not None
    assert webhook in seam.list_webhooks()

    seam.delete_webhook(webhook.remote_id)

    assert webhook not in seam.list_webhooks()
    with pytest.raises(Rejected) as caught:
        seam.delete_webhook(webhook.remote_id)
    assert caught.value.kind == "webhook_not_found"
