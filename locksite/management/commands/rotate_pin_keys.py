"""`manage.py rotate_pin_keys`: seal everything that is sealed with the newest key.

How to change the key: put the new one in front in `LOCKSITE_PIN_KEYS` and restart every process;
run this; when `--check` counts nothing any more, take the old key away.
"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models

from locksite.database import write_transaction
from locksite.pins import PinField, PinUnreadable, SealedPin

BATCH = 200
TRIES = 5


def sealed_columns() -> Iterator[tuple[type[models.Model], PinField]]:
    """Yield every column of every table that holds something sealed."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            for field in model._meta.local_concrete_fields:
                if isinstance(field, PinField):
                    yield model, field


def rows_of(model: type[models.Model], column: str) -> Iterator[tuple[Any, SealedPin]]:
    """Yield (primary key, sealed value) in batches, without holding a cursor open."""
    found = model._base_manager.exclude(**{column: None}).order_by("pk")
    last: list[Any] = []
    while batch := list(
        (found.filter(pk__gt=last[0]) if last else found).values_list("pk", column)[:BATCH]
    ):
        yield from batch
        last = [batch[-1][0]]


class Command(BaseCommand):
    help = "Seal PINs and secrets with the newest key. Safe while the site is running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only count what the newest key did not seal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        total: Counter[str] = Counter()
        for model, field in sealed_columns():
            counts = self._column(model, field.name, is_check=options["check"])
            self.stdout.write(
                f"{model._meta.label}.{field.name}: {counts['old']} older, "
                f"{counts['newest']} under the newest key"
            )
            total += counts
        if options["check"]:
            self.stdout.write(
                f"{total['old']} to seal anew, {total['newest']} under the newest key, "
                f"{total['unreadable']} unreadable."
            )
        else:
            self.stdout.write(
                f"{total['sealed']} sealed anew, {total['newest']} under the newest key already, "
                f"{total['unreadable']} unreadable."
            )
        if total["unreadable"]:
            raise CommandError(
                "Some rows were sealed with a key that is not configured. They were left as they "
                "are: put that key back into LOCKSITE_PIN_KEYS and run this again."
            )
        if options["check"] and total["old"]:
            raise CommandError("An older key is still in use: do not take it away yet.")

    def _column(self, model: type[models.Model], column: str, *, is_check: bool) -> Counter[str]:
        counts: Counter[str] = Counter()
        # On PostgreSQL each row by itself: two rows held at once could meet the engine's in the
        # opposite order. SQLite has one writer, and a commit costs more than an update.
        size = BATCH if connection.vendor == "sqlite" else 1
        stale = ((pk, old) for pk, old in rows_of(model, column) if self._is_old(old, counts))
        while batch := list(islice(stale, size)):
            ready = []
            for pk, old in batch:
                try:
                    ready.append((pk, old, old.rotated()))
                except PinUnreadable:
                    counts["unreadable"] += 1
                    self.stderr.write(f"{model._meta.label} {pk}: {column} cannot be read.")
            if is_check:
                continue
            with write_transaction():
                for pk, old, new in ready:
                    counts["sealed"] += self._replace(model, column, pk, old, new)
        counts["old"] -= counts["unreadable"]
        return counts

    @staticmethod
    def _is_old(sealed: SealedPin, counts: Counter[str]) -> bool:
        is_newest = sealed.is_newest()
        counts["newest" if is_newest else "old"] += 1
        return not is_newest

    @staticmethod
    def _replace(
        model: type[models.Model], column: str, pk: Any, old: SealedPin, new: SealedPin
    ) -> int:
        """Replace a value that is still there; what somebody wrote meanwhile is looked at anew."""
        rows = model._base_manager.filter(pk=pk)
        for _ in range(TRIES):
            if rows.filter(**{column: old}).update(**{column: new}):
                return 1
            current = rows.values_list(column, flat=True).first()
            if current is None or current.is_newest():
                return 0
            old, new = current, current.rotated()
        return 0
