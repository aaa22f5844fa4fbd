"""From the key that a partner sends to who asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from locksite.actors import Actor
from locksite.database import only_row
from locksite.partners.models import ApiKey, Scope, digest_of

# Every write costs a commit, so the time of last use is kept to the minute.
USED_EVERY = timedelta(minutes=1)
LONGEST_KEY = 200


class KeyRefused(Exception):  # noqa: N818
    """The key is unknown, revoked or expired; callers are not told which."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls with a key, and what the key may do."""

    actor: Actor
    scope: Scope
    key: ApiKey


def caller_for_key(key: str, *, now: datetime, ip: str | None) -> Caller:
    """Return who calls with this key. Raises `KeyRefused`.

    The row is found by the digest of the whole key, so the time that takes tells nothing about how
    much of a guess was right. A revoked key is refused with the next call: nothing is remembered.
    """
    if len(key) > LONGEST_KEY:
        raise KeyRefused
    row = only_row(ApiKey.objects.filter(digest=digest_of(key)))
    if row is None or not row.is_usable(now):
        raise KeyRefused
    _note_use(row, now, ip)
    return Caller(actor_of(row, ip=ip), Scope(row.scope), row)


def actor_of(row: ApiKey, *, ip: str | None = None) -> Actor:
    """Return the key as one who reads and changes things."""
    return Actor(kind="key", label=row.key_id, property_ids=row.reach(), ip=ip)


def _note_use(row: ApiKey, now: datetime, ip: str | None) -> None:
    earlier = now - USED_EVERY
    if row.last_used_at is None or row.last_used_at < earlier:
        # Again in the database, so that of many calls at once only one writes.
        unused = Q(last_used_at=None) | Q(last_used_at__lt=earlier)
        ApiKey.objects.filter(unused, pk=row.pk).update(last_used_at=now, last_used_ip=ip)
