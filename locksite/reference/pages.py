"""What the reference shows, as frozen values: read off the API's description, nothing typed twice.

An endpoint that is added appears by itself, with its parameters, verbs and answer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from locksite.reference.examples import EXAMPLES, Example
from locksite.wire import words
from locksite.wire.endpoints import endpoints
from locksite.wire.error_table import BY_TYPE, ERRORS, ErrorKind, Where
from locksite.wire.schema import described
from locksite.wire.views import RpcView

# In this order, then whatever else there is.
_FIRST = ("devices", "locks", "access_codes", "action_attempts", "events", "webhooks")
_TITLES = {"access_codes": "Access codes", "action_attempts": "Action attempts"}
_REF = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field. `resource`: the page of what it holds, empty for a plain value."""

    name: str
    kind: str
    is_required: bool
    meaning: str
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `idle` are parameters that are accepted and always find nothing."""

    path: str
    verbs: tuple[str, ...]
    summary: str
    note: str
    needs_write: bool
    parameters: tuple[Value, ...]
    idle: tuple[str, ...]
    answer: tuple[Value, ...]
    errors: tuple[ErrorKind, ...]
    request: str
    example: str

    @property
    def anchor(self) -> str:
        """Return the id of its section."""
        return self.path.strip("/").replace("/", "-")

    @property
    def words(self) -> str:
        """Return all that a search looks at, in lower case."""
        values = " ".join(f"{each.name} {each.meaning}" for each in self.parameters)
        return f"{self.path} {self.summary} {self.note} {values}".lower()


@dataclass(frozen=True, slots=True)
class Namespace:
    """The endpoints whose addresses begin alike: one page."""

    slug: str
    title: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing that answers hold."""

    slug: str
    title: str
    about: str
    fields: tuple[Value, ...]


# ---- Reading the description --------------------------------------------------------------------


def _schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = described()["components"]["schemas"]
    return found


def _bare(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return a schema with its reference followed, and the name that it had."""
    if "allOf" in schema:
        inner, name = _bare(schema["allOf"][0])
        return {**inner, **{key: schema[key] for key in schema if key != "allOf"}}, name
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(_REF)
        return _schemas()[name], name
    return schema, ""


def _slug(component: str) -> str:
    """Return `access-code` for `AccessCodeBody`; nothing for what is no resource."""
    if component not in words.RESOURCES:
        return ""
    name = component.removesuffix("Body")
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).strip("-")


def _kind(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a value is, in words, and the resource that it holds."""
    bare, name = _bare(schema)
    if bare.get("type") == "array":
        inner, resource = _kind(bare["items"])
        return f"list of {inner}", resource
    if bare.get("type") == "object" and isinstance(bare.get("additionalProperties"), Mapping):
        inner, resource = _kind(bare["additionalProperties"])
        return (f"map to {inner}" if resource else "object"), resource
    if _slug(name):
        return _slug(name).replace("-", " "), _slug(name)
    if bare.get("enum") == [True]:
        return "true", ""
    if "enum" in bare:
        return " | ".join(str(each) for each in bare["enum"]), ""
    named = {"uuid": "id", "date-time": "time"}.get(str(bare.get("format")))
    names = {"string": "text", "boolean": "true or false", "integer": "whole number"}
    kind = named or names.get(str(bare.get("type")), "object")
    return (f"{kind} or null" if bare.get("nullable") else kind), ""


def _values(component: str) -> tuple[Value, ...]:
    schema = _schemas().get(component, {})
    required = set(schema.get("required", ()))
    found = []
    for name, part in schema.get("properties", {}).items():
        kind, resource = _kind(part)
        found.append(Value(name, kind, name in required, part.get("description", ""), resource))
    return tuple(found)


def _component(view: type[RpcView], *, is_request: bool) -> str:
    return (view.request_shape if is_request else view.response_shape).__name__


def pretty(value: Any) -> str:
    """Return JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def errors_of(path: str, view: type[RpcView]) -> tuple[ErrorKind, ...]:
    """Return the errors that an endpoint may answer, its own first, then those of all."""
    own = tuple(BY_TYPE[each] for each in EXAMPLES.get(path, Example()).errors)
    wheres = {Where.ALL}
    if view.needs_key:
        wheres.add(Where.ALL_WITH_KEY)
    if view.changes_something:
        wheres.add(Where.CHANGES)
    return own + tuple(kind for kind in ERRORS if kind.where in wheres)


def _endpoint(path: str, view: type[RpcView]) -> Endpoint:
    example = EXAMPLES.get(path, Example())
    parameters = _values(_component(view, is_request=True))
    return Endpoint(
        path=path,
        verbs=tuple(sorted(view.verbs)),
        summary=str(next(iter(described()["paths"][path].values()))["description"]),
        note=example.note,
        needs_write=view.changes_something,
        parameters=tuple(
            sorted(
                (each for each in parameters if each.meaning != words.FINDS_NOTHING),
                key=lambda each: (not each.is_required, each.meaning.startswith("Older name")),
            )
        ),
        idle=tuple(each.name for each in parameters if each.meaning == words.FINDS_NOTHING),
        answer=_values(_component(view, is_request=False)),
        errors=errors_of(path, view),
        request=pretty(example.request),
        example=pretty(example.answer) if example.answer else "",
    )


@cache
def namespaces() -> tuple[Namespace, ...]:
    """Return all endpoints, in the order of the reference."""
    found: dict[str, list[Endpoint]] = {}
    for path, view in endpoints():
        found.setdefault(path.partition("/")[0], []).append(_endpoint(f"/{path}", view))
    order = [*(slug for slug in _FIRST if slug in found), *sorted(set(found) - set(_FIRST))]
    return tuple(
        Namespace(slug, _TITLES.get(slug, slug.replace("_", " ").capitalize()), tuple(found[slug]))
        for slug in order
    )


@cache
def resources() -> tuple[Resource, ...]:
    """Return what answers hold, by name."""
    return tuple(
        Resource(
            _slug(name),
            _slug(name).replace("-", " ").capitalize(),
            str(_schemas()[name].get("description", "")),
            _values(name),
        )
        for name in sorted(words.RESOURCES)
        if name in _schemas()
    )


# ---- Searching ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that a search found. `page` and `anchor` lead there."""

    title: str
    text: str
    page: str
    slug: str
    anchor: str


def search(text: str) -> list[Hit]:
    """Return where all words of `text` stand together: endpoints, things, errors."""
    wanted = text.lower().split()
    if not wanted:
        return []

    def fits(where: str) -> bool:
        return all(word in where.lower() for word in wanted)

    hits = [
        Hit(each.path, each.summary, "namespace", namespace.slug, each.anchor)
        for namespace in namespaces()
        for each in namespace.endpoints
        if fits(each.words)
    ]
    hits += _in_resources(fits)
    hits += [
        Hit(kind.type, kind.when, "errors", "", kind.type) for kind in ERRORS if fits(_said(kind))
    ]
    # What is called so, before what only speaks of it.
    return sorted(hits, key=lambda hit: not fits(hit.title))


def _in_resources(fits: Any) -> Iterable[Hit]:
    for resource in resources():
        for each in resource.fields:
            if fits(f"{resource.title} {each.name} {each.meaning}"):
                title = f"{each.name} of {resource.title.lower()}"
                yield Hit(title, each.meaning, "things", "", f"{resource.slug}-{each.name}")


def _said(kind: ErrorKind) -> str:
    return f"{kind.type} {kind.status} {kind.when} {kind.what_to_do}"
