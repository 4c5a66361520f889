"""Pages of the legislation database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from legislation.models import Law, LawRelation
from legislation.querysets import LawQuerySet
from legislation.search import COMPLETENESS, recorded
from portal.attachments.pages import shown_attachments
from portal.citing.pages import citing
from portal.records.views import RecordView
from portal.search.links import linked_records
from portal.search.views import FacetView, SearchView

#: Cases that the page of a law names; the rest is a link to the search.
SHOWN_CASES = 20


class LawSearchView(SearchView):
    database_slug = Law.database


class LawFacetView(FacetView):
    database_slug = Law.database


class LawView(RecordView):
    """A law with its provisions, the cases that applied them and what amended it."""

    template_name = "legislation/law.html"
    database_slug = Law.database
    completeness = COMPLETENESS

    def records(self) -> LawQuerySet:
        laws = Law.objects.all() if self.is_preview else Law.objects.public()
        return laws.for_page()

    def recorded(self, record: Law) -> dict[str, bool]:
        return recorded(record)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        law = context["record"]
        relations = _relations(law)
        cases = linked_records("cases", "law", law.code, count="provision", shown=SHOWN_CASES)
        for provision in law.provisions.all():
            provision.cases_count = cases.counts.get(provision.code, 0)
            provision.cases_url = cases.url_for("provision", provision.code)
        return {
            **context,
            "citing": citing(
                law, self.request, effects=[r for r in relations if r.law_id == law.pk]
            ),
            "attachments": shown_attachments(law),
            "relations": list(_as_read(relations, law)),
            "cases": cases.records,
            "cases_database": cases.database,
            "cases_count": cases.total,
            "cases_url": cases.url_for("law", law.code),
            "works": law.works.public().for_list(),
            "treaty": getattr(law.jurisdiction, "treaty_status", None),
        }


def _relations(law: Law) -> list[LawRelation]:
    """What a law does to others and others to it."""
    found = LawRelation.objects.filter(Q(law=law) | Q(other=law)).select_related("law", "other")
    return list(found.order_by("pk"))


def _as_read(relations: Iterable[LawRelation], law: Law) -> Iterator[dict[str, Any]]:
    """Relations to other laws, each as the law's own page tells it."""
    for relation in relations:
        is_ours = relation.law_id == law.pk
        reading = relation.get_kind_display() if is_ours else relation.reverse_reading
        other = relation.other if is_ours else relation.law
        if other.is_public:
            yield {"reading": reading, "law": other}
