"""Carrying out plans: tried in the rehearsal and taken back, then done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from portal.exchange.faults import shown
from portal.exchange.sync import first_difference
from portal.imports.models import ImportRun
from portal.imports.planning import Plan, Planner
from portal.records.database import Database, following
from portal.records.lines import canonical
from portal.records.models import Record, Revision
from portal.records.revisions import begin, take
from portal.search import index

Said = dict[str, Any]


class _TakenBackError(Exception):
    """Ends a trial."""


class HeldOtherwiseError(Exception):
    """A record does not say what was planned, so it is not written."""


#: What one record can be to blame for. A database that is away or too slow is no fault of a row.
_TROUBLE = (DatabaseError, HeldOtherwiseError, ValueError, LookupError)
_OUTAGE = (OperationalError, InterfaceError)


def try_out(planner: Planner, plans: Sequence[Plan]) -> None:
    """Write what is planned, see what the records say then, and take all of it back.

    Sets `after` of every plan, or a fault where the database refuses it.
    """
    _in_units(plans, lambda unit: _try(planner, unit))
    for plan in plans:
        if plan.after is not None:
            found = first_difference(plan.wanted, plan.after)
            if found:
                key, given, held = found
                said = (
                    _("%(given)s would be held as %(held)s")
                    if held is not None
                    else _("%(given)s says the same as leaving it out")
                )
                values = {"given": shown(str(given), 100), "held": shown(str(held), 100)}
                plan.warnings.append((key, said % values))


def _try(planner: Planner, plans: Sequence[Plan]) -> None:
    held: dict[str, Said] = {}
    try:
        with transaction.atomic():
            records = _put(planner.database, [(plan.record, plan.wanted) for plan in plans])
            held = _lines(planner.database, records)
            # Foreign keys are looked at when a transaction ends, and this one does not.
            connection.check_constraints()
            raise _TakenBackError
    except _TakenBackError:
        for plan in plans:
            plan.after = held[plan.row.code]


def write(planner: Planner, plans: Sequence[Plan], run: ImportRun) -> None:
    """Write what is planned, with history and search, inside the caller's transaction.

    A plan that cannot be carried out gets a fault, with those that stand in one unit with it.
    """
    _in_units(plans, lambda unit: _write(planner, unit, run))


def _write(planner: Planner, plans: Sequence[Plan], run: ImportRun) -> None:
    database, importer = planner.database, planner.importer
    model: Any = database.model
    with transaction.atomic():
        old: list[Any] = [plan.record for plan in plans if plan.record is not None]
        loaded = {record.pk: record.loaded_fingerprint for record in old}
        begin(*old)
        with following(model, old):
            records = _put(database, [(plan.record, plan.after or {}) for plan in plans])
        new = [record for record, plan in zip(records, plans, strict=True) if plan.record is None]
        # They are edits by hand: the collection must not take them for its own lines.
        model._default_manager.filter(pk__in=[record.pk for record in new]).update(
            created_by=planner.user, loaded_fingerprint=""
        )
        for record in old:
            record.loaded_fingerprint = loaded[record.pk]
        model._default_manager.bulk_update(old, ["loaded_fingerprint"])
        for action, chosen in (
            (Revision.Action.ENTERED, new),
            (Revision.Action.CHANGED, [record for record in records if record not in new]),
        ):
            take(*chosen, action=action, user=planner.user, why=run.reason[:500])
        held = _lines(database, records)
        for plan in plans:
            if held.get(plan.row.code) != plan.after:
                raise HeldOtherwiseError(plan.row.code)
        connection.check_constraints()
        index.refresh(importer.existing().filter(pk__in=[record.pk for record in records]))


def _put(database: Database, pairs: Sequence[tuple[Any, Said]]) -> list[Any]:
    """Write lines into new records (None) or into those given."""
    importer = database.importer
    records: list[Any] = importer.save(pairs)
    importer.link([line for _record, line in pairs])
    return records


def _lines(database: Database, records: Sequence[Record]) -> dict[str, Said]:
    importer = database.importer
    found = importer.existing().filter(pk__in=[record.pk for record in records])
    return {record.code: canonical(importer.export(record)) for record in found}


def _in_units(plans: Sequence[Plan], act: Callable[[Sequence[Plan]], None]) -> None:
    """Do something with all plans at once; where that fails, unit by unit, to find which it is."""
    if not plans:
        return
    try:
        act(plans)
    except _OUTAGE:
        raise
    except _TROUBLE as error:
        units = list(_units(plans))
        if len(units) == 1:
            for plan in plans:
                plan.after = None
                plan.faults.append(("", _reason(error)))
            return
        for unit in units:
            _refetch(unit)
            _in_units(unit, act)


def _units(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    ordered = sorted(plans, key=lambda plan: (plan.row.unit, plan.row.number))
    for _number, unit in groupby(ordered, key=lambda plan: plan.row.unit):
        yield list(unit)


def _refetch(plans: Sequence[Plan]) -> None:
    """Records as they are: the attempt that failed has changed them in memory."""
    for plan in plans:
        if plan.record is not None:
            importer = type(plan.record)._default_manager
            plan.record = importer.for_export().get(pk=plan.record.pk)  # type: ignore[attr-defined]


def _reason(error: Exception) -> str:
    if isinstance(error, HeldOtherwiseError):
        return _("the record would not say what was shown, so it was not written")
    text = " ".join(str(error).split())
    return _("the database does not take it: %s") % shown(text, 200)
