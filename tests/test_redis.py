"""Redis for cache, limits and sessions, a real one; and all of it while that is away."""

from __future__ import annotations

import logging
import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.test import Client

from benchmarks.faults.servers import Redis, redis_server
from portal.accounts import sessions
from portal.accounts.models import StaffSession, User
from portal.limits.models import RequestWindow
from portal.redis import brief_cache, client
from portal.redis.breaker import LONGEST_REST, REST, Breaker
from portal.redis.caches import caches as entries

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server here"),
]

PATH = "/api/v1/"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis_server() as found:
        yield found


@pytest.fixture
def clock(server: Redis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The portal with Redis; its clock is that by which Redis is left alone."""
    found = Clock()

    class Pool(client.SteadyPool):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.breaker = Breaker("Redis", client.logger, found)

    monkeypatch.setattr(client, "SteadyPool", Pool)
    settings.REDIS_URL = server.url
    settings.CACHES = entries(server.url)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    settings.SESSION_CACHE_ALIAS = "sessions"
    settings.API_REQUESTS_PER_MINUTE = 3
    from django_redis.pool import ConnectionFactory

    monkeypatch.setattr(ConnectionFactory, "_pools", {})
    raw(server).flushall()
    yield found
    if not server.answers():
        server.start()


def raw(server: Redis) -> Any:
    return redis.Redis.from_url(server.url)


def ask(address: str = "192.0.2.8") -> Any:
    return Client().get(PATH, REMOTE_ADDR=address)


def test_what_is_kept_is_kept_for_all_processes(clock: Clock, server: Redis) -> None:
    cache.set("page:x", (b"text", {"Content-Type": "text/html"}), 60)
    assert cache.get("page:x") == (b"text", {"Content-Type": "text/html"})
    assert [key for key in raw(server).scan_iter() if b"page:x" in key]


def test_requests_are_counted_there_by_one_command_each(clock: Clock, server: Redis) -> None:
    answers = [ask() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert ask("192.0.2.9").status_code == 200
    assert not RequestWindow.objects.exists()
    counts = raw(server).keys("limit:*")
    assert len(counts) == 2
    assert all(0 < raw(server).ttl(key) <= 60 for key in counts)
    raw(server).config_resetstat()
    ask()
    # What the script does itself counts, too.
    done = set(raw(server).info("commandstats")) - {"cmdstat_config|resetstat"}
    assert done <= {
        *("cmdstat_evalsha", "cmdstat_time", "cmdstat_incr", "cmdstat_info"),
        *("cmdstat_hello", "cmdstat_client|setinfo", "cmdstat_select"),
    }  # fmt: skip


def test_a_redis_that_is_away_costs_one_try_and_one_line(
    clock: Clock,
    server: Redis,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[str] = []
    connect = redis.connection.UnixDomainSocketConnection.connect

    def counted(self: Any) -> Any:
        tries.append("")
        return connect(self)

    monkeypatch.setattr(redis.connection.UnixDomainSocketConnection, "connect", counted)
    server.kill()
    answers = [ask() for _ in range(4)]
    # Counted all the same, in the database.
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert cache.get("x") is None
    cache.set("x", 1)
    assert len(tries) == 1
    server.start()
    tries.clear()
    assert cache.get("x") is None
    assert not tries
    clock.now += REST
    # The first who asks again asks for a script that this Redis does not know.
    assert ask().status_code == 200
    assert raw(server).keys("limit:*")
    cache.set("x", 1)
    assert cache.get("x") == 1
    said = [record.message for record in caplog.records if record.name == client.logger.name]
    assert len(said) == 2
    assert said[0].startswith("Redis does not answer")
    assert said[1] == "Redis answers again"


def test_a_redis_that_hangs_is_waited_for_once(clock: Clock, server: Redis) -> None:
    cache.set("x", 1)
    server.signal(signal.SIGSTOP)
    try:
        assert cache.get("x") is None
        pool = caches["default"].client.get_client().connection_pool
        assert not pool.breaker.lets_through()
        assert [ask().status_code for _ in range(3)] == [200, 200, 200]
    finally:
        server.signal(signal.SIGCONT)
    clock.now += REST
    assert cache.get("x") == 1


def test_a_redis_that_was_started_anew_is_used_at_once(clock: Clock, server: Redis) -> None:
    """Connections that were made before are no failure."""
    cache.set("x", 1)
    server.kill()
    server.start()
    assert cache.get("x") is None
    cache.set("x", 2)
    assert cache.get("x") == 2


def signed_in(user: User) -> Client:
    found = Client()
    found.force_login(user)
    assert found.get("/admin/security/").status_code == 200
    return found


def test_no_session_is_lost_with_redis(clock: Clock, server: Redis, admin_user: User) -> None:
    browser = signed_in(admin_user)
    assert raw(server).keys("session:*")
    assert Session.objects.count() == 1
    raw(server).flushall()
    assert browser.get("/admin/security/").status_code == 200
    server.kill()
    assert browser.get("/admin/security/").status_code == 200
    assert signed_in(admin_user).get("/admin/security/").status_code == 200


def test_a_session_that_is_ended_is_ended_in_redis(
    clock: Clock, server: Redis, admin_user: User
) -> None:
    browser = signed_in(admin_user)
    assert sessions.end(StaffSession.objects.all()) == 1
    assert not raw(server).keys("session:*")
    assert browser.get("/admin/security/").status_code == 302


def test_a_session_is_kept_there_for_a_minute_only(
    clock: Clock, server: Redis, admin_user: User
) -> None:
    signed_in(admin_user)
    caches["sessions"].set("brief", 1, 5)
    caches["sessions"].set("for ever", 1, None)
    times = sorted(raw(server).ttl(key) for key in raw(server).keys("session:*"))
    assert len(times) == 3
    assert 0 < times[0] <= 5
    assert 5 < times[1] <= times[2] <= brief_cache.SESSION_SECONDS


def test_who_is_asked_while_a_server_is_away(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    breaker = Breaker("It", logging.getLogger("test"), clock)
    assert breaker.lets_through()
    # Those under way together make one failure.
    breaker.failed(OSError("a"))
    breaker.failed(OSError("b"))
    rest = REST
    while rest < 3 * LONGEST_REST:
        clock.now += min(rest, LONGEST_REST) - 0.01
        assert not breaker.lets_through()
        clock.now += 0.02
        # One finds out, the others wait for what it finds.
        assert breaker.lets_through()
        assert not breaker.lets_through()
        breaker.failed(OSError("c"))
        rest *= 2
    breaker.answered()
    breaker.answered()
    assert breaker.lets_through()
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
