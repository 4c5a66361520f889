"""Who may do what: every role and every action, and every address of the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client

from bibliography.models import Work
from caselaw.models import Case, Charge, Defendant, LawApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.records.models import Redirect, State
from portal.reference.models import Term
from portal.search import index
from tests.admin_forms import CODE, add_case, address, open_page, send

pytestmark = pytest.mark.django_db

GROUPS = {
    "contributor": "Contributors",
    "editor": "Editors: Case law",
    "editor elsewhere": "Editors: Legislation",
    "publisher": "Publishers",
    "administrator": "Administrators",
    "staff without a group": "",
}
CONTRIBUTORS = {"contributor", "editor", "publisher", "administrator"}
EDITORS = {"editor", "publisher", "administrator"}
PUBLISHERS = {"publisher", "administrator"}
ADMINISTRATORS = {"administrator"}
SEEING = set(GROUPS) - {"staff without a group"}


def curator(role: str, name: str = "") -> User:
    user = User.objects.create_user(name or role.replace(" ", "-"), password="x", is_staff=True)
    if GROUPS[role]:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def case_of(author: User | None, state: str = State.DRAFT) -> Case:
    case = Case(
        code="fra-2031-roles", title="Roles", jurisdiction_id="FRA", state=state, created_by=author
    )
    if state == State.WITHDRAWN:
        case.withdrawal_reason = "Another case."
    case.save()
    if state in (State.PUBLISHED, State.WITHDRAWN):
        Case.objects.filter(pk=case.pk).update(first_published_at=case.created_at)
    index.refresh([case])
    return Case.objects.get(pk=case.pk)


def changed(client: Client, case: Case, **values: Any) -> bool:
    """Whether a save through the page of a case does what it says."""
    response = client.get(address(Case, "change", case.pk))
    if response.status_code != 200 or b'name="_save"' not in response.content:
        # Somebody who sends the form all the same changes nothing.
        client.post(address(Case, "change", case.pk), {"title": "Forged", "state": "published"})
        now = Case.objects.get(pk=case.pk)
        assert (now.title, now.state) == (case.title, case.state)
        return False
    page = open_page(client, Case, case.pk)
    page.fill(**values)
    response = send(client, Case, page, case.pk)
    now = Case.objects.get(pk=case.pk)
    done = all(getattr(now, name) == value for name, value in values.items())
    assert done == (response.status_code == 302)
    return done


def deleted(client: Client, case: Case) -> bool:
    client.post(address(Case, "delete", case.pk), {"post": "yes"})
    return not Case.objects.filter(pk=case.pk).exists()


def _move(author: str, before: str, after: str, **values: Any) -> Callable[[Client, User], bool]:
    """A change of state of a case that one entered oneself (`own`), somebody else, or nobody."""

    def act(client: Client, user: User) -> bool:
        other = User.objects.create_user("somebody-else") if author == "other" else None
        case = case_of(user if author == "own" else other, before)
        return changed(client, case, state=after, **values)

    return act


def _correct(author: str, state: str) -> Callable[[Client, User], bool]:
    def act(client: Client, user: User) -> bool:
        other = User.objects.create_user("somebody-else") if author == "other" else None
        return changed(client, case_of(user if author == "own" else other, state), title="Better")

    return act


def _delete(author: str, state: str) -> Callable[[Client, User], bool]:
    def act(client: Client, user: User) -> bool:
        other = User.objects.create_user("somebody-else") if author == "other" else None
        return deleted(client, case_of(user if author == "own" else other, state))

    return act


def enter(client: Client, user: User, **values: Any) -> bool:
    if client.get(address(Case, "add")).status_code == 403:
        client.post(address(Case, "add"), {"code": CODE, "title": "Forged", "_save": "Save"})
        return Case.objects.filter(code=CODE).exists()
    page = open_page(client, Case)
    given = {"code": CODE, "title": "Zwetschgen crossing", "jurisdiction": "FRA"}
    page.fill(**{**given, **values})
    send(client, Case, page)
    case = Case.objects.filter(code=CODE).first()
    assert case is None or case.created_by == user
    return case is not None


WITHDRAWN = {"withdrawal_reason": "Two cases were taken for one."}
#: Each action on a case, and the roles that may do it; nobody else may.
ACTIONS: dict[str, tuple[Callable[[Client, User], bool], set[str]]] = {
    "enter a draft": (enter, CONTRIBUTORS | {"editor elsewhere"} - {"editor elsewhere"}),
    "enter and publish at once": (lambda c, u: enter(c, u, state="published"), PUBLISHERS),
    "change an own draft": (_correct("own", "draft"), CONTRIBUTORS),
    "change somebody's draft": (_correct("other", "draft"), EDITORS),
    "change an own case in review": (_correct("own", "in_review"), EDITORS),
    "correct a public case": (_correct("other", "published"), EDITORS),
    "correct an own public case": (_correct("own", "published"), EDITORS),
    "send an own draft to review": (_move("own", "draft", "in_review"), CONTRIBUTORS),
    "send somebody's draft to review": (_move("other", "draft", "in_review"), EDITORS),
    "take a case back from review": (_move("other", "in_review", "draft"), EDITORS),
    "publish an own draft": (_move("own", "draft", "published"), PUBLISHERS),
    "publish an own case in review": (_move("own", "in_review", "published"), PUBLISHERS),
    "publish somebody's case": (_move("other", "in_review", "published"), EDITORS),
    "publish a case of the collection": (_move("", "in_review", "published"), EDITORS),
    "withdraw": (_move("other", "published", "withdrawn", **WITHDRAWN), PUBLISHERS),
    "withdraw what one entered": (_move("own", "published", "withdrawn", **WITHDRAWN), PUBLISHERS),
    "publish what was withdrawn": (_move("other", "withdrawn", "published"), PUBLISHERS),
    "withdraw a draft": (_move("other", "draft", "withdrawn", **WITHDRAWN), set()),
    "make a public case a draft": (_move("other", "published", "draft"), set()),
    "make a withdrawn case a draft": (_move("other", "withdrawn", "draft"), set()),
    "delete an own draft": (_delete("own", "draft"), {"contributor", *EDITORS}),
    "delete an own case in review": (_delete("own", "in_review"), PUBLISHERS),
    "delete somebody's draft": (_delete("other", "draft"), PUBLISHERS),
    "delete a public case": (_delete("other", "published"), set()),
}


@pytest.mark.parametrize("role", GROUPS)
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_do_what_with_a_case(role: str, action: str) -> None:
    act, allowed = ACTIONS[action]
    user = curator(role)
    assert act(signed_in(user), user) is (role in allowed), (role, action)


#: Of each model of the admin, who may look, add, change and delete. Parts follow their record.
MODELS: dict[type[Model], tuple[set[str], set[str], set[str], set[str]]] = {
    Case: (SEEING, CONTRIBUTORS, EDITORS, PUBLISHERS),
    Law: (
        SEEING,
        {"contributor", "editor elsewhere", *PUBLISHERS},
        {"editor elsewhere", *PUBLISHERS},
        PUBLISHERS,
    ),
    Work: (SEEING, {"contributor", *PUBLISHERS}, PUBLISHERS, PUBLISHERS),
    Redirect: (SEEING, PUBLISHERS, PUBLISHERS, PUBLISHERS),
    User: (ADMINISTRATORS,) * 4,
    Group: (ADMINISTRATORS,) * 4,
}
PARTS: dict[type[Model], type[Model]] = {
    Defendant: Case, LawApplied: Case, Charge: Case, Provision: Law
}  # fmt: skip
REFERENCE = (SEEING, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS)


def allowed_for(model: type[Model]) -> tuple[set[str], set[str], set[str], set[str]]:
    if model in PARTS:
        view, add, change, _delete = MODELS[PARTS[model]]
        return view, add, change, change
    if model in MODELS:
        return MODELS[model]
    if model._meta.app_label == "reference":
        return REFERENCE
    # What the portal's groups do not name is for superusers.
    return (set(),) * 4


@pytest.mark.parametrize("role", GROUPS)
def test_every_address_of_the_admin_by_role(role: str) -> None:
    Redirect.objects.create(code="old", target="new", reason="renamed")
    client = signed_in(curator(role))
    for model in admin.site._registry:
        view, add, change, delete = allowed_for(model)
        first: Any = model._default_manager.order_by("pk").first()
        if first is None:
            continue
        asked = {
            ("changelist",): role in view,
            ("add",): role in add,
            ("change", first.pk): role in view,
            ("history", first.pk): role in view,
            ("delete", first.pk): role in delete,
        }
        for (name, *args), expected in asked.items():
            response = client.get(address(model, name, *args))
            got = response.status_code == 200
            assert got is expected, (role, model.__name__, name, response.status_code)
        page = client.get(address(model, "change", first.pk))
        if page.status_code == 200:
            may_save = b'name="_save"' in page.content
            assert may_save is (role in change), (role, model.__name__)


def test_nobody_else_gets_in() -> None:
    reader = User.objects.create_user("reader", password="x")
    for client in (Client(), signed_in(reader)):
        for model in admin.site._registry:
            response = client.get(address(model, "changelist"))
            assert response.status_code == 302
            assert "/admin/login/" in response["Location"]


def test_parts_cannot_be_put_into_a_record_that_one_may_not_change() -> None:
    client = signed_in(curator("contributor"))
    foreign = Case.objects.public().order_by("code").first()
    assert foreign is not None
    before = foreign.defendants.count()
    page = open_page(client, Defendant)
    page.fill(case=foreign.pk, label="Forged")
    assert send(client, Defendant, page).status_code == 403
    assert foreign.defendants.count() == before


def test_a_contributor_sees_own_parts_as_boxes_and_others_as_text() -> None:
    user = curator("contributor")
    client = signed_in(user)
    own = add_case(client)
    assert b"defendants-TOTAL_FORMS" in client.get(address(Case, "change", own.pk)).content
    page = open_page(client, Case, own.pk)
    page.add_row("defendants", label="Captain", role="roles:captain_or_pilot")
    assert send(client, Case, page, own.pk).status_code in (200, 302)
    foreign = Case.objects.public().exclude(defendants=None).order_by("code").first()
    assert foreign is not None
    shown = client.get(address(Case, "change", foreign.pk))
    assert shown.status_code == 200
    assert b'name="defendants-0-label"' not in shown.content


def test_the_groups_have_what_they_need_and_no_more() -> None:
    assert set(GROUPS.values()) - {""} <= set(Group.objects.values_list("name", flat=True))
    for group in Group.objects.filter(name__in=["Contributors", "Editors: Case law"]):
        names = set(group.permissions.values_list("codename", flat=True))
        assert not {name for name in names if name.startswith(("delete_", "withdraw_"))}
        assert "publish_own_case" not in names
    known = set(Permission.objects.values_list("codename", flat=True))
    for model in (Case, Law, Work):
        name = model._meta.model_name
        assert {f"publish_{name}", f"publish_own_{name}", f"withdraw_{name}"} <= known


def test_an_own_group_can_be_made_of_the_permissions() -> None:
    user = User.objects.create_user("chief", is_staff=True)
    for codename in ("view_case", "change_case", "withdraw_case"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    client = signed_in(user)
    assert _move("other", "published", "withdrawn", **WITHDRAWN)(client, user)
    assert Term.objects.exists()
    assert client.get(address(Term, "changelist")).status_code == 403
