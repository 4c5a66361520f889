"""Why the records of a page matched: pieces of their texts, and concepts that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.attachments.searching import public_texts
from portal.records.database import database_for
from portal.reference.labels import active_language
from portal.search.highlight import Marker, marker_for
from portal.search.index import concept_lexemes
from portal.search.interpretation import Interpretation, interpret
from portal.search.models import SearchDocument
from portal.search.query import Query

#: What the documents of a record say in its facets (`has_attachment`).
HAS_DOCUMENT = "has:attachment"


@dataclass(frozen=True)
class Reason:
    """Why a record matched.

    Attributes:
        title: the title with its marks.
        snippet: a piece of the text with its marks, or of a public document kept with the record;
            '' where no word of the query stands in it.
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
    found: dict[tuple[str, int], Reason] = {}
    unexplained: dict[str, list[int]] = {}
    for slug, key, title, body, tokens in rows:
        head, text = marker.read(title), marker.read(body)
        named = _carried(interpretation, slug, tokens, head.parts | text.parts)
        found[slug, key] = Reason(head.whole(), text.snippet(), named)
        if not head.parts and not text.parts and HAS_DOCUMENT in tokens:
            unexplained.setdefault(slug, []).append(key)
    if unexplained:
        found |= _in_documents(marker, unexplained, found)
    return found


def _in_documents(
    marker: Marker, keys: Mapping[str, Iterable[int]], found: Mapping[tuple[str, int], Reason]
) -> dict[tuple[str, int], Reason]:
    """For records in which no word of a query stands: where it stands in their documents."""
    better = {}
    for where, texts in public_texts(keys).items():
        read = (marker.richest(text, language or "en") for text, language in texts)
        marked = max(read, key=lambda marked: len(marked.parts))
        if marked.parts:
            said = format_html("{} {}", _("In a document:"), marked.snippet())
            better[where] = replace(found[where], snippet=said)
    return better


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
