"""The doors of the admin: password, second factor, throttling and the list of sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django_otp import oath
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp import models as otp_totp

from caselaw.models import Case
from portal.accounts import second_factor, sessions, sign_in
from portal.accounts.models import StaffSession, User
from portal.accounts.throttling import client_address
from tests.admin_forms import address

pytestmark = pytest.mark.django_db

PASSWORD = "nine barrels of herring"
LOGIN, CODE, SET_UP = "/admin/login/", "/admin/second-factor/", "/admin/second-factor/set-up/"
SECURITY = "/admin/security/"
FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)


class Clock:
    """The time as authenticators and django-otp tell it."""

    def __init__(self) -> None:
        self.now = timezone.now().timestamp() // 30 * 30

    def time(self) -> float:
        return self.now

    def wait(self, seconds: float = 30) -> None:
        self.now += seconds

    def code(self, key: str) -> str:
        """What an authenticator with this secret shows."""
        return f"{oath.totp(bytes.fromhex(key), t0=0, drift=self._step()):06d}"

    def _step(self) -> int:
        # `totp` reads the real clock; the drift takes it to ours.
        return int(self.now) // 30 - int(timezone.now().timestamp()) // 30


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    """A clock that stands still, and the second factor required, as it is by default."""
    settings.SECOND_FACTOR_REQUIRED = True
    clock = Clock()
    monkeypatch.setattr(otp_totp.time, "time", clock.time)
    return clock


@pytest.fixture
def marie() -> User:
    """A curator who may do everything and has no second factor yet."""
    return User.objects.create_superuser("marie", password=PASSWORD)


def give_password(client: Client, name: str = "marie", password: str = PASSWORD, **extra: Any):
    return client.post(LOGIN, {"username": name, "password": password, **extra})


def authenticator(user: User) -> Any:
    device = second_factor.authenticator_of(user)
    assert device is not None
    return device


@pytest.fixture
def enrolled(marie: User, clock: Clock) -> User:
    """The same with an authenticator, of which no code was used yet."""
    key = second_factor.new_key()
    assert second_factor.set_up(marie, key, clock.code(key))
    clock.wait(60)
    return marie


def sign_in_fully(user: User, clock: Clock, browser: str = FIREFOX) -> Client:
    """A browser in which somebody has given both factors and looked at one page."""
    client = Client(HTTP_USER_AGENT=browser)
    assert give_password(client, user.username)["Location"] == CODE
    clock.wait()
    response = client.post(CODE, {"code": clock.code(authenticator(user).key)})
    assert response["Location"] == "/admin/", response.content.decode()
    assert client.get("/admin/").status_code == 200
    return client


def shown_codes(response: HttpResponse) -> list[str]:
    return re.findall(r"<li>([a-z2-7]{4}-[a-z2-7]{4})</li>", response.content.decode())


def shown_key(page: str) -> str:
    """The secret as somebody would copy it from the page."""
    from base64 import b32decode

    found = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert found
    return b32decode(found[1].replace(" ", "")).hex()


def admin_addresses() -> Iterator[str]:
    """Every address of the admin, with something in the place of each parameter."""

    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif isinstance(pattern, URLPattern):
                route = prefix + str(pattern.pattern)
                route = re.sub(r"\^\(\?P<app_label>([^|)]+).*", r"\1/", route)
                route = re.sub(r"<(?:int|slug|path):[^>]*>|<[^>]*>", "1", route)
                yield "/admin/" + route.replace("(?P1.*)$", "anything/")

    yield from walk(admin.site.get_urls(), "")


OPEN = {LOGIN, CODE, SET_UP, "/admin/logout/"}


# --- Setting up ---------------------------------------------------------------------------------


def test_a_newcomer_sets_up_an_authenticator_and_gets_recovery_codes(
    marie: User, clock: Clock
) -> None:
    client = Client()
    page = client.get("/admin/caselaw/case/")
    assert page["Location"] == f"{LOGIN}?next=/admin/caselaw/case/"
    answer = give_password(client, next="/admin/caselaw/case/")
    answer = client.get(answer["Location"])
    assert answer["Location"] == f"{SET_UP}?next=%2Fadmin%2Fcaselaw%2Fcase%2F"
    page = client.get(answer["Location"])
    text = page.content.decode()
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    # Of the page before the second factor nothing tells what the admin holds.
    assert "caselaw/case/add" not in text
    key = shown_key(text)
    assert second_factor.picture(marie, key) in text
    assert key == shown_key(client.get(answer["Location"]).content.decode())
    typed = {"new_code": clock.code(key), "next": "/admin/caselaw/case/"}
    page = client.post(answer["Location"], typed)
    codes = shown_codes(page)
    assert page.status_code == 200
    assert len(set(codes)) == 10
    assert 'href="/admin/caselaw/case/"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert client.get("/admin/caselaw/case/").status_code == 200
    # They are shown once, and the page that set up is closed.
    assert not shown_codes(client.get(SECURITY))
    assert client.get(SET_UP)["Location"] == CODE
    assert client.get(CODE)["Location"] == "/admin/"


def test_the_qr_code_is_drawn_without_inline_style_and_says_what_the_text_says(
    marie: User,
) -> None:
    key = second_factor.new_key()
    drawing = second_factor.picture(marie, key)
    assert drawing.startswith("<svg")
    assert not re.search(r"style|data:|<script|\son", drawing)
    url = otp_totp.TOTPDevice(user=marie, key=key).config_url
    assert f"secret={second_factor.secret_text(key).replace(' ', '')}" in url
    assert "issuer=Smuggling%20of%20Migrants%20Knowledge%20Portal" in url


def test_a_wrong_code_sets_nothing_up(marie: User, clock: Clock) -> None:
    client = Client()
    give_password(client)
    key = shown_key(client.get(SET_UP).content.decode())
    wrong = f"{(int(clock.code(key)) + 1) % 1_000_000:06d}"
    page = client.post(SET_UP, {"new_code": wrong})
    assert page.status_code == 200
    assert "shows another code" in page.content.decode()
    assert second_factor.authenticator_of(marie) is None
    assert client.get("/admin/")["Location"].startswith(LOGIN)
    # The secret stays, so the app need not be set up again.
    assert shown_key(page.content.decode()) == key


def test_a_page_to_set_up_left_open_does_not_replace_an_authenticator(
    marie: User, clock: Clock
) -> None:
    """Two who know the password: the one who was slower is asked for the other's code."""
    first, second = Client(), Client()
    keys = []
    for client in (first, second):
        give_password(client)
        keys.append(shown_key(client.get(SET_UP).content.decode()))
    assert keys[0] != keys[1]
    assert shown_codes(first.post(SET_UP, {"new_code": clock.code(keys[0])}))
    answer = second.post(SET_UP, {"new_code": clock.code(keys[1])})
    assert answer["Location"] == CODE
    assert authenticator(marie).key == keys[0]
    assert second_factor.set_up(marie, keys[1], clock.code(keys[1])) is None
    assert authenticator(marie).key == keys[0]


