"""The admin: every page renders, no PIN shows, nothing that may be on a lock can be dropped."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accesscodes.choices import (
    AttemptStatus,
    CommandAction,
    Outcome,
    Placement,
    Severity,
    Status,
)
from accesscodes.models import (
    AccessCode,
    ActionAttempt,
    EngineBeat,
    Installation,
    LockCommand,
    LockReading,
    Problem,
    Transition,
    UnmanagedCode,
)
from accesscodes.services import CodeSpec, issue_code
from locksite.actors import SYSTEM
from locksite.journal.models import AuditEntry, Event
from locksite.masked import Pin
from locksite.partners.models import ApiKey, WebhookDelivery, WebhookEndpoint, digest_of
from locksite.partners.services import create_key
from locksite.pins import index_of, seal
from properties.choices import Fault
from properties.models import Device, InboundNotice, Property, ProviderAccount, VirtualLock
from properties.providers.virtual import people
from properties.providers.virtual.catalogue import CATALOGUE
from tests import fake_seam as fake
from tests.clock import START
from tests.factories import (
    AccessCodeFactory,
    AccountFactory,
    DeviceFactory,
    MembershipFactory,
    PropertyFactory,
    UserFactory,
    VirtualLockFactory,
)

pytestmark = pytest.mark.django_db

# A PIN that stands nowhere by chance.
CANARY = "70381946"
OURS = ("accesscodes", "journal", "partners", "properties")
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]


@pytest.fixture
def boss(client):
    user = UserFactory(username="boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    client.user = user
    return client


def full_row_of_everything(number=0):
    """One row of every model that the admin shows, each with the canary wherever a PIN can be."""
    account = AccountFactory(name=f"Account {number}")
    account.credentials = seal(Pin(CANARY), bound_to=account.uid)
    account.save()
    house = PropertyFactory(name=f"Hafen {number}")
    MembershipFactory(property=house)
    lock = VirtualLockFactory(account=account, name=f"Door {number}", faults=[Fault.OFFLINE])
    people.add_foreign_code(lock, Pin("471936"), "Cleaner", now=START)
    device = DeviceFactory(account=account, property=house, remote_id=str(lock.uid))
    code = AccessCodeFactory(device=device, digits=CANARY, name=f"Lena {number}")
    entry = Installation.objects.create(
        code=code, device=device, slot=1, placement=Placement.PRESENT
    )
    entry.pin = seal(Pin(CANARY), bound_to=entry.uid)
    entry.known_pins = [code.pin_index]
    entry.content = entry.sent = {"pin_index": code.pin_index}
    entry.save()
    command = LockCommand.objects.create(
        device=device,
        installation=entry,
        action=CommandAction.PROGRAM,
        slot=1,
        revision=1,
        pin_index=code.pin_index,
        lease_token=1,
        asked_at=START,
        answered_at=START,
        outcome=Outcome.ACCEPTED,
    )
    reading = LockReading.objects.create(device=device, at=START, is_good=True)
    stranger = UnmanagedCode(
        device=device, slot=2, name="Cleaner", first_seen_at=START, seen_at=START
    )
    stranger.pin = seal(Pin(CANARY), bound_to=stranger.uid)
    stranger.pin_index = code.pin_index
    stranger.save()
    Transition.objects.create(
        code=code, to_status=Status.SETTING, at=START, revision=1, command=command, reading=reading
    )
    ActionAttempt.objects.create(
        action_type="CREATE_ACCESS_CODE",
        device=device,
        code=code,
        status=AttemptStatus.SUCCESS,
        result={"access_code": {"code": CANARY}},
        created_at=START,
    )
    Problem.objects.create(
        device=device,
        code=code,
        cause="delay",
        severity=Severity.WARN,
        sentence="Taking longer.",
        next_step="Wait.",
        since=START,
        opened_at=START,
    )
    EngineBeat.objects.create(
        engine_id=code.uid, host="here", pid=number, started_at=START, beat_at=START
    )
    Event.objects.append(
        "access_code.set_on_device",
        occurred_at=START,
        now=START,
        property_id=house.pk,
        access_code_uid=code.uid,
        pin=Pin(CANARY),
    )
    AuditEntry.objects.append(
        SYSTEM,
        "access_code.reveal_pin",
        now=START,
        property_id=house.pk,
        object_type="access_code",
        object_uid=code.uid,
    )
    key, text = create_key(f"Partner {number}", None, actor=SYSTEM, now=START)
    endpoint = WebhookEndpoint(
        api_key=key, url="https://partner.example/hook", created_at=START, old_secret_until=START
    )
    endpoint.secret = seal(Pin("whsec_canary"), bound_to=endpoint.uid)
    endpoint.old_secret = seal(Pin("whsec_canary"), bound_to=endpoint.uid)
    endpoint.save()
    delivery = WebhookDelivery(
        endpoint=endpoint, event_uid=code.uid, event_type="x", created_at=START, due_at=START
    )
    delivery.body = seal(Pin(CANARY), bound_to=delivery.uid)
    delivery.save()
    InboundNotice.objects.create(account=account, message_id=f"m{number}", received_at=START)
    return text


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def secrets_in(text):
    """Return what of the canary, of ciphertext or of a PIN's index shows in a page."""
    sealed = [*AccessCode.objects.values_list("pin", flat=True)]
    sealed += Installation.objects.values_list("pin", flat=True)
    sealed += WebhookEndpoint.objects.values_list("secret", flat=True)
    sealed += WebhookEndpoint.objects.values_list("old_secret", flat=True)
    sealed += WebhookDelivery.objects.values_list("body", flat=True)
    needles = {CANARY, "471936", "whsec_canary", *(each.token for each in sealed if each)}
    needles |= {code.pin_index for code in AccessCode.objects.all() if code.pin_index}
    needles |= {*ApiKey.objects.values_list("digest", flat=True)}
    return {needle for needle in needles if needle in text}


