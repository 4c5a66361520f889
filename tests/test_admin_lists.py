"""The admin's doors: what can be reached, by whom, how it is found, and what a page costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Count, Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bibliography.models import Work, WorkTerm
from caselaw.models import Case, CaseTerm, Defendant, LawApplied, ProvisionApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.curation.models import SuspectedPair
from portal.imports.models import ImportFault, ImportRow, ImportRun
from portal.limits.models import ApiToken, RequestWindow
from portal.links.models import Address
from portal.records.models import Redirect, Revision, State
from portal.reference.models import DataVersion, Jurisdiction, Term
from portal.search.models import FacetBits, Identifier, KnownWord, SearchDocument
from tests.admin_forms import address, open_page, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_of_each() -> None:
    """What the collection has none of, so that every kind of object has a page."""
    Group.objects.create(name="Editors")
    Redirect.objects.create(code="old", target="new", reason="renamed")
    User.objects.create_user("somebody")
    Address.objects.create(url="https://example.org/")
    ApiToken.objects.create(name="Plum Institute", digest="0" * 64)
    first, second = Case.objects.order_by("pk")[:2]
    SuspectedPair.objects.create(
        database="cases", first_id=first.pk, second_id=second.pk, reasons=[], likeness=0
    )
    ImportRun.objects.create(
        database="cases", file_name="a.csv", sha256="0" * 64, size=1, format="csv"
    )


#: Made from the records, from changes of them and from requests; nobody writes them by hand.
DERIVED = {SearchDocument, DataVersion, FacetBits, Identifier, KnownWord, Revision, RequestWindow}
#: Read on the page of their import, from the file that it is.
SHOWN_WITH_THEIR_IMPORT = {ImportRow, ImportFault}
#: What is found or brought, and so is not added here; neither is deleted by hand.
FOUND_OR_BROUGHT = {SuspectedPair, ImportRun}
#: Issued and withdrawn: that there was one is kept.
NEVER_DELETED = {*FOUND_OR_BROUGHT, ApiToken}
#: Edited as check boxes of their record (`TermsForm`).
CHOSEN_IN_THE_FORM = {CaseTerm, WorkTerm}


def own_models() -> Iterator[type[Model]]:
    for config in apps.get_app_configs():
        if config.path.startswith(str(settings.BASE_DIR / config.name.split(".")[0])):
            yield from config.get_models()


def every_address() -> list[str]:
    """Every address of the admin that belongs to a registered model, and its own pages."""
    found = [reverse(f"admin:{name}") for name in ("index", "password_change", "jsi18n")]
    for model in admin.site._registry:
        found.append(address(model, "changelist"))
        first = model._default_manager.first()
        assert first is not None, f"one_of_each makes no {model.__name__}"
        found += [address(model, view, first.pk) for view in ("change", "history")]
        if model not in FOUND_OR_BROUGHT:
            found.append(address(model, "add"))
        if model not in NEVER_DELETED:
            found.append(address(model, "delete", first.pk))
    found += [
        reverse("admin:app_list", args=[label])
        for label in {model._meta.app_label for model in admin.site._registry}
    ]
    return [*found, autocomplete_address("case", "jurisdiction", "")]


def autocomplete_address(model: str, field: str, term: str, app: str = "caselaw") -> str:
    return (
        f"{reverse('admin:autocomplete')}?app_label={app}&model_name={model}"
        f"&field_name={field}&term={term}"
    )


def test_every_model_can_be_reached() -> None:
    registered = set(admin.site._registry)
    inlines = {inline.model for entry in admin.site._registry.values() for inline in entry.inlines}
    forms = {getattr(entry.form, "through", None) for entry in admin.site._registry.values()}
    assert forms >= CHOSEN_IN_THE_FORM
    models = set(own_models())
    assert len(models) > 25
    assert models - registered - inlines - forms == DERIVED | SHOWN_WITH_THEIR_IMPORT


def test_what_is_found_or_brought_is_neither_added_nor_deleted_by_hand(
    admin_client: Client,
) -> None:
    for model in FOUND_OR_BROUGHT:
        first: Any = model._default_manager.get()
        for url in (address(model, "add"), address(model, "delete", first.pk)):
            assert admin_client.get(url).status_code == 403, url
            assert admin_client.post(url, {"post": "yes"}).status_code == 403, url
        assert model._default_manager.filter(pk=first.pk).exists()


def test_without_an_account_every_address_asks_for_one(client: Client) -> None:
    addresses = every_address()
    assert len(addresses) > 60
    for url in addresses:
        response = client.get(url)
        assert response.status_code == 302, url
        assert response["Location"].startswith(reverse("admin:login")), url


def test_staff_without_permissions_see_nothing(client: Client) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))
    open_to_staff = {reverse(f"admin:{name}") for name in ("index", "password_change", "jsi18n")}
    answers = {url: client.get(url).status_code for url in every_address()}
    assert {url for url, status in answers.items() if status == 200} == open_to_staff
    # A row of a list that shows one's own alone is none to its visitor, who is led back.
    assert set(answers.values()) == {200, 302, 403, 404}
    for url in (url for url, status in answers.items() if status == 302):
        assert client.get(url)["Location"] == reverse("admin:index"), url
    # An app of which nothing may be seen does not exist for its visitor.
    assert all("/" in url for url, status in answers.items() if status == 404)
    assert {url.count("/") for url, status in answers.items() if status == 404} == {3}


def test_staff_who_may_only_look_see_terms_and_change_nothing(client: Client) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_case"))
    client.force_login(user)
    link = CaseTerm.objects.filter(term="modes:sea").first()
    assert link is not None
    url = address(Case, "change", link.case_id)
    page = client.get(url)
    assert re.search(
        r'field-modes.*?<div class="readonly">[^<]*\bSea\b', page.content.decode(), re.S
    )
    assert client.post(url, {"title": "Changed"}).status_code == 403


def test_all_pages_open_under_the_policy(admin_client: Client) -> None:
    """No inline script or style: `script-src 'self'; style-src 'self'` refuses them."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|<[^>]+\s(?:style|on[a-z]+)=", re.I)
    for url in every_address():
        response = admin_client.get(url)
        assert response.status_code == 200, url
        assert "script-src 'self'" in response["Content-Security-Policy"]
        if response["Content-Type"].startswith("text/html"):
            assert inline.search(response.content.decode()) is None, url


