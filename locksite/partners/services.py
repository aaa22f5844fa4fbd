"""Making and revoking the keys of partners."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.journal.models import AuditEntry
from locksite.partners.models import ApiKey, Scope, digest_of, new_key_id
from properties.models import Property

PREFIX = "seam_ls"


def create_key(
    name: str,
    properties: Iterable[Property] | None,
    *,
    actor: Actor,
    now: datetime,
    scope: Scope = Scope.WRITE,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return its row and its text, which exists nowhere else and is shown once.

    `properties` limits the key to some; `None` gives it everything, locks without a property
    included. The text is `seam_ls_<key id>_<256 random bits>`: the SDKs insist on `seam_`.
    """
    key_id = new_key_id()
    text = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    with write_transaction():
        key = ApiKey.objects.create(
            name=name,
            key_id=key_id,
            digest=digest_of(text),
            scope=scope,
            is_unlimited=properties is None,
            expires_at=expires_at,
        )
        key.properties.set(properties or ())
        _audit(key, "api_key.created", actor, now)
    return key, text


def revoke_key(key: ApiKey, *, actor: Actor, now: datetime) -> None:
    """Refuse the key from now on; a key that is revoked already stays as it is."""
    with write_transaction():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            _audit(key, "api_key.revoked", actor, now)
    key.refresh_from_db(fields=["revoked_at"])


def _audit(key: ApiKey, action: str, actor: Actor, now: datetime) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=None,
        object_type="api_key",
        object_uid=key.uid,
        detail={"key_id": key.key_id, "name": key.name, "scope": key.scope},
    )
