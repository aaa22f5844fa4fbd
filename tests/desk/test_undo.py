"""Deleting a code can be undone for ten seconds; nothing leaves the lock before."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes import services
from accesscodes.api.serializers import event_text
from accesscodes.events import KEPT
from accesscodes.models import AccessCode, LockCommand
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.providers.virtual.people import contents, edit_at_keypad, switch_fault
from tests.api import Partner
from tests.clock import START
from tests.desk.html import words
from tests.factories import AccessCodeFactory

pytestmark = pytest.mark.django_db

STAY = {
    "kind": "time_bound",
    "starts_at": START,
    "ends_at": START + timedelta(days=2),
}


def path(world, code, name="code-detail"):
    return reverse(name, args=[world.property.slug, code.uid])


@pytest.fixture
def code(world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    return code


def actions(code):
    rows = AuditEntry.objects.filter(object_uid=code.uid).order_by("id")
    return list(rows.values_list("action", flat=True))


def test_a_deleted_code_stays_on_the_lock_for_ten_seconds_and_then_goes(desk, world, code):
    answer = desk.post(path(world, code, "code-delete"), follow=True)

    assert words(answer, "toast").startswith("Code for Lena is being removed from the lock.")
    assert "Undo" in words(answer, "toast")
    assert words(answer, "code-badge") == "Removing in 10 s"
    world.clock.move(seconds=9)
    world.work()
    assert world.on_lock() == {"482915"}
    world.run(minutes=1)
    assert AccessCode.objects.get().status == "gone"
    assert world.on_lock() == set()


def test_undo_leaves_everything_as_it_was(desk, world, code):
    before = AccessCode.objects.get()
    desk.post(path(world, code, "code-delete"))
    world.clock.move(seconds=5)
    world.work()

    answer = desk.post(path(world, code, "code-undo"), follow=True)
    world.run(minutes=5)

    after = AccessCode.objects.get()
    assert words(answer, "code-badge") == "On the lock"
    assert (after.withdrawn_at, after.revision) == (None, before.revision)
    assert after.status == "set"
    assert actions(code)[-2:] == ["access_code.delete", "access_code.undo_delete"]


def test_partners_who_heard_of_the_delete_hear_that_it_was_undone(desk, world, code):
    heard_before = Event.objects.latest("id").pk
    desk.post(path(world, code, "code-delete"))
    world.clock.move(seconds=5)
    desk.post(path(world, code, "code-undo"))
    world.run(minutes=5)

    told = Event.objects.filter(pk__gt=heard_before).order_by("id")
    [_, undone] = told
    wire = json.loads(event_text(undone))
    assert [(event.event_type, event.payload) for event in told] == [
        (
            "access_code.mutations_requested",
            {"requested_mutations": [{"mutation_code": "deleting"}]},
        ),
        ("access_code.changed", {"change_reason": KEPT, "changed_properties": []}),
    ]
    assert (wire["access_code_id"], wire["change_reason"]) == (str(code.uid), KEPT)
    assert "Delete undone" in words(desk.get(path(world, code)), "code-events")
    assert "482915" not in json.dumps(wire)


def test_a_spare_that_is_wanted_again_is_told_of_too(world, code):
    spare = AccessCodeFactory(device=world.device(), name="Spare", digits="703611", is_backup=True)
    AccessCode.objects.filter(pk=code.pk).update(pulled_backup=spare)
    code.refresh_from_db()
    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)
    services.undo_withdrawal(code, actor=SYSTEM, now=world.now)

    rows = Event.objects.filter(event_type="access_code.changed").order_by("id")
    assert list(rows.values_list("access_code_uid", flat=True)) == [code.uid, spare.uid]


def test_after_ten_seconds_it_is_too_late(desk, world, code):
    desk.post(path(world, code, "code-delete"))
    world.clock.move(seconds=10)

    answer = desk.post(path(world, code, "code-undo"), follow=True)

    assert "It is too late to undo this." in words(answer, "toast")
    assert AccessCode.objects.get().withdrawn_at is not None


def test_remove_now_drops_the_wait(desk, world, code):
    desk.post(path(world, code, "code-delete"))
    world.clock.move(seconds=2)

    answer = desk.post(path(world, code, "code-delete"), {"now": "1"}, follow=True)

    assert words(answer, "code-badge") == "Removing"
    assert AccessCode.objects.get().withdrawn_at == world.now
    assert actions(code)[-2:] == ["access_code.delete", "access_code.delete_now"]


def test_deleting_twice_does_not_begin_the_wait_anew(desk, world, code):
    desk.post(path(world, code, "code-delete"))
    first = AccessCode.objects.get().withdrawn_at
    world.clock.move(seconds=5)

    desk.post(path(world, code, "code-delete"))

    assert AccessCode.objects.get().withdrawn_at == first


def test_a_code_that_was_never_sent_is_gone_when_the_wait_is_over(desk, world):
    code = issue_code(
        world.device(),
        CodeSpec(
            name="Ahead",
            starts_at=world.now.replace(month=12),
            ends_at=world.now.replace(month=12, day=28),
        ),
        actor=SYSTEM,
        now=world.now,
    )
    world.run(minutes=1)
    desk.post(path(world, code, "code-delete"))
    assert AccessCode.objects.get().status == "unset"

    world.run(minutes=1)

    assert AccessCode.objects.get().status == "gone"


def test_a_pause_after_failures_does_not_hold_the_removal_up(world, code):
    row = code.installations.get()
    row.attempts, row.retry_at = 7, world.now.replace(hour=23)
    row.save(update_fields=["attempts", "retry_at"])

    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)
    world.run(minutes=1)

    assert AccessCode.objects.get().status == "gone"


def test_only_those_who_may_delete_may_undo(sign_in, world, code):
    client = sign_in(Role.FRONT_DESK, world.property)  # somebody else made it
    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)

    answer = client.post(path(world, code, "code-undo"))

    assert answer.status_code == 403
    assert AccessCode.objects.get().withdrawn_at is not None


def test_nothing_is_undone_that_nobody_deleted(world, code):
    services.undo_withdrawal(code, actor=SYSTEM, now=world.now)
    assert actions(code) == ["access_code.issue"]

    services.withdraw_code(code, actor=SYSTEM, now=world.now)
    with pytest.raises(RuleBroken):
        services.undo_withdrawal(code, actor=SYSTEM, now=world.now)


def test_undo_lets_a_change_made_at_the_lock_be_as_before(world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"), is_external_modification_allowed=True)
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    [slot] = contents(world.locks[0], now=world.now)
    edit_at_keypad(world.locks[0], slot, now=world.now, pin=Pin("703611"))
    world.run(minutes=10)

    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)
    world.clock.move(seconds=5)
    world.work()
    services.undo_withdrawal(code, actor=SYSTEM, now=world.now)
    world.run(minutes=10)

    assert world.on_lock() == {"703611"}


def test_a_partner_who_deletes_meanwhile_does_not_wait_and_is_not_undone(world, code):
    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)
    partner = Partner()

    status, _ = partner.post("/access_codes/delete", access_code_id=str(code.uid))

    assert status == 200
    assert AccessCode.objects.get().withdrawn_at == world.now
    with pytest.raises(RuleBroken):
        services.undo_withdrawal(code, actor=SYSTEM, now=world.now)


def test_a_spare_that_is_in_use_goes_and_stays_with_its_code(world):
    code = AccessCodeFactory(device=world.device(), **STAY)
    spare = AccessCodeFactory(device=world.device(), digits="703611", is_backup=True, **STAY)
    code.pulled_backup = spare
    code.save(update_fields=["pulled_backup"])

    def withdrawn():
        return [row.withdrawn_at for row in AccessCode.objects.order_by("pk")]

    services.withdraw_code(code, actor=SYSTEM, now=world.now, wait=services.UNDO_FOR)
    assert withdrawn() == [world.now + services.UNDO_FOR] * 2
    services.undo_withdrawal(code, actor=SYSTEM, now=world.now)
    assert withdrawn() == [None, None]


def test_nothing_is_sent_for_a_code_while_its_delete_can_be_undone(desk, world):
    switch_fault(world.locks[0], Fault.OFFLINE, on=True, now=world.now)
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    waiting = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    switch_fault(world.locks[0], Fault.OFFLINE, on=False, now=world.now)
    before = LockCommand.objects.count()

    desk.post(path(world, waiting, "code-delete"))
    world.clock.move(seconds=5)
    world.work()

    assert LockCommand.objects.count() == before
    assert world.on_lock() == set()
    world.run(minutes=1)
    assert AccessCode.objects.get().status == "gone"
    assert world.on_lock() == set()
