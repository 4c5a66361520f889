"""What the figures of persons, sentences and fees have in common: asked once, said in three ways.

A report is made from the parameters of an address; its page, its CSV and its JSON say the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from portal.insights.forms import Choice, Field, fields_of
from portal.insights.person_axes import axis_for, axis_names
from portal.insights.persons import CASES, Person, PersonNumber, persons_of
from portal.insights.tables import FEW
from portal.publishing.documenting import documented_filter
from portal.records.database import database_for
from portal.rest.parameters import Problem
from portal.rest.schema import documented
from portal.rest.values import Values
from portal.search.chips import Chip, chips_of
from portal.search.request import SearchRequest, parse

#: Makes a whole address of a path.
Absolute = Callable[[str], str]
Line = Sequence[object]


class Report(ABC):
    """A question about cases, the parameters it takes, and its answer.

    Attributes:
        request: the cases that are counted.
        problems: what of the address was not understood.
    """

    slug: ClassVar[str]
    #: Parameters of the report itself, beside the filters of the database.
    controls: ClassVar[tuple[str, ...]] = ()
    #: Filters that mean nothing here, and why.
    refused: ClassVar[dict[str, Any]] = {}

    #: Filters that the page itself asks for.
    asks_for: ClassVar[tuple[str, ...]] = (
        *("jurisdiction", "region", "mode", "legal_system", "decided_from", "decided_to"),
    )

    request: SearchRequest

    def __init__(self, data: QueryDict) -> None:
        self.data = data
        self.database = database_for(CASES)
        self.problems: list[Problem] = []
        self._ask()

    def _ask(self) -> None:
        parsed = parse(self.database, self.data, self.controls)
        self.request = parsed.request
        self.problems += parsed.problems
        for name in self.refused:
            if name in self.data:
                self.problems = [problem for problem in self.problems if problem.parameter != name]
                self.problems.append(Problem(name, str(self.refused[name])))
                self.request = self.request.without(name)

    @property
    def known(self) -> tuple[str, ...]:
        """All parameters that are taken."""
        names = self.database.filterset.parameters()
        return (*(name for name in names if name not in self.refused), *self.controls)

    def documented_parameters(self) -> Iterator[OpenApiParameter]:
        """All parameters that are taken, for the OpenAPI document."""
        filters = self.database.filterset.parameters()
        yield from (
            documented_filter(name, filters[name]) for name in self.known if name in filters
        )
        yield from self.documented_controls()

    def documented_controls(self) -> Iterator[OpenApiParameter]:
        """The parameters of the report itself."""
        return iter(())

    def chosen(self, name: str, known: Sequence[str], default: str) -> str:
        """The one value of a parameter of the report itself."""
        given = self.data.get(name, "").strip()
        if given in known and len(self.data.getlist(name)) == 1:
            return given
        if given:
            message = _("Unknown value: %(values)s.") % {
                "values": ", ".join(self.data.getlist(name))
            }
            self.problems.append(Problem(name, message, tuple(known)))
        return default

    def pairs(self) -> list[tuple[str, str]]:
        """What of the address belongs to the report itself."""
        return []

    @property
    def path(self) -> str:
        return reverse(f"insights:{self.slug}")

    def address(self, request: SearchRequest, **changed: str) -> str:
        """The report of another request, or with other choices."""
        pairs = {**dict(self.pairs()), **changed}
        query = QueryDict(mutable=True)
        for name, value in (*pairs.items(), *request.pairs()):
            query.appendlist(name, value)
        return f"{self.path}?{query.urlencode()}" if query else self.path

    @property
    def chips(self) -> tuple[Chip, ...]:
        return chips_of(self.request, self.address)

    @property
    def fields(self) -> Iterator[Field]:
        """The filters that the page asks for."""
        return fields_of(self.request, self.asks_for, self.data, self.problems)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The filters that hold beside those of the form."""
        return [pair for pair in self.request.pairs() if pair[0] not in self.asks_for]

    @property
    def search_url(self) -> str:
        """The cases that are counted."""
        return self.request.address(self.database.search_path)

    @property
    def is_small(self) -> bool:
        """Whether a number is too small for a share of it to say anything."""
        return any(0 < number < FEW for number in self.numbers())

    @abstractmethod
    def numbers(self) -> Iterator[int]:
        """The numbers that a reader might make shares of."""

    @abstractmethod
    def lines(self, absolute: Absolute) -> Iterator[Line]:
        """The report as CSV: names of the columns, then the lines."""

    @abstractmethod
    def told(self, absolute: Absolute) -> dict[str, Any]:
        """The report as JSON."""


class PersonReport(Report):
    """A report on persons, one of whose facets the reader chooses (`by`)."""

    controls = ("by",)
    refused: ClassVar[dict[str, Any]] = {}
    #: What is offered first.
    usual: ClassVar[tuple[str, ...]] = ()
    #: Whether verdicts and sentences can be what is compared.
    by_outcome: ClassVar[bool] = True

    def _ask(self) -> None:
        super()._ask()
        self.by = self.chosen("by", self.names, self.usual[0])
        self.axis = axis_for(self.by)

    @property
    def names(self) -> tuple[str, ...]:
        """What persons can be compared by here."""
        return axis_names(outcomes=self.by_outcome)

    def pairs(self) -> list[tuple[str, str]]:
        return [("by", self.by)]

    def documented_controls(self) -> Iterator[OpenApiParameter]:
        yield documented_by(self.names, self.usual[0])

    @cached_property
    def persons(self) -> list[Person]:
        return list(persons_of(self.request))

    @property
    def usual_choices(self) -> list[Choice]:
        """What is offered first, each with its address."""
        return [
            Choice(name, axis_for(name).label, name == self.by, self.address(self.request, by=name))
            for name in self.usual
        ]

    @property
    def choices(self) -> list[Choice]:
        """All that can be chosen."""
        return [Choice(name, axis_for(name).label, name == self.by) for name in self.names]


def documented_by(names: Sequence[str], usual: str) -> OpenApiParameter:
    """The parameter `by`, for the OpenAPI document."""
    values = Values(usual, tuple(names))
    return documented("by", "What stands in the rows.", values=values, default=usual)


def number_told(number: PersonNumber, absolute: Absolute) -> dict[str, Any]:
    """A number of persons in JSON."""
    url = linked(number.url, absolute) or None
    return {"persons": number.persons, "cases": number.cases, "url": url}


def linked(url: str, absolute: Absolute) -> str:
    """A whole address; '' for none."""
    return absolute(url) if url else ""
