"""The charts and maps of the tables: which numbers go where, and what is said with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.charts import kinds
from portal.charts.charts import Caption, Chart
from portal.charts.flows import flow
from portal.charts.kinds import Mark
from portal.charts.looks import Look
from portal.charts.maps import Place, Route, routes_map, world_map
from portal.charts.pictures import Picture, origin_lines
from portal.charts.years import latest, upright
from portal.insights.asking import asked, insight_for
from portal.insights.declared import Insight
from portal.insights.tables import Axis, CrossTable, Heading
from portal.reference.catalog import catalog
from portal.reference.punctuation import labelled
from portal.search.chips import chips_of
from portal.search.domains import NOT_RECORDED
from portal.search.facets import YEARS

#: Facets whose values are places on a map.
PLACES = ("jurisdiction", "origin", "transit", "destination", "nationality")


@dataclass(frozen=True)
class _Side:
    """An axis of a chart: what it is called, its headings, and its labels by value."""

    what: str
    headings: list[kinds.Heading]
    labels: dict[str, str]


def _side(axis: Axis, headings: list[Heading]) -> _Side:
    labels: dict[str, str] = {}
    for heading in headings:
        label = _short(axis, heading)
        labels[heading.value] = f"{label} ({heading.value})" if label in labels.values() else label
    made = [
        kinds.Heading(
            labels[heading.value],
            heading.number.count,
            heading.number.url,
            heading.value == NOT_RECORDED,
        )
        for heading in headings
    ]
    return _Side(str(axis.label), made, labels)


def _short(axis: Axis, heading: Heading) -> str:
    """A label that fits: treaty articles by their numbers, those of the Convention marked."""
    article = catalog().articles.get(heading.value) if axis.name == "article" else None
    if article is None:
        return heading.label
    return f"C {article.citation}" if heading.value.startswith("C") else article.citation


def _article_note(table: CrossTable) -> tuple[str, ...]:
    if "article" not in [axis.name for axis in table.axes]:
        return ()
    return (_("C: Organized Crime Convention; the other articles are those of the Protocol."),)


def chart_kind(table: CrossTable) -> str:
    """The kind of chart that suits a table of the reader's own."""
    if table.column_axis is None:
        return "years" if table.row_axis.name == YEARS else "bars"
    if table.column_axis.name == YEARS and len(table.row_headings) <= kinds.MOST_SERIES:
        return "years"
    return "matrix"


def chart_of(table: CrossTable, kind: str) -> Chart:
    """The chart of a table, of a kind of `portal.charts`."""
    if not table.total.count or not table.row_headings:
        return kinds.nothing()
    rows = _side(table.row_axis, table.row_headings)
    if table.column_axis is None and kind == "years":
        return upright(rows.headings, str(capfirst(table.database.noun_plural)), rows.what)
    if table.column_axis is None or kind == "bars":
        return kinds.bars(rows.headings, rows.what)
    columns = _side(table.column_axis, table.column_headings)
    marks = [
        Mark(
            rows.labels[row.heading.value],
            columns.labels[heading.value],
            number.count,
            number.url if number.count else "",
        )
        for row in table.rows
        for heading, number in zip(table.column_headings, row.numbers, strict=True)
    ]
    chart = _crossed(table, kind, rows, columns, marks)
    return Chart(
        chart.spec,
        chart.values,
        chart.height,
        (*chart.notes, *_article_note(table)),
        chart.told,
    )


def _crossed(table: CrossTable, kind: str, rows: _Side, columns: _Side, marks: list[Mark]) -> Chart:
    is_in_time = table.column_axis is not None and table.column_axis.name == YEARS
    notes: tuple[str, ...] = ()
    if is_in_time:
        headings, notes = latest(columns.headings)
        columns = _Side(columns.what, headings, columns.labels)
    if kind == "flow":
        return flow(rows.headings, columns.headings, marks, (rows.what, columns.what))
    what = (rows.what, columns.what)
    if kind == "years":
        wide = [Mark(mark.column, mark.row, mark.count, mark.url) for mark in marks]
        chart = kinds.in_series(
            kind,
            columns.headings,
            rows.headings,
            wide,
            what=(columns.what, rows.what),
            total=table.total.count,
        )
    elif kind == "matrix":
        chart = kinds.matrix(rows.headings, columns.headings, marks, what=what, in_time=is_in_time)
    else:
        if len(rows.headings) < len(columns.headings):
            # The fewer become the colours.
            rows, columns, what = columns, rows, (what[1], what[0])
            marks = [Mark(mark.column, mark.row, mark.count, mark.url) for mark in marks]
        chart = kinds.in_series(
            kind, rows.headings, columns.headings, marks, what=what, total=table.total.count
        )
    return Chart(chart.spec, chart.values, chart.height, (*notes, *chart.notes), chart.told)


