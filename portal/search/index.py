"""Keeping `search_document` in step with the records, inside the transaction that changes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from django.db import connection, models, transaction

from portal.records.database import Database, databases
from portal.records.dates import PartialDate
from portal.records.models import Record
from portal.reference.catalog import pinned
from portal.reference.models import DataVersion
from portal.search import bits
from portal.search.analysis import Text, is_unspaced, read, words
from portal.search.concepts import keys_of
from portal.search.domains import NOT_RECORDED
from portal.search.exact import identifiers_of
from portal.search.facets import YEARS
from portal.search.gathering import gathered
from portal.search.mentions import mentions, naming
from portal.search.models import FacetBits, Identifier, KnownWord, SearchDocument
from portal.search.vectors import LexemeQuery, Vector

BATCH = 200
#: Shorter words are not offered for one that is spelt otherwise.
MIN_KNOWN_WORD = 4
#: Where the names of more concepts change at once, all documents are read again.
MANY_CONCEPTS = 20
_INDEX_LOCK = 5_741_003
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
        headings: names, numbers, citations: what a query should rank by.
        texts: the prose that snippets are cut from.
        words: what can be found but is neither heading nor prose.
        identifiers: what names the record, with its kind (`Identifier.Kind`); code and title do
            so without being said.

    A plain string is English; a text in another language is a `Text`.
    """

    date: PartialDate | None
    tokens: Iterable[str]
    headings: Iterable[str | Text]
    texts: Iterable[str | Text]
    words: Iterable[str | Text] = ()
    identifiers: Iterable[tuple[str, str]] = ()


def title_key(title: str) -> str:
    """A title as it is sorted: case, accents, quotes and leading signs do not matter."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s]", " ", bare).split()) or title


def date_key(date: PartialDate | None) -> int:
    """A date as a whole number, YYYYMMDD with 00 for what is not known; 0 without a date."""
    return date.year * 10_000 + (date.month or 0) * 100 + (date.day or 0) if date else 0


def _clean(part: str | Text) -> Text:
    text = part if isinstance(part, Text) else Text(part)
    return Text(_CONTROL.sub(" ", text.text or ""), text.languages)


def _texts(parts: Iterable[str | Text]) -> list[Text]:
    return [text for part in parts if (text := _clean(part)).text]


def _title_texts(record: Record) -> list[Text]:
    """The titles, read in English and in the language of the record, whichever they are in."""
    own = (record.language,) if record.language else ("",)
    both = tuple(dict.fromkeys(("en", *own)))
    return _texts([Text(record.title, both), Text(record.title_original, own)])


def concept_lexemes(database: Database, tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The concepts that tokens stand for, as lexemes, each with its weight.

    The place that a record belongs to says more of it than the places that it mentions.
    """
    parameters = database.filterset.parameters()
    for token in tokens:
        name, _colon, value = token.partition(":")
        parameter = parameters.get(name)
        if parameter is None or value == NOT_RECORDED:
            continue
        lexeme = parameter.domain.lexeme(value)
        if lexeme:
            yield lexeme, "B" if name == "jurisdiction" else "C"


def _vectors(
    database: Database, record: Record, document: Document, tokens: Iterable[str]
) -> tuple[Vector, Vector]:
    """The vector of all words, to match, and that of the words that rank."""
    everything, small = Vector(), Vector()
    for title in _title_texts(record):
        everything.add(title, "A")
        small.add(title, "A")
    headings = _texts(document.headings)
    for heading in headings:
        small.add(heading, "B")
    for lexeme, weight in sorted(set(concept_lexemes(database, tokens))):
        small.add_lexemes([lexeme], weight)
        everything.add_lexemes([lexeme], weight)
    known = mentions()
    named = {lexeme for title in _title_texts(record) for lexeme in known.of(read(title))}
    for text in (*headings, *_texts(document.texts), *_texts(document.words)):
        # Cut into words once: that is what takes the time.
        found = read(text)
        everything.add_words(found)
        named |= known.of(found)
    everything.add_lexemes(sorted(named))
    return everything, small


def _tokens(database: Database, document: Document) -> list[str]:
    """The tokens of a document, with the year and with what is not recorded."""
    found = set(document.tokens)
    found.add(f"{YEARS}:{document.date.year if document.date else NOT_RECORDED}")
    present = {token.partition(":")[0] for token in found}
    found |= {
        f"{name}:{NOT_RECORDED}"
        for name, parameter in database.filterset.facets().items()
        if parameter.offers_not_recorded and name not in present
    }
    return sorted(found)


def _row(database: Database, record: Record, document: Document, ordinal: int) -> SearchDocument:
    tokens = _tokens(database, document)
    everything, small = _vectors(database, record, document, tokens)
    prose = (*_texts(document.texts), *_texts(document.headings))
    return SearchDocument(
        database=database.slug,
        object_id=record.pk,
        ordinal=ordinal,
        code=record.code,
        state=record.state,
        title=record.title,
        title_key=title_key(record.title),
        date=document.date,
        date_key=date_key(document.date),
        changed_at=record.changed_at,
        facets=tokens,
        body="\n".join(text.text for text in prose),
        vector=str(everything),
        rank_vector=str(small),
    )


