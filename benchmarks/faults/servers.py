"""Servers that can be killed: PostgreSQL with streaming standbys, Redis, gunicorn.

All listen on Unix sockets or 127.0.0.1 and live in one temporary directory.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import redis

from benchmarks.measure import ROOT, free_port, stopped_at_end, wait_for
from portal.postgres_server import DATABASE, PORT, Server

#: Tries of a standby to reach its primary follow each other this quickly here; usually 5 s.
RETRY = "500ms"
#: What anything here may take to come about.
PATIENCE = 60.0


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> float:
    """Wait for something to become true; the seconds that it took.

    Raises:
        TimeoutError: it did not.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - began


class Postgres(Server):
    """A server of a cluster, with its name there."""

    @property
    def name(self) -> str:
        return self.directory.name

    def ask(self, sql: str, *values: Any, database: str = DATABASE) -> list[tuple[Any, ...]]:
        """The rows of one statement, each on a connection of its own.

        Raises:
            psycopg2.OperationalError: the server does not answer.
        """
        with closing(psycopg2.connect(self.url(database), connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []

    def set(self, **settings: str) -> None:
        """Change settings that need no restart."""
        for name, value in settings.items():
            self.ask(f"ALTER SYSTEM SET {name} = %s", value)
        self.ask("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        pid = self.pid()
        if pid is None:
            raise RuntimeError(f"{self.name} does not run")
        children = psutil.Process(pid).children(recursive=True)
        os.kill(pid, signal.SIGKILL)
        # They notice by themselves; a server that starts again must not find them.
        psutil.wait_procs(children, timeout=PATIENCE)

    def copy_from(self, source: str) -> None:
        """Become a standby of the server of a connection string, with a slot there."""
        self._settle()
        self._own(self.data)
        arguments = ["-D", str(self.data), "-d", source, "-R", "-C", "-S", self.name]
        status, said = self._run("pg_basebackup", *arguments, "--checkpoint=fast", "--no-sync")
        if status:
            raise RuntimeError(f"pg_basebackup failed: {said}")
        self._launch()


class Cluster:
    """A primary and its standbys.

    Args:
        directory: for all of them; PostgreSQL's account must be able to enter it.
        standbys: how many.
        testing: without the certainty that a commit survives the machine.
    """

    def __init__(self, directory: Path, standbys: int, *, testing: bool) -> None:
        names = [f"standby{number}" for number in range(1, standbys + 1)]
        self.primary, *self.standbys = (
            Postgres(directory / name, testing=testing) for name in ("primary", *names)
        )

    @property
    def all(self) -> list[Postgres]:
        return [self.primary, *self.standbys]

    def url(self, database: str = DATABASE) -> str:
        """The address of whichever server is the primary."""
        hosts = quote(",".join(str(server.socket) for server in self.all))
        return (
            f"postgresql://postgres@:{PORT}/{database}?host={hosts}&target_session_attrs=read-write"
        )

    def start_primary(self) -> None:
        self.primary.start()
        self.primary.set(wal_retrieve_retry_interval=RETRY)

    def add_standbys(self, *, synchronous: bool) -> None:
        """Copy the primary; `synchronous` has a commit wait until one of the copies has it, too."""
        hosts = ",".join(str(server.socket) for server in self.all)
        for standby in self.standbys:
            standby.copy_from(
                f"host={hosts} port={PORT} user=postgres target_session_attrs=read-write"
                f" application_name={standby.name}"
            )
        if synchronous:
            names = ", ".join(standby.name for standby in self.standbys)
            self.primary.set(synchronous_standby_names=f"ANY 1 ({names})")
        for standby in self.standbys:
            self.wait_for_stream(standby)

    def wait_for_stream(self, standby: Postgres, primary: Postgres | None = None) -> float:
        """Wait until a standby follows; the seconds that it took."""
        source = primary or self.primary
        sql = (
            "SELECT 1 FROM pg_stat_replication WHERE application_name = %s AND state = 'streaming'"
        )
        return wait_until(lambda: source.ask(sql, standby.name), f"{standby.name} follows")

    def promote(self, standby: Postgres, others: list[Postgres]) -> None:
        """Make a standby the primary, as docs/operations/many-servers.md says."""
        standby.ask("SELECT pg_promote()")
        for other in others:
            standby.ask("SELECT pg_create_physical_replication_slot(%s)", other.name)
        names = ", ".join(other.name for other in others)
        standby.set(synchronous_standby_names=f"ANY 1 ({names})" if names else "")

    def stop(self) -> None:
        for server in reversed(self.all):
            server.stop()
            if refuge := server.refuge():
                shutil.rmtree(refuge)


@contextmanager
def cluster(standbys: int, *, testing: bool = False) -> Iterator[Cluster]:
    """A cluster of which only the primary runs; all of it is gone at the end."""
    directory = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
    servers = Cluster(directory, standbys, testing=testing)
    try:
        servers.start_primary()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(directory)


class Redis:
    """A Redis server of Debian's package, which keeps nothing on the disk."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "redis"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        options += ["--dir", str(self.socket.parent), "--appendonly", "no"]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        wait_until(self.answers, "Redis answers")

    def answers(self) -> bool:
        with closing(redis.Redis.from_url(self.url)) as client:
            try:
                return bool(client.ping())
            except redis.exceptions.ConnectionError:
                return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP has it hang, SIGKILL ends it without a chance to tidy up."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)


@contextmanager
def redis_server() -> Iterator[Redis]:
    directory = Path(tempfile.mkdtemp(prefix="portal-redis-"))
    server = Redis(directory)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory)


def environment(**given: str) -> dict[str, str]:
    """The environment of the portal's processes, as in production."""
    return {
        **os.environ,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "benchmarks.served_settings",
        "PYTHONPATH": str(ROOT),
        **given,
    }


def manage(variables: dict[str, str], *arguments: str) -> None:
    """Run a management command in a process of its own."""
    command = [sys.executable, "-m", "django", *arguments]
    subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


class Web:
    """A gunicorn master with its workers."""

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self.process, self.address = process, address

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


@contextmanager
def web_servers(variables: dict[str, str], number: int, log: Path) -> Iterator[list[Web]]:
    """So many masters of `deploy/gunicorn.conf.py` on free ports; what they log goes to a file."""
    found = []
    with ExitStack() as stack, log.open("ab") as output:
        for _ in range(number):
            port = free_port()
            command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
            command += ["--bind", f"127.0.0.1:{port}"]
            process = subprocess.Popen(
                command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=output
            )
            stack.enter_context(stopped_at_end(process))
            found.append(Web(process, f"http://127.0.0.1:{port}"))
        for web in found:
            wait_for(f"{web.address}/api/v1/", web.process)
        yield found
