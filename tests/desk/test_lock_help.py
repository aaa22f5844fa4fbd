"""What a lock's page offers beside its verdict: Plan B, a note, the door from here, the gauge."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse

from accesscodes.models import ActionAttempt
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Fault, Role
from properties.models import Device
from properties.providers.virtual.people import switch_fault
from properties.services import set_key_box
from tests.accesscodes.world import World
from tests.desk.html import attributes, ids, words
from tests.factories import DeviceFactory, UserFactory

pytestmark = pytest.mark.django_db

KEY_BOX = "C4471X"


def path(world, name="lock-detail"):
    return reverse(name, args=[world.property.slug, world.device().uid])


@pytest.fixture
def blocked(clock):
    """One door whose keypad died, in a house with a key box."""
    world = World("nuki", clock=clock)
    Device.objects.update(nickname="Room 9")
    world.property.plan_b = "The key box is left of the entrance."
    world.property.save()
    set_key_box(world.property, Pin(KEY_BOX), actor=SYSTEM, now=world.now)
    switch_fault(world.locks[0], Fault.KEYPAD_BATTERY_FLAT, True, now=world.now)
    switch_fault(world.locks[0], Fault.KEYPAD_DISCONNECTED, True, now=world.now)
    world.refresh()
    return world


def test_plan_b_shows_its_text_and_keeps_the_code_of_the_key_box(sign_in, blocked):
    desk = sign_in(Role.FRONT_DESK, blocked.property)

    page = desk.get(path(blocked))

    assert "The key box is left of the entrance." in words(page, "plan-b")
    assert "Show key-box code" in words(page, "plan-b")
    assert KEY_BOX not in page.content.decode()
    assert not AuditEntry.objects.filter(action="property.reveal_key_box").exists()


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MANAGER])
def test_the_key_box_code_is_revealed_by_post_and_written_down(role, sign_in, blocked):
    desk = sign_in(role, blocked.property)

    page = desk.post(path(blocked, "lock-plan-b"))

    assert KEY_BOX in words(page, "plan-b")
    entry = AuditEntry.objects.get(action="property.reveal_key_box")
    assert (entry.actor_label, entry.object_uid) == ("mara", blocked.device().uid)
    assert KEY_BOX not in str(entry.detail)


def test_housekeeping_reads_plan_b_without_the_code(sign_in, blocked):
    desk = sign_in(Role.HOUSEKEEPING, blocked.property)

    assert "The front desk has the key-box code." in words(desk.get(path(blocked)), "plan-b")
    refused = desk.post(path(blocked, "lock-plan-b"))

    assert refused.status_code == 403
    assert KEY_BOX not in refused.content.decode()


def test_a_lock_that_takes_codes_keeps_plan_b_folded_and_within_reach(desk, world):
    assert words(desk.get(path(world)), "plan-b") == ""
    set_key_box(world.property, Pin(KEY_BOX), actor=SYSTEM, now=world.now)

    assert "When no code gets the guest in" in words(desk.get(path(world)), "plan-b")
    shown = desk.post(path(world, "lock-plan-b"))

    assert KEY_BOX in words(shown, "plan-b")
    assert AuditEntry.objects.filter(action="property.reveal_key_box").count() == 1


def test_without_a_plan_b_there_is_nothing_to_show(desk, world):
    answer = desk.post(path(world, "lock-plan-b"))

    assert answer.status_code == 302
    assert not AuditEntry.objects.filter(action="property.reveal_key_box").exists()


def test_an_administrator_writes_the_key_box_code_and_never_reads_it(client, blocked):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    admin = reverse("admin:properties_property_change", args=[blocked.property.pk])
    form = client.get(admin).context["adminform"].form
    values = {name: form[name].value() or "" for name in form.fields}
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    lead = {"just_in_time_lead": "01:00:00", "forget_key_box": ""}

    answer = client.post(admin, {**values, **members, **lead, "key_box_code": "99A1"})
    blocked.property.refresh_from_db()

    assert answer.status_code == 302
    assert blocked.property.key_box.open(bound_to=blocked.property.seal_id) == Pin("99A1")
    assert "99A1" not in client.get(admin).content.decode()


def test_the_note_for_maintenance_says_what_is_wrong_and_holds_no_pin(sign_in, blocked):
    desk = sign_in(Role.HOUSEKEEPING, blocked.property)

    page = desk.get(path(blocked, "lock-maintenance"))

    note = page.context["note"]
    assert note.startswith("Room 9, ")
    assert "This lock can't take codes right now" in note
    assert "1. Put new batteries in the keypad" in note
    assert "Keypad battery:" in note
    assert "Since " in note
    assert KEY_BOX not in note
    assert "<textarea" in page.content.decode()
    mail = urlsplit(str(attributes(page, "note-mail")["href"]))
    assert (mail.scheme, mail.path) == ("mailto", "")
    assert "+" not in mail.query  # mail programs show it as it is
    assert {name: text.replace("\r\n", "\n") for name, text in parse_qsl(mail.query)} == {
        "subject": f"Room 9: Keypad disconnected ({blocked.property.name})",
        "body": note,
    }


def test_the_note_names_who_comes_next(sign_in, world):
    issue_code(
        world.device(),
        CodeSpec(
            name="Jonas Weber",
            pin=Pin("482915"),
            starts_at=world.now + timedelta(days=10),
            ends_at=world.now + timedelta(days=12),
        ),
        actor=SYSTEM,
        now=world.now,
    )
    switch_fault(world.locks[0], Fault.ACCOUNT_DISCONNECTED, True, now=world.now)
    world.refresh()
    desk = sign_in(Role.MANAGER, world.property)

    note = desk.get(path(world, "lock-maintenance")).context["note"]

    assert "Jonas Weber is expected" in note
    assert "482915" not in note


def test_a_door_is_unlocked_from_its_page_and_the_answer_is_shown(desk, world):
    Device.objects.update(flags={**world.device().flags, "can_remotely_unlock": True})

    asked = desk.get(path(world, "lock-door"))
    assert "The door opens for whoever stands there." in asked.content.decode()
    assert not ActionAttempt.objects.exists()

    desk.post(path(world, "lock-door"), {"to": "unlock"})
    waiting = words(desk.get(path(world)), "bolt")
    ActionAttempt.objects.update(status="success")
    done = words(desk.get(path(world)), "bolt")

    assert "Asked to unlock" in waiting
    assert "The lock says that it unlocked" in done
    assert AuditEntry.objects.filter(action="lock.unlock_door").count() == 1


def test_nobody_took_up_a_door_that_was_asked_for_while_no_engine_ran(desk, world, clock):
    Device.objects.update(flags={**world.device().flags, "can_remotely_unlock": True})
    desk.post(path(world, "lock-door"), {"to": "unlock"})

    clock.move(seconds=10)

    assert "It did not unlock" in words(desk.get(path(world)), "bolt")


@pytest.mark.parametrize(
    ("role", "flags"), [(Role.HOUSEKEEPING, True), (Role.MANAGER, False), (Role.MANAGER, None)]
)
def test_a_door_that_one_may_not_move_has_no_button(role, flags, sign_in, world):
    flag = {} if flags is None else {"can_remotely_unlock": flags, "can_remotely_lock": flags}
    others = {k: v for k, v in world.device().flags.items() if "remotely" not in k}
    Device.objects.update(flags={**others, **flag})
    desk = sign_in(role, world.property)

    assert words(desk.get(path(world)), "bolt") == ""
    desk.post(path(world, "lock-door"), {"to": "unlock"})

    assert not ActionAttempt.objects.filter(action_type="UNLOCK_DOOR").exists()


def test_the_gauge_names_the_first_day_on_which_the_codes_do_not_fit(desk, world):
    facts = {**world.device().capability_facts, "max_codes": 2}
    Device.objects.update(capability_facts=facts)
    for number in range(3):
        start = world.now + timedelta(days=20 + number)
        stay = CodeSpec(name=f"G {number}", starts_at=start, ends_at=start + timedelta(days=5))
        issue_code(world.device(), stay, actor=SYSTEM, now=world.now)

    page = desk.get(path(world))

    # Each code is put on the lock 72 h before it starts, the third 19 days from now.
    due = (world.now + timedelta(days=19)).astimezone(world.property.zone)
    assert words(page, "lock-usage") == "0 of 2 codes"
    assert f"need more than 2 slots from {due:%a}" in words(page, "lock-slots")


@pytest.mark.parametrize(
    ("size", "roomy", "last"), [(1, 0, 0), (2, 1, 1), (5, 4, 4), (250, 200, 249)]
)
def test_the_gauge_warns_in_the_last_fifth_and_at_the_last_slot(size, roomy, last, desk, world):
    facts = {**world.device().capability_facts, "max_codes": size}
    Device.objects.update(capability_facts=facts)

    html = desk.get(path(world)).content.decode()

    assert f'max="{size}" low="{roomy}" high="{last}" optimum="0" value="0"' in html


def test_on_a_full_lock_each_code_can_be_deleted_where_it_stands(desk, world):
    code = issue_code(world.device(), CodeSpec(name="Old one"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    button = f"code-{code.uid}-delete"
    assert button not in ids(desk.get(path(world)))

    said = {**world.device().properties, "max_active_codes_supported": 1}
    Device.objects.update(properties=said)
    page = desk.get(path(world))

    assert words(page, button) == "Delete the code for Old one"
    assert attributes(page, button)["href"] == reverse(
        "code-delete", args=[world.property.slug, code.uid]
    )


def test_a_code_that_waits_for_room_is_not_offered_for_deletion_to_make_it(desk, world):
    there = issue_code(world.device(), CodeSpec(name="Old one"), actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    guest = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)
    said = {**world.device().properties, "max_active_codes_supported": 1}
    Device.objects.update(properties=said)

    page = desk.get(path(world))

    assert "Blocked: lock full" in words(page, f"code-{guest.uid}")
    assert f"code-{guest.uid}-delete" not in ids(page)
    assert f"code-{there.uid}-delete" in ids(page)


def test_all_doors_are_checked_at_once_and_only_those_of_this_house(desk, world):
    far = world.now + timedelta(hours=9)
    other = DeviceFactory(account=world.account)
    Device.objects.update(due_at=far)

    desk.post(reverse("lock-check-all", args=[world.property.slug]))

    assert world.device().due_at <= world.now
    other.refresh_from_db()
    assert other.due_at == far
