"""The charts of reports, of the coverage and of countries say what their pages say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils.html import escape

from portal.charts import pictures as charts_pictures
from portal.charts.renderer import renderer
from portal.countries.listing import Listing, ask
from portal.countries.profile import Profile
from portal.insights.comparator import ComparatorReport
from portal.insights.coverage import coverage
from portal.insights.declared import INSIGHTS
from portal.insights.fees import FeesReport
from portal.insights.persons import ANY
from portal.insights.report_views import REPORTS
from portal.insights.sentences import SentencesReport
from portal.insights.women import WomenReport
from portal.records.durations import in_words
from portal.search.domains import NOT_RECORDED
from tests.conftest import reader
from tests.test_charts import HOST, links, number_in, places_of, svg_of, texts

pytestmark = pytest.mark.django_db
Lines = dict[str, list[dict[str, Any]]]
PAPER = {"light": "#fcfcf9", "dark": "#12181b"}
#: Of each new page, its charts.
PAGES = {
    **{f"insights/{report.slug}/": [f"insights/{report.slug}/chart"] for report in REPORTS},
    "insights/coverage/": [
        f"insights/coverage/{slug}/{name}"
        for slug in ("cases", "legislation", "bibliography")
        for name in ("fields", "years")
    ],
    "countries/": ["countries/map"],
    "countries/ITA/": ["countries/ITA/cases-by-year"],
}
CHARTS = [chart for charts in PAGES.values() for chart in charts]


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.CHARTS_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def finished() -> Iterator[None]:
    yield
    renderer.stop()


def both(path: str, query: str = "") -> ElementTree.Element:
    """A picture in light and in dark, which differ in nothing but their colours."""
    roots = {}
    for theme, paper in PAPER.items():
        root = roots[theme] = svg_of(f"/en/{path}.svg?theme={theme}&{query}".rstrip("&"))
        assert root.find("{http://www.w3.org/2000/svg}rect").get("fill") == paper  # type: ignore[union-attr]
        assert root.find("{http://www.w3.org/2000/svg}desc").text  # type: ignore[union-attr]
    assert links(roots["light"]) == links(roots["dark"])
    assert texts(roots["light"]) == texts(roots["dark"])
    return roots["light"]


def told(root: ElementTree.Element) -> set[str]:
    """What the parts of a picture say that are no links: the boxes."""
    return {label for element in root.iter() if (label := element.get("aria-label"))}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_shows_its_charts(
    page: str, language: str, django_assert_max_num_queries: Any
) -> None:
    reader().get(f"/{language}/{page}")
    # A chart takes its numbers from those of the page: it asks nothing more.
    with django_assert_max_num_queries(11 if page == "countries/ITA/" else 10):
        text = reader().get(f"/{language}/{page}").content.decode()
    assert text.count("<picture>") == len(PAGES[page])
    for chart in PAGES[page]:
        for form in ("svg", "png"):
            assert f'href="/{language}/{chart}.{form}' in text
        assert f'src="/{language}/{chart}.svg' in text
    assert 'alt=""' not in text.partition("<picture>")[2]


def test_no_insight_is_without_a_chart() -> None:
    assert all(insight.chart for insight in INSIGHTS)
    for slug in ("literature-topics", "literature-regions"):
        text = reader().get(f"/en/insights/{slug}/").content.decode()
        assert f"/en/insights/{slug}/chart.png" in text


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_had_as_png(chart: str) -> None:
    response = reader().get(f"/fr/{chart}.png?theme=dark&size=narrow")
    assert response["Content-Type"] == "image/png"
    assert response.content[:4] == b"\x89PNG"


@pytest.mark.parametrize("query", ["", "by=year&mode=sea", "by=nationality", "by=verdict"])
def test_persons_by_gender(query: str) -> None:
    report = WomenReport(QueryDict(query))
    known = {
        f"{HOST}{cell.persons.url}": cell.persons.persons
        for row in report.rows
        for cell in row.cells
        if cell.gender != ANY and cell.persons.persons
    }
    found = links(both("insights/women-as-offenders/chart", query))
    assert found
    assert all(known[url] == number_in(label) for url, label in found)
    if query in ("", "by=verdict"):
        assert {url for url, _label in found} == set(known)
        assert any("Gender not recorded" in label for _url, label in found)


def test_women_against_the_files(lines: Lines) -> None:
    by_hand = Counter(
        (person.get("role", NOT_RECORDED), person.get("gender", NOT_RECORDED))
        for case in lines["cases"]
        for person in case.get("defendants", ())
        for _alike in range(person.get("count", 1))
    )
    drawn = {}
    for url, label in links(svg_of("/en/insights/women-as-offenders/chart.svg")):
        (profile,) = QueryDict(urlsplit(url).query).getlist("person")
        gender, role, *_rest = profile.split(".")
        drawn[role, gender] = number_in(label)
    assert drawn == dict(by_hand)


def dots(root: ElementTree.Element) -> dict[str, Counter[str]]:
    """By group, how often each value is drawn as a dot."""
    found: dict[str, Counter[str]] = {}
    for _url, label in links(root):
        group, _colon, value = label.rpartition(": ")
        found.setdefault(group, Counter())[value] += 1
    return found


@pytest.mark.parametrize("query", ["", "by=mode&decided_from=2010", "by=deaths"])
def test_every_term_is_a_dot(query: str) -> None:
    report = SentencesReport(QueryDict(query))
    root = both("insights/sentences/chart", query)
    drawn, boxes = dots(root), told(root)
    rows = [row for row in (report.whole, *report.rows) if row.spread]
    assert set(drawn) == {row.label for row in rows}
    for row in rows:
        assert row.spread is not None
        assert drawn[row.label].total() == row.served.persons
        assert {in_words(row.spread.lowest), in_words(row.spread.highest)} <= set(drawn[row.label])
        assert f"{row.label}: {in_words(row.spread.median)}" in boxes
    page = reader().get(f"/en/insights/sentences/?{query}").content.decode()
    assert escape(f"median {in_words(report.whole.spread.median)}") in page  # type: ignore[union-attr]


def test_a_dot_leads_to_its_case(lines: Lines) -> None:
    """Each dot is a term of its case, as the files have it."""
    cases = {case["id"]: case for case in lines["cases"]}
    for url, label in links(svg_of("/en/insights/sentences/chart.svg?by=gender"))[::7]:
        case = cases[urlsplit(url).path.strip("/").split("/")[-1]]
        assert label.rpartition(": ")[2] in {
            in_words(Decimal(str(charge["imprisonment_months"])).quantize(Decimal("0.01")))
            for person in case["defendants"]
            for charge in person.get("charges", ())
            if "imprisonment_months" in charge
        }
    assert reader().get(urlsplit(url).path, follow=True).status_code == 200


@pytest.mark.parametrize("query", ["", "role=organizer&mode=sea"])
def test_comparable_terms(query: str) -> None:
    report = ComparatorReport(QueryDict(query))
    drawn = dots(both("insights/comparable-sentences/chart", query))
    assert drawn["Terms to be served"].total() == report.whole.served.persons
    if report.whole.suspended.persons:
        assert drawn["Suspended terms"].total() == report.whole.suspended.persons
    captioned = svg_of(f"/en/insights/comparable-sentences/chart.svg?caption=true&{query}")
    assert "This is no prediction." in " ".join(texts(captioned))


def test_fees_of_one_currency_alone(lines: Lines) -> None:
    """The most frequent currency is drawn, a filter draws another, none is converted."""
    fees = [case["fee"] for case in lines["cases"] if case.get("fee")]
    for query in ("", "fee_currency=USD&fee_per=person&by=mode"):
        report = FeesReport(QueryDict(query))
        first = report.whole[0]
        drawn = dots(both("insights/fees/chart", query))
        label = f"{first.currency_label} · {first.per_label}"
        by_hand = [
            fee["amount"]
            for fee in fees
            if (fee["currency"], fee.get("per", NOT_RECORDED)) == (first.currency, first.per)
        ]
        values = sorted(float(value.replace(",", "")) for value in drawn[label].elements())
        assert values == sorted(map(float, by_hand))
        for row in report.rows:
            if (row.currency, row.per) == (first.currency, first.per) and row.label in drawn:
                assert drawn[row.label].total() == row.cases.count
    assert report.whole[0].currency == "USD"


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_coverage(slug: str) -> None:
    (found,) = [entry for entry in coverage() if entry.database.slug == slug]
    numbers = [number for field in found.fields for number in (field.stated, field.missing)]
    known = {f"{HOST}{number.url}": number.count for number in numbers}
    drawn = links(both(f"insights/coverage/{slug}/fields"))
    assert len(drawn) > 10
    assert all(known[url] == number_in(label) for url, label in drawn)
    years = {f"{HOST}{year.number.url}": year.number.count for year in found.years}
    drawn = links(both(f"insights/coverage/{slug}/years"))
    assert len(drawn) > 10
    assert all(years[url] == number_in(label) for url, label in drawn)


def test_cases_of_a_country_by_year(lines: Lines) -> None:
    by_hand = Counter(
        case["decision_date"][:4]
        for case in lines["cases"]
        if case["jurisdiction"] == "ITA" and case.get("decision_date")
    )
    drawn = links(both("countries/ITA/cases-by-year"))
    assert {label.split(",")[0]: number_in(label) for _url, label in drawn} == dict(by_hand)
    (figure, *_others) = Profile("ITA").case_figures
    known = {f"{HOST}{one.number.url}": one.number.count for one in figure.headings}
    assert all(known[url] == number_in(label) for url, label in drawn)
    # The code in small letters leads to the one address; what has no cases has no chart.
    assert reader().get("/en/countries/ita/cases-by-year.svg").status_code == 301
    assert reader().get("/en/countries/QQQ/cases-by-year.svg").status_code == 404
    assert texts(svg_of("/en/countries/TUV/cases-by-year.svg")) == [
        "No record meets these filters."
    ]
    assert "<picture>" not in reader().get("/en/countries/TUV/").content.decode()


@pytest.mark.parametrize("query", ["", "sort=laws", "region=150&party=true&sort=works"])
def test_the_map_of_the_list(query: str, lines: Lines) -> None:
    listing = Listing(ask(QueryDict(query)))
    kind = listing.asked.sort if query else "cases"
    known = {
        f"{HOST}{row.numbers[kind].url}": row.numbers[kind].count
        for row in listing.rows
        if row.numbers[kind].count
    }
    drawn = links(both("countries/map", query))
    assert len(drawn) > 10
    assert all(known[url] == number_in(label) for url, label in drawn)
    if not query:
        codes = places_of(drawn)
        by_hand = Counter(case["jurisdiction"] for case in lines["cases"])
        assert codes == {code: n for code, n in by_hand.items() if code in codes}
        assert set(by_hand) - set(codes) == {"EUE", "XCE"}
    page = reader().get(f"/en/countries/?{query}").content.decode()
    assert "do not imply official endorsement or acceptance" in page


@pytest.mark.parametrize("chart", CHARTS)
def test_wrong_parameters_are_refused(chart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "draw", lambda job: pytest.fail("nothing is drawn"))
    for query in ("colour=red", "theme=pink", "size=huge", "mode=x", "party=maybe"):
        response = reader().get(f"/en/{chart}.svg?{query}")
        assert response.status_code == 400, query
        assert query.partition("=")[0] in response.content.decode()
    assert reader().get("/en/insights/coverage/nothing/fields.svg").status_code == 404


def test_a_chart_is_drawn_once(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    jobs: list[Any] = []

    def draw(job: dict[str, Any]) -> bytes:
        jobs.append(job)
        return b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'

    monkeypatch.setattr(renderer, "draw", draw)
    for chart in CHARTS:
        reader().get(f"/en/{chart}.svg")
        with django_assert_max_num_queries(3):
            reader().get(f"/en/{chart}.svg")
    # What is chosen anyway, and the order of rows, make no other picture.
    reader().get("/en/insights/sentences/chart.svg?by=role")
    reader().get("/en/countries/map.svg?sort=name")
    reader().get("/en/insights/comparable-sentences/chart.svg?page=2")
    assert len(jobs) == len(CHARTS)


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_whole_without_a_renderer(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.charts.renderer.is_installed", lambda: False)
    monkeypatch.setattr(charts_pictures, "is_installed", lambda: False)
    response = reader().get(f"/en/{page}")
    assert response.status_code == 200
    text = response.content.decode()
    assert "<picture>" not in text
    assert text.count("The chart cannot be drawn at the moment.") == len(PAGES[page])
    assert "<table" in text or 'class="range"' in text
    assert reader().get(f"/en/{PAGES[page][0]}.svg").status_code == 503


def test_empty_selections_say_so() -> None:
    for report in REPORTS:
        query = "deaths_min=900000" if report is ComparatorReport else "q=xylophonist"
        root = svg_of(f"/en/insights/{report.slug}/chart.svg?{query}")
        assert texts(root) == ["No record meets these filters."]
        text = reader().get(f"/en/insights/{report.slug}/?{query}").content.decode()
        assert "<picture>" not in text
