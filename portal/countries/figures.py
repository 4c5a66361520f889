"""The key figures of a jurisdiction: values of a facet among its records, each with its list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.insights.tables import FEW, Axis, Heading, Number
from portal.records.database import database_for
from portal.search.domains import NOT_RECORDED
from portal.search.request import SearchRequest

#: Values that a figure of jurisdictions shows before it is unfolded.
SHOWN = 12
RANKED = frozenset({"jurisdiction", "nationality", "origin", "transit", "destination"})


@dataclass(frozen=True)
class Figure:
    """How many records carry each value of a facet.

    Attributes:
        name: the facet.
        headings: its values, without that of the records that do not state it.
        total: the records that are counted.
        missing: those that do not state it; None where all do.
        is_ranked: whether the values are so many that the most frequent stand first.
    """

    name: str
    label: Any
    headings: tuple[Heading, ...]
    total: Number
    missing: Number | None
    is_ranked: bool = False

    @property
    def stated(self) -> int:
        """How many of the records state it."""
        return self.total.count - (self.missing.count if self.missing else 0)

    @property
    def top(self) -> int:
        """The largest number, which the longest bar stands for."""
        return max((heading.number.count for heading in self.headings), default=0)

    @property
    def few(self) -> tuple[Heading, ...]:
        """The values that are shown at once: all, but where only rare ones are left over."""
        is_long = self.is_ranked and len(self.headings) > SHOWN + 4
        return self.headings[:SHOWN] if is_long else self.headings

    @property
    def rest(self) -> tuple[Heading, ...]:
        return self.headings[len(self.few) :]

    @property
    def is_small(self) -> bool:
        """Whether a number is too small for a share of it to say anything."""
        return any(heading.number.count < FEW for heading in self.headings)


class Drawer:
    """Makes the figures of one page; the address of each database is looked up once."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def address(self, request: SearchRequest) -> str:
        if request.database not in self._paths:
            self._paths[request.database] = database_for(request.database).search_path
        return request.address(self._paths[request.database])

    def number(self, count: int, request: SearchRequest) -> Number:
        """A number with the address of its records; none has no address."""
        return Number(count, self.address(request) if count else "")

    def figure(
        self,
        request: SearchRequest,
        name: str,
        counts: Mapping[str, int],
        total: int,
        *,
        label: Any = None,
        without: Iterable[str] = (),
    ) -> Figure:
        """The values of a facet under a request, by what was counted of them.

        Args:
            label: what the figure is called, where that is not the name of the facet.
            without: values that are left out.
        """
        axis = Axis(database_for(request.database), name)
        found = {value: n for value, n in counts.items() if value not in {*without, NOT_RECORDED}}
        labels = axis.labels(list(found)) if found else {}
        missing = counts.get(NOT_RECORDED, 0)
        return Figure(
            name=name,
            label=axis.label if label is None else label,
            headings=tuple(
                Heading(
                    value,
                    str(labels.get(value, value)),
                    self.number(found[value], axis.narrowed(request, value)),
                )
                for value in axis.ordered(found)
            ),
            total=self.number(total, request),
            missing=self.number(missing, axis.narrowed(request, NOT_RECORDED)) if missing else None,
            is_ranked=name in RANKED,
        )


def entries(figure: Figure) -> Iterator[Heading]:
    """The values of a figure, and at the end that of the records that do not state it."""
    yield from figure.headings
    if figure.missing:
        yield Heading(NOT_RECORDED, str(_("Not recorded")), figure.missing)
