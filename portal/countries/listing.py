"""All jurisdictions with their treaty status and the numbers of their records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.countries.counting import Carrying, everywhere
from portal.countries.status import Standing, in_words, standing_of
from portal.insights.tables import Number
from portal.records.database import Database, databases
from portal.reference.catalog import catalog
from portal.reference.models import TreatyStatus
from portal.rest.parameters import Problem, chosen_names, unknown_names
from portal.search.domains import Regions
from portal.search.ordering import in_order
from portal.search.request import SearchRequest

BY_REGION, BY_NAME = "region", "name"
TRUTH = ("true", "false")
PARAMETERS = ("party", "has_cases", "has_laws", "region", "process", "sort")


def parameter_of(database: Database) -> str:
    """The facet by which the records of a jurisdiction are found: works study a country."""
    return "country" if "country" in database.filterset.facets() else "jurisdiction"


def records_of(database: Database, code: str) -> SearchRequest:
    """The search for the records of a jurisdiction."""
    return SearchRequest(database.slug, values=((parameter_of(database), (code,)),))


def kinds() -> dict[str, Database]:
    """The databases by what the API calls their records: cases, laws, works."""
    return {database.api_slug: database for database in databases()}


@dataclass(frozen=True)
class Asked:
    """What was asked of the list, and what of it was not understood."""

    party: str = ""
    has_cases: str = ""
    has_laws: str = ""
    region: tuple[str, ...] = ()
    process: tuple[str, ...] = ()
    sort: str = BY_REGION
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def pairs(self, **changed: Any) -> list[tuple[str, str]]:
        """The parameters of the address with some of them set anew."""
        values = {name: changed.get(name, getattr(self, name)) for name in PARAMETERS}
        if values["sort"] == BY_REGION:
            values["sort"] = ""
        return [
            (name, entry)
            for name, value in values.items()
            for entry in (value if isinstance(value, tuple) else (value,))
            if entry
        ]

    @property
    def is_filtered(self) -> bool:
        return bool(self.pairs(sort=BY_REGION))

    def address(self, path: str, **changed: Any) -> str:
        pairs = self.pairs(**changed)
        return f"{path}?{urlencode(pairs)}" if pairs else path


def sorts() -> dict[str, Any]:
    """The orders of the list and what they are called."""
    named = {kind: database.noun_plural for kind, database in kinds().items()}
    return {BY_REGION: gettext_lazy("Region"), BY_NAME: gettext_lazy("Name"), **named}


def ask(data: QueryDict) -> Asked:
    """Read what is asked of the list from the parameters of an address, strictly."""
    given = [name for name, entries in data.lists() if any(entry.strip() for entry in entries)]
    problems = unknown_names(given, PARAMETERS)
    truths = {
        name: _one(data, name, TRUTH, problems) for name in ("party", "has_cases", "has_laws")
    }
    return Asked(
        **truths,
        region=chosen_names(data, "region", tuple(catalog().regions), problems),
        process=chosen_names(data, "process", tuple(catalog().processes), problems),
        sort=_one(data, "sort", tuple(sorts()), problems) or BY_REGION,
        problems=tuple(problems),
    )


def _one(data: QueryDict, name: str, known: tuple[str, ...], problems: list[Problem]) -> str:
    found = chosen_names(data, name, known, problems)
    if len(found) > 1:
        problems.append(Problem(name, _("One value at most."), known))
        return ""
    return found[0] if found else ""


@dataclass(frozen=True)
class Row:
    """A jurisdiction in the list.

    Attributes:
        regions: the M49 regions that hold it, smallest first.
        numbers: of cases, laws and works, by these names.
    """

    code: str
    name: str
    url: str
    regions: tuple[str, ...]
    treaty: TreatyStatus | None
    numbers: Mapping[str, Number]

    @property
    def standing(self) -> Standing:
        return standing_of(self.treaty)

    @property
    def status(self) -> str:
        return in_words(self.treaty)


@dataclass(frozen=True)
class Group:
    """The jurisdictions of a region; with numbers of the region where all of it is shown."""

    label: str
    rows: tuple[Row, ...]
    url: str = ""
    numbers: tuple[Number, ...] = ()

    @property
    def parties(self) -> int:
        return sum(row.standing is Standing.PARTY for row in self.rows)


class Listing:
    """The list as it was asked for."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.kinds = kinds()
        self._paths = {kind: database.search_path for kind, database in self.kinds.items()}

    @cached_property
    def _counts(self) -> dict[Carrying, int]:
        return everywhere(("jurisdiction", "country", "region"))

    def _number(self, kind: str, name: str, value: str) -> Number:
        database = self.kinds[kind]
        count = self._counts.get(Carrying(database.slug, name, value), 0)
        if not count:
            return Number(0, "")
        request = SearchRequest(database.slug, values=((name, (value,)),))
        return Number(count, request.address(self._paths[kind]))

    def _all(self) -> Iterator[Row]:
        statuses = {status.jurisdiction_id: status for status in TreatyStatus.objects.all()}
        named = {kind: parameter_of(database) for kind, database in self.kinds.items()}
        base = reverse("countries:index")
        for code in catalog().jurisdictions:
            yield Row(
                code=code,
                name=catalog().jurisdiction_name(code),
                url=f"{base}{code}/",
                regions=catalog().regions_of(code),
                treaty=statuses.get(code),
                numbers={kind: self._number(kind, name, code) for kind, name in named.items()},
            )

    def _is_asked_for(self, row: Row) -> bool:
        asked = self.asked
        facts = {
            "party": row.standing is Standing.PARTY,
            "has_cases": row.numbers["cases"].count > 0,
            "has_laws": row.numbers["laws"].count > 0,
        }
        members = catalog().memberships.get(row.code, ())
        return (
            all(getattr(asked, name) in ("", TRUTH[not fact]) for name, fact in facts.items())
            and (not asked.region or not set(asked.region).isdisjoint(row.regions))
            and (not asked.process or not set(asked.process).isdisjoint(members))
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The jurisdictions that were asked for, in the order that was asked for."""
        found = sorted(filter(self._is_asked_for, self._all()), key=lambda row: in_order(row.name))
        sort = self.asked.sort
        if sort in self.kinds:
            return tuple(sorted(found, key=lambda row: -row.numbers[sort].count))
        if sort == BY_NAME:
            return tuple(found)
        return tuple(row for _region, rows in self._by_region(found) for row in rows)

    def _by_region(self, rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
        """Rows by the smallest region that holds them; courts and others without one come last."""
        places = {code: place for place, code in enumerate(catalog().regions)}
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row.regions[0] if row.regions else "", []).append(row)
        return sorted(found.items(), key=lambda entry: places.get(entry[0], len(places)))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The rows under their regions, or all together where another order was asked for."""
        if self.asked.sort != BY_REGION:
            return (Group("", self.rows),)
        return tuple(self._group(region, rows) for region, rows in self._by_region(self.rows))

    def _group(self, region: str, rows: list[Row]) -> Group:
        if not region:
            return Group(_("Without a region"), tuple(rows))
        path = catalog().regions_of(rows[0].code)
        labels = Regions().labels(path)
        label = " · ".join(labels[code] for code in reversed(path))
        is_smallest = region not in catalog().region_parents.values()
        is_whole = is_smallest and not self.asked.pairs(sort=BY_REGION, region=())
        return Group(
            label,
            tuple(rows),
            self.asked.address(reverse("countries:index"), region=(region,)),
            tuple(self._number(kind, "region", region) for kind in self.kinds) if is_whole else (),
        )

    @cached_property
    def totals(self) -> dict[Standing, int]:
        """How many of the jurisdictions shown stand where."""
        return {
            standing: sum(row.standing is standing for row in self.rows) for standing in Standing
        }
