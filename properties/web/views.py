"""The start: sign in, and go to the property that was used last."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from locksite.local_time import clock
from locksite.visitors import address_of
from properties.models import Property
from properties.staff import actor_of, properties_of

LAST_PROPERTY = "property"
"""The session key that the desk writes."""


@dataclass(frozen=True, slots=True)
class House:
    """One property to choose."""

    slug: str
    name: str
    place: str


def _house(house: Property, now: datetime) -> House:
    return House(house.slug, house.name, f"{house.city} {clock(now, house.zone)}".strip())


@never_cache
@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Go to the last used or only property; ask where there are several, or with `?choose`."""
    if not request.user.is_authenticated:
        return redirect("login")
    actor = actor_of(request.user, ip=address_of(request))
    houses = properties_of(actor)
    slugs = [house.slug for house in houses]
    if "choose" not in request.GET:
        last = request.session.get(LAST_PROPERTY)
        if last in slugs:
            return redirect("arrivals", last)
        if len(slugs) == 1:
            return redirect("arrivals", slugs[0])
    now = timezone.now()
    context = {
        "houses": [_house(house, now) for house in houses],
        "is_administrator": actor.is_unlimited and getattr(request.user, "is_staff", False),
    }
    return render(request, "properties/choose.html", context)
