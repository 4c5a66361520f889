"""What to offer when nothing was found: another spelling, and parts of the request to drop.

Only what leads to records is offered, with their number; each offer is a request of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from django.contrib.postgres.search import TrigramSimilarity

from portal.search.analysis import fold, is_unspaced, words
from portal.search.engine import counts_of, holding, match
from portal.search.interpretation import Interpretation, Part, interpret
from portal.search.models import KnownWord, SearchDocument
from portal.search.query import Query
from portal.search.request import SearchRequest

#: Spellings that are tried for one word, words that are tried, and offers that are shown.
SPELLINGS = 8
WORDS = 4
OFFERS = 5
#: Shares of trigrams below this one are other words.
MIN_SIMILARITY = 0.34
#: Parts of a request that are tried without.
DROPPED = 10


@dataclass(frozen=True)
class Offer:
    """A request that finds something.

    Attributes:
        text: the other query, or the part that is dropped, in words.
        total: how many records it finds.
    """

    text: str
    request: SearchRequest
    total: int
    parameter: str = ""


def _offers(requests: Iterable[tuple[str, str, SearchRequest]]) -> list[Offer]:
    """Of some requests those that find something."""
    tried = list(requests)
    counts = counts_of([match(request) for _text, _name, request in tried])
    return [
        Offer(text, request, total, name)
        for (text, name, request), total in zip(tried, counts, strict=True)
        if total
    ]


def spellings(request: SearchRequest) -> list[Offer]:
    """Requests in which a word that no record holds is spelt as some record has it."""
    interpretation = interpret(request.query)
    strange = _strange(request, interpretation)
    tried: dict[str, SearchRequest] = {}
    for part in strange:
        for word in _alike(part):
            text = _with(interpretation, part, word)
            tried.setdefault(text, request.asking(text))
    if len(strange) > 1:
        # Several words at once: the likeliest spelling of each.
        text = request.query.text
        for part in strange:
            best = next(iter(_alike(part)), "")
            text = text.replace(part.clauses[0].text, best) if best else text
        tried.setdefault(text, request.asking(text))
    found = _offers((text, "q", other) for text, other in tried.items())
    if not found and request.values:
        # The right word may stand in records that the filters leave out.
        bare = request.cleared()
        found = _offers((text, "q", bare.asking(text)) for text in tried)
    return found[:OFFERS]


def _strange(request: SearchRequest, interpretation: Interpretation) -> list[Part]:
    """The single words that no public record of the database holds."""
    plain = [
        part
        for part in interpretation.parts
        if not (part.excluded or part.is_ignored or part.concepts or len(part.clauses) > 1)
        and not part.clauses[0].is_phrase
        and not is_unspaced(part.clauses[0].text)
    ]
    public = SearchDocument.objects.public().of(request.database)
    queries = [Query.parse(part.source, as_typed=True) for part in plain]
    counts = counts_of([holding(public, query) for query in queries])
    found = [part for part, count in zip(plain, counts, strict=True) if not count]
    return list(islice(found, WORDS))


def _alike(part: Part) -> list[str]:
    """Words of records that are spelt alike, the likest first."""
    typed = [word.text for word in words(part.clauses[0].text)]
    word = fold("".join(typed))
    if len(word) < 3:
        return []
    found = (
        KnownWord.objects.filter(word__trigram_similar=word)
        .annotate(similarity=TrigramSimilarity("word", word))
        .filter(similarity__gte=MIN_SIMILARITY)
        .order_by("-similarity", "word")
        .values_list("word", flat=True)[:SPELLINGS]
    )
    whole = list(found)
    if len(typed) > 1:
        for piece in typed:
            for other in _alike(replace(part, clauses=(replace(part.clauses[0], text=piece),))):
                whole.append(" ".join(other if known == piece else known for known in typed))
    return whole


def _with(interpretation: Interpretation, changed: Part, word: str) -> str:
    """The query with another word in the place of a part."""
    groups = [
        " ".join(word if part is changed else part.source for part in group)
        for group in interpretation.groups
    ]
    return " or ".join(groups)


def droppable(request: SearchRequest) -> list[Offer]:
    """The request without one of its filters, or without one part of its query."""
    tried: list[tuple[str, str, SearchRequest]] = [
        ("", name, request.without(name)) for name, _value in request.values
    ]
    interpretation = interpret(request.query)
    parts = [part for part in interpretation.parts if not part.is_ignored]
    if len(parts) > 1:
        for part in parts:
            text = interpretation.without(part)
            tried.append((part.typed, "q", request.asking(text)))
    return _offers(tried[:DROPPED])
