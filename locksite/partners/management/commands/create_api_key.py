"""`manage.py create_api_key NAME`: make a key for a partner and print it, once."""

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from locksite.actors import SYSTEM
from locksite.partners.models import Scope
from locksite.partners.services import create_key
from properties.models import Property


class Command(BaseCommand):
    help = "Make an API key. The key alone goes to standard output; it is not stored anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who uses the key, e.g. the partner's name")
        parser.add_argument(
            "--property",
            action="append",
            dest="slugs",
            metavar="SLUG",
            help="a property that the key reaches; may be given several times; without it: all",
        )
        parser.add_argument("--read-only", action="store_true", help="it cannot change anything")
        parser.add_argument("--expires-in-days", type=int, metavar="N", help="it ends by itself")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        days = options["expires_in_days"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("A key lasts from 1 day to 100 years.")
        if not 0 < len(options["name"].strip()) <= 100:
            raise CommandError("Give the key a name of up to 100 characters.")
        _, text = create_key(
            options["name"].strip(),
            self._properties(options["slugs"]),
            actor=SYSTEM,
            now=now,
            scope=Scope.READ if options["read_only"] else Scope.WRITE,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        self.stdout.write(text)
        if sys.stdout.isatty():
            self.stderr.write("Keep it now: it is not stored and cannot be shown again.")

    def _properties(self, slugs: list[str] | None) -> list[Property] | None:
        if slugs is None:
            return None
        found = list(Property.objects.filter(slug__in=slugs))
        unknown = sorted(set(slugs) - {each.slug for each in found})
        if unknown:
            known = ", ".join(Property.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"No property is called {', '.join(unknown)}. There are: {known or 'none yet'}."
            )
        return found
