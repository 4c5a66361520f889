"""JSON Schema for lines of the collection, with limits taken from the models themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs
from django.db import models
from django.utils.translation import gettext as _

from portal.exchange.departures import VALUE, departure, missing, unknown_key
from portal.exchange.faults import Fault, place_of
from portal.exchange.reading import Line
from portal.records.dates import PartialDate
from portal.reference.meanings import meaning

Schema = dict[str, Any]

BOOLEAN: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": 20_000}
CODE: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120}
ALPHA3: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
LANGUAGE: Schema = {"type": "string", "pattern": "^[a-z]{2,3}$"}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
DATE: Schema = {"type": "string", "format": "partial-date"}
DAY: Schema = {**DATE, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
#: The six languages of the United Nations, in the order of the files.
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
#: A line that is wrong all over is not worth more faults.
MAX_FAULTS_OF_A_LINE = 50


def record(
    required: Iterable[str],
    properties: Mapping[str, Schema],
    of: type[models.Model] | None = None,
) -> Schema:
    """An object that has the keys given and no others.

    Args:
        required: the keys that it must have.
        properties: the schema of each key.
        of: the model that the object is a row of: the dictionary says what its keys mean.
    """
    told = {name: _told(inner, of, name) for name, inner in properties.items()}
    return {
        "type": "object",
        "properties": told,
        "required": list(required),
        "additionalProperties": False,
    }


def _told(schema: Schema, model: type[models.Model] | None, *names: str) -> Schema:
    """A schema with what the dictionary says of the field; what was said of it before stays."""
    if model is None or "description" in schema:
        return schema
    text = str(meaning(model, *names))
    return {**schema, "description": text} if text else schema


def listing(items: Schema, *, unique: bool = False) -> Schema:
    """A list that is not empty: an unknown value is left out instead."""
    return {"type": "array", "items": items, "minItems": 1, "maxItems": 500, "uniqueItems": unique}


def text(model: type[models.Model], field: str) -> Schema:
    """A text that fits into a model's field."""
    limit = getattr(model._meta.get_field(field), "max_length", None)
    return _told({**TEXT, "maxLength": limit} if limit else TEXT, model, field)


def of_field(model: type[models.Model], name: str, schema: Schema) -> Schema:
    """A schema of a key that is not called as the model's field is."""
    return _told(schema, model, name)


def positive(maximum: float) -> Schema:
    """A number above zero with at most two decimals."""
    return {"type": "number", "exclusiveMinimum": 0, "maximum": maximum, "multipleOf": 0.01}


def money() -> Schema:
    """An amount above zero and its currency (ISO 4217)."""
    properties = {
        "amount": {**positive(10**13), "description": str(_("The amount, without separators."))},
        "currency": {**CURRENCY, "description": str(_("ISO 4217 code: EUR, USD, AUD."))},
    }
    return record(["amount", "currency"], properties)


def sources(model: type[models.Model]) -> Schema:
    """At least one source: rule 1 of the collection."""
    url = {**text(model, "url"), "pattern": "^https?://[^\\s]+$"}
    return listing(
        record(
            ["title"],
            {"title": text(model, "title"), "url": url, "note": text(model, "note")},
            of=model,
        )
    )


def labels() -> Schema:
    """A text in each of the six languages."""
    return record(LANGUAGES, {code: {**TEXT, "maxLength": 300} for code in LANGUAGES})


@lru_cache(maxsize=10_000)
def _is_partial_date(value: str) -> bool:
    try:
        return str(PartialDate.parse(value)) == value
    except ValueError:
        return False


def faults_of(schema: Schema, lines: Iterable[Line]) -> list[Fault]:
    """The departures of the lines from a schema."""
    validator = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, formats={"partial-date": _is_partial_date}, mask=VALUE
    )
    found: list[Fault] = []
    for line in lines:
        if not validator.is_valid(line.data):
            faults = (
                fault
                for error in validator.iter_errors(line.data)
                for fault in _faults(line, error)
            )
            found += islice(faults, MAX_FAULTS_OF_A_LINE)
    return found


def _faults(line: Line, error: Any) -> Iterator[Fault]:
    path = error.instance_path
    kind = error.kind
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(kind, kinds.Required):
        yield line.fault(place_of([*path, kind.property]), missing())
    elif isinstance(kind, kinds.AdditionalProperties):
        for name in kind.unexpected:
            yield line.fault(place_of([*path, name]), unknown_key())
    else:
        yield line.fault(place_of(path), departure(error))
