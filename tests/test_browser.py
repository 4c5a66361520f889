"""Pages in Chromium: nothing for axe to find, nothing wider than the window, no broken policy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

CHROMIUM = next(
    (path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

#: Some of many kinds; all kinds in all languages are in `test_readers.py`.
PAGES = [
    "/en/",
    "/zh/about/",
    "/ru/search/?q=boat",
    "/en/cases/facets/region/?q=boat",
    "/ar/cases/facets/jurisdiction/",
    "/en/bibliography/?q=interviews+with+North+Koreans+who+escaped+to+China",
    "/fr/cases/?q=boat&mode=sea&modus=1",
    "/es/cases/?q=zzzzzz",
    "/en/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/en/cases/aus-2012-r-v-ahmad/",
    "/ar/cases/aus-2012-r-v-ahmad/",
    "/ru/legislation/",
    "/en/legislation/aus-migration-act-1958/",
    "/ar/legislation/?article=6.1.a",
    "/en/bibliography/?topic=gender",
    "/en/bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    "/ar/insights/routes/",
    "/en/insights/women-as-offenders/",
    "/es/countries/ITA/",
    "/zh/protocol/6.1.a/",
    "/en/protocol/compare/?jurisdiction=AUS,CAN&article=6.1.a,5",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    quiet = ["disable-gpu", "disable-background-networking", "disable-component-update"]
    # Playwright keeps an event loop in this thread, beside which Django would refuse to work.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    arguments = ["--no-sandbox", *(f"--{name}" for name in quiet)]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
        # Beside that loop Django keeps connections of its own, which nobody else would close.
        connections.close_all()
    monkeypatch.undo()


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def _note(wrong: list[str], path: str, message: Any) -> None:
    """What the browser itself complains of, as of a broken Content-Security-Policy."""
    if message.type == "error":
        wrong.append(f"{path}: {message.text}")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (320, "light"),
        pytest.param(390, "dark", marks=pytest.mark.long),
        pytest.param(1280, "light", marks=pytest.mark.long),
    ],
)
def test_pages_are_sound(server: str, browser: Any, axe: str, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=False
    )
    wrong: list[str] = []
    for path in PAGES:
        page = context.new_page()
        page.on(
            "console",
            lambda m, p=path: wrong.append(f"{p}: {m.text}") if m.type == "error" else None,
        )
        page.goto(server + path)
        found = page.evaluate("document.documentElement.scrollWidth")
        if found > width:
            wrong.append(f"{path}: {found} pixels wide in a window of {width}")
        if width < 390:
            page.close()
            continue
        # axe comes through the debugging protocol: the page's own policy would refuse it.
        page.evaluate(axe)
        for violation in page.evaluate("axe.run()")["violations"]:
            targets = [node["target"] for node in violation["nodes"][:3]]
            wrong.append(f"{path}: {violation['id']} {targets}")
        page.close()
    context.close()
    assert not wrong, "\n".join(wrong)


def test_a_researcher_searches_filters_and_comes_back(server: str, browser: Any) -> None:
    """With scripts switched off: words, a filter, a record, back, and a chip taken away."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/en/")
    page.fill("input[name=q]", "boat")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/en/search/?q=boat")
    page.goto(f"{server}/en/cases/?q=boat")
    before = page.inner_text("#results")
    page.check("input[name=mode][value=sea]")
    with page.expect_navigation():
        page.click("button:has-text('Apply')")
    assert "mode=sea" in page.url
    assert "has_fee" not in page.url, "empty boxes do not stay in the address"
    filtered = page.inner_text("#results")
    assert filtered != before
    with page.expect_navigation():
        page.click("section.results h3 a")
    assert page.locator("h1").count() == 1
    assert "mode=sea" not in page.url
    page.go_back()
    assert page.inner_text("#results") == filtered
    assert page.is_checked("input[name=mode][value=sea]")
    context.close()


def test_a_long_facet_unfolds_beside_the_results_and_is_narrowed(server: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("console", lambda message: _note(wrong, "facet", message))
    page.goto(f"{server}/en/cases/?q=boat")
    boxes = page.locator(".filters input[name=jurisdiction]")
    before = boxes.count()
    page.locator(".filters a[data-unfold]").first.click()
    page.wait_for_selector(".filters .long label")
    values = [box.get_attribute("value") for box in boxes.all()]
    assert len(values) == len(set(values)) > before
    page.fill(".filters fieldset input[type=search]", "kor")
    shown = page.locator(".filters .long label:visible")
    assert shown.count() == 1
    shown.first.locator("input").check()
    page.locator(".apply button").first.click()
    page.wait_for_url("**jurisdiction=KOR**")
    assert not wrong
    page.close()
