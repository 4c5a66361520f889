"""The articles and the comparison in the API: what their pages show, under the same parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from legislation.models import Law
from portal.insights.tables import Number, Stated
from portal.protocol.asking import (
    COMPARED,
    FILTERS,
    MOST_COMPARED,
    ORDERS,
    PAGE_SIZE,
    SORTS,
    comparison_asked,
    laws,
    missing_parts,
    provisions_asked,
)
from portal.protocol.comparing import Comparison
from portal.protocol.figures import ArticleFigures, ArticleIndex, article_path
from portal.protocol.files import NUMBERS
from portal.protocol.rows import told
from portal.protocol.schemas import (
    ArticleDetailSerializer,
    ArticlesSerializer,
    ComparisonSerializer,
)
from portal.protocol.views import article_or_404
from portal.protocol.words import article_in_words
from portal.publishing.documenting import documented_filter
from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters
from portal.rest.schema import StrictSchema, documented, documented_code, documented_paging
from portal.rest.values import Values
from portal.search.domains import Articles, Jurisdictions


class ArticlesView(APIView):
    """The articles of the treaties with the numbers of what implements and applies them."""

    schema = StrictSchema()

    @extend_schema(responses={200: ArticlesSerializer}, operation_id="insights_protocol_list")
    def get(self, request: Request) -> Response:
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        index = ArticleIndex()
        results = [
            {
                **head(row.article, request),
                **{
                    name: number(found, request)
                    for name, found in zip(NUMBERS, row.numbers, strict=True)
                },
            }
            for row in index.rows
        ]
        return Response({"stated": stated(index.stated, request), "results": results})


class ArticleView(APIView):
    """An article with the provisions that implement it, filtered and in order as on its page."""

    schema = StrictSchema()

    def documented_parameters(self) -> list[Any]:
        """The parameters for the OpenAPI document."""
        filters = laws().filterset.parameters()
        orders = Values(ORDERS[1], SORTS)
        return [
            documented_code("The code of a treaty article.", values=Articles().values()),
            *(documented_filter(name, filters[name]) for name in FILTERS),
            documented("sort", "Order of the provisions.", values=orders, default=ORDERS[0]),
            *documented_paging(PAGE_SIZE),
        ]

    @extend_schema(
        responses={200: ArticleDetailSerializer}, operation_id="insights_protocol_retrieve"
    )
    def get(self, request: Request, code: str) -> Response:
        article = article_or_404(code)
        asked = provisions_asked(request.query_params)
        if asked.problems:
            raise BadParameters(asked.problems, asked.known)
        figures = ArticleFigures(article, asked)
        is_last = asked.page * asked.page_size >= figures.total

        def page(place: int) -> str:
            return request.build_absolute_uri(asked.address(request.path, page=place))

        return Response(
            {
                **head(article, request),
                "laws": number(figures.laws, request),
                "jurisdictions": number(figures.jurisdictions, request),
                "cases": number(figures.cases, request),
                "cases_by_jurisdiction": [
                    {"value": place, "label": catalog().jurisdiction_name(place)}
                    | number(found, request)
                    for place, found in figures.cases_by_place
                ],
                "works_by_law": [
                    {"value": law.code, "label": law.title} | number(found, request)
                    for law, found in figures.works_by_law
                ],
                "works_by_topic": [
                    {"label": label} | number(found, request)
                    for label, found in figures.works_by_topic
                ],
                "benefit_elements": [
                    {"value": found.value, "label": found.label} | number(found.number, request)
                    for found in figures.benefits
                ],
                "stated": stated(figures.stated, request),
                "count": figures.total,
                "next": None if is_last else page(asked.page + 1),
                "previous": page(asked.page - 1) if asked.page > 1 else None,
                "results": told(figures.provisions, origin_of(request)),
            }
        )


class ComparisonView(APIView):
    """The provisions of up to four jurisdictions on some articles, side by side."""

    schema = StrictSchema()

    def documented_parameters(self) -> list[Any]:
        """The parameters for the OpenAPI document."""
        shape: dict[str, Any] = {"many": True, "explode": False, "required": True, "minItems": 1}
        places = documented(
            "jurisdiction",
            f"One to {MOST_COMPARED} alpha-3 codes, separated by commas.",
            values=Jurisdictions().values(),
            example=["ITA", "ESP"],
            maxItems=MOST_COMPARED,
            **shape,
        )
        articles = documented(
            "article",
            "Codes of treaty articles, separated by commas.",
            values=Articles().values(),
            example=["6.1.a", "6.3.a"],
            **shape,
        )
        return [places, articles]

    @extend_schema(responses={200: ComparisonSerializer}, operation_id="insights_protocol_compare")
    def get(self, request: Request) -> Response:
        asked = comparison_asked(request.query_params)
        problems = [*asked.problems, *missing_parts(asked)]
        if problems:
            raise BadParameters(problems, COMPARED)
        comparison, origin = Comparison(asked), origin_of(request)
        return Response(
            {
                "jurisdictions": [
                    {
                        "code": column.jurisdiction,
                        "name": catalog().jurisdiction_name(column.jurisdiction),
                        "party": column.jurisdiction in catalog().parties,
                        "laws": [of_law(law, origin) for law in column.laws],
                    }
                    for column in comparison.columns
                ],
                "results": [
                    {
                        **head(row.article, request),
                        "jurisdictions": [
                            {"jurisdiction": cell.jurisdiction}
                            | number(cell.number, request)
                            | {"provisions": told(cell.provisions, origin)}
                            for cell in row.cells
                        ],
                    }
                    for row in comparison.rows
                ],
            }
        )


def origin_of(request: Request) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def number(found: Number, request: Request) -> dict[str, Any]:
    return {"count": found.count, "url": request.build_absolute_uri(found.url)}


def stated(found: Iterable[Stated], request: Request) -> list[dict[str, Any]]:
    return [
        {
            "field": str(field.label),
            "stated": field.stated,
            "of": field.total,
            "not_recorded": number(field.missing, request) if field.missing else None,
        }
        for field in found
    ]


def head(article: TreatyArticle, request: Request) -> dict[str, Any]:
    """An article, what it asks for, and where it stands."""
    path = reverse("api:insights-protocol-article", kwargs={"code": article.code})
    return {
        "code": article.code,
        "instrument": article.instrument,
        "citation": article.citation,
        "title": article_in_words(article),
        "definition": article.definition,
        "url": request.build_absolute_uri(path),
        "page": request.build_absolute_uri(article_path(article.code)),
    }


def of_law(law: Law, origin: str) -> dict[str, Any]:
    """What a comparison says of a law whose provisions stand in it."""
    return {
        "code": law.code,
        "title": law.title,
        "status": (law.status_id or "").partition(":")[2],
        "adopted": str(law.adopted) if law.adopted else None,
        "humanitarian_exemption": law.humanitarian_exemption,
        "migrants_not_liable": law.migrants_not_liable,
        "url": origin + law.permanent_path,
    }
