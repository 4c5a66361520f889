"""The articles of the treaties and the comparison: their numbers, links, filters and files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import openpyxl
import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from bibliography.models import Work, WorkLaw
from legislation.models import Law
from legislation.models import Provision as StoredProvision
from portal.protocol.asking import provisions_asked
from portal.protocol.figures import ArticleFigures, ArticleIndex
from portal.protocol.subjects import _TOPICS, covered_with, neighbours
from portal.records.database import databases
from portal.reference.catalog import catalog
from portal.search import index as search_index
from portal.search.engine import counts_of, match
from portal.search.facet_lists import FacetPage
from portal.search.ordering import in_order
from portal.search.request import parse
from tests.conftest import COLLECTION, reader
from tests.oracle import PARTIES, PLACES, VALUES

pytestmark = pytest.mark.django_db

Line = dict[str, Any]
Provision = tuple[Line, Line]
API = "/api/v1/insights/protocol/"


def page(path: str, status: int = 200) -> str:
    response = reader().get(path)
    assert response.status_code == status, path
    return response.content.decode()


def data(path: str) -> Any:
    response = reader().get(path)
    assert response.status_code == 200, response.content
    return response.json()


def body(path: str) -> bytes:
    response = reader().get(path)
    assert response.status_code == 200, path
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(path).decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def provisions(lines: dict[str, list[Line]]) -> list[Provision]:
    """Every provision of the collection with its law."""
    return [(law, part) for law in lines["legislation"] for part in law["provisions"]]


def implementing(provisions: Iterable[Provision], article: str) -> list[Provision]:
    return [(law, part) for law, part in provisions if article in part.get("protocol_articles", [])]


def follow(pairs: Iterable[tuple[str, int]]) -> int:
    """Follow addresses of searches and compare what they find with numbers."""
    querysets, numbers = [], []
    for url, number in pairs:
        parts = urlsplit(url)
        (database,) = [known for known in databases() if known.search_path == parts.path]
        parsed = parse(database, QueryDict(parts.query))
        assert not parsed.problems, url
        querysets.append(match(parsed.request))
        numbers.append(number)
    for start in range(0, len(querysets), 100):
        assert counts_of(querysets[start : start + 100]) == numbers[start : start + 100]
    return len(querysets)


def rows_behind(url: str) -> int:
    """How many rows the table of an article has at an address, over all of its pages."""
    parts = urlsplit(url)
    code = parts.path.rstrip("/").rpartition("/")[2]
    asked = provisions_asked(QueryDict(parts.query))
    assert not asked.problems, url
    return ArticleFigures(catalog().articles[code], asked).total


def jurisdictions_behind(url: str) -> int:
    """How many jurisdictions the page of a facet lists at an address."""
    parts = urlsplit(url)
    (database,) = [known for known in databases() if parts.path.startswith(known.search_path)]
    assert parts.path == reverse(f"{database.slug}:facet", args=["jurisdiction"])
    parsed = parse(database, QueryDict(parts.query))
    assert not parsed.problems
    return len(FacetPage(database, parsed.request, "jurisdiction").values)


class TestIndex:
    def test_numbers_are_those_of_the_files(
        self, lines: dict[str, list[Line]], provisions: list[Provision]
    ) -> None:
        of_cases = Counter(
            code for case in lines["cases"] for code in set(VALUES["cases"]["article"](case))
        )
        rows = data(API)["results"]
        known = [entry["code"] for entry in read_terms("protocol_articles")]
        assert [row["code"] for row in rows] == known
        for row in rows:
            found = implementing(provisions, row["code"])
            assert row["provisions"]["count"] == len(found)
            assert row["laws"]["count"] == len({law["id"] for law, _part in found})
            places = {law["jurisdiction"] for law, _part in found}
            assert row["jurisdictions"]["count"] == len(places)
            assert row["cases"]["count"] == of_cases[row["code"]]

    def test_every_link_leads_to_what_it_counts(self) -> None:
        index = ArticleIndex()
        searches = [(n.url, n.count) for row in index.rows for n in (row.laws, row.cases)]
        missing = [field.missing for field in index.stated if field.missing]
        searches += [(number.url, number.count) for number in missing]
        assert follow(searches) > 2 * len(index.rows)
        for row in index.rows:
            assert jurisdictions_behind(row.jurisdictions.url) == row.jurisdictions.count
            assert rows_behind(row.provisions.url) == row.provisions.count

    def test_page_and_csv_say_the_same(self) -> None:
        text, entries = page("/en/protocol/"), data(API)["results"]
        rows = table("/en/protocol/articles.csv")
        assert len(rows) == len(entries)
        for row, entry in zip(rows, entries, strict=True):
            assert (row["code"], row["definition"]) == (entry["code"], entry["definition"])
            for name in ("laws", "jurisdictions", "provisions", "cases"):
                assert int(row[name]) == entry[name]["count"]
                assert urlsplit(row[f"{name}_url"]).query == urlsplit(entry[name]["url"]).query
                if entry[name]["count"]:
                    path = row[f"{name}_url"].removeprefix("http://testserver")
                    assert f'href="{path}">{row[name]}</a>' in text
        assert "Some numbers are smaller than five" in text

    def test_stated_counts_the_records_without_an_article(
        self, lines: dict[str, list[Line]]
    ) -> None:
        for field, slug in zip(data(API)["stated"], ("legislation", "cases"), strict=True):
            silent = [x for x in lines[slug] if not list(VALUES[slug]["article"](x))]
            assert field["of"] == len(lines[slug])
            assert field["stated"] == len(lines[slug]) - len(silent)
            assert (field["not_recorded"] or {"count": 0})["count"] == len(silent)


def read_terms(vocabulary: str) -> list[Line]:
    found: list[Line] = json.loads((COLLECTION / "vocabularies.json").read_text())[vocabulary]
    return found


def test_every_article_has_a_page_with_its_provisions(provisions: list[Provision]) -> None:
    followed = 0
    for code in catalog().articles:
        found = implementing(provisions, code)
        figures = ArticleFigures(catalog().articles[code], provisions_asked(QueryDict()))
        assert figures.total == len(found)
        if code in ("6.1.a", "7", "13", "C5"):
            text = page(f"/en/protocol/{code}/")
            assert text.count('<tr id="') == min(50, len(found))
            says_none = "No provision is recorded that implements this article." in text
            assert says_none == (not found)
        elements = Counter(part.get("benefit_element", "not_recorded") for _law, part in found)
        for benefit in figures.benefits:
            assert benefit.number.count == elements[benefit.value]
            if benefit.number.count:
                assert rows_behind(benefit.number.url) == benefit.number.count
        links = [(figures.laws.url, figures.laws.count), (figures.cases.url, figures.cases.count)]
        links += [(number.url, number.count) for _place, number in figures.cases_by_place]
        links += [(number.url, number.count) for _label, number in figures.works_by_topic]
        followed += follow(links)
        assert jurisdictions_behind(figures.jurisdictions.url) == figures.jurisdictions.count
    assert followed > 150


def _place(key: str) -> Callable[[Line], set[str]]:
    if key == "process":
        return lambda law: set(PLACES[law["jurisdiction"]].get("memberships", []))
    keys = ("region", "sub_region", "intermediate_region")
    return lambda law: {PLACES[law["jurisdiction"]].get(name) for name in keys}


PENALTY = {"max_imprisonment_years", "life", "max_fine"}
#: Filters with what they mean, told from the lines alone.
FILTERED: list[tuple[str, str, Callable[[Line, Line], bool]]] = [
    ("6.1.a", "jurisdiction=AUS", lambda law, part: law["jurisdiction"] == "AUS"),
    (
        "6.1.a",
        "jurisdiction=AUS,CAN",
        lambda law, part: law["jurisdiction"] in ("AUS", "CAN"),
    ),
    ("6.1.a", "region=150", lambda law, part: "150" in _place("region")(law)),
    (
        "6.1.c",
        "process=budapest_process",
        lambda law, part: "budapest_process" in _place("process")(law),
    ),
    (
        "6.1.a",
        "benefit_element=required",
        lambda law, part: part.get("benefit_element") == "required",
    ),
    (
        "6.1.c",
        "benefit_element=not_recorded&benefit_element=absent",
        lambda law, part: part.get("benefit_element") in (None, "absent"),
    ),
    ("6.1.a", "status=repealed", lambda law, part: law["status"] == "repealed"),
    ("C5", "party=false", lambda law, part: law["jurisdiction"] not in PARTIES),
    ("6.3.a", "has_penalty=true", lambda law, part: bool(PENALTY & set(part))),
    (
        "6.1.a",
        "region=150&benefit_element=absent&status=in_force&has_penalty=true&party=true",
        lambda law, part: (
            "150" in _place("region")(law)
            and part.get("benefit_element") == "absent"
            and law["status"] == "in_force"
            and bool(PENALTY & set(part))
            and law["jurisdiction"] in PARTIES
        ),
    ),
]


@pytest.mark.parametrize(
    ("article", "query", "is_meant"), FILTERED, ids=[f"{a}?{q}" for a, q, _m in FILTERED]
)
def test_filters_mean_the_same_everywhere(
    article: str,
    query: str,
    is_meant: Callable[[Line, Line], bool],
    provisions: list[Provision],
) -> None:
    wanted = [entry for entry in implementing(provisions, article) if is_meant(*entry)]
    assert wanted
    answer = data(f"{API}{article}/?{query}&page_size=100")
    assert answer["count"] == len(wanted)
    rows = table(f"/en/protocol/{article}/provisions.csv?{query}")
    assert Counter(row["law"] for row in rows) == Counter(law["id"] for law, _part in wanted)
    assert [row["code"] for row in rows][:100] == [row["code"] for row in answer["results"]]
    numbers = {entry["value"]: entry for entry in answer["benefit_elements"]}
    for entry in numbers.values():
        assert rows_behind(entry["url"]) == entry["count"]
    for field in answer["stated"]:
        assert field["of"] == len(wanted)
        if field["not_recorded"]:
            assert rows_behind(field["not_recorded"]["url"]) == field["not_recorded"]["count"]
    text = page(f"/en/protocol/{article}/?{query}")
    noun = "provision" if len(wanted) == 1 else "provisions"
    assert f"{len(wanted)} implementing {noun}" in text


def test_a_row_says_what_its_line_says(provisions: list[Provision]) -> None:
    by_law: dict[str, list[tuple[Line, Line]]] = {}
    for law, part in implementing(provisions, "6.1.a"):
        by_law.setdefault(law["id"], []).append((law, part))
    seen = 0
    for row in table("/en/protocol/6.1.a/provisions.csv"):
        law, part = next(
            (law, part)
            for law, part in by_law[row["law"]]
            if part.get("summary", "") == row["summary"].removeprefix("'")
            and part.get("number", "") == row["number"]
        )
        assert row["jurisdiction"] == law["jurisdiction"]
        assert row["law_status"] == law["status"]
        assert row["law_adopted"] == law.get("adopted", "")
        assert row["party"] == ("true" if law["jurisdiction"] in PARTIES else "false")
        assert row["benefit_element"] == part.get("benefit_element", "")
        assert row["articles"].split() == part["protocol_articles"]
        years = part.get("max_imprisonment_years")
        assert (float(row["max_imprisonment_years"]) if years else None) == years
        assert (row["life"] == "true") == part.get("life", False)
        fine = part.get("max_fine", {})
        assert row["max_fine.currency"] == fine.get("currency", "")
        assert row["max_fine.amount"] == str(fine.get("amount", "")).removesuffix(".0")
        for key in ("humanitarian_exemption", "migrants_not_liable"):
            assert row[key] == str(law.get(key, "")).lower()
        assert row["url"] == f"http://testserver/id/{law['id']}#{row['code'].partition(':')[2]}"
        seen += 1
    assert seen == len(implementing(provisions, "6.1.a"))


def test_the_orders() -> None:
    def column(sort: str, *names: str) -> list[Any]:
        rows = table(f"/en/protocol/6.1.a/provisions.csv?sort={sort}")
        return [tuple(row[name] for name in names) for row in rows]

    names = [name for (name,) in column("jurisdiction", "jurisdiction_name")]
    assert names == sorted(names, key=in_order)
    assert [name for (name,) in column("-jurisdiction", "jurisdiction_name")] == names[::-1]
    for sort, is_falling in (("penalty", True), ("-penalty", False)):
        terms = [
            Decimal(10**6) if life == "true" else Decimal(years)
            for life, years in column(sort, "life", "max_imprisonment_years")
            if life == "true" or years
        ]
        assert terms == sorted(terms, reverse=is_falling)
        silent = [
            not (life == "true" or years)
            for life, years in column(sort, "life", "max_imprisonment_years")
        ]
        assert silent == sorted(silent), "what is not recorded comes last"
    dated = [date for (date,) in column("adopted", "law_adopted")]
    years = [date[:4] for date in dated if date]
    assert years == sorted(years, reverse=True)
    assert dated[: len(years)] == [date for date in dated if date]
    text = page("/en/protocol/6.1.a/?sort=penalty&party=true")
    assert 'aria-sort="descending"' in text
    assert "?party=true&amp;sort=-penalty#provisions" in text


def test_pages_hold_every_row_once() -> None:
    codes: list[str] = []
    url: str | None = f"{API}6.1.a/?page_size=100&sort=adopted"
    while url:
        answer = data(url.removeprefix("http://testserver"))
        codes += [row["code"] for row in answer["results"]]
        url = answer["next"]
    assert len(codes) == len(set(codes)) == answer["count"]
    read = [
        code
        for number in range(1, 4)
        for code in re.findall(
            r'<tr id="([^"]+)"',
            page(f"/en/protocol/6.1.a/?sort=adopted&page_size=100&page={number}"),
        )
    ]
    assert read == codes
    assert "The table has no such page." in page("/en/protocol/6.1.a/?page=99")


def test_a_workbook_says_what_the_csv_says() -> None:
    stream = io.BytesIO(body("/en/protocol/6.3.a/provisions.xlsx?region=150&sort=penalty"))
    heads, *rows = openpyxl.load_workbook(stream)["provisions"].iter_rows(values_only=True)
    told = table("/en/protocol/6.3.a/provisions.csv?region=150&sort=penalty")
    assert list(heads) == list(told[0])
    for row, line in zip(rows, told, strict=True):
        shown = ["" if v is None else str(v).lower() if v in (True, False) else str(v) for v in row]
        assert [text.casefold() for text in shown] == [text.casefold() for text in line.values()]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("articel=5", "articel"),
        ("jurisdiction=XYZ", "jurisdiction"),
        ("benefit_element=some", "benefit_element"),
        ("party=maybe", "party"),
        ("region=Europe", "region"),
        ("sort=heaviest", "sort"),
        ("sort=penalty&sort=adopted", "sort"),
        ("q=boat", "q"),
    ],
)
def test_wrong_parameters_are_refused(query: str, told: str) -> None:
    text = page(f"/en/protocol/6.1.a/?{query}")
    assert 'role="alert"' in text
    assert f"<code>{told}</code>" in text
    for path in ("provisions.csv", "provisions.xlsx"):
        assert told in page(f"/en/protocol/6.1.a/{path}?{query}", 400)
    answer = reader().get(f"{API}6.1.a/?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == told


def test_what_there_is_not_is_not_found() -> None:
    for code in ("6.9", "C99", "6(1)(a)", "nothing"):
        for path in (
            f"/en/protocol/{code}/",
            f"/en/protocol/{code}/provisions.csv",
            f"{API}{code}/",
        ):
            page(path, 404)
    assert "page" in page("/en/protocol/6.1.a/provisions.csv?page=2", 400)
    assert "order" in page("/en/protocol/articles.csv?order=1", 400)
    assert reader().get(f"{API}?order=1").status_code == 400
    assert "<code>order</code>" in page("/en/protocol/?order=1")


def test_an_empty_selection_says_so() -> None:
    text = page("/en/protocol/6.1.a/?jurisdiction=ATA")
    assert "No provision meets these filters." in text
    assert "0 implementing provisions" in text


def test_articles_lead_to_their_neighbours_and_to_what_covers_them() -> None:
    codes = list(catalog().articles)
    for place, code in enumerate(codes):
        before, after = neighbours(code)
        assert (before.code if before else None) == (codes[place - 1] if place else None)
        assert (after.code if after else None) == (codes[place + 1 : place + 2] or [None])[0]
    assert [article.code for article in covered_with("8")] == ["7-9"]
    assert [article.code for article in covered_with("7-9")] == ["7", "8", "9"]
    assert not covered_with("6.1.a")
    assert not covered_with("C5")
    assert 'href="/en/protocol/7-9/"' in page("/en/protocol/8/")


def test_literature_on_the_laws_and_on_the_subject() -> None:
    topics = set(catalog().vocabularies["topics"])
    assert {topic for found in _TOPICS.values() for topic in found} <= topics
    assert "No work is linked to a law" in page("/en/protocol/6.1.a/")
    law = Law.objects.get(code="aus-migration-act-1958")
    works = list(Work.objects.public().order_by("code")[:2])
    for work in works:
        WorkLaw.objects.create(work=work, law=law)
    search_index.refresh(works)
    (found,) = data(f"{API}6.1.a/")["works_by_law"]
    assert (found["value"], found["count"]) == (law.code, 2)
    follow([(found["url"].removeprefix("http://testserver"), 2)])
    assert f'href="/en/bibliography/?law={law.code}">2 works</a>' in page("/en/protocol/6.1.a/")


COMPARED = "jurisdiction=AUS,CAN,FRA&article=6.1.c,6.1.a"


class TestComparison:
    def test_each_cell_holds_the_provisions_of_the_files(self, provisions: list[Provision]) -> None:
        answer = data(f"{API}compare/?{COMPARED}")
        assert [place["code"] for place in answer["jurisdictions"]] == ["AUS", "CAN", "FRA"]
        assert [row["code"] for row in answer["results"]] == ["6.1.a", "6.1.c"]
        for row in answer["results"]:
            for cell in row["jurisdictions"]:
                wanted = [
                    part.get("summary", "")
                    for law, part in implementing(provisions, row["code"])
                    if law["jurisdiction"] == cell["jurisdiction"]
                ]
                assert Counter(p["summary"] for p in cell["provisions"]) == Counter(wanted)
                assert cell["count"] == len(wanted) == rows_behind(cell["url"])
        for place in answer["jurisdictions"]:
            for law in place["laws"]:
                (line,) = [x for x, _part in provisions if x["id"] == law["code"]][:1]
                for key in ("humanitarian_exemption", "migrants_not_liable"):
                    assert law[key] == line.get(key)

    def test_the_page_shows_them_side_by_side(self) -> None:
        text = page(f"/en/protocol/compare/?{COMPARED}")
        answer = data(f"{API}compare/?{COMPARED}")
        for row in answer["results"]:
            for cell in row["jurisdictions"]:
                for provision in cell["provisions"]:
                    assert provision["number"] in text
                    anchor = provision["code"].partition(":")[2]
                    assert f'href="/en/legislation/{provision["law"]}/#{anchor}"' in text
        assert "No provision recorded" in text  # Canada on 6(1)(c)
        assert 'name="article" value="6.1.a" checked' in text
        assert '<option value="CAN" selected>' in text
        assert "Humanitarian exemption" in text

    def test_texts_stand_in_their_language(self) -> None:
        found = StoredProvision.objects.public().implementing("6.1.a")
        provision = found.filter(law__jurisdiction="FRA", law__language="fr")[0]
        provision.text_original = "Toute personne qui aura facilité l’entrée"
        provision.save()
        text = page(f"/en/protocol/compare/?{COMPARED}")
        assert '<blockquote lang="fr" dir="ltr">Toute personne qui aura' in text

    def test_the_spreadsheet_for_drafters(self) -> None:
        answer = data(f"{API}compare/?{COMPARED}")
        book = openpyxl.load_workbook(
            io.BytesIO(body(f"/en/protocol/compare/comparison.xlsx?{COMPARED}"))
        )
        heads, *rows = book["comparison"].iter_rows(values_only=True)
        assert heads == ("Article", "Australia", "Canada", "France")
        for row, told in zip(rows, answer["results"], strict=True):
            assert str(row[0]).startswith(told["title"])
            for text, cell in zip(row[1:], told["jurisdictions"], strict=True):
                if not cell["provisions"]:
                    assert text == "No provision recorded"
                for provision in cell["provisions"]:
                    assert provision["summary"] in str(text)
                    assert provision["law_title"] in str(text)
        codes = {
            provision["code"]
            for row in answer["results"]
            for cell in row["jurisdictions"]
            for provision in cell["provisions"]
        }
        heads, *rows = book["provisions"].iter_rows(values_only=True)
        place = heads.index("code")
        assert sorted(str(row[place]) for row in rows) == sorted(codes)

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("jurisdiction=AUS,CAN,FRA,ITA,DEU&article=5", "At most 4 jurisdictions"),
            ("jurisdiction=AUS,XYZ&article=5", "Unknown value: XYZ"),
            ("jurisdiction=AUS&article=5,6.9", "Unknown value: 6.9"),
            ("jurisdiction=AUS&article=5&sort=title", "Unknown parameter"),
        ],
    )
    def test_wrong_choices_are_refused(self, query: str, told: str) -> None:
        text = page(f"/en/protocol/compare/?{query}")
        assert 'role="alert"' in text
        assert told in text
        assert told in page(f"/en/protocol/compare/comparison.xlsx?{query}", 400)
        answer = reader().get(f"{API}compare/?{query}")
        assert answer.status_code == 400
        assert told in answer.json()["errors"][0]["message"]

    def test_what_is_left_out_is_asked_for(self) -> None:
        for query, told in (
            ("", "Choose jurisdictions and articles."),
            ("jurisdiction=AUS", "Choose at least one article."),
            ("article=5", "Choose at least one jurisdiction."),
        ):
            assert told in page(f"/en/protocol/compare/?{query}")
            page(f"/en/protocol/compare/comparison.xlsx?{query}", 400)
            assert reader().get(f"{API}compare/?{query}").status_code == 400
        text = page("/en/protocol/compare/?jurisdiction=ATA&article=5")
        assert "No provision is recorded for any of these" in text

    def test_the_form_gives_the_address(self) -> None:
        """Empty choices of the form are no mistakes, and its order of jurisdictions is kept."""
        query = urlencode(
            [("jurisdiction", v) for v in ("FRA", "", "AUS", "")] + [("article", "6.1.a")]
        )
        text = page(f"/en/protocol/compare/?{query}")
        assert 'role="alert"' not in text
        assert text.index("France</a></th>") < text.index("Australia</a></th>")
        assert "jurisdiction=FRA,AUS&amp;article=6.1.a" in text


def test_laws_lead_to_articles_and_to_searches() -> None:
    text = page("/en/legislation/aus-migration-act-1958/")
    assert '<a href="/en/protocol/6.1.a/">Article 6(1)(a): Smuggling of migrants</a>' in text
    assert 'href="/en/legislation/?article=6.1.a"' in text
    assert '<a href="/en/protocol/">Protocol</a>' in text


def test_held_back_laws_are_not_shown() -> None:
    law = Law.objects.get(code="aus-migration-act-1958")
    before = data(f"{API}6.1.a/")["count"]
    law.state = "in_review"
    law.save()
    search_index.refresh([law])
    after = data(f"{API}6.1.a/?jurisdiction=AUS")
    assert law.code not in {row["law"] for row in after["results"]}
    own = law.provisions.implementing("6.1.a").count()
    assert data(f"{API}6.1.a/")["count"] == before - own
    cells = data(f"{API}compare/?jurisdiction=AUS&article=6.1.a")["results"][0]["jurisdictions"]
    assert law.code not in {provision["law"] for provision in cells[0]["provisions"]}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/en/protocol/", 7),
        ("/en/protocol/6.1.a/?region=150&sort=penalty", 10),
        ("/en/protocol/compare/?jurisdiction=AUS,CAN&article=6.1.a,6.1.c,5", 4),
        (f"{API}6.1.a/", 10),
        ("/en/protocol/6.1.a/provisions.csv?party=true", 4),
    ],
)
def test_pages_ask_few_questions(path: str, most: int, django_assert_max_num_queries: Any) -> None:
    reader().get(path)
    with django_assert_max_num_queries(most):
        response = reader().get(path)
        b"".join(response)
    assert response.status_code == 200


class _Tags(HTMLParser):
    """Fails on a tag that does not close what is open, and on an id that stands twice."""

    CLOSED_BY_THEMSELVES = frozenset({"meta", "link", "img", "input", "br", "option"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.CLOSED_BY_THEMSELVES:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("language", ["ar", "zh", "fr"])
def test_pages_are_sound_in_other_languages(language: str) -> None:
    for path in ("", "6.1.a/?party=true&page=2", "8/", "C24/", f"compare/?{COMPARED}"):
        text = page(f"/{language}/protocol/{path}")
        parser = _Tags()
        parser.feed(text)
        assert not parser.open
        assert len(parser.ids) == len(set(parser.ids))
        assert 'lang="en" dir="ltr"' in text
    names = [PLACES[code]["names"][language] for code in ("AUS", "CAN")]
    assert all(name in page(f"/{language}/protocol/compare/?{COMPARED}") for name in names)
    with translation.override("zh-hans" if language == "zh" else language):
        said = gettext("This description is in English.")
    assert said in page(f"/{language}/protocol/6.1.a/")
    assert "This description is in English." not in page("/en/protocol/6.1.a/")
