"""Doors that are locked and unlocked: what partners are told, at most once, and never late."""

import pytest

from accesscodes import bolts
from accesscodes.models import ActionAttempt
from locksite.journal.models import AuditEntry, Event
from locksite.partners.models import Scope
from properties.choices import Fault
from properties.models import VirtualLock
from properties.providers.registry import bolt_for
from properties.providers.virtual.people import fail_next_calls, switch_fault
from tests.accesscodes.world import World
from tests.api import UNKNOWN, Partner, error

LATE = "Nobody took this up in time. The door was not moved."


def engine(world):
    """Do what the engine's job does, in this thread; return how many attempts it took up."""
    taken = [bolts.take(pk, world.now) for pk in bolts.waiting(world.now)]
    for attempt in taken:
        if attempt is not None:
            bolts.carry_out(attempt, world.doors, bolt_for)
    bolts.give_up(world.now)
    return len([attempt for attempt in taken if attempt is not None])


def body(attempt_id, action_type, status="pending", **changes):
    return {
        "action_attempt_id": attempt_id,
        "action_type": action_type,
        "status": status,
        "result": None,
        "error": None,
        **changes,
    }


def ask(partner, path, lock, **params):
    status, answer = partner.post(f"/locks/{path}", device_id=lock, **params)
    assert status == 200, answer
    return answer["action_attempt"]["action_attempt_id"]


def attempt(partner, attempt_id):
    answer = partner.post("/action_attempts/get", action_attempt_id=attempt_id)
    return answer[1]["action_attempt"]


def told(partner, lock):
    """Return the events of a door, oldest first, without what all of them have."""
    events = partner.post("/events/list", device_id=lock, since="2026-01-01")[1]["events"]
    common = {
        *("event_id", "workspace_id", "device_id", "connected_account_id"),
        *("created_at", "occurred_at"),
    }
    return [
        {name: value for name, value in event.items() if name not in common}
        for event in reversed(events)
        if event["event_type"].startswith(("lock.", "action_attempt."))
    ]


def is_locked(partner, lock):
    return partner.post("/devices/get", device_id=lock)[1]["device"]["properties"]["locked"]


@pytest.mark.parametrize(
    ("path", "action_type", "event", "locked"),
    [
        ("unlock_door", "UNLOCK_DOOR", "lock.unlocked", False),
        ("lock_door", "LOCK_DOOR", "lock.locked", True),
    ],
)
def test_a_door_is_moved_once_and_that_is_told(
    partner, world, lock, path, action_type, event, locked
):
    VirtualLock.objects.update(is_locked=not locked)

    answer = partner.post(f"/locks/{path}", device_id=lock, sync=True)
    attempt_id = str(ActionAttempt.objects.get().uid)
    world.clock.move(seconds=1)
    taken = engine(world)

    assert answer == (200, {"action_attempt": body(attempt_id, action_type), "ok": True})
    assert taken == 1
    assert attempt(partner, attempt_id) == body(
        attempt_id, action_type, "success", result={"was_confirmed_by_device": True}
    )
    assert VirtualLock.objects.get().is_locked is locked
    assert is_locked(partner, lock) is locked
    assert told(partner, lock) == [
        {"event_type": event, "method": "remote", "action_attempt_id": attempt_id},
        {
            "event_type": f"action_attempt.{path}.succeeded",
            "action_attempt_id": attempt_id,
            "action_type": action_type,
            "status": "success",
        },
    ]
    assert AuditEntry.objects.latest("pk").action == f"lock.{path}"
    assert engine(world) == 0


def test_a_door_that_does_not_answer_is_an_error_and_is_not_tried_again(partner, world, lock):
    switch_fault(world.locks[0], Fault.OFFLINE, True, now=world.now)

    attempt_id = ask(partner, "unlock_door", lock)
    engine(world)
    switch_fault(world.locks[0], Fault.OFFLINE, False, now=world.now)
    world.clock.move(seconds=1)

    assert engine(world) == 0
    assert attempt(partner, attempt_id) == body(
        attempt_id,
        "UNLOCK_DOOR",
        "error",
        error={"type": "device_disconnected", "message": "The lock does not answer."},
    )
    assert VirtualLock.objects.get().is_locked is True
    assert [event["event_type"] for event in told(partner, lock)] == [
        "action_attempt.unlock_door.failed"
    ]


def test_an_attempt_that_nobody_takes_up_in_time_has_failed_and_is_never_carried_out(
    partner, world, lock
):
    attempt_id = ask(partner, "unlock_door", lock)
    world.clock.move(seconds=3)
    still = attempt(partner, attempt_id)["status"]
    world.clock.move(seconds=1)

    too_late = engine(world)

    assert (still, too_late) == ("pending", 0)
    assert attempt(partner, attempt_id) == body(
        attempt_id, "UNLOCK_DOOR", "error", error={"type": "timed_out", "message": LATE}
    )
    assert VirtualLock.objects.get().is_locked is True


