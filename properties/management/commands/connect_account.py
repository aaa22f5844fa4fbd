"""`manage.py connect_account NAME`: connect the account of a cloud and mirror its locks.

The key is read from standard input or LOCKSITE_SEAM_API_KEY, never from an argument, which other
people of the machine could see.
"""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from locksite.actors import SYSTEM
from locksite.doors import real_doors
from locksite.errors import RuleBroken
from locksite.masked import Pin
from properties import connecting
from properties.choices import ProviderKind
from properties.models import Property


class Command(BaseCommand):
    help = "Connect a Seam workspace, or connect it anew with another key, and mirror its locks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the account is called here, e.g. the house's name")
        parser.add_argument("--kind", choices=[ProviderKind.SEAM.value], default="seam")
        parser.add_argument("--endpoint", default=connecting.SEAM, metavar="URL")
        parser.add_argument(
            "--property", metavar="SLUG", help="where locks go that are in no property yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= 100:
            raise CommandError("Give the account a name of up to 100 characters.")
        house = self._property(options["property"])
        try:
            found = connecting.connect(
                name,
                options["endpoint"],
                _key(),
                house,
                actor=SYSTEM,
                doors=real_doors(),
                on_progress=lambda step: self.stderr.write(f"{step} …"),
            )
        except RuleBroken as broken:
            raise CommandError(broken.message) from None
        where = f" in {house.name}" if house is not None else ""
        self.stdout.write(
            f"Connected to the workspace {found.workspace.name}: {found.locks} locks{where}."
        )
        if not found.has_webhook:
            self.stderr.write(
                "No webhooks: it is asked every minute what happened. Set LOCKSITE_PUBLIC_URL and "
                "run this again to be told at once."
            )

    def _property(self, slug: str | None) -> Property | None:
        if slug is None:
            return None
        house = Property.objects.filter(slug=slug).first()
        if house is None:
            known = ", ".join(Property.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"No property is called {slug}. There are: {known or 'none yet'}.")
        return house


def _key() -> Pin:
    text = os.environ.get("LOCKSITE_SEAM_API_KEY", "").strip()
    if not text:
        is_person = sys.stdin.isatty()
        text = (getpass.getpass("API key: ") if is_person else sys.stdin.readline()).strip()
    if not text:
        raise CommandError("Give the API key on standard input, or in LOCKSITE_SEAM_API_KEY.")
    return Pin(text)
