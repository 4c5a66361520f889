"""A curator's day: entering, publishing, correcting and withdrawing cases and works."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case, CaseCountry, CaseTerm, Charge, Defendant, LawApplied
from legislation.models import Law, Provision
from portal.exchange.sync import canonical
from portal.records.database import databases
from portal.records.models import Redirect, State
from portal.reference.models import Term
from portal.search import index
from portal.search.models import SearchDocument
from tests.admin_forms import address, errors, open_page, read, save, send

pytestmark = pytest.mark.django_db

CODE = "fra-2031-test-crossing"


def count(client: Client, slug: str = "cases", **parameters: str) -> int:
    """How many records the world finds."""
    return client.get(f"/api/v1/{slug}/", {**parameters, "page_size": 1}).json()["count"]


def facet(client: Client, name: str, value: str, slug: str = "cases") -> int:
    answer = client.get(f"/api/v1/{slug}/", {"facets": name, "page_size": 1}).json()
    return {entry["value"]: entry["count"] for entry in answer["facets"][name]}.get(value, 0)


def add_case(client: Client, **values: Any) -> Case:
    page = open_page(client, Case)
    given = {"code": CODE, "title": "Zwetschgen crossing", "jurisdiction": "FRA"}
    page.fill(**{**given, **values})
    response = send(client, Case, page)
    assert response.status_code == 302, errors(response)
    return Case.objects.get(code=page.data["code"][0])


def public_case(**filters: Any) -> Case:
    case = Case.objects.public().filter(**filters).order_by("code").first()
    assert case is not None
    return case


def test_a_draft_is_for_curators_only(admin_client: Client, client: Client) -> None:
    before = count(client), facet(client, "mode", "sea")
    case = add_case(admin_client, modes=["modes:sea"], decision_date="2031-05")
    assert case.state == State.DRAFT
    assert case.first_published_at is None
    assert client.get(f"/en/cases/{CODE}/").status_code == 404
    assert client.get(f"/id/{CODE}").status_code == 404
    assert client.get(f"/api/v1/cases/{CODE}/").status_code == 404
    assert count(client, q="Zwetschgen") == 0
    assert (count(client), facet(client, "mode", "sea")) == before


def test_publishing_is_seen_at_once_and_dated_once(admin_client: Client, client: Client) -> None:
    before = count(client), facet(client, "mode", "sea")
    case = add_case(admin_client, modes=["modes:sea"])
    save(admin_client, Case, case.pk, state="published")
    case.refresh_from_db()
    published = case.first_published_at
    assert published is not None
    assert b"Zwetschgen crossing" in client.get(f"/en/cases/{CODE}/").content
    assert count(client, q="Zwetschgen") == 1
    assert (count(client), facet(client, "mode", "sea")) == (before[0] + 1, before[1] + 1)
    save(admin_client, Case, case.pk, title="Mirabellen crossing")
    case.refresh_from_db()
    assert case.first_published_at == published
    assert case.changed_at > published
    assert (count(client, q="Zwetschgen"), count(client, q="Mirabellen")) == (0, 1)


def test_the_code_of_a_public_record_cannot_be_typed_over(admin_client: Client) -> None:
    case = public_case()
    save(admin_client, Case, case.pk, code="another-code", title="Renamed")
    assert Case.objects.get(pk=case.pk).code == case.code
    assert Case.objects.get(pk=case.pk).title == "Renamed"


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
    kept = case.term_links.order_by("position").values_list("term_id", flat=True)
    assert list(kept) == ["modes:sea", "modes:land", "modes:air"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2031-02-30", "The calendar has no date 2031-02-30."),
        ("31/12/2031", "Enter a date as YYYY, YYYY-MM or YYYY-MM-DD."),
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
    provision = (
        Provision.objects.filter(law__state="published", number__regex=r"^art\.? \d+$")
        .order_by("pk")
        .first()
    )
    assert provision is not None
    case = add_case(admin_client, state="published")
    page = open_page(admin_client, Case, case.pk)
    row = page.add_row(
        "laws_applied", law_text="The law", provision_text=provision.number, law=provision.law_id
    )
    assert row == 0
    assert send(admin_client, Case, page, case.pk).status_code == 302
    applied = case.laws_applied.get()
    assert provision in applied.provisions.all()
    assert count(client, provision=provision.code, q="Zwetschgen") == 1
    # A link by hand stays while the source's words stay, and goes when they change.
    other = Provision.objects.filter(law=provision.law).exclude(pk=provision.pk).first()
    if other is not None:
        applied.provision_links.all().delete()
        page = open_page(admin_client, LawApplied, applied.pk)
        page.add_row("provision_links", provision=other.pk, match="part")
        assert send(admin_client, LawApplied, page, applied.pk).status_code == 302
        save(admin_client, Case, case.pk, **{"laws_applied-0-law_text": "The Law Code"})
        assert list(applied.provisions.all()) == [other]
    save(admin_client, LawApplied, applied.pk, provision_text="nothing of the kind")
    assert not applied.provisions.exists()
    assert count(client, provision=provision.code, q="Zwetschgen") == 0


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


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_withdrawal_needs_a_reason_and_tells_it(
    admin_client: Client, client: Client, database: Any
) -> None:
    record = database.records.public().order_by("code").first()
    before = count(client, database.api_slug)
    page = open_page(admin_client, database.model, record.pk)
    page.fill(state="withdrawn", withdrawal_reason="  ")
    response = send(admin_client, database.model, page, record.pk)
    assert errors(response) == {"withdrawal_reason": ["A withdrawal needs a reason."]}
    assert client.get(record.get_absolute_url()).status_code == 200
    save(
        admin_client,
        database.model,
        record.pk,
        state="withdrawn",
        withdrawal_reason="The judgment was <b>quashed</b>.",
    )
    for url in (f"/en/{database.slug}/{record.code}/", f"/id/{record.code}"):
        answer = client.get(url)
        assert answer.status_code == 410
        assert b"The judgment was &lt;b&gt;quashed&lt;/b&gt;." in answer.content
    answer = client.get(f"/api/v1/{database.api_slug}/{record.code}/")
    assert answer.status_code == 410
    assert "The judgment was" in answer.json()["detail"]
    assert count(client, database.api_slug) == before - 1


@pytest.mark.parametrize("state", ["draft", "in_review"])
def test_a_public_address_is_not_hidden(admin_client: Client, state: str) -> None:
    case = public_case()
    page = open_page(admin_client, Case, case.pk)
    page.fill(state=state)
    found = errors(send(admin_client, Case, page, case.pk))
    assert "withdrawn with a reason" in found["state"][0]


def test_a_draft_can_be_deleted(admin_client: Client) -> None:
    case = add_case(admin_client, modes=["modes:sea"])
    assert SearchDocument.objects.filter(code=CODE).exists()
    assert admin_client.post(address(Case, "delete", case.pk), {"post": "yes"}).status_code == 302
    assert not Case.objects.filter(code=CODE).exists()
    assert not SearchDocument.objects.filter(code=CODE).exists()


def delete_selected(client: Client, case: Case) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": [case.pk], "post": "yes"}
    return client.post(address(Case, "changelist"), chosen)


def test_a_public_record_is_deleted_only_behind_a_redirect(
    admin_client: Client, client: Client
) -> None:
    old, new = Case.objects.public().filter(work_links__isnull=True).order_by("code")[:2]
    url = address(Case, "delete", old.pk)
    assert "withdraw or redirect them" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert delete_selected(admin_client, old).status_code == 403
    save(admin_client, Redirect, code=old.code, target=new.code, reason="merged")
    assert delete_selected(admin_client, old).status_code == 302
    assert not Case.objects.filter(pk=old.pk).exists()
    answer = client.get(f"/fr/cases/{old.code}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/fr/cases/{new.code}/")
    answer = client.get(f"/id/{old.code}")
    assert (answer.status_code, answer["Location"]) == (301, f"/id/{new.code}")


def test_nothing_is_saved_when_the_search_cannot_follow(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, draft = public_case(), add_case(admin_client)

    def broken(*args: Any) -> None:
        raise RuntimeError("the index is broken")

    monkeypatch.setattr(index, "refresh", broken)
    monkeypatch.setattr(index, "remove", broken)
    with pytest.raises(RuntimeError, match="index is broken"):
        save(admin_client, Case, case.pk, title="Lost", modes=["modes:air", "modes:land"])
    assert Case.objects.get(pk=case.pk).title == case.title
    with pytest.raises(RuntimeError, match="index is broken"):
        delete_selected(admin_client, draft)
    assert Case.objects.filter(pk=draft.pk).exists()


def test_what_nobody_changed_is_saved_as_it_was(admin_client: Client) -> None:
    """Commas in citations, line ends, orders of terms: a saved page writes back what it read."""
    cases = Case.objects.filter(citations__0__contains=",") | Case.objects.filter(
        code__in=["gbr-2018-old-bailey-dymchurch", "mex-nd-allende-64-migrants"]
    )
    several_lines = Law.objects.filter(summary__contains="\n") | Law.objects.filter(
        code="arg-ley-25632"
    )
    chosen = {"cases": cases, "legislation": several_lines, "bibliography": Work.objects.all()}
    for database in databases():
        keys = chosen[database.slug].order_by("code").values_list("pk", flat=True)[:6]
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


def test_one_code_one_record(admin_client: Client) -> None:
    law = Law.objects.order_by("code").first()
    assert law is not None
    Redirect.objects.create(code="given-up", target=law.code, reason="renamed")
    for code, message in (
        (law.code, "Another record has this code."),
        ("given-up", f"This code was given up; its addresses lead to {law.code}."),
    ):
        page = open_page(admin_client, Case)
        page.fill(code=code, title="A title", jurisdiction="FRA")
        assert errors(send(admin_client, Case, page)) == {"code": [message]}


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
    assert "Changed Title." in page
    assert reverse("admin:index") in page
