"""The API's own description, `/api/schema`: OpenAPI, read off the very shapes that serve it."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from locksite.wire import words
from locksite.wire.fields import RequestShape, ResponseShape
from locksite.wire.filters import ListRequest

ABOUT = (
    "Locksite speaks the wire protocol of Seam Connect: its SDKs work with only the endpoint and "
    "the key changed.\n\n"
    "Every endpoint takes POST with a JSON body, and the other verbs listed here; the parameters "
    "of a request are the union of its query string and its JSON body. Every answer carries the "
    "header `seam-request-id`.\n\n"
    "With the header `Idempotency-Key` a request that changes something takes effect once, "
    "however often it is sent within 48 hours: sent again, it gets the same answer, marked "
    "`Idempotent-Replayed: true`."
)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Chosen by the caller, a new one for each new request.",
)


class ErrorInside(serializers.Serializer):
    """What went wrong; `validation_errors` by parameter, `_errors` for what is about several."""

    type = serializers.CharField()
    message = serializers.CharField()
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    validation_errors = serializers.DictField(required=False)


class Error(serializers.Serializer):
    """Every answer but 200."""

    error = ErrorInside()
    ok = serializers.BooleanField()


class ReadFieldInSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """The fields of requests describe themselves."""

    target_class = "locksite.wire.fields._Read"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Return the field's JSON schema."""
        described: dict[str, Any] = self.target.described()
        return described


class WireSchema(AutoSchema):
    """Describes an `RpcView`."""

    view: Any

    def get_operation_id(self) -> str:
        """Return a name such as `accessCodesGetPost`."""
        first, *others = [
            part for word in self.path.split("/") for part in word.split("_") if part
        ]
        return first + "".join(map(str.title, [*others, self.method]))

    def get_summary(self) -> str:
        """Return the address, which is also the name under which people know an endpoint."""
        return str(self.path)

    def get_description(self) -> str:  # type: ignore[override]
        """Return what the endpoint says of itself."""
        return (self.view.answer.__doc__ or "").strip()

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return that a key is needed."""
        return [{"key": []}] if self.view.needs_key else []

    def map_parsers(self) -> list[str]:
        """Return the one form of a body."""
        return ["application/json"]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of a query, the same as those of a body, and the headers."""
        shape = self.view.request_shape
        headers = [IDEMPOTENCY_KEY] if self.view.changes_something else []
        is_query = self.method in {"GET", "DELETE"} and shape().fields
        return [shape, *headers] if is_query else headers

    def get_request_serializer(self) -> Any:
        """Return the shape of the body, or nothing for an endpoint without parameters."""
        shape = self.view.request_shape
        return shape if shape().fields else None

    def get_response_serializers(self) -> Any:
        """Return the shapes of the answers."""
        return {200: self.view.response_shape, "default": Error}

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        mapped = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        schema: dict[str, Any] = mapped
        if isinstance(serializer, RequestShape):
            _describe(schema, partial(words.of_parameter, type(serializer).__name__))
        if isinstance(serializer, ResponseShape):
            name = type(serializer).__name__
            schema["properties"] = {**schema.get("properties", {}), **serializer.on_some}
            needed = {*schema["properties"], "ok"} - serializer.absent_when_empty
            if name.endswith("Response"):
                schema["properties"]["ok"] = {"type": "boolean", "enum": [True]}
            schema["required"] = sorted(
                needed & schema["properties"].keys() - {*serializer.on_some}
            )
            _describe(schema, partial(words.of_field, name))
            schema["description"] = words.RESOURCES.get(name) or schema.get("description", "")
        return schema


def _describe(schema: dict[str, Any], meaning: Callable[[str], str]) -> None:
    """Put in what each property means; what says something of itself to us is left out."""
    for name, part in schema.get("properties", {}).items():
        known = meaning(name)
        if name in ListRequest._declared_fields and not known:
            known = words.FINDS_NOTHING
        bare = {key: value for key, value in part.items() if key not in _OURS}
        # Beside a `$ref` nothing else counts, so it goes inside.
        bare = {"allOf": [bare]} if "$ref" in bare and known else bare
        schema["properties"][name] = bare | ({"description": known} if known else {})


# What is for ourselves: docstrings of methods, and that a computed field cannot be sent.
_OURS = {"description", "readOnly"}


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI of all endpoints."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    schema["info"] = {"title": "Locksite partner API", "version": "1", "description": ABOUT}
    key = {"type": "http", "scheme": "bearer", "description": "An API key, `seam_ls_…`."}
    schema.setdefault("components", {})["securitySchemes"] = {"key": key}
    return schema


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Answer the description; it is no secret."""
    return JsonResponse(described())


urlpatterns = [path("api/schema", show)]