# ---- Every page


def test_the_canary_can_be_found_where_it_does_show():
    full_row_of_everything()
    code: Any = AccessCode.objects.get()

    assert secrets_in(f"<td>{CANARY}</td>") == {CANARY}
    assert secrets_in(f"<td>{code.pin.token} {code.pin_index}</td>") == {
        code.pin.token,
        code.pin_index,
    }
    assert code.pin.open(bound_to=code.uid) == Pin(CANARY)


def test_the_admin_shows_all_our_models_but_the_memory_of_virtual_locks():
    named = {model.__name__ for model in MODELS}

    assert named == {
        *("AccessCode", "ActionAttempt", "EngineBeat", "Installation", "LockCommand"),
        *("LockReading", "Problem", "Transition", "UnmanagedCode", "AuditEntry", "Event"),
        *("ApiKey", "WebhookDelivery", "WebhookEndpoint", "Device", "InboundNotice"),
        *("Membership", "Property", "ProviderAccount", "VirtualLock"),
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_page_renders_without_a_pin_and_within_the_content_policy(boss, model):
    text = full_row_of_everything()
    row = model.objects.latest("pk")
    pages = [address(model, "changelist"), address(model, "change", row.pk)]
    pages += [f"{pages[0]}?q=e", address(model, "history", row.pk)]
    if model in (ApiKey, Property, ProviderAccount, VirtualLock):
        pages.append(address(model, "add"))

    for page in pages:
        response = boss.get(page)
        html = response.content.decode()
        assert response.status_code == 200, page
        assert secrets_in(html) == set(), page
        assert text not in html
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)[^>]*>\s*\S", html)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_however_long_it_is(
    boss, model, django_assert_num_queries, django_assert_max_num_queries
):
    full_row_of_everything(1)
    page = address(model, "changelist")
    boss.get(page)
    with django_assert_max_num_queries(12) as counted:
        shown = len(boss.get(page).context["cl"].result_list)
    cost = len(counted)
    for number in range(2, 5):
        full_row_of_everything(number)

    with django_assert_num_queries(cost):
        response = boss.get(page)

    assert len(response.context["cl"].result_list) == 4 * shown


def test_a_row_is_found_by_its_whole_public_id(boss):
    full_row_of_everything(1)
    full_row_of_everything(2)
    code = AccessCode.objects.get(name="Lena 2")

    response = boss.get(address(AccessCode, "changelist"), {"q": str(code.uid)})

    assert list(response.context["cl"].result_list) == [code]


