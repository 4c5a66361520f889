"""The record that one means comes first: judged queries, written from the records.

`relevance.json` was written by reading the records, without a look at how the search works: what
prosecutors, judges, drafters, researchers and curators type, in six languages, with the records
that answer. Measured is the reciprocal rank of the first of them: among the exact matches and then
the ranked list; where nothing holds all of the words, in the lists that the offers lead to: other
spellings, and most of the words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation

from portal.records.database import database_for
from portal.search.engine import search
from portal.search.exact import exact_matches
from portal.search.models import SearchDocument
from portal.search.request import SearchRequest, parse
from portal.search.suggest import most_of_it, spellings

pytestmark = pytest.mark.django_db

JUDGED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "relevance.json").read_text(encoding="utf-8")
)
#: Mean reciprocal rank of all, and of the kinds of which less would be a fault.
FLOOR = 0.95
FLOORS = {
    "identifier": 0.98,
    "title": 0.95,
    "phrase": 0.95,
    "misspelling": 0.8,
    "words": 0.9,
    "concept": 0.9,
    "cross_language": 0.9,
}


def ranked(request: SearchRequest) -> list[str]:
    result = search(request)
    codes = dict(
        SearchDocument.objects.of(request.database)
        .filter(object_id__in=result.ids)
        .values_list("object_id", "code")
    )
    return [codes[key] for key in result.ids]


def reciprocal_rank(judged: dict[str, Any]) -> float:
    """1 for the first place, 1/2 for the second, 0 for none among the first hundred."""
    relevant = set(judged["relevant"])

    def of(codes: list[str]) -> float:
        places = (1 / place for place, code in enumerate(codes, 1) if code in relevant)
        return next(places, 0.0)

    language = "zh-hans" if judged["language"] == "zh" else judged["language"]
    with translation.override(language):
        data = QueryDict(mutable=True)
        data.update({"q": judged["query"], "page_size": "100"})
        request = parse(database_for(judged["database"]), data).request
        exact = [match.code for match in exact_matches(judged["query"])]
        found = ranked(request)
        if found or exact:
            return of(list(dict.fromkeys([*exact, *found])))
        offers = [*spellings(request)[:3], *most_of_it(request)[:3]]
        return max((of(ranked(offer.request)) for offer in offers), default=0.0)


def test_the_record_that_is_meant_comes_first(record_property: Callable[[str, str], None]) -> None:
    ranks: dict[str, list[float]] = {}
    low = []
    for judged in JUDGED:
        rank = reciprocal_rank(judged)
        for group in (judged["kind"], judged["language"], "all"):
            ranks.setdefault(group, []).append(rank)
        if rank < 0.5:
            low.append(f"  {rank:.2f} {judged['database']} {judged['language']}: {judged['query']}")
    means = {group: sum(found) / len(found) for group, found in ranks.items()}
    shown = ", ".join(f"{group} {mean:.3f}" for group, mean in sorted(means.items()))
    report = f"Mean reciprocal rank of {len(JUDGED)} queries: {shown}"
    record_property("summary", "\n".join([report, *low]))
    assert means["all"] >= FLOOR, shown
    for kind, floor in FLOORS.items():
        assert means[kind] >= floor, (kind, shown)
    for language in ("ar", "zh", "en", "fr", "ru", "es"):
        assert means[language] >= 0.75, (language, shown)


def test_there_are_enough_queries_of_every_kind() -> None:
    assert len(JUDGED) >= 60
    assert {judged["language"] for judged in JUDGED} == {"ar", "zh", "en", "fr", "ru", "es"}
    for kind in ("identifier", "title", "misspelling", "phrase", "words", "concept"):
        assert sum(judged["kind"] == kind for judged in JUDGED) >= 10, kind


def test_the_answers_are_public_records() -> None:
    wanted = {(judged["database"], code) for judged in JUDGED for code in judged["relevant"]}
    public = set(SearchDocument.objects.public().values_list("database", "code"))
    assert wanted <= public
