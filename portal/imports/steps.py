"""How a run goes on: piece by piece, each in a transaction of its own, by one process at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.imports import rehearsal
from portal.imports.models import ImportRow, ImportRun
from portal.imports.planning import Plan, Planner
from portal.imports.writing import write
from portal.reference.catalog import pinned
from portal.reference.punctuation import clauses

Kind = ImportRow.Kind
Result = ImportRow.Result
Stage = ImportRun.Stage
#: The first piece reads the file; a later one takes a batch of rows. A request takes as many as
#: fit into this time (seconds), so that no page is waited for long.
PATIENCE = 4.0


#: Why sound rows are not written either.
LACKS_PARTS = gettext_lazy(
    "Parts of this file could not be put to their records, so a record may look as if it had none."
    " Writing would remove those that it has. Mend the file: nothing of it is written before."
)


class NotNowError(Exception):
    """What was asked of a run cannot be done where it stands."""


def advance(
    run: ImportRun,
    user: Any,
    *,
    patience: float = PATIENCE,
    progress: Callable[[ImportRun], Any] = lambda run: None,
) -> ImportRun:
    """Take the next pieces of a run, at least one; returns the run as it is then.

    Raises:
        FileGoneError: the file is not there.
    """
    ends = time.monotonic() + patience
    while True:
        before = run.stage
        run = _piece(run, user)
        progress(run)
        if not run.is_going or time.monotonic() >= ends or before == Stage.UPLOADED:
            return run


def _piece(run: ImportRun, user: Any) -> ImportRun:
    with transaction.atomic(), pinned():
        # Whoever comes second waits here, and finds what the first has done.
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.stage == Stage.UPLOADED:
            rehearsal.read(run)
        elif run.stage == Stage.READ:
            rehearsal.compare(run, user)
        elif run.stage == Stage.WRITING:
            _write_next(run, user)
        run.save()
    return run


def begin_writing(run: ImportRun, *, only_sound: bool) -> ImportRun:
    """Let a rehearsed run be written, from its next piece on.

    Args:
        only_sound: whether faulty rows are left out; otherwise one of them keeps all from being
            written.

    Raises:
        NotNowError: it is not rehearsed, nothing is to be written, or there are faults; also
            where only sound rows are asked for, but parts of them may be missing.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.stage != Stage.REHEARSED:
            raise NotNowError(_("This file is not waiting to be written."))
        if run.lacks_parts:
            raise NotNowError(LACKS_PARTS)
        if not only_sound and run.faults.filter(is_warning=False).exists():
            raise NotNowError(_("There are faults. Mend them, or write the sound rows only."))
        ready = _ready(run).count()
        if not ready:
            raise NotNowError(_("There is nothing to write."))
        run.total, run.done, run.stage = ready, 0, Stage.WRITING
        run.save()
    return run


def cancel(run: ImportRun) -> ImportRun:
    """Let nothing more happen with a run; what is written stays written.

    Raises:
        NotNowError: it has come to its end.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.stage in (Stage.WRITTEN, Stage.CANCELLED):
            raise NotNowError(_("This import has come to its end already."))
        run.stage = Stage.CANCELLED
        run.save()
    return run


def _ready(run: ImportRun) -> Any:
    """The rows that are to be written and have not been."""
    return run.rows.filter(kind__in=[Kind.NEW, Kind.CHANGED], result="")


def _write_next(run: ImportRun, user: Any) -> None:
    """Write the next batch of rows; what has changed since the rehearsal is left alone."""
    waiting = _ready(run)
    first = waiting.order_by("batch").values_list("batch", flat=True).first()
    if first is None:
        run.stage, run.written_at = Stage.WRITTEN, timezone.now()
        return
    rows = list(waiting.filter(batch=first).order_by("number"))
    # Nobody else changes these records until we are done with them.
    codes = [row.code for row in rows]
    list(run.where.records.filter(code__in=codes).select_for_update().order_by("pk"))
    planner = Planner(run, user)
    plans = planner.plan(rows)
    for plan in plans:
        _compare_with_the_rehearsal(plan)
    write(planner, [plan for plan in plans if not plan.faults], run)
    for plan in plans:
        plan.row.result = Result.LEFT if plan.faults else Result.WRITTEN
        plan.row.note = clauses(message for _key, message in plan.faults)
    ImportRow.objects.bulk_update(rows, ["result", "note"])
    run.done += len(rows)


def _compare_with_the_rehearsal(plan: Plan) -> None:
    """What was shown is what is written, or nothing."""
    if plan.before != plan.row.before:
        said = _("changed meanwhile") if plan.row.before else _("entered meanwhile")
        if plan.before is None:
            said = _("deleted meanwhile")
        plan.faults.append(("", said))
    plan.after = plan.row.after
