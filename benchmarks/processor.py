"""Processor time of the portal and of its database, which hardly depends on what else runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil
from django.db import connection

from benchmarks.exchange import workers


@dataclass(frozen=True)
class Meter:
    """The processes that are watched.

    Attributes:
        database: PostgreSQL's first process; all others of the server are its children.
    """

    database: psutil.Process

    @classmethod
    def of_this_database(cls) -> Meter:
        """The server that Django's own connection has."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = psutil.Process(cursor.fetchone()[0])
        connection.close()
        server = backend.parent()
        if server is None:
            raise RuntimeError("The database is not on this machine")
        return cls(server)

    def seconds(self) -> float:
        """What the workers of the portal and the whole server of the database took so far."""
        total = 0.0
        for process in (*workers(), *self._server()):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        ended = self.database.cpu_times()
        # Parallel workers of a query are gone with it; what they took is their parent's then.
        return total + ended.children_user + ended.children_system

    def _server(self) -> Iterator[psutil.Process]:
        yield self.database
        yield from self.database.children()
