"""Pages of numbers that are kept until the data change, and only what all readers see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from caselaw.models import Case
from portal.records.models import State
from portal.search import index
from tests.admin_forms import public_case
from tests.conftest import reader

pytestmark = pytest.mark.django_db

PAGES = (
    "/en/insights/modes/",
    "/en/insights/modes/table.csv",
    "/en/insights/women-as-offenders/",
    "/en/countries/",
    "/en/countries/ITA/",
    "/en/protocol/6.1.a/",
)


@pytest.fixture(autouse=True)
def keeping(settings: Any) -> Iterator[None]:
    settings.PAGES_KEPT_SECONDS = 60
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("path", PAGES)
def test_a_kept_page_is_the_same_and_costs_one_question(
    path: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    made = reader().get(path)
    with django_assert_num_queries(1):
        kept = reader().get(path)
    assert kept.content == made.content
    assert kept["Content-Type"] == made["Content-Type"]
    assert kept.get("Content-Disposition") == made.get("Content-Disposition")
    assert kept["Content-Security-Policy"]


def test_languages_and_addresses_have_pages_of_their_own() -> None:
    english, french = reader().get(PAGES[0]), reader().get("/fr/insights/modes/")
    assert b'lang="fr"' in french.content
    assert english.content != reader().get(f"{PAGES[0]}?mode=sea").content
    table = reader().get(PAGES[1])
    assert table.content != reader().get(PAGES[1], headers={"host": "localhost"}).content


def test_a_change_of_a_record_is_seen_at_once() -> None:
    case = public_case(jurisdiction="ITA")
    assert reader().get("/en/countries/ITA/").status_code == 200
    assert not reader().get("/en/countries/ITA/").context, "it was kept"
    Case.objects.filter(pk=case.pk).update(state=State.IN_REVIEW)
    index.refresh([Case.objects.get(pk=case.pk)])
    page = reader().get("/en/countries/ITA/")
    assert page.context, "it was made anew"


def test_nothing_of_somebody_with_a_session_is_kept(admin_client: Client) -> None:
    for _time in range(2):
        assert admin_client.get(PAGES[0]).context
    assert reader().get(PAGES[0]).context


def test_what_was_not_found_is_not_kept() -> None:
    for _time in range(2):
        assert reader().get("/en/insights/nothing/").status_code == 404
    assert reader().get("/en/insights/modes/table.csv?a=1").status_code == 400
    assert reader().get("/en/insights/modes/table.csv?a=1").status_code == 400


def test_a_page_whose_chart_failed_is_not_kept(settings: Any, tmp_path: Any) -> None:
    settings.CHARTS_DIR = tmp_path
    (tmp_path / "failed").mkdir()
    (tmp_path / "failed" / "some-picture").touch()
    for _time in range(2):
        assert reader().get(PAGES[0]).context
