"""Reference data in and out of the collection: vocabularies, places, articles, treaty status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models

from portal.exchange import schema
from portal.exchange.parts import Pair, export_sources, replace_parts, replace_sources, save_heads
from portal.exchange.schema import Schema
from portal.exchange.sync import Importer
from portal.reference.models import (
    Jurisdiction,
    Process,
    ProcessMembership,
    ProcessSource,
    Region,
    Term,
    TreatyArticle,
    TreatyStatus,
    TreatyStatusSource,
    Vocabulary,
)

ARTICLES = "protocol_articles"
TERM_CODE = "^[A-Za-z0-9._-]+$"
_TERM: dict[str, Schema] = {
    "code": {**schema.text(Term, "code"), "pattern": TERM_CODE},
    "labels": schema.labels(),
    "origin": schema.record(
        schema.LANGUAGES,
        {language: {"enum": ["official", "translated"]} for language in schema.LANGUAGES},
    ),
    "definition": schema.TEXT,
}
#: The key of a term is its vocabulary, a colon and its code: it must fit into its column.
VOCABULARY_PATTERN = r"[a-z0-9_]{1,39}"
M49: Schema = {"type": "string", "pattern": "^[0-9]{3}$"}
PROTOCOL_ADOPTED = "2000-11-15"


def _official(line: dict[str, Any]) -> list[str]:
    return [code for code, origin in sorted(line["origin"].items()) if origin == "official"]


def _origin(instance: Term | TreatyArticle) -> dict[str, str]:
    official = set(instance.official_languages)
    return {code: "official" if code in official else "translated" for code in instance.labels}


class TermImporter(Importer[Term]):
    """Terms; a line is the term with its `vocabulary` and `position`."""

    model = Term
    schema = schema.record(_TERM, _TERM)

    def key_of(self, data: dict[str, Any]) -> str:
        return f"{data['vocabulary']}:{data['code']}"

    def existing(self) -> models.QuerySet[Term]:
        return Term.objects.all()

    def export(self, instance: Term) -> dict[str, Any]:
        return {
            "vocabulary": instance.vocabulary_id,
            "position": instance.position,
            "code": instance.code,
            "labels": instance.labels,
            "origin": _origin(instance),
            "definition": instance.definition,
        }

    def prepare(self, lines: Sequence[dict[str, Any]]) -> list[models.Model]:
        """Write the vocabularies themselves, in the order of the file."""
        present = dict(Vocabulary.objects.values_list("code", "position"))
        names = dict.fromkeys(line["vocabulary"] for line in lines)
        changed: list[models.Model] = [
            Vocabulary(code=name, position=position)
            for position, name in enumerate(names)
            if present.get(name) != position
        ]
        for vocabulary in changed:
            vocabulary.save()
        return changed

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        return [written for written, *_rest in save_heads(Term, pairs, self._values)]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.key_of(line),
            "vocabulary_id": line["vocabulary"],
            "code": line["code"],
            "labels": line["labels"],
            "official_languages": _official(line),
            "definition": line["definition"],
            "position": line["position"],
        }


class ArticleImporter(Importer[TreatyArticle]):
    """Articles of the Protocol, and of the Convention (codes that begin with C)."""

    model = TreatyArticle
    schema = schema.record(
        _TERM, {**_TERM, "code": {**schema.text(TreatyArticle, "code"), "pattern": TERM_CODE}}
    )

    def existing(self) -> models.QuerySet[TreatyArticle]:
        return TreatyArticle.objects.all()

    def export(self, instance: TreatyArticle) -> dict[str, Any]:
        return {
            "position": instance.position,
            "code": instance.code,
            "labels": instance.labels,
            "origin": _origin(instance),
            "definition": instance.definition,
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        return [written for written, *_rest in save_heads(TreatyArticle, pairs, self._values)]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        instruments = TreatyArticle.Instrument
        is_convention = line["code"].startswith("C")
        return {
            "code": line["code"],
            "instrument": instruments.CONVENTION if is_convention else instruments.PROTOCOL,
            "labels": line["labels"],
            "official_languages": _official(line),
            "definition": line["definition"],
            "position": line["position"],
        }


class RegionImporter(Importer[Region]):
    """Regions of UN M49."""

    model = Region
    schema = schema.record(
        ["code", "level", "names"],
        {
            "code": M49,
            "level": {"enum": Region.Level.values},
            "parent": M49,
            "names": schema.labels(),
        },
    )

    def existing(self) -> models.QuerySet[Region]:
        return Region.objects.all()

    def export(self, instance: Region) -> dict[str, Any]:
        return {
            "position": instance.position,
            "code": instance.code,
            "level": instance.level,
            "parent": instance.parent_id,
            "names": instance.names,
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        return [written for written, *_rest in save_heads(Region, pairs, self._values)]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": line["code"],
            "level": line["level"],
            "parent_id": line.get("parent"),
            "names": line["names"],
            "position": line["position"],
        }


class ProcessImporter(Importer[Process]):
    """Regional processes, without their members: those stand with the jurisdictions."""

    model = Process
    schema = schema.record(
        ["code", "labels", "sources"],
        {
            "code": {"type": "string", "pattern": r"^[a-z0-9_]+$", "maxLength": 60},
            "labels": schema.labels(),
            "as_of": schema.text(Process, "as_of"),
            "count": {**schema.COUNT, "maximum": 30_000},
            "note": schema.TEXT,
            "sources": schema.sources(ProcessSource),
        },
    )

    def existing(self) -> models.QuerySet[Process]:
        return Process.objects.prefetch_related("sources")

    def export(self, instance: Process) -> dict[str, Any]:
        return {
            "position": instance.position,
            "code": instance.code,
            "labels": instance.labels,
            "as_of": instance.as_of,
            "count": instance.stated_members,
            "note": instance.note,
            "sources": export_sources(instance.sources.all()),
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(Process, pairs, self._values)
        replace_sources(ProcessSource, "process", written)
        return [instance for instance, *_rest in written]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": line["code"],
            "labels": line["labels"],
            "as_of": line.get("as_of", ""),
            "stated_members": line.get("count"),
            "note": line.get("note", ""),
            "position": line["position"],
        }


class JurisdictionImporter(Importer[Jurisdiction]):
    """Jurisdictions with their regions and memberships."""

    model = Jurisdiction
    schema = schema.record(
        ["code", "kind", "names"],
        {
            "code": schema.ALPHA3,
            "alpha2": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "numeric": M49,
            "kind": {"enum": Jurisdiction.Kind.values},
            "names": schema.labels(),
            "un_names": schema.labels(),
            "un_name_differs_en": schema.BOOLEAN,
            "organization": schema.labels(),
            "region": M49,
            "sub_region": M49,
            "intermediate_region": M49,
            "un_status": {"enum": Jurisdiction.UnStatus.values},
            "memberships": schema.listing(
                {"type": "string", "pattern": "^[a-z0-9_]+(:observer)?$"}, unique=True
            ),
            "note": schema.TEXT,
        },
    )

    def existing(self) -> models.QuerySet[Jurisdiction]:
        return Jurisdiction.objects.select_related("region__parent__parent").prefetch_related(
            "processmembership_set"
        )

    def export(self, instance: Jurisdiction) -> dict[str, Any]:
        regions = {}
        region = instance.region
        while region is not None:
            regions[region.level] = region.code
            region = region.parent
        return {
            "code": instance.code,
            "alpha2": instance.alpha2,
            "numeric": instance.numeric,
            "kind": instance.kind,
            "names": instance.names,
            "un_names": instance.un_names,
            "un_name_differs_en": instance.un_name_differs or None,
            "organization": instance.organization,
            **regions,
            "un_status": instance.un_status,
            "memberships": [_place(link) for link in instance.processmembership_set.all()],
            "note": instance.note,
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(Jurisdiction, pairs, self._values)
        replace_parts(
            ProcessMembership,
            "jurisdiction",
            written,
            lambda line: [
                ({**_membership(text), "position": position}, {})
                for position, text in enumerate(line.get("memberships", []))
            ],
        )
        return [instance for instance, *_rest in written]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        smallest = line.get("intermediate_region") or line.get("sub_region") or line.get("region")
        return {
            "code": line["code"],
            "alpha2": line.get("alpha2", ""),
            "numeric": line.get("numeric", ""),
            "kind": line["kind"],
            "names": line["names"],
            "un_names": line.get("un_names", {}),
            "un_name_differs": line.get("un_name_differs_en", False),
            "organization": line.get("organization", {}),
            "region_id": smallest,
            "un_status": line.get("un_status", ""),
            "note": line.get("note", ""),
        }


def _membership(text: str) -> dict[str, str]:
    """`rabat_process` is a member's place, `rabat_process:observer` an observer's."""
    code, _colon, capacity = text.partition(":")
    return {"process_id": code, "capacity": capacity or ProcessMembership.Capacity.MEMBER}


def _place(link: ProcessMembership) -> str:
    is_member = link.capacity == ProcessMembership.Capacity.MEMBER
    return link.process_id if is_member else f"{link.process_id}:{link.capacity}"


class TreatyStatusImporter(Importer[TreatyStatus]):
    """What each jurisdiction did about the Protocol."""

    model = TreatyStatus
    schema = schema.record(
        ["jurisdiction", "sources"],
        {
            "jurisdiction": schema.ALPHA3,
            "signed": schema.DAY,
            "consent": schema.DAY,
            "act": {"enum": TreatyStatus.Act.values},
            "party": {"const": True},
            "note": schema.TEXT,
            "sources": schema.sources(TreatyStatusSource),
        },
    )

    def key_of(self, data: dict[str, Any]) -> str:
        return str(data["jurisdiction"])

    def faults(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What a schema cannot say of a line: key and message."""
        if "act" in line and "consent" not in line:
            yield "act", "has no date: “consent” is missing"
        if "party" in line and "consent" in line:
            yield "party", "follows from “consent” and is left out beside it"
        for key in ("signed", "consent"):
            if line.get(key, PROTOCOL_ADOPTED) < PROTOCOL_ADOPTED:
                yield key, f"{line[key]} is before the Protocol was adopted ({PROTOCOL_ADOPTED})"

    def existing(self) -> models.QuerySet[TreatyStatus]:
        return TreatyStatus.objects.prefetch_related("sources")

    def export(self, instance: TreatyStatus) -> dict[str, Any]:
        return {
            "jurisdiction": instance.jurisdiction_id,
            "signed": instance.signed,
            "consent": instance.consent,
            "act": instance.act,
            # With a date of consent the party follows from it, and the collection leaves it out.
            "party": True if instance.is_party and not instance.consent else None,
            "note": instance.note,
            "sources": export_sources(instance.sources.all()),
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(TreatyStatus, pairs, self._values)
        replace_sources(TreatyStatusSource, "treaty_status", written)
        return [instance for instance, *_rest in written]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "jurisdiction_id": line["jurisdiction"],
            "signed": line.get("signed"),
            "consent": line.get("consent"),
            "act": line.get("act", ""),
            "is_party": "consent" in line or line.get("party", False),
            "note": line.get("note", ""),
        }
