"""What lists and pages of works read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from typing import Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch

from portal.records.models import RecordQuerySet


class WorkQuerySet(RecordQuerySet):
    def with_term_ids(self) -> Self:
        """Works with the keys of their terms, in the order of the record."""
        terms = apps.get_model("bibliography.WorkTerm").objects.filter(work=OuterRef("pk"))
        return self.annotate(
            term_ids=ArraySubquery(terms.order_by("position", "pk").values("term_id"))
        )

    def with_country_codes(self) -> Self:
        """Works with the codes of the countries that they are about, in the order of the record."""
        countries = apps.get_model("bibliography.WorkCountry").objects.filter(work=OuterRef("pk"))
        return self.annotate(
            country_codes=ArraySubquery(
                countries.order_by("position", "pk").values("jurisdiction_id")
            )
        )

    def with_terms(self) -> Self:
        """Works with `term_ids` and `country_codes`."""
        return self.with_term_ids().with_country_codes()

    def with_contributors(self) -> Self:
        return self.prefetch_related("contributors")

    def with_sources(self) -> Self:
        return self.prefetch_related("sources")

    def with_case_links(self) -> Self:
        cases = apps.get_model("bibliography.WorkCase").objects.select_related("case")
        return self.prefetch_related(Prefetch("case_links", queryset=cases))

    def with_law_links(self) -> Self:
        laws = apps.get_model("bibliography.WorkLaw").objects.select_related("law")
        return self.prefetch_related(Prefetch("law_links", queryset=laws))

    def for_list(self) -> Self:
        """Works with their terms, countries and contributors: two queries."""
        return self.with_terms().with_contributors()

    def for_detail(self) -> Self:
        """Works with all that their page shows: five queries."""
        return (
            self.with_terms().with_contributors().with_sources().with_case_links().with_law_links()
        )

    def for_index(self) -> Self:
        """What the search documents of works are made of."""
        return self.for_detail()

    def for_export(self) -> Self:
        """Everything that a line of the collection says of a work."""
        return self.for_detail()
