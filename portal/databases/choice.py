"""Which server is read from at the moment: one for the whole of a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connections
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
