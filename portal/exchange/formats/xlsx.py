"""Reading XLSX: every sheet, row by row, with the place of every cell; formulas are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl.utils.exceptions import InvalidFileException

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.archives import ArchiveError, Facts, facts_of
from portal.exchange.formats.base import Format, Reading
from portal.exchange.formats.columns import ID, Sheet, sheets_of
from portal.exchange.formats.safety import BROKEN, MAX_COLUMNS, refusal
from portal.exchange.formats.table_parts import read_parts
from portal.exchange.formats.tables import (
    Record,
    Row,
    Shown,
    Table,
    by_id,
    given_by,
    lines_of,
    read_records,
    torn_of,
    torn_rows,
)
from portal.exchange.formats.template import CODES, GUIDE
from portal.exchange.formats.xlsx_writing import write
from portal.exchange.foundations import Codes
from portal.exchange.reading import Silence
from portal.records.database import Database
from portal.reference.punctuation import listed

#: How OOXML writes a character that XML cannot hold.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_BROKEN = (*BROKEN, OSError, SyntaxError, BadZipFile, InvalidFileException)
#: Merged ranges of one sheet that are named.
_MAX_NAMED = 5


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The records of a workbook."""
    reading = Reading()
    refused = refusal(path, name, workbook=True)
    if refused:
        reading.faults.append(refused)
        return reading
    # By its path the library opens only what is named .xlsx, which a stored file need not be.
    with path.open("rb") as stream:
        try:
            facts = facts_of(path)
            workbook = openpyxl.load_workbook(
                stream, read_only=True, data_only=False, keep_links=False, rich_text=False
            )
            _Workbook(workbook, facts, name, sheets_of(database, codes), reading).read()
        except ArchiveError as error:
            reading.faults.append(Fault(name, 0, "", str(error)))
        except _BROKEN as error:
            said = gettext("cannot be read as a workbook: %(reason)s")
            message = said % {"reason": type(error).__name__}
            reading.faults.append(Fault(name, 0, "", message))
    return reading


