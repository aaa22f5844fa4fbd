"""The reference's data: an example, a meaning and true errors for everything that is served."""

import ast
from pathlib import Path

import pytest

from locksite.reference import pages
from locksite.reference.examples import EXAMPLES
from locksite.wire import words
from locksite.wire.endpoints import endpoints
from locksite.wire.error_table import BY_TYPE, ERRORS, Where
from locksite.wire.schema import described
from tests.openapi import validator

SHOWN = {each.path: each for space in pages.namespaces() for each in space.endpoints}
VIEWS = {f"/{path}": view for path, view in endpoints()}
ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_endpoint_has_an_example_and_no_other():
    assert set(EXAMPLES) == set(VIEWS)


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_passes_the_shapes_that_serve_it(path):
    example, shape = EXAMPLES[path], VIEWS[path].request_shape

    assert set(shape.read(example.request)) == set(example.request)
    validator(described(), path).validate(dict(example.answer))
    assert set(example.answer) == {each.name for each in SHOWN[path].answer}


def test_every_endpoint_stands_on_one_page_with_all_its_verbs():
    assert {path: each.verbs for path, each in SHOWN.items()} == {
        path: tuple(sorted(view.verbs)) for path, view in VIEWS.items()
    }


def test_every_parameter_and_every_field_has_a_meaning():
    speechless = [
        f"{each.path} {value.name}"
        for each in SHOWN.values()
        for value in each.parameters
        if not value.meaning
    ]
    speechless += [
        f"{thing.title} {value.name}"
        for thing in pages.resources()
        for value in thing.fields
        if not value.meaning
    ]

    assert speechless == []


def test_every_thing_in_an_answer_is_described():
    bodies = {
        name
        for name in described()["components"]["schemas"]
        if name.endswith("Body") or name == "Pagination"
    }

    assert bodies == set(words.RESOURCES)
    for name, fields in words.FIELDS.items():
        if name not in {"AccessCodeBody", "UnmanagedAccessCodeBody"}:  # they share their words
            assert set(fields) == set(described()["components"]["schemas"][name]["properties"])


def test_no_meaning_is_left_over_from_a_parameter_that_is_gone():
    shapes = {view.request_shape for view in VIEWS.values()}
    known = {name for shape in shapes for name in shape._declared_fields}

    assert set(words.PARAMETERS) - known == set()
    assert {(shape.__name__, name) for shape in shapes for name in shape._declared_fields} >= set(
        words.OF_SHAPE
    )


# ---- Errors


def said_in_the_source():
    """Return every text of the product's modules, with `x_not_found` put together."""
    texts = set()
    for package in ("locksite/wire", "accesscodes", "properties", "locksite/partners"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name == "error_table.py":
                continue
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
                match node:
                    case ast.Call(ast.Name("not_found"), [ast.Constant(str(what)), *_]):
                        texts.add(f"{what}_not_found")
    return texts


def test_every_kind_of_error_in_the_table_is_really_answered():
    assert {kind.type for kind in ERRORS} - said_in_the_source() == set()
    assert len(BY_TYPE) == len(ERRORS)


def test_each_error_of_some_endpoints_is_named_by_one():
    named = {each for example in EXAMPLES.values() for each in example.errors}

    assert named == {kind.type for kind in ERRORS if kind.where is Where.SOME}


def test_the_errors_say_in_whole_sentences_when_they_come_and_what_to_do():
    for kind in ERRORS:
        assert kind.when.endswith(".")
        assert kind.what_to_do.endswith(".")
