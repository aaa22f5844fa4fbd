"""`RpcView`: what all endpoints of the partner API share, from the first byte to the last.

An endpoint is a flat subclass that names its verbs and its two shapes and implements `answer`.
Everything else of the wire stands here or next door: parameters in `parsing`, values in `fields`,
refusals in `errors`, pages in `pagination`, addresses that are no endpoint in `fallback`.
"""

import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.views import APIView

from locksite.actors import SYSTEM, Actor
from locksite.errors import RuleBroken
from locksite.partners import repeats
from locksite.partners.auth import KeyRefused, caller_for_key
from locksite.partners.models import Scope
from locksite.partners.rates import count_request
from locksite.partners.repeats import Answer, Mark
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

_IDEMPOTENCY_KEY = re.compile("[!-~]{1,255}")


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
    # Clients send some verbs again by themselves when an answer was lost. For as long as this, the
    # same request on such a verb gets the answer that the first one got.
    repeated_within: ClassVar[Mapping[str, timedelta]] = {}
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

    def still_holds(self, body: Mapping[str, Any]) -> bool:
        """Return whether an answer of `repeated_within` is still true of what it made."""
        return True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a request; never raises."""
        now = timezone.now()
        request_id = str(uuid.uuid4())
        try:
            response = self._answered(request, now)
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

    def _answered(self, request: HttpRequest, now: datetime) -> HttpResponse:
        if request.method not in self.verbs:
            raise errors.method_not_allowed(self.verbs)
        actor = self._actor(request, now) if self.needs_key else SYSTEM
        key = self._idempotency_key(request)
        given = parameters(request, self.request_shape.query_shape())
        call = Call(
            actor=actor,
            params=self.request_shape.read(given),
            now=now,
            url=request.build_absolute_uri(request.path),
            given=given,
        )
        repeated_within = self.repeated_within.get(str(request.method))
        if key is not None:
            mark = Mark(actor.label, key, repeats.fingerprint(request.path, given))
            return _once(mark, lambda: self._refused_or_done(call), now)
        if repeated_within is not None:
            seen = repeats.fingerprint(request.path, given)
            # No partner can send this as a key: it holds a blank.
            mark = Mark(actor.label, f"same {seen}", seen, repeated_within, waits=True)
            return _once(mark, lambda: self._done(call), now, self._still_holds)
        return _response(self._done(call))

    def _done(self, call: Call) -> Answer:
        body = self.response_shape.show(self.answer(call), now=call.now)
        return Answer(200, json_text({**body, "ok": True}))

    def _refused_or_done(self, call: Call) -> Answer:
        """Return the answer, also where it is a refusal that another try would only repeat."""
        try:
            with transaction.atomic():  # a refusal is kept, and nothing that was written before it
                return self._done(call)
        except RuleBroken as rule:
            error = errors.of_rule(rule)
        except WireError as raised:
            error = raised
        if error.status >= 500 or error.status == 429:
            raise error
        return Answer(error.status, json_text(error.body()))

    def _still_holds(self, answer: Answer) -> bool:
        return self.still_holds(json.loads(answer.body))

    def _idempotency_key(self, request: HttpRequest) -> str | None:
        """Return the key under which the answer is to be kept; reading needs none."""
        key = request.headers.get("Idempotency-Key")
        if key is None or not self.changes_something:
            return None
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise errors.invalid_input(
                "The header Idempotency-Key must be 1 to 255 visible ASCII characters."
            )
        return str(key)

    def _actor(self, request: HttpRequest, now: datetime) -> Actor:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise errors.unauthorized('Send the header "Authorization: Bearer <API key>".')
        try:
            caller = caller_for_key(key.strip(), now=now, ip=address_of(request))
        except KeyRefused:
            raise errors.unauthorized("This API key is unknown, revoked or expired.") from None
        self.caller = caller.actor.label
        count_request(caller.key, now=now)
        if self.changes_something and caller.scope != Scope.WRITE:
            raise errors.forbidden("This API key may read and not change anything.")
        return caller.actor


def _once(
    mark: Mark,
    work: Callable[[], Answer],
    now: datetime,
    holds: Callable[[Answer], bool] = lambda _: True,
) -> HttpResponse:
    try:
        answer, is_replayed = repeats.answered_once(mark, work, now=now, holds=holds)
    except repeats.KeyReused:
        raise errors.key_reused() from None
    except repeats.KeyInUse:
        raise errors.key_in_use() from None
    response = _response(answer)
    if is_replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def error_response(error: WireError) -> HttpResponse:
    """Return the envelope of an error."""
    response = _response(Answer(error.status, json_text(error.body())))
    for name, value in error.headers.items():
        response[name] = value
    return response


def identify(response: HttpResponse, request_id: str = "") -> None:
    """Set the header by which partner and log speak of the same request; it is on every answer."""
    response["seam-request-id"] = request_id or str(uuid.uuid4())


def json_text(body: Mapping[str, Any]) -> str:
    """Return a body as it goes out."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _response(answer: Answer) -> HttpResponse:
    """Return a response that nobody on the way may keep: it can hold PINs."""
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
