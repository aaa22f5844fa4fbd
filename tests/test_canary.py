"""No PIN leaves by a door that was not opened for it.

Known PINs are sent through everything that takes one: the partner API, the desk, the admin, the
keypad, the engine with its faults, and code that breaks on purpose. Then every log line, address,
page, event, audit row and problem is searched for them, as they are and in disguise.
"""

import base64
import json
import logging
import random
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accesscodes.api.serializers import event_text
from accesscodes.models import AccessCode, LockCommand, LockReading, Problem
from locksite.http import Broken
from locksite.journal.models import AuditEntry, Event
from locksite.partners import deliveries
from locksite.partners.models import StoredAnswer, WebhookDelivery, WebhookEndpoint
from locksite.partners.sending import Sender
from properties.choices import Fault, Role
from properties.providers.registry import driver_for
from properties.providers.virtual.people import fail_next_calls, switch_fault
from tests.accesscodes.world import World
from tests.api import Partner
from tests.factories import MembershipFactory, UserFactory
from tests.partners.receiving import Inline

pytestmark = pytest.mark.django_db


def disguises(pin: str) -> set[str]:
    """Return the forms in which a PIN might slip out."""
    return {
        pin,
        pin[::-1],
        pin.encode().hex(),
        base64.b64encode(pin.encode()).decode().rstrip("="),
        "".join(f"%{ord(digit):02X}" for digit in pin),
        "".join(f"&#{ord(digit)};" for digit in pin),
    }


@pytest.fixture
def pins():
    draw = random.Random(2026)
    return [f"{draw.randrange(10**7, 10**8)}" for _ in range(60)]


@pytest.fixture
def world(clock, monkeypatch):
    monkeypatch.setattr(timezone, "now", clock)
    return World("schlage", "wyze", clock=clock)


def test_the_search_would_find_a_pin_that_slipped_out(pins, caplog):
    logging.getLogger("accesscodes").warning("writing %s", pins[0])

    assert leaked(pins, {"log": caplog.text}) == [("log", pins[0])]


def leaked(pins, places: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (place, pin)
        for place, text in places.items()
        for pin in pins
        if any(form in text for form in disguises(pin))
    ]


def test_no_pin_slips_out(world, pins, caplog, client, monkeypatch, settings):
    caplog.set_level(logging.DEBUG)
    drawn = iter(pins)
    places: dict[str, str] = {}

    secrets = listen(world, settings)
    partner_calls(world, drawn)
    world.run(minutes=2)
    sent = tell_partners(world)
    break_down(world, drawn, monkeypatch)
    places |= desk_pages(world, drawn, client)
    world.run(minutes=40)
    places |= admin_pages(client)

    assert AccessCode.objects.count() == 11
    rows = [
        *(model_to_dict(row) for row in Problem.objects.all()),
        *Event.objects.values("event_type", "payload"),
        *AuditEntry.objects.values(),
        *LockReading.objects.values(),
        *LockCommand.objects.values(),
        *AccessCode.objects.values(),
        *StoredAnswer.objects.values(),
        *WebhookEndpoint.objects.values(),
        *WebhookDelivery.objects.values(),
    ]
    places |= {"rows": repr(rows), "log": caplog.text}
    used = list(pins)[: len(pins) - len(list(drawn))]
    assert leaked(used, places) == []
    assert leaked(used, {"webhooks": sent}) != [], "webhooks tell PINs, so there was one to hide"
    for secret in secrets:
        assert [place for place, text in places.items() if secret[6:] in text] == []


def partner_calls(world, drawn):
    """Create, refuse, find, change and delete codes as a partner does."""
    partner = Partner()
    for lock in world.locks:
        device_id = str(world.device(lock).uid)
        for name in ("Ana", "Bea", "Cem"):
            pin = next(drawn)
            status, body = partner.send(
                "POST",
                "/access_codes/create",
                json.dumps({"device_id": device_id, "name": name, "code": pin}),
                HTTP_IDEMPOTENCY_KEY=f"{device_id}-{name}",
            )
            assert status == 200, body
            code_id = body["access_code"]["access_code_id"]
            refusals = [
                partner.post("/access_codes/create", device_id=device_id, code=pin),
                partner.post(
                    "/access_codes/create", device_id=device_id, code=next(drawn) + "77777"
                ),
                partner.post("/access_codes/create", device_id=device_id, code=next(drawn) + "x"),
                partner.post("/access_codes/create", device_id="nope", code=next(drawn)),
                partner.send("POST", "/access_codes/create", f'{{"code": "{next(drawn)}"'),
            ]
            for _, refused in refusals:
                assert "error" in refused
                assert leaked([pin], {"refusal": repr(refused)}) == []
            assert partner.get("/access_codes/get", f"device_id={device_id}&code={pin}")[0] == 200
            partner.post("/access_codes/update", access_code_id=code_id, code=next(drawn))
            partner.post("/locks/simulate/keypad_code_entry", device_id=device_id, code=pin)
        partner.post("/access_codes/delete", access_code_id=code_id)


