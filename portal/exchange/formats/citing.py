"""What the formats of reference managers share: entries become items of CSL-JSON, those lines.

Which database's records can be cited, and how an item becomes a line, is said by the database
(`Database.citable`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.base import Reading, torn_by
from portal.exchange.formats.safety import BROKEN, MAX_ROWS
from portal.exchange.reading import Line, is_unfit
from portal.records.database import Citable, Database
from portal.records.lines import canonical
from portal.reference.catalog import catalog
from portal.reference.labels import localized
from portal.reference.punctuation import grouped

#: A source is made of an entry for a record that has none; it does not replace another.
_SOURCES = "sources"


@dataclass(frozen=True)
class Entry:
    """An entry of a file.

    Attributes:
        number: the line in which it begins, or its place where a file has no lines.
        item: as CSL-JSON has it.
        left_out: what of it no item holds: pairs of its own word for it and why.
    """

    number: int
    item: dict[str, Any]
    left_out: tuple[tuple[str, str], ...] = ()


def read_entries(
    name: str, entries: Iterable[Entry], database: Database, reading: Reading
) -> Reading:
    """Add the lines of the entries to a reading; what is left out is told once for each key."""
    from_csl = _citable(database).from_csl
    if from_csl is None:
        raise LookupError(f"records of {database.slug} are not read from citations")
    left_out: dict[tuple[str, str], list[int]] = {}
    too_many: list[Fault] = []
    for count, entry in enumerate(entries, start=1):
        if count > MAX_ROWS:
            said = _("a file has at most %(number)s entries: divide it")
            values = {"number": grouped(MAX_ROWS)}
            too_many.append(Fault(name, entry.number, "", said % values))
            break
        unfit = [key for key, value in entry.item.items() if _is_unfit(value)]
        if unfit:
            reading.faults += [
                Fault(name, entry.number, key, _("holds a control character")) for key in unfit
            ]
            continue
        try:
            line, unheld = from_csl(entry.item)
        except BROKEN as error:
            message = unreadable_entry(error)
            reading.faults.append(Fault(name, entry.number, "", message))
            continue
        for key, why in (*entry.left_out, *unheld):
            left_out.setdefault((key, why), []).append(entry.number)
        given = frozenset(line) - {_SOURCES}
        reading.lines.append(Line(name, entry.number, line, given=given))
    for (key, why), numbers in left_out.items():
        reading.warnings.append(Fault(name, numbers[0], shown(key, 60), _once(why, len(numbers))))
    reading.torn = torn_by(reading.faults)
    reading.faults += too_many
    if not reading.lines and not reading.faults:
        reading.faults.append(Fault(name, 0, "", _("holds no entry")))
    return reading


def _once(why: str, number: int) -> str:
    """Why a key is left out, told for all entries that have it."""
    if number == 1:
        return why
    said = ngettext(
        "%(why)s (in %(number)s entry, first here)",
        "%(why)s (in %(number)s entries, first here)",
        number,
    )
    return said % {"why": why, "number": grouped(number)}


def unreadable_entry(error: Exception) -> str:
    """That an entry cannot be read, with the kind of the error that its reader met."""
    return _("the entry cannot be read: %(reason)s") % {"reason": type(error).__name__}


def not_held(*, is_abstract: bool = False) -> str:
    """Why a key of an entry is left out that no work has here."""
    if is_abstract:
        return _("is not taken over: annotations are in our own words")
    return _("is not held of a work")


def says_the_same(key: str) -> str:
    """Why a key is left out beside another that is one with it here."""
    return _("says what %(key)s says: that is taken") % {"key": key}


def no_date(text: str) -> str:
    """Why a date is left out."""
    return _("is no date that can be read: %(text)s") % {"text": text}


def _citable(database: Database) -> Citable:
    if database.citable is None:
        raise LookupError(f"records of {database.slug} are not cited")
    return database.citable


def _is_unfit(value: Any) -> bool:
    if isinstance(value, str):
        return is_unfit(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_unfit(part) for part in inner)


def items_of(
    lines: Iterable[Mapping[str, Any]], database: Database, origin: str = ""
) -> Iterator[dict[str, Any]]:
    """The items of CSL-JSON of records; codes of jurisdictions become English names.

    A work keeps the address that it has of its own. Of a decision or a law the address is that
    of its record.

    Args:
        lines: the records.
        database: theirs.
        origin: scheme and host of the portal, for the permanent addresses.
    """
    citable = _citable(database)
    names = {} if citable.from_csl else catalog().jurisdictions
    for line in lines:
        item = citable.to_csl(canonical(line))
        place = item.get("jurisdiction")
        if place:
            item["jurisdiction"] = localized(names.get(place), "en") or place
        if citable.from_csl is None:
            item["URL"] = address_of(item["id"], database, origin)
        yield item


def address_of(code: str, database: Database, origin: str) -> str:
    """The permanent address of a record."""
    return origin + database.model(code=code).permanent_path
