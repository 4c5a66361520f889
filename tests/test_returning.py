"""Bringing a record back when what it named then was merged, deleted or taken since."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from bibliography.models import Work, WorkCase, WorkLaw
from caselaw.models import Case, LawApplied, ProvisionApplied
from legislation.models import Law, LawRelation, Provision
from portal.curation.returning import present_code
from portal.records.models import Record, Redirect, Revision
from portal.records.revisions import ReturnError, begin, bring_back, take
from portal.search import index
from tests.admin_forms import add_case, address, open_page, public_case, save, send
from tests.test_history import line_of, revisions
from tests.test_merging import law, merge

pytestmark = pytest.mark.django_db


def kept(record: Record, **values: Any) -> None:
    """Keep what a record says, then change fields of it as somebody's save does."""
    begin(record)
    type(record)._default_manager.filter(pk=record.pk).update(**values)
    take(type(record)._default_manager.get(pk=record.pk))


def page_of(record: Record, number: int = 1) -> str:
    return f"{address(type(record), 'history', record.pk)}?bring_back={number}"


def press(client: Client, record: Record, number: int = 1) -> HttpResponse:
    return client.post(page_of(record, number), {"why": "It was right before."})


def refused(client: Client, record: Record, number: int = 1) -> str:
    """Why a return is refused; nothing is written by it, and no button is offered for it."""
    before, history = line_of(record), len(revisions(record))
    shown = client.get(page_of(record, number))
    assert shown.status_code == 200
    assert b'type="submit" value="Bring back"' not in shown.content
    response = press(client, record, number)
    assert response.status_code == 200
    assert (line_of(record), len(revisions(record))) == (before, history)
    faults = response.context["faults"]
    assert faults == shown.context["faults"]
    return " / ".join(faults)


def any_work(**values: Any) -> Work:
    work = Work.objects.filter(state="published").order_by("code").first()
    assert work is not None
    Work.objects.filter(pk=work.pk).update(**values)
    return Work.objects.get(pk=work.pk)


def test_a_law_names_what_a_merged_law_has_become(admin_client: Client) -> None:
    old, new = law("fra-loi-mirabelle", "art. 1"), law("fra-mirabelle-act", "art. 1")
    amending = law("fra-amending-act", amends=[old.code])
    LawRelation.objects.filter(law=amending).update(note="Article 3 only.")
    kept(amending, title="Another title")
    merge(new, old)
    LawRelation.objects.filter(law=amending).delete()
    kept(amending, title="A third title")
    shown = admin_client.get(page_of(amending)).content.decode()
    assert "<code>fra-loi-mirabelle</code> was given up: <code>fra-mirabelle-act</code>" in shown
    assert press(admin_client, amending).status_code == 302
    relation = LawRelation.objects.get(law=amending)
    assert (relation.other, relation.note) == (new, "Article 3 only.")
    assert Law.objects.get(pk=amending.pk).title == "Act of the Mirabelle fra-amending-act"


def test_what_became_part_of_the_record_itself_falls_away(admin_client: Client) -> None:
    old, new = law("fra-loi-mirabelle", "art. 1"), law("fra-mirabelle-act", "art. 1")
    relation = LawRelation.objects.create(law=new, kind="amends", other=old, note="All of it.")
    kept(new, title="Another title")
    merge(new, old)
    assert not LawRelation.objects.filter(pk=relation.pk).exists()
    assert b"has become part of this record" in admin_client.get(page_of(new)).content
    assert press(admin_client, new).status_code == 302
    assert not LawRelation.objects.filter(law=new).exists()


def test_two_links_that_became_one_are_one(admin_client: Client) -> None:
    one, two, new = law("fra-one"), law("fra-two"), law("fra-three")
    work = any_work()
    WorkLaw.objects.filter(work=work).delete()
    for other in (one, two, new):
        WorkLaw.objects.create(work=work, law=other, note=f"On {other.code}.")
    kept(work, title="Another title")
    merge(new, one)
    merge(new, two)
    assert press(admin_client, work).status_code == 302
    assert [link.law for link in WorkLaw.objects.filter(work=work)] == [new]


