"""A curator's day: entering and correcting cases and works, and what is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case, CaseCountry, CaseTerm, Charge, Defendant, LawApplied
from legislation.models import Law, Provision
from portal.exchange.sync import canonical
from portal.records.database import databases
from portal.reference.models import Term
from portal.search.models import SearchDocument
from tests.admin_forms import (
    CODE,
    add_case,
    address,
    count,
    errors,
    facet,
    open_page,
    public_case,
    read,
    save,
    send,
)

pytestmark = pytest.mark.django_db


def chosen(case: Case) -> list[str]:
    return list(case.term_links.order_by("position").values_list("term_id", flat=True))


def test_a_corrected_mode_moves_the_counts(admin_client: Client, client: Client) -> None:
    case = Case.objects.public().get(code="gbr-2018-old-bailey-dymchurch")
    assert list(
        case.term_links.filter(term__vocabulary="modes").values_list("term", flat=True)
    ) == ["modes:sea"]
    before = facet(client, "mode", "sea"), facet(client, "mode", "air")
    save(admin_client, Case, case.pk, modes=["modes:air"])
    assert (facet(client, "mode", "sea"), facet(client, "mode", "air")) == (
        before[0] - 1,
        before[1] + 1,
    )
    document = SearchDocument.objects.get(database="cases", object_id=case.pk)
    assert "mode:air" in document.facets
    assert "mode:sea" not in document.facets


def test_terms_keep_their_order(admin_client: Client) -> None:
    case = public_case(term_links__term="modes:sea")
    CaseTerm.objects.filter(case=case).delete()
    for place, key in enumerate(["modes:sea", "modes:land"]):
        CaseTerm.objects.create(case=case, term=Term.objects.get(pk=key), position=place)
    save(admin_client, Case, case.pk, modes=["modes:land", "modes:sea", "modes:air"])
    assert chosen(case) == ["modes:sea", "modes:land", "modes:air"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2031-02-30", "The calendar has no date 2031-02-30."),
        (
            "11/12/2031",
            "Is this 11 December 2031 or 12 November 2031? Write the month as a word, or"
            " 2031-12-11.",
        ),
        ("0999", "The year must be from 1000 to 2999."),
    ],
)
def test_a_bad_date_is_told_and_nothing_is_lost(
    admin_client: Client, typed: str, message: str
) -> None:
    page = open_page(admin_client, Case)
    page.fill(code=CODE, title="Kept", jurisdiction="FRA", facts="One\nTwo", modes=["modes:air"])
    page.fill(decision_date=typed)
    number = page.add_row("defendants", label="Defendant 1", nationality="CIV")
    response = send(admin_client, Case, page)
    assert errors(response) == {"decision_date": [message]}
    again = read(response, Case)
    assert again.data["decision_date"] == [typed]
    assert again.data["facts"] == ["One\r\nTwo"]
    assert again.data["modes"] == ["modes:air"]
    assert again.data[f"defendants-{number}-nationality"] == ["CIV"]
    again.fill(decision_date="2031-02")
    assert send(admin_client, Case, again).status_code == 302
    case = Case.objects.get(code=CODE)
    assert str(case.decision_date) == "2031-02"
    assert case.facts == "One\nTwo"
    assert case.defendants.get().nationality_id == "CIV"


def test_defendant_and_charge_reach_the_search(admin_client: Client, client: Client) -> None:
    case = public_case(defendants__isnull=True)
    changed, before = case.changed_at, count(client, verdict="acquitted", role="organizer")
    page = open_page(admin_client, Case, case.pk)
    page.add_row("defendants", label="Defendant 1", role="roles:organizer")
    assert send(admin_client, Case, page, case.pk).status_code == 302
    defendant = case.defendants.get()
    page = open_page(admin_client, Defendant, defendant.pk)
    page.add_row("charges", offence="Facilitation", verdict="verdicts:acquitted")
    page.add_row("charges", offence="Conspiracy")
    assert send(admin_client, Defendant, page, defendant.pk).status_code == 302
    assert [charge.position for charge in defendant.charges.all()] == [0, 1]
    assert count(client, verdict="acquitted", role="organizer") == before + 1
    case.refresh_from_db()
    assert case.changed_at > changed
    admin_client.post(address(Defendant, "delete", defendant.pk), {"post": "yes"})
    assert count(client, verdict="acquitted", role="organizer") == before


def test_charges_change_places(admin_client: Client) -> None:
    defendant = add_case(admin_client).defendants.create(label="Defendant 1")
    for place, offence in enumerate(["First", "Second", "Third"]):
        Charge.objects.create(defendant=defendant, position=place, offence=offence)
    page = open_page(admin_client, Defendant, defendant.pk)
    page.fill(**{"charges-0-position": "1", "charges-1-position": "0"})
    assert send(admin_client, Defendant, page, defendant.pk).status_code == 302
    connection.check_constraints()
    assert [charge.offence for charge in defendant.charges.all()] == ["Second", "First", "Third"]
    page = open_page(admin_client, Defendant, defendant.pk)
    page.fill(**{"charges-2-position": "0"})
    page.add_row("charges", offence="Fourth", position="70000")
    assert send(admin_client, Defendant, page, defendant.pk).status_code == 302
    connection.check_constraints()
    order = [charge.offence for charge in defendant.charges.all()]
    assert order == ["Third", "Second", "First", "Fourth"]


def test_a_linked_law_links_its_provisions(admin_client: Client, client: Client) -> None:
    law = Law.objects.public().annotate(n=Count("provisions")).order_by("-n").first()
    assert law is not None
    provision, other = law.provisions.filter(number__regex=r"\d")[:2]
    case = add_case(admin_client, state="published")
    page = open_page(admin_client, Case, case.pk)
    page.add_row("laws_applied", law_text="The law", provision_text=provision.number, law=law.pk)
    assert send(admin_client, Case, page, case.pk).status_code == 302
    applied = case.laws_applied.get()
    assert provision in applied.provisions.all()
    assert count(client, provision=provision.code, q="Zwetschgen") == 1
    # A link by hand stays while the source's words stay, and goes when they change.
    applied.provision_links.all().delete()
    page = open_page(admin_client, LawApplied, applied.pk)
    page.add_row("provision_links", provision=other.pk, match="part")
    assert send(admin_client, LawApplied, page, applied.pk).status_code == 302
    save(admin_client, Case, case.pk, **{"laws_applied-0-law_text": "The Law Code"})
    assert list(applied.provisions.all()) == [other]
    save(admin_client, LawApplied, applied.pk, provision_text="nothing of the kind")
    assert not applied.provisions.exists()
    assert count(client, provision=other.code, q="Zwetschgen") == 0


def test_a_provision_of_another_law_is_refused(admin_client: Client) -> None:
    applied = LawApplied.objects.filter(law__isnull=False).order_by("pk").first()
    assert applied is not None
    foreign = Provision.objects.exclude(law=applied.law).order_by("pk").first()
    assert foreign is not None
    page = open_page(admin_client, LawApplied, applied.pk)
    page.add_row("provision_links", provision=foreign.pk, match="part")
    response = send(admin_client, LawApplied, page, applied.pk)
    assert errors(response) == {
        "provision_links": [{"provision": ["This is a provision of another law."]}]
    }


def test_what_nobody_changed_is_saved_as_it_was(admin_client: Client) -> None:
    """Commas in citations, line ends, orders of terms: a saved page writes back what it read."""
    cases = Case.objects.filter(citations__0__contains=",") | Case.objects.filter(
        code__in=["gbr-2018-old-bailey-dymchurch", "mex-nd-allende-64-migrants"]
    )
    biggest = Law.objects.annotate(n=Count("provisions")).order_by("-n")
    chosen = {"cases": cases, "legislation": biggest, "bibliography": Work.objects.all()}
    for database in databases():
        keys = chosen[database.slug].values_list("pk", flat=True)[:6]
        records = database.records.for_export().filter(pk__in=list(keys))
        before = {record.pk: canonical(database.exporter(record)) for record in records}
        assert len(before) > 1
        for key in before:
            save(admin_client, database.model, key)
        after = {record.pk: canonical(database.exporter(record)) for record in records.all()}
        assert after == before


def test_hostile_text_is_stored_and_shown_as_text(admin_client: Client, client: Client) -> None:
    title, facts = "<script>alert(1)</script> \u202eright to left\u202c", "x" * 10_000
    case = add_case(admin_client, title=title, facts=facts, state="published")
    assert (case.title, case.facts) == (title, facts)
    for page in (
        client.get(f"/en/cases/{CODE}/"),
        admin_client.get(address(Case, "changelist")),
        admin_client.get(address(Case, "change", case.pk)),
    ):
        assert b"<script>alert(1)" not in page.content
        assert page.status_code == 200
    assert b"&lt;script&gt;alert(1)" in client.get(f"/en/cases/{CODE}/").content


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("title", "x" * 10_000, "at most 500 characters (it has 10000)"),
        ("title", "null\x00character", "Null characters are not allowed."),
        ("title", "vertical\x0btabulator", "a control character"),
        ("facts", "pasted\x1ffrom a PDF", "a control character"),
        ("code", "Not A Code", "lower-case letters and digits"),
        ("language", "English", "at most 3 characters"),
        ("citations", "[2031] 1\n" + "x" * 201, "Line 2 is longer than 200 characters."),
        ("fee_amount", "100", "An amount needs its currency."),
        ("fee_currency", "EUR", "A currency needs an amount."),
        ("migrants_count", "0", "greater than or equal to 1"),
        ("court_level", "modes:sea", "Select a valid choice."),
        ("jurisdiction", "'; DROP TABLE", "Select a valid choice."),
    ],
)
def test_what_cannot_be_stored_is_refused_at_its_field(
    admin_client: Client, field: str, typed: str, message: str
) -> None:
    page = open_page(admin_client, Case)
    page.fill(**{"code": CODE, "title": "A title", "jurisdiction": "FRA", field: typed})
    found = errors(send(admin_client, Case, page))
    fields = {"fee_amount": "fee_currency", "fee_currency": "fee_amount"}
    assert message in " ".join(found.pop(fields.get(field, field)))
    assert not found


def test_parts_are_checked_row_by_row(admin_client: Client) -> None:
    case = add_case(admin_client)
    CaseCountry.objects.create(case=case, relation="origin", jurisdiction_id="ALB")
    page = open_page(admin_client, Case, case.pk)
    page.add_row("country_links", relation="origin", jurisdiction="ALB")
    page.add_row("defendants", label="Defendant 1", age="3", count="0")
    found = errors(send(admin_client, Case, page, case.pk))
    assert set(found) == {"country_links", "defendants"}
    assert set(found["defendants"][0]) == {"age", "count"}


def test_contributors_are_persons_or_bodies(admin_client: Client) -> None:
    page = open_page(admin_client, Work)
    page.fill(code=CODE, title="A work", type="bibliography_types:book")
    page.add_row("contributors", role="author", given="Anna")
    page.add_row("contributors", role="author", family="Weber", literal="Weber Institute")
    faults = errors(send(admin_client, Work, page))["contributors"]
    assert [set(fault) for fault in faults] == [{"family"}, {"literal"}]


def test_the_history_says_who_changed_what(admin_client: Client) -> None:
    case = public_case()
    save(admin_client, Case, case.pk, title="Another title")
    page = admin_client.get(address(Case, "history", case.pk)).content.decode()
    assert "<td>Title</td>" in page
    assert "<td>admin</td>" in page
    assert reverse("admin:index") in page
