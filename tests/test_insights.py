"""The tables of the insights: each number is that of the list behind it and of the files."""

from __future__ import annotations

import csv
import datetime
import io
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from django.urls import reverse

from portal.insights.asking import asked, axis_names
from portal.insights.coverage import coverage
from portal.insights.declared import INSIGHTS, Insight
from portal.insights.tables import CrossTable, Number
from portal.records.database import database_for, databases
from portal.search.engine import counts_of, match
from portal.search.request import SearchRequest, parse
from tests import oracle
from tests.conftest import reader
from tests.oracle import PLACES, charges

pytestmark = pytest.mark.django_db

FILTERS = {
    "cases": "mode=sea&decided_from=2010-06&q=boat",
    "legislation": "region=150&adopted_to=2015",
    "bibliography": "country=LBY&q=smuggling",
}


def found_by(url: str) -> Any:
    """The records that the search page of an address lists."""
    parts = urlsplit(url)
    (database,) = [known for known in databases() if known.search_path == parts.path]
    parsed = parse(database, QueryDict(parts.query))
    assert not parsed.problems, url
    return match(parsed.request)


def follow(numbers: Iterable[Number]) -> int:
    """Follow the links of numbers and compare; returns how many were followed."""
    chosen = [number for number in numbers if number.url]
    for start in range(0, len(chosen), 100):
        batch = chosen[start : start + 100]
        counted = counts_of([found_by(number.url) for number in batch])
        assert [number.count for number in batch] == counted
    return len(chosen)


def numbers_of(table: CrossTable) -> list[Number]:
    found = [table.total]
    found += [heading.number for heading in (*table.row_headings, *table.column_headings)]
    found += [number for row in table.rows for number in row.numbers if number.count]
    found += [field.missing for field in table.stated if field.missing]
    return found


def table_of(insight: Insight, query: str = "") -> CrossTable:
    found = asked(insight, QueryDict(query))
    assert not found.problems
    return found.table


@pytest.mark.parametrize("insight", INSIGHTS, ids=lambda insight: insight.slug)
@pytest.mark.parametrize("is_filtered", [False, True], ids=["all", "filtered"])
def test_every_number_is_that_of_its_list(insight: Insight, is_filtered: bool) -> None:
    query = FILTERS[insight.database] if is_filtered else ""
    assert follow(numbers_of(table_of(insight, query))) > 3


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_any_two_facets_can_be_crossed(slug: str) -> None:
    """Each facet of a database once in the rows and once in the columns, some links of each."""
    database = database_for(slug)
    names = [name for name in axis_names(database) if name not in ("law", "provision", "case")]
    followed = 0
    for rows, columns in zip(names, [*names[1:], names[0]], strict=True):
        table = CrossTable(SearchRequest(slug), rows, columns)
        followed += follow(numbers_of(table)[::7])
    assert followed > 100


def cells(table: CrossTable) -> dict[tuple[str, str], int]:
    return {
        (row.heading.value, column.value): number.count
        for row in table.rows
        for column, number in zip(table.column_headings, row.numbers, strict=True)
        if number.count and "not_recorded" not in (row.heading.value, column.value)
    }


def pairs(
    lines: Iterable[dict[str, Any]], values: Callable[[dict[str, Any]], set[tuple[str, str]]]
) -> dict[tuple[str, str], int]:
    return dict(Counter(pair for line in lines for pair in values(line)))


def crossed(ones: Iterable[str], others: Iterable[str]) -> set[tuple[str, str]]:
    others = list(others)
    return {(one, other) for one in ones for other in others}


def year(text: Any) -> list[str]:
    return [str(text)[:4]] if text else []


def truth(line: dict[str, Any], key: str) -> list[str]:
    return [str(line[key]).lower()] if key in line else []


def regions(line: dict[str, Any]) -> set[str]:
    """The M49 codes of all regions that hold the jurisdiction of a law."""
    place = PLACES[line["jurisdiction"]]
    keys = ("region", "sub_region", "intermediate_region")
    return {place[key] for key in keys if key in place}


