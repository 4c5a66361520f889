"""What to offer when nothing was found: other spellings, most of the words, filters to drop.

Only what leads to records is offered, with their number; each offer is a request of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import log

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import BooleanField, ExpressionWrapper, Q

from portal.reference.punctuation import listed
from portal.search.analysis import fold, is_unspaced, words
from portal.search.engine import compiled_query, counts_of, match
from portal.search.facets import FEW
from portal.search.interpretation import Interpretation, Part, interpret
from portal.search.models import KnownWord
from portal.search.query import Query
from portal.search.request import SearchRequest
from portal.search.rows import address_of
from portal.search.vectors import LexemeQuery

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
        text: the other query, or what is left out, in words; '' for a filter.
        total: how many records it finds.
        parameter: the name of what changed.
    """

    text: str
    request: SearchRequest
    total: int
    parameter: str = ""

    @property
    def label(self) -> str:
        """What changed, in words."""
        return self.text or str(self.request.parameters[self.parameter].label)

    @property
    def url(self) -> str:
        return address_of(self.request)


@dataclass(frozen=True)
class _Weighed:
    """A part of a query, how many records hold it, and what it counts."""

    part: Part
    condition: Q
    number: int
    weight: float


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
    alone = SearchRequest(request.database)
    counts = counts_of([match(alone.asking(part.source, as_typed=True)) for part in plain])
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
    """The request without one of its filters."""
    tried = [("", name, request.without(name)) for name, _value in request.values]
    return _offers(tried[:DROPPED])


def most_of_it(request: SearchRequest) -> list[Offer]:
    """Requests for most of the words, where no record holds all of them: the fullest first.

    A word counts the more, the fewer records hold it. The text of an offer is what it leaves out.
    """
    interpretation = interpret(request.query)
    if len(interpretation.groups) != 1:
        return []
    weighed = _weighed(request, interpretation.groups[0])
    if not weighed:
        return []
    offers = []
    for kept in _fullest(request, weighed):
        left_out = [part for part in interpretation.parts if part not in kept]
        text = " ".join(
            part.source for part in interpretation.parts if part in kept or part.excluded
        )
        what = listed(part.typed for part in left_out if not (part.is_ignored or part.excluded))
        offers.append((what, "q", request.asking(text)))
    return _offers(offers)[:OFFERS]


def _weighed(request: SearchRequest, group: Sequence[Part]) -> list[_Weighed]:
    """The parts of a query that some record holds under the filters, the rarest first."""
    filtered = request.without("q")
    parts = [part for part in group if not (part.is_ignored or part.excluded)]
    conditions = [_condition(request.asking(part.source).query) for part in parts]
    counts = counts_of([match(filtered), *(match(filtered).filter(c) for c in conditions)])
    everything, *numbers = counts
    found = [
        _Weighed(part, condition, number, log(1 + everything / number))
        for part, condition, number in zip(parts, conditions, numbers, strict=True)
        if number
    ]
    # All parts of the query were asked for together, and not found.
    return sorted(found, key=lambda entry: entry.number) if len(parts) > 1 else []


def _condition(query: Query) -> Q:
    text = compiled_query(query).match
    return Q(vector=LexemeQuery(text)) if text else Q(pk__in=[])


def _fullest(request: SearchRequest, weighed: Sequence[_Weighed]) -> list[set[Part]]:
    """The sets of parts that weigh most and are held together by some record."""
    # Only records with one of the rarest parts are looked at: the others could not weigh more.
    rare, seen = Q(), 0
    for entry in weighed:
        if seen and seen + entry.number > FEW:
            break
        rare |= entry.condition
        seen += entry.number
    flags = {
        f"holds_{place}": ExpressionWrapper(entry.condition, BooleanField())
        for place, entry in enumerate(weighed)
    }
    held = match(request.without("q")).filter(rare).order_by()
    rows = held.annotate(**flags).values_list(*flags).distinct()
    sets = sorted(
        ([entry for entry, flag in zip(weighed, row, strict=True) if flag] for row in rows),
        key=lambda entries: -sum(entry.weight for entry in entries),
    )
    return [{entry.part for entry in entries} for entries in sets[:OFFERS]]
