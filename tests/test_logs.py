"""Logs: a line for each request, its name in every line, and nothing personal in any."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from portal.accounts.models import User
from portal.urls import urlpatterns as real_urls
from portal.watching import logs, tally
from portal.watching.json_lines import JsonLineFormatter
from portal.watching.logs import LineFormatter
from portal.watching.requests import RequestMiddleware, request_id
from tests.conftest import reader

pytestmark = pytest.mark.django_db
#: In every place of a request where a visitor can write something.
SECRET = "Zsófia-geheim-4711"
PLAIN = "mellon4711"


# Views that fail in the ways that let values into messages.
def broken(request: HttpRequest, what: str) -> HttpResponse:
    value = request.GET.get("q", "")
    if what == "value":
        return HttpResponse(str(int(value)))
    if what == "key":
        return HttpResponse({}[value])
    if what == "constraint":
        with transaction.atomic():
            User.objects.create(username=value, email=f"{value}@example.org")
            User.objects.create(username=value)
    if what == "data":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", [value])
    if what == "failure":
        raise OperationalError(f"server closed the connection\nDETAIL: {value}")
    if what == "suspicious":
        raise SuspiciousOperation(value)
    if what == "missing":
        raise Http404(value)
    if what == "logged":
        try:
            raise LookupError(value)
        except LookupError as error:
            logging.getLogger("portal.somewhere").warning("It failed: %s", error)
            logging.getLogger("portal.somewhere").exception(error)
        return HttpResponse("ok")
    if what == "chain":
        try:
            int(value)
        except ValueError as error:
            raise RuntimeError(value) from error
    raise AssertionError(value)


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        for number in range(3):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            yield b"x" * 10
            if "fail" in request.GET and number == 1:
                raise ValueError(request.GET["q"])

    return StreamingHttpResponse(pieces())


urlpatterns = [
    path("broken/<what>/", broken, name="broken"),
    path("streamed/", streamed, name="streamed"),
    *real_urls,
]


@pytest.fixture(autouse=True)
def nothing_is_counted() -> None:
    """An earlier test of this process may have left an answer that it never read to its end."""
    tally.end(None)


@pytest.fixture
def written(settings: Any) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is written to the log, as JSON, from the lowest level on."""
    settings.LOG_REQUESTS = True
    settings.ROOT_URLCONF = __name__
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLineFormatter())
    root = logging.getLogger()
    level, names = root.level, ("axes", "django", "portal")
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    for name, was in before.items():
        logging.getLogger(name).setLevel(was)


def requests_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["logger"] == "portal.requests" and "status" in line]


def test_a_request_is_one_line_with_its_numbers(written: Any) -> None:
    response = reader().get("/en/cases/", {"q": "boat", "mode": "sea", "anything": "1"})
    (line,) = requests_of(written())
    assert line.pop("time").endswith("+00:00")
    assert line.pop("milliseconds") >= line.pop("database_milliseconds") > 0
    assert line.pop("message").startswith("GET cases:search 200: ")
    assert line.pop("queries") > 3
    assert line.pop("process") > 0
    assert line.pop("bytes") == len(response.content)
    assert line == {
        "level": "INFO",
        "logger": "portal.requests",
        "request_id": response["X-Request-ID"],
        "method": "GET",
        "route": "cases:search",
        "status": 200,
        "language": "en",
        "client": "visitor",
        "parameters": ["mode", "q"],
        "other_parameters": 1,
    }


def test_queries_are_those_that_were_asked(written: Any) -> None:
    path = "/en/cases/gbr-2021-old-bailey-39-vietnamese/"
    reader().get(path)
    connection.force_debug_cursor = True
    try:
        begun = len(connection.queries_log)
        reader().get(path)
        asked = len(connection.queries_log) - begun
    finally:
        connection.force_debug_cursor = False
    assert requests_of(written())[-1]["queries"] == asked


def test_kinds_of_clients_and_answers(written: Any) -> None:
    client = Client()
    client.cookies["sessionid"] = "x" * 32
    client.get("/en/about/")
    client.get("/static/css/nothing.css")
    client.get("/api/v1/cases/", headers={"authorization": "Bearer nonsense"})
    client.generic("BREW" + PLAIN.upper(), "/en/about/")
    reader().get("/healthz")
    lines = requests_of(written())
    assert [(line["client"], line["route"], line["status"]) for line in lines[:-1]] == [
        ("session", "about", 200),
        ("session", "static", 404),
        ("session", "-", 401),
    ]
    assert (lines[-1]["method"], lines[-1]["status"]) == ("other", 405)


