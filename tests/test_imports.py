"""Imports: the rehearsal writes nothing and tells the truth; what was shown is what is written."""

from __future__ import annotations

import copy
import re
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from bibliography.models import Work
from caselaw.models import Case, CaseSource, Defendant, LawApplied, ProvisionApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.exchange.formats.columns import Sheet, sheets_of
from portal.imports import steps
from portal.imports.models import ImportFault, ImportRow, ImportRun
from portal.records.database import database_for
from portal.records.models import Redirect, Revision, State
from portal.search.models import SearchDocument
from tests.admin_forms import count
from tests.conftest import read_lines, reader
from tests.import_files import (
    CASE,
    LAW,
    WORK,
    Said,
    brought,
    edited,
    everything,
    gone_on,
    kinds,
    line_of,
    put,
    rehearsed,
    renamed,
    told,
    without_columns,
    written,
)
from tests.samples import state_of_database
from tests.test_roles import case_of, curator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


@pytest.fixture
def publisher() -> User:
    return curator("publisher")


def with_(line: Said, **values: Any) -> Said:
    return {**copy.deepcopy(line), **values}


def without(line: Said, *keys: str) -> Said:
    return {key: copy.deepcopy(value) for key, value in line.items() if key not in keys}


def public_line(rows: int = 1) -> list[Said]:
    """Lines of the collection that are public and have parts of many kinds."""
    rich = [
        line
        for line in read_lines("cases.jsonl")
        if "state" not in line and "defendants" in line and "laws_applied" in line
    ]
    return rich[:rows]


