"""Pages of the bibliography."""

from __future__ import annotations

from typing import Any

from bibliography.models import Contributor, Work
from bibliography.search import COMPLETENESS, recorded
from portal.citing.pages import citing
from portal.records.terms import grouped_terms
from portal.records.views import RecordView
from portal.search.views import FacetView, SearchView


class WorkSearchView(SearchView):
    database_slug = Work.database


class WorkFacetView(FacetView):
    database_slug = Work.database


class WorkView(RecordView):
    """A work with what it studies and what it discusses."""

    template_name = "bibliography/work.html"
    database_slug = Work.database
    completeness = COMPLETENESS

    def recorded(self, record: Work) -> dict[str, bool]:
        return recorded(record)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        work = context["record"]
        people = list(work.contributors.all())
        return {
            **context,
            "citing": citing(work, self.request),
            "authors": [p for p in people if p.role == Contributor.Role.AUTHOR],
            "editors": [p for p in people if p.role == Contributor.Role.EDITOR],
            "terms": grouped_terms(work.term_ids),
            "cases": [link.case for link in work.case_links.all() if link.case.is_public],
            "laws": [link.law for link in work.law_links.all() if link.law.is_public],
        }
