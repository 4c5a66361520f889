"""The coverage of the collection as a page, as CSV and in the API."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic import TemplateView, View
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.insights.coverage import DatabaseCoverage, coverage
from portal.insights.coverage_pictures import pictures_of
from portal.insights.schemas import CoverageSerializer
from portal.insights.tables import Number
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters, refused_in_words
from portal.rest.schema import StrictSchema


class CoverageView(TemplateView):
    """What the collection holds, field by field, and what it lacks."""

    template_name = "insights/coverage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = coverage()
        return super().get_context_data(
            coverage=held,
            pictured=[(found, pictures_of(found)) for found in held],
            notices=unknown_names(self.request.GET, ()),
            csv_url=reverse("insights:coverage-csv"),
            api_url=reverse("api:insights-coverage"),
            **kwargs,
        )


class CoverageCsvView(View):
    """A line for each field of each database, each year of its records and each month of growth."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET:
            return refused_in_words(unknown_names(request.GET, ()), ())
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["database", "figure", "value", "label", "records", "url", *_WITHOUT])
        for found in coverage():
            for line in _lines(found, request):
                writer.writerow([found.database.slug, *line])
        response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="coverage.csv"'
        return response


#: What only a field has: the records that do not state it.
_WITHOUT = ("not_stated", "not_stated_url")


def _lines(found: DatabaseCoverage, request: HttpRequest) -> Iterator[list[Any]]:
    """The figures of a database: fields, then the years of its records, then when they came."""

    def cells(number: Number) -> list[Any]:
        return [number.count, request.build_absolute_uri(number.url)]

    for field in found.fields:
        name = field.name.removeprefix("has_")
        yield ["field", name, field.label, *cells(field.stated), *cells(field.missing)]
    for figure, times in (("year", found.years), ("added", found.added)):
        for time in times:
            yield [figure, time.value, time.label, *cells(time.number), *("" for _ in _WITHOUT)]


class CoverageData(APIView):
    """How many records each database has, by field, by year and by the month they were added."""

    schema = StrictSchema()

    @extend_schema(responses={200: CoverageSerializer}, operation_id="insights_coverage")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        return Response({"results": [_said(found, request) for found in coverage()]})


def _said(found: DatabaseCoverage, request: Request) -> dict[str, Any]:
    def number(one: Number) -> dict[str, Any]:
        return {"count": one.count, "url": request.build_absolute_uri(one.url)}

    return {
        "database": found.database.slug,
        "records": number(found.total),
        "jurisdictions": found.places,
        "report_of_may_2018": {
            "records": found.report_records,
            "jurisdictions": found.report_places,
        },
        "fields": [
            {
                "field": field.name.removeprefix("has_"),
                "label": str(field.label),
                "stated": number(field.stated),
                "not_stated": number(field.missing),
            }
            for field in found.fields
        ],
        "year_label": str(found.years_axis.label),
        "years": [{"year": time.value, **number(time.number)} for time in found.years],
        "added": [{"month": time.value, **number(time.number)} for time in found.added],
        "jurisdictions_without_records": found.places_without,
    }
