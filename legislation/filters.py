"""What laws can be asked for: one set of parameters for page, API and exports."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from legislation.models import Provision, ProvisionArticle
from portal.search.domains import Articles, Codes, Domain, Jurisdictions, Terms, Truth
from portal.search.parameters import (
    AddedParameter,
    DateParameter,
    ParameterSet,
    PresenceParameter,
    TokenParameter,
    ValuesField,
)


class LawParameters(ParameterSet):
    """Parameters of the legislation database."""

    type = TokenParameter(Terms("law_types"), label=_("Type"))
    status = TokenParameter(Terms("law_status"), label=pgettext_lazy("of a law", "Status"))
    article = TokenParameter(Articles(), label=_("Treaty article implemented"))
    benefit_element = TokenParameter(Terms("benefit_element"), label=_("Benefit element"))
    humanitarian_exemption = TokenParameter(Truth(), label=_("Humanitarian exemption"))
    migrants_not_liable = TokenParameter(Truth(), label=_("Migrants are not liable"))
    party = TokenParameter(Truth(), partial=False, label=_("Party to the Protocol"))
    adopted_from = DateParameter(partner="adopted_to", is_start=True, label=_("Adopted from"))
    adopted_to = DateParameter(partner="adopted_from", is_start=False, label=_("Adopted to"))
    added_from = AddedParameter("legislation.Law", is_start=True, label=_("Added from"))
    added_to = AddedParameter("legislation.Law", is_start=False, label=_("Added to"))
    has_date = PresenceParameter(label=_("Date of adoption"))
    has_in_force = PresenceParameter(label=_("Date of entry into force"))
    has_number = PresenceParameter(label=_("Official number"))
    has_title_original = PresenceParameter(label=_("Original title"))
    has_article = PresenceParameter(label=_("Treaty article"))
    has_provision_number = PresenceParameter(label=_("Number of a provision"))
    has_benefit_element = PresenceParameter(label=_("Benefit element"))
    has_penalty = PresenceParameter(label=_("Penalty"))
    has_humanitarian_exemption = PresenceParameter(label=_("Humanitarian exemption"))
    has_migrants_not_liable = PresenceParameter(label=_("Liability of migrants"))
    has_second_source = PresenceParameter(label=_("Second source"))
    has_attachment = PresenceParameter(label=_("Document attached"))

    ordered_pairs = (("adopted_from", "adopted_to"), ("added_from", "added_to"))
    period = ("adopted_from", "adopted_to")
    open_facets = ("jurisdiction", "type", "article", "benefit_element")


class ListFilter(django_filters.Filter):
    """Values of a column, repeated or separated by commas: one of them."""

    field_class = ValuesField

    def __init__(self, *, domain: Domain | None = None, **kwargs: Any) -> None:
        super().__init__(domain=domain, **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class ArticleFilter(ListFilter):
    """Provisions that implement one of several articles, each once."""

    def filter(self, qs: Any, value: Any) -> Any:
        links = ProvisionArticle.objects.filter(provision=OuterRef("pk"), article__in=value)
        return qs.filter(Exists(links)) if value else qs


class ProvisionFilters(django_filters.FilterSet):
    """Parameters of the list of provisions in the API."""

    law = ListFilter(
        field_name="law__code",
        domain=Codes("legislation.Law", example="aus-migration-act-1958"),
        label=_("Code of the law"),
    )
    jurisdiction = ListFilter(
        field_name="law__jurisdiction_id", domain=Jurisdictions(), label=_("Jurisdiction")
    )
    article = ArticleFilter(domain=Articles(), label=_("Treaty article implemented"))
    benefit_element = ListFilter(
        field_name="benefit_element__code",
        domain=Terms("benefit_element"),
        label=_("Benefit element"),
    )

    class Meta:
        model = Provision
        fields: list[str] = []
