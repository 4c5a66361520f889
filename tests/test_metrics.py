"""`/metrics`: off by default, for few who may ask, with labels of few values."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from portal.records.models import State
from portal.watching import health, metrics
from tests.conftest import reader

pytestmark = pytest.mark.django_db
TOKEN = secrets.token_urlsafe(32)


@pytest.fixture
def on(settings: Any) -> Iterator[None]:
    settings.METRICS = True
    metrics.instruments.cache_clear()
    health.forget()
    yield
    metrics.instruments.cache_clear()
    health.forget()


def numbers() -> dict[tuple[str, ...], float]:
    """All samples, by name and values of labels in the order of their names."""
    response = reader().get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    text = response.content.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_off_by_default() -> None:
    assert reader().get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404


@pytest.mark.usefixtures("on")
def test_requests_are_counted_by_names_and_not_by_addresses() -> None:
    client = Client(raise_request_exception=False)
    for code in ("gbr-2021-old-bailey-39-vietnamese", "no-such-case", "x" * 90):
        client.get(f"/en/cases/{code}/", {"q": code})
    client.get("/fr/cases/gbr-2021-old-bailey-39-vietnamese/")
    for n in range(5):
        client.get(f"/nothing/{n}/")
        client.generic(f"VERB{n}", "/en/about/")
        client.get(f"/admin/accounts/user/{n}/change/")
    found = numbers()
    assert found["portal_requests_total", "GET", "cases:record", "200"] == 2
    assert found["portal_requests_total", "GET", "cases:record", "404"] == 2
    assert found["portal_requests_total", "GET", "-", "404"] == 5
    # Words that are no methods are refused early or late, and are one.
    others = {key: n for key, n in found.items() if key[:2] == ("portal_requests_total", "other")}
    assert sum(others.values()) == 5
    assert {key[3] for key in others} == {"405"}
    assert found["portal_requests_total", "GET", "admin", "302"] == 5
    assert found["portal_request_seconds_count", "cases:record"] == 4
    assert found["portal_request_seconds_bucket", "+Inf", "cases:record"] == 4
    assert found["portal_queries_total", "cases:record"] > 8
    assert found["portal_query_seconds_total", "cases:record"] > 0
    assert found["portal_requests_at_work",] == 0


@pytest.mark.usefixtures("on")
def test_kept_answers(settings: Any) -> None:
    settings.PAGES_KEPT_SECONDS = 60
    for _ in range(3):
        assert reader().get("/en/insights/modes/").status_code == 200
    found = numbers()
    made, kept = (found.get(("portal_kept_answers_total", how), 0) for how in ("miss", "hit"))
    # It may be kept since an earlier test.
    assert made <= 1
    assert made + kept == 3


@pytest.mark.usefixtures("on")
def test_the_state_of_the_portal(lines: Any, held_back: Any) -> None:
    found = numbers()
    for slug, published in lines.items():
        assert found["portal_records", slug, State.PUBLISHED] == len(published)
    waiting = sum(
        found["portal_records", slug, state] for slug in lines for state in ("draft", "in_review")
    )
    assert waiting == len(held_back)
    assert found["portal_data_changed_timestamp_seconds",] > 1_700_000_000
    assert found["portal_ready", "all"] == found["portal_ready", "search"] == 1
    assert found["portal_workers",] >= 1
    assert found["portal_workers_resident_bytes",] > 10_000_000
    assert sum(v for key, v in found.items() if key[0] == "portal_database_connections") >= 1


@pytest.mark.usefixtures("on")
def test_records_are_counted_once_for_a_version_of_the_data() -> None:
    numbers()
    with CaptureQueriesContext(connection) as asked:
        numbers()
    assert not any(
        "GROUP BY" in query["sql"] and "search_document" in query["sql"] for query in asked
    )
    assert len(asked) == 2


@pytest.mark.usefixtures("on")
def test_without_the_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ask_all", lambda servers, question: {"default": "no connection"})
    with CaptureQueriesContext(connection) as asked:
        found = numbers()
    assert not asked.captured_queries
    assert found["portal_ready", "all"] == found["portal_ready", "database"] == 0
    assert not any(key[0] == "portal_records" for key in found)
    assert found["portal_workers",] >= 1


# Address, what it says of its way here, proxies that are trusted: may it read?
WAYS = [
    ("127.0.0.1", None, 0, True),
    ("::1", None, 0, True),
    ("::ffff:127.0.0.1", None, 0, True),
    ("192.0.2.7", None, 0, False),
    # A proxy that nobody told us of: whoever is behind it would be taken for this machine.
    ("127.0.0.1", "203.0.113.9", 0, False),
    ("127.0.0.1", "127.0.0.1", 0, False),
    ("127.0.0.1", "127.0.0.1", 1, True),
    ("127.0.0.1", "203.0.113.9", 1, False),
    ("127.0.0.1", "127.0.0.1, 203.0.113.9", 1, False),
    # Past the first of two proxies.
    ("127.0.0.1", "203.0.113.9", 2, False),
    ("127.0.0.1", "127.0.0.1, 203.0.113.9", 2, True),
    # A Unix socket without a word about who asks.
    ("", None, 0, False),
    ("", None, 1, False),
    ("127.0.0.1", "rubbish", 0, False),
]


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(("address", "forwarded", "proxies", "allowed"), WAYS)
def test_who_may_read_by_address(
    address: str, forwarded: str | None, proxies: int, allowed: bool, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    response = reader().get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert response.status_code == (200 if allowed else 403)
    assert allowed or b"portal_" not in response.content


@pytest.mark.usefixtures("on")
def test_who_may_read_by_token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    for given, status in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
        (f"Bearer {TOKEN}x", 403),
        ("Bearer ", 403),
        ("Bearer ümlaut", 403),
        (f"Basic {TOKEN}", 403),
    ):
        response = reader().get(
            "/metrics", REMOTE_ADDR="192.0.2.7", headers={"authorization": given}
        )
        assert response.status_code == status, given
    settings.METRICS_TOKEN = ""
    empty = reader().get("/metrics", REMOTE_ADDR="192.0.2.7", headers={"authorization": "Bearer "})
    assert empty.status_code == 403


def test_the_library_is_loaded_where_it_is_used_alone() -> None:
    """A portal without metrics does not pay for them."""
    code = (
        "import django, sys; django.setup();"
        "from portal.wsgi import application;"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
