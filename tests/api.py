"""A partner with a key, for tests of the API without a server."""

import json
from functools import cache
from typing import Any

from django.test import Client

from locksite.actors import SYSTEM
from locksite.partners.models import ApiKey, Scope
from locksite.partners.services import create_key
from locksite.reference.pages import errors_of
from locksite.wire.endpoints import endpoints as endpoints  # noqa: PLC0414 (tests import it here)
from locksite.wire.error_table import ERRORS, Where
from locksite.wire.schema import described
from properties.models import Property
from tests.clock import START
from tests.openapi import validator

UNKNOWN = "99999999-9999-4999-8999-999999999999"


class Partner:
    """Calls the API as the SDKs do; each call gives `(status, body)`, `last` is the response.

    Every answer is held against the description that `/api/schema` gives of it.
    """

    def __init__(self, *properties: Property, scope: Scope = Scope.WRITE, **options: Any):
        self.row, self.key = create_key(
            "Channel manager",
            properties or None,
            actor=SYSTEM,
            now=START,
            scope=scope,
            **options,
        )
        # The first call of a minute writes down that the key was used; tests count queries.
        ApiKey.objects.filter(pk=self.row.pk).update(last_used_at="9999-01-01T00:00Z")
        self.client = Client(raise_request_exception=False)
        self.last: Any = None

    def post(self, path: str, /, **params: Any) -> tuple[int, Any]:
        """Send parameters as a JSON body, as the older dialect does for everything."""
        return self.send("POST", path, json.dumps(params))

    def get(self, path: str, query: str = "") -> tuple[int, Any]:
        """Send a query string, as the newer dialect does for reading."""
        return self.send("GET", f"{path}?{query}" if query else path)

    def send(
        self, verb: str, path: str, body: str | bytes = b"", **headers: Any
    ) -> tuple[int, Any]:
        headers.setdefault("content_type", "application/json")
        self.last = self.client.generic(
            verb, path, body, headers={"authorization": f"Bearer {self.key}"}, **headers
        )
        body = json.loads(self.last.content)
        of_endpoint = answers_of(path.partition("?")[0], self.last.status_code)
        if of_endpoint is not None:
            of_endpoint.validate(body)
        if self.last.status_code != 200:
            check_is_documented(path.partition("?")[0], self.last.status_code, body)
        return self.last.status_code, body


@cache
def answers_of(path: str, status: int) -> Any:
    """Return what checks an answer against our own description, or `None` for other addresses."""
    if path not in described()["paths"]:
        return None
    return validator(described(), path, "200" if status == 200 else "default")


def check_is_documented(path: str, status: int, body: Any) -> None:
    """Fail for an error that the reference does not name at this endpoint."""
    error_type = body["error"]["type"]
    views = {f"/{each}": view for each, view in endpoints()}
    if path in views:
        known = {(kind.type, kind.status) for kind in errors_of(path, views[path])}
    else:
        known = {(kind.type, kind.status) for kind in ERRORS if kind.where is Where.NONE}
    assert (error_type, status) in known, f"{path} answered {status} {error_type}: undocumented"


def error(error_type: str, message: str, **fields: list[str]) -> dict[str, Any]:
    """Return the body of an error; `fields` are the messages by parameter, `_errors` for all."""
    body: dict[str, Any] = {"type": error_type, "message": message}
    if fields:
        own = {"_errors": fields.pop("_errors", [])}
        body["validation_errors"] = own | {
            name: {"_errors": messages} for name, messages in fields.items()
        }
    return {"error": body, "ok": False}
