"""What pages and lists cost: queries counted, and plans read from EXPLAIN."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from portal.records.database import database_for
from portal.search.engine import match
from portal.search.models import SearchDocument
from portal.search.request import parse
from tests.conftest import reader

pytestmark = pytest.mark.django_db

#: No page and no list asks the database more often, but one that found nothing: it looks for what
#: would be found.
BUDGET = 11

PAGES = {
    "/en/": 6,
    "/en/about/": 2,
    "/en/search/?q=boat": 8,
    "/en/cases/": 7,
    "/en/cases/?q=boat": 9,
    "/en/cases/?q=boat&mode=sea&jurisdiction=AUS&decided_from=2010&has_fee=true": 9,
    "/en/cases/?law=aus-migration-act-1958&provision=aus-migration-act-1958:s-233c&q=boat": 11,
    "/en/cases/?page=5&sort=title": 7,
    "/en/cases/?q=zzqqx boat Lampedusa": 13,
    "/en/cases/facets/jurisdiction/?q=boat": 2,
    "/en/cases/facets/region/?q=boat&mode=sea": 2,
    "/en/cases/facets/provision/": 3,
    "/en/legislation/": 5,
    "/en/legislation/?q=carrier&article=6.1.a": 7,
    "/en/bibliography/": 6,
    "/en/bibliography/?q=Libya&author=Kyle": 8,
    "/en/cases/usa-2013-united-states-v-dandy/": BUDGET,
    "/en/legislation/aus-migration-act-1958/": BUDGET,
    "/api/v1/": 1,
    "/api/v1/cases/": 4,
    "/api/v1/cases/?page_size=100&facets=mode,jurisdiction,law": 5,
    "/api/v1/cases/?page_size=100&expand=defendants,proceedings,laws_applied,sources,attachments,"
    "facts,significance": 8,
    "/api/v1/laws/?page_size=100&expand=provisions,effects,sources": BUDGET,
    "/api/v1/works/?page_size=100&expand=cases,laws,sources": BUDGET,
    "/api/v1/provisions/?page_size=100": 3,
    "/api/v1/jurisdictions/?page_size=100": 3,
    "/api/v1/vocabularies/": 4,
    "/api/v1/treaty-articles/": 3,
    "/api/v1/treaty-status/?page_size=100": 4,
    "/id/aus-2012-r-v-ahmad": 2,
}


@pytest.fixture
def warm() -> None:
    """The reference data is in memory, as it is for all but the first request of a process."""
    reader().get("/en/")


@pytest.mark.parametrize(("path", "limit"), PAGES.items())
@pytest.mark.usefixtures("warm")
def test_queries_of_pages_and_lists(path: str, limit: int) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = reader().get(path)
    assert response.status_code in (200, 303, 404), path
    shown = "\n".join(query["sql"][:160] for query in queries)
    assert len(queries) <= limit, f"{path}: {len(queries)} queries\n{shown}"


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
@pytest.mark.usefixtures("warm")
def test_no_record_page_needs_more_than_ten(slug: str, lines: dict[str, list[Any]]) -> None:
    # The records with the most parts are the ones that would cost most.
    largest = sorted(lines[slug], key=lambda line: len(json.dumps(line)))[-12:]
    for line in largest:
        with CaptureQueriesContext(connection) as queries:
            assert reader().get(f"/en/{slug}/{line['id']}/").status_code == 200
        assert len(queries) <= BUDGET, line["id"]


def plan_of(address: str) -> str:
    """How PostgreSQL would answer the words of a search, on a table as large as it may become."""
    parsed = parse(database_for("cases"), QueryDict(address))
    return match(parsed.request).values("object_id").explain()


@pytest.fixture
def many_documents() -> None:
    """Copies of the real documents until the table is large enough for plans to matter."""
    fields = [
        field.column
        for field in SearchDocument._meta.fields
        if field.column not in ("id", "code", "object_id", "ordinal")
    ]
    columns = ", ".join(fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO search_document (object_id, ordinal, code, {columns})"
            " SELECT object_id + n * 100000, ordinal + n * 100000,"
            f" code || '-copy-' || n, {columns}"
            " FROM search_document, generate_series(1, 8) AS n"
        )
        cursor.execute("ANALYZE search_document")


WORDS = (
    *("Lampedusa", "Indonesia", "smuggling boat", "migrants", "court"),
    *("boat&sort=newest", "court&sort=newest"),
)


@pytest.mark.usefixtures("many_documents")
def test_plans_use_the_indexes() -> None:
    """The index of texts for rare and common words in any order, that of facets for a rare value.

    One test, since to make the many documents takes longer than to ask for all plans.
    """
    plans = {word: plan_of(f"q={word}") for word in WORDS}
    assert [word for word, plan in plans.items() if "search_document_vector" not in plan] == []
    assert "search_document_facets" in plan_of("offence=producing_fraudulent_document")
