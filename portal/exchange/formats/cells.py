"""Between a value of a line and a cell of a table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange.formats.columns import Column, Kind
from portal.exchange.reading import is_unfit

#: What a cell may hold; dates come from spreadsheets only.
Cell = str | int | float | bool | datetime | date | time | None
#: A spreadsheet keeps no more digits of a number.
MAX_SHOWN_DIGITS = 15
#: The longest text of a cell that Excel opens.
MAX_CELL = 32_767

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?")
_TRUE = frozenset({"true", "yes", "1", "y"})
_FALSE = frozenset({"false", "no", "0", "n"})
# An item in double quotes to the end of its last line, as CSV writes it; or a line.
_ITEM = re.compile(r'"((?:[^"]|"")*)"(?=\n|\Z)|([^\n]+)')
_SEPARATORS = re.compile(r"[;,\s]+")


class CellError(ValueError):
    """A cell cannot be read; the text says why."""


def cell_of(column: Column, value: Any) -> str | int | float | bool | None:
    """A value of a line as its cell holds it."""
    if value is None or value == []:
        return None
    if column.kind in (Kind.TEXTS, Kind.WORDS):
        return "\n".join(map(_item, value)) if isinstance(value, list) else None
    if column.kind is Kind.CSL_DATE:
        return csl_date_text(value)
    if isinstance(value, (str, bool, int, float)):
        return value
    # A list of objects where a constant could stand has a sheet of its own.
    return None


def csl_date_text(value: Any) -> str | None:
    """A date of CSL-JSON as a partial date: `2013-08`."""
    try:
        year, *rest = value["date-parts"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return "-".join([f"{year:04d}", *(f"{part:02d}" for part in rest)])


def csl_date_of(text: str) -> dict[str, Any] | None:
    """A partial date as CSL-JSON writes it, or None where it is none."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        return None
    return {"date-parts": [[int(part) for part in text.split("-")]]}


def _item(text: str) -> str:
    """An item of a list, in quotes where a line of its own would not bring it back."""
    if "\n" in text or "\r" in text or text.startswith('"') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def value_of(column: Column, cell: Cell, number_format: str = "General") -> Any:
    """What a cell says; None where it is empty.

    A text that cannot be what the column wants is given back as it is: the schema of the line
    names it.

    Raises:
        CellError: what stands there cannot be held in a line at all.
    """
    if isinstance(cell, str):
        return _of_text(column, cell)
    if cell is None:
        return None
    if isinstance(cell, bool):
        return _of_boolean(column, cell)
    if isinstance(cell, (int, float)):
        return _of_number(column, cell, number_format)
    return _of_date(column, cell, number_format)


def _of_text(column: Column, text: str) -> Any:
    if not text.strip():
        return None
    if is_unfit(text):
        raise CellError(_("holds a control character"))
    if column.kind is Kind.TEXT:
        return text
    if column.kind is Kind.TEXTS:
        found = (_unquoted(match) for match in _ITEM.finditer(text))
        return [item for item in found if item.strip()]
    return _READERS.get(column.kind, str)(text.strip())


def _number(text: str) -> Any:
    if _WHOLE.fullmatch(text):
        return int(text)
    return _plain(float(text)) if _NUMBER.fullmatch(text) else text


def _boolean(text: str) -> bool | str:
    word = text.casefold()
    return word in _TRUE if word in _TRUE | _FALSE else text


def _codes(text: str) -> list[str]:
    return [code for code in _SEPARATORS.split(text) if code]


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.WORDS: _codes,
    Kind.INTEGER: _number,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.CSL_DATE: lambda text: csl_date_of(text) or text,
}


def _unquoted(match: re.Match[str]) -> str:
    quoted, line = match.groups()
    return quoted.replace('""', '"') if quoted is not None else line.strip()


def _of_boolean(column: Column, cell: bool) -> Any:
    if column.kind is Kind.BOOLEAN:
        return cell
    raise CellError(_("is a truth value, not what the column holds"))


def _of_number(column: Column, cell: int | float, number_format: str) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        raise CellError(_("is no number"))
    number = _plain(cell)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return number
    if column.kind is Kind.BOOLEAN and number in (0, 1):
        return bool(number)
    return _of_text(column, _digits(number, number_format))


def _plain(number: int | float) -> int | float:
    """12.0 is 12, as JSON Schema has it."""
    is_whole = isinstance(number, float) and number.is_integer() and abs(number) < 10**15
    return int(number) if is_whole else number


def _digits(number: int | float, number_format: str) -> str:
    """A number as its cell shows it, in a column of texts: a docket 00123."""
    text = str(number) if isinstance(number, int) else repr(number)
    if len(re.sub(r"\D", "", text)) > MAX_SHOWN_DIGITS or "e" in text:
        said = _(
            "is a number of more than %(number)d digits, of which spreadsheets lose some: make the"
            " cell a text and type it again"
        )
        raise CellError(said % {"number": MAX_SHOWN_DIGITS})
    if re.fullmatch("0+", number_format) and isinstance(number, int) and number >= 0:
        return text.zfill(len(number_format))
    return text


def _of_date(column: Column, cell: Any, number_format: str) -> Any:
    if column.kind not in (Kind.DATE, Kind.CSL_DATE) or not isinstance(cell, date):
        raise CellError(
            _(
                "was taken for a date or a time by the spreadsheet: make the cell a text and type"
                " it again"
            )
        )
    # What shows no day was typed without one: “05/2012” becomes a cell of 1 May 2012.
    shown = re.sub(r'\[[^\]]*\]|"[^"]*"|\\.', "", number_format).lower()
    text = cell.strftime("%Y-%m-%d").zfill(10)
    if "y" in shown and "d" not in shown:
        text = text[:7] if "m" in shown else text[:4]
    return csl_date_of(text) if column.kind is Kind.CSL_DATE else text


def letters(place: int) -> str:
    """The letters of a column by its place, counted from 0: A, B, … Z, AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def is_empty(cells: Sequence[Any]) -> bool:
    """Whether a row holds nothing."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
