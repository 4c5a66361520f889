"""Files made by mistake or with ill will: each ends in a clear fault, none in harm."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from portal.exchange.formats import archives, safety, tables
from portal.exchange.formats.base import Reading
from portal.exchange.foundations import Codes
from tests.test_formats import CASE, form, read, said, saved, table, workbook, written

MAIN = [["id", "title", "jurisdiction"], ["a-1", "A", "FRA"]]
SHEET = "xl/worksheets/sheet1.xml"


def reading_of(folder: Path, sheets: dict[str, list[list[Any]]]) -> Reading:
    return read(folder, "cases", "xlsx", saved(workbook(sheets)))


def changed(data: bytes, **members: bytes | None) -> bytes:
    """A workbook with other members; None takes one away."""
    wanted = {name.replace("__", "/").replace("_xml", ".xml"): to for name, to in members.items()}
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in {*old.namelist(), *wanted}:
            content = wanted[name] if name in wanted else old.read(name)
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def sheet_with(old: str, new: str) -> bytes:
    """A sound workbook in whose main sheet a piece of the XML was replaced."""
    data = saved(workbook({"cases": MAIN}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(SHEET).decode()
    assert old in xml
    return changed(data, xl__worksheets__sheet1_xml=xml.replace(old, new, 1).encode())


def refused(folder: Path, data: bytes, key: str = "xlsx", slug: str = "cases") -> str:
    """The one fault with which a file is refused as a whole."""
    reading = read(folder, slug, key, data)
    assert reading.lines == []
    (fault,) = reading.faults
    return str(fault)


@pytest.mark.parametrize("key", ["xlsx", "csv", "jsonl", "csl-json", "ris", "bibtex"])
def test_a_file_of_50_megabytes_is_refused_before_it_is_read(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_args: Any, **_values: Any) -> None:
        raise AssertionError("the file was opened")

    found, database = form("bibliography", key)
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(Path, "read_bytes", opened)
    assert found.read is not None
    reading = found.read(path, "large.file", database, Codes({}))
    assert said(reading.faults) == ["large.file: is larger than 20 MB: divide it"]


@pytest.mark.parametrize("key", ["xlsx", "csv", "jsonl", "csl-json", "ris", "bibtex"])
def test_an_empty_file_says_so(key: str, tmp_path: Path) -> None:
    assert refused(tmp_path, b"", key, "bibliography").endswith(": is empty")


@pytest.mark.parametrize(
    ("beginning", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0", "a picture (JPEG)"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "a zip archive or a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls) or one with a password"),
    ],
)
def test_what_is_no_text_is_named(beginning: bytes, what: str, tmp_path: Path) -> None:
    assert refused(tmp_path, beginning + b"x" * 50, "csv") == f"file.csv: is not a text, but {what}"


def test_an_old_or_encrypted_workbook_is_named(tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 500
    assert "an old workbook (.xls) or one with a password" in refused(tmp_path, data)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = changed(saved(workbook({"cases": MAIN})), xl__media_xml=b" " * 30_000_000)
    assert len(bomb) < 100_000
    # Nothing is unpacked: what the archive says of itself is enough.
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "unpacks to far more than a table needs" in refused(tmp_path, bomb)


def test_what_comes_out_of_an_archive_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = saved(workbook({"cases": MAIN}))
    monkeypatch.setattr(archives, "_check_members", lambda members: None)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2_000)
    assert "unpacks to more than" in refused(tmp_path, data)


STYLES, TEXTS = "xl/styles.xml", "xl/sharedStrings.xml"


def with_texts(number: int) -> bytes:
    """A workbook with texts that its cells share, as Excel writes it."""
    data = saved(workbook({"cases": MAIN}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        types = archive.read("[Content_Types].xml")
    named = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    texts = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + b"<si><t>a</t></si>" * number
        + b"</sst>"
    )
    other = {"[Content_Types].xml": types.replace(b"</Types>", named), TEXTS: texts}
    return changed(data, **other)


def with_styles(piece: Callable[[int], bytes], number: int) -> bytes:
    data = saved(workbook({"cases": MAIN}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        styles = archive.read(STYLES)
    assert b"</cellXfs>" in styles
    pieces = b"".join(piece(place) for place in range(number))
    return changed(data, **{STYLES: styles.replace(b"</cellXfs>", pieces + b"</cellXfs>")})


def never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_args: Any, **_values: Any) -> None:
        raise AssertionError("the library opened the file")

    monkeypatch.setattr(openpyxl, "load_workbook", opened)


def test_a_bomb_of_styles_is_refused_before_the_library_builds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each differs from the others, so that they do not pack into nothing.
    bomb = with_styles(lambda place: b'<xf numFmtId="0" fontId="%d"/>' % (place * 7919), 200_000)
    assert 200_000 < len(bomb) < 3_000_000
    chance = random.Random(1)
    large = with_styles(lambda _n: b'<xf a="%s"/>' % chance.randbytes(5_000).hex().encode(), 1_100)
    other = changed(saved(workbook({"cases": MAIN})), xl__other_xml=b"<a>" + b"<b/>" * 150_000)
    never_opened(monkeypatch)
    assert "holds more than 100,000 styles" in refused(tmp_path, bomb)
    assert "holds styles, notes or other things of a size" in refused(tmp_path, large)
    # Whatever it is called.
    assert "holds more than 100,000 styles" in refused(tmp_path, other)


def test_texts_and_cells_without_end_are_refused_before_the_library_builds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_IN_TEXTS", 1_000)
    monkeypatch.setattr(archives, "MAX_IN_SHEETS", 1_000)
    row = sheet_with("</row><row", "<c/>" * 20_000 + "</row><row")
    cells = sheet_with("</sheetData>", '<row r="3">' + "<c/>" * 2_000 + "</row></sheetData>")
    texts = with_texts(600)
    never_opened(monkeypatch)
    assert "holds more texts than a table has" in refused(tmp_path, texts)
    assert "holds more cells than a table of records has" in refused(tmp_path, cells)
    monkeypatch.undo()
    never_opened(monkeypatch)
    assert "at a wrong place" in refused(tmp_path, row)


def test_a_workbook_of_many_styles_notes_and_texts_is_read(tmp_path: Path) -> None:
    book = workbook({"cases": [MAIN[0], *([f"a-{n}", f"A {n}", "FRA"] for n in range(1500))]})
    for row in book["cases"].iter_rows(min_row=2):
        for place, cell in enumerate(row):
            cell.font = Font(size=8 + cell.row % 40, name=f"Font {cell.row % 50}", bold=place == 1)
            cell.number_format = f"0.{'0' * (cell.row % 20)}"
        row[0].comment = Comment("Look again.", "A curator")
    reading = read(tmp_path, "cases", "xlsx", saved(book))
    assert (len(reading.lines), said(reading.faults)) == (1500, [])
    assert len(read(tmp_path, "cases", "xlsx", with_texts(20_000)).lines) == 1


def test_a_size_that_lies_does_not_help(tmp_path: Path) -> None:
    data = changed(saved(workbook({"cases": MAIN})), xl__extra_xml=b"<a>" + b" " * 3_000_000)
    size = (3_000_003).to_bytes(4, "little")
    lying = data.replace(size, (10).to_bytes(4, "little"))
    assert lying != data
    assert "is a broken workbook" in refused(tmp_path, lying)


def test_an_archive_of_many_files_is_refused(tmp_path: Path) -> None:
    many = {f"part{number}_xml": b"<a/>" for number in range(600)}
    data = changed(saved(workbook({"cases": MAIN})), **many)
    assert "a workbook has fewer" in refused(tmp_path, data)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData>&c;</sheetData></worksheet>"
    )
    data = saved(workbook({"cases": MAIN}))
    for name in ("xl__worksheets__sheet1_xml", "xl__workbook_xml", "xl__sharedStrings_xml"):
        assert "declares entities" in refused(tmp_path, changed(data, **{name: bomb}))
    # The library behind it would refuse them as well.
    assert openpyxl.DEFUSEDXML


@pytest.mark.parametrize("cut", [10, 400, 3_000])
def test_a_broken_workbook_says_so(cut: int, tmp_path: Path) -> None:
    assert "is a broken workbook" in refused(tmp_path, saved(workbook({"cases": MAIN}))[:-cut])


def test_an_encrypted_archive_says_so(tmp_path: Path) -> None:
    data = bytearray(saved(workbook({"cases": MAIN})))
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    assert "is encrypted" in refused(tmp_path, bytes(data))


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refused(tmp_path, stream.getvalue()).endswith("is a zip archive, but no workbook")
    macros = changed(saved(workbook({"cases": MAIN})), **{"xl/vbaProject.bin": b"x"})
    assert "holds macros" in refused(tmp_path, macros)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('<row r="2"', '<row r="9999999"', "has row 9999999 after row 1"),
        ('<row r="2"', '<row r="1"', "has row 1 after row 1"),
        ('<row r="2"', '<row r="200000"', "has the cell A2 at a wrong place"),
        ('r="B2"', 'r="A2"', "has the cell A2 at a wrong place"),
        ('r="B2"', 'r="ZZZZ2"', "has a cell at no place: ZZZZ2"),
        ("<sheetData>", "<sheetData><x>", "is a broken workbook"),
    ],
)
def test_a_sheet_that_lies_about_its_places_is_refused(
    old: str, new: str, what: str, tmp_path: Path
) -> None:
    assert what in refused(tmp_path, sheet_with(old, new))


def test_a_dimension_that_lies_hides_no_row(tmp_path: Path) -> None:
    data = sheet_with('<dimension ref="A1:C2"', '<dimension ref="A1:A1"')
    (line,) = read(tmp_path, "cases", "xlsx", data).lines
    assert line.data == {"id": "a-1", "title": "A", "jurisdiction": "FRA"}


def test_a_formula_is_named_and_never_evaluated(tmp_path: Path) -> None:
    rows = [*MAIN, ["a-2", "=1+1", "FRA"], ["a-3", "C", '=HYPERLINK("https://x.example")']]
    reading = reading_of(tmp_path, {"cases": rows, "sources": [["id", "title"], ["a-1", "=A1"]]})
    assert said(reading.faults) == [
        "file.xlsx:cases:B3: title: holds a formula: put its value there",
        "file.xlsx:cases:C4: jurisdiction: holds a formula: put its value there",
        "file.xlsx:sources:B2: title: holds a formula: put its value there",
    ]
    assert reading.lines == []


def test_cells_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    headings = ["id", "docket", "title", "migrants.includes_women"]
    book = workbook({"cases": [headings, ["a"], ["b"], ["c"], ["d", "1", "D", "maybe"]]})
    sheet = book["cases"]
    sheet["B2"] = 1234567890123456789
    sheet["B3"] = date(2012, 3, 12)
    sheet["C4"] = "#N/A"
    reading = read(tmp_path, "cases", "xlsx", saved(book))
    places = [(fault.sheet, fault.line, fault.column) for fault in reading.faults]
    assert places == [("cases", 2, "B"), ("cases", 3, "B"), ("cases", 4, "C")]
    assert "more than 15 digits" in reading.faults[0].message
    assert "was taken for a date" in reading.faults[1].message
    assert "holds the error #N/A" in reading.faults[2].message
    # What is only no truth value is for the schema to say.
    assert [line.data["migrants"]["includes_women"] for line in reading.lines] == ["maybe"]


def test_merged_cells_are_named(tmp_path: Path) -> None:
    book = workbook({"cases": MAIN})
    book["cases"].merge_cells("A2:B2")
    fault = refused(tmp_path, saved(book))
    assert fault.startswith("file.xlsx:cases: has merged cells (A2:B2)")


def test_what_is_hidden_is_read_and_told(tmp_path: Path) -> None:
    book = workbook({"cases": MAIN, "sources": [["id", "title", "url", "note"], ["a-1", "S"]]})
    book["sources"].sheet_state = "hidden"
    book["cases"].row_dimensions[2].hidden = True
    book["cases"].column_dimensions["C"].hidden = True
    reading = read(tmp_path, "cases", "xlsx", saved(book))
    assert reading.lines[0].data["sources"] == [{"title": "S"}]
    assert said(reading.warnings) == [
        "file.xlsx:cases: has hidden rows (2); they were read as well",
        "file.xlsx:cases: has hidden columns; they were read as well",
        "file.xlsx:sources: is a hidden sheet; it was read like the others",
    ]


def test_headings_that_are_wrong_are_named(tmp_path: Path) -> None:
    rows = [["id", "titel", "docket", "docket", "zzz"], ["a", "b", "c", "d", "e"]]
    found = said(read(tmp_path, "cases", "csv", table(*rows)).faults)
    assert found == [
        "file.csv:B1: there is no column “titel”; is “title” meant?",
        "file.csv:D1: docket: the heading stands already in column C",
        "file.csv:E1: there is no column “zzz”",
    ]
    assert said(reading_of(tmp_path, {"cases": rows}).faults)[0].startswith("file.xlsx:cases:B1:")


def test_a_cell_without_a_heading_is_not_dropped(tmp_path: Path) -> None:
    fault = refused(tmp_path, table(["id", "", "title"], ["a", "lost", "A"]), "csv")
    assert fault == "file.csv:B2: stands under no heading"


def test_sheets_that_are_not_known_are_named(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"cases": MAIN, "defendents": [["id"], ["a-1"]]})
    assert said(reading.faults) == [
        "file.xlsx:defendents: there is no such sheet; is “defendants” meant?"
    ]
    one = reading_of(tmp_path, {"Sheet1": MAIN})
    assert [line.data["id"] for line in one.lines] == ["a-1"]
    assert said(one.warnings) == ["file.xlsx:Sheet1: is taken for the sheet “cases”"]


def test_parts_that_belong_to_nothing_are_named(tmp_path: Path) -> None:
    reading = reading_of(
        tmp_path,
        {
            "cases": MAIN,
            "defendants": [["id", "label"], ["a-1", "One"], ["b-2", "Two"], [None, "Three"]],
            "charges": [["id", "defendant", "offence"], ["a-1", 2, "x"], ["a-1", None, "y"]],
        },
    )
    assert said(reading.faults) == [
        "file.xlsx:defendants:A3: id: there is no record “b-2” in the main sheet",
        "file.xlsx:defendants:A4: id: the row does not name its record",
        "file.xlsx:charges:B2: defendant: the record has no defendant 2",
        "file.xlsx:charges:B3: defendant: does not say to which defendant of the record it belongs",
    ]
    # A record of which a part was lost is none; and to which the others belong, nobody knows.
    assert reading.lines == []
    assert reading.lacks_parts


@pytest.mark.parametrize("what", ["heading", "merged", "wide", "id"])
def test_a_sheet_of_parts_that_is_refused_is_not_taken_for_one_without_rows(
    what: str, tmp_path: Path
) -> None:
    charges: list[list[Any]] = [["id", "defendant", "offence"], ["a-1", 1, "x"]]
    if what == "heading":
        charges[0][2] = "offense"
    elif what == "id":
        charges = [row[1:] for row in charges]
    elif what == "wide":
        charges[0] += [f"c{number}" for number in range(250)]
    rows = {"cases": MAIN, "defendants": [["id", "label"], ["a-1", "One"]], "charges": charges}
    book = workbook(rows)
    if what == "merged":
        book["charges"].merge_cells("A2:B2")
    reading = read(tmp_path, "cases", "xlsx", saved(book))
    assert len(reading.faults) >= 1
    assert reading.lacks_parts
    for line in reading.lines if what != "id" else ():
        assert line.given is not None
        assert "defendants" not in line.given


def test_rows_of_parts_whose_part_is_nowhere_are_not_passed_over(tmp_path: Path) -> None:
    sheets = {
        "cases": MAIN,
        "defendants": [["id", "label"]],
        "charges": [["id", "defendant", "offence"], ["a-1", 1, "x"]],
    }
    reading = reading_of(tmp_path, sheets)
    assert said(reading.faults) == [
        "file.xlsx:charges:B2: defendant: the record has no defendant 1"
    ]
    assert [torn.code for torn in reading.torn] == ["a-1"]


def test_a_record_without_an_id_says_nothing_of_parts(tmp_path: Path) -> None:
    sheets = {
        "cases": [*MAIN, [None, "B", "FRA"]],
        "sources": [["id", "title", "url", "note"], ["a-1", "S"]],
    }
    first, second = (line.given for line in reading_of(tmp_path, sheets).lines)
    assert first is not None
    assert second == first - {"sources"}


@pytest.mark.parametrize("key", ["csv", "xlsx"])
def test_all_records_of_a_file_that_is_refused_are_torn(key: str, tmp_path: Path) -> None:
    rows = [["id", "titel"], *([f"a-{number}", "A"] for number in range(3))]
    data = table(*rows) if key == "csv" else saved(workbook({"cases": rows}))
    reading = read(tmp_path, "cases", key, data)
    assert [torn.number for torn in reading.torn] == [2, 3, 4]
    assert len(reading.faults) == 1
    stranger = {"cases": [*MAIN, ["a-2", "B", "FRA"]], "defendents": [["id"], ["a-1"]]}
    assert [torn.number for torn in reading_of(tmp_path, stranger).torn] == [2, 3]


def test_three_bad_parts_are_faults_of_one_record(tmp_path: Path) -> None:
    sheets = {
        "cases": [*MAIN, ["a-2", "B", "FRA"]],
        "defendants": [["id", "label"], ["a-1", "One"]],
        "charges": [["id", "defendant", "offence"], *(["a-1", 1, "=A1"] for _n in range(3))],
    }
    reading = reading_of(tmp_path, sheets)
    assert len(reading.faults) == 3
    assert [line.data["id"] for line in reading.lines] == ["a-2"]
    (torn,) = reading.torn
    assert (torn.sheet, torn.number, torn.code, torn.title) == ("cases", 2, "a-1", "A")
    assert {(fault.sheet, fault.line) for fault in reading.faults} <= torn.rows


def test_an_id_that_stands_twice_is_named(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"cases": [*MAIN, ["a-1", "B", "FRA"]]})
    assert said(reading.faults) == [
        "file.xlsx:cases:A2: id: “a-1” stands again in row 3",
        "file.xlsx:cases:A3: id: “a-1” stands already in row 2",
    ]
    # Whose the parts of a row are is not clear either: none of the two is sound.
    twice = reading_of(
        tmp_path,
        {
            "cases": [*MAIN, ["a-1", "B", "FRA"], ["a-2", "C", "FRA"]],
            "sources": [["id", "title", "url", "note"], ["a-1", "S"], ["a-2", "S"]],
        },
    )
    assert [line.data["id"] for line in twice.lines] == ["a-2"]
    assert [(torn.number, torn.code) for torn in twice.torn] == [(2, "a-1"), (3, "a-1")]
    assert not twice.lacks_parts


@pytest.mark.parametrize("key", ["csv", "xlsx"])
def test_more_than_200_columns_are_refused(key: str, tmp_path: Path) -> None:
    rows = [["id", *(f"c{number}" for number in range(250))], ["a"]]
    data = table(*rows) if key == "csv" else saved(workbook({"cases": rows}))
    assert refused(tmp_path, data, key).endswith("has more than 200 columns")


def test_rows_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (safety.MAX_ROWS, archives.MAX_SHEET_ROWS) == (20_000, 100_000)
    hundred_thousand = "id,title\n" + "\n".join(f"a-{n},A" for n in range(100_000))
    reading = read(tmp_path, "cases", "csv", hundred_thousand.encode())
    assert said(reading.faults) == ["file.csv:20002: a file has at most 20,000 records: divide it"]
    assert len(reading.lines) == 20_000
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    many = reading_of(tmp_path, {"cases": [*MAIN, ["a-2", "B", "FRA"]]})
    assert said(many.faults) == ["file.xlsx:cases:3: a file has at most 1 records: divide it"]
    monkeypatch.setattr(archives, "MAX_SHEET_ROWS", 1)
    assert "more than 1 rows" in refused(tmp_path, saved(workbook({"cases": MAIN})))


def test_a_giant_cell_is_refused(tmp_path: Path) -> None:
    giant = sheet_with("<t>", "<t>" + "9" * 300_000)
    assert "a text of more than 200,000 characters in row" in refused(tmp_path, giant)
    cell = table(["id", "title"], ["a", "x" * 300_000])
    limit = csv.field_size_limit()
    try:
        # Libraries change it for the whole process.
        for allowed in (131_072, 10_000_000):
            csv.field_size_limit(allowed)
            fault = refused(tmp_path, cell, "csv")
            assert fault == "file.csv:2: cannot be read: field larger than field limit (131072)"
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("id,title\na,Écluse".encode("latin-1"), "file.csv:2: is not UTF-8: byte 12."),
        ("id,title\na,b".encode("utf-16")[:-1], "file.csv: is not UTF-16: byte 27."),
        ("id,title\na,b".encode("utf-16-le"), "file.csv:1: holds a NUL byte"),
        (b'id,title\na,"b', "file.csv:2: cannot be read: unexpected end of data"),
        (b"id,title\na,b\x07", "file.csv:B2: title: holds a control character"),
        (b"id,title\n", "file.csv: has no rows below its headings"),
        (b"\n\n", "file.csv:1: the first row has no headings"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(data: bytes, what: str, tmp_path: Path) -> None:
    assert refused(tmp_path, data, "csv").startswith(what)


def test_control_characters_of_a_workbook_are_named(tmp_path: Path) -> None:
    # So does OOXML write the bell.
    fault = refused(tmp_path, saved(workbook({"cases": [MAIN[0], ["a-1", "b_x0007_", "FRA"]]})))
    assert fault == "file.xlsx:cases:B2: title: holds a control character"


def test_a_note_or_a_picture_beside_the_table_does_no_harm(tmp_path: Path) -> None:
    book = workbook({"cases": MAIN})
    book["cases"]["A2"].comment = Comment("Look again.", "A curator")
    assert len(read(tmp_path, "cases", "xlsx", saved(book)).lines) == 1


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    deep = b"[" * 100_000
    assert "is nested too deep" in refused(tmp_path, deep, "csl-json", "bibliography")
    braces = b"@book{a, title = " + b"{" * 20_000 + b"x" + b"}" * 20_000 + b"}"
    assert "is nested too deep" in refused(tmp_path, braces, "bibtex", "bibliography")


def test_bibtex_reads_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tex"
    secret.write_text("not to be read")
    entry = f"@book{{a, title = {{Boats \\input{{{secret}}} \\include{{{secret}}}}}}}".encode()
    (line,) = read(tmp_path, "bibliography", "bibtex", entry).lines
    assert "not to be read" not in json.dumps(line.data)


def test_ris_that_is_torn_is_named(tmp_path: Path) -> None:
    data = b"hello\nTY  - BOOK\nTI  - A\n\nTY  - BOOK\nTI  - B\nER  - \nTY  - BOOK\nTI  - C\n"
    reading = read(tmp_path, "bibliography", "ris", data)
    assert said(reading.faults) == [
        "file.ris:1: stands in no entry: hello",
        "file.ris:2: ER: the entry has no end (“ER  - ”)",
        "file.ris:8: ER: the entry has no end (“ER  - ”)",
    ]
    assert [line.data["title"] for line in reading.lines] == ["B"]


def test_a_workbook_of_ours_is_never_taken_for_a_bomb(tmp_path: Path) -> None:
    # The most regular table that we write: many records that say the same.
    lines = [{**CASE, "id": f"fra-2031-{number}", "facts": "x" * 5000} for number in range(600)]
    reading = read(tmp_path, "cases", "xlsx", written("cases", "xlsx", lines))
    assert (len(reading.lines), said(reading.faults)) == (600, [])
