"""A disk that is full in earnest, under database and files: all or nothing, and once again.

What a release does when any one of its steps fails stands in test_releases.py.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError
from django.db import OperationalError, connection, connections
from django.test import Client, override_settings
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case, CaseAttachment
from portal.accounts.models import User
from portal.backups.databases import working_in
from portal.imports import steps
from portal.imports.models import ImportRun
from portal.records.models import Revision
from portal.search.models import SearchDocument
from tests import documents
from tests.admin_forms import open_page, public_case, send
from tests.backup_room import Room, command
from tests.conftest import COLLECTION, whole_server
from tests.fault_server import SmallDisk, small_disk
from tests.import_files import WORK, brought, written
from tests.test_releases import few, in_test, left, shelf  # noqa: F401 - fixtures
from tests.test_releases import run as build_release

#: More than the pages of the tables that are half empty take in.
WORKS = 400


@dataclass
class FullDatabase:
    """A copy of the database, on a disk of its own."""

    room: Room
    disk: SmallDisk


@pytest.fixture
def small(django_db_setup: None, django_db_blocker: Any, tmp_path: Path) -> Iterator[FullDatabase]:
    # Where PostgreSQL's account gets at it, which the directories of the tests do not let it.
    parent = "/var/lib" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="portal-small-disk-", dir=parent))
    try:
        with (
            whole_server(),
            small_disk(home, "1g") as disk,
            _copy_on(disk, django_db_blocker) as name,
        ):
            yield FullDatabase(Room("", name, tmp_path), disk)
    finally:
        home.rmdir()


@contextmanager
def _copy_on(disk: SmallDisk, blocker: Any) -> Iterator[str]:
    place = disk.path / "tablespace"
    place.mkdir(mode=0o700)
    with blocker.unblock():
        template = str(connection.settings_dict["NAME"])
        name, space = f"{template}_small", f"{template}_space"
        connections.close_all()
        with connection._nodb_cursor() as cursor:
            cursor.execute("SHOW data_directory")
            data = Path(cursor.fetchone()[0])
            shutil.chown(place, data.stat().st_uid, data.stat().st_gid)
            cursor.execute(f"CREATE TABLESPACE {space} LOCATION '{place}'")
            try:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" TABLESPACE {space}')
                yield name
            finally:
                connections.close_all()
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                cursor.execute(f"DROP TABLESPACE {space}")


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_a_document_without_room_is_refused_as_a_whole(
    admin_client: Client, settings: Any, tmp_path: Path
) -> None:
    case = public_case()
    admin_client.raise_request_exception = False
    ruling = documents.pdf(*(f"Page {number} of the ruling." for number in range(100)))
    with small_disk(tmp_path / "disk", "1m") as disk:
        settings.ATTACHMENTS_DIR = disk.path / "attachments"
        disk.fill()
        for expected in (503, 302):
            page = open_page(admin_client, Case, case.pk)
            page.fill(title="A better title")
            row = page.add_row("attachments", title="Judgment", is_public="on")
            upload: Any = SimpleUploadedFile("ruling.pdf", ruling)
            page.data[f"attachments-{row}-file"] = [upload]
            response = send(admin_client, Case, page, case.pk)
            assert response.status_code == expected
            saved = expected == 302
            assert CaseAttachment.objects.filter(case=case).exists() is saved
            assert Revision.objects.of(case).exists() is saved
            case.refresh_from_db()
            assert (case.title == "A better title") is saved
            kept = [path for path in disk.path.rglob("attachments/**/*") if path.is_file()]
            assert len(kept) == int(saved)
            if not saved:
                assert response["Retry-After"]
                assert "Traceback" not in response.content.decode()
                disk.free()


@pytest.mark.django_db
def test_a_file_to_import_without_room_is_refused_as_a_whole(
    admin_client: Client, settings: Any, tmp_path: Path
) -> None:
    admin_client.raise_request_exception = False
    where = reverse("admin:imports_importrun_new", args=["bibliography"])
    content = (json.dumps(WORK) + "\n").encode() + b"\n" * 100_000
    with small_disk(tmp_path / "disk", "1m") as disk:
        settings.IMPORTS_DIR = disk.path / "imports"
        disk.fill()
        for expected in (503, 302):
            upload = SimpleUploadedFile("a.jsonl", content)
            assert admin_client.post(where, {"file": upload}).status_code == expected
            saved = int(expected == 302)
            assert ImportRun.objects.count() == saved
            # Half a file would take the room that is left.
            kept = [path for path in disk.path.rglob("imports/*") if path.is_file()]
            assert len(kept) == saved
            if not saved:
                disk.free()


@pytest.mark.django_db
def test_a_release_without_room_is_not_published(
    shelf: Path,  # noqa: F811 - the fixture
    few: None,  # noqa: F811
) -> None:
    with small_disk(shelf, "64k") as disk:
        with pytest.raises(CommandError, match=r"Nothing was published.*No space left on device"):
            build_release("2026.12")
        assert left(shelf) == set()
        disk.resize("64m")
        build_release("2026.12")
        assert left(shelf) == {"2026.12"}


def tables(small: FullDatabase) -> dict[str, list[str]]:
    """Every row; numbers that were drawn and not used do not come back."""
    return {name: rows for name, rows in small.room.rows().items() if name != "(sequences)"}


@pytest.mark.long
def test_a_collection_without_room_is_not_loaded_at_all(
    small: FullDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "collection"
    shutil.copytree(COLLECTION, folder)
    path = folder / "cases.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["title"] += " (said anew)"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    before = tables(small)
    small.disk.fill()
    with pytest.raises(CommandError, match=r"nothing was changed.*No space left on device"):
        command(small.room, "load_collection", folder, verbosity=0)
    assert tables(small) == before
    small.disk.free()
    said = command(small.room, "load_collection", folder)
    assert f"cases: 0 new, {len(lines)} updated" in said


def finished(run: ImportRun, user: User) -> ImportRun:
    while run.is_going:
        run = steps.advance(run, user, patience=0)
    return run


def test_an_import_without_room_stops_between_two_batches_and_goes_on(
    small: FullDatabase, tmp_path: Path
) -> None:
    """A batch is written whole or not at all; the run stands where it was and is gone on with."""
    works = [
        {
            **{key: WORK[key] for key in ("type", "issued", "sources")},
            "id": f"quincey-2031-{number}",
            "title": f"On the crossing of quinces, part {number} " + "of many " * 30,
        }
        for number in range(WORKS)
    ]
    path = written(tmp_path / "a.jsonl", "bibliography", works)
    with working_in(small.room.name), override_settings(IMPORTS_DIR=tmp_path / "imports"):
        user = User.objects.create_superuser("ada")
        run = brought(path, "bibliography", user)
        run = steps.begin_writing(finished(run, user), only_sound=False)
        small.disk.fill()
        with pytest.raises(OperationalError, match="No space left on device"):
            finished(run, user)
        run.refresh_from_db()
        assert run.stage == ImportRun.Stage.WRITING
        made = Work.objects.filter(code__startswith="quincey-2031-")
        assert made.count() == run.rows.filter(result="written").count() < WORKS
        keys = list(made.values_list("pk", flat=True))
        assert Revision.objects.filter(database="bibliography", object_id__in=keys).count() == (
            SearchDocument.objects.filter(database="bibliography", object_id__in=keys).count()
        )
        small.disk.free()
        run = finished(run, user)
        assert run.stage == ImportRun.Stage.WRITTEN
        assert made.count() == WORKS
