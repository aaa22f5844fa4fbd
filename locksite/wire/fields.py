"""The values of the wire: one class per kind, read strictly and written in one form.

`RequestShape` and `ResponseShape` are what the serializers of all endpoints derive from. Unlike
their parents in Django REST framework these fields do not guess: a number is not a text, 1 is not
true.
"""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from locksite.masked import Pin
from locksite.wire.errors import InvalidInput
from locksite.wire.parsing import QueryShape, Shape
from properties.stamps import stamp

REQUIRED = "Required."
NO_UUID = UUID(int=0)

_of_this_thread = threading.local()


def _own(shape: type[serializers.Serializer]) -> Any:
    """Return the one instance of a shape that this thread works with.

    To make an instance is to copy all its fields, which costs more than to read or write with it.
    """
    instances = _of_this_thread.__dict__.setdefault("instances", {})
    if shape not in instances:
        instances[shape] = shape()
    return instances[shape]


# ---- In -----------------------------------------------------------------------------------------


def _what(value: Any) -> str:
    """Return what a value is, never the value itself: it may be a PIN."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    names |= {list: "a list", dict: "an object"}
    return names.get(type(value), "null")


class _Read(serializers.Field):
    """A field that takes one kind of value and says so when it gets another.

    None of them is required unless told; null means the same as leaving it out, unless
    `allow_null`.
    """

    query_shape: ClassVar[Shape] = Shape.TEXT
    expected: ClassVar[str] = "text"
    default_error_messages = {"required": REQUIRED, "null": "Null is not accepted here."}

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def refuse(self, message: str) -> serializers.ValidationError:
        """Return the error for this field."""
        return serializers.ValidationError([ErrorDetail(message)])

    def wrong_kind(self, value: Any) -> serializers.ValidationError:
        """Return the error for a value of another kind."""
        return self.refuse(f"Expected {self.expected}, received {_what(value)}.")

    def to_representation(self, value: Any) -> Any:
        """Not used: these fields only read."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string"}


class Text(_Read):
    """A text of up to `max_length` characters, kept as it is."""

    def __init__(self, *, max_length: int = 200, **options: Any) -> None:
        self.max_length = max_length
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            raise self.wrong_kind(data)
        if len(data) > self.max_length:
            raise self.refuse(f"At most {self.max_length} characters.")
        return data

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string", "maxLength": self.max_length}


_DIGITS = re.compile(r"\d{4,12}", re.ASCII)


