"""A line of the collection as a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from caselaw.exports import export_case
from caselaw.linking import links_follow, matches_of
from caselaw.models import (
    CASE_VOCABULARIES,
    Case,
    CaseCountry,
    CaseSource,
    CaseTerm,
    Charge,
    Defendant,
    LawApplied,
    Proceeding,
    ProvisionApplied,
)
from legislation.models import Law, Provision
from portal.exchange import schema
from portal.exchange.identity import Identity, year_of
from portal.exchange.parts import (
    Pair,
    Written,
    replace_parts,
    replace_sources,
    save_heads,
    term_parts,
)
from portal.exchange.records import (
    SET_ONCE,
    RecordImporter,
    head_properties,
    head_values,
    money_values,
    term_key,
)
from portal.exchange.schema import Schema

PLACES = ("origin", "transit", "destination")


class CaseImporter(RecordImporter[Case]):
    """Cases with all their parts."""

    model = Case

    def schema(self, codes: dict[str, list[str]]) -> Schema:
        """The schema of a line; `codes` gives the codes of each vocabulary."""
        countries = schema.listing({"enum": codes["jurisdictions"]}, unique=True)
        return schema.record(
            ["id", "title", "jurisdiction", "sources"],
            {
                **head_properties(Case),
                "jurisdiction": {"enum": codes["jurisdictions"]},
                "court": schema.text(Case, "court"),
                "court_level": {"enum": codes["court_level"]},
                "legal_system": {"enum": codes["legal_system"]},
                "proceeding_type": {"enum": Case.ProceedingType.values},
                "decision_date": schema.DATE,
                "citations": schema.listing({**schema.TEXT, "maxLength": 200}, unique=True),
                "docket": schema.text(Case, "docket"),
                **{
                    name: schema.listing({"enum": codes[name]}, unique=True)
                    for name in CASE_VOCABULARIES
                },
                "benefit": {"enum": codes["benefit"]},
                "facts": schema.TEXT,
                "significance": schema.TEXT,
                "gender_considerations": schema.TEXT,
                "contributor": schema.text(Case, "contributor"),
                "proceedings": schema.listing(_proceeding_schema(codes)),
                "defendants": schema.listing(_defendant_schema(codes)),
                "migrants": schema.record(
                    [],
                    {
                        "count": schema.of_field(Case, "migrants_count", schema.COUNT),
                        "nationalities": schema.of_field(Case, "migrant_nationality", countries),
                        "includes_children": schema.BOOLEAN,
                        "includes_women": schema.BOOLEAN,
                        "deaths": schema.of_field(Case, "migrants_deaths", schema.NUMBER),
                    },
                    of=Case,
                ),
                "route": schema.record([], dict.fromkeys(PLACES, countries), of=Case),
                "fee": schema.record(
                    ["amount", "currency"],
                    {
                        **schema.money()["properties"],
                        "per": schema.of_field(Case, "fee_per", {"enum": codes["fee_per"]}),
                    },
                ),
                "laws_applied": schema.listing(_law_applied_schema()),
                "sources": schema.sources(CaseSource),
            },
            of=Case,
        )

    def references(self, line: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        for index, applied in enumerate(line.get("laws_applied", [])):
            if "law_id" in applied:
                yield f"laws_applied[{index}].law_id", "legislation", applied["law_id"]
            for place, code in enumerate(_linked(applied)):
                key = f"laws_applied[{index}].provision_links[{place}].provision"
                yield key, "legislation", code

    def faults(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        yield from super().faults(line)
        for index, applied in enumerate(line.get("laws_applied", [])):
            key = f"laws_applied[{index}].provision_links"
            codes = _linked(applied)
            if "not_held" in applied and "law_id" in applied:
                yield f"laws_applied[{index}].not_held", _("“law_id” names a law that is here")
            if len(set(codes)) < len(codes):
                yield key, _("a provision stands twice")
            if any(code.partition(":")[0] != applied.get("law_id") for code in codes):
                yield key, _("a provision is not of the law that “law_id” names")

    def identity(self, line: dict[str, Any]) -> Identity:
        return Identity(
            title=line.get("title", ""),
            place=line.get("jurisdiction", ""),
            year=year_of(line.get("decision_date")),
            rules=(("title", "place", "year"),),
            begins=("place", "year"),
        )

    def following(
        self, model: type[models.Model], changing: Sequence[Any]
    ) -> AbstractContextManager[Any]:
        return links_follow(changing) if model is Law and changing else nullcontext()

    def existing(self) -> models.QuerySet[Case]:
        return Case.objects.for_export()

    def export(self, instance: Case) -> dict[str, Any]:
        return export_case(instance)

    def settled(self, line: dict[str, Any]) -> dict[str, Any]:
        rows = [dict(row) for row in line.get("laws_applied", [])]
        found = Law.objects.filter(code__in=[row["law_id"] for row in rows if "law_id" in row])
        laws = {law.code: law for law in found.prefetch_related("provisions")}
        for row in rows:
            law = laws.get(row.get("law_id", ""))
            if law is not None and "provision_links" in row:
                links = row.pop("provision_links")
                chosen = {link["provision"]: link for link in ([] if links == "none" else links)}
                usual = matches_of(law, row.get("provision", ""))
                follows = {provision.code: match for provision, match in usual}
                if {code: link["match"] for code, link in chosen.items()} != follows:
                    row["provision_links"] = [chosen[code] for code in sorted(chosen)] or "none"
        return {**line, "laws_applied": rows} if rows else line

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(Case, pairs, self._values, keep=SET_ONCE)
        replace_parts(CaseTerm, "case", written, term_parts(CASE_VOCABULARIES))
        replace_parts(CaseCountry, "case", written, _countries)
        replace_parts(Proceeding, "case", written, _proceedings)
        defendants = replace_parts(Defendant, "case", written, _defendants)
        replace_parts(
            Charge, "defendant", [(owner, line, True) for owner, line in defendants], _charges
        )
        self._save_laws_applied(written)
        replace_sources(CaseSource, "case", written)
        return [instance for instance, *_rest in written]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        migrants, fee = line.get("migrants", {}), line.get("fee", {})
        texts = (
            "court",
            "docket",
            "facts",
            "significance",
            "gender_considerations",
            "contributor",
            "proceeding_type",
        )
        return {
            **head_values(line),
            **{name: line.get(name, "") for name in texts},
            "jurisdiction_id": line["jurisdiction"],
            "court_level_id": term_key("court_level", line.get("court_level")),
            "legal_system_id": term_key("legal_system", line.get("legal_system")),
            "decision_date": line.get("decision_date"),
            "citations": line.get("citations", []),
            "benefit_id": term_key("benefit", line.get("benefit")),
            "migrants_count": migrants.get("count"),
            "migrants_deaths": migrants.get("deaths"),
            "includes_children": migrants.get("includes_children"),
            "includes_women": migrants.get("includes_women"),
            **money_values("fee", fee),
            "fee_per_id": term_key("fee_per", fee.get("per")),
        }

    def _save_laws_applied(self, written: Written) -> None:
        codes = {
            part["law_id"]
            for _case, line, _new in written
            for part in line.get("laws_applied", [])
            if "law_id" in part
        }
        laws = {
            law.code: law
            for law in Law.objects.filter(code__in=codes).prefetch_related("provisions")
        }
        provisions = {
            provision.code: provision for law in laws.values() for provision in law.provisions.all()
        }

        def parts(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
            for position, part in enumerate(line.get("laws_applied", [])):
                yield (
                    {
                        "position": position,
                        "law_text": part["law"],
                        "provision_text": part.get("provision", ""),
                        "law": laws.get(part.get("law_id", "")),
                        "not_held": part.get("not_held", False),
                    },
                    part,
                )

        made = replace_parts(LawApplied, "case", written, parts)
        ProvisionApplied.objects.bulk_create(
            ProvisionApplied(application=applied, provision=provision, match=match)
            for applied, part in made
            for provision, match in _links(applied, part, provisions)
        )


def _linked(applied: dict[str, Any]) -> list[str]:
    """The codes of the provisions that a curator chose for a law applied."""
    links = applied.get("provision_links", "none")
    return [] if links == "none" else [link["provision"] for link in links]


def _links(
    applied: LawApplied, part: dict[str, Any], provisions: dict[str, Provision]
) -> list[tuple[Provision, str]]:
    given = part.get("provision_links")
    if given == "none" or applied.law is None:
        return []
    if given:
        return [
            (provisions[link["provision"]], link["match"])
            for link in given
            if link["provision"] in provisions
        ]
    return matches_of(applied.law, applied.provision_text)


def _countries(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    places = {name: line.get("route", {}).get(name, []) for name in PLACES}
    places["migrant_nationality"] = line.get("migrants", {}).get("nationalities", [])
    for relation, codes in places.items():
        for position, code in enumerate(codes):
            yield {"relation": relation, "jurisdiction_id": code, "position": position}, {}


def _proceedings(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for position, part in enumerate(line.get("proceedings", [])):
        yield (
            {
                "position": position,
                "stage_id": term_key("proceedings_stages", part["stage"]),
                "court": part.get("court", ""),
                "date": part.get("date"),
                "reference": part.get("reference", ""),
                "outcome": part.get("outcome", ""),
            },
            part,
        )


def _defendants(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for position, part in enumerate(line.get("defendants", [])):
        yield (
            {
                "position": position,
                "label": part["label"],
                "count": part.get("count", 1),
                "role_id": term_key("roles", part.get("role")),
                "gender_id": term_key("genders", part.get("gender")),
                "nationality_id": part.get("nationality"),
                "age": part.get("age"),
            },
            part,
        )


def _charges(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for position, part in enumerate(line.get("charges", [])):
        yield (
            {
                "position": position,
                "offence": part["offence"],
                "statute": part.get("statute", ""),
                "plea_id": term_key("pleas", part.get("plea")),
                "verdict_id": term_key("verdicts", part.get("verdict")),
                "imprisonment_months": part.get("imprisonment_months"),
                "suspended": part.get("suspended"),
                **money_values("fine", part.get("fine")),
                "other": part.get("other", ""),
            },
            part,
        )


def _proceeding_schema(codes: dict[str, list[str]]) -> Schema:
    return schema.record(
        ["stage"],
        {
            "stage": {"enum": codes["proceedings_stages"]},
            "court": schema.text(Proceeding, "court"),
            "date": schema.DATE,
            "reference": schema.text(Proceeding, "reference"),
            "outcome": schema.TEXT,
        },
        of=Proceeding,
    )


def _defendant_schema(codes: dict[str, list[str]]) -> Schema:
    charge = schema.record(
        ["offence"],
        {
            "offence": schema.text(Charge, "offence"),
            "statute": schema.text(Charge, "statute"),
            "plea": {"enum": codes["pleas"]},
            "verdict": {"enum": codes["verdicts"]},
            "imprisonment_months": schema.positive(12_000),
            "suspended": schema.BOOLEAN,
            "fine": schema.money(),
            "other": schema.text(Charge, "other"),
        },
        of=Charge,
    )
    return schema.record(
        ["label"],
        {
            "label": schema.text(Defendant, "label"),
            "count": {"type": "integer", "minimum": 1, "maximum": 30_000},
            "role": {"enum": codes["roles"]},
            "gender": {"enum": codes["genders"]},
            "nationality": {"enum": codes["jurisdictions"]},
            "age": {"type": "integer", "minimum": 5, "maximum": 120},
            "charges": schema.listing(charge),
        },
        of=Defendant,
    )


def _law_applied_schema() -> Schema:
    link = schema.record(
        ["provision", "match"],
        {"provision": schema.TEXT, "match": {"enum": ProvisionApplied.Match.values}},
        of=ProvisionApplied,
    )
    return schema.record(
        ["law"],
        {
            "law": schema.text(LawApplied, "law_text"),
            "provision": schema.text(LawApplied, "provision_text"),
            "law_id": schema.CODE,
            "not_held": {"const": True},
            "provision_links": {"anyOf": [schema.listing(link), {"const": "none"}]},
        },
        of=LawApplied,
    )
