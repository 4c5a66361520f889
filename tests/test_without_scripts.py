"""Every public function with scripts switched off; with them, comforts that can be left alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import chromium
from tests.conftest import reader

pytestmark = chromium.MARKS
browser = chromium.browser

CASE = "aus-2012-r-v-ahmad"
#: Longer than a reader's pause between two boxes (static/js/portal.js).
AFTER_A_WHILE = 1_500


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A window without scripts."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 900}
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def scripted(browser: Any) -> Iterator[Any]:
    """A window with scripts, in which nothing may break the policy or fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    wrong: list[str] = []
    context.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert not wrong, wrong


def count(path: str) -> int:
    """How many records the API finds."""
    return int(reader().get(f"/api/v1/{path}").json()["count"])


def asked(page: Any) -> dict[str, list[str]]:
    """The parameters in the window's address."""
    return parse_qs(urlsplit(page.url).query)


def press(page: Any, what: str) -> None:
    with page.expect_navigation():
        page.locator(what).first.click()


def unfold(page: Any, facet: str) -> Any:
    """The block of a facet, opened."""
    block = page.locator(f"details[data-facet={facet}]")
    if block.get_attribute("open") is None:
        block.locator("summary").click()
    return block


def first_number(page: Any) -> int:
    return int(page.inner_text("#results").split()[0].replace(",", ""))


def test_words_facets_chips_order_pages_and_language(server: str, page: Any) -> None:
    page.goto(f"{server}/en/cases/")
    page.fill("#q", "boat")
    press(page, ".search .box button")
    assert first_number(page) == count("cases/?q=boat")
    unfold(page, "mode").locator("input[value=sea]").check()
    press(page, ".apply button")
    assert asked(page) == {"q": ["boat"], "mode": ["sea"]}
    assert first_number(page) == count("cases/?q=boat&mode=sea") < count("cases/?q=boat")
    first = page.inner_text(".rows h3")
    press(page, ".sorts a")
    assert "sort" in asked(page)
    assert page.inner_text(".rows h3") != first
    press(page, ".pages a[rel=next]")
    assert asked(page)["page"] == ["2"]
    press(page, ".langs a[lang=ar]")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert asked(page)["mode"] == ["sea"]
    press(page, ".langs a[lang=en]")
    press(page, ".chips a:has-text('Sea')")
    assert "mode" not in asked(page)
    assert first_number(page) == count("cases/?q=boat")
    press(page, ".chips .clear a")
    assert first_number(page) == count("cases/")


@pytest.mark.long
@pytest.mark.parametrize(
    ("slug", "facet", "api"),
    [("cases", "jurisdiction", "cases"), ("legislation", "jurisdiction", "laws")],
)
def test_all_values_of_a_facet_have_a_page_of_their_own(
    server: str, page: Any, slug: str, facet: str, api: str
) -> None:
    page.goto(f"{server}/en/{slug}/")
    block = unfold(page, facet)
    few = block.locator("input[type=checkbox]").count()
    with page.expect_navigation():
        block.locator(".more a").click()
    boxes = page.locator(".long input[type=checkbox]")
    assert boxes.count() > few
    assert page.locator("input[type=search]").count() == 0, "a box that only scripts could fill"
    last = boxes.last
    value = last.get_attribute("value")
    last.check()
    press(page, ".apply button")
    assert asked(page) == {facet: [value]}
    assert first_number(page) == count(f"{api}/?{facet}={value}")


@pytest.mark.long
def test_regions_open_into_countries(server: str, page: Any) -> None:
    page.goto(f"{server}/en/cases/")
    with page.expect_navigation():
        unfold(page, "region").locator(".more a").click()
    page.locator(".tree input[value='150']").check()
    press(page, ".apply button")
    assert first_number(page) == count("cases/?region=150")
    page.go_back()
    press(page, ".tree .countries a:has-text('Italy')")
    assert first_number(page) == count("cases/?jurisdiction=ITA")


@pytest.mark.long
def test_dates_figures_and_what_is_recorded_are_asked_for(server: str, page: Any) -> None:
    page.goto(f"{server}/en/cases/")
    page.fill("input[name=decided_from]", "2019")
    page.locator("details.facet:has(select[name=has_sentence]) summary").click()
    page.select_option("select[name=has_sentence]", "true")
    press(page, ".apply button")
    assert asked(page) == {"decided_from": ["2019"], "has_sentence": ["true"]}
    assert first_number(page) == count("cases/?decided_from=2019&has_sentence=true")