def test_a_rehearsal_writes_nothing_and_asks_nobody(
    folder: Path, publisher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = with_(public_line()[0], title="A changed title", facts="Other facts.")
    path = written(folder / "a.jsonl", "cases", [CASE, changed, with_(CASE, id="x", title=7)])
    run = brought(path, "cases", publisher)
    before, tables = everything(), state_of_database()

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    run = gone_on(run, publisher)
    assert kinds(run) == ["new", "changed", "faulty"]
    assert everything() == before
    own = {model._meta.label for model in (ImportRun, ImportRow, ImportFault)}
    after = state_of_database()
    assert [label for label in tables if label not in own and after[label] != tables[label]] == []


def test_what_was_shown_is_what_is_written(folder: Path, publisher: User) -> None:
    old = public_line()[0]
    changed = with_(old, title="A changed title")
    path = written(folder / "a.jsonl", "cases", [CASE, changed])
    run = rehearsed(path, "cases", publisher, why="The court's list.")
    new, other = run.rows.order_by("number")
    assert (new.before, other.before["title"]) == (None, old["title"])
    run = put(run, publisher)
    assert run.stage == "written"
    case = Case.objects.get(code=CASE["id"])
    assert (case.state, case.created_by, case.first_published_at) == ("draft", publisher, None)
    assert line_of(case) == new.after == {**new.data, "state": "draft"}
    again = Case.objects.get(code=old["id"])
    assert line_of(again) == other.after
    assert again.is_public
    revisions = [*Revision.objects.of(case), *Revision.objects.of(again)]
    assert [(r.action, r.by) for r in revisions] == [
        ("entered", publisher), ("changed", publisher), ("before", None),
    ]  # fmt: skip
    assert revisions[0].why == revisions[1].why == "Import of a.jsonl: The court's list."
    assert SearchDocument.objects.get(code=CASE["id"]).title == "Quince crossing"
    assert count(reader(), q="“A changed title”") == 1


def test_the_collection_takes_an_import_for_an_edit_by_hand(folder: Path, publisher: User) -> None:
    old = public_line()[0]
    path = written(folder / "a.jsonl", "cases", [with_(old, title="A changed title"), CASE])
    put(rehearsed(path, "cases", publisher), publisher)
    call_command("load_collection", verbosity=0)
    assert Case.objects.get(code=old["id"]).title == "A changed title"
    assert Case.objects.get(code=CASE["id"]).loaded_fingerprint == ""


FORMATS = [
    *(("cases", CASE, key) for key in ("jsonl", "xlsx", "csv")),
    *(("legislation", LAW, key) for key in ("jsonl", "xlsx", "csv")),
    *(("bibliography", WORK, key) for key in ("jsonl", "xlsx", "csv", "csl-json", "ris", "bibtex")),
]


@pytest.mark.parametrize(("slug", "line", "key"), FORMATS)
@pytest.mark.parametrize("is_public", [False, True])
def test_the_same_file_twice_changes_nothing(
    folder: Path, publisher: User, slug: str, line: Said, key: str, is_public: bool
) -> None:
    # Without an id where the format can do without: the record is found by what it says.
    lines = [without(line, "id")] if key == "jsonl" else [line]
    path = written(folder / "file", slug, lines, key)
    if key == "csv":
        path.write_text(without_columns(path.read_text(encoding="utf-8-sig"), "id", "address"))
    source = {"source_title": "The Quince Gazette"}
    run = rehearsed(path, slug, publisher, key, **source)
    assert (kinds(run), told(run)) == (["new"], [])
    put(run, publisher)
    row = run.rows.get()
    record: Any = database_for(slug).model._default_manager.get(code=row.code)
    assert line_of(record) == row.after
    if is_public:
        type(record)._default_manager.filter(pk=record.pk).update(state=State.PUBLISHED)
    revisions = Revision.objects.of(record).count()
    again = rehearsed(path, slug, publisher, key, **source)
    assert (kinds(again), told(again)) == (["unchanged"], [])
    with pytest.raises(steps.NotNowError, match="nothing to write"):
        put(again, publisher)
    assert Revision.objects.of(record).count() == revisions


def test_a_file_of_columns_leaves_other_keys_alone(folder: Path, publisher: User) -> None:
    put(rehearsed(written(folder / "a.jsonl", "cases", [CASE]), "cases", publisher), publisher)
    path = folder / "b.csv"
    path.write_text(f"id,court,docket,migrants.count\n{CASE['id']},Quince Court,,13\n")
    run = put(rehearsed(path, "cases", publisher, "csv"), publisher)
    assert kinds(run) == ["changed"]
    wanted = {
        **without(CASE, "docket"),
        "state": "draft",
        "court": "Quince Court",
        "migrants": {"count": 13, "includes_children": False},
    }
    assert line_of(Case.objects.get(code=CASE["id"])) == wanted


def test_rows_of_parts_come_with_their_sheets(folder: Path, publisher: User) -> None:
    path = written(folder / "a.xlsx", "cases", [CASE], "xlsx")
    put(rehearsed(path, "cases", publisher, "xlsx"), publisher)
    first, second = Defendant.objects.filter(case__code=CASE["id"]).order_by("position")
    assert [charge.offence for charge in first.charges.all()] == [
        "Carrying quinces", "Hiding quinces",
    ]  # fmt: skip
    assert not second.charges.exists()


def cases_as_a_workbook(path: Path, change: Callable[[Any], None], rows: int = 3) -> Path:
    """An export of some cases with parts, in which somebody has worked."""
    lines = said_now([line["id"] for line in public_line(rows)])
    return edited(written(path, "cases", list(lines.values()), "xlsx"), change)


def said_now(codes: Iterable[str]) -> dict[str, Said]:
    return {code: line_of(Case.objects.get(code=code)) for code in codes}


def misspelt(book: Any) -> None:
    renamed(book["charges"], "offence", "offense")


def merged_cells(book: Any) -> None:
    book["charges"].merge_cells("A2:A3")


def too_wide(book: Any) -> None:
    book["charges"].cell(1, 230).value = "more"


def of_nobody(book: Any) -> None:
    book["charges"].cell(2, 1).value = "nowhere"


@pytest.mark.parametrize("change", [misspelt, merged_cells, too_wide, of_nobody])
def test_parts_that_were_refused_keep_all_rows_from_being_written(
    folder: Path, publisher: User, change: Callable[[Any], None]
) -> None:
    def worked(book: Any) -> None:
        renamed_titles(book["cases"])
        change(book)

    path = cases_as_a_workbook(folder / "a.xlsx", worked)
    codes = [line["id"] for line in public_line(3)]
    before = said_now(codes)
    assert sum(len(d.get("charges", ())) for line in before.values() for d in line["defendants"])
    run = rehearsed(path, "cases", publisher, "xlsx")
    assert told(run)
    for only_sound in (False, True):
        with pytest.raises(steps.NotNowError, match="could not be put to their records"):
            put(run, publisher, only_sound=only_sound)
    assert said_now(codes) == before
    # Nor does what is shown speak of charges that would go.
    if change is not of_nobody:
        assert kinds(run) == ["changed"] * 3
        for row in run.rows.all():
            assert row.after["defendants"] == row.before["defendants"]


def renamed_titles(sheet: Any) -> None:
    place = [cell.value for cell in sheet[1]].index("title") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, place).value += " again"


