"""CSL-JSON, the format of citation processors: a list of items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.exchange.formats.base import Format, Reading
from portal.exchange.formats.citing import Entry, items_of, read_entries
from portal.exchange.formats.safety import refusal
from portal.exchange.foundations import Codes
from portal.exchange.reading import read_list
from portal.records.database import Database


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """A list with an item for each record."""
    before = b"[\n"
    for item in items_of(lines, database, origin):
        yield before + json.dumps(item, ensure_ascii=False).encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The items of a file; they are numbered by their places."""
    reading = Reading()
    refused = refusal(path, name)
    if refused:
        reading.faults.append(refused)
        return reading
    items = read_list(path, name, reading.faults)
    if items is None:
        return reading
    entries = (Entry(line.number, line.data) for line in items)
    return read_entries(name, entries, database, reading)


FORMAT = Format(
    key="csl-json",
    label=_("CSL-JSON"),
    extension="json",
    # `.json` alone is the API's own form.
    ending="csl.json",
    media_type="application/vnd.citationstyles.csl+json",
    of_citations=True,
    read=read,
    write=write,
    is_complete=False,
)
