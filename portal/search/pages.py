"""A search as its page shows it: plain values for the template, made from request and result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.records.database import Database
from portal.records.dates import PartialDate
from portal.rest.parameters import Problem
from portal.search.domains import NOT_RECORDED
from portal.search.engine import search
from portal.search.facet_lists import facet_beside
from portal.search.facets import YEARS
from portal.search.interpretation import interpret
from portal.search.parameters import (
    ChangedSinceParameter,
    DateParameter,
    MonthsField,
    Parameter,
    PresenceParameter,
    QueryParameter,
    TokenParameter,
)
from portal.search.request import SearchRequest
from portal.search.rows import exact_of, rows_of, tabs_of
from portal.search.snippets import reasons
from portal.search.suggest import Offer, droppable, spellings


@dataclass(frozen=True)
class YearBar:
    year: str
    count: int
    url: str


@dataclass(frozen=True)
class Chip:
    """One part of the request, with the address of the request without it."""

    label: Any
    text: str
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
        filterset = database.filterset
        self.result = search(request, facets=(*filterset.facets(), YEARS), everywhere=True)
        self.total = self.result.total
        self.only_common_words = self.result.only_common_words
        counts = self.result.counts
        self.total_all = counts.records.get(database.slug, 0)
        self.tabs = tabs_of(request.query, counts.hits, database.slug)
        self.facets = tuple(
            facet
            for name in filterset.facets()
            if (facet := facet_beside(database, request, name, counts.facets[name])).values
        )
        self.chips = tuple(self._chips())
        self.years = tuple(self._years())
        self.spellings, self.droppable = ([], []) if self.total else self._offers()
        self.clear_url = self._url(request.cleared())
        self.summary = " · ".join(self._summary())
        ids = self.result.ids
        self.rows = rows_of(database, ids, reasons(request.query, {database.slug: ids}))
        self.exact = exact_of(request.query.text, database.slug) if request.query else []
        self.as_typed_url = self._as_typed_url()
        self.pages = self._pages()
        self.sorts = list(self._sorts())
        self.fields = [
            self._field(*item) for item in filterset.parameters().items() if _is_field(item[1])
        ]
        self.presence = [
            {"name": name, "label": parameter.label, "value": request.filters.get(name, "")}
            for name, parameter in filterset.presence().items()
        ]
        self.hidden = [
            (name, value)
            for name, value in request.pairs()
            if name in ("sort", "page_size", "as_typed") or self._is_hidden_token(name)
        ]
        self.api_url = _join(api_path, request.on_page(1))

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
        for year, count in sorted(self.result.facets.get(YEARS, {}).items()):
            if year != NOT_RECORDED:
                date = PartialDate(int(year))
                url = self._url(self.request.having(((start, date), (end, date))))
                yield YearBar(year, count, url)

    def _offers(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Where nothing was found: other spellings, and what could be dropped."""
        parameters = self.database.filterset.parameters()

        def shown(offer: Offer) -> dict[str, Any]:
            text = offer.text or str(parameters[offer.parameter].label)
            return {"text": text, "total": offer.total, "url": self._url(offer.request)}

        found = spellings(self.request) if self.request.query else []
        return [shown(offer) for offer in found], [shown(o) for o in droppable(self.request)]

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
        return _join(self.database.search_path, request)

    def _labels(self, name: str, values: Iterable[str]) -> dict[str, str]:
        for facet in self.facets:
            if facet.name == name:
                return {entry.value: entry.label for entry in facet.values}
        return self.database.filterset.parameters()[name].domain.labels(values)

    def _chips(self) -> Iterable[Chip]:
        yield from self._query_chips()
        parameters = self.database.filterset.parameters()
        for name, value in self.request.values:
            label = parameters[name].label
            if isinstance(parameters[name], TokenParameter):
                labels = self._labels(name, value)
                for entry in value:
                    url = self._url(self.request.without(name, entry))
                    yield Chip(label, labels.get(entry, entry), url)
                continue
            entries = value if isinstance(value, tuple) else (value,)
            for entry in entries:
                url = self._url(self.request.without(name, entry))
                yield Chip(label, _text(parameters[name], entry), url)

    def _query_chips(self) -> Iterable[Chip]:
        """The parts of the query, each with what it was taken for."""
        interpretation = interpret(self.request.query)
        for part in interpretation.parts:
            label = _("Not looked for") if part.is_ignored else _("Words")
            text = part.typed
            if part.meaning and part.meaning.casefold() != text.casefold():
                text = f"{text} → {part.meaning}"
            url = self._url(self.request.asking(interpretation.without(part)))
            yield Chip(label, text, url)

    def _as_typed_url(self) -> str:
        """The address that switches between concepts and words alone; '' if that is the same."""
        query = self.request.query
        if query.as_typed:
            return self._url(self.request.asking(query.text, as_typed=False))
        if not interpret(query).concepts:
            return ""
        return self._url(self.request.asking(query.text, as_typed=True))

    def _summary(self) -> Iterable[str]:
        """The request in words: parts joined by *and*, values within a part by *or*."""
        joined: dict[str, list[str]] = {}
        for chip in self.chips:
            joined.setdefault(str(chip.label), []).append(chip.text)
        for label, texts in joined.items():
            if label == _("Words"):
                yield str(self.request.query)
            else:
                text = f" {_('or')} ".join(texts)
                yield f"{label}: {text}"

    def _field(self, name: str, parameter: Parameter) -> dict[str, Any]:
        is_date = isinstance(parameter, DateParameter | ChangedSinceParameter)
        is_number = issubclass(parameter.field_class, MonthsField)
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


def _join(path: str, request: SearchRequest) -> str:
    query = request.querystring()
    return f"{path}?{query}" if query else path


def _is_field(parameter: Parameter) -> bool:
    return not isinstance(parameter, TokenParameter | PresenceParameter | QueryParameter)


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(parameter, PresenceParameter):
        return _("recorded") if value == "true" else _("not recorded")
    return value.display() if hasattr(value, "display") else str(value)
