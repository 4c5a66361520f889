"""What lists and pages of laws read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from typing import Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Prefetch

from portal.records.models import RecordQuerySet


def article_codes(through: str, owner: str) -> ArraySubquery:
    """The codes of the treaty articles of a row, in the order of the record, as one array."""
    links = apps.get_model(through).objects.filter(**{owner: OuterRef("pk")})
    return ArraySubquery(links.order_by("position", "pk").values("article_id"))


class LawQuerySet(RecordQuerySet):
    def for_list(self) -> Self:
        """Laws with the codes of the articles that their provisions implement."""
        links = (
            apps.get_model("legislation.ProvisionArticle")
            .objects.filter(provision__law=OuterRef("pk"))
            .order_by("article__position")
            .values("article_id")
            .distinct()
        )
        return self.annotate(
            article_codes=ArraySubquery(links),
            provisions_count=models.Subquery(
                apps.get_model("legislation.Provision")
                .objects.filter(law=OuterRef("pk"))
                .order_by()
                .values("law")
                .annotate(n=models.Count("pk"))
                .values("n")
            ),
        )

    def for_detail(self) -> Self:
        """Laws with provisions, sources and their effects on other laws: four queries."""
        return self.for_export()

    def for_page(self) -> Self:
        """Laws with provisions, sources and their jurisdiction's treaty status: three queries."""
        return self.for_index().select_related("jurisdiction__treaty_status")

    def for_index(self) -> Self:
        """What the search documents of laws are made of."""
        provisions = apps.get_model("legislation.Provision").objects.with_articles()
        return self.prefetch_related(Prefetch("provisions", queryset=provisions), "sources")

    def for_export(self) -> Self:
        """Everything that a line of the collection says of a law."""
        relations = apps.get_model("legislation.LawRelation").objects.select_related("other")
        return self.for_index().prefetch_related(
            Prefetch("effects", queryset=relations.order_by("pk"))
        )


class ProvisionQuerySet(models.QuerySet):
    def public(self) -> Self:
        """Provisions of the laws that the world may see."""
        return self.filter(law__in=apps.get_model("legislation.Law").objects.public())

    def with_articles(self) -> Self:
        """Provisions with `article_codes`, in the order of their law."""
        return self.annotate(
            article_codes=article_codes("legislation.ProvisionArticle", "provision")
        ).order_by("law_id", "position", "pk")

    def for_list(self) -> Self:
        return self.select_related("law").annotate(
            article_codes=article_codes("legislation.ProvisionArticle", "provision")
        )
