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
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar

from django.db import models

from portal.exchange.faults import CollectionError, Fault, place_of, shown
from portal.exchange.reading import Line
from portal.records.lines import canonical
from portal.reference.provenance import Loaded

BATCH = 200
M = TypeVar("M", bound=Loaded)
Progress = Callable[[int], Any]
#: Lines that must be written, each with its object or None for a new one.
Plan = list[tuple[Any | None, Line]]
#: What has to be done before and after the objects given change.
Around = Callable[[Sequence[Any]], AbstractContextManager[Any]]


class Importer(ABC, Generic[M]):
    """How one kind of object goes in and out of the collection."""

    model: ClassVar[type[Loaded]]

    def key_of(self, data: dict[str, Any]) -> str:
        """What identifies an object of this kind in a line."""
        return str(data["code"])

    @abstractmethod
    def existing(self) -> models.QuerySet[M]:
        """The objects in the database with all that `export` reads."""

    @abstractmethod
    def export(self, instance: M) -> dict[str, Any]:
        """The object as a line of the collection."""

    def retired(self) -> Collection[str]:
        """Keys of objects that curators have given up: they are not made again."""
        return ()

    def prepare(self, lines: Sequence[dict[str, Any]]) -> list[models.Model]:
        """Write what must be there before all lines of the kind; returns what was written."""
        return []

    @abstractmethod
    def save(self, pairs: Sequence[tuple[Any | None, dict[str, Any]]]) -> list[M]:
        """Write lines into new objects (None) or into those given; returns the objects."""

    def link(self, lines: Sequence[dict[str, Any]]) -> None:
        """Write what leads from one object of the kind to another, once all are there."""


@dataclass
class Outcome:
    """What happened to the lines of one kind, and how many objects have no line."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0
    without_line: int = 0

    @property
    def writes(self) -> int:
        return len(self.created) + len(self.updated)


def fingerprint(data: dict[str, Any]) -> str:
    """A digest that is equal for lines that say the same."""
    text = json.dumps(canonical(data), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(
    importer: Importer[Any],
    lines: Sequence[Line],
    *,
    overwrite: bool = False,
    progress: Progress = lambda n: None,
    around: Around = lambda changing: nullcontext(),
) -> tuple[Outcome, list[Any]]:
    """Write the lines of one kind; returns the outcome and the objects written.

    Raises:
        CollectionError: an object does not read back as its line.
    """
    prepared = importer.prepare([line.data for line in lines])
    outcome, plan = _plan(importer, lines, overwrite=overwrite)
    progress(len(lines) - len(plan))
    if not plan:
        return outcome, prepared
    written: list[Any] = []
    with around([instance for instance, _line in plan if instance is not None]):
        remaining = iter(plan)
        while batch := list(islice(remaining, BATCH)):
            written += importer.save([(instance, line.data) for instance, line in batch])
            progress(len(batch))
        importer.link([line.data for _instance, line in plan])
    _read_back(importer, plan, written)
    return outcome, [*prepared, *written]


def _plan(
    importer: Importer[Any], lines: Sequence[Line], *, overwrite: bool
) -> tuple[Outcome, Plan]:
    """Decide on every line; nothing is written but a fingerprint that has caught up."""
    outcome = Outcome()
    plan: Plan = []
    caught_up = []
    retired = importer.retired()
    present = {}
    for instance in importer.existing():
        data = importer.export(instance)
        present[importer.key_of(data)] = (instance, fingerprint(data))
    for line in lines:
        key = importer.key_of(line.data)
        instance, now = present.pop(key, (None, ""))
        wanted = fingerprint(line.data)
        if instance is None and key not in retired:
            outcome.created.append(key)
            plan.append((None, line))
        elif now == wanted:
            outcome.unchanged += 1
            if instance.loaded_fingerprint != wanted:
                # An edit by hand came before the same correction of the collection.
                instance.loaded_fingerprint = wanted
                caught_up.append(instance)
        elif instance is not None and (overwrite or now == instance.loaded_fingerprint):
            outcome.updated.append(key)
            plan.append((instance, line))
        else:
            outcome.kept.append(key)
    outcome.without_line = len(present)
    if caught_up:
        importer.model._default_manager.bulk_update(caught_up, ["loaded_fingerprint"])
    return outcome, plan


def _read_back(importer: Importer[Any], plan: Plan, written: Sequence[Any]) -> None:
    """Compare what was written with its line: nothing of the collection may be lost."""
    lines = {importer.key_of(line.data): line for _instance, line in plan}
    faults: list[Fault] = []
    for instance in importer.existing().filter(pk__in=[instance.pk for instance in written]):
        data = importer.export(instance)
        line = lines[importer.key_of(data)]
        if fingerprint(data) != fingerprint(line.data):
            faults.append(_difference(line, canonical(line.data), canonical(data)))
    if faults:
        raise CollectionError(faults)


def _difference(line: Line, given: Any, held: Any) -> Fault:
    """The first place where a line and what is held of it differ, as a fault of the line."""
    found = first_difference(given, held)
    key, said, kept = found or ("", given, held)
    message = f"{shown(str(said), 100)} would be held as {shown(str(kept), 100)}"
    return line.fault(key, message)


def first_difference(given: Any, held: Any) -> tuple[str, Any, Any] | None:
    """The first place where two canonical lines differ, and what they say there; or None."""
    if given == held:
        return None
    path: list[str | int] = []
    while True:
        if isinstance(given, dict) and isinstance(held, dict):
            part: Any = min(key for key in {*given, *held} if given.get(key) != held.get(key))
            path.append(part)
            given, held = given.get(part), held.get(part)
        elif isinstance(given, list) and isinstance(held, list) and len(given) == len(held):
            part = next(n for n, inner in enumerate(given) if inner != held[n])
            path.append(part)
            given, held = given[part], held[part]
        else:
            return place_of(path), given, held
