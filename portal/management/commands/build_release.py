"""Command `build_release`: a dated release of all public data, listed under `/data/` for ever."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.releases.archive import BrokenReleaseError
from portal.releases.building import KINDS, ReleaseError, build
from portal.releases.shelf import BusyError
from portal.releases.versions import Version


class Command(BaseCommand):
    help = (
        "Build a data release: one archive of everything that the API lists, with schemas, "
        "dictionary and checksums. The same data and software give the same bytes. It is "
        "published as a whole or not at all, and never changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="year and month, 2026.12; then 2026.12.1, 2026.12.2 …")
        parser.add_argument("--note", default="", help="what readers should know of the release")
        parser.add_argument(
            "--dry-run", action="store_true", help="build and check everything, publish nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = Version.parse(options["version"])
        except ValueError:
            raise CommandError(
                f"“{options['version']}” is no version: year and month, as 2026.12, or with a "
                "number from 1, as 2026.12.1."
            ) from None
        note = " ".join(options["note"].split())
        try:
            told = build(version, note, dry_run=options["dry_run"])
        except (ReleaseError, BusyError, BrokenReleaseError) as error:
            raise CommandError(f"Nothing was published. {error}", returncode=1) from error
        except OSError as error:
            raise CommandError(
                f"Nothing was published: {settings.RELEASES_DIR} could not be written. {error}",
                returncode=1,
            ) from error
        if options["verbosity"]:
            self._report(told, is_published=not options["dry_run"])

    def _report(self, told: dict[str, Any], *, is_published: bool) -> None:
        for name, count in told["counts"].items():
            changed = told["changes"].get(name, {})
            parts = [f"{changed[kind]['count']:,} {kind}" for kind in KINDS if kind in changed]
            since = f" (since {told['since']}: {', '.join(parts)})" if parts else ""
            self.stdout.write(f"{name}: {count:,}{since}")
        file = told["file"]
        done = "published" if is_published else "built and taken back (--dry-run)"
        self.stdout.write(f"{file['name']}: {file['bytes']:,} bytes, {done}")
        self.stdout.write(f"SHA-256 {file['sha256']}")
