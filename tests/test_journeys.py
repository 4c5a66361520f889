"""Two journeys in a real browser, from a question to what is taken home.

The curator's is in test_curator.py. What the people on the way saw is kept as pictures.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chromium import MARKS
from tests.readers import Visit, visiting
from tests.test_browser import browser  # noqa: F401

pytestmark = MARKS


class Journey(Visit):
    """Somebody on the way through the portal."""

    name = ""
    step = 0

    def clicks(self, selector: str) -> None:
        """Follows a link or presses a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.path = self.page.url.removeprefix(self.server)

    def sees(self, what: str) -> None:
        """Keeps a picture of the page of this step."""
        self.step += 1
        self.is_kept(f"journeys/{self.name}-{self.step}-{what}")

    def number(self, selector: str) -> int:
        """The first number in a text."""
        return int(re.sub(r"\D", "", self.page.locator(selector).first.inner_text().split()[0]))

    def takes(self, link: str, folder: Path) -> Path:
        """The file behind a link."""
        with self.page.expect_download() as coming:
            self.page.locator(link).first.click()
        path: Path = folder / coming.value.suggested_filename
        coming.value.save_as(path)
        return path


@contextmanager
def on_the_way(browser: Any, server: str, name: str, **look: Any) -> Iterator[Journey]:  # noqa: F811
    with visiting(browser, server, **look) as visit:
        journey = Journey(visit.page, server, wrong=visit.wrong)
        journey.name = name
        yield journey
        visit.path = journey.path


def test_a_researcher_goes_from_a_question_to_a_file(
    server: str,
    browser: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    """How are women sentenced? The figures, the records behind one of them, all that is linked."""
    with on_the_way(browser, server, "researcher") as one:
        one.goes("/en/")
        one.sees("home")
        one.clicks("main a[href='/en/insights/women-as-offenders/']")
        one.sees("figures")
        cell = "table a[href='/en/cases/?person=female.any.sentenced']"
        persons = one.number(cell)
        one.clicks(cell)
        cases = one.number("#results")
        assert 0 < cases <= persons, "some cases have more than one woman"
        one.sees("records")
        one.page.check("input[name=mode][value=land]")
        one.clicks("button:has-text('Apply')")
        narrowed = one.number("#results")
        assert 0 < narrowed < cases
        one.page.click("a[href='#export']")
        path = one.takes("#export a:has-text('CSV')", tmp_path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len({row["id"] for row in rows}) == narrowed
        one.clicks("section.results h3 a")
        record = one.path.split("/")[3]
        assert record in {row["id"] for row in rows}
        one.sees("record")
        one.clicks("#cite a[href$='/cite/']")
        text = one.page.locator("main").inner_text()
        assert all(style in text for style in ("OSCOLA", "APA", "Chicago", "Bluebook")), text
        one.sees("citations")
        one.clicks("nav a[hreflang=fr]")
        assert one.path == f"/fr/cases/{record}/cite/"
        one.sees("in-french")


def test_a_researcher_follows_the_links_between_the_databases(
    server: str,
    browser: Any,  # noqa: F811
) -> None:
    """From an article of the Protocol to a law, to the cases that applied it, to the literature."""
    with on_the_way(browser, server, "links", color_scheme="dark") as one:
        one.goes("/ru/protocol/6.1.a/")
        one.sees("article")
        cases = one.number("main a[href='/ru/cases/?article=6.1.a']")
        one.clicks("main a[href='/ru/cases/?article=6.1.a']")
        assert one.number("#results") == cases
        one.clicks("section.results h3 a")
        one.sees("case")
        one.clicks("main a[href^='/ru/legislation/']:not([href*='?'])")
        one.sees("law")
        law = one.path.split("/")[3].partition("#")[0]
        applied = one.page.locator(f"main a[href='/ru/cases/?law={law}']").first
        assert applied.count(), "a law leads to the cases that applied it"
        one.clicks(f"main a[href='/ru/cases/?law={law}']")
        assert one.number("#results") > 0
        one.clicks("section.results h3 a")
        one.clicks("main a[href^='/ru/countries/']")
        one.sees("country")
        one.clicks("main a[href^='/ru/bibliography/?']")
        assert one.number("#results") > 0
        one.sees("literature")


def test_a_practitioner_compares_sentences_on_a_telephone(
    server: str,
    browser: Any,  # noqa: F811
) -> None:
    """The circumstances of a case are chosen, comparable decisions read, and asked for by API."""
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}
    with on_the_way(browser, server, "practitioner", **phone) as one:
        one.goes("/es/")
        one.sees("home")
        one.clicks("main a[href='/es/insights/comparable-sentences/']")
        one.page.select_option("select[name=mode]", "sea")
        one.page.select_option("select[name=role]", "crew")
        one.clicks("form.own button")
        one.sees("comparable")
        counted = one.number("main a[href*='person=any.crew.term']")
        first = one.page.locator(".compared > li a").first.get_attribute("href")
        one.clicks(".compared > li a")
        assert one.path == first
        one.sees("decision")
        for part in ("court", "procedure", "defendants"):
            assert one.page.locator(f"#{part}").count(), part
        one.page.go_back()
        one.clicks("main a[href*='person=any.crew.term']")
        one.sees("decisions")
        cases = one.number("#results")
        assert 0 < cases <= counted
        address = one.page.locator("main a[href*='/api/v1/cases/']").first.get_attribute("href")
        answer = one.page.evaluate("async (a) => (await fetch(a)).text()", address)
        assert json.loads(answer)["count"] == cases


def test_a_drafter_puts_laws_side_by_side_in_arabic(
    server: str,
    browser: Any,  # noqa: F811
) -> None:
    """From the gaps of a region to the provisions of two countries on one article."""
    with on_the_way(browser, server, "drafter") as one:
        one.goes("/ar/insights/implementation/")
        assert one.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        one.sees("implementation")
        one.goes("/ar/protocol/compare/")
        places = one.page.locator("select[name=jurisdiction]")
        places.nth(0).select_option("EGY")
        places.nth(1).select_option("CAN")
        one.page.locator("input[name=article][value='6.1.a']").check()
        one.clicks(".choose button")
        heads = one.page.locator(".comparison thead th")
        boxes = [
            heads.nth(place).bounding_box()["x"]
            for place in (-2 + heads.count(), -1 + heads.count())
        ]
        assert boxes[0] > boxes[1], "the first country stands on the right"
        one.sees("comparison")
        one.clicks(".comparison a[href^='/ar/legislation/can-']")
        assert one.page.locator("main [lang=en]").count(), "English texts say that they are"
        one.sees("law")