def _write(
    database: Database,
    keys: Iterable[int],
    progress: Callable[[int], Any],
    *,
    is_whole: bool = False,
) -> int:
    """Write the documents of some records; the caller holds the lock.

    Args:
        is_whole: whether everything is written anew, into empty tables; the caller remakes the
            bits then.
    """
    remaining = iter(sorted(keys))
    written = 0
    remembered: set[str] = set()
    last = SearchDocument.objects.order_by("ordinal").values_list("ordinal", flat=True).last()
    following = count(0 if last is None else last + 1)
    while batch := list(islice(remaining, BATCH)):
        known = {} if is_whole else _known(database, batch)
        rows, named, changes = [], [], []
        for record in database.records.for_index().filter(pk__in=batch):
            document, before = database.document(record), known.get(record.pk)
            row = _row(database, record, document, before.ordinal if before else next(following))
            rows.append(row)
            named.append((row, record, list(document.identifiers)))
            gone = bits.tokens_of_bits(before) if before else set()
            changes.append((row.ordinal, gone, bits.tokens_of_bits(row)))
        # It sets the keys of the rows, also of those that were there.
        SearchDocument.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["database", "object_id"],
            update_fields=_UPDATED,
        )
        if not is_whole:
            Identifier.objects.filter(document__in=rows).delete()
            bits.change(changes)
        Identifier.objects.bulk_create(identifiers_in(named))
        _write_words(rows, remembered)
        written += len(rows)
        progress(len(batch))
    return written


def _known(database: Database, keys: Iterable[int]) -> dict[int, SearchDocument]:
    """The documents that some records have already, as far as they are needed to change them."""
    documents = SearchDocument.objects.of(database.slug).filter(object_id__in=keys)
    needed = documents.only("object_id", "ordinal", "database", "state", "facets")
    return {document.object_id: document for document in needed}


def identifiers_in(
    named: Iterable[tuple[SearchDocument, Record, list[Any]]],
) -> Iterator[Identifier]:
    """The rows that keep what names some records: code, titles, and what is given with them."""
    kinds = Identifier.Kind
    for document, record, given in named:
        own = [
            (kinds.CODE, record.code),
            (kinds.TITLE, record.title),
            (kinds.TITLE, record.title_original),
        ]
        yield from identifiers_of(document, [*own, *given])


def _write_words(rows: Iterable[SearchDocument], remembered: set[str]) -> None:
    """Remember the words of documents for spelling; a word that no document has does no harm.

    Args:
        remembered: words that were written before; the new ones are put to them.
    """
    found = {word.text for row in rows for text in (row.title, row.body) for word in words(text)}
    fresh = {
        word
        for word in found - remembered
        if len(word) >= MIN_KNOWN_WORD and word.isalpha() and not is_unspaced(word)
    }
    remembered |= fresh
    KnownWord.objects.bulk_create(
        (KnownWord(word=word) for word in sorted(fresh)), ignore_conflicts=True
    )


def _lock() -> None:
    """One writer at a time: ordinals and bits are made from what the others have committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INDEX_LOCK])


def refresh(changed: Iterable[models.Model]) -> int:
    """Bring the documents of changed objects, and of all that depend on them, up to date.

    Call it inside the transaction that changes them, after all parts of a record are saved.
    `changed` may hold records or reference data. Returns the number of documents written.
    """
    by_model: dict[type[models.Model], set[Any]] = {}
    concepts: set[str] = set()
    for instance in changed:
        by_model.setdefault(type(instance), set()).add(instance.pk)
        concepts.update(keys_of(instance))
    written = 0
    with transaction.atomic(), pinned():
        _lock()
        naming_them = _naming(concepts)
        for database in databases():
            keys = set(by_model.get(database.model, ())) | naming_them.get(database.slug, set())
            for model, changed_keys in by_model.items():
                keys |= set(database.affected(model, changed_keys))
            written += _write(database, keys, lambda n: None)
        DataVersion.bump(DataVersion.RECORDS)
    return written


def _naming(concepts: set[str]) -> dict[str, set[int]]:
    """The records, by database, whose texts name concepts that may have other names now."""
    documents = SearchDocument.objects.values_list("database", "object_id")
    if not concepts:
        documents = documents.none()
    elif len(concepts) <= MANY_CONCEPTS:
        documents = documents.filter(vector=LexemeQuery(naming(concepts)))
    found: dict[str, set[int]] = {}
    for slug, key in documents:
        found.setdefault(slug, set()).add(key)
    return found


def remove(records: Iterable[Record]) -> None:
    """Take the documents of records that are being deleted away."""
    with transaction.atomic():
        _lock()
        for record in records:
            going = SearchDocument.objects.of(record.database).filter(object_id=record.pk)
            nothing: set[str] = set()
            gone = [(found.ordinal, bits.tokens_of_bits(found), nothing) for found in going]
            going.delete()
            bits.change(gone)
        DataVersion.bump(DataVersion.RECORDS)


def is_complete() -> bool:
    """Whether every record has its document."""
    records = sum(database.records.count() for database in databases())
    return SearchDocument.objects.count() == records


def rebuild(progress: Callable[[int], Any] = lambda n: None) -> int:
    """Make the whole table anew; returns the number of documents."""
    written = 0
    with gathered(), transaction.atomic(), pinned():
        _lock()
        _empty()
        for database in databases():
            keys = database.records.values_list("pk", flat=True)
            written += _write(database, keys, progress, is_whole=True)
        bits.remake()
        DataVersion.bump(DataVersion.RECORDS)
    return written


def _empty() -> None:
    """Take everything away, without reading it first as Django's own deletion would."""
    with connection.cursor() as cursor:
        for model in (Identifier, FacetBits, KnownWord, SearchDocument):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
