"""Build each kind of query once, while schedules run on SQLite.

Most of a schedule would be Django putting queries together that it has put together before: the
same calls in the same order, with other values. Here the calls on a queryset are only noted, each
sequence of them is built and compiled once, and later ones take its SQL with their own values.

A query is prepared from two runs through the real Django: with the values it came with, and with
values that occur nowhere else, which show where each of them goes. It has to give the same text
both times, and the place of every value must be known; any other query stays as Django makes it.
That a whole schedule sends the same statements to the letter with and without this is tested.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet, Subquery, Value, sql
from django.db.models import query as query_module
from django.db.models.expressions import CombinedExpression
from django.db.models.fields import related_descriptors
from django.db.models.query import MAX_GET_RESULTS
from django.db.models.sql.constants import ROW_COUNT

_CALLS_WITH_NAMES = (
    "order_by",
    "values",
    "values_list",
    "select_related",
    "prefetch_related",
    "select_for_update",
    "annotate",
    "distinct",
    "union",
    "__getitem__",
)
"""Methods whose arguments are names, numbers and expressions, all a part of the query's text."""


class _Odd(Exception):  # noqa: N818
    """A query that is not prepared."""


# ---- the shape of a call: all of it but the values ----------------------------------------------


def _shape(thing: Any, values: list[Any]) -> Any:
    """Return what is the same in every call of a kind, and append the values to `values`."""
    kind = type(thing)
    if kind in {int, datetime, uuid.UUID, str}:
        values.append(thing)
        return kind
    if thing is None or kind is bool:
        return "is", str(thing)
    if isinstance(thing, Enum) and isinstance(thing, str):
        values.append(thing)
        return str
    if kind in {list, tuple, set, frozenset}:
        members = dict.fromkeys(thing)  # as Django does: each once, in the order of the iteration
        if not members or None in members:
            raise _Odd
        return "in", tuple(_shape(member, values) for member in members)
    if isinstance(thing, Model):
        return "row", _shape(thing.pk, values)
    if kind is Q:
        return _shape_of_condition(thing, values)
    return _text(thing, values)


def _is_value(name: str) -> bool:
    """Return whether what is compared is sent as it is; patterns are a part of the text here."""
    return not name.endswith(("startswith", "endswith", "contains", "exact", "regex"))


def _shape_of_value(name: str, value: Any, values: list[Any]) -> Any:
    return _shape(value, values) if _is_value(name) else _text(value, values)


def _shape_of_condition(condition: Q, values: list[Any]) -> Any:
    children = [
        (child[0], _shape_of_value(child[0], child[1], values))
        if type(child) is tuple
        else _shape(child, values)
        for child in condition.children
    ]
    return Q, condition.connector, condition.negated, tuple(children)


def _text(thing: Any, values: list[Any]) -> Any:
    """Return the shape of what becomes a part of the text: names, numbers, expressions."""
    kind = type(thing)
    if kind in {str, int, bool} or thing is None:
        return kind, thing
    if kind is Q:
        return _shape_of_condition(thing, values)
    if kind is tuple:
        return tuple(_text(member, values) for member in thing)
    if kind is slice and thing.step is None:
        return slice, thing.start, thing.stop
    if isinstance(thing, QuerySet):
        noted: dict[str, Any] = thing.__dict__
        if noted.get("_recipe") is None:
            raise _Odd
        values.extend(noted["_given"])
        return QuerySet, noted["_recipe"]
    if hasattr(thing, "_constructor_args"):
        args, kwargs = thing._constructor_args
        inside = [_text(value, values) for value in (*args, *kwargs.values())]
        return kind, tuple(kwargs), tuple(inside)
    raise _Odd


def _again(thing: Any, values: Iterator[Any]) -> Any:
    """Return the same argument with other values, in the order in which `_shape` met them."""
    kind = type(thing)
    if kind in {int, datetime, uuid.UUID, str} or (
        isinstance(thing, Enum) and isinstance(thing, str)
    ):
        return next(values)
    if thing is None or kind is bool:
        return thing
    if kind in {list, tuple, set, frozenset}:
        return [_again(member, values) for member in dict.fromkeys(thing)]
    if isinstance(thing, Model):
        return _again(thing.pk, values)
    return _text_again(thing, values)


