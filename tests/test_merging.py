"""Two records become one: nothing that referred to the other is lost, no address dies."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import reverse

from bibliography.models import Work, WorkCase, WorkLaw
from caselaw.models import Case, CaseSource, LawApplied, ProvisionApplied
from legislation.models import Law, LawRelation
from portal.attachments import storage
from portal.curation.merging import MergeError, Plan, public_first
from portal.curation.models import SuspectedPair
from portal.curation.relations import RELATIONS, references
from portal.records.database import database_for
from portal.records.models import Record, Redirect, Revision, State
from portal.records.roles import may_merge
from portal.reference.provenance import LinkStatus
from portal.search import index
from portal.search.models import SearchDocument
from tests import documents
from tests.admin_forms import Page, address, count, open_page, public_case, save, send
from tests.test_history import line_of
from tests.test_roles import GROUPS, PUBLISHERS, curator, signed_in

pytestmark = pytest.mark.django_db


def copy_of(record: Any, code: str, **changes: Any) -> Any:
    """A fictional record that says what another one says, under a code of its own."""
    importer = database_for(record.database).importer
    line = {**line_of(record), "id": code, **changes}
    for key in ("DOI", "amends", "repeals"):
        line.pop(key, None)
    importer.save([(None, line)])
    importer.link([line])
    made = type(record).objects.get(code=code)
    index.refresh([made])
    return made


def law(code: str, *numbers: str, **values: Any) -> Law:
    line: dict[str, Any] = {
        "id": code,
        "jurisdiction": "FRA",
        "title": f"Act of the Mirabelle {code}",
        "type": "act",
        "status": "in_force",
        "sources": [{"title": "Gazette of plums", "url": f"https://plums.example/{code}"}],
        "provisions": [
            {"number": number, "summary": f"What {code} says of {number or 'all'}."}
            for number in numbers
        ],
        **values,
    }
    example = Law.objects.order_by("pk").first()
    assert example is not None
    line |= {key: line_of(example)[key] for key in ("type", "status")}
    importer = database_for("legislation").importer
    importer.save([(None, line)])
    importer.link([line])
    made = Law.objects.get(code=code)
    index.refresh([made])
    return made


@pytest.fixture
def two_laws() -> tuple[Law, Law]:
    stays = law("fra-mirabelle-act", "art. 1", "art. 2", "")
    goes = law("fra-loi-mirabelle", "art. 2", "art. 3", "")
    return stays, goes


def merge(stays: Record, goes: Record, **asked: str) -> Any:
    return Plan(stays, goes, asked).carry_out(user=None, why="One act in two languages.")


def locations(client: Client, code: str, slug: str, api: str) -> Iterator[HttpResponse]:
    yield from (client.get(f"/{language}/{slug}/{code}/") for language in ("en", "ar", "zh"))
    yield client.get(f"/id/{code}")
    yield client.get(f"/api/v1/{api}/{code}/")


def test_everything_that_refers_to_a_record_has_a_fate() -> None:
    assert references() == set(RELATIONS)


@isolate_apps("caselaw")
def test_a_relation_that_nobody_thought_of_is_reported() -> None:
    class Ruling(models.Model):  # noqa: DJ008
        case = models.ForeignKey(Case, models.CASCADE, related_name="+")
        keeper = models.ManyToManyField(Law, related_name="+")
        object_id = models.BigIntegerField()

        class Meta:
            app_label = "caselaw"

    class RulingNote(models.Model):  # noqa: DJ008
        ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="+")
        work_id = models.IntegerField()

        class Meta:
            app_label = "caselaw"

    links: Any = Ruling._meta.get_field("keeper")
    known = [*apps.get_models(include_auto_created=True), Ruling, RulingNote]
    unknown = references([*known, links.remote_field.through]) - set(RELATIONS)
    assert unknown == {
        "caselaw.Ruling.case",
        "caselaw.Ruling.object_id",
        "caselaw.Ruling_keeper.law",
        "caselaw.Ruling_keeper.ruling",
        "caselaw.RulingNote.ruling",
        "caselaw.RulingNote.work_id",
    }


def test_links_of_cases_works_and_laws_move_without_doubles(two_laws: tuple[Law, Law]) -> None:
    stays, goes = two_laws
    third = law("fra-prune-act", amends=[goes.code, stays.code])
    LawRelation.objects.create(law=goes, kind="repeals", other=third, note="In part.")
    LawRelation.objects.create(law=goes, kind="amends", other=stays)
    first, second = Work.objects.order_by("pk")[:2]
    WorkLaw.objects.create(work=first, law=goes, note="Chapter 3.")
    WorkLaw.objects.create(work=first, law=stays)
    WorkLaw.objects.create(work=second, law=goes, note="Page 7.")
    case = public_case()
    by_text = LawApplied.objects.create(
        case=case, position=90, law_text="Loi", provision_text="art. 2", law=goes
    )
    by_hand = LawApplied.objects.create(
        case=case, position=91, law_text="Loi", provision_text="of old", law=goes
    )
    for provision in goes.provisions.all():
        if "2" in provision.number:
            ProvisionApplied.objects.create(application=by_text, provision=provision, match="exact")
        ProvisionApplied.objects.create(application=by_hand, provision=provision, match="part")
    merge(stays, goes)
    assert not Law.objects.filter(code=goes.code).exists()
    works = WorkLaw.objects.filter(law=stays).order_by("work_id")
    assert [(link.work_id, link.note) for link in works] == [
        (first.pk, "Chapter 3."),
        (second.pk, "Page 7."),
    ]
    relations = LawRelation.objects.filter(law__in=[stays, third])
    assert {(r.law.code, r.kind, r.other.code, r.note) for r in relations} == {
        (third.code, "amends", stays.code, ""),
        (stays.code, "repeals", third.code, "In part."),
    }
    codes = list(stays.provisions.values_list("code", flat=True))
    assert codes == [f"{stays.code}:{part}" for part in ("art-1", "art-2", "p3", "art-3", "p5")]
    linked = ProvisionApplied.objects.filter(application=by_hand)
    assert {link.provision.code.partition(":")[2] for link in linked} == {"art-2", "art-3", "p5"}
    found = ProvisionApplied.objects.get(application=by_text)
    assert found.provision.code == f"{stays.code}:art-2"
    assert line_of(case)["laws_applied"][-1]["law_id"] == stays.code
    last = Revision.objects.of(case).first()
    assert last is not None
    assert last.changed == ["laws_applied"]
    assert last.why == f"{goes.code} → {stays.code}: One act in two languages."
    facets = SearchDocument.objects.get(code=case.code).facets
    assert f"law:{stays.code}" in facets
    assert not [token for token in facets if goes.code in token]


def test_no_address_dies(client: Client, two_laws: tuple[Law, Law]) -> None:
    stays, goes = two_laws
    Redirect.objects.create(code="fra-older-act", target=goes.code, reason="renamed")
    Redirect.objects.create(code=stays.code, target=goes.code, reason="renamed")
    was = [provision.code for provision in goes.provisions.all()]
    merge(stays, goes)
    for code in (goes.code, "fra-older-act"):
        for response in locations(client, code, "legislation", "laws"):
            assert response.status_code == 301, response
            assert stays.code in response["Location"]
            assert client.get(response["Location"]).status_code in (200, 303)
    ends = {"art-2": "art-2", "art-3": "art-3", "p3": "p5"}
    for code in was:
        response = client.get(f"/api/v1/provisions/{code}/")
        assert response.status_code == 301
        answer = client.get(response["Location"])
        assert answer.status_code == 200
        assert answer.json()["code"] == f"{stays.code}:{ends[code.partition(':')[2]]}"
    assert client.get("/api/v1/provisions/fra-never-there:art-1/").status_code == 404
    again = law("fra-plum-code", "art. 9")
    merge(again, stays)
    last = client.get(f"/api/v1/provisions/{was[2]}/")
    assert client.get(last["Location"]).json()["law"] == again.code
    assert set(Redirect.objects.filter(reason="merged").values_list("code", flat=True)) >= {
        goes.code, stays.code
    }  # fmt: skip


def test_a_provision_that_is_not_taken_over_leads_to_its_law(
    client: Client, two_laws: tuple[Law, Law]
) -> None:
    stays, goes = two_laws
    before = line_of(stays)["provisions"]
    plan = Plan(stays, goes, {"provisions": "own"})
    assert [heir.is_lost for heir in plan.heirs] == [False, True, True]
    offered = next(choice.offered for choice in plan.choices if choice.key == "provisions")
    assert "other" not in offered, "the one that stays would lose provisions that are known"
    plan.carry_out(user=None, why="One act.")
    assert line_of(stays)["provisions"] == before
    response = client.get(f"/api/v1/provisions/{goes.code}:art-3/")
    assert response.status_code == 301
    assert client.get(response["Location"]).json()["code"] == stays.code


def test_lines_are_united_as_chosen() -> None:
    case = public_case(sources__url__startswith="http", citations__len__gt=0)
    source = case.sources.get(position=0)
    other = copy_of(
        case,
        "fra-2031-copy",
        title="The Queen v Plum",
        docket="P 12/2031",
        citations=["[2031] PLUM 1"],
        sources=[
            {"title": source.title, "url": source.url},
            {"title": "Plum reports", "url": "https://plums.example/reports"},
        ],
    )
    CaseSource.objects.filter(case=other, url__contains="plums").update(status=LinkStatus.DEAD)
    WorkCase.objects.create(work=Work.objects.order_by("-pk")[0], case=other)
    Case.objects.filter(pk=case.pk).update(docket="")
    state, works = case.state, case.works.count()
    plan = Plan(case, other, {"title": "other", "citations": "both", "sources": "both"})
    taken = {choice.key: choice.taken.value for choice in plan.choices}
    assert taken["docket"] == "other", "its own is empty"
    merged = plan.carry_out(user=None, why="The same judgment.")
    line = line_of(merged)
    assert (line["id"], line["title"], line["docket"]) == (
        case.code,
        "The Queen v Plum",
        "P 12/2031",
    )
    assert line["citations"] == [*case.citations, "[2031] PLUM 1"]
    assert [entry["title"] for entry in line["sources"]][-1] == "Plum reports"
    assert len(line["sources"]) == case.sources.count() == len(plan.own["sources"]) + 1
    assert merged.sources.get(url__contains="plums").status == LinkStatus.DEAD
    assert (merged.state, merged.works.count()) == (state, works + 1)
    assert line == {**plan.line}


def test_the_history_keeps_both(admin_client: Client) -> None:
    case = public_case()
    other = copy_of(case, "fra-2031-copy", docket="P 12/2031")
    key, before = other.pk, line_of(other)
    merge(case, other)
    last = Revision.objects.of(case).first()
    assert last is not None
    assert (last.action, last.why) == ("merged", "fra-2031-copy: One act in two languages.")
    gone = Revision.objects.filter(database="cases", object_id=key).order_by("-number").first()
    assert gone is not None
    assert (gone.action, gone.code) == ("deleted", "fra-2031-copy")
    assert {name: gone.line[name] for name in before} == before
    page = admin_client.get(address(Case, "history", case.pk)).content.decode()
    link = reverse("admin:caselaw_case_absorbed", args=[case.pk, key])
    assert link in page
    response = admin_client.get(link)
    assert "fra-2031-copy" in response.content.decode()
    assert "bring_back" not in response.content.decode()
    assert admin_client.get(f"{link}?before=1&after=2").status_code == 200
    strange = reverse("admin:caselaw_case_absorbed", args=[case.pk, case.pk])
    assert admin_client.get(strange).status_code == 404


def test_loading_the_collection_again_undoes_nothing(client: Client) -> None:
    applied = LawApplied.objects.filter(law__isnull=False).order_by("pk").first()
    assert applied is not None
    goes: Any = applied.law
    stays = copy_of(goes, "fra-2031-law")
    merge(stays, goes)
    call_command("load_collection", verbosity=0)
    applied.refresh_from_db()
    assert applied.law == stays
    assert not Law.objects.filter(code=goes.code).exists()
    assert client.get(goes.get_absolute_url()).status_code == 301


def test_judgements_follow_and_suspicions_are_found_anew() -> None:
    one, two, three, four = Case.objects.order_by("pk")[:4]
    pairs = [(one, two, ""), (two, three, "Two courts."), (two, four, "")]
    for first, second, why in pairs:
        SuspectedPair.objects.create(
            database="cases", first_id=first.pk, second_id=second.pk, reasons=[], likeness=1,
            why=why, judged_at=first.created_at if why else None,
        )  # fmt: skip
    merge(one, two)
    kept = SuspectedPair.objects.values_list("first_id", "second_id", "why")
    assert list(kept) == [(one.pk, three.pk, "Two courts.")]


def test_a_judgement_on_the_one_that_goes_ends_the_wait_of_the_same_pair() -> None:
    one, two, three, four = Case.objects.order_by("pk")[:4]
    judge = curator("editor")
    said = {"judged_by": judge, "judged_at": one.created_at, "why": "Two courts."}
    older = {"judged_by": None, "judged_at": one.created_at, "why": "Two years."}
    for first, second, values in (
        (one, three, {}), (two, three, said), (one, four, older), (two, four, said)
    ):  # fmt: skip
        SuspectedPair.objects.create(
            database="cases", first_id=first.pk, second_id=second.pk, reasons=[], likeness=1,
            **values,
        )  # fmt: skip
    merge(one, two)
    kept = SuspectedPair.objects.order_by("second_id").values_list(
        "first_id", "second_id", "why", "judged_by"
    )
    assert list(kept) == [
        (one.pk, three.pk, "Two courts.", judge.pk),
        (one.pk, four.pk, "Two years.", None),
    ]
    assert not SuspectedPair.objects.waiting().exists()


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN])
def test_what_readers_see_does_not_vanish_behind_what_they_do_not(state: str) -> None:
    case = public_case()
    draft = copy_of(case, "fra-2031-copy", state=state, withdrawal_reason="Plums.")
    with pytest.raises(MergeError, match="public"):
        merge(draft, case)
    assert public_first((draft, case)) == (case, draft)
    assert merge(case, draft).state == State.PUBLISHED


def test_a_failure_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    case = public_case()
    other = copy_of(case, "fra-2031-copy", docket="P 12/2031")
    before = (line_of(case), line_of(other), Revision.objects.count(), Redirect.objects.count())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("portal.curation.merging.index.refresh", fail)
    with pytest.raises(RuntimeError):
        merge(case, other)
    after = (line_of(case), line_of(other), Revision.objects.count(), Redirect.objects.count())
    assert after == before


@pytest.mark.parametrize("role", GROUPS)
def test_who_may_merge(role: str) -> None:
    user = curator(role)
    case = public_case()
    draft = copy_of(case, "fra-2031-copy", state="draft", title="Zwetschgen crossing")
    public = copy_of(case, "fra-2031-other", title="Damson crossing")
    may_drafts = role in {"editor", *PUBLISHERS}
    assert may_merge(user, case, draft) is may_drafts
    assert may_merge(user, case, public) is (role in PUBLISHERS)
    client = signed_in(user)
    for other, allowed in ((draft, may_drafts), (public, role in PUBLISHERS)):
        path = f"{reverse('admin:caselaw_case_merge')}?records={case.pk},{other.pk}"
        assert client.get(path).status_code == (200 if allowed else 403)
        # All that the page would have sent, so that nothing but the permission stands against it.
        plan = Plan(case, other)
        sent = {"_merge": "1", "why": "Forged", "seen": plan.seen, "shown": plan.shown}
        assert client.post(path, sent).status_code == (302 if allowed else 403)
        assert Case.objects.filter(pk=other.pk).exists() is not allowed


def merged_by(client: Client, stays: Record, goes: Record, **chosen: str) -> str:
    """Merge on the page as a browser does; returns the page that said what would happen."""
    name = f"admin:{stays._meta.app_label}_{stays._meta.model_name}_merge"
    path = f"{reverse(name)}?records={stays.pk},{goes.pk}&stays={stays.pk}"
    page = client.post(path, {**read(client.get(path)), **chosen, "_preview": "1"})
    done = client.post(path, {**read(page), "why": "Entered twice.", "_merge": "Merge"})
    assert done.status_code == 302, page.content.decode()
    return " ".join(page.content.decode().split())


@pytest.mark.parametrize(
    ("role", "state", "is_own"),
    [
        ("editor", "draft", True),
        ("editor", "in_review", True),
        ("publisher", "draft", False),
    ],
)
def test_nobody_publishes_what_they_entered_by_merging_it(
    role: str, state: str, is_own: bool
) -> None:
    user, other = curator(role), curator("contributor")
    client = signed_in(user)
    stays = copy_of(public_case(), "fra-2031-empty", title="Empty", state=state)
    goes = copy_of(public_case(), "fra-2031-own", title="All mine", state="draft")
    Case.objects.filter(pk=stays.pk).update(created_by=other)
    Case.objects.filter(pk=goes.pk).update(created_by=user)
    page = merged_by(client, stays, goes, **{"take-title": "other"})
    assert ("will count as entered by you" in page) is is_own
    stays.refresh_from_db()
    assert (stays.title, stays.created_by) == ("All mine", user if is_own else other)
    form = open_page(client, Case, stays.pk)
    form.fill(state="published")
    assert send(client, Case, form, stays.pk).status_code == (200 if is_own else 302)
    stays.refresh_from_db()
    assert stays.is_public is not is_own
    # Somebody else publishes it, as they would have published the draft.
    save(signed_in(curator("publisher", "another")), Case, stays.pk, state="published")


def test_what_others_entered_stays_theirs_and_what_is_public_has_no_need() -> None:
    user, other = curator("editor"), curator("contributor")
    case = public_case()
    for number, author in enumerate((other, None)):
        stays = copy_of(case, f"fra-2031-stays-{number}", state="draft")
        goes = copy_of(case, f"fra-2031-goes-{number}", state="draft")
        Case.objects.filter(pk=stays.pk).update(created_by=other)
        Case.objects.filter(pk=goes.pk).update(created_by=author)
        Plan(stays, goes).carry_out(user=user, why="Twice.")
        stays.refresh_from_db()
        assert stays.created_by == other
    goes = copy_of(case, "fra-2031-own", state="draft")
    Case.objects.filter(pk=goes.pk).update(created_by=user)
    assert not Plan(case, goes).counts_as_own_of(user)
    Plan(case, goes).carry_out(user=user, why="Twice.")
    case.refresh_from_db()
    assert case.created_by is None


RULING, ANNEX = documents.pdf("The ruling on plums"), documents.pdf("An annex")


@pytest.fixture
def keeping(settings: Any, tmp_path: Any) -> None:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"


def document(record: Any, content: bytes, **values: Any) -> Any:
    """A document of a record, with its file and its text."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        storage.keep(io.BytesIO(content), digest)
        given = {
            "title": "Ruling",
            "name": "ruling.pdf",
            "kind": "pdf",
            "is_public": True,
            **values,
        }
        return record.attachments.create(sha256=digest, size=len(content), **given)


