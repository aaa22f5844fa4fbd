"""Nobody sees another property, housekeeping sees no PIN, and no page is kept by a browser."""

import uuid

import pytest
from django.urls import reverse

from accesscodes.models import ShiftNote, UnmanagedCode
from accesscodes.services import CodeSpec, issue_code
from accesscodes.shift_notes import leave_note
from accesscodes.web import urls
from locksite.actors import SYSTEM
from locksite.masked import Pin
from locksite.partners.models import WebhookDelivery
from properties.choices import Role
from properties.providers.virtual.people import add_foreign_code
from tests.desk.html import words
from tests.factories import PropertyFactory, WebhookDeliveryFactory

pytestmark = pytest.mark.django_db

# Every address of the desk: what it is about, the methods that it answers, and what comes of each
# for a person with every right (a redirect where something was done).
ADDRESSES = {
    "arrivals": ("", {"GET": 200}),
    "activity": ("", {"GET": 200}),
    "activity-export": ("", {"GET": 200}),
    "shift": ("", {"GET": 200}),
    "shift-note": ("", {"GET": 302, "POST": 422}),
    "shift-note-done": ("note", {"POST": 302}),
    "search": ("", {"GET": 200, "POST": 302}),
    "live": ("", {"GET": 200}),
    "lock-list": ("", {"GET": 200, "POST": 302}),
    "lock-detail": ("lock", {"GET": 200}),
    "lock-check": ("lock", {"POST": 302}),
    "lock-check-all": ("", {"POST": 302}),
    "lock-plan-b": ("lock", {"GET": 302, "POST": 302}),
    "lock-door": ("lock", {"GET": 200, "POST": 302}),
    "lock-maintenance": ("lock", {"GET": 200}),
    "code-issue": ("lock", {"GET": 200, "POST": 422}),
    "code-validate": ("lock", {"POST": 200}),
    "keypad": ("lock", {"GET": 200, "POST": 200}),
    "choose-door": ("", {"GET": 200}),
    "foreign-convert": ("foreign", {"GET": 200, "POST": 302}),
    "foreign-remove": ("foreign", {"GET": 200, "POST": 302}),
    "code-list": ("", {"GET": 200, "POST": 302}),
    "code-detail": ("code", {"GET": 200}),
    "code-pin": ("code", {"GET": 200, "POST": 200}),
    "code-backup": ("code", {"GET": 302, "POST": 302}),
    "code-delete": ("code", {"GET": 200, "POST": 302}),
    "code-rename": ("code", {"GET": 200, "POST": 422}),
    "code-dates": ("code", {"GET": 200, "POST": 422}),
    "code-dates-validate": ("code", {"POST": 200}),
    "code-change-pin": ("code", {"GET": 200, "POST": 422}),
    "code-retry": ("code", {"GET": 200, "POST": 302}),
    "code-restore": ("code", {"GET": 200, "POST": 302}),
    "code-accept": ("code", {"GET": 200, "POST": 302}),
    "code-undo": ("code", {"GET": 200, "POST": 302}),
    "code-now": ("code", {"GET": 200, "POST": 302}),
    "code-open": ("code", {"GET": 200, "POST": 302}),
    "code-record": ("code", {"GET": 200}),
    "slip": ("code", {"GET": 200, "POST": 200}),
    "slips": ("", {"GET": 200, "POST": 200}),
    "webhook-list": ("", {"GET": 200}),
    "webhook-send-again": ("delivery", {"POST": 302}),
}
CASES = [
    (name, method, status)
    for name, (_, methods) in ADDRESSES.items()
    for method, status in methods.items()
]
FORBIDDEN_FOR_HOUSEKEEPING = {
    "lock-plan-b",
    "lock-door",
    "code-issue",
    "code-validate",
    "choose-door",
    "keypad",
    "code-pin",
    "code-backup",
    "foreign-convert",
    "foreign-remove",
    "code-delete",
    "code-rename",
    "code-dates",
    "code-dates-validate",
    "code-change-pin",
    "code-retry",
    "code-restore",
    "code-accept",
    "code-undo",
    "code-now",
    "code-open",
    "slip",
    "slips",
    "shift-note",
    "shift-note-done",
    "webhook-list",
    "webhook-send-again",
}


@pytest.fixture
def code(world):
    WebhookDeliveryFactory(property_id=world.property.pk)
    leave_note(world.property, "Towels for 104.", actor=SYSTEM, now=world.now)
    add_foreign_code(world.locks[0], Pin("907156"), "Owner", now=world.now)
    world.run(seconds=1)
    return issue_code(world.device(), CodeSpec(name="Lena"), actor=SYSTEM, now=world.now)


def path_of(name, house, device, code):
    kind, _ = ADDRESSES[name]
    things = {
        "lock": device,
        "code": code,
        "foreign": UnmanagedCode.objects.first(),
        "delivery": WebhookDelivery.objects.first(),
        "note": ShiftNote.objects.first(),
    }
    thing = things.get(kind)
    arguments = [house.slug] + ([] if thing is None else [thing.uid])
    query = {"live": "?scope=locks", "slips": f"?ids={code.uid}"}
    return reverse(name, args=arguments) + query.get(name, "")


def test_every_address_of_the_desk_is_in_the_table():
    at_a_property = {
        pattern.name for pattern in urls.urlpatterns if str(pattern.pattern).startswith("p/<slug:")
    }

    assert at_a_property == set(ADDRESSES)