def listen(world, settings) -> list[str]:
    """Make webhooks, one that is reached and one that is not; return their secrets."""
    settings.LOCKSITE_WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    partner = Partner()
    answers = [partner.post("/webhooks/create", url="http://127.0.0.1:9/hooks") for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    return [body["webhook"]["secret"] for _, body in answers]


def tell_partners(world) -> str:
    """Send what happened, to endpoints that answer, refuse and break; return what was sent."""
    sent: list[str] = []

    class Wire:
        def post(self, url, *, data, **_):
            sent.append(data.decode())
            if len(sent) % 3 == 1:
                raise RuntimeError("the library stumbles")
            if len(sent) % 3 == 2:
                raise Broken("The call to 127.0.0.1 broke off.")
            return SimpleNamespace(status_code=200)

    wire: Any = Wire
    sender = Sender(world.clock, wire, pool=lambda *_: Inline(), let_go=lambda: None)
    deliveries.fan_out(world.now, event_text)
    for _ in range(60):
        sender.send_due(world.now)
        world.clock.move(seconds=1)
    assert {"pending", "delivered"} <= set(WebhookDelivery.objects.values_list("state", flat=True))
    return "".join(sent)


def break_down(world, drawn, monkeypatch):
    """Let locks misbehave, and code raise in the middle of handling a PIN."""
    partner = Partner()
    device_id = str(world.device().uid)
    for fault in (Fault.LIES, Fault.FAILS_BEFORE, Fault.DOES_THEN_FAILS):
        fail_next_calls(world.locks[0], fault)
        partner.post("/access_codes/create", device_id=device_id, code=next(drawn))
        world.run(minutes=1)

    class Broken:
        def __init__(self, driver):
            self.read = driver.read

        def program(self, lock, write):
            raise RuntimeError(f"cannot write {write}")

    world.driver_for = lambda account, doors: Broken(driver_for(account, doors))
    partner.post("/access_codes/create", device_id=device_id, code=next(drawn))
    world.work()
    world.driver_for = driver_for
    switch_fault(world.locks[1], Fault.OFFLINE, on=True, now=world.now)

    with monkeypatch.context() as broken:
        broken.setattr("accesscodes.services._note", lambda *_: 1 / 0)
        assert (
            partner.post("/access_codes/create", device_id=device_id, code=next(drawn))[0] == 500
        )


ABOUT_A_CODE = (
    *("code-detail", "code-pin", "code-now", "code-record", "slip", "code-retry", "code-restore"),
    *("code-accept", "code-undo", "code-open", "code-delete"),
)


def desk_pages(world, drawn, client) -> dict[str, str]:
    """Return every page that somebody at the desk sees without asking for a PIN, by address."""
    user = UserFactory(username="mara")
    MembershipFactory(user=user, property=world.property, role=Role.MANAGER)
    client.force_login(user)
    slug, lock = world.property.slug, world.device().uid
    issue = reverse("code-issue", args=[slug, lock])
    [token] = re.findall(r'name="token" value="([^"]+)"', client.get(issue).content.decode())
    form = {
        "name": "Dana",
        "kind": "ongoing",
        "pin_mode": "choose",
        "pin": next(drawn),
        "token": token,
    }
    typed = reverse("keypad", args=[slug, lock])
    answers = [
        client.post(issue, {**form, "name": ""}),
        client.post(issue, form),
        client.post(typed, {"pin": next(drawn)}),
    ]
    assert [answer.status_code for answer in answers[:2]] == [422, 302]
    addresses = [
        reverse("lock-list", args=[slug]),
        reverse("code-list", args=[slug]),
        reverse("webhook-list", args=[slug]),
        reverse("lock-detail", args=[slug, lock]),
        issue,
        typed,
        *(
            reverse(name, args=[slug, code.uid])
            for code in AccessCode.objects.for_list()
            for name in ABOUT_A_CODE
        ),
        *(
            f"{reverse('code-record', args=[slug, code.uid])}?format={kind}"
            for code in AccessCode.objects.all()
            for kind in ("csv", "json")
        ),
        reverse("slips", args=[slug])
        + "?ids="
        + ",".join(str(code.uid) for code in AccessCode.objects.all()),
    ]
    pages = {address: client.get(address).content.decode() for address in addresses}
    pages["addresses"] = " ".join(
        [*addresses, *(answer.get("Location", "") for answer in answers)]
    )
    code = AccessCode.objects.live().filter(pin__isnull=False).order_by("-id").first()
    for verb in ("code-retry", "code-restore", "code-delete", "code-undo"):
        htmx = {"HX-Request": "true"}
        answer = client.post(reverse(verb, args=[slug, code.uid]), headers=htmx)
        pages[f"after {verb}"] = answer.content.decode()
    printed = client.post(reverse("slip", args=[slug, code.uid]), {"sure": "1"}).content.decode()
    assert world.digits(code) in printed.replace(" ", ""), "a printed PIN is printed"
    shown = client.post(reverse("code-pin", args=[slug, code.uid])).content.decode()
    assert world.digits(code) in shown.replace(" ", ""), "a revealed PIN is shown"
    return pages


def admin_pages(client) -> dict[str, str]:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    pages = {}
    models = (AccessCode, Event, AuditEntry, LockReading, Problem)
    for model in (*models, WebhookEndpoint, WebhookDelivery):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        try:
            listing = reverse(f"{name}_changelist")
        except NoReverseMatch:  # a model without pages of its own
            continue
        pages[listing] = client.get(listing).content.decode()
        row = model.objects.order_by("-pk").first()
        if row is not None:
            detail = reverse(f"{name}_change", args=[row.pk])
            pages[detail] = client.get(detail).content.decode()
    return pages