def test_a_code_leads_through_several_mergers() -> None:
    Redirect.objects.create(code="fra-a", target="fra-b", reason="merged")
    Redirect.objects.create(code="fra-b", target="fra-c", reason="merged")
    assert present_code("fra-a") == "fra-c"
    assert present_code("fra-a:art-1") == "fra-c:art-1"
    assert present_code("fra-c") == "fra-c"
    # A ring, which no form lets anybody make, has an end as well.
    Redirect.objects.create(code="fra-c", target="fra-a", reason="merged")
    assert present_code("fra-a").startswith("fra-")


def test_a_law_that_is_gone_is_told_and_nothing_is_saved(admin_client: Client) -> None:
    gone = law("fra-loi-mirabelle")
    amending = law("fra-amending-act", amends=[gone.code])
    work = any_work()
    WorkLaw.objects.create(work=work, law=gone)
    for record in (amending, work):
        kept(record, title="Another title")
    LawRelation.objects.filter(other=gone).delete()
    WorkLaw.objects.filter(law=gone).delete()
    gone.delete()
    assert "Amends: no record “fra-loi-mirabelle” in “" in refused(admin_client, amending)
    assert "Laws: no record “fra-loi-mirabelle” in “" in refused(admin_client, work)


def test_a_doi_of_another_work_is_told(admin_client: Client) -> None:
    work = any_work(doi="10.5555/mirabelle")
    kept(work, doi="")
    other = Work.objects.exclude(pk=work.pk).order_by("code").first()
    assert other is not None
    Work.objects.filter(pk=other.pk).update(doi="10.5555/MIRABELLE")
    said = refused(admin_client, work)
    assert said == f"DOI: “10.5555/mirabelle” stands already in the record “{other.code}”"


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [(Case, "modes", ["zeppelin"]), (Case, "jurisdiction", "ZZZ"), (Law, "status", "forgotten")],
)
def test_a_code_that_reference_data_lost_is_told(
    admin_client: Client, model: type[Record], key: str, value: Any
) -> None:
    record = model._default_manager.filter(state="published").order_by("code").first()
    assert record is not None
    kept(record, title="Another title")
    first = revisions(record)[0]
    Revision.objects.filter(pk=first.pk).update(line={**first.line, key: value})
    said = refused(admin_client, record)
    assert said.startswith(f"{key.capitalize()}: ")
    # Also where nobody looked at the page first.
    first.refresh_from_db()
    with pytest.raises(ReturnError):
        bring_back(record, first, user=None)


def test_a_draft_without_what_the_collection_needs_comes_back(admin_client: Client) -> None:
    case = add_case(admin_client)
    assert "sources" not in line_of(case)
    save(admin_client, Case, case.pk, title="Second")
    assert press(admin_client, case).status_code == 302
    assert Case.objects.get(pk=case.pk).title == "Zwetschgen crossing"


def applied_by_hand(case: Case, act: Law, number: str) -> LawApplied:
    """A law applied whose provision a curator chose, where the text names none."""
    applied = LawApplied.objects.create(
        case=case, position=90, law_text="Mirabelle Act", provision_text="", law=act
    )
    provision = act.provisions.get(number=number)
    ProvisionApplied.objects.create(application=applied, provision=provision, match="exact")
    return applied


def test_a_case_keeps_its_links_to_a_merged_law(admin_client: Client) -> None:
    old, new = law("fra-loi-mirabelle", "art. 2", "art. 3"), law("fra-mirabelle-act", "art. 2")
    case = public_case()
    applied_by_hand(case, old, "art. 2")
    kept(case, title="Another title")
    merge(new, old)
    LawApplied.objects.filter(case=case, law=new).delete()
    kept(case, title="A third title")
    assert press(admin_client, case).status_code == 302
    back = LawApplied.objects.get(case=case, law=new)
    links = back.provision_links.select_related("provision")
    assert [link.provision.code for link in links] == ["fra-mirabelle-act:art-2"]


def test_a_case_whose_law_or_provision_is_gone_is_not_brought_back(admin_client: Client) -> None:
    act = law("fra-mirabelle-act", "art. 2", "art. 3")
    case = public_case()
    applied = applied_by_hand(case, act, "art. 2")
    kept(case, title="Another title")
    applied.delete()
    kept(case, title="A third title")
    Provision.objects.get(code="fra-mirabelle-act:art-2").delete()
    said = refused(admin_client, case)
    assert "Laws applied: no record “fra-mirabelle-act:art-2” in “" in said
    act.delete()
    assert "no record “fra-mirabelle-act” in “" in refused(admin_client, case)


