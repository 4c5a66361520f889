"""Who may do what: every role and every action, and every address of the admin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import resolve, reverse

from bibliography.models import Work
from caselaw.models import Case, Charge, Defendant, LawApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.curation.models import SuspectedPair
from portal.imports.models import ImportRun
from portal.limits.models import ApiToken
from portal.links.models import Address
from portal.records.database import database_for
from portal.records.models import Record, Redirect, Revision, State
from portal.records.revisions import begin, take
from portal.reference.models import Term
from portal.search import index
from tests.admin_forms import CODE, add_case, address, open_page, send
from tests.test_second_factor import admin_addresses

pytestmark = pytest.mark.django_db

GROUPS = {
    "contributor": "Contributors",
    "editor": "Editors: Case law",
    "editor elsewhere": "Editors: Legislation",
    "editor of works": "Editors: Bibliography",
    "publisher": "Publishers",
    "administrator": "Administrators",
    "staff without a group": "",
}
CONTRIBUTORS = {"contributor", "editor", "publisher", "administrator"}
EDITORS = {"editor", "publisher", "administrator"}
PUBLISHERS = {"publisher", "administrator"}
ADMINISTRATORS = {"administrator"}
SEEING = set(GROUPS) - {"staff without a group"}


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where the files of imports are kept."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


def curator(role: str, name: str = "") -> User:
    user = User.objects.create_user(name or role.replace(" ", "-"), password="x", is_staff=True)
    if GROUPS[role]:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


#: What a record of each database cannot do without.
LEAST: dict[type[Record], dict[str, Any]] = {
    Case: {"code": "fra-2031-roles", "jurisdiction_id": "FRA"},
    Law: {
        "code": "fra-roles-act", "jurisdiction_id": "FRA",
        "type_id": "law_types:act", "status_id": "law_status:in_force",
    },
    Work: {"code": "mirabelle-2031-roles", "type_id": "bibliography_types:article-journal"},
}  # fmt: skip


def record_of(
    model: type[Record], author: User | None, state: str = State.DRAFT, **values: Any
) -> Any:
    """A record that somebody entered (None: nobody, as of the collection), in a state."""
    given = {**LEAST[model], "title": "Roles", "state": state, "created_by": author, **values}
    if state == State.WITHDRAWN:
        given["withdrawal_reason"] = "Another one."
    record = model._default_manager.create(**given)
    if state in (State.PUBLISHED, State.WITHDRAWN):
        model._default_manager.filter(pk=record.pk).update(first_published_at=record.created_at)
    index.refresh([record])
    return model._default_manager.get(pk=record.pk)


def case_of(author: User | None, state: str = State.DRAFT, **values: Any) -> Case:
    case: Case = record_of(Case, author, state, **values)
    return case


def changed(client: Client, record: Any, **values: Any) -> bool:
    """Whether a save through the page of a record does what it says."""
    model = type(record)
    response = client.get(address(model, "change", record.pk))
    if response.status_code != 200 or b'name="_save"' not in response.content:
        # Somebody who sends the form all the same changes nothing.
        forged = {"title": "Forged", "state": "published"}
        client.post(address(model, "change", record.pk), forged)
        now = model.objects.get(pk=record.pk)
        assert (now.title, now.state) == (record.title, record.state)
        return False
    page = open_page(client, model, record.pk)
    page.fill(**values)
    response = send(client, model, page, record.pk)
    now = model.objects.get(pk=record.pk)
    done = all(getattr(now, name) == value for name, value in values.items())
    assert done == (response.status_code == 302)
    return done


def deleted(client: Client, record: Any) -> bool:
    client.post(address(type(record), "delete", record.pk), {"post": "yes"})
    return not type(record).objects.filter(pk=record.pk).exists()


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


def _bring_back(author: str, state: str) -> Callable[[Client, User], bool]:
    def act(client: Client, user: User) -> bool:
        other = User.objects.create_user("somebody-else") if author == "other" else None
        case = case_of(user if author == "own" else other, state)
        begin(case)
        Case.objects.filter(pk=case.pk).update(title="Later")
        take(case)
        path = f"{address(Case, 'history', case.pk)}?bring_back=1"
        client.post(path, {"why": "It was right before."})
        case.refresh_from_db()
        return case.title == "Roles"

    return act


def _judge(author: str) -> Callable[[Client, User], bool]:
    """To say of two drafts that they are two."""

    def act(client: Client, user: User) -> bool:
        other = User.objects.create_user("somebody-else") if author == "other" else None
        two = [
            case_of(user if author == "own" else other, code=f"fra-2031-roles-{number}")
            for number in "ab"
        ]
        pair = SuspectedPair.objects.create(
            database="cases", first_id=two[0].pk, second_id=two[1].pk, reasons=[], likeness=0
        )
        sent = {"action": "they_are_two", "why": "Two.", "_selected_action": [pair.pk]}
        client.post(address(SuspectedPair, "changelist"), sent)
        pair.refresh_from_db()
        return pair.judged_at is not None

    return act


def bring_file(client: Client, user: User, database: str = "cases") -> bool:
    upload = SimpleUploadedFile("a.jsonl", b'{"id": "fra-2031-roles"}\n')
    client.post(reverse("admin:imports_importrun_new", args=[database]), {"file": upload})
    run = ImportRun.objects.first()
    assert run is None or run.user == user
    return run is not None


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
    "enter a draft": (enter, CONTRIBUTORS),
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
    "bring an own draft back": (_bring_back("own", "draft"), CONTRIBUTORS),
    "bring an own case in review back": (_bring_back("own", "in_review"), EDITORS),
    "bring somebody's draft back": (_bring_back("other", "draft"), EDITORS),
    "bring a public case back": (_bring_back("other", "published"), EDITORS),
    "judge a pair of own drafts": (_judge("own"), EDITORS),
    "judge a pair of others": (_judge("other"), EDITORS),
    "bring a file": (bring_file, CONTRIBUTORS),
}


@pytest.mark.parametrize("role", GROUPS)
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_do_what_with_a_case(role: str, action: str, folder: Path) -> None:
    act, allowed = ACTIONS[action]
    user = curator(role)
    assert act(signed_in(user), user) is (role in allowed), (role, action)


#: The database that each editor works in.
EDITED: dict[str, type[Record]] = {
    "editor": Case, "editor elsewhere": Law, "editor of works": Work
}  # fmt: skip


@pytest.mark.parametrize("model", LEAST)
@pytest.mark.parametrize("role", EDITED)
def test_editors_work_in_their_own_database_and_in_no_other(
    role: str, model: type[Record], folder: Path
) -> None:
    user, other = curator(role), User.objects.create_user("somebody-else")
    client, may = signed_in(user), EDITED[role] is model
    database = database_for(model.database)
    assert client.get(address(model, "changelist")).status_code == 200
    assert (client.get(address(model, "add")).status_code == 200) is may
    assert bring_file(client, user, database.slug) is may
    draft = record_of(model, other)
    assert changed(client, draft, title="Better") is may
    assert changed(client, draft, state="in_review") is may
    assert changed(client, draft, state="published") is may
    draft.refresh_from_db()
    assert draft.is_public is may
    assert changed(client, draft, title="Better still") is may
    code = f"{draft.code}-own"
    own = record_of(model, user, State.IN_REVIEW, code=code)
    assert not changed(client, own, state="published")
    assert not deleted(client, own)
    assert changed(client, own, title="Other") is may
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_merge")
    merging = client.get(f"{path}?records={draft.pk},{own.pk}")
    assert (merging.status_code == 200) is may


#: Of each model of the admin, who may look, add, change and delete. Parts follow their record.
Rights = tuple[set[str], set[str], set[str], set[str]]
NOBODY: set[str] = set()
MODELS: dict[type[Model], Rights] = {
    Case: (SEEING, CONTRIBUTORS, EDITORS, PUBLISHERS),
    Law: (
        SEEING,
        {"contributor", "editor elsewhere", *PUBLISHERS},
        {"editor elsewhere", *PUBLISHERS},
        PUBLISHERS,
    ),
    Work: (
        SEEING,
        {"contributor", "editor of works", *PUBLISHERS},
        {"editor of works", *PUBLISHERS},
        PUBLISHERS,
    ),
    Redirect: (SEEING, PUBLISHERS, PUBLISHERS, PUBLISHERS),
    Address: (SEEING, NOBODY, SEEING - {"contributor"}, NOBODY),
    SuspectedPair: (SEEING, NOBODY, NOBODY, NOBODY),
    # Whoever enters records may bring files; who publishes them sees those of others, too.
    ImportRun: (SEEING, NOBODY, NOBODY, NOBODY),
    # Withdrawn, never deleted.
    ApiToken: (PUBLISHERS, PUBLISHERS, PUBLISHERS, NOBODY),
    User: (ADMINISTRATORS,) * 4,
    Group: (ADMINISTRATORS,) * 4,
}
#: Where not all who see a list see everything in it: who sees what somebody else brought.
OF_OTHERS = {ImportRun: EDITORS}
PARTS: dict[type[Model], type[Model]] = {
    Defendant: Case, LawApplied: Case, Charge: Case, Provision: Law
}  # fmt: skip
REFERENCE: Rights = (SEEING, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS)


def allowed_for(model: type[Model]) -> Rights:
    if model in PARTS:
        view, add, change, _delete = MODELS[PARTS[model]]
        return view, add, change, change
    if model in MODELS:
        return MODELS[model]
    assert model._meta.app_label == "reference", f"say in MODELS who may do what with {model}"
    return REFERENCE


@pytest.fixture
def one_of_each(folder: Path) -> User:
    """What the collection has none of, by somebody else; every model has a row then."""
    other = User.objects.create_user("somebody-else")
    Redirect.objects.create(code="old", target="new", reason="renamed")
    Address.objects.create(url="https://plums.example/")
    ApiToken.objects.create(name="Plum Institute", digest="0" * 64)
    two = Case.objects.order_by("pk")[:2]
    SuspectedPair.objects.create(
        database="cases", first_id=two[0].pk, second_id=two[1].pk, reasons=[], likeness=0
    )
    run_of(other)
    return other


def run_of(user: User) -> ImportRun:
    given = {"database": "cases", "file_name": "a.csv", "sha256": "0" * 64, "size": 1}
    return ImportRun.objects.create(user=user, format="csv", stage="rehearsed", **given)


@pytest.mark.parametrize("role", GROUPS)
def test_every_address_of_the_admin_by_role(role: str, one_of_each: User) -> None:
    client = signed_in(curator(role))
    for model in admin.site._registry:
        view, add, change, delete = allowed_for(model)
        seen = OF_OTHERS.get(model, view)
        first: Any = model._default_manager.order_by("pk").first()
        assert first is not None, f"one_of_each makes no {model.__name__}"
        asked = {
            ("changelist",): role in view,
            ("add",): role in add,
            ("change", first.pk): role in seen,
            ("history", first.pk): role in seen,
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


#: The key of a record that is no more.
GONE = 10**6


class Scene:
    """What the addresses of the admin beside those of every model are asked of.

    All of it is somebody else's but the import `mine`.
    """

    def __init__(self, user: User, other: User) -> None:
        self.user, self.other = user, other
        self.run, self.mine = ImportRun.objects.get(), run_of(user)
        self.records: dict[str, list[Any]] = {}
        for model in LEAST:
            two = [record_of(model, other, code=f"mirabelle-{model.database}-{n}") for n in "ab"]
            Redirect.objects.create(
                code=f"mirabelle-{model.database}", target=two[0].code, reason="merged"
            )
            Revision.objects.create(
                database=model.database, object_id=GONE, number=1, action="deleted",
                code=f"mirabelle-{model.database}", state="draft", line={"title": "Gone"},
            )  # fmt: skip
            self.records[str(model._meta.model_name)] = two
        case = self.records["case"][0]
        self.applied = LawApplied.objects.create(case=case, law_text="Plum Act")
        self.content_type = ContentType.objects.get_for_model(Case).pk

    def of(self, name: str) -> tuple[Any, Any]:
        """The two records that an address is about, by its name."""
        first, second = self.records[name.split("_")[1]]
        return first, second


#: How an address is asked: by which method, what stands in it, what is sent with it.
Asked = tuple[str, list[Any], dict[str, Any]]
Ask = Callable[[Scene, str], Asked]
STAFF = set(GROUPS)


def _get(*args: Any, **sent: Any) -> Ask:
    return lambda _scene, _name: ("get", list(args), sent)


def _post(*args: Any, **sent: Any) -> Ask:
    return lambda _scene, _name: ("post", list(args), sent)


def _of_run(run: str, method: str, *args: Any) -> Ask:
    return lambda scene, _name: (method, [getattr(scene, run).pk, *args], {})


def _of_user(scene: Scene, _name: str) -> Asked:
    return "get", [scene.other.pk], {}


def _of_token(scene: Scene, _name: str) -> Asked:
    return "get", [ApiToken.objects.get().pk], {}


def _of_applied(scene: Scene, _name: str) -> Asked:
    return "post", [scene.applied.pk], {"law": "", "not_held": "yes"}


def _preview(scene: Scene, name: str) -> Asked:
    return "get", [scene.of(name)[0].pk], {}


def _absorbed(scene: Scene, name: str) -> Asked:
    return "get", [scene.of(name)[0].pk, GONE], {}


def _merge(scene: Scene, name: str) -> Asked:
    return "get", [], {"records": ",".join(str(record.pk) for record in scene.of(name))}


def _view_on_site(scene: Scene, _name: str) -> Asked:
    return "get", [scene.content_type, scene.records["case"][0].pk], {}


def _choices(**field: str) -> Ask:
    return _get(**{"app_label": "caselaw", "term": "a", **field})


#: Every address of the admin that is not one of the five of every model, as it is asked, and who
#: is let in; nobody else is.
ADDRESSES: dict[str, list[tuple[Ask, set[str]]]] = {
    **{
        name: [(_get(), STAFF)]
        for name in (
            *("index", "login", "jsi18n", "password_change", "password_change_done", "security"),
            *("security_authenticator", "security_recovery_codes"),
            *("second_factor", "second_factor_set_up"),
        )
    },
    "security_end_sessions": [(_post(others="yes"), STAFF)],
    "logout": [(_post(), STAFF)],
    # Leads to the page of the record as readers see it: of a draft they see nothing.
    "view_on_site": [(_view_on_site, STAFF)],
    "app_list": [
        (_get("caselaw"), SEEING),
        (_get("curation"), SEEING),
        (_get("accounts"), ADMINISTRATORS),
        (_get("limits"), PUBLISHERS),
    ],
    "autocomplete": [
        (_choices(model_name="case", field_name="jurisdiction"), SEEING),
        (_choices(model_name="lawapplied", field_name="law"), SEEING),
        (_choices(model_name="lawapplied", field_name="law", within="FRA"), SEEING),
        (_choices(model_name="provisionapplied", field_name="provision", within="1"), SEEING),
    ],
    "export": [
        (_get("caselaw", "case", "csv"), SEEING),
        (_get("curation", "suspectedpair", "csv"), SEEING),
        (_get("reference", "term", "xlsx"), SEEING),
        (_get("accounts", "user", "csv"), ADMINISTRATORS),
        (_get("limits", "apitoken", "csv"), PUBLISHERS),
    ],
    "auth_user_password_change": [(_of_user, ADMINISTRATORS)],
    "accounts_user_reset_second_factor": [(_of_user, ADMINISTRATORS)],
    "limits_apitoken_withdraw": [(_of_token, PUBLISHERS)],
    **{
        f"imports_importrun_{name}": [
            (_get("cases"), CONTRIBUTORS),
            (_get("legislation"), MODELS[Law][1]),
            (_get("bibliography"), MODELS[Work][1]),
        ]
        for name in ("new", "template")
    },
    # What somebody else brought is taken further by nobody; who publishes its records sees it.
    **{
        f"imports_importrun_{name}": [
            (_of_run("run", "post"), NOBODY),
            (_of_run("mine", "post"), CONTRIBUTORS),
        ]
        for name in ("step", "write", "cancel")
    },
    "imports_importrun_faults": [
        (_of_run("run", "get", "csv"), EDITORS),
        (_of_run("mine", "get", "csv"), STAFF),
    ],
    "caselaw_lawapplied_accept": [(_of_applied, EDITORS)],
    "caselaw_lawapplied_judge": [(_of_applied, EDITORS)],
    **{
        f"{model._meta.app_label}_{model._meta.model_name}_{view}": [(ask, MODELS[model][right])]
        for model in LEAST
        for view, ask, right in (
            ("preview", _preview, 0),
            ("alike", _get(title="Roles"), 0),
            ("absorbed", _absorbed, 0),
            ("merge", _merge, 2),
        )
    },
}  # fmt: skip
OF_EVERY_MODEL = ("changelist", "add", "change", "delete", "history")


def names_of_addresses() -> set[str]:
    """The names of all addresses of the admin but the five of every model."""
    names = {resolve(path).url_name for path in admin_addresses()}
    usual = {
        f"{model._meta.app_label}_{model._meta.model_name}_{view}"
        for model in admin.site._registry
        for view in OF_EVERY_MODEL
    }
    assert usual <= names
    # Those without a name lead elsewhere: to the page of an object, or to the same with a slash.
    return {name for name in names - usual if name}


def test_the_table_names_every_address_of_the_admin() -> None:
    assert names_of_addresses() == set(ADDRESSES)


@pytest.mark.parametrize("role", GROUPS)
def test_who_is_let_in_at_the_other_addresses(role: str, one_of_each: User) -> None:
    user = curator(role)
    scene = Scene(user, one_of_each)
    for name, asked in ADDRESSES.items():
        for ask, allowed in asked:
            method, args, sent = ask(scene, name)
            url = reverse(f"admin:{name}", args=args)
            response = getattr(signed_in(user), method)(url, sent)
            # 404: an app of which nothing may be seen, and an import that is not one's own.
            assert response.status_code in (200, 302, 403, 404), (role, url, response.status_code)
            got = response.status_code in (200, 302)
            assert got is (role in allowed), (role, name, url, response.status_code)
            # Who gave no password is asked for it everywhere.
            if role == "staff without a group" and name not in OPEN_TO_ALL:
                answer = getattr(Client(), method)(url, sent)
                assert answer["Location"].startswith("/admin/login/"), url


#: Where one signs in or out.
OPEN_TO_ALL = {"login", "logout", "second_factor", "second_factor_set_up", "view_on_site"}


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
