"""`manage.py sync_devices`: read the lists of locks of all accounts now, or of some."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from locksite.doors import real_doors
from properties.choices import AccountState
from properties.models import ProviderAccount
from properties.sync import refresh_account


class Command(BaseCommand):
    help = "Read the lists of locks of all accounts, or of those named, as the engine does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="accounts, by name")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = ProviderAccount.objects.order_by("name", "pk")
        if options["names"]:
            accounts = accounts.filter(name__in=options["names"])
            missing = sorted(set(options["names"]) - {account.name for account in accounts})
            if missing:
                raise CommandError(f"There is no account called {', '.join(missing)}.")
        failed = []
        for account in accounts:
            refresh_account(account, doors=real_doors())
            account.refresh_from_db()
            locks = account.devices.count()
            said = account.problem or ("It does not answer." if account.silent_since else "")
            is_well = account.state == AccountState.CONNECTED and not account.silent_since
            self.stdout.write(f"{account.name}: {locks} locks. {said}".rstrip())
            if not is_well:
                failed.append(account.name)
        if failed:
            raise CommandError(f"Not read: {', '.join(failed)}.")