def test_a_code_is_not_found_by_its_pin(boss):
    full_row_of_everything()

    response = boss.get(address(AccessCode, "changelist"), {"q": CANARY})

    assert list(response.context["cl"].result_list) == []


def test_masked_pins_tell_that_there_is_one(boss):
    full_row_of_everything()
    AccessCodeFactory(name="No PIN yet", digits=None)

    html = boss.get(address(AccessCode, "changelist")).content.decode()

    assert re.findall(r'field-hidden_pin">([^<]*)<', html) == ["-", "••••"]


# ---- What cannot be dropped or rewritten

FACTS = [
    *(AccessCode, Installation, LockCommand, LockReading, Transition, ActionAttempt, Problem),
    *(Event, AuditEntry, WebhookEndpoint, WebhookDelivery, InboundNotice, EngineBeat),
]


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_facts_are_neither_added_nor_changed_nor_deleted(boss, model):
    full_row_of_everything()
    row = model.objects.latest("pk")
    before = model.objects.values().get(pk=row.pk)

    assert boss.get(address(model, "add")).status_code == 403
    assert boss.post(address(model, "change", row.pk), {"name": "x"}).status_code == 403
    assert boss.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    boss.post(address(model, "changelist"), bulk)
    after = model.objects.values().get(pk=row.pk)
    assert {name: str(value) for name, value in after.items()} == {
        name: str(value) for name, value in before.items()
    }


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            Device,
            "has had 1 code, 1 of them may still be on the lock. "
            "Its history stays; take it out of its property instead.",
        ),
        (
            Property,
            "Hafen 0 has 1 lock with 1 live code. Move its locks to another property first.",
        ),
        (ProviderAccount, "Account 0 has 1 lock. Their codes could no longer be taken off."),
        (VirtualLock, "Door 0 is in use as a lock. Its codes could no longer be taken off."),
    ],
)
def test_what_a_live_code_hangs_on_stays_and_the_page_says_why(boss, model, sentence):
    full_row_of_everything()
    row = model.objects.get()

    response = boss.post(address(model, "delete", row.pk), {"post": "yes"}, follow=True)

    [message] = [str(message) for message in response.context["messages"]]
    assert message.endswith(sentence)
    assert response.redirect_chain == [(address(model, "change", row.pk), 302)]
    assert model.objects.filter(pk=row.pk).exists()
    bulk = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    boss.post(address(model, "changelist"), bulk)
    assert model.objects.filter(pk=row.pk).exists()


def test_what_nothing_hangs_on_can_go(boss):
    house, account = PropertyFactory(), AccountFactory()
    device = DeviceFactory(property=house, account=account)
    LockReading.objects.create(device=device, at=START, is_good=True)

    for row in (device, house, account):
        boss.post(address(type(row), "delete", row.pk), {"post": "yes"})

    assert not Device.objects.exists()
    assert not Property.objects.exists()
    assert not ProviderAccount.objects.exists()


def test_api_keys_are_revoked_and_not_deleted(boss):
    full_row_of_everything()
    key = ApiKey.objects.get()

    assert boss.post(address(ApiKey, "delete", key.pk), {"post": "yes"}).status_code == 403


# ---- Forms write what they changed, and nothing else


def test_a_lock_s_form_writes_name_and_property_and_leaves_the_engine_s_columns(boss):
    device, house = DeviceFactory(), PropertyFactory()
    page = address(Device, "change", device.pk)
    boss.get(page)
    Device.objects.filter(pk=device.pk).update(
        generation=7, lease_token=3, due_at=START, failures=2, flags={}
    )

    boss.post(page, {"nickname": "Front door", "property": house.pk, "failures": 99, "flags": 1})

    row = Device.objects.values().get()
    assert (row["nickname"], row["property_id"]) == ("Front door", house.pk)
    assert (row["generation"], row["lease_token"]) == (8, 3)  # poked: it hangs elsewhere now
    assert row["due_at"] != START
    assert (row["failures"], row["flags"]) == (2, {})


def test_saving_a_row_writes_only_the_columns_of_the_form(boss, monkeypatch):
    written = []
    save = Device.save

    def spy(self, *args, **kwargs):
        written.append(kwargs.get("update_fields"))
        return save(self, *args, **kwargs)

    monkeypatch.setattr(Device, "save", spy)
    device = DeviceFactory()
    written.clear()
    page = address(Device, "change", device.pk)

    boss.post(page, {"nickname": "Front door", "property": device.property_id})
    boss.post(page, {"nickname": "Front door", "property": device.property_id})

    assert written == [["nickname"]]