def found_at(client: Client, path: str) -> tuple[int, bytes]:
    """What an address leads to in the end."""
    answer: Any = client.get(path, follow=True)
    body = b"".join(answer.streaming_content) if answer.streaming else b""
    return answer.status_code, body


@pytest.mark.usefixtures("keeping")
def test_documents_move_and_keep_their_addresses(client: Client) -> None:
    stays = public_case()
    goes = copy_of(stays, "fra-2031-copy")
    ruling = document(goes, RULING, language="fr", note="Page 3.")
    annex = document(goes, ANNEX, title="Annex", name="annex.pdf", is_public=False)
    paths = [each.address(goes.code) for each in (ruling, annex)]
    assert found_at(client, paths[0]) == (200, RULING)
    merge(stays, goes)
    rows = stays.attachments.order_by("pk").values_list("pk", "title", "language", "is_public")
    assert list(rows) == [(ruling.pk, "Ruling", "fr", True), (annex.pk, "Annex", "", False)]
    assert client.get(paths[0]).status_code == 301
    assert found_at(client, paths[0]) == (200, RULING)
    assert found_at(client, paths[1])[0] == 404
    last = Revision.objects.of(stays).first()
    assert last is not None
    assert [entry["title"] for entry in last.line["attachments"]] == ["Ruling"]


