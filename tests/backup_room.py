"""A portal of its own for the tests of backups and faults: a copy of the database, and directories.

What is done there no other test sees. It is filled with one of everything that is kept: records and
their history, users with both factors, documents, a release, a file of an import, a session.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import override_settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from caselaw.models import Case, CaseAttachment
from legislation.models import Law, LawAttachment
from portal.accounts.models import User
from portal.attachments import storage
from portal.backups.databases import working_in
from portal.backups.programs import environment, fitting, server_major
from portal.backups.sealing import new_key
from portal.imports import files
from portal.imports.models import ImportRun
from portal.limits.models import RequestWindow
from portal.records.models import Revision
from portal.records.revisions import begin, take
from tests import documents
from tests.conftest import database_copy

ROOT = Path(__file__).resolve().parent.parent
RULING = documents.pdf("The court convicted the captain.")
ACT = documents.pdf("An Act concerning passages.")
TABLE = b"code,title\nx,y\n"
PLACES = ("ATTACHMENTS_DIR", "RELEASES_DIR", "IMPORTS_DIR", "BACKUPS_DIR", "CHARTS_DIR")
#: Rows of these tables are left out on purpose, or given new values: all others are compared.
LEFT_OUT = {"django_session", "limits_requestwindow"}
MOVED = {"reference_dataversion"}
SECRET, PUBLIC = new_key()


@dataclass
class Room:
    """A portal with its own database and directories."""

    url: str
    name: str
    home: Path
    extra: dict[str, str] = field(default_factory=dict)

    def place(self, name: str) -> Path:
        return self.home / name.removesuffix("_DIR").lower()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be in this portal."""
        places = {name: str(self.place(name)) for name in PLACES}
        return {**os.environ, **places, "DATABASE_URL": self.url, "DEBUG": "", **self.extra}

    def manage(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator does."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env={**self.environment, **more}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def begin(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Begin a command that is to be disturbed."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env={**self.environment, **more},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as PostgreSQL writes it."""
        with working_in(self.name), connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%' "
                "AND schemaname <> 'information_schema' ORDER BY 1"
            )
            found = {}
            for (table,) in cursor.fetchall():
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                found[table] = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
            found["(sequences)"] = [f"{name} {value}" for name, value in cursor.fetchall()]
            return found

    def schema(self) -> str:
        """Tables, indexes, constraints, functions and extensions, as pg_dump writes them."""
        with working_in(self.name):
            programs = fitting(server_major())
            told = subprocess.run(
                [programs.path("pg_dump"), "--schema-only", "--no-owner"],
                env=environment(), capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
        # A random word guards the script, and PostgreSQL writes a cast of a list in another way
        # once it has read it again.
        lines = (line for line in told.splitlines() if "restrict " not in line)
        return re.sub(r"::character varying|::text|\[\]|[()]", "", "\n".join(lines))

    def files(self) -> dict[str, bytes]:
        """Every file beside the database that a backup holds."""
        found = {}
        for name in ("ATTACHMENTS_DIR", "RELEASES_DIR", "IMPORTS_DIR"):
            home = self.place(name)
            for path in sorted(home.rglob("*")):
                if path.is_file() and path.name != ".lock":
                    found[f"{name}/{path.relative_to(home).as_posix()}"] = path.read_bytes()
        return found

    def databases(self) -> list[str]:
        """The names of the databases beside that of this portal."""
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY 1",
                [f"^{self.name}_(restoring|replaced)_"],
            )
            return [name for (name,) in cursor.fetchall()]

    def drop(self) -> None:
        """What an operator fears."""
        connections.close_all()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def tidy(self) -> None:
        """Drop what restores left beside the database."""
        connections.close_all()
        with connection._nodb_cursor() as cursor:
            for name in self.databases():
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def room(blocker: Any, home: Path) -> Iterator[Room]:
    """A portal of its own; the settings of this process name its directories, too."""
    with ExitStack() as stack:
        url = stack.enter_context(database_copy(blocker))
        found = Room(url, f"{connection.settings_dict['NAME']}_copy", home)
        stack.enter_context(blocker.unblock())
        stack.enter_context(override_settings(**{name: found.place(name) for name in PLACES}))
        stack.callback(found.tidy)
        yield found


def fill(found: Room) -> None:
    """Keep one of everything there is."""
    with working_in(found.name):
        user = User.objects.create_user("ada", password="correct horse battery")
        TOTPDevice.objects.create(user=user, name="authenticator")
        session = SessionStore()
        session["who"] = "ada"
        session.save()
        RequestWindow.objects.create(client="x" * 32, minute=1, used=1)
        for number, case in enumerate(Case.objects.public().order_by("pk")[:5]):
            with transaction.atomic():
                begin(case)
                case.title = f"{case.title} № {number} “Žižek” "
                case.save()
                take(case, action=Revision.Action.CHANGED, user=user, why="A better title.")
        _attach(CaseAttachment, {"case": Case.objects.public()[0]}, RULING)
        _attach(LawAttachment, {"law": Law.objects.public()[0]}, ACT)
        # The same document twice lies on the disk once.
        _attach(CaseAttachment, {"case": Case.objects.public()[1]}, RULING)
        run = ImportRun(database="cases", user=user, file_name="cases.csv", format="csv")
        files.keep(run, [TABLE])
        run.save()
        _release(found)


def _attach(model: Any, owner: dict[str, Any], content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        storage.keep(io.BytesIO(content), digest)
        model.objects.create(
            **owner, title="The text", name="text.pdf", kind="pdf", size=len(content),
            sha256=digest, is_public=True,
        )  # fmt: skip


def _release(found: Room) -> None:
    """A release as the shelf keeps it: an archive, and what is told of it."""
    home = found.place("RELEASES_DIR") / "2026.11"
    home.mkdir(parents=True)
    archive = home / "smuggling-of-migrants-2026.11.zip"
    archive.write_bytes(b"PK" + bytes(range(256)) * 2_000)
    told = {"file": {"name": archive.name, "bytes": archive.stat().st_size}}
    (home / "release.json").write_text(json.dumps(told))
    (found.place("RELEASES_DIR") / ".building-x").mkdir()


def command(found: Room, *arguments: Any, **options: Any) -> str:
    """A command in this process; what it says."""
    out = io.StringIO()
    with working_in(found.name):
        call_command(*arguments, stdout=out, stderr=out, no_color=True, **options)
    return out.getvalue()


#: A portal, and a plain and an encrypted backup of it.
Kept = tuple[Room, Path, Path]


@contextmanager
def backed_up(blocker: Any, home: Path) -> Iterator[Kept]:
    """A portal with one of everything; SECRET opens the encrypted backup."""
    with room(blocker, home) as found:
        fill(found)
        plain, sealed = found.home / "plain", found.home / "sealed"
        command(found, "backup", to=plain)
        with override_settings(BACKUP_KEY=SECRET):
            command(found, "backup", to=sealed)
        yield found, next(plain.glob("*.tar")), next(sealed.glob("*.tar.age"))


def state(found: Room) -> tuple[Any, ...]:
    """Everything but what a restore leaves out or gives new values."""
    rows = found.rows()
    for table in LEFT_OUT | MOVED:
        rows.pop(table)
    return rows, found.files()
