"""At the desk: codes from the lock's app are taken over or removed; a spare helps a guest."""

import pytest
from django.urls import reverse

from accesscodes import pool
from accesscodes.models import AccessCode, UnmanagedCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.masked import Pin
from properties.choices import Role
from properties.providers.virtual.people import add_foreign_code
from tests.desk.html import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(world):
    add_foreign_code(world.locks[0], Pin("907156"), "Owner", now=world.now)
    world.run(seconds=1)
    return UnmanagedCode.objects.get()


def at(world, name, uid):
    return reverse(name, args=[world.property.slug, uid])


def test_a_manager_takes_a_code_over_after_one_question(desk, world, owner):
    question = desk.get(at(world, "foreign-convert", owner.uid))
    done = desk.post(at(world, "foreign-convert", owner.uid))
    waiting = desk.get(at(world, "lock-detail", world.device().uid))
    world.run(seconds=1)
    page = desk.get(at(world, "lock-detail", world.device().uid))

    assert "Take over Owner?" in words(question)
    assert done["Location"] == at(world, "lock-detail", world.device().uid)
    assert words(waiting, "lock-foreign") == "Owner Until removed Being taken over"
    assert words(page, "lock-foreign") == ""
    assert words(page, "lock-codes") == "Owner On the lock Until removed"
    assert b"907156" not in question.content + waiting.content + page.content


def test_a_manager_removes_a_code_after_one_question(desk, world, owner):
    question = desk.get(at(world, "foreign-remove", owner.uid))
    desk.post(at(world, "foreign-remove", owner.uid))
    waiting = desk.get(at(world, "lock-detail", world.device().uid))
    world.run(seconds=10)

    assert "Remove Owner?" in words(question)
    assert words(waiting, "lock-foreign") == "Owner Until removed Being removed."
    assert world.on_lock() == set()
    assert desk.post(at(world, "foreign-remove", owner.uid)).status_code == 404


def test_a_code_that_cannot_be_taken_over_says_why(desk, world, owner):
    UnmanagedCode.objects.update(is_enabled=False)

    page = desk.get(at(world, "foreign-convert", owner.uid))
    lock = desk.get(at(world, "lock-detail", world.device().uid))

    assert "The code is switched off on the lock." in words(page)
    assert "Take over" not in words(lock, "lock-foreign")
    assert "Remove" in words(lock, "lock-foreign")


def test_the_front_desk_sees_such_codes_and_leaves_them_to_managers(sign_in, world, owner):
    client = sign_in(Role.FRONT_DESK, world.property)

    page = client.get(at(world, "lock-detail", world.device().uid))
    answers = [
        client.post(at(world, name, owner.uid)) for name in ("foreign-convert", "foreign-remove")
    ]

    assert words(page, "lock-foreign") == (
        "Owner Until removed Made in the lock's app A manager can take these over or remove them."
    )
    assert [answer.status_code for answer in answers] == [403, 403]
    assert "Ask a manager." in words(answers[0])


@pytest.fixture
def stay(world):
    code = issue_code(
        world.device(),
        CodeSpec(
            name="Lena",
            starts_at=world.now,
            ends_at=world.now.replace(day=25),
            use_backup_access_code_pool=True,
        ),
        actor=SYSTEM,
        now=world.now,
    )
    pool.tend(world.now)
    world.run(minutes=1)
    return code


def test_a_backup_code_is_offered_and_taken_after_one_question(desk, world, stay):
    offer = desk.get(at(world, "code-detail", stay.uid))
    question = desk.get(at(world, "code-backup", stay.uid))
    done = desk.post(at(world, "code-backup", stay.uid), follow=True)
    after = desk.get(at(world, "code-detail", stay.uid))

    spare = AccessCode.objects.get(backs_up=stay)
    assert "Use backup code" in words(offer, "code-manage")
    assert "Use a backup code for Lena?" in words(question)
    assert done.redirect_chain == [(at(world, "code-detail", spare.uid), 302)]
    assert "This backup code opens now. Give its PIN to Lena." in words(done)
    assert "Open the backup code" in words(after, "code-manage")
    assert "Use backup code" not in words(after)


def test_without_a_ready_spare_nothing_is_offered(desk, world, stay):
    AccessCode.objects.filter(is_backup=True).update(status="setting")

    page = desk.get(at(world, "code-detail", stay.uid))
    answer = desk.get(at(world, "code-backup", stay.uid), follow=True)

    assert "backup" not in words(page, "code-manage")
    assert "No backup code is ready for this code." in words(answer)