def _text_again(thing: Any, values: Iterator[Any]) -> Any:
    kind = type(thing)
    if kind is Q:
        made = Q()
        made.connector, made.negated = thing.connector, thing.negated
        made.children = [
            (child[0], _again(child[1], values)) if type(child) is tuple else _again(child, values)
            for child in thing.children
        ]
        return made
    if kind is tuple:
        return tuple(_text_again(member, values) for member in thing)
    if isinstance(thing, QuerySet):
        return _built(thing, values)
    if hasattr(thing, "_constructor_args"):
        args, kwargs = thing._constructor_args
        new_args = [_text_again(value, values) for value in args]
        return kind(*new_args, **{name: _text_again(v, values) for name, v in kwargs.items()})
    return thing


# ---- querysets that only note what they are asked -----------------------------------------------

_ids: dict[Any, int] = {}
"""A number for each sequence of calls."""

_ready: dict[Any, "_Prepared | None"] = {}
"""What is prepared, by sequence of calls and how it ends; ``None``: nothing can be."""

_is_ordered: dict[int, bool] = {}
_originals: dict[str, Any] = {}


def _id_of(key: Any) -> int:
    return _ids.setdefault(key, len(_ids))


def _start(
    self: Any, model: Any = None, query: Any = None, using: Any = None, hints: Any = None
) -> None:
    is_noting = query is None and model is not None
    _originals["__init__"](self, model, query or _NOTHING, using, hints)
    if is_noting:
        self._query = None
        self._recipe, self._calls, self._given = _id_of((type(self), model)), (), ()
    elif query is None:
        self._query = sql.Query(model)


_NOTHING = object()
"""Stands for a query for as long as it takes to make a queryset."""


def _built(queryset: Any, values: Iterator[Any] | None = None) -> Any:
    """Return the real queryset after all the calls that were noted, with other values if given."""
    made = type(queryset)(model=queryset.model, query=sql.Query(queryset.model))
    for name, takes_values, args, kwargs in queryset._calls:
        if values is not None:
            again = _again if takes_values else _text_again
            new_args = [again(value, values) for value in args]
            new_kwargs = {
                key: again(value, values) if _is_value(key) else _text_again(value, values)
                for key, value in kwargs.items()
            }
            made = _originals[name](made, *new_args, **new_kwargs)
        else:
            made = _originals[name](made, *args, **kwargs)
    return made


def _be_real(self: Any) -> None:
    """Let the queryset be as Django makes it from now on."""
    if self._query is None:
        made = _built(self)
        self._query = made.query
        self._iterable_class, self._fields = made._iterable_class, made._fields
        self._for_write = made._for_write


def _query(self: Any) -> Any:
    _be_real(self)
    return _originals["query"].fget(self)


def _set_query(self: Any, value: Any) -> None:
    self._recipe = None
    _originals["query"].fset(self, value)


def _noting(name: str, *, takes_values: bool) -> Callable[..., Any]:
    original = _originals[name]
    shape_of = _shape if takes_values else _text

    def shape_of_named(key: str, value: Any, values: list[Any]) -> Any:
        return _shape_of_value(key, value, values) if takes_values else _text(value, values)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        is_index = name == "__getitem__" and type(args[0]) is not slice
        if (
            self._query is not None
            or is_index
            or self._result_cache is not None
            or self._sticky_filter
        ):
            return original(self, *args, **kwargs)
        self._defer_next_filter = False  # nothing but notes is made of it
        values: list[Any] = []
        try:
            shape = tuple([shape_of(value, values) for value in args])
            named = tuple(
                [(key, shape_of_named(key, value, values)) for key, value in kwargs.items()]
            )
            recipe = _id_of((self._recipe, name, shape, named))
        except (_Odd, TypeError):
            return original(self, *args, **kwargs)
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._recipe = recipe
        made._calls = (*self._calls, (name, takes_values, args, kwargs))
        made._given = (*self._given, *values) if values else self._given
        if name == "prefetch_related":
            made._prefetch_related_lookups = (*self._prefetch_related_lookups, *args)
        return made

    return call