class PinText(_Read):
    """A PIN: a text of 4 to 12 digits. A JSON number is refused: it loses leading zeros."""

    expected = "text"

    def to_internal_value(self, data: Any) -> Pin:
        """Return the PIN, wrapped so that it cannot show itself."""
        if not isinstance(data, str):
            raise self.wrong_kind(data)
        if not _DIGITS.fullmatch(data):
            raise self.refuse("Use 4 to 12 digits.")
        return Pin(data)

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string", "pattern": "^[0-9]{4,12}$"}


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Id(_Read):
    """The public id of something. Text that is no UUID names nothing: it gives `NO_UUID`."""

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id."""
        if not isinstance(data, str):
            raise self.wrong_kind(data)
        return UUID(data) if _UUID.fullmatch(data) else NO_UUID

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string", "format": "uuid"}


class Flag(_Read):
    """True or false."""

    query_shape = Shape.FLAG
    expected = "true or false"

    def to_internal_value(self, data: Any) -> bool:
        """Return the flag."""
        if not isinstance(data, bool):
            raise self.wrong_kind(data)
        return data

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "boolean"}


class Whole(_Read):
    """A whole number from `least` on.

    A larger one than `most` counts as `most`, or is refused where `most` is a limit.
    """

    query_shape = Shape.NUMBER
    expected = "a whole number"

    def __init__(
        self, *, least: int = 1, most: int, is_limit: bool = False, **options: Any
    ) -> None:
        self.least, self.most, self.is_limit = least, most, is_limit
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise self.wrong_kind(data)
        if data != int(data):
            raise self.refuse("Expected a whole number.")
        if data < self.least:
            raise self.refuse(f"The least is {self.least}.")
        if self.is_limit and data > self.most:
            raise self.refuse(f"The most is {self.most}.")
        return min(int(data), self.most)

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        limit = {"maximum": self.most} if self.is_limit else {}
        return {"type": "integer", "minimum": self.least, **limit}


_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)?"
    r"(Z|[+-]\d{2}(:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


class Timestamp(_Read):
    """A time in ISO 8601, kept to the millisecond; without an offset, or a date alone, is UTC."""

    expected = "a time such as 2027-01-31T15:00:00Z"

    def to_internal_value(self, data: Any) -> datetime:
        """Return an aware time in UTC."""
        if not isinstance(data, str):
            raise self.wrong_kind(data)
        match = _ISO.fullmatch(data)
        if match is None or (match[5] and not match[2]):
            raise self.refuse(f"Expected {self.expected}.")
        try:
            read = datetime.fromisoformat(data.upper())
            if read.tzinfo is None:
                read = read.replace(tzinfo=UTC)
            read = read.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.refuse("There is no such time.") from None
        # Room on both sides, so that adding a few days never leaves the calendar.
        if not 1970 <= read.year <= 9998:
            raise self.refuse("Use a year from 1970 to 9998.")
        return read.replace(microsecond=read.microsecond // 1000 * 1000)

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string", "format": "date-time"}


class Word(_Read):
    """One of a few words; unknown ones are refused."""

    def __init__(self, *, words: tuple[str, ...], **options: Any) -> None:
        self.words = words
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return the word."""
        if not isinstance(data, str):
            raise self.wrong_kind(data)
        if data not in self.words:
            raise self.refuse(f"Expected one of: {', '.join(self.words)}.")
        return data

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "string", "enum": list(self.words)}


class ListOf(_Read):
    """A list of up to 1,000 values of one kind."""

    query_shape = Shape.TEXTS
    expected = "a list"

    def __init__(self, child: _Read, **options: Any) -> None:
        self.child = child
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the list."""
        if not isinstance(data, list):
            raise self.wrong_kind(data)
        if len(data) > 1000:
            raise self.refuse("At most 1000 values.")
        return [self.child.run_validation(each) for each in data]

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        return {"type": "array", "items": self.child.described(), "maxItems": 1000}


class TextMap(_Read):
    """A map from text to text or flag."""

    query_shape = Shape.MAP
    expected = "an object"

    def to_internal_value(self, data: Any) -> dict[str, str | bool]:
        """Return the map."""
        if not isinstance(data, dict):
            raise self.wrong_kind(data)
        if not all(isinstance(value, str | bool) for value in data.values()):
            raise self.refuse("Expected text, true or false under every key.")
        return data

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        value = {"oneOf": [{"type": "string"}, {"type": "boolean"}]}
        return {"type": "object", "additionalProperties": value}


class MetadataChanges(_Read):
    """A map from text to text, flag, or null, which removes the key."""

    query_shape = Shape.MAP
    expected = "an object"

    def to_internal_value(self, data: Any) -> dict[str, str | bool | None]:
        """Return the map."""
        if not isinstance(data, dict):
            raise self.wrong_kind(data)
        if not all(value is None or isinstance(value, str | bool) for value in data.values()):
            raise self.refuse("Expected text, true, false or null under every key.")
        return data

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        value = {"oneOf": [{"type": "string"}, {"type": "boolean"}], "nullable": True}
        return {"type": "object", "additionalProperties": value}


class RequestShape(serializers.Serializer):
    """The parameters of one endpoint. Unknown names are ignored; null is the same as absent.

    Fields that set `allow_null` keep null apart: there it means "unset". Rules about several
    parameters go into `validate`; rules of the domain belong to the services.
    """

    @classmethod
    def query_shape(cls) -> QueryShape:
        """Return how the parameters are written in a query string."""
        return {
            name: field.query_shape
            for name, field in cls._declared_fields.items()
            if isinstance(field, _Read)
        }

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters as Python values. Raises `InvalidInput` naming every problem."""
        nullable = {name for name, field in cls._declared_fields.items() if field.allow_null}
        try:
            found = _own(cls).run_validation(
                {
                    name: value
                    for name, value in given.items()
                    if value is not None or name in nullable
                }
            )
        except serializers.ValidationError as invalid:
            problems: dict[str, Any] = {**invalid.detail}  # type: ignore[dict-item]
            if "non_field_errors" in problems:
                problems["_errors"] = problems.pop("non_field_errors")
            raise InvalidInput(problems) from None
        return dict(found)


