"""Which server is read from at the moment: one for the whole of a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.databases.addresses import PRIMARY

_chosen: ContextVar[str] = ContextVar("chosen_database", default=PRIMARY)


def chosen() -> str:
    """The name of the database that is read from; the primary where nothing else was said."""
    return _chosen.get()


@contextmanager
def reading_from(name: str) -> Iterator[None]:
    """Read from a database in all that happens inside."""
    mark = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(mark)


def reading() -> BaseDatabaseWrapper:
    """The connection for statements of our own that only read; `connection` is the primary's."""
    return connections[chosen()]


def first_rows(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query that reads, as a rule the first one of a request.

    Django asks a connection from before for a sign of life before its first query, which costs as
    much as this query itself. It is that sign: if it fails, it is asked over a new connection.

    Raises:
        OperationalError, InterfaceError: the server does not answer.
    """
    connection = reading()
    is_old = connection.connection is not None and not connection.in_atomic_block
    if is_old:
        connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _rows(connection, sql)
    except (OperationalError, InterfaceError):
        if not is_old or connection.is_usable():
            raise
        connection.close()
        return _rows(connection, sql)


def _rows(connection: BaseDatabaseWrapper, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
