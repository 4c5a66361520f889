"""The portal by keyboard alone: no test here has a mouse, and each focus on the way is seen."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.readers import visiting
from tests.test_browser import CHROMIUM, browser  # noqa: F401

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

CASE = "/cases/gbr-2021-old-bailey-39-vietnamese/"


def asked(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def total(page: Any) -> int:
    return int(re.sub(r"\D", "", page.inner_text("#results").split()[0]))


def test_one_searches_filters_removes_a_chip_and_turns_the_page(
    server: str,
    browser: Any,  # noqa: F811
) -> None:
    with visiting(browser, server) as visit:
        page = visit.page
        visit.goes("/en/cases/")
        visit.tabs_to("#q")
        page.keyboard.type("boat")
        visit.presses("Enter")
        found = total(page)
        visit.tabs_to("details.facet:has([name=mode]) > summary")
        if not page.evaluate("document.activeElement.parentElement.open"):
            page.keyboard.press("Enter")
        visit.tabs_to("[name=mode][value=sea]")
        page.keyboard.press("Space")
        visit.tabs_to(".apply button")
        visit.presses("Enter")
        assert asked(page.url) == {"q": ["boat"], "mode": ["sea"]}
        narrowed = total(page)
        assert 0 < narrowed < found
        visit.tabs_to(".pages a[rel=next]")
        visit.presses("Enter")
        assert asked(page.url)["page"] == ["2"]
        assert page.get_attribute("ol.rows", "start") != "1"
        visit.tabs_to(".chips a[href*='q=boat']")
        visit.presses("Enter")
        assert asked(page.url) == {"q": ["boat"]}
        assert total(page) == found


@pytest.mark.long
def test_the_skip_links_lead_past_menu_and_filters(server: str, browser: Any) -> None:  # noqa: F811
    with visiting(browser, server) as visit:
        page = visit.page
        visit.goes("/en/cases/?q=boat")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('a.skip[href=\"#main\"]')")
        visit.focus_is_seen()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('a.skip[href=\"#results\"]')")
        visit.focus_is_seen()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "results"
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('section.results .bar, .results')")


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 320])
def test_one_changes_the_language_and_keeps_the_search(
    server: str,
    browser: Any,  # noqa: F811
    width: int,
) -> None:
    with visiting(browser, server, viewport={"width": width, "height": 700}) as visit:
        visit.goes("/en/cases/?q=boat&mode=sea")
        before = total(visit.page)
        visit.tabs_to(".langs a[hreflang=ar]")
        visit.presses("Enter")
        assert visit.page.url.startswith(f"{server}/ar/cases/?")
        assert asked(visit.page.url) == {"q": ["boat"], "mode": ["sea"]}
        assert visit.page.get_attribute("html", "dir") == "rtl"
        assert total(visit.page) == before


@pytest.mark.long
def test_one_takes_an_export(server: str, browser: Any) -> None:  # noqa: F811
    with visiting(browser, server) as visit:
        page = visit.page
        visit.goes("/en/cases/?q=lampedusa")
        found = total(page)
        visit.tabs_to("a[href='#export']")
        page.keyboard.press("Enter")
        visit.tabs_to("#export a[type^='text/csv']", most=3)
        with page.expect_download() as taken:
            page.keyboard.press("Enter")
        text = taken.value.path().read_text(encoding="utf-8-sig")
        assert taken.value.suggested_filename.endswith(".csv")
        assert text.count("\n") > found


@pytest.mark.long
def test_one_cites_and_copies(server: str, browser: Any) -> None:  # noqa: F811
    with visiting(browser, server, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.page
        visit.goes(f"/en{CASE}")
        visit.tabs_to("#cite a[href$='/cite/']")
        visit.presses("Enter")
        assert page.url == f"{server}/en{CASE}cite/"
        visit.tabs_to("button[data-copy]")
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('dd [role=status]').textContent")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator(".citation").first.inner_text()
        assert page.locator("dd [role=status]").first.inner_text() == "Copied"


@pytest.mark.long
@pytest.mark.parametrize(
    "path", ["/ar/", "/ar/cases/?q=boat", f"/en{CASE}", "/en/countries/ITA/", "/ar/insights/modes/"]
)
@pytest.mark.parametrize("width", [1280, 320])
def test_every_stop_of_the_keyboard_is_seen(
    server: str,
    browser: Any,  # noqa: F811
    path: str,
    width: int,
) -> None:
    """All stops of a page, forwards: outlined, in the window, and nothing lies over them."""
    with visiting(browser, server, viewport={"width": width, "height": 700}) as visit:
        visit.goes(path)
        visit.tabs_to(".foot li:last-child a", most=400)
