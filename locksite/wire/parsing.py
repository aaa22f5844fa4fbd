"""From the bytes of a request to its parameters: query string and JSON body, and their limits.

Two dialects reach us: everything as JSON in a POST, or real verbs with query strings. So the
parameters of every request are the union of both, read on every verb; the body wins where a name
is in both. Nothing here knows an endpoint: what a name in a query means is told by a `QueryShape`.
"""

import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from locksite.wire.errors import InvalidInput, WireError, invalid_input

MAX_BODY = 256 * 1024
MAX_QUERY = 16 * 1024
MAX_DEPTH = 32
MAX_KEYS = 1000


class Shape(Enum):
    """How the text of one query parameter is to be read."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    TEXTS = "list of texts"
    MAP = "map"


QueryShape = Mapping[str, Shape]


def parameters(request: HttpRequest, shape: QueryShape) -> dict[str, Any]:
    """Return the parameters of a request. Raises `WireError` for what cannot be read."""
    return {**query_parameters(request.META.get("QUERY_STRING", ""), shape), **_body(request)}


# ---- The body -----------------------------------------------------------------------------------


def _body(request: HttpRequest) -> dict[str, Any]:
    if "Content-Length" not in request.headers and "Transfer-Encoding" in request.headers:
        # WSGI gives no sure way to read it, and to take it for empty would mislead the caller.
        raise invalid_input("Send the body in one piece, with the header Content-Length.")
    try:
        raw = request.body
    except RequestDataTooBig:
        raise invalid_input(f"The body is larger than {MAX_BODY // 1024} KiB.") from None
    except UnreadablePostError:
        raise invalid_input("The body broke off.") from None
    except ValueError:
        raise invalid_input("The header Content-Length is no number.") from None
    # Some SDKs name a content type and send nothing.
    if not raw.strip():
        return {}
    _check_content_type(request)
    return json_object(raw)


def _check_content_type(request: HttpRequest) -> None:
    content_type = (request.content_type or "").lower()
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if content_type != "application/json" or charset not in {"utf-8", "utf8", "us-ascii"}:
        raise WireError(
            400,
            "invalid_content_type",
            'A body must come with the header "Content-Type: application/json" and be UTF-8.',
        )


def json_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`. Raises `InvalidInput` for anything else, or for too much.

    A name given twice in one object, NaN and Infinity, NUL and lone surrogates are refused: each
    means something else to the next program that reads them.
    """
    if len(raw) > MAX_BODY:
        raise invalid_input(f"The body is larger than {MAX_BODY // 1024} KiB.")
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise invalid_input("The body is not UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise invalid_input("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise invalid_input("The body must be a JSON object.")
    _check_values(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise invalid_input("A name stands twice in one object of the body.")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _too_deep() -> InvalidInput:
    return invalid_input(f"The body is nested more than {MAX_DEPTH} levels deep.")


def _check_values(top: dict[str, Any]) -> None:
    """Walk through everything once, without recursion."""
    waiting: list[tuple[Any, int]] = [(top, 1)]
    keys = 0
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep()
            if isinstance(value, dict):
                keys += len(value)
                waiting += [(name, depth) for name in value]
                waiting += [(each, depth + 1) for each in value.values()]
            else:
                keys += len(value)
                waiting += [(each, depth + 1) for each in value]
            if keys > MAX_KEYS:
                raise invalid_input(f"The body holds more than {MAX_KEYS} names and items.")
        elif isinstance(value, str):
            check_text(value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise invalid_input("A number in the body is too large.")


def check_text(text: str) -> None:
    """Raise `InvalidInput` for text that a database or another program could not keep."""
    if "\0" in text:
        raise invalid_input("Text must not hold the character NUL.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid_input("Text must be valid Unicode.") from None


# ---- The query string ---------------------------------------------------------------------------

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_STRICT_FLAGS = {"true": True, "false": False}
_GENEROUS_FLAGS = {**_STRICT_FLAGS, "1": True, "0": False, "yes": True, "no": False}


def query_parameters(query: str, shape: QueryShape) -> dict[str, Any]:
    """Return the parameters in a query string; names that `shape` does not know are left out.

    The SDKs end every query with `_strict=true`: then lists come by repetition alone, flags are
    `true` or `false`, and nothing is trimmed. Without it, as written by hand, `x[]=1`, `x=1,2`,
    `yes`, `1` and blanks around a value are understood as well. In both, an empty value is null,
    or an empty list. What cannot be converted stays text, so that the endpoint's own check reports
    it.
    """
    given = _pairs(query)
    is_strict = given.pop("_strict", []) == ["true"]
    if not is_strict:
        given = _without_brackets(given)
    found: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, kind in shape.items():
        try:
            if kind is Shape.MAP:
                found.update(_map(name, given))
            elif name in given:
                found[name] = _value(given[name], kind, is_strict=is_strict)
        except ValueError as problem:
            problems[name] = [str(problem)]
    if problems:
        raise InvalidInput(problems)
    return found


def _pairs(query: str) -> dict[str, list[str]]:
    if len(query) > MAX_QUERY:
        raise invalid_input(f"The query is longer than {MAX_QUERY // 1024} KiB.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_KEYS)
    except UnicodeDecodeError:
        raise invalid_input("The query is not UTF-8.") from None
    except ValueError:
        raise invalid_input(f"The query holds more than {MAX_KEYS} values.") from None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        check_text(name)
        check_text(value)
        given.setdefault(name, []).append(value)
    return given


def _without_brackets(given: dict[str, list[str]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for name, values in given.items():
        merged.setdefault(name.removesuffix("[]"), []).extend(values)
    return merged


def _value(texts: list[str], kind: Shape, *, is_strict: bool) -> Any:
    if not is_strict:
        if kind is Shape.TEXTS:
            texts = [part for text in texts for part in text.split(",")]
        texts = [text.strip() for text in texts]
    if kind is Shape.TEXTS:
        if "" in texts and len(texts) > 1:
            raise ValueError("A list cannot hold empty and other values.")
        return [] if texts == [""] else texts
    if len(texts) > 1:
        raise ValueError("Send this parameter once.")
    return _scalar(texts[0], kind, is_strict=is_strict)


def _scalar(text: str, kind: Shape, *, is_strict: bool) -> Any:
    if text == "":
        return None
    if kind is Shape.FLAG:
        flags = _STRICT_FLAGS if is_strict else _GENEROUS_FLAGS
        return flags.get(text if is_strict else text.lower(), text)
    if kind is Shape.NUMBER and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def _map(name: str, given: dict[str, list[str]]) -> dict[str, Any]:
    """Return `{name: {key: value}}` for `name.key=value`, nothing at all where there is none."""
    inside = {
        full.removeprefix(f"{name}."): texts
        for full, texts in given.items()
        if full.startswith(f"{name}.")
    }
    if any(len(texts) > 1 for texts in inside.values()):
        raise ValueError("Send each key once.")
    if inside:
        return {name: {key: texts[0] or None for key, texts in inside.items()}}
    return {name: None} if given.get(name) == [""] else {}
