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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, reduce
from operator import and_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.utils.translation import gettext as _

from portal.databases.choice import reading
from portal.reference.labels import active_language
from portal.search.concepts import Names, names
from portal.search.facets import Counts, Matching, count
from portal.search.interpretation import interpret
from portal.search.models import SearchDocument
from portal.search.parameters import DateParameter, TokenParameter
from portal.search.query import Query
from portal.search.ranking import rank_of
from portal.search.request import SearchRequest
from portal.search.tsquery import Compiled, compiled
from portal.search.vectors import LexemeQuery

_UNDATED_LAST = 99_999_999
#: Where too much matched to rank all of it, so many of the likeliest are.
RANKED = 1_000


class CursorError(ValueError):
    """The cursor is not one that this search gave out."""


@dataclass(frozen=True)
class SearchResult:
    """An answer.

    Attributes:
        counts: how many records match, in all and by the values of the facets asked for.
        ids: primary keys of the records of this page, in order.
        next_cursor: where the next part begins, None at the end or without a cursor.
        only_common_words: whether nothing was looked for, as the words stand in every text.
    """

    request: SearchRequest
    counts: Counts
    ids: tuple[int, ...] = ()
    next_cursor: str | None = None
    only_common_words: bool = False

    @property
    def total(self) -> int:
        """How many records match."""
        return self.counts.total

    @property
    def facets(self) -> dict[str, dict[str, int]]:
        """Of each facet asked for, its values with their counts, most first."""
        return self.counts.facets


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
        pieces.append(f"SELECT {place}, count(*) FROM ({sql}) AS rows_{place}")  # noqa: S608 - of constants; values are parameters
        values += arguments
    counts = [0] * len(querysets)
    if pieces:
        with reading().cursor() as cursor:
            cursor.execute(" UNION ALL ".join(pieces), values)
            for place, number in cursor.fetchall():
                counts[place] = number
    return counts


def matching(request: SearchRequest) -> Matching:
    """What a request matches, in the pieces that it is counted from."""
    parameters = request.parameters
    documents = SearchDocument.objects.all()
    selected: dict[str, tuple[str, ...]] = {}
    periods: list[Q] = []
    plain: list[Q] = []
    for name, value in request.values:
        if isinstance(parameters[name], TokenParameter):
            selected[name] = value
            continue
        condition = parameters[name].condition(value, request.filters)
        (periods if isinstance(parameters[name], DateParameter) else plain).append(condition)
    is_filtered = bool(plain or periods)
    return Matching(
        database=request.database,
        held=holding(documents, request.query) if request.query else None,
        filtered=documents.of(request.database).filter(*plain) if is_filtered else None,
        period=reduce(and_, periods) if periods else None,
        selected=selected,
        shared=tuple(request.shared()),
    )


def match(request: SearchRequest) -> QuerySet[SearchDocument]:
    """The public documents that meet the words and all filters of a request."""
    public = SearchDocument.objects.public()
    if request.database:
        public = public.of(request.database)
    conditions = [
        request.parameters[name].condition(value, request.filters) for name, value in request.values
    ]
    return holding(public, request.query).filter(*conditions)


def search(
    request: SearchRequest, *, facets: Iterable[str] = (), everywhere: bool = False
) -> SearchResult:
    """Answer a request among what the world may see.

    Args:
        request: what is searched for.
        facets: names of the parameters whose values are to be counted.
        everywhere: whether the other databases are counted, too (`Counts.hits`, `records`).

    Raises:
        CursorError: the request's cursor was not made for its order.
    """
    beyond = None if request.cursor in (None, "*") else _read_cursor(request)
    if request.cursor is not None and request.sort == "relevance":
        raise CursorError(_("Relevance has no cursor; choose another order."))
    names = tuple(facets)
    found = matching(request)
    if _is_empty(found):
        nothing = replace(found, held=None, filtered=None, selected={})
        records = count(nothing, everywhere=True).records if everywhere else {}
        counts = Counts(0, {name: {} for name in names}, records=records)
        return SearchResult(request, counts, only_common_words=True)
    counts = count(found, names, everywhere=everywhere)
    if not counts.total:
        return SearchResult(request, counts)
    named = None if counts.ids is None else _named(counts.ids)
    if request.sort == "relevance":
        best = _best_of_many(request) if named is None else _best_of_few(request, named)
        return SearchResult(request, counts, best)
    ids, cursor = _page(request, match(request) if named is None else named, beyond)
    return SearchResult(request, counts, ids, cursor)


