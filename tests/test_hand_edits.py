"""Edits made by hand outlast the collection, and so do the links that follow from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bibliography.models import Work, WorkCase
from caselaw.models import Case, Charge, LawApplied
from legislation.models import LawRelation, Provision
from portal.records.models import Redirect, State
from portal.reference.models import Term
from portal.search import index
from portal.search.models import SearchDocument
from tests.samples import (
    Sample,
    cited,
    first,
    load,
    nothing_written,
    numbered,
    set_first,
)

pytestmark = pytest.mark.django_db

CASES, LAWS, WORKS = "cases.jsonl", "legislation.jsonl", "bibliography.jsonl"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


class TestAnEditByHand:
    def test_a_title_is_kept_until_overwriting_is_asked_for(self, sample: Sample) -> None:
        code = first(sample, CASES)["id"]
        Case.objects.filter(code=code).update(title="By hand")
        with nothing_written():
            out = load(sample.folder)
        assert f"  kept: {code}\n" in out
        assert "but for 1 edited by hand." in out
        set_first(sample, CASES, title="In the collection")
        with nothing_written():
            assert f"  kept: {code}\n" in load(sample.folder)
        assert Case.objects.get(code=code).title == "By hand"
        assert f"  updated: {code}\n" in load(sample.folder, overwrite=True)
        assert Case.objects.get(code=code).title == "In the collection"
        assert SearchDocument.objects.get(code=code).title == "In the collection"

    def test_a_verdict_is_kept(self, sample: Sample) -> None:
        code = first(sample, CASES)["id"]
        charge = Charge.objects.filter(defendant__case__code=code).first()
        assert charge is not None
        Charge.objects.filter(pk=charge.pk).update(verdict="verdicts:quashed")
        set_first(sample, CASES, title="In the collection")
        assert f"  kept: {code}\n" in load(sample.folder)
        charge.refresh_from_db()
        assert charge.verdict_id == "verdicts:quashed"
        assert Case.objects.get(code=code).title != "In the collection"
        load(sample.folder, overwrite=True)
        verdicts = Charge.objects.filter(defendant__case__code=code).values_list("verdict_id")
        assert ("verdicts:quashed",) not in verdicts

    def test_the_text_of_a_provision_is_kept(self, sample: Sample) -> None:
        provision = Provision.objects.filter(law__code=first(sample, LAWS)["id"]).first()
        assert provision is not None
        Provision.objects.filter(pk=provision.pk).update(text_original="§ 1 …")
        code = set_first(sample, LAWS, title="In the collection")
        assert f"  kept: {code}\n" in load(sample.folder)
        provision.refresh_from_db()
        assert provision.text_original == "§ 1 …"

    def test_a_withdrawal_is_kept(self, sample: Sample) -> None:
        code = set_first(sample, WORKS, title="In the collection")
        Work.objects.filter(code=code).update(state=State.WITHDRAWN, withdrawal_reason="Wrong.")
        assert f"  kept: {code}\n" in load(sample.folder)
        assert Work.objects.get(code=code).state == State.WITHDRAWN

    def test_a_label_of_a_term_is_kept(self, sample: Sample) -> None:
        term = Term.objects.get(pk="modes:land")
        Term.objects.filter(pk=term.pk).update(labels={**term.labels, "en": "By hand"})
        assert "  kept: modes:land\n" in load(sample.folder)
        term.refresh_from_db()
        assert term.labels["en"] == "By hand"

    def test_an_edit_that_the_collection_takes_over_is_none_any_more(self, sample: Sample) -> None:
        code = first(sample, CASES)["id"]
        Case.objects.filter(code=code).update(title="Agreed")
        set_first(sample, CASES, title="Agreed")
        assert "0 kept" in load(sample.folder)
        set_first(sample, CASES, title="Corrected later")
        assert f"  updated: {code}\n" in load(sample.folder)
        assert Case.objects.get(code=code).title == "Corrected later"

    def test_a_record_merged_with_another_is_not_made_again(self, sample: Sample) -> None:
        code, other = (line["id"] for line in sample.lines(WORKS)[:2])
        index.remove(Work.objects.filter(code=code))
        Work.objects.filter(code=code).delete()
        Redirect.objects.create(code=code, target=other, reason=Redirect.Reason.MERGED)
        for overwrite in (False, True):
            assert f"  kept: {code}\n" in load(sample.folder, overwrite=overwrite)
        assert not Work.objects.filter(code=code).exists()

    def test_a_note_on_a_link_stays_when_the_work_changes(self, sample: Sample) -> None:
        cases = [line["id"] for line in sample.lines(CASES)[:2]]
        code = set_first(sample, WORKS, cases=cases)
        load(sample.folder)
        WorkCase.objects.filter(work__code=code, case__code=cases[1]).update(note="Chapter 3")
        set_first(sample, WORKS, title="Another title", cases=[cases[1]])
        assert f"  updated: {code}\n" in load(sample.folder)
        links = WorkCase.objects.filter(work__code=code).values_list("case__code", "note")
        assert list(links) == [(cases[1], "Chapter 3")]


class TestLinksBetweenRecords:
    def test_laws_amend_each_other_whatever_their_order(self, sample: Sample) -> None:
        one, two = (line["id"] for line in sample.lines(LAWS)[:2])

        def change(lines: list[Any]) -> None:
            lines[0].update(amends=[two])
            lines[1].update(repeals=[one])

        sample.change(LAWS, change)
        assert "legislation: 0 new, 2 updated" in load(sample.folder)
        found = set(LawRelation.objects.values_list("law__code", "kind", "other__code"))
        assert {(one, "amends", two), (two, "repeals", one)} <= found
        sample.change(LAWS, lambda lines: lines[0].pop("amends"))
        load(sample.folder)
        assert not LawRelation.objects.filter(law__code=one).exists()

    def test_cases_follow_the_provisions_of_a_law(self, sample: Sample) -> None:
        number, applied = cited(sample)
        law = applied.law
        assert law is not None
        before = set(applied.provision_links.values_list("provision__code", flat=True))
        assert before

        def change(lines: list[Any]) -> None:
            for part in lines[number]["provisions"]:
                part["number"] = "s 99999"
            lines[number]["provisions"].append(
                {"number": f"{applied.provision_text}(1)", "summary": "New."}
            )

        sample.change(LAWS, change)
        out = load(sample.folder)
        assert f"  updated: {law.code}\n" in out
        assert "cases: 0 new, 0 updated, 3 unchanged, 0 kept" in out
        after = set(applied.provision_links.values_list("provision__code", flat=True))
        assert after
        assert not after & before
        document = SearchDocument.objects.get(code=applied.case.code)
        assert {f"provision:{code}" for code in after} <= set(document.facets)
        with nothing_written():
            assert "Nothing to write" in load(sample.folder)

    def test_links_that_a_curator_chose_do_not_follow(self, sample: Sample) -> None:
        number, applied = cited(sample)
        applied.provision_links.all().delete()
        sample.change(
            LAWS,
            lambda lines: lines[number]["provisions"].append(
                {"number": applied.provision_text, "summary": "New."}
            ),
        )
        assert f"  kept: {applied.case.code}\n" in load(sample.folder)
        assert not applied.provision_links.exists()

    def test_links_in_a_line(self, sample: Sample) -> None:
        law = next(law for law in sample.lines(LAWS) if numbered(law) > 1)
        provisions = list(
            Provision.objects.filter(law__code=law["id"]).order_by("code").values_list("code")[:2]
        )
        links = [{"provision": code, "match": "part"} for (code,) in provisions]
        applied = [
            {"law": "The act", "law_id": law["id"], "provision_links": links},
            {
                "law": "The act",
                "law_id": law["id"],
                "provision": law["provisions"][0]["number"],
                "provision_links": "none",
            },
        ]
        code = set_first(sample, CASES, laws_applied=applied)
        load(sample.folder)
        found = LawApplied.objects.filter(case__code=code)
        assert [list(one.provisions.values_list("code")) for one in found] == [provisions, []]
        with nothing_written():
            load(sample.folder)
