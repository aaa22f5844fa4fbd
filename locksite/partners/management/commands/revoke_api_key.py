"""`manage.py revoke_api_key KEY_ID`: refuse a key from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from locksite.actors import SYSTEM
from locksite.partners.management.commands._keys import key_named
from locksite.partners.services import revoke_key


class Command(BaseCommand):
    help = "Refuse a key from its next request on. What was done with it stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key_id", help="the eight characters after seam_ls_")

    def handle(self, *args: Any, **options: Any) -> None:
        key = key_named(options["key_id"])
        revoke_key(key, actor=SYSTEM, now=timezone.now())
        self.stdout.write(f"Revoked: {key}.")