class Nested(_Read):
    """An object with a shape of its own."""

    query_shape = Shape.MAP
    expected = "an object"

    def __init__(self, shape: type[RequestShape], **options: Any) -> None:
        self.shape = shape
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return what the object holds."""
        if not isinstance(data, dict):
            raise self.wrong_kind(data)
        try:
            return self.shape.read(data)
        except InvalidInput as invalid:
            raise serializers.ValidationError(dict(invalid.validation_errors or {})) from None

    def described(self) -> dict[str, Any]:
        """Return the JSON schema of what is accepted."""
        fields = self.shape._declared_fields
        described = {
            name: field.described() for name, field in fields.items() if isinstance(field, _Read)
        }
        needed = [name for name, field in fields.items() if field.required]
        return {"type": "object", "properties": described} | (
            {"required": needed} if needed else {}
        )


# ---- Out ----------------------------------------------------------------------------------------


def _reader(field: serializers.Field) -> Callable[[Any], Any]:
    """Return what reads a field's value off a row or a mapping; most are one plain attribute."""
    is_plain = type(field).get_attribute is serializers.Field.get_attribute
    if not is_plain or len(field.source_attrs) != 1:
        return field.get_attribute
    name = field.source_attrs[0]

    def read(instance: Any) -> Any:
        return instance[name] if isinstance(instance, dict) else getattr(instance, name)

    return read


class TimestampOut(serializers.DateTimeField):
    """A time in the wire's one form."""

    def to_representation(self, value: Any) -> Any:
        """Return the text."""
        return stamp(value)


class WorkspaceIdOut(serializers.CharField):
    """The one workspace that an installation is."""

    def get_attribute(self, instance: Any) -> str:
        """Return the id."""
        return str(settings.LOCKSITE_WORKSPACE_ID)


class ResponseShape(serializers.Serializer):
    """What one endpoint, or one resource, answers: field by field, in this order.

    A field named in `absent_when_empty` is left out where it has no value; every other field is
    always there and may be null. `on_some` holds the JSON schemas of further fields, which a
    subclass adds to some bodies in `to_representation`.
    """

    absent_when_empty: ClassVar[frozenset[str]] = frozenset()
    on_some: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def show(cls, values: Any, *, now: datetime | None = None) -> dict[str, Any]:
        """Return the body, ready to be written as JSON; `now` where it changes with the time."""
        shape = _own(cls)
        shape._context = {"now": now}
        body: dict[str, Any] = shape.to_representation(values)
        return body

    @cached_property
    def _shown(self) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
        return [
            (str(field.field_name), _reader(field), field.to_representation)
            for field in self._readable_fields
        ]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the body, ready to be written as JSON."""
        body: dict[str, Any] = {}
        for name, read, write in self._shown:
            value = read(instance)
            shown = None if value is None else write(value)
            if name not in self.absent_when_empty or shown not in _EMPTY:
                body[name] = shown
        return body


_EMPTY: tuple[Any, ...] = (None, "", {}, [])
