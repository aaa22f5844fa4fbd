"""The official Python SDK against a live Locksite: only endpoint and key are its own."""

from datetime import UTC, datetime, timedelta

import pytest
from seam.exceptions import (
    SeamActionAttemptFailedError,
    SeamHttpApiError,
    SeamHttpInvalidInputError,
    SeamHttpUnauthorizedError,
)
from seam.seam import Seam

from tests.api import UNKNOWN
from tests.sdk.waiting import poll

pytestmark = [pytest.mark.sdk, pytest.mark.processes, pytest.mark.touches_database]


@pytest.fixture(scope="module")
def seam(live):
    return Seam(api_key=live.key, endpoint=live.url)


@pytest.fixture(scope="module")
def device(seam, live):
    return seam.devices.get(device_id=live.locks["native"])


def in_seconds(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def when_set(seam, code):
    return poll(
        lambda: seam.access_codes.get(access_code_id=code.access_code_id),
        lambda seen: seen.status == "set",
    )


def events_of(seam, code):
    return seam.events.list(since="2026-01-01", access_code_id=code.access_code_id)


def test_a_device_says_that_it_takes_codes(seam, device):
    assert device.can_program_online_access_codes is True
    assert device.device_type == "schlage_lock"
    assert device.properties.online is True
    assert [each.device_id for each in seam.devices.list(device_ids=[device.device_id])] == [
        device.device_id
    ]
    assert seam.locks.get(device_id=device.device_id).device_id == device.device_id
    assert {each.device_id for each in seam.locks.list()} >= {device.device_id}


def test_an_ongoing_code_with_a_pin_gets_set_and_the_events_tell(seam, device):
    code = seam.access_codes.create(
        device_id=device.device_id, name="my ongoing code", code="1234"
    )
    assert (code.status, code.type, code.code) == ("setting", "ongoing", "1234")

    assert when_set(seam, code).errors == []

    [told] = [each for each in events_of(seam, code) if each.event_type.endswith("set_on_device")]
    assert (told.event_type, told.code, told.device_id) == (
        "access_code.set_on_device",
        "1234",
        device.device_id,
    )


def test_a_pin_of_the_preferred_length_is_drawn(seam, device):
    code = seam.access_codes.create(device_id=device.device_id, preferred_code_length=6)

    assert len(code.code) == 6
    assert when_set(seam, code).code == code.code


def test_a_stay_goes_through_its_whole_life(seam, device):
    code = seam.access_codes.create(
        device_id=device.device_id,
        name="my time-bound code",
        starts_at=in_seconds(3600),
        ends_at=in_seconds(7200),
    )
    assert (code.status, code.is_scheduled_on_device) == ("unset", False)
    which = {"access_code_id": code.access_code_id}

    loaded = poll(lambda: seam.access_codes.get(**which), lambda seen: seen.is_scheduled_on_device)
    assert loaded.status == "unset"

    # The guest comes early, and the stay is cut short.
    seam.access_codes.update(**which, starts_at=in_seconds(0), ends_at=in_seconds(7200))
    inside = when_set(seam, code)
    assert inside.is_scheduled_on_device is False
    seam.access_codes.update(**which, starts_at=inside.starts_at, ends_at=in_seconds(2))

    def look():
        try:
            return seam.access_codes.get(**which)
        except SeamHttpApiError as gone:
            return gone

    gone = poll(look, lambda seen: isinstance(seen, SeamHttpApiError))
    assert (gone.status_code, gone.code) == (404, "access_code_not_found")
    milestones = {
        "access_code.created",
        "access_code.scheduled_on_device",
        "access_code.set_on_device",
        "access_code.removed_from_device",
        "access_code.deleted",
    }
    told = [each.event_type for each in events_of(seam, code)][::-1]
    assert list(dict.fromkeys(each for each in told if each in milestones)) == [
        "access_code.created",
        "access_code.scheduled_on_device",
        "access_code.set_on_device",
        "access_code.removed_from_device",
        "access_code.deleted",
    ]


def test_a_code_is_changed_found_by_its_new_pin_and_deleted(seam, device):
    code = seam.access_codes.create(device_id=device.device_id, name="before")
    when_set(seam, code)

    seam.access_codes.update(access_code_id=code.access_code_id, name="after", code="60413")
    changed = poll(
        lambda: seam.access_codes.get(device_id=device.device_id, code="60413"),
        lambda seen: seen.status == "set" and not seen.pending_mutations,
    )
    seam.access_codes.delete(access_code_id=code.access_code_id)
    seam.access_codes.delete(access_code_id=code.access_code_id)

    assert (changed.access_code_id, changed.name) == (code.access_code_id, "after")
    poll(lambda: events_of(seam, code)[0].event_type, lambda seen: seen == "access_code.deleted")
    seam.access_codes.delete(access_code_id=code.access_code_id)  # its answer may have been lost
    with pytest.raises(SeamHttpApiError) as gone:
        seam.access_codes.get(access_code_id=code.access_code_id)
    assert gone.value.code == "access_code_not_found"


def test_lists_come_in_pages(seam, live):
    device_id = live.locks["just_in_time"]
    made = {
        seam.access_codes.create(device_id=device_id, name=f"Guest {n}").access_code_id
        for n in range(3)
    }

    pages = seam.create_paginator(seam.access_codes.list, {"device_id": device_id, "limit": 2})

    first, pagination = pages.first_page()
    assert len(first) == 2
    assert pagination.has_next_page is True
    assert {each.access_code_id for each in pages.flatten()} >= made


def test_typing_at_a_virtual_keypad_is_over_at_once(seam, device):
    code = seam.access_codes.create(device_id=device.device_id)
    when_set(seam, code)

    attempt = seam.locks.simulate.keypad_code_entry(device_id=device.device_id, code=code.code)

    assert attempt.status == "success"
    opened = seam.events.get(event_type="lock.unlocked", device_id=device.device_id)
    assert (opened.method, opened.access_code_id) == ("keycode", code.access_code_id)


def test_a_pin_that_fits_can_be_asked_for(seam, device):
    generated = seam.access_codes.generate_code(device_id=device.device_id)

    assert generated.device_id == device.device_id
    assert seam.workspaces.get().name == "Locksite"
    code = seam.access_codes.create(device_id=device.device_id, code=generated.code)
    assert code.code == generated.code


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"device_id": None, "name": "x"}, "device_id"),
        ({"code": "12"}, "code"),
        ({"code": "123456789012"}, "code"),
        ({"code": 1234}, "code"),
        ({"starts_at": "soon", "ends_at": "2099-01-01"}, "starts_at"),
        ({"starts_at": "2025-01-01T16:00:00Z", "ends_at": "2025-01-22T12:00:00Z"}, "ends_at"),
        ({"starts_at": "2099-01-02T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}, "ends_at"),
        ({"is_offline_access_code": True}, "device_id"),
        ({"use_backup_access_code_pool": True}, "use_backup_access_code_pool"),
    ],
)
def test_bad_input_is_the_typed_error_with_the_message_at_its_field(seam, device, params, field):
    with pytest.raises(SeamHttpInvalidInputError) as refused:
        seam.access_codes.create(**{"device_id": device.device_id, **params})

    assert len(refused.value.get_validation_error_messages(field)) == 1
    assert refused.value.status_code == 400
    assert refused.value.request_id


