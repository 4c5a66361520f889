"""From an address to what it asks of the Protocol pages, strictly: what is not understood is named.

The filters of provisions are those of the search for laws, under the same names: what they say of
a law holds for all of its provisions; `benefit_element` and `has_penalty` are asked of the
provision itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.records.database import Database, database_for
from portal.rest.parameters import MAX_DEPTH, MAX_PAGE_SIZE, Problem, unknown_names, whole_number
from portal.search.domains import Articles, Domain, Jurisdictions
from portal.search.parameters import ValuesField
from portal.search.request import SearchRequest, parse

LEGISLATION = "legislation"
#: What is asked of the law of a provision.
OF_THE_LAW = ("jurisdiction", "region", "process", "status", "party")
#: What is asked of the provision itself.
OF_THE_PROVISION = ("benefit_element", "has_penalty")
FILTERS = ("jurisdiction", "region", "process", "benefit_element", "status", "party", "has_penalty")
#: Orders of the provisions; with a minus the other way round.
ORDERS = ("jurisdiction", "penalty", "adopted")
SORTS = (*ORDERS, *(f"-{order}" for order in ORDERS))
PAGE_SIZE = 50
PAGING = ("page", "page_size")
#: How many jurisdictions stand side by side.
MOST_COMPARED = 4


@dataclass(frozen=True)
class ProvisionsAsked:
    """The provisions of an article that an address asks for, and what was wrong with it.

    `request` holds the filters only, as a search for laws does.
    """

    request: SearchRequest
    sort: str = ORDERS[0]
    page: int = 1
    page_size: int = PAGE_SIZE
    problems: tuple[Problem, ...] = ()
    known: tuple[str, ...] = ()

    def query(
        self, request: SearchRequest | None = None, *, sort: str = "", page: int = 1
    ) -> list[tuple[str, str]]:
        """The same with another request, order or page, as names and texts of an address."""
        sort = sort or self.sort
        pairs = (self.request if request is None else request).pairs()
        if sort != ORDERS[0]:
            pairs.append(("sort", sort))
        if self.page_size != PAGE_SIZE:
            pairs.append(("page_size", str(self.page_size)))
        if page > 1:
            pairs.append(("page", str(page)))
        return pairs

    def address(self, path: str, *args: Any, **kwargs: Any) -> str:
        """The address of `query` of the same arguments."""
        return with_pairs(path, self.query(*args, **kwargs))


@dataclass(frozen=True)
class ComparisonAsked:
    """Jurisdictions and articles to compare, and what was wrong with the address."""

    jurisdictions: tuple[str, ...]
    articles: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        return bool(self.jurisdictions and self.articles)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        asked = (("jurisdiction", self.jurisdictions), ("article", self.articles))
        return [(name, ",".join(values)) for name, values in asked if values]

    def address(self, path: str) -> str:
        return with_pairs(path, self.pairs)


_COMPARED_OF: dict[str, Domain] = {"jurisdiction": Jurisdictions(), "article": Articles()}
COMPARED = tuple(_COMPARED_OF)


def with_pairs(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """An address with parameters; commas stay readable."""
    query = urlencode(list(pairs), safe=",")
    return f"{path}?{query}" if query else path


def laws() -> Database:
    return database_for(LEGISLATION)


def provisions_asked(data: QueryDict, *, paged: bool = True) -> ProvisionsAsked:
    """What an address asks of the provisions of an article.

    Args:
        data: its parameters.
        paged: whether the answer has pages; a file has none.
    """
    known = (*FILTERS, "sort", *(PAGING if paged else ()))
    problems = unknown_names(data, known)
    filters = QueryDict(mutable=True)
    for name in FILTERS:
        if name in data:
            filters.setlist(name, data.getlist(name))
    parsed = parse(laws(), filters, ())
    problems += parsed.problems
    number = partial(whole_number, data, problems=problems)
    size = number("page_size", PAGE_SIZE, MAX_PAGE_SIZE) if paged else PAGE_SIZE
    return ProvisionsAsked(
        request=parsed.request,
        sort=_sort(data, problems),
        page=number("page", 1, MAX_DEPTH // size) if paged else 1,
        page_size=size,
        problems=tuple(problems),
        known=known,
    )


def _sort(data: QueryDict, problems: list[Problem]) -> str:
    given = [entry for entry in data.getlist("sort") if entry.strip()]
    if not given:
        return ORDERS[0]
    if len(given) == 1 and given[0] in SORTS:
        return given[0]
    problems.append(Problem("sort", _("Unknown order."), SORTS))
    return ORDERS[0]


def comparison_asked(data: QueryDict) -> ComparisonAsked:
    """What an address asks to compare; of what is not known nothing is kept."""
    problems = unknown_names(data, COMPARED)
    jurisdictions = _codes(data, "jurisdiction", problems)
    if len(jurisdictions) > MOST_COMPARED:
        message = _("At most %(limit)d jurisdictions stand side by side; left out: %(rest)s.") % {
            "limit": MOST_COMPARED,
            "rest": ", ".join(jurisdictions[MOST_COMPARED:]),
        }
        problems.append(Problem("jurisdiction", message))
    articles = _codes(data, "article", problems)
    return ComparisonAsked(jurisdictions[:MOST_COMPARED], articles, tuple(problems))


def _codes(data: QueryDict, name: str, problems: list[Problem]) -> tuple[str, ...]:
    """The values of a parameter; those that are not known are named."""
    domain = _COMPARED_OF[name]
    values = ValuesField(required=False).to_python(data.getlist(name))
    labels = domain.labels([value for value in values if "\x00" not in value])
    unknown = [value for value in values if value not in labels]
    if unknown:
        message = _("Unknown value: %(values)s.") % {"values": ", ".join(unknown)}
        problems.append(Problem(name, message, tuple(domain.known())))
    return tuple(value for value in values if value in labels)


def missing_parts(asked: ComparisonAsked) -> list[Problem]:
    """What a comparison as data cannot do without."""
    parts = (("jurisdiction", asked.jurisdictions), ("article", asked.articles))
    return [Problem(name, _("Give at least one.")) for name, values in parts if not values]
