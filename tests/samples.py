"""Small collections for the loader: a few real lines that a test may break or change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caselaw.models import LawApplied
from tests.conftest import COLLECTION, read_lines


class Sample:
    """A folder in the format of the collection.

    Attributes:
        folder: where it lies.
        codes: of each file of records, the codes of its lines.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("vocabularies.json", "jurisdictions.json"):
            shutil.copy(COLLECTION / name, folder / name)
        cases = [line for line in read_lines("cases.jsonl") if _is_rich(line)][:3]
        named = {applied["law_id"] for line in cases for applied in line["laws_applied"]}
        laws = read_lines("legislation.jsonl")
        chosen = [line for line in laws if line["id"] in named]
        chosen += [line for line in laws if line["id"] not in named][:2]
        works = [line for line in read_lines("bibliography.jsonl") if "DOI" in line][:3]
        self.write("cases.jsonl", cases)
        self.write("legislation.jsonl", chosen)
        self.write("bibliography.jsonl", works)
        self.write("protocol-status.jsonl", read_lines("protocol-status.jsonl")[:3])
        codes = {line["id"] for line in (*cases, *chosen, *works)}
        notes = [line for line in read_lines("review-notes.jsonl") if line["code"] in codes]
        self.write("review-notes.jsonl", notes)

    def lines(self, name: str) -> list[Any]:
        """The lines of a file."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def write(self, name: str, lines: list[Any]) -> None:
        """Write the lines of a file."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, name: str, change: Callable[[list[Any]], Any]) -> None:
        """Have a function change the lines of a file in place."""
        lines = self.lines(name)
        change(lines)
        self.write(name, lines)

    def change_object(self, name: str, change: Callable[[Any], Any]) -> None:
        """Have a function change the object of a JSON file in place."""
        path = self.folder / name
        data = json.loads(path.read_text(encoding="utf-8"))
        change(data)
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    def replace(self, name: str, raw: bytes, number: int = 1) -> None:
        """Put bytes in place of a line."""
        lines = (self.folder / name).read_bytes().split(b"\n")
        lines[number - 1] = raw
        (self.folder / name).write_bytes(b"\n".join(lines))


def _is_rich(line: dict[str, Any]) -> bool:
    """Whether a case has a law of the collection throughout, a charge, migrants and a date."""
    return (
        "state" not in line
        and all("law_id" in applied for applied in line.get("laws_applied", [{}]))
        and any("charges" in defendant for defendant in line.get("defendants", []))
        and all(key in line for key in ("migrants", "route", "decision_date", "court"))
    )


def load(folder: Path | str, **options: Any) -> str:
    """What `load_collection` prints."""
    out = StringIO()
    call_command("load_collection", str(folder), stdout=out, **options)
    return out.getvalue()


def refused(folder: Path | str) -> tuple[list[str], CommandError]:
    """The faults that `load_collection` prints, and how it ends."""
    err = StringIO()
    try:
        call_command("load_collection", str(folder), stdout=StringIO(), stderr=err)
    except CommandError as error:
        return err.getvalue().splitlines(), error
    raise AssertionError("the collection was taken")


def state_of_database() -> dict[str, tuple[int, int, int]]:
    """Of every table, what changes as soon as a row is made, changed or deleted.

    A row that is written is a new version, which has a place and a transaction of its own.
    """
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(
                "SELECT count(*), coalesce(max(xmin::text::bigint), 0),"
                f" coalesce(sum(hashtextextended(ctid::text, 0)), 0) FROM {table}"
            )
            found[model._meta.label] = cursor.fetchone()
    return found


def first(sample: Sample, name: str) -> dict[str, Any]:
    """The first line of a file."""
    return sample.lines(name)[0]


def set_first(sample: Sample, name: str, **values: Any) -> str:
    """Set keys of the first line of a file; returns its code."""
    sample.change(name, lambda lines: lines[0].update(values))
    return first(sample, name)["id"]


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail where a statement writes."""
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [query["sql"] for query in captured.captured_queries]
    writes = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "ALTER")
    assert [sql for sql in statements if sql.lstrip().upper().startswith(writes)] == []


def numbered(law: dict[str, Any]) -> int:
    """How many provisions a law has, if each has a number of its own; 0 otherwise."""
    numbers = [part.get("number", "") for part in law.get("provisions", [])]
    return len(numbers) if all(numbers) and len(set(numbers)) == len(numbers) else 0


def cited(sample: Sample) -> tuple[int, LawApplied]:
    """A law applied whose text leads to a provision, and the place of its law in the file."""
    codes = [line["id"] for line in sample.lines("legislation.jsonl")]
    for applied in LawApplied.objects.filter(
        case__code__in=[line["id"] for line in sample.lines("cases.jsonl")], law__isnull=False
    ):
        if applied.provision_links.exists():
            assert applied.law is not None
            return codes.index(applied.law.code), applied
    raise AssertionError("no case of the sample is linked to a provision")
