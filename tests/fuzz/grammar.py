"""Requests out of a seed: well-formed ones for every endpoint, and what can be wrong with them.

A request is made from the description that each parameter gives of itself, so new endpoints and
parameters are covered as soon as they are there. Then it is left alone, or spoilt in one to three
of three ways: values and names, the bytes of the body, the line and the headers.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from tests.api import endpoints

ROLES = ("write", "read", "limited", "nobody", "unknown")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it goes over the wire; `path` and `query` are as the server gets them."""

    role: str
    verb: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


# Nothing that a parameter may be, or hardly.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, 2**31, 2**63, 2**200, -(2**64),
    "", " ", "0", "null", "true", "a" * 300, "9" * 400, "\x00", "a\x00b", "\ud800",
    "\udfff\ud800", "\u202e1234", "1\u0301" * 200, "\U0001f511" * 60, "\u0661\u0662\u0663\u0664",
    "\uff11\uff12\uff13\uff14", "1234\n", "%00", "%", "_", "' OR 1=1 --", '"; DROP TABLE x',
    "../../etc/passwd", "<script>", "{{7*7}}", "${x}", "=cmd()",
    "0000-00-00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30",
    "2026-11-23T25:00:00Z", "2026-11-23T10:00:00+99:99", "\uff12\uff10\uff12\uff16-11-23",
    "1970-01-01", "12345678901234",
    [], [[]], [None], ["a", 1, None], ["x"] * 1001, [{}], {}, {"a": {"b": {}}}, {"a": None},
    {"": ""}, {"a.b": "c"}, {"\x00": "x"}, {"_errors": ["x"]}, {"__class__": "x"},
)  # fmt: skip

BODIES: tuple[bytes, ...] = (
    b"", b" ", b"null", b"[]", b"[1,2]", b'"x"', b"1", b"{", b"}", b"{}", b"{}{}", b"{} x",
    b"\x00", b"[" * 20_000, b'{"a":' * 20_000, b'{"a":' * 33 + b"1" + b"}" * 33,
    b"{" + b'"a":1,' * 2000 + b'"b":1}', b'{"device_id": NaN}', b'{"limit": Infinity}',
    b'{"limit": 1e999}', b'{"limit": ' + b"9" * 5000 + b"}", b'{"a": 1, "a": 2}',
    b'{"device_id": "\\ud800"}', b'{"device_id": "\\u0000"}', b'{"x": "\xff"}', b"\xef\xbb\xbf{}",
    '{"limit": 1}'.encode("utf-16"), b"// x\n{}", b"{'limit': 1}", b"limit=1&a=b", b"<a/>",
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", b"x" * 300_000,
    b'{"x": "' + b"a" * 262_000 + b'"}', b'{"' + b"k" * 100_000 + b'": 1}',
)  # fmt: skip

QUERIES = (
    "&&&==&", "%", "%ff", "%00=%00", "a[]=1&a[]=2", "_strict=1&_strict=2", "limit=abc",
    "_strict=true&limit=1,2", "limit=1e5", "search=%00", "search=%ff", "a.b.c=d&between.x=1",
    "device_ids=a&device_ids=", "custom_metadata_has.=x&custom_metadata_has=y",
    "x=" + "9" * 20_000, "&".join(["a=1"] * 1500), "device_id=%ED%A0%80",
)  # fmt: skip

_HEADERS: dict[str, tuple[str, ...]] = {
    "CONTENT_TYPE": (
        "", "json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
        "multipart/form-data; boundary=x", "application/json; charset=latin-1",
        "application/json; charset=\xff", "application/json;;;", "application/JSON", "*/*",
    ),
    "CONTENT_LENGTH": ("", "0", "5", "-1", "x", "1e3", "999999999", "9" * 40),
    "HTTP_AUTHORIZATION": (
        "", "Bearer", "Bearer ", "Basic Og==", "bearer \xff", "Bearer " + "x" * 5000,
        "Bearer \x00", "Bearer a b c",
    ),
    "HTTP_IDEMPOTENCY_KEY": ("", "a", "same", "x" * 300, "two words", "\xff", '"quoted"'),
    "HTTP_TRANSFER_ENCODING": ("chunked", "gzip, chunked"),
    "HTTP_HOST": ("", "evil.example", "[::1", "a b", "\xff", "localhost:99999"),
    "HTTP_X_FORWARDED_FOR": ("", "x", "1.2.3.4, ::1", "\xff", "1" * 3000),
    "HTTP_ACCEPT": ("text/html", "", "image/*;q=x"),
    "HTTP_SEAM_SDK_NAME": ("\x1b[31m", "x" * 5000, "\xff\r\n"),
    "HTTP_COOKIE": ("sessionid=x", "a=\xff; =;;;", "csrftoken=" + "x" * 4000),
}  # fmt: skip
HEADERS = [(name, value) for name, values in _HEADERS.items() for value in values]

VERBS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "get",
    "X" * 40,
    "",
)


