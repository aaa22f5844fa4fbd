"""PINs at rest: sealed, bound to their row, found by a keyed index."""

import pickle
import uuid

import pytest
from cryptography.fernet import Fernet

from locksite.masked import Pin
from locksite.pins import PinUnreadable, index_of, seal
from tests.factories import AccessCodeFactory


def test_a_sealed_pin_opens_for_the_row_it_was_sealed_for():
    row = uuid.uuid4()

    assert seal(Pin("0482"), bound_to=row).open(bound_to=row) == Pin("0482")


def test_a_sealed_pin_copied_to_another_row_does_not_open():
    sealed = seal(Pin("4829"), bound_to=uuid.uuid4())

    with pytest.raises(PinUnreadable):
        sealed.open(bound_to=uuid.uuid4())


def test_a_wrong_key_raises_and_never_returns_text(settings):
    row = uuid.uuid4()
    sealed = seal(Pin("4829"), bound_to=row)
    settings.LOCKSITE_PIN_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(PinUnreadable):
        sealed.open(bound_to=row)


def test_an_older_key_still_reads_and_rotation_moves_to_the_newest(settings):
    row = uuid.uuid4()
    sealed = seal(Pin("4829"), bound_to=row)
    new, old = Fernet.generate_key().decode(), settings.LOCKSITE_PIN_KEYS[0]
    settings.LOCKSITE_PIN_KEYS = [new, old]

    rotated = sealed.rotated()

    settings.LOCKSITE_PIN_KEYS = [new]
    assert rotated.open(bound_to=row) == Pin("4829")


def test_equal_pins_on_two_locks_have_different_indexes():
    one, other = uuid.uuid4(), uuid.uuid4()

    assert index_of(one, Pin("4829")) == index_of(one, Pin("4829"))
    assert index_of(one, Pin("4829")) != index_of(other, Pin("4829"))


def test_a_pin_does_not_show_itself():
    pin = Pin("4829")

    assert f"{pin} {pin!r} {pin:>8}" == "•••• •••• ••••"
    with pytest.raises(TypeError):
        pickle.dumps(pin)


@pytest.mark.django_db
def test_plain_digits_cannot_be_stored():
    code = AccessCodeFactory()

    with pytest.raises(TypeError):
        type(code).objects.filter(pk=code.pk).update(pin="4829")


@pytest.mark.django_db
def test_values_give_a_sealed_pin_and_never_digits():
    AccessCodeFactory(digits="482915")

    [row] = AccessCodeFactory._meta.model.objects.values("pin")

    assert "482915" not in repr(row)
    assert "482915" not in row["pin"].token
