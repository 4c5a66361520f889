"""Pages for every reader: axe, zoom, spacing, motion, forced colours, right to left."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from caselaw.models import Case
from portal.records.models import State
from tests.readers import PAGES, axe, visiting
from tests.test_browser import CHROMIUM, browser  # noqa: F401

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

LANGUAGES = ["ar", "zh", "en", "fr", "ru", "es"]
WIDTHS = [1280, 768, 320]
LOOKS = [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
KEPT_LOOKS = [(1280, "light"), (320, "dark")]
#: The pages of a language are looked at in so many tests, so that no worker is left waiting.
PARTS = 4
#: Kinds of pages that between them hold all pieces.
SOME = [PAGES[place] for place in (0, 2, 3, 8, 13, 18, 21)]
#: WCAG 2.2, 1.4.12: what readers may set.
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-block-end: 2em !important; }"""
CASE = "gbr-2021-old-bailey-39-vietnamese"


def headers(language: str) -> dict[str, str]:
    """The admin has no language in its addresses: it follows the browser's."""
    return {"Accept-Language": "zh-hans" if language == "zh" else language}


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(
    server: str,
    browser: Any,  # noqa: F811
    language: str,
    part: int,
) -> None:
    """Every kind of page, light and dark, at three widths: no violation, no message, all fits.

    Two looks of each page are kept as pictures, for those who want to see them all.
    """
    source = axe()
    with visiting(browser, server, extra_http_headers=headers(language)) as visit:
        for place, path in list(enumerate(PAGES))[part::PARTS]:
            for width, scheme in LOOKS:
                visit.page.set_viewport_size({"width": width, "height": 900})
                visit.page.emulate_media(color_scheme=scheme)
                if (width, scheme) == LOOKS[0]:
                    visit.goes(path.format(language))
                    visit.headings_are_in_order()
                visit.fits(f"{width}")
                visit.has_no_violation(source, f"{width} {scheme}")
                if (width, scheme) in KEPT_LOOKS:
                    visit.is_kept(f"pages/{language}/{place:02}-{width}-{scheme}")


@pytest.mark.parametrize(
    ("language", "path"),
    [("ar", PAGES[2]), ("ru", PAGES[3]), ("fr", PAGES[8]), ("zh", PAGES[0]), ("es", PAGES[-1])],
)
def test_axe_finds_nothing_on_some_pages(
    server: str,
    browser: Any,  # noqa: F811
    language: str,
    path: str,
) -> None:
    source = axe()
    with visiting(browser, server, extra_http_headers=headers(language)) as visit:
        visit.page.emulate_media(color_scheme="dark")
        visit.goes(path.format(language))
        assert visit.page.get_attribute("html", "lang").startswith(language)
        visit.headings_are_in_order()
        for width in (1280, 320):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.fits(f"{width}")
        visit.has_no_violation(source)


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_of_a_withdrawn_record_is_sound(
    server: str,
    browser: Any,  # noqa: F811
    language: str,
) -> None:
    """The browser's server does not see this test's transaction: it is given the answer."""
    Case.objects.filter(code=CASE).update(
        state=State.WITHDRAWN, withdrawal_reason="A second record of the same case"
    )
    path = f"/{language}/cases/{CASE}/"
    answer = Client().get(path)
    assert answer.status_code == 410
    with visiting(browser, server) as visit:
        visit.page.route(
            f"{server}{path}",
            lambda route: route.fulfill(
                status=410, body=answer.content, headers=dict(answer.headers)
            ),
        )
        visit.goes(path)
        assert visit.status == 410
        visit.headings_are_in_order()
        for width in WIDTHS:
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.fits(f"{width}")
        visit.has_no_violation(axe())


