"""Pages on A4, made by Chromium and read back: all that belongs there, nothing that does not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format
from pypdf import PdfReader

from caselaw.models import Case
from tests import chromium

pytestmark = chromium.MARKS
browser = chromium.browser

CASE = "gbr-2021-old-bailey-39-vietnamese"
#: A4 in points, as PDF measures.
SHORT, LONG = 595, 842
#: What only a screen is for; of each page some are there.
CONTROLS = (
    "Skip to the content",
    "Main menu",
    "Apply",
    "Search all",
    "Export",
    "How to search",
    "Remove:",
    "Clear all",
    "Next",
    "On this page",
    "For curators",
    "Copy",
)

LOAD_ALL = """() => Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.complete || new Promise((done) => { image.onload = image.onerror = done; });
}))"""


def printed(browser: Any, address: str) -> PdfReader:
    """A page as it is printed on A4, with its charts."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    # A browser that prints loads what was left for later; the protocol's command does not wait.
    page.evaluate(LOAD_ALL)
    content = page.pdf(prefer_css_page_size=True)
    context.close()
    return PdfReader(io.BytesIO(content))


def text_of(document: PdfReader) -> str:
    """All words, with one space between them."""
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def squeezed(text: str) -> str:
    """Without spaces: addresses are broken over lines."""
    return "".join(text.split())


def today() -> str:
    return date_format(timezone.now(), "DATE_FORMAT")


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "title", "most"),
    [
        (f"/en/cases/{CASE}/", "Central Criminal Court, 22 January 2021", 5),
        ("/en/legislation/aus-migration-act-1958/", "Migration Act 1958", 6),
        (
            "/en/bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
            "Smuggling of Migrants",
            3,
        ),
        ("/en/cases/?q=boat&mode=sea", "Case law", 7),
        ("/en/cases/facets/region/", "Region", 6),
        ("/en/insights/modes/", "Mode", 4),
        ("/en/insights/women-as-offenders/", "Women as offenders", 5),
        ("/en/countries/ITA/", "Italy", 9),
        ("/en/countries/", "Countries", 10),
        ("/en/protocol/6.1.a/", "Smuggling of migrants", 11),
    ],
)
def test_a_page_says_what_it_is_where_it_was_and_when(
    server: str, browser: Any, path: str, title: str, most: int
) -> None:
    document = printed(browser, server + path)
    assert 1 <= len(document.pages) <= most
    for sheet in document.pages:
        size = sorted(float(side) for side in (sheet.mediabox.width, sheet.mediabox.height))
        assert size == pytest.approx([SHORT, LONG], abs=1), "not A4"
    text = text_of(document)
    assert title in text
    assert squeezed(server + path) in squeezed(text)
    assert today() in document.pages[0].extract_text().replace("\n", " ")
    assert "CC BY 4.0" in text
    assert [words for words in CONTROLS if words in text.split(" Cite ")[0]] == []
    last = len(document.pages)
    assert f"{last} / {last}" in document.pages[-1].extract_text()


def test_a_record_has_its_permanent_address_its_last_change_and_those_of_its_sources(
    server: str, browser: Any
) -> None:
    case = Case.objects.get(code=CASE)
    text = text_of(printed(browser, f"{server}/en/cases/{CASE}/"))
    assert squeezed(f"{server}/id/{CASE}") in squeezed(text)
    assert f"Last changed {date_format(case.changed_at, 'DATE_FORMAT')}" in text
    addresses = [source.url for source in case.sources.all() if source.url]
    assert len(addresses) > 3
    for address in addresses:
        assert squeezed(address) in squeezed(text)


@pytest.mark.long
def test_search_results_are_all_there_and_whole(server: str, browser: Any) -> None:
    address = f"{server}/en/cases/?q=boat&mode=sea"
    document = printed(browser, address)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    titles = page.locator(".rows h3").all_inner_texts()
    context.close()
    sheets = [squeezed(sheet.extract_text()) for sheet in document.pages]
    assert len(titles) == 25
    for title in titles:
        assert any(squeezed(title) in sheet for sheet in sheets), f"{title} is torn or missing"


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "/en/insights/women-as-offenders/",
        "/en/insights/literature-topics/",
        "/en/countries/",
        "/en/protocol/compare/?jurisdiction=AUS,CAN,ITA,ESP&article=6.1.a",
        pytest.param("/en/insights/routes/", marks=pytest.mark.long),
        pytest.param("/en/insights/implementation/", marks=pytest.mark.long),
        pytest.param("/en/insights/coverage/", marks=pytest.mark.long),
    ],
)
def test_no_table_is_cut(server: str, browser: Any, path: str) -> None:
    """The last row and the last column are on paper, and nothing reaches over its edge."""
    document = printed(browser, server + path)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server + path)
    tables = page.locator("main table")
    corners = [
        (
            table.locator("thead tr").first.locator("th").last.inner_text(),
            table.locator("tbody tr").last.locator("th, td").first.inner_text(),
        )
        for table in tables.all()
        if table.locator("thead").count()
    ]
    context.close()
    assert corners
    text = squeezed(text_of(document))
    for column, row in corners:
        # Headings of very many columns are broken by letters.
        assert squeezed(column)[:12] in text, f"the column {column} is cut"
        assert squeezed(row) in text, f"the row {row} is cut"
    for sheet in document.pages:
        reach = _reach(sheet)
        assert reach <= float(sheet.mediabox.width), f"something reaches to {reach}"


def _reach(sheet: Any) -> float:
    """How far from the edge the furthest beginning of a piece of text is, in points."""
    found = [0.0]

    def visit(text: str, matrix: Any, place: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            found.append(matrix[0] * place[4] + matrix[2] * place[5] + matrix[4])

    sheet.extract_text(visitor_text=visit)
    return max(found)


@pytest.mark.long
def test_charts_are_printed_in_the_colours_of_paper(server: str, browser: Any) -> None:
    """Also where the screen is dark."""
    document = printed(browser, f"{server}/en/insights/modes/")
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{server}/en/insights/modes/")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.body).color")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    assert "Mode" in text_of(document)


@pytest.mark.long
def test_what_is_folded_on_the_screen_is_laid_open_on_paper(server: str, browser: Any) -> None:
    """The values of a country's figures that the screen keeps behind "more"."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/en/countries/USA/")
    folded = page.locator(".figure details:not([open]) tbody th").all_text_contents()
    context.close()
    assert folded
    text = squeezed(text_of(printed(browser, f"{server}/en/countries/USA/")))
    assert [label for label in folded if squeezed(label) not in text] == []


@pytest.mark.long
def test_dates_on_paper_are_those_of_the_language(server: str, browser: Any) -> None:
    text = text_of(printed(browser, f"{server}/fr/countries/"))
    with translation.override("fr"):
        assert date_format(datetime.now(UTC), "DATE_FORMAT") in text
