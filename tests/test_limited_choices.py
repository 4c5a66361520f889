"""Choosing a law or a provision: what the boxes offer, for whom, and what the server warns of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.test import Client

from caselaw.models import Case, LawApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from tests.admin_forms import add_case, address, errors, open_page, send
from tests.test_browser import CHROMIUM, browser  # noqa: F401
from tests.test_roles import signed_in
from tests.test_suggestions import applied, law

pytestmark = pytest.mark.django_db

URL = "/admin/autocomplete/"


def offered(client: Client, within: str | None, term: str = "", field: str = "law") -> list[str]:
    """The texts of the first page of choices."""
    model = "lawapplied" if field == "law" else "provisionapplied"
    asked = {"app_label": "caselaw", "model_name": model, "field_name": field, "term": term}
    answer = client.get(URL, asked if within is None else {**asked, "within": within})
    assert answer.status_code == 200, answer.status_code
    return [choice["text"] for choice in json.loads(answer.content)["results"]]


def codes(texts: list[str]) -> set[str]:
    return {text.rpartition("(")[2].rstrip(")") for text in texts}


def test_laws_are_those_of_the_jurisdiction_and_of_bodies_whose_law_applies(
    admin_client: Client,
) -> None:
    french = codes(offered(admin_client, "FRA"))
    union = {code for code in french if code.startswith("eue-")}
    assert french
    assert union
    assert {code[:3] for code in french} == {"fra", "eue"}
    assert {code[:3] for code in codes(offered(admin_client, "AUS"))} == {"aus"}
    assert codes(offered(admin_client, "NOR")) == set(
        Law.objects.filter(jurisdiction="NOR").values_list("code", flat=True)
    ), "Norway is no member of the Union"
    assert len({code[:3] for code in codes(offered(admin_client, "XCE"))}) > 3, (
        "an international court judges by the law of any State"
    )


def test_without_a_jurisdiction_all_are_offered_and_an_unknown_one_offers_none(
    admin_client: Client,
) -> None:
    everything = offered(admin_client, None)
    assert len({code[:3] for code in codes(everything)}) > 3
    assert offered(admin_client, "") == everything
    for unknown in ("XXX", "fra", "FRA ", "' OR 1=1", "\x00", "9" * 400):
        assert offered(admin_client, unknown) == []
        assert offered(admin_client, unknown, field="provision") == []


def test_a_law_of_another_jurisdiction_is_found_by_its_exact_code(admin_client: Client) -> None:
    assert codes(offered(admin_client, "FRA", "aus-migration-act-1958")) == {
        "aus-migration-act-1958"
    }
    assert offered(admin_client, "FRA", "aus-migration-act") == []
    assert offered(admin_client, "FRA", "Migration Act 1958") == []


def test_provisions_are_those_of_the_law(admin_client: Client) -> None:
    act = Law.objects.get(code="aus-migration-act-1958")
    found = offered(admin_client, str(act.pk), field="provision")
    assert len(found) == Provision.objects.filter(law=act).count()
    assert {text.rpartition("(")[2].partition(":")[0] for text in found} == {act.code}
    assert offered(admin_client, "999999", field="provision") == []
    assert len(offered(admin_client, "", field="provision")) == 20


def test_choices_show_nothing_that_one_may_not_see() -> None:
    user = User.objects.create_user("case-only", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_case"))
    client = signed_in(user)
    for field, within in (("law", "FRA"), ("law", ""), ("provision", "1")):
        model = "lawapplied" if field == "law" else "provisionapplied"
        asked = {"app_label": "caselaw", "model_name": model, "field_name": field}
        answer = client.get(URL, {**asked, "term": "act", "within": within})
        assert answer.status_code == 403
    # What is suggested are laws too.
    act = law("whaling", "Whaling Act")
    row = applied("Whaling Act")
    for place in (address(LawApplied, "changelist"), address(Case, "change", row.case_id)):
        for query in ({}, {"link": "likely"}):
            shown = client.get(place, query)
            assert shown.status_code in (200, 302)
            assert b"isl-whaling" not in shown.content
            assert b"/accept/" not in shown.content
    client.post(f"/admin/caselaw/lawapplied/{row.pk}/accept/", {"law": act.pk})
    row.refresh_from_db()
    assert row.law is None


def test_what_cannot_be_limited_offers_nothing_when_asked_to(admin_client: Client) -> None:
    asked = {"app_label": "caselaw", "model_name": "case", "field_name": "jurisdiction"}
    assert json.loads(admin_client.get(URL, asked).content)["results"]
    answer = admin_client.get(URL, {**asked, "within": "FRA"})
    assert json.loads(answer.content)["results"] == []


def test_choices_cost_ten_queries_at_most(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    act = Law.objects.get(code="aus-migration-act-1958")
    with django_assert_max_num_queries(10):
        offered(admin_client, "FRA", "directive")
    with django_assert_max_num_queries(10):
        offered(admin_client, str(act.pk), "s", field="provision")


def test_the_boxes_say_what_they_depend_on(admin_client: Client) -> None:
    row = LawApplied.objects.filter(law__isnull=False).earliest("pk")
    page = admin_client.get(address(Case, "change", row.case_id)).content.decode()
    assert 'data-within="jurisdiction"' in page
    first, second = page.index("admin/js/autocomplete.js"), page.index("js/limited-choices.js")
    assert first < second, "the one extends what the other begins"
    own = admin_client.get(address(LawApplied, "change", row.pk)).content.decode()
    assert f'data-within-value="{row.case.jurisdiction_id}"' in own
    assert 'data-within="law"' in own
    other = admin_client.get("/admin/legislation/law/add/").content.decode()
    assert "data-within" not in other


def test_a_case_with_a_law_of_another_jurisdiction_is_saved_with_a_warning(
    admin_client: Client,
) -> None:
    case = add_case(admin_client)
    foreign = Law.objects.get(code="aus-migration-act-1958")
    page = open_page(admin_client, Case, case.pk)
    page.add_row("laws_applied", law_text="Migration Act", law=foreign.pk)
    answer = send(admin_client, Case, page, case.pk)
    assert answer.status_code == 302
    assert case.laws_applied.get().law == foreign
    said = [str(message) for message in admin_client.get(answer["Location"]).context["messages"]]
    assert any("law of another jurisdiction: Australia" in text for text in said)
    own = Law.objects.filter(jurisdiction="FRA").earliest("pk")
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"laws_applied-0-law": own.pk})
    answer = send(admin_client, Case, page, case.pk)
    said = [str(message) for message in admin_client.get(answer["Location"]).context["messages"]]
    assert not any("another jurisdiction" in text for text in said)


@pytest.mark.parametrize("key", ["9" * 5_000, "9" * 30, "²", "x", "-1"])
def test_what_can_be_no_key_is_refused_at_its_field(admin_client: Client, key: str) -> None:
    case = add_case(admin_client)
    page = open_page(admin_client, Case, case.pk)
    page.add_row("laws_applied", law_text="Migration Act", law=key)
    answer = send(admin_client, Case, page, case.pk)
    assert set(errors(answer)["laws_applied"][0]) == {"law"}
    page = open_page(admin_client, Provision)
    page.fill(number="s 1", law=key)
    assert set(errors(send(admin_client, Provision, page))) == {"law"}
    for model in (Law, Provision):
        path = address(model, "change", 1).replace("/1/", f"/{quote(key)}/")
        assert admin_client.post(path, {"_save": "Save"}).status_code in (302, 404, 414)


@pytest.fixture
def desk(admin_client: Client, browser: Any) -> Iterator[Any]:  # noqa: F811
    """A page of the browser whose every request the curator's client answers."""
    # Playwright calls in a context of its own, in which Django would open another connection.
    here = copy_context()

    def answer(route: Any) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.startswith("/static/"):
            route.fulfill(path=str(finders.find(parts.path.removeprefix("/static/"))))
            return
        response = here.run(admin_client.get, f"{parts.path}?{parts.query}")
        names = ("content-type", "content-security-policy")
        headers = {name: response.headers[name] for name in names if name in response.headers}
        route.fulfill(status=response.status_code, headers=headers, body=response.content)

    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("**/*", answer)
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_boxes_follow_what_the_form_holds_at_the_moment(desk: Any) -> None:
    wrong: list[str] = []
    desk.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    desk.on("pageerror", lambda error: wrong.append(str(error)))
    desk.goto(f"http://portal.test{address(Case, 'add')}")

    def choose(box: str, term: str) -> list[str]:
        """Open a box and type; the choices that it offers then."""
        desk.click(f"{box} + .select2")
        with desk.expect_response(lambda r: f"term={term}" in r.url):
            box_to_type_in = desk.locator(".select2-container--open .select2-search__field")
            box_to_type_in.press_sequentially(term)
        desk.wait_for_selector(".loading-results", state="detached")
        return [text.strip() for text in desk.locator(".select2-results__option").all_inner_texts()]

    desk.locator("#laws_applied-group .add-row").locator("a, button").first.click()
    everywhere = choose("#id_laws_applied-0-law", "code")
    assert len(everywhere) > 10
    desk.keyboard.press("Escape")
    for place, begin in (("Poland", "pol-"), ("Serbia", "srb-")):
        choose("#id_jurisdiction", place)
        desk.locator(".select2-results__option").first.click()
        found = choose("#id_laws_applied-0-law", "code")
        assert any(f"({begin}" in text for text in found), (place, found)
        assert all(f"({begin}" in text or "(eue-" in text for text in found)
        desk.keyboard.press("Escape")
    assert not wrong, wrong


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_a_suggested_link_asks_before_it_loses_what_was_typed(desk: Any) -> None:
    act = law("whaling", "Whaling Act")
    row = applied("Whaling Act")
    asked: list[str] = []
    sent: list[str | None] = []
    answers = [False, True]
    url = f"http://portal.test{address(Case, 'change', row.case_id)}"

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        if answers.pop(0):
            dialog.accept()
        else:
            dialog.dismiss()

    def accept(route: Any) -> None:
        sent.append(route.request.post_data)
        route.fulfill(status=200, content_type="text/plain", body="linked")

    desk.on("dialog", answer)
    desk.route(f"**/lawapplied/{row.pk}/accept/**", accept)

    def link() -> None:
        desk.get_by_role("button", name="Link to it").click()

    desk.goto(url)
    desk.click("text=Add another Defendant")
    link()
    desk.wait_for_selector("text=linked")
    assert asked == [], "a row without words is nothing to lose"
    desk.goto(url)
    desk.click("text=Add another Defendant")
    desk.fill("[name=defendants-0-label]", "Defendant 1")
    link()
    assert len(asked) == 1
    assert "not saved" in asked[0]
    assert desk.input_value("[name=defendants-0-label]") == "Defendant 1"
    assert len(sent) == 1
    link()
    desk.wait_for_selector("text=linked")
    assert len(asked) == len(sent) == 2
    assert all(f"law={act.pk}" in (body or "") for body in sent)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize(
    "change",
    [
        "document.querySelector('[name=facts]').value += ' more'",
        "document.querySelector('[name=state]').selectedIndex += 1",
        "document.querySelector('[name=modes]').click()",
        "document.querySelector('form').insertAdjacentHTML('afterend', '<p class=errornote>')",
        "django.jQuery('#id_jurisdiction').append(new Option('x', 'FRA', false, true))",
    ],
)
def test_whatever_was_changed_on_the_page_of_a_case_is_asked_about(desk: Any, change: str) -> None:
    law("whaling", "Whaling Act")
    row = applied("Whaling Act")
    asked: list[str] = []

    def dismiss(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    desk.on("dialog", dismiss)
    desk.goto(f"http://portal.test{address(Case, 'change', row.case_id)}")
    desk.evaluate(change)
    desk.get_by_role("button", name="Link to it").click()
    assert len(asked) == 1
