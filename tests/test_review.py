"""Review work: queues, what is missing, previews, and the way from a page to its record."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from caselaw.models import Case, CaseSource
from portal.accounts.models import User
from portal.curation.queues import all_queues
from portal.records.database import databases
from portal.records.models import State
from portal.reference.provenance import LinkStatus
from tests.admin_forms import add_case, address, public_case, save
from tests.test_roles import case_of, curator, signed_in

pytestmark = pytest.mark.django_db


def listed(client: Client, url: str) -> int:
    """How many records a list of the admin says it shows."""
    response = client.get(url)
    assert response.status_code == 200
    return int(response.context["cl"].result_count)


def test_every_queue_has_as_many_records_as_its_list(admin_client: Client) -> None:
    add_case(admin_client, review_note="Ask the court.")
    old = public_case()
    Case.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=90))
    save(admin_client, Case, old.pk, title="Changed today")
    CaseSource.objects.filter(case=old).update(status=LinkStatus.DEAD, last_checked=date.today())
    user = User.objects.get(username="admin")
    seen = set()
    for database, queues in all_queues(user):
        for queue in queues:
            assert listed(admin_client, queue.url) == queue.number, (database.slug, queue)
            seen.add(queue.label)
    assert len(seen) == 5
    index = admin_client.get(reverse("admin:index")).content.decode()
    assert "What waits" in index
    assert "Mine, not yet public" in index
    assert "To review" in index


def test_the_collection_brings_cases_to_review_and_notes(admin_client: Client) -> None:
    user = User.objects.get(username="admin")
    queues = {
        database.slug: {q.label: q.number for q in found} for database, found in all_queues(user)
    }
    waiting = Case.objects.filter(state=State.IN_REVIEW).count()
    assert queues["cases"]["To review"] == waiting > 0
    assert sum(found["With a review note"] for found in queues.values()) > 100


def test_queues_show_what_somebody_may_see() -> None:
    nobody = curator("staff without a group")
    assert list(all_queues(nobody)) == []
    assert "What waits" not in signed_in(nobody).get(reverse("admin:index")).content.decode()
    contributor = curator("contributor")
    case_of(contributor)
    mine = [q for _database, found in all_queues(contributor) for q in found if "Mine" in q.label]
    assert [queue.number for queue in mine] == [1]
    assert listed(signed_in(contributor), mine[0].url) == 1
    other = curator("editor")
    assert not [q for _d, found in all_queues(other) for q in found if "Mine" in q.label]


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_what_is_missing_is_what_the_search_does_not_find(
    admin_client: Client, client: Client, database: object
) -> None:
    from portal.records.database import Database

    assert isinstance(database, Database)
    path = address(database.model, "changelist")
    total = database.records.public().count()
    for name in database.filterset.presence():
        lacking = listed(
            admin_client, f"{path}?state__exact=published&missing={name.removeprefix('has_')}"
        )
        answer = client.get(f"/api/v1/{database.api_slug}/", {name: "false", "page_size": 1})
        assert lacking == answer.json()["count"] <= total, name


def test_a_draft_can_be_looked_at_as_its_page_will_be(admin_client: Client, client: Client) -> None:
    case = add_case(admin_client, modes=["modes:sea"], facts="A boat with plums.")
    preview = reverse("admin:caselaw_case_preview", args=[case.pk])
    content = admin_client.get(preview).content.decode()
    assert "A boat with plums." in content
    assert "This record is not public" in content
    assert client.get(preview).status_code == 302
    page = admin_client.get(address(Case, "change", case.pk)).content.decode()
    assert preview in page
    assert client.get(case.get_absolute_url()).status_code == 404
    assert admin_client.get(reverse("admin:caselaw_case_preview", args=[10**9])).status_code == 404
    for state in (State.IN_REVIEW, State.PUBLISHED):
        Case.objects.filter(pk=case.pk).update(state=state)
        assert admin_client.get(preview).status_code == 200
    nobody = curator("staff without a group")
    assert signed_in(nobody).get(preview).status_code == 403


def test_a_page_leads_curators_to_its_record_and_readers_nowhere(
    admin_client: Client, client: Client
) -> None:
    case = public_case()
    edit = address(Case, "change", case.pk)
    assert edit in admin_client.get(case.get_absolute_url()).content.decode()
    assert "/admin/caselaw" not in client.get(case.get_absolute_url()).content.decode()
    assert edit in signed_in(curator("contributor")).get(case.get_absolute_url()).content.decode()
    plain = signed_in(curator("staff without a group")).get(case.get_absolute_url())
    assert not re.search(r"/admin/caselaw", plain.content.decode())
