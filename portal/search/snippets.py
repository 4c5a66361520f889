"""Why the records of a page matched: pieces of their texts, and concepts that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.safestring import SafeString

from portal.records.database import database_for
from portal.reference.labels import active_language
from portal.search.highlight import marker_for
from portal.search.index import concept_lexemes
from portal.search.interpretation import Interpretation, interpret
from portal.search.models import SearchDocument
from portal.search.query import Query


@dataclass(frozen=True)
class Reason:
    """Why a record matched.

    Attributes:
        title: the title with its marks.
        snippet: a piece of the text with its marks; '' where no word of the query stands in it.
        concepts: what was asked for and is recorded, but stands in no word of title and text.
    """

    title: SafeString
    snippet: SafeString
    concepts: tuple[str, ...] = ()


def reasons(query: Query, ids: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], Reason]:
    """Why records matched a query, by database and primary key; nothing without a query.

    Args:
        query: what was asked.
        ids: by database, the primary keys of the records.
    """
    wanted = Q()
    for slug, keys in ids.items():
        wanted |= Q(database=slug, object_id__in=list(keys))
    if not query or not wanted:
        return {}
    interpretation = interpret(query)
    marker = marker_for(interpretation, active_language())
    rows = SearchDocument.objects.filter(wanted).values_list(
        "database", "object_id", "title", "body", "facets"
    )
    found = {}
    for slug, key, title, body, tokens in rows:
        head, text = marker.read(title), marker.read(body)
        named = _carried(interpretation, slug, tokens, head.parts | text.parts)
        found[slug, key] = Reason(head.whole(), text.snippet(), named)
    return found


def _carried(
    interpretation: Interpretation, slug: str, tokens: Iterable[str], in_words: set[int]
) -> tuple[str, ...]:
    """The concepts of a query that a record carries without a word for them."""
    missing = [
        concept
        for number, part in enumerate(interpretation.parts)
        if number not in in_words and not part.excluded
        for concept in part.concepts
    ]
    if not missing:
        return ()
    carried = {lexeme for lexeme, _weight in concept_lexemes(database_for(slug), tokens)}
    return tuple(dict.fromkeys(str(c) for c in missing if carried.intersection(c.lexemes)))
