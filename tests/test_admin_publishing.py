"""Publishing, withdrawing and deleting records: what the world sees of them, and when."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from caselaw.models import Case
from legislation.models import Law
from portal.records.database import databases
from portal.records.models import Redirect, State
from portal.search import index
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
    save,
    send,
)

pytestmark = pytest.mark.django_db


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
