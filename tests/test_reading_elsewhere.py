"""Which server a request reads from, and what becomes of it when that server dies.

The "standbys" are further connections to the test database, which take no writes as those of
standbys take none; what is known of them is told by the tests. Real ones are in test_standbys.py
and test_many_servers.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.utils import InternalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from portal.databases import checks, middleware, watching
from portal.databases.addresses import databases
from portal.databases.choice import reading_from
from portal.databases.middleware import COOKIE, StandbyMiddleware
from portal.databases.router import StandbyRouter
from portal.databases.watching import Report, Watch
from portal.limits.models import ApiToken, RequestWindow
from portal.limits.tokens import give_secret
from portal.reference.models import Region

NAMES = ("standby1", "standby2")
#: An address of each room that readers and machines ask.
ADDRESSES = [
    "/en/",
    "/en/search/?q=boat",
    "/en/cases/?q=boat&mode=sea",
    "/en/cases/aus-2012-r-v-ahmad/",
    "/en/legislation/?article=6.1.a",
    "/en/legislation/aus-migration-act-1958/",
    "/en/bibliography/?q=Libya",
    "/en/insights/coverage/",
    "/en/insights/women-as-offenders/",
    "/en/countries/ITA/",
    "/en/protocol/6.1.a/",
    "/en/cases/feed/",
    "/api/v1/cases/?facets=mode&q=boat",
    "/api/v1/laws/?cursor=*",
    "/api/v1/works.csv",
    "/api/v1/cases/aus-2012-r-v-ahmad.ris",
    "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "/sitemap.xml",
]
PAGE = "/api/v1/cases/?page_size=5"
FILE = "/api/v1/cases.jsonl"
FEW = "/api/v1/cases.jsonl?mode=air"


class Told:
    """A watcher without threads, which knows what the tests say."""

    def __init__(self) -> None:
        self.watch = Watch("default", NAMES, 10, clock=lambda: 0.0)
        self.doubted: list[str] = []
        for name in ("default", *NAMES):
            self.watch.heard(name, Report(0.0, name != "default", 1, True))

    def doubt(self, name: str) -> None:
        self.doubted.append(name)
        self.watch.failed(name)

    def knows_only(self, *names: str) -> None:
        for name in NAMES:
            if name not in names:
                self.watch.failed(name)


@pytest.fixture(scope="module")
def standbys(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        for name in NAMES:
            entry = {**connections.settings["default"]}
            options = dict(entry["OPTIONS"])
            options["options"] += " -c default_transaction_read_only=on"
            connections.settings[name] = {**entry, "OPTIONS": options}
        yield
        for name in NAMES:
            connections[name].close()
            del connections[name]
            del connections.settings[name]


@pytest.fixture(scope="module")
def browser(standbys: None) -> Client:
    """A reader whose requests go through the middleware, which is there where standbys are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(middleware, "watcher", Told)
        client = Client(raise_request_exception=False)
        client.get("/robots.txt")
    return client


@pytest.fixture
def told(
    standbys: None, browser: Client, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Told]:
    found = Told()
    browser.cookies.clear()
    for module in (middleware, watching):
        monkeypatch.setattr(module, "watcher", lambda: found)
    with django_db_blocker.unblock():
        yield found
        for name in NAMES:
            connections[name].close()


@contextmanager
def asked() -> Iterator[Counter[str]]:
    """How many statements each server is asked meanwhile."""
    found: Counter[str] = Counter()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found[context["connection"].alias] += 1
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for name in ("default", *NAMES):
            stack.enter_context(connections[name].execute_wrapper(note))
        yield found


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def terminate(name: str) -> None:
    """End the session of a server from outside, as its death does."""
    pid = connections[name].connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@contextmanager
def dying(*names: str, after: int = 0) -> Iterator[None]:
    """Servers that die before a statement, when so many were answered."""
    left = dict.fromkeys(names, after)

    def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        name = context["connection"].alias
        left[name] -= 1
        if left[name] < 0:
            terminate(name)
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for name in names:
            stack.enter_context(connections[name].execute_wrapper(die))
        yield


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_reader_is_answered_by_one_standby(path: str, told: Told, browser: Client) -> None:
    with asked() as counted:
        response = browser.get(path)
        body(response)
    assert response.status_code == 200
    assert set(counted) < set(NAMES)
    assert len(counted) == 1


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_safe_methods_are_reads(method: str, told: Told, browser: Client) -> None:
    with asked() as counted:
        assert browser.generic(method, PAGE).status_code == 200
    assert "default" not in counted


def test_readers_are_spread_over_the_standbys(told: Told, browser: Client) -> None:
    with asked() as counted:
        for _ in range(40):
            browser.get("/api/v1/cases/aus-2012-r-v-ahmad/")
    assert set(counted) == set(NAMES)


