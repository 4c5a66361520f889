"""Figures by person, by sentence and by fee: each against a count made from the lines by hand."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict

from portal.insights.comparator import ComparatorReport
from portal.insights.fees import FeesReport
from portal.insights.persons import PersonNumber
from portal.insights.report_views import REPORTS
from portal.insights.sentences import SentenceRow, SentencesReport
from portal.insights.women import WomenReport
from portal.records.database import database_for
from portal.search.engine import counts_of, match
from portal.search.request import parse
from tests import oracle
from tests.conftest import reader

pytestmark = pytest.mark.django_db

Line = dict[str, Any]
Person = tuple[Line, Line]
Fits = Callable[[Line, Line], bool]


def found_by(url: str) -> Any:
    """The cases that the search page of an address lists."""
    parts = urlsplit(url)
    assert parts.path == database_for("cases").search_path
    parsed = parse(database_for("cases"), QueryDict(parts.query))
    assert not parsed.problems, url
    return match(parsed.request)


def follow(numbers: Iterable[tuple[int, str]]) -> int:
    """Follow links and compare the numbers beside them; returns how many were followed."""
    given = list(dict.fromkeys(numbers))
    chosen = [(number, url) for number, url in given if url]
    assert all(not number for number, url in given if not url)
    for start in range(0, len(chosen), 100):
        batch = chosen[start : start + 100]
        assert [number for number, _url in batch] == counts_of(
            [found_by(url) for _number, url in batch]
        ), batch
    return len(chosen)


class Sound(HTMLParser):
    """Fails where elements are not closed in order, an id stands twice or a style is written."""

    LEFT_OPEN = frozenset({"option", "meta", "link", "input", "img", "br", "wbr", "source"})

    def __init__(self, markup: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self._ids: set[str] = set()
        self.feed(markup)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert "style" not in given
        if given.get("id"):
            assert given["id"] not in self._ids, given["id"]
            self._ids.add(given["id"] or "")
        if tag not in self.LEFT_OPEN:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What closes itself leaves nothing open."""

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag


def people(lines: dict[str, list[Line]]) -> list[Person]:
    return [(line, person) for line in lines["cases"] for person in line.get("defendants", [])]


def persons_and_cases(people: list[Person], fits: Fits) -> tuple[int, int]:
    """How many persons fit, a row with a count of n being n of them, and in how many cases."""
    chosen = [(line, person) for line, person in people if fits(line, person)]
    persons = sum(person.get("count", 1) for _line, person in chosen)
    return persons, len({line["id"] for line, _person in chosen})


def pair(number: PersonNumber) -> tuple[int, int]:
    return number.persons, number.cases


def of(key: str) -> Callable[[Line, Line], set[str]]:
    return lambda line, person: {person.get(key, "not_recorded")}


def band(key: str, *starts: int) -> Callable[[Line, Line], set[str]]:
    def code(line: Line, person: Line) -> set[str]:
        number = line.get("migrants", {}).get(key)
        if number is None:
            return {"not_recorded"}
        place = max(place for place, start in enumerate(starts) if start <= number)
        last = str(starts[place + 1] - 1) if place + 1 < len(starts) else ""
        return {f"{starts[place]}-{last}"}

    return code


#: What a person is counted under, by hand, for each facet that is checked.
BY: dict[str, Callable[[Line, Line], set[str]]] = {
    "role": of("role"),
    "gender": of("gender"),
    "verdict": lambda line, person: oracle.told(person, "verdict"),
    "plea": lambda line, person: oracle.told(person, "plea"),
    "sentence": lambda line, person: {oracle.heaviest(person)[0]},
    "nationality": lambda line, person: {person.get("nationality", "nationality_not_recorded")},
    "mode": lambda line, person: set(line.get("modes", ["not_recorded"])),
    "aggravation": lambda line, person: set(line.get("aggravations", ["not_recorded"])),
    "jurisdiction": lambda line, person: {line["jurisdiction"]},
    "year": lambda line, person: (
        {line.get("decision_date", "not_recorded")[:4]}
        if "decision_date" in line
        else {"not_recorded"}
    ),
    "migrants": band("count", 1, 2, 5, 10, 20, 50, 100),
    "deaths": band("deaths", 0, 1, 2, 10, 50),
}
GENDERS = ("female", "male", "not_recorded", "any")


