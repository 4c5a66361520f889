"""The pages of the insights: a question, its table, and what the table cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from portal.insights.asking import Asked, asked, asked_freely, axis_names, insight_for
from portal.insights.contents import OWN_TABLE, groups
from portal.insights.csv_table import lines
from portal.insights.declared import Insight
from portal.insights.forms import fields_of
from portal.insights.pictures import (
    chart_picture,
    map_picture,
    own_chart_picture,
    own_map_picture,
)
from portal.insights.tables import Axis, CrossTable
from portal.records.database import databases
from portal.rest.problems import refused_in_words
from portal.search.chips import chips_of

#: The filters that the page of a table asks for, by database; all others hold as well.
ASKED_FOR = {
    "cases": ("jurisdiction", "region", "process", "mode", "decided_from", "decided_to"),
    "legislation": ("jurisdiction", "region", "process", "party", "status"),
    "bibliography": ("type", "topic", "method", "issued_from", "issued_to"),
}


def filters_of(
    found: Asked, data: QueryDict, own: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """What the form of filters of a table shows; `own` are parameters of the page itself."""
    request = found.table.request
    names = ASKED_FOR.get(request.database, ())
    return {
        "fields": list(fields_of(request, names, data, found.problems)),
        "hidden": [*own, *(pair for pair in request.pairs() if pair[0] not in names)],
        "is_narrowed": bool(request.values),
    }


class IndexView(TemplateView):
    """All questions, by the database that answers them."""

    template_name = "insights/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(groups=groups(), own=OWN_TABLE, **kwargs)


def insight_or_404(slug: str) -> Insight:
    try:
        return insight_for(slug)
    except LookupError:
        raise Http404(_("There is no insight of this name.")) from None


class InsightView(TemplateView):
    """One question."""

    template_name = "insights/insight.html"

    def asked(self) -> Asked:
        return asked(self.insight, self.request.GET)

    @property
    def insight(self) -> Insight:
        return insight_or_404(self.kwargs["slug"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.asked()
        query = self.request.GET.urlencode()
        return super().get_context_data(
            insight=self.insight,
            table=found.table,
            picture=chart_picture(found.table, self.insight),
            map=map_picture(found.table, self.insight),
            notices=found.problems,
            chips=chips_of(found.table.request, lambda request: request.address(self.request.path)),
            csv_url=with_query(reverse("insights:csv", kwargs={"slug": self.insight.slug}), query),
            api_url=with_query(
                reverse("api:insights-detail", kwargs={"slug": self.insight.slug}), query
            ),
            own_url=own_table(found.table),
            **filters_of(found, self.request.GET),
            search_url=found.table.total.url,
            **kwargs,
        )


class OwnTableView(TemplateView):
    """A table of the reader's own choice."""

    template_name = "insights/own.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = asked_freely(self.request.GET)
        table, query = found.table, self.request.GET.urlencode()
        return super().get_context_data(
            table=table,
            picture=own_chart_picture(table),
            map=own_map_picture(table),
            notices=found.problems,
            databases=databases(),
            axes=[Axis(table.database, name) for name in axis_names(table.database)],
            held=table.request.pairs(),
            **filters_of(found, self.request.GET, axes_of(table)),
            chips=chips_of(table.request, lambda request: own_table(table, request)),
            csv_url=with_query(reverse("insights:own-csv"), query),
            api_url=with_query(OWN_TABLE.data_path, query),
            search_url=table.total.url,
            **kwargs,
        )


class CsvView(View):
    """The table of a question as CSV; wrong parameters are refused."""

    def asked(self) -> tuple[Asked, str]:
        insight = insight_or_404(self.kwargs["slug"])
        return asked(insight, self.request.GET), insight.slug

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found, name = self.asked()
        if found.problems:
            return refused_in_words(found.problems, found.known)
        made = lines(found.table, request.build_absolute_uri)
        response = HttpResponse("".join(made), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response


class OwnCsvView(CsvView):
    def asked(self) -> tuple[Asked, str]:
        return asked_freely(self.request.GET), "table"


def with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def axes_of(table: CrossTable) -> list[tuple[str, str]]:
    """The parameters that make a table of one's own what it is."""
    columns = [("columns", table.column_axis.name)] if table.column_axis else []
    return [("database", table.database.slug), ("rows", table.row_axis.name), *columns]


def own_table(table: CrossTable, request: Any = None) -> str:
    """The address of a table among those that a reader can change in all its parts."""
    request = request or table.request
    query = urlencode([*axes_of(table), *request.pairs()])
    return with_query(reverse("insights:own"), query)
