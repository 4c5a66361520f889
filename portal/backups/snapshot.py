"""The database at one moment: what it holds, told by the transaction that pg_dump reads in, too."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from portal.attachments.models import attachment_models
from portal.backups.manifest import Manifest
from portal.imports.models import ImportRun
from portal.reference.version import read, software

#: Tables of which no row is saved, and why; unlogged ones are found by what they are.
_LEFT_OUT = {
    "django_session": "Sessions open doors: after a restore everybody signs in again.",
}
_UNLOGGED = "What is counted for a minute."
_TABLES = """
    SELECT c.oid::regclass::text, c.relpersistence = 'u'
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (
            SELECT 1 FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
"""


@dataclass(frozen=True)
class Snapshot:
    """The database at one moment.

    Attributes:
        name: what pg_dump knows the snapshot by, while it is held.
        manifest: what a backup says of it, without its files.
        attachments: checksums of the documents that rows name.
        imports: names of the files of imports that rows name.
    """

    name: str
    manifest: Manifest
    attachments: list[str]
    imports: list[str]


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Hold the present state of the database; whoever writes meanwhile is not seen."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot(), now()")
            name, moment = cursor.fetchone()
        documents: set[str] = set()
        for model in attachment_models():
            documents.update(model._default_manager.values_list("sha256", flat=True))
        imports = ImportRun.objects.exclude(stored="").values_list("stored", flat=True)
        yield Snapshot(name, _manifest(moment), sorted(documents), sorted(imports))


def _manifest(moment: datetime) -> Manifest:
    tables, left_out = counts()
    recorder = MigrationRecorder(connection)
    version = read()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, token::text, changed_at FROM reference_dataversion ORDER BY 1")
        data_version = [[name, token, at.isoformat()] for name, token, at in cursor.fetchall()]
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    return Manifest(
        made_at=moment.astimezone(UTC).isoformat(timespec="seconds"),
        database={"name": connection.settings_dict["NAME"], "server": server},
        software={
            "mark": software(),
            "data_mark": version.mark,
            "Django": importlib.metadata.version("Django"),
            "Python": platform.python_version(),
        },
        migrations=sorted([app, name] for app, name in recorder.applied_migrations()),
        data_version=data_version,
        tables=tables,
        left_out=left_out,
    )


def counts() -> tuple[dict[str, int], dict[str, str]]:
    """The rows of each table of the database, and the tables that no backup holds rows of."""
    tables: dict[str, int] = {}
    left_out: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, is_unlogged in cursor.fetchall():
            if is_unlogged or table in _LEFT_OUT:
                left_out[table] = _LEFT_OUT.get(table, _UNLOGGED)
                continue
            # The name is PostgreSQL's own, quoted by it where need be.
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - quoted above
            tables[table] = cursor.fetchone()[0]
    return tables, left_out
