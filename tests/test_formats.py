"""The file formats of curators: what is written is read again, and faults name their cells."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import numbers

from bibliography.citations import from_csl, to_csl
from portal.exchange.faults import Fault
from portal.exchange.formats.base import Format, Reading, format_of_name, formats_for, merged
from portal.exchange.formats.fault_sheets import faults_csv, faults_sheet
from portal.exchange.formats.template import CODES, GUIDE, template
from portal.exchange.formats.xlsx_writing import DoesNotFitError
from portal.exchange.foundations import Codes, present_codes
from portal.exchange.schema import faults_of
from portal.records.database import Database, database_for
from portal.records.lines import canonical
from portal.rest.tabular import guarded, unguarded
from tests.conftest import read_lines

SLUGS = ("cases", "legislation", "bibliography")
CASE = {
    "id": "fra-2031-made-up",
    "title": "Made up",
    "jurisdiction": "FRA",
    "sources": [{"title": "A made-up source"}],
}
#: All that a text of a record may hold; a text of white space alone says nothing.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\t\n\r"),
    min_size=1,
    max_size=60,
).filter(lambda text: text.strip())


def form(slug: str, key: str) -> tuple[Format, Database]:
    database = database_for(slug)
    return next(form for form in formats_for(database) if form.key == key), database


def written(slug: str, key: str, lines: Iterable[dict[str, Any]]) -> bytes:
    found, database = form(slug, key)
    assert found.write is not None
    return b"".join(found.write(lines, database, "https://portal.example"))


def read(folder: Path, slug: str, key: str, data: bytes, codes: Codes | None = None) -> Reading:
    found, database = form(slug, key)
    path = folder / "upload"
    path.write_bytes(data)
    assert found.read is not None
    return found.read(path, f"file.{found.extension}", database, codes or Codes({}))


def workbook(sheets: dict[str, list[list[Any]]]) -> Any:
    found = openpyxl.Workbook()
    found.remove(found.active)
    for name, rows in sheets.items():
        sheet = found.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return found


def saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def said(faults: Iterable[Fault]) -> list[str]:
    return [str(fault) for fault in faults]


def table(*rows: list[str]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("key", ["xlsx", "jsonl"])
def test_a_complete_format_brings_back_every_record_of_the_collection(
    slug: str, key: str, tmp_path: Path
) -> None:
    assert form(slug, key)[0].is_complete
    lines = read_lines(f"{slug}.jsonl")
    reading = read(tmp_path, slug, key, written(slug, key, lines))
    assert said(reading.faults) == []
    assert said(reading.warnings) == []
    assert [canonical(line.data) for line in reading.lines] == [canonical(line) for line in lines]


@pytest.mark.parametrize("slug", SLUGS)
def test_csv_brings_back_all_that_it_speaks_of(slug: str, tmp_path: Path) -> None:
    lines = read_lines(f"{slug}.jsonl")
    reading = read(tmp_path, slug, "csv", written(slug, "csv", lines))
    assert said(reading.faults) == []
    assert len(reading.lines) == len(lines)
    for line, back in zip(lines, reading.lines, strict=True):
        assert back.given is not None
        assert {"title", "sources"} <= back.given
        # Laid over the record it changes nothing: what is only counted stays.
        assert canonical(merged(canonical(line), back)) == canonical(line)
        assert not {"defendants", "provisions", "laws_applied"} & back.given


@pytest.mark.parametrize("key", ["csl-json", "ris", "bibtex"])
def test_reference_managers_bring_back_what_they_know_of_every_work(
    key: str, tmp_path: Path
) -> None:
    lines = read_lines("bibliography.jsonl")
    reading = read(tmp_path, "bibliography", key, written("bibliography", key, lines))
    assert said(reading.faults) == []
    for line, back in zip(lines, reading.lines, strict=True):
        found = {name: value for name, value in back.data.items() if name != "sources"}
        assert found == canonical(to_csl(line))
        # Annotation, topics, countries and sources of a work that is there stay as they are.
        assert canonical(merged(canonical(line), back)) == canonical(line)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=3, max_size=3), items=st.lists(TEXTS, max_size=3))
def test_any_text_survives_the_complete_formats(
    texts: list[str], items: list[str], tmp_path: Path
) -> None:
    line = {
        **CASE,
        "title": texts[0],
        "facts": texts[1],
        "citations": items,
        "defendants": [{"label": texts[2], "charges": [{"offence": texts[0]}]}],
    }
    for key in ("xlsx", "jsonl"):
        reading = read(tmp_path, "cases", key, written("cases", key, [line]))
        assert said(reading.faults) == []
        assert canonical(reading.lines[0].data) == canonical(line)


@given(TEXTS)
def test_a_text_that_looks_like_a_formula_is_guarded_in_csv_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text


def test_a_text_that_looks_like_a_formula_is_a_text_in_a_workbook() -> None:
    line = {**CASE, "title": "=cmd|' /C calc'!A0", "facts": "+1 and @x", "docket": "#N/A"}
    sheet = openpyxl.load_workbook(io.BytesIO(written("cases", "xlsx", [line])))["cases"]
    cells = {heading.value: cell for heading, cell in zip(sheet[1], sheet[2], strict=True)}
    for key in ("title", "facts", "docket"):
        assert (cells[key].value, cells[key].data_type) == (line[key], "s")
    assert cells["title"].quotePrefix
    assert cells["address"].value == "https://portal.example/id/fra-2031-made-up"
    rows = list(csv.reader(io.StringIO(written("cases", "csv", [line]).decode("utf-8-sig"))))
    assert dict(zip(*rows, strict=True))["title"] == "'=cmd|' /C calc'!A0"


def test_a_text_longer_than_a_cell_is_not_cut_in_silence() -> None:
    with pytest.raises(DoesNotFitError, match="fra-2031-made-up"):
        written("cases", "xlsx", [{**CASE, "citations": ["x" * 200] * 200}])


def test_cells_are_read_as_they_are_shown(tmp_path: Path) -> None:
    headings = ["id", "docket", "court", "decision_date", "migrants.count", "citations", "modes"]
    headings += ["migrants.includes_women", "migrants.includes_children"]
    book = workbook({"cases": [headings, ["a"], ["b"]]})
    sheet = book["cases"]
    sheet["B2"], sheet["B3"] = 2012.0, 123
    sheet["B3"].number_format = "00000"
    sheet["C2"] = 12.5
    sheet["D2"] = datetime(2012, 5, 31)
    sheet["D3"] = date(2012, 5, 1)
    sheet["D3"].number_format = numbers.FORMAT_DATE_XLSX17  # mmm-yy
    sheet["E2"], sheet["E3"] = 12.0, "12"
    sheet["F2"], sheet["G2"] = "[2012] FR 1; 2\nFR 3", "sea, land;air"
    sheet["H2"], sheet["I2"], sheet["H3"], sheet["I3"] = True, "no", 1, "YES"
    first, second = (line.data for line in read(tmp_path, "cases", "xlsx", saved(book)).lines)
    assert (first["docket"], second["docket"]) == ("2012", "00123")
    assert first["court"] == "12.5"
    assert (first["decision_date"], second["decision_date"]) == ("2012-05-31", "2012-05")
    assert first["migrants"]["count"] == second["migrants"]["count"] == 12
    assert first["citations"] == ["[2012] FR 1; 2", "FR 3"]
    assert first["modes"] == ["sea", "land", "air"]
    assert first["migrants"]["includes_women"] is second["migrants"]["includes_women"] is True
    assert (first["migrants"]["includes_children"], second["migrants"]["includes_children"]) == (
        False,
        True,
    )


def test_a_fault_of_a_line_names_sheet_row_and_column(tmp_path: Path) -> None:
    book = workbook(
        {
            "cases": [
                ["id", "title", "jurisdiction", "migrants.count"],
                ["a-1", "A", "FRA", "many"],
            ],
            "defendants": [["id", "label"], ["a-1", "One"], ["a-1", "Two"]],
            "charges": [["id", "defendant", "offence", "suspended"], ["a-1", 2, "", "perhaps"]],
            "sources": [["id", "title", "url"], ["a-1", "S", "ftp://x"]],
        }
    )
    reading = read(tmp_path, "cases", "xlsx", saved(book))
    assert said(reading.faults) == []
    (line,) = reading.lines
    codes = Codes({name: ["FRA"] for name in ("jurisdictions",)})
    found = {
        (fault.sheet, fault.line, fault.column, fault.key)
        for fault in faults_of(database_for("cases").importer.schema(codes), [line])
    }
    assert found == {
        ("cases", 2, "D", "migrants.count"),
        ("charges", 2, "C", "defendants[1].charges[0].offence"),
        ("charges", 2, "D", "defendants[1].charges[0].suspended"),
        ("sources", 2, "C", "sources[0].url"),
    }
    fault = line.fault("defendants[1].charges[0].suspended", "is wrong")
    assert str(fault) == "file.xlsx:charges:D2: defendants[1].charges[0].suspended: is wrong"


def test_a_file_speaks_only_of_the_columns_that_it_has(tmp_path: Path) -> None:
    now = {**CASE, "facts": "Old", "docket": "1", "migrants": {"count": 3, "deaths": 1}}
    rows = [["id", "facts", "migrants.count"], [CASE["id"], "", "4"]]
    (line,) = read(tmp_path, "cases", "csv", table(*rows)).lines
    assert line.given == {"id", "facts", "migrants.count"}
    assert merged(now, line) == {**CASE, "docket": "1", "migrants": {"count": 4, "deaths": 1}}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_in_the_ways_spreadsheets_write_it(
    delimiter: str, encoding: str, tmp_path: Path
) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(
        [["id", "title", "facts"], ["a", "Écluse, de; Paris", "x\ty"]]
    )
    reading = read(tmp_path, "cases", "csv", stream.getvalue().encode(encoding))
    assert said(reading.faults) == []
    assert reading.lines[0].data == {"id": "a", "title": "Écluse, de; Paris", "facts": "x\ty"}


def test_numbers_of_rows_above_are_those_that_are_written_there(tmp_path: Path) -> None:
    book = workbook(
        {
            "cases": [["id"], ["a"]],
            "defendants": [["id", "defendant", "label"], ["a", 1, "One"], ["a", 3, "Three"]],
            "charges": [["id", "defendant", "offence"], ["a", 3, "x"]],
        }
    )
    (line,) = read(tmp_path, "cases", "xlsx", saved(book)).lines
    assert line.data["defendants"][1]["charges"] == [{"offence": "x"}]
    assert line.given == {"id", "defendants"}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_the_template_explains_itself_and_holds_no_record(slug: str, tmp_path: Path) -> None:
    data = template(database_for(slug), present_codes())
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert (book.sheetnames[0], book.sheetnames[1], book.sheetnames[-1]) == (GUIDE, slug, CODES)
    sheet = book[slug]
    heading = {cell.value: cell for cell in sheet[1]}
    assert "Required" in getattr(heading["title"].comment, "text", "")
    assert heading["title"].fill.fgColor.rgb != heading["language"].fill.fgColor.rgb
    choices = {
        str(choice.sqref).split("2:")[0]: choice for choice in sheet.data_validations.dataValidation
    }
    state = choices[heading["state"].column_letter].formula1
    area = book[CODES][state.split("!")[1].replace("$", "")]
    assert [cell.value for (cell,) in area] == ["draft", "in_review", "published", "withdrawn"]
    labels = {row[1].value: row[2].value for row in book[CODES].iter_rows()}
    assert labels["FRA" if slug != "bibliography" else "book"] in ("France", "Book")
    reading = read(tmp_path, slug, "xlsx", data, present_codes())
    assert reading.lines == []
    assert said(reading.faults) == [f"file.xlsx:{slug}: has no rows below its headings"]
    # What is typed below its headings is read.
    sheet["A2"] = "made-up"
    (line,) = read(tmp_path, slug, "xlsx", saved(book), present_codes()).lines
    assert line.data == {"id": "made-up"}


def test_entries_of_other_programs_are_understood() -> None:
    line, left_out = from_csl(
        {
            "id": "http://zotero.example/items/1",
            "type": "post-weblog",
            "title": "On <i>boats</i>",
            "author": [
                {
                    "non-dropping-particle": "van der",
                    "family": "Berg",
                    "given": "A.",
                    "suffix": "Jr.",
                },
                {"family": "", "given": "UNODC"},
            ],
            "issued": {"date-parts": [["2013", 8], ["2014"]]},
            "DOI": "https://doi.org/10.1/ABC",
            "language": "English",
            "volume": 3,
            "abstract": "Not ours.",
            "citation-key": "berg",
        }
    )
    assert line == {
        "type": "webpage",
        "title": "On boats",
        "author": [{"family": "van der Berg", "given": "A., Jr."}, {"literal": "UNODC"}],
        "issued": {"date-parts": [[2013, 8]]},
        "DOI": "10.1/ABC",
        "language": "en",
        "volume": "3",
        "sources": [{"title": "On boats", "url": "https://doi.org/10.1/ABC"}],
    }
    assert {key for key, _why in left_out} == {"issued", "abstract", "citation-key"}


def test_ris_of_other_programs_is_understood(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\r\nAU  - Doe, Jane\r\nAU  - Europol\r\nT1  - Boats\r\nJF  - Journal\r\n"
        "PY  - 2013/08//\r\nSP  - 1\r\nEP  - 9\r\nSN  - 1234-5678\r\nUR  - https://x.example/a\r\n"
        "KW  - boats\r\nXX  - odd\r\nER  - \r\n\r\nTY  - XYZ\r\nTI  - Two\r\nER  - \r\n"
    )
    reading = read(tmp_path, "bibliography", "ris", text.encode())
    first, second = reading.lines
    assert first.data == {
        "type": "article-journal",
        "title": "Boats",
        "author": [{"family": "Doe", "given": "Jane"}, {"literal": "Europol"}],
        "container-title": "Journal",
        "page": "1-9",
        "issued": {"date-parts": [[2013, 8]]},
        "ISSN": "1234-5678",
        "URL": "https://x.example/a",
        "sources": [{"title": "Boats", "url": "https://x.example/a"}],
    }
    assert (second.number, second.data["type"]) == (15, "XYZ")
    assert {(warning.key, warning.line) for warning in reading.warnings} == {("KW", 1), ("XX", 1)}


def test_bibtex_of_other_programs_is_understood(tmp_path: Path) -> None:
    text = (
        '@string{j = "Journal of Made-up Studies"}\n@comment{made by hand}\n'
        '@article{doe2013, author = {Doe, Jane and {United Nations} and von Bar, J{\\"o}rg},\n'
        "title = {{B}oats \\& 50% of \\'Etudes}, journal = j, year = 2013, month = aug,\n"
        "pages = {1--9}, url = {https://x.example/a%20b_c}, abstract = {no}}\n"
        "@article{broken, title = {x}\n"
    )
    reading = read(tmp_path, "bibliography", "bibtex", text.encode())
    (line,) = reading.lines
    assert line.data == {
        "type": "article-journal",
        "title": "Boats & 50% of Études",
        "author": [
            {"family": "Doe", "given": "Jane"},
            {"literal": "United Nations"},
            {"family": "von Bar", "given": "Jörg"},
        ],
        "container-title": "Journal of Made-up Studies",
        "page": "1-9",
        "issued": {"date-parts": [[2013, 8]]},
        "URL": "https://x.example/a%20b_c",
        "sources": [{"title": "Boats & 50% of Études", "url": "https://x.example/a%20b_c"}],
    }
    assert [fault.line for fault in reading.faults] == [6]
    assert {warning.key for warning in reading.warnings} == {"", "abstract"}


def test_ris_with_lines_that_have_no_tag_is_read(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\n\n stray\nTI  - One\nTI  - Two\n goes on\n\nAU  - Doe, Jane\nER  - \n"
        "TY  - BOOK\n\nTI  - A title\nthat goes on\nKW  - a\nb\nER - \n"
    )
    reading = read(tmp_path, "bibliography", "ris", text.encode())
    assert said(reading.faults) == []
    assert [line.data["title"] for line in reading.lines] == ["One", "A title that goes on"]
    assert [line.data.get("author") for line in reading.lines] == [
        [{"family": "Doe", "given": "Jane"}], None,
    ]  # fmt: skip
    assert [(warning.key, warning.line) for warning in reading.warnings] == [
        ("TY", 1), ("TI", 1), ("KW", 10),
    ]  # fmt: skip


def test_latex_that_lacks_an_argument_is_a_fault_of_its_entry(tmp_path: Path) -> None:
    titles = [r"A \href{x}{y}", r"A \sqrt", r"A \footnote", "Sound"]
    text = "".join(f"@book{{k{n}, title = {{{title}}}}}\n" for n, title in enumerate(titles))
    reading = read(tmp_path, "bibliography", "bibtex", text.encode())
    assert [line.data["title"] for line in reading.lines][-1] == "Sound"
    assert len(reading.lines) + len(reading.torn) == len(titles)
    assert [(fault.line, fault.key) for fault in reading.faults] == [
        (1, "k0"),
        (2, "k1"),
        (3, "k2"),
    ]
    assert "cannot be read" in reading.faults[0].message


#: What breaks a file of each format where it does not belong.
SPLINTERS = {
    "ris": [
        "\n", "  - ", "TY  - ", "ER  - \n", "TI  - again\n goes on\n", "AU  - ", "SN  - ",
        "DA  - 2013//13\n", "İİ  - x\n", "goes on\n",
    ],
    "bibtex": [
        "{", "}", r"\href{x}{y}", r"\sqrt", r"\footnote", '"', "=", ",", "@book{", "@comment{", "#",
        r"\'", "\\", "$", " and ", r"\char0", r"\symbol{", "%", r"\begin{x}", "@string{",
    ],
    "csl-json": [
        "{", "}", "[", "]", ",", ":", "null", '"', "1e999", "true", '{"date-parts":[[]]}', "[[1]]",
        r"\u0000", r"\ud800",
    ],
}  # fmt: skip


def _damaged(text: str, splinters: list[str], chance: random.Random) -> str:
    """A text to which up to eight things happen that happen to files."""
    for _time in range(chance.randint(1, 8)):
        place, length = chance.randrange(len(text) + 1), chance.randint(1, 300)
        rest = text[place:]
        text = text[:place] + chance.choice(
            [
                chance.choice(splinters) + rest,
                rest[length % 12 :],
                chance.choice("\t\n \x7f\x85\u2028é😀{") + rest[1:],
                text[length : 2 * length] + rest,
                rest[length:] + rest[:length],
            ]
        )
    return text


@pytest.mark.parametrize("key", SPLINTERS)
def test_a_damaged_file_of_citations_ends_in_lines_or_faults(key: str, tmp_path: Path) -> None:
    works = read_lines("bibliography.jsonl")
    for seed in range(250):
        chance = random.Random(f"{key} {seed}")
        sound = written("bibliography", key, chance.sample(works, 3)).decode()
        data = _damaged(sound, SPLINTERS[key], chance).encode()
        reading = read(tmp_path, "bibliography", key, data)
        assert reading.lines or reading.faults, seed


def test_a_line_of_json_speaks_of_the_keys_that_it_has(tmp_path: Path) -> None:
    now = {**CASE, "facts": "Old", "docket": "1", "modes": ["sea"], "migrants": {"count": 3}}
    line = {"id": CASE["id"], "docket": None, "modes": [], "migrants": {"deaths": 1}, "odd": None}
    (found,) = read(tmp_path, "cases", "jsonl", json.dumps(line).encode()).lines
    assert found.given == set(line)
    # A key that there is not is still for the schema to name.
    assert found.data == {"id": CASE["id"], "migrants": {"deaths": 1}, "odd": None}
    assert merged(now, found) == {**CASE, "facts": "Old", "migrants": {"deaths": 1}}


@pytest.mark.parametrize("text", [chr(number) for number in range(32) if number not in (9, 10, 13)])
def test_a_control_character_goes_out_in_a_workbook_and_is_named_on_the_way_back(
    text: str, tmp_path: Path
) -> None:
    data = written("cases", "xlsx", [{**CASE, "title": f"A{text}B"}, CASE])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert f"A_x{ord(text):04X}_B" in archive.read("xl/worksheets/sheet1.xml").decode()
    reading = read(tmp_path, "cases", "xlsx", data)
    # Read as the character that it is, and so refused as everywhere.
    assert [fault.message for fault in reading.faults if fault.key == "title"] == [
        "holds a control character"
    ]


def test_a_text_that_looks_like_an_escape_comes_back(tmp_path: Path) -> None:
    titles = ["_x000B_", "a_x000b_b", "_x005F_x000B_", "_x_", "_xyz", "__x0041_", "\ufffe\uffff\r"]
    lines = [{**CASE, "id": f"a-{n}", "title": title} for n, title in enumerate(titles)]
    reading = read(tmp_path, "cases", "xlsx", written("cases", "xlsx", lines))
    assert said(reading.faults) == []
    assert [line.data["title"] for line in reading.lines] == titles


def test_formats_are_told_by_the_names_of_files() -> None:
    works, cases = database_for("bibliography"), database_for("cases")
    names = ["a.XLSX", "a.csv", "a.jsonl", "a.json", "a.ris", "a.bib", "a.docx", "a"]
    found = [format_of_name(name, works) for name in names]
    assert [form and form.key for form in found] == [
        "xlsx", "csv", "jsonl", "csl-json", "ris", "bibtex", None, None,
    ]  # fmt: skip
    assert format_of_name("a.ris", cases) is None


def test_faults_can_be_taken_along_as_a_table() -> None:
    faults = [Fault("=a.xlsx", 3, "docket", "is wrong", "cases", "B")]
    warnings = [Fault("a.xlsx", 0, "", "has hidden rows", "charges")]
    sheet = openpyxl.load_workbook(io.BytesIO(faults_sheet(faults, warnings))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows == [
        ["=a.xlsx", "cases", 3, "B", "docket", "is wrong", "fault"],
        ["a.xlsx", "charges", None, None, None, "has hidden rows", "warning"],
    ]
    first = list(csv.reader(io.StringIO(faults_csv(faults).decode("utf-8-sig"))))[1]
    assert first == ["'=a.xlsx", "cases", "3", "B", "docket", "is wrong", "fault"]


def test_csl_json_is_strict(tmp_path: Path) -> None:
    data = json.dumps([{"type": "book", "title": "A"}, 3, {"title": "bad \x00"}]).encode()
    reading = read(tmp_path, "bibliography", "csl-json", data)
    assert [line.data["title"] for line in reading.lines] == ["A"]
    assert said(reading.faults) == [
        "file.json:2: is not an object",
        "file.json:3: title: holds a control character",
    ]
