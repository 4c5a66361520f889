"""Checking the addresses of sources: against a server of the tests, and against hostile ones."""

from __future__ import annotations

import datetime
import errno
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.core.management import load_command_class as command_class
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caselaw.models import Case, CaseSource
from portal.accounts.models import User
from portal.exchange.sync import fingerprint
from portal.links import checking, register, rounds
from portal.links.asking import Asker, Turns, host_of, seconds_of
from portal.links.checking import Checker
from portal.links.guard import NotAskedError, is_public, look_up
from portal.links.keeping import CutOffError, Keeper
from portal.links.models import Address, Finding
from portal.links.replacing import replace
from portal.links.rounds import Manners, check_all
from portal.records.database import database_for
from portal.records.models import Revision
from portal.reference.models import Process, ProcessSource, TreatyStatus, TreatyStatusSource
from portal.reference.provenance import LinkStatus
from portal.search.models import SearchDocument
from tests.admin_forms import address, open_page, public_case, send
from tests.conftest import reader

S = LinkStatus
MONDAY = datetime.date(2026, 5, 4)
WEEK = datetime.timedelta(days=7)

#: Of nobody's authority; made for these tests, and good for nothing else.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYYpxY2rcBySV9Tvb
wxKlbiC10mLtktJVxyK/B/Wbqw6hRANCAARnC65oYwTWlDRzN34zO0Gc3IqDctzU
NRbL1mAIRMWG5QET8e0QIqzxxNK09uymfPH6pTK1fgS2Pajx+S8p8vc1
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUalBhKbJFrxKB95Fl2kZZVeg6U1AwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDAyMDE0MVoYDzIxMjYxMDMx
MDIwMTQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARnC65oYwTWlDRzN34zO0Gc3IqDctzUNRbL1mAIRMWG5QET8e0QIqzx
xNK09uymfPH6pTK1fgS2Pajx+S8p8vc1o28wbTAdBgNVHQ4EFgQU60OaBgcjs3er
CPr+fhm3WlSf5CQwHwYDVR0jBBgwFoAU60OaBgcjs3erCPr+fhm3WlSf5CQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAKGMDeEZfN0Wb6vKtuwnkmtcNeLPKP82WHElQ+gf6O/PAiAh
hBsd+WDuHJHuYC/03a+BptQXbxUv2jfpAgEzTkzOUg==
-----END CERTIFICATE-----
"""

REDIRECTS = {
    "/moved": (301, "/moved-again"),
    "/moved-again": (308, "/ok"),
    "/found": (302, "/ok"),
    "/found-see-other": (303, "/ok"),
    "/found-then-moved": (302, "/moved"),
    "/moved-then-found": (301, "/found"),
    "/moved-and-missing": (301, "/404"),
    "/moved-and-walled": (301, "/403"),
    "/moved-to-front": (301, "/"),
    "/loop": (302, "/loop"),
    "/loop-for-good": (301, "/loop-for-good"),
    "/to-file": (302, "file:///etc/passwd"),
    "/to-script": (301, "javascript:alert(1)"),
    "/to-private": (301, "http://10.1.2.3/"),
    "/to-link-local": (302, "http://169.254.169.254/latest/meta-data/"),
    "/to-nonsense": (301, "http://[nonsense"),
    "/to-far-away": (301, "/" + "x" * 1200),
    "/to-nobody": (302, "http://nobody.example/"),
    "/to-umlaut": (301, "/h\u00f6rt"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers as badly as the web does; the path says how."""

    server: Server

    def log_message(self, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.server.asked.append((self.command, self.path))
        self.server.agents.add(self.headers["User-Agent"])
        self.server.names.add(self.headers["Host"])
        special = getattr(self, "page_" + path[1:].replace("-", "_"), None)
        if special:
            special()
        elif path in REDIRECTS:
            code, target = REDIRECTS[path]
            self.answer(code, Location=target)
        else:
            self.answer(int(path[1:]) if path[1:].isdigit() else 200)

    def answer(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def times(self) -> int:
        """How often the page was asked, this time included."""
        return sum(path == self.path for _method, path in self.server.asked)

    def page_no_head(self) -> None:
        self.answer(405 if self.command == "HEAD" else 200)

    def page_missing_by_head(self) -> None:
        self.answer(404 if self.command == "HEAD" else 200)

    def page_flaky(self) -> None:
        self.answer(500 if self.times() == 1 else 200)

    def page_busy(self) -> None:
        self.answer(200 if self.times() > 1 else 429, Retry_After="17")

    def page_busy_for_ever(self) -> None:
        self.answer(429, Retry_After="99999999999999999999")

    def page_busy_nonsense(self) -> None:
        self.answer(503, Retry_After="after lunch")

    def page_challenge(self) -> None:
        self.answer(503, cf_mitigated="challenge")

    def page_slow(self) -> None:
        self.server.done.wait(5)

    def page_trickling_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._trickle(b"X-Slow: y\r\n")

    def page_trickling_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        self._trickle(b"x")

    def _trickle(self, drop: bytes) -> None:
        while not self.server.done.wait(0.02):
            self.wfile.write(drop)
            self.wfile.flush()

    def page_endless_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not self.server.done.is_set():
            self.wfile.write(b"x" * 65536)
            self.server.sent += 65536

    def page_endless_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.done.is_set():
            self.wfile.write(b"X-Endless: %s\r\n" % (b"y" * 5000))
            self.server.sent += 5000

    def page_garbage(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n\x00\xff\r\n\r\n")

    def page_garbled_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\x00\x01 : \xff\xfe\r\n\r\n")

    def page_odd_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 \xff\r\nX-Odd: \xe4\xb8\r\nContent-Encoding: br\r\n\r\n")

    def page_hang_up(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def page_cookie(self) -> None:
        if "seen=1" in (self.headers["Cookie"] or ""):
            self.answer(200)
        else:
            self.answer(302, Location="/cookie", Set_Cookie="seen=1")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        self.names: set[str] = set()
        self.sent = 0
        self.done = threading.Event()

    def handle_error(self, *args: Any) -> None:
        """A client that goes before it has read everything is what is tested."""

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"


@pytest.fixture
def web() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.done.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names lead where the test says, and nowhere else: no machine but this one is ever asked."""
    known: dict[str, list[str]] = {"localhost": ["127.0.0.1"]}
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in known:
            return [entry for ip in known[name] for entry in original(ip, port, *args, **kwargs)]
        try:
            ip_address(name)
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return original(name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


class Time:
    """A clock that stands still unless somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def checker(clock: Time, *, retries: int = 0, delay: float = 0, timeout: float = 5) -> Checker:
    turns = Turns(delay, clock.clock, clock.sleep)
    return Checker(Asker(turns, timeout, loopback=True), retries, clock.sleep)


def check(url: str, **how: Any) -> Finding:
    return checker(Time(), **how).check(url)


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "status", "http_status"),
        [
            ("/ok", S.REACHABLE, 200),
            ("/204", S.REACHABLE, 204),
            ("/300", S.REACHABLE, 300),
            ("/found", S.REACHABLE, 200),
            ("/found-see-other", S.REACHABLE, 200),
            ("/found-then-moved", S.REACHABLE, 200),
            ("/cookie", S.REACHABLE, 200),
            ("/no-head", S.REACHABLE, 200),
            ("/missing-by-head", S.REACHABLE, 200),
            ("/odd-head", S.REACHABLE, 200),
            ("/404", S.FAILING, 404),
            ("/410", S.FAILING, 410),
            ("/400", S.FAILING, 400),
            ("/500", S.FAILING, 500),
            ("/429", S.FAILING, 429),
            ("/moved-and-missing", S.FAILING, 404),
            ("/401", S.REFUSED, 401),
            ("/402", S.REFUSED, 402),
            ("/403", S.REFUSED, 403),
            ("/451", S.REFUSED, 451),
            ("/999", S.REFUSED, 999),
            ("/challenge", S.REFUSED, 503),
            ("/moved-and-walled", S.REFUSED, 403),
        ],
    )
    def test_what_an_answer_means(
        self, web: Server, path: str, status: LinkStatus, http_status: int
    ) -> None:
        found = check(web.at(path))
        assert (found.status, found.http_status) == (status, http_status)
        assert found.moved_to == ""
        assert bool(found.message) == (status != S.REACHABLE)

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("/moved", "/ok"),
            ("/moved-again", "/ok"),
            ("/moved-then-found", "/found"),
            ("/moved-to-front", "/"),
            ("/to-umlaut", "/h%C3%B6rt"),
            ("/moved#part", "/ok#part"),
        ],
    )
    def test_what_has_moved_for_good(self, web: Server, path: str, target: str) -> None:
        found = check(web.at(path))
        assert (found.status, found.moved_to) == (S.MOVED, web.at(target))
        assert ("front page" in found.message) == (target == "/")

    def test_an_address_too_long_to_be_kept_is_not(self, web: Server) -> None:
        found = check(web.at("/to-far-away"))
        assert (found.status, found.moved_to) == (S.REACHABLE, "")
        assert "too long" in found.message

    def test_head_comes_first_and_get_where_it_is_refused(self, web: Server) -> None:
        for path in ("/ok", "/no-head", "/404", "/410"):
            check(web.at(path))
        assert web.asked == [
            ("HEAD", "/ok"),
            *(("HEAD", "/no-head"), ("GET", "/no-head")),
            *(("HEAD", "/404"), ("GET", "/404")),
            ("HEAD", "/410"),
        ]

    def test_it_says_who_asks(self, web: Server) -> None:
        check(web.at("/ok"))
        assert all("SmugglingOfMigrantsKnowledgePortal" in agent for agent in web.agents)
        assert len(web.agents) == 1

    def test_names_in_any_script(self, web: Server, nobody_else: dict[str, list[str]]) -> None:
        nobody_else["xn--mnchen-3ya.example"] = ["127.0.0.1"]
        found = check(web.at("/ok?q=\u00fc b", "m\u00fcnchen.example"))
        assert found.status == S.REACHABLE
        assert web.names == {f"xn--mnchen-3ya.example:{web.server_port}"}
        assert web.asked == [("HEAD", "/ok?q=%C3%BC%20b")]