@pytest.mark.parametrize(
    "what",
    ["value", "key", "constraint", "data", "failure", "suspicious", "missing", "logged", "chain"],
)
def test_no_secret_of_a_request_is_in_any_line(what: str, written: Any) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = SECRET.encode().hex() + PLAIN
    client.cookies["other"] = PLAIN
    headers = {
        "authorization": f"Bearer {PLAIN}",
        "x-forwarded-for": "203.0.113.77",
        "x-request-id": f"{PLAIN}-{PLAIN}",
        "user-agent": f"Browser of {PLAIN}",
        "referer": f"https://example.org/?q={PLAIN}",
        "accept-language": PLAIN,
    }
    with transaction.atomic():
        mark = transaction.savepoint()
        client.post(
            f"/broken/{what}/?q={SECRET}&{PLAIN}=1&{SECRET}=2",
            {"password": PLAIN, "q": SECRET},
            headers=headers,
            REMOTE_ADDR="198.51.100.23",
        )
        transaction.savepoint_rollback(mark)
        client.get(f"/{PLAIN}/{SECRET}/", headers=headers)
        client.get(f"/api/v1/cases/?q={SECRET}&verdict={PLAIN}", headers={"host": f"{PLAIN}.org"})
        client.get(f"/id/{PLAIN}", headers=headers)
    lines = written()
    text = json.dumps(lines, ensure_ascii=False)
    for part in (SECRET, "geheim", "4711", "mellon", "203.0.113", "198.51.100", "Zsófia"):
        assert part not in text, (what, part)
    assert len(requests_of(lines)) == 4
    if what not in ("missing", "suspicious", "logged", "failure"):
        (error,) = [
            line for line in lines if line["logger"] == "django.request" and "exception" in line
        ]
        assert error["request_id"] == requests_of(lines)[0]["request_id"]
        # Where it happened is told all the same.
        assert "in broken" in error["exception"]


def test_failures_of_the_database_are_told_by_code_and_names(written: Any) -> None:
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        mark = transaction.savepoint()
        client.get("/broken/constraint/", {"q": PLAIN})
        transaction.savepoint_rollback(mark)
    (line,) = [line for line in written() if "exception" in line]
    assert "SQLSTATE 23505" in line["exception"]
    assert "constraint accounts_user_username_key" in line["exception"]
    client.get("/broken/failure/", {"q": PLAIN})
    (line,) = [line for line in written() if "server closed the connection" in str(line)]
    assert PLAIN not in str(line)


def test_a_wrong_password_tells_no_name_and_no_address(written: Any) -> None:
    for _ in range(6):
        request = RequestFactory().post("/admin/login/", REMOTE_ADDR="198.51.100.23")
        authenticate(request, username=PLAIN, password=SECRET)
    lines = written()
    assert any(line["logger"].startswith("axes") for line in lines)
    text = json.dumps(lines, ensure_ascii=False)
    assert not any(part in text for part in ("4711", "mellon", "198.51.100"))


def test_a_streamed_answer_is_told_when_it_is_over(written: Any) -> None:
    response = reader().get("/streamed/")
    assert not requests_of(written())
    assert b"".join(response.streaming_content) == b"x" * 30  # type: ignore[attr-defined]
    response.close()
    (line,) = requests_of(written())
    assert (line["bytes"], line["queries"], line["status"]) == (30, 3, 200)
    assert "broken_off" not in line
    assert tally.current() is None


def test_a_streamed_answer_that_nobody_wants_to_its_end(written: Any) -> None:
    response = reader().get("/streamed/")
    assert next(iter(response.streaming_content)) == b"x" * 10  # type: ignore[attr-defined]
    response.close()
    response.close()
    (line,) = requests_of(written())
    assert (line["bytes"], line["broken_off"]) == (10, True)


def test_a_streamed_answer_that_fails(written: Any) -> None:
    response = reader().get("/streamed/", {"fail": "1", "q": PLAIN})
    with pytest.raises(ValueError, match=PLAIN):
        list(response.streaming_content)  # type: ignore[attr-defined]
    response.close()
    lines = written()
    assert PLAIN not in str(lines)
    (error,) = [line for line in lines if "exception" in line]
    (line,) = requests_of(lines)
    assert line["broken_off"] is True
    assert error["request_id"] == line["request_id"] == response["X-Request-ID"]


