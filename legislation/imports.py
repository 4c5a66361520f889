"""A line of the collection as a law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models

from legislation.codes import free_provision_code, provision_codes, slug_of
from legislation.exports import export_law
from legislation.models import Law, LawRelation, LawSource, Provision, ProvisionArticle
from portal.exchange import schema
from portal.exchange.identity import Identity, year_of
from portal.exchange.notes import restore_notes, said_of, told_notes
from portal.exchange.parts import Pair, Written, replace_parts, replace_sources, save_heads
from portal.exchange.records import (
    SET_ONCE,
    RecordImporter,
    head_properties,
    head_values,
    money_values,
    term_key,
)
from portal.exchange.schema import Schema
from portal.records.lines import canonical
from portal.search.models import Identifier


class LawImporter(RecordImporter[Law]):
    """Laws with their provisions."""

    model = Law

    def schema(self, codes: dict[str, list[str]]) -> Schema:
        """The schema of a line; `codes` gives the codes of each vocabulary."""
        provision = schema.record(
            ["summary"],
            {
                "number": schema.text(Provision, "number"),
                "heading": schema.text(Provision, "heading"),
                "summary": schema.TEXT,
                "text_original": schema.TEXT,
                "text_translation": schema.TEXT,
                "protocol_articles": schema.listing(
                    {"enum": codes["protocol_articles"]}, unique=True
                ),
                "benefit_element": {"enum": codes["benefit_element"]},
                "max_imprisonment_years": schema.positive(200),
                "life": schema.BOOLEAN,
                "max_fine": schema.money(),
            },
            of=Provision,
        )
        return schema.record(
            ["id", "jurisdiction", "title", "type", "status", "sources"],
            {
                **head_properties(Law),
                "jurisdiction": {"enum": codes["jurisdictions"]},
                "type": {"enum": codes["law_types"]},
                "number": schema.text(Law, "number"),
                "adopted": schema.DATE,
                "in_force": schema.DATE,
                "status": {"enum": codes["law_status"]},
                "summary": schema.TEXT,
                "provisions": schema.listing(provision),
                "humanitarian_exemption": schema.BOOLEAN,
                "migrants_not_liable": schema.BOOLEAN,
                **{
                    kind: schema.listing(schema.CODE, unique=True)
                    for kind in LawRelation.Kind.values
                },
                "sources": schema.sources(LawSource),
            },
            of=Law,
        )

    def codes(self, line: dict[str, Any]) -> Iterator[str]:
        yield line["id"]
        yield from _provision_codes(line)

    def references(self, line: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        for kind in LawRelation.Kind.values:
            for index, code in enumerate(line.get(kind, [])):
                yield f"{kind}[{index}]", "legislation", code

    def identity(self, line: dict[str, Any]) -> Identity:
        return Identity(
            title=line.get("title", ""),
            place=line.get("jurisdiction", ""),
            year=year_of(line.get("adopted")),
            named=((Identifier.Kind.NUMBER, line.get("number", "")),),
            rules=(
                ("number", "title", "place"),
                ("title", "place", "year"),
                ("number", "place", "year"),
            ),
            begins=("place",),
        )

    def identity_of_part(self, key: str, part: Any) -> Any:
        # A provision is the law's provision of that number, whatever is said of it.
        slug = slug_of(part.get("number", "")) if key == "provisions" else ""
        return slug or super().identity_of_part(key, part)

    def parts_with_codes(self, record: Law) -> Sequence[tuple[models.Model, Any]]:
        lines = canonical(export_law(record)["provisions"])
        return [
            (provision, self.identity_of_part("provisions", line))
            for provision, line in zip(record.provisions.all(), lines, strict=True)
        ]

    def adopt(self, part: models.Model, record: Law) -> None:
        provision = Provision.objects.get(pk=part.pk)
        provision.code = free_provision_code(record, provision.number)
        provision.law = record
        provision.save(update_fields=["law", "code"])

    def existing(self) -> models.QuerySet[Law]:
        return Law.objects.for_export()

    def export(self, instance: Law) -> dict[str, Any]:
        return export_law(instance)

    def history(self, instance: Law) -> dict[str, Any]:
        line = super().history(instance)
        for provision, part, code in zip(
            instance.provisions.all(), line["provisions"], _provision_codes(line), strict=True
        ):
            if provision.code != code:
                # Its number was changed, or it came from another law; its address is the old one.
                part["anchor"] = provision.anchor
        effects = list(instance.effects.all())
        notes = {
            kind: [(effect.other.code, effect.note) for effect in effects if effect.kind == kind]
            for kind in LawRelation.Kind.values
        }
        return line | told_notes(notes)

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(Law, pairs, self._values, keep=SET_ONCE)
        self._save_provisions(written)
        replace_sources(LawSource, "law", written)
        return [instance for instance, *_rest in written]

    def link(self, lines: Sequence[dict[str, Any]]) -> None:
        """Write the relations between laws; the note on one that stays is kept.

        A line of the history says the notes itself.
        """
        named = {code for line in lines for _key, _database, code in self.references(line)}
        owners = {line["id"] for line in lines}
        laws = {law.code: law for law in Law.objects.filter(code__in=owners | named)}
        made = replace_parts(
            LawRelation,
            "law",
            [(laws[line["id"]], line, False) for line in lines],
            lambda line: [
                ({"kind": kind, "other": laws[code]}, said_of(line, kind, code))
                for kind in LawRelation.Kind.values
                for code in line.get(kind, [])
            ],
            same=("kind", "other_id"),
            carry=("note",),
        )
        restore_notes(LawRelation, made)

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            **head_values(line),
            "jurisdiction_id": line["jurisdiction"],
            "type_id": term_key("law_types", line["type"]),
            "number": line.get("number", ""),
            "adopted": line.get("adopted"),
            "in_force": line.get("in_force"),
            "status_id": term_key("law_status", line["status"]),
            "summary": line.get("summary", ""),
            "humanitarian_exemption": line.get("humanitarian_exemption"),
            "migrants_not_liable": line.get("migrants_not_liable"),
        }

    def _save_provisions(self, written: Written) -> None:
        """Write provisions in place by their codes, since cases refer to them."""
        present = {
            provision.code: provision
            for provision in Provision.objects.filter(
                law__in=[law.pk for law, _line, is_new in written if not is_new]
            )
        }
        new: list[Provision] = []
        kept: list[tuple[Provision, dict[str, Any], bool]] = []
        for law, line, _is_new in written:
            parts = zip(_provision_codes(line), line.get("provisions", []), strict=True)
            for position, (code, part) in enumerate(parts):
                provision = present.pop(code, None)
                is_new = provision is None
                provision = provision or Provision(law=law, code=code)
                for name, value in self._provision_values(part).items():
                    setattr(provision, name, value)
                provision.position = position
                kept.append((provision, part, is_new))
                if is_new:
                    new.append(provision)
                else:
                    provision.save()
        Provision.objects.filter(pk__in=[provision.pk for provision in present.values()]).delete()
        Provision.objects.bulk_create(new)
        replace_parts(
            ProvisionArticle,
            "provision",
            kept,
            lambda part: [
                ({"article_id": code, "position": position}, {})
                for position, code in enumerate(part.get("protocol_articles", []))
            ],
        )

    def _provision_values(self, part: dict[str, Any]) -> dict[str, Any]:
        return {
            "number": part.get("number", ""),
            "heading": part.get("heading", ""),
            "summary": part.get("summary", ""),
            "text_original": part.get("text_original", ""),
            "text_translation": part.get("text_translation", ""),
            "benefit_element_id": term_key("benefit_element", part.get("benefit_element")),
            "max_imprisonment_years": part.get("max_imprisonment_years"),
            "life": part.get("life"),
            **money_values("max_fine", part.get("max_fine")),
        }


def _provision_codes(line: dict[str, Any]) -> list[str]:
    """The codes of the provisions of a line: made of their numbers, unless the history knows."""
    parts = line.get("provisions", [])
    usual = provision_codes(line["id"], [part.get("number", "") for part in parts])
    return [
        f"{line['id']}:{part['anchor']}" if "anchor" in part else code
        for part, code in zip(parts, usual, strict=True)
    ]
