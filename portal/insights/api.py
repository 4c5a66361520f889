"""The insights in the API: the tables of the pages, under the same parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.insights.asking import Asked, asked, asked_freely, axis_names
from portal.insights.contents import OWN_TABLE, Entry, declared, entries
from portal.insights.declared import INSIGHTS
from portal.insights.schemas import PagesSerializer, TableSerializer
from portal.insights.tables import CrossTable, Heading, Number
from portal.insights.views import insight_or_404
from portal.publishing.documenting import documented_filter
from portal.records.database import Database, databases
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters
from portal.rest.schema import Documented, StrictSchema, documented
from portal.rest.values import Values
from portal.search.facets import YEARS

_SLUGS = Values.of([insight.slug for insight in INSIGHTS])


class InsightViewSet(viewsets.ViewSet):
    """Questions that the databases answer, each a table of numbers with the list behind each."""

    lookup_field = "slug"

    schema = StrictSchema()

    def documented_parameters(self) -> list[Any]:
        """Those of the list, which has none."""
        return []

    def documented_detail_parameters(self) -> list[Any]:
        """Those of a table."""
        at = OpenApiParameter.PATH
        slug = documented("slug", "A name from the list.", values=_SLUGS, at=at)
        return [slug, *documented_filters_of_all()]

    @extend_schema(responses={200: PagesSerializer}, operation_id="insights_list")
    def list(self, request: Request) -> Response:
        """All pages of figures, those with resources of their own among them."""
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        return Response({"results": [said(entry, request) for entry in entries()]})

    @extend_schema(responses={200: TableSerializer}, operation_id="insights_retrieve")
    def retrieve(self, request: Request, slug: str) -> Response:
        """A table of one database, under its filters."""
        insight = insight_or_404(slug)
        return answered(declared(insight), asked(insight, request.query_params), request)


class OwnTableData(APIView):
    """A table of the caller's own choice: a database, its rows and its columns."""

    schema = StrictSchema()

    def documented_parameters(self) -> list[Any]:
        slugs = [database.slug for database in databases()]
        names = [name for database in databases() for name in axis_names(database)]
        axes = Values.of(list(dict.fromkeys(names)))
        return [
            documented(
                "database",
                "The database that is counted.",
                values=Values.of(slugs),
                default=slugs[0],
            ),
            documented("rows", "A facet of the database, or `year`.", values=axes),
            documented(
                "columns",
                "Another facet, or `year`; without it the rows are counted.",
                values=replace(axes, example=YEARS),
            ),
            *documented_filters_of_all(),
        ]

    @extend_schema(responses={200: TableSerializer}, operation_id="insights_table")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return answered(OWN_TABLE, asked_freely(request.query_params), request)


def documented_filters_of_all() -> list[Any]:
    """The filters of all databases, each with those that know it."""
    known: dict[str, list[Database]] = {}
    for database in databases():
        for name in database.filterset.parameters():
            known.setdefault(name, []).append(database)
    return [_of_some(name, found) for name, found in known.items()]


def _of_some(name: str, found: list[Database]) -> Documented:
    """A filter of some databases, with the values that any of them knows."""
    every = [documented_filter(name, one.filterset.parameters()[name]) for one in found]
    told = max(every, key=lambda one: len(one.values.known) if one.values else 0)
    known = dict.fromkeys(value for one in every if one.values for value in one.values.known)
    if told.values and set(known) != set(told.values.known):
        told = documented(name, "", values=Values.of(tuple(known)), many=True)
    lists = ", ".join(database.api_slug for database in found)
    label = found[0].filterset.parameters()[name].label
    told.description = f"{label}. As in the lists of: {lists}."
    return told


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
