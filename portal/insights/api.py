"""The insights in the API: the tables of the pages, under the same parameters."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.insights.asking import Asked, asked, asked_freely
from portal.insights.contents import OWN_TABLE, Entry, declared, entries
from portal.insights.declared import INSIGHTS
from portal.insights.tables import CrossTable, Heading, Number
from portal.insights.views import insight_or_404
from portal.records.database import Database, databases
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters
from portal.rest.schema import StrictSchema, documented

_SLUG = OpenApiParameter(
    "slug",
    str,
    OpenApiParameter.PATH,
    description="A name from the list.",
    enum=[insight.slug for insight in INSIGHTS],
)


class InsightViewSet(viewsets.ViewSet):
    """Questions that the databases answer, each a table of numbers with the list behind each."""

    lookup_field = "slug"

    schema = StrictSchema()

    def documented_parameters(self) -> list[OpenApiParameter]:
        """Those of the list, which has none."""
        return []

    def documented_detail_parameters(self) -> list[OpenApiParameter]:
        return documented_filters_of_all()

    @extend_schema(responses={200: dict}, operation_id="insights_list")
    def list(self, request: Request) -> Response:
        """All pages of figures, those with resources of their own among them."""
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        return Response({"results": [said(entry, request) for entry in entries()]})

    @extend_schema(responses={200: dict}, operation_id="insights_retrieve", parameters=[_SLUG])
    def retrieve(self, request: Request, slug: str) -> Response:
        """A table of one database, under its filters."""
        insight = insight_or_404(slug)
        return answered(declared(insight), asked(insight, request.query_params), request)


class OwnTableData(APIView):
    """A table of the caller's own choice: a database, its rows and its columns."""

    schema = StrictSchema()

    def documented_parameters(self) -> list[OpenApiParameter]:
        slugs = [database.slug for database in databases()]
        return [
            documented("database", "The database that is counted.", enum=slugs, default=slugs[0]),
            documented("rows", "A facet of the database, or `year`."),
            documented("columns", "Another facet, or `year`; without it the rows are counted."),
            *documented_filters_of_all(),
        ]

    @extend_schema(responses={200: dict}, operation_id="insights_table")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return answered(OWN_TABLE, asked_freely(request.query_params), request)


def documented_filters_of_all() -> list[OpenApiParameter]:
    """The filters of all databases, each with those that know it."""
    known: dict[str, list[Database]] = {}
    for database in databases():
        for name in database.filterset.parameters():
            known.setdefault(name, []).append(database)
    return [
        documented(
            name,
            f"{found[0].filterset.parameters()[name].label}. As in the lists of: "
            f"{', '.join(database.api_slug for database in found)}.",
        )
        for name, found in known.items()
    ]


def answered(entry: Entry, found: Asked, request: Request) -> Response:
    """A table with what is told of its page.

    Raises:
        BadParameters: something of the address was not understood.
    """
    if found.problems:
        raise BadParameters(found.problems, found.known)
    return Response({**said(entry, request), **tabled(found.table, request)})


def said(entry: Entry, request: Request) -> dict[str, Any]:
    """What a page of figures asks, and what it cannot show."""
    return {
        "slug": entry.slug,
        "title": str(entry.title),
        "asks": str(entry.asks),
        "limits": str(entry.limits),
        "database": entry.database or None,
        "url": request.build_absolute_uri(entry.data_path),
        "page": request.build_absolute_uri(entry.path),
    }


def tabled(table: CrossTable, request: Request) -> dict[str, Any]:
    """A table with its headings, its numbers and their addresses."""

    def number(found: Number) -> dict[str, Any]:
        return {
            "count": found.count,
            "url": request.build_absolute_uri(found.url) if found.url else None,
        }

    def heading(found: Heading) -> dict[str, Any]:
        return {"value": found.value, "label": found.label, **number(found.number)}

    return {
        "total": number(table.total),
        "rows": table.row_axis.name,
        "columns": table.column_axis.name if table.column_axis else None,
        "stated": [
            {
                "field": str(field.label),
                "stated": field.stated,
                "of": field.total,
                "not_recorded": number(field.missing) if field.missing else None,
            }
            for field in table.stated
        ],
        "column_headings": [heading(found) for found in table.column_headings],
        "results": [
            {**heading(row.heading), "numbers": [number(found) for found in row.numbers]}
            for row in table.rows
        ],
    }
