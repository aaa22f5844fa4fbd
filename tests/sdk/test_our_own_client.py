"""The client with which Locksite reaches Seam, against another Locksite instead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from locksite.masked import Pin
from properties.providers.base import AccountProblem
from properties.providers.seam.client import Rejected
from properties.providers.seam.values import SeamWish
from properties.providers.seam.webhooks import Notice, read_notice
from tests.partners.receiving import Receiver, answering
from tests.properties.providers.seam.servers import client_of
from tests.sdk.waiting import poll

pytestmark = [pytest.mark.sdk, pytest.mark.processes, pytest.mark.touches_database]


@pytest.fixture(scope="module")
def seam(live):
    return client_of(live.url, key=live.key)


@pytest.fixture(scope="module")
def lock(live):
    return live.locks["client"]


@pytest.fixture
def foreign(live, lock):
    """Return a function that lets somebody make a code at the lock."""

    def make(digits):
        answer = requests.post(
            f"{live.url}/access_codes/simulate/create_unmanaged_access_code",
            json={"device_id": lock, "name": f"Cleaner {digits[:2]}", "code": digits},
            headers={"Authorization": f"Bearer {live.key}"},
            timeout=20,
        )
        return answer.json()["access_code"]["access_code_id"]

    return make


def ids(items):
    return {item.remote_id for item in items}


def test_devices_are_listed_over_pages_and_are_reported_as_they_are(live, lock, seam):
    devices = client_of(live.url, key=live.key, page=7).list_devices()

    assert {device.report.remote_id for device in devices} >= set(live.locks.values())
    assert all(device.is_lock and device.is_managed for device in devices)
    one = seam.get_device(lock)
    assert one.report.name == "client"
    assert one.report.flags["can_program_online_access_codes"] is True
    assert one.report.capabilities.keeps_window
    assert one.report.capabilities.max_codes == one.report.properties["max_active_codes_supported"]
    assert seam.get_workspace().remote_id


def test_a_key_that_is_not_known_is_the_accounts_problem(live):
    with pytest.raises(AccountProblem):
        client_of(live.url).list_devices()


def test_the_life_of_a_code(seam, lock, live):
    began = datetime.now(UTC)
    wish = SeamWish(name="Night porter", pin=Pin("482915"))
    code = seam.create_access_code(lock, wish)
    assert (code.status, code.pending) == ("setting", ("creating",))

    def look():
        return seam.get_access_code(code.remote_id)

    assert poll(look, lambda seen: seen.status == "set").pin == wish.pin
    assert code.remote_id in ids(seam.list_access_codes(lock))
    assert code.remote_id in ids(seam.list_access_codes())
    assert code.remote_id not in ids(seam.list_access_codes(live.locks["native"]))
    assert ids(seam.list_access_codes_by_id([code.remote_id])) == {code.remote_id}
    with pytest.raises(Rejected) as caught:
        seam.create_access_code(lock, wish)
    assert caught.value.error_code == "duplicate_code_on_device"

    changed = replace(wish, name="Ana Prado", ends_at=began + timedelta(days=3), starts_at=began)
    seam.update_access_code(code.remote_id, changed)

    seen = poll(look, lambda seen: seen.status == "set" and not seen.pending)
    assert (seen.name, seen.type) == ("Ana Prado", "time_bound")
    assert abs(seen.ends_at - changed.ends_at) < timedelta(seconds=1)

    seam.delete_access_code(code.remote_id)

    poll(lambda: seam.list_access_codes(lock), lambda codes: code.remote_id not in ids(codes))
    with pytest.raises(Rejected) as caught:
        look()
    assert caught.value.error_code == "access_code_not_found"
    told = {
        hint.event_type
        for hint in seam.list_events(began - timedelta(seconds=5)).hints
        if hint.code_remote_id == code.remote_id
    }
    assert told >= {"access_code.created", "access_code.removed_from_device"}


def test_a_pin_that_breaks_the_rules_waits_for_another_wish(seam, lock):
    with pytest.raises(Rejected) as caught:
        seam.create_access_code(lock, SeamWish(name="Long", pin=Pin("482913579246")))

    assert caught.value.error_code == "code_constraints_violated"
    assert "482913579246" not in str(caught.value)


def test_codes_of_others_are_taken_over_or_deleted(seam, lock, foreign):
    kept, deleted = foreign("906428"), foreign("805317")
    assert ids(seam.list_unmanaged_access_codes(lock)) >= {kept, deleted}
    assert not ids(seam.list_access_codes(lock)) & {kept, deleted}

    seam.convert_access_code(kept, allows_outside_changes=True)
    seam.delete_unmanaged_access_code(deleted)

    ours = poll(lambda: seam.list_access_codes(lock), lambda codes: kept in ids(codes))
    [code] = [one for one in ours if one.remote_id == kept]
    assert (code.pin, code.is_external_modification_allowed) == (Pin("906428"), True)
    poll(
        lambda: seam.list_unmanaged_access_codes(lock),
        lambda codes: not ids(codes) & {kept, deleted},
    )


def test_a_spare_code_is_pulled(seam, lock):
    now = datetime.now(UTC)
    wish = SeamWish(
        name="Spare guest",
        pin=Pin("739164"),
        starts_at=now,
        ends_at=now + timedelta(days=1),
        uses_backup_pool=True,
    )
    code = seam.create_access_code(lock, wish)
    poll(
        lambda: seam.get_access_code(code.remote_id),
        lambda seen: seen.is_backup_access_code_available,
    )

    spare = seam.pull_backup_access_code(code.remote_id)

    assert spare.is_backup
    assert seam.get_access_code(code.remote_id).pulled_backup_id == spare.remote_id


def test_the_door_is_moved_and_the_lock_says_so(seam, lock):
    def outcome(attempt):
        return poll(
            lambda: seam.get_action_attempt(attempt.remote_id),
            lambda seen: seen.status != "pending",
        )

    unlocked = outcome(seam.unlock_door(lock))
    set_up = outcome(seam.configure_auto_lock(lock, after=30))
    locked = outcome(seam.lock_door(lock))

    assert (unlocked.status, unlocked.is_confirmed) == ("success", True)
    assert (locked.status, locked.is_confirmed) == ("success", True)
    assert (set_up.action_type, set_up.status) == ("CONFIGURE_AUTO_LOCK", "success")


def test_a_device_is_let_go_and_managed_again(seam, lock, live):
    requests.post(
        f"{live.url}/devices/update",
        json={"device_id": live.locks["client_too"], "is_managed": False},
        headers={"Authorization": f"Bearer {live.key}"},
        timeout=20,
    )
    unmanaged = [device.report.remote_id for device in seam.list_unmanaged_devices()]
    assert live.locks["client_too"] in unmanaged

    seam.manage_device(live.locks["client_too"])

    assert seam.get_device(live.locks["client_too"]).is_managed


def test_webhooks_are_made_verified_and_ended(seam, lock):
    with Receiver(answering()) as receiver:
        webhook = seam.create_webhook(receiver.hook, ["lock.unlocked"])
        assert webhook.remote_id in ids(seam.list_webhooks())
        seam.unlock_door(lock)
        poll(lambda: receiver.messages, bool)
        seam.delete_webhook(webhook.remote_id)

    message = receiver.messages[0]
    notice = read_notice(message.body, message.headers, [webhook.secret], datetime.now(UTC))
    assert isinstance(notice, Notice)
    assert (notice.hint.event_type, notice.hint.device_remote_id) == ("lock.unlocked", lock)
    assert webhook.remote_id not in ids(seam.list_webhooks())
