"""Pages of the case law database."""

from __future__ import annotations

from typing import Any

from caselaw.models import Case
from caselaw.search import COMPLETENESS, recorded
from portal.attachments.pages import shown_attachments
from portal.citing.pages import citing
from portal.records.terms import grouped_terms
from portal.records.views import RecordView
from portal.reference.catalog import catalog
from portal.search.views import FacetView, SearchView


class CaseSearchView(SearchView):
    database_slug = Case.database


class CaseFacetView(FacetView):
    database_slug = Case.database


class CaseView(RecordView):
    """A case, in the order of sections that users of such databases know."""

    template_name = "caselaw/case.html"
    database_slug = Case.database
    completeness = COMPLETENESS

    def recorded(self, record: Case) -> dict[str, bool]:
        return recorded(record)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        case = context["record"]
        codes = {
            code
            for applied in case.laws_applied.all()
            if applied.public_law
            for link in applied.provision_links.all()
            for code in link.article_codes
        }
        return {
            **context,
            "citing": citing(case, self.request, with_links=False),
            "attachments": shown_attachments(case),
            "terms": grouped_terms(case.term_ids),
            "countries": grouped_countries(case.countries),
            "articles": [article for code, article in catalog().articles.items() if code in codes],
            "works": case.works.public().for_list(),
            "has_verdict": has_verdict(case),
        }


def has_verdict(case: Case) -> bool:
    """Whether a court has spoken on a charge; without it everyone is presumed innocent.

    A charge that is pending or sent back for a new trial has no verdict yet (International
    Covenant on Civil and Political Rights, article 14, paragraph 2).
    """
    open_verdicts = {None, "verdicts:pending", "verdicts:retrial"}
    return any(
        charge.verdict_id not in open_verdicts
        for defendant in case.defendants.all()
        for charge in defendant.charges.all()
    )


def grouped_countries(pairs: list[dict[str, str]]) -> dict[str, list[str]]:
    """Codes of countries by their relation to the case, in their order."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair["relation"], []).append(pair["code"])
    return found
