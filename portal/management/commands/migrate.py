"""Command `migrate`: Django's own, by one process at a time and never in the way of readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import Error, OperationalError, connections

_LOCK = 5_741_008


class Command(migrate.Command):
    """Migrate, unless a table is in use for longer than `MIGRATION_LOCK_TIMEOUT`.

    A migration that waits for a table keeps all waiting who come after it, readers too; so it
    gives up soon and is run again. Each is one transaction: applied as a whole or not at all.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with self._alone(connection):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if isinstance(error.__cause__, psycopg2.errors.LockNotAvailable):
                    raise CommandError(
                        "A table was in use for longer than MIGRATION_LOCK_TIMEOUT "
                        f"({settings.MIGRATION_LOCK_TIMEOUT}). The migration at work was taken "
                        "back, those before it are applied; run the command again.",
                        returncode=1,
                    ) from error
                raise

    @contextmanager
    def _alone(self, connection: Any) -> Iterator[None]:
        """Two servers that are brought up to date at once do it one after the other."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                self.stdout.write("Another process migrates: waiting for it.")
                self.stdout.flush()
                cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            # From here on: for that lock one waits as long as it takes.
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, false)", [settings.MIGRATION_LOCK_TIMEOUT]
            )
        try:
            yield
        finally:
            # With a connection that is gone both are gone.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
