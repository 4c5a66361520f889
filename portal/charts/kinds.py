"""The kinds of charts, each made of numbers with the addresses of their records.

What is too much for a picture is cut to the largest, and a note says so; a chart never shows a
part as if it were all.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.charts.charts import HERE, Chart
from portal.charts.looks import Look, letters_of
from portal.reference.punctuation import labelled, listed

MOST_BARS, MOST_SERIES, MOST_ROWS, MOST_COLUMNS, MOST_YEARS = 24, 6, 24, 40, 30
#: So many more than the most are not worth leaving out.
_SPARED = 2
#: More dots than this lie upon each other, and are fainter.
_DENSE = 150
#: More columns than this are too many for a narrow picture.
MOST_NARROW = 12
#: How many numbers the text for those who do not see a chart names.
TOLD = 5


@dataclass(frozen=True)
class Heading:
    """A row or a column of a chart.

    Attributes:
        label: its name; no other of its chart has the same.
        count: the number of its records, by which the largest are chosen.
        url: the path of their list.
        is_missing: whether it stands for records that do not state the field.
    """

    label: str
    count: int
    url: str = ""
    is_missing: bool = False


@dataclass(frozen=True)
class Mark:
    """A number of a row and a column."""

    row: str
    column: str
    count: int
    url: str = ""


@dataclass(frozen=True)
class Group:
    """The values of one group of a distribution, each with the address of its record.

    `lower`, `median` and `upper` are the quartiles that the table gives: they are not made anew.
    """

    label: str
    values: tuple[tuple[float, str], ...]
    lower: float
    median: float
    upper: float


def linked(url: str) -> str:
    return f"{HERE}{url}" if url.startswith("/") else url


def largest(headings: Sequence[Heading], most: int, what: str) -> tuple[list[Heading], list[str]]:
    """The largest of some headings in their own order, and a note if there are others."""
    if len(headings) <= most + _SPARED:
        return list(headings), []
    counts = sorted(headings, key=lambda heading: (heading.is_missing, -heading.count))
    kept = {heading.label for heading in counts[:most]}
    note = _("%(what)s: the %(shown)d largest of %(all)d are drawn; all are in the table.")
    said = note % {"what": what, "shown": most, "all": len(headings)}
    return [heading for heading in headings if heading.label in kept], [said]


def largest_told(headings: Iterable[Heading]) -> str:
    """The largest numbers in words."""
    look = Look()
    ordered = sorted(headings, key=lambda heading: -heading.count)[:TOLD]
    numbers = listed(labelled(heading.label, look.number(heading.count)) for heading in ordered)
    return _("The largest numbers: %(numbers)s.") % {"numbers": numbers} if numbers else ""


def overlap_note(shares: int, total: int) -> list[str]:
    """A note where records stand in several parts of one bar."""
    if shares <= total:
        return []
    return [_("A record may stand in several parts; a whole bar can count it more than once.")]


def _told(look: Look, *names: str, count: float) -> str:
    return look.isolated(labelled(listed(filter(None, names)), look.number(count)))


def bars(headings: Sequence[Heading], what: str) -> Chart:
    """One bar for each heading."""
    kept, notes = largest(headings, MOST_BARS, what)

    def values(look: Look) -> dict[str, Any]:
        names = look.wrapped([heading.label for heading in kept], 18 if look.is_narrow else 42, 3)
        marks = [
            {
                "row": names[heading.label],
                "count": heading.count,
                "shown": look.number(heading.count),
                "told": _told(look, heading.label, count=heading.count),
                "url": linked(heading.url),
            }
            for heading in kept
        ]
        return {"marks": marks, "rows": list(names.values())}

    return Chart(
        "bars", values, lambda look: 30 * len(kept) + 40, tuple(notes), largest_told(headings)
    )


def in_series(
    spec: str,
    rows: Sequence[Heading],
    series: Sequence[Heading],
    marks: Sequence[Mark],
    *,
    what: tuple[str, str],
    total: int = 0,
) -> Chart:
    """Bars of rows in the colours of series: `grouped`, `stacked`, or upright ones of `years`."""
    is_years = spec == "years"
    shown, notes = (list(rows), []) if is_years else largest(rows, MOST_BARS, what[0])
    kept, more = largest(series, MOST_SERIES, what[1])
    notes += more
    places = {heading.label: place for place, heading in enumerate(kept)}
    wanted = {heading.label for heading in shown}
    drawn = [mark for mark in marks if mark.row in wanted and mark.column in places]
    if spec != "grouped":
        notes += overlap_note(sum(heading.count for heading in series), total)
    grey = next((place for place, heading in enumerate(kept) if heading.is_missing), None)

    def values(look: Look) -> dict[str, Any]:
        names = look.wrapped([heading.label for heading in shown], 18 if look.is_narrow else 42, 3)
        entries = [
            {
                "row": names[mark.row],
                "column": mark.column,
                "place": places[mark.column],
                "count": mark.count,
                "shown": look.number(mark.count),
                "told": _told(look, mark.row, mark.column, count=mark.count),
                "url": linked(mark.url),
            }
            for mark in drawn
            if mark.count
        ]
        columns = [heading.label for heading in kept]
        beside = _legend_columns(kept, look)
        return {
            "marks": entries,
            "rows": list(names.values()),
            "columns": columns,
            "colours": look.series(len(kept), grey),
            "legend": look.legend(columns, beside),
            "legend_columns": beside,
        }

    def height(look: Look) -> int:
        legend = 22 * math.ceil(len(kept) / _legend_columns(kept, look)) + 22
        if is_years:
            return legend + (220 if look.is_narrow else 320)
        step = 13 * len(kept) + 10 if spec == "grouped" else 32
        return legend + step * len(shown) + 36

    return Chart(spec, values, height, tuple(notes), largest_told(series if is_years else rows))


def _legend_columns(headings: Sequence[Heading], look: Look) -> int:
    """How many names of a legend fit side by side."""
    if look.is_narrow:
        return 2
    longest = max((letters_of(heading.label) for heading in headings), default=1)
    return max(1, min(len(headings), 880 // (min(longest, 36) * 7 + 45)))


def matrix(
    rows: Sequence[Heading],
    columns: Sequence[Heading],
    marks: Sequence[Mark],
    *,
    what: tuple[str, str],
    in_time: bool = False,
) -> Chart:
    """Rows by columns as colours; columns in time are the latest years, others the largest."""
    shown, notes = largest(rows, MOST_ROWS, what[0])
    kept, more = (list(columns), []) if in_time else largest(columns, MOST_COLUMNS, what[1])
    notes += more
    wanted, heads = {entry.label for entry in shown}, {entry.label for entry in kept}
    drawn = [mark for mark in marks if mark.count and mark.row in wanted and mark.column in heads]
    missing = frozenset(entry.label for entry in (*shown, *kept) if entry.is_missing)
    labels = [[entry.label for entry in side] for side in (shown, kept)]
    wide = _Grid(labels[0], labels[1], drawn, missing)
    # A screen is high: there the longer side of a flat table stands upright.
    is_turned = not in_time and len(kept) > MOST_NARROW >= len(shown)
    grids = {"wide": wide, "narrow": wide.turned() if is_turned else wide}
    return Chart(
        "matrix",
        lambda look: grids[look.size].values(look),
        lambda look: grids[look.size].height(look),
        tuple(notes),
        largest_told(rows),
    )


class _Grid:
    """Rows and columns as they are drawn; what is not recorded has no part in the shades."""

    def __init__(
        self, rows: list[str], columns: list[str], marks: list[Mark], missing: frozenset[str]
    ) -> None:
        self.rows, self.columns, self.marks, self.missing = rows, columns, marks, missing
        recorded = (mark.count for mark in marks if not self.is_missing(mark))
        self.top = max(recorded, default=1)
        self.longest = max(map(letters_of, columns), default=1)

    def turned(self) -> _Grid:
        """The same with its columns as rows."""
        marks = [Mark(mark.column, mark.row, mark.count, mark.url) for mark in self.marks]
        return _Grid(self.columns, self.rows, marks, self.missing)

    def is_missing(self, mark: Mark) -> bool:
        return mark.row in self.missing or mark.column in self.missing

    def cell(self, look: Look) -> float:
        """The width of a cell."""
        return (look.width - (130 if look.is_narrow else 230)) / max(len(self.columns), 1)

    def is_flat(self, look: Look) -> bool:
        """Whether the heads of the columns stand side by side, in up to three lines."""
        lines = 1 if self.longest < 10 else 3
        return self.cell(look) * lines > (self.longest + 2) * look.values["size"] * 0.56

    def values(self, look: Look) -> dict[str, Any]:
        flat, width, size = self.is_flat(look), self.cell(look), look.values["size"]
        letters = int(width / (size * 0.56)) if flat else _slanted(look)
        names = look.wrapped(self.rows, 18 if look.is_narrow else 34)
        heads = look.wrapped(self.columns, letters, 3 if flat else 1)
        marks = [
            {
                "row": names[mark.row],
                "column": heads[mark.column],
                "count": mark.count,
                "shade": min(0.12 + 0.88 * math.sqrt(mark.count / self.top), 1),
                "missing": self.is_missing(mark),
                "shown": look.number(mark.count),
                "told": _told(look, mark.row, mark.column, count=mark.count),
                "url": linked(mark.url),
            }
            for mark in self.marks
        ]
        right = look.is_right_to_left
        return {
            "marks": marks,
            "rows": list(names.values()),
            "columns": list(heads.values()),
            "angle": 0 if flat else 60 if right else -60,
            "slanted": "center" if flat else "right" if right else "left",
            "slanted_base": "bottom" if flat else "middle",
            "head_limit": 130 if look.is_narrow else 190,
            "overlap": "greedy" if width < 11 else False,
            "cell_size": min(size, max(width / 2.1, 7)),
            "digits": 0 if width < 13 else 1,
        }

    def height(self, look: Look) -> int:
        slanted = min(self.longest, _slanted(look)) * look.values["size"] * 0.5
        head = 50 if self.is_flat(look) else 26 + int(slanted)
        return head + (28 if look.is_narrow else 26) * len(self.rows) + 20


def _slanted(look: Look) -> int:
    """The letters of a head that does not lie flat."""
    return 18 if look.is_narrow else 26


@dataclass(frozen=True)
class Scale:
    """How the values of a distribution are laid out and said.

    Attributes:
        ticks: the values that are marked, where each doubling is to take the same room.
        said: a value in words.
    """

    ticks: tuple[int, ...] = ()
    said: Callable[[Look, float], str] = Look.number

    def values(self, look: Look, values: Sequence[float]) -> dict[str, Any]:
        """The scale and the axis in a specification."""
        axis = {"format": ",d", "tickMinStep": 1, "tickCount": 5, "domain": False, "ticks": False}
        if not self.ticks:
            return {"scale": {"reverse": look.is_right_to_left, "nice": True}, "axis": axis}
        low, high = self.lowest(values), max(values, default=1)
        low = max((tick for tick in self.ticks if tick <= low), default=low)
        high = min((tick for tick in self.ticks if tick >= high), default=high)
        marked = [tick for tick in self.ticks if low <= tick <= high]
        words = {str(tick): look.isolated(self.said(look, tick)) for tick in marked}
        scale = {
            "type": "log",
            "domain": [low * 0.85, high * 1.15],
            "nice": False,
            "zero": False,
            "reverse": look.is_right_to_left,
        }
        del axis["format"], axis["tickMinStep"], axis["tickCount"]
        told = {"labelExpr": f"({json.dumps(words)})[datum.value]", "labelOverlap": "greedy"}
        return {"scale": scale, "axis": {**axis, "values": marked, **told}}

    def lowest(self, values: Sequence[float]) -> float:
        """The least value that has a place: nothing at all has none where doublings are seen."""
        return min((value for value in values if value > 0), default=1) if self.ticks else 0


def distribution(
    groups: Sequence[Group], told: str = "", notes: Sequence[str] = (), scale: Scale = Scale()
) -> Chart:
    """Boxes from the lower to the upper quartile, with every value as a dot."""

    def values(look: Look) -> dict[str, Any]:
        names = look.wrapped([group.label for group in groups], 18 if look.is_narrow else 42, 3)
        drawn = [value for group in groups for value, _url in group.values]
        low = scale.lowest(drawn)
        boxes = [
            {
                "row": names[group.label],
                "lower": max(group.lower, low),
                "median": max(group.median, low),
                "upper": max(group.upper, low),
                "offset": 0,
                "told": look.isolated(labelled(group.label, scale.said(look, group.median))),
            }
            for group in groups
        ]
        dots = [
            {**dot, "count": max(dot["count"], low)}
            for group in groups
            for dot in _dots(look, group, names[group.label], scale)
        ]
        size = 26 if look.is_narrow else 44
        return {
            **scale.values(look, drawn),
            "box": 26,
            "boxes": boxes,
            "dots": dots,
            "rows": list(names.values()),
            "dot": size,
        }

    return Chart("distribution", values, lambda look: 58 * len(groups) + 44, tuple(notes), told)


def _dots(look: Look, group: Group, row: str, scale: Scale) -> list[dict[str, Any]]:
    """The values of a group; equal ones stand above and below each other, never on chance."""
    together = Counter(value for value, _url in group.values)
    seen: Counter[float] = Counter()
    found = []
    for value, url in sorted(group.values):
        place, seen[value] = seen[value], seen[value] + 1
        spread = min(0.16, 1.4 / max(together[value], 1))
        offset = (place - (together[value] - 1) / 2) * spread
        found.append(
            {
                "row": row,
                "count": value,
                "offset": offset,
                "opacity": 0.3 if len(group.values) > _DENSE else 0.6,
                "told": look.isolated(labelled(group.label, scale.said(look, value))),
                "url": linked(url),
            }
        )
    return found


def nothing() -> Chart:
    """The sentence that stands for an empty selection."""
    sentence = _("No record meets these filters.")
    return Chart(
        "empty", lambda look: {"sentence": look.isolated(sentence)}, lambda look: 120, (), sentence
    )
