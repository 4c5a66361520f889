"""Every parameter of the design's table against a hand count over the lines of the collection."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import unicodedata
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from portal.records.database import database_for
from portal.search.domains import NOT_RECORDED
from portal.search.engine import counted, counts_of, match, search
from portal.search.parameters import PresenceParameter, TokenParameter
from portal.search.request import SearchRequest, parse
from tests import oracle
from tests.conftest import reader

pytestmark = pytest.mark.django_db

#: Values that are not clicked one by one.
MANY = 500
SLUGS = ("cases", "legislation", "bibliography")
API = {"cases": "cases", "legislation": "laws", "bibliography": "works"}


def count(slug: str, **parameters: Any) -> int:
    """The number of records that the API counts."""
    response = reader().get(f"/api/v1/{API[slug]}/", {**parameters, "page_size": 1})
    assert response.status_code == 200, response.content
    return response.json()["count"]


def matched(slug: str, address: str) -> int:
    """The number of records that the search itself finds: as many values as there are."""
    parsed = parse(database_for(slug), QueryDict(address))
    assert not parsed.problems, (address, parsed.problems)
    return search(parsed.request).total


TOKENS = [
    (slug, name)
    for slug in SLUGS
    for name, parameter in database_for(slug).filterset.parameters().items()
    if isinstance(parameter, TokenParameter)
]


def test_the_hand_count_knows_every_parameter() -> None:
    assert {(slug, name) for slug in SLUGS for name in oracle.VALUES[slug]} == set(TOKENS)
    for slug in SLUGS:
        presence = database_for(slug).filterset.presence()
        assert {f"has_{name}" for name in oracle.RECORDED[slug]} == set(presence)


@pytest.mark.parametrize(("slug", "name"), TOKENS)
def test_every_value_of_a_parameter_counts_as_the_lines_do(
    slug: str, name: str, lines: dict[str, list[Any]]
) -> None:
    values_of = oracle.VALUES[slug][name]
    by_hand: dict[str, int] = {}
    for line in lines[slug]:
        for value in set(values_of(line)):
            by_hand[value] = by_hand.get(value, 0) + 1
    parameter = database_for(slug).filterset.parameters()[name]
    if parameter.offers_not_recorded:
        without = sum(not list(values_of(line)) for line in lines[slug])
        assert matched(slug, f"{name}={NOT_RECORDED}") == without
        if without:
            by_hand[NOT_RECORDED] = without
    known = parameter.known()
    values = known if 0 < len(known) < 60 else list(by_hand)
    assert set(by_hand) <= set(known) or not known
    if len(values) > MANY:
        # All of them in one count, and a click on some.
        assert counted(SearchRequest(slug), (name,)).facets[name] == by_hand
        values = sorted(values)[:: len(values) // 40]
    for value in values:
        assert matched(slug, f"{name}={value}") == by_hand.get(value, 0), (name, value)


@pytest.mark.parametrize(("slug", "name"), TOKENS)
def test_two_values_mean_or_repeated_or_with_a_comma(
    slug: str, name: str, lines: dict[str, list[Any]]
) -> None:
    values_of = oracle.VALUES[slug][name]
    found = sorted({value for line in lines[slug] for value in values_of(line)})[:2]
    if not found:
        # Only curators record what a work discusses; nothing of it is in the collection.
        assert name in ("law", "case")
        return
    by_hand = sum(bool(set(found) & set(values_of(line))) for line in lines[slug])
    assert count(slug, **{name: found}) == by_hand
    assert count(slug, **{name: ",".join(found)}) == by_hand


@pytest.mark.parametrize(
    ("slug", "name"), [(slug, name) for slug in SLUGS for name in oracle.RECORDED[slug]]
)
def test_recorded_or_not(slug: str, name: str, lines: dict[str, list[Any]]) -> None:
    recorded = sum(oracle.RECORDED[slug][name](line) for line in lines[slug])
    assert count(slug, **{f"has_{name}": "true"}) == recorded
    assert count(slug, **{f"has_{name}": "false"}) == len(lines[slug]) - recorded


PERIODS = {
    "cases": ("decided_from", "decided_to"),
    "legislation": ("adopted_from", "adopted_to"),
    "bibliography": ("issued_from", "issued_to"),
}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2015", ""),
        ("", "2009"),
        ("2012", "2012"),
        ("2012-03", "2013-08"),
        ("2010-06-15", "2010-06-15"),
        ("2011-12-31", "2012"),
        ("1900", "1950"),
        ("2012-02", ""),
    ],
)
def test_periods_match_by_overlap(
    slug: str, start: str, end: str, lines: dict[str, list[Any]]
) -> None:
    first, last = PERIODS[slug]
    given = {name: value for name, value in ((first, start), (last, end)) if value}
    by_hand = sum(oracle.overlaps(oracle.date_of(slug, line), start, end) for line in lines[slug])
    assert count(slug, **given) == by_hand


@pytest.mark.parametrize("slug", SLUGS)
def test_records_are_found_by_when_they_were_added(slug: str, lines: dict[str, list[Any]]) -> None:
    model = database_for(slug).model
    published = list(model._default_manager.filter(code__in=[line["id"] for line in lines[slug]]))
    days = {line["id"]: oracle.added(line) for line in lines[slug]}
    for place, record in enumerate(published):
        # The first and the last moment of the day.
        hour = "00:00:00" if place % 2 else "23:59:59.999999"
        record.first_published_at = datetime.datetime.fromisoformat(
            f"{days[record.code]}T{hour}+00:00"
        )
    model._default_manager.bulk_update(published, ["first_published_at"])
    for start, end in (
        ("2023", ""),
        ("2024", ""),
        ("", "2022-12-31"),
        ("2023-02", "2023-02"),
        ("2023-02", "2023-03-02"),
        ("2023-01-02", "2023-01-02"),
        ("", "2023-01"),
        ("2023-02-28", ""),
    ):
        given = {name: day for name, day in (("added_from", start), ("added_to", end)) if day}
        by_hand = sum(oracle.overlaps(day, start, end) for day in days.values())
        assert count(slug, **given) == by_hand, (start, end)
        assert counts_of([match(parsed_of(slug, given))]) == [by_hand]
    refused = reader().get(
        f"/api/v1/{API[slug]}/", {"added_from": "2023-03", "added_to": "2023-02"}
    )
    assert [error["parameter"] for error in refused.json()["errors"]] == ["added_from"]


def parsed_of(slug: str, given: dict[str, str]) -> SearchRequest:
    """The request of an address."""
    return parse(database_for(slug), QueryDict(urlencode(given))).request


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"migrants_min": 50}, "count"),
        ({"migrants_max": 4}, "count"),
        ({"migrants_min": 5, "migrants_max": 9}, "count"),
        ({"deaths_min": 1}, "deaths"),
        ({"deaths_min": 0}, "deaths"),
        ({"deaths_max": 0}, "deaths"),
        ({"deaths_min": 2, "deaths_max": 10}, "deaths"),
    ],
)
def test_numbers_of_migrants_and_deaths_are_ranges(
    given: dict[str, int], key: str, lines: dict[str, list[Any]]
) -> None:
    low = next((number for name, number in given.items() if name.endswith("min")), 0)
    high = next((number for name, number in given.items() if name.endswith("max")), 10**9)
    numbers = [line.get("migrants", {}).get(key) for line in lines["cases"]]
    by_hand = sum(number is not None and low <= number <= high for number in numbers)
    assert by_hand
    assert count("cases", **given) == by_hand


@pytest.mark.parametrize(
    ("low", "high"), [(60, None), (None, 12), (24, 24), (100, 120), (1.5, 1.5), (0, None)]
)
def test_imprisonment_is_a_range_of_one_charge(
    low: float | None, high: float | None, lines: dict[str, list[Any]]
) -> None:
    def fits(line: Any) -> bool:
        months = [
            c["imprisonment_months"] for c in oracle.charges(line) if "imprisonment_months" in c
        ]
        return any((low is None or m >= low) and (high is None or m <= high) for m in months)

    names = {"imprisonment_min": low, "imprisonment_max": high}
    given = {name: value for name, value in names.items() if value is not None}
    assert count("cases", **given) == sum(fits(line) for line in lines["cases"])


@pytest.mark.parametrize("name", ["Kyle", "unodc", "garcía", "Garcia", "de", "Veronika Bilger"])
def test_author_is_a_part_of_a_name(name: str, lines: dict[str, list[Any]]) -> None:
    def fold(text: str) -> str:
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

    def names(line: Any) -> list[str]:
        people = [*line.get("author", []), *line.get("editor", [])]
        return [p.get("literal") or f"{p.get('given', '')} {p['family']}".strip() for p in people]

    by_hand = sum(
        any(fold(name) in fold(person) for person in names(line)) for line in lines["bibliography"]
    )
    assert by_hand, "the name is in the collection"
    assert count("bibliography", author=name) == by_hand


@pytest.mark.parametrize("slug", SLUGS)
def test_changed_since(slug: str, lines: dict[str, list[Any]]) -> None:
    assert count(slug, changed_since="2020") == len(lines[slug])
    assert count(slug, changed_since="2999-01") == 0


@pytest.mark.parametrize(
    ("slug", "word"),
    [("cases", "Lampedusa"), ("legislation", "carrier"), ("bibliography", "Libya")],
)
def test_words_are_found_where_they_stand(
    slug: str, word: str, lines: dict[str, list[Any]]
) -> None:
    # A word that is its own stem and no part of another: its records are those with the word.
    pattern = re.compile(rf"\b{word}('s|s)?\b", re.IGNORECASE)
    texts = (
        *("title", "title_original", "facts", "significance", "summary", "annotation"),
        *("provisions", "proceedings", "defendants"),
    )
    by_hand = {
        line["id"]
        for line in lines[slug]
        if any(pattern.search(json.dumps(line.get(key, ""), ensure_ascii=False)) for key in texts)
    }
    assert by_hand
    response = reader().get(
        f"/api/v1/{API[slug]}/", {"q": word, "as_typed": "true", "page_size": 100, "fields": "code"}
    )
    found = {row["code"] for row in response.json()["results"]}
    assert by_hand <= found


@pytest.mark.parametrize("slug", SLUGS)
def test_a_word_and_its_exclusion_make_up_the_whole(slug: str, lines: dict[str, list[Any]]) -> None:
    for word in ("migrants", "boat", "court"):
        assert count(slug, q=word) + count(slug, q=f"-{word}") == len(lines[slug])


@pytest.mark.parametrize("slug", SLUGS)
def test_filters_are_joined_by_and(slug: str, lines: dict[str, list[Any]]) -> None:
    names = list(oracle.VALUES[slug])
    for first, second in itertools.pairwise(names):
        one, two = oracle.VALUES[slug][first], oracle.VALUES[slug][second]
        pairs = [(a, b) for line in lines[slug] for a in one(line) for b in two(line)]
        if not pairs:
            continue
        a, b = sorted(pairs)[len(pairs) // 2]
        by_hand = sum(a in one(line) and b in two(line) for line in lines[slug])
        assert matched(slug, f"{first}={a}&{second}={b}") == by_hand, (first, a, second, b)


def test_no_parameter_is_without_effect(lines: dict[str, list[Any]]) -> None:
    """A parameter that changes no count for any value would be one that does nothing."""
    for slug in SLUGS:
        for name, parameter in database_for(slug).filterset.parameters().items():
            if isinstance(parameter, PresenceParameter):
                assert count(slug, **{name: "true"}) + count(slug, **{name: "false"}) == len(
                    lines[slug]
                ), name