def test_where_none_is_required_who_has_one_is_still_asked(
    marie: User, clock: Clock, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    client = Client()
    assert give_password(client)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert "You have none" in client.get(SECURITY).content.decode()
    key = shown_key(client.get(SET_UP).content.decode())
    assert shown_codes(client.post(SET_UP, {"new_code": clock.code(key)}))
    assert client.get("/admin/").status_code == 200
    other = Client()
    assert give_password(other)["Location"] == CODE
    assert other.get("/admin/")["Location"].startswith(LOGIN)
    forced = Client()
    forced.force_login(marie)
    assert forced.get("/admin/")["Location"].startswith(LOGIN)


# --- Codes --------------------------------------------------------------------------------------


def test_a_code_lets_in_once(enrolled: User, clock: Clock) -> None:
    client, code = Client(), clock.code(authenticator(enrolled).key)
    give_password(client)
    before = client.session.session_key
    assert client.post(CODE, {"code": f" {code[:3]} {code[3:]} "})["Location"] == "/admin/"
    assert client.session.session_key != before
    assert sign_in.PENDING not in client.session
    assert client.get("/admin/").status_code == 200
    again = Client()
    give_password(again)
    page = again.post(CODE, {"code": code})
    assert page.status_code == 200
    assert "wrong or was used before" in page.content.decode()
    assert again.get("/admin/")["Location"].startswith(LOGIN)


def test_the_code_that_set_up_does_not_sign_in(marie: User, clock: Clock) -> None:
    key = second_factor.new_key()
    code = clock.code(key)
    second_factor.set_up(marie, key, code)
    client = Client()
    give_password(client)
    assert client.post(CODE, {"code": code}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_a_recovery_code_works_once(enrolled: User) -> None:
    code, other = second_factor.new_recovery_codes(enrolled)[:2]
    for typed, works in ((code.upper(), True), (code, False), (other.replace("-", " "), True)):
        client = Client()
        give_password(client)
        # Not a test of throttling.
        StaticDevice.objects.update(throttling_failure_count=0)
        answer = client.post(CODE, {"code": typed})
        assert (answer.status_code == 302) is works, typed
        assert (client.get("/admin/").status_code == 200) is works
    assert StaticToken.objects.filter(device__user=enrolled).count() == 8
    assert "8 recovery codes are left" in client.get(SECURITY).content.decode()


def test_a_code_of_somebody_else_is_wrong(enrolled: User, clock: Clock) -> None:
    paul = User.objects.create_user("paul", password=PASSWORD, is_staff=True)
    key = second_factor.new_key()
    codes = second_factor.set_up(paul, key, clock.code(key))
    assert codes
    clock.wait()
    client = Client()
    give_password(client)
    for code in (codes[0], clock.code(key)):
        assert client.post(CODE, {"code": code}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_wrong_codes_are_throttled(enrolled: User, clock: Clock) -> None:
    client = Client()
    give_password(client)
    key = authenticator(enrolled).key
    right = clock.code(key)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert client.post(CODE, {"code": wrong}).status_code == 200
    device = authenticator(enrolled)
    device.throttling_failure_count = 9
    device.save()
    page = client.post(CODE, {"code": right})
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 256
    assert "Too many wrong codes. Try again in 5 minutes." in page.content.decode()
    assert client.get("/admin/").status_code == 302
    # Not for the other kind of code.
    assert client.post(CODE, {"code": second_factor.new_recovery_codes(enrolled)[0]})["Location"]
    # And over when the time is.
    device = authenticator(enrolled)
    device.throttling_failure_timestamp -= timedelta(seconds=257)
    device.save()
    again = Client()
    give_password(again)
    assert again.post(CODE, {"code": right})["Location"] == "/admin/"


HOSTILE = [
    "",
    " ",
    "\x00",
    "12\x0034",
    "1" * 100_000,
    "a" * 41,
    "\x1b[31m",
    "²³¹²³¹",
    "१२३४५६",
    "-12345",
    "1e5",
    "0x1234",
    "½½½½½½",
    "\u202e123456",
    "' OR 1=1",
    "<script>alert(1)</script>",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nonsense_is_a_wrong_code(enrolled: User, text: str) -> None:
    client = Client()
    give_password(client)
    for url, field in ((CODE, "code"), (CODE, "other")):
        page = client.post(url, {field: text})
        assert page.status_code == 200
        assert b"errornote" in page.content
        assert b"<script>alert" not in page.content
    assert client.get("/admin/").status_code == 302
    newcomer = Client()
    User.objects.create_superuser("new", password=PASSWORD)
    give_password(newcomer, "new")
    assert newcomer.post(SET_UP, {"new_code": text}).status_code == 200


def test_codes_may_be_typed_in_the_digits_of_any_script(enrolled: User, clock: Clock) -> None:
    client = Client()
    give_password(client)
    arabic = "".join("٠١٢٣٤٥٦٧٨٩"[int(digit)] for digit in clock.code(authenticator(enrolled).key))
    assert client.post(CODE, {"code": arabic})["Location"] == "/admin/"


# --- Between password and code ------------------------------------------------------------------


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("has_one", [False, True])
def test_no_address_is_open_between_password_and_code(
    marie: User, clock: Clock, forced: bool, has_one: bool
) -> None:
    if has_one:
        key = second_factor.new_key()
        second_factor.set_up(marie, key, clock.code(key))
    client = Client()
    if forced:
        client.force_login(marie)
    else:
        give_password(client)
        # Nobody is signed in yet, on any page.
        assert client.get("/en/").wsgi_request.user.is_anonymous
    addresses = set(admin_addresses()) - OPEN
    assert len(addresses) > 100
    assert {"/admin/", SECURITY, address(Case, "changelist")} <= addresses
    for url in sorted(addresses):
        for send in (client.get, client.post):
            answer = send(url)
            assert answer.status_code == 302, url
            assert urlsplit(answer["Location"]).path == LOGIN, url
    where = CODE if has_one else SET_UP
    assert client.get(where).status_code == 200
    other = SET_UP if has_one else CODE
    assert client.get(other)["Location"] == where
    if forced:
        assert client.get(LOGIN, follow=True).redirect_chain[-1][0] == where


@pytest.mark.parametrize("url", [CODE, SET_UP])
def test_without_a_password_there_is_no_second_step(enrolled: User, url: str, clock: Clock) -> None:
    client = Client()
    code = clock.code(authenticator(enrolled).key)
    for answer in (client.get(url), client.post(url, {"code": code, "new_code": code})):
        assert answer["Location"] == LOGIN
    reading = Client()
    reading.force_login(User.objects.create_user("reader", password=PASSWORD))
    assert reading.get(url)["Location"] == LOGIN


def test_the_password_does_not_hold_for_ever(
    enrolled: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def still_asked(client: Client) -> bool:
        return client.get(CODE).status_code == 200

    client = Client()
    give_password(client)
    assert still_asked(client)
    clock.wait(sign_in.SECONDS + 1)
    assert not still_asked(client)
    give_password(client)
    assert still_asked(client)
    enrolled.set_password("another herring")
    enrolled.save()
    assert not still_asked(client)
    give_password(client, password="another herring")
    assert still_asked(client)
    User.objects.update(is_active=False)
    assert not still_asked(client)


def test_one_can_begin_again_as_somebody_else(enrolled: User) -> None:
    client = Client()
    give_password(client)
    assert client.post(CODE, {"cancel": "yes"})["Location"] == LOGIN
    assert client.get(CODE)["Location"] == LOGIN


def test_forms_of_signing_in_refuse_requests_from_elsewhere(enrolled: User, clock: Clock) -> None:
    client = Client(enforce_csrf_checks=True)
    assert give_password(client).status_code == 403
    assert sign_in.PENDING not in client.session

    def token(url: str) -> dict[str, str]:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page(client.get(url)))
        assert found
        return {"csrfmiddlewaretoken": found[1]}

    assert give_password(client, **token(LOGIN))["Location"] == CODE
    code = clock.code(authenticator(enrolled).key)
    assert client.post(CODE, {"code": code}).status_code == 403
    assert client.post(CODE, {"code": code, **token(CODE)})["Location"] == "/admin/"
    for url in (f"{SECURITY}sessions/end/", f"{SECURITY}recovery-codes/"):
        assert client.post(url, {"others": "yes"}).status_code == 403


def page(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\x00"],
)
def test_nobody_is_sent_elsewhere(marie: User, clock: Clock, away: str) -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "marie", "password": PASSWORD, "next": away})
    assert answer["Location"] == CODE
    answer = client.get(SET_UP, {"next": away})
    assert "evil" not in page(answer)
    key = shown_key(page(answer))
    answer = client.post(f"{SET_UP}?next={away}", {"new_code": clock.code(key), "next": away})
    assert "evil" not in page(answer)
    assert 'class="button" href="/admin/"' in page(answer)
    clock.wait()
    again = Client()
    give_password(again, next=away)
    answer = again.post(CODE, {"code": clock.code(key), "next": away})
    assert answer["Location"] == "/admin/"


def test_pages_open_under_the_policy_and_name_their_fields(marie: User, clock: Clock) -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|<[^>]+\s(?:style|on[a-z]+)=", re.I)
    client = Client()
    give_password(client)
    pages = [client.get(SET_UP), client.post(SET_UP, {"new_code": "1"})]
    key = shown_key(page(pages[0]))
    pages.append(client.post(SET_UP, {"new_code": clock.code(key)}))
    pages += [client.get(f"{SECURITY}{part}") for part in ("", "recovery-codes/", "authenticator/")]
    pages.append(client.post(f"{SECURITY}authenticator/", {"code": "x", "new_code": "y"}))
    other = Client()
    give_password(other)
    pages += [other.get(CODE), other.post(CODE, {"code": "1"})]
    for answer in pages:
        text = page(answer)
        assert answer.status_code == 200
        assert inline.search(text) is None
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), answer.wsgi_request.path
        for field in re.findall(r'<input type="text"[^>]*>', text):
            name = re.search(r'\sid="([^"]+)"', field)
            assert name
            assert f'<label for="{name[1]}"' in text
            described = re.search(r'aria-describedby="([^"]+)"', field)
            assert described
            assert set(described[1].split()) <= set(ids)
            assert ("_error" in described[1]) is ('aria-invalid="true"' in field)


# --- Throttling of passwords --------------------------------------------------------------------


def without_tokens(response: HttpResponse, name: str) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page(response))
    return text.replace(name, "NAME")