class TestTryingAgain:
    def test_what_passes_is_reachable(self, web: Server) -> None:
        clock = Time()
        assert checker(clock, retries=2).check(web.at("/flaky")).status == S.REACHABLE
        assert web.asked == [("HEAD", "/flaky"), ("GET", "/flaky")]
        assert clock.slept == [5]

    def test_what_stays_is_a_failure_after_growing_waits(self, web: Server) -> None:
        clock = Time()
        found = checker(clock, retries=3).check(web.at("/500"))
        assert (found.status, found.http_status) == (S.FAILING, 500)
        assert len(web.asked) == 4
        assert clock.slept == [5, 10, 20]

    def test_what_is_gone_is_not_asked_again(self, web: Server) -> None:
        for path in ("/404", "/410", "/403", "/loop", "/garbage"):
            clock = Time()
            checker(clock, retries=2).check(web.at(path))
            assert clock.slept == [], path

    def test_a_server_says_how_long_to_wait(self, web: Server) -> None:
        clock = Time()
        assert checker(clock, retries=1).check(web.at("/busy")).status == S.REACHABLE
        assert clock.slept == [17]

    def test_but_not_for_ever(self, web: Server) -> None:
        clock = Time()
        assert checker(clock, retries=1).check(web.at("/busy-for-ever")).http_status == 429
        assert checker(clock, retries=1).check(web.at("/busy-nonsense")).http_status == 503
        assert clock.slept == [120, 5]

    @pytest.mark.parametrize(
        ("text", "seconds"), [("", 0), ("7", 7), ("-7", 0), ("\u0667", 0), ("Mon", 0), ("1e9", 0)]
    )
    def test_seconds_to_wait(self, text: str, seconds: float) -> None:
        assert seconds_of(text) == seconds

    def test_a_date_to_wait_for(self) -> None:
        assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
        assert seconds_of("Wed, 21 Oct 2995 07:28:00 GMT") > 1e9
        assert seconds_of("Wed, 21 Oct 99999 07:28:00 GMT") == 0

    @pytest.mark.parametrize("path", ["/slow", "/trickling-head"])
    def test_what_takes_too_long_is_tried_again(self, web: Server, path: str) -> None:
        clock, began = Time(), time.monotonic()
        found = checker(clock, retries=1, timeout=0.3).check(web.at(path))
        assert (found.status, found.message) == (S.FAILING, "No answer in time.")
        assert clock.slept == [5]
        assert 0.6 <= time.monotonic() - began < 3

    def test_nobody_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/"
            clock = Time()
            found = checker(clock, retries=1).check(url)
        assert (found.status, found.http_status) == (S.FAILING, None)
        assert clock.slept == [5]

    def test_somebody_hangs_up(self, web: Server) -> None:
        found = check(web.at("/hang-up"), retries=1)
        assert (found.status, len(web.asked)) == (S.FAILING, 2)

    def test_a_name_of_no_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Time()
        for name in ("nobody.example", "a..example", "x" * 70 + ".example"):
            found = checker(clock, retries=2).check(f"http://{name}/")
            assert found.status == S.FAILING, name
            assert name in found.message
        assert clock.slept == []

        def silent(*args: Any, **kwargs: Any) -> Any:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", silent)
        found = checker(clock, retries=2).check("http://somebody.example/")
        assert (found.status, clock.slept) == (S.FAILING, [5, 10])


