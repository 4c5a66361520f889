"""What the collection holds and what it lacks: counts by database, field and time, each a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from portal.databases.choice import reading
from portal.insights.tables import Axis, Number
from portal.records.database import Database, databases
from portal.records.dates import PartialDate
from portal.reference.catalog import catalog
from portal.search.domains import NOT_RECORDED
from portal.search.facets import YEARS
from portal.search.models import SearchDocument
from portal.search.request import SearchRequest

#: What UNODC's portal held in May 2018 (CTOC/COP/2018, paragraph 28): records, jurisdictions.
REPORT_OF_2018: dict[str, tuple[int, int | None]] = {
    "cases": (776, 41),
    "legislation": (245, 93),
    "bibliography": (333, None),
}


@dataclass(frozen=True)
class FieldCoverage:
    """How many records of a database state a field, and how many do not."""

    name: str
    label: Any
    stated: Number
    missing: Number


@dataclass(frozen=True)
class TimeCoverage:
    """How many records belong to a year or a month; to none where `value` is `not_recorded`."""

    value: str
    label: str
    number: Number


class DatabaseCoverage:
    """What one database holds."""

    report_records: int | None
    report_places: int | None

    def __init__(self, database: Database, tokens: dict[str, int], total: int) -> None:
        self.database, self._tokens = database, tokens
        self.total = Number(total, self._url())
        self.report_records, self.report_places = REPORT_OF_2018.get(database.slug, (None, None))

    @cached_property
    def _request(self) -> SearchRequest:
        return SearchRequest(self.database.slug)

    def _url(self, **values: Any) -> str:
        return self._address(self._request.having(values.items()))

    def _address(self, request: SearchRequest) -> str:
        return request.address(self.database.search_path)

    @cached_property
    def places(self) -> int:
        """The jurisdictions that have a record."""
        return sum(token.startswith("jurisdiction:") for token in self._tokens)

    @cached_property
    def places_without(self) -> list[str]:
        """Codes of the jurisdictions without a record."""
        return [
            code for code in catalog().jurisdictions if f"jurisdiction:{code}" not in self._tokens
        ]

    @cached_property
    def fields(self) -> list[FieldCoverage]:
        """All fields of which the search can ask whether they are recorded, the fullest first."""
        found = []
        for name, parameter in self.database.filterset.presence().items():
            stated = self._tokens.get(f"has:{name.removeprefix('has_')}", 0)
            found.append(
                FieldCoverage(
                    name,
                    parameter.label,
                    Number(stated, self._url(**{name: "true"})),
                    Number(self.total.count - stated, self._url(**{name: "false"})),
                )
            )
        return sorted(found, key=lambda field: -field.stated.count)

    @cached_property
    def years_axis(self) -> Axis:
        return Axis(self.database, YEARS)

    @cached_property
    def years(self) -> list[TimeCoverage]:
        """The years of the records: of decision, adoption or publication."""
        head = f"{YEARS}:"
        counts = {
            token[len(head) :]: number
            for token, number in self._tokens.items()
            if token.startswith(head)
        }
        return [
            TimeCoverage(
                year,
                str(_("Not recorded")) if year == NOT_RECORDED else year,
                Number(counts[year], self._address(self.years_axis.narrowed(self._request, year))),
            )
            for year in self.years_axis.ordered(counts)
        ]

    @property
    def years_top(self) -> int:
        """The largest number of a year, which the longest bar stands for."""
        return max((year.number.count for year in self.years), default=0)

    @cached_property
    def added(self) -> list[TimeCoverage]:
        """The months in which its records were first published here: one question."""
        records = self.database.records.public().order_by()
        found = (
            records.filter(first_published_at__isnull=False)
            .values_list(TruncMonth("first_published_at"))
            .annotate(number=Count("pk"))
        )
        months = sorted((PartialDate(day.year, day.month), number) for day, number in found)
        return [
            TimeCoverage(
                str(month),
                month.display(),
                Number(number, self._url(added_from=month, added_to=month)),
            )
            for month, number in months
        ]


def coverage() -> list[DatabaseCoverage]:
    """What each database holds, in one question to the database."""
    documents = SearchDocument.objects.public().order_by().values("database", "facets")
    inner, arguments = documents.query.sql_with_params()
    tokens: dict[str, dict[str, int]] = {}
    with reading().cursor() as cursor:
        # SQL made by Django around constants; every value is a parameter.
        cursor.execute(
            f"""
            WITH documents AS MATERIALIZED ({inner})
            SELECT database, token, count(*) FROM documents, unnest(facets) AS token
            WHERE split_part(token, ':', 1) IN ('has', 'jurisdiction', '{YEARS}')
            GROUP BY 1, 2
            UNION ALL SELECT database, '', count(*) FROM documents GROUP BY 1
            """,  # noqa: S608 - of constants; values are parameters
            arguments,
        )
        for slug, token, number in cursor.fetchall():
            tokens.setdefault(slug, {})[token] = number
    return [
        DatabaseCoverage(database, found, found.get("", 0))
        for database in databases()
        for found in [tokens.get(database.slug, {})]
    ]
