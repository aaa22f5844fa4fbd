"""One writer of facts: all of a change is written, or nothing; stale holders change nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accesscodes import ledger, services
from accesscodes.choices import CommandAction, Placement, Status
from accesscodes.engine import lease as leases
from accesscodes.entries import before_program
from accesscodes.ledger import Finding, LeaseLost, StaleRow
from accesscodes.models import AccessCode, Installation, LockCommand, Transition
from accesscodes.services import CodeChanges, CodeSpec
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from properties.models import Device
from tests.accesscodes.world import World

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return World("schlage")


@pytest.fixture
def code(world):
    return services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", pin=Pin("482915")),
        actor=world.actor,
        now=world.now,
    )


def sending(world, code):
    return before_program(code.wish(), code.installed(), 1, code.terms(), world.now)


def test_a_stale_holder_changes_nothing(world, code):
    lease = leases.take(code.device_id, world.engine_id, world.now)
    world.clock.move(minutes=2)
    assert leases.take(code.device_id, world.engine_id, world.now) is not None

    with pytest.raises(LeaseLost):
        ledger.begin(code, sending(world, code), CommandAction.PROGRAM, lease=lease, now=world.now)

    assert not LockCommand.objects.exists()
    assert not Installation.objects.exists()


def test_a_row_that_changed_since_it_was_read_is_not_overwritten(world, code):
    lease = leases.take(code.device_id, world.engine_id, world.now)
    mine = AccessCode.objects.for_list().get(pk=code.pk)
    services.change_code(code, CodeChanges(name="Bea"), actor=world.actor, now=world.now)

    with pytest.raises(StaleRow):
        ledger.begin(mine, sending(world, mine), CommandAction.PROGRAM, lease=lease, now=world.now)

    assert not Installation.objects.exists()
    assert AccessCode.objects.get().name == "Bea"


def test_a_command_is_written_down_before_it_leaves_and_renews_the_lease(world, code):
    lease = leases.take(code.device_id, world.engine_id, world.now)
    world.clock.move(seconds=60)

    command = ledger.begin(
        code, sending(world, code), CommandAction.PROGRAM, lease=lease, now=world.now
    )

    assert (command.slot, command.outcome, command.lease_token) == (1, "", lease.token)
    assert code.installations.get().placement == Placement.WRITING
    assert Device.objects.get().lease_until == world.now + timedelta(seconds=90)


def test_a_try_that_an_engine_did_not_survive_does_not_count_unless_it_is_the_second(world, code):
    def die_in_the_middle():
        """Return what is believed after an engine dies within a command and another takes over."""
        mine = AccessCode.objects.for_list().get(pk=code.pk)
        lease = leases.take(code.device_id, world.engine_id, world.now)
        ledger.begin(mine, sending(world, mine), CommandAction.PROGRAM, lease=lease, now=world.now)
        world.clock.move(minutes=2)
        lease = leases.take(code.device_id, world.engine_id, world.now)
        ledger.close_lost_commands(code.device_id, lease=lease, now=world.now)
        leases.give_back(lease, world.now)
        entry = code.installations.get()
        return entry.attempts, entry.retry_at <= world.now + timedelta(seconds=5)

    first, second = die_in_the_middle(), die_in_the_middle()

    assert (first, second) == ((0, True), (1, True))
    assert [command.outcome for command in LockCommand.objects.all()] == ["lost", "lost"]


def test_a_pause_of_minutes_ends_soon_after_an_engine_died_within_a_try(world, code):
    lease = leases.take(code.device_id, world.engine_id, world.now)
    tried_before = replace(sending(world, code), attempts=7, retry_at=world.now + 5 * MINUTE)
    ledger.begin(code, tried_before, CommandAction.PROGRAM, lease=lease, now=world.now)

    ledger.close_lost_commands(code.device_id, lease=lease, now=world.now)

    entry = code.installations.get()
    assert (entry.attempts, entry.retry_at) == (6, world.now + timedelta(seconds=5))


def test_nothing_new_writes_nothing(world, code):
    world.work()
    version = AccessCode.objects.get().version
    events = Event.objects.count()

    ledger.record(AccessCode.objects.for_list().get(), now=world.now)

    assert AccessCode.objects.get().version == version
    assert Event.objects.count() == events


@pytest.mark.parametrize("first_comes_to", [True, False])
def test_a_slot_can_go_from_one_code_to_another_in_one_look(world, code, first_comes_to):
    """As when a write landed late in a slot that its code had left for another code."""
    other = services.issue_code(
        world.device(),
        CodeSpec(name="Ana Prado", pin=Pin("735162")),
        actor=world.actor,
        now=world.now,
    )
    world.work()
    comes, goes = (code, other) if first_comes_to else (other, code)
    comes, goes = (AccessCode.objects.for_list().get(pk=each.pk) for each in (comes, goes))
    slot = goes.installed().slot
    lease = leases.take(code.device_id, world.engine_id, world.now + MINUTE)

    ledger.record_clock(
        code.device_id,
        sorted(
            [
                Finding(comes, replace(comes.installed(), slot=slot)),
                Finding(goes, replace(goes.installed(), placement=Placement.ABSENT, slot=None)),
            ],
            key=lambda finding: finding.code.pk,
        ),
        lease=lease,
        now=world.now + MINUTE,
    )

    assert Installation.objects.get(code=comes).slot == slot
    assert Installation.objects.get(code=goes).slot is None


def test_a_code_that_was_seen_within_the_second_of_its_start_is_seen_again_after_it(world):
    """The lock cuts its start to a second; the code starts when it was asked to."""
    starts_at = world.now + timedelta(hours=1, milliseconds=600)
    services.issue_code(
        world.device(),
        CodeSpec(name="Lena Okafor", starts_at=starts_at, ends_at=starts_at + timedelta(days=1)),
        actor=world.actor,
        now=world.now,
    )
    world.work()
    for seen_at in (starts_at - timedelta(milliseconds=200), starts_at + timedelta(seconds=1)):
        world.clock.now = seen_at
        Device.objects.update(due_at=seen_at)
        world.work()

    assert AccessCode.objects.get().status == Status.SET


def test_a_change_that_fails_half_way_leaves_no_trace(world, code, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the journal is full")

    monkeypatch.setattr(type(Event.objects), "bulk_create", broken, raising=False)

    with pytest.raises(RuntimeError):
        services.withdraw_code(code, actor=world.actor, now=world.now)

    kept = AccessCode.objects.get()
    assert (kept.status, kept.withdrawn_at, kept.revision) == (Status.SETTING, None, 1)
    assert Transition.objects.count() == 1


def test_events_carry_the_pin_sealed_and_never_in_their_payload(world, code):
    world.work()

    event = Event.objects.get(event_type="access_code.set_on_device")
    assert event.pin.open(bound_to=event.uid) == Pin("482915")
    assert "482915" not in repr(Event.objects.values())


def test_everything_that_people_do_is_in_the_audit_trail(world, code):
    services.change_code(code, CodeChanges(pin=Pin("735162")), actor=world.actor, now=world.now)
    services.reveal_pin(AccessCode.objects.get(), actor=world.actor, now=world.now)
    services.withdraw_code(code, actor=world.actor, now=world.now)

    rows = AuditEntry.objects.order_by("id").values_list("action", "detail")
    assert list(rows) == [
        ("access_code.issue", {}),
        ("access_code.change", {"changed": ["pin"]}),
        ("access_code.reveal_pin", {"how": "shown"}),
        ("access_code.delete", {}),
    ]
