"""Making, changing, rotating and revoking the keys of partners."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from locksite.actors import Actor
from locksite.database import write_transaction
from locksite.errors import RuleBroken
from locksite.journal.models import AuditEntry
from locksite.partners import webhooks
from locksite.partners.models import ApiKey, Scope, digest_of, new_key_id
from properties.models import Property
from properties.stamps import stamp

PREFIX = "seam_ls"
OVERLAP = timedelta(hours=24)
"""How long the old key goes on working after a rotation, unless told otherwise."""


def create_key(
    name: str,
    properties: Iterable[Property] | None,
    *,
    actor: Actor,
    now: datetime,
    scope: Scope = Scope.WRITE,
    expires_at: datetime | None = None,
    rate_limit: int | None = None,
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
            rate_limit=rate_limit,
        )
        key.properties.set(properties or ())
        _audit(key, "api_key.created", actor, now)
    return key, text


def rotate_key(
    key: ApiKey, *, actor: Actor, now: datetime, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Make a key that may do what this one may; return it as `create_key` does.

    The old one ends after `overlap`, or earlier where it would have ended anyway; its webhooks go
    with the new one. Raises `RuleBroken` for a key that is revoked or over.
    """
    with write_transaction():
        key = ApiKey.objects.select_for_update().get(pk=key.pk)
        if not key.is_usable(now):
            raise RuleBroken("invalid_input", "This key is revoked or over: make a new one.")
        new, text = create_key(
            key.name,
            None if key.is_unlimited else key.properties.all(),
            actor=actor,
            now=now,
            scope=Scope(key.scope),
            expires_at=key.expires_at,
            rate_limit=key.rate_limit,
        )
        webhooks.hand_over(key, new, actor=actor, now=now)
        key.expires_at = min(filter(None, (key.expires_at, now + overlap)))
        key.save(update_fields=["expires_at"])
        detail = {"replaced_by": new.key_id, "expires_at": stamp(key.expires_at)}
        _audit(key, "api_key.rotated", actor, now, detail)
    return new, text


def revoke_key(key: ApiKey, *, actor: Actor, now: datetime) -> None:
    """Refuse the key from now on; a key that is revoked already stays as it is."""
    with write_transaction():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            _audit(key, "api_key.revoked", actor, now)
    key.refresh_from_db(fields=["revoked_at"])


def terms_of(key: ApiKey) -> dict[str, Any]:
    """Return what the key may do, for the audit trail; nothing in it is secret."""
    return {
        "name": key.name,
        "scope": key.scope,
        "is_unlimited": key.is_unlimited,
        "properties": sorted(key.properties.values_list("slug", flat=True)),
        "expires_at": key.expires_at and stamp(key.expires_at),
        "rate_limit": key.rate_limit,
    }


def note_change(key: ApiKey, before: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Write down what somebody changed of a key since `before`; nothing where that is nothing."""
    after = terms_of(key)
    changed = [name for name, value in after.items() if before[name] != value]
    if changed:
        detail = {
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
        }
        _audit(key, "api_key.changed", actor, now, detail)


def _audit(
    key: ApiKey,
    action: str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    AuditEntry.objects.append(
        actor,
        action,
        now=now,
        property_id=None,
        object_type="api_key",
        object_uid=key.uid,
        detail={"key_id": key.key_id, "name": key.name, "scope": key.scope, **(detail or {})},
    )
