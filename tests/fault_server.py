"""A portal with a database server of its own, for a test that kills, fills and restarts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from portal.postgres_server import Server
from tests.backup_room import PLACES, ROOT, Room, command, room
from tests.gunicorns import Gunicorn, gunicorn, wait_for


@dataclass
class Site:
    """A portal with its own database server, which writes to the disk as in earnest."""

    server: Server
    home: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url()

    def url_of(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    @property
    def web(self) -> Path:
        """The directory of all servers of this portal, one after the other."""
        return self.home / "web"

    @property
    def environment(self) -> dict[str, str]:
        places = {name: str(self.home / name.removesuffix("_DIR").lower()) for name in PLACES}
        return {
            **os.environ,
            **places,
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "tests.served_settings",
            "DEBUG": "",
            "SECOND_FACTOR_REQUIRED": "false",
            "API_REQUESTS_PER_MINUTE": "0",
            **self.extra,
        }

    def manage(
        self, *arguments: str, before: tuple[str, ...] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator does; `before` is put before it."""
        return subprocess.run(
            [*before, sys.executable, "manage.py", *arguments],
            cwd=ROOT, env={**self.environment, **more}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def begin(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env={**self.environment, **more}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def start(self) -> None:
        with self.server.locked():
            self.server.start()

    def processes(self) -> list[psutil.Process]:
        """Those of the server; the first one is the parent of all others."""
        pid = self.server.pid()
        assert pid is not None
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]

    def kill(self) -> None:
        """All processes of the server at once, as when the machine's memory runs out."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        wait_for(lambda: self.server.pid() is None, "the end of the server")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Inside, the server is there and answers nothing, as one whose disk hangs.

        The system goes on to take connections for it.
        """
        stopped = self.processes()[:1]
        try:
            # Without its parent no process is added any more.
            stopped[0].suspend()
            for process in self.processes()[1:]:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
                    stopped.append(process)
            yield
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def served(self, **more: str) -> AbstractContextManager[Gunicorn]:
        """The portal as it is served, on a port of its own."""
        return gunicorn(self.web, self.url, tcp=True, **{**self.environment, **more})

    def ask(self, query: str, *values: Any, database: str = "portal") -> list[tuple[Any, ...]]:
        link = psycopg2.connect(self.url_of(database))
        link.autocommit = True
        try:
            with link.cursor() as cursor:
                cursor.execute(query, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            link.close()


@contextmanager
def site(home: Path, *, filled_by: Any = None) -> Iterator[Site]:
    """A server in a directory; with the blocker of the tests' database, the collection is in it."""
    server = Server(home / "postgres")
    found = Site(server, home)
    try:
        found.start()
        if filled_by is not None:
            _fill(found, filled_by)
        yield found
    finally:
        with server.locked():
            server.stop()
        if refuge := server.refuge():
            shutil.rmtree(refuge)


def _fill(found: Site, blocker: Any) -> None:
    """The collection comes by a backup of the tests' database."""
    with room(blocker, found.home / "origin") as origin:
        command(origin, "backup", verbosity=0)
        done = found.manage("restore", str(Room.place(origin, "BACKUPS_DIR")), "--drop-replaced")
        assert done.returncode == 0, done.stderr


class SmallDisk:
    """A disk of few megabytes, which is full in earnest."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.path)], check=True)

    def fill(self) -> None:
        """Take all room that is left."""
        with (self.path / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4096):
                pass

    def free(self) -> None:
        (self.path / "filler").unlink()


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[SmallDisk]:
    """A file system of its own; the test is skipped where none may be mounted."""
    path.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("*** No file system may be mounted here: A FULL DISK IS NOT TRIED. ***")
    try:
        yield SmallDisk(path)
    finally:
        # Whoever still has a file open there keeps it until then.
        subprocess.run(["umount", "--lazy", str(path)], check=True)
