"""Reports as pages, as CSV and in the API: one set of views for all of them."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.views.generic import TemplateView, View
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from portal.insights.comparator import ComparatorReport
from portal.insights.fees import FeesReport
from portal.insights.report_pictures import picture_of
from portal.insights.reports import Report
from portal.insights.schemas import (
    ComparatorReportSerializer,
    FeesReportSerializer,
    SentencesReportSerializer,
    WomenReportSerializer,
)
from portal.insights.sentences import SentencesReport
from portal.insights.views import with_query
from portal.insights.women import WomenReport
from portal.rest.problems import BadParameters, refused_in_words
from portal.rest.schema import StrictSchema
from portal.rest.tabular import guarded

#: The reports, each with what its answer in the API looks like.
SCHEMAS: dict[type[Report], type[Serializer]] = {
    WomenReport: WomenReportSerializer,
    SentencesReport: SentencesReportSerializer,
    ComparatorReport: ComparatorReportSerializer,
    FeesReport: FeesReportSerializer,
}
REPORTS = tuple(SCHEMAS)


class ReportView(TemplateView):
    """The page of a report."""

    report_class: type[Report] = WomenReport

    def get_template_names(self) -> list[str]:
        return [f"insights/{self.report_class.slug}.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.report_class(self.request.GET)
        slug, query = report.slug, self.request.GET.urlencode()
        return super().get_context_data(
            report=report,
            picture=picture_of(report),
            notices=report.problems,
            chips=report.chips,
            csv_url=with_query(reverse(f"insights:{slug}-csv"), query),
            api_url=with_query(reverse(f"api:insights-{slug}"), query),
            **kwargs,
        )


class ReportCsvView(View):
    """The lines of a report; wrong parameters are refused."""

    report_class: type[Report] = WomenReport

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        report = self.report_class(request.GET)
        if report.problems:
            return refused_in_words(report.problems, report.known)
        out = io.StringIO()
        writer = csv.writer(out)
        for line in report.lines(request.build_absolute_uri):
            writer.writerow([guarded(str(cell)) for cell in line])
        response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{report.slug}.csv"'
        return response


class ReportData(APIView):
    """A report in the API."""

    schema = StrictSchema()
    report_class: type[Report] = WomenReport

    def documented_parameters(self) -> list[Any]:
        """What the report takes, for the OpenAPI document."""
        return list(self.report_class(QueryDict()).documented_parameters())

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        report = self.report_class(request.query_params)
        if report.problems:
            raise BadParameters(report.problems, report.known)
        page = request.build_absolute_uri(report.path)
        return Response(
            {"slug": report.slug, "page": page, **report.told(request.build_absolute_uri)}
        )


def _data_view(report: type[Report]) -> Any:
    """The view of a report in the API, documented under a name of its own."""
    name = f"insights_{report.slug.replace('-', '_')}"
    answer = extend_schema(responses={200: SCHEMAS[report]}, operation_id=name)
    view: Any = type(f"{report.__name__}Data", (ReportData,), {"__doc__": report.__doc__})
    return extend_schema_view(get=answer)(view).as_view(report_class=report)


def pages() -> list[URLPattern]:
    """The addresses of all reports and of their CSV."""
    found = []
    for report in REPORTS:
        slug = report.slug
        page, table = (view.as_view(report_class=report) for view in (ReportView, ReportCsvView))
        found.append(path(f"{slug}/", page, name=slug))
        found.append(path(f"{slug}/table.csv", table, name=f"{slug}-csv"))
    return found


def data() -> list[URLPattern]:
    """The addresses of all reports in the API."""
    return [
        path(f"insights/{report.slug}/", _data_view(report), name=f"insights-{report.slug}")
        for report in REPORTS
    ]
