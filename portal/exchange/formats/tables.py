"""Tables of a file as the lines of records, and which row each came from.

CSV and XLSX differ in how a cell is read; what the columns mean, how the rows of parts find their
record and what is wrong with a table is the same and stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.base import Reading, Torn
from portal.exchange.formats.cells import Cell, CellError, is_empty, letters, value_of
from portal.exchange.formats.columns import ADDRESS, ID, Column, Sheet, put
from portal.exchange.formats.safety import MAX_COLUMNS, MAX_ROWS
from portal.exchange.reading import Line, Silence
from portal.reference.punctuation import grouped


@dataclass(frozen=True)
class Shown:
    """A cell with what only its spreadsheet knows of it.

    Attributes:
        value: what stands there.
        number_format: how it is shown.
        fault: why it must not be read, or ''.
    """

    value: Cell
    number_format: str = "General"
    fault: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table by its number, counted from 1 with the heading."""

    number: int
    cells: list[Any]

    @property
    def is_empty(self) -> bool:
        return is_empty([_value(cell) for cell in self.cells])


@dataclass(frozen=True)
class Place:
    """Where an object of a line stands: sheet, row, and the letters of its columns by key."""

    sheet: str
    row: int
    columns: Mapping[str, str]


@dataclass(frozen=True)
class TableLine(Line):
    """A line from tables: its faults name sheet, row and column."""

    places: Mapping[str, Place] = field(default_factory=dict)

    def fault(self, key: str, message: str) -> Fault:
        """A fault at the cell from which a key came."""
        prefix = key
        while prefix and prefix not in self.places:
            prefix = _above(prefix)
        place = self.places.get(prefix)
        if place is None:
            return super().fault(key, message)
        inner = key[len(prefix) :].removeprefix(".")
        column = ""
        while inner and not column:
            column = place.columns.get(inner, "")
            inner = _above(inner)
        return Fault(self.file, place.row, key, message, place.sheet, column)


def _above(key: str) -> str:
    """The place around a place: of `a.b[0]` it is `a.b`, of that `a`, of that ''."""
    return key[: max(key.rfind("."), key.rfind("["), 0)]


@dataclass
class Record:
    """A record while its rows are put together.

    Attributes:
        row: that of the main sheet.
        data: the line so far.
        places: where each object stands.
        numbered: the parts that have parts themselves, by sheet and number.
        rows: those of its parts, by sheet and number.
        is_sound: whether every cell could be read.
    """

    row: int
    data: dict[str, Any]
    places: dict[str, Place]
    numbered: dict[tuple[str, int], tuple[str, dict[str, Any]]] = field(default_factory=dict)
    rows: set[tuple[str, int]] = field(default_factory=set)
    is_sound: bool = True


class Table:
    """A sheet of a file: its headings found, its rows read one by one.

    Args:
        sheet: what the table should hold.
        name: the sheet's name in the file; '' where a file has no sheets.
        file: the file's name.
        extra: the names of further columns that are known and ignored.
    """

    def __init__(
        self,
        sheet: Sheet,
        name: str,
        file: str,
        reading: Reading,
        *,
        columns: Iterable[Column] = (),
        extra: Callable[[str], bool] = lambda heading: False,
    ) -> None:
        self.sheet, self.name, self.file, self.reading = sheet, name, file, reading
        known = list(columns) or list(sheet.headings)
        self._known = {column.key: column for column in known}
        self._extra = extra
        self.columns: dict[int, Column] = {}
        self.letters: dict[str, str] = {}
        self._ignored: set[int] = set()

    def fault(self, row: int, place: int | None, key: str, message: str) -> None:
        self.reading.faults.append(self._at(row, place, key, message))

    def warn(self, row: int, place: int | None, key: str, message: str) -> None:
        self.reading.warnings.append(self._at(row, place, key, message))

    def fault_at(self, row: Row, key: str, message: str) -> None:
        """A fault in the column of a key; where there is none, of the row."""
        places = {column.key: place for place, column in self.columns.items()}
        self.fault(row.number, places.get(key), key, message)

    def _at(self, row: int, place: int | None, key: str, message: str) -> Fault:
        column = letters(place) if place is not None else ""
        return Fault(self.file, row, key, message, self.name, column)

    def read_headings(self, row: Row) -> bool:
        """Find out what the columns hold; False with faults where that is not clear."""
        before = len(self.reading.faults)
        if is_empty(row.cells):
            self.fault(row.number, None, "", _("the first row has no headings"))
            return False
        if len(row.cells) > MAX_COLUMNS:
            said = _("has more than %(number)d columns") % {"number": MAX_COLUMNS}
            self.fault(row.number, None, "", said)
            return False
        for place, cell in enumerate(row.cells):
            heading = _text(cell)
            if heading:
                self._read_heading(row.number, place, heading)
        if not self.columns and len(self.reading.faults) == before:
            self.fault(row.number, None, "", _("the first row has no headings"))
        return len(self.reading.faults) == before

    def _read_heading(self, row: int, place: int, heading: str) -> None:
        column = self._known.get(heading)
        if column is None:
            if heading == ADDRESS or self._extra(heading):
                self._ignored.add(place)
            else:
                near = get_close_matches(heading, self._known, 1, 0.6)
                said = (
                    _("there is no column “%(name)s”; is “%(near)s” meant?")
                    if near
                    else _("there is no column “%(name)s”")
                )
                values = {"name": shown(heading, 60), "near": "".join(near)}
                self.fault(row, place, "", said % values)
            return
        if heading in self.letters:
            said = _("the heading stands already in column %(column)s")
            self.fault(row, place, heading, said % {"column": self.letters[heading]})
            return
        self.columns[place] = column
        self.letters[heading] = letters(place)

    def values(self, row: Row) -> tuple[dict[str, Any], bool]:
        """The values of a row by their columns, and whether every cell could be read."""
        found: dict[str, Any] = {}
        is_sound = True
        for place, cell in enumerate(row.cells):
            shown_cell = cell if isinstance(cell, Shown) else Shown(cell)
            column = self.columns.get(place)
            if column is None:
                is_sound &= self._is_ignored(row.number, place, shown_cell)
                continue
            try:
                if shown_cell.fault:
                    raise CellError(shown_cell.fault)
                value = value_of(column, shown_cell.value, shown_cell.number_format)
            except CellError as error:
                self.fault(row.number, place, column.key, str(error))
                is_sound = False
                continue
            if value is not None:
                found[column.key] = value
        return found, is_sound

    def _is_ignored(self, row: int, place: int, cell: Shown) -> bool:
        """Whether nothing is lost with a cell that stands under no known heading."""
        if is_empty([cell.value]) or place in self._ignored:
            return True
        self.fault(row, place, "", _("stands under no heading"))
        return False


