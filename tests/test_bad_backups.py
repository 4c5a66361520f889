"""Backups that are not fit, and keys that do not open them: refused, and nothing is touched."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection

from caselaw.models import Case
from portal.attachments import storage
from portal.backups import restoring
from portal.backups.databases import working_in
from portal.backups.programs import environment
from portal.backups.sealing import Keys, new_key
from tests.backup_room import PUBLIC, RULING, SECRET, Kept, backed_up, command, state

pytestmark = pytest.mark.usefixtures("alone_on_the_server")


@pytest.fixture(scope="module")
def kept(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    with backed_up(django_db_blocker, tmp_path_factory.mktemp("portal")) as found:
        yield found


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
    spoil: Callable[[bytes], bytes], kind: int, kept: Kept, settings: Any, tmp_path: Path
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
    change: Callable[[dict[str, bytes]], None], why: str, kept: Kept, tmp_path: Path
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


def test_a_full_database_is_not_replaced_unasked(kept: Kept) -> None:
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


def test_a_release_is_never_changed_by_a_restore(kept: Kept) -> None:
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


def test_a_restore_that_may_not_make_databases_says_so(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
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


# Keys


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
def test_a_wrong_key_is_told(key: str, why: str, kept: Kept, settings: Any) -> None:
    found, _plain, sealed = kept
    settings.BACKUP_KEY = key
    before = state(found)
    with pytest.raises(CommandError, match=why) as caught:
        command(found, "restore", sealed, replace=True)
    assert not key or key not in str(caught.value)
    assert state(found) == before


def test_keys_are_rotated(kept: Kept, settings: Any, tmp_path: Path) -> None:
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
    kept: Kept, settings: Any, tmp_path: Path
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


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_no_secret_is_an_argument_or_reaches_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
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
