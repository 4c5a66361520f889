"""JSON Schema for lines of the collection, with limits taken from the models themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from django.db import models

from portal.exchange.faults import Fault
from portal.exchange.reading import Line
from portal.records.dates import PartialDate

Schema = dict[str, Any]

BOOLEAN: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": 20_000}
CODE: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120}
ALPHA3: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
LANGUAGE: Schema = {"type": "string", "pattern": "^[a-z]{2,3}$"}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
DATE: Schema = {"type": "string", "format": "partial-date"}
DAY: Schema = {"type": "string", "format": "partial-date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000}


def record(required: Iterable[str], properties: Mapping[str, Schema]) -> Schema:
    """An object that has the keys given and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def listing(items: Schema, *, unique: bool = False) -> Schema:
    """A list that is not empty: an unknown value is left out instead."""
    return {"type": "array", "items": items, "minItems": 1, "maxItems": 500, "uniqueItems": unique}


def text(model: type[models.Model], field: str) -> Schema:
    """A text that fits into a model's field."""
    limit = model._meta.get_field(field).max_length  # type: ignore[union-attr]
    return {**TEXT, "maxLength": limit} if limit else TEXT


def positive(maximum: float) -> Schema:
    """A number above zero with at most two decimals."""
    return {"type": "number", "exclusiveMinimum": 0, "maximum": maximum, "multipleOf": 0.01}


def money() -> Schema:
    """An amount above zero and its currency (ISO 4217)."""
    return record(["amount", "currency"], {"amount": positive(10**13), "currency": CURRENCY})


def sources(model: type[models.Model]) -> Schema:
    """At least one source: rule 1 of the collection."""
    url = {**text(model, "url"), "pattern": "^https?://[^\\s]+$"}
    return listing(
        record(["title"], {"title": text(model, "title"), "url": url, "note": text(model, "note")})
    )


def labels() -> Schema:
    """A text in each of the six languages."""
    languages = ("ar", "zh", "en", "fr", "ru", "es")
    return record(languages, {code: {**TEXT, "maxLength": 300} for code in languages})


@cache
def _is_partial_date(value: str) -> bool:
    try:
        return str(PartialDate.parse(value)) == value
    except ValueError:
        return False


def faults_of(schema: Schema, lines: Iterable[Line]) -> list[Fault]:
    """Every departure of the lines from a schema."""
    validator = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, formats={"partial-date": _is_partial_date}
    )
    found = []
    for line in lines:
        if validator.is_valid(line.data):
            continue
        for error in validator.iter_errors(line.data):
            found.append(line.fault(_key(error.instance_path), _message(error)))
    return found


def _key(path: Iterable[str | int]) -> str:
    key = ""
    for part in path:
        key += f"[{part}]" if isinstance(part, int) else f".{part}"
    return key.lstrip(".")


def _message(error: Any) -> str:
    message = str(error.message)
    if "partial-date" in message:
        message = f"{str(error.instance)[:40]!r} is no date (YYYY, YYYY-MM or YYYY-MM-DD)"
    return message if len(message) <= 300 else message[:300] + " …"