def _text(cell: Any) -> str:
    value = cell.value if isinstance(cell, Shown) else cell
    return "" if value is None else str(value).strip()


def read_records(table: Table, rows: Iterable[Row]) -> list[Record]:
    """The records of the main sheet."""
    found: list[Record] = []
    for row in rows:
        if row.is_empty:
            continue
        if len(found) == MAX_ROWS:
            said = _("a file has at most %(number)s records: divide it")
            table.fault(row.number, None, "", said % {"number": grouped(MAX_ROWS)})
            return found
        values, is_sound = table.values(row)
        data: dict[str, Any] = {}
        for column in table.columns.values():
            if column.key in values:
                put(data, column.path, values[column.key])
        place = Place(table.name, row.number, table.letters)
        found.append(Record(row.number, data, {"": place}, is_sound=is_sound))
    return found


def _value(cell: Any) -> Any:
    return (cell.value or cell.fault) if isinstance(cell, Shown) else cell


def by_id(table: Table, records: Iterable[Record]) -> dict[str, Record]:
    """The records by their ids; of those that say the same one, none is sound.

    Nobody knows whose parts are meant.
    """
    found: dict[str, Record] = {}
    for record in records:
        code = record.data.get(ID)
        if not isinstance(code, str):
            continue
        first = found.setdefault(code, record)
        if first is not record:
            said = _("“%(value)s” stands again in row %(row)d")
            _told_twice(table, first, said % {"value": shown(code, 60), "row": record.row})
            said = _("“%(value)s” stands already in row %(row)d")
            _told_twice(table, record, said % {"value": shown(code, 60), "row": first.row})
    return found


def _told_twice(table: Table, record: Record, message: str) -> None:
    line = TableLine(table.file, record.row, record.data, places=record.places)
    table.reading.faults.append(line.fault(ID, message))
    record.is_sound = False


def lines_of(
    file: str,
    records: Iterable[Record],
    given: Iterable[str],
    parts: Iterable[str] = (),
    silent: tuple[Silence, ...] = (),
) -> Iterator[TableLine]:
    """The lines of the records of which every cell could be read.

    Args:
        given: the keys of which the columns speak.
        parts: those of which other sheets speak. Their rows name records by their ids: of a
            record without one they say nothing.
        silent: the lists of parts inside of parts of which no sheet speaks.
    """
    of_columns = frozenset(given)
    of_all = of_columns | frozenset(parts)
    for record in records:
        if record.is_sound:
            spoken = of_all if ID in record.data else of_columns
            yield TableLine(
                file, record.row, record.data, given=spoken, silent=silent, places=record.places
            )


def torn_of(sheet: str, records: Iterable[Record]) -> Iterator[Torn]:
    """The records of which some cell or part could not be read."""
    for record in records:
        if not record.is_sound:
            code, title = record.data.get(ID), record.data.get("title")
            yield Torn(
                record.row,
                sheet,
                code if isinstance(code, str) else "",
                title if isinstance(title, str) else "",
                frozenset(record.rows),
            )


def torn_rows(sheet: str, rows: Iterable[Row]) -> list[Torn]:
    """The records of a main sheet that is refused: nobody knows what they say."""
    return [Torn(row.number, sheet) for row in islice(rows, MAX_ROWS) if not row.is_empty]


def given_by(sheet: Sheet, headings: Iterable[str]) -> frozenset[str]:
    """The keys of a line that columns speak of: an object as a whole only where all members are.

    A list of objects where a constant could stand is spoken of by its sheet.
    """
    present = set(headings)
    found: set[str] = set()
    members: dict[str, set[str]] = {}
    for column in sheet.columns:
        members.setdefault(column.path[0], set()).add(column.key)
    for key, wanted in members.items():
        found |= {key} if wanted <= present else wanted & present
    return frozenset(found)
