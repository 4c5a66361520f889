"""`manage.py slow_queries`: what costs the database most, and what to do where nobody counts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal import postgres_server
from portal.embedded_postgres import Hold, remove
from portal.postgres_server import Server
from portal.watching.management.commands import slow_queries
from portal.watching.management.commands.slow_queries import told

pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    output = StringIO()
    call_command("slow_queries", stdout=output, **options)
    return output.getvalue()


def ask(statement: str, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_the_dearest_statements_without_their_values() -> None:
    run(reset=True)
    for n in range(3):
        ask("SELECT pg_sleep(0.02), %s AS seldom_seen", [f"mellon-{n}"])
    ask("SELECT 4711 AS often_seen")
    rows = [json.loads(line) for line in run(json=True, limit=50).splitlines()]
    (found,) = [row for row in rows if "seldom_seen" in row["query"]]
    assert found["calls"] == found["rows"] == 3
    assert found["total_ms"] >= 60
    assert found["mean_ms"] == pytest.approx(found["total_ms"] / 3)
    assert rows == sorted(rows, key=lambda row: -row["total_ms"])
    text = run(by="mean", limit=1)
    assert "seldom_seen" in text
    assert "often_seen" not in text
    assert "mellon" not in text + json.dumps(rows)
    assert "4711" not in text + json.dumps(rows)


def test_reset_begins_anew_for_this_database_alone() -> None:
    ask("SELECT 1 AS once_seen")
    other = connection.copy()
    other.settings_dict["NAME"] = "postgres"
    with other.cursor() as cursor:
        cursor.execute("SELECT 1 AS elsewhere_seen")
        run(reset=True)
        assert "once_seen" not in run(limit=1000)
        cursor.execute(
            "SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%elsewhere_seen%'"
        )
        assert cursor.fetchone()[0] >= 1
    other.close()


def test_values_that_the_server_leaves_in() -> None:
    text = "COPY x FROM 'mellon''s'  WITH (NULL E'b\nc'); DO $a$ mellon $a$; SELECT $1"
    assert told(text, 0) == "COPY x FROM '…' WITH (NULL '…'); DO '…'; SELECT $1"
    assert told("SELECT " + "x" * 50, 20) == "SELECT xxxxxxxxxxxx…"


def test_the_extension_is_in_no_backup_of_the_portal() -> None:
    ask("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'")
        assert cursor.fetchone()[0] == 0


@contextmanager
def server(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> Iterator[Any]:
    """A server of its own that the command is led to: as its owner, or as a plain account."""
    directory = Path(tempfile.mkdtemp(prefix="portal-test-"))
    directory.chmod(0o755)
    monkeypatch.setattr(postgres_server, "SETTINGS", settings)
    opened = []
    try:
        with Hold(directory / "server", testing=True) as hold:
            with psycopg2.connect(hold.url) as first, first.cursor() as cursor:
                cursor.execute("CREATE ROLE plain LOGIN")
            first.close()

            def lead(user: str) -> None:
                def both() -> Iterator[Any]:
                    for name in ("postgres", "portal"):
                        wrapper = connection.copy()
                        wrapper.settings_dict.update(
                            NAME=name, USER=user, HOST=str(Server(directory / "server").socket)
                        )
                        wrapper.settings_dict["OPTIONS"] = {}
                        opened.append(wrapper)
                        yield wrapper

                monkeypatch.setattr(slow_queries, "wrappers", both)

            yield lead, hold.url
            for wrapper in opened:
                wrapper.close()
    finally:
        remove(directory / "server")
        directory.rmdir()


def drop_extension(url: str) -> None:
    other = psycopg2.connect(url.replace("/portal?", "/postgres?"))
    other.autocommit = True
    with other.cursor() as cursor:
        cursor.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
    other.close()


def test_a_server_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**postgres_server.SETTINGS}
    del settings["shared_preload_libraries"]
    with server(monkeypatch, settings) as (lead, url):
        lead("postgres")
        with pytest.raises(CommandError, match="started without it"):
            run()
        drop_extension(url)
        with pytest.raises(CommandError, match="CREATE EXTENSION pg_stat_statements") as told:
            run()
        assert "shared_preload_libraries" in str(told.value)
        # Who may not make it is told so.
        lead("plain")
        with pytest.raises(CommandError, match="may not make the extension"):
            run(enable=True)


def test_an_account_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch, postgres_server.SETTINGS) as (lead, url):
        drop_extension(url)
        lead("postgres")
        assert "total ms" in run(enable=True)
        lead("plain")
        assert "total ms" in run()
        with pytest.raises(CommandError, match="GRANT EXECUTE"):
            run(reset=True)