@pytest.mark.usefixtures("keeping")
def test_a_document_that_readers_have_stays_with_them(client: Client, admin_client: Client) -> None:
    stays = public_case()
    goes = copy_of(stays, "fra-2031-copy")
    known = {"title": "The judgment", "language": "fr", "note": "Page 3."}
    document(stays, RULING, title="Scan 7", name="scan.pdf", note="Names!", is_public=False)
    ruling = document(goes, RULING, **known)
    path = ruling.address(goes.code)
    page = merged_by(admin_client, stays, goes)
    assert "there it becomes public, with the title, language and note that readers know" in page
    kept = stays.attachments.get()
    assert kept.is_public
    assert {name: getattr(kept, name) for name in known} == known
    assert found_at(client, path) == (200, RULING)
    call_command("extract_texts", verbosity=0)
    assert count(client, q='"ruling on plums"') == 1


@pytest.mark.usefixtures("keeping")
@pytest.mark.parametrize("is_public", [True, False])
def test_a_document_that_only_curators_have_is_not_opened_by_a_draft(
    client: Client, admin_client: Client, is_public: bool
) -> None:
    """Switched to public on a draft, nobody has had it; the public record keeps it closed."""
    stays = public_case()
    goes = copy_of(stays, "fra-2031-copy", state="draft")
    closed = document(stays, RULING, title="Scan 7", is_public=False)
    document(goes, RULING, title="The judgment", language="fr", note="P. 3", is_public=is_public)
    moving = document(goes, ANNEX, title="Annex", is_public=is_public)
    page = merged_by(admin_client, stays, goes)
    assert "has it already, and takes over what it does not say of it" in page
    assert ("readers will have it at once" in page) is is_public
    kept = stays.attachments.get(pk=closed.pk)
    assert (kept.is_public, kept.title, kept.language, kept.note) == (False, "Scan 7", "fr", "P. 3")
    assert found_at(client, kept.address(stays.code))[0] == 404
    assert found_at(client, moving.address(goes.code))[0] == (200 if is_public else 404)


