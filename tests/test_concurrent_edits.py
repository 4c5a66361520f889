"""Two curators at one record: nobody overwrites unseen what the other did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from bibliography.models import Work
from caselaw.models import Case, Defendant
from legislation.models import Law
from portal.accounts.models import User
from portal.curation.meanwhile import SEEN
from portal.records import roles
from portal.records.models import Record, Revision, State
from portal.records.revisions import begin, lock, take
from tests.admin_forms import add_case, address, open_page, public_case, read, save, send
from tests.test_roles import curator, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague() -> Client:
    user = User.objects.create_superuser("colleague", first_name="Zoé", last_name="Quetsche")
    return signed_in(user)


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """A connection of its own, which sees only what is committed, and waits for nothing."""
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def is_locked(other: Any, record: Record) -> bool:
    """Whether somebody else would have to wait before changing a record of the collection."""
    table = record._meta.db_table
    with other.cursor() as cursor:
        try:
            cursor.execute(
                f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE NOWAIT",
                [record.pk],
            )
        except OperationalError:
            return True
        assert cursor.fetchone() == (1,)
        return False


def overtaken(response: HttpResponse) -> Any:
    assert response.status_code == 200
    return response.context["overtaken"]


def test_a_stale_form_does_not_publish_what_was_withdrawn(
    admin_client: Client, colleague: Client
) -> None:
    case = public_case()
    page = open_page(admin_client, Case, case.pk)
    save(colleague, Case, case.pk, state="withdrawn", withdrawal_reason="The court ordered it.")
    page.fill(docket="12/2031")
    response = send(admin_client, Case, page, case.pk)
    found = overtaken(response)
    assert found["revisions"][0].author == "Zoé Quetsche"
    content = response.content.decode()
    assert "Nothing was saved: Zoé Quetsche changed this record on" in content
    assert f'href="{address(Case, "history", case.pk)}?before=1&amp;after=2"' in content
    case.refresh_from_db()
    assert (case.state, case.docket == "12/2031") == ("withdrawn", False)
    # Nothing typed is lost, and the state is the present one.
    again = read(response, Case)
    assert again.data["docket"] == ["12/2031"]
    assert again.data["state"] == ["withdrawn"]
    assert again.data["withdrawal_reason"] == ["The court ordered it."]
    # To press the button once more is no choice.
    assert SEEN not in again.data
    assert overtaken(send(admin_client, Case, again, case.pk))
    again.fill(**{SEEN: found["seen"]})
    assert send(admin_client, Case, again, case.pk).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.docket) == ("withdrawn", "12/2031")


@pytest.mark.parametrize("model", [Law, Work])
def test_all_databases_tell_of_a_stale_form(
    admin_client: Client, colleague: Client, model: type[Record]
) -> None:
    record = model._default_manager.filter(state="published").order_by("code").first()
    assert record is not None
    page = open_page(admin_client, model, record.pk)
    save(colleague, model, record.pk, title="Their title")
    page.fill(title="My title")
    assert overtaken(send(admin_client, model, page, record.pk))
    assert model._default_manager.get(pk=record.pk).title == "Their title"


def test_who_looks_again_sees_all_that_came_between(
    admin_client: Client, colleague: Client
) -> None:
    case = add_case(admin_client)
    page = open_page(admin_client, Case, case.pk)
    save(colleague, Case, case.pk, title="Second", why="The court's own title.")
    response = send(admin_client, Case, page, case.pk)
    again = read(response, Case)
    again.fill(**{SEEN: overtaken(response)["seen"]})
    save(colleague, Case, case.pk, docket="3/2031")
    found = overtaken(send(admin_client, Case, again, case.pk))
    assert [each.what for each in found["revisions"]] == [["Docket"]]
    # A page from before, or one that was forged, says nothing of what it saw.
    for seen in ([], ["x"], ["99999999999"], ["²"], ["999"]):
        again.data[SEEN] = seen
        assert overtaken(send(admin_client, Case, again, case.pk)), seen


def test_a_save_that_changes_nothing_holds_nobody_up(
    admin_client: Client, colleague: Client
) -> None:
    case = add_case(admin_client)
    page = open_page(admin_client, Case, case.pk)
    save(colleague, Case, case.pk)
    page.fill(docket="4/2031")
    assert send(admin_client, Case, page, case.pk).status_code == 302


def test_a_part_changed_on_its_own_page_is_a_change_of_the_record(
    admin_client: Client, colleague: Client
) -> None:
    case = public_case(defendants__isnull=False)
    page = open_page(admin_client, Case, case.pk)
    defendant = case.defendants.order_by("pk").first()
    save(colleague, Defendant, defendant.pk, label="The captain")
    assert overtaken(send(admin_client, Case, page, case.pk))


def test_one_more_row_or_a_fault_does_not_make_a_form_new(
    admin_client: Client, colleague: Client
) -> None:
    case = public_case()
    page = open_page(admin_client, Case, case.pk)
    save(colleague, Case, case.pk, title="Their title")
    url = address(Case, "change", case.pk)
    more = admin_client.post(url, {**page.data, "_more": "defendants"})
    assert not overtaken(more)
    assert overtaken(send(admin_client, Case, read(more, Case), case.pk))
    fresh = open_page(admin_client, Case, case.pk)
    fresh.fill(title="")
    faulty = send(admin_client, Case, fresh, case.pk)
    assert not overtaken(faulty)
    corrected = read(faulty, Case)
    corrected.fill(title="My title")
    assert send(admin_client, Case, corrected, case.pk).status_code == 302


def test_nobody_changes_a_record_between_reading_and_saving_it(
    admin_client: Client, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = public_case(defendants__isnull=False)
    defendant = case.defendants.order_by("pk").first()
    seen: list[bool] = []
    judge = roles.may_change

    def judging(user: Any, record: Record) -> bool:
        seen.append(is_locked(elsewhere, record))
        return judge(user, record)

    pages = [(Case, case.pk), (Defendant, defendant.pk)]
    sent = [(model, key, open_page(admin_client, model, key)) for model, key in pages]
    monkeypatch.setattr(roles, "may_change", judging)
    for model, key, page in sent:
        seen.clear()
        with transaction.atomic():
            assert send(admin_client, model, page, key).status_code == 302
            assert seen
            assert all(seen), model
            # The locks of one page do not count for the next.
            transaction.set_rollback(True)
    assert not is_locked(elsewhere, case)


def test_what_was_published_meanwhile_is_not_deleted(admin_user: User) -> None:
    entry: Any = admin.site.get_model_admin(Case)
    request = RequestFactory().post("/")
    request.user = admin_user
    case = public_case()
    with pytest.raises(PermissionDenied):
        entry.delete_queryset(request, Case.objects.filter(pk=case.pk))
    assert Case.objects.filter(pk=case.pk).exists()


def test_two_first_saves_wait_for_each_other(elsewhere: Any) -> None:
    case = public_case()
    assert not is_locked(elsewhere, case)
    begin(case)
    assert is_locked(elsewhere, case)
    assert [revision.number for revision in Revision.objects.of(case)] == [1]


def test_a_lock_of_a_record_meets_the_loader_s_lock_of_the_table(elsewhere: Any) -> None:
    with elsewhere.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE caselaw_case IN SHARE ROW EXCLUSIVE MODE")
        with connection.cursor() as own:
            own.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError), transaction.atomic():
            lock(Case, [public_case().pk])
        cursor.execute("ROLLBACK")


def test_the_history_says_what_is_stored_and_not_what_a_form_asks_for(
    admin_client: Client,
) -> None:
    case = Case.objects.filter(state=State.IN_REVIEW).order_by("code").first()
    assert case is not None
    save(admin_client, Case, case.pk, state="published")
    states = Revision.objects.of(case).order_by("number").values_list("state", flat=True)
    assert list(states) == ["in_review", "published"]


def test_a_very_long_name_is_cut(admin_user: User) -> None:
    case = public_case()
    admin_user.first_name, admin_user.last_name = "a" * 150, "b" * 150
    admin_user.save()
    begin(case)
    Case.objects.filter(pk=case.pk).update(title="Another title")
    take(case, user=admin_user)
    last = Revision.objects.of(case).first()
    assert last is not None
    assert last.by_name == "a" * 150


def test_a_fault_does_not_lock_a_contributor_out_of_an_own_draft() -> None:
    client = signed_in(curator("contributor"))
    case = add_case(client)
    page = open_page(client, Case, case.pk)
    page.fill(title="", state="in_review")
    response = send(client, Case, page, case.pk)
    assert response.status_code == 200
    assert b'name="_save"' in response.content
    # Also where the record is sound and one of its parts is not.
    page = read(response, Case)
    page.fill(title="Zwetschgen crossing")
    page.add_row("defendants", label="", count="3")
    response = send(client, Case, page, case.pk)
    assert response.status_code == 200
    page = read(response, Case)
    assert re.search(rb'name="defendants-0-label"', response.content)
    page.fill(**{"defendants-0-label": "The captain"})
    assert send(client, Case, page, case.pk).status_code == 302
    case.refresh_from_db()
    assert case.state == "in_review"
