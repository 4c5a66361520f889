"""The API: what it answers, what it refuses, and that nothing is lost on the way through it."""

from __future__ import annotations

import re
import warnings
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from portal.insights import urls
from portal.records.database import databases
from tests.conftest import SOME_AND_ALL, reader

pytestmark = pytest.mark.django_db

DATABASES = {"cases": "cases", "laws": "legislation", "works": "bibliography"}
LISTS = [
    *DATABASES,
    "provisions",
    "jurisdictions",
    "vocabularies",
    "treaty-articles",
    "treaty-status",
]
#: What has no list of objects: a list of pages, and two tables.
INSIGHTS = ["insights", "insights/countries", "insights/protocol"]
RESOURCES = [*LISTS, *INSIGHTS, "search"]
#: What a resource needs to answer at all.
ASKED = {"search": {"q": "boat"}}


def get(path: str, **parameters: Any) -> Any:
    response = reader().get(path, parameters)
    assert response.status_code == 200, response.content
    return response.json()


def problem(path: str, status: int = 400, **parameters: Any) -> dict[str, Any]:
    response = reader().get(path, parameters)
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    return body


@pytest.mark.parametrize(("api", "slug"), DATABASES.items())
def test_a_list_counts_the_published_lines(
    api: str, slug: str, lines: dict[str, list[Any]]
) -> None:
    assert get(f"/api/v1/{api}/")["count"] == len(lines[slug])


def test_the_root_lists_every_resource() -> None:
    resources = get("/api/v1/")["resources"]
    assert set(resources) == set(RESOURCES)
    for name, address in resources.items():
        assert urlsplit(address).path == f"/api/v1/{name}/"
        assert reader().get(address, ASKED.get(name, {})).status_code == 200


def test_the_insights_name_every_page_with_its_addresses() -> None:
    listed = {entry["slug"]: entry for entry in get("/api/v1/insights/")["results"]}
    own = {"coverage", "women-as-offenders", "sentences", "comparable-sentences", "fees"}
    assert {*own, "countries", "protocol", "table"} < set(listed)
    index = reader().get("/en/insights/").content.decode()
    for slug, entry in listed.items():
        assert urlsplit(entry["url"]).path == f"/api/v1/insights/{slug}/"
        assert reader().get(entry["url"]).status_code == 200, slug
        page = urlsplit(entry["page"]).path
        assert reader().get(page).status_code == 200, slug
        assert f'href="{page}"' in index, slug
        assert entry["title"]
        assert entry["asks"]
    # Every page that has data has them under a name that is listed.
    names = {pattern.name for pattern in urls.urlpatterns if "<" not in str(pattern.pattern)}
    pages = names - {"index"} - {name for name in names if re.search("csv|svg|png|chart|map", name)}
    assert {"table" if name == "own" else name for name in pages} <= set(listed)


@pytest.mark.parametrize(("api", "slug"), DATABASES.items())
@pytest.mark.parametrize("sort", ["newest", "oldest", "title", "changed"])
def test_pages_and_cursors_give_every_record_once_in_the_same_order(
    api: str, slug: str, sort: str, lines: dict[str, list[Any]]
) -> None:
    def walk(address: str) -> list[str]:
        codes: list[str] = []
        while address:
            answer = get(address)
            codes += [row["code"] for row in answer["results"]]
            address = answer["next"]
        return codes

    base = f"/api/v1/{api}/?sort={sort}&page_size=100&fields=code"
    by_page, by_cursor = walk(base), walk(f"{base}&cursor=*")
    assert by_page == by_cursor
    assert len(by_page) == len(set(by_page))
    assert set(by_page) == {line["id"] for line in lines[slug]}


