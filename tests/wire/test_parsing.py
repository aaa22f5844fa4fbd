"""From query strings and bodies to parameters: both dialects, and everything that is refused."""

import json

import pytest

from locksite.wire.errors import InvalidInput
from locksite.wire.parsing import MAX_BODY, Shape, json_object, query_parameters

SHAPE = {
    "text": Shape.TEXT,
    "number": Shape.NUMBER,
    "flag": Shape.FLAG,
    "ids": Shape.TEXTS,
    "map": Shape.MAP,
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("text=a+b%26c", {"text": "a b&c"}),
        ("text= a ", {"text": " a "}),
        ("text=0123", {"text": "0123"}),
        ("text=", {"text": None}),
        ("number=5", {"number": 5}),
        ("number=-1.5", {"number": -1.5}),
        ("number=", {"number": None}),
        ("number=five", {"number": "five"}),
        ("number=%EF%BC%95", {"number": "\uff15"}),
        ("flag=true", {"flag": True}),
        ("flag=false", {"flag": False}),
        ("flag=1", {"flag": "1"}),
        ("flag=True", {"flag": "True"}),
        ("ids=a&ids=b", {"ids": ["a", "b"]}),
        ("ids=a", {"ids": ["a"]}),
        ("ids=a,b", {"ids": ["a,b"]}),
        ("ids=", {"ids": []}),
        ("ids[]=a", {}),
        ("map.k=v&map.l.m=w", {"map": {"k": "v", "l.m": "w"}}),
        ("map=", {"map": None}),
        ("unknown=1&text=a", {"text": "a"}),
    ],
)
def test_strict_queries_are_read_to_the_letter(query, expected):
    assert query_parameters(f"{query}&_strict=true" if query else query, SHAPE) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text=%20a%20", {"text": "a"}),
        ("flag=1", {"flag": True}),
        ("flag=no", {"flag": False}),
        ("flag=True", {"flag": True}),
        ("flag=maybe", {"flag": "maybe"}),
        ("ids[]=a&ids[]=b", {"ids": ["a", "b"]}),
        ("ids=a,b", {"ids": ["a", "b"]}),
        ("ids=a, b", {"ids": ["a", "b"]}),
        ("ids=a&ids[]=b", {"ids": ["a", "b"]}),
        ("ids=", {"ids": []}),
        ("number=+5", {"number": 5}),
        ("_strict=false&ids=a,b", {"ids": ["a", "b"]}),
    ],
)
def test_queries_written_by_hand_are_read_generously(query, expected):
    assert query_parameters(query, SHAPE) == expected


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("text=a&text=b", {"_errors": [], "text": {"_errors": ["Send this parameter once."]}}),
        (
            "ids=a&ids=&_strict=true",
            {"_errors": [], "ids": {"_errors": ["A list cannot hold empty and other values."]}},
        ),
        ("map.k=v&map.k=w", {"_errors": [], "map": {"_errors": ["Send each key once."]}}),
        ("text=%00", {"_errors": ["Text must not hold the character NUL."]}),
        ("text=%ff", {"_errors": ["The query is not UTF-8."]}),
        ("text=" + "a" * 20_000, {"_errors": ["The query is longer than 16 KiB."]}),
        ("&".join(["x=1"] * 1001), {"_errors": ["The query holds more than 1000 values."]}),
    ],
)
def test_queries_that_cannot_be_understood_are_refused(query, problems):
    with pytest.raises(InvalidInput) as refused:
        query_parameters(query, SHAPE)

    assert refused.value.validation_errors == problems


def test_a_json_object_is_read_as_it_is():
    body = '{"code": "0123", "n": 1, "list": ["ä", null, true], "o": {"k": 1.5}}'

    assert json_object(body.encode()) == {
        "code": "0123",
        "n": 1,
        "list": ["ä", None, True],
        "o": {"k": 1.5},
    }


NOT_JSON = "The body is not valid JSON."
NOT_AN_OBJECT = "The body must be a JSON object."
TOO_DEEP = "The body is nested more than 32 levels deep."
NOT_UNICODE = "Text must be valid Unicode."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{bad", NOT_JSON),
        (b'{"a": 1,}', NOT_JSON),
        (b"[" * 100_000, TOO_DEEP),
        (b'{"a":' * 50_000, TOO_DEEP),
        (b'{"a":' * 33 + b"1" + b"}" * 33, TOO_DEEP),
        (b"[1, 2]", NOT_AN_OBJECT),
        (b"null", NOT_AN_OBJECT),
        (b'"text"', NOT_AN_OBJECT),
        (b'{"a": "\\ud800"}', NOT_UNICODE),
        (b'{"\\udfff": 1}', NOT_UNICODE),
        (b'{"a": "\\u0000"}', "Text must not hold the character NUL."),
        (b'{"a": NaN}', NOT_JSON),
        (b'{"a": -Infinity}', NOT_JSON),
        (b'{"a": 1e999}', "A number in the body is too large."),
        (b'{"a": ' + b"9" * 5000 + b"}", NOT_JSON),
        (b'{"a": 1, "a": 2}', "A name stands twice in one object of the body."),
        ('{"a": "ä"}'.encode("utf-16"), "The body is not UTF-8."),
        (b'{"a": "\xff"}', "The body is not UTF-8."),
        (b'\xef\xbb\xbf{"a": 1}', NOT_JSON),
        (
            json.dumps({str(n): n for n in range(1001)}).encode(),
            "The body holds more than 1000 names and items.",
        ),
        (b'{"a": "' + b"x" * MAX_BODY + b'"}', "The body is larger than 256 KiB."),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_bodies_that_are_refused(body, message):
    with pytest.raises(InvalidInput) as refused:
        json_object(body)

    assert refused.value.message == message


def test_a_body_of_just_the_allowed_depth_is_read():
    assert json_object(b'{"a":' * 32 + b"1" + b"}" * 32)["a"]["a"]
