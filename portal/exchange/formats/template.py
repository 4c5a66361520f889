"""The empty workbook that curators fill: headings with notes, choices, and all codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import openpyxl
from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from portal.exchange.formats.columns import Column, Kind, Sheet, sheets_of
from portal.exchange.formats.safety import MAX_ROWS
from portal.exchange.formats.xlsx_writing import chunks, heading, new_sheet, text_cell
from portal.exchange.foundations import Codes
from portal.records.database import Database
from portal.reference.catalog import catalog
from portal.reference.labels import active_language, localized
from portal.reference.punctuation import listed

#: The sheets that explain; they are not read.
GUIDE = "read me"
CODES = "codes"
_NOTE_WIDTH, _NOTE_HEIGHT = 320, 140
_WRAP = Alignment(wrap_text=True, vertical="top")


def template(database: Database, codes: Codes) -> bytes:
    """The empty workbook of a database, in the reader's language.

    Args:
        database: the database.
        codes: the codes that are known, for the lists of choices.
    """
    main = sheets_of(database, codes)
    workbook: Any = openpyxl.Workbook(write_only=True)
    _write_guide(workbook.create_sheet(GUIDE), database, main)
    lists = list(_lists(main, codes))
    ranges = _ranges(lists)
    for sheet in main.all():
        _write_sheet(workbook, sheet, ranges)
    _write_codes(workbook.create_sheet(CODES), lists)
    return b"".join(chunks(workbook))


def _guide(database: Database, main: Sheet) -> Iterator[str]:
    parts = listed(part.name for part in main.all() if part.key)
    yield _(
        "The sheet “%(sheet)s” has a row for each record. A coloured heading marks what every "
        "record must have; the note at a heading says what the column means."
    ) % {"sheet": main.name}
    yield _(
        "The other sheets (%(parts)s) have a row for each part of a record. Their first column "
        "repeats the id of the record; the rows stand in the order in which they are shown."
    ) % {"parts": parts}
    yield _(
        "A part of a part names the row above it by its number in the record: charge of "
        "defendant 2."
    )
    yield _(
        "The id of a new record is its permanent code: lower-case letters and digits, joined by "
        "hyphens. Without parts it may be left empty."
    )
    yield _(
        "For a record that is there already, give its id. A cell that is empty takes away what "
        "the record says there. Delete the columns of which you do not want to speak: they stay "
        "as they are. A sheet of parts without rows changes nothing; one with rows replaces the "
        "parts of every record in the file."
    )
    yield _("A cell with several values has each on a line of its own (Alt+Enter).")
    yield _("A date is 2012, 2012-05 or 2012-05-31: as much as is known.")
    yield _("Yes and no are TRUE and FALSE, yes and no, or 1 and 0; an empty cell is “unknown”.")
    yield _("The sheet “%(codes)s” lists the codes of every column that has fixed values.") % {
        "codes": CODES
    }
    yield _(
        "Give no formulas, merge no cells, and add no sheets or columns: each of these is refused "
        "with its place. A file has at most %(rows)s records."
    ) % {"rows": format_decimal(MAX_ROWS, locale=active_language())}


def _write_guide(sheet: Any, database: Database, main: Sheet) -> None:
    sheet.column_dimensions["A"].width = 100
    title = WriteOnlyCell(sheet, str(database.title))
    title.font = Font(bold=True, size=14)
    sheet.append([title])
    for text in _guide(database, main):
        cell = WriteOnlyCell(sheet, text)
        cell.alignment = _WRAP
        sheet.append([cell])


def _write_sheet(workbook: Any, sheet: Sheet, ranges: dict[tuple[str, ...], str]) -> None:
    target = new_sheet(workbook, sheet.name, sheet.headings, note=_note)
    for place, column in enumerate(sheet.headings):
        letter = get_column_letter(place + 1)
        if column.codes and column.kind is Kind.WORD:
            choice = DataValidation(
                type="list", formula1=ranges[column.codes], allow_blank=True, showErrorMessage=True
            )
            choice.errorTitle = column.key[:30]
            choice.error = _("Not one of the codes of this column.")
            choice.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
            target.data_validations.append(choice)


def _note(column: Column) -> Comment | None:
    """What a column means and how its cells are filled."""
    says = [column.note] if column.note else []
    if column.required:
        says.append(_("Required."))
    if column.kind in (Kind.TEXTS, Kind.WORDS):
        says.append(_("Several values: each on a line of its own."))
    if column.kind in (Kind.DATE, Kind.CSL_DATE):
        says.append("2012, 2012-05, 2012-05-31")
    if column.kind is Kind.BOOLEAN:
        says.append(_("TRUE or FALSE; empty where it is not known."))
    if column.codes:
        more = " …" if len(column.codes) > 12 else ""
        says.append(_("Codes: %(codes)s") % {"codes": ", ".join(column.codes[:12]) + more})
    if not says:
        return None
    return Comment("\n".join(says), "", height=_NOTE_HEIGHT, width=_NOTE_WIDTH)


def _lists(main: Sheet, codes: Codes) -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    """Lists of codes: the codes, their vocabulary's name or '', the columns that have them."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for sheet in main.all():
        for column in sheet.columns:
            if column.codes:
                name = column.key if not sheet.key else f"{sheet.name}: {column.key}"
                columns.setdefault(column.codes, []).append(name)
    names = {tuple(found): name for name, found in codes.items()}
    for found, where in columns.items():
        yield found, names.get(found, ""), where


def _ranges(
    lists: list[tuple[tuple[str, ...], str, list[str]]],
) -> dict[tuple[str, ...], str]:
    """Where the codes of each list stand in the sheet of codes."""
    found, row = {}, 2
    for codes, _vocabulary, _columns in lists:
        found[codes] = f"'{CODES}'!$B${row}:$B${row + len(codes) - 1}"
        row += len(codes)
    return found


def _write_codes(sheet: Any, lists: list[tuple[tuple[str, ...], str, list[str]]]) -> None:
    sheet.freeze_panes = "A2"
    for letter, width in (("A", 40), ("B", 30), ("C", 60)):
        sheet.column_dimensions[letter].width = width
    titles = (_("columns"), _("code"), _("meaning"))
    sheet.append([heading(sheet, Column(str(title), Kind.TEXT)) for title in titles])
    for codes, vocabulary, columns in lists:
        for code in codes:
            label = label_of(vocabulary, code)
            sheet.append([text_cell(sheet, text) for text in (", ".join(columns), code, label)])


def label_of(vocabulary: str, code: str) -> str:
    """What a code means in the reader's language."""
    if vocabulary == "jurisdictions":
        return catalog().jurisdiction_name(code)
    if vocabulary == "protocol_articles":
        article = catalog().articles.get(code)
        return localized(article.labels) if article else ""
    return catalog().term_label(f"{vocabulary}:{code}") or re.sub("[_-]", " ", code)
