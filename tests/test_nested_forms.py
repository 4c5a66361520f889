"""Defendants with their charges on one page: entered, corrected, refused, and without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from bibliography.models import Work
from caselaw.models import Case, Charge, Defendant
from legislation.models import Law
from portal.records.models import Record, Revision
from portal.reference.meanings import meaning
from portal.search.models import SearchDocument
from tests.admin_forms import (
    CODE,
    Page,
    add_case,
    address,
    errors,
    open_page,
    public_case,
    read,
    save,
    send,
)
from tests.test_browser import browser  # noqa: F401 - a fixture
from tests.test_roles import case_of, curator, signed_in

pytestmark = pytest.mark.django_db


def offences(case: Case) -> dict[str, list[str]]:
    """The offences of each defendant, in their order."""
    return {
        defendant.label: [charge.offence for charge in defendant.charges.all()]
        for defendant in case.defendants.all()
    }


def revisions(record: Record) -> list[Revision]:
    return list(Revision.objects.of(record).order_by("number"))


def enter_two(page: Page) -> None:
    """Two defendants with three charges between them."""
    page.fill(code=CODE, title="Zwetschgen crossing", jurisdiction="FRA")
    for label, charged in [("Defendant 1", ["Transport", "Forgery"]), ("Defendant 2", ["Help"])]:
        row = page.add_row("defendants", label=label)
        page.fill(**{f"defendants-{row}-charges-0-offence": charged[0]})
        for offence in charged[1:]:
            page.add_row(f"defendants-{row}-charges", offence=offence, verdict="verdicts:acquitted")


@pytest.fixture
def case(admin_client: Client) -> Case:
    page = open_page(admin_client, Case)
    enter_two(page)
    response = send(admin_client, Case, page)
    assert response.status_code == 302, errors(response)
    return Case.objects.get(code=CODE)


def test_new_defendants_come_with_their_charges_in_one_save(case: Case) -> None:
    assert offences(case) == {"Defendant 1": ["Transport", "Forgery"], "Defendant 2": ["Help"]}
    connection.check_constraints()
    (revision,) = revisions(case)
    assert revision.action == "entered"
    assert [len(each["charges"]) for each in revision.line["defendants"]] == [2, 1]
    facets = SearchDocument.objects.get(database="cases", object_id=case.pk).facets
    assert "verdict:acquitted" in facets


def test_charges_are_changed_added_moved_and_deleted_in_one_save(
    admin_client: Client, case: Case
) -> None:
    page = open_page(admin_client, Case, case.pk)
    assert page.data["defendants-0-charges-INITIAL_FORMS"] == ["2"]
    page.fill(**{"defendants-0-charges-1-position": "0", "defendants-0-charges-1-statute": "s 1"})
    page.add_row("defendants-0-charges", offence="Conspiracy")
    page.fill(**{"defendants-1-charges-0-DELETE": "on"})
    page.add_row("defendants-1-charges", offence="Harbouring")
    response = send(admin_client, Case, page, case.pk)
    assert response.status_code == 302, errors(response)
    connection.check_constraints()
    assert offences(case) == {
        "Defendant 1": ["Forgery", "Transport", "Conspiracy"],
        "Defendant 2": ["Harbouring"],
    }
    assert [revision.changed for revision in revisions(case)] == [[], ["defendants"]]
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"defendants-0-DELETE": "on", "defendants-0-charges-0-offence": "Lost anyway"})
    assert send(admin_client, Case, page, case.pk).status_code == 302
    assert offences(case) == {"Defendant 2": ["Harbouring"]}
    assert Charge.objects.filter(defendant__case=case).count() == 1
    assert len(revisions(case)) == 3


def test_a_page_that_nobody_changed_makes_no_revision(admin_client: Client) -> None:
    case = Case.objects.annotate(n=Count("defendants__charges")).order_by("-n", "code").first()
    assert case is not None
    parts = Charge.objects.filter(defendant__case=case).order_by("pk")
    before = list(parts.values())
    save(admin_client, Case, case.pk)
    # What it said before its first save is kept, and nothing else.
    assert [revision.action for revision in revisions(case)] == ["before"]
    page = open_page(admin_client, Case, case.pk)
    with CaptureQueriesContext(connection) as queries:
        assert send(admin_client, Case, page, case.pk).status_code == 302
    written = {
        query["sql"].split('"')[1]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) and '"' in query["sql"]
    }
    assert not [name for name in written if name.startswith("caselaw_") and name != "caselaw_case"]
    assert list(parts.values()) == before
    assert len(revisions(case)) == 1


@pytest.mark.parametrize("model", [Case, Law, Work])
def test_a_form_opens_in_few_queries_however_many_parts(
    admin_client: Client, model: type[Record], django_assert_max_num_queries: Any
) -> None:
    parts = {Case: "defendants__charges", Law: "provisions", Work: "contributors"}[model]
    largest = model._default_manager.annotate(n=Count(parts)).order_by("-n", "code").first()
    assert largest is not None
    open_page(admin_client, model, largest.pk)
    # Session, user, device, reference data, the record, and one for each kind of part.
    with django_assert_max_num_queries(13):
        open_page(admin_client, model, largest.pk)


def test_a_fault_in_a_charge_is_told_at_its_row_and_nothing_is_saved(
    admin_client: Client, case: Case
) -> None:
    page = open_page(admin_client, Case, case.pk)
    page.fill(title="Not saved", **{"defendants-1-charges-0-fine_amount": "500"})
    page.fill(**{"defendants-0-charges-1-imprisonment_months": "4 years 6"})
    page.add_row("defendants-1-charges", statute="without its offence")
    response = send(admin_client, Case, page, case.pk)
    assert response.status_code == 200
    rows = [form.parts for form in response.context["inline_admin_formsets"][2].formset.forms]
    assert [set(errors_of) for errors_of in rows[0].errors] == [
        set(),
        {"imprisonment_months"},
        set(),
    ]
    assert [set(errors_of) for errors_of in rows[1].errors] == [
        {"fine_currency"},
        set(),
        {"offence"},
    ]
    content = response.content.decode()
    assert "Say what 6 counts: years, months, weeks or days." in content
    assert "Defendants and charges (to be corrected)" in content
    again = read(response, Case)
    assert again.data["defendants-0-charges-1-imprisonment_months"] == ["4 years 6"]
    assert Case.objects.get(pk=case.pk).title == "Zwetschgen crossing"
    again.fill(
        **{
            "defendants-0-charges-1-imprisonment_months": "4 years 6 months",
            "defendants-1-charges-0-fine_currency": "EUR",
            "defendants-1-charges-2-offence": "Harbouring",
        }
    )
    response = send(admin_client, Case, again, case.pk)
    assert response.status_code == 302, errors(response)
    assert offences(case)["Defendant 2"] == ["Help", "Harbouring"]
    assert Charge.objects.get(offence="Forgery").imprisonment_months == 54


def test_a_charge_needs_its_defendant(admin_client: Client, case: Case) -> None:
    page = open_page(admin_client, Case, case.pk)
    row = page.add_row("defendants")
    page.fill(**{f"defendants-{row}-charges-0-offence": "Transport"})
    found = errors(send(admin_client, Case, page, case.pk))
    assert set(found["defendants"][0]) == {"label"}


def test_parts_of_other_records_are_refused(admin_client: Client, case: Case) -> None:
    foreign = Charge.objects.exclude(defendant__case=case).select_related("defendant").first()
    assert foreign is not None
    for name, key in [
        ("defendants-0-charges-0-id", foreign.pk),
        ("defendants-0-id", foreign.defendant_id),
        ("defendants-0-charges-0-id", case.defendants.all()[1].charges.get().pk),
        ("defendants-0-charges-0-defendant", foreign.defendant_id),
        ("defendants-0-case", foreign.defendant.case_id),
        ("defendants-0-charges-0-id", "x"),
    ]:
        page = open_page(admin_client, Case, case.pk)
        page.fill(**{name: key, "defendants-0-charges-0-offence": "Taken over"})
        response = send(admin_client, Case, page, case.pk)
        assert response.status_code == 200, name
        assert set(errors(response)) == {"defendants"}
    assert not Charge.objects.filter(offence="Taken over").exists()


@pytest.mark.parametrize("total", ["10000", "-1", "x", "", "9" * 30, "600"])
@pytest.mark.parametrize("rows", ["defendants", "defendants-0-charges"])
def test_counts_of_rows_that_no_page_sends(
    admin_client: Client, case: Case, rows: str, total: str
) -> None:
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{f"{rows}-TOTAL_FORMS": total, "title": "Not saved"})
    with CaptureQueriesContext(connection) as queries:
        response = send(admin_client, Case, page, case.pk)
    assert response.status_code == 200
    assert set(errors(response)) == {"defendants"}
    # None of the rows that were not sent was made and checked.
    assert len(queries) < 60
    assert offences(case) == {"Defendant 1": ["Transport", "Forgery"], "Defendant 2": ["Help"]}


@pytest.mark.parametrize("there", ["0", "-1", "1"])
def test_a_row_that_is_there_is_not_added_once_more(
    admin_client: Client, case: Case, there: str
) -> None:
    """A form that says that fewer rows were there than it brings, as no page does."""
    page = open_page(admin_client, Case, case.pk)
    assert page.data["defendants-INITIAL_FORMS"] == ["2"]
    page.fill(**{"defendants-INITIAL_FORMS": there})
    response = send(admin_client, Case, page, case.pk)
    assert set(errors(response)) == {"defendants"}
    assert offences(case) == {"Defendant 1": ["Transport", "Forgery"], "Defendant 2": ["Help"]}


def test_charges_that_are_left_out_of_a_form_are_not_forgotten_in_silence(
    admin_client: Client, case: Case
) -> None:
    page = open_page(admin_client, Case, case.pk)
    for name in [name for name in page.data if "-charges-" in name]:
        del page.data[name]
    assert set(errors(send(admin_client, Case, page, case.pk))) == {"defendants"}


def test_who_may_only_look_sees_the_charges_and_no_field(case: Case) -> None:
    client = signed_in(curator("editor elsewhere"))
    content = client.get(address(Case, "change", case.pk)).content.decode()
    assert "Forgery" in content
    assert "charges-0-offence" not in content
    page = Page("case_form")
    page.data = {"title": ["Taken over"], "defendants-TOTAL_FORMS": ["0"]}
    assert send(client, Case, page, case.pk).status_code == 403


def test_a_contributor_enters_charges_in_an_own_draft_only(admin_client: Client) -> None:
    user = curator("contributor")
    own = case_of(user)
    client = signed_in(user)
    page = open_page(client, Case, own.pk)
    row = page.add_row("defendants", label="Defendant 1")
    page.fill(**{f"defendants-{row}-charges-0-offence": "Transport"})
    assert send(client, Case, page, own.pk).status_code == 302
    assert offences(own) == {"Defendant 1": ["Transport"]}
    Case.objects.filter(pk=own.pk).update(state="in_review")
    assert send(client, Case, page, own.pk).status_code == 403


@pytest.mark.parametrize("rows", ["defendants", "sources", "defendants-0-charges"])
def test_without_scripts_a_button_gives_one_more_row(
    admin_client: Client, case: Case, rows: str
) -> None:
    page = open_page(admin_client, Case, case.pk)
    page.fill(title="Typed and not lost", jurisdiction="", decision_date="no date")
    before = int(page.data[f"{rows}-TOTAL_FORMS"][0])
    response = admin_client.post(address(Case, "change", case.pk), {**page.data, "_more": rows})
    again = read(response, Case)
    assert again.data[f"{rows}-TOTAL_FORMS"] == [str(before + 1)]
    assert f"{rows}-{before}-id" in again.data
    assert again.data.get(f"{rows}-{before}-count", ["1"]) == ["1"]
    assert again.data["title"] == ["Typed and not lost"]
    assert again.data["decision_date"] == ["no date"]
    assert Case.objects.get(pk=case.pk).title == "Zwetschgen crossing"
    assert admin_client.post(address(Case, "add"), {"_more": "nothing"}).status_code == 200


def pointing_nowhere(page: Any) -> list[str]:
    """In a browser, what of the defendants' part says that something outside its block tells it."""
    found: list[str] = page.evaluate(
        """() => ["aria-describedby", "aria-labelledby"].flatMap((attribute) =>
            [...document.querySelectorAll(`#defendants-group [${attribute}]`)].flatMap((element) =>
                element.getAttribute(attribute).split(" ").filter((id) =>
                    document.getElementById(id)?.closest(".inline-related")
                        !== element.closest(".inline-related"))))"""
    )
    return found


