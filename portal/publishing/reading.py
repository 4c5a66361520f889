"""What an answer of the API has to read, from the fields that it is asked for.

A field says by its source which column it is, or by `reads` which columns, annotations or parts of
the record it is made of. What nobody asked for is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

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
    fields = serializer.get_fields()
    needed = {need for name in names for need in reads_of(name, fields[name], serializer)}
    columns = {need for need in needed if is_column(records.model, need)}
    return records.reading(columns, needed - columns)


def is_column(model: type[Model], name: str) -> bool:
    """Whether a name is that of a column of a model's own table."""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(getattr(field, "column", None))
