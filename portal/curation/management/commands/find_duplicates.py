"""List pairs of records that may be one, and keep them for the curators."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from portal.curation.duplicates import open_pairs, reasons_of
from portal.curation.models import SuspectedPair
from portal.curation.pairs import keep
from portal.records.database import Database, database_for, databases
from portal.search.models import SearchDocument

COLUMNS = ("database", "likeness", "first", "first_title", "second", "second_title", "reasons")


class Command(BaseCommand):
    help = (
        "Find pairs of records that may be one. They wait in the admin under “Suspected pairs” "
        "until a curator merges them or says that they are two; run it once a week."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choices = [database.slug for database in databases()]
        parser.add_argument("--database", choices=choices, help="only its records")
        parser.add_argument("--csv", action="store_true", help="list the pairs as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["database"]
        chosen = [database_for(wanted)] if wanted else list(databases())
        is_quiet = options["verbosity"] < 1
        writer = csv.writer(self.stdout, lineterminator="\n")
        if options["csv"]:
            writer.writerow(COLUMNS)
        for database in chosen:
            outcome = keep(database)
            if is_quiet:
                continue
            rows = list(_rows(database, open_pairs(database)))
            if options["csv"]:
                writer.writerows(rows)
                continue
            for _slug, likeness, first, first_title, second, second_title, reasons in rows:
                self.stdout.write(f"{first} · {first_title}\n{second} · {second_title}")
                self.stdout.write(f"    {reasons}; titles {likeness}\n")
            self.stdout.write(
                f"{database.slug}: {outcome.waiting} pairs wait, {outcome.new} of them new; "
                f"{outcome.forgotten} forgotten."
            )


def _rows(database: Database, pairs: Iterable[SuspectedPair]) -> Iterable[tuple[Any, ...]]:
    pairs = list(pairs)
    keys = {key for pair in pairs for key in (pair.first_id, pair.second_id)}
    documents = SearchDocument.objects.of(database.slug).filter(object_id__in=keys)
    said = {
        key: (code, title)
        for key, code, title in documents.values_list("object_id", "code", "title")
    }
    for pair in pairs:
        yield (
            *(database.slug, f"{pair.likeness:.2f}"),
            *said.get(pair.first_id, ("?", "?")),
            *said.get(pair.second_id, ("?", "?")),
            reasons_of(pair),
        )
