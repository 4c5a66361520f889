"""The pages of imports: who may open them, what they show, and files that nobody should send."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from caselaw.models import Case
from portal.exchange.formats.columns import Sheet, sheets_of
from portal.exchange.formats.safety import MAX_BYTES
from portal.imports import files
from portal.imports.models import ImportRun
from portal.records.database import database_for
from tests.import_files import CASE, brought, edited, put, rehearsed, renamed, written
from tests.test_roles import curator, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:imports_importrun_{name}", args=args)


def sent(client: Client, content: bytes, name: str = "a.jsonl", **values: str) -> Any:
    """The answer to an upload."""
    upload = SimpleUploadedFile(name, content)
    return client.post(url("new", "cases"), {**values, "file": upload})


def step(client: Client, run: ImportRun) -> dict[str, Any]:
    answer = client.post(url("step", run.pk), headers={"Accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def the_run() -> ImportRun:
    return ImportRun.objects.get()


def some_lines(folder: Path) -> bytes:
    lines = [CASE, {**CASE, "id": "a-2", "title": "Two"}, {**CASE, "id": "a-3", "modes": ["raft"]}]
    return written(folder / "x", "cases", lines).read_bytes()


def test_a_curator_brings_rehearses_and_writes_a_file(folder: Path) -> None:
    client = signed_in(curator("contributor"))
    listed = client.get(reverse("admin:caselaw_case_changelist"))
    assert url("new", "cases") in listed.content.decode()
    page = client.get(url("new", "cases")).content.decode()
    assert url("template", "cases") in page
    assert client.get(url("template", "cases")).content.startswith(b"PK")
    answer = sent(client, some_lines(folder), why="The court's list.")
    run = the_run()
    assert answer["Location"] == url("change", run.pk)
    assert "nothing is written" in client.get(answer["Location"]).content.decode()
    said = step(client, run)
    assert (said["going"], said["total"]) == (True, 3)
    # Without JavaScript the button does the same.
    while the_run().is_going:
        assert client.post(url("step", run.pk)).status_code == 302
    page = client.get(url("change", run.pk)).content.decode()
    for kind, number in (("new", 2), ("changed", 0), ("unchanged", 0), ("faulty", 1)):
        assert f'href="?rows={kind}"><b>{number}</b>' in page.replace("</b> ", "</b>")
        rows = client.get(url("change", run.pk), {"rows": kind}).context["rows"]
        assert len(rows) == number
    assert "Quince crossing" in page
    assert "&quot;raft&quot; is not one of" in page
    # Faults stop the whole, unless the sound rows are asked for.
    client.post(url("write", run.pk))
    assert the_run().stage == "rehearsed"
    client.post(url("write", run.pk), {"only_sound": "yes"})
    while the_run().is_going:
        step(client, run)
    assert Case.objects.filter(code__in=[CASE["id"], "a-2", "a-3"]).count() == 2
    page = client.get(url("change", run.pk)).content.decode()
    case = Case.objects.get(code="a-2")
    assert reverse("admin:caselaw_case_change", args=[case.pk]) in page


def test_faults_are_downloaded_as_a_sheet(folder: Path) -> None:
    user = curator("contributor")
    path = written(folder / "a.xlsx", "cases", [CASE, {**CASE, "id": "a-2"}], "xlsx")
    book = openpyxl.load_workbook(path)
    headings = [cell.value for cell in book["cases"][1]]
    place = headings.index("jurisdiction") + 1
    book["cases"].cell(3, place).value = "XYZ"
    book.save(path)
    run = rehearsed(path, "cases", user, "xlsx")
    client = signed_in(user)
    answer = client.get(url("faults", run.pk, "xlsx"))
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    letter = openpyxl.utils.get_column_letter(place)
    assert rows[1][1:5] == ("cases", 3, letter, "jurisdiction")
    assert b"XYZ" in client.get(url("faults", run.pk, "csv")).content
    assert client.get(url("faults", run.pk, "exe")).status_code == 404


def test_a_fault_of_a_part_that_comparing_finds_is_shown_with_its_cell(folder: Path) -> None:
    user = curator("contributor")
    case = {**CASE, "laws_applied": [{"law": "Quince Act", "law_id": "nowhere"}]}
    run = rehearsed(written(folder / "a.xlsx", "cases", [case], "xlsx"), "cases", user, "xlsx")
    client = signed_in(user)
    page = client.get(url("change", run.pk)).content.decode()
    key = "laws_applied[0].law_id"
    place = [column.key for column in sheet_of("laws_applied").headings].index("law_id")
    letter = openpyxl.utils.get_column_letter(place + 1)
    assert f"<td>laws_applied</td><td>2</td><td>{letter}</td><td>{key}</td>" in page
    answer = client.get(url("faults", run.pk, "xlsx"))
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[1][1:5] == ("laws_applied", 2, letter, key)


def sheet_of(name: str) -> Sheet:
    return next(sheet for sheet in sheets_of(database_for("cases")).all() if sheet.name == name)


def test_a_file_that_lacks_parts_cannot_be_written_and_the_page_says_why(folder: Path) -> None:
    user = curator("contributor")
    path = edited(
        written(folder / "a.xlsx", "cases", [CASE], "xlsx"),
        lambda book: renamed(book["charges"], "offence", "offense"),
    )
    run = rehearsed(path, "cases", user, "xlsx")
    client = signed_in(user)
    page = client.get(url("change", run.pk)).content.decode()
    assert "could not be put to their records" in page
    assert url("write", run.pk) not in page
    assert url("cancel", run.pk) in page
    answer = client.post(url("write", run.pk), {"only_sound": "yes"}, follow=True)
    assert "could not be put to their records" in str(answer.context["messages"]._loaded_data)
    assert the_run().stage == "rehearsed"
    curator("publisher")
    found = commanded(path, write=True, user="publisher", sound_rows=True)
    assert ("could not be put to their records" in found[0], found[2]) == (True, 1)
    assert not Case.objects.filter(code=CASE["id"]).exists()


def test_the_page_says_that_a_file_is_being_read(folder: Path) -> None:
    owner = curator("contributor", "owner")
    run = brought(written(folder / "a.jsonl", "cases", [CASE]), "cases", owner)
    client = signed_in(owner)
    assert "is being read as a whole" in client.get(url("change", run.pk)).content.decode()
    assert step(client, run)["total"] == 1
    assert "is being read as a whole" not in client.get(url("change", run.pk)).content.decode()


def test_changes_are_shown_field_by_field(folder: Path) -> None:
    user = curator("publisher")
    case = Case.objects.public().order_by("code")[0]
    path = folder / "a.csv"
    path.write_text(f"id,title\n{case.code},Better <b>title</b>\n")
    run = rehearsed(path, "cases", user, "csv")
    page = signed_in(user).get(url("change", run.pk)).content.decode()
    assert "Better" in page
    assert "<b>title" not in page
    assert "<ins>" in page


def test_a_long_rehearsal_is_paged(folder: Path, django_assert_max_num_queries: Any) -> None:
    user = curator("contributor")
    lines = [{**CASE, "id": f"a-{n}", "title": f"Quince {n}"} for n in range(60)]
    run = rehearsed(written(folder / "a.jsonl", "cases", lines), "cases", user)
    client = signed_in(user)
    client.get(url("change", run.pk))
    with django_assert_max_num_queries(16):
        answer = client.get(url("change", run.pk), {"rows": "new", "page": "2"})
    assert [entry.row.code for entry in answer.context["rows"]] == [f"a-{n}" for n in range(50, 60)]
    assert "?rows=new&amp;page=1" in answer.content.decode()


BAD_FILES: list[tuple[str, bytes, str]] = [
    ("empty.jsonl", b"", "The file is empty."),
    ("picture.png", b"\x89PNG", "does not tell its format"),
    ("large.jsonl", b"x" * (MAX_BYTES + 1), "larger than 20 MB"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES)
def test_what_is_no_file_of_records_is_refused(name: str, content: bytes, message: str) -> None:
    answer = sent(signed_in(curator("contributor")), content, name, why="Kept")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert message in page
    # What was typed is not lost.
    assert 'value="Kept"' in page
    assert not ImportRun.objects.exists()


def test_an_upload_without_a_file_comes_back() -> None:
    client = signed_in(curator("contributor"))
    answer = client.post(url("new", "cases"), {"source_url": "https://quince.example/"})
    assert "file" in answer.context["form"].errors
    assert "source_title" in answer.context["form"].errors


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.jsonl", "passwd.jsonl"),
        ("C:\\a\\b.jsonl", "b.jsonl"),
        ("a\x00\x1b[31m.jsonl", "a__[31m.jsonl"),
        (f"{'x' * 300}.jsonl", f"{'x' * 114}.jsonl"),
        ("", "file"),
    ],
)
def test_names_of_files_are_plain(name: str, kept: str) -> None:
    assert files.plain_name(name) == kept


def test_files_that_are_not_what_they_say_end_in_a_clear_fault(folder: Path) -> None:
    client = signed_in(curator("contributor"))
    for name, content in (
        ("a.xlsx", b"PK\x03\x04 but no more"),
        ("b.jsonl", b"\xff\xfe\x00"),
        ("c.jsonl", b"{}\n[1, 2]\nnot json\n"),
        ("d.csv", b"\x89PNG\r\n"),
    ):
        answer = sent(client, content, name)
        run = ImportRun.objects.get(pk=answer["Location"].rstrip("/").split("/")[-2])
        while run.is_going:
            step(client, run)
            run.refresh_from_db()
        assert run.stage == "rehearsed"
        assert run.faults.filter(is_warning=False).exists(), name
        assert client.get(answer["Location"]).status_code == 200
        assert client.post(url("write", run.pk), {"only_sound": "yes"}).status_code == 302
        assert ImportRun.objects.get(pk=run.pk).stage == "rehearsed"


def addresses(run: ImportRun) -> list[tuple[str, str]]:
    return [
        *(("get", url(name, "cases")) for name in ("new", "template")),
        ("post", url("new", "cases")),
        *(("get", url("faults", run.pk, kind)) for kind in ("xlsx", "csv")),
        ("get", url("change", run.pk)),
        *(("post", url(name, run.pk)) for name in ("step", "write", "cancel")),
    ]


#: How each of the addresses answers: bring and template, upload, faults, page, acts.
OPEN, SHUT = 200, 403
ANSWERS = {
    "own": [OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, 302, 302, 302],
    "contributor": [OPEN, OPEN, OPEN, SHUT, SHUT, SHUT, SHUT, SHUT, SHUT],
    "publisher": [OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, SHUT, SHUT, SHUT],
    "editor elsewhere": [SHUT] * 9,
    "staff without a group": [SHUT] * 9,
    "": [302] * 9,
}


@pytest.mark.parametrize("role", ANSWERS)
def test_who_may_open_what(folder: Path, role: str) -> None:
    owner = curator("contributor", "owner")
    run = brought(written(folder / "a.jsonl", "cases", [CASE]), "cases", owner)
    user = owner if role == "own" else curator(role) if role else None
    client = signed_in(user) if user else Client()
    found = [getattr(client, method)(address).status_code for method, address in addresses(run)]
    assert found == ANSWERS[role]
    if found[-1] != 302 or not role:
        assert the_run().stage == "uploaded"


def test_runs_are_listed_for_those_whom_they_concern(folder: Path) -> None:
    owner = curator("contributor", "owner")
    brought(written(folder / "mine.jsonl", "cases", [CASE]), "cases", owner)
    for user, seen in (
        (owner, True),
        (curator("contributor"), False),
        (curator("publisher"), True),
        (curator("editor elsewhere"), False),
    ):
        page = signed_in(user).get(url("changelist"))
        assert (b"mine.jsonl" in page.content) is seen
    assert signed_in(curator("staff without a group")).get(url("changelist")).status_code == 403
    assert signed_in(owner).get(url("change", 10**17)).status_code == 404


def test_nothing_happens_without_the_token_against_forgery(folder: Path) -> None:
    owner = curator("contributor", "owner")
    run = brought(written(folder / "a.jsonl", "cases", [CASE]), "cases", owner)
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert sent(client, b"{}").status_code == 403
    for name in ("step", "write", "cancel"):
        assert client.post(url(name, run.pk)).status_code == 403
        assert client.get(url(name, run.pk)).status_code == 405
    token = client.get(url("new", "cases")).context["csrf_token"]
    assert sent(client, b"{}\n", csrfmiddlewaretoken=str(token)).status_code == 302


def test_a_cancelled_run_writes_nothing(folder: Path) -> None:
    owner = curator("contributor", "owner")
    run = rehearsed(written(folder / "a.jsonl", "cases", [CASE]), "cases", owner)
    client = signed_in(owner)
    assert client.post(url("cancel", run.pk)).status_code == 302
    client.post(url("write", run.pk))
    client.post(url("step", run.pk))
    assert the_run().stage == "cancelled"
    assert not Case.objects.filter(code=CASE["id"]).exists()


def test_a_file_that_is_gone_is_said(folder: Path) -> None:
    owner = curator("contributor", "owner")
    run = brought(written(folder / "a.jsonl", "cases", [CASE]), "cases", owner)
    (folder / "imports" / run.stored).write_bytes(b"something else")
    client = signed_in(owner)
    assert "not the one" in step(client, run)["error"]
    (folder / "imports" / run.stored).unlink()
    answer = client.post(url("step", run.pk), follow=True)
    assert "no longer there" in answer.content.decode()


def test_old_files_are_removed_and_numbers_stay(folder: Path) -> None:
    owner = curator("contributor", "owner")
    path = written(folder / "a.jsonl", "cases", [CASE])
    run = put(rehearsed(path, "cases", owner), owner)
    young = rehearsed(path, "cases", owner)
    long_ago = timezone.now() - timezone.timedelta(days=31)
    ImportRun.objects.filter(pk=run.pk).update(changed_at=long_ago)
    call_command("import_records", remove_older_than=30, stdout=io.StringIO())
    run.refresh_from_db()
    assert (run.stored, run.stage, run.total) == ("", "written", 1)
    assert [entry.name for entry in (folder / "imports").iterdir()] == [young.stored]
    assert signed_in(owner).get(url("change", run.pk)).status_code == 200


def commanded(path: Path, **options: Any) -> tuple[str, str, int]:
    """What the command prints, its complaints, and how it ends."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(
            "import_records", str(path), database="cases", stdout=out, stderr=err, **options
        )
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}", error.returncode
    return out.getvalue(), err.getvalue(), 0


