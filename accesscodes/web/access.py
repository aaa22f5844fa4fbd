"""Who may do what at a property: every page of the desk starts here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accesscodes.models import AccessCode
from accesscodes.web.news import News, news_of
from locksite.actors import Actor
from locksite.htmx import HtmxHttpRequest, ask_to_sign_in
from locksite.local_time import Telling, told_as
from locksite.visitors import address_of
from properties.choices import Role
from properties.models import Property
from properties.preferences import Preferences, preferences_of
from properties.staff import actor_of, properties_of, role_at

LAST_PROPERTY = "property"
"""The session key under which the start page finds the property that was used last."""


NOT_ALLOWED = "Housekeeping sees whether doors are ready, and no PINs. Ask the front desk."


@dataclass(frozen=True, slots=True)
class Desk:
    """One request at one property: who asks, where, as what, and when (aware UTC).

    `news` names how things stood before anything else was read; ``None`` where a page is not kept
    up to date from here.
    """

    actor: Actor
    house: Property
    houses: tuple[Property, ...]
    role: Role | None
    now: datetime
    news: News | None = None
    preferences: Preferences = field(default_factory=Preferences)

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the marks of the news, none where there are no news."""
        return () if self.news is None else self.news.marks

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which this desk reads and writes times."""
        return self.house.zone

    @property
    def zone_name(self) -> str:
        """Return whose time is written here: "Hamburg time"."""
        city = self.house.time_zone.rpartition("/")[2].replace("_", " ")
        return f"{self.house.city or city} time"

    @property
    def role_name(self) -> str:
        """Return the role in words."""
        return "Administrator" if self.role is None else str(self.role.label)

    @property
    def may_issue(self) -> bool:
        """Return whether codes may be issued and changed."""
        return self.role is not Role.HOUSEKEEPING

    @property
    def may_reveal(self) -> bool:
        """Return whether PINs may be seen."""
        return self.role is not Role.HOUSEKEEPING

    @property
    def may_manage(self) -> bool:
        """Return whether codes that others made in a lock's app may be taken over and removed."""
        return self.role in {None, Role.MANAGER}

    def may_delete(self, code: AccessCode) -> bool:
        """Return whether this code may be deleted: the front desk deletes what it made itself."""
        if self.role is Role.FRONT_DESK:
            return code.created_by_kind == "staff" and code.created_by == self.actor.label
        return self.role is not Role.HOUSEKEEPING


P = ParamSpec("P")
DeskView = Callable[Concatenate[HtmxHttpRequest, Desk, P], HttpResponse]


def at_desk(view: DeskView[P]) -> Callable[..., HttpResponse]:
    """Resolve the property of the path and the person, and hand both to the view as a `Desk`.

    A property out of reach answers 404 exactly like one that does not exist. Nothing of the desk
    is ever stored by a browser or a proxy.
    """

    @wraps(view)
    def wrapper(request: HtmxHttpRequest, prop: str, **kwargs: Any) -> HttpResponse:
        response = _answer(view, request, prop, kwargs)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response

    return wrapper


def _answer(
    view: Callable[..., HttpResponse], request: HtmxHttpRequest, slug: str, kwargs: dict[str, Any]
) -> HttpResponse:
    if not request.user.is_authenticated:
        if request.htmx:
            return ask_to_sign_in(request)
        return redirect_to_login(request.get_full_path())
    actor = actor_of(request.user, ip=address_of(request))
    houses = tuple(properties_of(actor))
    house = next((house for house in houses if house.slug == slug), None)
    if house is None:
        raise Http404("no such property")
    if not request.htmx and request.session.get(LAST_PROPERTY) != slug:
        request.session[LAST_PROPERTY] = slug
    now = timezone.now()
    news = news_of(house, now) if request.method == "GET" else None
    likes = preferences_of(request.user.pk, request.session, may_keep=not request.htmx)
    desk = Desk(actor, house, houses, role_at(actor, house.pk), now, news, likes)
    with told_as(Telling(likes.twelve_hours, likes.shows_utc)):
        return view(request, desk, **kwargs)


def only_if(may: Callable[[Desk], bool], *, instead: str) -> Callable[[DeskView[P]], DeskView[P]]:
    """Refuse with 403 and the sentence `instead` unless `may` says yes; stands below `at_desk`."""

    def decorate(view: DeskView[P]) -> DeskView[P]:
        @wraps(view)
        def wrapper(
            request: HtmxHttpRequest, desk: Desk, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not may(desk):
                return refused(request, instead)
            return view(request, desk, *args, **kwargs)

        return cast("DeskView[P]", wrapper)

    return decorate


def refused(request: HtmxHttpRequest, sentence: str) -> HttpResponse:
    """Return the page that says why a person may not do this, and who may."""
    return render(request, "errors/403.html", {"sentence": sentence}, status=403)
