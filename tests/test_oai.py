"""OAI-PMH 2.0: harvested by sickle, held against the schemas, asked everything that is wrong."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sickle import Sickle, oaiexceptions

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.curation.merging import Plan
from portal.exchange.formats.oai_dc import elements
from portal.oai import answers
from portal.oai.arguments import VERBS
from portal.publishing.markup import clean
from portal.records.database import database_for, databases
from portal.records.models import Record, Redirect, State
from portal.reference.catalog import catalog
from portal.search import index
from portal.search.models import SearchDocument
from tests.conftest import reader

pytestmark = pytest.mark.django_db

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
PROTOCOL = etree.XMLSchema(etree.parse(Path(__file__).parent / "schemas" / "OAI-PMH.xsd"))
#: Simple Dublin Core as `oai_dc` holds it: its fifteen elements in any order and number, each a
#: text with a language or without (http://www.openarchives.org/OAI/2.0/oai_dc.xsd).
ELEMENTS = (
    *("title", "creator", "subject", "description", "publisher", "contributor", "date", "type"),
    *("format", "identifier", "source", "language", "relation", "coverage", "rights"),
)
NAMES = "".join(f'<name ns="http://purl.org/dc/elements/1.1/">{name}</name>' for name in ELEMENTS)
DUBLIN_CORE = etree.RelaxNG(
    etree.fromstring(f"""
<element name="dc" ns="http://www.openarchives.org/OAI/2.0/oai_dc/"
  xmlns="http://relaxng.org/ns/structure/1.0"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
<attribute name="schemaLocation" ns="http://www.w3.org/2001/XMLSchema-instance"><value
  >http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd</value
></attribute>
<oneOrMore><element><choice>{NAMES}</choice>
  <optional><attribute name="lang" ns="http://www.w3.org/XML/1998/namespace">
    <data type="language"/></attribute></optional>
  <data type="string"><param name="minLength">1</param></data></element></oneOrMore>
</element>""")
)


class Harvester(Sickle):
    """Sickle with the test client in the place of the network; every answer is validated."""

    def __init__(self, http_method: str = "GET") -> None:
        super().__init__("http://testserver/oai", http_method=http_method)
        self.answers = 0

    def _request(self, kwargs: dict[str, str]) -> Any:
        self.answers += 1
        if self.http_method == "GET":
            response = reader().get("/oai", kwargs)
        else:
            # CSRF is looked at, as it is in earnest.
            response = Client(enforce_csrf_checks=True).post(
                "/oai",
                "&".join(f"{name}={value}" for name, value in kwargs.items()),
                content_type="application/x-www-form-urlencoded",
            )
        valid(response)
        return SimpleNamespace(
            content=response.content,
            text=response.content.decode(),
            status_code=response.status_code,
            raise_for_status=lambda: None,
        )

    def headers(self, **kwargs: str) -> list[Any]:
        return list(self.ListIdentifiers(metadataPrefix="oai_dc", **kwargs))

    def codes(self, **kwargs: str) -> set[str]:
        """The codes of what a list holds, deleted ones left out; none is given twice."""
        headers = self.headers(**kwargs)
        assert len(headers) == len({header.identifier for header in headers})
        return {code_of(header) for header in headers if not header.deleted}

    def deleted(self, **kwargs: str) -> set[str]:
        return {code_of(header) for header in self.headers(**kwargs) if header.deleted}


def code_of(header: Any) -> str:
    prefix, domain, code = header.identifier.split(":")
    assert (prefix, domain) == ("oai", "testserver")
    return str(code)


def valid(response: Any) -> Any:
    """The document of an answer, held against the schemas of protocol and metadata."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(response.content)
    assert PROTOCOL.validate(root), PROTOCOL.error_log
    for metadata in root.iter(f"{OAI}metadata"):
        assert len(metadata) == 1
        assert DUBLIN_CORE.validate(etree.ElementTree(metadata[0])), DUBLIN_CORE.error_log
    return root


def ask(query: str) -> Any:
    return valid(reader().get(f"/oai?{query}"))


def error_of(query: str) -> str:
    """The code of the error that a request is answered with; '' where it is answered."""
    found = ask(query).find(f"{OAI}error")
    return "" if found is None else str(found.get("code"))


def public_codes(slug: str = "", place: str = "") -> set[str]:
    found = SearchDocument.objects.public()
    if slug:
        found = found.of(slug)
    if place:
        found = found.filter(facets__contains=[f"jurisdiction:{place}"])
    return set(found.values_list("code", flat=True))


def seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def changed(record: Record, at: datetime, **values: Any) -> None:
    """A record that was changed at some moment."""
    type(record)._default_manager.filter(pk=record.pk).update(changed_at=at, **values)
    record.refresh_from_db()
    index.refresh([record])


@pytest.fixture
def case() -> Case:
    return Case.objects.public().get(code="aus-2012-r-v-ahmad")


@pytest.mark.parametrize("method", ["GET", pytest.param("POST", marks=pytest.mark.long)])
def test_the_whole_is_harvested_with_its_metadata(method: str) -> None:
    harvester = Harvester(method)
    found = {}
    for record in harvester.ListRecords(metadataPrefix="oai_dc"):
        assert code_of(record.header) not in found, "nothing comes twice"
        found[code_of(record.header)] = record
    assert set(found) == public_codes()
    assert harvester.answers == -(-len(found) // answers.PART)
    for database in databases():
        public = database.records.public()
        changes = dict(public.values_list("code", "changed_at"))
        for record in public.for_export()[::40]:
            given = found[record.code]
            assert given.header.datestamp == seconds(changes[record.code])
            told: dict[str, list[str]] = {}
            address = f"http://testserver/id/{record.code}"
            line = database.exporter(record, for_readers=True)
            for name, value, _language in elements(database.describe(line), address):
                told.setdefault(name, []).append(value)
            assert given.metadata == told
            assert address in given.metadata["identifier"]


def test_the_sets_are_databases_and_their_jurisdictions_with_records() -> None:
    harvester = Harvester()
    found = {one.setSpec: one.setName for one in harvester.ListSets()}
    assert harvester.answers == 1
    expected = {database.slug for database in databases()}
    for database in databases():
        for code in catalog().jurisdictions:
            if public_codes(database.slug, code):
                expected.add(f"{database.slug}:{code}")
    assert set(found) == expected
    assert found["cases:AUS"] == "Case law: Australia"
    french = reader().get("/oai?verb=ListSets", headers={"accept-language": "fr"})
    assert "Case law: Australia" in french.content.decode(), "names are English everywhere"


@pytest.mark.parametrize(
    "spec", ["cases", "legislation", "bibliography", "cases:AUS", "bibliography:ITA"]
)
def test_a_set_is_harvested_alone(spec: str) -> None:
    slug, _colon, place = spec.partition(":")
    codes = Harvester().codes(set=spec)
    assert codes == public_codes(slug, place)
    assert codes
    headers = Harvester().headers(set=spec)
    specs = {one.text for header in headers for one in header.xml.iter(f"{OAI}setSpec")}
    assert all(one == slug or one.startswith(f"{slug}:") for one in specs)
    if place:
        assert all(
            spec in [one.text for one in header.xml.iter(f"{OAI}setSpec")] for header in headers
        )


def test_a_work_of_no_place_is_in_the_set_of_its_database() -> None:
    work = Work.objects.public().exclude(country_links=None).first()
    assert work is not None
    work.country_links.all().delete()
    changed(work, timezone.now())
    header = ask(
        f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:testserver:{work.code}"
    ).find(f".//{OAI}header")
    assert [one.text for one in header.iter(f"{OAI}setSpec")] == ["bibliography"]


def test_windows_include_both_of_their_ends(case: Case) -> None:
    moment = datetime(2031, 5, 17, 23, 59, 59, 999_999, tzinfo=UTC)
    changed(case, moment)
    harvester = Harvester()
    only = {case.code}
    for first, last in (
        ("2031-05-17T23:59:59Z", "2031-05-17T23:59:59Z"),
        ("2031-05-17", "2031-05-17"),
        ("2031-05-17", ""),
        ("2031-05-17T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2031-01-01", "9999-12-31"),
    ):
        window = {"from": first, **({"until": last} if last else {})}
        assert harvester.codes(**window) == only, window
    assert only.isdisjoint(harvester.codes(until="2031-05-17T23:59:58Z"))
    assert only.isdisjoint(harvester.codes(until="2031-05-16"))
    assert harvester.codes(until="2031-05-16") == public_codes() - only
    for nothing in (
        {"from": "2031-05-18"},
        {"from": "2031-05-18T00:00:00Z"},
        {"until": "1999-01-01"},
    ):
        with pytest.raises(oaiexceptions.NoRecordsMatch):
            harvester.codes(**nothing)


def test_the_next_harvest_gives_what_was_edited_and_nothing_else(
    case: Case, admin_client: Client
) -> None:
    # All that came before lies in the past, as it does when harvests are days apart.
    yesterday = timezone.now() - timedelta(days=1)
    for database in databases():
        database.records.update(changed_at=yesterday)
    SearchDocument.objects.update(changed_at=yesterday)
    harvester = Harvester()
    last = harvester.Identify().xml.getparent().findtext(f"{OAI}responseDate")
    law = Law.objects.public().get(code="aus-migration-act-1958")
    case.docket, law.summary = "A new number", "A new summary."
    for record in (case, law):
        record.save()
        index.refresh([record])
    assert harvester.codes(**{"from": last}) == {case.code, law.code}
    record = harvester.GetRecord(metadataPrefix="oai_dc", identifier=f"oai:testserver:{case.code}")
    assert "A new number" in record.metadata["identifier"]


def test_nothing_is_lost_or_repeated_while_records_change() -> None:
    listed = Harvester().ListIdentifiers(metadataPrefix="oai_dc")
    first = [code_of(next(listed)) for _number in range(answers.PART)]
    expected = public_codes()
    given, waiting = first[0], sorted(expected - set(first))
    again = SearchDocument.objects.get(code=given)
    later = SearchDocument.objects.get(code=waiting[0])
    gone = SearchDocument.objects.get(code=waiting[1])
    for found, values in (
        (again, {}),
        (later, {}),
        (gone, {"state": State.WITHDRAWN, "withdrawal_reason": "Sealed"}),
    ):
        record = database_for(found.database).records.get(code=found.code)
        changed(record, timezone.now(), **values)
    rest = list(listed)
    told = [code_of(header) for header in rest]
    assert told[-3:] == [again.code, later.code, gone.code], "what changed comes at the end"
    assert [header.deleted for header in rest[-3:]] == [False, False, True]
    assert sorted([*first, *told]) == sorted([*expected, given])


def test_records_of_one_moment_are_all_given_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    SearchDocument.objects.update(changed_at=moment)
    monkeypatch.setattr(answers, "PART", 70)
    assert Harvester().codes() == public_codes()
    headers = Harvester().headers(set="cases")
    assert [code_of(header) for header in headers] == sorted(public_codes("cases"))


def test_the_list_tells_its_size_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PART", 7)
    codes = public_codes("cases", "AUS")
    query = "verb=ListIdentifiers&metadataPrefix=oai_dc&set=cases:AUS"
    cursor = 0
    while query:
        root = ask(query)
        token = root.find(f".//{OAI}resumptionToken")
        assert token.get("completeListSize") == str(len(codes))
        assert token.get("cursor") == str(cursor)
        assert root.find(f"{OAI}request").get("verb") == "ListIdentifiers"
        cursor += len(root.findall(f".//{OAI}header"))
        query = f"verb=ListIdentifiers&resumptionToken={token.text}" if token.text else ""
    assert cursor == len(codes) > 7
    monkeypatch.setattr(answers, "PART", len(codes))
    root = ask("verb=ListIdentifiers&metadataPrefix=oai_dc&set=cases:AUS")
    assert root.find(f".//{OAI}resumptionToken") is None, "a whole list needs none"


def test_what_was_withdrawn_is_deleted_for_ever(case: Case) -> None:
    moment = datetime(2031, 5, 17, 12, tzinfo=UTC)
    changed(case, moment, state=State.WITHDRAWN, withdrawal_reason="Sealed by the court")
    harvester = Harvester()
    assert harvester.deleted(**{"from": "2031-05-17"}) == {case.code}
    assert harvester.deleted(**{"from": "2031-05-17", "set": "cases:AUS"}) == {case.code}
    with pytest.raises(oaiexceptions.NoRecordsMatch):
        harvester.headers(**{"from": "2031-05-17", "set": "legislation"})
    assert case.code not in harvester.codes()
    identifier = f"oai:testserver:{case.code}"
    record = harvester.GetRecord(metadataPrefix="oai_dc", identifier=identifier)
    assert record.deleted
    assert record.header.datestamp == "2031-05-17T12:00:00Z"
    assert record.xml.find(f"{OAI}metadata") is None
    assert len(list(harvester.ListMetadataFormats(identifier=identifier))) == 1
    text = reader().get("/oai?verb=ListRecords&metadataPrefix=oai_dc&from=2031-05-17").content
    assert b"Sealed" not in text
    assert case.title.encode() not in text
    changed(case, moment, state=State.PUBLISHED)
    assert case.code in harvester.codes()
    assert harvester.deleted() == set()


def test_what_went_back_to_a_draft_is_deleted_and_a_draft_is_never_told(
    held_back: list[tuple[str, str]],
) -> None:
    law = Law.objects.public().get(code="aus-migration-act-1958")
    changed(law, timezone.now(), state=State.IN_REVIEW)
    harvester = Harvester()
    assert harvester.deleted() == {law.code}
    for slug, code in held_back:
        draft = database_for(slug).records.get(code=code)
        assert draft.first_published_at is None
        assert (
            error_of(f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:testserver:{code}")
            == "idDoesNotExist"
        )
        changed(draft, timezone.now(), state=State.WITHDRAWN, withdrawal_reason="Never was one")
    assert harvester.deleted() == {law.code}, "withdrawn before anybody saw it"


def test_what_was_merged_away_is_deleted_where_it_was_public(case: Case) -> None:
    other = Case.objects.public().exclude(pk=case.pk).filter(jurisdiction="AUS").first()
    assert other is not None
    gone = other.code
    Plan(case, other).carry_out(user=None, why="Two of one")
    leads = Redirect.objects.get(code=gone)
    assert leads.target == case.code
    harvester = Harvester()
    assert harvester.deleted() == {gone}
    assert harvester.deleted(set="cases:AUS") == {gone}
    with pytest.raises(oaiexceptions.NoRecordsMatch):
        harvester.headers(set="legislation:AUS", until="1999-01-01")
    record = harvester.GetRecord(metadataPrefix="oai_dc", identifier=f"oai:testserver:{gone}")
    assert record.deleted
    assert record.header.datestamp == seconds(leads.created_at)
    Redirect.objects.all().delete()
    assert harvester.deleted() == {gone}, "for ever, whatever becomes of the redirect"


def test_a_draft_that_was_merged_away_never_was(case: Case) -> None:
    draft = Case.objects.public().exclude(pk=case.pk).filter(jurisdiction="AUS").first()
    assert draft is not None
    Case.objects.filter(pk=draft.pk).update(state=State.DRAFT, first_published_at=None)
    draft.refresh_from_db()
    index.refresh([draft])
    Plan(case, draft).carry_out(user=None, why="Two of one")
    Redirect.objects.create(code="a-mistyped-code", target=case.code, reason="renamed")
    assert Redirect.objects.filter(code=draft.code).exists()
    assert Harvester().deleted() == set()


def test_identify_says_what_the_repository_does(settings: Any, case: Case) -> None:
    found = Harvester().Identify()
    assert found.baseURL == "http://testserver/oai"
    assert found.protocolVersion == "2.0"
    assert found.deletedRecord == "persistent"
    assert found.granularity == "YYYY-MM-DDThh:mm:ssZ"
    earliest = SearchDocument.objects.public().order_by("changed_at").values("changed_at")[0]
    assert found.earliestDatestamp == seconds(earliest["changed_at"])
    assert found.adminEmail == "webmaster@example.org"
    settings.OAI_DOMAIN = "smuggling.example.org"
    root = ask("verb=Identify")
    assert root.findtext(f".//{OAI}adminEmail") == "webmaster@smuggling.example.org"
    scheme = {
        found.tag.rpartition("}")[2]: found.text for found in root.find(f".//{OAI}description")[0]
    }
    assert scheme["repositoryIdentifier"] == "smuggling.example.org"
    query = "verb=GetRecord&metadataPrefix=oai_dc&identifier="
    assert error_of(f"{query}{scheme['sampleIdentifier']}") == ""
    assert error_of(f"{query}oai:smuggling.example.org:{case.code}") == ""
    assert error_of(f"{query}oai:testserver:{case.code}") == "idDoesNotExist"


def test_an_early_deletion_is_the_earliest_datestamp(case: Case) -> None:
    moment = datetime(2001, 1, 1, tzinfo=UTC)
    changed(case, moment, state=State.WITHDRAWN, withdrawal_reason="Sealed")
    assert Harvester().Identify().earliestDatestamp == "2001-01-01T00:00:00Z"


ALL = "metadataPrefix=oai_dc"
ERRORS = [
    ("", "badVerb"),
    ("verb=", "badVerb"),
    ("verb=identify", "badVerb"),
    ("verb=Identify&verb=Identify", "badVerb"),
    ("verb=Identify&verb=ListSets", "badVerb"),
    ("verb=Identify&metadataPrefix=oai_dc", "badArgument"),
    ("verb=Identify&x=%00%EF%BF%BF", "badArgument"),
    ("verb=ListSets&set=cases", "badArgument"),
    ("verb=ListSets&resumptionToken=more", "badResumptionToken"),
    ("verb=ListMetadataFormats&identifier=oai:testserver:nobody", "idDoesNotExist"),
    ("verb=ListMetadataFormats&identifier=%20", "badArgument"),
    ("verb=GetRecord", "badArgument"),
    (f"verb=GetRecord&{ALL}", "badArgument"),
    ("verb=GetRecord&identifier=oai:testserver:aus-2012-r-v-ahmad", "badArgument"),
    (f"verb=GetRecord&{ALL}&identifier=oai:testserver:nobody", "idDoesNotExist"),
    (f"verb=GetRecord&{ALL}&identifier=oai:elsewhere:aus-2012-r-v-ahmad", "idDoesNotExist"),
    (f"verb=GetRecord&{ALL}&identifier=oai:testserver:%25%5B", "badArgument"),
    (f"verb=GetRecord&{ALL}&identifier=oai:testserver:aus-2012-r-v-ahmad%00", "badArgument"),
    (f"verb=GetRecord&{ALL}&identifier=aus-2012-r-v-ahmad", "badArgument"),
    (
        "verb=GetRecord&metadataPrefix=marc21&identifier=oai:testserver:aus-2012-r-v-ahmad",
        "cannotDisseminateFormat",
    ),
    ("verb=GetRecord&metadataPrefix=marc21&identifier=oai:testserver:nobody", "idDoesNotExist"),
    ("verb=ListRecords", "badArgument"),
    ("verb=ListRecords&metadataPrefix=", "badArgument"),
    ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
    (f"verb=ListRecords&{ALL}&{ALL}", "badArgument"),
    (f"verb=ListRecords&{ALL}&identifier=oai:testserver:nobody", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-02-30", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=0000-01-01", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-01-01T25:00:00Z", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-01-01T00:00:00", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-01-01T00:00:00.5Z", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-01-01&until=2020-01-02T00:00:00Z", "badArgument"),
    (f"verb=ListRecords&{ALL}&from=2020-01-02&until=2020-01-01", "badArgument"),
    (f"verb=ListRecords&{ALL}&until=1990-01-01", "noRecordsMatch"),
    (f"verb=ListRecords&{ALL}&from=9999-12-31", "noRecordsMatch"),
    (f"verb=ListRecords&{ALL}&set=treaties", "noRecordsMatch"),
    (f"verb=ListRecords&{ALL}&set=cases:XXX", "noRecordsMatch"),
    (f"verb=ListRecords&{ALL}&set=cases:AUS:NSW", "noRecordsMatch"),
    (f"verb=ListRecords&{ALL}&set=cases:", "badArgument"),
    (f"verb=ListRecords&{ALL}&set=c%20s", "badArgument"),
    ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
    ("verb=ListRecords&resumptionToken=%01%EF%BF%BE", "badResumptionToken"),
    (f"verb=ListRecords&{ALL}&resumptionToken=more", "badArgument"),
    ("verb=ListIdentifiers&from=2020-01-01", "badArgument"),
]


@pytest.mark.parametrize(("query", "code"), ERRORS)
def test_every_error_is_that_of_the_protocol(query: str, code: str) -> None:
    root = ask(query)
    assert [found.get("code") for found in root.findall(f"{OAI}error")] == [code]
    request = root.find(f"{OAI}request")
    assert request.text == "http://testserver/oai"
    assert bool(request.attrib) == (code not in ("badVerb", "badArgument"))
    body = reader().post("/oai", query, content_type="application/x-www-form-urlencoded")
    assert valid(body).find(f"{OAI}error").get("code") == code


def test_a_token_is_good_for_its_verb_and_as_it_was_given_out() -> None:
    root = ask(f"verb=ListIdentifiers&{ALL}")
    token = root.findtext(f".//{OAI}resumptionToken")
    assert error_of(f"verb=ListIdentifiers&resumptionToken={token}") == ""
    assert error_of(f"verb=ListRecords&resumptionToken={token}") == "badResumptionToken"
    for place in (0, 10, len(token) // 2, len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        altered = f"{token[:place]}{other}{token[place + 1 :]}"
        assert error_of(f"verb=ListIdentifiers&resumptionToken={altered}") == "badResumptionToken"
    foreign = signing.dumps(["another", "use"])
    assert error_of(f"verb=ListIdentifiers&resumptionToken={foreign}") == "badResumptionToken"


def test_a_post_without_a_form_has_no_verb_and_other_methods_are_refused() -> None:
    response = reader().post("/oai", {"verb": "Identify"}, content_type="application/json")
    assert valid(response).find(f"{OAI}error").get("code") == "badVerb"
    for method in ("put", "delete", "patch"):
        assert getattr(reader(), method)("/oai").status_code == 405
    head = reader().head("/oai?verb=Identify")
    assert (head.status_code, head.content) == (200, b"")


def test_hostile_texts_stay_texts(case: Case) -> None:
    hostile = "]]></dc:title><error/>&bogus;\x01\x0b\ufffe\U0001f6f6 <b>"
    changed(case, timezone.now(), title=hostile, facts=hostile)
    root = ask(f"verb=GetRecord&{ALL}&identifier=oai:testserver:{case.code}")
    assert [found.text for found in root.iter(f"{DC}title")] == [clean(hostile)]
    assert clean(hostile) in root.findtext(f".//{DC}description")
    assert root.find(f"{OAI}error") is None


def test_errors_are_told_in_the_language_of_the_harvester_if_there_is_a_translation() -> None:
    response = reader().get("/oai?verb=none", headers={"accept-language": "fr"})
    assert valid(response).findtext(f"{OAI}error")
    assert response["Content-Language"] == "fr"


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("verb=Identify", 3),
        ("verb=ListSets", 5),
        (f"verb=ListIdentifiers&{ALL}", 5),
        (f"verb=ListIdentifiers&{ALL}&set=cases:AUS&from=2020-01-01", 5),
        (f"verb=ListRecords&{ALL}&set=cases", 14),
        (f"verb=ListRecords&{ALL}&set=legislation", 12),
        (f"verb=ListRecords&{ALL}&set=bibliography", 10),
        (f"verb=GetRecord&{ALL}&identifier=oai:testserver:aus-2012-r-v-ahmad", 11),
        ("verb=ListRecords", 0),
    ],
)
def test_the_queries_of_a_part_do_not_grow_with_its_records(query: str, limit: int) -> None:
    ask(query)
    with CaptureQueriesContext(connection) as queries:
        ask(query)
    shown = "\n".join(found["sql"][:160] for found in queries)
    assert len(queries) <= limit, f"{len(queries)} queries\n{shown}"


def test_a_part_begins_at_its_place_in_the_index() -> None:
    """No part of a harvest reads what came before it: the whole takes time for its length alone."""
    token = ask(f"verb=ListIdentifiers&{ALL}&set=cases").findtext(f".//{OAI}resumptionToken")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as queries:
        ask(f"verb=ListIdentifiers&resumptionToken={token}")
    listing = [
        found["sql"] for found in queries if "by_code" in found["sql"] or "COLLATE" in found["sql"]
    ]
    assert len(listing) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {listing[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan Backward using search_changed" in plan, plan
    assert "Index Cond" in plan
    assert "changed_at >=" in plan


_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from(string.printable + "\x00\x01\ufffe")), max_size=40
)
_KNOWN = st.sampled_from(
    [
        *("oai_dc", "2020-01-01", "2020-01-01T00:00:00Z", "9999-12-31", "0001-01-01", "cases"),
        *("cases:AUS", "oai:testserver:aus-2012-r-v-ahmad", "oai:testserver:%zz", ":", "*"),
    ]
)
_NAMES = st.sampled_from(
    ["metadataPrefix", "from", "until", "set", "identifier", "resumptionToken", "Verb", "é"]
)


@given(
    verb=st.sampled_from([*VERBS, "Nothing"]),
    pairs=st.lists(st.tuples(_NAMES, st.one_of(_KNOWN, _TEXT)), max_size=5),
    by_post=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_the_answer_is_valid(
    verb: str, pairs: list[tuple[str, str]], by_post: bool
) -> None:
    arguments: dict[str, list[str]] = {"verb": [verb]}
    for name, value in pairs:
        arguments.setdefault(name, []).append(value.encode("utf-8", "replace").decode())
    query = "&".join(
        f"{_quoted(name)}={_quoted(value)}"
        for name, values in arguments.items()
        for value in values
    )
    if by_post:
        response = reader().post("/oai", query, content_type="application/x-www-form-urlencoded")
    else:
        response = reader().get(f"/oai?{query}")
    valid(response)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