def test_an_export_is_counted_to_its_end(written: Any) -> None:
    response = reader().get("/api/v1/cases.csv", {"mode": "sea"})
    size = len(b"".join(response.streaming_content))  # type: ignore[attr-defined]
    response.close()
    (line,) = requests_of(written())
    assert (line["bytes"], line["route"]) == (size, "api:cases-file")
    assert line["queries"] > 5


GOOD = "a1B2-c3.d4_e5f6"
HOSTILE = (
    *("", "short", "x" * 65, "with space in it", "ümlaut-1234", "semi;colon;12"),
    *("line\r\nSet-Cookie: a=b", "line\nbreak-1234", '"quoted-1234"', "-leading-dash"),
    *("{braces}-1234", "%(name)s-1234", "tab\tbed-12345", "nul\0nul-12345", "a,b-12345678"),
)


@pytest.mark.parametrize("given", HOSTILE)
def test_hostile_names_of_requests_are_not_taken(given: str, settings: Any, written: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=given)
    made = RequestMiddleware(lambda request: HttpResponse("ok"))(request)["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert requests_of(written())[0]["request_id"] == made


def test_a_name_is_taken_from_a_trusted_proxy_alone(settings: Any) -> None:
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=GOOD)
    settings.TRUSTED_PROXIES = 0
    assert request_id(request) != GOOD
    settings.TRUSTED_PROXIES = 1
    assert request_id(request) == GOOD


def test_slow_queries_are_told_without_values(settings: Any, written: Any) -> None:
    settings.LOG_SLOW_QUERY_MS = 1

    def slow(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01),\n  %s", [PLAIN])
        return HttpResponse("ok")

    answer = RequestMiddleware(slow)(RequestFactory().get("/"))
    lines = written()
    (line,) = [line for line in lines if line["logger"] == "portal.watching.tally"]
    assert line["statement"] == "SELECT pg_sleep(0.01), %s"
    assert line["milliseconds"] >= 10
    assert line["request_id"] == answer["X-Request-ID"]
    assert PLAIN not in str(lines)


def record(message: Any, *args: Any, **kwargs: Any) -> logging.LogRecord:
    name = kwargs.pop("name", "portal.x")
    return logging.LogRecord(name, logging.ERROR, "x.py", 1, message, args, None, **kwargs)


def test_a_message_stays_in_one_line() -> None:
    line = LineFormatter().format(record("a %s", "b\nERROR portal: forged\x1b[2J\u2028"))
    assert line.endswith("[-]: a b\\nERROR portal: forged\\x1b[2J\\u2028")
    assert json.loads(JsonLineFormatter().format(record("a\nb")))["message"] == "a\nb"


@pytest.mark.parametrize(
    ("message", "args", "said"),
    [
        ("Invalid request from ip=203.0.113.7: x", (), "A request that is not HTTP was refused"),
        ("Error handling request %s %s", ("GET", "/?q=x"), "A request failed outside the portal"),
        ("Worker (pid:%s) exited", (7,), "Worker (pid:7) exited"),
    ],
)
def test_messages_of_the_server(message: str, args: Any, said: str) -> None:
    told = json.loads(JsonLineFormatter().format(record(message, *args, name="gunicorn.error")))
    assert told["message"] == said


def test_developers_are_told_all() -> None:
    entry = record("It failed: %s", ValueError(PLAIN))
    assert PLAIN not in LineFormatter().format(entry)
    assert PLAIN in LineFormatter(frank=True).format(entry)
    assert PLAIN in JsonLineFormatter(frank=True).format(entry)


def test_what_an_exception_may_say() -> None:
    assert logs.told(KeyError(PLAIN)) == "KeyError"
    assert logs.told(OSError(28, PLAIN, PLAIN)) == "OSError (ENOSPC)"
    assert logs.told(IntegrityError(PLAIN)) == "django.db.utils.IntegrityError"
    gone = psycopg2.OperationalError("connection refused\n\tIs the server running")
    assert logs.told(gone) == "psycopg2.OperationalError (connection refused)"


def test_a_circle_of_exceptions_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert logs.told_with_places(first).count("while this was handled") == 1
