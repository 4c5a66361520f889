"""Public records as lines: what every format that leaves the portal is written from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from portal.exchange.formats.columns import ADDRESS
from portal.records.database import Database

#: Records that are read at once: with their parts a few megabytes.
CHUNK = 200


def public_lines(database: Database, keys: Iterable[int], origin: str) -> Iterator[dict[str, Any]]:
    """The lines of public records, each with its permanent address first.

    They are read piece by piece, so that memory does not grow with their number. A record that is
    withdrawn meanwhile is left out.

    Args:
        database: the records' database.
        keys: primary keys, in the order in which the lines are wanted.
        origin: scheme and host of the portal.
    """
    for record, line in public_records(database, keys):
        yield {ADDRESS: origin + record.permanent_path, **line}


def public_records(database: Database, keys: Iterable[int]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Public records, each with its line: for formats that also tell when it changed."""
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        for record in _in_order(database, chunk):
            yield record, database.exporter(record, for_readers=True)


def _in_order(database: Database, keys: Sequence[int]) -> Iterator[Any]:
    records = database.records.public().for_export().filter(pk__in=keys)
    found = {record.pk: record for record in records}
    return (found[key] for key in keys if key in found)
