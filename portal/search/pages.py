"""A search as its page shows it: plain values for the template, made from request and result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.records.database import Database
from portal.records.dates import PartialDate
from portal.rest.parameters import Problem
from portal.search.chips import as_typed_url, chips_of, in_words
from portal.search.domains import NOT_RECORDED
from portal.search.engine import search
from portal.search.facet_lists import facet_beside
from portal.search.facets import YEARS
from portal.search.parameters import (
    AddedParameter,
    ChangedSinceParameter,
    DateParameter,
    MonthsField,
    Parameter,
    PresenceParameter,
    QueryParameter,
    TokenParameter,
    WholeNumberField,
)
from portal.search.request import SearchRequest
from portal.search.rows import Row, exact_of, feed_of, rows_of, tabs_of
from portal.search.snippets import reasons
from portal.search.suggest import droppable, most_of_it, spellings

#: Records that are shown where only most of the words were found.
NEAREST_ROWS = 5
#: Parameters that ask about the record itself, not about what it says.
_OF_THE_RECORD = (AddedParameter, ChangedSinceParameter)


@dataclass(frozen=True)
class YearBar:
    year: str
    count: int
    url: str


@dataclass(frozen=True)
class PageLink:
    number: int | None
    url: str
    is_current: bool


@dataclass(frozen=True)
class Pages:
    number: int
    count: int
    items: tuple[PageLink, ...]
    previous_url: str
    next_url: str
    first_row: int
    last_row: int


def sort_labels() -> dict[str, str]:
    """What readers call the orders."""
    return {
        "relevance": _("Relevance"),
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "title": _("Title"),
        "changed": _("Last changed"),
    }


class SearchPage:
    """Everything that `search/page.html` shows of a request."""

    def __init__(
        self,
        database: Database,
        request: SearchRequest,
        problems: Iterable[Problem],
        given: QueryDict,
        api_path: str,
    ) -> None:
        self.database = database
        self.request = request
        self.notices = tuple(problems)
        self.query_text = given.get("q", "")
        self._given = given
        self._path = database.search_path
        filterset = database.filterset
        self.result = search(request, facets=(*filterset.facets(), YEARS), everywhere=True)
        self.total = self.result.total
        self.only_common_words = self.result.only_common_words
        counts = self.result.counts
        self.total_all = counts.records.get(database.slug, 0)
        self.tabs = tabs_of(request, counts.hits)
        self.facets = tuple(
            facet
            for name in filterset.facets()
            if (facet := facet_beside(database, request, name, counts.facets[name])).values
        )
        names = {
            facet.name: {entry.value: entry.label for entry in facet.values}
            for facet in self.facets
        }
        self.chips = chips_of(request, self._url, names)
        self.years = tuple(self._years())
        self.spellings = spellings(request) if request.query and not self.total else []
        self.droppable = [] if self.total else droppable(request)
        self.nearest = most_of_it(request) if request.query and not self.total else []
        self.nearest_rows = self._nearest_rows()
        self.clear_url = self._url(request.cleared())
        self.summary = in_words(request, self.chips)
        ids = self.result.ids
        self.rows = rows_of(database, ids, reasons(request.query, {database.slug: ids}))
        self.exact = exact_of(request.query.text, database.slug) if request.query else []
        self.as_typed_url = as_typed_url(request, self._url)
        self.pages = self._pages()
        self.sorts = list(self._sorts())
        fields = [name for name, found in filterset.parameters().items() if _is_field(found)]
        # When a record was added or changed is asked last: the others are about what it says.
        fields.sort(key=lambda name: isinstance(filterset.parameters()[name], _OF_THE_RECORD))
        self.fields = [self._field(name, filterset.parameters()[name]) for name in fields]
        self.presence = [
            {"name": name, "label": parameter.label, "value": request.filters.get(name, "")}
            for name, parameter in filterset.presence().items()
        ]
        self.hidden = [
            (name, value)
            for name, value in request.pairs()
            if name in ("sort", "page_size", "as_typed") or self._is_hidden_token(name)
        ]
        self.api_url = request.on_page(1).address(api_path)
        self.feed_url = feed_of(request)

    @property
    def last_url(self) -> str:
        """The address of the last page."""
        return self._url(self.request.on_page(self.pages.count))

    def _period(self) -> tuple[str, str]:
        """The names of the two parameters of the period."""
        names = self.database.filterset.period
        return names[0], names[1]

    @property
    def has_period(self) -> bool:
        return any(name in self.request.filters for name in self._period())

    @property
    def has_presence(self) -> bool:
        return any(entry["value"] for entry in self.presence)

    @property
    def years_top(self) -> int:
        return max((bar.count for bar in self.years), default=0)

    @property
    def undated(self) -> YearBar | None:
        """The records without a date, unless a period hides them."""
        count = self.result.facets.get(YEARS, {}).get(NOT_RECORDED, 0)
        if not count or self.has_period:
            return None
        url = self._url(self.request.having((("has_date", "false"),)))
        return YearBar(NOT_RECORDED, count, url)

    def _years(self) -> Iterator[YearBar]:
        """The years of the records, whatever the period that was asked for."""
        start, end = self._period()
        some = PartialDate(2000)
        pairs = self.request.having(((start, some), (end, some))).pairs()
        for year, count in sorted(self.result.facets.get(YEARS, {}).items()):
            if year != NOT_RECORDED:
                query = [(name, year if name in (start, end) else value) for name, value in pairs]
                yield YearBar(year, count, f"{self._path}?{urlencode(query)}")

    def _nearest_rows(self) -> tuple[Row, ...]:
        """The first records that hold most of what was asked for."""
        if not self.nearest:
            return ()
        found = search(replace(self.nearest[0].request, page_size=NEAREST_ROWS))
        pieces = reasons(found.request.query, {self.database.slug: found.ids})
        return rows_of(self.database, found.ids, pieces)

    def _sorts(self) -> Iterator[dict[str, Any]]:
        """The orders that make sense here, each with the address of the page in it."""
        for key, label in sort_labels().items():
            if self.request.query or key != "relevance":
                url = self._url(self.request.sorted_by(key))
                selected = key == self.request.sort
                yield {"key": key, "label": label, "url": url, "selected": selected}

    def _is_hidden_token(self, name: str) -> bool:
        """A selection that no facet of the page shows stays in the form unseen."""
        parameter = self.database.filterset.parameters().get(name)
        shown = {facet.name for facet in self.facets}
        return isinstance(parameter, TokenParameter) and name not in shown

    def _url(self, request: SearchRequest) -> str:
        return request.address(self._path)

    def _field(self, name: str, parameter: Parameter) -> dict[str, Any]:
        is_date = isinstance(parameter, (DateParameter, *_OF_THE_RECORD))
        is_number = issubclass(parameter.field_class, MonthsField | WholeNumberField)
        errors = [notice.message for notice in self.notices if notice.parameter == name]
        return {
            "name": name,
            "label": parameter.label,
            "value": ", ".join(entry for entry in self._given.getlist(name) if entry.strip()),
            "kind": "date" if is_date else "number" if is_number else "text",
            "placeholder": _("YYYY, YYYY-MM or YYYY-MM-DD") if is_date else "",
            "error": " ".join(errors),
        }

    def _pages(self) -> Pages:
        number, size = self.request.page, self.request.page_size
        count = max(1, -(-self.total // size))
        near = {1, count, *range(number - 2, number + 3)}
        items: list[PageLink] = []
        for page in sorted(page for page in near if 1 <= page <= count):
            if items and items[-1].number is not None and page - items[-1].number > 1:
                items.append(PageLink(None, "", False))
            items.append(PageLink(page, self._url(self.request.on_page(page)), page == number))
        first = self.request.offset + 1 if self.rows else 0
        return Pages(
            number=number,
            count=count,
            items=tuple(items),
            previous_url=self._url(self.request.on_page(min(number - 1, count)))
            if number > 1
            else "",
            next_url=self._url(self.request.on_page(number + 1)) if number < count else "",
            first_row=first,
            last_row=self.request.offset + len(self.rows),
        )


def _is_field(parameter: Parameter) -> bool:
    return not isinstance(parameter, TokenParameter | PresenceParameter | QueryParameter)