def test_too_many_wrong_passwords_close_the_door_to_every_name_alike(
    enrolled: User, settings: Any
) -> None:
    answers = []
    for name in ("marie", "nobody"):
        client = Client()
        given = [give_password(client, name, f"wrong {turn}") for turn in range(6)]
        # The right password is not looked at any more, and the page does not say so.
        given.append(give_password(client, name))
        assert [answer.status_code for answer in given] == [200] * 4 + [429] * 3
        assert client.get(CODE)["Location"] == LOGIN
        answers.append([without_tokens(answer, name) for answer in given])
        assert given[-1]["Retry-After"] == "900"
        assert "Please try again in 15 minutes." in page(given[-1])
        assert "Too many wrong passwords" in page(given[-1])
    assert answers[0] == answers[1]
    # Somebody at another address is not locked out, nor another name at this one.
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert give_password(elsewhere)["Location"] == CODE
    User.objects.create_superuser("paul", password=PASSWORD)
    assert give_password(Client(), "paul")["Location"] == CODE


def test_the_door_opens_again_after_a_quarter_of_an_hour(enrolled: User) -> None:
    client = Client()
    for turn in range(5):
        give_password(client, password=f"wrong {turn}")
    passed = timezone.now() - timedelta(minutes=14)
    AccessAttempt.objects.update(attempt_time=passed)
    # To try meanwhile does not make it longer.
    assert give_password(client).status_code == 429
    AccessAttempt.objects.update(attempt_time=passed - timedelta(minutes=2))
    assert give_password(client)["Location"] == CODE