def map_of(table: CrossTable, kind: str) -> Chart:
    """The map of a table: `places` of its rows, or `routes` from its rows to its columns."""
    if not table.total.count or not table.row_headings:
        return kinds.nothing()
    if kind == "routes" and table.column_axis is not None:
        routes = [
            Route(row.heading.value, heading.value, number.count, number.url)
            for row in table.rows
            for heading, number in zip(table.column_headings, row.numbers, strict=True)
            if number.count
        ]
        return routes_map(routes, (str(table.row_axis.label), str(table.column_axis.label)))
    return world_map(
        Place(heading.value, heading.number.count, heading.number.url)
        for heading in table.row_headings
        if heading.value != NOT_RECORDED
    )


def drawn(table: CrossTable, kind: str, *, is_map: bool) -> Chart:
    """The chart or the map of a table."""
    return map_of(table, kind) if is_map else chart_of(table, kind)


def caption_of(table: CrossTable, kind: str, title: str, *, is_map: bool) -> Caption:
    """What stands in a picture that leaves its page: title, filters, number, origin."""
    chips = [labelled(chip.label, chip.text) for chip in chips_of(table.request, lambda _r: "")]
    counted = table.database.counted(table.total.count)
    number = counted % {"number": Look().number(table.total.count)}
    axes = (table.row_axis,) if is_map and kind == "places" else table.axes
    heads = " × ".join(str(axis.label) for axis in axes)
    lines = (labelled(heads, number), *chips)
    return Caption(title, origin_lines(lines, is_map=is_map))


def _picture(table: CrossTable, kind: str, title: str, name: str, insight: str) -> Picture | None:
    if not kind or not table.total.count or not table.row_headings:
        return None
    pairs = tuple(table.request.pairs())
    if insight:
        at = {"slug": insight}
        svg, png = (reverse(f"insights:{name}-{form}", kwargs=at) for form in ("svg", "png"))
    else:
        own = [("database", table.database.slug), ("rows", table.row_axis.name)]
        own += [("columns", table.column_axis.name)] if table.column_axis else []
        pairs = (*own, *pairs)
        svg, png = (reverse(f"insights:own-{name}-{form}") for form in ("svg", "png"))
    chart = drawn(table, kind, is_map=name == "map")
    return Picture(chart, title, svg, png, pairs)


def chart_picture(table: CrossTable, insight: Insight) -> Picture | None:
    """The chart over the table of an insight; None where it has none, or nothing to draw."""
    return _picture(table, insight.chart, str(insight.title), "chart", insight.slug)


def map_picture(table: CrossTable, insight: Insight) -> Picture | None:
    """The map of an insight."""
    return _picture(table, insight.map, str(insight.title), "map", insight.slug)


def own_title(table: CrossTable) -> str:
    return " × ".join(str(axis.label) for axis in table.axes)


def own_chart_picture(table: CrossTable) -> Picture | None:
    """The chart over a table of the reader's own."""
    return _picture(table, chart_kind(table), own_title(table), "chart", "")


def own_map_picture(table: CrossTable) -> Picture | None:
    """The map of a table of the reader's own, where its rows are places."""
    return _picture(table, own_map_kind(table), own_title(table), "map", "")


def own_map_kind(table: CrossTable) -> str:
    return "places" if table.row_axis.name in PLACES else ""


def insight_map(slug: str, data: QueryDict | None = None) -> Picture | None:
    """The map of an insight, for other pages: `{% include "charts/_map.html" %}` as `map`."""
    insight = insight_for(slug)
    table = asked(insight, data if data is not None else QueryDict()).table
    return map_picture(table, insight)
