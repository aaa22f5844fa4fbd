"""The values of the wire, read strictly."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from rest_framework import serializers

from locksite.masked import Pin
from locksite.wire.errors import InvalidInput
from locksite.wire.fields import (
    NO_UUID,
    Flag,
    Id,
    ListOf,
    PinText,
    RequestShape,
    ResponseShape,
    Text,
    TextMap,
    Timestamp,
    TimestampOut,
    Whole,
    Word,
)


class Everything(RequestShape):
    text = Text(max_length=5)
    needed = Text(required=True)
    code = PinText()
    device_id = Id()
    flag = Flag()
    limit = Whole(most=500)
    at = Timestamp()
    gone_at = Timestamp(allow_null=True)
    kind = Word(words=("ongoing", "time_bound"))
    ids = ListOf(Id())
    metadata = TextMap()


ID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("text", " äöü ", " äöü "),
        ("text", "", ""),
        ("code", "0123", Pin("0123")),
        ("code", "123456789012", Pin("123456789012")),
        ("device_id", ID, UUID(ID)),
        ("device_id", ID.upper(), UUID(ID)),
        ("device_id", "zzz", NO_UUID),
        ("device_id", f"{{{ID}}}", NO_UUID),
        ("device_id", f"urn:uuid:{ID}", NO_UUID),
        ("flag", False, False),
        ("limit", 7, 7),
        ("limit", 7.0, 7),
        ("limit", 2**200, 500),
        ("at", "2025-01-01T16:00:00Z", datetime(2025, 1, 1, 16, tzinfo=UTC)),
        ("at", "2025-01-01t16:00:00z", datetime(2025, 1, 1, 16, tzinfo=UTC)),
        ("at", "2025-01-01T16:00:00.123456789Z", datetime(2025, 1, 1, 16, 0, 0, 123000, UTC)),
        ("at", "2025-01-01T16:00:00+05:30", datetime(2025, 1, 1, 10, 30, tzinfo=UTC)),
        ("at", "2025-01-01T16:00:00+0530", datetime(2025, 1, 1, 10, 30, tzinfo=UTC)),
        ("at", "2025-01-01T16:00:00-00:00", datetime(2025, 1, 1, 16, tzinfo=UTC)),
        ("at", "2025-01-01T16:00", datetime(2025, 1, 1, 16, tzinfo=UTC)),
        ("at", "2025-01-01 16:00:00", datetime(2025, 1, 1, 16, tzinfo=UTC)),
        ("at", "2025-01-01", datetime(2025, 1, 1, tzinfo=UTC)),
        ("gone_at", None, None),
        ("kind", "ongoing", "ongoing"),
        ("ids", [], []),
        ("ids", [ID, "x"], [UUID(ID), NO_UUID]),
        ("metadata", {"a": "b", "c": True}, {"a": "b", "c": True}),
    ],
)
def test_values_that_are_read(name, given, read):
    assert Everything.read({"needed": "x", name: given}) == {"needed": "x", name: read}


TIME = "Expected a time such as 2027-01-31T15:00:00Z."
NO_TIME = "There is no such time."


@pytest.mark.parametrize(
    ("name", "given", "problem"),
    [
        ("text", 5, "Expected text, received a number."),
        ("text", True, "Expected text, received true or false."),
        ("text", ["a"], "Expected text, received a list."),
        ("text", "sechs!", "At most 5 characters."),
        ("code", 1234, "Expected text, received a number."),
        ("code", "123", "Use 4 to 12 digits."),
        ("code", "1234567890123", "Use 4 to 12 digits."),
        ("code", "12a4", "Use 4 to 12 digits."),
        ("code", " 1234", "Use 4 to 12 digits."),
        ("code", "1234\n", "Use 4 to 12 digits."),
        ("code", "\uff11\uff12\uff13\uff14", "Use 4 to 12 digits."),
        ("device_id", 5, "Expected text, received a number."),
        ("device_id", {}, "Expected text, received an object."),
        ("flag", "true", "Expected true or false, received text."),
        ("flag", 1, "Expected true or false, received a number."),
        ("limit", "7", "Expected a whole number, received text."),
        ("limit", True, "Expected a whole number, received true or false."),
        ("limit", 7.5, "Expected a whole number."),
        ("limit", 0, "The least is 1."),
        ("at", 1735747200, "Expected a time such as 2027-01-31T15:00:00Z, received a number."),
        ("at", "tomorrow", TIME),
        ("at", "2025-01-01Z", TIME),
        ("at", "2025-W01-1", TIME),
        ("at", "\uff12\uff10\uff12\uff15-01-01", TIME),
        ("at", "2025-13-01", NO_TIME),
        ("at", "2025-02-29T00:00:00Z", NO_TIME),
        ("at", "2025-01-01T16:00:60Z", NO_TIME),
        ("at", "0001-01-01T00:00:00+14:00", NO_TIME),
        ("at", "9999-12-31T23:59:59-14:00", NO_TIME),
        ("at", "9999-12-31T23:59:59Z", "Use a year from 1970 to 9998."),
        ("at", "1969-12-31", "Use a year from 1970 to 9998."),
        ("kind", "weekly", "Expected one of: ongoing, time_bound."),
        ("ids", ID, "Expected a list, received text."),
        ("ids", [5], "Expected text, received a number."),
        ("ids", [None], "Null is not accepted here."),
        ("ids", ["x"] * 1001, "At most 1000 values."),
        ("metadata", {"a": 1}, "Expected text, true or false under every key."),
        ("metadata", "a", "Expected an object, received text."),
    ],
)
def test_values_that_are_refused(name, given, problem):
    with pytest.raises(InvalidInput) as refused:
        Everything.read({"needed": "x", name: given})

    assert refused.value.validation_errors == {"_errors": [], name: {"_errors": [problem]}}
    assert refused.value.message == f"{name}: {problem}"


def test_several_problems_are_counted_and_listed():
    with pytest.raises(InvalidInput) as refused:
        Everything.read({"code": 12, "flag": 3})

    assert refused.value.message == (
        "3 input errors: needed: Required. code: Expected text, received a number. "
        "flag: Expected true or false, received a number."
    )


def test_null_is_the_same_as_absent_and_unknown_names_are_ignored():
    given = {"needed": "x", "text": None, "flag": None, "ids": None, "colour": "red"}

    assert Everything.read(given) == {"needed": "x"}


def test_null_where_a_value_is_needed_is_refused():
    with pytest.raises(InvalidInput) as refused:
        Everything.read({"needed": None})

    assert refused.value.message == "needed: Required."


def test_an_answer_leaves_out_what_is_absent_and_keeps_null():
    class Body(ResponseShape):
        absent_when_empty = frozenset({"nickname", "location"})
        nickname = serializers.CharField()
        location = serializers.JSONField()
        code = serializers.CharField()
        created_at = TimestampOut()

    values: dict[str, object] = {
        "nickname": "",
        "location": {},
        "code": None,
        "created_at": datetime(2026, 11, 23, 10, 0, 0, 7999, UTC),
    }

    assert Body().to_representation(values) == {
        "code": None,
        "created_at": "2026-11-23T10:00:00.007Z",
    }
