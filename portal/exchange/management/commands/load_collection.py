"""Load the reference collection, or another folder in its format."""

from __future__ import annotations

import gc
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from tqdm import tqdm

from portal.exchange.collection import Collection, read_collection, write_collection
from portal.exchange.faults import CollectionError, shown
from portal.exchange.sync import Outcome

#: As many faults and codes as help; the rest is counted.
SHOWN_FAULTS = 200
SHOWN_CODES = 20


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
        path = Path(options["path"])
        try:
            with nothing_collected():
                found = read_collection(path)
                outcomes = None if options["check"] else self._write(found, options)
        except CollectionError as error:
            self._show(error)
            count = len(error.faults)
            raise CommandError(
                f"{count} {'fault' if count == 1 else 'faults'} in {path}; nothing was changed.",
                returncode=1,
            ) from error
        except Error as error:
            # What no check of ours foresaw, such as a record made by hand with the same DOI.
            raise CommandError(
                f"The database did not take the collection; nothing was changed. "
                f"It says: {shown(' '.join(str(error).split()), 500)}",
                returncode=1,
            ) from error
        if options["verbosity"] == 0:
            return
        if outcomes is None:
            self.stdout.write(f"{len(found)} lines, no fault.")
        else:
            self._report(outcomes)

    def _write(self, found: Collection, options: dict[str, Any]) -> dict[str, Outcome]:
        # None: no bar where nobody watches.
        disable = True if options["verbosity"] == 0 else None
        with tqdm(total=len(found), unit=" lines", leave=False, disable=disable) as bar:
            return write_collection(found, overwrite=options["overwrite"], progress=bar.update)

    def _show(self, error: CollectionError) -> None:
        for fault in error.faults[:SHOWN_FAULTS]:
            self.stderr.write(str(fault))
        left = len(error.faults) - SHOWN_FAULTS
        if left > 0:
            self.stderr.write(f"… and {left} more")

    def _report(self, outcomes: dict[str, Outcome]) -> None:
        for kind, outcome in outcomes.items():
            without = f", {outcome.without_line} not in it" if outcome.without_line else ""
            self.stdout.write(
                f"{kind}: {len(outcome.created)} new, {len(outcome.updated)} updated, "
                f"{outcome.unchanged} unchanged, {len(outcome.kept)} kept as edited by hand"
                f"{without}"
            )
            for label, keys in (("updated", outcome.updated), ("kept", outcome.kept)):
                if keys:
                    more = " …" if len(keys) > SHOWN_CODES else ""
                    self.stdout.write(f"  {label}: {', '.join(keys[:SHOWN_CODES])}{more}")
        writes = sum(outcome.writes for outcome in outcomes.values())
        if writes:
            lines = sum(outcome.writes + outcome.unchanged for outcome in outcomes.values())
            self.stdout.write(f"{writes} of {lines} lines written.")
        else:
            kept = sum(len(outcome.kept) for outcome in outcomes.values())
            but = f", but for {kept} edited by hand" if kept else ""
            self.stdout.write(f"Nothing to write: the database says what the collection says{but}.")


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Inside, Python does not look for garbage.

    It would go through all lines and records again and again, and they are needed to the end: a
    fifth of the time of a load that changes nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