@pytest.mark.parametrize(("api", "slug"), DATABASES.items())
def test_dated_records_come_in_order_and_undated_ones_last(api: str, slug: str) -> None:
    field = {"cases": "decision_date", "laws": "adopted", "works": "issued"}[api]
    for sort, reverse in (("newest", True), ("oldest", False)):
        rows: list[Any] = []
        address = f"/api/v1/{api}/?sort={sort}&page_size=100&fields={field},code"
        while address:
            answer = get(address)
            rows += answer["results"]
            address = answer["next"]
        dates = [row[field] for row in rows]
        dated = [date for date in dates if date]
        assert dates[: len(dated)] == dated, "undated records are last"
        years = [int(date[:4]) for date in dated]
        assert years == sorted(years, reverse=reverse)


@pytest.mark.parametrize("api", RESOURCES)
def test_an_unknown_parameter_is_refused_with_the_known_ones(api: str) -> None:
    body = problem(f"/api/v1/{api}/", modus="sea")
    assert body["errors"][0]["parameter"] == "modus"
    assert ("page" in body["known_parameters"]) is (api in LISTS)


def test_a_misspelt_parameter_names_the_nearest() -> None:
    body = problem("/api/v1/cases/", jurisdicton="AUS")
    assert "jurisdiction" in body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("parameters", "name", "known"),
    [
        ({"mode": "boat"}, "mode", "sea"),
        ({"mode": "sea,boat"}, "mode", "sea"),
        ({"jurisdiction": "ZZZ"}, "jurisdiction", "AUS"),
        ({"region": "999"}, "region", "150"),
        ({"process": "x"}, "process", "rabat_process"),
        ({"article": "6.9"}, "article", "6.1.a"),
        ({"language": "english"}, "language", None),
        ({"law": "no-such-law"}, "law", None),
        ({"provision": "no:such"}, "provision", None),
        ({"has_fee": "maybe"}, "has_fee", "true"),
        ({"decided_from": "2015-13"}, "decided_from", None),
        ({"decided_from": "last year"}, "decided_from", None),
        ({"decided_from": "2016", "decided_to": "2015"}, "decided_from", None),
        ({"changed_since": "0"}, "changed_since", None),
        ({"imprisonment_min": "-1"}, "imprisonment_min", None),
        ({"imprisonment_min": "NaN"}, "imprisonment_min", None),
        ({"imprisonment_min": "9", "imprisonment_max": "3"}, "imprisonment_min", None),
        ({"migrants_min": "9", "migrants_max": "3"}, "migrants_min", None),
        ({"deaths_min": "1.5"}, "deaths_min", None),
        ({"person": "female.convicted"}, "person", None),
        ({"person": "female.organizer.convicted.guilty.x"}, "person", None),
        ({"person": "female.organizer.convicted.any"}, "person", None),
        ({"person": "female.boss.convicted"}, "person", None),
        ({"person": "female.ZZZ.convicted"}, "person", None),
        ({"person": "female.SYR.convicted.guilty"}, "person", None),
        ({"person": "any.any.hanged"}, "person", None),
        ({"fee_currency": "euro"}, "fee_currency", None),
        ({"fee_per": "boat"}, "fee_per", "person"),
        ({"sort": "best"}, "sort", "newest"),
        ({"sort": "relevance"}, "sort", "newest"),
        ({"page": "0"}, "page", None),
        ({"page": "1e3"}, "page", None),
        ({"page_size": "101"}, "page_size", None),
        ({"cursor": "rubbish"}, "cursor", None),
        ({"cursor": "\x00"}, "cursor", None),
        ({"q": "a", "cursor": "*", "sort": "relevance"}, "cursor", None),
        ({"fields": "code,name"}, "fields", "title"),
        ({"expand": "everything"}, "expand", "defendants"),
        ({"facets": "colour"}, "facets", "mode"),
        ({"format": "pdf"}, "format", "json"),
        ({"q": "x" * 401}, "q", None),
        ({"q": "a\x00b"}, "q", None),
    ],
)
def test_an_unfit_value_is_refused(
    parameters: dict[str, str], name: str, known: str | None
) -> None:
    body = problem("/api/v1/cases/", **parameters)
    assert [error["parameter"] for error in body["errors"]] == [name]
    assert body["errors"][0]["message"]
    if known:
        assert known in body["errors"][0]["known"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/api/v1/provisions/", {"article": "99"}),
        ("/api/v1/provisions/", {"law": "nope"}),
        ("/api/v1/jurisdictions/", {"kind": "planet"}),
        ("/api/v1/jurisdictions/", {"region": "999"}),
        ("/api/v1/treaty-status/", {"party": "yes"}),
        ("/api/v1/cases/aus-2012-r-v-ahmad/", {"lang": "fr"}),
        ("/api/v1/cases/aus-2012-r-v-ahmad/", {"fields": "nothing"}),
        ("/api/v1/", {"x": "1"}),
    ],
)
def test_every_resource_is_strict(path: str, parameters: dict[str, str]) -> None:
    problem(path, **parameters)


