"""Many documents at once into the GIN indexes of `search_document`.

A GIN index that is kept row by row (`fastupdate` off, so that no search ever reads a pending list)
takes most of the time of a reindexing: each document has some five hundred entries, each of
which is looked for by itself. With a pending list they are sorted and put in by the thousand. That
is for the while of a reindexing alone, in transactions of their own: the lock that the change of
an index wants holds up readers, and must not be kept until the end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.contrib.postgres.indexes import GinIndex
from django.db import OperationalError, connection, transaction

from portal.search.models import SearchDocument

logger = logging.getLogger(__name__)

#: Kilobytes of a pending list. A search that runs meanwhile reads all of it, so it is not larger.
PENDING = 8192
#: How long the lock is waited for: meanwhile whoever searches waits, too.
PATIENCE = "2s"
#: How often, and how many seconds between, the index is tried to be put right again.
ATTEMPTS, PAUSE = 30, 10.0

_ON = f"SET (fastupdate = on, gin_pending_list_limit = {PENDING})"
_OFF = "SET (fastupdate = off), RESET (gin_pending_list_limit)"


def indexes() -> list[str]:
    """The names of the GIN indexes of the documents."""
    own = SearchDocument._meta.indexes
    return [index.name for index in own if isinstance(index, GinIndex)]


@contextmanager
def gathered(attempts: int = ATTEMPTS, pause: float = PAUSE) -> Iterator[None]:
    """Meanwhile the GIN indexes gather what is written and take it in at once.

    Inside of a transaction nothing is changed, because readers would wait until its end; nor where
    somebody holds the table (a backup, say) longer than `PATIENCE`.

    Args:
        attempts: how often it is tried at the end to have the indexes as they were.
        pause: seconds between two of them.
    """
    if connection.in_atomic_block:
        yield
        return
    changed: list[str] = []
    try:
        # The first that somebody holds is the last one tried: it would be held for the others, too.
        with suppress(OperationalError):
            for name in indexes():
                _alter(name, _ON)
                changed.append(name)
        yield
    finally:
        for name in changed:
            _restore(name, attempts, pause)


def _restore(name: str, attempts: int, pause: float) -> None:
    """Have an index take every row by itself again, and leave nothing pending."""
    for attempt in range(attempts):
        try:
            _alter(name, _OFF)
            break
        except OperationalError:
            if attempt + 1 == attempts:
                logger.error("The index %s is still gathering: run `manage.py reindex` again", name)
                return
            time.sleep(pause)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [name])


def _alter(name: str, change: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(f"ALTER INDEX {connection.ops.quote_name(name)} {change}")
