"""Benchmark databases: where they are, and that no other database is ever taken for one.

Without a DATABASE_URL in the environment they lie in a server of their own (`var/postgres-bench`,
with the settings of the portal's own server), one for each number of cases, and are kept. `.env`
is not heeded: it names the database that somebody works with.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portal.embedded_postgres import VAR, Hold, ensure_local_environment
from portal.postgres_server import Server

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "bench_"
DIRECTORY = VAR / "postgres-bench"


class NotABenchmarkError(RuntimeError):
    """The database is not one that a benchmark may fill or empty; the message says why."""


def refuse_unless_benchmark(name: str) -> None:
    """Stop unless a database's name says that it is for benchmarks alone.

    Raises:
        NotABenchmarkError: it does not.
    """
    if not name.startswith(PREFIX):
        raise NotABenchmarkError(
            f"The database “{name}” is not a benchmark database: its name must begin with "
            f"“{PREFIX}”. Unset DATABASE_URL to use {DIRECTORY}, or name another database."
        )


@contextmanager
def database(
    kind: int | str, directory: Path | None = None, *, careless: bool = False
) -> Iterator[str]:
    """The address of a database that is there and answers meanwhile.

    A DATABASE_URL in the environment is taken instead, if it names a benchmark database.

    Args:
        kind: the number of its cases, or another end of its name.
        directory: of the server; `DIRECTORY` if none is given.
        careless: whether the server need not keep anything if the machine fails.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        refuse_unless_benchmark(parse_dsn(given).get("dbname", ""))
        yield given
        return
    directory = directory or DIRECTORY
    with Hold(directory, testing=careless) as hold:
        name = f"{PREFIX}{kind}"
        with closing(psycopg2.connect(hold.url)) as connection, connection.cursor() as cursor:
            # CREATE DATABASE cannot be part of a transaction.
            connection.autocommit = True
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')
        yield Server(directory).url(name)


def set_up_django(url: str) -> None:
    """Have this process's Django work on a benchmark database; once a process."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    ensure_local_environment()
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        refuse_unless_benchmark(cursor.fetchone()[0])