@pytest.mark.long
@pytest.mark.parametrize(
    "pages", [SOME[:4], pytest.param(PAGES, marks=pytest.mark.long)], ids=["some", "all"]
)
@pytest.mark.parametrize("language", ["ar", "ru"])
def test_twice_the_size_and_wider_spacing_lose_nothing(
    server: str,
    browser: Any,  # noqa: F811
    language: str,
    pages: list[str],
) -> None:
    """At 200 % a window of 1280 by 900 has room for 640 by 450; the longest words are Russian."""
    window = {"width": 640, "height": 450}
    with visiting(browser, server, viewport=window, bypass_csp=True) as visit:
        for path in pages:
            visit.goes(path.format(language))
            visit.fits("200 %")
            visit.texts_are_whole("200 %")
            visit.page.add_style_tag(content=SPACING)
            visit.fits("spacing")
            visit.texts_are_whole("spacing")
            visit.page.set_viewport_size({"width": 1280, "height": 900})
            visit.texts_are_whole("spacing, wide")
            visit.page.set_viewport_size(window)


@pytest.mark.long
def test_nothing_moves_for_who_wants_no_motion(server: str, browser: Any) -> None:  # noqa: F811
    moving = """() => [...document.querySelectorAll("*")].flatMap((e) => {
      const s = getComputedStyle(e);
      const moves = [s.transitionDuration, s.animationDuration].some((d) => /[1-9]/.test(d));
      return moves || s.scrollBehavior === "smooth" ? [`${e.tagName}.${e.className}`] : [];
    })"""
    for motion, found in (("reduce", []), ("no-preference", ["HTML."])):
        with visiting(browser, server, reduced_motion=motion) as visit:
            for path in SOME[:3]:
                visit.goes(path.format("en"))
                assert visit.page.evaluate(moving) == found


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_hide_nothing(server: str, browser: Any, scheme: str) -> None:  # noqa: F811
    """No text in the colour of what lies behind it; the current place, bars and boxes are seen."""
    hidden = """() => {
      const canvas = getComputedStyle(document.body).backgroundColor;
      return [...document.body.querySelectorAll("*")].filter((e) => {
        const s = getComputedStyle(e);
        const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        return own && e.checkVisibility() && s.forcedColorAdjust === "auto" && s.color === canvas;
      }).map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 30)}`);
    }"""
    look = {"forced_colors": "active", "color_scheme": scheme}
    with visiting(browser, server, **look) as visit:
        page = visit.page

        def colour(selector: str, name: str, pseudo: str = "") -> str:
            of = "([s, n, p]) => getComputedStyle(document.querySelector(s), p || null)[n]"
            return str(page.evaluate(of, [selector, name, pseudo]))

        for path in SOME:
            visit.goes(path.format("en"))
            for text in page.evaluate(hidden):
                visit.note(f"in the colour of the page: {text}")
        visit.goes(SOME[1].format("en"))
        assert colour(".menu [aria-current]", "borderBottomColor") != colour(
            ".menu a:not([aria-current])", "borderBottomColor"
        )
        behind = colour("body", "backgroundColor")
        assert colour(".chips a", "borderTopColor") != behind
        assert colour("mark", "backgroundColor") != behind
        visit.goes(SOME[2].format("en"))
        assert colour("[aria-invalid=true]", "outlineStyle") == "solid"
        visit.goes("/en/insights/sentences/")
        assert colour(".spread rect", "stroke") != behind
        assert colour(".spread .mid", "stroke") not in (behind, colour(".spread rect", "fill"))


def test_a_fault_in_a_field_is_listed_told_and_reached(server: str, browser: Any) -> None:  # noqa: F811
    for path, field in (
        ("/en/cases/?decided_from=x", "decided_from"),
        ("/en/insights/modes/?decided_from=x", "decided_from"),
    ):
        with visiting(browser, server) as visit:
            visit.goes(path)
            page = visit.page
            box = page.locator(f"[name={field}]")
            assert box.get_attribute("aria-invalid") == "true"
            told = page.locator(f"#{box.get_attribute('aria-describedby')}")
            assert told.inner_text()
            notice = page.get_by_role("alert")
            assert told.inner_text() in notice.inner_text()
            link = notice.locator(f"a[href='#{box.get_attribute('id')}']")
            assert link.inner_text() == box.locator("xpath=../span").inner_text()
            link.focus()
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.name") == field
            assert box.is_visible()