class TestHostileServers:
    @pytest.mark.parametrize("path", ["/trickling-body", "/endless-body"])
    def test_no_body_is_read(self, web: Server, path: str) -> None:
        began = time.monotonic()
        for head in (True, False):
            turns = Turns(0)
            answer = Asker(turns, 5, loopback=True).ask(web.at(path), head=head)
            assert answer.status == 200
        assert time.monotonic() - began < 3
        # What the two machines hold in their buffers, and no more.
        assert web.sent < 20_000_000

    def test_an_endless_head_is_no_page(self, web: Server) -> None:
        assert check(web.at("/endless-head")).status == S.REFUSED
        assert web.sent < 20_000_000

    @pytest.mark.parametrize("path", ["/garbage", "/garbled-head"])
    def test_garbage_is_an_answer_that_cannot_be_read(self, web: Server, path: str) -> None:
        found = check(web.at(path))
        assert found.status == S.REFUSED
        assert found.message.startswith("Answers what is not HTTP")
        assert found.message.isprintable()

    @pytest.mark.parametrize("path", ["/loop", "/loop-for-good"])
    def test_a_loop_ends(self, web: Server, path: str) -> None:
        found = check(web.at(path))
        assert (found.status, found.message) == (S.FAILING, "More than 10 redirects.")
        assert len(web.asked) == 11

    @pytest.mark.parametrize("path", ["/to-file", "/to-script", "/to-private", "/to-link-local"])
    def test_a_redirect_to_what_is_never_asked(self, web: Server, path: str) -> None:
        found = check(web.at(path))
        assert (found.status, found.moved_to) == (S.UNCHECKED, "")
        assert found.message.startswith("Not asked.")
        assert len(web.asked) == 1

    def test_a_redirect_to_nonsense(self, web: Server) -> None:
        assert check(web.at("/to-nonsense")).status == S.FAILING

    def test_a_certificate_of_nobody(self, web: Server, tmp_path: Path) -> None:
        (tmp_path / "certificate.pem").write_text(CERTIFICATE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "certificate.pem")
        with socket.create_server(("127.0.0.1", 0)) as plain:

            def serve() -> None:
                peer, _address = plain.accept()
                with peer, pytest.raises(OSError):  # noqa: PT011 - the client turns away
                    context.wrap_socket(peer, server_side=True).recv(1)

            thread = threading.Thread(target=serve)
            thread.start()
            found = check(f"https://localhost:{plain.getsockname()[1]}/")
            thread.join()
        assert found.status == S.REFUSED
        assert found.message == "The encryption does not hold: self-signed certificate"

    def test_encryption_with_who_knows_none(self, web: Server) -> None:
        found = check(web.at("/ok").replace("http:", "https:"))
        assert found.status == S.REFUSED
        assert found.message.startswith("The encryption does not hold")


