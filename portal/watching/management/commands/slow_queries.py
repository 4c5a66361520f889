"""Command `slow_queries`: what costs the database most, from pg_stat_statements."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.errorcodes import OBJECT_NOT_IN_PREREQUISITE_STATE

ORDERS = {"total": "total_exec_time", "mean": "mean_exec_time", "calls": "calls"}
#: Where the extension may be, beside the portal's own database: it sees the whole server.
OTHER_DATABASE = "postgres"
_QUERY = """
    SELECT total_exec_time, mean_exec_time, max_exec_time, calls, rows,
        100 * total_exec_time / nullif(sum(total_exec_time) OVER (), 0), query
    FROM {schema}.pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
    WHERE d.datname = %s ORDER BY {order} DESC LIMIT %s
"""
_NAMES = ("total_ms", "mean_ms", "max_ms", "calls", "rows", "percent", "query")
#: Values that the server left in: it takes them out of questions, not of every other statement.
_LITERALS = re.compile(r"[eEuU&]*'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
NOT_THERE = """pg_stat_statements is not there: no statistics of statements are kept.
To have them,
  1. add to postgresql.conf, and restart PostgreSQL:
         shared_preload_libraries = 'pg_stat_statements'
     (on a managed server: the same in its parameters; on most it is on already)
  2. as an administrator of the server, in the database “postgres” or in the portal's own:
         CREATE EXTENSION pg_stat_statements;
     or run this command with --enable, if the account of the portal may do that
  3. so that statements of other accounts can be read, too (the portal's own always can):
         GRANT pg_read_all_stats TO the account of the portal;"""
NOT_LOADED = """pg_stat_statements is installed, but the server was started without it.
Add to postgresql.conf, and restart PostgreSQL:
    shared_preload_libraries = 'pg_stat_statements'"""
NO_RESET = """The account of the portal may not reset the statistics. As an administrator:
    GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO the account of the portal;"""


class Command(BaseCommand):
    """Shows the statements that took most time; without their values."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--by", choices=sorted(ORDERS), default="total", help="the order")
        parser.add_argument("--limit", type=int, default=20, help="how many statements")
        parser.add_argument("--width", type=int, default=300, help="signs of each text; 0 for all")
        parser.add_argument("--json", action="store_true", help="an object a line")
        parser.add_argument("--reset", action="store_true", help="begin to count anew")
        parser.add_argument(
            "--enable",
            action="store_true",
            help=f"first make the extension, in the database “{OTHER_DATABASE}” if there is one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["enable"]:
            self._enable()
        with source() as (cursor, schema):
            if options["reset"]:
                self._reset(cursor, schema)
                return
            cursor.execute(
                # A name that PostgreSQL gave, and one of our own.
                _QUERY.format(schema=schema, order=ORDERS[options["by"]]),
                [connection.settings_dict["NAME"], max(1, options["limit"])],
            )
            rows = [dict(zip(_NAMES, row, strict=True)) for row in cursor.fetchall()]
        for row in rows:
            row["query"] = told(row["query"], options["width"])
        if options["json"]:
            for row in rows:
                self.stdout.write(json.dumps({**row, "percent": float(row["percent"] or 0)}))
        else:
            self._show(rows)

    def _show(self, rows: list[dict[str, Any]]) -> None:
        heads = ("total ms", "share", "mean ms", "max ms", "calls", "rows")
        self.stdout.write("".join(f"{head:>12}" for head in heads))
        for row in rows:
            self.stdout.write(
                f"{row['total_ms']:12.1f}{row['percent'] or 0:11.1f}%{row['mean_ms']:12.2f}"
                f"{row['max_ms']:12.1f}{row['calls']:12}{row['rows']:12}\n    {row['query']}"
            )

    def _reset(self, cursor: Any, schema: str) -> None:
        try:
            cursor.execute(
                f"SELECT {schema}.pg_stat_statements_reset(0, oid, 0)"  # noqa: S608 - quoted by PostgreSQL
                " FROM pg_database WHERE datname = %s",
                [connection.settings_dict["NAME"]],
            )
        except DatabaseError as error:
            raise CommandError(NO_RESET) from error
        self.stdout.write("The statistics of this database begin anew.")

    def _enable(self) -> None:
        for wrapper in wrappers():
            try:
                with wrapper.cursor() as cursor:
                    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
                return
            except DatabaseError:
                continue
            finally:
                _close(wrapper)
        raise CommandError(f"The account of the portal may not make the extension.\n{NOT_THERE}")


def wrappers() -> Iterator[BaseDatabaseWrapper]:
    """Connections to where the extension may be: the server's first database, then our own.

    In the portal's own it would be part of every backup, and a restore would need the right to
    make it.
    """
    other = connection.copy()
    other.settings_dict["NAME"] = OTHER_DATABASE
    # A copy shares what is nested with the connection that it is a copy of.
    yield other
    yield connection


@contextmanager
def source() -> Iterator[tuple[Any, str]]:
    """A cursor where the extension is, and the schema that it lies in.

    Raises:
        CommandError: it is nowhere, or not loaded; the message says what to do.
    """
    for wrapper in wrappers():
        try:
            schema = _schema_in(wrapper)
            if schema:
                with wrapper.cursor() as cursor:
                    yield cursor, schema
                return
        finally:
            _close(wrapper)
    raise CommandError(NOT_THERE)


def _schema_in(wrapper: BaseDatabaseWrapper) -> str:
    """Where the extension lies in a database; '' if it does not, or if it cannot be asked.

    Raises:
        CommandError: it is there but not loaded.
    """
    try:
        with wrapper.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace AS n"
                " ON n.oid = extnamespace WHERE extname = 'pg_stat_statements'"
            )
            row = cursor.fetchone()
            if row is None:
                return ""
            # Which libraries are loaded not every account may see.
            statement = f"SELECT 1 FROM {row[0]}.pg_stat_statements LIMIT 1"  # noqa: S608 - quoted
            cursor.execute(statement)
            return str(row[0])
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) == OBJECT_NOT_IN_PREREQUISITE_STATE:
            raise CommandError(NOT_LOADED) from error
        if wrapper is connection:
            raise
        return ""


def _close(wrapper: BaseDatabaseWrapper) -> None:
    if wrapper is not connection:
        wrapper.close()


def told(text: str, width: int) -> str:
    """A statement in one line, without the values that the server may have left in it."""
    line = " ".join(_LITERALS.sub("'…'", text).split())
    return line if not width or len(line) <= width else f"{line[: width - 1]}…"
