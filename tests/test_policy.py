"""No page of any kind breaks its Content-Security-Policy, as the browser itself sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from tests.admin_forms import address
from tests.chromium import MARKS, browser  # noqa: F401 - a fixture
from tests.conftest import reader
from tests.readers import PAGES

pytestmark = MARKS

SITE = "http://testserver"
_LISTEN = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => window.broken.push(
  `${event.effectiveDirective} ${event.blockedURI} at line ${event.lineNumber}`));
"""


@pytest.fixture
def page(admin_client: Client, browser: Any) -> Iterator[Any]:  # noqa: F811
    """A page of the browser; a curator's client answers for the admin, a reader's for the rest."""
    # Playwright calls in a context of its own, in which Django would open another connection.
    here = copy_context()

    def answer(route: Any) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.startswith("/static/"):
            found = finders.find(parts.path.removeprefix("/static/"))
            route.fulfill(path=str(found)) if found else route.fulfill(status=404)
            return
        is_admin = parts.path.startswith("/admin/") and "login" not in parts.path
        asked = (admin_client if is_admin else reader()).get
        response = here.run(asked, f"{parts.path}?{parts.query}")
        body = b"".join(response) if response.streaming else response.content
        names = ("content-type", "content-security-policy")
        headers = {name: response.headers[name] for name in names if name in response.headers}
        route.fulfill(status=response.status_code, headers=headers, body=body)

    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.add_init_script(_LISTEN)
    opened.route("**/*", answer)
    yield opened
    opened.close()


def of_admin() -> list[str]:
    """Pages of the admin of each kind."""
    found = [reverse(f"admin:{name}") for name in ("index", "password_change", "security")]
    for model in (Case, Law, Work):
        first = model._default_manager.order_by("code").first()
        assert first is not None
        found += [address(model, view) for view in ("changelist", "add")]
        found += [address(model, view, first.pk) for view in ("change", "history", "delete")]
    slugs = ("imports_importrun_new",)
    return [*found, *(reverse(f"admin:{name}", args=["cases"]) for name in slugs)]


def broken(page: Any, paths: list[str]) -> list[str]:
    """What the browser tells of each page, once it is loaded."""
    wrong = []
    for path in paths:
        page.goto(SITE + path)
        page.wait_for_load_state("networkidle")
        wrong += [f"{path}: {said}" for said in page.evaluate("window.broken")]
    return wrong


def test_no_page_of_readers_breaks_its_policy(page: Any) -> None:
    assert not broken(page, [path.replace("{}", "en") for path in PAGES[::3]])


@pytest.mark.long
def test_no_page_at_all_breaks_its_policy(page: Any) -> None:
    paths = [path.replace("{}", language) for path in PAGES for language in ("en", "ar")]
    assert not broken(page, [*paths, "/id/nothing", "/robots.txt"])


def test_no_page_of_curators_breaks_its_policy(page: Any) -> None:
    assert not broken(page, of_admin())


def test_the_reference_tries_the_api_out_under_the_policy(page: Any) -> None:
    page.goto(f"{SITE}/api/reference/")
    page.wait_for_selector(".opblock", timeout=60_000)
    page.locator(".opblock-summary-control").first.click()
    page.locator(".try-out__btn").first.click()
    page.locator(".execute").first.click()
    page.wait_for_selector(".live-responses-table .response", timeout=60_000)
    assert page.evaluate("window.broken") == []


@pytest.mark.parametrize(
    "script",
    [
        "document.head.append(Object.assign(document.createElement('style'), {innerHTML: 'a{}'}))",
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
        "document.body.setAttribute('style', 'color: red')",
        "new Image().src = 'https://elsewhere.example/x.png'",
    ],
)
def test_the_browser_would_tell(page: Any, script: str) -> None:
    """The tests' own teeth."""
    page.goto(f"{SITE}/en/about/")
    page.evaluate(script)
    page.wait_for_function("window.broken.length > 0")
