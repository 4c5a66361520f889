"""Writing XLSX: a sheet for the records and one for each kind of their parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from portal.exchange.formats.cells import MAX_CELL, cell_of
from portal.exchange.formats.columns import ADDRESS, Column, Kind, Sheet, sheets_of, value_at
from portal.records.database import Database
from portal.records.lines import canonical

CHUNK = 1 << 16
#: What a spreadsheet would take for a formula, or more, where it stands first.
RISKY = ("=", "+", "-", "@", "\t", "\r")
_BOLD = Font(bold=True)
_TOP = Alignment(vertical="top")
#: The heading of a column without which a record is faulty.
REQUIRED_FILL = PatternFill("solid", fgColor="FFE8D9A0")
# What XML cannot hold, and what would be read as its escape.
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x)")
_WIDTHS = {Kind.TEXT: 40, Kind.WORD: 16, Kind.TEXTS: 30, Kind.WORDS: 22}


_ADDRESS = Column(ADDRESS, Kind.WORD)


class DoesNotFitError(Exception):
    """A text is longer than the cells of a format hold; the text says whose."""


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """A workbook of the records; it is complete in a temporary file before its first piece.

    Args:
        lines: the records.
        database: theirs.
        origin: scheme and host of the portal, for the permanent addresses of the records.
        for_readers: whether to leave out the columns that only curators fill.

    Raises:
        DoesNotFitError: a text is longer than a cell.
    """
    main = sheets_of(database, for_readers=for_readers)
    workbook = openpyxl.Workbook(write_only=True)
    sheets = {}
    for sheet in main.all():
        columns = sheet.headings if sheet.key else (_ADDRESS, *sheet.headings)
        sheets[sheet.name] = new_sheet(workbook, sheet.name, columns)
    try:
        for line in lines:
            data = canonical(line)
            address = origin + database.model(code=str(data.get("id", ""))).permanent_path
            _Record(sheets, str(data.get("id", ""))).append(main, data, [address])
    except BaseException:
        # The sheets wait in temporary files, which only saving takes away.
        for _piece in chunks(workbook):
            pass
        raise
    yield from chunks(workbook)


def chunks(workbook: Any) -> Iterator[bytes]:
    """A workbook as the pieces of its file."""
    with TemporaryFile() as stream:
        workbook.save(stream)
        stream.seek(0)
        while piece := stream.read(CHUNK):
            yield piece


def new_sheet(
    workbook: Any,
    name: str,
    columns: Sequence[Column],
    note: Callable[[Column], Comment | None] = lambda column: None,
) -> Any:
    """A sheet with its headings, which stay in sight, and a note at each that `note` gives."""
    sheet = workbook.create_sheet(name)
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns):
        letter = get_column_letter(place + 1)
        width = max(_WIDTHS.get(column.kind, 12), len(column.key) + 2)
        sheet.column_dimensions[letter].width = 50 if column.key == ADDRESS else width
    sheet.append([heading(sheet, column, note(column)) for column in columns])
    return sheet


def heading(sheet: Any, column: Column, note: Comment | None = None) -> Any:
    cell = WriteOnlyCell(sheet, column.key)
    cell.comment = note
    cell.font = _BOLD
    if column.required:
        cell.fill = REQUIRED_FILL
    return cell


class _Record:
    """A record while its rows are written: the sheets by their names, and its id."""

    def __init__(self, sheets: Mapping[str, Any], code: str) -> None:
        self._sheets, self._code = sheets, code

    def append(
        self, sheet: Sheet, data: Mapping[str, Any], links: Sequence[Any], number: int = 0
    ) -> None:
        """Write an object into its sheet and its parts into theirs.

        Args:
            sheet: the object's.
            data: what it says.
            links: the cells before its own, which say to what it belongs.
            number: its place among its siblings, from 1.
        """
        target = self._sheets[sheet.name]
        row = [text_cell(target, value, self._code) for value in links]
        for column in sheet.columns:
            value = cell_of(column, value_at(data, column.path))
            row.append(text_cell(target, value, self._code))
        target.append(row)
        for part in sheet.parts:
            siblings = data.get(part.key)
            for place, inner in enumerate(siblings if isinstance(siblings, list) else (), start=1):
                links = [self._code, *([number] if part.owner else ())]
                self.append(part, inner, [*links, *([place] if part.number else ())], place)


def text_cell(sheet: Any, value: Any, owner: str = "") -> Any:
    """A value as what the sheet takes: a text that looks like a formula is none.

    Raises:
        DoesNotFitError: the text is longer than a cell; `owner` says whose it is.
    """
    if not isinstance(value, str):
        return value
    text = _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", value)
    if len(text) > MAX_CELL:
        raise DoesNotFitError(f"{owner}: a text is longer than a cell of a workbook ({MAX_CELL:,})")
    if not text.startswith(RISKY) and "\n" not in text and not text.startswith("#"):
        return text
    cell = WriteOnlyCell(sheet, text)
    # The library takes it for a formula or an error as well.
    cell.data_type = "s"
    cell.alignment = _TOP
    if text.startswith(RISKY):
        cell.quotePrefix = True
    return cell
