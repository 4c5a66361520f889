"""The search: one function from a request to its answer.

What text search costs and why the code is as it is: the configuration is a constant, so that the
GIN index can serve; rank reads the small vector only; facets come from one pass (`facets`); the
records themselves are read by the caller for the rows of the page alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from portal.records.database import database_for
from portal.search.facets import count_facets
from portal.search.models import SearchDocument
from portal.search.parameters import TokenParameter
from portal.search.query import Query
from portal.search.request import SearchRequest

TEXT_CONFIG = "portal_english"
# Marks that no text holds (the index strips control characters): mark-up is made of them only
# after the text has been escaped.
_START, _STOP = "\x02", "\x03"
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


def text_query(query: Query) -> SearchQuery:
    """The query as PostgreSQL reads it."""
    return SearchQuery(query.text, config=TEXT_CONFIG, search_type="websearch")


def match(request: SearchRequest, documents: QuerySet[SearchDocument]) -> QuerySet[SearchDocument]:
    """The documents that meet the words and all filters of a request."""
    base, selections = split(request, documents)
    for condition in selections.values():
        base = base.filter(condition)
    return base


def split(
    request: SearchRequest, documents: QuerySet[SearchDocument]
) -> tuple[QuerySet[SearchDocument], dict[str, Q]]:
    """The match without the facets' selections, and those selections by facet."""
    parameters = database_for(request.database).filterset.parameters()
    documents = documents.of(request.database)  # type: ignore[attr-defined]
    if request.query:
        documents = documents.filter(vector=text_query(request.query))
    selections: dict[str, Q] = {}
    for name, value in request.values:
        condition = parameters[name].condition(value, request.filters)
        if isinstance(parameters[name], TokenParameter):
            selections[name] = condition
        else:
            documents = documents.filter(condition)
    return documents, selections


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
    base, selections = split(request, documents)
    names = tuple(facets)
    matched = base
    for condition in selections.values():
        matched = matched.filter(condition)
    if names:
        total, counts = count_facets(base, request, names)
    else:
        total, counts = matched.count(), {}
    ids, cursor = _page(request, matched, beyond) if total else ((), None)
    return SearchResult(
        request,
        total,
        ids,
        counts,
        cursor,
        only_common_words=bool(request.query) and total == 0 and _is_empty(request.query),
    )


def _is_empty(query: Query) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numnode(websearch_to_tsquery(%s, %s)) = 0", [TEXT_CONFIG, query.text]
        )
        return bool(cursor.fetchone()[0])


def _page(
    request: SearchRequest, matched: QuerySet[SearchDocument], beyond: tuple[Any, str] | None
) -> tuple[tuple[int, ...], str | None]:
    key, descending = _sort_key(request)
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


def _sort_key(request: SearchRequest) -> tuple[Any, bool]:
    """The expression that a request is sorted by, never null, and whether the highest is first."""
    if request.sort == "relevance":
        return SearchRank(F("rank_vector"), text_query(request.query), cover_density=False), True
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
    rank = SearchRank(F("rank_vector"), text_query(query))
    order = [rank.desc(), F("date_key").desc(), F("code").asc()]
    places = (
        SearchDocument.objects.public()
        .filter(vector=text_query(query))
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


def snippets(query: Query, ids: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], SafeString]:
    """Pieces of text that show why records matched, with the words in `<mark>`.

    Args:
        query: the words.
        ids: by database, the primary keys of the records.

    Returns:
        Pieces by database and primary key; none for a record whose prose has no word of the query.
    """
    wanted = Q()
    for slug, keys in ids.items():
        wanted |= Q(database=slug, object_id__in=list(keys))
    if not query or not wanted:
        return {}
    headline = SearchHeadline(
        F("body"),
        text_query(query),
        config=TEXT_CONFIG,
        start_sel=_START,
        stop_sel=_STOP,
        max_words=34,
        min_words=14,
        max_fragments=2,
        fragment_delimiter=" … ",
    )
    rows = (
        SearchDocument.objects.filter(wanted)
        .annotate(headline=headline)
        .values_list("database", "object_id", "headline")
    )
    return {(slug, key): marked(text) for slug, key, text in rows if _START in text}


def marked(text: str) -> SafeString:
    """Escape a text and turn the search's own marks into `<mark>` elements."""
    safe = escape(text).replace(_START, "<mark>").replace(_STOP, "</mark>")
    return mark_safe(safe)  # noqa: S308 - escaped in the line above
