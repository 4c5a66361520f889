"""A case as a line of the collection."""

from __future__ import annotations

from typing import Any

from caselaw.linking import follows_text, links_of
from caselaw.models import CASE_VOCABULARIES, Case, Charge, Defendant, LawApplied, Proceeding
from portal.exchange.parts import export_sources
from portal.exchange.records import code_of, export_head, export_money


def _proceeding(proceeding: Proceeding) -> dict[str, Any]:
    return {
        "stage": code_of(proceeding.stage_id),
        "court": proceeding.court,
        "date": proceeding.date,
        "reference": proceeding.reference,
        "outcome": proceeding.outcome,
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "offence": charge.offence,
        "statute": charge.statute,
        "plea": code_of(charge.plea_id),
        "verdict": code_of(charge.verdict_id),
        "imprisonment_months": charge.imprisonment_months,
        "suspended": charge.suspended,
        "fine": export_money(charge.fine_amount, charge.fine_currency),
        "other": charge.other,
    }


def _defendant(defendant: Defendant) -> dict[str, Any]:
    return {
        "label": defendant.label,
        "count": defendant.count if defendant.count > 1 else None,
        "role": code_of(defendant.role_id),
        "gender": code_of(defendant.gender_id),
        "nationality": defendant.nationality_id,
        "age": defendant.age,
        "charges": [_charge(charge) for charge in defendant.charges.all()],
    }


def _law_applied(applied: LawApplied, *, for_readers: bool, with_links: bool) -> dict[str, Any]:
    line: dict[str, Any] = {"law": applied.law_text, "provision": applied.provision_text}
    if applied.law is None:
        return {**line, "not_held": True} if applied.not_held else line
    if for_readers and applied.public_law is None:
        return line
    line["law_id"] = applied.law.code
    if with_links and not follows_text(applied):
        # Links that a curator set by hand are told; those that follow from the text are not.
        line["provision_links"] = [
            {"provision": code, "match": match} for code, match in sorted(links_of(applied).items())
        ] or "none"
    return line


def export_case(
    case: Case, *, for_readers: bool = False, with_links: bool = True
) -> dict[str, Any]:
    """A case read with `for_export()` as a line; what is not known is None or empty.

    Args:
        case: the case.
        for_readers: whether to leave out what only curators know, and laws that are not public.
        with_links: whether to tell the provisions that a curator linked by hand. Without them the
            case may be read with `for_detail()`, which leaves the laws' provisions out.
    """
    terms: dict[str, list[str]] = {name: [] for name in CASE_VOCABULARIES}
    for key in case.term_ids:
        vocabulary, _colon, code = key.partition(":")
        terms[vocabulary].append(code)
    places: dict[str, list[str]] = {}
    for pair in case.countries:
        places.setdefault(pair["relation"], []).append(pair["code"])
    fee = export_money(case.fee_amount, case.fee_currency)
    return {
        **export_head(case, for_readers=for_readers),
        "jurisdiction": case.jurisdiction_id,
        "court": case.court,
        "court_level": code_of(case.court_level_id),
        "legal_system": code_of(case.legal_system_id),
        "proceeding_type": case.proceeding_type,
        "decision_date": case.decision_date,
        "citations": case.citations,
        "docket": case.docket,
        **terms,
        "benefit": code_of(case.benefit_id),
        "facts": case.facts,
        "significance": case.significance,
        "gender_considerations": case.gender_considerations,
        "contributor": case.contributor,
        "proceedings": [_proceeding(proceeding) for proceeding in case.proceedings.all()],
        "defendants": [_defendant(defendant) for defendant in case.defendants.all()],
        "migrants": {
            "count": case.migrants_count,
            "nationalities": places.get("migrant_nationality"),
            "includes_children": case.includes_children,
            "includes_women": case.includes_women,
            "deaths": case.migrants_deaths,
        },
        "route": {name: places.get(name) for name in ("origin", "transit", "destination")},
        "fee": {**fee, "per": code_of(case.fee_per_id)} if fee else None,
        "laws_applied": [
            _law_applied(applied, for_readers=for_readers, with_links=with_links)
            for applied in case.laws_applied.all()
        ],
        "sources": export_sources(case.sources.all()),
    }