def test_the_site_bears_its_name(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert "Smuggling of Migrants Knowledge Portal" in page
    assert "Django administration" not in page
    assert '<a href="/">View site</a>' in page


@pytest.mark.parametrize(
    "query", ["drowned", '"organized criminal group"', "boat -sea", "truck or lorry"]
)
def test_admin_search_is_the_public_search_in_all_states(
    admin_client: Client, client: Client, query: str
) -> None:
    public = client.get("/api/v1/cases/", {"q": query, "page_size": 1}).json()["count"]
    found = admin_client.get(address(Case, "changelist"), {"q": query, "state__exact": "published"})
    coded = Case.objects.public().filter(code__contains=query).count()
    assert public > 0
    assert public <= found.context["cl"].result_count <= public + coded


def test_admin_search_finds_drafts_and_parts_of_codes(
    admin_client: Client, held_back: list[tuple[str, str]]
) -> None:
    code = next(code for slug, code in held_back if slug == "cases")
    for term in (code, code[:-3], code.upper()):
        found = admin_client.get(address(Case, "changelist"), {"q": term}).context["cl"]
        assert code in {case.code for case in found.queryset}


def test_a_search_that_cannot_be_one_says_so(admin_client: Client) -> None:
    found = admin_client.get(address(Case, "changelist"), {"q": "x" * 500})
    assert found.context["cl"].result_count == 0
    assert "longer than 400 characters" in found.content.decode()


@pytest.mark.parametrize(
    ("field", "model", "app", "term", "expected"),
    [
        ("jurisdiction", "case", "caselaw", "франция", "FRA"),
        ("jurisdiction", "case", "caselaw", "cote d", "CIV"),
        ("article", "provisionarticle", "legislation", "6(1)(b)(ii)", "6.1.b.ii"),
    ],
)
def test_reference_data_are_completed(
    admin_client: Client, field: str, model: str, app: str, term: str, expected: str
) -> None:
    answer = admin_client.get(autocomplete_address(model, field, term, app)).json()
    assert expected in {entry["id"] for entry in answer["results"]}


def test_languages_of_labels_are_no_words_of_them(admin_client: Client) -> None:
    """Labels are stored with the codes of their languages: “fr” is not in every country's name."""
    answer = admin_client.get(autocomplete_address("case", "jurisdiction", "fr")).json()
    codes = {entry["id"] for entry in answer["results"]}
    assert "FRA" in codes
    assert "DEU" not in codes


def test_records_are_completed_by_the_public_search(admin_client: Client) -> None:
    law = Law.objects.exclude(summary="").order_by("code").first()
    assert law is not None
    words = " ".join(re.findall(r"\w{5,}", law.summary)[:4])
    url = autocomplete_address("lawapplied", "law", words)
    results = admin_client.get(url).json()["results"]
    assert {"id": str(law.pk), "text": f"{law.title} ({law.code})"} in results
    provision = Provision.objects.select_related("law").order_by("pk").first()
    assert provision is not None
    url = autocomplete_address("provisionapplied", "provision", provision.code)
    assert law_of(admin_client.get(url).json()["results"]) == {provision.law.title}


def law_of(results: list[dict[str, str]]) -> set[str]:
    keys = [entry["id"] for entry in results]
    return set(Provision.objects.filter(pk__in=keys).values_list("law__title", flat=True))


def test_lists_can_be_filtered(admin_client: Client, held_back: list[tuple[str, str]]) -> None:
    def count(model: type[Model], **filters: str) -> int:
        page = admin_client.get(address(model, "changelist"), filters)
        return page.context["cl"].result_count

    cases = [code for slug, code in held_back if slug == "cases"]
    waiting = Case.objects.exclude(state=State.PUBLISHED)
    assert count(Case, state__exact="in_review") == waiting.filter(state="in_review").count() > 0
    assert count(Case, note="yes") == Case.objects.exclude(review_note="").count() >= len(cases) > 0
    assert count(Case, note="no") == Case.objects.count() - count(Case, note="yes")
    level = Case.objects.filter(court_level="court_level:supreme").count()
    assert count(Case, court_level__id__exact="court_level:supreme") == level > 0
    assert count(Law, type__id__exact="law_types:act") < Law.objects.count()


def filters_of(model: type[Model]) -> list[Any]:
    """The filters of a list, as a superuser has them."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    changelist = admin.site.get_model_admin(model).get_changelist_instance(request)
    found: list[Any] = changelist.filter_specs
    return found


def test_a_null_character_is_no_error_of_any_list(admin_client: Client) -> None:
    for model in admin.site._registry:
        url = address(model, "changelist")
        names = {"q", "o", "p", "x", "pk"}.union(
            *(spec.expected_parameters() for spec in filters_of(model))
        )
        answers = {name: admin_client.get(f"{url}?{name}=%00") for name in names}
        for name, answer in answers.items():
            assert answer.status_code in (200, 302), (url, name)
            assert answer.status_code == 200 or answer["Location"] == f"{url}?e=1", (url, name)
        assert admin_client.get(f"{url}?e=1").status_code == 200
        export = reverse("admin:export", args=[*url.strip("/").split("/")[1:], "csv"])
        assert admin_client.get(f"{export}?pk=%00").status_code in (200, 302), url
        assert admin_client.get(f"{url}%00/change/").status_code in (302, 404), url
    for lookup in ("state__exact", "missing", "jurisdiction__code"):
        assert admin_client.get(f"{address(Case, 'changelist')}?{lookup}=%00").status_code == 302


def test_our_filters_take_only_what_they_offer(admin_client: Client) -> None:
    ours = set()
    for model in admin.site._registry:
        url = address(model, "changelist")
        for spec in filters_of(model):
            if isinstance(spec, admin.SimpleListFilter):
                ours.add(spec.parameter_name)
                refused = admin_client.get(url, {spec.parameter_name: "quince"})
                assert refused.status_code == 302, (url, spec.parameter_name)
                assert refused["Location"] == f"{url}?e=1"
                first, *_others = spec.lookup_choices
                taken = admin_client.get(url, {spec.parameter_name: first[0]})
                assert taken.status_code == 200, (url, first)
    assert ours >= {"missing", "note", "by", "changed", "sources", "judged", "database", "link"}
    assert ours >= {"place", "laws", "failed"}


def test_lists_cost_few_queries(
    admin_client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for model, entry in admin.site._registry.items():
        with django_assert_max_num_queries(10):
            page = admin_client.get(address(model, "changelist"), {"q": "a"})
        assert page.status_code == 200
        assert not entry.show_full_result_count or model._meta.app_label == "auth"


def biggest(model: type[Model], part: str) -> Any:
    return model._default_manager.annotate(n=Count(part)).order_by("-n", "pk").first()


@pytest.mark.parametrize(
    ("model", "part", "least", "budget"),
    [
        (Case, "defendants", 7, 12),
        (Case, "country_links", 12, 12),
        # Three more tell which laws are likely for those in words only, however many they are.
        (Case, "laws_applied", 4, 15),
        (Law, "provisions", 13, 10),
        (Work, "contributors", 9, 12),
        (Work, "country_links", 14, 12),
        (Defendant, "charges", 3, 7),
        (LawApplied, "provision_links", 8, 7),
        (Provision, "article_links", 10, 7),
        (Jurisdiction, "processmembership", 4, 8),
    ],
)
def test_pages_cost_few_queries_however_many_parts(
    admin_client: Client,
    django_assert_max_num_queries: Callable[..., Any],
    model: type[Model],
    part: str,
    least: int,
    budget: int,
) -> None:
    found = biggest(model, part)
    assert found.n >= least
    # Django asks for content types once for all.
    admin_client.get(address(model, "change", found.pk))
    with django_assert_max_num_queries(budget):
        assert admin_client.get(address(model, "change", found.pk)).status_code == 200


def saving_of(client: Client, case: Case) -> int:
    """How many queries it takes to save a case as it is."""
    page = open_page(client, Case, case.pk)
    with CaptureQueriesContext(connection) as queries:
        assert send(client, Case, page, case.pk).status_code == 302
    return len(queries)


def test_saving_costs_by_what_changed_and_not_by_the_number_of_parts(admin_client: Client) -> None:
    for part in ("defendants", "laws_applied", "proceedings", "sources"):
        case = biggest(Case, part)
        saving_of(admin_client, case)
        rows: Any = getattr(case, part)
        number, first = rows.count(), rows.first()
        once = saving_of(admin_client, case)
        # What keeps, locks, compares and indexes a record reads each of its tables once.
        assert once <= 100, part
        copies = [type(first)(**{**values_of(first), "position": 50 + n}) for n in range(number)]
        type(first)._default_manager.bulk_create(copies)
        assert rows.count() == 2 * number
        saving_of(admin_client, case)
        assert saving_of(admin_client, case) == once, part


def values_of(row: Model) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }


def test_provisions_that_were_applied_are_shown_by_name(admin_client: Client) -> None:
    link = ProvisionApplied.objects.select_related("provision__law", "application").first()
    assert link is not None
    page = admin_client.get(address(LawApplied, "change", link.application_id))
    assert link.provision.law.code in page.content.decode()


def test_terms_are_searched_in_every_language(admin_client: Client) -> None:
    term = Term.objects.get(pk="modes:sea")
    for text in term.labels.values():
        found = admin_client.get(address(Term, "changelist"), {"q": text}).context["cl"]
        assert term in found.queryset, text
