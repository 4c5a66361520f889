"""What is wrong with a file is told in the language of the curator who brings it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import translation

from portal.exchange.faults import shown
from portal.imports.models import ImportRun
from tests.import_files import CASE, WORK, brought, edited, renamed, written
from tests.test_import_pages import step, url
from tests.test_roles import curator, signed_in
from tests.test_translations import messages, pairs

pytestmark = pytest.mark.django_db

#: Languages as browsers ask for them, with the names of their files.
LANGUAGES = {"ar": "ar", "es": "es", "fr": "fr", "ru": "ru", "zh-hans": "zh_Hans"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


def _spoilt_lines(folder: Path) -> Path:
    """A record with a departure of every kind that a schema of ours knows, and broken lines."""
    charge = {"offence": "Carrying quinces", "imprisonment_months": 0}
    applied = {"law": "Quince Act", "law_id": "no-such-law", "provision_links": 5}
    spoilt = {
        **CASE,
        "modes": ["raft"],
        "citations": ["a", "a"],
        "docket": "x" * 2000,
        "decision_date": "2031-13",
        "jurisdiction": "France",
        "unknown": 1,
        "migrants": {"count": 0, "deaths": 10**9, "includes_children": "no"},
        "fee": {"amount": 12.345},
        "defendants": [{"label": 5, "age": 300, "charges": [charge]}, 7],
        "laws_applied": [applied, {"law": "Act", "not_held": False}],
        "proceedings": [],
        "withdrawal_reason": "",
    }
    lines = [spoilt, {**CASE, "id": "b", "laws_applied": [{"law": "A", "law_id": "none"}]}]
    raw = [json.dumps(line) for line in lines]
    raw += ["[1]", "no json", '{"id": "a", "id": "a"}', '{"id": NaN}', '{"id": 1e999}']
    raw += [json.dumps({"id": "c", "title": "a\x00"}), json.dumps({**CASE, "state": "withdrawn"})]
    raw += ['{"id": ' + "9" * 30 + "}", json.dumps(CASE), json.dumps(CASE)]
    path = folder / "spoilt.jsonl"
    path.write_text("\n".join(raw), encoding="utf-8")
    return path


def _spoilt_workbook(folder: Path) -> Path:
    def change(book: Any) -> None:
        main = book["cases"]
        renamed(main, "docket", "dockett")
        renamed(main, "court", "no such heading at all")
        book["charges"].merge_cells("A2:B2")
        book["defendants"].row_dimensions[2].hidden = True

    return edited(written(folder / "spoilt.xlsx", "cases", [CASE], "xlsx"), change)


def _spoilt_cells(folder: Path) -> Path:
    def change(book: Any) -> None:
        main = book["cases"]
        places = {cell.value: cell.column for cell in main[1]}
        main.cell(2, places["title"], "=1+1")
        main.cell(2, places["docket"], True)
        main.cell(2, places["court"], 12345678901234567)
        main.cell(2, len(places) + 1, "beside")
        charges = book["charges"]
        charges.cell(2, 1, "no-such-record")
        charges.cell(3, 2, 9)

    return edited(written(folder / "cells.xlsx", "cases", [CASE], "xlsx"), change)


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


RIS = """stray
TY  - JOUR
going on
TI  - On quinces
AB  - Long
PY  - someday
JF  - Journal
T2  - Another
UR  - https://quince.example/1
UR  - https://quince.example/2
ER  -
TY  - JOUR
TI  - Without an end
"""
BIB = """@article{a, title = {On quinces}, abstract = {Long}, date = {someday}, month = {smarch}}
@article{b, title = {\\frac}, year = {2031}, month = {smarch}, journal = {A}, booktitle = {B}}
"""
CSL = [
    {**WORK, "abstract": "Long", "language": "quincish", "issued": {"raw": "someday"}},
    {"type": "book", "title": "Two", "author": [{"family": "A", "odd": "x"}], "abstract": "Long"},
    {"type": "book", "title": "a\x00"},
    3,
]


def _files(folder: Path) -> list[tuple[Path, str, str]]:
    """Spoilt files with their databases and formats."""
    csv_text = b"id,title\na,\xe9"
    return [
        (_spoilt_lines(folder), "cases", "jsonl"),
        (_spoilt_workbook(folder), "cases", "xlsx"),
        (_spoilt_cells(folder), "cases", "xlsx"),
        (_file(folder, "a.csv", csv_text), "cases", "csv"),
        (_file(folder, "b.csv", b"id,title\na,A\na,B\n"), "cases", "csv"),
        (_file(folder, "c.csv", b"\x89PNG"), "cases", "csv"),
        (_file(folder, "d.csv", b"id,title\n"), "cases", "csv"),
        (_file(folder, "a.xlsx", b"%PDF"), "cases", "xlsx"),
        (_file(folder, "b.xlsx", b"PK\x03\x04 but no more"), "cases", "xlsx"),
        (_file(folder, "a.ris", RIS.encode()), "bibliography", "ris"),
        (_file(folder, "a.bib", BIB.encode()), "bibliography", "bibtex"),
        (_file(folder, "a.json", json.dumps(CSL).encode()), "bibliography", "csl-json"),
    ]


def _english(language: str) -> list[re.Pattern[str]]:
    """Our own texts of faults in English, whatever stands at their placeholders."""
    found = set()
    for message in messages(LANGUAGES[language]):
        for text, form in pairs(message):
            words = re.findall(r"[A-Za-z]{2,}", re.sub(r"%\(\w+\)[sd]", "", text))
            if text != form and len(words) >= 2:
                found.add(text)
    return [
        re.compile("^" + re.sub(r"%\\\(\w+\\\)[sd]", ".*", re.escape(text)) + "$", re.DOTALL)
        for text in found
    ]


def _through_pages(client: Client, run: ImportRun, language: str) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    while run.is_going:
        step(client, run)
        run.refresh_from_db()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fault_of_a_file_is_told_in_english(folder: Path, language: str) -> None:
    user = curator("publisher")
    client = signed_in(user)
    english = _english(language)
    told: set[str] = set()
    for path, slug, key in _files(folder):
        run = brought(path, slug, user, key)
        _through_pages(client, run, language)
        found = list(run.faults.values_list("message", flat=True))
        assert found, path.name
        told |= set(found)
        sheet = client.get(url("faults", run.pk, "csv")).content.decode("utf-8-sig")
        heading, *rows = csv.reader(io.StringIO(sheet))
        with translation.override(language):
            place = heading.index(translation.gettext("What is wrong"))
        assert {row[place] for row in rows} == {shown(message) for message in found}
    assert len(told) > 50
    # A blank of the language is no letter that cannot be shown.
    assert not {text for text in told if "\ufffd" in text}
    assert not {text for text in told if any(one.match(text) for one in english)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pattern_of_english_finds_it(language: str) -> None:
    """Or the test above would pass over anything."""
    english = _english(language)
    for text in (
        "the record names itself",
        '"raft" is not one of "air", "land" or 3 other candidates',
        "there is no column “dockett”; is “docket” meant?",
    ):
        assert any(one.match(text) for one in english), text


def test_a_command_tells_faults_in_the_language_of_the_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError):
        call_command("import_records", str(_spoilt_lines(folder)), database="cases", verbosity=0)
    said = "".join(capsys.readouterr())
    assert "is not an object" in said
    assert '"raft" is not one of' in said