@pytest.mark.parametrize(("name", "method", "status"), CASES)
def test_a_manager_reaches_every_page_and_nothing_is_stored(
    name, method, status, desk, world, code
):
    answer = desk.generic(method, path_of(name, world.property, world.device(), code))

    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    assert "HX-Request" in answer["Vary"]
    policy = [rule.strip() for rule in answer["Content-Security-Policy"].split(";")]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)
    assert "unsafe" not in " ".join(policy)


@pytest.mark.parametrize(("name", "method", "status"), CASES)
def test_another_property_answers_like_one_that_does_not_exist(
    name, method, status, sign_in, world, code
):
    client = sign_in(Role.MANAGER, PropertyFactory())
    foreign = path_of(name, world.property, world.device(), code)
    unknown = foreign.replace(f"/{world.property.slug}/", "/no-such-house/")

    answers = [client.generic(method, path) for path in (foreign, unknown)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("name", "method"),
    [(name, method) for name, method, _ in CASES if ADDRESSES[name][0]],
)
def test_a_foreign_lock_or_code_answers_like_one_that_does_not_exist(
    name, method, sign_in, world, code
):
    home = PropertyFactory()
    client = sign_in(Role.MANAGER, home)
    foreign = path_of(name, home, world.device(), code)
    unknown = foreign
    foreign_things = (UnmanagedCode.objects.get(), WebhookDelivery.objects.get())
    for uid in (world.device().uid, code.uid, *(thing.uid for thing in foreign_things)):
        unknown = unknown.replace(str(uid), str(uuid.UUID(int=7)))

    answers = [client.generic(method, path) for path in (foreign, unknown)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(("name", "method", "status"), CASES)
def test_housekeeping_looks_and_does_not_touch(name, method, status, sign_in, world, code):
    client = sign_in(Role.HOUSEKEEPING, world.property)

    answer = client.generic(method, path_of(name, world.property, world.device(), code))

    if name == "activity-export":
        assert (answer.status_code, "Ask a manager" in words(answer)) == (403, True)
    elif name in FORBIDDEN_FOR_HOUSEKEEPING:
        assert answer.status_code == 403
        assert "Housekeeping sees whether doors are ready, and no PINs." in words(answer)
    else:
        assert answer.status_code == status


def test_housekeeping_is_offered_nothing_that_it_may_not_do(sign_in, world, code):
    client = sign_in(Role.HOUSEKEEPING, world.property)

    pages = [
        client.get(reverse("lock-list", args=[world.property.slug])),
        client.get(reverse("arrivals", args=[world.property.slug])),
        client.get(reverse("activity", args=[world.property.slug])),
        client.get(reverse("lock-detail", args=[world.property.slug, world.device().uid])),
        client.get(reverse("code-list", args=[world.property.slug])),
        client.get(reverse("code-detail", args=[world.property.slug, code.uid])),
    ]

    assert "Takes codes" in words(pages[0])
    assert "Housekeeping does not see PINs." in words(pages[5], "pin")
    for page in pages:
        for name in FORBIDDEN_FOR_HOUSEKEEPING:
            path = path_of(name, world.property, world.device(), code)
            assert f'"{path}"' not in page.content.decode()


def test_the_front_desk_deletes_what_it_made_and_asks_for_the_rest(sign_in, world):
    client = sign_in(Role.FRONT_DESK, world.property)
    client.post(
        reverse("code-issue", args=[world.property.slug, world.device().uid]),
        {"name": "Own", "kind": "ongoing", "pin_mode": "generate", "token": "lost"},
    )
    own = world.device().codes.get(name="Own")
    other = issue_code(world.device(), CodeSpec(name="Other"), actor=SYSTEM, now=world.now)
    path = "code-delete"

    mine = client.get(reverse("code-detail", args=[world.property.slug, own.uid]))
    theirs = client.get(reverse("code-detail", args=[world.property.slug, other.uid]))
    allowed = client.post(reverse(path, args=[world.property.slug, own.uid]))
    refused = client.post(reverse(path, args=[world.property.slug, other.uid]))

    assert "Delete code" in words(mine, "code-manage")
    assert "Ask a manager to delete this code." in words(theirs, "code-manage")
    assert (allowed.status_code, refused.status_code) == (302, 403)
    other.refresh_from_db()
    assert other.withdrawn_at is None


def test_an_administrator_reaches_every_property(sign_in, world):
    client = sign_in(None, None)

    page = client.get(reverse("lock-list", args=[world.property.slug]))

    assert "Administrator" in words(page)
    assert "Takes codes" in words(page, "lock-list")


@pytest.mark.parametrize("name", [name for name, (_, by) in ADDRESSES.items() if "POST" not in by])
def test_pages_that_only_show_take_no_post(name, desk, world, code):
    path = path_of(name, world.property, world.device(), code)

    assert desk.post(path).status_code == 405


@pytest.mark.parametrize("name", [name for name, (_, by) in ADDRESSES.items() if "POST" in by])
def test_a_post_without_a_token_changes_nothing(name, desk, world, code):
    desk.handler.enforce_csrf_checks = True

    answer = desk.post(path_of(name, world.property, world.device(), code))

    assert answer.status_code == 403
    assert "This page was open for too long" in words(answer)
