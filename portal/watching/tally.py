"""What a request costs the database, counted where Django hands statements over.

The wrapper is put on a connection once and stays there; it does nothing where no request is being
counted. Whoever counts keeps the tally in the context of its thread, so that also what a streamed
answer asks after the middleware has returned is counted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)

#: Of a slow statement so much is logged.
MOST_TEXT = 1_000


@dataclass
class Tally:
    """One request while it is answered.

    Attributes:
        id: what the request is called in logs and in its answer.
        began: when it came, by the clock of `time.perf_counter`.
        queries, seconds: statements of it, and how long they took until their first rows came.
    """

    id: str
    began: float
    queries: int = 0
    seconds: float = 0.0

    def milliseconds(self) -> float:
        """Since it came."""
        return (time.perf_counter() - self.began) * 1000


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


def current() -> Tally | None:
    """The request that this thread answers, if it answers one."""
    return _current.get()


def begin(tally: Tally) -> Tally | None:
    """Count for a request from now on; gives what was counted for before, for `end`."""
    before = _current.get()
    _current.set(tally)
    for connection in connections.all():
        if _counted not in connection.execute_wrappers:
            connection.execute_wrappers.append(_counted)
    return before


def end(before: Tally | None) -> None:
    """Count for no request any more, or for that before it."""
    _current.set(before)


def _counted(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    tally = _current.get()
    if tally is None:
        return execute(sql, params, many, context)
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = time.perf_counter() - began
        tally.queries += 1
        tally.seconds += seconds
        limit = settings.LOG_SLOW_QUERY_MS
        if limit and seconds * 1000 >= limit:
            _note_slow(sql, seconds)


def _note_slow(sql: Any, seconds: float) -> None:
    """Log a statement without its values: they are parameters, and are not looked at."""
    text = " ".join(str(sql).split())[:MOST_TEXT]
    fields = {"milliseconds": round(seconds * 1000, 1), "statement": text}
    logger.warning("A query took %.0f ms: %s", seconds * 1000, text, extra={"fields": fields})