class Grammar:
    """Makes requests. `known` gives, by the name of a parameter, what there really is."""

    def __init__(self, seed: int, known: Mapping[str, Sequence[Any]]) -> None:
        self._chance = random.Random(seed)
        self._known = known
        self._endpoints = sorted(endpoints(), key=lambda each: each[0])

    def request(self) -> Sent:
        """Return one more request."""
        path, view = self._chance.choice(self._endpoints)
        parameters: Mapping[str, Any] = view.request_shape._declared_fields
        fields = {name: parameter.described() for name, parameter in parameters.items()}
        needed = {name for name, parameter in parameters.items() if parameter.required}
        params = {
            name: self._value(name, shape)
            for name, shape in fields.items()
            if name in needed or self._chance.random() < 0.4
        }
        verb = self._chance.choice(view.verbs)
        role = self._chance.choices(ROLES, (10, 4, 6, 1, 1))[0]
        ways = self._chance.sample(WAYS, self._chance.choice((0, 1, 1, 1, 2, 3)))
        if _spoil_values in ways:
            params = _spoil_values(self._chance, params, fields)
        sent = self._written(Sent(role, verb, f"/{path}"), params)
        for way in ways:
            if way is not _spoil_values:
                sent = way(self._chance, sent)
        return sent

    def _value(self, name: str, shape: Mapping[str, Any]) -> Any:
        chance = self._chance
        if name in self._known and chance.random() < 0.9:
            value = chance.choice(self._known[name])
            return [value] if shape["type"] == "array" and not isinstance(value, list) else value
        if "oneOf" in shape:
            return self._value(name, chance.choice(shape["oneOf"]))
        if "enum" in shape:
            return chance.choice(shape["enum"])
        match shape["type"]:
            case "boolean":
                return chance.random() < 0.5
            case "integer" | "number":
                return chance.randrange(shape.get("minimum", 0), 50)
            case "array":
                items = shape.get("items", {"type": "string"})
                return [self._value(name, items) for _ in range(chance.randrange(4))]
            case "object":
                inside = shape.get("properties") or {"a": {"type": "string"}}
                return {key: self._value(key, each) for key, each in inside.items()}
        if shape.get("format") == "uuid":
            return f"{chance.getrandbits(128):032x}"
        if shape.get("format") == "date-time":
            return f"{chance.randrange(2024, 2030)}-11-1{chance.randrange(10)}T12:00:00Z"
        if "pattern" in shape:
            return str(chance.randrange(1000, 10**8))
        return chance.choice(
            ("Lena Okafor", "https://partner.example/in", "a", "access_code.created")
        )

    def _written(self, sent: Sent, params: Mapping[str, Any]) -> Sent:
        if sent.verb in {"GET", "DELETE"} and self._chance.random() < 0.7:
            return replace(sent, query=_query(params))
        # A lone surrogate goes out as its escape; what JSON does not know, as what Python writes.
        return replace(sent, body=json.dumps(params).encode())


def _query(params: Mapping[str, Any]) -> str:
    pairs = []
    for name, value in params.items():
        for each in value if isinstance(value, list) else [value]:
            text = each if isinstance(each, str) else json.dumps(each)
            pairs.append(
                (name.encode(errors="surrogatepass"), text.encode(errors="surrogatepass"))
            )
    return urlencode([*pairs, ("_strict", "true")])


def _spoil_values(
    chance: random.Random, params: dict[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any]:
    spoilt = dict(params)
    for _ in range(chance.choice((1, 1, 2, 4))):
        name = chance.choice(
            [*fields, "nonsense", "_strict", "ok", "limit", "page_cursor", "search"]
        )
        deed = chance.random()
        if deed < 0.7:
            spoilt[name] = chance.choice(ODD)
        elif deed < 0.85:
            spoilt.pop(name, None)
        else:
            spoilt[name + chance.choice(("[]", ".a", " ", "\x00", "é"))] = chance.choice(ODD)
    return spoilt


def _spoil_body(chance: random.Random, sent: Sent) -> Sent:
    body = bytearray(sent.body)
    deed = chance.random()
    if deed < 0.4 or not body:
        return replace(sent, body=chance.choice(BODIES))
    place = chance.randrange(len(body))
    if deed < 0.6:
        body[place] = chance.randrange(256)
    elif deed < 0.8:
        del body[place:]
    else:
        body[place:place] = chance.choice(
            (b"\x00", b"\xff", b'"', b"{", b"\\", b",", b"1e9", b"\\u")
        )
    return replace(sent, body=bytes(body))


def _spoil_line(chance: random.Random, sent: Sent) -> Sent:
    deed = chance.random()
    if deed < 0.3:
        return replace(sent, verb=chance.choice(VERBS))
    if deed < 0.6:
        return replace(sent, query=chance.choice(QUERIES))
    if deed < 0.7:
        extra = quote(str(chance.choice(ODD)).encode(errors="surrogatepass"))
        return replace(sent, query=f"{sent.query}&{extra}={extra}")
    if deed < 0.8:
        ending = chance.choice(("/", "//", "/x", "\x00", "\xff", ".", "?", "%2e", " ", "/" * 2000))
        return replace(sent, path=sent.path + ending)
    headers = dict(chance.sample(HEADERS, chance.choice((1, 1, 2, 3))))
    return replace(sent, headers=headers)


WAYS: tuple[Callable[..., Any], ...] = (_spoil_values, _spoil_body, _spoil_line)
