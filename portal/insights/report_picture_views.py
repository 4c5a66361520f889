"""The charts of the reports as SVG and PNG, under the filters of their pages."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import URLPattern, path

from portal.charts.answers import ChartView, Drawable
from portal.charts.charts import Caption, Chart
from portal.charts.kinds import nothing
from portal.charts.looks import FORMATS
from portal.insights.report_pictures import caption_of, chart_of, pairs_of
from portal.insights.report_views import REPORTS
from portal.insights.reports import Report
from portal.insights.women import WomenReport


class ReportChartView(ChartView):
    """The chart of a report."""

    report_class: type[Report] = WomenReport

    def drawable(self, data: QueryDict) -> Drawable:
        report = self.report_class(data)

        def make() -> tuple[Chart, Caption]:
            return chart_of(report) or nothing(), caption_of(report)

        return Drawable(pairs_of(report), make, tuple(report.problems), report.known)


def paths() -> list[URLPattern]:
    """The addresses of the charts of all reports."""
    return [
        path(
            f"{report.slug}/chart.{form}",
            ReportChartView.as_view(report_class=report, form=form),
            name=f"{report.slug}-{form}",
        )
        for report in REPORTS
        for form in FORMATS
    ]