BY_HAND: dict[str, tuple[str, Callable[[dict[str, Any]], set[tuple[str, str]]]]] = {
    "modes": (
        "cases",
        lambda line: crossed(line.get("modes", []), year(line.get("decision_date"))),
    ),
    "coverage-cases": (
        "cases",
        lambda line: crossed([line["jurisdiction"]], year(line.get("decision_date"))),
    ),
    "routes": (
        "cases",
        lambda line: crossed(
            line.get("route", {}).get("origin", []), line.get("route", {}).get("destination", [])
        ),
    ),
    "roles": (
        "cases",
        lambda line: crossed(
            {d["role"] for d in line.get("defendants", []) if "role" in d}, line.get("modes", [])
        ),
    ),
    "risks": (
        "cases",
        lambda line: crossed(line.get("aggravations", []), line.get("modes", [])),
    ),
    "cooperation": (
        "cases",
        lambda line: crossed(line.get("cooperation", []), [line["jurisdiction"]]),
    ),
    "implementation": (
        "legislation",
        lambda line: crossed(
            [line["jurisdiction"]],
            {a for p in line.get("provisions", []) for a in p.get("protocol_articles", [])},
        ),
    ),
    "benefit": (
        "legislation",
        lambda line: crossed(
            {p["benefit_element"] for p in line.get("provisions", []) if "benefit_element" in p},
            {a for p in line.get("provisions", []) for a in p.get("protocol_articles", [])},
        ),
    ),
    "verdicts": (
        "cases",
        lambda line: crossed(
            {charge["verdict"] for charge in charges(line) if "verdict" in charge},
            {d["role"] for d in line.get("defendants", []) if "role" in d},
        ),
    ),
    "techniques": (
        "cases",
        lambda line: crossed(line.get("techniques", []), line.get("modes", [])),
    ),
    "exemptions": (
        "legislation",
        lambda line: crossed(truth(line, "humanitarian_exemption"), regions(line)),
    ),
    "liability": (
        "legislation",
        lambda line: crossed(truth(line, "migrants_not_liable"), regions(line)),
    ),
    "literature-regions": (
        "bibliography",
        lambda line: crossed(
            line.get("regions", []), year(line.get("issued", {}).get("date-parts", [[""]])[0][0])
        ),
    ),
    "literature-topics": (
        "bibliography",
        lambda line: crossed(line.get("topics", []), line.get("methods", [])),
    ),
}


def test_every_question_is_counted_by_hand() -> None:
    assert set(BY_HAND) == {insight.slug for insight in INSIGHTS}


@pytest.mark.parametrize("slug", BY_HAND)
def test_tables_count_what_the_files_say(slug: str, lines: dict[str, list[dict[str, Any]]]) -> None:
    (insight,) = [insight for insight in INSIGHTS if insight.slug == slug]
    database, values = BY_HAND[slug]
    assert cells(table_of(insight)) == pairs(lines[database], values)


