"""A client made from the OpenAPI document by `openapi-python-client` reads the portal."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

pytestmark = pytest.mark.django_db

PACKAGE = "portal_client"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory for the package, from which it can be imported."""
    directory = tmp_path_factory.mktemp("client")
    sys.path.insert(0, str(directory))
    yield directory / PACKAGE
    sys.path.remove(str(directory))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def portal(package: Path, server: str) -> Any:
    """A client of the portal that is served, made anew if there is none yet."""
    if not package.exists():
        document = package.with_suffix(".json")
        answer = httpx.get(f"{server}/api/schema/", headers={"Accept": "application/json"})
        assert answer.headers["Content-Type"].startswith("application/")
        document.write_bytes(answer.content)
        config = Config.from_sources(
            # No formatter is run over what nobody reads.
            ConfigFile(post_hooks=[]),
            MetaType.NONE,
            document,
            "utf-8",
            overwrite=True,
            output_path=package,
        )
        # Neither errors nor warnings of schemas and addresses that it had to leave out.
        assert list(generate(config=config)) == []
    client: Any = module("client").Client(base_url=server, raise_on_unexpected_status=True)
    return client


def module(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def call(name: str) -> Any:
    """The module of an operation: `cases.cases_list`."""
    return module(f"api.{name}")


def test_a_generated_client_reads_the_portal(
    portal: Any, lines: dict[str, list[dict[str, Any]]]
) -> None:
    models = module("models")
    # Filters, by values that the document names.
    modes, verdicts = models.ModesCodeOrNotRecorded, models.VerdictsCodeOrNotRecorded
    found = call("cases.cases_list").sync(
        client=portal,
        mode=[modes.SEA],
        verdict=[verdicts.CONVICTED, verdicts.ACQUITTED],
        has_fee=True,
        page_size=5,
    )
    assert isinstance(found, models.PaginatedCaseList)
    assert 0 < found.count < len(lines["cases"])
    assert len(found.results) == 5
    assert all("sea" in case.modes for case in found.results)
    # One of them, complete.
    case = call("cases.cases_retrieve").sync(found.results[0].code, client=portal)
    assert isinstance(case, models.Case)
    line = next(line for line in lines["cases"] if line["id"] == case.code)
    assert [defendant.label for defendant in case.defendants] == [
        defendant["label"] for defendant in line["defendants"]
    ]
    assert case.fee.currency == line["fee"]["currency"]
    # A law's provisions, and each by itself.
    law = call("laws.laws_retrieve").sync("aus-migration-act-1958", client=portal)
    codes = [provision.code for provision in law.provisions]
    assert "aus-migration-act-1958:s-233a" in codes
    listed = call("provisions.provisions_list").sync(
        client=portal, law=["aus-migration-act-1958"], page_size=100
    )
    assert [provision.code for provision in listed.results] == codes
    one = call("provisions.provisions_retrieve").sync(codes[0], client=portal)
    assert one.law == "aus-migration-act-1958"
    assert one.articles == law.provisions[0].articles


def test_a_generated_client_walks_by_page_and_by_cursor(
    portal: Any, lines: dict[str, list[dict[str, Any]]]
) -> None:
    works = call("works.works_list")
    fields = [module("models").WorksListFieldsItem.CODE]
    by_page: list[str] = []
    for page in range(1, 100):
        part = works.sync(client=portal, page=page, page_size=100, fields=fields)
        by_page += [work.code for work in part.results]
        if part.next_ is None:
            break
    by_cursor: list[str] = []
    cursor: str | None = "*"
    while cursor:
        part = works.sync(client=portal, cursor=cursor, page_size=100, fields=fields)
        by_cursor += [work.code for work in part.results]
        cursor = httpx.URL(part.next_).params["cursor"] if part.next_ else None
    assert by_page == by_cursor
    assert set(by_page) == {line["id"] for line in lines["bibliography"]}


def test_a_generated_client_understands_problems_and_figures(portal: Any) -> None:
    models = module("models")
    refused = call("cases.cases_list").sync_detailed(client=portal, language=["english"])
    assert refused.status_code == 400
    assert isinstance(refused.parsed, models.Problem)
    assert [error.parameter for error in refused.parsed.errors] == ["language"]
    missing = call("laws.laws_retrieve").sync_detailed("no-such-law", client=portal)
    assert missing.status_code == 404
    assert missing.parsed.status == 404
    table = call("insights.insights_table").sync(
        client=portal,
        rows=models.InsightsTableRows.MODE,
        columns=models.InsightsTableColumns.VERDICT,
    )
    assert isinstance(table, models.Table)
    assert [len(row.numbers) for row in table.results] == [len(table.column_headings)] * len(
        table.results
    )
    profile = call("insights.insights_countries_retrieve").sync("ITA", client=portal)
    assert profile.cases.count > 0
    assert profile.treaty.party is True
    assert {route.as_ for route in profile.routes} <= {"origin", "transit", "destination"}
    searched = call("search.search").sync(client=portal, q="boat")
    assert searched.count == sum(hits.count for hits in searched.databases)
    assert searched.interpreted[0].typed == "boat"
    places = call("jurisdictions.jurisdictions_list").sync(client=portal, party=True, page_size=100)
    assert places.count > 100
    root = call("api.root").sync(client=portal)
    assert root.licence.name == "CC BY 4.0"
