"""Requests that may come from htmx, and answers made of several fragments. For edges alone."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django_htmx.middleware import HtmxDetails

STOP_POLLING = 286
"""The status by which htmx 2 ends `hx-trigger="every …"`."""


class HtmxHttpRequest(HttpRequest):
    """A request that passed the htmx middleware."""

    htmx: HtmxDetails


Fragment = tuple[str, Mapping[str, Any]]
"""A template and the context it needs."""


def render_fragments(
    request: HttpRequest,
    main: Fragment | None,
    *out_of_band: Fragment,
    status: int = 200,
) -> HttpResponse:
    """Return one main fragment, and others that htmx puts in place by their ids.

    Out-of-band fragments get `oob` as true and must set `hx-swap-oob` by it.
    """
    parts: list[str] = []
    if main is not None:
        parts.append(render_to_string(main[0], dict(main[1]), request))
    parts += [
        render_to_string(template, {**context, "oob": True}, request)
        for template, context in out_of_band
    ]
    return HttpResponse("\n".join(parts), status=status)


def go_to(url: str) -> HttpResponse:
    """Answer an htmx request with a whole new page."""
    response = HttpResponse(status=200)
    response["HX-Redirect"] = url
    return response


def ask_to_sign_in(request: HtmxHttpRequest) -> HttpResponse:
    """Answer a fragment request of somebody signed out: 401, and the page goes to sign-in."""
    here = request.htmx.current_url_abs_path or "/"
    response = HttpResponse(status=401)
    response["HX-Redirect"] = f"{resolve_url('login')}?{urlencode({'next': here})}"
    return response
