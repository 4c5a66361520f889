"""Which record is meant: the order of relevance.

Words of the title and of numbers and names count most (the small vector), what was typed more
than other names of its concepts. Where few records matched, their texts are read as well: how
often and how near to one another the words stand. Where many did, that would cost seconds, and
would tell little.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast

from portal.search.tsquery import Compiled
from portal.search.vectors import LexemeQuery

#: Weights of the letters D, C, B, A: other places, keywords, names and numbers, title.
WEIGHTS = [0.05, 0.15, 0.5, 1.0]


def rank_of(query: Compiled, *, is_precise: bool) -> Any:
    """The relevance of a document to a query, as an expression over `SearchDocument`."""
    parts: list[Any] = []
    if query.typed:
        parts.append(_rank("rank_vector", query.typed) * Value(4.0))
    if query.named:
        parts.append(_rank("rank_vector", query.named))
    if is_precise and query.near:
        parts.append(_rank("vector", query.typed))
        parts.append(
            SearchRank(
                F("vector"),
                LexemeQuery(query.near),
                weights=WEIGHTS,
                cover_density=True,
                normalization=Value(1),
            )
        )
    # Cast: PostgreSQL takes no bare constant to order by, where nothing ranks (-boat).
    total: Any = Cast(Value(0.0), FloatField())
    for part in parts:
        total = total + part
    return total


def _rank(vector: str, text: str) -> SearchRank:
    return SearchRank(F(vector), LexemeQuery(text), weights=WEIGHTS)
