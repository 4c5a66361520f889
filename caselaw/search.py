"""What the search knows of a case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet

from caselaw.models import Case
from caselaw.persons import code_of, profiles
from legislation.models import Law
from portal.attachments.searching import public_attachments, searched_texts
from portal.reference.catalog import catalog
from portal.search.analysis import Text
from portal.search.index import Document
from portal.search.models import Identifier
from portal.search.tokens import place_tokens, places_changed, term_tokens, tokens_of

#: The parameter that each vocabulary of a case answers to.
PARAMETERS = {
    "modes": "mode",
    "offences": "offence",
    "aggravations": "aggravation",
    "related_crimes": "related_crime",
    "techniques": "technique",
    "cooperation": "cooperation",
}

#: What a lawyer needs of a case: the `has_<field>` parameters that make up its completeness.
COMPLETENESS = (
    "court",
    "date",
    "reference",
    "outcome",
    "sentence",
    "statute",
    "significance",
    "second_source",
)


def recorded(case: Case) -> dict[str, bool]:
    """Of each `has_<field>` of a case read with `with_parts()`, whether it is recorded."""
    defendants = list(case.defendants.all())
    charges = [charge for defendant in defendants for charge in defendant.charges.all()]
    proceedings = list(case.proceedings.all())
    applied = list(case.laws_applied.all())
    vocabularies = {key.split(":")[0] for key in case.term_ids}
    relations = {pair["relation"] for pair in case.countries}
    return {
        "court": bool(case.court),
        "date": case.decision_date is not None,
        "reference": bool(case.citations or case.docket or any(p.reference for p in proceedings)),
        "outcome": any(p.outcome for p in proceedings) or any(c.verdict_id for c in charges),
        "sentence": any(c.imprisonment_months or c.fine_amount for c in charges),
        "statute": bool(applied) or any(c.statute for c in charges),
        "significance": bool(case.significance),
        "second_source": len(case.sources.all()) > 1,
        "verdict": any(c.verdict_id for c in charges),
        "plea": any(c.plea_id for c in charges),
        "mode": "modes" in vocabularies,
        "offence": "offences" in vocabularies,
        "benefit": case.benefit_id is not None,
        "defendants": bool(defendants),
        "role": any(d.role_id for d in defendants),
        "gender": any(d.gender_id for d in defendants),
        "nationality": any(d.nationality_id for d in defendants),
        "proceedings": bool(proceedings),
        "migrants": case.migrants_count is not None,
        "deaths": case.migrants_deaths is not None,
        "route": bool(relations & {"origin", "transit", "destination"}),
        "fee": case.fee_amount is not None,
        "technique": "techniques" in vocabularies,
        "cooperation": "cooperation" in vocabularies,
        "law": any(a.public_law for a in applied),
        "provision": any(a.public_law and a.provision_links.all() for a in applied),
        "attachment": bool(public_attachments(case)),
    }


def _tokens(case: Case) -> Iterator[str]:
    yield from place_tokens([case.jurisdiction_id], catalog())
    yield from term_tokens(case.term_ids, PARAMETERS)
    yield from tokens_of("language", [case.language])
    yield from tokens_of("court_level", [case.court_level_id])
    yield from tokens_of("legal_system", [case.legal_system_id])
    yield from tokens_of("benefit", [case.benefit_id])
    for pair in case.countries:
        yield f"{pair['relation']}:{pair['code']}"
    for defendant in case.defendants.all():
        yield from tokens_of("role", [defendant.role_id])
        yield from tokens_of("gender", [defendant.gender_id])
        yield from tokens_of("nationality", [defendant.nationality_id])
        yield from (f"person:{profile}" for profile in profiles(defendant))
        for charge in defendant.charges.all():
            yield from tokens_of("plea", [charge.plea_id])
            yield from tokens_of("verdict", [charge.verdict_id])
    if case.fee_amount is not None:
        yield f"fee_currency:{case.fee_currency}"
        yield f"fee_per:{code_of(case.fee_per_id)}"
    for applied in case.laws_applied.all():
        if applied.public_law:
            yield f"law:{applied.public_law.code}"
            for link in applied.provision_links.all():
                yield f"provision:{link.provision.code}"
                yield from tokens_of("article", link.article_codes)
    yield from (f"has:{name}" for name, is_recorded in recorded(case).items() if is_recorded)


def document(case: Case) -> Document:
    """The search document of a case read with `for_index()`."""
    proceedings = list(case.proceedings.all())
    charges = [c for defendant in case.defendants.all() for c in defendant.charges.all()]
    numbers = [case.docket, *case.citations, *(p.reference for p in proceedings)]
    courts = {case.court, *(p.court for p in proceedings)}
    applied = [str(law) for law in case.laws_applied.all()]
    return Document(
        date=case.decision_date,
        tokens=_tokens(case),
        headings=[case.code, *numbers, *sorted(courts), *applied],
        texts=[
            case.facts,
            case.significance,
            case.gender_considerations,
            *(p.outcome for p in proceedings),
            *dict.fromkeys(part for c in charges for part in (c.offence, c.statute, c.other)),
        ],
        words=[
            catalog().jurisdictions.get(case.jurisdiction_id, {}).get("en", ""),
            *(Text(text, (language,)) for text, language in searched_texts(case)),
        ],
        identifiers=[
            (Identifier.Kind.DOCKET, case.docket),
            *((Identifier.Kind.CITATION, citation) for citation in case.citations),
            *((Identifier.Kind.DOCKET, p.reference) for p in proceedings),
        ],
    )


def affected(model: type[Model], keys: Iterable[Any]) -> QuerySet | Iterable[int]:
    """The cases whose documents depend on changed laws or reference data."""
    condition = (
        Q(laws_applied__law__in=keys)
        if model is Law
        else places_changed(model, keys, "jurisdiction")
    )
    if condition is None:
        return ()
    return Case.objects.order_by().filter(condition).values_list("pk", flat=True).distinct()
