"""What lists and pages of laws read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from typing import Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Prefetch, Q

from portal.records.models import RecordQuerySet
from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction

#: Bodies whose law binds their members only, and the grouping of the reference data that says
#: who these are. Of another body nobody says whom its law binds: it is taken to apply everywhere.
MEMBERS_ONLY = {"EUE": "european_union"}


def article_codes(through: str, owner: str) -> ArraySubquery:
    """The codes of the treaty articles of a row, in the order of the record, as one array."""
    links = apps.get_model(through).objects.filter(**{owner: OuterRef("pk")})
    return ArraySubquery(links.order_by("position", "pk").values("article_id"))


def bodies_without_force(place: str) -> set[str]:
    """The bodies whose law does not apply in a jurisdiction, because it is no member."""
    groupings = catalog().memberships.get(place, ())
    return {body for body, members in MEMBERS_ONLY.items() if members not in groupings}


class LawQuerySet(RecordQuerySet):
    def applying_in(self, *places: str) -> Self:
        """Laws of some jurisdictions, and of the bodies whose law applies there."""
        condition = Q(jurisdiction__in=places)
        for place in places:
            condition |= Q(jurisdiction__kind=Jurisdiction.Kind.INTERNATIONAL_COURT) & ~Q(
                jurisdiction__in=bodies_without_force(place)
            )
        return self.filter(condition)

    def for_courts_of(self, place: str) -> Self:
        """Laws that the courts of a jurisdiction apply; international courts judge by any."""
        courts = Jurisdiction.objects.filter(kind=Jurisdiction.Kind.INTERNATIONAL_COURT)
        return self.all() if courts.filter(pk=place).exists() else self.applying_in(place)

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
        """Laws with provisions, sources, documents and effects on other laws: five queries."""
        return self.for_export()

    def for_page(self) -> Self:
        """Laws with provisions, sources, documents and their jurisdiction's treaty status: four
        queries."""
        return self.with_parts().select_related("jurisdiction__treaty_status")

    def with_parts(self, *, for_index: bool = False) -> Self:
        """Laws with provisions, sources and documents.

        Args:
            for_index: whether the texts of their documents are read as well.
        """
        provisions = apps.get_model("legislation.Provision").objects.with_articles()
        documents = apps.get_model("legislation.LawAttachment").objects
        return self.prefetch_related(
            Prefetch("provisions", queryset=provisions),
            "sources",
            Prefetch(
                "attachments",
                queryset=documents.for_index() if for_index else documents.without_texts(),
            ),
        )

    def for_index(self) -> Self:
        """What the search documents of laws are made of."""
        return self.with_parts(for_index=True)

    def for_export(self) -> Self:
        """Everything that a line of the collection says of a law."""
        relations = apps.get_model("legislation.LawRelation").objects.select_related("other")
        return self.with_parts().prefetch_related(
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
