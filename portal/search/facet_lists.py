"""The values of a facet as readers see them: the first few beside the results, all on a page.

A search of cases has some eight hundred values. Those that nobody looks at are neither named nor
sent; the page of a facet has them all, and regions open there into their countries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.records.database import Database
from portal.reference.catalog import catalog
from portal.search.domains import NOT_RECORDED
from portal.search.engine import counted
from portal.search.ordering import in_order
from portal.search.parameters import TokenParameter
from portal.search.request import SearchRequest

#: Values of a facet that are shown beside the results.
TOP_VALUES = 8
#: The facet whose values nest, and the parameter of what its smallest values hold.
REGION, JURISDICTION = "region", "jurisdiction"


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    """A facet beside the results.

    Attributes:
        values: the most frequent values, and those that are selected.
        more: how many others there are.
        url: the page of all its values.
    """

    name: str
    label: Any
    is_open: bool
    values: tuple[FacetValue, ...]
    more: int
    url: str

    @property
    def selected_count(self) -> int:
        return sum(value.selected for value in self.values)

    @property
    def is_nested(self) -> bool:
        """Whether the values open into others, so that only their own page can show them."""
        return self.name == REGION


def facet_beside(
    database: Database, request: SearchRequest, name: str, counts: Mapping[str, int]
) -> Facet:
    """A facet as it stands beside the results; without values where there is nothing to choose."""
    parameter = database.filterset.facets()[name]
    selected = request.filters.get(name, ())
    numbers = {**dict.fromkeys(selected, 0), **counts}
    if not selected and set(numbers) <= {NOT_RECORDED}:
        numbers = {}
    roots = catalog().regions.keys() - catalog().region_parents.keys()
    ranked = sorted(
        (value for value in numbers if name != REGION or value in roots),
        key=lambda value: (value == NOT_RECORDED, -numbers[value], value),
    )
    shown = dict.fromkeys((*ranked[:TOP_VALUES], *selected))
    return Facet(
        name=name,
        label=parameter.label,
        is_open=bool(selected) or name in database.filterset.open_facets,
        values=tuple(
            sorted(
                _values(parameter, {value: numbers[value] for value in shown}, selected),
                key=lambda entry: (entry.value == NOT_RECORDED, -entry.count, entry.label),
            )
        ),
        more=len(numbers) - len(shown),
        url=request.address(reverse(f"{database.slug}:facet", args=[name])),
    )


def _values(
    parameter: TokenParameter, counts: Mapping[str, int], selected: tuple[str, ...]
) -> list[FacetValue]:
    labels = parameter.domain.labels(counts) if counts else {}
    return [
        FacetValue(value, labels.get(value, value), number, value in selected)
        for value, number in counts.items()
    ]


@dataclass(frozen=True)
class Country:
    """A jurisdiction of a region, with the address of the search for its records alone."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class RegionNode:
    """A region, the regions in it, and the jurisdictions that belong to it directly."""

    value: FacetValue
    regions: tuple[RegionNode, ...]
    countries: tuple[Country, ...]


class FacetPage:
    """All values of one facet under a search: what `search/facet.html` shows."""

    def __init__(self, database: Database, request: SearchRequest, name: str) -> None:
        self.database = database
        self.request = request.on_page(1)
        self.name = name
        self.parameter = database.filterset.facets()[name]
        names = [name, JURISDICTION] if name == REGION else [name]
        self._counts = counted(self.request, names).facets
        self._selected = self.request.filters.get(name, ())

    @property
    def search_url(self) -> str:
        """The search that the facet belongs to."""
        return self.request.address(self.database.search_path)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The rest of the search, for the form."""
        return [pair for pair in self.request.pairs() if pair[0] != self.name]

    @cached_property
    def values(self) -> list[FacetValue]:
        """All values in the order of their labels; what is not recorded comes last."""
        numbers = {**dict.fromkeys(self._selected, 0), **self._counts[self.name]}
        return sorted(
            _values(self.parameter, numbers, self._selected),
            key=lambda entry: (entry.value == NOT_RECORDED, in_order(entry.label)),
        )

    @cached_property
    def regions(self) -> tuple[RegionNode, ...]:
        """The largest regions; empty for every other facet."""
        if self.name != REGION:
            return ()
        values = {entry.value: entry for entry in self.values}
        parents = catalog().region_parents
        return tuple(self._nodes(values, [code for code in values if code not in parents]))

    def _nodes(self, values: dict[str, FacetValue], codes: list[str]) -> Iterator[RegionNode]:
        parents = catalog().region_parents
        for code in codes:
            inner = [other for other in values if parents.get(other) == code]
            yield RegionNode(
                values[code], tuple(self._nodes(values, inner)), tuple(self._countries(code))
            )

    def _countries(self, region: str) -> list[Country]:
        reference = catalog()
        found = [
            Country(
                reference.jurisdiction_name(code),
                number,
                self.request.having([(JURISDICTION, (code,))]).address(self.database.search_path),
            )
            for code, number in self._counts[JURISDICTION].items()
            if reference.jurisdiction_regions.get(code) == region
        ]
        return sorted(found, key=lambda country: in_order(country.label))

    @property
    def title(self) -> str:
        return _("%(facet)s: all values") % {"facet": self.parameter.label}