class _Workbook:
    """A workbook that could be opened, while it is read."""

    def __init__(
        self,
        workbook: Any,
        facts: dict[str, Facts],
        file: str,
        main: Sheet,
        reading: Reading,
    ) -> None:
        self._main, self._file, self._reading = main, file, reading
        # Which member of the archive holds a sheet is told by this attribute alone.
        self._sheets = {
            sheet.title.strip(): (sheet, facts.get(sheet._worksheet_path, Facts()))
            for sheet in workbook.worksheets
        }
        #: The names of sheets of parts that have rows, and of those that were refused.
        self._given: set[str] = set()
        self._refused: set[str] = set()

    def read(self) -> None:
        is_clear = self._choose_sheets()
        if self._main.name not in self._sheets:
            return
        table = self._table(self._main) if is_clear else None
        if table is None:
            title = self._sheets[self._main.name][0].title
            self._reading.torn = torn_rows(title, self._rows(self._main))
            return
        records = read_records(table, self._rows(self._main))
        known = by_id(table, records) if ID in table.letters else {}
        parts = [part for part in self._main.parts if self._read_parts(part, known)]
        self._reading.lines = list(
            lines_of(
                self._file,
                records,
                given_by(self._main, table.letters),
                [part.key for part in parts],
                tuple(silence for part in parts for silence in self._silent(part)),
            )
        )
        self._reading.torn = list(torn_of(table.name, records))
        if not records and not self._reading.faults:
            table.fault(0, None, "", gettext("has no rows below its headings"))

    def _silent(self, sheet: Sheet) -> Iterator[Silence]:
        """The lists inside of parts that no sheet of the file gives."""
        names = [column.key for column in sheet.columns]
        required = tuple(column.key for column in sheet.columns if column.required)
        for part in sheet.parts:
            if part.name not in self._given:
                # Where a column can say that there are none, the others are hung on all of it.
                rest = tuple(name for name in names if name != part.key)
                yield Silence(sheet.key, part.key, rest if part.key in names else required)

    def _fault(self, sheet: str, message: str, row: int = 0) -> None:
        self._reading.faults.append(Fault(self._file, row, "", message, sheet))

    def _warn(self, sheet: str, message: str) -> None:
        self._reading.warnings.append(Fault(self._file, 0, "", message, sheet))

    def _choose_sheets(self) -> bool:
        """Whether it is clear what each sheet holds; tells of those that are not known."""
        wanted = {sheet.name for sheet in self._main.all()}
        for name in [GUIDE, CODES]:
            self._sheets.pop(name, None)
        full = {name: sheet for name, sheet in self._sheets.items() if sheet[1].rows}
        strangers = [name for name in full if name not in wanted]
        if len(full) == 1 and strangers:
            # A table saved under another name: its headings will tell whether it is the one.
            self._sheets = {self._main.name: full[strangers[0]]}
            said = gettext("is taken for the sheet “%(sheet)s”")
            self._warn(strangers[0], said % {"sheet": self._main.name})
            return True
        for name in strangers:
            near = get_close_matches(name, wanted, 1, 0.6)
            said = (
                gettext("there is no such sheet; is “%(near)s” meant?")
                if near
                else gettext("there is no such sheet")
            )
            self._fault(shown(name, 60), said % {"near": "".join(near)})
        if self._main.name not in full:
            said = gettext("has no sheet “%(sheet)s” with rows")
            self._fault("", said % {"sheet": self._main.name})
        return not strangers and self._main.name in full

    def _table(self, sheet: Sheet) -> Table | None:
        """A sheet with its headings read, or None with a fault."""
        found, facts = self._sheets[sheet.name]
        before = len(self._reading.faults)
        if facts.columns > MAX_COLUMNS:
            said = gettext("has more than %(number)d columns")
            self._fault(found.title, said % {"number": MAX_COLUMNS}, 1)
        for merged in facts.merged[:_MAX_NAMED]:
            said = gettext(
                "has merged cells (%(cells)s): of them only one holds anything. Split them."
            )
            self._fault(found.title, said % {"cells": merged})
        if found.sheet_state != "visible":
            self._warn(found.title, gettext("is a hidden sheet; it was read like the others"))
        if facts.hidden_rows:
            rows = listed(facts.hidden_rows[:10]) + (" …" if len(facts.hidden_rows) > 10 else "")
            said = gettext("has hidden rows (%(rows)s); they were read as well")
            self._warn(found.title, said % {"rows": rows})
        if facts.has_hidden_columns:
            self._warn(found.title, gettext("has hidden columns; they were read as well"))
        if len(self._reading.faults) > before:
            return None
        table = Table(sheet, found.title, self._file, self._reading)
        heading = next(self._rows(sheet, 1), Row(1, []))
        return table if table.read_headings(heading) else None

    def _rows(self, sheet: Sheet, *only: int) -> Iterator[Row]:
        """The rows below the heading, or the one asked for."""
        found, facts = self._sheets[sheet.name]
        first, last = (only[0], only[0]) if only else (2, facts.rows)
        number = first - 1
        if not facts.rows or not facts.columns or last < first:
            return
        try:
            rows = found.iter_rows(
                min_row=first, max_row=last, min_col=1, max_col=min(facts.columns, MAX_COLUMNS)
            )
            for number, row in enumerate(rows, start=first):
                yield Row(number, [_cell(cell) for cell in row])
        except _BROKEN as error:
            said = gettext("cannot be read after this row: %(reason)s")
            self._fault(found.title, said % {"reason": type(error).__name__}, number)
            # The records or parts in the rows that follow are missing.
            self._reading.lacks_parts = True

    def _read_parts(self, sheet: Sheet, known: dict[str, Record]) -> bool:
        """Read a sheet of parts and those below it; whether the file says what there is of them.

        A sheet without rows says nothing: the template has them all. Nor does one of which the
        parts below were refused: who takes it for the whole would remove them.
        """
        is_told = True
        if sheet.name in self._sheets and self._sheets[sheet.name][1].rows > 1:
            table = self._table(sheet)
            if table is None:
                self._reading.lacks_parts = True
                self._refused.add(sheet.name)
                return False
            if read_parts(table, self._rows(sheet), known):
                self._given.add(sheet.name)
                self._warn_of_columns(table)
        for part in sheet.parts:
            self._read_parts(part, known)
            is_told &= part.name not in self._refused
        if not is_told:
            self._refused.add(sheet.name)
        return is_told and sheet.name in self._given

    def _warn_of_columns(self, table: Table) -> None:
        for column in table.sheet.columns:
            if column.key not in table.letters:
                said = gettext(
                    "has no column “%(column)s”: of the parts listed nothing is said there"
                )
                self._warn(table.name, said % {"column": column.key})


def _cell(cell: Any) -> Any:
    """A cell: a text as it is, another with what only the spreadsheet knows of it."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Shown("", fault=gettext("holds a formula: put its value there"))
    if cell.data_type == "e":
        said = gettext("holds the error %(error)s")
        return Shown("", fault=said % {"error": shown(str(value), 20)})
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if "_x" in value else value
    return Shown(value, cell.number_format or "General")


FORMAT = Format(
    key="xlsx",
    label=_("Workbook (XLSX)"),
    extension="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    read=read,
    write=write,
    is_complete=True,
)
