"""Laws, works and reference data in the admin: what depends on them follows at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from caselaw.exports import export_case
from caselaw.models import Case
from legislation.models import Law, Provision
from portal.records.models import Redirect, State
from portal.reference.catalog import catalog
from portal.reference.models import (
    Jurisdiction,
    Process,
    ProcessMembership,
    Region,
    Term,
    TreatyArticle,
    TreatyStatus,
    Vocabulary,
)
from portal.search.models import SearchDocument
from tests.admin_forms import address, count, errors, facet, open_page, save, send

pytestmark = pytest.mark.django_db

#: An article that few provisions implement.
ARTICLE = "6.1.b.ii"


def add_law(client: Client, code: str, **values: Any) -> Law:
    page = open_page(client, Law)
    given = {"jurisdiction": "FRA", "type": "law_types:act", "status": "law_status:in_force"}
    page.fill(code=code, title="Loi d'essai", **{**given, **values})
    for number in ("art 1", "art 1", ""):
        page.add_row("provisions", number=number, summary="A provision")
    response = send(client, Law, page)
    assert response.status_code == 302, errors(response)
    return Law.objects.get(code=code)


def test_provisions_get_permanent_codes(admin_client: Client) -> None:
    law = add_law(admin_client, "fra-draft")
    codes = [provision.code for provision in law.provisions.all()]
    assert codes == ["fra-draft:art-1", "fra-draft:art-1.2", "fra-draft:p3"]
    page = open_page(admin_client, Law, law.pk)
    page.fill(**{"code": "fra-loi-essai", "provisions-0-heading": "Changed in the same moment"})
    assert send(admin_client, Law, page, law.pk).status_code == 302
    assert [provision.code for provision in law.provisions.all()] == [
        "fra-loi-essai:art-1",
        "fra-loi-essai:art-1.2",
        "fra-loi-essai:p3",
    ]
    save(admin_client, Law, law.pk, **{"provisions-0-number": "art 9"})
    assert law.provisions.filter(number="art 9", code="fra-loi-essai:art-1").exists()


def test_articles_of_a_provision_reach_the_cases(admin_client: Client, client: Client) -> None:
    provision = (
        Provision.objects.filter(law__state="published", applications__case__state="published")
        .exclude(articles=ARTICLE)
        .order_by("pk")
        .first()
    )
    assert provision is not None
    expected = set(
        Case.objects.public()
        .filter(laws_applied__provisions=provision)
        .values_list("code", flat=True)
    )

    def with_article() -> set[str]:
        page = client.get("/api/v1/cases/", {"article": ARTICLE, "page_size": 100})
        return {case["code"] for case in page.json()["results"]}

    before = with_article()
    page = open_page(admin_client, Provision, provision.pk)
    page.add_row("article_links", article=ARTICLE)
    assert send(admin_client, Provision, page, provision.pk).status_code == 302
    assert with_article() == before | expected
    assert provision.law.code in {
        law["code"]
        for law in client.get("/api/v1/laws/", {"article": ARTICLE, "page_size": 100}).json()[
            "results"
        ]
    }


def test_a_law_cannot_amend_itself(admin_client: Client) -> None:
    law = add_law(admin_client, "fra-draft")
    page = open_page(admin_client, Law, law.pk)
    page.add_row("effects", kind="amends", other=law.pk)
    found = errors(send(admin_client, Law, page, law.pk))
    assert found == {"effects": [{"other": ["A law cannot change itself."]}]}


def test_a_new_label_is_seen_at_once(admin_client: Client, client: Client) -> None:
    case = Case.objects.public().filter(term_links__term="modes:sea").order_by("code").first()
    assert case is not None
    for labels, language in (
        ({"labels_fr": "Voie <des> mers"}, "fr"),
        ({"labels_en": "Seas"}, "en"),
    ):
        assert catalog().term_label("modes:sea")
        page = open_page(admin_client, Term, "modes:sea")
        key = next(name for name in page.data if name == next(iter(labels)))
        page.fill(**{key: labels[key]})
        assert send(admin_client, Term, page, "modes:sea").status_code == 302
        text = client.get(f"/{language}/cases/{case.code}/").content.decode()
        assert labels[key].replace("<", "&lt;").replace(">", "&gt;") in text
    assert set(Term.objects.get(pk="modes:sea").labels) == {"ar", "zh", "en", "fr", "ru", "es"}


def test_labels_can_be_emptied_but_not_all(admin_client: Client) -> None:
    names = [f"labels_{code}" for code in ("ar", "zh", "en", "fr", "ru", "es")]
    save(admin_client, Term, "modes:sea", **dict.fromkeys(names[3:], ""))
    assert set(Term.objects.get(pk="modes:sea").labels) == {"ar", "zh", "en"}
    page = open_page(admin_client, Term, "modes:sea")
    page.fill(**dict.fromkeys(names, " "))
    assert set(errors(send(admin_client, Term, page, "modes:sea"))) == {"labels"}


def test_a_new_term_gets_its_key(admin_client: Client) -> None:
    page = open_page(admin_client, Term)
    page.fill(vocabulary="modes", code="river", labels_en="River")
    assert send(admin_client, Term, page).status_code == 302
    assert Term.objects.get(vocabulary="modes", code="river").pk == "modes:river"
    case = Case.objects.order_by("code").first()
    assert case is not None
    save(admin_client, Case, case.pk, modes=["modes:river"])
    assert case.term_links.filter(term="modes:river").exists()


@pytest.mark.parametrize(
    "model", [Jurisdiction, Region, Process, TreatyArticle, Vocabulary, Term], ids=str
)
def test_a_key_is_never_typed_over(admin_client: Client, model: type[Model]) -> None:
    first = model._default_manager.first()
    assert first is not None
    number = model._default_manager.count()
    save(admin_client, model, first.pk, code="ZZZ")
    assert model._default_manager.count() == number
    assert model._default_manager.filter(pk=first.pk).exists()


def test_a_region_moves_its_records(admin_client: Client, client: Client) -> None:
    assert catalog().jurisdiction_regions["ITA"] == "039"
    cases = count(client, jurisdiction="ITA")
    before = facet(client, "region", "039"), facet(client, "region", "155")
    assert cases > 0
    save(admin_client, Jurisdiction, "ITA", region="155")
    after = facet(client, "region", "039"), facet(client, "region", "155")
    assert after == (before[0] - cases, before[1] + cases)


def test_membership_of_a_process_moves_its_records(admin_client: Client, client: Client) -> None:
    membership = ProcessMembership.objects.filter(jurisdiction="ITA", capacity="member").first()
    assert membership is not None
    code, cases = membership.process_id, count(client, jurisdiction="ITA")
    before = facet(client, "process", code)
    page = open_page(admin_client, Jurisdiction, "ITA")
    row = next(
        name.removesuffix("process")
        for name, value in page.data.items()
        if name.endswith("-process") and value == [code]
    )
    page.fill(**{f"{row}DELETE": "on"})
    assert send(admin_client, Jurisdiction, page, "ITA").status_code == 302
    assert facet(client, "process", code) == before - cases
    assert admin_client.post(address(Process, "delete", code), {"post": "yes"}).status_code == 302
    assert not SearchDocument.objects.filter(facets__contains=[f"process:{code}"]).exists()


def test_a_party_to_the_protocol_marks_its_laws(admin_client: Client, client: Client) -> None:
    status = TreatyStatus.objects.get(jurisdiction="FRA")
    assert status.is_party
    laws = count(client, "laws", jurisdiction="FRA")
    before = facet(client, "party", "true", "laws")
    assert laws > 0
    save(admin_client, TreatyStatus, status.pk, is_party=None, act="", consent="")
    assert facet(client, "party", "true", "laws") == before - laws
    save(admin_client, TreatyStatus, status.pk, is_party="on")
    assert facet(client, "party", "true", "laws") == before
    url = address(TreatyStatus, "delete", status.pk)
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert facet(client, "party", "true", "laws") == before - laws


def test_a_redirect_leads_to_a_record_and_never_in_a_circle(admin_client: Client) -> None:
    first, second = Case.objects.public().order_by("code")[:2]
    for code, target, message in (
        ("old", "nowhere", "No record has this code."),
        (first.code, first.code, "A redirect leads to another code."),
    ):
        page = open_page(admin_client, Redirect)
        page.fill(code=code, target=target, reason="renamed")
        assert errors(send(admin_client, Redirect, page))["target"][0] == message
    save(admin_client, Redirect, code=first.code, target=second.code, reason="merged")
    page = open_page(admin_client, Redirect)
    page.fill(code=second.code, target=first.code, reason="merged")
    assert "redirected itself" in errors(send(admin_client, Redirect, page))["target"][0]


def test_an_old_code_leads_to_the_new_one(admin_client: Client, client: Client) -> None:
    law = Law.objects.filter(state=State.PUBLISHED).order_by("code").first()
    assert law is not None
    assert client.get("/en/legislation/once-called-so/").status_code == 404
    save(admin_client, Redirect, code="once-called-so", target=law.code, reason="renamed")
    answer = client.get("/en/legislation/once-called-so/")
    assert (answer.status_code, answer["Location"]) == (301, f"/en/legislation/{law.code}/")
    # From the pages of another database as well: who follows an old link may not know where.
    assert client.get("/en/cases/once-called-so/").status_code == 301


def test_reference_data_that_nobody_changed_are_saved_as_they_were(admin_client: Client) -> None:
    # The stored order of languages is not the order of the boxes (ar, zh, en, fr, ru, es).
    term = Term.objects.get(pk="modes:land")
    assert term.official_languages == ["ar", "en", "es", "fr", "ru"]
    for model, key in (
        (Term, term.pk),
        (Jurisdiction, "CIV"),
        (Region, "039"),
        (TreatyArticle, ARTICLE),
        (TreatyStatus, TreatyStatus.objects.get(jurisdiction="FRA").pk),
        (Process, ProcessMembership.objects.values_list("process", flat=True)[0]),
    ):
        rows = model._default_manager.filter(pk=key)
        before = rows.values().get()
        save(admin_client, model, key)
        assert rows.values().get() == before


def test_cases_follow_a_provision_that_their_law_gets_later(
    admin_client: Client, client: Client
) -> None:
    """A case cites s 232A of the Act; once a curator records it, the case is linked and found."""
    law = Law.objects.get(code="aus-migration-act-1958")
    code = "aus-migration-act-1958:s-232a"
    page = open_page(admin_client, Law, law.pk)
    page.add_row("provisions", number="s 232A", summary="Bringing groups of non-citizens")
    assert send(admin_client, Law, page, law.pk).status_code == 302
    linked = count(client, provision=code)
    assert linked
    assert facet(client, "provision", code) == linked
    provision = Provision.objects.get(code=code)
    save(admin_client, Provision, provision.pk, number="s 999")
    assert Provision.objects.get(pk=provision.pk).number == "s 999"
    assert facet(client, "provision", code) == 0
    # Nothing of this is an edit of the cases: the collection still says what they say.
    case = Case.objects.for_export().get(code="aus-2012-r-v-ahmad")
    exported = export_case(case)
    assert not any("provision_links" in applied for applied in exported["laws_applied"])
