"""Review work: queues, what is missing, previews, and the way from a page to its record."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from caselaw.models import Case, CaseSource
from portal.accounts.models import User
from portal.curation.models import SuspectedPair
from portal.curation.pairs import keep
from portal.curation.queues import all_queues
from portal.records.database import Database, databases
from portal.records.models import State
from portal.reference.provenance import LinkStatus
from portal.search import index
from tests.admin_forms import add_case, address, public_case, save
from tests.conftest import read_lines
from tests.oracle import RECORDED
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
    twin = Case.objects.create(code="fra-2031-twin", title=old.title, jurisdiction=old.jurisdiction)
    Case.objects.filter(pk=twin.pk).update(decision_date=old.decision_date)
    index.refresh([Case.objects.get(pk=twin.pk)])
    call_command("find_duplicates", stdout=StringIO())
    user = User.objects.get(username="admin")
    seen = set()
    shown = shown_queues(admin_client)
    for database, queues in all_queues(user):
        for queue in queues:
            assert listed(admin_client, queue.url) == queue.number, (database.slug, queue)
            assert shown[database.slug][queue.label] == queue.number
            seen.add(queue.label)
    assert seen == {
        "Mine, not yet public",
        "To review",
        "Changed in the last 14 days",
        "With a review note",
        "A source is not reachable",
        "Possible duplicates",
        "Laws in words only, still to judge",
    }


def shown_queues(client: Client) -> dict[str, dict[str, int]]:
    """What the first page of the admin says that waits, by database and name."""
    page = client.get(reverse("admin:index")).content.decode()
    found: dict[str, dict[str, int]] = {}
    for database in databases():
        _before, _heading, rest = page.partition(f"<h3>{database.title}</h3>")
        items = re.findall(r"<li><a [^>]*>([^<]+)</a> <b>([^<]+)</b></li>", rest.split("</ul>")[0])
        found[database.slug] = {label: int(re.sub(r"\D", "", number)) for label, number in items}
    return found


def test_the_numbers_on_the_first_page_are_those_of_the_files(admin_client: Client) -> None:
    """Counted from the lines of the collection, and not by the portal."""
    for database in databases():
        keep(database)
    shown = shown_queues(admin_client)
    noted = {line["code"] for line in read_lines("review-notes.jsonl")}
    for database in databases():
        lines = read_lines(f"{database.slug}.jsonl")
        expected = {
            "To review": sum(line.get("state") == "in_review" for line in lines),
            "With a review note": len(noted & {line["id"] for line in lines}),
            "Laws in words only, still to judge": sum(
                "law_id" not in applied and not applied.get("not_held")
                for line in lines
                for applied in line.get("laws_applied", ())
            ),
        }
        for label, number in expected.items():
            assert shown[database.slug].get(label, 0) == number, (database.slug, label)
        pairs = SuspectedPair.objects.filter(database=database.slug).count()
        assert shown[database.slug].get("Possible duplicates", 0) == pairs
        # Nobody has entered or changed anything yet, and no source was asked.
        assert set(shown[database.slug]) <= {*expected, "Possible duplicates"}
    assert {label for queues in shown.values() for label in queues} >= {
        "To review",
        "With a review note",
        "Laws in words only, still to judge",
        "Possible duplicates",
    }


#: What curators look for first, and in which databases it can be missing.
LOOKED_FOR = {
    "date": {"cases", "legislation", "bibliography"},
    "court": {"cases"},
    "sentence": {"cases"},
    "law": {"cases"},
    "annotation": {"bibliography"},
    "second_source": {"cases", "legislation", "bibliography"},
}


@pytest.mark.parametrize("name", LOOKED_FOR)
def test_lists_are_narrowed_by_what_the_lines_do_not_say(admin_client: Client, name: str) -> None:
    for database in databases():
        path = address(database.model, "changelist")
        offered = f"?missing={name}" in admin_client.get(path).content.decode()
        assert offered is (database.slug in LOOKED_FOR[name]), database.slug
        if offered:
            said = RECORDED[database.slug][name]
            lacking = {
                line["id"] for line in read_lines(f"{database.slug}.jsonl") if not said(line)
            }
            found = admin_client.get(path, {"missing": name}).context["cl"]
            assert set(found.queryset.values_list("code", flat=True)) == lacking
            assert found.result_count == len(lacking) > 0, database.slug


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


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_a_page_leads_curators_to_its_record_and_readers_nowhere(
    admin_client: Client, client: Client, database: Database
) -> None:
    record = database.records.public().order_by("code").first()
    assert record is not None
    edit = f'href="{address(database.model, "change", record.pk)}"'
    inside = f"/admin/{database.model._meta.app_label}"

    def page(client: Client) -> str:
        return client.get(record.get_absolute_url()).content.decode()

    for role in ("contributor", "editor", "editor elsewhere", "publisher", "administrator"):
        assert edit in page(signed_in(curator(role))), role
    assert edit in page(admin_client)
    reader = User.objects.create_user("reader", password="x")
    for nobody in (client, signed_in(reader), signed_in(curator("staff without a group"))):
        assert inside not in page(nobody)
    # Of one database alone, nothing is offered in the others.
    only = User.objects.create_user("of one", is_staff=True)
    others = [other for other in databases() if other.slug != database.slug]
    for other in others:
        codename = f"change_{other.model._meta.model_name}"
        only.user_permissions.add(Permission.objects.get(codename=codename))
    assert inside not in page(signed_in(only))
