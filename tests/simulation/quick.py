"""Spare Django some work that it does anew for every query, while schedules run.

The SQL that reaches the database is the same to the letter; only the text of a column and the
converters of a field are looked up instead of being put together again. Nothing here knows what
the queries are about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX, SQLiteCursorWrapper
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

_columns: dict[tuple[str, Any], str] = {}
_converters: dict[tuple[Any, Any], list[Any]] = {}


@contextmanager
def quick_columns() -> Iterator[None]:
    """Look columns and converters up while this lasts."""
    compiler: Any = SQLCompiler
    compile_, get_converters = compiler.compile, compiler.get_converters

    def compile_quickly(self: Any, node: Any) -> Any:
        if type(node) is not Col or node.alias in self.query.external_aliases:
            return compile_(self, node)
        key = node.alias, node.target.column
        text = _columns.get(key)
        if text is None:
            text, _ = compile_(self, node)
            if text.startswith('"'):
                _columns[key] = text
        return text, []

    def get_converters_quickly(self: Any, expressions: Any) -> Any:
        expressions = list(expressions)
        if not all(type(expression) is Col for expression in expressions):
            return get_converters(self, expressions)
        converters = {}
        for place, column in enumerate(expressions):
            key = column.target, column.output_field
            found = _converters.get(key)
            if found is None:
                pair = get_converters(self, [column])
                found = _converters[key] = pair[0][0] if pair else []
            if found:
                converters[place] = (found, column)
        return converters

    @cache
    def qmarks(text: str) -> str:
        return str(FORMAT_QMARK_REGEX.sub("?", text).replace("%%", "%"))

    def convert_query_quickly(self: Any, query: str, *, param_names: Any = None) -> Any:
        if param_names is None:
            return qmarks(query)
        return convert_query(self, query, param_names=param_names)

    cursor: Any = SQLiteCursorWrapper
    convert_query = cursor.convert_query
    cursor.convert_query = convert_query_quickly
    compiler.compile, compiler.get_converters = compile_quickly, get_converters_quickly
    try:
        yield
    finally:
        compiler.compile, compiler.get_converters = compile_, get_converters
        cursor.convert_query = convert_query
