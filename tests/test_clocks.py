"""Clocks that jump: nothing is stale for ever, nobody is locked out for ever, no order lies.

What the portal asks of the clock goes through `django.utils.timezone.now`, `localdate` and
`time.time`; they are moved here within the process, and the database's clock stays.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.http import parse_http_date
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from caselaw.models import Case
from portal.accounts import second_factor, sessions, sign_in
from portal.accounts.models import StaffSession, User
from portal.charts import kept
from portal.links import register
from portal.links.models import Address
from portal.records.models import Revision
from portal.records.revisions import begin, take
from portal.reference.models import DataVersion
from portal.reference.version import read
from portal.search import index
from tests.admin_forms import public_case
from tests.conftest import reader

pytestmark = pytest.mark.django_db

JUMPS = [timedelta(hours=3), timedelta(days=40)]
Jump = Callable[[timedelta], None]


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Set the clock of the process to so much from the true time."""
    true_now, true_time = timezone.now, time.time

    def set_to(offset: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: true_now() + offset)
        # It took the function by its name.
        monkeypatch.setattr("axes.handlers.proxy.now", lambda: true_now() + offset)
        monkeypatch.setattr(time, "time", lambda: true_time() + offset.total_seconds())

    return set_to


def edit(title: str) -> Case:
    """Correct a public case, as the admin does it."""
    case = public_case()
    with transaction.atomic():
        begin(case)
        case.title = title
        case.save()
        take(case, why=f"Because: {title}")
        index.refresh([case])
    return case


@pytest.mark.parametrize("ahead", JUMPS)
def test_who_asks_by_the_date_alone_sees_every_edit(ahead: timedelta, jump: Jump) -> None:
    """A date that was given out while the clock was ahead does not come back for other data."""
    case = public_case()
    path = f"/api/v1/cases/{case.code}/"
    jump(ahead)
    edit("Said while the clock was ahead")
    jump(ahead + timedelta(seconds=2))
    first = reader().get(path)
    assert first["Last-Modified"]
    jump(timedelta(0))
    edit("Said after it was set right")
    answer = reader().get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    assert answer.status_code == 200
    assert answer.json()["title"] == "Said after it was set right"
    # A date to come is not told (RFC 9110, section 8.8.2.1).
    assert not answer.has_header("Last-Modified")
    # And once the clock comes there by itself, the old date is an old one.
    jump(ahead + timedelta(minutes=1))
    answer = reader().get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    assert answer.status_code == 200
    assert parse_http_date(answer["Last-Modified"]) > parse_http_date(first["Last-Modified"])


@pytest.mark.parametrize("offset", [*JUMPS, *(-jump for jump in JUMPS)])
def test_kept_pages_follow_every_edit(offset: timedelta, jump: Jump, settings: Any) -> None:
    settings.PAGES_KEPT_SECONDS = 3600
    cache.clear()
    case = public_case()
    path = f"/en/countries/{case.jurisdiction.code}/"
    assert case.title in reader().get(path).content.decode()
    jump(offset)
    for title in ("Zwetschgen one", "Zwetschgen two"):
        edit(title)
        assert title in reader().get(path).content.decode()
        jump(timedelta(0))


def test_the_version_moves_on_whatever_the_clock_says(jump: Jump) -> None:
    seen: list[Any] = []
    for offset in (0, 5, -5, -300, 2, 0):
        jump(timedelta(hours=offset))
        for name in (DataVersion.RECORDS, DataVersion.REFERENCE):
            DataVersion.bump(name)
            seen.append(read().changed_at)
    assert seen == sorted(seen, key=str)
    assert len(set(seen)) == len(seen)
    # Set back, it goes on by whole seconds, which is what dates of HTTP have.
    assert seen[5] - seen[4] == seen[4] - seen[3] == timedelta(seconds=1)


def test_the_history_is_told_in_the_order_of_its_numbers(jump: Jump, admin_client: Client) -> None:
    for number, offset in enumerate((5, -5, 0)):
        jump(timedelta(hours=offset))
        case = edit(f"Title {number}")
    told = list(Revision.objects.of(case).values_list("number", flat=True))
    assert told == sorted(told, reverse=True)
    titles = [revision.line["title"] for revision in Revision.objects.of(case)]
    assert titles[:3] == ["Title 2", "Title 1", "Title 0"]
    page = admin_client.get(f"/admin/caselaw/case/{case.pk}/history/").content.decode()
    places = [page.index(f"Because: Title {number}") for number in (2, 1, 0)]
    assert places == sorted(places)


# Signing in


@pytest.fixture
def device(admin_user: User) -> Any:
    return TOTPDevice.objects.create(user=admin_user, name="authenticator")


def code(device: Any) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time()
    return f"{totp.token():06d}"


