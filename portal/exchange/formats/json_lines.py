"""JSON Lines: the collection's own form, complete."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.exchange.faults import Fault
from portal.exchange.formats.base import Format, Reading
from portal.exchange.formats.safety import MAX_ROWS, refusal
from portal.exchange.foundations import Codes
from portal.exchange.reading import read_lines
from portal.records.database import Database
from portal.records.lines import canonical


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The lines of a file of JSON Lines."""
    reading = Reading()
    refused = refusal(path, name)
    if refused:
        reading.faults.append(refused)
        return reading
    lines = read_lines(path, reading.faults)
    reading.lines = [replace(line, file=name) for line in lines[:MAX_ROWS]]
    reading.faults = [replace(fault, file=name) for fault in reading.faults]
    if len(lines) > MAX_ROWS:
        message = f"a file has at most {MAX_ROWS:,} records: divide it"
        reading.faults.append(Fault(name, lines[MAX_ROWS].number, "", message))
    return reading


def write(
    lines: Iterable[Mapping[str, Any]], database: Database, origin: str = ""
) -> Iterator[bytes]:
    """A line of JSON for each record."""
    for line in lines:
        yield json.dumps(canonical(line), ensure_ascii=False).encode() + b"\n"


FORMAT = Format(
    key="json-lines",
    label=_("JSON Lines"),
    extension="jsonl",
    media_type="application/x-ndjson",
    read=read,
    write=write,
    is_complete=True,
)
