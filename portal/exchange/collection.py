"""The reference collection: read and judged whole, then written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from portal.exchange import schema
from portal.exchange.faults import CollectionError, Fault
from portal.exchange.reading import Line, read_lines, read_object
from portal.exchange.reference import (
    ARTICLES,
    TERM_SCHEMA,
    ArticleImporter,
    JurisdictionImporter,
    ProcessImporter,
    RegionImporter,
    TermImporter,
    TreatyStatusImporter,
)
from portal.exchange.sync import Importer, Outcome, sync
from portal.records.database import Database, databases
from portal.reference.models import DataVersion
from portal.search import index

_REFERENCE: dict[str, Importer] = {
    "terms": TermImporter(),
    "treaty articles": ArticleImporter(),
    "regions": RegionImporter(),
    "regional processes": ProcessImporter(),
    "jurisdictions": JurisdictionImporter(),
    "treaty status": TreatyStatusImporter(),
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
        CollectionError: with every fault of every file.
    """
    faults: list[Fault] = []
    if not path.is_dir():
        raise CollectionError([Fault(str(path), 0, "", "is not a folder")])
    found = Collection()
    _read_vocabularies(path, found, faults)
    _read_jurisdictions(path, found, faults)
    if faults:
        # Without sound vocabularies every code of every record would be called unknown.
        raise CollectionError(faults)
    codes = _codes(found)
    status = read_lines(path / "protocol-status.jsonl", faults)
    faults += schema.faults_of(TreatyStatusImporter.schema, status)
    faults += _unknown_jurisdictions(status, codes)
    found.reference["treaty status"] = status
    for database in _databases():
        lines = read_lines(path / file_of(database), faults)
        faults += schema.faults_of(database.importer.schema(codes), lines)
        found.records[database.slug] = lines
    faults += _twice(
        [line for lines in found.records.values() for line in lines], "id", lambda d: d.get("id")
    )
    faults += _twice(status, "jurisdiction", lambda data: data.get("jurisdiction"))
    if not faults:
        faults += _cross_faults(found)
        faults += _attach_notes(path, found)
    if faults:
        raise CollectionError(faults)
    return found


def _read_vocabularies(path: Path, found: Collection, faults: list[Fault]) -> None:
    name = "vocabularies.json"
    terms: list[Line] = []
    articles: list[Line] = []
    for vocabulary, entries in (read_object(path / name, faults) or {}).items():
        if not isinstance(entries, list):
            faults.append(Fault(name, 0, vocabulary, "is not a list of terms"))
            continue
        lines = [Line(name, 0, entry) for entry in entries]
        for place, line in enumerate(lines):
            key = f"{vocabulary}[{place}]"
            faults += [
                Fault(name, 0, f"{key}.{fault.key}".rstrip("."), fault.message)
                for fault in schema.faults_of(TERM_SCHEMA, [line])
            ]
            if isinstance(line.data, dict):
                line.data.update(vocabulary=vocabulary, position=place)
        faults += _twice(
            lines, vocabulary, lambda data: data.get("code") if isinstance(data, dict) else None
        )
        (articles if vocabulary == ARTICLES else terms).extend(lines)
    for line in articles:
        if isinstance(line.data, dict):
            line.data.pop("vocabulary", None)
    found.reference["terms"], found.reference["treaty articles"] = terms, articles


def _read_jurisdictions(path: Path, found: Collection, faults: list[Fault]) -> None:
    name = "jurisdictions.json"
    data = read_object(path / name, faults) or {}
    parts = {
        "regions": ("regions", RegionImporter.schema),
        "regional processes": ("memberships", ProcessImporter.schema),
        "jurisdictions": ("jurisdictions", JurisdictionImporter.schema),
    }
    for kind, (key, wanted) in parts.items():
        entries = data.get(key)
        lines = [Line(name, 0, entry) for entry in entries] if isinstance(entries, list) else []
        if not lines and not faults:
            faults.append(Fault(name, 0, key, "is not a list with entries"))
        for place, line in enumerate(lines):
            prefix = f"{key}[{place}]"
            faults += [
                Fault(name, 0, f"{prefix}.{fault.key}".rstrip("."), fault.message)
                for fault in schema.faults_of(wanted, [line])
            ]
            if isinstance(line.data, dict) and kind != "jurisdictions":
                line.data["position"] = place
        if not faults:
            faults += _twice(lines, key, lambda entry: entry.get("code"))
        found.reference[kind] = lines
    if not faults:
        faults += _place_faults(found)


