"""Leaving a server alone that does not answer, instead of waiting for it in each request."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

#: Seconds in which nobody asks after a failure; doubled with each further one.
REST = 1.0
LONGEST_REST = 5.0


class Breaker:
    """One for each server and process. In the log an outage is two lines, its begin and its end.

    Args:
        name: of the server, for the log.
        clock: monotonic seconds.
    """

    def __init__(
        self, name: str, logger: logging.Logger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._logger, self._clock = name, logger, clock
        self._lock = threading.Lock()
        self._rest = 0.0
        self._until = 0.0
        self._failed_at = 0.0

    def lets_through(self) -> bool:
        """Whether the server may be asked now.

        After a rest one asker is let through, and the others wait for what it finds.
        """
        if not self._rest:
            return True
        with self._lock:
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest
            return True

    def failed(self, error: Exception) -> None:
        """The server did not answer."""
        now = self._clock()
        with self._lock:
            is_new = not self._rest
            # Those that were under way together fail together, and make one failure.
            if is_new or now - self._failed_at >= self._rest:
                self._rest = min(self._rest * 2 or REST, LONGEST_REST)
            self._failed_at, self._until = now, now + self._rest
        if is_new:
            self._logger.warning("%s does not answer and is done without: %s", self._name, error)

    def answered(self) -> None:
        """The server has answered."""
        if not self._rest:
            return
        with self._lock:
            was_away, self._rest = bool(self._rest), 0.0
        if was_away:
            self._logger.warning("%s answers again", self._name)
