"""Command `extract_texts`: the words of documents, so that the search finds them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from portal.attachments.extracting import READ_SECONDS, read
from portal.attachments.models import Attachment, Reading, attachment_models
from portal.search import index

WRITTEN = ("text", "pages", "reading", "read_at", "fault")


class Command(BaseCommand):
    """Read documents, each in a process of its own that may use so much time and memory."""

    help = "Read the text of documents that were attached, and refresh the search of their records."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which documents to read, and how long each may take."""
        parser.add_argument(
            "--again", action="store_true", help="Read all documents, also those read before."
        )
        parser.add_argument(
            "--seconds",
            type=int,
            default=READ_SECONDS,
            help="How long a document may take (%(default)s).",
        )

    def handle(self, *args: Any, again: bool, seconds: int, **options: Any) -> None:
        """Read what waits; a document that cannot be read is told and does not stop the rest."""
        counted: Counter[str] = Counter()
        for model in attachment_models():
            waiting = model.objects.order_by("pk")
            if not again:
                waiting = waiting.filter(reading=Reading.WAITING)
            for key in list(waiting.values_list("pk", flat=True)):
                outcome = self._read(model, key, seconds)
                if outcome:
                    counted[outcome] += 1
        told = ", ".join(f"{number} {Reading(key).label}" for key, number in counted.items())
        self.stdout.write(f"{counted.total()} documents read" + (f": {told}" if told else ""))

    def _read(self, model: type[Attachment], key: int, seconds: int) -> str:
        """Read one document; what became of it, or '' where it was removed meanwhile."""
        attachment = model.objects.without_texts().filter(pk=key).first()
        if attachment is None:
            return ""
        # Reading takes seconds: no lock is held meanwhile, and only its own columns are written.
        read(attachment, seconds)
        values = {name: getattr(attachment, name) for name in WRITTEN}
        with transaction.atomic():
            if not model.objects.filter(pk=key).update(**values):
                return ""
            found = model.objects.without_texts().select_related(model.owner_field).get(pk=key)
            if found.is_public:
                index.refresh([found.record])
        if attachment.fault:
            self.stderr.write(f"{found.record.code}: {found.name}: {attachment.fault}")
        return attachment.reading
