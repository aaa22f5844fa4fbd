"""Who works on which lock: a lease per lock, with a token that grows.

Safety comes from the token, not from the clock: every write of a holder names its token, and a
holder whose token is no longer the newest changes nothing. The clock only says when a lease may be
taken over: after 90 seconds, or as soon as the engine that holds it has given no sign of life for
20 (`LOCKSITE_ENGINE_DEAD_SECONDS`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.db.models import F, Q

from accesscodes.ledger import LEASE_TIME, Lease
from accesscodes.models import CLOCKS_DIFFER_BY, EngineBeat
from locksite.database import write_transaction
from properties.models import Device


class Answers(Enum):
    """Whether a lock answered when it was last looked at."""

    YES = "yes"
    NO = "no"


def due_locks(now: datetime, limit: int, *, answers: Answers | None = None) -> Sequence[int]:
    """Return the primary keys of locks that want a look and that nobody holds, oldest first.

    With `answers` only those that did, or did not, answer last time.
    """
    locks = Device.objects.managed().due(now).filter(_is_free(now))
    if answers is not None:
        is_silent = Q(failures__gt=0)
        locks = locks.filter(is_silent if answers is Answers.NO else ~is_silent)
    return list(locks.values_list("pk", flat=True)[:limit])


def _is_free(now: datetime) -> Q:
    """Return the condition under which a lock may be taken.

    Nobody holds it, or the lease has run out, or its holder is dead. A lease that runs longer than
    any was dated by a clock that is wrong, or was.
    """
    alive = EngineBeat.objects.alive(now).values("engine_id")
    return (
        Q(lease_owner=None)
        | Q(lease_until__lte=now)
        | Q(lease_until__gt=now + LEASE_TIME + CLOCKS_DIFFER_BY)
        | (Q(lease_owner__isnull=False) & ~Q(lease_owner__in=alive))
    )


def take(device_id: int, engine_id: UUID, now: datetime) -> Lease | None:
    """Take the lock, or return `None` when it is not due any more or somebody else was faster."""
    with write_transaction():
        row = (
            Device.objects.due(now)
            .filter(_is_free(now), pk=device_id)
            .values("lease_token", "generation")
            .first()
        )
        if row is None:
            return None
        is_mine = Device.objects.filter(pk=device_id, lease_token=row["lease_token"]).update(
            lease_token=F("lease_token") + 1, lease_owner=engine_id, lease_until=now + LEASE_TIME
        )
    if not is_mine:
        return None
    return Lease(device_id, row["lease_token"] + 1, engine_id, row["generation"])


def give_back(lease: Lease, wake_at: datetime) -> None:
    """End the lease; the lock is looked at again at `wake_at`, or at once if its wishes changed.

    Does nothing when somebody else holds the lock by now.
    """
    with write_transaction():
        mine = Device.objects.filter(pk=lease.device_id, lease_token=lease.token)
        is_as_it_was = mine.filter(generation=lease.generation)
        if not is_as_it_was.update(due_at=wake_at, lease_owner=None, lease_until=None):
            mine.update(lease_owner=None, lease_until=None)
