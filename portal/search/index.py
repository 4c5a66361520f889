"""Keeping `search_document` in step with the records, inside the transaction that changes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import models, transaction
from django.db.models import Value

from portal.records.database import Database, databases
from portal.records.dates import PartialDate
from portal.records.models import Record
from portal.reference.catalog import pinned
from portal.reference.models import DataVersion
from portal.search.engine import TEXT_CONFIG
from portal.search.models import SearchDocument

BATCH = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UPDATED = [
    "code", "state", "title", "title_key", "date", "date_key", "changed_at", "facets", "body",
    "vector", "rank_vector",
]  # fmt: skip


@dataclass(frozen=True)
class Document:
    """What a database says of a record to the search.

    Attributes:
        date: the date by which the record is sorted and found.
        tokens: `parameter:value` for every value of every facet, and `has:<field>`.
        headings: title, names, numbers, citations: what a query should rank by.
        texts: the prose that snippets are cut from.
        words: what can be found but is neither heading nor prose.
    """

    date: PartialDate | None
    tokens: Iterable[str]
    headings: Iterable[str]
    texts: Iterable[str]
    words: Iterable[str] = ()


def title_key(title: str) -> str:
    """A title as it is sorted: case, accents, quotes and leading signs do not matter."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s]", " ", bare).split()) or title


def date_key(date: PartialDate | None) -> int:
    """A date as a whole number, YYYYMMDD with 00 for what is not known; 0 without a date."""
    return date.year * 10_000 + (date.month or 0) * 100 + (date.day or 0) if date else 0


def _joined(parts: Iterable[str]) -> str:
    return _CONTROL.sub(" ", "\n".join(part for part in parts if part))


def _row(database: Database, record: Record) -> SearchDocument:
    document: Document = database.document(record)
    titles = _joined([record.title, record.title_original])
    headings, body = _joined(document.headings), _joined(document.texts)
    small = SearchVector(Value(titles), config=TEXT_CONFIG, weight="A") + SearchVector(
        Value(headings), config=TEXT_CONFIG, weight="B"
    )
    everything = "\n".join([titles, headings, body, _joined(document.words)])
    return SearchDocument(
        database=database.slug,
        object_id=record.pk,
        code=record.code,
        state=record.state,
        title=record.title,
        title_key=title_key(record.title),
        date=document.date,
        date_key=date_key(document.date),
        changed_at=record.changed_at,
        facets=sorted(set(document.tokens)),
        body=body,
        vector=SearchVector(Value(everything), config=TEXT_CONFIG),
        rank_vector=small,
    )


def _write(database: Database, keys: Iterable[int], progress: Callable[[int], Any]) -> int:
    remaining = iter(sorted(keys))
    written = 0
    while batch := list(islice(remaining, BATCH)):
        records = list(database.records.for_index().filter(pk__in=batch))
        SearchDocument.objects.bulk_create(
            [_row(database, record) for record in records],
            update_conflicts=True,
            unique_fields=["database", "object_id"],
            update_fields=_UPDATED,
        )
        written += len(records)
        progress(len(batch))
    return written


def refresh(changed: Iterable[models.Model]) -> int:
    """Bring the documents of changed objects, and of all that depend on them, up to date.

    Call it inside the transaction that changes them, after all parts of a record are saved.
    `changed` may hold records or reference data. Returns the number of documents written.
    """
    by_model: dict[type[models.Model], set[Any]] = {}
    for instance in changed:
        by_model.setdefault(type(instance), set()).add(instance.pk)
    written = 0
    with transaction.atomic(), pinned():
        for database in databases():
            keys = set(by_model.get(database.model, ()))
            for model, changed_keys in by_model.items():
                keys |= set(database.affected(model, changed_keys))
            written += _write(database, keys, lambda n: None)
        DataVersion.bump(DataVersion.RECORDS)
    return written


def remove(records: Iterable[Record]) -> None:
    """Take the documents of records that are being deleted away."""
    with transaction.atomic():
        for record in records:
            SearchDocument.objects.filter(database=record.database, object_id=record.pk).delete()
        DataVersion.bump(DataVersion.RECORDS)


def rebuild(progress: Callable[[int], Any] = lambda n: None) -> int:
    """Make the whole table anew; returns the number of documents."""
    written = 0
    with transaction.atomic(), pinned():
        SearchDocument.objects.all().delete()
        for database in databases():
            written += _write(database, database.records.values_list("pk", flat=True), progress)
        DataVersion.bump(DataVersion.RECORDS)
    return written