@pytest.mark.parametrize("path", ["get", "list"])
def test_where_no_engine_runs_whoever_looks_writes_that_it_is_too_late(partner, world, lock, path):
    attempt_id = ask(partner, "unlock_door", lock)
    world.clock.move(seconds=5)

    if path == "get":
        seen = attempt(partner, attempt_id)
    else:
        [seen] = partner.post("/action_attempts/list")[1]["action_attempts"]

    assert seen["error"] == {"type": "timed_out", "message": LATE}
    assert [event["event_type"] for event in told(partner, lock)] == [
        "action_attempt.unlock_door.failed"
    ]
    world.clock.move(seconds=-5)  # an engine whose clock is behind
    assert engine(world) == 0
    assert VirtualLock.objects.get().is_locked is True


def test_an_engine_whose_clock_is_behind_takes_nothing_up(partner, world, lock):
    ask(partner, "unlock_door", lock)
    world.clock.move(seconds=-30)

    assert engine(world) == 0


def test_two_engines_do_not_take_up_the_same(partner, world, lock):
    ask(partner, "unlock_door", lock)
    [pk] = bolts.waiting(world.now)

    first, second = bolts.take(pk, world.now), bolts.take(pk, world.now)

    assert first is not None
    assert second is None
    assert bolts.waiting(world.now) == []


def test_one_lock_is_asked_one_thing_at_a_time_in_order(partner, world, lock):
    unlock = ask(partner, "unlock_door", lock)
    relock = ask(partner, "lock_door", lock)

    assert engine(world) == 1
    assert attempt(partner, unlock)["status"] == "success"
    assert attempt(partner, relock)["status"] == "pending"
    assert engine(world) == 1
    assert [event["event_type"] for event in told(partner, lock)][::2] == [
        "lock.unlocked",
        "lock.locked",
    ]


def test_an_engine_that_dies_at_the_door_leaves_no_attempt_pending(partner, world, lock):
    attempt_id = ask(partner, "unlock_door", lock)
    [pk] = bolts.waiting(world.now)
    taken = bolts.take(pk, world.now)
    world.clock.move(seconds=29)
    still = attempt(partner, attempt_id)["status"]
    world.clock.move(seconds=1)

    message = "The engine ended before the lock's answer. The door may have moved."
    assert still == "pending"
    assert attempt(partner, attempt_id)["error"] == {"type": "timed_out", "message": message}

    # It had only stood still: the door moves after all, and that is told as it is.
    bolts.carry_out(taken, world.doors, bolt_for)

    assert attempt(partner, attempt_id)["status"] == "error"
    assert [event["event_type"] for event in told(partner, lock)] == [
        "action_attempt.unlock_door.failed",
        "lock.unlocked",
    ]


@pytest.mark.parametrize(
    ("fault", "status", "moved"),
    [
        (Fault.FAILS_BEFORE, "error", False),
        (Fault.DOES_THEN_FAILS, "error", True),
        (Fault.HALF_OPEN, "error", True),
        (Fault.LIES, "success", False),
        (Fault.LATE, "success", False),
        (Fault.DRIPS, "error", False),
    ],
)
def test_what_a_lock_in_trouble_does_and_says(partner, world, lock, fault, status, moved):
    fail_next_calls(world.locks[0], fault)

    attempt_id = ask(partner, "unlock_door", lock)
    engine(world)

    assert attempt(partner, attempt_id)["status"] == status
    assert VirtualLock.objects.get().is_locked is not moved


@pytest.mark.parametrize(
    ("path", "params", "sentence"),
    [
        ("lock_door", {}, "This lock cannot be locked from afar now."),
        ("unlock_door", {}, "This lock cannot be unlocked from afar now."),
        ("configure_auto_lock", {"auto_lock_enabled": True},
         "This lock's auto-lock cannot be set from afar now."),
    ],
)  # fmt: skip
def test_a_lock_whose_flag_is_absent_or_false_is_not_asked(
    clock, partner, world, path, params, sentence
):
    oracode, without_hub = (
        World("oracode", clock=clock),
        World("ttlock", clock=clock, traits={"has_bridge": False}),
    )

    for other in (oracode, without_hub):
        lock = str(other.device().uid)
        assert Partner().post(f"/locks/{path}", device_id=lock, **params) == (
            400,
            error("invalid_input", sentence, device_id=[sentence]),
        )
    assert not ActionAttempt.objects.exists()


def test_a_lock_that_only_acknowledges_confirms_nothing(clock, world):
    zwave = World("zwave", clock=clock)
    partner, lock = Partner(), str(zwave.device().uid)

    attempt_id = ask(partner, "unlock_door", lock)
    engine(zwave)

    assert attempt(partner, attempt_id)["result"] == {"was_confirmed_by_device": False}