def _all(self: Any) -> Any:
    if self._query is not None:
        return _originals["all"](self)
    made = object.__new__(type(self))
    made.__dict__.update(self.__dict__)
    made._result_cache, made._prefetch_done = None, False
    return made


def _using(self: Any, alias: Any) -> Any:
    if self._query is not None:
        return _originals["using"](self, alias)
    made = _all(self)
    made._db = alias
    return made


# ---- what is prepared ---------------------------------------------------------------------------


class _Prepared:
    """SQL with known places for its values, and all that Django needs to read the answer."""

    def __init__(self, queryset: Any, compiler: Any, text: str, places: list[Any]) -> None:
        self.queryset = queryset
        self.compiler = compiler
        self.text = text
        self.places = places
        """For each parameter the number of its value, or the parameter itself in a tuple."""

    def statement(self, values: Any, own: Sequence[Any] = ()) -> Any:
        """Let the next run send these values after its own; return the compiler that runs it."""
        params = [
            place[0] if type(place) is tuple else _sent(values[place]) for place in self.places
        ]
        statement = self.text, (*own, *params)
        self.compiler.as_sql = lambda: statement
        return self.compiler

    def rows(self, queryset: Any) -> list[Any]:
        """Run it and return what this queryset, whose query was noted alone, would hold."""
        self.statement(queryset._given)
        self.queryset._known_related_objects = queryset._known_related_objects
        return list(self.queryset._iterable_class(self.queryset))


def _sent(value: Any) -> Any:
    """Return a value as a parameter of SQLite."""
    if type(value) is datetime:
        return connection.ops.adapt_datetimefield_value(value)
    if type(value) is uuid.UUID:
        return value.hex
    return value


def _marked(values: Any) -> list[Any]:
    """Return a value of the same type for each of these that occurs nowhere else."""
    day = datetime(2001, 1, 1, tzinfo=UTC)
    marks: list[Any] = []
    for number, value in enumerate(values, start=7_000_001):
        kind = type(value)
        if kind is int:
            marks.append(number)
        elif kind is datetime:
            marks.append(day + timedelta(seconds=number))
        elif kind is uuid.UUID:
            marks.append(uuid.UUID(int=number))
        else:
            marks.append(f"value {number}")
    return marks


Compile = Callable[[Any], Any]
"""Makes a compiler for a real queryset."""


def _prepare(queryset: Any, compiler_for: Compile, leading: int = 0) -> _Prepared:
    """Build a query twice and return it prepared; the first `leading` parameters are its own.

    Raises `_Odd`, or whatever Django raises, where that cannot be done.
    """
    values = queryset._given
    marks = _marked(values)
    real, other = _built(queryset), _built(queryset, iter(marks))
    compiler = compiler_for(real)
    text, params = compiler.as_sql()
    other_text, other_params = compiler_for(other).as_sql()
    if text != other_text or len(params) != len(other_params):
        raise _Odd
    known = {_sent(mark): number for number, mark in enumerate(marks)}
    places: list[Any] = []
    for param, marked in zip(params[leading:], other_params[leading:], strict=True):
        if marked in known:
            places.append(known[marked])
        elif marked == param:
            places.append((param,))
        else:
            raise _Odd
    prepared = _Prepared(real, compiler, text, places)
    used = {place for place in places if type(place) is int}
    if used != set(range(len(values))):
        raise _Odd
    again = prepared.statement(values, params[:leading]).as_sql()
    if again != (text, tuple(params)):
        raise _Odd
    real.query.get_compiler = lambda *args, **kwargs: compiler
    if compiler.select:
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        compiler.get_converters = lambda expressions: converters
    return prepared


