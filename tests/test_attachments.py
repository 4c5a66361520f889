"""Documents kept with records: what is taken, who gets it, what is found, what stays."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from pypdf import PdfReader, PdfWriter
from pytest_django import DjangoCaptureOnCommitCallbacks

from caselaw.models import Case, CaseAttachment
from legislation.models import Law, LawAttachment
from portal.attachments import extracting, storage
from portal.attachments.names import clean_name
from portal.attachments.sniffing import kind_of
from portal.records.database import database_for
from portal.records.lines import canonical
from portal.records.models import Redirect, Revision, State
from portal.records.revisions import bring_back
from portal.search import index
from portal.search.models import KnownWord
from portal.search.vectors import MAX_BYTES, Text, Vector
from tests import documents
from tests.admin_forms import (
    CODE,
    add_case,
    address,
    count,
    errors,
    open_page,
    public_case,
    send,
)
from tests.conftest import reader
from tests.test_roles import case_of, curator, signed_in

pytestmark = pytest.mark.django_db

RULING = documents.pdf("The court of Zwetschgenheim convicted the captain.")


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return Path(settings.ATTACHMENTS_DIR)


def attach(
    client: Client, record: Any, *contents: bytes, name: str = "ruling.pdf", **values: Any
) -> Any:
    """Add documents on the page of a record; returns the answer."""
    page = open_page(client, type(record), record.pk)
    for content in contents:
        row = page.add_row("attachments", **{"title": "Judgment", "is_public": "on", **values})
        page.data[f"attachments-{row}-file"] = [SimpleUploadedFile(name, content)]  # type: ignore[list-item]
    return send(client, type(record), page, record.pk)


def attached(client: Client, record: Any, content: bytes = RULING, **values: Any) -> Any:
    """Add one document without an error, and read it."""
    response = attach(client, record, content, **values)
    assert response.status_code == 302, errors(response)
    call_command("extract_texts", verbosity=0)
    return record.attachments.get(sha256=hashlib.sha256(content).hexdigest())


def url_of(attachment: Any) -> str:
    url: str = attachment.address(attachment.record.code)
    return url


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def pressed(method: int) -> bytes:
    """A Word document whose members are pressed in some way."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(documents.docx("x"))) as old,
        zipfile.ZipFile(out, "w", method) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


def damaged_member() -> bytes:
    """A Word document whose text begins with what no stream of the method begins with."""
    data = documents.docx("x")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo("word/document.xml")
    place = info.header_offset + 30 + len(info.filename)
    return data[:place] + b"\xff" * 8 + data[place + 8 :]