class TestWhatIsNeverAsked:
    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/passwd",
            "ftp://example.org/x",
            "gopher://127.0.0.1:6379/_SET",
            "javascript:alert(1)",
            "//example.org/x",
            "http://",
            "http:///etc/passwd",
            "http://[",
            "http://[::1",
            "http://example.org:99999/",
            "http://exa mple.org/",
            "not an address",
            "http://\u0000/",
            "http://xn--\u00fc/",
        ],
    )
    def test_what_is_no_web_address(self, url: str) -> None:
        found = check(url)
        assert found.status in (S.UNCHECKED, S.FAILING), found
        assert found.http_status is None
        assert host_of(url) is not None

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
            "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]",
            "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]", "[2002:a00:1::]", "[2001:db8::1]",
        ],
    )  # fmt: skip
    def test_machines_that_are_not_public(self, host: str) -> None:
        turns = Turns(0)
        with pytest.raises(NotAskedError, match="private network"):
            Asker(turns, 5).ask(f"http://{host}/", head=True)

    def test_this_machine_alone_is_let_through_for_tests(self) -> None:
        assert look_up("127.0.0.1", 80, loopback=True) == ["127.0.0.1"]
        for host in ("10.0.0.1", "169.254.169.254"):
            with pytest.raises(NotAskedError):
                look_up(host, 80, loopback=True)

    @pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
    def test_public_machines(self, text: str) -> None:
        assert is_public(ip_address(text))

    def test_a_name_with_one_private_address(self, nobody_else: dict[str, list[str]]) -> None:
        nobody_else["trick.example"] = ["8.8.8.8", "10.0.0.1"]
        with pytest.raises(NotAskedError):
            look_up("trick.example", 80, loopback=False)

    def test_a_name_is_looked_up_once(
        self, web: Server, monkeypatch: pytest.MonkeyPatch, nobody_else: dict[str, list[str]]
    ) -> None:
        """A second answer of the name server cannot lead the connection elsewhere."""
        nobody_else["rebinding.example"] = ["127.0.0.1"]
        asked = []
        known = socket.getaddrinfo

        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append(host)
            return known(host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        assert check(web.at("/ok", "rebinding.example")).status == S.REACHABLE
        assert asked == ["rebinding.example", "127.0.0.1"]

    def test_a_name_server_that_never_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The system's own call has no limit; what it holds up is not waited for."""
        ends = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: ends.wait(30) and [])
        clock = Time()
        began = time.monotonic()
        try:
            found = checker(clock, retries=1, timeout=0.2).check("http://somebody.example/")
        finally:
            ends.set()
        assert time.monotonic() - began < 5
        assert found.status == S.FAILING
        assert found.message == "The name could not be looked up: somebody.example"
        assert clock.slept == [5]

    def test_what_failed_before_it_left_this_machine(
        self, web: Server, monkeypatch: pytest.MonkeyPatch, nobody_else: dict[str, list[str]]
    ) -> None:
        assert check("http://nobody.example/").may_be_here
        assert check("http://\u0434\u043e\u043c.example/").may_be_here
        nobody_else["here.example"] = ["127.0.0.1"]
        # Who was led on has had an answer, whatever became of the name that it leads to.
        assert not check(web.at("/to-nobody", "here.example")).may_be_here
        assert not check(web.at("/hang-up")).may_be_here

        def no_name(*args: Any, **kwargs: Any) -> Any:
            raise UnicodeError("label empty or too long")

        monkeypatch.setattr(socket, "getaddrinfo", no_name)
        found = check("http://a..example/")
        assert (found.status, found.may_be_here) == (S.FAILING, False)


class TestTurns:
    def test_a_pause_between_two_requests_to_one_host(self, web: Server) -> None:
        clock = Time()
        one = checker(clock, delay=1)
        one.check(web.at("/ok"))
        assert clock.slept == []
        one.check(web.at("/ok?2"))
        one.check(web.at("/ok", "localhost"))
        assert clock.slept == [1]

    def test_every_request_has_its_turn(self, web: Server) -> None:
        clock = Time()
        checker(clock, delay=2).check(web.at("/moved"))
        checker(clock, delay=2).check(web.at("/no-head"))
        assert len(web.asked) == 5
        assert clock.slept == [2, 2, 2]

    def test_www_is_the_same_host(self) -> None:
        clock = Time()
        turns = Turns(3, clock.clock, clock.sleep)
        for url in ("http://www.example.org/1", "https://example.org/2"):
            with turns.at(host_of(url)):
                clock.now += 1
        assert clock.slept == [3]

    def test_one_request_at_a_time_to_a_host_and_hosts_side_by_side(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_once: Counter[str] = Counter()
        most: Counter[str] = Counter()
        lock = threading.Lock()

        def ask(self: Asker, url: str, *, head: bool) -> Any:
            with self._turns.at(host_of(url)):
                for name in (host_of(url), "all"):
                    with lock:
                        at_once[name] += 1
                        most[name] = max(most[name], at_once[name])
                time.sleep(0.02)
                with lock:
                    at_once.subtract([host_of(url), "all"])
            raise NotAskedError(url)

        monkeypatch.setattr(Asker, "ask", ask)
        urls = [f"http://{host}.example/{n}" for host in "abc" for n in range(4)]
        found = list(check_all(urls, Manners(delay=0, workers=3)))
        assert sorted(finding.url for finding in found) == urls
        assert most["all"] == 3
        assert {most[f"{host}.example"] for host in "abc"} == {1}


class TestARound:
    def test_a_fault_of_ours_ends_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def ask(self: Asker, url: str, *, head: bool) -> Any:
            if url.endswith("1"):
                raise KeyError(url)
            raise httpx.InvalidURL("no")

        monkeypatch.setattr(Asker, "ask", ask)
        found = list(check_all([f"http://a.example/{n}" for n in range(3)], Manners(delay=0)))
        assert [finding.status for finding in found] == [S.UNCHECKED] * 3
        assert "KeyError" in found[1].message

    def test_who_stops_reading_ends_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        def ask(self: Asker, url: str, *, head: bool) -> Any:
            asked.append(url)
            self._turns._sleep(0.01)
            raise NotAskedError(url)

        monkeypatch.setattr(Asker, "ask", ask)
        round_ = check_all([f"http://a.example/{n}" for n in range(500)], Manners(delay=0))
        next(round_)
        round_.close()  # type: ignore[attr-defined]
        time.sleep(0.1)
        count = len(asked)
        time.sleep(0.1)
        assert len(asked) == count < 400

    def test_it_ends_in_time(self, web: Server, settings: Any) -> None:
        settings.LINK_CHECK_ASKS_THIS_MACHINE = True
        urls = [web.at(f"/slow?{n}") for n in range(5)]
        began = time.monotonic()
        assert list(check_all(urls, Manners(0, timeout=3, retries=0, longest=0.3))) == []
        assert time.monotonic() - began < 2

    def test_without_the_setting_of_the_tests_this_machine_is_not_asked(self, web: Server) -> None:
        [found] = check_all([web.at("/ok")], Manners(delay=0))
        assert (found.status, web.asked) == (S.UNCHECKED, [])


@pytest.fixture
def no_addresses(db: None, settings: Any) -> None:
    """A collection whose sources have no address but those of the test."""
    for kind in register.source_kinds():
        kind.model._default_manager.update(url="")
    settings.LINK_CHECK_ASKS_THIS_MACHINE = True


def name(case: Case, url: str) -> CaseSource:
    return CaseSource.objects.create(case=case, title="A page", url=url, position=90)


def run(**options: Any) -> str:
    out = StringIO()
    given = {"delay": 0, "retries": 0, "older_than": 7, **options}
    call_command("check_links", stdout=out, **given)
    return out.getvalue()


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime.date], None]:
    def travel(day: datetime.date) -> None:
        monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: day)

    return travel


