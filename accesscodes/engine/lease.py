"""Who works on which lock: a lease per lock, with a token that grows.

Safety comes from the token, not from the clock: every write of a holder names its token, and a
holder whose token is no longer the newest changes nothing. The clock only says when a lease may be
taken over: after 90 seconds, or as soon as the engine that holds it has given no sign of life for
20 (`LOCKSITE_ENGINE_DEAD_SECONDS`).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from accesscodes.ledger import LEASE_TIME, Lease
from accesscodes.models import EngineBeat
from locksite.database import write_transaction
from properties.models import Device


def due_locks(now: datetime, limit: int) -> Sequence[int]:
    """Return the primary keys of locks that want a look and that nobody holds, oldest first."""
    alive = EngineBeat.objects.alive(now).values("engine_id")
    free = (
        Q(lease_owner=None)
        | Q(lease_until__lte=now)
        | (Q(lease_owner__isnull=False) & ~Q(lease_owner__in=alive))
    )
    return list(
        Device.objects.managed().due(now).filter(free).values_list("pk", flat=True)[:limit]
    )


def take(device_id: int, engine_id: UUID, now: datetime) -> Lease | None:
    """Take the lock, or return `None` when it is not due any more or somebody else was faster."""
    alive = EngineBeat.objects.alive(now).values("engine_id")
    with write_transaction():
        row = (
            Device.objects.filter(pk=device_id, due_at__lte=now)
            .filter(
                Q(lease_owner=None)
                | Q(lease_until__lte=now)
                | (Q(lease_owner__isnull=False) & ~Q(lease_owner__in=alive))
            )
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
        mine.filter(generation=lease.generation).update(due_at=wake_at)
        mine.update(lease_owner=None, lease_until=None)