def read(response: HttpResponse) -> dict[str, list[str]]:
    """The second form of the page: what would be sent."""
    page = Page("merge_form")
    page.feed(response.content.decode())
    return page.data


def test_the_page_shows_what_it_does_and_does_what_it_showed(
    admin_client: Client, client: Client
) -> None:
    case = public_case()
    other = copy_of(case, "fra-2031-copy", title="Zwetschgen crossing", docket="P 12/2031")
    total = count(client)
    response = admin_client.post(
        address(Case, "changelist"),
        {"action": "merge_two", "_selected_action": [other.pk, case.pk]},
    )
    path = response["Location"]
    page = admin_client.get(path)
    assert "Zwetschgen crossing" in page.content.decode()
    assert "Sources: " not in page.content.decode(), "that is chosen with the line"
    data = read(page)
    assert data["take-title"] == ["own"]
    assert "why" in admin_client.post(path, {**data, "_merge": "Merge"}).context["form"].errors
    assert Case.objects.filter(pk=other.pk).exists()
    chosen = {**data, "take-title": "other", "why": "Entered twice.", "_merge": "Merge"}
    again = admin_client.post(path, chosen)
    assert "look at what comes of your choice" in again.content.decode()
    Case.objects.filter(pk=other.pk).update(court="Court of Plums")
    stale = admin_client.post(path, {**read(again), "why": "Entered twice.", "_merge": "Merge"})
    assert "has changed meanwhile" in " ".join(stale.content.decode().split())
    assert "Court of Plums" in stale.content.decode()
    done = admin_client.post(path, {**read(stale), "why": "Entered twice.", "_merge": "Merge"})
    assert done.status_code == 302
    case.refresh_from_db()
    assert case.title == "Zwetschgen crossing"
    assert not Case.objects.filter(pk=other.pk).exists()
    assert count(client) == total - 1
    assert admin_client.get(path).status_code == 404
    for wrong in ("1", "1,1", "x,2", "1,2,3", "", "²,1"):
        address_ = f"{reverse('admin:caselaw_case_merge')}?records={wrong}"
        assert admin_client.get(address_).status_code == 404


def test_the_action_wants_two(admin_client: Client) -> None:
    keys = list(Case.objects.order_by("pk").values_list("pk", flat=True)[:3])
    for chosen in (keys[:1], keys):
        response = admin_client.post(
            address(Case, "changelist"),
            {"action": "merge_two", "_selected_action": chosen},
            follow=True,
        )
        assert "Choose exactly two" in response.content.decode()
