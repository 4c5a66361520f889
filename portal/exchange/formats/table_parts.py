"""The rows of parts of a table, each put into the record, and the part, to which it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange.faults import shown
from portal.exchange.formats.columns import ID, put
from portal.exchange.formats.tables import Place, Record, Row, Table


def read_parts(table: Table, rows: Iterable[Row], records: Mapping[str, Record]) -> int:
    """Put the rows of a sheet of parts into their records; returns how many there were.

    A row that cannot be put to a record may be missing from any: the reading lacks parts then.
    """
    count = 0
    for row in rows:
        if row.is_empty:
            continue
        count += 1
        values, is_sound = table.values(row)
        record = records.get(str(values.get(ID, "")))
        if record is None:
            if ID in values:
                said = _("there is no record “%(code)s” in the main sheet")
                message = said % {"code": shown(str(values[ID]), 60)}
            else:
                message = _("the row does not name its record")
            table.fault_at(row, ID, message)
            table.reading.lacks_parts = True
            continue
        record.rows.add((table.name, row.number))
        record.is_sound &= is_sound
        above = _above_of(table, row, values, record)
        if above is None:
            record.is_sound = False
            continue
        _add(table, row, values, record, above)
    return count


def _above_of(
    table: Table, row: Row, values: dict[str, Any], record: Record
) -> tuple[str, dict[str, Any]] | None:
    """The object to which a part belongs and its place in the line; None with a fault."""
    owner = table.sheet.owner
    if not owner:
        return "", record.data
    number = values.get(owner)
    if number is None:
        said = _("does not say to which %(key)s of the record it belongs")
        table.fault_at(row, owner, said % {"key": owner})
        return None
    found = record.numbered.get((owner, number)) if isinstance(number, int) else None
    if found is None:
        said = _("the record has no %(key)s %(number)s")
        table.fault_at(row, owner, said % {"key": owner, "number": shown(str(number), 20)})
    return found


def _add(
    table: Table,
    row: Row,
    values: dict[str, Any],
    record: Record,
    above: tuple[str, dict[str, Any]],
) -> None:
    """Add a part to the list of the object above it, which is given with its place."""
    sheet = table.sheet
    prefix, owner = above
    siblings = owner.setdefault(sheet.key, [])
    if not isinstance(siblings, list):
        # A constant stands where these rows would be: “none”.
        said = _("the record says “%(value)s” for its parts")
        table.fault_at(row, ID, said % {"value": shown(str(siblings), 20)})
        record.is_sound = False
        return
    path = f"{prefix}.{sheet.key}" if prefix else sheet.key
    path = f"{path}[{len(siblings)}]"
    data: dict[str, Any] = {}
    for column in sheet.columns:
        if column.key in values:
            put(data, column.path, values[column.key])
    siblings.append(data)
    record.places[path] = Place(table.name, row.number, table.letters)
    if not sheet.number:
        return
    number = values.get(sheet.number, len(siblings))
    if not isinstance(number, int) or (sheet.number, number) in record.numbered:
        said = _("there is another %(key)s %(number)s")
        table.fault_at(row, sheet.number, said % {"key": sheet.number, "number": number})
        record.is_sound = False
        return
    record.numbered[sheet.number, number] = (path, data)
