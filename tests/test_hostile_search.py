"""Whatever is typed, the answer is a page or a clear refusal, and never a slow one."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.search import engine
from portal.search.analysis import Text
from portal.search.engine import compiled_query
from portal.search.exact import exact_matches
from portal.search.query import MAX_LENGTH, Query, QueryError
from portal.search.vectors import Vector
from tests.conftest import reader

pytestmark = pytest.mark.django_db

HOSTILE = [
    "x" * 10_000,
    '"' * 500,
    "(" * 300 + "boat" + ")" * 90,
    "'; drop table search_document; --",
    "' | 'x' & !",
    "a:* <-> b",
    "\\' \\\\ \\x00",
    "\x01\x02\x1f boat",
    "%s %(x)s {} %%",
    "-" * 400,
    "- - or or OR -or",
    "*" * 50,
    "a* b* c*",
    "boat\u202e\u2066",
    "🚤" * 100,
    "é" * 400,
    "海" * 400,
    "ال" * 200,
    " ".join(["boat or"] * 30),
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "path", ["/en/cases/", "/zh/legislation/", "/en/search/", "/api/v1/works/"]
)
def test_hostile_text_is_answered_or_refused(path: str, text: str) -> None:
    response = reader().get(path, {"q": text})
    assert response.status_code in ((200, 302, 400) if path.startswith("/api/") else (200, 302))
    body = response.content.decode()
    assert "<script>alert(1)" not in body or response["Content-Type"].startswith("application/")
    if path.startswith("/api/") and len(text) > MAX_LENGTH:
        assert response.status_code == 400
        assert str(MAX_LENGTH) in body


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=MAX_LENGTH), st.booleans())
def test_any_text_makes_a_query_that_postgresql_takes(text: str, as_typed: bool) -> None:
    try:
        query = Query.parse(text, as_typed=as_typed)
    except QueryError:
        return
    assert Query.parse(query.text, as_typed=as_typed) == query
    compiled_query(query)
    exact_matches(query.text)
    list(engine.holding(engine.SearchDocument.objects.public(), query).values_list("pk")[:1])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_makes_a_vector_that_postgresql_takes(text: str) -> None:
    vector = Vector()
    vector.add(Text(text.replace("\x00", ""), ("en", "fr", "ar")), "A")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector", [str(vector).encode("utf-8", "ignore").decode()])


def test_a_lone_surrogate_is_refused_in_words() -> None:
    with pytest.raises(QueryError):
        Query.parse("boat \ud800")


@pytest.mark.parametrize("count", [101, 900])
def test_a_facet_repeated_too_often_is_refused(count: int) -> None:
    values = ["sea"] + [f"x{number}" for number in range(count)]
    response = reader().get("/api/v1/cases/", {"mode": values})
    assert response.status_code == 400
    assert reader().get("/en/cases/", {"mode": values}).status_code == 200


def test_a_search_that_breaks_is_a_503_and_a_plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    client = Client(raise_request_exception=False)
    client.get("/en/")
    monkeypatch.setattr(engine, "count", broken)
    page = client.get("/en/cases/", {"q": "boat"})
    assert page.status_code == 503
    assert page["Retry-After"]
    assert "0 cases" not in page.content.decode()
    answer = client.get("/api/v1/cases/", {"q": "boat", "facets": "mode"})
    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("application/problem+json")
