"""Backup and restore: everything comes back, or nothing is touched."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError
from django.db import connection

from caselaw.models import Case, CaseAttachment
from portal.attachments import storage
from portal.backups import making, restoring, shelf
from portal.backups.databases import working_in
from portal.backups.errors import BackupError
from portal.backups.programs import environment, fitting, server_major
from portal.backups.sealing import Keys, new_key
from portal.backups.snapshot import snapshot
from portal.reference.models import DataVersion
from portal.reference.version import read
from tests.backup_room import RULING, Room, command, fill, room

pytestmark = pytest.mark.usefixtures("alone_on_the_server")

#: Rows of these tables are left out on purpose, or given new values: all others are compared.
LEFT_OUT = {"django_session", "limits_requestwindow"}
MOVED = {"reference_dataversion"}

SECRET, PUBLIC = new_key()


@pytest.fixture(scope="module")
def kept(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Room, Path, Path]]:
    """A portal with one of everything, and a plain and an encrypted backup of it."""
    with room(django_db_blocker, tmp_path_factory.mktemp("portal")) as found:
        fill(found)
        plain, sealed = found.home / "plain", found.home / "sealed"
        command(found, "backup", to=plain)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(django_settings, "BACKUP_KEY", SECRET)
            command(found, "backup", to=sealed)
        yield found, next(plain.glob("*.tar")), next(sealed.glob("*.tar.age"))


def state(found: Room) -> tuple[Any, ...]:
    """Everything but what a restore leaves out or gives new values."""
    rows = found.rows()
    for table in LEFT_OUT | MOVED:
        rows.pop(table)
    return rows, found.files()


@pytest.mark.parametrize("how", ["plain", "encrypted"])
def test_a_destroyed_portal_comes_back_whole(
    how: str, kept: tuple[Room, Path, Path], settings: Any
) -> None:
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


def test_the_file_of_a_backup_needs_nothing_of_ours(kept: tuple[Room, Path, Path]) -> None:
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


def test_a_backup_says_what_it_holds_and_nobody_else_reads_it(
    kept: tuple[Room, Path, Path], settings: Any
) -> None:
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


# What is not fit is refused, and nothing is touched


def _cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _cut_at_the_end(content: bytes) -> bytes:
    """Only the list of checksums is missing, as after a copy that broke off."""
    return content[: content.rindex(b"SHA256SUMS")] if b"SHA256SUMS" in content else content[:-1]


def _bit(content: bytes) -> bytes:
    at = len(content) // 3
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _empty(content: bytes) -> bytes:
    return b""


def _rubbish(content: bytes) -> bytes:
    return b"PK\x03\x04" + content[4:2000]


SPOILT = [_cut, _cut_at_the_end, _bit, _empty, _rubbish]


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("kind", [1, 2], ids=["plain", "encrypted"])
def test_a_damaged_backup_is_refused(
    spoil: Callable[[bytes], bytes], kind: int, kept: Any, settings: Any, tmp_path: Path
) -> None:
    found, path = kept[0], kept[kind]
    settings.BACKUP_KEY = SECRET
    spoilt = tmp_path / path.name
    spoilt.write_bytes(spoil(path.read_bytes()))
    before = state(found)
    with pytest.raises(CommandError, match=r"is not fit: (It|database/part-00000 in it) "):
        command(found, "backup", verify=spoilt)
    with pytest.raises(CommandError, match="Nothing was restored, the database is as it was"):
        command(found, "restore", spoilt, replace=True)
    assert state(found) == before
    assert found.databases() == []


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def _packed(path: Path, members: dict[str, bytes], *, true_sums: bool = True) -> Path:
    """A file of a backup with other contents, whose checksums hold."""
    if true_sums:
        lines = [
            f"{hashlib.sha256(content).hexdigest()}  {name}\n"
            for name, content in members.items()
            if name != "SHA256SUMS"
        ]
        members = {**members, "SHA256SUMS": "".join(lines).encode()}
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def _foreign(members: dict[str, bytes]) -> None:
    members["manifest.json"] = members["manifest.json"].replace(b"smuggling-of", b"other-of")


def _newer(members: dict[str, bytes]) -> None:
    members["manifest.json"] = members["manifest.json"].replace(
        b'"migrations": [', b'"migrations": [["caselaw", "0999_of_tomorrow"],'
    )


def _other_format(members: dict[str, bytes]) -> None:
    members["manifest.json"] = members["manifest.json"].replace(
        b'"format_version": 1', b'"format_version": 2'
    )


def _other_counts(members: dict[str, bytes]) -> None:
    members["manifest.json"] = re.sub(
        rb'"caselaw_case": \d+', b'"caselaw_case": 7', members["manifest.json"]
    )


def _climbing(members: dict[str, bytes]) -> None:
    last = {name: members.pop(name) for name in ("manifest.json", "SHA256SUMS")}
    members["releases/../../../tmp/x"] = b"x"
    members.update(last)


def _another_document(members: dict[str, bytes]) -> None:
    """A document that is not what its name says, though its checksum in the lists is right."""
    name = next(name for name in members if name.startswith("attachments/"))
    told = hashlib.sha256(members[name]).hexdigest()
    members[name] = RULING + b"\n"
    size, now = len(members[name]), hashlib.sha256(members[name]).hexdigest()
    text = members["manifest.json"].decode()
    entry = re.compile(rf'("path": "{name}",\s+"size": )\d+(,\s+"sha256": "){told}"')
    text, count = entry.subn(rf'\g<1>{size}\g<2>{now}"', text)
    assert count == 1
    members["manifest.json"] = text.encode()


def _no_database(members: dict[str, bytes]) -> None:
    members["database/part-00000"] = b"PGDMP is how it begins, and no more"
    size, digest = 35, hashlib.sha256(members["database/part-00000"]).hexdigest()
    members["manifest.json"] = re.sub(
        rb'("path": "database/part-00000",\s+"size": )\d+(,\s+"sha256": ")[0-9a-f]+',
        rb"\g<1>" + str(size).encode() + rb"\g<2>" + digest.encode(),
        members["manifest.json"],
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_foreign, "no backup of this portal"),
        (_newer, r"newer version of the portal.*0999_of_tomorrow"),
        (_other_format, "format 2"),
        (_other_counts, r"caselaw_case has \d+ rows after the restore, and 7"),
        (_climbing, "what no backup holds"),
        (_another_document, "Documents are not as they should be"),
        (_no_database, "What pg_dump wrote cannot be read"),
    ],
)
def test_a_backup_of_something_else_is_refused(
    change: Callable[[dict[str, bytes]], None], why: str, kept: Any, tmp_path: Path
) -> None:
    found, plain, _sealed = kept
    members = _members(plain)
    change(members)
    path = _packed(tmp_path / plain.name, members)
    before = state(found)
    document = storage.path_of(hashlib.sha256(RULING).hexdigest())
    if change is _another_document:
        for kept_document in found.place("ATTACHMENTS_DIR").rglob("*"):
            if kept_document.is_file():
                kept_document.rename(kept_document.with_suffix(".aside"))
    try:
        with pytest.raises(CommandError, match=why):
            command(found, "restore", path, replace=True)
    finally:
        for aside in found.place("ATTACHMENTS_DIR").rglob("*.aside"):
            aside.rename(aside.with_suffix(""))
        for other in found.place("ATTACHMENTS_DIR").rglob("*"):
            assert not other.name.startswith(storage.UNFINISHED)
    assert document.read_bytes() == RULING
    assert state(found) == before
    assert found.databases() == []


def test_a_full_database_is_not_replaced_unasked(kept: Any) -> None:
    found, plain, _sealed = kept
    before = state(found)
    with pytest.raises(CommandError, match=r"holds [\d,]+ .*1 users\. With --replace"):
        command(found, "restore", plain)
    assert state(found) == before
    with working_in(found.name):
        case = Case.objects.public()[0]
        Case.objects.filter(pk=case.pk).update(title="Ruined")
    said = command(found, "restore", plain.parent, replace=True)
    assert state(found) == before
    (replaced,) = found.databases()
    assert f"kept as the database {replaced}" in said
    with working_in(replaced):
        assert Case.objects.get(pk=case.pk).title == "Ruined"
    found.tidy()
    command(found, "restore", plain, replace=True, drop_replaced=True)
    assert found.databases() == []


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "holds no secret key"),
        (PUBLIC, "holds no secret key"),
        (new_key()[0], "No key of BACKUP_KEY opens it"),
        ("correct horse", "key number 1 is none of age's"),
        (SECRET[:-1], "key number 1 is none of age's"),
    ],
    # Keys are made anew by each worker: they are no names of tests.
    ids=["none", "public", "another", "no key", "cut"],
)
def test_a_wrong_key_is_told(key: str, why: str, kept: Any, settings: Any) -> None:
    found, _plain, sealed = kept
    settings.BACKUP_KEY = key
    before = state(found)
    with pytest.raises(CommandError, match=why) as caught:
        command(found, "restore", sealed, replace=True)
    assert not key or key not in str(caught.value)
    assert state(found) == before


def test_keys_are_rotated(kept: Any, settings: Any, tmp_path: Path) -> None:
    """While both keys are named, either opens what is made; the old one opens what was made."""
    found, _plain, sealed = kept
    new_secret, new_public = new_key()
    settings.BACKUP_KEY = f"{new_public}, {SECRET}"
    command(found, "backup", to=tmp_path)
    for key in (SECRET, new_secret):
        settings.BACKUP_KEY = key
        assert "is whole" in command(found, "backup", verify=tmp_path)
    settings.BACKUP_KEY = f"{new_secret} {SECRET}"
    assert "is whole" in command(found, "backup", verify=sealed)


def test_a_server_with_public_keys_alone_opens_nothing(
    kept: Any, settings: Any, tmp_path: Path
) -> None:
    found, _plain, _sealed = kept
    settings.BACKUP_KEY = PUBLIC
    said = command(found, "backup", to=tmp_path)
    assert "What is in it was not" in said
    with pytest.raises(CommandError, match="holds no secret key"):
        command(found, "backup", verify=tmp_path)
    settings.BACKUP_KEY = SECRET
    assert "is whole" in command(found, "backup", verify=tmp_path)
    told = command(found, "backup", new_key=True)
    assert Keys.read(told.splitlines()[1]).identities


# One consistent set, whatever happens meanwhile


def test_documents_that_go_while_a_backup_is_made_are_in_it(
    kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
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
    kept: Any, tmp_path: Path, capsys: Any
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


def test_an_older_backup_is_migrated(kept: Any, tmp_path: Path) -> None:
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
def test_a_search_that_lacks_a_document_is_made_anew(kept: Any, tmp_path: Path) -> None:
    found, _plain, _sealed = kept
    with working_in(found.name), connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_identifier")
        cursor.execute("DELETE FROM search_document")
        count = cursor.rowcount
    command(found, "backup", to=tmp_path)
    said = command(found, "restore", tmp_path, replace=True, drop_replaced=True)
    assert f"Search index: {count} documents made anew" in said
    assert len(found.rows()["search_document"]) == count


def test_a_release_is_never_changed_by_a_restore(kept: Any) -> None:
    found, plain, _sealed = kept
    archive = next((found.place("RELEASES_DIR") / "2026.11").glob("*.zip"))
    before = archive.read_bytes()
    archive.write_bytes(before + b"x")
    try:
        with pytest.raises(CommandError, match="A release is never changed: move"):
            command(found, "restore", plain, replace=True)
        assert archive.read_bytes() == before + b"x"
    finally:
        archive.write_bytes(before)


# The directory of backups


def test_the_oldest_go_and_the_newest_stays_whatever_the_clock_says(
    kept: Any, tmp_path: Path
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


def test_two_backups_do_not_meet(kept: Any, tmp_path: Path) -> None:
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
    kept: Any, settings: Any, tmp_path: Path
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
    kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_no_secret_is_an_argument_or_reaches_a_program(
    kept: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_KEY", SECRET)
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "PASSWORD", "s3cret")
        told = environment()
    assert told["PGPASSWORD"] == "s3cret"
    assert SECRET not in " ".join(told.values())
    assert "PGSERVICE" not in told
    assert "SECRET_KEY" not in told
    assert "DATABASE_URL" not in told


def test_a_restore_that_may_not_make_databases_says_so(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, plain, _sealed = kept
    with connection._nodb_cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS portal_narrow")
        cursor.execute("CREATE ROLE portal_narrow LOGIN")
    before = state(found)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(connection.settings_dict, "USER", "portal_narrow")
            patch.setattr(restoring.databases, "what_it_holds", lambda: "")
            with pytest.raises(CommandError, match=r"may not make databases.*CREATEDB"):
                command(found, "restore", plain)
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute("DROP ROLE portal_narrow")
    assert state(found) == before


def test_files_alone_are_put_back(kept: Any) -> None:
    """After a point-in-time recovery, which brings back rows and no files."""
    found, plain, _sealed = kept
    before = found.rows(), found.files()
    for name in ("ATTACHMENTS_DIR", "RELEASES_DIR"):
        shutil.rmtree(found.place(name))
    said = command(found, "restore", plain, files_only=True)
    assert "2 documents, 0 of imports; 1 data releases" in said
    assert (found.rows(), found.files()) == before