def without_rows(sheet: Any) -> None:
    sheet.delete_rows(2, sheet.max_row)


@pytest.mark.parametrize("is_there", [True, False])
def test_charges_stay_where_their_sheet_says_nothing(
    folder: Path, publisher: User, is_there: bool
) -> None:
    charges = CASE["defendants"][0]["charges"]
    other = with_(CASE, id="a-2", title="Another")
    path = written(folder / "a.jsonl", "cases", [CASE, other])
    put(rehearsed(path, "cases", publisher), publisher)

    def change(book: Any) -> None:
        if is_there:
            without_rows(book["charges"])
        else:
            del book["charges"]
        rows = book["defendants"]
        age, label = ([cell.value for cell in rows[1]].index(key) + 1 for key in ("age", "label"))
        # Of the first case one defendant is older, of the second one is another.
        rows.cell(2, age).value = 40
        rows.cell(4, label).value = "Somebody else"

    path = edited(written(folder / "a.xlsx", "cases", [CASE, other], "xlsx"), change)
    run = rehearsed(path, "cases", publisher, "xlsx")
    assert (kinds(run), told(run)) == (["changed", "changed"], [])
    warnings = [fault for fault in run.faults.filter(is_warning=True) if fault.row]
    assert [(fault.row.code, fault.key) for fault in warnings] == [("a-2", "defendants")]
    assert "“Defendant 1” goes, with all that belongs to it (charges)" in warnings[0].message
    put(run, publisher)
    first = line_of(Case.objects.get(code=CASE["id"]))["defendants"]
    assert first == [{"label": "Defendant 1", "age": 40, "charges": charges}, CASE["defendants"][1]]
    second = line_of(Case.objects.get(code="a-2"))["defendants"]
    assert second == [{"label": "Somebody else"}, {"label": "Defendant 2"}]


def test_defendants_that_are_called_the_same_keep_their_charges_by_their_places(
    folder: Path, publisher: User
) -> None:
    charges = [[{"offence": f"Quinces {number}"}] for number in range(3)]
    twins = [{"label": "Unnamed", "charges": charges[number]} for number in range(2)]
    case = with_(CASE, defendants=[*twins, {"label": "Last", "charges": charges[2]}])
    path = written(folder / "a.jsonl", "cases", [case])
    put(rehearsed(path, "cases", publisher), publisher)

    def change(book: Any) -> None:
        without_rows(book["charges"])
        # The second goes: the third keeps what is his own by his name.
        book["defendants"].delete_rows(3)

    path = edited(written(folder / "a.xlsx", "cases", [case], "xlsx"), change)
    put(rehearsed(path, "cases", publisher, "xlsx"), publisher)
    assert line_of(Case.objects.get(code=CASE["id"]))["defendants"] == [
        twins[0], {"label": "Last", "charges": charges[2]},
    ]  # fmt: skip


def test_links_that_a_curator_chose_stay_where_their_sheet_says_nothing(
    folder: Path, publisher: User
) -> None:
    applied: Any = LawApplied.objects.filter(provision_links__isnull=False).order_by("pk").first()
    applied.provision_links.all().delete()
    chosen = Provision.objects.filter(law=applied.law).order_by("pk").last()
    ProvisionApplied.objects.create(application=applied, provision=chosen, match="part")
    line = line_of(applied.case)
    assert [part for part in line["laws_applied"] if isinstance(part.get("provision_links"), list)]

    def change(book: Any) -> None:
        without_rows(book["provision_links"])

    path = edited(written(folder / "a.xlsx", "cases", [line], "xlsx"), change)
    run = rehearsed(path, "cases", publisher, "xlsx")
    assert (kinds(run), told(run)) == (["unchanged"], [])


