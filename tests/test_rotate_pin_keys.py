"""Changing the key that seals PINs: everything moves, nothing is lost, no digit is shown."""

import uuid
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

from accesscodes.choices import Placement
from accesscodes.models import AccessCode, Installation, UnmanagedCode
from locksite.journal.models import Event
from locksite.management.commands import rotate_pin_keys
from locksite.masked import Pin
from locksite.partners.models import ApiKey, StoredAnswer, WebhookDelivery, WebhookEndpoint
from locksite.pins import PinField, SealedPin, seal
from properties.models import ProviderAccount, VirtualSlot
from tests.clock import START
from tests.factories import AccessCodeFactory, AccountFactory, VirtualLockFactory

pytestmark = pytest.mark.django_db

DIGITS = "70381946"


@pytest.fixture
def new_key(settings):
    """Put a new key in front of the one that sealed everything so far."""

    def put():
        settings.LOCKSITE_PIN_KEYS = [Fernet.generate_key().decode(), *settings.LOCKSITE_PIN_KEYS]
        return settings.LOCKSITE_PIN_KEYS[0]

    return put


def run(*arguments):
    out, err = StringIO(), StringIO()
    try:
        call_command("rotate_pin_keys", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue().splitlines()[-1], err.getvalue(), error
    return out.getvalue().splitlines()[-1], err.getvalue(), None


def token_of(code):
    return code.pin.token


def one_of_every_kind():
    """Return the rows of everything that can be sealed, with the column."""
    code = AccessCodeFactory(digits=DIGITS)
    entry = Installation(code=code, device=code.device, slot=1, placement=Placement.PRESENT)
    account = AccountFactory()
    lock = VirtualLockFactory(account=account)
    slot = VirtualSlot(lock=lock, slot=1, effective_at=START)
    stranger = UnmanagedCode(
        device=code.device, slot=2, first_seen_at=START, seen_at=START, pin_index="0" * 64
    )
    event = Event.objects.append(
        "x", occurred_at=START, now=START, property_id=None, pin=Pin(DIGITS)
    )
    key = ApiKey.objects.create(name="Partner", digest="0" * 64)
    endpoint = WebhookEndpoint(
        api_key=key,
        url="https://partner.example/",
        created_at=START,
        old_secret_until=START,
    )
    delivery = WebhookDelivery(
        endpoint=endpoint,
        event_uid=uuid.uuid4(),
        event_type="x",
        created_at=START,
        due_at=START,
    )
    answer = StoredAnswer(caller="a", key="b", status=200, kept_until=START)
    sealed: list[tuple[Any, str]] = [
        (entry, "pin"),
        (slot, "pin"),
        (stranger, "pin"),
        (account, "credentials"),
        (account, "webhook_secrets"),
        (endpoint, "secret"),
        (endpoint, "old_secret"),
        (delivery, "body"),
        (answer, "body"),
    ]
    for row, column in sealed:
        setattr(row, column, seal(Pin(DIGITS), bound_to=row.uid))
    for row in (entry, slot, stranger, account, endpoint, answer):
        row.save()
    delivery.endpoint = endpoint
    delivery.save()
    return [(code, "pin"), (event, "pin"), *sealed]


def test_every_sealed_column_of_every_model_is_found():
    found = {f"{model.__name__}.{field.name}" for model, field in rotate_pin_keys.sealed_columns()}

    assert found == {
        "AccessCode.pin",
        "Event.pin",
        "Installation.pin",
        "Property.key_box",
        "ProviderAccount.credentials",
        "ProviderAccount.webhook_secrets",
        "StoredAnswer.body",
        "UnmanagedCode.pin",
        "VirtualSlot.pin",
        "WebhookDelivery.body",
        "WebhookEndpoint.old_secret",
        "WebhookEndpoint.secret",
    }
    assert sum(isinstance(f, PinField) for m in apps.get_models() for f in m._meta.fields) == 12


def test_everything_opens_under_the_new_key_alone(settings, new_key):
    rows = one_of_every_kind()
    newest = new_key()

    line, _, error = run()

    settings.LOCKSITE_PIN_KEYS = [newest]
    assert line == "11 sealed anew, 0 under the newest key already, 0 unreadable."
    assert error is None
    for row, column in rows:
        row.refresh_from_db()
        assert getattr(row, column).open(bound_to=row.uid).digits == DIGITS


def test_a_second_run_writes_nothing(new_key):
    one_of_every_kind()
    new_key()
    run()
    before = token_of(AccessCode.objects.get())

    line, _, _ = run()

    assert line == "0 sealed anew, 11 under the newest key already, 0 unreadable."
    assert token_of(AccessCode.objects.get()) == before


def test_a_check_counts_and_writes_nothing(new_key):
    code = AccessCodeFactory(digits=DIGITS)
    newest_before = run("--check")
    new_key()

    line, _, error = run("--check")

    assert newest_before[0] == "0 to seal anew, 1 under the newest key, 0 unreadable."
    assert newest_before[2] is None
    assert line == "1 to seal anew, 0 under the newest key, 0 unreadable."
    assert str(error) == "An older key is still in use: do not take it away yet."
    assert token_of(AccessCode.objects.get()) == token_of(code)


def test_a_row_that_no_key_opens_is_named_left_alone_and_does_not_stop_the_others(
    settings, new_key
):
    lost = AccessCodeFactory(digits=DIGITS)
    foreign = Fernet(Fernet.generate_key()).encrypt(f"{lost.uid.hex}:{DIGITS}".encode()).decode()
    AccessCode.objects.filter(pk=lost.pk).update(pin=SealedPin(foreign))
    other = AccessCodeFactory(digits=DIGITS)
    newest = new_key()

    line, said, error = run()

    settings.LOCKSITE_PIN_KEYS = [newest]
    other.refresh_from_db()
    assert line == "1 sealed anew, 0 under the newest key already, 1 unreadable."
    assert said == f"accesscodes.AccessCode {lost.pk}: pin cannot be read.\n"
    assert error is not None
    assert error.returncode == 1
    assert token_of(AccessCode.objects.get(pk=lost.pk)) == foreign
    assert other.pin.open(bound_to=other.uid).digits == DIGITS


def test_a_pin_that_changes_meanwhile_is_not_overwritten(new_key, monkeypatch):
    code = AccessCodeFactory(digits=DIGITS)
    new_key()
    rotated = SealedPin.rotated

    def somebody_is_faster(self):
        AccessCode.objects.filter(pk=code.pk).update(pin=seal(Pin("4829"), bound_to=code.uid))
        return rotated(self)

    monkeypatch.setattr(SealedPin, "rotated", somebody_is_faster)

    line, _, _ = run()

    code.refresh_from_db()
    assert line == "0 sealed anew, 0 under the newest key already, 0 unreadable."
    assert code.pin.open(bound_to=code.uid).digits == "4829"


def test_a_pin_that_an_old_process_wrote_meanwhile_is_sealed_anew(settings, new_key, monkeypatch):
    code = AccessCodeFactory(digits=DIGITS)
    late = seal(Pin("4829"), bound_to=code.uid)
    newest = new_key()
    rotated = SealedPin.rotated

    def somebody_is_faster(self):
        AccessCode.objects.filter(pk=code.pk, pin=code.pin).update(pin=late)
        return rotated(self)

    monkeypatch.setattr(SealedPin, "rotated", somebody_is_faster)

    run()

    code.refresh_from_db()
    settings.LOCKSITE_PIN_KEYS = [newest]
    assert code.pin.open(bound_to=code.uid).digits == "4829"


def test_many_rows_are_read_in_batches(new_key, monkeypatch):
    monkeypatch.setattr(rotate_pin_keys, "BATCH", 3)
    account = AccountFactory()
    for _ in range(8):
        AccessCodeFactory(device__account=account)
    new_key()

    line, _, _ = run()

    assert line == "8 sealed anew, 0 under the newest key already, 0 unreadable."


def test_no_digit_is_printed(new_key, capsys):
    one_of_every_kind()
    new_key()

    call_command("rotate_pin_keys")

    printed = capsys.readouterr()
    assert DIGITS not in printed.out + printed.err
    assert "AccessCode.pin: 1 older" in printed.out
    assert ProviderAccount.objects.count() == 2