OnDay = Callable[[datetime.date], None]


@pytest.mark.usefixtures("no_addresses")
class TestTheCommand:
    def test_an_address_is_asked_once_however_many_name_it(self, web: Server) -> None:
        cases = Case.objects.order_by("code")[:3]
        for case in cases:
            name(case, web.at("/ok"))
        process = Process.objects.first()
        assert process is not None
        ProcessSource.objects.create(process=process, title="x", url=web.at("/ok"))
        name(cases[0], web.at("/404"))
        out = run()
        assert "2 of 2 addresses checked: 1 reachable" in out
        assert "1 failed" in out
        assert Counter(web.asked)["HEAD", "/ok"] == 1
        told = CaseSource.objects.exclude(url="").values_list("status", flat=True)
        assert sorted(told) == ["failing", "reachable", "reachable", "reachable"]
        assert ProcessSource.objects.get(url=web.at("/ok")).status == S.REACHABLE
        assert run().startswith("Nothing to check")

    def test_records_stay_as_they_are(self, web: Server) -> None:
        case = public_case()
        name(case, web.at("/404"))
        rows = Case.objects.order_by("pk").values_list("pk", "changed_at", "loaded_fingerprint")
        documents = SearchDocument.objects.order_by("pk")
        before = list(rows), list(documents.values())
        run()
        assert (list(rows.all()), list(documents.all().values())) == before
        assert not Revision.objects.of(case).exists()

    def test_a_check_is_no_edit_by_hand(self, web: Server) -> None:
        case = public_case()
        name(case, web.at("/404"))
        importer = database_for("cases").importer

        def line() -> str:
            return fingerprint(importer.export(importer.existing().get(pk=case.pk)))

        before = line()
        run()
        assert line() == before

    def test_only_what_was_not_checked_of_late(self, web: Server, on_day: OnDay) -> None:
        case = public_case()
        for path in ("/ok", "/ok?2"):
            name(case, web.at(path))
        on_day(MONDAY)
        assert "1 of 1" in run(limit=1)
        assert "1 of 1" in run()
        assert "Nothing to check" in run()
        assert "2 of 2" in run(older_than=0)
        on_day(MONDAY + datetime.timedelta(days=6))
        assert "Nothing to check" in run()
        on_day(MONDAY + WEEK)
        assert "2 of 2" in run()

    def test_only_one_database(self, web: Server) -> None:
        name(public_case(), web.at("/ok"))
        status = TreatyStatus.objects.first()
        assert status is not None
        TreatyStatusSource.objects.create(treaty_status=status, title="x", url=web.at("/ok?2"))
        assert "1 of 1" in run(database="reference")
        assert web.asked == [("HEAD", "/ok?2")]
        assert "Nothing to check" in run(database="legislation")
        assert "1 of 1" in run(database="cases")

    def test_sources_that_came_since_are_told(self, web: Server) -> None:
        case = public_case()
        name(case, web.at("/ok"))
        run()
        later = name(case, web.at("/ok"))
        run()
        later.refresh_from_db()
        assert later.status == S.REACHABLE
        assert len(web.asked) == 1

    def test_addresses_that_nobody_names_are_forgotten(self, web: Server) -> None:
        source = name(public_case(), web.at("/ok"))
        run()
        assert Address.objects.count() == 1
        source.delete()
        run()
        assert Address.objects.count() == 0

    def test_an_address_too_long_to_be_held(self, web: Server) -> None:
        name(public_case(), "http://example.org/" + "\u6f22" * 950)
        assert "Nothing to check" in run()

    def test_ctrl_c_keeps_what_was_checked(
        self, web: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = public_case()
        for number in range(30):
            name(case, web.at(f"/ok?{number}"))
        original = rounds.check_all

        def interrupted(*args: Any) -> Iterator[Finding]:
            for number, finding in enumerate(original(*args)):
                if number == 25:
                    raise KeyboardInterrupt
                yield finding

        monkeypatch.setattr("portal.links.management.commands.check_links.check_all", interrupted)
        with pytest.raises(CommandError, match="what was checked is kept") as stopped:
            run()
        assert stopped.value.returncode == 130
        assert Address.objects.filter(status=S.REACHABLE).count() == 25

    def test_no_transaction_lasts_over_the_network(
        self, web: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = public_case()
        for number in range(45):
            name(case, web.at(f"/ok?{number}"))
        batches = []
        original = register.save

        def save(findings: Any, day: Any) -> None:
            batches.append(len(findings))
            original(findings, day)

        monkeypatch.setattr(register, "save", save)
        run()
        assert batches == [20, 20, 5]

    def test_a_machine_without_network_calls_nothing_dead(self, on_day: OnDay) -> None:
        case = public_case()
        for host in ("a", "b", "c"):
            name(case, f"http://{host}.example/")
        with pytest.raises(CommandError, match="no network") as cut_off:
            run()
        assert cut_off.value.returncode == 1
        assert not Address.objects.exclude(status=S.UNCHECKED).exists()
        assert not CaseSource.objects.exclude(status=S.UNCHECKED).exists()

    def test_one_that_answers_makes_the_others_failures(self, web: Server) -> None:
        case = public_case()
        for url in ("http://a.example/", "http://b.example/", "http://c.example/", web.at("/ok")):
            name(case, url)
        assert "1 reachable, 0 moved for good" in run()
        assert Address.objects.filter(status=S.FAILING).count() == 3

    def test_silence(self, web: Server) -> None:
        name(public_case(), web.at("/ok"))
        assert run(verbosity=0) == ""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--delay", "-1"), ("--delay", "nan"), ("--delay", "inf"), ("--timeout", "0"),
            ("--limit", "0"), ("--workers", "0"), ("--older-than", "-1"), ("--retries", "x"),
            ("--database", "films"),
        ],
    )  # fmt: skip
    def test_arguments_that_are_none(self, arguments: tuple[str, str]) -> None:
        parser = command_class("portal.links", "check_links").create_parser("", "check_links")
        with pytest.raises((CommandError, SystemExit)):
            parser.parse_args(list(arguments))
        assert parser.parse_args([]).older_than == 7


