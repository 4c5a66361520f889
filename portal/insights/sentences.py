"""How long terms of imprisonment are: their spread by circumstances, counted by person.

Of each person the heaviest sentence counts. Terms to be served make up the spread; suspended terms
and life stand beside it, neither dropped nor mixed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.insights.persons import ANY, Distribution, Person, PersonNumber, Profile, Tally
from portal.insights.reports import Absolute, Line, PersonReport, linked, number_told
from portal.insights.tables import FEW
from portal.search.domains import Profiles
from portal.search.request import SearchRequest


@dataclass(frozen=True)
class SentenceRow:
    """The sentences of some persons.

    Attributes:
        everybody: all of them, sentenced or not.
        sentenced: those with a sentence: with a term to be served, a suspended one, or life.
        spread, suspended_spread: how long the terms are, in months; None without any.
    """

    value: str
    label: str
    everybody: PersonNumber
    sentenced: PersonNumber
    served: PersonNumber
    spread: Distribution | None
    suspended: PersonNumber
    suspended_spread: Distribution | None
    life: PersonNumber

    def numbers(self) -> tuple[int, ...]:
        """The persons that a reader might make shares of."""
        return self.served.persons, self.suspended.persons, self.life.persons

    @property
    def is_small(self) -> bool:
        """Whether a number is too small for a share of it to say anything."""
        return any(0 < number < FEW for number in self.numbers())


def sentence_row(
    value: str, label: str, tally: Tally, request: SearchRequest, profile: Profile
) -> SentenceRow:
    """The row of those whom a tally counts; `request` and `profile` find them."""

    def number(outcome: str) -> PersonNumber:
        return tally.number(outcome, request, profile)

    return SentenceRow(
        value=value,
        label=label,
        everybody=number(ANY),
        sentenced=number(Profiles.SENTENCED),
        served=number(Profiles.TERM),
        spread=tally.distribution(),
        suspended=number(Profiles.SUSPENDED),
        suspended_spread=tally.distribution(Profiles.SUSPENDED),
        life=number(Profiles.LIFE),
    )


def sentences_of(
    persons: Iterable[Person], value: str, label: str, request: SearchRequest
) -> SentenceRow:
    """The sentences of all persons in the cases of a request."""
    tally = Tally()
    for person in persons:
        tally.add(person)
    return sentence_row(value, label, tally, request, Profile())


class SentencesReport(PersonReport):
    """Terms of imprisonment by a facet that the reader chooses."""

    slug = "sentences"
    usual = ("role", "mode", "aggravation", "jurisdiction", "migrants", "deaths", "gender", "plea")
    by_outcome = False
    refused = {
        "person": gettext_lazy(
            "The table asks for persons itself; the comparator takes the circumstances of one."
        )
    }

    def _tallied(self, persons: list[Person]) -> dict[str, Tally]:
        self.axis.prepare(self.request)
        found: dict[str, Tally] = {ANY: Tally()}
        for person in persons:
            found[ANY].add(person)
            for value in self.axis.values(person):
                found.setdefault(value, Tally()).add(person)
        return found

    @cached_property
    def _tallies(self) -> dict[str, Tally]:
        return self._tallied(self.persons)

    @cached_property
    def whole(self) -> SentenceRow:
        """All persons together."""
        label = str(_("All persons sentenced"))
        return sentence_row(ANY, label, self._tallies[ANY], self.request, Profile())

    @property
    def unsentenced(self) -> PersonNumber:
        """The persons of whom no term and no life sentence is recorded."""
        return self._tallies[ANY].number(Profiles.NO_IMPRISONMENT, self.request)

    @property
    def persons_counted(self) -> PersonNumber:
        return self.whole.everybody

    @cached_property
    def rows(self) -> list[SentenceRow]:
        """The sentences by the facet that was chosen; a row without any is left out."""
        counts = {
            value: tally.counts[Profiles.SENTENCED].persons
            for value, tally in self._tallies.items()
            if value != ANY and Profiles.SENTENCED in tally.counts
        }
        labels = self.axis.labels(list(counts))
        return [
            sentence_row(
                value,
                str(labels.get(value, value)),
                self._tallies[value],
                *self.axis.narrowed(self.request, Profile(), value),
            )
            for value in self.axis.ordered(counts)
        ]

    def terms(self) -> dict[str, list[tuple[Decimal, int]]]:
        """Of each row, the terms to be served, person by person, each with the key of its case."""
        found: dict[str, list[tuple[Decimal, int]]] = {row.value: [] for row in self.rows}
        found[ANY] = []
        for person in self.persons:
            if person.sentence.kind == Profiles.TERM and person.sentence.months is not None:
                terms = [(person.sentence.months, person.case)] * person.number
                for value in (ANY, *self.axis.values(person)):
                    found[value] += terms
        return found

    def numbers(self) -> Iterator[int]:
        for row in (self.whole, *self.rows):
            yield from row.numbers()

    def lines(self, absolute: Absolute) -> Iterator[Line]:
        yield (self.by, f"{self.by}_label", *COLUMNS)
        for row in (self.whole, *self.rows):
            yield (row.value, row.label, *row_cells(row, absolute))

    def told(self, absolute: Absolute) -> dict[str, Any]:
        return {
            "by": self.by,
            "persons": number_told(self.persons_counted, absolute),
            "no_imprisonment": number_told(self.unsentenced, absolute),
            "all": row_told(self.whole, absolute),
            "results": [
                {"value": row.value, "label": row.label, **row_told(row, absolute)}
                for row in self.rows
            ],
        }


_SPREAD = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
#: The columns of a row in CSV; all lengths are months.
COLUMNS = (
    *("sentenced_persons", "sentenced_cases", "served_persons", "served_cases", *_SPREAD),
    *("suspended_persons", "suspended_cases", "suspended_median", "life_persons", "life_cases"),
    *("sentenced_url", "served_url", "suspended_url", "life_url"),
)


def plain(value: Decimal | None) -> str:
    """A number without an exponent or idle zeros."""
    return "" if value is None else f"{value.normalize():f}"


def spread_cells(spread: Distribution | None) -> list[str]:
    """Lowest value, quartiles and highest value as texts."""
    return [plain(getattr(spread, name)) if spread else "" for name in _SPREAD]


def spread_told(spread: Distribution | None) -> dict[str, Any] | None:
    """A spread in JSON."""
    if spread is None:
        return None
    return {"n": spread.number, **{name: float(getattr(spread, name)) for name in _SPREAD}}


def row_cells(row: SentenceRow, absolute: Absolute) -> Iterator[object]:
    """A row as the cells of a line of CSV."""
    suspended = row.suspended_spread
    yield from (row.sentenced.persons, row.sentenced.cases, row.served.persons, row.served.cases)
    yield from spread_cells(row.spread)
    yield from (row.suspended.persons, row.suspended.cases)
    yield plain(suspended.median if suspended else None)
    yield from (row.life.persons, row.life.cases)
    for number in (row.sentenced, row.served, row.suspended, row.life):
        yield linked(number.url, absolute)


def row_told(row: SentenceRow, absolute: Absolute) -> dict[str, Any]:
    """A row in JSON."""
    return {
        "sentenced": number_told(row.sentenced, absolute),
        "to_be_served": {
            **number_told(row.served, absolute),
            "months": spread_told(row.spread),
        },
        "suspended": {
            **number_told(row.suspended, absolute),
            "months": spread_told(row.suspended_spread),
        },
        "life": number_told(row.life, absolute),
    }
