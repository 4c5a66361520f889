"""The search: one function from a request to its answer.

What text search costs and why the code is as it is: a query is one ready `tsquery`, so that the
GIN index can serve; rank reads the small vector, and the texts only where few records matched;
facets come from one pass (`facets`); the records themselves are read by the caller for the rows
of the page alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, reduce
from operator import and_
from typing import Any

from django.db import connection
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.utils.translation import gettext as _

from portal.records.database import database_for
from portal.reference.labels import active_language
from portal.search.concepts import Names, names
from portal.search.facets import count_facets
from portal.search.interpretation import interpret
from portal.search.models import SearchDocument
from portal.search.parameters import DateParameter, TokenParameter
from portal.search.query import Query
from portal.search.ranking import PRECISE, rank_of
from portal.search.request import SearchRequest
from portal.search.tsquery import Compiled, compiled
from portal.search.vectors import LexemeQuery

_UNDATED_LAST = 99_999_999


class CursorError(ValueError):
    """The cursor is not one that this search gave out."""


@dataclass(frozen=True)
class SearchResult:
    """An answer.

    Attributes:
        total: how many records match.
        ids: primary keys of the records of this page, in order.
        facets: of each facet asked for, its values with their counts, most first.
        next_cursor: where the next part begins, None at the end or without a cursor.
    """

    request: SearchRequest
    total: int
    ids: tuple[int, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    next_cursor: str | None = None
    only_common_words: bool = False


def compiled_query(query: Query) -> Compiled:
    """The query as PostgreSQL reads it, understood in the reader's language."""
    return _compiled(query, active_language(), None if query.as_typed else names())


@lru_cache(maxsize=256)
def _compiled(query: Query, language: str, known: Names | None) -> Compiled:
    # One page asks for it several times; the names are new whenever reference data changed.
    return compiled(interpret(query, language), language)


def holding(documents: QuerySet[SearchDocument], query: Query) -> QuerySet[SearchDocument]:
    """The documents that hold the words of a query; none if it has only words of every text."""
    if not query:
        return documents
    text = compiled_query(query).match
    return documents.filter(vector=LexemeQuery(text)) if text else documents.none()


def counts_of(querysets: Sequence[QuerySet[SearchDocument]]) -> list[int]:
    """The numbers of rows of several querysets, in one question to the database."""
    pieces: list[str] = []
    values: list[Any] = []
    for place, queryset in enumerate(querysets):
        if queryset.query.is_empty():
            continue
        sql, arguments = queryset.order_by().values("pk").query.sql_with_params()
        # SQL made by Django; every value is a parameter.
        pieces.append(f"SELECT {place}, count(*) FROM ({sql}) AS rows_{place}")  # noqa: S608
        values += arguments
    counts = [0] * len(querysets)
    if pieces:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(pieces), values)
            for place, number in cursor.fetchall():
                counts[place] = number
    return counts


def match(request: SearchRequest, documents: QuerySet[SearchDocument]) -> QuerySet[SearchDocument]:
    """The documents that meet the words and all filters of a request."""
    base, selections, period = split(request, documents)
    for condition in (*selections.values(), *([period] if period is not None else ())):
        base = base.filter(condition)
    return base


def split(
    request: SearchRequest, documents: QuerySet[SearchDocument]
) -> tuple[QuerySet[SearchDocument], dict[str, Q], Q | None]:
    """The match without the facets' selections and the period, and those two."""
    parameters = database_for(request.database).filterset.parameters()
    documents = holding(documents.of(request.database), request.query)  # type: ignore[attr-defined]
    selections: dict[str, Q] = {}
    periods: list[Q] = []
    for name, value in request.values:
        condition = parameters[name].condition(value, request.filters)
        if isinstance(parameters[name], TokenParameter):
            selections[name] = condition
        elif isinstance(parameters[name], DateParameter):
            periods.append(condition)
        else:
            documents = documents.filter(condition)
    return documents, selections, reduce(and_, periods) if periods else None


