"""The reference collection: read and judged whole, then written in one transaction."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from portal.exchange import schema
from portal.exchange.faults import CollectionError, Fault
from portal.exchange.foundations import (
    VOCABULARIES,
    Codes,
    codes_of,
    read_jurisdictions,
    read_vocabularies,
    twice,
)
from portal.exchange.judging import line_faults, shared_values
from portal.exchange.reading import Line, read_lines
from portal.exchange.reference import (
    ArticleImporter,
    JurisdictionImporter,
    ProcessImporter,
    RegionImporter,
    TermImporter,
    TreatyStatusImporter,
)
from portal.exchange.sync import Importer, Outcome, Progress, sync
from portal.exchange.thesaurus import ThesaurusImporter, read_thesaurus
from portal.records.database import Database, databases, following
from portal.records.models import Record, Revision
from portal.records.revisions import begin, take
from portal.reference.models import DataVersion
from portal.search import index

_TREATY_STATUS = TreatyStatusImporter()
_REFERENCE: dict[str, Importer[Any]] = {
    "terms": TermImporter(),
    "treaty articles": ArticleImporter(),
    "regions": RegionImporter(),
    "regional processes": ProcessImporter(),
    "jurisdictions": JurisdictionImporter(),
    "thesaurus": ThesaurusImporter(),
    "treaty status": _TREATY_STATUS,
}


@dataclass
class Collection:
    """All lines of a collection, by kind, in the order in which they must be written."""

    reference: dict[str, list[Line]] = field(default_factory=dict)
    records: dict[str, list[Line]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(lines) for lines in (*self.reference.values(), *self.records.values()))


def file_of(database: Database) -> str:
    """The name of a database's file in the collection."""
    return f"{database.slug}.jsonl"


def _databases() -> list[Database]:
    """The databases in the order of their dependence: what is referred to comes first."""
    return sorted(databases(), key=lambda database: database.load_order)


def read_collection(path: Path) -> Collection:
    """Read and judge a collection.

    Raises:
        CollectionError: with the faults of all files.
    """
    if not path.is_dir():
        raise CollectionError([Fault(str(path), 0, "", "is not a folder")])
    faults: list[Fault] = []
    found = Collection({**read_vocabularies(path, faults), **read_jurisdictions(path, faults)})
    lacks_foundation = bool(faults)
    if not lacks_foundation:
        found.reference["thesaurus"] = read_thesaurus(path, found.reference, faults)
    status = read_lines(path / "protocol-status.jsonl", faults)
    found.reference["treaty status"] = status
    for database in _databases():
        found.records[database.slug] = read_lines(path / file_of(database), faults)
    notes = read_lines(path / "review-notes.jsonl", faults, may_be_empty=True)
    if lacks_foundation:
        # Without sound vocabularies every code of every record would be called unknown.
        raise CollectionError(faults)
    faults += _judge(found, notes, {fault.file for fault in faults})
    if faults:
        raise CollectionError(faults)
    return found


def _judge(found: Collection, notes: Sequence[Line], torn: set[str]) -> list[Fault]:
    """All that is wrong with lines that could be read; sound notes go to their records.

    Args:
        found: the lines.
        notes: the lines of the review notes.
        torn: names of files of which some line could not be read: who knows what stood there.
    """
    codes = codes_of(found.reference)
    schemas = {database.slug: database.importer.schema(codes) for database in _databases()}
    if codes.missing:
        return [Fault(VOCABULARIES, 0, name, "is missing") for name in codes.missing]
    faults = _status_faults(found.reference["treaty status"], codes)
    for slug, lines in found.records.items():
        faults += schema.faults_of(schemas[slug], lines)
    records = [line for lines in found.records.values() for line in lines]
    faults += twice(records, "id", lambda data: data.get("id"))
    whole = {database.slug for database in _databases() if file_of(database) not in torn}
    faults += list(_cross_faults(found, faults, whole))
    return faults + _attach_notes(records, notes, can_miss=len(whole) == len(found.records))


def _sound(lines: Iterable[Line], faults: Iterable[Fault]) -> list[Line]:
    """The lines in which nothing was found wrong, and which others may be compared with."""
    wrong = {(fault.file, fault.line) for fault in faults}
    return [line for line in lines if (line.file, line.number) not in wrong]


