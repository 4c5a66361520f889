"""The cache of sessions."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis.cache import RedisCache

#: Seconds that a session is kept beside the database. A session that is ended while Redis cannot
#: be reached would live on there; it does so no longer than this.
SESSION_SECONDS = 60


class BriefCache(RedisCache):
    """Keeps nothing longer than `SESSION_SECONDS`."""

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, **options: Any) -> Any:
        is_shorter = isinstance(timeout, int | float) and timeout < SESSION_SECONDS
        return super().set(key, value, timeout if is_shorter else SESSION_SECONDS, **options)