@pytest.mark.parametrize("by", [name for name in BY if name != "gender"])
def test_women_and_men_are_counted_by_person(by: str, lines: dict[str, list[Line]]) -> None:
    report = WomenReport(QueryDict(f"by={by}"))
    assert not report.problems
    groups: dict[tuple[str, str], list[Person]] = {}
    for line, person in people(lines):
        for value in BY[by](line, person):
            for gender in (person.get("gender", "not_recorded"), "any"):
                groups.setdefault((value, gender), []).append((line, person))
    assert {row.value for row in report.rows} == {value for value, _gender in groups}
    followed = []
    for row in report.rows:
        assert [cell.gender for cell in row.cells] == list(GENDERS)
        for cell in row.cells:
            group = groups.get((row.value, cell.gender), [])
            assert pair(cell.persons) == persons_and_cases(group, anybody), (row.value, cell)
            followed.append((cell.persons.cases, cell.persons.url))
            if cell.served is not None:
                terms = terms_of(group, anybody, "term")
                assert cell.served.persons == len(terms)
                assert cell.median == (round_(statistics.median(terms)) if terms else None)
                followed.append((cell.served.cases, cell.served.url))
    assert follow(followed)


def anybody(line: Line, person: Line) -> bool:
    return True


def round_(value: float) -> Any:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def terms_of(people: list[Person], fits: Fits, kind: str) -> list[Any]:
    """The months of the persons who fit, one for each person."""
    return sorted(
        Decimal(str(months))
        for line, person in people
        if fits(line, person)
        for found, months in [oracle.heaviest(person)]
        if found == kind
        for _each in range(person.get("count", 1))
    )


def test_what_became_of_them(lines: dict[str, list[Line]]) -> None:
    report, everybody = WomenReport(QueryDict("")), people(lines)
    for row in report.overview:
        for cell in row.cells:

            def fits(line: Line, person: Line, row: Any = row, cell: Any = cell) -> bool:
                gender = person.get("gender", "not_recorded")
                return row.value in oracle.outcomes(person) and cell.gender in ("any", gender)

            assert pair(cell.persons) == persons_and_cases(everybody, fits), row.value
    # What the report of 2018 asked: its figures as they stand in the files today.
    whole = sum(person.get("count", 1) for _line, person in everybody)
    unknown = sum(person.get("count", 1) for _line, person in everybody if "gender" not in person)
    assert report.recorded == (whole - unknown, whole)
    assert follow(
        (cell.persons.cases, cell.persons.url) for row in report.overview for cell in row.cells
    )


def test_filters_hold_and_every_facet_can_stand_against_gender() -> None:
    query = "mode=sea,land&decided_from=2010-06&has_migrants=true&region=150"
    numbers = []
    for name in WomenReport(QueryDict("")).names:
        report = WomenReport(QueryDict(f"{query}&by={name}"))
        assert not report.problems
        cells = [cell for row in report.rows[:3] for cell in row.cells]
        assert cells, name
        numbers += [number for c in cells for number in (c.persons, c.served) if number]
    assert follow((number.cases, number.url) for number in numbers)
    report = WomenReport(QueryDict("by=mode&q=boat&mode=sea"))
    assert [row.value for row in report.rows] == ["sea"]
    assert follow((c.persons.cases, c.persons.url) for row in report.rows for c in row.cells)


def check_row(row: SentenceRow, people: list[Person], fits: Fits) -> Iterator[tuple[int, str]]:
    kinds = {"sentenced": row.sentenced, "term": row.served}
    for kind, number in {**kinds, "suspended": row.suspended, "life": row.life}.items():
        counted = persons_and_cases(
            people,
            lambda line, person, kind=kind: kind in oracle.outcomes(person) and fits(line, person),
        )
        assert pair(number) == counted, (row.value, kind)
        yield number.cases, number.url
    for kind, spread in (("term", row.spread), ("suspended", row.suspended_spread)):
        terms = terms_of(people, fits, kind)
        if not terms:
            assert spread is None
            continue
        assert spread is not None
        assert (spread.number, spread.lowest, spread.highest) == (len(terms), terms[0], terms[-1])
        cuts = (spread.lower_quartile, spread.median, spread.upper_quartile)
        for share, cut in zip((0.25, 0.5, 0.75), cuts, strict=True):
            place = share * (len(terms) - 1)
            below, above = terms[int(place)], terms[min(int(place) + 1, len(terms) - 1)]
            by_hand = float(below) + (place % 1) * float(above - below)
            assert abs(float(cut) - by_hand) < 0.006, (row.value, kind, share)


@pytest.mark.parametrize("by", [name for name in BY if name not in ("verdict", "sentence")])
def test_sentences_are_spread_by_person(by: str, lines: dict[str, list[Line]]) -> None:
    report, everybody = SentencesReport(QueryDict(f"by={by}")), people(lines)
    assert not report.problems
    groups: dict[str, list[Person]] = {}
    for line, person in everybody:
        for value in BY[by](line, person):
            groups.setdefault(value, []).append((line, person))
    followed = list(check_row(report.whole, everybody, anybody))
    for row in report.rows:
        followed += check_row(row, groups[row.value], anybody)
    assert {row.value for row in report.rows} == {
        value
        for line, person in everybody
        if "sentenced" in oracle.outcomes(person)
        for value in BY[by](line, person)
    }
    number = report.unsentenced
    assert number.persons + report.whole.sentenced.persons == report.persons_counted.persons
    assert follow([*followed, (number.cases, number.url)])


