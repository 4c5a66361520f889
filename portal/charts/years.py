"""Charts in time: years stand side by side without gaps, and not more of them than are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.charts.charts import Chart
from portal.charts.kinds import MOST_YEARS, Heading, Mark, in_series, largest_told
from portal.charts.looks import Look


def records_without(number: int) -> str:
    """The note on records that have no year."""
    said = ngettext(
        "%(number)s record without a year is not drawn.",
        "%(number)s records without a year are not drawn.",
        number,
    )
    return said % {"number": Look().number(number)}


def latest(
    headings: Sequence[Heading], without: Callable[[int], str] = records_without
) -> tuple[list[Heading], tuple[str, ...]]:
    """The latest years without gaps, and notes on what is not drawn."""
    known = {heading.label: heading for heading in headings if heading.label.isdigit()}
    notes = []
    unknown = sum(heading.count for heading in headings if heading.is_missing)
    if unknown:
        notes.append(without(unknown))
    if not known:
        return [], tuple(notes)
    last = max(map(int, known))
    first = max(min(map(int, known)), last - MOST_YEARS + 1)
    if first > min(map(int, known)):
        notes.append(_("Years before %(year)s are in the table only.") % {"year": first})
    years = map(str, range(first, last + 1))
    return [known.get(year, Heading(year, 0)) for year in years], tuple(notes)


def upright(headings: Sequence[Heading], label: str, what: str) -> Chart:
    """One upright bar for each year.

    Args:
        label: what the bars count.
        what: what the years are the years of.
    """
    years, notes = latest(headings)
    total = sum(heading.count for heading in years)
    marks = [Mark(year.label, label, year.count, year.url) for year in years]
    chart = in_series(
        "years", years, [Heading(label, total)], marks, what=(what, label), total=total
    )
    told = largest_told(heading for heading in headings if not heading.is_missing)
    return replace(chart, notes=(*notes, *chart.notes), told=told)