def test_a_lock_is_managed_or_left_alone_as_by_a_partner(boss):
    free, held = DeviceFactory(reported_name="Free"), DeviceFactory(reported_name="Held")
    issue_code(held, CodeSpec(name="Lena"), actor=SYSTEM, now=timezone.now())
    chosen = [free.pk, held.pk]
    page = address(Device, "changelist")

    left = boss.post(page, {"action": "stop_managing", "_selected_action": chosen}, follow=True)
    are_managed = dict(Device.objects.values_list("reported_name", "is_managed"))
    boss.post(page, {"action": "manage", "_selected_action": [free.pk]})

    said = [str(message) for message in left.context["messages"]]
    assert are_managed == {"Free": False, "Held": True}
    assert said[0] == "Free is left alone now."
    assert said[1].startswith("Held: 1 access code is on this lock,")
    assert Device.objects.get(pk=free.pk).is_managed is True
    assert [entry.action for entry in AuditEntry.objects.filter(object_type="device")] == [
        "device.stop_managing",
        "device.manage",
    ]


def test_a_property_is_made_with_a_zone_from_the_list(boss):
    form = {
        "name": "Hafen Suites",
        "slug": "hafen",
        "time_zone": "Europe/Berlin",
        "check_in_time": "15:00",
        "check_out_time": "11:00",
        "just_in_time_lead": "01:00:00",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": boss.user.pk,
        "memberships-0-role": "manager",
    }

    refused = boss.post(address(Property, "add"), form | {"time_zone": "Europe/Atlantis"})
    boss.post(address(Property, "add"), form)

    assert refused.status_code == 200
    house = Property.objects.get()
    assert (house.slug, house.time_zone) == ("hafen", "Europe/Berlin")
    assert [each.role for each in house.memberships.all()] == ["manager"]


