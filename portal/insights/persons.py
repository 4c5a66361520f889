"""Figures counted by person: a defendant with a count of n is n persons.

Every number of persons is shown with the number of cases behind it, and links to the list of these
cases by the parameter `person`, which speaks of one and the same person.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from caselaw.models import Defendant
from caselaw.persons import NONE, Sentence, code_of, heaviest, pleas_of, verdicts_of
from portal.records.database import database_for
from portal.search.domains import NO_NATIONALITY, Profiles
from portal.search.engine import match
from portal.search.request import SearchRequest

CASES = "cases"
ANY = Profiles.ANY
T = TypeVar("T")
#: Rows that are read at once.
CHUNK = 5_000
_OF_DEFENDANT = ("pk", "case_id", "count", "gender_id", "role_id", "nationality_id")


class _Charge(NamedTuple):
    """What is read of a charge: the model of some thousands would take three times as long."""

    pk: int
    verdict_id: str | None
    plea_id: str | None
    imprisonment_months: Decimal | None
    suspended: bool | None
    other: str


@dataclass(frozen=True, slots=True)
class Person:
    """A defendant, or `number` of them alike."""

    case: int
    number: int
    gender: str
    role: str
    nationality: str
    verdicts: frozenset[str]
    pleas: frozenset[str]
    sentence: Sentence

    @property
    def outcomes(self) -> set[str]:
        """All that a profile may say of what became of the person."""
        told = {ANY, self.sentence.kind, *self.verdicts}
        return told if self.sentence == NONE else {*told, Profiles.SENTENCED}


def persons_of(request: SearchRequest) -> Iterator[Person]:
    """All defendants of the cases that a request finds, case by case: one query.

    Whoever keeps them all keeps what is told of them once: most are told alike, and a hundred
    thousand persons would otherwise take 130 MB.
    """
    told: dict[Any, Any] = {}

    def once(value: T) -> T:
        first: T = told.setdefault(value, value)
        return first

    cases = match(request).order_by().values("object_id")
    defendants = Defendant.objects.filter(case_id__in=cases).order_by("case_id", "position", "pk")
    # A row for each charge, or one without a charge.
    of_charge = (f"charges__{name}" for name in _Charge._fields)
    rows = defendants.values_list(*_OF_DEFENDANT, *of_charge).iterator(CHUNK)
    width = len(_OF_DEFENDANT)
    for defendant, together in groupby(rows, key=lambda row: row[:width]):
        _pk, case, number, gender, role, place = defendant
        own = [_Charge(*row[width:]) for row in together if row[width] is not None]
        yield Person(
            case=case,
            number=number,
            gender=once(code_of(gender)),
            role=once(code_of(role)),
            nationality=once(place or NO_NATIONALITY),
            verdicts=once(frozenset(verdicts_of(own))),
            pleas=once(frozenset(pleas_of(own))),
            sentence=once(heaviest(own)),
        )


@dataclass(frozen=True)
class Profile:
    """A value of the parameter `person`; `role` may be a nationality."""

    gender: str = ANY
    role: str = ANY
    outcome: str = ANY
    plea: str = ANY

    def __str__(self) -> str:
        text = f"{self.gender}.{self.role}.{self.outcome}"
        return text if self.plea == ANY else f"{text}.{self.plea}"


@dataclass(frozen=True)
class PersonNumber:
    """How many persons there are, in how many cases, and the address of the list of these.

    There is no list of none: without persons the address is ''.
    """

    persons: int
    cases: int
    url: str


@dataclass
class _Count:
    """Persons and cases, added case by case."""

    persons: int = 0
    cases: int = 0
    _last: int | None = None

    def add(self, person: Person) -> None:
        self.persons += person.number
        if person.case != self._last:
            self.cases += 1
            self._last = person.case


@dataclass
class Tally:
    """Persons by outcome, and how long their sentences are by kind."""

    counts: dict[str, _Count] = field(default_factory=dict)
    months: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        for outcome in person.outcomes:
            self.counts.setdefault(outcome, _Count()).add(person)
        if person.sentence.months is not None:
            terms = self.months.setdefault(person.sentence.kind, [])
            terms.extend([person.sentence.months] * person.number)

    def number(
        self, outcome: str, request: SearchRequest, profile: Profile = Profile()
    ) -> PersonNumber:
        """The persons with an outcome; `request` and `profile` say whom this tally counts."""
        counted = self.counts.get(outcome)
        if counted is None:
            return PersonNumber(0, 0, "")
        # Several outcomes can be told of one person, but only one by one profile.
        told = profile if outcome == ANY else replace(profile, outcome=outcome)
        return PersonNumber(counted.persons, counted.cases, cases_url(request, told))

    def distribution(self, kind: str = Profiles.TERM) -> Distribution | None:
        return distribution(self.months.get(kind, ()))


def cases_url(request: SearchRequest, *profiles: Profile) -> str:
    """The search for the cases of a request in which somebody has one of some profiles."""
    values = tuple(dict.fromkeys(map(str, profiles)))
    return request.having((("person", values),)).address(database_for(CASES).search_path)


@dataclass(frozen=True)
class Distribution:
    """How values are spread.

    Quartiles are those of the inclusive method: the lowest value stands at 0, the highest at 1,
    and between two neighbours the line is straight (as `percentile_cont` of PostgreSQL and
    QUARTILE.INC of spreadsheets).
    """

    number: int
    lowest: Decimal
    lower_quartile: Decimal
    median: Decimal
    upper_quartile: Decimal
    highest: Decimal


def distribution(values: Sequence[Decimal]) -> Distribution | None:
    """How values are spread; None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    # One value is its own quartiles, which the library does not say for lack of a second.
    spread = ordered if len(ordered) > 1 else ordered * 2
    lower, middle, upper = statistics.quantiles(spread, n=4, method="inclusive")
    return Distribution(
        number=len(ordered),
        lowest=ordered[0],
        lower_quartile=_rounded(lower),
        median=_rounded(middle),
        upper_quartile=_rounded(upper),
        highest=ordered[-1],
    )


def _rounded(value: Decimal) -> Decimal:
    """Hundredths, as months and amounts are recorded."""
    return value.quantize(Decimal("0.01"))