def search(
    request: SearchRequest,
    *,
    facets: Iterable[str] = (),
    documents: QuerySet[SearchDocument] | None = None,
) -> SearchResult:
    """Answer a request.

    Args:
        request: what is searched for.
        facets: names of the parameters whose values are to be counted.
        documents: where to search; by default among what the world may see.

    Raises:
        CursorError: the request's cursor was not made for its order.
    """
    beyond = None if request.cursor in (None, "*") else _read_cursor(request)
    if request.cursor is not None and request.sort == "relevance":
        raise CursorError(_("Relevance has no cursor; choose another order."))
    documents = SearchDocument.objects.public() if documents is None else documents
    matched = match(request, documents)
    if matched.query.is_empty():
        empty: dict[str, dict[str, int]] = {name: {} for name in facets}
        return SearchResult(request, 0, (), empty, None, only_common_words=True)
    names = tuple(facets)
    if names:
        base, _selections, period = split(request, documents)
        chosen = {name: value for name, value in request.values if name in _selections}
        total, counts = count_facets(request.database, base, chosen, names, period)
    else:
        total, counts = matched.count(), {}
    ids, cursor = _page(request, matched, beyond, total) if total else ((), None)
    return SearchResult(request, total, ids, counts, cursor)


def _page(
    request: SearchRequest,
    matched: QuerySet[SearchDocument],
    beyond: tuple[Any, str] | None,
    total: int,
) -> tuple[tuple[int, ...], str | None]:
    key, descending = _sort_key(request, total)
    ordered = matched.annotate(sort_key=key).order_by(
        F("sort_key").desc() if descending else F("sort_key").asc(), "code"
    )
    if request.sort == "relevance":
        # Among equals the newest decision is the one that is more likely meant.
        ordered = ordered.order_by(F("sort_key").desc(), F("date_key").desc(), "code")
    if request.cursor is None:
        rows = ordered.values_list("object_id", flat=True)
        return tuple(rows[request.offset : request.offset + request.page_size]), None
    if beyond is not None:
        value, code = beyond
        further = Q(sort_key__lt=value) if descending else Q(sort_key__gt=value)
        ordered = ordered.filter(further | Q(sort_key=value, code__gt=code))
    found = list(ordered.values_list("object_id", "sort_key", "code")[: request.page_size + 1])
    rows_of_page = found[: request.page_size]
    more = len(found) > request.page_size
    cursor = _write_cursor(request, *rows_of_page[-1][1:]) if more else None
    return tuple(row[0] for row in rows_of_page), cursor


def _sort_key(request: SearchRequest, total: int) -> tuple[Any, bool]:
    """The expression that a request is sorted by, never null, and whether the highest is first."""
    if request.sort == "relevance":
        return rank_of(compiled_query(request.query), is_precise=total <= PRECISE), True
    if request.sort == "oldest":
        dated = NullIf(F("date_key"), Value(0))
        return Coalesce(dated, Value(_UNDATED_LAST), output_field=IntegerField()), False
    if request.sort == "title":
        return F("title_key"), False
    return (F("changed_at"), True) if request.sort == "changed" else (F("date_key"), True)


def _write_cursor(request: SearchRequest, value: Any, code: str) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    packed = json.dumps([request.sort, text, code], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _read_cursor(request: SearchRequest) -> tuple[Any, str]:
    text = request.cursor or ""
    try:
        padded = text + "=" * (-len(text) % 4)
        sort, value, code = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if sort != request.sort or not isinstance(code, str) or "\x00" in code:
            raise ValueError
        if sort in ("newest", "oldest"):
            if not isinstance(value, int) or not 0 <= value <= _UNDATED_LAST:
                raise ValueError
            return value, code
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError
        return (datetime.fromisoformat(value) if sort == "changed" else value), code
    except (ValueError, TypeError, UnicodeError) as error:
        raise CursorError(_("It is not a cursor of this search and order.")) from error


def top_hits(query: Query, number: int) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The best records of every database for some words, in one question.

    Returns:
        By slug, how many records match and the primary keys of the best of them, in order.
    """
    text = compiled_query(query)
    rank = rank_of(text, is_precise=False)
    order = [rank.desc(), F("date_key").desc(), F("code").asc()]
    places = (
        holding(SearchDocument.objects.public(), query)
        .annotate(
            place=Window(RowNumber(), partition_by="database", order_by=order),
            total=Window(Count("*"), partition_by="database"),
        )
        .filter(place__lte=number)
        .order_by("database", "place")
        .values_list("database", "object_id", "total")
    )
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for slug, key, total in places:
        found[slug] = (total, (*found.get(slug, (0, ()))[1], key))
    return found
