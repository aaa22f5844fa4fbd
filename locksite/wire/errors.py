"""Every way in which the API says no, and the one body that says it.

`{"error": {"type", "message", "data"?, "validation_errors"?}, "ok": false}`, always JSON, always
with a `seam-request-id` header. SDKs choose their exception by status and `type`.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from locksite.errors import RuleBroken, TooOften


class WireError(Exception):
    """An answer other than 200. Nothing in it may repeat a PIN or a key that was sent."""

    def __init__(
        self,
        status: int,
        error_type: str,
        message: str,
        *,
        data: Mapping[str, Any] | None = None,
        validation_errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {error_type}")
        self.status = status
        self.error_type = error_type
        self.message = message
        self.data = data
        self.validation_errors = validation_errors
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return the envelope."""
        error: dict[str, Any] = {"type": self.error_type, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        if self.validation_errors is not None:
            error["validation_errors"] = self.validation_errors
        return {"error": error, "ok": False}


class InvalidInput(WireError):  # noqa: N818
    """400 `invalid_input`: parameters that cannot be accepted.

    `problems` is keyed by parameter; nested parameters nest; the key `_errors` (or none at all)
    holds what is about several parameters together. Without `message` one is made of the problems.
    """

    def __init__(self, problems: Mapping[str, Any], message: str | None = None) -> None:
        tree = _tree(problems)
        super().__init__(400, "invalid_input", message or _summary(tree), validation_errors=tree)


def _tree(problems: Any) -> dict[str, Any]:
    """Return `problems` in the wire's form: every node has `_errors`, even when empty."""
    if isinstance(problems, Mapping):
        own = [str(message) for message in problems.get("_errors", ())]
        rest = {str(name): _tree(each) for name, each in problems.items() if name != "_errors"}
        return {"_errors": own, **rest}
    messages = problems if isinstance(problems, Sequence) else [problems]
    return {"_errors": [str(message) for message in messages]}


def _summary(tree: Mapping[str, Any]) -> str:
    """Return one sentence for one problem, a count and a list for several."""
    sentences = list(_sentences(tree))
    if len(sentences) == 1:
        return sentences[0]
    return f"{len(sentences)} input errors: {' '.join(sentences)}"


def _sentences(tree: Mapping[str, Any], path: str = "") -> list[str]:
    found = [f"{path}: {text}" if path else text for text in tree["_errors"]]
    for name, node in tree.items():
        if name != "_errors":
            found += _sentences(node, f"{path}.{name}" if path else name)
    return found


def invalid_input(message: str, field: str | None = None) -> InvalidInput:
    """Return 400 for one problem, told in a sentence; without `field` it is about several."""
    return InvalidInput({field or "_errors": [message]}, message)


def not_found(what: str, message: str, data: Mapping[str, Any] | None = None) -> WireError:
    """Return 404 `<what>_not_found`. Something out of reach is answered exactly like nothing."""
    return WireError(404, f"{what}_not_found", message, data=data)


def unknown_path() -> WireError:
    """Return 404 for an address that the API does not have."""
    return WireError(404, "not_found", "There is no such endpoint.")


def unauthorized(message: str) -> WireError:
    """Return 401."""
    return WireError(
        401, "unauthorized", message, headers={"WWW-Authenticate": 'Bearer realm="Locksite"'}
    )


def forbidden(message: str) -> WireError:
    """Return 403: the key is good, but not for this."""
    return WireError(403, "forbidden", message)


def method_not_allowed(allowed: Sequence[str]) -> WireError:
    """Return 405 naming the verbs that are served."""
    verbs = ", ".join(allowed)
    return WireError(405, "method_not_allowed", f"Send {verbs}.", headers={"Allow": verbs})


def key_reused() -> WireError:
    """Return 400 for an idempotency key that came with another request before."""
    return WireError(
        400,
        "idempotency_key_reused",
        "This Idempotency-Key was sent before with another endpoint or other parameters. "
        "Send a new key with a new request.",
    )


def key_in_use() -> WireError:
    """Return 409 while the first request with this idempotency key is being worked on."""
    return WireError(
        409,
        "idempotency_key_in_use",
        "The first request with this Idempotency-Key is still being worked on. Try again.",
        headers={"Retry-After": "1"},
    )


def too_often(message: str, wait: timedelta) -> WireError:
    """Return 429; clients that read `Retry-After` come back by themselves."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    return WireError(429, "rate_limit_exceeded", message, headers={"Retry-After": str(seconds)})


def unavailable() -> WireError:
    """Return 503: the database does not answer; nothing was changed, and trying again is right."""
    return WireError(
        503,
        "service_unavailable",
        "Locksite cannot reach its database. Try again in a moment.",
        headers={"Retry-After": "2"},
    )


def internal() -> WireError:
    """Return 500. What went wrong is in the log, under the id of the request."""
    return WireError(500, "internal_server_error", "Something went wrong on our side.")


def of_rule(rule: RuleBroken) -> WireError:
    """Return the wire's form of a rule that said no."""
    if isinstance(rule, TooOften):
        return too_often(rule.message, rule.wait)
    if rule.code == "duplicate_access_code":
        return WireError(409, rule.code, rule.message)
    if rule.code.endswith("_not_found"):
        return WireError(404, rule.code, rule.message)
    if rule.code in {"access_code_not_time_bound", "invalid_event_types"}:
        return WireError(400, rule.code, rule.message)
    # Everything else is about what was asked for, `device_cannot_take_codes` included.
    return invalid_input(rule.message, rule.field)
