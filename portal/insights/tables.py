"""A table of numbers over one database, each with the search that finds the records behind it.

A table has one facet as its rows and may have another as its columns, under any request. A number
counts records: one that carries two values of a facet stands in both rows, so that rows do not
add up to the whole, which is given beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.records.database import Database, database_for
from portal.records.dates import PartialDate
from portal.search.domains import NOT_RECORDED
from portal.search.engine import matching
from portal.search.facets import YEARS, Matching, count, cross
from portal.search.parameters import TokenParameter
from portal.search.request import SearchRequest

#: Below this number a share says little, and the page warns of it.
FEW = 5


@dataclass(frozen=True)
class Number:
    """How many records there are, and the address of the list of exactly these; '' for none."""

    count: int
    url: str


@dataclass(frozen=True)
class Heading:
    """A value of a facet as the head of a row or a column, with the records that carry it."""

    value: str
    label: str
    number: Number


@dataclass(frozen=True)
class Row:
    heading: Heading
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Stated:
    """How many of the records state a field at all, and those that do not."""

    label: Any
    stated: int
    total: int
    missing: Number | None


class Axis:
    """The values of a facet, or the years, as rows or columns of a table."""

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name
        self._parameter: TokenParameter | None = (
            None if name == YEARS else database.filterset.facets()[name]
        )

    @property
    def label(self) -> Any:
        return self._parameter.label if self._parameter else year_label(self.database)

    def labels(self, values: list[str]) -> dict[str, str]:
        return (
            self._parameter.domain.labels(values)
            if self._parameter
            else dict(zip(values, values, strict=True))
        )

    def ordered(self, counts: dict[str, int]) -> list[str]:
        """The values in the order of their vocabulary, years by time, others by their counts."""
        known = self._parameter.known() if self._parameter else sorted(counts)
        places = {value: place for place, value in enumerate(known)}
        is_closed = bool(known) and len(known) < 100
        return sorted(
            counts,
            key=lambda value: (
                value == NOT_RECORDED,
                places.get(value, 0) if is_closed else -counts[value],
                value,
            ),
        )

    def narrowed(self, request: SearchRequest, value: str) -> SearchRequest:
        """The request for the records that carry a value beside all else that was asked for."""
        if self._parameter is not None:
            return request.having(((self.name, (value,)),))
        if value == NOT_RECORDED:
            return request.having((("has_date", "false"),))
        first, last = self.database.filterset.period
        begin, end = (request.filters.get(name) for name in (first, last))
        year = PartialDate(int(value))
        # A period that begins or ends within the year still holds.
        begin = begin if begin and begin.year == year.year else year
        end = end if end and end.year == year.year else year
        return request.having(((first, begin), (last, end)))


def year_label(database: Database) -> Any:
    """What the year of a record of a database is the year of."""
    return _YEAR_OF.get(database.slug, gettext_lazy("Year"))


_YEAR_OF = {
    "cases": gettext_lazy("Year of the decision"),
    "legislation": gettext_lazy("Year of adoption"),
    "bibliography": gettext_lazy("Year of publication"),
}


class CrossTable:
    """The numbers of one facet, or of one by another, under a request."""

    def __init__(self, request: SearchRequest, rows: str, columns: str = "") -> None:
        self.request = request
        self.database = database_for(request.database)
        self.row_axis = Axis(self.database, rows)
        self.column_axis = Axis(self.database, columns) if columns else None

    def url(self, request: SearchRequest) -> str:
        return request.address(self._path)

    @cached_property
    def _path(self) -> str:
        return self.database.search_path

    @cached_property
    def _matching(self) -> Matching:
        return matching(self.request)

    @property
    def axes(self) -> tuple[Axis, ...]:
        return (self.row_axis, self.column_axis) if self.column_axis else (self.row_axis,)

    @cached_property
    def _singles(self) -> dict[str, dict[str, int]]:
        """Of each axis, how many of the records that match carry each value."""
        # Under all selections, where `count` would leave out the facet's own.
        return {
            axis.name: {
                value: number
                for (value, _same), number in cross(self._matching, axis.name, axis.name).items()
            }
            for axis in self.axes
        }

    @cached_property
    def total(self) -> Number:
        """All records that match."""
        return Number(count(self._matching).total, self.url(self.request))

    def headings(self, axis: Axis) -> list[Heading]:
        counts = self._singles[axis.name]
        chosen = self.request.filters.get(axis.name)
        if chosen:
            counts = {value: n for value, n in counts.items() if value in chosen}
        labels = axis.labels(list(counts))
        return [
            Heading(
                value,
                str(labels.get(value, value)) if value != NOT_RECORDED else str(_("Not recorded")),
                Number(counts[value], self.url(axis.narrowed(self.request, value))),
            )
            for value in axis.ordered(counts)
        ]

    @cached_property
    def row_headings(self) -> list[Heading]:
        return self.headings(self.row_axis)

    @cached_property
    def column_headings(self) -> list[Heading]:
        return self.headings(self.column_axis) if self.column_axis else []

    @cached_property
    def rows(self) -> list[Row]:
        """The rows with a number for each column."""
        column_axis = self.column_axis
        if column_axis is None:
            return [Row(heading, ()) for heading in self.row_headings]
        pairs = cross(self._matching, self.row_axis.name, column_axis.name)
        rows = []
        for row in self.row_headings:
            narrowed = self.row_axis.narrowed(self.request, row.value)
            numbers = []
            for column in self.column_headings:
                found = pairs.get((row.value, column.value), 0)
                # Most cells of a large table are empty, and an address takes its time to make.
                url = self.url(column_axis.narrowed(narrowed, column.value)) if found else ""
                numbers.append(Number(found, url))
            rows.append(Row(row, tuple(numbers)))
        return rows

    @property
    def stated(self) -> Iterator[Stated]:
        """Of each axis, how many records state it, and the list of those that do not."""
        for axis in self.axes:
            missing = self._singles[axis.name].get(NOT_RECORDED, 0)
            url = self.url(axis.narrowed(self.request, NOT_RECORDED)) if missing else ""
            total = self.total.count
            yield Stated(
                axis.label, total - missing, total, Number(missing, url) if missing else None
            )

    @property
    def is_small(self) -> bool:
        """Whether a number is too small for a share of it to say anything."""
        numbers = [heading.number.count for heading in self.row_headings]
        numbers += [number.count for row in self.rows for number in row.numbers]
        return any(0 < number < FEW for number in numbers)
