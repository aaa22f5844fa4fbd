"""Reads what accounts say of their locks, again and again; a slow account holds up no other."""

import logging
from datetime import datetime, timedelta

from accesscodes.engine.crew import Crew
from locksite.doors import Doors
from properties.models import ProviderAccount
from properties.sync import refresh_account

log = logging.getLogger(__name__)

RESTS_AFTER_FAULT = timedelta(minutes=1)
"""When an account is read again that could not be read for a fault of ours."""


class Lists:
    """Reads the lists that are due; `run` is called again and again by the engine's clock."""

    def __init__(self, doors: Doors, threads: int = 4) -> None:
        self._crew = Crew("list", lambda pk: read(pk, doors), threads)

    def run(self, now: datetime) -> None:
        """Begin to read every account that is due."""
        self._crew.take_up(ProviderAccount.objects.due(now).values_list("pk", flat=True))

    def close(self) -> None:
        """Finish what is under way."""
        self._crew.close()


def read(pk: int, doors: Doors) -> None:
    """Read the list of one account. Never raises for what is wrong with the account's own row."""
    account = ProviderAccount.objects.filter(pk=pk).first()
    if account is None:
        return
    try:
        refresh_account(account, doors=doors)
    except Exception:
        log.exception("account %s cannot be read", account.uid)
        rest_until = doors.now() + RESTS_AFTER_FAULT
        ProviderAccount.objects.filter(pk=pk).update(due_at=rest_until)
