"""Backup and restore: everything comes back, as one consistent set."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection

from caselaw.models import CaseAttachment
from portal.attachments import storage
from portal.backups import making, shelf
from portal.backups.databases import working_in
from portal.backups.errors import BackupError
from portal.backups.programs import fitting, server_major
from portal.backups.snapshot import snapshot
from portal.reference.models import DataVersion
from portal.reference.version import read
from tests.backup_room import LEFT_OUT, RULING, SECRET, Kept, backed_up, command, state

pytestmark = pytest.mark.usefixtures("alone_on_the_server")


@pytest.fixture(scope="module")
def kept(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    with backed_up(django_db_blocker, tmp_path_factory.mktemp("portal")) as found:
        yield found


@pytest.mark.parametrize("how", ["plain", "encrypted"])
def test_a_destroyed_portal_comes_back_whole(how: str, kept: Kept, settings: Any) -> None:
    """The database is dropped and every file deleted; every row, history and file comes back."""
    found, plain, sealed = kept
    settings.BACKUP_KEY = SECRET if how == "encrypted" else ""
    before = state(found)
    assert len(before[0]["records_revision"]) >= 10
    assert len(before[0]["caselaw_caseattachment"]) == 2
    assert len(before[0]["otp_totp_totpdevice"]) == 1
    assert len(before[1]) == 5
    schema = found.schema()
    with working_in(found.name):
        version = read()
        assert connection.cursor().execute("SELECT 1") is None
    found.drop()
    for name in ("ATTACHMENTS_DIR", "RELEASES_DIR", "IMPORTS_DIR"):
        shutil.rmtree(found.place(name))
    said = command(found, "restore", sealed if how == "encrypted" else plain)
    assert state(found) == before
    assert found.schema() == schema
    # What is left out is left out: sessions open doors, and a minute's counts are over.
    rows = found.rows()
    assert [rows[table] for table in sorted(LEFT_OUT)] == [[], []]
    with working_in(found.name):
        now = read()
    assert now.changed_at
    assert version.changed_at
    assert now.changed_at > version.changed_at
    for name in (DataVersion.RECORDS, DataVersion.REFERENCE):
        assert now.tokens[name] != version.tokens[name]
    assert "2 documents, 1 of imports; 1 data releases" in said
    assert "Search index: complete as it came" in said
    assert "2 documents, 0 missing or damaged; 0 files" in said
    assert found.databases() == []


def test_the_file_of_a_backup_needs_nothing_of_ours(kept: Kept) -> None:
    """`age`, `tar`, `sha256sum` and `pg_restore` open it: the way of docs/operations/backup.md."""
    if shutil.which("age") is None:
        pytest.skip("The program age is not here (apt-get install age).")
    found, _plain, sealed = kept
    key, out = found.home / "key.txt", found.home / "out"
    key.write_text(SECRET + "\n")
    out.mkdir()
    shell = (
        f"age --decrypt --identity {key} {sealed} | tar --extract --directory {out}"
        f" && cd {out} && sha256sum --check --quiet SHA256SUMS"
        f" && cat database/part-* | {fitting(18).path('pg_restore')} --list"
    )
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "TABLE DATA public caselaw_case " in done.stdout
    digest = hashlib.sha256(RULING).hexdigest()
    assert (out / "attachments" / digest[:2] / digest).read_bytes() == RULING


def test_a_backup_says_what_it_holds_and_nobody_else_reads_it(kept: Kept, settings: Any) -> None:
    found, plain, sealed = kept
    settings.BACKUP_KEY = SECRET
    for path in (plain, sealed):
        said = command(found, "backup", verify=path)
        assert "is whole" in said
        assert "2 documents, 1 files of imports, 2 files of data releases" in said
        assert "Without the rows of django_session" in said
        assert path.stat().st_mode & 0o777 == 0o600
        assert {left.name for left in path.parent.iterdir()} == {path.name, ".lock"}
    assert b"captain" not in sealed.read_bytes()
    with tarfile.open(plain) as tar:
        assert tar.getnames()[-2:] == ["manifest.json", "SHA256SUMS"]


def test_files_alone_are_put_back(kept: Kept) -> None:
    """After a point-in-time recovery, which brings back rows and no files."""
    found, plain, _sealed = kept
    before = found.rows(), found.files()
    for name in ("ATTACHMENTS_DIR", "RELEASES_DIR"):
        shutil.rmtree(found.place(name))
    said = command(found, "restore", plain, files_only=True)
    assert "2 documents, 0 of imports; 1 data releases" in said
    assert (found.rows(), found.files()) == before


def test_an_older_backup_is_migrated(kept: Kept, tmp_path: Path) -> None:
    """A backup of a time before a migration."""
    found, _plain, _sealed = kept
    tables = set(found.rows())
    command(found, "migrate", "links", "zero", verbosity=0)
    assert set(found.rows()) < tables
    command(found, "backup", to=tmp_path)
    said = command(found, "restore", tmp_path, replace=True, drop_replaced=True)
    assert re.search(r"Migrations applied: [1-9]", said)
    assert "Search index: complete as it came" in said
    assert set(found.rows()) == tables


@pytest.mark.long
def test_a_search_that_lacks_a_document_is_made_anew(kept: Kept, tmp_path: Path) -> None:
    found, _plain, _sealed = kept
    with working_in(found.name), connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_identifier")
        cursor.execute("DELETE FROM search_document")
        count = cursor.rowcount
    command(found, "backup", to=tmp_path)
    said = command(found, "restore", tmp_path, replace=True, drop_replaced=True)
    assert f"Search index: {count} documents made anew" in said
    assert len(found.rows()["search_document"]) == count


# One consistent set, whatever happens meanwhile


def test_documents_that_go_while_a_backup_is_made_are_in_it(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    """A curator deletes a document between the snapshot and the files: the set stays one."""
    found, _plain, _sealed = kept
    digest, dump = hashlib.sha256(RULING).hexdigest(), making._dump
    script = (
        "from caselaw.models import CaseAttachment as A; from portal.attachments.storage import *;"
        "from django.db import transaction\n"
        f"with transaction.atomic(): A.objects.all().delete(); discard(['{digest}'])\n"
    )

    def dump_and_delete(*args: Any) -> None:
        done = found.manage("shell", "-v", "0", "-c", script)
        assert done.returncode == 0, done.stderr
        dump(*args)

    rows = found.rows()["caselaw_caseattachment"]
    monkeypatch.setattr(making, "_dump", dump_and_delete)
    command(found, "backup", to=tmp_path)
    with working_in(found.name):
        assert CaseAttachment.objects.count() == 0
        # Left, because the backup was being made; after it such files go.
        assert storage.path_of(digest).exists()
        assert storage.sweep([digest]) == [digest]
    command(found, "restore", tmp_path, replace=True, drop_replaced=True)
    assert found.rows()["caselaw_caseattachment"] == rows
    assert storage.path_of(digest).read_bytes() == RULING


def test_a_document_that_was_lost_before_is_told_and_keeps_nobody_from_the_rest(
    kept: Kept, tmp_path: Path, capsys: Any
) -> None:
    found, _plain, _sealed = kept
    path = storage.path_of(hashlib.sha256(RULING).hexdigest())
    path.write_bytes(RULING + b"x")
    before = state(found)
    try:
        with pytest.raises(CommandError, match=r"whole but for documents .*" + path.name) as caught:
            command(found, "backup", to=tmp_path)
        assert caught.value.returncode == 2
        path.unlink()
        said = command(found, "restore", tmp_path, replace=True, drop_replaced=True)
        assert f"Warning: Missing or damaged: {path.name}" in said
        assert not path.exists()
        assert found.rows()["caselaw_case"] == before[0]["caselaw_case"]
    finally:
        path.write_bytes(RULING)


# The directory of backups


def test_the_oldest_go_and_the_newest_stays_whatever_the_clock_says(
    kept: Kept, tmp_path: Path
) -> None:
    found, _plain, _sealed = kept
    names = [f"portal-20{year}0101T000000Z.tar" for year in (20, 21, 22)]
    ahead = "portal-20990101T000000Z.tar.age"
    for name in (*names, ahead, "notes.txt", ".unfinished-1"):
        (tmp_path / name).write_bytes(b"x")
    said = command(found, "backup", to=tmp_path, keep=2)
    made = re.search(r"portal-\S+?\.tar", said)
    assert made is not None
    assert {path.name for path in tmp_path.iterdir()} == {
        *(Path(made[0]).name, ahead, "notes.txt", ".lock")
    }
    assert {name for name in names if f"Deleted: {name}" in said} == set(names)
    assert shelf.name_for("2099-01-01T00:00:00+00:00", tmp_path, is_sealed=False) == (
        "portal-20990101T000000Z-2.tar"
    )
    with pytest.raises(CommandError, match="No backup is in"):
        command(found, "restore", found.place("RELEASES_DIR"))
    with pytest.raises(CommandError, match="There is no"):
        command(found, "restore", tmp_path / "nowhere")


def test_two_backups_do_not_meet(kept: Kept, tmp_path: Path) -> None:
    found, _plain, _sealed = kept
    with shelf.alone(tmp_path), pytest.raises(CommandError, match="Another backup is being"):
        command(found, "backup", to=tmp_path)


# PostgreSQL's programs


def _programs(home: Path, major: int) -> Path:
    home.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (home / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.2 (Debian)'\n")
        (home / name).chmod(0o755)
    return home


def test_programs_older_than_the_server_are_refused(
    kept: Kept, settings: Any, tmp_path: Path
) -> None:
    found, _plain, _sealed = kept
    settings.PG_BIN = str(_programs(tmp_path / "old", 14))
    with pytest.raises(CommandError, match=r"The server is PostgreSQL 18.*of version 14.*PG_BIN"):
        command(found, "backup", to=tmp_path / "b")
    settings.PG_BIN = str(tmp_path / "nothing")
    with pytest.raises(CommandError, match="were not found in PG_BIN"):
        command(found, "backup", to=tmp_path / "b")
    assert not (tmp_path / "b").exists()


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_the_servers_version_is_asked() -> None:
    assert server_major() >= 15


def test_of_several_the_programs_of_the_servers_version_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    homes = {major: _programs(tmp_path / str(major), major) for major in (14, 16, 17, 19)}
    settings.PG_BIN = ""
    monkeypatch.setattr("portal.backups.programs._places", lambda: iter(homes.values()))
    assert [fitting(server).major for server in (15, 16, 17, 18)] == [16, 16, 17, 19]
    with pytest.raises(BackupError, match="PostgreSQL 20"):
        fitting(20)


def test_a_program_that_fails_is_told_and_leaves_nothing(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _plain, _sealed = kept
    with working_in(found.name), snapshot():
        pass

    def broken(self: Any, name: str) -> str:
        return "/bin/false"

    monkeypatch.setattr("portal.backups.programs.Programs.path", broken)
    with pytest.raises(CommandError, match=r"No backup was made: false failed \(1\)"):
        command(found, "backup", to=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}
