"""What smugglers took: amounts as the sources give them, in their own currencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiParameter

from caselaw.models import Case
from caselaw.persons import code_of
from portal.insights.forms import Choice
from portal.insights.person_axes import CaseAxis
from portal.insights.persons import CASES, Distribution, distribution
from portal.insights.reports import Absolute, Line, Report, documented_by
from portal.insights.sentences import spread_cells, spread_told
from portal.insights.tables import Axis, Number
from portal.records.database import database_for
from portal.search.domains import Currencies
from portal.search.engine import match
from portal.search.facets import YEARS
from portal.search.request import SearchRequest

#: What fees are offered by first.
USUAL = ("destination", "origin", "jurisdiction", "mode", YEARS)


@dataclass(frozen=True)
class FeeRow:
    """The fees of one currency, each for the same.

    Attributes:
        value, label: the value of the facet that they are shown by; '' where by none.
        per: what one fee is for: a person, a group, a venture, or not recorded.
    """

    value: str
    label: str
    currency: str
    currency_label: str
    per: str
    per_label: str
    cases: Number
    spread: Distribution | None


@dataclass(frozen=True)
class _Fee:
    case: int
    amount: Decimal
    currency: str
    per: str


class FeesReport(Report):
    """Fees by currency and by what they are for, and the same by a facet of the case."""

    slug = "fees"
    controls = ("by",)

    def _ask(self) -> None:
        super()._ask()
        self.by = self.chosen("by", self.names, USUAL[0])
        self.axis = CaseAxis(self.by)

    @property
    def names(self) -> tuple[str, ...]:
        """What fees can be shown by."""
        return (*database_for(CASES).filterset.facets(), YEARS)

    def pairs(self) -> list[tuple[str, str]]:
        return [("by", self.by)]

    def documented_controls(self) -> Iterator[OpenApiParameter]:
        yield documented_by(self.names, USUAL[0])

    @property
    def usual_choices(self) -> list[Choice]:
        return [self._choice(name, self.address(self.request, by=name)) for name in USUAL]

    @property
    def choices(self) -> list[Choice]:
        return [self._choice(name) for name in self.names]

    def _choice(self, name: str, url: str = "") -> Choice:
        return Choice(name, Axis(self.database, name).label, name == self.by, url)

    @cached_property
    def _fees(self) -> list[_Fee]:
        cases = match(self.request).order_by().values("object_id")
        rows = Case.objects.filter(pk__in=cases, fee_amount__isnull=False).order_by("pk")
        return [
            _Fee(pk, amount, currency, code_of(per))
            for pk, amount, currency, per in rows.values_list(
                "pk", "fee_amount", "fee_currency", "fee_per_id"
            )
            if amount is not None
        ]

    @cached_property
    def total(self) -> int:
        """How many cases there are."""
        return match(self.request).count()

    @property
    def stated(self) -> Number:
        """The cases that state a fee."""
        return self._number(len(self._fees), self.request.having((("has_fee", "true"),)))

    @property
    def missing(self) -> Number:
        """The cases that do not."""
        request = self.request.having((("has_fee", "false"),))
        return self._number(self.total - len(self._fees), request)

    def _number(self, count: int, request: SearchRequest) -> Number:
        # A filter of the reader's may stand where the link of an empty number would put another.
        return Number(count, request.address(self.database.search_path) if count else "")

    @cached_property
    def whole(self) -> list[FeeRow]:
        """All fees by currency and by what they are for, the most frequent first."""
        return list(self._rows("", "", self._fees, self.request))

    @cached_property
    def rows(self) -> list[FeeRow]:
        """The same by the facet that was chosen."""
        self.axis.prepare(self.request)
        found: dict[str, list[_Fee]] = {}
        for fee in self._fees:
            for value in self.axis.values_of(fee.case):
                found.setdefault(value, []).append(fee)
        labels = self.axis.labels(list(found))
        return [
            row
            for value in self.axis.ordered({value: len(fees) for value, fees in found.items()})
            for row in self._rows(
                value,
                str(labels.get(value, value)),
                found[value],
                self.axis.narrowed_case(self.request, value),
            )
        ]

    def amounts(self, currency: str, per: str) -> dict[str, list[tuple[Decimal, int]]]:
        """Of each row, the fees of a currency for the same, each with the key of its case.

        All of them together stand under ''.
        """
        self.axis.prepare(self.request)
        found: dict[str, list[tuple[Decimal, int]]] = {}
        for fee in self._fees:
            if (fee.currency, fee.per) == (currency, per):
                for value in ("", *self.axis.values_of(fee.case)):
                    found.setdefault(value, []).append((fee.amount, fee.case))
        return found

    def _rows(
        self, value: str, label: str, fees: list[_Fee], request: SearchRequest
    ) -> Iterator[FeeRow]:
        groups: dict[tuple[str, str], list[Decimal]] = {}
        for fee in fees:
            groups.setdefault((fee.currency, fee.per), []).append(fee.amount)
        currencies = Currencies().labels({currency for currency, _per in groups})
        pers = request.parameters["fee_per"].domain.labels({per for _currency, per in groups})
        for (currency, per), amounts in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0])):
            narrowed = request.having((("fee_currency", (currency,)), ("fee_per", (per,))))
            yield FeeRow(
                value=value,
                label=label,
                currency=currency,
                currency_label=currencies.get(currency, currency),
                per=per,
                per_label=pers.get(per, per),
                cases=self._number(len(amounts), narrowed),
                spread=distribution(amounts),
            )

    def numbers(self) -> Iterator[int]:
        yield from (row.cases.count for row in (*self.whole, *self.rows))

    def lines(self, absolute: Absolute) -> Iterator[Line]:
        yield (
            *("facet", "value", "label", "currency", "per", "cases"),
            *("lowest", "lower_quartile", "median", "upper_quartile", "highest", "url"),
        )
        for facet, rows in (("", self.whole), (self.by, self.rows)):
            for row in rows:
                yield (
                    *(facet, row.value, row.label, row.currency, row.per, row.cases.count),
                    *spread_cells(row.spread),
                    absolute(row.cases.url),
                )

    def told(self, absolute: Absolute) -> dict[str, Any]:
        def number_told(number: Number) -> dict[str, Any]:
            return {"count": number.count, "url": absolute(number.url) if number.url else None}

        def row_told(row: FeeRow) -> dict[str, Any]:
            facet = {"value": row.value, "label": row.label} if row.value else {}
            return {
                **facet,
                "currency": row.currency,
                "per": row.per,
                "cases": number_told(row.cases),
                "amount": spread_told(row.spread),
            }

        return {
            "by": self.by,
            "stated": number_told(self.stated),
            "not_recorded": number_told(self.missing),
            "all": [row_told(row) for row in self.whole],
            "results": [row_told(row) for row in self.rows],
        }