def test_another_lead_is_planned_with_at_once(boss):
    device = DeviceFactory()
    house = device.property
    form = {
        "name": house.name,
        "slug": house.slug,
        "time_zone": house.time_zone,
        "check_in_time": "15:00",
        "check_out_time": "11:00",
        "initial-just_in_time_lead": "01:00:00",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    page = address(Property, "change", house.pk)

    generations = []
    for lead in ("01:00:00", "02:00:00"):
        boss.post(page, form | {"just_in_time_lead": lead})
        device.refresh_from_db()
        generations.append(device.generation)

    house.refresh_from_db()
    assert generations == [0, 1]
    assert house.just_in_time_lead == timedelta(hours=2)


def a_seam_account():
    account = AccountFactory(kind="seam", name="Seam", endpoint="https://connect.getseam.com")
    account.credentials = seal(Pin("seam_canary_1"), bound_to=account.uid)
    account.save(update_fields=["credentials"])
    return account


def test_the_secrets_of_an_account_are_written_sealed_and_never_shown(boss):
    account: Any = a_seam_account()
    page = address(ProviderAccount, "change", account.pk)

    boss.post(page, {"name": "Seam", "endpoint": account.endpoint, "webhook_secret": "whsec_x"})
    html = boss.get(page).content.decode()

    account.refresh_from_db()
    assert account.webhook_secrets.open(bound_to=account.uid).digits == "whsec_x"
    assert account.due_at is not None
    assert not re.search("seam_canary_1|whsec_x", html)


def test_an_account_does_not_move_to_where_keys_travel_in_the_clear(boss):
    account = a_seam_account()

    page = boss.post(
        address(ProviderAccount, "change", account.pk),
        {"name": "Seam", "endpoint": "http://cloud.example"},
    )

    assert "Use https: keys and PINs would travel in the clear." in page.content.decode()
    account.refresh_from_db()
    assert account.endpoint == "https://connect.getseam.com"


def test_an_account_of_virtual_locks_has_a_name_and_nothing_to_sign_in_with(boss):
    html = boss.get(address(ProviderAccount, "add")).content.decode()
    boss.post(address(ProviderAccount, "add"), {"name": "Demo locks"})

    assert not re.search('name="(api_key|endpoint|webhook_secret)"', html)
    account = ProviderAccount.objects.get()
    assert (account.kind, account.name) == ("virtual", "Demo locks")


@pytest.mark.processes
def test_a_workspace_is_connected_after_its_key_was_tried(boss, fake_seam):
    house = PropertyFactory()
    page = address(ProviderAccount, "connect")
    form = {"name": "Seaside", "endpoint": fake_seam, "house": house.pk}

    wrong = boss.post(page, form | {"api_key": "seam_key_that_opens_nothing"})
    assert "Seam does not accept this key." in wrong.content.decode()
    assert "seam_key_that_opens_nothing" not in wrong.content.decode()
    assert not ProviderAccount.objects.exists()

    found = boss.post(page, form | {"api_key": fake.KEY}, follow=True)

    account = ProviderAccount.objects.get()
    assert "Connected to the workspace My Workspace: 3 locks." in found.content.decode()
    assert found.redirect_chain == [(address(ProviderAccount, "change", account.pk), 302)]
    assert account.credentials.open(bound_to=account.uid).digits == fake.KEY
    assert {device.property for device in account.devices.all()} == {house}


def test_an_address_at_which_nobody_answers_is_marked(boss):
    form = {"name": "Seaside", "endpoint": "http://127.0.0.1:9", "api_key": "seam_canary_1"}

    page = boss.post(address(ProviderAccount, "connect"), form).content.decode()

    assert re.search(
        r'class="form-row errors">\s*<ul class="errorlist" id="id_endpoint_error">', page
    )
    assert "seam_canary_1" not in page
    assert not ProviderAccount.objects.exists()


def test_connecting_is_for_those_who_may_add_and_change_accounts(client):
    client.force_login(UserFactory(username="clerk", is_staff=True))

    assert client.get(address(ProviderAccount, "connect")).status_code == 403


def test_another_key_for_an_account_starts_from_what_is_known(boss):
    account = a_seam_account()
    page = boss.get(address(ProviderAccount, "change", account.pk)).content.decode()

    [link] = re.findall(r'href="([^"]*/connect/[^"]*)"', page)
    form = boss.get(link.replace("&amp;", "&")).content.decode()

    assert 'value="Seam"' in form
    assert 'value="https://connect.getseam.com"' in form


# ---- API keys


def make_key(boss, **changed):
    form = {"name": "Channel manager", "scope": "read", "is_unlimited": "on"}
    form |= {"expires_at_0": "", "expires_at_1": "", "rate_limit": ""}
    return boss.post(address(ApiKey, "add"), form | changed)


def test_a_new_key_is_shown_once_and_kept_nowhere(boss):
    response = make_key(boss)

    [text] = re.findall(r"seam_ls_\w{8}_[\w-]{43}", response.content.decode())
    key = ApiKey.objects.get()
    assert key.digest == digest_of(text)
    assert (key.name, key.scope, key.is_unlimited) == ("Channel manager", "read", True)
    assert "no-store" in response["Cache-Control"]
    assert "messages" not in response.cookies
    history = boss.get(address(ApiKey, "history", key.pk)).content.decode()
    page = boss.get(address(ApiKey, "change", key.pk)).content.decode()
    assert text[-43:] not in history + page
    assert text not in str(AuditEntry.objects.values()) + str(dict(boss.session))


def test_a_key_can_be_limited_to_properties(boss):
    house = PropertyFactory()
    PropertyFactory()

    make_key(boss, is_unlimited="", properties=[house.pk])

    key = ApiKey.objects.get()
    assert (key.is_unlimited, list(key.properties.all())) == (False, [house])


def test_revoking_a_key_is_written_down(boss):
    make_key(boss)
    key = ApiKey.objects.get()

    boss.post(address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [key.pk]})

    assert list(ApiKey.objects.usable(timezone.now())) == []
    assert AuditEntry.objects.latest("pk").action == "api_key.revoked"
    assert AuditEntry.objects.latest("pk").actor_label == "boss"


