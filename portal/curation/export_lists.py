"""A list of the admin as a table: the columns that it shows, of all rows that it finds."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import Any

import openpyxl
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from portal.exchange.formats.cells import MAX_CELL
from portal.exchange.formats.columns import Column, Kind
from portal.exchange.formats.xlsx_writing import chunks, new_sheet, text_cell
from portal.rest.tabular import pieces_of, shown_cell

CHUNK = 500
# What a cell offers to do says nothing of its row.
_NOT_SAID = re.compile(r"<(button|script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_CHECKBOX = "action_checkbox"


def columns_of(changelist: ChangeList) -> list[tuple[str, str]]:
    """The names and labels of the columns that a list shows."""
    model, model_admin = changelist.model, changelist.model_admin
    return [
        (str(name), str(label_for_field(name, model, model_admin)))
        for name in changelist.list_display
        if name != _CHECKBOX
    ]


def rows_of(
    request: HttpRequest, changelist: ChangeList, names: Iterable[str]
) -> Iterator[list[Any]]:
    """The values of all rows that a list finds, read page after page.

    The list makes its pages itself: what it puts on their rows for its columns is there.
    """
    names = list(names)
    changelist.list_per_page, changelist.show_all = CHUNK, False
    for number in range(1, -(-changelist.result_count // CHUNK) + 1):
        changelist.page_num = number
        try:
            changelist.get_results(request)
        except IncorrectLookupParameters:
            # Rows were taken away meanwhile: there is no such page any more.
            return
        for row in changelist.result_list:
            yield [_value(name, row, changelist.model_admin) for name in names]


def _value(name: str, row: Any, model_admin: Any) -> Any:
    """What a column shows of a row, as plain data."""
    try:
        field, _attribute, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return None
    if field is not None and (field.flatchoices or field.remote_field):
        shown = getattr(row, field.name) if field.remote_field else value
        value = shown if field.remote_field else display_for_field(shown, field, "")
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if isinstance(value, SafeString):
        text = " ".join(html.unescape(strip_tags(_NOT_SAID.sub("", text))).split())
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 2]} …"


def csv_of(labels: list[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """A table as CSV."""
    cells = ([shown_cell(value) for value in row] for row in rows)
    return pieces_of(chain([labels], cells))


def xlsx_of(labels: list[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """A table as a workbook with one sheet."""
    workbook: Any = openpyxl.Workbook(write_only=True)
    columns = [Column(label, Kind.WORDS) for label in labels]
    sheet = new_sheet(workbook, "list", columns)
    for row in rows:
        sheet.append([text_cell(sheet, value) for value in row])
    yield from chunks(workbook)


#: How a list that is none of records is written, by the extension of the file.
WRITERS: dict[str, Callable[[list[str], Iterable[list[Any]]], Iterator[bytes]]] = {
    "csv": csv_of,
    "xlsx": xlsx_of,
}