def failing(url: str) -> Finding:
    return Finding(url, S.FAILING, "Answers 404: the page is not there.", 404)


@pytest.mark.usefixtures("no_addresses")
class TestWhoIsToldWhen:
    url = "https://example.org/judgment?id=1&lang=en#top"

    def page(self, case: Case) -> str:
        return reader().get(f"/en/cases/{case.code}/").content.decode()

    def test_readers_are_told_after_failures_a_week_apart(self) -> None:
        case = public_case()
        source = name(case, self.url)
        for days, is_told in [(0, False), (0, False), (6, False), (7, True), (20, True)]:
            register.save([failing(self.url)], MONDAY + datetime.timedelta(days=days))
            source.refresh_from_db()
            assert source.is_lost == is_told, days
            assert ("Not reachable when last checked" in self.page(case)) == is_told
        found = Address.objects.get()
        assert (found.failures, found.first_failure) == (5, MONDAY)
        page = self.page(case)
        assert "Not reachable when last checked on 24 May 2026." in page
        copy = "https://web.archive.org/web/20260524/https://example.org/judgment?id=1&amp;lang=en"
        assert f'<a href="{copy}#top" rel="external">Look for an archived copy</a>' in page

    def test_by_the_command(self, web: Server, on_day: OnDay) -> None:
        case = public_case()
        name(case, web.at("/404"))
        on_day(MONDAY)
        assert "told to readers: 0" in run()
        assert "Not reachable" not in self.page(case)
        on_day(MONDAY + WEEK)
        assert "told to readers: 1" in run()
        assert "Not reachable when last checked on 11 May 2026." in self.page(case)

    @pytest.mark.parametrize(
        "status", [S.REACHABLE, S.REFUSED, S.UNCHECKED], ids=lambda status: status.value
    )
    def test_anything_else_begins_anew(self, status: LinkStatus) -> None:
        case = public_case()
        name(case, self.url)
        register.save([failing(self.url)], MONDAY)
        register.save([Finding(self.url, status)], MONDAY + WEEK)
        register.save([failing(self.url)], MONDAY + 2 * WEEK)
        found = Address.objects.get()
        assert (found.status, found.failures) == (S.FAILING, 1)
        assert found.first_failure == MONDAY + 2 * WEEK
        assert "Not reachable" not in self.page(case)

    def test_a_page_that_comes_back_is_not_called_lost(self) -> None:
        case = public_case()
        name(case, self.url)
        for day in (MONDAY, MONDAY + WEEK):
            register.save([failing(self.url)], day)
        assert "Not reachable" in self.page(case)
        register.save([Finding(self.url, S.REACHABLE, "", 200)], MONDAY + 2 * WEEK)
        assert "Not reachable" not in self.page(case)

    def test_a_clock_that_was_set_back(self) -> None:
        register.save([failing(self.url)], MONDAY + WEEK)
        register.save([failing(self.url)], MONDAY)
        assert Address.objects.get().first_failure == MONDAY

    @pytest.mark.parametrize("language", ["ar", "zh", "fr"])
    def test_in_every_language(self, language: str) -> None:
        case = public_case()
        name(case, self.url)
        for day in (MONDAY, MONDAY + WEEK):
            register.save([failing(self.url)], day)
        page = reader().get(f"/{language}/cases/{case.code}/").content.decode()
        assert "https://web.archive.org/web/20260511/" in page

    def test_it_costs_the_page_no_query(self) -> None:
        case = public_case()

        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                self.page(case)
            return len(found)

        before = queries()
        for number in range(10):
            name(case, f"{self.url}{number}")
        found = [failing(f"{self.url}{number}") for number in range(10)]
        for day in (MONDAY, MONDAY + WEEK):
            register.save(found, day)
        assert self.page(case).count("Not reachable when last checked") == 10
        assert queries() == before

    def test_what_the_database_refuses(self) -> None:
        for wrong in (
            {"status": "odd"},
            {"failures": 1},
            {"first_failure": MONDAY},
            {"status": "moved"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Address.objects.create(url="https://example.org/", **wrong)


@pytest.mark.usefixtures("no_addresses")
class TestTheAdmin:
    old, new = "https://example.org/old", "https://example.org/new"

    def act(self, client: Client, action: str, *addresses: Address) -> str:
        data = {"action": action, "_selected_action": [row.pk for row in addresses]}
        response = client.post(address(Address, "changelist"), data, follow=True)
        assert response.status_code == 200
        return response.content.decode()

    def moved(self) -> Address:
        register.save([Finding(self.old, S.MOVED, "Has moved.", 200, self.new)], MONDAY)
        return Address.objects.get(url=self.old)

    def test_curators_see_it_at_once_in_the_record(self, admin_client: Client) -> None:
        case = public_case()
        name(case, self.old)
        register.save([failing(self.old)], MONDAY)
        page = admin_client.get(address(Case, "change", case.pk)).content.decode()
        assert "Failed, not yet confirmed, 4 May 2026</a>" in page
        link = f"{address(Address, 'changelist')}?url=https%3A%2F%2Fexample.org%2Fold"
        assert link in page
        assert admin_client.get(link).context["cl"].result_count == 1

    def test_another_address_of_a_source_is_not_checked_yet(self, admin_client: Client) -> None:
        case = public_case()
        source = name(case, self.old)
        register.save([failing(self.old)], MONDAY)
        page = open_page(admin_client, Case, case.pk)
        row = next(key for key, value in page.data.items() if value == [self.old])
        page.fill(**{row: self.new})
        assert send(admin_client, Case, page, case.pk).status_code == 302
        source.refresh_from_db()
        assert (source.url, source.status, source.last_checked) == (self.new, "unchecked", None)

    def test_a_source_that_is_saved_unchanged_keeps_what_is_known(
        self, admin_client: Client
    ) -> None:
        case = public_case()
        source = name(case, self.old)
        register.save([failing(self.old)], MONDAY)
        page = open_page(admin_client, Case, case.pk)
        row = next(key for key, value in page.data.items() if value == [self.old])
        page.fill(**{row.replace("-url", "-title"): "Another title"})
        assert send(admin_client, Case, page, case.pk).status_code == 302
        source.refresh_from_db()
        assert (source.title, source.status) == ("Another title", "failing")

    def test_the_list_names_the_records(self, admin_client: Client) -> None:
        cases = list(Case.objects.order_by("code")[:5])
        for case in cases:
            name(case, self.old)
        name(cases[0], self.new)
        register.save([failing(self.old), Finding(self.new, S.REACHABLE)], MONDAY)
        page = admin_client.get(address(Address, "changelist"))
        text = page.content.decode()
        assert f'<a href="{address(Case, "change", cases[0].pk)}">{cases[0].code}</a>' in text
        assert "and 2 more" in text
        row = Address.objects.get(url=self.old)
        text = admin_client.get(address(Address, "change", row.pk)).content.decode()
        assert all(case.code in text for case in cases)
        assert "Answers 404" in text

    def test_filters_and_search(self, admin_client: Client) -> None:
        urls = [f"https://{host}.example/" for host in ("a", "b", "c", "d")]
        for failures, url in enumerate(urls):
            for _number in range(failures):
                register.save([failing(url)], MONDAY)
        register.save([Finding(urls[0], S.REACHABLE)], MONDAY)

        def found(**query: str) -> set[str]:
            page = admin_client.get(address(Address, "changelist"), query)
            return {row.url for row in page.context["cl"].result_list}

        assert found(status__exact="failing") == set(urls[1:])
        assert found(q="b.exam") == {urls[1]}
        for number in range(4):
            assert found(failed=str(number)) == {urls[number]}
        odd = admin_client.get(address(Address, "changelist"), {"failed": "odd"})
        assert odd["Location"] == f"{address(Address, 'changelist')}?e=1"
        assert found(e="1") == set(urls)

    def test_the_list_costs_few_queries_however_long(
        self, admin_client: Client, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        urls = [f"https://example.org/{number}" for number in range(10_000)]
        Address.objects.bulk_create([Address(url=url) for url in urls])
        case = public_case()
        sources = [CaseSource(case=case, title="x", url=url) for url in urls]
        CaseSource.objects.bulk_create(sources)
        for query in ({}, {"q": "example.org/77"}, {"status__exact": "unchecked"}, {"p": "100"}):
            with django_assert_max_num_queries(10):
                page = admin_client.get(address(Address, "changelist"), query)
            assert case.code in page.content.decode()

    def test_hostile_texts_are_shown_as_texts(self, admin_client: Client) -> None:
        evil = 'https://example.org/"><script>alert(1)</script>'
        name(public_case(), evil)
        register.save([Finding(evil, S.FAILING, "<script>alert(2)</script>")], MONDAY)
        row = Address.objects.get()
        for view in (address(Address, "changelist"), address(Address, "change", row.pk)):
            assert "<script>alert" not in admin_client.get(view).content.decode()

    def test_check_again_now(self, web: Server, admin_client: Client) -> None:
        case = public_case()
        for path in ("/ok", "/404"):
            name(case, web.at(path))
            register.save([failing(web.at(path))], MONDAY)
        page = self.act(admin_client, "check_again", *Address.objects.all())
        assert "Reachable: 1; Failed, not yet confirmed: 1" in page
        assert Address.objects.get(url=web.at("/ok")).status == S.REACHABLE
        assert Address.objects.get(url=web.at("/404")).status == S.DEAD
        assert CaseSource.objects.get(url=web.at("/404")).is_lost

    def test_no_more_than_twenty(self, web: Server, admin_client: Client) -> None:
        Address.objects.bulk_create(Address(url=web.at(f"/{n}")) for n in range(21))
        assert "Choose 20 addresses" in self.act(
            admin_client, "check_again", *Address.objects.all()
        )
        assert web.asked == []

    def test_check_again_without_network(self, admin_client: Client) -> None:
        Address.objects.bulk_create(Address(url=f"http://{n}.example/") for n in "abc")
        page = self.act(admin_client, "check_again", *Address.objects.all())
        assert "no network" in page
        assert not Address.objects.exclude(status=S.UNCHECKED).exists()

    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.parametrize("fault", [socket.EAI_AGAIN, socket.EAI_NONAME])
    def test_check_again_of_few_without_network(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch, number: int, fault: int
    ) -> None:
        def cut_off(*args: Any, **kwargs: Any) -> Any:
            raise socket.gaierror(fault, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", cut_off)
        monkeypatch.setattr("portal.links.admin.WAITING", Manners(delay=0, retries=0))
        urls = [f"http://{host}.example/" for host in "ab"[:number]]
        register.save([Finding(url, S.REACHABLE, "", 200) for url in urls], MONDAY)
        page = self.act(admin_client, "check_again", *Address.objects.all())
        assert "this machine may have no network" in page
        assert [(row.status, row.failures) for row in Address.objects.all()] == [
            (S.REACHABLE, 0)
        ] * number

    def test_check_again_without_a_way_out(
        self,
        admin_client: Client,
        monkeypatch: pytest.MonkeyPatch,
        nobody_else: dict[str, list[str]],
    ) -> None:
        nobody_else["a.example"] = ["8.8.8.8"]

        def connect(*args: Any, **kwargs: Any) -> Any:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

        monkeypatch.setattr(socket, "create_connection", connect)
        monkeypatch.setattr("portal.links.admin.WAITING", Manners(delay=0, retries=0))
        row = Address.objects.create(url="http://a.example/")
        assert "may have no network" in self.act(admin_client, "check_again", row)
        row.refresh_from_db()
        assert row.status == S.UNCHECKED

    def test_check_again_of_one_that_is_silent(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where a connection was tried, the machine is to blame, and the failure is kept."""
        monkeypatch.setattr("portal.links.admin.WAITING", Manners(delay=0, retries=0))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            row = Address.objects.create(url=f"http://127.0.0.1:{free.getsockname()[1]}/")
            page = self.act(admin_client, "check_again", row)
            assert "Failed, not yet confirmed: 1" in page
        row.refresh_from_db()
        assert (row.status, row.failures) == (S.FAILING, 1)

    def test_taking_over_where_an_address_has_moved(self, admin_client: Client) -> None:
        cases = list(Case.objects.public().order_by("code")[:2])
        for case in cases:
            name(case, self.old)
        process = Process.objects.first()
        assert process is not None
        ProcessSource.objects.create(process=process, title="x", url=self.old)
        moved = self.moved()
        others = Case.objects.exclude(pk__in=[case.pk for case in cases]).order_by("pk")
        before_others = list(others.values_list("pk", "changed_at"))
        page = self.act(admin_client, "take_over", moved)
        names = ", ".join(sorted([*(case.code for case in cases), process.code]))
        assert f"Changed: {names}" in page
        for kind in register.source_kinds():
            assert not kind.model._default_manager.filter(url=self.old).exists()
        assert ProcessSource.objects.get(url=self.new).process == process
        for case in cases:
            before, source = case.changed_at, CaseSource.objects.get(case=case, url=self.new)
            case.refresh_from_db()
            assert case.changed_at > before
            document = SearchDocument.objects.get(code=case.code)
            assert document.changed_at == case.changed_at
            assert (source.status, source.last_checked) == (S.REACHABLE, MONDAY)
            latest = Revision.objects.of(case).first()
            assert latest is not None
            assert (latest.by_name, latest.changed) == ("admin", ["sources"])
            assert LogEntry.objects.filter(object_id=case.pk).exists()
        assert list(others.values_list("pk", "changed_at")) == before_others
        assert [row.url for row in Address.objects.all()] == [self.new]

    def test_what_has_not_moved_stays(self, admin_client: Client) -> None:
        name(public_case(), self.old)
        register.save([failing(self.old)], MONDAY)
        found = Address.objects.get()
        assert "None of these addresses has moved" in self.act(admin_client, "take_over", found)
        with pytest.raises(ValueError, match="has not moved"):
            replace(found, user=None, may_change=lambda owner: True)
        assert CaseSource.objects.filter(url=self.old).exists()

    def test_who_may_not_change_a_record_cannot_change_its_source(self, client: Client) -> None:
        name(public_case(), self.old)
        moved = self.moved()
        user = User.objects.create_user("keeper", is_staff=True)
        for codename in ("view_address", "change_address"):
            user.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(user)
        assert "may not change" in self.act(client, "take_over", moved)
        assert CaseSource.objects.filter(url=self.old).exists()
        assert Address.objects.filter(pk=moved.pk).exists()

    def test_who_may_only_look_has_no_actions(self, web: Server, client: Client) -> None:
        Address.objects.create(url=web.at("/ok"))
        user = User.objects.create_user("looker", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_address"))
        client.force_login(user)
        page = client.get(address(Address, "changelist"))
        assert page.status_code == 200
        actions = admin.site.get_model_admin(Address).get_actions(page.wsgi_request)
        assert actions == {}
        self.act(client, "check_again", *Address.objects.all())
        assert web.asked == []

    def test_the_page_of_an_address_changes_nothing(self, admin_client: Client) -> None:
        row = Address.objects.create(url=self.old)
        data = {"url": self.new, "status": "dead", "failures": "7"}
        admin_client.post(address(Address, "change", row.pk), data)
        row.refresh_from_db()
        assert (row.url, row.status, row.failures) == (self.old, "unchecked", 0)


@pytest.mark.usefixtures("no_addresses")
def test_nothing_is_kept_before_somebody_answers() -> None:
    keeper = Keeper(MONDAY)
    for number in range(50):
        keeper.add(Finding(f"http://{number}.example/", S.FAILING))
    assert Address.objects.count() == 0
    with pytest.raises(CutOffError):
        keeper.close()
    keeper.add(Finding("http://x.example/", S.REFUSED, "The encryption does not hold"))
    assert Address.objects.count() == 51


@pytest.mark.django_db
def test_every_kind_of_source_is_known() -> None:
    kinds = register.source_kinds()
    known = {"cases", "legislation", "bibliography", "reference"}
    assert {kind.database for kind in kinds} == known
    assert len(register.addresses()) > 1500
    url = CaseSource.objects.exclude(url="").values_list("url", flat=True)[0]
    assert register.named_by([url])[url]
    assert checking.FIRST_WAIT > 1
