"""Webhooks that a cloud sends us: believed when signed, stored once, and taken for a hint to look.

Nothing of what they say is written into a lock or a code. The engine looks at the lock, so notices
that come late, twice, in another order or not at all change nothing but how soon it does.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from locksite.database import write_transaction
from locksite.masked import Pin
from properties.choices import AccountState
from properties.models import InboundNotice, ProviderAccount
from properties.providers.seam.webhooks import Doubtful, read_notice

log = logging.getLogger(__name__)

KEPT_FOR: Final = timedelta(days=7)
LISTS_APART: Final = timedelta(seconds=15)
"""However much happens in a house, its list of locks is read no more often for it."""


def receive(
    account: ProviderAccount, headers: Mapping[str, str], body: bytes, now: datetime
) -> bool:
    """Store a notice and poke the lock that it is about; return whether it is to be believed.

    `body` as it came. One that came before is believed and does nothing.
    """
    notice = read_notice(body, headers, secrets_of(account), now)
    if isinstance(notice, Doubtful):
        log.warning("account %s: a webhook is not believed: %s", account.uid, notice.reason)
        return False
    hint = notice.hint
    with write_transaction():
        _, is_new = InboundNotice.objects.get_or_create(
            account=account,
            message_id=notice.message_id,
            defaults={
                "event_type": hint.event_type[:100],
                "device_remote_id": hint.device_remote_id or "",
                "received_at": now,
                "handled_at": now,
            },
        )
        if is_new and hint.device_remote_id:
            known = account.devices.filter(remote_id=hint.device_remote_id).poke(now)
            if not known or hint.event_type.startswith(("device.", "lock.")):
                _list_soon(account, now)
        elif is_new:
            _list_soon(account, now)
    return True


def _list_soon(account: ProviderAccount, now: datetime) -> None:
    """Have the list of locks read, `LISTS_APART` from the last time at the earliest.

    Not earlier than planned where the last question had no good answer: it may have asked for a
    pause, or let us in no more.
    """
    last = account.refreshed_at
    soon = now if last is None else max(now, last + LISTS_APART)
    waits_longer = Q(due_at=None) | Q(due_at__gt=soon)
    answers = ProviderAccount.objects.filter(
        pk=account.pk, silent_since=None, state=AccountState.CONNECTED
    )
    answers.filter(waits_longer).update(due_at=soon)


def secrets_of(account: ProviderAccount) -> list[Pin]:
    """Return what the account's webhooks may be signed with: several during a rotation."""
    if account.webhook_secrets is None:
        return []
    text = account.webhook_secrets.open(bound_to=account.uid).digits
    return [Pin(part.strip()) for part in text.split(",") if part.strip()]


def prune(now: datetime) -> int:
    """Forget notices that nobody will send again; return how many."""
    return InboundNotice.objects.filter(received_at__lt=now - KEPT_FOR).delete()[0]
