"""pytest plugin: the PostgreSQL server of a test run, unless DATABASE_URL names another.

Loaded with `-p tests.server`, in time for pytest-django, which reads the settings early. Workers
of pytest-xdist inherit the environment, and with it the server of the process that starts them.
"""

import atexit
import fcntl
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import psutil
import pytest

from portal.embedded_postgres import (
    VAR,
    EmbeddedPostgresError,
    Hold,
    ensure_local_environment,
    remove,
)

# Open files whose locks last as long as this process.
_locks: list[TextIO] = []


# A wrapper, because pytest-django's own hook asks to be the first.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Set the environment that Django's settings need before anything reads them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        directory = _directory()
        try:
            hold = ensure_local_environment(directory, testing=True)
        except EmbeddedPostgresError as error:
            raise pytest.UsageError(str(error)) from error
        if hold:
            atexit.register(_tidy, hold, directory)
    return (yield)


def _directory() -> Path:
    """The directory of this run's server: the usual one, its own while another run has that."""
    VAR.mkdir(exist_ok=True)
    lock = (VAR / "postgres-test.lock").open("a")
    _locks.append(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return VAR / f"postgres-test-{os.getpid()}"
    for left_over in VAR.glob("postgres-test-*"):
        number = left_over.name.rpartition("-")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            _remove(left_over)
    return VAR / "postgres-test"


def _tidy(hold: Hold, directory: Path) -> None:
    """Keep the usual directory for the next run, except for files that lie elsewhere."""
    hold.release()
    if (directory / "kept").exists():
        return
    if directory.name != "postgres-test" or (directory / "refuge").exists():
        _remove(directory)


def _remove(directory: Path) -> None:
    with suppress(EmbeddedPostgresError, OSError):
        remove(directory)