def _prepared(queryset: Any, ending: Any, compiler_for: Compile, **how: Any) -> "_Prepared | None":
    key = queryset._recipe, ending
    if key not in _ready:
        try:
            _ready[key] = _prepare(queryset, compiler_for, **how)
        except Exception:  # whatever it is, Django itself will say
            _ready[key] = None
    return _ready[key]


def _fetch_all(self: Any) -> None:
    if self._result_cache is None and self._query is None:
        prepared = _prepared(self, "rows", lambda real: real.query.get_compiler(real.db))
        if prepared is not None:
            self._result_cache = prepared.rows(self)
    if self._result_cache is None:
        _be_real(self)
    _originals["_fetch_all"](self)


def _iterator(self: Any, *args: Any) -> Any:
    _be_real(self)
    return _originals["_iterator"](self, *args)


def _exists(self: Any) -> bool:
    if self._result_cache is None and self._query is None:
        prepared = _prepared(
            self, "exists", lambda real: real.query.exists().get_compiler(real.db)
        )
        if prepared is not None:
            return bool(prepared.statement(self._given).has_results())
    return bool(_originals["exists"](self))


def _first(self: Any) -> Any:
    if self._query is not None or self._result_cache is not None:
        return _originals["first"](self)
    if self._recipe not in _is_ordered:
        _is_ordered[self._recipe] = _built(self).ordered
    queryset = self if _is_ordered[self._recipe] else self.order_by("pk")
    return next(iter(queryset[:1]), None)


def _get(self: Any, *args: Any, **kwargs: Any) -> Any:
    is_sliced = self._query is None and any(call[0] == "__getitem__" for call in self._calls)
    if self._query is not None or is_sliced:
        return _originals["get"](self, *args, **kwargs)
    found = list(self.filter(*args, **kwargs).order_by()[:MAX_GET_RESULTS])
    if len(found) == 1:
        return found[0]
    name = self.model._meta.object_name
    if not found:
        raise self.model.DoesNotExist(f"{name} matching query does not exist.")
    raise self.model.MultipleObjectsReturned(f"get() returned more than one {name}")


# ---- updates ------------------------------------------------------------------------------------


def _update(self: Any, **kwargs: Any) -> int:
    def compiler_for(real: Any) -> Any:
        query = real.query.chain(sql.UpdateQuery)
        query.add_update_values(kwargs)
        query.clear_select_clause()
        return query.get_compiler(real.db)

    changes = [(self.model._meta.get_field(name), value) for name, value in kwargs.items()]
    compiler = _update_compiler(self, changes, compiler_for)
    if compiler is None:
        return int(_originals["update"](self, **kwargs))
    self._for_write = True
    with transaction.mark_for_rollback_on_error(using=self.db):
        changed = compiler.execute_sql(ROW_COUNT)
    self._result_cache = None
    return int(changed)


def _update_columns(self: Any, columns: Any) -> int:
    """Do what `_update` does for a model that is saved: it names fields, not their names."""

    def compiler_for(real: Any) -> Any:
        query = real.query.chain(sql.UpdateQuery)
        query.add_update_fields(columns)
        query.annotations = {}
        return query.get_compiler(real.db)

    changes = [(field, value) for field, _, value in columns]
    compiler = _update_compiler(self, changes, compiler_for)
    if compiler is None:
        return int(_originals["_update"](self, columns))
    self._result_cache = None
    return int(compiler.execute_sql(ROW_COUNT))


def _update_compiler(self: Any, changes: list[Any], compiler_for: Compile) -> Any:
    """Return a compiler that sends this change, or ``None``. Its own parameters come first."""
    if self._query is not None or any(call[0] == "__getitem__" for call in self._calls):
        return None
    shapes: list[Any] = []
    own: list[Any] = []
    for field, value in changes:
        if isinstance(value, CombinedExpression):  # a column plus a number
            column, number = value.lhs, value.rhs
            if type(column) is not F or type(number) is not Value:
                return None
            shapes.append((field, repr(column), value.connector))
            own.append(number.value)
        elif hasattr(value, "resolve_expression") or hasattr(value, "prepare_database_save"):
            return None
        else:
            sent = field.get_db_prep_save(value, connection=connection)
            shapes.append((field, sent is None))
            own += [] if sent is None else [sent]
    prepared = _prepared(self, tuple(shapes), compiler_for, leading=len(own))
    if prepared is None:
        return None
    return prepared.statement(self._given, own)


