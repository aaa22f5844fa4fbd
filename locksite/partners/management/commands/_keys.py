"""What the commands about keys share."""

import re
from datetime import timedelta

from django.core.management.base import CommandError

from locksite.partners.models import ApiKey

_SPAN = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def key_named(text: str) -> ApiKey:
    """Return the key with this id, as `list_api_keys` shows it.

    Raises `CommandError`, which does not repeat the text: somebody may have given the whole key.
    """
    key_id = text.removeprefix("seam_ls_")[:8]
    key = ApiKey.objects.filter(key_id=key_id).first()
    if key is None:
        raise CommandError("No key has this id. `manage.py list_api_keys` shows all of them.")
    return key


def span(text: str) -> timedelta:
    """Return a length of time such as ``24h``, ``30m``, ``7d`` or ``0``; raises `CommandError`."""
    if text == "0":
        return timedelta(0)
    match = _SPAN.fullmatch(text)
    if match is None:
        raise CommandError("Give a length of time such as 24h, 30m, 7d or 0.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