def test_attempts_keep_no_name_password_or_token_in_what_was_sent(enrolled: User) -> None:
    give_password(Client(), password="wrong secret")
    attempt = AccessAttempt.objects.get()
    kept = attempt.get_data + attempt.post_data
    assert "wrong secret" not in kept
    assert "marie" not in kept


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 300, "marie" * 100])
def test_no_name_breaks_the_login(name: str) -> None:
    client = Client(HTTP_USER_AGENT="é" * 1000)
    for _turn in range(6):
        answer = client.post(LOGIN, {"username": name, "password": "p" * 5000})
        assert answer.status_code in (200, 429)


def test_the_address_is_what_our_own_proxies_say(settings: Any) -> None:
    def address_of(forwarded: str | None, remote: str = "10.0.0.1") -> str:
        headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))

    assert address_of("198.51.100.9") == "10.0.0.1"
    settings.TRUSTED_PROXIES = 1
    assert address_of("192.0.2.66, 198.51.100.9") == "198.51.100.9"
    assert address_of("nonsense") == address_of("") == address_of(None) == "10.0.0.1"
    assert address_of("fe80::1%eth0") == "10.0.0.1"
    settings.TRUSTED_PROXIES = 2
    assert address_of("192.0.2.66, 198.51.100.9, 10.0.0.2") == "198.51.100.9"
    assert address_of("198.51.100.9") == "10.0.0.1"
    assert address_of(None, remote="") == "0.0.0.0"


