"""What the search reads of documents: only what is public, and so much of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models.functions import Left

from portal.attachments.models import INDEXED, attachment_models
from portal.records.models import Record


def public_attachments(record: Any) -> list[Any]:
    """The documents of a record that readers get; none of a record that cannot hold any.

    It reads `record.attachments`, which the querysets of the databases fetch.
    """
    if not hasattr(record, "attachments"):
        return []
    return [attachment for attachment in record.attachments.all() if attachment.is_public]


def searched_texts(record: Record) -> Iterator[tuple[str, str]]:
    """Titles and texts of a record's public documents, each with its language.

    The record is read with `for_index()`. All texts together have at most `INDEXED` letters.
    """
    left = INDEXED
    for attachment in public_attachments(record):
        language = attachment.language or record.language or "en"
        yield attachment.title, language
        if attachment.searched and left:
            yield attachment.searched[:left], language
            left -= min(len(attachment.searched), left)


def public_texts(keys: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """The beginnings of the texts of public documents of public records, with their languages.

    Args:
        keys: by database, the primary keys of records.
    """
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for model in attachment_models():
        slug = model.owner_model().database
        wanted = list(keys.get(slug, ()))
        if not wanted:
            continue
        rows = model.objects.public().filter(**{f"{model.owner_field}__in": wanted})
        for key, text, language in rows.exclude(text="").values_list(
            f"{model.owner_field}_id", Left("text", INDEXED), "language"
        ):
            found.setdefault((slug, key), []).append((text, language))
    return found
