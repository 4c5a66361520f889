"""The reference collection in a benchmark database, what it takes to load it, and to start."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg2

from benchmarks.databases import ROOT, database, refuse_unless_benchmark
from benchmarks.measure import free_port, stopped_at_end, wait_for
from benchmarks.results import Found
from portal.embedded_postgres import VAR

#: The benchmark database that holds the collection itself, and no synthetic case.
COLLECTION = 0
#: Where a copy of the checkout is started.
COPY = VAR / "bench" / "copy"
NOT_COPIED = ("var", ".git", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")


def manage(url: str, *command: str) -> float:
    """Run a command of `manage.py` on a benchmark database; seconds, its start included."""
    called = shlex.join([sys.executable, "manage.py", *command])
    whole = [sys.executable, "-m", "portal.embedded_postgres", "run", called]
    began = time.perf_counter()
    subprocess.run(whole, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=True)
    return time.perf_counter() - began


@contextmanager
def collection() -> Iterator[str]:
    """The address of a benchmark database that answers meanwhile and holds the collection."""
    with database(COLLECTION) as url:
        manage(url, "migrate", "--verbosity=0")
        manage(url, "load_collection", "--verbosity=0")
        yield url


def load(runs: int = 3) -> Found:
    """What it takes to load the collection into an empty database, and again."""
    first, again = [], []
    with database("load") as url:
        for _turn in range(runs):
            _empty(url)
            manage(url, "migrate", "--verbosity=0")
            first.append(manage(url, "load_collection", "--verbosity=0"))
            again += [manage(url, "load_collection", "--verbosity=0") for _ in range(2)]
        _empty(url)
    found = Found()
    found.values = {"load/first": statistics.median(first), "load/again": statistics.median(again)}
    found.table("`manage.py load_collection`, start of Python included", "s, median", "all")
    for name, times in (("into an empty database", first), ("again, nothing changed", again)):
        shown = ", ".join(f"{each:.1f}" for each in times)
        found.row(name, f"{statistics.median(times):.1f}", shown)
    return found


def _empty(url: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        refuse_unless_benchmark(connection.info.dbname)
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def start(runs: int = 3) -> Found:
    """What `script/run` takes until it serves, in a copy of the checkout with a server of its own.

    The packages are those of this checkout's environment: what pip takes is not the portal's.
    """
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, ignore=shutil.ignore_patterns(*NOT_COPIED))
    _lend_packages(COPY / ".venv")
    try:
        first = _started()
        again = [_started() for _ in range(runs)]
    finally:
        remove = [sys.executable, "-m", "portal.embedded_postgres", "remove"]
        subprocess.run(remove, cwd=COPY, env=_environment(), check=True)
        shutil.rmtree(COPY)
    found = Found()
    found.values = {"start/first": first, "start/again": statistics.median(again)}
    found.table("`script/run` until `/en/` answers, packages installed", "s")
    found.row("the first time: migrations, collection, static files", f"{first:.1f}")
    shown = ", ".join(f"{each:.1f}" for each in again)
    found.row(f"again, median of {shown}", f"{statistics.median(again):.1f}")
    return found


def _lend_packages(environment: Path) -> None:
    """Make an environment of what is in this one, in which script/run finds nothing to install.

    The note of what was installed is the copy's own, so that nothing is ever installed into ours.
    """
    environment.mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith("installed-"):
            (environment / part.name).symlink_to(part.resolve())
    wanted = (ROOT / "requirements.txt").read_bytes()
    # script/run notes the digest of the file twice, as requirements-dev.txt includes it.
    stamp = f"{sha256(wanted + wanted).hexdigest()}  -\n"
    (environment / "installed-requirements.txt").write_text(stamp)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}


def _started() -> float:
    """Start, wait for the first page, and stop; seconds until then."""
    port = free_port()
    environment = {**_environment(), "PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(["script/run"], cwd=COPY, env=environment, stdout=subprocess.DEVNULL)
    with stopped_at_end(process):
        wait_for(f"http://127.0.0.1:{port}/en/", process)
        seconds = time.perf_counter() - began
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    return seconds