@dataclass
class Desk:
    """The page of a case in a browser, which the test answers: other threads see nothing."""

    browser: Any
    client: Client
    case: Case
    sent: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return address(Case, "change", self.case.pk)

    def opened(self) -> Any:
        answers = {path: self.client.get(path) for path in (self.url, "/admin/jsi18n/")}

        def answer(route: Any) -> None:
            path = urlsplit(route.request.url).path
            if route.request.method == "POST":
                self.sent.append((route.request.post_data, route.request.headers["content-type"]))
                route.fulfill(status=200, content_type="text/plain", body="sent")
            elif path in answers:
                found = answers[path]
                headers = {name.lower(): value for name, value in found.headers.items()}
                route.fulfill(status=200, headers=headers, body=found.content.decode())
            elif path.startswith("/static/"):
                route.fulfill(path=str(finders.find(path.removeprefix("/static/"))))
            else:
                route.fulfill(status=200, content_type="text/html", body="")

        page = self.browser.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.route("**/*", answer)
        page.goto(f"http://portal.test{self.url}")
        return page

    def saved(self, page: Any) -> None:
        page.click("[name=_save]")
        page.wait_for_selector("text=sent")
        page.close()
        assert not self.faults
        ((body, kind),) = self.sent
        response = self.client.post(self.url, body, content_type=kind)
        assert response.status_code == 302, errors(response)