def test_behind_a_socket_without_addresses_names_are_still_throttled(enrolled: User) -> None:
    client = Client(REMOTE_ADDR="")
    given = [give_password(client, password="wrong").status_code for _turn in range(6)]
    assert given == [200] * 4 + [429] * 2


# --- One's own security -------------------------------------------------------------------------


def test_new_recovery_codes_need_a_code_and_void_the_old(enrolled: User, clock: Clock) -> None:
    old = second_factor.new_recovery_codes(enrolled)
    client = sign_in_fully(enrolled, clock)
    url = f"{SECURITY}recovery-codes/"
    assert not shown_codes(client.post(url, {"code": "000000"}))
    clock.wait()
    StaticDevice.objects.update(throttling_failure_count=0)
    otp_totp.TOTPDevice.objects.update(throttling_failure_count=0)
    new = shown_codes(client.post(url, {"code": clock.code(authenticator(enrolled).key)}))
    assert len(new) == 10
    assert not set(new) & set(old)
    assert second_factor.check(enrolled, old[0]) is None
    StaticDevice.objects.update(throttling_failure_count=0)
    assert second_factor.check(enrolled, new[0]) is not None
    assert client.get("/admin/").status_code == 200


def test_another_authenticator_needs_a_code_of_the_present_one(
    enrolled: User, clock: Clock
) -> None:
    other, client = sign_in_fully(enrolled, clock), sign_in_fully(enrolled, clock)
    url, old = f"{SECURITY}authenticator/", authenticator(enrolled).key
    clock.wait()
    new = shown_key(page(client.get(url)))
    assert new != old
    wrong = {"new_code": clock.code(new), "code": clock.code(new)}
    assert client.post(url, wrong).status_code == 200
    otp_totp.TOTPDevice.objects.update(throttling_failure_count=0)
    # A slip in the new code does not use up the old one.
    slip = {"new_code": clock.code(old), "code": clock.code(old)}
    assert client.post(url, slip).status_code == 200
    assert authenticator(enrolled).key == old
    answer = client.post(url, {"new_code": clock.code(new), "code": clock.code(old)})
    assert answer["Location"] == SECURITY
    assert authenticator(enrolled).key == new
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    clock.wait()
    assert second_factor.check(enrolled, clock.code(old)) is None
    assert second_factor.summary_of(enrolled).recovery_codes == 10


