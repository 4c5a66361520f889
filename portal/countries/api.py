"""The country pages in the API: the same numbers, each with the address of its records."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponsePermanentRedirect
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.countries.figures import Figure, entries
from portal.countries.listing import (
    BY_NAME,
    BY_REGION,
    PARAMETERS,
    Listing,
    Row,
    ask,
    sorts,
)
from portal.countries.profile import Profile
from portal.countries.schemas import CountriesSerializer, ProfileSerializer
from portal.countries.status import in_words, standing_of
from portal.countries.views import known_code
from portal.insights.reports import number_told
from portal.insights.sentences import row_told
from portal.insights.tables import Number
from portal.reference.api import TreatyStatusSerializer
from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters
from portal.rest.schema import StrictSchema, documented, documented_code
from portal.rest.values import TRUTH, Values
from portal.search.domains import Jurisdictions, Processes, Regions


class CountryViewSet(viewsets.ViewSet):
    """Jurisdictions with their treaty status, and the figures of each."""

    lookup_field = "code"
    lookup_value_regex = "[A-Za-z]+"
    schema = StrictSchema()
    answers_of_one = ("301",)

    def documented_parameters(self) -> list[Any]:
        """The parameters of the list for the OpenAPI document."""
        truths = {
            "party": "Party to the Protocol.",
            "has_cases": "Whether there are cases.",
            "has_laws": "Whether there are laws.",
        }
        many = "Repeated or separated by commas: one of them."
        return [
            *(documented(name, text, values=Values.of(TRUTH)) for name, text in truths.items()),
            documented("region", f"M49 codes. {many}", values=Regions().values(), many=True),
            documented("process", f"Processes. {many}", values=Processes().values(), many=True),
            documented("sort", "Order.", values=Values(BY_NAME, tuple(sorts())), default=BY_REGION),
        ]

    def documented_detail_parameters(self) -> list[Any]:
        """The parameters of a profile for the OpenAPI document."""
        return [documented_code("Alpha-3 code.", values=Jurisdictions().values())]

    @extend_schema(responses={200: CountriesSerializer}, operation_id="insights_countries_list")
    def list(self, request: Request) -> Response:
        asked = ask(request.query_params)
        if asked.problems:
            raise BadParameters(asked.problems, PARAMETERS)
        listing = Listing(asked)
        return Response(
            {
                "count": len(listing.rows),
                "sorts": list(sorts()),
                "results": [_row(row, request) for row in listing.rows],
            }
        )

    @extend_schema(responses={200: ProfileSerializer}, operation_id="insights_countries_retrieve")
    def retrieve(self, request: Request, code: str) -> Any:
        known = known_code(code)
        if known != code:
            path = reverse("api:insights-countries-detail", kwargs={"code": known})
            return HttpResponsePermanentRedirect(path)
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        return Response(_profile(Profile(code), request))


def _number(number: Number, request: Request) -> dict[str, Any]:
    url = request.build_absolute_uri(number.url) if number.url else None
    return {"count": number.count, "url": url}


def _row(row: Row, request: Request) -> dict[str, Any]:
    treaty = row.treaty
    return {
        "code": row.code,
        "name": row.name,
        "regions": list(row.regions),
        "processes": list(catalog().memberships.get(row.code, ())),
        "status": row.standing.value,
        "signed": treaty.signed if treaty else None,
        "consent": treaty.consent if treaty else None,
        "act": treaty.act if treaty else "",
        **{kind: _number(number, request) for kind, number in row.numbers.items()},
        "page": request.build_absolute_uri(row.url),
        "url": request.build_absolute_uri(
            reverse("api:insights-countries-detail", kwargs={"code": row.code})
        ),
    }


def _figure(figure: Figure, request: Request) -> dict[str, Any]:
    return {
        "field": figure.name,
        "label": str(figure.label),
        "stated": figure.stated,
        "of": figure.total.count,
        "values": [
            {"value": one.value, "label": one.label, **_number(one.number, request)}
            for one in entries(figure)
        ],
    }


def _article(article: TreatyArticle) -> dict[str, Any]:
    return {"code": article.code, "instrument": article.instrument, "label": str(article)}


def _profile(profile: Profile, request: Request) -> dict[str, Any]:
    treaty = profile.treaty
    page = reverse("countries:country", kwargs={"code": profile.code})
    return {
        "code": profile.code,
        "name": profile.name,
        "page": request.build_absolute_uri(page),
        "regions": list(profile.regions),
        "processes": [
            {"code": one.process_id, "capacity": one.capacity} for one in profile.memberships
        ],
        "status": standing_of(treaty).value,
        "status_label": in_words(treaty),
        "treaty": TreatyStatusSerializer(treaty).data if treaty else None,
        **{kind: _number(number, request) for kind, number in profile.numbers.items()},
        "articles": [
            {
                **_article(one.article),
                "laws": _number(one.laws, request),
                "provisions": [provision.code for provision in one.provisions],
            }
            for one in profile.articles
        ],
        "no_provision_recorded": [_article(article) for article in profile.open_articles],
        **_figures(profile, request),
    }


def _figures(profile: Profile, request: Request) -> dict[str, Any]:
    found = profile.sentences
    return {
        "case_figures": [
            _figure(figure, request) for figure in (*profile.case_figures, profile.nationalities)
        ],
        "sentences": {
            "persons": number_told(found.everybody, request.build_absolute_uri),
            **row_told(found, request.build_absolute_uri),
        },
        "routes": [
            {
                "as": route.place,
                "cases": _number(route.total, request),
                "neighbours": [_figure(figure, request) for figure in route.neighbours],
            }
            for route in profile.routes
        ],
        "nationals": _figure(profile.nationals, request),
        "work_figures": [_figure(figure, request) for figure in profile.work_figures],
    }