# ---- rows of other tables, and new rows ---------------------------------------------------------


def _only_of(queryset: Any, field_name: str, instances: Any) -> Any:
    """Narrow a prefetch down to these instances."""
    if queryset._query is None:
        return queryset.filter(Q(**{f"{field_name}__in": instances}))
    return _originals["prefetch"](queryset, field_name, instances)


def _subquery(self: Any, queryset: Any, *args: Any, **kwargs: Any) -> None:
    """Keep what a subquery was made of, as Django does for every other expression."""
    self._constructor_args = (queryset, *args), kwargs
    _originals["subquery"](self, queryset, *args, **kwargs)


def _populators(klass_info: Any, select: Any, alias: Any) -> Any:
    """Return what makes related rows out of columns: the same for each run of a query."""
    found = klass_info.get("populators")
    if found is None:
        found = klass_info["populators"] = _originals["populators"](klass_info, select, alias)
    return found


_inserts: dict[Any, tuple[str, Any]] = {}


def _insert(self: Any, objs: Any, fields: Any, returning_fields: Any = None, **how: Any) -> Any:
    using = how.pop("using", None) or self.db
    if len(objs) != 1 or not returning_fields or any(how.values()):
        return _originals["_insert"](self, objs, fields, returning_fields, using=using, **how)
    self._for_write = True
    query = sql.InsertQuery(self.model)
    query.insert_values(fields, objs)
    compiler = query.get_compiler(using=using)
    key = tuple(fields), tuple(returning_fields)
    if key not in _inserts:
        compiler.returning_fields = returning_fields
        ((text, _),) = compiler.as_sql()
        _inserts[key] = text, compiler.returning_params
    text, compiler.returning_params = _inserts[key]
    params = [
        compiler.prepare_value(field, compiler.pre_save_val(field, objs[0])) for field in fields
    ]
    if any(hasattr(param, "as_sql") for param in params):
        return _originals["_insert"](self, objs, fields, returning_fields, using=using)
    statement = text, (*params, *compiler.returning_params)
    compiler.as_sql = lambda: [statement]
    return compiler.execute_sql(returning_fields)


# ---- on and off ---------------------------------------------------------------------------------

_REPLACED: dict[str, Any] = {
    "__init__": _start,
    "query": property(_query, _set_query),
    "all": _all,
    "using": _using,
    "_fetch_all": _fetch_all,
    "_iterator": _iterator,
    "exists": _exists,
    "first": _first,
    "get": _get,
    "update": _update,
    "_update": _update_columns,
    "_insert": _insert,
}


@contextmanager
def prepared_queries() -> Iterator[None]:
    """Prepare queries while this lasts; on SQLite alone, and from one thread."""
    if connection.vendor != "sqlite":
        yield
        return
    noted = ["filter", "exclude", *_CALLS_WITH_NAMES]
    for name in (*noted, *_REPLACED):
        _originals[name] = getattr(QuerySet, name)
    for name in noted:
        setattr(QuerySet, name, _noting(name, takes_values=name in {"filter", "exclude"}))
    for name, replacement in _REPLACED.items():
        setattr(QuerySet, name, replacement)
    related: Any = related_descriptors
    rows: Any = query_module
    _originals["prefetch"] = related._filter_prefetch_queryset
    _originals["populators"] = rows.get_related_populators
    related._filter_prefetch_queryset, rows.get_related_populators = _only_of, _populators
    subquery: Any = Subquery
    _originals["subquery"] = subquery.__init__
    subquery.__init__ = _subquery
    try:
        yield
    finally:
        related._filter_prefetch_queryset = _originals["prefetch"]
        rows.get_related_populators = _originals["populators"]
        subquery.__init__ = _originals["subquery"]
        for name in (*noted, *_REPLACED):
            setattr(QuerySet, name, _originals[name])
