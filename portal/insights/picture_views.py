"""The pictures of the insights: charts and maps as SVG and PNG, under the filters of the page."""

from __future__ import annotations

from typing import ClassVar

from django.http import Http404, QueryDict
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from portal.charts.answers import ChartView, Drawable
from portal.charts.charts import Caption, Chart
from portal.charts.looks import FORMATS
from portal.charts.pictures import Pairs
from portal.insights.asking import Asked, asked, asked_freely
from portal.insights.pictures import caption_of, chart_kind, drawn, own_map_kind, own_title
from portal.insights.tables import CrossTable
from portal.insights.views import insight_or_404


class PictureView(ChartView):
    """The chart or the map of an insight; wrong parameters are refused."""

    name: ClassVar[str] = "chart"

    @property
    def is_map(self) -> bool:
        return self.name == "map"

    def asked(self, data: QueryDict) -> Asked:
        insight = insight_or_404(self.kwargs["slug"])
        if not (insight.map if self.is_map else insight.chart):
            raise Http404(_("This insight has no such picture."))
        return asked(insight, data)

    def kind_and_title(self, table: CrossTable) -> tuple[str, str]:
        insight = insight_or_404(self.kwargs["slug"])
        return insight.map if self.is_map else insight.chart, str(insight.title)

    def pairs(self, table: CrossTable) -> Pairs:
        return tuple(table.request.pairs())

    def drawable(self, data: QueryDict) -> Drawable:
        found = self.asked(data)

        def make() -> tuple[Chart, Caption]:
            kind, title = self.kind_and_title(found.table)
            chart = drawn(found.table, kind, is_map=self.is_map)
            return chart, caption_of(found.table, kind, title, is_map=self.is_map)

        return Drawable(self.pairs(found.table), make, found.problems, found.known)


class OwnPictureView(PictureView):
    """The chart or the map of a table of the reader's own."""

    def asked(self, data: QueryDict) -> Asked:
        found = asked_freely(data)
        if self.is_map and not own_map_kind(found.table):
            raise Http404(_("This table has no map: its rows are no places."))
        return found

    def kind_and_title(self, table: CrossTable) -> tuple[str, str]:
        kind = own_map_kind(table) if self.is_map else chart_kind(table)
        return kind, own_title(table)

    def pairs(self, table: CrossTable) -> Pairs:
        axes = [("rows", table.row_axis.name)]
        axes += [("columns", table.column_axis.name)] if table.column_axis else []
        return (("database", table.database.slug), *axes, *table.request.pairs())


def picture_paths() -> list[URLPattern]:
    """The addresses of all pictures."""
    found = []
    for name in ("chart", "map"):
        for form in FORMATS:
            own = OwnPictureView.as_view(name=name, form=form)
            view = PictureView.as_view(name=name, form=form)
            found += [
                path(f"table/{name}.{form}", own, name=f"own-{name}-{form}"),
                path(f"<slug:slug>/{name}.{form}", view, name=f"{name}-{form}"),
            ]
    return found