def test_an_unknown_lock_and_a_key_that_may_only_read(world, partner, lock):
    reader = Partner(world.property, scope=Scope.READ)

    for path, params in (
        ("lock_door", {}),
        ("unlock_door", {}),
        ("configure_auto_lock", {"auto_lock_enabled": True}),
        ("simulate/manual_lock_via_keypad", {}),
    ):
        assert partner.post(f"/locks/{path}", device_id=UNKNOWN, **params) == (
            404,
            error("device_not_found", "There is no such device."),
        )
        assert reader.post(f"/locks/{path}", device_id=lock, **params)[0] == 403
    assert not ActionAttempt.objects.exists()


# ---- Auto-lock ----


def auto_lock(partner, world, lock, **params):
    attempt_id = ask(partner, "configure_auto_lock", lock, **params)
    engine(world)
    assert attempt(partner, attempt_id) == body(
        attempt_id, "CONFIGURE_AUTO_LOCK", "success", result={}
    )
    shown = partner.post("/devices/get", device_id=lock)[1]["device"]["properties"]
    return shown["auto_lock_enabled"], shown.get("auto_lock_delay_seconds")


def test_a_door_that_locks_itself_does(partner, world, lock):
    assert auto_lock(partner, world, lock, auto_lock_enabled=True, auto_lock_delay_seconds=45) == (
        True,
        45,
    )

    ask(partner, "unlock_door", lock)
    engine(world)
    world.clock.move(seconds=44)
    world.refresh()
    just_before = is_locked(partner, lock)
    world.clock.move(seconds=1)
    world.refresh()

    assert (just_before, is_locked(partner, lock)) == (False, True)
    assert auto_lock(partner, world, lock, auto_lock_enabled=True) == (True, 30)
    assert auto_lock(partner, world, lock, auto_lock_enabled=False) == (False, None)
    ask(partner, "unlock_door", lock)
    engine(world)
    world.clock.move(hours=1)
    world.refresh()
    assert is_locked(partner, lock) is False


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({}, "auto_lock_enabled", "Required."),
        ({"auto_lock_enabled": True, "auto_lock_delay_seconds": 61},
         "auto_lock_delay_seconds", "The most is 60."),
        ({"auto_lock_enabled": True, "auto_lock_delay_seconds": 0},
         "auto_lock_delay_seconds", "The least is 1."),
        ({"auto_lock_enabled": False, "auto_lock_delay_seconds": 9},
         "auto_lock_delay_seconds", "Only where auto_lock_enabled is true."),
    ],
)  # fmt: skip
def test_what_is_no_setting_is_refused(partner, lock, params, field, message):
    assert partner.post("/locks/configure_auto_lock", device_id=lock, **params) == (
        400,
        error("invalid_input", f"{field}: {message}", **{field: [message]}),
    )


# ---- At the keypad ----


def test_a_pin_unlocks_and_the_key_at_the_keypad_locks(partner, world, lock):
    partner.post("/access_codes/create", device_id=lock, code="482915")
    world.run(minutes=1)
    start = Event.objects.latest("pk").pk

    typed = ask(partner, "simulate/keypad_code_entry", lock, code="482915")
    unlocked = is_locked(partner, lock)
    answer = partner.post("/locks/simulate/manual_lock_via_keypad", device_id=lock)
    pressed = str(ActionAttempt.objects.latest("pk").uid)

    assert answer == (
        200,
        {
            "action_attempt": body(
                pressed, "SIMULATE_MANUAL_LOCK_VIA_KEYPAD", "success", result={}
            ),
            "ok": True,
        },
    )
    assert (unlocked, is_locked(partner, lock)) == (False, True)
    rows = Event.objects.filter(pk__gt=start).order_by("pk")
    assert [(each.event_type, each.payload.get("method")) for each in rows] == [
        ("lock.unlocked", "keycode"),
        ("action_attempt.simulate_keypad_code_entry.succeeded", None),
        ("lock.locked", "manual"),
        ("action_attempt.simulate_manual_lock_via_keypad.succeeded", None),
    ]
    assert attempt(partner, typed)["status"] == "success"


def test_a_key_that_nobody_can_press_locks_no_door(partner, world, lock):
    VirtualLock.objects.update(is_locked=False)
    switch_fault(world.locks[0], Fault.KEYPAD_BATTERY_FLAT, True, now=world.now)

    attempt_id = ask(partner, "simulate/manual_lock_via_keypad", lock)

    assert attempt(partner, attempt_id) == body(
        attempt_id,
        "SIMULATE_MANUAL_LOCK_VIA_KEYPAD",
        "error",
        error={
            "type": "keypad_battery_flat",
            "message": "Nobody can press a key at this lock now.",
        },
    )
    assert VirtualLock.objects.get().is_locked is False
    assert [event["event_type"] for event in told(partner, lock)] == [
        "action_attempt.simulate_manual_lock_via_keypad.failed"
    ]