@pytest.mark.parametrize("ahead", JUMPS)
def test_a_code_used_while_the_clock_was_ahead_locks_nobody_out(
    ahead: timedelta, jump: Jump, device: Any
) -> None:
    jump(ahead)
    assert second_factor.check(device.user, code(device)) == device
    jump(timedelta(0))
    assert second_factor.check(device.user, code(device)) == device
    # And none is taken twice.
    assert second_factor.check(device.user, code(device)) is None


@pytest.mark.parametrize("ahead", JUMPS)
def test_wrong_codes_while_the_clock_was_ahead_hold_up_as_long_as_ever(
    ahead: timedelta, jump: Jump, device: Any
) -> None:
    StaticDevice.objects.create(user=device.user).token_set.create(token="abcdefgh")
    jump(ahead)
    assert second_factor.check(device.user, "000000") is None
    assert second_factor.check(device.user, "zzzzzzzz") is None
    jump(timedelta(0))
    for text in (code(device), "abcdefgh"):
        with pytest.raises(second_factor.ThrottledError) as caught:
            second_factor.check(device.user, text)
        assert caught.value.until <= timezone.now() + timedelta(seconds=2)
    jump(timedelta(seconds=30))
    assert second_factor.check(device.user, code(device)) == device
    assert second_factor.check(device.user, "abcdefgh") is not None


@pytest.mark.parametrize("ahead", JUMPS)
def test_wrong_passwords_while_the_clock_was_ahead_lock_for_a_quarter_of_an_hour(
    ahead: timedelta, jump: Jump, admin_user: User
) -> None:
    def status(password: str) -> int:
        told = {"username": admin_user.username, "password": password}
        return Client().post("/admin/login/", told).status_code

    jump(ahead)
    for _attempt in range(5):
        status("wrong")
    assert status("password") == 429
    jump(timedelta(0))
    assert status("password") == 429
    jump(timedelta(minutes=16))
    assert status("password") == 302


@pytest.mark.parametrize("offset", [*JUMPS, *(-jump for jump in JUMPS)])
def test_between_password_and_code_a_jump_asks_for_the_password_again(
    offset: timedelta, jump: Jump, admin_user: User
) -> None:
    client = Client()
    session = client.session
    session[sign_in.PENDING] = {
        "user": admin_user.pk,
        "password": admin_user.get_session_auth_hash(),
        "backend": "django.contrib.auth.backends.ModelBackend",
        "at": time.time(),
    }

    class Request:
        pass

    request: Any = Request()
    request.session = session
    assert sign_in.visitor(request) == admin_user
    jump(offset)
    assert sign_in.visitor(request) is None


def test_a_session_is_noted_again_once_the_clock_is_right(jump: Jump, admin_client: Client) -> None:
    # Less than a session may be without use.
    jump(timedelta(hours=6))
    assert admin_client.get("/admin/security/").status_code == 200
    ahead = StaffSession.objects.get().seen_at
    jump(timedelta(0))
    assert admin_client.get("/admin/security/").status_code == 200
    assert StaffSession.objects.get().seen_at < ahead
    assert sessions.living().count() == 1
    # Sessions that end while the clock is ahead are signed in again, no more.
    jump(timedelta(days=90))
    assert admin_client.get("/admin/security/").status_code == 302


# What is looked at again after a while


def test_links_that_were_checked_in_time_to_come_are_checked(jump: Jump) -> None:
    url = next(iter(register.addresses("cases")))
    today = timezone.localdate()
    Address.objects.create(url=url, last_checked=today + timedelta(days=400))
    assert url in register.due("cases", before=today - timedelta(days=7))
    Address.objects.filter(url=url).update(last_checked=today)
    assert url not in register.due("cases", before=today - timedelta(days=7))


def test_a_chart_that_failed_in_time_to_come_is_drawn(
    jump: Jump, settings: Any, tmp_path: Any
) -> None:
    settings.CHARTS_DIR = tmp_path
    kept._mark_failed("x")
    assert kept.has_failed("x")
    later = time.time() + 3 * 86_400
    os.utime(tmp_path / "failed" / "x", (later, later))
    assert not kept.has_failed("x")
    assert not kept.has_any_failed()


def test_a_record_of_time_to_come_is_listed_and_found(jump: Jump) -> None:
    """Nothing is hidden because it was changed "in the future"."""
    jump(timedelta(days=40))
    case = edit("Quittenschmuggel")
    jump(timedelta(0))
    assert case.code in reader().get("/en/cases/?q=Quittenschmuggel").content.decode()
    assert reader().get("/api/v1/cases/?q=Quittenschmuggel").json()["count"] == 1
    feed = reader().get("/en/cases/feed/?q=Quittenschmuggel")
    assert case.code in feed.content.decode()
    told = reader().get("/oai?verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01")
    assert told.status_code == 200
    assert datetime.now(UTC) < Case.objects.get(pk=case.pk).changed_at
