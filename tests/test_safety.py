"""What holds for every request: headers, bounds, the gate of the admin, reports of browsers."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from caselaw.models import Case
from portal.accounts.models import User
from portal.accounts.throttling import client_network
from portal.records.models import State
from portal.safety import bounds, reports
from portal.safety.headers import PERMISSIONS_POLICY
from portal.safety.values import SettingError, admin_path, networks
from tests.conftest import ROUNDS, reader
from tests.hostile import is_here
from tests.test_second_factor import admin_addresses

pytestmark = pytest.mark.django_db

PAGES = ("/en/", "/en/cases/", "/en/countries/ITA/", "/api/", "/api/reference/", "/admin/login/")
#: What any page of the world may read.
OPEN = ("/api/v1/cases/", "/api/schema/", "/oai?verb=Identify", "/en/cases/feed/", "/data/")
LOGIN = "/admin/login/"


# --- Headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, *OPEN, "/en/nothing/", "/robots.txt", "/static/none.css"])
def test_every_answer_says_what_may_be_done_with_it(path: str) -> None:
    headers = reader().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert "report-uri /reports/policy/" in policy
    assert "report-to policy" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
    is_open = any(path.startswith(opened.split("?")[0]) for opened in OPEN)
    assert headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if is_open else "same-origin")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if headers["Content-Type"].startswith("text/html"):
        assert headers["Reporting-Endpoints"] == 'policy="/reports/policy/"'


def test_what_any_page_may_read_by_cors_no_other_header_keeps_from_it() -> None:
    for path in OPEN:
        headers = reader().get(path, headers={"Origin": "https://elsewhere.example"}).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in headers


def test_what_middleware_answers_by_itself_has_a_policy_too(settings: Any) -> None:
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    preflight = reader().options("/api/v1/cases/", headers=asks)
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "default-src 'none'" in preflight["Content-Security-Policy"]
    settings.HTTPS = True
    refused = reader().get("/en/", headers={"Authorization": "Bearer x"})
    assert refused.status_code == 403
    assert "default-src 'none'" in refused["Content-Security-Policy"]


def test_a_chart_may_stand_in_an_article_elsewhere() -> None:
    answer = reader().get("/en/insights/modes/chart.svg")
    if answer.status_code == 404:
        page = reader().get("/en/insights/modes/").content.decode()
        address = next(part for part in page.split('"') if ".svg" in part and "static" not in part)
        answer = reader().get(address.replace("&amp;", "&"))
    assert answer["Content-Type"].startswith("image/svg")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_pages_of_staff_are_kept_nowhere_and_searched_by_nobody(admin_client: Client) -> None:
    for address in admin_addresses():
        answer = admin_client.get(address)
        assert answer["X-Robots-Tag"] == "noindex, nofollow", address
        if not answer["Content-Type"].startswith("text/javascript"):
            assert "no-store" in answer["Cache-Control"], address
    case = Case.objects.public().order_by("code").first()
    assert case is not None
    public = reverse("cases:record", kwargs={"code": case.code})
    assert "no-store" in admin_client.get(public)["Cache-Control"]
    assert "no-store" not in reader().get(public).get("Cache-Control", "")


def test_cookies_are_for_this_host_and_no_script(admin_client: Client) -> None:
    seen: SimpleCookie = SimpleCookie()
    for client in (Client(), admin_client):
        for path in (*PAGES, *OPEN):
            seen.update(client.get(path).cookies)
    User.objects.create_user("ada", password="nine barrels of herring", is_staff=True)
    client = Client()
    given = {"username": "ada", "password": "nine barrels of herring"}
    seen.update(client.post(LOGIN, given).cookies)
    assert {"sessionid", "csrftoken"} <= set(seen)
    for name, cookie in seen.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name


# --- Bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/en/cases/?q=" + "x" * bounds.MAX_QUERY, 414),
        ("/api/v1/cases/?q=" + "x" * bounds.MAX_QUERY, 414),
        ("/en/" + "x" * bounds.MAX_PATH, 414),
        ("/en/cases/?" + "&".join(["a=b"] * (bounds.MAX_PARAMETERS + 1)), 400),
        ("/api/v1/cases/?" + "&".join(["a=b"] * (bounds.MAX_PARAMETERS + 1)), 400),
    ],
)
def test_an_address_is_bounded(address: str, status: int) -> None:
    answer = reader().get(address)
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    if address.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", [LOGIN, "/oai", "/en/cases/", "/admin/second-factor/"])
def test_an_upload_of_a_stranger_is_refused_before_it_is_read(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(*args: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest._load_post_and_files", reading)
    body = b"x" * (bounds.MAX_BODY + 1)
    answer = reader().post(path, body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


def test_a_curator_may_send_more_and_not_without_end(admin_client: Client, settings: Any) -> None:
    path = reverse("admin:caselaw_case_add")
    given = {"facts": "x" * (bounds.MAX_BODY + 1)}
    assert admin_client.post(path, given).status_code == 200, "the form with its faults"
    settings.STAFF_BODY_MAX_BYTES = bounds.MAX_BODY
    assert admin_client.post(path, given).status_code == 413


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "BREW", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/en/cases/", "/robots.txt", "/oai", LOGIN])
def test_only_known_methods_are_answered(method: str, path: str) -> None:
    answer = reader().generic(method, path)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST, OPTIONS"


# --- Failures outside of views ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/", "/admin/caselaw/case/"])
def test_a_session_that_cannot_be_looked_up_is_a_503(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up in middleware, where no other middleware sees the exception."""

    def broken(*args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    client.get("/en/")
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", broken)
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "OperationalError" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/en/about/", "/api/v1/"])
def test_a_fault_of_ours_tells_nothing_of_itself(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the password of the database is hunter2")

    monkeypatch.setattr("portal.limits.middleware.is_limited", broken)
    answer = Client(raise_request_exception=False).get(path)
    assert answer.status_code == 500
    assert "hunter2" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


# --- The gate of the admin ----------------------------------------------------------------------


@pytest.fixture
def guarded(settings: Any) -> None:
    settings.ADMIN_ALLOWED_NETWORKS = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]


def test_for_who_comes_from_elsewhere_there_is_no_admin(
    admin_client: Client, guarded: None
) -> None:
    usual = admin_client.get("/nothing/", REMOTE_ADDR="198.51.100.1")
    for path in [*admin_addresses(), "/admin", "/admin/nothing"]:
        answer = admin_client.get(path, REMOTE_ADDR="198.51.100.1")
        assert answer.status_code == 404, path
        assert answer.headers.keys() == usual.headers.keys(), path
        assert "admin" not in answer.content.decode().replace(path, ""), path
    assert admin_client.get("/admin/", REMOTE_ADDR="192.0.2.9").status_code == 200
    assert admin_client.get("/admin/", REMOTE_ADDR="::ffff:192.0.2.9").status_code == 200
    assert admin_client.get("/admin/", REMOTE_ADDR="2001:db8::9").status_code == 200


def test_a_session_from_elsewhere_opens_nothing(admin_client: Client, guarded: None) -> None:
    case = Case.objects.public().order_by("code").first()
    assert case is not None
    page = reverse("cases:record", kwargs={"code": case.code})
    change = reverse("admin:caselaw_case_change", args=[case.pk])
    assert change in admin_client.get(page, REMOTE_ADDR="192.0.2.9").content.decode()
    seen = admin_client.get(page, REMOTE_ADDR="198.51.100.1").content.decode()
    assert change not in seen
    Case.objects.filter(pk=case.pk).update(state=State.DRAFT)
    assert admin_client.get(page, REMOTE_ADDR="198.51.100.1").status_code == 404


@pytest.mark.usefixtures("guarded")
def test_the_gate_believes_only_our_own_proxies(settings: Any) -> None:
    told = {"X-Forwarded-For": "192.0.2.9"}
    assert reader().get(LOGIN, headers=told, REMOTE_ADDR="198.51.100.1").status_code == 404
    settings.TRUSTED_PROXIES = 1
    assert reader().get(LOGIN, headers=told, REMOTE_ADDR="198.51.100.1").status_code == 200
    forged = {"X-Forwarded-For": "192.0.2.9, 198.51.100.7"}
    assert reader().get(LOGIN, headers=forged, REMOTE_ADDR="192.0.2.9").status_code == 404


@pytest.mark.parametrize(
    ("given", "path"),
    [("admin/", "admin/"), ("/staff", "staff/"), (" a/b-c_1/ ", "a/b-c_1/")],
)
def test_the_address_of_the_admin(given: str, path: str) -> None:
    assert admin_path(given, ("en",)) == path


@pytest.mark.parametrize(
    "given", ["", "/", "a//b", "../x", "a b", "a?b", "en/", "api/x", "x%2f", "é", "a\n", "static"]
)
def test_what_cannot_be_the_address_of_the_admin(given: str) -> None:
    if given == "a\n":
        assert admin_path(given) == "a/"
        return
    with pytest.raises(SettingError, match="ADMIN_PATH"):
        admin_path(given, ("en",))


def test_networks_are_read_strictly() -> None:
    assert networks(["192.0.2.1", " 2001:db8::/32 ", ""], "X") == [
        ip_network("192.0.2.1/32"),
        ip_network("2001:db8::/32"),
    ]
    for wrong in ("192.0.2.1/24", "office", "10.0.0.0/33"):
        with pytest.raises(SettingError, match="ADMIN_ALLOWED"):
            networks([wrong], "ADMIN_ALLOWED_NETWORKS")


# --- Signing in ---------------------------------------------------------------------------------


def test_an_address_tries_so_many_passwords_a_minute_whatever_the_names(settings: Any) -> None:
    settings.SIGN_IN_REQUESTS_PER_MINUTE = 3
    client = Client(REMOTE_ADDR="2001:db8:1:2::1")
    for number in range(3):
        given = {"username": f"name-{number}", "password": "x"}
        assert client.post(LOGIN, given).status_code == 200
    refused = client.post(LOGIN, {"username": "another", "password": "x"})
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert client.get(LOGIN).status_code == 200, "the page itself can be looked at"
    same = Client(REMOTE_ADDR="2001:db8:1:2:ffff::9")
    assert same.post(LOGIN, {"username": "x", "password": "x"}).status_code == 429
    assert same.post("/admin/second-factor/", {"code": "1"}).status_code == 429
    other = Client(REMOTE_ADDR="192.0.2.9")
    assert other.post(LOGIN, {"username": "x", "password": "x"}).status_code == 200


def test_wrong_passwords_count_for_the_whole_of_an_ipv6_network(rf: Any) -> None:
    def named(address: str) -> str:
        return client_network(rf.get("/", REMOTE_ADDR=address))

    assert named("2001:db8:1:2::1") == named("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert named("::ffff:192.0.2.1") == named("192.0.2.1") == "192.0.2.1"
    assert named("") == "0.0.0.0"


def test_a_known_name_and_an_unknown_one_get_the_same_answer_for_the_same_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    User.objects.create_user("qx-known", password="nine barrels of herring", is_staff=True)
    User.objects.create_user("qx-reader", password="nine barrels of herring")
    User.objects.create_user("qx-gone", password="x" * 20, is_staff=True, is_active=False)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", ROUNDS)
    hashed: list[int] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: Any, password: str, salt: Any, iterations: int | None = None) -> str:
        hashed.append(iterations or self.iterations)
        return encode(self, password, salt, 1)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    answers = {}
    for name in ("qx-known", "qx-unknown", "qx-reader", "qx-gone", "qx-" + "z" * 400):
        client = Client(REMOTE_ADDR="192.0.2.5")
        client.get(LOGIN)
        hashed.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(LOGIN, {"username": name, "password": "wrong"})
        page = re.sub(r'value="[^"]*"', "", answer.content.decode())
        work = (sum(hashed), len(queries))
        answers[name] = (answer.status_code, sorted(answer.headers), page, work)
    told = {name: (*answer[:2], answer[2]) for name, answer in answers.items()}
    assert len(set(map(str, told.values()))) == 1, "the same page"
    # Nobody can have a name of 400 letters, so that to refuse it at once tells nothing.
    works = {name: answer[3] for name, answer in answers.items() if len(name) < 400}
    assert len(set(works.values())) == 1, works
    assert works["qx-known"][0] > 100_000


def test_a_planted_session_is_left_behind() -> None:
    user = User.objects.create_user("ada", password="nine barrels of herring", is_staff=True)
    victim = Client()
    session = victim.session
    session["planted"] = "by somebody"
    session.save()
    planted = session.session_key
    victim.cookies["sessionid"] = planted or ""
    sent = {"username": user.username, "password": "nine barrels of herring"}
    assert victim.post(LOGIN, sent).status_code == 302
    assert victim.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted or ""
    assert attacker.get("/admin/").headers["Location"].startswith(LOGIN)


def test_a_session_ends_after_some_days_however_it_is_used(settings: Any) -> None:
    user = User.objects.create_superuser("ada", password="x")
    client = Client()
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    session = client.session
    session["staff_session"]["begun"] -= settings.SESSION_MAX_HOURS * 3600 - 60
    session.save()
    assert client.get("/admin/").status_code == 200
    session = client.session
    session["staff_session"]["begun"] -= 61
    session.save()
    assert client.get("/admin/").headers["Location"].startswith(LOGIN)
    assert not user.staff_sessions.exists()
    assert settings.SESSION_COOKIE_AGE == 12 * 3600


def test_who_is_no_longer_active_is_out(admin_client: Client, admin_user: User) -> None:
    assert admin_client.get("/admin/").status_code == 200
    User.objects.filter(pk=admin_user.pk).update(is_active=False)
    assert admin_client.get("/admin/").headers["Location"].startswith(LOGIN)


def test_passwords_are_long_and_not_of_the_portals_own_words() -> None:
    for good in ("nine barrels of herring", "x" * 8 + "qzjw", "é" * 70, "ärmel kanal über"):
        validate_password(good)
    for bad in ("elevenchars", "passwordpassword", "123456789012345", "SmugglingPortal2026!",
                "migrants-admin-99", "qwertyuiop"):  # fmt: skip
        with pytest.raises(ValidationError):
            validate_password(bad)


def test_leaving_empties_what_a_browser_kept(admin_client: Client) -> None:
    assert admin_client.post("/admin/logout/")["Clear-Site-Data"] == '"cache"'


def test_who_signs_in_is_logged_without_name_or_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    user = User.objects.create_user("ada", password="nine barrels of herring", is_staff=True)
    client = Client(REMOTE_ADDR="192.0.2.77")
    with caplog.at_level(logging.INFO, "portal.sign_in"):
        client.post(LOGIN, {"username": "ada\nforged", "password": "wrong"})
        client.post(LOGIN, {"username": "ada", "password": "nine barrels of herring"})
    assert f"User {user.pk} gave the right password" in caplog.text
    assert "wrong name or password" in caplog.text
    for secret in ("192.0.2.77", "forged", "herring"):
        assert secret not in caplog.text


def test_a_key_is_changed_without_signing_anybody_out(settings: Any) -> None:
    user = User.objects.create_superuser("ada", password="x")
    client = Client()
    client.force_login(user)
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new key " * 5, [former]
    assert client.get("/admin/").status_code == 200
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a third key " * 5, []
    assert client.get("/admin/").status_code == 302


# --- Redirects and hosts ------------------------------------------------------------------------

HOSTS = st.sampled_from(
    [
        *("//evil.example", "https://evil.example/", "http:evil.example", r"\\evil.example"),
        *("/\\evil.example", "///evil.example", "javascript:alert(1)", "data:text/html,x"),
        *("https:/evil.example", "\thttps://evil.example", "//evil.example%2f..", "/%09/evil"),
        *("http://testserver@evil.example/", "http://testserver.evil.example/", "/\t/evil.example"),
    ]
)


@given(target=st.one_of(HOSTS, st.text(max_size=30).map("//".__add__)), path=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_nobody_is_led_elsewhere(target: str, path: bool) -> None:
    quoted = quote(target, safe="")
    addresses = [
        f"/admin/?next={quoted}",
        f"/admin/login/?next={quoted}",
        f"/admin/second-factor/?next={quoted}",
        f"/admin/logout/?next={quoted}",
        f"/?next={quoted}&url={quoted}&redirect={quoted}",
        f"/id/{quoted}",
        f"/id/{quoted}.ris",
        f"/en/cases/?q=&next={quoted}&page=9999",
        f"/en/cases/{quoted}/",
        f"/favicon.ico?next={quoted}",
        f"/files/a/{'0' * 16}/{quoted}",
        f"/admin/r/1/{quoted}/",
    ]
    if path:
        addresses += [f"/{target}", f"/{target}/en/cases", f"/en/cases/..{target}", f"/{quoted}"]
    for address in addresses:
        answer = reader().get(quote(address, safe="/?=&%\\:@,.;"))
        assert answer.status_code < 500
        assert is_here(answer.get("Location", "/")), (address, answer["Location"])


def test_a_signed_in_curator_is_led_to_no_other_place(admin_client: Client) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = admin_client.get(f"{LOGIN}?next={quote(target, safe='')}")
        assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize("path", [*PAGES, *OPEN, "/", "/sitemap.xml", "/id/aus-2012-r-v-ahmad"])
def test_no_host_but_ours_is_believed(path: str) -> None:
    refused = reader().get(path, headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert b"evil" not in refused.content
    forwarded = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "66",
        "Forwarded": "host=x",
    }
    answer = reader().get(path, headers={**forwarded, "X-Original-URL": "/evil"})
    assert answer.status_code in (200, 302, 303)
    body = b"".join(answer) if answer.streaming else answer.content
    assert b"evil" not in body
    assert "evil" not in str(answer.headers)


def test_what_is_refused_as_suspicious_is_one_short_line(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reader().get("/en/", headers={"Host": "evil.example" + "x" * 400})
    (record,) = [found for found in caplog.records if "DisallowedHost" in found.name]
    assert record.exc_info is None
    assert len(record.getMessage()) <= 200


def test_a_token_that_came_by_plain_http_is_refused(settings: Any) -> None:
    settings.HTTPS = True
    brought = {"Authorization": "Bearer smp_" + "x" * 43}
    refused = reader().get("/api/v1/", headers=brought)
    assert refused.status_code == 403
    assert "HTTPS" in refused.json()["detail"]
    assert reader().get("/api/v1/", headers=brought, secure=True).status_code == 401
    assert reader().get("/api/v1/").status_code == 200


# --- Reports of browsers ------------------------------------------------------------------------

REPORTS = "/reports/policy/"
OLD = {
    "csp-report": {
        "document-uri": "https://testserver/en/cases/?q=my+own+name#part",
        "blocked-uri": "https://evil.example/x.js?secret=1",
        "effective-directive": "script-src-elem",
        "line-number": 7,
        "script-sample": "what somebody typed",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": "https://testserver/en/?q=my+own+name",
        "user_agent": "Mozilla/5.0",
        "body": {
            "documentURL": "http://testserver/en/?q=my+own+name",
            "blockedURL": "inline",
            "effectiveDirective": "style-src-attr",
            "sample": "what somebody typed",
        },
    },
    {"type": "deprecation", "body": {"message": "what nobody asked for"}},
]


def told(body: Any, kind: str, **extra: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    return reader().post(REPORTS, content, content_type=kind, **extra)


@pytest.mark.parametrize(
    ("body", "kind", "line"),
    [
        (
            OLD,
            "application/csp-report",
            "directive=script-src-elem blocked=evil.example page=/en/cases/ line=7",
        ),
        (NEW, "application/reports+json", "directive=style-src-attr blocked=inline page=/en/"),
    ],
)
def test_a_report_is_one_line_without_what_a_reader_did(
    body: Any, kind: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = told(body, kind, REMOTE_ADDR="192.0.2.77")
    assert answer.status_code == 204
    assert not answer.content
    assert [record.getMessage() for record in caplog.records] == [
        f"A page broke its policy: {line}"
    ]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/csp-report", 400),
        (b"[" * 15_000, "application/reports+json", 400),
        (b"[1]", "application/reports+json", 400),
        (b'{"csp-report": 1}', "application/csp-report", 400),
        (b"\xff\xfe\x00", "application/csp-report", 400),
        (b"{}", "text/plain", 415),
        (b"", "application/csp-report", 415),
        (b" " * (reports.MAX_BYTES + 1), "application/csp-report", 413),
    ],
)
def test_what_is_no_report_is_refused(
    body: bytes, kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert told(body, kind).status_code == status
    assert "broke its policy" not in caplog.text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", *(k for names in reports._TOLD for k in names)]), inner
        )
    ),
    max_leaves=12,
)


@given(body=st.one_of(_JSON, _JSON.map(lambda b: {"csp-report": b}), st.lists(_JSON)))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_no_report_breaks_the_log(body: Any) -> None:
    handler = logging.Handler()
    lines: list[str] = []
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    reports.logger.addHandler(handler)
    try:
        sent = [{"type": "csp-violation", "body": body}] if isinstance(body, dict) else body
        answer = told(
            sent, "application/reports+json", REMOTE_ADDR=f"192.0.2.{hash(str(body)) % 250}"
        )
    finally:
        reports.logger.removeHandler(handler)
    assert answer.status_code in (204, 400, 413, 429)
    assert len(lines) <= reports.MAX_REPORTS
    for line in lines:
        assert line.isprintable()
        assert line.isascii()
        assert len(line) < 800


def test_reports_are_counted_by_network_and_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "FROM_ONE", 2)
    monkeypatch.setattr(reports, "FROM_ALL", 3)
    statuses = [
        told(OLD, "application/csp-report", REMOTE_ADDR=address).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    ]
    assert statuses == [204, 204, 429, 204, 429]


def test_reports_are_posted() -> None:
    assert reader().get(REPORTS).status_code == 405


# --- security.txt -------------------------------------------------------------------------------


def test_without_a_contact_there_is_no_security_txt(settings: Any) -> None:
    assert reader().get("/.well-known/security.txt").status_code == 404


def test_security_txt_is_what_the_rfc_says(settings: Any) -> None:
    settings.SECURITY_CONTACT = ["mailto:security@portal.example", "https://portal.example/report"]
    answer = reader().get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    assert [value for name, value in fields if name == "Contact"] == settings.SECURITY_CONTACT
    named = dict(fields)
    assert named["Canonical"] == "http://testserver/.well-known/security.txt"
    expires = datetime.fromisoformat(named["Expires"])
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)


# --- Settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"), [("ADMIN_PATH", "en/"), ("ADMIN_ALLOWED_NETWORKS", "192.0.2.1/24")]
)
def test_a_setting_that_cannot_be_meant_stops_the_portal(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import portal.settings"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert f"SettingError: {name}" in done.stderr
