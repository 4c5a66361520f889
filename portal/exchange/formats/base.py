"""File formats in which records come and go: what one is, and which there are.

A format reads a file into lines, the plain-data form of a record that the collection uses, and
writes lines into a file. It judges only the file: whether a line is a sound record is for the
schema of its database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from portal.exchange.faults import Fault
from portal.exchange.foundations import Codes
from portal.exchange.reading import Line, Silence
from portal.records.database import Database
from portal.records.lines import canonical


@dataclass(frozen=True)
class Torn:
    """A record of a file of which no line could be made.

    Attributes:
        number: its row or line.
        sheet: that of its row.
        code, title: what it says of itself, as far as that could be read.
        rows: the rows of its parts, by sheet and number: their faults are its own.
    """

    number: int
    sheet: str = ""
    code: str = ""
    title: str = ""
    rows: frozenset[tuple[str, int]] = frozenset()


def torn_by(faults: Iterable[Fault]) -> list[Torn]:
    """The records in which the faults of a file stand that holds one record a line or entry."""
    return [Torn(number) for number in sorted({fault.line for fault in faults if fault.line})]


@dataclass
class Reading:
    """What was found in a file.

    Attributes:
        lines: the records that could be read, in the order of the file. `line.given` names the
            top-level keys that the file speaks of, or is None for all; `line.fault(key, message)`
            names sheet, row and column.
        torn: the other records of the file: with those of `lines` they are all that it holds.
        faults: what is wrong with the file.
        warnings: what was left out and why.
        lacks_parts: whether parts were found that could not be put to their records. A record may
            then look as if it had none, and writing its line would take away those that it has.
    """

    lines: list[Line] = field(default_factory=list)
    torn: list[Torn] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    lacks_parts: bool = False


#: A path on disk, the name under which it was uploaded, the database, the codes that are known.
Read = Callable[[Path, str, Database, Codes], Reading]


class Write(Protocol):
    """Lines in, chunks of the file out.

    `origin` is scheme and host of the portal; with `for_readers` there is no place in the file for
    what only curators know, so that it empties nothing of that when it comes back.
    """

    def __call__(
        self,
        lines: Iterable[Mapping[str, Any]],
        database: Database,
        origin: str = "",
        *,
        for_readers: bool = False,
    ) -> Iterator[bytes]: ...


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a file, the first made already.

    What does not fit into a format is known with the first piece, while it can still be said.
    """
    first = list(islice(pieces, 1))
    return chain(first, pieces)


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
        ending: what the addresses of its files end with; '' where it is the extension.
    """

    key: str
    label: Any
    extension: str
    media_type: str
    read: Read | None
    write: Write | None
    is_complete: bool
    of_citations: bool = False
    ending: str = ""

    @property
    def suffix(self) -> str:
        """What the addresses of its files end with, without the dot."""
        return self.ending or self.extension


#: The modules of the formats, in the order in which they are offered; each has a `FORMAT`.
_MODULES = ("xlsx", "comma_separated", "json_lines", "csl_json", "ris", "bibtex", "json_ld")


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
        and (_is_read(found, database) or not reading)
        and (found.write or not writing)
    ]


def _is_read(form: Format, database: Database) -> bool:
    """Whether records of a database are read from files of a format.

    Decisions and laws are written as items for reference managers: these hold too little of them.
    """
    if form.read is None:
        return False
    return not form.of_citations or bool(database.citable and database.citable.from_csl)


def format_of_name(name: str, database: Database) -> Format | None:
    """The format to read that a file's name tells by its extension, or None."""
    extension = name.rpartition(".")[2].lower()
    for found in formats_for(database, reading=True):
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
    for silence in line.silent:
        if silence.key in line.given and isinstance(result.get(silence.key), list):
            result[silence.key] = _with_inner(result[silence.key], now, silence)
    return {key: value for key, value in result.items() if value is not None}


def _with_inner(
    parts: Sequence[dict[str, Any]], now: Mapping[str, Any], silence: Silence
) -> list[dict[str, Any]]:
    """Parts with the lists that the same parts have now.

    Of several that are called the same, the one at the same place is meant.
    """
    old = _parts(now, silence)
    known = [_identity(part, silence) for part in old]
    given = [_identity(part, silence) for part in parts]
    found = []
    for place, (part, identity) in enumerate(zip(parts, given, strict=True)):
        at = [n for n, other in enumerate(known) if other == identity]
        if len(at) > 1 or given.count(identity) > 1:
            at = [n for n in at if n == place]
        inner = old[at[0]].get(silence.inner) if at else None
        # A constant that stands there has a column of its own.
        found.append({silence.inner: inner, **part} if isinstance(inner, list) else part)
    return found


def _parts(line: Mapping[str, Any], silence: Silence) -> list[dict[str, Any]]:
    found = line.get(silence.key)
    return found if isinstance(found, list) else []


def _identity(part: Mapping[str, Any], silence: Silence) -> list[Any]:
    """What tells a part from its siblings."""
    return [canonical(part.get(name)) for name in silence.names]


def lost_with_parts(
    now: Mapping[str, Any], wanted: Mapping[str, Any], line: Line
) -> Iterator[tuple[str, str, str]]:
    """What goes though the file says nothing of it: its part is not in the file any more.

    Yields:
        The list, the list inside that goes, and what its part is called.
    """
    for silence in line.silent:
        before, after = (
            [
                _identity(part, silence)
                for part in _parts(data, silence)
                if isinstance(part.get(silence.inner), list)
            ]
            for data in (now, wanted)
        )
        for identity in before:
            if identity in after:
                after.remove(identity)
            else:
                yield silence.key, silence.inner, ", ".join(map(str, filter(None, identity)))