def _status_faults(lines: Sequence[Line], codes: Codes) -> list[Fault]:
    faults = schema.faults_of(TreatyStatusImporter.schema, lines)
    faults += twice(lines, "jurisdiction", lambda data: data.get("jurisdiction"))
    known = set(codes["jurisdictions"])
    for line in _sound(lines, faults):
        faults += [line.fault(*fault) for fault in _TREATY_STATUS.faults(line.data)]
        if line.data["jurisdiction"] not in known:
            faults.append(
                line.fault("jurisdiction", f"no jurisdiction {line.data['jurisdiction']}")
            )
    return faults


def _cross_faults(
    found: Collection, faults: Sequence[Fault], whole: Container[str]
) -> Iterator[Fault]:
    """References that lead nowhere, values that must be unique, and what no schema can say."""
    sound = {slug: _sound(lines, faults) for slug, lines in found.records.items()}
    importers = {database.slug: database.importer for database in _databases()}
    known = {
        # A record with another fault is there all the same.
        slug: {line.data.get("id") for line in lines if isinstance(line.data.get("id"), str)}
        for slug, lines in found.records.items()
    }
    for slug, lines in sound.items():
        known[slug] |= {code for line in lines for code in importers[slug].codes(line.data)}

    def is_known(target: str, code: str) -> bool:
        return code in known[target] or target not in whole

    for slug, lines in sound.items():
        for line in lines:
            yield from line_faults(importers[slug], line, is_known, lambda slug: f"{slug}.jsonl")
        yield from shared_values(importers[slug], lines)


def _attach_notes(records: Iterable[Line], notes: Sequence[Line], *, can_miss: bool) -> list[Fault]:
    """Put the review notes on the lines of their records; `can_miss`: all records are there."""
    wanted = schema.record(["code", "note"], {"code": schema.CODE, "note": schema.TEXT})
    faults = schema.faults_of(wanted, notes)
    faults += twice(notes, "code", lambda data: data.get("code"))
    by_code = {line.data["id"]: line for line in records if isinstance(line.data.get("id"), str)}
    for note in _sound(notes, faults):
        line = by_code.get(note.data["code"])
        if line is None:
            if can_miss:
                faults.append(note.fault("code", f"no record “{note.data['code']}”"))
        elif "review_note" in line.data:
            message = f"“{note.data['code']}” has a note in {line.file} already"
            faults.append(note.fault("code", message))
        else:
            line.data["review_note"] = note.data["note"]
    return faults


def write_collection(
    found: Collection,
    *,
    overwrite: bool = False,
    progress: Progress = lambda n: None,
) -> dict[str, Outcome]:
    """Write a collection in one transaction; a second time nothing is written.

    Args:
        found: what `read_collection` gave.
        overwrite: whether edits made by hand give way to the collection.
        progress: is told how many lines were done.

    Raises:
        CollectionError: a line cannot be held as it stands; nothing was changed.
    """
    outcomes: dict[str, Outcome] = {}
    changed: list[Any] = []
    with transaction.atomic():
        _keep_others_out()
        for kind, importer in _REFERENCE.items():
            outcomes[kind], written = sync(
                importer, found.reference[kind], overwrite=overwrite, progress=progress
            )
            changed += written
        if changed:
            DataVersion.bump(DataVersion.REFERENCE)
        for database in _databases():
            outcomes[database.slug], written = sync(
                database.importer,
                found.records[database.slug],
                overwrite=overwrite,
                progress=progress,
                around=partial(_kept_in_step, database.model),
            )
            changed += written
        if changed:
            index.refresh(changed)
    if changed:
        take_statistics()
    return outcomes


def take_statistics() -> None:
    """Let PostgreSQL look at what was written: until it has, it plans searches by guesswork.

    It does so by itself, but only after a while, in which pages are many times slower.
    """
    owned = [
        model
        for one in _databases()
        for model in one.model._meta.app_config.get_models(include_auto_created=True)
    ]
    derived = apps.get_app_config("search").get_models()
    quote = connection.ops.quote_name
    tables = ", ".join(quote(model._meta.db_table) for model in (*owned, *derived))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


@contextmanager
def _kept_in_step(model: type[Record], changing: Sequence[Any]) -> Iterator[None]:
    """While records change: what they said and say is kept, and what is derived of them follows."""
    begin(*changing)
    with following(model, changing):
        yield
    take(*changing, action=Revision.Action.LOADED)


def _keep_others_out() -> None:
    """Let nobody write until we are done: an edit made meanwhile would be lost unseen."""
    importers = (*_REFERENCE.values(), *(database.importer for database in _databases()))
    quote = connection.ops.quote_name
    tables = ", ".join(quote(importer.model._meta.db_table) for importer in importers)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
