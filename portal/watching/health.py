"""Whether this process can answer readers: asked by `/readyz`, each second if need be.

The questions go over a connection of their own, without waiting in it: a server that hangs
answers nothing, so that no limit of its own can help, and a thread that waits for it is lost. All
servers are asked at once. What was found counts for a second, and only one thread asks.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import psycopg2
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import extensions

from portal.records.database import databases
from portal.reference import version
from portal.search.models import SearchDocument

#: Seconds in which all servers must have answered.
PATIENCE = 1.5
#: Seconds for which an answer counts.
KEPT = 1.0
OK, FAILED = "ok", "failed"
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Readiness:
    """What was found.

    Attributes:
        checks: of each check its `state` (`ok` or `failed`), with `reason` where it failed; fixed
            words and numbers, so that nothing of the machine is told.
        version: of the data and of the software, where it is known.
    """

    checks: dict[str, dict[str, Any]]
    version: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return all(check["state"] == OK for check in self.checks.values())


_lock = threading.Lock()
_kept: list[tuple[float, Readiness]] = []


def readiness() -> Readiness:
    """How things stand, found at most a second ago; takes at most some two seconds."""
    if not _lock.acquire(timeout=PATIENCE + 1):
        return _without_database("busy")
    try:
        if _kept and time.monotonic() - _kept[0][0] < KEPT:
            return _kept[0][1]
        found = _found()
        _kept[:] = [(time.monotonic(), found)]
        return found
    finally:
        _lock.release()


def forget() -> None:
    """Ask anew next time."""
    with _lock:
        _kept.clear()


def _found() -> Readiness:
    answers = ask_all(
        {alias: connections[alias].get_connection_params() for alias in connections}, _question()
    )
    rows = {alias: answer for alias, answer in answers.items() if not isinstance(answer, str)}
    # Public pages can be read while one server answers, whichever it is (docs/operations.md).
    if not rows:
        return _without_database(str(answers["default"]))
    row = rows.get("default") or next(iter(rows.values()))
    checks: dict[str, dict[str, Any]] = {"database": {"state": OK}}
    if len(answers) > 1:
        checks["database"]["servers"] = len(answers)
        checks["database"]["answering"] = len(rows)
    applied, lacking, indexes, token, changed_at = row
    checks["migrations"] = _migrations(applied)
    checks["search"] = _search(lacking, indexes)
    told = {"data": token and str(token), "changed_at": changed_at and changed_at.isoformat()}
    return Readiness(checks, {**told, "software": version.software()[:12]})


def _without_database(reason: str) -> Readiness:
    unknown = {"state": FAILED, "reason": "not known without the database"}
    checks = {
        "database": {"state": FAILED, "reason": reason},
        "migrations": unknown,
        "search": unknown,
    }
    return Readiness(checks, {"software": version.software()[:12]})


def _migrations(applied: list[str]) -> dict[str, Any]:
    missing = len(_migrations_on_disk() - set(applied))
    # More than this software knows is right: the database is migrated before processes change.
    if missing:
        return {"state": FAILED, "reason": f"{missing} not applied"}
    return {"state": OK}


def _search(lacking: list[str], indexes: int) -> dict[str, Any]:
    if lacking:
        return {"state": FAILED, "reason": f"not in step: {', '.join(lacking)}"}
    wanted = len(SearchDocument._meta.indexes)
    if indexes < wanted:
        return {"state": FAILED, "reason": f"{indexes} of {wanted} indexes are usable"}
    return {"state": OK}


@cache
def _migrations_on_disk() -> frozenset[str]:
    # Without a connection it reads the files alone.
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(f"{app}.{name}" for app, name in loader.disk_migrations or ())


@cache
def _question() -> str:
    """One statement for all that is asked, a few dozen rows read by their keys.

    That the search is in step is judged by the oldest and the newest record of each database:
    single documents are written with their records, and whatever empties the index takes these.
    """
    names = ", ".join(f"'{index.name}'" for index in SearchDocument._meta.indexes)
    ends = " UNION ALL ".join(
        f"""
        SELECT '{database.slug}' FROM
            (SELECT min(id) AS id FROM {database.model._meta.db_table}
             UNION ALL SELECT max(id) FROM {database.model._meta.db_table}) AS ends
        WHERE id IS NOT NULL AND NOT EXISTS (
            SELECT FROM search_document
            WHERE database = '{database.slug}' AND object_id = ends.id AND vector IS NOT NULL)
        """  # noqa: S608 - names of our own tables
        for database in databases()
    )
    return f"""
        SELECT
            (SELECT coalesce(array_agg(app || '.' || name), '{{}}') FROM django_migrations),
            (SELECT coalesce(array_agg(DISTINCT slug), '{{}}') FROM ({ends}) AS lacking (slug)),
            (SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE indrelid = 'search_document'::regclass AND indisvalid AND relname IN ({names})),
            (SELECT token FROM reference_dataversion WHERE name = 'records'),
            (SELECT max(changed_at) FROM reference_dataversion)
    """  # noqa: S608 - the same


def ask_all(
    servers: dict[str, dict[str, Any]], question: str, patience: float = PATIENCE
) -> dict[str, Row | str]:
    """Ask servers at once; of each the row that it answers, or in a few words why there is none.

    Args:
        servers: for each, what psycopg2 needs to connect.
        patience: seconds in which they must answer.
    """
    deadline = time.monotonic() + patience
    asking = {name: _Asking(params, question) for name, params in servers.items()}
    while waiting := [one for one in asking.values() if one.answer is None]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        _wait(waiting, left)
    for one in asking.values():
        one.give_up()
    return {name: one.answer or "no answer in time" for name, one in asking.items()}


class _Asking:
    """One server on its way to an answer."""

    def __init__(self, params: dict[str, Any], question: str) -> None:
        self.question = question
        self.answer: Row | str | None = None
        self.connection: Any = None
        self.state = extensions.POLL_OK
        self.steps = self._steps({**params, "cursor_factory": None})
        self.step()

    def _steps(self, params: dict[str, Any]) -> Iterator[int]:
        self.connection = psycopg2.connect(**params, async_=True)
        yield from self._until_done()
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(self.question)
            yield from self._until_done()
            self.answer = cursor.fetchone()

    def _until_done(self) -> Iterator[int]:
        while (state := self.connection.poll()) != extensions.POLL_OK:
            yield state

    def step(self) -> None:
        """Go on as far as that is possible without waiting."""
        try:
            self.state = next(self.steps)
        except StopIteration:
            self.give_up()
        except psycopg2.ProgrammingError:
            # Tables are missing: nothing was migrated yet.
            self.answer = "tables are missing"
        except psycopg2.Error:
            self.answer = self.answer or "no connection"

    def give_up(self) -> None:
        if self.connection is not None:
            with suppress(psycopg2.Error):
                self.connection.close()


def _wait(waiting: list[_Asking], seconds: float) -> None:
    """Wait until one of them can go on, and have all go on that can."""
    readers = [one for one in waiting if one.state == extensions.POLL_READ]
    writers = [one for one in waiting if one.state == extensions.POLL_WRITE]
    sockets = {one.connection.fileno(): one for one in (*readers, *writers)}
    poll = select.poll()
    for one in readers:
        poll.register(one.connection, select.POLLIN)
    for one in writers:
        poll.register(one.connection, select.POLLOUT)
    for number, _event in poll.poll(seconds * 1000):
        sockets[number].step()