@pytest.mark.parametrize("insight", INSIGHTS, ids=lambda insight: insight.slug)
def test_page_csv_and_api_say_the_same(
    insight: Insight, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    query = QueryDict(FILTERS[insight.database]).urlencode()
    path = reverse("insights:insight", kwargs={"slug": insight.slug})
    reader().get("/en/insights/")
    with django_assert_max_num_queries(10):
        page = reader().get(f"{path}?{query}")
    assert page.status_code == 200
    table = page.context["table"]
    with django_assert_max_num_queries(10):
        answer = reader().get(f"/api/v1/insights/{insight.slug}/?{query}").json()
    assert answer["total"]["count"] == table.total.count
    assert [row["count"] for row in answer["results"]] == [
        row.heading.number.count for row in table.rows
    ]
    assert [[n["count"] for n in row["numbers"]] for row in answer["results"]] == [
        [number.count for number in row.numbers] for row in table.rows
    ]
    text = reader().get(f"{path}table.csv?{query}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    written = {
        (row[table.row_axis.name], row[table.column_axis.name]): int(row["records"]) for row in rows
    }
    shown = {
        (row.heading.value, column.value): number.count
        for row in table.rows
        for column, number in zip(table.column_headings, row.numbers, strict=True)
        if number.count
    }
    assert {key: n for key, n in written.items() if key[1] != "*"} == shown
    assert all(row["url"].startswith("http://testserver/") for row in rows)


def test_wrong_parameters_are_refused() -> None:
    page = reader().get("/en/insights/modes/?modus=sea&mode=raft")
    assert page.status_code == 200
    assert [notice.parameter for notice in page.context["notices"]] == ["modus", "mode"]
    refused = reader().get("/api/v1/insights/modes/?modus=sea")
    assert refused.status_code == 400
    assert "mode" in refused.json()["known_parameters"]
    refused = reader().get("/en/insights/modes/table.csv?modus=sea")
    assert refused.status_code == 400
    assert "mode" in refused.content.decode()
    assert reader().get("/en/insights/nothing/").status_code == 404
    assert reader().get("/api/v1/insights/nothing/").status_code == 404
    for wrong in ("database=films", "rows=colour", "rows=mode&columns=mode", "rows=mode&rows=role"):
        assert reader().get(f"/api/v1/insights/table/?{wrong}").status_code == 400
        assert reader().get(f"/en/insights/table/?{wrong}").context["notices"]


def test_an_empty_selection_says_so() -> None:
    page = reader().get("/en/insights/routes/?q=zzzzzz")
    assert "No record meets these filters." in page.content.decode()


def test_small_numbers_carry_a_warning() -> None:
    page = reader().get("/en/insights/table/?database=cases&rows=jurisdiction&columns=mode")
    assert page.context["table"].is_small
    assert "smaller than five" in page.content.decode()


def test_the_coverage_counts_what_the_files_say(lines: dict[str, list[dict[str, Any]]]) -> None:
    found = {entry.database.slug: entry for entry in coverage()}
    assert {slug: entry.total.count for slug, entry in found.items()} == {
        slug: len(rows) for slug, rows in lines.items()
    }
    fields = {field.name: field for field in found["cases"].fields}
    cases = lines["cases"]
    assert fields["has_fee"].stated.count == sum("fee" in line for line in cases)
    assert fields["has_date"].missing.count == sum("decision_date" not in line for line in cases)
    assert found["cases"].places == len({line["jurisdiction"] for line in cases})
    laws = {line["jurisdiction"] for line in lines["legislation"]}
    assert not laws & set(found["legislation"].places_without)
    numbers = [entry.total for entry in found.values()]
    for entry in found.values():
        for field in entry.fields:
            numbers += [number for number in (field.stated, field.missing) if number.count]
    assert follow(numbers) > 60
    answer = reader().get("/api/v1/insights/coverage/").json()["results"]
    assert [entry["records"]["count"] for entry in answer] == [
        entry.total.count for entry in coverage()
    ]
    text = reader().get("/en/insights/coverage/table.csv").content.decode("utf-8-sig")
    figures = Counter(row["figure"] for row in csv.DictReader(io.StringIO(text)))
    assert figures["field"] == sum(len(entry.fields) for entry in coverage())
    assert reader().get("/api/v1/insights/coverage/?a=1").status_code == 400
    assert reader().get("/en/insights/coverage/table.csv?a=1").status_code == 400
    assert reader().get("/en/insights/coverage/?a=1").context["notices"]


def test_the_coverage_over_time(
    lines: dict[str, list[dict[str, Any]]], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    """Records by the year of what they tell of, and by the month in which they were added."""
    for slug, rows in lines.items():
        model = database_for(slug).model
        for day in {oracle.added(line) for line in rows}:
            codes = [line["id"] for line in rows if oracle.added(line) == day]
            model._default_manager.filter(code__in=codes).update(
                first_published_at=datetime.datetime.fromisoformat(f"{day}T23:59:59+00:00")
            )
    reader().get("/en/insights/")
    with django_assert_max_num_queries(10):
        page = reader().get("/en/insights/coverage/")
    answer = {
        one["database"]: one for one in reader().get("/api/v1/insights/coverage/").json()["results"]
    }
    text = reader().get("/en/insights/coverage/table.csv").content.decode("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(text)))
    for entry in coverage():
        slug = entry.database.slug
        months = {time.value: time.number.count for time in entry.added}
        assert months == Counter(oracle.added(line)[:7] for line in lines[slug])
        assert list(months) == sorted(months)
        assert len(months) == 3
        years = {time.value: time.number.count for time in entry.years}
        assert years == Counter(
            oracle.date_of(slug, line)[:4] or "not_recorded" for line in lines[slug]
        )
        times = [*entry.added, *entry.years]
        assert follow(time.number for time in times) == len(times)
        for figure, name, counts in (("added", "month", months), ("year", "year", years)):
            kept = answer[slug]["added" if figure == "added" else "years"]
            assert {one[name]: one["count"] for one in kept} == counts
            cells = [row for row in told if (row["database"], row["figure"]) == (slug, figure)]
            assert {row["value"]: int(row["records"]) for row in cells} == counts
        for time in times:
            assert escape(time.number.url) in page.content.decode()


@pytest.mark.parametrize("language", ["ar", "zh", "fr"])
def test_pages_speak_the_readers_language(language: str) -> None:
    for path in ("", "modes/", "coverage/", "table/"):
        page = reader().get(f"/{language}/insights/{path}")
        assert page.status_code == 200
        assert f'lang="{language}"' in page.content.decode()
    assert "海路" in reader().get("/zh/insights/modes/").content.decode()
