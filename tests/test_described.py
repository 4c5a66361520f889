"""Records as schema.org, Dublin Core and head tags tell them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from enum import EnumMeta
from functools import cache
from html import unescape
from typing import Any

import pytest
import schema_org
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from schema_org.base import PropertyMetadata

from caselaw.models import Case
from legislation.models import Law, LawRelation
from portal.exchange.describing import Description
from portal.exchange.formats import highwire, json_ld, oai_dc
from portal.exchange.formats.base import formats_for
from portal.records.database import Database, database_for, databases
from portal.records.models import State
from portal.reference.catalog import catalog
from tests.conftest import SOME_AND_ALL, read_lines, reader

SLUGS = ("cases", "legislation", "bibliography")
ORIGIN = "https://portal.example"


@cache
def by_code(slug: str) -> dict[str, dict[str, Any]]:
    return {found["id"]: found for found in read_lines(f"{slug}.jsonl")}


def line(slug: str, code: str) -> dict[str, Any]:
    return by_code(slug)[code]


def described(slug: str, code: str) -> Description:
    found: Description = database_for(slug).describe(line(slug, code))
    return found


def node(slug: str, code: str) -> dict[str, Any]:
    return json_ld.node(described(slug, code), f"{ORIGIN}/id/{code}", catalog())


@cache
def properties(name: str) -> dict[str, PropertyMetadata]:
    model = getattr(schema_org, name)
    return {found.schema_name: found for found in model.SCHEMA_PROPERTIES}


def faults(value: Any, where: str = "") -> Iterator[str]:
    """What the vocabulary of schema.org (as its release has it) does not allow in a node."""
    if not isinstance(value, dict):
        return
    name = value["@type"]
    model = getattr(schema_org, name, None)
    if model is None:
        yield f"{where}: {name} is no type"
        return
    known = properties(name)
    for key, inner in value.items():
        if key.startswith("@"):
            continue
        if key not in known:
            yield f"{where}: {name} has no {key}"
            continue
        for one in inner if isinstance(inner, list) else [inner]:
            if not _fits(one, set(known[key].ranges)):
                yield f"{where}: {name}.{key} is no {one!r}"
            yield from faults(one, f"{where}/{key}")


def _fits(value: Any, ranges: set[str]) -> bool:
    if isinstance(value, dict):
        model = getattr(schema_org, value["@type"], None)
        kinds = {kind.__name__ for kind in getattr(model, "__mro__", ())}
        return bool(kinds & ranges)
    if isinstance(value, str) and value.startswith("https://schema.org/"):
        kinds = [getattr(schema_org, name, None) for name in ranges]
        members = [kind for kind in kinds if isinstance(kind, EnumMeta)]
        return any(value == str(one.value) for kind in members for one in kind)
    if not isinstance(value, str):
        return False
    if ranges & {"Text", "URL"}:
        return True
    return "Date" in ranges and bool(re.fullmatch(r"\d{4}(-\d\d){0,2}", value))


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("step", SOME_AND_ALL)
def test_every_record_is_sound_schema_org(slug: str, step: int) -> None:
    database = database_for(slug)
    form = next(form for form in formats_for(database, writing=True) if form.key == "jsonld")
    assert form.write is not None
    lines = read_lines(f"{slug}.jsonl")[::step]
    document = json.loads(b"".join(form.write(lines, database, ORIGIN)))
    assert document["@context"] == "https://schema.org"
    nodes = document["@graph"]
    assert [found["@id"] for found in nodes] == [f"{ORIGIN}/id/{told['id']}" for told in lines]
    for found in nodes:
        assert list(faults(found, found["@id"])) == []


def test_the_judge_of_schema_org_finds_faults() -> None:
    wrong = {
        "@type": "Legislation",
        "legislationDate": "long ago",
        "nameOfAct": "A",
        "author": {"@type": "Country", "name": "B"},
        "legislationLegalForce": "https://schema.org/Forceful",
        "isPartOf": {"@type": "Tome"},
    }
    found = list(faults(wrong))
    assert len(found) == 6, found


@pytest.mark.django_db
def test_an_empty_list_is_a_graph_of_nothing() -> None:
    assert json_ld.FORMAT.write is not None
    content = b"".join(json_ld.FORMAT.write([], database_for("cases"), ORIGIN))
    assert json.loads(content) == {"@context": "https://schema.org", "@graph": []}


@pytest.mark.django_db
def test_a_law_is_legislation_with_force_and_jurisdiction() -> None:
    found = node("legislation", "hrv-criminal-code-1997")
    assert found["@type"] == "Legislation"
    assert found["legislationDate"] == "1997-10-21"
    assert found["legislationDateOfApplicability"] == "1998-01-01"
    assert found["legislationType"] == "Code"
    assert found["legislationLegalForce"] == "https://schema.org/NotInForce"
    place = {"@type": "Country", "name": "Croatia", "identifier": "HRV"}
    assert found["legislationJurisdiction"] == place
    assert node("legislation", "gbr-immigration-and-asylum-act-1999")["legislationIdentifier"]
    unknown = next(told for told in read_lines("legislation.jsonl") if told["status"] == "unknown")
    assert "legislationLegalForce" not in node("legislation", unknown["id"])


@pytest.mark.django_db
def test_a_work_is_of_its_type_and_stands_in_its_whole() -> None:
    article = node("bibliography", "achilli-2018-good-smuggler-ethics-morals")
    assert article["@type"] == "ScholarlyArticle"
    assert article["isPartOf"]["@type"] == "PublicationIssue"
    volume = article["isPartOf"]["isPartOf"]
    assert (volume["volumeNumber"], volume["isPartOf"]["@type"]) == ("676", "Periodical")
    assert article["sameAs"] == "https://doi.org/10.1177/0002716217746641"
    assert article["author"]["familyName"] == "Achilli"
    # The licence is that of the description: nothing is said of the article's own.
    assert "license" not in article
    assert article["sdLicense"] == article["mainEntityOfPage"]["license"]
    kinds = {
        told["type"]: node("bibliography", told["id"])["@type"]
        for told in read_lines("bibliography.jsonl")
    }
    assert kinds == {
        "article-journal": "ScholarlyArticle",
        "paper-conference": "ScholarlyArticle",
        "book": "Book",
        "chapter": "Chapter",
        "report": "Report",
        "thesis": "Thesis",
        "webpage": "CreativeWork",
    }


@pytest.mark.django_db
def test_a_decision_names_its_court_and_the_laws_applied_by_their_addresses() -> None:
    found = node("cases", "usa-2012-us-v-costello")
    assert found["additionalType"] == "http://purl.org/ontology/bibo/LegalDecision"
    assert found["author"]["name"].startswith("United States Court of Appeals")
    law = {"@type": "Legislation", "@id": f"{ORIGIN}/id/usa-immigration-and-nationality-act"}
    assert found["citation"] == law
    values = {told["propertyID"]: told["value"] for told in found["identifier"]}
    assert values == {"citation": "666 F.3d 1040", "docket": "11-2917"}


def test_facts_without_a_verdict_are_told_as_allegations() -> None:
    lines = read_lines("cases.jsonl")
    told = {"convicted", "acquitted", "quashed", "discontinued"}
    seen = set()
    for data in lines:
        charges = [
            charge.get("verdict")
            for person in data.get("defendants", [])
            for charge in person.get("charges", [])
        ]
        found = database_for("cases").describe(data)
        is_alleged = found.text.startswith("No verdict is recorded: what follows are allegations.")
        assert is_alleged == ("facts" in data and not told & set(charges)), data["id"]
        seen.add(is_alleged)
    assert seen == {True, False}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_line_is_described_with_and_without_what_says_nothing(slug: str) -> None:
    describe = database_for(slug).describe
    for data in read_lines(f"{slug}.jsonl")[::7]:
        blank = {"title_original": None, "language": "", "sources": None, "number": None}
        assert describe({**blank, **data}) == describe(data)


@pytest.mark.django_db
@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_the_line_of_readers_describes_what_the_collection_says(database: Database) -> None:
    codes = [told["id"] for told in read_lines(f"{database.slug}.jsonl") if "state" not in told]
    for record in database.records.public().for_export().filter(code__in=codes[::11]):
        exported = database.describe(database.exporter(record, for_readers=True))
        written = database.describe(line(database.slug, record.code))
        assert exported.code == written.code
        # A law held back for curators is related to nothing that readers see.
        assert set(exported.related) <= set(written.related)
        for name in ("title", "date", "identifiers", "jurisdictions", "creators", "text", "kind"):
            assert getattr(exported, name) == getattr(written, name), (record.code, name)
        assert set(exported.subjects) == set(written.subjects)


@pytest.mark.django_db
def test_a_law_that_is_not_public_is_related_to_nothing() -> None:
    case = Case.objects.public().filter(laws_applied__law__isnull=False).order_by("code")[0]
    applied = case.laws_applied.filter(law__isnull=False)[0]
    assert applied.law is not None
    database = database_for("cases")

    def related() -> tuple[tuple[str, str], ...]:
        record = database.records.for_export().get(pk=case.pk)
        found: Description = database.describe(database.exporter(record, for_readers=True))
        return found.related

    assert ("applies", applied.law.code) in related()
    Law.objects.filter(pk=applied.law_id).update(state=State.IN_REVIEW)
    assert ("applies", applied.law.code) not in related()


@pytest.mark.django_db
def test_dublin_core_has_the_permanent_address_first() -> None:
    found = described("bibliography", "achilli-2018-good-smuggler-ethics-morals")
    told = oai_dc.elements(found, f"{ORIGIN}/id/{found.code}")
    assert {name for name, _value, _language in told} <= {
        *("title", "creator", "subject", "description", "publisher", "contributor", "date"),
        *("type", "format", "identifier", "source", "language", "relation", "coverage", "rights"),
    }
    values = [(name, value) for name, value, _language in told]
    identifiers = [value for name, value in values if name == "identifier"]
    assert identifiers[:2] == [
        f"{ORIGIN}/id/achilli-2018-good-smuggler-ethics-morals",
        "https://doi.org/10.1177/0002716217746641",
    ]
    assert ("creator", "Achilli, Luigi") in values
    assert ("date", "2018") in values
    assert ("type", "Journal article") in values or ("type", "Article") in values
    journal = "The ANNALS of the American Academy of Political and Social Science"
    assert ("source", f"{journal}, 676(1), 2018, 77-96") in values
    assert ("coverage", "Syria") in values
    isbn = described("bibliography", "abdel-aziz-2015-changing-dynamics-cross-border")
    values = [
        value for _name, value, _language in oai_dc.elements(isbn, f"{ORIGIN}/id/{isbn.code}")
    ]
    assert "urn:isbn:978-88-98650-68-2" in values


@pytest.mark.django_db
def test_dublin_core_of_a_law_says_who_made_it_and_in_which_languages() -> None:
    found = described("legislation", "rus-criminal-code")
    told = oai_dc.elements(found, f"{ORIGIN}/id/{found.code}")
    assert ("creator", "Russia", "") in told
    assert ("title", "Criminal Code of the Russian Federation", "en") in told
    assert ("title", "Уголовный кодекс Российской Федерации", "ru") in told
    article = "Protocol against the Smuggling of Migrants, article 6(1)(a): Smuggling of migrants"
    assert any(value == article for _name, value, _language in told) == ("6.1.a" in found.articles)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_every_record_has_the_elements_that_harvesters_need(slug: str) -> None:
    known = catalog()
    database = database_for(slug)
    with CaptureQueriesContext(connection) as captured:
        for data in read_lines(f"{slug}.jsonl")[::3]:
            found = database.describe(data)
            told = oai_dc.elements(found, f"{ORIGIN}/id/{found.code}", known)
            names = [name for name, _value, _language in told]
            assert {"title", "type", "identifier", "rights"} <= set(names)
            assert all(value and value.strip() for _name, value, _language in told)
            assert names.count("date") <= 1
    assert len(captured) == 0


@pytest.mark.django_db
def test_the_tags_are_those_that_google_scholar_asks_for() -> None:
    found = described("bibliography", "campana-2020-choosing-smuggler-decision-making")
    told = highwire.tags(found, f"{ORIGIN}/id/{found.code}", catalog())
    for tag in (
        ("citation_author", "Campana, Paolo"),
        ("citation_author", "Gelsthorpe, Loraine"),
        ("citation_journal_title", "European Journal on Criminal Policy and Research"),
        ("citation_volume", "27"),
        ("citation_firstpage", "5"),
        ("citation_lastpage", "21"),
        ("citation_doi", "10.1007/s10610-020-09459-y"),
        ("citation_public_url", f"{ORIGIN}/id/{found.code}"),
    ):
        assert tag in told
    dates = [value for name, value in told if name == "citation_publication_date"]
    assert re.fullmatch(r"\d{4}(/\d\d){0,2}", dates[0])
    thesis = described("bibliography", "nystrom-eklund-2016-humanitar-hjalp-och-manniskosmuggling")
    tags = dict(highwire.tags(thesis, f"{ORIGIN}/id/x", catalog()))
    assert tags["citation_dissertation_institution"] == "Lund University"
    case = described("cases", "usa-2012-us-v-costello")
    assert (
        dict(highwire.tags(case, f"{ORIGIN}/id/x", catalog()))["bibo:type"] == "LegalCaseDocument"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_the_head_of_a_record_leads_machines_to_its_forms(database: Database) -> None:
    record = database.records.public().order_by("code")[7]
    content = reader().get(record.get_absolute_url()).content.decode()
    head = content.partition("</head>")[0]
    address = f"http://testserver/id/{record.code}"
    assert f'<link rel="cite-as" href="{address}">' in head
    assert '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">' in head
    offered = dict(re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', head))
    for form in formats_for(database, writing=True):
        assert unescape(offered[form.media_type]) == f"{address}.{form.suffix}"
    assert '<meta name="citation_title"' in head
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', head, re.DOTALL)
    assert len(found) == 1
    data = json.loads(found[0])
    assert data["@id"] == address
    assert data["name"] == record.title
    assert not set("<>&") & set(found[0])


@pytest.mark.django_db
def test_a_title_cannot_end_the_data_block() -> None:
    title = "</script><script>alert(1)</script> & <!--"
    case = Case.objects.public().order_by("code")[0]
    Case.objects.filter(pk=case.pk).update(title=title)
    content = reader().get(case.get_absolute_url()).content.decode()
    assert "<script>alert(1)" not in content
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', content, re.DOTALL)
    assert json.loads(found[0])["name"] == title


@pytest.mark.django_db
def test_a_preview_of_a_draft_tells_machines_nothing(admin_client: Any) -> None:
    case = Case.objects.public().order_by("code")[0]
    Case.objects.filter(pk=case.pk).update(state=State.DRAFT)
    content = admin_client.get(f"/admin/caselaw/case/{case.pk}/preview/").content.decode()
    assert case.title.partition("'")[0] in unescape(content)
    assert "ld+json" not in content
    assert "citation_title" not in content
    assert 'id="cite"' not in content


@pytest.mark.django_db
def test_what_a_law_changes_is_told_without_a_question_for_each() -> None:
    first, *others = Law.objects.public().order_by("code")[:5]
    reader().get(first.get_absolute_url())
    LawRelation.objects.create(law=first, kind="amends", other=others[0])
    with CaptureQueriesContext(connection) as one:
        reader().get(first.get_absolute_url())
    for other in others[1:]:
        LawRelation.objects.create(law=first, kind="repeals", other=other)
    with CaptureQueriesContext(connection) as many:
        content = reader().get(first.get_absolute_url()).content.decode()
    assert len(many) == len(one)
    data = json.loads(content.partition('ld+json">')[2].partition("</script>")[0])
    assert data["legislationChanges"]["@id"].endswith(others[0].code)
    assert len(data.get("legislationRepeals", [])) == 3


@pytest.mark.django_db
def test_the_page_of_a_case_does_not_ask_for_the_provisions_of_each_law() -> None:
    def asked(case: Case) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert "ld+json" in reader().get(case.get_absolute_url()).content.decode()
        return sum('FROM "legislation_provision"' in query["sql"] for query in captured)

    cases = Case.objects.public().filter(laws_applied__law__isnull=False)
    counted = cases.annotate(laws=Count("laws_applied__law")).order_by("-laws", "code")
    assert counted[0].laws > 2
    assert asked(counted[0]) <= 1


def test_a_date_is_no_more_precise_than_it_is_known() -> None:
    describe = database_for("bibliography").describe
    base = line("bibliography", "anon-nd-menneskesmugling")
    for parts, told in (([2015], "2015"), ([2015, 6], "2015-06"), ([2015, 6, 3], "2015-06-03")):
        assert describe({**base, "issued": {"date-parts": [parts]}}).date == told
    assert describe(base).date == ""
    assert date.fromisoformat(describe({**base, "issued": {"date-parts": [[2015, 6, 3]]}}).date)
