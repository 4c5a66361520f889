"""What no schema can say of the lines of records, for the loader and for imports alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from portal.exchange.faults import Fault
from portal.exchange.reading import Line
from portal.exchange.records import RecordImporter


def line_faults(
    importer: RecordImporter,
    line: Line,
    is_known: Callable[[str, str], bool],
    where: Callable[[str], str],
) -> Iterator[Fault]:
    """The faults of a line that its schema finds sound.

    Args:
        is_known: whether a database (its slug) has, or will have, a record or part of a code.
        where: what a database is called in a message.
    """
    yield from (line.fault(*fault) for fault in importer.faults(line.data))
    for key, target, code in importer.references(line.data):
        if not is_known(target, code):
            said = _("no record “%(code)s” in %(where)s")
            yield line.fault(key, said % {"code": code, "where": where(target)})
        elif code == line.data.get("id"):
            yield line.fault(key, _("the record names itself"))


def shared_values(importer: RecordImporter, lines: Iterable[Line]) -> Iterator[Fault]:
    """Lines with a value that no two records share, and that an earlier line has already."""
    seen: dict[tuple[str, str], Line] = {}
    for line in lines:
        for pair in importer.unique_keys(line.data):
            if pair in seen:
                said = _("“%(value)s” stands already in line %(line)d")
                values = {"value": pair[1], "line": seen[pair].number}
                yield line.fault(pair[0], said % values)
            seen.setdefault(pair, line)