def test_sessions_are_listed_and_ended(enrolled: User, clock: Clock) -> None:
    here, there = sign_in_fully(enrolled, clock), sign_in_fully(enrolled, clock, SAFARI)
    third = sign_in_fully(enrolled, clock, "\x1b[31m<b>" + "z" * 500)
    paul = User.objects.create_superuser("paul")
    StaffSession.objects.create(user=paul, key_hash="x", user_agent=SAFARI)
    text = page(here.get(SECURITY))
    assert "Firefox 133 on Ubuntu" in text
    assert "Mobile Safari 17 on iOS" in text
    assert "Unknown browser" in text
    assert text.count("(this session)") == 1
    assert re.search(r"Firefox 133 on Ubuntu <span[^>]*>\(this session\)", text)
    assert text.count('name="session"') == 3
    assert max(len(agent) for agent in agents()) == StaffSession.BROWSER_LENGTH
    assert not any("\x1b" in agent for agent in agents())
    line = StaffSession.objects.get(user=enrolled, user_agent=SAFARI)
    end = f"{SECURITY}sessions/end/"
    assert "1 session ended." in page(here.post(end, {"session": line.pk}, follow=True))
    assert there.get("/admin/").status_code == 302
    assert there.get(CODE)["Location"] == LOGIN
    assert third.get("/admin/").status_code == 200
    here.post(end, {"others": "yes"})
    assert third.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    mine = StaffSession.objects.get(user=enrolled)
    assert here.post(end, {"session": mine.pk})["Location"] == LOGIN
    assert here.get("/admin/").status_code == 302
    # Nobody else's.
    assert StaffSession.objects.filter(user=paul).exists()


def agents() -> list[str]:
    return list(StaffSession.objects.values_list("user_agent", flat=True))


def test_nobody_ends_a_session_of_somebody_else_there(enrolled: User, clock: Clock) -> None:
    paul = User.objects.create_superuser("paul")
    line = StaffSession.objects.create(user=paul, key_hash="x")
    client = sign_in_fully(enrolled, clock)
    for key in (line.pk, "", "x", "²", "-1", "9" * 50, "\x00"):
        answer = client.post(f"{SECURITY}sessions/end/", {"session": key})
        assert answer.status_code == 404, key
    assert StaffSession.objects.filter(pk=line.pk).exists()
    assert client.get(f"{SECURITY}sessions/end/").status_code == 405


def test_a_session_is_written_down_once_in_five_minutes(
    enrolled: User, clock: Clock, django_assert_num_queries: Callable[..., Any]
) -> None:
    client = sign_in_fully(enrolled, clock)
    line = StaffSession.objects.get()
    assert client.session.session_key not in str(vars(line))
    assert line.key_hash == sessions.digest(client.session.session_key)
    # Session, user, device: the one query that the second factor costs.
    with django_assert_num_queries(3):
        client.get("/admin/jsi18n/")
    before = timezone.now() - timedelta(minutes=6)
    StaffSession.objects.update(seen_at=before)
    client.get("/admin/")
    assert StaffSession.objects.get().seen_at == before
    session = client.session
    session[sessions.MARK] = {**session[sessions.MARK], "seen": before.timestamp()}
    session.save()
    client.get("/admin/")
    after = StaffSession.objects.get()
    assert after.seen_at > before
    assert after.begun_at == line.begun_at


def test_leaving_takes_a_session_off_the_list(enrolled: User, clock: Clock) -> None:
    client = sign_in_fully(enrolled, clock)
    assert client.post("/admin/logout/").status_code == 200
    assert not StaffSession.objects.exists()
    # One that ran out goes from the list at once, and from the table at the next sign-in.
    sign_in_fully(enrolled, clock)
    Session.objects.all().delete()
    assert not sessions.living().exists()
    sign_in_fully(enrolled, clock)
    assert StaffSession.objects.count() == sessions.living().count() == 1


