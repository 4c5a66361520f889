"""Command `check_attachments`: whether every document is there, whole, and named by a record."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.attachments.models import attachment_models
from portal.attachments.storage import UNFINISHED, checksum, kept, path_of, sweep


class Command(BaseCommand):
    """Compare the directory of documents with the records; `--remove` takes away what is left."""

    help = "Look for documents that are missing or damaged, and for files that no record names."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether files that no record names are removed."""
        parser.add_argument(
            "--remove", action="store_true", help="Remove the files that no record names."
        )

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        """Tell what is wrong; fails where a document is missing or damaged."""
        named: set[str] = set()
        for model in attachment_models():
            named.update(model._default_manager.values_list("sha256", flat=True))
        wrong = [digest for digest in sorted(named) if not _is_whole(digest)]
        left = [path.name for path in kept() if path.name not in named]
        unfinished = [name for name in left if name.startswith(UNFINISHED)]
        strays = [name for name in left if not name.startswith(UNFINISHED)]
        self.stdout.write(
            f"{len(named)} documents, {len(wrong)} missing or damaged;"
            f" {len(strays)} files that no record names, {len(unfinished)} unfinished"
        )
        if remove:
            self.stdout.write(f"{len(sweep(strays))} files removed")
        if wrong:
            raise CommandError("Missing or damaged: " + ", ".join(wrong))


def _is_whole(digest: str) -> bool:
    try:
        with path_of(digest).open("rb") as stream:
            return checksum(stream) == digest
    except OSError:
        return False
