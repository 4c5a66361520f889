"""The request as a value: parsed, printed and changed without a database."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from portal.records.database import database_for
from portal.records.dates import PartialDate
from portal.search.index import date_key, title_key
from portal.search.query import Query, QueryError
from portal.search.request import SearchRequest, parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("migrant vessel", "migrant + vessel"),
        ('"fast boat" italy', "“fast boat” + italy"),
        ("boat or truck", "boat or truck"),
        ("boat OR truck lorry", "boat or truck + lorry"),
        ("boat -sea", "boat + not sea"),
        ('boat -"high seas"', "boat + not “high seas”"),
        ('"unclosed phrase', "“unclosed phrase”"),
        ("  spaces \t and\nlines ", "spaces + and + lines"),
        ("or", ""),
        ("- -- !", ""),
        ("", ""),
        ("偷运 移民", "偷运 + 移民"),
    ],
)
def test_the_query_is_said_back(text: str, shown: str) -> None:
    assert str(Query.parse(text)) == shown
    assert bool(Query.parse(text)) == bool(shown)


@given(st.text(max_size=600))
def test_any_text_is_a_query_or_refused_in_words(text: str) -> None:
    try:
        query = Query.parse(text)
    except QueryError:
        return
    assert Query.parse(query.text) == query


@pytest.mark.parametrize("text", ["x" * 401, "a\x00b", "a " * 41])
def test_what_cannot_be_a_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        Query.parse(text)


REQUEST = SearchRequest(
    "cases",
    Query.parse("boat"),
    (
        ("jurisdiction", ("ITA", "MLT")),
        ("decided_from", PartialDate(2015)),
        ("has_fee", "true"),
    ),
    sort="oldest",
    page=3,
    explicit_sort=True,
)


def test_a_request_is_a_value() -> None:
    assert hash(REQUEST) == hash(REQUEST.on_page(3))
    assert REQUEST.on_page(4) != REQUEST
    with pytest.raises(AttributeError):
        REQUEST.page = 1  # type: ignore[misc]


def test_the_address_holds_the_whole_request() -> None:
    assert REQUEST.querystring() == (
        "q=boat&jurisdiction=ITA&jurisdiction=MLT&decided_from=2015&has_fee=true&sort=oldest&page=3"
    )
    assert SearchRequest("cases").querystring() == ""


def test_parts_can_be_taken_out() -> None:
    assert REQUEST.without("jurisdiction", "ITA").filters["jurisdiction"] == ("MLT",)
    assert "jurisdiction" not in REQUEST.without("jurisdiction").filters
    assert not REQUEST.without("q").query
    assert REQUEST.without("has_fee").page == 1
    assert REQUEST.cleared().querystring() == ""


@pytest.mark.django_db
def test_an_address_survives_the_round_trip() -> None:
    database = database_for("cases")
    address = (
        "q=boat+-truck&mode=sea&mode=land&article=6.1.a&decided_from=2010-05&decided_to=2015"
        "&imprisonment_min=12&imprisonment_max=36.5&has_fee=false&sort=title&page_size=50&page=2"
    )
    first = parse(database, QueryDict(address))
    assert not first.problems
    second = parse(database, QueryDict(first.request.querystring()))
    assert second.request == first.request


@given(st.text(min_size=1, max_size=80))
def test_every_title_has_a_place_in_the_order(title: str) -> None:
    assert title_key(title) or not title.strip()


def test_quotes_accents_and_case_do_not_decide_the_order() -> None:
    titles = ["“Álvarez v State”", "alvarez v state", "ÁLVAREZ V. STATE"]
    assert len({title_key(title) for title in titles}) == 1


def test_dates_as_numbers_keep_their_order() -> None:
    dates = [None, PartialDate(2014, 12, 31), PartialDate(2015), PartialDate(2015, 6)]
    keys = [date_key(date) for date in dates]
    assert keys == sorted(keys)
    assert keys[0] == 0