def test_a_search_is_taken_along_as_a_file(server: str, page: Any, tmp_path: Path) -> None:
    page.goto(f"{server}/en/cases/?mode=air")
    for label, name in (("CSV", "cases.csv"), ("JSON Lines", "cases.jsonl")):
        with page.expect_download() as started:
            page.locator("#export a", has_text=label).first.click()
        path = tmp_path / name
        started.value.save_as(path)
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines())) if name.endswith("csv") else None
        lines = [json.loads(line) for line in text.splitlines()] if rows is None else rows
        assert len(lines) == count("cases/?mode=air") > 0
    page.goto(f"{server}/en/cases/{CASE}/")
    with page.expect_download() as started:
        page.locator("#cite a[download]", has_text="RIS").click()
    assert "TY  - CASE" in Path(started.value.path()).read_text(encoding="utf-8")


@pytest.mark.long
def test_a_citation_can_be_selected_where_no_button_copies_it(server: str, page: Any) -> None:
    page.goto(f"{server}/en/cases/{CASE}/cite/")
    citation = page.locator(".citation").first
    citation.click(click_count=3)
    selected = page.evaluate("getSelection().toString().trim()")
    assert selected == citation.inner_text().strip()
    assert "Ahmad" in selected
    assert page.locator("button[data-copy]:visible").count() == 0


@pytest.mark.long
def test_a_table_of_ones_own(server: str, page: Any) -> None:
    page.goto(f"{server}/en/insights/table/?database=cases&rows=mode")
    page.select_option("select[name=rows]", "gender")
    page.select_option("select[name=columns]", "verdict")
    press(page, "form.own button")
    assert asked(page)["rows"] == ["gender"]
    assert asked(page)["columns"] == ["verdict"]
    table = page.inner_text(".numbers table")
    assert "Female" in table
    assert "Acquitted" in table
    press(page, ".numbers tbody td a")
    assert first_number(page) > 0


@pytest.mark.long
def test_sentences_are_compared(server: str, page: Any) -> None:
    page.goto(f"{server}/en/insights/comparable-sentences/")
    page.select_option("select[name=mode]", "sea")
    page.select_option("select[name=role]", "crew")
    press(page, "form.own button")
    assert asked(page)["role"] == ["crew"]
    assert page.locator(".compared > li").count() > 5


@pytest.mark.long
def test_laws_are_put_side_by_side(server: str, page: Any) -> None:
    page.goto(f"{server}/en/protocol/compare/")
    places = page.locator("select[name=jurisdiction]")
    places.nth(0).select_option("AUS")
    places.nth(1).select_option("CAN")
    page.locator("input[name=article][value='6.1.a']").check()
    press(page, ".choose button")
    assert page.locator(".comparison thead th").all_inner_texts()[-2:] == ["Australia", "Canada"]
    assert page.locator(".comparison blockquote, .comparison .one").count() > 0


@pytest.mark.long
def test_countries_articles_and_their_records(server: str, page: Any) -> None:
    page.goto(f"{server}/en/countries/")
    page.select_option("select[name=has_cases]", "true")
    page.select_option("select[name=party]", "false")
    press(page, "form.own button")
    assert 0 < page.locator(".places tbody tr:not(.region)").count() < 60
    press(page, ".places tbody tr:not(.region) th a")
    assert page.locator("#cases .figure").count() > 0
    page.goto(f"{server}/en/countries/USA/")
    page.locator(".figure details summary").first.click()
    assert page.locator(".figure details[open] a").first.is_visible()
    page.goto(f"{server}/en/protocol/")
    press(page, ".articles a:has-text('6(1)(a)')")
    assert page.locator(".provisions tbody tr").count() > 20
    page.locator("details.narrow summary").first.click()
    page.select_option("select[name=benefit_element]", "absent")
    press(page, "details.narrow button")
    assert asked(page)["benefit_element"] == ["absent"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/en/data/", "Releases"),
        ("/en/api/", "curl"),
        ("/en/about/", "CC BY 4.0"),
        ("/en/insights/", "Women as offenders"),
        ("/en/search/?q=boat", "Bibliography"),
    ],
)
def test_other_pages_say_all_they_have_to(server: str, page: Any, path: str, told: str) -> None:
    """With scripts switched off a page says the same as with them, and more is not hidden."""
    page.goto(server + path)
    assert told in page.inner_text("main")
    assert page.locator("main :is(p, li, dd, h2, h3)[hidden]").count() == 0


# With scripts


