"""A search as a frozen value: parsed once, printable, testable without a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.records.database import Database, database_for
from portal.rest.parameters import PAGE_SIZE, Problem, page_and_size, repeated, unknown_names
from portal.search.domains import NOT_RECORDED
from portal.search.parameters import Parameter, ParameterSet, TokenParameter
from portal.search.query import Query

SORTS = ("relevance", "newest", "oldest", "title", "changed")
NO_QUERY = Query()
CONTROLS = ("as_typed", "sort", "page", "page_size")
#: Controls that take one value; the numbers see to that by themselves.
SINGLE = ("as_typed", "sort", "cursor")
API_CONTROLS = (*CONTROLS, "cursor", "fields", "expand", "facets", "format")


@dataclass(frozen=True)
class SearchRequest:
    """What is searched for, in which order, and which part of the answer is wanted.

    `values` holds the filters in the order of their declaration: tuples of codes, partial dates,
    numbers, or `"true"` and `"false"`. A request without a `database` is one to all of them, and
    has only the filters that all of them know.
    """

    database: str
    query: Query = NO_QUERY
    values: tuple[tuple[str, Any], ...] = ()
    sort: str = "newest"
    page: int = 1
    page_size: int = PAGE_SIZE
    cursor: str | None = None
    explicit_sort: bool = field(default=False, compare=False)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """All that can be asked for where this request asks."""
        return filterset_of(self.database).parameters()

    @property
    def filters(self) -> dict[str, Any]:
        return dict(self.values)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size

    def pairs(self) -> list[tuple[str, str]]:
        """The request as names and texts, as they stand in an address."""
        found: list[tuple[str, str]] = []
        if self.query.text:
            found.append(("q", self.query.text))
            if self.query.as_typed:
                found.append(("as_typed", "true"))
        for name, value in self.values:
            entries = value if isinstance(value, tuple) else (value,)
            found.extend((name, str(entry)) for entry in entries)
        if self.explicit_sort:
            found.append(("sort", self.sort))
        if self.page_size != PAGE_SIZE:
            found.append(("page_size", str(self.page_size)))
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    def querystring(self) -> str:
        """The address's part behind the question mark; '' for a request without parameters."""
        return urlencode(self.pairs())

    def address(self, path: str) -> str:
        """The request as an address: of its search page, the API, or the page of a facet."""
        query = self.querystring()
        return f"{path}?{query}" if query else path

    def without(self, name: str, entry: Any = None) -> SearchRequest:
        """The request on its first page without a parameter, or without one of its values."""
        kept: list[tuple[str, Any]] = []
        for known, value in self.values:
            if known != name:
                kept.append((known, value))
            elif entry is not None and isinstance(value, tuple):
                rest = tuple(item for item in value if item != entry)
                if rest:
                    kept.append((known, rest))
        query = Query() if name == "q" else self.query
        changed = replace(self, values=tuple(kept), query=query, page=1, cursor=None)
        if self.sort == "relevance" and not query:
            changed = replace(changed, sort="newest", explicit_sort=False)
        return changed

    def asking(self, text: str, *, as_typed: bool | None = None) -> SearchRequest:
        """The request on its first page with another query; '' for none."""
        literal = self.query.as_typed if as_typed is None else as_typed
        query = Query.parse(text, as_typed=literal)
        if not query:
            return self.without("q")
        return replace(self, query=query, page=1, cursor=None)

    def having(self, values: Iterable[tuple[str, Any]]) -> SearchRequest:
        """The request on its first page with other values of some filters."""
        merged = {**self.filters, **dict(values)}
        ordered = tuple((name, merged[name]) for name in self.parameters if name in merged)
        return replace(self, values=ordered, page=1, cursor=None)

    def shared(self) -> dict[str, tuple[str, ...]]:
        """The selections that mean the same in every database, by parameter.

        What one database does not record is not what another does not record.
        """
        return {
            name: value
            for name, value in self.values
            if isinstance(ParameterSet.parameters().get(name), TokenParameter)
            and NOT_RECORDED not in value
        }

    def asked_of(self, database: str) -> SearchRequest:
        """The same question to another database, or to all of them ('')."""
        return SearchRequest(database, self.query, tuple(self.shared().items()), sort=self.sort)

    def narrowed_to(self, database: str) -> SearchRequest:
        """A request to all databases, asked of one of them."""
        return replace(self, database=database, page=1, cursor=None)

    def cleared(self) -> SearchRequest:
        """Everything of that database."""
        return SearchRequest(self.database, page_size=self.page_size)

    def sorted_by(self, sort: str) -> SearchRequest:
        return replace(self, sort=sort, explicit_sort=True, page=1, cursor=None)

    def on_page(self, page: int) -> SearchRequest:
        return replace(self, page=page, cursor=None)


