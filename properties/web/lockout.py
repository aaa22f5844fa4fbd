"""What somebody sees who gave too many wrong passwords: until when sign-in is closed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from locksite.local_time import clock
from properties.models import Property


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """Answer 429 with the time at which sign-in opens again (django-axes calls this)."""
    username = str((credentials or {}).get("username") or request.POST.get("username", ""))
    zone, zone_name = _zone()
    until = _until(username, getattr(request, "axes_ip_address", None))
    context = {
        "until": f"{clock(until, zone)} {zone_name}",
        "minutes": max(1, -int((timezone.now() - until).total_seconds() // 60)),
        "next": request.POST.get("next", ""),
    }
    answer = render(request, "registration/locked_out.html", context, status=429)
    answer["Cache-Control"] = "no-store"
    return answer


def _until(username: str, address: str | None) -> datetime:
    """Return when this user name may be tried again from this address, aware UTC."""
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    newest = (
        AccessAttempt.objects.filter(username=username, ip_address=address)
        .order_by("-attempt_time")
        .first()
    )
    since: datetime = timezone.now() if newest is None else newest.attempt_time
    return since + cool_off


def _zone() -> tuple[tzinfo, str]:
    """Return the zone to tell the time in and its name: that of all properties, else UTC.

    Whose properties they are is not known before somebody has signed in.
    """
    names = set(Property.objects.values_list("time_zone", flat=True)[:500])
    if len(names) != 1:
        return UTC, "UTC"
    (name,) = names
    return ZoneInfo(name), f"{name.rpartition('/')[2].replace('_', ' ')} time"
