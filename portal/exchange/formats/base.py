"""File formats in which records come and go: what one is, and which there are.

A format reads a file into lines, the plain-data form of a record that the collection uses, and
writes lines into a file. It judges only the file: whether a line is a sound record is for the
schema of its database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from portal.exchange.faults import Fault
from portal.exchange.foundations import Codes
from portal.exchange.reading import Line
from portal.records.database import Database


@dataclass
class Reading:
    """What was found in a file.

    Attributes:
        lines: the records that could be read, in the order of the file. `line.given` names the
            top-level keys that the file speaks of, or is None for all; `line.fault(key, message)`
            names sheet, row and column.
        faults: what is wrong with the file.
        warnings: what was left out and why.
    """

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


#: A path on disk, the name under which it was uploaded, the database, the codes that are known.
Read = Callable[[Path, str, Database, Codes], Reading]


class Write(Protocol):
    """Lines in, chunks of the file out; `origin` is scheme and host of the portal."""

    def __call__(
        self, lines: Iterable[Mapping[str, Any]], database: Database, origin: str = ""
    ) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        key: its name in addresses and on the command line.
        label: what curators call it, as a lazy translation.
        extension: of its files, without the dot.
        media_type: of its files, as HTTP has it.
        read, write: None where it goes only the other way.
        is_complete: whether a line survives `write` and `read` unchanged.
        of_citations: whether only records that can be cited have it (`Database.citable`).
    """

    key: str
    label: Any
    extension: str
    media_type: str
    read: Read | None
    write: Write | None
    is_complete: bool
    of_citations: bool = False


#: The modules of the formats, in the order in which they are offered; each has a `FORMAT`.
_MODULES = ("xlsx", "comma_separated", "json_lines", "csl_json", "ris", "bibtex")


def _all() -> Iterator[Format]:
    for name in _MODULES:
        yield import_module(f"portal.exchange.formats.{name}").FORMAT


def formats_for(
    database: Database, *, reading: bool = False, writing: bool = False
) -> list[Format]:
    """The formats of a database that can be read, or written, or both."""
    return [
        found
        for found in _all()
        if (database.citable or not found.of_citations)
        and (found.read or not reading)
        and (found.write or not writing)
    ]


def format_of_name(name: str, database: Database) -> Format | None:
    """The format that a file's name tells by its extension, or None."""
    extension = name.rpartition(".")[2].lower()
    for found in formats_for(database):
        if found.extension == extension:
            return found
    return None


def merged(now: dict[str, Any], line: Line) -> dict[str, Any]:
    """What a record says once a line is laid over it.

    Args:
        now: the record's present line.
        line: the file's; of keys that the file does not speak of (`line.given`), `now` stays. A
            given key with a dot (`migrants.count`) speaks of one member of an object only.
    """
    if line.given is None:
        return line.data
    result = dict(now)
    for key in sorted(line.given):
        whole, _dot, member = key.partition(".")
        value: Any = line.data.get(whole)
        if member:
            inner = (value or {}).get(member)
            value = {**(result.get(whole) or {}), member: inner}
        result[whole] = value
    return {key: value for key, value in result.items() if value is not None}
