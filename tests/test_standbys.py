"""What is known of standbys, of real ones: one primary, one that follows it, no web process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg2
import pytest

from benchmarks.faults.servers import Cluster, cluster, wait_until
from portal.databases import watching
from portal.databases.watching import Watch, Watcher

LAG = 0.5
#: Whoever waits for a server waits for a few questions; these come quickly here.
PERIOD = 0.05


@pytest.fixture(scope="module")
def servers() -> Iterator[Cluster]:
    with cluster(standbys=1, testing=True) as found:
        found.add_standbys(synchronous=False)
        found.primary.ask("CREATE TABLE note (n int)")
        yield found


@pytest.fixture
def watch(servers: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(watching, "PERIOD", PERIOD)
    monkeypatch.setattr(watching, "LONGEST_PAUSE", PERIOD)
    urls = {"default": servers.primary.url(), "standby1": servers.standbys[0].url()}

    def connect(name: str) -> Any:
        connection = psycopg2.connect(urls[name], connect_timeout=2)
        connection.autocommit = True
        return connection

    watcher = Watcher(Watch("default", ["standby1"], LAG), connect)
    wait_until(watcher.watch.usable, "the standby is used")
    yield watcher.watch
    watcher.end()


def unused(watch: Watch) -> bool:
    return not watch.usable()


def write(servers: Cluster) -> None:
    servers.primary.ask("INSERT INTO note VALUES (1)")


def test_an_idle_primary_leaves_nobody_behind(servers: Cluster, watch: Watch) -> None:
    write(servers)
    wait_until(watch.usable, "the standby has caught up")
    ended = time.monotonic() + 4 * LAG
    while time.monotonic() < ended:
        assert watch.usable() == ["standby1"]


def test_a_standby_that_stands_still_is_behind_from_the_first_write(
    servers: Cluster, watch: Watch
) -> None:
    servers.standbys[0].ask("SELECT pg_wal_replay_pause()")
    ended = time.monotonic() + 2 * LAG
    while time.monotonic() < ended:
        # Nothing was written: it still says what the primary says.
        assert watch.usable() == ["standby1"]
    write(servers)
    assert wait_until(partial(unused, watch), "it is not used") > 0
    servers.standbys[0].ask("SELECT pg_wal_replay_resume()")
    wait_until(watch.usable, "it is used again")


def test_a_standby_that_is_cut_off_is_behind_from_the_first_write(
    servers: Cluster, watch: Watch
) -> None:
    standby = servers.standbys[0]
    told = standby.ask("SHOW primary_conninfo")[0][0]
    standby.set(primary_conninfo="host=/nowhere")
    wait_until(lambda: not standby.ask("SELECT 1 FROM pg_stat_wal_receiver"), "it is cut off")
    write(servers)
    wait_until(partial(unused, watch), "it is not used")
    standby.set(primary_conninfo=told)
    wait_until(watch.usable, "it is used again")


def test_servers_that_die_are_noticed_and_come_back(
    servers: Cluster, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    primary, standby = servers.all
    away: Callable[[], bool] = watch.primary_is_away
    assert not away()
    primary.kill()
    wait_until(away, "the primary is away")
    # Cut off from a primary that is gone, but nobody knows more.
    assert watch.usable() == ["standby1"]
    standby.kill()
    wait_until(partial(unused, watch), "the standby is away")
    primary.start()
    wait_until(lambda: not away(), "the primary is back")
    assert not watch.usable()
    standby.start()
    wait_until(watch.usable, "the standby is used again")


def test_who_never_saw_the_primary_takes_what_standbys_have(servers: Cluster, watch: Watch) -> None:
    servers.primary.kill()
    wait_until(watch.primary_is_away, "the primary is away")
    late = Watch("default", ["standby1"], LAG)
    late.failed("default")
    with psycopg2.connect(servers.standbys[0].url()) as connection:
        late.heard("standby1", watching.ask(connection))
    assert late.usable() == ["standby1"]
    servers.primary.start()


def test_what_was_promoted_is_no_standby(servers: Cluster, watch: Watch) -> None:
    servers.standbys[0].ask("SELECT pg_promote()")
    wait_until(partial(unused, watch), "it is not used")
