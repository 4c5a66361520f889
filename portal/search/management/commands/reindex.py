"""Make `search_document` anew from the records."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from portal.records.database import databases
from portal.search.index import rebuild


class Command(BaseCommand):
    help = "Make the search documents of all records anew, in one transaction."

    def handle(self, *args: Any, **options: Any) -> None:
        total = sum(database.records.count() for database in databases())
        with tqdm(total=total, unit=" records", disable=options["verbosity"] == 0) as bar:
            written = rebuild(bar.update)
        self.stdout.write(f"{written} search documents written.")
