"""A curator's way to a new case by keyboard alone, on a copy of the test database."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django_otp.oath import totp

from tests.readers import Visit
from tests.test_browser import CHROMIUM, browser  # noqa: F401
from tests.test_curator import (  # noqa: F401
    PASSWORD,
    Curator,
    copied_database,
    opened,
    portal,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def test_a_curator_signs_in_and_enters_a_case(opened: Callable[[str], Curator]) -> None:  # noqa: F811
    """Password, authenticator and the form of a case, on the portal that curators use."""
    ada = opened("ada")
    page = ada.page
    visit = Visit(page, ada.portal, "/admin/")

    def to(selector: str) -> None:
        for _step in range(300):
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
            visit.focus_is_seen()
        raise AssertionError(selector)

    def enters() -> None:
        with page.expect_navigation():
            page.keyboard.press("Enter")

    ada.goes("/admin/")
    to("#id_username")
    page.keyboard.type("ada")
    to("#id_password")
    page.keyboard.type(PASSWORD)
    enters()
    secret = ada.reads(".secret").replace(" ", "")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    to("#code-form input[type=text]")
    page.keyboard.type(f"{totp(key):06d}")
    enters()
    ada.goes("/admin/")
    to("a[href='/admin/caselaw/case/add/']")
    enters()
    to("#id_code")
    page.keyboard.type("fra-2031-by-keyboard")
    to("#id_title")
    page.keyboard.type("A case that was typed")
    to("[name=jurisdiction] + .select2 .select2-selection")
    page.keyboard.press("Space")
    page.wait_for_function("document.activeElement.matches('.select2-search__field')")
    with page.expect_response(lambda answer: "term=Franc" in answer.url):
        page.keyboard.type("Franc")
    page.locator(".loading-results").wait_for(state="detached")
    for _option in range(10):
        if page.inner_text(".select2-results__option--highlighted") == "France":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    chosen = ada.reads("[name=jurisdiction] + .select2 .select2-selection__rendered")
    assert chosen.endswith("France")
    to("input[name=_continue]")
    enters()
    assert page.input_value("#id_code") == "fra-2031-by-keyboard"
    assert page.input_value("#id_title") == "A case that was typed"
    assert not visit.wrong, "\n".join(dict.fromkeys(visit.wrong))
