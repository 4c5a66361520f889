"""What lists and pages of laws read; no view, API or admin writes a select_related itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, Value, When

from portal.records.models import RecordQuerySet
from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction

#: Bodies whose law binds their members only, and the grouping of the reference data that says
#: who these are. Of another body nobody says whom its law binds: it is taken to apply everywhere.
MEMBERS_ONLY = {"EUE": "european_union"}
#: Where a maximum penalty of any kind is recorded.
PENALTY = Q(max_imprisonment_years__isnull=False) | Q(life=True) | Q(max_fine_amount__isnull=False)
#: Imprisonment for life among numbers of years: more than any of them.
LIFE = Decimal("99999")


class _PlaceOf(models.Func):
    """The place of a value in an array, from 1; null where it is not in it."""

    function = "array_position"
    output_field = models.IntegerField()


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

    def with_provisions(self) -> Self:
        provisions = apps.get_model("legislation.Provision").objects.with_articles()
        return self.prefetch_related(Prefetch("provisions", queryset=provisions))

    def with_sources(self) -> Self:
        return self.prefetch_related("sources")

    def with_attachments(self, *, for_index: bool = False) -> Self:
        """Laws with their documents; with the texts of these only for the index."""
        documents = apps.get_model("legislation.LawAttachment").objects
        found = documents.for_index() if for_index else documents.without_texts()
        return self.prefetch_related(Prefetch("attachments", queryset=found))

    def with_effects(self) -> Self:
        """Laws with their effects on other laws."""
        relations = apps.get_model("legislation.LawRelation").objects.select_related("other")
        return self.prefetch_related(Prefetch("effects", queryset=relations.order_by("pk")))

    def with_parts(self, *, for_index: bool = False) -> Self:
        """Laws with provisions, sources and documents.

        Args:
            for_index: whether the texts of their documents are read as well.
        """
        return self.with_provisions().with_sources().with_attachments(for_index=for_index)

    def for_index(self) -> Self:
        """What the search documents of laws are made of."""
        return self.with_parts(for_index=True)

    def for_export(self) -> Self:
        """Everything that a line of the collection says of a law."""
        return self.with_parts().with_effects()


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

    def implementing(self, *articles: str) -> Self:
        """Provisions that implement one of some treaty articles, each once."""
        links = apps.get_model("legislation.ProvisionArticle").objects.filter(
            provision=OuterRef("pk"), article__in=articles
        )
        return self.filter(Exists(links))

    def with_benefit(self, *keys: str | None) -> Self:
        """Provisions with one of some terms as their benefit element; None is what has none."""
        condition = Q(benefit_element__in=[key for key in keys if key is not None])
        return self.filter(condition | Q(benefit_element=None) if None in keys else condition)

    def with_penalty(self, *, recorded: bool = True) -> Self:
        """Provisions whose maximum penalty is recorded, or is not."""
        return self.filter(PENALTY) if recorded else self.exclude(PENALTY)

    def by_benefit(self) -> list[tuple[str | None, int, int]]:
        """Of each benefit element, how many provisions have it, and how many of these a penalty."""
        return list(
            self.order_by()
            .values("benefit_element")
            .annotate(n=Count("pk"), penalties=Count("pk", filter=PENALTY))
            .values_list("benefit_element", "n", "penalties")
        )

    def by_article(self) -> dict[str, int]:
        """Of each treaty article, how many provisions implement it."""
        links = apps.get_model("legislation.ProvisionArticle").objects.filter(provision__in=self)
        found = links.order_by().values("article").annotate(n=Count("provision"))
        return dict(found.values_list("article", "n"))

    def side_by_side(self, places: Sequence[str], sort: str = "jurisdiction") -> Self:
        """Provisions with their law and articles, in an order that sets countries side by side.

        Args:
            places: the jurisdictions in the order of their names; others come last.
            sort: `jurisdiction`; `penalty`, the longest imprisonment first; `adopted`, the newest
                law first; with a minus the other way round. What is not recorded comes last.
        """
        name, is_reversed = sort.removeprefix("-"), sort.startswith("-")
        keys: dict[str, Any] = {
            "jurisdiction": _PlaceOf(
                Value(list(places), output_field=ArrayField(models.CharField())),
                F("law__jurisdiction_id"),
            ),
            "penalty": Case(
                When(life=True, then=Value(LIFE)),
                default=F("max_imprisonment_years"),
                output_field=models.DecimalField(),
            ),
            "adopted": F("law__adopted"),
        }
        is_rising = (name == "jurisdiction") != is_reversed
        key = keys[name]
        ordered = key.asc(nulls_last=True) if is_rising else key.desc(nulls_last=True)
        place = keys["jurisdiction"].asc(nulls_last=True)
        return self.for_list().order_by(ordered, place, "law__code", "position", "pk")
