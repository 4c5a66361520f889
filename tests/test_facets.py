"""The number beside a value is the number behind it, for every value of every database."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from portal.records.database import databases
from tests.conftest import reader

pytestmark = pytest.mark.django_db

SLUGS = ("cases", "legislation", "bibliography")


class PageReader(HTMLParser):
    """What a reader sees of a search page: check boxes with their counts, and the total."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.values: list[tuple[str, str, int]] = []
        self.total = -1
        self._box: tuple[str, str] | None = None
        self._reads = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "checkbox" and given.get("name"):
            self._box = (given["name"] or "", given["value"] or "")
        elif tag == "small" and self._box:
            self._reads = "count"
        elif tag == "h2" and given.get("id") == "results":
            self._reads = "total"

    def handle_data(self, data: str) -> None:
        digits = "".join(letter for letter in data if letter.isdigit())
        if not self._reads:
            return
        assert digits, data
        if self._reads == "total":
            self.total = int(digits)
        elif self._box:
            self.values.append((*self._box, int(digits)))
            self._box = None
        self._reads = ""


def read(path: str) -> PageReader:
    response = reader().get(path)
    assert response.status_code == 200
    return PageReader(response.content.decode())


def read_all(slug: str, query: str = "") -> PageReader:
    """A search page with all values of its facets, which stand on pages of their own."""
    page = read(f"/en/{slug}/?{query}")
    beside = page.values
    page.values = []
    for name in dict.fromkeys(name for name, _value, _count in beside):
        page.values += read(f"/en/{slug}/facets/{name}/?{query}").values
    assert set(beside) <= set(page.values)
    return page


@pytest.mark.parametrize("slug", SLUGS)
def test_every_count_shown_comes_true_when_clicked(slug: str) -> None:
    database = next(found for found in databases() if found.slug == slug)
    page = read_all(slug)
    names = {name for name, _value, _count in page.values}
    assert names == set(database.filterset.facets()) - _without_data(slug)
    for name, value, count in page.values:
        response = reader().get(f"/api/v1/{database.api_slug}/", {name: value, "page_size": 1})
        assert response.json()["count"] == count, (name, value)


def _without_data(slug: str) -> set[str]:
    """Facets of which the collection records nothing yet."""
    return {"law", "case"} if slug == "bibliography" else set()


@pytest.mark.parametrize(
    ("slug", "selected"),
    [
        ("cases", "mode=sea"),
        ("cases", "mode=sea&mode=land&verdict=acquitted"),
        ("cases", "q=boat&jurisdiction=AUS,ITA&has_fee=true"),
        ("legislation", "article=6.1.a&party=true"),
        ("bibliography", "topic=gender,children&type=report"),
    ],
)
def test_counts_hold_under_a_selection_without_the_own_one(slug: str, selected: str) -> None:
    """A facet is counted under the other selections; its own is left out."""
    database = next(found for found in databases() if found.slug == slug)
    page = read_all(slug, selected)
    pairs = [pair.split("=") for pair in selected.split("&")]
    known = database.filterset.parameters()
    for name, value, count in page.values:
        given: dict[str, Any] = {name: value, "page_size": 1}
        for other, entry in pairs:
            if other != name and other in known:
                given.setdefault(other, []).append(entry)
        response = reader().get(f"/api/v1/{database.api_slug}/", given)
        assert response.json()["count"] == count, (selected, name, value)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_itself_shows_the_count_after_the_click(slug: str) -> None:
    """The page, not only the API: the largest, the middle and the smallest value of each facet."""
    page = read_all(slug)
    by_name: dict[str, list[tuple[str, int]]] = {}
    for name, value, count in page.values:
        by_name.setdefault(name, []).append((value, count))
    for name, values in by_name.items():
        for value, count in {values[0], values[len(values) // 2], values[-1]}:
            assert read(f"/en/{slug}/?{name}={value}").total == count, (name, value)


@pytest.mark.parametrize("slug", SLUGS)
def test_facets_of_the_api_are_those_of_the_page(slug: str) -> None:
    database = next(found for found in databases() if found.slug == slug)
    page = read_all(slug)
    names = sorted({name for name, _value, _count in page.values})
    response = reader().get(
        f"/api/v1/{database.api_slug}/", {"facets": ",".join(names), "page_size": 1}
    )
    facets = response.json()["facets"]
    shown = {(name, value, count) for name, value, count in page.values}
    told = {(name, entry["value"], entry["count"]) for name in facets for entry in facets[name]}
    assert shown == told
    assert all(entry["label"] for name in facets for entry in facets[name])