def test_scripts_add_and_remove_defendants_and_charges(
    admin_client: Client,
    case: Case,
    browser: Any,  # noqa: F811
) -> None:
    desk = Desk(browser, admin_client, case)
    page = desk.opened()
    page.click("text=Add another Defendant")
    page.fill("[name=defendants-2-label]", "Defendant 3")
    page.fill("[name=defendants-2-charges-0-offence]", "First")
    for offence in ("Second", "Removed", "Third"):
        page.click("#defendants-2 .inner-add")
        page.locator("#defendants-2 .inner-row:not(.empty-form) .field-offence input").last.fill(
            offence
        )
    page.locator("#defendants-2 .inner-row:not(.empty-form)").nth(2).locator(
        ".inner-remove"
    ).click()
    page.click("text=Add another Defendant")
    page.fill("[name=defendants-3-label]", "Defendant 4")
    page.fill("[name=defendants-3-charges-0-offence]", "Moves up")
    page.click("#defendants-0 .inner-add")
    page.fill("[name=defendants-0-charges-3-offence]", "Added")
    desk.saved(page)
    assert offences(case) == {
        "Defendant 1": ["Transport", "Forgery", "Added"],
        "Defendant 2": ["Help"],
        "Defendant 3": ["First", "Second", "Third"],
        "Defendant 4": ["Moves up"],
    }


