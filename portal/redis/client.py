"""Connections to Redis that cost little when it is away."""

from __future__ import annotations

import logging
from typing import Any

from redis import ConnectionPool, Redis
from redis.exceptions import ConnectionError as NotConnectedError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as TooSlowError

from portal.redis.breaker import Breaker

logger = logging.getLogger(__name__)


class SteadyPool(ConnectionPool):
    """The connections of a process, which all learn at once that Redis is away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.breaker = Breaker("Redis", logger)


class SteadyRedis(Redis):
    """A client that refuses at once while Redis is left alone."""

    connection_pool: SteadyPool

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """What Redis answers to a command.

        Raises:
            redis.exceptions.ConnectionError: it is not there, or was not a moment ago.
            redis.exceptions.TimeoutError: it took too long.
        """
        self._ask_leave()
        breaker = self.connection_pool.breaker
        try:
            answer = super().execute_command(*args, **options)
        except (NotConnectedError, TooSlowError) as error:
            breaker.failed(error)
            raise
        except ResponseError:
            # A refusal is an answer: a Redis that was started anew knows no script yet.
            breaker.answered()
            raise
        breaker.answered()
        return answer

    def pipeline(self, *args: Any, **options: Any) -> Any:
        self._ask_leave()
        return super().pipeline(*args, **options)

    def _ask_leave(self) -> None:
        if not self.connection_pool.breaker.lets_through():
            raise NotConnectedError("Redis did not answer a moment ago and is left alone.")