def test_an_unknown_record_is_a_problem_too() -> None:
    problem("/api/v1/cases/no-such-case/", 404)
    problem("/api/v1/provisions/no-such-law:art-1/", 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_api_only_reads(method: str) -> None:
    for path in ("/api/v1/cases/", "/api/v1/cases/aus-2012-r-v-ahmad/", "/api/v1/vocabularies/"):
        response = getattr(Client(), method)(path)
        assert response.status_code == 405
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("step", SOME_AND_ALL)
@pytest.mark.parametrize(("api", "slug"), DATABASES.items())
def test_every_complete_record_answers(
    api: str, slug: str, step: int, lines: dict[str, list[Any]]
) -> None:
    for line in lines[slug][::step]:
        record = get(f"/api/v1/{api}/{line['id']}/")
        assert record["code"] == line["id"]
        assert record["title"] == line["title"]
        assert [s["title"] for s in record["sources"]] == [s["title"] for s in line["sources"]]
        assert "review_note" not in record


def test_a_complete_case_says_what_its_line_says(lines: dict[str, list[Any]]) -> None:
    for line in lines["cases"][::7]:
        record = get(f"/api/v1/cases/{line['id']}/")
        assert record["decision_date"] == line.get("decision_date")
        assert record["modes"] == line.get("modes", [])
        assert record["origin"] == line.get("route", {}).get("origin", [])
        assert record["migrants_count"] == line.get("migrants", {}).get("count")
        defendants = line.get("defendants", [])
        assert [d["label"] for d in record["defendants"]] == [d["label"] for d in defendants]
        assert [d["count"] for d in record["defendants"]] == [d.get("count", 1) for d in defendants]
        for told, given in zip(record["defendants"], defendants, strict=True):
            for charge, origin in zip(told["charges"], given.get("charges", []), strict=True):
                assert charge["imprisonment_months"] == origin.get("imprisonment_months")
                assert charge["verdict"] == origin.get("verdict")
                assert charge["fine"] == origin.get("fine")
        assert [p["outcome"] for p in record["proceedings"]] == [
            p.get("outcome", "") for p in line.get("proceedings", [])
        ]
        applied = line.get("laws_applied", [])
        assert [a["law_code"] for a in record["laws_applied"]] == [a.get("law_id") for a in applied]


def test_a_list_is_lean_and_fields_and_expand_choose() -> None:
    row = get("/api/v1/cases/", page_size=1)["results"][0]
    assert "facts" not in row
    assert "defendants" not in row
    assert {"code", "url", "title", "jurisdiction", "decision_date", "modes"} <= set(row)
    chosen = get("/api/v1/cases/", page_size=1, fields="code,facts,defendants")["results"][0]
    assert set(chosen) == {"code", "facts", "defendants"}
    wide = get("/api/v1/cases/", page_size=1, expand="defendants,facts")["results"][0]
    assert set(wide) == {*row, "defendants", "facts"}
    one = get("/api/v1/cases/aus-2012-r-v-ahmad/", fields="title")
    assert one == {"title": "The Queen v Ahmad"}


def test_lists_stay_light() -> None:
    """A row of a list weighs less than 2 kB: no long text, no nested parts."""
    for api in DATABASES:
        response = reader().get(f"/api/v1/{api}/", {"page_size": 100})
        assert len(response.content) < 100 * 2_000


def test_facets_only_when_asked_for() -> None:
    assert "facets" not in get("/api/v1/cases/")
    facets = get("/api/v1/cases/", facets="mode,verdict")["facets"]
    assert set(facets) == {"mode", "verdict"}
    assert set(facets["mode"][0]) == {"value", "label", "count"}


def test_provisions_are_those_of_the_laws(lines: dict[str, list[Any]]) -> None:
    provisions = [part for line in lines["legislation"] for part in line.get("provisions", [])]
    assert get("/api/v1/provisions/")["count"] == len(provisions)
    for article in ("6.1.a", "5", "C6"):
        by_hand = sum(article in part.get("protocol_articles", []) for part in provisions)
        assert get("/api/v1/provisions/", article=article)["count"] == by_hand
    required = sum(part.get("benefit_element") == "required" for part in provisions)
    assert get("/api/v1/provisions/", benefit_element="required")["count"] == required
    one = get("/api/v1/provisions/aus-migration-act-1958:s-233a/")
    assert one["law"] == "aus-migration-act-1958"
    assert one["articles"] == ["6.1.a", "6.2.c"]
    assert one["max_imprisonment_years"] == 10


def test_reference_data() -> None:
    spain = get("/api/v1/jurisdictions/ESP/")
    assert spain["names"]["zh"] == "西班牙"
    assert spain["regions"] == ["039", "150"]
    assert "european_union" in spain["processes"]
    assert spain["party"] is True
    assert get("/api/v1/jurisdictions/", process="european_union")["count"] == 27
    modes = get("/api/v1/vocabularies/modes/")
    assert [term["code"] for term in modes["terms"]] == ["land", "sea", "air"]
    assert modes["terms"][1]["labels"]["fr"] == "Mer"
    assert get("/api/v1/treaty-articles/6.1.b.ii/")["citation"] == "6(1)(b)(ii)"
    parties = get("/api/v1/treaty-status/", party="true")["count"]
    everyone = get("/api/v1/treaty-status/")["count"]
    assert parties + get("/api/v1/treaty-status/", party="false")["count"] == everyone
    assert get("/api/v1/jurisdictions/", party="true")["count"] == parties


def test_a_question_to_all_databases_gives_what_each_of_them_gives() -> None:
    for asked in ({"q": "boat"}, {"q": "Libya", "region": "150"}, {"q": "qwertyzz"}):
        told = get("/api/v1/search/", **asked, page_size=3)
        assert told["count"] == sum(part["count"] for part in told["databases"])
        assert told["interpreted"][0]["typed"]
        for part, database in zip(told["databases"], databases(), strict=True):
            assert part["database"] == database.slug
            there = get(part["url"])
            assert part["count"] == there["count"]
            assert len(part["results"]) == min(3, part["count"])
            for row in part["results"]:
                whole = get(row["api_url"])
                assert row == {name: whole[name] for name in row}
    assert get("/api/v1/search/", q="[2012] NSWCCA 1")["exact"] is not None
    assert problem("/api/v1/search/")["errors"][0]["parameter"] == "q"
    assert problem("/api/v1/search/", q="boat", mode="sea")["errors"][0]["parameter"] == "mode"
    assert problem("/api/v1/search/", q="boat", page_size="26")


def test_the_permanent_address_serves_readers_and_machines() -> None:
    page = reader().get("/id/aus-2012-r-v-ahmad", headers={"accept-language": "fr"})
    assert page.status_code == 303
    assert page.headers["Location"] == "/fr/cases/aus-2012-r-v-ahmad/"
    data = reader().get("/id/aus-2012-r-v-ahmad", headers={"accept": "application/json"})
    assert data.headers["Location"] == "/api/v1/cases/aus-2012-r-v-ahmad/"
    assert reader().get("/id/no-such-record").status_code == 404


def test_openapi_documents_every_parameter_that_is_taken() -> None:
    import yaml

    from portal.search.request import API_CONTROLS

    schema = yaml.safe_load(reader().get("/api/schema/").content)
    assert schema["openapi"].startswith("3.1")
    for database in databases():
        listed = schema["paths"][f"/api/v1/{database.api_slug}/"]["get"]["parameters"]
        taken = {*database.filterset.parameters(), *API_CONTROLS}
        assert {parameter["name"] for parameter in listed} == taken
    provisions = schema["paths"]["/api/v1/provisions/"]["get"]["parameters"]
    assert {"law", "article", "page", "fields"} <= {parameter["name"] for parameter in provisions}


#: An object of each kind, to ask for the addresses that the document describes.
EXAMPLES = {
    "cases": "aus-2012-r-v-ahmad",
    "insights": "modes",
    "insights/countries": "ITA",
    "insights/protocol": "6.1.a",
    "jurisdictions": "ITA",
    "laws": "aus-migration-act-1958",
    "provisions": "aus-migration-act-1958:s-233a",
    "treaty-articles": "6.1.a",
    "treaty-status": "ITA",
    "vocabularies": "modes",
}
NEEDED = {"jurisdiction": "ITA,ESP", "article": "6.1.a", "q": "boat"}


def test_every_documented_address_is_real(lines: dict[str, list[Any]]) -> None:
    """Each answers, and refuses all parameters but those that the document tells of."""
    with warnings.catch_warnings(), GENERATOR_STATS.silence():
        warnings.simplefilter("error")
        document = SchemaGenerator(api_version="1.0").get_schema(request=None, public=True)
        assert not GENERATOR_STATS
    examples = {**EXAMPLES, "works": lines["bibliography"][0]["id"]}
    of_insights: set[str] = set()
    for path, told in document["paths"].items():
        resource = path.removeprefix("/api/v1/").rpartition("/{")[0]
        address = re.sub(r"\{\w+\}", lambda _found, of=resource: examples[of], path)
        parameters = [one for one in told["get"].get("parameters", ()) if one["in"] == "query"]
        needed = {p["name"]: NEEDED[p["name"]] for p in parameters if p.get("required")}
        assert reader().get(address, needed).status_code == 200, path
        known = set(problem(address, **needed, zzz="1")["known_parameters"])
        names = {one["name"] for one in parameters}
        assert all(one["description"] for one in parameters), path
        if path == "/api/v1/insights/{slug}/":
            assert known < names
            of_insights = names
        elif path == "/api/v1/insights/table/":
            assert names == {*of_insights, "database", "rows", "columns"}
        else:
            assert names == known, path
    filters = {name for one in databases() for name in one.filterset.parameters()}
    assert of_insights == filters


def test_answers_are_as_the_openapi_document_says() -> None:
    import jsonschema_rs
    import yaml

    document = yaml.safe_load(reader().get("/api/schema/").content)
    for resource in RESOURCES:
        given = {"page_size": 100} if resource in LISTS else ASKED.get(resource, {})
        answer = get(f"/api/v1/{resource}/", **given)
        told = document["paths"][f"/api/v1/{resource}/"]["get"]["responses"]["200"]
        schema = told["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        errors = jsonschema_rs.Draft202012Validator(whole).iter_errors(answer)
        assert not [error.message[:200] for error in errors], resource


def test_the_documentation_is_served_from_here() -> None:
    page = reader().get("/api/reference/")
    assert page.status_code == 200
    assert "cdn" not in page.content.decode()
    assert "https://" not in page.content.decode().replace("http://testserver", "")
