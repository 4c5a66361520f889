"""Notes on links between records: no line of the collection has them, but the history does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from portal.records.differences import LINK_NOTES


def told_notes(links: Mapping[str, Iterable[tuple[str, str]]]) -> dict[str, Any]:
    """What the history of a record says of notes.

    Args:
        links: of each key of its line that lists codes, these with the notes on them.
    """
    notes = {
        key: {code: note for code, note in pairs if note} for key, pairs in sorted(links.items())
    }
    return {LINK_NOTES: notes}


def said_of(line: dict[str, Any], key: str, code: str) -> dict[str, str]:
    """What a line says of one of its links beside its code: for `replace_parts`, its own line."""
    return {"note": line[LINK_NOTES].get(key, {}).get(code, "")} if LINK_NOTES in line else {}


def restore_notes(model: type[models.Model], made: Iterable[tuple[Any, dict[str, Any]]]) -> None:
    """Write the notes of links made of a line of the history; of others they stay as they are."""
    changed = []
    for link, said in made:
        if link.note != said.get("note", link.note):
            link.note = said["note"]
            changed.append(link)
    model._default_manager.bulk_update(changed, ["note"])
