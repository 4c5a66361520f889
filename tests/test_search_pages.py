"""What a search page offers leads to what it says: offers, years, tabs, trees, all databases."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.http import QueryDict

from portal.records.database import database_for
from portal.search import engine, facets
from portal.search.request import SearchRequest, parse
from portal.search.suggest import most_of_it
from tests.conftest import reader

pytestmark = pytest.mark.django_db


def requested(slug: str, address: str) -> SearchRequest:
    return parse(database_for(slug), QueryDict(address)).request


def total_behind(url: str) -> int:
    """The number of records behind an address, as its page tells it."""
    return int(reader().get(url).context["page"].total)


def test_nothing_found_offers_what_would_find_something() -> None:
    page = reader().get("/en/cases/", {"q": "Appulonapa"}).context["page"]
    assert page.total == 0
    assert page.spellings
    for offer in (*page.spellings, *page.droppable):
        assert offer.total > 0
        assert total_behind(offer.url) == offer.total
    filtered = reader().get("/en/cases/", {"q": "Appulonapa", "mode": "air"}).context["page"]
    assert filtered.spellings
    none = reader().get("/en/cases/", {"q": "boat", "mode": "air", "jurisdiction": "FJI"})
    page = none.context["page"]
    assert page.total == 0
    assert page.droppable
    for offer in page.droppable:
        assert total_behind(offer.url) == offer.total


@pytest.mark.parametrize(
    ("slug", "query"),
    [
        ("bibliography", "interviews with North Koreans who escaped to China"),
        ("cases", "passeurs Bani Walid Addis Ababa"),
        ("cases", "zzqqx boat Lampedusa"),
        ("cases", "washing machines at Harwich with Afghans zzqqx -boat"),
    ],
)
def test_a_question_that_nothing_answers_whole_shows_what_answers_most(
    slug: str, query: str
) -> None:
    response = reader().get(f"/en/{slug}/", {"q": query})
    page = response.context["page"]
    assert page.total == 0
    assert page.nearest
    for offer in page.nearest:
        assert total_behind(offer.url) == offer.total > 0
        assert offer.text
    assert page.nearest_rows
    assert page.nearest_rows[0].title in response.content.decode()


def test_what_is_left_out_keeps_filters_and_exclusions() -> None:
    request = requested("cases", "q=zzqqx Lampedusa boat -Malta&mode=sea")
    offers = most_of_it(request)
    assert offers
    for offer in offers:
        assert "-Malta" in offer.request.query.text
        assert offer.request.filters["mode"] == ("sea",)
    assert most_of_it(requested("cases", "q=zzqqx")) == []
    assert most_of_it(requested("cases", "q=zzqqx or qqzzx")) == []


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_every_bar_of_the_years_leads_to_its_records(slug: str) -> None:
    page = reader().get(f"/en/{slug}/").context["page"]
    dated = sum(bar.count for bar in page.years)
    undated = page.undated.count if page.undated else 0
    assert dated + undated == page.total
    for bar in page.years[:: max(1, len(page.years) // 8)]:
        assert total_behind(bar.url) == bar.count
    if page.undated:
        assert total_behind(page.undated.url) == undated
    inside = reader().get(page.years[-1].url).context["page"]
    assert [(bar.year, bar.count) for bar in inside.years] == [
        (bar.year, bar.count) for bar in page.years
    ]


def test_the_years_keep_the_rest_of_the_search() -> None:
    page = reader().get("/en/cases/", {"q": "boat", "mode": "sea"}).context["page"]
    for bar in page.years[-3:]:
        again = reader().get(bar.url).context["page"]
        assert again.request.filters["mode"] == ("sea",)
        assert again.request.query.text == "boat"
        assert again.total == bar.count


@pytest.mark.parametrize(
    "asked", [{"q": "boat"}, {"q": "boat", "mode": "sea", "region": "150", "language": "en,it"}]
)
def test_the_tabs_say_what_the_databases_find(asked: dict[str, str]) -> None:
    page = reader().get("/en/cases/", asked).context["page"]
    assert [tab.is_current for tab in page.tabs] == [False, True, False, False]
    for tab in page.tabs[1:]:
        assert total_behind(tab.url) == tab.total
        assert "mode" not in tab.url
    everything = reader().get(page.tabs[0].url).context["page"]
    assert [tab.total for tab in everything.tabs] == [tab.total for tab in page.tabs]
    for name in page.request.shared():
        assert name in everything.request.filters
    # A selection that only one database understands stays behind.
    own = reader().get("/en/cases/", {**asked, "jurisdiction": "not_recorded"}).context["page"]
    assert all("jurisdiction" not in tab.url for tab in own.tabs)


def test_all_databases_take_the_filters_that_all_of_them_know() -> None:
    page = reader().get("/en/search/", {"q": "boat", "jurisdiction": "AUS"}).context["page"]
    assert page.total
    for section in page.sections:
        assert total_behind(section.url) == section.total
    assert [chip.text for chip in page.chips][-1] == "Australia"
    bare = reader().get(page.chips[-1].url).context["page"]
    assert "jurisdiction" not in bare.request.filters
    assert bare.total > page.total
    content = reader().get("/en/search/", {"q": "boat", "jurisdiction": "AUS"}).content.decode()
    assert '<input type="hidden" name="jurisdiction" value="AUS">' in content
    strange = reader().get("/en/search/", {"q": "boat", "mode": "sea", "region": "Mars"})
    assert {notice.parameter for notice in strange.context["page"].notices} == {"mode", "region"}


def test_all_databases_show_how_words_were_understood_and_offer_others() -> None:
    page = reader().get("/en/search/", {"q": "偷运 海路"}).context["page"]
    assert any("Sea" in chip.text for chip in page.chips)
    literal = reader().get(page.as_typed_url).context["page"]
    assert literal.request.query.as_typed
    lost = reader().get("/en/search/", {"q": "Appulonapa"}).context["page"]
    assert lost.total == 0
    assert lost.spellings
    for offer in lost.spellings:
        assert total_behind(offer.url) == offer.total
    most = reader().get("/en/search/", {"q": "zzqqx boat Lampedusa"}).context["page"]
    for offer in most.nearest:
        assert total_behind(offer.url) == offer.total
    filtered = reader().get("/en/search/", {"q": "boat Lampedusa", "jurisdiction": "FJI"})
    page = filtered.context["page"]
    assert [offer.label for offer in page.droppable] == ["Jurisdiction"]
    assert total_behind(page.droppable[0].url) == page.droppable[0].total


@pytest.mark.parametrize(
    ("slug", "query"), [("cases", ""), ("legislation", "q=carrier"), ("bibliography", "q=Libya")]
)
def test_regions_open_into_their_countries(slug: str, query: str) -> None:
    response = reader().get(f"/en/{slug}/facets/region/?{query}")
    page = response.context["page"]
    assert page.regions
    places: list[str] = []

    def walk(nodes: tuple, depth: int) -> int:
        deepest = depth
        for node in nodes:
            assert node.value.count > 0
            for country in node.countries:
                places.append(country.label)
                assert total_behind(country.url) == country.count
            deepest = max(deepest, walk(node.regions, depth + 1))
        return deepest

    assert walk(page.regions, 1) >= 2
    assert len(places) == len(set(places)) > 5
    for node in page.regions:
        assert total_behind(f"/en/{slug}/?{query}&region={node.value.value}") == node.value.count


def test_a_facet_page_keeps_the_search_and_refuses_what_is_no_facet() -> None:
    response = reader().get("/en/cases/facets/law/", {"q": "boat", "mode": "sea", "page": "3"})
    page = response.context["page"]
    assert sorted(page.hidden) == [("mode", "sea"), ("q", "boat")]
    labels = [value.label.casefold() for value in page.values if value.value != "not_recorded"]
    assert len(labels) > 8
    for name in ("q", "decided_from", "has_fee", "nothing"):
        assert reader().get(f"/en/cases/facets/{name}/").status_code == 404
    wrong = reader().get("/en/cases/facets/law/", {"mode": "rocket"})
    assert wrong.status_code == 302
    assert wrong["Location"] == "/en/cases/?mode=rocket"


def test_where_much_matches_the_best_come_first_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pages(size: int) -> list[int]:
        found: list[int] = []
        request = requested("cases", f"q=boat&page_size={size}")
        while len(found) < engine.search(request).total:
            ids = engine.search(request).ids
            assert ids
            found += ids
            request = request.on_page(request.page + 1)
        return found

    few = pages(100)
    monkeypatch.setattr(facets, "FEW", 20)
    monkeypatch.setattr(engine, "RANKED", 20)
    monkeypatch.setattr(facets, "_IDS", facets._IDS.replace("LIMIT 2000", "LIMIT 20"))
    many = pages(7)
    assert len(many) == len(set(many))
    assert set(many) == set(few)
    # Those with the word in their title or names are ranked in both ways alike.
    assert set(many[:10]) & set(few[:10])


def test_the_opensearch_description_leads_to_the_search() -> None:
    response = reader().get("/fr/opensearch.xml")
    assert response["Content-Type"].startswith("application/opensearchdescription+xml")
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own answer
    name = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert root.findtext(f"{name}Language") == "fr"
    urls = [url.attrib["template"] for url in root.findall(f"{name}Url")]
    assert len(urls) == 4
    found = reader().get(urls[0].replace("{searchTerms}", "boat"))
    assert found.status_code == 200
    assert found.context["page"].sections