def test_bands_hold_within_a_range_that_was_asked_for() -> None:
    report = SentencesReport(QueryDict("by=migrants&migrants_min=7&migrants_max=60&mode=sea"))
    assert [row.value for row in report.rows] == ["5-9", "10-19", "20-49", "50-99"]
    assert follow((row.sentenced.cases, row.sentenced.url) for row in report.rows) == 4


def test_life_is_read_from_remarks_and_what_fell_is_left_out(lines: dict[str, list[Line]]) -> None:
    """All remarks of life imprisonment, and none of those that only mention a life."""
    for line, person in people(lines):
        for charge in person.get("charges", []):
            remark = charge.get("other", "").lower()
            if "life imprisonment" in remark or "life sentence" in remark:
                is_life = oracle.heaviest(person)[0] == "life"
                assert is_life != ("vacated" in remark), (line["id"], remark)


COMPARED: dict[str, Fits] = {
    "": anybody,
    "mode=sea&role=crew": lambda line, person: (
        "sea" in line.get("modes", []) and person.get("role") == "crew"
    ),
    "role=organizer,guide&gender=male&plea=guilty": lambda line, person: (
        person.get("role") in ("organizer", "guide")
        and person.get("gender") == "male"
        and "guilty" in oracle.told(person, "plea")
    ),
    "aggravation=death_of_migrant&deaths_min=2&migrants_min=10&migrants_max=500": (
        lambda line, person: (
            "death_of_migrant" in line.get("aggravations", [])
            and line.get("migrants", {}).get("deaths", 0) >= 2
            and 10 <= line.get("migrants", {}).get("count", 0) <= 500
        )
    ),
    "legal_system=civil_law&jurisdiction=DEU,ITA&gender=not_recorded": lambda line, person: (
        line.get("legal_system") == "civil_law"
        and line["jurisdiction"] in ("DEU", "ITA")
        and "gender" not in person
    ),
}


@pytest.mark.parametrize("query", COMPARED)
def test_comparable_decisions_are_those_with_the_circumstances(
    query: str, lines: dict[str, list[Line]]
) -> None:
    report, everybody, fits = ComparatorReport(QueryDict(query)), people(lines), COMPARED[query]
    assert not report.problems
    assert follow(check_row(report.whole, everybody, fits))
    listed = {found.case.code: found.persons for found in report.comparables(whole=True)}
    by_hand: dict[str, list[tuple[str, float]]] = {}
    for line, person in everybody:
        if fits(line, person) and "sentenced" in oracle.outcomes(person):
            by_hand.setdefault(line["id"], []).append(oracle.heaviest(person))
    assert listed.keys() == by_hand.keys()
    for code, persons in listed.items():
        told = [(one.sentence.kind, float(one.sentence.months or 0)) for one in persons]
        assert sorted(told) == sorted(by_hand[code]), code


def test_the_comparator_says_first_that_it_predicts_nothing() -> None:
    page = reader().get("/en/insights/comparable-sentences/").content.decode()
    assert 0 < page.index("This is no prediction") < page.index('<form class="own"')
    empty = reader().get("/en/insights/comparable-sentences/", {"deaths_min": 9999})
    assert "No sentence of imprisonment is recorded under all of these" in empty.content.decode()
    seen: list[str] = []
    for page_number in range(1, ComparatorReport(QueryDict("")).pages + 1):
        report = ComparatorReport(QueryDict(f"page={page_number}"))
        seen += [found.case.code for found in report.shown]
    assert len(seen) == len(set(seen)) == report.whole.sentenced.cases


@pytest.mark.parametrize("by", ["destination", "origin", "mode", "year", "jurisdiction"])
def test_fees_are_those_of_the_lines(by: str, lines: dict[str, list[Line]]) -> None:
    report = FeesReport(QueryDict(f"by={by}"))
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for line in lines["cases"]:
        if "fee" not in line:
            continue
        fee = line["fee"]
        own = (fee["currency"], fee.get("per", "not_recorded"))
        values = {
            "destination": line.get("route", {}).get("destination") or ["not_recorded"],
            "origin": line.get("route", {}).get("origin") or ["not_recorded"],
            "mode": BY["mode"](line, {}),
            "year": BY["year"](line, {}),
            "jurisdiction": [line["jurisdiction"]],
        }[by]
        for value in ("", *values):
            groups.setdefault((value, *own), []).append(fee["amount"])
    told = {}
    for row in (*report.whole, *report.rows):
        told[row.value, row.currency, row.per] = row
    assert told.keys() == groups.keys()
    for key, amounts in groups.items():
        spread = told[key].spread
        assert spread is not None
        assert told[key].cases.count == spread.number == len(amounts)
        assert (float(spread.lowest), float(spread.highest)) == (min(amounts), max(amounts))
        assert float(spread.median) == statistics.median(amounts)
    assert report.stated.count == sum("fee" in line for line in lines["cases"])
    links = [row.cases for row in told.values()] + [report.stated, report.missing]
    assert follow((number.count, number.url) for number in links)


