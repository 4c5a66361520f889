"""All that refers to a record, and what becomes of it when the record is merged with another.

`RELATIONS` is complete: `references()` looks through all models for foreign keys to records and
their parts, for keys of objects without one, and for codes; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.attachments.models import Attachment
from portal.records.models import Record, validate_code


class Fate(Enum):
    """What becomes of a relation to the record that goes."""

    MOVED = "it refers to the record that stays"
    #: What no line says, as notes and results of link checks, is not lost this way.
    CARRIED = "it moves to the record that stays, whose new line decides whether it remains"
    LINE = "part of the record: goes through its line"
    PARTS = "it moves with the part of a record that it refers to, or to that part's like"
    INDEX = "kept in step by the index"
    HISTORY = "history: stays"
    CODE = "codes: the old one leads to the one that stays"
    PAIR = "what was said of the pair is said of the one that stays"
    #: What belongs to something else that is told here already.
    INNER = "inside of a part: goes with it"


@dataclass(frozen=True)
class Relation:
    """What becomes of the rows of a model that refer to a record by one field.

    Attributes:
        label: what a curator reads above them.
        owner: the path to the record that says it, where that is another record.
    """

    fate: Fate
    label: Any = ""
    owner: str = ""


_LINE, _INNER = Relation(Fate.LINE), Relation(Fate.INNER)
RELATIONS: dict[str, Relation] = {
    "caselaw.CaseSource.case": Relation(Fate.CARRIED, _("Sources")),
    "caselaw.CaseAttachment.case": Relation(Fate.MOVED, _("Documents")),
    "caselaw.CaseTerm.case": _LINE,
    "caselaw.CaseCountry.case": _LINE,
    "caselaw.Proceeding.case": _LINE,
    "caselaw.Defendant.case": _LINE,
    "caselaw.Charge.defendant": _INNER,
    "caselaw.LawApplied.case": Relation(Fate.CARRIED, _("Laws applied")),
    "caselaw.LawApplied.law": Relation(Fate.MOVED, _("Cases that applied the law"), "case"),
    "caselaw.ProvisionApplied.application": _INNER,
    "caselaw.ProvisionApplied.provision": Relation(
        Fate.PARTS, _("Cases that applied its provisions"), "application__case"
    ),
    "legislation.LawSource.law": Relation(Fate.CARRIED, _("Sources")),
    "legislation.LawAttachment.law": Relation(Fate.MOVED, _("Documents")),
    "legislation.LawRelation.law": Relation(Fate.CARRIED, _("Laws that it amends or repeals")),
    "legislation.LawRelation.other": Relation(Fate.MOVED, _("Laws that amend or repeal it"), "law"),
    "legislation.Provision.law": _LINE,
    "legislation.ProvisionArticle.provision": _INNER,
    "bibliography.WorkSource.work": Relation(Fate.CARRIED, _("Sources")),
    "bibliography.Contributor.work": _LINE,
    "bibliography.WorkTerm.work": _LINE,
    "bibliography.WorkCountry.work": _LINE,
    "bibliography.WorkCase.work": Relation(Fate.CARRIED, _("Cases that it discusses")),
    "bibliography.WorkCase.case": Relation(Fate.MOVED, _("Works that discuss the case"), "work"),
    "bibliography.WorkLaw.work": Relation(Fate.CARRIED, _("Laws that it discusses")),
    "bibliography.WorkLaw.law": Relation(Fate.MOVED, _("Works that discuss the law"), "work"),
    "records.Redirect.code": Relation(Fate.CODE),
    "records.Redirect.target": Relation(Fate.CODE),
    "records.Revision.object_id": Relation(Fate.HISTORY),
    "admin.LogEntry.object_id": Relation(Fate.HISTORY),
    "search.SearchDocument.object_id": Relation(Fate.INDEX),
    "curation.SuspectedPair.first_id": Relation(Fate.PAIR),
    "curation.SuspectedPair.second_id": Relation(Fate.PAIR),
}


def references(all_models: Sequence[type[models.Model]] | None = None) -> set[str]:
    """The names of all fields by which something refers to a record or to a part of one.

    A many-to-many field is found in the table of its links. A part is what would be deleted with
    a record.
    """
    known = list(all_models or apps.get_models(include_auto_created=True))
    targets: set[type[models.Model]] = {model for model in known if issubclass(model, Record)}
    while grown := {
        model
        for model in set(known) - targets
        for field in _keys(model)
        if field.related_model in targets and field.remote_field.on_delete is models.CASCADE
    }:
        targets |= grown
    return {
        f"{model._meta.app_label}.{model.__name__}.{name}"
        for model in known
        for name in _referring(model, targets)
    }


def _keys(model: type[models.Model]) -> Iterator[Any]:
    yield from (field for field in model._meta.local_fields if field.is_relation)


def _referring(model: type[models.Model], targets: set[Any]) -> Iterator[str]:
    for field in model._meta.local_fields:
        if field.is_relation:
            if field.related_model in targets:
                yield field.name
        elif (
            field.name == "object_id"
            or (field.name.endswith("_id") and isinstance(field, models.IntegerField))
            or (validate_code in field.validators and not issubclass(model, Record))
        ):
            yield field.name
    for private in model._meta.private_fields:
        if isinstance(private, GenericForeignKey) and private.fk_field != "object_id":
            yield private.fk_field


_NOTE = {"note": ""}


@dataclass(frozen=True)
class Row:
    """A row that refers to the record that goes.

    Attributes:
        owner: the record that says it; None where it is the one that goes.
        is_double: whether the one that stays has the same already; the row is given up.
        is_loop: whether it leads from one of the two to the other; the row is given up.
        is_lost: whether what it refers to is given up.
        like: the row of the one that stays that is the same; None where there is none.
        was_public: whether readers saw the record that goes.
    """

    instance: Any
    owner: Any
    is_double: bool = False
    is_loop: bool = False
    is_lost: bool = False
    like: Any = None
    was_public: bool = False

    @property
    def moves(self) -> bool:
        return not (self.is_double or self.is_loop or self.is_lost)

    @cached_property
    def given(self) -> dict[str, Any]:
        """What the row of the one that stays takes over from this one, which is given up."""
        if self.like is None:
            return {}
        wanted = {"note": "", "language": ""} if isinstance(self.instance, Attachment) else _NOTE
        found = {
            name: getattr(self.instance, name)
            for name, empty in wanted.items()
            if getattr(self.instance, name, empty) and not getattr(self.like, name)
        }
        return found | ({"is_public": True} | self._as_readers_knew_it if self.opens else {})

    @property
    def told(self) -> dict[str, Any]:
        """What the preview tells of it beside where it goes."""
        return {"given": self.given, "is_public": getattr(self.instance, "is_public", False)}

    @property
    def opens(self) -> bool:
        """Whether readers had a document that only curators have of the record that stays.

        What was to be public only once its record is, nobody but curators has had: it stays
        closed, as the other record has it.
        """
        return (
            isinstance(self.instance, Attachment)
            and self.was_public
            and self.instance.is_public
            and not self.like.is_public
        )

    @property
    def _as_readers_knew_it(self) -> dict[str, Any]:
        """Title and note of a document, since those of the other were for curators only."""
        document = self.instance
        language = document.language or self.like.language
        return {"title": document.title, "language": language, "note": document.note}

    @property
    def lost_note(self) -> str:
        """The note on a row that is given up, unless the other takes it over."""
        if self.moves or "note" in self.given:
            return ""
        return str(getattr(self.instance, "note", ""))


@dataclass(frozen=True)
class Move:
    """The rows of one relation that are brought from one object to another.

    Attributes:
        old, new: keys of the objects: records, or parts with codes of their own.
        two: the keys of the two records.
        is_lost: whether the object that they refer to is given up, and they with it.
        was_public: whether readers saw the record that goes.
    """

    name: str
    old: int
    new: int
    two: tuple[int, int]
    is_lost: bool = False
    was_public: bool = False

    @property
    def relation(self) -> Relation:
        return RELATIONS[self.name]

    @property
    def field(self) -> Any:
        label, _dot, name = self.name.rpartition(".")
        return apps.get_model(label)._meta.get_field(name)

    @property
    def _rows(self) -> models.QuerySet:
        rows = self.field.model._default_manager.order_by("pk")
        return rows.select_related(self.relation.owner) if self.relation.owner else rows

    @cached_property
    def rows(self) -> list[Row]:
        """The rows, each with what becomes of it."""
        found: list[Row] = []
        # A part that moves over as it is brings its rows with it.
        there = self._rows.filter(**{self.field.name: self.new}) if self.old != self.new else ()
        taken = {key: row for row in there for key in self._unique(row)}
        for instance in self._rows.filter(**{self.field.name: self.old}):
            keys = self._unique(instance)
            like = next((taken[key] for key in keys if key in taken), None)
            row = Row(
                instance,
                self._owner(instance),
                is_double=like is not None,
                is_loop=self._is_loop(instance),
                is_lost=self.is_lost,
                like=like,
                was_public=self.was_public,
            )
            taken |= {key: instance for key in keys if row.moves}
            found.append(row)
        return found

    def _owner(self, instance: Any) -> Any:
        for part in filter(None, self.relation.owner.split("__")):
            instance = getattr(instance, part)
        return instance if self.relation.owner else None

    def _unique(self, instance: Any) -> list[tuple[Any, ...]]:
        """What no two rows that refer to one object may have in common."""
        constraints = (
            constraint.fields
            for constraint in self.field.model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
            and self.field.name in constraint.fields
        )
        attname = instance._meta.get_field
        return [
            (
                fields,
                *(getattr(instance, attname(f).attname) for f in fields if f != self.field.name),
            )
            for fields in constraints
        ]

    def _is_loop(self, instance: Any) -> bool:
        return any(
            getattr(instance, field.attname) in self.two
            for field in _keys(type(instance))
            if field.name != self.field.name and field.related_model is self.field.related_model
        )

    def carry_out(self) -> None:
        """Write what `rows` says; what is said of a row that is given up fills what is empty."""
        model = self.field.model
        given_up = [row for row in self.rows if not row.moves]
        for row in given_up:
            if row.given:
                model._default_manager.filter(pk=row.like.pk).update(**row.given)
        model._default_manager.filter(pk__in=[row.instance.pk for row in given_up]).delete()
        moving = [row.instance.pk for row in self.rows if row.moves]
        model._default_manager.filter(pk__in=moving).update(**{self.field.name: self.new})


def moves(goes: Record, stays: Record) -> list[Move]:
    """What has to move from one record to another of its model."""
    old, new, is_public = goes.pk, stays.pk, goes.is_public
    found = (
        Move(name, old, new, (old, new), was_public=is_public)
        for name in _names(Fate.MOVED, Fate.CARRIED)
    )
    return [move for move in found if move.field.related_model is type(goes)]


def moves_of_parts(
    part: models.Model, heir: int, two: tuple[int, int], *, is_lost: bool
) -> list[Move]:
    """What has to move from a part of the record that goes to the same part of the other."""
    return [
        move
        for move in (Move(name, part.pk, heir, two, is_lost) for name in _names(Fate.PARTS))
        if move.field.related_model is type(part)
    ]


def _names(*fates: Fate) -> list[str]:
    return [name for name, relation in RELATIONS.items() if relation.fate in fates]
