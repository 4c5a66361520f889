"""The entries of `CACHES` for a Redis server: one for all, one for sessions."""

from __future__ import annotations

from typing import Any

SESSIONS = "sessions"
#: Redis answers within a millisecond; what takes this long is a failure.
CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 0.5


def caches(url: str) -> dict[str, Any]:
    """`CACHES` for the Redis server of an address: `redis://`, `rediss://` or `unix://`."""
    return {
        "default": _cache(url, "django_redis.cache.RedisCache", "portal"),
        SESSIONS: _cache(url, "portal.redis.brief_cache.BriefCache", "session"),
    }


def _cache(url: str, backend: str, prefix: str) -> dict[str, Any]:
    # A portal without Redis does not load its client.
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as NotConnectedError
    from redis.retry import Retry

    return {
        "BACKEND": backend,
        "LOCATION": url,
        "KEY_PREFIX": prefix,
        "OPTIONS": {
            # Without Redis all is made anew; that it is away is told by the client, once.
            "IGNORE_EXCEPTIONS": True,
            "REDIS_CLIENT_CLASS": "portal.redis.client.SteadyRedis",
            "CONNECTION_POOL_CLASS": "portal.redis.client.SteadyPool",
            "SOCKET_CONNECT_TIMEOUT": CONNECT_SECONDS,
            "SOCKET_TIMEOUT": ANSWER_SECONDS,
            # A connection from before a restart of Redis is made anew; a timeout is not repeated.
            "CONNECTION_POOL_KWARGS": {
                "retry": Retry(NoBackoff(), 1, supported_errors=(NotConnectedError,))
            },
        },
    }