def test_a_return_to_before_a_merger_kills_no_address(admin_client: Client) -> None:
    stays, goes = law("fra-mirabelle-act", "art. 1"), law("fra-loi-mirabelle", "art. 3")
    kept(stays, title="Another title")
    merge(stays, goes)
    address_of_it = "/api/v1/provisions/fra-mirabelle-act:art-3/"
    assert admin_client.get(address_of_it).status_code == 200
    assert "fra-mirabelle-act:art-3" in refused(admin_client, stays)
    assert admin_client.get(address_of_it).status_code == 200
    with pytest.raises(ReturnError):
        bring_back(stays, revisions(stays)[0], user=None)
    assert Provision.objects.filter(law=stays).count() == 2


def test_a_provision_keeps_its_address_whatever_its_number(admin_client: Client) -> None:
    act = law("fra-mirabelle-act", "art. 1", "art. 2")
    first, second = act.provisions.order_by("position")
    save(admin_client, Provision, first.pk, number="art. 2 bis")
    save(admin_client, Provision, second.pk, number="art. 1")
    codes = list(act.provisions.order_by("position").values_list("pk", "code"))
    assert press(admin_client, act, 1).status_code == 302
    numbers = act.provisions.order_by("position").values_list("number", flat=True)
    assert list(numbers) == ["art. 1", "art. 2"]
    assert press(admin_client, act, 3).status_code == 302
    assert list(numbers.all()) == ["art. 2 bis", "art. 1"]
    assert list(act.provisions.order_by("position").values_list("pk", "code")) == codes


@pytest.mark.parametrize("prefix", ["effects", "law_links", "case_links"])
def test_a_note_on_a_link_is_kept_told_and_brought_back(
    admin_client: Client, client: Client, prefix: str
) -> None:
    other = law("fra-loi-mirabelle")
    record: Any = law("fra-amending-act", amends=[other.code])
    links: Any = LawRelation.objects.filter(law=record)
    code = other.code
    if prefix != "effects":
        record = any_work()
        WorkLaw.objects.filter(work=record).delete()
        WorkCase.objects.filter(work=record).delete()
        if prefix == "law_links":
            links = WorkLaw.objects.filter(work=record)
            WorkLaw.objects.create(work=record, law=other)
        else:
            code = public_case().code
            links = WorkCase.objects.filter(work=record)
            WorkCase.objects.create(work=record, case=public_case())
    model = type(record)
    save(admin_client, model, record.pk, **{f"{prefix}-0-note": "On page 12."})
    before, noted = revisions(record)
    assert (before.action, noted.changed) == ("before", ["link_notes"])
    save(admin_client, model, record.pk, **{f"{prefix}-0-note": "On page 13."})
    history = address(model, "history", record.pk)
    told = admin_client.get(history, {"before": "2", "after": "3"}).context["differences"]
    assert [(one.path[0], one.path[2]) for one in told] == [("Notes on links", code)]
    assert "<ins>13</ins>" in told[0].after
    # Readers do not see these notes, and are not told of them.
    assert b"Notes on links" not in client.get(record.get_absolute_url()).content
    page = open_page(admin_client, model, record.pk)
    page.fill(**{f"{prefix}-0-DELETE": "on"})
    assert send(admin_client, model, page, record.pk).status_code == 302
    assert not links.all().exists()
    for number, note in ((2, "On page 12."), (1, ""), (3, "On page 13.")):
        assert press(admin_client, record, number).status_code == 302
        assert links.get().note == note


def test_the_search_and_the_record_come_back_together(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = public_case()
    kept(case, title="Another title")

    def failing(*records: Any) -> None:
        raise RuntimeError("no index")

    monkeypatch.setattr(index, "refresh", failing)
    with pytest.raises(RuntimeError, match="no index"):
        press(admin_client, case)
    assert Case.objects.get(pk=case.pk).title == "Another title"
    assert len(revisions(case)) == 2
