"""What lists and pages of cases read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case as Choice
from django.db.models import F, OuterRef, Prefetch, QuerySet, When
from django.db.models.functions import JSONObject

from portal.records.models import RecordQuerySet, State, as_object


class CaseQuerySet(RecordQuerySet):
    def with_term_ids(self) -> Self:
        """Cases with the keys of their terms in the order of the record, without a join."""
        terms = apps.get_model("caselaw.CaseTerm").objects.filter(case=OuterRef("pk"))
        return self.annotate(
            term_ids=ArraySubquery(terms.order_by("position", "pk").values("term_id"))
        )

    def with_countries(self) -> Self:
        """Cases with the countries of routes and migrants in the order of the record."""
        countries = apps.get_model("caselaw.CaseCountry").objects.filter(case=OuterRef("pk"))
        pairs = countries.order_by("relation", "position", "pk").values(
            pair=JSONObject(relation=F("relation"), code=F("jurisdiction_id"))
        )
        return self.annotate(countries=ArraySubquery(pairs))

    def with_terms(self) -> Self:
        """Cases with `term_ids` and `countries`."""
        return self.with_term_ids().with_countries()

    def with_proceedings(self) -> Self:
        return self.prefetch_related("proceedings")

    def with_defendants(self) -> Self:
        return self.prefetch_related("defendants__charges")

    def with_laws_applied(self) -> Self:
        """Cases with the laws applied, their laws and the provisions that they lead to."""
        links: Any = apps.get_model("caselaw.ProvisionApplied").objects.select_related("provision")
        applied = apps.get_model("caselaw.LawApplied").objects.select_related("law")
        articles = apps.get_model("legislation.ProvisionArticle").objects.filter(
            provision=OuterRef("provision_id")
        )
        links = links.annotate(
            article_codes=ArraySubquery(articles.order_by("position").values("article_id"))
        )
        return self.prefetch_related(
            Prefetch("laws_applied", queryset=applied),
            Prefetch("laws_applied__provision_links", queryset=links),
        )

    def with_told_defendants(self) -> Self:
        """Cases with `told_defendants`: what the API tells of each, with the charges."""
        charges = apps.get_model("caselaw.Charge").objects.filter(defendant=OuterRef("pk"))
        told = charges.order_by("position", "pk").values(
            row=as_object(
                *("offence", "statute", "plea_id", "verdict_id", "imprisonment_months"),
                *("suspended", "fine_amount", "fine_currency", "other"),
            )
        )
        defendants = apps.get_model("caselaw.Defendant").objects.filter(case=OuterRef("pk"))
        rows = defendants.order_by("position", "pk").values(
            row=as_object(
                *("label", "count", "role_id", "gender_id", "nationality_id", "age"),
                charges=ArraySubquery(told),
            )
        )
        return self.annotate(told_defendants=ArraySubquery(rows))

    def with_told_laws_applied(self) -> Self:
        """Cases with `told_laws_applied`: what the API tells of each; laws that are not public
        are told in the words of the case alone."""
        articles = apps.get_model("legislation.ProvisionArticle").objects.filter(
            provision=OuterRef("provision_id")
        )
        links = apps.get_model("caselaw.ProvisionApplied").objects.filter(
            application=OuterRef("pk"), application__law__state=State.PUBLISHED
        )
        told = links.order_by("provision__position", "pk").values(
            row=as_object(
                "match",
                code=F("provision__code"),
                article_codes=ArraySubquery(articles.order_by("position").values("article_id")),
            )
        )
        applied = apps.get_model("caselaw.LawApplied").objects.filter(case=OuterRef("pk"))
        public_code = When(law__state=State.PUBLISHED, then=F("law__code"))
        rows = applied.order_by("position", "pk").values(
            row=as_object(
                *("law_text", "provision_text"),
                law_code=Choice(public_code, default=None),
                provisions=ArraySubquery(told),
            )
        )
        return self.annotate(told_laws_applied=ArraySubquery(rows))

    def with_sources(self) -> Self:
        return self.prefetch_related("sources")

    def with_attachments(self, *, for_index: bool = False) -> Self:
        """Cases with their documents; with the texts of these only for the index."""
        documents = apps.get_model("caselaw.CaseAttachment").objects
        found = documents.for_index() if for_index else documents.without_texts()
        return self.prefetch_related(Prefetch("attachments", queryset=found))

    def with_parts(self, *, for_index: bool = False) -> Self:
        """Cases with all their parts: proceedings, defendants, charges, laws applied, sources.

        Args:
            for_index: whether the texts of their documents are read as well.
        """
        return (
            self.with_terms()
            .with_proceedings()
            .with_defendants()
            .with_laws_applied()
            .with_sources()
            .with_attachments(for_index=for_index)
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
