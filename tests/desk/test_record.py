"""The flight recorder: everything that happened to one code, on one line of time."""

import csv
import io
import json

import pytest
from django.urls import reverse

from accesscodes.models import LockCommand
from accesscodes.services import CodeChanges, CodeSpec, change_code, issue_code, withdraw_code
from locksite.actors import SYSTEM, Actor
from locksite.journal.models import Event
from locksite.masked import Pin
from properties.choices import Role
from tests.desk.html import ids, words
from tests.factories import WebhookDeliveryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(world):
    """A code that was issued, changed by a partner, told of, shown and removed."""
    spec = CodeSpec(name="Lena", pin=Pin("482915"))
    code = issue_code(world.device(), spec, actor=SYSTEM, now=world.now)
    world.run(minutes=1)
    partner = Actor("key", "ls_12345678", None)
    change_code(code, CodeChanges(pin=Pin("703611")), actor=partner, now=world.now)
    world.run(minutes=1)
    event = Event.objects.filter(event_type="access_code.set_on_device").first()
    WebhookDeliveryFactory(
        property_id=world.property.pk,
        event_uid=event.uid,
        event_type=event.event_type,
        state="delivered",
        body=None,
        due_at=None,
        attempts=1,
        tried_at=world.now,
        delivered_at=world.now,
    )
    return code


def path(world, code):
    return reverse("code-record", args=[world.property.slug, code.uid])


def test_each_thing_that_happened_is_on_it_newest_last(desk, world, code):
    desk.post(reverse("code-pin", args=[world.property.slug, code.uid]))
    withdraw_code(code, actor=SYSTEM, now=world.now)
    world.run(minutes=1)

    page = desk.get(path(world, code))
    text = words(page, "record")

    order = [
        "Person Issued by Locksite",
        "Command The lock was asked to take the code.",
        "Answer The lock said yes.",
        "Read-back Codes read: 1 code on the lock.",
        "Status Sending to lock → On the lock",
        "Event On the lock",
        "Partner Changed by API key ls_12345678",
        "Command The lock was asked to change the code.",
        "Webhook partner.example was told: access_code.set_on_device",
        "Person PIN shown to mara",
        "Person Deleted by Locksite",
        "Command The lock was asked to drop the code.",
        "Read-back Codes read: 0 codes on the lock.",
    ]
    places = [text.find(words_of) for words_of in order]
    assert -1 not in places, [words_of for words_of in order if words_of not in text]
    # Of one moment the wish comes before the event, so what is compared lies apart in time.
    assert places[0] < places[1] < places[6] < places[7] < places[9] < places[10] < places[11]
    assert text.index("Person PIN shown") < text.index("Person Deleted")
    assert text.index("Status On the lock → Removing") < text.index("Status Removing → Removed")
    assert "482915" not in page.content.decode()
    assert "703611" not in page.content.decode()


def test_it_is_a_file_for_managers_with_the_pin_masked(desk, world, code):
    as_json = desk.get(path(world, code), {"format": "json"})
    as_csv = desk.get(path(world, code), {"format": "csv"})

    body = json.loads(as_json.content)
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert body["code"]["pin"] == "••••••"
    assert body["code"]["access_code_id"] == str(code.uid)
    told = [row["what"] for row in rows if not row["what"].startswith("Record taken along")]
    assert [entry["what"] for entry in body["entries"]] == told
    times = [row["at_utc"] for row in rows]
    assert times == sorted(times)
    assert as_csv["Content-Disposition"] == f'attachment; filename="code-{code.uid}.csv"'
    for answer in (as_json, as_csv):
        assert answer["Cache-Control"] == "no-store"
        assert "482915" not in answer.content.decode()
        assert "703611" not in answer.content.decode()


def test_what_a_lock_said_cannot_become_a_formula(desk, world, code):
    LockCommand.objects.filter(installation__code=code).update(
        outcome="refused", error_message="=HYPERLINK(1)"
    )

    rows = list(
        csv.reader(
            io.StringIO(desk.get(path(world, code), {"format": "csv"}).content.decode("utf-8-sig"))
        )
    )

    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@")]


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.HOUSEKEEPING])
def test_others_read_it_and_take_no_file_and_see_no_webhooks(sign_in, world, code, role):
    client = sign_in(role, world.property)

    page = client.get(path(world, code))
    file = client.get(path(world, code), {"format": "csv"})

    assert "Issued by Locksite" in words(page, "record")
    assert "Webhook" not in words(page, "record")
    assert "to-csv" not in ids(page)
    assert file.status_code == 403


def test_it_costs_the_same_however_much_happened(desk, world, code, django_assert_num_queries):
    desk.get(path(world, code))
    for number in range(5):
        change_code(code, CodeChanges(name=f"Lena {number}"), actor=SYSTEM, now=world.now)
        world.run(minutes=1)

    # session, user, roles, properties; how things stand; code; deeds, events, commands,
    # transitions, deliveries; arrivals
    with django_assert_num_queries(12):
        desk.get(path(world, code))
