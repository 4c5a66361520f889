"""What only web processes can show: limits that hold across them, timeouts, rubbish on the wire."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import database_copy
from tests.gunicorns import ROOT, Gunicorn, gunicorn

pytestmark = pytest.mark.django_db

NAME, PASSWORD = "marie", "nine barrels of herring"
KEY = "a key for the web processes of the tests, as long as Django wants them to be"
#: One process for each server, so that two servers are two processes.
OWN = {"SECRET_KEY": KEY, "WEB_CONCURRENCY": "1"}


@pytest.fixture(scope="module")
def copy(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of its own with one curator in it, who has no second factor yet."""
    with database_copy(django_db_blocker) as url:
        made = "; ".join(
            [
                "import django; django.setup()",
                "from portal.accounts.models import User",
                f"User.objects.create_user({NAME!r}, password={PASSWORD!r}, is_staff=True)",
            ]
        )
        environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": KEY}
        subprocess.run([sys.executable, "-c", made], cwd=ROOT, env=environment, check=True)
        yield url


def try_password(portal: Gunicorn, password: str, name: str = NAME, **headers: str) -> Any:
    session = requests.Session()
    page = session.get(f"{portal.address}/admin/login/", headers=headers, timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text[:2000]
    sent = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
    return session.post(
        f"{portal.address}/admin/login/", data=sent, headers=headers, timeout=60,
        allow_redirects=False,
    )  # fmt: skip


@pytest.mark.long
def test_limits_hold_across_two_processes(copy: str, tmp_path: Path) -> None:
    """Wrong passwords, requests to sign in and requests of the API, half of each to either."""
    own = {
        **OWN,
        "TRUSTED_PROXIES": "1",
        "API_REQUESTS_PER_MINUTE": "6",
        "SIGN_IN_REQUESTS_PER_MINUTE": "8",
    }
    with (
        gunicorn(tmp_path / "first", copy, tcp=True, **own) as first,
        gunicorn(tmp_path / "second", copy, tcp=True, **own) as second,
    ):
        pair = (first, second)
        me = {"X-Forwarded-For": "192.0.2.1"}
        statuses = [try_password(pair[n % 2], "wrong", **me).status_code for n in range(5)]
        assert statuses == [200] * 4 + [429], "the fifth wrong password closes the door"
        for portal in pair:
            assert try_password(portal, PASSWORD, **me).status_code == 429
        elsewhere = {"X-Forwarded-For": "192.0.2.2"}
        assert try_password(second, PASSWORD, **elsewhere).status_code == 302
        # One address with another name each time, over both.
        third = {"X-Forwarded-For": "192.0.2.3"}
        tried = [try_password(pair[n % 2], "x", f"name-{n}", **third) for n in range(20)]
        assert [answer.status_code for answer in tried].count(429) >= 4
        asked = [
            requests.get(f"{pair[n % 2].address}/api/v1/", headers=me, timeout=60).status_code
            for n in range(20)
        ]
        # The minute may turn once meanwhile.
        assert 8 <= asked.count(429) <= 14
        for portal in pair:
            assert "Traceback" not in portal.said()


def test_a_query_that_is_too_slow_is_a_clear_503(copy: str, tmp_path: Path) -> None:
    """The table of the search becomes a view each of whose rows takes its time."""
    with psycopg2.connect(copy) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE search_document RENAME TO search_document_held")
        cursor.execute(
            "CREATE VIEW search_document AS SELECT held.* FROM search_document_held AS held,"
            " LATERAL (SELECT pg_sleep(0.05) WHERE held.code IS NOT NULL) AS slow"
        )
    connection.close()
    try:
        with gunicorn(tmp_path, copy, tcp=True, **OWN, STATEMENT_TIMEOUT="500ms") as portal:
            page = requests.get(f"{portal.address}/en/cases/?q=boat", timeout=60)
            assert page.status_code == 503
            assert page.headers["Retry-After"] == "30"
            assert "The search is not available at the moment" in page.text
            assert "Traceback" not in page.text
            answer = requests.get(f"{portal.address}/api/v1/cases/?q=boat", timeout=60)
            assert answer.status_code == 503
            assert answer.json()["status"] == 503
            assert "statement timeout" in portal.said(), "and the log says why"
            assert requests.get(f"{portal.address}/robots.txt", timeout=60).status_code == 200
    finally:
        connection = psycopg2.connect(copy)
        with connection, connection.cursor() as cursor:
            cursor.execute("DROP VIEW search_document")
            cursor.execute("ALTER TABLE search_document_held RENAME TO search_document")
        connection.close()


def test_who_waits_for_a_lock_is_let_go(copy: str, tmp_path: Path) -> None:
    with psycopg2.connect(copy) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE search_document IN ACCESS EXCLUSIVE MODE")
        with gunicorn(tmp_path, copy, tcp=True, **OWN, LOCK_TIMEOUT="300ms") as portal:
            answer = requests.get(f"{portal.address}/api/v1/cases/", timeout=60)
            assert answer.status_code == 503
            assert "lock timeout" in portal.said()
        holder.rollback()
    holder.close()


def test_web_processes_have_all_three_timeouts() -> None:
    """As `portal.wsgi` sets them, which every web process begins with; commands have none."""
    asked = "; ".join(
        [
            "import {}",
            "from django.conf import settings",
            "print(settings.DATABASES['default']['OPTIONS']['options'])",
        ]
    )
    timeouts = ("STATEMENT_TIMEOUT", "LOCK_TIMEOUT", "IDLE_TRANSACTION_TIMEOUT")
    environment = {name: value for name, value in os.environ.items() if name not in timeouts}
    environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": KEY}

    def options(module: str) -> str:
        command = [sys.executable, "-c", asked.format(module)]
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    web, command = options("portal.wsgi"), options("portal")
    for name, value in (
        ("statement_timeout", "20s"),
        ("lock_timeout", "15s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ):
        assert f"-c {name}={value}" in web
        assert f"-c {name}=0" in command


#: What a deployment says of itself besides.
DEPLOYED = {
    "ALLOWED_HOSTS": "portal.test",
    "PORTAL_ADDRESS": "https://portal.test",
    "OAI_DOMAIN": "portal.test",
    "TRUSTED_PROXIES": "1",
}


def test_the_deployment_check_finds_nothing(copy: str) -> None:
    environment = {
        **os.environ, "DATABASE_URL": copy, "HTTPS": "true", "DEBUG": "false",
        "SECRET_KEY": "".join(map(chr, range(48, 110))), **DEPLOYED,
    }  # fmt: skip
    command = [sys.executable, "manage.py", "check", "--deploy"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # But that the tests are the administrator of their database (tests/test_settings_check.py).
    assert set(re.findall(r"\(([\w.]+)\)", done.stderr)) <= {"portal.W041"}


def test_over_https_cookies_and_headers_hold_browsers_to_it(copy: str, tmp_path: Path) -> None:
    own = {
        **OWN,
        "HTTPS": "true",
        **DEPLOYED,
        "ADMIN_PATH": "staff/desk",
        "ADMIN_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    with gunicorn(tmp_path, copy, tcp=True, **own) as portal:
        own_host = {"Host": "portal.test", "X-Forwarded-For": "127.0.0.1"}
        plain = requests.get(
            f"{portal.address}/en/", headers=own_host, timeout=60, allow_redirects=False
        )
        assert plain.status_code == 301
        assert plain.headers["Location"].startswith("https://")
        secure = {**own_host, "X-Forwarded-Proto": "https"}
        login = f"{portal.address}/staff/desk/login/"
        page = requests.get(login, headers=secure, timeout=60)
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"] == (
            "max-age=31536000; includeSubDomains; preload"
        )
        for cookie in page.raw.headers.getlist("Set-Cookie"):
            assert cookie.startswith("__Host-"), cookie
            for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
                assert part in cookie, cookie
            assert "Domain" not in cookie
        assert "__Host-csrftoken" in page.headers["Set-Cookie"]
        # The admin stands where it was put, and nothing tells where that is.
        for path in ("/admin/", "/admin/login/"):
            gone = requests.get(portal.address + path, headers=secure, timeout=60)
            assert gone.status_code == 404
        assert "/admin/" not in page.text.replace("/static/admin/", "")
        for path in ("/en/", "/robots.txt", "/en/cases/", "/nothing"):
            told = requests.get(portal.address + path, headers=secure, timeout=60).text
            assert "desk" not in told
            assert "/admin/" not in told


# --- Rubbish on the wire ------------------------------------------------------------------------

RUBBISH = [
    b"\x00" * 200,
    b"\r\n" * 50,
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /en/ HTTP/1.1\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET " + b"/x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /oai HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    b"POST /oai HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /oai HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /oai HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
    b"POST /oai HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\xff\xfe?\xff=\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /en/?q=%ED%A0%80%FF HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \xff\x01=\x02; ;;=;\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.fixture(scope="module")
def portal(copy: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    with gunicorn(tmp_path_factory.mktemp("web"), copy, tcp=True, **OWN) as found:
        yield found


def exchanged(portal: Gunicorn, sent: bytes) -> bytes:
    """What the portal answers to bytes after which nothing more comes."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=60) as connection:
        received = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(1 << 16):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received


def look_at(sent: bytes, received: bytes) -> None:
    for answer in re.findall(rb"^HTTP/1\.\d (\d+)", received, re.MULTILINE):
        assert int(answer) < 500 or int(answer) in (501, 505), (sent, received[:300])
    assert b"Traceback" not in received
    assert b"site-packages" not in received


def is_still_well(portal: Gunicorn) -> None:
    assert requests.get(f"{portal.address}/robots.txt", timeout=60).status_code == 200
    assert "Traceback" not in portal.said()


def test_rubbish_on_the_wire_is_refused_and_harms_nobody(portal: Gunicorn) -> None:
    for sent in RUBBISH:
        look_at(sent, exchanged(portal, sent))
    is_still_well(portal)


def test_a_request_is_not_smuggled_behind_another(portal: Gunicorn) -> None:
    """Two lengths that differ, and a length beside chunks: one answer at most, and no second."""
    for sent in RUBBISH[13:15]:
        received = exchanged(portal, sent)
        assert received.count(b"HTTP/1.1") <= 1
        assert b"/admin/login/" not in received


def test_an_address_and_headers_without_end_are_refused(portal: Gunicorn) -> None:
    for sent in RUBBISH[6:9]:
        assert re.match(rb"HTTP/1\.1 4\d\d ", exchanged(portal, sent)), sent[:60]


_LINES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"GET / HTTP/1.1", b"Host: localhost", b"Content-Length: 7", b"", b"0", b"a:"]
    ),
)


def _any_bytes(portal: Gunicorn, examples: int) -> None:
    @given(lines=st.lists(_LINES, max_size=8), end=st.sampled_from([b"\r\n", b"\n", b"\r"]))
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def send(lines: list[bytes], end: bytes) -> None:
        sent = end.join([*lines, b"", b""])
        look_at(sent, exchanged(portal, sent))

    send()
    is_still_well(portal)


def test_any_bytes_are_answered_or_refused(portal: Gunicorn) -> None:
    _any_bytes(portal, 60)


@pytest.mark.long
def test_thousands_of_any_bytes_are_answered_or_refused(portal: Gunicorn) -> None:
    _any_bytes(portal, 3_000)