@dataclass(frozen=True)
class Parsed:
    """A request and what was wrong with the parameters it was made from."""

    request: SearchRequest
    problems: tuple[Problem, ...] = ()


def filterset_of(database: str) -> type[ParameterSet]:
    """What a database can be asked, by its slug; for '' what all of them can be asked."""
    return database_for(database).filterset if database else ParameterSet


def parse(database: Database | None, data: QueryDict, controls: Iterable[str] = CONTROLS) -> Parsed:
    """Read a search of a database, or of all of them, from the parameters of an address.

    What is not understood is left out of the request and named in `problems`; the API refuses
    such a request, a page shows the problems above its results.
    """
    slug = database.slug if database else ""
    filterset = filterset_of(slug)
    given = QueryDict(mutable=True)
    for name, entries in data.lists():
        filled = [entry for entry in entries if entry.strip()]
        if filled:
            given.setlist(name, filled)
    known = (*filterset.parameters(), *controls)
    problems = unknown_names(data, known)
    problems += repeated(given, filterset.single() + SINGLE)
    values, errors = filterset.cleaned(given)
    for name, error in errors.items():
        known_values = tuple(filterset.parameters()[name].known())
        problems.append(Problem(name, " ".join(error.messages), known_values))
    cleaned = {name: value for name, value in values.items() if value not in (None, "", ())}
    query = cleaned.pop("q", None) or Query()
    if _as_typed(given, problems):
        query = replace(query, as_typed=True)
    for first, second in filterset.ordered_pairs:
        low, high = cleaned.get(first), cleaned.get(second)
        if low is not None and high is not None and _is_after(low, high):
            problems.append(Problem(first, _("It is above “%(name)s”.") % {"name": second}))
            cleaned.pop(first)
    request = SearchRequest(
        database=slug,
        query=query,
        values=tuple((name, cleaned[name]) for name in filterset.parameters() if name in cleaned),
    )
    return _with_controls(request, given, problems)


def _as_typed(given: QueryDict, problems: list[Problem]) -> bool:
    value = given.get("as_typed", "")
    if value not in ("", "true", "false"):
        problems.append(Problem("as_typed", _("It is neither true nor false."), ("true", "false")))
    return value == "true"


def _is_after(low: Any, high: Any) -> bool:
    if hasattr(low, "earliest"):
        return low.earliest > high.latest
    return low > high


def _with_controls(request: SearchRequest, given: QueryDict, problems: list[Problem]) -> Parsed:
    sort = given.get("sort", "")
    known_sorts = SORTS if request.query else SORTS[1:]
    if sort and sort not in known_sorts:
        message = (
            _("Relevance needs words to search for.")
            if sort == "relevance"
            else _("Unknown order.")
        )
        problems.append(Problem("sort", message, known_sorts))
        sort = ""
    page, page_size = page_and_size(given, problems)
    cursor = given.get("cursor")
    default = "relevance" if request.query else "newest"
    request = replace(
        request,
        sort=sort or default,
        explicit_sort=bool(sort) and sort != default,
        page=page,
        page_size=page_size,
        cursor=cursor,
    )
    return Parsed(request, tuple(problems))
