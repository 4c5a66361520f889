"""Faults and warnings as a table that curators take along: where, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.columns import Column, Kind
from portal.exchange.formats.xlsx_writing import chunks, new_sheet, text_cell
from portal.rest.tabular import pieces_of, shown_cell


def _headings() -> list[str]:
    return [
        _("File"), _("Sheet"), _("Row"), _("Column"), _("Key"), _("What is wrong"), _("Weight"),
    ]  # fmt: skip


def _rows(faults: Iterable[Fault], warnings: Iterable[Fault]) -> Iterator[list[Any]]:
    for found, weight in ((faults, _("fault")), (warnings, _("warning"))):
        for fault in found:
            yield [
                shown(fault.file),
                shown(fault.sheet),
                fault.line or None,
                fault.column,
                shown(fault.key),
                shown(fault.message),
                weight,
            ]


def faults_sheet(faults: Iterable[Fault], warnings: Iterable[Fault] = ()) -> bytes:
    """Faults and warnings as a workbook."""
    workbook: Any = openpyxl.Workbook(write_only=True)
    kinds = [Kind.WORDS, Kind.WORD, Kind.INTEGER, Kind.INTEGER, Kind.TEXT, Kind.TEXT, Kind.WORD]
    columns = [Column(text, kind) for text, kind in zip(_headings(), kinds, strict=True)]
    sheet = new_sheet(workbook, _("faults"), columns)
    for row in _rows(faults, warnings):
        sheet.append([text_cell(sheet, value) for value in row])
    return b"".join(chunks(workbook))


def faults_csv(faults: Iterable[Fault], warnings: Iterable[Fault] = ()) -> bytes:
    """Faults and warnings as CSV in UTF-8 with a byte order mark."""
    rows = ([shown_cell(value) for value in row] for row in _rows(faults, warnings))
    return b"".join(pieces_of(chain([_headings()], rows)))
