"""How a record's line lies in a table: sheets and columns, taken from the schema of the line.

The main sheet has a row for each record. Objects lie flat in it (`migrants.count`), lists of
plain values in one cell, and each list of objects has a sheet of its own, whose rows name the
record and, where they lie deeper, the number of the row above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from portal.exchange.foundations import Codes
from portal.exchange.schema import Schema
from portal.records.database import Database

#: The column that names the record.
ID = "id"
#: The column of the record's permanent address: written for people, ignored when read.
ADDRESS = "address"
#: What only curators fill: of public records there is nothing to tell here.
CURATORS_COLUMNS = ("state", "withdrawal_reason", "review_note")
_DATE_PARTS = "date-parts"


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"  # any text
    WORD = "word"  # a code, an address: a text in which white space means nothing
    DATE = "date"  # 2012, 2012-05 or 2012-05-31
    CSL_DATE = "csl-date"  # the same, which the line holds as CSL-JSON does
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXTS = "texts"  # a list, one a line
    WORDS = "words"  # a list of codes


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: its heading and the place of its value in the object: `migrants.count`.
        kind: what its cells hold.
        required: whether an object without it is faulty.
        codes: the values that are allowed; empty where any may stand.
        note: what it means, or ''.
    """

    key: str
    kind: Kind
    required: bool = False
    codes: tuple[str, ...] = ()
    note: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.key.split("."))


@dataclass(frozen=True)
class Sheet:
    """A sheet: the records themselves, or the parts of one kind.

    Attributes:
        name: of the sheet.
        key: the list in the object above; '' for the records themselves.
        columns: of an object's own values.
        parts: the sheets of its lists of objects.
        owner: the column with the number of the row above it, '' where that is the record.
        number: the column with a row's own number among its siblings, '' where none is needed.
        required: whether a record without such parts is faulty.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    parts: tuple[Sheet, ...] = ()
    owner: str = ""
    number: str = ""
    required: bool = False

    def all(self) -> Iterator[Sheet]:
        """This sheet and those of its parts, each after the one above it."""
        yield self
        for part in self.parts:
            yield from part.all()

    @property
    def links(self) -> tuple[Column, ...]:
        """The columns that say to which record and row a part belongs."""
        if not self.key:
            return ()
        found = [Column(ID, Kind.WORD, required=True)]
        if self.owner:
            found.append(Column(self.owner, Kind.INTEGER, required=True))
        if self.number:
            found.append(Column(self.number, Kind.INTEGER))
        return tuple(found)

    @property
    def headings(self) -> tuple[Column, ...]:
        """All columns in their order."""
        return (*self.links, *self.columns)


def sheets_of(
    database: Database, codes: Codes | None = None, *, for_readers: bool = False
) -> Sheet:
    """The main sheet of a database, with the sheets of the parts of its records.

    Args:
        database: the database.
        codes: the codes that columns allow; None where only the columns matter.
        for_readers: whether to leave out the columns that only curators fill.
    """
    wanted = database.importer.schema(codes if codes is not None else Codes({}))
    main = _sheet(database.slug, "", wanted, "", {database.slug})
    if not for_readers:
        return main
    columns = tuple(column for column in main.columns if column.key not in CURATORS_COLUMNS)
    return replace(main, columns=columns)


def _sheet(name: str, key: str, wanted: Schema, owner: str, taken: set[str]) -> Sheet:
    columns: list[Column] = []
    parts: list[Sheet] = []
    lists: list[tuple[str, Schema, bool]] = []
    for inner, schema, required in _properties(wanted):
        columns += _columns(inner, schema, required)
        lists += _object_lists(inner, schema, required)
    for inner, items, required in lists:
        part_name = inner if inner not in taken else f"{name} {inner}"
        taken.add(part_name)
        # The first rows below a record need only its id.
        part_owner = _singular(key) if key else ""
        part = _sheet(part_name, inner, items, part_owner, taken)
        parts.append(_with(part, required=required))
    number = _singular(key) if key and parts else ""
    return Sheet(name, key, tuple(columns), tuple(parts), owner, number)


def _with(sheet: Sheet, *, required: bool) -> Sheet:
    return Sheet(
        sheet.name, sheet.key, sheet.columns, sheet.parts, sheet.owner, sheet.number, required
    )


def _singular(key: str) -> str:
    """What one row of a list is called: `defendant`, `law_applied`."""
    return re.sub(r"^([a-z]+?)s(?=_|$)", r"\1", key)


def _properties(wanted: Schema) -> Iterator[tuple[str, Schema, bool]]:
    required = wanted.get("required", ())
    for key, schema in wanted["properties"].items():
        yield key, schema, key in required


def _columns(key: str, schema: Schema, required: bool) -> Iterator[Column]:
    """The columns of a value: one, or those of an object's members, or none."""
    note = str(schema.get("description") or schema.get("title") or "")
    if "anyOf" in schema:
        constants = tuple(str(one["const"]) for one in schema["anyOf"] if "const" in one)
        yield Column(key, Kind.WORD, codes=constants, note=note)
    elif schema.get("type") == "object":
        if set(schema["properties"]) == {_DATE_PARTS}:
            yield Column(key, Kind.CSL_DATE, required, note=note)
            return
        for inner, member, _required in _properties(schema):
            # A member that the object must have is still not asked of a record without one.
            for column in _columns(inner, member, False):
                yield Column(f"{key}.{column.key}", column.kind, False, column.codes, column.note)
    elif schema.get("type") == "array":
        items = schema["items"]
        if items.get("type") != "object":
            kind = Kind.TEXTS if _kind(items) is Kind.TEXT else Kind.WORDS
            yield Column(key, kind, required, tuple(items.get("enum", ())), note)
    else:
        yield Column(key, _kind(schema), required, tuple(schema.get("enum", ())), note)


def _object_lists(key: str, schema: Schema, required: bool) -> Iterator[tuple[str, Schema, bool]]:
    """A list of objects: its key and the schema of one of them."""
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "array" and one["items"].get("type") == "object":
            yield key, one["items"], required


def _kind(schema: Schema) -> Kind:
    plain = {"integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}
    found = plain.get(schema.get("type", ""))
    if found:
        return found
    if schema.get("format") == "partial-date":
        return Kind.DATE
    if "enum" in schema or schema.get("pattern", r"\S") != r"\S":
        return Kind.WORD
    return Kind.TEXT


def value_at(data: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a place in an object, or None."""
    found: Any = data
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a value at a place in an object; makes the objects on the way."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
    data[path[-1]] = value
