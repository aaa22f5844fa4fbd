"""PINs at rest: sealed in the column, found by a keyed index, rotated by a command.

The only module that sees ciphertext. A sealed PIN is bound to the public id of the row it belongs
to, so ciphertext copied to another row does not open. A wrong key raises; there is no fallback,
because text that is not the PIN must never be shown as one.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from locksite.masked import Pin


class PinUnreadable(Exception):  # noqa: N818
    """A sealed PIN does not open: another key sealed it, or it belongs to another row."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "LOCKSITE_PIN_KEYS must hold Fernet keys: 32 bytes each, url-safe base64."
        ) from None


def box() -> MultiFernet:
    """Return the cipher for the configured keys; raises `ImproperlyConfigured` for bad ones."""
    return _box(tuple(settings.LOCKSITE_PIN_KEYS))


class SealedPin:
    """A PIN as it is stored: ciphertext that opens on request, for the row it was sealed for."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    def open(self, *, bound_to: UUID) -> Pin:
        """Return the PIN. Raises `PinUnreadable` under a wrong key or for another row's id."""
        try:
            owner, _, digits = box().decrypt(self.token.encode()).decode().partition(":")
        except InvalidToken:
            raise PinUnreadable("no configured key opens this PIN") from None
        if owner != bound_to.hex:
            raise PinUnreadable("this PIN was sealed for another row")
        return Pin(digits)

    def rotated(self) -> "SealedPin":
        """Return it sealed with the newest key. Raises `PinUnreadable` under a wrong key."""
        try:
            return SealedPin(box().rotate(self.token.encode()).decode())
        except InvalidToken:
            raise PinUnreadable("no configured key opens this PIN") from None

    def is_newest(self) -> bool:
        """Return whether the newest key sealed this; `False` also for what no key opens."""
        try:
            _box((settings.LOCKSITE_PIN_KEYS[0],)).decrypt(self.token.encode())
        except InvalidToken:
            return False
        return True

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


def seal(pin: Pin, *, bound_to: UUID) -> SealedPin:
    """Return `pin` encrypted with the newest key, bound to the row with this public id."""
    return SealedPin(box().encrypt(f"{bound_to.hex}:{pin.digits}".encode()).decode())


def index_of(device_uid: UUID, pin: Pin) -> str:
    """Return the keyed index (64 hex digits) by which an equal PIN on the same lock is recognised.

    The key lies outside the database and the lock's id goes in, so equal PINs on two locks differ
    and a table of all short PINs does not help a thief.
    """
    key = settings.LOCKSITE_PIN_INDEX_KEY.encode()
    return hmac.new(key, device_uid.bytes + pin.digits.encode(), hashlib.sha256).hexdigest()


class PinField(models.TextField):
    """A column that holds a `SealedPin` or nothing; plain text is refused with `TypeError`."""

    # What django-stubs takes for the type of the attribute, in place of `str`.
    _pyi_private_set_type: SealedPin  # type: ignore[assignment]
    _pyi_private_get_type: SealedPin  # type: ignore[assignment]

    def from_db_value(self, value: str | None, *_: Any) -> SealedPin | None:
        """Wrap what the database holds; nothing is decrypted before somebody asks."""
        return None if value is None else SealedPin(value)

    def to_python(self, value: Any) -> SealedPin | None:
        """Accept what `get_prep_value` accepts, and the ciphertext of a fixture."""
        return SealedPin(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        """Return the ciphertext. Raises `TypeError` for anything that is not sealed."""
        if value is None:
            return None
        if not isinstance(value, SealedPin):
            raise TypeError("a PIN is sealed before it is stored")
        return value.token

    def value_to_string(self, obj: models.Model) -> str:
        """Serialise as ciphertext, never as digits."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