def test_charges_stay_with_their_defendant_when_another_is_removed(
    admin_client: Client,
    case: Case,
    browser: Any,  # noqa: F811
) -> None:
    desk = Desk(browser, admin_client, case)
    page = desk.opened()
    assert pointing_nowhere(page) == []
    for number, offence in ((2, "Goes with the removed one"), (3, "Moves up")):
        page.click("text=Add another Defendant")
        page.fill(f"[name=defendants-{number}-label]", f"Defendant {number + 1}")
        page.fill(f"[name=defendants-{number}-charges-0-offence]", offence)
    page.click("#defendants-3 .inner-add")
    page.fill("[name=defendants-3-charges-1-offence]", "Moves up as well")
    assert pointing_nowhere(page) == []
    page.click("#defendants-2 a.inline-deletelink")
    assert page.locator("[name=defendants-3-label]").count() == 0
    # What the last one was is now numbered in its place, and grows as any other.
    page.click("#defendants-2 .inner-add")
    page.fill("[name=defendants-2-charges-2-offence]", "Added later")
    page.click("text=Add another Defendant")
    page.fill("[name=defendants-3-label]", "Defendant 5")
    assert pointing_nowhere(page) == []
    desk.saved(page)
    assert offences(case) == {
        "Defendant 1": ["Transport", "Forgery"],
        "Defendant 2": ["Help"],
        "Defendant 4": ["Moves up", "Moves up as well", "Added later"],
        "Defendant 5": [],
    }


def test_the_fields_of_charges_are_explained_once_above_them(
    admin_client: Client, case: Case
) -> None:
    page = open_page(admin_client, Case, case.pk)
    page.fill(**{"defendants-0-charges-0-fine_amount": "5"})
    content = send(admin_client, Case, page, case.pk).content.decode()
    ids = set(re.findall(r' id="([^"]+)"', content))
    charges = re.findall(r'<[^>]* name="(defendants-[^"]*-charges-[^"]*)"[^>]*>', content)
    described = dict(
        re.findall(
            r'name="(defendants-[^"]*-charges-[^"]*)"[^>]* aria-describedby="([^"]+)"', content
        )
    )
    assert {key for keys in described.values() for key in keys.split()} <= ids
    seen = [name for name in charges if name.endswith(("-offence", "-verdict", "-other"))]
    assert len(seen) > 9
    assert set(seen) <= set(described)
    words = str(meaning(Charge, "offence"))
    assert content.count(escape(words)) == 3, "once for each defendant, and for one to come"
    assert described["defendants-0-charges-0-fine_currency"].split() == [
        "defendants-0-charges-help-fine_currency",
        "id_defendants-0-charges-0-fine_currency_error",
    ]


def test_the_charges_of_one_defendant_still_have_a_page(admin_client: Client) -> None:
    defendant = add_case(admin_client).defendants.create(label="Defendant 1")
    page = open_page(admin_client, Defendant, defendant.pk)
    page.add_row("charges", offence="Transport", imprisonment_months="18 months")
    assert send(admin_client, Defendant, page, defendant.pk).status_code == 302
    page = open_page(admin_client, Defendant, defendant.pk)
    assert page.data["charges-0-imprisonment_months"] == ["1 year 6 months"]
    assert public_case().pk != defendant.case_id
