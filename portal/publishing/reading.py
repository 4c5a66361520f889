"""What an answer of the API has to read, from the fields that it is asked for.

A field says by its source which column it is, or by `reads` which columns, annotations or parts of
the record it is made of. What nobody asked for is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Expression, Model

from portal.records.models import RecordQuerySet


def reads_of(name: str, field: Any, serializer: Any) -> tuple[str, ...]:
    """The columns and parts that a field is made of.

    Args:
        name: the field's name.
        field: the field, unbound.
        serializer: the serializer, whose `method_reads` speaks for its methods.
    """
    told = getattr(field, "reads", None) or serializer.method_reads.get(name)
    if told:
        return tuple(told)
    source: str = field.source or name
    if source == "*":
        raise TypeError(f"{type(serializer).__name__}.{name} does not say what it reads")
    return (source.split(".", maxsplit=1)[0],)


def reading(records: RecordQuerySet, serializer: Any, names: Iterable[str]) -> RecordQuerySet:
    """Records with what some fields of a serializer are made of, and nothing else."""
    serializer_class: Any = type(serializer)
    known = _reads(serializer_class)
    needed = {need for name in names for need in known[name]}
    columns = {need for need in needed if is_column(records.model, need)}
    return records.reading(columns, needed - columns)


@lru_cache(maxsize=64)
def prepared(
    model: type[Model], serializer_class: type[Any], names: frozenset[str]
) -> RecordQuerySet:
    """All records of a model with what some fields are made of, to be narrowed down.

    A complete record is put together from a dozen subqueries, and to write that down takes as long
    as to read the records; so it is kept. Whoever narrows it down gets a queryset of their own.
    """
    manager: Any = model._default_manager
    records = reading(manager.all(), serializer_class(), names)
    query: Any = records.query
    compiler = query.get_compiler(using=records.db)
    # Gives the table its name, which the subqueries refer to.
    compiler.setup_query()
    for name, expression in query.annotations.items():
        sql, params = compiler.compile(expression)
        query.annotations[name] = Written(sql, params, expression.output_field)
    return records


class Written(Expression):
    """An expression that is SQL already.

    Django writes the SQL of a query anew each time it is asked, which for the subqueries of a
    complete record takes a third of the time.

    Args:
        sql, params: what a compiler made of the expression.
        output_field: of what kind its value is.
    """

    def __init__(self, sql: str, params: Iterable[Any], output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self._sql, self._params = sql, tuple(params)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The SQL and its parameters."""
        return self._sql, self._params

    def relabeled_clone(self, change_map: Any) -> Written:
        """Raise TypeError: the SQL has the names of its tables in it, and cannot be moved."""
        raise TypeError("SQL that is written already cannot become part of another query")


@cache
def _reads(serializer_class: type[Any]) -> dict[str, tuple[str, ...]]:
    """What each field of a serializer is made of; to ask for its fields copies all of them."""
    serializer = serializer_class()
    fields = serializer.get_fields().items()
    return {name: reads_of(name, field, serializer) for name, field in fields}


def is_column(model: type[Model], name: str) -> bool:
    """Whether a name is that of a column of a model's own table."""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(getattr(field, "column", None))