REFUSED = {
    "empty": (b"", "The file is empty."),
    "html": (b"<!doctype html><script>", "This is neither a PDF nor"),
    "executable": (b"MZ" + b"\0" * 100, "This is neither a PDF nor"),
    "image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "This is neither a PDF nor"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is an old Word"),
    "archive": (documents.zipped(letter=b"x"), "This is a ZIP archive, but no Word"),
    "spreadsheet": (
        documents.repacked(
            documents.docx("x"), replaced=("wordprocessingml.document", "spreadsheetml.sheet")
        ),
        "This is a ZIP archive, but no Word",
    ),
    "macros": (
        documents.repacked(documents.docx("x"), word__vbaProject_bin=b"x").replace(
            b"vbaProject_bin", b"vbaProject.bin"
        ),
        "This Word document holds macros.",
    ),
    "macros by type": (
        documents.repacked(
            documents.docx("x"),
            replaced=(
                "vnd.openxmlformats-officedocument.wordprocessingml.document.main",
                "vnd.ms-word.document.macroEnabled.main",
            ),
        ),
        "This Word document holds macros.",
    ),
    "bomb": (
        documents.repacked(documents.docx("x"), word__media__a=b"\0" * (30 << 20)),
        "would be far too large once unpacked",
    ),
    "bomb that lies": (
        documents.understating(
            documents.repacked(documents.docx("x"), word__media__a=b"\0" * 9999), "word/media/a"
        ),
        "This Word document is damaged",
    ),
    "half an archive": (documents.docx("x")[:900], "This Word document is damaged"),
    "types that are no xml": (
        documents.zipped(**{"[Content_Types].xml": b"<a", "word/document.xml": b""}),
        "This Word document is damaged",
    ),
    "members not pressed as Word does": (
        pressed(zipfile.ZIP_LZMA),
        "This Word document is damaged",
    ),
    "an encoding that is none": (
        documents.repacked(documents.docx("x"), replaced=("UTF-8", "none-such")),
        "This Word document is damaged",
    ),
    "a member that is damaged": (
        damaged_member(),
        "This Word document is damaged",
    ),
    "password": (documents.encrypted_pdf(), "This PDF asks for a password."),
    "head of a pdf": (b"%PDF-1.7\nand nothing else", "This PDF is damaged"),
    "too late a head": (b" " * 2000 + RULING, "This is neither a PDF nor"),
    "too large": (RULING + b"\n" * (100 << 10), "at most 100.0\xa0KB can be attached"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_such_document_is_refused_at_the_field(
    admin_client: Client, settings: Any, directory: Path, content: bytes, message: str
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 100 << 10
    response = attach(admin_client, case_of(None), content)
    assert response.status_code == 200
    (fault,) = errors(response)["attachments"][0]["file"]
    assert message in fault
    # What was typed is still there, and the page says that the file has to be chosen again.
    assert "Choose “ruling.pdf” again" in response.content.decode()
    assert not CaseAttachment.objects.exists()
    assert files(directory) == []


@pytest.mark.parametrize("model", [Case, Law])
def test_a_document_is_what_its_content_says(
    admin_client: Client, directory: Path, model: Any
) -> None:
    record = model.objects.public().order_by("code").first()
    word = documents.docx("Mirabelle")
    assert attach(admin_client, record, RULING, name="a.docx").status_code == 302
    assert attach(admin_client, record, word, name="b.exe").status_code == 302
    first, second = record.attachments.all()
    assert (first.kind, first.name, first.size) == ("pdf", "a.pdf", len(RULING))
    assert (second.kind, second.name) == ("docx", "b.docx")
    assert files(directory) == sorted(hashlib.sha256(data).hexdigest() for data in (RULING, word))
    path = storage.path_of(first.sha256)
    assert path.read_bytes() == RULING
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_word_document_that_is_damaged_anywhere_is_refused_and_never_fails() -> None:
    whole = documents.docx("Mirabellen" * 50)
    refused = 0
    for seed in range(400):
        dice = random.Random(seed)
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        try:
            kind_of(io.BytesIO(data), len(data))
        except ValidationError:
            refused += 1
    assert refused > 200


def test_a_draft_with_a_document_and_a_code_that_is_none_comes_back(admin_client: Client) -> None:
    case = case_of(None)
    attachment = attached(admin_client, case)
    page = open_page(admin_client, Case, case.pk)
    for code in ("Bad Code!", "x" * 200, "", public_case().code):
        page.fill(code=code, title="Typed and not lost")
        response = send(admin_client, Case, page, case.pk)
        assert set(errors(response)) == {"code"}
        shown = response.content.decode()
        assert f'href="{url_of(attachment)}"' in shown
        assert "Typed and not lost" in shown


def test_a_document_is_attached_once(admin_client: Client, directory: Path) -> None:
    case = case_of(None)
    response = attach(admin_client, case, RULING, RULING)
    assert errors(response)["attachments"] == [
        {"file": ["This document is already attached: “Judgment”."]}
    ]
    assert attach(admin_client, case, RULING).status_code == 302
    assert "already attached" in str(errors(attach(admin_client, case, RULING)))
    page = open_page(admin_client, Case, case.pk)
    # Taken away and chosen again in one go, it stays.
    page.fill(**{"attachments-0-DELETE": "on"})
    row = page.add_row("attachments", title="Again")
    page.data[f"attachments-{row}-file"] = [SimpleUploadedFile("x.pdf", RULING)]  # type: ignore[list-item]
    assert send(admin_client, Case, page, case.pk).status_code == 302
    assert case.attachments.get().title == "Again"
    assert len(files(directory)) == 1


def test_a_file_goes_when_the_last_row_that_names_it_is_gone(
    admin_client: Client,
    directory: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    case, law = case_of(None), Law.objects.public().order_by("code").first()
    assert law is not None
    assert attach(admin_client, case, RULING).status_code == 302
    assert attach(admin_client, law, RULING).status_code == 302
    assert len(files(directory)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        page = open_page(admin_client, Law, law.pk)
        page.fill(**{"attachments-0-DELETE": "on"})
        assert send(admin_client, Law, page, law.pk).status_code == 302
    assert not LawAttachment.objects.exists()
    assert len(files(directory)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(address(Case, "delete", case.pk), {"post": "yes"})
    assert not CaseAttachment.objects.exists()
    assert files(directory) == []


def test_a_failed_save_leaves_no_file_and_a_failed_removal_takes_none(
    admin_client: Client, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(None)
    assert attach(admin_client, case, RULING).status_code == 302
    admin_client.raise_request_exception = False
    monkeypatch.setattr(index, "refresh", lambda changed: 1 / 0)
    assert attach(admin_client, case, documents.pdf("Another")).status_code == 500
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"attachments-0-DELETE": "on"})
    assert send(admin_client, Case, page, case.pk).status_code == 500
    assert case.attachments.count() == 1
    assert files(directory) == [hashlib.sha256(RULING).hexdigest()]


def test_a_file_that_another_transaction_names_is_not_swept(directory: Path) -> None:
    digest = hashlib.sha256(RULING).hexdigest()

    def fail() -> None:
        with storage.swept_after_failure(), transaction.atomic():
            storage.keep(io.BytesIO(RULING), digest)
            assert files(directory) == [digest]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert files(directory) == []
    with transaction.atomic():
        storage.keep(io.BytesIO(RULING), digest)
    case_of(None).attachments.create(title="x", kind="pdf", size=1, sha256=digest, name="x.pdf")
    assert storage.sweep([digest]) == []
    with pytest.raises(ValueError, match="changed"), transaction.atomic():
        storage.keep(io.BytesIO(b"something else"), "0" * 64)
    assert files(directory) == [digest]


def test_what_is_wrong_on_the_disk_is_told(
    admin_client: Client, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attach(admin_client, case_of(None), RULING).status_code == 302
    stray = directory / "ab" / ("ab" + "0" * 62)
    stray.parent.mkdir()
    stray.write_bytes(b"left over")
    call_command("check_attachments", remove=True)
    assert "1 documents, 0 missing or damaged; 1 files" in capsys.readouterr().out
    assert not stray.exists()
    storage.path_of(hashlib.sha256(RULING).hexdigest()).unlink()
    with pytest.raises(CommandError, match="Missing or damaged"):
        call_command("check_attachments")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\Ruling no 5.PDF", "Ruling no 5.pdf"),
        ("x\u202efdp.exe", "xfdp.pdf"),
        ('a"b\r\nSet-Cookie: c.pdf', "a-bSet-Cookie- c.pdf"),
        ("Beschluß 判决.docx", "Beschluß 判决.pdf"),
        ("....", "document.pdf"),
        ("x" * 400, "x" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, name: str) -> None:
    assert clean_name(given, "pdf") == name


def test_a_download_is_safe_and_its_address_permanent(admin_client: Client) -> None:
    case = public_case()
    attachment = attached(admin_client, case, name="Beschluß 判决.html")
    url = url_of(attachment)
    assert url == f"/files/{case.code}/{attachment.sha256[:16]}/beschlu.pdf"
    response = reader().get(url, headers={"accept-encoding": "gzip"})
    assert b"".join(response.streaming_content) == RULING  # type: ignore[attr-defined]
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(RULING))
    assert "Content-Encoding" not in response
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Beschlu%C3%9F%20%E5%88%A4%E5%86%B3.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].endswith("; sandbox")
    assert response["ETag"] == f'"{attachment.sha256}"'
    again = reader().get(url, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert reader().head(url).status_code == 200
    assert reader().post(url).status_code == 405
    moved = reader().get(url.replace("beschlu", "other"))
    assert (moved.status_code, moved["Location"]) == (301, url)


@pytest.mark.parametrize(
    ("state", "is_public", "public", "editor", "elsewhere"),
    [
        (State.PUBLISHED, True, 200, 200, 200),
        (State.PUBLISHED, False, 404, 200, 404),
        (State.DRAFT, True, 404, 200, 404),
        (State.IN_REVIEW, False, 404, 200, 404),
        (State.WITHDRAWN, True, 410, 200, 410),
        (State.WITHDRAWN, False, 404, 200, 404),
    ],
)
def test_who_gets_a_document(
    admin_client: Client, state: str, is_public: bool, public: int, editor: int, elsewhere: int
) -> None:
    case = case_of(None, state)
    url = url_of(attached(admin_client, case, is_public="on" if is_public else None))
    assert reader().get(url).status_code == public
    seeing = signed_in(curator("editor")).get(url)
    assert seeing.status_code == editor
    assert ("no-store" in seeing["Cache-Control"]) == (public != 200)
    stranger = signed_in(curator("staff without a group")).get(url)
    assert stranger.status_code == elsewhere


def test_staff_without_their_second_factor_get_what_readers_get(
    admin_client: Client, settings: Any
) -> None:
    url = url_of(attached(admin_client, case_of(None)))
    settings.SECOND_FACTOR_REQUIRED = True
    assert signed_in(curator("editor")).get(url).status_code == 404
    assert admin_client.get(url).status_code == 200


def test_a_merged_record_leads_to_its_documents(admin_client: Client) -> None:
    case = public_case()
    attachment = attached(admin_client, case)
    Redirect.objects.create(code="fra-2031-old", target=case.code, reason="merged")
    response = reader().get(attachment.address("fra-2031-old"))
    assert (response.status_code, response["Location"]) == (301, url_of(attachment))
    assert reader().get(f"/files/fra-2031-old/{'0' * 16}/x.pdf").status_code == 404


def test_a_file_that_is_missing_or_cut_is_told_and_logged(
    admin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    attachment = attached(admin_client, public_case())
    path = storage.path_of(attachment.sha256)
    path.write_bytes(RULING[:-1])
    response = reader().get(url_of(attachment))
    assert response.status_code == 503
    assert "not available at the moment" in response.content.decode()
    path.unlink()
    assert reader().get(url_of(attachment)).status_code == 503
    logged = [entry for entry in caplog.records if entry.name == "portal.attachments.views"]
    assert [entry.getMessage().rpartition(" of ")[2] for entry in logged] == [
        f"{attachment.record.code} has another size than was stored",
        f"{attachment.record.code} is missing or cannot be read",
    ]


@pytest.mark.parametrize("model", [Case, Law])
def test_words_of_a_public_document_find_its_record(admin_client: Client, model: Any) -> None:
    record = model.objects.public().order_by("code").first()
    api = database_for(record.database).api_slug
    assert count(reader(), api, q="Zwetschgenheim") == 0
    before = count(reader(), api, has_attachment="true")
    attachment = attached(admin_client, record)
    assert (attachment.reading, attachment.pages) == ("done", 1)
    assert count(reader(), api, q="Zwetschgenheim convicts") == 1
    assert count(reader(), api, has_attachment="true") == before + 1
    page = reader().get(f"/en/{record.database}/?q=Zwetschgenheim").content.decode()
    assert "In a document: The court of <mark>Zwetschgenheim</mark> convicted" in page
    listed = admin_client.get(address(model, "changelist"), {"q": "Zwetschgenheim"})
    assert record.title in listed.content.decode()
    shown = reader().get(record.get_absolute_url()).content.decode()
    assert f'href="{url_of(attachment)}"' in shown
    (told,) = reader().get(f"/api/v1/{api}/{record.code}/").json()["attachments"]
    assert told == {
        "title": "Judgment",
        "kind": "pdf",
        "size": len(RULING),
        "pages": 1,
        "sha256": attachment.sha256,
        "language": "",
        "note": "",
        "url": f"http://testserver{url_of(attachment)}",
    }


def test_a_document_for_curators_leaves_no_trace_in_public(admin_client: Client) -> None:
    case = public_case()

    def seen() -> list[Any]:
        return [
            reader().get(f"/api/v1/cases/{case.code}/").json()["attachments"],
            *(reader().get(f"/api/v1/cases/?{asked}").json()["count"] for asked in ASKED),
            [str(row) for row in KnownWord.objects.filter(word__startswith="zwetsch")],
            reader().get(case.get_absolute_url()).content.decode().partition("Last changed")[0],
        ]

    ASKED = ("q=Zwetschgenheim", "q=Judgment+Zwetschgenheim", "has_attachment=true", "q=zwetsch*")
    before = seen()
    attachment = attached(admin_client, case, is_public=None, title="Judgment Zwetschgenheim")
    assert attachment.text
    assert seen() == before
    assert not Revision.objects.of(case).for_readers().exists()
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"attachments-0-is_public": "on"})
    assert send(admin_client, Case, page, case.pk).status_code == 302
    assert count(reader(), q="Zwetschgenheim") == 1
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"attachments-0-is_public": None})
    assert send(admin_client, Case, page, case.pk).status_code == 302
    assert seen()[:-1] == before[:-1]


def test_a_draft_says_nothing_of_its_public_document(admin_client: Client) -> None:
    attached(admin_client, case_of(None))
    assert count(reader(), q="Zwetschgenheim") == 0


def test_a_word_document_is_read_with_its_tables(admin_client: Client) -> None:
    word = documents.docx("Smug-", "Mirabellen", cells=("Quittenberg", "Schlehdorn"))
    attachment = attached(admin_client, public_case(), word)
    assert attachment.text == "Smug-\nMirabellen\nQuittenberg | Schlehdorn"
    assert count(reader(), q='"Quittenberg Schlehdorn"') == 1


def locked(algorithm: str) -> bytes:
    """A PDF that anybody may open, and that its author's password protects from changes."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(RULING)))
    writer.encrypt("", "the author's", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_only_forbids_changes_is_taken_and_read(
    admin_client: Client, algorithm: str
) -> None:
    attachment = attached(admin_client, case_of(None), locked(algorithm))
    assert (attachment.reading, attachment.fault) == ("done", "")
    assert "Zwetschgenheim" in attachment.text


def test_a_pdf_none_of_whose_pages_can_be_read_says_so(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = RULING.replace(b"Tj ET", b"Tj >>")
    assert broken != RULING
    case = case_of(None)
    attachment = attached(admin_client, case, broken)
    assert (attachment.reading, attachment.pages, attachment.text) == ("failed", 1, "")
    assert "reading them failed" in capsys.readouterr().err
    shown = admin_client.get(address(Case, "change", case.pk)).content.decode()
    assert "None of its pages gave a text: reading them failed." in shown


def test_a_scan_is_told_to_curators_and_read_again_only_when_asked(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_of(None)
    attachment = attached(admin_client, case, documents.pdf())
    assert (attachment.reading, attachment.pages, attachment.text) == ("empty", 1, "")
    shown = admin_client.get(address(Case, "change", case.pk)).content.decode()
    assert "No text found" in shown
    capsys.readouterr()
    call_command("extract_texts")
    assert capsys.readouterr().out == "0 documents read\n"
    call_command("extract_texts", again=True)
    assert capsys.readouterr().out == "1 documents read: 1 No text found\n"


HOSTILE = {
    "endless": ("while True: pass", "time"),
    "greedy": ("bytearray(1 << 34)", "memory"),
    "writing": ("__import__('pathlib').Path(__file__ + 'x').write_text('x')", "broken"),
    "dying": ("import os; os.kill(os.getpid(), 11)", "crash"),
}


@pytest.mark.parametrize(("does", "fault"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_document_that_makes_its_reader_misbehave_is_bounded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str, fault: str
) -> None:
    script = extracting.SCRIPT.read_text(encoding="utf-8")
    hostile = script.replace(
        "    found = pdf_text(data) if", f"    {does}\n    found = pdf_text(data) if"
    )
    assert hostile != script
    path = tmp_path / "hostile.py"
    path.write_text(hostile, encoding="utf-8")
    monkeypatch.setattr(extracting, "SCRIPT", path)
    assert extracting.ask("read", "pdf", RULING, 1)["fault"] == fault


def test_a_document_that_cannot_be_read_is_told_and_does_not_stop_the_others(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_of(None)
    assert attach(admin_client, case, documents.pdf("One"), RULING).status_code == 302
    first, _second = case.attachments.all()
    storage.path_of(first.sha256).unlink()
    call_command("extract_texts")
    told = capsys.readouterr()
    assert "2 documents read: 1 Could not be read, 1 Searchable" in told.out
    assert f"{case.code}: ruling.pdf: The file is missing." in told.err
    assert [one.reading for one in case.attachments.all()] == ["failed", "done"]
    assert (
        "The file is missing."
        in admin_client.get(address(Case, "change", case.pk)).content.decode()
    )


def test_a_text_of_ever_new_words_does_not_burst_the_index(admin_client: Client) -> None:
    case = public_case()
    attachment = attached(admin_client, case)
    attachment.text = " ".join(f"{number:x}ж{'ю' * 50}" for number in range(9000))
    attachment.save()
    index.refresh([case])
    assert count(reader(), q=case.code) == 1
    vector = Vector()
    vector.add(Text(" ".join(f"{number}{'ж' * 60}" for number in range(20_000)), ("ru",)))
    assert MAX_BYTES < len(str(vector).encode()) < 2 * MAX_BYTES


def test_history_tells_which_documents_were_there_and_leaves_them_alone(
    admin_client: Client,
) -> None:
    case = add_case(admin_client)
    importer = database_for("cases").importer
    line = canonical(importer.export(importer.existing().get(pk=case.pk)))
    attachment = attached(admin_client, case)
    first, second = Revision.objects.of(case).order_by("number")
    assert second.changed == ["attachments"]
    assert second.what == ["Documents"]
    assert second.line["attachments"][0]["sha256"] == attachment.sha256
    # The line of the collection knows nothing of it.
    assert canonical(importer.export(importer.existing().get(pk=case.pk))) == line
    page = open_page(admin_client, Case, case.pk)
    page.fill(title="Mirabellen crossing", **{"attachments-0-is_public": None})
    assert send(admin_client, Case, page, case.pk).status_code == 302
    third = Revision.objects.of(case).first()
    assert third is not None
    assert set(third.changed) == {"title", "attachments", "attachments_for_curators"}
    bring_back(case, first, user=None)
    assert Case.objects.get(code=CODE).title == first.line["title"]
    assert case.attachments.get() == attachment
    compared = admin_client.get(address(Case, "history", case.pk), {"before": 1, "after": 2})
    assert attachment.sha256 in compared.content.decode()


def test_documents_follow_the_permissions_of_their_record(admin_client: Client) -> None:
    author = curator("contributor")
    case = case_of(author)
    own = signed_in(author)
    assert attach(own, case, RULING).status_code == 302
    Case.objects.filter(pk=case.pk).update(state=State.IN_REVIEW)
    shown = own.get(address(Case, "change", case.pk)).content.decode()
    assert f'<a href="{url_of(case.attachments.get())}">ruling.pdf</a> · Not read yet' in shown
    assert 'type="file"' not in shown
    forged = {
        "attachments-TOTAL_FORMS": "1",
        "attachments-INITIAL_FORMS": "1",
        "attachments-0-id": str(case.attachments.get().pk),
        "attachments-0-case": str(case.pk),
        "attachments-0-DELETE": "on",
    }
    own.post(address(Case, "change", case.pk), forged)
    assert case.attachments.count() == 1


def test_what_a_document_is_never_changes(admin_client: Client) -> None:
    case = case_of(None)
    attachment = attached(admin_client, case)
    page = open_page(admin_client, Case, case.pk)
    page.data["attachments-0-file"] = [SimpleUploadedFile("other.pdf", documents.pdf("Other"))]  # type: ignore[list-item]
    page.fill(**{"attachments-0-title": "The judgment"})
    assert send(admin_client, Case, page, case.pk).status_code == 302
    now = case.attachments.get()
    assert (now.title, now.sha256, now.name) == ("The judgment", attachment.sha256, "ruling.pdf")


def test_a_page_sends_files_whether_or_not_there_are_some(admin_client: Client) -> None:
    # The test client always sends files; a browser asks the form.
    case = case_of(None)
    for _ in range(2):
        shown = admin_client.get(address(Case, "change", case.pk)).content.decode()
        assert 'enctype="multipart/form-data"' in shown
        attach(admin_client, case, RULING)
    assert case.attachments.count() == 1


def test_many_documents_cost_no_more_queries(
    admin_client: Client, django_assert_max_num_queries: Callable[..., AbstractContextManager[Any]]
) -> None:
    case = public_case()
    for number in range(12):
        case.attachments.create(
            title=f"No {number}", kind="pdf", size=9, sha256=f"{number:064x}", is_public=True
        )
    index.refresh([case])
    reader().get(case.get_absolute_url())
    with django_assert_max_num_queries(11):
        assert "No 11" in reader().get(case.get_absolute_url()).content.decode()
    with django_assert_max_num_queries(9):
        reader().get(f"/api/v1/cases/{case.code}/")
    admin_client.get(address(Case, "change", case.pk))
    with django_assert_max_num_queries(22):
        admin_client.get(address(Case, "change", case.pk))
