"""One part after the other dies and comes back, under load."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults import questions
from benchmarks.faults.load import Curator, Ledger, Reader, Seen
from benchmarks.faults.servers import (
    Cluster,
    Postgres,
    Redis,
    Web,
    cluster,
    environment,
    manage,
    redis_server,
    wait_until,
    web_servers,
)

#: Seconds by which a standby may be behind here, and seconds that a portal may take to notice.
MAX_LAG = 5
NOTICED = 6
READERS = 4
#: Answers to readers, right or wrong, that each state of affairs lasts at least.
ANSWERS = 30
CURATOR, PASSWORD = "curator", "of the fault test 1"
#: Statements of readers on a server in the last second; the portal's own watch is not one.
_READ = """
    SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND application_name <> 'portal-watch'
        AND pid <> pg_backend_pid() AND state_change > clock_timestamp() - interval '1 second'
"""
_ADD_CURATOR = """
from portal.accounts.models import User
from bibliography.models import Work
User.objects.create_superuser({name!r}, "curator@example.org", {password!r})
print(Work.objects.get(code={code!r}).pk)
"""


@dataclass(frozen=True)
class Phase:
    """A row of the table: what was done, what was seen, how long the way back took.

    Attributes:
        seconds: from the moment when the part was there again, or replaced, until it was at work
            for readers; None where nothing came back.
    """

    name: str
    seen: Seen
    seconds: float | None


@dataclass(frozen=True)
class Result:
    """What came of it all.

    Attributes:
        lost: states that were acknowledged to the curator and are in no revision.
        log: what the web processes have logged.
    """

    phases: list[Phase]
    acknowledged: int
    lost: list[int]
    log: str
    #: Processes that wanted a core of the machine meanwhile, on average of the last 15 minutes.
    busy: float


@dataclass(frozen=True)
class Parts:
    """All that runs.

    Attributes:
        key: of the work that the curator edits.
        log: the file in which the web processes log.
    """

    cluster: Cluster
    redis: Redis
    webs: list[Web]
    key: str
    log: Path


class Scenario:
    """The parts, and what is done to them; each method is a phase and returns the way back."""

    def __init__(self, parts: Parts, ledger: Ledger, pause: float) -> None:
        self._cluster, self._redis, self._webs = parts.cluster, parts.redis, parts.webs
        self._ledger, self._pause = ledger, pause

    def phases(self) -> list[tuple[str, Callable[[], float | None]]]:
        return [
            ("nothing", self.nothing),
            ("a standby is killed and comes back", self.standby),
            ("the primary is killed and comes back", self.primary),
            ("Redis is killed and comes back", self.redis),
            ("Redis hangs and goes on", self.redis_hangs),
            ("a web worker is killed", self.worker),
            ("a standby stands still and goes on", self.lag),
            ("the primary is lost, a standby promoted", self.promotion),
        ]

    def nothing(self) -> None:
        self._load()

    def standby(self) -> float:
        standby = self._cluster.standbys[0]
        self._load(0.5)
        standby.kill()
        self._load()
        standby.start()
        return self._until_read(standby)

    def primary(self) -> float:
        primary = self._cluster.primary
        self._load(0.5)
        primary.kill()
        self._load()
        primary.start()
        back = self._until_saved()
        for standby in self._cluster.standbys:
            self._cluster.wait_for_stream(standby)
        return back

    def redis(self) -> float:
        self._load(0.5)
        self._redis.kill()
        self._load()
        self._redis.start()
        return self._until_kept()

    def redis_hangs(self) -> float:
        self._redis.signal(signal.SIGSTOP)
        self._load()
        self._redis.signal(signal.SIGCONT)
        return self._until_kept()

    def worker(self) -> float:
        web = self._webs[0]
        before = web.workers()
        before[0].kill()
        seconds = wait_until(
            lambda: len({w.pid for w in web.workers()} - {w.pid for w in before}) > 0,
            "the master replaces its worker",
        )
        self._load()
        return seconds

    def lag(self) -> float:
        standby = self._cluster.standbys[0]
        standby.ask("SELECT pg_wal_replay_pause()")
        wait_until(lambda: not reads(standby), "nobody reads from a standby that is behind")
        self._load()
        standby.ask("SELECT pg_wal_replay_resume()")
        return self._until_read(standby)

    def promotion(self) -> float:
        self._load(0.5)
        self._cluster.primary.kill()
        self._load()
        # Of two that have received all that was acknowledged to anybody, the one that has more.
        sql = "SELECT coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn"
        new, *others = sorted(self._cluster.standbys, key=lambda one: -one.ask(sql)[0][0])
        self._cluster.promote(new, others)
        back = self._until_saved()
        for other in others:
            self._cluster.wait_for_stream(other, new)
            self._until_read(other)
        return back

    def _load(self, share: float = 1.0) -> None:
        """Let the load go on for a while, longer on a slow machine: until much was answered."""
        time.sleep(self._pause * share)
        seen = self._ledger.phase
        wanted = seen.told + ANSWERS * share
        wait_until(lambda: seen.told >= wanted, "readers are answered")

    def _until_read(self, standby: Postgres) -> float:
        return wait_until(lambda: reads(standby), f"{standby.name} is read from")

    def _until_saved(self) -> float:
        before = self._ledger.last_saved()
        return wait_until(lambda: self._ledger.last_saved() > before, "the curator can save")

    def _until_kept(self) -> float:
        import redis

        client = redis.Redis.from_url(self._redis.url)

        def counts() -> dict[bytes, bytes]:
            return {key: client.get(key) or b"" for key in client.scan_iter("limit:*")}

        # All web processes count their readers, so a count that changes is Redis in use.
        before = counts()
        return wait_until(lambda: counts() not in ({}, before), "Redis counts")


def reads(server: Postgres) -> int:
    """How many connections of readers a server has answered in the last second."""
    return int(server.ask(_READ)[0][0])


@contextmanager
def _prepared(servers: Cluster, redis: Redis, log: Path) -> Iterator[Parts]:
    """The collection loaded, the standbys made, two web processes."""
    code, _text = questions.edited()
    variables = environment(
        DATABASE_URL=servers.url(),
        DATABASE_REPLICA_URLS=",".join(standby.url() for standby in servers.standbys),
        REDIS_URL=redis.url,
        REPLICA_MAX_LAG_SECONDS=str(MAX_LAG),
        SECOND_FACTOR_REQUIRED="false",
        API_REQUESTS_PER_MINUTE="100000",
        IMPORTS_DIR=str(log.parent / "imports"),
        ATTACHMENTS_DIR=str(log.parent / "attachments"),
        CHARTS_DIR=str(log.parent / "charts"),
    )
    # What is prepared needs no standbys, which are not there yet.
    manage({**variables, "DATABASE_REPLICA_URLS": "", "REDIS_URL": ""}, "prepare")
    added = _ADD_CURATOR.format(name=CURATOR, password=PASSWORD, code=code)
    manage({**variables, "DATABASE_REPLICA_URLS": ""}, "shell", "-c", added)
    servers.add_standbys(synchronous=True)
    with web_servers(variables, 2, log) as webs:
        key = servers.primary.ask("SELECT id FROM bibliography_work WHERE code = %s", code)[0][0]
        yield Parts(servers, redis, webs, str(key), log)


def run(pause: float, say: Callable[[str], None] = print) -> Result:
    """Play it all; `pause` is how many seconds each state of affairs lasts."""
    home = Path(tempfile.mkdtemp(prefix="portal-faults-web-"))
    try:
        with (
            cluster(2) as servers,
            redis_server() as redis,
            _prepared(servers, redis, home / "log") as parts,
        ):
            return _play(parts, pause, say)
    finally:
        shutil.rmtree(home)


def _play(parts: Parts, pause: float, say: Callable[[str], None]) -> Result:
    code, text = questions.edited()
    ledger = Ledger(slack=MAX_LAG + NOTICED)
    addresses = [web.address for web in parts.webs]
    curator = Curator(
        addresses,
        ledger,
        change=f"/admin/bibliography/work/{parts.key}/change/",
        page=questions.page_of(code),
        text=text,
    )
    curator.sign_in(CURATOR, PASSWORD)
    readers = [Reader(addresses, questions.questions(code), ledger) for _ in range(READERS)]
    scenario = Scenario(parts, ledger, pause)
    phases = []
    for thread in (curator, *readers):
        thread.start()
    try:
        for name, play in scenario.phases():
            seen = ledger.begin()
            phases.append(Phase(name, seen, play()))
            say(f"{name}: {seen.answers} right answers, {len(seen.errors)} errors")
    finally:
        for thread in (curator, *readers):
            thread.stop()
    lost = _lost(parts.cluster, ledger)
    log = parts.log.read_text(errors="replace")
    return Result(phases, len(ledger.acknowledged()), lost, log, os.getloadavg()[2])


def _lost(servers: Cluster, ledger: Ledger) -> list[int]:
    """What was acknowledged to the curator and is in no revision of the primary that there is."""
    primary = next(
        server
        for server in servers.all
        if server.pid() and not server.ask("SELECT pg_is_in_recovery()")[0][0]
    )
    rows = primary.ask(
        "SELECT DISTINCT substring(line->>'annotation' FROM '\\(state (\\d+)\\)')::int"
        " FROM records_revision WHERE database = 'bibliography' AND line->>'annotation' ~ 'state'"
    )
    return sorted(set(ledger.acknowledged()) - {row[0] for row in rows})