def test_a_rotated_key_is_shown_once_and_the_old_one_ends_a_day_later(boss):
    make_key(boss, rate_limit="30")
    old = ApiKey.objects.get()

    response = boss.post(
        address(ApiKey, "changelist"), {"action": "rotate", "_selected_action": [old.pk]}
    )

    [text] = re.findall(r"seam_ls_\w{8}_[\w-]{43}", response.content.decode())
    new = ApiKey.objects.latest("pk")
    assert new.digest == digest_of(text)
    assert (new.name, new.scope, new.rate_limit) == ("Channel manager", "read", 30)
    assert "no-store" in response["Cache-Control"]
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)
    pages = [boss.get(address(ApiKey, "changelist")), boss.get(address(ApiKey, "history", old.pk))]
    assert not any(text[-43:] in page.content.decode() for page in pages)
    assert text not in str(AuditEntry.objects.values()) + str(dict(boss.session))


def test_what_is_changed_of_a_key_is_written_down(boss):
    house = PropertyFactory(slug="seaside")
    make_key(boss)
    key = ApiKey.objects.get()
    form = {"name": "Reports", "scope": "read", "properties": [house.pk], "rate_limit": "30"}
    form |= {"expires_at_0": "2027-01-31", "expires_at_1": "12:00"}
    form |= {"webhook_endpoints-TOTAL_FORMS": "0", "webhook_endpoints-INITIAL_FORMS": "0"}
    written = AuditEntry.objects.count()

    for _ in range(2):  # saving it unchanged leaves no trace
        boss.post(address(ApiKey, "change", key.pk), form)

    entry = AuditEntry.objects.latest("pk")
    assert AuditEntry.objects.count() == written + 1
    assert (entry.action, entry.actor_label, entry.object_uid) == (
        *("api_key.changed", "boss"),
        key.uid,
    )
    assert entry.detail == {
        "key_id": key.key_id,
        "name": "Reports",
        "scope": "read",
        "before": {
            "name": "Channel manager",
            "is_unlimited": True,
            "properties": [],
            "expires_at": None,
            "rate_limit": None,
        },
        "after": {
            "name": "Reports",
            "is_unlimited": False,
            "properties": ["seaside"],
            "expires_at": "2027-01-31T12:00:00.000Z",
            "rate_limit": 30,
        },
    }


# ---- Actions


def test_withdrawing_a_code_goes_through_the_service_and_keeps_the_row(boss):
    code = issue_code(DeviceFactory(), CodeSpec(name="Lena"), actor=SYSTEM, now=timezone.now())
    offline = AccessCodeFactory(is_offline=True, name="Offline")

    response = boss.post(
        address(AccessCode, "changelist"),
        {"action": "withdraw", "_selected_action": [code.pk, offline.pk]},
        follow=True,
    )

    code.refresh_from_db()
    offline.refresh_from_db()
    assert code.withdrawn_at is not None
    assert code.withdrawn_by == "boss"
    assert offline.withdrawn_at is None
    assert sorted(str(message) for message in response.context["messages"]) == [
        "Offline: An offline code cannot be deleted.",
        "Withdrawn: 1. Each stays listed until its lock shows it gone.",
    ]
    audited = AuditEntry.objects.filter(object_uid=code.uid).latest("pk")
    assert (audited.action, audited.actor_label, audited.ip) == (
        "access_code.delete",
        "boss",
        "127.0.0.1",
    )


def test_who_may_only_view_codes_cannot_withdraw_them(client):
    viewer = UserFactory(username="viewer", is_staff=True)
    permission = "view_accesscode"
    viewer.user_permissions.add(*viewer.user_permissions.model.objects.filter(codename=permission))
    client.force_login(viewer)
    code = AccessCodeFactory()

    client.post(
        address(AccessCode, "changelist"), {"action": "withdraw", "_selected_action": [code.pk]}
    )

    code.refresh_from_db()
    assert code.withdrawn_at is None
    assert client.get(address(AccessCode, "changelist")).status_code == 200


@pytest.mark.parametrize("fault", [Fault.OFFLINE, Fault.KEYPAD_BATTERY_FLAT, Fault.LIES])
def test_every_fault_can_be_switched_on_and_off_again(boss, fault):
    lock, other = VirtualLockFactory(), VirtualLockFactory()
    page = address(VirtualLock, "changelist")

    boss.post(page, {"action": f"{fault.value}_on", "_selected_action": [lock.pk]})
    lock.refresh_from_db()
    on = lock.faults
    boss.post(page, {"action": f"{fault.value}_off", "_selected_action": [lock.pk]})
    lock.refresh_from_db()
    other.refresh_from_db()

    assert (on, lock.faults, other.faults) == ([fault.value], [], [])


