"""Counting requests in Redis: one script, one round trip, nothing to sweep away."""

from __future__ import annotations

from django_redis import get_redis_connection

#: Seconds of a window and key; the clock is that of Redis, the same for all machines.
_COUNT = """
    local window = tonumber(ARGV[1])
    local left = window - redis.call('TIME')[1] % window
    local used = redis.call('INCR', KEYS[1])
    if used == 1 then redis.call('EXPIRE', KEYS[1], left) end
    return {used, left}
"""


def count(digest: str, window: int) -> tuple[int, int]:
    """Count one request of a client.

    Returns:
        its requests in this window, and seconds until the next one begins.

    Raises:
        redis.exceptions.RedisError: Redis is not there or takes no writes.
    """
    script = get_redis_connection("default").register_script(_COUNT)
    used, left = script(keys=[f"limit:{digest}"], args=[window])
    return int(used), int(left)
