"""What browsers are told to forbid, and that no page of ours runs into it."""

from __future__ import annotations

from typing import Any

from tests.chromium import MARKS, browser  # noqa: F401 - a fixture

pytestmark = MARKS

_LISTEN = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (e) => window.broken.push(
  [e.effectiveDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.columnNumber, e.sample].join(" ")));
"""


def test_x(server: str, browser: Any) -> None:  # noqa: F811
    page = browser.new_page()
    page.add_init_script(_LISTEN)
    page.on("console", lambda m: print("CONSOLE", m.type, m.text, m.location))
    page.goto(server + "/api/reference/")
    page.wait_for_selector(".opblock", timeout=60000)
    print(page.evaluate("window.broken"))
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".try-out__btn")
    page.locator(".try-out__btn").first.click()
    page.locator(".execute").first.click()
    page.wait_for_selector(".live-responses-table")
    print(page.evaluate("window.broken"))
    assert 0