def test_the_actions_are_grouped_and_name_every_fault(boss):
    VirtualLockFactory()

    html = boss.get(address(VirtualLock, "changelist")).content.decode()

    groups = dict(re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', html, re.DOTALL))
    assert set(groups) == {"Switch on", "Switch off"}
    for label in Fault.labels:
        assert all(label in group for group in groups.values())


def test_faults_are_boxes_on_the_lock_s_page(boss):
    lock = VirtualLockFactory(
        faults=[Fault.OFFLINE], since={"offline": "2026-11-20T10:00:00.000Z"}
    )
    form = {
        "account": lock.account_id,
        "make": "august",
        "name": "Door",
        "battery_level": 0.5,
        "keypad_battery_level": 0.5,
        "answer_min": 0,
        "answer_max": 0,
        "faults": ["offline", "privacy_mode"],
        "slots-TOTAL_FORMS": 0,
        "slots-INITIAL_FORMS": 0,
    }

    boss.post(address(VirtualLock, "change", lock.pk), form)

    lock.refresh_from_db()
    assert lock.faults == ["offline", "privacy_mode"]
    assert lock.since["offline"] == "2026-11-20T10:00:00.000Z"
    assert (lock.name, lock.battery_level) == ("Door", 0.5)


def lock_form(lock, **changes):
    """Return the lock's form as a browser sends it, with these fields changed."""
    form = {
        "account": lock.account_id,
        "make": lock.make,
        "name": lock.name,
        "battery_level": lock.battery_level,
        "keypad_battery_level": lock.keypad_battery_level,
        "answer_min": lock.answer_min,
        "answer_max": lock.answer_max,
        "differences": "{}",
        "faults": lock.faults,
        "slots-TOTAL_FORMS": 0,
        "slots-INITIAL_FORMS": 0,
    }
    return form | changes


def test_a_virtual_lock_is_tuned_field_by_field(boss):
    traits = {"next_calls": {"lies": 2}, "late_by_s": 60, "has_bridge": False, "max_codes": 5}
    lock = VirtualLockFactory(traits=traits)
    page = address(VirtualLock, "change", lock.pk)
    shown = boss.get(page).context["adminform"].form.initial

    boss.post(
        page,
        lock_form(
            lock,
            fault_share="0.25",
            next_calls="lies 2, late 1",
            differences='{"max_codes": 7}',
        ),
    )

    lock.refresh_from_db()
    assert (shown["next_calls"], shown["late_by_s"]) == ("lies 2", 60)
    assert shown["differences"] == {"has_bridge": False, "max_codes": 5}
    assert lock.traits == {
        "next_calls": {"lies": 2, "late": 1},
        "fault_share": 0.25,
        "max_codes": 7,
    }


def test_calls_that_were_used_up_meanwhile_do_not_come_back(boss):
    lock = VirtualLockFactory(traits={"next_calls": {"lies": 2}})
    page = address(VirtualLock, "change", lock.pk)
    assert 'name="initial-next_calls" value="lies 2"' in boss.get(page).content.decode()
    form = lock_form(lock, next_calls="lies 2", late_by_s="60")
    VirtualLock.objects.update(traits={"next_calls": {"lies": 1}})

    boss.post(page, form | {"initial-next_calls": "lies 2"})

    lock.refresh_from_db()
    assert lock.traits == {"next_calls": {"lies": 1}, "late_by_s": 60}


def test_a_new_virtual_lock_has_its_traits_and_faults_from_the_start(boss):
    lock = VirtualLockFactory.build(account=AccountFactory(), name="New")

    boss.post(
        address(VirtualLock, "add"),
        lock_form(lock, faults=["lies"], fault_share="0.5", differences='{"has_bridge": false}'),
    )

    made = VirtualLock.objects.get(name="New")
    assert (made.faults, made.traits) == (["lies"], {"fault_share": 0.5, "has_bridge": False})


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("fault_share", "2", "Ensure this value is less than or equal to 1."),
        ("fault_share", "often", "Enter a number."),
        ("wake_every_s", "60", "Ensure this value is greater than or equal to 120."),
        ("late_by_s", "1.5", "Enter a whole number."),
        ("next_calls", "lies", "A fault and a number of calls each: lies 3, late 1."),
        ("next_calls", "lies 9999", "“lies” can be ordered for 0 to 1000 calls."),
        ("differences", "[1]", "Names with values, in braces."),
        ("differences", "{", "Enter a valid JSON."),
        ("differences", '{"max_codes": "many"}', "max_codes: A whole number from 0 on."),
        ("differences", '{"colour": 1}', "colour: There is no such trait."),
        ("differences", '{"late_by_s": 5}', "late_by_s: has a field of its own."),
        ("faults", ["on_fire"], "Select a valid choice. on_fire is not one of the available cho"),
    ],
)
def test_a_virtual_lock_that_could_not_be_is_refused_with_the_reason(boss, field, text, error):
    lock = VirtualLockFactory()

    response = boss.post(address(VirtualLock, "change", lock.pk), lock_form(lock, **{field: text}))

    [shown] = response.context["adminform"].form.errors[field]
    assert shown.startswith(error)
    lock.refresh_from_db()
    assert (lock.traits, lock.faults) == ({}, [])


