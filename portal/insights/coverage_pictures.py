"""The charts of the coverage: how many records of a database state a field, or are of a year."""

from __future__ import annotations

from typing import ClassVar

from django.http import Http404, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.charts import kinds
from portal.charts.answers import ChartView, Drawable
from portal.charts.charts import Caption, Chart
from portal.charts.kinds import Heading, Mark
from portal.charts.looks import FORMATS, Look
from portal.charts.pictures import Picture, origin_lines
from portal.charts.years import upright
from portal.insights.coverage import DatabaseCoverage, coverage
from portal.records.database import databases
from portal.rest.parameters import unknown_names
from portal.search.domains import NOT_RECORDED


def fields_chart(found: DatabaseCoverage) -> Chart:
    """A bar for each field: the records that state it, and those that do not."""
    stated, missing = str(_("Stated")), str(_("Not recorded"))
    rows, marks, counts = [], [], [0, 0]
    for field in found.fields:
        label = str(field.label)
        rows.append(Heading(label, field.stated.count, field.stated.url))
        marks.append(Mark(label, stated, field.stated.count, field.stated.url))
        marks.append(Mark(label, missing, field.missing.count, field.missing.url))
        counts = [counts[0] + field.stated.count, counts[1] + field.missing.count]
    series = [Heading(stated, counts[0]), Heading(missing, counts[1], "", is_missing=True)]
    # Each record is in one of the two parts of each bar: nothing is counted twice.
    what = (str(_("Field")), str(_("Records")))
    return kinds.in_series("stacked", rows, series, marks, what=what, total=sum(counts))


def years_chart(found: DatabaseCoverage) -> Chart:
    """A bar for each year of the records: of decision, adoption or publication."""
    headings = [
        Heading(time.label, time.number.count, time.number.url, time.value == NOT_RECORDED)
        for time in found.years
    ]
    if all(heading.is_missing for heading in headings):
        return kinds.nothing()
    noun = str(capfirst(found.database.noun_plural))
    return upright(headings, noun, str(found.years_axis.label))


_CHARTS = {"fields": fields_chart, "years": years_chart}


def title_of(found: DatabaseCoverage, name: str) -> str:
    what = _("What is stated") if name == "fields" else found.years_axis.label
    return _("%(database)s: %(what)s") % {"database": found.database.title, "what": what}


def pictures_of(found: DatabaseCoverage) -> list[Picture]:
    """The charts of a database: its fields and its years; none where it holds nothing."""
    if not found.total.count:
        return []
    at = {"database": found.database.slug}
    made = []
    for name, chart in _CHARTS.items():
        svg, png = (reverse(f"insights:coverage-{name}-{form}", kwargs=at) for form in FORMATS)
        made.append(Picture(chart(found), title_of(found, name), svg, png))
    return made


class CoverageChartView(ChartView):
    """A chart of what a database holds; it takes no filters."""

    name: ClassVar[str] = "fields"

    def drawable(self, data: QueryDict) -> Drawable:
        slug = self.kwargs["database"]
        if slug not in [database.slug for database in databases()]:
            raise Http404(_("There is no such database."))

        def make() -> tuple[Chart, Caption]:
            (found,) = [entry for entry in coverage() if entry.database.slug == slug]
            count = found.database.counted(found.total.count)
            line = count % {"number": Look().number(found.total.count)}
            title = title_of(found, self.name)
            return _CHARTS[self.name](found), Caption(title, origin_lines((line,)))

        return Drawable((), make, tuple(unknown_names(data, ())))


def paths() -> list[URLPattern]:
    """The addresses of the charts of the coverage."""
    return [
        path(
            f"coverage/<slug:database>/{name}.{form}",
            CoverageChartView.as_view(name=name, form=form),
            name=f"coverage-{name}-{form}",
        )
        for name in _CHARTS
        for form in FORMATS
    ]
