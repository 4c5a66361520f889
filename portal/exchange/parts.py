"""Writing the parts of many records at once: a few statements a batch, not a few a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import models

from portal.exchange.sync import fingerprint
from portal.reference.provenance import Loaded, Source

#: An object, or None for a new one, with its line.
Pair = tuple[Any | None, dict[str, Any]]
#: Objects that have been written with their lines, and whether each is new.
Written = Sequence[tuple[Any, dict[str, Any], bool]]
#: The field values of each part that a line gives, with the part's own line.
Parts = Callable[[dict[str, Any]], Iterable[tuple[dict[str, Any], dict[str, Any]]]]


def save_heads(
    model: type[Loaded],
    pairs: Sequence[Pair],
    values: Callable[[dict[str, Any]], dict[str, Any]],
    keep: Sequence[str] = (),
) -> list[tuple[Any, dict[str, Any], bool]]:
    """Write the rows of the objects themselves, with the fingerprints of their lines.

    Args:
        model: the objects' model.
        pairs: objects (None for a new one) with their lines.
        values: gives the field values of a line.
        keep: fields that stay as they are once they have a value.

    Returns:
        The objects with their lines, and whether each is new.
    """
    written = []
    new = []
    for instance, line in pairs:
        given = {**values(line), "loaded_fingerprint": fingerprint(line)}
        if instance is None:
            new.append(model(**given))
            written.append((new[-1], line, True))
            continue
        for name, value in given.items():
            if name not in keep or not getattr(instance, name):
                setattr(instance, name, value)
        instance.save()
        written.append((instance, line, False))
    model._default_manager.bulk_create(new)
    return written


def replace_parts(
    model: type[models.Model],
    owner: str,
    written: Written,
    parts: Parts,
    *,
    same: Sequence[str] = (),
    carry: Sequence[str] = (),
) -> list[tuple[Any, dict[str, Any]]]:
    """Put the parts of objects in place of those they have.

    Args:
        model: the parts' model.
        owner: the name of its foreign key to the object.
        written: the objects.
        parts: gives, for a line, pairs of field values and the part's own line.
        same, carry: a part that replaces one with equal values of `same` takes over the fields
            of `carry`, which no line of the collection knows.

    Returns:
        The new parts with their lines.
    """
    old = [instance.pk for instance, _line, is_new in written if not is_new]
    before: dict[tuple[Any, ...], Any] = {}
    if old:
        present = model._default_manager.filter(**{f"{owner}__in": old})
        names = (f"{owner}_id", *same)
        if carry:
            before = {tuple(getattr(part, name) for name in names): part for part in present}
        present.delete()
    made: list[tuple[Any, dict[str, Any]]] = []
    for instance, line, _is_new in written:
        for values, part_line in parts(line):
            part = model(**{owner: instance}, **values)
            known = before.get((instance.pk, *(getattr(part, name) for name in same)))
            for name in carry if known else ():
                setattr(part, name, getattr(known, name))
            made.append((part, part_line))
    model._default_manager.bulk_create([part for part, _line in made])
    return made


def replace_sources(model: type[Source], owner: str, written: Written) -> None:
    """Put sources in place; what the link checker knows of an unchanged address stays."""
    replace_parts(model, owner, written, _sources, same=("url",), carry=("last_checked", "status"))


def _sources(line: dict[str, Any]) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    for position, entry in enumerate(line.get("sources", [])):
        yield {"position": position, **entry}, entry


def export_sources(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Sources as the collection writes them."""
    return [{"title": source.title, "url": source.url, "note": source.note} for source in sources]


def term_parts(vocabularies: Sequence[str]) -> Parts:
    """For `replace_parts`: the links to the terms of some vocabularies that a line lists."""

    def parts(line: dict[str, Any]) -> Iterator[Any]:
        keys = [f"{name}:{code}" for name in vocabularies for code in line.get(name, [])]
        yield from (({"term_id": key, "position": place}, {}) for place, key in enumerate(keys))

    return parts
