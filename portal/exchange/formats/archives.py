"""What an XLSX file is made of, looked at before any library opens it.

A workbook is a zip archive of XML files. Each is read once here, as a stream: how much it unpacks
to, whether it declares entities, and of the sheets what the reader of the cells does not tell or
would fall over: merged cells, hidden rows, rows far away.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl.utils import coordinate_to_tuple
from openpyxl.xml.constants import SHEET_MAIN_NS

from portal.reference.punctuation import grouped

MAX_MEMBERS = 500
MAX_UNPACKED = 200_000_000
#: What unpacks to more than this many times its size is no table that somebody wrote.
MAX_RATIO = 300
#: A small file may be as regular as it likes.
_SMALL = 2_000_000
#: Rows of one sheet: parts are more than records.
MAX_SHEET_ROWS = 100_000
#: The longest text of a cell, in characters.
MAX_TEXT = 200_000
#: What the library builds in memory, element by element, in all files of a workbook together:
#: cells and rows, texts that sheets share, and all else: styles, names, notes. A workbook of
#: 5,000 cases has 600,000 cells; one of Excel or LibreOffice some thousand styles.
MAX_IN_SHEETS = 8_000_000
MAX_IN_TEXTS = 1_000_000
MAX_ELSEWHERE = 100_000
#: What a file may unpack to that is neither a sheet nor texts.
MAX_UNPACKED_ELSEWHERE = 10_000_000
_PIECE = 1 << 16
_NAMED = 10
#: The last row that any spreadsheet has.
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_STRICT = "http://purl.oclc.org/ooxml/"
_NOT_XML = (".bin", ".vml", ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".tif", ".tiff")
_TRUE = ("1", "true")


class ArchiveError(Exception):
    """The archive is not opened; the text says why."""


@dataclass
class Elements:
    """How many elements there have been so far, in all files of a workbook."""

    in_sheets: int = 0
    in_texts: int = 0
    elsewhere: int = 0


@dataclass
class Facts:
    """What is to know of a sheet's XML.

    Attributes:
        rows, columns: the numbers of the last row and column in which something stands.
        merged: its first merged ranges.
        hidden_rows, has_hidden_columns: what a reader of the workbook does not see.
    """

    rows: int = 0
    columns: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    has_hidden_columns: bool = False


def facts_of(path: Path) -> dict[str, Facts]:
    """The sheets of a workbook by the names of their members.

    Raises:
        ArchiveError: it is broken, encrypted, or unpacks to something dangerous.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _facts(archive)
    except zipfile.BadZipFile as error:
        raise _broken(str(error)) from error
    except (zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _broken(str(error) or _("it ends too early")) from error


def _broken(reason: str) -> ArchiveError:
    return ArchiveError(_("is a broken workbook: %(reason)s") % {"reason": reason})


def _too_large() -> ArchiveError:
    said = _("unpacks to more than %(number)d MB")
    return ArchiveError(said % {"number": MAX_UNPACKED // 1_000_000})


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """What the archive says of itself, before anything of it is unpacked."""
    if len(members) > MAX_MEMBERS:
        said = _("holds %(number)s files; a workbook has fewer")
        raise ArchiveError(said % {"number": grouped(len(members))})
    for member in members:
        if member.flag_bits & 1:
            raise ArchiveError(_("is encrypted: save it without a password"))
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > _SMALL and ratio > MAX_RATIO:
            raise ArchiveError(_("unpacks to far more than a table needs"))
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise _too_large()
    names = {member.filename for member in members}
    if "[Content_Types].xml" not in names:
        raise ArchiveError(_("is a zip archive, but no workbook"))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ArchiveError(_("holds macros: save it as a plain workbook (.xlsx)"))


def _facts(archive: zipfile.ZipFile) -> dict[str, Facts]:
    members = archive.infolist()
    _check_members(members)
    found: dict[str, Facts] = {}
    total, elements = 0, Elements()
    for member in members:
        if member.filename.lower().endswith(_NOT_XML):
            continue
        scan = _Scan(elements)
        with archive.open(member) as stream:
            # Declared sizes may lie; what comes out is counted as well.
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > MAX_UNPACKED:
                    raise _too_large()
                scan.feed(piece)
        scan.feed(b"", is_last=True)
        if scan.is_sheet:
            found[member.filename] = scan.facts
    return found


class _Scan:
    """One XML file as a stream of elements."""

    def __init__(self, elements: Elements) -> None:
        self.facts = Facts()
        self.is_sheet = self._is_texts = False
        self._elements, self._size = elements, 0
        self._row = self._column = self._length = 0
        self._parser: Any = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.CharacterDataHandler = self._text
        self._parser.StartElementHandler = self._root

    def feed(self, piece: bytes, *, is_last: bool = False) -> None:
        self._size += len(piece)
        if self._size > MAX_UNPACKED_ELSEWHERE and not (self.is_sheet or self._is_texts):
            raise ArchiveError(_("holds styles, notes or other things of a size that no table has"))
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise _broken(str(error)) from error

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_TEXT:
            said = (
                _("holds a text of more than %(number)s characters in row %(row)d")
                if self._row
                else _("holds a text of more than %(number)s characters")
            )
            raise ArchiveError(said % {"number": grouped(MAX_TEXT), "row": self._row})

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name.startswith(_STRICT):
            raise ArchiveError(_("is a “Strict Open XML” workbook: save it as an Excel workbook"))
        self.is_sheet = name == f"{SHEET_MAIN_NS} worksheet"
        self._is_texts = name == f"{SHEET_MAIN_NS} sst"
        within = self._in_texts if self._is_texts else self._elsewhere
        self._parser.StartElementHandler = self._in_sheet if self.is_sheet else within

    def _in_texts(self, name: str, attributes: dict[str, str]) -> None:
        self._length = 0
        self._elements.in_texts += 1
        if self._elements.in_texts > MAX_IN_TEXTS:
            raise ArchiveError(_("holds more texts than a table has: divide it"))

    def _elsewhere(self, name: str, attributes: dict[str, str]) -> None:
        self._length = 0
        self._elements.elsewhere += 1
        if self._elements.elsewhere > MAX_ELSEWHERE:
            said = _(
                "holds more than %(number)s styles, notes and other things: copy its cells into a"
                " new workbook, as values only"
            )
            raise ArchiveError(said % {"number": grouped(MAX_ELSEWHERE)})

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        self._length = 0
        self._elements.in_sheets += 1
        if self._elements.in_sheets > MAX_IN_SHEETS:
            raise ArchiveError(_("holds more cells than a table of records has: divide it"))
        name = name.rpartition(" ")[2]
        if name == "c":
            self._start_cell(attributes.get("r"))
        elif name in ("v", "is", "f"):
            self.facts.rows = self._row
            self.facts.columns = max(self.facts.columns, self._column)
            if self._row > MAX_SHEET_ROWS:
                said = _("has more than %(number)s rows in a sheet")
                raise ArchiveError(said % {"number": grouped(MAX_SHEET_ROWS)})
        elif name == "row":
            self._start_row(attributes)
        elif name == "mergeCell" and len(self.facts.merged) < _NAMED:
            self.facts.merged.append(attributes.get("ref", "?")[:30])
        elif name == "col" and attributes.get("hidden") in _TRUE:
            self.facts.has_hidden_columns = True

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        row = int(number) if number.isdecimal() and len(number) < 10 else self._row + 1
        if row <= self._row or row > _LAST_ROW:
            said = _("has row %(row)d after row %(before)d")
            raise ArchiveError(said % {"row": row, "before": self._row})
        self._row, self._column = row, 0
        if attributes.get("hidden") in _TRUE:
            self.facts.hidden_rows.append(row)

    def _start_cell(self, reference: str | None) -> None:
        row, column = self._row, self._column + 1
        if reference is not None:
            try:
                row, column = coordinate_to_tuple(reference)
            except (ValueError, KeyError, UnboundLocalError) as error:
                said = _("has a cell at no place: %(cell)s")
                raise ArchiveError(said % {"cell": reference[:30]}) from error
        if row != self._row or not self._column < column <= _LAST_COLUMN:
            said = _("has the cell %(cell)s at a wrong place")
            raise ArchiveError(said % {"cell": (reference or "")[:30]})
        self._column = column


def _refuse_doctype(*_args: Any) -> None:
    raise ArchiveError(_("declares entities in its XML, which no workbook does"))