def _place_faults(found: Collection) -> list[Fault]:
    """Regions and processes that a jurisdiction or region names and nobody defines."""
    regions = {line.data["code"]: line.data.get("parent") for line in found.reference["regions"]}
    processes = {line.data["code"] for line in found.reference["regional processes"]}
    faults = []
    for place, line in enumerate(found.reference["regions"]):
        parent = line.data.get("parent")
        if parent is not None and parent not in regions:
            faults.append(line.fault(f"regions[{place}].parent", f"no region {parent}"))
    for place, line in enumerate(found.reference["jurisdictions"]):
        key = f"jurisdictions[{place}]"
        levels = ("intermediate_region", "sub_region", "region")
        named = [line.data[level] for level in levels if level in line.data]
        for code, above in zip(named, (*named[1:], None), strict=False):
            if code not in regions:
                faults.append(line.fault(key, f"no region {code}"))
            elif regions[code] != above:
                faults.append(line.fault(key, f"region {code} does not lie in {above}"))
        faults += [
            line.fault(f"{key}.memberships", f"no regional process {code}")
            for code in line.data.get("memberships", [])
            if code.partition(":")[0] not in processes
        ]
    return faults


def _codes(found: Collection) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for line in found.reference["terms"]:
        codes.setdefault(line.data["vocabulary"], []).append(line.data["code"])
    codes[ARTICLES] = [line.data["code"] for line in found.reference["treaty articles"]]
    codes["jurisdictions"] = [line.data["code"] for line in found.reference["jurisdictions"]]
    return codes


def _unknown_jurisdictions(lines: Iterable[Line], codes: dict[str, list[str]]) -> list[Fault]:
    known = set(codes["jurisdictions"])
    return [
        line.fault("jurisdiction", f"no jurisdiction {line.data.get('jurisdiction')}")
        for line in lines
        if line.data.get("jurisdiction") not in known
    ]


def _twice(lines: Iterable[Line], key: str, value_of: Callable[[Any], Any]) -> list[Fault]:
    first: dict[Any, Line] = {}
    faults = []
    for line in lines:
        value = value_of(line.data)
        if not isinstance(value, str):
            continue
        if value in first:
            place = f"{first[value].file}:{first[value].number}".removesuffix(":0")
            faults.append(line.fault(key, f"“{value}” stands already in {place}"))
        first.setdefault(value, line)
    return faults


def _cross_faults(found: Collection) -> list[Fault]:
    """References that lead nowhere, values that must be unique, and what no schema can say."""
    known = {slug: {line.data["id"] for line in lines} for slug, lines in found.records.items()}
    faults = []
    for database in _databases():
        seen: dict[tuple[str, str], Line] = {}
        for line in found.records[database.slug]:
            faults += [line.fault(*fault) for fault in database.importer.faults(line.data)]
            for key, target, code in database.importer.references(line.data):
                if code not in known[target]:
                    faults.append(line.fault(key, f"no record “{code}” in {target}.jsonl"))
                elif code == line.data["id"]:
                    faults.append(line.fault(key, "the record names itself"))
            for pair in database.importer.unique_keys(line.data):
                if pair in seen:
                    message = f"“{pair[1]}” stands already in line {seen[pair].number}"
                    faults.append(line.fault(pair[0], message))
                seen.setdefault(pair, line)
    return faults


def _attach_notes(path: Path, found: Collection) -> list[Fault]:
    """Put the review notes on the lines of their records."""
    faults: list[Fault] = []
    notes = read_lines(path / "review-notes.jsonl", faults)
    wanted = schema.record(["code", "note"], {"code": schema.CODE, "note": schema.TEXT})
    faults += schema.faults_of(wanted, notes)
    faults += _twice(notes, "code", lambda data: data.get("code"))
    if faults:
        return faults
    records = {line.data["id"]: line for lines in found.records.values() for line in lines}
    for note in notes:
        line = records.get(note.data["code"])
        if line is None:
            faults.append(note.fault("code", f"no record “{note.data['code']}”"))
        else:
            line.data["review_note"] = note.data["note"]
    return faults


def write_collection(
    found: Collection,
    *,
    overwrite: bool = False,
    progress: Callable[[int], Any] = lambda n: None,
) -> dict[str, Outcome]:
    """Write a collection in one transaction; a second time nothing is written.

    Args:
        found: what `read_collection` gave.
        overwrite: whether edits made by hand give way to the collection.
        progress: is told how many lines were done.
    """
    outcomes: dict[str, Outcome] = {}
    changed: list[Any] = []
    with transaction.atomic():
        for kind, importer in _REFERENCE.items():
            lines = [line.data for line in found.reference[kind]]
            outcome, written = sync(importer, lines, overwrite=overwrite, progress=progress)
            outcomes[kind] = outcome
            changed += written
        if changed:
            DataVersion.bump(DataVersion.REFERENCE)
        for database in _databases():
            lines = [line.data for line in found.records[database.slug]]
            outcome, written = sync(
                database.importer, lines, overwrite=overwrite, progress=progress
            )
            outcomes[str(database.slug)] = outcome
            changed += written
        if changed:
            index.refresh(changed)
    return outcomes