def counted(request: SearchRequest, facets: Iterable[str]) -> Counts:
    """The numbers of an answer without its records."""
    names, found = tuple(facets), matching(request)
    return Counts(0, {name: {} for name in names}) if _is_empty(found) else count(found, names)


def _is_empty(found: Matching) -> bool:
    """Whether there is nothing to look for, as the words stand in every text."""
    return found.held is not None and found.held.query.is_empty()


class _IsAmong(Func):
    """Whether a key is one of an array; `__in` reads every one of its thousands by itself."""

    arg_joiner = " = ANY ("
    template = "%(expressions)s)"
    output_field = BooleanField()


def _named(ids: Sequence[int]) -> QuerySet[SearchDocument]:
    keys = Value(list(ids), output_field=ArrayField(BigIntegerField()))
    return SearchDocument.objects.filter(_IsAmong(F("pk"), keys))


def _best_of_few(request: SearchRequest, matched: QuerySet[SearchDocument]) -> tuple[int, ...]:
    """A page by relevance where little enough matched that its texts can be ranked, too."""
    ranked = _by_rank(matched, compiled_query(request.query), is_precise=True)
    rows = ranked.values_list("object_id", flat=True)
    return tuple(rows[request.offset : request.offset + request.page_size])


def _best_of_many(request: SearchRequest) -> tuple[int, ...]:
    """A page by relevance where so much matched that to rank all of it would take seconds.

    Ranked are those whose title, names and keywords hold the words, or else what they mean, the
    newest `RANKED` of either; all the others follow, the newest first.
    """
    query = compiled_query(request.query)
    matched = match(request).order_by("-date_key", "code")
    tiers = [
        matched.filter(rank_vector=LexemeQuery(text)).values("pk")[:RANKED]
        for text in dict.fromkeys((query.near, query.match))
        if text
    ]
    chosen = SearchDocument.objects.filter(pk__in=tiers[0].union(*tiers[1:]))
    ranked = _by_rank(chosen, query, is_precise=False)
    best = list(ranked.values_list("pk", "object_id"))
    start, stop = request.offset, request.offset + request.page_size
    page = tuple(key for _pk, key in best[start:stop])
    if len(page) == request.page_size:
        return page
    others = matched.exclude(pk__in=[pk for pk, _key in best]).values_list("object_id", flat=True)
    return (*page, *others[max(start - len(best), 0) : stop - len(best)])


def _by_rank(
    documents: QuerySet[SearchDocument], query: Compiled, *, is_precise: bool
) -> QuerySet[SearchDocument]:
    """Documents by relevance; among equals the newest decision is more likely the one meant."""
    rank = rank_of(query, is_precise=is_precise)
    return documents.order_by(rank.desc(), "-date_key", "code")


def _page(
    request: SearchRequest,
    matched: QuerySet[SearchDocument],
    beyond: tuple[Any, str] | None,
) -> tuple[tuple[int, ...], str | None]:
    key, descending = _sort_key(request)
    ordered = matched.annotate(sort_key=key).order_by(
        F("sort_key").desc() if descending else F("sort_key").asc(), "code"
    )
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


def top_hits(request: SearchRequest, number: int) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The best records of every database for a request to all of them, in one question.

    Returns:
        By slug, how many records match and the primary keys of the best of them, in order.
    """
    rank = rank_of(compiled_query(request.query), is_precise=False)
    order = [rank.desc(), F("date_key").desc(), F("code").asc()]
    places = (
        match(request)
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