def test_the_faults_are_grouped_and_each_says_what_it_does(boss):
    html = boss.get(address(VirtualLock, "change", VirtualLockFactory().pk)).content.decode()

    for about in CATALOGUE.values():
        assert escape(about.help) in html
        assert about.group.value in html


def test_codes_can_be_made_and_erased_behind_our_back(boss):
    lock = VirtualLockFactory()
    page = address(VirtualLock, "changelist")

    boss.post(page, {"action": "make_foreign_code", "_selected_action": [lock.pk]})
    made = people.contents(lock, now=timezone.now())
    boss.post(page, {"action": "erase_first_slot", "_selected_action": [lock.pk]})
    erased = people.contents(lock, now=timezone.now() + timedelta(seconds=1))
    again = boss.post(
        page, {"action": "erase_first_slot", "_selected_action": [lock.pk]}, follow=True
    )

    assert [entry.name for entry in made.values()] == ["Made in the app"]
    assert erased == {}
    assert f"{lock}: its memory is empty." in again.content.decode()


def test_the_engine_is_asked_to_look(boss):
    device = DeviceFactory()
    before = timezone.now()

    boss.post(
        address(Device, "changelist"), {"action": "look_again", "_selected_action": [device.pk]}
    )
    boss.post(
        address(ProviderAccount, "changelist"),
        {"action": "read_again", "_selected_action": [device.account_id]},
    )

    device.refresh_from_db()
    device.account.refresh_from_db()
    assert device.due_at >= before
    assert device.generation == 1
    assert device.account.due_at >= before


def test_staff_who_are_no_administrators_do_not_get_in(client):
    client.force_login(UserFactory())

    response = client.get(reverse("admin:index"))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_users_carry_the_properties_they_work_at(boss):
    person = MembershipFactory(user=UserFactory(username="mara")).user
    users = get_user_model()

    html = boss.get(address(users, "change", person.pk)).content.decode()

    assert 'name="memberships-0-role"' in html
    assert boss.get(address(users, "add")).status_code == 200


def test_a_pin_index_is_no_column_of_any_form():
    hidden = {"pin", "pin_index", "known_pins", "digest", "credentials", "webhook_secrets"}
    hidden |= {"secret", "old_secret", "body", "result"}

    for model in MODELS:
        page = admin.site._registry[model]
        assert not hidden & set(page.list_display), model
        assert not hidden & set(page.search_fields), model


def test_equal_pins_are_not_told_by_their_index():
    device, other = DeviceFactory(), DeviceFactory()

    assert index_of(device.uid, Pin(CANARY)) != index_of(other.uid, Pin(CANARY))


def test_disconnecting_an_account_forgets_its_key_and_keeps_its_locks(boss):
    account = DeviceFactory().account
    account.credentials = seal(Pin("seam_a_key_of_a_far_side"), bound_to=account.uid)
    account.save(update_fields=["credentials"])

    boss.post(
        address(ProviderAccount, "changelist"),
        {"action": "disconnect", "_selected_action": [account.pk]},
    )

    account.refresh_from_db()
    assert (account.credentials, account.state) == (None, "disconnected")
    assert account.devices.count() == 1
