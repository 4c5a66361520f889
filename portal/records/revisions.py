"""Keeping what records say, before and after they change, inside the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.db import connection, transaction

from portal.records.database import database_for, following
from portal.records.differences import changed_keys
from portal.records.lines import canonical
from portal.records.models import Record, Revision

BATCH = 200
_LOCK = 5_741_004
#: What is kept even where the record says what it said before.
ALWAYS_KEPT = (Revision.Action.DELETED, Revision.Action.MERGED)
#: Keys of a line that a return to an earlier revision leaves alone: they are of now.
KEPT = (
    *("id", "state", "withdrawal_reason", "review_note"),
    *("attachments", "attachments_for_curators"),
)


def begin(*records: Record) -> None:
    """Before a change: keep what records of one database say, if nothing was kept of them yet.

    Records that came with the collection have no revision until somebody changes them.
    """
    known = [record for record in records if record.pk is not None]
    if known:
        kept = Revision.objects.filter(
            database=known[0].database, object_id__in=[record.pk for record in known]
        )
        have = set(kept.values_list("object_id", flat=True))
        _keep([record for record in known if record.pk not in have], Revision.Action.BEFORE)


def take(
    *records: Record, action: str = Revision.Action.CHANGED, user: Any = None, why: str = ""
) -> None:
    """After a change: keep what records of one database say now, unless it is what they said.

    Args:
        records: with all their parts saved.
        action: what happened (`Revision.Action`).
        user: who did it; None for the collection.
        why: the reason in a sentence, shown to readers.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Two saves of one record at once must not get the same number.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _keep(records, action, user=user, why=why)


def _keep(records: Sequence[Record], action: str, *, user: Any = None, why: str = "") -> None:
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH)):
        slug, keys = batch[0].database, [record.pk for record in batch]
        importer = database_for(slug).importer
        found = importer.existing().filter(pk__in=keys)
        lines = {record.pk: canonical(importer.history(record)) for record in found}
        latest = Revision.objects.filter(database=slug, object_id__in=keys)
        latest = latest.order_by("object_id", "-number").distinct("object_id")
        last = {revision.object_id: revision for revision in latest}
        revisions = (
            _revision(record, lines[record.pk], last.get(record.pk), action) for record in batch
        )
        made = [revision for revision in revisions if revision is not None]
        for revision in made:
            revision.by, revision.why = user, why
            revision.by_name = (user.get_full_name() or user.get_username()) if user else ""
        Revision.objects.bulk_create(made)


def _revision(
    record: Record, line: dict[str, Any], last: Revision | None, action: str
) -> Revision | None:
    changed = changed_keys(last.line, line) if last else []
    if last and last.state != record.state and "state" not in changed:
        changed.append("state")
    if last and not changed and action not in ALWAYS_KEPT:
        return None
    return Revision(
        database=record.database,
        object_id=record.pk,
        number=last.number + 1 if last else 1,
        code=record.code,
        action=action,
        state=record.state,
        line=line,
        changed=changed,
    )


def bring_back(record: Record, revision: Revision, *, user: Any, why: str = "") -> None:
    """Make a record say what it said: all of its fields, parts, terms and links.

    Where it stands (its state), its code and its review note stay: those are of now. The caller
    keeps the search in step.

    Raises:
        ValueError: the revision is of another record.
    """
    if (revision.database, revision.object_id) != (record.database, record.pk):
        raise ValueError(f"{revision} is no revision of {record.code}")
    importer = database_for(record.database).importer
    with transaction.atomic():
        begin(record)
        now = canonical(importer.export(importer.existing().get(pk=record.pk)))
        line = {key: value for key, value in revision.line.items() if key not in KEPT}
        line |= {key: now[key] for key in KEPT if key in now}
        loaded = record.loaded_fingerprint
        with following(type(record), [record]):
            importer.save([(record, line)])
            importer.link([line])
        # It is an edit by hand: the collection must not take it for its own line.
        type(record)._default_manager.filter(pk=record.pk).update(loaded_fingerprint=loaded)
        record.refresh_from_db()
        take(record, action=Revision.Action.REVERTED, user=user, why=why)
