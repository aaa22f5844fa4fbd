"""The page of a code as the place where its trouble is fixed."""

import pytest
from django.urls import reverse

from accesscodes.models import AccessCode
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry
from locksite.masked import Pin
from properties.choices import Role
from tests.desk.html import ids, words

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
        (
            "code-accept",
            "Accept what was changed for Lena?",
            "The change is accepted.",
            "access_code.accept_outside_change",
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
