"""The page of a code as the place where its trouble is fixed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accesscodes.engine.watchdog import watch
from accesscodes.linked import issue_codes
from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Role
from properties.providers.virtual.people import (
    add_foreign_code,
    contents,
    edit_at_keypad,
    erase_at_keypad,
)
from tests.accesscodes.world import World
from tests.desk.html import attributes, fields, ids, words

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
VERBS = ("code-retry", "code-restore", "code-accept")


def path(world, code, name="code-detail"):
    return reverse(name, args=[world.property.slug, code.uid])


@pytest.fixture
def code(world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    return code


@pytest.mark.parametrize(
    ("name", "question", "toast", "action"),
    [
        (
            "code-retry",
            "Try again for Lena?",
            "The same PIN is being sent again.",
            "access_code.retry",
        ),
        (
            "code-restore",
            "Put the code of Lena back?",
            "The code is being put back on the lock.",
            "access_code.restore",
        ),
    ],
)
def test_each_action_asks_by_get_and_acts_by_post(
    desk, world, code, name, question, toast, action
):
    asked = desk.get(path(world, code, name))
    assert question in words(asked, "main")
    assert not AuditEntry.objects.filter(action=action).exists()

    done = desk.post(path(world, code, name), follow=True)
    assert words(done, "toast") == toast
    fragment = desk.post(path(world, code, name), headers=HTMX)
    assert {"code-main", "toast", "live"} <= set(ids(fragment))
    assert "main" not in ids(fragment)
    assert AuditEntry.objects.filter(action=action, actor_label="mara").count() == 2


@pytest.mark.parametrize("name", [*VERBS, "code-undo", "code-now", "code-open", "slip"])
def test_housekeeping_does_none_of_it(sign_in, world, code, name):
    client = sign_in(Role.HOUSEKEEPING, world.property)

    for answer in (client.get(path(world, code, name)), client.post(path(world, code, name))):
        assert answer.status_code in {403, 405}
    assert AccessCode.objects.get().revision == code.revision


@pytest.mark.parametrize("name", [*VERBS, "code-undo", "code-now", "code-open", "slip"])
def test_a_code_of_another_property_is_not_there(sign_in, world, code, name):
    client = sign_in(Role.MANAGER, world.property)
    code.device.property = None
    code.device.save(update_fields=["property"])

    assert client.get(path(world, code, name)).status_code == 404


# ---- One PIN for several doors ------------------------------------------------------------------


@pytest.fixture
def doors(clock):
    return World("schlage", "schlage", clock=clock)


def issue_linked(world):
    devices = [world.device(lock) for lock in world.locks]
    spec = CodeSpec(name="Lena", pin=Pin("482915"), common_code_key="stay-1")
    return issue_codes(devices, spec, actor=SYSTEM, now=world.now)


def test_a_code_for_several_doors_names_the_others_with_their_badges(sign_in, doors):
    client = sign_in(Role.MANAGER, doors.property)
    add_foreign_code(doors.locks[1], Pin("482915"), "Owner", now=doors.now)
    here, there = issue_linked(doors)
    doors.run(minutes=1)

    page = client.get(path(doors, here))

    name = there.device.display_name
    assert words(page, "code-doors") == (
        f"The same PIN for other doors {name} Not on the lock Try again at {name}"
    )
    assert words(page, "code-badge") == "On the lock"
    assert "482915" not in page.content.decode()

    done = client.post(
        path(doors, there, "code-retry"), {"seen_from": str(here.uid)}, headers=HTMX
    )
    assert "Try again at" in words(done, "code-doors")
    assert words(done, "code-badge") == "On the lock"
    entry = AuditEntry.objects.get(action="access_code.retry")
    assert entry.object_uid == there.uid


def test_a_code_for_one_door_says_nothing_of_others(desk, world, code):
    page = desk.get(path(world, code))

    assert "hidden" in attributes(page, "code-doors")


# ---- Fixing -------------------------------------------------------------------------------------


def test_a_clashing_pin_is_changed_in_one_click(desk, world):
    add_foreign_code(world.locks[0], Pin("482915"), "Owner", now=world.now)
    code = issue_code(
        world.device(), CodeSpec(name="Lena", pin=Pin("482915")), actor=SYSTEM, now=world.now
    )
    world.run(minutes=1)
    page = desk.get(path(world, code))
    sent = {name: value for name, value in fields(page).items() if name.startswith("pin_")}
    assert sent == {"pin_mode": "generate", "pin_length": "6"}

    watch(world.now + timedelta(minutes=5))
    assert "already uses this PIN" in words(desk.get(path(world, code)), "code-panel")

    answer = desk.post(path(world, code, "code-change-pin"), sent, follow=True)
    door = desk.get(reverse("lock-detail", args=[world.property.slug, world.device().uid]))
    world.run(minutes=1)

    assert words(answer, "toast").startswith("PIN changed.")
    assert words(answer, "code-panel") == (
        "The new PIN is on its way to the lock The new PIN is being sent to the lock. It opens "
        "the door once it is there."
    )
    assert words(answer, "code-badge") == "Sending the new PIN"
    assert "Sending the new PIN" in words(door, "lock-codes")
    assert words(desk.get(path(world, code)), "code-panel") == ""
    assert words(desk.get(path(world, code)), "code-badge") == "On the lock"
    assert world.digits(code) in world.on_lock() - {"482915"}


def meddle(world, pin):
    """Change the PIN at the lock, as its owner may."""
    [slot] = contents(world.locks[0], now=world.now)
    edit_at_keypad(world.locks[0], slot, now=world.now, pin=Pin(pin))


def test_what_was_changed_at_the_lock_is_put_back(desk, world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"), is_external_modification_allowed=True)
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    meddle(world, "703611")
    world.run(minutes=10)
    page = desk.get(path(world, code))
    assert words(page, "code-badge") == "Changed in app"
    assert {"panel-accept", "panel-restore", "panel-change_dates"} <= set(ids(page))

    answer = desk.post(path(world, code, "code-restore"), follow=True)
    world.run(minutes=1)

    assert words(answer, "toast") == "The code is being put back on the lock."
    assert world.on_lock() == {"482915"}


def test_what_was_changed_at_the_lock_is_accepted_after_one_question(desk, world):
    spec = CodeSpec(name="Lena", pin=Pin("482915"), is_external_modification_allowed=True)
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    meddle(world, "703611")
    world.run(minutes=10)

    question = desk.get(path(world, code, "code-accept"))
    answer = desk.post(path(world, code, "code-accept"), follow=True)
    world.run(minutes=1)

    assert "Nothing is sent to the lock." in words(question, "main")
    assert words(answer, "code-badge") == "On the lock"
    assert (world.digits(code), world.on_lock()) == ("703611", {"703611"})


def test_there_is_nothing_to_accept_where_nobody_changed_anything(desk, world):
    code = issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)

    answer = desk.post(path(world, code, "code-accept"), follow=True)

    assert "There is nothing to accept." in words(answer, "toast")
    assert AccessCode.objects.get().withdrawn_at is None


def test_the_front_desk_does_not_delete_what_others_made_by_accepting_a_removal(sign_in, world):
    client = sign_in(Role.FRONT_DESK, world.property)
    spec = CodeSpec(name="Lena", pin=Pin("482915"), is_external_modification_allowed=True)
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    [slot] = contents(world.locks[0], now=world.now)
    erase_at_keypad(world.locks[0], slot, now=world.now)
    world.run(minutes=10)
    assert words(client.get(path(world, code)), "code-badge") == "Changed in app"

    answer = client.post(path(world, code, "code-accept"))

    assert answer.status_code == 403
    assert AccessCode.objects.get().withdrawn_at is None


def test_while_a_delete_can_be_undone_the_page_offers_just_that(desk, world, code):
    desk.post(path(world, code, "code-delete"))

    page = desk.get(path(world, code))

    assert words(page, "code-panel") == (
        "The code is deleted in a few seconds You can still undo. Undo Remove now"
    )
    assert not {"to-dates", "to-rename", "to-pin", "to-delete"} & set(ids(page))
    now = desk.post(path(world, code, "code-delete"), {"now": "1"}, headers=HTMX)
    assert words(now, "code-badge") == "Removing"


def test_a_new_pin_for_one_of_several_doors_is_asked_for_on_a_page(sign_in, doors):
    client = sign_in(Role.MANAGER, doors.property)
    add_foreign_code(doors.locks[0], Pin("482915"), "Owner", now=doors.now)
    here, _ = issue_linked(doors)
    doors.run(minutes=1)

    page = client.get(path(doors, here))

    assert words(page, "code-badge") == "Not on the lock"
    assert attributes(page, "panel-change_pin")["href"] == path(doors, here, "code-change-pin")
