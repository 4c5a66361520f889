"""Files for the tests of imports: fictional records, and one way to bring a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from portal.accounts.models import User
from portal.exchange.formats.base import formats_for
from portal.imports import files, steps
from portal.imports.models import ImportRun
from portal.records.database import database_for, databases
from portal.records.lines import canonical
from portal.records.models import Record, Revision
from portal.search.models import SearchDocument

Said = dict[str, Any]

CASE: Said = {
    "id": "fra-2031-quince-crossing",
    "title": "Quince crossing",
    "jurisdiction": "FRA",
    "decision_date": "2031-04",
    "citations": ["[2031] QC 7; 8"],
    "docket": "00123",
    "modes": ["sea"],
    "facts": "Two boats of quinces.\nA second line.",
    "migrants": {"count": 12, "includes_children": False},
    "fee": {"amount": 1500.5, "currency": "EUR"},
    "defendants": [
        {
            "label": "Defendant 1",
            "charges": [
                {"offence": "Carrying quinces", "fine": {"amount": 20, "currency": "EUR"}},
                {"offence": "Hiding quinces", "imprisonment_months": 6.5, "suspended": True},
            ],
        },
        {"label": "Defendant 2"},
    ],
    "sources": [{"title": "The Quince Gazette", "url": "https://quince.example/1"}],
}
LAW: Said = {
    "id": "fra-quince-act-2031",
    "title": "Quince Act",
    "jurisdiction": "FRA",
    "type": "act",
    "status": "in_force",
    "number": "2031-77",
    "adopted": "2031-01-02",
    "provisions": [{"number": "s 1", "summary": "Quinces are not smuggled."}],
    "sources": [{"title": "The Quince Gazette"}],
}
WORK: Said = {
    "id": "quincey-2031-on-quinces",
    "title": "On the crossing of quinces",
    "type": "article-journal",
    "author": [{"family": "Quincey", "given": "Anna"}, {"literal": "Quince Office"}],
    "issued": {"date-parts": [[2031, 5]]},
    "DOI": "10.9999/quince.1",
    "container-title": "Journal of Quinces",
    "sources": [{"title": "https://doi.org/10.9999/quince.1"}],
}


def written(path: Path, slug: str, lines: list[Said], key: str = "jsonl") -> Path:
    """A file of lines in a format; JSON Lines as the lines stand."""
    if key == "jsonl":
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path
    database = database_for(slug)
    form = next(form for form in formats_for(database, writing=True) if form.key == key)
    assert form.write is not None
    path.write_bytes(b"".join(form.write(lines, database)))
    return path


def edited(path: Path, change: Callable[[Any], None]) -> Path:
    """A workbook after somebody has worked in it."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def renamed(sheet: Any, old: str, new: str) -> None:
    """Give a column of a sheet another heading."""
    (cell,) = [cell for cell in sheet[1] if cell.value == old]
    cell.value = new


def without_columns(text: str, *names: str) -> str:
    """A CSV file without some of its columns."""
    out = io.StringIO()
    rows = csv.DictReader(io.StringIO(text))
    kept = [name for name in rows.fieldnames or () if name not in names]
    writer = csv.DictWriter(out, kept, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def brought(path: Path, slug: str, user: User, key: str = "jsonl", **values: Any) -> ImportRun:
    """A run of a file, not yet read."""
    run = ImportRun(database=slug, user=user, file_name=path.name, format=key, **values)
    files.keep(run, [path.read_bytes()])
    run.save()
    return run


def rehearsed(path: Path, slug: str, user: User, key: str = "jsonl", **values: Any) -> Any:
    """A run of a file as its rehearsal leaves it."""
    return gone_on(brought(path, slug, user, key, **values), user)


def gone_on(run: ImportRun, user: User) -> ImportRun:
    while run.is_going:
        run = steps.advance(run, user, patience=0)
    return run


def put(run: ImportRun, user: User, *, only_sound: bool = False) -> ImportRun:
    """A rehearsed run as writing leaves it."""
    return gone_on(steps.begin_writing(run, only_sound=only_sound), user)


def kinds(run: ImportRun) -> list[str]:
    return list(run.rows.order_by("number").values_list("kind", flat=True))


def told(run: ImportRun) -> list[tuple[int, str, str]]:
    """What is wrong: row, key, message."""
    faults = run.faults.filter(is_warning=False).order_by("line", "pk")
    return list(faults.values_list("line", "key", "message"))


def line_of(record: Record) -> Said:
    importer = database_for(record.database).importer
    found: Said = canonical(importer.export(importer.existing().get(pk=record.pk)))
    return found


def everything() -> dict[str, Any]:
    """All that records, history and search say, to be compared."""
    found: dict[str, Any] = {
        database.slug: {
            record.pk: (canonical(database.importer.export(record)), record.changed_at)
            for record in database.importer.existing()
        }
        for database in databases()
    }
    found["revisions"] = list(Revision.objects.order_by("pk").values())
    found["search"] = list(SearchDocument.objects.order_by("pk").values())
    return found
