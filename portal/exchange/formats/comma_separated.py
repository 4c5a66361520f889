"""CSV: one row for each record, without its parts but sources and contributors."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.exchange.faults import Fault
from portal.exchange.formats.base import Format, Reading, Torn
from portal.exchange.formats.cells import cell_of
from portal.exchange.formats.columns import ADDRESS, Column, Kind, Sheet, sheets_of, value_at
from portal.exchange.formats.names import names_of, names_text
from portal.exchange.formats.safety import text_of
from portal.exchange.formats.tables import (
    Place,
    Record,
    Row,
    Table,
    by_id,
    given_by,
    lines_of,
    read_records,
    torn_of,
    torn_rows,
)
from portal.exchange.foundations import Codes
from portal.records.database import Database
from portal.records.lines import canonical
from portal.rest.tabular import pieces_of, shown_cell, unguarded

_SOURCES = "sources"
#: A source is given in columns of its own: `source_1_title`.
_SOURCE = re.compile(r"source_([1-9][0-9]{0,2})_(title|url|note)")
_SOURCE_KEYS = ("title", "url", "note")
_DELIMITERS = ",;\t"
#: The library's own limit in characters, which any other module of the process may have raised.
MAX_CELL = 131_072


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """A row for each record, in UTF-8 with a byte order mark.

    The number of columns is that of the record with the most sources: rows wait in a temporary
    file until it is known.

    Args:
        lines: the records.
        database: theirs.
        origin: scheme and host of the portal, for the permanent addresses of the records.
        for_readers: whether to leave out the columns that only curators fill.
    """
    main = sheets_of(database, for_readers=for_readers)
    most = 1
    with TemporaryFile("w+", encoding="utf-8", newline="") as waiting:
        writer = csv.writer(waiting)
        for line in lines:
            data = canonical(line)
            most = max(most, len(data.get(_SOURCES, ())))
            address = origin + database.model(code=str(data.get("id", ""))).permanent_path
            writer.writerow([address, *(shown_cell(value) for value in _values(main, data))])
        waiting.seek(0)
        heading = [ADDRESS, *_plain_columns(main)]
        heading += [f"source_{n}_{key}" for n in range(1, most + 1) for key in _SOURCE_KEYS]
        rows = ([*row, *[""] * (len(heading) - len(row))] for row in csv.reader(waiting))
        yield from pieces_of(chain([heading], rows))


def _plain_columns(main: Sheet) -> list[str]:
    """The columns of a row before those of its sources."""
    return [column.key for column in main.columns] + [
        part.key for part in main.parts if part.key != _SOURCES
    ]


def _is_names(sheet: Sheet) -> bool:
    """Whether parts are persons and bodies, which have a spelling of one cell."""
    return {column.key for column in sheet.columns} == {"family", "given", "literal"}


def _values(main: Sheet, data: Mapping[str, Any]) -> Iterator[Any]:
    for column in main.columns:
        yield cell_of(column, value_at(data, column.path))
    for part in main.parts:
        siblings = data.get(part.key) or []
        if part.key != _SOURCES:
            yield names_text(siblings) if _is_names(part) else len(siblings) or None
    for source in data.get(_SOURCES, ()):
        yield from (source.get(key) for key in _SOURCE_KEYS)


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The records of a CSV file, without the parts that it only counts."""
    reading = Reading()
    text = text_of(path, name, reading.faults)
    if text is None:
        return reading
    main = sheets_of(database, codes)
    columns = list(_columns(main))
    delimiter = _delimiter(text, {column.key for column in columns})
    counted = {p.key for p in main.parts if p.key != _SOURCES and not _is_names(p)}
    table = Table(main, "", name, reading, columns=columns, extra=counted.__contains__)
    rows = _rows(text, delimiter, name, reading)
    heading = next(rows, None)
    if heading is None:
        if not reading.faults:
            reading.faults.append(Fault(name, 0, "", gettext("is empty")))
        return reading
    if not table.read_headings(heading):
        reading.torn = torn_rows("", rows)
        return reading
    records = read_records(table, rows)
    for record in records:
        _gather(record, main, table)
    by_id(table, records)
    given = set(given_by(main, table.letters))
    given |= {part.key for part in main.parts if part.key in table.letters}
    if any(_SOURCE.fullmatch(key) for key in table.letters):
        given.add(_SOURCES)
    reading.lines = list(lines_of(name, records, given))
    reading.torn += torn_of("", records)
    if not records and not reading.faults:
        reading.faults.append(Fault(name, 0, "", gettext("has no rows below its headings")))
    return reading


def _columns(main: Sheet) -> Iterator[Column]:
    yield from main.columns
    for part in main.parts:
        if part.key == _SOURCES:
            for number in range(1, 51):
                for key in _SOURCE_KEYS:
                    kind = Kind.WORD if key == "url" else Kind.TEXT
                    yield Column(f"source_{number}_{key}", kind)
        elif _is_names(part):
            yield Column(part.key, Kind.TEXT)


def _delimiter(text: str, known: set[str]) -> str:
    """What divides the columns: that which gives the most known headings."""
    heading = text.lstrip("\n").partition("\n")[0][:100_000]

    def hits(delimiter: str) -> int:
        cells = heading.split(delimiter)
        return sum(cell.strip().strip('"') in known for cell in cells)

    return max(_DELIMITERS, key=hits)


def _rows(text: str, delimiter: str, name: str, reading: Reading) -> Iterator[Row]:
    """The rows, numbered as a spreadsheet numbers them."""
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if any(len(cell) > MAX_CELL for cell in cells):
                said = gettext("field larger than field limit (%(number)d)")
                raise csv.Error(said % {"number": MAX_CELL})
            number += 1
            yield Row(number, [unguarded(cell) for cell in cells])
    except csv.Error as error:
        message = gettext("cannot be read: %(reason)s") % {"reason": error}
        reading.faults.append(Fault(name, number + 1, "", message))
        if number:
            reading.torn.append(Torn(number + 1))


def _gather(record: Record, main: Sheet, table: Table) -> None:
    """Bring sources and contributors from their cells into the line."""
    sources: dict[int, dict[str, Any]] = {}
    for key in [key for key in record.data if _SOURCE.fullmatch(key)]:
        place, member = key.removeprefix("source_").split("_")
        sources.setdefault(int(place), {})[member] = record.data.pop(key)
    row = record.places[""]
    for index, number in enumerate(sorted(sources)):
        record.data.setdefault(_SOURCES, []).append(sources[number])
        columns = {key: table.letters.get(f"source_{number}_{key}", "") for key in _SOURCE_KEYS}
        record.places[f"{_SOURCES}[{index}]"] = Place(row.sheet, row.row, columns)
    for part in main.parts:
        cell = record.data.get(part.key)
        if _is_names(part) and isinstance(cell, str):
            record.data[part.key] = names_of(cell)


FORMAT = Format(
    key="csv",
    label=_("Table (CSV)"),
    extension="csv",
    media_type="text/csv",
    read=read,
    write=write,
    is_complete=False,
)
