"""What lists and pages of cases read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, QuerySet
from django.db.models.functions import JSONObject

from portal.records.models import RecordQuerySet


class CaseQuerySet(RecordQuerySet):
    def with_terms(self) -> Self:
        """Cases with `term_ids` and `countries`, in the order of the record, without a join."""
        terms = apps.get_model("caselaw.CaseTerm").objects.filter(case=OuterRef("pk"))
        countries = apps.get_model("caselaw.CaseCountry").objects.filter(case=OuterRef("pk"))
        return self.annotate(
            term_ids=ArraySubquery(terms.order_by("position", "pk").values("term_id")),
            countries=ArraySubquery(
                countries.order_by("relation", "position", "pk").values(
                    pair=JSONObject(relation=F("relation"), code=F("jurisdiction_id"))
                )
            ),
        )

    def with_parts(self, *, for_index: bool = False) -> Self:
        """Cases with all their parts: proceedings, defendants, charges, laws applied, sources.

        Args:
            for_index: whether the texts of their documents are read as well.
        """
        documents = apps.get_model("caselaw.CaseAttachment").objects
        links: Any = apps.get_model("caselaw.ProvisionApplied").objects.select_related("provision")
        applied = apps.get_model("caselaw.LawApplied").objects.select_related("law")
        articles = apps.get_model("legislation.ProvisionArticle").objects.filter(
            provision=OuterRef("provision_id")
        )
        links = links.annotate(
            article_codes=ArraySubquery(articles.order_by("position").values("article_id"))
        )
        return self.with_terms().prefetch_related(
            "proceedings",
            "defendants__charges",
            Prefetch("laws_applied", queryset=applied),
            Prefetch("laws_applied__provision_links", queryset=links),
            "sources",
            Prefetch(
                "attachments",
                queryset=documents.for_index() if for_index else documents.without_texts(),
            ),
        )

    def for_list(self) -> Self:
        """Cases with their terms and countries: one query."""
        return self.with_terms()

    def for_detail(self) -> Self:
        """Cases with all that their page shows: eight queries."""
        return self.with_parts()

    def for_index(self) -> Self:
        """What the search documents of cases are made of."""
        return self.with_parts(for_index=True)

    def for_export(self) -> Self:
        """Everything that a line of the collection says of a case."""
        return self.with_parts().prefetch_related("laws_applied__law__provisions")


class LawAppliedQuerySet(QuerySet):
    def in_words(self) -> Self:
        """Those that no law of the collection is linked to."""
        return self.filter(law=None)

    def unjudged(self) -> Self:
        """Those in words only of which nobody said yet that the law is not in the collection."""
        return self.in_words().filter(not_held=False)

    def without_provision(self) -> Self:
        """Those that are linked to a law, whose provision as given leads to none of it."""
        return self.exclude(law=None).exclude(provision_text="").filter(provision_links=None)

    def of_foreign_laws(self, place: str) -> Self:
        """Those linked to a law that a court of a jurisdiction does not apply as a rule."""
        usual = apps.get_model("legislation.Law").objects.for_courts_of(place)
        return self.exclude(law=None).exclude(law__in=usual)
