"""A law as a line of the collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from legislation.models import Law, LawRelation, Provision
from portal.exchange.parts import export_sources
from portal.exchange.records import code_of, export_head, export_money


def _provision(provision: Provision) -> dict[str, Any]:
    return {
        "number": provision.number,
        "heading": provision.heading,
        "summary": provision.summary,
        "text_original": provision.text_original,
        "text_translation": provision.text_translation,
        "protocol_articles": list(provision.article_codes),
        "benefit_element": code_of(provision.benefit_element_id),
        "max_imprisonment_years": provision.max_imprisonment_years,
        "life": provision.life,
        "max_fine": export_money(provision.max_fine_amount, provision.max_fine_currency),
    }


def export_law(
    law: Law, *, for_readers: bool = False, effects: Iterable[LawRelation] | None = None
) -> dict[str, Any]:
    """A law read with `for_export()` as a line; what is not known is None or empty.

    Args:
        law: the law.
        for_readers: whether to leave out what only curators know, and laws that are not public.
        effects: what it does to other laws, where that was read already.
    """
    effects = law.effects.all() if effects is None else effects
    effects = [effect for effect in effects if effect.other.is_public or not for_readers]
    return {
        **export_head(law, for_readers=for_readers),
        "jurisdiction": law.jurisdiction_id,
        "type": code_of(law.type_id),
        "number": law.number,
        "adopted": law.adopted,
        "in_force": law.in_force,
        "status": code_of(law.status_id),
        "summary": law.summary,
        "provisions": [_provision(provision) for provision in law.provisions.all()],
        "humanitarian_exemption": law.humanitarian_exemption,
        "migrants_not_liable": law.migrants_not_liable,
        **{
            kind: [effect.other.code for effect in effects if effect.kind == kind]
            for kind in LawRelation.Kind.values
        },
        "sources": export_sources(law.sources.all()),
    }
