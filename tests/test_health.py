"""`/healthz` and `/readyz`: what machines ask that send readers here."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.embedded_postgres import Hold, remove
from portal.postgres_server import Server
from portal.search.models import SearchDocument
from portal.watching import health, probes
from tests.conftest import reader

pytestmark = pytest.mark.django_db
WORDS = {"ok", "failed"}


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    health.forget()
    probes._seen_ready[:] = [True]
    yield
    health.forget()


def told(response: Any) -> Any:
    return json.loads(response.content)


@pytest.fixture
def own_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness is asked over the test's connection, so that it sees what the test has broken."""

    def ask(servers: Any, question: str, patience: float = 0) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return {"default": cursor.fetchone()}

    monkeypatch.setattr(health, "ask_all", ask)


@pytest.mark.parametrize("host", ["10.1.2.3", "evil.example", "bad host\\", ""])
def test_alive_is_said_to_any_name_and_asks_nothing(host: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    with CaptureQueriesContext(connection) as asked:
        response = reader().get("/healthz", headers={"host": host})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"
    assert not asked.captured_queries
    assert not response.cookies
    # No door for the name elsewhere.
    assert reader().get("/readyz", headers={"host": host}).status_code == 200
    assert reader().get("/en/", headers={"host": host}).status_code in (400, 301)
    assert reader().get("/healthz/", headers={"host": host}).status_code in (400, 301)


def test_head_and_other_methods() -> None:
    for path in ("/healthz", "/readyz"):
        got, head = reader().get(path), reader().head(path)
        assert head.status_code == 200
        assert head.content == b""
        assert int(head["Content-Length"]) > 2 or head["Content-Length"] == str(len(got.content))
        refused = Client(enforce_csrf_checks=True).post(path, {"a": "b"})
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


def test_ready_tells_each_check_and_the_versions() -> None:
    response = reader().get("/readyz", headers={"host": "10.1.2.3"})
    body = told(response)
    assert response.status_code == 200
    assert body["status"] == "ready"
    assert {name: check["state"] for name, check in body["checks"].items()} == {
        "database": "ok",
        "migrations": "ok",
        "search": "ok",
    }
    assert set(body["version"]) == {"data", "changed_at", "software"}
    assert body["version"]["data"]
    assert response["Cache-Control"] == "no-store"


def test_many_who_ask_within_a_second_cost_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    original = health.ask_all

    def counting(*args: Any) -> Any:
        asked.append(args)
        return original(*args)

    monkeypatch.setattr(health, "ask_all", counting)
    for _ in range(20):
        assert reader().get("/readyz").status_code == 200
    # More only if this took longer than what is kept.
    assert len(asked) < 20


@pytest.mark.usefixtures("own_connection")
def test_a_migration_that_is_not_applied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'caselaw' AND name LIKE '0001%'")
    response = reader().get("/readyz")
    assert response.status_code == 503
    assert told(response)["checks"]["migrations"] == {"state": "failed", "reason": "1 not applied"}


@pytest.mark.usefixtures("own_connection")
def test_a_database_that_is_ahead_is_ready() -> None:
    """So it is in the middle of each upgrade: the database is migrated first."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES (DEFAULT, 'caselaw', '9999_x', now())")
    assert reader().get("/readyz").status_code == 200


@pytest.mark.usefixtures("own_connection")
def test_a_search_that_is_out_of_step() -> None:
    newest = SearchDocument.objects.filter(database="cases").order_by("-object_id").first()
    assert newest is not None
    newest.delete()
    response = reader().get("/readyz")
    assert response.status_code == 503
    assert told(response)["checks"]["search"] == {"state": "failed", "reason": "not in step: cases"}
    SearchDocument.objects.all().delete()
    health.forget()
    reason = told(reader().get("/readyz"))["checks"]["search"]["reason"]
    assert reason == "not in step: bibliography, cases, legislation"


@pytest.mark.usefixtures("own_connection")
def test_an_index_of_the_search_that_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX search_document_vector")
    response = reader().get("/readyz")
    assert response.status_code == 503
    assert told(response)["checks"]["search"]["reason"] == "6 of 7 indexes are usable"


@pytest.mark.usefixtures("own_connection")
def test_a_state_that_changes_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "portal.watching.probes")
    mark = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX search_document_vector")
    for _ in range(3):
        health.forget()
        reader().get("/readyz")
    transaction.savepoint_rollback(mark)
    health.forget()
    reader().get("/readyz")
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("Not ready: {'search'")
    assert said[1] == "Ready again"


def params(**given: Any) -> dict[str, Any]:
    return {**connection.get_connection_params(), **given}


def test_of_several_servers_one_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"default": params(host="/nowhere/at/all"), "standby": params()}
    found = health.ask_all(both, "SELECT 1")
    assert found == {"default": "no connection", "standby": (1,)}
    original = health.ask_all
    monkeypatch.setattr(health, "ask_all", lambda servers, *rest: original(both, *rest))
    body = told(reader().get("/readyz"))
    assert body["status"] == "ready"
    assert body["checks"]["database"] == {"state": "ok", "servers": 2, "answering": 1}


def test_a_database_that_nothing_was_put_into() -> None:
    found = health.ask_all({"default": params(dbname="postgres")}, health._question())
    assert found == {"default": "tables are missing"}


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/.s.PGSQL.5432")
        listener.listen()
        yield directory


def test_a_database_that_is_silent_is_not_waited_for(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    dead = params(host=silent, port=5432, password="mellon-4711")
    answers = health.ask_all({"default": dead, "standby": params()}, "SELECT 1", 0.3)
    assert answers == {"default": "no answer in time", "standby": (1,)}
    # Not a matter of speed but of ending: it would wait for minutes.
    assert time.monotonic() - began < 20
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: dict(dead))
    monkeypatch.setattr(health, "PATIENCE", 0.3)
    response = reader().get("/readyz")
    assert response.status_code == 503
    text = response.content.decode()
    for secret in ("mellon", silent, str(connection.settings_dict["NAME"]), "5432", "postgres"):
        assert secret not in text
    assert told(response)["checks"]["database"] == {
        "state": "failed",
        "reason": "no answer in time",
    }
    assert reader().get("/healthz").status_code == 200


def test_a_server_that_hangs_and_comes_back() -> None:
    """A real one, stopped in the middle (SIGSTOP) as by a disk that does not answer."""
    directory = Path(tempfile.mkdtemp(prefix="portal-test-"))
    directory.chmod(0o755)
    pid = None
    try:
        with Hold(directory / "server", testing=True):
            server = Server(directory / "server")
            given = {"default": {"dsn": server.url("postgres")}}
            assert health.ask_all(given, "SELECT 1") == {"default": (1,)}
            pid = server.pid()
            assert pid is not None
            # The system still takes connections for it.
            psutil.Process(pid).suspend()
            assert health.ask_all(given, "SELECT 1", 0.5) == {"default": "no answer in time"}
            psutil.Process(pid).resume()
            assert health.ask_all(given, "SELECT 1") == {"default": (1,)}
            assert psycopg2.connect(server.url("postgres")).closed == 0
    finally:
        if pid and psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)
        remove(directory / "server")
        directory.rmdir()


def test_watchers_addresses_are_nowhere_advertised() -> None:
    for path in ("/robots.txt", "/sitemap.xml", "/api/schema/", "/en/"):
        text = reader().get(path).content.decode()
        assert not any(name in text for name in ("healthz", "readyz", "/metrics"))
