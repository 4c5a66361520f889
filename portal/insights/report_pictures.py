"""The charts of the reports: persons by gender, the spread of terms, and that of fees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from caselaw.models import Case
from portal.charts import kinds
from portal.charts.charts import Caption, Chart
from portal.charts.kinds import Group, Heading, Mark, Scale
from portal.charts.looks import Look
from portal.charts.pictures import Pairs, Picture, origin_lines
from portal.charts.years import latest
from portal.insights.comparator import ComparatorReport
from portal.insights.fees import FeesReport
from portal.insights.persons import ANY, Distribution, PersonNumber
from portal.insights.reports import Report
from portal.insights.sentences import SentencesReport
from portal.insights.women import WomenReport
from portal.records.durations import in_words
from portal.reference.punctuation import clauses, labelled, listed
from portal.search.domains import NO_NATIONALITY, NOT_RECORDED, Profiles
from portal.search.facets import YEARS

TITLES = {
    "women-as-offenders": gettext_lazy("Women as offenders"),
    "sentences": gettext_lazy("Sentences"),
    "comparable-sentences": gettext_lazy("Comparable sentences"),
    "fees": gettext_lazy("Fees"),
}
#: The months, and the amounts, that are marked on a scale.
MONTHS = Scale((1, 6, 12, 36, 60, 120, 240, 600, 1200), lambda _look, value: _term(value))
AMOUNTS = Scale(tuple(10**power for power in range(13)))
#: What is drawn of a group that is not seen yet.
Values = tuple[tuple[float, str], ...]
#: Of each group, its values, each with the key of its case.
Terms = Mapping[str, Sequence[tuple[Decimal, int]]]


def _term(months: float) -> str:
    return in_words(Decimal(str(months)).quantize(Decimal("0.01")))


def chart_of(report: Report) -> Chart | None:
    """The chart of a report; None where there is nothing to draw."""
    return _CHARTS[report.slug](report)


def pairs_of(report: Report) -> Pairs:
    """The filters of a report in their plain form; the page of a list draws nothing else."""
    request = report.asked if isinstance(report, ComparatorReport) else report.request
    return (*report.pairs(), *request.pairs())


def title_of(report: Report) -> str:
    return str(TITLES[report.slug])


def picture_of(report: Report) -> Picture | None:
    """The chart on the page of a report."""
    chart = chart_of(report)
    if chart is None:
        return None
    svg, png = (reverse(f"insights:{report.slug}-{form}") for form in ("svg", "png"))
    return Picture(chart, title_of(report), svg, png, pairs_of(report))


def caption_of(report: Report) -> Caption:
    """What stands in a picture that leaves its page: title, filters, limits, origin."""
    lines = [labelled(chip.label, chip.text) for chip in report.chips]
    if isinstance(report, ComparatorReport):
        lines.insert(0, report.no_prediction)
    elif isinstance(report, WomenReport | SentencesReport | FeesReport):
        lines.insert(0, str(report.axis.label))
    return Caption(title_of(report), origin_lines(tuple(lines)))


def _labels(rows: Iterable[Any]) -> dict[str, str]:
    """Of each row its label, each different from the others."""
    found: dict[str, str] = {}
    for row in rows:
        is_taken = row.label in found.values()
        found[row.value] = f"{row.label} ({row.value})" if is_taken else row.label
    return found


def _persons(number: int) -> str:
    said = ngettext("%(number)s person", "%(number)s persons", number)
    return said % {"number": Look().number(number)}


def _undated(number: int) -> str:
    said = ngettext(
        "%(number)s person is not drawn: the case has no year.",
        "%(number)s persons are not drawn: their cases have no year.",
        number,
    )
    return said % {"number": Look().number(number)}


def women_chart(report: WomenReport) -> Chart | None:
    """Persons by gender side by side, the unknown among them, for each value of the facet."""
    if not report.total.persons or not report.rows:
        return None
    labels, names = _labels(report.rows), report.gender_labels
    whole = {cell.gender: cell.persons.persons for cell in report.overview[0].cells}
    rows, marks = [], []
    for row in report.rows:
        is_missing = row.value in (NOT_RECORDED, NO_NATIONALITY)
        for cell in row.cells:
            number: PersonNumber = cell.persons
            if cell.gender == ANY:
                rows.append(Heading(labels[row.value], number.persons, number.url, is_missing))
            else:
                marks.append(
                    Mark(labels[row.value], names[cell.gender], number.persons, number.url)
                )
    series = [
        Heading(names[gender], whole[gender], "", gender == NOT_RECORDED)
        for gender in report.genders
        if gender != ANY and (whole[gender] or gender in ("female", "male", NOT_RECORDED))
    ]
    notes: tuple[str, ...] = ()
    if report.by == YEARS:
        rows, notes = latest(rows, _undated)
    what = (str(report.axis.label), str(_("Gender")))
    kind = "years" if report.by == YEARS else "grouped"
    chart = kinds.in_series(kind, rows, series, marks, what=what, total=sum(whole.values()))
    said = _("The bars count persons; each leads to the cases of these persons.")
    told = listed(labelled(one.label, _persons(one.count)) for one in series)
    return replace(chart, notes=(*notes, *chart.notes, said), told=told)


def _spread_told(label: str, spread: Distribution, said: Callable[[Any], str], number: str) -> str:
    words = _("%(label)s: median %(median)s, middle half from %(low)s to %(high)s, %(number)s")
    return words % {
        "label": label,
        "median": said(spread.median),
        "low": said(spread.lower_quartile),
        "high": said(spread.upper_quartile),
        "number": number,
    }


def _group(label: str, spread: Distribution, values: Values = ()) -> Group:
    quartiles = (spread.lower_quartile, spread.median, spread.upper_quartile)
    return Group(label, values, *map(float, quartiles))


def _linked(terms: Terms, groups: Collection[str]) -> dict[str, Values]:
    """Of each group that is drawn, its values with the addresses of their cases."""
    drawn = {name: terms.get(name, ()) for name in groups}
    keys = {case for values in drawn.values() for _value, case in values}
    urls = {
        pk: reverse("permanent", kwargs={"code": code})
        for pk, code in Case.objects.order_by().filter(pk__in=keys).values_list("pk", "code")
    }
    return {
        name: tuple((float(value), urls[case]) for value, case in values)
        for name, values in drawn.items()
    }


def _spreads(
    rows: Mapping[str, tuple[str, Distribution]],
    terms: Callable[[], Terms],
    scale: Scale,
    told: str,
    notes: Iterable[str],
) -> Chart:
    """Boxes and dots of rows by their values; the dots are looked up where they are drawn."""
    boxes = [_group(label, spread) for label, spread in rows.values()]
    chart = kinds.distribution(boxes, told, tuple(notes), scale)

    def values(look: Look) -> Mapping[str, Any]:
        found = _linked(terms(), rows)
        whole = [_group(*row, found[value]) for value, row in rows.items()]
        return kinds.distribution(whole, scale=scale).values(look)

    return replace(chart, values=values)


def _doubling() -> str:
    return _(
        "Each dot is a value and leads to its case; the box holds the middle half, the line in it"
        " is the median. Each doubling takes the same room."
    )


def _not_drawn(suspended: int, life: int) -> list[str]:
    """A note on the sentences that have no place among the terms to be served."""
    told = []
    if suspended:
        told.append(labelled(_("Suspended terms"), _persons(suspended)))
    if life:
        told.append(labelled(_("Life"), _persons(life)))
    return [_("Not drawn – %(sentences)s.") % {"sentences": clauses(told)}] if told else []


def sentences_chart(report: SentencesReport) -> Chart | None:
    """The terms to be served of all persons, and of those of each row."""
    if report.whole.spread is None:
        return None
    labels = _labels(report.rows)
    spread = {row.value: row.spread for row in report.rows if row.spread}
    heads = [
        Heading(labels[row.value], row.served.persons, "", row.value in (NOT_RECORDED, ""))
        for row in report.rows
        if row.spread
    ]
    kept, notes = kinds.largest(heads, kinds.MOST_BARS, str(report.axis.label))
    wanted = {heading.label for heading in kept}
    rows = {ANY: (report.whole.label, report.whole.spread)}
    rows |= {
        value: (labels[value], found) for value, found in spread.items() if labels[value] in wanted
    }
    number = _persons(report.whole.served.persons)
    told = _spread_told(report.whole.label, report.whole.spread, in_words, number)
    notes += _not_drawn(report.whole.suspended.persons, report.whole.life.persons)
    return _spreads(rows, report.terms, MONTHS, told, [*notes, _doubling()])


def comparable_chart(report: ComparatorReport) -> Chart | None:
    """The terms of those compared: to be served, and suspended ones apart."""
    whole = report.whole
    rows = {
        kind: (str(label), spread)
        for kind, label, spread in (
            (Profiles.TERM, _("Terms to be served"), whole.spread),
            (Profiles.SUSPENDED, _("Suspended terms"), whole.suspended_spread),
        )
        if spread is not None
    }
    if not rows:
        return None

    def terms() -> Terms:
        return {
            kind: [
                (person.sentence.months, person.case)
                for person in report.persons
                if person.sentence.kind == kind and person.sentence.months is not None
                for _alike in range(person.number)
            ]
            for kind in rows
        }

    told = clauses(
        _spread_told(label, spread, in_words, _persons(spread.number))
        for label, spread in rows.values()
    )
    return _spreads(rows, terms, MONTHS, told, [*_not_drawn(0, whole.life.persons), _doubling()])


def fees_chart(report: FeesReport) -> Chart | None:
    """The fees of the most frequent currency for the same: none is ever converted."""
    if not report.whole or report.whole[0].spread is None:
        return None
    first = report.whole[0]
    same = [row for row in report.rows if (row.currency, row.per) == (first.currency, first.per)]
    labels = _labels(same)
    heads = [
        Heading(labels[row.value], row.cases.count, row.cases.url, row.value == NOT_RECORDED)
        for row in same
    ]
    kept, notes = kinds.largest(heads, kinds.MOST_BARS, str(report.axis.label))
    wanted = {heading.label for heading in kept}
    what = f"{first.currency_label} · {first.per_label}"
    rows = {"": (what, report.whole[0].spread)}
    rows |= {
        row.value: (labels[row.value], row.spread)
        for row in same
        if row.spread is not None and labels[row.value] in wanted
    }
    only = _(
        "Only the most frequent fees are drawn, %(what)s: %(count)s of %(all)s. A filter by"
        " currency or by what the fee is for draws others; nothing is converted."
    ) % {
        "what": what,
        "count": Look().number(first.cases.count),
        "all": Look().number(report.stated.count),
    }
    said = Look().number
    told = _spread_told(what, report.whole[0].spread, said, said(first.cases.count))
    return _spreads(
        rows,
        lambda: report.amounts(first.currency, first.per),
        AMOUNTS,
        told,
        [only, *notes, _doubling()],
    )


_CHARTS: dict[str, Callable[[Any], Chart | None]] = {
    "women-as-offenders": women_chart,
    "sentences": sentences_chart,
    "comparable-sentences": comparable_chart,
    "fees": fees_chart,
}
