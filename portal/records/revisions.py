"""Keeping what records say, before and after they change, inside the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.records.database import database_for, following
from portal.records.differences import LINK_NOTES, changed_keys
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
LOST_CODE = gettext_lazy(
    "The part with the permanent code %s would be lost, and its address with it. If it is wrong,"
    " delete it on the page of the record first; if not, correct by hand what is to be as it was."
)


class ReturnError(Exception):
    """A record cannot say again what it said; nothing was written.

    Attributes:
        faults: pairs of the key of the line and a message; '' for all of it.
    """

    def __init__(self, faults: Iterable[tuple[str, str]]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(f"{key}: {message}" for key, message in self.faults))


def lock(model: type[Record], keys: Iterable[Any]) -> None:
    """Let nobody else change some records of a model until the transaction ends.

    Read them afterwards: what was read before may have been changed meanwhile.
    """
    rows = model._default_manager.select_for_update(no_key=True).order_by("pk")
    with connection.cursor() as cursor:
        # Whoever keeps writers out of the whole table, as the loader does, waits here and not
        # later: locks of rows alone would let both begin, and then wait for each other.
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
    list(rows.filter(pk__in=list(keys)).values_list("pk", flat=True))


def begin(*records: Record) -> None:
    """Before a change: keep what records of one database say, if nothing was kept of them yet.

    Records that came with the collection have no revision until somebody changes them. Nobody
    else changes these records until the transaction ends.
    """
    known = [record for record in records if record.pk is not None]
    if not known:
        return
    keys = [record.pk for record in known]
    with transaction.atomic():
        # Of two first saves at once, the second has to see what the first has kept.
        lock(type(known[0]), keys)
        kept = Revision.objects.filter(database=known[0].database, object_id__in=keys)
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
        # As the database has them: a form may have written into those that were given.
        stored = {record.pk: record for record in importer.existing().filter(pk__in=keys)}
        latest = Revision.objects.filter(database=slug, object_id__in=keys)
        latest = latest.order_by("object_id", "-number").distinct("object_id")
        last = {revision.object_id: revision for revision in latest}
        revisions = (
            _revision(record, canonical(importer.history(record)), last.get(record.pk), action)
            for record in (stored[key] for key in keys if key in stored)
        )
        made = [revision for revision in revisions if revision is not None]
        for revision in made:
            revision.by, revision.why = user, why
            revision.by_name = _name_of(user) if user else ""
        Revision.objects.bulk_create(made)


def _name_of(user: Any) -> str:
    """What somebody is called; a very long name is cut."""
    name: str = user.get_full_name() or user.get_username()
    return name[: Revision._meta.get_field("by_name").max_length]


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


def without_kept(line: dict[str, Any]) -> dict[str, Any]:
    """Of what a record said, that which a return brings back."""
    return {key: value for key, value in line.items() if key not in KEPT}


def returning(now: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """The line of a record that says again what it said.

    Args:
        now: what its history would say of it now: what is of now stays.
        said: what its history said of it then.
    """
    line = without_kept(said) | {key: now[key] for key in KEPT if key in now}
    # That there was no note is said by leaving it out; the notes of now do not stay.
    return {LINK_NOTES: {}, **line}


def lost_codes(importer: Any, record: Record, line: dict[str, Any]) -> set[str]:
    """Permanent codes of parts of a record that it would no longer have with a line.

    Args:
        record: as the importer reads it (`existing`).
    """
    have = {part.code for part, _identity in importer.parts_with_codes(record)}
    return have - set(importer.codes(line))


def bring_back(
    record: Record,
    revision: Revision,
    *,
    user: Any,
    why: str = "",
    line: dict[str, Any] | None = None,
) -> None:
    """Make a record say what it said: all of its fields, parts, terms and links.

    Where it stands (its state), its code and its review note stay: those are of now. The caller
    keeps the search in step.

    Args:
        line: what it is to say, where the revision names what was given up since
            (`portal.curation.returning`).

    Raises:
        ValueError: the revision is of another record.
        ReturnError: it cannot say that; nothing was written.
    """
    if (revision.database, revision.object_id) != (record.database, record.pk):
        raise ValueError(f"{revision} is no revision of {record.code}")
    importer = database_for(record.database).importer
    try:
        with transaction.atomic():
            begin(record)
            current = importer.existing().get(pk=record.pk)
            wanted = returning(canonical(importer.history(current)), line or revision.line)
            _say(importer, current, wanted)
            record.refresh_from_db()
            take(record, action=Revision.Action.REVERTED, user=user, why=why)
    except (IntegrityError, DataError, LookupError) as error:
        reason = " ".join(str(error).split())
        raise ReturnError([("", _("The database does not take it: %s") % reason)]) from error


def _say(importer: Any, record: Record, line: dict[str, Any]) -> None:
    """Write a line into a record, and see that it says that line then."""
    if lost := lost_codes(importer, record, line):
        raise ReturnError([("", LOST_CODE % min(lost))])
    model, loaded = type(record), record.loaded_fingerprint
    with following(model, [record]):
        importer.save([(record, line)])
        importer.link([line])
    connection.check_constraints()
    # It is an edit by hand: the collection must not take it for its own line.
    model._default_manager.filter(pk=record.pk).update(loaded_fingerprint=loaded)
    held = canonical(importer.history(importer.existing().get(pk=record.pk)))
    others = changed_keys(without_kept(held), without_kept(canonical(line)))
    if others:
        raise ReturnError((key, _("It would not say what it said.")) for key in others)
