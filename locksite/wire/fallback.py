"""Addresses that are no endpoint, and faults outside of one: JSON for programs, else pages."""

import logging
import re
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.urls import re_path
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from locksite.wire import errors
from locksite.wire.errors import WireError
from locksite.wire.views import error_response, identify

logger = logging.getLogger(__name__)

# First parts of the addresses that belong to the API, those that we do not serve included: an SDK
# that asks for a thermostat must read a JSON answer too. No page of the desk may begin like this.
NAMESPACES = (
    "access_codes",
    "access_grants",
    "access_methods",
    "acs",
    "action_attempts",
    "client_sessions",
    "connect_webviews",
    "connected_accounts",
    "customers",
    "devices",
    "events",
    "instant_keys",
    "locks",
    "noise_sensors",
    "phones",
    "seam",
    "spaces",
    "thermostats",
    "unstable_locations",
    "user_identities",
    "webhooks",
    "workspaces",
)
_OURS = rf"(?:{'|'.join(NAMESPACES)})(?:/.*)?$"


def is_for_a_program(request: HttpRequest) -> bool:
    """Return whether the caller reads JSON: an address of the API, or a key in the header."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0]
    return scheme.lower() == "bearer" or re.match(f"/{_OURS}", request.path) is not None


def _answer(error: WireError) -> HttpResponse:
    response = error_response(error)
    identify(response)
    return response


@csrf_exempt
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Answer 404 on any verb."""
    return _answer(errors.unknown_path())


# To stand last among the routes. Without it Django's own debug page would answer in development.
urlpatterns = [re_path(f"^{_OURS}", unknown_endpoint)]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 (`handler404`)."""
    if is_for_a_program(request):
        return _answer(errors.unknown_path())
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 (`handler400`), e.g. to a Host header that is not ours; 413 to a long form."""
    if is_for_a_program(request):
        return _answer(errors.invalid_input("The request cannot be understood."))
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer 500 (`handler500`)."""
    if is_for_a_program(request):
        return _answer(errors.internal())
    try:
        return defaults.server_error(request)
    except Exception:  # whatever broke may break the page that says so
        logger.exception("the page for errors cannot be shown")
        return HttpResponseServerError(_LAST_WORDS)


_LAST_WORDS = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
    "<title>Something went wrong · Locksite</title><h1>Something went wrong</h1>"
    "<p>Locksite could not finish this. What you entered may not be saved.</p>"
    '<p><a href="/">Go to the start</a></p></html>'
)