def test_the_command_rehearses_and_writes(folder: Path) -> None:
    curator("publisher")
    good = written(folder / "good.jsonl", "cases", [CASE])
    bad = written(folder / "bad.jsonl", "cases", [{**CASE, "id": "a-2"}, {**CASE, "modes": 1}])
    assert commanded(good)[0::2] == ("good.jsonl: 1 new, 0 changed, 0 unchanged, 0 faulty.\n", 0)
    assert not ImportRun.objects.exists()
    assert list((folder / "imports").iterdir()) == []
    assert "needs --user" in commanded(good, write=True)[1]
    out, err, code = commanded(bad, write=True, user="publisher", faults=folder / "out.csv")
    assert (code, "bad.jsonl:2: modes" in err) == (1, True)
    assert "modes" in (folder / "out.csv").read_text(encoding="utf-8-sig")
    assert not Case.objects.filter(code="a-2").exists()
    out, _err, code = commanded(bad, write=True, user="publisher", sound_rows=True)
    assert ("1 rows written, 0 not." in out, code) == (True, 1)
    assert Case.objects.get(code="a-2").created_by is not None
    out, _err, code = commanded(good, write=True, user="publisher", why="A test.")
    assert (code, Case.objects.filter(code=CASE["id"]).count()) == (0, 1)
    assert "no user" in commanded(good, user="nobody")[1]
    other = folder / "imports.txt"
    other.write_bytes(good.read_bytes())
    assert "--format" in commanded(other, user="publisher")[1]
    assert commanded(other, user="publisher", format="jsonl")[2] == 0


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"why": "x" * 301}, "--why"),
        ({"source_title": "x" * 501}, "--source-title"),
        ({"source_title": "S", "source_url": "no address"}, "--source-url"),
        ({"source_url": "https://quince.example/"}, "needs --source-title"),
    ],
)
def test_the_command_keeps_no_file_of_what_it_cannot_keep(
    folder: Path, options: dict[str, str], what: str
) -> None:
    curator("publisher")
    path = written(folder / "a.jsonl", "cases", [CASE])
    found = commanded(path, write=True, user="publisher", **options)
    assert (what in found[1], found[2]) == (True, 1)
    assert not ImportRun.objects.exists()
    assert not (folder / "imports").exists()
