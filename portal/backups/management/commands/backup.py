"""Command `backup`: one file with all that cannot be made anew."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from portal.backups.checking import verify
from portal.backups.errors import BackupError
from portal.backups.making import Made, make
from portal.backups.manifest import ATTACHMENTS, IMPORTS, RELEASES, Manifest
from portal.backups.sealing import Keys, new_key
from portal.backups.shelf import chosen


class Command(BaseCommand):
    help = (
        "Save the database, documents, files of imports and data releases as they are at one "
        "moment into one file, which is read back before it gets its name. Encrypted where "
        "BACKUP_KEY is set."
    )
    # A backup of what the checks complain about is wanted all the more.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", type=Path, default=None, help="directory for it (BACKUPS_DIR without it)"
        )
        parser.add_argument(
            "--keep", type=_positive, default=None, metavar="N", help="delete all but the N newest"
        )
        others = parser.add_mutually_exclusive_group()
        others.add_argument(
            "--verify",
            type=Path,
            metavar="FILE",
            help="only read a backup to its end (of a directory the newest) and say what it holds",
        )
        others.add_argument(
            "--new-key", action="store_true", help="only make a key for BACKUP_KEY and print it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            secret, public = new_key()
            self.stdout.write(f"# public key: {public}\n{secret}")
            return
        try:
            keys = Keys.read(settings.BACKUP_KEY)
            if options["verify"]:
                path = chosen(options["verify"])
                manifest = verify(path, keys)
                self.stdout.write(f"{path} is whole.")
                self._tell(manifest)
                return
            made = make(
                options["to"] or Path(settings.BACKUPS_DIR),
                keys,
                keep=options["keep"],
                progress=self._progress(options["verbosity"]),
            )
        except BackupError as error:
            failed = "No backup was made"
            if options["verify"]:
                failed = f"{options['verify']} is not fit"
            raise CommandError(f"{failed}: {error}", returncode=1) from error
        except (OSError, Error) as error:
            raise CommandError(f"No backup was made: {error}", returncode=1) from error
        self._report(made, options["verbosity"])

    def _progress(self, verbosity: int) -> Any:
        return lambda said: self.stderr.write(f"… {said}") if verbosity > 1 else None

    def _report(self, made: Made, verbosity: int) -> None:
        if verbosity:
            sealed = "encrypted" if made.path.suffix == ".age" else "not encrypted"
            self.stdout.write(f"{made.path}: {made.size:,} bytes, {sealed}")
            self.stdout.write(f"SHA-256 {made.sha256}")
            self._tell(made.manifest)
            if not made.is_opened:
                self.stdout.write(
                    "Its bytes were read back. What is in it was not: BACKUP_KEY holds no secret "
                    "key. Verify it where one is."
                )
            for path in made.removed:
                self.stdout.write(f"Deleted: {path.name}")
        if lacking := [path for path in made.manifest.lacking if path.startswith(ATTACHMENTS)]:
            raise CommandError(
                "The backup was made, and is whole but for documents that were missing or damaged "
                f"before: {', '.join(lacking)}",
                returncode=2,
            )

    def _tell(self, manifest: Manifest) -> None:
        rows = sum(manifest.tables.values())
        self.stdout.write(
            f"Made at {manifest.made_at} of {manifest.database['name']} (PostgreSQL "
            f"{manifest.database['server']}): {rows:,} rows in {len(manifest.tables)} tables, "
            f"{len(manifest.under(ATTACHMENTS))} documents, {len(manifest.under(IMPORTS))} files "
            f"of imports, {len(manifest.under(RELEASES))} files of data releases"
        )
        for table, why in manifest.left_out.items():
            self.stdout.write(f"Without the rows of {table}: {why}")
        for path in manifest.lacking:
            self.stdout.write(f"Missing or damaged when it was made: {path}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