ASKED = {
    "women-as-offenders": "by=mode&region=150",
    "sentences": "by=deaths&mode=sea",
    "comparable-sentences": "mode=sea&role=crew,guide&gender=male&region=150",
    "fees": "by=destination&mode=sea",
}


@pytest.mark.parametrize("slug", ASKED)
def test_page_csv_and_json_say_the_same(slug: str) -> None:
    query = ASKED[slug]
    data = reader().get(f"/api/v1/insights/{slug}/?{query}").json()
    table = reader().get(f"/en/insights/{slug}/table.csv?{query}")
    lines = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    page = reader().get(f"/en/insights/{slug}/?{query}").content.decode()
    if slug == "women-as-offenders":
        told = {
            (row["value"], gender): (cell["persons"], cell["cases"], cell["url"] or "")
            for row in data["results"]
            for gender, cell in row["genders"].items()
        }
        mine = {
            (line["value"], line["gender"]): (int(line["persons"]), int(line["cases"]), line["url"])
            for line in lines
            if line["facet"] == "mode"
        }
    elif slug == "sentences":
        told = {
            row["value"]: (row["to_be_served"]["persons"], row["to_be_served"]["url"] or "")
            for row in data["results"]
        }
        mine = {line["deaths"]: (int(line["served_persons"]), line["served_url"]) for line in lines}
        mine.pop("any")
    elif slug == "fees":
        told = {
            (r.get("value", ""), r["currency"], r["per"]): r["cases"]["count"]
            for r in (*data["all"], *data["results"])
        }
        mine = {(r["value"], r["currency"], r["per"]): int(r["cases"]) for r in lines}
    else:
        told = {row["url"]: sum(p["persons"] for p in row["persons"]) for row in data["results"]}
        mine = {}
        for line in lines:
            mine[line["url"]] = mine.get(line["url"], 0) + int(line["persons"])
        for row in data["results"]:
            assert f"/cases/{row['case']}/" in page
    assert told == mine
    assert told
    for line in lines:
        for key, address in line.items():
            if key.endswith("url") and urlsplit(address).query:
                assert urlsplit(address).query.replace("&", "&amp;") in page, address


@pytest.mark.parametrize("slug", [report.slug for report in REPORTS])
def test_wrong_parameters_are_named(slug: str) -> None:
    wrong = {"colour": "red", "mode": "boat"}
    if slug in ("women-as-offenders", "sentences"):
        wrong |= {"by": "colour", "person": "female.any.any"}
    if slug == "comparable-sentences":
        wrong |= {"migrants_min": "9", "migrants_max": "3", "q": "boat", "page": "0"}
    page = reader().get(f"/en/insights/{slug}/", wrong)
    assert page.status_code == 200
    named = set(wrong) - {"migrants_max"}
    for name in named:
        assert f"<code>{name}</code>" in page.content.decode(), name
    data = reader().get(f"/api/v1/insights/{slug}/", wrong)
    assert data.status_code == 400
    assert data.headers["Content-Type"] == "application/problem+json"
    assert {error["parameter"] for error in data.json()["errors"]} == named
    table = reader().get(f"/en/insights/{slug}/table.csv", wrong)
    assert table.status_code == 400
    assert all(name in table.content.decode() for name in named)


@pytest.mark.parametrize("slug", [report.slug for report in REPORTS])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_are_sound_and_empty_ones_say_so(
    slug: str, language: str, django_assert_max_num_queries: Any
) -> None:
    reader().get(f"/{language}/insights/{slug}/")
    with django_assert_max_num_queries(10):
        page = reader().get(f"/{language}/insights/{slug}/")
    assert page.status_code == 200
    Sound(page.content.decode())
    if slug != "comparable-sentences":
        empty = reader().get(f"/{language}/insights/{slug}/", {"q": "xylophonist"})
        assert 'class="notice"' in empty.content.decode()
    for address in (f"/api/v1/insights/{slug}/", f"/{language}/insights/{slug}/table.csv"):
        assert reader().get(address).status_code == 200


def test_what_profiles_are_called_in_words() -> None:
    page = reader().get("/en/cases/", {"person": "female.organizer.convicted.guilty"})
    assert "Female, Organizer" in page.content.decode()
    page = reader().get("/en/cases/", {"person": "any.nationality_not_recorded.life"})
    assert "nationality not recorded, Imprisonment for life" in page.content.decode()
