"""Any search, and any record, as a file: by parameter, by the end of the address, by `Accept`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from portal.exchange.formats.base import formats_for
from portal.imports.steps import NotNowError
from portal.publishing.files import NOT_FOR_FILES
from portal.publishing.lines import CHUNK
from portal.records.database import Database, database_for, databases
from portal.records.models import Redirect, State
from tests.conftest import reader
from tests.import_files import put, rehearsed, told

pytestmark = pytest.mark.django_db

FORMATS = [
    pytest.param(database, form, id=f"{database.slug}-{form.key}")
    for database in databases()
    for form in formats_for(database, writing=True)
]
SEARCHES = {
    "cases": "q=boat&mode=sea",
    "legislation": "article=6.1.a&sort=title",
    "bibliography": "q=women&sort=oldest",
}


def content(address: str, **headers: str) -> bytes:
    response = reader().get(address, headers=headers)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def problem(address: str, status: int = 400, **headers: str) -> dict[str, Any]:
    response = reader().get(address, headers=headers)
    assert response.status_code == status, address
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.json()


def listed(address: str) -> list[str]:
    """The codes that a list of the API gives, page after page."""
    codes, following = [], f"{address}&page_size=100&fields=code"
    while following:
        answer = reader().get(following).json()
        codes += [row["code"] for row in answer["results"]]
        following = answer["next"]
    return codes


def api(database: Database, end: str = "/") -> str:
    return f"/api/v1/{database.api_slug}{end}"


@pytest.mark.parametrize(("database", "form"), FORMATS)
def test_a_search_is_the_same_file_by_parameter_by_suffix_and_by_header(
    database: Database, form: Any
) -> None:
    search = SEARCHES[database.slug]
    by_suffix = reader().get(f"{api(database, '.')}{form.suffix}?{search}")
    assert by_suffix.headers["Content-Type"].partition(";")[0] == form.media_type
    assert by_suffix.headers["Content-Disposition"].endswith(f'.{form.suffix}"')
    file = b"".join(by_suffix.streaming_content)
    assert file
    others = [
        content(f"{api(database)}?{search}&format={form.key}"),
        content(f"{api(database)}?{search}", accept=f"{form.media_type}, */*;q=0.1"),
        content(f"{api(database, '.')}{form.suffix}?{search}&format={form.key}"),
    ]
    if form.key == "xlsx":
        # A zip archive holds the moment at which it was packed.
        assert {len(other) // 100 for other in others} <= {len(file) // 100 + n for n in (-1, 0, 1)}
    else:
        assert others == [file] * 3


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_a_file_holds_what_the_list_holds_in_its_order(database: Database) -> None:
    search = SEARCHES[database.slug]
    wanted = listed(f"{api(database)}?{search}")
    assert len(wanted) > 1
    rows = list(
        csv.DictReader(
            io.StringIO(content(f"{api(database, '.csv')}?{search}").decode("utf-8-sig"))
        )
    )
    assert [row["id"] for row in rows] == wanted
    assert next(iter(rows[0])) == "address"
    assert [row["address"] for row in rows] == [f"http://testserver/id/{code}" for code in wanted]
    told = content(f"{api(database, '.jsonl')}?{search}").splitlines()
    assert [json.loads(line)["id"] for line in told] == wanted
    cited = json.loads(content(f"{api(database, '.csl.json')}?{search}"))
    assert [item["id"] for item in cited] == wanted


@pytest.mark.parametrize(("database", "form"), FORMATS)
def test_one_record_is_a_file_too(database: Database, form: Any) -> None:
    code = database.records.public().order_by("pk")[0].code
    response = reader().get(api(database, f"/{code}.{form.suffix}"))
    assert response.status_code == 200
    assert f'filename="{code}.{form.suffix}"' in response.headers["Content-Disposition"]
    assert code.encode() in b"".join(response.streaming_content) or form.key == "xlsx"
    there = reader().get(f"/id/{code}.{form.suffix}")
    assert there.status_code == 303
    assert there.headers["Location"] == api(database, f"/{code}.{form.suffix}")
    wanted = reader().get(f"/id/{code}", headers={"accept": form.media_type})
    assert wanted.headers["Location"] == there.headers["Location"]


def test_the_suffix_json_is_the_api_itself() -> None:
    assert reader().get("/api/v1/cases.json?mode=sea").json() == {
        **reader().get("/api/v1/cases/?mode=sea").json(),
        "next": "http://testserver/api/v1/cases.json?mode=sea&page=2",
    }
    one = reader().get("/api/v1/cases/aus-2012-r-v-ahmad.json")
    assert one.json() == reader().get("/api/v1/cases/aus-2012-r-v-ahmad/").json()


@pytest.mark.parametrize("name", NOT_FOR_FILES)
def test_a_file_refuses_what_divides_or_shapes_a_list(name: str) -> None:
    value = {"cursor": "*", "fields": "code", "expand": "facts", "facets": "mode"}.get(name, "1")
    body = problem(f"/api/v1/cases.csv?{name}={value}")
    assert [error["parameter"] for error in body["errors"]] == [name]
    assert "mode" in body["known_parameters"]


@pytest.mark.parametrize(
    ("address", "status", "accept"),
    [
        ("/api/v1/cases.pdf", 404, "*/*"),
        ("/api/v1/cases/aus-2012-r-v-ahmad.docx", 404, "*/*"),
        ("/api/v1/cases/no-such-case.csv", 404, "*/*"),
        ("/api/v1/cases/aus-2012-r-v-ahmad.csv?fields=code", 400, "*/*"),
        ("/api/v1/cases.csv?format=xlsx", 400, "*/*"),
        ("/api/v1/cases/?format=csv,xlsx", 400, "*/*"),
        ("/api/v1/cases/?format=csv&format=xlsx", 400, "*/*"),
        ("/api/v1/cases.csv?modus=sea", 400, "*/*"),
        ("/api/v1/cases/", 406, "image/png"),
        ("/api/v1/cases/aus-2012-r-v-ahmad/", 406, "application/pdf"),
        ("/api/v1/vocabularies/", 406, "application/xml"),
    ],
)
def test_what_there_is_not_is_said(address: str, status: int, accept: str) -> None:
    body = problem(address, status, accept=accept)
    assert body["detail"]


def test_a_browser_gets_json_and_an_address_goes_before_the_header() -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    plain = reader().get("/api/v1/cases/", headers={"accept": accept})
    assert plain.headers["Content-Type"] == "application/json"
    table = reader().get("/api/v1/cases.csv?mode=air", headers={"accept": "image/png"})
    assert table.headers["Content-Type"] == "text/csv"


def test_head_of_a_file_reads_no_record() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = reader().head("/api/v1/cases.csv")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"]
    assert not [query for query in asked.captured_queries if "caselaw_case" in query["sql"]]


def test_a_file_of_everything_is_read_piece_by_piece() -> None:
    total = reader().get("/api/v1/cases/?fields=code").json()["count"]
    pieces = -(-total // CHUNK)
    with CaptureQueriesContext(connection) as asked:
        content("/api/v1/cases.jsonl")
    read = [q for q in asked.captured_queries if 'FROM "caselaw_case"' in q["sql"]]
    assert len(read) == pieces
    assert len(asked.captured_queries) <= 3 + 12 * pieces


def test_what_is_not_public_is_in_no_file(held_back: list[tuple[str, str]]) -> None:
    for database in databases():
        kept = [code for slug, code in held_back if slug == database.slug]
        told = content(api(database, ".jsonl")).decode()
        assert not [code for code in kept if f'"{code}"' in told]
        assert "review_note" not in told


def test_a_law_that_is_withdrawn_leaves_the_lines_of_cases() -> None:
    case = next(
        case
        for case in databases()[0].records.public().for_export()
        if any(applied.law for applied in case.laws_applied.all())
    )
    law = next(applied.law for applied in case.laws_applied.all() if applied.law)
    assert law.code in content(f"/api/v1/cases/{case.code}.jsonl").decode()
    law.state, law.withdrawal_reason = State.WITHDRAWN, "A test."
    law.save()
    line = json.loads(content(f"/api/v1/cases/{case.code}.jsonl"))
    named = [applied.get("law_id") for applied in line["laws_applied"]]
    assert law.code not in named
    assert len(named) == len(case.laws_applied.all())


@pytest.mark.parametrize(
    ("resource", "asked"),
    [
        ("provisions", "article=6.1.a"),
        ("jurisdictions", "process=european_union"),
        ("vocabularies", ""),
        ("treaty-articles", ""),
        ("treaty-status", "party=true"),
    ],
)
def test_reference_data_are_tables_too(resource: str, asked: str) -> None:
    address = f"/api/v1/{resource}/?page_size=100&{asked}"
    rows, following = [], address
    while following:
        answer = reader().get(following).json()
        rows += answer["results"]
        following = answer["next"]
    told = content(f"/api/v1/{resource}.jsonl?{asked}").splitlines()
    assert [json.loads(line) for line in told] == rows
    table = content(f"/api/v1/{resource}/?format=csv&{asked}").decode()
    assert table.startswith("\ufeff")
    key = "code" if "code" in rows[0] else "jurisdiction"
    read = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [row[key] for row in read] == [row[key] for row in rows]
    some = content(f"/api/v1/{resource}.csv?fields={key}&{asked}").decode().splitlines()
    assert some[0] == f"\ufeff{key}"
    assert len(some) == len(rows) + 1
    problem(f"/api/v1/{resource}.csv?page=2")
    problem(f"/api/v1/{resource}.xlsx", 404)
    problem(f"/api/v1/{resource}/{rows[0][key]}/?format=csv")


@pytest.mark.parametrize("key", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_a_file_for_readers_imports_back_without_a_change(
    slug: str, key: str, tmp_path: Path, admin_user: User
) -> None:
    """Nothing that the file leaves out, as the notes of curators, is emptied by it."""
    database = database_for(slug)
    noted = database.records.public().order_by("pk")[0]
    database.records.filter(pk=noted.pk).update(review_note="Only for curators.")
    forms = {form.key: form for form in formats_for(database, writing=True)}
    path = tmp_path / f"{slug}.{forms[key].extension}"
    search = SEARCHES[slug]
    path.write_bytes(content(f"{api(database, '.')}{forms[key].suffix}?{search}"))
    run = rehearsed(path, slug, admin_user, key)
    assert told(run) == []
    changed = run.rows.exclude(kind="unchanged")
    assert not [(row.code, row.before, row.after) for row in changed[:3]]
    assert run.rows.count() == len(listed(f"{api(database)}?{search}"))
    with pytest.raises(NotNowError, match="nothing to write"):
        put(run, admin_user)


def test_a_line_for_readers_begins_with_the_permanent_address() -> None:
    for database in databases():
        for line in content(api(database, ".jsonl")).splitlines()[:5]:
            told = json.loads(line)
            assert next(iter(told)) == "address"
            assert told["address"] == f"http://testserver/id/{told['id']}"


def test_a_merged_code_leads_to_the_same_file_of_the_present_record() -> None:
    Redirect.objects.create(
        code="zzz-old-code", target="aus-2012-r-v-ahmad", reason=Redirect.Reason.MERGED
    )
    for old, new in (
        ("/api/v1/cases/zzz-old-code.ris", "/api/v1/cases/aus-2012-r-v-ahmad.ris"),
        (
            "/api/v1/cases/zzz-old-code/?format=ris",
            "/api/v1/cases/aus-2012-r-v-ahmad/?format=ris",
        ),
        ("/id/zzz-old-code.csl.json", "/id/aus-2012-r-v-ahmad.csl.json"),
    ):
        response = reader().get(old)
        assert (response.status_code, response.headers["Location"]) == (301, new)


def test_a_withdrawn_record_is_no_file() -> None:
    law = database_for("legislation").records.public().order_by("pk")[0]
    law.state, law.withdrawal_reason = State.WITHDRAWN, "Entered twice."
    law.save()
    body = problem(f"/api/v1/laws/{law.code}.csv", 410)
    assert body["detail"] == "Entered twice."
