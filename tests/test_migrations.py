"""Migrations that are interrupted, or begun by two servers: the old state or the new one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError
from django.db import connection

from portal.backups.databases import working_in
from portal.management.commands.migrate import _LOCK
from tests.backup_room import Room, command, room
from tests.gunicorns import wait_for

pytestmark = pytest.mark.usefixtures("alone_on_the_server")

APPLIED = "SELECT count(*) FROM django_migrations WHERE app = 'links'"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_every_migration_is_one_transaction() -> None:
    """What is interrupted is taken back: none of ours is written in pieces."""
    from django.db.migrations.loader import MigrationLoader

    ours = ("portal", "caselaw", "legislation", "bibliography")
    found = MigrationLoader(connection).disk_migrations.values()
    loose = [
        f"{migration.app_label}.{migration.name}"
        for migration in found
        if migration.__module__.startswith(ours) and not migration.atomic
    ]
    assert loose == []


@pytest.fixture(scope="module")
def found(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    with room(django_db_blocker, tmp_path_factory.mktemp("portal")) as made:
        yield made


@contextmanager
def link(found: Room) -> Iterator[Any]:
    """Somebody else at the database."""
    made = psycopg2.connect(found.url)
    try:
        with made.cursor() as cursor:
            yield cursor
    finally:
        made.close()


def ask(found: Room, query: str) -> Any:
    with working_in(found.name), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_a_table_in_use_is_not_waited_for_without_an_end(found: Room, settings: Any) -> None:
    """Whoever waits for a table keeps all readers waiting who come later."""
    before = found.schema(), ask(found, APPLIED)
    settings.MIGRATION_LOCK_TIMEOUT = "100ms"
    with link(found) as reader:
        reader.execute("SELECT count(*) FROM links_address")
        with pytest.raises(CommandError, match=r"in use for longer than .*100ms.*run the command"):
            command(found, "migrate", "links", "zero", verbosity=0)
        assert (found.schema(), ask(found, APPLIED)) == before
    command(found, "migrate", "links", "zero", verbosity=0)
    assert ask(found, APPLIED) == 0
    command(found, "migrate", "links", verbosity=0)
    assert (found.schema(), ask(found, APPLIED)) == before
    assert ask(found, "SHOW lock_timeout") == "0"


def test_a_migration_that_is_killed_leaves_the_old_state(found: Room) -> None:
    before = found.schema(), ask(found, APPLIED)
    with link(found) as reader:
        reader.execute("SELECT count(*) FROM links_address")
        process = found.begin("migrate", "links", "zero", MIGRATION_LOCK_TIMEOUT="0")
        wait_for(
            lambda: ask(found, "SELECT count(*) FROM pg_locks WHERE NOT granted"), "a migration"
        )
        process.kill()
        process.wait()
    mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    wait_for(lambda: not ask(found, f"{mine} pg_backend_pid()"), "the end of its session")
    # Its connection was gone when it went on: nothing was committed.
    assert (found.schema(), ask(found, APPLIED)) == before
    command(found, "migrate", "links", "zero", verbosity=0)
    command(found, "migrate", "links", verbosity=0)
    assert (found.schema(), ask(found, APPLIED)) == before


def test_two_servers_migrate_one_after_the_other(found: Room) -> None:
    before = found.schema(), ask(found, APPLIED)
    command(found, "migrate", "links", "zero", verbosity=0)
    with link(found) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        others = [found.begin("migrate", "links"), found.begin("migrate", "links")]
        wait_for(lambda: ask(found, WAITING) == 2, "two processes that wait")
        assert ask(found, APPLIED) == 0
    assert [other.wait(timeout=120) for other in others] == [0, 0]
    assert (found.schema(), ask(found, APPLIED)) == before


def test_all_that_prepare_does_to_the_database_is_done_by_one(
    found: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once would both find no duplicates yet, and both write them."""
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = "
    seen = {}
    steps = ("migrate", "load_collection", "complete_index", "look_for_duplicates")

    def seeing(name: str) -> Any:
        def step() -> str:
            with connection.cursor() as cursor:
                cursor.execute(f"{held}{_LOCK}")
                seen[name] = cursor.fetchone()[0]
            return ""

        return step

    for name in (*steps, "collect_static"):
        monkeypatch.setattr(f"portal.management.commands.prepare.{name}", seeing(name))
    command(found, "prepare")
    assert seen == {**dict.fromkeys(steps, 1), "collect_static": 0}


@pytest.mark.long
def test_an_empty_database_is_prepared_by_two_at_once_one_of_them_killed(
    found: Room, tmp_path: Path
) -> None:
    """Killed in the middle, then by two at the same time; the result is the usual one."""
    before, tables = found.schema(), set(found.rows())
    found.drop()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{found.name}"')
    process = found.begin("prepare", STATIC_ROOT=str(tmp_path / "static"))
    there = "SELECT count(*) FROM pg_tables WHERE tablename = 'django_migrations'"
    wait_for(lambda: ask(found, there), "the first migration")
    wait_for(lambda: ask(found, "SELECT count(*) FROM django_migrations") > 20, "some migrations")
    process.kill()
    process.wait()
    done = ask(found, "SELECT count(*) FROM django_migrations")
    both = [found.begin("migrate"), found.begin("migrate")]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    assert ask(found, "SELECT count(*) FROM django_migrations") > done
    assert found.schema() == before
    assert set(found.rows()) == tables