def test_numbers_are_those_of_the_records_of_the_file(folder: Path, publisher: User) -> None:
    def change(book: Any) -> None:
        # Three charges of the first case are faulty, and the title of the third.
        for _charge in range(3):
            book["charges"].append([codes[0], 1, "=A1"])
        cases = book["cases"]
        cases.cell(4, [cell.value for cell in cases[1]].index("title") + 1).value = "=A1"

    codes = [line["id"] for line in public_line(4)]
    run = rehearsed(cases_as_a_workbook(folder / "a.xlsx", change, 4), "cases", publisher, "xlsx")
    assert (run.total, run.done) == (4, 4)
    rows = list(run.rows.order_by("number"))
    assert [(row.number, row.line, row.code) for row in rows] == [
        (place + 1, place + 2, code) for place, code in enumerate(codes)
    ]
    assert [row.kind for row in rows] == ["faulty", "unchanged", "faulty", "unchanged"]
    assert [row.faults.filter(is_warning=False).count() for row in rows] == [3, 0, 1, 0]
    assert not run.faults.filter(row=None, is_warning=False).exists()

    def wrong_heading(book: Any) -> None:
        renamed(book["cases"], "title", "titel")

    path = cases_as_a_workbook(folder / "b.xlsx", wrong_heading, 4)
    run = rehearsed(path, "cases", publisher, "xlsx")
    assert kinds(run) == ["faulty"] * 4
    (fault,) = run.faults.all()
    assert (fault.row, fault.line) == (None, 1)
    path = folder / "c.csv"
    path.write_text("id,titel\na-1,A\n\na-2,B\n")
    run = rehearsed(path, "cases", publisher, "csv")
    assert (kinds(run), run.total) == (["faulty"] * 2, 2)


def test_an_id_that_stands_twice_leaves_neither_of_its_rows_sound(
    folder: Path, publisher: User
) -> None:
    other = with_(CASE, id="a-2", title="Another")

    def change(book: Any) -> None:
        for sheet in book.worksheets:
            for row in sheet.iter_rows(min_row=2):
                for cell in row:
                    cell.value = CASE["id"] if cell.value == "a-2" else cell.value

    path = edited(written(folder / "a.xlsx", "cases", [CASE, other, LAST], "xlsx"), change)
    run = rehearsed(path, "cases", publisher, "xlsx")
    assert kinds(run) == ["faulty", "faulty", "new"]
    assert [line for line, _key, _message in told(run) if _key == "id"] == [2, 3]
    put(run, publisher, only_sound=True)
    assert not Case.objects.filter(code=CASE["id"]).exists()
    assert line_of(Case.objects.get(code="a-3")) == {**LAST, "state": "draft"}


LAST = {"id": "a-3", "title": "Last", "jurisdiction": "FRA", "sources": CASE["sources"]}


def test_a_line_of_json_changes_only_what_it_speaks_of(folder: Path, publisher: User) -> None:
    put(rehearsed(written(folder / "a.jsonl", "cases", [CASE]), "cases", publisher), publisher)
    short = {key: CASE[key] for key in ("id", "title", "jurisdiction")}
    run = rehearsed(written(folder / "b.jsonl", "cases", [short]), "cases", publisher)
    assert (kinds(run), told(run)) == (["unchanged"], [])
    # Not even what every record must have is asked of a line that changes one.
    lines = [{"id": CASE["id"], "court": "Quince Court", "docket": None, "defendants": []}]
    run = put(rehearsed(written(folder / "c.jsonl", "cases", lines), "cases", publisher), publisher)
    assert kinds(run) == ["changed"]
    wanted = {**without(CASE, "docket", "defendants"), "state": "draft", "court": "Quince Court"}
    assert line_of(Case.objects.get(code=CASE["id"])) == wanted
    lines = [{"id": CASE["id"], "title": None}, {"id": CASE["id"], "sources": []}]
    for line, outcome in zip(lines, ("faulty", "unchanged"), strict=True):
        run = rehearsed(written(folder / "d.jsonl", "cases", [line]), "cases", publisher)
        assert kinds(run) == [outcome]


def test_faults_that_are_found_while_comparing_name_their_cells(
    folder: Path, publisher: User
) -> None:
    laws = [{"law": "Quince Act"}, {"law": "Quince Act", "law_id": "nowhere"}]
    case = with_(CASE, laws_applied=laws)
    run = rehearsed(written(folder / "a.xlsx", "cases", [LAST, case], "xlsx"), "cases", publisher,
                    "xlsx")  # fmt: skip
    fault = run.faults.get(is_warning=False)
    headings = [column.key for column in sheet_of("laws_applied").headings]
    column = get_column_letter(headings.index("law_id") + 1)
    assert (fault.sheet, fault.line, fault.column) == ("laws_applied", 3, column)
    assert (fault.row.sheet, fault.row.line, fault.row.code) == ("cases", 3, CASE["id"])
    path = folder / "b.csv"
    path.write_text(
        "id,title,jurisdiction,state,source_1_title\n"
        "a-1,A,FRA,draft,S\na-2,B,FRA,withdrawn,S\na-3,C,,draft,S\n"
    )
    run = rehearsed(path, "cases", publisher, "csv")
    found = run.faults.order_by("line").values_list("line", "column", "key")
    assert list(found) == [(3, "D", "state"), (4, "C", "jurisdiction")]


