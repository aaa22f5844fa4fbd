"""`manage.py rotate_api_key KEY_ID`: make a key in place of another and print it, once."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from locksite.actors import SYSTEM
from locksite.errors import RuleBroken
from locksite.partners.management.commands._keys import key_named, span
from locksite.partners.services import rotate_key


class Command(BaseCommand):
    help = (
        "Make a key that may do what this one may. The new key alone goes to standard output; it "
        "is not stored anywhere. The old one ends after the overlap; its webhooks go along."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key_id", help="the eight characters after seam_ls_")
        parser.add_argument(
            "--overlap", default="24h", help="how long the old key goes on working (24h)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key, overlap = key_named(options["key_id"]), span(options["overlap"])
        try:
            _, text = rotate_key(key, actor=SYSTEM, now=timezone.now(), overlap=overlap)
        except RuleBroken as broken:
            raise CommandError(broken.message) from None
        self.stdout.write(text)
        if sys.stdout.isatty():
            self.stderr.write("Keep it now: it is not stored and cannot be shown again.")
