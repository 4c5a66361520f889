"""Command `restore`: bring a backup back, all of it or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from portal.backups.errors import BackupError
from portal.backups.manifest import ATTACHMENTS, IMPORTS, RELEASES
from portal.backups.restoring import Restored, restore, restore_files
from portal.backups.sealing import Keys
from portal.backups.shelf import chosen


class Command(BaseCommand):
    help = (
        "Bring a backup back: it is verified, restored into a database beside the served one, "
        "compared and migrated there, and put in its place by one step. The portal serves what "
        "it has until then."
    )
    # They ask a database that may be gone.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", type=Path, metavar="FILE_OR_DIR", help="a backup; of a directory the newest"
        )
        parser.add_argument(
            "--replace", action="store_true", help="also where the database holds records"
        )
        parser.add_argument(
            "--files-only",
            action="store_true",
            help="only put files back that are not there, and leave the database alone",
        )
        parser.add_argument(
            "--drop-replaced",
            action="store_true",
            help="drop the database that was replaced instead of keeping it under another name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = not options["verbosity"]
        try:
            path = chosen(options["path"])
            if options["files_only"]:
                self._tell_of_files(restore_files(path, Keys.read(settings.BACKUP_KEY)))
                return
            done = restore(
                path,
                Keys.read(settings.BACKUP_KEY),
                replace=options["replace"],
                keep_replaced=not options["drop_replaced"],
                progress=lambda said: None if quiet else self.stdout.write(f"… {said}"),
            )
        except BackupError as error:
            raise CommandError(
                f"Nothing was restored, the database is as it was. {options['path']}: {error}",
                returncode=1,
            ) from error
        except (OSError, Error) as error:
            raise CommandError(
                f"Nothing was restored, the database is as it was: {error}", returncode=1
            ) from error
        if not quiet:
            self._report(path, done)
        for warning in done.warnings:
            self.stderr.write(f"Warning: {warning}")

    def _tell_of_files(self, files: dict[str, int]) -> None:
        self.stdout.write(
            f"Files that were not there: {files[ATTACHMENTS]} documents, "
            f"{files[IMPORTS]} of imports; {files[RELEASES]} data releases"
        )

    def _report(self, path: Path, done: Restored) -> None:
        manifest = done.manifest
        rows = sum(manifest.tables.values())
        self.stdout.write(
            f"Restored {path.name}, made at {manifest.made_at}: {rows:,} rows in "
            f"{len(manifest.tables)} tables, as many as it says"
        )
        self._tell_of_files(done.files)
        self.stdout.write(f"Migrations applied: {done.migrated}")
        made = f"{done.indexed} documents made anew" if done.indexed else "complete as it came"
        self.stdout.write(f"Search index: {made}")
        self.stdout.write(f"check_attachments: {done.documents}")
        self.stdout.write("The data have a new version; everybody signs in again.")
        if done.replaced:
            self.stdout.write(
                f"What was there before is kept as the database {done.replaced}; drop it when it "
                "is no longer wanted."
            )
