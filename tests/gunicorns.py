"""Real servers of the portal, as deploy/gunicorn.conf.py makes them, for tests."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: Seconds after which a server that does not answer will not.
PATIENCE = 90


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.path))


class Gunicorn:
    """A server that runs.

    Attributes:
        socket: where it listens.
        log: the file that it writes its log to.
    """

    def __init__(self, process: subprocess.Popen[bytes], path: Path, log: Path) -> None:
        self.process, self.socket, self.log = process, path, log

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask over a connection of its own; status, headers by their small names, and body."""
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", path, headers={"Host": "localhost", **headers})
            response = connection.getresponse()
            body = response.read()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, body
        finally:
            connection.close()

    def workers(self) -> set[int]:
        """The processes that answer."""
        with suppress(psutil.NoSuchProcess):
            return {child.pid for child in psutil.Process(self.process.pid).children()}
        return set()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to hold."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.05)

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.get("/healthz")[0] == 200
        return False


@contextmanager
def gunicorn(
    directory: Path, database_url: str, *, listener: socket.socket | None = None, **given: str
) -> Iterator[Gunicorn]:
    """Serve the portal on a Unix socket in a directory; ended at the end, whatever happens.

    Args:
        listener: a socket that listens already, handed over as systemd does it.
        given: further settings.
    """
    directory.mkdir(exist_ok=True)
    static = directory / "static"
    static.mkdir(exist_ok=True)
    (static / "staticfiles.json").write_text("{}")
    path, log = directory / "web.sock", directory / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.gunicorn_settings",
        "PYTHONPATH": str(ROOT),
        "TEST_STATIC_ROOT": str(static),
        "CHARTS_DIR": str(directory / "charts"),
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "BIND": f"unix:{path}",
        "WEB_GRACEFUL_TIMEOUT": "20",
        **given,
    }
    command: list[Any] = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    handed: dict[str, Any] = {}
    if listener is not None:
        # The socket is expected as the third file, and for this very process.
        shell = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
        command = ["bash", "-c", shell, "bash", *command]
        handed = {"pass_fds": (listener.fileno(),)}
        path = Path(listener.getsockname())
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=stream, **handed
        )
    server = Gunicorn(process, path, log)
    try:
        server.wait_until(server.answers)
        yield server
    finally:
        for child in psutil.Process(process.pid).children() if process.poll() is None else ():
            with suppress(psutil.Error):
                child.resume()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Load:
    """Readers who ask without a pause, each time over a new connection, as a proxy does."""

    def __init__(self, ask: Callable[[], int], readers: int = 4) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._ask, self._stop = ask, threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._read) for _ in range(readers)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """Wait for so many more answers."""
        wanted, deadline = self.answered + answers, time.monotonic() + PATIENCE
        while self.answered < wanted and not self.failed:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                status = self._ask()
            except (OSError, http.client.HTTPException) as error:
                status = 0
                self.failed.append(repr(error))
            with self._lock:
                if status == 200:
                    self.answered += 1
                elif status:
                    self.failed.append(str(status))