def sheet_of(name: str) -> Sheet:
    return next(sheet for sheet in sheets_of(database_for("cases")).all() if sheet.name == name)


TORN = [
    ("ris", "TY  - JOUR\n\nstray\nTI  - One\nTI  - Two\n goes on\nER  - \n", "new"),
    ("bibtex", r"@book{a, title = {A \href{x}{y}}}", "faulty"),
    ("bibtex", r"@book{a, title = {A \sqrt}}", "faulty"),
    ("csl-json", '[{"type": "book", "title": "A", "issued": {"date-parts": [[{}]]}}]', "faulty"),
]


@pytest.mark.parametrize(("key", "text", "kind"), TORN)
def test_odd_files_of_citations_are_rehearsed(
    folder: Path, publisher: User, key: str, text: str, kind: str
) -> None:
    path = folder / "a"
    path.write_text(text)
    run = rehearsed(path, "bibliography", publisher, key, source_title="The Quince Gazette")
    assert run.stage == "rehearsed"
    assert (kinds(run), bool(told(run))) == ([kind], kind == "faulty")


def test_a_reader_that_fails_is_a_fault_of_the_file(
    folder: Path, publisher: User, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*_args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("portal.exchange.formats.json_lines.read_lines", fail)
    run = rehearsed(written(folder / "a.jsonl", "cases", [CASE]), "cases", publisher)
    assert (run.stage, run.total) == ("rehearsed", 0)
    assert "the reader of this format failed (ZeroDivisionError)" in told(run)[0][2]
    (record,) = [record for record in caplog.records if record.exc_info]
    assert f"import {run.pk}" in record.getMessage()

    def lose(*_args: Any) -> None:
        raise OperationalError

    # A database that is away is no fault of the file.
    monkeypatch.setattr("portal.exchange.formats.json_lines.read_lines", lose)
    with pytest.raises(OperationalError):
        rehearsed(written(folder / "a.jsonl", "cases", [CASE]), "cases", publisher)


def test_codes_are_made_as_the_collection_makes_them(folder: Path, publisher: User) -> None:
    cases = [
        {"title": "R v Quince", "jurisdiction": "AUS", "decision_date": "2031-05-06"},
        {"title": "Affaire des coings d’été", "jurisdiction": "FRA"},
        {"title": "榅桲案", "jurisdiction": "CHN", "decision_date": "2031"},
    ]
    sources = {"source_title": "The Quince Gazette", "source_url": "https://quince.example/"}
    run = rehearsed(written(folder / "a.jsonl", "cases", cases), "cases", publisher, **sources)
    codes = [row.code for row in run.rows.order_by("number")]
    assert codes[:2] == ["aus-2031-r-v-quince", "fra-nd-affaire-des-coings-dete"]
    assert codes[2].startswith("chn-2031-")
    assert run.rows.first().after["sources"] == [
        {"title": "The Quince Gazette", "url": "https://quince.example/"}
    ]
    works = [without(WORK, "id", "DOI"), with_(without(WORK, "id"), title="Other", ISBN="x")]
    run = rehearsed(written(folder / "b.jsonl", "bibliography", works), "bibliography", publisher)
    assert [row.code for row in run.rows.order_by("number")] == [
        "quincey-2031-on-the-crossing-of-quinces", "quincey-2031-other",
    ]  # fmt: skip


def test_rows_without_a_code_find_the_records_of_the_collection(
    folder: Path, publisher: User
) -> None:
    for slug in ("cases", "legislation", "bibliography"):
        lines = read_lines(f"{slug}.jsonl")
        path = written(folder / "a.jsonl", slug, [without(line, "id", "state") for line in lines])
        run = rehearsed(path, slug, publisher)
        rows = list(run.rows.order_by("number"))
        for row, line in zip(rows, lines, strict=True):
            # Never another record, and never one more: what cannot be told is a fault.
            assert row.kind == "faulty" or row.code == line["id"], (row.code, line["id"])
            assert row.kind != "new"
        assert sum(row.kind == "unchanged" for row in rows) > 0.9 * len(rows), slug


def test_rows_that_cannot_be_told_apart_are_faults(folder: Path, publisher: User) -> None:
    taken = with_(CASE, id="aus-2031-r-v-quince", title="Another title", jurisdiction="AUS")
    derived = {"title": "R v Quince", "jurisdiction": "AUS", "decision_date": "2031"}
    twice = with_(CASE, title="Said twice")
    put(rehearsed(written(folder / "a.jsonl", "cases", [taken]), "cases", publisher), publisher)
    Redirect.objects.create(code="fra-old", target=taken["id"], reason="merged")
    path = written(
        folder / "b.jsonl",
        "cases",
        [derived, twice, twice, with_(CASE, id="fra-old"), with_(CASE, id=LAW_IN_FORCE)],
    )
    run = rehearsed(path, "cases", publisher)
    assert kinds(run) == ["faulty", "new", "faulty", "faulty", "faulty"]
    found = {line: message for line, _key, message in told(run)}
    assert "Another title" in found[1]
    assert "stands already in line 2" in found[3]
    assert f"the record is now “{taken['id']}”" in found[4]
    assert "another database" in found[5]


LAW_IN_FORCE = "aus-migration-act-1958"


def test_faults_are_named_by_row_and_key(folder: Path, publisher: User) -> None:
    lines: list[Said] = [
        with_(CASE, jurisdiction="XYZ"),
        with_(CASE, id="a-2", laws_applied=[{"law": "Act", "law_id": "nowhere"}]),
        without(with_(CASE, id="a-3"), "sources"),
        with_(CASE, id="a-4", defendants=[{"label": "D", "age": 300}]),
        with_(CASE, id="a-5", state="withdrawn"),
    ]
    run = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", publisher)
    assert kinds(run) == ["faulty"] * 5
    assert [(line, key) for line, key, _message in told(run)] == [
        *((1, "jurisdiction"), (2, "laws_applied[0].law_id"), (3, "sources")),
        *((4, "defendants[0].age"), (5, "state")),
    ]
    with pytest.raises(steps.NotNowError):
        put(run, publisher, only_sound=True)
    works = [WORK, with_(WORK, id="b-2", title="Same DOI")]
    run = rehearsed(written(folder / "b.jsonl", "bibliography", works), "bibliography", publisher)
    assert kinds(run) == ["new", "faulty"]
    known = Work.objects.exclude(doi="").order_by("code")[0]
    works = [with_(WORK, DOI=known.doi.upper())]
    run = rehearsed(written(folder / "c.jsonl", "bibliography", works), "bibliography", publisher)
    assert [(key, known.code in message) for _line, key, message in told(run)] == [("DOI", True)]


def test_faulty_rows_keep_all_from_being_written_unless_told(folder: Path, publisher: User) -> None:
    path = written(folder / "a.jsonl", "cases", [CASE, with_(CASE, id="a-2", modes=["raft"])])
    run = rehearsed(path, "cases", publisher)
    with pytest.raises(steps.NotNowError, match="faults"):
        put(run, publisher)
    assert not Case.objects.filter(code=CASE["id"]).exists()
    run = put(run, publisher, only_sound=True)
    assert [row.result for row in run.rows.order_by("number")] == ["written", ""]


def test_laws_of_one_file_name_each_other(folder: Path, publisher: User) -> None:
    laws = [
        with_(LAW, id="q-1", title="Quince one", number="1", amends=["q-2"]),
        with_(LAW, id="q-2", title="Quince two", number="2", repeals=["q-1"]),
        with_(LAW, id="q-3", title="Quince three", number="3", amends=["q-4"]),
        with_(LAW, id="q-4", title="Quince four", number="4", status="unheard of"),
    ]
    run = rehearsed(written(folder / "a.jsonl", "legislation", laws), "legislation", publisher)
    assert kinds(run) == ["new", "new", "faulty", "faulty"]
    put(run, publisher, only_sound=True)
    assert line_of(Law.objects.get(code="q-1"))["amends"] == ["q-2"]
    assert line_of(Law.objects.get(code="q-2"))["repeals"] == ["q-1"]


def test_a_changed_law_takes_the_links_of_cases_with_it(folder: Path, publisher: User) -> None:
    applied = LawApplied.objects.filter(provision_links__isnull=False, law__state="published")
    first: Any = applied.order_by("pk").first()
    line = line_of(first.law)
    line["provisions"] = [{"number": "none of these", "summary": "Quinces."}]
    path = written(folder / "a.jsonl", "legislation", [line])
    put(rehearsed(path, "legislation", publisher), publisher)
    assert (
        not first.provision_links.filter(provision__law=first.law)
        .exclude(provision__number="none of these")
        .exists()
    )


@pytest.mark.parametrize(
    ("role", "state", "kind"),
    [
        ("contributor", "draft", "new"),
        ("contributor", "in_review", "new"),
        ("contributor", "published", "faulty"),
        ("editor", "published", "faulty"),
        ("publisher", "published", "new"),
        ("publisher", "withdrawn", "faulty"),
    ],
)
def test_a_state_is_taken_from_those_who_may_set_it(
    folder: Path, role: str, state: str, kind: str
) -> None:
    user = curator(role)
    line = with_(CASE, state=state, withdrawal_reason="None.")
    run = rehearsed(written(folder / "a.jsonl", "cases", [line]), "cases", user)
    assert kinds(run) == [kind]
    if kind == "faulty":
        assert [(line, key) for line, key, _m in told(run)] == [(1, "state")]
        return
    put(run, user)
    case = Case.objects.get(code=CASE["id"])
    assert case.state == state
    assert (case.first_published_at is not None) == (state == "published")


def test_existing_records_change_where_the_user_may(folder: Path, publisher: User) -> None:
    contributor = curator("contributor")
    case = case_of(contributor)
    CaseSource.objects.create(case=case, title="The Quince Gazette")
    public = public_line()[0]
    lines = [{**line_of(case), "title": "Better"}, with_(public, title="Better too"), public]
    lines[2] = public_line(2)[1]
    path = written(folder / "a.jsonl", "cases", lines)
    assert kinds(rehearsed(path, "cases", contributor)) == ["changed", "faulty", "unchanged"]
    assert kinds(rehearsed(path, "cases", curator("editor"))) == [
        "changed", "changed", "unchanged",
    ]  # fmt: skip
    before = Case.objects.get(code=public["id"]).first_published_at
    put(rehearsed(path, "cases", publisher), publisher)
    again = Case.objects.get(code=public["id"])
    assert (again.state, again.first_published_at) == ("published", before)
    assert again.review_note == Case.objects.get(code=public["id"]).review_note


def test_review_notes_stay_where_a_file_does_not_speak_of_them(
    folder: Path, publisher: User
) -> None:
    case = Case.objects.exclude(review_note="").order_by("code")[0]
    line = without(line_of(case), "review_note")
    run = rehearsed(written(folder / "a.jsonl", "cases", [line]), "cases", publisher)
    assert kinds(run) == ["unchanged"]


def test_what_changed_meanwhile_is_left_alone(folder: Path, publisher: User) -> None:
    one, two = public_line(2)
    lines = [with_(one, title="One"), with_(two, title="Two"), CASE]
    run = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", publisher)
    Case.objects.filter(code=one["id"]).update(court="Another court")
    Case(code=CASE["id"], title="Entered meanwhile", jurisdiction_id="FRA").save()
    run = put(run, publisher)
    rows = list(run.rows.order_by("number"))
    assert [(row.result, row.note) for row in rows] == [
        ("left", "changed meanwhile"), ("written", ""), ("left", "entered meanwhile"),
    ]  # fmt: skip
    titles = dict(Case.objects.values_list("code", "title"))
    assert (titles[one["id"]], titles[two["id"]]) == (one["title"], "Two")
    assert titles[CASE["id"]] == "Entered meanwhile"


def test_a_right_that_was_lost_meanwhile_counts(folder: Path) -> None:
    user = curator("publisher")
    path = written(folder / "a.jsonl", "cases", [with_(CASE, state="published")])
    run = rehearsed(path, "cases", user)
    user.groups.clear()
    user = User.objects.get(pk=user.pk)
    run = put(run, user)
    assert [row.result for row in run.rows.all()] == ["left"]
    assert not Case.objects.filter(code=CASE["id"]).exists()


def test_one_record_that_the_database_refuses_does_not_keep_the_others(
    folder: Path, publisher: User
) -> None:
    lines = [with_(CASE, id=f"a-{n}", title=f"Quince {n}") for n in range(4)]
    path = written(folder / "a.jsonl", "cases", lines)
    whole = rehearsed(path, "cases", publisher)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE caselaw_case ADD CONSTRAINT no_two CHECK (title <> 'Quince 2')")
    run = rehearsed(path, "cases", publisher)
    assert kinds(run) == ["new", "new", "faulty", "new"]
    assert "no_two" in told(run)[0][2]
    # Also where the refusal comes only when it is written.
    whole = put(whole, publisher)
    assert [row.result for row in whole.rows.order_by("number")] == [
        "written", "written", "left", "written",
    ]  # fmt: skip
    assert Case.objects.filter(code__in=["a-0", "a-1", "a-2", "a-3"]).count() == 3


def test_an_interrupted_run_goes_on_and_writes_nothing_twice(
    folder: Path, publisher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.imports.rehearsal.BATCH", 2)
    lines = [with_(CASE, id=f"a-{n}", title=f"Quince {n}") for n in range(5)]
    run = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", publisher)
    stale = steps.begin_writing(run, only_sound=False)
    assert steps.advance(stale, publisher, patience=0).done == 2
    # Two that hold the same run take one batch after the other.
    assert steps.advance(stale, publisher, patience=0).done == 4
    run = gone_on(stale, publisher)
    assert (run.stage, run.done) == ("written", 5)
    assert Revision.objects.filter(code__startswith="a-").count() == 5
    with pytest.raises(steps.NotNowError):
        steps.cancel(run)


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_the_cost_of_a_batch_does_not_grow_with_its_rows(
    folder: Path, publisher: User, slug: str
) -> None:
    lines = [line for line in read_lines(f"{slug}.jsonl") if "state" not in line]

    def steps_of(number: int) -> list[tuple[int, int]]:
        """Reading, comparing and writing so many changed records: saves of rows, other queries."""
        changed = [with_(line, title=f"{line['title']} {number}") for line in lines[:number]]
        run = brought(written(folder / "a.jsonl", slug, changed), slug, publisher)
        found = []
        while run.stage != "written":
            with CaptureQueriesContext(connection) as context:
                run = steps.advance(run, publisher, patience=0)
            saves = sum(SAVE.match(query["sql"]) is not None for query in context.captured_queries)
            found.append((saves, len(context) - saves))
            if run.stage == "rehearsed":
                run = steps.begin_writing(run, only_sound=False)
        return found

    steps_of(1)
    few, many = steps_of(20), steps_of(60)
    assert len(few) == len(many) == 5
    # A record that is there, and a provision, is saved by itself; all else is done at once.
    assert [others for _saves, others in few] == [others for _saves, others in many]
    parts = sum(len(line.get("provisions", ())) for line in lines[:60])
    assert max(saves for saves, _others in many) == 60 + parts


#: One object is saved: its table is updated where its key is one.
SAVE = re.compile(
    r'UPDATE "(caselaw_case|legislation_(law|provision)|bibliography_work)" .* = \d+$', re.DOTALL
)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": texts,
        "court": st.one_of(texts, st.just("")),
        "decision_date": st.sampled_from(["2031", "2031-02-30", "2030-12-01", "soon"]),
        "citations": st.lists(texts, max_size=2),
        "modes": st.lists(st.sampled_from(["sea", "air", "raft"]), max_size=2),
        "state": st.sampled_from(["draft", "in_review", "published", "withdrawn"]),
        "migrants": st.fixed_dictionaries({}, optional={"count": st.integers(-1, 5)}),
        "defendants": st.lists(
            st.fixed_dictionaries({"label": texts, "count": st.integers(0, 2)}), max_size=2
        ),
        "sources": st.lists(st.fixed_dictionaries({"title": texts}), max_size=2),
        "laws_applied": st.lists(
            st.fixed_dictionaries(
                {"law": texts}, optional={"law_id": st.sampled_from([LAW_IN_FORCE, "nowhere"])}
            ),
            max_size=2,
        ),
    },
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(changes, min_size=1, max_size=6))
def test_every_rehearsal_tells_the_truth(folder: Path, drawn: list[Said]) -> None:
    """New and existing cases with whatever values: outcome and plan are the same."""
    user = User.objects.filter(username="publisher").first() or curator("publisher")
    existing = [line_of(case) for case in Case.objects.public().order_by("code")[:3]]
    lines = [
        {**existing[n], **change} if n < len(existing) else {**CASE, "id": f"h-{n}", **change}
        for n, change in enumerate(drawn)
    ]
    run = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", user)
    before = {case.code: line_of(case) for case in Case.objects.filter(code__in=_codes(lines))}
    ready = run.rows.filter(kind__in=["new", "changed"]).count()
    if ready:
        run = put(run, user, only_sound=True)
        assert run.rows.filter(result="written").count() == ready
    after = {case.code: line_of(case) for case in Case.objects.filter(code__in=_codes(lines))}
    for row in run.rows.all():
        shown = {"new": row.after, "changed": row.after}.get(row.kind, before.get(row.code))
        assert after.get(row.code) == shown
    again = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", user)
    assert set(kinds(again)) <= {"unchanged", "faulty"}


def _codes(lines: list[Said]) -> list[str]:
    return [line["id"] for line in lines]
