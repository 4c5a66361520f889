"""The country pages: every number is that of the list it leads to, and that of the files."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.http import QueryDict

from portal.countries.figures import Figure
from portal.countries.listing import Listing, ask
from portal.countries.profile import Profile
from portal.insights.sentences import SentenceRow, SentencesReport
from portal.insights.tables import Number
from portal.records.database import databases
from portal.reference.catalog import catalog, pinned
from portal.search.engine import counts_of, match
from portal.search.request import parse
from tests.conftest import read_lines, reader
from tests.oracle import PARTIES, PLACES, RECORDED, VALUES, heaviest

pytestmark = pytest.mark.django_db

Line = dict[str, Any]
Lines = dict[str, list[Line]]
STATUS = {line["jurisdiction"]: line for line in read_lines("protocol-status.jsonl")}
#: Many records; few; a court with laws; one with cases alone; a territory; none at all.
CHOSEN = ("ITA", "ALB", "EUE", "XCE", "HKG", "ATA", "USA", "NER")
KINDS = {"cases": "cases", "laws": "legislation", "works": "bibliography"}


@pytest.fixture(autouse=True)
def one_catalog() -> Iterator[None]:
    with pinned():
        yield


def numbers_of_figure(figure: Figure) -> list[Number]:
    found = [heading.number for heading in figure.headings] + [figure.total]
    return [*found, figure.missing] if figure.missing else found


def sentenced(row: SentenceRow) -> list[Number]:
    """The cases behind the numbers of persons."""
    found = (row.everybody, row.sentenced, row.served, row.suspended, row.life)
    return [Number(number.cases, number.url) for number in found]


def numbers_of(profile: Profile) -> list[Number]:
    figures = [*profile.case_figures, *profile.work_figures, profile.nationalities]
    figures += [profile.nationals, *(one for route in profile.routes for one in route.neighbours)]
    return [
        *profile.numbers.values(),
        *(one.laws for one in profile.articles),
        *(body.laws for body in profile.bodies),
        *sentenced(profile.sentences),
        *(route.total for route in profile.routes),
        *(number for figure in figures for number in numbers_of_figure(figure)),
    ]


def follow(numbers: Iterable[Number]) -> int:
    """Follow the links of numbers and compare; returns how many different ones there were."""
    asked: dict[str, int] = {}
    for number in numbers:
        assert bool(number.url) == bool(number.count)
        if number.url:
            assert asked.setdefault(number.url, number.count) == number.count
    urls = list(asked)
    with connection.cursor() as cursor:
        # Thousands of small searches: by the index of the facets each costs a part.
        cursor.execute("SET LOCAL enable_seqscan = off")
    paths = {database.search_path: database for database in databases()}
    for start in range(0, len(urls), 100):
        batch, found = urls[start : start + 100], []
        for url in batch:
            parts = urlsplit(url)
            parsed = parse(paths[parts.path], QueryDict(parts.query))
            assert not parsed.problems, url
            found.append(match(parsed.request))
        assert {url: asked[url] for url in batch} == dict(zip(batch, counts_of(found), strict=True))
    return len(urls)


def test_every_number_of_the_list_is_that_of_its_records() -> None:
    listing = Listing(ask(QueryDict("")))
    assert len(listing.rows) == len(PLACES)
    numbers = [number for row in listing.rows for number in row.numbers.values()]
    regions = [number for group in listing.groups for number in group.numbers]
    assert regions
    assert follow([*numbers, *regions]) > 300


def test_every_number_of_every_profile_is_that_of_its_records() -> None:
    assert follow(number for code in PLACES for number in numbers_of(Profile(code))) > 3000


def test_the_list_says_what_the_files_say(lines: Lines) -> None:
    counts = {
        "cases": Counter(line["jurisdiction"] for line in lines["cases"]),
        "laws": Counter(line["jurisdiction"] for line in lines["legislation"]),
        "works": Counter(c for line in lines["bibliography"] for c in line.get("countries", [])),
    }
    for row in Listing(ask(QueryDict(""))).rows:
        assert {kind: n.count for kind, n in row.numbers.items()} == {
            kind: counted[row.code] for kind, counted in counts.items()
        }
        said = STATUS.get(row.code, {})
        expected = "party" if row.code in PARTIES else "signed" if "signed" in said else ""
        assert row.standing.value == (expected or "not_recorded")
        if "consent" in said:
            assert str(row.treaty and row.treaty.consent) == said["consent"]
            assert said["consent"][:4] in row.status


def filtered(query: str) -> set[str]:
    asked = ask(QueryDict(query))
    assert not asked.problems
    return {row.code for row in Listing(asked).rows}


def test_filters_of_the_list(lines: Lines) -> None:
    with_cases = {line["jurisdiction"] for line in lines["cases"]}
    with_laws = {line["jurisdiction"] for line in lines["legislation"]}
    everything = set(PLACES)

    def within(code: str) -> set[str]:
        keys = ("region", "sub_region", "intermediate_region")
        return {place for place, e in PLACES.items() if code in [e.get(key) for key in keys]}

    def members(code: str) -> set[str]:
        return {place for place, e in PLACES.items() if code in e.get("memberships", [])}

    assert filtered("party=true") == PARTIES
    assert filtered("party=false") == everything - PARTIES
    assert filtered("has_cases=true") == with_cases
    assert filtered("has_cases=false&party=true") == PARTIES - with_cases
    assert filtered("has_laws=false") == everything - with_laws
    assert filtered("region=011,155") == within("011") | within("155")
    assert filtered("region=150&region=002&has_laws=true") == with_laws & (
        within("150") | within("002")
    )
    assert filtered("process=khartoum_process") == members("khartoum_process")
    both = members("european_union") & within("039")
    assert both
    assert filtered("process=european_union&region=039&sort=name") == both
    assert filtered("region=061&has_cases=true") == within("061") & with_cases


def test_orders_of_the_list() -> None:
    for kind in KINDS:
        rows = Listing(ask(QueryDict(f"sort={kind}"))).rows
        counts = [row.numbers[kind].count for row in rows]
        assert counts == sorted(counts, reverse=True)
    names = [row.name for row in Listing(ask(QueryDict("sort=name"))).rows]
    assert names.index("Åland Islands") < names.index("Albania") < names.index("Zimbabwe")
    groups = Listing(ask(QueryDict(""))).groups
    assert groups[0].label == "Africa · Northern Africa"
    assert {row.code for row in groups[-1].rows} == {"ATA", "EUE", "XCE"}


def counted(figure: Figure) -> dict[str, int]:
    found = {heading.value: heading.number.count for heading in figure.headings}
    return {**found, "": figure.missing.count} if figure.missing else found


def by_hand(slug: str, name: str, lines: Iterable[Line], without: str = "") -> dict[str, int]:
    """How many lines carry each value of a facet, and under '' how many carry none."""
    found: Counter[str] = Counter()
    for line in lines:
        values = {value for value in VALUES[slug][name](line) if value}
        found.update(values - {without} or ([] if values else [""]))
    return dict(found)


@pytest.mark.parametrize("code", CHOSEN)
def test_a_profile_says_what_the_files_say(code: str, lines: Lines) -> None:
    profile = Profile(code)
    own = [line for line in lines["cases"] if line["jurisdiction"] == code]
    laws = [line for line in lines["legislation"] if line["jurisdiction"] == code]
    works = [line for line in lines["bibliography"] if code in line.get("countries", [])]
    assert {kind: n.count for kind, n in profile.numbers.items()} == {
        "cases": len(own),
        "laws": len(laws),
        "works": len(works),
    }
    year, *others = profile.case_figures
    assert counted(year) == Counter(line.get("decision_date", "")[:4] for line in own)
    for figure in (*others, profile.nationalities):
        assert counted(figure) == by_hand("cases", figure.name, own), figure.name
    for figure in profile.work_figures:
        assert counted(figure) == by_hand("bibliography", figure.name, works), figure.name
    persons = [
        (line["id"], *heaviest(person))
        for line in own
        for person in line.get("defendants", [])
        for _one in range(person.get("count", 1))
    ]
    found = profile.sentences
    assert found.everybody.persons == len(persons)
    for kind, number in {
        "term": found.served,
        "suspended": found.suspended,
        "life": found.life,
    }.items():
        alike = [case for case, sentence, _months in persons if sentence == kind]
        assert (number.persons, number.cases) == (len(alike), len(set(alike))), kind
    terms = [Decimal(str(months)) for _case, sentence, months in persons if sentence == "term"]
    middle = median(terms) if terms else None
    assert (found.spread.median if found.spread else None) == middle
    nationals = [line for line in lines["cases"] if code in VALUES["cases"]["nationality"](line)]
    assert counted(profile.nationals) == by_hand("cases", "jurisdiction", nationals)


def test_sentences_are_those_of_the_insights() -> None:
    """A profile says of every jurisdiction what the sentences by jurisdiction say of it."""
    rows = {row.value: row for row in SentencesReport(QueryDict("by=jurisdiction")).rows}
    assert len(rows) > 30
    for code in catalog().jurisdictions:
        own = Profile(code).sentences
        row = rows.pop(code, None)
        if row is None:
            assert not own.sentenced.persons
        else:
            assert replace(own, label=row.label) == row
    assert not rows


@pytest.mark.parametrize("code", CHOSEN)
def test_routes_and_articles_say_what_the_files_say(code: str, lines: Lines) -> None:
    profile = Profile(code)
    places = {}
    for name in ("destination", "transit", "origin"):
        found = [line for line in lines["cases"] if code in line.get("route", {}).get(name, [])]
        if found:
            places[name] = found
    assert [route.place for route in profile.routes] == list(places)
    for route in profile.routes:
        assert route.total.count == len(places[route.place])
        for figure in route.neighbours:
            expected = by_hand("cases", figure.name, places[route.place], without=code)
            assert counted(figure) == expected, (route.place, figure.name)
    laws = [line for line in lines["legislation"] if line["jurisdiction"] == code]
    expected = by_hand("legislation", "article", laws)
    shown = {one.article.code: one.laws.count for one in profile.articles}
    assert shown == {article: n for article, n in expected.items() if article}
    for one in profile.articles:
        numbers = [
            part.get("number", "")
            for line in laws
            for part in line.get("provisions", [])
            if one.article.code in part.get("protocol_articles", [])
        ]
        assert sorted(provision.number for provision in one.provisions) == sorted(numbers)
    missing = {article.code for article in profile.open_articles}
    assert missing.isdisjoint(shown)
    assert not any(article.startswith("C") for article in missing)
    assert {"3", "6.1.a", "19"} <= missing | set(shown)


class Page(HTMLParser):
    """Links of a page, its places to jump to, and whether its tags are closed in order."""

    OPEN = frozenset(
        [
            "article",
            "section",
            "div",
            "table",
            "tbody",
            "thead",
            "tr",
            "ul",
            "ol",
            "dl",
            "details",
            "form",
            "nav",
        ]
    )

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        assert not self._open
        assert len(self.ids) == len(set(self.ids)), "an id stands once"
        inner = {href[1:] for href in self.hrefs if href.startswith("#")}
        assert inner <= set(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert "style" not in given
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "a" and given.get("href"):
            self.hrefs.append(given["href"] or "")
        if tag in self.OPEN:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.OPEN:
            assert self._open.pop() == tag, tag


def page(path: str, status: int = 200) -> str:
    response = reader().get(path)
    assert response.status_code == status, path
    return response.content.decode()


@pytest.mark.parametrize("code", CHOSEN)
def test_the_page_shows_each_number_with_its_link(code: str) -> None:
    text = page(f"/en/countries/{code}/")
    hrefs = set(Page(text).hrefs)
    shown = {number.url for number in numbers_of(Profile(code)) if number.url}
    # The total of a figure is that of the page, and needs no link of its own everywhere.
    assert shown <= hrefs
    treaty = STATUS.get(code)
    if treaty:
        assert {source["url"] for source in treaty["sources"]} <= hrefs
    assert ("not recorded as a party" in text) == (code not in PARTIES)


def test_what_is_not_recorded_is_said_so() -> None:
    text = page("/en/countries/ATA/")
    for words in ("holds no case, no law and no work", "No law is recorded", "No case is recorded"):
        assert words in text
    assert "no provision recorded" in text
    assert "Whether the consent of a State covers a territory" in text
    assert "not implemented" not in re.sub(r"does not mean[^.]*\.", "", text)
    small = page("/en/countries/NER/")
    assert "smaller than five" in small
    assert "%" not in re.sub(
        r'href="[^"]*"', "", small[small.index("<main") : small.index("<footer")]
    )
    assert "Party, date not recorded" in page("/en/countries/CIV/")
    assert "the law of its organization applies as well" in page("/en/countries/ITA/")


@pytest.mark.parametrize("language", ["ar", "zh", "fr"])
def test_pages_are_sound_in_other_languages(language: str) -> None:
    for path in ("", "?party=false&sort=cases", "ITA/", "XCE/"):
        text = page(f"/{language}/countries/{path}")
        Page(text)
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert {"ar": "إيطاليا", "zh": "意大利", "fr": "Italie"}[language] in text or "XCE" in path


def test_addresses() -> None:
    response = reader().get("/en/countries/ita/?x=1")
    assert (response.status_code, response["Location"]) == (301, "/en/countries/ITA/?x=1")
    response = reader().get("/en/countries/ita/figures.csv")
    assert (response.status_code, response["Location"]) == (301, "/en/countries/ITA/figures.csv")
    response = reader().get("/api/v1/insights/countries/ita/")
    assert response.status_code == 301
    assert response["Location"] == "/api/v1/insights/countries/ITA/"
    for path in ("ZZZ/", "italy/", "ZZZ/figures.csv", "ITA/verdicts.csv", "zzz/cases.csv"):
        page(f"/en/countries/{path}", 404)
    assert reader().get("/api/v1/insights/countries/ZZZ/").status_code == 404


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("partei=true", "party"),
        ("party=yes", "true"),
        ("party=true,false", "party"),
        ("region=999", "150"),
        ("process=eu", "european_union"),
        ("sort=size", "works"),
        ("has_cases=%00", "has_cases"),
    ],
)
def test_wrong_parameters_are_told_and_refused(query: str, told: str) -> None:
    text = page(f"/en/countries/?{query}")
    assert "Not all of the request was understood" in text
    assert told in text
    assert "Italy" in text
    assert told in page(f"/en/countries/countries.csv?{query}", 400)
    response = reader().get(f"/api/v1/insights/countries/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert told in response.content.decode()


def test_a_profile_takes_no_parameters() -> None:
    assert "Unknown parameter" in page("/en/countries/ITA/?year=2015")
    page("/en/countries/ITA/figures.csv?year=2015", 400)
    page("/en/countries/ITA/cases.csv?year=2015", 400)
    page("/api/v1/insights/countries/ITA/?year=2015", 400)


def test_an_empty_selection_says_so() -> None:
    assert "No jurisdiction meets these filters" in page(
        "/en/countries/?region=061&process=european_union"
    )


def table(path: str) -> list[dict[str, str]]:
    response = reader().get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(response) if response.streaming else response.content
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_list_is_the_same_in_all_formats() -> None:
    query = "party=true&region=039,015&sort=cases"
    rows = Listing(ask(QueryDict(query))).rows
    told = table(f"/en/countries/countries.csv?{query}")
    answer = reader().get(f"/api/v1/insights/countries/?{query}").json()
    assert answer["count"] == len(rows) == len(told) > 10
    markup = page(f"/en/countries/?{query}")
    for row, cells, item in zip(rows, told, answer["results"], strict=True):
        assert row.code == cells["code"] == item["code"]
        assert row.name == cells["name"] == item["name"]
        assert row.standing == cells["status"] == item["status"]
        assert (cells["consent"] or None) == item["consent"]
        assert row.status in markup
        for kind, number in row.numbers.items():
            assert number.count == int(cells[kind]) == item[kind]["count"]
            url = cells[f"{kind}_url"]
            assert (url or None) == item[kind]["url"]
            assert urlsplit(url).query == urlsplit(number.url).query


def test_the_figures_are_the_same_in_all_formats() -> None:
    for code in ("ITA", "EUE", "ATA"):
        cells = table(f"/en/countries/{code}/figures.csv")
        answer = reader().get(f"/api/v1/insights/countries/{code}/").json()
        figures = [("cases", figure) for figure in answer["case_figures"]]
        figures += [("works", figure) for figure in answer["work_figures"]]
        figures += [("nationals", answer["nationals"])]
        figures += [
            (f"as_{r['as']}", figure) for r in answer["routes"] for figure in r["neighbours"]
        ]
        told = {(row["part"], row["field"], row["value"]): row["number"] for row in cells}
        for part, figure in figures:
            for entry in figure["values"]:
                key = (part, figure["field"], entry["value"])
                assert told.pop(key) == str(entry["count"]), key
        for kind in KINDS:
            assert told.pop(("records", kind, "*")) == str(answer[kind]["count"])
        for article in answer["articles"]:
            key = ("articles", "article", article["code"])
            assert told.pop(key) == str(article["laws"]["count"])
        for article in answer["no_provision_recorded"]:
            assert told.pop(("articles", "article", article["code"])) == "0"
        for route in answer["routes"]:
            key = (f"as_{route['as']}", route["as"], code)
            assert told.pop(key) == str(route["cases"]["count"])
        answered = answer["sentences"]
        for name in ("sentenced", "suspended", "life"):
            for what in ("persons", "cases"):
                cell = told.pop(("sentences", f"{name}_{what}", "*"))
                assert cell == str(answered[name][what])
        served = answered["to_be_served"]
        assert told.pop(("sentences", "served_persons", "*")) == str(served["persons"])
        assert told.pop(("sentences", "served_cases", "*")) == str(served["cases"])
        for name in ("lowest", "lower_quartile", "median", "upper_quartile", "highest"):
            months = told.pop(("sentences", name, "*"))
            assert (float(months) if months else None) == (served["months"] or {}).get(name)
        months = told.pop(("sentences", "suspended_median", "*"))
        spread = answered["suspended"]["months"] or {}
        assert (float(months) if months else None) == spread.get("median")
        assert not told


def test_records_can_be_taken_along(lines: Lines) -> None:
    expected = {
        "cases": {line["id"] for line in lines["cases"] if line["jurisdiction"] == "ITA"},
        "laws": {line["id"] for line in lines["legislation"] if line["jurisdiction"] == "ITA"},
        "works": {
            line["id"] for line in lines["bibliography"] if "ITA" in line.get("countries", [])
        },
    }
    hrefs = set(Page(page("/en/countries/ITA/")).hrefs)
    for kind, codes in expected.items():
        path = f"/en/countries/ITA/{kind}.csv"
        assert path in hrefs
        assert {row["code"] for row in table(path)} == codes
        data = f"/api/v1/{kind}/?jurisdiction=ITA&page_size=100"
        assert data.replace("&", "&") in hrefs
        answer = reader().get(data).json()
        assert {row["code"] for row in answer["results"]} == codes
        assert "review_note" not in table(path)[0]


def test_record_pages_and_the_menu_lead_to_country_pages(lines: Lines) -> None:
    case = next(line for line in lines["cases"] if line["jurisdiction"] == "ITA")
    law = next(line for line in lines["legislation"] if line["jurisdiction"] == "ITA")
    work = next(line for line in lines["bibliography"] if "ITA" in line.get("countries", []))
    for slug, line, search in (
        ("cases", case, "/en/cases/?jurisdiction=ITA"),
        ("legislation", law, "/en/legislation/?jurisdiction=ITA"),
        ("bibliography", work, "/en/bibliography/?country=ITA"),
    ):
        hrefs = Page(page(f"/en/{slug}/{line['id']}/")).hrefs
        assert {"/en/countries/", "/en/countries/ITA/", search} <= set(hrefs)


@pytest.mark.parametrize(
    "path",
    [
        "/en/countries/",
        "/en/countries/?party=true&region=150&sort=laws",
        "/en/countries/countries.csv",
        *(f"/en/countries/{code}/" for code in CHOSEN),
        "/en/countries/USA/figures.csv",
        "/api/v1/insights/countries/",
        "/api/v1/insights/countries/USA/",
    ],
)
def test_a_page_costs_at_most_ten_queries(path: str, django_assert_max_num_queries: Any) -> None:
    reader().get("/en/about/")
    with django_assert_max_num_queries(10):
        page(path)


def test_what_the_files_state_is_what_is_stated(lines: Lines) -> None:
    """The sentence beside a figure: how many records state the field."""
    for code in ("USA", "ITA"):
        own = [line for line in lines["cases"] if line["jurisdiction"] == code]
        profile = Profile(code)
        for figure in profile.case_figures:
            name = "date" if figure.name == "year" else figure.name
            assert figure.stated == sum(map(RECORDED["cases"][name], own)), name
        text = re.sub(r"<[^>]*>", "", page(f"/en/countries/{code}/"))
        assert f"stated by {profile.case_figures[1].stated} of {len(own)} records" in text