def test_a_streamed_file_stays_with_its_server(told: Told, browser: Client) -> None:
    """It goes on reading after the middleware has returned, and other requests come between."""
    told.knows_only("standby1")
    with asked() as counted:
        response: Any = browser.get(FILE)
        parts = [next(response.streaming_content)]
    told.watch.heard("standby2", Report(0.0, True, 1, True))
    told.watch.failed("standby1")
    with asked() as others:
        browser.get(PAGE)
    with asked() as rest:
        parts += list(response.streaming_content)
    assert set(counted) | set(rest) == {"standby1"}
    assert set(others) == {"standby2"}
    assert b"".join(parts).count(b"\n") > 400


@pytest.mark.parametrize(
    ("cookies", "path"),
    [({"sessionid": "x"}, PAGE), ({"sessionid": "x"}, "/en/cases/"), ({}, "/admin/login/")],
)
def test_sessions_and_the_admin_are_of_the_primary(
    cookies: dict[str, str], path: str, told: Told, browser: Client
) -> None:
    for name, value in cookies.items():
        browser.cookies[name] = value
    with asked() as counted:
        assert browser.get(path).status_code == 200
    assert set(counted) <= {"default"}


def answered(request: HttpRequest, status: int = 200) -> HttpResponse:
    """The answer of the middleware to a request that a view has answered."""
    return StandbyMiddleware(lambda _request: HttpResponse(status=status))(request)


def test_who_has_written_reads_from_the_primary(told: Told, browser: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = answered(RequestFactory().post("/admin/"), 302).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == settings.PRIMARY_AFTER_WRITE_SECONDS
    browser.cookies[COOKIE] = cookie.value
    with asked() as counted:
        browser.get(PAGE)
    assert set(counted) == {"default"}
    # A browser that keeps it for ever is no longer believed.
    settings.PRIMARY_AFTER_WRITE_SECONDS = -1
    with asked() as counted:
        browser.get(PAGE)
    assert "default" not in counted


def test_a_made_up_cookie_means_nothing(told: Told, browser: Client) -> None:
    browser.cookies[COOKIE] = "1:made:up"
    with asked() as counted:
        browser.get(PAGE)
    assert "default" not in counted


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 403), ("POST", 503)]
)
def test_who_has_written_nothing_is_not_marked(told: Told, method: str, status: int) -> None:
    assert not answered(RequestFactory().generic(method, "/"), status).cookies


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("path", [PAGE, "/en/cases/?q=boat", "/en/countries/ITA/", FEW])
def test_a_standby_that_dies_is_replaced_within_the_request(
    path: str, after: int, told: Told, browser: Client
) -> None:
    good = body(browser.get(path))
    told.knows_only("standby1")
    with dying("standby1", after=after), asked() as counted:
        response = browser.get(path)
        assert response.status_code == 200
        assert body(response) == good
    assert told.doubted == ["standby1"]
    assert counted["default"]


def test_the_other_standby_comes_before_the_primary(told: Told, browser: Client) -> None:
    with dying("standby1"), asked() as counted:
        while not told.doubted:
            assert browser.get(PAGE).status_code == 200
    # The primary was only asked to end the session.
    assert told.doubted == ["standby1"]
    assert counted["standby2"]
    assert counted["default"] <= 1


def test_a_request_is_tried_twice_and_no_more(told: Told, browser: Client) -> None:
    with dying(*NAMES):
        response = browser.get(PAGE)
    assert response.status_code == 503
    assert response.json()["status"] == 503
    assert sorted(told.doubted) == list(NAMES)
    # The next one is the primary's.
    assert browser.get(PAGE).status_code == 200


def test_a_standby_that_takes_no_connections_is_passed_over(told: Told, browser: Client) -> None:
    told.knows_only("standby1")
    connections["standby1"].close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections["standby1"].settings_dict, "NAME", "no_such_database")
        assert browser.get(PAGE).status_code == 200
    assert told.doubted == ["standby1"]
    # An address that asks the database nothing does not find the old failure.
    told.watch.heard("standby1", Report(0.0, True, 1, True))
    assert browser.get("/api/v1/").status_code == 200
    assert told.doubted == ["standby1"]


