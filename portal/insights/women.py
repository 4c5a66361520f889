"""Women as offenders: persons by gender and by a facet that the reader chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.insights.persons import ANY, PersonNumber, Profile, Tally
from portal.insights.reports import Absolute, Line, PersonReport, linked, number_told
from portal.insights.sentences import plain
from portal.search.domains import NOT_RECORDED, Profiles, Terms


@dataclass(frozen=True)
class GenderCell:
    """The persons of one gender in a row.

    Attributes:
        served: those sentenced to imprisonment to be served; None where the row is an outcome.
        median: the median of their terms, in months.
    """

    gender: str
    persons: PersonNumber
    served: PersonNumber | None = None
    median: Decimal | None = None


@dataclass(frozen=True)
class GenderRow:
    value: str
    label: str
    cells: tuple[GenderCell, ...]


class WomenReport(PersonReport):
    """Defendants by gender, side by side, and those whose gender is not recorded always there."""

    slug = "women-as-offenders"
    usual = ("role", "verdict", "sentence", "mode", "jurisdiction", "year", "nationality")
    refused = {
        "person": gettext_lazy("The table asks for persons itself: its links carry this filter.")
    }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in super().names if name != "gender")

    @property
    def genders(self) -> tuple[str, ...]:
        """The columns: the genders, what is not recorded, and all persons."""
        return (*Terms("genders").known(), NOT_RECORDED, ANY)

    @property
    def gender_labels(self) -> dict[str, str]:
        labels = Terms("genders").labels(self.genders)
        return {**labels, NOT_RECORDED: _("Gender not recorded"), ANY: _("All persons")}

    @property
    def heads(self) -> list[str]:
        """What the columns are called."""
        labels = self.gender_labels
        return [labels[gender] for gender in self.genders]

    @cached_property
    def _tallies(self) -> dict[tuple[str, str], Tally]:
        """Of each value of the axis and each gender, the persons; `ANY` is all of either."""
        self.axis.prepare(self.request)
        found: dict[tuple[str, str], Tally] = {}
        for person in self.persons:
            for value in (ANY, *self.axis.values(person)):
                for gender in (person.gender, ANY):
                    found.setdefault((value, gender), Tally()).add(person)
        return found

    def _tally(self, value: str, gender: str) -> Tally:
        return self._tallies.get((value, gender), Tally())

    @property
    def total(self) -> PersonNumber:
        return self._tally(ANY, ANY).number(ANY, self.request)

    @cached_property
    def overview(self) -> list[GenderRow]:
        """All persons, and what became of them."""
        verdicts = Terms("verdicts")
        names = {
            ANY: _("All persons"),
            **verdicts.labels(verdicts.known()),
            NOT_RECORDED: _("Verdict not recorded"),
            **Profiles().sentences(),
        }
        return [
            GenderRow(outcome, label, tuple(self._overview_cells(outcome)))
            for outcome, label in names.items()
        ]

    def _overview_cells(self, outcome: str) -> Iterator[GenderCell]:
        for gender in self.genders:
            tally, profile = self._tally(ANY, gender), Profile(gender)
            number = tally.number(outcome, self.request, profile)
            spread = tally.distribution() if outcome == Profiles.TERM else None
            yield GenderCell(gender, number, median=spread.median if spread else None)

    @cached_property
    def rows(self) -> list[GenderRow]:
        """The persons by the facet that was chosen."""
        counts = {
            value: tally.counts[ANY].persons
            for (value, gender), tally in self._tallies.items()
            if gender == ANY and value != ANY
        }
        labels = self.axis.labels(list(counts))
        return [
            GenderRow(
                value,
                str(labels.get(value, value)),
                tuple(self._cell(value, gender) for gender in self.genders),
            )
            for value in self.axis.ordered(counts)
        ]

    def _cell(self, value: str, gender: str) -> GenderCell:
        tally = self._tally(value, gender)
        request, profile = self.axis.narrowed(self.request, Profile(gender), value)
        whole = profile.outcome if self.axis.is_outcome else ANY
        persons = tally.number(ANY, request, profile)
        if whole != ANY:
            return GenderCell(gender, persons)
        spread = tally.distribution()
        served = tally.number(Profiles.TERM, request, replace(profile, outcome=ANY))
        return GenderCell(gender, persons, served, spread.median if spread else None)

    @property
    def recorded(self) -> tuple[int, int]:
        """How many persons have a gender recorded, of how many."""
        unknown = self._tally(ANY, NOT_RECORDED).number(ANY, self.request).persons
        return self.total.persons - unknown, self.total.persons

    def numbers(self) -> Iterator[int]:
        for row in (*self.overview, *self.rows):
            for cell in row.cells:
                yield cell.persons.persons

    def lines(self, absolute: Absolute) -> Iterator[Line]:
        yield (
            *("facet", "value", "label", "gender", "gender_label", "persons", "cases"),
            *("imprisonment_to_be_served", "median_months", "url"),
        )
        labels = self.gender_labels
        for facet, rows in (("outcome", self.overview), (self.by, self.rows)):
            for row in rows:
                for cell in row.cells:
                    number, served = cell.persons, cell.served
                    yield (
                        *(facet, row.value, row.label, cell.gender, labels[cell.gender]),
                        *(number.persons, number.cases, served.persons if served else ""),
                        plain(cell.median),
                        linked(number.url, absolute),
                    )

    def told(self, absolute: Absolute) -> dict[str, Any]:
        def row_told(row: GenderRow) -> dict[str, Any]:
            return {
                "value": row.value,
                "label": row.label,
                "genders": {cell.gender: cell_told(cell) for cell in row.cells},
            }

        def cell_told(cell: GenderCell) -> dict[str, Any]:
            served = cell.served
            return {
                **number_told(cell.persons, absolute),
                "imprisonment_to_be_served": number_told(served, absolute) if served else None,
                "median_months": None if cell.median is None else float(cell.median),
            }

        recorded, total = self.recorded
        return {
            "by": self.by,
            "persons": number_told(self.total, absolute),
            "gender_recorded": {"persons": recorded, "of": total},
            "outcomes": [row_told(row) for row in self.overview],
            "results": [row_told(row) for row in self.rows],
        }
