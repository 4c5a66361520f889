"""The rehearsal: a file is read once, then its rows are compared with the records, in batches.

Nothing of the databases' records is kept: what the rows would do is tried in a transaction that is
taken back, so the differences shown are those that writing makes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.exchange import schema
from portal.exchange.faults import Fault, shown
from portal.exchange.formats.base import Reading, Torn, formats_for
from portal.exchange.foundations import Codes, present_codes, twice
from portal.exchange.judging import shared_values
from portal.exchange.reading import Line
from portal.exchange.sync import BATCH
from portal.imports import files
from portal.imports.matching import meant_by
from portal.imports.models import ImportFault, ImportRow, ImportRun
from portal.imports.places import Places
from portal.imports.planning import Plan, Planner
from portal.imports.writing import try_out
from portal.records.lines import canonical

logger = logging.getLogger(__name__)
Kind = ImportRow.Kind
Stage = ImportRun.Stage
#: Of each kind as many are kept as somebody could mend; every faulty row is marked all the same.
MAX_FAULTS = 5_000
#: A fault by the place of its line in the file.
Found = list[tuple[int, Fault]]


def read(run: ImportRun) -> None:
    """Read the file into rows, each with the record that it means and the faults of its own."""
    database, codes = run.where, present_codes()
    with files.opened(run) as path:
        reading = _reading(run, path, codes)
    if not reading.lines and not reading.faults:
        reading.faults.append(Fault(run.file_name, 0, "", _("holds no record")))
    rows, faults = _rows(run, reading, {**database.importer.schema(codes), "required": []})
    torn = [_torn_row(run, torn) for torn in reading.torn]
    _in_batches(run, rows)
    all_rows = sorted([*rows, *torn], key=lambda row: row.line)
    for number, row in enumerate(all_rows, start=1):
        row.number = number
    ImportRow.objects.bulk_create(all_rows, batch_size=BATCH)
    _keep(run, rows, torn, faults, reading)
    run.lacks_parts = reading.lacks_parts
    run.total = len(all_rows)
    run.done = sum(row.kind == Kind.FAULTY for row in all_rows)
    run.stage = Stage.READ


def _reading(run: ImportRun, path: Path, codes: Codes) -> Reading:
    """What its format reads in the file of a run; a reader that fails is a fault of the file."""
    readers = {form.key: form.read for form in formats_for(run.where, reading=True) if form.read}
    try:
        return readers[run.format](path, run.file_name, run.where, codes)
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("The reader of %s failed with the file of import %s", run.format, run.pk)
        message = _("cannot be read: the reader of this format failed (%s)") % type(error).__name__
        return Reading(faults=[Fault(run.file_name, 0, "", message)])


def _keep(
    run: ImportRun,
    rows: Sequence[ImportRow],
    torn: Sequence[ImportRow],
    faults: Found,
    reading: Reading,
) -> None:
    """Keep what was found; a file that is wrong all over is not worth more than the first."""
    owners = {
        place: row
        for row, found in zip(torn, reading.torn, strict=True)
        for place in ((found.sheet, found.number), *found.rows)
    }
    kept = [
        ImportFault.of(fault, run, owners.get((fault.sheet, fault.line)))
        for fault in reading.faults[:MAX_FAULTS]
    ]
    kept += [ImportFault.of(fault, run, rows[place]) for place, fault in faults[:MAX_FAULTS]]
    kept += [ImportFault.of(fault, run, is_warning=True) for fault in reading.warnings[:MAX_FAULTS]]
    for told in (reading.faults, faults, reading.warnings):
        more = len(told) - MAX_FAULTS
        if more > 0:
            said = ngettext(
                "and %(number)d more of this kind", "and %(number)d more of this kind", more
            )
            message = said % {"number": more}
            kept.append(ImportFault(run=run, message=message, is_warning=told is reading.warnings))
    ImportFault.objects.bulk_create(kept, batch_size=1000)


def _rows(run: ImportRun, reading: Reading, wanted: schema.Schema) -> tuple[list[ImportRow], Found]:
    """The rows of the lines that could be read, and what is wrong with them."""
    lines = reading.lines
    meant = meant_by(run.where, lines)
    faults: Found = [
        (place, line.fault("id", found.fault))
        for place, (line, found) in enumerate(zip(lines, meant, strict=True))
        if found.fault
    ]
    # For a while lines are numbered by their place, so that each fault finds its line again.
    coded = [
        Line("", place, {**line.data, "id": found.code} if found.code else line.data)
        for place, (line, found) in enumerate(zip(lines, meant, strict=True))
    ]
    faults += _placed(lines, schema.faults_of(wanted, coded))
    there = [replace(lines[line.number], data=line.data) for line in coded]
    faults += _found_again(there, ["id"], twice(there, "id", lambda data: data.get("id")))
    wrong = {place for place, _fault in faults}
    sound = [line for place, line in enumerate(there) if place not in wrong]
    importer = run.where.importer
    keys = {key for line in sound for key, _value in importer.unique_keys(line.data)}
    faults += _found_again(there, keys, shared_values(importer, sound))
    wrong = {place for place, _fault in faults}
    places = Places()
    rows = [
        _row(run, line, found.code, places, is_faulty=place in wrong)
        for place, (line, found) in enumerate(zip(lines, meant, strict=True))
    ]
    run.columns = places.columns
    return rows, faults


def _placed(lines: Sequence[Line], faults: Iterable[Fault]) -> Found:
    return [(fault.line, lines[fault.line].fault(fault.key, fault.message)) for fault in faults]


def _found_again(lines: Sequence[Line], keys: Iterable[str], faults: Iterable[Fault]) -> Found:
    """Faults of some keys, each with the place of the line that it stands in."""
    places = {}
    for place, line in enumerate(lines):
        for key in keys:
            stands = line.fault(key, "")
            places[stands.sheet, stands.line, stands.key] = place
    return [(places[fault.sheet, fault.line, fault.key], fault) for fault in faults]


def _row(run: ImportRun, line: Line, code: str, places: Places, *, is_faulty: bool) -> ImportRow:
    stands, title = line.fault("", ""), line.data.get("title")
    return ImportRow(
        run=run,
        sheet=stands.sheet[:100],
        line=stands.line,
        code=code[:120],
        title=title[:500] if isinstance(title, str) else "",
        data=line.data,
        given=sorted(line.given) if line.given is not None else None,
        silent=line.silent,
        places=places.kept(line),
        kind=Kind.FAULTY if is_faulty else "",
    )


def _torn_row(run: ImportRun, torn: Torn) -> ImportRow:
    """The row of a record of which no line could be made."""
    return ImportRow(
        run=run,
        sheet=shown(torn.sheet[:100]),
        line=torn.number,
        code=shown(torn.code[:118]),
        title=shown(torn.title[:498], 500),
        kind=Kind.FAULTY,
    )


def _in_batches(run: ImportRun, rows: Sequence[ImportRow]) -> None:
    """Give every row that can be compared its unit and its batch.

    Rows that name each other stand in one unit: what names a record that the file brings is
    written with it.
    """
    importer, own = run.where.importer, run.database
    by_code = {row.code: row for row in rows if row.kind != Kind.FAULTY}
    there = set(run.where.records.filter(code__in=by_code).values_list("code", flat=True))
    unit = {code: code for code in by_code}

    def root(code: str) -> str:
        while unit[code] != code:
            unit[code] = unit[unit[code]]
            code = unit[code]
        return code

    for code, row in by_code.items():
        for _key, target, named in importer.references(row.data):
            if target == own and named in by_code and named not in there:
                unit[root(code)] = root(named)
    units: dict[str, list[ImportRow]] = {}
    for code, row in by_code.items():
        units.setdefault(root(code), []).append(row)
    batch = filled = 0
    for number, members in enumerate(units.values(), start=1):
        if filled and filled + len(members) > BATCH:
            batch, filled = batch + 1, 0
        filled += len(members)
        for row in members:
            row.unit, row.batch = number, batch


def compare(run: ImportRun, user: Any) -> None:
    """Compare the next batch of rows with the records: what would each of them do?"""
    waiting = run.rows.filter(kind="")
    first = waiting.order_by("batch").values_list("batch", flat=True).first()
    if first is None:
        run.stage = Stage.REHEARSED
        return
    rows = list(waiting.filter(batch=first).order_by("number"))
    planner = Planner(run, user)
    plans = planner.plan(rows)
    try_out(planner, [plan for plan in plans if plan.is_change])
    kept = [fault for plan in plans for fault in _decide(run, plan)]
    ImportFault.objects.bulk_create(kept, batch_size=1000)
    ImportRow.objects.bulk_update(rows, ["kind", "before", "after"], batch_size=BATCH)
    run.done += len(rows)


def _decide(run: ImportRun, plan: Plan) -> Iterator[ImportFault]:
    """Write on a row what it would do; gives its faults and warnings."""
    row = plan.row
    row.before = plan.before
    if plan.faults:
        row.kind = Kind.FAULTY
        row.after = canonical(plan.wanted)
    elif plan.before is None:
        row.kind, row.after = Kind.NEW, plan.after
    elif plan.after is None or plan.after == plan.before:
        row.kind = Kind.UNCHANGED
    else:
        row.kind, row.after = Kind.CHANGED, plan.after
    warnings = plan.warnings if row.kind in (Kind.NEW, Kind.CHANGED) else []
    for is_warning, told in ((False, plan.faults), (True, warnings)):
        for key, message in told:
            yield ImportFault.of(plan.line.fault(key, message), run, row, is_warning=is_warning)