def test_another_password_ends_all_other_sessions(enrolled: User, clock: Clock) -> None:
    here, there = sign_in_fully(enrolled, clock), sign_in_fully(enrolled, clock)
    begun = {line.pk: line.begun_at for line in StaffSession.objects.all()}
    new = {"new_password1": "ten barrels of cod", "new_password2": "ten barrels of cod"}
    url = reverse("admin:password_change")
    assert here.post(url, {"old_password": "wrong", **new}).status_code == 200
    assert there.get("/admin/").status_code == 200
    answer = here.post(url, {"old_password": PASSWORD, **new}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("admin:password_change_done")
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    line = sessions.living().get(user=enrolled)
    assert line.begun_at in begun.values()
    assert StaffSession.objects.count() == 1


def test_readers_pay_nothing() -> None:
    """No page for readers looks at a session, whether the browser sends one or not."""
    for cookies in ({}, {"sessionid": "x" * 32}):
        client = Client()
        client.cookies.load(cookies)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/en/about/")
        assert answer.status_code == 200
        assert not re.search("session|accounts|otp|axes", "".join(q["sql"] for q in queries))
        assert not answer.cookies


# --- Administrators -----------------------------------------------------------------------------


def test_an_administrator_sees_and_ends_sessions_of_a_user(enrolled: User, clock: Clock) -> None:
    paul = User.objects.create_superuser("paul", password=PASSWORD)
    key = second_factor.new_key()
    second_factor.set_up(paul, key, clock.code(key))
    client, his = sign_in_fully(enrolled, clock), sign_in_fully(paul, clock, SAFARI)
    from tests.admin_forms import open_page, send

    url = address(User, "change", paul.pk)
    text = page(client.get(url))
    assert "Mobile Safari 17 on iOS" in text
    assert "10 recovery codes are left" in text
    form = open_page(client, User, paul.pk)
    assert form.data["staff_sessions-TOTAL_FORMS"] == ["1"]
    assert send(client, User, form, paul.pk).status_code == 302
    assert his.get("/admin/").status_code == 200
    form = open_page(client, User, paul.pk)
    form.fill(**{"staff_sessions-0-DELETE": "on"})
    assert send(client, User, form, paul.pk).status_code == 302
    assert his.get("/admin/").status_code == 302
    assert not StaffSession.objects.filter(user=paul).exists()


def test_an_administrator_resets_a_lost_second_factor(enrolled: User, clock: Clock) -> None:
    paul = User.objects.create_user("paul", password=PASSWORD, is_staff=True)
    key = second_factor.new_key()
    second_factor.set_up(paul, key, clock.code(key))
    client, his = sign_in_fully(enrolled, clock), sign_in_fully(paul, clock)
    url = reverse("admin:accounts_user_reset_second_factor", args=[paul.pk])
    assert url in page(client.get(address(User, "change", paul.pk)))
    asked = client.get(url)
    assert "Yes, I’m sure" in page(asked)
    assert second_factor.authenticator_of(paul) is not None
    assert client.post(url)["Location"] == address(User, "change", paul.pk)
    assert second_factor.summary_of(paul) == second_factor.Summary(None, 0)
    assert his.get("/admin/").status_code == 302
    assert give_password(his, "paul")["Location"] == CODE
    assert his.get(CODE)["Location"] == SET_UP
    history = page(client.get(address(User, "history", paul.pk)))
    assert "Second factor reset" in history
    assert client.get(url.replace(str(paul.pk), "0")).status_code == 404


def test_who_may_reset_what(enrolled: User, clock: Clock) -> None:
    paul = User.objects.create_user("paul", password=PASSWORD, is_staff=True)
    key = second_factor.new_key()
    second_factor.set_up(paul, key, clock.code(key))
    client = sign_in_fully(paul, clock)
    other = User.objects.create_user("other", is_staff=True)

    def may(user: User) -> bool:
        url = reverse("admin:accounts_user_reset_second_factor", args=[user.pk])
        statuses = {client.get(url).status_code, client.post(url).status_code}
        return statuses == {200, 302}

    assert not may(other)
    paul.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert not may(other)
    assert "staff_sessions" not in page(client.get(address(User, "change", enrolled.pk)))
    paul.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert may(other)
    # Not an administrator's, nor the own one, for which the security page asks for a code.
    assert not may(enrolled)
    assert not may(paul)
    assert second_factor.authenticator_of(enrolled) is not None
    assert second_factor.authenticator_of(paul) is not None


def keeper(*codenames: str) -> tuple[User, Client]:
    """Somebody who is no superuser and may change accounts, at work."""
    user = User.objects.create_user("keeper", password=PASSWORD, is_staff=True)
    for codename in ("view_user", "change_user", "delete_user", *codenames):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    client = Client()
    client.force_login(user)
    return user, client


@pytest.mark.parametrize("may_change_groups", [False, True])
def test_nobody_makes_a_superuser_but_a_superuser(settings: Any, may_change_groups: bool) -> None:
    from tests.admin_forms import open_page, send

    settings.SECOND_FACTOR_REQUIRED = False
    user, client = keeper(*(["change_group"] if may_change_groups else []))
    group = Group.objects.get(name="Administrators")
    permission = Permission.objects.get(codename="change_case")
    form = open_page(client, User, user.pk)
    assert "is_superuser" not in form.data
    asked = {"is_superuser": "on", "groups": [group.pk], "user_permissions": [permission.pk]}
    form.fill(first_name="Jan", **asked)
    assert send(client, User, form, user.pk).status_code == 302
    user = User.objects.get(pk=user.pk)
    assert (user.first_name, user.is_superuser) == ("Jan", False)
    # Whoever may change groups could give them any permission all the same.
    assert user.groups.filter(pk=group.pk).exists() is may_change_groups
    assert user.has_perm("caselaw.change_case") is may_change_groups


def test_a_superuser_gives_all_rights(settings: Any) -> None:
    from tests.admin_forms import open_page, send

    settings.SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(User.objects.create_superuser("marie"))
    other = User.objects.create_user("other", is_staff=True)
    form = open_page(client, User, other.pk)
    group = Group.objects.get(name="Publishers")
    form.fill(is_superuser="on", groups=[group.pk])
    assert send(client, User, form, other.pk).status_code == 302
    other.refresh_from_db()
    assert other.is_superuser
    assert list(other.groups.all()) == [group]


def test_the_account_of_a_superuser_is_changed_by_superusers_alone(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    chief = User.objects.create_superuser("marie", password=PASSWORD)
    _user, client = keeper("change_group")
    StaffSession.objects.create(user=chief, key_hash="0" * 64)
    shown = client.get(address(User, "change", chief.pk))
    assert shown.status_code == 200
    assert 'name="_save"' not in page(shown)
    assert "staff_sessions" not in page(shown)
    sent = {"username": "marie", "is_active": "", "first_name": "Forged"}
    new = {"password1": "ten barrels of cod", "password2": "ten barrels of cod"}
    new |= {"usable_password": "true", "set-password": "yes"}
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    for url, data in (
        (address(User, "change", chief.pk), sent),
        (password, new),
        (address(User, "delete", chief.pk), {"post": "yes"}),
        (reverse("admin:accounts_user_reset_second_factor", args=[chief.pk]), {}),
    ):
        assert client.post(url, data).status_code == 403, url
    client.post(
        address(User, "changelist"),
        {"action": "delete_selected", "_selected_action": [chief.pk], "post": "yes"},
    )
    now = User.objects.get(pk=chief.pk)
    assert (now.first_name, now.is_active) == ("", True)
    assert now.check_password(PASSWORD)
    assert StaffSession.objects.filter(user=chief).exists()


def test_a_password_given_by_an_administrator_ends_all_sessions(
    enrolled: User, clock: Clock
) -> None:
    paul = User.objects.create_user("paul", password=PASSWORD, is_staff=True)
    key = second_factor.new_key()
    second_factor.set_up(paul, key, clock.code(key))
    client, his = sign_in_fully(enrolled, clock), sign_in_fully(paul, clock)
    url = reverse("admin:auth_user_password_change", args=[paul.pk])
    new = {"password1": "ten barrels of cod", "password2": "ten barrels of cod"}
    answer = client.post(url, {**new, "usable_password": "true", "set-password": "yes"})
    assert answer.status_code == 302
    assert not StaffSession.objects.filter(user=paul).exists()
    assert his.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_secrets_have_no_page_in_the_admin() -> None:
    names = {model._meta.label for model in admin.site._registry}
    assert not {name for name in names if name.startswith(("otp_", "axes."))}


def test_the_command_resets_a_second_factor(enrolled: User, clock: Clock) -> None:
    client = sign_in_fully(enrolled, clock)
    said = StringIO()
    call_command("reset_second_factor", "marie", stdout=said)
    assert "of marie was reset" in said.getvalue()
    assert second_factor.authenticator_of(enrolled) is None
    assert not StaticDevice.objects.filter(user=enrolled).exists()
    assert client.get("/admin/").status_code == 302
    call_command("reset_second_factor", "marie", stdout=said)
    assert "marie had no second factor" in said.getvalue()
    with pytest.raises(CommandError, match="no user 'mary'"):
        call_command("reset_second_factor", "mary")


def test_the_first_curator_is_made_by_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser", username="first", email="", interactive=False, stdout=StringIO()
    )
    client = Client()
    answer = give_password(client, "first")
    assert client.get(answer["Location"])["Location"] == SET_UP