@pytest.mark.long
def test_citations_and_addresses_are_copied(server: str, scripted: Any) -> None:
    scripted.goto(f"{server}/en/cases/{CASE}/cite/")
    scripted.locator("button[data-copy]").first.click()
    copied = scripted.evaluate("navigator.clipboard.readText()")
    assert copied == scripted.locator(".citation").first.inner_text().strip()
    assert scripted.locator("[role=status]").first.inner_text() == "Copied"


@pytest.mark.long
def test_a_long_list_is_narrowed(server: str, scripted: Any) -> None:
    scripted.goto(f"{server}/en/cases/facets/jurisdiction/")
    scripted.fill("main input[type=search]", "turk")
    shown = scripted.locator(".long label:visible").all_inner_texts()
    assert shown
    assert all("rk" in text for text in shown)
    assert scripted.locator(".long label").count() > 20


def choose_at_once(page: Any, address: str) -> Any:
    """The choice to apply boxes at once, made."""
    page.goto(address)
    choice = page.locator(".at-once input")
    assert not choice.is_checked(), "off by default"
    choice.check()
    return choice


def test_boxes_wait_for_the_button_unless_told_otherwise(server: str, scripted: Any) -> None:
    scripted.goto(f"{server}/en/cases/")
    assert scripted.locator(".at-once").is_visible()
    unfold(scripted, "mode").locator("input[value=sea]").check()
    scripted.wait_for_timeout(AFTER_A_WHILE)
    assert scripted.url == f"{server}/en/cases/"


@pytest.mark.long
def test_a_box_is_applied_at_once_and_the_reader_stays_where_they_were(
    server: str, scripted: Any
) -> None:
    """By keyboard alone: the focus comes back to the same box, and the list is scrolled alike."""
    choose_at_once(scripted, f"{server}/en/cases/?q=boat")
    box = unfold(scripted, "role").locator("input[type=checkbox]").nth(2)
    value = box.get_attribute("value")
    box.focus()
    before = scripted.evaluate("document.querySelector('.scroll').scrollTop")
    assert before > 0
    with scripted.expect_navigation():
        scripted.keyboard.press("Space")
    assert asked(scripted) == {"q": ["boat"], "role": [value]}
    assert first_number(scripted) == count(f"cases/?q=boat&role={value}")
    focused = scripted.evaluate("[document.activeElement.name, document.activeElement.value]")
    assert focused == ["role", value]
    assert abs(scripted.evaluate("document.querySelector('.scroll').scrollTop") - before) < 40
    with scripted.expect_navigation():
        scripted.keyboard.press("Space")
    assert asked(scripted) == {"q": ["boat"]}


@pytest.mark.long
def test_several_boxes_in_a_row_are_one_search(server: str, scripted: Any) -> None:
    choose_at_once(scripted, f"{server}/en/cases/")
    boxes = unfold(scripted, "mode").locator("input[type=checkbox]")
    asked_for: list[str] = []
    scripted.on("framenavigated", lambda frame: asked_for.append(frame.url))
    with scripted.expect_navigation():
        boxes.nth(0).check()
        boxes.nth(1).check()
    scripted.wait_for_timeout(AFTER_A_WHILE)
    assert len(asked(scripted)["mode"]) == 2
    assert len(asked_for) == 1


@pytest.mark.long
def test_the_choice_is_remembered_and_can_be_taken_back(server: str, scripted: Any) -> None:
    choose_at_once(scripted, f"{server}/en/cases/")
    scripted.goto(f"{server}/en/legislation/")
    choice = scripted.locator(".at-once input")
    assert choice.is_checked()
    choice.uncheck()
    unfold(scripted, "jurisdiction").locator("input[type=checkbox]").first.check()
    scripted.wait_for_timeout(AFTER_A_WHILE)
    assert scripted.url == f"{server}/en/legislation/"
    assert "at-once" not in json.dumps(asked(scripted))
    press(scripted, ".apply button")
    assert list(asked(scripted)) == ["jurisdiction"], "the choice is no part of the search"
    assert not scripted.locator(".at-once input").is_checked()


@pytest.mark.long
def test_where_nothing_may_be_stored_there_is_no_choice_and_all_else_works(
    server: str, scripted: Any
) -> None:
    scripted.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    scripted.goto(f"{server}/en/cases/")
    assert scripted.locator(".at-once").is_hidden()
    unfold(scripted, "mode").locator("input[value=sea]").check()
    press(scripted, ".apply button")
    assert asked(scripted) == {"mode": ["sea"]}
