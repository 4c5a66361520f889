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
from django.db.models import Count, Model
from django.test import Client
from django.urls import reverse

from bibliography.models import Work, WorkTerm
from caselaw.models import Case, CaseTerm, Defendant, LawApplied, ProvisionApplied
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.curation.models import SuspectedPair
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
    first, second = Case.objects.order_by("pk")[:2]
    SuspectedPair.objects.create(
        database="cases", first_id=first.pk, second_id=second.pk, reasons=[], likeness=0
    )


#: Made from the records and from changes of them; nobody writes them by hand.
DERIVED = {SearchDocument, DataVersion, FacetBits, Identifier, KnownWord, Revision}
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
        found += [address(model, "changelist"), address(model, "add")]
        first = model._default_manager.first()
        assert first is not None
        found += [address(model, view, first.pk) for view in ("change", "delete", "history")]
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
    assert models - registered - inlines - forms == DERIVED


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
    assert set(answers.values()) == {200, 403, 404}
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
        (Case, "laws_applied", 4, 12),
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
    with django_assert_max_num_queries(budget):
        assert admin_client.get(address(model, "change", found.pk)).status_code == 200


def test_saving_costs_by_what_changed_and_not_by_the_number_of_parts(
    admin_client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for part in ("defendants", "country_links", "laws_applied", "proceedings"):
        key = biggest(Case, part).pk
        page = open_page(admin_client, Case, key)
        with django_assert_max_num_queries(90):
            assert send(admin_client, Case, page, key).status_code == 302


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
