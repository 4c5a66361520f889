"""Writing the parts of many records at once: a few statements a batch, not a few a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from portal.reference.provenance import Source

#: An object and whether it is new, with its line.
Pair = tuple[Any | None, dict[str, Any]]
Written = Sequence[tuple[Any, dict[str, Any], bool]]


def save_heads(
    model: type[models.Model], pairs: Sequence[Pair], values: Any, keep: Sequence[str] = ()
) -> list[tuple[Any, dict[str, Any], bool]]:
    """Write the rows of the objects themselves.

    Args:
        model: the objects' model.
        pairs: objects (None for a new one) with their lines.
        values: gives the field values of a line.
        keep: fields that stay as they are once they have a value.

    Returns:
        The objects with their lines, and whether each is new.
    """
    new = [model(**values(line)) for instance, line in pairs if instance is None]
    model._default_manager.bulk_create(new)
    remaining = iter(new)
    written = []
    for instance, line in pairs:
        if instance is None:
            written.append((next(remaining), line, True))
            continue
        for name, value in values(line).items():
            if name not in keep or not getattr(instance, name):
                setattr(instance, name, value)
        instance.save()
        written.append((instance, line, False))
    return written


def replace_parts(
    model: type[models.Model], owner: str, written: Written, parts: Any
) -> list[tuple[Any, dict[str, Any]]]:
    """Put the parts of objects in place of those they have.

    Args:
        model: the parts' model.
        owner: the name of its foreign key to the object.
        written: the objects.
        parts: gives, for a line, pairs of field values and the part's own line.

    Returns:
        The new parts with their lines.
    """
    _clear(model, owner, written)
    made: list[tuple[Any, dict[str, Any]]] = []
    for instance, line, _is_new in written:
        for values, part in parts(line):
            made.append((model(**{owner: instance}, **values), part))
    model._default_manager.bulk_create([part for part, _line in made])
    return made


def _clear(model: type[models.Model], owner: str, written: Written) -> None:
    old = [instance.pk for instance, _line, is_new in written if not is_new]
    if old:
        model._default_manager.filter(**{f"{owner}__in": old}).delete()


def replace_sources(model: type[Source], owner: str, written: Written) -> None:
    """Put sources in place; what the link checker knows of an unchanged address stays."""
    old = [instance.pk for instance, _line, is_new in written if not is_new]
    checked = {
        (getattr(source, f"{owner}_id"), source.url): source
        for source in (model._default_manager.filter(**{f"{owner}__in": old}) if old else ())
    }
    _clear(model, owner, written)
    made = []
    for instance, line, _is_new in written:
        for position, entry in enumerate(line["sources"]):
            source = model(**{owner: instance}, position=position, **entry)
            known = checked.get((instance.pk, source.url))
            if known:
                source.last_checked, source.status = known.last_checked, known.status
            made.append(source)
    model._default_manager.bulk_create(made)


def export_sources(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Sources as the collection writes them."""
    return [{"title": source.title, "url": source.url, "note": source.note} for source in sources]
