"""Backups and restores that are killed, or have no room: no half backup, no half portal."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError
from django.db import connection

from portal.backups.programs import fitting, server_major
from tests.backup_room import ROOT, SECRET, Room, command, fill, room, state
from tests.fault_server import small_disk
from tests.gunicorns import wait_for

pytestmark = pytest.mark.usefixtures("alone_on_the_server")

#: Stands in for a program of PostgreSQL, and stops in the middle of its work.
STOPPING = """#!/bin/sh
case "$*" in *--version*) exec {real} --version;; *--file=/dev/null*) exec {real} "$@";; esac
echo $$ >>{home}/pids
{{ {begin}; touch {home}/{name}.at-work; exec sleep 600; }} {end}
"""
#: A restore in which everything is ready but the last step.
ALMOST = """
import sys, time
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from portal.backups.databases import Keeper
def wait(self, fresh):
    Path(sys.argv[2]).touch()
    time.sleep(600)
Keeper.put_in_place = wait
call_command("restore", sys.argv[1], replace=True, verbosity=0)
"""


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_programs_for_the_server_are_here() -> None:
    assert fitting(server_major()).major >= server_major()


@pytest.fixture(scope="module")
def kept(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Room, Path]]:
    with room(django_db_blocker, tmp_path_factory.mktemp("portal")) as found:
        fill(found)
        command(found, "backup", verbosity=0)
        yield found, next(found.place("BACKUPS_DIR").glob("*.tar"))


@contextmanager
def stopping(home: Path) -> Iterator[str]:
    """A directory of programs that stop in the middle; what they started ends with the test."""
    real = fitting(server_major())
    home.mkdir()
    for name, begin, end in (
        ("pg_dump", '{real} "$@" | head -c 300000', ""),
        ("pg_restore", "head -c 400000", '| {real} "$@"'),
    ):
        path = real.path(name)
        text = STOPPING.format(
            real=path,
            home=home,
            name=name,
            begin=begin.format(real=path),
            end=end.format(real=path),
        )
        (home / name).write_text(text)
        (home / name).chmod(0o755)
    try:
        yield str(home)
    finally:
        # As children of a killed process they belong to nobody; their shells led no group.
        for left in _sleepers(home):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


def _sleepers(home: Path) -> list[int]:
    """The processes that the programs of a directory left behind."""
    found = []
    shells = (home / "pids").read_text().split() if (home / "pids").exists() else []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            group = (entry / "stat").read_text().rpartition(")")[2].split()[2]
            ours = {os.getpgid(int(shell)) for shell in shells if Path(f"/proc/{shell}").exists()}
            is_ours = entry.name in shells or (
                int(group) in ours and b"sleep\x00600" in (entry / "cmdline").read_bytes()
            )
            if is_ours:
                found.append(int(entry.name))
    return found


def test_a_backup_that_is_killed_leaves_none(kept: tuple[Room, Path], tmp_path: Path) -> None:
    found, _path = kept
    shelf = tmp_path / "shelf"
    with stopping(tmp_path / "bin") as programs:
        process = found.begin("backup", "--to", str(shelf), PG_BIN=programs)
        wait_for((tmp_path / "bin" / "pg_dump.at-work").exists, "pg_dump at work")
        wait_for(lambda: list(shelf.glob(".unfinished-*")), "a file that is being written")
        process.kill()
        process.wait()
    assert [path.name for path in shelf.iterdir() if path.suffix in (".tar", ".age")] == []
    with pytest.raises(CommandError, match="No backup is in"):
        command(found, "restore", shelf, replace=True)
    # The next one takes away what is left, and deletion of documents is free again.
    command(found, "backup", to=shelf)
    names = sorted(path.name for path in shelf.iterdir())
    assert names[0] == ".lock"
    assert re.fullmatch(r"portal-\d{8}T\d{6}Z\.tar", names[1])
    assert len(names) == 2


@pytest.mark.parametrize("moment", ["filling", "before the last step"])
def test_a_restore_that_is_killed_changes_nothing(
    moment: str, kept: tuple[Room, Path], tmp_path: Path
) -> None:
    found, path = kept
    before = state(found)
    with stopping(tmp_path / "bin") as programs:
        if moment == "filling":
            mark = tmp_path / "bin" / "pg_restore.at-work"
            process = found.begin("restore", str(path), "--replace", PG_BIN=programs)
        else:
            mark = tmp_path / "almost"
            process = subprocess.Popen(
                [sys.executable, "-c", ALMOST, str(path), str(mark)],
                cwd=ROOT, env=found.environment,
            )  # fmt: skip
        try:
            wait_for(lambda: mark.exists() or process.poll() is not None, moment)
            assert process.poll() is None
            assert len(found.databases()) == 1
        finally:
            process.kill()
            process.wait()
        assert state(found) == before
        # It is done again, while what the killed one started may still be at work.
        command(found, "restore", path, replace=True, drop_replaced=True)
    assert state(found) == before
    assert found.databases() == []


def test_a_backup_without_room_leaves_none(kept: tuple[Room, Path], tmp_path: Path) -> None:
    """A limit of the process for the size of files: it needs no rights, unlike a small disk."""
    found, _path = kept
    limited = subprocess.run(
        ["prlimit", "--fsize=200000", sys.executable, "manage.py", "backup", "--to", str(tmp_path)],
        cwd=ROOT, env=found.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert limited.returncode == 1
    assert f"No backup was made: [Errno {errno.EFBIG}]" in limited.stderr
    assert "Traceback" not in limited.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_backup_on_a_full_disk_leaves_the_ones_before(
    kept: tuple[Room, Path], tmp_path: Path, settings: Any
) -> None:
    found, path = kept
    with small_disk(tmp_path / "disk", "16m") as disk:
        shutil.copy(path, disk.path)
        disk.fill()
        for key in ("", SECRET):
            settings.BACKUP_KEY = key
            with pytest.raises(
                CommandError, match=r"No backup was made: .*No space left on device"
            ):
                command(found, "backup", to=disk.path, keep=1)
            names = {left.name for left in disk.path.iterdir()}
            assert names == {path.name, "filler", ".lock"}
        disk.free()
        said = command(found, "backup", to=disk.path, keep=1)
        assert f"Deleted: {path.name}" in said
        assert "is whole" in command(found, "backup", verify=disk.path)


def test_a_restore_on_a_full_disk_changes_nothing(
    kept: tuple[Room, Path], tmp_path: Path, settings: Any
) -> None:
    """The documents have no room: neither they nor the database come back, and nothing is lost."""
    found, path = kept
    before = state(found)
    with small_disk(tmp_path / "disk", "1m") as disk:
        disk.fill()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(django_settings, "ATTACHMENTS_DIR", disk.path / "attachments")
            with pytest.raises(CommandError, match=r"Nothing was restored.*No space left"):
                command(found, "restore", path, replace=True)
            left = [file.name for file in (disk.path / "attachments").rglob("*") if file.is_file()]
            assert left == []
    assert state(found) == before
    assert found.databases() == []
    assert connection.settings_dict["NAME"] != found.name
