"""`manage.py list_api_keys`: who may call the partner API, and who did last."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from locksite.partners.models import ApiKey

TITLES = ("ID", "NAME", "STATE", "MAY", "REACH", "A MINUTE", "ENDS", "LAST USED", "FROM")


class Command(BaseCommand):
    help = "List all API keys, newest first. Of the keys themselves only the ids are shown."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        keys = ApiKey.objects.order_by("-pk").prefetch_related("properties")
        rows = [TITLES, *(_row(key, now) for key in keys)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    state = "revoked" if key.revoked_at else "usable" if key.is_usable(now) else "over"
    houses = sorted(house.slug for house in key.properties.all())
    return (
        key.key_id,
        key.name,
        state,
        key.scope,
        "everything" if key.is_unlimited else ",".join(houses) or "nothing",
        "default" if key.rate_limit is None else str(key.rate_limit or "unlimited"),
        _shown(key.expires_at) or "never",
        _shown(key.last_used_at) or "never",
        key.last_used_ip or "",
    )


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else ""
