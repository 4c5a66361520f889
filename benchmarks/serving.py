"""How many processes and threads serve best: requests a second, waiting times and memory.

    .venv/bin/python benchmarks/serving.py [--rounds 3] [--seconds 6] [--clients 16]

Each arrangement of gunicorn serves the collection, with `deploy/gunicorn.conf.py` and all other
settings as in production, to some clients that ask at once for a mix of pages and API answers. The
arrangements take turns, so that what else the machine does falls on all; told are medians of the
rounds. Memory is what the processes have for themselves and their share of what they have in common
(PSS), after the load. (Not named gunicorn.py: it would stand in the way of the package.)
"""

from __future__ import annotations

import argparse
import itertools
import os
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
import psycopg2

from benchmarks.databases import DIRECTORY, PREFIX, ROOT
from benchmarks.measure import Client, free_port, machine, stopped_at_end, wait_for
from portal.embedded_postgres import Hold
from portal.postgres_server import Server

NAME = f"{PREFIX}serving"
MIX = (
    "/en/",
    "/en/cases/",
    "/en/cases/?q=boat&mode=sea",
    "/fr/legislation/?article=6.1.a",
    "/en/bibliography/?q=Libya",
    "/en/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/ar/legislation/aus-migration-act-1958/",
    "/en/insights/modes/",
    "/api/v1/cases/",
    "/api/v1/cases/?q=boat&facets=mode,jurisdiction",
    "/api/v1/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/api/v1/",
)


@dataclass
class Arrangement:
    """One way to serve, and what it gave in each round."""

    kind: str
    workers: int
    threads: int
    preload: bool = False
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    memories: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        size = f"{self.workers} × {self.threads}" if self.kind == "gthread" else f"{self.workers}"
        return f"{self.kind} {size}{', preloaded' if self.preload else ''}"


ARRANGEMENTS = (
    ("sync", 2, 1, False),
    ("sync", 4, 1, False),
    ("gthread", 1, 4, False),
    ("gthread", 2, 2, False),
    ("gthread", 2, 4, False),
    ("gthread", 2, 4, True),
    ("gthread", 2, 8, False),
    ("gthread", 3, 4, False),
    ("gthread", 4, 4, False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure arrangements of gunicorn.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    found = [Arrangement(*given) for given in ARRANGEMENTS]
    with Hold(DIRECTORY):
        environment = prepared()
        for number, one in itertools.product(range(options.rounds), found):
            measure(one, environment, options.clients, options.seconds)
            print(f"round {number + 1}: {one.name}: {one.rates[-1]:.0f}/s", file=sys.stderr)
    print(machine())
    print(f"{options.clients} clients, medians of {options.rounds} rounds of {options.seconds} s\n")
    print("| processes × threads | requests/s | median ms | p95 ms | memory MB (PSS) |")
    print("| --- | --- | --- | --- | --- |")
    for one in found:
        told = (one.rates, one.medians, one.highs, one.memories)
        print(f"| {one.name} | " + " | ".join(f"{statistics.median(v):.0f}" for v in told) + " |")


def prepared() -> dict[str, str]:
    """A database with the collection, and the environment to serve it."""
    server = Server(DIRECTORY)
    with closing(psycopg2.connect(server.url())) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{NAME}"')
    environment = {
        **os.environ,
        "DATABASE_URL": server.url(NAME),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "benchmarks.served_settings",
        "PYTHONPATH": str(ROOT),
        "DEBUG": "false",
        # Each client would be told to wait otherwise.
        "API_REQUESTS_PER_MINUTE": "0",
    }
    subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return environment


def measure(one: Arrangement, environment: dict[str, str], clients: int, seconds: float) -> None:
    """One round of an arrangement."""
    with served(one, environment) as (address, process):
        # Each thread has its connection, and each process its reference data in memory.
        ask(address, clients, 2)
        times, took = ask(address, clients, seconds)
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        one.memories.append(sum(p.memory_full_info().pss for p in tree) / 1e6)
    one.rates.append(len(times) / took)
    one.medians.append(statistics.median(times) * 1000)
    one.highs.append(statistics.quantiles(times, n=20)[-1] * 1000)


@contextmanager
def served(
    one: Arrangement, environment: dict[str, str]
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The portal served in one way; its address and gunicorn's first process."""
    port = free_port()
    given = {
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(one.workers),
        "WEB_THREADS": str(one.threads),
        "WEB_PRELOAD": str(one.preload).lower(),
        "WEB_GRACEFUL_TIMEOUT": "3",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    command += ["--worker-class", one.kind]
    started = subprocess.Popen(
        command, env={**environment, **given}, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    with stopped_at_end(started) as process:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}", process


def ask(address: str, clients: int, seconds: float) -> tuple[list[float], float]:
    """What each request took while all clients asked at once, and how long that was in all."""
    times: list[float] = []
    failed: list[str] = []
    began = time.monotonic()

    def one_client(start: int) -> None:
        # One connection after another, as a proxy makes them.
        for path in itertools.islice(itertools.cycle(MIX), start, None):
            if time.monotonic() - began > seconds or failed:
                return
            with closing(Client(address + path, {"Accept-Encoding": "br"})) as client:
                taken, _size, status = client.get()
            if status != 200:
                failed.append(f"{path} answers {status}")
            times.append(taken)

    threads = [threading.Thread(target=one_client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(failed[0])
    return times, time.monotonic() - began


if __name__ == "__main__":
    main()
