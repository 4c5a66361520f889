"""The way back: a backup becomes a database beside the served one, and then takes its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from portal.backups import databases
from portal.backups.checking import verify
from portal.backups.databases import working_in
from portal.backups.errors import BackupError, UnfitError
from portal.backups.manifest import Manifest
from portal.backups.packing import unpack
from portal.backups.places import PuttingBack, check_releases
from portal.backups.programs import Programs, Reader, fitting, server_major
from portal.backups.sealing import Keys, opening
from portal.backups.snapshot import counts
from portal.reference.models import DataVersion
from portal.search import index


@dataclass
class Restored:
    """What a restore did.

    Attributes:
        manifest: of the backup.
        files: how many files were written, by their place; what was there already is not counted.
        migrated: migrations that the software has and the backup had not.
        indexed: search documents that were made anew.
        documents: what `check_attachments` said.
        replaced: the name that the database of before has now; None where there was none.
        warnings: what the operator should know.
    """

    manifest: Manifest
    files: dict[str, int] = field(default_factory=dict)
    migrated: int = 0
    indexed: int = 0
    documents: str = ""
    replaced: str | None = None
    warnings: list[str] = field(default_factory=list)


class _Bringing:
    """Feeds a database and puts files back, as a backup is read."""

    def __init__(self, programs: Programs, database: str) -> None:
        self._reader: Reader | None = Reader(
            [
                *(programs.path("pg_restore"), "--dbname", database, "--no-password"),
                *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
            ]
        )
        self.files = PuttingBack()

    def dump(self, piece: bytes) -> None:
        assert self._reader is not None  # noqa: S101 - parts of a dump come before all files
        self._reader.feed(piece)

    def file(self, path: str, stream: Any) -> None:
        self.end_of_dump()
        self.files.file(path, stream)

    def end_of_dump(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def abandon(self) -> None:
        if self._reader is not None:
            self._reader.abandon()
        self.files.abandon()


def restore(
    path: Path,
    keys: Keys,
    *,
    replace: bool = False,
    keep_replaced: bool = True,
    progress: Callable[[str], Any] = lambda said: None,
) -> Restored:
    """Bring a backup back, or leave the database as it is.

    Args:
        path: the backup.
        keys: those that may open it.
        replace: whether a database that holds something may be replaced.
        keep_replaced: whether what was replaced stays under another name.
        progress: told what is done.

    Raises:
        UnfitError: the backup is damaged, cut off, or made by newer software.
        BackupError: the database holds something, or a program failed.
        OSError: a file cannot be written.
    """
    progress("reading the backup")
    manifest = verify(path, keys)
    _check_software(manifest)
    check_releases(manifest)
    with databases.keeper() as keeper:
        if keeper.exists() and not replace and (held := databases.what_it_holds()):
            raise BackupError(
                f"The database {keeper.name} holds {held}. With --replace the backup takes its "
                "place."
            )
        done = Restored(manifest)
        fresh = keeper.make()
        try:
            _fill(path, keys, fresh, done, progress)
            progress("putting the database in its place")
            done.replaced = keeper.put_in_place(fresh)
        except BaseException:
            keeper.drop(fresh)
            raise
        if done.replaced and not keep_replaced:
            keeper.drop(done.replaced)
            done.replaced = None
    done.warnings += forget_what_was_kept()
    return done


class _FilesAlone:
    """Puts files back and lets the database be."""

    def __init__(self) -> None:
        self.files = PuttingBack()

    def dump(self, piece: bytes) -> None:
        """Not wanted."""

    def file(self, path: str, stream: Any) -> None:
        self.files.file(path, stream)


def restore_files(path: Path, keys: Keys) -> dict[str, int]:
    """Put back the files of a backup that are not there; the database stays as it is.

    Returns:
        how many were written, by their place.

    Raises:
        UnfitError: the backup is damaged or cut off; a file that is written is whole all the same.
        BackupError: a release is here and says something else.
        OSError: a file cannot be written.
    """
    check_releases(verify(path, keys))
    bringing = _FilesAlone()
    try:
        with path.open("rb") as source, opening(source, keys) as plain:
            unpack(plain, bringing)
        bringing.files.finish()
    finally:
        bringing.files.abandon()
    return bringing.files.written


def _check_software(manifest: Manifest) -> None:
    """See that this software knows all migrations of the backup.

    Raises:
        UnfitError: it does not.
    """
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update((app, name) for app, name in migration.replaces)
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise UnfitError(
            "It was made by a newer version of the portal, whose migrations this one does not "
            f"know: {', '.join(unknown[:5])}. Restore it with that version."
        )


def _fill(
    path: Path, keys: Keys, fresh: str, done: Restored, progress: Callable[[str], Any]
) -> None:
    """Bring everything into the fresh database, and make it what the portal can serve."""
    with working_in(fresh):
        bringing = _Bringing(fitting(server_major()), fresh)
        try:
            progress("bringing back the database and the files")
            with path.open("rb") as source, opening(source, keys) as plain:
                again = unpack(plain, bringing)
            bringing.end_of_dump()
            if again.text() != done.manifest.text():
                raise UnfitError("It changed while it was read.")
            progress("comparing")
            _compare(done.manifest)
            _bring_up_to_date(done, progress)
            bringing.files.finish()
            done.files = bringing.files.written
            _check_documents(done)
        finally:
            bringing.abandon()


def _compare(manifest: Manifest) -> None:
    """See that each table has as many rows as the backup says.

    Raises:
        BackupError: one has not.
    """
    found, _left_out = counts()
    for table in sorted(found.keys() | manifest.tables.keys()):
        if found.get(table) != manifest.tables.get(table):
            raise BackupError(
                f"{table} has {found.get(table, 'no')} rows after the restore, and "
                f"{manifest.tables.get(table, 'none')} in the backup."
            )


def _bring_up_to_date(done: Restored, progress: Callable[[str], Any]) -> None:
    """Migrate what is older than the software, complete the search, and give the data new marks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        progress("migrating")
        call_command("migrate", interactive=False, verbosity=0)
        done.migrated = len(plan)
    if not index.is_complete():
        progress("making the search index anew")
        done.indexed = index.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    renew_version()


def renew_version() -> None:
    """Give the data marks and a date that no client has seen.

    Clients saw what came after the backup: who asks by its date alone would be told that nothing
    has changed since, though all of that is gone.
    """
    with transaction.atomic():
        for name in (DataVersion.REFERENCE, DataVersion.RECORDS):
            DataVersion.bump(name)


def _check_documents(done: Restored) -> None:
    said = StringIO()
    try:
        call_command("check_attachments", stdout=said, no_color=True)
    except CommandError as error:
        # What the backup lacked already is told of, and keeps nobody from the rest.
        if not done.manifest.lacking:
            raise BackupError(f"Documents are not as they should be: {error}") from error
        done.warnings.append(str(error))
    done.documents = " ".join(said.getvalue().split())
    if done.manifest.lacking:
        lacking = ", ".join(done.manifest.lacking)
        done.warnings.append(f"Missing or damaged when the backup was made: {lacking}")


def forget_what_was_kept() -> list[str]:
    """Empty the cache that processes share: sessions of before may be in it. What failed."""
    try:
        cache.clear()
    except Exception as error:  # noqa: BLE001 - whatever serves the cache: the restore is done
        return [f"The cache could not be emptied; do it by hand. {error}"]
    return []