def test_the_number_of_results_is_in_title_and_heading(server: str, browser: Any) -> None:  # noqa: F811
    with visiting(browser, server) as visit:
        visit.goes("/en/cases/?q=boat&mode=sea")
        heading = visit.page.get_by_role("region").get_by_role("heading", level=2).first
        number = heading.inner_text().split()[0]
        assert int(number) > 0
        assert visit.page.title().startswith(f"{number} cases")
        assert heading.get_attribute("id") == "results"
        rows = visit.page.locator("section.results ol.rows > li")
        assert visit.page.locator("section.results ol.rows h3 a").count() == rows.count() > 0


#: Texts in Latin letters that begin or end with what has no direction of its own, such as
#: brackets, and would stand in the wrong order where they are not isolated. (Digits that follow
#: Latin letters go with them: Unicode Bidirectional Algorithm, W7.)
LOOSE = r"""() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    const said = text.data.trim();
    const e = text.parentElement;
    if (!/\p{Script=Latin}{2}/u.test(said) || /\p{Script=Arabic}/u.test(said)) continue;
    if (e.closest("svg, option, code, pre, bdi, [dir]:not(html)") || !e.checkVisibility()) continue;
    if (/^[^\p{L}]|[^\p{L}\p{N}]$/u.test(said)) found.push(`${e.tagName}.${e.className}: ${said}`);
  }
  return [...new Set(found)].slice(0, 12);
}"""


#: Numbers of articles, as "6(1)(a)", of which the end stands before the beginning.
TURNED = r"""() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const left = (text, at) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect();
  };
  for (let text; (text = texts.nextNode()); ) {
    if (!text.parentElement.checkVisibility()) continue;
    for (const code of text.data.matchAll(/\d+(\(\w+\))+/g)) {
      const first = left(text, code.index);
      const last = left(text, code.index + code[0].length - 2);
      if (first.top === last.top && first.left >= last.left) found.push(text.data.trim());
    }
  }
  return [...new Set(found)].slice(0, 5);
}"""


@pytest.mark.long
@pytest.mark.parametrize(
    "pages", [SOME, pytest.param(PAGES, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_latin_texts_and_codes_are_isolated_in_arabic(
    server: str,
    browser: Any,  # noqa: F811
    pages: list[str],
) -> None:
    with visiting(browser, server) as visit:
        for path in pages:
            if path.startswith("/{}/") and "/api/" not in path:
                visit.goes(path.format("ar"))
                for text in visit.page.evaluate(LOOSE):
                    visit.note(f"not isolated: {text}")
                for text in visit.page.evaluate(TURNED):
                    visit.note(f"turned around: {text}")


@pytest.mark.long
def test_drawings_and_arrows_turn_with_the_language(server: str, browser: Any) -> None:  # noqa: F811
    """Scales, routes and lists run from the right in Arabic; their numbers are not mirrored."""
    left = "(s) => [...document.querySelectorAll(s)].map((e) => e.getBoundingClientRect().left)"
    arrow = "getComputedStyle(document.querySelector('.arrow'), '::before').content"
    for language, order in (("en", 1), ("ar", -1)):
        with visiting(browser, server) as visit:
            page = visit.page
            visit.goes(f"/{language}/insights/sentences/")
            scale = page.evaluate(left, "thead .spread text")
            assert len(scale) > 3
            assert scale == sorted(scale)[::order]
            transforms = """() => [".spread", ".spread text"].reduce((all, s) => all.multiply(
              new DOMMatrix(getComputedStyle(document.querySelector(s)).transform)),
              new DOMMatrix()).a"""
            assert page.evaluate(transforms) == 1
            visit.goes(f"/{language}/cases/{CASE}/")
            route = page.evaluate(left, ".route.across > *")
            assert len(route) == 3
            assert route == sorted(route)[::order]
            page.evaluate("document.querySelector('main').append(document.createElement('i'))")
            page.evaluate("document.querySelector('main > i').className = 'arrow'")
            assert page.evaluate(arrow) == ('"→"' if order == 1 else '"←"')
