"""Serializers that only write, and write many objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from rest_framework import serializers
from rest_framework.fields import Field

#: What fields of exactly these types make of a value; others are asked for it.
_WRITERS: dict[type[Field], Callable[[Any], Any]] = {
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.BooleanField: bool,
}


class _Step(NamedTuple):
    """How one field comes from an object to its answer.

    Attributes:
        name: of the field.
        key: the attribute or key of the object; None where the field finds its value itself.
        find: the field's own way to its value.
        write: what makes the answer of the value.
    """

    name: str
    key: str | None
    find: Callable[[Any], Any]
    write: Callable[[Any], Any]


class OutputSerializer(serializers.Serializer):
    """A serializer of which every field has a value in every object, be it None.

    Django REST framework finds out anew for each field of each object where its value comes from,
    and whether it is missing, callable, related or left out. A list of 25 complete records has
    some two thousand of them. Here it is found out once for each serializer; the fields, and what
    they say, stay the same.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The answer for an object or a row.

        Raises:
            AttributeError, KeyError: a value is missing.
        """
        is_row = isinstance(instance, Mapping)
        written = {}
        for name, key, find, write in self._steps:
            if key is None:
                value = find(instance)
            else:
                value = instance[key] if is_row else getattr(instance, key)
            written[name] = None if value is None else write(value)
        return written

    @cached_property
    def _steps(self) -> tuple[_Step, ...]:
        return tuple(
            _Step(
                name,
                _key_of(field),
                field.get_attribute,
                _WRITERS.get(type(field), field.to_representation),
            )
            for name, field in self.fields.items()
            if not field.write_only
        )


def _key_of(field: Any) -> str | None:
    """The one attribute or key that a field reads, unless it has a way of its own."""
    is_usual = type(field).get_attribute is Field.get_attribute
    attributes: list[str] = field.source_attrs
    return attributes[0] if is_usual and len(attributes) == 1 else None
