"""How often the API may be asked: limits, tokens that give more, and pages of other origins."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import serializers
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.utils import InternalError, OperationalError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.limits import counting
from portal.limits.models import ApiToken, RequestWindow
from portal.limits.tokens import give_secret, withdraw
from tests.admin_forms import address, open_page, send
from tests.conftest import reader

pytestmark = pytest.mark.django_db

PATH = "/api/v1/"
LEFT = re.compile(r'"(address|token)";r=(\d+);t=(\d+)')


@pytest.fixture(autouse=True)
def a_minute_that_lasts() -> None:
    """No test runs into the next minute, in which all begin anew."""
    past = time.time() % counting.WINDOW
    if past > counting.WINDOW - 8:
        time.sleep(counting.WINDOW - past)


@pytest.fixture
def three(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3


def ask(path: str = PATH, address: str = "192.0.2.7", **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return reader().get(path, REMOTE_ADDR=address, headers=sent)


def left(response: Any) -> int:
    """What an answer says is left of the minute."""
    found = LEFT.fullmatch(response["RateLimit"])
    assert found, response["RateLimit"]
    assert 1 <= int(found[3]) <= 60
    return int(found[2])


def token_of(**values: Any) -> tuple[ApiToken, str]:
    token = ApiToken(name="Plum Institute", **values)
    secret = give_secret(token)
    token.save()
    return token, secret


@contextmanager
def failing(part: str, error: type[Exception]) -> Iterator[None]:
    """The database fails at statements that hold some text, and at no other."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if part in sql:
            raise error("as the test wants it")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


# --- By address ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("three")
def test_every_answer_tells_what_is_left_and_the_fourth_is_refused() -> None:
    for expected in (2, 1, 0):
        answer = ask()
        assert answer.status_code == 200
        assert answer["RateLimit-Policy"] == '"address";q=3;w=60'
        assert left(answer) == expected
    refused = ask()
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["title"] == "Too many requests"
    assert refused["Retry-After"] == LEFT.fullmatch(refused["RateLimit"])[3]  # type: ignore[index]
    assert refused["RateLimit-Policy"] == '"address";q=3;w=60'
    assert left(refused) == 0
    assert not refused.has_header("ETag")
    assert "no-store" in refused["Cache-Control"]


@pytest.mark.usefixtures("three")
def test_errors_count_as_well_also_of_addresses_that_do_not_exist() -> None:
    for expected, (path, status) in enumerate(
        (("/api/v1/nothing/", 404), ("/api/v1/cases/?modus=sea", 400), ("/api/v1/cases", 301))
    ):
        answer = ask(path)
        assert answer.status_code == status
        assert left(answer) == 2 - expected
    assert ask("/api/v1/nothing/").status_code == 429


@pytest.mark.usefixtures("three")
def test_a_refusal_is_in_words_where_it_is_not_the_api() -> None:
    for _time in range(3):
        ask()
    for path in ("/oai", "/data/2026.12/nothing.zip", "/en/cases/feed/"):
        refused = ask(path)
        assert refused.status_code == 429, path
        assert refused["Content-Type"] == "text/plain; charset=utf-8"
        assert refused["Retry-After"]
    assert "requêtes" not in ask("/oai").content.decode()


@pytest.mark.usefixtures("three")
def test_what_people_read_is_not_counted() -> None:
    for path in ("/api/", "/en/about/", "/admin/login/", "/id/aus-2012-r-v-ahmad"):
        answer = ask(path)
        assert answer.status_code in (200, 302, 303)
        assert not answer.has_header("RateLimit")
        assert not answer.has_header("RateLimit-Policy")
    assert not RequestWindow.objects.exists()


