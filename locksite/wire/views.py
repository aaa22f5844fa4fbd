"""`RpcView`: what all endpoints of the partner API share, from the first byte to the last.

An endpoint is a flat subclass that names its verbs and its two shapes and implements `answer`.
Everything else of the wire stands here or next door: parameters in `parsing`, values in `fields`,
refusals in `errors`, pages in `pagination`, addresses that are no endpoint in `fallback`.
"""

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.views import APIView

from locksite.actors import SYSTEM, Actor
from locksite.errors import RuleBroken
from locksite.partners.auth import KeyRefused, actor_for_key
from locksite.partners.models import Scope
from locksite.visitors import address_of
from locksite.wire import errors
from locksite.wire.errors import WireError
from locksite.wire.fields import RequestShape, ResponseShape
from locksite.wire.parsing import parameters

logger = logging.getLogger(__name__)

# The verbs of an endpoint, by what it does. POST is always among them: the older of the two
# dialects knows no other verb.
READ = ("GET", "POST")
CREATE = ("POST",)
CHANGE = ("PATCH", "POST", "PUT")
REMOVE = ("DELETE", "POST")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: who asks for what, and when it arrived (aware UTC).

    `url` is the address that was called, without a query; `given` are the parameters as they were
    sent, for building the address of a next page.
    """

    actor: Actor
    params: Mapping[str, Any]
    now: datetime
    url: str
    given: Mapping[str, Any]


class RpcView(APIView):
    """One endpoint of the partner API.

    Of Django REST framework's view only the place in the API schema is used: negotiation, parsing
    and error bodies follow the wire's own rules. No cookie is read or set, so there is no CSRF to
    guard.
    """

    verbs: ClassVar[tuple[str, ...]] = READ
    request_shape: ClassVar[type[RequestShape]] = RequestShape
    response_shape: ClassVar[type[ResponseShape]] = ResponseShape
    changes_something: ClassVar[bool] = False
    needs_key: ClassVar[bool] = True
    # The public part of the key that called, for the log; a view lives for one request.
    caller: str = "-"

    # For the API schema, which asks by name; `dispatch` serves all verbs.
    get = post = put = patch = delete = None

    @property
    def allowed_methods(self) -> list[str]:
        """Return the verbs, for the API schema."""
        return list(self.verbs)

    def answer(self, call: Call) -> Mapping[str, Any]:
        """Return what `response_shape` shows.

        Raises `RuleBroken` or `WireError` for a refusal; anything else becomes a 500 without
        details.
        """
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a request; never raises."""
        now = timezone.now()
        request_id = str(uuid.uuid4())
        try:
            response = ok_response(self._answered(request, now))
        except WireError as error:
            response = error_response(error)
        except RuleBroken as rule:
            response = error_response(errors.of_rule(rule))
        except (OperationalError, InterfaceError):
            logger.exception("request %s: no database", request_id)
            response = error_response(errors.unavailable())
        except Exception:
            logger.exception("request %s failed", request_id)
            response = error_response(errors.internal())
        identify(response, request_id)
        logger.info(
            "%s %s %d key=%s sdk=%s request=%s",
            request.method,
            request.path,
            response.status_code,
            self.caller,
            request.headers.get("seam-sdk-name", "-")[:40],
            request_id,
        )
        return response

    def _answered(self, request: HttpRequest, now: datetime) -> dict[str, Any]:
        if request.method not in self.verbs:
            raise errors.method_not_allowed(self.verbs)
        actor = self._actor(request, now) if self.needs_key else SYSTEM
        given = parameters(request, self.request_shape.query_shape())
        call = Call(
            actor=actor,
            params=self.request_shape.read(given),
            now=now,
            url=request.build_absolute_uri(request.path),
            given=given,
        )
        answer = self.answer(call)
        shown = self.response_shape(answer, context={"now": now})
        return {**shown.to_representation(answer), "ok": True}

    def _actor(self, request: HttpRequest, now: datetime) -> Actor:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise errors.unauthorized('Send the header "Authorization: Bearer <API key>".')
        try:
            actor, scope = actor_for_key(key.strip(), now=now, ip=address_of(request))
        except KeyRefused:
            raise errors.unauthorized("This API key is unknown, revoked or expired.") from None
        self.caller = actor.label
        if self.changes_something and scope != Scope.WRITE:
            raise errors.forbidden("This API key may read and not change anything.")
        return actor


def ok_response(body: Mapping[str, Any]) -> HttpResponse:
    """Return 200 with a JSON body that nobody on the way may keep: it can hold PINs."""
    return _json(body, 200)


def error_response(error: WireError) -> HttpResponse:
    """Return the envelope of an error."""
    response = _json(error.body(), error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def identify(response: HttpResponse, request_id: str = "") -> None:
    """Set the header by which partner and log speak of the same request; it is on every answer."""
    response["seam-request-id"] = request_id or str(uuid.uuid4())


def json_text(body: Mapping[str, Any]) -> str:
    """Return a body as it goes out."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _json(body: Mapping[str, Any], status: int) -> HttpResponse:
    response = HttpResponse(json_text(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
