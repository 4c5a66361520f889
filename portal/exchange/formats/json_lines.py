"""JSON Lines: the collection's own form, complete.

The loader of the collection takes a line for all that its record says. A file that a curator
brings says nothing with a key that is not there; null, or an empty list, empties the field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.exchange.faults import Fault
from portal.exchange.formats.base import Format, Reading, torn_by
from portal.exchange.formats.columns import ADDRESS
from portal.exchange.formats.safety import MAX_ROWS, refusal
from portal.exchange.foundations import Codes
from portal.exchange.reading import Line, read_lines
from portal.records.database import Database
from portal.records.lines import canonical
from portal.reference.punctuation import grouped


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The lines of a file of JSON Lines."""
    reading = Reading()
    refused = refusal(path, name)
    if refused:
        reading.faults.append(refused)
        return reading
    lines = read_lines(path, reading.faults)
    known = frozenset(database.importer.schema(codes)["properties"])
    reading.lines = [_spoken(replace(line, file=name), known) for line in lines[:MAX_ROWS]]
    reading.torn = torn_by(reading.faults)
    reading.faults = [replace(fault, file=name) for fault in reading.faults]
    if len(lines) > MAX_ROWS:
        said = gettext("a file has at most %(number)s records: divide it")
        message = said % {"number": grouped(MAX_ROWS)}
        reading.faults.append(Fault(name, lines[MAX_ROWS].number, "", message))
    return reading


def _spoken(line: Line, known: frozenset[str]) -> Line:
    """A line that speaks of the keys that it has; those that it empties are in no line.

    Its permanent address, which files for readers begin with, says nothing of the record.
    """
    told = {key: value for key, value in line.data.items() if key != ADDRESS}
    emptied = {key for key in known if key in told and told[key] in (None, [], {})}
    data = {key: value for key, value in told.items() if key not in emptied}
    return replace(line, data=data, given=frozenset(told))


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """A line of JSON for each record."""
    for line in lines:
        yield json.dumps(canonical(line), ensure_ascii=False).encode() + b"\n"


FORMAT = Format(
    key="jsonl",
    label=_("JSON Lines"),
    extension="jsonl",
    media_type="application/x-ndjson",
    read=read,
    write=write,
    is_complete=True,
)