def refusing(name: str, state: str) -> Any:
    """A server that answers each question with an error of some state (SQLSTATE)."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raised = f"DO $$ BEGIN RAISE EXCEPTION 'given up' USING ERRCODE = '{state}'; END $$"
        return execute(raised, None, many, context)

    return connections[name].execute_wrapper(refuse)


def test_what_recovery_ends_on_a_standby_is_asked_of_another(told: Told, browser: Client) -> None:
    told.knows_only("standby1")
    with refusing("standby1", "40001"):
        assert browser.get(PAGE).status_code == 200
    assert told.doubted == ["standby1"]


def test_a_question_that_takes_too_long_is_not_asked_twice(told: Told, browser: Client) -> None:
    told.knows_only("standby1")
    with refusing("standby1", "57014"), asked() as counted:
        assert browser.get(PAGE).status_code == 503
    assert told.doubted == []
    assert "default" not in counted


def test_a_file_that_breaks_off_is_no_whole_file(told: Told, browser: Client) -> None:
    told.knows_only("standby1")
    response: Any = browser.get("/api/v1/cases.jsonl")
    parts = [next(response.streaming_content)]
    terminate("standby1")
    with pytest.raises(OperationalError):
        parts += list(response.streaming_content)
    assert told.doubted == ["standby1"]


@pytest.mark.parametrize("path", [PAGE, "/en/cases/", "/en/insights/modes/", "/admin/"])
def test_a_primary_that_is_away_is_told(
    path: str, told: Told, browser: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who must read there is told; all others are answered by standbys."""
    settings.PAGES_KEPT_SECONDS = 60
    browser.cookies["sessionid"] = "x" * 32
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
    response = browser.get(path)
    assert response.status_code == 503
    assert response["Retry-After"]
    browser.cookies.clear()
    if path != "/admin/":
        assert browser.get(path).status_code == 200
    connection.close()


def test_requests_are_counted_on_the_primary(told: Told, browser: Client, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1000
    with asked() as counted:
        assert browser.get(PAGE, REMOTE_ADDR="192.0.2.77")["RateLimit"]
    assert counted.pop("default") == 1
    assert len(counted) == 1
    RequestWindow.objects.all().delete()


def test_nobody_waits_to_be_counted_by_a_primary_that_is_away(
    told: Told, browser: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1000
    told.watch.failed("default")
    with asked() as counted:
        for _ in range(3):
            assert browser.get(PAGE).status_code == 200
    assert "default" not in counted
    said = [record.message for record in caplog.records if "counted" in record.message]
    assert len(said) == 1


def test_the_use_of_a_token_is_noted_on_the_primary(told: Told, browser: Client) -> None:
    token = ApiToken(name="Plum Institute")
    secret = give_secret(token)
    token.save()
    try:
        answer = browser.get(PAGE, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == 200
        token.refresh_from_db()
        assert token.last_used_on is not None
    finally:
        token.delete()
        RequestWindow.objects.all().delete()


def test_writes_never_go_to_a_standby(told: Told) -> None:
    router = StandbyRouter()
    with reading_from("standby1"):
        assert router.db_for_read(Region) == "standby1"
        assert router.db_for_write(Region) == "default"
    assert router.db_for_read(Region) == "default"
    assert [name for name in ("default", *NAMES) if router.allow_migrate(name, "caselaw")] == [
        "default"
    ]
    with pytest.raises(InternalError, match="read-only"):
        Region.objects.using("standby1").update(code="x")


def test_addresses_become_databases() -> None:
    def made(*replicas: str) -> Any:
        primary = {"NAME": "portal"}
        return databases(primary, replicas, options="-c jit=off", max_age=7)

    alone = made()
    assert list(alone) == ["default"]
    assert alone["default"]["OPTIONS"] == {"options": "-c jit=off"}
    several = made("postgresql://a@one:1/portal", "postgresql://a@two/portal?options=-c%20a%3Db")
    assert list(several) == ["default", *NAMES]
    assert several["default"]["OPTIONS"]["options"] == "-c jit=off"
    assert several["standby1"]["HOST"] == "one"
    read_only = "-c default_transaction_read_only=on"
    assert several["standby1"]["OPTIONS"]["options"] == f"-c jit=off {read_only}"
    assert several["standby2"]["OPTIONS"]["options"] == f"-c a=b {read_only}"
    for entry in several.values():
        assert entry["CONN_MAX_AGE"] == 7
        assert entry["OPTIONS"]["connect_timeout"] <= 5
    assert several["standby1"]["TEST"] == {"MIRROR": "default"}


# A transaction around each test would hide connections that end. But one test must be marked for
# the database, or none is made for the tests.
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lag", "after", "found"),
    [(10, 30, []), (1, 30, ["portal.E101"]), (10, 14, ["portal.E102"])],
)
def test_times_that_do_not_fit_are_told(
    lag: float, after: int, found: list[str], standbys: None, settings: Any
) -> None:
    settings.REPLICA_MAX_LAG_SECONDS, settings.PRIMARY_AFTER_WRITE_SECONDS = lag, after
    assert [error.id for error in checks.check_times()] == found
