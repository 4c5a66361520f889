"""Objects of the API as rows of CSV, with columns that are known before the first object.

An object inside an object has a column for each of its fields (`fee.amount`). A list of texts or
numbers is one cell, its values divided by `|`; inside of a value `|` and the backslash stand
behind a backslash. A list of objects is one cell of compact JSON. An empty cell says that nothing
is known; it does not tell null from an empty text or list, which JSON does.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

#: Divides the values of a list in its cell.
SEPARATOR = "|"
#: The field of an object that holds its permanent address: the first column, where there is one.
ADDRESS = "url"
#: What a spreadsheet takes for a formula where it stands first, behind any apostrophes.
_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_TO_ESCAPE = re.compile(r"[|\\]")


@dataclass(frozen=True)
class Column:
    """A column of the table of a resource.

    Attributes:
        key: its heading, `fee.amount`.
        path: the keys that lead to its value in an object.
        meaning: what it holds, or ''.
    """

    key: str
    path: tuple[str, ...]
    meaning: str = ""


def columns_of(serializer_class: type[Any]) -> list[Column]:
    """The columns of the objects that a serializer writes, in its order, the address first."""
    found = list(_columns(serializer_class(), ()))
    return sorted(found, key=lambda column: column.path != (ADDRESS,))


def _columns(serializer: Any, path: tuple[str, ...]) -> Iterator[Column]:
    for name, field in serializer.get_fields().items():
        inner = (*path, name)
        if isinstance(field, serializers.Serializer):
            yield from _columns(field, inner)
        else:
            yield Column(".".join(inner), inner, str(field.help_text or ""))


def rows(objects: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> Iterator[list[str]]:
    """Objects as rows of cells, one after the other.

    Args:
        objects: as the API answers them, some fields or all.
        columns: those to write; the cells of what an object leaves out are empty.
    """
    for found in objects:
        yield [cell_of(value_at(found, column.path)) for column in columns]


def value_at(found: Any, path: Sequence[str]) -> Any:
    """The value at the end of a path of keys; None where an object on the way is missing."""
    for key in path:
        if found is None:
            return None
        found = found.get(key)
    return found


def cell_of(value: Any) -> str:
    """A value of JSON as a cell of CSV; a text that looks like a formula is none."""
    if isinstance(value, Mapping):
        return _compact(value)
    if not isinstance(value, list | tuple):
        return shown_cell(value)
    if any(isinstance(item, Mapping | list | tuple) for item in value):
        return _compact(value)
    return guarded(SEPARATOR.join(_escaped(item) for item in value))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _escaped(item: Any) -> str:
    text = item if isinstance(item, str) else shown_cell(item)
    return _TO_ESCAPE.sub(r"\\\g<0>", text)


def shown_cell(value: Any) -> str:
    """A value as a cell of CSV; a text that looks like a formula is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # The minus of a number makes no formula.
    return guarded(value) if isinstance(value, str) else str(value)


def guarded(text: str) -> str:
    """A text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """A text without the apostrophe that `guarded` put before it."""
    return text[1:] if _GUARDED.match(text) else text


def pieces_of(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Rows of cells as the pieces of a CSV file, in UTF-8 with a byte order mark (RFC 4180)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in rows:
        writer.writerow(row)
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