def test_half_a_window_is_refused_for_both_ends(seam, device):
    with pytest.raises(SeamHttpInvalidInputError) as refused:
        seam.access_codes.create(device_id=device.device_id, starts_at="2099-01-01T00:00:00Z")

    assert str(refused.value) == "Both starts_at and ends_at must be provided if one is"


def test_the_same_pin_twice_is_a_conflict(seam, device):
    seam.access_codes.create(device_id=device.device_id, code="72940")

    with pytest.raises(SeamHttpApiError) as refused:
        seam.access_codes.create(device_id=device.device_id, code="72940")

    assert (refused.value.status_code, refused.value.code) == (409, "duplicate_access_code")


def test_unknown_things_are_not_found(seam):
    for call, code in (
        (lambda: seam.devices.get(device_id=UNKNOWN), "device_not_found"),
        (lambda: seam.devices.get(device_id="nonsense"), "device_not_found"),
        (lambda: seam.access_codes.get(access_code_id=UNKNOWN), "access_code_not_found"),
        (lambda: seam.access_codes.delete(access_code_id=UNKNOWN), "access_code_not_found"),
        (lambda: seam.action_attempts.get(action_attempt_id=UNKNOWN), "action_attempt_not_found"),
        (lambda: seam.events.get(event_id=UNKNOWN), "event_not_found"),
        (seam.thermostats.list, "not_found"),
    ):
        with pytest.raises(SeamHttpApiError) as refused:
            call()
        assert (refused.value.status_code, refused.value.code) == (404, code)


def test_an_offline_code_gets_its_pin_from_the_lock_s_maker(seam, live):
    lock = seam.devices.get(device_id=live.locks["offline"])
    assert lock.can_program_offline_access_codes is True
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    code = seam.access_codes.create(
        device_id=lock.device_id,
        name="my offline code",
        starts_at=hour.isoformat(),
        ends_at=(hour + timedelta(hours=24)).isoformat(),
        is_offline_access_code=True,
        is_one_time_use=True,
    )
    known = poll(
        lambda: seam.access_codes.get(access_code_id=code.access_code_id),
        lambda seen: seen.code is not None,
    )
    with pytest.raises(SeamHttpInvalidInputError) as refused:
        seam.access_codes.delete(access_code_id=code.access_code_id)

    assert (code.code, code.is_waiting_for_code_assignment) == (None, True)
    assert (known.status, known.is_offline_access_code, known.is_one_time_use) == (
        "set",
        True,
        True,
    )
    assert str(refused.value) == "An offline code cannot be deleted."


def test_a_wrong_key_is_the_typed_error(live):
    with pytest.raises(SeamHttpUnauthorizedError):
        Seam(api_key="seam_ls_abcdefgh_wrong", endpoint=live.url).devices.list()


def test_a_door_is_unlocked_within_the_time_that_the_sdk_waits(seam, device):
    attempt = seam.locks.unlock_door(device_id=device.device_id)

    assert (attempt.status, attempt.result.was_confirmed_by_device) == ("success", True)
    told = seam.events.list(since="2026-01-01", device_id=device.device_id)
    assert "action_attempt.unlock_door.succeeded" in {each.event_type for each in told}


def test_a_door_that_does_not_answer_raises(seam, live):
    lock = live.locks["just_in_time"]
    seam.devices.simulate.disconnect(device_id=lock)

    with pytest.raises(SeamActionAttemptFailedError) as failed:
        seam.locks.unlock_door(device_id=lock)

    seam.devices.simulate.connect(device_id=lock)
    assert failed.value.code == "device_disconnected"
