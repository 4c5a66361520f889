"""Answers that are kept until the data change, and only what all readers see."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import pytest
from django.core.cache import cache
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from caselaw.models import Case
from portal.conditional import Validators
from portal.kept_pages import MOST_BYTES, KeptPagesMiddleware
from portal.records.models import State
from portal.search import index
from tests.admin_forms import public_case
from tests.conftest import reader

pytestmark = pytest.mark.django_db

PAGES = (
    "/en/",
    "/en/cases/?q=boat&mode=sea",
    "/en/cases/aus-2012-r-v-ahmad/",
    "/en/cases/feed/?mode=sea",
    "/api/v1/cases/?mode=sea&facets=mode",
    "/api/v1/cases/aus-2012-r-v-ahmad/",
    "/en/insights/modes/",
    "/en/insights/modes/table.csv",
    "/en/insights/women-as-offenders/",
    "/en/countries/",
    "/en/countries/ITA/",
    "/en/protocol/6.1.a/",
)

MODES, TABLE = "/en/insights/modes/", "/en/insights/modes/table.csv"
API, LABELS = "/api/v1/cases/?mode=sea", "/api/v1/insights/modes/"


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
    english, french = reader().get(MODES), reader().get("/fr/insights/modes/")
    assert b'lang="fr"' in french.content
    assert english.content != reader().get(f"{MODES}?mode=sea").content
    table = reader().get(TABLE)
    assert table.content != reader().get(TABLE, headers={"host": "localhost"}).content
    answers = {
        reader().get(LABELS, headers={"accept-language": language}).content
        for language in ("en", "ru")
    }
    assert len(answers) == 2


@pytest.mark.parametrize("path", [MODES, API])
def test_each_coding_is_kept_as_it_is_sent(path: str) -> None:
    plain = reader().get(path).content
    undone = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    for coding, undo in undone.items():
        made, kept = (reader().get(path, headers={"accept-encoding": coding}) for _time in "12")
        assert kept.content == made.content
        assert kept.get("Content-Encoding", "") == coding
        assert kept["Content-Length"] == str(len(kept.content))
        assert undo(kept.content) == plain


def test_a_list_that_was_kept_is_counted_all_the_same(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    answers = [reader().get(API, REMOTE_ADDR="192.0.2.9") for _time in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit"].split("r=")[1][0] for answer in answers[:3]] == ["2", "1", "0"]


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
        assert admin_client.get(MODES).context
    assert reader().get(MODES).context
    assert admin_client.get(MODES).context, "nor is it given to them"


def asked(path: str = MODES, **given: Any) -> HttpRequest:
    """A request of which ConditionalMiddleware knows a mark."""
    request = RequestFactory().get(path, **given)
    request.validators = Validators('W/"mark"', None, is_page=True)  # type: ignore[attr-defined]
    return request


def page(_request: Any = None) -> HttpResponse:
    return HttpResponse("a page", content_type="text/html")


def with_a_cookie(_request: Any) -> HttpResponse:
    response = page()
    response.set_cookie("known", "x")
    return response


def in_pieces(_request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(["a page"], content_type="text/html")


def too_large(_request: Any) -> HttpResponse:
    return HttpResponse(b"x" * (MOST_BYTES + 1), content_type="text/html")


def secret(_request: Any) -> HttpResponse:
    return HttpResponse("a page", headers={"Cache-Control": "no-store"})


@pytest.mark.parametrize("respond", [page, with_a_cookie, in_pieces, too_large, secret])
def test_what_is_kept_and_what_is_not(respond: Callable[[Any], Any]) -> None:
    made = []

    def counted(request: Any) -> Any:
        made.append(request)
        return respond(request)

    middleware = KeptPagesMiddleware(counted)
    for _time in range(3):
        assert middleware(asked()).status_code == 200
    assert len(made) == (1 if respond is page else 3)


@pytest.mark.parametrize(
    "sent", [{"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_COOKIE": "messages=x"}]
)
def test_who_brings_something_of_their_own_gets_nothing_kept(sent: dict[str, str]) -> None:
    middleware = KeptPagesMiddleware(page)
    middleware(asked())
    for respond in (with_a_cookie, page):
        made = KeptPagesMiddleware(respond)(asked(**sent))
        assert bool(made.cookies) == (respond is with_a_cookie)


@pytest.mark.parametrize("respond", [page, secret])
def test_of_many_who_ask_at_once_one_makes_it(respond: Callable[[Any], HttpResponse]) -> None:
    """What cannot be kept is made for each, and none waits for another."""
    made: list[int] = []
    begun = threading.Event()
    number = 6

    def slow(request: Any) -> HttpResponse:
        made.append(1)
        begun.set()
        if respond is page:
            time.sleep(0.3)  # The others come meanwhile.
        return respond(request)

    middleware = KeptPagesMiddleware(slow)
    with ThreadPoolExecutor(number) as pool:
        first = pool.submit(middleware, asked())
        begun.wait(10)
        rest = [pool.submit(middleware, asked()) for _time in range(number - 1)]
        answers = [one.result(30) for one in (first, *rest)]
    assert {answer.content for answer in answers} == {b"a page"}
    assert len(made) == (1 if respond is page else number)


def test_a_maker_that_fails_lets_another_make_it() -> None:
    def fail(_request: Any) -> HttpResponse:
        raise OperationalError

    with pytest.raises(OperationalError):
        KeptPagesMiddleware(fail)(asked())
    assert KeptPagesMiddleware(page)(asked()).content == b"a page"


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
        assert reader().get(MODES).context


class Away:
    """A cache of which the server is dead: it finds nothing and takes nothing."""

    def get(self, _key: str) -> None:
        return None

    def add(self, *_given: Any) -> bool:
        return False

    set = delete = add


def test_nobody_waits_where_the_cache_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(_seconds: float) -> None:
        raise AssertionError("there is nobody to wait for")

    monkeypatch.setattr("portal.kept_pages.cache", Away())
    monkeypatch.setattr("portal.kept_pages.time.sleep", asleep)
    assert KeptPagesMiddleware(page)(asked()).content == b"a page"
