"""Load the reference collection, or another folder in its format."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.exchange.collection import read_collection, write_collection
from portal.exchange.faults import CollectionError
from portal.exchange.sync import Outcome

#: As many faults as help; the rest is counted.
SHOWN_FAULTS = 200


class Command(BaseCommand):
    help = (
        "Load the collection: everything is checked before a row is written, one transaction "
        "writes it, a second run writes nothing, and edits made by hand are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=settings.COLLECTION_DIR)
        parser.add_argument(
            "--overwrite", action="store_true", help="let the collection replace edits by hand"
        )
        parser.add_argument(
            "--check", action="store_true", help="only say whether the files are sound"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = read_collection(options["path"])
        except CollectionError as error:
            for fault in error.faults[:SHOWN_FAULTS]:
                self.stderr.write(str(fault))
            left = len(error.faults) - SHOWN_FAULTS
            if left > 0:
                self.stderr.write(f"… and {left} more")
            raise CommandError(
                f"{len(error.faults)} faults in {options['path']}; nothing was changed.",
                returncode=1,
            ) from error
        if options["check"]:
            self.stdout.write(f"{len(found)} lines, no fault.")
            return
        with tqdm(
            total=len(found), unit=" lines", leave=False, disable=options["verbosity"] == 0
        ) as bar:
            outcomes = write_collection(found, overwrite=options["overwrite"], progress=bar.update)
        self._report(outcomes)

    def _report(self, outcomes: dict[str, Outcome]) -> None:
        for kind, outcome in outcomes.items():
            self.stdout.write(
                f"{kind}: {len(outcome.created)} new, {len(outcome.updated)} updated, "
                f"{outcome.unchanged} unchanged, {len(outcome.kept)} kept as edited by hand"
            )
            for label, keys in (("updated", outcome.updated), ("kept", outcome.kept)):
                if keys:
                    more = " …" if len(keys) > 20 else ""
                    self.stdout.write(f"  {label}: {', '.join(keys[:20])}{more}")
        if not any(outcome.writes for outcome in outcomes.values()):
            self.stdout.write("Nothing to write: the database says what the collection says.")