@pytest.mark.usefixtures("three")
def test_an_unchanged_answer_and_options_cost_nothing() -> None:
    first = ask()
    for _time in range(5):
        unchanged = ask(if_none_match=first["ETag"])
        assert unchanged.status_code == 304
        assert unchanged["RateLimit-Policy"] == '"address";q=3;w=60'
        assert not unchanged.has_header("RateLimit")
        assert reader().options(PATH, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert left(ask()) == 1
    for _time in range(3):
        refused = ask()
    assert refused.status_code == 429
    assert ask(if_none_match=first["ETag"]).status_code == 304


def test_zero_counts_nobody(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    answer = ask()
    assert not answer.has_header("RateLimit")
    assert not RequestWindow.objects.exists()


@pytest.mark.usefixtures("three")
def test_addresses_are_counted_apart_and_those_of_an_ipv6_network_together() -> None:
    assert left(ask(address="192.0.2.1")) == 2
    assert left(ask(address="192.0.2.2")) == 2
    assert left(ask(address="::ffff:192.0.2.2")) == 1
    assert left(ask(address="2001:db8:1:2::1")) == 2
    assert left(ask(address="2001:db8:1:2:ffff::9")) == 1
    assert left(ask(address="2001:db8:1:3::1")) == 2


@pytest.mark.usefixtures("three")
def test_only_our_own_proxies_say_where_a_request_comes_from(settings: Any) -> None:
    assert left(ask(x_forwarded_for="198.51.100.1")) == 2
    assert left(ask(x_forwarded_for="198.51.100.2")) == 1
    settings.TRUSTED_PROXIES = 1
    assert left(ask(x_forwarded_for="198.51.100.1")) == 2
    assert left(ask(x_forwarded_for="forged, 198.51.100.2")) == 2
    assert left(ask(x_forwarded_for="else, 198.51.100.2")) == 1


@pytest.mark.usefixtures("three")
def test_no_address_can_be_read_from_the_table(settings: Any) -> None:
    ask(address="192.0.2.77")
    row = RequestWindow.objects.get()
    assert re.fullmatch(r"[0-9a-f]{32}", row.client)
    plain = {
        digest(text.encode()).hexdigest()[:32]
        for text in ("192.0.2.77", "address:192.0.2.77")
        for digest in (hashlib.sha256, hashlib.md5, hashlib.sha1)
    }
    assert row.client not in plain
    settings.SECRET_KEY = "another key of the portal"
    assert counting.Client("address", "192.0.2.77", 3).digest != row.client


@pytest.mark.usefixtures("three")
def test_with_the_next_minute_all_begin_anew() -> None:
    for _time in range(4):
        answer = ask()
    assert answer.status_code == 429
    # Two minutes: who comes a minute late, having waited, is counted in the present one.
    RequestWindow.objects.update(minute=RequestWindow.objects.get().minute - 2)
    assert left(ask()) == 2
    # A clock that was set back by an hour does not close the portal for one.
    for _time in range(3):
        ask()
    RequestWindow.objects.update(minute=RequestWindow.objects.get().minute + 60)
    assert left(ask()) == 2


def test_many_processes_count_as_one() -> None:
    client = counting.Client("address", f"crowd {time.time()}", 10)

    def work(_number: int) -> list[int]:
        try:
            return [counting.count(client).used for _time in range(20)]
        finally:
            connection.close()

    def tidy() -> None:
        try:
            RequestWindow.objects.filter(client=client.digest).delete()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        counts = [used for found in pool.map(work, range(6)) for used in found]
        pool.submit(tidy).result()
    assert sorted(counts) == list(range(1, 121))


def test_the_count_is_kept_out_of_the_log_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'limits_requestwindow'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.usefixtures("three")
def test_past_minutes_are_swept_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        ask(address=f"192.0.2.{number}")
    RequestWindow.objects.update(minute=5)
    ask(address="192.0.2.9")
    assert RequestWindow.objects.count() == 4
    monkeypatch.setattr(counting, "SWEPT_EVERY", 1)
    ask(address="192.0.2.9")
    assert RequestWindow.objects.get().used == 2


@pytest.mark.parametrize("error", [InternalError, OperationalError])
@pytest.mark.usefixtures("three")
def test_where_nothing_can_be_counted_nobody_is_refused(error: type[Exception]) -> None:
    with failing("INSERT INTO limits_requestwindow", error):
        for _time in range(5):
            answer = ask()
            assert answer.status_code == 200
            assert not answer.has_header("RateLimit")
            assert answer["RateLimit-Policy"]


def test_a_database_that_takes_no_writes_fails_as_the_middleware_expects() -> None:
    client = counting.Client("address", "192.0.2.1", 3)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        with pytest.raises(DatabaseError, match="read-only"):
            counting.count(client)
        transaction.set_rollback(True)


def test_a_count_costs_one_query(settings: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert ask("/api/v1/cases/?page_size=1").status_code == 200
        return len(found)

    queries()
    before = queries()
    settings.API_REQUESTS_PER_MINUTE = 3
    assert queries() == before + 1


# --- With a token -------------------------------------------------------------------------------


@pytest.mark.usefixtures("three")
def test_a_token_has_its_own_limit_and_leaves_that_of_the_address_alone(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE_WITH_TOKEN = 9
    _usual, usual = token_of()
    _large, large = token_of(requests_per_minute=50)
    for secret, quota in ((usual, 9), (large, 50)):
        for expected in (quota - 1, quota - 2):
            answer = ask(authorization=f"Bearer {secret}")
            assert answer["RateLimit-Policy"] == f'"token";q={quota};w=60'
            assert answer["RateLimit"].startswith(f'"token";r={expected};')
    assert left(ask()) == 2
    # From another address it is the same token.
    assert left(ask(address="198.51.100.9", authorization=f"bearer  {large}")) == 47
    for _time in range(7):
        assert ask(authorization=f"Bearer {usual}").status_code == 200
    refused = ask(authorization=f"Bearer {usual}")
    assert refused.status_code == 429
    assert "token" not in refused.json()["detail"]


BAD = ("", "smp_", "smp_" + "x" * 43, "smp_" + "é" * 43, "x" * 5000, "a b")


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("secret", BAD)
def test_an_unknown_token_is_refused_and_never_overlooked(secret: str) -> None:
    fresh = ask()["ETag"]
    answer = ask(authorization=f"Bearer {secret}", if_none_match=fresh)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Unauthorized"
    assert answer["RateLimit-Policy"] == '"address";q=3;w=60'
    assert left(answer) == 1
    # Who tries tokens out is counted by address.
    ask(authorization=f"Bearer {secret}")
    assert ask(authorization=f"Bearer {secret}").status_code == 429
    assert ask().status_code == 429


def test_a_token_ends_when_it_is_withdrawn_or_its_last_day_is_over() -> None:
    today = timezone.localdate()
    token, secret = token_of(expires_on=today)
    assert ask(authorization=f"Bearer {secret}").status_code == 200
    ApiToken.objects.update(expires_on=today - timedelta(days=1))
    assert ask(authorization=f"Bearer {secret}").status_code == 401
    ApiToken.objects.update(expires_on=None)
    assert ask(authorization=f"Bearer {secret}").status_code == 200
    withdraw(token)
    assert ask(authorization=f"Bearer {secret}").status_code == 401


def test_other_ways_to_sign_in_are_none_of_ours() -> None:
    assert ask(authorization="Basic cGx1bTpwbHVt").status_code == 200
    _token, secret = token_of()
    assert ask("/en/about/", authorization="Bearer nonsense").status_code == 200
    assert ask(PATH, authorization=f"Bearer {secret}").status_code == 200


def test_of_its_use_only_the_day_is_noted_once(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    token, secret = token_of()
    sent = {"authorization": f"Bearer {secret}", "if_none_match": ask()["ETag"]}
    # The token, the note of its use, the version of the data.
    with django_assert_num_queries(3):
        assert ask(**sent).status_code == 304
    token.refresh_from_db()
    assert token.last_used_on == timezone.localdate()
    with django_assert_num_queries(2):
        ask(**sent)
    ApiToken.objects.update(last_used_on=timezone.localdate() - timedelta(days=1))
    # After it Django refuses all queries of the transaction that the test runs in; without a mark
    # of the data there is no 304, and the root of the API needs no database.
    with failing("UPDATE", InternalError):
        assert ask(**sent).status_code == 200


def test_a_token_that_cannot_be_looked_up_is_no_bad_token() -> None:
    _token, secret = token_of()
    with failing("limits_apitoken", OperationalError):
        answer = ask(authorization=f"Bearer {secret}")
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_the_database_grants_nothing_that_is_no_number() -> None:
    for number in (0, 1_000_001):
        with pytest.raises(IntegrityError), transaction.atomic():
            token_of(requests_per_minute=number)


# --- Issued in the admin ------------------------------------------------------------------------


def issue(client: Client, **values: Any) -> Any:
    page = open_page(client, ApiToken)
    page.fill(name="Plum Institute", **values)
    return send(client, ApiToken, page)


def test_a_secret_is_shown_once_and_kept_nowhere(admin_client: Client, admin_user: User) -> None:
    answer = issue(admin_client, contact="plums@example.org", requests_per_minute=77)
    found = re.search(r'id="secret">(smp_[\w-]{43})</pre>', answer.content.decode())
    assert found
    assert "shown this once" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    secret = found[1]
    token = ApiToken.objects.get()
    assert (token.issued_by, token.requests_per_minute) == (admin_user, 77)
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert ask(authorization=f"Bearer {secret}")["RateLimit-Policy"] == '"token";q=77;w=60'
    kept = serializers.serialize(
        "json", [*ApiToken.objects.all(), *LogEntry.objects.all(), *Session.objects.all()]
    )
    assert token.prefix in kept
    assert secret not in kept
    assert secret[8:] not in kept
    for view in ("change", "history"):
        page = admin_client.get(address(ApiToken, view, token.pk)).content.decode()
        assert secret[:8] in page
        assert secret not in page
        assert token.digest not in page
    assert secret not in admin_client.get(address(ApiToken, "changelist")).content.decode()


def test_each_secret_is_another_one() -> None:
    secrets = {token_of()[1] for _time in range(20)}
    assert len(secrets) == 20


def test_a_token_is_withdrawn_after_a_question_and_stays_in_the_list(admin_client: Client) -> None:
    token, secret = token_of()
    url = f"/admin/limits/apitoken/{token.pk}/withdraw/"
    change = address(ApiToken, "change", token.pk)
    assert url in admin_client.get(change).content.decode()
    assert b"at once and for good" in admin_client.get(url).content
    assert ask(authorization=f"Bearer {secret}").status_code == 200
    assert admin_client.post(url)["Location"] == change
    assert ask(authorization=f"Bearer {secret}").status_code == 401
    page = admin_client.get(change).content.decode()
    assert url not in page
    assert 'name="_save"' not in page
    for method in (admin_client.get, admin_client.post):
        assert method(url).status_code == 403
        assert method(address(ApiToken, "delete", token.pk)).status_code == 403
    changelist = address(ApiToken, "changelist")
    assert "Plum Institute" in admin_client.get(changelist, {"valid": "no"}).content.decode()
    assert "Plum Institute" not in admin_client.get(changelist, {"valid": "yes"}).content.decode()
    assert LogEntry.objects.get(object_id=token.pk).change_message == "Withdrawn."
    assert admin_client.get("/admin/limits/apitoken/999999/withdraw/").status_code == 404


def test_what_a_token_grants_can_be_changed_and_what_it_is_cannot(admin_client: Client) -> None:
    token, _secret = token_of()
    page = open_page(admin_client, ApiToken, token.pk)
    assert set(page.data) >= {"name", "contact", "requests_per_minute", "expires_on"}
    assert not set(page.data) & {"prefix", "digest", "issued_by", "withdrawn_at", "last_used_on"}
    page.fill(name="Pear Institute", requests_per_minute=5)
    assert send(admin_client, ApiToken, page, token.pk).status_code == 302
    changed = ApiToken.objects.get()
    assert (changed.name, changed.requests_per_minute) == ("Pear Institute", 5)
    assert (changed.digest, changed.prefix) == (token.digest, token.prefix)


@pytest.mark.parametrize(
    "values", [{"expires_on": "2020-01-01"}, {"requests_per_minute": 0}, {"name": ""}]
)
def test_a_token_that_grants_nothing_is_not_issued(
    admin_client: Client, values: dict[str, Any]
) -> None:
    page = open_page(admin_client, ApiToken)
    page.fill(**{"name": "Plum Institute", **values})
    answer = send(admin_client, ApiToken, page)
    assert b"errornote" in answer.content
    assert not ApiToken.objects.exists()


def test_a_list_of_many_tokens_costs_as_much_as_one_of_few(
    admin_client: Client, admin_user: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert admin_client.get(address(ApiToken, "changelist")).status_code == 200
        return len(found)

    token_of(issued_by=admin_user)
    few = queries()
    for _time in range(20):
        token_of(issued_by=User.objects.create_user(f"user-{_time}"))
    assert queries() == few <= 8


# --- Pages of other origins ---------------------------------------------------------------------

ORIGIN = "https://plums.example"


def preflight(path: str, method: str = "GET") -> Any:
    sent = {
        "origin": ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization, if-none-match",
    }
    return reader().options(path, headers=sent)


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/cases/", "/api/v1/cases.csv", "/api/schema/", "/oai"),
        *("/id/aus-2012-r-v-ahmad", "/data/releases.json", "/fr/cases/feed/"),
    ],
)
def test_pages_of_any_origin_may_read_what_machines_read(path: str) -> None:
    leave = preflight(path)
    assert leave.status_code == 200
    assert leave["Access-Control-Allow-Origin"] == "*"
    assert leave["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    allowed = leave["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "if-none-match", "accept-language"} <= set(allowed)
    assert not leave.has_header("Access-Control-Allow-Credentials")


@pytest.mark.usefixtures("three")
def test_a_page_of_another_origin_can_read_limits_and_errors() -> None:
    for expected in (200, 200, 200, 429):
        preflight(PATH)
        answer = ask(origin=ORIGIN)
        assert answer.status_code == expected
        assert answer["Access-Control-Allow-Origin"] == "*"
        exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
        assert exposed >= {
            *("ETag", "Last-Modified", "RateLimit", "RateLimit-Policy", "Retry-After"),
            *("Link", "Content-Disposition"),
        }
        assert not answer.has_header("Access-Control-Allow-Credentials")
    refused = ask(origin=ORIGIN, authorization="Bearer nothing", address="192.0.2.50")
    assert refused.status_code == 401
    assert refused["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/en/cases/", "/admin/login/", "/admin/api/v1/", "/"])
def test_pages_for_people_are_for_no_other_origin(path: str) -> None:
    for answer in (preflight(path), ask(path, origin=ORIGIN), ask("/api/", origin=ORIGIN)):
        assert not answer.has_header("Access-Control-Allow-Origin")
