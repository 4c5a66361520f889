"""Comparable decisions: the circumstances of a case, and what courts decided in others like it.

It lists and orders what was decided; it says nothing of what will be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from caselaw.models import Case
from portal.insights.forms import Field, fields_of
from portal.insights.persons import (
    ANY,
    Person,
    PersonNumber,
    Profile,
    Tally,
    cases_url,
    persons_of,
)
from portal.insights.reports import Absolute, Line, Report, number_told
from portal.insights.sentences import SentenceRow, plain, row_told, sentence_row
from portal.rest.parameters import Problem, unknown_names, whole_number
from portal.rest.schema import documented_paging
from portal.search.chips import Chip, chips_of
from portal.search.domains import Profiles
from portal.search.parameters import MAX_VALUES
from portal.search.request import SearchRequest, parse

#: Cases on a page.
PAGE = 50
#: Circumstances of the case, and those of the person sentenced: a filter of the search each.
OF_CASE = (
    *("mode", "aggravation", "jurisdiction", "region", "legal_system"),
    *("migrants_min", "migrants_max", "deaths_min"),
)
OF_PERSON = ("role", "gender", "plea")


@dataclass(frozen=True)
class Comparable:
    """A case, and the sentences of those of its defendants who fit."""

    case: Case
    persons: tuple[Person, ...]


class ComparatorReport(Report):
    """Persons sentenced in cases with the circumstances that the reader chose."""

    slug = "comparable-sentences"
    controls = ("page",)

    def _ask(self) -> None:
        self.problems += unknown_names(self.data, self.known)
        given = QueryDict(mutable=True)
        for name, values in self.data.lists():
            if name in (*OF_CASE, *OF_PERSON):
                given.setlist(name, values)
        parsed = parse(self.database, given, ())
        self.asked: SearchRequest = parsed.request
        self.problems += parsed.problems
        filters = self.asked.filters
        chosen = [filters.get(name, (ANY,)) for name in OF_PERSON]
        if len(chosen[0]) * len(chosen[1]) * len(chosen[2]) > MAX_VALUES:
            message = _("Together with gender and plea these are too many roles at once.")
            self.problems.append(Problem("role", message))
            chosen[0], self.asked = (ANY,), self.asked.without("role")
        self.profiles = tuple(
            Profile(gender, role, Profiles.SENTENCED, plea)
            for role, gender, plea in product(*chosen)
        )
        self.request = self.asked
        for name in OF_PERSON:
            self.request = self.request.without(name)
        self.page = whole_number(self.data, "page", 1, 10_000, self.problems)

    @property
    def known(self) -> tuple[str, ...]:
        return (*OF_PERSON, *OF_CASE, *self.controls)

    def documented_controls(self) -> Iterator[OpenApiParameter]:
        yield documented_paging()[0]

    @property
    def chips(self) -> tuple[Chip, ...]:
        return chips_of(self.asked, self.address)

    def _fits(self, person: Person) -> bool:
        """Whether a person is sentenced and has the circumstances that were chosen."""
        if Profiles.SENTENCED not in person.outcomes:
            return False
        return any(
            profile.gender in (ANY, person.gender)
            and profile.role in (ANY, person.role)
            and (profile.plea == ANY or profile.plea in person.pleas)
            for profile in self.profiles
        )

    @cached_property
    def persons(self) -> list[Person]:
        """The persons that are compared, the heaviest sentence first."""
        found = [person for person in persons_of(self.request) if self._fits(person)]
        return sorted(found, key=_heaviest_first)

    @cached_property
    def whole(self) -> SentenceRow:
        """All of them together."""
        tally = Tally()
        for person in sorted(self.persons, key=lambda person: person.case):
            tally.add(person)
        row = sentence_row(ANY, str(_("Persons compared")), tally, self.request, Profile())
        sentenced = self._linked(row.sentenced, Profiles.SENTENCED)
        return replace(
            row,
            # Nobody else is compared.
            everybody=sentenced,
            sentenced=sentenced,
            served=self._linked(row.served, Profiles.TERM),
            suspended=self._linked(row.suspended, Profiles.SUSPENDED),
            life=self._linked(row.life, Profiles.LIFE),
        )

    def _linked(self, number: PersonNumber, outcome: str) -> PersonNumber:
        """A number with the list of its cases: of any of the profiles that were chosen."""
        if not number.persons:
            return number
        told = (Profile(p.gender, p.role, outcome, p.plea) for p in self.profiles)
        return PersonNumber(number.persons, number.cases, cases_url(self.request, *told))

    @property
    def search_url(self) -> str:
        return self.whole.sentenced.url

    @cached_property
    def _by_case(self) -> dict[int, list[Person]]:
        found: dict[int, list[Person]] = {}
        for person in self.persons:
            found.setdefault(person.case, []).append(person)
        return found

    @property
    def pages(self) -> int:
        return max(1, -(-len(self._by_case) // PAGE))

    def comparables(self, *, whole: bool = False) -> Iterator[Comparable]:
        """The cases of the page, or all: those with the heaviest sentence first."""
        keys = list(self._by_case)
        if not whole:
            keys = keys[(self.page - 1) * PAGE : self.page * PAGE]
        cases = Case.objects.only("code", "title", "jurisdiction_id", "court", "decision_date")
        found = cases.order_by().in_bulk(keys)
        for key in keys:
            yield Comparable(found[key], tuple(self._by_case[key]))

    @cached_property
    def shown(self) -> list[Comparable]:
        return list(self.comparables())

    def page_url(self, page: int) -> str:
        return self.address(self.asked, page=str(page))

    @property
    def previous_url(self) -> str:
        return self.page_url(self.page - 1) if self.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.page_url(self.page + 1) if self.page < self.pages else ""

    @property
    def no_prediction(self) -> str:
        return no_prediction()

    @property
    def fields(self) -> Iterator[Field]:
        """The form: circumstances of the person, then of the case."""
        return fields_of(self.asked, (*OF_PERSON, *OF_CASE), self.data, self.problems)

    def numbers(self) -> Iterator[int]:
        row = self.whole
        yield from (row.served.persons, row.suspended.persons, row.life.persons)

    def lines(self, absolute: Absolute) -> Iterator[Line]:
        yield (
            *("case", "title", "jurisdiction", "court", "decision_date", "persons", "role"),
            *("gender", "pleas", "sentence", "months", "url"),
        )
        for found in self.comparables(whole=True):
            case = found.case
            for person in found.persons:
                yield (
                    *(case.code, case.title, case.jurisdiction_id, case.court),
                    *(case.decision_date or "", person.number, person.role, person.gender),
                    ", ".join(sorted(person.pleas)),
                    *(person.sentence.kind, plain(person.sentence.months)),
                    absolute(case.permanent_path),
                )

    def told(self, absolute: Absolute) -> dict[str, Any]:
        return {
            "note": no_prediction(),
            "sentences": row_told(self.whole, absolute),
            "cases": number_told(self.whole.sentenced, absolute)["cases"],
            "results": [
                {
                    "case": found.case.code,
                    "title": found.case.title,
                    "jurisdiction": found.case.jurisdiction_id,
                    "court": found.case.court,
                    "decision_date": str(found.case.decision_date or "") or None,
                    "url": absolute(found.case.permanent_path),
                    "persons": [_person_told(person) for person in found.persons],
                }
                for found in self.comparables(whole=True)
            ],
        }


def no_prediction() -> str:
    """What the comparison is not: said first, wherever it is shown."""
    return _(
        "This is no prediction. It shows what courts decided in cases that happen to be in the"
        " collection, not what a court will or should decide in another."
    )


def _person_told(person: Person) -> dict[str, Any]:
    months = person.sentence.months
    return {
        "persons": person.number,
        "role": person.role,
        "gender": person.gender,
        "pleas": sorted(person.pleas),
        "sentence": person.sentence.kind,
        "months": None if months is None else float(months),
    }


def _heaviest_first(person: Person) -> tuple[bool, Any, bool, int]:
    sentence = person.sentence
    return (
        sentence.kind != Profiles.LIFE,
        -(sentence.months or 0),
        sentence.kind != Profiles.TERM,
        person.case,
    )
