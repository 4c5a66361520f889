"""Loading the collection: what is written, what is kept, and what a second run does."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bibliography.models import Work
from caselaw.models import Case, CaseSource, Charge, LawApplied
from legislation.models import Law, Provision
from portal.records.database import databases
from portal.reference.models import DataVersion, Term, Vocabulary
from portal.reference.provenance import LinkStatus
from portal.search import index
from portal.search.models import SearchDocument
from tests.conftest import COLLECTION, read_lines
from tests.samples import (
    Sample,
    cited,
    first,
    load,
    nothing_written,
    numbered,
    refused,
    set_first,
    state_of_database,
)

pytestmark = pytest.mark.django_db

CASES, LAWS, WORKS = "cases.jsonl", "legislation.jsonl", "bibliography.jsonl"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


class TestASecondRun:
    def test_it_writes_nothing_and_says_so(self) -> None:
        before = state_of_database()
        with nothing_written():
            out = load(COLLECTION)
        assert state_of_database() == before
        for slug in ("cases", "legislation", "bibliography"):
            count = len(read_lines(f"{slug}.jsonl"))
            assert f"{slug}: 0 new, 0 updated, {count} unchanged, 0 kept" in out
        last = out.splitlines()[-1]
        assert last == "Nothing to write: the database says what the collection says."

    def test_it_takes_few_statements(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            load(COLLECTION)
        assert len(captured) < 45

    def test_it_is_silent_where_asked(self) -> None:
        assert load(COLLECTION, verbosity=0) == ""

    def test_records_without_a_line_are_left_and_counted(self, sample: Sample) -> None:
        before = state_of_database()
        out = load(sample.folder)
        left = len(read_lines(CASES)) - len(sample.lines(CASES))
        assert (
            f"cases: 0 new, 0 updated, 3 unchanged, 0 kept as edited by hand, {left} not in" in out
        )
        assert state_of_database() == before


class TestStatistics:
    """PostgreSQL learns of what was written at once, or it would plan searches by guesswork."""

    def analyzed(self, sample: Sample) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            load(sample.folder)
        return [one["sql"] for one in captured if one["sql"].startswith("ANALYZE")]

    def test_they_are_taken_after_a_load_that_wrote(self, sample: Sample) -> None:
        set_first(sample, CASES, title="Another title")
        (statement,) = self.analyzed(sample)
        for model in (Case, Law, Work, Charge, CaseSource, SearchDocument):
            assert f'"{model._meta.db_table}"' in statement

    def test_they_say_how_much_there_is(self, sample: Sample) -> None:
        set_first(sample, CASES, title="Another title")
        load(sample.folder)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'search_document'")
            assert cursor.fetchone() == (SearchDocument.objects.count(),)

    def test_nothing_written_needs_none(self, sample: Sample) -> None:
        assert self.analyzed(sample) == []


class TestChecking:
    def test_it_writes_nothing(self, sample: Sample) -> None:
        set_first(sample, CASES, title="Another title")
        before = state_of_database()
        with nothing_written():
            assert load(sample.folder, check=True).endswith(" lines, no fault.\n")
        assert state_of_database() == before

    def test_it_reads_no_database(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            load(COLLECTION, check=True)
        assert len(captured) == 0

    def test_it_finds_faults(self, sample: Sample) -> None:
        set_first(sample, CASES, title="")
        with pytest.raises(CommandError, match="1 fault in"):
            load(sample.folder, check=True)


class TestAChangedLine:
    def test_the_record_follows(self, sample: Sample) -> None:
        code = set_first(sample, CASES, title="Another title", decision_date="2016-07")
        before = Case.objects.get(code=code)
        others = set(Case.objects.exclude(code=code).values_list("pk", "changed_at"))
        out = load(sample.folder)
        case = Case.objects.get(code=code)
        assert "cases: 0 new, 1 updated, 2 unchanged, 0 kept as edited by hand" in out
        assert f"  updated: {code}\n" in out
        assert (case.pk, case.title, str(case.decision_date)) == (
            before.pk,
            "Another title",
            "2016-07",
        )
        assert case.first_published_at == before.first_published_at is not None
        assert case.changed_at > before.changed_at
        assert set(Case.objects.exclude(code=code).values_list("pk", "changed_at")) == others
        with nothing_written():
            assert "Nothing to write" in load(sample.folder)

    def test_its_search_document_follows(self, sample: Sample) -> None:
        code = set_first(sample, CASES, title="Zyxwvut", modes=["air"], jurisdiction="NZL")
        token = DataVersion.objects.get(name=DataVersion.RECORDS).token
        load(sample.folder)
        document = SearchDocument.objects.get(code=code)
        assert document.title == "Zyxwvut"
        modes = {facet for facet in document.facets if facet.startswith("mode:")}
        assert modes == {"mode:air"}
        assert "jurisdiction:NZL" in document.facets
        assert DataVersion.objects.get(name=DataVersion.RECORDS).token != token

    def test_parts_follow(self, sample: Sample) -> None:
        charge = {"offence": "Smuggling", "verdict": "acquitted"}
        defendants = [{"label": "Defendant 1", "count": 2, "charges": [charge, charge]}]
        proceedings = [{"stage": "appeal", "date": "2015", "outcome": "Dismissed."}]
        code = set_first(sample, CASES, defendants=defendants, proceedings=proceedings)
        sample.change(CASES, lambda lines: [lines[0].pop(key) for key in ("migrants", "route")])
        load(sample.folder)
        case = Case.objects.get(code=code)
        assert [defendant.count for defendant in case.defendants.all()] == [2]
        verdicts = Charge.objects.filter(defendant__case=case).values_list("verdict_id", flat=True)
        assert list(verdicts) == ["verdicts:acquitted"] * 2
        assert [str(proceeding.date) for proceeding in case.proceedings.all()] == ["2015"]
        assert (case.country_links.count(), case.migrants_count) == (0, None)

    def test_a_source_keeps_what_the_link_check_found(self, sample: Sample) -> None:
        code = first(sample, CASES)["id"]
        day = datetime.date(2026, 1, 2)
        CaseSource.objects.filter(case__code=code).update(last_checked=day, status=LinkStatus.DEAD)
        kept = next(entry for entry in first(sample, CASES)["sources"] if "url" in entry)
        added = {"title": "Another", "url": "https://example.org/another"}
        set_first(sample, CASES, sources=[added, {**kept, "title": "Renamed"}])
        load(sample.folder)
        found = CaseSource.objects.filter(case__code=code).values_list(
            "title", "last_checked", "status"
        )
        assert list(found) == [("Another", None, "unchecked"), ("Renamed", day, "dead")]

    def test_provisions_keep_their_keys_and_codes(self, sample: Sample) -> None:
        number = next(n for n, law in enumerate(sample.lines(LAWS)) if numbered(law) > 1)
        code = sample.lines(LAWS)[number]["id"]
        before = dict(Provision.objects.filter(law__code=code).values_list("code", "pk"))

        def change(lines: list[Any]) -> None:
            lines[number]["provisions"].reverse()
            for part in lines[number]["provisions"]:
                part["heading"] = "Another heading"
            lines[number]["provisions"].append({"number": "s 99999", "summary": "New."})

        sample.change(LAWS, change)
        assert f"  updated: {code}\n" in load(sample.folder)
        provisions = Provision.objects.filter(law__code=code)
        after = dict(provisions.values_list("code", "pk"))
        assert {key: pk for key, pk in after.items() if key in before} == before
        assert set(after) - set(before) == {f"{code}:s-99999"}
        headings = set(provisions.exclude(number="s 99999").values_list("heading", flat=True))
        assert headings == {"Another heading"}

    def test_a_record_that_is_published_later_gets_its_date_then(self, sample: Sample) -> None:
        new = {**first(sample, CASES), "id": "xkx-2020-new", "state": "in_review"}
        sample.change(CASES, lambda lines: lines.append(new))
        assert "cases: 1 new" in load(sample.folder)
        assert Case.objects.get(code="xkx-2020-new").first_published_at is None
        sample.change(CASES, lambda lines: lines[-1].pop("state"))
        assert "  updated: xkx-2020-new\n" in load(sample.folder)
        assert Case.objects.get(code="xkx-2020-new").first_published_at is not None

    def test_terms_and_vocabularies_follow(self, sample: Sample) -> None:
        def change(data: dict[str, Any]) -> None:
            data["modes"][0]["labels"]["en"] = "By land"
            data["brand_new"] = [{**data["modes"][0], "code": "x"}]

        sample.change_object("vocabularies.json", change)
        token = DataVersion.objects.get(name=DataVersion.REFERENCE).token
        out = load(sample.folder)
        assert "terms: 1 new, 1 updated" in out
        assert Term.objects.get(pk="modes:land").labels["en"] == "By land"
        last = Vocabulary.objects.order_by("-position").first()
        assert last is not None
        assert last.code == "brand_new"
        assert DataVersion.objects.get(name=DataVersion.REFERENCE).token != token
        with nothing_written():
            load(sample.folder)


def test_vocabularies_stand_in_the_order_of_the_file() -> None:
    lines = [code for code, _n in Vocabulary.objects.order_by("position").values_list("code", "pk")]
    positions = Vocabulary.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(len(lines)))


class TestNothingOrAll:
    def test_a_failure_at_the_end_leaves_nothing(
        self, sample: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_first(sample, CASES, title="Another title")
        set_first(sample, LAWS, title="Another title")
        before = state_of_database()
        seen = []

        def fail(changed: list[Any]) -> None:
            seen.extend(changed)
            raise RuntimeError("too late")

        monkeypatch.setattr(index, "refresh", fail)
        with pytest.raises(RuntimeError, match="too late"):
            load(sample.folder)
        assert {instance.title for instance in seen} == {"Another title"}
        assert state_of_database() == before

    def test_what_the_database_refuses_is_no_traceback(self, sample: Sample) -> None:
        doi = first(sample, WORKS)["DOI"]
        made = Work.objects.create(
            code="by-hand", title="By hand", doi="10.1/x", type_id="bibliography_types:book"
        )
        Work.objects.filter(pk=made.pk).update(doi="10.1/another")
        sample.change(WORKS, lambda lines: lines[0].update(DOI="10.1/another"))
        before = state_of_database()
        faults, error = refused(sample.folder)
        assert faults == []
        assert error.returncode == 1
        assert str(error).startswith(
            "The database did not take the collection; nothing was changed"
        )
        assert "work_doi_once" in str(error)
        assert state_of_database() == before
        assert Work.objects.get(code=first(sample, WORKS)["id"]).doi == doi

    def test_a_line_that_would_not_be_held_as_it_stands_is_a_fault(self, sample: Sample) -> None:
        number, applied = cited(sample)
        codes = sorted(
            part.code for part in Provision.objects.filter(law=applied.law).order_by("code")
        )
        links = [{"provision": code, "match": "part"} for code in reversed(codes[:2])]
        law = sample.lines(LAWS)[number]["id"]
        set_first(
            sample, CASES, laws_applied=[{"law": "x", "law_id": law, "provision_links": links}]
        )
        before = state_of_database()
        faults, error = refused(sample.folder)
        key = "laws_applied[0].provision_links[0].provision"
        assert faults == [f"{CASES}:1: {key}: {codes[1]} would be held as {codes[0]}"]
        assert error.returncode == 1
        assert state_of_database() == before

    def test_the_search_knows_every_record(self) -> None:
        for database in databases():
            found = SearchDocument.objects.of(database.slug).values_list("code", flat=True)
            assert set(found) == set(database.records.values_list("code", flat=True))


def test_the_folder_of_the_settings_is_the_default(tmp_path: Path, settings: Any) -> None:
    shutil.copytree(COLLECTION, tmp_path / "copy")
    settings.COLLECTION_DIR = tmp_path / "copy"
    from django.core.management import call_command

    call_command("load_collection", verbosity=0)
    (tmp_path / "copy" / CASES).unlink()
    with pytest.raises(CommandError, match="1 fault in"):
        call_command("load_collection", verbosity=0)


def test_every_law_of_a_case_is_linked() -> None:
    """What the collection links is linked here."""
    expected = sum(
        "law_id" in applied
        for line in read_lines(CASES)
        for applied in line.get("laws_applied", [])
    )
    assert LawApplied.objects.filter(law__isnull=False).count() == expected
    assert Law.objects.count() == len(read_lines(LAWS))
