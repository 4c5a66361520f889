"""The data dictionary of a release: every field, as the one dictionary of the portal says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from drf_spectacular.drainage import get_override
from rest_framework import serializers

from portal.records.terms import TermField
from portal.releases.contents import Resource
from portal.releases.schemas import part_at, resolved, type_of
from portal.rest.tabular import shown_cell
from portal.search.domains import language_names

HEADINGS = ("resource", "field", "column", "type", "vocabulary", "meaning", "example")
#: Objects of a resource that are looked at for examples.
LOOKED_AT = 1_000
LONGEST_EXAMPLE = 80


class Examples:
    """Of each field of a resource, the first value that is recorded."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._left = LOOKED_AT

    def look_at(self, value: Mapping[str, Any]) -> None:
        """Take from an object what is wanting; after enough objects, nothing more."""
        if self._left > 0:
            self._left -= 1
            self._take(value, "")

    def _take(self, value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self._take(inner, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for inner in value:
                self._take(inner, f"{path}[]")
        elif value not in (None, "") and path not in self.found:
            text = " ".join(shown_cell(value).split())
            is_long = len(text) > LONGEST_EXAMPLE
            self.found[path] = f"{text[: LONGEST_EXAMPLE - 1].rstrip()}…" if is_long else text


def entries(
    resource: Resource, schema: Mapping[str, Any], examples: Examples
) -> Iterator[list[str]]:
    """The rows of a resource: its fields, those inside of others after them."""
    for path, names, field, serializer in _fields(resource.serializer(), "", ()):
        part = part_at(schema, names)
        kind = type_of(part)
        in_list = kind == "array"
        inner = type_of(resolved(schema, part["items"])) if in_list else kind
        whole = path if "[]" not in path else ""
        column = "" if inner == "object" and not in_list else whole
        yield [
            resource.name,
            path,
            column,
            f"list of {inner}" if in_list else kind,
            ", ".join(_vocabularies(field, serializer)),
            _meaning(names[-1], field, part),
            examples.found.get(f"{path}[]" if in_list else path, ""),
        ]


def _fields(
    serializer: Any, prefix: str, names: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...], Any, Any]]:
    """Of each field its path as it is written, its path as names, itself and its serializer."""
    for name, field in serializer.get_fields().items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, (*names, name), field, serializer
        inner, many = _inside(name, field, serializer)
        if inner is not None:
            yield from _fields(inner, f"{path}[]" if many else path, (*names, name))


def _inside(name: str, field: Any, serializer: Any) -> tuple[Any, bool]:
    """The serializer of what a field holds, or None, and whether it holds a list of them."""
    if isinstance(field, serializers.SerializerMethodField):
        told = get_override(getattr(serializer, field.method_name or f"get_{name}"), "field")
    else:
        told = get_override(field, "field", default=field)
    if isinstance(told, serializers.ListSerializer):
        return told.child, True
    return (told, False) if isinstance(told, serializers.Serializer) else (None, False)


def _vocabularies(field: Any, serializer: Any) -> tuple[str, ...]:
    """The vocabularies whose codes a field holds."""
    named: str = getattr(field, "vocabulary", "")
    if named:
        return (named,)
    model = getattr(serializer, "describes", None)
    if model is None or not field.source:
        return ()
    try:
        column = model._meta.get_field(field.source)
    except FieldDoesNotExist:
        return ()
    return column.vocabularies if isinstance(column, TermField) else ()


def _meaning(name: str, field: Any, part: Mapping[str, Any]) -> str:
    if field.help_text:
        return str(field.help_text)
    # The labels in six languages are named by the languages themselves.
    language = language_names("en").get(name)
    return f"In {language}." if language else str(part.get("description", ""))
