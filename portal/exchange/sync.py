"""Bringing the database in line with the collection, without undoing a curator's work.

For every line there are four cases. The record is not there: it is made. It says what the line
says: nothing is written. It says what the line said when it was last loaded: the line has
changed, and the record follows. It says something else: somebody edited it by hand, and it is
kept and reported, unless overwriting is asked for. What a record says is its own line of the
collection, made by the exporter; a fingerprint of the line last loaded is kept with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from django.db import models

BATCH = 200


class Importer(Protocol):
    """How one kind of object goes in and out of the collection."""

    model: type[models.Model]

    def key_of(self, data: dict[str, Any]) -> Hashable:
        """What identifies an object of this kind in a line."""
        ...

    def existing(self) -> models.QuerySet:
        """The objects in the database with all that `export` reads."""
        ...

    def export(self, instance: Any) -> dict[str, Any]:
        """The object as a line of the collection."""
        ...

    def save(self, pairs: Sequence[tuple[Any | None, dict[str, Any]]]) -> list[Any]:
        """Write lines into new objects (None) or into those given; returns the objects."""
        ...


@dataclass
class Outcome:
    """What happened to the lines of one kind."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def writes(self) -> int:
        return len(self.created) + len(self.updated)


class RoundTripError(RuntimeError):
    """What was written does not read back as the line says: a fault of ours, never of the file."""


def canonical(value: Any) -> Any:
    """A line without what says nothing: no empty values, numbers in one spelling."""
    if isinstance(value, dict):
        cleaned = {key: canonical(inner) for key, inner in value.items()}
        return {
            key: inner for key, inner in sorted(cleaned.items()) if inner not in (None, "", [], {})
        }
    if isinstance(value, list | tuple):
        return [canonical(inner) for inner in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    return str(value)


def fingerprint(data: dict[str, Any]) -> str:
    """A digest that is equal for lines that say the same."""
    text = json.dumps(canonical(data), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(
    importer: Importer,
    lines: Iterable[dict[str, Any]],
    *,
    overwrite: bool = False,
    progress: Callable[[int], Any] = lambda n: None,
) -> tuple[Outcome, list[Any]]:
    """Write the lines of one kind; returns the outcome and the objects written.

    Raises:
        RoundTripError: an object does not read back as its line.
    """
    outcome = Outcome()
    present = {importer.key_of(data): (instance, data) for instance, data in _read(importer)}
    pairs: list[tuple[Any | None, dict[str, Any]]] = []
    for line in lines:
        key = importer.key_of(line)
        if key not in present:
            outcome.created.append(str(key))
            pairs.append((None, line))
            continue
        instance, data = present[key]
        now = fingerprint(data)
        if now == fingerprint(line):
            outcome.unchanged += 1
            progress(1)
        elif overwrite or now == instance.loaded_fingerprint:
            outcome.updated.append(str(key))
            pairs.append((instance, line))
        else:
            outcome.kept.append(str(key))
            progress(1)
    written: list[Any] = []
    remaining = iter(pairs)
    while batch := list(islice(remaining, BATCH)):
        written += importer.save(batch)
        progress(len(batch))
    _seal(importer, pairs, written)
    return outcome, written


def _read(importer: Importer) -> list[tuple[Any, dict[str, Any]]]:
    return [(instance, importer.export(instance)) for instance in importer.existing()]


def _seal(
    importer: Importer, pairs: list[tuple[Any | None, dict[str, Any]]], written: list[Any]
) -> None:
    """Read back what was written, compare it with its line, and keep the fingerprint."""
    expected = {importer.key_of(line): line for _instance, line in pairs}
    objects = importer.existing().filter(pk__in=[instance.pk for instance in written])
    sealed = []
    for instance in objects:
        data = importer.export(instance)
        line = expected[importer.key_of(data)]
        if fingerprint(data) != fingerprint(line):
            raise RoundTripError(
                f"{importer.key_of(line)}: {canonical(data)} was written for {canonical(line)}"
            )
        instance.loaded_fingerprint = fingerprint(line)
        sealed.append(instance)
    importer.model._default_manager.bulk_update(sealed, ["loaded_fingerprint"], batch_size=500)
