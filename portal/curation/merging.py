"""Merging two records: a plan that can be looked at, and is then carried out as it stands.

One record stays, with its code and its state; the other goes, and its code leads to the one that
stays. What becomes of everything that refers to the one that goes is said in `relations.py`, what
becomes of what it says in `uniting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.curation.models import JUDGEMENT, SuspectedPair
from portal.curation.relations import Move, moves, moves_of_parts
from portal.curation.uniting import Choice, Line, choices, numbered, unite
from portal.exchange.records import RecordImporter
from portal.exchange.sync import fingerprint
from portal.records import roles
from portal.records.database import database_for, following
from portal.records.differences import Difference, differences
from portal.records.lines import canonical
from portal.records.models import Record, Redirect, Revision, State
from portal.records.revisions import begin, take
from portal.search import index

#: So much of a reason fits into the history beside the code of the record that went.
MAX_WHY = 300
#: Longer codes of parts lead to the record instead.
MAX_CODE: int = Redirect._meta.get_field("code").max_length or 0


class MergeError(Exception):
    """Two records cannot be merged as asked; nothing was written."""


@dataclass(frozen=True)
class Heir:
    """A part of the record that goes to which others refer, and what takes its place.

    Attributes:
        like: the same part of the record that stays; None where the part itself moves over.
        is_lost: whether the line that was chosen has no such part.
    """

    part: Any
    like: Any
    is_lost: bool


class Plan:
    """What happens when one record becomes part of another.

    Args:
        stays, goes: two records of one database.
        asked: which value is taken where they differ (`uniting.choices`).
    """

    def __init__(self, stays: Record, goes: Record, asked: Mapping[str, str] | None = None) -> None:
        if type(stays) is not type(goes) or stays.pk == goes.pk:
            raise ValueError("two records of one database are merged")
        self.database = database_for(stays.database)
        self.importer: RecordImporter[Any] = self.database.importer
        found = {
            record.pk: record
            for record in self.importer.existing().filter(pk__in=[stays.pk, goes.pk])
        }
        self.stays, self.goes = found[stays.pk], found[goes.pk]
        self.own = canonical(self.importer.export(self.stays))
        self.other = canonical(self.importer.export(self.goes))
        self.choices: list[Choice] = choices(self.importer, self.own, self.other, asked or {})
        self.line: Line = unite(self.importer, self.own, self.other, self.choices)

    @property
    def changes(self) -> list[Difference]:
        """What the record that stays says otherwise afterwards."""
        return differences(self.own, self.line)

    @property
    def refusal(self) -> str:
        """Why the records cannot be merged this way round; '' where they can."""
        if self.goes.state == State.PUBLISHED and self.stays.state != State.PUBLISHED:
            return _(
                "The record that goes is public and the other is not: its readers would find"
                " nothing. Let the public one stay and take the values of the other, or publish"
                " the other first."
            )
        if self.goes.first_published_at and not self.stays.first_published_at:
            return _(
                "The record that goes was public and the other never was: its address would lead"
                " nowhere. Let the one that was public stay."
            )
        for key, fault in self.importer.faults(self.line):
            return f"{key}: {fault}"
        return ""

    def counts_as_own_of(self, user: Any) -> bool:
        """Whether the result counts as entered by who merges.

        Their own words could otherwise be published by themselves, under the name of who entered
        the record that stays.
        """
        return (
            roles.is_own(user, self.goes)
            and not self.stays.is_public
            and not roles.is_own(user, self.stays)
            and not roles.may_publish(user, self.goes)
        )

    @cached_property
    def heirs(self) -> list[Heir]:
        """The parts of the record that goes which have codes of their own."""
        ours, theirs = self._parts(self.stays), self._parts(self.goes)
        remaining = {
            identity
            for key, rows in self.line.items()
            if isinstance(rows, list) and rows and isinstance(rows[0], dict)
            for identity in numbered(self.importer.identity_of_part(key, row) for row in rows)
        }
        return [
            Heir(part, ours.get(identity), is_lost=identity not in remaining)
            for identity, part in theirs.items()
        ]

    def _parts(self, record: Record) -> dict[Any, Any]:
        found = list(self.importer.parts_with_codes(record))
        identities = numbered(identity for _part, identity in found)
        return {key: part for key, (part, _id) in zip(identities, found, strict=True)}

    @cached_property
    def moves(self) -> list[Move]:
        """What refers to the record that goes, or to its parts, and refers to the other then."""
        found = moves(self.goes, self.stays)
        two = (self.stays.pk, self.goes.pk)
        for heir in self.heirs:
            # A part that moves over keeps what refers to it: it is told, and nothing is written.
            new = (heir.like or heir.part).pk
            found += moves_of_parts(heir.part, new, two, is_lost=heir.is_lost)
        return [move for move in found if move.rows]

    @property
    def redirects(self) -> list[str]:
        """Codes that lead to the record that goes, and to the one that stays afterwards."""
        led = Redirect.objects.filter(target=self.goes.code).exclude(code=self.stays.code)
        return list(led.values_list("code", flat=True))

    @property
    def dependents(self) -> dict[type[Record], list[Record]]:
        """The other records that will say something else, by model."""
        found: dict[type[Record], dict[int, Record]] = {}
        for move in self.moves:
            for row in move.rows:
                owner = row.owner
                if owner is not None and move.old != move.new:
                    found.setdefault(type(owner), {})[owner.pk] = owner
        mine = found.get(type(self.stays), {})
        for key in (self.stays.pk, self.goes.pk):
            mine.pop(key, None)
        return {model: list(records.values()) for model, records in found.items()}

    @property
    def seen(self) -> str:
        """A digest of all that the plan was made of: another one tells that something changed.

        What was chosen has a digest of its own (`shown`).
        """
        rows = [
            [move.name, move.old, [[row.instance.pk, row.moves, row.told] for row in move.rows]]
            for move in self.moves
        ]
        both = [[record.state, record.created_by_id] for record in (self.stays, self.goes)]
        return fingerprint({"lines": [self.own, self.other], "rows": rows, "both": both})

    @property
    def shown(self) -> str:
        """A digest of what the record that stays will say."""
        return fingerprint(self.line)

    def carry_out(self, *, user: Any, why: str) -> Record:
        """Write the plan; returns the record that stays.

        Call it in the transaction in which the plan was made, with both records locked
        (`locked`), so that what was shown is what happens.

        Raises:
            MergeError: it is refused, or a code that readers know would be lost.
        """
        if self.refusal:
            raise MergeError(self.refusal)
        model, goes = type(self.stays), self.goes
        stays = model._default_manager.get(pk=self.stays.pk)
        dependents, codes = self.dependents, self._codes(stays)
        old_codes = [heir.part.code for heir in self.heirs]
        with transaction.atomic():
            begin(stays, goes)
            for records in dependents.values():
                begin(*records)
            take(goes, action=Revision.Action.DELETED, user=user, why=why)
            with following(model, [stays, goes]):
                self._bring_over(stays)
                index.remove([goes])
                model._default_manager.filter(pk=goes.pk).delete()
                self.importer.save([(stays, self.line)])
                self.importer.link([self.line])
            # It is an edit by hand: the collection must not take it for its own line.
            kept: dict[str, Any] = {"loaded_fingerprint": self.stays.loaded_fingerprint}
            if user is not None and self.counts_as_own_of(user):
                kept["created_by"] = user
            model._default_manager.filter(pk=stays.pk).update(**kept)
            self._redirect(why, old_codes)
            self._keep_judgements()
            stays.refresh_from_db()
            if lost := codes - self._codes(stays):
                raise MergeError(
                    _("The code %s would be lost: correct the order or numbers of its parts first.")
                    % min(lost)
                )
            said = f"{goes.code}: {why}"
            take(stays, action=Revision.Action.MERGED, user=user, why=said)
            self._settle(dependents, user=user, why=f"{goes.code} → {stays.code}: {why}")
            index.refresh([stays, *(each for found in dependents.values() for each in found)])
        return stays

    def _codes(self, record: Record) -> set[str]:
        """The codes of the parts of a record."""
        whole = self.importer.existing().get(pk=record.pk)
        return {part.code for part, _identity in self.importer.parts_with_codes(whole)}  # type: ignore[attr-defined]

    def _bring_over(self, stays: Record) -> None:
        for move in self.moves:
            if move.old != move.new:
                move.carry_out()
        for heir in self.heirs:
            if heir.like is None:
                self.importer.adopt(heir.part, stays)

    def _redirect(self, why: str, old_codes: list[str]) -> None:
        """Let the old code, and all that led to it, lead to the record that stays."""
        stays, goes = self.stays.code, self.goes.code
        Redirect.objects.filter(code=stays, target=goes).delete()
        self._lead(goes, stays, why)
        for old, heir in zip(old_codes, self.heirs, strict=True):
            part = (heir.like or heir.part).__class__._default_manager
            new = part.filter(pk=(heir.like or heir.part).pk).values_list("code", flat=True).first()
            if new is None:
                continue
            if new == f"{stays}{old.removeprefix(goes)}":
                # What an address says behind the code of the record is the same as before.
                Redirect.objects.filter(target=old).update(target=new)
            elif max(len(old), len(new)) <= MAX_CODE:
                self._lead(old, new, why)

    def _lead(self, old: str, new: str, why: str) -> None:
        Redirect.objects.filter(target=old).update(target=new)
        Redirect.objects.update_or_create(
            code=old, defaults={"target": new, "reason": Redirect.Reason.MERGED, "note": why}
        )

    def _keep_judgements(self) -> None:
        """What is not the one that went is not the one that stays; the rest is found anew."""
        stays, goes = self.stays.pk, self.goes.pk
        ours, theirs = self._pairs_of(stays), self._pairs_of(goes)
        for other, pair in theirs.items():
            if other == stays or pair.judged_at is None:
                pair.delete()
            elif other not in ours:
                pair.first_id, pair.second_id = sorted((other, stays))
                pair.save()
            else:
                if ours[other].judged_at is None:
                    judgement = {name: getattr(pair, name) for name in JUDGEMENT}
                    SuspectedPair.objects.filter(pk=ours[other].pk).update(**judgement)
                pair.delete()

    def _pairs_of(self, key: int) -> dict[int, SuspectedPair]:
        """The pairs of a record, by the key of the other one."""
        pairs = SuspectedPair.objects.filter(
            Q(first_id=key) | Q(second_id=key), database=self.database.slug
        )
        return {pair.first_id + pair.second_id - key: pair for pair in pairs}

    def _settle(self, dependents: dict[type[Record], list[Record]], *, user: Any, why: str) -> None:
        for model, records in dependents.items():
            if records:
                keys = [record.pk for record in records]
                model._default_manager.filter(pk__in=keys).update(changed_at=timezone.now())
                take(*records, user=user, why=why[:500])


def locked(model: type[Record], keys: tuple[int, int]) -> dict[int, Record]:
    """Two records that nobody else changes until the transaction ends, by their keys."""
    rows: models.QuerySet[Any] = model._default_manager.select_for_update().order_by("pk")
    return {record.pk: record for record in rows.filter(pk__in=keys)}


def public_first(records: tuple[Record, Record]) -> tuple[Record, Record]:
    """Two records, the one to stay first: the public one, that which was so first, the older."""

    def rank(record: Record) -> tuple[bool, bool, Any, int]:
        first = record.first_published_at
        return (not record.is_public, first is None, first or record.created_at, record.pk)

    first, second = sorted(records, key=rank)
    return first, second


def absorbed(record: Record) -> Iterator[Revision]:
    """The last revisions of the records that were merged into a record, the latest first."""
    codes = Redirect.objects.filter(target=record.code, reason=Redirect.Reason.MERGED)
    last = Revision.objects.filter(
        database=record.database,
        code__in=codes.values("code"),
        action=Revision.Action.DELETED,
    )
    yield from last.order_by("-at").defer("line")
