"""Pages of the legislation database."""

from __future__ import annotations

from typing import Any

from legislation.models import Law
from legislation.search import COMPLETENESS, recorded
from portal.records.views import RecordView
from portal.reference.models import TreatyStatus
from portal.search.links import linked_records
from portal.search.views import SearchView

#: Cases that the page of a law names; the rest is a link to the search.
SHOWN_CASES = 20


class LawSearchView(SearchView):
    database_slug = Law.database


class LawView(RecordView):
    """A law with its provisions, the cases that applied them and what amended it."""

    template_name = "legislation/law.html"
    database_slug = Law.database
    completeness = COMPLETENESS

    def recorded(self, record: Law) -> dict[str, bool]:
        return recorded(record)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        law = context["record"]
        cases = linked_records("cases", "law", law.code, count="provision", shown=SHOWN_CASES)
        for provision in law.provisions.all():
            provision.cases_count = cases.counts.get(provision.code, 0)
            provision.cases_url = cases.url_for("provision", provision.code)
        relations = [
            {"reading": effect.get_kind_display(), "law": effect.other}
            for effect in law.effects.all()
            if effect.other.is_public
        ] + [
            {"reading": effect.reverse_reading, "law": effect.law}
            for effect in law.effects_of_others.all()
            if effect.law.is_public
        ]
        return {
            **context,
            "relations": relations,
            "cases": cases.records,
            "cases_count": cases.total,
            "cases_url": cases.url_for("law", law.code),
            "works": linked_records("bibliography", "law", law.code).records,
            "treaty": TreatyStatus.objects.filter(jurisdiction=law.jurisdiction_id).first(),
        }
