"""The database beside the one that is served: made, filled, and put in its place by one commit.

Until that commit nothing of the served database is touched, so that a restore that fails, is
killed or runs out of disk leaves it as it was, and readers read it all the time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg2
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, connections
from psycopg2 import errors, sql

from portal.backups.errors import BackupError
from portal.records.database import databases

#: The database in which databases are made and renamed.
MAINTENANCE = "postgres"
#: PostgreSQL cuts longer names.
_LONGEST = 63
_LOCK = 5_741_007
#: Attempts to rename a database: somebody may connect just between two statements.
_ATTEMPTS = 20
_PROPERTIES = """
    SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider::text,
        coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale')
    FROM pg_database d WHERE datname = %s
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid()
"""


def target() -> str:
    """The name of the portal's database."""
    return str(connection.settings_dict["NAME"])


class Keeper:
    """Makes, renames and drops databases; one restore of a database at a time.

    Raises:
        BackupError: the server cannot be reached, or another restore is at work.
    """

    def __init__(self) -> None:
        parameters = {**connection.get_connection_params(), "dbname": MAINTENANCE}
        parameters.pop("cursor_factory", None)
        try:
            self._link = psycopg2.connect(**parameters)
        except psycopg2.OperationalError as error:
            raise BackupError(f"The database server cannot be reached: {error}") from error
        self._link.autocommit = True
        self.name = target()
        number = zlib.crc32(self.name.encode()) - (1 << 31)
        if not self._ask("SELECT pg_try_advisory_lock(%s, %s)", _LOCK, number)[0][0]:
            self.close()
            raise BackupError(f"Another restore of {self.name} is at work.")

    def close(self) -> None:
        self._link.close()

    def exists(self) -> bool:
        """Whether the portal's database is there."""
        return bool(self._ask("SELECT 1 FROM pg_database WHERE datname = %s", self.name))

    def make(self) -> str:
        """An empty database with the properties of the served one; its name.

        Those that a killed restore left behind are dropped before.

        Raises:
            BackupError: the portal's account may not make databases.
        """
        for left in self._ask(
            "SELECT datname FROM pg_database WHERE datname LIKE %s",
            self._beside("restoring", "").replace("\\", "\\\\").replace("_", "\\_") + "%",
        ):
            self.drop(left[0])
        fresh = self._beside("restoring", _stamp())
        properties = self._ask(_PROPERTIES, self.name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
            sql.Identifier(fresh)
        )
        if properties:
            statement += _locale(*properties[0][1:])
        try:
            self._do(statement)
        except errors.InsufficientPrivilege as error:
            raise BackupError(
                "The portal's account at the database server may not make databases, and a restore "
                f"needs one beside {self.name}: ALTER ROLE … CREATEDB."
            ) from error
        return fresh

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def put_in_place(self, fresh: str) -> str | None:
        """Have the fresh database served from now on; the name of the one it replaces, if any.

        Raises:
            BackupError: somebody holds the served database whom the portal's account cannot end.
        """
        replaced = self._beside("replaced", _stamp()) if self.exists() else None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._rename(fresh, replaced)
                break
            except (errors.ObjectInUse, errors.InsufficientPrivilege) as error:
                # PostgreSQL has waited for some seconds already for those who were ended.
                if attempt == _ATTEMPTS or isinstance(error, errors.InsufficientPrivilege):
                    raise BackupError(
                        f"{self.name} could not be replaced, and is served as before: "
                        f"{' '.join(str(error).split())}"
                    ) from error
        return replaced

    def _rename(self, fresh: str, replaced: str | None) -> None:
        """Both names change by one commit. Whoever connects meanwhile waits for it."""
        self._link.autocommit = False
        try:
            with self._link, self._link.cursor() as cursor:
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                if replaced is not None:
                    cursor.execute(_END_OTHERS, [self.name])
                    cursor.execute(
                        rename.format(sql.Identifier(self.name), sql.Identifier(replaced))
                    )
                cursor.execute(rename.format(sql.Identifier(fresh), sql.Identifier(self.name)))
        finally:
            self._link.autocommit = True

    def _beside(self, kind: str, stamp: str) -> str:
        ending = f"_{kind}_{stamp}"
        room = _LONGEST - len(f"_{kind}_{_stamp()}")
        return self.name.encode()[:room].decode("utf-8", "ignore") + ending

    def _ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._link.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def _do(self, statement: sql.Composable) -> None:
        with self._link.cursor() as cursor:
            cursor.execute(statement)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dt%H%M%S%f")[:-3]


def _locale(collate: str, ctype: str, provider: str, locale: str | None) -> sql.Composable:
    """The clauses that give a new database the order of letters of another one."""
    clauses = sql.SQL(" LC_COLLATE {} LC_CTYPE {}").format(sql.Literal(collate), sql.Literal(ctype))
    if provider == "i":
        clauses += sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(locale))
    elif provider == "b":
        clauses += sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(sql.Literal(locale))
    return clauses


@contextmanager
def keeper() -> Iterator[Keeper]:
    with closing(Keeper()) as found:
        yield found


@contextmanager
def working_in(name: str) -> Iterator[None]:
    """Let all that asks the portal's database ask another one meanwhile."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


def what_it_holds() -> str:
    """What would be lost with the present database, in words; '' where it is empty."""
    there = set(connection.introspection.table_names())
    models: list[Any] = [database.model for database in databases()]
    users = get_user_model()
    told = []
    for model in (*models, users):
        if model._meta.db_table in there and (count := model._default_manager.count()):
            label = apps.get_app_config(model._meta.app_label).label
            told.append(f"{count:,} {label if model is not users else 'users'}")
    if not told and there:
        return f"{len(there)} tables" if not _is_ours(there) else ""
    return ", ".join(told)


def _is_ours(tables: set[str]) -> bool:
    """Whether tables are those of a portal, which holds nothing yet."""
    return "reference_dataversion" in tables
